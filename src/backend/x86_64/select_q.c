// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of type and bitwise operations on vectors. */
#include "backend/x86_64/core.h"

static void logic(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op)
{
	struct xmem m;
	unsigned a = (unsigned)jit_use_q(j, i->a), b;

	if (jit_use_mem_once(j, i->b, &m)) {
		xv_rrm(j->x, op, (unsigned)jit_def_q(j, n), a, m);
		return;
	}
	b = (unsigned)jit_use_q(j, i->b);
	xv_rrr(j->x, op, (unsigned)jit_def_q(j, n), a, b);
}

/* a & ~b: the host's operation inverts its first operand */
static void andc(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned a = (unsigned)jit_use_q(j, i->a), b = (unsigned)jit_use_q(j, i->b);

	xv_rrr(j->x, XV_PANDN, (unsigned)jit_def_fresh_q(j, n), b, a);
}

static void qnot(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned a = (unsigned)jit_use_q(j, i->a);
	unsigned d = (unsigned)jit_def_fresh_q(j, n);

	xv_ones(j->x, d);
	xv_rrr(j->x, XV_PXOR, d, d, a);
}

static void qmake(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned hi, lo, d, t;

	if (jit_vec_constant(j, n))
		return;
	hi = (unsigned)jit_use_int(j, i->a);
	if (i->a == i->b) {
		d = (unsigned)jit_def_q(j, n);
		xv_rr(j->x, XV_MOVQ_G, d, hi);
		xv_rrr(j->x, XV_PUNPCKLQDQ, d, d, d);
		return;
	}
	lo = (unsigned)jit_use_int(j, i->b);
	t = (unsigned)jit_tmp_xmm(j);
	d = (unsigned)jit_def_q(j, n);
	xv_rr(j->x, XV_MOVQ_G, d, lo);
	if (j->host & HOST_SSE41) {
		xv_rrri(j->x, XV_PINSRQ, d, d, hi, 1);
		return;
	}
	xv_rr(j->x, XV_MOVQ_G, t, hi);
	xv_rrr(j->x, XV_PUNPCKLQDQ, d, d, t);
}

/* One half; half 1 is doubleword 0. */
static void half(struct jit *j, const struct ir_insn *i, ir_ref n, unsigned which)
{
	struct xmem m;
	unsigned a, d, t;

	if (jit_use_mem(j, i->a, &m)) {
		m.disp += 8 * (s32)which;
		x_mov_rm(j->x, X_64, (unsigned)jit_def_int(j, n), m);
		return;
	}
	a = (unsigned)jit_use_q(j, i->a);
	if (!which) {
		xv_rr_st(j->x, XV_MOVQ_GST, (unsigned)jit_def_int(j, n), a);
	} else if (j->host & HOST_SSE41) {
		xv_rri_st(j->x, XV_PEXTRQ, (unsigned)jit_def_int(j, n), a, 1);
	} else {
		t = (unsigned)jit_tmp_xmm(j);
		d = (unsigned)jit_def_int(j, n);
		xv_rri(j->x, XV_PSHUFD, t, a, 0xee);
		xv_rr_st(j->x, XV_MOVQ_GST, d, t);
	}
}

void select_vector(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct xmem m;

	switch (i->op) {
	case IR_F2I:
		if (jit_use_mem(j, i->a, &m)) {
			x_mov_rm(j->x, X_64, (unsigned)jit_def_int(j, n), m);
		} else {
			unsigned a = (unsigned)jit_use_f(j, i->a);

			xv_rr_st(j->x, XV_MOVQ_GST, (unsigned)jit_def_int(j, n), a);
		}
		break;
	case IR_I2F:
		if (jit_use_mem(j, i->a, &m)) {
			xv_rm(j->x, XV_MOVQ, (unsigned)jit_def_f(j, n), m);
		} else {
			unsigned a = (unsigned)jit_use_int(j, i->a);

			xv_rr(j->x, XV_MOVQ_G, (unsigned)jit_def_f(j, n), a);
		}
		break;
	case IR_QMAKE:
		qmake(j, i, n);
		break;
	case IR_QHI:
	case IR_QLO:
		half(j, i, n, i->op == IR_QHI);
		break;
	case IR_QAND:
		logic(j, i, n, XV_PAND);
		break;
	case IR_QOR:
		logic(j, i, n, XV_POR);
		break;
	case IR_QXOR:
		logic(j, i, n, XV_PXOR);
		break;
	case IR_QANDC:
		andc(j, i, n);
		break;
	default:
		qnot(j, i, n);
		break;
	}
}
