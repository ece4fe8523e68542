/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the layers of disks. A layer sees requests that are in range and permitted, and
 * finishes each one with block_complete(). */
#ifndef HOST_BLOCK_PRIVATE_H
#define HOST_BLOCK_PRIVATE_H

#include <glib.h>

#include "host/block.h"
#include "host/iov.h"
#include "os/os.h"

struct block_ops {
	void (*submit)(struct block *b, struct block_request **r, u32 count);
	void (*close)(struct block *b);
	/* Nothing is under way. 0 or -errno; NULL: the size is what it is. */
	int (*resize)(struct block *b, u64 bytes);
};

/* A layer's struct begins with this. */
struct block {
	const struct block_ops *ops;
	char *name;
	struct block_info info;
	bool no_flush;
	u8 detect_zeroes;
	u8 on_read_error, on_write_error;
	u8 drive_on_read, drive_on_write; /* the same, where a device says nothing */
	void (*stop)(void *opaque);	  /* may be NULL */
	void *stop_opaque;
	struct block_throttle *throttle; /* NULL: no limits */
	bool unlimited;			 /* under the throttle's lock: for now */
	_Atomic bool write_cache;
	_Atomic u64 in_flight;
	void (*batch)(void *opaque, bool begins); /* may be NULL */
	void *batch_opaque;
	struct os_mutex lock; /* with idle: who waits for in_flight to be 0; over `failed` too */
	struct os_cond idle;
	/* Not in flight: what is tried again when the machine goes on; the error is in `progress`.
	 * told: the user knows. */
	struct block_request *failed, **failed_end;
	bool told;
	bool saved; /* what waits is saved by its owner */
};

/* Around several block_complete(); the disk is not idle before the end. */
void block_batch(struct block *b, bool begins);

/* Requests that may begin go to b's back end now, others later. */
void block_throttle_submit(struct block_throttle *t, struct block *b, struct block_request **r,
			   u32 count);
/* Open: b has no limits for a while. */
void block_throttle_open(struct block_throttle *t, struct block *b, bool open);

void block_complete(struct block_request *r, int err);

/* --- block_error.c --- */
/* What becomes of an error: 0 or the error that is reported, or > 0: r waits, and is not the
 * caller's any more. */
int block_failed(struct block_request *r, int err);
/* --- of block.c, for it --- */
void block_leave(struct block *b);
/* The requests are counted as in flight. */
void block_submit_counted(struct block *b, struct block_request **r, u32 count);
/* Initialise what all layers share; name is copied. */
void block_init(struct block *b, const struct block_ops *ops, const char *name);
/* The opposite, for one that was never opened; frees b, which is where the layer begins. */
void block_fini(struct block *b);

/* --- block_pool.c --- */
struct block_pool;
typedef void block_pool_fn(void *opaque, struct block_request *r);
/* fn() does requests on as many threads at a time; NULL: there is no thread. */
struct block_pool *block_pool_new(u32 limit, block_pool_fn *fn, void *opaque);
void block_pool_push(struct block_pool *p, struct block_request *r);
/* Does what was pushed first. */
void block_pool_free(struct block_pool *p);

/* A regular file or a block device, bytes as they are. */
int block_raw_open(const struct block_options *o, struct block **b, struct error *e);
/* Nothing: no file is named. */
int block_empty_open(const struct block_options *o, struct block **b);
/* What a server of network block devices has. */
int block_nbd_open(const struct block_options *o, struct block **b, struct error *e);
/* Writes of `below` kept aside in a temporary file; owns below. */
int block_overlay_open(struct block *below, struct block **b, struct error *e);
/* A write cache over `below` that is lost with the process, and a log of it; owns below. */
int block_volatile_open(struct block *below, const char *log, struct block **b, struct error *e);

#endif
