// SPDX-License-Identifier: GPL-2.0-or-later
/* Decimal floating point: the D entries of docs/qemu-departures.md. */
#include <signal.h>

#include "exempt.h"
#include "isa/fields.h"
#include "isa/fpscr.h"

static bool decimal(const struct diff_view *v)
{
	return v->insn->row->facility == FAC_DFP;
}

/* qemu raises no enabled exception: it does what is done when all are disabled. */
static void never_enabled(const struct diff_view *v, struct diff_result *m)
{
	static struct diff_result before;
	const uint64_t enables = v->before->state.fpscr & FPSCR_ENABLES;

	if (!decimal(v) || v->ours->state.signal != SIGFPE || v->theirs->state.signal)
		return;
	before = *v->before;
	before.state.fpscr &= ~(FPSCR_ENABLES | FPSCR_FEX);
	v->again(v, &before, m);
	m->state.fpscr |= enables;
	m->state.fpscr = fpscr_summarise(m->state.fpscr);
	if ((v->insn->row->flags & IF_RC) && f_rc((uint32_t)v->insn->word))
		diff_take(&m->state.cr, m->state.fpscr >> 4, 0x0f000000);
	/* qemu looks at the enable of the exception that it raises: FEX may be missing */
	diff_take_fpscr(v, m, FPSCR_FEX, 0);
}

/* FR is never set, FI never cleared. */
static void rounding_status(const struct diff_view *v, struct diff_result *m)
{
	uint64_t before = v->before->state.fpscr;

	if (!decimal(v))
		return;
	diff_take_fpscr(v, m, FPSCR_FR, before);
	diff_take_fpscr(v, m, FPSCR_FR, 0);
	diff_take_fpscr(v, m, FPSCR_FI, before | m->state.fpscr);
}

static bool signalling(uint64_t high)
{
	return (high >> 57 & 63) == 63;
}

/* The result in the odd register of the pair. */
static void round_to_long(const struct diff_view *v, struct diff_result *m)
{
	uint32_t t = f_frt((uint32_t)v->insn->word) & 30;
	const struct diff_state *b = &v->theirs->state;

	if (!diff_is(v, "drdpq"))
		return;
	/* and the payload of a NaN may be lost */
	if (b->vsr[t + 1][0] != m->state.vsr[t][0] && (m->state.vsr[t][0] >> 58 & 31) != 31 &&
	    b->vsr[t + 1][0] << 1 != 0xf800000000000000)
		return;
	m->state.vsr[t][0] = b->vsr[t][0];
	m->state.vsr[t + 1][0] = b->vsr[t + 1][0];
}

/* VXSNAN of drdpq is not set. */
static void round_snan(const struct diff_view *v, struct diff_result *m)
{
	if (diff_is(v, "drdpq") &&
	    signalling(v->before->state.vsr[f_frb((uint32_t)v->insn->word) & 30][0]))
		diff_take_fpscr(v, m, FPSCR_FX | FPSCR_FEX | FPSCR_VX | FPSCR_VXSNAN,
				v->before->state.fpscr);
}

/* A NaN whose payload is too long for short loses it; a signalling one becomes quiet. */
static void short_snan(const struct diff_view *v, struct diff_result *m)
{
	uint32_t w = (uint32_t)v->insn->word, t = f_frt(w);

	if (!diff_is(v, "drsp") || (v->before->state.vsr[f_frb(w)][0] >> 58 & 31) != 31 ||
	    ((v->theirs->state.vsr[t][0] & 0x7e000000) != 0x7c000000 &&
	     (v->theirs->state.vsr[t][0] & 0x7fffffff) != 0x7e000000))
		return;
	m->state.vsr[t][0] = v->theirs->state.vsr[t][0];
	diff_take_fpscr(v, m, FPSCR_FPRF, 0x11000);
}

/* No digits, no sign: the target is whatever qemu's memory held, FPRF follows. */
static void encode_invalid(const struct diff_view *v, struct diff_result *m)
{
	uint32_t t = f_frt((uint32_t)v->insn->word);

	if (!diff_starts(v, "denbcd") || !(m->state.fpscr & FPSCR_VXCVI))
		return;
	memcpy(m->state.vsr[t], v->theirs->state.vsr[t], 16);
	if (diff_is(v, "denbcdq"))
		memcpy(m->state.vsr[t + 1], v->theirs->state.vsr[t + 1], 16);
	diff_take_fpscr(v, m, FPSCR_FPRF, v->theirs->state.fpscr);
	/* digit 10 is taken for valid */
	if (!(v->theirs->state.fpscr & ~v->before->state.fpscr & FPSCR_VXCVI))
		diff_take_fpscr(v, m, FPSCR_FX | FPSCR_FEX | FPSCR_VX | FPSCR_VXCVI,
				v->before->state.fpscr);
}

/* FEX is set by an invalid operation whatever VE is. */
static void enable_ignored(const struct diff_view *v, struct diff_result *m)
{
	if ((diff_starts(v, "denbcd") || diff_starts(v, "drrnd")) &&
	    (m->state.fpscr & FPSCR_VX_ALL))
		diff_take_fpscr(v, m, FPSCR_FEX, FPSCR_FEX);
}

const struct diff_exemption diff_exempt_dfp[] = {
	{"D3", "decimal: enabled exceptions", never_enabled, false},
	{"D1", "decimal: FR, FI", rounding_status, false},
	{"D5", "drdpq: register", round_to_long, false},
	{"D9", "drdpq: VXSNAN", round_snan, false},
	{"D6", "drsp of a NaN", short_snan, false},
	{"D7", "denbcd of no number", encode_invalid, false},
	{"D8", "denbcd, drrnd: FEX", enable_ignored, false},
	{0},
};
