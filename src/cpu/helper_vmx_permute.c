// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMX pack, unpack, merge, splat, permute, insert and extract (Power ISA Book I, 6.8), and the
 * permute control vectors of lvsl and lvsr (6.7.2 ff.).
 */
#include "cpu/helper_vmx.h"

/* dst: elements half as wide; a's come first. expr of x, an element of a or b */
#define VPACK(name, dst, src, half, type, expr)                                                    \
	void helper_##name(union vreg *r, const union vreg *a, const union vreg *b)                \
	{                                                                                          \
		union vreg t;                                                                      \
                                                                                                   \
		for (int i = 0; i < 2 * (half); i++) {                                             \
			type x = i < (half) ? src(a, i) : src(b, i - (half));                      \
			dst(&t, i) = (expr);                                                       \
		}                                                                                  \
		*r = t;                                                                            \
	}

/* The same, clamped to lo..hi; type is signed and holds every element */
#define VPACKS(name, dst, src, half, type, lo, hi)                                                 \
	void helper_##name(union vreg *r, struct cpu_state *s, const union vreg *a,                \
			   const union vreg *b)                                                    \
	{                                                                                          \
		union vreg t;                                                                      \
		bool sat = false;                                                                  \
                                                                                                   \
		for (int i = 0; i < 2 * (half); i++) {                                             \
			type x = i < (half) ? src(a, i) : src(b, i - (half));                      \
			type y = x > (hi) ? (hi) : x < (lo) ? (lo) : x;                            \
                                                                                                   \
			sat |= x != y;                                                             \
			dst(&t, i) = y;                                                            \
		}                                                                                  \
		*r = t;                                                                            \
		if (sat)                                                                           \
			s->vscr_sat = 1;                                                           \
	}

VPACK(vpkuhum, VB, VH, 8, u16, x)
VPACK(vpkuwum, VH, VW, 4, u32, x)
VPACK(vpkudum, VW, VD, 2, u64, x)
VPACK(vpkpx, VH, VW, 4, u32, (x >> 9 & 0xfc00) | (x >> 6 & 0x03e0) | (x >> 3 & 0x001f))
VPACKS(vpkuhus, VB, VH, 8, s64, 0, UINT8_MAX)
VPACKS(vpkuwus, VH, VW, 4, s64, 0, UINT16_MAX)
VPACKS(vpkudus, VW, VD, 2, s128, 0, UINT32_MAX)
VPACKS(vpkshss, VB, VSH, 8, s32, INT8_MIN, INT8_MAX)
VPACKS(vpkshus, VB, VSH, 8, s32, 0, UINT8_MAX)
VPACKS(vpkswss, VH, VSW, 4, s32, INT16_MIN, INT16_MAX)
VPACKS(vpkswus, VH, VSW, 4, s32, 0, UINT16_MAX)
VPACKS(vpksdss, VW, VSD, 2, s64, INT32_MIN, INT32_MAX)
VPACKS(vpksdus, VW, VSD, 2, s64, 0, UINT32_MAX)

/* n elements twice as wide from a's element first on */
#define VUNPACK(name, dst, src, n, first, expr)                                                    \
	void helper_##name(union vreg *r, const union vreg *a)                                     \
	{                                                                                          \
		union vreg t;                                                                      \
                                                                                                   \
		for (int i = 0; i < (n); i++) {                                                    \
			__auto_type x = src(a, (first) + i);                                       \
			dst(&t, i) = (expr);                                                       \
		}                                                                                  \
		*r = t;                                                                            \
	}

/* 1/5/5/5 pixel to 8/8/8/8 */
static u32 unpack_pixel(s16 x)
{
	return ((u32)(x >> 15) << 24) | ((u32)x << 6 & 0x1f0000) | ((u32)x << 3 & 0x1f00) |
	       ((u32)x & 0x1f);
}

VUNPACK(vupkhsb, VSH, VSB, 8, 0, x)
VUNPACK(vupklsb, VSH, VSB, 8, 8, x)
VUNPACK(vupkhsh, VSW, VSH, 4, 0, x)
VUNPACK(vupklsh, VSW, VSH, 4, 4, x)
VUNPACK(vupkhsw, VSD, VSW, 2, 0, x)
VUNPACK(vupklsw, VSD, VSW, 2, 2, x)
VUNPACK(vupkhpx, VW, VSH, 4, 0, unpack_pixel(x))
VUNPACK(vupklpx, VW, VSH, 4, 4, unpack_pixel(x))

/* Elements of a and b in turn: those from first on, step apart */
#define VMERGE(name, el, n, first, step)                                                           \
	void helper_##name(union vreg *r, const union vreg *a, const union vreg *b)                \
	{                                                                                          \
		union vreg t;                                                                      \
                                                                                                   \
		for (int i = 0; i < (n) / 2; i++) {                                                \
			el(&t, 2 * i) = el(a, (first) + (step)*i);                                 \
			el(&t, 2 * i + 1) = el(b, (first) + (step)*i);                             \
		}                                                                                  \
		*r = t;                                                                            \
	}

VMERGE(vmrghb, VB, 16, 0, 1)
VMERGE(vmrghh, VH, 8, 0, 1)
VMERGE(vmrghw, VW, 4, 0, 1)
VMERGE(vmrglb, VB, 16, 8, 1)
VMERGE(vmrglh, VH, 8, 4, 1)
VMERGE(vmrglw, VW, 4, 2, 1)
VMERGE(vmrgew, VW, 4, 0, 2)
VMERGE(vmrgow, VW, 4, 1, 2)

/* The splats take an element number; more than there are wraps */
void helper_vspltb(union vreg *r, const union vreg *a, u64 n)
{
	r->q = (u128)(VB(a, n & 15) * 0x0101010101010101ull) * (((u128)1 << 64) + 1);
}

void helper_vsplth(union vreg *r, const union vreg *a, u64 n)
{
	r->q = (u128)(VH(a, n & 7) * 0x0001000100010001ull) * (((u128)1 << 64) + 1);
}

void helper_vspltw(union vreg *r, const union vreg *a, u64 n)
{
	u32 x = VW(a, n & 3);

	for (int i = 0; i < 4; i++)
		r->w[i] = x;
}

void helper_vperm(union vreg *r, const union vreg *a, const union vreg *b, const union vreg *c)
{
	union vreg t;

	for (int i = 0; i < 16; i++) {
		unsigned n = VB(c, i) & 31;

		VB(&t, i) = n < 16 ? VB(a, n) : VB(b, n - 16);
	}
	*r = t;
}

/* Bytes numbered from the right end of a || b */
void helper_vpermr(union vreg *r, const union vreg *a, const union vreg *b, const union vreg *c)
{
	union vreg t;

	for (int i = 0; i < 16; i++) {
		unsigned n = 31 - (VB(c, i) & 31);

		VB(&t, i) = n < 16 ? VB(a, n) : VB(b, n - 16);
	}
	*r = t;
}

void helper_vpermxor(union vreg *r, const union vreg *a, const union vreg *b, const union vreg *c)
{
	union vreg t;

	for (int i = 0; i < 16; i++)
		VB(&t, i) = VB(a, VB(c, i) >> 4) ^ VB(b, VB(c, i) & 15);
	*r = t;
}

void helper_lvsl(union vreg *r, u64 ea)
{
	for (unsigned i = 0; i < 16; i++)
		VB(r, i) = (ea & 15) + i;
}

void helper_lvsr(union vreg *r, u64 ea)
{
	for (unsigned i = 0; i < 16; i++)
		VB(r, i) = 16 - (ea & 15) + i;
}

static u64 low_bytes(u64 v, u64 size)
{
	return v & (~0ull >> (64 - 8 * size));
}

/* size (1, 2, 4, 8) bytes from byte `at` on. What reaches behind the register is undefined; the
 * shifts, with the sign and a count modulo 128, are those that qemu makes. */
u64 helper_vmx_extract(const union vreg *a, u64 at, u64 size)
{
	return low_bytes((u64)((s128)a->q >> ((128 - 8 * ((at & 15) + size)) & 127)), size);
}

/* The same with bytes numbered from the right: byte 0 is the least significant */
u64 helper_vmx_extract_right(const union vreg *a, u64 at, u64 size)
{
	return low_bytes((u64)((s128)a->q >> (8 * (at & 15))), size);
}

/* a with its size bytes from `at` on replaced by v's; bytes behind the register are dropped */
void helper_vmx_insert(union vreg *r, const union vreg *a, u64 v, u64 at, u64 size)
{
	u128 mask = ~(u128)0 << (128 - 8 * size) >> (8 * (at & 15));
	u128 bytes = (u128)v << (128 - 8 * size) >> (8 * (at & 15));

	r->q = (a->q & ~mask) | bytes;
}
