// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Slots that live in registers all over a region with loops: those that its loops name most. They
 * are loaded at the entry; every way out stores those that the region writes (exit_record(),
 * pin_store()); a real call finds and leaves them in their slots as far as it may look or clobber.
 */
#include "backend/x86_64/core.h"
#include "base/string.h"

enum {
	MAX_LOOPS = 64,
	MAX_DEPTH = 3,
	IN_LOOP = 8, /* weight of a level */
	WORTH = 8,   /* an access in a loop */
	BAD = 0xff,
};

struct cells {
	u32 weight[JIT_CELLS];
	u8 type[JIT_CELLS]; /* enum ir_type + 1; BAD: accesses of several kinds */
	bool written[JIT_CELLS];
};

struct loop {
	u16 from, to;
};

/* Intervals from a label to a jump back to it. */
static u32 find_loops(const struct jit *j, struct loop *loop)
{
	const struct ir_region *r = j->r;
	u16 at[IR_MAX_LABELS] = {0};
	u32 n, count = 0;

	for (n = 1; n < r->count && count < MAX_LOOPS; n++) {
		const struct ir_insn *i = &r->insn[n];

		if (i->op == IR_LABEL)
			at[i->imm] = (u16)n;
		else if ((i->op == IR_JMP || i->op == IR_BR || i->op == IR_BR_IF) && at[i->imm])
			loop[count++] = (struct loop){.from = at[i->imm], .to = (u16)n};
		else if (i->op == IR_BR && at[i->imm2])
			loop[count++] = (struct loop){.from = at[i->imm2], .to = (u16)n};
	}
	return count;
}

static u32 weight_at(const struct loop *loop, u32 count, u32 n)
{
	u32 k, depth = 0, weight = 1;

	for (k = 0; k < count && depth < MAX_DEPTH; k++) {
		if (n >= loop[k].from && n <= loop[k].to) {
			weight *= IN_LOOP;
			depth++;
		}
	}
	return weight;
}

static void mark(struct cells *c, u32 cell, u8 type)
{
	if (cell >= JIT_CELLS)
		return;
	if (c->type[cell] && c->type[cell] != type)
		type = BAD;
	c->type[cell] = type;
}

static void spoil(struct cells *c, u32 slot, u32 len)
{
	u32 k;

	for (k = slot / 8; k < (slot + len + 7) / 8 && k < JIT_CELLS; k++)
		c->type[k] = BAD;
}

/* A vector's second cell is a kind of its own. */
static void access(struct cells *c, const struct ir_insn *i, u32 weight)
{
	u32 cell = (u32)i->imm / 8;

	if (cell + 1 >= JIT_CELLS)
		return;
	mark(c, cell, (u8)(i->type + 1));
	if (i->type == IR_Q)
		mark(c, cell + 1, IR_Q + 2);
	c->weight[cell] += weight;
	c->written[cell] |= i->op == IR_PUT;
}

/* Real calls inside loops: only registers that C keeps are worth it. */
static bool weigh(struct jit *j, struct cells *c, const struct loop *loop, u32 loops)
{
	const struct ir_region *r = j->r;
	bool calls = false;
	u32 n, k;

	for (n = 1; n < r->count; n++) {
		const struct ir_insn *i = &r->insn[n];

		if (i->op == IR_GET || i->op == IR_PUT)
			access(c, i, weight_at(loop, loops, n));
		else if (scan_is_real_call(j, i) && weight_at(loop, loops, n) > 1)
			calls = true;
	}
	for (k = 0; k < r->pendings; k++) {
		u32 cell = r->pending[k].slot / 8;

		mark(c, cell, (u8)(r->pending[k].type + 1));
		if (r->pending[k].type == IR_Q)
			mark(c, cell + 1, IR_Q + 2);
	}
	spoil(c, j->env->fp_slot, j->env->fp_len);
	spoil(c, j->env->lazy_slot, j->env->lazy_len);
	spoil(c, j->env->vsat_slot, j->env->vsat_len);
	spoil(c, j->b->config.event_slot, 8);
	return calls;
}

static bool can_pin(const struct cells *c, u32 cell, bool xmm)
{
	u8 type = c->type[cell];

	if (type == BAD || c->weight[cell] < WORTH)
		return false;
	if (!xmm)
		return type == IR_I + 1;
	if (type == IR_Q + 1)
		return c->type[cell + 1] == IR_Q + 2;
	return type == IR_F + 1;
}

static void pin_best(struct jit *j, struct cells *c, const u8 *regs, u32 nr, bool xmm)
{
	struct jit_alloc *a = j->a;
	u32 k, cell;

	for (k = 0; k < nr && a->nr_pin < JIT_MAX_PINS; k++) {
		u32 best = 0, weight = 0;

		for (cell = 0; cell + 1 < JIT_CELLS; cell++) {
			if (c->weight[cell] > weight && can_pin(c, cell, xmm)) {
				best = cell;
				weight = c->weight[cell];
			}
		}
		if (!weight)
			return;
		a->pin_of_cell[best] = (s8)a->nr_pin;
		a->pin[a->nr_pin++] = (struct jit_pin){
			.slot = best * 8,
			.type = (u8)(c->type[best] - 1),
			.reg = regs[k],
			.dirty = c->written[best],
		};
		a->may_evict &= ~(1u << regs[k]);
		c->weight[best] = 0;
	}
}

void pin_choose(struct jit *j)
{
	static const u8 kept[] = {X_RBX, X_R12, X_R13};
	static const u8 all[] = {X_RBX, X_R12, X_R13, X_R8, X_R9, X_R10, X_R11};
	static const u8 xmm[] = {JIT_XMM + 8,  JIT_XMM + 9,  JIT_XMM + 10,
				 JIT_XMM + 11, JIT_XMM + 12, JIT_XMM + 13};
	struct loop loop[MAX_LOOPS];
	struct jit_alloc *a = j->a;
	struct cells c;
	u32 loops;

	a->nr_pin = 0;
	a->may_evict = JIT_INT_MASK | JIT_XMM_MASK;
	if (a->no_pins || !j->r->labels)
		return;
	loops = find_loops(j, loop);
	if (!loops)
		return;
	memset(&c, 0, sizeof(c));
	memset(a->pin_of_cell, -1, sizeof(a->pin_of_cell));
	if (weigh(j, &c, loop, loops)) {
		pin_best(j, &c, kept, ARRAY_SIZE(kept), false);
		return;
	}
	pin_best(j, &c, all, ARRAY_SIZE(all), false);
	pin_best(j, &c, xmm, ARRAY_SIZE(xmm), true);
}

void pin_load(struct jit *j, u32 mask)
{
	u32 k;

	for (k = 0; k < j->a->nr_pin; k++) {
		const struct jit_pin *p = &j->a->pin[k];

		if (mask >> p->reg & 1)
			emit_load_frame(j, p->reg, (s32)p->slot, (enum ir_type)p->type);
	}
}

void pin_store(struct jit *j, u32 mask)
{
	u32 k;

	for (k = 0; k < j->a->nr_pin; k++) {
		const struct jit_pin *p = &j->a->pin[k];

		if (p->dirty && (mask >> p->reg & 1))
			emit_store_frame(j, (s32)p->slot, p->reg, (enum ir_type)p->type);
	}
}
