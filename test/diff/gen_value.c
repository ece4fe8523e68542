// SPDX-License-Identifier: GPL-2.0-or-later
/* Operand values, biased to the corners of each format. */
#include <string.h>

#include "gen.h"
#include "softfp/decimal.h"

uint32_t diff_gen_below(struct diff_gen *g, uint32_t n)
{
	return (uint32_t)((diff_next(&g->seed) >> 16) % n);
}

uint64_t diff_gen_integer(struct diff_gen *g)
{
	static const uint64_t corner[] = {0,
					  1,
					  2,
					  ~0ull,
					  ~1ull,
					  0x7fffffff,
					  0x80000000,
					  0xffffffff,
					  0x100000000,
					  0x7fffffffffffffff,
					  0x8000000000000000,
					  0xffffffff80000000,
					  0xffffffff7fffffff,
					  0x5555555555555555,
					  0x8000000080000000,
					  31,
					  32,
					  63,
					  64,
					  127,
					  0xff,
					  0x8000,
					  0x7fff};

	switch (diff_gen_below(g, 4)) {
	case 0:
	case 1:
		return corner[diff_gen_below(g, sizeof(corner) / sizeof(*corner))];
	case 2:
		return diff_next(&g->seed) >> diff_gen_below(g, 64);
	default:
		return diff_next(&g->seed);
	}
}

static uint64_t double_value(struct diff_gen *g)
{
	static const uint64_t corner[] = {0,
					  0x8000000000000000,
					  0x3ff0000000000000,
					  0xbff0000000000000,
					  0x7ff0000000000000,
					  0xfff0000000000000,
					  0x7ff8000000000000,
					  0x7ff0000000000001,
					  0xfff4000000000000,
					  0x0000000000000001,
					  0x000fffffffffffff,
					  0x0010000000000000,
					  0x7fefffffffffffff,
					  0x36a0000000000000,
					  0x3690000000000000,
					  0x380fffffffffffff,
					  0x3810000000000000,
					  0x47efffffe0000000,
					  0x47effffff0000000,
					  0x41dfffffffc00000,
					  0xc1e0000000000000,
					  0x43e0000000000000,
					  0xc3e0000000000000,
					  0x43f0000000000000,
					  0x41f0000000000000,
					  0x3fe0000000000000,
					  0x3ff8000000000000,
					  0x4004000000000000};
	uint64_t v;

	switch (diff_gen_below(g, 5)) {
	case 0:
	case 1:
		return corner[diff_gen_below(g, sizeof(corner) / sizeof(*corner))];
	case 2: /* near one */
		v = diff_next(&g->seed);
		return (v & 0x800fffffffffffff) | (uint64_t)(1023 - 8 + diff_gen_below(g, 16))
							  << 52;
	case 3: /* exactly a single */
		return diff_next(&g->seed) & 0xffffffffe0000000;
	default:
		return diff_next(&g->seed);
	}
}

static uint64_t single_pair(struct diff_gen *g)
{
	static const uint32_t corner[] = {0,	      0x80000000, 0x3f800000, 0xbf800000,
					  0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001,
					  0xffa00000, 1,	  0x007fffff, 0x00800000,
					  0x7f7fffff, 0x4f000000, 0xcf000000, 0x5f000000};
	uint64_t v = diff_next(&g->seed);

	if (diff_gen_below(g, 2))
		v = (v & 0xffffffff) |
		    (uint64_t)corner[diff_gen_below(g, sizeof(corner) / sizeof(*corner))] << 32;
	if (diff_gen_below(g, 2))
		v = (v & 0xffffffff00000000) |
		    corner[diff_gen_below(g, sizeof(corner) / sizeof(*corner))];
	return v;
}

/* A binary number: zeros and denormals, infinities and NaNs, both ends of the exponents, the range
 * of integers, the edges of the next narrower format, and mostly numbers near 1. */
static u128 binary(struct diff_gen *g, unsigned frac_bits, unsigned exp_bits)
{
	const uint32_t max = (1u << exp_bits) - 1, bias = max / 2;
	const u128 all = ((u128)1 << frac_bits) - 1;
	uint32_t exp, sign = diff_gen_below(g, 2);
	u128 frac = ((u128)diff_next(&g->seed) << 64 | diff_next(&g->seed)) & all;

	switch (diff_gen_below(g, 10)) {
	case 0:
		exp = 0;
		break;
	case 1:
		exp = max;
		break;
	case 2:
		exp = diff_gen_below(g, 6);
		break;
	case 3:
		exp = max - 1 - diff_gen_below(g, 6);
		break;
	case 4:
		exp = diff_gen_below(g, max);
		break;
	case 5:
		exp = bias + diff_gen_below(g, 68);
		exp = exp < max ? exp : max - 1;
		break;
	case 6:
		exp = bias + (sign ? bias / 8 : -(bias / 8)) + diff_gen_below(g, 60) - 30;
		exp &= max;
		break;
	default:
		exp = bias - 4 + diff_gen_below(g, 8);
	}
	switch (diff_gen_below(g, 7)) {
	case 0:
		frac = 0;
		break;
	case 1:
		frac &= ~(u128)0 << diff_gen_below(g, frac_bits);
		break;
	case 2:
		frac |= all & ~(((u128)1 << frac_bits / 2) - 1);
	}
	sign = diff_gen_below(g, 2);
	return ((u128)sign << exp_bits | exp) << frac_bits | frac;
}

void diff_gen_binary(struct diff_gen *g, enum diff_format format, uint64_t d[2])
{
	static const struct {
		unsigned frac, exp;
	} bits[] = {{10, 5}, {23, 8}, {52, 11}, {112, 15}};
	u128 v = 0;
	unsigned n, width = 1 + bits[format].frac + bits[format].exp;

	for (n = 0; n < 128; n += width)
		v = (width < 128 ? v << width : 0) | binary(g, bits[format].frac, bits[format].exp);
	d[0] = (uint64_t)(v >> 64);
	d[1] = (uint64_t)v;
}

/* A register's halves: doubles, singles, integers, quads, packed decimals. */
void diff_gen_vector(struct diff_gen *g, uint64_t d[2])
{
	static const uint64_t quad[] = {0,
					0x8000000000000000,
					0x3fff000000000000,
					0x7fff000000000000,
					0xffff000000000000,
					0x7fff800000000000,
					0x7fff000000000001,
					0x7ffeffffffffffff,
					0x0001000000000000};
	unsigned n;

	switch (diff_gen_below(g, 8)) {
	case 0:
		d[0] = diff_gen_integer(g);
		d[1] = diff_gen_integer(g);
		break;
	case 1:
		d[0] = quad[diff_gen_below(g, 9)];
		d[1] = diff_gen_below(g, 2) ? 0 : diff_next(&g->seed);
		break;
	case 2:
	case 3:
		d[0] = single_pair(g);
		d[1] = single_pair(g);
		break;
	case 4: /* signed packed decimal */
		d[0] = d[1] = 0;
		for (n = 0; n < 16; n++) {
			d[0] = d[0] << 4 | diff_gen_below(g, 10);
			d[1] = d[1] << 4 |
			       (n == 15 ? 10 + diff_gen_below(g, 6) : diff_gen_below(g, 10));
		}
		if (diff_gen_below(g, 2))
			d[0] = 0;
		break;
	default:
		d[0] = double_value(g);
		d[1] = double_value(g);
	}
}

/* A decimal number: special values, all widths, nines, trailing zeros and halves, every cohort
 * member's exponent. */
static void decimal(struct diff_gen *g, struct dec_num *d, const struct dec_fmt *f)
{
	uint32_t k = diff_gen_below(g, 16), n, tail;

	memset(d, 0, sizeof(*d));
	d->sign = diff_gen_below(g, 2);
	d->cls = k == 0 ? DEC_INF : k == 1 ? DEC_QNAN : k == 2 ? DEC_SNAN : DEC_FINITE;
	if (d->cls == DEC_INF)
		return;
	d->len = k > 12			? f->digits
		 : diff_gen_below(g, 5) ? diff_gen_below(g, f->digits + 1)
					: diff_gen_below(g, 4);
	for (n = 0; n < d->len; n++)
		d->digit[n] = (uint8_t)diff_gen_below(g, 10);
	tail = diff_gen_below(g, 4);
	for (n = 0; n < d->len && tail == 0; n++)
		d->digit[n] = 9;
	for (n = 0; n < d->len / 2 && (tail == 1 || tail == 2); n++)
		d->digit[n] = 0;
	if (tail == 2)
		d->digit[d->len / 2] = 5;
	if (d->cls && d->len == f->digits)
		d->len--;
	dec_truncate(d, f->digits);
	if (d->cls)
		return;
	switch (diff_gen_below(g, 6)) {
	case 0:
		d->exp = -f->bias + (int)diff_gen_below(g, 40);
		break;
	case 1:
		d->exp = f->emax - (int)diff_gen_below(g, 40);
		break;
	case 2:
		d->exp = -f->bias + (int)diff_gen_below(g, (uint32_t)(f->emax + f->bias + 1));
		break;
	case 3: /* around the least of short */
		d->exp = -121 + (int)diff_gen_below(g, 30);
		break;
	default:
		d->exp = (int)diff_gen_below(g, 60) - 40;
	}
}

static uint64_t packed(struct diff_gen *g, const struct dec_fmt *f)
{
	struct dec_num d;

	decimal(g, &d, f);
	return (uint64_t)dec_pack(&d, f);
}

void diff_gen_decimal(struct diff_gen *g, uint64_t *even, uint64_t *odd)
{
	struct dec_num d;
	u128 v;

	if (!diff_gen_below(g, 2)) {
		decimal(g, &d, &dec_quad);
		v = dec_pack(&d, &dec_quad);
		*even = (uint64_t)(v >> 64);
		*odd = (uint64_t)v;
		return;
	}
	*even = diff_gen_below(g, 6) ? packed(g, &dec_long) : packed(g, &dec_short);
	*odd = diff_gen_below(g, 6) ? packed(g, &dec_long) : diff_gen_integer(g);
}

/* The low `bits` bits hold one unit. */
static void push(uint64_t d[2], uint32_t unit, unsigned bits)
{
	d[0] = d[0] << bits | d[1] >> (64 - bits);
	d[1] = d[1] << bits | unit;
}

void diff_gen_bcd(struct diff_gen *g, uint64_t d[2])
{
	static const uint32_t sign[] = {0x2b, 0x2d};
	uint32_t kind = diff_gen_below(g, 8), nines = diff_gen_below(g, 6), n;
	uint32_t zeros = diff_gen_below(g, 3) ? diff_gen_below(g, 34) : 0;
	uint32_t zone = diff_gen_below(g, 2) ? 0x30 : 0xf0, digit;
	const unsigned bits = kind == 6 ? 8 : kind == 7 ? 16 : 4, units = 128 / bits;

	d[0] = d[1] = 0;
	if (kind == 5) { /* a count in byte 7, halfword 3 */
		d[0] = (int64_t)((int32_t)diff_gen_below(g, 80) - 40) & 0xffff;
		return;
	}
	for (n = 0; n < units; n++) {
		digit = n < zeros ? 0 : nines ? diff_gen_below(g, 10) : 9;
		if (kind == 6)
			digit |= n + 1 < units		     ? zone
				 : zone == 0x30 && digit & 1 ? 0x70
							     : zone - 0x20;
		else if (kind == 7)
			digit = n + 1 < units ? digit | 0x30 : sign[diff_gen_below(g, 2)];
		else if (n + 1 == units && kind != 4)
			digit = 10 + diff_gen_below(g, 6);
		push(d, digit, bits);
	}
}
