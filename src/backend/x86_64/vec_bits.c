// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Vector helpers as host code: counts of bits, bit permute, carry-less products, AES, SHA-2.
 */
#include "backend/x86_64/vec.h"

/* d = lo[x & 15] op hi[x >> 4] for each byte x of a; hi is table hi. Uses VT; a and d differ */
static void nibbles(struct jit *j, unsigned d, unsigned a, unsigned t, struct xmem lo,
		    struct xmem hi, enum xvop op)
{
	struct xcode *x = j->x;
	struct xmem low = vec_b(j, 15);

	xv_shift_rri(x, XV_PSRLW_I, VT, a, 4);
	xv_rrm(x, XV_PAND, VT, VT, low);
	xv_rm(x, XV_MOVDQA, t, hi);
	xv_rrr(x, XV_PSHUFB, t, t, VT);
	xv_rrm(x, XV_PAND, VT, a, low);
	xv_rm(x, XV_MOVDQA, d, lo);
	xv_rrr(x, XV_PSHUFB, d, d, VT);
	xv_rrr(x, op, d, d, t);
}

/* Ones in each byte of a, then summed over elements of `size` bits */
static void ones(struct jit *j, unsigned d, unsigned a, unsigned t, unsigned size)
{
	struct xcode *x = j->x;
	struct xmem table = vec_const(j, 0x0403030203020201ull, 0x0302020102010100ull);

	nibbles(j, d, a, t, table, table, XV_PADDB);
	if (size == 64) {
		xv_zero(x, t);
		xv_rrr(x, XV_PSADBW, d, d, t);
		return;
	}
	if (size >= 16) {
		xv_shift_rri(x, XV_PSRLW_I, t, d, 8);
		xv_rrr(x, XV_PADDB, d, d, t);
		xv_rrm(x, XV_PAND, d, d, vec_h(j, 0xff));
	}
	if (size == 32)
		xv_rrm(x, XV_PMADDWD, d, d, vec_h(j, 1));
}

static bool population(struct jit *j, const struct ir_insn *i, ir_ref n, unsigned size)
{
	int a = jit_use_q(j, i->a), t = jit_tmp_xmm(j), d = jit_def_fresh_q(j, n);

	ones(j, d, a, t, size);
	return true;
}

EMIT(vpopcntb)
{
	return population(j, i, n, 8);
}

EMIT(vpopcnth)
{
	return population(j, i, n, 16);
}

EMIT(vpopcntw)
{
	return population(j, i, n, 32);
}

EMIT(vpopcntd)
{
	return population(j, i, n, 64);
}

/* Trailing zeros: the ones of ~x & (x - 1) */
static bool trailing(struct jit *j, const struct ir_insn *i, ir_ref n, unsigned size, enum xvop add)
{
	int a = jit_use_q(j, i->a), t = jit_tmp_xmm(j), u = jit_tmp_xmm(j);
	int d = jit_def_fresh_q(j, n);

	xv_ones(j->x, VT);
	xv_rrr(j->x, add, VT, VT, a);
	xv_rrr(j->x, XV_PANDN, u, a, VT);
	ones(j, d, u, t, size);
	return true;
}

EMIT(vctzb)
{
	return trailing(j, i, n, 8, XV_PADDB);
}

EMIT(vctzh)
{
	return trailing(j, i, n, 16, XV_PADDW);
}

EMIT(vctzw)
{
	return trailing(j, i, n, 32, XV_PADDD);
}

EMIT(vctzd)
{
	return trailing(j, i, n, 64, XV_PADDQ);
}

/*
 * Leading zeros of bytes: the smaller one of what the two halves say. Of larger elements: those of
 * the upper half, and those of the lower half too where the upper one is 0.
 */
static bool leading(struct jit *j, const struct ir_insn *i, ir_ref n, unsigned size)
{
	int a = jit_use_q(j, i->a), t = jit_tmp_xmm(j), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;
	/* what nibbles give: of the upper half 4 3 2 2 1 1 1 1 0 …, but 8 for 0; the lower + 4 */
	struct xmem upper = vec_const(j, 0, 0x0101010102020308ull);
	struct xmem lower = vec_const(j, 0x0404040404040404ull, 0x0505050506060708ull);

	nibbles(j, d, a, t, lower, upper, XV_PMINUB);
	if (size >= 16) {
		xv_shift_rri(x, XV_PSRLW_I, t, d, 8);
		xv_rrm(x, XV_PCMPEQW, VT, t, vec_h(j, 8));
		xv_rrr(x, XV_PAND, d, d, VT);
		xv_rrm(x, XV_PAND, d, d, vec_h(j, 0xff));
		xv_rrr(x, XV_PADDW, d, d, t);
	}
	if (size >= 32) {
		xv_shift_rri(x, XV_PSRLD_I, t, d, 16);
		xv_rrm(x, XV_PCMPEQD, VT, t, vec_w(j, 16));
		xv_rrr(x, XV_PAND, d, d, VT);
		xv_rrm(x, XV_PAND, d, d, vec_w(j, 0xffff));
		xv_rrr(x, XV_PADDD, d, d, t);
	}
	if (size == 64) {
		/* the compare's high word is 0 == 0: only the low word of d counts */
		xv_shift_rri(x, XV_PSRLQ_I, t, d, 32);
		xv_rrm(x, XV_PCMPEQD, VT, t, vec_d(j, 32));
		xv_rrr(x, XV_PAND, d, d, VT);
		xv_rrm(x, XV_PAND, d, d, vec_d(j, 0xffffffff));
		xv_rrr(x, XV_PADDD, d, d, t);
	}
	return true;
}

EMIT(vclzb)
{
	return leading(j, i, n, 8);
}

EMIT(vclzh)
{
	return leading(j, i, n, 16);
}

EMIT(vclzw)
{
	return leading(j, i, n, 32);
}

EMIT(vclzd)
{
	return leading(j, i, n, 64);
}

/* Bytes before the first one with its last bit set: the host's highest */
EMIT(vclzlsbb)
{
	int a = jit_use_q(j, i->a), d = jit_def_fresh_int(j, n);
	struct xcode *x = j->x;

	xv_shift_rri(x, XV_PSLLW_I, VT, a, 7);
	xv_rr(x, XV_PMOVMSKB, d, VT);
	x_shift_ri(x, XS_SHL, X_32, d, 1);
	x_alu_ri(x, XA_OR, X_32, d, 1); /* found at last: 16 */
	x_count_rr(x, XN_BSR, X_32, d, d);
	x_group3_r(x, XG_NEG, X_32, d);
	x_alu_ri(x, XA_ADD, X_32, d, 16);
	return true;
}

EMIT(vctzlsbb)
{
	int a = jit_use_q(j, i->a), d = jit_def_fresh_int(j, n);
	struct xcode *x = j->x;

	xv_shift_rri(x, XV_PSLLW_I, VT, a, 7);
	xv_rr(x, XV_PMOVMSKB, d, VT);
	x_alu_ri(x, XA_OR, X_32, d, 0x10000);
	x_count_rr(x, XN_BSF, X_32, d, d);
	return true;
}

/*
 * Bit permute: for each byte of b, the byte of a that its upper bits number comes by pshufb (none
 * for 128 and more), the bit in it by a mask from a table.
 */
EMIT(vbpermq)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), t = jit_tmp_xmm(j);
	int gpr = jit_tmp_int(j), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;

	xv_shift_rri(x, XV_PSRLW_I, VT, b, 3);
	xv_rrm(x, XV_PAND, VT, VT, vec_b(j, 31));
	xv_rm(x, XV_MOVDQA, t, vec_b(j, 15));
	xv_rrr(x, XV_PSUBB, t, t, VT);
	xv_rrr(x, XV_PSHUFB, d, a, t);
	xv_rrm(x, XV_PAND, VT, b, vec_b(j, 7));
	xv_rm(x, XV_MOVDQA, t, vec_const(j, 0, 0x0102040810204080ull));
	xv_rrr(x, XV_PSHUFB, t, t, VT);
	xv_rrr(x, XV_PAND, d, d, t);
	xv_rrr(x, XV_PCMPEQB, d, d, t);
	xv_rr(x, XV_PMOVMSKB, gpr, d);
	xv_rr(x, XV_MOVD_G, d, gpr);
	xv_shift_rri(x, XV_PSLLDQ, d, d, 8);
	return true;
}

EMIT(vpmsumd)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_fresh_q(j, n);

	xv_rrri(j->x, XV_PCLMULQDQ, d, a, b, 0x00);
	xv_rrri(j->x, XV_PCLMULQDQ, VT, a, b, 0x11);
	xv_rrr(j->x, XV_PXOR, d, d, VT);
	return true;
}

/* Lower and upper words of both doublewords: four products, added in pairs */
EMIT(vpmsumw)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), t = jit_tmp_xmm(j);
	int u = jit_tmp_xmm(j), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;

	xv_shift_rri(x, XV_PSRLQ_I, VT, a, 32);
	xv_shift_rri(x, XV_PSRLQ_I, t, b, 32);
	xv_rrri(x, XV_PCLMULQDQ, d, VT, t, 0x00);
	xv_rrri(x, XV_PCLMULQDQ, u, VT, t, 0x11);
	xv_rrr(x, XV_PUNPCKLQDQ, d, d, u);
	xv_rrm(x, XV_PAND, VT, a, vec_d(j, 0xffffffff));
	xv_rrm(x, XV_PAND, t, b, vec_d(j, 0xffffffff));
	xv_rrri(x, XV_PCLMULQDQ, u, VT, t, 0x11);
	xv_rrri(x, XV_PCLMULQDQ, VT, VT, t, 0x00);
	xv_rrr(x, XV_PUNPCKLQDQ, VT, VT, u);
	xv_rrr(x, XV_PXOR, d, d, VT);
	return true;
}

/* The state of AES has its first byte in the host's lowest, here it is the highest. */
static struct xmem reverse(struct jit *j)
{
	return vec_const(j, 0x0001020304050607ull, 0x08090a0b0c0d0e0full);
}

static bool cipher(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op, bool mix)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;
	struct xmem order = reverse(j);

	xv_rrm(x, XV_PSHUFB, VT, b, order);
	xv_rrm(x, XV_PSHUFB, d, a, order);
	xv_rrr(x, op, d, d, VT);
	/* the inverse round adds its key before it mixes columns */
	if (mix)
		xv_rr(x, XV_AESIMC, d, d);
	xv_rrm(x, XV_PSHUFB, d, d, order);
	return true;
}

EMIT(vcipher)
{
	return cipher(j, i, n, XV_AESENC, false);
}

EMIT(vcipherlast)
{
	return cipher(j, i, n, XV_AESENCLAST, false);
}

EMIT(vncipher)
{
	return cipher(j, i, n, XV_AESDECLAST, true);
}

EMIT(vncipherlast)
{
	return cipher(j, i, n, XV_AESDECLAST, false);
}

/* A last round with a zero key, whose row shift is undone before */
EMIT(vsbox)
{
	int a = jit_use_q(j, i->a), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;

	xv_zero(x, VT);
	xv_rrm(x, XV_PSHUFB, d, a, vec_const(j, 0x0306090c0f020508ull, 0x0b0e0104070a0d00ull));
	xv_rrr(x, XV_AESENCLAST, d, d, VT);
	return true;
}

/* Rotations to the right by r[0] and r[1], by r[2] or plainly shifted if `shift` */
struct sigma {
	u8 r[3];
	bool shift;
};

static bool sigma(struct jit *j, const struct ir_insn *i, ir_ref n, const struct sigma *s,
		  enum xvop right, enum xvop left, unsigned size)
{
	int a = jit_use_q(j, i->a), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;

	xv_shift_rri(x, right, d, a, s->r[2]);
	for (unsigned k = 0; k < 3; k++) {
		if (k < 2) {
			xv_shift_rri(x, right, VT, a, s->r[k]);
			xv_rrr(x, XV_PXOR, d, d, VT);
		}
		if (k < 2 || !s->shift) {
			xv_shift_rri(x, left, VT, a, size - s->r[k]);
			xv_rrr(x, XV_PXOR, d, d, VT);
		}
	}
	return true;
}

/* FIPS 180-4, 4.1.2 and 4.1.3; only when all elements want the same function */
EMIT(vshasigmaw)
{
	static const struct sigma sigmas[2][2] = {
		{{{7, 18, 3}, true}, {{17, 19, 10}, true}},
		{{{2, 13, 22}, false}, {{6, 11, 25}, false}},
	};
	u64 st, six;

	if (!jit_is_const(j, i->b, &st) || !jit_is_const(j, i->c, &six))
		return false;
	six &= 15;
	if (six && six != 15)
		return false;
	return sigma(j, i, n, &sigmas[st & 1][six & 1], XV_PSRLD_I, XV_PSLLD_I, 32);
}

EMIT(vshasigmad)
{
	static const struct sigma sigmas[2][2] = {
		{{{1, 8, 7}, true}, {{19, 61, 6}, true}},
		{{{28, 34, 39}, false}, {{14, 18, 41}, false}},
	};
	u64 st, six;

	if (!jit_is_const(j, i->b, &st) || !jit_is_const(j, i->c, &six))
		return false;
	six &= 10;
	if (six && six != 10)
		return false;
	return sigma(j, i, n, &sigmas[st & 1][!!six], XV_PSRLQ_I, XV_PSLLQ_I, 64);
}
