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

/* Half-words in reverse order (lxvh8x and stxvh8x in little-endian mode) */
void helper_vsx_reverse_h(union vreg *r, const union vreg *a)
{
	union vreg t;

	for (int i = 0; i < 8; i++)
		t.h[i] = a->h[7 - i];
	*r = t;
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
