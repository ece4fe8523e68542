/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints differences. */
#ifndef TEST_DIFF_REPORT_H
#define TEST_DIFF_REPORT_H

#include "exempt.h"
#include "isa/decode.h"

void diff_report_code(const struct insn_decoder *d, const struct diff_case *c);
void diff_report_states(const char *left, const struct diff_result *a, const char *right,
			const struct diff_result *b);
/* The instruction with index n of its case. */
void diff_report_insn(const struct diff_view *v, unsigned n);

#endif
