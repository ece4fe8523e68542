// SPDX-License-Identifier: GPL-2.0-or-later
/* The logical LAN adapter as a guest drives it: registering, buffers of several lengths, the
 * queue's toggle, filters, frames that wait, what is left to do for frames, save and load, what a
 * hostile guest asks. */
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

/* --- what is left to do for frames --- */
enum {
	SUM4 = 2,
	SUM6 = 4,
	LARGE_SR = 0x10000,
	SUPPORTED = 0xa000,
	IS_LARGE = 4,
	IS_BARE = 2, /* without checksum */
	IS_GOOD = 1,
};

static s64 attributes(struct rig *g, u64 reset, u64 set, u64 *now)
{
	u64 args[9] = {UNIT, reset, set};
	s64 ret = hcall_dispatch(&g->vm->vcpus[0], H_ILLAN_ATTRIBUTES, args);

	*now = args[0];
	return ret;
}

static u32 add_words(u32 sum, const u8 *p, u32 len)
{
	for (u32 i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (u32)p[i] << 8;
	return sum;
}

static u16 folded(u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

/* A frame to the adapter as it has to be, with so many bytes of TCP or UDP data. Its length. */
static u32 make_frame(u8 *f, bool v6, u32 proto, u32 data)
{
	u32 ip = v6 ? 40 : 20, at = 14 + ip, head = proto == 6 ? 20 : 8, len = at + head + data;
	u32 sum_at = at + (proto == 6 ? 16 : 6);

	for (u32 i = 0; i < len; i++)
		f[i] = (u8)(i * 5 + 3);
	memcpy(f, own, 6);
	st_be16(f + 12, v6 ? 0x86dd : 0x0800);
	if (v6) {
		st_be16(f + 18, (u16)(head + data));
		f[20] = (u8)proto;
	} else {
		f[14] = 0x45;
		st_be16(f + 16, (u16)(len - 14));
		st_be16(f + 20, 0);
		f[23] = (u8)proto;
		st_be16(f + 24, 0);
		st_be16(f + 24, folded(add_words(0, f + 14, 20)));
	}
	if (proto == 6) {
		f[at + 12] = 0x50;
		f[at + 13] = 0x10;
	} else {
		st_be16(f + at + 4, (u16)(head + data));
	}
	st_be16(f + sum_at, 0);
	st_be16(f + sum_at,
		folded(add_words(add_words(proto + head + data, f + 26 - (v6 ? 4 : 0), v6 ? 32 : 8),
				 f + at, head + data)));
	return len;
}

static void test_attributes(void **state)
{
	struct rig g;
	u64 now;

	setup(&g);
	assert_int_equal(attributes(&g, 0, 0, &now), H_SUCCESS);
	assert_int_equal(now, SUPPORTED);
	/* what does not exist is ignored, what stays as it is is reported */
	assert_int_equal(attributes(&g, 0x1000, 0x101, &now), H_SUCCESS);
	assert_int_equal(now, SUPPORTED);
	assert_int_equal(attributes(&g, 0x2000, SUM4, &now), H_CONSTRAINED);
	assert_int_equal(now, SUPPORTED | SUM4);
	enroll(&g);
	assert_int_equal(g.net.n.takes, NET_TAKES_CSUM);
	assert_int_equal(attributes(&g, SUM4, SUM6, &now), H_CONSTRAINED);
	assert_int_equal(now, SUPPORTED | SUM4);
	assert_int_equal(attributes(&g, 0, SUM4, &now), H_SUCCESS);
	hcall(&g, H_FREE_LOGICAL_LAN, UNIT, 0, 0, 0, 0);
	assert_int_equal(g.net.n.takes, 0);
	assert_int_equal(attributes(&g, SUM4, SUM6 | LARGE_SR, &now), H_SUCCESS);
	assert_int_equal(now, SUPPORTED | SUM6 | LARGE_SR);
	enroll(&g);
	assert_int_equal(g.net.n.takes, NET_TAKES_CSUM | NET_TAKES_TCP6);
	spapr_vlan_class.reset(g.dev);
	assert_int_equal(g.net.n.takes, 0);
	attributes(&g, 0, 0, &now);
	assert_int_equal(now, SUPPORTED);
	teardown(&g);
}

static s64 send_at(struct rig *g, u32 flags, u32 len, u64 mss)
{
	u64 args[9] = {UNIT, bd(20, DATA) | (u64)flags << 56, bd(len - 20, DATA + 20)};

	args[8] = mss;
	return hcall_dispatch(&g->vm->vcpus[0], H_SEND_LOGICAL_LAN, args);
}

struct pieces {
	u32 n;
	u64 data;
};

static void on_piece(void *opaque, const u8 *frame, size_t len)
{
	struct pieces *p = opaque;
	u32 ip = frame[12] == 0x86 ? 40 : 20, tcp = (u32)len - 14 - ip;
	u32 sum = add_words(6 + tcp, frame + 26 - (ip == 40 ? 4 : 0), ip == 40 ? 32 : 8);

	assert_int_equal(folded(add_words(sum, frame + 14 + ip, tcp)), 0);
	p->n++;
	p->data += tcp - 20;
}

static void test_send_unfinished(void **state)
{
	u8 want[4096], *ram;
	struct pieces p;
	struct rig g;
	u64 now;
	u32 len;

	setup(&g);
	ram = vm_mem_ptr(g.vm, DATA, sizeof(want));
	for (u32 v6 = 0; v6 < 2; v6++) {
		u32 sum = v6 ? SUM6 : SUM4, at = 14 + (v6 ? 40 : 20);

		len = make_frame(want, v6, 6, 2501);
		memcpy(ram, want, len);
		attributes(&g, SUM4 | SUM6 | LARGE_SR, sum ^ SUM4 ^ SUM6, &now);
		enroll(&g);
		for (u32 f = 1; f < 8; f++)
			assert_int_equal(send_at(&g, f, len, 1000), H_PARAMETER);
		hcall(&g, H_FREE_LOGICAL_LAN, UNIT, 0, 0, 0, 0);
		attributes(&g, SUM4 | SUM6, sum, &now);
		enroll(&g);
		assert_int_equal(send_at(&g, IS_BARE, len, 0), H_PARAMETER);
		assert_int_equal(send_at(&g, IS_LARGE | IS_BARE | IS_GOOD, len, 1000), H_PARAMETER);
		assert_int_equal(send_at(&g, IS_GOOD, len, 0), H_SUCCESS);
		assert_int_equal(g.net.offload.flags, NET_CSUM_VALID);
		assert_memory_equal(g.net.last, want, len);
		/* what is no size of a piece has no meaning yet; nor has padding */
		memset(ram + at + 16, 0, 2);
		memset(ram + len, 0xa5, 100);
		assert_int_equal(send_at(&g, IS_BARE | IS_GOOD, len + 100, 3), H_SUCCESS);
		assert_int_equal(g.net.last_len, len);
		assert_int_equal(g.net.offload.gso, 0);
		assert_true(net_checksum(&g.net.offload, g.net.last, len));
		assert_memory_equal(g.net.last, want, len);
		hcall(&g, H_FREE_LOGICAL_LAN, UNIT, 0, 0, 0, 0);
		attributes(&g, 0, LARGE_SR, &now);
		enroll(&g);
		assert_int_equal(send_at(&g, IS_LARGE | IS_BARE | IS_GOOD, len, 15), H_PARAMETER);
		assert_int_equal(send_at(&g, IS_LARGE | IS_BARE | IS_GOOD, len, 0x10000),
				 H_PARAMETER);
		assert_int_equal(send_at(&g, IS_LARGE | IS_BARE | IS_GOOD, len, 0), H_SUCCESS);
		assert_int_equal(g.net.offload.gso, 0);
		assert_int_equal(send_at(&g, IS_LARGE | IS_BARE | IS_GOOD, len, 1000), H_SUCCESS);
		assert_int_equal(g.net.offload.gso, v6 ? NET_GSO_TCP6 : NET_GSO_TCP4);
		p = (struct pieces){0};
		net_finish(&g.net.offload, g.net.last, g.net.last_len, on_piece, &p);
		assert_int_equal(p.n, 3);
		assert_int_equal(p.data, 2501);
		hcall(&g, H_FREE_LOGICAL_LAN, UNIT, 0, 0, 0, 0);
	}
	teardown(&g);
}

/* Headers that are no TCP frame's of that length. */
static void test_send_hostile(void **state)
{
	static const struct {
		u32 at;
		u8 value;
	} wrong[] = {{23, 17}, {12, 0x81}, {14, 0x44}, {14, 0x4f}, {16, 1},
		     {17, 0},  {20, 0x20}, {21, 1},    {46, 0x40}, {46, 0xf0}};
	u8 want[4096], *ram;
	struct rig g;
	u64 now;
	u32 len;

	setup(&g);
	ram = vm_mem_ptr(g.vm, DATA, sizeof(want));
	attributes(&g, 0, SUM4 | SUM6 | LARGE_SR, &now);
	enroll(&g);
	len = make_frame(want, false, 6, 30);
	for (u32 i = 0; i < ARRAY_SIZE(wrong); i++) {
		memcpy(ram, want, len);
		ram[wrong[i].at] = wrong[i].value;
		assert_int_equal(send_at(&g, IS_BARE | IS_GOOD, len, 0), H_PARAMETER);
		assert_int_equal(send_at(&g, IS_LARGE | IS_BARE | IS_GOOD, len, 20), H_PARAMETER);
		assert_int_equal(send_at(&g, 0, len, 20), H_SUCCESS);
	}
	memcpy(ram, want, len);
	for (u32 cut = 21; cut < len; cut++)
		assert_int_equal(send_at(&g, IS_BARE | IS_GOOD, cut, 0), H_PARAMETER);
	assert_int_equal(send_at(&g, IS_BARE | IS_GOOD, len, 0), H_SUCCESS);
	teardown(&g);
}

/* The next entry has to have these flags and the frame in the buffer at addr. */
static void expect_entry(struct rig *g, u32 flags, const u8 *want, u32 len, u32 addr)
{
	u8 entry[16], got[65536];
	u32 before = flags & IS_LARGE ? 16 : 8;

	vm_mem_read(g->vm, QUEUE + g->at, entry, 16);
	assert_int_equal(entry[0], (g->toggle ? 0xc0 : 0x40) | flags);
	assert_int_equal(ld_be16(entry + 2), before);
	assert_int_equal(ld_be32(entry + 4), len);
	assert_int_equal(ld_be32(entry + 12), addr);
	vm_mem_read(g->vm, addr + before, got, len);
	assert_memory_equal(got, want, len);
	g->at = (g->at + 16) % QUEUE_BYTES;
	if (!g->at)
		g->toggle = !g->toggle;
}

static void test_receive_unfinished(void **state)
{
	struct net_offload valid = {.flags = NET_CSUM_VALID},
			   o = {.flags = NET_NEEDS_CSUM, .csum_offset = 16};
	u8 want[4096];
	struct rig g;
	u64 now, mss;
	u32 len;

	setup(&g);
	attributes(&g, 0, SUM4 | SUM6 | LARGE_SR, &now);
	enroll(&g);
	for (u32 v6 = 0; v6 < 2; v6++) {
		o.csum_start = 14 + (v6 ? 40 : 20);
		for (u32 i = 0; i < 4; i++)
			lend(&g, LARGE, DATA + 0x1000 * i);
		len = make_frame(want, v6, 6, 500);
		net_deliver(&g.net.n, 0, &valid, want, len);
		expect_entry(&g, IS_GOOD, want, len, DATA + 0x3000);
		/* without its sum; the driver knows by a zero */
		st_be16(want + o.csum_start + 16, 0x1234);
		net_deliver(&g.net.n, 0, &o, want, len);
		st_be16(want + o.csum_start + 16, 0);
		expect_entry(&g, IS_GOOD | IS_BARE, want, len, DATA + 0x2000);
		o.gso = v6 ? NET_GSO_TCP6 : NET_GSO_TCP4;
		o.gso_size = 400;
		net_deliver(&g.net.n, 0, &o, want, len);
		expect_entry(&g, IS_GOOD | IS_BARE | IS_LARGE, want, len, DATA + 0x1000);
		vm_mem_ld64(g.vm, DATA + 0x1008, &mss);
		assert_int_equal(mss, 400);
		/* one that no buffer takes comes in pieces, as far as there are buffers */
		lend(&g, LARGE, DATA + 0x1000);
		len = make_frame(want, v6, 6, 2500);
		o.gso_size = 1000;
		net_deliver(&g.net.n, 0, &o, want, len);
		for (u32 i = 0; i < 2; i++) {
			u8 entry[16];

			vm_mem_read(g.vm, QUEUE + g.at, entry, 16);
			assert_int_equal(entry[0] & 15, IS_GOOD);
			assert_int_equal(ld_be32(entry + 4), o.csum_start + 20 + 1000);
			g.at = (g.at + 16) % QUEUE_BYTES;
			g.toggle ^= !g.at;
		}
		o.gso = 0;
	}
	/* no driver knows of UDP without a sum */
	for (u32 i = 0; i < 2; i++)
		lend(&g, LARGE, DATA + 0x1000 * i);
	len = make_frame(want, false, 17, 100);
	o = (struct net_offload){.flags = NET_NEEDS_CSUM, .csum_start = 34, .csum_offset = 6};
	now = ld_be16(want + 40);
	st_be16(want + 40, (u16)~folded(add_words(17 + 108, want + 26, 8)));
	net_deliver(&g.net.n, 0, &o, want, len);
	st_be16(want + 40, (u16)now);
	expect_entry(&g, IS_GOOD, want, len, DATA + 0x1000);
	/* nor who has not asked for it */
	hcall(&g, H_FREE_LOGICAL_LAN, UNIT, 0, 0, 0, 0);
	attributes(&g, ~0ull, 0, &now);
	enroll(&g);
	lend(&g, LARGE, DATA);
	net_deliver(&g.net.n, 0, &valid, want, len);
	expect_entry(&g, 0, want, len, DATA);
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
		cmocka_unit_test(test_receive),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_send_unfinished),
		cmocka_unit_test(test_send_hostile),
		cmocka_unit_test(test_receive_unfinished),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_pause_and_save),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
