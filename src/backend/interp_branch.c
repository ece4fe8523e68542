// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IR → cells: branches, and the ways out of a region with what is pending there.
 *
 * rel[] of a branch holds labels until lower_resolve(); a GOTO_IF's way out stands behind the
 * region, made by lower_sides().
 */
#include <errno.h>

#include "backend/interp_lower.h"

/* The distance to the way out, which is not 0, takes the place of SIDE when the stub is made. */
enum { SIDE = 0, BRANCH_WORDS = 3, BEHIND = IR_MAX_LABELS };

void lower_make_exit(struct lower *l, u32 n)
{
	const struct ir_insn *i = &l->r->insn[n];
	const struct ir_exit *from = &l->r->exit[i->exit];
	struct interp_exit *x = &l->code->exits[i->exit];
	u32 k;

	*x = (struct interp_exit){
		.pc = from->pc,
		.info = from->info,
		.code = from->code,
		.icount = from->icount,
		.pending = &l->code->pendings[from->first_pending],
	};
	if (from->pending > INTERP_PENDINGS) {
		l->full = true;
		return;
	}
	for (k = 0; k < from->pending; k++) {
		const struct ir_pending *p = &l->r->pending[from->first_pending + k];
		struct interp_pending *to = &x->pending[x->count];

		*to = (struct interp_pending){.slot = (s16)(p->slot / 8), .type = p->type};
		if (!lower_slot_fits(p->slot, 16)) {
			l->full = true;
		} else if (l->place[p->value] == NOWHERE) {
			to->constant = true;
			to->imm = lower_def(l, p->value)->imm;
		} else {
			to->place = l->place[p->value];
			if (to->place == to->slot)
				continue;
		}
		x->count++;
	}
}

/* BR or GOTO_IF: rel[] are its two targets, in what terms the caller decides. */
static void lower_branch(struct lower *l, u32 n, u32 if_true, u32 if_false)
{
	const struct ir_insn *i = &l->r->insn[n], *c = lower_def(l, i->a);
	union iword *w;
	int op = ICELL_BR_NE;
	s16 a, b = 0;
	u64 imm = 0;
	bool has_imm = true, swap = false;

	if (!l->fused[i->a]) {
		a = lower_operand(l, i->a);
	} else {
		op = lower_branch_cell(c->op);
		if (lower_is_zero_test(l, c)) {
			swap = c->op == IR_EQ;
			op = ICELL_BR_AND;
			c = lower_def(l, c->a);
		}
		a = lower_operand(l, c->a);
		has_imm = lower_small_const(l, c->b);
		if (has_imm)
			ir_is_const(l->r, c->b, &imm);
		else
			b = lower_operand(l, c->b);
	}
	w = lower_emit(l, (enum interp_op)(op + has_imm), 3);
	w[1].a = a;
	if (has_imm)
		w[1].imm = (s32)imm;
	else
		w[1].o[2] = b;
	w[2].rel[swap] = (s32)if_true;
	w[2].rel[!swap] = (s32)if_false;
}

void lower_goto_if(struct lower *l, u32 n)
{
	u32 at;

	lower_branch(l, n, SIDE, BRANCH_WORDS);
	at = l->nr_words - BRANCH_WORDS;
	l->side[l->nr_sides++] = (struct side_exit){.insn = (u16)n, .branch_at = at};
	lower_make_exit(l, n);
}

static void lower_pending(struct lower *l, u32 n)
{
	if (lower_exit_of(l, n)->count)
		lower_emit(l, ICELL_PENDING, 2)[1].p = lower_exit_of(l, n);
}

static void lower_goto(struct lower *l, u32 n)
{
	const struct ir_exit *x = &l->r->exit[l->r->insn[n].exit];
	struct backend_link *link;
	union iword *w;

	lower_pending(l, n);
	if (!backend_same_page(l->unit, x->pc)) {
		w = lower_emit(l, ICELL_GOTO_PAGE, 3);
		w[1].imm = (s32)x->icount;
		w[2].u = x->pc;
		return;
	}
	link = &l->code->base.links[l->nr_links++];
	link->pc = x->pc;
	/* an offset, made an address by finish() */
	link->slot = (void *)((uintptr_t)(l->nr_words + 2) * sizeof(union iword));
	w = lower_emit(l, ICELL_GOTO, 3);
	w[1].imm = (s32)x->icount;
	w = lower_emit(l, ICELL_UNLINKED, 2);
	w[1].p = link;
}

void lower_record(struct lower *l, u32 n)
{
	const struct ir_insn *i = &l->r->insn[n];

	if (!l->b->config.leave_at_records || !i->exit || !lower_may_leave(l, i) ||
	    !l->r->exit[i->exit].icount || l->r->exit[i->exit].spent || i->op == IR_GOTO ||
	    i->op == IR_GOTO_IF || i->op == IR_GOTO_IND || i->op == IR_LEAVE)
		return;
	lower_make_exit(l, n);
	lower_emit(l, ICELL_RECORD, 2)[1].p = lower_exit_of(l, n);
}

void lower_terminator(struct lower *l, u32 n)
{
	const struct ir_insn *i = &l->r->insn[n];
	union iword *w;
	s16 a;

	switch (i->op) {
	case IR_JMP:
		if (l->r->insn[n + 1].op == IR_LABEL && n + 1 < l->r->count &&
		    l->r->insn[n + 1].imm == i->imm)
			return;
		l->branch_at[l->nr_branches++] = l->nr_words;
		lower_emit(l, ICELL_JMP, 2)[1].rel[0] = (s32)i->imm;
		return;
	case IR_BR:
		lower_branch(l, n, (u32)i->imm, i->imm2);
		l->branch_at[l->nr_branches++] = l->nr_words - BRANCH_WORDS;
		return;
	case IR_LEAVE:
		lower_make_exit(l, n);
		lower_emit(l, ICELL_LEAVE, 2)[1].p = lower_exit_of(l, n);
		return;
	case IR_GOTO:
		lower_make_exit(l, n);
		lower_goto(l, n);
		return;
	default: /* IR_GOTO_IND: its target survives the stores in a place of its own */
		a = lower_operand(l, i->a);
		lower_make_exit(l, n);
		if (l->r->exit[i->exit].pending && a >= 0) {
			s16 t = lower_new_temp(l, false);

			w = lower_emit(l, ICELL_MOV, 2);
			w[1].d = t;
			w[1].a = a;
			a = t;
			lower_free_temp(l, t);
		}
		lower_pending(l, n);
		w = lower_emit(l, ICELL_GOTO_IND, 2);
		w[1].a = a;
		w[1].imm = (s32)l->r->exit[i->exit].icount;
		return;
	}
}

void lower_poll(struct lower *l, u32 n)
{
	if (n == 1)
		return;
	lower_make_exit(l, n);
	lower_emit(l, ICELL_POLL, 2)[1].p = lower_exit_of(l, n);
}

void lower_br_if(struct lower *l, u32 n)
{
	lower_branch(l, n, (u32)l->r->insn[n].imm, BEHIND);
	l->branch_at[l->nr_branches++] = l->nr_words - BRANCH_WORDS;
}

void lower_leave_if(struct lower *l, u32 n)
{
	s16 a = lower_operand(l, l->r->insn[n].a);
	union iword *w;

	lower_make_exit(l, n);
	w = lower_emit(l, ICELL_LEAVE_IF, 3);
	w[1].a = a;
	w[2].p = lower_exit_of(l, n);
}

static s32 distance(const struct lower *l, u32 from, u32 label)
{
	return label == BEHIND ? BRANCH_WORDS : (s32)(l->label_at[label] - from);
}

void lower_resolve(struct lower *l)
{
	u32 k;

	for (k = 0; k < l->nr_branches; k++) {
		u32 at = l->branch_at[k];
		union iword *w = &l->words[at];

		if (w->h == l->b->labels[ICELL_JMP]) {
			w[1].rel[0] = (s32)(l->label_at[w[1].rel[0]] - at);
			continue;
		}
		w[2].rel[0] = distance(l, at, (u32)w[2].rel[0]);
		w[2].rel[1] = distance(l, at, (u32)w[2].rel[1]);
	}
}

int lower_sides(struct lower *l)
{
	u32 n;

	for (n = 0; n < l->nr_sides; n++) {
		const struct side_exit *s = &l->side[n];
		u32 k = l->words[s->branch_at + 2].rel[0] != SIDE;

		if (l->nr_words + 4 * MARGIN > INTERP_WORDS)
			return -E2BIG;
		l->words[s->branch_at + 2].rel[k] = (s32)(l->nr_words - s->branch_at);
		lower_goto(l, s->insn);
	}
	return 0;
}
