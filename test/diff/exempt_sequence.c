// SPDX-License-Identifier: GPL-2.0-or-later
/* Where qemu's result depends on the instructions around: F23, F26 and F27 of
 * docs/qemu-departures.md. */
#include <signal.h>

#include "exempt_float.h"
#include "isa/fields.h"
#include "isa/fpscr.h"

/* Behind instruction n of the case; -1: before it. */
static const struct diff_result *earlier(const struct diff_view *v, int n)
{
	return n < 0 ? v->first : &v->trail[n];
}

/* What the instructions before it raised, by our account, or by qemu's, which is another one where
 * exceptions are enabled (F21). */
u64 fx_raised_before(const struct diff_view *v)
{
	static struct diff_result before, after;
	struct diff_view at = *v;
	u64 raised = 0;
	unsigned n;

	for (n = 0; n < v->index; n++) {
		before = *earlier(v, (int)n - 1);
		before.state.fpscr &= ~(FPSCR_EXCEPTIONS | FPSCR_ENABLES);
		at.index = n;
		v->again(&at, &before, &after);
		raised |= after.state.fpscr;
		raised |= v->trail[n].state.fpscr & ~earlier(v, (int)n - 1)->state.fpscr;
	}
	return raised & (FPSCR_OX | FPSCR_UX | FPSCR_ZX | FPSCR_XX);
}

/* The exceptions of an earlier instruction come again. */
static void stale(const struct diff_view *v, struct diff_result *m)
{
	u64 bits;

	if (!(diff_starts(v, "xscmpexp") || diff_starts(v, "xvmax") || diff_starts(v, "xvmin") ||
	      diff_is(v, "xsmaxdp") || diff_is(v, "xsmindp") || diff_starts(v, "xvcvux") ||
	      diff_starts(v, "xvcvsx")))
		return;
	bits = v->theirs->state.fpscr & ~v->ours->state.fpscr & fx_raised_before(v);
	if (!bits)
		return;
	diff_take_fpscr(v, m, bits | FPSCR_FX, bits | FPSCR_FX);
	if (v->ours->state.signal || !(bits & v->before->state.fpscr << 22))
		return;
	/* enabled since */
	diff_take_fpscr(v, m, FPSCR_FEX, FPSCR_FEX);
	fx_interrupt(v, m, true);
}

/* A move's CR1 is not of the FPSCR that the same result shows, but of one before. */
static void stale_cr1(const struct diff_view *v, struct diff_result *m)
{
	static const char *const names[] = {"fmr", "fneg", "fabs", "fnabs", "fcpsgn", NULL};
	const u64 cr1 = v->theirs->state.cr >> 24 & 15;
	int n;

	if (!fx_any_of(v, names) || !f_rc((u32)v->insn->word) ||
	    cr1 == (v->theirs->state.fpscr >> 28 & 15))
		return;
	for (n = (int)v->index - 2; n >= -1; n--)
		if ((earlier(v, n)->state.fpscr >> 28 & 15) == cr1) {
			diff_take(&m->state.cr, v->theirs->state.cr, 0x0f000000);
			return;
		}
}

/* Was it so before some instruction of the case? field: of struct diff_state, by doublewords. */
static bool was(const struct diff_view *v, u32 field, u64 bits)
{
	const u64 value = ((const u64 *)&v->theirs->state)[field] & bits;
	int n;

	for (n = (int)v->index - 2; n >= -1; n--)
		if ((((const u64 *)&earlier(v, n)->state)[field] & bits) == value)
			return true;
	return false;
}

/* A vector compare that interrupts does so without what the instructions in front of it wrote to
 * general registers, CR fields, XER, LR or CTR, if one behind it, in the same translation block,
 * writes these once more. */
static void lost_writes(const struct diff_view *v, struct diff_result *m)
{
	enum { CR = 32, XER = 33, CTR = 35 };
	u64 *ours = (u64 *)&m->state;
	const u64 *theirs = (const u64 *)&v->theirs->state;
	u32 n, bit;

	if (!diff_starts(v, "xvcmp") || v->ours->state.signal != SIGFPE ||
	    v->theirs->state.signal != SIGFPE || v->theirs->state.pc != v->ours->state.pc)
		return;
	for (n = 0; n <= CTR; n++) {
		if (n != CR && n != XER && was(v, n, ~0ull))
			ours[n] = theirs[n];
		for (bit = 0; n == XER && bit < 32; bit++)
			if (was(v, n, 1ull << bit))
				diff_take(&ours[n], theirs[n], 1ull << bit);
		for (bit = 0; n == CR && bit < 32; bit += 4)
			if (was(v, n, 15ull << bit))
				diff_take(&ours[n], theirs[n], 15ull << bit);
	}
}

const struct diff_exemption diff_exempt_sequence[] = {
	{"F23", "xscmpexp*, maxima, minima, xvcv* from integers: earlier exceptions", stale, false},
	{"F26", "CR1 of moves behind other floating point", stale_cr1, false},
	{"F27", "xvcmp* that interrupt: writes in front of them", lost_writes, true},
	{0},
};
