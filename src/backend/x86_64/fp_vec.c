// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VSX vector floating point: no FR, FI, FPRF, else as fp_arith.c. The host's elements round to
 * their own precision, so singles need no second step. A whole instruction goes by the cold path
 * when one element has to.
 */
#include "backend/x86_64/fp.h"

static enum xvop pick(enum fp_lane l, enum xvop d, enum xvop s)
{
	return l == FP_D ? d : s;
}

static void compare(struct jit *j, enum fp_lane l, unsigned d, unsigned a, unsigned b, unsigned p)
{
	xv_rrri(j->x, pick(l, XV_CMPPD, XV_CMPPS), d, a, b, (u8)p);
}

/* Operands and result of one instruction */
struct op {
	enum fp_lane l;
	unsigned a, b, m, d;
	int tmp;
	struct jit_cold *cold;
};

static int int_tmp(struct jit *j)
{
	return j->host & HOST_SSE41 ? 0 : jit_tmp_int(j);
}

static struct op begin(struct jit *j, const struct ir_insn *i, ir_ref n, enum fp_lane l)
{
	struct op o = {.l = l};

	o.a = (unsigned)jit_use_q(j, i->a);
	if (i->b)
		o.b = (unsigned)jit_use_q(j, i->b);
	if (i->c)
		o.m = (unsigned)jit_use_q(j, i->c);
	o.tmp = int_tmp(j);
	o.d = (unsigned)jit_def_fresh_q(j, n);
	return o;
}

/* To the helper when an element of v is a NaN */
static void check_nan(struct jit *j, struct op *o, unsigned v, unsigned w)
{
	compare(j, o->l, FP_S0, v, w, FP_UNORD);
	o->cold = jit_cold_call_path(j);
	jitfp_jump_mask(j, o->l, FP_S0, o->tmp, o->cold->at);
}

static void end(struct jit *j, struct op *o)
{
	x_bind(j->x, o->cold->back);
}

/* To the helper when an element of the result is a NaN or the smallest normal number */
static void check_result(struct jit *j, struct op *o)
{
	enum xvop cmp = pick(o->l, XV_CMPPD, XV_CMPPS);

	xv_rrm(j->x, XV_ANDPS, FP_S0, o->d, jitfp_abs(j, o->l));
	if (j->host & HOST_AVX) {
		xv_rrmi(j->x, cmp, FP_S0, FP_S0, jitfp_min_normal(j, o->l), FP_EQ_OR_UNORD);
	} else {
		xv_rrmi(j->x, cmp, FP_S0, FP_S0, jitfp_min_normal(j, o->l), FP_EQ);
		compare(j, o->l, FP_S1, o->d, o->d, FP_UNORD);
		xv_rrr(j->x, XV_ORPS, FP_S0, FP_S0, FP_S1);
	}
	o->cold = jit_cold_call_path(j);
	jitfp_jump_mask(j, o->l, FP_S0, o->tmp, o->cold->at);
}

static bool binary(struct jit *j, const struct ir_insn *i, ir_ref n, enum fp_lane l, enum xvop op,
		   bool sum)
{
	struct op o = begin(j, i, n, l);

	xv_rrr(j->x, op, o.d, o.a, o.b);
	if (sum)
		check_nan(j, &o, o.d, o.d);
	else
		check_result(j, &o);
	end(j, &o);
	return true;
}

static bool root(struct jit *j, const struct ir_insn *i, ir_ref n, enum fp_lane l, enum xvop op)
{
	struct op o = begin(j, i, n, l);

	xv_rr(j->x, op, o.d, o.a);
	check_nan(j, &o, o.d, o.d);
	end(j, &o);
	return true;
}

/* IR operands: a, multiplier, addend */
static bool fused(struct jit *j, const struct ir_insn *i, ir_ref n, enum fp_lane l, enum xvop op,
		  bool negate)
{
	struct op o = begin(j, i, n, l);

	xv_mov(j->x, o.d, o.a);
	xv_rrr(j->x, op, o.d, o.b, o.m);
	check_result(j, &o);
	if (negate)
		xv_rrm(j->x, XV_XORPS, o.d, o.d, jitfp_sign(j, l));
	end(j, &o);
	return true;
}

/* clang-format off */
#define BINARY(name, l, op, sum)                                                                   \
	bool jitfp_##name(struct jit *j, const struct ir_insn *i, ir_ref n)                           \
	{                                                                                          \
		return binary(j, i, n, l, op, sum);                                                \
	}
#define FUSED(name, l, op, negate)                                                                 \
	bool jitfp_##name(struct jit *j, const struct ir_insn *i, ir_ref n)                           \
	{                                                                                          \
		return fused(j, i, n, l, op, negate);                                              \
	}
#define ROOT(name, l, op)                                                                          \
	bool jitfp_##name(struct jit *j, const struct ir_insn *i, ir_ref n)                           \
	{                                                                                          \
		return root(j, i, n, l, op);                                                       \
	}
/* clang-format on */
BINARY(xvadddp, FP_D, XV_ADDPD, true)
BINARY(xvaddsp, FP_S, XV_ADDPS, true)
BINARY(xvsubdp, FP_D, XV_SUBPD, true)
BINARY(xvsubsp, FP_S, XV_SUBPS, true)
BINARY(xvmuldp, FP_D, XV_MULPD, false)
BINARY(xvmulsp, FP_S, XV_MULPS, false)
BINARY(xvdivdp, FP_D, XV_DIVPD, false)
BINARY(xvdivsp, FP_S, XV_DIVPS, false)
ROOT(xvsqrtdp, FP_D, XV_SQRTPD)
ROOT(xvsqrtsp, FP_S, XV_SQRTPS)
FUSED(xvmadddp, FP_D, XV_FMADD213PD, false)
FUSED(xvmaddsp, FP_S, XV_FMADD213PS, false)
FUSED(xvmsubdp, FP_D, XV_FMSUB213PD, false)
FUSED(xvmsubsp, FP_S, XV_FMSUB213PS, false)
FUSED(xvnmadddp, FP_D, XV_FMADD213PD, true)
FUSED(xvnmaddsp, FP_S, XV_FMADD213PS, true)
FUSED(xvnmsubdp, FP_D, XV_FMSUB213PD, true)
FUSED(xvnmsubsp, FP_S, XV_FMSUB213PS, true)

/* As the scalar ones: both orders together choose between zeros. */
static bool extreme(struct jit *j, const struct ir_insn *i, ir_ref n, enum fp_lane l, enum xvop op,
		    enum xvop join)
{
	struct op o = begin(j, i, n, l);

	check_nan(j, &o, o.a, o.b);
	xv_rrr(j->x, op, o.d, o.a, o.b);
	xv_rrr(j->x, op, FP_S0, o.b, o.a);
	xv_rrr(j->x, join, o.d, o.d, FP_S0);
	end(j, &o);
	return true;
}

static bool mask(struct jit *j, const struct ir_insn *i, ir_ref n, enum fp_lane l,
		 enum fp_predicate p, bool swap)
{
	struct op o = begin(j, i, n, l);

	check_nan(j, &o, o.a, o.b);
	compare(j, l, o.d, swap ? o.b : o.a, swap ? o.a : o.b, p);
	end(j, &o);
	return true;
}

static bool integral(struct jit *j, const struct ir_insn *i, ir_ref n, enum fp_lane l, u8 how)
{
	struct op o = begin(j, i, n, l);

	xv_rri(j->x, pick(l, XV_ROUNDPD, XV_ROUNDPS), o.d, o.a, how);
	check_nan(j, &o, o.d, o.d);
	end(j, &o);
	return true;
}

/* clang-format off */
#define EXTREME(name, l, op, join)                                                                 \
	bool jitfp_##name(struct jit *j, const struct ir_insn *i, ir_ref n)                           \
	{                                                                                          \
		return extreme(j, i, n, l, op, join);                                              \
	}
#define MASK(name, l, p, swap)                                                                     \
	bool jitfp_##name(struct jit *j, const struct ir_insn *i, ir_ref n)                           \
	{                                                                                          \
		return mask(j, i, n, l, p, swap);                                                  \
	}
#define INTEGRAL(name, l, how)                                                                     \
	bool jitfp_##name(struct jit *j, const struct ir_insn *i, ir_ref n)                           \
	{                                                                                          \
		return integral(j, i, n, l, how);                                                  \
	}
/* clang-format on */
EXTREME(xvmaxdp, FP_D, XV_MAXPD, XV_ANDPD)
EXTREME(xvmaxsp, FP_S, XV_MAXPS, XV_ANDPS)
EXTREME(xvmindp, FP_D, XV_MINPD, XV_ORPD)
EXTREME(xvminsp, FP_S, XV_MINPS, XV_ORPS)
MASK(xvcmpeqdp, FP_D, FP_EQ, false)
MASK(xvcmpeqsp, FP_S, FP_EQ, false)
MASK(xvcmpgedp, FP_D, FP_LE, true)
MASK(xvcmpgesp, FP_S, FP_LE, true)
MASK(xvcmpgtdp, FP_D, FP_LT, true)
MASK(xvcmpgtsp, FP_S, FP_LT, true)
/* 8: PE stays as it is */
INTEGRAL(xvrdpic, FP_D, 4)
INTEGRAL(xvrdpim, FP_D, 8 | 1)
INTEGRAL(xvrdpip, FP_D, 8 | 2)
INTEGRAL(xvrdpiz, FP_D, 8 | 3)
INTEGRAL(xvrspic, FP_S, 4)
INTEGRAL(xvrspim, FP_S, 8 | 1)
INTEGRAL(xvrspip, FP_S, 8 | 2)
INTEGRAL(xvrspiz, FP_S, 8 | 3)

/* Conversions. Of elements that differ in size, the narrow one is the left part of the wide. */
enum { ODD_WORDS = 0x0d }; /* pshufd: host words 1 and 3 to 0 and 1 */

bool jitfp_xvcvspdp(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct op o = begin(j, i, n, FP_D);

	xv_rri(j->x, XV_PSHUFD, FP_S0, o.a, ODD_WORDS);
	xv_rr(j->x, XV_CVTPS2PD, o.d, FP_S0);
	check_nan(j, &o, o.d, o.d);
	end(j, &o);
	return true;
}

bool jitfp_xvcvdpsp(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct op o = begin(j, i, n, FP_S);

	xv_rr(j->x, XV_CVTPD2PS, FP_S0, o.a);
	xv_rrr(j->x, XV_UNPCKLPS, o.d, FP_S0, FP_S0);
	check_result(j, &o);
	end(j, &o);
	return true;
}

bool jitfp_xvcvsxwsp(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned b = (unsigned)jit_use_q(j, i->a);

	xv_rr(j->x, XV_CVTDQ2PS, (unsigned)jit_def_q(j, n), b);
	return true;
}

bool jitfp_xvcvsxwdp(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned b = (unsigned)jit_use_q(j, i->a), d = (unsigned)jit_def_q(j, n);

	xv_rri(j->x, XV_PSHUFD, FP_S0, b, ODD_WORDS);
	xv_rr(j->x, XV_CVTDQ2PD, d, FP_S0);
	return true;
}

/* To the helper when a word of v is the host's answer to what does not fit. */
static void check_indefinite(struct jit *j, struct op *o, unsigned v)
{
	xv_rrm(j->x, XV_PCMPEQD, FP_S0, v, jitfp_sign(j, FP_S));
	o->cold = jit_cold_call_path(j);
	jitfp_jump_mask(j, FP_S, FP_S0, o->tmp, o->cold->at);
}

bool jitfp_xvcvspsxws(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct op o = begin(j, i, n, FP_S);

	xv_rr(j->x, XV_CVTTPS2DQ, o.d, o.a);
	check_indefinite(j, &o, o.d);
	end(j, &o);
	return true;
}

bool jitfp_xvcvdpsxws(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct op o = begin(j, i, n, FP_S);

	xv_rr(j->x, XV_CVTTPD2DQ, o.d, o.a);
	check_indefinite(j, &o, o.d);
	xv_rrr(j->x, XV_PUNPCKLDQ, o.d, o.d, o.d);
	end(j, &o);
	return true;
}

/* Doublewords: one by one */

static void from_dwords(struct jit *j, unsigned d, unsigned b, unsigned tmp)
{
	xv_rri(j->x, XV_PSHUFD, FP_S0, b, 0xee);
	xv_rr_st(j->x, XV_MOVQ_GST, tmp, FP_S0);
	xv_zero(j->x, FP_S0);
	xv_rrr(j->x, XV_CVTSI2SD, FP_S0, FP_S0, tmp);
	xv_rr_st(j->x, XV_MOVQ_GST, tmp, b);
	xv_zero(j->x, d);
	xv_rrr(j->x, XV_CVTSI2SD, d, d, tmp);
	xv_rrr(j->x, XV_UNPCKLPD, d, d, FP_S0);
}

bool jitfp_xvcvsxddp(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned b = (unsigned)jit_use_q(j, i->a), tmp = (unsigned)jit_tmp_int(j);

	from_dwords(j, (unsigned)jit_def_fresh_q(j, n), b, tmp);
	return true;
}

bool jitfp_xvcvdpsxds(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned tmp = (unsigned)jit_tmp_int(j);
	struct op o = begin(j, i, n, FP_D);

	o.cold = jit_cold_call_path(j);
	xv_rri(j->x, XV_PSHUFD, FP_S0, o.a, 0xee);
	xv_rr(j->x, XV_CVTTSD2SI, tmp, FP_S0);
	x_alu_ri(j->x, XA_CMP, X_64, tmp, 1);
	x_jcc(j->x, XC_O, o.cold->at);
	xv_rr(j->x, XV_MOVQ_G, FP_S0, tmp);
	xv_rr(j->x, XV_CVTTSD2SI, tmp, o.a);
	x_alu_ri(j->x, XA_CMP, X_64, tmp, 1);
	x_jcc(j->x, XC_O, o.cold->at);
	xv_rr(j->x, XV_MOVQ_G, o.d, tmp);
	xv_rrr(j->x, XV_PUNPCKLQDQ, o.d, o.d, FP_S0);
	end(j, &o);
	return true;
}

/* Unsigned: what has its highest bit set, as an integer or as a float, goes to the helper. */

static void check_sign(struct jit *j, struct op *o, unsigned v, enum fp_lane l)
{
	xv_rrm(j->x, XV_ANDPS, FP_S1, v, jitfp_sign(j, l));
	o->cold = jit_cold_call_path(j);
	if (j->host & HOST_SSE41) {
		jitfp_jump_mask(j, l, FP_S1, o->tmp, o->cold->at);
		return;
	}
	/* a sign alone is all that movmskps looks at */
	jitfp_jump_mask(j, FP_S, FP_S1, o->tmp, o->cold->at);
}

bool jitfp_xvcvuxwsp(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct op o = begin(j, i, n, FP_S);

	check_sign(j, &o, o.a, FP_S);
	xv_rr(j->x, XV_CVTDQ2PS, o.d, o.a);
	end(j, &o);
	return true;
}

bool jitfp_xvcvuxwdp(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct op o = begin(j, i, n, FP_D);

	check_sign(j, &o, o.a, FP_D);
	xv_rri(j->x, XV_PSHUFD, FP_S0, o.a, ODD_WORDS);
	xv_rr(j->x, XV_CVTDQ2PD, o.d, FP_S0);
	end(j, &o);
	return true;
}

bool jitfp_xvcvuxddp(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned tmp = (unsigned)jit_tmp_int(j);
	struct op o = begin(j, i, n, FP_D);

	check_sign(j, &o, o.a, FP_D);
	from_dwords(j, o.d, o.a, tmp);
	end(j, &o);
	return true;
}

bool jitfp_xvcvspuxws(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct op o = begin(j, i, n, FP_S);
	struct jit_cold *first;

	check_sign(j, &o, o.a, FP_S);
	first = o.cold;
	xv_rr(j->x, XV_CVTTPS2DQ, o.d, o.a);
	check_indefinite(j, &o, o.d);
	end(j, &o);
	x_bind(j->x, first->back);
	return true;
}

bool jitfp_xvcvdpuxws(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct op o = begin(j, i, n, FP_S);
	struct jit_cold *first;

	check_sign(j, &o, o.a, FP_D);
	first = o.cold;
	xv_rr(j->x, XV_CVTTPD2DQ, o.d, o.a);
	check_indefinite(j, &o, o.d);
	xv_rrr(j->x, XV_PUNPCKLDQ, o.d, o.d, o.d);
	end(j, &o);
	x_bind(j->x, first->back);
	return true;
}

/* To nearest, ties away from 0: as frin. What is added may be 0, hence the sign at last. */
static bool round_away(struct jit *j, const struct ir_insn *i, ir_ref n, enum fp_lane l)
{
	const u64 half = l == FP_D ? 1022ull << 52 : 126ull << 23 | 126ull << 55;
	const u64 one = l == FP_D ? 1023ull << 52 : 127ull << 23 | 127ull << 55;
	struct op o = begin(j, i, n, l);
	struct xmem m;

	xv_rri(j->x, pick(l, XV_ROUNDPD, XV_ROUNDPS), o.d, o.a, 8 | 3);
	check_nan(j, &o, o.d, o.d);
	xv_rrr(j->x, pick(l, XV_SUBPD, XV_SUBPS), FP_S0, o.a, o.d);
	xv_rrm(j->x, XV_ANDPS, FP_S0, FP_S0, jitfp_abs(j, l));
	jit_const_q(j, half, half, &m);
	xv_rm(j->x, XV_MOVAPS, FP_S1, m);
	compare(j, l, FP_S1, FP_S1, FP_S0, FP_LE);
	jit_const_q(j, one, one, &m);
	xv_rrm(j->x, XV_ANDPS, FP_S1, FP_S1, m);
	xv_rrm(j->x, XV_ANDPS, FP_S0, o.a, jitfp_sign(j, l));
	xv_rrr(j->x, XV_ORPS, FP_S1, FP_S1, FP_S0);
	xv_rrr(j->x, pick(l, XV_ADDPD, XV_ADDPS), o.d, o.d, FP_S1);
	xv_rrr(j->x, XV_ORPS, o.d, o.d, FP_S0);
	end(j, &o);
	return true;
}

bool jitfp_xvrdpi(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return round_away(j, i, n, FP_D);
}

bool jitfp_xvrspi(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	return round_away(j, i, n, FP_S);
}
