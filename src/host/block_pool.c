// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads that do requests: as many as there is work for, up to a limit, and they stay. */
#include "host/block_private.h"
#include "os/os.h"

enum { MOST = 16 };

struct block_pool {
	block_pool_fn *fn;
	void *opaque;
	u32 limit;
	struct os_mutex lock; /* over all below */
	struct os_cond wake;
	struct block_request *first, **last;
	u32 queued, idle, count;
	bool stop;
	struct os_thread threads[MOST];
};

static void pool_main(void *opaque)
{
	struct block_pool *p = opaque;

	os_mutex_lock(&p->lock);
	for (;;) {
		struct block_request *r = p->first;

		if (!r && p->stop)
			break;
		if (!r) {
			p->idle++;
			os_cond_wait(&p->wake, &p->lock);
			p->idle--;
			continue;
		}
		p->first = r->next;
		if (!p->first)
			p->last = &p->first;
		p->queued--;
		os_mutex_unlock(&p->lock);
		p->fn(p->opaque, r);
		os_mutex_lock(&p->lock);
	}
	os_mutex_unlock(&p->lock);
}

/* Under the lock, but for the first one. Without another thread those that there are do it. */
static bool add_thread(struct block_pool *p)
{
	if (os_thread_create(&p->threads[p->count], "disk pool", pool_main, p))
		return false;
	p->count++;
	return true;
}

struct block_pool *block_pool_new(u32 limit, block_pool_fn *fn, void *opaque)
{
	struct block_pool *p = g_new0(struct block_pool, 1);

	p->fn = fn;
	p->opaque = opaque;
	p->limit = MIN(limit, MOST);
	p->last = &p->first;
	os_mutex_init(&p->lock);
	os_cond_init(&p->wake);
	if (add_thread(p))
		return p;
	os_cond_destroy(&p->wake);
	os_mutex_destroy(&p->lock);
	g_free(p);
	return NULL;
}

void block_pool_push(struct block_pool *p, struct block_request *r)
{
	r->next = NULL;
	os_mutex_lock(&p->lock);
	*p->last = r;
	p->last = &r->next;
	p->queued++;
	if (p->queued > p->idle && p->count < p->limit)
		add_thread(p);
	os_cond_signal(&p->wake);
	os_mutex_unlock(&p->lock);
}

void block_pool_free(struct block_pool *p)
{
	if (!p)
		return;
	os_mutex_lock(&p->lock);
	p->stop = true;
	os_cond_broadcast(&p->wake);
	os_mutex_unlock(&p->lock);
	/* nobody pushes any more, so there come no others */
	for (u32 i = 0; i < p->count; i++)
		os_thread_join(&p->threads[i]);
	os_cond_destroy(&p->wake);
	os_mutex_destroy(&p->lock);
	g_free(p);
}
