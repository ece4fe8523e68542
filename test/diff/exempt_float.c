// SPDX-License-Identifier: GPL-2.0-or-later
/* Binary floating point: the masks of fp/masks.h, on the state of a sequence's last instruction. */
#include <string.h>

#include "exempt.h"
#include "fp/record.h"
#include "isa/fpscr.h"

#include "fp/masks.h"

/* The VSR of an operand of that name, -1: the row has none. */
static int vsr_of(const struct insn *insn, const char *const names[])
{
	unsigned i;
	int k;

	for (i = 0; i < INSN_MAX_OPERANDS && insn->row->operand[i]; i++) {
		const struct insn_opnd *o = &insn_opnds[insn->row->operand[i]];

		for (k = 0; names[k]; k++)
			if (!strcmp(o->name, names[k]))
				return (int)insn_opnd_value(o, insn->word) +
				       (o->kind == OPND_KIND_VR ? 32 : 0);
	}
	return -1;
}

static void operand(const struct diff_state *s, int n, uint64_t v[2])
{
	v[0] = n < 0 ? 0 : s->vsr[n][0];
	v[1] = n < 0 ? 0 : s->vsr[n][1];
}

static void result(const struct diff_state *s, int n, struct fp_result *r)
{
	memset(r, 0, sizeof(*r));
	r->fpscr = s->fpscr;
	r->cr = s->cr;
	r->trapped = s->signal != 0;
	operand(s, n, r->low);
	operand(s, n, r->high);
}

static bool binary_float(const char *name)
{
	return name[0] == 'f' || starts(name, "xs") || starts(name, "xv") || starts(name, "mtfs");
}

/* Put the bits that count of b's FPSCR, CR and target into a; then everything must be equal. */
static bool equal_but_for(const struct diff_result *a, const struct diff_result *b,
			  const struct fp_result *m, int t)
{
	static struct diff_result x;
	int i;

	x = *a;
	x.state.fpscr ^= (a->state.fpscr ^ b->state.fpscr) & ~m->fpscr;
	x.state.cr ^= (a->state.cr ^ b->state.cr) & ~m->cr;
	for (i = 0; t >= 0 && i < 2; i++)
		x.state.vsr[t][i] ^=
			(a->state.vsr[t][i] ^ b->state.vsr[t][i]) & ~(m->low[i] & m->high[i]);
	return !memcmp(x.state.gpr, b->state.gpr, sizeof(x.state.gpr)) &&
	       x.state.cr == b->state.cr && x.state.fpscr == b->state.fpscr &&
	       !memcmp(x.state.vsr, b->state.vsr, sizeof(x.state.vsr)) &&
	       x.state.xer == b->state.xer && x.state.signal == b->state.signal &&
	       !memcmp(x.mem, b->mem, sizeof(x.mem));
}

const char *diff_exempt_float(const struct diff_view *v)
{
	static const char *const target[] = {"FRT", "XT", "XTX", "VRT", "VRTX", NULL};
	static const char *const first[] = {"FRA", "XA", "VRA", NULL};
	static const char *const second[] = {"FRB", "XB", "VRB", NULL};
	const struct diff_state *s = &v->before->state;
	struct fp_case c = {.word = (uint32_t)v->insn->word, .fpscr = s->fpscr};
	struct fp_result a, b, m;
	int t = vsr_of(v->insn, target);

	if (!binary_float(v->insn->row->name))
		return NULL;
	operand(s, t, c.v[0]);
	operand(s, vsr_of(v->insn, first), c.v[1]);
	operand(s, vsr_of(v->insn, second), c.v[2]);
	result(&v->ours->state, t, &a);
	result(&v->theirs->state, t, &b);
	/* With exceptions enabled qemu-user drops results and status that the ISA delivers. */
	if ((s->fpscr & FPSCR_ENABLES) && (a.fpscr & FPSCR_FEX))
		return "enabled floating-point exception (test/unit/frontend/test_float.c)";
	if ((s->fpscr & FPSCR_XE) && is_estimate(v->insn->row->name))
		return "XX of an estimate is undefined";
	/* F17 */
	if ((s->fpscr & FPSCR_UE) &&
	    (starts(v->insn->row->name, "xvmax") || starts(v->insn->row->name, "xvmin")))
		return "docs/qemu-departures.md, floating point";
	masks(v->insn->row, &c, &a, &b, &m);
	if (equal_but_for(v->ours, v->theirs, &m, t))
		return "docs/qemu-departures.md, floating point";
	return NULL;
}
