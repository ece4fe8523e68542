/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the targets share: input as a stream of values, and a board that runs nothing. */
#ifndef TEST_FUZZ_FUZZ_H
#define TEST_FUZZ_FUZZ_H

#include "../unit/machine/board.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct fuzz_input {
	const u8 *data;
	size_t size;
};

/* Up to 8 bytes; zeroes behind the end. */
static inline u64 fuzz_value(struct fuzz_input *in, unsigned bytes)
{
	u64 v = 0;

	for (unsigned i = 0; i < bytes && in->size; i++, in->data++, in->size--)
		v = v << 8 | *in->data;
	return v;
}

enum { FUZZ_RAM = 64 << 20 };

/* A pseries with two processors over the null engine; key and value: an option of -M. */
static inline struct vm *fuzz_board_with(const char *key, const char *value)
{
	static struct machine_config c;
	struct error e;
	struct vm *vm;

	c.nr_options = 1;
	c.options[0] = (struct machine_option){key, value};
	if (board_create(&c, &vm, &e)) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	return vm;
}

static inline struct vm *fuzz_board(void)
{
	return fuzz_board_with("x-boot", "fdt");
}

/* A guest address: mostly in memory, often at its edges. */
static inline u64 fuzz_address(struct fuzz_input *in)
{
	u64 kind = fuzz_value(in, 1), v = fuzz_value(in, 4);

	switch (kind & 7) {
	case 0:
		return v << 32 | v;
	case 1:
		return FUZZ_RAM - (v & 0xfff);
	case 2:
		return ~0ull - (v & 0xffff);
	default:
		return v % FUZZ_RAM & (kind & 8 ? ~0ull : ~0xfffull);
	}
}

#endif
