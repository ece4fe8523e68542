/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random cases over the instruction table. */
#ifndef TEST_DIFF_GEN_H
#define TEST_DIFF_GEN_H

#include "case.h"
#include "isa/insn.h"

struct diff_gen {
	struct insn_set set;
	uint64_t seed;
	uint32_t rows[INSN_COUNT]; /* rows that may be drawn */
	uint32_t nr_rows;
	uint32_t count[INSN_COUNT]; /* how often each was drawn */
	bool aligned;		    /* what is being drawn */
	/* Nobody has to unroll loops: they may be longer, go round more often and branch inside. */
	bool long_loops;
};

/* only: draw nothing but rows whose name contains it, or a part of it between commas; NULL = all.
 * Returns the number of rows. */
uint32_t diff_gen_init(struct diff_gen *g, const struct insn_set *set, uint64_t seed,
		       bool big_endian, const char *only);
/* The next case; cases come row by row, so that a run of nr_rows cases has every row first once. */
void diff_gen_case(struct diff_gen *g, struct diff_case *c, uint64_t number);
/* Values. */
uint32_t diff_gen_below(struct diff_gen *g, uint32_t n);
uint64_t diff_gen_integer(struct diff_gen *g);
void diff_gen_vector(struct diff_gen *g, uint64_t d[2]);
enum diff_format { DIFF_HALF, DIFF_SINGLE, DIFF_DOUBLE, DIFF_QUAD };
/* As many numbers of that format as there is room for. */
void diff_gen_binary(struct diff_gen *g, enum diff_format format, uint64_t d[2]);
/* Signed packed, unsigned packed, zoned or national decimal; a count for shifts. */
void diff_gen_bcd(struct diff_gen *g, uint64_t d[2]);
/* Doubleword 0 of a pair of registers: a quad, or two numbers. */
void diff_gen_decimal(struct diff_gen *g, uint64_t *even, uint64_t *odd);
/* Why a row is never drawn; NULL: it is. */
const char *diff_gen_excluded(const struct insn_row *row, bool big_endian);

#endif
