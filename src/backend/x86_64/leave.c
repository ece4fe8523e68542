// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The C side of the cold paths: leaving through a record, memory operations that missed, calls out
 * of cold code. All registers stand in the frame's save area; what is changed there is what the
 * code goes on with.
 */
#include "backend/x86_64/core.h"
#include "base/string.h"

/* Behind a call instruction, so wherever that ends. */
static s32 offset_at(const s32 *rel)
{
	s32 v;

	memcpy(&v, rel, sizeof(v));
	return v;
}

static u8 *saved(struct backend_cpu *cpu, int reg)
{
	s32 at = reg < JIT_XMM ? JIT_SAVE_GPR + 8 * reg : JIT_SAVE_XMM + 16 * (reg - JIT_XMM);

	return cpu->state + at;
}

/* node: results of the record's nodes */
static u128 read_node(struct backend_cpu *cpu, const struct jit_place *p, const u64 *node)
{
	u128 v = 0;

	switch (p->kind) {
	case PLACE_NODE:
		return node[p->index];
	case PLACE_CONST:
		return p->imm;
	case PLACE_REG:
		memcpy(&v, saved(cpu, p->index), p->type == IR_Q ? 16 : 8);
		return v;
	default:
		memcpy(&v, cpu->state + p->index, p->type == IR_Q ? 16 : 8);
		return v;
	}
}

static u128 read_place(struct backend_cpu *cpu, const struct jit_place *p)
{
	return read_node(cpu, p, NULL);
}

static void evaluate(struct backend_cpu *cpu, const struct jit_record *rec, u64 *result)
{
	const struct jit_node *node = jit_nodes(rec);
	u32 n;

	for (n = 0; n < rec->nr_nodes; n++)
		ir_eval((enum ir_opcode)node[n].op, (u64)read_node(cpu, &node[n].arg[0], result),
			(u64)read_node(cpu, &node[n].arg[1], result),
			(u64)read_node(cpu, &node[n].arg[2], result), &result[n]);
}

/* A pending value may stand in the slot of another one: all are read first. */
static void store_pending(struct backend_cpu *cpu, const struct jit_record *rec)
{
	u64 node[JIT_MAX_NODES];
	u128 value[64];
	u32 n, k, from;

	evaluate(cpu, rec, node);
	for (from = 0; from < rec->count; from += n) {
		n = rec->count - from;
		if (n > ARRAY_SIZE(value))
			n = ARRAY_SIZE(value);
		for (k = 0; k < n; k++)
			value[k] = read_node(cpu, &rec->pending[from + k].from, node);
		for (k = 0; k < n; k++) {
			const struct jit_pending *p = &rec->pending[from + k];

			memcpy(cpu->state + p->slot, &value[k], p->from.type == IR_Q ? 16 : 8);
		}
	}
}

static void leave(struct backend_cpu *cpu, const struct jit_record *rec, u32 code)
{
	store_pending(cpu, rec);
	cpu->exit_code = code;
	cpu->exit_info = rec->info;
	cpu->pc = rec->pc;
	cpu->budget -= rec->icount;
}

u64 leave_by_record(const s32 *rel, struct backend_cpu *cpu)
{
	const struct jit_record *rec =
		(const struct jit_record *)((const u8 *)rel + offset_at(rel));
	u32 code = rec->code;

	if (rec->event)
		code = *(const u32 *)(cpu->state + rec->code);
	leave(cpu, rec, rec->stop == BACKEND_STOP_RECORD ? 0 : code);
	return rec->stop;
}

static u32 slow_access(const struct jit_slow *d, struct backend_cpu *cpu, u64 ea, u128 *result)
{
	u64 stored = 0;
	u32 code;

	switch (d->op) {
	case IR_LD:
		return cpu->mem->load(cpu, ea, d->mem, result);
	case IR_ST:
		return cpu->mem->store(cpu, ea, d->mem, read_place(cpu, &d->value));
	case IR_LARX:
		return cpu->mem->larx(cpu, ea, d->mem, result);
	case IR_STCX:
		code = cpu->mem->stcx(cpu, ea, d->mem, read_place(cpu, &d->value), &stored);
		*result = stored;
		return code;
	case IR_DCBZ:
		return cpu->mem->dcbz(cpu, ea, (u32)d->value.imm);
	default:
		cpu->mem->fence(cpu, (enum ir_fence)d->mem);
		return 0;
	}
}

const void *leave_slow(const s32 *rel, struct backend_cpu *cpu)
{
	const struct jit_slow *d = (const struct jit_slow *)((const u8 *)rel + offset_at(rel));
	u64 ea = 0;
	u128 result = 0;
	u32 code;

	if (d->op != IR_FENCE)
		memcpy(&ea, saved(cpu, d->ea), 8);
	code = slow_access(d, cpu, ea, &result);
	if (code) {
		leave(cpu, (const struct jit_record *)((const u8 *)&d->record + d->record), code);
		return NULL;
	}
	if (d->result >= 0)
		memcpy(saved(cpu, d->result), &result, d->type == IR_Q ? 16 : 8);
	return (const u8 *)&rel[1] + offset_at(&rel[1]);
}

typedef u64 call6_fn(u64, u64, u64, u64, u64, u64);

const void *leave_cold(const s32 *rel, struct backend_cpu *cpu)
{
	const struct jit_cold_desc *d =
		(const struct jit_cold_desc *)((const u8 *)rel + offset_at(rel));
	u128 q[5] __attribute__((aligned(16)));
	u64 arg[6] = {0}, result;
	u32 n = 0, k = 0;
	const char *sig = d->sig + 1;

	if (d->sig[0] == 'Q')
		arg[n++] = (u64)(uintptr_t)&q[4];
	if (*sig == 'E') {
		arg[n++] = (u64)(uintptr_t)cpu->state;
		sig++;
	}
	for (; *sig && k < 4; sig++, k++) {
		q[k] = read_place(cpu, &d->arg[k]);
		arg[n++] = *sig == 'Q' ? (u64)(uintptr_t)&q[k] : (u64)q[k];
	}
	result = ((call6_fn *)d->fn)(arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	if (d->event_slot && *(const u32 *)(cpu->state + d->event_slot)) {
		leave(cpu, (const struct jit_record *)((const u8 *)&d->record + d->record),
		      *(const u32 *)(cpu->state + d->event_slot));
		return NULL;
	}
	if (d->sig[0] == 'Q')
		memcpy(saved(cpu, d->result), &q[4], 16);
	else if (d->sig[0] != 'V' && d->result >= 0)
		memcpy(saved(cpu, d->result), &result, 8);
	return (const u8 *)&rel[1] + offset_at(&rel[1]);
}
