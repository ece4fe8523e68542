/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits of rates, as qemu's throttling.* keys say them: buckets that leak at the rate allowed. An
 * operation may begin while no bucket of its direction is full, however large it is itself. Who
 * waits, and how, is the caller's affair, as is the clock.
 */
#ifndef HOST_THROTTLE_H
#define HOST_THROTTLE_H

#include "host/block.h"

struct throttle_bucket {
	double rate, size, level; /* rate 0: no limit */
	double burst_rate, burst_size, burst_level;
};

struct throttle {
	struct throttle_bucket buckets[BLOCK_LIMITS];
	u64 iops_size;
	u64 leaked; /* when, in ns */
};

/* Empty buckets. */
void throttle_init(struct throttle *t, const struct block_limits *l, u64 now);
/* Seconds until an operation may begin; 0: now. */
double throttle_wait(struct throttle *t, bool write, u64 now);
/* One begins. A large one counts as several where iops-size says so. */
void throttle_account(struct throttle *t, bool write, u64 bytes);

#endif
