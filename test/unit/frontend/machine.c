// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend.h"
#include "cpu/cpu.h"
#include "translator/internal.h"

static u8 *window(struct machine *m, u64 ea, u32 len)
{
	return ea - MEM <= MEM_SIZE - len ? &m->mem[ea - MEM] : NULL;
}

static u32 fault(struct machine *m, u32 code, u64 ea)
{
	cpu_raise(m->s, code, 0);
	m->s->event.ea = ea;
	return code;
}

static u32 transfer(struct machine *m, u64 ea, u32 mem, u128 *value, bool store)
{
	u32 size = 1u << (mem & IR_MEM_SIZE);
	u8 *p = window(m, ea, size);
	u128 v = 0;

	if ((mem & IR_MEM_ALIGN) && (ea & (size - 1)))
		return fault(m, CPU_EXC_ALIGN, ea);
	if (!p)
		return fault(m, CPU_EXC_DSI, ea);
	for (u32 n = 0; n < size; n++) {
		u32 shift = 8 * (mem & IR_MEM_BE ? size - 1 - n : n);

		if (store)
			p[n] = (u8)(*value >> shift);
		else
			v |= (u128)p[n] << shift;
	}
	if (!store) {
		if ((mem & IR_MEM_SIGN) && size < 8)
			v = (u64)bits_sext((u64)v, 8 * size);
		*value = v;
	}
	return 0;
}

static u32 load(struct backend_cpu *cpu, u64 ea, u32 mem, u128 *value)
{
	return transfer(cpu->opaque, ea, mem, value, false);
}

static u32 store(struct backend_cpu *cpu, u64 ea, u32 mem, u128 value)
{
	return transfer(cpu->opaque, ea, mem, &value, true);
}

static u32 larx(struct backend_cpu *cpu, u64 ea, u32 mem, u128 *value)
{
	struct machine *m = cpu->opaque;

	cpu->res_host = (uintptr_t)ea;
	return transfer(m, ea, mem, value, false);
}

static u32 stcx(struct backend_cpu *cpu, u64 ea, u32 mem, u128 value, u64 *stored)
{
	struct machine *m = cpu->opaque;

	*stored = cpu->res_host && cpu->res_host == (uintptr_t)ea;
	cpu->res_host = 0;
	return *stored ? transfer(m, ea, mem, &value, true) : 0;
}

static u32 dcbz(struct backend_cpu *cpu, u64 ea, u32 block)
{
	struct machine *m = cpu->opaque;
	u8 *p = window(m, ea & ~(u64)(block - 1), block);

	if (!p)
		return fault(m, CPU_EXC_DSI, ea);
	memset(p, 0, block);
	return 0;
}

static void fence(struct backend_cpu *cpu, enum ir_fence kind)
{
}

static const struct backend_mem_ops mem_ops = {load, store, larx, stcx, dcbz, fence};

static bool helper_read(struct cpu_state *s, u64 ea, void *buf, u32 len)
{
	u8 *p = window(s->ops_opaque, ea, len);

	if (!p) {
		fault(s->ops_opaque, CPU_EXC_DSI, ea);
		return false;
	}
	memcpy(buf, p, len);
	return true;
}

static bool helper_write(struct cpu_state *s, u64 ea, const void *buf, u32 len)
{
	u8 *p = window(s->ops_opaque, ea, len);

	if (!p) {
		fault(s->ops_opaque, CPU_EXC_DSI, ea);
		return false;
	}
	memcpy(p, buf, len);
	return true;
}

static const struct cpu_mem_ops helper_mem_ops = {.read = helper_read, .write = helper_write};

struct machine *machine_create(const char *model)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct backend_config config;
	size_t frame = (test_backend()->frame_size + 63) & ~63ull;
	struct insn_set set;

	m->model = cpu_model_find(model);
	assert_non_null(m->model);
	set = (struct insn_set){m->model->families, m->model->isa, m->model->facilities};
	assert_true(insn_decoder_init(&m->decoder, &set));
	helper_env_init(&m->env);
	helper_config_init(&config, &m->env);
	config.count = true;
	config.host_level = test_host_level();
	m->passes = IR_PASS_ALL;
	assert_int_equal(test_backend()->create(&config, &m->backend), 0);
	m->frame = aligned_alloc(64, frame + ((sizeof(*m->s) + 63) & ~63ull));
	m->s = (struct cpu_state *)((u8 *)m->frame + frame);
	for (u32 n = 0; n < ARRAY_SIZE(m->tlb); n++)
		m->tlb[n].read_tag = m->tlb[n].write_tag = TLB_NO_TAG;
	machine_reset(m);
	return m;
}

void machine_destroy(struct machine *m)
{
	test_backend()->destroy(m->backend);
	free(m->frame);
	free(m);
}

void machine_reset(struct machine *m)
{
	memset(m->s, 0, sizeof(*m->s));
	m->s->model = m->model;
	m->s->mem_ops = &helper_mem_ops;
	m->s->ops_opaque = m;
	for (u32 n = 0; n < MEM_SIZE; n++)
		m->mem[n] = (u8)(n + 1);
}

static bool fetch(void *opaque, u64 ea, u32 *word)
{
	struct machine *m = opaque;
	u64 n = (ea - m->base) / 4;

	if (n >= m->nr_words)
		return false;
	*word = m->words[n];
	return true;
}

/* What is in m->region. */
static void run_region(struct machine *m, u64 pc, u32 tier, s64 budget)
{
	struct backend_cpu cpu = {.state = (u8 *)m->s,
				  .tlb = m->tlb,
				  .tlb_bits = TLB_PAGE_BITS,
				  .tlb_mask = TLB_PAGE_MASK,
				  .tlb_as1 = m->tlb,
				  .jump_cache = m->jumps,
				  .code_key = 1,
				  .poll = &m->s->wanted,
				  .budget = budget,
				  .res_host = (uintptr_t)m->reserved,
				  .mem = &mem_ops,
				  .opaque = m};
	struct backend_unit unit = {.pc = pc, .tier = tier};
	struct backend_code *code;
	char msg[200] = "";

	m->s->event = (struct cpu_event){0};
	if (ir_verify(&m->region, &m->env, msg, sizeof(msg)))
		fail_msg("%s", msg);
	ir_optimise(&m->region, &m->env, m->passes);
	if (ir_verify(&m->region, &m->env, msg, sizeof(msg)))
		fail_msg("optimised: %s", msg);
	assert_int_equal(test_backend()->compile(m->backend, &m->region, &unit, &code), 0);
	m->stop = test_backend()->run(m->backend, &cpu, code->entry);
	m->reserved = cpu.res_host;
	test_backend()->discard(m->backend, code);
	m->code = cpu.exit_code ? cpu.exit_code : m->s->event.code;
	m->info = cpu.exit_info ? cpu.exit_info : m->s->event.info;
	m->pc = cpu.pc;
	m->executed = (u64)(budget - cpu.budget);
}

static struct tr_ctx context(struct machine *m, u32 mode, u64 base, const u32 *words, u32 count)
{
	m->words = words;
	m->nr_words = count;
	m->base = base;
	return (struct tr_ctx){.r = &m->region,
			       .model = m->model,
			       .decoder = &m->decoder,
			       .mode = mode,
			       .lazy_fp = test_backend()->lazy_fp};
}

void machine_run(struct machine *m, u32 mode, u64 pc, const u32 *words, u32 count)
{
	struct tr_ctx t = context(m, mode, pc, words, count);

	m->bytes = frontend_translate(&t, pc, count, fetch, m);
	run_region(m, pc, 1, 1000);
}

void machine_run_region(struct machine *m, u32 mode, u64 pc, u64 base, const u32 *words, u32 count,
			u32 max_insns, tr_heat_fn *heat, s64 budget)
{
	struct tr_ctx t = context(m, mode, base, words, count);
	struct tr_region_request q = {.fetch = fetch,
				      .heat = heat,
				      .opaque = m,
				      .max_insns = max_insns,
				      .extent = &m->extent};

	assert_true(frontend_translate_region(&t, pc, &q) > 0);
	assert_false(m->region.overflow);
	run_region(m, pc, 2, budget);
}
