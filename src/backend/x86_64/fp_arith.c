// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scalar arithmetic: the operation on doubles, checks of the result that lead to the helper, for
 * singles the second rounding. fp.c says why this gives the guest's result and status.
 *
 * Where small results are cold (sums and fused operations of singles), zeros are common; cold code
 * lets exact ones pass: those where the double result is 0 already and, fused, a factor is 0 or the
 * addend so large that nothing of the product can lie below the smallest number.
 */
#include "backend/x86_64/fp.h"

/* jit_cold.v */
enum {
	V_RESULT,  /* xmm */
	V_DOUBLE,  /* xmm of the first rounding */
	V_CHECKED, /* label behind the checks, before a final negation */
	V_A,	   /* xmm; fused: operands, else 0 */
	V_B,
	V_C,		   /* the multiplier */
	V_RANGE,	   /* of a tie: label of the range check */
	V_OP,		   /* of a tie: operation on singles */
	V_TMP = V_CHECKED, /* of a tie: an integer register */
};

static void cold_sum(struct jit *j, struct jit_cold *c)
{
	jitfp_jump_zero(j, (unsigned)c->v[V_DOUBLE], (u32)c->v[V_CHECKED]);
	jit_cold_call(j, c);
}

static void cold_fused(struct jit *j, struct jit_cold *c)
{
	u32 checked = (u32)c->v[V_CHECKED], call = x_label(j->x), zero = x_label(j->x);

	jitfp_jump_zero(j, (unsigned)c->v[V_DOUBLE], zero);
	x_jmp(j->x, call);
	x_bind(j->x, zero);
	jitfp_jump_zero(j, (unsigned)c->v[V_A], checked);
	jitfp_jump_zero(j, (unsigned)c->v[V_C], checked);
	xv_rrm(j->x, XV_ANDPD, FP_S0, (unsigned)c->v[V_B], jitfp_abs(j, FP_D));
	xv_rm(j->x, XV_UCOMISD, FP_S0, jitfp_const(j, (1023ull - 900) << 52));
	x_jcc(j->x, XC_A, checked);
	x_bind(j->x, call);
	jit_cold_call(j, c);
}

/* t: the double result */
static struct jit_cold *small_path(struct jit *j, jit_cold_fn *fn, unsigned d, unsigned t)
{
	struct jit_cold *c = jit_cold(j, fn);

	c->v[V_RESULT] = d;
	c->v[V_DOUBLE] = t;
	c->v[V_CHECKED] = x_label(j->x);
	return c;
}

/* Behind checks that led to c or, if not NULL, to other. */
static void negate_and_bind(struct jit *j, unsigned d, bool negate, const struct jit_cold *c,
			    const struct jit_cold *other)
{
	if (negate)
		xv_rrm(j->x, XV_XORPD, d, d, jitfp_sign(j, FP_D));
	x_bind(j->x, c->back);
	if (other)
		x_bind(j->x, other->back);
}

/* Doubles */

static bool binary(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op, bool sum)
{
	unsigned a = (unsigned)jit_use_f(j, i->a), b = (unsigned)jit_use_f(j, i->b);
	unsigned d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = jit_cold_call_path(j);

	xv_rrr(j->x, op, d, a, b);
	if (sum)
		jitfp_check_nan(j, d, c->at);
	else
		jitfp_check_result(j, FP_D, d, c->at);
	x_bind(j->x, c->back);
	return true;
}

bool jitfp_fadd(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return binary(j, i, n, XV_ADDSD, true);
}

bool jitfp_fsub(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return binary(j, i, n, XV_SUBSD, true);
}

bool jitfp_fmul(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return binary(j, i, n, XV_MULSD, false);
}

bool jitfp_fdiv(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return binary(j, i, n, XV_DIVSD, false);
}

/* A root is never tiny. */
bool jitfp_fsqrt(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned b = (unsigned)jit_use_f(j, i->a), d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = jit_cold_call_path(j);

	xv_rrr(j->x, XV_SQRTSD, d, b, b);
	jitfp_check_nan(j, d, c->at);
	x_bind(j->x, c->back);
	return true;
}

/* d = a * m + b */
static void fused(struct jit *j, enum xvop op, unsigned d, unsigned a, unsigned m, unsigned b)
{
	xv_mov(j->x, d, a);
	xv_rrr(j->x, op, d, m, b);
}

static bool multiply_add(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op,
			 bool negate)
{
	unsigned a = (unsigned)jit_use_f(j, i->a), m = (unsigned)jit_use_f(j, i->b);
	unsigned b = (unsigned)jit_use_f(j, i->c), d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = jit_cold_call_path(j);

	fused(j, op, d, a, m, b);
	jitfp_check_result(j, FP_D, d, c->at);
	negate_and_bind(j, d, negate, c, NULL);
	return true;
}

bool jitfp_fmadd(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return multiply_add(j, i, n, XV_FMADD213SD, false);
}

bool jitfp_fmsub(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return multiply_add(j, i, n, XV_FMSUB213SD, false);
}

bool jitfp_fnmadd(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return multiply_add(j, i, n, XV_FMADD213SD, true);
}

bool jitfp_fnmsub(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return multiply_add(j, i, n, XV_FMSUB213SD, true);
}

/* Singles */

enum { TIE_MASK = 0x1fffffff, TIE = 0x10000000 }; /* what a single cuts off a double */

/* To the helper unless both operands have the precision of singles; their range does not matter. */
static void check_precision(struct jit *j, const struct ir_insn *i, unsigned a, unsigned b, int tmp,
			    u32 label)
{
	unsigned x = FP_S0;

	if (i->b && !jitfp_is_single(j, i->a) && !jitfp_is_single(j, i->b))
		xv_rrr(j->x, XV_POR, FP_S0, a, b);
	else if (!jitfp_is_single(j, i->a))
		x = a;
	else if (i->b && !jitfp_is_single(j, i->b))
		x = b;
	else
		return;
	xv_rr_st(j->x, XV_MOVD_GST, (unsigned)tmp, x);
	x_test_ri(j->x, X_32, (unsigned)tmp, TIE_MASK);
	x_jcc(j->x, XC_NE, label);
}

/* d = t rounded to single */
static void round_single(struct jit *j, unsigned d, unsigned t)
{
	xv_rrr(j->x, XV_CVTSD2SS, d, t, t);
	xv_rrr(j->x, XV_CVTSS2SD, d, d, d);
}

static bool binary_single(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op, bool sum)
{
	unsigned a = (unsigned)jit_use_f(j, i->a);
	unsigned b = i->b ? (unsigned)jit_use_f(j, i->b) : a, t = (unsigned)jit_tmp_xmm(j);
	int tmp = jit_tmp_int(j);
	unsigned d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = jit_cold_call_path(j), *small = NULL;

	check_precision(j, i, a, b, tmp, c->at);
	xv_rrr(j->x, op, t, a, b);
	round_single(j, d, t);
	if (sum) {
		small = small_path(j, cold_sum, d, t);
		jitfp_check_range(j, FP_S, d, small->at);
		x_bind(j->x, (u32)small->v[V_CHECKED]);
	} else {
		jitfp_check_result(j, FP_S, d, c->at);
	}
	negate_and_bind(j, d, false, c, small);
	return true;
}

bool jitfp_fadds(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return binary_single(j, i, n, XV_ADDSD, true);
}

bool jitfp_fsubs(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return binary_single(j, i, n, XV_SUBSD, true);
}

bool jitfp_fmuls(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return binary_single(j, i, n, XV_MULSD, false);
}

bool jitfp_fdivs(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return binary_single(j, i, n, XV_DIVSD, false);
}

bool jitfp_fsqrts(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return binary_single(j, i, n, XV_SQRTSD, false);
}

/* Fused: the double result lies between two singles. If the operands are singles, so that this is
 * no accident, the operation is done on them; else by the helper. */

/* To label unless v is 0 or has precision and range of normal singles. */
static void check_single(struct jit *j, ir_ref ref, unsigned v, int tmp, u32 label)
{
	u32 zero = x_label(j->x);
	struct xmem m;

	xv_rr_st(j->x, XV_MOVD_GST, (unsigned)tmp, v);
	x_test_ri(j->x, X_32, (unsigned)tmp, TIE_MASK);
	x_jcc(j->x, XC_NE, label);
	xv_rrm(j->x, XV_ANDPD, FP_S0, v, jitfp_abs(j, FP_D));
	xv_zero(j->x, FP_S1);
	xv_rr(j->x, XV_UCOMISD, FP_S0, FP_S1);
	x_jcc_short(j->x, XC_E, zero); /* NaNs too: such a result is none */
	m = jitfp_const(j, (1023ull - 126) << 52);
	xv_rm(j->x, XV_UCOMISD, FP_S0, m);
	x_jcc(j->x, XC_B, label);
	m = jitfp_const(j, (1023ull + 128) << 52);
	xv_rm(j->x, XV_UCOMISD, FP_S0, m);
	x_jcc(j->x, XC_AE, label);
	x_bind(j->x, zero);
}

static void cold_tie(struct jit *j, struct jit_cold *c)
{
	const struct ir_insn *i = &j->r->insn[c->n];
	unsigned t = (unsigned)c->v[V_DOUBLE], d = (unsigned)c->v[V_RESULT];
	unsigned a = (unsigned)c->v[V_A], b = (unsigned)c->v[V_B], m = (unsigned)c->v[V_C];
	enum xvop op = (enum xvop)c->v[V_OP];
	u32 call = x_label(j->x);
	int tmp = (int)c->v[V_TMP];

	check_single(j, i->a, a, tmp, call);
	check_single(j, i->b, m, tmp, call);
	check_single(j, i->c, b, tmp, call);
	xv_rrr(j->x, XV_CVTSD2SS, t, b, b);
	xv_rrr(j->x, XV_CVTSD2SS, d, a, a);
	xv_rrr(j->x, XV_CVTSD2SS, FP_S0, m, m);
	xv_rrr(j->x, op, d, FP_S0, t);
	xv_rrr(j->x, XV_CVTSS2SD, d, d, d);
	x_jmp(j->x, (u32)c->v[V_RANGE]);
	x_bind(j->x, call);
	jit_cold_call(j, c);
}

static bool multiply_add_single(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op,
				enum xvop op_single, bool negate)
{
	unsigned a = (unsigned)jit_use_f(j, i->a), m = (unsigned)jit_use_f(j, i->b);
	unsigned b = (unsigned)jit_use_f(j, i->c), t = (unsigned)jit_tmp_xmm(j);
	int tmp = jit_tmp_int(j);
	unsigned d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = small_path(j, cold_fused, d, t), *tie = jit_cold(j, cold_tie);
	u32 range = x_label(j->x);

	c->v[V_A] = tie->v[V_A] = a;
	c->v[V_B] = tie->v[V_B] = b;
	c->v[V_C] = tie->v[V_C] = m;
	tie->v[V_RESULT] = d;
	tie->v[V_DOUBLE] = t;
	tie->v[V_TMP] = (u64)tmp;
	tie->v[V_RANGE] = range;
	tie->v[V_OP] = op_single;
	fused(j, op, t, a, m, b);
	xv_rr_st(j->x, XV_MOVD_GST, (unsigned)tmp, t);
	x_alu_ri(j->x, XA_AND, X_32, (unsigned)tmp, TIE_MASK);
	x_alu_ri(j->x, XA_CMP, X_32, (unsigned)tmp, TIE);
	x_jcc(j->x, XC_E, tie->at);
	round_single(j, d, t);
	x_bind(j->x, range);
	jitfp_check_range(j, FP_S, d, c->at);
	x_bind(j->x, (u32)c->v[V_CHECKED]);
	negate_and_bind(j, d, negate, c, tie);
	return true;
}

bool jitfp_fmadds(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return multiply_add_single(j, i, n, XV_FMADD213SD, XV_FMADD213SS, false);
}

bool jitfp_fmsubs(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return multiply_add_single(j, i, n, XV_FMSUB213SD, XV_FMSUB213SS, false);
}

bool jitfp_fnmadds(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return multiply_add_single(j, i, n, XV_FMADD213SD, XV_FMADD213SS, true);
}

bool jitfp_fnmsubs(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return multiply_add_single(j, i, n, XV_FMSUB213SD, XV_FMSUB213SS, true);
}

bool jitfp_frsp(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned b = (unsigned)jit_use_f(j, i->a), d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = jit_cold_call_path(j);

	round_single(j, d, b);
	jitfp_check_result(j, FP_S, d, c->at);
	x_bind(j->x, c->back);
	return true;
}
