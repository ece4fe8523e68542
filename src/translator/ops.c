// SPDX-License-Identifier: GPL-2.0-or-later
/* What cpu/ asks of its surroundings (cpu/ops.h, cpu/mem.h), answered by the translator and, behind
 * it, by the host callbacks; and each CPU's one timer. */
#include "cpu/mem.h"
#include "translator/internal.h"

u64 ops_executed(const struct translator_cpu *cpu)
{
	return cpu->executed + (u64)(cpu->budget_given - cpu->be.budget);
}

static u64 op_clock(struct cpu_state *s)
{
	struct translator_cpu *cpu = cpu_of_state(s);
	const struct translator_host *h = cpu->t->config.host;

	if (cpu->t->config.icount_insns)
		return ops_executed(cpu) / cpu->t->config.icount_insns;
	return h->clock(h->opaque);
}

static void timer_fired(struct os_timer *timer)
{
	struct translator_cpu *cpu = container_of(timer, struct translator_cpu, timer);

	atomic_store(&cpu->timer_fired, 1);
	atomic_store(&cpu->s->wanted, 1);
	os_wake_signal(&cpu->wake);
}

/* The host's timer fires no later than the next deadline; firing early costs a look at the clock,
 * so a deadline that moves away leaves the timer alone. */
u64 ops_next_deadline(struct translator_cpu *cpu)
{
	const struct translator_host *h = cpu->t->config.host;
	u64 deadline = cpu_timer_update(cpu->s);

	if (cpu->t->config.icount_insns || deadline == ~0ull)
		return OS_FOREVER;
	return h->clock_to_host(h->opaque, deadline - cpu->s->tb_offset);
}

void ops_arm_timer(struct translator_cpu *cpu)
{
	u64 at = ops_next_deadline(cpu);

	if (at >= cpu->armed)
		return;
	cpu->armed = at;
	os_timer_arm(&cpu->timer, at);
}

static void op_timer_changed(struct cpu_state *s)
{
	struct translator_cpu *cpu = cpu_of_state(s);

	ops_arm_timer(cpu);
	/* The budget ends at the deadline. */
	if (cpu->t->config.icount_insns)
		atomic_store(&s->wanted, 1);
}

static u64 op_random(struct cpu_state *s)
{
	const struct translator_host *h = cpu_of_state(s)->t->config.host;
	u64 v;

	h->random(h->opaque, &v, sizeof(v));
	return v;
}

static void op_flush(struct cpu_state *s, const struct cpu_flush *f)
{
	struct translator_cpu *cpu = cpu_of_state(s);
	struct flush_request request = {.kind = FLUSH_GUEST, .guest = *f};
	u32 k;

	tlb_apply(cpu, &request);
	if (f->local)
		return;
	for (k = 0; k < cpu->t->nr_cpus; k++)
		if (cpu->t->cpu[k] && cpu->t->cpu[k] != cpu)
			tlb_request(cpu->t->cpu[k], &request);
}

static void op_flush_sync(struct cpu_state *s)
{
	struct translator_cpu *cpu = cpu_of_state(s);

	tlb_wait(cpu->t, cpu);
}

static void op_doorbell(struct cpu_state *s, enum cpu_doorbell kind, u64 operand)
{
	struct translator_cpu *cpu = cpu_of_state(s);
	const struct translator_host *h = cpu->t->config.host;

	h->doorbell(h->opaque, cpu->index, kind, operand);
}

/* The instruction cache is coherent (stores invalidate at once), so this is exact already. */
static void op_icache_flush(struct cpu_state *s, u64 ea, u64 len)
{
	struct translator_cpu *cpu = cpu_of_state(s);

	(void)ea;
	(void)len;
	tlb_process_queue(cpu);
}

static bool op_dcr_read(struct cpu_state *s, u32 dcrn, u64 *value)
{
	return memory_dcr(cpu_of_state(s), dcrn, value, false);
}

static bool op_dcr_write(struct cpu_state *s, u32 dcrn, u64 value)
{
	return memory_dcr(cpu_of_state(s), dcrn, &value, true);
}

static bool op_spr_read(struct cpu_state *s, u32 sprn, u64 *value)
{
	struct translator_cpu *cpu = cpu_of_state(s);
	const struct translator_host *h = cpu->t->config.host;

	return h->spr(h->opaque, cpu->index, sprn, value, false);
}

static bool op_spr_write(struct cpu_state *s, u32 sprn, u64 value)
{
	struct translator_cpu *cpu = cpu_of_state(s);
	const struct translator_host *h = cpu->t->config.host;

	return h->spr(h->opaque, cpu->index, sprn, &value, true);
}

static const struct cpu_ops translator_cpu_ops = {
	.clock = op_clock,
	.timer_changed = op_timer_changed,
	.random = op_random,
	.flush = op_flush,
	.flush_sync = op_flush_sync,
	.doorbell = op_doorbell,
	.icache_flush = op_icache_flush,
	.dcr_read = op_dcr_read,
	.dcr_write = op_dcr_write,
	.spr_read = op_spr_read,
	.spr_write = op_spr_write,
};

static const struct cpu_mem_ops translator_mem_ops = {
	.read = memory_read,
	.write = memory_write,
};

void ops_init(struct translator_cpu *cpu)
{
	cpu->s->ops = &translator_cpu_ops;
	cpu->s->mem_ops = &translator_mem_ops;
	cpu->s->ops_opaque = cpu;
	cpu->armed = ~0ull;
	os_timer_init(&cpu->timer, cpu->t->timers, timer_fired);
}
