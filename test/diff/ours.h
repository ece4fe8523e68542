/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a case on our front end, optimiser and a back end, with no translator around them. */
#ifndef TEST_DIFF_OURS_H
#define TEST_DIFF_OURS_H

#include "case.h"
#include "isa/model.h"

struct diff_ours;

struct diff_ours *diff_ours_create(const struct cpu_model *model, bool little_endian,
				   bool leave_at_records, u32 passes);
void diff_ours_destroy(struct diff_ours *o);
/* pc and signal of the result as the runner gives them. */
void diff_ours_run(struct diff_ours *o, const struct diff_case *c, struct diff_result *r);

#endif
