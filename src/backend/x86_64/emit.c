// SPDX-License-Identifier: GPL-2.0-or-later
/* Moves between registers and the guest state, of any class. None changes the flags. */
#include "backend/x86_64/core.h"

struct xmem jit_frame(s32 offset)
{
	return xm(X_RBP, offset - JIT_BIAS);
}

struct xmem jit_slot(u32 slot)
{
	return jit_frame((s32)slot);
}

void emit_move(struct jit *j, int to, int from, enum ir_type type)
{
	if (to == from)
		return;
	if (type == IR_I)
		x_mov_rr(j->x, X_64, (unsigned)to, (unsigned)from);
	else
		xv_mov(j->x, (unsigned)to - JIT_XMM, (unsigned)from - JIT_XMM);
}

void emit_const(struct jit *j, int reg, u64 v)
{
	x_mov_ri(j->x, (unsigned)reg, v);
}

void emit_load_frame(struct jit *j, int reg, s32 offset, enum ir_type type)
{
	struct xmem m = jit_frame(offset);

	if (type == IR_I)
		x_mov_rm(j->x, X_64, (unsigned)reg, m);
	else
		xv_rm(j->x, type == IR_F ? XV_MOVQ : XV_MOVAPS, (unsigned)reg - JIT_XMM, m);
}

void emit_store_frame(struct jit *j, s32 offset, int reg, enum ir_type type)
{
	struct xmem m = jit_frame(offset);

	if (type == IR_I)
		x_mov_mr(j->x, X_64, m, (unsigned)reg);
	else
		xv_mr(j->x, type == IR_F ? XV_MOVQ_ST : XV_MOVAPS_ST, m, (unsigned)reg - JIT_XMM);
}

void emit_call_thunk(struct jit *j, enum jit_thunk t)
{
	x_call_to(j->x, j->b->thunk[t]);
}

void jit_const_q(struct jit *j, u64 hi, u64 lo, struct xmem *m)
{
	struct jit_alloc *a = j->a;
	u32 k;

	for (k = 0; k < a->nr_pool; k++)
		if (a->pool[k].hi == hi && a->pool[k].lo == lo)
			break;
	if (k == JIT_MAX_POOL) {
		a->failed = true;
		k = 0;
	} else if (k == a->nr_pool) {
		a->pool[k].hi = hi;
		a->pool[k].lo = lo;
		a->pool[k].label = x_label(j->x);
		a->nr_pool++;
	}
	*m = xm_label(a->pool[k].label, 0);
}
