// SPDX-License-Identifier: GPL-2.0-or-later
/* The virtual SCSI adapter as a guest reaches it: queue, window, information units, command blocks
 * and parameter lists of any content, to a disk, a CD-ROM drive and to nobody. */
#include "device/scsi.h"
#include "device/spapr_vscsi.h"
#include "disk.h"
#include "isa/papr.h"

enum { QUEUE = 0x100000, IU = 0x110000, DATA = 0x200000, UNIT = 0x71000002, IMAGE = 1 << 20 };

static struct scsi_bus *bus;
static struct block *disk, *disc, *empty;
static struct device *units[2];

static struct block *image(bool read_only)
{
	return fuzz_disk((struct block_options){.read_only = read_only, .discard = true}, IMAGE);
}

static struct device *add(struct vm *vm, const struct device_class *cls, u32 type, struct block *b)
{
	struct device *d = device_new(vm, cls);
	struct error e;

	device_set_pointer(d, "bus", device_bus_find(vm, type, NULL)->bus);
	if (b)
		device_set_pointer(d, "drive", b);
	if (device_realize(d, &e))
		abort();
	cls->reset(d);
	return d;
}

static s64 hcall(struct vm *vm, u64 nr, u64 a, u64 b, u64 c)
{
	u64 args[9] = {a, b, c};

	return hcall_dispatch(&vm->vcpus[0], nr, args);
}

/* Units that come and go. */
static void toggle(struct vm *vm, u32 i)
{
	if (units[i])
		device_remove(units[i]);
	units[i] =
		units[i] ? NULL
			 : add(vm, i ? &scsi_cd_class : &scsi_hd_class, BUS_SCSI, i ? disc : disk);
}

static void restore(struct vm *vm)
{
	for (u32 i = 0; i < ARRAY_SIZE(units); i++)
		if (!units[i])
			toggle(vm, i);
}

/* What the user does: to the drive, to the disk's size. */
static void act(struct vm *vm, struct fuzz_input *in)
{
	struct scsi_device *cd = scsi_of_block(vm, disc);
	u64 kind = fuzz_value(in, 1);
	struct block *other = cd ? empty : disc;
	struct error e;

	scsi_bus_drain(bus);
	if (!cd)
		cd = scsi_of_block(vm, empty);
	switch (kind & 7) {
	case 0:
	case 1:
		/* one without a disc does not come back as it went */
		if (!(kind & 1) || cd == scsi_of_block(vm, disc))
			toggle(vm, kind & 1);
		break;
	case 2:
	case 3:
		if (!cd)
			break;
		devices_swap_backend(vm, other == empty ? disc : empty, other);
		scsi_medium_changed(cd);
		break;
	case 4:
		if (block_resize(disk, (1 + (kind >> 3)) * (IMAGE / 32), &e))
			abort();
		devices_resized(vm, disk);
		break;
	default:
		if (cd)
			scsi_open_tray(cd, kind & 8);
	}
}

static struct vm *rig(void)
{
	struct vm *vm = fuzz_board();
	struct block_options none = {.cdrom = true};
	struct error e;

	disk = image(false);
	disc = image(true);
	if (block_open(&none, &empty, &e))
		abort();
	add(vm, &spapr_vscsi_class, BUS_VIO, NULL);
	restore(vm);
	bus = device_bus_find(vm, BUS_SCSI, NULL)->bus;
	for (u64 a = 0; a < 8 << 20; a += 4096)
		hcall(vm, H_PUT_TCE, UNIT, a, a | 3);
	return vm;
}

/* A command with one descriptor or a table; the command block and the data are the input's. */
static void command(struct vm *vm, struct fuzz_input *in)
{
	u8 iu[256] = {2}, shape = (u8)fuzz_value(in, 1), n;

	iu[5] = shape & 1 ? 0x10 : 1;
	if (shape & 2)
		iu[5] = (u8)(iu[5] << 1);
	iu[6] = iu[7] = (u8)(shape >> 6);
	st_be16(iu + 20, shape & 4 ? 0x8000 : shape & 8 ? 0x8100 : (u16)fuzz_value(in, 2));
	for (u32 i = 0; i < 16; i++)
		iu[32 + i] = (u8)fuzz_value(in, 1);
	for (u32 i = 0; i < 3; i++) {
		st_be64(iu + 48 + 16 * i + (i ? 4 : 0), DATA + 0x10000 * i);
		st_be32(iu + 60 + 16 * i + (i ? 4 : 0), (u32)fuzz_value(in, 2)
								<< (shape & 16 ? 8 : 0));
	}
	n = (u8)fuzz_value(in, 1) & 63;
	for (u32 i = 0; i < n; i++) {
		u8 byte = (u8)fuzz_value(in, 1);

		vm_mem_write(vm, DATA + i, &byte, 1);
	}
	if (shape & 32)
		iu[fuzz_value(in, 1)] = (u8)fuzz_value(in, 1);
	vm_mem_write(vm, IU, iu, sizeof(iu));
	hcall(vm, H_SEND_CRQ, UNIT, 0x8001000000000060ull, IU);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	static struct vm *vm;
	u64 a, b;

	if (!vm)
		vm = rig();
	restore(vm);
	hcall(vm, H_FREE_CRQ, UNIT, 0, 0);
	hcall(vm, H_REG_CRQ, UNIT, QUEUE, 4096);
	while (in.size) {
		switch (fuzz_value(&in, 1) & 15) {
		case 0:
			a = fuzz_address(&in);
			hcall(vm, H_REG_CRQ, UNIT, a, fuzz_value(&in, 4));
			break;
		case 1:
			hcall(vm, H_FREE_CRQ, UNIT, 0, 0);
			break;
		case 2:
			a = fuzz_value(&in, 8);
			b = fuzz_address(&in);
			hcall(vm, H_SEND_CRQ, UNIT, a | 1ull << 63, b);
			break;
		case 3:
			hcall(vm, H_VIO_SIGNAL, UNIT, fuzz_value(&in, 1), 0);
			break;
		case 4:
			a = fuzz_value(&in, 3) << 12;
			hcall(vm, H_PUT_TCE, UNIT, a, fuzz_address(&in));
			break;
		case 5:
		case 6:
			act(vm, &in);
			break;
		default:
			command(vm, &in);
		}
		vm_mem_fill(vm, QUEUE, 0, 4096);
	}
	scsi_bus_drain(bus);
	return 0;
}
