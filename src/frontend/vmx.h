/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shapes shared by the translators of vector instructions. TR_VX*(name) defines tr_name as a call
 * of helper_name; the digit counts the vector operands.
 */
#ifndef FRONTEND_VMX_H
#define FRONTEND_VMX_H

#include "frontend/frontend.h"

/* VRT <- helper(VRB) */
static inline void tr_vx1(struct tr_ctx *c, enum helper_id helper)
{
	tr_set_vr(c, f_vrt(c->w), ir_call(c->r, IR_Q, helper, tr_get_vr(c, f_vrb(c->w)), 0, 0, 0));
}

/* VRT <- helper(VRA, VRB) */
static inline ir_ref tr_vx2(struct tr_ctx *c, enum helper_id helper)
{
	ir_ref a = tr_get_vr(c, f_vra(c->w));
	ir_ref v = ir_call(c->r, IR_Q, helper, a, tr_get_vr(c, f_vrb(c->w)), 0, 0);

	tr_set_vr(c, f_vrt(c->w), v);
	return v;
}

/* VRT <- helper(VRA, VRB, VR third) */
static inline void tr_vx3(struct tr_ctx *c, enum helper_id helper, unsigned third)
{
	ir_ref a = tr_get_vr(c, f_vra(c->w));
	ir_ref b = tr_get_vr(c, f_vrb(c->w));

	tr_set_vr(c, f_vrt(c->w), ir_call(c->r, IR_Q, helper, a, b, tr_get_vr(c, third), 0));
}

/* A compare's result; its record form sets CR6 to (all true, 0, none true, 0). */
static inline void tr_vcmp(struct tr_ctx *c, enum helper_id helper)
{
	ir_ref v = tr_vx2(c, helper);

	if (f_vc_rc(c->w))
		ir_put(c->r, IR_I, SLOT_CR(6), ir_call(c->r, IR_I, HELPER_vcmp_cr6, v, 0, 0, 0));
}

#define TR_VX1(name)                                                                               \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		tr_vx1(c, HELPER_##name);                                                          \
	}
#define TR_VX2(name)                                                                               \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		tr_vx2(c, HELPER_##name);                                                          \
	}
#define TR_VX3(name)                                                                               \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		tr_vx3(c, HELPER_##name, f_vrc(c->w));                                             \
	}
/* The third operand is the old VRT */
#define TR_VX3T(name)                                                                              \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		tr_vx3(c, HELPER_##name, f_vrt(c->w));                                             \
	}
#define TR_VCMP(name)                                                                              \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		tr_vcmp(c, HELPER_##name);                                                         \
	}

#endif
