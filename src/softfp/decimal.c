// SPDX-License-Identifier: GPL-2.0-or-later
/* Decimal floating point: formats and rounding (Power ISA Book I, 5.3 - 5.5). */
#include "softfp/decimal.h"

#include "base/string.h"
#include "softfp/dpd.h"

const struct dec_fmt dec_short = {7, 101, 90, 6, 2, 192};
const struct dec_fmt dec_long = {16, 398, 369, 8, 5, 576};
const struct dec_fmt dec_quad = {34, 6176, 6111, 12, 11, 9216};

static void trim(struct dec_num *n)
{
	while (n->len && !n->digit[n->len - 1])
		n->len--;
}

void dec_set_zero(struct dec_num *n, bool sign, s32 exp)
{
	*n = (struct dec_num){.sign = sign, .exp = exp};
}

void dec_default_nan(struct dec_num *n)
{
	*n = (struct dec_num){.cls = DEC_QNAN};
}

/* --- formats: sign, 5 bits of combination, exponent continuation, declets --- */
enum { COMB_NAN = 31, COMB_INF = 30 };

static u32 trailing_bits(const struct dec_fmt *f)
{
	return 10 * f->declets;
}

void dec_unpack(struct dec_num *n, const struct dec_fmt *f, u128 bits)
{
	u32 t = trailing_bits(f), g = (u32)(bits >> t);
	u32 cont = g & ((1u << f->cont_bits) - 1), comb = (g >> f->cont_bits) & 31, msd = 0;

	*n = (struct dec_num){.sign = (g >> (f->cont_bits + 5)) & 1};
	if (comb == COMB_INF) {
		n->cls = DEC_INF;
		return;
	}
	for (u32 i = 0; i < f->declets; i++) {
		u32 bcd = dpd_to_bcd((u32)(bits >> (10 * i)) & 0x3ff);

		for (u32 j = 0; j < 3; j++)
			n->digit[3 * i + j] = (bcd >> (4 * j)) & 15;
	}
	if (comb == COMB_NAN) {
		n->cls = cont >> (f->cont_bits - 1) ? DEC_SNAN : DEC_QNAN;
	} else {
		bool large = comb >> 3 == 3;
		u32 high = large ? (comb >> 1) & 3 : comb >> 3;

		msd = large ? 8 | (comb & 1) : comb & 7;
		n->exp = (s32)(high << f->cont_bits | cont) - f->bias;
	}
	n->digit[f->digits - 1] = (u8)msd;
	n->len = f->digits;
	trim(n);
}

u128 dec_pack(const struct dec_num *n, const struct dec_fmt *f)
{
	u128 bits = 0;
	u32 g;

	for (u32 i = 0; i < f->declets; i++) {
		u32 bcd = 0;

		for (u32 j = 0; j < 3; j++)
			if (3 * i + j < n->len)
				bcd |= (u32)n->digit[3 * i + j] << (4 * j);
		bits |= (u128)dpd_from_bcd(bcd) << (10 * i);
	}
	if (n->cls == DEC_INF) {
		bits = 0;
		g = COMB_INF << f->cont_bits;
	} else if (n->cls != DEC_FINITE) {
		g = COMB_NAN << f->cont_bits;
		if (n->cls == DEC_SNAN)
			g |= 1u << (f->cont_bits - 1);
	} else {
		u32 exp = (u32)(n->exp + f->bias), msd = 0, comb;

		if (n->len == f->digits)
			msd = n->digit[n->len - 1];
		comb = exp >> f->cont_bits;
		comb = msd > 7 ? 24 | comb << 1 | (msd & 1) : comb << 3 | msd;
		g = comb << f->cont_bits | (exp & ((1u << f->cont_bits) - 1));
	}
	g |= (u32)n->sign << (f->cont_bits + 5);
	return bits | (u128)g << trailing_bits(f);
}

/* --- digits --- */
void dec_truncate(struct dec_num *n, u32 digits)
{
	if (n->len > digits)
		n->len = digits;
	trim(n);
}

void dec_append_zeros(struct dec_num *n, u32 count)
{
	n->exp -= (s32)count;
	if (!n->len)
		return;
	memmove(n->digit + count, n->digit, n->len);
	memset(n->digit, 0, count);
	n->len += count;
}

/* How the part below the last digit compares: 0 none, 1 less than half, 2 half, 3 more. */
static unsigned dropped_part(const struct dec_num *n, u32 count)
{
	bool more = n->sticky;
	u8 first;

	if (!count || count > n->len)
		return more || (count && n->len);
	first = n->digit[count - 1];
	for (u32 i = 0; i < count - 1; i++)
		more |= n->digit[i] != 0;
	if (first > 5 || (first == 5 && more))
		return 3;
	if (first == 5)
		return 2;
	return first || more;
}

static bool rounds_up(enum dec_rounding rn, bool sign, unsigned part, u8 last)
{
	if (!part)
		return false;
	switch (rn) {
	case DEC_NEAREST_EVEN:
		return part == 3 || (part == 2 && (last & 1));
	case DEC_TOWARD_ZERO:
		return false;
	case DEC_UPWARD:
		return !sign;
	case DEC_DOWNWARD:
		return sign;
	case DEC_NEAREST_AWAY:
		return part >= 2;
	case DEC_NEAREST_ZERO:
		return part == 3;
	case DEC_AWAY:
		return true;
	default:
		return last == 0 || last == 5;
	}
}

bool dec_drop(struct dec_num *n, u32 count, enum dec_rounding rn, bool *up)
{
	unsigned part = dropped_part(n, count);

	if (count >= n->len) {
		n->len = 0;
	} else {
		n->len -= count;
		memmove(n->digit, n->digit + count, n->len);
	}
	n->exp += (s32)count;
	n->sticky = false;
	*up = rounds_up(rn, n->sign, part, n->len ? n->digit[0] : 0);
	if (*up) {
		u32 i = 0;

		while (i < n->len && n->digit[i] == 9)
			n->digit[i++] = 0;
		if (i == n->len) {
			n->digit[n->len++] = 1;
		} else {
			n->digit[i]++;
		}
	}
	return part != 0;
}

s32 dec_adjusted(const struct dec_num *n)
{
	return n->exp + (s32)n->len - 1;
}

bool dec_is_subnormal(const struct dec_num *n, const struct dec_fmt *f)
{
	return n->cls == DEC_FINITE && n->len && dec_adjusted(n) < (s32)f->digits - 1 - f->bias;
}

u32 dec_fprf(const struct dec_num *n, const struct dec_fmt *f)
{
	u32 v;

	if (n->cls == DEC_SNAN)
		v = 0x01;
	else if (n->cls == DEC_QNAN)
		v = 0x11;
	else if (n->cls == DEC_INF)
		v = n->sign ? 0x09 : 0x05;
	else if (!n->len)
		v = n->sign ? 0x12 : 0x02;
	else
		v = (n->sign ? 0x08 : 0x04) | (dec_is_subnormal(n, f) ? 0x10 : 0);
	return v << 12;
}

/* --- rounding to a format --- */
static void overflow(struct dec_num *n, struct dec_env *env)
{
	const struct dec_fmt *f = env->fmt;
	bool to_inf;

	env->st.flags |= SF_OX;
	if (env->st.enables & SF_OE) {
		n->exp -= f->wrap;
		return;
	}
	env->st.flags |= SF_XX | SF_FI;
	to_inf = rounds_up(env->rn, n->sign, 3, 9);
	if (to_inf) {
		env->st.flags |= SF_FR;
		*n = (struct dec_num){.cls = DEC_INF, .sign = n->sign};
	} else {
		env->st.flags &= ~(u32)SF_FR;
		n->exp = f->emax;
		n->len = f->digits;
		memset(n->digit, 9, n->len);
	}
}

/* An exponent above the greatest may be traded for zeros. */
static bool exponent_fits(struct dec_num *n, const struct dec_fmt *f)
{
	s32 over = n->exp - f->emax;

	if (over > 0 && n->len + (u32)over <= f->digits)
		dec_append_zeros(n, (u32)over);
	return n->exp <= f->emax;
}

static void clamp_zero(struct dec_num *n, const struct dec_fmt *f)
{
	if (n->exp < -f->bias)
		n->exp = -f->bias;
	if (n->exp > f->emax)
		n->exp = f->emax;
}

static void round_finite(struct dec_num *n, struct dec_env *env)
{
	const struct dec_fmt *f = env->fmt;
	bool tiny = dec_is_subnormal(n, f), up, inexact;
	s32 count = (s32)n->len - (s32)f->digits;

	if (tiny && (env->st.enables & SF_UE)) {
		env->st.flags |= SF_UX;
		n->exp += f->wrap;
		tiny = false;
	}
	if (tiny && count < -f->bias - n->exp)
		count = -f->bias - n->exp;
	inexact = dec_drop(n, count > 0 ? (u32)count : 0, env->rn, &up);
	if (n->len > f->digits) { /* 99..9 became 10..0 */
		memmove(n->digit, n->digit + 1, --n->len);
		n->exp++;
	}
	if (inexact)
		env->st.flags |= SF_XX | SF_FI | (up ? SF_FR : 0) | (tiny ? SF_UX : 0);
	if (!n->len)
		clamp_zero(n, f);
	else if (!exponent_fits(n, f)) {
		overflow(n, env);
		if (n->cls == DEC_FINITE)
			exponent_fits(n, f);
	}
}

void dec_round(struct dec_num *n, struct dec_env *env)
{
	env->st.flags &= ~(u32)(SF_FR | SF_FI | SF_FPRF);
	if (n->cls == DEC_FINITE) {
		if (n->len)
			round_finite(n, env);
		else
			clamp_zero(n, env->fmt);
	}
	env->st.flags |= dec_fprf(n, env->fmt);
}

/* --- integers --- */
void dec_from_s64(struct dec_num *n, s64 v)
{
	u64 m = v < 0 ? 0 - (u64)v : (u64)v;

	*n = (struct dec_num){.sign = v < 0};
	for (; m; m /= 10)
		n->digit[n->len++] = (u8)(m % 10);
}

bool dec_to_s64(const struct dec_num *n, s64 *v)
{
	u128 m = 0;

	if (n->len > 20)
		return false;
	for (u32 i = n->len; i--;)
		m = m * 10 + n->digit[i];
	if (m > (u128)INT64_MAX + n->sign)
		return false;
	*v = n->sign ? (s64)(0 - (u64)m) : (s64)m;
	return true;
}
