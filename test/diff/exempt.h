/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where qemu 7.2 departs from the ISA, or the ISA leaves a result undefined. An entry is an
 * instruction, a condition on its operands and a section (docs/qemu-departures.md has them by
 * number); when both hold it makes of our result what qemu would have, in the bits concerned alone
 * and only if qemu's value is one that the departure explains. What then still differs, differs.
 *
 * The unit tests named in docs/qemu-departures.md prove our results against hand-worked bits.
 */
#ifndef TEST_DIFF_EXEMPT_H
#define TEST_DIFF_EXEMPT_H

#include <stdbool.h>
#include <string.h>

#include "case.h"
#include "isa/insn.h"

/* One instruction's run: before, and what ours and qemu's made of it. */
struct diff_view {
	const struct insn *insn;
	const struct diff_result *before, *ours, *theirs;
	/* The last load-and-reserve before it in its case, or NULL, and the state before that. */
	const struct insn_row *reserved;
	const struct diff_result *reserved_at;
	bool atomic_since; /* an atomic memory operation came behind it */
	unsigned index;	   /* of the instruction in its case */
	/* What qemu makes of the instructions before it: first is the state before the case,
	 * trail[n] that behind instruction n. */
	const struct diff_result *first, *trail;
	/* No instruction differs, but the case does: ours is what qemu leaves behind the
	 * instruction when nothing but no-operations follow it, theirs what it leaves otherwise. */
	bool sequence;
	bool big;
	/* Ours once more, with another state before it. */
	void (*again)(const struct diff_view *v, const struct diff_result *before,
		      struct diff_result *after);
};

struct diff_exemption {
	const char *id, *what;
	/* Bring our result, in m, nearer to qemu's. */
	void (*apply)(const struct diff_view *v, struct diff_result *m);
	bool sequence; /* looks at cases that no single instruction explains */
};

/* Each list ends with an entry without id. */
extern const struct diff_exemption diff_exempt_fixed[], diff_exempt_dfp[], diff_exempt_float[],
	diff_exempt_trap[], diff_exempt_vector[], diff_exempt_round[], diff_exempt_sequence[];

enum { DIFF_EXEMPTIONS = 128 };

static inline bool diff_is(const struct diff_view *v, const char *name)
{
	return !strcmp(v->insn->row->name, name);
}

static inline bool diff_starts(const struct diff_view *v, const char *prefix)
{
	return !strncmp(v->insn->row->name, prefix, strlen(prefix));
}

/* Take qemu's bits of a register. */
static inline void diff_take(uint64_t *m, uint64_t theirs, uint64_t bits)
{
	*m ^= (*m ^ theirs) & bits;
}

/* The FPSCR of a floating-point instruction, binary or decimal (exempt_float.c). Takes bits if they
 * are what qemu makes of it. */
void diff_take_fpscr(const struct diff_view *v, struct diff_result *m, uint64_t bits,
		     uint64_t expected);

/* The VSR that the instruction writes, -1: none. */
int diff_target(const struct diff_view *v);

/* Does it differ in nothing but what exemptions explain? Says which, too. */
bool diff_exempt(const struct diff_view *v, bool used[DIFF_EXEMPTIONS]);
/* By index into count; NULL behind the last. */
const struct diff_exemption *diff_exemption(unsigned n);

#endif
