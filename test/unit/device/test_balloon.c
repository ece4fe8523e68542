// SPDX-License-Identifier: GPL-2.0-or-later
/* The memory balloon: pages that go and come back as zeroes, in runs and in disorder, addresses
 * that are none, reports of free pages, statistics, what a monitor sees, save and load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../machine/board.h"
#include "device/virtio_balloon.h"
#include "vdriver.h"
#include "vm/balloon.h"

#define F_STATS	    (1ull << 1)
#define F_POISON    (1ull << 4)
#define F_REPORTING (1ull << 5)

enum { INFLATE, DEFLATE, STATS, REPORTING, PAGE = 4096, AREA = 0x3000000, RAM = 64 << 20 };

struct rig {
	struct vm *vm;
	struct vdriver d;
};

static void build(struct rig *g)
{
	struct machine_config c = {.cpus = 1};
	struct error e = {""};
	struct device *dev;

	memset(g, 0, sizeof(*g));
	if (board_create(&c, &g->vm, &e))
		fail_msg("%s", e.text);
	dev = device_new(g->vm, &virtio_balloon_pci_class);
	if (device_set(dev, "free-page-reporting", "on", &e) || device_realize(dev, &e))
		fail_msg("%s", e.text);
	vd_init(&g->d, dev);
}

static void destroy(struct rig *g)
{
	vm_pause(g->vm);
	machine_pseries.destroy(g->vm);
}

static void setup(struct rig *g, u64 features)
{
	build(g);
	vm_resume(g->vm);
	vd_start(&g->d, features);
	vm_mem_fill(g->vm, AREA, 0x5a, 64 * PAGE);
}

static bool is_empty(struct rig *g, u32 page)
{
	u64 a = vd_get(g->vm, AREA + (u64)page * PAGE, 8);
	u64 b = vd_get(g->vm, AREA + (u64)page * PAGE + PAGE - 8, 8);

	assert_int_equal(a, b);
	return !a;
}

static struct balloon_info ask(struct rig *g)
{
	struct balloon_info i;

	g->vm->balloon->query(g->vm->balloon->opaque, &i);
	return i;
}

static void test_pages(void **state)
{
	static const u32 given[] = {3, 4, 5, 9, 8, 20, 21, 40};
	u8 list[4 * (ARRAY_SIZE(given) + 3)];
	struct rig g;

	setup(&g, F_STATS);
	for (u32 i = 0; i < ARRAY_SIZE(given); i++)
		st_le32(list + 4 * i, AREA / PAGE + given[i]);
	st_le32(list + 4 * ARRAY_SIZE(given), RAM / PAGE); /* behind the end */
	st_le32(list + 4 * ARRAY_SIZE(given) + 4, ~0u);
	st_le32(list + 4 * ARRAY_SIZE(given) + 8, AREA / PAGE + 41);
	vd_offer(&g.d, INFLATE, list, sizeof(list), 0);
	assert_int_equal(vd_take(&g.d, INFLATE, NULL, 0), 0);
	for (u32 i = 0; i < 64; i++) {
		bool want = i == 41;

		for (u32 j = 0; j < ARRAY_SIZE(given); j++)
			want |= given[j] == i;
		assert_int_equal(is_empty(&g, i), want);
	}
	assert_int_equal(ask(&g).discarded, 9 * PAGE);
	vd_offer(&g.d, DEFLATE, list, 4, 0);
	assert_int_equal(vd_take(&g.d, DEFLATE, NULL, 0), 0);
	/* half a number */
	vd_offer(&g.d, INFLATE, list, 3, 0);
	assert_int_equal(vd_take(&g.d, INFLATE, NULL, 0), 0);
	destroy(&g);
}

/* Memory of the guest's as it is, by one descriptor. */
static void offer_memory(struct rig *g, u32 queue, u64 gpa, u32 len, u32 flags)
{
	u64 desc = vd_ring(queue) + 16 * (g->d.avail[queue] % VD_SIZE);

	vm_lock(g->vm);
	vd_put(g->vm, desc, gpa, 8);
	vd_put(g->vm, desc + 8, len, 4);
	vd_put(g->vm, desc + 12, flags, 4);
	vd_put(g->vm, vd_ring(queue) + 0x1004 + 2 * (g->d.avail[queue] % VD_SIZE),
	       g->d.avail[queue] % VD_SIZE, 2);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	vd_put(g->vm, vd_ring(queue) + 0x1002, ++g->d.avail[queue], 2);
	vm_unlock(g->vm);
	virtio_kick(g->d.v, queue);
	assert_int_equal(vd_take(&g->d, queue, NULL, 0), 0);
}

/* A list that goes on and on does not keep the device busy for as long. */
static void test_long_list(void **state)
{
	enum { LIST = 0x2000000, MOST = 1 << 16, LEN = 4 * MOST + 8 };
	struct rig g;
	u8 *list = calloc(1, LEN);

	setup(&g, F_STATS);
	for (u32 i = 0; i < MOST + 2; i++)
		st_le32(list + 4ull * i, AREA / PAGE + (i % 2 ? 9 : 3));
	st_le32(list + 4ull * (MOST - 1), AREA / PAGE + 20);
	st_le32(list + 4ull * (MOST + 1), AREA / PAGE + 40);
	assert_int_equal(vm_mem_write(g.vm, LIST, list, LEN), 0);
	offer_memory(&g, INFLATE, LIST, LEN, 0);
	for (u32 i = 0; i < 64; i++)
		assert_int_equal(is_empty(&g, i), i == 3 || i == 9 || i == 20);
	destroy(&g);
	free(list);
}

/* A free page is its descriptor, which the device may write to. */
static void offer_page(struct rig *g, u32 page, u32 count)
{
	offer_memory(g, REPORTING, AREA + (u64)page * PAGE, count * PAGE, VD_WRITE);
}

static void test_reporting(void **state)
{
	struct rig g;

	setup(&g, F_STATS | F_POISON | F_REPORTING);
	offer_page(&g, 16, 16);
	for (u32 i = 0; i < 64; i++)
		assert_int_equal(is_empty(&g, i), i >= 16 && i < 32);
	/* a guest that looks for its pattern in free pages */
	os_mutex_lock(&g.d.v->lock);
	virtio_config_store(g.d.v, 12, 4, 0xaaaaaaaa);
	os_mutex_unlock(&g.d.v->lock);
	offer_page(&g, 40, 4);
	assert_false(is_empty(&g, 40));
	destroy(&g);
}

static void stats_of(struct rig *g, u64 free)
{
	u8 raw[30];

	st_le16(raw, 4); /* free memory */
	st_le64(raw + 2, free);
	st_le16(raw + 10, 0xffff); /* not known to us */
	st_le64(raw + 12, 1);
	st_le16(raw + 20, 5);
	st_le64(raw + 22, 77);
	vd_offer(&g->d, STATS, raw, sizeof(raw), 0);
}

static void wait_stats(struct rig *g, u64 free)
{
	for (u32 i = 0; i < 20000 && ask(g).stats[4] != free; i++) {
		if (vd_ready(&g->d, STATS, 1)) {
			vd_take(&g->d, STATS, NULL, 0);
			stats_of(g, free);
		}
	}
	assert_int_equal(ask(g).stats[4], free);
	assert_int_equal(ask(g).stats[5], 77);
	assert_int_equal(ask(g).stats[0], ~0ull);
}

static void test_monitor_and_save(void **state)
{
	struct buffer b = {0};
	struct vdriver saved;
	struct rig g;

	setup(&g, F_STATS);
	stats_of(&g, 1234);
	wait_stats(&g, 1234);
	wait_stats(&g, 5678);
	g.vm->balloon->set(g.vm->balloon->opaque, 48 << 20);
	os_mutex_lock(&g.d.v->lock);
	assert_int_equal(virtio_config_load(g.d.v, 0, 4), (16 << 20) / PAGE);
	virtio_config_store(g.d.v, 4, 4, (15 << 20) / PAGE);
	os_mutex_unlock(&g.d.v->lock);
	assert_int_equal(ask(&g).target, 48 << 20);
	assert_int_equal(ask(&g).actual, 49 << 20);
	/* more than there is */
	g.vm->balloon->set(g.vm->balloon->opaque, ~0ull);
	assert_int_equal(ask(&g).target, RAM);
	g.vm->balloon->set(g.vm->balloon->opaque, 48 << 20);
	vd_save(&g.d, &b);
	saved = g.d;
	destroy(&g);

	build(&g);
	vd_load(&g.d, &saved, &b);
	assert_int_equal(ask(&g).target, 48 << 20);
	assert_int_equal(ask(&g).actual, 49 << 20);
	if (vd_ready(&g.d, STATS, 0))
		vd_take(&g.d, STATS, NULL, 0);
	stats_of(&g, 99);
	wait_stats(&g, 99);
	destroy(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_long_list),
		cmocka_unit_test(test_reporting),
		cmocka_unit_test(test_monitor_and_save),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
