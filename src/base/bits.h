/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bit helpers. "ppc" in a name means the Power ISA's numbering: bit 0 is the most significant. */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include "base/types.h"

/* Mask of the Power ISA's bit n of a 64-bit (32-bit) register. */
#define PPC_BIT(n)   (1ull << (63 - (n)))
#define PPC_BIT32(n) (1u << (31 - (n)))
/* Mask of bits first..last, inclusive, first <= last, in the Power ISA's numbering. */
#define PPC_BITMASK(first, last) ((~0ull >> (first)) & (~0ull << (63 - (last))))

/* len bits (1..63) of v from bit lsb (0 = least significant) on. */
static inline u64 bits_get(u64 v, unsigned lsb, unsigned len)
{
	return (v >> lsb) & ((1ull << len) - 1);
}

/* The low bits (1..64) of v, sign extended. */
static inline s64 bits_sext(u64 v, unsigned bits)
{
	return (s64)(v << (64 - bits)) >> (64 - bits);
}

static inline u64 bits_rotl64(u64 v, unsigned n)
{
	n &= 63;
	return n ? (v << n) | (v >> (64 - n)) : v;
}

static inline u32 bits_rotl32(u32 v, unsigned n)
{
	n &= 31;
	return n ? (v << n) | (v >> (32 - n)) : v;
}

/* Power ISA MASK(mb, me): ones from bit mb through bit me, wrapping when mb > me (3.3.14). */
static inline u64 bits_ppc_mask(unsigned mb, unsigned me)
{
	u64 m = (~0ull >> mb) ^ (me == 63 ? 0 : ~0ull >> (me + 1));

	return mb <= me ? m : ~((~0ull >> (me + 1)) ^ (~0ull >> mb));
}

static inline bool bits_is_pow2(u64 v)
{
	return v && !(v & (v - 1));
}

#endif
