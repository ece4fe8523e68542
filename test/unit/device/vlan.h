/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A logical LAN adapter on a board without a guest, its network the test's, and what a driver asks
 * of it. */
#ifndef TEST_VLAN_H
#define TEST_VLAN_H

#include "../machine/board.h"
#include "device/spapr_vlan.h"
#include "fakenet.h"
#include "isa/papr.h"

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

static inline s64 hcall(struct rig *g, u64 nr, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	u64 args[9] = {a, b, c, d, e};

	return hcall_dispatch(&g->vm->vcpus[0], nr, args);
}

static inline u64 bd(u32 len, u32 addr)
{
	return VALID | (u64)len << 32 | addr;
}

static inline u64 mac(const u8 *m)
{
	return (u64)ld_be16(m) << 32 | ld_be32(m + 2);
}

static inline s64 enroll(struct rig *g)
{
	g->at = 0;
	g->toggle = true;
	vm_mem_fill(g->vm, QUEUE, 0, QUEUE_BYTES);
	return hcall(g, H_REGISTER_LOGICAL_LAN, UNIT, LIST, bd(QUEUE_BYTES, QUEUE), FILTERS,
		     mac(own));
}

static inline void build(struct rig *g)
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

static inline void setup(struct rig *g)
{
	build(g);
	vm_resume(g->vm);
	for (u64 a = 0; a < 4 << 20; a += 4096)
		assert_int_equal(hcall(g, H_PUT_TCE, UNIT, a, a | 3, 0, 0), H_SUCCESS);
}

static inline void teardown(struct rig *g)
{
	vm_pause(g->vm);
	machine_pseries.destroy(g->vm);
	fakenet_destroy(&g->net);
}

static inline void lend(struct rig *g, u32 len, u32 addr)
{
	u8 cookie[8] = {1, 2, 3, 4};

	st_be32(cookie + 4, addr);
	vm_mem_write(g->vm, addr, cookie, 8);
	assert_int_equal(hcall(g, H_ADD_LOGICAL_LAN_BUFFER, UNIT, bd(len, addr), 0, 0, 0),
			 H_SUCCESS);
}

static inline void frame_to(u8 *frame, const u8 *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		frame[i] = (u8)(i * 7 + len);
	memcpy(frame, to, 6);
}

static inline bool put(struct rig *g, const u8 *to, size_t len)
{
	u8 frame[4096];

	frame_to(frame, to, len);
	return fakenet_put(&g->net, frame, len);
}

/* The next entry has to be a frame of so many bytes in the buffer at addr; 0: there is none. */
static inline void expect(struct rig *g, const u8 *to, size_t len, u32 addr)
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

/* --- attributes, and flags of descriptors and entries --- */
enum {
	SUM4 = 2,
	SUM6 = 4,
	LARGE_SR = 0x10000,
	SUPPORTED = 0xa000,
	IS_LARGE = 4,
	IS_BARE = 2, /* without checksum */
	IS_GOOD = 1,
};

static inline s64 attributes(struct rig *g, u64 reset, u64 set, u64 *now)
{
	u64 args[9] = {UNIT, reset, set};
	s64 ret = hcall_dispatch(&g->vm->vcpus[0], H_ILLAN_ATTRIBUTES, args);

	*now = args[0];
	return ret;
}

#endif
