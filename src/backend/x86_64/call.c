// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls of helpers. A real call stores what lives in registers that C may change and gives vectors
 * by address; what a helper writes of the guest state is read again. Cold calls keep everything:
 * leave_cold() makes them from a description.
 */
#include "backend/x86_64/core.h"
#include "base/string.h"

#define CPU_FIELD(field) xm(X_R15, (s32)offsetof(struct backend_cpu, field))

enum { MAX_ARGS = 6, TOUCHES_STATE = IR_FX_READ | IR_FX_WRITE | IR_FX_LEAVE | IR_FX_MEM };

/* Where an argument comes from. */
struct arg {
	bool address; /* of a place in the frame or state */
	struct jit_place from;
};

static const u8 arg_reg[MAX_ARGS] = {X_RDI, X_RSI, X_RDX, X_RCX, X_R8, X_R9};

static void state_changes(struct jit *j, u32 fx)
{
	if (fx & IR_FX_WRITE)
		jit_slot_changes(j, 0, 8 * JIT_CELLS);
	if (fx & IR_FX_FP)
		jit_slot_changes(j, j->env->fp_slot, j->env->fp_len);
	if (ir_fx_lazy(fx))
		jit_slot_changes(j, j->env->lazy_slot, j->env->lazy_len);
	if (fx & IR_FX_VSAT)
		jit_slot_changes(j, j->env->vsat_slot, j->env->vsat_len);
}

void call_state_changes(struct jit *j, const struct ir_insn *i)
{
	state_changes(j, ir_call_effects(i, j->env));
}

/* A vector argument must stand in memory. */
static s32 q_in_memory(struct jit *j, ir_ref v)
{
	struct jit_place p = jit_place_of(j, v);
	s32 at;

	if (p.kind == PLACE_FRAME)
		return p.index;
	if (j->a->v[v].spill)
		return j->a->v[v].spill;
	if ((j->a->v[v].flags & V_SLOT) && p.kind == PLACE_REG && j->a->owner[p.index] == v)
		return (s32)j->a->v[v].slot;
	at = jit_spill_of(j, v);
	emit_store_frame(j, at, p.index, IR_Q);
	return at;
}

static u32 collect(struct jit *j, const struct ir_insn *i, const struct ir_helper *h,
		   struct arg *arg, s32 result)
{
	const ir_ref op[4] = {i->a, i->b, i->c, i->d};
	const char *sig = h->sig + 1;
	u32 n = 0, k = 0;

	if (h->sig[0] == 'Q')
		arg[n++] = (struct arg){.address = true, .from.index = result};
	if (*sig == 'E') {
		arg[n++] = (struct arg){.address = true};
		sig++;
	}
	for (; *sig && k < 4 && n < MAX_ARGS; sig++, k++, n++) {
		if (*sig == 'Q')
			arg[n] = (struct arg){.address = true, .from.index = q_in_memory(j, op[k])};
		else
			arg[n] = (struct arg){.from = jit_place_of(j, op[k])};
	}
	return n;
}

static bool reads_reg(const struct arg *g, unsigned reg)
{
	return !g->address && g->from.kind == PLACE_REG && (unsigned)g->from.index == reg;
}

static void move_arg(struct jit *j, unsigned to, const struct arg *g)
{
	if (g->address)
		x_lea(j->x, X_64, to, jit_frame(g->from.index));
	else if (g->from.kind == PLACE_CONST)
		x_mov_ri(j->x, to, g->from.imm);
	else if (g->from.kind == PLACE_FRAME)
		x_mov_rm(j->x, X_64, to, jit_frame(g->from.index));
	else if (g->from.index >= JIT_XMM)
		xv_rr_st(j->x, XV_MOVQ_GST, to, (unsigned)g->from.index - JIT_XMM);
	else
		x_mov_rr(j->x, X_64, to, (unsigned)g->from.index);
}

/* All at once: a register is written when no argument is read from it any more; a ring is broken
 * by exchanging. */
static void move_args(struct jit *j, struct arg *arg, u32 count)
{
	u32 done = 0, k, m;

	while (done != (1u << count) - 1) {
		bool progress = false;

		for (k = 0; k < count; k++) {
			if (done >> k & 1)
				continue;
			for (m = 0; m < count; m++)
				if (m != k && !(done >> m & 1) && reads_reg(&arg[m], arg_reg[k]))
					break;
			if (m < count)
				continue;
			move_arg(j, arg_reg[k], &arg[k]);
			done |= 1u << k;
			progress = true;
		}
		if (progress)
			continue;
		/* Only rings of registers are left. */
		for (k = 0; done >> k & 1; k++)
			;
		m = (u32)arg[k].from.index;
		x_xchg_rr(j->x, X_64, arg_reg[k], m);
		for (u32 q = 0; q < count; q++) {
			if (done >> q & 1 || q == k)
				continue;
			if (reads_reg(&arg[q], arg_reg[k]))
				arg[q].from.index = (s32)m;
			else if (reads_reg(&arg[q], m))
				arg[q].from.index = arg_reg[k];
		}
		done |= 1u << k;
	}
}

/* The record's values are needed after the call. */
static void mark_owed(struct jit *j, const struct ir_insn *i, bool on)
{
	const struct ir_exit *x = &j->r->exit[i->exit];
	u32 k;

	for (k = 0; k < x->pending; k++) {
		ir_ref leaf[JIT_MAX_LEAVES];
		ir_ref v = j->r->pending[x->first_pending + k].value;
		u32 m = cold_leaves(j, v, leaf, 0);

		while (m--) {
			struct jit_value *p = &j->a->v[leaf[m]];

			p->flags = (u8)(on ? p->flags | V_OWED : p->flags & ~V_OWED);
		}
	}
}

static void take_result(struct jit *j, const struct ir_insn *i, ir_ref n, char type)
{
	if (type == 'I') {
		j->a->pinned |= 1u << X_RAX;
		jit_def_at(j, n, X_RAX);
	} else if (type == 'F') {
		xv_rr(j->x, XV_MOVQ_G, (unsigned)jit_def_fresh_f(j, n), X_RAX);
	}
}

/* rax is no argument. */
static void count_call(struct jit *j, const struct ir_insn *i)
{
	if (!j->b->config.stats)
		return;
	x_mov_rm(j->x, X_64, X_RAX, CPU_FIELD(helper_calls));
	x_alu_mi(j->x, XA_ADD, X_64, xm(X_RAX, 8 * (s32)i->imm), 1);
}

bool emit_call(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	const struct ir_helper *h = &j->env->helpers[i->imm];
	u32 fx = ir_call_effects(i, j->env), count;
	bool leaves = fx & IR_FX_LEAVE;
	struct arg arg[MAX_ARGS];
	s32 result = 0;

	if (leaves)
		mark_owed(j, i, true);
	state_changes(j, fx);
	if (h->sig[0] == 'Q')
		result = jit_spill_of(j, n);
	if (fx & (IR_FX_WRITE | IR_FX_MEM | IR_FX_LEAVE))
		page_forget(j);
	count = collect(j, i, h, arg, result);
	jit_clobber(j, ~JIT_CALLEE_SAVED);
	pin_store(j, fx & TOUCHES_STATE ? ~0u : ~JIT_CALLEE_SAVED);
	move_args(j, arg, count);
	count_call(j, i);
	x_call_m(j->x, xm_target(j->b->helper_table + 8 * i->imm));
	if (fx & (IR_FX_WRITE | IR_FX_MEM | IR_FX_LEAVE))
		x_mov_rm(j->x, X_64, X_R14, CPU_FIELD(tlb));
	pin_load(j, fx & IR_FX_WRITE ? ~0u : ~JIT_CALLEE_SAVED);
	if (leaves) {
		x_alu_mi(j->x, XA_CMP, X_32, jit_slot(j->b->config.event_slot), 0);
		x_jcc(j->x, XC_NE, exit_label(j, n, BACKEND_STOP_LEAVE, true));
		mark_owed(j, i, false);
	}
	take_result(j, i, n, h->sig[0]);
	return true;
}

/* --- cold calls --- */
void jit_cold_call(struct jit *j, struct jit_cold *c)
{
	const struct ir_insn *i = &j->r->insn[c->n];
	const struct ir_helper *h = &j->env->helpers[i->imm];
	const char *sig = h->sig + 1;
	u32 k;

	sig += *sig == 'E';
	exit_describe(j, THUNK_COLD);
	pack_number(j->x, i->imm);
	x_byte(j->x, (u8)((c->result + 1) | (c->record ? COLD_LEAVES : 0)));
	for (k = 0; sig[k] && k < 4; k++)
		pack_place(j->x, &c->op[k]);
	pack_back(j, c);
	if (c->record)
		pack_record(j, exit_at(j, c->record));
}

static void cold_call_path(struct jit *j, struct jit_cold *c)
{
	jit_cold_call(j, c);
}

struct jit_cold *jit_cold_call_path(struct jit *j)
{
	return jit_cold(j, cold_call_path);
}
