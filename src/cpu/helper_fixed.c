// SPDX-License-Identifier: GPL-2.0-or-later
/* Helpers of fixed-point instructions that are rare or intricate (Power ISA Book I, 3.3.9, 3.3.13,
 * 3.3.15; Book II, icbi). */
#include "cpu/mem.h"
#include "cpu/ops.h"
#include "isa/helper.h"
#include "isa/model.h"
#include "os/os.h"
#include "softfp/dpd.h"

/* --- divide extended: the dividend is RA followed by zeros --- */

static bool div_signed(s128 dividend, s64 divisor, unsigned bits, u64 *quotient)
{
	s128 q, limit = (s128)1 << (bits - 1);

	*quotient = 0;
	if (!divisor || (divisor == -1 && dividend == (s128)((u128)1 << 127)))
		return false;
	q = dividend / divisor;
	if (q < -limit || q >= limit)
		return false;
	*quotient = (u64)q;
	return true;
}

static bool div_unsigned(u128 dividend, u64 divisor, unsigned bits, u64 *quotient)
{
	u128 q;

	*quotient = 0;
	if (!divisor)
		return false;
	q = dividend / divisor;
	if (q >> bits)
		return false;
	*quotient = (u64)q;
	return true;
}

u64 helper_divwe(u64 a, u64 b)
{
	u64 q;

	div_signed((s64)(a << 32), (s32)b, 32, &q);
	return q;
}

u64 helper_divwe_ov(u64 a, u64 b)
{
	u64 q;

	return !div_signed((s64)(a << 32), (s32)b, 32, &q);
}

u64 helper_divweu(u64 a, u64 b)
{
	u64 q;

	div_unsigned(a << 32, (u32)b, 32, &q);
	return q;
}

u64 helper_divweu_ov(u64 a, u64 b)
{
	u64 q;

	return !div_unsigned(a << 32, (u32)b, 32, &q);
}

u64 helper_divde(u64 a, u64 b)
{
	u64 q;

	div_signed((s128)((u128)a << 64), (s64)b, 64, &q);
	return q;
}

u64 helper_divde_ov(u64 a, u64 b)
{
	u64 q;

	return !div_signed((s128)((u128)a << 64), (s64)b, 64, &q);
}

u64 helper_divdeu(u64 a, u64 b)
{
	u64 q;

	div_unsigned((u128)a << 64, b, 64, &q);
	return q;
}

u64 helper_divdeu_ov(u64 a, u64 b)
{
	u64 q;

	return !div_unsigned((u128)a << 64, b, 64, &q);
}

/* --- permutation and BCD assist --- */
u64 helper_bpermd(u64 rs, u64 rb)
{
	u64 res = 0;

	for (unsigned i = 0; i < 8; i++) {
		unsigned index = (rs >> (8 * i)) & 255;

		if (index < 64 && (rb >> (63 - index)) & 1)
			res |= 1u << i;
	}
	return res;
}

u64 helper_addg6s(u64 a, u64 b)
{
	u64 res = 0, carry = 0;

	for (unsigned i = 0; i < 64; i += 4) {
		carry = (((a >> i) & 15) + ((b >> i) & 15) + carry) >> 4;
		if (!carry)
			res |= 6ull << i;
	}
	return res;
}

/* Each word holds two groups of three digits, right adjusted. */
u64 helper_cdtbcd(u64 rs)
{
	u64 res = 0;

	for (unsigned w = 0; w < 64; w += 32) {
		res |= (u64)dpd_to_bcd((rs >> w) & 0x3ff) << w;
		res |= (u64)dpd_to_bcd((rs >> (w + 10)) & 0x3ff) << (w + 12);
	}
	return res;
}

u64 helper_cbcdtd(u64 rs)
{
	u64 res = 0;

	for (unsigned w = 0; w < 64; w += 32) {
		res |= (u64)dpd_from_bcd((rs >> w) & 0xfff) << w;
		res |= (u64)dpd_from_bcd((rs >> (w + 12)) & 0xfff) << (w + 10);
	}
	return res;
}

/* --- random numbers: L = 0 a word, 1 conditioned, 2 raw; another L gives the error value --- */
u64 helper_darn(struct cpu_state *s, u64 l)
{
	u64 v;

	if (l > 2)
		return ~0ull;
	if (s->ops && s->ops->random)
		return l ? s->ops->random(s) : (u32)s->ops->random(s);
	os_random(&v, sizeof(v));
	return l ? v : (u32)v;
}

void helper_icbi(struct cpu_state *s, u64 ea)
{
	u64 line = s->model ? s->model->icache_line : 32;

	if (s->ops && s->ops->icache_flush)
		s->ops->icache_flush(s, ea & ~(line - 1), line);
}

/* --- strings: the low words of registers rt, rt + 1 ..., 31, 0 ... hold four bytes each --- */
void helper_load_string(struct cpu_state *s, u64 ea, u64 count, u64 rt)
{
	u8 buf[128] = {0};

	if (!count || !cpu_mem_read(s, ea, buf, (u32)count))
		return;
	for (u64 i = 0; i < count; i += 4, rt++)
		s->gpr[rt & 31] = ld_be32(buf + i);
}

void helper_store_string(struct cpu_state *s, u64 ea, u64 count, u64 rs)
{
	u8 buf[128];

	for (u64 i = 0; i < count; i += 4, rs++)
		st_be32(buf + i, (u32)s->gpr[rs & 31]);
	if (count)
		cpu_mem_write(s, ea, buf, (u32)count);
}
