// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that is hostile to its PCI host bridge: RTAS calls with their tokens right and their
 * arguments nearly so, TCE hypercalls, loads and stores in the windows; and devices that interrupt
 * and do DMA all the while, come and go; and to a graphics card that somebody looks at.
 */
#include "../unit/bus/testdev.h"
#include "bus/pci_host.h"
#include "device/vga_private.h"
#include "device/vga.h"
#include "fuzz.h"
#include "isa/papr.h"

enum { BLOCK = 0x100000, WORK = 0x110000, BUID_HI = 0x8000000, BUID_LO = 0x20000000, DEVICES = 3 };

static struct vm *vm;
static const char *const places[DEVICES] = {"1", "2", "1f"};
static struct testdev *devices[DEVICES];
static struct vga *card;
static struct device_backends backends;

static const char *const calls[] = {
	"ibm,read-pci-config",
	"ibm,write-pci-config",
	"ibm,write-pci-config",
	"ibm,change-msi",
	"ibm,query-interrupt-source-number",
	"ibm,query-pe-dma-window",
	"ibm,create-pe-dma-window",
	"ibm,remove-pe-dma-window",
	"ibm,reset-pe-dma-window",
	"ibm,set-eeh-option",
	"ibm,get-config-addr-info2",
	"ibm,read-slot-reset-state2",
	"ibm,set-slot-reset",
	"ibm,configure-pe",
	"ibm,slot-error-detail",
	"ibm,open-errinjct",
	"ibm,errinjct",
	"ibm,close-errinjct",
	"set-indicator",
	"get-sensor-state",
	"ibm,configure-connector",
};

static u32 token(const char *name)
{
	for (u32 i = 0; i < vm->rtas.count; i++)
		if (!strcmp(vm->rtas.calls[i].name, name))
			return RTAS_TOKEN_BASE + i;
	abort();
}

static void make_board(void)
{
	struct device *d;
	struct error e;

	if (!backends.displays)
		backends.displays = display_create();
	if (vm)
		machine_pseries.destroy(vm);
	vm = fuzz_board();
	for (u32 i = 0; i < DEVICES; i++) {
		devices[i] = testdev_add(vm, places[i], &e);
		if (!devices[i])
			abort();
	}
	d = device_new(vm, &vga_class);
	vm->backends = &backends;
	if (device_set(d, "addr", "4", &e) || device_set(d, "vgamem_mb", "1", &e) ||
	    device_realize(d, &e) || vm_reset(vm, &e))
		abort();
	card = container_of(d, struct vga, pci.dev);
}

/* A configuration address, the number of an endpoint, or anything. */
static u32 function(struct fuzz_input *in)
{
	static const u32 slots[4] = {1, 2, 0x1f, 4};
	u32 v = (u32)fuzz_value(in, 2);

	if ((v & 0xf000) == 0)
		return (u32)fuzz_value(in, 4);
	return slots[v >> 8 & 3] << 11 | (v & 0x800 ? 1 : v & 0xff);
}

/* One that is there. */
static struct testdev *some(struct fuzz_input *in)
{
	struct testdev *t = devices[fuzz_value(in, 1) % DEVICES];

	return t ? t : devices[0];
}

/* All but the first come and go. */
static void plug(struct fuzz_input *in)
{
	u32 v = (u32)fuzz_value(in, 1), which = 1 + v % (DEVICES - 1);
	struct error e;

	if (!devices[which])
		devices[which] = testdev_add(vm, places[which], &e);
	else if (v & 0x80)
		pci_request_unplug(&devices[which]->pci, &e);
	for (u32 i = 0; i < DEVICES; i++)
		if (devices[i] && devices[i]->pci.dev.released)
			devices[i] = NULL;
	devices_reap(vm, false);
}

static void rtas(struct fuzz_input *in)
{
	u64 args[9] = {BLOCK};
	u32 which = (u32)fuzz_value(in, 1) % ARRAY_SIZE(calls);

	vm_mem_st32(vm, BLOCK, token(calls[which]));
	vm_mem_st32(vm, BLOCK + 4, 8);
	vm_mem_st32(vm, BLOCK + 8, 6);
	vm_mem_st32(vm, BLOCK + 12, function(in));
	vm_mem_st32(vm, BLOCK + 16, BUID_HI);
	vm_mem_st32(vm, BLOCK + 20, BUID_LO);
	if (!strcmp(calls[which], "ibm,configure-connector")) {
		vm_mem_st32(vm, BLOCK + 12, WORK);
		vm_mem_st32(vm, WORK, 0x40000000 | (u32)fuzz_value(in, 2));
	} else if (which >= ARRAY_SIZE(calls) - 3) {
		vm_mem_st32(vm, BLOCK + 12, 9001 + (u32)(fuzz_value(in, 1) & 3));
		vm_mem_st32(vm, BLOCK + 16, 0x40000000 | (u32)fuzz_value(in, 2));
		vm_mem_st32(vm, BLOCK + 20, (u32)fuzz_value(in, 1) & 3);
	}
	for (u32 i = 3; i < 8; i++)
		vm_mem_st32(vm, BLOCK + 12 + 4 * i, (u32)fuzz_value(in, i & 1 ? 1 : 4));
	hcall_dispatch(&vm->vcpus[0], H_RTAS, args);
}

static void tce(struct fuzz_input *in)
{
	static const u64 nrs[4] = {H_PUT_TCE, H_GET_TCE, H_STUFF_TCE, H_PUT_TCE_INDIRECT};
	u64 nr = nrs[fuzz_value(in, 1) & 3];
	struct pe *pe = some(in)->pci.pe;
	const struct tce_table *t = &pe->windows[fuzz_value(in, 1) & 1];
	u64 args[9] = {t->liobn, t->start + (fuzz_value(in, 2) << t->page_shift),
		       fuzz_address(in) | 3, fuzz_value(in, 2)};

	hcall_dispatch(&vm->vcpus[0], nr, args);
}

static void access_window(struct fuzz_input *in)
{
	struct testdev *t = some(in);
	u32 bar = (u32)fuzz_value(in, 1) % 3, kind = (u32)fuzz_value(in, 1);
	u64 at = pci_bar_address(&t->pci, bar) + fuzz_value(in, 2);
	struct vm_exit x = {.reason = VM_EXIT_MMIO};

	x.mmio.addr = bar == 2 ? at : (1ull << 45) + at;
	x.mmio.len = 1u << (kind & 3);
	x.mmio.write = kind & 4;
	for (u32 i = 0; i < 8; i++)
		x.mmio.data[i] = (u8)fuzz_value(in, 1);
	mmio_dispatch(vm, 0, &x);
}

static void looked_at(void *opaque, const struct display_frame *f)
{
	if (f->pixels[(size_t)f->width * f->height - 1] >> 24)
		abort();
}

static void graphics(struct fuzz_input *in)
{
	static const u32 offsets[4] = {0x400, 0x500, 0x500, 0x600};
	struct vm_exit x = {.reason = VM_EXIT_MMIO};
	u32 kind = (u32)fuzz_value(in, 1);
	u64 at;

	pci_config_write(&card->pci, PCI_COMMAND, 2, kind & 0x80 ? 0 : 3);
	if (kind & 1)
		at = 0x80000000ull + pci_bar_address(&card->pci, 2) + offsets[kind >> 1 & 3] +
		     (fuzz_value(in, 1) & 0x1f);
	else if (kind & 2)
		at = kind & 4 ? 0x1ce + (fuzz_value(in, 1) & 3) : 0x3c0 + fuzz_value(in, 1);
	else
		at = 0x80000000ull + pci_bar_address(&card->pci, 0) + fuzz_value(in, 3);
	x.mmio.addr = (1ull << 45) + at;
	x.mmio.len = 1u << (kind >> 3 & 3);
	x.mmio.write = kind & 0x20;
	for (u32 i = 0; i < 4; i++)
		x.mmio.data[i] = (u8)fuzz_value(in, 1);
	mmio_dispatch(vm, 0, &x);
	if (kind & 0x40)
		display_look(backends.displays, 0, looked_at, NULL);
}

static void device(struct fuzz_input *in)
{
	struct testdev *t = some(in);
	struct dma_view *v = fuzz_value(in, 1) & 1 ? &t->pci.dma : &t->pci.real;
	u64 addr = fuzz_value(in, 1) & 1 ? fuzz_address(in) : 1ull << 59 | fuzz_value(in, 3);
	u8 buf[512] = {0};
	u64 len = 1 + fuzz_value(in, 2);

	switch (fuzz_value(in, 1) % 6) {
	case 0:
		pci_msix_notify(&t->pci, (u32)fuzz_value(in, 1));
		break;
	case 1:
		pci_msi_notify(&t->pci, (u32)fuzz_value(in, 1));
		break;
	case 2:
		pci_intx(&t->pci, len & 1);
		break;
	case 3:
		dma_read(v, addr, buf, len % sizeof(buf));
		break;
	case 4:
		/* never over the block, which is ours */
		dma_map(v, addr, &len, true);
		break;
	default:
		dma_ld64_le(v, addr, (u64 *)buf);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	static unsigned used;

	if (!vm || ++used % 200 == 0)
		make_board();
	while (in.size) {
		switch (fuzz_value(&in, 1) % 10) {
		case 0:
		case 1:
		case 2:
			rtas(&in);
			break;
		case 3:
		case 4:
			tce(&in);
			break;
		case 5:
			access_window(&in);
			break;
		case 6:
			graphics(&in);
			break;
		case 7:
			plug(&in);
			break;
		default:
			device(&in);
		}
	}
	return 0;
}
