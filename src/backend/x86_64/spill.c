// SPDX-License-Identifier: GPL-2.0-or-later
/* Where values are that have no register: spill slots, and slots of the guest state that hold the
 * same. */
#include "backend/x86_64/core.h"

/* --- spill slots --- */
static s32 new_spill(struct jit *j, bool wide)
{
	struct jit_alloc *a = j->a;
	s32 at;

	if (wide ? a->nr_spill16 : a->nr_spill8)
		return wide ? a->spill16[--a->nr_spill16] : a->spill8[--a->nr_spill8];
	if (wide && (a->spill_next & 1)) {
		a->spill8[a->nr_spill8++] = JIT_SPILL + 8 * (s32)a->spill_next;
		a->spill_next++;
	}
	at = JIT_SPILL + 8 * (s32)a->spill_next;
	a->spill_next += wide ? 2 : 1;
	if (a->spill_next > JIT_SPILLS) {
		a->failed = true;
		a->spill_next = 0;
		return JIT_SPILL;
	}
	return at;
}

void jit_free_spill(struct jit *j, ir_ref v)
{
	struct jit_alloc *a = j->a;
	s32 at = a->v[v].spill;

	if (!at)
		return;
	a->v[v].spill = 0;
	if (jit_type(j, v) == IR_Q)
		a->spill16[a->nr_spill16++] = at;
	else
		a->spill8[a->nr_spill8++] = at;
}

s32 jit_spill_of(struct jit *j, ir_ref v)
{
	struct jit_value *p = &j->a->v[v];

	if (!p->spill)
		p->spill = new_spill(j, jit_type(j, v) == IR_Q);
	return p->spill;
}

/* --- values that their slot holds --- */
static void back(struct jit *j, ir_ref v, u32 slot)
{
	struct jit_alloc *a = j->a;

	if (a->nr_backed == ARRAY_SIZE(a->backed) || (a->v[v].flags & V_SLOT))
		return;
	a->v[v].flags |= V_SLOT;
	a->v[v].slot = slot;
	a->backed[a->nr_backed++] = v;
}

static void drop_dead_backed(struct jit_alloc *a)
{
	u32 k, kept = 0;

	for (k = 0; k < a->nr_backed; k++) {
		if (a->v[a->backed[k]].last > a->n)
			a->backed[kept++] = a->backed[k];
		else
			a->v[a->backed[k]].flags &= (u8)~V_SLOT;
	}
	a->nr_backed = kept;
}

/* [slot, slot + len) is about to change: who lives there only moves out. */
void jit_slot_changes(struct jit *j, u32 slot, u32 len)
{
	struct jit_alloc *a = j->a;
	u32 k, kept = 0;

	for (k = 0; k < a->nr_backed; k++) {
		ir_ref v = a->backed[k];
		struct jit_value *p = &a->v[v];
		u32 size = ir_type_size(jit_type(j, v));

		if (p->slot >= slot + len || slot >= p->slot + size) {
			a->backed[kept++] = v;
			continue;
		}
		if (p->last >= a->n && p->reg < 0 && !p->spill && !(p->flags & V_CONST)) {
			u32 pinned = a->pinned;

			jit_load_value(j, v);
			a->pinned = pinned;
		}
		p->flags &= (u8)~V_SLOT;
	}
	a->nr_backed = kept;
}

void jit_back_by_slot(struct jit *j, ir_ref v, u32 slot)
{
	if (j->a->nr_backed == ARRAY_SIZE(j->a->backed))
		drop_dead_backed(j->a);
	back(j, v, slot);
}
