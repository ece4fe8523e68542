// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Boot through the client interface (PowerPC processor binding to IEEE 1275-1994, 8.2): the kernel
 * stands where its addresses, masked to real, say, as with boot_fdt, and is entered with r5 = the
 * client interface, r3 and r4 = the ramdisk's place and size. The interface itself is the
 * machine's.
 */
#include <libfdt.h>

#include "machine/boot.h"
#include "machine/machine.h"

static int client_prepare(struct boot *b, const struct machine_config *config, u64 limit,
			  u64 reserved, u32 fdt_size, struct error *e)
{
	return boot_fdt.prepare(b, config, limit, reserved, fdt_size, e);
}

static int client_place(struct boot *b, struct vm *vm, struct error *e)
{
	return boot_fdt.place(b, vm, e);
}

/* The ramdisk is the guest's to announce. */
static int client_fix_tree(struct boot *b, const struct machine_config *config, void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen");

	return fdt_setprop_string(fdt, chosen, "bootargs", config->append ? config->append : "");
}

static void client_release(struct boot *b)
{
	boot_fdt.release(b);
}

const struct boot_method boot_client = {
	.name = "client",
	.prepare = client_prepare,
	.place = client_place,
	.fix_tree = client_fix_tree,
	.release = client_release,
};
