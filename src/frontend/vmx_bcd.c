// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMX decimal integer instructions (Power ISA Book I, 6.17), which all record in CR6, and multiply
 * by ten (6.9.1.6).
 */
#include "frontend/vmx.h"

/* VRT, CR6 <- helper(VRA, VRB, PS) */
#define TR_BCD_ABP(name)                                                                           \
	void tr_##name##_(struct tr_ctx *c)                                                        \
	{                                                                                          \
		ir_ref a = tr_get_vr(c, f_vra(c->w));                                              \
		ir_ref b = tr_get_vr(c, f_vrb(c->w));                                              \
		ir_ref ps = tr_const(c, f_ps(c->w));                                               \
                                                                                                   \
		tr_set_vr(c, f_vrt(c->w), ir_call(c->r, IR_Q, HELPER_##name, a, b, ps, 0));        \
	}

/* VRT, CR6 <- helper(VRA, VRB) */
#define TR_BCD_AB(name)                                                                            \
	void tr_##name##_(struct tr_ctx *c)                                                        \
	{                                                                                          \
		tr_vx2(c, HELPER_##name);                                                          \
	}

/* VRT, CR6 <- helper(VRB, PS) */
#define TR_BCD_BP(name)                                                                            \
	void tr_##name##_(struct tr_ctx *c)                                                        \
	{                                                                                          \
		ir_ref b = tr_get_vr(c, f_vrb(c->w));                                              \
		ir_ref ps = tr_const(c, f_ps(c->w));                                               \
                                                                                                   \
		tr_set_vr(c, f_vrt(c->w), ir_call(c->r, IR_Q, HELPER_##name, b, ps, 0, 0));        \
	}

/* VRT, CR6 <- helper(VRB) */
#define TR_BCD_B(name)                                                                             \
	void tr_##name##_(struct tr_ctx *c)                                                        \
	{                                                                                          \
		tr_vx1(c, HELPER_##name);                                                          \
	}

TR_BCD_ABP(bcdadd)
TR_BCD_ABP(bcdsub)
TR_BCD_ABP(bcds)
TR_BCD_ABP(bcdsr)
TR_BCD_ABP(bcdtrunc)
TR_BCD_AB(bcdus)
TR_BCD_AB(bcdutrunc)
TR_BCD_AB(bcdcpsgn)
TR_BCD_BP(bcdsetsgn)
TR_BCD_BP(bcdcfn)
TR_BCD_BP(bcdcfz)
TR_BCD_BP(bcdctz)
TR_BCD_BP(bcdcfsq)
TR_BCD_B(bcdctn)
TR_BCD_B(bcdctsq)

static void mul10(struct tr_ctx *c, enum helper_id helper)
{
	ir_ref a = tr_get_vr(c, f_vra(c->w));

	tr_set_vr(c, f_vrt(c->w), ir_call(c->r, IR_Q, helper, a, 0, 0, 0));
}

void tr_vmul10uq(struct tr_ctx *c)
{
	mul10(c, HELPER_vmul10uq);
}

void tr_vmul10cuq(struct tr_ctx *c)
{
	mul10(c, HELPER_vmul10cuq);
}

TR_VX2(vmul10euq)
TR_VX2(vmul10ecuq)
