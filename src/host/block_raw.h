/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the two ways to reach a raw image: block_raw.c has the pool, block_uring.c the ring. */
#ifndef HOST_BLOCK_RAW_H
#define HOST_BLOCK_RAW_H

#include "host/block_private.h"

struct block_uring;

struct block_raw {
	struct block b;
	int fd, direct_fd; /* direct_fd: -1 where the page cache is used */
	u32 align;	   /* of direct transfers */
	bool is_device;
	_Atomic bool no_nowait;	 /* the file system cannot say that it would wait */
	_Atomic u64 writes_wait; /* until then (os_clock_ns()) the page cache is full */
	struct block_pool *pool;
	struct block_uring *uring; /* NULL: requests go to the pool */
};

/* The descriptor that can do the rest of a transfer. */
int block_raw_fd(struct block_raw *raw, const struct block_request *r);
/* The vectors of the rest. */
const struct iovec *block_raw_iov(struct block_request *r, int *niov);
/* Does what the page cache makes short in the calling thread; returns how many requests are left,
 * at the list's beginning. */
u32 block_raw_cached(struct block_raw *raw, struct block_request **r, u32 count);
/* A system call's result; false: the rest has to be done. Else r is complete and gone. */
bool block_raw_progress(struct block_request *r, s64 result);
void block_raw_pool(struct block_raw *raw, struct block_request *r);

/* -errno: the host does not let us. */
int block_uring_start(struct block_raw *raw);
/* Nothing is under way. */
void block_uring_stop(struct block_raw *raw);
void block_uring_submit(struct block *b, struct block_request **r, u32 count);

#endif
