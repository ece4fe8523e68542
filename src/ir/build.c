// SPDX-License-Identifier: GPL-2.0-or-later
/* The builder: appends to a region. Folds constants and identities as it goes, since a linear
 * tier may run no other pass. */
#include "ir/ir.h"

void ir_begin(struct ir_region *r)
{
	r->count = 1;
	r->exits = 1;
	r->pendings = 0;
	r->labels = 0;
	r->guest_insns = 0;
	r->overflow = false;
	r->cur = (struct ir_exit){0};
	r->insn[0] = (struct ir_insn){0};
	r->exit[0] = (struct ir_exit){0};
}

static struct ir_insn *append(struct ir_region *r, enum ir_opcode op, enum ir_type type)
{
	struct ir_insn *i;

	/* On overflow go on writing into the last instruction: the caller drops the region. */
	if (r->count == IR_MAX_INSNS)
		r->overflow = true;
	else
		r->count++;
	i = &r->insn[r->count - 1];
	*i = (struct ir_insn){.op = (u8)op, .type = (u8)type};
	return i;
}

static ir_ref ref_of(const struct ir_region *r)
{
	return (ir_ref)(r->count - 1);
}

static struct ir_exit *append_exit(struct ir_region *r, struct ir_insn *i)
{
	if (r->exits == IR_MAX_EXITS)
		r->overflow = true;
	else
		r->exits++;
	i->exit = (u16)(r->exits - 1);
	r->exit[i->exit] = r->cur;
	r->exit[i->exit].pending = 0;
	return &r->exit[i->exit];
}

ir_ref ir_const(struct ir_region *r, u64 v)
{
	append(r, IR_CONST, IR_I)->imm = v;
	return ref_of(r);
}

ir_ref ir_get(struct ir_region *r, enum ir_type type, u32 slot)
{
	append(r, IR_GET, type)->imm = slot;
	return ref_of(r);
}

void ir_put(struct ir_region *r, enum ir_type type, u32 slot, ir_ref v)
{
	struct ir_insn *i = append(r, IR_PUT, type);

	i->imm = slot;
	i->a = v;
}

static enum ir_type result_type(enum ir_opcode op)
{
	switch (ir_op_info[op].result) {
	case 'F':
		return IR_F;
	case 'Q':
		return IR_Q;
	case 'V':
		return IR_V;
	default:
		return IR_I;
	}
}

ir_ref ir_op3(struct ir_region *r, enum ir_opcode op, ir_ref a, ir_ref b, ir_ref c)
{
	struct ir_insn *i;
	u64 va = 0, vb = 0, vc = 0, v;

	if (ir_is_const(r, a, &va)) {
		if (op == IR_SELECT)
			return va ? b : c;
		if ((!b || ir_is_const(r, b, &vb)) && (!c || ir_is_const(r, c, &vc)) &&
		    ir_eval(op, va, vb, vc, &v))
			return ir_const(r, v);
	}
	i = append(r, op, result_type(op));
	i->a = a;
	i->b = b;
	i->c = c;
	return ref_of(r);
}

ir_ref ir_op1(struct ir_region *r, enum ir_opcode op, ir_ref a)
{
	return ir_op3(r, op, a, 0, 0);
}

/* x op 0 = x */
static bool zero_is_identity(enum ir_opcode op)
{
	return op == IR_ADD || op == IR_SUB || op == IR_OR || op == IR_XOR || op == IR_ANDC ||
	       op == IR_SHL || op == IR_SHR || op == IR_SAR || op == IR_ROTL;
}

ir_ref ir_op2(struct ir_region *r, enum ir_opcode op, ir_ref a, ir_ref b)
{
	ir_ref t;
	u64 v;

	if (ir_op_info[op].commutative && ir_is_const(r, a, &v)) {
		t = a;
		a = b;
		b = t;
	}
	if (ir_is_const(r, b, &v)) {
		if (!v && zero_is_identity(op))
			return a;
		if (!v && (op == IR_AND || op == IR_MUL))
			return b;
		if (op == IR_AND && v == ~0ull)
			return a;
		if (op == IR_AND && v == 0xffffffffu)
			return ir_op1(r, IR_ZEXT32, a);
	}
	return ir_op3(r, op, a, b, 0);
}

ir_ref ir_op2i(struct ir_region *r, enum ir_opcode op, ir_ref a, u64 b)
{
	return ir_op2(r, op, a, ir_const(r, b));
}

static struct ir_insn *append_mem(struct ir_region *r, enum ir_opcode op, enum ir_type type,
				  u32 mem, ir_ref ea)
{
	struct ir_insn *i = append(r, op, type);

	i->sub = (u8)mem;
	i->a = ea;
	append_exit(r, i);
	return i;
}

ir_ref ir_load(struct ir_region *r, enum ir_type type, u32 mem, ir_ref ea, s32 disp)
{
	append_mem(r, IR_LD, type, mem, ea)->imm = (u64)(s64)disp;
	return ref_of(r);
}

void ir_store(struct ir_region *r, enum ir_type type, u32 mem, ir_ref ea, s32 disp, ir_ref v)
{
	struct ir_insn *i = append_mem(r, IR_ST, type, mem, ea);

	i->imm = (u64)(s64)disp;
	i->b = v;
}

ir_ref ir_larx(struct ir_region *r, enum ir_type type, u32 mem, ir_ref ea)
{
	append_mem(r, IR_LARX, type, mem, ea);
	return ref_of(r);
}

ir_ref ir_stcx(struct ir_region *r, enum ir_type type, u32 mem, ir_ref ea, ir_ref v)
{
	append_mem(r, IR_STCX, type, mem, ea)->b = v;
	return ref_of(r);
}

void ir_dcbz(struct ir_region *r, ir_ref ea, u32 block)
{
	append_mem(r, IR_DCBZ, IR_V, 0, ea)->imm = block;
}

void ir_fence(struct ir_region *r, enum ir_fence kind)
{
	append(r, IR_FENCE, IR_V)->sub = (u8)kind;
}

ir_ref ir_call(struct ir_region *r, enum ir_type type, u32 helper, ir_ref a, ir_ref b, ir_ref c,
	       ir_ref d)
{
	struct ir_insn *i = append(r, IR_CALL, type);

	i->imm = helper;
	i->a = a;
	i->b = b;
	i->c = c;
	i->d = d;
	append_exit(r, i);
	return ref_of(r);
}

u32 ir_new_label(struct ir_region *r)
{
	if (r->labels == IR_MAX_LABELS) {
		r->overflow = true;
		return 0;
	}
	return r->labels++;
}

void ir_label(struct ir_region *r, u32 label)
{
	append(r, IR_LABEL, IR_V)->imm = label;
}

void ir_jmp(struct ir_region *r, u32 label)
{
	append(r, IR_JMP, IR_V)->imm = label;
}

void ir_br(struct ir_region *r, ir_ref cond, u32 if_true, u32 if_false)
{
	struct ir_insn *i;
	u64 v;

	if (ir_is_const(r, cond, &v)) {
		ir_jmp(r, v ? if_true : if_false);
		return;
	}
	i = append(r, IR_BR, IR_V);
	i->a = cond;
	i->imm = if_true;
	i->imm2 = if_false;
}

void ir_br_if(struct ir_region *r, ir_ref cond, u32 label)
{
	struct ir_insn *i;
	u64 v;

	if (ir_is_const(r, cond, &v) && !v)
		return;
	i = append(r, IR_BR_IF, IR_V);
	i->a = cond;
	i->imm = label;
}

void ir_poll(struct ir_region *r)
{
	append_exit(r, append(r, IR_POLL, IR_V));
}

void ir_leave_if(struct ir_region *r, ir_ref cond, u32 code, u64 info)
{
	struct ir_insn *i = append(r, IR_LEAVE_IF, IR_V);
	struct ir_exit *x = append_exit(r, i);

	i->a = cond;
	x->code = code;
	x->info = info;
}

static struct ir_insn *append_leave(struct ir_region *r, enum ir_opcode op, u64 pc, u32 icount)
{
	struct ir_insn *i = append(r, op, IR_V);
	struct ir_exit *x = append_exit(r, i);

	x->pc = pc;
	x->icount = icount;
	x->code = 0;
	x->info = 0;
	return i;
}

void ir_leave(struct ir_region *r, u32 code, u64 info, u64 pc, u32 icount)
{
	struct ir_insn *i = append_leave(r, IR_LEAVE, pc, icount);

	r->exit[i->exit].code = code;
	r->exit[i->exit].info = info;
}

void ir_goto(struct ir_region *r, u64 pc, u32 icount, enum ir_hint hint)
{
	append_leave(r, IR_GOTO, pc, icount)->sub = (u8)hint;
}

void ir_goto_if(struct ir_region *r, ir_ref cond, u64 pc, u32 icount, enum ir_hint hint)
{
	struct ir_insn *i;
	u64 v;

	if (ir_is_const(r, cond, &v) && !v)
		return;
	i = append_leave(r, IR_GOTO_IF, pc, icount);
	i->a = cond;
	i->sub = (u8)hint;
}

void ir_account(struct ir_region *r, u32 n)
{
	if (n)
		append(r, IR_ACCOUNT, IR_V)->imm = n;
	r->cur.icount = 0;
}

void ir_goto_ind(struct ir_region *r, ir_ref pc, u32 icount, enum ir_hint hint)
{
	struct ir_insn *i = append_leave(r, IR_GOTO_IND, r->cur.pc, icount);

	i->a = pc;
	i->sub = (u8)hint;
}

void ir_returns_to(struct ir_region *r, u64 pc)
{
	r->insn[r->count - 1].imm = pc;
}
