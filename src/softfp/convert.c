// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Integers, integral values, comparisons, and the format changes of single loads and stores.
 * Power ISA Book I 4.6.2, 4.6.3, 4.6.7, 4.6.8, 7.6.
 */
#include "softfp/softfp.h"
#include "softfp/internal.h"

struct sf_num sf_from_u64(u64 v)
{
	struct sf_num n = {.cls = v ? SF_FINITE : SF_ZERO};
	unsigned lz;

	if (v) {
		lz = (unsigned)__builtin_clzll(v);
		n.frac = (u128)(v << lz) << 64;
		n.exp = 63 - (s32)lz;
	}
	return n;
}

struct sf_num sf_from_s64(s64 v)
{
	struct sf_num n = sf_from_u64(v < 0 ? -(u64)v : (u64)v);

	n.sign = v < 0;
	return n;
}

struct sf_num sf_rint(struct sf_num n, struct sf_status *st)
{
	u128 lsb = 0, rest, half = SF_TOP >> 1;

	st->flags &= ~(u32)(SF_FR | SF_FI);
	if (n.cls != SF_FINITE)
		return sf_quiet(n, st);
	if (n.exp >= 127)
		return n;
	if (n.exp < 0) {
		/* below 1: scaled so that 1 would be SF_TOP */
		rest = sf_shr_jam(n.frac, (unsigned)-n.exp);
	} else {
		lsb = SF_TOP >> n.exp;
		half = lsb >> 1;
		rest = n.frac & (lsb - 1);
	}
	if (!rest)
		return n;
	st->flags |= SF_XX | SF_FI;
	n.frac = n.exp < 0 ? 0 : n.frac - rest;
	if (sf_round_away(st->rn, n.sign, (n.frac & lsb) != 0, rest, half)) {
		st->flags |= SF_FR;
		if (!lsb)
			n.exp = 0;
		n.frac += lsb ? lsb : SF_TOP;
		if (!n.frac) {
			n.frac = SF_TOP;
			n.exp++;
		}
	}
	if (!n.frac)
		n.cls = SF_ZERO;
	return n;
}

u64 sf_to_int(struct sf_num n, unsigned bits, bool is_signed, struct sf_status *st)
{
	u64 max = ~0ull >> (64 - bits + is_signed), min = is_signed ? ~max : 0, limit;
	u64 v;

	st->flags &= ~(u32)(SF_FR | SF_FI);
	if (sf_is_nan(&n)) {
		st->flags |= SF_VXCVI | (n.cls == SF_SNAN ? SF_VXSNAN : 0);
		return min;
	}
	if (n.cls == SF_INF) {
		st->flags |= SF_VXCVI;
		return n.sign ? min : max;
	}
	/* Flags count only when the rounded value is in range. */
	if (n.cls == SF_FINITE && n.exp < 64) {
		struct sf_status r = {.rn = st->rn};

		n = sf_rint(n, &r);
		if (n.cls == SF_ZERO) {
			st->flags |= r.flags;
			return 0;
		}
		limit = n.sign ? -min : max;
		v = n.exp < 64 ? (u64)(n.frac >> (127 - n.exp)) : 0;
		if (n.exp < 64 && v <= limit) {
			st->flags |= r.flags;
			return n.sign ? -v : v;
		}
	} else if (n.cls == SF_ZERO) {
		return 0;
	}
	st->flags |= SF_VXCVI;
	return n.sign ? min : max;
}

enum sf_order sf_order(const struct sf_num *a, const struct sf_num *b)
{
	bool less;

	if (sf_is_nan(a) || sf_is_nan(b))
		return SF_UNORD;
	if (a->cls == SF_ZERO && b->cls == SF_ZERO)
		return SF_EQ;
	if (a->cls == SF_ZERO)
		return b->sign ? SF_GT : SF_LT;
	if (b->cls == SF_ZERO || a->sign != b->sign)
		return a->sign ? SF_LT : SF_GT;
	if (a->cls == SF_INF || b->cls == SF_INF) {
		if (a->cls == b->cls)
			return SF_EQ;
		less = b->cls == SF_INF;
	} else {
		if (a->exp == b->exp && a->frac == b->frac)
			return SF_EQ;
		less = a->exp < b->exp || (a->exp == b->exp && a->frac < b->frac);
	}
	return less != a->sign ? SF_LT : SF_GT;
}

enum sf_order sf_compare(const struct sf_num *a, const struct sf_num *b, bool ordered,
			 struct sf_status *st)
{
	if (a->cls == SF_SNAN || b->cls == SF_SNAN) {
		st->flags |= SF_VXSNAN;
		if (ordered && !(st->enables & SF_VE))
			st->flags |= SF_VXVC;
	} else if (ordered && (sf_is_nan(a) || sf_is_nan(b))) {
		st->flags |= SF_VXVC;
	}
	return sf_order(a, b);
}

u64 sf_load_single(u32 v)
{
	u64 sign = (u64)(v >> 31) << 63, frac = v & 0x7fffff;
	u32 exp = v >> 23 & 0xff;
	unsigned lz;

	if (exp == 0xff)
		return sign | 0x7ffull << 52 | frac << 29;
	if (exp)
		return sign | (u64)(exp + 1023 - 127) << 52 | frac << 29;
	if (!frac)
		return sign;
	lz = (unsigned)__builtin_clzll(frac) - 40; /* zeros above bit 23, where the 1 goes */
	return sign | (u64)(1023 - 126 - lz) << 52 | (frac << lz & 0x7fffff) << 29;
}

u32 sf_store_single(u64 v)
{
	u32 exp = v >> 52 & 0x7ff;
	u64 frac = (v & 0xfffffffffffffull) | 1ull << 52;

	if (exp > 896 || !(v << 1))
		return (u32)(v >> 32 & 0xc0000000) | (u32)(v >> 29 & 0x3fffffff);
	/* Below single's denormals the result is undefined; we store a zero. */
	if (exp < 874)
		return (u32)(v >> 32) & 0x80000000;
	return ((u32)(v >> 32) & 0x80000000) | (u32)(frac >> (29 + 897 - exp));
}
