// SPDX-License-Identifier: GPL-2.0-or-later
/* RTAS as a guest enters it: an argument block anywhere in memory, any token, any counts. */
#include "fuzz.h"
#include "isa/papr.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	static struct vm *vm;
	u64 args[9] = {0}, block;
	u32 words;

	if (!vm)
		vm = fuzz_board();
	while (in.size) {
		block = fuzz_address(&in);
		/* something for check-exception to return */
		if (fuzz_value(&in, 1) & 1)
			vm_powerdown(vm);
		/* tokens that exist, three times out of four */
		if (fuzz_value(&in, 1) & 3)
			vm_mem_st32(vm, block & ~3ull,
				    RTAS_TOKEN_BASE + (u32)(fuzz_value(&in, 1) % RTAS_MAX_CALLS));
		else
			vm_mem_st32(vm, block & ~3ull, (u32)fuzz_value(&in, 4));
		words = (u32)fuzz_value(&in, 1) & 31;
		for (u32 i = 1; i < words; i++)
			vm_mem_st32(vm, (block & ~3ull) + 4 * i,
				    i < 3 ? (u32)fuzz_value(&in, 1) : (u32)fuzz_value(&in, 4));
		args[0] = block;
		hcall_dispatch(&vm->vcpus[0], H_RTAS, args);
		vm_take_request(vm);
	}
	return 0;
}
