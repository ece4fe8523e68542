// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Formats: unpacking, the one rounding step, packing, result classes.
 * Power ISA Book I 4.3.6 (rounding), 4.4.3 - 4.4.5 (overflow, underflow, inexact).
 */
#include "softfp/softfp.h"
#include "softfp/internal.h"

/* wrap is 3 * 2^(exponent bits - 2). */
const struct sf_fmt sf_f16 = {.frac_bits = 10, .bias = 15, .wrap = 24};
const struct sf_fmt sf_f32 = {.frac_bits = 23, .bias = 127, .wrap = 192};
const struct sf_fmt sf_f64 = {.frac_bits = 52, .bias = 1023, .wrap = 1536};
const struct sf_fmt sf_f128 = {.frac_bits = 112, .bias = 16383, .wrap = 24576};
const struct sf_fmt sf_f80 = {.frac_bits = 63, .bias = 16383, .wrap = 24576};

struct sf_num sf_unpack(const struct sf_fmt *f, u128 bits)
{
	u32 exp_max = 2 * (u32)f->bias + 1;
	u32 exp = (u32)(bits >> f->frac_bits) & exp_max;
	u128 frac = bits & (((u128)1 << f->frac_bits) - 1);
	struct sf_num n = {.frac = frac << (127 - f->frac_bits), .exp = (s32)exp - f->bias};
	unsigned lz;

	n.sign = bits >> f->frac_bits & (exp_max + 1);
	if (exp == exp_max) {
		n.cls = !frac ? SF_INF : frac >> (f->frac_bits - 1) ? SF_QNAN : SF_SNAN;
	} else if (exp) {
		n.cls = SF_FINITE;
		n.frac |= SF_TOP;
	} else if (frac) {
		n.cls = SF_FINITE;
		lz = sf_clz128(n.frac);
		n.frac <<= lz;
		n.exp = 1 - f->bias - (s32)lz;
	} else {
		n.cls = SF_ZERO;
	}
	return n;
}

u128 sf_pack(const struct sf_fmt *f, const struct sf_num *n)
{
	u32 exp_max = 2 * (u32)f->bias + 1;
	u128 exp = 0, frac = 0;
	s32 biased;

	switch (n->cls) {
	case SF_ZERO:
		break;
	case SF_INF:
		exp = exp_max;
		break;
	case SF_QNAN:
	case SF_SNAN:
		exp = exp_max;
		frac = (n->frac & ~SF_TOP) >> (127 - f->frac_bits);
		break;
	default:
		biased = n->exp + f->bias;
		if (biased <= 0) {
			frac = sf_shr_jam(n->frac, (unsigned)(1 - biased)) >> (127 - f->frac_bits);
		} else {
			exp = (u32)biased & exp_max;
			frac = (n->frac & ~SF_TOP) >> (127 - f->frac_bits);
		}
	}
	return ((u128)n->sign * (exp_max + 1) | exp) << f->frac_bits | frac;
}

u32 sf_fprf(const struct sf_num *n, const struct sf_fmt *f)
{
	switch (n->cls) {
	case SF_ZERO:
		return (n->sign ? 0x12u : 0x02u) << 12;
	case SF_INF:
		return (n->sign ? 0x09u : 0x05u) << 12;
	case SF_QNAN:
	case SF_SNAN:
		return 0x11u << 12;
	default:
		if (n->exp < 1 - f->bias)
			return (n->sign ? 0x18u : 0x14u) << 12;
		return (n->sign ? 0x08u : 0x04u) << 12;
	}
}

bool sf_round_away(enum sf_rounding rn, bool sign, bool odd, u128 rest, u128 half)
{
	switch (rn) {
	case SF_RN_NEAREST:
		return rest > half || (rest == half && odd);
	case SF_RN_UP:
		return rest && !sign;
	case SF_RN_DOWN:
		return rest && sign;
	case SF_RN_AWAY:
		return rest >= half;
	case SF_RN_ODD:
		return rest && !odd;
	default:
		return false;
	}
}

/* Disabled overflow: infinity, or the largest finite number where the mode rounds towards it.
 * FR is undefined; we say whether the magnitude grew. */
static void overflow(struct sf_num *n, const struct sf_fmt *f, struct sf_status *st)
{
	bool inf = st->rn == SF_RN_NEAREST || st->rn == SF_RN_AWAY ||
		   st->rn == (n->sign ? SF_RN_DOWN : SF_RN_UP);

	st->flags |= SF_OX | SF_XX | SF_FI | (inf ? SF_FR : 0);
	if (inf) {
		n->cls = SF_INF;
	} else {
		n->exp = f->bias;
		n->frac = ~(u128)0 << (127 - f->frac_bits);
		st->flags &= ~(u32)SF_FR;
	}
}

struct sf_num sf_round(struct sf_num n, const struct sf_fmt *f, struct sf_status *st)
{
	s32 emin = 1 - f->bias;
	u128 lsb = (u128)1 << (127 - f->frac_bits), rest, frac;
	bool denormal = false, carry = false;
	unsigned lz;

	st->flags &= ~(u32)(SF_FR | SF_FI | SF_FPRF);
	if (n.cls != SF_FINITE) {
		if (sf_is_nan(&n))
			n.frac &= ~(lsb - 1);
		st->flags |= sf_fprf(&n, f);
		return n;
	}

	frac = n.frac;
	if (n.exp < emin) {
		if (st->enables & SF_UE) {
			st->flags |= SF_UX;
			n.exp += f->wrap;
		} else {
			denormal = true;
			frac = sf_shr_jam(frac, (unsigned)(emin - n.exp));
			n.exp = emin;
		}
	}
	rest = frac & (lsb - 1);
	frac -= rest;
	if (rest) {
		st->flags |= SF_XX | SF_FI | (denormal ? SF_UX : 0);
		if (sf_round_away(st->rn, n.sign, (frac & lsb) != 0, rest, lsb >> 1)) {
			st->flags |= SF_FR;
			frac += lsb;
			carry = !frac;
		}
	}
	if (carry) {
		frac = SF_TOP;
		n.exp++;
	}
	n.frac = frac;
	if (!frac) {
		n.cls = SF_ZERO;
	} else if (denormal) {
		lz = sf_clz128(frac);
		n.frac <<= lz;
		n.exp -= (s32)lz;
	} else if (n.exp > f->bias) {
		if (st->enables & SF_OE) {
			st->flags |= SF_OX;
			n.exp -= f->wrap;
		} else {
			overflow(&n, f, st);
		}
	}
	/* An exponent that was adjusted may lie below the format's range (frsp of a tiny double):
	 * the result counts as normal all the same. */
	if (n.cls == SF_FINITE && !denormal)
		st->flags |= (n.sign ? 0x08u : 0x04u) << 12;
	else
		st->flags |= sf_fprf(&n, f);
	return n;
}
