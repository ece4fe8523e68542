// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Vector helpers as host code: single elements out of vectors and into them.
 *
 * Where the element's position is not known the vector goes through the frame. The position must be
 * a multiple of the element's size then: what would reach behind the register is the helper's.
 */
#include "backend/x86_64/vec.h"

/* A vector's place in the frame, as an offset from the state; the first 16 bytes there are
 * vec_float.c's */
enum { VECTOR = JIT_FP + 16 };

/* An element's first byte and size as constants, the element in place: its lowest byte, in the
 * host's count */
static bool element(struct jit *j, ir_ref at, ir_ref size, unsigned *low, unsigned *bytes)
{
	u64 first, n;

	if (!jit_is_const(j, at, &first) || !jit_is_const(j, size, &n))
		return false;
	first &= 15;
	*bytes = (unsigned)n;
	if (first + n > 16)
		return false;
	*low = (unsigned)(16 - n - first);
	return true;
}

/* low_bytes of a vector as an integer */
static bool extract(struct jit *j, const struct ir_insn *i, ir_ref n, unsigned low, unsigned bytes)
{
	int a = jit_use_q(j, i->a), d = jit_def_int(j, n);
	struct xcode *x = j->x;

	if (bytes == 2 && !(low & 1)) {
		xv_rri(x, XV_PEXTRW, d, a, (u8)(low / 2));
		return true;
	}
	if (low) {
		xv_shift_rri(x, XV_PSRLDQ, VT, a, (u8)low);
		a = VT;
	}
	if (bytes == 8)
		xv_rr_st(x, XV_MOVQ_GST, d, a);
	else
		xv_rr_st(x, XV_MOVD_GST, d, a);
	if (bytes < 4)
		x_movzx_rr(x, bytes == 1 ? X_8 : X_16, d, d);
	return true;
}

/* A first byte that is a multiple of the element's size, as the front end makes it of an address:
 * masked, perhaps inverted afterwards */
static bool is_element(struct jit *j, ir_ref at, u64 bytes)
{
	const struct ir_insn *v = &j->r->insn[at];
	u64 k;

	if (v->op == IR_XOR && jit_is_const(j, v->b, &k) && k == 16 - bytes)
		v = &j->r->insn[v->a];
	return v->op == IR_AND && jit_is_const(j, v->b, &k) && !(k & ~(16 - bytes));
}

/* Where an element is in the frame when the vector is stored there; gpr: a temporary */
static struct xmem element_in_frame(struct jit *j, int gpr, int at, u64 bytes)
{
	struct xmem m = jit_frame(VECTOR + 16 - (s32)bytes);

	x_mov_rr(j->x, X_32, gpr, at);
	x_group3_r(j->x, XG_NEG, X_64, gpr);
	return xm_index(m.base, gpr, 0, m.disp);
}

static void load_element(struct xcode *x, int d, struct xmem m, u64 bytes)
{
	if (bytes < 4)
		x_movzx_rm(x, bytes == 1 ? X_8 : X_16, d, m);
	else
		x_mov_rm(x, bytes == 4 ? X_32 : X_64, d, m);
}

EMIT(vmx_extract)
{
	unsigned low, bytes;
	u64 size;
	int a, at, d;

	if (element(j, i->b, i->c, &low, &bytes))
		return extract(j, i, n, low, bytes);
	if (!jit_is_const(j, i->c, &size) || !is_element(j, i->b, size))
		return false;
	a = jit_use_q(j, i->a);
	at = jit_use_int(j, i->b);
	d = jit_def_fresh_int(j, n);
	xv_mr(j->x, XV_MOVAPS_ST, jit_frame(VECTOR), a);
	load_element(j->x, d, element_in_frame(j, d, at, size), size);
	return true;
}

EMIT(vmx_extract_right)
{
	u64 at, size;

	if (!jit_is_const(j, i->b, &at) || !jit_is_const(j, i->c, &size) || at + size > 16)
		return false;
	return extract(j, i, n, (unsigned)at, (unsigned)size);
}

static bool insert_in_frame(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	int a, v, at, gpr, d;
	u64 size;
	struct xmem m;

	if (!jit_is_const(j, i->d, &size) || !is_element(j, i->c, size))
		return false;
	a = jit_use_q(j, i->a);
	v = jit_use_int(j, i->b);
	at = jit_use_int(j, i->c);
	gpr = jit_tmp_int(j);
	d = jit_def_q(j, n);
	xv_mr(j->x, XV_MOVAPS_ST, jit_frame(VECTOR), a);
	m = element_in_frame(j, gpr, at, size);
	x_mov_mr(j->x, size == 1 ? X_8 : size == 2 ? X_16 : size == 4 ? X_32 : X_64, m, v);
	xv_rm(j->x, XV_MOVAPS, d, jit_frame(VECTOR));
	return true;
}

EMIT(vmx_insert)
{
	unsigned low, bytes;
	int a, v, d;
	enum xvop op;

	if (!element(j, i->c, i->d, &low, &bytes))
		return insert_in_frame(j, i, n);
	if (low % bytes || !vec_has(j, HOST_SSE41))
		return false;
	op = bytes == 1 ? XV_PINSRB : bytes == 2 ? XV_PINSRW : bytes == 4 ? XV_PINSRD : XV_PINSRQ;
	a = jit_use_q(j, i->a);
	v = jit_use_int(j, i->b);
	d = jit_def_q(j, n);
	xv_rrri(j->x, op, d, a, v, (u8)(low / bytes));
	return true;
}
