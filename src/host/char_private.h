/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the character back ends. */
#ifndef HOST_CHAR_PRIVATE_H
#define HOST_CHAR_PRIVATE_H

#include <glib.h>

#include "host/char.h"
#include "os/os.h"

struct chardev {
	const struct chardev_ops *ops;
	char *label, *path;
	const struct char_events *events;
	void *opaque;
	struct os_mutex lock;  /* over out and events: vCPUs write, the main loop does the rest */
	int in, out, listener; /* -1: none */
	guint in_watch, listen_watch, out_watch;
	/* What other threads ask of the main loop's: the device waits for room; it takes input
	 * again. */
	_Atomic bool out_wanted, accept_wanted;
	struct os_notifier wake;
	guint wake_watch;
	bool connected;
	char_write_fn *write; /* of an internal back end; else NULL */
	void *write_opaque;
	bool escapes_on, escape_seen, in_monitor;
	struct char_escapes escapes;
};

struct chardev_ops {
	const char *prefix; /* what a spec begins with */
	bool takes_path;
	int (*open)(struct chardev *c, const char *arg, struct error *e);
	void (*close)(struct chardev *c);
	/* The peer went away: what becomes of the descriptors. */
	void (*hangup)(struct chardev *c);
};

/* (Re)start watching c->in. */
void chardev_watch(struct chardev *c);
void chardev_unwatch(struct chardev *c);
/* The descriptors while the device may write. */
void chardev_connect(struct chardev *c, int in, int out);

extern const struct chardev_ops chardev_stdio_ops, chardev_mux_ops, chardev_pty_ops,
	chardev_file_ops, chardev_null_ops, chardev_unix_ops, chardev_tcp_ops;

#endif
