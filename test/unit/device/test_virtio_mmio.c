// SPDX-License-Identifier: GPL-2.0-or-later
/* Slots of virtio-mmio on a bare board, both interfaces, as a driver's loads and stores see them:
 * every register, accesses that no driver should make, byte orders, queues that work, the interrupt
 * line, save and load. Expected values are those of virtio 1.2, 4.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../buffer.h"
#include "device/virtio_balloon.h"
#include "device/virtio_net.h"
#include "device/virtio_rng.h"
#include "fakenet.h"
#include "mmio_board.h"
#include "os/os.h"
#include "vm/balloon.h"
#include "vm/savestate.h"
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

static void setup(struct rig *g, bool legacy)
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

static void teardown(struct rig *g)
{
	vm_pause(g->vm);
	machine_bare_e500.destroy(g->vm);
	fakenet_destroy(&g->net);
}

/* --- accesses --- */
static bool raw(struct rig *g, u32 slot, u32 offset, u8 *data, u32 len, bool write)
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

static u32 get(struct rig *g, u32 slot, u32 offset)
{
	u8 b[4] = {0xaa, 0xaa, 0xaa, 0xaa};

	assert_true(raw(g, slot, offset, b, 4, false));
	return g->legacy ? ld_be32(b) : ld_le32(b);
}

static void put(struct rig *g, u32 slot, u32 offset, u32 value)
{
	u8 b[4];

	if (g->legacy)
		st_be32(b, value);
	else
		st_le32(b, value);
	assert_true(raw(g, slot, offset, b, 4, true));
}

static u64 features(struct rig *g, u32 slot)
{
	u64 f;

	put(g, slot, FEATURES_SEL, 0);
	f = get(g, slot, FEATURES);
	put(g, slot, FEATURES_SEL, 1);
	return f | (u64)get(g, slot, FEATURES) << 32;
}

static bool line(struct rig *g)
{
	return null_line(g->vm->vcpus[0].engine, ENGINE_LINE_EXTERNAL);
}

/* --- rings, in the order that the interface has them in --- */
static void poke(struct rig *g, u64 at, u64 value, u32 bytes)
{
	u8 b[8];

	if (g->legacy)
		st_be64(b, value);
	else
		st_le64(b, value);
	assert_int_equal(vm_mem_write(g->vm, at, b + (g->legacy ? 8 - bytes : 0), bytes), 0);
}

static u32 peek(struct rig *g, u64 at, u32 bytes)
{
	u8 b[4] = {0};

	assert_int_equal(vm_mem_read(g->vm, at, b + (g->legacy ? 4 - bytes : 0), bytes), 0);
	return g->legacy ? ld_be32(b) : ld_le32(b);
}

static u64 used_at(const struct rig *g)
{
	return g->legacy ? RING + 0x400 : RING + 0x2000;
}

static void negotiate(struct rig *g, u32 slot, u64 wanted)
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
static void start(struct rig *g, u32 slot, u64 wanted)
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

static void offer(struct rig *g, u32 slot, u32 nr)
{
	u64 desc = RING + 16 * (nr % SIZE), avail = g->legacy ? RING + 16 * SIZE : RING + 0x1000;

	poke(g, desc, DATA, 8);
	poke(g, desc + 8, BYTES, 4);
	poke(g, desc + 12, 2, 2);
	poke(g, avail + 4 + 2 * (nr % SIZE), nr % SIZE, 2);
	poke(g, avail + 2, nr + 1, 2);
	put(g, slot, NOTIFY, 0);
}

static bool wait_used(struct rig *g, u32 count)
{
	u64 end = os_clock_ns() + 20000000000ull;

	while (peek(g, used_at(g) + 2, 2) != count) {
		if (os_clock_ns() > end)
			return false;
		os_thread_yield();
	}
	return true;
}

static bool wait_line(struct rig *g, bool level)
{
	u64 end = os_clock_ns() + 20000000000ull;

	while (line(g) != level) {
		if (os_clock_ns() > end)
			return false;
		os_thread_yield();
	}
	return true;
}

/* --- tests --- */
static void test_empty_slot(void **state)
{
	for (u32 legacy = 0; legacy < 2; legacy++) {
		struct rig g;
		u8 b[4];

		setup(&g, legacy);
		assert_int_equal(get(&g, EMPTY, MAGIC), 0x74726976);
		assert_int_equal(get(&g, EMPTY, VERSION), legacy ? 1 : 2);
		assert_int_equal(get(&g, EMPTY, DEVICE), 0);
		assert_int_equal(get(&g, EMPTY, VENDOR), 0x1af4);
		for (u32 r = FEATURES; r < CONFIG; r += 4) {
			put(&g, EMPTY, r, ~0u);
			assert_int_equal(get(&g, EMPTY, r), 0);
		}
		memset(b, 0xff, 4);
		assert_true(raw(&g, EMPTY, CONFIG, b, 4, true));
		assert_true(raw(&g, EMPTY, CONFIG, b, 4, false));
		assert_int_equal(ld_le32(b), 0);
		assert_false(line(&g));
		teardown(&g);
	}
}

static void test_identity(void **state)
{
	static const u32 ids[] = {VIRTIO_ID_NET, VIRTIO_ID_RNG, VIRTIO_ID_BALLOON};

	for (u32 legacy = 0; legacy < 2; legacy++) {
		struct rig g;

		setup(&g, legacy);
		for (u32 i = 0; i < 3; i++) {
			assert_int_equal(get(&g, i, MAGIC), 0x74726976);
			assert_int_equal(get(&g, i, VERSION), legacy ? 1 : 2);
			assert_int_equal(get(&g, i, DEVICE), ids[i]);
			assert_int_equal(get(&g, i, VENDOR), 0x1af4);
			put(&g, i, MAGIC, 0);
			put(&g, i, DEVICE, 0);
			assert_int_equal(get(&g, i, DEVICE), ids[i]);
		}
		teardown(&g);
	}
}

/* What every register says after power-on; those that are written only, and gaps, say 0. */
static void test_registers(void **state)
{
	for (u32 legacy = 0; legacy < 2; legacy++) {
		struct rig g;

		setup(&g, legacy);
		for (u32 r = FEATURES; r < CONFIG; r += 4) {
			u32 want = 0;

			if (r == FEATURES)
				want = (u32)features(&g, NET);
			if (r == NUM_MAX)
				want = 256;
			if (!legacy && r >= SHM && r < RESET)
				want = ~0u;
			if (r == FEATURES)
				put(&g, NET, FEATURES_SEL, 0);
			if (get(&g, NET, r) != want)
				fail_msg("register 0x%x: 0x%x", r, get(&g, NET, r));
		}
		teardown(&g);
	}
}

static void test_features(void **state)
{
	struct rig g;
	u64 f;

	setup(&g, false);
	f = features(&g, NET);
	assert_true(f & VIRTIO_F_VERSION_1);
	assert_true(f & VIRTIO_F_RING_RESET);
	assert_false(f & (VIRTIO_F_ANY_LAYOUT | VIRTIO_F_NOTIFY_ON_EMPTY));
	put(&g, NET, FEATURES_SEL, 2);
	assert_int_equal(get(&g, NET, FEATURES), 0);
	put(&g, NET, FEATURES_SEL, ~0u);
	assert_int_equal(get(&g, NET, FEATURES), 0);

	/* not of 1.0: refused */
	put(&g, NET, STATUS, 3);
	put(&g, NET, STATUS, 11);
	assert_int_equal(get(&g, NET, STATUS), 3);
	/* what is not offered does not stick, nor what comes by another window */
	put(&g, NET, DRIVER_SEL, 1);
	put(&g, NET, DRIVER, ~0u);
	put(&g, NET, DRIVER_SEL, 2);
	put(&g, NET, DRIVER, 0);
	put(&g, NET, STATUS, 11);
	assert_int_equal(get(&g, NET, STATUS), 11);
	/* and behind FEATURES_OK nothing does */
	put(&g, NET, DRIVER_SEL, 1);
	put(&g, NET, DRIVER, 0);
	put(&g, NET, STATUS, 15);
	assert_int_equal(get(&g, NET, STATUS), 15);
	put(&g, NET, STATUS, 0);
	assert_int_equal(get(&g, NET, STATUS), 0);
	teardown(&g);

	setup(&g, true);
	f = features(&g, NET);
	assert_int_equal(f >> 32, 0);
	assert_true(f & VIRTIO_F_ANY_LAYOUT);
	teardown(&g);
}

static void test_queues(void **state)
{
	static const u32 nowhere[] = {3, 63, 64, 0xffff, 0x10000, 0xffffffff};
	struct rig g;

	setup(&g, false);
	for (u32 i = 0; i < ARRAY_SIZE(nowhere); i++) {
		put(&g, NET, SEL, nowhere[i]);
		assert_int_equal(get(&g, NET, NUM_MAX), 0);
		put(&g, NET, NUM, 8);
		put(&g, NET, DESC, RING);
		put(&g, NET, READY, 1);
		put(&g, NET, RESET, 1);
		assert_int_equal(get(&g, NET, READY), 0);
		put(&g, NET, NOTIFY, nowhere[i]);
	}
	negotiate(&g, NET, VIRTIO_F_VERSION_1);
	put(&g, NET, SEL, 1);
	assert_int_equal(get(&g, NET, NUM_MAX), 256);
	put(&g, NET, NUM, 257); /* more than there are: the old number stays */
	put(&g, NET, READY, 2);
	assert_int_equal(get(&g, NET, READY), 0);
	put(&g, NET, NUM, 7); /* split rings are powers of two */
	put(&g, NET, READY, 1);
	assert_int_equal(get(&g, NET, READY), 0);
	put(&g, NET, NUM, 0);
	put(&g, NET, READY, 1);
	assert_int_equal(get(&g, NET, READY), 0);
	put(&g, NET, NUM, 8);
	put(&g, NET, READY, 1);
	assert_int_equal(get(&g, NET, READY), 1);
	put(&g, NET, NUM, 16); /* it runs */
	put(&g, NET, DESC + 4, 1);
	put(&g, NET, RESET, 1); /* not agreed on */
	assert_int_equal(get(&g, NET, READY), 1);
	assert_int_equal(get(&g, NET, RESET), 0);
	put(&g, NET, SEL, 0);
	assert_int_equal(get(&g, NET, READY), 0);
	put(&g, NET, SEL, 1);
	put(&g, NET, READY, 0);
	assert_int_equal(get(&g, NET, READY), 0);
	assert_int_equal(get(&g, NET, NUM_MAX), 256);

	negotiate(&g, NET, VIRTIO_F_VERSION_1 | VIRTIO_F_RING_RESET);
	put(&g, NET, READY, 1);
	put(&g, NET, RESET, 2);
	assert_int_equal(get(&g, NET, READY), 1);
	put(&g, NET, RESET, 1);
	assert_int_equal(get(&g, NET, READY), 0);
	assert_int_equal(get(&g, NET, RESET), 0);
	teardown(&g);
}

static void test_widths(void **state)
{
	for (u32 legacy = 0; legacy < 2; legacy++) {
		struct rig g;
		u8 b[8] = {0};

		setup(&g, legacy);
		for (u32 write = 0; write < 2; write++) {
			assert_false(raw(&g, NET, STATUS, b, 1, write));
			assert_false(raw(&g, NET, STATUS, b, 2, write));
			assert_false(raw(&g, NET, DESC, b, 8, write));
			assert_false(raw(&g, NET, CONFIG - 2, b, 4, write));
			assert_false(raw(&g, NET, CONFIG, b, 8, write));
			assert_false(raw(&g, 7, VIRTIO_MMIO_BYTES - 2, b, 4, write));
			assert_false(raw(&g, 7, VIRTIO_MMIO_BYTES, b, 4, write));
		}
		/* between two registers there is none */
		memset(b, 0xff, sizeof(b));
		assert_true(raw(&g, NET, STATUS + 2, b, 4, true));
		assert_int_equal(get(&g, NET, STATUS), 0);
		assert_true(raw(&g, NET, STATUS + 1, b, 4, false));
		assert_int_equal(ld_le32(b), 0);
		teardown(&g);
	}
}

static void test_config(void **state)
{
	static const u8 mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};

	for (u32 legacy = 0; legacy < 2; legacy++) {
		struct rig g;
		u8 b[4], pages[4];

		setup(&g, legacy);
		for (u32 i = 0; i < 6; i++) {
			assert_true(raw(&g, NET, CONFIG + i, b, 1, false));
			assert_int_equal(b[0], mac[i]);
		}
		assert_true(raw(&g, NET, CONFIG + 1, b, 2, false));
		assert_memory_equal(b, mac + 1, 2);
		assert_true(raw(&g, NET, CONFIG, b, 4, false));
		assert_memory_equal(b, mac, 4);
		/* the end, and the last byte of the slot */
		for (u32 at = CONFIG + 0x30; at < VIRTIO_MMIO_BYTES; at += 4) {
			memset(b, 0xff, 4);
			assert_true(raw(&g, NET, at, b, 4, true));
			assert_true(raw(&g, NET, at, b, 4, false));
			assert_int_equal(ld_le32(b), 0);
		}
		assert_true(raw(&g, NET, VIRTIO_MMIO_BYTES - 1, b, 1, false));
		assert_int_equal(b[0], 0);

		/* what the driver writes has its order */
		put(&g, BALLOON, STATUS, 1);
		if (legacy)
			put(&g, BALLOON, STATUS, 3);
		else
			negotiate(&g, BALLOON, VIRTIO_F_VERSION_1);
		st_le32(pages, 5); /* in the balloon's space, of either order */
		assert_true(raw(&g, BALLOON, CONFIG + 4, pages, 4, true));
		assert_true(raw(&g, BALLOON, CONFIG + 4, b, 4, false));
		assert_memory_equal(b, pages, 4);
		teardown(&g);
	}
}

/* The balloon's wish is a change of its configuration space. */
static void test_generation(void **state)
{
	struct rig g;
	u32 was;
	u8 b[4];

	setup(&g, false);
	start(&g, BALLOON, VIRTIO_F_VERSION_1);
	was = get(&g, BALLOON, GENERATION);
	g.vm->balloon->set(g.vm->balloon->opaque, 15 << 20);
	assert_true(wait_line(&g, true));
	assert_int_equal(get(&g, BALLOON, STATUS_INT), VIRTIO_ISR_CONFIG);
	assert_int_not_equal(get(&g, BALLOON, GENERATION), was);
	assert_true(raw(&g, BALLOON, CONFIG, b, 4, false));
	assert_int_equal(ld_le32(b), (1 << 20) / 4096);
	put(&g, BALLOON, ACK, VIRTIO_ISR_QUEUE);
	assert_true(line(&g));
	put(&g, BALLOON, ACK, VIRTIO_ISR_CONFIG);
	assert_false(line(&g));
	teardown(&g);
}

static void test_works(void **state)
{
	for (u32 legacy = 0; legacy < 2; legacy++) {
		u8 data[BYTES], zero[BYTES] = {0};
		struct rig g;

		setup(&g, legacy);
		start(&g, RNG, legacy ? 0 : VIRTIO_F_VERSION_1);
		if (legacy)
			assert_int_equal(get(&g, RNG, PFN), RING / 0x1000);
		for (u32 i = 0; i < 3 * SIZE; i++) {
			vm_mem_fill(g.vm, DATA, 0, BYTES);
			offer(&g, RNG, i);
			assert_true(wait_used(&g, i + 1));
			assert_int_equal(peek(&g, used_at(&g) + 4 + 8 * (i % SIZE) + 4, 4), BYTES);
			vm_mem_read(g.vm, DATA, data, BYTES);
			assert_memory_not_equal(data, zero, BYTES);
			assert_true(wait_line(&g, true));
			assert_int_equal(get(&g, RNG, STATUS_INT), VIRTIO_ISR_QUEUE);
			put(&g, RNG, ACK, VIRTIO_ISR_QUEUE);
			assert_int_equal(get(&g, RNG, STATUS_INT), 0);
			assert_false(line(&g));
		}
		/* a reset takes the interrupt back */
		offer(&g, RNG, 3 * SIZE);
		assert_true(wait_line(&g, true));
		put(&g, RNG, STATUS, 0);
		assert_false(line(&g));
		assert_int_equal(get(&g, RNG, STATUS_INT), 0);
		assert_int_equal(get(&g, RNG, legacy ? PFN : READY), 0);
		teardown(&g);
	}
}

/* The level stays until the last of those who hold it lets go. */
static void test_shared_line(void **state)
{
	struct rig g;

	setup(&g, false);
	start(&g, BALLOON, VIRTIO_F_VERSION_1);
	g.vm->balloon->set(g.vm->balloon->opaque, 15 << 20);
	start(&g, RNG, VIRTIO_F_VERSION_1);
	offer(&g, RNG, 0);
	assert_true(wait_used(&g, 1));
	while (!get(&g, RNG, STATUS_INT))
		os_thread_yield();
	put(&g, BALLOON, ACK, 3);
	assert_true(line(&g));
	put(&g, RNG, ACK, 3);
	assert_false(line(&g));
	teardown(&g);
}

static void test_legacy_queue(void **state)
{
	struct rig g;

	setup(&g, true);
	/* without a page's size no address is one */
	put(&g, RNG, SEL, 0);
	put(&g, RNG, NUM, SIZE);
	put(&g, RNG, PFN, RING / 0x1000);
	assert_int_equal(get(&g, RNG, PFN), 0);
	put(&g, RNG, PAGE_SIZE, 0x1800);
	put(&g, RNG, ALIGN, 0);
	put(&g, RNG, ALIGN, 0x300);
	put(&g, RNG, SEL, 5);
	put(&g, RNG, ALIGN, 0x20000);
	put(&g, RNG, PFN, 1);
	assert_int_equal(get(&g, RNG, PFN), 0);
	start(&g, RNG, 0);
	offer(&g, RNG, 0);
	assert_true(wait_used(&g, 1));
	put(&g, RNG, PFN, 0);
	assert_int_equal(get(&g, RNG, PFN), 0);
	/* registers of the other interface are none */
	put(&g, RNG, READY, 1);
	put(&g, RNG, DESC, RING);
	assert_int_equal(get(&g, RNG, READY), 0);
	assert_int_equal(get(&g, RNG, PFN), 0);
	teardown(&g);
}

/* Saved while an interrupt is up and a queue half used. */
static void test_saved(void **state)
{
	for (u32 legacy = 0; legacy < 2; legacy++) {
		struct buffer b = {0};
		struct state_writer w = {buf_write, &b, 0};
		struct state_reader r = {buf_read, &b};
		struct error e = {""};
		struct rig g, h;

		setup(&g, legacy);
		start(&g, RNG, legacy ? 0 : VIRTIO_F_VERSION_1);
		for (u32 i = 0; i < 5; i++)
			offer(&g, RNG, i);
		assert_true(wait_used(&g, 5));
		assert_true(wait_line(&g, true));
		vm_pause(g.vm);
		if (vm_save(g.vm, &w, &e))
			fail_msg("%s", e.text);
		vm_resume(g.vm);
		teardown(&g);

		setup(&h, legacy);
		vm_pause(h.vm);
		if (vm_load(h.vm, &r, &e))
			fail_msg("%s", e.text);
		free(b.data);
		vm_resume(h.vm);
		assert_true(line(&h) || wait_line(&h, true));
		if (legacy)
			assert_int_equal(get(&h, RNG, PFN), RING / 0x1000);
		put(&h, RNG, ACK, 3);
		assert_false(line(&h));
		offer(&h, RNG, 5);
		assert_true(wait_used(&h, 6));
		if (legacy) { /* the page's size came along */
			put(&h, RNG, PFN, 0);
			put(&h, RNG, PFN, RING / 0x1000);
			assert_int_equal(get(&h, RNG, PFN), RING / 0x1000);
		}
		teardown(&h);
	}
}

static void test_bus(void **state)
{
	const struct device_setting first = {"bus", "virtio-mmio-bus.0"};
	const struct device_setting none = {"bus", "virtio-mmio-bus.8"};
	const struct device_setting platform = {"iommu_platform", "on"};
	struct error e = {""};
	struct rig g;

	setup(&g, true);
	vm_pause(g.vm);
	assert_int_equal(device_add(g.vm, &virtio_rng_device_class, &first, 1, &e), -EBUSY);
	assert_int_equal(device_add(g.vm, &virtio_rng_device_class, &none, 1, &e), -ENODEV);
	assert_int_equal(device_add(g.vm, &virtio_rng_device_class, &platform, 1, &e), -EINVAL);
	for (u32 i = 3; i < 8; i++)
		assert_int_equal(device_add(g.vm, &virtio_rng_device_class, NULL, 0, &e), 0);
	assert_int_equal(device_add(g.vm, &virtio_rng_device_class, NULL, 0, &e), -ENODEV);
	assert_int_equal(get(&g, 7, DEVICE), VIRTIO_ID_RNG);
	vm_resume(g.vm);
	teardown(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_slot),   cmocka_unit_test(test_identity),
		cmocka_unit_test(test_registers),    cmocka_unit_test(test_features),
		cmocka_unit_test(test_queues),	     cmocka_unit_test(test_widths),
		cmocka_unit_test(test_config),	     cmocka_unit_test(test_generation),
		cmocka_unit_test(test_works),	     cmocka_unit_test(test_shared_line),
		cmocka_unit_test(test_legacy_queue), cmocka_unit_test(test_saved),
		cmocka_unit_test(test_bus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
