// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The algebra of pure ops: constants, identities, narrowing (simplify_bits.c knows which bits are
 * 0), and tests of a compare's
 * CR nibble as the compare that they are. Every rule gives the same value in all 64 bits; a
 * condition only has to be 0 exactly when the original is.
 */
#include "base/bits.h"
#include "ir/forward.h"

static const struct ir_insn *def(const struct forward *f, ir_ref v)
{
	return &f->r->insn[v];
}

static bool is_op(const struct forward *f, ir_ref v, enum ir_opcode op)
{
	return def(f, v)->op == op;
}

/* --- AND with a constant --- */
static ir_ref and_const(struct forward *f, ir_ref a, u64 m)
{
	const struct ir_insn *i = def(f, a);
	u64 k;

	if (!(f->maybe[a] & ~m))
		return a;
	if (!(f->maybe[a] & m))
		return forward_const(f, 0);
	switch (i->op) {
	case IR_AND:
		if (ir_is_const(f->r, i->b, &k))
			return forward_op(f, IR_AND, i->a, forward_const(f, k & m), 0);
		break;
	case IR_OR:
	case IR_XOR:
		if (!(f->maybe[i->b] & m))
			return forward_op(f, IR_AND, i->a, forward_const(f, m), 0);
		if (!(f->maybe[i->a] & m))
			return forward_op(f, IR_AND, i->b, forward_const(f, m), 0);
		break;
	case IR_ZEXT8:
	case IR_ZEXT16:
	case IR_ZEXT32:
		return forward_op(f, IR_AND, i->a, forward_const(f, m & simplify_width(i->op)), 0);
	case IR_SEXT8:
	case IR_SEXT16:
	case IR_SEXT32:
		if (!(m & ~simplify_width(i->op)))
			return forward_op(f, IR_AND, i->a, forward_const(f, m), 0);
		break;
	default:
		break;
	}
	if (m == 0xff)
		return forward_op(f, IR_ZEXT8, a, 0, 0);
	if (m == 0xffff)
		return forward_op(f, IR_ZEXT16, a, 0, 0);
	if (m == 0xffffffff)
		return forward_op(f, IR_ZEXT32, a, 0, 0);
	return 0;
}

/* --- narrowing --- */

/* An operand of an op whose result's high bits do not matter, without its own narrowing. */
static ir_ref without_narrowing(const struct forward *f, ir_ref v, u64 mask)
{
	const struct ir_insn *i = def(f, v);
	u64 m = simplify_width(i->op), k;

	if (m && !(mask & ~m))
		return i->a;
	if (i->op == IR_AND && ir_is_const(f->r, i->b, &k) && !(mask & ~k))
		return i->a;
	return v;
}

/* ZEXTn and SEXTn of a. */
static ir_ref narrow(struct forward *f, enum ir_opcode op, ir_ref a)
{
	const struct ir_insn *i = def(f, a);
	u64 mask = simplify_width(op);
	bool zero = op == IR_ZEXT8 || op == IR_ZEXT16 || op == IR_ZEXT32;
	ir_ref x, y;
	u64 k;

	if (zero ? !(f->maybe[a] & ~mask) : f->maybe[a] <= mask >> 1)
		return a;
	if (op == IR_SEXT32 && simplify_is_sext32(f, a))
		return a;
	x = without_narrowing(f, a, mask);
	if (x != a)
		return forward_op(f, op, x, 0, 0);
	if (zero && i->op == IR_AND && ir_is_const(f->r, i->b, &k))
		return forward_op(f, IR_AND, i->a, forward_const(f, k & mask), 0);
	/* A narrower sign extension stays what it is. */
	if (!zero && simplify_width(i->op) && simplify_width(i->op) < mask)
		return a;
	switch (i->op) {
	case IR_ADD:
	case IR_SUB:
	case IR_MUL:
	case IR_AND:
	case IR_OR:
	case IR_XOR:
		x = without_narrowing(f, i->a, mask);
		y = without_narrowing(f, i->b, mask);
		if (x != i->a || y != i->b)
			return forward_op(f, op, forward_op(f, (enum ir_opcode)i->op, x, y, 0), 0,
					  0);
		return 0;
	default:
		return 0;
	}
}

/* --- tests --- */

/* (CMPx(a, b) & m) != 0 as a relation; m not 0. */
static ir_ref test_nibble(struct forward *f, const struct ir_insn *cmp, u64 m, bool negate)
{
	bool s = cmp->op == IR_CMPS;
	enum ir_opcode lt = s ? IR_LTS : IR_LTU, le = s ? IR_LES : IR_LEU;

	switch ((negate ? ~m : m) & 14) {
	case 8:
		return forward_op(f, lt, cmp->a, cmp->b, 0);
	case 4:
		return forward_op(f, lt, cmp->b, cmp->a, 0);
	case 2:
		return forward_op(f, IR_EQ, cmp->a, cmp->b, 0);
	case 12:
		return forward_op(f, IR_NE, cmp->a, cmp->b, 0);
	case 10:
		return forward_op(f, le, cmp->a, cmp->b, 0);
	case 6:
		return forward_op(f, le, cmp->b, cmp->a, 0);
	default:
		return forward_const(f, ((negate ? ~m : m) & 14) != 0);
	}
}

/* 1 - v of something that is 0 or 1, if that is as simple. */
static ir_ref inverse(struct forward *f, ir_ref v)
{
	const struct ir_insn *i = def(f, v);

	switch (i->op) {
	case IR_EQ:
		return forward_op(f, IR_NE, i->a, i->b, 0);
	case IR_NE:
		return forward_op(f, IR_EQ, i->a, i->b, 0);
	case IR_LTS:
		return forward_op(f, IR_LES, i->b, i->a, 0);
	case IR_LTU:
		return forward_op(f, IR_LEU, i->b, i->a, 0);
	case IR_LES:
		return forward_op(f, IR_LTS, i->b, i->a, 0);
	case IR_LEU:
		return forward_op(f, IR_LTU, i->b, i->a, 0);
	default:
		return 0;
	}
}

/* EQ or NE of a and 0 */
static ir_ref test_zero(struct forward *f, ir_ref a, bool negate)
{
	const struct ir_insn *i = def(f, a);
	u64 k;

	if (i->op == IR_CMPS || i->op == IR_CMPU)
		return test_nibble(f, i, 14, negate);
	if (i->op == IR_AND && ir_is_const(f->r, i->b, &k) && k &&
	    (is_op(f, i->a, IR_CMPS) || is_op(f, i->a, IR_CMPU)))
		return test_nibble(f, def(f, i->a), k, negate);
	if (f->maybe[a] > 1)
		return 0;
	return negate ? inverse(f, a) : a;
}

static ir_ref equality(struct forward *f, enum ir_opcode op, ir_ref a, ir_ref b)
{
	u64 k;

	if (a == b)
		return forward_const(f, op == IR_EQ);
	if (!ir_is_const(f->r, b, &k))
		return 0;
	if (k & ~f->maybe[a])
		return forward_const(f, op == IR_NE);
	if (!k)
		return test_zero(f, a, op == IR_EQ);
	if (k == 1 && f->maybe[a] == 1)
		return test_zero(f, a, op == IR_NE);
	return 0;
}

ir_ref simplify_condition(struct forward *f, ir_ref cond)
{
	const struct ir_insn *i = def(f, cond);
	u64 k;

	while ((i->op == IR_NE && ir_is_const(f->r, i->b, &k) && !k) || i->op == IR_NEG) {
		cond = i->a;
		i = def(f, cond);
	}
	return cond;
}

static ir_ref select_op(struct forward *f, ir_ref a, ir_ref b, ir_ref c)
{
	const struct ir_insn *i = def(f, a);
	u64 k, kb, kc;

	if (ir_is_const(f->r, a, &k))
		return k ? b : c;
	if (b == c)
		return b;
	if (i->op == IR_NE && ir_is_const(f->r, i->b, &k) && !k)
		return forward_op(f, IR_SELECT, i->a, b, c);
	if (i->op == IR_EQ && ir_is_const(f->r, i->b, &k) && !k)
		return forward_op(f, IR_SELECT, i->a, c, b);
	if (f->maybe[a] == 1 && ir_is_const(f->r, b, &kb) && ir_is_const(f->r, c, &kc)) {
		if (kb == 1 && !kc)
			return a;
		if (!kb && kc == 1)
			return inverse(f, a);
	}
	return 0;
}

/* --- arithmetic --- */
static ir_ref carry(struct forward *f, ir_ref a, ir_ref b, ir_ref c)
{
	u64 k;
	ir_ref sum;

	if (!ir_is_const(f->r, c, &k))
		return 0;
	if (k && is_op(f, a, IR_NOT))
		return forward_op(f, IR_LEU, def(f, a)->a, b, 0);
	sum = forward_op(f, IR_ADD, a, b, 0);
	if (!k)
		return forward_op(f, IR_LTU, sum, a, 0);
	return forward_op(f, IR_LEU, forward_op(f, IR_ADD, sum, c, 0), a, 0);
}

static ir_ref add_op(struct forward *f, ir_ref a, ir_ref b)
{
	const struct ir_insn *i = def(f, a);
	u64 k, l;

	if (!ir_is_const(f->r, b, &k)) {
		if (is_op(f, b, IR_NEG))
			return forward_op(f, IR_SUB, a, def(f, b)->a, 0);
		if (i->op == IR_NEG)
			return forward_op(f, IR_SUB, b, i->a, 0);
		return 0;
	}
	if (!k)
		return a;
	if (i->op == IR_ADD && ir_is_const(f->r, i->b, &l))
		return forward_op(f, IR_ADD, i->a, forward_const(f, k + l), 0);
	if (i->op == IR_NOT && k == 1)
		return forward_op(f, IR_NEG, i->a, 0, 0);
	return 0;
}

static ir_ref sub_op(struct forward *f, ir_ref a, ir_ref b)
{
	u64 k;

	if (a == b)
		return forward_const(f, 0);
	if (ir_is_const(f->r, b, &k))
		return forward_op(f, IR_ADD, a, forward_const(f, -k), 0);
	if (ir_is_const(f->r, a, &k) && !k)
		return forward_op(f, IR_NEG, b, 0, 0);
	return 0;
}

static ir_ref or_op(struct forward *f, enum ir_opcode op, ir_ref a, ir_ref b)
{
	u64 k;

	if (a == b)
		return op == IR_OR ? a : forward_const(f, 0);
	if (!ir_is_const(f->r, b, &k))
		return 0;
	if (!k)
		return a;
	if (k == ~0ull)
		return op == IR_OR ? b : forward_op(f, IR_NOT, a, 0, 0);
	if (op == IR_XOR && k == 1 && f->maybe[a] == 1)
		return inverse(f, a);
	return 0;
}

/* What the amount of a shift does not look at. */
static u64 amount_mask(enum ir_opcode op)
{
	switch (op) {
	case IR_ROTL:
		return 63;
	case IR_ROTL32:
		return 31;
	default:
		return 127;
	}
}

static ir_ref shift_op(struct forward *f, enum ir_opcode op, ir_ref a, ir_ref b)
{
	const struct ir_insn *i = def(f, a);
	u64 mask = amount_mask(op), n, l;
	ir_ref x;

	x = without_narrowing(f, b, mask);
	if (x != b)
		return forward_op(f, op, a, x, 0);
	if (op == IR_ROTL32) {
		x = without_narrowing(f, a, 0xffffffff);
		if (x != a)
			return forward_op(f, op, x, b, 0);
	}
	if (!ir_is_const(f->r, b, &n))
		return 0;
	if (n & ~mask)
		return forward_op(f, op, a, forward_const(f, n & mask), 0);
	if (!n)
		return op == IR_ROTL32 ? forward_op(f, IR_ZEXT32, a, 0, 0) : a;
	if (op == IR_SAR && n > 63)
		return forward_op(f, op, a, forward_const(f, 63), 0);
	if (op == IR_ROTL || op == IR_ROTL32 || op == IR_SAR)
		return 0;
	if (op == IR_SHR ? !(n < 64 && f->maybe[a] >> n) : !(n < 64 && f->maybe[a] << n))
		return forward_const(f, 0);
	if (i->op == op && ir_is_const(f->r, i->b, &l) && n + l < 64)
		return forward_op(f, op, i->a, forward_const(f, n + l), 0);
	return 0;
}

static ir_ref unary(struct forward *f, enum ir_opcode op, ir_ref a)
{
	const struct ir_insn *i = def(f, a);

	switch (op) {
	case IR_NOT:
	case IR_NEG:
	case IR_BSWAP64:
		return i->op == op ? i->a : 0;
	case IR_F2I:
		return i->op == IR_I2F ? i->a : 0;
	case IR_I2F:
		return i->op == IR_F2I ? i->a : 0;
	case IR_QHI:
	case IR_QLO:
		return simplify_dword(f, a, op == IR_QLO);
	default:
		return simplify_width(op) ? narrow(f, op, a) : 0;
	}
}

static ir_ref ordered(struct forward *f, enum ir_opcode op, ir_ref a, ir_ref b)
{
	u64 k;

	if (a == b)
		return forward_const(f, op == IR_LES || op == IR_LEU);
	if (op == IR_LTU && ir_is_const(f->r, b, &k)) {
		if (!k)
			return b;
		if (k == 1)
			return forward_op(f, IR_EQ, a, forward_const(f, 0), 0);
	}
	if (op == IR_LEU && ir_is_const(f->r, b, &k) && !k)
		return forward_op(f, IR_EQ, a, b, 0);
	if (op == IR_LTU && ir_is_const(f->r, a, &k) && !k)
		return forward_op(f, IR_NE, b, a, 0);
	return 0;
}

static ir_ref fold_constants(struct forward *f, enum ir_opcode op, ir_ref a, ir_ref b, ir_ref c)
{
	u64 va = 0, vb = 0, vc = 0, v;

	if (!a || !ir_is_const(f->r, a, &va) || (b && !ir_is_const(f->r, b, &vb)) ||
	    (c && !ir_is_const(f->r, c, &vc)) || !ir_eval(op, va, vb, vc, &v))
		return 0;
	return forward_const(f, v);
}

ir_ref simplify_op(struct forward *f, enum ir_opcode op, ir_ref a, ir_ref b, ir_ref c)
{
	ir_ref v = fold_constants(f, op, a, b, c);
	u64 k;

	if (v)
		return v;
	switch (op) {
	case IR_AND:
		if (a == b)
			return a;
		return ir_is_const(f->r, b, &k) ? and_const(f, a, k) : 0;
	case IR_ANDC:
		if (ir_is_const(f->r, b, &k))
			return forward_op(f, IR_AND, a, forward_const(f, ~k), 0);
		return a == b ? forward_const(f, 0) : 0;
	case IR_OR:
	case IR_XOR:
		return or_op(f, op, a, b);
	case IR_ADD:
		return add_op(f, a, b);
	case IR_SUB:
		return sub_op(f, a, b);
	case IR_MUL:
		if (!ir_is_const(f->r, b, &k) || (k & (k - 1)))
			return 0;
		return k ? forward_op(f, IR_SHL, a, forward_const(f, (u64)__builtin_ctzll(k)), 0)
			 : b;
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROTL:
	case IR_ROTL32:
		return shift_op(f, op, a, b);
	case IR_EQ:
	case IR_NE:
		return equality(f, op, a, b);
	case IR_LTS:
	case IR_LTU:
	case IR_LES:
	case IR_LEU:
		return ordered(f, op, a, b);
	case IR_SELECT:
		return select_op(f, a, b, c);
	case IR_CARRY:
		return carry(f, a, b, c);
	case IR_QMAKE:
		return simplify_make(f, a, b);
	case IR_QHH:
	case IR_QHL:
	case IR_QLH:
	case IR_QLL:
		return simplify_dwords(f, op, a, b);
	default:
		return b ? 0 : unary(f, op, a);
	}
}
