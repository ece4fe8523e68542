// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bringing the FPSCR up to date after translated code that kept its status elsewhere: sticky bits
 * in the host's own, FR FI FPRF as the last instructions and their operands (isa/fpscr.h). These
 * are executed once more: each sets what it would have set, its sticky bits are there already.
 *
 * The order of the sticky bits does not matter: FX is set when any goes from 0 to 1, and whatever
 * clears one collects before.
 */
#include "cpu/fp.h"
#include "isa/helper.h"

static void compare(struct cpu_state *s, u64 id)
{
	if (id == HELPER_fcmpo)
		helper_fcmpo(s, s->fp_lazy_cmp[0], s->fp_lazy_cmp[1]);
	else
		helper_fcmpu(s, s->fp_lazy_cmp[0], s->fp_lazy_cmp[1]);
}

void fp_collect(struct cpu_state *s, u64 exceptions)
{
	u64 lazy = s->fp_lazy, id, suppressed = s->fp_suppressed;

	fp_add_exceptions(s, s->fpscr, exceptions);
	if (!lazy)
		return;
	id = lazy & FP_LAZY_ID;
	if (id)
		helper_fpx(s, id, s->fp_lazy_arg[0], s->fp_lazy_arg[1], s->fp_lazy_arg[2]);
	id = lazy >> FP_LAZY_INT_SHIFT & FP_LAZY_ID;
	if (id)
		helper_fpx(s, id, s->fp_lazy_int, 0, 0);
	id = lazy >> FP_LAZY_CMP_SHIFT & FP_LAZY_ID;
	if (id)
		compare(s, id);
	s->fp_lazy = 0;
	/* these instructions' own was used up long ago */
	s->fp_suppressed = suppressed;
}

u64 helper_mffs(struct cpu_state *s)
{
	return s->fpscr;
}
