// SPDX-License-Identifier: GPL-2.0-or-later
/* A processor in problem state with a flat window of memory: every access goes through the slow
 * callbacks, so what is compared is the front end, the optimiser and the back end. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "cpu/cpu.h"
#include "cpu/mem.h"
#include "frontend/frontend.h"
#include "isa/decode.h"
#include "isa/fpscr.h"
#include "isa/msr.h"
#include "ours.h"
#include "translator/internal.h"

struct diff_ours {
	const struct cpu_model *model;
	struct insn_decoder decoder;
	struct ir_env env;
	struct backend *backend;
	struct backend_cpu bcpu;
	struct tlb_fast tlb[1 << TLB_BITS];
	struct jump_cache jumps[1 << JUMP_CACHE_BITS];
	struct ir_region region;
	struct cpu_state *s;
	void *frame;
	bool little_endian;
	struct diff_engine engine;
	const struct backend_ops *ops;
	u64 records_left, runs;
	const struct diff_case *c;
	u8 *mem; /* DIFF_MEM_MAP bytes */
};

static u8 *window(struct diff_ours *o, u64 ea, u32 len)
{
	if (ea < DIFF_MEM_BASE || ea >= DIFF_MEM_BASE + DIFF_MEM_MAP ||
	    len > DIFF_MEM_BASE + DIFF_MEM_MAP - ea)
		return NULL;
	return &o->mem[ea - DIFF_MEM_BASE];
}

static u32 raise_event(struct diff_ours *o, u32 code)
{
	cpu_raise(o->s, code, 0);
	return code;
}

static u32 transfer(struct diff_ours *o, u64 ea, u32 mem, u128 *value, bool store)
{
	u32 size = 1u << (mem & IR_MEM_SIZE), n;
	u8 *p = window(o, ea, size);
	u128 v = 0;

	if ((mem & IR_MEM_ALIGN) && ea & (size - 1))
		return raise_event(o, CPU_EXC_ALIGN);
	if (!p)
		return raise_event(o, CPU_EXC_DSI);
	for (n = 0; n < size; n++) {
		u32 shift = 8 * (mem & IR_MEM_BE ? size - 1 - n : n);

		if (store)
			p[n] = (u8)(*value >> shift);
		else
			v |= (u128)p[n] << shift;
	}
	if (!store) {
		if ((mem & IR_MEM_SIGN) && size < 8)
			v = (u64)((s64)((u64)v << (64 - 8 * size)) >> (64 - 8 * size));
		*value = v;
	}
	return 0;
}

static u32 mem_load(struct backend_cpu *cpu, u64 ea, u32 mem, u128 *value)
{
	return transfer(cpu->opaque, ea, mem, value, false);
}

static u32 mem_store(struct backend_cpu *cpu, u64 ea, u32 mem, u128 value)
{
	return transfer(cpu->opaque, ea, mem, &value, true);
}

static u32 mem_larx(struct backend_cpu *cpu, u64 ea, u32 mem, u128 *value)
{
	struct diff_ours *o = cpu->opaque;
	u32 code = transfer(o, ea, mem | IR_MEM_ALIGN, value, false);

	if (!code) {
		u32 size = 1u << (mem & IR_MEM_SIZE);

		cpu->res_host = (uintptr_t)window(o, ea, size);
		cpu->res_size = size;
		memcpy(&cpu->res_value, (const void *)cpu->res_host, size);
	}
	return code;
}

static u32 mem_stcx(struct backend_cpu *cpu, u64 ea, u32 mem, u128 value, u64 *stored)
{
	struct diff_ours *o = cpu->opaque;
	u32 size = 1u << (mem & IR_MEM_SIZE), code = 0;

	if (ea & (size - 1))
		return raise_event(o, CPU_EXC_ALIGN);
	*stored = cpu->res_host && cpu->res_host == (uintptr_t)window(o, ea, size) &&
		  cpu->res_size == size &&
		  !memcmp(&cpu->res_value, (const void *)cpu->res_host, size);
	if (*stored)
		code = transfer(o, ea, mem, &value, true);
	else if (!window(o, ea, size))
		code = raise_event(o, CPU_EXC_DSI);
	cpu->res_host = 0;
	return code;
}

static u32 mem_dcbz(struct backend_cpu *cpu, u64 ea, u32 block)
{
	struct diff_ours *o = cpu->opaque;
	u8 *p = window(o, ea & ~(u64)(block - 1), block);

	if (!p)
		return raise_event(o, CPU_EXC_DSI);
	memset(p, 0, block);
	return 0;
}

static void mem_fence(struct backend_cpu *cpu, enum ir_fence kind)
{
	(void)cpu;
	(void)kind;
}

static const struct backend_mem_ops mem_ops = {mem_load, mem_store, mem_larx,
					       mem_stcx, mem_dcbz,  mem_fence};

static bool helper_read(struct cpu_state *s, u64 ea, void *buf, u32 len)
{
	struct diff_ours *o = s->ops_opaque;
	u8 *p = window(o, ea, len);

	if (!p)
		return raise_event(o, CPU_EXC_DSI), false;
	memcpy(buf, p, len);
	return true;
}

static bool helper_write(struct cpu_state *s, u64 ea, const void *buf, u32 len)
{
	struct diff_ours *o = s->ops_opaque;
	u8 *p = window(o, ea, len);

	if (!p)
		return raise_event(o, CPU_EXC_DSI), false;
	memcpy(p, buf, len);
	return true;
}

static bool fetch(void *opaque, u64 ea, u32 *word)
{
	const struct diff_case *c = ((struct diff_ours *)opaque)->c;

	if (ea < DIFF_CODE || ea >= DIFF_CODE + 4ull * c->words)
		return false;
	*word = c->code[(ea - DIFF_CODE) / 4];
	return true;
}

struct diff_ours *diff_ours_create(const struct cpu_model *model, bool little_endian,
				   const struct diff_engine *engine)
{
	static const struct cpu_mem_ops helper_mem = {.read = helper_read, .write = helper_write};
	static _Atomic u32 never;
	struct diff_ours *o = calloc(1, sizeof(*o));
	const struct insn_set set = {model->families, model->isa, model->facilities};
	struct backend_config config;
	size_t frame = (engine->backend->frame_size + 63) & ~(size_t)63, n;

	o->model = model;
	o->little_endian = little_endian;
	o->engine = *engine;
	o->ops = engine->backend;
	o->mem = aligned_alloc(DIFF_MEM, DIFF_MEM_MAP);
	helper_env_init(&o->env);
	helper_config_init(&config, &o->env);
	config.leave_at_records = engine->leave_at_records;
	config.host_level = engine->host_level;
	if (!o->mem || !insn_decoder_init(&o->decoder, &set) ||
	    o->ops->create(&config, &o->backend))
		abort();
	o->frame = aligned_alloc(64, (frame + sizeof(struct cpu_state) + 63) & ~(size_t)63);
	o->s = (void *)((u8 *)o->frame + frame);
	for (n = 0; n < ARRAY_SIZE(o->tlb); n++)
		o->tlb[n] = (struct tlb_fast){.read_tag = TLB_NO_TAG, .write_tag = TLB_NO_TAG};
	memset(o->frame, 0, frame + sizeof(struct cpu_state));
	cpu_reset(o->s, model);
	o->s->ops_opaque = o;
	o->s->mem_ops = &helper_mem;
	o->bcpu = (struct backend_cpu){.state = (u8 *)o->s,
				       .tlb = o->tlb,
				       .tlb_bits = TLB_PAGE_BITS,
				       .tlb_mask = TLB_PAGE_MASK,
				       .tlb_as1 = o->tlb,
				       .jump_cache = o->jumps,
				       .code_key = 1,
				       .poll = &never,
				       .mem = &mem_ops,
				       .opaque = o};
	return o;
}

void diff_ours_destroy(struct diff_ours *o)
{
	o->ops->destroy(o->backend);
	free(o->mem);
	free(o->frame);
	free(o);
}

/* Bits of MSR that this case does without. */
static u64 msr_off(const struct diff_ours *o)
{
	static const u64 facility[] = {MSR_VSX, MSR_VEC, MSR_FP};
	static const u64 fe[] = {MSR_FE0 | MSR_FE1, MSR_FE0 | MSR_FE1, MSR_FE1, 0};
	const u32 n = o->c->mem_seed >> 20 & 31;
	u64 off = o->engine.narrow ? MSR_SF : 0;

	if (o->engine.vary_msr)
		off |= fe[o->c->mem_seed >> 16 & 3] | (n < ARRAY_SIZE(facility) ? facility[n] : 0);
	return off;
}

static void load_state(struct diff_ours *o, const struct diff_state *in)
{
	struct cpu_state *s = o->s;
	int n;

	memcpy(s->gpr, in->gpr, sizeof(s->gpr));
	cpu_set_cr(s, (u32)in->cr);
	cpu_set_xer(s, in->xer);
	s->lr = in->lr;
	s->ctr = in->ctr;
	s->fpscr = fpscr_summarise(in->fpscr & FPSCR_WRITABLE);
	s->vscr_sat = in->vscr & 1;
	s->vscr_nj = in->vscr >> 16 & 1;
	s->vrsave = in->vrsave;
	s->tar = in->tar;
	for (n = 0; n < 64; n++) {
		VD(&s->vsr[n], 0) = in->vsr[n][0];
		VD(&s->vsr[n], 1) = in->vsr[n][1];
	}
	s->event.code = 0;
	s->spr[SPR_FSCR] = 1 << 8; /* TAR */
	s->msr = MSR_SF | MSR_PR | MSR_FP | MSR_VEC | MSR_VSX | MSR_FE0 | MSR_FE1 | MSR_EE |
		 (o->little_endian ? MSR_LE : 0);
	s->msr &= ~msr_off(o);
}

static void store_state(const struct diff_ours *o, struct diff_state *out)
{
	const struct cpu_state *s = o->s;
	int n;

	memset(out, 0, sizeof(*out));
	memcpy(out->gpr, s->gpr, sizeof(s->gpr));
	out->cr = cpu_get_cr(s);
	out->xer = cpu_get_xer(s);
	out->lr = s->lr;
	out->ctr = s->ctr;
	out->fpscr = s->fpscr;
	out->vscr = s->vscr_nj << 16 | s->vscr_sat;
	out->vrsave = s->vrsave;
	out->tar = s->tar;
	out->pc = s->pc;
	for (n = 0; n < 64; n++) {
		out->vsr[n][0] = VD(&s->vsr[n], 0);
		out->vsr[n][1] = VD(&s->vsr[n], 1);
	}
}

/* The signal that Linux makes of an interrupt. */
static u64 signal_of(u32 code, u64 info)
{
	switch (code) {
	case CPU_EXC_PROGRAM:
		return info & CPU_PROG_TRAP ? SIGTRAP : info & CPU_PROG_FP ? SIGFPE : SIGILL;
	case CPU_EXC_DSI:
	case CPU_EXC_ISI:
		return SIGSEGV;
	case CPU_EXC_ALIGN:
		return SIGBUS;
	default:
		return SIGILL;
	}
}

/* From pc into o->region; the tier to compile it in, 0: there is nothing. */
static u32 translate(struct diff_ours *o, struct tr_ctx *c, u64 pc, u32 max)
{
	struct tr_extent extent;
	const struct tr_region_request q = {
		.fetch = fetch, .opaque = o, .max_insns = max, .extent = &extent};
	const enum diff_shape shape = o->engine.shape;
	const u32 kind = shape == DIFF_MIXED ? o->c->mem_seed >> 8 & 3 : 2 * shape;

	if (kind > 1)
		return frontend_translate_region(c, pc, &q) ? 2 : 0;
	return frontend_translate(c, pc, max, fetch, o) ? 1 + kind : 0;
}

/* Half of the cases leave at every record, the others at one of the next four each time. */
static u32 record_count(struct diff_ours *o)
{
	const u64 n = o->runs++;

	return !o->engine.leave_at_records ? 0 : o->c->mem_seed >> 20 & 1 ? 1 : 1 + (n & 3);
}

/* One region of at most max instructions; false when the case is over. */
static bool step(struct diff_ours *o, u32 max, u64 *signal)
{
	struct cpu_state *s = o->s;
	u64 done = (s->pc - DIFF_CODE) / 4;
	struct tr_ctx c = {
		.r = &o->region,
		.model = o->model,
		.decoder = &o->decoder,
		.mode = cpu_mode(s),
		.lazy_fp = o->ops->lazy_fp,
	};
	struct backend_unit unit = {.pc = s->pc};
	struct backend_code *code;
	enum backend_stop stop;
	char msg[128];

	if (s->pc < DIFF_CODE || done >= o->c->words)
		return false;
	if (max > o->c->words - done)
		max = (u32)(o->c->words - done);
	unit.tier = translate(o, &c, s->pc, max);
	if (!unit.tier)
		return false;
	if (ir_verify(&o->region, &o->env, msg, sizeof(msg))) {
		fprintf(stderr, "IR of %s: %s\n", c.insn.row ? c.insn.row->name : "?", msg);
		*signal = 99;
		return false;
	}
	ir_optimise(&o->region, &o->env, o->engine.passes);
	if (ir_verify(&o->region, &o->env, msg, sizeof(msg)) ||
	    o->ops->compile(o->backend, &o->region, &unit, &code)) {
		fprintf(stderr, "optimised IR of %s: %s\n", c.insn.row ? c.insn.row->name : "?",
			msg);
		*signal = 99;
		return false;
	}
	/* At one of the next records: one whose instruction stands first in its region is none, so
	 * every region gets on. */
	o->bcpu.budget = 1 << 20;
	o->bcpu.record_count = record_count(o);
	stop = o->ops->run(o->backend, &o->bcpu, code->entry);
	o->ops->discard(o->backend, code);
	o->records_left += stop == BACKEND_STOP_RECORD;
	s->pc = o->bcpu.pc;
	if (stop != BACKEND_STOP_LEAVE)
		return true;
	if (o->bcpu.exit_code > CPU_EXIT_NONE && o->bcpu.exit_code < CPU_EXC_LAST) {
		*signal = signal_of(o->bcpu.exit_code,
				    s->event.code ? s->event.info : o->bcpu.exit_info);
		return false;
	}
	s->event.code = 0;
	return true;
}

static void start(struct diff_ours *o, const struct diff_case *c)
{
	u64 ea;

	o->c = c;
	memset(o->mem, 0, DIFF_MEM_MAP);
	for (ea = DIFF_MEM_BASE; ea < DIFF_MEM_BASE + DIFF_MEM_MAP && o->engine.fast_memory;
	     ea += 1 << TLB_PAGE_BITS) {
		const u64 tag = c->mem_seed >> (ea >> TLB_PAGE_BITS & 1) & 2 ? ea : TLB_NO_TAG;

		*tlb_fast_at(o->tlb, TLB_PAGE_BITS, ea) = (struct tlb_fast){
			.read_tag = tag,
			.write_tag = tag,
			.addend = (uintptr_t)o->mem - DIFF_MEM_BASE,
		};
	}
	o->bcpu.res_host = 0;
}

static void finish(const struct diff_ours *o, struct diff_result *r, u64 signal)
{
	store_state(o, &r->state);
	r->state.signal = signal;
	memcpy(r->mem, &o->mem[DIFF_WINDOW - DIFF_MEM_BASE], DIFF_MEM);
}

void diff_ours_run(struct diff_ours *o, const struct diff_case *c, u32 max, struct diff_result *r)
{
	u64 signal = 0;

	start(o, c);
	diff_fill(&o->mem[DIFF_WINDOW - DIFF_MEM_BASE], c->mem_seed);
	load_state(o, &c->state);
	o->s->pc = DIFF_CODE;
	while (step(o, max, &signal))
		;
	finish(o, r, signal);
}

void diff_ours_walk(struct diff_ours *o, const struct diff_case *c)
{
	start(o, c);
}

u32 diff_ours_step(struct diff_ours *o, u32 index, const struct diff_result *before,
		   struct diff_result *after)
{
	const u64 pc = DIFF_CODE + 4ull * index;
	u64 signal = 0;

	memcpy(&o->mem[DIFF_WINDOW - DIFF_MEM_BASE], before->mem, DIFF_MEM);
	load_state(o, &before->state);
	o->s->pc = pc;
	while (o->s->pc == pc && step(o, 1, &signal))
		;
	finish(o, after, signal);
	return (u32)((o->s->pc - DIFF_CODE) / 4);
}

void diff_ours_forget(struct diff_ours *o)
{
	o->bcpu.res_host = 0;
}

u64 diff_ours_records(const struct diff_ours *o)
{
	return o->records_left;
}
