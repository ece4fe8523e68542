// SPDX-License-Identifier: GPL-2.0-or-later
/* What the translator and pv/ ask of their owner: memory, clock, hypercalls that KVM serves in the
 * kernel, doorbells. Called on vCPU threads, without a lock. */
#include "engine/translator_private.h"
#include "os/os.h"
#include "pv/hpt.h"

static bool host_ram(void *opaque, u64 ra, struct translator_ram *ram)
{
	struct engine_vm *vm = opaque;

	return slots_ram(&vm->slots, ra, ram);
}

static void host_dirty(void *opaque, u64 ra, u64 len)
{
	struct engine_vm *vm = opaque;

	slots_dirty(&vm->slots, ra, len);
}

static bool host_mmio(void *opaque, u32 cpu, u64 ra, u8 *data, u32 len, bool write)
{
	return false;
}

static u64 host_clock(void *opaque)
{
	struct engine_vm *vm = opaque;
	u64 ns = vm->config.input->clock_ns(vm->config.input->opaque);

	return (u64)((u128)ns * vm->config.tb_hz / 1000000000);
}

static u64 host_clock_to_host(void *opaque, u64 ticks)
{
	struct engine_vm *vm = opaque;
	u64 now = host_clock(opaque), ns = os_clock_ns();

	if ((s64)(ticks - now) <= 0)
		return ns;
	return ns + (u64)((u128)(ticks - now) * 1000000000 / vm->config.tb_hz);
}

static void host_random(void *opaque, void *buf, size_t len)
{
	struct engine_vm *vm = opaque;

	vm->config.input->random(vm->config.input->opaque, buf, len);
}

static enum translator_hcall host_hcall(void *opaque, u32 cpu, struct cpu_state *s)
{
	struct engine_vm *vm = opaque;
	const struct pv_hpt hpt = {.env = translator_mmu_env(vm->t),
				   .io = vm->config.is_io,
				   .opaque = vm->config.is_io_opaque};

	if (pv_hpt_hcall(&hpt, s) == PV_DONE)
		return TRANSLATOR_HCALL_DONE;
	if (!vm->has_sched)
		return TRANSLATOR_HCALL_EXIT;
	switch (pv_sched_hcall(&vm->sched, s)) {
	case PV_DONE:
		return TRANSLATOR_HCALL_DONE;
	case PV_IDLE:
		return TRANSLATOR_HCALL_IDLE;
	case PV_NOT_MINE:
		break;
	}
	return TRANSLATOR_HCALL_EXIT;
}

static void host_idle(void *opaque, u32 cpu, struct cpu_state *s, bool asleep)
{
	struct engine_vm *vm = opaque;

	if (!vm->has_sched)
		return;
	if (asleep)
		pv_sched_idle(&vm->sched, s);
	else
		pv_sched_dispatch(&vm->sched, s);
}

/* Doublewords of msgsnd: type in bits 32:36, then whom it is for: the processor by the low 14 bits
 * of its PIR, of msgsndp the thread of the same core by the low 7 of its TIR. */
static void host_doorbell(void *opaque, u32 cpu, enum cpu_doorbell kind, u64 operand)
{
	struct engine_vm *vm = opaque;
	u32 threads = vm->config.threads, target = operand & 0x3fff;
	enum cpu_irq irq = CPU_IRQ_DOORBELL;
	struct translator_cpu *to;

	if (kind == CPU_DOORBELL_PRIV) {
		if ((operand & 0x7f) >= threads)
			return;
		target = (cpu & ~(threads - 1)) + (operand & 0x7f);
	}
	to = translator_cpu_at(vm->t, target);
	if (kind == CPU_DOORBELL_HV)
		irq = CPU_IRQ_HDOORBELL;
	else if (kind == CPU_DOORBELL_BOOKE && (operand >> 27 & 31) == 1)
		irq = CPU_IRQ_CRIT_DOORBELL;
	if (to)
		translator_set_irq(to, irq, true);
}

static bool host_dcr(void *opaque, u32 cpu, u32 dcrn, u64 *value, bool write)
{
	return false;
}

static bool host_spr(void *opaque, u32 cpu, u32 sprn, u64 *value, bool write)
{
	return false;
}

static void sched_prod(void *opaque, u32 cpu)
{
	struct engine_vm *vm = opaque;
	struct translator_cpu *to = translator_cpu_at(vm->t, cpu);

	if (to)
		translator_set_irq(to, CPU_IRQ_PROD, true);
}

static void sched_yield_cpu(void *opaque)
{
	os_thread_yield();
}

static u64 sched_timebase(void *opaque, u32 cpu)
{
	return host_clock(opaque);
}

void xl_host_init(struct engine_vm *vm)
{
	vm->host = (struct translator_host){
		.ram = host_ram,
		.dirty = host_dirty,
		.mmio = host_mmio,
		.clock = host_clock,
		.clock_to_host = host_clock_to_host,
		.random = host_random,
		.hcall = host_hcall,
		.idle = host_idle,
		.doorbell = host_doorbell,
		.dcr = host_dcr,
		.spr = host_spr,
		.opaque = vm,
	};
}

int xl_sched_init(struct engine_vm *vm)
{
	struct pv_sched_host sh = {
		.prod = sched_prod,
		.yield = sched_yield_cpu,
		.timebase = sched_timebase,
		.mem = translator_mmu_env(vm->t)->mem,
		.opaque = vm,
	};
	int ret = pv_sched_init(&vm->sched, vm->config.max_vcpus, &sh);

	vm->has_sched = !ret;
	return ret;
}
