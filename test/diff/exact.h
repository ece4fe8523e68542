/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binary arithmetic by MPFR, which shares nothing with src/softfp: what the ISA demands of scalars
 * under enabled overflow and underflow, and what qemu 7.2 makes of the same operands. qemu
 *
 * - negates a multiply-add before it rounds;
 * - computes xsaddsp, xssubsp, xsmulsp, xsdivsp, xssqrtsp, xsresp and xsrsqrtesp as doubles and
 *   rounds those to single, each step with its own exceptions;
 * - scales every result of enabled overflow and underflow, an element of a vector too, by the wrap
 *   of the format that it rounds to, and packs what is left of the exponent into the bits that the
 *   format has.
 */
#ifndef TEST_DIFF_EXACT_H
#define TEST_DIFF_EXACT_H

#include "base/types.h"
#include "exempt.h"

struct exact {
	u64 target[2]; /* whole register: what the instruction does not write is 0, or as before */
	u64 raised;    /* FPSCR bits OX UX XX */
	u64 fprf;      /* of element 0, in place */
	bool scaled;   /* an enabled overflow or underflow */
};

/* qemu's. plain is the target with all exceptions disabled: elements whose operands or result are
 * no finite numbers come from there. False: not a row of this file, or a result that this file
 * cannot tell. */
bool exact_qemu(const struct diff_view *v, const u64 plain[2], struct exact *e);
/* The same of xsnmaddqp, xsnmsubqp and xsnmsubqpo. */
bool exact_qemu_quad(const struct diff_view *v, struct exact *e);
/* The ISA's result of a scalar in double format, with scaling. False: not such a row, or no finite
 * result, or one that a double cannot hold, which no operands in the range of the instruction's
 * format give. */
bool exact_isa(const struct diff_view *v, u64 *value);
/* qemu's maximum or minimum of a denormal: scaled as a result that underflows. bits: 32 or 64. */
u64 exact_scaled_denormal(u64 value, u32 bits);

#endif
