/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine with a USB controller and a disk on it, for tests. */
#ifndef TEST_UNIT_DEVICE_USB_DISK_H
#define TEST_UNIT_DEVICE_USB_DISK_H

#include "xhci.h"

enum { DISK_BYTES = 1 << 20, TAG = 0x12345678 };

struct usb_disk {
	struct vm *vm;
	struct block *block;
	char path[64];
};

/* The disk's bytes tell where they are. The controller: its DMA goes to real addresses. */
static inline struct device *usb_disk_setup(struct usb_disk *u, const char *controller)
{
	struct block_options o = {.discard = true};
	struct machine_config c = {.cpus = 1};
	static u8 image[DISK_BYTES];
	struct error e = {""};
	struct device *dev;

	for (u32 i = 0; i < DISK_BYTES; i++)
		image[i] = (u8)(i / 512 + i);
	board_file(u->path, image, sizeof(image));
	o.filename = u->path;
	assert_int_equal(block_open(&o, &u->block, &e), 0);
	assert_int_equal(board_create(&c, &u->vm, &e), 0);
	dev = usb_add(u->vm, controller, NULL, &e);
	if (!dev || !usb_add(u->vm, "usb-storage", u->block, &e))
		fail_msg("%s", e.text);
	assert_int_equal(vm_reset(u->vm, &e), 0);
	dma_view_init_real(&container_of(dev, struct pci_device, dev)->dma, u->vm);
	return dev;
}

static inline void usb_disk_teardown(struct usb_disk *u)
{
	machine_pseries.destroy(u->vm);
	block_close(u->block);
	unlink(u->path);
}

/* A command's wrapper in the guest's memory (Bulk-Only Transport 1.0, 5.1); its length. */
static inline u32 usb_disk_wrap(struct usb_disk *u, u64 at, const u8 *cdb, u32 cdb_len, u32 len,
				bool in)
{
	u8 c[31] = {0x55, 0x53, 0x42, 0x43};

	st_le32(c + 4, TAG);
	st_le32(c + 8, len);
	c[12] = in ? 0x80 : 0;
	c[14] = (u8)cdb_len;
	memcpy(c + 15, cdb, cdb_len);
	vm_mem_write(u->vm, at, c, sizeof(c));
	return sizeof(c);
}

/* What came back (5.2): the command's status. */
static inline u32 usb_disk_status(struct usb_disk *u, u64 at, u32 *residue)
{
	u8 c[13];

	vm_mem_read(u->vm, at, c, sizeof(c));
	assert_int_equal(ld_le32(c), 0x53425355);
	assert_int_equal(ld_le32(c + 4), TAG);
	if (residue)
		*residue = ld_le32(c + 8);
	return c[12];
}

#endif
