// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Operations on doubles with a shortcut: normal operands whose result keeps clear of the format's
 * ends need 64-bit integers only. Everything else, exact zeros included, takes the general way.
 */
#include "softfp/internal.h"
#include "softfp/softfp.h"

enum { BIAS = 1023 };

static const u64 sign_bit = 1ull << 63;

static inline u32 field(u64 v)
{
	return v >> 52 & 0x7ff;
}

static inline bool normal(u64 v)
{
	return field(v) - 1u < 2046;
}

/* 53 bits, the first of them bit 63 */
static inline u64 mantissa(u64 v)
{
	return v << 11 | sign_bit;
}

static inline bool round_up(enum sf_rounding rn, bool sign, bool odd, u64 rest, u64 half)
{
	if (likely(rn == SF_RN_NEAREST))
		return rest > half || (rest == half && odd);
	return rest && rn == (sign ? SF_RN_DOWN : SF_RN_UP);
}

/* Round and pack frac / 2^63 * 2^exp, bit 63 set, bit 0 sticky; false near the format's ends. */
static inline bool finish(u64 frac, s32 exp, u64 sign, const struct sf_fmt *f, struct sf_status *st,
			  u64 *result)
{
	unsigned cut = 63 - f->frac_bits;
	u64 lsb = 1ull << cut, rest = frac & (lsb - 1);
	u32 flags = (sign ? 0x08u : 0x04u) << 12;

	if (unlikely(exp < 1 - f->bias || exp >= f->bias || st->rn > SF_RN_DOWN))
		return false;
	if (rest) {
		flags |= SF_XX | SF_FI;
		frac -= rest;
		if (round_up(st->rn, sign != 0, (frac & lsb) != 0, rest, lsb >> 1)) {
			flags |= SF_FR;
			frac += lsb;
			if (!frac)
				exp++; /* the fraction is 0 either way */
		}
	}
	st->flags = (st->flags & ~(u32)(SF_FR | SF_FI | SF_FPRF)) | flags;
	*result = sign | (u64)(exp + BIAS) << 52 | frac << 1 >> 12;
	return true;
}

static inline u64 shr_jam(u64 v, u32 n)
{
	if (n > 63)
		return v != 0;
	return n ? v >> n | ((v << (64 - n)) != 0) : v;
}

static bool fast_add(u64 a, u64 b, const struct sf_fmt *f, struct sf_status *st, u64 *result)
{
	u64 t, x, y;
	s32 exp;
	int lz;

	if (!normal(a) || !normal(b))
		return false;
	if (a << 1 < b << 1) {
		t = a;
		a = b;
		b = t;
	}
	x = mantissa(a) >> 1;
	y = shr_jam(mantissa(b) >> 1, field(a) - field(b));
	x = (a ^ b) & sign_bit ? x - y : x + y;
	if (!x)
		return false;
	lz = __builtin_clzll(x);
	exp = (s32)field(a) - BIAS + 1 - lz;
	return finish(x << lz, exp, a & sign_bit, f, st, result);
}

static u64 general(struct sf_num r, const struct sf_fmt *f, struct sf_status *st)
{
	r = sf_round(r, f, st);
	return (u64)sf_pack(&sf_f64, &r);
}

u64 sf_add_double(u64 a, u64 b, const struct sf_fmt *f, struct sf_status *st)
{
	u64 r;

	if (likely(fast_add(a, b, f, st, &r)))
		return r;
	return general(sf_add(sf_unpack(&sf_f64, a), sf_unpack(&sf_f64, b), st), f, st);
}

u64 sf_sub_double(u64 a, u64 b, const struct sf_fmt *f, struct sf_status *st)
{
	u64 r;

	if (likely(fast_add(a, b ^ sign_bit, f, st, &r)))
		return r;
	return general(sf_sub(sf_unpack(&sf_f64, a), sf_unpack(&sf_f64, b), st), f, st);
}

u64 sf_mul_double(u64 a, u64 b, const struct sf_fmt *f, struct sf_status *st)
{
	s32 exp = (s32)field(a) + (s32)field(b) - 2 * BIAS + 1;
	u128 p;
	u64 r;

	if (likely(normal(a) && normal(b))) {
		p = (u128)mantissa(a) * mantissa(b);
		if (!(p >> 127)) {
			p <<= 1;
			exp--;
		}
		if (likely(finish((u64)(p >> 64) | ((u64)p != 0), exp, (a ^ b) & sign_bit, f, st,
				  &r)))
			return r;
	}
	return general(sf_mul(sf_unpack(&sf_f64, a), sf_unpack(&sf_f64, b), st), f, st);
}

u64 sf_div_double(u64 a, u64 b, const struct sf_fmt *f, struct sf_status *st)
{
	s32 exp = (s32)field(a) - (s32)field(b);
	u64 q, rem, r;

	if (likely(normal(a) && normal(b))) {
		q = sf_divide_narrow((u128)mantissa(a) << 63, mantissa(b), &rem);
		if (!(q >> 63)) {
			q <<= 1;
			exp--;
		}
		if (likely(finish(q | (rem != 0), exp, (a ^ b) & sign_bit, f, st, &r)))
			return r;
	}
	return general(sf_div(sf_unpack(&sf_f64, a), sf_unpack(&sf_f64, b), st), f, st);
}

/* Product and addend in 128 bits: the product is exact, with 22 zeros at its end. */
static bool fast_fma(u64 a, u64 b, u64 c, const struct sf_fmt *f, struct sf_status *st, u64 *result)
{
	u64 sign = (a ^ c) & sign_bit, sign_b = b & sign_bit;
	s32 exp = (s32)field(a) + (s32)field(c) - 2 * BIAS + 1, diff;
	u128 x, y, t;
	unsigned lz;

	if (!normal(a) || !normal(b) || !normal(c))
		return false;
	x = (u128)mantissa(a) * mantissa(c);
	y = (u128)mantissa(b) << 64;
	if (!(x & SF_TOP)) {
		x <<= 1;
		exp--;
	}
	x >>= 1;
	y >>= 1;
	diff = exp - ((s32)field(b) - BIAS);
	if (diff >= 0) {
		y = sf_shr_jam(y, (unsigned)diff);
	} else {
		x = sf_shr_jam(x, (unsigned)-diff);
		exp -= diff;
	}
	if (sign == sign_b) {
		x += y;
	} else if (x >= y) {
		x -= y;
	} else {
		t = y - x;
		x = t;
		sign = sign_b;
	}
	if (!x)
		return false;
	lz = sf_clz128(x);
	x <<= lz;
	return finish((u64)(x >> 64) | ((u64)x != 0), exp + 1 - (s32)lz, sign, f, st, result);
}

u64 sf_fma_double(u64 a, u64 b, u64 c, unsigned variant, const struct sf_fmt *f,
		  struct sf_status *st)
{
	struct sf_num n;
	u64 r;

	if (likely(fast_fma(a, variant & SF_FMA_SUB ? b ^ sign_bit : b, c, f, st, &r))) {
		if (variant & SF_FMA_NEG) {
			st->flags ^= 0x0cu << 12;
			r ^= sign_bit;
		}
		return r;
	}
	n = sf_fma(sf_unpack(&sf_f64, a), sf_unpack(&sf_f64, b), sf_unpack(&sf_f64, c), variant,
		   st);
	n = sf_round(n, f, st);
	if (variant & SF_FMA_NEG)
		n = sf_fma_negate(n, st);
	return (u64)sf_pack(&sf_f64, &n);
}

u64 sf_double_to_single(u64 b, struct sf_status *st)
{
	u64 r;

	if (likely(normal(b) &&
		   finish(mantissa(b), (s32)field(b) - BIAS, b & sign_bit, &sf_f32, st, &r)))
		return r;
	return general(sf_quiet(sf_unpack(&sf_f64, b), st), &sf_f32, st);
}

u64 sf_double_to_int(u64 b, unsigned bits, bool is_signed, struct sf_status *st)
{
	u32 shift = BIAS + 63 - field(b);
	u64 v;

	/* 1 <= |b| < 2^31 (2^63), truncated; unsigned only if it is positive */
	if (likely(st->rn == SF_RN_ZERO && field(b) >= BIAS && field(b) < BIAS + bits - 1 &&
		   (is_signed || !(b & sign_bit)))) {
		v = mantissa(b);
		st->flags &= ~(u32)(SF_FR | SF_FI);
		if (v & ((1ull << shift) - 1))
			st->flags |= SF_XX | SF_FI;
		v >>= shift;
		return b & sign_bit ? -v : v;
	}
	return sf_to_int(sf_unpack(&sf_f64, b), bits, is_signed, st);
}

u64 sf_double_from_s64(s64 v, const struct sf_fmt *f, struct sf_status *st)
{
	u64 magnitude = v < 0 ? -(u64)v : (u64)v, r;
	int lz;

	if (likely(v)) {
		lz = __builtin_clzll(magnitude);
		if (likely(finish(magnitude << lz, 63 - lz, (u64)v & sign_bit, f, st, &r)))
			return r;
	}
	return general(sf_from_s64(v), f, st);
}

enum sf_order sf_compare_double(u64 a, u64 b, bool ordered, struct sf_status *st)
{
	const u64 inf = 0x7ffull << 53;
	struct sf_num x, y;
	s64 sa, sb;

	if (likely(a << 1 <= inf && b << 1 <= inf)) {
		/* as integers in two's complement, both zeros alike */
		sa = a & sign_bit ? -(s64)(a ^ sign_bit) : (s64)a;
		sb = b & sign_bit ? -(s64)(b ^ sign_bit) : (s64)b;
		return sa < sb ? SF_LT : sa > sb ? SF_GT : SF_EQ;
	}
	x = sf_unpack(&sf_f64, a);
	y = sf_unpack(&sf_f64, b);
	return sf_compare(&x, &y, ordered, st);
}
