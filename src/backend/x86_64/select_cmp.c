// SPDX-License-Identifier: GPL-2.0-or-later
/* Compares: on their own, as CR nibbles, and fused with what they decide (scan.c). */
#include "backend/x86_64/core.h"

#define CPU_FIELD(field) xm(X_R15, (s32)offsetof(struct backend_cpu, field))

static enum xcc cc_of(u8 op, bool swapped)
{
	switch (op) {
	case IR_EQ:
		return XC_E;
	case IR_NE:
		return XC_NE;
	case IR_LTS:
		return swapped ? XC_G : XC_L;
	case IR_LTU:
		return swapped ? XC_A : XC_B;
	case IR_LES:
		return swapped ? XC_GE : XC_LE;
	default:
		return swapped ? XC_AE : XC_BE;
	}
}

static bool small(struct jit *j, ir_ref v, s32 *imm)
{
	u64 k;

	if (!jit_is_const(j, v, &k) || (u64)(s64)(s32)k != k)
		return false;
	*imm = (s32)k;
	return true;
}

/* A mask that test can take: sizes below 64 bits where the upper bits are not asked for. */
static bool test_mask(struct jit *j, ir_ref v, struct jit_cond *c)
{
	u64 k;

	if (!jit_is_const(j, v, &k))
		return false;
	if (k < 0x80)
		c->size = X_8;
	else if (k <= 0xffffffff)
		c->size = X_32;
	else if ((u64)(s64)(s32)k != k)
		return false;
	c->imm = (s32)k;
	return true;
}

static void prepare_operands(struct jit *j, struct jit_cond *c)
{
	c->has_imm = c->test ? test_mask(j, c->b, c) : small(j, c->b, &c->imm);
	if (c->has_imm) {
		c->mem_a = jit_use_mem_once(j, c->a, &c->m);
		if (!c->mem_a)
			c->ra = jit_use_int(j, c->a);
		return;
	}
	c->mem_a = c->a != c->b && jit_use_mem_once(j, c->a, &c->m);
	if (!c->mem_a)
		c->ra = jit_use_int(j, c->a);
	c->mem_b = !c->mem_a && c->a != c->b && jit_use_mem_once(j, c->b, &c->m);
	if (!c->mem_b)
		c->rb = jit_use_int(j, c->b);
}

static void prepare_compare(struct jit *j, const struct ir_insn *i, struct jit_cond *c)
{
	const struct ir_insn *inner = &j->r->insn[i->a];
	u64 k;

	c->a = i->a;
	c->b = i->b;
	c->cc = cc_of(i->op, false);
	if (jit_is_const(j, c->a, &k) && !jit_is_const(j, c->b, &k)) {
		c->a = i->b;
		c->b = i->a;
		c->cc = cc_of(i->op, true);
	}
	if (jit_fused(j, i->a)) {
		c->test = true;
		c->a = inner->a;
		c->b = inner->b;
	}
	prepare_operands(j, c);
}

void cond_prepare(struct jit *j, ir_ref v, struct jit_cond *c)
{
	*c = (struct jit_cond){.v = v, .size = X_64};
	if (jit_fused(j, v)) {
		prepare_compare(j, &j->r->insn[v], c);
		return;
	}
	c->cc = XC_NE;
	c->a = v;
	c->has_imm = true;
	c->mem_a = jit_use_mem_once(j, v, &c->m);
	if (!c->mem_a)
		c->ra = jit_use_int(j, v);
}

enum xcc cond_emit(struct jit *j, const struct jit_cond *c)
{
	struct xcode *x = j->x;

	if (c->test) {
		if (c->has_imm && c->mem_a)
			x_test_mi(x, c->size, c->m, c->imm);
		else if (c->has_imm)
			x_test_ri(x, c->size, (unsigned)c->ra, c->imm);
		else if (c->mem_a)
			x_test_mr(x, X_64, c->m, (unsigned)c->rb);
		else if (c->mem_b)
			x_test_mr(x, X_64, c->m, (unsigned)c->ra);
		else
			x_test_rr(x, X_64, (unsigned)c->ra, (unsigned)c->rb);
		return c->cc;
	}
	if (c->has_imm && c->mem_a)
		x_alu_mi(x, XA_CMP, X_64, c->m, c->imm);
	else if (c->has_imm && !c->imm)
		x_test_rr(x, X_64, (unsigned)c->ra, (unsigned)c->ra);
	else if (c->has_imm)
		x_alu_ri(x, XA_CMP, X_64, (unsigned)c->ra, c->imm);
	else if (c->mem_a)
		x_alu_mr(x, XA_CMP, X_64, c->m, (unsigned)c->rb);
	else if (c->mem_b)
		x_alu_rm(x, XA_CMP, X_64, (unsigned)c->ra, c->m);
	else
		x_alu_rr(x, XA_CMP, X_64, (unsigned)c->ra, (unsigned)c->rb);
	return c->cc;
}

/* 0 or 1 */
static void value(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct jit_cond c = {.v = n, .size = X_64};
	enum xcc cc;
	unsigned d;

	prepare_compare(j, i, &c);
	d = (unsigned)jit_def_int(j, n);
	cc = cond_emit(j, &c);
	x_setcc(j->x, cc, d);
	x_movzx_rr(j->x, X_8, d, d);
}

/* Moves leave the flags alone, so two conditional ones choose among three constants, two of which
 * THUNK_ENTER has put into the struct. */
void jit_cr_nibble(struct jit *j, unsigned d, enum xcc less)
{
	x_mov_ri(j->x, d, 4);
	x_cmov_rm(j->x, less, X_32, d, CPU_FIELD(cr_const[0]));
	x_cmov_rm(j->x, XC_E, X_32, d, CPU_FIELD(cr_const[1]));
}

static void nibble(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct jit_cond c = {.v = n, .size = X_64, .a = i->a, .b = i->b};
	unsigned d;

	prepare_operands(j, &c);
	d = (unsigned)jit_def_int(j, n);
	cond_emit(j, &c);
	jit_cr_nibble(j, d, i->op == IR_CMPS ? XC_L : XC_B);
}

static void choose(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct jit_cond c;
	struct xmem m;
	enum xcc cc;
	unsigned d;
	int b = -1;
	bool mem;

	cond_prepare(j, i->a, &c);
	mem = i->b != i->c && i->b != c.a && i->b != c.b && jit_use_mem_once(j, i->b, &m);
	if (!mem)
		b = jit_use_int(j, i->b);
	d = (unsigned)jit_def_over(j, n, i->c);
	cc = cond_emit(j, &c);
	if (mem)
		x_cmov_rm(j->x, cc, X_64, d, m);
	else
		x_cmov_rr(j->x, cc, X_64, d, (unsigned)b);
}

void select_compare(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	if (i->op == IR_SELECT)
		choose(j, i, n);
	else if (i->op == IR_CMPS || i->op == IR_CMPU)
		nibble(j, i, n);
	else
		value(j, i, n);
}
