/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Displays: pictures that a device makes and a user sees, by VNC or as a file. Knows no device.
 *
 * Nobody draws unless somebody looks: display_look() has the device bring its picture up to date,
 * under the hub's lock. A device's update() may take locks of its own, but not the machine's:
 * devices come and go under that one.
 */
#ifndef HOST_DISPLAY_H
#define HOST_DISPLAY_H

#include "base/error.h"
#include "base/types.h"

struct display_hub;
struct display_picture;

enum { DISPLAY_MAX_SOURCES = 8, DISPLAY_MAX_SIDE = 8192 };

struct display_source {
	/* Draw what has changed since the last call; all of it when the size changes. */
	void (*update)(void *opaque, struct display_picture *p);
	void *opaque;
	struct display_picture *picture; /* the hub's */
};

/* What a viewer gets: rows from the top, 0x00RRGGBB. A row's serial is that of the look it changed
 * before, so who remembers the last one it saw knows what is new. */
struct display_frame {
	u32 width, height;
	const u32 *pixels;
	const u64 *serials;
	u64 serial; /* of this look */
	u64 shape;  /* changes with the size */
};

/* NULL: no memory. */
struct display_hub *display_create(void);
void display_destroy(struct display_hub *h);

/* --- devices; h NULL: nobody looks --- */
/* 0, -ENOSPC or -ENOMEM. */
int display_add(struct display_hub *h, struct display_source *s);
/* On return update() is not running. */
void display_remove(struct display_hub *h, struct display_source *s);
/* In update(): the size it has now; false: no memory for that, the old one stays. True also when
 * it is the same. A picture of a new size is black. */
bool display_size(struct display_picture *p, u32 width, u32 height);
/* In update(): a row of the width; what did not change costs the viewers nothing. */
void display_row(struct display_picture *p, u32 y, const u32 *pixels);

/* --- viewers; any thread --- */
typedef void display_look_fn(void *opaque, const struct display_frame *f);
/* The index'th picture of those there are. False: there is none. */
bool display_look(struct display_hub *h, u32 index, display_look_fn *fn, void *opaque);

/* A picture into a file. */
int display_png(struct display_hub *h, u32 index, const char *path, struct error *e);

#endif
