// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Condition register: logical instructions, moves between fields, GPRs and XER (Power ISA Book I,
 * 2.5.1, 2.5.2 and 3.3.17). A field is a slot of its own with a value 0..15.
 */
#include "frontend/frontend.h"

static ir_ref crf(struct tr_ctx *c, unsigned n)
{
	return ir_get(c->r, IR_I, SLOT_CR(n));
}

/* CR bit n in bit position `to` of the result; what stands beside it is garbage. */
static ir_ref crbit_at(struct tr_ctx *c, unsigned n, unsigned to)
{
	unsigned from = 3 - (n & 3);
	ir_ref v = crf(c, n / 4);

	if (from > to)
		return ir_op2i(c->r, IR_SHR, v, from - to);
	return from < to ? ir_op2i(c->r, IR_SHL, v, to - from) : v;
}

static void set_crbit(struct tr_ctx *c, unsigned n, ir_ref v)
{
	u64 m = 8 >> (n & 3);
	ir_ref old = crf(c, n / 4);

	ir_put(c->r, IR_I, SLOT_CR(n / 4),
	       ir_op2(c->r, IR_OR, ir_op2i(c->r, IR_AND, v, m),
		      ir_op2i(c->r, IR_AND, old, 15 & ~m)));
}

static void logical(struct tr_ctx *c, enum ir_opcode op, bool negate_b, bool negate)
{
	unsigned bt = f_bt(c->w), to = 3 - (bt & 3);
	ir_ref a = crbit_at(c, f_ba(c->w), to), b = crbit_at(c, f_bb(c->w), to), v;

	if (negate_b)
		b = ir_op1(c->r, IR_NOT, b);
	v = ir_op2(c->r, op, a, b);
	set_crbit(c, bt, negate ? ir_op1(c->r, IR_NOT, v) : v);
}

void tr_crand(struct tr_ctx *c)
{
	logical(c, IR_AND, false, false);
}

void tr_crnand(struct tr_ctx *c)
{
	logical(c, IR_AND, false, true);
}

void tr_cror(struct tr_ctx *c)
{
	logical(c, IR_OR, false, false);
}

void tr_crnor(struct tr_ctx *c)
{
	logical(c, IR_OR, false, true);
}

void tr_crxor(struct tr_ctx *c)
{
	if (f_ba(c->w) == f_bb(c->w)) /* crclr */
		set_crbit(c, f_bt(c->w), tr_const(c, 0));
	else
		logical(c, IR_XOR, false, false);
}

void tr_creqv(struct tr_ctx *c)
{
	if (f_ba(c->w) == f_bb(c->w)) /* crset */
		set_crbit(c, f_bt(c->w), tr_const(c, 15));
	else
		logical(c, IR_XOR, false, true);
}

void tr_crandc(struct tr_ctx *c)
{
	logical(c, IR_AND, true, false);
}

void tr_crorc(struct tr_ctx *c)
{
	logical(c, IR_OR, true, false);
}

void tr_mcrf(struct tr_ctx *c)
{
	ir_put(c->r, IR_I, SLOT_CR(f_bf(c->w)), crf(c, f_bfa(c->w)));
}

/* --- moves between CR and GPR --- */
void tr_mfcr(struct tr_ctx *c)
{
	ir_ref v = ir_op2i(c->r, IR_SHL, crf(c, 0), 28);

	for (unsigned n = 1; n < 8; n++) {
		ir_ref f = crf(c, n);

		if (n < 7)
			f = ir_op2i(c->r, IR_SHL, f, 28 - 4 * n);
		v = ir_op2(c->r, IR_OR, v, f);
	}
	tr_set_gpr(c, f_rt(c->w), v);
}

/* The field that a one-hot FXM selects, -1 for another FXM: undefined by the ISA, nothing then. */
static int one_field(u32 fxm)
{
	return fxm && !(fxm & (fxm - 1)) ? 7 - __builtin_ctz(fxm) : -1;
}

void tr_mfocrf(struct tr_ctx *c)
{
	int n = one_field(f_fxm(c->w));
	ir_ref v;

	if (n < 0)
		return;
	v = crf(c, (unsigned)n);
	tr_set_gpr(c, f_rt(c->w), n < 7 ? ir_op2i(c->r, IR_SHL, v, 28 - 4 * (unsigned)n) : v);
}

static void set_crf_from(struct tr_ctx *c, unsigned n, ir_ref rs)
{
	ir_put(c->r, IR_I, SLOT_CR(n),
	       ir_op2i(c->r, IR_AND, ir_op2i(c->r, IR_SHR, rs, 28 - 4 * n), 15));
}

void tr_mtcrf(struct tr_ctx *c)
{
	ir_ref rs = tr_gpr(c, f_rs(c->w));

	for (unsigned n = 0; n < 8; n++)
		if (f_fxm(c->w) & (0x80u >> n))
			set_crf_from(c, n, rs);
}

void tr_mtocrf(struct tr_ctx *c)
{
	int n = one_field(f_fxm(c->w));

	if (n >= 0)
		set_crf_from(c, (unsigned)n, tr_gpr(c, f_rs(c->w)));
}

void tr_setb(struct tr_ctx *c)
{
	ir_ref f = crf(c, f_bfa(c->w));
	ir_ref gt = ir_op2i(c->r, IR_AND, ir_op2i(c->r, IR_SHR, f, 2), 1);

	tr_set_gpr(c, f_rt(c->w),
		   ir_op3(c->r, IR_SELECT, ir_op2i(c->r, IR_AND, f, 8), tr_const(c, ~0ull), gt));
}

/* --- XER to CR --- */
static ir_ref pack(struct tr_ctx *c, u32 slot8, u32 slot4, u32 slot2)
{
	ir_ref v = ir_op2i(c->r, IR_SHL, ir_get(c->r, IR_I, slot8), 3);

	v = ir_op2(c->r, IR_OR, v, ir_op2i(c->r, IR_SHL, ir_get(c->r, IR_I, slot4), 2));
	return ir_op2(c->r, IR_OR, v, ir_op2i(c->r, IR_SHL, ir_get(c->r, IR_I, slot2), 1));
}

void tr_mcrxr(struct tr_ctx *c)
{
	ir_put(c->r, IR_I, SLOT_CR(f_bf(c->w)), pack(c, SLOT(so), SLOT(ov), SLOT(ca)));
	ir_put(c->r, IR_I, SLOT(so), tr_const(c, 0));
	ir_put(c->r, IR_I, SLOT(ov), tr_const(c, 0));
	ir_put(c->r, IR_I, SLOT(ca), tr_const(c, 0));
}

void tr_mcrxrx(struct tr_ctx *c)
{
	ir_ref v = pack(c, SLOT(ov), SLOT(ov32), SLOT(ca));

	ir_put(c->r, IR_I, SLOT_CR(f_bf(c->w)),
	       ir_op2(c->r, IR_OR, v, ir_get(c->r, IR_I, SLOT(ca32))));
}
