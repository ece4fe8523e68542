// SPDX-License-Identifier: GPL-2.0-or-later
/* The logical LAN adapter as a guest and a network peer reach it: hypercalls of any content, frames
 * of any kind and length with anything left to do for them, the machine's reset and standstill
 * between them. */
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

	/* flags of unfinished ones, too */
	if (kind & 1)
		return 1ull << 63 | (kind >> 4 & 7) << 56 | (v >> 16 & 0xfff) << 32 |
		       (DATA + (v & 0xffff));
	return (kind & 2 ? 1ull << 63 : 0) | v << 24 | (u32)fuzz_address(in);
}

/* Headers of a TCP frame, and some of their bytes changed. */
static void headers(struct fuzz_input *in, u8 *buf, u32 len)
{
	u64 kind = fuzz_value(in, 1);

	memset(buf, (int)fuzz_value(in, 1), 14);
	if (!(kind & 1))
		return;
	memcpy(buf, "\x52\x54\x00\x12\x34\x56", 6);
	memset(buf + 14, 0, 60);
	st_be16(buf + 12, kind & 2 ? 0x86dd : 0x0800);
	buf[14] = kind & 2 ? 0x60 : 0x45;
	st_be16(buf + (kind & 2 ? 18 : 16), (u16)(len - (kind & 2 ? 54 : 14)));
	buf[kind & 2 ? 20 : 23] = 6;
	buf[kind & 2 ? 66 : 46] = 0x50;
	for (u32 i = 0; i < (kind >> 6); i++)
		buf[12 + fuzz_value(in, 1) % 64] = (u8)fuzz_value(in, 1);
}

static void frame(struct fuzz_input *in)
{
	static u8 buf[NET_FRAME_MAX];
	u32 len = (u32)fuzz_value(in, 2);
	struct net_offload o = {0};
	u64 kind = fuzz_value(in, 1);

	if (len & 0x8000)
		len &= 0xff;
	headers(in, buf, len);
	if (kind & 1) {
		o.flags = kind >> 1 & 3;
		o.gso = (u8)(kind & 8 ? kind & 16 ? NET_GSO_TCP6 : NET_GSO_TCP4 : 0);
		o.gso_size = (u16)fuzz_value(in, 2);
		o.csum_start = kind & 32 ? (u16)fuzz_value(in, 2) : kind & 16 ? 54 : 34;
		o.csum_offset = kind & 64 ? (u16)fuzz_value(in, 2) : 16;
	}
	net_deliver(&net.n, 0, &o, buf, len);
}

static void send(struct vm *vm, struct fuzz_input *in)
{
	u64 args[9] = {UNIT}, n = fuzz_value(in, 1);

	if (n & 8)
		headers(in, vm_mem_ptr(vm, DATA, 128), (u32)fuzz_value(in, 2));
	if (n & 16)
		args[8] = fuzz_value(in, 2);
	for (u32 i = 1; i <= (n & 7); i++)
		args[i] = descriptor(in);
	if (n & 32)
		args[1] = (args[1] & ~0xffffffffull) | DATA;
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
			a = fuzz_value(&in, 3);
			hcall(vm, H_ILLAN_ATTRIBUTES, UNIT, a, fuzz_value(&in, 3), 0, 0);
			hcall(vm, H_REGISTER_LOGICAL_LAN, UNIT, LIST,
			      1ull << 63 | 64ull << 32 | QUEUE, LIST, 0x525400123456);
			break;
		case 13:
			a = fuzz_value(&in, 3);
			hcall(vm, H_ILLAN_ATTRIBUTES, UNIT, a, fuzz_value(&in, 3), 0, 0);
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
