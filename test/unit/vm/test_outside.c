// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Code that somebody outside the processor writes while it stands in a hot loop: a device, while
 * the guest runs; a debugger, while the vm is paused. Over the translator's engine; PV_BACKEND and
 * PV_TIER2 as everywhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../backend.h"
#include "base/endian.h"
#include "engine/translator.h"
#include "isa/model.h"
#include "isa/msr.h"
#include "isa/onereg.h"
#include "vm/vm.h"

enum { RAM = 1 << 20, CODE = 0x10000, WRITTEN = CODE + 0x10, SEEN = 0x20000, TURNS = 200 };

/* Two blocks: the number that stands in the second one goes to SEEN. Whoever waits for data
 * synchronises before it runs what came, hence isync. */
static const u32 program[] = {
	0x60000000, /*	nop */
	0x7ca52a14, /* 1: add r5,r5,r5 */
	0x2c050001, /*	cmpwi r5,1 */
	0x4c00012c, /*	isync */
	0x38600000, /*	li r3,0: written */
	0x90660000, /*	stw r3,0(r6) */
	0x4182ffec, /*	beq 1b */
	0x4bffffe8, /*	b 1b */
};

static struct vm *vm;

static void vcpu_setup(void *machine, struct vcpu *v, u64 pc, u64 arg)
{
	vcpu_set(v, ONEREG_PC, pc);
	vcpu_set(v, ONEREG_MSR, MSR_SF);
	vcpu_set(v, ONEREG_GPR(6), arg);
}

static int machine_reset(void *machine, struct error *e)
{
	return 0;
}

static int setup(void **state)
{
	const char *after = getenv("PV_TIER2"), *backend = test_backend()->name;
	char options[80];
	const struct vm_config c = {.name = "test",
				    .engine = &engine_translator,
				    .engine_options = options,
				    .model = cpu_model_find("power9"),
				    .nr_vcpus = 1,
				    .tb_hz = 512000000,
				    .stats = true};
	struct error e;
	u8 code[sizeof(program)];

	snprintf(options, sizeof(options), "backend=%s,tier2-after=%s", backend,
		 after ? after : "5");
	for (u32 k = 0; k < ARRAY_SIZE(program); k++)
		st_be32(code + 4 * k, program[k]);
	if (vm_create(&c, &vm, &e))
		return -1;
	vm->vcpu_setup = vcpu_setup;
	vm->machine_reset = machine_reset;
	if (vm_ram_add(vm, "ram", 0, RAM, &e) || vm_reset(vm, &e) ||
	    vm_mem_write(vm, CODE, code, sizeof(code)))
		return -1;
	return vcpu_start(&vm->vcpus[0], CODE, SEEN);
}

static int teardown(void **state)
{
	vm_destroy(vm);
	return 0;
}

static u32 seen(void)
{
	return __atomic_load_n((const u32 *)vm_mem_ptr(vm, SEEN, 4), __ATOMIC_RELAXED);
}

/* Until the guest says the number, which takes as long as the host has no time for it. */
static void expect(u32 n)
{
	u64 end = os_clock_ns() + 100000000000ull;
	u32 word;

	st_be32(&word, n);
	while (seen() != word && os_clock_ns() < end)
		os_thread_yield();
	assert_int_equal(seen(), word);
}

static void write_number(u32 n)
{
	assert_int_equal(vm_mem_st32(vm, WRITTEN, 0x38600000 | n), 0);
}

struct wanted {
	const char *name;
	u64 value;
};

static void take(void *opaque, const char *name, u64 value)
{
	struct wanted *w = opaque;

	if (!strcmp(name, w->name))
		w->value = value;
}

static u64 stat(const char *name)
{
	struct wanted w = {.name = name};

	vm->ops->stats(vm->engine, NULL, take, &w);
	return w.value;
}

/* The loop is hot most of the time, the second tier at it whenever the host lets it. */
static void test_device(void **state)
{
	u64 end = os_clock_ns() + 100000000000ull;
	u32 n;

	vm_resume(vm);
	for (n = 1; n <= TURNS || (!stat("tier2.regions") && os_clock_ns() < end); n++) {
		write_number(n & 0x7fff);
		expect(n & 0x7fff);
	}
	assert_true(stat("tier2.regions"));
	assert_true(stat("code.invalidated") >= TURNS / 2);
	vm_pause(vm);
}

static void test_debugger(void **state)
{
	u32 n;

	vm_resume(vm);
	for (n = 1; n <= TURNS; n++) {
		expect(n - 1);
		vm_pause(vm);
		write_number(n);
		vm_resume(vm);
	}
	expect(TURNS);
	vm_pause(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_device, setup, teardown),
		cmocka_unit_test_setup_teardown(test_debugger, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
