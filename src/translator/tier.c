// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tier 2: what a counter found to be hot is translated again, as a region of several blocks, by one
 * thread of low priority, which takes a spare core at most.
 *
 * Races. The page is copied under the cache's lock, with how often its regions ran; the thread then
 * works on the copy without any lock. At insertion, under the lock again, the bytes used must still
 * stand in memory and the region of tier 1 must still be there; else the work is thrown away. A
 * store that comes later finds the new region like any other. Links and lookups go to the new
 * region from then on; the old one is retired.
 *
 * The thread may get no time, while the processors run what waits for it. So they look again: what
 * is still executed after HELP_MS in the queue is translated by the processor that runs it.
 *
 * In tests, tier2_after 1 has everything translated as tier 2 at once, without the thread;
 * tier2_inline leaves what became hot to the processor that found out.
 */
#include <errno.h>

#include "base/endian.h"
#include "base/log.h"
#include "base/string.h"
#include "isa/mode.h"
#include "translator/internal.h"

enum {
	DEFAULT_AFTER = 2000,
	AGAIN = 5000,	 /* executions after which a queued region is looked at again */
	HELP_MS = 2,	 /* what it may have waited by then */
	NEVER = 255,	 /* region.queued: tier 2 cannot take it */
	MAX_INSNS = 400, /* of a region */
	QUEUED = 256,
	WORDS = 1 << (TLB_PAGE_BITS - 2),
	COLD = 32, /* blocks that ran less than 1/COLD of what makes hot are left out */
};

struct request {
	u64 ra, ea;
	u32 mode;
};

/* One translation. */
struct job {
	struct translator *t;
	struct request of;
	struct ir_region *ir;
	u32 word[WORDS]; /* the page, as it stands in memory */
	u32 heat[WORDS];
	bool has_heat;
	struct tr_extent extent;
};

struct tier {
	struct os_thread thread;
	struct os_mutex lock; /* of the queue; before cache.lock */
	struct os_cond changed;
	struct request queue[QUEUED];
	u32 head, count;
	bool running, stop;
	struct job job;	    /* of the thread */
	struct job at_once; /* under cache.lock */
	struct os_mutex help_lock;
	struct job help; /* under help_lock */
};

/* --- translation --- */
static bool fetch(void *opaque, u64 ea, u32 *word)
{
	const struct job *j = opaque;
	bool little = j->of.mode & (MODE_LE | MODE_FETCH_LE);
	u32 raw = j->word[(ea & ~TLB_PAGE_MASK) / 4];

	if ((ea ^ j->of.ea) & TLB_PAGE_MASK)
		return false;
	*word = little == !HOST_BIG_ENDIAN ? raw : bswap32(raw);
	return true;
}

static u32 heat(void *opaque, u64 ea)
{
	const struct job *j = opaque;

	return j->heat[(ea & ~TLB_PAGE_MASK) / 4];
}

static void take_heat(struct job *j, const struct code_page *p)
{
	u32 after = j->t->config.tier2_after;
	const struct region *r;

	memset(j->heat, 0, sizeof(j->heat));
	for (r = p ? p->regions : NULL; r; r = r->page_next) {
		u32 *h = &j->heat[(r->ea & ~TLB_PAGE_MASK) / 4];
		s32 left = atomic_load_explicit(&r->hot, memory_order_relaxed);

		if ((r->mode != j->of.mode && r->mode != shared_mode(j->of.mode)) ||
		    ((r->ea ^ j->of.ea) & TLB_PAGE_MASK))
			continue;
		*h = r->tier == 2 ? after : after - (u32)left;
		if (atomic_load_explicit(&r->queued, memory_order_relaxed))
			*h += AGAIN;
		if (*h < after / COLD)
			*h = 0;
	}
}

/* Under cache.lock. */
static bool take_page(struct job *j)
{
	const struct translator_host *h = j->t->config.host;
	u64 page = j->of.ra & TLB_PAGE_MASK;
	struct translator_ram ram;
	u32 k;

	if (!h->ram(h->opaque, page, &ram) || ram.len < sizeof(j->word))
		return false;
	for (k = 0; k < WORDS; k++)
		j->word[k] = __atomic_load_n((const u32 *)ram.host + k, __ATOMIC_RELAXED);
	return true;
}

/* Under cache.lock: is what was translated still there? */
static bool unchanged(const struct job *j)
{
	const struct translator_host *h = j->t->config.host;
	struct translator_ram ram;
	u32 n, k;

	if (!h->ram(h->opaque, j->of.ra & TLB_PAGE_MASK, &ram) || ram.len < sizeof(j->word))
		return false;
	for (n = 0; n < j->extent.nr_pieces; n++) {
		u32 first = (u32)(j->extent.piece[n].ea & ~TLB_PAGE_MASK) / 4;

		for (k = first; k < first + j->extent.piece[n].len / 4; k++)
			if (__atomic_load_n((const u32 *)ram.host + k, __ATOMIC_RELAXED) !=
			    j->word[k])
				return false;
	}
	return true;
}

static struct backend_code *translate(struct job *j)
{
	struct translator *t = j->t;
	const struct backend_unit unit = translate_unit(j->of.mode, j->of.ea, 2);
	struct tr_ctx c = translate_context(t, j->ir, j->of.mode);
	struct tr_region_request q = {
		.fetch = fetch,
		.heat = j->has_heat ? heat : NULL,
		.opaque = j,
		.max_insns = t->config.max_insns ? t->config.max_insns : MAX_INSNS,
		.extent = &j->extent,
	};
	struct backend_code *code;

	for (; q.max_insns; q.max_insns /= 2) {
		int ret;

		if (!frontend_translate_region(&c, j->of.ea, &q))
			return NULL;
		if (j->ir->overflow)
			continue;
		translate_optimise(t, j->ir, j->of.ea);
		if (j->ir->overflow)
			continue;
		ret = t->config.backend->compile(t->backend, j->ir, &unit, &code);
		if (!ret)
			return code;
		if (ret != -E2BIG)
			return NULL;
	}
	return NULL;
}

static struct region *make_region(const struct job *j, struct backend_code *code)
{
	const struct tr_extent *e = &j->extent;
	struct region *r;
	u32 n, len = 0;

	for (n = 0; n < e->nr_pieces; n++)
		len += e->piece[n].len;
	r = cache_new_region(len, e->nr_pieces);
	if (!r)
		return NULL;
	r->ra = j->of.ra;
	r->ea = j->of.ea;
	r->mode = j->of.mode;
	r->tier = 2;
	r->code = code;
	for (n = len = 0; n < e->nr_pieces; n++) {
		u32 at = (u32)(e->piece[n].ea & ~TLB_PAGE_MASK);

		r->piece[n] = (struct region_piece){.at = (u16)at, .len = (u16)e->piece[n].len};
		memcpy(region_copy(r) + len, &j->word[at / 4], e->piece[n].len);
		len += e->piece[n].len;
	}
	for (n = 0; n < code->nr_links; n++)
		code->links[n].owner = r;
	return r;
}

/* Under cache.lock; old is replaced if there is one. NULL: no memory. */
static struct region *insert(struct job *j, struct backend_code *code, struct region *old)
{
	struct translator *t = j->t;
	struct region *r = make_region(j, code);

	/* It was hot as tier 1. */
	if (r)
		atomic_init(&r->used, old != NULL);
	if (r && !cache_insert(t, r)) {
		if (old)
			cache_replace(t, old, r);
		t->tier2.insns += j->ir->guest_insns;
		t->tier2.regions++;
		return r;
	}
	os_free(r);
	return NULL;
}

/* True: the region is of tier 2 now, or gone. */
static bool run_job(struct job *j)
{
	struct translator *t = j->t;
	struct backend_code *code = NULL;
	u64 start = os_clock_ns();
	struct region *old;
	bool ok;

	os_mutex_lock(&t->cache.lock);
	old = cache_find(&t->cache, j->of.ra, j->of.ea, j->of.mode);
	ok = old && old->tier == 1 && take_page(j);
	if (ok)
		take_heat(j, cache_page(&t->cache, j->of.ra));
	os_mutex_unlock(&t->cache.lock);
	if (ok)
		code = translate(j);
	if (!code)
		return !ok;
	os_mutex_lock(&t->cache.lock);
	old = cache_find(&t->cache, j->of.ra, j->of.ea, j->of.mode);
	ok = false;
	if (old && old->tier == 1) {
		cache_begin(t, j->of.ra);
		ok = unchanged(j) && insert(j, code, old);
		cache_end(t, j->of.ra);
	}
	if (!ok) {
		t->config.backend->discard(t->backend, code);
		t->tier2.discarded++;
	}
	t->tier2.ns += os_clock_ns() - start;
	os_mutex_unlock(&t->cache.lock);
	return true;
}

/* --- the thread --- */
static void thread_main(void *opaque)
{
	struct translator *t = opaque;
	struct tier *w = t->tier;

	os_thread_lower();
	os_mutex_lock(&w->lock);
	while (!w->stop) {
		if (!w->count) {
			os_cond_wait(&w->changed, &w->lock);
			continue;
		}
		w->job.of = w->queue[w->head];
		w->head = (w->head + 1) % QUEUED;
		w->count--;
		os_mutex_unlock(&w->lock);
		run_job(&w->job);
		os_mutex_lock(&w->lock);
	}
	os_mutex_unlock(&w->lock);
}

/* False: the queue is full. */
static bool put(struct translator *t, const struct region *r)
{
	struct tier *w = t->tier;
	bool full;

	os_mutex_lock(&w->lock);
	full = w->count == QUEUED;
	if (!w->running && !w->stop)
		w->running = !os_thread_create(&w->thread, "tier2", thread_main, t);
	if (!full) {
		w->queue[(w->head + w->count++) % QUEUED] =
			(struct request){.ra = r->ra, .ea = r->ea, .mode = r->mode};
		os_cond_signal(&w->changed);
	}
	os_mutex_unlock(&w->lock);
	return !full;
}

/* False: somebody else helps already. */
static bool help(struct translator *t, struct region *r)
{
	struct tier *w = t->tier;

	if (!os_mutex_trylock(&w->help_lock))
		return false;
	w->help.of = (struct request){.ra = r->ra, .ea = r->ea, .mode = r->mode};
	atomic_fetch_add(&t->tier2.helped, 1);
	if (!run_job(&w->help))
		atomic_store_explicit(&r->queued, NEVER, memory_order_relaxed);
	os_mutex_unlock(&w->help_lock);
	return true;
}

/* Milliseconds modulo NEVER - 1, and 1. */
static u8 stamp(void)
{
	return (u8)(os_clock_ns() / 1000000 % (NEVER - 1)) + 1;
}

static u32 since(u8 then)
{
	return (u32)(stamp() + NEVER - 1 - then) % (NEVER - 1);
}

void tier_hot(struct translator *t, struct region *r)
{
	u8 queued = atomic_load_explicit(&r->queued, memory_order_relaxed);
	s32 next = AGAIN;

	if (!t->tier || r->tier != 1 || queued == NEVER)
		return;
	if (t->config.tier2_inline) {
		os_mutex_lock(&t->tier->lock);
		t->tier->job.of = (struct request){.ra = r->ra, .ea = r->ea, .mode = r->mode};
		run_job(&t->tier->job);
		os_mutex_unlock(&t->tier->lock);
		return;
	}
	if (!queued && put(t, r))
		atomic_store_explicit(&r->queued, stamp(), memory_order_relaxed);
	else if (!queued)
		next = (s32)t->config.tier2_after;
	else if (since(queued) >= HELP_MS && help(t, r))
		return;
	atomic_store_explicit(&r->hot, next, memory_order_relaxed);
}

/* Regions of one instruction, traced ones and those in small pages stay. */
bool tier_possible(const struct translator *t, u32 mode, u32 shift)
{
	return t->tier && !(mode & (MODE_SINGLE | MODE_TRACED)) && shift >= TLB_PAGE_BITS;
}

struct region *tier_at_once(struct translator *t, u64 ea, u32 mode, u64 ra)
{
	struct job *j = &t->tier->at_once;
	struct backend_code *code;
	struct region *r;

	j->of = (struct request){.ra = ra, .ea = ea, .mode = shared_mode(mode)};
	j->ir = t->ir;
	if (!take_page(j))
		return NULL;
	code = translate(j);
	if (!code && j->of.mode != mode) {
		j->of.mode = mode;
		code = translate(j);
	}
	if (!code)
		return NULL;
	r = insert(j, code, NULL);
	if (!r)
		t->config.backend->discard(t->backend, code);
	return r;
}

int tier_init(struct translator *t)
{
	struct tier *w;

	if (!t->config.tier2_after)
		t->config.tier2_after = DEFAULT_AFTER;
	/* When code is replaced depends on the host: no way to count the same twice. */
	if (t->config.tier2_off || t->config.icount_insns)
		return 0;
	w = os_alloc(sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->job.ir = os_alloc(sizeof(*w->job.ir));
	w->help.ir = os_alloc(sizeof(*w->help.ir));
	if (!w->job.ir || !w->help.ir) {
		os_free(w->job.ir);
		os_free(w->help.ir);
		os_free(w);
		return -ENOMEM;
	}
	w->job.t = w->help.t = w->at_once.t = t;
	w->job.has_heat = w->help.has_heat = true;
	os_mutex_init(&w->lock);
	os_mutex_init(&w->help_lock);
	os_cond_init(&w->changed);
	t->tier = w;
	return 0;
}

void tier_destroy(struct translator *t)
{
	struct tier *w = t->tier;

	if (!w)
		return;
	os_mutex_lock(&w->lock);
	w->stop = true;
	os_cond_signal(&w->changed);
	os_mutex_unlock(&w->lock);
	if (w->running)
		os_thread_join(&w->thread);
	os_cond_destroy(&w->changed);
	os_mutex_destroy(&w->lock);
	os_mutex_destroy(&w->help_lock);
	os_free(w->job.ir);
	os_free(w->help.ir);
	os_free(w);
	t->tier = NULL;
}
