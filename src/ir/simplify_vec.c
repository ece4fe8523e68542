// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Simplification of vectors that are put together from doublewords. Guests swap the doublewords of
 * what they load and store in little-endian mode; where two swaps meet, nothing remains of them.
 */
#include "ir/forward.h"

/* Does op take doubleword 1 of its first (second) operand? */
static bool takes_low(u8 op, bool second)
{
	return op == IR_QLL || op == (second ? IR_QHL : IR_QLH);
}

/* *v's doubleword 1 or 0: follow it to the vector that it comes from first */
static void trace_dword(struct forward *f, ir_ref *v, bool *low)
{
	const struct ir_insn *i = &f->r->insn[*v];

	while (i->op >= IR_QHH && i->op <= IR_QLL) {
		bool second = *low;

		*low = takes_low(i->op, second);
		*v = second ? i->b : i->a;
		i = &f->r->insn[*v];
	}
}

/* The doublewords of two vectors as one, or of one vector: loads that reorder, permutes */
static ir_ref join_dwords(struct forward *f, ir_ref a, bool low_a, ir_ref b, bool low_b)
{
	static const u8 ops[2][2] = {{IR_QHH, IR_QHL}, {IR_QLH, IR_QLL}};
	struct ir_insn i = {.type = IR_Q};

	trace_dword(f, &a, &low_a);
	trace_dword(f, &b, &low_b);
	if (a == b && !low_a && low_b)
		return a;
	i.op = ops[low_a][low_b];
	i.a = a;
	i.b = b;
	return forward_number(f, &i);
}

ir_ref simplify_dwords(struct forward *f, enum ir_opcode op, ir_ref a, ir_ref b)
{
	return join_dwords(f, a, takes_low((u8)op, false), b, takes_low((u8)op, true));
}

ir_ref simplify_make(struct forward *f, ir_ref a, ir_ref b)
{
	const struct ir_insn *x = &f->r->insn[a], *y = &f->r->insn[b];

	if ((x->op != IR_QHI && x->op != IR_QLO) || (y->op != IR_QHI && y->op != IR_QLO))
		return 0;
	return join_dwords(f, x->a, x->op == IR_QLO, y->a, y->op == IR_QLO);
}

/* One doubleword as an integer */
ir_ref simplify_dword(struct forward *f, ir_ref a, bool low)
{
	ir_ref v = a;
	const struct ir_insn *i;

	trace_dword(f, &v, &low);
	i = &f->r->insn[v];
	if (i->op == IR_QMAKE)
		return low ? i->b : i->a;
	return v == a ? 0 : forward_op(f, low ? IR_QLO : IR_QHI, v, 0, 0);
}
