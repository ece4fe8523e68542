// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMX bit operations: count zeros and ones, parity, bit permute, gather bits, carry-less multiply
 * (Power ISA Book I, 6.9.6, 6.11.3 and 6.12 to 6.16).
 */
#include "base/bits.h"
#include "cpu/helper_vmx.h"

VX1(vclzb, b, 16, x ? __builtin_clz(x) - 24 : 8)
VX1(vclzh, h, 8, x ? __builtin_clz(x) - 16 : 16)
VX1(vclzw, w, 4, x ? __builtin_clz(x) : 32)
VX1(vclzd, d, 2, x ? __builtin_clzll(x) : 64)
VX1(vctzb, b, 16, x ? __builtin_ctz(x) : 8)
VX1(vctzh, h, 8, x ? __builtin_ctz(x) : 16)
VX1(vctzw, w, 4, x ? __builtin_ctz(x) : 32)
VX1(vctzd, d, 2, x ? __builtin_ctzll(x) : 64)

static unsigned popcount(u64 x)
{
	x -= x >> 1 & 0x5555555555555555ull;
	x = (x & 0x3333333333333333ull) + (x >> 2 & 0x3333333333333333ull);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return x * 0x0101010101010101ull >> 56;
}

VX1(vpopcntb, b, 16, popcount(x))
VX1(vpopcnth, h, 8, popcount(x))
VX1(vpopcntw, w, 4, popcount(x))
VX1(vpopcntd, d, 2, popcount(x))

/* Parity of the bytes' last bits */
VX1(vprtybw, w, 4, popcount(x & 0x01010101) & 1)
VX1(vprtybd, d, 2, popcount(x & 0x0101010101010101ull) & 1)

void helper_vprtybq(union vreg *r, const union vreg *a)
{
	r->q = popcount((a->d[0] ^ a->d[1]) & 0x0101010101010101ull) & 1;
}

/* Bytes before the first (behind the last) one whose last bit is 1 */
u64 helper_vclzlsbb(const union vreg *a)
{
	unsigned n = 0;

	while (n < 16 && !(VB(a, n) & 1))
		n++;
	return n;
}

u64 helper_vctzlsbb(const union vreg *a)
{
	unsigned n = 0;

	while (n < 16 && !(VB(a, 15 - n) & 1))
		n++;
	return n;
}

/* Each doubleword as an 8 by 8 bit matrix, transposed */
void helper_vgbbd(union vreg *r, const union vreg *a)
{
	union vreg t;

	for (int i = 0; i < 2; i++) {
		u64 x = a->d[i], y;

		y = (x ^ x >> 7) & 0x00aa00aa00aa00aaull;
		x ^= y ^ y << 7;
		y = (x ^ x >> 14) & 0x0000cccc0000ccccull;
		x ^= y ^ y << 14;
		y = (x ^ x >> 28) & 0x00000000f0f0f0f0ull;
		t.d[i] = x ^ y ^ y << 28;
	}
	*r = t;
}

/* Sixteen bits of a, chosen by b's bytes, as the low half-word of doubleword 0 */
void helper_vbpermq(union vreg *r, const union vreg *a, const union vreg *b)
{
	u64 bits = 0;

	for (int i = 0; i < 16; i++) {
		unsigned n = VB(b, i);

		bits = bits << 1 | (n < 128 ? VB(a, n >> 3) >> (~n & 7) & 1 : 0);
	}
	r->q = (u128)bits << 64;
}

/* In each doubleword: eight bits of a's, chosen by b's bytes, as the low byte */
void helper_vbpermd(union vreg *r, const union vreg *a, const union vreg *b)
{
	union vreg t;

	for (int i = 0; i < 2; i++) {
		u64 bits = 0;

		for (int j = 0; j < 8; j++) {
			unsigned n = VB(b, 8 * i + j);

			bits = bits << 1 | (n < 64 ? VD(a, i) >> (63 - n) & 1 : 0);
		}
		VD(&t, i) = bits;
	}
	*r = t;
}

/* Carry-less product, four bits of y at a time */
static u128 clmul(u64 x, u64 y)
{
	u128 multiple[16], p = 0;

	multiple[0] = 0;
	multiple[1] = x;
	for (int i = 1; i < 8; i++) {
		multiple[2 * i] = multiple[i] << 1;
		multiple[2 * i + 1] = multiple[2 * i] ^ x;
	}
	for (int i = 60; i >= 0; i -= 4)
		p = p << 4 ^ multiple[y >> i & 15];
	return p;
}

/* Sums (exclusive or) of two polynomial products each; the neighbours' order is immaterial */
#define VPMSUM(name, dst, n, src)                                                                  \
	void helper_##name(union vreg *r, const union vreg *a, const union vreg *b)                \
	{                                                                                          \
		union vreg t;                                                                      \
                                                                                                   \
		for (int i = 0; i < (n); i++)                                                      \
			t.dst[i] = clmul(a->src[2 * i], b->src[2 * i]) ^                           \
				   clmul(a->src[2 * i + 1], b->src[2 * i + 1]);                    \
		*r = t;                                                                            \
	}

VPMSUM(vpmsumb, h, 8, b)
VPMSUM(vpmsumh, w, 4, h)
VPMSUM(vpmsumw, d, 2, w)

void helper_vpmsumd(union vreg *r, const union vreg *a, const union vreg *b)
{
	r->q = clmul(a->d[0], b->d[0]) ^ clmul(a->d[1], b->d[1]);
}
