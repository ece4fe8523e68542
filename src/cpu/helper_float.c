// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scalar floating-point arithmetic on doubles, with results of either precision in double format
 * (Power ISA Book I 4.6.6, 4.6.8). A single-precision instruction rounds once, to single.
 *
 * Estimates (fre, frsqrte and the singles) need a relative error of 2^-8 or better only; ours
 * are the quotients, correctly rounded but for the intermediate square root. XX is left alone and
 * FR, FI, which are undefined, are cleared.
 */
#include "cpu/fp.h"
#include "isa/helper.h"

typedef u64 binary_fn(u64 a, u64 b, const struct sf_fmt *f, struct sf_status *st);

static inline u64 binary(struct cpu_state *s, u64 a, u64 b, binary_fn *op, const struct sf_fmt *f)
{
	struct sf_status st = fp_status(s);
	u64 r = op(a, b, f, &st);

	fp_done(s, &st, FP_SETS_ALL);
	return r;
}

#define BINARY(name, op)                                                                           \
	u64 helper_f##name(struct cpu_state *s, u64 a, u64 b)                                      \
	{                                                                                          \
		return binary(s, a, b, op, &sf_f64);                                               \
	}                                                                                          \
	u64 helper_f##name##s(struct cpu_state *s, u64 a, u64 b)                                   \
	{                                                                                          \
		return binary(s, a, b, op, &sf_f32);                                               \
	}
BINARY(add, sf_add_double)
BINARY(sub, sf_sub_double)
BINARY(mul, sf_mul_double)
BINARY(div, sf_div_double)

static inline u64 mul_add(struct cpu_state *s, u64 a, u64 c, u64 b, unsigned variant,
			  const struct sf_fmt *f)
{
	struct sf_status st = fp_status(s);
	u64 r = sf_fma_double(a, b, c, variant, f, &st);

	fp_done(s, &st, FP_SETS_ALL);
	return r;
}

#define FMA(name, variant)                                                                         \
	u64 helper_f##name(struct cpu_state *s, u64 a, u64 c, u64 b)                               \
	{                                                                                          \
		return mul_add(s, a, c, b, variant, &sf_f64);                                      \
	}                                                                                          \
	u64 helper_f##name##s(struct cpu_state *s, u64 a, u64 c, u64 b)                            \
	{                                                                                          \
		return mul_add(s, a, c, b, variant, &sf_f32);                                      \
	}
FMA(madd, 0)
FMA(msub, SF_FMA_SUB)
FMA(nmadd, SF_FMA_NEG)
FMA(nmsub, SF_FMA_SUB | SF_FMA_NEG)

static u64 square_root(struct cpu_state *s, u64 b, const struct sf_fmt *f)
{
	struct sf_status st = fp_status(s);
	struct sf_num r = sf_round(sf_sqrt(sf_unpack(&sf_f64, b), &st), f, &st);

	fp_done(s, &st, FP_SETS_ALL);
	return (u64)sf_pack(&sf_f64, &r);
}

u64 helper_fsqrt(struct cpu_state *s, u64 b)
{
	return square_root(s, b, &sf_f64);
}

u64 helper_fsqrts(struct cpu_state *s, u64 b)
{
	return square_root(s, b, &sf_f32);
}

static u64 estimate(struct cpu_state *s, u64 b, bool root, const struct sf_fmt *f)
{
	struct sf_status st = fp_status(s);
	struct sf_num n = sf_unpack(&sf_f64, b);

	n = root ? fp_estimate_rsqrte(n, &sf_f64, f, &st) : fp_estimate_re(n, f, &st);
	fp_done(s, &st, FP_SETS_ALL);
	return (u64)sf_pack(&sf_f64, &n);
}

u64 helper_fre(struct cpu_state *s, u64 b)
{
	return estimate(s, b, false, &sf_f64);
}

u64 helper_fres(struct cpu_state *s, u64 b)
{
	return estimate(s, b, false, &sf_f32);
}

u64 helper_frsqrte(struct cpu_state *s, u64 b)
{
	return estimate(s, b, true, &sf_f64);
}

u64 helper_frsqrtes(struct cpu_state *s, u64 b)
{
	return estimate(s, b, true, &sf_f32);
}

static u64 compare(struct cpu_state *s, u64 a, u64 b, bool ordered)
{
	struct sf_status st = fp_status(s);

	return fp_compare_done(s, sf_compare_double(a, b, ordered, &st), &st);
}

u64 helper_fcmpu(struct cpu_state *s, u64 a, u64 b)
{
	return compare(s, a, b, false);
}

u64 helper_fcmpo(struct cpu_state *s, u64 a, u64 b)
{
	return compare(s, a, b, true);
}

static const u64 sign_bit = 1ull << 63;

u64 helper_fneg(u64 b)
{
	return b ^ sign_bit;
}

u64 helper_fabs(u64 b)
{
	return b & ~sign_bit;
}

u64 helper_fnabs(u64 b)
{
	return b | sign_bit;
}

u64 helper_fcpsgn(u64 a, u64 b)
{
	return (a & sign_bit) | (b & ~sign_bit);
}

/* c when a >= 0 (-0 included, no NaN), else b */
u64 helper_fsel(u64 a, u64 c, u64 b)
{
	return a <= 0x7ffull << 52 || a == sign_bit ? c : b;
}

u64 helper_ftdiv(u64 a, u64 b)
{
	struct sf_num x = sf_unpack(&sf_f64, a), y = sf_unpack(&sf_f64, b);

	return fp_test_div(&x, &y, &sf_f64);
}

u64 helper_ftsqrt(u64 b)
{
	struct sf_num y = sf_unpack(&sf_f64, b);

	return fp_test_sqrt(&y, &sf_f64);
}
