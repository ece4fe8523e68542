// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connectors of PCI slots driven as a guest drives them, and what becomes of the devices. Expected
 * values are LoPAPR's (13.5, 13.6, 7.3.6).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../buffer.h"
#include "../machine/board.h"
#include "bus/pci_host.h"
#include "device/registry.h"
#include "isa/papr.h"
#include "testdev.h"
#include "vm/savestate.h"

enum { BLOCK = 0x500000, DRC = 0x40000000, LOG = 0xb000, WORK = 0xc000, SLOT = 7 };
enum { ISOLATE = 0, UNISOLATE = 1, ISOLATION = 9001, ALLOCATION = 9003, ENTITY = 9003 };
enum { DONE, SIBLING, CHILD, PROPERTY, PARENT, NOT_CONFIGURABLE = -9003 };
enum { GONE = 0, ADDED = 1, LEAVING = 2 };

static const u32 drc = DRC | SLOT << 3;
static struct vm *vm;
static struct input_source input;
static u32 level, unplugged;

static bool count_interrupt(void *opaque, u32 vcpu, u32 irq, bool on)
{
	if (irq == 0x1001)
		level = on;
	return true;
}

static void count_unplugged(void *opaque)
{
	unplugged++;
}

static struct vm *board(void)
{
	static struct machine_config c;
	struct error e;
	struct vm *v;

	assert_int_equal(board_create(&c, &v, &e), 0);
	input = *v->input;
	input.interrupt = count_interrupt;
	v->input = &input;
	v->unplugged = count_unplugged;
	return v;
}

static int setup(void **state)
{
	struct error e;

	vm = board();
	level = unplugged = 0;
	return vm_reset(vm, &e);
}

static int teardown(void **state)
{
	machine_pseries.destroy(vm);
	return 0;
}

/* --- what the guest does --- */
static u32 rets[8];

static s32 rtas(const char *name, u32 nargs, u32 nrets, ...)
{
	u64 args[9] = {BLOCK};
	u32 token = 0;
	va_list ap;

	for (u32 i = 0; i < vm->rtas.count; i++)
		if (!strcmp(vm->rtas.calls[i].name, name))
			token = RTAS_TOKEN_BASE + i;
	assert_true(token);
	vm_mem_st32(vm, BLOCK, token);
	vm_mem_st32(vm, BLOCK + 4, nargs);
	vm_mem_st32(vm, BLOCK + 8, nrets);
	va_start(ap, nrets);
	for (u32 i = 0; i < nargs; i++)
		vm_mem_st32(vm, BLOCK + 12 + 4 * i, va_arg(ap, u32));
	va_end(ap);
	assert_int_equal(hcall_dispatch(&vm->vcpus[0], H_RTAS, args), H_SUCCESS);
	for (u32 i = 0; i < nrets; i++)
		vm_mem_ld32(vm, BLOCK + 12 + 4 * (nargs + i), &rets[i]);
	return (s32)rets[0];
}

static s32 indicate(u32 index, u32 state)
{
	return rtas("set-indicator", 3, 1, ISOLATION, index, state);
}

static u32 present(u32 index)
{
	assert_int_equal(rtas("get-sensor-state", 2, 2, ENTITY, index), 0);
	return rets[1];
}

/* What the next event says of our slot; GONE: there is none. */
static u32 event(void)
{
	u8 log[256];

	if (rtas("check-exception", 6, 1, 0x500, 0x1001, 1 << 28, 0, LOG, 256))
		return GONE;
	vm_mem_read(vm, LOG, log, sizeof(log));
	assert_int_equal(ld_be32(log + 8 + 16 + 0x48 + 12), drc);
	return log[8 + 16 + 0x48 + 9];
}

static s32 configure(u32 index, char name[32])
{
	u32 offset;
	s32 status;

	vm_mem_st32(vm, WORK, index);
	vm_mem_st32(vm, WORK + 4, 0);
	status = rtas("ibm,configure-connector", 2, 1, WORK, 0);
	if (status > 0 && status != PARENT) {
		vm_mem_ld32(vm, WORK + 8, &offset);
		vm_mem_read(vm, WORK + offset, name, 31);
	}
	return status;
}

static void take(u32 index)
{
	char name[32] = "";
	s32 status;

	assert_int_equal(indicate(index, UNISOLATE), 0);
	do {
		status = configure(index, name);
		assert_true(status >= 0);
	} while (status);
}

static struct testdev *plug(const char *addr)
{
	struct testdev *t;
	struct error e;

	vm_lock(vm);
	t = testdev_add(vm, addr, &e);
	vm_unlock(vm);
	if (!t)
		fail_msg("%s", e.text);
	return t;
}

static int ask(struct testdev *t)
{
	struct error e;
	int err;

	vm_lock(vm);
	err = pci_request_unplug(&t->pci, &e);
	vm_unlock(vm);
	return err;
}

static void reap(void)
{
	vm_lock(vm);
	devices_reap(vm, false);
	vm_unlock(vm);
}

/* --- the life of a device --- */
static void test_life(void **state)
{
	u32 devices = vm->nr_devices, states = vm->nr_states, name;
	struct testdev *t;

	for (u32 i = 0; i < 3; i++) {
		assert_int_equal(present(drc), 0);
		t = plug("7");
		name = t->pci.dev.state_name;
		assert_int_equal(level, 1);
		assert_int_equal(event(), ADDED);
		assert_int_equal(level, 0);
		assert_int_equal(present(drc), 1);
		take(drc);
		assert_int_equal(ask(t), 0);
		assert_true(t->pci.dev.unplug_asked);
		assert_int_equal(event(), LEAVING);
		reap();
		assert_int_equal(vm->nr_devices, devices + 1);
		assert_int_equal(indicate(drc, ISOLATE), 0);
		assert_int_equal(unplugged, i + 1);
		assert_int_equal(present(drc), 0);
		/* gone for the guest, not yet for the host */
		assert_int_equal(indicate(drc, UNISOLATE), NOT_CONFIGURABLE);
		assert_int_equal(ask(t), -16);
		reap();
		assert_int_equal(vm->nr_devices, devices);
		assert_int_equal(vm->nr_states, states);
	}
	/* another one in its place has the same name in saved states, whatever else there is */
	plug("9");
	assert_int_equal(plug("7")->pci.dev.state_name, name);
}

static void test_refused(void **state)
{
	struct testdev *t = plug("7"), *u;

	event();
	take(drc);
	assert_int_equal(ask(t), 0);
	assert_int_equal(ask(t), 0);
	assert_int_equal(event(), LEAVING);
	assert_int_equal(event(), LEAVING);
	assert_int_equal(event(), GONE);
	/* it keeps it: what it does with the slot afterwards is its own business */
	assert_int_equal(indicate(drc, UNISOLATE), 0);
	assert_false(t->pci.dev.unplug_asked);
	assert_int_equal(indicate(drc, ISOLATE), 0);
	assert_false(t->pci.dev.released);
	take(drc);
	assert_int_equal(ask(t), 0);
	assert_int_equal(indicate(drc, ISOLATE), 0);
	assert_true(t->pci.dev.released);
	reap();
	/* one that it never took goes at once, unless it uses it all the same */
	u = plug("7");
	pci_config_write(&u->pci, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(ask(u), 0);
	assert_false(u->pci.dev.released);
	pci_config_write(&u->pci, PCI_COMMAND, 2, 0);
	assert_int_equal(ask(u), 0);
	assert_true(u->pci.dev.released);
	reap();
	assert_int_equal(present(drc), 0);
}

/* The guest begins anew: what it was asked for is gone. */
static void test_reset(void **state)
{
	u32 devices = vm->nr_devices;
	struct error e;
	struct testdev *t = plug("7");

	assert_int_equal(vm_reset(vm, &e), 0);
	assert_int_equal(event(), GONE);
	assert_int_equal(vm->nr_devices, devices + 1);
	assert_int_equal(ask(t), 0);
	assert_int_equal(event(), LEAVING);
	assert_int_equal(vm_reset(vm, &e), 0);
	assert_int_equal(vm->nr_devices, devices);
	assert_int_equal(present(drc), 0);
}

/* A device goes with all that is plugged into it. */
static void test_children(void **state)
{
	static const struct device_setting settings[] = {{"id", "br"}, {"addr", "5"}};
	u32 devices = vm->nr_devices, states = vm->nr_states, buses = vm->nr_buses;
	struct device *dev;
	struct error e;

	assert_int_equal(device_add(vm, device_class_find("pci-bridge"), settings, 2, &e), 0);
	dev = device_new(vm, &testdev_class);
	device_set_pointer(dev, "bus", pci_bus_find(vm, "br"));
	assert_int_equal(device_realize(dev, &e), 0);
	vm_lock(vm);
	device_remove(device_find(vm, "br"));
	vm_unlock(vm);
	assert_null(device_find(vm, "br"));
	assert_int_equal(vm->nr_devices, devices);
	assert_int_equal(vm->nr_states, states);
	assert_int_equal(vm->nr_buses, buses);
	/* one that could not be made leaves nothing behind */
	assert_int_not_equal(device_add(vm, device_class_find("nvme"), settings, 2, &e), 0);
	assert_null(device_find(vm, "br"));
	assert_int_equal(vm->nr_devices, devices);
	assert_int_equal(vm->nr_states, states);
}

/* --- ibm,configure-connector --- */
static void test_functions(void **state)
{
	u32 nodes = 0, props = 0;
	char name[32] = "";
	struct error e;
	s32 status;

	plug("7.1");
	assert_int_equal(event(), GONE);
	assert_int_equal(present(drc), 0);
	plug("7");
	assert_int_equal(event(), ADDED);
	assert_null(testdev_add(vm, "7.2", &e)); /* the guest has been told */
	assert_int_equal(indicate(drc, UNISOLATE), 0);
	assert_int_equal(configure(drc, name), CHILD);
	assert_string_equal(name, "pci-device@7");
	while ((status = configure(drc, name)) != DONE) {
		assert_true(status == PROPERTY || status == SIBLING);
		props += status == PROPERTY;
		if (status == SIBLING) {
			nodes++;
			assert_int_equal(name[strlen(name) - 1], '1');
		}
	}
	assert_int_equal(nodes, 1);
	assert_true(props > 20);
}

static void test_sequence(void **state)
{
	char name[32] = "", first[32] = "";

	vm_mem_st32(vm, WORK, drc);
	assert_int_equal(rtas("ibm,configure-connector", 2, 1, WORK, 0), NOT_CONFIGURABLE);
	plug("7");
	assert_int_equal(configure(drc, name), NOT_CONFIGURABLE);
	assert_int_equal(indicate(drc, UNISOLATE), 0);
	assert_int_equal(rtas("ibm,configure-connector", 2, 1, WORK + 1, 0), RTAS_PARAMETER);
	assert_int_equal(rtas("ibm,configure-connector", 2, 1, (64u << 20) - 8, 0), RTAS_PARAMETER);
	assert_int_equal(configure(drc + 1, name), RTAS_PARAMETER);
	assert_int_equal(configure(drc, first), CHILD);
	assert_int_equal(configure(drc, name), PROPERTY);
	/* isolated in the middle: it begins again */
	assert_int_equal(indicate(drc, ISOLATE), 0);
	assert_int_equal(configure(drc, name), NOT_CONFIGURABLE);
	assert_int_equal(indicate(drc, UNISOLATE), 0);
	assert_int_equal(configure(drc, name), CHILD);
	assert_string_equal(name, first);
	/* another connector in the middle, too */
	plug("9");
	assert_int_equal(indicate(DRC | 9 << 3, UNISOLATE), 0);
	assert_int_equal(configure(DRC | 9 << 3, name), CHILD);
	assert_int_equal(configure(drc, name), CHILD);
	assert_string_equal(name, first);
	/* no such indicators of a slot that is there, or of one that is not */
	assert_int_equal(rtas("set-indicator", 3, 1, ALLOCATION, drc, 1), RTAS_NO_SUCH_INDICATOR);
	assert_int_equal(indicate(DRC | 40 << 8, ISOLATE), RTAS_NO_SUCH_INDICATOR);
	assert_int_equal(indicate(drc, 2), RTAS_NO_SUCH_INDICATOR);
}

/* --- saved state --- */
static void test_state(void **state)
{
	struct buffer stream = {0};
	struct state_writer w = {buf_write, &stream, 0};
	struct state_reader r = {buf_read, &stream};
	struct testdev *t, *gone = plug("5");
	struct error e;

	/* the device that stays was the second of its class */
	t = plug("7");
	assert_int_equal(rtas("check-exception", 6, 1, 0x500, 0x1001, 1 << 28, 0, LOG, 256), 0);
	assert_int_equal(ask(gone), 0);
	reap();
	event();
	take(drc);
	assert_int_equal(ask(t), 0);
	t->state.regs[3] = 33;
	assert_int_equal(vm_save(vm, &w, &e), 0);
	machine_pseries.destroy(vm);

	vm = board();
	t = testdev_add(vm, "7", &e);
	level = 0;
	assert_int_equal(vm_reset(vm, &e), 0);
	if (vm_load(vm, &r, &e))
		fail_msg("%s", e.text);
	assert_int_equal(t->state.regs[3], 33);
	assert_true(t->pci.dev.unplug_asked);
	assert_int_equal(event(), LEAVING);
	assert_int_equal(indicate(drc, ISOLATE), 0);
	assert_true(t->pci.dev.released);
	free(stream.data);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_life),      TEST(test_refused),  TEST(test_reset), TEST(test_children),
		TEST(test_functions), TEST(test_sequence), TEST(test_state),
	};

	return cmocka_run_group_tests_name("drc", tests, NULL, NULL);
}
