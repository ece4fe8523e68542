// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ways out of a region. An exit through a record is a call of a thunk behind the hot code: the
 * record behind the call says where the pending values are at that point; C code
 * stores them (leave.c). GOTO is a jump that link() patches, GOTO_IND and jumps out of the page
 * probe the vCPU's jump cache; both store pending values in the hot code.
 *
 * Return stack. A guest's call in hot code is a host's call behind a push of the guest's return
 * address: behind it stands a jump to where the guest returns to. A guest's return compares its
 * target with what lies there and is a host's return, which the host predicts. Otherwise it asks
 * the jump cache and leaves the stack alone (longjmp, another thread: then nothing fits until the
 * next stop). Every stop empties the stack, and whatever ends what generated code may assume stops
 * every vCPU at its next poll, which stands at each region's entry: what lies on the stack is as
 * good as a link. When it is full it is emptied too.
 */
#include "backend/x86_64/core.h"
#include "base/string.h"

#define CPU_FIELD(field) xm(X_R15, (s32)offsetof(struct backend_cpu, field))

/* --- cold code --- */
struct jit_cold *jit_cold_bare(struct jit *j, jit_cold_fn *fn)
{
	struct jit_alloc *a = j->a;
	struct jit_cold *c = &a->cold[a->nr_cold];

	if (a->nr_cold == JIT_MAX_COLD - 1)
		a->failed = true;
	else
		a->nr_cold++;
	*c = (struct jit_cold){.fn = fn, .n = a->n, .result = a->v[a->n].reg};
	c->at = x_label(j->x);
	c->back = x_label(j->x);
	return c;
}

struct jit_cold *jit_cold(struct jit *j, jit_cold_fn *fn)
{
	struct jit_alloc *a = j->a;
	const struct ir_insn *i = &j->r->insn[a->n];
	const ir_ref op[4] = {i->a, i->b, i->c, i->d};
	struct jit_cold *c = jit_cold_bare(j, fn);
	u32 k;

	for (k = 0; k < 4; k++)
		if (op[k] && !jit_fused(j, op[k]) && a->v[op[k]].last)
			c->op[k] = jit_place_of(j, op[k]);
	if (i->exit && scan_may_leave(j, i))
		c->record = exit_record(j, a->n, BACKEND_STOP_LEAVE, i->op == IR_CALL);
	return c;
}

/* --- records --- */
/* Slots that live in registers are pending everywhere. */
static void record_pins(struct jit *j, struct jit_record *rec)
{
	u32 k, m, owed = rec->count;

	for (k = 0; k < j->a->nr_pin; k++) {
		const struct jit_pin *p = &j->a->pin[k];

		for (m = 0; m < owed && rec->pending[m].slot != p->slot; m++)
			;
		if (!p->dirty || m < owed)
			continue;
		rec->pending[rec->count++] = (struct jit_pending){
			.slot = p->slot, .from = {.type = p->type, .index = p->reg}};
	}
}

u32 exit_record(struct jit *j, ir_ref n, enum backend_stop stop, bool event)
{
	const struct ir_exit *x = &j->r->exit[j->r->insn[n].exit];
	struct jit_alloc *a = j->a;
	size_t size =
		sizeof(struct jit_record) + (x->pending + a->nr_pin) * sizeof(struct jit_pending);
	struct jit_record *rec = (struct jit_record *)&a->data[a->data_size];
	struct jit_node node[JIT_MAX_NODES];
	u32 at = a->data_size, k, nr_nodes = 0;

	size += JIT_MAX_NODES * sizeof(node[0]);
	if (a->data_size + size > JIT_DATA_SCRATCH || x->pending + a->nr_pin > JIT_MAX_PENDING) {
		a->failed = true;
		return 0;
	}
	*rec = (struct jit_record){
		.pc = x->pc,
		.info = x->info,
		.code = event ? j->b->config.event_slot : x->code,
		.icount = x->icount,
		.stop = (u16)stop,
		.event = event,
		.count = x->pending,
	};
	for (k = 0; k < x->pending; k++) {
		const struct ir_pending *p = &j->r->pending[x->first_pending + k];

		rec->pending[k] = (struct jit_pending){.slot = p->slot};
		rec->pending[k].from = cold_place(j, p->value, node, &nr_nodes);
	}
	record_pins(j, rec);
	size = sizeof(*rec) + rec->count * sizeof(struct jit_pending);
	rec->nodes = (u32)size;
	rec->nr_nodes = nr_nodes;
	memcpy((u8 *)rec + size, node, nr_nodes * sizeof(node[0]));
	a->data_size += (u32)(size + nr_nodes * sizeof(node[0]));
	return at;
}

void exit_describe(struct jit *j, enum jit_thunk t)
{
	emit_call_thunk(j, t);
	pack_origin(j->x);
}

static void leave_by(struct jit *j, u32 record)
{
	exit_describe(j, THUNK_LEAVE);
	if (record)
		pack_record(j, exit_at(j, record));
}

static void cold_leave(struct jit *j, struct jit_cold *c)
{
	leave_by(j, (u32)c->v[0]);
}

u32 exit_label(struct jit *j, ir_ref n, enum backend_stop stop, bool event)
{
	struct jit_cold *c = jit_cold_bare(j, cold_leave);

	c->v[0] = exit_record(j, n, stop, event);
	return c->at;
}

/* Debug: leave here now and then. */
void exit_debug_record(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	const struct ir_exit *e = &j->r->exit[i->exit];
	struct xcode *x = j->x;
	u32 label, skip;

	if (!i->exit || !scan_may_leave(j, i) || !e->icount || e->spent || i->op == IR_GOTO_IF ||
	    i->op == IR_GOTO || i->op == IR_GOTO_IND || i->op == IR_LEAVE)
		return;
	skip = x_label(x);
	label = exit_label(j, n, BACKEND_STOP_RECORD, false);
	x_alu_mi(x, XA_CMP, X_32, CPU_FIELD(record_count), 0);
	x_jcc(x, XC_E, skip);
	x_alu_mi(x, XA_SUB, X_32, CPU_FIELD(record_count), 1);
	x_jcc(x, XC_E, label);
	x_bind(x, skip);
}

void exit_poll(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	u32 label = exit_label(j, n, BACKEND_STOP_POLL, false);
	int tmp;

	if (j->b->config.count) {
		x_alu_mi(j->x, XA_CMP, X_64, CPU_FIELD(budget), 0);
		x_jcc(j->x, XC_L, exit_label(j, n, BACKEND_STOP_BUDGET, false));
	}
	if (j->b->config.poll_in_state) {
		x_alu_mi(j->x, XA_CMP, X_32, jit_slot(j->b->config.poll_slot), 0);
	} else {
		tmp = jit_tmp_int(j);
		x_mov_rm(j->x, X_64, (unsigned)tmp, CPU_FIELD(poll));
		x_alu_mi(j->x, XA_CMP, X_32, xm((unsigned)tmp, 0), 0);
	}
	x_jcc(j->x, XC_NE, label);
}

void exit_leave(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct jit_cond c;

	if (i->op == IR_LEAVE) {
		leave_by(j, exit_record(j, n, BACKEND_STOP_LEAVE, false));
		return;
	}
	cond_prepare(j, i->a, &c);
	x_jcc(j->x, cond_emit(j, &c), exit_label(j, n, BACKEND_STOP_LEAVE, false));
}

/* --- going on --- */
static void stop_at(struct jit *j, u64 pc, enum backend_stop stop)
{
	exit_describe(j, THUNK_STOP_AT);
	x_byte(j->x, (u8)stop);
	pack_signed(j->x, (s64)(pc - j->unit->pc));
}

static void cold_stop(struct jit *j, struct jit_cold *c)
{
	stop_at(j, c->v[0], (enum backend_stop)c->v[1]);
}

/* pc is in a register. */
static void cold_stop_reg(struct jit *j, struct jit_cold *c)
{
	x_mov_mr(j->x, X_64, CPU_FIELD(pc), (unsigned)c->v[0]);
	x_mov_ri(j->x, X_RAX, c->v[1]);
	x_jmp_to(j->x, j->b->thunk[THUNK_STOP]);
}

static void cold_unlinked(struct jit *j, struct jit_cold *c)
{
	exit_describe(j, THUNK_LINK);
	pack_number(j->x, c->v[0]);
}

/* What the record still owes goes to its slots now. */
static void store_pending(struct jit *j, const struct ir_insn *i)
{
	const struct ir_exit *x = &j->r->exit[i->exit];
	struct jit_alloc *a = j->a;
	u32 k;

	pin_store(j, ~0u);
	for (k = 0; k < x->pending; k++) {
		const struct ir_pending *p = &j->r->pending[x->first_pending + k];
		u32 pinned = a->pinned;

		select_store_slot(j, p->slot, (enum ir_type)p->type, p->value, true);
		a->pinned = pinned;
	}
}

/* Count instructions down; the label is where the budget is used up. */
static void count_down(struct jit *j, const struct ir_insn *i, struct jit_cold *c)
{
	x_alu_mi(j->x, XA_SUB, X_64, CPU_FIELD(budget), (s32)j->r->exit[i->exit].icount);
	x_jcc(j->x, XC_S, c->at);
}

static void go_by(struct jit *j, struct xmem entry, bool call)
{
	if (call)
		x_call_m(j->x, entry);
	else
		x_jmp_m(j->x, entry);
}

/* The entry of the jump cache for a constant address. */
static void probe_constant(struct jit *j, u64 pc, bool call)
{
	struct xcode *x = j->x;
	s32 at = (s32)(jump_cache_index(pc) * sizeof(struct jump_cache));
	struct jit_cold *c = jit_cold_bare(j, cold_stop);

	c->v[0] = pc;
	c->v[1] = BACKEND_STOP_LOOKUP;
	x_mov_rm(x, X_64, X_RCX, CPU_FIELD(jump_cache));
	x_mov_ri(x, X_RAX, pc);
	x_alu_rm(x, XA_CMP, X_64, X_RAX, xm(X_RCX, at + (s32)offsetof(struct jump_cache, pc)));
	x_jcc(x, XC_NE, c->at);
	x_mov_rm(x, X_64, X_RAX, CPU_FIELD(code_key));
	x_alu_rm(x, XA_CMP, X_64, X_RAX, xm(X_RCX, at + (s32)offsetof(struct jump_cache, key)));
	x_jcc(x, XC_NE, c->at);
	go_by(j, xm(X_RCX, at + (s32)offsetof(struct jump_cache, entry)), call);
}

static void go_on(struct jit *j, u64 pc, bool call)
{
	struct jit_alloc *a = j->a;
	struct jit_link_site *l;
	struct jit_cold *c;

	if (!backend_same_page(j->unit, pc)) {
		probe_constant(j, pc, call);
		return;
	}
	if (a->nr_links == JIT_MAX_LINKS) {
		a->failed = true;
		return;
	}
	c = jit_cold_bare(j, cold_unlinked);
	l = &a->link[a->nr_links];
	c->v[0] = a->nr_links++;
	l->pc = pc;
	l->stub = c->at;
	l->at = call ? x_call_patchable(j->x, c->at) : x_jmp_patchable(j->x, c->at);
}

/* --- return stack --- */
static void cold_full(struct jit *j, struct jit_cold *c)
{
	x_mov_rm(j->x, X_64, X_RSP, CPU_FIELD(ret_base));
	x_jmp(j->x, c->back);
}

static bool pushes(const struct jit *j, const struct ir_insn *i)
{
	return i->op != IR_GOTO_IF && i->sub == IR_HINT_CALL && j->unit->tier == 2;
}

/* Changes rdx; the pair of it and the host's return address keeps rsp aligned. */
static void push_return(struct jit *j, u64 to)
{
	struct jit_cold *c = jit_cold_bare(j, cold_full);

	x_alu_rm(j->x, XA_CMP, X_64, X_RSP, CPU_FIELD(ret_limit));
	x_jcc(j->x, XC_B, c->at);
	x_bind(j->x, c->back);
	if ((u64)(s64)(s32)to == to) {
		x_push_i(j->x, (s32)to);
	} else {
		x_mov_ri(j->x, X_RDX, to);
		x_push_r(j->x, X_RDX);
	}
}

/* Behind the host's call. */
static void go_back(struct jit *j, u64 to)
{
	x_lea(j->x, X_64, X_RSP, xm(X_RSP, 8));
	go_on(j, to, false);
}

/* Everything is stored: go on at the exit's pc. */
static void go_to(struct jit *j, const struct ir_insn *i)
{
	u64 pc = j->r->exit[i->exit].pc;
	struct jit_cold *c;
	bool call;

	if (j->unit->single) {
		stop_at(j, pc, BACKEND_STOP_BUDGET);
		return;
	}
	if (j->b->config.count) {
		c = jit_cold_bare(j, cold_stop);
		c->v[0] = pc;
		c->v[1] = BACKEND_STOP_BUDGET;
		count_down(j, i, c);
	}
	call = pushes(j, i);
	if (call)
		push_return(j, i->imm);
	go_on(j, pc, call);
	if (call)
		go_back(j, i->imm);
}

void exit_goto(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	store_pending(j, i);
	go_to(j, i);
}

/* --- side exits --- */

enum { SCRATCH_XMM = JIT_XMM + 15 };

static s32 place_bytes(const struct jit_place *p)
{
	return p->type == IR_Q ? 16 : 8;
}

/* Does the record overwrite what entry k of it has still to be read from? */
static bool is_overwritten(const struct jit_record *rec, u32 k)
{
	const struct jit_place *from = &rec->pending[k].from;
	u32 m;

	if (from->kind != PLACE_FRAME)
		return false;
	for (m = 0; m < rec->count; m++) {
		const struct jit_pending *p = &rec->pending[m];

		if (m != k && from->index < (s32)p->slot + place_bytes(&p->from) &&
		    (s32)p->slot < from->index + place_bytes(from))
			return true;
	}
	return false;
}

/* Values that stand in slots which other values go to move out of the way, behind the spill slots
 * in use at the jump: there may be more of them than registers, and rings. */
static void park_slots(struct jit *j, struct jit_record *rec, u32 spills)
{
	struct jit_alloc *a = j->a;
	u32 unit = (spills + 1) & ~1u, k;

	for (k = 0; k < rec->count; k++) {
		struct jit_place *from = &rec->pending[k].from;
		enum ir_type type = from->type == IR_Q ? IR_Q : IR_F;

		if (!is_overwritten(rec, k))
			continue;
		if (unit + 2 > JIT_SPILLS) {
			a->failed = true;
			return;
		}
		emit_load_frame(j, SCRATCH_XMM, from->index, type);
		from->index = JIT_SPILL + 8 * (s32)unit;
		emit_store_frame(j, from->index, SCRATCH_XMM, type);
		unit += 2;
	}
}

/* Store the values that a record in the region's data names, from where they were at the jump. */
static void store_record(struct jit *j, struct jit_record *rec, u32 spills)
{
	u32 k;

	park_slots(j, rec, spills);
	cold_copy(j, jit_nodes(rec), rec->nr_nodes);
	for (k = 0; k < rec->count; k++) {
		const struct jit_pending *p = &rec->pending[k];
		enum ir_type type = (enum ir_type)p->from.type;

		if (p->from.kind == PLACE_REG)
			emit_store_frame(j, (s32)p->slot, p->from.index, type);
	}
	/* Now all registers are free. */
	cold_evaluate(j, jit_nodes(rec), rec->nr_nodes);
	for (k = 0; k < rec->count; k++) {
		const struct jit_pending *p = &rec->pending[k];
		enum ir_type type = (enum ir_type)p->from.type;
		int reg = type == IR_I ? X_RAX : JIT_XMM;

		if (p->from.kind == PLACE_REG)
			continue;
		if (p->from.kind == PLACE_CONST)
			emit_const(j, reg, p->from.imm);
		else if (p->from.kind == PLACE_NODE)
			emit_load_frame(j, reg, cold_result(p->from.index), type);
		else
			emit_load_frame(j, reg, p->from.index, type);
		emit_store_frame(j, (s32)p->slot, reg, type);
	}
}

static void cold_goto(struct jit *j, struct jit_cold *c)
{
	store_record(j, (struct jit_record *)&j->a->data[c->v[0]], (u32)c->v[1]);
	go_to(j, &j->r->insn[c->n]);
}

void exit_goto_if(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct jit_cold *cold;
	struct jit_cond c;

	cond_prepare(j, i->a, &c);
	cold = jit_cold_bare(j, cold_goto);
	cold->v[0] = exit_record(j, n, BACKEND_STOP_LEAVE, false);
	cold->v[1] = j->a->spill_next;
	x_jcc(j->x, cond_emit(j, &c), cold->at);
}

void exit_branch_if(struct jit *j, const struct ir_insn *i)
{
	struct jit_cond c;

	cond_prepare(j, i->a, &c);
	x_jcc(j->x, cond_emit(j, &c), j->a->label[i->imm]);
}

/* --- counters --- */
void exit_account(struct jit *j, const struct ir_insn *i)
{
	if (j->b->config.count)
		x_alu_mi(j->x, XA_SUB, X_64, CPU_FIELD(budget), (s32)i->imm);
}

/* At the entry. */
void exit_count_hot(struct jit *j)
{
	struct jit_cold *c;

	if (!j->unit->hot)
		return;
	c = jit_cold_bare(j, cold_stop);
	c->v[0] = j->unit->pc;
	c->v[1] = BACKEND_STOP_HOT;
	x_mov_ri(j->x, X_RAX, (u64)(uintptr_t)j->unit->hot);
	x_alu_mi(j->x, XA_SUB, X_32, xm(X_RAX, 0), 1);
	x_jcc(j->x, XC_E, c->at);
}

/* rax = pc: probe the jump cache. */
static void probe(struct jit *j, bool call)
{
	struct xcode *x = j->x;
	struct jit_cold *c = jit_cold_bare(j, cold_stop_reg);
	s32 mask = (1 << JUMP_CACHE_BITS) - 1;

	c->v[0] = X_RAX;
	c->v[1] = BACKEND_STOP_LOOKUP;
	/* jump_cache_index() */
	x_mov_rr(x, X_32, X_RCX, X_RAX);
	x_shift_ri(x, XS_SHR, X_32, X_RCX, 13);
	x_alu_rr(x, XA_XOR, X_32, X_RCX, X_RAX);
	x_shift_ri(x, XS_SHL, X_32, X_RCX, 3);
	x_alu_ri(x, XA_AND, X_32, X_RCX, mask << 5);
	x_alu_rm(x, XA_ADD, X_64, X_RCX, CPU_FIELD(jump_cache));
	x_alu_rm(x, XA_CMP, X_64, X_RAX, xm(X_RCX, (s32)offsetof(struct jump_cache, pc)));
	x_jcc(x, XC_NE, c->at);
	x_mov_rm(x, X_64, X_RDX, CPU_FIELD(code_key));
	x_alu_rm(x, XA_CMP, X_64, X_RDX, xm(X_RCX, (s32)offsetof(struct jump_cache, key)));
	x_jcc(x, XC_NE, c->at);
	go_by(j, xm(X_RCX, (s32)offsetof(struct jump_cache, entry)), call);
}

static void cold_probe(struct jit *j, struct jit_cold *c)
{
	probe(j, false);
}

/* rax = pc */
static void go_ind(struct jit *j, const struct ir_insn *i)
{
	struct jit_cold *c;

	if (i->sub == IR_HINT_RET) {
		c = jit_cold_bare(j, cold_probe);
		x_alu_rm(j->x, XA_CMP, X_64, X_RAX, xm(X_RSP, 8));
		x_jcc(j->x, XC_NE, c->at);
		x_ret(j->x);
		return;
	}
	if (pushes(j, i))
		push_return(j, i->imm);
	probe(j, pushes(j, i));
	if (pushes(j, i))
		go_back(j, i->imm);
}

_Static_assert(sizeof(struct jump_cache) == 32, "probe() scales by 32");

void exit_goto_ind(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct jit_cold *c;
	int pc = jit_use_int(j, i->a);

	store_pending(j, i);
	emit_move(j, X_RAX, pc, IR_I);
	if (j->b->config.count || j->unit->single) {
		c = jit_cold_bare(j, cold_stop_reg);
		c->v[0] = X_RAX;
		c->v[1] = BACKEND_STOP_BUDGET;
		if (j->unit->single) {
			x_jmp(j->x, c->at);
			return;
		}
		count_down(j, i, c);
	}
	go_ind(j, i);
}
