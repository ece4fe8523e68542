// SPDX-License-Identifier: GPL-2.0-or-later
/* Binary floating point, and what decimal shares with it: the F entries of docs/qemu-departures.md.
 */
#include <signal.h>

#include "exempt_float.h"
#include "isa/fields.h"
#include "isa/fpscr.h"

bool fx_is_float(const struct diff_view *v)
{
	return (v->insn->row->flags & IF_FPSCR) && !diff_starts(v, "mt");
}

bool fx_vector(const struct diff_view *v)
{
	return diff_starts(v, "xv");
}

bool fx_has(const struct diff_view *v, const char *part)
{
	return strstr(v->insn->row->name, part) != NULL;
}

bool fx_any_of(const struct diff_view *v, const char *const names[])
{
	for (; *names; names++)
		if (diff_is(v, *names))
			return true;
	return false;
}

static int operand(const struct diff_view *v, const char *const names[])
{
	const struct insn_row *row = v->insn->row;
	unsigned i, k;

	for (i = 0; i < INSN_MAX_OPERANDS && row->operand[i]; i++) {
		const struct insn_opnd *o = &insn_opnds[row->operand[i]];

		for (k = 0; names[k]; k++)
			if (!strcmp(o->name, names[k]))
				return (int)insn_opnd_value(o, v->insn->word) +
				       (o->kind == OPND_KIND_VR ? 32 : 0);
	}
	return -1;
}

int diff_target(const struct diff_view *v)
{
	static const char *const names[] = {"FRT", "XT", "XTX", "VRT", "VRTX", NULL};

	return operand(v, names);
}

static const u64 *source(const struct diff_view *v)
{
	static const char *const names[] = {"FRB", "XB", "VRB", NULL};
	int n = operand(v, names);

	return n < 0 ? NULL : v->before->state.vsr[n];
}

void fx_take_target(const struct diff_view *v, struct diff_result *m)
{
	int t = diff_target(v);

	if (t >= 0)
		memcpy(m->state.vsr[t], v->theirs->state.vsr[t], 16);
}

u64 fx_raised(const struct diff_view *v)
{
	return v->ours->state.fpscr & ~v->before->state.fpscr & FPSCR_EXCEPTIONS;
}

bool fx_enabled(const struct diff_view *v, u64 exceptions)
{
	/* VX OX UX ZX XX stand in the order of their enables, 22 bits higher */
	return v->ours->state.signal == SIGFPE &&
	       (v->ours->state.fpscr >> 22 & v->before->state.fpscr & exceptions >> 22);
}

/* qemu has not seen the enabled exception that we interrupt for: it writes its target and goes on.
 */
static void no_trap(const struct diff_view *v, struct diff_result *m)
{
	if (v->ours->state.signal != SIGFPE || v->theirs->state.signal)
		return;
	m->state.signal = 0;
	m->state.pc = v->theirs->state.pc;
	fx_take_target(v, m);
	if (!fx_vector(v))
		diff_take_fpscr(v, m, FPSCR_FPRF, v->theirs->state.fpscr);
	diff_take_fpscr(v, m, FPSCR_FEX, 0);
}

/* CR1 is a copy of FPSCR's first four bits. */
void fx_copy_to_cr1(const struct diff_view *v, struct diff_result *m)
{
	if ((v->insn->row->flags & IF_RC) && f_rc((u32)v->insn->word) && !v->theirs->state.signal)
		diff_take(&m->state.cr, m->state.fpscr >> 4, 0x0f000000);
}

void diff_take_fpscr(const struct diff_view *v, struct diff_result *m, uint64_t bits,
		     uint64_t expected)
{
	if ((v->theirs->state.fpscr & bits) != (expected & bits))
		return;
	diff_take(&m->state.fpscr, expected, bits);
	fx_copy_to_cr1(v, m);
}

const u64 *fx_plain_target(const struct diff_view *v)
{
	static struct diff_result before, other;
	const int t = diff_target(v);

	before = *v->before;
	before.state.fpscr &= ~FPSCR_ENABLES;
	v->again(v, &before, &other);
	return other.state.vsr[t < 0 ? 0 : t];
}

void fx_interrupt(const struct diff_view *v, struct diff_result *m, bool interrupt)
{
	m->state.signal = interrupt ? SIGFPE : 0;
	m->state.pc = interrupt ? DIFF_CODE + 4ull * v->index : v->theirs->state.pc;
	if (!(v->insn->row->flags & IF_RC) || !f_rc((u32)v->insn->word))
		return;
	if (interrupt)
		diff_take(&m->state.cr, v->before->state.cr, 0x0f000000);
	else
		fx_copy_to_cr1(v, m);
}

/* Invalid operations of earlier elements stay in sight: behind a NaN all take the result of one,
 * behind an integer that does not fit a NaN becomes the greatest. */
bool fx_qemu_integers(const struct diff_view *v, const u64 plain[2], u64 target[2])
{
	const char *name = v->insn->row->name;
	const bool sp = !strncmp(name, "xvcvsp", 6), dp = !strncmp(name, "xvcvdp", 6);
	/* xvcv[sd]p[su]x[wd]s */
	const char *to = sp || dp ? name + 6 : "";
	const bool is_signed = to[0] == 's', word = to[0] && to[1] == 'x' && to[2] == 'w';
	const u64 mask = word ? 0xffffffff : ~0ull;
	const u64 nan = is_signed ? (mask >> 1) + 1 : 0, greatest = is_signed ? mask >> 1 : mask;
	const double limit = word ? 4294967296.0 : 18446744073709551616.0;
	bool invalid = false, unfit = false;
	u32 n, shift, count = sp && word ? 4 : 2;
	u64 out[2] = {plain[0], plain[1]}, value;
	double x;
	float f;

	if ((to[0] != 's' && to[0] != 'u') || to[1] != 'x')
		return false;
	for (n = 0; n < count; n++) {
		const u64 *b = source(v);
		const u32 w = (u32)(b[sp && word ? n / 2 : n] >> (sp && word && n & 1 ? 0 : 32));

		memcpy(&f, &w, sizeof(f));
		memcpy(&x, &b[n & 1], sizeof(x));
		x = sp ? (double)f : x;
		if (x != x)
			invalid = true;
		else if (is_signed ? x >= limit / 2 || (word ? x <= -limit / 2 - 1 : x < -limit / 2)
				   : x >= limit || x <= -1)
			invalid = unfit = true;
		shift = count == 4 && !(n & 1) ? 32 : 0;
		value = plain[count == 4 ? n / 2 : n] >> shift & mask;
		if (invalid && !unfit)
			value = nan;
		else if (x != x)
			value = greatest;
		if (count == 4)
			diff_take(&out[n / 2], value << shift, mask << shift);
		else
			out[n] = word ? value << 32 | value : value;
	}
	memcpy(target, out, sizeof(out));
	return true;
}

static void fraction_rounded(const struct diff_view *v, struct diff_result *m)
{
	if (!fx_is_float(v) || v->insn->row->facility == FAC_DFP)
		return;
	diff_take_fpscr(v, m, FPSCR_FR, v->before->state.fpscr);
	diff_take_fpscr(v, m, FPSCR_FR, 0);
}

static void fraction_inexact(const struct diff_view *v, struct diff_result *m)
{
	if (diff_starts(v, "fcmp") || diff_starts(v, "xscmp") || fx_vector(v))
		diff_take_fpscr(v, m, FPSCR_FI, 0);
}

/* FX is set by an exception whose bit is 1 already. */
static void exception_again(const struct diff_view *v, struct diff_result *m)
{
	u64 before = v->before->state.fpscr;

	if (fx_is_float(v) && (before & FPSCR_EXCEPTIONS) && !fx_raised(v))
		diff_take_fpscr(v, m, FPSCR_FX, FPSCR_FX);
}

/* The class of a NaN with FPCC's: C is set. */
static void compare_class(const struct diff_view *v, struct diff_result *m)
{
	static const char *const names[] = {"fcmpo", "xscmpodp", "xscmpoqp", NULL};

	if (fx_any_of(v, names) && (v->ours->state.fpscr & FPSCR_FPCC) == 1ull << FPSCR_FPCC_SHIFT)
		diff_take_fpscr(v, m, FPSCR_C, FPSCR_C);
}

bool fx_is_single(const struct diff_view *v)
{
	const char *name = v->insn->row->name;
	size_t len = strlen(name);

	return (name[0] == 'f' && name[len - 1] == 's') || !strcmp(name, "frsp") ||
	       !strcmp(name, "xsrsp") || (diff_starts(v, "xs") && !strcmp(name + len - 2, "sp"));
}

/* FPRF and FI stay. */
static void from_integer(const struct diff_view *v, struct diff_result *m)
{
	static const char *const names[] = {"fcfids", "fcfidu", "fcfidus", NULL};

	if (!fx_any_of(v, names))
		return;
	diff_take_fpscr(v, m, FPSCR_FPRF, v->before->state.fpscr);
	diff_take_fpscr(v, m, FPSCR_FI, v->before->state.fpscr);
}

/* Estimates of the reciprocal of 0. */
static void estimate_of_zero(const struct diff_view *v, struct diff_result *m)
{
	const u64 *b = source(v);
	int t = diff_target(v);

	if ((diff_is(v, "fre") || diff_is(v, "fres")) && !(b[0] << 1) &&
	    (v->theirs->state.vsr[t][0] & ~(1ull << 63)) == 0x3fe0000000000000) {
		fx_take_target(v, m);
		diff_take_fpscr(v, m, FPSCR_FPRF, b[0] ? 0x8000 : 0x4000);
	}
	if ((diff_starts(v, "xsre") || diff_starts(v, "xsrsqrte") || diff_starts(v, "xvre") ||
	     diff_starts(v, "xvrsqrte")) &&
	    (v->ours->state.fpscr & FPSCR_ZX)) {
		if (!(v->theirs->state.fpscr & FPSCR_ZX))
			no_trap(v, m);
		diff_take_fpscr(v, m, FPSCR_ZX, v->before->state.fpscr);
		if (fx_raised(v) == FPSCR_ZX)
			diff_take_fpscr(v, m, FPSCR_FX, v->before->state.fpscr);
	}
}

/* Elements with different exceptions: some are not set. */
static void elements(const struct diff_view *v, struct diff_result *m)
{
	static const u64 kinds[] = {FPSCR_OX, FPSCR_UX, FPSCR_ZX, FPSCR_XX};
	u64 any = v->ours->state.fpscr & FPSCR_EXCEPTIONS, bit;
	u32 n;

	if (!fx_vector(v) || !(any & (any - 1))) /* two at least */
		return;
	no_trap(v, m);
	for (n = 0; n < 4; n++)
		diff_take_fpscr(v, m, kinds[n], v->before->state.fpscr);
	/* all operands of invalid operations, or those that are left when another is enabled */
	if (v->theirs->state.fpscr & FPSCR_VX)
		for (bit = FPSCR_VXCVI; bit <= FPSCR_VXSNAN; bit <<= 1)
			diff_take_fpscr(v, m, bit & FPSCR_VX_ALL, v->before->state.fpscr);
	else if (fx_enabled(v, ~0ull))
		diff_take_fpscr(v, m, FPSCR_VX | FPSCR_VX_ALL, v->before->state.fpscr);
}

/* FX stays; NI cannot be set. */
static void set_bit(const struct diff_view *v, struct diff_result *m)
{
	if (!diff_is(v, "mtfsb1"))
		return;
	diff_take_fpscr(v, m, FPSCR_FX, v->before->state.fpscr);
	if (f_bt((u32)v->insn->word) == 29)
		diff_take_fpscr(v, m, FPSCR_NI, v->before->state.fpscr);
	if (f_rc((u32)v->insn->word))
		diff_take(&m->state.cr, m->state.fpscr >> 4, 0x0f000000);
}

/* A single denormal is in class "denormal" whatever DCMX says. */
static void test_class(const struct diff_view *v, struct diff_result *m)
{
	u32 w = (u32)v->insn->word, exp;
	unsigned shift = 4 * (7 - f_bf(w));

	if (!diff_is(v, "xststdcsp"))
		return;
	exp = source(v)[0] >> 52 & 0x7ff;
	if (exp >= 897)
		return;
	if (v->theirs->state.cr & 2ull << shift)
		m->state.cr |= 2ull << shift;
	diff_take_fpscr(v, m, 2ull << FPSCR_FPCC_SHIFT, ~0ull);
}

/* infinity * 0 + SNaN: VXIMZ alone. */
static void product_snan(const struct diff_view *v, struct diff_result *m)
{
	if (fx_raised(v) & FPSCR_VXSNAN && v->ours->state.fpscr & FPSCR_VXIMZ)
		diff_take_fpscr(v, m, FPSCR_VXSNAN, v->before->state.fpscr);
}

/* Maximum and minimum of zeros with different signs: the first. */
static void zeros(const struct diff_view *v, struct diff_result *m)
{
	static const char *const first[] = {"XA", NULL};
	const u64 *a, *b = source(v);
	int n = operand(v, first);

	if ((!diff_is(v, "xsmaxcdp") && !diff_is(v, "xsmincdp")) || n < 0)
		return;
	a = v->before->state.vsr[n];
	if (!((a[0] | b[0]) << 1) && v->theirs->state.vsr[diff_target(v)][0] == a[0])
		fx_take_target(v, m);
}

/* R = 0, RMC = 3: FPSCR[RN] = 1 and 3, toward 0 and downward, are taken for each other. */
static void round_quad(const struct diff_view *v, struct diff_result *m)
{
	static struct diff_result before, other;
	int t = diff_target(v);

	if (!diff_starts(v, "xsrqp") || (v->insn->word >> 16 & 1) ||
	    (v->insn->word >> 9 & 3) != 3 || !(v->before->state.fpscr & 1))
		return;
	before = *v->before;
	before.state.fpscr ^= 2;
	v->again(v, &before, &other);
	/* F25: with XE the target stays */
	if (memcmp(other.state.vsr[t], v->theirs->state.vsr[t], 16) &&
	    (!fx_enabled(v, FPSCR_XX) ||
	     memcmp(v->before->state.vsr[t], v->theirs->state.vsr[t], 16)))
		return;
	fx_take_target(v, m);
	diff_take_fpscr(v, m, FPSCR_FPRF | FPSCR_OX | FPSCR_XX, other.state.fpscr);
}

/* Type-J maximum and minimum of NaNs: VXSNAN is not set, so that VE = 1 neither interrupts nor
 * keeps the target from what it is with VE = 0. */
static void maximum_snan(const struct diff_view *v, struct diff_result *m)
{
	static struct diff_result before, other;
	int t = diff_target(v);

	if (!(diff_is(v, "xsmaxjdp") || diff_is(v, "xsminjdp")) || fx_raised(v) != FPSCR_VXSNAN)
		return;
	diff_take_fpscr(v, m, FPSCR_FX | FPSCR_FEX | FPSCR_VX | FPSCR_VXSNAN,
			v->before->state.fpscr);
	if (!fx_enabled(v, FPSCR_VX))
		return;
	before = *v->before;
	before.state.fpscr &= ~FPSCR_ENABLES;
	v->again(v, &before, &other);
	if (memcmp(other.state.vsr[t], v->theirs->state.vsr[t], 16))
		return;
	fx_take_target(v, m);
	m->state.signal = v->theirs->state.signal;
	m->state.pc = v->theirs->state.pc;
}

const struct diff_exemption diff_exempt_float[] = {
	{"F1", "FR", fraction_rounded, false},
	{"F2", "compares and vectors: FI", fraction_inexact, false},
	{"F3", "FX of an exception that is set already", exception_again, false},
	{"F4", "ordered compares of NaN: C", compare_class, false},
	{"F6", "fcfids, fcfidu, fcfidus: FPRF, FI", from_integer, false},
	{"F8", "estimate of 0", estimate_of_zero, false},
	{"F9", "exceptions of several elements", elements, false},
	{"F11", "mtfsb1: FX, NI", set_bit, false},
	{"F12", "xststdcsp: single denormal", test_class, false},
	{"F13", "infinity * 0 + SNaN", product_snan, false},
	{"F14", "xsmaxcdp, xsmincdp of zeros", zeros, false},
	{"F15", "xsrqpi, xsrqpxp: RMC = 3", round_quad, false},
	{"F16", "xsmaxjdp, xsminjdp: VXSNAN", maximum_snan, false},
	{0},
};
