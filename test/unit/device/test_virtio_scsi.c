// SPDX-License-Identifier: GPL-2.0-or-later
/* The virtio SCSI adapter as a driver uses it: commands of a disk in both directions, buffers of
 * the wrong one, addresses where nobody is, task management. Expected values are those of virtio
 * 1.2, 5.6, and of SBC-3. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../machine/board.h"
#include "device/scsi.h"
#include "device/virtio_scsi.h"
#include "host/block_private.h"
#include "vdriver.h"

enum {
	CTRL,
	EVENT,
	REQUEST,
	DISK_BYTES = 1 << 20,
	HEAD = 51,
	RESPONSE = 108,
	BAD_TARGET = 3,
	FAILURE = 9,
	NO_ANSWER = 0xff,
	EVENT_BYTES = 16,
	F_HOTPLUG = 2,
	F_CHANGE = 4,
};

struct rig {
	struct vm *vm;
	struct block *disk;
	char path[64];
	struct vdriver d;
	/* of the last command */
	u8 in[RESPONSE + 4096], response;
	u32 written, sense, slot;
};

static struct block *image(char *path)
{
	struct block_options o = {.discard = true};
	u8 *data = malloc(DISK_BYTES);
	struct error e = {""};
	struct block *b;

	for (u32 i = 0; i < DISK_BYTES; i++)
		data[i] = (u8)(i / 512 + 1);
	board_file(path, data, DISK_BYTES);
	free(data);
	o.filename = path;
	if (block_open(&o, &b, &e))
		fail_msg("%s", e.text);
	return b;
}

static void setup(struct rig *g)
{
	struct machine_config c = {.cpus = 1};
	struct error e = {""};
	struct device *adapter, *disk;

	memset(g, 0, sizeof(*g));
	if (board_create(&c, &g->vm, &e))
		fail_msg("%s", e.text);
	g->disk = image(g->path);
	adapter = device_new(g->vm, &virtio_scsi_pci_class);
	if (device_realize(adapter, &e))
		fail_msg("%s", e.text);
	disk = device_new(g->vm, &scsi_hd_class);
	device_set_pointer(disk, "bus", device_bus_find(g->vm, BUS_SCSI, NULL)->bus);
	device_set_pointer(disk, "drive", g->disk);
	device_set_u64(disk, "scsi-id", 2);
	if (device_realize(disk, &e))
		fail_msg("%s", e.text);
	vd_init(&g->d, adapter);
	vm_resume(g->vm);
	vd_start(&g->d, 0);
}

static void teardown(struct rig *g)
{
	vm_pause(g->vm);
	machine_pseries.destroy(g->vm);
	block_close(g->disk);
	unlink(g->path);
}

/* A command for a target with `out` bytes of data and room for `in`; its status. */
static u8 command(struct rig *g, u8 target, const u8 *cdb, u32 cdb_len, const u8 *data, u32 out,
		  u32 in)
{
	u8 head[HEAD + 4096] = {1, target, 0x40};

	memcpy(head + 19, cdb, cdb_len);
	if (out)
		memcpy(head + HEAD, data, out);
	memset(g->in, 0, sizeof(g->in));
	g->slot = vd_offer(&g->d, REQUEST, head, HEAD + out, RESPONSE + in);
	g->written = vd_take(&g->d, REQUEST, g->in, sizeof(g->in));
	g->response = g->in[11];
	g->sense =
		ld_le32(g->in) ? (u32)(g->in[14] & 15) << 16 | (u32)g->in[24] << 8 | g->in[25] : 0;
	return g->response ? NO_ANSWER : g->in[10];
}

#define CDB(...) ((const u8[]){__VA_ARGS__}), sizeof((const u8[]){__VA_ARGS__})

static void wake(struct rig *g)
{
	assert_int_equal(command(g, 2, CDB(0, 0, 0, 0, 0, 0), NULL, 0, 0), 2);
	assert_int_equal(g->sense, 0x062900);
	assert_int_equal(command(g, 2, CDB(0, 0, 0, 0, 0, 0), NULL, 0, 0), 0);
}

static void test_disk(void **state)
{
	u8 data[1024];
	struct rig g;

	setup(&g);
	assert_int_equal(command(&g, 2, CDB(0x12, 0, 0, 0, 36, 0), NULL, 0, 36), 0);
	assert_memory_equal(g.in + RESPONSE + 16, "HARDDISK", 8);
	assert_int_equal(g.written, RESPONSE + 36);
	wake(&g);
	assert_int_equal(command(&g, 2, CDB(0x28, 0, 0, 0, 0, 5, 0, 0, 2, 0), NULL, 0, 1024), 0);
	assert_int_equal(g.in[RESPONSE], 6);
	assert_int_equal(g.in[RESPONSE + 1023], 7);
	assert_int_equal(g.written, RESPONSE + 1024);
	memset(data, 0xee, sizeof(data));
	assert_int_equal(command(&g, 2, CDB(0x2a, 0, 0, 0, 0, 5, 0, 0, 2, 0), data, 1024, 0), 0);
	assert_int_equal(g.written, RESPONSE);
	/* more room than data: the rest is residual */
	assert_int_equal(command(&g, 2, CDB(0x28, 0, 0, 0, 0, 6, 0, 0, 2, 0), NULL, 0, 2048), 0);
	assert_int_equal(g.in[RESPONSE + 511], 0xee);
	assert_int_equal(g.in[RESPONSE + 512], 8);
	assert_int_equal(ld_le32(g.in + 4), 1024);
	assert_int_equal(g.written, RESPONSE + 1024);
	/* nobody there */
	assert_int_equal(command(&g, 3, CDB(0, 0, 0, 0, 0, 0), NULL, 0, 0), NO_ANSWER);
	assert_int_equal(g.response, BAD_TARGET);
	teardown(&g);
}

static void test_direction(void **state)
{
	u8 data[1024], seen[1024];
	struct rig g;

	setup(&g);
	wake(&g);
	memset(data, 0xee, sizeof(data));
	/* reads with buffers that the device may only read */
	assert_int_equal(command(&g, 2, CDB(0x28, 0, 0, 0, 0, 5, 0, 0, 2, 0), data, 1024, 0), 2);
	assert_int_equal(g.sense, 0x0b4b00);
	assert_int_equal(g.written, RESPONSE);
	vm_mem_read(g.vm, vd_data(REQUEST, g.slot) + HEAD, seen, sizeof(seen));
	assert_memory_equal(seen, data, sizeof(data));
	assert_int_equal(command(&g, 2, CDB(0x12, 0, 0, 0, 36, 0), data, 36, 0), 2);
	assert_int_equal(g.sense, 0x0b4b00);
	vm_mem_read(g.vm, vd_data(REQUEST, g.slot) + HEAD, seen, 36);
	assert_memory_equal(seen, data, 36);
	/* writes with buffers that it may only write */
	assert_int_equal(command(&g, 2, CDB(0x2a, 0, 0, 0, 0, 5, 0, 0, 2, 0), NULL, 0, 1024), 2);
	assert_int_equal(g.sense, 0x0b4b00);
	assert_int_equal(command(&g, 2, CDB(0x41, 0, 0, 0, 0, 5, 0, 0, 2, 0), NULL, 0, 512), 2);
	assert_int_equal(g.sense, 0x0b4b00);
	assert_int_equal(command(&g, 2, CDB(0x28, 0, 0, 0, 0, 5, 0, 0, 2, 0), NULL, 0, 1024), 0);
	assert_int_equal(g.in[RESPONSE], 6);
	/* both at once: bidirectional commands do not exist here */
	assert_int_equal(command(&g, 2, CDB(0x28, 0, 0, 0, 0, 5, 0, 0, 1, 0), data, 512, 512),
			 NO_ANSWER);
	assert_int_equal(g.response, FAILURE);
	/* neither: nothing to be moved is no error, a block without a place is */
	assert_int_equal(command(&g, 2, CDB(0x28, 0, 0, 0, 0, 5, 0, 0, 0, 0), NULL, 0, 0), 0);
	assert_int_equal(command(&g, 2, CDB(0x28, 0, 0, 0, 0, 5, 0, 0, 1, 0), NULL, 0, 0), 2);
	assert_int_equal(command(&g, 2, CDB(0x12, 0, 0, 0, 36, 0), NULL, 0, 0), 0);
	teardown(&g);
}

static void test_control(void **state)
{
	u8 tmf[24] = {0}, answer[8] = {0};
	struct rig g;

	setup(&g);
	/* logical unit reset of target 2 */
	tmf[4] = 5;
	tmf[8] = 1;
	tmf[9] = 2;
	vd_offer(&g.d, CTRL, tmf, sizeof(tmf), 1);
	assert_int_equal(vd_take(&g.d, CTRL, answer, sizeof(answer)), 1);
	assert_int_equal(answer[0], 10);
	/* cut off, unknown, too short to be anything */
	vd_offer(&g.d, CTRL, tmf, 12, 1);
	assert_int_equal(vd_take(&g.d, CTRL, answer, sizeof(answer)), 1);
	assert_int_equal(answer[0], 11);
	tmf[0] = 77;
	vd_offer(&g.d, CTRL, tmf, sizeof(tmf), 1);
	assert_int_equal(vd_take(&g.d, CTRL, answer, sizeof(answer)), 1);
	assert_int_equal(answer[0], 11);
	vd_offer(&g.d, CTRL, tmf, 3, 1);
	assert_int_equal(vd_take(&g.d, CTRL, answer, sizeof(answer)), 0);
	teardown(&g);
}

static void test_short(void **state)
{
	u8 head[HEAD] = {1, 2, 0x40};
	struct rig g;

	setup(&g);
	vd_offer(&g.d, REQUEST, head, HEAD - 1, RESPONSE);
	assert_false(vd_ready(&g.d, REQUEST, 50));
	os_mutex_lock(&g.d.v->lock);
	assert_true(g.d.v->s->status & VIRTIO_STATUS_NEEDS_RESET);
	os_mutex_unlock(&g.d.v->lock);
	vd_start(&g.d, 0);
	assert_int_equal(command(&g, 2, CDB(0x12, 0, 0, 0, 36, 0), NULL, 0, 36), 0);
	teardown(&g);
}

/* --- units that come and go (5.6.6.3) --- */
static struct device *plug(struct rig *g, const struct device_class *cls, struct block *b,
			   u32 target, u32 lun)
{
	struct error e = {""};
	struct device *dev;

	vm_pause(g->vm);
	vm_lock(g->vm);
	dev = device_new(g->vm, cls);
	device_set_pointer(dev, "bus", device_bus_find(g->vm, BUS_SCSI, NULL)->bus);
	device_set_pointer(dev, "drive", b);
	device_set_u64(dev, "scsi-id", target);
	device_set_u64(dev, "lun", lun);
	if (device_realize(dev, &e))
		fail_msg("%s", e.text);
	vm_unlock(g->vm);
	vm_resume(g->vm);
	return dev;
}

static void unplug(struct rig *g, struct device *dev)
{
	vm_pause(g->vm);
	vm_lock(g->vm);
	device_remove(dev);
	vm_unlock(g->vm);
	vm_resume(g->vm);
}

static void expect_event(struct rig *g, u32 event, u32 lun, u32 reason)
{
	u8 in[EVENT_BYTES];

	assert_int_equal(vd_take(&g->d, EVENT, in, sizeof(in)), EVENT_BYTES);
	assert_int_equal(ld_le32(in), event);
	assert_int_equal(ld_be32(in + 4), lun);
	assert_int_equal(ld_le32(in + 8), 0);
	assert_int_equal(ld_le32(in + 12), reason);
}

static void test_hotplug(void **state)
{
	struct device *dev;
	struct block *b;
	char path[64];
	struct rig g;

	setup(&g);
	b = image(path);
	/* the driver does not want to know */
	vd_offer(&g.d, EVENT, NULL, 0, EVENT_BYTES);
	unplug(&g, plug(&g, &scsi_hd_class, b, 3, 0));
	assert_false(vd_ready(&g.d, EVENT, 20));
	vd_start(&g.d, F_HOTPLUG);
	wake(&g);
	for (u32 i = 0; i < 4; i++)
		vd_offer(&g.d, EVENT, NULL, 0, EVENT_BYTES);
	dev = plug(&g, &scsi_hd_class, b, 3, 0);
	expect_event(&g, 1, 0x01030000, 1);
	assert_int_equal(command(&g, 3, CDB(0x12, 0, 0, 0, 36, 0), NULL, 0, 36), 0);
	unplug(&g, dev);
	expect_event(&g, 1, 0x01030000, 2);
	assert_int_equal(command(&g, 3, CDB(0x12, 0, 0, 0, 36, 0), NULL, 0, 36), NO_ANSWER);
	/* another target has nothing to say; another unit of the same has */
	assert_int_equal(command(&g, 2, CDB(0, 0, 0, 0, 0, 0), NULL, 0, 0), 0);
	dev = plug(&g, &scsi_hd_class, b, 2, 300);
	expect_event(&g, 1, 0x0102412c, 1);
	assert_int_equal(command(&g, 2, CDB(0, 0, 0, 0, 0, 0), NULL, 0, 0), 2);
	assert_int_equal(g.sense, 0x063f0e);
	assert_int_equal(command(&g, 2, CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0), NULL, 0, 256),
			 0);
	assert_int_equal(ld_be32(g.in + RESPONSE), 16);
	/* one buffer is left: the second event is missed, which is said with the next */
	unplug(&g, dev);
	expect_event(&g, 1, 0x0102412c, 2);
	dev = plug(&g, &scsi_hd_class, b, 4, 0);
	assert_false(vd_ready(&g.d, EVENT, 20));
	vd_offer(&g.d, EVENT, NULL, 0, EVENT_BYTES);
	expect_event(&g, 0x80000000, 0, 0);
	vd_offer(&g.d, EVENT, NULL, 0, EVENT_BYTES);
	unplug(&g, dev);
	expect_event(&g, 1, 0x01040000, 2);
	/* a buffer that is too short breaks the device, not us */
	vd_offer(&g.d, EVENT, NULL, 0, EVENT_BYTES - 1);
	unplug(&g, plug(&g, &scsi_hd_class, b, 4, 0));
	os_mutex_lock(&g.d.v->lock);
	assert_true(g.d.v->s->status & VIRTIO_STATUS_NEEDS_RESET);
	os_mutex_unlock(&g.d.v->lock);
	teardown(&g);
	block_close(b);
	unlink(path);
}

static void test_resize(void **state)
{
	struct error e = {""};
	struct rig g;

	setup(&g);
	vd_start(&g.d, F_CHANGE);
	wake(&g);
	vd_offer(&g.d, EVENT, NULL, 0, EVENT_BYTES);
	vm_pause(g.vm);
	assert_int_equal(block_resize(g.disk, 1000, &e), -EINVAL);
	if (block_resize(g.disk, 2 * DISK_BYTES, &e))
		fail_msg("%s", e.text);
	devices_resized(g.vm, g.disk);
	vm_resume(g.vm);
	expect_event(&g, 3, 0x01020000, 0x2a | 0x09 << 8);
	assert_int_equal(command(&g, 2, CDB(0, 0, 0, 0, 0, 0), NULL, 0, 0), 2);
	assert_int_equal(g.sense, 0x062a09);
	assert_int_equal(command(&g, 2, CDB(0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0), NULL, 0, 8), 0);
	assert_int_equal(ld_be32(g.in + RESPONSE), 2 * DISK_BYTES / 512 - 1);
	assert_int_equal(command(&g, 2, CDB(0x28, 0, 0, 0, 0x0f, 0xff, 0, 0, 1, 0), NULL, 0, 512),
			 0);
	teardown(&g);
}

/* A CD-ROM drive at target 5: what the user and the guest do to its tray. */
static u8 cd(struct rig *g, u8 op, u8 byte4)
{
	return command(g, 5, CDB(op, 0, 0, 0, byte4, 0), NULL, 0, 0);
}

static void expect_media(struct rig *g, u8 event, u8 is)
{
	assert_int_equal(command(g, 5, CDB(0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8, 0), NULL, 0, 8), 0);
	assert_int_equal(g->in[RESPONSE + 4], event);
	assert_int_equal(g->in[RESPONSE + 5], is);
}

static bool press(struct rig *g, struct block *b, bool force)
{
	bool opened;

	vm_pause(g->vm);
	opened = scsi_open_tray(scsi_of_block(g->vm, b), force);
	vm_resume(g->vm);
	return opened;
}

static void insert(struct rig *g, struct block *from, struct block *to)
{
	vm_pause(g->vm);
	block_drain(from);
	devices_swap_backend(g->vm, from, to);
	scsi_medium_changed(scsi_of_block(g->vm, to));
	vm_resume(g->vm);
}

static void test_medium(void **state)
{
	struct block_options o = {.cdrom = true};
	struct block *disc, *empty;
	struct error e = {""};
	char path[64];
	struct rig g;

	setup(&g);
	vd_start(&g.d, F_CHANGE);
	disc = image(path);
	if (block_open(&o, &empty, &e))
		fail_msg("%s", e.text);
	assert_int_equal(block_info(empty)->size, 0);
	plug(&g, &scsi_cd_class, empty, 5, 0);
	assert_int_equal(cd(&g, 0, 0), 2);
	assert_int_equal(g.sense, 0x062900);
	assert_int_equal(cd(&g, 0, 0), 2);
	assert_int_equal(g.sense, 0x023a00);
	vd_offer(&g.d, EVENT, NULL, 0, EVENT_BYTES);
	insert(&g, empty, disc);
	expect_event(&g, 3, 0x01050000, 0x28);
	expect_media(&g, 2, 2);
	expect_media(&g, 0, 2);
	assert_int_equal(cd(&g, 0, 0), 2);
	assert_int_equal(g.sense, 0x062800);
	assert_int_equal(command(&g, 5, CDB(0x28, 0, 0, 0, 0, 1, 0, 0, 1, 0), NULL, 0, 2048), 0);
	assert_int_equal(g.in[RESPONSE], 5);
	/* locked: the guest hears of the wish */
	assert_int_equal(cd(&g, 0x1e, 1), 0);
	assert_false(press(&g, disc, false));
	expect_media(&g, 1, 2);
	expect_media(&g, 0, 2);
	assert_int_equal(cd(&g, 0x1b, 2), 2);
	assert_int_equal(g.sense, 0x055302);
	assert_true(press(&g, disc, true));
	expect_media(&g, 3, 1);
	assert_int_equal(cd(&g, 0, 0), 2);
	assert_int_equal(g.sense, 0x023a00);
	/* the guest closes the tray with the disc still in it */
	assert_int_equal(cd(&g, 0x1b, 3), 0);
	expect_media(&g, 2, 2);
	assert_int_equal(cd(&g, 0, 0), 0);
	/* and one that is empty */
	assert_int_equal(cd(&g, 0x1e, 0), 0);
	insert(&g, disc, empty);
	expect_media(&g, 3, 1);
	assert_int_equal(cd(&g, 0x1b, 3), 0);
	assert_int_equal(cd(&g, 0, 0), 2);
	assert_int_equal(g.sense, 0x023a00);
	teardown(&g);
	block_close(disc);
	block_close(empty);
	unlink(path);
}

/* What goes takes its bus along: the name is free, and nothing points there. */
static void test_removal(void **state)
{
	struct device *adapter;
	struct rig g;

	setup(&g);
	adapter = &((struct virtio_pci *)g.d.v->transport_data)->pci.dev;
	vm_pause(g.vm);
	device_remove(adapter);
	assert_null(device_bus_find(g.vm, BUS_SCSI, NULL));
	assert_null(scsi_of_block(g.vm, g.disk));
	vm_resume(g.vm);
	teardown(&g);
}

/* A disk of any size that forgets: it is done at once, now and then on a thread of its own. */
struct forgetful {
	struct block b;
	struct block_pool *pool;
	u32 count, period; /* of those on the thread; 0: none */
	_Atomic u64 bytes;
	u64 fails_at;
};

static void forget(void *opaque, struct block_request *r)
{
	struct forgetful *f = opaque;

	f->bytes += r->len;
	block_complete(r, f->fails_at && f->bytes >= f->fails_at ? -EIO : 0);
}

static void forgetful_submit(struct block *b, struct block_request **r, u32 count)
{
	struct forgetful *f = container_of(b, struct forgetful, b);

	for (u32 i = 0; i < count; i++)
		if (f->period && f->count++ % f->period == 0)
			block_pool_push(f->pool, r[i]);
		else
			forget(f, r[i]);
}

static void forgetful_close(struct block *b)
{
	block_pool_free(container_of(b, struct forgetful, b)->pool);
}

/* WRITE SAME of a whole large disk: its steps do not pile up on a stack. */
static void test_long_same(void **state)
{
	static const struct block_ops ops = {forgetful_submit, forgetful_close, NULL};
	const u64 blocks = 64ull << 21;
	struct forgetful *f = g_new0(struct forgetful, 1);
	u8 cdb[16] = {0x93}, data[512] = {1};
	struct rig g;

	setup(&g);
	block_init(&f->b, &ops, "forgetful");
	f->b.info = (struct block_info){
		.size = blocks * 512, .logical_size = 512, .physical_size = 512};
	f->pool = block_pool_new(1, forget, f);
	plug(&g, &scsi_hd_class, &f->b, 3, 0);
	assert_int_equal(command(&g, 3, CDB(0, 0, 0, 0, 0, 0), NULL, 0, 0), 2);
	st_be32(cdb + 10, (u32)blocks);
	for (u32 i = 0; i < 2; i++) {
		f->bytes = 0;
		assert_int_equal(command(&g, 3, cdb, sizeof(cdb), data, sizeof(data), 0), 0);
		assert_int_equal(f->bytes, blocks * 512);
		f->period = 50;
	}
	/* and ends where it fails, on either thread */
	f->period = 3;
	for (u32 i = 0; i < 6; i++) {
		f->bytes = 0;
		f->fails_at = (3 + i) << 16;
		assert_int_equal(command(&g, 3, cdb, sizeof(cdb), data, sizeof(data), 0), 2);
		assert_int_equal(g.sense, 0x030c00);
		assert_int_equal(f->bytes, f->fails_at);
	}
	teardown(&g);
	block_close(&f->b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_disk),	  cmocka_unit_test(test_direction),
		cmocka_unit_test(test_control),	  cmocka_unit_test(test_short),
		cmocka_unit_test(test_hotplug),	  cmocka_unit_test(test_resize),
		cmocka_unit_test(test_medium),	  cmocka_unit_test(test_removal),
		cmocka_unit_test(test_long_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
