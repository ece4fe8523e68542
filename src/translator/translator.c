// SPDX-License-Identifier: GPL-2.0-or-later
/* Creation and the calls that come from outside a CPU's thread. */
#include "translator/translator.h"

#include <errno.h>

#include "base/log.h"
#include "base/string.h"
#include "isa/model.h"
#include "translator/internal.h"

static void *mem_map(void *opaque, u64 ra, u64 len)
{
	struct translator *t = opaque;
	struct translator_ram ram;

	if (!t->config.host->ram(t->config.host->opaque, ra, &ram) || ram.len < len)
		return NULL;
	return ram.host;
}

static void mem_written(void *opaque, u64 ra, u64 len)
{
	translator_memory_written(opaque, ra, len);
}

static const struct mmu_mem_ops translator_mem = {.map = mem_map, .written = mem_written};

/* All that the code cache takes stays below that, with what else the translator needs below
 * 256 MiB. */
enum { DEFAULT_CACHE = 208 << 20, FIXED_CODE = 64 << 10 /* the back end's own */ };

int translator_create(const struct translator_config *config, struct translator **out)
{
	struct translator *t = os_alloc(sizeof(*t));
	struct backend_config bc;
	int ret = -ENOMEM;

	if (!t)
		return -ENOMEM;
	t->config = *config;
	if (!t->config.cache_bytes)
		t->config.cache_bytes = DEFAULT_CACHE;
	atomic_init(&t->tlb_bits, LARGE_BITS);
	t->env.mem = (struct mmu_mem){.ops = &translator_mem, .opaque = t};
	helper_env_init(&t->ir_env);
	helper_config_init(&bc, &t->ir_env);
	bc.leave_at_records = config->leave_at_records;
	bc.count = config->count || config->icount_insns || config->stop_at;
	bc.stats = config->stats;
	bc.poll_in_state = true;
	bc.poll_slot = (u32)offsetof(struct cpu_state, wanted);
	bc.host_level = config->host_level;
	bc.code_bytes = t->config.cache_bytes + FIXED_CODE;
	bc.code_log = config->code_log;
	t->ir = os_alloc(sizeof(*t->ir));
	t->timers = os_timers_create();
	t->host_cpus = os_cpu_count();
	if (!t->ir || !t->timers)
		goto fail;
	ret = config->backend->create(&bc, &t->backend);
	if (ret)
		goto fail;
	ret = cache_init(&t->cache, t->config.cache_bytes);
	if (ret)
		goto fail_backend;
	ret = tier_init(t);
	if (ret)
		goto fail_cache;
	*out = t;
	return 0;
fail_cache:
	cache_destroy(t);
fail_backend:
	config->backend->destroy(t->backend);
fail:
	os_timers_destroy(t->timers);
	os_free(t->ir);
	os_free(t);
	return ret;
}

void translator_destroy(struct translator *t)
{
	if (!t)
		return;
	tier_destroy(t);
	cache_destroy(t);
	t->config.backend->destroy(t->backend);
	os_timers_destroy(t->timers);
	os_free(t->ir);
	os_free(t);
}

/* Guest state with the back end's frame before it. */
static int make_state(struct translator_cpu *cpu)
{
	size_t frame = (cpu->t->config.backend->frame_size + 63) & ~(size_t)63;

	cpu->frame = os_alloc_aligned(frame + sizeof(struct cpu_state), 64);
	if (!cpu->frame)
		return -ENOMEM;
	cpu->s = (struct cpu_state *)((u8 *)cpu->frame + frame);
	return 0;
}

int translator_cpu_create(struct translator *t, u32 index, const struct cpu_model *model,
			  struct translator_cpu **out)
{
	struct insn_set set = {
		.families = model->families,
		.isa_level = model->isa,
		.facilities = model->facilities,
	};
	struct translator_cpu *cpu;

	if (index >= MAX_CPUS || t->cpu[index])
		return -EINVAL;
	cpu = os_alloc(sizeof(*cpu));
	if (!cpu)
		return -ENOMEM;
	cpu->t = t;
	cpu->index = index;
	cpu->model = model;
	if (!(model->families & FAM_BOOK3S64))
		atomic_store(&t->tlb_bits, TLB_PAGE_BITS);
	cpu->ir = os_alloc(sizeof(*cpu->ir));
	if (!cpu->ir || make_state(cpu) || tlb_init(cpu) ||
	    !insn_decoder_init(&cpu->decoder, &set)) {
		tlb_destroy(cpu);
		os_free(cpu->ir);
		os_free(cpu->frame);
		os_free(cpu);
		return -ENOMEM;
	}
	if (t->config.stats)
		cpu->be.helper_calls = os_alloc(t->ir_env.nr_helpers * sizeof(u64));
	os_mutex_init(&cpu->queue_lock);
	os_wake_init(&cpu->wake);
	atomic_init(&cpu->epoch, ~0ull);
	cpu->s->model = model;
	cpu->s->cpu_index = index;
	ops_init(cpu);
	cpu->be.state = (u8 *)cpu->s;
	cpu->be.poll = &cpu->s->wanted;
	cpu->be.mem = &memory_ops;
	cpu->be.opaque = cpu;
	cpu_reset(cpu->s, model);
	os_mutex_lock(&t->cache.lock);
	t->model = model;
	t->decoder = cpu->decoder;
	t->cpu[index] = cpu;
	if (t->nr_cpus <= index)
		t->nr_cpus = index + 1;
	os_mutex_unlock(&t->cache.lock);
	*out = cpu;
	return 0;
}

void translator_cpu_destroy(struct translator_cpu *cpu)
{
	if (!cpu)
		return;
	os_timer_cancel(&cpu->timer);
	os_mutex_lock(&cpu->t->cache.lock);
	cpu->t->cpu[cpu->index] = NULL;
	os_mutex_unlock(&cpu->t->cache.lock);
	os_free(cpu->be.helper_calls);
	os_mutex_destroy(&cpu->queue_lock);
	tlb_destroy(cpu);
	os_free(cpu->ir);
	os_free(cpu->frame);
	os_free(cpu);
}

struct cpu_state *translator_cpu_state(struct translator_cpu *cpu)
{
	return cpu->s;
}

struct translator_cpu *translator_cpu_at(struct translator *t, u32 index)
{
	return index < t->nr_cpus ? t->cpu[index] : NULL;
}

struct translator_mmio *translator_mmio(struct translator_cpu *cpu)
{
	return &cpu->step[cpu->mmio_done].access;
}

u64 translator_stop_info(const struct translator_cpu *cpu)
{
	return cpu->stop_info;
}

void translator_cpu_cancel(struct translator_cpu *cpu)
{
	cpu->mmio_wait = false;
	cpu->mmio_done = 0;
	cpu->s->event.code = 0;
	cpu->registers_changed = true;
}

void translator_registers_changed(struct translator_cpu *cpu)
{
	cpu->registers_changed = true;
}

void translator_single_step(struct translator_cpu *cpu, bool on)
{
	cpu->single_step = on;
}

void translator_wake(struct translator_cpu *cpu)
{
	atomic_store(&cpu->s->wanted, 1);
	if (!atomic_load(&cpu->running))
		atomic_store(&cpu->woken_at, os_clock_ns());
	os_wake_signal(&cpu->wake);
}

void translator_kick(struct translator_cpu *cpu)
{
	atomic_store(&cpu->kicked, 1);
	translator_wake(cpu);
}

void translator_set_irq(struct translator_cpu *cpu, enum cpu_irq irq, bool level)
{
	cpu_post_irq(cpu->s, irq, level);
	if (level)
		translator_wake(cpu);
}

void translator_memory_written(struct translator *t, u64 ra, u64 len)
{
	u64 left = len, at = ra, n;

	for (; left; left -= n, at += n) {
		n = (1 << TLB_PAGE_BITS) - (at & ~TLB_PAGE_MASK);
		if (n > left)
			n = left;
		cache_stored(t, at, n);
	}
	if (len)
		t->config.host->dirty(t->config.host->opaque, ra, len);
}

static void flush_all(struct translator *t, struct translator_cpu *self,
		      const struct flush_request *f)
{
	u32 k;

	for (k = 0; k < t->nr_cpus; k++) {
		if (!t->cpu[k])
			continue;
		if (t->cpu[k] == self)
			tlb_apply(self, f);
		else
			tlb_request(t->cpu[k], f);
	}
	tlb_wait(t, self);
}

void translator_flush(struct translator *t, bool code)
{
	if (code) {
		os_mutex_lock(&t->cache.lock);
		cache_flush(t);
		os_mutex_unlock(&t->cache.lock);
	}
	flush_all(t, NULL, &(struct flush_request){.kind = FLUSH_EVERYTHING});
}

void translator_flush_guest(struct translator *t, struct translator_cpu *cpu,
			    const struct cpu_flush *f)
{
	flush_all(t, cpu, &(struct flush_request){.kind = FLUSH_GUEST, .guest = *f});
}

struct mmu_env *translator_mmu_env(struct translator *t)
{
	return &t->env;
}

bool translator_debug_translate(struct translator_cpu *cpu, u64 ea, u64 *ra)
{
	static const u32 kinds[] = {MMU_LOAD, MMU_FETCH};
	u32 mode = cpu_mode(cpu->s), k;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		bool reloc = mode & (kinds[k] == MMU_FETCH ? MODE_IR : MODE_DR);
		struct mmu_result r;

		if (!mmu_translate(cpu->s, &cpu->t->env, ea,
				   kinds[k] | MMU_QUIET | (reloc ? MMU_RELOC : 0) |
					   (mode & MODE_PR ? MMU_PR : 0) |
					   (mode & MODE_HV ? MMU_HV : 0) |
					   (mode & MODE_SF ? 0 : MMU_32),
				   &r)) {
			*ra = r.ra;
			return true;
		}
	}
	return false;
}

static const char *const exit_names[CPU_EXIT_CODES] = {
	[CPU_EXIT_NONE] = "other",
	[CPU_EXC_PROGRAM] = "program",
	[CPU_EXC_SC] = "sc",
	[CPU_EXC_SCV] = "scv",
	[CPU_EXC_DSI] = "dsi",
	[CPU_EXC_DSEG] = "dseg",
	[CPU_EXC_ISI] = "isi",
	[CPU_EXC_ISEG] = "iseg",
	[CPU_EXC_ALIGN] = "align",
	[CPU_EXC_FP_UNAVAIL] = "fp_unavail",
	[CPU_EXC_VEC_UNAVAIL] = "vec_unavail",
	[CPU_EXC_VSX_UNAVAIL] = "vsx_unavail",
	[CPU_EXC_FAC_UNAVAIL] = "fac_unavail",
	[CPU_EXC_TRACE] = "trace",
	[CPU_EXC_DTLB] = "dtlb",
	[CPU_EXC_ITLB] = "itlb",
	[CPU_EXIT_RESYNC] = "resync",
	[CPU_EXIT_HCALL] = "hcall",
	[CPU_EXIT_MMIO] = "mmio",
	[CPU_EXIT_IDLE] = "idle",
	[CPU_EXIT_WANTED] = "wanted",
};

static const char *const flush_names[CPU_FLUSH_KINDS] = {
	[CPU_FLUSH_ALL] = "all",
	[CPU_FLUSH_REGISTERS] = "registers",
	[CPU_FLUSH_PID] = "pid",
	[CPU_FLUSH_PID_PAGE] = "pid_page",
	[CPU_FLUSH_VPN] = "vpn",
	[CPU_FLUSH_SEGMENT] = "segment",
	[CPU_FLUSH_SEGMENTS] = "segments",
	[CPU_FLUSH_CONTEXT] = "context",
	[CPU_FLUSH_KEYS] = "keys",
	[CPU_FLUSH_PWC] = "pwc",
	[CPU_FLUSH_EA] = "ea",
};

static void count_named(const char *prefix, const char *name, u64 value, translator_stat_fn *fn,
			void *opaque)
{
	char text[64];

	if (!value)
		return;
	log_format(text, sizeof(text), "%s%s", prefix, name ? name : "unnamed");
	fn(opaque, text, value);
}

static void vm_stats(struct translator *t, translator_stat_fn *fn, void *opaque)
{
	const struct code_cache *c = &t->cache;

	fn(opaque, "code.regions", c->nr_regions);
	fn(opaque, "code.bytes", c->bytes);
	fn(opaque, "code.bytes.most", c->most_bytes);
	fn(opaque, "code.bytes.code", c->code_bytes);
	fn(opaque, "code.bytes.regions", c->bytes - c->code_bytes - c->table_bytes);
	fn(opaque, "code.bytes.tables", c->table_bytes);
	fn(opaque, "code.bytes.retired", c->retired_bytes);
	fn(opaque, "code.translated", c->translated);
	fn(opaque, "code.invalidated", c->invalidated);
	fn(opaque, "code.evicted", c->evicted);
	fn(opaque, "code.evictions", c->evictions);
	fn(opaque, "code.flushes", c->flushes);
	fn(opaque, "tlb.granule_bits", atomic_load(&t->tlb_bits));
	fn(opaque, "tier1.insns", t->insns);
	fn(opaque, "tier1.ns", t->ns);
	fn(opaque, "tier2.regions", t->tier2.regions);
	fn(opaque, "tier2.insns", t->tier2.insns);
	fn(opaque, "tier2.ns", t->tier2.ns);
	fn(opaque, "tier2.discarded", t->tier2.discarded);
	fn(opaque, "tier2.helped", atomic_load(&t->tier2.helped));
}

void translator_stats(struct translator *t, struct translator_cpu *cpu, translator_stat_fn *fn,
		      void *opaque)
{
	const struct cpu_stats *s;
	u32 k;

	if (!cpu) {
		os_mutex_lock(&t->cache.lock);
		vm_stats(t, fn, opaque);
		os_mutex_unlock(&t->cache.lock);
		return;
	}
	s = &cpu->stats;
	fn(opaque, "instructions", ops_executed(cpu));
	fn(opaque, "instructions.interpreted",
	   t->config.backend->interprets ? ops_executed(cpu) : 0);
	fn(opaque, "instructions.alone", s->alone);
	fn(opaque, "lookups", s->lookups);
	fn(opaque, "jump_cache.fills", s->jump_fills);
	fn(opaque, "jump_cache.drops", s->jump_drops);
	fn(opaque, "jump_cache.scans", s->jump_scans);
	fn(opaque, "links", s->links);
	fn(opaque, "unlinked", s->unlinked);
	fn(opaque, "polls", s->polls);
	for (k = 0; k < CPU_EXIT_CODES; k++)
		count_named("leave.", exit_names[k], s->exits[k], fn, opaque);
	fn(opaque, "slow_loads", s->slow_loads);
	fn(opaque, "slow_stores", s->slow_stores);
	fn(opaque, "code_stores", s->code_stores);
	if (cpu->be.helper_calls)
		fn(opaque, "tlb.hits", cpu->be.tlb_hits);
	fn(opaque, "tlb.refills", s->refills);
	fn(opaque, "tlb.fetch_refills", s->fetch_refills);
	fn(opaque, "tlb.small_pages", s->small_pages);
	fn(opaque, "tlb.second_hits", s->second_hits);
	fn(opaque, "tlb.second_clears", s->second_clears);
	fn(opaque, "tlb.walks", s->walks);
	fn(opaque, "tlb.selects", s->selects);
	fn(opaque, "tlb.view_misses", s->view_misses);
	fn(opaque, "tlb.view_drops", s->view_drops);
	fn(opaque, "tlb.verifies", s->verifies);
	fn(opaque, "tlb.verify_drops", s->verify_drops);
	fn(opaque, "tlb.dropped", s->dropped);
	fn(opaque, "tlb.flush.everything", s->everything);
	for (k = 0; k < CPU_FLUSH_KINDS; k++)
		count_named("tlb.flush.", flush_names[k], s->flush[k], fn, opaque);
	fn(opaque, "mmio", s->mmio);
	fn(opaque, "interrupts", s->interrupts);
	fn(opaque, "hcalls", s->hcalls);
	fn(opaque, "idles", s->idles);
	fn(opaque, "idle_polls", s->idle_polls);
	for (k = 0; cpu->be.helper_calls && k < t->ir_env.nr_helpers; k++)
		count_named("helper.", t->ir_env.helpers[k].name, cpu->be.helper_calls[k], fn,
			    opaque);
}
