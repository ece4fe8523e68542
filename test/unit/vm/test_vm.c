// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vm/ over the null engine: memory accessor, MMIO dispatch, exits served on the vCPU's thread, an
 * answer handed in before a pause, starting and stopping vCPUs, requests.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "engine/null.h"
#include "isa/model.h"
#include "isa/onereg.h"
#include "isa/papr.h"
#include "vm/vm.h"

enum { RAM = 1 << 20, DEVICE = 0x10000000 };

static struct vm *vm;
static u64 device_value;
static u32 device_accesses;

static u64 device_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	device_accesses++;
	return 0x1122334455667788ull + offset;
}

static void device_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	device_accesses++;
	device_value = value;
}

static const struct mmio_ops big_ops = {2, 4, 0, device_read, device_write};
static const struct mmio_ops little_ops = {1, 8, MMIO_LITTLE | MMIO_NO_LOCK, device_read,
					   device_write};

static void vcpu_setup(void *machine, struct vcpu *v, u64 pc, u64 arg)
{
	vcpu_set(v, ONEREG_PC, pc);
	vcpu_set(v, ONEREG_GPR(3), arg);
}

static int machine_reset(void *machine, struct error *e)
{
	return 0;
}

static s64 h_stop(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	vcpu_stop_self(vcpu);
	return H_SUCCESS;
}

static s64 h_add(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	args[0] += args[1];
	return 7;
}

static int setup(void **state)
{
	const struct vm_config c = {.name = "test",
				    .engine = &engine_null,
				    .model = cpu_model_find("power9"),
				    .nr_vcpus = 2,
				    .tb_hz = 512000000};
	const struct mmio_region big = {"big", DEVICE, 16, &big_ops, NULL};
	const struct mmio_region little = {"little", DEVICE + 16, 16, &little_ops, NULL};
	struct error e;

	if (vm_create(&c, &vm, &e))
		return -1;
	vm->vcpu_setup = vcpu_setup;
	vm->machine_reset = machine_reset;
	mmio_add(vm, &little);
	mmio_add(vm, &big);
	hcall_register(vm, 0x100, "stop", h_stop, NULL, 0);
	hcall_register(vm, 0xf010, "add", h_add, NULL, CALL_NO_LOCK);
	device_accesses = 0;
	if (vm_ram_add(vm, "low", 0, RAM, &e) || vm_ram_add(vm, "high", RAM, RAM, &e))
		return -1;
	return vm_reset(vm, &e);
}

static int teardown(void **state)
{
	vm_destroy(vm);
	return 0;
}

static void test_memory(void **state)
{
	u8 buf[64] = {0};
	u64 d;
	u32 w;

	assert_int_equal(vm_mem_write(vm, RAM - 4, "across!!", 8), 0);
	assert_int_equal(vm_mem_read(vm, RAM - 4, buf, 8), 0);
	assert_memory_equal(buf, "across!!", 8);
	assert_null(vm_mem_ptr(vm, RAM - 4, 8)); /* two slots */
	assert_int_equal(vm_mem_read(vm, 2 * RAM - 4, buf, 5), -EFAULT);
	assert_int_equal(vm_mem_write(vm, 2 * RAM, buf, 1), -EFAULT);
	assert_int_equal(vm_mem_write(vm, ~0ull - 3, buf, 8), -EFAULT);
	assert_int_equal(vm_mem_read(vm, 0, buf, 0), 0);
	assert_int_equal(vm_mem_fill(vm, 0, 0xee, ~0ull), -EFAULT);
	assert_int_equal(vm_mem_st32(vm, 8, 0x01020304), 0);
	assert_int_equal(*(u8 *)vm_mem_ptr(vm, 8, 1), 1);
	assert_int_equal(vm_mem_ld32(vm, 8, &w), 0);
	assert_int_equal(w, 0x01020304);
	assert_int_equal(vm_mem_ld32(vm, 10, &w), -EFAULT);
	assert_int_equal(vm_mem_st64(vm, 2 * RAM - 8, 5), 0);
	assert_int_equal(vm_mem_ld64(vm, 2 * RAM - 8, &d), 0);
	assert_int_equal(d, 5);
	assert_int_equal(vm_mem_ld64(vm, 2 * RAM, &d), -EFAULT);
}

static void test_ram_places(void **state)
{
	struct error e;

	assert_int_equal(vm_ram_add(vm, "odd", 0x40001000, 0x10000, &e), -EINVAL);
	assert_int_equal(vm_ram_add(vm, "none", 0x40000000, 0, &e), -EINVAL);
	assert_int_equal(vm_ram_add(vm, "wraps", ~0xffffull, 0x20000, &e), -EINVAL);
}

static struct vm_exit mmio(u64 addr, u32 len, bool write)
{
	struct vm_exit x = {.reason = VM_EXIT_MMIO};

	x.mmio.addr = addr;
	x.mmio.len = len;
	x.mmio.write = write;
	for (int i = 0; i < 8; i++)
		x.mmio.data[i] = (u8)(0x10 + i);
	mmio_dispatch(vm, 0, &x);
	return x;
}

static void test_mmio(void **state)
{
	struct vm_exit x;

	x = mmio(DEVICE, 4, false);
	assert_memory_equal(x.mmio.data, "\x55\x66\x77\x88", 4);
	x = mmio(DEVICE + 16, 4, false);
	assert_memory_equal(x.mmio.data, "\x88\x77\x66\x55", 4);
	mmio(DEVICE, 4, true);
	assert_int_equal(device_value, 0x10111213);
	mmio(DEVICE + 16, 2, true);
	assert_int_equal(device_value, 0x1110);
	device_accesses = 0;
	assert_true(mmio(DEVICE, 1, false).mmio.failed);      /* too narrow */
	assert_true(mmio(DEVICE, 8, false).mmio.failed);      /* too wide */
	assert_true(mmio(DEVICE + 14, 4, true).mmio.failed);  /* out at the end */
	assert_true(mmio(DEVICE + 32, 4, false).mmio.failed); /* nobody */
	assert_true(mmio(DEVICE - 1, 2, false).mmio.failed);
	assert_true(mmio(~0ull, 8, false).mmio.failed);
	assert_int_equal(device_accesses, 0);
}

struct answer {
	struct os_wake wake;
	struct vm_exit exit;
};

static void answered(void *opaque, const struct vm_exit *exit)
{
	struct answer *a = opaque;

	a->exit = *exit;
	os_wake_signal(&a->wake);
}

static void inject(u32 cpu, const struct vm_exit *x, struct answer *a)
{
	os_wake_init(&a->wake);
	assert_int_equal(null_inject(vm->vcpus[cpu].engine, x, answered, a), 0);
	assert_true(os_wake_wait(&a->wake, os_clock_ns() + 10000000000ull));
}

static void test_exits(void **state)
{
	struct vm_exit x = {.reason = VM_EXIT_PAPR_HCALL};
	struct answer a;

	vcpu_start(&vm->vcpus[0], 0x100, 0x42);
	vm_resume(vm);
	x.hcall.nr = 0xf010;
	x.hcall.args[0] = 40;
	x.hcall.args[1] = 2;
	inject(0, &x, &a);
	assert_int_equal(a.exit.hcall.ret, 7);
	assert_int_equal(a.exit.hcall.args[0], 42);
	x.hcall.nr = 0x6fc;
	inject(0, &x, &a);
	assert_int_equal((s64)a.exit.hcall.ret, H_FUNCTION);

	x = (struct vm_exit){.reason = VM_EXIT_MMIO};
	x.mmio.addr = DEVICE;
	x.mmio.len = 2;
	inject(0, &x, &a);
	assert_memory_equal(a.exit.mmio.data, "\x77\x88", 2);
	vm_pause(vm);
	assert_int_equal(vcpu_get(&vm->vcpus[0], ONEREG_PC), 0x100);
	assert_int_equal(vcpu_get(&vm->vcpus[0], ONEREG_GPR(3)), 0x42);
}

/* Pausing at any moment loses no answer: each injected exit is answered once. */
static void test_pause_settles(void **state)
{
	struct vm_exit x = {.reason = VM_EXIT_MMIO};

	x.mmio.addr = DEVICE;
	x.mmio.len = 4;
	vcpu_start(&vm->vcpus[0], 0, 0);
	for (u32 i = 0; i < 200; i++) {
		struct answer a;

		os_wake_init(&a.wake);
		vm_resume(vm);
		assert_int_equal(null_inject(vm->vcpus[0].engine, &x, answered, &a), 0);
		vm_pause(vm);
		/* Not begun, or wholly done. */
		if (device_accesses == i) {
			vm_resume(vm);
			assert_true(os_wake_wait(&a.wake, os_clock_ns() + 10000000000ull));
			vm_pause(vm);
		} else {
			assert_true(os_wake_wait(&a.wake, os_clock_ns()));
		}
		assert_int_equal(device_accesses, i + 1);
	}
}

static void test_start_and_stop(void **state)
{
	struct vm_exit x = {.reason = VM_EXIT_PAPR_HCALL};
	struct vcpu *v = &vm->vcpus[1];

	vm_resume(vm);
	assert_int_equal(vcpu_get_state(v), VCPU_STOPPED);
	for (u32 i = 0; i < 50; i++) {
		assert_int_equal(vcpu_start(v, 0x1000 + i, i), 0);
		assert_int_equal(vcpu_start(v, 0, 0), -EBUSY);
		x.hcall.nr = 0x100;
		assert_int_equal(null_inject(v->engine, &x, NULL, NULL), 0);
		while (vcpu_get_state(v) != VCPU_STOPPED)
			os_thread_yield();
		vm_pause(vm);
		assert_int_equal(vcpu_get(v, ONEREG_PC), 0x1000 + i);
		/* What it left unanswered is forgotten. */
		vm_reset(vm, NULL);
		vm_resume(vm);
	}
}

static u32 notified;

static void notify(void *opaque)
{
	__atomic_fetch_add(&notified, 1, __ATOMIC_RELAXED);
}

static void test_requests(void **state)
{
	struct vm_exit x = {.reason = VM_EXIT_SYSTEM_EVENT};

	vm->notify = notify;
	notified = 0;
	assert_int_equal(vm_take_request(vm), VM_REQUEST_NONE);
	vcpu_start(&vm->vcpus[0], 0, 0);
	vm_resume(vm);
	x.system_event.type = VM_SYSTEM_RESET;
	null_inject(vm->vcpus[0].engine, &x, NULL, NULL);
	while (!__atomic_load_n(&notified, __ATOMIC_RELAXED))
		os_thread_yield();
	vm_ask(vm, VM_REQUEST_SHUTDOWN); /* too late: the first one wins */
	assert_int_equal(vm_take_request(vm), VM_REQUEST_RESET);
	assert_int_equal(vm_take_request(vm), VM_REQUEST_NONE);
	assert_int_equal(notified, 1);
	assert_true(vm->paused);
}

static void test_clock_stops(void **state)
{
	u64 t;

	vm_resume(vm);
	vm_pause(vm);
	t = vm_clock_ns(&vm->clock);
	for (int i = 0; i < 1000; i++)
		os_thread_yield();
	assert_true(vm_clock_ns(&vm->clock) == t);
	vm_resume(vm);
	vm_pause(vm);
	assert_true(vm_clock_ns(&vm->clock) >= t);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_memory),	  T(test_ram_places),	 T(test_mmio),
		T(test_exits),	  T(test_pause_settles), T(test_start_and_stop),
		T(test_requests), T(test_clock_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
