// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One probe of the TLB for several accesses: those of a basic block that have the same base and
 * small displacements, all loads or all stores. The first one probes for the whole range, which has
 * to lie in one page, and leaves the host address of its begin in a register; the others test that
 * register and use it. Any slow path clears it, since the callback may change the TLB, but that of
 * an access by it sets it if the range is in the TLB then; what calls C in hot code and may change
 * the TLB forgets the register.
 *
 * The register is owned by a name that no value has (page_ref), so that the allocator may take it
 * back: what follows probes for itself.
 */
#include "backend/x86_64/core.h"

enum { LOOK_AHEAD = 48, MAX_SPAN = 256 };

static ir_ref page_ref(u32 k)
{
	return (ir_ref)(IR_MAX_INSNS - 1 - k);
}

static bool live(const struct jit_alloc *a, u32 k)
{
	s8 reg = a->v[page_ref(k)].reg;

	return (a->open_pages >> k & 1) && reg >= 0 && a->owner[reg] == page_ref(k);
}

static void release(struct jit_alloc *a, u32 k)
{
	struct jit_value *p = &a->v[page_ref(k)];

	if (live(a, k)) {
		a->owner[p->reg] = 0;
		a->free |= 1u << p->reg;
	}
	p->reg = JIT_NO_REG;
	a->open_pages &= ~(1u << k);
}

void page_begin(struct jit *j)
{
	j->a->open_pages = 0;
}

void page_forget(struct jit *j)
{
	for (u32 k = 0; j->a->open_pages; k++)
		release(j->a, k);
}

u32 page_registers(struct jit *j)
{
	u32 mask = 0;

	for (u32 k = 0; j->a->open_pages >> k; k++)
		if (live(j->a, k))
			mask |= 1u << j->a->v[page_ref(k)].reg;
	return mask;
}

/* Accesses that may share a probe */
static bool sharable(const struct ir_insn *i)
{
	return (i->op == IR_LD || i->op == IR_ST) && !(i->sub & (IR_MEM_ALIGN | IR_MEM_AS1)) &&
	       (i->sub & IR_MEM_SIZE) <= (i->type == IR_Q ? 4 : 3);
}

/* Nothing behind it in the block is worth looking at. */
static bool stops(const struct jit *j, const struct ir_insn *i)
{
	const u32 touches = IR_FX_WRITE | IR_FX_MEM | IR_FX_LEAVE;

	if (i->op == IR_CALL)
		return ir_call_effects(i, j->env) & touches;
	return i->op == IR_LABEL || i->op == IR_POLL || i->op == IR_FENCE ||
	       ir_op_info[i->op].terminator;
}

/* Take [lo, hi) and the access into one range, if that is not too wide. */
static bool widen(const struct ir_insn *i, s64 *lo, s64 *hi)
{
	s64 from = (s32)i->imm, to = from + (1 << (i->sub & IR_MEM_SIZE));
	s64 l = from < *lo ? from : *lo, h = to > *hi ? to : *hi;

	if (h - l > MAX_SPAN)
		return false;
	*lo = l;
	*hi = h;
	return true;
}

static void add_use(struct jit_alloc *a, struct jit_value *p, u16 **tail, u32 at)
{
	if (a->nr_use == JIT_MAX_USES)
		return;
	a->use[a->nr_use] = (struct jit_use){.at = (u16)at};
	**tail = (u16)a->nr_use;
	*tail = &a->use[a->nr_use].next;
	a->nr_use++;
	p->last = (u16)at;
}

bool page_open(struct jit *j, const struct ir_insn *i, ir_ref n, struct jit_page *page)
{
	struct jit_alloc *a = j->a;
	s64 lo = (s32)i->imm, hi = lo + (1 << (i->sub & IR_MEM_SIZE));
	u32 others = 0, slot, k;
	struct jit_value *p;
	u16 *tail;

	for (slot = 0; slot < JIT_PAGES && live(a, slot); slot++)
		;
	if (slot == JIT_PAGES || !sharable(i) || j->r->count > IR_MAX_INSNS - JIT_PAGES)
		return false;
	p = &a->v[page_ref(slot)];
	*p = (struct jit_value){.reg = JIT_NO_REG, .flags = V_CONST};
	tail = &p->uses;
	for (k = n + 1u; k < j->r->count && k < n + (u32)LOOK_AHEAD; k++) {
		const struct ir_insn *o = &j->r->insn[k];

		if (stops(j, o))
			break;
		if (o->op != i->op || o->a != i->a || !sharable(o) || !widen(o, &lo, &hi))
			continue;
		others++;
		add_use(a, p, &tail, k);
	}
	if (!others)
		return false;
	a->open_pages |= 1u << slot;
	*page = a->page[slot] = (struct jit_page){
		.store = i->op == IR_ST, .base = i->a, .lo = (s32)lo, .hi = (s32)hi};
	page->slot = slot;
	return true;
}

void page_own(struct jit *j, const struct jit_page *page, unsigned reg)
{
	struct jit_alloc *a = j->a;

	a->owner[reg] = page_ref(page->slot);
	a->free &= ~(1u << reg);
	a->v[page_ref(page->slot)].reg = (s8)reg;
}

int page_find(struct jit *j, const struct ir_insn *i, struct jit_page *page, s32 *disp)
{
	struct jit_alloc *a = j->a;
	s64 from = (s32)i->imm, to = from + (1 << (i->sub & IR_MEM_SIZE));

	for (u32 k = 0; a->open_pages >> k && sharable(i); k++) {
		const struct jit_page *p = &a->page[k];
		s8 reg;

		if (!live(a, k) || p->base != i->a || p->store != (i->op == IR_ST) ||
		    from < p->lo || to > p->hi)
			continue;
		reg = a->v[page_ref(k)].reg;
		a->pinned |= 1u << reg;
		*disp = (s32)(from - p->lo);
		*page = *p;
		return reg;
	}
	return -1;
}

void page_done(struct jit *j)
{
	for (u32 k = 0; j->a->open_pages >> k; k++)
		if (live(j->a, k) && j->a->v[page_ref(k)].last <= j->a->n)
			release(j->a, k);
}
