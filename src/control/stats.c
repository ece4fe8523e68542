// SPDX-License-Identifier: GPL-2.0-or-later
#include "control/stats.h"

#include "vm/vm.h"

struct printer {
	FILE *out;
	const struct vcpu *vcpu; /* NULL: the vm's counters */
};

static void print(void *opaque, const char *name, u64 value)
{
	const struct printer *p = opaque;

	if (p->vcpu)
		fprintf(p->out, "cpu%u.", p->vcpu->index);
	fprintf(p->out, "%s %llu\n", name, (unsigned long long)value);
}

static void print_exits(struct printer *p)
{
	static const char *const name[VM_EXIT_COUNT] = {
		[VM_EXIT_NONE] = "exit.none",
		[VM_EXIT_INTR] = "exit.intr",
		[VM_EXIT_MMIO] = "exit.mmio",
		[VM_EXIT_PAPR_HCALL] = "exit.papr_hcall",
		[VM_EXIT_EPR] = "exit.epr",
		[VM_EXIT_DCR] = "exit.dcr",
		[VM_EXIT_SYSTEM_EVENT] = "exit.system_event",
		[VM_EXIT_DEBUG] = "exit.debug",
		[VM_EXIT_WATCHDOG] = "exit.watchdog",
		[VM_EXIT_ERROR] = "exit.error",
	};

	for (u32 i = 0; i < VM_EXIT_COUNT; i++)
		if (p->vcpu->exits[i])
			print(p, name[i], p->vcpu->exits[i]);
}

void stats_print(struct vm *vm, FILE *out)
{
	struct printer p = {.out = out};

	vm->ops->stats(vm->engine, NULL, print, &p);
	for (u32 i = 0; i < vm->nr_vcpus; i++) {
		p.vcpu = &vm->vcpus[i];
		vm->ops->stats(vm->engine, vm->vcpus[i].engine, print, &p);
		print_exits(&p);
	}
}
