/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the guest gives back while it runs: what a monitor asks of the one device of a vm
 * that can do that. Any thread.
 */
#ifndef VM_BALLOON_H
#define VM_BALLOON_H

#include "base/types.h"

enum { BALLOON_STATS = 10 };

struct balloon_info {
	u64 target, actual; /* bytes that the guest is to have, and has */
	u64 discarded;	    /* bytes given back to the host so far */
	/* What the guest last said of itself, by virtio's numbers (5.5.6.3); ~0: nothing. */
	u64 stats[BALLOON_STATS];
};

struct vm_balloon {
	/* The guest is to have so many bytes. */
	void (*set)(void *opaque, u64 bytes);
	/* Also asks the guest for new statistics, for the next call. */
	void (*query)(void *opaque, struct balloon_info *info);
	void *opaque;
};

#endif
