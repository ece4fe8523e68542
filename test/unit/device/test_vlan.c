// SPDX-License-Identifier: GPL-2.0-or-later
/* The logical LAN adapter as a guest drives it: registering, buffers of several lengths, the
 * queue's toggle, filters, frames that wait, save and load, what a hostile guest asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../machine/board.h"
#include "../buffer.h"
#include "device/spapr_vlan.h"
#include "fakenet.h"
#include "isa/papr.h"
#include "vm/savestate.h"

enum {
	LIST = 0x100000,
	QUEUE = 0x110000,
	QUEUE_BYTES = 64, /* four entries */
	FILTERS = 0x120000,
	DATA = 0x200000,
	UNIT = 0x71000002,
	SMALL = 512,
	LARGE = 2048,
};

static const u8 own[6] = {0x52, 0x54, 0, 1, 2, 3};

struct rig {
	struct vm *vm;
	struct device *dev;
	struct fakenet net;
	u32 at;
	bool toggle;
};

#define VALID (1ull << 63)

static s64 hcall(struct rig *g, u64 nr, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	u64 args[9] = {a, b, c, d, e};

	return hcall_dispatch(&g->vm->vcpus[0], nr, args);
}

static u64 bd(u32 len, u32 addr)
{
	return VALID | (u64)len << 32 | addr;
}

static u64 mac(const u8 *m)
{
	return (u64)ld_be16(m) << 32 | ld_be32(m + 2);
}

static s64 enroll(struct rig *g)
{
	g->at = 0;
	g->toggle = true;
	vm_mem_fill(g->vm, QUEUE, 0, QUEUE_BYTES);
	return hcall(g, H_REGISTER_LOGICAL_LAN, UNIT, LIST, bd(QUEUE_BYTES, QUEUE), FILTERS,
		     mac(own));
}

static void build(struct rig *g)
{
	struct machine_config c = {.cpus = 1};
	struct error e = {""};

	memset(g, 0, sizeof(*g));
	fakenet_init(&g->net);
	if (board_create(&c, &g->vm, &e))
		fail_msg("%s", e.text);
	g->dev = device_new(g->vm, &spapr_vlan_class);
	device_set_pointer(g->dev, "bus", device_bus_find(g->vm, BUS_VIO, NULL)->bus);
	device_set_pointer(g->dev, "netdev", &g->net.n);
	if (device_set(g->dev, "mac", "52:54:00:01:02:03", &e) || device_realize(g->dev, &e))
		fail_msg("%s", e.text);
	spapr_vlan_class.reset(g->dev);
}

static void setup(struct rig *g)
{
	build(g);
	vm_resume(g->vm);
	for (u64 a = 0; a < 4 << 20; a += 4096)
		assert_int_equal(hcall(g, H_PUT_TCE, UNIT, a, a | 3, 0, 0), H_SUCCESS);
}

static void teardown(struct rig *g)
{
	vm_pause(g->vm);
	machine_pseries.destroy(g->vm);
	fakenet_destroy(&g->net);
}

static void lend(struct rig *g, u32 len, u32 addr)
{
	u8 cookie[8] = {1, 2, 3, 4};

	st_be32(cookie + 4, addr);
	vm_mem_write(g->vm, addr, cookie, 8);
	assert_int_equal(hcall(g, H_ADD_LOGICAL_LAN_BUFFER, UNIT, bd(len, addr), 0, 0, 0),
			 H_SUCCESS);
}

static void frame_to(u8 *frame, const u8 *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		frame[i] = (u8)(i * 7 + len);
	memcpy(frame, to, 6);
}

static bool put(struct rig *g, const u8 *to, size_t len)
{
	u8 frame[4096];

	frame_to(frame, to, len);
	return fakenet_put(&g->net, frame, len);
}

/* The next entry has to be a frame of so many bytes in the buffer at addr; 0: there is none. */
static void expect(struct rig *g, const u8 *to, size_t len, u32 addr)
{
	u8 entry[16], got[4096], want[4096];

	vm_mem_read(g->vm, QUEUE + g->at, entry, 16);
	assert_int_equal(entry[0] >> 7 == g->toggle && entry[0] & 0x40, addr != 0);
	if (!addr)
		return;
	assert_int_equal(ld_be16(entry + 2), 8);
	assert_int_equal(ld_be32(entry + 4), len);
	assert_int_equal(ld_be32(entry + 8), 0x01020304);
	assert_int_equal(ld_be32(entry + 12), addr);
	frame_to(want, to, len);
	vm_mem_read(g->vm, addr + 8, got, len);
	assert_memory_equal(got, want, len);
	g->at += 16;
	if (g->at == QUEUE_BYTES) {
		g->at = 0;
		g->toggle = !g->toggle;
	}
}

static void test_receive(void **state)
{
	struct rig g;
	u64 dropped;

	setup(&g);
	assert_int_equal(hcall(&g, H_ADD_LOGICAL_LAN_BUFFER, UNIT, bd(SMALL, DATA), 0, 0, 0),
			 H_RESOURCE);
	assert_true(put(&g, own, 100)); /* to nobody */
	assert_int_equal(enroll(&g), H_SUCCESS);
	assert_int_equal(enroll(&g), H_RESOURCE);
	/* the smallest that takes it, the last one lent first, the larger ones after those */
	lend(&g, LARGE, DATA);
	lend(&g, SMALL, DATA + 0x1000);
	lend(&g, SMALL, DATA + 0x2000);
	assert_true(put(&g, own, SMALL - 8));
	expect(&g, own, SMALL - 8, DATA + 0x2000);
	assert_true(put(&g, own, 60));
	expect(&g, own, 60, DATA + 0x1000);
	assert_true(put(&g, own, 61));
	expect(&g, own, 61, DATA);
	/* none is left: frames wait, in order, and go on as buffers come */
	assert_false(put(&g, own, 62));
	assert_false(put(&g, own, 63));
	lend(&g, LARGE, DATA);
	expect(&g, own, 62, DATA);
	expect(&g, own, 0, 0);
	assert_int_equal(g.net.resumed, 1);
	lend(&g, LARGE, DATA + 0x3000);
	expect(&g, own, 63, DATA + 0x3000);
	assert_int_equal(g.net.resumed, 2);
	/* what no buffer ever takes is dropped and counted */
	lend(&g, LARGE, DATA);
	assert_true(put(&g, own, LARGE - 7));
	vm_mem_ld64(g.vm, LIST + 4088, &dropped);
	assert_int_equal(dropped, 1);
	expect(&g, own, 0, 0);
	/* around the queue, several times */
	for (u32 i = 0; i < 10; i++) {
		assert_true(put(&g, own, 100 + i));
		expect(&g, own, 100 + i, DATA);
		lend(&g, LARGE, DATA);
	}
	assert_int_equal(hcall(&g, H_FREE_LOGICAL_LAN, UNIT, 0, 0, 0, 0), H_SUCCESS);
	assert_int_equal(hcall(&g, H_FREE_LOGICAL_LAN, UNIT, 0, 0, 0, 0), H_RESOURCE);
	assert_true(put(&g, own, 100));
	expect(&g, own, 0, 0);
	teardown(&g);
}

static void test_filters(void **state)
{
	static const u8 other[6] = {0x52, 0x54, 0, 9, 9, 9},
			all[6] = {255, 255, 255, 255, 255, 255}, group[6] = {1, 0, 0x5e, 0, 0, 1},
			group2[6] = {1, 0, 0x5e, 0, 0, 2};
	struct rig g;

	setup(&g);
	enroll(&g);
	for (u32 i = 0; i < 16; i++)
		lend(&g, LARGE, DATA + 0x1000 * (15 - i));
	put(&g, other, 80);
	put(&g, group, 81);
	put(&g, own, 10); /* no whole header */
	expect(&g, own, 0, 0);
	put(&g, all, 82);
	expect(&g, all, 82, DATA);
	/* two groups of the table, then one, then all */
	assert_int_equal(hcall(&g, H_MULTICAST_CTRL, UNIT, 0xf0000, 0, 0, 0), H_SUCCESS);
	hcall(&g, H_MULTICAST_CTRL, UNIT, 1, mac(group), 0, 0);
	hcall(&g, H_MULTICAST_CTRL, UNIT, 1, mac(group2), 0, 0);
	put(&g, group, 83);
	expect(&g, group, 83, DATA + 0x1000);
	hcall(&g, H_MULTICAST_CTRL, UNIT, 2, mac(group), 0, 0);
	put(&g, group, 84);
	put(&g, group2, 85);
	expect(&g, group2, 85, DATA + 0x2000);
	hcall(&g, H_MULTICAST_CTRL, UNIT, 3, 0, 0, 0);
	put(&g, group2, 86);
	hcall(&g, H_MULTICAST_CTRL, UNIT, 0x60000 | 0x80000, 0, 0, 0);
	put(&g, group, 87);
	expect(&g, group, 87, DATA + 0x3000);
	for (u32 i = 0; i < 256; i++)
		assert_int_equal(hcall(&g, H_MULTICAST_CTRL, UNIT, 1, 0x010000000000 + i, 0, 0),
				 H_SUCCESS);
	assert_int_equal(hcall(&g, H_MULTICAST_CTRL, UNIT, 1, 1, 0, 0), H_RESOURCE);
	assert_int_equal(hcall(&g, H_MULTICAST_CTRL, UNIT, 0x100000, 0, 0, 0), H_PARAMETER);
	/* another address */
	assert_int_equal(hcall(&g, H_CHANGE_LOGICAL_LAN_MAC, UNIT, mac(other), 0, 0, 0), H_SUCCESS);
	put(&g, own, 88);
	put(&g, other, 89);
	expect(&g, other, 89, DATA + 0x4000);
	teardown(&g);
}

static void test_send(void **state)
{
	u64 args[9] = {UNIT, bd(100, DATA), bd(5000, DATA + 0x10000), bd(1, DATA)};
	u8 *ram;
	struct rig g;

	setup(&g);
	ram = vm_mem_ptr(g.vm, DATA, 0x20000);
	for (u32 i = 0; i < 0x20000; i++)
		ram[i] = (u8)(i * 13 >> 3);
	assert_int_equal(hcall_dispatch(&g.vm->vcpus[0], H_SEND_LOGICAL_LAN, args), H_DROPPED);
	enroll(&g);
	assert_int_equal(hcall_dispatch(&g.vm->vcpus[0], H_SEND_LOGICAL_LAN, args), H_SUCCESS);
	assert_int_equal(args[0], 0);
	assert_int_equal(g.net.sent, 1);
	assert_int_equal(g.net.last_len, 5101);
	assert_memory_equal(g.net.last, ram, 100);
	assert_memory_equal(g.net.last + 100, ram + 0x10000, 5000);
	assert_int_equal(g.net.last[5100], ram[0]);
	/* a token of nobody's, too long, out of the window */
	args[0] = UNIT;
	args[7] = 1;
	assert_int_equal(hcall_dispatch(&g.vm->vcpus[0], H_SEND_LOGICAL_LAN, args), H_PARAMETER);
	assert_int_equal(hcall(&g, H_SEND_LOGICAL_LAN, UNIT, bd(0x10013, DATA), 0, 0, 0),
			 H_PARAMETER);
	assert_int_equal(hcall(&g, H_SEND_LOGICAL_LAN, UNIT, bd(60, 0xf0000000), 0, 0, 0),
			 H_PARAMETER);
	assert_int_equal(hcall(&g, H_SEND_LOGICAL_LAN, UNIT, bd(60, 5 << 20), 0, 0, 0),
			 H_PARAMETER);
	assert_int_equal(g.net.sent, 1);
	teardown(&g);
}

static void test_hostile(void **state)
{
	u64 args[9] = {UNIT, SMALL};
	u64 q = bd(QUEUE_BYTES, QUEUE);
	struct rig g;

	setup(&g);
#define REGISTER(list, queue, filters)                                                             \
	hcall(&g, H_REGISTER_LOGICAL_LAN, UNIT, list, queue, filters, mac(own))
	assert_int_equal(REGISTER(LIST + 8, q, FILTERS), H_PARAMETER);
	assert_int_equal(REGISTER(LIST, q, FILTERS + 8), H_PARAMETER);
	assert_int_equal(REGISTER(1ull << 32, q, FILTERS), H_PARAMETER);
	assert_int_equal(REGISTER(LIST, q & ~VALID, FILTERS), H_PARAMETER);
	assert_int_equal(REGISTER(LIST, bd(0, QUEUE), FILTERS), H_PARAMETER);
	assert_int_equal(REGISTER(LIST, bd(24, QUEUE), FILTERS), H_PARAMETER);
	assert_int_equal(REGISTER(LIST, bd(64, QUEUE + 4), FILTERS), H_PARAMETER);
	assert_int_equal(REGISTER(LIST, bd(64, 0x0ffffff0), FILTERS), H_PARAMETER);
	assert_int_equal(hcall(&g, H_REGISTER_LOGICAL_LAN, 0x71000000, LIST, q, FILTERS, 0),
			 H_PARAMETER);
	/* a queue and a list behind which is no memory: frames are lost, nothing else */
	assert_int_equal(REGISTER(8 << 20, bd(64, 9 << 20), FILTERS), H_SUCCESS);
	lend(&g, SMALL, DATA);
	assert_true(put(&g, own, 60));
	/* lengths and addresses of buffers */
	assert_int_equal(hcall(&g, H_ADD_LOGICAL_LAN_BUFFER, UNIT, bd(15, DATA), 0, 0, 0),
			 H_PARAMETER);
	assert_int_equal(hcall(&g, H_ADD_LOGICAL_LAN_BUFFER, UNIT, bd(64, 0x0fffffe0), 0, 0, 0),
			 H_PARAMETER);
	lend(&g, SMALL, 8 << 20);
	assert_true(put(&g, own, 60));
	/* one more length than there are pools, one more buffer than a pool has room for */
	for (u32 i = 0; i < 8; i++)
		lend(&g, SMALL + i, DATA);
	assert_int_equal(hcall(&g, H_ADD_LOGICAL_LAN_BUFFER, UNIT, bd(100, DATA), 0, 0, 0),
			 H_RESOURCE);
	for (u32 i = 0; i < 4095; i++)
		lend(&g, SMALL, DATA);
	assert_int_equal(hcall(&g, H_ADD_LOGICAL_LAN_BUFFER, UNIT, bd(SMALL, DATA), 0, 0, 0),
			 H_RESOURCE);
	/* one comes back */
	assert_int_equal(hcall_dispatch(&g.vm->vcpus[0], H_FREE_LOGICAL_LAN_BUFFER, args),
			 H_SUCCESS);
	assert_int_equal(args[0], bd(SMALL, DATA));
	assert_int_equal(hcall(&g, H_FREE_LOGICAL_LAN_BUFFER, UNIT, 100, 0, 0, 0), H_NOT_FOUND);
	teardown(&g);
}

/* Frames that come while the machine stands still wait; the adapter goes on in a machine that was
 * loaded as it was in the one that was saved. */
static void test_pause_and_save(void **state)
{
	struct buffer b = {0};
	struct state_writer w = {buf_write, &b, 0};
	struct state_reader r = {buf_read, &b};
	struct error e = {""};
	struct rig g;

	setup(&g);
	enroll(&g);
	lend(&g, LARGE, DATA);
	lend(&g, LARGE, DATA + 0x1000);
	lend(&g, SMALL, DATA + 0x2000);
	for (u32 i = 0; i < 4; i++)
		lend(&g, LARGE, DATA + 0x3000);
	for (u32 i = 0; i < 5; i++) {
		assert_true(put(&g, own, 600 + i));
		expect(&g, own, 600 + i, i < 4 ? DATA + 0x3000 : DATA + 0x1000);
	}
	vm_pause(g.vm);
	assert_false(put(&g, own, 70));
	expect(&g, own, 0, 0);
	if (vm_save(g.vm, &w, &e))
		fail_msg("%s", e.text);
	vm_resume(g.vm);
	expect(&g, own, 70, DATA + 0x2000);
	teardown(&g);

	build(&g);
	g.at = 16;
	g.toggle = false;
	if (vm_load(g.vm, &r, &e))
		fail_msg("%s", e.text);
	vm_resume(g.vm);
	assert_true(put(&g, own, 700));
	expect(&g, own, 700, DATA);
	assert_false(put(&g, own, 701));
	lend(&g, LARGE, DATA + 0x1000);
	expect(&g, own, 701, DATA + 0x1000);
	teardown(&g);
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_receive),	       cmocka_unit_test(test_filters),
		cmocka_unit_test(test_send),	       cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_pause_and_save),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
