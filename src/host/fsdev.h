/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder of the host for a guest: a server of 9P2000.L. Knows no device; whoever carries the
 * messages calls fsdev_serve() from one thread at a time.
 *
 * Messages are the guest's and hostile. Nothing outside the folder is ever opened: a name is one
 * component, walked without following symbolic links from a descriptor that lies in the folder, and
 * ".." is where the walk came from. What a symbolic link means is for the guest to find out.
 */
#ifndef HOST_FSDEV_H
#define HOST_FSDEV_H

#include "base/error.h"
#include "base/savestate.h"
#include "host/iov.h"

struct fsdev;

enum fsdev_security {
	FSDEV_NONE,	   /* files are those of who runs the program; who cannot chown does not */
	FSDEV_PASSTHROUGH, /* the same, but failures to chown are failures */
	FSDEV_MAPPED,	   /* owner, mode and kind as the guest sees them in user.virtfs.* */
};

struct fsdev_options {
	const char *path;
	enum fsdev_security security;
	bool readonly;
};

enum {
	FSDEV_MAX_MESSAGE = 512 << 10,
	FSDEV_MIN_MESSAGE = 4096,
};

int fsdev_open(const struct fsdev_options *o, struct fsdev **f, struct error *e);
void fsdev_close(struct fsdev *f);
/* One request in out, its answer into in; returns the bytes written, 0: there is no answer (no
 * message, or no room for any). */
u64 fsdev_serve(struct fsdev *f, const struct iovec *out, int nout, const struct iovec *in,
		int nin);
/* All that the guest has open is closed. */
void fsdev_reset(struct fsdev *f);
/* What the guest has open, by its path in the folder; what has none any more is stale after
 * loading. */
void fsdev_save(struct fsdev *f, struct state_writer *w);
int fsdev_load(struct fsdev *f, struct state_reader *r, struct error *e);

#endif
