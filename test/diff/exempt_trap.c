// SPDX-License-Identifier: GPL-2.0-or-later
/* Binary floating point with enabled exceptions, and what the ISA leaves undefined: F18, F19, F22,
 * F25 and U3 to U6 of docs/qemu-departures.md. */
#include <signal.h>

#include "exempt_float.h"
#include "isa/fields.h"
#include "isa/fpscr.h"

/* CR1 stays. */
static void trap_cr1(const struct diff_view *v, struct diff_result *m)
{
	if (fx_is_float(v) && v->ours->state.signal == SIGFPE &&
	    v->theirs->state.signal == SIGFPE && (v->insn->row->flags & IF_RC) &&
	    f_rc((u32)v->insn->word))
		diff_take(&m->state.cr, v->before->state.cr, 0x0f000000);
}

/* FI stays though nothing was rounded. */
static void trap_fi(const struct diff_view *v, struct diff_result *m)
{
	if (fx_is_float(v) && fx_enabled(v, FPSCR_VX | FPSCR_ZX))
		diff_take_fpscr(v, m, FPSCR_FI, v->before->state.fpscr);
}

/* XE: the rounded integer or number is not written, nor its class. */
static void trap_inexact(const struct diff_view *v, struct diff_result *m)
{
	int t = diff_target(v);

	if ((diff_starts(v, "fcfid") || diff_is(v, "xsrsp") || diff_is(v, "xsrqpi")) &&
	    fx_enabled(v, FPSCR_XX) &&
	    !memcmp(v->theirs->state.vsr[t], v->before->state.vsr[t], 16)) {
		fx_take_target(v, m);
		diff_take_fpscr(v, m, FPSCR_FPRF, v->before->state.fpscr);
	}
}

/* An SNaN with VE = 1: VXVC too. */
static void compare_enabled(const struct diff_view *v, struct diff_result *m)
{
	static const char *const names[] = {"fcmpo", "xscmpodp", "xscmpoqp", NULL};

	if (fx_any_of(v, names) && fx_enabled(v, FPSCR_VX) && (fx_raised(v) & FPSCR_VXSNAN))
		diff_take_fpscr(v, m, FPSCR_VXVC, FPSCR_VXVC);
}

/* XX, FR and FI of estimates. */
static void estimate_status(const struct diff_view *v, struct diff_result *m)
{
	if (!diff_starts(v, "fre") && !diff_starts(v, "frsqrte") && !diff_starts(v, "xsre") &&
	    !diff_starts(v, "xvre") && !fx_has(v, "rsqrte"))
		return;
	diff_take_fpscr(v, m, FPSCR_XX, FPSCR_XX);
	diff_take_fpscr(v, m, FPSCR_FI, v->theirs->state.fpscr);
	diff_take_fpscr(v, m, FPSCR_FR, v->theirs->state.fpscr);
	if (m->state.fpscr & ~v->before->state.fpscr & FPSCR_XX)
		diff_take_fpscr(v, m, FPSCR_FX, FPSCR_FX);
	if (v->before->state.fpscr & FPSCR_XE && (v->theirs->state.fpscr & FPSCR_XX)) {
		diff_take_fpscr(v, m, FPSCR_FEX, FPSCR_FEX);
		m->state.signal = v->theirs->state.signal;
		m->state.pc = v->theirs->state.pc;
		if ((v->insn->row->flags & IF_RC) && f_rc((u32)v->insn->word))
			diff_take(&m->state.cr, v->before->state.cr, 0x0f000000);
	}
}

/* CR6 of a vector compare with an enabled exception. */
static void compare_cr6(const struct diff_view *v, struct diff_result *m)
{
	if (diff_starts(v, "xvcmp") && fx_enabled(v, FPSCR_VX) && f_xx3_rc((u32)v->insn->word))
		diff_take(&m->state.cr, v->theirs->state.cr, 0xf0);
}

/* FPRF after conversion to an integer. */
static void integer_class(const struct diff_view *v, struct diff_result *m)
{
	if (diff_starts(v, "fcti") || diff_starts(v, "xscvdpsx") || diff_starts(v, "xscvdpux") ||
	    diff_starts(v, "xscvqps") || diff_starts(v, "xscvqpu"))
		diff_take_fpscr(v, m, FPSCR_FPRF, v->theirs->state.fpscr);
}

/* Word 0 beside a converted word. */
static void integer_word(const struct diff_view *v, struct diff_result *m)
{
	int t = diff_target(v);

	if (diff_starts(v, "fctiw") || diff_is(v, "xscvdpsxws") || diff_is(v, "xscvdpuxws"))
		diff_take(&m->state.vsr[t][0], v->theirs->state.vsr[t][0], 0xffffffff00000000);
}

const struct diff_exemption diff_exempt_trap[] = {
	{"F18", "enabled: CR1", trap_cr1, false},
	{"F19", "enabled: FI", trap_fi, false},
	{"F22", "ordered compares of SNaN under VE: VXVC", compare_enabled, false},
	{"F25", "enabled inexact: target of fcfid[s], fcfidu[s], xsrsp, xsrqpi", trap_inexact,
	 false},
	{"U3", "estimates: XX, FR, FI", estimate_status, false},
	{"U4", "integer conversions: FPRF", integer_class, false},
	{"U6", "enabled: CR6 of vector compares", compare_cr6, false},
	{"U5", "integer conversions: word 0", integer_word, false},
	{0},
};
