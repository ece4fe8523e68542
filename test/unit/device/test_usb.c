// SPDX-License-Identifier: GPL-2.0-or-later
/* An xHCI controller with a disk, driven as a driver does it. Expected values are those of the
 * xHCI, USB and mass storage specifications. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../buffer.h"
#include "host/input.h"
#include "usb_disk.h"
#include "vm/savestate.h"

enum { IN = 3, OUT = 4, BULK_OUT = 2, BULK_IN = 6 };

struct rig {
	struct xdriver d;
	struct usb_disk disk;
};

static void setup(struct rig *g, const char *controller)
{
	*g = (struct rig){0};
	g->d.x = (struct xhci *)usb_disk_setup(&g->disk, controller);
	g->d.vm = g->disk.vm;
}

static void teardown(struct rig *g)
{
	usb_disk_teardown(&g->disk);
}

static void get(struct rig *g, u8 *p, u32 len)
{
	vm_mem_read(g->d.vm, X_DATA, p, len);
}

static void configure(struct rig *g)
{
	x_start(&g->d);
	assert_int_equal(x_address(&g->d, 1), CC_SUCCESS);
	assert_int_equal(x_configure(&g->d, IN, BULK_IN, OUT, BULK_OUT), CC_SUCCESS);
	assert_int_equal(x_control(&g->d, 0, USB_SET_CONFIGURATION, 1, 0, 0), CC_SUCCESS);
}

static u32 command(struct rig *g, const u8 *cdb, u32 cdb_len, u32 len, bool in)
{
	u64 at = X_DATA + 0x80000;

	return x_bulk(&g->d, OUT, at, usb_disk_wrap(&g->disk, at, cdb, cdb_len, len, in), NULL);
}

static u32 status(struct rig *g, u32 *residue)
{
	u64 at = X_DATA + 0x81000;

	assert_int_equal(x_bulk(&g->d, IN, at, 13, NULL), CC_SUCCESS);
	return usb_disk_status(&g->disk, at, residue);
}

static struct device *find_storage(struct rig *g)
{
	for (u32 i = 0; i < g->d.vm->nr_devices; i++)
		if (g->d.vm->devices[i]->cls == &usb_storage_class)
			return g->d.vm->devices[i];
	return NULL;
}

/* The first command is told that the power came on. */
static void wake_disk(struct rig *g)
{
	static const u8 ready[6] = {0};

	assert_int_equal(command(g, ready, 6, 0, false), CC_SUCCESS);
	assert_int_equal(status(g, NULL), 1);
	assert_int_equal(command(g, ready, 6, 0, false), CC_SUCCESS);
	assert_int_equal(status(g, NULL), 0);
}

/* --- tests --- */
static void test_ports(void **state)
{
	struct rig g;
	u32 w[4];

	setup(&g, "qemu-xhci");
	assert_int_equal(x_load(&g.d, 0), 0x01000040);
	assert_int_equal(x_load(&g.d, 4), 8 << 24 | 16 << 8 | 64);
	assert_int_equal(x_load(&g.d, 0x44) & 1, 1);
	x_start(&g.d);
	assert_int_equal(x_load(&g.d, 0x44) & 1, 0);
	/* a SuperSpeed device: connected, enabled, powered, speed 4, and that is new */
	assert_int_equal(x_load(&g.d, 0x440), 1 | 2 | 1 << 9 | 4 << 10 | 1 << 17);
	assert_int_equal(x_load(&g.d, 0x450), 1 << 9 | 5 << 5);
	assert_false(x_event(&g.d, w));
	x_store(&g.d, 0x440, 1 << 9 | 1 << 4);
	assert_int_equal(x_load(&g.d, 0x440), 3 | 1 << 9 | 4 << 10 | 1 << 17 | 1 << 21);
	assert_true(x_event(&g.d, w));
	assert_int_equal(w[0], 1 << 24);
	assert_int_equal(w[3] >> 10, TRB_PORT_EVENT);
	x_store(&g.d, 0x440, 1 << 9 | 1 << 17 | 1 << 21);
	assert_int_equal(x_load(&g.d, 0x440), 3 | 1 << 9 | 4 << 10);
	/* sleep and back */
	x_store(&g.d, 0x440, 1 << 9 | 1 << 16 | 3 << 5);
	assert_int_equal(x_load(&g.d, 0x440) >> 5 & 15, 3);
	x_store(&g.d, 0x440, 1 << 9 | 1 << 16);
	assert_int_equal(x_load(&g.d, 0x440) >> 5 & 15, 0);
	assert_true(x_event(&g.d, w));
	teardown(&g);
}

/* SLOF names the other cycle bit than it writes. */
static void test_firmware_cycle(void **state)
{
	struct rig g;

	setup(&g, "qemu-xhci");
	x_start(&g.d);
	x_store64(&g.d, 0x58, X_COMMANDS);
	assert_int_equal(x_address(&g.d, 1), CC_SUCCESS);
	teardown(&g);
	setup(&g, "qemu-xhci");
	x_start(&g.d);
	x_store64(&g.d, 0x58, X_COMMANDS);
	g.d.cycle[0] = 0;
	assert_int_equal(x_command(&g.d, 0, TRB_ENABLE_SLOT << 10, NULL), CC_SUCCESS);
	teardown(&g);
}

/* Both numbers of a connector lead to what is plugged in there: SLOF mixes them up. */
static void test_connector(void **state)
{
	struct rig g;

	setup(&g, "qemu-xhci");
	x_start(&g.d);
	assert_int_equal(x_address(&g.d, 5), CC_SUCCESS);
	assert_int_equal(x_control(&g.d, 0x80, USB_GET_DESCRIPTOR, 0x100, 0, 18), CC_SUCCESS);
	teardown(&g);
	setup(&g, "qemu-xhci");
	x_start(&g.d);
	assert_int_equal(x_address(&g.d, 6), CC_TRANSACTION_ERROR);
	teardown(&g);
	setup(&g, "qemu-xhci");
	x_start(&g.d);
	assert_int_equal(x_address(&g.d, 9), CC_TRANSACTION_ERROR);
	teardown(&g);
}

static void test_control(void **state)
{
	struct rig g;
	u8 p[64];

	setup(&g, "nec-usb-xhci");
	x_start(&g.d);
	assert_int_equal(x_address(&g.d, 1), CC_SUCCESS);
	assert_int_equal(x_word(&g.d, X_DEVICE + 12) >> 27, SLOT_ADDRESSED);
	assert_int_equal(x_word(&g.d, X_DEVICE + 12) & 0xff, 1);
	assert_int_equal(x_word(&g.d, X_DEVICE + 32) & 7, EP_RUNNING);
	assert_int_equal(x_control(&g.d, 0x80, USB_GET_DESCRIPTOR, 0x100, 0, 18), CC_SUCCESS);
	get(&g, p, 18);
	assert_int_equal(p[0], 18);
	assert_int_equal(p[1], USB_DT_DEVICE);
	assert_int_equal(ld_le16(p + 2), 0x0300);
	assert_int_equal(p[7], 9);
	assert_int_equal(x_control(&g.d, 0x80, USB_GET_DESCRIPTOR, 0x200, 0, 64), CC_SUCCESS);
	get(&g, p, 44);
	assert_int_equal(ld_le16(p + 2), 44);
	assert_int_equal(p[9 + 5], 8);
	assert_int_equal(p[9 + 7], 0x50);
	/* a string that is none: stall, and the endpoint halts until it is reset */
	assert_int_equal(x_control(&g.d, 0x80, USB_GET_DESCRIPTOR, 0x309, 0, 64), CC_STALL);
	assert_int_equal(x_word(&g.d, X_DEVICE + 32) & 7, EP_HALTED);
	assert_int_equal(x_control(&g.d, 0x80, USB_GET_STATUS, 0, 0, 2), 0);
	assert_int_equal(x_command(&g.d, 0, TRB_RESET_ENDPOINT << 10 | 1 << 24 | 1 << 16, NULL),
			 CC_SUCCESS);
	x_ring_reset(&g.d, 1);
	assert_int_equal(
		x_command(&g.d, x_ring(1) | 1, TRB_SET_DEQUEUE << 10 | 1 << 24 | 1 << 16, NULL),
		CC_SUCCESS);
	assert_int_equal(x_control(&g.d, 0x80, USB_GET_STATUS, 0, 0, 2), CC_SUCCESS);
	get(&g, p, 2);
	assert_int_equal(p[0], 1);
	/* commands that make no sense */
	assert_int_equal(x_command(&g.d, 0, TRB_STOP_ENDPOINT << 10 | 1 << 24 | 9 << 16, NULL),
			 CC_ENDPOINT_NOT_ENABLED);
	assert_int_equal(x_command(&g.d, 0, TRB_DISABLE_SLOT << 10 | 63 << 24, NULL),
			 CC_SLOT_NOT_ENABLED);
	assert_int_equal(x_command(&g.d, 0, 60 << 10, NULL), CC_TRB_ERROR);
	teardown(&g);
}

static void test_disk(void **state)
{
	static const u8 inquiry[6] = {0x12, 0, 0, 0, 255}, read[10] = {0x28, [5] = 3, [8] = 8},
			write[10] = {0x2a, [5] = 100, [8] = 4}, past[10] = {0x28, 0, 1, [8] = 1};
	u8 p[4096], back[2048];
	struct rig g;
	u32 rest;

	setup(&g, "qemu-xhci");
	configure(&g);
	wake_disk(&g);
	/* less than was asked for */
	assert_int_equal(command(&g, inquiry, 6, 255, true), CC_SUCCESS);
	assert_int_equal(x_bulk(&g.d, IN, X_DATA, 255, &rest), CC_SHORT_PACKET);
	get(&g, p, 36);
	assert_memory_equal(p + 8, "PVSR    HARDDISK", 16);
	assert_int_equal(status(&g, &rest), 0);
	assert_int_equal(rest, 255 - (p[4] + 5));
	/* into two places, by one transfer */
	assert_int_equal(command(&g, read, 10, 4096, true), CC_SUCCESS);
	x_put(&g.d, IN, X_DATA, 1000, TRB_NORMAL << 10 | TRB_CHAIN | TRB_SHORT_EVENT);
	assert_int_equal(x_bulk(&g.d, IN, X_DATA + 0x4000, 3096, &rest), CC_SUCCESS);
	assert_int_equal(rest, 0);
	get(&g, p, 1000);
	vm_mem_read(g.d.vm, X_DATA + 0x4000, p + 1000, 3096);
	for (u32 i = 0; i < 4096; i++)
		assert_int_equal(p[i], (u8)((3 * 512 + i) / 512 + i));
	assert_int_equal(status(&g, &rest), 0);
	assert_int_equal(rest, 0);
	/* from two transfers */
	vm_mem_fill(g.d.vm, X_DATA, 0xa5, 2048);
	assert_int_equal(command(&g, write, 10, 2048, false), CC_SUCCESS);
	assert_int_equal(x_bulk(&g.d, OUT, X_DATA, 512, NULL), CC_SUCCESS);
	assert_int_equal(x_bulk(&g.d, OUT, X_DATA + 512, 1536, NULL), CC_SUCCESS);
	assert_int_equal(status(&g, NULL), 0);
	block_rw_sync(g.disk.block, BLOCK_READ, 100 * 512, back, 2048);
	for (u32 i = 0; i < 2048; i++)
		assert_int_equal(back[i], 0xa5);
	/* a disk that ends before */
	assert_int_equal(command(&g, past, 10, 512, true), CC_SUCCESS);
	assert_int_equal(x_bulk(&g.d, IN, X_DATA, 512, &rest), CC_SHORT_PACKET);
	assert_int_equal(rest, 512);
	assert_int_equal(status(&g, &rest), 1);
	assert_int_equal(rest, 512);
	teardown(&g);
}

/* A READ whose data goes the other way reaches nothing of the guest's. */
/* A disk goes while it reads, and another one comes: the port says so, and nothing is left. */
static void test_unplug(void **state)
{
	static const u8 read[10] = {0x28, [5] = 3, [8] = 8};
	struct error e = {""};
	struct rig g;
	u32 before, w[4], code;

	setup(&g, "qemu-xhci");
	configure(&g);
	wake_disk(&g);
	before = g.d.vm->nr_devices;
	for (u32 turn = 0; turn < 3; turn++) {
		x_store(&g.d, 0x440, 1 << 9 | 1 << 17);
		if (!turn) {
			assert_int_equal(command(&g, read, 10, 4096, true), CC_SUCCESS);
			x_put(&g.d, IN, X_DATA, 4096, TRB_NORMAL << 10 | TRB_SHORT_EVENT);
			x_store(&g.d, 0x2004, IN);
		}
		vm_lock(g.d.vm);
		device_remove(find_storage(&g));
		vm_unlock(g.d.vm);
		assert_int_equal(g.d.vm->nr_devices, before - 2);
		assert_int_equal(x_load(&g.d, 0x440), 1 << 9 | 1 << 17 | 5 << 5);
		while (x_event(&g.d, w))
			;
		x_store(&g.d, 0x2004, IN);
		x_work(&g.d);
		while (x_event(&g.d, w)) {
			code = w[2] >> 24;
			assert_int_not_equal(code, CC_SUCCESS);
		}
		x_store(&g.d, 0x440, 1 << 9 | 1 << 17);
		if (!usb_add(g.d.vm, "usb-storage", g.disk.block, &e))
			fail_msg("%s", e.text);
		assert_int_equal(x_load(&g.d, 0x440) & (1 | 1 << 17), 1 | 1 << 17);
		assert_true(x_event(&g.d, w));
		assert_int_equal(w[3] >> 10, TRB_PORT_EVENT);
	}
	assert_int_equal(g.d.vm->nr_devices, before);
	teardown(&g);
}

static void test_wrong_way(void **state)
{
	static const u8 read[10] = {0x28, [8] = 1};
	struct rig g;
	u8 p[512];

	setup(&g, "qemu-xhci");
	configure(&g);
	wake_disk(&g);
	vm_mem_fill(g.d.vm, X_DATA, 0x11, 512);
	assert_int_equal(command(&g, read, 10, 512, false), CC_SUCCESS);
	assert_int_equal(x_bulk(&g.d, OUT, X_DATA, 512, NULL), CC_SUCCESS);
	status(&g, NULL);
	get(&g, p, 512);
	for (u32 i = 0; i < 512; i++)
		assert_int_equal(p[i], 0x11);
	teardown(&g);
}

static void test_lost(void **state)
{
	static const u8 ready[6] = {0};
	struct rig g;

	setup(&g, "qemu-xhci");
	configure(&g);
	/* no command at all: both endpoints stall until a reset and halts are cleared */
	vm_mem_fill(g.d.vm, X_DATA, 0x11, 31);
	assert_int_equal(x_bulk(&g.d, OUT, X_DATA, 31, NULL), CC_STALL);
	assert_int_equal(x_bulk(&g.d, IN, X_DATA, 13, NULL), CC_STALL);
	assert_int_equal(x_control(&g.d, 0x21, 0xff, 0, 0, 0), CC_SUCCESS);
	assert_int_equal(x_control(&g.d, 2, USB_CLEAR_FEATURE, 0, 0x81, 0), CC_SUCCESS);
	assert_int_equal(x_control(&g.d, 2, USB_CLEAR_FEATURE, 0, 2, 0), CC_SUCCESS);
	for (u32 id = IN; id <= OUT; id++) {
		x_command(&g.d, 0, TRB_RESET_ENDPOINT << 10 | 1 << 24 | id << 16, NULL);
		x_ring_reset(&g.d, id);
		assert_int_equal(x_command(&g.d, x_ring(id) | 1,
					   TRB_SET_DEQUEUE << 10 | 1 << 24 | id << 16, NULL),
				 CC_SUCCESS);
	}
	assert_int_equal(command(&g, ready, 6, 0, false), CC_SUCCESS);
	assert_int_equal(status(&g, NULL), 1);
	teardown(&g);
}

/* Rings that lead nowhere end in an error, not in a search without end. */
static void test_loops(void **state)
{
	u32 link[4] = {(u32)x_ring(OUT), 0, 0, TRB_LINK << 10 | TRB_CYCLE};
	struct rig g;

	setup(&g, "qemu-xhci");
	configure(&g);
	x_words(&g.d, x_ring(OUT), link, 4);
	assert_int_equal(x_transfer_event(&g.d, OUT, NULL), 0);
	assert_int_equal(x_word(&g.d, X_DEVICE + 32 * OUT) & 7, EP_ERROR);
	/* a transfer of more TRBs than there may be: chained, round and round */
	for (u32 i = 0; i < X_RING_TRBS - 1; i++)
		x_put(&g.d, IN, X_DATA, 1, TRB_NORMAL << 10 | TRB_CHAIN);
	link[0] = (u32)x_ring(IN);
	x_words(&g.d, x_ring(IN) + 16 * (X_RING_TRBS - 1), link, 4);
	assert_int_equal(x_transfer_event(&g.d, IN, NULL), CC_TRB_ERROR);
	assert_int_equal(x_word(&g.d, X_DEVICE + 32 * IN) & 7, EP_ERROR);
	/* memory that is not there stops the controller */
	assert_int_equal(x_command(&g.d, 1ull << 50, TRB_CONFIGURE_ENDPOINT << 10 | 1 << 24, NULL),
			 0);
	assert_int_equal(x_load(&g.d, 0x44) & 5, 5);
	teardown(&g);
}

/* An endpoint (of the bus) that is frozen stops the controller; a reset brings it back. */
static void test_frozen(void **state)
{
	static const u8 ready[6] = {0};
	struct rig g;

	setup(&g, "qemu-xhci");
	configure(&g);
	wake_disk(&g);
	pe_freeze(g.d.x->pci.pe, PE_ERROR_INJECTED, 0, 0);
	assert_int_equal(x_bulk(&g.d, IN, X_DATA, 13, NULL), 0);
	assert_int_equal(x_load(&g.d, 0x44) & 5, 5);
	__atomic_store_n(&g.d.x->pci.pe->state.frozen, 0, __ATOMIC_RELEASE);
	g.d.x->pci.dev.cls->reset(&g.d.x->pci.dev);
	assert_int_equal(x_load(&g.d, 0x44) & 5, 1);
	configure(&g);
	assert_int_equal(command(&g, ready, 6, 0, false), CC_SUCCESS);
	assert_int_equal(status(&g, NULL), 0);
	teardown(&g);
}

/* Between the command and its data, and with a status that waits for it. */
static void test_save(void **state)
{
	static const u8 read[10] = {0x28, [5] = 3, [8] = 8};
	struct buffer b = {0};
	struct state_writer w = {buf_write, &b, 0};
	struct state_reader r = {buf_read, &b};
	struct rig g, h;
	struct error e = {""};
	u8 p[1024];
	u32 rest;

	setup(&g, "qemu-xhci");
	configure(&g);
	wake_disk(&g);
	assert_int_equal(command(&g, read, 10, 4096, true), CC_SUCCESS);
	assert_int_equal(x_bulk(&g.d, IN, X_DATA, 1024, &rest), CC_SUCCESS);
	os_mutex_lock(&g.d.x->bus.work);
	g.d.x->bus.ops->run(&g.d.x->bus, false);
	os_mutex_unlock(&g.d.x->bus.work);
	assert_int_equal(vm_save(g.d.vm, &w, &e), 0);
	setup(&h, "qemu-xhci");
	if (vm_load(h.d.vm, &r, &e))
		fail_msg("%s", e.text);
	memcpy(h.d.enqueue, g.d.enqueue, sizeof(g.d.enqueue));
	memcpy(h.d.cycle, g.d.cycle, sizeof(g.d.cycle));
	h.d.event = g.d.event;
	h.d.event_cycle = g.d.event_cycle;
	os_mutex_lock(&h.d.x->bus.work);
	h.d.x->bus.ops->run(&h.d.x->bus, true);
	os_mutex_unlock(&h.d.x->bus.work);
	for (u32 part = 1; part < 4; part++) {
		assert_int_equal(x_bulk(&h.d, IN, X_DATA, 1024, &rest), CC_SUCCESS);
		get(&h, p, 1024);
		for (u32 i = 0; i < 1024; i++)
			assert_int_equal(p[i], (u8)((3 * 512 + 1024 * part + i) / 512 + i));
	}
	assert_int_equal(status(&h, &rest), 0);
	assert_int_equal(rest, 0);
	free(b.data);
	teardown(&g);
	teardown(&h);
}

/* --- keyboard, mouse, tablet --- */
static struct device_backends backends;

static u64 no_work(struct usb_bus *bus)
{
	return OS_FOREVER;
}

/* The machine is said to run, so that devices hear the user; the bus's thread is kept from working
 * between two of their events. */
static void pretend_to_run(struct xdriver *d)
{
	static struct usb_bus_ops quiet;

	os_mutex_lock(&d->x->bus.work);
	d->ops = d->x->bus.ops;
	quiet = *d->ops;
	quiet.work = no_work;
	d->x->bus.ops = &quiet;
	d->x->bus.running = true;
	os_mutex_unlock(&d->x->bus.work);
}

/* The first port of USB 2.0 is the fifth. */
static void plug(struct xdriver *d, const char *cls)
{
	struct machine_config c = {.cpus = 1, .backends = &backends};
	struct error e = {""};

	*d = (struct xdriver){0};
	backends.input = input_create();
	assert_int_equal(board_create(&c, &d->vm, &e), 0);
	d->x = (struct xhci *)usb_add(d->vm, "qemu-xhci", NULL, &e);
	if (!d->x || !usb_add(d->vm, cls, NULL, &e))
		fail_msg("%s", e.text);
	assert_int_equal(vm_reset(d->vm, &e), 0);
	dma_view_init_real(&d->x->pci.dma, d->vm);
	x_start(d);
	x_store(d, 0x480, 1 << 9 | 1 << 4);
	assert_int_equal(x_load(d, 0x480) & (3 | 15 << 10), 3 | 3 << 10);
	assert_int_equal(x_address(d, 5), CC_SUCCESS);
	assert_int_equal(x_configure(d, IN, 7, OUT, BULK_OUT), CC_SUCCESS);
	/* nothing has happened, and what does is heard only while the machine runs */
	assert_int_equal(x_bulk(d, IN, X_DATA + 0x100, 8, NULL), 0);
	input_key(backends.input, 30, true);
	pretend_to_run(d);
}

static void unplug(struct xdriver *d)
{
	machine_pseries.destroy(d->vm);
	input_destroy(backends.input);
}

/* The report of a transfer that waits already; another waits then. */
static u32 report(struct xdriver *d, u8 p[8])
{
	u32 rest = 0, code = x_transfer_event(d, IN, &rest);

	assert_true(code == CC_SUCCESS || code == CC_SHORT_PACKET);
	vm_mem_read(d->vm, X_DATA + 0x100, p, 8);
	x_put(d, IN, X_DATA + 0x100, 8, TRB_NORMAL << 10 | TRB_EVENT | TRB_SHORT_EVENT);
	return 8 - rest;
}

static void expect_keys(struct xdriver *d, u8 modifiers, u8 first, u8 second)
{
	u8 p[8], want[8] = {modifiers, 0, first, second};

	assert_int_equal(report(d, p), 8);
	assert_memory_equal(p, want, 8);
}

static void test_keyboard(void **state)
{
	struct input_hub *h;
	struct xdriver d;
	u8 all[8];

	plug(&d, "usb-kbd");
	h = backends.input;
	assert_int_equal(x_control(&d, 0x81, USB_GET_DESCRIPTOR, 0x2200, 0, 200), CC_SUCCESS);
	assert_int_equal(x_word(&d, X_DATA), 0x06090105);
	assert_int_equal(x_control(&d, 0x21, 9, 0x200, 0, 1), CC_SUCCESS);
	input_key(h, 30, true); /* A */
	input_key(h, 42, true); /* left shift */
	input_key(h, 18, true); /* E */
	input_key(h, 30, false);
	input_key(h, 700, true); /* no key of ours */
	input_key(h, 18, false);
	expect_keys(&d, 0, 4, 0);
	expect_keys(&d, 2, 4, 0);
	expect_keys(&d, 2, 4, 8);
	expect_keys(&d, 2, 8, 0);
	expect_keys(&d, 2, 0, 0);
	/* seven keys are more than a report can say */
	for (u16 i = 0; i < 7; i++)
		input_key(h, 16 + i, true);
	for (u32 i = 0; i < 6; i++) {
		u8 p[8];

		report(&d, p);
		assert_int_equal(p[2], 0x14);
	}
	report(&d, all);
	assert_memory_equal(all, ((u8[]){2, 0, 1, 1, 1, 1, 1, 1}), 8);
	unplug(&d);
}

static void test_pointers(void **state)
{
	struct xdriver d;
	u8 p[8];

	plug(&d, "usb-mouse");
	input_pointer_rel(backends.input, 100, -5, 0, 0);
	input_pointer_rel(backends.input, 100, -5, 0, 1);
	input_pointer_rel(backends.input, 0, 0, INPUT_RIGHT, 0);
	assert_int_equal(report(&d, p), 4);
	assert_memory_equal(p, ((u8[]){0, 127, 0xf6, 1}), 4);
	assert_int_equal(report(&d, p), 4);
	assert_memory_equal(p, ((u8[]){0, 73, 0, 0}), 4);
	assert_int_equal(report(&d, p), 4);
	assert_memory_equal(p, ((u8[]){2, 0, 0, 0}), 4);
	assert_int_equal(x_transfer_event(&d, IN, NULL), 0);
	unplug(&d);

	plug(&d, "usb-tablet");
	input_pointer_abs(backends.input, 1, 2, 0, 0);
	input_pointer_abs(backends.input, 0x7fff, 0x1234, 0, -1);
	input_pointer_abs(backends.input, 0x7ffe, 0x1234, INPUT_LEFT, 0);
	assert_int_equal(report(&d, p), 6);
	assert_memory_equal(p, ((u8[]){0, 0xff, 0x7f, 0x34, 0x12, 0xff}), 6);
	assert_int_equal(report(&d, p), 6);
	assert_memory_equal(p, ((u8[]){1, 0xfe, 0x7f, 0x34, 0x12, 0}), 6);
	unplug(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),	  cmocka_unit_test(test_control),
		cmocka_unit_test(test_disk),	  cmocka_unit_test(test_wrong_way),
		cmocka_unit_test(test_unplug),	  cmocka_unit_test(test_lost),
		cmocka_unit_test(test_loops),	  cmocka_unit_test(test_frozen),
		cmocka_unit_test(test_save),	  cmocka_unit_test(test_keyboard),
		cmocka_unit_test(test_pointers),  cmocka_unit_test(test_firmware_cycle),
		cmocka_unit_test(test_connector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
