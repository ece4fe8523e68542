// SPDX-License-Identifier: GPL-2.0-or-later
/* An OHCI controller with a disk, driven as a driver does it. Expected values are those of the
 * OHCI, USB and mass storage specifications. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "ohci.h"
#include "usb_disk.h"

enum { OUT = 1, IN = 2, OK = 0, STALL = 4, GONE = 5 };

struct rig {
	struct odriver d;
	struct usb_disk disk;
};

static void setup(struct rig *g)
{
	*g = (struct rig){0};
	g->d.o = (struct ohci *)usb_disk_setup(&g->disk, "pci-ohci");
	g->d.vm = g->disk.vm;
}

static void teardown(struct rig *g)
{
	usb_disk_teardown(&g->disk);
}

/* Address 1, bulk endpoints 2 out and 1 in. */
static void configure(struct rig *g)
{
	o_start(&g->d);
	assert_int_equal(o_control(&g->d, 0, USB_SET_ADDRESS, 1, 0, 0), OK);
	o_ed(&g->d, 0, 64 << 16 | 1, 0);
	assert_int_equal(o_control(&g->d, 0, USB_SET_CONFIGURATION, 1, 0, 0), OK);
	o_ed(&g->d, OUT, 64 << 16 | 1 << 11 | 2 << 7 | 1, O_EDS + 16 * IN);
	o_ed(&g->d, IN, 64 << 16 | 2 << 11 | 1 << 7 | 1, 0);
	o_store(&g->d, 0x28, O_EDS + 16 * OUT);
}

/* Until the descriptor is done, or a good while has passed. */
static u32 wait_for(struct rig *g, u32 td)
{
	o_store(&g->d, 0x08, 4);
	for (u32 i = 0; i < 5000 && o_code(&g->d, td) == 15; i++) {
		usleep(1000);
		o_work(&g->d, 1);
	}
	return o_code(&g->d, td);
}

static void command(struct rig *g, const u8 *cdb, u32 cdb_len, u32 len, bool in)
{
	u32 at = O_DATA + 0x8000, size = usb_disk_wrap(&g->disk, at, cdb, cdb_len, len, in);

	assert_int_equal(wait_for(g, o_put(&g->d, OUT, 0, at, size)), OK);
}

static u32 status(struct rig *g)
{
	u32 at = O_DATA + 0x9000;

	assert_int_equal(wait_for(g, o_put(&g->d, IN, O_ALL_ROUNDED, at, 13)), OK);
	return usb_disk_status(&g->disk, at, NULL);
}

static void test_hub(void **state)
{
	struct rig g;

	setup(&g);
	assert_int_equal(o_load(&g.d, 0), 0x10);
	assert_int_equal(o_load(&g.d, 0x48) & 0xff, 3);
	assert_int_equal(o_load(&g.d, 0x54), 1 | 1 << 8 | 1 << 16);
	assert_int_equal(o_load(&g.d, 0x58), 1 << 8);
	o_store(&g.d, 0x54, 1 << 16);
	o_store(&g.d, 0x54, 1 << 4);
	assert_int_equal(o_load(&g.d, 0x54), 3 | 1 << 8 | 1 << 20);
	assert_int_equal(o_load(&g.d, 0x0c) & 0x40, 0x40);
	o_store(&g.d, 0x54, 1 << 2);
	assert_int_equal(o_load(&g.d, 0x54) & 4, 4);
	o_store(&g.d, 0x54, 1 << 3);
	assert_int_equal(o_load(&g.d, 0x54) & (4 | 1 << 18), 1 << 18);
	o_store(&g.d, 0x54, 1);
	assert_int_equal(o_load(&g.d, 0x54) & 2, 0);
	teardown(&g);
}

static void test_control(void **state)
{
	struct rig g;
	u32 frame;
	u8 p[18];

	setup(&g);
	o_start(&g.d);
	assert_int_equal(o_control(&g.d, 0x80, USB_GET_DESCRIPTOR, 0x100, 0, 18), OK);
	vm_mem_read(g.d.vm, O_DATA, p, 18);
	assert_int_equal(p[0], 18);
	assert_int_equal(ld_le16(p + 2), 0x0110);
	assert_int_equal(p[7], 64);
	/* the done queue is handed over, last first */
	o_store(&g.d, 0x0c, 2);
	o_work(&g.d, 2);
	assert_int_equal(o_load(&g.d, 0x0c) & 2, 0);
	frame = o_word(&g.d, O_HCCA + 0x80);
	o_work(&g.d, 3);
	assert_int_equal(o_word(&g.d, O_HCCA + 0x80), frame + 3);
	/* a stall halts the endpoint */
	assert_int_equal(o_control(&g.d, 0x80, USB_GET_DESCRIPTOR, 0x900, 0, 18), 15);
	assert_int_equal(o_word(&g.d, O_EDS + 8) & 1, 1);
	/* an address that nobody has */
	o_ed(&g.d, 0, 64 << 16 | 9, 0);
	assert_int_equal(o_control(&g.d, 0x80, USB_GET_STATUS, 0, 0, 2), 15);
	assert_int_equal(o_code(&g.d, (u32)o_td(0, 0)), GONE);
	teardown(&g);
}

static void test_disk(void **state)
{
	static const u8 ready[6] = {0}, read[10] = {0x28, [5] = 3, [8] = 12},
			write[10] = {0x2a, [5] = 100, [8] = 4};
	u8 p[12 * 512], back[2048];
	struct rig g;
	u32 td;

	setup(&g);
	configure(&g);
	command(&g, ready, 6, 0, false);
	assert_int_equal(status(&g), 1);
	/* the data in two parts, the first of which crosses a page */
	command(&g, read, 10, sizeof(p), true);
	o_put(&g.d, IN, 0, O_DATA + 0x800, 4096);
	td = o_put(&g.d, IN, 0, O_DATA + 0x1800, 2048);
	assert_int_equal(wait_for(&g, td), OK);
	vm_mem_read(g.d.vm, O_DATA + 0x800, p, sizeof(p));
	for (u32 i = 0; i < sizeof(p); i++)
		assert_int_equal(p[i], (u8)((3 * 512 + i) / 512 + i));
	assert_int_equal(status(&g), 0);
	vm_mem_fill(g.d.vm, O_DATA, 0xa5, 2048);
	command(&g, write, 10, 2048, false);
	o_put(&g.d, OUT, 0, O_DATA, 1024);
	assert_int_equal(wait_for(&g, o_put(&g.d, OUT, 0, O_DATA + 1024, 1024)), OK);
	assert_int_equal(status(&g), 0);
	block_rw_sync(g.disk.block, BLOCK_READ, 100 * 512, back, 2048);
	for (u32 i = 0; i < 2048; i++)
		assert_int_equal(back[i], 0xa5);
	teardown(&g);
}

/* A guest that takes an endpoint out of its list finds its memory untouched from the next frame on:
 * the disk's answer has come before that frame began. */
static void test_recall(void **state)
{
	static const u8 ready[6] = {0}, read[10] = {0x28, [8] = 8};
	struct rig g;
	u32 td, skip = 64 << 16 | 2 << 11 | 1 << 7 | 1 | 1 << 14;

	setup(&g);
	configure(&g);
	command(&g, ready, 6, 0, false);
	status(&g);
	command(&g, read, 10, 4096, true);
	td = o_put(&g.d, IN, 0, O_DATA, 4096);
	o_store(&g.d, 0x08, 4);
	os_mutex_lock(&g.d.o->bus.work);
	g.d.o->bus.ops->work(&g.d.o->bus);
	assert_true(g.d.o->transfers[0].used);
	os_mutex_unlock(&g.d.o->bus.work);
	o_words(&g.d, O_EDS + 16 * IN, &skip, 1);
	o_work(&g.d, 1);
	assert_false(g.d.o->transfers[0].used);
	assert_int_equal(o_code(&g.d, td), OK);
	teardown(&g);
}

/* Lists without end, and memory that is not there. */
static void test_loops(void **state)
{
	u32 self = O_EDS, nowhere = 0xfff00000;
	struct rig g;

	setup(&g);
	o_start(&g.d);
	o_words(&g.d, O_EDS + 12, &self, 1);
	assert_int_equal(o_control(&g.d, 0x80, USB_GET_STATUS, 0, 0, 2), OK);
	for (u32 i = 0; i < 32; i++)
		o_words(&g.d, O_HCCA + 4 * i, &self, 1);
	o_work(&g.d, 3);
	assert_int_equal(o_load(&g.d, 0x0c) & 0x10, 0);
	o_words(&g.d, O_HCCA, &nowhere, 1);
	o_work(&g.d, 33);
	assert_int_equal(o_load(&g.d, 0x0c) & 0x10, 0x10);
	o_store(&g.d, 0x08, 1);
	assert_int_equal(o_load(&g.d, 0x0c), 0);
	teardown(&g);
}

/* A keyboard behind a hub: found by its address when the hub's port is enabled. */
static void test_usb_hub(void **state)
{
	struct error e = {""};
	struct rig g;
	struct device *hub, *kbd;
	u8 p[18];

	setup(&g);
	hub = usb_add(g.d.vm, "usb-hub", NULL, &e);
	kbd = device_new(g.d.vm, &usb_kbd_class);
	device_set_pointer(kbd, "bus", &g.d.o->bus);
	assert_int_equal(device_set(kbd, "port", "2.3", &e), 0);
	assert_int_equal(device_realize(kbd, &e), 0);
	assert_string_equal(((struct usb_device *)hub)->port->path, "2");
	o_start(&g.d);
	o_store(&g.d, 0x54, 1); /* the disk's port is off, the hub's comes on */
	o_store(&g.d, 0x58, 1 << 4);
	assert_int_equal(o_control(&g.d, 0, USB_SET_ADDRESS, 5, 0, 0), OK);
	o_ed(&g.d, 0, 64 << 16 | 5, 0);
	assert_int_equal(o_control(&g.d, 0xa0, USB_GET_DESCRIPTOR, 0x2900, 0, 11), OK);
	vm_mem_read(g.d.vm, O_DATA, p, 3);
	assert_int_equal(p[2], 8);
	assert_int_equal(o_control(&g.d, 0xa3, USB_GET_STATUS, 0, 3, 4), OK);
	assert_int_equal(o_word(&g.d, O_DATA), 1 << 16 | 1 << 8 | 1);
	/* nobody is at address 0 yet */
	assert_null(usb_find(&g.d.o->bus, 0));
	assert_int_equal(o_control(&g.d, 0x23, USB_SET_FEATURE, 4, 3, 0), OK);
	assert_int_equal(o_control(&g.d, 0xa3, USB_GET_STATUS, 0, 3, 4), OK);
	assert_int_equal(o_word(&g.d, O_DATA), 0x11 << 16 | 1 << 8 | 3);
	assert_int_equal(o_control(&g.d, 0x23, USB_CLEAR_FEATURE, 20, 3, 0), OK);
	assert_int_equal(o_control(&g.d, 0x23, USB_SET_FEATURE, 4, 9, 0), STALL);
	o_ed(&g.d, 0, 64 << 16, 0);
	assert_int_equal(o_control(&g.d, 0x80, USB_GET_DESCRIPTOR, 0x100, 0, 18), OK);
	vm_mem_read(g.d.vm, O_DATA, p, 18);
	assert_int_equal(ld_le16(p + 8), 0x0627);
	/* xHCI finds it by its route */
	assert_ptr_equal(usb_route(&g.d.o->bus.ports[1], 3), kbd);
	assert_null(usb_route(&g.d.o->bus.ports[1], 4));
	assert_ptr_equal(usb_route(&g.d.o->bus.ports[1], 0), hub);
	teardown(&g);
}

/* A hub goes with what is behind it. */
static void test_hub_goes(void **state)
{
	struct error e = {""};
	struct device *hub;
	struct rig g;
	u32 before;

	setup(&g);
	before = g.d.vm->nr_devices;
	for (u32 turn = 0; turn < 2; turn++) {
		struct device *kbd;

		hub = usb_add(g.d.vm, "usb-hub", NULL, &e);
		kbd = device_new(g.d.vm, &usb_kbd_class);
		device_set_pointer(kbd, "bus", &g.d.o->bus);
		assert_int_equal(device_set(kbd, "port", "2.3", &e), 0);
		assert_int_equal(device_realize(kbd, &e), 0);
		o_start(&g.d);
		o_store(&g.d, 0x58, 1 << 16);
		vm_lock(g.d.vm);
		device_remove(hub);
		vm_unlock(g.d.vm);
		assert_int_equal(g.d.vm->nr_devices, before);
		assert_int_equal(o_load(&g.d, 0x58), 1 << 8 | 1 << 16);
		assert_null(usb_route(&g.d.o->bus.ports[1], 3));
		o_work(&g.d, 2);
	}
	teardown(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hub),	 cmocka_unit_test(test_control),
		cmocka_unit_test(test_disk),	 cmocka_unit_test(test_recall),
		cmocka_unit_test(test_loops),	 cmocka_unit_test(test_usb_hub),
		cmocka_unit_test(test_hub_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
