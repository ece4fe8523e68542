// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Disks that go away while their requests are in the back end, or wait for the machine to go on:
 * each request ends before the device has gone, afterwards nothing is written into the guest's
 * memory, and the back end can be closed, or be another device's. Made for AddressSanitizer.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/log.h"
#include "device/scsi.h"
#include "device/virtio_blk.h"
#include "device/virtio_scsi.h"
#include "host/block_private.h"
#include "nvme.h"
#include "usb_disk.h"
#include "vdriver.h"

enum {
	SECTOR = 512,
	REQUESTS = 3,
	SEEN = 8 << 20, /* of guest memory */
	DELAY = 40000,	/* us of each transfer */
	BLK_HEADER = 16,
	SCSI_HEAD = 51,
	CDB_AT = 19,
	BLK,
	UNIT, /* of an adapter that stays */
	ADAPTER,
};

/* A disk that takes its time. */
struct slow {
	struct block b;
	struct block_pool *pool;
	_Atomic bool full;
	_Atomic u32 submitted, finished, stops;
};

static void slow_perform(void *opaque, struct block_request *r)
{
	struct slow *s = opaque;
	bool moves = r->op == BLOCK_READ || r->op == BLOCK_WRITE;
	u8 *data = g_malloc(r->len);

	if (moves)
		usleep(DELAY);
	memset(data, 0x5a, r->len);
	if (r->op == BLOCK_READ)
		iov_from_buf(r->iov, r->niov, 0, data, r->len);
	else if (r->op == BLOCK_WRITE)
		iov_to_buf(r->iov, r->niov, 0, data, r->len);
	g_free(data);
	s->finished += moves;
	block_complete(r, s->full && moves ? -ENOSPC : 0);
}

static void slow_submit(struct block *b, struct block_request **r, u32 count)
{
	struct slow *s = container_of(b, struct slow, b);

	for (u32 i = 0; i < count; i++) {
		s->submitted += r[i]->op == BLOCK_READ || r[i]->op == BLOCK_WRITE;
		block_pool_push(s->pool, r[i]);
	}
}

static void slow_close(struct block *b)
{
	block_pool_free(container_of(b, struct slow, b)->pool);
}

static const struct block_ops slow_ops = {slow_submit, slow_close, NULL};

static void stop(void *opaque)
{
	((struct slow *)opaque)->stops++;
}

static struct slow *new_slow(void)
{
	struct slow *s = g_new0(struct slow, 1);

	block_init(&s->b, &slow_ops, "slow");
	s->b.info = (struct block_info){.size = DISK_BYTES,
					.logical_size = SECTOR,
					.physical_size = SECTOR,
					.write_cache = true};
	s->b.write_cache = true;
	s->pool = block_pool_new(2, slow_perform, s);
	block_set_stop(&s->b, stop, s);
	return s;
}

static struct vm *new_vm(void)
{
	struct machine_config c = {.cpus = 1};
	struct error e = {""};
	struct vm *vm;

	if (board_create(&c, &vm, &e))
		fail_msg("%s", e.text);
	return vm;
}

static u8 *memory(struct vm *vm)
{
	u8 *p = g_malloc(SEEN);

	assert_int_equal(vm_mem_read(vm, 0, p, SEEN), 0);
	return p;
}

static void same_memory(struct vm *vm, u8 *was)
{
	u8 *is = memory(vm);

	assert_memory_equal(is, was, SEEN);
	g_free(is);
	g_free(was);
}

static void wait_for(_Atomic u32 *value, u32 at_least)
{
	for (u32 i = 0; i < 20000 && *value < at_least; i++)
		usleep(1000);
	assert_true(*value >= at_least);
}

/* dev goes; nothing of it is left. before: what memory was and has to be, NULL: anything. */
static void remove_device(struct vm *vm, struct device *dev, struct slow *s, u8 *before)
{
	vm_lock(vm);
	device_remove(dev);
	vm_unlock(vm);
	assert_int_equal(s->submitted, s->finished);
	assert_false(block_waits(&s->b));
	assert_null(s->b.batch);
	if (before)
		same_memory(vm, before);
	before = memory(vm);
	usleep(3 * DELAY);
	same_memory(vm, before);
}

/* --- virtio --- */
static struct device *add(struct vm *vm, const struct device_class *cls, struct block *b)
{
	struct device *dev = device_new(vm, cls);
	struct error e = {""};

	if (cls == &scsi_hd_class)
		device_set_pointer(dev, "bus", device_bus_find(vm, BUS_SCSI, NULL)->bus);
	if (b)
		device_set_pointer(dev, "drive", b);
	if (device_realize(dev, &e))
		fail_msg("%s", e.text);
	return dev;
}

static void offer(struct vdriver *d, bool scsi, bool write, u32 i)
{
	u8 raw[SCSI_HEAD + SECTOR] = {0};

	if (scsi) {
		raw[0] = 1;
		raw[2] = 0x40;
		raw[CDB_AT] = write ? 0x2a : 0x28;
		raw[CDB_AT + 5] = (u8)i;
		raw[CDB_AT + 8] = 1;
		vd_offer(d, 2, raw, SCSI_HEAD + (write ? SECTOR : 0), 108 + (write ? 0 : SECTOR));
		return;
	}
	st_le32(raw, write);
	st_le64(raw + 8, i);
	vd_offer(d, 0, raw, BLK_HEADER + (write ? SECTOR : 0), 1 + (write ? 0 : SECTOR));
}

static void virtio_goes(u32 what, bool waits)
{
	struct slow *s = new_slow();
	struct vm *vm = new_vm();
	struct device *dev, *unit = NULL;
	struct vdriver d;

	dev = add(vm, what == BLK ? &virtio_blk_pci_class : &virtio_scsi_pci_class,
		  what == BLK ? &s->b : NULL);
	if (what != BLK)
		unit = add(vm, &scsi_hd_class, &s->b);
	vd_init(&d, dev);
	vm_resume(vm);
	vd_start(&d, 0);
	if (unit) {
		/* its unit attention */
		u8 head[SCSI_HEAD] = {1, 0, 0x40};

		vd_offer(&d, 2, head, SCSI_HEAD, 108);
		assert_int_equal(vd_take(&d, 2, NULL, 0), 108);
	}
	s->full = waits;
	for (u32 i = 0; i < REQUESTS; i++)
		offer(&d, unit, waits, i);
	wait_for(waits ? &s->stops : &s->submitted, REQUESTS);
	vm_pause(vm);
	assert_int_equal(block_waits(&s->b), waits);
	/* a unit's adapter tells its driver what became of them */
	remove_device(vm, what == UNIT ? unit : dev, s, waits && what != UNIT ? memory(vm) : NULL);
	if (!waits)
		assert_true(vd_ready(&d, unit ? 2 : 0, 0));
	machine_pseries.destroy(vm);
	block_close(&s->b);
}

static void test_virtio(void **state)
{
	for (u32 waits = 0; waits < 2; waits++) {
		virtio_goes(BLK, waits);
		virtio_goes(UNIT, waits);
		virtio_goes(ADAPTER, waits);
	}
}

/* What a limit of rates holds back is not waited for a second each. */
static void test_limited(void **state)
{
	struct block_limits l = {.rates[BLOCK_IOPS_TOTAL] = {.rate = 1}};
	struct slow *s = new_slow();
	struct vm *vm = new_vm();
	struct device *dev;
	struct vdriver d;
	u64 start;

	block_set_limits(&s->b, &l);
	dev = add(vm, &virtio_blk_pci_class, &s->b);
	vd_init(&d, dev);
	vm_resume(vm);
	vd_start(&d, 0);
	for (u32 i = 0; i < VD_SIZE / 2; i++)
		offer(&d, false, false, i);
	wait_for(&s->submitted, 1);
	start = os_clock_ns();
	vm_pause(vm);
	remove_device(vm, dev, s, NULL);
	assert_true(os_clock_ns() - start < 2000000000ull);
	machine_pseries.destroy(vm);
	block_close(&s->b);
}

/* --- NVMe: nobody settles before it goes --- */
static void nvme_goes(bool waits)
{
	struct slow *s = new_slow();
	struct ndriver d = {.vm = new_vm()};
	struct error e = {""};

	d.n = n_add(d.vm, &s->b, &e);
	if (!d.n)
		fail_msg("%s", e.text);
	assert_int_equal(vm_reset(d.vm, &e), 0);
	assert_int_equal(block_set_on_error(&s->b, "stop", "stop", &e), 0);
	dma_view_init_real(&d.n->pci.dma, d.vm);
	n_enable(&d);
	assert_int_equal(n_make(&d, 1, N_ENTRIES), 0);
	s->full = waits;
	for (u32 i = 0; i < REQUESTS; i++)
		n_put(&d, 1,
		      (struct ncommand){.opcode = waits ? 1 : 2,
					.nsid = 1,
					.prp1 = N_DATA + i * 4096,
					.dw10 = 8 * i,
					.dw12 = 7});
	n_store(&d, 0x1008, d.tail[1]);
	os_mutex_lock(&d.n->work);
	nvme_work(d.n);
	os_mutex_unlock(&d.n->work);
	wait_for(waits ? &s->stops : &s->submitted, REQUESTS);
	if (waits) {
		block_settle(&s->b);
		assert_true(block_holds_up_saving(&s->b));
	}
	remove_device(d.vm, &d.n->pci.dev, s, waits ? memory(d.vm) : NULL);
	machine_pseries.destroy(d.vm);
	block_close(&s->b);
}

static void test_nvme(void **state)
{
	nvme_goes(false);
	nvme_goes(true);
}

/* --- USB: the disk goes, or its controller --- */
enum { IN = 3, OUT = 4, BULK_OUT = 2, BULK_IN = 6, COMMAND_AT = X_DATA + 0x80000 };

static void usb_command(struct xdriver *d, struct usb_disk *u, const u8 *cdb, u32 cdb_len, u32 len,
			bool in)
{
	u32 n = usb_disk_wrap(u, COMMAND_AT, cdb, cdb_len, len, in);

	assert_int_equal(x_bulk(d, OUT, COMMAND_AT, n, NULL), CC_SUCCESS);
}

static void usb_goes(bool controller, bool waits)
{
	static const u8 ready[6] = {0}, read[10] = {0x28, [5] = 3, [8] = 8},
			write[10] = {0x2a, [5] = 3, [8] = 8};
	struct slow *s = new_slow();
	struct usb_disk u = {.vm = new_vm(), .block = &s->b};
	struct device *dev, *disk;
	struct error e = {""};
	struct xdriver d = {.vm = u.vm};
	struct usb_bus *bus;

	dev = usb_add(u.vm, "qemu-xhci", NULL, &e);
	disk = dev ? usb_add(u.vm, "usb-storage", &s->b, &e) : NULL;
	if (!disk)
		fail_msg("%s", e.text);
	assert_int_equal(vm_reset(u.vm, &e), 0);
	assert_int_equal(block_set_on_error(&s->b, "stop", "stop", &e), 0);
	dma_view_init_real(&container_of(dev, struct pci_device, dev)->dma, u.vm);
	d.x = (struct xhci *)dev;
	bus = &d.x->bus;
	x_start(&d);
	assert_int_equal(x_address(&d, 1), CC_SUCCESS);
	assert_int_equal(x_configure(&d, IN, BULK_IN, OUT, BULK_OUT), CC_SUCCESS);
	assert_int_equal(x_control(&d, 0, USB_SET_CONFIGURATION, 1, 0, 0), CC_SUCCESS);
	usb_command(&d, &u, ready, 6, 0, false);
	assert_int_equal(x_bulk(&d, IN, COMMAND_AT, 13, NULL), CC_SUCCESS);
	s->full = waits;
	usb_command(&d, &u, waits ? write : read, 10, 4096, !waits);
	x_put(&d, waits ? OUT : IN, X_DATA, 4096, TRB_NORMAL << 10 | TRB_SHORT_EVENT);
	x_store(&d, 0x2004, waits ? OUT : IN);
	os_mutex_lock(&bus->work);
	bus->ops->work(bus);
	os_mutex_unlock(&bus->work);
	wait_for(waits ? &s->stops : &s->submitted, 1);
	remove_device(u.vm, controller ? dev : disk, s, NULL);
	machine_pseries.destroy(u.vm);
	block_close(&s->b);
}

static void test_usb(void **state)
{
	for (u32 i = 0; i < 4; i++)
		usb_goes(i & 1, i & 2);
}

/* --- a back end that is another device's afterwards --- */
static void test_next_device(void **state)
{
	struct slow *s = new_slow();
	struct vm *vm = new_vm();
	struct error e = {""};
	struct device *dev;
	u8 data[SECTOR];
	struct nvme *n;

	dev = add(vm, &virtio_blk_pci_class, &s->b);
	assert_int_equal(block_set_on_error(&s->b, "ignore", "ignore", &e), 0);
	remove_device(vm, dev, s, NULL);
	assert_int_equal(block_rw_sync(&s->b, BLOCK_READ, 0, data, SECTOR), 0);
	n = n_add(vm, &s->b, &e);
	if (!n)
		fail_msg("%s", e.text);
	/* whose requests nobody saves */
	assert_false(s->b.saved);
	assert_int_equal(s->b.on_write_error, BLOCK_ERROR_AUTO);
	remove_device(vm, &n->pci.dev, s, NULL);
	machine_pseries.destroy(vm);
	block_close(&s->b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_virtio),	    cmocka_unit_test(test_limited),
		cmocka_unit_test(test_nvme),	    cmocka_unit_test(test_usb),
		cmocka_unit_test(test_next_device),
	};

	log_set(0, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
