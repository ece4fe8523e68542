// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Helpers of VSX instructions that are no arithmetic: byte reversal within elements, and the loads
 * and stores whose length is in a register (Power ISA Book I, 7.6.3).
 *
 * The register image of those is built in a 16-byte buffer in memory order; bytes the instruction
 * does not load are zero.
 */
#include "base/endian.h"
#include "base/string.h"
#include "cpu/helper_vmx.h"
#include "cpu/mem.h"

VX1(xxbrh, h, 8, bswap16(x))
VX1(xxbrw, w, 4, bswap32(x))
VX1(xxbrd, d, 2, bswap64(x))

void helper_xxbrq(union vreg *r, const union vreg *a)
{
	u64 hi = VD(a, 0);

	VD(r, 0) = bswap64(VD(a, 1));
	VD(r, 1) = bswap64(hi);
}

/* Half-words in reverse order (lxvh8x and stxvh8x in little-endian mode) */
void helper_vsx_reverse_h(union vreg *r, const union vreg *a)
{
	union vreg t;

	for (int i = 0; i < 8; i++)
		t.h[i] = a->h[7 - i];
	*r = t;
}

void helper_vsel(union vreg *r, const union vreg *a, const union vreg *b, const union vreg *c)
{
	r->q = (b->q & c->q) | (a->q & ~c->q);
}

/* Words in reverse order */
void helper_vsx_reverse_w(union vreg *r, const union vreg *a)
{
	union vreg t;

	for (int i = 0; i < 4; i++)
		t.w[i] = a->w[3 - i];
	*r = t;
}

/* An element is true when its bytes' highest bits are set. */
u64 helper_vcmp_cr6(const union vreg *a)
{
	const u64 high = 0x8080808080808080ull;

	if ((a->d[0] & a->d[1] & high) == high)
		return 8;
	return (a->d[0] | a->d[1]) & high ? 0 : 2;
}

/* Bytes asked for by bits 0:7 of RB */
static u32 length(u64 rb)
{
	return rb >> 56 < 16 ? rb >> 56 : 16;
}

static void load(union vreg *r, struct cpu_state *s, u64 ea, u64 rb, bool reverse)
{
	u8 buf[16] = {0};
	u32 len = length(rb);

	if (len && !cpu_mem_read(s, ea, buf, len))
		return;
	for (int i = 0; i < 16; i++)
		VB(r, i) = buf[reverse ? 15 - i : i];
}

static void store(struct cpu_state *s, u64 ea, u64 rb, const union vreg *a, bool reverse)
{
	u8 buf[16];
	u32 len = length(rb);

	for (int i = 0; i < 16; i++)
		buf[i] = VB(a, reverse ? 15 - i : i);
	if (len)
		cpu_mem_write(s, ea, buf, len);
}

/* Memory byte 0 is register byte 0: lxvl in big-endian mode, lxvll always */
void helper_lxvl_be(union vreg *r, struct cpu_state *s, u64 ea, u64 rb)
{
	load(r, s, ea, rb, false);
}

void helper_lxvl_le(union vreg *r, struct cpu_state *s, u64 ea, u64 rb)
{
	load(r, s, ea, rb, true);
}

void helper_stxvl_be(struct cpu_state *s, u64 ea, u64 rb, const union vreg *a)
{
	store(s, ea, rb, a, false);
}

void helper_stxvl_le(struct cpu_state *s, u64 ea, u64 rb, const union vreg *a)
{
	store(s, ea, rb, a, true);
}
