// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Disks with limits of rates (throttle.h), alone or as a group that shares them. What may not begin
 * now waits in its direction's queue, in the order in which it came, for the throttle's thread.
 * Flushes are not limited. A disk that is settled is let pass, while others of its group wait.
 */
#include <stdatomic.h>

#include "host/block_private.h"
#include "host/throttle.h"
#include "os/os.h"

enum { READS, WRITES, DIRECTIONS };

struct queue {
	struct block_request *first, **last;
};

struct block_throttle {
	_Atomic u32 users;
	struct os_mutex lock; /* over all below, and unlimited of its disks */
	struct os_cond wake;
	struct throttle throttle;
	struct queue queues[DIRECTIONS];
	bool stop;
	struct os_thread thread;
};

static u32 direction_of(const struct block_request *r)
{
	return r->op == BLOCK_READ ? READS : WRITES;
}

/* Under the lock. Takes the first one that may begin, or says in how many seconds one may. */
static struct block_request *take(struct block_throttle *t, u32 direction, double *wait)
{
	struct queue *q = &t->queues[direction];
	double first = throttle_wait(&t->throttle, direction == WRITES, os_clock_ns());

	for (struct block_request **at = &q->first, *r = *at; r; at = &r->next, r = *at) {
		if (first > 0 && !r->block->unlimited)
			continue;
		throttle_account(&t->throttle, direction == WRITES, r->len);
		*at = r->next;
		if (q->last == &r->next)
			q->last = at;
		return r;
	}
	if (q->first)
		*wait = MIN(*wait, first);
	return NULL;
}

static void throttle_main(void *opaque)
{
	struct block_throttle *t = opaque;

	os_mutex_lock(&t->lock);
	while (!t->stop) {
		double next = 3600;

		for (u32 d = 0; d < DIRECTIONS; d++) {
			struct block_request *r = take(t, d, &next);
			struct block *b;

			if (!r)
				continue;
			next = 0;
			b = r->block;
			/* r may be done and b idle before submit() has returned, and who waits for
			 * that closes b */
			atomic_fetch_add(&b->in_flight, 1);
			os_mutex_unlock(&t->lock);
			b->ops->submit(b, &r, 1);
			block_leave(b);
			os_mutex_lock(&t->lock);
		}
		if (next > 0 && !t->stop)
			os_cond_wait_until(&t->wake, &t->lock,
					   os_clock_ns() + (u64)(next * 1e9) + 1000);
	}
	os_mutex_unlock(&t->lock);
}

void block_throttle_submit(struct block_throttle *t, struct block *b, struct block_request **r,
			   u32 count)
{
	u32 n = 0;

	os_mutex_lock(&t->lock);
	for (u32 i = 0; i < count; i++) {
		u32 d = direction_of(r[i]);
		struct queue *q = &t->queues[d];

		if (r[i]->op == BLOCK_FLUSH) {
			r[n++] = r[i];
		} else if (b->unlimited || (!q->first && throttle_wait(&t->throttle, d == WRITES,
								       os_clock_ns()) <= 0)) {
			throttle_account(&t->throttle, d == WRITES, r[i]->len);
			r[n++] = r[i];
		} else {
			r[i]->next = NULL;
			*q->last = r[i];
			q->last = &r[i]->next;
			os_cond_signal(&t->wake);
		}
	}
	os_mutex_unlock(&t->lock);
	if (n)
		b->ops->submit(b, r, n);
}

void block_throttle_open(struct block_throttle *t, struct block *b, bool open)
{
	os_mutex_lock(&t->lock);
	b->unlimited = open;
	os_cond_signal(&t->wake);
	os_mutex_unlock(&t->lock);
}

/* --- groups --- */
bool block_limited(const struct block_limits *l)
{
	for (u32 i = 0; i < BLOCK_LIMITS; i++)
		if (l->rates[i].rate)
			return true;
	return false;
}

struct block_throttle *block_group_new(const struct block_limits *l)
{
	struct block_throttle *t = g_new0(struct block_throttle, 1);

	t->users = 1;
	throttle_init(&t->throttle, l, os_clock_ns());
	os_mutex_init(&t->lock);
	os_cond_init(&t->wake);
	for (u32 d = 0; d < DIRECTIONS; d++)
		t->queues[d].last = &t->queues[d].first;
	if (os_thread_create(&t->thread, "throttle", throttle_main, t)) {
		g_free(t);
		return NULL;
	}
	return t;
}

struct block_throttle *block_group_get(struct block_throttle *t)
{
	atomic_fetch_add(&t->users, 1);
	return t;
}

void block_group_put(struct block_throttle *t)
{
	if (!t || atomic_fetch_sub(&t->users, 1) > 1)
		return;
	os_mutex_lock(&t->lock);
	t->stop = true;
	os_cond_signal(&t->wake);
	os_mutex_unlock(&t->lock);
	os_thread_join(&t->thread);
	os_mutex_destroy(&t->lock);
	os_cond_destroy(&t->wake);
	g_free(t);
}

void block_group_set(struct block_throttle *t, const struct block_limits *l)
{
	os_mutex_lock(&t->lock);
	throttle_init(&t->throttle, l, os_clock_ns());
	os_cond_signal(&t->wake);
	os_mutex_unlock(&t->lock);
}
