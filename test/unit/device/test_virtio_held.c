// SPDX-License-Identifier: GPL-2.0-or-later
/* Machines that are saved while requests of their disks wait for the machine to go on, and reset
 * then: the loaded machine does them, a reset forgets them, and broken streams are refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../machine/board.h"
#include "base/log.h"
#include "device/scsi.h"
#include "device/virtio_blk.h"
#include "device/virtio_scsi.h"
#include "host/block_private.h"
#include "vdriver.h"

enum { DISK_BYTES = 1 << 20, SECTOR = 512, HEADER = 16, REQUESTS = 3, CDB_AT = 19, HEAD = 51 };

/* A disk that has no space until it is told that it has. */
struct disk {
	struct block b;
	_Atomic bool full;
	_Atomic u32 writes, stops;
	u8 data[DISK_BYTES];
};

struct rig {
	struct vm *vm;
	struct disk *disk;
	struct vdriver d;
	u32 queue;
};

static void disk_submit(struct block *b, struct block_request **r, u32 count)
{
	struct disk *d = container_of(b, struct disk, b);

	for (u32 i = 0; i < count; i++) {
		int err = 0;

		if (r[i]->op == BLOCK_READ)
			iov_from_buf(r[i]->iov, r[i]->niov, 0, d->data + r[i]->offset, r[i]->len);
		else if (r[i]->op == BLOCK_WRITE && d->full)
			err = -ENOSPC;
		else if (r[i]->op == BLOCK_WRITE)
			iov_to_buf(r[i]->iov, r[i]->niov, 0, d->data + r[i]->offset, r[i]->len);
		d->writes += r[i]->op == BLOCK_WRITE && !err;
		block_complete(r[i], err);
	}
}

static void disk_close(struct block *b)
{
}

static const struct block_ops disk_ops = {disk_submit, disk_close, NULL};

static void stop(void *opaque)
{
	((struct disk *)opaque)->stops++;
}

static void setup(struct rig *g, bool scsi)
{
	struct machine_config c = {.cpus = 1};
	struct error e = {""};
	struct device *dev;

	memset(g, 0, sizeof(*g));
	if (board_create(&c, &g->vm, &e))
		fail_msg("%s", e.text);
	g->disk = g_new0(struct disk, 1);
	block_init(&g->disk->b, &disk_ops, "disk");
	g->disk->b.info.size = DISK_BYTES;
	g->disk->b.info.logical_size = g->disk->b.info.physical_size = SECTOR;
	g->disk->b.info.write_cache = true;
	g->disk->b.write_cache = true;
	block_set_stop(&g->disk->b, stop, g->disk);
	dev = device_new(g->vm, scsi ? &virtio_scsi_pci_class : &virtio_blk_pci_class);
	if (!scsi)
		device_set_pointer(dev, "drive", &g->disk->b);
	if (device_realize(dev, &e))
		fail_msg("%s", e.text);
	vd_init(&g->d, dev);
	g->queue = scsi ? 2 : 0;
	if (!scsi)
		return;
	dev = device_new(g->vm, &scsi_hd_class);
	device_set_pointer(dev, "bus", device_bus_find(g->vm, BUS_SCSI, NULL)->bus);
	device_set_pointer(dev, "drive", &g->disk->b);
	if (device_realize(dev, &e))
		fail_msg("%s", e.text);
}

static void teardown(struct rig *g)
{
	vm_pause(g->vm);
	machine_pseries.destroy(g->vm);
	block_close(&g->disk->b);
}

static u8 fill_of(u32 i)
{
	return (u8)(0x41 + i);
}

static void offer_write(struct rig *g, u32 i)
{
	u8 raw[HEAD + SECTOR] = {0};

	if (g->queue) {
		raw[0] = 1;
		raw[2] = 0x40;
		raw[CDB_AT] = 0x2a;
		raw[CDB_AT + 5] = (u8)(i + 7);
		raw[CDB_AT + 8] = 1;
		memset(raw + HEAD, fill_of(i), SECTOR);
		vd_offer(&g->d, g->queue, raw, HEAD + SECTOR, 108);
		return;
	}
	st_le32(raw, 1);
	st_le64(raw + 8, i + 7);
	memset(raw + HEADER, fill_of(i), SECTOR);
	vd_offer(&g->d, 0, raw, HEADER + SECTOR, 1);
}

/* Requests that wait. */
static void wait_for_space(struct rig *g)
{
	u64 end = os_clock_ns() + 20000000000ull;

	vm_resume(g->vm);
	vd_start(&g->d, 0);
	if (g->queue) {
		/* the target's unit attention */
		u8 head[HEAD] = {1, 0, 0x40};

		vd_offer(&g->d, g->queue, head, HEAD, 108);
		assert_int_equal(vd_take(&g->d, g->queue, NULL, 0), 108);
	}
	g->disk->full = true;
	for (u32 i = 0; i < REQUESTS; i++)
		offer_write(g, i);
	while (g->disk->stops < REQUESTS && os_clock_ns() < end)
		os_thread_yield();
	assert_int_equal(g->disk->stops, REQUESTS);
	assert_false(vd_ready(&g->d, g->queue, 0));
	assert_true(block_waits(&g->disk->b));
	assert_false(block_holds_up_saving(&g->disk->b));
}

/* A machine that was saved, which does not run yet. */
static void load(struct rig *g, bool scsi, const struct rig *saved, struct buffer *b)
{
	struct state_reader r = {buf_read, b};
	struct error e = {""};

	setup(g, scsi);
	memcpy(g->d.avail, saved->d.avail, sizeof(g->d.avail));
	memcpy(g->d.used, saved->d.used, sizeof(g->d.used));
	vm_pause(g->vm);
	if (vm_load(g->vm, &r, &e))
		fail_msg("%s", e.text);
	free(b->data);
}

static void check_written(struct rig *g)
{
	for (u32 i = 0; i < REQUESTS; i++)
		assert_int_equal(vd_take(&g->d, g->queue, NULL, 0), g->queue ? 108 : 1);
	assert_false(vd_ready(&g->d, g->queue, 20));
	assert_int_equal(g->disk->writes, REQUESTS);
	for (u32 i = 0; i < REQUESTS * SECTOR; i++)
		assert_int_equal(g->disk->data[7 * SECTOR + i], fill_of(i / SECTOR));
}

static void save_and_go_on(bool scsi)
{
	struct buffer b = {0};
	struct rig old, middle, new;

	setup(&old, scsi);
	wait_for_space(&old);
	vd_save(&old.d, &b);
	/* the saved machine goes on as if nothing had been */
	old.disk->full = false;
	vm_resume(old.vm);
	block_retry(&old.disk->b);
	check_written(&old);
	/* a loaded one is saved again before it runs, and there is still no space at first */
	old.d.used[old.queue] = (u16)(old.d.used[old.queue] - REQUESTS);
	load(&middle, scsi, &old, &b);
	teardown(&old);
	memset(&b, 0, sizeof(b));
	vd_save(&middle.d, &b);
	load(&new, scsi, &middle, &b);
	teardown(&middle);
	new.disk->full = true;
	vm_resume(new.vm);
	assert_false(vd_ready(&new.d, new.queue, 50));
	assert_true(block_waits(&new.disk->b));
	new.disk->full = false;
	block_retry(&new.disk->b);
	check_written(&new);
	/* and it works */
	new.disk->writes = 0;
	for (u32 i = 0; i < REQUESTS; i++)
		offer_write(&new, i);
	check_written(&new);
	teardown(&new);
}

static void test_blk(void **state)
{
	save_and_go_on(false);
}

static void test_scsi(void **state)
{
	save_and_go_on(true);
}

/* Whoever resets the device hears of none of them, before and after loading. */
static void reset(bool scsi)
{
	struct buffer b = {0};
	struct rig old, new;

	setup(&old, scsi);
	wait_for_space(&old);
	vd_save(&old.d, &b);
	load(&new, scsi, &old, &b);
	os_mutex_lock(&new.d.v->lock);
	virtio_set_status(new.d.v, 0);
	os_mutex_unlock(&new.d.v->lock);
	vm_resume(new.vm);
	vd_start(&new.d, 0);
	assert_false(vd_ready(&new.d, new.queue, 50));
	assert_int_equal(new.disk->writes, 0);
	if (!scsi) {
		for (u32 i = 0; i < REQUESTS; i++)
			offer_write(&new, i);
		check_written(&new);
	}
	teardown(&new);
	vm_resume(old.vm);
	os_mutex_lock(&old.d.v->lock);
	virtio_set_status(old.d.v, 0);
	os_mutex_unlock(&old.d.v->lock);
	assert_false(block_waits(&old.disk->b));
	/* nor was its memory written */
	assert_false(vd_ready(&old.d, old.queue, 0));
	old.disk->full = false;
	block_retry(&old.disk->b);
	vd_start(&old.d, 0);
	assert_false(vd_ready(&old.d, old.queue, 50));
	assert_int_equal(old.disk->writes, 0);
	teardown(&old);
}

static void test_reset(void **state)
{
	reset(false);
	reset(true);
}

/* The machine goes away meanwhile. */
static void test_end(void **state)
{
	for (u32 scsi = 0; scsi < 2; scsi++) {
		struct rig g;

		setup(&g, scsi);
		wait_for_space(&g);
		teardown(&g);
	}
}

static size_t find(const struct buffer *b, const char *text)
{
	const u8 *p = memmem(b->data, b->len, text, strlen(text));

	assert_non_null(p);
	return (size_t)(p - b->data);
}

/* Every byte of the section, broken: refused, or harmless. */
static void test_broken(void **state)
{
	static const char name[] = "virtio-blk-requests";
	enum { BYTES = 3 * (3 * 8 + 8 * 8) + 8 + 4 };
	struct buffer b = {0};
	struct rig g;
	u32 refused = 0;
	size_t at;

	setup(&g, false);
	wait_for_space(&g);
	vd_save(&g.d, &b);
	teardown(&g);
	at = find(&b, name) + strlen(name);
	for (u32 i = 0; i < BYTES && at + i < b.len; i += 1 + i % 3) {
		struct buffer broken = b;
		struct state_reader r = {buf_read, &broken};
		struct error e = {""};
		u8 was = b.data[at + i];

		setup(&g, false);
		vm_pause(g.vm);
		b.data[at + i] ^= i & 1 ? 0xff : 1 << i % 8;
		if (vm_load(g.vm, &r, &e)) {
			refused++;
			assert_true(strlen(e.text) > 10);
		} else {
			vm_resume(g.vm);
			os_thread_yield();
		}
		b.data[at + i] = was;
		teardown(&g);
	}
	assert_true(refused > 10);
	free(b.data);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blk),    cmocka_unit_test(test_scsi),
		cmocka_unit_test(test_reset),  cmocka_unit_test(test_end),
		cmocka_unit_test(test_broken),
	};

	log_set(0, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
