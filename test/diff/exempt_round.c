// SPDX-License-Identifier: GPL-2.0-or-later
/* How qemu rounds and scales: F5, F7, F10, F17, F20, F21 and F24 of docs/qemu-departures.md. What
 * it must have made of the operands is computed by exact.c; anything else is no exemption. */
#include <signal.h>

#include "exact.h"
#include "exempt_float.h"
#include "isa/fields.h"
#include "isa/fpscr.h"

#define ROUNDING (FPSCR_OX | FPSCR_UX | FPSCR_XX)

static bool negated(const struct diff_view *v)
{
	return fx_has(v, "nmadd") || fx_has(v, "nmsub");
}

/* A scalar's target, status and interrupt as exact.c has them. */
static void scalar(const struct diff_view *v, struct diff_result *m, const struct exact *e)
{
	/* a value that a helper returns is not written when it interrupts */
	const bool interrupt = v->before->state.fpscr << 22 & e->raised;
	struct diff_result c = *m;
	const u64 covered = FPSCR_FX | FPSCR_FEX | ROUNDING | FPSCR_FI | FPSCR_FPRF;
	const int t = diff_target(v);
	u64 s = v->before->state.fpscr & ~(FPSCR_FI | FPSCR_FPRF);

	s |= e->raised | e->fprf | (e->raised ? FPSCR_FX : 0) | (interrupt ? FPSCR_FEX : 0);
	s |= e->raised & FPSCR_XX ? FPSCR_FI : 0;
	if (interrupt && diff_is(v, "xsrsp"))
		memcpy(c.state.vsr[t], v->before->state.vsr[t], 16);
	else
		memcpy(c.state.vsr[t], e->target, 16);
	if (((s ^ v->theirs->state.fpscr) & covered) ||
	    memcmp(c.state.vsr[t], v->theirs->state.vsr[t], 16))
		return;
	diff_take(&c.state.fpscr, s, covered);
	fx_interrupt(v, &c, interrupt);
	*m = c;
}

/* The class of a denormal single is that of the double; UX follows from two roundings. */
static void single_denormal(const struct diff_view *v, struct diff_result *m)
{
	struct exact e;

	if (fx_is_single(v) && !fx_enabled(v, FPSCR_OX | FPSCR_UX) &&
	    exact_qemu(v, fx_plain_target(v), &e) && !e.scaled)
		scalar(v, m, &e);
}

/* The neighbour is an infinity, or ours is: with OE one of both interrupts. */
static void overflow_differs(const struct diff_view *v, struct diff_result *m,
			     const struct exact *e)
{
	const bool interrupt = v->before->state.fpscr << 22 & e->raised;

	diff_take_fpscr(v, m, FPSCR_OX, v->before->state.fpscr | e->raised);
	if (!(v->before->state.fpscr & FPSCR_OE) ||
	    !((v->ours->state.fpscr ^ e->raised) & ~v->before->state.fpscr & FPSCR_OX))
		return;
	diff_take_fpscr(v, m, FPSCR_FX, v->before->state.fpscr | (e->raised ? FPSCR_FX : 0));
	diff_take_fpscr(v, m, FPSCR_FEX, interrupt ? FPSCR_FEX : 0);
	fx_interrupt(v, m, interrupt);
}

/* Negated before it is rounded. */
static void negated_first(const struct diff_view *v, struct diff_result *m)
{
	const int t = diff_target(v);
	struct exact e;

	if (!negated(v) || (v->before->state.fpscr & 3) < 2 ||
	    !exact_qemu(v, fx_plain_target(v), &e))
		return;
	if (!fx_vector(v)) {
		scalar(v, m, &e);
		return;
	}
	if (memcmp(e.target, v->theirs->state.vsr[t], 16) ||
	    (v->ours->state.signal && memcmp(v->ours->state.vsr[t], v->before->state.vsr[t], 16)))
		return;
	fx_take_target(v, m);
	overflow_differs(v, m, &e);
}

/* Quads; xsnmsubqpo is not rounded to odd. */
static void negated_quad(const struct diff_view *v, struct diff_result *m)
{
	const int t = diff_target(v);
	struct exact e;

	if (!exact_qemu_quad(v, &e) || memcmp(e.target, v->theirs->state.vsr[t], 16))
		return;
	fx_take_target(v, m);
	diff_take_fpscr(v, m, FPSCR_FPRF, e.fprf);
	overflow_differs(v, m, &e);
}

/* xs*sp are rounded to double first. */
static void rounded_twice(const struct diff_view *v, struct diff_result *m)
{
	struct exact e;

	if (diff_starts(v, "xs") && fx_is_single(v) && exact_qemu(v, fx_plain_target(v), &e) &&
	    !e.scaled && memcmp(e.target, v->ours->state.vsr[diff_target(v)], 16))
		scalar(v, m, &e);
}

/* Enabled overflow and underflow of singles and conversions: scaled for double and then rounded, or
 * packed into too few bits of exponent. The ISA leaves results undefined whose operands are no
 * singles (4.3.5.1); for others ours has to be right. */
static void scaled(const struct diff_view *v, struct diff_result *m)
{
	const bool conversion =
		diff_is(v, "xscvqpdp") || diff_is(v, "xscvdphp") || diff_is(v, "xscvdpsp");
	const int t = diff_target(v);
	struct exact e;
	u64 value;

	if ((!fx_is_single(v) && !conversion) || !exact_qemu(v, fx_plain_target(v), &e) ||
	    (!e.scaled && !fx_enabled(v, FPSCR_OX | FPSCR_UX)))
		return;
	if (fx_enabled(v, FPSCR_OX | FPSCR_UX) && exact_isa(v, &value) &&
	    value != v->ours->state.vsr[t][0])
		return;
	scalar(v, m, &e);
}

/* Vectors and compares to masks write their target all the same: what they would if the exceptions
 * were disabled, but for elements of enabled overflow and underflow, which are scaled. */
static void trap_target(const struct diff_view *v, struct diff_result *m)
{
	const int t = diff_target(v);
	u64 target[2];
	struct exact e;

	if (t < 0 || !(fx_vector(v) || diff_starts(v, "xscmp")) ||
	    v->ours->state.signal != SIGFPE ||
	    memcmp(v->ours->state.vsr[t], v->before->state.vsr[t], 16))
		return;
	memcpy(target, fx_plain_target(v), 16);
	if (exact_qemu(v, target, &e)) {
		memcpy(target, e.target, 16);
		if (negated(v)) /* the neighbour may be an infinity */
			diff_take_fpscr(v, m, FPSCR_OX, v->before->state.fpscr | e.raised);
	} else {
		fx_qemu_integers(v, target, target);
	}
	if (memcmp(target, v->theirs->state.vsr[t], 16))
		return;
	fx_take_target(v, m);
	/* and xvcmp* do not interrupt for VXVC */
	if (diff_starts(v, "xvcmp") && v->ours->state.fpscr & FPSCR_VXVC &&
	    !v->theirs->state.signal)
		fx_interrupt(v, m, false);
}

static void convert_elements(const struct diff_view *v, struct diff_result *m)
{
	u64 target[2];

	if (v->ours->state.signal || !fx_qemu_integers(v, fx_plain_target(v), target) ||
	    memcmp(target, v->theirs->state.vsr[diff_target(v)], 16))
		return;
	fx_take_target(v, m);
}

/* Under UE maxima and minima take part in underflow: a denormal is scaled. */
static void maximum_denormal(const struct diff_view *v, struct diff_result *m)
{
	const u32 bits = fx_has(v, "sp") ? 32 : 64, per = 64 / bits;
	const u64 frac = bits == 32 ? 0x7fffff : 0xfffffffffffff;
	const u64 exp = bits == 32 ? 0x7f800000 : 0x7ff0000000000000;
	const u64 mask = bits == 32 ? 0xffffffff : ~0ull;
	const int t = diff_target(v);
	struct diff_result c = *m;
	u32 n, shift, count;
	bool any = false;
	u64 d;

	if (!(v->before->state.fpscr & FPSCR_UE) || v->ours->state.signal ||
	    !(diff_starts(v, "xvmax") || diff_starts(v, "xvmin") || diff_is(v, "xsmaxdp") ||
	      diff_is(v, "xsmindp")))
		return;
	count = fx_vector(v) ? 2 * per : 1;
	for (n = 0; n < count; n++) {
		shift = bits == 32 && !(n & 1) ? 32 : 0;
		d = v->ours->state.vsr[t][n / per] >> shift & mask;
		if (d & exp || !(d & frac))
			continue;
		any = true;
		diff_take(&c.state.vsr[t][n / per], exact_scaled_denormal(d, bits) << shift,
			  mask << shift);
	}
	if (!any || memcmp(c.state.vsr[t], v->theirs->state.vsr[t], 16))
		return;
	/* an overflow that an earlier instruction left (F23) hides it */
	if (v->theirs->state.fpscr & FPSCR_UX || !(fx_raised_before(v) & FPSCR_OX)) {
		c.state.fpscr |= FPSCR_FX | FPSCR_FEX | FPSCR_UX;
		fx_interrupt(v, &c, true);
	}
	*m = c;
}

const struct diff_exemption diff_exempt_round[] = {
	{"F5", "negated multiply-add, rounding to an infinity", negated_first, false},
	{"F5", "negated multiply-add of quads", negated_quad, false},
	{"F7", "denormal single", single_denormal, false},
	{"F10", "xvcv*: elements behind an invalid one", convert_elements, false},
	{"F17", "maxima and minima under UE", maximum_denormal, false},
	{"F20", "enabled: target of vectors and compares", trap_target, false},
	{"F21", "enabled overflow and underflow of singles", scaled, false},
	{"F24", "scalar single arithmetic rounds twice", rounded_twice, false},
	{0},
};
