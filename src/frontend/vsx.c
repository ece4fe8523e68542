// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VSX moves between register files (Power ISA Book I, 3.3.18), logical, merge, permute, splat,
 * byte-reverse, extract and insert instructions (7.6.3).
 *
 * mtvsrd, mtvsrwa and mtvsrwz leave doubleword 1 undefined: it stays as it was.
 */
#include "frontend/frontend.h"

static void from_dword(struct tr_ctx *c, unsigned i, bool word)
{
	ir_ref v = ir_get(c->r, IR_I, SLOT_VSRD(f_xs(c->w), i));

	tr_set_gpr(c, f_ra(c->w), word ? ir_op1(c->r, IR_ZEXT32, v) : v);
}

void tr_mfvsrd(struct tr_ctx *c)
{
	from_dword(c, 0, false);
}

void tr_mfvsrld(struct tr_ctx *c)
{
	from_dword(c, 1, false);
}

void tr_mfvsrwz(struct tr_ctx *c)
{
	from_dword(c, 0, true);
}

void tr_mtvsrd(struct tr_ctx *c)
{
	ir_put(c->r, IR_I, SLOT_VSRD(f_xt(c->w), 0), tr_gpr(c, f_ra(c->w)));
}

void tr_mtvsrwa(struct tr_ctx *c)
{
	ir_ref v = ir_op1(c->r, IR_SEXT32, tr_gpr(c, f_ra(c->w)));

	ir_put(c->r, IR_I, SLOT_VSRD(f_xt(c->w), 0), v);
}

void tr_mtvsrwz(struct tr_ctx *c)
{
	ir_ref v = ir_op1(c->r, IR_ZEXT32, tr_gpr(c, f_ra(c->w)));

	ir_put(c->r, IR_I, SLOT_VSRD(f_xt(c->w), 0), v);
}

void tr_mtvsrdd(struct tr_ctx *c)
{
	ir_ref hi = tr_gpr0(c, f_ra(c->w));

	tr_set_vsr(c, f_xt(c->w), ir_op2(c->r, IR_QMAKE, hi, tr_gpr(c, f_rb(c->w))));
}

void tr_mtvsrws(struct tr_ctx *c)
{
	ir_ref v = tr_gpr(c, f_ra(c->w));

	v = ir_op2(c->r, IR_OR, ir_op2i(c->r, IR_SHL, v, 32), ir_op1(c->r, IR_ZEXT32, v));
	tr_set_vsr(c, f_xt(c->w), ir_op2(c->r, IR_QMAKE, v, v));
}

static void logical(struct tr_ctx *c, enum ir_opcode op, bool invert)
{
	ir_ref a = tr_get_vsr(c, f_xa(c->w));
	ir_ref v = ir_op2(c->r, op, a, tr_get_vsr(c, f_xb(c->w)));

	tr_set_vsr(c, f_xt(c->w), invert ? ir_op1(c->r, IR_QNOT, v) : v);
}

void tr_xxland(struct tr_ctx *c)
{
	logical(c, IR_QAND, false);
}

void tr_xxlandc(struct tr_ctx *c)
{
	logical(c, IR_QANDC, false);
}

void tr_xxlnand(struct tr_ctx *c)
{
	logical(c, IR_QAND, true);
}

void tr_xxlnor(struct tr_ctx *c)
{
	logical(c, IR_QOR, true);
}

void tr_xxleqv(struct tr_ctx *c)
{
	logical(c, IR_QXOR, true);
}

/* xxlor of a register with itself is the move, xxlxor of one with itself the way to zero */
void tr_xxlor(struct tr_ctx *c)
{
	if (f_xa(c->w) == f_xb(c->w))
		tr_set_vsr(c, f_xt(c->w), tr_get_vsr(c, f_xa(c->w)));
	else
		logical(c, IR_QOR, false);
}

void tr_xxlxor(struct tr_ctx *c)
{
	ir_ref zero;

	if (f_xa(c->w) != f_xb(c->w)) {
		logical(c, IR_QXOR, false);
		return;
	}
	zero = tr_const(c, 0);
	tr_set_vsr(c, f_xt(c->w), ir_op2(c->r, IR_QMAKE, zero, zero));
}

/* a | ~b, from the op that there is: ~(b & ~a) */
void tr_xxlorc(struct tr_ctx *c)
{
	ir_ref a = tr_get_vsr(c, f_xa(c->w));
	ir_ref v = ir_op2(c->r, IR_QANDC, tr_get_vsr(c, f_xb(c->w)), a);

	tr_set_vsr(c, f_xt(c->w), ir_op1(c->r, IR_QNOT, v));
}

void tr_xxsel(struct tr_ctx *c)
{
	ir_ref a = tr_get_vsr(c, f_xa(c->w));
	ir_ref b = tr_get_vsr(c, f_xb(c->w));
	ir_ref mask = tr_get_vsr(c, f_xc(c->w));

	tr_set_vsr(c, f_xt(c->w), ir_call(c->r, IR_Q, HELPER_vsel, a, b, mask, 0));
}

static void merge(struct tr_ctx *c, enum helper_id helper)
{
	ir_ref a = tr_get_vsr(c, f_xa(c->w));
	ir_ref b = tr_get_vsr(c, f_xb(c->w));

	tr_set_vsr(c, f_xt(c->w), ir_call(c->r, IR_Q, helper, a, b, 0, 0));
}

void tr_xxmrghw(struct tr_ctx *c)
{
	merge(c, HELPER_vmrghw);
}

void tr_xxmrglw(struct tr_ctx *c)
{
	merge(c, HELPER_vmrglw);
}

void tr_xxpermdi(struct tr_ctx *c)
{
	static const enum ir_opcode ops[4] = {IR_QHH, IR_QHL, IR_QLH, IR_QLL};
	ir_ref a = tr_get_vsr(c, f_xa(c->w));

	tr_set_vsr(c, f_xt(c->w), ir_op2(c->r, ops[f_dm(c->w)], a, tr_get_vsr(c, f_xb(c->w))));
}

void tr_xxsldwi(struct tr_ctx *c)
{
	ir_ref a = tr_get_vsr(c, f_xa(c->w));
	ir_ref b = tr_get_vsr(c, f_xb(c->w));
	ir_ref n = tr_const(c, 4 * f_shw(c->w));

	tr_set_vsr(c, f_xt(c->w), ir_call(c->r, IR_Q, HELPER_vsldoi, a, b, n, 0));
}

/* The bytes of XA || XT that XB numbers: XT is a source */
static void permute(struct tr_ctx *c, enum helper_id helper)
{
	ir_ref a = tr_get_vsr(c, f_xa(c->w));
	ir_ref t = tr_get_vsr(c, f_xt(c->w));

	tr_set_vsr(c, f_xt(c->w), ir_call(c->r, IR_Q, helper, a, t, tr_get_vsr(c, f_xb(c->w)), 0));
}

void tr_xxperm(struct tr_ctx *c)
{
	permute(c, HELPER_vperm);
}

void tr_xxpermr(struct tr_ctx *c)
{
	permute(c, HELPER_vpermr);
}

void tr_xxspltw(struct tr_ctx *c)
{
	ir_ref b = tr_get_vsr(c, f_xb(c->w));
	ir_ref n = tr_const(c, f_uim_splat(c->w));

	tr_set_vsr(c, f_xt(c->w), ir_call(c->r, IR_Q, HELPER_vspltw, b, n, 0, 0));
}

void tr_xxspltib(struct tr_ctx *c)
{
	ir_ref v = tr_const(c, f_imm8(c->w) * 0x0101010101010101ull);

	tr_set_vsr(c, f_xt(c->w), ir_op2(c->r, IR_QMAKE, v, v));
}

void tr_xxbrh(struct tr_ctx *c)
{
	ir_ref v = ir_call(c->r, IR_Q, HELPER_xxbrh, tr_get_vsr(c, f_xb(c->w)), 0, 0, 0);

	tr_set_vsr(c, f_xt(c->w), v);
}

void tr_xxbrw(struct tr_ctx *c)
{
	ir_ref v = ir_call(c->r, IR_Q, HELPER_xxbrw, tr_get_vsr(c, f_xb(c->w)), 0, 0, 0);

	tr_set_vsr(c, f_xt(c->w), v);
}

void tr_xxbrd(struct tr_ctx *c)
{
	ir_ref v = ir_call(c->r, IR_Q, HELPER_xxbrd, tr_get_vsr(c, f_xb(c->w)), 0, 0, 0);

	tr_set_vsr(c, f_xt(c->w), v);
}

void tr_xxbrq(struct tr_ctx *c)
{
	ir_ref v = ir_call(c->r, IR_Q, HELPER_xxbrq, tr_get_vsr(c, f_xb(c->w)), 0, 0, 0);

	tr_set_vsr(c, f_xt(c->w), v);
}

/* UIM above 12 is undefined. Here the word wraps around the register, as in qemu. */
void tr_xxextractuw(struct tr_ctx *c)
{
	ir_ref b = tr_get_vsr(c, f_xb(c->w));
	ir_ref n = tr_const(c, f_uim4_xx2(c->w));
	ir_ref v = ir_call(c->r, IR_Q, HELPER_vsldoi, b, b, n, 0);

	v = ir_op2i(c->r, IR_SHR, ir_op1(c->r, IR_QHI, v), 32);
	tr_set_vsr(c, f_xt(c->w), ir_op2(c->r, IR_QMAKE, v, tr_const(c, 0)));
}

/* UIM above 12 is undefined. Here the bytes behind the register are dropped, as in qemu. */
void tr_xxinsertw(struct tr_ctx *c)
{
	ir_ref t = tr_get_vsr(c, f_xt(c->w));
	ir_ref v = ir_op1(c->r, IR_QHI, tr_get_vsr(c, f_xb(c->w)));
	ir_ref at = tr_const(c, f_uim4_xx2(c->w));

	t = ir_call(c->r, IR_Q, HELPER_vmx_insert, t, v, at, tr_const(c, 4));
	tr_set_vsr(c, f_xt(c->w), t);
}
