// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Register allocation. Values live inside one basic block (R1), so the allocation is local: a
 * backward scan (scan.c) knows all uses, the forward walk hands out registers and takes the one
 * whose next use is farthest. A GET costs nothing until it is used: as long as its slot is
 * unchanged the value is there. A PUT value can be read back from its slot too. Constants are
 * made where they are needed. spill.c has the places that are no registers.
 */
#include "backend/x86_64/core.h"

static inline struct jit_value *val(struct jit *j, ir_ref v)
{
	return &j->a->v[v];
}

/* Next use of v as an operand, after the current instruction is done. */
static u32 next_use(const struct jit_alloc *a, ir_ref v)
{
	u32 u = a->v[v].uses;

	while (u && a->use[u].at <= a->n)
		u = a->use[u].next;
	return u ? a->use[u].at : JIT_NEVER;
}

static bool is_xmm(int reg)
{
	return reg >= JIT_XMM;
}

/* --- registers --- */
static void release(struct jit_alloc *a, int reg)
{
	a->owner[reg] = 0;
	a->free |= 1u << reg;
}

static void own(struct jit_alloc *a, int reg, ir_ref v)
{
	a->owner[reg] = v;
	a->free &= ~(1u << reg);
	a->v[v].reg = (s8)reg;
}

static bool clean(const struct jit_value *p)
{
	return p->spill || (p->flags & (V_SLOT | V_CONST));
}

/* Take the register from its owner; the value is stored if it is nowhere else. */
static void evict(struct jit *j, int reg)
{
	struct jit_alloc *a = j->a;
	ir_ref v = a->owner[reg];
	struct jit_value *p = &a->v[v];

	if (v && p->reg == reg) {
		if (p->last >= a->n && !clean(p))
			emit_store_frame(j, jit_spill_of(j, v), reg, jit_type(j, v));
		p->reg = JIT_NO_REG;
	}
	release(a, reg);
}

static int farthest(struct jit_alloc *a, u32 mask)
{
	int best = -1;
	u32 best_use = 0, reg;

	for (reg = 0; reg < JIT_NR_REGS; reg++) {
		u32 use;

		if (!(mask >> reg & 1))
			continue;
		use = 2 * next_use(a, a->owner[reg]) + clean(&a->v[a->owner[reg]]);
		if (best < 0 || use > best_use) {
			best = (int)reg;
			best_use = use;
		}
	}
	return best;
}

/* Registers without a REX prefix first; those that survive calls for values that must. */
static int pick(u32 mask, bool across_call)
{
	u32 first = mask & (across_call ? JIT_CALLEE_SAVED : ~JIT_CALLEE_SAVED);

	return __builtin_ctz(first ? first : mask);
}

static int take(struct jit *j, u32 class_mask, bool across_call)
{
	struct jit_alloc *a = j->a;
	u32 mask = a->free & class_mask & ~a->pinned;
	int reg;

	if (mask) {
		reg = pick(mask, across_call);
	} else {
		mask = class_mask & ~a->pinned & a->may_evict;
		if (!mask) {
			a->failed = true;
			return __builtin_ctz(class_mask);
		}
		reg = farthest(a, mask);
		evict(j, reg);
	}
	a->pinned |= 1u << reg;
	return reg;
}

static bool crosses_call(const struct jit_alloc *a, ir_ref v)
{
	u16 call = a->next_call[a->n];

	return call && call < a->v[v].last;
}

static u32 class_of(enum ir_type type)
{
	return type == IR_I ? JIT_INT_MASK : JIT_XMM_MASK;
}

/* The register that a slot lives in all over the region, or -1. */
static int pin_of(const struct jit_alloc *a, u32 slot)
{
	const struct jit_pin *p = pin_at(a, slot);

	return p ? p->reg : -1;
}

/* The pinned register that the result n may be made in, as its PUT follows before anything looks
 * at the slot; -1: none. Its old value may be operand over of n, or any operand unless fresh. */
static int put_target(struct jit *j, ir_ref n, bool fresh, ir_ref over)
{
	struct jit_alloc *a = j->a;
	ir_ref operand[JIT_MAX_OPERANDS];
	u32 k, count, slot;
	int reg;

	if (!a->nr_pin || !a->put_at[n])
		return -1;
	slot = (u32)j->r->insn[a->put_at[n]].imm;
	reg = pin_of(a, slot);
	for (k = 0; k < a->nr_backed; k++)
		if (a->v[a->backed[k]].slot == slot && a->v[a->backed[k]].last > a->n)
			return -1;
	if (!fresh && !over)
		return reg;
	count = scan_operands(j, n, operand);
	for (k = 0; k < count; k++) {
		const struct jit_value *p = &a->v[operand[k]];

		if (operand[k] != over && (p->flags & V_SLOT) && p->slot == slot)
			return -1;
	}
	return reg;
}

/* n is made in the pinned register: from now on it is what the slot holds. */
static int def_in_pin(struct jit *j, ir_ref n, int reg)
{
	struct jit_alloc *a = j->a;

	a->v[n].reg = (s8)reg;
	jit_back_by_slot(j, n, (u32)j->r->insn[a->put_at[n]].imm);
	if (!(a->v[n].flags & V_SLOT))
		a->failed = true;
	return reg;
}

/* Bring v into a register of its own. */
int jit_load_value(struct jit *j, ir_ref v)
{
	struct jit_alloc *a = j->a;
	struct jit_value *p = val(j, v);
	enum ir_type type = jit_type(j, v);
	int reg, pin;

	if (p->reg >= 0) {
		a->pinned |= 1u << p->reg;
		return p->reg;
	}
	reg = take(j, class_of(type), type == IR_I && crosses_call(a, v));
	if (p->flags & V_CONST)
		emit_const(j, reg, j->r->insn[v].imm);
	else if ((p->flags & V_SLOT) && (pin = pin_of(a, p->slot)) >= 0)
		emit_move(j, reg, pin, type);
	else if (p->flags & V_SLOT)
		emit_load_frame(j, reg, (s32)p->slot, type);
	else if (p->spill)
		emit_load_frame(j, reg, p->spill, type);
	else
		a->failed = true;
	own(a, reg, v);
	return reg;
}

/* A GET: from now on the slot is where it is. */
void jit_get(struct jit *j, ir_ref n, u32 slot)
{
	struct jit_alloc *a = j->a;
	int reg;

	jit_back_by_slot(j, n, slot);
	if (a->v[n].flags & V_SLOT)
		return;
	reg = take(j, class_of(jit_type(j, n)), false);
	if (pin_of(a, slot) >= 0)
		emit_move(j, reg, pin_of(a, slot), jit_type(j, n));
	else
		emit_load_frame(j, reg, (s32)slot, jit_type(j, n));
	own(a, reg, n);
}

int jit_use(struct jit *j, ir_ref v)
{
	struct jit_alloc *a = j->a;
	struct jit_value *p = val(j, v);
	int pin;

	if (p->reg < 0 && (p->flags & V_SLOT) && (pin = pin_of(a, p->slot)) >= 0)
		return pin;
	return jit_load_value(j, v);
}

int jit_use_int(struct jit *j, ir_ref v)
{
	return jit_use(j, v);
}

int jit_use_f(struct jit *j, ir_ref v)
{
	return jit_use(j, v) - JIT_XMM;
}

int jit_use_q(struct jit *j, ir_ref v)
{
	return jit_use(j, v) - JIT_XMM;
}

bool jit_use_mem(struct jit *j, ir_ref v, struct xmem *m)
{
	struct jit_value *p = val(j, v);

	if (p->reg >= 0 || (p->flags & V_CONST))
		return false;
	if (p->flags & V_SLOT) {
		if (pin_of(j->a, p->slot) >= 0)
			return false;
		*m = jit_frame((s32)p->slot);
		return true;
	}
	if (!p->spill)
		return false;
	*m = jit_frame(p->spill);
	return true;
}

/* The same, where it pays: nobody uses v later. */
bool jit_use_mem_once(struct jit *j, ir_ref v, struct xmem *m)
{
	return next_use(j->a, v) == JIT_NEVER && jit_use_mem(j, v, m);
}

bool jit_is_const(struct jit *j, ir_ref v, u64 *value)
{
	return ir_is_const(j->r, v, value);
}

/* An operand's register that its value does not need after this instruction. */
static int dying_operand(struct jit *j, ir_ref n, u32 class_mask)
{
	struct jit_alloc *a = j->a;
	const struct ir_insn *i = &j->r->insn[n];
	const ir_ref op[4] = {i->a, i->b, i->c, i->d};
	u32 k;

	for (k = 0; k < 4; k++) {
		const struct jit_value *p = &a->v[op[k]];

		if (op[k] && p->last <= a->n && p->reg >= 0 && (class_mask >> p->reg & 1) &&
		    a->owner[p->reg] == op[k])
			return p->reg;
	}
	return -1;
}

static int def(struct jit *j, ir_ref n, bool fresh)
{
	enum ir_type type = jit_type(j, n);
	bool across = type == IR_I && crosses_call(j->a, n);
	int reg = put_target(j, n, fresh, 0);

	if (reg >= 0)
		return def_in_pin(j, n, reg);
	reg = fresh || across ? -1 : dying_operand(j, n, class_of(type));

	if (reg < 0)
		reg = take(j, class_of(type), across);
	own(j->a, reg, n);
	return reg;
}

int jit_def_int(struct jit *j, ir_ref n)
{
	return def(j, n, false);
}

int jit_def_f(struct jit *j, ir_ref n)
{
	return def(j, n, false) - JIT_XMM;
}

int jit_def_q(struct jit *j, ir_ref n)
{
	return def(j, n, false) - JIT_XMM;
}

int jit_def_fresh_int(struct jit *j, ir_ref n)
{
	return def(j, n, true);
}

int jit_def_fresh_f(struct jit *j, ir_ref n)
{
	return def(j, n, true) - JIT_XMM;
}

int jit_def_fresh_q(struct jit *j, ir_ref n)
{
	return def(j, n, true) - JIT_XMM;
}

int jit_def_over(struct jit *j, ir_ref n, ir_ref v)
{
	struct jit_alloc *a = j->a;
	struct jit_value *p = val(j, v);
	enum ir_type type = jit_type(j, n);
	ir_ref operand[JIT_MAX_OPERANDS];
	u32 k, same = 0, count = scan_operands(j, n, operand);
	int from, reg;

	for (k = 0; k < count; k++)
		same += operand[k] == v;
	reg = same == 1 ? put_target(j, n, true, v) : -1;
	if (reg >= 0) {
		if (p->reg < 0 && (p->flags & V_CONST))
			emit_const(j, reg, j->r->insn[v].imm);
		else
			emit_move(j, reg, jit_use(j, v), type);
		def_in_pin(j, n, reg);
		return is_xmm(reg) ? reg - JIT_XMM : reg;
	}

	/* In its own register that nobody needs any more: nothing to copy. */
	if (p->reg >= 0 && p->last <= a->n && same == 1 && a->owner[p->reg] == v) {
		reg = p->reg;
		a->pinned |= 1u << reg;
		own(a, reg, n);
		return is_xmm(reg) ? reg - JIT_XMM : reg;
	}
	if (p->reg < 0 && (p->flags & V_CONST)) {
		reg = take(j, class_of(type), type == IR_I && crosses_call(a, n));
		emit_const(j, reg, j->r->insn[v].imm);
		own(a, reg, n);
		return reg;
	}
	if (p->reg < 0 && p->last <= a->n && same == 1) {
		/* load it there */
		int pin = p->flags & V_SLOT ? pin_of(a, p->slot) : -1;

		if (pin < 0) {
			reg = jit_load_value(j, v);
			own(a, reg, n);
			return is_xmm(reg) ? reg - JIT_XMM : reg;
		}
	}
	from = jit_use(j, v);
	reg = take(j, class_of(type), type == IR_I && crosses_call(a, n));
	emit_move(j, reg, from, type);
	own(a, reg, n);
	return is_xmm(reg) ? reg - JIT_XMM : reg;
}

bool jit_over_copies(struct jit *j, ir_ref n, ir_ref v)
{
	struct jit_alloc *a = j->a;
	const struct jit_value *p = &a->v[v];
	int pin = p->reg < 0 && (p->flags & V_SLOT) ? pin_of(a, p->slot) : -1;
	int target = put_target(j, n, true, v);

	if (target >= 0)
		return pin != target;
	return pin >= 0 || p->last > a->n;
}

int jit_tmp_int(struct jit *j)
{
	return take(j, JIT_INT_MASK, false);
}

int jit_tmp_xmm(struct jit *j)
{
	return take(j, JIT_XMM_MASK, false) - JIT_XMM;
}

/* Make a certain register free for this instruction; its value moves away. Before any use. */
void jit_take_reg(struct jit *j, int reg)
{
	struct jit_alloc *a = j->a;
	ir_ref v = a->owner[reg];

	if (v) {
		u32 mask = a->free & class_of(jit_type(j, v)) & ~a->pinned & ~(1u << reg);

		if (mask && a->v[v].last >= a->n) {
			int to = pick(mask, crosses_call(a, v));

			emit_move(j, to, reg, jit_type(j, v));
			release(a, reg);
			own(a, to, v);
		} else {
			evict(j, reg);
		}
	}
	a->pinned |= 1u << reg;
}

/* The result of n is in that register, which jit_take_reg() got. */
void jit_def_at(struct jit *j, ir_ref n, int reg)
{
	own(j->a, reg, n);
}

/* Registers that a call destroys: what lives on is stored, and what the call's own exit
 * record names. */
void jit_clobber(struct jit *j, u32 mask)
{
	struct jit_alloc *a = j->a;
	u32 reg;

	for (reg = 0; reg < JIT_NR_REGS; reg++) {
		ir_ref v = a->owner[reg];
		struct jit_value *p = &a->v[v];

		if (!(mask >> reg & 1) || !v)
			continue;
		if (p->last <= a->n && !(p->flags & V_OWED)) {
			p->reg = JIT_NO_REG;
			release(a, (int)reg);
		} else {
			evict(j, (int)reg);
		}
	}
}

/* The current instruction is done: what dies here frees its place. */
static void bury(struct jit *j, ir_ref v)
{
	struct jit_alloc *a = j->a;
	struct jit_value *p = &a->v[v];

	while (p->uses && a->use[p->uses].at <= a->n)
		p->uses = a->use[p->uses].next;
	if (p->last > a->n)
		return;
	if (p->reg >= 0) {
		if (a->owner[p->reg] == v)
			release(a, p->reg);
		p->reg = JIT_NO_REG;
	}
	jit_free_spill(j, v);
}

void jit_end_insn(struct jit *j, const ir_ref *operands, u32 count)
{
	struct jit_alloc *a = j->a;
	u32 k;

	for (k = 0; k < count; k++)
		bury(j, operands[k]);
	bury(j, a->n);
	if (pin_is(a, a->v[a->n].reg))
		a->v[a->n].reg = JIT_NO_REG;
	a->pinned = 0;
}

/* A new basic block: nothing is anywhere. */
void jit_begin_block(struct jit *j)
{
	struct jit_alloc *a = j->a;
	u32 k;

	for (k = 0; k < JIT_NR_REGS; k++)
		a->owner[k] = 0;
	page_begin(j);
	a->free = a->may_evict;
	a->pinned = 0;
	a->nr_backed = 0;
	a->spill_next = 0;
	a->nr_spill8 = a->nr_spill16 = 0;
}

/* Where v is now, for records and cold calls. */
struct jit_place jit_place_of(struct jit *j, ir_ref v)
{
	const struct jit_value *p = val(j, v);
	struct jit_place place = {.type = (u8)jit_type(j, v)};
	int pin;

	if (p->reg >= 0) {
		place.index = p->reg;
	} else if (p->flags & V_CONST) {
		place.kind = PLACE_CONST;
		place.imm = j->r->insn[v].imm;
	} else if ((p->flags & V_SLOT) && (pin = pin_of(j->a, p->slot)) >= 0) {
		place.index = pin;
	} else if (p->flags & V_SLOT) {
		place.kind = PLACE_FRAME;
		place.index = (s32)p->slot;
	} else if (p->spill) {
		place.kind = PLACE_FRAME;
		place.index = p->spill;
	} else {
		j->a->failed = true;
	}
	return place;
}
