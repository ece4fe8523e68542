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

/* DOUBLE(): exact; denormals become normal, NaNs keep their payload and stay signalling */
u64 helper_vsx_single_to_double(u64 word)
{
	u64 sign = word >> 31 & 1, exp = word >> 23 & 0xff, frac = word & 0x7fffff;

	if (exp == 0xff) {
		exp = 0x7ff;
	} else if (exp) {
		exp += 1023 - 127;
	} else if (frac) {
		unsigned shift = __builtin_clz((u32)frac) - 8;

		frac = frac << shift & 0x7fffff;
		exp = 1023 - 126 - shift;
	}
	return sign << 63 | exp << 52 | frac << 29;
}

/*
 * SINGLE(): bits are dropped, not rounded. Exponents 874..896 give a single denormal; for smaller
 * ones the ISA leaves the word undefined, and it is a zero here (as hardware gives). Larger ones
 * than single's simply lose bits.
 */
u64 helper_vsx_double_to_single(u64 d)
{
	u64 sign = d >> 63, exp = d >> 52 & 0x7ff, frac = d & 0xfffffffffffffull;

	if (exp > 896 || !(d << 1))
		return (d >> 32 & 0xc0000000) | (d >> 29 & 0x3fffffff);
	if (exp < 874)
		return sign << 31;
	frac |= 1ull << 52;
	return sign << 31 | frac >> (29 + 897 - exp);
}
