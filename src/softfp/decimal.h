/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decimal floating point (Power ISA Book I, chapter 5): arithmetic on digit strings with the
 * results, ideal exponents, exceptions and status of the ISA; tininess is detected before rounding.
 *
 * Operations return an exact or a sufficiently precise sticky number; dec_round() rounds it once to
 * the environment's format. Suppressing results (VE, ZE) is the caller's business.
 */
#ifndef SOFTFP_DECIMAL_H
#define SOFTFP_DECIMAL_H

#include "base/types.h"
#include "softfp/softfp.h"

/* FPSCR[DRN] */
enum dec_rounding {
	DEC_NEAREST_EVEN,
	DEC_TOWARD_ZERO,
	DEC_UPWARD,
	DEC_DOWNWARD,
	DEC_NEAREST_AWAY,
	DEC_NEAREST_ZERO,
	DEC_AWAY,
	DEC_SHORTER, /* prepare for shorter precision: away when the last digit is 0 or 5 */
};

enum dec_class { DEC_FINITE, DEC_INF, DEC_QNAN, DEC_SNAN };

enum { DEC_MAX_DIGITS = 128 };

struct dec_fmt {
	u32 digits;    /* of precision */
	s32 bias;      /* of the exponent of the least significant digit */
	s32 emax;      /* greatest such exponent; the smallest is -bias */
	u32 cont_bits; /* exponent continuation field */
	u32 declets;
	s32 wrap; /* exponent adjustment of enabled overflow and underflow */
};

extern const struct dec_fmt dec_short, dec_long, dec_quad;

/* FINITE: digit[len-1 .. 0] * 10^exp, digit[len - 1] is not 0; len 0 is zero. sticky: a bit more
 * than that. NaN: the payload, as an integer. */
struct dec_num {
	s32 exp;
	u32 len;
	u8 cls; /* enum dec_class */
	bool sign, sticky;
	u8 digit[DEC_MAX_DIGITS];
};

struct dec_env {
	const struct dec_fmt *fmt;
	enum dec_rounding rn;
	struct sf_status st; /* enables and flags; its rn is not used */
};

static inline bool dec_is_nan(const struct dec_num *n)
{
	return n->cls >= DEC_QNAN;
}

/* Bits of a format stand right adjusted. */
void dec_unpack(struct dec_num *n, const struct dec_fmt *f, u128 bits);
/* n fits the format. */
u128 dec_pack(const struct dec_num *n, const struct dec_fmt *f);
/* The lower n digits only; leading zeros go. */
void dec_truncate(struct dec_num *n, u32 digits);
void dec_set_zero(struct dec_num *n, bool sign, s32 exp);
void dec_default_nan(struct dec_num *n);
/* count zeros behind the last digit; the exponent follows. */
void dec_append_zeros(struct dec_num *n, u32 count);
/* Divide the digits by 10^count, rounding; the exponent follows. Returns whether it was inexact,
 * *up whether the magnitude grew. */
bool dec_drop(struct dec_num *n, u32 count, enum dec_rounding rn, bool *up);
/* Exponent of the most significant digit. */
s32 dec_adjusted(const struct dec_num *n);
bool dec_is_subnormal(const struct dec_num *n, const struct dec_fmt *f);
/* FPRF at its place in the FPSCR. */
u32 dec_fprf(const struct dec_num *n, const struct dec_fmt *f);
/* Round to env->fmt: OX UX XX FR FI and FPRF. */
void dec_round(struct dec_num *n, struct dec_env *env);

/* True when an operand is a NaN: *r is the quiet result. b may be NULL. */
bool dec_nan_operands(struct dec_num *r, const struct dec_num *a, const struct dec_num *b,
		      struct dec_env *env);
void dec_add(struct dec_num *r, const struct dec_num *a, const struct dec_num *b,
	     struct dec_env *env);
void dec_sub(struct dec_num *r, const struct dec_num *a, const struct dec_num *b,
	     struct dec_env *env);
void dec_mul(struct dec_num *r, const struct dec_num *a, const struct dec_num *b,
	     struct dec_env *env);
void dec_div(struct dec_num *r, const struct dec_num *a, const struct dec_num *b,
	     struct dec_env *env);
enum sf_order dec_compare(const struct dec_num *a, const struct dec_num *b);
/* The finite n with exponent exp: XX FR FI, or VXCVI and the default NaN. */
void dec_quantize(struct dec_num *n, s32 exp, struct dec_env *env);

void dec_from_s64(struct dec_num *n, s64 v);
/* n is finite and its exponent 0; false: does not fit. */
bool dec_to_s64(const struct dec_num *n, s64 *v);

#endif
