// SPDX-License-Identifier: GPL-2.0-or-later
/* Quad-precision floating point on VRs: Power ISA 3.0B Book I, 7.6.3. Enabled exceptions as in
 * float.c. */
#include "frontend/float.h"

static void quad_op(struct tr_ctx *c, enum helper_id id, ir_ref a, ir_ref b, ir_ref d)
{
	unsigned t = 32 + f_vrt(c->w);

	tr_set_vsr(c, t, tr_fp_call_q(c, id, t, a, b, d));
	tr_fp_check(c);
}

static ir_ref vra(struct tr_ctx *c)
{
	return tr_get_vr(c, f_vra(c->w));
}

static ir_ref vrb(struct tr_ctx *c)
{
	return tr_get_vr(c, f_vrb(c->w));
}

/* RO, bit 31, picks the form that rounds to odd. */
#define PICK_RO(name) (f_rc(c->w) ? HELPER_##name##o : HELPER_##name)

#define QP_AB(name)                                                                                \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		quad_op(c, PICK_RO(name), vra(c), vrb(c), 0);                                      \
	}
#define QP_MADD(name)                                                                              \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		quad_op(c, PICK_RO(name), vra(c), vrb(c), tr_get_vr(c, f_vrt(c->w)));              \
	}
#define QP_B_RO(name)                                                                              \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		quad_op(c, PICK_RO(name), vrb(c), 0, 0);                                           \
	}
#define QP_B(name)                                                                                 \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		quad_op(c, HELPER_##name, vrb(c), 0, 0);                                           \
	}
QP_AB(xsaddqp)
QP_AB(xssubqp)
QP_AB(xsmulqp)
QP_AB(xsdivqp)
QP_MADD(xsmaddqp)
QP_MADD(xsmsubqp)
QP_MADD(xsnmaddqp)
QP_MADD(xsnmsubqp)
QP_B_RO(xssqrtqp)
QP_B_RO(xscvqpdp)
QP_B(xscvdpqp)
QP_B(xscvqpsdz)
QP_B(xscvqpswz)
QP_B(xscvqpudz)
QP_B(xscvqpuwz)
QP_B(xscvsdqp)
QP_B(xscvudqp)

/* Helpers with an immediate operand: the dispatcher takes it in the high word of the number. */
static void quad_round(struct tr_ctx *c, enum helper_id id, u64 control)
{
	unsigned t = 32 + f_vrt(c->w);
	ir_ref b = vrb(c), v;

	if (c->mode & MODE_FPX) {
		v = ir_call(c->r, IR_Q, HELPER_fpxq, tr_const(c, control << 32 | id), b, b, b);
		v = ir_call(c->r, IR_Q, HELPER_fp_keep_q, v, tr_get_vsr(c, t), 0, 0);
	} else {
		v = ir_call(c->r, IR_Q, id, tr_const(c, control), b, 0, 0);
	}
	tr_set_vsr(c, t, v);
	tr_fp_check(c);
}

void tr_xsrqpi(struct tr_ctx *c)
{
	quad_round(c, HELPER_xsrqpi, f_rc(c->w) << 3 | f_r_z23(c->w) << 2 | f_rmc(c->w));
}

void tr_xsrqpxp(struct tr_ctx *c)
{
	quad_round(c, HELPER_xsrqpxp, f_r_z23(c->w) << 2 | f_rmc(c->w));
}

static void compare(struct tr_ctx *c, enum helper_id id)
{
	ir_put(c->r, IR_I, SLOT_CR(f_bf(c->w)), ir_call(c->r, IR_I, id, vra(c), vrb(c), 0, 0));
	tr_fp_check(c);
}

void tr_xscmpoqp(struct tr_ctx *c)
{
	compare(c, HELPER_xscmpoqp);
}

void tr_xscmpuqp(struct tr_ctx *c)
{
	compare(c, HELPER_xscmpuqp);
}

void tr_xscmpexpqp(struct tr_ctx *c)
{
	compare(c, HELPER_xscmpexpqp);
}

void tr_xststdcqp(struct tr_ctx *c)
{
	ir_put(c->r, IR_I, SLOT_CR(f_bf(c->w)),
	       ir_call(c->r, IR_I, HELPER_xststdcqp, vrb(c), tr_const(c, f_dcmx_sp(c->w)), 0, 0));
}

/* Signs, exponents and significands: on bits */

static ir_ref sign_bit(struct tr_ctx *c)
{
	return ir_op2(c->r, IR_QMAKE, tr_const(c, 1ull << 63), tr_const(c, 0));
}

void tr_xsabsqp(struct tr_ctx *c)
{
	tr_set_vr(c, f_vrt(c->w), ir_op2(c->r, IR_QANDC, vrb(c), sign_bit(c)));
}

void tr_xsnabsqp(struct tr_ctx *c)
{
	tr_set_vr(c, f_vrt(c->w), ir_op2(c->r, IR_QOR, vrb(c), sign_bit(c)));
}

void tr_xsnegqp(struct tr_ctx *c)
{
	tr_set_vr(c, f_vrt(c->w), ir_op2(c->r, IR_QXOR, vrb(c), sign_bit(c)));
}

void tr_xscpsgnqp(struct tr_ctx *c)
{
	ir_ref a = ir_op2(c->r, IR_QAND, vra(c), sign_bit(c));

	tr_set_vr(c, f_vrt(c->w),
		  ir_op2(c->r, IR_QOR, a, ir_op2(c->r, IR_QANDC, vrb(c), sign_bit(c))));
}

static ir_ref exponent(struct tr_ctx *c, ir_ref hi)
{
	return ir_op2i(c->r, IR_AND, ir_op2i(c->r, IR_SHR, hi, 48), 0x7fff);
}

static const u64 frac_hi = (1ull << 48) - 1;

void tr_xsxexpqp(struct tr_ctx *c)
{
	ir_ref exp = exponent(c, ir_op1(c->r, IR_QHI, vrb(c)));

	tr_set_vr(c, f_vrt(c->w), ir_op2(c->r, IR_QMAKE, exp, tr_const(c, 0)));
}

void tr_xsxsigqp(struct tr_ctx *c)
{
	ir_ref b = vrb(c), hi = ir_op1(c->r, IR_QHI, b), below, normal;

	below = ir_op2i(c->r, IR_SUB, exponent(c, hi), 1);
	normal = ir_op2(c->r, IR_LTU, below, tr_const(c, 0x7ffe));
	hi = ir_op2(c->r, IR_OR, ir_op2i(c->r, IR_AND, hi, frac_hi),
		    ir_op2i(c->r, IR_SHL, normal, 48));
	tr_set_vr(c, f_vrt(c->w), ir_op2(c->r, IR_QMAKE, hi, ir_op1(c->r, IR_QLO, b)));
}

/* The exponent comes from the low bits of VRB's doubleword 0. */
void tr_xsiexpqp(struct tr_ctx *c)
{
	ir_ref a = vra(c), exp = ir_op1(c->r, IR_QHI, vrb(c)), hi;

	exp = ir_op2i(c->r, IR_SHL, ir_op2i(c->r, IR_AND, exp, 0x7fff), 48);
	hi = ir_op2i(c->r, IR_AND, ir_op1(c->r, IR_QHI, a), frac_hi | 1ull << 63);
	tr_set_vr(c, f_vrt(c->w),
		  ir_op2(c->r, IR_QMAKE, ir_op2(c->r, IR_OR, hi, exp), ir_op1(c->r, IR_QLO, a)));
}
