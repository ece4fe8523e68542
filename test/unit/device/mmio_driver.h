/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots of virtio-mmio with three devices, and what a driver of either interface does to them:
 * loads and stores, negotiation, rings. */
#ifndef TEST_MMIO_DRIVER_H
#define TEST_MMIO_DRIVER_H

#include "device/virtio_balloon.h"
#include "device/virtio_net.h"
#include "device/virtio_rng.h"
#include "fakenet.h"
#include "mmio_board.h"
#include "os/os.h"
#include "vm/vm.h"

enum {
	EMPTY = 3,
	MAGIC = 0,
	VERSION = 4,
	DEVICE = 8,
	VENDOR = 0xc,
	FEATURES = 0x10,
	FEATURES_SEL = 0x14,
	DRIVER = 0x20,
	DRIVER_SEL = 0x24,
	PAGE_SIZE = 0x28,
	SEL = 0x30,
	NUM_MAX = 0x34,
	NUM = 0x38,
	ALIGN = 0x3c,
	PFN = 0x40,
	READY = 0x44,
	NOTIFY = 0x50,
	STATUS_INT = 0x60,
	ACK = 0x64,
	STATUS = 0x70,
	DESC = 0x80,
	AVAIL = 0x90,
	USED = 0xa0,
	SHM_SEL = 0xac,
	SHM = 0xb0,
	RESET = 0xc0,
	GENERATION = 0xfc,
	CONFIG = 0x100,

	NET = 0,
	RNG = 1,
	BALLOON = 2,

	RING = 0x100000,
	DATA = 0x200000,
	SIZE = 8,
	BYTES = 64,
};

struct rig {
	struct vm *vm;
	struct fakenet net;
	bool legacy;
};

static inline void setup(struct rig *g, bool legacy)
{
	g->legacy = legacy;
	fakenet_init(&g->net);
	g->vm = mmio_board(legacy);
	mmio_plug(g->vm, &virtio_net_device_class, "netdev", NULL, &g->net.n);
	mmio_plug(g->vm, &virtio_rng_device_class, NULL, NULL, NULL);
	mmio_plug(g->vm, &virtio_balloon_device_class, NULL, NULL, NULL);
	devices_reset(g->vm);
	vm_resume(g->vm);
}

static inline void teardown(struct rig *g)
{
	vm_pause(g->vm);
	machine_bare_e500.destroy(g->vm);
	fakenet_destroy(&g->net);
}

/* --- accesses --- */
static inline bool raw(struct rig *g, u32 slot, u32 offset, u8 *data, u32 len, bool write)
{
	struct vm_exit x = {.reason = VM_EXIT_MMIO};

	x.mmio.addr = MMIO_BOARD_SLOTS + slot * VIRTIO_MMIO_BYTES + offset;
	x.mmio.len = len;
	x.mmio.write = write;
	memcpy(x.mmio.data, data, len);
	mmio_dispatch(g->vm, 0, &x);
	memcpy(data, x.mmio.data, len);
	return !x.mmio.failed;
}

static inline u32 get(struct rig *g, u32 slot, u32 offset)
{
	u8 b[4] = {0xaa, 0xaa, 0xaa, 0xaa};

	assert_true(raw(g, slot, offset, b, 4, false));
	return g->legacy ? ld_be32(b) : ld_le32(b);
}

static inline void put(struct rig *g, u32 slot, u32 offset, u32 value)
{
	u8 b[4];

	if (g->legacy)
		st_be32(b, value);
	else
		st_le32(b, value);
	assert_true(raw(g, slot, offset, b, 4, true));
}

static inline u64 features(struct rig *g, u32 slot)
{
	u64 f;

	put(g, slot, FEATURES_SEL, 0);
	f = get(g, slot, FEATURES);
	put(g, slot, FEATURES_SEL, 1);
	return f | (u64)get(g, slot, FEATURES) << 32;
}

static inline bool line(struct rig *g)
{
	return null_line(g->vm->vcpus[0].engine, ENGINE_LINE_EXTERNAL);
}

/* --- rings, in the order that the interface has them in --- */
static inline void poke(struct rig *g, u64 at, u64 value, u32 bytes)
{
	u8 b[8];

	if (g->legacy)
		st_be64(b, value);
	else
		st_le64(b, value);
	assert_int_equal(vm_mem_write(g->vm, at, b + (g->legacy ? 8 - bytes : 0), bytes), 0);
}

static inline u32 peek(struct rig *g, u64 at, u32 bytes)
{
	u8 b[4] = {0};

	assert_int_equal(vm_mem_read(g->vm, at, b + (g->legacy ? 4 - bytes : 0), bytes), 0);
	return g->legacy ? ld_be32(b) : ld_le32(b);
}

static inline u64 used_at(const struct rig *g)
{
	return g->legacy ? RING + 0x400 : RING + 0x2000;
}

static inline void negotiate(struct rig *g, u32 slot, u64 wanted)
{
	put(g, slot, STATUS, 0);
	put(g, slot, STATUS, 1);
	put(g, slot, STATUS, 3);
	put(g, slot, DRIVER_SEL, 0);
	put(g, slot, DRIVER, (u32)wanted);
	put(g, slot, DRIVER_SEL, 1);
	put(g, slot, DRIVER, (u32)(wanted >> 32));
	if (!g->legacy) {
		put(g, slot, STATUS, 11);
		assert_int_equal(get(g, slot, STATUS), 11);
	}
}

/* Queue 0 of the slot at RING, and go. */
static inline void start(struct rig *g, u32 slot, u64 wanted)
{
	vm_mem_fill(g->vm, RING, 0, 0x10000);
	if (g->legacy) /* before the reset, as Linux says it */
		put(g, slot, PAGE_SIZE, 0x1000);
	negotiate(g, slot, wanted);
	put(g, slot, SEL, 0);
	put(g, slot, NUM, SIZE);
	if (g->legacy) {
		put(g, slot, ALIGN, 0x400);
		put(g, slot, PFN, RING / 0x1000);
		put(g, slot, STATUS, 7);
		return;
	}
	put(g, slot, DESC, RING);
	put(g, slot, DESC + 4, 0);
	put(g, slot, AVAIL, RING + 0x1000);
	put(g, slot, USED, RING + 0x2000);
	put(g, slot, READY, 1);
	put(g, slot, STATUS, 15);
}

static inline void offer(struct rig *g, u32 slot, u32 nr)
{
	u64 desc = RING + 16 * (nr % SIZE), avail = g->legacy ? RING + 16 * SIZE : RING + 0x1000;

	poke(g, desc, DATA, 8);
	poke(g, desc + 8, BYTES, 4);
	poke(g, desc + 12, 2, 2);
	poke(g, avail + 4 + 2 * (nr % SIZE), nr % SIZE, 2);
	poke(g, avail + 2, nr + 1, 2);
	put(g, slot, NOTIFY, 0);
}

static inline bool wait_used(struct rig *g, u32 count)
{
	u64 end = os_clock_ns() + 20000000000ull;

	while (peek(g, used_at(g) + 2, 2) != count) {
		if (os_clock_ns() > end)
			return false;
		os_thread_yield();
	}
	return true;
}

static inline bool wait_line(struct rig *g, bool level)
{
	u64 end = os_clock_ns() + 20000000000ull;

	while (line(g) != level) {
		if (os_clock_ns() > end)
			return false;
		os_thread_yield();
	}
	return true;
}

#endif
