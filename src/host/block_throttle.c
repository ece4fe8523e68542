// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits of a disk's rates, as qemu's throttling.* keys say them: buckets that leak at the rate
 * allowed. A request may pass while no bucket of its direction is full, however large it is itself;
 * what may not waits in its direction's queue, in order, for the throttle's thread. Flushes are not
 * limited.
 */
#include <string.h>

#include "host/block_private.h"
#include "os/os.h"

enum { READS, WRITES, DIRECTIONS };

struct bucket {
	double rate, size, level; /* rate 0: no limit */
	double burst_rate, burst_size, burst_level;
};

struct queue {
	struct block_request *first, **last;
};

struct block_throttle {
	struct block *b;
	u64 iops_size;
	GMutex lock; /* over all below */
	GCond wake;
	struct bucket buckets[BLOCK_LIMITS];
	u64 leaked; /* when */
	struct queue queues[DIRECTIONS];
	bool open, stop; /* everything passes; the thread ends */
	struct os_thread thread;
};

static bool concerns(enum block_limit limit, u32 direction)
{
	return limit % 3 == 0 || limit % 3 == 1 + direction;
}

static void leak(struct bucket *k, double seconds)
{
	k->level = MAX(0, k->level - k->rate * seconds);
	k->burst_level = MAX(0, k->burst_level - k->burst_rate * seconds);
}

/* Until something may be added. */
static double seconds_of(const struct bucket *k)
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

/* Under the lock. */
static double wait_of(struct block_throttle *t, u32 direction)
{
	u64 now = os_clock_ns();
	double wait = 0, passed = (double)(now - t->leaked) / 1e9;

	t->leaked = now;
	for (u32 i = 0; i < BLOCK_LIMITS; i++)
		leak(&t->buckets[i], passed);
	for (u32 i = 0; i < BLOCK_LIMITS && !t->open; i++)
		if (concerns(i, direction))
			wait = MAX(wait, seconds_of(&t->buckets[i]));
	return wait;
}

/* Under the lock. A large request counts as several operations where iops-size says so. */
static void account(struct block_throttle *t, u32 direction, const struct block_request *r)
{
	double ops =
		t->iops_size && r->len > t->iops_size ? (double)r->len / (double)t->iops_size : 1;

	for (u32 i = 0; i < BLOCK_LIMITS; i++) {
		struct bucket *k = &t->buckets[i];
		double n = i < 3 ? ops : (double)r->len;

		if (!k->rate || !concerns(i, direction))
			continue;
		k->level += n;
		k->burst_level += n;
	}
}

static u32 direction_of(const struct block_request *r)
{
	return r->op == BLOCK_READ ? READS : WRITES;
}

static void throttle_main(void *opaque)
{
	struct block_throttle *t = opaque;

	g_mutex_lock(&t->lock);
	while (!t->stop) {
		double next = 3600;

		for (u32 d = 0; d < DIRECTIONS; d++) {
			struct queue *q = &t->queues[d];
			struct block_request *r = q->first;
			double wait = r ? wait_of(t, d) : 3600;

			next = MIN(next, wait);
			if (!r || wait > 0)
				continue;
			account(t, d, r);
			q->first = r->next;
			if (!q->first)
				q->last = &q->first;
			g_mutex_unlock(&t->lock);
			t->b->ops->submit(t->b, &r, 1);
			g_mutex_lock(&t->lock);
		}
		if (next > 0 && !t->stop)
			g_cond_wait_until(&t->wake, &t->lock,
					  g_get_monotonic_time() + (gint64)(next * 1e6) + 1);
	}
	g_mutex_unlock(&t->lock);
}

void block_throttle_submit(struct block_throttle *t, struct block_request **r, u32 count)
{
	u32 n = 0;

	g_mutex_lock(&t->lock);
	for (u32 i = 0; i < count; i++) {
		u32 d = direction_of(r[i]);
		struct queue *q = &t->queues[d];

		if (r[i]->op == BLOCK_FLUSH) {
			r[n++] = r[i];
		} else if (!q->first && wait_of(t, d) <= 0) {
			account(t, d, r[i]);
			r[n++] = r[i];
		} else {
			r[i]->next = NULL;
			*q->last = r[i];
			q->last = &r[i]->next;
			g_cond_signal(&t->wake);
		}
	}
	g_mutex_unlock(&t->lock);
	if (n)
		t->b->ops->submit(t->b, r, n);
}

void block_throttle_open(struct block_throttle *t, bool open)
{
	g_mutex_lock(&t->lock);
	t->open = open;
	g_cond_signal(&t->wake);
	g_mutex_unlock(&t->lock);
}

static void set_bucket(struct bucket *k, const struct block_rate *l)
{
	u32 length = l->max_length ? l->max_length : 1;

	k->rate = (double)l->rate;
	/* without a burst, what a tenth of a second allows */
	k->size = l->max ? (double)l->max * length : k->rate / 10;
	k->burst_rate = length > 1 ? (double)l->max : 0;
	k->burst_size = k->burst_rate / 10;
}

struct block_throttle *block_throttle_new(struct block *b, const struct block_limits *l)
{
	struct block_throttle *t;
	bool any = false;

	for (u32 i = 0; i < BLOCK_LIMITS; i++)
		any |= l->rates[i].rate != 0;
	if (!any)
		return NULL;
	t = g_new0(struct block_throttle, 1);
	t->b = b;
	t->iops_size = l->iops_size;
	t->leaked = os_clock_ns();
	g_mutex_init(&t->lock);
	g_cond_init(&t->wake);
	for (u32 d = 0; d < DIRECTIONS; d++)
		t->queues[d].last = &t->queues[d].first;
	for (u32 i = 0; i < BLOCK_LIMITS; i++)
		set_bucket(&t->buckets[i], &l->rates[i]);
	if (os_thread_create(&t->thread, "throttle", throttle_main, t)) {
		g_free(t);
		return NULL;
	}
	return t;
}

void block_throttle_free(struct block_throttle *t)
{
	if (!t)
		return;
	g_mutex_lock(&t->lock);
	t->stop = true;
	g_cond_signal(&t->wake);
	g_mutex_unlock(&t->lock);
	os_thread_join(&t->thread);
	g_mutex_clear(&t->lock);
	g_cond_clear(&t->wake);
	g_free(t);
}
