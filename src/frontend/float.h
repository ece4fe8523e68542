/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the translators of scalar and VSX floating point share. */
#ifndef FRONTEND_FLOAT_H
#define FRONTEND_FLOAT_H

#include "frontend/frontend.h"

/* Call a helper of helper_float.def or helper_vsxfp.def with an F or Q result, on one to three
 * operands (0: none) of the result's type; target: the VSR that keeps its contents when an
 * enabled exception suppresses the result. */
ir_ref tr_fp_call(struct tr_ctx *c, enum helper_id id, unsigned target, ir_ref a, ir_ref b,
		  ir_ref d);
ir_ref tr_fp_call_q(struct tr_ctx *c, enum helper_id id, unsigned target, ir_ref a, ir_ref b,
		    ir_ref d);
/* After a call of fcmpu or fcmpo. */
void tr_fp_lazy_compare(struct tr_ctx *c, enum helper_id id, ir_ref a, ir_ref b);
/* Write a scalar result to doubleword 0 of VSR n; doubleword 1 becomes 0 or, with a suppressed
 * result, stays. */
void tr_fp_put(struct tr_ctx *c, unsigned n, ir_ref v);
/* The last step of an instruction that may cause an exception: take it if it is enabled. */
void tr_fp_check(struct tr_ctx *c);

#endif
