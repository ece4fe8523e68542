// SPDX-License-Identifier: GPL-2.0-or-later
/* The ELF loader: a valid image with the input's bytes put over its headers, or the input itself.
 */
#include "fuzz.h"
#include "machine/loader.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	static struct vm *vm;
	struct elf_rules rules = {
		.want64 = true, .address_mask = 0x0fffffffffffffffull, .limit = FUZZ_RAM};
	struct elf_info info;
	struct image img = {.path = "input"};
	struct error e;
	u64 how = fuzz_value(&in, 1);

	if (!vm)
		vm = fuzz_board();
	/* An allocation of exactly the file's size lets the sanitizer see the first byte too many.
	 */
	if (how & 1) {
		u8 elf[0x200];

		img.size = board_elf(elf, how & 2) - (how & 4 ? fuzz_value(&in, 1) : 0);
		img.data = malloc(img.size);
		memcpy(img.data, elf, img.size);
		while (in.size > 1) {
			size_t at = fuzz_value(&in, 1) % 128 % img.size;

			img.data[at] = (u8)fuzz_value(&in, 1);
		}
	} else {
		img.size = in.size;
		img.data = malloc(img.size + !img.size);
		memcpy(img.data, in.data, img.size);
	}
	rules.load_offset = how & 8 ? 4 << 20 : 0;
	if (elf_is(&img) && !elf_check(&img, &rules, &info, &e))
		elf_load(vm, &img, &rules, &e);
	free(img.data);
	return 0;
}
