/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One instruction with its operands, and what it did; both sides of the pipe are little-endian.
 * Register numbers: T = 1, A = 2, B = 3, C = 4 in every file (VR n is VSR 32 + n, and gets the same
 * value as VSR n); GPRs T = 5, A = 6, B = 7. */
#ifndef TEST_DIFF_FP_RECORD_H
#define TEST_DIFF_FP_RECORD_H

#include <stdint.h>

enum { REG_T = 1, REG_A, REG_B, REG_C, GPR_T = 5, GPR_A, GPR_B };

struct fp_case {
	uint32_t word;
	uint32_t pad;
	uint64_t fpscr;
	uint64_t v[4][2]; /* T A B C; doubleword 0 first */
	uint64_t gpr[3];
};

struct fp_result {
	uint64_t fpscr;
	uint64_t cr;
	uint64_t gpr;
	uint64_t low[2];  /* VSR 1 */
	uint64_t high[2]; /* VSR 33 */
	uint64_t trapped;
};

#endif
