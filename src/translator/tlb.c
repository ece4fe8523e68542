// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The software TLB of one CPU: views (an address space at one privilege and relocation), each a
 * first-level array that translated code probes and, beside it, what the slow path knows of the
 * same granule; and fetch views, which say where code stands. An array entry is only ever written
 * by its own CPU's thread; others ask through the queue (flush.c).
 *
 * What a view is for (struct view_id):
 *  - radix: problem state by PID; a kernel has one view for all processes, whose lower half is
 *    emptied when the PID changes; real mode one;
 *  - hash: one for all processes, since slbie and slbia drop what they unmap;
 *  - BookE: by PID;
 *  each by mmu_keys() as well, so that a kernel that closes and opens its access to user pages
 *  swaps two arrays.
 *
 * Granule: a guest whose pages have 64K or more gets arrays with a granule of 64K, which reach as
 * far again with the same number of entries. Pages smaller than the granule have no entries. A
 * guest that uses many such pages gets the granule of 4K for good (tlb_set_granule()); code is
 * compiled for one granule and keyed by it.
 *
 * Invariants: a write tag in a fast array means that the granule is in writable RAM, marked dirty,
 * and was free of translated code when the entry was made or the CPU has a request queued. Every
 * entry is in its view's list of its half, or that list has overflowed. A jump cache
 * entry's page has an entry in its fetch view, unless the view has lost some.
 */
#include <errno.h>

#include "base/string.h"
#include "isa/mode.h"
#include "isa/sprbits.h"
#include "translator/internal.h"

static struct tlb_view *new_data(struct translator_cpu *cpu)
{
	struct tlb_view *view = os_alloc_aligned(sizeof(*view), 64);

	if (!view)
		return NULL;
	view->count[0] = HALF_ENTRIES + 1;
	for (u32 k = 0; k < TLB_SITES; k++)
		view->site[k].tag = TLB_NO_TAG;
	tlb_clear_data(cpu, view);
	return view;
}

static struct fetch_view *new_fetch(struct translator_cpu *cpu)
{
	struct fetch_view *view = os_alloc(sizeof(*view));

	if (view)
		tlb_clear_fetch(cpu, view);
	return view;
}

int tlb_init(struct translator_cpu *cpu)
{
	cpu->jump_cache = os_alloc_aligned(sizeof(struct jump_cache) * JUMP_ENTRIES, 64);
	cpu->data[0] = new_data(cpu);
	cpu->fetch[0] = new_fetch(cpu);
	if (!cpu->jump_cache || !cpu->data[0] || !cpu->fetch[0])
		return -ENOMEM;
	cpu->be.jump_cache = cpu->jump_cache;
	cpu->next_serial = 1;
	tlb_set_granule(cpu, atomic_load(&cpu->t->tlb_bits));
	return tlb_second_init(cpu);
}

void tlb_destroy(struct translator_cpu *cpu)
{
	u32 v;

	for (v = 0; v < DATA_VIEWS; v++)
		os_free(cpu->data[v]);
	for (v = 0; v < FETCH_VIEWS; v++)
		os_free(cpu->fetch[v]);
	os_free(cpu->jump_cache);
	tlb_second_destroy(cpu);
}

void tlb_set_granule(struct translator_cpu *cpu, u32 bits)
{
	u32 v;

	cpu->be.tlb_bits = bits;
	cpu->be.tlb_mask = ~0ull << bits;
	for (v = 0; v < DATA_VIEWS; v++)
		if (cpu->data[v])
			tlb_clear_data(cpu, cpu->data[v]);
	for (v = 0; v < FETCH_VIEWS; v++)
		if (cpu->fetch[v])
			tlb_clear_fetch(cpu, cpu->fetch[v]);
	cpu->stale = true;
}

static u32 tlb_kind(u32 mode, bool reloc)
{
	return (mode & MODE_PR ? 1 : 0) | (reloc ? 2 : 0) | (mode & MODE_HV ? 4 : 0) |
	       (mode & MODE_SF ? 0 : 8);
}

u32 tlb_access(u32 kind)
{
	return (kind & 1 ? MMU_PR : 0) | (kind & 2 ? MMU_RELOC : 0) | (kind & 4 ? MMU_HV : 0) |
	       (kind & 8 ? MMU_32 : 0);
}

/* What a view for accesses of that kind holds in the current context. */
static struct view_id identify(struct translator_cpu *cpu, u32 kind, u32 access)
{
	const struct mmu_env *env = &cpu->t->env;
	struct view_id id = {.kind = kind};

	access |= tlb_access(kind);
	id.keys = mmu_keys(cpu->s, env, access);
	if (cpu->model->families & FAM_BOOKE) {
		if (mmu_context(cpu->s, env, 0, access, &id.tag))
			id.tag >>= 1; /* the address space is in kind */
	} else if (env->radix && (kind & 3) == 3) {
		id.tag = cpu->s->spr[SPR_PIDR];
	}
	return id;
}

static bool same_id(const struct view_id *a, const struct view_id *b)
{
	return a->tag == b->tag && a->keys == b->keys && a->kind == b->kind;
}

/* Where the view of a kind in the current context is noted. On radix the keys are two bits of AMR
 * or one of IAMR, which a kernel changes at every entry and exit. */
static u32 data_slot(const struct translator_cpu *cpu, u32 kind)
{
	if (cpu->t->env.radix && (kind & 3) == 2)
		kind |= (u32)(cpu->s->spr[SPR_AMR] >> 62) << VIEW_KIND_BITS;
	return kind;
}

static u32 fetch_slot(const struct translator_cpu *cpu, u32 kind)
{
	if (cpu->t->env.radix && (kind & 3) == 2)
		kind |= (u32)(cpu->s->spr[SPR_IAMR] >> 62 & 1) << VIEW_KIND_BITS;
	return kind;
}

/* Index of the view of that name, or of the one to replace; they are few and this is rare. */
static u32 data_place(struct translator_cpu *cpu, const struct view_id *id)
{
	u32 v, victim = 0;

	for (v = 0; v < DATA_VIEWS; v++) {
		const struct tlb_view *view = cpu->data[v];

		if (!view || (view->used && same_id(&view->id, id)))
			return v;
		if (view->used < cpu->data[victim]->used)
			victim = v;
	}
	return victim;
}

static struct tlb_view *find_data(struct translator_cpu *cpu, u32 kind)
{
	struct view_id id = identify(cpu, kind, MMU_LOAD);
	u32 v = data_place(cpu, &id), k, slot = data_slot(cpu, kind);
	struct tlb_view *view;

	cpu->stats.view_misses++;
	if (!cpu->data[v])
		cpu->data[v] = new_data(cpu);
	view = cpu->data[v] ? cpu->data[v] : cpu->data[0];
	if (!view->used || !same_id(&view->id, &id)) {
		cpu->stats.view_drops += !!view->used;
		tlb_clear_data(cpu, view);
		for (k = 0; k < VIEW_SLOTS; k++)
			if (cpu->data_of[k] == view)
				cpu->data_known &= ~(1ull << k);
		view->id = id;
	}
	cpu->data_of[slot] = view;
	cpu->data_known |= 1ull << slot;
	return view;
}

static u32 fetch_place(struct translator_cpu *cpu, const struct view_id *id)
{
	u32 v, victim = 0;

	for (v = 0; v < FETCH_VIEWS; v++) {
		const struct fetch_view *view = cpu->fetch[v];

		if (!view || (view->used && same_id(&view->id, id)))
			return v;
		if (view->used < cpu->fetch[victim]->used)
			victim = v;
	}
	return victim;
}

static struct fetch_view *find_fetch(struct translator_cpu *cpu, u32 kind)
{
	struct view_id id = identify(cpu, kind, MMU_FETCH);
	u32 v = fetch_place(cpu, &id), k, slot = fetch_slot(cpu, kind);
	struct fetch_view *view;

	if (!cpu->fetch[v])
		cpu->fetch[v] = new_fetch(cpu);
	view = cpu->fetch[v] ? cpu->fetch[v] : cpu->fetch[0];
	if (!view->used || !same_id(&view->id, &id)) {
		tlb_clear_fetch(cpu, view);
		for (k = 0; k < VIEW_SLOTS; k++)
			if (cpu->fetch_of[k] == view)
				cpu->fetch_known &= ~(1ull << k);
		view->id = id;
	}
	cpu->fetch_of[slot] = view;
	cpu->fetch_known |= 1ull << slot;
	return view;
}

static void use_data_view(struct translator_cpu *cpu, u32 kind)
{
	u32 slot = data_slot(cpu, kind);
	struct tlb_view *view = cpu->data_of[slot];

	if (unlikely(!(cpu->data_known >> slot & 1)))
		view = find_data(cpu, kind);
	view->used = ++cpu->view_clock;
	cpu->data_now = view;
	cpu->data_access = tlb_access(kind);
	cpu->be.tlb = view->fast;
	cpu->be.tlb_as1 = view->fast;
}

static void new_serial(struct translator_cpu *cpu, struct fetch_view *view)
{
	if (!++cpu->next_serial) {
		u32 v;

		memset(cpu->jump_cache, 0, sizeof(struct jump_cache) * JUMP_ENTRIES);
		for (v = 0; v < FETCH_VIEWS; v++)
			if (cpu->fetch[v])
				cpu->fetch[v]->serial = 0;
		cpu->next_serial = 1;
	}
	view->serial = cpu->next_serial;
}

static void use_fetch_view(struct translator_cpu *cpu, u32 kind)
{
	u32 slot = fetch_slot(cpu, kind);
	struct fetch_view *view = cpu->fetch_of[slot];

	if (unlikely(!(cpu->fetch_known >> slot & 1)))
		view = find_fetch(cpu, kind);
	view->used = ++cpu->view_clock;
	cpu->fetch_now = view;
	if (unlikely(view->verify))
		tlb_verify_fetch(cpu, view);
	if (unlikely(!view->serial))
		new_serial(cpu, view);
	cpu->be.code_key = (u64)view->serial << 32 | cpu->mode;
	cpu->be.jump_cache = cpu->jump_cache + jump_base(cpu->mode);
}

/* The lower half of what the kernel shares is another process's now. */
static void change_process(struct translator_cpu *cpu)
{
	u32 v;

	cpu->process = cpu->s->spr[SPR_PIDR];
	for (v = 0; v < DATA_VIEWS; v++)
		if (cpu->data[v] && (cpu->data[v]->id.kind & 3) == 2)
			tlb_drop_low(cpu, cpu->data[v]);
	for (v = 0; v < FETCH_VIEWS; v++)
		if (cpu->fetch[v] && (cpu->fetch[v]->id.kind & 3) == 2 && cpu->fetch[v]->low)
			tlb_clear_fetch(cpu, cpu->fetch[v]);
}

void tlb_select(struct translator_cpu *cpu)
{
	u64 watch_key = cpu_watch_key(cpu->s);
	u32 v;

	cpu->stats.selects++;
	cpu->mode = cpu_mode(cpu->s) | (cpu->be.tlb_bits == LARGE_BITS ? MODE_TLB_LARGE : 0);
	if (unlikely(watch_key != cpu->watch_key)) {
		cpu->watch_key = watch_key;
		for (v = 0; v < DATA_VIEWS; v++)
			if (cpu->data[v])
				tlb_clear_data(cpu, cpu->data[v]);
	}
	cpu->stale = false;
	use_data_view(cpu, tlb_kind(cpu->mode, cpu->mode & MODE_DR));
	use_fetch_view(cpu, tlb_kind(cpu->mode, cpu->mode & MODE_IR));
}

/* Another fetch view is only chosen when the region has ended: nothing more of it is looked up. */
void tlb_leave_fetch_view(struct translator_cpu *cpu)
{
	cpu->be.code_key = NO_CODE_KEY;
	cpu->stale = true;
	atomic_store(&cpu->s->wanted, 1);
}

void tlb_context_changed(struct translator_cpu *cpu)
{
	cpu->data_known = cpu->fetch_known = 0;
	if (cpu->t->env.radix && cpu->s->spr[SPR_PIDR] != cpu->process)
		change_process(cpu);
	tlb_leave_fetch_view(cpu);
	if (cpu->data_now)
		use_data_view(cpu, cpu->data_now->id.kind);
}

void tlb_keys_changed(struct translator_cpu *cpu)
{
	const struct fetch_view *f = cpu->fetch_now;

	if (!cpu->t->env.radix)
		cpu->data_known = 0;
	if (cpu->data_now)
		use_data_view(cpu, cpu->data_now->id.kind);
	if (!f || mmu_keys(cpu->s, &cpu->t->env, tlb_access(f->id.kind) | MMU_FETCH) == f->id.keys)
		return;
	if (!cpu->t->env.radix)
		cpu->fetch_known = 0;
	tlb_leave_fetch_view(cpu);
}

void tlb_check_epoch(struct translator_cpu *cpu)
{
	u64 epoch = atomic_load(&cpu->t->cache.epoch);

	if (likely(epoch == cpu->epoch_seen))
		return;
	cpu->epoch_seen = epoch;
	if (cpu->t->config.backend->forget)
		cpu->t->config.backend->forget(cpu->t->backend, &cpu->be);
}
