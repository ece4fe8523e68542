// SPDX-License-Identifier: GPL-2.0-or-later
/* The hypercall dispatcher: sequences of calls with hostile arguments on one machine. */
#include "fuzz.h"

static u64 argument(struct fuzz_input *in)
{
	switch (fuzz_value(in, 1) & 3) {
	case 0:
		return fuzz_value(in, 8);
	case 1:
		return fuzz_value(in, 1);
	default:
		return fuzz_address(in);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	static struct vm *vm;
	static unsigned used;
	u64 args[9], nr;

	/* A machine's state is part of the input; a fresh one now and then keeps it reachable. */
	if (vm && ++used % 500 == 0) {
		machine_pseries.destroy(vm);
		vm = NULL;
	}
	if (!vm)
		vm = fuzz_board();
	while (in.size) {
		nr = fuzz_value(&in, 2);
		nr = nr & 0x8000 ? 0xf000 | (nr & 0xff) : (nr & 0x1ff) * 4;
		for (unsigned i = 0; i < ARRAY_SIZE(args); i++)
			args[i] = argument(&in);
		hcall_dispatch(&vm->vcpus[nr >> 4 & 1], nr, args);
	}
	return 0;
}
