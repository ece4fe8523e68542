// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMX decimal integers (Power ISA Book I, 6.17) and multiply by ten (6.9.1.6).
 *
 * A packed decimal has 31 digits and a sign in the last four bits: B and D are negative, A, C, E
 * and F positive, anything else is invalid. CR6 tells how the source (for sums: the unbounded
 * result) compares with zero, and in its last bit overflow; an invalid operand sets the last bit
 * alone, and the result is then undefined: here, what comes out of digits taken as they are.
 */
#include "cpu/helper_vmx.h"

enum { CR_LT = 8, CR_GT = 4, CR_EQ = 2, CR_SO = 1 };

#define MASK31 (((u128)1 << 124) - 1)

static u128 dwords(u64 hi, u64 lo)
{
	return (u128)hi << 64 | lo;
}

/* The first n digits, counted from the right, are 0 to 9 */
static bool digits_valid(u128 digits, unsigned n)
{
	for (; n; n--, digits >>= 4)
		if ((digits & 15) > 9)
			return false;
	return true;
}

static bool packed_valid(const union vreg *a)
{
	return (a->q & 15) > 9 && digits_valid(a->q >> 4, 31);
}

static bool packed_negative(const union vreg *a)
{
	unsigned sign = a->q & 15;

	return sign == 0xb || sign == 0xd;
}

/* Sum of two numbers of 31 digits: up to 32 digits */
static u128 digits_add(u128 a, u128 b)
{
	u128 sixes = dwords(0x0666666666666666ull, 0x6666666666666666ull);
	u128 ones = dwords(0x1111111111111111ull, 0x1111111111111110ull);
	u128 biased = a + sixes;
	u128 sum = biased + b;
	u128 no_carry = ~(sum ^ biased ^ b) & ones;

	/* a digit that gave no carry keeps its six: take it back */
	return sum - (no_carry >> 2 | no_carry >> 3);
}

/* a - b, a not less than b */
static u128 digits_sub(u128 a, u128 b)
{
	u128 nines = dwords(0x0999999999999999ull, 0x9999999999999999ull);

	return digits_add(digits_add(a, nines - b) & MASK31, 1) & MASK31;
}

static unsigned compare_zero(u128 digits, bool negative)
{
	return !digits ? CR_EQ : negative ? CR_LT : CR_GT;
}

static unsigned sign_code(bool negative, u64 ps)
{
	return negative ? 0xd : ps ? 0xf : 0xc;
}

/* cr: as it is for a valid operand */
static void set_cr(struct cpu_state *s, bool valid, unsigned cr)
{
	s->cr[6] = valid ? cr : CR_SO;
}

static void add(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		bool flip, u64 ps)
{
	u128 x = a->q >> 4, y = b->q >> 4, sum;
	bool valid = packed_valid(a) && packed_valid(b);
	bool neg = packed_negative(a), neg_b = packed_negative(b) ^ flip;

	if (neg == neg_b) {
		sum = digits_add(x, y);
	} else if (x >= y) {
		sum = digits_sub(x, y);
	} else {
		sum = digits_sub(y, x);
		neg = neg_b;
	}
	neg = neg && sum;
	r->q = (sum & MASK31) << 4 | sign_code(neg, ps);
	set_cr(s, valid, compare_zero(sum, neg) | (sum >> 124 ? CR_SO : 0));
}

void helper_bcdadd(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		   u64 ps)
{
	add(r, s, a, b, false, ps);
}

void helper_bcdsub(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		   u64 ps)
{
	add(r, s, a, b, true, ps);
}

void helper_bcdcpsgn(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b)
{
	bool valid = packed_valid(a) && packed_valid(b);
	bool neg = packed_negative(b);

	r->q = (a->q & ~(u128)15) | (b->q & 15);
	set_cr(s, valid, compare_zero(r->q >> 4, neg));
}

void helper_bcdsetsgn(union vreg *r, struct cpu_state *s, const union vreg *b, u64 ps)
{
	bool valid = packed_valid(b), neg = packed_negative(b);

	r->q = (b->q & ~(u128)15) | sign_code(neg, ps);
	set_cr(s, valid, compare_zero(r->q >> 4, neg));
}

static u128 shl_digits(u128 v, unsigned n)
{
	return n < 32 ? v << (4 * n) : 0;
}

static u128 shr_digits(u128 v, unsigned n)
{
	return n < 32 ? v >> (4 * n) : 0;
}

/* Digits of a number of `width` digits shifted left (count > 0) or right; *lost: not all of them
 * fitted */
static u128 shift_digits(u128 digits, int count, int width, bool *lost)
{
	*lost = false;
	if (count <= 0)
		return shr_digits(digits, -count);
	*lost = shr_digits(digits, width - count) != 0;
	return shl_digits(digits, count);
}

/* Byte 7 of the operand is the shift count; more than all digits means all digits */
static int shift_count(const union vreg *a, int width)
{
	int count = VSB(a, 7);

	return count > width ? width : count < -width ? -width : count;
}

static void shift(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		  u64 ps, bool round)
{
	u128 digits = b->q >> 4, result;
	int count = shift_count(a, 31);
	bool valid = packed_valid(b), neg = packed_negative(b), lost;

	result = shift_digits(digits, count, 31, &lost) & MASK31;
	if (round && count < 0 && (shr_digits(digits, -count - 1) & 15) >= 5)
		result = digits_add(result, 1);
	r->q = result << 4 | sign_code(neg, ps);
	set_cr(s, valid, compare_zero(digits, neg) | (lost ? CR_SO : 0));
}

void helper_bcds(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		 u64 ps)
{
	shift(r, s, a, b, ps, false);
}

void helper_bcdsr(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		  u64 ps)
{
	shift(r, s, a, b, ps, true);
}

/* Unsigned: 32 digits */
void helper_bcdus(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b)
{
	u128 digits = b->q;
	bool lost;

	r->q = shift_digits(digits, shift_count(a, 32), 32, &lost);
	set_cr(s, digits_valid(digits, 32), compare_zero(digits, false) | (lost ? CR_SO : 0));
}

/* The length to keep is half-word 3 of the first operand */
static u128 truncate_digits(u128 digits, unsigned length, bool *lost)
{
	u128 rest = shr_digits(digits, length);

	*lost = rest != 0;
	return digits ^ shl_digits(rest, length);
}

void helper_bcdtrunc(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		     u64 ps)
{
	u128 digits = b->q >> 4;
	bool valid = packed_valid(b), neg = packed_negative(b), lost;

	r->q = truncate_digits(digits, VH(a, 3), &lost) << 4 | sign_code(neg, ps);
	set_cr(s, valid, compare_zero(digits, neg) | (lost ? CR_SO : 0));
}

void helper_bcdutrunc(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b)
{
	u128 digits = b->q;
	bool lost;

	r->q = truncate_digits(digits, VH(a, 3), &lost);
	set_cr(s, digits_valid(digits, 32), compare_zero(digits, false) | (lost ? CR_SO : 0));
}

/* National format: seven half-words 0030..0039 and 002B or 002D as the sign */
void helper_bcdcfn(union vreg *r, struct cpu_state *s, const union vreg *b, u64 ps)
{
	unsigned sign = VH(b, 7);
	bool valid = sign == 0x2b || sign == 0x2d, neg = sign == 0x2d;
	u128 digits = 0;

	for (int i = 0; i < 7; i++) {
		valid = valid && VH(b, i) >= 0x30 && VH(b, i) <= 0x39;
		digits = digits << 4 | (VH(b, i) & 15);
	}
	r->q = digits << 4 | sign_code(neg, ps);
	set_cr(s, valid, compare_zero(digits, neg));
}

void helper_bcdctn(union vreg *r, struct cpu_state *s, const union vreg *b)
{
	u128 digits = b->q >> 4;
	bool valid = packed_valid(b), neg = packed_negative(b);
	union vreg t;

	for (int i = 0; i < 7; i++)
		VH(&t, i) = 0x30 | (shr_digits(digits, 6 - i) & 15);
	VH(&t, 7) = neg ? 0x2d : 0x2b;
	*r = t;
	set_cr(s, valid, compare_zero(digits, neg) | (digits >> 28 ? CR_SO : 0));
}

/* Zoned format: a digit a byte, behind the zone 3 (ps: F); the last byte's zone is the sign, of
 * which ps = 0 looks at one bit and ps = 1 at a packed decimal's code */
void helper_bcdcfz(union vreg *r, struct cpu_state *s, const union vreg *b, u64 ps)
{
	unsigned sign = VB(b, 15) >> 4, zone = ps ? 15 : 3;
	bool neg = ps ? sign == 0xb || sign == 0xd : sign & 4;
	bool valid = !ps || sign > 9;
	u128 digits = 0;

	for (int i = 0; i < 16; i++) {
		valid = valid && (VB(b, i) & 15) <= 9 && (i == 15 || VB(b, i) >> 4 == zone);
		digits = digits << 4 | (VB(b, i) & 15);
	}
	r->q = digits << 4 | sign_code(neg, 0);
	set_cr(s, valid, compare_zero(digits, neg));
}

void helper_bcdctz(union vreg *r, struct cpu_state *s, const union vreg *b, u64 ps)
{
	static const u8 sign[2][2] = {{0x30, 0x70}, {0xc0, 0xd0}};
	u128 digits = b->q >> 4;
	bool valid = packed_valid(b), neg = packed_negative(b);
	union vreg t;

	for (int i = 0; i < 16; i++)
		VB(&t, i) = (i == 15 ? sign[ps & 1][neg]
			     : ps    ? 0xf0
				     : 0x30) |
			    (shr_digits(digits, 15 - i) & 15);
	*r = t;
	set_cr(s, valid, compare_zero(digits, neg) | (digits >> 64 ? CR_SO : 0));
}

/* Signed quadword to decimal: doubling the digits once a bit. From 10^31 on the result is
 * undefined, and it is the sign alone here. */
void helper_bcdcfsq(union vreg *r, struct cpu_state *s, const union vreg *b, u64 ps)
{
	const u128 limit = dwords(0x7e37be2022ull, 0xc0914b2680000000ull);
	bool neg = (s128)b->q < 0;
	u128 v = neg ? -b->q : b->q, digits = 0;
	unsigned cr = compare_zero(v, neg);

	if (v < limit)
		for (int i = 103; i >= 0; i--)
			digits = digits_add(digits_add(digits, digits), v >> i & 1);
	else
		cr |= CR_SO;
	r->q = digits << 4 | sign_code(neg, ps);
	set_cr(s, true, cr);
}

void helper_bcdctsq(union vreg *r, struct cpu_state *s, const union vreg *b)
{
	u128 digits = b->q >> 4, v = 0;
	bool valid = packed_valid(b), neg = packed_negative(b);

	for (int i = 30; i >= 0; i--)
		v = v * 10 + (shr_digits(digits, i) & 15);
	r->q = neg ? -v : v;
	set_cr(s, valid, compare_zero(digits, neg));
}

/* a * 10 + the last digit of b: the low quadword, and what is above it */
static u64 mul10_carry(const union vreg *a, unsigned carry)
{
	u128 lo = (u128)VD(a, 1) * 10 + carry;

	return (u64)(((u128)VD(a, 0) * 10 + (lo >> 64)) >> 64);
}

void helper_vmul10uq(union vreg *r, const union vreg *a)
{
	r->q = a->q * 10;
}

void helper_vmul10cuq(union vreg *r, const union vreg *a)
{
	r->q = mul10_carry(a, 0);
}

void helper_vmul10euq(union vreg *r, const union vreg *a, const union vreg *b)
{
	r->q = a->q * 10 + (b->q & 15);
}

void helper_vmul10ecuq(union vreg *r, const union vreg *a, const union vreg *b)
{
	r->q = mul10_carry(a, b->q & 15);
}
