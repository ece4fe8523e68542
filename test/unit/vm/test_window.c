// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory of a device that comes and goes under a processor that stores to it all the time. Over the
 * translator's engine; PV_BACKEND as everywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "../../backend.h"
#include "base/endian.h"
#include "engine/translator.h"
#include "isa/model.h"
#include "isa/msr.h"
#include "isa/onereg.h"
#include "vm/vm.h"

enum { RAM = 1 << 20, CODE = 0x10000, SIZE = 0x50000, AT = 0x23010 };
#define HERE  0x40000000ull
#define THERE 0x40100000ull

/* Counts in a register and stores the number, for ever. */
static const u32 program[] = {
	0x38630001, /* 1: addi r3,r3,1 */
	0x90660000, /*	stw r3,0(r6) */
	0x4bfffff8, /*	b 1b */
};

static struct vm *vm;
static struct vm_window window;
static u64 stores; /* that came as MMIO */

static u64 device_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	return 0;
}

static void device_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	__atomic_fetch_add(&stores, 1, __ATOMIC_RELAXED);
}

static const struct mmio_ops device_ops = {1, 8, MMIO_NO_LOCK, device_read, device_write};

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
	char options[40];
	const struct vm_config c = {.name = "test",
				    .engine = &engine_translator,
				    .engine_options = options,
				    .model = cpu_model_find("power9"),
				    .nr_vcpus = 1,
				    .tb_hz = 512000000};
	struct error e;
	u8 code[sizeof(program)];

	snprintf(options, sizeof(options), "backend=%s", test_backend()->name);
	for (u32 k = 0; k < ARRAY_SIZE(program); k++)
		st_be32(code + 4 * k, program[k]);
	if (vm_create(&c, &vm, &e))
		return -1;
	vm->vcpu_setup = vcpu_setup;
	vm->machine_reset = machine_reset;
	mmio_add(vm, &(struct mmio_region){"device", HERE, 0x1000000, &device_ops, NULL});
	if (vm_ram_add(vm, "ram", 0, RAM, &e) || vm_reset(vm, &e) ||
	    vm_mem_write(vm, CODE, code, sizeof(code)) ||
	    vm_window_init(vm, &window, "window", SIZE, &e))
		return -1;
	stores = 0;
	return vcpu_start(&vm->vcpus[0], CODE, HERE + AT);
}

static int teardown(void **state)
{
	vm_window_destroy(vm, &window);
	vm_destroy(vm);
	return 0;
}

static u32 seen(void)
{
	return __atomic_load_n((const u32 *)((u8 *)window.ram.base + AT), __ATOMIC_RELAXED);
}

static bool late(u64 begin)
{
	return os_clock_ns() - begin > 100000000000ull;
}

/* The guest stores to the window's memory. */
static void await_memory(void)
{
	u64 begin = os_clock_ns();
	u32 was = seen();

	while (seen() == was && !late(begin))
		os_thread_yield();
	assert_int_not_equal(seen(), was);
}

static void await_exits(void)
{
	u64 begin = os_clock_ns(), was = __atomic_load_n(&stores, __ATOMIC_RELAXED);

	while (__atomic_load_n(&stores, __ATOMIC_RELAXED) == was && !late(begin))
		os_thread_yield();
	assert_int_not_equal(__atomic_load_n(&stores, __ATOMIC_RELAXED), was);
}

static bool page_dirty(const u64 *bitmap, u64 page)
{
	return bitmap[page / 64] >> page % 64 & 1;
}

static void test_comes_and_goes(void **state)
{
	u32 was;

	vm_resume(vm);
	for (u32 i = 0; i < 20; i++) {
		await_exits();
		vm_window_map(vm, &window, HERE);
		await_memory();
		vm_window_map(vm, &window, THERE);
		was = seen();
		await_exits();
		assert_int_equal(seen(), was);
		vm_window_map(vm, &window, VM_WINDOW_NOWHERE);
	}
	vm_window_map(vm, &window, 0x10000); /* where memory is */
	assert_true(window.gpa == VM_WINDOW_NOWHERE);
	await_exits();
	vm_pause(vm);
}

static void test_dirty(void **state)
{
	u64 bitmap[(SIZE / ENGINE_DIRTY_PAGE + 63) / 64];
	u32 was;

	assert_int_equal(vm_window_words(&window), ARRAY_SIZE(bitmap));
	vm_window_map(vm, &window, HERE);
	assert_true(vm_window_dirty(vm, &window, bitmap)); /* all of a new one */
	assert_true(page_dirty(bitmap, 0));
	assert_false(vm_window_dirty(vm, &window, bitmap));
	vm_window_written(vm, &window, 0x4fff, 2);
	vm_window_written(vm, &window, SIZE - 1, 2); /* not all of it is there */
	assert_true(vm_window_dirty(vm, &window, bitmap));
	assert_int_equal(bitmap[0], 3 << 4);
	vm_resume(vm);
	for (u32 i = 0; i < 20; i++) {
		await_memory();
		while (!vm_window_dirty(vm, &window, bitmap))
			os_thread_yield();
		/* what is read now is what the guest stored before the page was clean */
		assert_true(page_dirty(bitmap, AT / ENGINE_DIRTY_PAGE));
		/* the engine may know no smaller pieces than its TLB has */
		assert_int_equal(bitmap[0] & ~(0xffffull << (AT >> 16 << 4)), 0);
	}
	vm_pause(vm);
	was = seen();
	vm_window_dirty(vm, &window, bitmap);
	assert_false(vm_window_dirty(vm, &window, bitmap));
	assert_int_equal(seen(), was);
	vm_window_clear(vm, &window);
	assert_int_equal(seen(), 0);
	assert_true(vm_window_dirty(vm, &window, bitmap));
}

static void test_too_many(void **state)
{
	static struct vm_window more[VM_MAX_WINDOWS];
	struct error e;
	u32 n = 0;

	while (n < VM_MAX_WINDOWS && !vm_window_init(vm, &more[n], "more", 0x10000, &e))
		n++;
	assert_int_equal(n, VM_MAX_WINDOWS - 1);
	while (n--)
		vm_window_destroy(vm, &more[n]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_comes_and_goes), TEST(test_dirty),
					   TEST(test_too_many)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
