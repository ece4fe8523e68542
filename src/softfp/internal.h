/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For softfp/ alone: integers wider than a machine word. "Jam": bits shifted out are ORed into
 * bit 0, so that a later rounding still knows that they were there. */
#ifndef SOFTFP_INTERNAL_H
#define SOFTFP_INTERNAL_H

#include "softfp/softfp.h"

#define SF_TOP ((u128)1 << 127)

struct sf_u256 {
	u128 hi, lo;
};

/* Whether rounding adds a unit to the magnitude: odd is the unit's bit before, rest what is cut
 * off, half its middle. */
bool sf_round_away(enum sf_rounding rn, bool sign, bool odd, u128 rest, u128 half);

static inline unsigned sf_clz128(u128 v)
{
	u64 hi = (u64)(v >> 64);

	return hi ? (unsigned)__builtin_clzll(hi) : 64 + (unsigned)__builtin_clzll((u64)v);
}

static inline u128 sf_shr_jam(u128 v, unsigned n)
{
	if (!n)
		return v;
	if (n > 127)
		return v != 0;
	return v >> n | ((v << (128 - n)) != 0);
}

static inline struct sf_u256 sf_shr_jam256(struct sf_u256 v, unsigned n)
{
	struct sf_u256 r;

	if (!n)
		return v;
	if (n >= 128) {
		r.hi = 0;
		r.lo = sf_shr_jam(v.hi, n - 128) | (v.lo != 0);
		return r;
	}
	r.hi = v.hi >> n;
	r.lo = v.hi << (128 - n) | v.lo >> n | ((v.lo << (128 - n)) != 0);
	return r;
}

static inline struct sf_u256 sf_shl256(struct sf_u256 v, unsigned n)
{
	struct sf_u256 r = v;

	if (!n)
		return r;
	if (n >= 128) {
		r.hi = n == 128 ? v.lo : v.lo << (n - 128);
		r.lo = 0;
		return r;
	}
	r.hi = v.hi << n | v.lo >> (128 - n);
	r.lo = v.lo << n;
	return r;
}

static inline struct sf_u256 sf_add256(struct sf_u256 a, struct sf_u256 b)
{
	struct sf_u256 r = {a.hi + b.hi, a.lo + b.lo};

	r.hi += r.lo < a.lo;
	return r;
}

static inline struct sf_u256 sf_sub256(struct sf_u256 a, struct sf_u256 b)
{
	struct sf_u256 r = {a.hi - b.hi - (a.lo < b.lo), a.lo - b.lo};

	return r;
}

static inline bool sf_lt256(struct sf_u256 a, struct sf_u256 b)
{
	return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo);
}

static inline struct sf_u256 sf_mul128(u128 a, u128 b)
{
	u64 ah = (u64)(a >> 64), al = (u64)a, bh = (u64)(b >> 64), bl = (u64)b;
	u128 ll = (u128)al * bl, lh = (u128)al * bh, hl = (u128)ah * bl;
	u128 mid = (ll >> 64) + (u64)lh + (u64)hl;
	struct sf_u256 r;

	r.lo = mid << 64 | (u64)ll;
	r.hi = (u128)ah * bh + (lh >> 64) + (hl >> 64) + (mid >> 64);
	return r;
}

/* floor(x / d) by two digits of base 2^32, for d of [2^63, 2^64) and x < d * 2^64; by hand, since
 * a 128-bit division would call the compiler's library. */
static inline u64 sf_divide_narrow(u128 x, u64 d, u64 *rem)
{
	u64 high = d >> 32, low = (u32)d, n1 = (u64)(x >> 64), n0 = (u64)x, q = 0, digit, r;
	int i;

	for (i = 0; i < 2; i++) {
		u64 next = i ? (u32)n0 : n0 >> 32;

		digit = n1 / high;
		r = n1 - digit * high;
		/* the estimate is at most 2 too large */
		while (digit >> 32 || digit * low > (r << 32 | next)) {
			digit--;
			r += high;
			if (r >> 32)
				break;
		}
		q = q << 32 | digit;
		n1 = (n1 << 32 | next) - digit * d;
	}
	*rem = n1;
	return q;
}

#endif
