// SPDX-License-Identifier: GPL-2.0-or-later
/* The access itself: values of all types between registers and host memory, in either byte order.
 */
#include "backend/x86_64/core.h"

static void load_int(struct jit *j, unsigned d, struct xmem m, u32 mem)
{
	struct xcode *x = j->x;
	enum xsize size = (enum xsize)(mem & IR_MEM_SIZE);
	bool sign = mem & IR_MEM_SIGN;

	if (!(mem & IR_MEM_BE) || size == X_8) {
		if (sign && size < X_64)
			x_movsx_rm(x, size, X_64, d, m);
		else if (size < X_32)
			x_movzx_rm(x, size, d, m);
		else
			x_mov_rm(x, size, d, m);
		return;
	}
	if (size == X_16) {
		x_movzx_rm(x, X_16, d, m);
		x_bswap(x, X_32, d);
		x_shift_ri(x, sign ? XS_SAR : XS_SHR, X_32, d, 16);
		if (sign)
			x_movsx_rr(x, X_32, X_64, d, d);
		return;
	}
	if (j->host & HOST_MOVBE) {
		x_movbe_rm(x, size, d, m);
	} else {
		x_mov_rm(x, size, d, m);
		x_bswap(x, size, d);
	}
	if (sign && size == X_32)
		x_movsx_rr(x, X_32, X_64, d, d);
}

static void store_int(struct jit *j, struct xmem m, unsigned v, u32 mem, unsigned tmp)
{
	struct xcode *x = j->x;
	enum xsize size = (enum xsize)(mem & IR_MEM_SIZE);

	if (!(mem & IR_MEM_BE) || size == X_8) {
		x_mov_mr(x, size, m, v);
	} else if (j->host & HOST_MOVBE) {
		x_movbe_mr(x, size, m, v);
	} else {
		x_mov_rr(x, X_64, tmp, v);
		x_bswap(x, size == X_64 ? X_64 : X_32, tmp);
		if (size == X_16)
			x_shift_ri(x, XS_SHR, X_32, tmp, 16);
		x_mov_mr(x, size, m, tmp);
	}
}

void mem_reverse(struct jit *j, unsigned d, unsigned from)
{
	struct xmem m;

	jit_const_q(j, 0x0001020304050607ull, 0x08090a0b0c0d0e0full, &m);
	xv_rrm(j->x, XV_PSHUFB, d, from, m);
}

void mem_load_value(struct jit *j, const struct ir_insn *i, ir_ref n, unsigned tmp, struct xmem m)
{
	struct xcode *x = j->x;
	unsigned d = (unsigned)j->a->v[n].reg;

	if (i->type == IR_I) {
		load_int(j, d, m, i->sub);
	} else if (i->type == IR_F) {
		if ((i->sub & (IR_MEM_SIZE | IR_MEM_BE | IR_MEM_SIGN)) == X_64) {
			xv_rm(x, XV_MOVQ, d - JIT_XMM, m);
		} else {
			load_int(j, tmp, m, i->sub);
			xv_rr(x, XV_MOVQ_G, d - JIT_XMM, tmp);
		}
	} else {
		bool aligned = i->sub & IR_MEM_ALIGN;

		if (jit_load_swaps(j, n)) {
			xv_rmi(x, XV_PSHUFD, d - JIT_XMM, m, 0x4e);
			return;
		}
		xv_rm(x, aligned ? XV_MOVAPS : XV_MOVUPS, d - JIT_XMM, m);
		if (i->sub & IR_MEM_BE)
			mem_reverse(j, d - JIT_XMM, d - JIT_XMM);
	}
}

void mem_store_value(struct jit *j, const struct ir_insn *i, int v, unsigned tmp, unsigned xtmp,
		     struct xmem m)
{
	struct xcode *x = j->x;
	u64 k;

	if (v < 0) {
		jit_is_const(j, i->b, &k);
		x_mov_mi(x, (enum xsize)(i->sub & IR_MEM_SIZE), m, (s32)k);
	} else if (i->type == IR_I) {
		store_int(j, m, (unsigned)v, i->sub, tmp);
	} else if (i->type == IR_F) {
		if ((i->sub & (IR_MEM_SIZE | IR_MEM_BE)) == X_64) {
			xv_mr(x, XV_MOVQ_ST, m, (unsigned)v - JIT_XMM);
			return;
		}
		xv_rr_st(x, XV_MOVQ_GST, tmp, (unsigned)v - JIT_XMM);
		if (i->sub & IR_MEM_BE)
			x_bswap(x, (i->sub & IR_MEM_SIZE) == X_64 ? X_64 : X_32, tmp);
		x_mov_mr(x, (enum xsize)(i->sub & IR_MEM_SIZE), m, tmp);
	} else {
		unsigned from = (unsigned)v - JIT_XMM;

		if (i->sub & IR_MEM_BE) {
			mem_reverse(j, xtmp, from);
			from = xtmp;
		}
		xv_mr(x, i->sub & IR_MEM_ALIGN ? XV_MOVAPS_ST : XV_MOVUPS_ST, m, from);
	}
}

bool mem_stores_immediate(struct jit *j, const struct ir_insn *i)
{
	u64 k;

	if (i->type != IR_I || !jit_is_const(j, i->b, &k))
		return false;
	if ((i->sub & IR_MEM_BE) && (i->sub & IR_MEM_SIZE) && k)
		return false;
	return (i->sub & IR_MEM_SIZE) < X_64 || (u64)(s64)(s32)k == k;
}
