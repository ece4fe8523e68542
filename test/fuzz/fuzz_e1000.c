// SPDX-License-Identifier: GPL-2.0-or-later
/* A guest that is hostile to its network card: any register, any ring, descriptors that are nearly
 * right, while frames come and what is sent goes nowhere. */
#include "../unit/device/fakenet.h"
#include "bus/pci_host.h"
#include "device/e1000.h"
#include "device/e1000_private.h"
#include "fuzz.h"
#include "isa/papr.h"

enum { RINGS = 0x100000, DATA = 0x110000, WINDOW = 0x200000 };

static struct vm *vm;
static struct e1000 *card;
static struct fakenet net;

static void make_board(void)
{
	struct device *d;
	struct error e;

	if (vm) {
		vm_pause(vm);
		machine_pseries.destroy(vm);
		fakenet_destroy(&net);
	}
	fakenet_init(&net);
	vm = fuzz_board();
	d = device_new(vm, &e1000_class);
	device_set_pointer(d, "netdev", &net.n);
	if (device_realize(d, &e) || vm_reset(vm, &e))
		abort();
	card = container_of(d, struct e1000, pci.dev);
	pci_config_write(&card->pci, PCI_COMMAND, 2, 7);
	for (u64 a = 0; a < WINDOW; a += 4096) {
		u64 args[9] = {card->pci.pe->windows[0].liobn, a, a | 3};

		hcall_dispatch(&vm->vcpus[0], H_PUT_TCE, args);
	}
	vm_resume(vm);
}

static void access_register(u32 at, u32 value, bool write)
{
	struct vm_exit x = {.reason = VM_EXIT_MMIO};

	x.mmio.addr = (1ull << 45) + 0x80000000ull + pci_bar_address(&card->pci, 0) + at;
	x.mmio.len = 4;
	x.mmio.write = write;
	st_le32(x.mmio.data, value);
	mmio_dispatch(vm, 0, &x);
}

static void any_register(struct fuzz_input *in)
{
	static const u16 often[16] = {R_CTRL, R_EECD, R_EERD,  R_MDIC, R_ICR, R_IMS,
				      R_RCTL, R_TCTL, R_RDLEN, R_RDH,  R_RDT, R_TDLEN,
				      R_TDH,  R_TDT,  R_RDBAL, R_TDBAL};
	u32 kind = (u32)fuzz_value(in, 1);
	u32 at = kind & 0x80 ? (u32)fuzz_value(in, 2) & 0x1fffc : often[kind & 15];
	u32 value = (u32)fuzz_value(in, kind & 0x40 ? 4 : 1);

	if (at == R_RDBAL || at == R_TDBAL)
		value = RINGS + (value & 0xfff0);
	access_register(at, value, !(kind & 0x20));
}

/* A descriptor at the sender's or the receiver's ring, of a type that exists. */
static void descriptor(struct fuzz_input *in)
{
	u32 where = (u32)fuzz_value(in, 1), command = (u32)fuzz_value(in, 1);
	u8 d[16];

	st_le64(d, command & 0x80 ? fuzz_value(in, 8) : DATA + fuzz_value(in, 2));
	st_le64(d + 8, (u64)fuzz_value(in, 3) << 40 | (u64)(command & 0x7f) << 24 |
			       (u64)(where & 1) << 20 | fuzz_value(in, 2));
	vm_mem_write(vm, RINGS + 16 * (where >> 1), d, 16);
}

static void frame(struct fuzz_input *in)
{
	u32 len = (u32)fuzz_value(in, 2) % 9000;
	u8 f[9000] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};

	for (u32 i = 0; i < 20 && i < len; i++)
		f[i] = (u8)(f[i] ^ (fuzz_value(in, 1) & 1 ? 0 : fuzz_value(in, 1)));
	fakenet_put(&net, f, len);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	static unsigned used;

	if (!vm || ++used % 200 == 0)
		make_board();
	else
		card->pci.pe->state.frozen = 0;
	access_register(R_TCTL, TCTL_EN, true);
	access_register(R_TDLEN, 4096, true);
	access_register(R_TDBAL, RINGS, true);
	access_register(R_RDLEN, 4096, true);
	access_register(R_RDBAL, RINGS, true);
	access_register(R_RCTL, 0x1a, true);
	while (in.size) {
		switch (fuzz_value(&in, 1) & 3) {
		case 0:
		case 1:
			any_register(&in);
			break;
		case 2:
			descriptor(&in);
			break;
		default:
			frame(&in);
		}
	}
	return 0;
}
