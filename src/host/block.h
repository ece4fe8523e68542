/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks: where a device's blocks are on the host. Knows no device.
 *
 * A request is the caller's from block_submit() until its done(); done() comes on a thread of the
 * back end or inside block_submit(), never with a lock of the back end held, and may submit.
 * Everything but block_open() and block_close() may be called from any thread.
 */
#ifndef HOST_BLOCK_H
#define HOST_BLOCK_H

#include <sys/uio.h>

#include "base/error.h"
#include "base/types.h"

struct block;
struct block_throttle;

enum block_op { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH, BLOCK_DISCARD, BLOCK_WRITE_ZEROES };

enum block_flag {
	BLOCK_FUA = 1 << 0,   /* a write that is durable when it is done */
	BLOCK_UNMAP = 1 << 1, /* zeroes may become a hole */
};

struct block_request {
	u8 op;	  /* enum block_op */
	u8 flags; /* enum block_flag */
	int niov;
	u64 offset, len;	 /* bytes; the vectors' sum for reads and writes */
	const struct iovec *iov; /* stays until done() */
	/* err: 0 or -errno; then nothing is known about the data. */
	void (*done)(struct block_request *r, int err);
	void *opaque;
	/* the back end's */
	struct block *block;
	void (*user_done)(struct block_request *r, int err);
	struct block_request *next;
	u64 progress;
	void *scratch;
	u8 user_op;
	_Atomic bool handed; /* to the kernel, which gives it to another thread */
	bool no_wait;	     /* reported, whatever errors do: somebody waits for it */
};

enum block_aio { BLOCK_AIO_IO_URING, BLOCK_AIO_THREADS };
enum block_detect { BLOCK_DETECT_OFF, BLOCK_DETECT_ON, BLOCK_DETECT_UNMAP };

/* What a failed transfer does: the caller hears of it or does not, or the machine stops and it is
 * tried again when the machine goes on; ENOSPC: that, where there is no space, else the first.
 * AUTO is ENOSPC for what writes and REPORT for reads. */
enum block_on_error {
	BLOCK_ERROR_AUTO,
	BLOCK_ERROR_REPORT,
	BLOCK_ERROR_IGNORE,
	BLOCK_ERROR_ENOSPC,
	BLOCK_ERROR_STOP,
};

enum block_limit {
	BLOCK_IOPS_TOTAL,
	BLOCK_IOPS_READ,
	BLOCK_IOPS_WRITE,
	BLOCK_BPS_TOTAL,
	BLOCK_BPS_READ,
	BLOCK_BPS_WRITE,
	BLOCK_LIMITS,
};

/* Operations or bytes a second, and what a burst may reach for so many seconds. */
struct block_rate {
	u64 rate, max;
	u32 max_length;
};

struct block_limits {
	struct block_rate rates[BLOCK_LIMITS];
	u64 iops_size; /* a larger request counts as several operations; 0: as one */
};

struct block_options {
	const char *filename; /* NULL, and none of the next: there is no medium */
	const char *uri;      /* instead: a network block device's */
	u32 reconnect_delay;  /* seconds that requests wait for its server, if that is gone */
	/* instead: what qemu-storage-daemon's --blockdev takes, and the node that is the disk */
	const char *node;
	u32 nr_nodes;
	const char *const *nodes;
	const char *name;  /* in messages and threads; NULL: the file's */
	bool check_format; /* refuse what looks like another format than raw */
	bool read_only;
	bool auto_read_only;	  /* read-only where the file cannot be written */
	bool direct;		  /* past the host's page cache */
	bool write_through;	  /* writes are durable when they are done */
	bool no_flush;		  /* flushes are not done: fast, and lost with the host */
	bool discard;		  /* discards reach the host */
	bool cdrom;		  /* the medium is one of a CD-ROM drive */
	bool no_lock, shared;	  /* do not lock; other writers are allowed */
	bool snapshot;		  /* writes go to a temporary file, and are gone at the end */
	const char *volatile_log; /* a write cache that forgets, and its log: for tests */
	u8 aio;			  /* enum block_aio */
	u8 detect_zeroes;	  /* enum block_detect */
	u8 on_read_error, on_write_error; /* enum block_on_error */
	struct block_limits limits;
	struct block_throttle *group; /* instead: limits that are shared; NULL: none */
};

struct block_info {
	u64 size; /* bytes */
	bool read_only, discard, write_zeroes, cdrom;
	bool write_cache; /* what is written may be volatile until a flush */
	u32 logical_size, physical_size;
};

int block_open(const struct block_options *o, struct block **b, struct error *e);
/* Waits for requests under way. */
void block_close(struct block *b);
const struct block_info *block_info(const struct block *b);
void block_submit(struct block *b, struct block_request *r);
/* Another size, of whole sectors, and other limits. The machine is paused: nobody submits, and what
 * waits for it to go on waits. */
int block_resize(struct block *b, u64 bytes, struct error *e);
void block_set_limits(struct block *b, const struct block_limits *l);
/* Limits that several disks share; they are put when nobody needs them any more. NULL: no thread.
 * Also from limits without any. A disk of a group changes those of the group. */
struct block_throttle *block_group_new(const struct block_limits *l);
struct block_throttle *block_group_get(struct block_throttle *t);
void block_group_put(struct block_throttle *t);
void block_group_set(struct block_throttle *t, const struct block_limits *l);
bool block_limited(const struct block_limits *l);
/* As many system calls as one request needs. */
void block_submit_batch(struct block *b, struct block_request **r, u32 count);
/* Returns when nothing is under way; nobody submits meanwhile. What failed and waits for the
 * machine to go on is reported as failed. */
void block_drain(struct block *b);
/* The same, but what waits goes on waiting. */
void block_settle(struct block *b);
/* What a guest chose: writes are durable when done (false), or after a flush (true). */
void block_set_write_cache(struct block *b, bool on);
/* What a failed transfer does, by qemu's words for rerror= and werror= of devices; NULL leaves what
 * the drive said. */
int block_set_on_error(struct block *b, const char *on_read, const char *on_write, struct error *e);
/* False: there is no such word, or not for reads. */
bool block_on_error_of(const char *text, bool read, u8 *value);
/* stop() asks for the machine to be stopped, on any thread, and returns; without it no failure
 * waits. Before the first request. */
void block_set_stop(struct block *b, void (*stop)(void *opaque), void *opaque);
/* The machine goes on: what failed is tried again. */
void block_retry(struct block *b);
/* Whether something waits for that. */
bool block_waits(struct block *b);
/* Whether who submits saves what waits with his own state, so that a machine can be saved
 * meanwhile. */
void block_set_saved(struct block *b, bool saved);
/* Something waits that nobody saves. */
bool block_holds_up_saving(struct block *b);
/* The back end says when it begins to call done() for several requests, and when it has; both on
 * the thread that calls done(), and perhaps on several at a time. Before the first request. */
void block_set_batch(struct block *b, void (*batch)(void *opaque, bool begins), void *opaque);
/* One transfer, waited for; not from done(). */
int block_rw_sync(struct block *b, enum block_op op, u64 offset, void *buf, u64 len);

#endif
