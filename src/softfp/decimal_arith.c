// SPDX-License-Identifier: GPL-2.0-or-later
/* Decimal arithmetic on digit strings (Power ISA Book I, 5.6.1 - 5.6.4). Results that are not exact
 * carry at least two digits more than the format has and say so by sticky. */
#include "softfp/decimal.h"

#include "base/string.h"

bool dec_nan_operands(struct dec_num *r, const struct dec_num *a, const struct dec_num *b,
		      struct dec_env *env)
{
	const struct dec_num *from = NULL;

	if (b && dec_is_nan(b))
		from = b;
	if (dec_is_nan(a) && !(from && from->cls == DEC_SNAN && a->cls == DEC_QNAN))
		from = a;
	if (!from)
		return false;
	if (from->cls == DEC_SNAN)
		env->st.flags |= SF_VXSNAN;
	*r = *from;
	r->cls = DEC_QNAN;
	return true;
}

static void invalid(struct dec_num *r, struct dec_env *env, u32 flag)
{
	env->st.flags |= flag;
	dec_default_nan(r);
}

static void infinity(struct dec_num *r, bool sign)
{
	*r = (struct dec_num){.cls = DEC_INF, .sign = sign};
}

static void trim(struct dec_num *n)
{
	while (n->len && !n->digit[n->len - 1])
		n->len--;
}

static u8 digit_at(const struct dec_num *n, u32 i)
{
	return i < n->len ? n->digit[i] : 0;
}

/* Magnitudes with equal exponents: -1, 0, 1. */
static int compare_digits(const struct dec_num *a, const struct dec_num *b)
{
	for (u32 i = a->len > b->len ? a->len : b->len; i--;)
		if (digit_at(a, i) != digit_at(b, i))
			return digit_at(a, i) < digit_at(b, i) ? -1 : 1;
	return 0;
}

/* n += m, equal exponents */
static void add_digits(struct dec_num *n, const struct dec_num *m)
{
	u32 len = n->len > m->len ? n->len : m->len;
	u8 carry = 0;

	for (u32 i = 0; i <= len; i++) {
		u8 sum = digit_at(n, i) + digit_at(m, i) + carry;

		carry = sum > 9;
		n->digit[i] = carry ? sum - 10 : sum;
	}
	n->len = len + 1;
	trim(n);
}

/* n -= m, equal exponents, n >= m */
static void sub_digits(struct dec_num *n, const struct dec_num *m)
{
	u8 borrow = 0;

	for (u32 i = 0; i < n->len; i++) {
		u8 take = digit_at(m, i) + borrow;

		borrow = n->digit[i] < take;
		n->digit[i] = (u8)(n->digit[i] + (borrow ? 10 : 0) - take);
	}
	trim(n);
}

/* --- addition --- */

/* One operand is zero: the other one, as near to the smaller exponent as it gets. */
static void add_zero(struct dec_num *r, const struct dec_num *n, s32 other_exp, u32 digits)
{
	*r = *n;
	if (n->exp > other_exp && n->len < digits) {
		u32 room = digits - n->len, gap = (u32)(n->exp - other_exp);

		dec_append_zeros(r, gap < room ? gap : room);
	}
}

static void add_nonzero(struct dec_num *r, const struct dec_num *a, const struct dec_num *b,
			struct dec_env *env)
{
	const struct dec_num *high = a->exp >= b->exp ? a : b, *low = high == a ? b : a;
	u32 gap = (u32)(high->exp - low->exp), far = env->fmt->digits + 3;
	struct dec_num m = *low;

	*r = *high;
	if (gap >= far + low->len) {
		/* low is less than the last of these digits: it only makes the result inexact. */
		dec_append_zeros(r, far);
		dec_set_zero(&m, low->sign, r->exp);
		if (high->sign != low->sign) {
			m.len = 1;
			m.digit[0] = 1;
		}
		r->sticky = true;
	} else {
		dec_append_zeros(r, gap);
	}
	if (high->sign == low->sign) {
		add_digits(r, &m);
	} else if (compare_digits(r, &m) >= 0) {
		sub_digits(r, &m);
	} else {
		sub_digits(&m, r);
		*r = m;
	}
	if (!r->len)
		r->sign = env->rn == DEC_DOWNWARD;
}

static void add_signed(struct dec_num *r, const struct dec_num *a, const struct dec_num *b,
		       struct dec_env *env)
{
	s32 exp = a->exp < b->exp ? a->exp : b->exp;

	if (a->cls == DEC_INF && b->cls == DEC_INF && a->sign != b->sign)
		invalid(r, env, SF_VXISI);
	else if (a->cls == DEC_INF || b->cls == DEC_INF)
		infinity(r, a->cls == DEC_INF ? a->sign : b->sign);
	else if (!a->len && !b->len)
		dec_set_zero(r, a->sign == b->sign ? a->sign : env->rn == DEC_DOWNWARD, exp);
	else if (!a->len)
		add_zero(r, b, a->exp, env->fmt->digits);
	else if (!b->len)
		add_zero(r, a, b->exp, env->fmt->digits);
	else
		add_nonzero(r, a, b, env);
}

void dec_add(struct dec_num *r, const struct dec_num *a, const struct dec_num *b,
	     struct dec_env *env)
{
	if (!dec_nan_operands(r, a, b, env))
		add_signed(r, a, b, env);
}

void dec_sub(struct dec_num *r, const struct dec_num *a, const struct dec_num *b,
	     struct dec_env *env)
{
	struct dec_num minus_b = *b;

	minus_b.sign = !b->sign;
	if (!dec_nan_operands(r, a, b, env))
		add_signed(r, a, &minus_b, env);
}

/* --- multiplication and division --- */
static void mul_digits(struct dec_num *r, const struct dec_num *a, const struct dec_num *b)
{
	u32 column[DEC_MAX_DIGITS] = {0}, carry = 0;

	for (u32 i = 0; i < a->len; i++)
		for (u32 j = 0; j < b->len; j++)
			column[i + j] += (u32)a->digit[i] * b->digit[j];
	for (u32 i = 0; i < a->len + b->len; i++) {
		carry += column[i];
		r->digit[i] = carry % 10;
		carry /= 10;
	}
	r->len = a->len + b->len;
	trim(r);
}

void dec_mul(struct dec_num *r, const struct dec_num *a, const struct dec_num *b,
	     struct dec_env *env)
{
	bool sign = a->sign != b->sign;

	if (dec_nan_operands(r, a, b, env))
		return;
	if (a->cls == DEC_INF || b->cls == DEC_INF) {
		if ((a->cls == DEC_FINITE && !a->len) || (b->cls == DEC_FINITE && !b->len))
			invalid(r, env, SF_VXIMZ);
		else
			infinity(r, sign);
		return;
	}
	dec_set_zero(r, sign, a->exp + b->exp);
	mul_digits(r, a, b);
}

/* Schoolbook: feeds zeros behind the dividend until the remainder is 0 or there is precision
 * enough, so that an exact quotient has the exponent nearest to the ideal one. */
static void div_nonzero(struct dec_num *r, const struct dec_num *a, const struct dec_num *b,
			u32 precision)
{
	struct dec_num rem = {0};
	u8 quotient[DEC_MAX_DIGITS];
	u32 count = 0, significant = 0, next = a->len;

	while (next || (rem.len && significant < precision)) {
		u8 q = 0;

		memmove(rem.digit + 1, rem.digit, rem.len);
		rem.digit[0] = next ? a->digit[next - 1] : 0;
		rem.len++;
		trim(&rem);
		if (next)
			next--;
		else
			r->exp--;
		while (compare_digits(&rem, b) >= 0) {
			sub_digits(&rem, b);
			q++;
		}
		if (q || significant) {
			significant++;
			quotient[count++] = q;
		}
	}
	for (u32 i = 0; i < count; i++)
		r->digit[i] = quotient[count - 1 - i];
	r->len = count;
	r->sticky = rem.len != 0;
}

void dec_div(struct dec_num *r, const struct dec_num *a, const struct dec_num *b,
	     struct dec_env *env)
{
	bool sign = a->sign != b->sign;

	if (dec_nan_operands(r, a, b, env))
		return;
	if (a->cls == DEC_INF) {
		if (b->cls == DEC_INF)
			invalid(r, env, SF_VXIDI);
		else
			infinity(r, sign);
	} else if (b->cls == DEC_INF) {
		dec_set_zero(r, sign, -env->fmt->bias);
	} else if (!b->len) {
		if (!a->len) {
			invalid(r, env, SF_VXZDZ);
		} else {
			env->st.flags |= SF_ZX;
			infinity(r, sign);
		}
	} else {
		dec_set_zero(r, sign, a->exp - b->exp);
		if (a->len)
			div_nonzero(r, a, b, env->fmt->digits + 2);
	}
}

/* --- comparison --- */
static int compare_magnitude(const struct dec_num *a, const struct dec_num *b)
{
	if (a->cls == DEC_INF || b->cls == DEC_INF)
		return (a->cls == DEC_INF) - (b->cls == DEC_INF);
	if (!a->len || !b->len)
		return (a->len != 0) - (b->len != 0);
	if (dec_adjusted(a) != dec_adjusted(b))
		return dec_adjusted(a) < dec_adjusted(b) ? -1 : 1;
	for (u32 i = 1; i <= a->len || i <= b->len; i++) {
		u8 da = i <= a->len ? a->digit[a->len - i] : 0;
		u8 db = i <= b->len ? b->digit[b->len - i] : 0;

		if (da != db)
			return da < db ? -1 : 1;
	}
	return 0;
}

static bool is_zero(const struct dec_num *n)
{
	return n->cls == DEC_FINITE && !n->len;
}

enum sf_order dec_compare(const struct dec_num *a, const struct dec_num *b)
{
	int order;

	if (dec_is_nan(a) || dec_is_nan(b))
		return SF_UNORD;
	if (is_zero(a) && is_zero(b))
		return SF_EQ;
	if (a->sign != b->sign)
		return a->sign ? SF_LT : SF_GT;
	order = compare_magnitude(a, b);
	if (!order)
		return SF_EQ;
	return (order < 0) != a->sign ? SF_LT : SF_GT;
}

/* --- quantum --- */
void dec_quantize(struct dec_num *n, s32 exp, struct dec_env *env)
{
	s32 gap = n->exp - exp;
	bool up;

	if (!n->len) {
		n->exp = exp;
	} else if (gap >= 0) {
		if (n->len + (u64)gap > env->fmt->digits)
			invalid(n, env, SF_VXCVI);
		else
			dec_append_zeros(n, (u32)gap);
	} else if (dec_drop(n, (u32)-gap, env->rn, &up)) {
		env->st.flags |= SF_XX | SF_FI | (up ? SF_FR : 0);
	}
}
