// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The C side of the cold paths: leaving through a record, memory operations that missed, calls out
 * of cold code. All registers stand in the frame's save area; what is changed there is what the
 * code goes on with.
 */
#include "backend/x86_64/core.h"
#include "base/string.h"

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

static void evaluate(struct backend_cpu *cpu, struct unpack *u, u64 *result)
{
	u32 count = (u32)unpack_number(u), n, k;

	for (n = 0; n < count; n++) {
		enum ir_opcode op = (enum ir_opcode) * u->p++;
		u64 arg[3];

		for (k = 0; k < 3; k++) {
			struct jit_place p = unpack_place(u);

			arg[k] = (u64)read_node(cpu, &p, result);
		}
		ir_eval(op, arg[0], arg[1], arg[2], &result[n]);
	}
}

/* A pending value may stand in the slot of another one: all are read first. */
static void store_pending(struct backend_cpu *cpu, struct unpack *u, const u64 *node)
{
	u32 count = (u32)unpack_number(u), k;
	struct {
		u32 slot, size;
		u128 value;
	} v[JIT_MAX_PENDING];

	for (k = 0; k < count; k++) {
		struct jit_place from;

		v[k].slot = unpack_pending(u, &from);
		v[k].size = from.type == IR_Q ? 16 : 8;
		v[k].value = read_node(cpu, &from, node);
	}
	for (k = 0; k < count; k++)
		memcpy(cpu->state + v[k].slot, &v[k].value, v[k].size);
}

/* By the record that u stands at. */
static struct record_head leave(struct backend_cpu *cpu, struct unpack *u)
{
	struct record_head h = unpack_record(u);
	u64 node[JIT_MAX_NODES];

	if (h.has_nodes)
		evaluate(cpu, u, node);
	if (h.has_pending)
		store_pending(cpu, u, node);
	cpu->exit_info = h.info;
	cpu->pc = h.pc;
	cpu->budget -= h.icount;
	return h;
}

u64 leave_at(const u8 *at, struct backend_cpu *cpu, struct backend *b)
{
	struct unpack u;
	u8 stop;

	(void)b;
	unpack_begin(&u, at);
	stop = *u.p++;
	cpu->pc = u.pc + (u64)unpack_signed(&u);
	return stop;
}

u64 leave_by_link(const u8 *at, struct backend_cpu *cpu, struct backend *b)
{
	struct unpack u;

	(void)b;
	unpack_begin(&u, at);
	cpu->stop_link = &u.code->links[unpack_number(&u)];
	cpu->pc = cpu->stop_link->pc;
	return BACKEND_STOP_LINK;
}

u64 leave_by_record(const u8 *at, struct backend_cpu *cpu, struct backend *b)
{
	struct record_head h;
	struct unpack u;

	(void)b;
	unpack_begin(&u, at);
	h = leave(cpu, &u);
	if (h.stop == BACKEND_STOP_RECORD)
		h.code = 0;
	else if (h.event)
		h.code = *(const u32 *)(cpu->state + h.code);
	cpu->exit_code = h.code;
	return h.stop;
}

/* What the description of a memory operation says; u stands behind it. */
struct slow {
	u8 bits, mem, regs;
	u32 clear, page, at, len; /* SLOW_CLEAR */
	u128 value;		  /* to store; of DCBZ the block's size */
	const u8 *back;
};

static struct slow unpack_slow(struct unpack *u, struct backend_cpu *cpu)
{
	struct slow d = {.bits = u->p[0], .mem = u->p[1], .regs = u->p[2]};
	u32 op = d.bits & SLOW_OP;

	u->p += 3;
	if (d.bits & SLOW_CLEAR) {
		d.clear = (u32)unpack_number(u);
		d.page = (u32)unpack_number(u);
	}
	if (d.page) {
		d.at = (u32)unpack_number(u);
		d.len = (u32)unpack_number(u);
	}
	if (op == SLOW_ST || op == SLOW_STCX) {
		struct jit_place p = unpack_place(u);

		d.value = read_place(cpu, &p);
	}
	if (op == SLOW_DCBZ)
		d.value = unpack_number(u);
	d.back = u->begin + unpack_number(u);
	return d;
}

static u32 slow_access(const struct slow *d, struct backend_cpu *cpu, u64 ea, u128 *result)
{
	u64 stored = 0;
	u32 code;

	switch (d->bits & SLOW_OP) {
	case SLOW_LD:
		return cpu->mem->load(cpu, ea, d->mem, result);
	case SLOW_ST:
		return cpu->mem->store(cpu, ea, d->mem, d->value);
	case SLOW_LARX:
		return cpu->mem->larx(cpu, ea, d->mem, result);
	case SLOW_STCX:
		code = cpu->mem->stcx(cpu, ea, d->mem, d->value, &stored);
		*result = stored;
		return code;
	case SLOW_DCBZ:
		return cpu->mem->dcbz(cpu, ea, (u32)d->value);
	default:
		cpu->mem->fence(cpu, (enum ir_fence)d->mem);
		return 0;
	}
}

/* The page register, when the range is in the array now. */
static void enter_page(const struct slow *d, struct backend_cpu *cpu, u64 ea)
{
	u64 first = ea - d->at, last = first + d->len - 1, host;
	const struct tlb_fast *f = tlb_fast_at(cpu->tlb, cpu->tlb_bits, last);

	if (((d->bits & SLOW_OP) == SLOW_ST ? f->write_tag : f->read_tag) !=
		    (last & cpu->tlb_mask) ||
	    ((first ^ last) & cpu->tlb_mask))
		return;
	host = f->addend + first;
	memcpy(saved(cpu, (int)d->page - 1), &host, 8);
}

const void *leave_slow(const u8 *at, struct backend_cpu *cpu, struct backend *b)
{
	const u64 zero = 0;
	u128 result = 0;
	struct unpack u;
	struct slow d;
	u64 ea;
	u32 code, reg;

	(void)b;
	unpack_begin(&u, at);
	d = unpack_slow(&u, cpu);
	memcpy(&ea, saved(cpu, d.regs & 15), 8);
	code = slow_access(&d, cpu, ea, &result);
	if (code) {
		leave(cpu, &u);
		cpu->exit_code = code;
		return NULL;
	}
	if (d.bits & SLOW_SWAP)
		result = result << 64 | result >> 64;
	if (d.bits & SLOW_RESULT) {
		enum ir_type type = (enum ir_type)((d.bits & SLOW_TYPE) >> 3);

		reg = (u32)d.regs >> 4 | (type >= IR_F ? JIT_XMM : 0);
		memcpy(saved(cpu, (int)reg), &result, type == IR_Q ? 16 : 8);
	}
	for (reg = 0; reg < JIT_XMM; reg++)
		if (d.clear >> reg & 1)
			memcpy(saved(cpu, (int)reg), &zero, 8);
	if (d.page)
		enter_page(&d, cpu, ea);
	return d.back;
}

typedef u64 call6_fn(u64, u64, u64, u64, u64, u64);

const void *leave_cold(const u8 *at, struct backend_cpu *cpu, struct backend *b)
{
	u128 q[5] __attribute__((aligned(16)));
	u64 arg[6] = {0}, result;
	const struct ir_helper *h;
	u32 n = 0, k = 0, code;
	const u8 *back;
	const char *sig;
	struct unpack u;
	u8 how;

	unpack_begin(&u, at);
	h = &b->config.env->helpers[unpack_number(&u)];
	how = *u.p++;
	sig = h->sig + 1;
	if (h->sig[0] == 'Q')
		arg[n++] = (u64)(uintptr_t)&q[4];
	if (*sig == 'E') {
		arg[n++] = (u64)(uintptr_t)cpu->state;
		sig++;
	}
	for (; *sig && k < 4; sig++, k++) {
		struct jit_place p = unpack_place(&u);

		q[k] = read_place(cpu, &p);
		arg[n++] = *sig == 'Q' ? (u64)(uintptr_t)&q[k] : (u64)q[k];
	}
	back = u.begin + unpack_number(&u);
	result = ((call6_fn *)h->fn)(arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	code = *(const u32 *)(cpu->state + b->config.event_slot);
	if ((how & COLD_LEAVES) && code) {
		leave(cpu, &u);
		cpu->exit_code = code;
		return NULL;
	}
	how &= (u8)~COLD_LEAVES;
	if (h->sig[0] == 'Q')
		memcpy(saved(cpu, how - 1), &q[4], 16);
	else if (h->sig[0] != 'V' && how)
		memcpy(saved(cpu, how - 1), &result, 8);
	return back;
}
