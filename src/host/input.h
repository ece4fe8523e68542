/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys and pointers: what a user's display tells the guest's keyboards, mice and tablets. Displays
 * call the functions below from any thread; devices are sinks. Knows no device.
 *
 * Of several sinks that take a kind of event the one that a driver began to use last gets it. A
 * sink's functions are called under the hub's lock and may take locks of their device; a device
 * may hold those when it calls input_activate(), which takes none.
 */
#ifndef HOST_INPUT_H
#define HOST_INPUT_H

#include "base/types.h"

struct input_hub;

enum { INPUT_MAX_SINKS = 16, INPUT_ABS_MAX = 0x7fff };

enum input_kind {
	INPUT_KEYS = 1 << 0,
	INPUT_RELATIVE = 1 << 1, /* a mouse */
	INPUT_ABSOLUTE = 1 << 2, /* a tablet */
};

enum input_button {
	INPUT_LEFT = 1 << 0,
	INPUT_RIGHT = 1 << 1,
	INPUT_MIDDLE = 1 << 2,
	INPUT_SIDE = 1 << 3,
	INPUT_EXTRA = 1 << 4,
};

struct input_sink {
	u32 kinds; /* enum input_kind */
	/* code: Linux's KEY_*, the same as an evdev's */
	void (*key)(void *opaque, u16 code, bool down);
	/* INPUT_RELATIVE: how far to the right and down; INPUT_ABSOLUTE: 0 … INPUT_ABS_MAX */
	void (*pointer)(void *opaque, s32 x, s32 y, u32 buttons, s32 wheel);
	void *opaque;
	u64 active; /* the hub's, atomic */
};

/* NULL: no memory. */
struct input_hub *input_create(void);
void input_destroy(struct input_hub *h);

/* --- devices; h NULL: nobody types --- */
/* 0 or -ENOSPC. */
int input_add(struct input_hub *h, struct input_sink *s);
/* On return none of its functions is running. */
void input_remove(struct input_hub *h, struct input_sink *s);
/* A driver uses the device from now on; any thread. */
void input_activate(struct input_hub *h, struct input_sink *s);

/* --- displays; any thread. Events that no sink takes are dropped. --- */
/* Is there a sink for that kind now? A display sends absolute positions if there is one for
 * INPUT_ABSOLUTE, else distances. */
bool input_takes(struct input_hub *h, u32 kind);
void input_key(struct input_hub *h, u16 code, bool down);
/* buttons: all that are down now (enum input_button); wheel: steps, up is positive. */
void input_pointer_abs(struct input_hub *h, u32 x, u32 y, u32 buttons, s32 wheel);
void input_pointer_rel(struct input_hub *h, s32 dx, s32 dy, u32 buttons, s32 wheel);

#endif
