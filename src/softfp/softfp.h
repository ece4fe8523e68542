/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binary floating point in integers, with the results, exceptions and status of the Power ISA
 * (Book I 4.3, 4.4, 7.3, 7.4): tininess is detected before rounding, enabled overflow and
 * underflow deliver an exponent-adjusted result, the first NaN operand in the order A, B, C wins.
 *
 * Operations work on unpacked numbers and are exact, or carry enough bits and a sticky bit for
 * any rounding to binary128; sf_round() rounds once, to the precision that is asked for. So a
 * single-precision instruction is the operation on unpacked doubles, rounded to sf_f32.
 *
 * Suppressing a result (VE, ZE; any enable with vectors) is the caller's business: it sees the
 * flags and the enables.
 */
#ifndef SOFTFP_SOFTFP_H
#define SOFTFP_SOFTFP_H

#include "base/types.h"

/* Positions of the FPSCR, so that users merge without translating. */
enum sf_flag {
	SF_OX = 1 << 28,
	SF_UX = 1 << 27,
	SF_ZX = 1 << 26,
	SF_XX = 1 << 25,
	SF_VXSNAN = 1 << 24,
	SF_VXISI = 1 << 23,
	SF_VXIDI = 1 << 22,
	SF_VXZDZ = 1 << 21,
	SF_VXIMZ = 1 << 20,
	SF_VXVC = 1 << 19,
	SF_FR = 1 << 18,
	SF_FI = 1 << 17,
	SF_FPRF = 0x1f << 12,
	SF_VXSQRT = 1 << 9,
	SF_VXCVI = 1 << 8,
	SF_VX_ALL = SF_VXSNAN | SF_VXISI | SF_VXIDI | SF_VXZDZ | SF_VXIMZ | SF_VXVC | SF_VXSQRT |
		    SF_VXCVI,
	/* enables */
	SF_VE = 1 << 7,
	SF_OE = 1 << 6,
	SF_UE = 1 << 5,
	SF_ZE = 1 << 4,
	SF_XE = 1 << 3,
};

enum sf_rounding {
	SF_RN_NEAREST, /* ties to even; the first four are FPSCR[RN] */
	SF_RN_ZERO,
	SF_RN_UP,
	SF_RN_DOWN,
	SF_RN_AWAY, /* to nearest, ties away from zero */
	SF_RN_ODD,
};

/* Results of comparisons: a CR field, and FPCC. */
enum sf_order { SF_LT = 8, SF_GT = 4, SF_EQ = 2, SF_UNORD = 1 };

struct sf_status {
	u32 enables; /* in: SF_OE and SF_UE matter here, SF_VE to compare */
	u32 flags;   /* out: exceptions accumulate, FR FI FPRF are those of the last rounding */
	enum sf_rounding rn;
	bool quad; /* in: sf_div and sf_sqrt must deliver enough bits for binary128 */
};

enum sf_class { SF_ZERO, SF_FINITE, SF_INF, SF_QNAN, SF_SNAN };

/*
 * FINITE: the value is frac / 2^127 * 2^exp, bit 127 of frac is set; bit 0 may be a sticky bit.
 * NaN: the fraction field starts at bit 126.
 */
struct sf_num {
	u128 frac;
	s32 exp;
	u8 cls; /* enum sf_class */
	bool sign;
};

struct sf_fmt {
	unsigned frac_bits;
	s32 bias;
	s32 wrap; /* exponent adjustment of enabled overflow and underflow */
};

extern const struct sf_fmt sf_f16, sf_f32, sf_f64, sf_f128;
/* 64 bits of precision with the exponents of binary128 (xsrqpxp); only to round to. */
extern const struct sf_fmt sf_f80;

static inline bool sf_is_nan(const struct sf_num *n)
{
	return n->cls >= SF_QNAN;
}

struct sf_num sf_unpack(const struct sf_fmt *f, u128 bits);
/* n must have been rounded to f or to a format that f includes. */
u128 sf_pack(const struct sf_fmt *f, const struct sf_num *n);
/* Round to f's precision and range; sets OX UX XX FR FI and FPRF. */
struct sf_num sf_round(struct sf_num n, const struct sf_fmt *f, struct sf_status *st);
/* FPRF (C and FPCC, at its place in the FPSCR) of a number of format f. */
u32 sf_fprf(const struct sf_num *n, const struct sf_fmt *f);

/* VX* and ZX only; the result is not rounded. NaNs come out quiet. */
struct sf_num sf_add(struct sf_num a, struct sf_num b, struct sf_status *st);
struct sf_num sf_sub(struct sf_num a, struct sf_num b, struct sf_status *st);
struct sf_num sf_mul(struct sf_num a, struct sf_num b, struct sf_status *st);
struct sf_num sf_div(struct sf_num a, struct sf_num b, struct sf_status *st);
struct sf_num sf_sqrt(struct sf_num b, struct sf_status *st);

/* The same on doubles, rounded to f (sf_f64 or sf_f32; a single in double format): what hot
 * instructions need, with a shortcut for normal numbers. */
u64 sf_add_double(u64 a, u64 b, const struct sf_fmt *f, struct sf_status *st);
u64 sf_sub_double(u64 a, u64 b, const struct sf_fmt *f, struct sf_status *st);
u64 sf_mul_double(u64 a, u64 b, const struct sf_fmt *f, struct sf_status *st);
u64 sf_div_double(u64 a, u64 b, const struct sf_fmt *f, struct sf_status *st);
/* a * c + b, with the negation of SF_FMA_NEG; variant: enum sf_fma_variant. */
u64 sf_fma_double(u64 a, u64 b, u64 c, unsigned variant, const struct sf_fmt *f,
		  struct sf_status *st);
/* frsp */
u64 sf_double_to_single(u64 b, struct sf_status *st);
/* fctidz and its kin: sf_to_int() of a double. */
u64 sf_double_to_int(u64 b, unsigned bits, bool is_signed, struct sf_status *st);
u64 sf_double_from_s64(s64 v, const struct sf_fmt *f, struct sf_status *st);
/* sf_compare() of doubles. */
enum sf_order sf_compare_double(u64 a, u64 b, bool ordered, struct sf_status *st);

enum sf_fma_variant {
	SF_FMA_SUB = 1, /* a * c - b */
	SF_FMA_NEG = 2, /* to be negated by sf_fma_negate() after rounding */
};
/* a * c + b, or - b. NaN priority a, b, c. */
struct sf_num sf_fma(struct sf_num a, struct sf_num b, struct sf_num c, unsigned variant,
		     struct sf_status *st);
/* The n of fnmadd: negates all but NaNs, keeping FPRF in step. */
struct sf_num sf_fma_negate(struct sf_num rounded, struct sf_status *st);

/* A quiet copy; VXSNAN when it was signalling. */
struct sf_num sf_quiet(struct sf_num n, struct sf_status *st);
/* The positive quiet NaN that invalid operations generate. */
struct sf_num sf_default_nan(void);
/* Round to an integral value as st->rn says; sets FR, FI and XX, VXSNAN. */
struct sf_num sf_rint(struct sf_num n, struct sf_status *st);

struct sf_num sf_from_u64(u64 v);
struct sf_num sf_from_s64(s64 v);
/* To an integer of 32 or 64 bits, saturating; sets FR, FI, XX, VXSNAN, VXCVI. A signed result is
 * sign extended. NaN: the most negative integer, 0 when unsigned. */
u64 sf_to_int(struct sf_num n, unsigned bits, bool is_signed, struct sf_status *st);

/* Quiet comparison; sets nothing. */
enum sf_order sf_order(const struct sf_num *a, const struct sf_num *b);
/* fcmpu, or fcmpo when ordered: sets VXSNAN, VXVC. */
enum sf_order sf_compare(const struct sf_num *a, const struct sf_num *b, bool ordered,
			 struct sf_status *st);

/* Loads and stores of singles: no arithmetic, SNaNs stay (Book I 4.6.2, 4.6.3). */
u64 sf_load_single(u32 v);
u32 sf_store_single(u64 v);

#endif
