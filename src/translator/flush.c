// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dropping translations: what tlbie and its family ask for, on this CPU at once and on others
 * through their queues. A CPU answers at its polls and fences; one that is not running answers
 * before it runs again, so nobody waits for it. Nobody stops the world.
 *
 * A flush of a process names more than changed: its fetch view is marked and compared with the
 * tables when it is used next, so that jump cache entries survive a flush that meant data.
 */
#include "base/log.h"
#include "base/string.h"
#include "isa/model.h"
#include "translator/internal.h"

void tlb_void_sites(struct tlb_view *view, u64 tag)
{
	u32 k;

	for (k = 0; k < TLB_SITES && tag != TLB_NO_TAG; k++)
		if (view->site[k].tag == tag)
			view->site[k].tag = TLB_NO_TAG;
}

/* The caller voids its sites. */
static void void_all_but_sites(struct translator_cpu *cpu, struct tlb_view *view, u32 at)
{
	struct tlb_slow *s = &view->slow[at];

	cpu->stats.dropped += s->read_tag != TLB_NO_TAG || s->write_tag != TLB_NO_TAG;
	s->read_tag = s->write_tag = TLB_NO_TAG;
	view->fast[at].read_tag = view->fast[at].write_tag = TLB_NO_TAG;
}

static void void_entry(struct translator_cpu *cpu, struct tlb_view *view, u32 at)
{
	tlb_void_sites(view, view->fast[at].read_tag);
	void_all_but_sites(cpu, view, at);
}

/* The address that an entry is for, or TLB_NO_TAG. */
static u64 tag_of(const struct tlb_view *view, u32 at)
{
	const struct tlb_slow *s = &view->slow[at];

	return s->read_tag == TLB_NO_TAG ? s->write_tag : s->read_tag;
}

static bool matches(u64 tag, u64 ea, u64 mask)
{
	return tag != TLB_NO_TAG && !((tag ^ ea) & mask);
}

/* All entries whose address differs from ea in no bit of mask, which has the highest bit. */
static void drop_matching(struct translator_cpu *cpu, struct tlb_view *view, u64 ea, u64 mask)
{
	u32 half = ea >> 63, k;
	bool listed = view->count[half] <= HALF_ENTRIES;
	u32 count = listed ? view->count[half] : 1 << TLB_BITS;

	for (k = 0; k < count; k++) {
		u32 at = listed ? view->at[half][k] : k;

		if (matches(tag_of(view, at), ea, mask))
			void_all_but_sites(cpu, view, at);
	}
	for (k = 0; k < TLB_SITES && count; k++)
		if (matches(view->site[k].tag, ea, mask))
			view->site[k].tag = TLB_NO_TAG;
}

#define TOP_BIT (1ull << 63)

static void drop_half(struct translator_cpu *cpu, struct tlb_view *view, u32 half)
{
	drop_matching(cpu, view, half ? TOP_BIT : 0, TOP_BIT);
	view->count[half] = 0;
}

void tlb_drop_low(struct translator_cpu *cpu, struct tlb_view *view)
{
	drop_half(cpu, view, 0);
}

void tlb_clear_data(struct translator_cpu *cpu, struct tlb_view *view)
{
	u32 k;

	if (view->count[0] > HALF_ENTRIES || view->count[1] > HALF_ENTRIES) {
		for (k = 0; k < 1 << TLB_BITS; k++)
			void_all_but_sites(cpu, view, k);
		for (k = 0; k < TLB_SITES; k++)
			view->site[k].tag = TLB_NO_TAG;
		view->count[0] = view->count[1] = 0;
		return;
	}
	drop_half(cpu, view, 0);
	drop_half(cpu, view, 1);
}

static void drop_data_page(struct translator_cpu *cpu, struct tlb_view *view, u64 ea, u32 shift)
{
	u32 granule = cpu->be.tlb_bits, k, count;
	u64 mask = ~0ull << (shift > granule ? shift : granule);

	if (shift > granule + TLB_BITS - 3) {
		drop_matching(cpu, view, ea, mask);
		return;
	}
	count = shift > granule ? 1u << (shift - granule) : 1;
	for (k = 0; k < count; k++) {
		u32 at = (u32)(((ea & mask) >> granule) + k) & ((1 << TLB_BITS) - 1);

		if (matches(tag_of(view, at), ea, mask))
			void_entry(cpu, view, at);
	}
}

/* --- where code stands --- */
static void renew_serial(struct translator_cpu *cpu, struct fetch_view *view)
{
	view->serial = 0;
	view->any_lost = false;
	memset(view->lost, 0, sizeof(view->lost));
	cpu->stats.jump_drops++;
	if (view == cpu->fetch_now)
		tlb_leave_fetch_view(cpu);
}

void tlb_clear_fetch(struct translator_cpu *cpu, struct fetch_view *view)
{
	u32 k;

	/* No page of that size has that tag. */
	for (k = 0; k < 1 << FETCH_BITS; k++)
		view->entry[k] = (struct fetch_entry){.tag = TLB_NO_TAG, .shift = TLB_PAGE_BITS};
	view->low = view->high = view->verify = false;
	renew_serial(cpu, view);
}

/* Jump cache entries of a view whose page has no entry, or none any more. */
static void drop_lost_jumps(struct translator_cpu *cpu, struct fetch_view *view)
{
	u32 k;

	cpu->stats.jump_scans++;
	view->any_lost = false;
	memset(view->lost, 0, sizeof(view->lost));
	for (k = 0; k < JUMP_ENTRIES; k++) {
		struct jump_cache *j = &cpu->jump_cache[k];
		const struct fetch_entry *e =
			&view->entry[(j->pc >> cpu->be.tlb_bits) & ((1 << FETCH_BITS) - 1)];

		if (__atomic_load_n(&j->key, __ATOMIC_RELAXED) >> 32 == view->serial &&
		    (e->tag == TLB_NO_TAG || (j->pc ^ e->tag) >> e->shift))
			__atomic_store_n(&j->key, 0, __ATOMIC_RELAXED);
	}
}

static void drop_fetch_page(struct translator_cpu *cpu, struct fetch_view *view, u64 ea, u32 shift)
{
	u32 granule = cpu->be.tlb_bits, count = 1u << FETCH_BITS, k;
	bool lost = false;

	if (shift <= granule)
		count = 1;
	else if (shift < granule + FETCH_BITS)
		count = 1u << (shift - granule);
	for (k = 0; k < count; k++) {
		u32 at = (u32)(((ea & (~0ull << shift)) >> granule) + k) & ((1 << FETCH_BITS) - 1);
		struct fetch_entry *e = &view->entry[at];
		u32 up = e->shift > shift ? e->shift : shift;

		lost |= view->lost[at / 64] >> at % 64 & 1;
		if (e->tag == TLB_NO_TAG || (e->tag ^ ea) >> up)
			continue;
		lost = true;
		e->tag = TLB_NO_TAG;
	}
	if (!lost)
		return;
	drop_lost_jumps(cpu, view);
	/* the return stack may know more than the jump cache */
	if (view == cpu->fetch_now)
		atomic_store(&cpu->s->wanted, 1);
}

static void drop_fetch_matching(struct translator_cpu *cpu, struct fetch_view *view, u64 ea,
				u64 mask)
{
	bool any = view->any_lost;
	u32 k;

	if (!(tlb_is_low(ea) ? view->low : view->high))
		return;
	for (k = 0; k < 1 << FETCH_BITS; k++) {
		if (!matches(view->entry[k].tag, ea, mask))
			continue;
		view->entry[k].tag = TLB_NO_TAG;
		any = true;
	}
	if (any)
		renew_serial(cpu, view);
}

static void mark_fetch(struct translator_cpu *cpu, struct fetch_view *view)
{
	view->verify = true;
	if (view == cpu->fetch_now)
		tlb_leave_fetch_view(cpu);
}

void tlb_verify_fetch(struct translator_cpu *cpu, struct fetch_view *view)
{
	u32 access = tlb_access(view->id.kind) | MMU_FETCH | MMU_QUIET, k;
	struct mmu_result r = {.page_shift = 0};
	bool mapped = false, dropped = false;
	u64 walked = 0;

	cpu->stats.verifies++;
	view->verify = false;
	for (k = 0; k < 1 << FETCH_BITS; k++) {
		struct fetch_entry *e = &view->entry[k];

		if (e->tag == TLB_NO_TAG)
			continue;
		/* Neighbours are often of one large page. */
		if (!mapped || (e->tag ^ walked) >> r.page_shift) {
			walked = e->tag;
			mapped = !mmu_translate(cpu->s, &cpu->t->env, walked, access, &r);
		}
		if (mapped && r.ra + (e->tag - walked) == e->ra && r.page_shift >= e->shift &&
		    r.attr == e->attr)
			continue;
		cpu->stats.verify_drops++;
		e->tag = TLB_NO_TAG;
		dropped = true;
	}
	if (dropped || view->any_lost)
		drop_lost_jumps(cpu, view);
}

/* --- what the guest asks for --- */
/* Whose pages the lower half of a view holds; the upper half is process 0's. */
static u64 low_owner(const struct translator_cpu *cpu, const struct view_id *id)
{
	return id->kind & 1 ? id->tag : cpu->process;
}

static bool of_process(const struct translator_cpu *cpu, const struct view_id *id, u64 process)
{
	return id->tag == process || !process;
}

static void flush_process(struct translator_cpu *cpu, const struct cpu_flush *f)
{
	bool booke = cpu->model->families & FAM_BOOKE;
	u32 v;

	for (v = 0; v < DATA_VIEWS && cpu->data[v]; v++) {
		struct tlb_view *view = cpu->data[v];

		if (booke && of_process(cpu, &view->id, f->id))
			tlb_clear_data(cpu, view);
		if (booke || !(view->id.kind & 2))
			continue;
		if (low_owner(cpu, &view->id) == f->id)
			tlb_drop_low(cpu, view);
		if (!f->id)
			drop_half(cpu, view, 1);
	}
	for (v = 0; v < FETCH_VIEWS && cpu->fetch[v]; v++) {
		struct fetch_view *view = cpu->fetch[v];

		if (booke ? of_process(cpu, &view->id, f->id)
			  : (view->id.kind & 2) &&
				    ((view->low && low_owner(cpu, &view->id) == f->id) ||
				     (view->high && !f->id)))
			mark_fetch(cpu, view);
	}
}

static void drop_page_everywhere(struct translator_cpu *cpu, u64 ea, u32 shift)
{
	u32 v;

	for (v = 0; v < DATA_VIEWS && cpu->data[v]; v++)
		drop_data_page(cpu, cpu->data[v], ea, shift);
	for (v = 0; v < FETCH_VIEWS && cpu->fetch[v]; v++)
		drop_fetch_page(cpu, cpu->fetch[v], ea, shift);
}

static void flush_process_page(struct translator_cpu *cpu, const struct cpu_flush *f)
{
	bool low = tlb_is_low(f->addr);
	u32 v;

	for (v = 0; v < DATA_VIEWS && cpu->data[v]; v++)
		if (!f->id || (low && low_owner(cpu, &cpu->data[v]->id) == f->id))
			drop_data_page(cpu, cpu->data[v], f->addr, f->shift);
	for (v = 0; v < FETCH_VIEWS && cpu->fetch[v]; v++)
		if (!f->id || (low && low_owner(cpu, &cpu->fetch[v]->id) == f->id))
			drop_fetch_page(cpu, cpu->fetch[v], f->addr, f->shift);
}

/* Only addresses whose segment is in the SLB have entries: those that the SLB says the VSID has. */
static void flush_virtual_page(struct translator_cpu *cpu, const struct cpu_flush *f)
{
	u64 vsid_mask = f->seg_shift == 40 ? ~0xffffffull : ~0xfffull;
	u64 vrma = cpu->t->env.vrma_slb_vsid;
	u32 k, v;

	for (k = 0; k < cpu->model->slb_entries; k++) {
		const struct slb_entry *e = &cpu->s->slb[k];

		if ((e->esid & SLB_ESID_V) && !((e->vsid ^ f->id) & vsid_mask))
			drop_page_everywhere(cpu, (e->esid & ~0ull << f->seg_shift) | f->addr,
					     f->shift);
	}
	if (!vrma || (vrma ^ f->id) & vsid_mask)
		return;
	for (v = 0; v < DATA_VIEWS && cpu->data[v]; v++)
		if (!(cpu->data[v]->id.kind & 2))
			tlb_clear_data(cpu, cpu->data[v]);
	for (v = 0; v < FETCH_VIEWS && cpu->fetch[v]; v++)
		if (!(cpu->fetch[v]->id.kind & 2))
			tlb_clear_fetch(cpu, cpu->fetch[v]);
}

static void flush_segment(struct translator_cpu *cpu, u64 ea, u64 mask)
{
	u32 v;

	for (v = 0; v < DATA_VIEWS && cpu->data[v]; v++)
		if (cpu->data[v]->id.kind & 2)
			drop_matching(cpu, cpu->data[v], ea, mask);
	for (v = 0; v < FETCH_VIEWS && cpu->fetch[v]; v++)
		if (cpu->fetch[v]->id.kind & 2)
			drop_fetch_matching(cpu, cpu->fetch[v], ea, mask);
}

/* The lower half goes as a whole; of the upper one, which is a kernel's, what is not mapped. */
static void flush_segments(struct translator_cpu *cpu, const struct cpu_flush *f)
{
	u32 v, k;

	flush_segment(cpu, 0, TOP_BIT);
	if (tlb_is_low(f->addr))
		return;
	for (v = 0; v < DATA_VIEWS && cpu->data[v]; v++) {
		struct tlb_view *view = cpu->data[v];

		for (k = 0; (view->id.kind & 2) && view->count[1] && k < 1 << TLB_BITS; k++) {
			u64 tag = tag_of(view, k), context;

			if (tag != TLB_NO_TAG && !tlb_is_low(tag) &&
			    !mmu_context(cpu->s, &cpu->t->env, tag, MMU_LOAD | MMU_RELOC, &context))
				void_entry(cpu, view, k);
		}
	}
	for (v = 0; v < FETCH_VIEWS && cpu->fetch[v]; v++)
		if ((cpu->fetch[v]->id.kind & 2) && cpu->fetch[v]->high)
			mark_fetch(cpu, cpu->fetch[v]);
}

/* Drop all that was translated, or all; false: there was nothing. */
static bool clear_all(struct translator_cpu *cpu, bool real_mode)
{
	bool held = tlb_second_clear(cpu);
	u32 v;

	for (v = 0; v < DATA_VIEWS && cpu->data[v]; v++) {
		if (!real_mode && !(cpu->data[v]->id.kind & 2))
			continue;
		held |= tlb_holds(cpu->data[v]);
		tlb_clear_data(cpu, cpu->data[v]);
	}
	for (v = 0; v < FETCH_VIEWS && cpu->fetch[v]; v++) {
		if (!real_mode && !(cpu->fetch[v]->id.kind & 2))
			continue;
		held |= cpu->fetch[v]->low || cpu->fetch[v]->high;
		tlb_clear_fetch(cpu, cpu->fetch[v]);
	}
	/* Registers and the partition may be others, too. */
	cpu->data_known = cpu->fetch_known = 0;
	cpu->process = cpu->s->spr[SPR_PIDR];
	tlb_leave_fetch_view(cpu);
	return held;
}

/* Real mode is translated where there are two address spaces instead, or a virtual real mode area.
 */
static bool real_mode_is_translated(const struct translator_cpu *cpu)
{
	return cpu->model->families & FAM_BOOKE || cpu->t->env.vrma_slb_vsid;
}

static void apply_guest(struct translator_cpu *cpu, const struct cpu_flush *f)
{
	bool segments = !cpu->t->env.radix; /* a radix MMU looks at no segments */

	if (log_on(LOG_MMU))
		log_printf(LOG_MMU, "cpu %u: flush kind %u id %llx address %016llx shift %u\n",
			   cpu->index, f->kind, (unsigned long long)f->id,
			   (unsigned long long)f->addr, f->shift);
	/* A flush of nothing is none. */
	if (f->kind == CPU_FLUSH_ALL || f->kind == CPU_FLUSH_REGISTERS)
		cpu->stats.flush[f->kind] += clear_all(cpu, f->kind == CPU_FLUSH_REGISTERS ||
								    real_mode_is_translated(cpu));
	else
		cpu->stats.flush[f->kind]++;
	switch (f->kind) {
	case CPU_FLUSH_PID:
		tlb_second_flush(cpu, f);
		flush_process(cpu, f);
		break;
	case CPU_FLUSH_PID_PAGE:
		tlb_second_flush(cpu, f);
		flush_process_page(cpu, f);
		break;
	case CPU_FLUSH_EA:
		drop_page_everywhere(cpu, f->addr, f->shift);
		break;
	case CPU_FLUSH_VPN:
		tlb_second_flush(cpu, f);
		flush_virtual_page(cpu, f);
		break;
	case CPU_FLUSH_SEGMENT:
		if (segments)
			flush_segment(cpu, f->addr, ~0ull << f->seg_shift);
		break;
	case CPU_FLUSH_SEGMENTS:
		if (segments)
			flush_segments(cpu, f);
		break;
	case CPU_FLUSH_CONTEXT:
		tlb_context_changed(cpu);
		break;
	case CPU_FLUSH_KEYS:
		tlb_keys_changed(cpu);
		break;
	case CPU_FLUSH_ALL:
	case CPU_FLUSH_REGISTERS:
	case CPU_FLUSH_PWC:
	case CPU_FLUSH_KINDS:
		break;
	}
}

/* The granule at ra gained code: no store to it may be fast. It may have been written since it was
 * read for translation, so what was translated is compared again. */
static void apply_writable(struct translator_cpu *cpu, u64 ra)
{
	u64 granule = 1ull << cpu->be.tlb_bits, n;

	tlb_drop_writable(cpu, ra);
	ra &= -granule;
	os_mutex_lock(&cpu->t->cache.lock);
	for (n = 0; n < granule; n += 1 << TLB_PAGE_BITS)
		cache_verify_page(cpu->t, ra + n);
	os_mutex_unlock(&cpu->t->cache.lock);
}

void tlb_drop_writable(struct translator_cpu *cpu, u64 ra)
{
	u32 v, k;

	ra &= cpu->be.tlb_mask;
	for (v = 0; v < DATA_VIEWS && cpu->data[v]; v++) {
		struct tlb_view *view = cpu->data[v];

		for (k = 0; tlb_holds(view) && k < 1 << TLB_BITS; k++)
			if (view->fast[k].write_tag != TLB_NO_TAG && view->slow[k].ra == ra)
				view->fast[k].write_tag = TLB_NO_TAG;
	}
}

void tlb_apply(struct translator_cpu *cpu, const struct flush_request *f)
{
	switch (f->kind) {
	case FLUSH_GUEST:
		apply_guest(cpu, &f->guest);
		break;
	case FLUSH_EVERYTHING:
		cpu->stats.everything += clear_all(cpu, true);
		break;
	case FLUSH_WRITABLE_PAGE:
		apply_writable(cpu, f->ra);
		break;
	}
}

/* A CPU that sleeps has no time for its queue, which we have filled: what the guest asked for is
 * done here. Under queue_lock; it does not look at its TLB before it saw that it was asked and took
 * the lock. Comparing code needs another lock, and waits. */
static void answer_for(struct translator_cpu *to)
{
	u32 k, left = 0;

	for (k = 0; k < to->queued; k++)
		if (to->queue[k].kind == FLUSH_GUEST)
			tlb_apply(to, &to->queue[k]);
		else
			to->queue[left++] = to->queue[k];
	to->queued = left;
}

/* A CPU that is not running stores nothing, so nothing needs comparing when it comes back: it only
 * gives up its right to fast stores. An idle CPU's queue would overflow with such requests. */
void tlb_request(struct translator_cpu *to, const struct flush_request *f)
{
	os_mutex_lock(&to->queue_lock);
	atomic_fetch_add(&to->asked, 1);
	if (to->queued == QUEUE && atomic_load(&to->asleep))
		answer_for(to);
	if (f->kind == FLUSH_WRITABLE_PAGE && !atomic_load(&to->running))
		to->drop_writable = true;
	else if (to->queued < QUEUE)
		to->queue[to->queued++] = *f;
	else if (f->kind == FLUSH_WRITABLE_PAGE)
		to->queue_overflow = to->lost_writable = true;
	else
		to->queue_overflow = true;
	os_mutex_unlock(&to->queue_lock);
	atomic_store(&to->s->wanted, 1);
}

static void drop_all_writable(struct translator_cpu *cpu)
{
	u32 v, k;

	for (v = 0; v < DATA_VIEWS && cpu->data[v]; v++)
		for (k = 0; k < 1 << TLB_BITS; k++)
			cpu->data[v]->fast[k].write_tag = TLB_NO_TAG;
}

void tlb_process_queue(struct translator_cpu *cpu)
{
	struct flush_request taken[QUEUE];
	bool overflow, lost_writable, drop_writable;
	u32 k, count;
	u64 asked;

	if (atomic_load(&cpu->asked) == atomic_load(&cpu->answered))
		return;
	os_mutex_lock(&cpu->queue_lock);
	count = cpu->queued;
	memcpy(taken, cpu->queue, count * sizeof(taken[0]));
	overflow = cpu->queue_overflow;
	lost_writable = cpu->lost_writable;
	drop_writable = cpu->drop_writable;
	cpu->queued = 0;
	cpu->queue_overflow = cpu->lost_writable = cpu->drop_writable = false;
	asked = atomic_load(&cpu->asked);
	os_mutex_unlock(&cpu->queue_lock);
	if (overflow)
		tlb_apply(cpu, &(struct flush_request){.kind = FLUSH_EVERYTHING});
	for (k = 0; k < count; k++)
		if (!overflow || taken[k].kind == FLUSH_WRITABLE_PAGE)
			tlb_apply(cpu, &taken[k]);
	if (drop_writable)
		drop_all_writable(cpu);
	if (lost_writable) {
		/* Pages that gained code, nobody knows which: compare all code. */
		os_mutex_lock(&cpu->t->cache.lock);
		cache_verify_all(cpu->t);
		os_mutex_unlock(&cpu->t->cache.lock);
	}
	atomic_store(&cpu->answered, asked);
}

void tlb_wait(struct translator *t, struct translator_cpu *self)
{
	u32 k;

	for (k = 0; k < t->nr_cpus; k++) {
		struct translator_cpu *other = t->cpu[k];
		u64 asked;

		if (!other || other == self)
			continue;
		asked = atomic_load(&other->asked);
		while (atomic_load(&other->answered) < asked && atomic_load(&other->running)) {
			/* Two CPUs may wait for each other. */
			if (self)
				tlb_process_queue(self);
			os_thread_yield();
		}
	}
}
