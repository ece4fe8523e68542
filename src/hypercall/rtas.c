// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RTAS: the dispatcher behind H_RTAS, and the calls about processors and power (LoPAPR 7.2.4 and
 * 7.3). An argument block is big-endian words: token, number of arguments, number of results, then
 * both.
 */
#include "base/log.h"
#include "hypercall/hypercall.h"
#include "isa/msr.h"
#include "isa/onereg.h"
#include "isa/papr.h"

struct block {
	u64 gpa;
	u32 token, nargs, nrets;
	u32 args[RTAS_MAX_WORDS], rets[RTAS_MAX_WORDS];
};

static int load_block(struct vm *vm, struct block *b)
{
	u32 *head[3] = {&b->token, &b->nargs, &b->nrets};
	int err = 0;

	for (u32 i = 0; i < 3 && !err; i++)
		err = vm_mem_ld32(vm, b->gpa + 4 * i, head[i]);
	if (!err && (b->nargs > RTAS_MAX_WORDS || b->nrets > RTAS_MAX_WORDS - b->nargs))
		err = -1;
	for (u32 i = 0; !err && i < b->nargs; i++)
		err = vm_mem_ld32(vm, b->gpa + 12 + 4 * i, &b->args[i]);
	return err;
}

static void store_results(struct vm *vm, const struct block *b)
{
	for (u32 i = 0; i < b->nrets; i++)
		vm_mem_st32(vm, b->gpa + 12 + 4 * (b->nargs + i), b->rets[i]);
}

s64 rtas_call(struct vcpu *vcpu, u64 gpa)
{
	struct vm *vm = vcpu->vm;
	struct block b = {.gpa = gpa};
	const struct rtas_call *call;

	if (load_block(vm, &b))
		return H_PARAMETER;
	call = rtas_find(vm, b.token);
	if (!call) {
		log_printf(LOG_HCALL | LOG_UNIMP, "rtas: cpu %u calls unknown token 0x%x\n",
			   vcpu->index, b.token);
		b.rets[0] = (u32)RTAS_HARDWARE;
	} else if (b.nargs < call->min_args || b.nrets < call->min_rets) {
		b.rets[0] = (u32)RTAS_PARAMETER;
	} else {
		call->fn(call->opaque, vcpu, b.args, b.rets);
		log_printf(LOG_HCALL, "rtas: cpu %u %s(0x%x, 0x%x, 0x%x) = %d\n", vcpu->index,
			   call->name, b.args[0], b.args[1], b.args[2], (s32)b.rets[0]);
	}
	store_results(vm, &b);
	return H_SUCCESS;
}

static s64 h_rtas(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u64 gpa = args[0];

	/* Entered in 32-bit mode the upper half of a register means nothing. */
	if (!(vcpu_get(vcpu, ONEREG_MSR) & MSR_SF))
		gpa = (u32)gpa;
	return rtas_call(vcpu, gpa);
}

static void rtas_start_cpu(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct vm *vm = vcpu->vm;

	if (args[0] >= vm->nr_vcpus)
		rets[0] = (u32)RTAS_PARAMETER;
	else
		rets[0] = vcpu_start(&vm->vcpus[args[0]], args[1], args[2]) ? (u32)RTAS_HARDWARE
									    : RTAS_SUCCESS;
}

static void rtas_stop_self(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	vcpu_stop_self(vcpu);
}

static void rtas_query_cpu(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	enum { STOPPED = 0, STOPPING = 1, RUNNING = 2 };
	struct vm *vm = vcpu->vm;

	if (args[0] >= vm->nr_vcpus) {
		rets[0] = (u32)RTAS_PARAMETER;
		return;
	}
	rets[1] = vcpu_get_state(&vm->vcpus[args[0]]) == VCPU_STOPPED ? STOPPED : RUNNING;
}

static void rtas_power_off(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	vm_ask(vcpu->vm, VM_REQUEST_SHUTDOWN);
}

static void rtas_system_reboot(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	vm_ask(vcpu->vm, VM_REQUEST_RESET);
}

/* The guest's last words, then it is stopped for good. */
static void rtas_os_term(void *opaque, struct vcpu *vcpu, const u32 *args, u32 *rets)
{
	struct papr *p = opaque;
	char text[128];
	u32 n;

	for (n = 0; n < sizeof(text) - 1; n++) {
		char c;

		if (vm_mem_read(vcpu->vm, (u64)args[0] + n, &c, 1) || !c)
			break;
		text[n] = c >= ' ' && c <= '~' ? c : '.';
	}
	text[n] = 0;
	if (!p->state.os_term_seen)
		log_warn("the guest stopped: %s", text);
	p->state.os_term_seen = 1;
	vm_ask(vcpu->vm, VM_REQUEST_CRASH);
}

void papr_register_rtas(struct papr *p)
{
	struct vm *vm = p->vm;

	hcall_register(vm, H_RTAS, "H_RTAS", h_rtas, p, 0);
	rtas_register(vm, "start-cpu", 3, 1, rtas_start_cpu, p);
	rtas_register(vm, "stop-self", 0, 0, rtas_stop_self, p);
	rtas_register(vm, "query-cpu-stopped-state", 1, 2, rtas_query_cpu, p);
	rtas_register(vm, "power-off", 2, 1, rtas_power_off, p);
	rtas_register(vm, "system-reboot", 0, 1, rtas_system_reboot, p);
	rtas_register(vm, "ibm,os-term", 1, 1, rtas_os_term, p);
}
