// SPDX-License-Identifier: GPL-2.0-or-later
/* An OHCI controller with a disk and a keyboard: registers, lists and transfers of any content. */
#include "disk.h"

#include "../unit/device/ohci.h"
#include "device/scsi.h"
#include "host/input.h"
#include "usb_plug.h"

enum { IMAGE = 1 << 20, STEPS = 200, EDS = 3 };

static struct device_backends backends;
static struct usb_plugs plugs;

static void rig(struct odriver *d)
{
	struct error e;

	d->vm = fuzz_board();
	backends.input = input_create();
	d->vm->backends = &backends;
	d->o = (struct ohci *)usb_add(d->vm, "pci-ohci", NULL, &e);
	plugs.block = fuzz_disk(
		(struct block_options){.discard = true, .cdrom = true, .read_only = true}, IMAGE);
	if (!d->o)
		abort();
	usb_plug_restore(d->vm, &plugs);
	if (!plugs.devices[USB_STICK] || !usb_add(d->vm, "usb-kbd", NULL, &e) ||
	    vm_reset(d->vm, &e))
		abort();
	dma_view_init_real(&d->o->pci.dma, d->vm);
}

static void reach(struct odriver *d)
{
	o_start(d);
	o_control(d, 0, USB_SET_ADDRESS, 1, 0, 0);
	o_ed(d, 0, 64 << 16 | 1, 0);
	o_ed(d, 1, 64 << 16 | 1 << 11 | 2 << 7 | 1, O_EDS + 32);
	o_ed(d, 2, 64 << 16 | 2 << 11 | 1 << 7 | 1, 0);
	o_store(d, 0x28, O_EDS + 16);
}

/* Words of the communications area, of endpoint and of transfer descriptors. */
static void scribble(struct odriver *d, struct fuzz_input *in)
{
	static const u32 bases[] = {O_HCCA, O_EDS, O_TDS, O_TDS};
	u64 kind = fuzz_value(in, 1);
	u64 at = bases[kind & 3] + (fuzz_value(in, 1) * 4) % 0x300, n = 1 + (kind >> 2 & 3);

	for (u64 i = 0; i < n; i++) {
		u32 word = (u32)fuzz_value(in, 4);

		if (kind & 16)
			word = O_EDS + (word & 0xff0);
		else if (kind & 32)
			word = O_TDS + (word & 0xff0);
		o_words(d, at + 4 * i, &word, 1);
	}
}

static void command_block(struct odriver *d, struct fuzz_input *in)
{
	u8 c[31] = {0x55, 0x53, 0x42, 0x43};
	u64 kind = fuzz_value(in, 1);

	st_le32(c + 8, (u32)fuzz_value(in, 2) << (kind & 1 ? 4 : 0));
	c[12] = kind & 2 ? 0x80 : 0;
	c[14] = 12;
	for (u32 i = 0; i < 12; i++)
		c[15 + i] = (u8)fuzz_value(in, 1);
	vm_mem_write(d->vm, O_DATA, c, sizeof(c));
	o_put(d, 1, 0, O_DATA, 31);
	o_store(d, 0x08, 4);
	o_work(d, 1);
}

static void put(struct odriver *d, struct fuzz_input *in)
{
	u32 ed = (u32)fuzz_value(in, 1) % EDS, flags = (u32)fuzz_value(in, 4);
	u64 kind = fuzz_value(in, 1);
	u32 addr = kind & 1 ? (u32)fuzz_address(in) : O_DATA + 0x1000;

	o_put(d, ed, flags, addr, (u32)fuzz_value(in, 2) & (kind & 2 ? 0xffff : 0x1fff));
	o_store(d, 0x08, 6);
}

static void quiesce(struct odriver *d)
{
	os_mutex_lock(&d->o->bus.work);
	usb_bus_quiesce(&d->o->bus);
	os_mutex_unlock(&d->o->bus.work);
}

/* The drive's button, or another disc, which is the same. */
static void press(struct odriver *d, bool button)
{
	struct scsi_device *cd = scsi_of_block(d->vm, plugs.block);

	if (cd && button)
		scsi_open_tray(cd, false);
	else if (cd)
		scsi_medium_changed(cd);
}

static void step(struct odriver *d, struct fuzz_input *in)
{
	u64 a;

	switch (fuzz_value(in, 1) & 15) {
	case 0:
		a = fuzz_value(in, 1);
		o_store(d, a * 4, (u32)fuzz_value(in, 4));
		break;
	case 1:
		o_load(d, fuzz_value(in, 2) & 0xffc);
		break;
	case 2:
		o_store(d, 0x54 + (fuzz_value(in, 1) & 3) * 4, 1u << (fuzz_value(in, 1) & 31));
		break;
	case 3:
		reach(d);
		break;
	case 4:
	case 5:
		put(d, in);
		break;
	case 6:
		a = fuzz_value(in, 3);
		o_control(d, (u8)a, (u8)(a >> 8), (u16)fuzz_value(in, 2), (u16)(a >> 16),
			  (u16)fuzz_value(in, 2));
		break;
	case 7:
	case 8:
		command_block(d, in);
		break;
	case 9:
		d->o->bus.running = true;
		input_key(backends.input, (u16)fuzz_value(in, 2), fuzz_value(in, 1) & 1);
		d->o->bus.running = false;
		break;
	case 10:
		quiesce(d);
		break;
	case 11:
		o_work(d, 1 + (u32)(fuzz_value(in, 1) & 15));
		break;
	case 12:
		usb_plug_toggle(d->vm, &plugs, (u32)fuzz_value(in, 1) % USB_PLUGS);
		break;
	case 13:
		quiesce(d);
		press(d, fuzz_value(in, 1) & 1);
		break;
	default:
		scribble(d, in);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	static struct odriver d;

	if (!d.vm)
		rig(&d);
	usb_plug_restore(d.vm, &plugs);
	reach(&d);
	for (u32 i = 0; in.size && i < STEPS; i++)
		step(&d, &in);
	quiesce(&d);
	return 0;
}
