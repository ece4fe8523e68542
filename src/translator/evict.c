// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What leaves the code cache, and what stays. cache.c says how a region is retired and when it is
 * freed.
 *
 * Eviction goes through the regions from the oldest on. What was used since it came by last begins
 * anew as the newest (second chance). Tier 1 counts its executions by itself; how many spare a
 * region is learnt: more when the hand must go far to find a victim, fewer when it spares little.
 * Tier 2 does not count: its regions lose their links and their places in the jump caches, and have
 * been used when somebody looked them up again.
 *
 * All under cache.lock.
 */
#include "translator/internal.h"

enum {
	EVICTED_PART = 64, /* of the limit, at a time */
	TIDY = 64,	   /* regions freed at a time */
	FREE_PART = 16,	   /* of the limit, for what is retired but not yet freed */
	SPARED_LEAST = 2,  /* executions; there is one when a region is made */
	SPARED_MOST = 1 << 10,
	SPARED_MANY = 4,  /* times what is evicted */
	TURNS = 1 << 12,  /* regions spared by one eviction */
	PAGES_PART = 32,  /* of the limit: pages without code stay for later */
	PAGES_SWEEP = 64, /* evictions */
};

void cache_unhook_link(struct backend_link *l)
{
	if (!l->prev)
		return;
	*l->prev = l->next;
	if (l->next)
		l->next->prev = l->prev;
	l->prev = NULL;
	l->next = NULL;
}

static void leave_jump_cache(struct translator_cpu *cpu, const struct region *r)
{
	u32 mode = r->mode;

	do {
		struct jump_cache *j = &cpu->jump_cache[jump_base(mode) + jump_cache_index(r->ea)];

		if (__atomic_load_n(&j->pc, __ATOMIC_RELAXED) == r->ea)
			__atomic_store_n(&j->key, 0, __ATOMIC_SEQ_CST);
		mode += MODE_FP;
	} while ((r->mode & MODE_SHARED) && jump_base(mode));
}

static void drop_links(struct translator *t, struct region *r)
{
	while (r->incoming) {
		struct backend_link *l = r->incoming;

		cache_unhook_link(l);
		t->config.backend->link(t->backend, l, NULL);
	}
}

static void leave_jump_caches(struct translator *t, const struct region *r)
{
	u32 k;

	for (k = 0; k < t->nr_cpus; k++)
		if (t->cpu[k])
			leave_jump_cache(t->cpu[k], r);
}

/* Unhook it from everything. */
void cache_retire(struct translator *t, struct region *r)
{
	struct code_cache *c = &t->cache;
	struct region *_Atomic *at = &c->bucket[cache_bucket(c, r->ra, r->ea, r->mode)];
	u32 k;

	while (*at != r)
		at = &(*at)->next;
	atomic_store_explicit(at, r->next, memory_order_release);
	drop_links(t, r);
	for (k = 0; k < r->code->nr_links; k++)
		cache_unhook_link(&r->code->links[k]);
	r->valid = false;
	*(r->older ? &r->older->newer : &c->oldest) = r->newer;
	*(r->newer ? &r->newer->older : &c->newest) = r->older;
	/* Behind this nobody fills his jump cache with it unnoticed. */
	atomic_fetch_add(&c->epoch, 1);
	leave_jump_caches(t, r);
	/* A CPU that saw that epoch before its jump cache was looked at may still go in there. */
	r->retired_at = atomic_fetch_add(&c->epoch, 1);
	*r->page_prev = r->page_next;
	if (r->page_next)
		r->page_next->page_prev = r->page_prev;
	r->page_next = NULL;
	*c->retired_end = r;
	c->retired_end = &r->page_next;
	c->bytes -= region_bytes(r);
	c->code_bytes -= r->code->size;
	c->retired_bytes += region_bytes(r);
	c->nr_regions--;
}

void cache_call_cpus(struct translator *t)
{
	u32 k;

	for (k = 0; k < t->nr_cpus; k++)
		if (t->cpu[k])
			atomic_store(&t->cpu[k]->s->wanted, 1);
}

static bool was_used(struct translator *t, struct region *r)
{
	s32 hot = atomic_load_explicit(&r->hot, memory_order_relaxed);
	s32 seen = r->seen;

	if (r->tier == 1) {
		r->seen = hot;
		return (u32)seen - (u32)hot >= t->cache.spared_after;
	}
	if (!atomic_exchange_explicit(&r->used, false, memory_order_relaxed))
		return false;
	drop_links(t, r);
	leave_jump_caches(t, r);
	return true;
}

static void make_newest(struct code_cache *c, struct region *r)
{
	if (r == c->newest)
		return;
	*(r->older ? &r->older->newer : &c->oldest) = r->newer;
	r->newer->older = r->older;
	r->older = c->newest;
	r->newer = NULL;
	c->newest->newer = r;
	c->newest = r;
}

static size_t most_kept(const struct code_cache *c)
{
	return c->limit - c->limit / FREE_PART;
}

/* A part goes at a time, so that all CPUs are called once. */
void cache_evict(struct translator *t)
{
	struct code_cache *c = &t->cache;
	size_t part = c->limit / EVICTED_PART, most = most_kept(c);
	size_t keep = c->bytes < most ? c->bytes : most;
	u64 before = c->nr_regions, spared = 0, gone;

	keep -= keep < part ? keep : part;
	while (c->oldest && c->bytes > keep) {
		struct region *r = c->oldest;

		if (spared < TURNS && was_used(t, r)) {
			make_newest(c, r);
			spared++;
		} else {
			cache_retire(t, r);
		}
	}
	gone = before - c->nr_regions;
	if (gone)
		cache_call_cpus(t);
	if (spared > SPARED_MANY * gone && c->spared_after < SPARED_MOST)
		c->spared_after += 1 + c->spared_after / 8;
	else if (spared < gone && c->spared_after > SPARED_LEAST)
		c->spared_after -= 1 + c->spared_after / 16;
	c->evictions++;
	c->evicted += gone;
	if (c->page_bytes > c->limit / PAGES_PART && !(c->evictions % PAGES_SWEEP))
		cache_free_pages(c);
}

static void free_region(struct translator *t, struct region *r)
{
	t->cache.retired_bytes -= region_bytes(r);
	t->config.backend->discard(t->backend, r->code);
	os_free(r);
}

bool cache_reap(struct translator *t, u64 before, u32 most)
{
	struct code_cache *c = &t->cache;
	u64 oldest = ~0ull;
	struct region *r;
	u32 k;

	if (!c->retired)
		return true;
	for (k = 0; k < t->nr_cpus; k++) {
		u64 e = t->cpu[k] ? atomic_load(&t->cpu[k]->epoch) : ~0ull;

		if (e < oldest)
			oldest = e;
	}
	while ((r = c->retired) && r->retired_at < oldest && most--) {
		c->retired = r->page_next;
		if (!c->retired)
			c->retired_end = &c->retired;
		free_region(t, r);
	}
	return !c->retired || c->retired->retired_at >= before;
}

void cache_tidy(struct translator *t)
{
	cache_reap(t, 0, TIDY);
	if (t->cache.bytes > most_kept(&t->cache))
		cache_evict(t);
}
