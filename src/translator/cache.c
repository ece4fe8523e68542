// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The code cache: regions by (real address, effective address, mode), the real pages they came
 * from, the links between them, and what became invalid.
 *
 * An invalidated region is unhooked at once: nobody finds it, no link leads to it, and it leaves
 * every CPU's jump cache. A CPU that is inside goes on to its end or next poll; memory is freed
 * when every CPU passed a safe point since (epochs). A CPU that finds a region without the lock and
 * puts it into its jump cache looks at the epoch afterwards: see jump_fill() in vcpu.c and
 * retire().
 *
 * The bound holds what is retired too: cache_insert() refuses what would exceed it, and who wants
 * to insert waits until the CPUs have passed their safe points (translate.c). An eviction comes
 * early enough that this is rare.
 *
 * Stores. The line map says which lines of a page have code, all of them while its bytes are being
 * read for translation. Who stores to a page that may have code looks there behind the store, who
 * translates marks before reading, both with a full fence between: one of the two sees the other.
 */
#include <errno.h>

#include "base/string.h"
#include "translator/internal.h"

enum { BYTES_OF_REGION = 1024 /* or more, code included */ };

/* One bucket for each region that there may be, about. */
int cache_init(struct code_cache *c, size_t limit)
{
	c->limit = limit;
	while (((size_t)BYTES_OF_REGION << c->bucket_bits) < limit)
		c->bucket_bits++;
	c->bucket = os_reserve(sizeof(c->bucket[0]) << c->bucket_bits);
	if (!c->bucket)
		return -ENOMEM;
	c->table_bytes = (sizeof(c->bucket[0]) << c->bucket_bits) + sizeof(c->pages);
	c->bytes = c->table_bytes;
	c->retired_end = &c->retired;
	c->spared_after = 8;
	os_mutex_init(&c->lock);
	atomic_init(&c->epoch, 1);
	c->line_map = os_reserve(sizeof(u16) << LINE_MAP_BITS);
	return 0;
}

u32 cache_bucket(const struct code_cache *c, u64 ra, u64 ea, u32 mode)
{
	u64 h = (ra >> 2) * 0x9e3779b97f4a7c15ull ^ (ea >> 2) * 0xc2b2ae3d27d4eb4full ^
		mode * 0x165667b19e3779f9ull;

	return (u32)(h >> 32) & ((1u << c->bucket_bits) - 1);
}

static u32 page_bucket(u64 page)
{
	return (u32)(page * 0x9e3779b97f4a7c15ull >> 40) % PAGE_BUCKETS;
}

struct region *cache_find(struct code_cache *c, u64 ra, u64 ea, u32 mode)
{
	struct region *r = atomic_load_explicit(&c->bucket[cache_bucket(c, ra, ea, mode)],
						memory_order_acquire);

	while (r && (r->ra != ra || r->ea != ea || r->mode != mode))
		r = atomic_load_explicit(&r->next, memory_order_acquire);
	return r;
}

struct region *cache_lookup(struct code_cache *c, u64 ra, u64 ea, u32 mode)
{
	u32 shared = shared_mode(mode);
	struct region *r = cache_find(c, ra, ea, shared);

	return r || shared == mode ? r : cache_find(c, ra, ea, mode);
}

struct code_page *cache_page(struct code_cache *c, u64 ra)
{
	u64 page = ra >> TLB_PAGE_BITS;
	struct code_page *p = c->pages[page_bucket(page)];

	while (p && p->page != page)
		p = p->next;
	return p;
}

static u32 lines_of(u64 ra, u64 len)
{
	u32 first = (u32)(ra & ~TLB_PAGE_MASK) >> CODE_LINE_BITS;
	u32 last = (u32)((ra + len - 1) & ~TLB_PAGE_MASK) >> CODE_LINE_BITS;

	return (2u << last) - (1u << first);
}

static bool mapped(const struct code_cache *c, u64 ra)
{
	return c->line_map && !(ra >> TLB_PAGE_BITS >> LINE_MAP_BITS);
}

static void set_lines(struct code_cache *c, u64 ra, u32 lines)
{
	if (mapped(c, ra))
		atomic_store(&c->line_map[ra >> TLB_PAGE_BITS], (u16)lines);
}

static u32 get_lines(struct code_cache *c, u64 ra)
{
	return atomic_load_explicit(&c->line_map[ra >> TLB_PAGE_BITS], memory_order_relaxed);
}

/* A CPU whose granule is large has no fast stores to one that has code; none has a smaller granule
 * before the translator's is. */
bool cache_begin(struct translator *t, u64 ra)
{
	struct code_cache *c = &t->cache;
	struct code_page *p = cache_page(c, ra);
	u64 large = 1 << LARGE_BITS;
	bool other;

	/* A page keeps its lines when its last region is evicted, and with them its guard. */
	if (p && (p->regions || (mapped(c, ra) && p->lines))) {
		set_lines(c, ra, ~0u);
		return false;
	}
	other = mapped(c, ra) && cache_has_code(c, ra & -large, large);
	set_lines(c, ra, ~0u);
	return !other || atomic_load(&t->tlb_bits) < LARGE_BITS;
}

void cache_end(struct translator *t, u64 ra)
{
	struct code_page *p = cache_page(&t->cache, ra);

	set_lines(&t->cache, ra, p ? p->lines : 0);
}

bool cache_has_code(struct code_cache *c, u64 ra, u64 len)
{
	u64 end = ra + len;

	if (!mapped(c, ra)) {
		bool any = false;

		os_mutex_lock(&c->lock);
		for (; ra < end && !any; ra += 1 << TLB_PAGE_BITS) {
			const struct code_page *p = cache_page(c, ra);

			any = p && p->regions;
		}
		os_mutex_unlock(&c->lock);
		return any;
	}
	for (; ra < end; ra += 1 << TLB_PAGE_BITS)
		if (get_lines(c, ra))
			return true;
	return false;
}

bool cache_stored(struct translator *t, u64 ra, u64 len)
{
	struct code_cache *c = &t->cache;

	if (mapped(c, ra)) {
		atomic_thread_fence(memory_order_seq_cst);
		if (!(get_lines(c, ra) & lines_of(ra, len)))
			return false;
	}
	os_mutex_lock(&c->lock);
	cache_invalidate_range(t, ra, len);
	os_mutex_unlock(&c->lock);
	return true;
}

void cache_free_pages(struct code_cache *c)
{
	u32 k;

	for (k = 0; k < PAGE_BUCKETS; k++) {
		struct code_page **at = &c->pages[k], *p;

		while ((p = *at)) {
			if (p->regions) {
				at = &p->next;
				continue;
			}
			*at = p->next;
			set_lines(c, p->page << TLB_PAGE_BITS, 0);
			c->bytes -= os_alloc_bytes(sizeof(*p));
			c->table_bytes -= os_alloc_bytes(sizeof(*p));
			c->page_bytes -= os_alloc_bytes(sizeof(*p));
			os_free(p);
		}
	}
}

struct region *cache_new_region(u32 len, u32 nr_pieces)
{
	struct region *r = os_alloc(sizeof(*r) + nr_pieces * sizeof(r->piece[0]) + len);

	if (r) {
		r->len = len;
		r->nr_pieces = (u16)nr_pieces;
	}
	return r;
}

static u32 lines_of_region(const struct region *r)
{
	u32 k, lines = 0;

	if (!r->nr_pieces)
		return lines_of(r->ra, r->len);
	for (k = 0; k < r->nr_pieces; k++)
		lines |= lines_of(r->piece[k].at, r->piece[k].len);
	return lines;
}

int cache_insert(struct translator *t, struct region *r)
{
	struct code_cache *c = &t->cache;
	struct code_page *p = cache_page(c, r->ra);
	u32 b = cache_bucket(c, r->ra, r->ea, r->mode);
	size_t page_bytes = p ? 0 : os_alloc_bytes(sizeof(*p));

	/* One region may be in any cache, or nobody would go on. */
	if (c->bytes + c->retired_bytes + page_bytes + region_bytes(r) > c->limit &&
	    (c->nr_regions || c->retired))
		return -EAGAIN;
	if (!p) {
		u32 pb = page_bucket(r->ra >> TLB_PAGE_BITS);

		p = os_alloc(sizeof(*p));
		if (!p)
			return -ENOMEM;
		p->page = r->ra >> TLB_PAGE_BITS;
		p->next = c->pages[pb];
		c->pages[pb] = p;
		c->bytes += page_bytes;
		c->table_bytes += page_bytes;
		c->page_bytes += page_bytes;
	}
	r->lines = (u16)lines_of_region(r);
	r->valid = true;
	r->page_next = p->regions;
	r->page_prev = &p->regions;
	if (r->page_next)
		r->page_next->page_prev = &r->page_next;
	p->regions = r;
	p->lines |= r->lines;
	atomic_store_explicit(&r->next, c->bucket[b], memory_order_relaxed);
	atomic_store_explicit(&c->bucket[b], r, memory_order_release);
	r->older = c->newest;
	r->newer = NULL;
	*(c->newest ? &c->newest->newer : &c->oldest) = r;
	c->newest = r;
	c->bytes += region_bytes(r);
	c->code_bytes += r->code->size;
	if (c->bytes + c->retired_bytes > c->most_bytes)
		c->most_bytes = c->bytes + c->retired_bytes;
	c->nr_regions++;
	c->translated++;
	return 0;
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
	t->config.backend->link(t->backend, l, to->code->entry);
}

void cache_replace(struct translator *t, struct region *old, struct region *r)
{
	while (old->incoming) {
		struct backend_link *l = old->incoming;

		cache_unhook_link(l);
		l->next = r->incoming;
		l->prev = &r->incoming;
		if (l->next)
			l->next->prev = &l->next;
		r->incoming = l;
		t->config.backend->link(t->backend, l, r->code->entry);
	}
	cache_retire(t, old);
	cache_call_cpus(t);
}

/* Which regions of a page go. */
struct doomed {
	bool (*test)(const struct region *r, const struct doomed *d);
	u32 lines;
	u32 at, end;   /* bytes of the page */
	const u8 *now; /* the page */
};

static void drop_regions(struct translator *t, struct code_page *p, const struct doomed *d)
{
	struct region *r, *next;
	bool any = false;

	p->lines = 0;
	for (r = p->regions; r; r = next) {
		next = r->page_next;
		if (d->test(r, d)) {
			cache_retire(t, r);
			any = true;
		} else {
			p->lines |= r->lines;
		}
	}
	set_lines(&t->cache, p->page << TLB_PAGE_BITS, p->lines);
	if (any)
		cache_call_cpus(t);
}

static bool on_lines(const struct region *r, const struct doomed *d)
{
	return r->lines & d->lines;
}

static bool on_bytes(const struct region *r, const struct doomed *d)
{
	u32 at = (u32)(r->ra & ~TLB_PAGE_MASK), k;

	if (!r->nr_pieces)
		return at < d->end && d->at < at + r->len;
	for (k = 0; k < r->nr_pieces; k++)
		if (r->piece[k].at < d->end && d->at < r->piece[k].at + r->piece[k].len)
			return true;
	return false;
}

/* Words, since other processors may be storing to them. */
static bool words_differ(const u8 *copy, const u8 *now, u32 len)
{
	u32 at, was;

	for (at = 0; at < len; at += 4) {
		memcpy(&was, copy + at, 4);
		if (was != __atomic_load_n((const u32 *)(now + at), __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

static bool differs(const struct region *r, const struct doomed *d)
{
	const u8 *copy = region_copy(r);
	u32 k;

	if (!r->nr_pieces)
		return words_differ(copy, d->now + (r->ra & ~TLB_PAGE_MASK), r->len);
	for (k = 0; k < r->nr_pieces; copy += r->piece[k++].len)
		if (words_differ(copy, d->now + r->piece[k].at, r->piece[k].len))
			return true;
	return false;
}

/* Who writes an instruction leaves its neighbours alone. But when no instruction was written, code
 * that nobody needs any more stands among data: then the whole lines go, or each store there would
 * come by. */
static void invalidate(struct translator *t, struct code_page *p, u32 at, u32 len)
{
	struct doomed d = {.test = on_bytes, .lines = lines_of(at, len), .at = at, .end = at + len};
	const struct region *r;

	if (!(p->lines & d.lines))
		return;
	for (r = p->regions; r && !on_bytes(r, &d);)
		r = r->page_next;
	if (!r)
		d.test = on_lines;
	drop_regions(t, p, &d);
}

void cache_invalidate_range(struct translator *t, u64 ra, u64 len)
{
	u64 before = t->cache.nr_regions;

	while (len) {
		u64 left = (1 << TLB_PAGE_BITS) - (ra & ~TLB_PAGE_MASK);
		u64 n = len < left ? len : left;
		struct code_page *p = cache_page(&t->cache, ra);

		if (p)
			invalidate(t, p, (u32)(ra & ~TLB_PAGE_MASK), (u32)n);
		ra += n;
		len -= n;
	}
	t->cache.invalidated += before - t->cache.nr_regions;
}

static void verify(struct translator *t, struct code_page *p)
{
	u64 ra = p->page << TLB_PAGE_BITS;
	struct translator_ram ram;

	if (!t->config.host->ram(t->config.host->opaque, ra, &ram))
		drop_regions(t, p, &(struct doomed){.test = on_lines, .lines = ~0u});
	else
		drop_regions(t, p, &(struct doomed){.test = differs, .now = ram.host});
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

	t->cache.flushes += t->cache.nr_regions > 0;
	for (k = 0; k < PAGE_BUCKETS; k++) {
		struct code_page *p;

		for (p = t->cache.pages[k]; p; p = p->next)
			drop_regions(t, p, &(struct doomed){.test = on_lines, .lines = ~0u});
	}
}

void cache_destroy(struct translator *t)
{
	u32 k;

	cache_flush(t);
	cache_reap(t, 0, ~0u);
	for (k = 0; k < PAGE_BUCKETS; k++) {
		struct code_page *p, *next;

		for (p = t->cache.pages[k]; p; p = next) {
			next = p->next;
			os_free(p);
		}
	}
	os_unreserve((void *)t->cache.line_map, sizeof(u16) << LINE_MAP_BITS);
	os_unreserve((void *)t->cache.bucket, sizeof(t->cache.bucket[0]) << t->cache.bucket_bits);
	os_mutex_destroy(&t->cache.lock);
}
