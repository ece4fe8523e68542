// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Vector helpers as host code: shifts and rotates.
 *
 * Amounts that are known become immediates. Of others only words and doublewords have host
 * instructions (AVX2); bytes and half-words are multiplied by powers of two, which a table look-up
 * (pshufb) gives.
 */
#include "backend/x86_64/vec.h"

/* All elements of `size` bits of v are one constant */
static bool splat(struct jit *j, ir_ref v, unsigned size, u64 *value)
{
	u64 hi, lo, mask = size == 64 ? ~0ull : (1ull << size) - 1;

	if (!vec_is_const(j, v, &hi, &lo) || hi != lo)
		return false;
	*value = lo & mask;
	return size == 64 || lo == *value * (~0ull / mask);
}

/* The amount of a shift by a constant splat */
static bool amount(struct jit *j, ir_ref v, unsigned size, unsigned *count)
{
	u64 value;

	if (!splat(j, v, size, &value))
		return false;
	*count = value & (size - 1);
	return true;
}

static bool by_immediate(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op,
			 unsigned count)
{
	int a = jit_use_q(j, i->a), d = jit_def_q(j, n);

	xv_shift_rri(j->x, op, d, a, count);
	return true;
}

/* Words and doublewords: the host does not take the amount modulo the size */
static bool variable(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op,
		     struct xmem mask)
{
	int a, b, d;

	if (!vec_has(j, HOST_AVX2))
		return false;
	a = jit_use_q(j, i->a);
	b = jit_use_q(j, i->b);
	d = jit_def_q(j, n);
	xv_rrm(j->x, XV_PAND, VT, b, mask);
	xv_rrr(j->x, op, d, a, VT);
	return true;
}

#define SHIFT(name, size, immediate, op)                                                           \
	EMIT(name)                                                                                 \
	{                                                                                          \
		unsigned count;                                                                    \
                                                                                                   \
		if (amount(j, i->b, size, &count))                                                 \
			return by_immediate(j, i, n, immediate, count);                            \
		return variable(j, i, n, op, (size) == 32 ? vec_w(j, 31) : vec_d(j, 63));          \
	}

SHIFT(vslw, 32, XV_PSLLD_I, XV_PSLLVD)
SHIFT(vsrw, 32, XV_PSRLD_I, XV_PSRLVD)
SHIFT(vsraw, 32, XV_PSRAD_I, XV_PSRAVD)
SHIFT(vsld, 64, XV_PSLLQ_I, XV_PSLLVQ)
SHIFT(vsrd, 64, XV_PSRLQ_I, XV_PSRLVQ)

/* A negative value shifts in zeros as its complement, which is not negative. */
EMIT(vsrad)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), t = jit_tmp_xmm(j);
	int d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;

	xv_zero(x, VT);
	xv_rrr(x, XV_PCMPGTQ, VT, VT, a);
	xv_rrm(x, XV_PAND, t, b, vec_d(j, 63));
	xv_rrr(x, XV_PXOR, d, a, VT);
	xv_rrr(x, XV_PSRLVQ, d, d, t);
	xv_rrr(x, XV_PXOR, d, d, VT);
	return true;
}

/* Rotates: what the left shift loses comes from a right shift by the rest */
static bool rotate_immediate(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop left,
			     enum xvop right, unsigned size, unsigned count)
{
	int a = jit_use_q(j, i->a), d = jit_def_q(j, n);

	if (!count) {
		xv_mov(j->x, d, a);
		return true;
	}
	xv_shift_rri(j->x, right, VT, a, size - count);
	xv_shift_rri(j->x, left, d, a, count);
	xv_rrr(j->x, XV_POR, d, d, VT);
	return true;
}

static bool rotate(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop left,
		   enum xvop right, struct xmem mask, struct xmem size)
{
	int a, b, t, d;
	struct xcode *x = j->x;

	if (!vec_has(j, HOST_AVX2))
		return false;
	a = jit_use_q(j, i->a);
	b = jit_use_q(j, i->b);
	t = jit_tmp_xmm(j);
	d = jit_def_fresh_q(j, n);
	xv_rrm(x, XV_PAND, VT, b, mask);
	xv_rrr(x, left, d, a, VT);
	xv_rm(x, XV_MOVDQA, t, size);
	xv_rrr(x, XV_PSUBD, t, t, VT);
	xv_rrr(x, right, t, a, t);
	xv_rrr(x, XV_POR, d, d, t);
	return true;
}

EMIT(vrlw)
{
	unsigned count;

	if (amount(j, i->b, 32, &count))
		return rotate_immediate(j, i, n, XV_PSLLD_I, XV_PSRLD_I, 32, count);
	return rotate(j, i, n, XV_PSLLVD, XV_PSRLVD, vec_w(j, 31), vec_w(j, 32));
}

EMIT(vrld)
{
	unsigned count;

	if (amount(j, i->b, 64, &count))
		return rotate_immediate(j, i, n, XV_PSLLQ_I, XV_PSRLQ_I, 64, count);
	return rotate(j, i, n, XV_PSLLVQ, XV_PSRLVQ, vec_d(j, 63), vec_d(j, 64));
}

/* 2^n by byte for n = 0..7; indexes 8..15 give 0 */
static struct xmem powers(struct jit *j)
{
	return vec_const(j, 0, 0x8040201008040201ull);
}

/* 2^(7 - n) */
static struct xmem powers_down(struct jit *j)
{
	return vec_const(j, 0, 0x0102040810204080ull);
}

/* d = 2^(n & 15) in each half-word, n in b: the low byte takes n from the table, the high one
 * n ^ 8 */
static void half_powers(struct jit *j, unsigned d, unsigned b)
{
	struct xcode *x = j->x;

	xv_rrm(x, XV_PAND, VT, b, vec_h(j, 15));
	xv_shift_rri(x, XV_PSLLW_I, d, VT, 8);
	xv_rrr(x, XV_POR, VT, VT, d);
	xv_rrm(x, XV_PXOR, VT, VT, vec_h(j, 0x0800));
	xv_rm(x, XV_MOVDQA, d, powers(j));
	xv_rrr(x, XV_PSHUFB, d, d, VT);
}

EMIT(vslh)
{
	unsigned count;
	int a, b, d;

	if (amount(j, i->b, 16, &count))
		return by_immediate(j, i, n, XV_PSLLW_I, count);
	if (!vec_has(j, HOST_SSSE3))
		return false;
	a = jit_use_q(j, i->a);
	b = jit_use_q(j, i->b);
	d = jit_def_fresh_q(j, n);
	half_powers(j, d, b);
	xv_rrr(j->x, XV_PMULLW, d, d, a);
	return true;
}

EMIT(vrlh)
{
	unsigned count;
	int a, b, d;

	if (amount(j, i->b, 16, &count))
		return rotate_immediate(j, i, n, XV_PSLLW_I, XV_PSRLW_I, 16, count);
	if (!vec_has(j, HOST_SSSE3))
		return false;
	a = jit_use_q(j, i->a);
	b = jit_use_q(j, i->b);
	d = jit_def_fresh_q(j, n);
	half_powers(j, d, b);
	xv_rrr(j->x, XV_PMULHUW, VT, d, a);
	xv_rrr(j->x, XV_PMULLW, d, d, a);
	xv_rrr(j->x, XV_POR, d, d, VT);
	return true;
}

/* Half-words to the right as words: the lower ones with what is above them cleared or their sign,
 * the upper ones where they are, cut off afterwards */
static bool half_right(struct jit *j, const struct ir_insn *i, ir_ref n, bool sign)
{
	int a, b, t, d;
	struct xcode *x = j->x;
	enum xvop op = sign ? XV_PSRAVD : XV_PSRLVD;

	if (!vec_has(j, HOST_AVX2))
		return false;
	a = jit_use_q(j, i->a);
	b = jit_use_q(j, i->b);
	t = jit_tmp_xmm(j);
	d = jit_def_fresh_q(j, n);
	xv_rrm(x, XV_PAND, VT, b, vec_w(j, 15));
	xv_shift_rri(x, XV_PSLLD_I, d, a, 16);
	xv_shift_rri(x, sign ? XV_PSRAD_I : XV_PSRLD_I, d, d, 16);
	xv_rrr(x, op, d, d, VT);
	xv_shift_rri(x, XV_PSRLD_I, VT, b, 16);
	xv_rrm(x, XV_PAND, VT, VT, vec_w(j, 15));
	xv_rrr(x, op, t, a, VT);
	xv_rrri(x, XV_PBLENDW, d, d, t, 0xaa);
	return true;
}

EMIT(vsrh)
{
	unsigned count;

	if (amount(j, i->b, 16, &count))
		return by_immediate(j, i, n, XV_PSRLW_I, count);
	return half_right(j, i, n, false);
}

EMIT(vsrah)
{
	unsigned count;

	if (amount(j, i->b, 16, &count))
		return by_immediate(j, i, n, XV_PSRAW_I, count);
	return half_right(j, i, n, true);
}

/* Bytes by a known amount: as half-words, then the bits of the neighbour are cleared */
static bool byte_immediate(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op,
			   unsigned count, u8 mask)
{
	int a = jit_use_q(j, i->a), d = jit_def_q(j, n);

	xv_shift_rri(j->x, op, d, a, count);
	xv_rrm(j->x, XV_PAND, d, d, vec_b(j, mask));
	return true;
}

EMIT(vslb)
{
	unsigned count;
	int a, b, t, d;
	struct xcode *x = j->x;

	if (amount(j, i->b, 8, &count))
		return byte_immediate(j, i, n, XV_PSLLW_I, count, (u8)(0xff << count));
	if (!vec_has(j, HOST_SSSE3))
		return false;
	a = jit_use_q(j, i->a);
	b = jit_use_q(j, i->b);
	t = jit_tmp_xmm(j);
	d = jit_def_fresh_q(j, n);
	xv_rrm(x, XV_PAND, VT, b, vec_b(j, 7));
	xv_rm(x, XV_MOVDQA, t, powers(j));
	xv_rrr(x, XV_PSHUFB, t, t, VT);
	/* the lower byte of a half-word times its power; the upper one without the lower */
	xv_rrm(x, XV_PAND, VT, t, vec_h(j, 0xff));
	xv_rrr(x, XV_PMULLW, VT, VT, a);
	xv_rrm(x, XV_PAND, VT, VT, vec_h(j, 0xff));
	xv_rrm(x, XV_PAND, d, a, vec_h(j, 0xff00));
	xv_shift_rri(x, XV_PSRLW_I, t, t, 8);
	xv_rrr(x, XV_PMULLW, d, d, t);
	xv_rrr(x, XV_POR, d, d, VT);
	return true;
}

/* Bytes as half-words times 2^(7 - n), then seven bits to the right */
static bool byte_right(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop shift)
{
	int a, b, t, d;
	struct xcode *x = j->x;

	if (!vec_has(j, HOST_SSSE3))
		return false;
	a = jit_use_q(j, i->a);
	b = jit_use_q(j, i->b);
	t = jit_tmp_xmm(j);
	d = jit_def_fresh_q(j, n);
	xv_rrm(x, XV_PAND, VT, b, vec_b(j, 7));
	xv_rm(x, XV_MOVDQA, t, powers_down(j));
	xv_rrr(x, XV_PSHUFB, t, t, VT);
	xv_shift_rri(x, XV_PSLLW_I, VT, a, 8);
	xv_shift_rri(x, shift, VT, VT, 8);
	xv_rrm(x, XV_PAND, d, t, vec_h(j, 0xff));
	xv_rrr(x, XV_PMULLW, VT, VT, d);
	xv_shift_rri(x, shift, VT, VT, 7);
	xv_rrm(x, XV_PAND, VT, VT, vec_h(j, 0xff));
	xv_shift_rri(x, shift, d, a, 8);
	xv_shift_rri(x, XV_PSRLW_I, t, t, 8);
	xv_rrr(x, XV_PMULLW, d, d, t);
	xv_shift_rri(x, shift, d, d, 7);
	xv_shift_rri(x, XV_PSLLW_I, d, d, 8);
	xv_rrr(x, XV_POR, d, d, VT);
	return true;
}

EMIT(vsrb)
{
	unsigned count;

	if (amount(j, i->b, 8, &count))
		return byte_immediate(j, i, n, XV_PSRLW_I, count, 0xff >> count);
	return byte_right(j, i, n, XV_PSRLW_I);
}

EMIT(vsrab)
{
	unsigned count;
	u8 sign;
	int a, d;
	struct xcode *x = j->x;

	if (!amount(j, i->b, 8, &count))
		return byte_right(j, i, n, XV_PSRAW_I);
	/* logical; then (v ^ sign) - sign spreads the bit that was the sign */
	a = jit_use_q(j, i->a);
	d = jit_def_q(j, n);
	sign = 0x80 >> count;
	xv_shift_rri(x, XV_PSRLW_I, d, a, count);
	xv_rrm(x, XV_PAND, d, d, vec_b(j, 0xff >> count));
	xv_rrm(x, XV_PXOR, d, d, vec_b(j, sign));
	xv_rrm(x, XV_PSUBB, d, d, vec_b(j, sign));
	return true;
}

EMIT(vrlb)
{
	unsigned count;
	int a, b, t, d;
	struct xcode *x = j->x;

	if (!vec_has(j, HOST_SSSE3))
		return false;
	a = jit_use_q(j, i->a);
	if (amount(j, i->b, 8, &count)) {
		d = jit_def_q(j, n);
		xv_shift_rri(x, XV_PSRLW_I, VT, a, 8 - count);
		xv_rrm(x, XV_PAND, VT, VT, vec_b(j, (u8)(0xff >> (8 - count))));
		xv_shift_rri(x, XV_PSLLW_I, d, a, count);
		xv_rrm(x, XV_PAND, d, d, vec_b(j, (u8)(0xff << count)));
		xv_rrr(x, XV_POR, d, d, VT);
		return true;
	}
	b = jit_use_q(j, i->b);
	t = jit_tmp_xmm(j);
	d = jit_def_fresh_q(j, n);
	xv_rrm(x, XV_PAND, VT, b, vec_b(j, 7));
	xv_rm(x, XV_MOVDQA, t, powers(j));
	xv_rrr(x, XV_PSHUFB, t, t, VT);
	/* products of 16 bits, whose halves make the rotated byte: the lower bytes' to VT */
	xv_rrm(x, XV_PAND, VT, t, vec_h(j, 0xff));
	xv_rrm(x, XV_PAND, d, a, vec_h(j, 0xff));
	xv_rrr(x, XV_PMULLW, VT, VT, d);
	xv_shift_rri(x, XV_PSRLW_I, d, VT, 8);
	xv_rrr(x, XV_POR, VT, VT, d);
	xv_rrm(x, XV_PAND, VT, VT, vec_h(j, 0xff));
	xv_shift_rri(x, XV_PSRLW_I, t, t, 8);
	xv_shift_rri(x, XV_PSRLW_I, d, a, 8);
	xv_rrr(x, XV_PMULLW, d, d, t);
	xv_shift_rri(x, XV_PSLLW_I, t, d, 8);
	xv_rrr(x, XV_POR, d, d, t);
	xv_rrm(x, XV_PAND, d, d, vec_h(j, 0xff00));
	xv_rrr(x, XV_POR, d, d, VT);
	return true;
}

/* The whole register by 0 to 7 bits, as the lowest byte of b says: both doublewords, and what one
 * loses from the other, moved by a doubleword and shifted the other way */
static bool whole(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop shift,
		  enum xvop bytes, enum xvop back)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), t = jit_tmp_xmm(j);
	int d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;

	xv_rrm(x, XV_PAND, VT, b, vec_const(j, 0, 7));
	xv_shift_rri(x, bytes, t, a, 8);
	xv_rrr(x, shift, d, a, VT);
	/* 64 - count; a count of 64 gives 0 */
	xv_rrm(x, XV_PSUBQ, VT, VT, vec_const(j, 0, 64));
	xv_mov(x, 15, VT);
	xv_zero(x, VT);
	xv_rrr(x, XV_PSUBQ, VT, VT, 15);
	xv_rrr(x, back, t, t, VT);
	xv_rrr(x, XV_POR, d, d, t);
	return true;
}

EMIT(vsl)
{
	return whole(j, i, n, XV_PSLLQ, XV_PSLLDQ, XV_PSRLQ);
}

EMIT(vsr)
{
	return whole(j, i, n, XV_PSRLQ, XV_PSRLDQ, XV_PSLLQ);
}

/* By bytes: pshufb with the positions plus or minus the amount; what is beyond becomes negative
 * and gives 0 */
static bool octets(struct jit *j, const struct ir_insn *i, ir_ref n, bool left)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), t = jit_tmp_xmm(j);
	int d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;

	xv_shift_rri(x, XV_PSRLQ_I, VT, b, 3);
	xv_rrm(x, XV_PAND, VT, VT, vec_const(j, 0, 15));
	xv_zero(x, t);
	xv_rrr(x, XV_PSHUFB, VT, VT, t);
	if (left)
		xv_rm(x, XV_MOVDQA, t, vec_const(j, 0x0f0e0d0c0b0a0908ull, 0x0706050403020100ull));
	else
		xv_rm(x, XV_MOVDQA, t, vec_const(j, 0x7f7e7d7c7b7a7978ull, 0x7776757473727170ull));
	xv_rrr(x, left ? XV_PSUBB : XV_PADDB, t, t, VT);
	xv_rrr(x, XV_PSHUFB, d, a, t);
	return true;
}

EMIT(vslo)
{
	return octets(j, i, n, true);
}

EMIT(vsro)
{
	return octets(j, i, n, false);
}

EMIT(vsldoi)
{
	u64 count;
	int a, b, d;

	if (!jit_is_const(j, i->c, &count))
		return false;
	count &= 15;
	a = jit_use_q(j, i->a);
	if (!count) {
		d = jit_def_q(j, n);
		xv_mov(j->x, d, a);
		return true;
	}
	b = jit_use_q(j, i->b);
	if (a == b && !(count & 3)) {
		unsigned r = (unsigned)count / 4;

		/* host word k of the result is word k - r */
		d = jit_def_q(j, n);
		xv_rri(j->x, XV_PSHUFD, d, a,
		       (u8)((-r & 3) | ((1 - r) & 3) << 2 | ((2 - r) & 3) << 4 |
			    ((3 - r) & 3) << 6));
		return true;
	}
	if (vec_has(j, HOST_SSSE3)) {
		d = jit_def_q(j, n);
		xv_rrri(j->x, XV_PALIGNR, d, a, b, (u8)(16 - count));
		return true;
	}
	d = jit_def_fresh_q(j, n);
	xv_shift_rri(j->x, XV_PSRLDQ, VT, b, (u8)(16 - count));
	xv_shift_rri(j->x, XV_PSLLDQ, d, a, (u8)count);
	xv_rrr(j->x, XV_POR, d, d, VT);
	return true;
}
