/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What passes between the differential test and the program that runs cases on the oracle
 * (runner.c): a file of struct diff_case, in the oracle's byte order, and one of struct
 * diff_result.
 *
 * Registers 1 and 13 belong to the runner. r28..r31 point into the memory window, r24..r27 are
 * small index values; the generator writes none of them, but that updating loads and stores move
 * r30 and r31. r24, r25, r28 and r29 are multiples of 16.
 */
#ifndef TEST_DIFF_CASE_H
#define TEST_DIFF_CASE_H

#include <stdint.h>

enum {
	DIFF_MAX_WORDS = 16,
	DIFF_MEM = 4096,	    /* bytes compared */
	DIFF_MEM_BASE = 0x20000000, /* of the mapping; the window is in its middle */
	DIFF_MEM_MAP = 0x40000,
	/* most accesses are near its middle, where one page ends and another begins */
	DIFF_WINDOW = DIFF_MEM_BASE + DIFF_MEM_MAP / 2 + DIFF_MEM / 2,
	DIFF_CODE = 0x21000000, /* address of the first word of the case */
};

struct diff_state {
	uint64_t gpr[32];
	uint64_t cr, xer, lr, ctr, fpscr, vscr, vrsave;
	uint64_t signal; /* result: 0, or the signal that ended it */
	uint64_t pc;	 /* result: where it ended */
	uint64_t exit_address, host_r1, tar, spare[2];
	uint64_t vsr[64][2]; /* doubleword 0 first */
};

struct diff_case {
	uint32_t words;
	uint32_t code[DIFF_MAX_WORDS];
	uint32_t
		rounds; /* not 0: the last word is a bdnz to the first, taken that often less one */
	uint64_t mem_seed;
	struct diff_state state;
};

struct diff_result {
	struct diff_state state;
	uint8_t mem[DIFF_MEM];
};

static inline uint64_t diff_next(uint64_t *seed)
{
	uint64_t x = *seed;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *seed = x;
}

/* Fill the window; every byte comes from the seed alone, so that both sides have the same. */
static inline void diff_fill(uint8_t *mem, uint64_t seed)
{
	uint64_t v = 0;
	int n;

	for (n = 0; n < DIFF_MEM; n++, v >>= 8) {
		if (!(n % 8))
			v = diff_next(&seed);
		mem[n] = (uint8_t)v;
	}
}

#endif
