// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Vector helpers as host code: sums, differences, averages, extremes, compares, sign extension.
 *
 * VSCR.SAT: saturation is seen by comparing with the modulo result, or by the bits that a narrower
 * element cannot hold; the slot is written in cold code and nowhere else.
 */
#include "backend/x86_64/vec.h"

#define TWO(name, op)                                                                              \
	EMIT(name)                                                                                 \
	{                                                                                          \
		return vec_two(j, n, i->a, i->b, op);                                              \
	}

TWO(vaddubm, XV_PADDB)
TWO(vadduhm, XV_PADDW)
TWO(vadduwm, XV_PADDD)
TWO(vaddudm, XV_PADDQ)
TWO(vsububm, XV_PSUBB)
TWO(vsubuhm, XV_PSUBW)
TWO(vsubuwm, XV_PSUBD)
TWO(vsubudm, XV_PSUBQ)
TWO(vavgub, XV_PAVGB)
TWO(vavguh, XV_PAVGW)
TWO(vmaxub, XV_PMAXUB)
TWO(vmaxuh, XV_PMAXUW)
TWO(vmaxuw, XV_PMAXUD)
TWO(vmaxsb, XV_PMAXSB)
TWO(vmaxsh, XV_PMAXSW)
TWO(vmaxsw, XV_PMAXSD)
TWO(vminub, XV_PMINUB)
TWO(vminuh, XV_PMINUW)
TWO(vminuw, XV_PMINUD)
TWO(vminsb, XV_PMINSB)
TWO(vminsh, XV_PMINSW)
TWO(vminsw, XV_PMINSD)
TWO(vcmpequb, XV_PCMPEQB)
TWO(vcmpequh, XV_PCMPEQW)
TWO(vcmpequw, XV_PCMPEQD)
TWO(vcmpequd, XV_PCMPEQQ)
TWO(vcmpgtsb, XV_PCMPGTB)
TWO(vcmpgtsh, XV_PCMPGTW)
TWO(vcmpgtsw, XV_PCMPGTD)
TWO(vcmpgtsd, XV_PCMPGTQ)

/* Unsigned order is signed order of values with the sign bit flipped. */
static bool greater(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op,
		    struct xmem sign)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b);
	int d = jit_def_fresh_q(j, n);

	if (j->x->vex) {
		xv_rrm(j->x, XV_PXOR, VT, b, sign);
		xv_rrm(j->x, XV_PXOR, d, a, sign);
	} else {
		xv_rm(j->x, XV_MOVDQA, VT, sign);
		xv_mov(j->x, d, VT);
		xv_rrr(j->x, XV_PXOR, d, d, a);
		xv_rrr(j->x, XV_PXOR, VT, VT, b);
	}
	xv_rrr(j->x, op, d, d, VT);
	return true;
}

EMIT(vcmpgtub)
{
	return greater(j, i, n, XV_PCMPGTB, vec_b(j, 0x80));
}

EMIT(vcmpgtuh)
{
	return greater(j, i, n, XV_PCMPGTW, vec_h(j, 0x8000));
}

EMIT(vcmpgtuw)
{
	return greater(j, i, n, XV_PCMPGTD, vec_w(j, 0x80000000));
}

EMIT(vcmpgtud)
{
	return greater(j, i, n, XV_PCMPGTQ, vec_d(j, 1ull << 63));
}

static bool differ(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_q(j, n);

	xv_rrr(j->x, op, d, a, b);
	vec_invert(j, d);
	return true;
}

EMIT(vcmpneb)
{
	return differ(j, i, n, XV_PCMPEQB);
}

EMIT(vcmpneh)
{
	return differ(j, i, n, XV_PCMPEQW);
}

EMIT(vcmpnew)
{
	return differ(j, i, n, XV_PCMPEQD);
}

/* Where a and b are equal, but not 0: ~that */
static bool differ_or_zero(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_q(j, n);

	xv_zero(j->x, VT);
	xv_rrr(j->x, op, VT, VT, a);
	xv_rrr(j->x, op, d, a, b);
	xv_rrr(j->x, XV_PANDN, VT, VT, d);
	xv_mov(j->x, d, VT);
	vec_invert(j, d);
	return true;
}

EMIT(vcmpnezb)
{
	return differ_or_zero(j, i, n, XV_PCMPEQB);
}

EMIT(vcmpnezh)
{
	return differ_or_zero(j, i, n, XV_PCMPEQW);
}

EMIT(vcmpnezw)
{
	return differ_or_zero(j, i, n, XV_PCMPEQD);
}

/* Doublewords: take a where (flip: unsigned) a > b equals max */
static bool extreme(struct jit *j, const struct ir_insn *i, ir_ref n, bool max, bool flip)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b);
	int t = jit_tmp_xmm(j), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;

	xv_mov(x, VT, a);
	xv_mov(x, t, b);
	if (flip) {
		xv_rm(x, XV_MOVDQA, d, vec_d(j, 1ull << 63));
		xv_rrr(x, XV_PXOR, VT, VT, d);
		xv_rrr(x, XV_PXOR, t, t, d);
	}
	xv_rrr(x, XV_PCMPGTQ, VT, VT, t);
	/* the wanted ones of a under the mask, of b beside it */
	xv_mov(x, d, max ? b : a);
	xv_rrr(x, XV_PXOR, d, d, max ? a : b);
	xv_rrr(x, XV_PAND, d, d, VT);
	xv_rrr(x, XV_PXOR, d, d, max ? b : a);
	return true;
}

EMIT(vmaxud)
{
	return extreme(j, i, n, true, true);
}

EMIT(vmaxsd)
{
	return extreme(j, i, n, true, false);
}

EMIT(vminud)
{
	return extreme(j, i, n, false, true);
}

EMIT(vminsd)
{
	return extreme(j, i, n, false, false);
}

/* (x + y + 1) >> 1 is (x | y) - ((x ^ y) >> 1) */
static bool average(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop shift)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_q(j, n);

	xv_rrr(j->x, XV_PXOR, VT, a, b);
	xv_shift_rri(j->x, shift, VT, VT, 1);
	xv_rrr(j->x, XV_POR, d, a, b);
	xv_rrr(j->x, XV_PSUBD, d, d, VT);
	return true;
}

EMIT(vavguw)
{
	return average(j, i, n, XV_PSRLD_I);
}

EMIT(vavgsw)
{
	return average(j, i, n, XV_PSRAD_I);
}

/* Signed values with the sign flipped are unsigned ones with an offset, which the average keeps. */
static bool average_signed(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op,
			   struct xmem sign)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_fresh_q(j, n);

	xv_rrm(j->x, XV_PXOR, VT, a, sign);
	xv_rrm(j->x, XV_PXOR, d, b, sign);
	xv_rrr(j->x, op, d, d, VT);
	xv_rrm(j->x, XV_PXOR, d, d, sign);
	return true;
}

EMIT(vavgsb)
{
	return average_signed(j, i, n, XV_PAVGB, vec_b(j, 0x80));
}

EMIT(vavgsh)
{
	return average_signed(j, i, n, XV_PAVGW, vec_h(j, 0x8000));
}

/* One of the two saturating differences is 0. */
static bool distance(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_q(j, n);

	xv_rrr(j->x, op, VT, a, b);
	xv_rrr(j->x, op, d, b, a);
	xv_rrr(j->x, XV_POR, d, d, VT);
	return true;
}

EMIT(vabsdub)
{
	return distance(j, i, n, XV_PSUBUSB);
}

EMIT(vabsduh)
{
	return distance(j, i, n, XV_PSUBUSW);
}

EMIT(vabsduw)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_q(j, n);

	xv_rrr(j->x, XV_PMINUD, VT, a, b);
	xv_rrr(j->x, XV_PMAXUD, d, a, b);
	xv_rrr(j->x, XV_PSUBD, d, d, VT);
	return true;
}

/* Carry out of a + b: the sum is less than a, so that max(sum, a) is not the sum */
EMIT(vaddcuw)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_fresh_q(j, n);

	xv_rrr(j->x, XV_PADDD, VT, a, b);
	xv_rrr(j->x, XV_PMAXUD, d, VT, a);
	xv_rrr(j->x, XV_PCMPEQD, d, d, VT);
	/* 0 or -1 to 1 or 0 */
	xv_rrm(j->x, XV_PADDD, d, d, vec_w(j, 1));
	return true;
}

/* 1 where a >= b */
EMIT(vsubcuw)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_fresh_q(j, n);

	xv_rrr(j->x, XV_PMAXUD, d, a, b);
	xv_rrr(j->x, XV_PCMPEQD, d, d, a);
	xv_shift_rri(j->x, XV_PSRLD_I, d, d, 31);
	return true;
}

/* Saturating and modulo instruction */
static bool saturate(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op,
		     enum xvop modulo)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), gpr = jit_tmp_int(j);
	int d = jit_def_q(j, n);

	xv_rrr(j->x, modulo, VT, a, b);
	xv_rrr(j->x, op, d, a, b);
	vec_sat_if_differ(j, VT, d, gpr);
	return true;
}

#define SATURATE(name, op, modulo)                                                                 \
	EMIT(name)                                                                                 \
	{                                                                                          \
		return saturate(j, i, n, op, modulo);                                              \
	}

SATURATE(vaddubs, XV_PADDUSB, XV_PADDB)
SATURATE(vadduhs, XV_PADDUSW, XV_PADDW)
SATURATE(vaddsbs, XV_PADDSB, XV_PADDB)
SATURATE(vaddshs, XV_PADDSW, XV_PADDW)
SATURATE(vsububs, XV_PSUBUSB, XV_PSUBB)
SATURATE(vsubuhs, XV_PSUBUSW, XV_PSUBW)
SATURATE(vsubsbs, XV_PSUBSB, XV_PSUBB)
SATURATE(vsubshs, XV_PSUBSW, XV_PSUBW)

/* a + min(b, ~a) */
EMIT(vadduws)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), gpr = jit_tmp_int(j);
	int d = jit_def_fresh_q(j, n);

	xv_ones(j->x, d);
	xv_rrr(j->x, XV_PXOR, d, d, a);
	xv_rrr(j->x, XV_PMINUD, d, d, b);
	xv_rrr(j->x, XV_PADDD, d, d, a);
	xv_rrr(j->x, XV_PADDD, VT, a, b);
	vec_sat_if_differ(j, VT, d, gpr);
	return true;
}

/* max(a, b) - b */
EMIT(vsubuws)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), gpr = jit_tmp_int(j);
	int d = jit_def_fresh_q(j, n);

	xv_rrr(j->x, XV_PMAXUD, d, a, b);
	xv_rrr(j->x, XV_PSUBD, d, d, b);
	xv_rrr(j->x, XV_PSUBD, VT, a, b);
	vec_sat_if_differ(j, VT, d, gpr);
	return true;
}

/* The modulo result unless some sign is wrong, which the helper deals with */
static bool saturate_word(struct jit *j, const struct ir_insn *i, ir_ref n, bool sub)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), gpr = jit_tmp_int(j);
	int t = jit_tmp_xmm(j), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;
	struct jit_cold *c;

	xv_rrr(x, sub ? XV_PSUBD : XV_PADDD, d, a, b);
	xv_rrr(x, XV_PXOR, VT, d, a);
	xv_rrr(x, XV_PXOR, t, sub ? a : d, b);
	xv_rrr(x, XV_PAND, VT, VT, t);
	xv_rr(x, XV_MOVMSKPS, gpr, VT);
	x_test_rr(x, X_32, gpr, gpr);
	c = jit_cold_call_path(j);
	x_jcc(x, XC_NE, c->at);
	x_bind(x, c->back);
	return true;
}

EMIT(vaddsws)
{
	return saturate_word(j, i, n, false);
}

EMIT(vsubsws)
{
	return saturate_word(j, i, n, true);
}

static bool negate(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op)
{
	int a = jit_use_q(j, i->a), d = jit_def_fresh_q(j, n);

	xv_zero(j->x, d);
	xv_rrr(j->x, op, d, d, a);
	return true;
}

EMIT(vnegw)
{
	return negate(j, i, n, XV_PSUBD);
}

EMIT(vnegd)
{
	return negate(j, i, n, XV_PSUBQ);
}

/* The low bits of each word, sign extended to the word, and on to the doubleword if wanted */
static bool extend(struct jit *j, const struct ir_insn *i, ir_ref n, unsigned bits, bool dword)
{
	int a = jit_use_q(j, i->a), d = jit_def_q(j, n);
	struct xcode *x = j->x;

	if (bits < 32) {
		xv_shift_rri(x, XV_PSLLD_I, d, a, 32 - bits);
		xv_shift_rri(x, XV_PSRAD_I, d, d, 32 - bits);
		a = d;
	}
	if (dword) {
		xv_rri(x, XV_PSHUFD, d, a, 0x88); /* words 0 and 2 */
		xv_shift_rri(x, XV_PSRAD_I, VT, d, 31);
		xv_rrr(x, XV_PUNPCKLDQ, d, d, VT);
	}
	return true;
}

EMIT(vextsb2w)
{
	return extend(j, i, n, 8, false);
}

EMIT(vextsh2w)
{
	return extend(j, i, n, 16, false);
}

EMIT(vextsb2d)
{
	return extend(j, i, n, 8, true);
}

EMIT(vextsh2d)
{
	return extend(j, i, n, 16, true);
}

EMIT(vextsw2d)
{
	return extend(j, i, n, 32, true);
}
