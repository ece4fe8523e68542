// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMX single-precision floating point (Power ISA Book I, 6.6 and 6.10): rounds to nearest, raises
 * nothing, touches no status but VSCR.SAT of conversions. With VSCR.NJ set, denormal operands and
 * results are zeros of their sign; a result counts as denormal by its size before rounding.
 * The first NaN of VRA, VRB, VRC is the result, made quiet.
 *
 * Of the estimates the ISA asks for an error of 2^-12 (vrefp, vrsqrtefp), 2^-4 (vexptefp) and,
 * absolute, 2^-5 (vlogefp); these are exact to the last bit or nearly so.
 */
#include "cpu/helper_vmx.h"
#include "softfp/softfp.h"

enum { MIN_EXP = -126 };

static struct sf_num flush(const struct cpu_state *s, struct sf_num n)
{
	if (s->vscr_nj && n.cls == SF_FINITE && n.exp < MIN_EXP)
		n.cls = SF_ZERO;
	return n;
}

static struct sf_num operand(const struct cpu_state *s, u32 bits)
{
	return flush(s, sf_unpack(&sf_f32, bits));
}

static u32 result(const struct cpu_state *s, struct sf_num n)
{
	struct sf_status st = {.rn = SF_RN_NEAREST};

	n = sf_round(flush(s, n), &sf_f32, &st);
	return (u32)sf_pack(&sf_f32, &n);
}

/* Elements x and y of a and b to expr, unrounded; st takes flags nobody reads */
#define VFP2(name, expr)                                                                           \
	void helper_##name(union vreg *r, struct cpu_state *s, const union vreg *a,                \
			   const union vreg *b)                                                    \
	{                                                                                          \
		struct sf_status st = {.rn = SF_RN_NEAREST};                                       \
		union vreg t;                                                                      \
                                                                                                   \
		for (int i = 0; i < 4; i++) {                                                      \
			struct sf_num x = operand(s, a->w[i]);                                     \
			struct sf_num y = operand(s, b->w[i]);                                     \
                                                                                                   \
			t.w[i] = result(s, (expr));                                                \
		}                                                                                  \
		*r = t;                                                                            \
	}

static struct sf_num largest(struct sf_num x, struct sf_num y, bool max, struct sf_status *st)
{
	if (sf_is_nan(&x))
		return sf_quiet(x, st);
	if (sf_is_nan(&y))
		return sf_quiet(y, st);
	if (x.cls == SF_ZERO && y.cls == SF_ZERO)
		return x.sign == max ? y : x;
	return (sf_order(&x, &y) == (max ? SF_GT : SF_LT)) ? x : y;
}

VFP2(vaddfp, sf_add(x, y, &st))
VFP2(vsubfp, sf_sub(x, y, &st))
VFP2(vmaxfp, largest(x, y, true, &st))
VFP2(vminfp, largest(x, y, false, &st))

static void multiply_add(union vreg *r, struct cpu_state *s, const union vreg *a,
			 const union vreg *b, const union vreg *c, unsigned variant)
{
	union vreg t;

	for (int i = 0; i < 4; i++) {
		struct sf_status st = {.rn = SF_RN_NEAREST};
		struct sf_num n = sf_fma(operand(s, a->w[i]), operand(s, b->w[i]),
					 operand(s, c->w[i]), variant, &st);

		n = sf_round(flush(s, n), &sf_f32, &st);
		if (variant & SF_FMA_NEG)
			n = sf_fma_negate(n, &st);
		t.w[i] = (u32)sf_pack(&sf_f32, &n);
	}
	*r = t;
}

void helper_vmaddfp(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		    const union vreg *c)
{
	multiply_add(r, s, a, b, c, 0);
}

void helper_vnmsubfp(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		     const union vreg *c)
{
	multiply_add(r, s, a, b, c, SF_FMA_SUB | SF_FMA_NEG);
}

/* All ones where the order of x and y is one of a set of enum sf_order */
static void compare(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		    unsigned set)
{
	union vreg t;

	for (int i = 0; i < 4; i++) {
		struct sf_num x = operand(s, a->w[i]), y = operand(s, b->w[i]);

		t.w[i] = sf_order(&x, &y) & set ? ~0u : 0;
	}
	*r = t;
}

void helper_vcmpeqfp(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b)
{
	compare(r, s, a, b, SF_EQ);
}

void helper_vcmpgefp(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b)
{
	compare(r, s, a, b, SF_GT | SF_EQ);
}

void helper_vcmpgtfp(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b)
{
	compare(r, s, a, b, SF_GT);
}

/* Bounds: bit 0 unless x <= y, bit 1 unless x >= -y */
void helper_vcmpbfp(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b)
{
	union vreg t;

	for (int i = 0; i < 4; i++) {
		struct sf_num x = operand(s, a->w[i]), y = operand(s, b->w[i]);

		t.w[i] = sf_order(&x, &y) & (SF_LT | SF_EQ) ? 0 : 1u << 31;
		y.sign = !y.sign;
		t.w[i] |= sf_order(&x, &y) & (SF_GT | SF_EQ) ? 0 : 1u << 30;
	}
	*r = t;
}

/* Element x of a to expr; s and st as above */
#define VFP1(name, mode, expr)                                                                     \
	void helper_##name(union vreg *r, struct cpu_state *s, const union vreg *a)                \
	{                                                                                          \
		struct sf_status st = {.rn = (mode)};                                              \
		union vreg t;                                                                      \
                                                                                                   \
		for (int i = 0; i < 4; i++) {                                                      \
			struct sf_num x = operand(s, a->w[i]);                                     \
                                                                                                   \
			t.w[i] = result(s, (expr));                                                \
		}                                                                                  \
		*r = t;                                                                            \
	}

VFP1(vrfin, SF_RN_NEAREST, sf_rint(x, &st))
VFP1(vrfiz, SF_RN_ZERO, sf_rint(x, &st))
VFP1(vrfip, SF_RN_UP, sf_rint(x, &st))
VFP1(vrfim, SF_RN_DOWN, sf_rint(x, &st))

static struct sf_num reciprocal_root(struct sf_num x, struct sf_status *st)
{
	struct sf_num root = sf_round(sf_sqrt(x, st), &sf_f32, st);

	return sf_div(sf_from_u64(1), root, st);
}

VFP1(vrefp, SF_RN_NEAREST, sf_div(sf_from_u64(1), x, &st))
VFP1(vrsqrtefp, SF_RN_NEAREST, reciprocal_root(x, &st))

static struct sf_num positive(enum sf_class cls)
{
	struct sf_num n = {.cls = cls};

	return n;
}

/* exp(y) for 0 <= y < 1, both with 63 bits behind the point: Taylor's series */
static u64 exp_fixed(u64 y)
{
	u64 sum = 1ull << 63, term = sum;

	for (unsigned k = 1; term; k++) {
		term = (u64)((u128)term * y >> 63) / k;
		sum += term;
	}
	return sum;
}

/* 2^x, from the integer part of x as the exponent */
static struct sf_num power_of_two(struct sf_num x, struct sf_status *st)
{
	const u64 ln2 = 0x58b90bfbe8e7bcd5ull; /* 63 bits behind the point */
	struct sf_num n = {.cls = SF_FINITE};
	s128 v;

	if (sf_is_nan(&x))
		return sf_quiet(x, st);
	if (x.cls == SF_INF)
		return positive(x.sign ? SF_ZERO : SF_INF);
	/* 64 bits behind the point; 512 is beyond any single's exponent, tiny ones give 1 */
	if (x.cls == SF_ZERO || x.exp < -64)
		v = 0;
	else
		v = x.exp > 8 ? (s128)512 << 64 : (s128)(x.frac >> (63 - x.exp));
	if (x.sign)
		v = -v;
	n.exp = (s32)(v >> 64);
	n.frac = (u128)exp_fixed((u64)((u128)((u64)v >> 1) * ln2 >> 63)) << 64;
	if ((u64)v)
		n.frac |= 1;
	return n;
}

VFP1(vexptefp, SF_RN_NEAREST, power_of_two(x, &st))

/* Base-2 logarithm: squaring doubles it, so that the digits behind the point fall out one by one */
static struct sf_num log_two(struct sf_num x, struct sf_status *st)
{
	u64 m = (u64)(x.frac >> 64), digits = 0;
	struct sf_num n;
	s128 v;

	if (sf_is_nan(&x))
		return sf_quiet(x, st);
	n = positive(SF_INF);
	if (x.cls == SF_ZERO) {
		n.sign = true;
		return n;
	}
	if (x.sign)
		return sf_default_nan();
	if (x.cls == SF_INF)
		return n;
	for (int i = 0; i < 55; i++) {
		u128 square = (u128)m * m;
		unsigned digit = (u64)(square >> 127);

		digits = digits << 1 | digit;
		m = (u64)(square >> (63 + digit));
	}
	v = x.exp * ((s128)1 << 55) + digits;
	n = sf_from_s64((s64)v);
	n.exp -= 55;
	return n;
}

VFP1(vlogefp, SF_RN_NEAREST, log_two(x, &st))

/* x * 2^scale as an integer, cut off and clamped. NaNs give 0 without SAT. */
static u32 to_word(struct sf_num x, unsigned scale, bool is_signed, u64 *sat)
{
	struct sf_status st = {.rn = SF_RN_ZERO};
	u64 v;

	if (sf_is_nan(&x))
		return 0;
	x.exp += scale;
	v = sf_to_int(x, 32, is_signed, &st);
	if (st.flags & SF_VXCVI)
		*sat = 1;
	return (u32)v;
}

void helper_vctsxs(union vreg *r, struct cpu_state *s, const union vreg *a, u64 scale)
{
	union vreg t;

	for (int i = 0; i < 4; i++)
		t.w[i] = to_word(operand(s, a->w[i]), scale & 31, true, &s->vscr_sat);
	*r = t;
}

void helper_vctuxs(union vreg *r, struct cpu_state *s, const union vreg *a, u64 scale)
{
	union vreg t;

	for (int i = 0; i < 4; i++)
		t.w[i] = to_word(operand(s, a->w[i]), scale & 31, false, &s->vscr_sat);
	*r = t;
}

/* n / 2^scale as a single */
static u32 from_word(struct sf_num n, unsigned scale)
{
	struct sf_status st = {.rn = SF_RN_NEAREST};

	n.exp -= scale;
	n = sf_round(n, &sf_f32, &st);
	return (u32)sf_pack(&sf_f32, &n);
}

void helper_vcfsx(union vreg *r, const union vreg *a, u64 scale)
{
	union vreg t;

	for (int i = 0; i < 4; i++)
		t.w[i] = from_word(sf_from_s64(a->sw[i]), scale & 31);
	*r = t;
}

void helper_vcfux(union vreg *r, const union vreg *a, u64 scale)
{
	union vreg t;

	for (int i = 0; i < 4; i++)
		t.w[i] = from_word(sf_from_u64(a->w[i]), scale & 31);
	*r = t;
}
