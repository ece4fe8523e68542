// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Division (IR: a divisor of 0 counts as 1, MIN/-1 = MIN). What would trap goes around the host's
 * instruction: one test finds both 0 and -1.
 *
 * Hosts have a divider for integers and one for floating point, and neither is pipelined. Where a
 * basic block has several divisions that do not wait for each other, some of those of words go to
 * the latter: quotients of words are exact as doubles rounded to zero, and AVX-512 has forms that
 * leave MXCSR alone, where the guest's status stands. Alone the detour is the longer way.
 */
#include "backend/x86_64/core.h"
#include "base/string.h"

static bool is_division(const struct ir_insn *i)
{
	return i->op >= IR_DIVS && i->op <= IR_MODU;
}

static bool is_signed(const struct ir_insn *i)
{
	return i->op == IR_DIVS || i->op == IR_MODS;
}

static bool is_mod(const struct ir_insn *i)
{
	return i->op == IR_MODS || i->op == IR_MODU;
}

/* --- who divides --- */

/* Of the divisions of the block from first on that wait for no other one: long ones stay; when
 * there are some, or several short ones, the two dividers share. */
static void share_block(struct jit *j, u32 first, u32 end)
{
	struct jit_value *v = j->a->v;
	u8 waits[IR_MAX_INSNS];
	u32 n, longs = 0, shorts = 0, give;

	memset(&waits[first], 0, end - first);
	for (n = first; n < end; n++) {
		const struct ir_insn *i = &j->r->insn[n];
		const ir_ref op[4] = {i->a, i->b, i->c, i->d};
		u32 k;

		for (k = 0; k < 4; k++)
			if (op[k] >= first)
				waits[n] |= waits[op[k]];
		if (!is_division(i) || waits[n])
			continue;
		waits[n] = 1;
		if (i->sub & IR_DIV_WORDS) {
			v[n].flags |= V_FP_DIV;
			shorts++;
		} else {
			longs++;
		}
	}
	give = longs ? longs : shorts / 2;
	for (n = first; n < end; n++) {
		if (!(v[n].flags & V_FP_DIV))
			continue;
		if (give)
			give--;
		else
			v[n].flags &= (u8)~V_FP_DIV;
	}
}

void divide_share(struct jit *j)
{
	const struct ir_region *r = j->r;
	u32 n, first = 1, words = 0;

	if (!(j->host & HOST_AVX512F))
		return;
	for (n = 1; n < r->count; n++) {
		const struct ir_insn *i = &r->insn[n];

		words += is_division(i) && (i->sub & IR_DIV_WORDS);
		if (!ir_op_info[i->op].terminator)
			continue;
		if (words)
			share_block(j, first, n);
		first = n + 1;
		words = 0;
	}
}

/* --- the floating-point divider --- */
enum { V_A, V_D };

/* Divisor 0: the quotient is a, the remainder 0. */
static void cold_by_zero(struct jit *j, struct jit_cold *c)
{
	if (c->v[V_A] == X_NONE)
		x_zero(j->x, (unsigned)c->v[V_D]);
	else
		x_mov_rr(j->x, X_64, (unsigned)c->v[V_D], (unsigned)c->v[V_A]);
	x_jmp(j->x, c->back);
}

/* The extended words convert as what they are, 64-bit numbers; so does -2^31 / -1. */
static void divide_fp(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned a = (unsigned)jit_use_int(j, i->a), b = (unsigned)jit_use_int(j, i->b);
	unsigned q = (unsigned)jit_tmp_xmm(j), t = (unsigned)jit_tmp_xmm(j);
	unsigned d = (unsigned)jit_def_fresh_int(j, n);
	struct jit_cold *c = NULL;
	struct xcode *x = j->x;

	if (!(i->sub & IR_DIV_NONZERO)) {
		c = jit_cold_bare(j, cold_by_zero);
		c->v[V_A] = is_mod(i) ? X_NONE : a;
		c->v[V_D] = d;
		x_test_rr(x, X_64, b, b);
		x_jcc(x, XC_E, c->at);
	}
	/* the conversion would wait for what the register held */
	xv_zero(x, q);
	xv_zero(x, t);
	xv_rrr(x, XV_CVTSI2SD, q, q, a);
	xv_rrr(x, XV_CVTSI2SD, t, t, b);
	xv_rrr_rz(x, XV_DIVSD, q, q, t);
	xv_rr_sae(x, XV_CVTTSD2SI, d, q);
	if (is_mod(i)) {
		x_imul_rr(x, X_64, d, b);
		x_group3_r(x, XG_NEG, X_64, d);
		x_alu_rr(x, XA_ADD, X_64, d, a);
	}
	if (c)
		x_bind(x, c->back);
}

/* --- the integer divider --- */

/* rax, in which the 64 bits of a are, by the 64 of b; rdx is 0 when they are unsigned. Hosts whose
 * long division is slow whatever the numbers are do it with 32 where both have no more. */
static void divide_long(struct jit *j, bool is_signed, unsigned a, unsigned b)
{
	bool test = !(j->host & HOST_FAST_DIV);
	struct xcode *x = j->x;
	u32 narrow = x_label(x), done = x_label(x);

	if (test) {
		x_mov_rr(x, X_64, X_RDX, a);
		x_alu_rr(x, XA_OR, X_64, X_RDX, b);
		x_shift_ri(x, XS_SHR, X_64, X_RDX, 32);
		x_jcc_short(x, XC_E, narrow);
	}
	if (is_signed)
		x_op0(x, X0_CQO);
	else if (test)
		x_zero(x, X_RDX);
	x_group3_r(x, is_signed ? XG_IDIV : XG_DIV, X_64, b);
	if (test)
		x_jmp_short(x, done);
	x_bind(x, narrow);
	/* rdx is 0 here */
	if (test)
		x_group3_r(x, XG_DIV, X_32, b);
	x_bind(x, done);
}

static void divide_unsigned(struct jit *j, const struct ir_insn *i, unsigned a, unsigned b)
{
	struct xcode *x = j->x;
	u32 done = x_label(x);

	x_mov_rr(x, X_64, X_RAX, a);
	x_zero(x, X_RDX);
	if (!(i->sub & IR_DIV_NONZERO)) {
		x_test_rr(x, X_64, b, b);
		x_jcc_short(x, XC_E, done);
	}
	if (i->sub & IR_DIV_WORDS)
		x_group3_r(x, XG_DIV, X_32, b);
	else
		divide_long(j, false, a, b);
	x_bind(x, done);
}

enum { V_DIVISOR = 1 };

/* Divisor 0 or -1 */
static void cold_special(struct jit *j, struct jit_cold *c)
{
	struct xcode *x = j->x;

	x_mov_rr(x, X_64, X_RAX, (unsigned)c->v[V_A]);
	x_zero(x, X_RDX);
	x_test_rr(x, X_64, (unsigned)c->v[V_DIVISOR], (unsigned)c->v[V_DIVISOR]);
	x_jcc(x, XC_E, c->back);
	x_group3_r(x, XG_NEG, X_64, X_RAX);
	x_jmp(x, c->back);
}

static void divide_signed(struct jit *j, const struct ir_insn *i, unsigned a, unsigned b)
{
	unsigned result = is_mod(i) ? X_RDX : X_RAX;
	struct xcode *x = j->x;
	struct jit_cold *c = NULL;
	u64 k;

	if (!jit_is_const(j, i->b, &k) || k + 1 <= 1) {
		c = jit_cold_bare(j, cold_special);
		c->v[V_A] = a;
		c->v[V_DIVISOR] = b;
		x_lea(x, X_64, X_RDX, xm(b, 1));
		x_alu_ri(x, XA_CMP, X_64, X_RDX, 1);
		x_jcc(x, XC_BE, c->at);
	}
	x_mov_rr(x, X_64, X_RAX, a);
	if (i->sub & IR_DIV_WORDS) {
		x_op0(x, X0_CDQ);
		x_group3_r(x, XG_IDIV, X_32, b);
		x_movsx_rr(x, X_32, X_64, result, result);
	} else {
		divide_long(j, true, a, b);
	}
	if (c)
		x_bind(x, c->back);
}

void select_divide(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned a, b;

	if (j->a->v[n].flags & V_FP_DIV) {
		divide_fp(j, i, n);
		return;
	}
	jit_take_reg(j, X_RAX);
	jit_take_reg(j, X_RDX);
	a = (unsigned)jit_use_int(j, i->a);
	b = (unsigned)jit_use_int(j, i->b);
	if (is_signed(i))
		divide_signed(j, i, a, b);
	else
		divide_unsigned(j, i, a, b);
	jit_def_at(j, n, is_mod(i) ? X_RDX : X_RAX);
}
