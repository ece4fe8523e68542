// SPDX-License-Identifier: GPL-2.0-or-later
/* Fixed point, storage and decimal floating point: docs/qemu-departures.md, X and D entries. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "exempt.h"
#include "isa/fields.h"
#include "isa/fpscr.h"

/* What may differ besides; everything else must be equal. */
struct allowed {
	uint64_t fpscr, cr, xer;
	int gpr;	 /* -1: none */
	int vsr;	 /* this one and the next, -1: none */
	uint64_t mem_at; /* address of mem_len bytes */
	unsigned mem_len;
	bool signal; /* one side stopped: the signal, and how far it came */
};

static const struct allowed nothing = {.gpr = -1, .vsr = -1};

static bool equal_but_for(const struct diff_view *v, const struct allowed *a)
{
	static struct diff_result x;
	const struct diff_result *b = v->theirs;
	uint64_t at = a->mem_at - DIFF_WINDOW;

	x = *v->ours;
	x.state.fpscr ^= (x.state.fpscr ^ b->state.fpscr) & a->fpscr;
	x.state.cr ^= (x.state.cr ^ b->state.cr) & a->cr;
	x.state.xer ^= (x.state.xer ^ b->state.xer) & a->xer;
	if (a->gpr >= 0)
		x.state.gpr[a->gpr] = b->state.gpr[a->gpr];
	if (a->vsr >= 0)
		memcpy(x.state.vsr[a->vsr], b->state.vsr[a->vsr], 32);
	if (a->mem_len && at < DIFF_MEM && a->mem_len <= DIFF_MEM - at)
		memcpy(x.mem + at, b->mem + at, a->mem_len);
	if (a->signal) {
		x.state.signal = b->state.signal;
		x.state.pc = b->state.pc;
		x.state.fpscr ^= (x.state.fpscr ^ b->state.fpscr) & ~0xffffffffull;
	}
	return !memcmp(&x, b, sizeof(x));
}

static bool is(const struct insn_row *row, const char *const names[])
{
	for (; *names; names++)
		if (!strcmp(row->name, *names))
			return true;
	return false;
}

/* Size of a reservation's access, 0: the row is none. */
static unsigned reservation_size(const struct insn_row *row)
{
	static const char letter[] = "bhwdq";
	const char *p;

	if (!(row->flags & IF_RESERVATION))
		return 0;
	p = strchr(letter, row->flags & IF_LOAD ? row->name[1] : row->name[2]);
	return p ? 1u << (p - letter) : 0;
}

static uint64_t base(const struct diff_view *v)
{
	uint32_t ra = f_ra((uint32_t)v->insn->word);

	return ra ? v->before->state.gpr[ra] : 0;
}

static uint64_t indexed(const struct diff_view *v)
{
	return base(v) + v->before->state.gpr[f_rb((uint32_t)v->insn->word)];
}

/* X5: we interrupt, qemu goes on. */
static const char *misaligned(const struct diff_view *v)
{
	const struct insn_row *row = v->insn->row;
	struct allowed a = nothing;
	uint32_t w = (uint32_t)v->insn->word;
	uint64_t ea = 0;
	unsigned size = reservation_size(row);

	if (v->ours->state.signal != SIGBUS || v->theirs->state.signal)
		return NULL;
	if (size) {
		ea = indexed(v);
	} else if (!strcmp(row->name, "lq") || !strcmp(row->name, "stq")) {
		size = 16;
		ea = base(v) + (uint64_t)(int64_t)(row->name[0] == 'l' ? f_dq(w) : f_ds(w));
	} else if (is(row, (const char *const[]){"lwat", "ldat", "stwat", "stdat", NULL})) {
		/* also what crosses a block of 32 bytes */
		size = row->name[row->name[0] == 'l' ? 1 : 2] == 'w' ? 4 : 8;
		ea = base(v);
		if (!(ea & (size - 1)) && f_fc(w) >= 24)
			ea |= 1;
	}
	if (!size || !(ea & (size - 1)))
		return NULL;
	a.signal = true;
	a.cr = 0xf0000000;
	if (row->flags & IF_LOAD)
		return "X5: misaligned"; /* one or two registers were loaded */
	a.mem_at = ea & ~31ull;
	a.mem_len = 64;
	return equal_but_for(v, &a) ? "X5: misaligned" : NULL;
}

/* X6: the last reservation before it was of another size. */
static const char *other_size(const struct diff_view *v, const struct insn_row *reserved)
{
	struct allowed a = nothing;
	unsigned size = reservation_size(v->insn->row);

	if (!size || !(v->insn->row->flags & IF_STORE) || !reserved ||
	    reservation_size(reserved) == size)
		return NULL;
	a.cr = 0x20000000;
	a.mem_at = indexed(v);
	a.mem_len = size;
	return equal_but_for(v, &a) ? "X6: reservation of another size" : NULL;
}

static const char *divide_extended(const struct diff_view *v)
{
	uint32_t w = (uint32_t)v->insn->word;
	struct allowed a = nothing;

	if (strcmp(v->insn->row->name, "divde") || v->ours->state.gpr[f_rt(w)])
		return NULL;
	a.gpr = (int)f_rt(w);
	a.cr = f_rc(w) ? 0xf0000000 : 0;
	a.xer = f_oe(w) ? 0xc0080000 : 0;
	return equal_but_for(v, &a) ? "X1: divde overflows" : NULL;
}

static bool runner_register(uint32_t n)
{
	n &= 31;
	return n == 1 || n == 13;
}

static const char *atomic_memory(const struct diff_view *v)
{
	uint32_t w = (uint32_t)v->insn->word, fc = f_fc(w), rt = f_rt(w);
	bool load = v->insn->row->name[0] == 'l';
	bool word = v->insn->row->name[load ? 1 : 2] == 'w';
	struct allowed a = nothing;

	if (!is(v->insn->row, (const char *const[]){"lwat", "ldat", "stwat", "stdat", NULL}))
		return NULL;
	a.mem_at = base(v);
	if (load && (runner_register(rt + 1) || runner_register(rt + 2)))
		a.mem_len = 8;
	else if (word && (fc == 5 || fc == 7))
		a.mem_len = 4;
	else if (load && fc >= 24)
		a.gpr = (int)rt;
	else
		return NULL;
	if (load && fc == 28)
		a.mem_len = 8;
	return equal_but_for(v, &a) ? "X2..X4: atomic memory operation" : NULL;
}

static const char *cache_hint(const struct diff_view *v)
{
	struct allowed a = nothing;

	if (strcmp(v->insn->row->name, "dcbf") || f_l_dcbf((uint32_t)v->insn->word) < 2)
		return NULL;
	a.signal = true;
	return equal_but_for(v, &a) ? "X7: dcbf with L = 2, 3" : NULL;
}

const char *diff_exempt_fixed(const struct diff_view *v)
{
	const char *why = misaligned(v);

	why = why ? why : other_size(v, v->reserved);
	why = why ? why : divide_extended(v);
	why = why ? why : atomic_memory(v);
	return why ? why : cache_hint(v);
}

/* --- decimal floating point --- */
static const char *dfp_result(const struct diff_view *v, struct allowed *a)
{
	const char *name = v->insn->row->name;
	uint32_t w = (uint32_t)v->insn->word;
	uint32_t t = f_frt(w) & 30;
	bool nan = (v->before->state.vsr[f_frb(w)][0] >> 58 & 31) == 31;

	if (!strcmp(name, "drdpq") && nan) {
		a->vsr = (int)t;
		a->fpscr |= FPSCR_FX | FPSCR_VX | FPSCR_VXSNAN;
		return "D6: drdpq of a NaN with a long payload";
	}
	if (!strcmp(name, "drdpq") && v->ours->state.vsr[t][0] == v->theirs->state.vsr[t + 1][0] &&
	    !v->ours->state.vsr[t + 1][0] && !v->theirs->state.vsr[t][0]) {
		a->vsr = (int)t;
		return "D5: drdpq";
	}
	if (!strcmp(name, "drsp") && nan) {
		a->vsr = (int)f_frt(w);
		a->fpscr |= FPSCR_FPRF;
		return "D6: drsp of a NaN with a long payload";
	}
	if (!strncmp(name, "denbcd", 6) && (v->ours->state.fpscr & FPSCR_VXCVI)) {
		a->vsr = (int)f_frt(w);
		a->fpscr |= FPSCR_FPRF | FPSCR_FEX;
		return "D7: denbcd of no number";
	}
	if (!strncmp(name, "drrnd", 5) && (v->ours->state.fpscr & (FPSCR_VXSNAN | FPSCR_VXCVI))) {
		a->fpscr |= FPSCR_FEX;
		return "D8: drrnd, FEX";
	}
	return "D1, D2: FR, FI, FX";
}

const char *diff_exempt_dfp(const struct diff_view *v)
{
	const struct diff_state *s = &v->before->state, *ours = &v->ours->state;
	struct allowed a = nothing;
	const char *why;

	if (v->insn->row->facility != FAC_DFP)
		return NULL;
	if ((s->fpscr & FPSCR_ENABLES) && (ours->fpscr & FPSCR_FEX))
		return "D3, D4: enabled exception (test/unit/frontend/test_dfp.c)";
	a.fpscr = FPSCR_FR | FPSCR_FI;
	/* qemu's FX may be too much, never too little */
	if (!(ours->fpscr & FPSCR_FX))
		a.fpscr |= FPSCR_FX;
	why = dfp_result(v, &a);
	if ((v->insn->row->flags & IF_RC) && f_rc((uint32_t)v->insn->word))
		a.cr = (a.fpscr >> 4) & 0x0f000000;
	return equal_but_for(v, &a) ? why : NULL;
}
