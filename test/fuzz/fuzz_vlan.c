// SPDX-License-Identifier: GPL-2.0-or-later
/* The logical LAN adapter as a guest and a network peer reach it: hypercalls of any content, frames
 * of any kind and length, the machine's reset and standstill between them. */
#include "../unit/device/fakenet.h"
#include "device/spapr_vlan.h"
#include "fuzz.h"
#include "isa/papr.h"

enum { LIST = 0x100000, QUEUE = 0x110000, DATA = 0x200000, UNIT = 0x71000002 };

static struct fakenet net;
static struct device *card;

static s64 hcall(struct vm *vm, u64 nr, u64 a, u64 b, u64 c, u64 d, u64 e)
{
	u64 args[9] = {a, b, c, d, e};

	return hcall_dispatch(&vm->vcpus[0], nr, args);
}

static struct vm *rig(void)
{
	struct vm *vm = fuzz_board();
	struct error e;

	fakenet_init(&net);
	card = device_new(vm, &spapr_vlan_class);
	device_set_pointer(card, "bus", device_bus_find(vm, BUS_VIO, NULL)->bus);
	device_set_pointer(card, "netdev", &net.n);
	if (device_realize(card, &e))
		abort();
	return vm;
}

static void start(struct vm *vm)
{
	spapr_vlan_class.reset(card);
	vm_resume(vm);
	for (u64 a = 0; a < 4 << 20; a += 4096)
		hcall(vm, H_PUT_TCE, UNIT, a, a | 3, 0, 0);
	hcall(vm, H_REGISTER_LOGICAL_LAN, UNIT, LIST, 1ull << 63 | 64ull << 32 | QUEUE, LIST,
	      0x525400123456);
}

/* Mostly a plausible one. */
static u64 descriptor(struct fuzz_input *in)
{
	u64 kind = fuzz_value(in, 1), v = fuzz_value(in, 4);

	if (kind & 1)
		return 1ull << 63 | (v >> 16 & 0xfff) << 32 | (DATA + (v & 0xffff));
	return (kind & 2 ? 1ull << 63 : 0) | v << 24 | (u32)fuzz_address(in);
}

static void frame(struct fuzz_input *in)
{
	static u8 buf[NET_FRAME_MAX];
	u32 len = (u32)fuzz_value(in, 2);

	if (len & 0x8000)
		len &= 0xff;
	memset(buf, (int)fuzz_value(in, 1), 14);
	if (len & 1)
		memcpy(buf, "\x52\x54\x00\x12\x34\x56", 6);
	fakenet_put(&net, buf, len);
}

static void send(struct vm *vm, struct fuzz_input *in)
{
	u64 args[9] = {UNIT}, n = fuzz_value(in, 1);

	for (u32 i = 1; i <= (n & 7); i++)
		args[i] = descriptor(in);
	hcall_dispatch(&vm->vcpus[0], H_SEND_LOGICAL_LAN, args);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	static struct vm *vm;
	u64 a, b;

	if (!vm)
		vm = rig();
	start(vm);
	while (in.size) {
		switch (fuzz_value(&in, 1) & 15) {
		case 0:
			a = fuzz_address(&in);
			b = descriptor(&in);
			hcall(vm, H_REGISTER_LOGICAL_LAN, UNIT, a, b, fuzz_address(&in), 0);
			break;
		case 1:
			hcall(vm, H_FREE_LOGICAL_LAN, UNIT, 0, 0, 0, 0);
			break;
		case 2:
			a = fuzz_value(&in, 3);
			hcall(vm, H_MULTICAST_CTRL, UNIT, a, fuzz_value(&in, 6), 0, 0);
			break;
		case 3:
			hcall(vm, H_CHANGE_LOGICAL_LAN_MAC, UNIT, fuzz_value(&in, 7), 0, 0, 0);
			break;
		case 4:
			a = fuzz_value(&in, 3) << 12;
			hcall(vm, H_PUT_TCE, UNIT, a, fuzz_address(&in), 0, 0);
			break;
		case 5:
			hcall(vm, H_VIO_SIGNAL, UNIT, fuzz_value(&in, 1), 0, 0, 0);
			break;
		case 6:
			hcall(vm, H_FREE_LOGICAL_LAN_BUFFER, UNIT, fuzz_value(&in, 2), 0, 0, 0);
			break;
		case 7:
			vm_pause(vm);
			frame(&in);
			vm_resume(vm);
			break;
		case 8:
		case 9:
			send(vm, &in);
			break;
		case 10:
		case 11:
		case 12:
			frame(&in);
			break;
		default:
			hcall(vm, H_ADD_LOGICAL_LAN_BUFFER, UNIT, descriptor(&in), 0, 0, 0);
		}
	}
	vm_pause(vm);
	return 0;
}
