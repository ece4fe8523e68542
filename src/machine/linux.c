// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See linux.h. The rule is a lower bound, so that nothing is refused that works: the kernel, the
 * initial ramdisk and its contents, which are no smaller, what early boot takes for page tables,
 * per-processor areas and the page array, and with radix the process table that Linux registers
 * (2^20 processes of 16 bytes, aligned to its size: Power ISA 3.0B Book III 5.7.6.1), the first
 * thing it makes and before it has a console. Debian 12's kernel (41 MiB) boots with 93 MiB radix
 * and 75 MiB hash; below that, down to this bound, it panics and says so.
 */
#include "machine/linux.h"

#include <errno.h>
#include <string.h>

enum { MIB = 1 << 20, EARLY_BOOT = 16 * MIB, PROCESS_TABLE = 16 * MIB };

static bool is_linux(const struct image *kernel)
{
	static const char banner[] = "Linux version ";
	char part[16384];
	u64 at, n;

	/* Parts overlap by what the banner may be cut by. */
	for (at = 0; kernel->size - at >= sizeof(banner) - 1; at += n - (sizeof(banner) - 2)) {
		n = kernel->size - at < sizeof(part) ? kernel->size - at : sizeof(part);
		if (image_read(kernel, at, part, n))
			return false;
		if (memmem(part, n, banner, sizeof(banner) - 1))
			return true;
	}
	return false;
}

int linux_check_memory(const struct boot *b, u64 ram, bool radix, struct error *e)
{
	u64 images = b->initrd.size ? b->initrd_start + b->initrd.size : b->elf.high;
	u64 taken = ram - b->fdt_addr;
	u64 need = images + b->initrd.size + EARLY_BOOT + taken;
	u64 table_end =
		(images + PROCESS_TABLE - 1) / PROCESS_TABLE * PROCESS_TABLE + PROCESS_TABLE;

	if (radix) {
		need += PROCESS_TABLE;
		need = table_end + taken > need ? table_end + taken : need;
	}
	if (ram >= need || b->bios.size || !is_linux(&b->kernel))
		return 0;
	return error_set(e, -ENOMEM, "-m: %llu MiB are too little, this kernel needs %llu at least",
			 (unsigned long long)(ram / MIB),
			 (unsigned long long)((need + MIB - 1) / MIB));
}
