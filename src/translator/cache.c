// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The code cache: regions by (real address, effective address, mode), the real pages they came
 * from, the links between them, and what became invalid.
 *
 * An invalidated region is unhooked at once: nobody finds it, no link leads to it. A CPU that is
 * inside goes on to its end; memory is freed when every CPU passed a safe point since (epochs).
 * Jump caches hold entries too: a CPU drops its own at the safe point and at every fence after the
 * epoch changed (tlb_check_epoch()).
 */
#include <errno.h>

#include "base/string.h"
#include "translator/internal.h"

enum { DEFAULT_LIMIT = 256 << 20 };

int cache_init(struct code_cache *c, size_t limit)
{
	os_mutex_init(&c->lock);
	c->limit = limit ? limit : DEFAULT_LIMIT;
	atomic_init(&c->epoch, 1);
	return 0;
}

static u32 region_bucket(u64 ra, u64 ea, u32 mode)
{
	u64 h = (ra >> 2) * 0x9e3779b97f4a7c15ull ^ (ea >> 2) * 0xc2b2ae3d27d4eb4full ^
		mode * 0x165667b19e3779f9ull;

	return (u32)(h >> 40) % REGION_BUCKETS;
}

static u32 page_bucket(u64 page)
{
	return (u32)(page * 0x9e3779b97f4a7c15ull >> 40) % PAGE_BUCKETS;
}

struct region *cache_find(struct code_cache *c, u64 ra, u64 ea, u32 mode)
{
	struct region *r = c->bucket[region_bucket(ra, ea, mode)];

	while (r && (r->ra != ra || r->ea != ea || r->mode != mode))
		r = r->next;
	return r;
}

struct code_page *cache_page(struct code_cache *c, u64 ra)
{
	u64 page = ra >> TLB_PAGE_BITS;
	struct code_page *p = c->pages[page_bucket(page)];

	while (p && p->page != page)
		p = p->next;
	return p;
}

bool cache_page_is_new(struct code_cache *c, u64 ra)
{
	struct code_page *p = cache_page(c, ra);

	return !p || !p->regions;
}

static u32 lines_of(u64 ra, u64 len)
{
	u32 first = (u32)(ra & ~TLB_PAGE_MASK) >> CODE_LINE_BITS;
	u32 last = (u32)((ra + len - 1) & ~TLB_PAGE_MASK) >> CODE_LINE_BITS;

	return (2u << last) - (1u << first);
}

int cache_insert(struct translator *t, struct region *r)
{
	struct code_cache *c = &t->cache;
	struct code_page *p = cache_page(c, r->ra);
	u32 b = region_bucket(r->ra, r->ea, r->mode);

	if (!p) {
		u32 pb = page_bucket(r->ra >> TLB_PAGE_BITS);

		p = os_alloc(sizeof(*p));
		if (!p)
			return -ENOMEM;
		p->page = r->ra >> TLB_PAGE_BITS;
		p->next = c->pages[pb];
		c->pages[pb] = p;
	}
	r->lines = lines_of(r->ra, r->len);
	r->valid = true;
	r->page_next = p->regions;
	p->regions = r;
	p->lines |= r->lines;
	r->next = c->bucket[b];
	c->bucket[b] = r;
	c->bytes += r->code->size + sizeof(*r) + r->len;
	c->nr_regions++;
	c->translated++;
	return 0;
}

static void unhook_link(struct backend_link *l)
{
	if (!l->prev)
		return;
	*l->prev = l->next;
	if (l->next)
		l->next->prev = l->prev;
	l->prev = NULL;
	l->next = NULL;
}

void cache_link(struct translator *t, struct backend_link *l, struct region *to)
{
	struct region *from = l->owner;

	if (!from->valid || !to->valid || l->prev)
		return;
	l->next = to->incoming;
	l->prev = &to->incoming;
	if (l->next)
		l->next->prev = &l->next;
	to->incoming = l;
	t->config.backend->link(l, to->code->entry);
}

/* Unhook everything but the page's list, which the caller walks. */
static void retire(struct translator *t, struct region *r)
{
	struct code_cache *c = &t->cache;
	struct region **at = &c->bucket[region_bucket(r->ra, r->ea, r->mode)];
	u32 k;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	while (r->incoming) {
		struct backend_link *l = r->incoming;

		unhook_link(l);
		t->config.backend->link(l, NULL);
	}
	for (k = 0; k < r->code->nr_links; k++)
		unhook_link(&r->code->links[k]);
	r->valid = false;
	r->retired_at = atomic_load(&c->epoch);
	r->retired_next = c->retired;
	c->retired = r;
	c->bytes -= r->code->size + sizeof(*r) + r->len;
	c->nr_regions--;
	c->invalidated++;
}

/* Every CPU must pass a safe point, where it drops its jump cache, before code goes away; and soon,
 * since the jump cache still finds what was invalidated. */
static void new_epoch(struct translator *t)
{
	u32 k;

	atomic_fetch_add(&t->cache.epoch, 1);
	for (k = 0; k < t->nr_cpus; k++)
		if (t->cpu[k])
			atomic_store(&t->cpu[k]->s->wanted, 1);
}

typedef bool region_test_fn(const struct region *r, u32 lines, const u8 *now);

static void drop_regions(struct translator *t, struct code_page *p, u32 lines, const u8 *now,
			 region_test_fn *test)
{
	struct region **at = &p->regions, *r;
	bool any = false;

	p->lines = 0;
	while ((r = *at)) {
		if (test(r, lines, now)) {
			*at = r->page_next;
			retire(t, r);
			any = true;
		} else {
			p->lines |= r->lines;
			at = &r->page_next;
		}
	}
	if (any)
		new_epoch(t);
}

static bool on_lines(const struct region *r, u32 lines, const u8 *now)
{
	(void)now;
	return r->lines & lines;
}

static bool differs(const struct region *r, u32 lines, const u8 *now)
{
	(void)lines;
	return memcmp(r->copy, now + (r->ra & ~TLB_PAGE_MASK), r->len);
}

void cache_invalidate_range(struct translator *t, u64 ra, u64 len)
{
	while (len) {
		u64 left = (1 << TLB_PAGE_BITS) - (ra & ~TLB_PAGE_MASK);
		u64 n = len < left ? len : left;
		struct code_page *p = cache_page(&t->cache, ra);
		u32 lines = lines_of(ra, n);

		if (p && (p->lines & lines))
			drop_regions(t, p, lines, NULL, on_lines);
		ra += n;
		len -= n;
	}
}

static void verify(struct translator *t, struct code_page *p)
{
	u64 ra = p->page << TLB_PAGE_BITS;
	struct translator_ram ram;

	if (!t->config.host->ram(t->config.host->opaque, ra, &ram))
		drop_regions(t, p, ~0u, NULL, on_lines);
	else
		drop_regions(t, p, 0, ram.host, differs);
}

void cache_verify_page(struct translator *t, u64 ra)
{
	struct code_page *p = cache_page(&t->cache, ra);

	if (p && p->regions)
		verify(t, p);
}

void cache_verify_all(struct translator *t)
{
	struct code_page *p;
	u32 k;

	for (k = 0; k < PAGE_BUCKETS; k++)
		for (p = t->cache.pages[k]; p; p = p->next)
			verify(t, p);
}

void cache_flush(struct translator *t)
{
	u32 k;

	for (k = 0; k < PAGE_BUCKETS; k++) {
		struct code_page *p;

		for (p = t->cache.pages[k]; p; p = p->next)
			drop_regions(t, p, ~0u, NULL, on_lines);
	}
	t->cache.flushes++;
}

static void free_region(struct translator *t, struct region *r)
{
	t->config.backend->discard(t->backend, r->code);
	os_free(r->copy);
	os_free(r);
}

void cache_reap(struct translator *t)
{
	struct region **at = &t->cache.retired, *r;
	u64 oldest = ~0ull;
	u32 k;

	if (!*at)
		return;
	for (k = 0; k < t->nr_cpus; k++) {
		u64 e = t->cpu[k] ? atomic_load(&t->cpu[k]->epoch) : ~0ull;

		if (e < oldest)
			oldest = e;
	}
	while ((r = *at)) {
		if (r->retired_at < oldest) {
			*at = r->retired_next;
			free_region(t, r);
		} else {
			at = &r->retired_next;
		}
	}
}

void cache_destroy(struct translator *t)
{
	u32 k;

	cache_flush(t);
	cache_reap(t);
	for (k = 0; k < PAGE_BUCKETS; k++) {
		struct code_page *p, *next;

		for (p = t->cache.pages[k]; p; p = next) {
			next = p->next;
			os_free(p);
		}
	}
	os_mutex_destroy(&t->cache.lock);
}
