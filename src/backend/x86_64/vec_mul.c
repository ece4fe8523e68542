// SPDX-License-Identifier: GPL-2.0-or-later
/* Vector helpers as host code: products, sums of products, sums across. */
#include "backend/x86_64/vec.h"

EMIT(vmuluwm)
{
	return vec_two(j, n, i->a, i->b, XV_PMULLD);
}

/* Words: the host's even elements are the odd ones. */
EMIT(vmulouw)
{
	return vec_two(j, n, i->a, i->b, XV_PMULUDQ);
}

EMIT(vmulosw)
{
	return vec_two(j, n, i->a, i->b, XV_PMULDQ);
}

/* Each operand shifted, so that the elements to be multiplied stand where op wants them */
static bool shifted(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop shift,
		    unsigned bits, enum xvop op)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_q(j, n);

	xv_shift_rri(j->x, shift, VT, b, bits);
	xv_shift_rri(j->x, shift, d, a, bits);
	xv_rrr(j->x, op, d, d, VT);
	return true;
}

EMIT(vmuleuw)
{
	return shifted(j, i, n, XV_PSRLQ_I, 32, XV_PMULUDQ);
}

EMIT(vmulesw)
{
	return shifted(j, i, n, XV_PSRLQ_I, 32, XV_PMULDQ);
}

EMIT(vmuleub)
{
	return shifted(j, i, n, XV_PSRLW_I, 8, XV_PMULLW);
}

EMIT(vmulesb)
{
	return shifted(j, i, n, XV_PSRAW_I, 8, XV_PMULLW);
}

EMIT(vmuloub)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_fresh_q(j, n);
	struct xmem mask = vec_h(j, 0xff);

	xv_rrm(j->x, XV_PAND, VT, b, mask);
	xv_rrm(j->x, XV_PAND, d, a, mask);
	xv_rrr(j->x, XV_PMULLW, d, d, VT);
	return true;
}

EMIT(vmulosb)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_q(j, n);

	xv_shift_rri(j->x, XV_PSLLW_I, VT, b, 8);
	xv_shift_rri(j->x, XV_PSLLW_I, d, a, 8);
	xv_shift_rri(j->x, XV_PSRAW_I, VT, VT, 8);
	xv_shift_rri(j->x, XV_PSRAW_I, d, d, 8);
	xv_rrr(j->x, XV_PMULLW, d, d, VT);
	return true;
}

/* pmaddwd with one half-word of each pair cleared is one product */
static bool half_signed(struct jit *j, const struct ir_insn *i, ir_ref n, u32 mask)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_q(j, n);

	xv_rrm(j->x, XV_PAND, VT, a, vec_w(j, mask));
	xv_rrr(j->x, XV_PMADDWD, d, VT, b);
	return true;
}

EMIT(vmulosh)
{
	return half_signed(j, i, n, 0x0000ffff);
}

EMIT(vmulesh)
{
	return half_signed(j, i, n, 0xffff0000);
}

/* Unsigned products of the half-words: low halves to lo, high halves to hi, made to words: those of
 * the odd (host's even) elements, or of the even ones */
static void half_words(struct xcode *x, unsigned d, unsigned lo, unsigned hi, bool odd)
{
	if (odd) {
		xv_shift_rri(x, XV_PSLLD_I, d, hi, 16);
		xv_rrri(x, XV_PBLENDW, d, d, lo, 0x55);
	} else {
		xv_shift_rri(x, XV_PSRLD_I, d, lo, 16);
		xv_rrri(x, XV_PBLENDW, d, d, hi, 0xaa);
	}
}

static bool half_unsigned(struct jit *j, const struct ir_insn *i, ir_ref n, bool odd)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), t = jit_tmp_xmm(j);
	int d = jit_def_q(j, n);

	xv_rrr(j->x, XV_PMULLW, VT, a, b);
	xv_rrr(j->x, XV_PMULHUW, t, a, b);
	half_words(j->x, d, VT, t, odd);
	return true;
}

EMIT(vmulouh)
{
	return half_unsigned(j, i, n, true);
}

EMIT(vmuleuh)
{
	return half_unsigned(j, i, n, false);
}

EMIT(vmladduhm)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), c = jit_use_q(j, i->c);
	int d = jit_def_fresh_q(j, n);

	xv_rrr(j->x, XV_PMULLW, d, a, b);
	xv_rrr(j->x, XV_PADDW, d, d, c);
	return true;
}

EMIT(vmsumshm)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), c = jit_use_q(j, i->c);
	int d = jit_def_fresh_q(j, n);

	xv_rrr(j->x, XV_PMADDWD, d, a, b);
	xv_rrr(j->x, XV_PADDD, d, d, c);
	return true;
}

EMIT(vmsumuhm)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), c = jit_use_q(j, i->c);
	int t = jit_tmp_xmm(j), u = jit_tmp_xmm(j), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;

	xv_rrr(x, XV_PMULLW, VT, a, b);
	xv_rrr(x, XV_PMULHUW, t, a, b);
	half_words(x, u, VT, t, true);
	half_words(x, d, VT, t, false);
	xv_rrr(x, XV_PADDD, d, d, u);
	xv_rrr(x, XV_PADDD, d, d, c);
	return true;
}

/* Bytes become half-words, a's with its sign or without; pmaddwd of those cannot overflow. */
static bool sum_bytes(struct jit *j, const struct ir_insn *i, ir_ref n, bool sign)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), c = jit_use_q(j, i->c);
	int t = jit_tmp_xmm(j), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;
	struct xmem mask = vec_h(j, 0xff);

	xv_shift_rri(x, XV_PSRLW_I, VT, b, 8);
	xv_shift_rri(x, sign ? XV_PSRAW_I : XV_PSRLW_I, t, a, 8);
	xv_rrr(x, XV_PMADDWD, t, t, VT);
	xv_rrm(x, XV_PAND, VT, b, mask);
	if (sign) {
		xv_shift_rri(x, XV_PSLLW_I, d, a, 8);
		xv_shift_rri(x, XV_PSRAW_I, d, d, 8);
	} else {
		xv_rrm(x, XV_PAND, d, a, mask);
	}
	xv_rrr(x, XV_PMADDWD, d, d, VT);
	xv_rrr(x, XV_PADDD, d, d, t);
	xv_rrr(x, XV_PADDD, d, d, c);
	return true;
}

EMIT(vmsumubm)
{
	return sum_bytes(j, i, n, false);
}

EMIT(vmsummbm)
{
	return sum_bytes(j, i, n, true);
}

/* To the helper if any byte of t has its highest bit set; it comes back where .back is bound */
static struct jit_cold *helper_if(struct jit *j, unsigned t, int gpr)
{
	struct jit_cold *c;

	xv_rr(j->x, XV_PMOVMSKB, gpr, t);
	x_test_rr(j->x, X_32, gpr, gpr);
	c = jit_cold_call_path(j);
	x_jcc(j->x, XC_NE, c->at);
	return c;
}

/* Words t plus b, signed, to d unless that saturates; t is changed */
static void add_signed(struct jit *j, unsigned d, unsigned t, unsigned b, int gpr)
{
	struct xcode *x = j->x;
	struct jit_cold *c;

	xv_rrr(x, XV_PADDD, d, t, b);
	xv_rrr(x, XV_PXOR, t, t, d);
	xv_rrr(x, XV_PXOR, VT, d, b);
	xv_rrr(x, XV_PAND, t, t, VT);
	xv_rr(x, XV_MOVMSKPS, gpr, t);
	x_test_rr(x, X_32, gpr, gpr);
	c = jit_cold_call_path(j);
	x_jcc(x, XC_NE, c->at);
	x_bind(x, c->back);
}

EMIT(vsum4shs)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), t = jit_tmp_xmm(j);
	int gpr = jit_tmp_int(j), d = jit_def_fresh_q(j, n);

	xv_rrm(j->x, XV_PMADDWD, t, a, vec_h(j, 1));
	add_signed(j, d, t, b, gpr);
	return true;
}

EMIT(vsum4sbs)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), t = jit_tmp_xmm(j);
	int gpr = jit_tmp_int(j), d = jit_def_fresh_q(j, n);

	/* the first operand is unsigned, the second signed */
	xv_rm(j->x, XV_MOVDQA, t, vec_b(j, 1));
	xv_rrr(j->x, XV_PMADDUBSW, t, t, a);
	xv_rrm(j->x, XV_PMADDWD, t, t, vec_h(j, 1));
	add_signed(j, d, t, b, gpr);
	return true;
}

EMIT(vsum4ubs)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), t = jit_tmp_xmm(j);
	int gpr = jit_tmp_int(j), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;

	xv_rrm(x, XV_PMADDUBSW, t, a, vec_b(j, 1));
	xv_rrm(x, XV_PMADDWD, t, t, vec_h(j, 1));
	/* t + min(b, ~t) */
	xv_ones(x, d);
	xv_rrr(x, XV_PXOR, d, d, t);
	xv_rrr(x, XV_PMINUD, d, d, b);
	xv_rrr(x, XV_PADDD, d, d, t);
	xv_rrr(x, XV_PADDD, t, t, b);
	vec_sat_if_differ(j, t, d, gpr);
	return true;
}

/* Words t, of which 0x80000000 means that pmaddwd overflowed, plus c */
EMIT(vmsumshs)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), c = jit_use_q(j, i->c);
	int t = jit_tmp_xmm(j), gpr = jit_tmp_int(j), d = jit_def_fresh_q(j, n);
	struct jit_cold *cold;

	xv_rrr(j->x, XV_PMADDWD, t, a, b);
	xv_rrm(j->x, XV_PCMPEQD, d, t, vec_w(j, 0x80000000));
	cold = helper_if(j, d, gpr);
	add_signed(j, d, t, c, gpr);
	x_bind(j->x, cold->back);
	return true;
}

/* High parts of the products, rounded or not, plus c. Only the square of the smallest number
 * overflows, and only it gives 0x8000. */
static bool high_add(struct jit *j, const struct ir_insn *i, ir_ref n, bool round)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), c = jit_use_q(j, i->c);
	int t = jit_tmp_xmm(j), gpr = jit_tmp_int(j), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;
	struct jit_cold *cold;

	if (round) {
		xv_rrr(x, XV_PMULHRSW, t, a, b);
	} else {
		xv_rrr(x, XV_PMULHW, t, a, b);
		xv_rrr(x, XV_PMULLW, d, a, b);
		xv_shift_rri(x, XV_PSLLW_I, t, t, 1);
		xv_shift_rri(x, XV_PSRLW_I, d, d, 15);
		xv_rrr(x, XV_POR, t, t, d);
	}
	xv_rrm(x, XV_PCMPEQW, d, t, vec_h(j, 0x8000));
	cold = helper_if(j, d, gpr);
	xv_rrr(x, XV_PADDSW, d, t, c);
	xv_rrr(x, XV_PADDW, VT, t, c);
	vec_sat_if_differ(j, VT, d, gpr);
	x_bind(x, cold->back);
	return true;
}

EMIT(vmhaddshs)
{
	return high_add(j, i, n, false);
}

EMIT(vmhraddshs)
{
	return high_add(j, i, n, true);
}

/* Doublewords t to words, zero extended; the helper if that loses something */
static void to_words(struct jit *j, unsigned d, unsigned t, int gpr)
{
	struct xcode *x = j->x;
	struct jit_cold *c;

	xv_rri(x, XV_PSHUFD, VT, t, 0x08);
	xv_rr(x, XV_PMOVSXDQ, VT, VT);
	xv_rrr(x, XV_PCMPEQD, VT, VT, t);
	xv_ones(x, d);
	xv_rrr(x, XV_PXOR, d, d, VT);
	c = helper_if(j, d, gpr);
	xv_rrm(x, XV_PAND, d, t, vec_d(j, 0xffffffff));
	x_bind(x, c->back);
}

/* In each doubleword: both words of a, and the lower one of b */
static void add_pairs(struct jit *j, unsigned t, unsigned a, unsigned b)
{
	struct xcode *x = j->x;

	xv_rri(x, XV_PSHUFD, VT, a, 0x08);
	xv_rr(x, XV_PMOVSXDQ, t, VT);
	xv_rri(x, XV_PSHUFD, VT, a, 0x0d);
	xv_rr(x, XV_PMOVSXDQ, VT, VT);
	xv_rrr(x, XV_PADDQ, t, t, VT);
	xv_rri(x, XV_PSHUFD, VT, b, 0x08);
	xv_rr(x, XV_PMOVSXDQ, VT, VT);
	xv_rrr(x, XV_PADDQ, t, t, VT);
}

EMIT(vsum2sws)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), t = jit_tmp_xmm(j);
	int gpr = jit_tmp_int(j), d = jit_def_fresh_q(j, n);

	add_pairs(j, t, a, b);
	to_words(j, d, t, gpr);
	return true;
}

/* All words of a and the last of b, to the last word */
EMIT(vsumsws)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), t = jit_tmp_xmm(j);
	int u = jit_tmp_xmm(j), gpr = jit_tmp_int(j), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;

	xv_rrm(x, XV_PAND, u, b, vec_const(j, 0, 0xffffffff));
	add_pairs(j, t, a, u);
	xv_rri(x, XV_PSHUFD, u, t, 0xee);
	xv_rrr(x, XV_PADDQ, t, t, u);
	xv_rr(x, XV_MOVQ, t, t);
	to_words(j, d, t, gpr);
	return true;
}

/* 128-bit sums in general registers */
static bool quad(struct jit *j, const struct ir_insn *i, ir_ref n, enum xalu low, enum xalu high)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b);
	int lo = jit_tmp_int(j), hi = jit_tmp_int(j), t = jit_tmp_int(j), d = jit_def_q(j, n);
	struct xcode *x = j->x;

	xv_rr_st(x, XV_MOVQ_GST, lo, a);
	xv_rri_st(x, XV_PEXTRQ, hi, a, 1);
	xv_rr_st(x, XV_MOVQ_GST, t, b);
	x_alu_rr(x, low, X_64, lo, t);
	xv_rri_st(x, XV_PEXTRQ, t, b, 1);
	x_alu_rr(x, high, X_64, hi, t);
	xv_rr(x, XV_MOVQ_G, d, lo);
	xv_rrri(x, XV_PINSRQ, d, d, hi, 1);
	return true;
}

EMIT(vadduqm)
{
	return quad(j, i, n, XA_ADD, XA_ADC);
}

EMIT(vsubuqm)
{
	return quad(j, i, n, XA_SUB, XA_SBB);
}
