// SPDX-License-Identifier: GPL-2.0-or-later
/* The client interface as a guest calls it: services by name with any arguments, negotiation with
 * any vectors, a reset now and then. */
#include "fuzz.h"
#include "isa/papr.h"

enum { BLOCK = 0x300000, TEXT = 0x301000, BUFFER = 0x302000, VECTORS = 0x310000 };

static const char *const words[] = {
	"getprop",
	"nextprop",
	"getproplen",
	"peer",
	"child",
	"parent",
	"finddevice",
	"setprop",
	"canon",
	"package-to-path",
	"instance-to-path",
	"instance-to-package",
	"open",
	"close",
	"write",
	"read",
	"claim",
	"release",
	"call-method",
	"test",
	"start-cpu",
	"milliseconds",
	"quiesce",
	"interpret",
	"/",
	"/chosen",
	"/rtas",
	"/cpus/PowerPC,POWER9@0",
	"/vdevice",
	"bootargs",
	"name",
	"instantiate-rtas",
	"reg",
	"stdout",
	"/memory:x",
	"ibm,client-architecture-support",
};

static u32 argument(struct fuzz_input *in, u32 last)
{
	switch (fuzz_value(in, 1) & 7) {
	case 0:
		return (u32)fuzz_value(in, 4);
	case 1:
		return last;
	case 2:
		return 0x20000001 + (u32)fuzz_value(in, 1) % 40;
	case 3:
		return VECTORS;
	case 4:
		return BUFFER;
	case 5:
		return (u32)fuzz_value(in, 2);
	default:
		return TEXT + 64 * (u32)(fuzz_value(in, 1) % ARRAY_SIZE(words));
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	static struct vm *vm;
	u64 args[9] = {0};
	struct error e;
	u32 last = 0, n;
	u8 byte;

	if (!vm)
		vm = fuzz_board_with("x-vof", "on");
	else if (!fuzz_value(&in, 1) && vm_reset(vm, &e))
		abort();
	for (u32 i = 0; i < ARRAY_SIZE(words); i++)
		vm_mem_write(vm, TEXT + 64 * i, words[i], strlen(words[i]) + 1);
	/* vectors: one processor that is known, then as the input says */
	vm_mem_st32(vm, VECTORS, 0xffffffff);
	vm_mem_st32(vm, VECTORS + 4, 0x0f000005);
	vm_mem_st32(vm, VECTORS + 8, 0);
	vm_mem_st32(vm, VECTORS + 12, 0xffffffff);
	for (u32 i = 0; i < 48; i++) {
		byte = (u8)fuzz_value(&in, 1);
		vm_mem_write(vm, VECTORS + (byte & 0x80 ? 0 : 16) + i, &byte, 1);
	}
	while (in.size) {
		n = (u32)fuzz_value(&in, 1) % 13;
		vm_mem_st32(vm, BLOCK, TEXT + 64 * (u32)(fuzz_value(&in, 1) % ARRAY_SIZE(words)));
		vm_mem_st32(vm, BLOCK + 4, n);
		vm_mem_st32(vm, BLOCK + 8, 2);
		for (u32 i = 0; i < n; i++)
			vm_mem_st32(vm, BLOCK + 12 + 4 * i, argument(&in, last));
		args[0] = n == 12 ? fuzz_address(&in) : BLOCK;
		hcall_dispatch(&vm->vcpus[0], H_CLIENT, args);
		vm_mem_ld32(vm, BLOCK + 12 + 4 * n, &last);
		vm_take_request(vm);
	}
	return 0;
}
