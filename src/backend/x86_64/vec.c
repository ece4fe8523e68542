// SPDX-License-Identifier: GPL-2.0-or-later
/* Vector helpers as host code: the table, and what all emitters share. */
#include "backend/x86_64/vec.h"

const struct jit_inline jit_inline_vec[] = {
#define VEC(name, needs) {#name, jit_vec_##name, needs},
#include "backend/x86_64/vec_op.def"
#undef VEC
	{NULL, NULL, 0},
};

bool vec_is_const(struct jit *j, ir_ref v, u64 *hi, u64 *lo)
{
	const struct ir_insn *i = &j->r->insn[v];

	return i->op == IR_QMAKE && jit_is_const(j, i->a, hi) && jit_is_const(j, i->b, lo);
}

bool jit_vec_constant(struct jit *j, ir_ref n)
{
	u64 hi, lo;
	unsigned d;

	if (!vec_is_const(j, n, &hi, &lo))
		return false;
	d = (unsigned)jit_def_q(j, n);
	if (!hi && !lo)
		xv_zero(j->x, d);
	else if (!~hi && !~lo)
		xv_ones(j->x, d);
	else
		xv_rm(j->x, XV_MOVAPS, d, vec_const(j, hi, lo));
	return true;
}

bool vec_two(struct jit *j, ir_ref n, ir_ref a, ir_ref b, enum xvop op)
{
	int ra, rb, d;
	struct xmem m;

	if (a != b && jit_use_mem(j, b, &m)) {
		ra = jit_use_q(j, a);
		d = jit_def_q(j, n);
		xv_rrm(j->x, op, d, ra, m);
		return true;
	}
	ra = jit_use_q(j, a);
	rb = jit_use_q(j, b);
	d = jit_def_q(j, n);
	xv_rrr(j->x, op, d, ra, rb);
	return true;
}

void vec_invert(struct jit *j, unsigned d)
{
	xv_ones(j->x, VT);
	xv_rrr(j->x, XV_PXOR, d, d, VT);
}

/* VSCR.SAT stands first in the range that IR_FX_VSAT covers. */
static void set_sat(struct jit *j, struct jit_cold *c)
{
	x_mov_mi(j->x, X_64, jit_slot(j->env->vsat_slot), 1);
	x_jmp(j->x, c->back);
}

static void cold_sat(struct jit *j)
{
	struct jit_cold *c = jit_cold(j, set_sat);

	x_jcc(j->x, XC_NE, c->at);
	x_bind(j->x, c->back);
}

void vec_sat_if(struct jit *j, unsigned t, int gpr)
{
	if (vec_has(j, HOST_SSE41)) {
		xv_rr(j->x, XV_PTEST, t, t);
		cold_sat(j);
	} else {
		xv_zero(j->x, 15);
		vec_sat_if_differ(j, t, 15, gpr);
	}
}

void vec_sat_if_differ(struct jit *j, unsigned t, unsigned u, int gpr)
{
	if (vec_has(j, HOST_SSE41)) {
		xv_rrr(j->x, XV_PXOR, t, t, u);
		xv_rr(j->x, XV_PTEST, t, t);
	} else {
		xv_rrr(j->x, XV_PCMPEQB, t, t, u);
		xv_rr(j->x, XV_PMOVMSKB, gpr, t);
		x_alu_ri(j->x, XA_CMP, X_32, gpr, 0xffff);
	}
	cold_sat(j);
}
