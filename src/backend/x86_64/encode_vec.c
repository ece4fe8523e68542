// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Encoder for x86-64: vector and floating-point instructions, VEX or legacy as x->vex says.
 *
 * The legacy forms have two operands: three are made of them by a copy. Where the first byte
 * prefix of VEX would need its long form for a register in r/m only, the sources of a commutative
 * op are exchanged.
 */
#include "backend/x86_64/encode_core.h"

#include "base/assert.h"

enum { SCRATCH = 15, SHORT_VEX_MASK = OP_W | 3 << 10 };

static u32 digit(enum xvop op)
{
	return (u32)op >> 16 & 7;
}

void xv_mov(struct xcode *x, unsigned d, unsigned s)
{
	if (d == s)
		return;
	if (!x->vex)
		x_enc_r(x, XV_MOVAPS, d, s);
	else if (s & 8 && !(d & 8))
		x_vex_r(x, XV_MOVAPS_ST, s, 0, d);
	else
		x_vex_r(x, XV_MOVAPS, d, 0, s);
}

/* Legacy: bring a into d so that `op d, b` remains; returns the register that holds b then. */
static unsigned two_operands(struct xcode *x, enum xvop op, unsigned d, unsigned a, unsigned b)
{
	pv_assert(!(op & XV_VEX_ONLY));
	if (d == a)
		return b;
	if (d == b && !(op & XV_GPR)) {
		if (op & XV_COMMUTES)
			return a;
		pv_assert(a != SCRATCH && b != SCRATCH);
		xv_mov(x, SCRATCH, b);
		b = SCRATCH;
	}
	xv_mov(x, d, a);
	return b;
}

void xv_rrr(struct xcode *x, enum xvop op, unsigned d, unsigned a, unsigned b)
{
	if (!x->vex) {
		b = two_operands(x, op, d, a, b);
		x_enc_r(x, op, d, b);
		return;
	}
	if (op & XV_COMMUTES && b & 8 && !(a & 8) && (op & SHORT_VEX_MASK) == OP_0F)
		x_vex_r(x, op, d, b, a);
	else
		x_vex_r(x, op, d, a, b);
}

void xv_rrm(struct xcode *x, enum xvop op, unsigned d, unsigned a, struct xmem m)
{
	if (x->vex) {
		x_vex_m(x, op, d, a, &m, 0);
		return;
	}
	pv_assert(!(op & XV_VEX_ONLY));
	xv_mov(x, d, a);
	x_enc_m(x, op, d, &m, 0);
}

void xv_rrri(struct xcode *x, enum xvop op, unsigned d, unsigned a, unsigned b, u8 imm)
{
	if (x->vex) {
		x_vex_r(x, op, d, a, b);
	} else {
		b = two_operands(x, op, d, a, b);
		x_enc_r(x, op, d, b);
	}
	x_imm(x, imm, 1);
}

void xv_rrmi(struct xcode *x, enum xvop op, unsigned d, unsigned a, struct xmem m, u8 imm)
{
	if (x->vex) {
		x_vex_m(x, op, d, a, &m, 1);
	} else {
		pv_assert(!(op & XV_VEX_ONLY));
		xv_mov(x, d, a);
		x_enc_m(x, op, d, &m, 1);
	}
	x_imm(x, imm, 1);
}

static void unary_r(struct xcode *x, enum xvop op, unsigned reg, unsigned rm)
{
	if (x->vex) {
		x_vex_r(x, op, reg, 0, rm);
	} else {
		pv_assert(!(op & XV_VEX_ONLY));
		x_enc_r(x, op, reg, rm);
	}
}

static void unary_m(struct xcode *x, enum xvop op, unsigned reg, const struct xmem *m,
		    unsigned after)
{
	if (x->vex) {
		x_vex_m(x, op, reg, 0, m, after);
	} else {
		pv_assert(!(op & XV_VEX_ONLY));
		x_enc_m(x, op, reg, m, after);
	}
}

void xv_rr(struct xcode *x, enum xvop op, unsigned d, unsigned b)
{
	unary_r(x, op, d, b);
}

void xv_rm(struct xcode *x, enum xvop op, unsigned d, struct xmem m)
{
	unary_m(x, op, d, &m, 0);
}

void xv_rri(struct xcode *x, enum xvop op, unsigned d, unsigned b, u8 imm)
{
	unary_r(x, op, d, b);
	x_imm(x, imm, 1);
}

void xv_rmi(struct xcode *x, enum xvop op, unsigned d, struct xmem m, u8 imm)
{
	unary_m(x, op, d, &m, 1);
	x_imm(x, imm, 1);
}

void xv_mr(struct xcode *x, enum xvop op, struct xmem m, unsigned r)
{
	unary_m(x, op, r, &m, 0);
}

void xv_mri(struct xcode *x, enum xvop op, struct xmem m, unsigned r, u8 imm)
{
	unary_m(x, op, r, &m, 1);
	x_imm(x, imm, 1);
}

void xv_rr_st(struct xcode *x, enum xvop op, unsigned rm, unsigned r)
{
	unary_r(x, op, r, rm);
}

void xv_rri_st(struct xcode *x, enum xvop op, unsigned rm, unsigned r, u8 imm)
{
	unary_r(x, op, r, rm);
	x_imm(x, imm, 1);
}

void xv_shift_rri(struct xcode *x, enum xvop op, unsigned d, unsigned a, u8 n)
{
	if (x->vex) {
		x_vex_r(x, op, digit(op), d, a);
	} else {
		xv_mov(x, d, a);
		x_enc_r(x, op, digit(op), d);
	}
	x_imm(x, n, 1);
}

void xv_pblendvb(struct xcode *x, unsigned d, unsigned a, unsigned b, unsigned mask)
{
	pv_assert(x->vex);
	x_vex_r(x, OP_66 | OP_3A | 0x4c, d, a, b);
	x_imm(x, mask << 4, 1);
}

void xv_pblendvb_xmm0(struct xcode *x, unsigned d, unsigned b)
{
	x_enc_r(x, OP_66 | OP_38 | 0x10, d, b);
}

enum { EVEX_B = 0x10, EVEX_RZ = 0x60 };

void xv_rrr_rz(struct xcode *x, enum xvop op, unsigned d, unsigned a, unsigned b)
{
	x_evex_r(x, op, d, a, b, EVEX_B | EVEX_RZ);
}

void xv_rr_sae(struct xcode *x, enum xvop op, unsigned d, unsigned b)
{
	x_evex_r(x, op, d, 0, b, EVEX_B);
}

void xv_zero(struct xcode *x, unsigned d)
{
	if (!x->vex)
		x_enc_r(x, XV_PXOR, d, d);
	else if (d & 8) /* the short prefix has no bit for r/m: xmm0's bits cancel as well */
		x_vex_r(x, XV_PXOR, d, 0, 0);
	else
		x_vex_r(x, XV_PXOR, d, d, d);
}

void xv_ones(struct xcode *x, unsigned d)
{
	if (x->vex)
		x_vex_r(x, XV_PCMPEQD, d, d, d);
	else
		x_enc_r(x, XV_PCMPEQD, d, d);
}
