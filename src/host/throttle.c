// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/throttle.h"

#include <glib.h>
#include <string.h>

static bool concerns(u32 limit, bool write)
{
	return limit % 3 == 0 || limit % 3 == (write ? 2 : 1);
}

static void set_bucket(struct throttle_bucket *k, const struct block_rate *l)
{
	u32 length = l->max_length ? l->max_length : 1;

	k->rate = (double)l->rate;
	/* without a burst, what a tenth of a second allows */
	k->size = l->max ? (double)l->max * length : k->rate / 10;
	k->burst_rate = length > 1 ? (double)l->max : 0;
	k->burst_size = k->burst_rate / 10;
}

void throttle_init(struct throttle *t, const struct block_limits *l, u64 now)
{
	memset(t, 0, sizeof(*t));
	t->iops_size = l->iops_size;
	t->leaked = now;
	for (u32 i = 0; i < BLOCK_LIMITS; i++)
		set_bucket(&t->buckets[i], &l->rates[i]);
}

static void leak(struct throttle_bucket *k, double seconds)
{
	k->level = MAX(0, k->level - k->rate * seconds);
	k->burst_level = MAX(0, k->burst_level - k->burst_rate * seconds);
}

/* Until something may be added. */
static double seconds_of(const struct throttle_bucket *k)
{
	double wait = 0;

	if (!k->rate)
		return 0;
	if (k->level > k->size)
		wait = (k->level - k->size) / k->rate;
	if (k->burst_rate && k->burst_level > k->burst_size)
		wait = MAX(wait, (k->burst_level - k->burst_size) / k->burst_rate);
	return wait;
}

double throttle_wait(struct throttle *t, bool write, u64 now)
{
	double wait = 0, passed = now > t->leaked ? (double)(now - t->leaked) / 1e9 : 0;

	t->leaked = now;
	for (u32 i = 0; i < BLOCK_LIMITS; i++)
		leak(&t->buckets[i], passed);
	for (u32 i = 0; i < BLOCK_LIMITS; i++)
		if (concerns(i, write))
			wait = MAX(wait, seconds_of(&t->buckets[i]));
	return wait;
}

void throttle_account(struct throttle *t, bool write, u64 bytes)
{
	double ops =
		t->iops_size && bytes > t->iops_size ? (double)bytes / (double)t->iops_size : 1;

	for (u32 i = 0; i < BLOCK_LIMITS; i++) {
		struct throttle_bucket *k = &t->buckets[i];
		double n = i < BLOCK_BPS_TOTAL ? ops : (double)bytes;

		if (!k->rate || !concerns(i, write))
			continue;
		k->level += n;
		k->burst_level += n;
	}
}
