/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the exemptions of floating point share (exempt_float.c, exempt_trap.c). */
#ifndef TEST_DIFF_EXEMPT_FLOAT_H
#define TEST_DIFF_EXEMPT_FLOAT_H

#include "base/types.h"
#include "exempt.h"

/* It sets FPSCR, and not by moving something there. */
bool fx_is_float(const struct diff_view *v);
bool fx_vector(const struct diff_view *v);
/* A scalar whose result is a single. */
bool fx_is_single(const struct diff_view *v);
/* The row's name has that part, is one of these. */
bool fx_has(const struct diff_view *v, const char *part);
bool fx_any_of(const struct diff_view *v, const char *const names[]);
/* Exception bits that ours set. */
u64 fx_raised(const struct diff_view *v);
/* Ours interrupts for one of these. */
bool fx_enabled(const struct diff_view *v, u64 exceptions);
/* Are the elements of a and b equal or neighbours? */
bool fx_negated_ok(const struct diff_view *v, const u64 *a, const u64 *b);
void fx_take_target(const struct diff_view *v, struct diff_result *m);
/* CR1 of a record form is a copy of FPSCR's first four bits. */
void fx_copy_to_cr1(const struct diff_view *v, struct diff_result *m);

#endif
