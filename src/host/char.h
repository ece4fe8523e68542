/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Character back ends: where a serial line, a terminal or a monitor ends on the host. Knows no
 * device. Events come on the main loop's thread (GLib's default context); chardev_write() and
 * chardev_accept() may be called from any thread.
 */
#ifndef HOST_CHAR_H
#define HOST_CHAR_H

#include "base/error.h"
#include "base/types.h"

struct chardev;

struct char_events {
	/* How many bytes receive() takes now; after 0 nothing comes until chardev_accept(). */
	size_t (*room)(void *opaque);
	void (*receive)(void *opaque, const u8 *buf, size_t len);
	/* NULL: it does not matter. A peer has come, or there is one at chardev_attach(); it went;
	 * after chardev_write() took less than all: there is room again. */
	void (*opened)(void *opaque);
	void (*closed)(void *opaque);
	void (*writable)(void *opaque);
};

/* What the escape keys of mon:stdio do. */
struct char_escapes {
	void (*quit)(void *opaque);
	void *opaque;
	/* What is typed while the monitor has the terminal, and buf NULL when it gets it. NULL:
	 * there is none. */
	void (*monitor)(void *opaque, struct chardev *c, const u8 *buf, size_t len);
	void *monitor_opaque;
};

/* spec: stdio, mon:stdio, pty, null, file:PATH, unix:PATH[,server=on][,wait=off],
 * tcp:HOST:PORT[,server=on][,wait=off]. */
int chardev_open(const char *spec, const char *label, const struct char_escapes *escapes,
		 struct chardev **c, struct error *e);
/* A back end inside the process: write() gets what the device sends (any thread), and
 * chardev_feed() is its input; from the main loop's thread, returns how much was taken. */
typedef void char_write_fn(void *opaque, const u8 *buf, size_t len);
struct chardev *chardev_open_internal(char_write_fn *write, void *opaque);
size_t chardev_feed(struct chardev *c, const u8 *buf, size_t len);
void chardev_close(struct chardev *c);
void chardev_attach(struct chardev *c, const struct char_events *events, void *opaque);
/* Returns how many bytes were taken: fewer, also 0, when the other end is slow; all when there is
 * no other end. */
size_t chardev_write(struct chardev *c, const u8 *buf, size_t len);
void chardev_accept(struct chardev *c);

/* Terminal settings as they were before the first stdio back end opened; async-signal-safe. */
void char_restore_terminal(void);

#endif
