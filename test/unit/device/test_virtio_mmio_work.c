// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices in slots of virtio-mmio at work, both interfaces: queues, the interrupt line that slots
 * share, changes of configuration, save and load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../buffer.h"
#include "mmio_driver.h"
#include "vm/balloon.h"
#include "vm/savestate.h"

/* The balloon's wish is a change of its configuration space. */
static void test_generation(void **state)
{
	struct rig g;
	u32 was;
	u8 b[4] = {0};

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_generation),  cmocka_unit_test(test_works),
		cmocka_unit_test(test_shared_line), cmocka_unit_test(test_legacy_queue),
		cmocka_unit_test(test_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
