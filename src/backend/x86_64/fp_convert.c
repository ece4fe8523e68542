// SPDX-License-Identifier: GPL-2.0-or-later
/* Scalar conversions, roundings to integral values, comparisons, the formats of lfs and stfs. */
#include "backend/x86_64/fp.h"

/* To integers. The host's answer for what does not fit, the most negative integer, is cold. */
static bool to_int(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op, enum xsize size)
{
	unsigned b = (unsigned)jit_use_f(j, i->a), tmp = (unsigned)jit_tmp_int(j);
	unsigned d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = jit_cold_call_path(j);

	xv_rr(j->x, op, tmp, b);
	x_alu_ri(j->x, XA_CMP, size, tmp, 1);
	x_jcc(j->x, XC_O, c->at);
	if (size == X_32)
		x_movsx_rr(j->x, X_32, X_64, tmp, tmp);
	xv_rr(j->x, XV_MOVQ_G, d, tmp);
	x_bind(j->x, c->back);
	return true;
}

/* Up to max, by the signed conversion; what is not in [0, max] is cold. */
static bool to_unsigned(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op, u64 max)
{
	unsigned b = (unsigned)jit_use_f(j, i->a), tmp = (unsigned)jit_tmp_int(j);
	unsigned d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = jit_cold_call_path(j);

	xv_rm(j->x, XV_UCOMISD, b, jitfp_const(j, max));
	x_jcc(j->x, XC_A, c->at);
	xv_zero(j->x, FP_S0);
	xv_rr(j->x, XV_UCOMISD, b, FP_S0);
	x_jcc(j->x, XC_B, c->at);
	xv_rr(j->x, op, tmp, b);
	xv_rr(j->x, XV_MOVQ_G, d, tmp);
	x_bind(j->x, c->back);
	return true;
}

static const u64 max32 = 0x41efffffffe00000; /* 2^32 - 1 */
static const u64 max63 = 0x43dfffffffffffff; /* the double below 2^63 */

bool jitfp_fctiw(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return to_int(j, i, n, XV_CVTSD2SI_32, X_32);
}

bool jitfp_fctiwz(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return to_int(j, i, n, XV_CVTTSD2SI_32, X_32);
}

bool jitfp_fctid(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return to_int(j, i, n, XV_CVTSD2SI, X_64);
}

bool jitfp_fctidz(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return to_int(j, i, n, XV_CVTTSD2SI, X_64);
}

bool jitfp_fctiwu(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return to_unsigned(j, i, n, XV_CVTSD2SI, max32);
}

bool jitfp_fctiwuz(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return to_unsigned(j, i, n, XV_CVTTSD2SI, max32);
}

bool jitfp_fctidu(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return to_unsigned(j, i, n, XV_CVTSD2SI, max63);
}

bool jitfp_fctiduz(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return to_unsigned(j, i, n, XV_CVTTSD2SI, max63);
}

/* From integers: straight to the precision that is wanted, one rounding; never tiny. */
static bool from_int(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op, bool is_signed)
{
	unsigned b = (unsigned)jit_use_f(j, i->a), tmp = (unsigned)jit_tmp_int(j);
	unsigned d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = is_signed ? NULL : jit_cold_call_path(j);

	xv_rr_st(j->x, XV_MOVQ_GST, tmp, b);
	if (c) {
		x_test_rr(j->x, X_64, tmp, tmp);
		x_jcc(j->x, XC_S, c->at);
	}
	/* the old contents of d are no operand */
	xv_zero(j->x, d);
	xv_rrr(j->x, op, d, d, tmp);
	if (op == XV_CVTSI2SS)
		xv_rrr(j->x, XV_CVTSS2SD, d, d, d);
	if (c)
		x_bind(j->x, c->back);
	return true;
}

bool jitfp_fcfid(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return from_int(j, i, n, XV_CVTSI2SD, true);
}

bool jitfp_fcfidu(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return from_int(j, i, n, XV_CVTSI2SD, false);
}

bool jitfp_fcfids(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return from_int(j, i, n, XV_CVTSI2SS, true);
}

bool jitfp_fcfidus(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return from_int(j, i, n, XV_CVTSI2SS, false);
}

/* Integral values. Bits of the immediate: 8 leaves PE alone, 4 rounds as MXCSR says. */
enum { ROUND_DOWN = 9, ROUND_UP = 10, ROUND_ZERO = 11, ROUND_MODE = 4 };

static bool integral(struct jit *j, const struct ir_insn *i, ir_ref n, u8 how)
{
	unsigned b = (unsigned)jit_use_f(j, i->a), d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = jit_cold_call_path(j);

	xv_rrri(j->x, XV_ROUNDSD, d, b, b, how);
	jitfp_check_nan(j, d, c->at);
	x_bind(j->x, c->back);
	return true;
}

bool jitfp_friz(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return integral(j, i, n, ROUND_ZERO);
}

bool jitfp_frip(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return integral(j, i, n, ROUND_UP);
}

bool jitfp_frim(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return integral(j, i, n, ROUND_DOWN);
}

bool jitfp_xsrdpic(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return integral(j, i, n, ROUND_MODE);
}

/* To nearest, ties away from 0: truncated, and one more if half or more was cut off. All steps
 * are exact. */
bool jitfp_frin(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned b = (unsigned)jit_use_f(j, i->a), d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = jit_cold_call_path(j);
	u32 done = x_label(j->x);

	xv_rrri(j->x, XV_ROUNDSD, d, b, b, ROUND_ZERO);
	jitfp_check_nan(j, d, c->at);
	xv_rrr(j->x, XV_SUBSD, FP_S0, b, d);
	xv_rrm(j->x, XV_ANDPD, FP_S0, FP_S0, jitfp_abs(j, FP_D));
	xv_rm(j->x, XV_UCOMISD, FP_S0, jitfp_const(j, 1022ull << 52));
	/* less, or infinity less itself */
	x_jcc_short(j->x, XC_B, done);
	xv_rrm(j->x, XV_ANDPD, FP_S0, b, jitfp_sign(j, FP_D));
	xv_rrm(j->x, XV_ORPD, FP_S0, FP_S0, jitfp_const(j, 1023ull << 52));
	xv_rrr(j->x, XV_ADDSD, d, d, FP_S0);
	x_bind(j->x, done);
	x_bind(j->x, c->back);
	return true;
}

/* A CR field: 8 less, 4 greater, 2 equal; NaNs are cold. */
bool jitfp_compare(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned a = (unsigned)jit_use_f(j, i->a), b = (unsigned)jit_use_f(j, i->b);
	unsigned d = (unsigned)jit_def_int(j, n);
	struct jit_cold *c = jit_cold_call_path(j);

	xv_rr(j->x, XV_UCOMISD, a, b);
	x_jcc(j->x, XC_P, c->at);
	jit_cr_nibble(j, d, XC_B);
	x_bind(j->x, c->back);
	return true;
}

/* lfs: what becomes of a NaN by the host's conversion is quiet. */
bool jitfp_load_single(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned v = (unsigned)jit_use_int(j, i->a), d = (unsigned)jit_def_f(j, n);
	struct jit_cold *c = jit_cold_call_path(j);

	xv_rr(j->x, XV_MOVD_G, d, v);
	xv_rrr(j->x, XV_CVTSS2SD, d, d, d);
	jitfp_check_nan(j, d, c->at);
	x_bind(j->x, c->back);
	return true;
}

/* stfs: bits 0:1 and 5:34, unless it is a denormal single. */
bool jitfp_store_single(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	const u64 smallest = 897ull << 53; /* the smallest normal one, without its sign */
	unsigned v = (unsigned)jit_use_f(j, i->a), tmp = (unsigned)jit_tmp_int(j);
	unsigned d = (unsigned)jit_def_fresh_int(j, n);
	struct jit_cold *c = jit_cold_call_path(j);

	xv_rr_st(j->x, XV_MOVQ_GST, d, v);
	/* 0 wraps around */
	x_lea(j->x, X_64, tmp, xm_index(d, d, 0, -1));
	x_alu_rm(j->x, XA_CMP, X_64, tmp, jitfp_const(j, smallest - 1));
	x_jcc(j->x, XC_B, c->at);
	x_mov_rr(j->x, X_64, tmp, d);
	x_shift_ri(j->x, XS_SHR, X_64, d, 29);
	x_shift_ri(j->x, XS_SHR, X_64, tmp, 32);
	x_alu_ri(j->x, XA_AND, X_32, d, 0x3fffffff);
	x_alu_ri(j->x, XA_AND, X_32, tmp, (s32)0xc0000000);
	x_alu_rr(j->x, XA_OR, X_32, d, tmp);
	x_bind(j->x, c->back);
	return true;
}

/* Minima and maxima: NaNs are cold. The host's choice of two zeros is the second operand; both
 * orders together give the wanted sign. */
static bool extreme(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op, enum xvop join)
{
	unsigned a = (unsigned)jit_use_f(j, i->a), b = (unsigned)jit_use_f(j, i->b);
	unsigned d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = jit_cold_call_path(j);

	xv_rr(j->x, XV_UCOMISD, a, b);
	x_jcc(j->x, XC_P, c->at);
	xv_rrr(j->x, op, d, a, b);
	if (join) {
		xv_rrr(j->x, op, FP_S0, b, a);
		xv_rrr(j->x, join, d, d, FP_S0);
	}
	x_bind(j->x, c->back);
	return true;
}

bool jitfp_xsmax(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return extreme(j, i, n, XV_MAXSD, XV_ANDPD);
}

bool jitfp_xsmin(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return extreme(j, i, n, XV_MINSD, XV_ORPD);
}

bool jitfp_xsmaxc(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return extreme(j, i, n, XV_MAXSD, (enum xvop)0);
}

bool jitfp_xsminc(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return extreme(j, i, n, XV_MINSD, (enum xvop)0);
}

/* Masks of comparisons; NaNs are cold. */
static bool mask(struct jit *j, const struct ir_insn *i, ir_ref n, enum fp_predicate p, bool swap)
{
	unsigned a = (unsigned)jit_use_f(j, i->a), b = (unsigned)jit_use_f(j, i->b);
	unsigned d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = jit_cold_call_path(j);

	xv_rr(j->x, XV_UCOMISD, a, b);
	x_jcc(j->x, XC_P, c->at);
	xv_rrri(j->x, XV_CMPSD, d, swap ? b : a, swap ? a : b, (u8)p);
	x_bind(j->x, c->back);
	return true;
}

bool jitfp_xscmpeq(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return mask(j, i, n, FP_EQ, false);
}

bool jitfp_xscmpge(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return mask(j, i, n, FP_LE, true);
}

bool jitfp_xscmpgt(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return mask(j, i, n, FP_LT, true);
}

/* The single in the upper word; to both words. */

bool jitfp_xscvspdp(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned b = (unsigned)jit_use_f(j, i->a), d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = jit_cold_call_path(j);

	xv_shift_rri(j->x, XV_PSRLQ_I, FP_S0, b, 32);
	xv_rrr(j->x, XV_CVTSS2SD, d, FP_S0, FP_S0);
	jitfp_check_nan(j, d, c->at);
	x_bind(j->x, c->back);
	return true;
}

bool jitfp_xscvdpsp(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned b = (unsigned)jit_use_f(j, i->a), d = (unsigned)jit_def_fresh_f(j, n);
	struct jit_cold *c = jit_cold_call_path(j);

	xv_rrr(j->x, XV_CVTSD2SS, d, b, b);
	xv_rrr(j->x, XV_CVTSS2SD, FP_S1, d, d);
	jitfp_check_result(j, FP_S, FP_S1, c->at);
	xv_rri(j->x, XV_PSHUFD, d, d, 0);
	x_bind(j->x, c->back);
	return true;
}

/* Signs */

static bool sign(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op, struct xmem m)
{
	unsigned b = (unsigned)jit_use_f(j, i->a);

	xv_rrm(j->x, op, (unsigned)jit_def_f(j, n), b, m);
	return true;
}

bool jitfp_fneg(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return sign(j, i, n, XV_XORPD, jitfp_sign(j, FP_D));
}

bool jitfp_fabs(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return sign(j, i, n, XV_ANDPD, jitfp_abs(j, FP_D));
}

bool jitfp_fnabs(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return sign(j, i, n, XV_ORPD, jitfp_sign(j, FP_D));
}

bool jitfp_fcpsgn(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned a = (unsigned)jit_use_f(j, i->a), b = (unsigned)jit_use_f(j, i->b);
	unsigned d = (unsigned)jit_def_fresh_f(j, n);

	xv_rrm(j->x, XV_ANDPD, FP_S0, a, jitfp_sign(j, FP_D));
	xv_rrm(j->x, XV_ANDPD, d, b, jitfp_abs(j, FP_D));
	xv_rrr(j->x, XV_ORPD, d, d, FP_S0);
	return true;
}

bool jitfp_fsel(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned a = (unsigned)jit_use_f(j, i->a), c = (unsigned)jit_use_f(j, i->b);
	unsigned b = (unsigned)jit_use_f(j, i->c), d = (unsigned)jit_def_fresh_f(j, n);

	/* 0 <= a */
	xv_zero(j->x, FP_S0);
	xv_rrri(j->x, XV_CMPSD, FP_S0, FP_S0, a, FP_LE);
	xv_rrr(j->x, XV_ANDPD, d, FP_S0, c);
	xv_rrr(j->x, XV_ANDNPD, FP_S0, FP_S0, b);
	xv_rrr(j->x, XV_ORPD, d, d, FP_S0);
	return true;
}
