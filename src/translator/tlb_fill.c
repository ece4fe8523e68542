// SPDX-License-Identifier: GPL-2.0-or-later
/* Entries of the software TLB are made here: from the second level or by a walk. tlb.c states the
 * invariants. */
#include "base/log.h"
#include "translator/internal.h"

enum { SMALL_PAGES_LIMIT = 2000 };

/* Through the second level, or a walk. The tables of BookE are the guest's TLB itself, which is
 * searched as fast, and whose entries change too often. */
static u32 translate_page(struct translator_cpu *cpu, u64 ea, u32 access, struct mmu_result *r)
{
	bool cached = !(access & (MMU_EXTPID | MMU_LARX)) && (access & MMU_RELOC) &&
		      !(cpu->model->families & FAM_BOOKE);
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

/* A page of RAM that has no entry because it is smaller than the granule. A few do no harm; a guest
 * that uses many of them is better off with the small granule, for good. */
static void note_small_page(struct translator_cpu *cpu)
{
	struct translator *t = cpu->t;
	u32 k;

	cpu->stats.small_pages++;
	if (atomic_fetch_add_explicit(&t->small_pages, 1, memory_order_relaxed) !=
	    SMALL_PAGES_LIMIT)
		return;
	atomic_store(&t->tlb_bits, TLB_PAGE_BITS);
	for (k = 0; k < t->nr_cpus; k++)
		if (t->cpu[k])
			atomic_store(&t->cpu[k]->s->wanted, 1);
}

/* --- instruction side --- */
const struct fetch_entry *tlb_fetch(struct translator_cpu *cpu, u64 pc)
{
	struct fetch_view *view = cpu->fetch_now;
	u32 granule = cpu->be.tlb_bits, shift, at;
	struct fetch_entry *f;
	struct mmu_result r;

	at = (pc >> granule) & ((1 << FETCH_BITS) - 1);
	f = &view->entry[at];
	if (f->tag == (pc & (~0ull << f->shift)))
		return f;
	cpu->stats.fetch_refills++;
	if (translate_page(cpu, pc, tlb_access(view->id.kind) | MMU_FETCH, &r)) {
		raise_fault(cpu, pc, "fetch", &r);
		return NULL;
	}
	shift = r.page_shift < granule ? r.page_shift : granule;
	if (shift < TLB_PAGE_BITS)
		f = &cpu->odd_fetch;
	else if (shift < granule)
		note_small_page(cpu);
	if (shift < TLB_PAGE_BITS || f->tag != TLB_NO_TAG) {
		view->lost[at / 64] |= 1ull << at % 64;
		view->any_lost = true;
	}
	view->low |= tlb_is_low(pc);
	view->high |= !tlb_is_low(pc);
	*f = (struct fetch_entry){
		.tag = pc & (~0ull << shift),
		.ra = r.ra & (~0ull << shift),
		.shift = shift,
		.attr = r.attr,
		.mode = (r.attr & MMU_LE ? MODE_FETCH_LE : 0) |
			(r.page_shift >= LARGE_BITS ? MODE_FETCH_LARGE : 0),
	};
	return f;
}

/* --- data side --- */
/* Let stores to a granule go the fast way, unless it has code. A page that gains code after this
 * queues a request to us behind it: cache_begin() marks the page before it looks for CPUs to ask,
 * we look for marks behind making the entry. */
static void try_fast_stores(struct translator_cpu *cpu, u32 at, struct data_page *page)
{
	struct tlb_slow *s = &cpu->data_now->slow[at];
	struct tlb_fast *f = &cpu->data_now->fast[at];
	struct translator *t = cpu->t;
	u64 len = 1ull << cpu->be.tlb_bits;

	page->code = true;
	if (cache_has_code(&t->cache, s->ra, len))
		return;
	f->addend = (uintptr_t)s->host - s->write_tag;
	f->write_tag = s->write_tag;
	atomic_thread_fence(memory_order_seq_cst);
	if (cache_has_code(&t->cache, s->ra, len)) {
		f->write_tag = TLB_NO_TAG;
		return;
	}
	page->code = false;
	t->config.host->dirty(t->config.host->opaque, s->ra, len);
}

static void note_half(struct tlb_view *view, u64 ea, u32 at)
{
	u32 half = ea >> 63;

	if (view->count[half] < HALF_ENTRIES)
		view->at[half][view->count[half]++] = (u16)at;
	else
		view->count[half] = HALF_ENTRIES + 1;
}

/* Make the entries for a page that was just translated. granule_host: of the granule's begin. */
static void install(struct translator_cpu *cpu, u64 ea, bool store, const struct mmu_result *r,
		    struct data_page *page, u8 *granule_host, bool writable)
{
	struct tlb_view *view = cpu->data_now;
	u32 at = (ea >> cpu->be.tlb_bits) & ((1 << TLB_BITS) - 1);
	struct tlb_fast *f = &view->fast[at];
	struct tlb_slow *s = &view->slow[at];
	u64 tag = ea & cpu->be.tlb_mask;
	bool slow = !granule_host || (r->attr & (MMU_INHIBITED | MMU_LE));

	if (s->read_tag != tag && s->write_tag != tag) {
		tlb_void_sites(view, f->read_tag);
		f->read_tag = f->write_tag = TLB_NO_TAG;
		s->read_tag = s->write_tag = TLB_NO_TAG;
		note_half(view, ea, at);
	}
	s->ra = r->ra & cpu->be.tlb_mask;
	s->host = granule_host;
	s->attr = r->attr;
	s->watched = cpu->watch_key && cpu_watch_page(cpu->s, ea, cpu->be.tlb_bits);
	slow |= s->watched;
	if (r->prot & MMU_R) {
		s->read_tag = tag;
		if (!slow) {
			f->addend = (uintptr_t)s->host - tag;
			f->read_tag = tag;
		}
	}
	if (store && (writable || !granule_host)) {
		s->write_tag = tag;
		if (!slow)
			try_fast_stores(cpu, at, page);
	}
}

static u32 data_miss(struct translator_cpu *cpu, u64 ea, u32 access, struct data_page *page)
{
	const struct translator_host *h = cpu->t->config.host;
	bool store = (access & MMU_KIND) == MMU_STORE, writable = false, uniform;
	u64 len = 1ull << cpu->be.tlb_bits;
	struct translator_ram ram;
	struct mmu_result r;

	cpu->stats.refills++;
	if (translate_page(cpu, ea, cpu->data_access | access, &r))
		return raise_fault(cpu, ea, store ? "store" : "load", &r);
	page->ra = r.ra;
	page->attr = r.attr;
	page->host = NULL;
	/* The granule must be all of one slot, or, if it is a page of 4K, all of none. */
	uniform = h->ram(h->opaque, r.ra & cpu->be.tlb_mask, &ram) && ram.len >= len;
	if (uniform)
		ram.host += r.ra & (len - 1);
	else if (!h->ram(h->opaque, r.ra, &ram))
		ram.host = NULL;
	if (ram.host) {
		writable = ram.writable;
		page->host = ram.host;
	}
	if (r.page_shift < cpu->be.tlb_bits && r.page_shift >= TLB_PAGE_BITS && ram.host)
		note_small_page(cpu);
	if (r.page_shift >= cpu->be.tlb_bits && !(access & (MMU_EXTPID | MMU_LARX)) &&
	    (uniform || (!ram.host && cpu->be.tlb_bits == TLB_PAGE_BITS)))
		install(cpu, ea, store, &r, page, uniform ? ram.host - (r.ra & (len - 1)) : NULL,
			writable);
	/* Stores to read-only memory are MMIO. */
	if (store && !writable)
		page->host = NULL;
	return 0;
}

u32 tlb_data(struct translator_cpu *cpu, u64 ea, u32 access, struct data_page *page)
{
	u32 at = (ea >> cpu->be.tlb_bits) & ((1 << TLB_BITS) - 1);
	const struct tlb_view *view = cpu->data_now;
	const struct tlb_slow *s = &view->slow[at];
	bool store = (access & MMU_KIND) == MMU_STORE;
	u64 tag = ea & cpu->be.tlb_mask;

	page->code = store;
	if ((store ? s->write_tag : s->read_tag) != tag || (access & MMU_EXTPID))
		return data_miss(cpu, ea, access, page);
	page->ra = s->ra + (ea - tag);
	page->host = s->host ? s->host + (ea - tag) : NULL;
	page->attr = s->attr;
	if (!store || !s->host || s->watched || (s->attr & (MMU_INHIBITED | MMU_LE)))
		return 0;
	if (view->fast[at].write_tag == tag)
		page->code = false;
	else
		try_fast_stores(cpu, at, page);
	return 0;
}
