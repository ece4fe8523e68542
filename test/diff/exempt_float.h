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
/* Ours with all exceptions disabled. */
const u64 *fx_plain_target(const struct diff_view *v);
/* The instruction interrupts for an enabled exception, or not. */
void fx_interrupt(const struct diff_view *v, struct diff_result *m, bool interrupt);
/* The rounding exceptions that the instructions in front of it raise, whether or not their bits
 * were set already. */
u64 fx_raised_before(const struct diff_view *v);
/* xvcv* to integers as qemu does it, from the conversions of each element alone; false: none. */
bool fx_qemu_integers(const struct diff_view *v, const u64 plain[2], u64 target[2]);
void fx_take_target(const struct diff_view *v, struct diff_result *m);
/* CR1 of a record form is a copy of FPSCR's first four bits. */
void fx_copy_to_cr1(const struct diff_view *v, struct diff_result *m);

#endif
