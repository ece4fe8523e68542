/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where qemu departs from the ISA, or the ISA leaves a result undefined: each entry names the
 * instruction, the condition on its operands and the section, and allows no more than that. */
#ifndef TEST_DIFF_EXEMPT_H
#define TEST_DIFF_EXEMPT_H

#include <stdbool.h>

#include "case.h"
#include "isa/insn.h"

/* One instruction's run: the state before, and what ours and qemu's made of it. */
struct diff_view {
	const struct insn *insn;
	const struct diff_case *before;
	const struct diff_result *ours, *theirs;
	const struct insn_row *reserved; /* the last load-and-reserve before it, or NULL */
};

/* The entry that allows this difference, NULL: none. */
const char *diff_exempt(const struct diff_view *v);
/* Its entries of binary floating point. */
const char *diff_exempt_float(const struct diff_view *v);
/* Fixed point and storage; decimal floating point. */
const char *diff_exempt_fixed(const struct diff_view *v);
const char *diff_exempt_dfp(const struct diff_view *v);

#endif
