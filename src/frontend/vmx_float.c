// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMX single-precision floating point (Power ISA Book I, 6.10).
 */
#include "frontend/vmx.h"

TR_VX2(vaddfp)
TR_VX2(vsubfp)
TR_VX2(vmaxfp)
TR_VX2(vminfp)
TR_VX3(vmaddfp)
TR_VX3(vnmsubfp)
TR_VX1(vrfim)
TR_VX1(vrfin)
TR_VX1(vrfip)
TR_VX1(vrfiz)
TR_VX1(vrefp)
TR_VX1(vrsqrtefp)
TR_VX1(vexptefp)
TR_VX1(vlogefp)
TR_VCMP(vcmpeqfp)
TR_VCMP(vcmpgefp)
TR_VCMP(vcmpgtfp)

/* The record form says in CR6 whether all elements are within bounds, and no more */
void tr_vcmpbfp(struct tr_ctx *c)
{
	struct ir_region *r = c->r;
	ir_ref v = tr_vx2(c, HELPER_vcmpbfp);
	ir_ref in;

	if (!f_vc_rc(c->w))
		return;
	in = ir_op2i(r, IR_EQ, ir_op2(r, IR_OR, ir_op1(r, IR_QHI, v), ir_op1(r, IR_QLO, v)), 0);
	ir_put(r, IR_I, SLOT_CR(6), ir_op2i(r, IR_SHL, in, 1));
}

/* VRB and a power of two to scale with */
static void convert(struct tr_ctx *c, enum helper_id helper)
{
	ir_ref b = tr_get_vr(c, f_vrb(c->w));
	ir_ref scale = tr_const(c, f_uim5(c->w));

	tr_set_vr(c, f_vrt(c->w), ir_call(c->r, IR_Q, helper, b, scale, 0, 0));
}

void tr_vctsxs(struct tr_ctx *c)
{
	convert(c, HELPER_vctsxs);
}

void tr_vctuxs(struct tr_ctx *c)
{
	convert(c, HELPER_vctuxs);
}

void tr_vcfsx(struct tr_ctx *c)
{
	convert(c, HELPER_vcfsx);
}

void tr_vcfux(struct tr_ctx *c)
{
	convert(c, HELPER_vcfux);
}
