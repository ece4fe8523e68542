// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arithmetic on unpacked numbers: exact, or with at least 116 bits and a sticky bit.
 * Power ISA Book I 4.6.6, 7.6; NaN rules 4.3.2; invalid operations 4.4.1; zero divide 4.4.2.
 */
#include "softfp/softfp.h"
#include "softfp/internal.h"

struct sf_num sf_default_nan(void)
{
	struct sf_num n = {.frac = SF_TOP >> 1, .cls = SF_QNAN};

	return n;
}

static struct sf_num invalid(struct sf_status *st, u32 flag)
{
	st->flags |= flag;
	return sf_default_nan();
}

struct sf_num sf_quiet(struct sf_num n, struct sf_status *st)
{
	if (n.cls == SF_SNAN) {
		st->flags |= SF_VXSNAN;
		n.cls = SF_QNAN;
		n.frac |= SF_TOP >> 1;
	}
	return n;
}

/* At least one of a, b is a NaN. */
static struct sf_num pick_nan(const struct sf_num *a, const struct sf_num *b, struct sf_status *st)
{
	struct sf_num qa = sf_quiet(*a, st), qb = sf_quiet(*b, st);

	return sf_is_nan(&qa) ? qa : qb;
}

static struct sf_num zero(bool sign)
{
	struct sf_num n = {.cls = SF_ZERO, .sign = sign};

	return n;
}

/* The sign of an exact zero difference. */
static bool zero_sign(const struct sf_status *st)
{
	return st->rn == SF_RN_DOWN;
}

static struct sf_num infinity(bool sign)
{
	struct sf_num n = {.cls = SF_INF, .sign = sign};

	return n;
}

/* Sum of two finite non-zero numbers. Each fraction has its lowest bit clear or is so much
 * smaller than the other that the sticky bit decides nothing but inexactness. */
static struct sf_num add_finite(const struct sf_num *a, const struct sf_num *b,
				const struct sf_status *st)
{
	struct sf_num r = {.cls = SF_FINITE};
	u128 x, y;
	unsigned lz;

	if (a->exp < b->exp || (a->exp == b->exp && a->frac < b->frac)) {
		const struct sf_num *t = a;

		a = b;
		b = t;
	}
	x = a->frac >> 1;
	y = sf_shr_jam(b->frac >> 1, (unsigned)(a->exp - b->exp));
	r.sign = a->sign;
	r.frac = a->sign == b->sign ? x + y : x - y;
	if (!r.frac)
		return zero(zero_sign(st));
	lz = sf_clz128(r.frac);
	r.frac <<= lz;
	r.exp = a->exp + 1 - (s32)lz;
	return r;
}

/* a + b, neither a NaN. */
static struct sf_num add_numbers(const struct sf_num *a, const struct sf_num *b,
				 struct sf_status *st)
{
	if (a->cls == SF_INF) {
		if (b->cls == SF_INF && a->sign != b->sign)
			return invalid(st, SF_VXISI);
		return *a;
	}
	if (b->cls == SF_INF)
		return *b;
	if (a->cls == SF_ZERO) {
		if (b->cls == SF_ZERO && a->sign != b->sign)
			return zero(zero_sign(st));
		return *b;
	}
	if (b->cls == SF_ZERO)
		return *a;
	return add_finite(a, b, st);
}

struct sf_num sf_add(struct sf_num a, struct sf_num b, struct sf_status *st)
{
	if (sf_is_nan(&a) || sf_is_nan(&b))
		return pick_nan(&a, &b, st);
	return add_numbers(&a, &b, st);
}

struct sf_num sf_sub(struct sf_num a, struct sf_num b, struct sf_status *st)
{
	if (sf_is_nan(&a) || sf_is_nan(&b))
		return pick_nan(&a, &b, st);
	b.sign = !b.sign;
	return add_numbers(&a, &b, st);
}

/* True when the product of the two fractions is exact in 128 bits and leaves low zeros. */
static bool narrow(const struct sf_num *a, const struct sf_num *b)
{
	return !((a->frac | b->frac) << 60);
}

struct sf_num sf_mul(struct sf_num a, struct sf_num b, struct sf_status *st)
{
	struct sf_num r = {.cls = SF_FINITE, .sign = a.sign != b.sign};
	struct sf_u256 p;

	if (sf_is_nan(&a) || sf_is_nan(&b))
		return pick_nan(&a, &b, st);
	if (a.cls == SF_INF || b.cls == SF_INF) {
		if (a.cls == SF_ZERO || b.cls == SF_ZERO)
			return invalid(st, SF_VXIMZ);
		return infinity(r.sign);
	}
	if (a.cls == SF_ZERO || b.cls == SF_ZERO)
		return zero(r.sign);

	r.exp = a.exp + b.exp + 1;
	if (narrow(&a, &b)) {
		r.frac = (u128)(u64)(a.frac >> 64) * (u64)(b.frac >> 64);
	} else {
		p = sf_mul128(a.frac, b.frac);
		r.frac = p.hi | (p.lo != 0);
	}
	if (!(r.frac & SF_TOP)) {
		/* The jammed bit moves up: still below any rounding position. */
		r.frac <<= 1;
		r.exp--;
	}
	return r;
}

/* floor(x / y * 2^119), with sticky, for x and y of [2^127, 2^128). */
static u128 divide_wide(u128 x, u128 y)
{
	u128 q = 0, rem = x;
	unsigned i;

	for (i = 0; i < 120; i++) {
		bool top = i && rem >> 127;

		if (i)
			rem <<= 1;
		q <<= 1;
		if (top || rem >= y) {
			rem -= y;
			q |= 1;
		}
	}
	return q << 1 | (rem != 0);
}

struct sf_num sf_div(struct sf_num a, struct sf_num b, struct sf_status *st)
{
	struct sf_num r = {.cls = SF_FINITE, .sign = a.sign != b.sign};
	unsigned lz;

	if (sf_is_nan(&a) || sf_is_nan(&b))
		return pick_nan(&a, &b, st);
	if (a.cls == SF_INF)
		return b.cls == SF_INF ? invalid(st, SF_VXIDI) : infinity(r.sign);
	if (b.cls == SF_INF)
		return zero(r.sign);
	if (b.cls == SF_ZERO) {
		if (a.cls == SF_ZERO)
			return invalid(st, SF_VXZDZ);
		st->flags |= SF_ZX;
		return infinity(r.sign);
	}
	if (a.cls == SF_ZERO)
		return zero(r.sign);

	if (!st->quad && narrow(&a, &b)) {
		u64 rem;

		/* of (2^62, 2^64) */
		r.frac = sf_divide_narrow(a.frac >> 1, (u64)(b.frac >> 64), &rem);
		r.frac = r.frac << 1 | (rem != 0);
		r.exp = a.exp - b.exp + 127 - 64;
	} else {
		r.frac = divide_wide(a.frac, b.frac);
		r.exp = a.exp - b.exp + 127 - 120;
	}
	lz = sf_clz128(r.frac);
	r.frac <<= lz;
	r.exp -= (s32)lz;
	return r;
}

/* Square root digit by digit, two bits of the radicand for one of the 120 of the root; frac is
 * normalised and has one bit before the binary point, two when odd. */
static u128 root_wide(u128 frac, bool odd)
{
	u128 root = 0, rem = odd ? frac >> 126 : frac >> 127, trial, x = frac << (odd ? 2 : 1);
	unsigned i;

	for (i = 0; i < 120; i++) {
		if (i) {
			rem = rem << 2 | x >> 126;
			x <<= 2;
		}
		trial = root << 2 | 1;
		root <<= 1;
		if (rem >= trial) {
			rem -= trial;
			root |= 1;
		}
	}
	return (root << 1 | (rem != 0 || x != 0)) << 7;
}

/* The root of 64 bits, at the top of the result, of a radicand of [2^126, 2^128): half of the
 * digits one by one, the others by a division (Zimmermann's Karatsuba square root). */
static u128 root_narrow(u128 n)
{
	u64 hi = (u64)(n >> 64), lo = (u64)n, root = 0, rem = 0, trial, q, root64;
	u128 u, square;
	unsigned i;

	for (i = 0; i < 32; i++) {
		rem = rem << 2 | hi >> 62;
		hi <<= 2;
		trial = root << 2 | 1;
		root <<= 1;
		if (rem >= trial) {
			rem -= trial;
			root |= 1;
		}
	}
	/* u / (2 * root), where u may have 65 bits */
	u = (u128)rem << 32 | lo >> 32;
	q = (u64)(u >> 1) / root;
	if (q > 0xffffffff)
		q = 0xffffffff;
	u -= (u128)q * (2 * root);
	root64 = root << 32 | q;
	u = u << 32 | (u32)lo;
	square = (u128)q * q;
	while (u < square) {
		/* one too large: (2r - 1) comes back into the remainder */
		u += 2 * (u128)root64 - 1;
		root64--;
	}
	u -= square;
	return (u128)root64 << 64 | (u != 0);
}

struct sf_num sf_sqrt(struct sf_num b, struct sf_status *st)
{
	struct sf_num r = {.cls = SF_FINITE};

	if (sf_is_nan(&b))
		return sf_quiet(b, st);
	if (b.cls == SF_ZERO)
		return b;
	if (b.sign)
		return invalid(st, SF_VXSQRT);
	if (b.cls == SF_INF)
		return b;

	/* The radicand's binary point stands behind its first two bits: 01.x or 1x.x by the
	 * exponent's parity. */
	r.exp = (b.exp - (b.exp & 1)) / 2;
	if (st->quad)
		r.frac = root_wide(b.frac, b.exp & 1);
	else
		r.frac = root_narrow(b.exp & 1 ? b.frac : b.frac >> 1);
	return r;
}

/* a * c + b, all finite and not 0, where the product needs more than 128 bits. */
static struct sf_num fma_wide(const struct sf_num *a, const struct sf_num *b,
			      const struct sf_num *c, const struct sf_status *st)
{
	struct sf_num r = {.cls = SF_FINITE, .sign = a->sign != c->sign};
	struct sf_u256 p = sf_mul128(a->frac, c->frac), t = {b->frac, 0};
	s32 exp = a->exp + c->exp + 1, diff;
	bool swap;
	unsigned lz;

	if (!(p.hi & SF_TOP)) {
		p = sf_shl256(p, 1);
		exp--;
	}
	/* One bit of headroom; both have low zeros to spare. */
	p = sf_shr_jam256(p, 1);
	t = sf_shr_jam256(t, 1);
	diff = exp - b->exp;
	if (diff >= 0) {
		t = sf_shr_jam256(t, diff > 255 ? 255 : (unsigned)diff);
	} else {
		p = sf_shr_jam256(p, -diff > 255 ? 255 : (unsigned)-diff);
		exp = b->exp;
	}

	if (r.sign == b->sign) {
		p = sf_add256(p, t);
	} else {
		swap = sf_lt256(p, t);
		p = swap ? sf_sub256(t, p) : sf_sub256(p, t);
		r.sign ^= swap;
	}
	if (!p.hi && !p.lo)
		return zero(zero_sign(st));
	lz = p.hi ? sf_clz128(p.hi) : 128 + sf_clz128(p.lo);
	p = sf_shl256(p, lz);
	r.frac = p.hi | (p.lo != 0);
	r.exp = exp + 1 - (s32)lz;
	return r;
}

struct sf_num sf_fma(struct sf_num a, struct sf_num b, struct sf_num c, unsigned variant,
		     struct sf_status *st)
{
	struct sf_num p;

	if (sf_is_nan(&a) || sf_is_nan(&b) || sf_is_nan(&c)) {
		/* infinity times 0 is reported even when the addend is a NaN */
		if ((a.cls == SF_INF && c.cls == SF_ZERO) || (a.cls == SF_ZERO && c.cls == SF_INF))
			st->flags |= SF_VXIMZ;
		p = sf_quiet(c, st);
		b = sf_quiet(b, st);
		a = sf_quiet(a, st);
		return sf_is_nan(&a) ? a : sf_is_nan(&b) ? b : p;
	}
	if (variant & SF_FMA_SUB)
		b.sign = !b.sign;
	if (a.cls == SF_FINITE && c.cls == SF_FINITE && b.cls == SF_FINITE && !narrow(&a, &c))
		return fma_wide(&a, &b, &c, st);
	p = sf_mul(a, c, st);
	if (sf_is_nan(&p))
		return p;
	return add_numbers(&p, &b, st);
}

struct sf_num sf_fma_negate(struct sf_num n, struct sf_status *st)
{
	u32 flip;

	if (sf_is_nan(&n))
		return n;
	/* In FPRF a sign changes FL and FG, a zero's or a denormal's C too. */
	flip = n.cls == SF_ZERO ? 0x10 : 0x0c;
	st->flags ^= flip << 12;
	n.sign = !n.sign;
	return n;
}
