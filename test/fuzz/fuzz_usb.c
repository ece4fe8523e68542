// SPDX-License-Identifier: GPL-2.0-or-later
/* An xHCI controller with a disk, all registers, rings, contexts and transfers the input's: some of
 * it as a driver would do it, so that commands and packets get through, some of it anything. */
#include "disk.h"

#include "../unit/device/xhci.h"
#include "host/input.h"
#include "usb_plug.h"

enum { IMAGE = 1 << 20, AREA = 0x40000, STEPS = 200 };

static struct device_backends backends;
static struct usb_plugs plugs;

static void rig(struct xdriver *d)
{
	struct error e;

	d->vm = fuzz_board();
	backends.input = input_create();
	d->vm->backends = &backends;
	d->x = (struct xhci *)usb_add(d->vm, "qemu-xhci", NULL, &e);
	plugs.block = fuzz_disk((struct block_options){.discard = true}, IMAGE);
	if (!d->x)
		abort();
	usb_plug_restore(d->vm, &plugs);
	if (!plugs.devices[USB_STICK] || vm_reset(d->vm, &e))
		abort();
	dma_view_init_real(&d->x->pci.dma, d->vm);
}

/* Words near the rings and contexts, so that they meet. */
static void scribble(struct xdriver *d, struct fuzz_input *in)
{
	u64 at = X_CONTEXTS + (fuzz_value(in, 2) * 4) % AREA, n = 1 + (fuzz_value(in, 1) & 7);

	for (u64 i = 0; i < n; i++) {
		u8 raw[4];

		st_le32(raw, (u32)fuzz_value(in, 4));
		vm_mem_write(d->vm, at + 4 * i, raw, 4);
	}
}

static void put(struct xdriver *d, struct fuzz_input *in)
{
	u32 id = (u32)fuzz_value(in, 1) & 7, type = (u32)fuzz_value(in, 1) & 63;
	u64 kind = fuzz_value(in, 1), parameter = kind & 1 ? fuzz_address(in) : X_DATA;
	u32 status = (u32)fuzz_value(in, 2) << (kind & 2 ? 8 : 0);

	if (kind & 4)
		parameter = fuzz_value(in, 8);
	x_put(d, id, parameter, status, type << 10 | (u32)fuzz_value(in, 1) << 1);
}

static void command_block(struct xdriver *d, struct fuzz_input *in)
{
	u8 c[31] = {0x55, 0x53, 0x42, 0x43};
	u64 kind = fuzz_value(in, 1);

	st_le32(c + 8, (u32)fuzz_value(in, 2) << (kind & 1 ? 9 : 0));
	c[12] = kind & 2 ? 0x80 : 0;
	c[13] = kind & 4 ? (u8)fuzz_value(in, 1) : 0;
	c[14] = kind & 8 ? (u8)fuzz_value(in, 1) : 10;
	for (u32 i = 0; i < 16; i++)
		c[15 + i] = (u8)fuzz_value(in, 1);
	vm_mem_write(d->vm, X_DATA + 0x10000, c, sizeof(c));
	x_bulk(d, 4, X_DATA + 0x10000, kind & 16 ? (u32)fuzz_value(in, 1) : 31, NULL);
}

static void reach(struct xdriver *d)
{
	x_start(d);
	x_address(d, 1);
	x_configure(d, 3, 6, 4, 2);
}

static void step(struct xdriver *d, struct fuzz_input *in)
{
	u64 a, b;

	switch (fuzz_value(in, 1) & 15) {
	case 0:
		a = fuzz_value(in, 2);
		b = fuzz_value(in, 1) & 1 ? fuzz_address(in) : fuzz_value(in, 4);
		x_store(d, a & 0x2ffc, (u32)b);
		break;
	case 1:
		x_load(d, fuzz_value(in, 2) & 0x2ffc);
		break;
	case 2:
		a = fuzz_value(in, 1);
		x_store(d, 0x440 + (a & 7) * 16, (u32)fuzz_value(in, 4));
		break;
	case 3:
		reach(d);
		break;
	case 4:
	case 5:
		put(d, in);
		break;
	case 6:
		x_store(d, 0x2004, (u32)fuzz_value(in, 1) & 31);
		x_work(d);
		break;
	case 7:
		a = fuzz_value(in, 1) & 31;
		b = fuzz_value(in, 1);
		x_command(d, fuzz_value(in, 1) & 1 ? fuzz_address(in) : X_INPUT,
			  (u32)(a << 10 | 1 << 24 | (b & 31) << 16 | (b & 128) << 2), NULL);
		break;
	case 8:
	case 9:
		command_block(d, in);
		break;
	case 10:
		x_bulk(d, 3, X_DATA, (u32)fuzz_value(in, 2), NULL);
		break;
	case 11:
		a = fuzz_value(in, 1);
		b = fuzz_value(in, 2);
		x_control(d, (u8)a, (u8)fuzz_value(in, 1), (u16)b, (u16)fuzz_value(in, 1),
			  (u16)fuzz_value(in, 1));
		break;
	case 12:
		os_mutex_lock(&d->x->bus.work);
		d->x->bus.ops->run(&d->x->bus, false);
		os_mutex_unlock(&d->x->bus.work);
		break;
	case 13:
		usb_plug_toggle(d->vm, &plugs, (u32)fuzz_value(in, 1) % USB_PLUGS);
		break;
	default:
		scribble(d, in);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	static struct xdriver d;

	if (!d.vm)
		rig(&d);
	usb_plug_restore(d.vm, &plugs);
	reach(&d);
	for (u32 i = 0; in.size && i < STEPS; i++)
		step(&d, &in);
	x_work(&d);
	return 0;
}
