/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers that are the same in every run: xorshift64*; the seed is not 0. */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include "base/types.h"

static inline u64 random_next(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed * 0x2545f4914f6cdd1dull;
}

#endif
