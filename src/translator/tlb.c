// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The software TLB of one CPU: contexts (address spaces) of views (privilege and relocation), each
 * a first-level array that translated code probes and, beside it, what the slow path knows of the
 * same page. Granule 4K. An array entry is only ever written by its own CPU's thread; others ask
 * through the queue (flush.c).
 *
 * Invariants: a write tag in a fast array means that the page is in writable RAM, marked dirty,
 * and was free of translated code when the entry was made or the CPU has a request queued.
 */
#include <errno.h>

#include "base/log.h"
#include "base/string.h"
#include "isa/mode.h"
#include "translator/internal.h"

int tlb_init(struct translator_cpu *cpu)
{
	cpu->jump_cache = os_alloc_aligned(sizeof(struct jump_cache) << JUMP_CACHE_BITS, 64);
	if (!cpu->jump_cache)
		return -ENOMEM;
	cpu->be.jump_cache = cpu->jump_cache;
	cpu->next_serial = 1;
	cpu->stale = true;
	return tlb_second_init(cpu);
}

void tlb_destroy(struct translator_cpu *cpu)
{
	u32 c, v;

	for (c = 0; c < CONTEXTS; c++) {
		for (v = 0; v < VIEWS; v++) {
			os_free(cpu->context[c].view[v]);
			os_free(cpu->context[c].fetch[v]);
		}
	}
	os_free(cpu->jump_cache);
	tlb_second_destroy(cpu);
}

static struct tlb_view *make_view(struct context *c, u32 v)
{
	if (!c->view[v]) {
		c->view[v] = os_alloc_aligned(sizeof(struct tlb_view), 64);
		if (c->view[v]) {
			c->view[v]->used = true;
			tlb_clear_view(c->view[v]);
		}
	}
	return c->view[v];
}

static struct fetch_entry *make_fetch(struct context *c, u32 v)
{
	if (!c->fetch[v]) {
		c->fetch[v] = os_alloc(sizeof(struct fetch_entry) << FETCH_BITS);
		tlb_clear_fetch(c->fetch[v]);
	}
	return c->fetch[v];
}

/* What tells address spaces apart: the process on radix and BookE. A hash MMU's segments are
 * flushed when they change, so it has one. */
static u64 process_of(struct translator_cpu *cpu)
{
	const struct mmu_env *env = &cpu->t->env;
	u64 tag;

	switch (cpu->model->mmu) {
	case MMU_RADIX_OR_HASH64:
		if (env->radix && mmu_context(cpu->s, env, 0, MMU_LOAD | MMU_PR | MMU_RELOC, &tag))
			return tag;
		return 0;
	case MMU_4XX:
	case MMU_E500:
		return mmu_context(cpu->s, env, 0, MMU_LOAD, &tag) ? tag >> 1 : 0;
	default:
		return 0;
	}
}

static void select_context(struct translator_cpu *cpu)
{
	struct context *victim = &cpu->context[0];
	u64 tag = process_of(cpu);
	u64 keys = mmu_keys(cpu->s, &cpu->t->env, MMU_LOAD | MMU_RELOC);
	u64 fetch_keys = mmu_keys(cpu->s, &cpu->t->env, MMU_FETCH | MMU_RELOC);
	u32 k;

	for (k = 0; k < CONTEXTS; k++) {
		struct context *c = &cpu->context[k];

		if (c->valid && c->tag == tag && c->keys == keys && c->fetch_keys == fetch_keys) {
			victim = c;
			goto found;
		}
		if (c->used < victim->used)
			victim = c;
	}
	tlb_clear_context(cpu, victim);
	victim->tag = tag;
	victim->keys = keys;
	victim->fetch_keys = fetch_keys;
	victim->valid = true;
found:
	victim->used = ++cpu->context_clock;
	cpu->current = victim;
}

static u32 view_of(u32 mode, bool reloc)
{
	u32 view = reloc ? 2 : 0;

	if (mode & MODE_PR)
		view |= 1;
	if (mode & MODE_HV)
		view |= 4;
	if (!(mode & MODE_SF))
		view |= 8;
	return view;
}

static u32 access_of(u32 mode, bool reloc)
{
	return (mode & MODE_PR ? MMU_PR : 0) | (reloc ? MMU_RELOC : 0) |
	       (mode & MODE_HV ? MMU_HV : 0) | (mode & MODE_SF ? 0 : MMU_32);
}

void tlb_select(struct translator_cpu *cpu)
{
	u64 watch_key = cpu_watch_key(cpu->s);
	u32 k;

	cpu->mode = cpu_mode(cpu->s);
	if (unlikely(watch_key != cpu->watch_key)) {
		cpu->watch_key = watch_key;
		for (k = 0; k < CONTEXTS; k++)
			tlb_clear_context(cpu, &cpu->context[k]);
	}
	tlb_reselect(cpu);
	cpu->stale = false;
}

/* The context changed under a running region, whose mode stays until it ends. */
void tlb_reselect(struct translator_cpu *cpu)
{
	struct context *c;
	u32 fv;

	select_context(cpu);
	c = cpu->current;
	cpu->data_view = view_of(cpu->mode, cpu->mode & MODE_DR);
	cpu->data_access = access_of(cpu->mode, cpu->mode & MODE_DR);
	cpu->fetch_view = fv = view_of(cpu->mode, cpu->mode & MODE_IR);
	if (!c->serial[fv]) {
		if (!++cpu->next_serial) {
			memset(cpu->jump_cache, 0, sizeof(struct jump_cache) << JUMP_CACHE_BITS);
			cpu->next_serial = 1;
		}
		c->serial[fv] = cpu->next_serial;
	}
	make_view(c, cpu->data_view);
	make_fetch(c, fv);
	cpu->be.tlb = c->view[cpu->data_view]->fast;
	cpu->be.tlb_as1 = cpu->be.tlb;
	cpu->be.code_key = (u64)c->serial[fv] << 32 | cpu->mode;
}

void tlb_check_epoch(struct translator_cpu *cpu)
{
	u64 epoch = atomic_load(&cpu->t->cache.epoch);
	u32 c;

	if (likely(epoch == cpu->epoch_seen))
		return;
	cpu->epoch_seen = epoch;
	for (c = 0; c < CONTEXTS; c++)
		memset(cpu->context[c].serial, 0, sizeof(cpu->context[c].serial));
	cpu->be.code_key = NO_CODE_KEY;
	cpu->stale = true;
}

/* Through the second level, or a walk. */
static u32 translate_page(struct translator_cpu *cpu, u64 ea, u32 access, struct mmu_result *r)
{
	bool cached = !(access & (MMU_EXTPID | MMU_LARX));
	u32 code;

	if (cached && tlb_second_find(cpu, ea, access, r)) {
		cpu->stats.second_hits++;
		return 0;
	}
	cpu->stats.walks++;
	code = mmu_translate(cpu->s, &cpu->t->env, ea, access, r);
	if (!code && cached)
		tlb_second_add(cpu, ea, access, r);
	return code;
}

static u32 raise_fault(struct translator_cpu *cpu, u64 ea, const char *kind,
		       const struct mmu_result *r)
{
	if (log_on(LOG_MMU))
		log_printf(LOG_MMU, "cpu %u: no %s at %016llx: event %u dsisr %08llx info %llx\n",
			   cpu->index, kind, (unsigned long long)ea, r->code,
			   (unsigned long long)r->dsisr, (unsigned long long)r->info);
	cpu->s->event =
		(struct cpu_event){.code = r->code, .info = r->info, .ea = ea, .dsisr = r->dsisr};
	return r->code;
}

/* --- instruction side --- */
const struct fetch_entry *tlb_fetch(struct translator_cpu *cpu, u64 pc)
{
	struct fetch_entry *f = cpu->current->fetch[cpu->fetch_view];
	struct mmu_result r;
	u64 page = pc & TLB_PAGE_MASK;

	f = &f[(pc >> TLB_PAGE_BITS) & ((1 << FETCH_BITS) - 1)];
	if (f->tag == page)
		return f;
	cpu->stats.fetch_refills++;
	if (translate_page(cpu, pc, access_of(cpu->mode, cpu->mode & MODE_IR) | MMU_FETCH, &r)) {
		raise_fault(cpu, pc, "fetch", &r);
		return NULL;
	}
	if (r.page_shift < TLB_PAGE_BITS)
		f = &cpu->odd_fetch;
	*f = (struct fetch_entry){
		.tag = page,
		.ra = r.ra - (pc & ~TLB_PAGE_MASK),
		.shift = r.page_shift < TLB_PAGE_BITS ? r.page_shift : TLB_PAGE_BITS,
		.mode = r.attr & MMU_LE ? MODE_FETCH_LE : 0,
	};
	return f;
}

/* --- data side --- */
/* Let stores to a page go the fast way, unless it has code. A page that gains code after this
 * queues a request to us behind it. */
static void try_fast_stores(struct translator_cpu *cpu, u32 at, struct data_page *page)
{
	struct tlb_view *view = cpu->current->view[cpu->data_view];
	struct tlb_slow *s = &view->slow[at];
	struct tlb_fast *f = &view->fast[at];
	struct translator *t = cpu->t;

	os_mutex_lock(&t->cache.lock);
	page->code = !cache_page_is_new(&t->cache, s->ra);
	if (!page->code) {
		f->addend = (uintptr_t)s->host - s->write_tag;
		f->write_tag = s->write_tag;
	}
	os_mutex_unlock(&t->cache.lock);
	t->config.host->dirty(t->config.host->opaque, s->ra);
}

/* Make the entries for a page that was just translated. */
static void install(struct translator_cpu *cpu, u64 ea, bool store, const struct mmu_result *r,
		    struct data_page *page, bool writable)
{
	struct tlb_view *view = cpu->current->view[cpu->data_view];
	u32 at = (ea >> TLB_PAGE_BITS) & ((1 << TLB_BITS) - 1);
	struct tlb_fast *f = &view->fast[at];
	struct tlb_slow *s = &view->slow[at];
	u64 tag = ea & TLB_PAGE_MASK;
	bool slow = !page->host || (r->attr & (MMU_INHIBITED | MMU_LE));

	view->used = true;
	if (s->read_tag != tag && s->write_tag != tag) {
		f->read_tag = f->write_tag = TLB_NO_TAG;
		s->read_tag = s->write_tag = TLB_NO_TAG;
	}
	s->ra = r->ra & TLB_PAGE_MASK;
	s->host = page->host ? page->host - (ea & ~TLB_PAGE_MASK) : NULL;
	s->attr = r->attr;
	s->watched = cpu->watch_key && cpu_watch_page(cpu->s, ea, TLB_PAGE_BITS);
	slow |= s->watched;
	if (r->prot & MMU_R) {
		s->read_tag = tag;
		if (!slow) {
			f->addend = (uintptr_t)s->host - tag;
			f->read_tag = tag;
		}
	}
	if (store && (writable || !page->host)) {
		s->write_tag = tag;
		if (!slow)
			try_fast_stores(cpu, at, page);
	}
}

static u32 data_miss(struct translator_cpu *cpu, u64 ea, u32 access, struct data_page *page)
{
	bool store = (access & MMU_KIND) == MMU_STORE, writable = false, in_ram;
	struct translator *t = cpu->t;
	struct translator_ram ram;
	struct mmu_result r;

	cpu->stats.refills++;
	if (translate_page(cpu, ea, cpu->data_access | access, &r))
		return raise_fault(cpu, ea, store ? "store" : "load", &r);
	page->ra = r.ra;
	page->attr = r.attr;
	page->host = NULL;
	in_ram = t->config.host->ram(t->config.host->opaque, r.ra, &ram);
	if (in_ram) {
		writable = ram.writable;
		page->host = ram.host;
	}
	if (r.page_shift >= TLB_PAGE_BITS && !(access & (MMU_EXTPID | MMU_LARX)))
		install(cpu, ea, store, &r, page, writable);
	/* Stores to read-only memory are MMIO. */
	if (store && !writable)
		page->host = NULL;
	return 0;
}

u32 tlb_data(struct translator_cpu *cpu, u64 ea, u32 access, struct data_page *page)
{
	u32 at = (ea >> TLB_PAGE_BITS) & ((1 << TLB_BITS) - 1);
	struct tlb_slow *s = &cpu->current->view[cpu->data_view]->slow[at];
	bool store = (access & MMU_KIND) == MMU_STORE;

	page->code = store;
	if ((store ? s->write_tag : s->read_tag) != (ea & TLB_PAGE_MASK) || (access & MMU_EXTPID))
		return data_miss(cpu, ea, access, page);
	page->ra = s->ra | (ea & ~TLB_PAGE_MASK);
	page->host = s->host ? s->host + (ea & ~TLB_PAGE_MASK) : NULL;
	page->attr = s->attr;
	if (!store || !s->host || s->watched || (s->attr & (MMU_INHIBITED | MMU_LE)))
		return 0;
	if (cpu->current->view[cpu->data_view]->fast[at].write_tag == s->write_tag)
		page->code = false;
	else
		try_fast_stores(cpu, at, page);
	return 0;
}
