/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads and stores of a stated byte order at any alignment, for host-side structures. Guest
 * memory shared with running vCPUs goes through the memory accessors, never through these. */
#ifndef BASE_ENDIAN_H
#define BASE_ENDIAN_H

#include "base/types.h"

#define HOST_BIG_ENDIAN (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

static inline u16 bswap16(u16 v)
{
	return __builtin_bswap16(v);
}
static inline u32 bswap32(u32 v)
{
	return __builtin_bswap32(v);
}
static inline u64 bswap64(u64 v)
{
	return __builtin_bswap64(v);
}

#define ENDIAN_ACCESSORS(bits)                                                                     \
	static inline u##bits ld_be##bits(const void *p)                                           \
	{                                                                                          \
		u##bits v;                                                                         \
		__builtin_memcpy(&v, p, sizeof(v));                                                \
		return HOST_BIG_ENDIAN ? v : bswap##bits(v);                                       \
	}                                                                                          \
	static inline u##bits ld_le##bits(const void *p)                                           \
	{                                                                                          \
		u##bits v;                                                                         \
		__builtin_memcpy(&v, p, sizeof(v));                                                \
		return HOST_BIG_ENDIAN ? bswap##bits(v) : v;                                       \
	}                                                                                          \
	static inline void st_be##bits(void *p, u##bits v)                                         \
	{                                                                                          \
		v = HOST_BIG_ENDIAN ? v : bswap##bits(v);                                          \
		__builtin_memcpy(p, &v, sizeof(v));                                                \
	}                                                                                          \
	static inline void st_le##bits(void *p, u##bits v)                                         \
	{                                                                                          \
		v = HOST_BIG_ENDIAN ? bswap##bits(v) : v;                                          \
		__builtin_memcpy(p, &v, sizeof(v));                                                \
	}
ENDIAN_ACCESSORS(16)
ENDIAN_ACCESSORS(32)
ENDIAN_ACCESSORS(64)
#undef ENDIAN_ACCESSORS

#endif
