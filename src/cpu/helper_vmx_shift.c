// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMX shifts and rotates, of elements and of the whole register (Power ISA Book I, 6.8.6, 6.9.4
 * and 6.9.5).
 */
#include "base/bits.h"
#include "cpu/helper_vmx.h"

VX2(vslb, b, 16, x << (y & 7))
VX2(vslh, h, 8, x << (y & 15))
VX2(vslw, w, 4, x << (y & 31))
VX2(vsld, d, 2, x << (y & 63))
VX2(vsrb, b, 16, x >> (y & 7))
VX2(vsrh, h, 8, x >> (y & 15))
VX2(vsrw, w, 4, x >> (y & 31))
VX2(vsrd, d, 2, x >> (y & 63))
VX2(vsrab, sb, 16, x >> (y & 7))
VX2(vsrah, sh, 8, x >> (y & 15))
VX2(vsraw, sw, 4, x >> (y & 31))
VX2(vsrad, sd, 2, x >> (y & 63))
VX2(vrlb, b, 16, x << (y & 7) | x >> (-y & 7))
VX2(vrlh, h, 8, x << (y & 15) | x >> (-y & 15))
VX2(vrlw, w, 4, bits_rotl32(x, y))
VX2(vrld, d, 2, bits_rotl64(x, y))

static u32 mask32(unsigned mb, unsigned me)
{
	u32 m = (~0u >> mb) & (~0u << (31 - me));

	return mb <= me ? m : (~0u >> mb) | (~0u << (31 - me));
}

/* Rotate and mask: y holds the amount, the mask's last and first bit in its three low bytes */
#define ROT_MASK32(y) mask32(((y) >> 16) & 31, ((y) >> 8) & 31)
#define ROT_MASK64(y) bits_ppc_mask(((y) >> 16) & 63, ((y) >> 8) & 63)

VX2(vrlwnm, w, 4, bits_rotl32(x, y) & ROT_MASK32(y))
VX2(vrldnm, d, 2, bits_rotl64(x, y) & ROT_MASK64(y))

/* c: the register's old contents, kept outside the mask */
void helper_vrlwmi(union vreg *r, const union vreg *a, const union vreg *b, const union vreg *c)
{
	union vreg t;

	for (int i = 0; i < 4; i++) {
		u32 mask = ROT_MASK32(b->w[i]);

		t.w[i] = (bits_rotl32(a->w[i], b->w[i]) & mask) | (c->w[i] & ~mask);
	}
	*r = t;
}

void helper_vrldmi(union vreg *r, const union vreg *a, const union vreg *b, const union vreg *c)
{
	union vreg t;

	for (int i = 0; i < 2; i++) {
		u64 mask = ROT_MASK64(b->d[i]);

		t.d[i] = (bits_rotl64(a->d[i], b->d[i]) & mask) | (c->d[i] & ~mask);
	}
	*r = t;
}

/* Whole register, by bits. The ISA leaves the result undefined unless every byte of b asks for the
 * same amount; the last byte decides here, as the pseudo-code has it. */
void helper_vsl(union vreg *r, const union vreg *a, const union vreg *b)
{
	r->q = a->q << (VB(b, 15) & 7);
}

void helper_vsr(union vreg *r, const union vreg *a, const union vreg *b)
{
	r->q = a->q >> (VB(b, 15) & 7);
}

/* Whole register, by bytes */
void helper_vslo(union vreg *r, const union vreg *a, const union vreg *b)
{
	r->q = a->q << (VB(b, 15) & 0x78);
}

void helper_vsro(union vreg *r, const union vreg *a, const union vreg *b)
{
	r->q = a->q >> (VB(b, 15) & 0x78);
}

/* Each byte takes the bits it lacks from its neighbour behind (vslv) or before it (vsrv) */
void helper_vslv(union vreg *r, const union vreg *a, const union vreg *b)
{
	union vreg t;

	for (int i = 0; i < 16; i++) {
		u32 pair = VB(a, i) << 8 | (i < 15 ? VB(a, i + 1) : 0);

		VB(&t, i) = pair << (VB(b, i) & 7) >> 8;
	}
	*r = t;
}

void helper_vsrv(union vreg *r, const union vreg *a, const union vreg *b)
{
	union vreg t;

	for (int i = 0; i < 16; i++) {
		u32 pair = (i ? VB(a, i - 1) << 8 : 0) | VB(a, i);

		VB(&t, i) = pair >> (VB(b, i) & 7);
	}
	*r = t;
}

/* Sixteen bytes of a || b from byte n (0..15) on */
void helper_vsldoi(union vreg *r, const union vreg *a, const union vreg *b, u64 n)
{
	unsigned bits = 8 * (n & 15);

	r->q = bits ? a->q << bits | b->q >> (128 - bits) : a->q;
}
