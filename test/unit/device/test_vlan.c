// SPDX-License-Identifier: GPL-2.0-or-later
/* The logical LAN adapter as a guest drives it: registering, buffers of several lengths, the
 * queue's toggle, filters, frames that wait, save and load, what a hostile guest asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../buffer.h"
#include "vlan.h"
#include "vm/savestate.h"

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
	u64 args[9] = {UNIT};
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
	assert_int_equal(hcall(&g, H_MULTICAST_CTRL, UNIT, 1, 1, 0, 0), H_CONSTRAINED);
	assert_int_equal(hcall(&g, H_MULTICAST_CTRL, UNIT, 2, 1, 0, 0), H_NOT_FOUND);
	assert_int_equal(hcall(&g, H_MULTICAST_CTRL, UNIT, 2, 1ull << 48, 0, 0), H_PARAMETER);
	assert_int_equal(hcall(&g, H_MULTICAST_CTRL, UNIT, 2, 0x010000000003, 0, 0), H_SUCCESS);
	assert_int_equal(hcall_dispatch(&g.vm->vcpus[0], H_MULTICAST_CTRL, args), H_SUCCESS);
	assert_int_equal(args[0], 0x20000 | 255);
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
	u64 now;

	setup(&g);
	attributes(&g, 0, SUM4 | LARGE_SR, &now);
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
	attributes(&g, 0, 0, &now);
	assert_int_equal(now, SUPPORTED | SUM4 | LARGE_SR);
	assert_int_equal(g.net.n.takes, NET_TAKES_CSUM | NET_TAKES_TCP4);
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
