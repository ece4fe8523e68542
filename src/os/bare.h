/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an embedder without an operating system supplies to os/bare.c. One processor, no threads:
 * locks are free and waiting is the embedder's idle. */
#ifndef OS_BARE_H
#define OS_BARE_H

#include "base/types.h"

struct os_bare_ops {
	void *(*alloc)(size_t size, size_t align); /* zeroed, or NULL */
	void (*free)(void *p);
	u64 (*clock_ns)(void);
	u64 (*clock_real_ns)(void);
	/* Sleep until an interrupt came or the deadline passed. */
	void (*idle)(u64 deadline);
	void (*random)(void *p, size_t len);
};

extern const struct os_bare_ops os_bare_ops;

#endif
