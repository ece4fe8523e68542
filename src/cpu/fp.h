/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the floating-point helpers: from the FPSCR to a softfp status and back. */
#ifndef CPU_FP_H
#define CPU_FP_H

#include "isa/fpscr.h"
#include "isa/state.h"
#include "softfp/softfp.h"

static inline struct sf_status fp_status(const struct cpu_state *s)
{
	struct sf_status st = {
		.enables = (u32)(s->fpscr & FPSCR_ENABLES),
		.rn = (enum sf_rounding)(s->fpscr & FPSCR_RN),
	};

	return st;
}

/* The same with a rounding mode of the instruction's own. */
static inline struct sf_status fp_status_rn(const struct cpu_state *s, enum sf_rounding rn)
{
	struct sf_status st = fp_status(s);

	st.rn = rn;
	return st;
}

/* What of FR, FI and FPRF an instruction sets. */
#define FP_SETS_ALL   (FPSCR_FR | FPSCR_FI | FPSCR_FPRF)
#define FP_SETS_FR_FI (FPSCR_FR | FPSCR_FI)

/* Record a scalar instruction's status in the FPSCR (4.4). sets: which of FR, FI, FPRF the
 * instruction sets from st. Notes in fp_suppressed whether the result is to be dropped. */
void fp_done(struct cpu_state *s, const struct sf_status *st, u64 sets);
/* The same for a vector instruction, which leaves FR FI FPRF alone and drops its whole result
 * when any element has an enabled exception (7.4). */
void fp_done_vector(struct cpu_state *s, const struct sf_status *st);

/* The image fpscr with these exceptions (FPSCR_EXCEPTIONS) added becomes the FPSCR. */
void fp_add_exceptions(struct cpu_state *s, u64 fpscr, u64 exceptions);
/* The same to the current one; then whatever fp_lazy says. */
void fp_collect(struct cpu_state *s, u64 exceptions);

/* 1 / b, and 1 / sqrt(b) where the root is rounded first, rounded to f; XX, FR, FI stay clear. */
struct sf_num fp_estimate_re(struct sf_num b, const struct sf_fmt *f, struct sf_status *st);
struct sf_num fp_estimate_rsqrte(struct sf_num b, const struct sf_fmt *root, const struct sf_fmt *f,
				 struct sf_status *st);
/* Set FPCC and the exceptions of a comparison; returns the CR field. fp_compare() compares too. */
u64 fp_compare_done(struct cpu_state *s, enum sf_order order, const struct sf_status *st);
u64 fp_compare(struct cpu_state *s, const struct sf_num *a, const struct sf_num *b, bool ordered);
/* The CR field of ftdiv and its kin: might a / b, sqrt(b) need scaling (4.6.6.1)? */
u64 fp_test_div(const struct sf_num *a, const struct sf_num *b, const struct sf_fmt *f);
u64 fp_test_sqrt(const struct sf_num *b, const struct sf_fmt *f);
/* The IEEE 754-2008 maximum (better = SF_GT) or minimum (SF_LT) of two numbers of format f. */
u128 fp_max_min(const struct sf_fmt *f, u128 a, u128 b, enum sf_order better, struct sf_status *st);
/* Whether DCMX of a data class test names n's class. */
bool fp_class_match(const struct sf_num *n, const struct sf_fmt *f, u64 dcmx);

#endif
