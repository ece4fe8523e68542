// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fixed-point compares, traps and selects (Power ISA Book I, 3.3.10 - 3.3.12).
 *
 * L of a compare selects doublewords on a 64-bit implementation, whatever the mode.
 */
#include "frontend/frontend.h"

static ir_ref ra(struct tr_ctx *c)
{
	return tr_gpr(c, f_ra(c->w));
}

static ir_ref rb(struct tr_ctx *c)
{
	return tr_gpr(c, f_rb(c->w));
}

/* --- compares --- */
static void set_crf(struct tr_ctx *c, ir_ref nibble)
{
	ir_ref so = ir_get(c->r, IR_I, SLOT(so));

	ir_put(c->r, IR_I, SLOT_CR(f_bf(c->w)), ir_op2(c->r, IR_OR, nibble, so));
}

/* L selects doublewords; a 32-bit implementation has words only. */
static bool cmp_words(const struct tr_ctx *c)
{
	return !f_l(c->w) || !c->model->is64;
}

static void compare(struct tr_ctx *c, enum ir_opcode op, enum ir_opcode extend, ir_ref a, ir_ref b)
{
	if (cmp_words(c)) {
		a = ir_op1(c->r, extend, a);
		b = ir_op1(c->r, extend, b);
	}
	set_crf(c, ir_op2(c->r, op, a, b));
}

void tr_cmpi(struct tr_ctx *c)
{
	compare(c, IR_CMPS, IR_SEXT32, ra(c), tr_const(c, (u64)(s64)f_si(c->w)));
}

void tr_cmp(struct tr_ctx *c)
{
	compare(c, IR_CMPS, IR_SEXT32, ra(c), rb(c));
}

void tr_cmpli(struct tr_ctx *c)
{
	compare(c, IR_CMPU, IR_ZEXT32, ra(c), tr_const(c, f_ui(c->w)));
}

void tr_cmpl(struct tr_ctx *c)
{
	compare(c, IR_CMPU, IR_ZEXT32, ra(c), rb(c));
}

/* 1 when the low byte of v lies between the bytes of ranges at shift (low) and shift + 8. */
static ir_ref in_range(struct tr_ctx *c, ir_ref v, ir_ref ranges, unsigned shift)
{
	ir_ref lo = ir_op1(c->r, IR_ZEXT8, ir_op2i(c->r, IR_SHR, ranges, shift));
	ir_ref hi = ir_op1(c->r, IR_ZEXT8, ir_op2i(c->r, IR_SHR, ranges, shift + 8));

	return ir_op2(c->r, IR_AND, ir_op2(c->r, IR_LEU, lo, v), ir_op2(c->r, IR_LEU, v, hi));
}

void tr_cmprb(struct tr_ctx *c)
{
	ir_ref v = ir_op1(c->r, IR_ZEXT8, ra(c)), ranges = rb(c);
	ir_ref in = in_range(c, v, ranges, 0);

	if (f_l(c->w))
		in = ir_op2(c->r, IR_OR, in, in_range(c, v, ranges, 16));
	ir_put(c->r, IR_I, SLOT_CR(f_bf(c->w)), ir_op2i(c->r, IR_SHL, in, 2));
}

void tr_cmpeqb(struct tr_ctx *c)
{
	ir_ref bytes = ir_op2i(c->r, IR_MUL, ir_op1(c->r, IR_ZEXT8, ra(c)), 0x0101010101010101ull);
	ir_ref x = ir_op2(c->r, IR_XOR, bytes, rb(c));
	/* Some byte of x is 0: subtracting 1 from each borrows only there. */
	ir_ref t = ir_op2i(c->r, IR_SUB, x, 0x0101010101010101ull);
	ir_ref zero = ir_op2i(c->r, IR_AND, ir_op2(c->r, IR_ANDC, t, x), 0x8080808080808080ull);
	ir_ref any = ir_op2(c->r, IR_NE, zero, tr_const(c, 0));

	ir_put(c->r, IR_I, SLOT_CR(f_bf(c->w)), ir_op2i(c->r, IR_SHL, any, 2));
}

/* --- traps --- */

/* Condition of one signedness: bits 4 less, 2 greater, 1 equal. */
static ir_ref trap_part(struct tr_ctx *c, unsigned to, enum ir_opcode lt, enum ir_opcode le,
			ir_ref a, ir_ref b)
{
	switch (to) {
	case 0:
		return tr_const(c, 0);
	case 1:
		return ir_op2(c->r, IR_EQ, a, b);
	case 2:
		return ir_op2(c->r, lt, b, a);
	case 3:
		return ir_op2(c->r, le, b, a);
	case 4:
		return ir_op2(c->r, lt, a, b);
	case 5:
		return ir_op2(c->r, le, a, b);
	case 6:
		return ir_op2(c->r, IR_NE, a, b);
	default:
		return tr_const(c, 1);
	}
}

static void trap(struct tr_ctx *c, bool words, ir_ref a, ir_ref b)
{
	unsigned to = f_to(c->w);
	unsigned s = to >> 2, u = (to & 2 ? 4 : 0) | (to & 1 ? 2 : 0);
	ir_ref cond;
	u64 value = 1;

	if (words) {
		a = ir_op1(c->r, IR_SEXT32, a);
		b = ir_op1(c->r, IR_SEXT32, b);
	}
	/* Sign-extended words keep their unsigned order. */
	if (u && (s & 1))
		u |= 1;
	if (u && (s & 6) == 0)
		s = 0;
	cond = ir_op2(c->r, IR_OR, trap_part(c, s, IR_LTS, IR_LES, a, b),
		      trap_part(c, u, IR_LTU, IR_LEU, a, b));
	if (s != 7 && u != 7 && !ir_is_const(c->r, cond, &value))
		ir_leave_if(c->r, cond, CPU_EXC_PROGRAM, CPU_PROG_TRAP);
	else if (value)
		tr_raise(c, CPU_EXC_PROGRAM, CPU_PROG_TRAP);
}

void tr_twi(struct tr_ctx *c)
{
	trap(c, true, ra(c), tr_const(c, (u64)(s64)f_si(c->w)));
}

void tr_tw(struct tr_ctx *c)
{
	trap(c, true, ra(c), rb(c));
}

void tr_tdi(struct tr_ctx *c)
{
	trap(c, false, ra(c), tr_const(c, (u64)(s64)f_si(c->w)));
}

void tr_td(struct tr_ctx *c)
{
	trap(c, false, ra(c), rb(c));
}

/* --- select --- */
void tr_isel(struct tr_ctx *c)
{
	unsigned bc = f_bc(c->w);
	ir_ref cr = ir_get(c->r, IR_I, SLOT_CR(bc / 4));
	ir_ref cond = ir_op2i(c->r, IR_AND, cr, 8 >> (bc & 3));

	tr_set_gpr(c, f_rt(c->w), ir_op3(c->r, IR_SELECT, cond, tr_gpr0(c, f_ra(c->w)), rb(c)));
}
