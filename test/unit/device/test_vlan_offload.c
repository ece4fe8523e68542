// SPDX-License-Identifier: GPL-2.0-or-later
/* The logical LAN adapter's attributes, and what is left to do for frames: sums and pieces, as the
 * guest asks for them and as it is told of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "vlan.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_send_unfinished),
		cmocka_unit_test(test_send_hostile),
		cmocka_unit_test(test_receive_unfinished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
