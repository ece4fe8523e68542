// SPDX-License-Identifier: GPL-2.0-or-later
/* vCPUs of the translator engine: life, exits, registers, lines. Locks: none, see vm/engine.h for
 * who may call what when. */
#include <errno.h>
#include <string.h>

#include "base/endian.h"
#include "base/log.h"
#include "cpu/cpu.h"
#include "cpu/onereg.h"
#include "engine/translator_private.h"
#include "isa/msr.h"
#include "os/os.h"

void xl_vcpu_reset(struct engine_vcpu *v)
{
	cpu_reset(v->s, v->s->model);
	v->s->spr[SPR_TIR] = v->s->cpu_index & (v->vm->config.threads - 1);
	v->s->spr[SPR_LPCR] = (v->s->spr[SPR_LPCR] & ~v->vm->lpcr_mask) | v->vm->lpcr;
	if (v->vm->config.papr)
		v->s->msr &= ~MSR_HV;
	v->in_hcall = false;
	translator_cpu_cancel(v->cpu);
}

int xl_vcpu_create(struct engine_vm *vm, u32 index, const struct cpu_model *model,
		   struct engine_vcpu **out)
{
	struct engine_vcpu *v = os_alloc(sizeof(*v));
	int ret;

	if (!v)
		return -ENOMEM;
	ret = translator_cpu_create(vm->t, index, model, &v->cpu);
	if (ret) {
		os_free(v);
		return ret;
	}
	v->vm = vm;
	v->s = translator_cpu_state(v->cpu);
	v->next = vm->vcpus;
	vm->vcpus = v;
	xl_vcpu_reset(v);
	*out = v;
	return 0;
}

void xl_vcpu_destroy(struct engine_vcpu *v)
{
	struct engine_vcpu **at = &v->vm->vcpus;

	while (*at != v)
		at = &(*at)->next;
	*at = v->next;
	translator_cpu_destroy(v->cpu);
	os_free(v);
}

static void finish_exit(struct engine_vcpu *v, const struct vm_exit *exit)
{
	struct translator_mmio *m;
	u32 k;

	if (exit->reason == VM_EXIT_MMIO) {
		m = translator_mmio(v->cpu);
		memcpy(m->data, exit->mmio.data, sizeof(m->data));
		m->failed = exit->mmio.failed;
	}
	if (exit->reason == VM_EXIT_DCR)
		st_be32(translator_mmio(v->cpu)->data, exit->dcr.data);
	if (exit->reason == VM_EXIT_PAPR_HCALL && v->in_hcall) {
		v->s->gpr[3] = exit->hcall.ret;
		for (k = 0; k < ARRAY_SIZE(exit->hcall.args); k++)
			v->s->gpr[4 + k] = exit->hcall.args[k];
	}
	v->in_hcall = false;
}

static void exit_error(struct engine_vcpu *v, struct vm_exit *exit)
{
	exit->reason = VM_EXIT_ERROR;
	exit->error.pc = v->s->pc;
	log_format(exit->error.text, sizeof(exit->error.text),
		   "no way to go on: event %u, address %llx, info %llx", v->s->event.code,
		   (unsigned long long)v->s->event.ea, (unsigned long long)v->s->event.info);
}

int xl_get_reg(struct engine_vcpu *v, u64 id, void *value)
{
	int ret = -ENOENT;

	if (v->vm->has_sched)
		ret = pv_sched_get_reg(&v->vm->sched, v->s->cpu_index, id, value);
	return ret == -ENOENT ? cpu_get_reg(v->s, id, value) : ret;
}

/* What two runs are compared by. */
static u64 hash_words(u64 hash, const u64 *words, u64 count)
{
	for (; count; count--, words++)
		hash = (hash ^ *words) * 0x9e3779b97f4a7c15ull + (hash >> 29);
	return hash;
}

static void exit_count(struct engine_vcpu *v, struct vm_exit *exit)
{
	struct onereg_saved reg;
	u64 hash = 0, cursor = 0, value[2];

	while (onereg_next_saved(v->s->model, &cursor, &reg)) {
		value[0] = value[1] = 0;
		if (!xl_get_reg(v, reg.id, value))
			hash = hash_words(hash, value, 2);
	}
	log_warn("%llu instructions: registers %016llx, memory %016llx",
		 (unsigned long long)v->s->icount, (unsigned long long)hash,
		 (unsigned long long)slots_hash(&v->vm->slots, hash_words));
	exit->reason = VM_EXIT_SYSTEM_EVENT;
	exit->system_event.type = VM_SYSTEM_SHUTDOWN;
	exit->system_event.info = 0;
}

int xl_run(struct engine_vcpu *v, struct vm_exit *exit)
{
	const struct translator_mmio *m;
	enum translator_stop stop;
	u32 k;

	finish_exit(v, exit);
	stop = translator_run(v->cpu);
	switch (stop) {
	case TRANSLATOR_STOP_KICK:
		exit->reason = VM_EXIT_INTR;
		break;
	case TRANSLATOR_STOP_MMIO:
		m = translator_mmio(v->cpu);
		exit->reason = VM_EXIT_MMIO;
		exit->mmio.addr = m->ra;
		exit->mmio.len = m->len;
		exit->mmio.write = m->write;
		exit->mmio.failed = false;
		memcpy(exit->mmio.data, m->data, sizeof(m->data));
		break;
	case TRANSLATOR_STOP_DCR:
		m = translator_mmio(v->cpu);
		exit->reason = VM_EXIT_DCR;
		exit->dcr.number = (u32)m->ra;
		exit->dcr.data = ld_be32(m->data);
		exit->dcr.write = m->write;
		break;
	case TRANSLATOR_STOP_HCALL:
		exit->reason = VM_EXIT_PAPR_HCALL;
		exit->hcall.nr = v->s->gpr[3];
		exit->hcall.ret = 0;
		for (k = 0; k < ARRAY_SIZE(exit->hcall.args); k++)
			exit->hcall.args[k] = v->s->gpr[4 + k];
		v->in_hcall = true;
		break;
	case TRANSLATOR_STOP_DEBUG:
		exit->reason = VM_EXIT_DEBUG;
		exit->debug.address = v->s->pc;
		exit->debug.status = ENGINE_DEBUG_STEP;
		break;
	case TRANSLATOR_STOP_RESET:
		exit->reason = VM_EXIT_SYSTEM_EVENT;
		exit->system_event.type = VM_SYSTEM_RESET;
		exit->system_event.info = translator_stop_info(v->cpu);
		break;
	case TRANSLATOR_STOP_COUNT:
		exit_count(v, exit);
		break;
	default:
		exit_error(v, exit);
		break;
	}
	return 0;
}

void xl_kick(struct engine_vcpu *v)
{
	translator_kick(v->cpu);
}

int xl_set_reg(struct engine_vcpu *v, u64 id, const void *value)
{
	int ret = -ENOENT;

	if (v->vm->has_sched)
		ret = pv_sched_set_reg(&v->vm->sched, v->s->cpu_index, id, value);
	if (ret == -ENOENT) {
		ret = cpu_set_reg(v->s, id, value);
		translator_registers_changed(v->cpu);
	}
	return ret;
}

int xl_set_debug(struct engine_vcpu *v, const struct engine_debug *debug)
{
	if (debug->enable && debug->nr_points)
		return -ENOTSUP;
	translator_single_step(v->cpu, debug->enable && debug->single_step);
	return 0;
}

/* --- interrupts --- */
void xl_set_line(struct engine_vcpu *v, enum engine_line line, bool level)
{
	static const enum cpu_irq irq[ENGINE_LINE_COUNT] = {
		[ENGINE_LINE_EXTERNAL] = CPU_IRQ_EXTERNAL,
		[ENGINE_LINE_CRITICAL] = CPU_IRQ_CRITICAL,
		[ENGINE_LINE_MCHECK] = CPU_IRQ_MCHECK,
		[ENGINE_LINE_SRESET] = CPU_IRQ_SRESET,
	};

	if (line < ENGINE_LINE_COUNT)
		translator_set_irq(v->cpu, irq[line], level);
}
