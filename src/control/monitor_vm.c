// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands about the vm itself. */
#include <string.h>

#include "control/monitor.h"
#include "control/monitor_qtree.h"
#include "isa/model.h"
#include "isa/onereg.h"
#include "vm/balloon.h"
#include "vm/vm.h"

static void stop(struct monitor *m, void *opaque, const char *args)
{
	struct vm *vm = opaque;

	if (!vm->paused)
		vm_pause(vm);
}

static void cont(struct monitor *m, void *opaque, const char *args)
{
	struct vm *vm = opaque;

	if (vm->paused)
		vm_resume(vm);
}

static void system_reset(struct monitor *m, void *opaque, const char *args)
{
	vm_ask(opaque, VM_REQUEST_RESET);
}

static void system_powerdown(struct monitor *m, void *opaque, const char *args)
{
	if (vm_powerdown(opaque))
		monitor_print(m, "this machine cannot ask its guest\n");
}

/* --- info --- */
static void info_status(struct monitor *m, struct vm *vm)
{
	monitor_print(m, "VM status: %s%s\n", vm->paused ? "paused" : "running",
		      vm->paused && vm->stopped_by == VM_REQUEST_IO_ERROR ? " (io-error)" : "");
}

static void info_cpus(struct monitor *m, struct vm *vm)
{
	static const char *const names[] = {
		[VCPU_STOPPED] = "stopped",
		[VCPU_STARTING] = "starting",
		[VCPU_RUNNING] = "running",
	};

	for (u32 i = 0; i < vm->nr_vcpus; i++)
		monitor_print(m, "CPU #%u: %s %s\n", i, vm->model->name,
			      names[vcpu_get_state(&vm->vcpus[i])]);
}

/* A processor's registers are its own thread's unless it is stopped. */
static void info_registers(struct monitor *m, struct vm *vm)
{
	bool running = !vm->paused;

	if (running)
		vm_pause(vm);
	for (u32 i = 0; i < vm->nr_vcpus; i++) {
		struct vcpu *v = &vm->vcpus[i];

		monitor_print(m, "CPU #%u\nNIP %016llx  MSR %016llx  LR %016llx  CTR %016llx\n", i,
			      (unsigned long long)vcpu_get(v, ONEREG_PC),
			      (unsigned long long)vcpu_get(v, ONEREG_MSR),
			      (unsigned long long)vcpu_get(v, ONEREG_LR),
			      (unsigned long long)vcpu_get(v, ONEREG_CTR));
		for (u32 r = 0; r < 32; r++)
			monitor_print(m, "%sr%02u %016llx%s", r & 3 ? " " : "", r,
				      (unsigned long long)vcpu_get(v, ONEREG_GPR(r)),
				      (r & 3) == 3 ? "\n" : "");
	}
	if (running)
		vm_resume(vm);
}

static void print_stat(void *opaque, const char *name, u64 value)
{
	monitor_print(opaque, "%s %llu\n", name, (unsigned long long)value);
}

static void info_stats(struct monitor *m, struct vm *vm)
{
	vm->ops->stats(vm->engine, NULL, print_stat, m);
}

static void info_balloon(struct monitor *m, struct vm *vm)
{
	static const char *const names[BALLOON_STATS] = {
		"swap-in",	"swap-out",	    "major-faults", "minor-faults", "free-memory",
		"total-memory", "available-memory", "disk-caches",  "htlb-pgalloc", "htlb-pgfail",
	};
	struct balloon_info i;

	if (!vm->balloon) {
		monitor_print(m, "there is no balloon device\n");
		return;
	}
	vm->balloon->query(vm->balloon->opaque, &i);
	monitor_print(m, "balloon: actual=%llu\n", (unsigned long long)(i.actual >> 20));
	monitor_print(m, "target %llu, dropped %llu bytes\n", (unsigned long long)i.target,
		      (unsigned long long)i.discarded);
	for (u32 n = 0; n < BALLOON_STATS; n++)
		if (i.stats[n] != ~0ull)
			monitor_print(m, "%s %llu\n", names[n], (unsigned long long)i.stats[n]);
}

static void balloon(struct monitor *m, void *opaque, const char *args)
{
	struct vm *vm = opaque;
	u64 mib = 0;

	for (; *args >= '0' && *args <= '9' && mib < 1u << 30; args++)
		mib = 10 * mib + (u64)(*args - '0');
	if (!mib || *args)
		monitor_print(m, "balloon takes a number of MiB\n");
	else if (!vm->balloon)
		monitor_print(m, "there is no balloon device\n");
	else
		vm->balloon->set(vm->balloon->opaque, mib << 20);
}

static const struct {
	const char *name;
	void (*print)(struct monitor *m, struct vm *vm);
} subjects[] = {
	{"status", info_status},	{"cpus", info_cpus},   {"registers", info_registers},
	{"qtree", monitor_print_qtree}, {"stats", info_stats}, {"balloon", info_balloon},
};

static void info(struct monitor *m, void *opaque, const char *args)
{
	for (u32 i = 0; i < ARRAY_SIZE(subjects); i++)
		if (!strcmp(subjects[i].name, args)) {
			subjects[i].print(m, opaque);
			return;
		}
	for (u32 i = 0; i < ARRAY_SIZE(subjects); i++)
		monitor_print(m, "info %s\n", subjects[i].name);
	monitor_print_names(m, "info");
}

const struct monitor_command monitor_vm_commands[] = {
	{"balloon", "MIB", "the guest is to have so much memory (virtio-balloon-pci)", balloon},
	{"cont", "", "let the guest go on", cont},
	{"c", "", "the same", cont},
	{"info", "SUBJECT", "say something; without a subject: what there is to say", info},
	{"stop", "", "stop the guest", stop},
	{"system_powerdown", "", "ask the guest to power off", system_powerdown},
	{"system_reset", "", "reset the machine", system_reset},
};
const u32 monitor_nr_vm_commands = ARRAY_SIZE(monitor_vm_commands);
