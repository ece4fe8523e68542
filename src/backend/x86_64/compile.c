// SPDX-License-Identifier: GPL-2.0-or-later
/* The walk over a region: hot code in the region's order, then cold code and constants. */
#include "backend/x86_64/core.h"
#include "base/string.h"

static void call(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	const struct jit_inline *in = j->b->inlines[i->imm];

	if (in) {
		call_state_changes(j, i);
		if (in->emit(j, i, n))
			return;
	}
	emit_call(j, i, n);
}

static void branch(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	const struct ir_insn *next = &j->r->insn[n + 1];
	u32 if_true = j->a->label[i->imm], if_false = j->a->label[i->imm2];
	bool falls = n + 1u < j->r->count && next->op == IR_LABEL;
	struct jit_cond c;
	enum xcc cc;

	cond_prepare(j, i->a, &c);
	cc = cond_emit(j, &c);
	if (falls && next->imm == i->imm) {
		x_jcc(j->x, x_cc_not(cc), if_false);
		return;
	}
	x_jcc(j->x, cc, if_true);
	if (!falls || next->imm != i->imm2)
		x_jmp(j->x, if_false);
}

static void jump(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	const struct ir_insn *next = &j->r->insn[n + 1];

	if (n + 1u < j->r->count && next->op == IR_LABEL && next->imm == i->imm)
		return;
	x_jmp(j->x, j->a->label[i->imm]);
}

static void generate_one(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	switch (i->op) {
	case IR_CONST:
		break;
	case IR_GET:
		jit_get(j, n, (u32)i->imm);
		break;
	case IR_PUT:
		select_put(j, i, n);
		break;
	case IR_F2I:
	case IR_I2F:
	case IR_QMAKE:
	case IR_QHI:
	case IR_QLO:
	case IR_QAND:
	case IR_QOR:
	case IR_QXOR:
	case IR_QANDC:
	case IR_QNOT:
		select_vector(j, i, n);
		break;
	case IR_QHH:
	case IR_QHL:
	case IR_QLH:
	case IR_QLL:
		jit_vec_dwords(j, i, n);
		break;
	case IR_LD:
	case IR_ST:
	case IR_LARX:
	case IR_STCX:
	case IR_DCBZ:
	case IR_FENCE:
		memory_op(j, i, n);
		break;
	case IR_CALL:
		call(j, i, n);
		break;
	case IR_LABEL:
		jit_begin_block(j);
		x_bind(j->x, j->a->label[i->imm]);
		break;
	case IR_JMP:
		jump(j, i, n);
		break;
	case IR_BR:
		branch(j, i, n);
		break;
	case IR_BR_IF:
		exit_branch_if(j, i);
		break;
	case IR_POLL:
		exit_poll(j, i, n);
		break;
	case IR_ACCOUNT:
		exit_account(j, i);
		break;
	case IR_LEAVE_IF:
	case IR_LEAVE:
		exit_leave(j, i, n);
		break;
	case IR_GOTO_IF:
		exit_goto_if(j, i, n);
		break;
	case IR_GOTO:
		exit_goto(j, i, n);
		break;
	case IR_GOTO_IND:
		exit_goto_ind(j, i, n);
		break;
	default:
		select_int(j, i, n);
		break;
	}
}

/* What dies with this instruction: its operands, and what only its record named. */
static void end_insn(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	ir_ref operand[JIT_MAX_OPERANDS];
	const struct ir_exit *x;
	u32 k;

	jit_end_insn(j, operand, scan_operands(j, n, operand));
	page_done(j);
	if (!i->exit || !scan_may_leave(j, i))
		return;
	x = &j->r->exit[i->exit];
	for (k = 0; k < x->pending; k++) {
		ir_ref leaf[JIT_MAX_LEAVES];
		ir_ref v = j->r->pending[x->first_pending + k].value;

		jit_end_insn(j, leaf, cold_leaves(j, v, leaf, 0));
	}
}

static void hot_code(struct jit *j)
{
	const struct ir_region *r = j->r;
	struct jit_alloc *a = j->a;
	u32 n;

	for (n = 1; n < r->count && !a->failed && !j->x->overflow; n++) {
		const struct ir_insn *i = &r->insn[n];

		a->n = (ir_ref)n;
		if (jit_fused(j, (ir_ref)n))
			continue;
		if (!a->v[n].last && !ir_op_info[i->op].side_effect)
			continue;
		if (j->b->config.leave_at_records)
			exit_debug_record(j, i, (ir_ref)n);
		generate_one(j, i, (ir_ref)n);
		end_insn(j, i, (ir_ref)n);
	}
}

static void cold_code(struct jit *j)
{
	struct jit_alloc *a = j->a;
	u32 k;

	/* Cold code may have cold code of its own. */
	for (k = 0; k < a->nr_cold && !a->failed && !j->x->overflow; k++) {
		x_bind(j->x, a->cold[k].at);
		a->cold[k].fn(j, &a->cold[k]);
	}
}

static void constants(struct jit *j)
{
	struct jit_alloc *a = j->a;
	struct xcode *x = j->x;
	u32 k;

	a->code_size = x_here(x);
	if (a->nr_pool)
		x_align(x, 16);
	for (k = 0; k < a->nr_pool; k++) {
		x_bind(x, a->pool[k].label);
		x_quad(x, a->pool[k].lo);
		x_quad(x, a->pool[k].hi);
	}
}

bool jit_generate(struct jit *j)
{
	struct jit_alloc *a = j->a;
	u32 k;

	a->nr_cold = a->nr_links = a->nr_pool = 0;
	a->data_size = 8;
	a->failed = false;
	a->n = 0;
	memset(j->fp, 0, sizeof(j->fp));
	x_quad(j->x, 0); /* JIT_HEADER */
	for (k = 0; k < j->r->labels; k++)
		a->label[k] = x_label(j->x);
	pin_choose(j);
	scan_region(j);
	jit_begin_block(j);
	exit_count_hot(j);
	pin_load(j, ~0u);
	hot_code(j);
	a->hot_size = x_here(j->x) - JIT_HEADER;
	cold_code(j);
	constants(j);
	return !a->failed && x_finish(j->x);
}
