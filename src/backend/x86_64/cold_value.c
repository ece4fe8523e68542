// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values that only ways out need (ir_insn.cold): no hot code makes them. A record carries them as
 * expressions ("nodes") over places; leaving by a record evaluates those in C, a side exit that
 * goes on in translated code does so in its cold path.
 *
 * A cold path copies what nodes read to the frame first: behind that registers and slots may
 * change.
 */
#include "backend/x86_64/core.h"

/* Nodes of one value: a record stays small. */
enum { MAX_SIZE = 10 };

static bool constant_amount(const struct jit *j, const struct ir_insn *i)
{
	u64 n;

	return ir_is_const(j->r, i->b, &n) && n < 64;
}

static bool supported(const struct jit *j, const struct ir_insn *i)
{
	switch (i->op) {
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROTL:
		return constant_amount(j, i);
	case IR_ADD:
	case IR_SUB:
	case IR_AND:
	case IR_OR:
	case IR_XOR:
	case IR_NOT:
	case IR_NEG:
	case IR_SEXT8:
	case IR_SEXT16:
	case IR_SEXT32:
	case IR_ZEXT8:
	case IR_ZEXT16:
	case IR_ZEXT32:
	case IR_SELECT:
	case IR_CMPS:
	case IR_CMPU:
		return true;
	default:
		return i->op >= IR_EQ && i->op <= IR_LEU;
	}
}

void cold_find(struct jit *j)
{
	const struct ir_region *r = j->r;
	struct jit_value *v = j->a->v;
	bool any = false;
	u32 n, k;

	/* Sizes first: uses as an operand are counted later, .count is free. */
	for (n = 1; n < r->count; n++) {
		const struct ir_insn *i = &r->insn[n];
		u32 size;

		if (!i->cold || !supported(j, i))
			continue;
		size = 1u + v[i->a].count + v[i->b].count + v[i->c].count;
		if (size > MAX_SIZE)
			continue;
		v[n].count = (u16)size;
		v[n].flags |= V_COLD;
		any = true;
	}
	if (!any)
		return;
	for (n = r->count - 1; n; n--) {
		const struct ir_insn *i = &r->insn[n];
		const ir_ref op[4] = {i->a, i->b, i->c, i->d};

		v[n].count = 0;
		if (v[n].flags & V_COLD) {
			v[n].flags |= V_FUSED;
			continue;
		}
		/* Who is made needs its operands. */
		for (k = 0; k < 4; k++)
			v[op[k]].flags &= (u8)~V_COLD;
	}
}

u32 cold_leaves(const struct jit *j, ir_ref v, ir_ref *out, u32 count)
{
	const struct ir_insn *i = &j->r->insn[v];

	if (!v)
		return count;
	if (!(j->a->v[v].flags & V_COLD)) {
		if (count < JIT_MAX_LEAVES)
			out[count++] = v;
		return count;
	}
	count = cold_leaves(j, i->a, out, count);
	count = cold_leaves(j, i->b, out, count);
	return cold_leaves(j, i->c, out, count);
}

struct jit_place cold_place(struct jit *j, ir_ref v, struct jit_node *node, u32 *nr)
{
	const struct ir_insn *i = &j->r->insn[v];
	struct jit_node n = {.op = i->op};

	if (!v)
		return (struct jit_place){.kind = PLACE_CONST, .type = IR_I};
	if (!(j->a->v[v].flags & V_COLD))
		return jit_place_of(j, v);
	n.arg[0] = cold_place(j, i->a, node, nr);
	n.arg[1] = cold_place(j, i->b, node, nr);
	n.arg[2] = cold_place(j, i->c, node, nr);
	if (*nr == JIT_MAX_NODES) {
		j->a->failed = true;
		return n.arg[0];
	}
	node[*nr] = n;
	return (struct jit_place){.kind = PLACE_NODE, .type = IR_I, .index = (s32)(*nr)++};
}

/* --- in a cold path --- */
static s32 cell(u32 node, u32 arg)
{
	return JIT_COLD_CELLS + 8 * (s32)(4 * node + arg);
}

/* Before any register or slot changes. */
void cold_copy(struct jit *j, const struct jit_node *node, u32 count)
{
	u32 n, k;

	for (n = 0; n < count; n++) {
		for (k = 0; k < 3; k++) {
			const struct jit_place *p = &node[n].arg[k];

			if (p->kind == PLACE_REG) {
				emit_store_frame(j, cell(n, k), p->index, (enum ir_type)p->type);
			} else if (p->kind == PLACE_FRAME) {
				emit_load_frame(j, JIT_XMM + 15, p->index, IR_F);
				emit_store_frame(j, cell(n, k), JIT_XMM + 15, IR_F);
			}
		}
	}
}

static void load(struct jit *j, unsigned reg, const struct jit_place *p, u32 node, u32 arg)
{
	if (p->kind == PLACE_CONST)
		x_mov_ri(j->x, reg, p->imm);
	else if (p->kind == PLACE_NODE)
		emit_load_frame(j, (int)reg, cell((u32)p->index, 3), IR_I);
	else
		emit_load_frame(j, (int)reg, cell(node, arg), IR_I);
}

static enum xcc condition(u8 op)
{
	switch (op) {
	case IR_EQ:
		return XC_E;
	case IR_NE:
		return XC_NE;
	case IR_LTS:
		return XC_L;
	case IR_LTU:
		return XC_B;
	case IR_LES:
		return XC_LE;
	default:
		return XC_BE;
	}
}

static enum xalu alu(u8 op)
{
	switch (op) {
	case IR_ADD:
		return XA_ADD;
	case IR_SUB:
		return XA_SUB;
	case IR_AND:
		return XA_AND;
	case IR_OR:
		return XA_OR;
	default:
		return XA_XOR;
	}
}

/* rax = a, rcx = b, rdx = c; the result goes to rax. */
static void evaluate(struct jit *j, u8 op, u32 amount)
{
	struct xcode *x = j->x;

	switch (op) {
	case IR_ADD:
	case IR_SUB:
	case IR_AND:
	case IR_OR:
	case IR_XOR:
		x_alu_rr(x, alu(op), X_64, X_RAX, X_RCX);
		break;
	case IR_NOT:
	case IR_NEG:
		x_group3_r(x, op == IR_NOT ? XG_NOT : XG_NEG, X_64, X_RAX);
		break;
	case IR_SEXT8:
		x_movsx_rr(x, X_8, X_64, X_RAX, X_RAX);
		break;
	case IR_SEXT16:
		x_movsx_rr(x, X_16, X_64, X_RAX, X_RAX);
		break;
	case IR_SEXT32:
		x_movsx_rr(x, X_32, X_64, X_RAX, X_RAX);
		break;
	case IR_ZEXT8:
		x_movzx_rr(x, X_8, X_RAX, X_RAX);
		break;
	case IR_ZEXT16:
		x_movzx_rr(x, X_16, X_RAX, X_RAX);
		break;
	case IR_ZEXT32:
		x_mov_rr(x, X_32, X_RAX, X_RAX);
		break;
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROTL:
		if (amount)
			x_shift_ri(x,
				   op == IR_SHL	  ? XS_SHL
				   : op == IR_SHR ? XS_SHR
				   : op == IR_SAR ? XS_SAR
						  : XS_ROL,
				   X_64, X_RAX, amount);
		break;
	case IR_SELECT:
		x_test_rr(x, X_64, X_RAX, X_RAX);
		x_mov_rr(x, X_64, X_RAX, X_RDX);
		x_cmov_rr(x, XC_NE, X_64, X_RAX, X_RCX);
		break;
	case IR_CMPS:
	case IR_CMPU:
		x_alu_rr(x, XA_CMP, X_64, X_RAX, X_RCX);
		x_mov_ri(x, X_RAX, 4);
		x_mov_ri(x, X_RCX, 8);
		x_mov_ri(x, X_RDX, 2);
		x_cmov_rr(x, op == IR_CMPS ? XC_L : XC_B, X_32, X_RAX, X_RCX);
		x_cmov_rr(x, XC_E, X_32, X_RAX, X_RDX);
		break;
	default:
		x_alu_rr(x, XA_CMP, X_64, X_RAX, X_RCX);
		x_setcc(x, condition(op), X_RAX);
		x_movzx_rr(x, X_8, X_RAX, X_RAX);
		break;
	}
}

/* All registers are free. */
void cold_evaluate(struct jit *j, const struct jit_node *node, u32 count)
{
	u32 n;

	for (n = 0; n < count; n++) {
		const struct jit_node *p = &node[n];

		load(j, X_RAX, &p->arg[0], n, 0);
		load(j, X_RCX, &p->arg[1], n, 1);
		if (p->op == IR_SELECT)
			load(j, X_RDX, &p->arg[2], n, 2);
		evaluate(j, p->op, (u32)p->arg[1].imm);
		emit_store_frame(j, cell(n, 3), X_RAX, IR_I);
	}
}

s32 cold_result(s32 node)
{
	return cell((u32)node, 3);
}
