// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "isa/disasm.h"
#include "report.h"

typedef unsigned long long ull;

void diff_report_code(const struct insn_decoder *d, const struct diff_case *c)
{
	struct insn insn;
	char text[128];
	unsigned n;

	for (n = 0; n < c->words; n++) {
		if (!insn_decode(d, c->code[n], &insn))
			continue;
		insn.word = c->code[n];
		insn_disasm(&insn, DIFF_CODE + 4ull * n, text, sizeof(text));
		printf("    %08x %s\n", c->code[n], text);
	}
}

static void print_one(const char *name, const char *left, uint64_t a, const char *right, uint64_t b)
{
	if (a != b)
		printf("    %-7s %s %016llx %s %016llx\n", name, left, (ull)a, right, (ull)b);
}

void diff_report_states(const char *left, const struct diff_result *x, const char *right,
			const struct diff_result *y)
{
	static const char *const name[] = {"cr",   "xer",    "lr",     "ctr", "fpscr",
					   "vscr", "vrsave", "signal", "pc"};
	const struct diff_state *a = &x->state, *b = &y->state;
	char reg[8];
	int n;

	for (n = 0; n < 32; n++) {
		snprintf(reg, sizeof(reg), "r%d", n);
		print_one(reg, left, a->gpr[n], right, b->gpr[n]);
	}
	for (n = 0; n < 9; n++)
		print_one(name[n], left, (&a->cr)[n], right, (&b->cr)[n]);
	print_one("tar", left, a->tar, right, b->tar);
	for (n = 0; n < 64; n++)
		if (memcmp(a->vsr[n], b->vsr[n], 16))
			printf("    vs%-5d %s %016llx_%016llx %s %016llx_%016llx\n", n, left,
			       (ull)a->vsr[n][0], (ull)a->vsr[n][1], right, (ull)b->vsr[n][0],
			       (ull)b->vsr[n][1]);
	for (n = 0; n < DIFF_MEM; n++)
		if (x->mem[n] != y->mem[n]) {
			printf("    memory at %d: %s %02x %s %02x\n", n, left, x->mem[n], right,
			       y->mem[n]);
			break;
		}
}

static void print_operands(const struct insn *i, const struct diff_state *s)
{
	unsigned n, reg;

	for (n = 0; i->row && n < INSN_MAX_OPERANDS && i->row->operand[n]; n++) {
		const struct insn_opnd *o = &insn_opnds[i->row->operand[n]];

		reg = (unsigned)insn_opnd_value(o, i->word);
		if (o->kind == OPND_KIND_GPR || o->kind == OPND_KIND_GPR0)
			printf("    %s = r%u = %016llx\n", o->name, reg, (ull)s->gpr[reg & 31]);
		if (o->kind == OPND_KIND_VR)
			reg += 32;
		if (o->kind == OPND_KIND_VR || o->kind == OPND_KIND_VSR ||
		    o->kind == OPND_KIND_FPR || o->kind == OPND_KIND_FPR2)
			printf("    %s = vs%u = %016llx_%016llx\n", o->name, reg,
			       (ull)s->vsr[reg & 63][0], (ull)s->vsr[reg & 63][1]);
		if (o->kind == OPND_KIND_FPR2)
			printf("         vs%u = %016llx\n", reg + 1,
			       (ull)s->vsr[(reg + 1) & 63][0]);
	}
	printf("    before: cr %08llx xer %08llx fpscr %016llx\n", (ull)s->cr, (ull)s->xer,
	       (ull)s->fpscr);
}

void diff_report_insn(const struct diff_view *v, unsigned n)
{
	char text[128] = "?";

	if (v->insn->row)
		insn_disasm(v->insn, DIFF_CODE + 4ull * n, text, sizeof(text));
	printf("  instruction %u: %08llx %s\n", n, (ull)v->insn->word, text);
	print_operands(v->insn, &v->before->state);
	diff_report_states("ours", v->ours, "qemu", v->theirs);
}
