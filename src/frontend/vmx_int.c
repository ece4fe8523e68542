// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMX integer arithmetic, compare, logical, shift and rotate (Power ISA Book I, 6.9).
 */
#include "frontend/vmx.h"

TR_VX2(vaddubm)
TR_VX2(vadduhm)
TR_VX2(vadduwm)
TR_VX2(vaddudm)
TR_VX2(vsububm)
TR_VX2(vsubuhm)
TR_VX2(vsubuwm)
TR_VX2(vsubudm)
TR_VX2(vaddcuw)
TR_VX2(vsubcuw)
TR_VX2(vaddubs)
TR_VX2(vadduhs)
TR_VX2(vadduws)
TR_VX2(vaddsbs)
TR_VX2(vaddshs)
TR_VX2(vaddsws)
TR_VX2(vsububs)
TR_VX2(vsubuhs)
TR_VX2(vsubuws)
TR_VX2(vsubsbs)
TR_VX2(vsubshs)
TR_VX2(vsubsws)
TR_VX2(vavgub)
TR_VX2(vavguh)
TR_VX2(vavguw)
TR_VX2(vavgsb)
TR_VX2(vavgsh)
TR_VX2(vavgsw)
TR_VX2(vabsdub)
TR_VX2(vabsduh)
TR_VX2(vabsduw)
TR_VX2(vmaxub)
TR_VX2(vmaxuh)
TR_VX2(vmaxuw)
TR_VX2(vmaxud)
TR_VX2(vmaxsb)
TR_VX2(vmaxsh)
TR_VX2(vmaxsw)
TR_VX2(vmaxsd)
TR_VX2(vminub)
TR_VX2(vminuh)
TR_VX2(vminuw)
TR_VX2(vminud)
TR_VX2(vminsb)
TR_VX2(vminsh)
TR_VX2(vminsw)
TR_VX2(vminsd)

TR_VX1(vnegw)
TR_VX1(vnegd)
TR_VX1(vextsb2w)
TR_VX1(vextsh2w)
TR_VX1(vextsb2d)
TR_VX1(vextsh2d)
TR_VX1(vextsw2d)

TR_VX2(vmuleub)
TR_VX2(vmuleuh)
TR_VX2(vmuleuw)
TR_VX2(vmulesb)
TR_VX2(vmulesh)
TR_VX2(vmulesw)
TR_VX2(vmuloub)
TR_VX2(vmulouh)
TR_VX2(vmulouw)
TR_VX2(vmulosb)
TR_VX2(vmulosh)
TR_VX2(vmulosw)
TR_VX2(vmuluwm)
TR_VX2(vsumsws)
TR_VX2(vsum2sws)
TR_VX2(vsum4ubs)
TR_VX2(vsum4sbs)
TR_VX2(vsum4shs)
TR_VX2(vadduqm)
TR_VX2(vaddcuq)
TR_VX2(vsubuqm)
TR_VX2(vsubcuq)

TR_VX3(vmladduhm)
TR_VX3(vmhaddshs)
TR_VX3(vmhraddshs)
TR_VX3(vmsumubm)
TR_VX3(vmsummbm)
TR_VX3(vmsumuhm)
TR_VX3(vmsumshm)
TR_VX3(vmsumudm)
TR_VX3(vmsumuhs)
TR_VX3(vmsumshs)
TR_VX3(vaddeuqm)
TR_VX3(vaddecuq)
TR_VX3(vsubeuqm)
TR_VX3(vsubecuq)

TR_VX2(vslb)
TR_VX2(vslh)
TR_VX2(vslw)
TR_VX2(vsld)
TR_VX2(vsrb)
TR_VX2(vsrh)
TR_VX2(vsrw)
TR_VX2(vsrd)
TR_VX2(vsrab)
TR_VX2(vsrah)
TR_VX2(vsraw)
TR_VX2(vsrad)
TR_VX2(vrlb)
TR_VX2(vrlh)
TR_VX2(vrlw)
TR_VX2(vrld)
TR_VX2(vrlwnm)
TR_VX2(vrldnm)
TR_VX2(vsl)
TR_VX2(vsr)
TR_VX2(vslo)
TR_VX2(vsro)
TR_VX2(vslv)
TR_VX2(vsrv)

TR_VX3T(vrlwmi)
TR_VX3T(vrldmi)

TR_VCMP(vcmpequb)
TR_VCMP(vcmpequh)
TR_VCMP(vcmpequw)
TR_VCMP(vcmpequd)
TR_VCMP(vcmpgtub)
TR_VCMP(vcmpgtuh)
TR_VCMP(vcmpgtuw)
TR_VCMP(vcmpgtud)
TR_VCMP(vcmpgtsb)
TR_VCMP(vcmpgtsh)
TR_VCMP(vcmpgtsw)
TR_VCMP(vcmpgtsd)
TR_VCMP(vcmpneb)
TR_VCMP(vcmpneh)
TR_VCMP(vcmpnew)
TR_VCMP(vcmpnezb)
TR_VCMP(vcmpnezh)
TR_VCMP(vcmpnezw)

static void logical(struct tr_ctx *c, enum ir_opcode op, bool invert)
{
	ir_ref a = tr_get_vr(c, f_vra(c->w));
	ir_ref v = ir_op2(c->r, op, a, tr_get_vr(c, f_vrb(c->w)));

	tr_set_vr(c, f_vrt(c->w), invert ? ir_op1(c->r, IR_QNOT, v) : v);
}

void tr_vand(struct tr_ctx *c)
{
	logical(c, IR_QAND, false);
}

void tr_vandc(struct tr_ctx *c)
{
	logical(c, IR_QANDC, false);
}

void tr_vnand(struct tr_ctx *c)
{
	logical(c, IR_QAND, true);
}

void tr_vnor(struct tr_ctx *c)
{
	logical(c, IR_QOR, true);
}

void tr_veqv(struct tr_ctx *c)
{
	logical(c, IR_QXOR, true);
}

/* vor of a register with itself is the move, vxor of one with itself the way to zero */
void tr_vor(struct tr_ctx *c)
{
	if (f_vra(c->w) == f_vrb(c->w))
		tr_set_vr(c, f_vrt(c->w), tr_get_vr(c, f_vra(c->w)));
	else
		logical(c, IR_QOR, false);
}

void tr_vxor(struct tr_ctx *c)
{
	ir_ref zero;

	if (f_vra(c->w) != f_vrb(c->w)) {
		logical(c, IR_QXOR, false);
		return;
	}
	zero = tr_const(c, 0);
	tr_set_vr(c, f_vrt(c->w), ir_op2(c->r, IR_QMAKE, zero, zero));
}

/* a | ~b, from the op that there is: ~(b & ~a) */
void tr_vorc(struct tr_ctx *c)
{
	ir_ref a = tr_get_vr(c, f_vra(c->w));
	ir_ref v = ir_op2(c->r, IR_QANDC, tr_get_vr(c, f_vrb(c->w)), a);

	tr_set_vr(c, f_vrt(c->w), ir_op1(c->r, IR_QNOT, v));
}
