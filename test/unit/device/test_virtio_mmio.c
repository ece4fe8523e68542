// SPDX-License-Identifier: GPL-2.0-or-later
/* Slots of virtio-mmio on a bare board, both interfaces, as a driver's loads and stores see them:
 * every register, accesses that no driver should make, byte orders. Expected values are those of
 * virtio 1.2, 4.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "mmio_driver.h"

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
		cmocka_unit_test(test_empty_slot), cmocka_unit_test(test_identity),
		cmocka_unit_test(test_registers),  cmocka_unit_test(test_features),
		cmocka_unit_test(test_queues),	   cmocka_unit_test(test_widths),
		cmocka_unit_test(test_config),	   cmocka_unit_test(test_bus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
