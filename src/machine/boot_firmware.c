// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Boot through firmware, as QEMU does it: the image runs from 0, has the tree and finds in /chosen
 * what else it needs: qemu,boot-kernel and the ramdisk's place, the order of devices
 * (qemu,boot-device), whether to ask the user (qemu,boot-menu). Images are read and placed as
 * boot_fdt does it for an image of -bios.
 */
#include <errno.h>
#include <libfdt.h>
#include <string.h>

#include "base/log.h"
#include "host/file.h"
#include "machine/boot.h"
#include "machine/machine.h"

/* Where distributions keep what qemu brings along. */
static const char *const folders[] = {"/usr/share/qemu", "/usr/local/share/qemu",
				      "/usr/share/slof"};
static const char default_name[] = "slof.bin";

/* A plain name that is no file here is looked for where firmware lives. */
static int find_firmware(struct boot *b, const char *name, struct error *e)
{
	const char *wanted = name ? name : default_name;

	if (name && (strchr(name, '/') || file_readable(name))) {
		if (strlen(name) >= sizeof(b->bios_path))
			return error_set(e, -ENAMETOOLONG, "-bios: the path is too long");
		log_format(b->bios_path, sizeof(b->bios_path), "%s", name);
		return 0;
	}
	for (u32 i = 0; i < ARRAY_SIZE(folders); i++) {
		int n = log_format(b->bios_path, sizeof(b->bios_path), "%s/%s", folders[i], wanted);

		if (n > 0 && (size_t)n < sizeof(b->bios_path) && file_readable(b->bios_path))
			return 0;
	}
	return error_set(e, -ENOENT,
			 "firmware %s is not in %s (Debian's package qemu-system-data has it): "
			 "-bios FILE names another",
			 wanted, folders[0]);
}

static int firmware_prepare(struct boot *b, const struct machine_config *config, u64 limit,
			    u64 reserved, u32 fdt_size, struct error *e)
{
	struct machine_config with = *config;
	int err = find_firmware(b, config->bios, e);

	if (err)
		return err;
	with.bios = b->bios_path;
	return boot_fdt.prepare(b, &with, limit, reserved, fdt_size, e);
}

static int firmware_place(struct boot *b, struct vm *vm, struct error *e)
{
	b->starts++;
	return boot_fdt.place(b, vm, e);
}

static int set_kernel(struct boot *b, void *fdt, int chosen)
{
	fdt64_t place[2] = {cpu_to_fdt64(BOOT_KERNEL_OFFSET),
			    cpu_to_fdt64(b->elf.high - BOOT_KERNEL_OFFSET)};
	int err;

	if (!b->kernel.size)
		return 0;
	err = fdt_setprop(fdt, chosen, "qemu,boot-kernel", place, sizeof(place));
	if (!err && b->elf.little_endian)
		err = fdt_setprop(fdt, chosen, "qemu,boot-kernel-le", NULL, 0);
	return err;
}

static int firmware_fix_tree(struct boot *b, const struct machine_config *config, void *fdt)
{
	const char *order =
		b->starts == 1 && config->boot_once ? config->boot_once : config->boot_order;
	int chosen = fdt_path_offset(fdt, "/chosen"), err;
	u64 end = b->initrd_start + b->initrd.size;

	err = fdt_setprop_string(fdt, chosen, "bootargs", config->append ? config->append : "");
	/* one cell each: firmware does not understand two */
	if (!err && b->initrd.size)
		err = fdt_setprop_u32(fdt, chosen, "linux,initrd-start", (u32)b->initrd_start);
	if (!err && b->initrd.size)
		err = fdt_setprop_u32(fdt, chosen, "linux,initrd-end", (u32)end);
	if (!err)
		err = set_kernel(b, fdt, chosen);
	if (!err && config->boot_menu)
		err = fdt_setprop_u32(fdt, chosen, "qemu,boot-menu", 1);
	if (!err && order)
		err = fdt_setprop_string(fdt, chosen, "qemu,boot-device", order);
	return err;
}

static void firmware_release(struct boot *b)
{
	boot_fdt.release(b);
}

const struct boot_method boot_firmware = {
	.name = "firmware",
	.prepare = firmware_prepare,
	.place = firmware_place,
	.fix_tree = firmware_fix_tree,
	.release = firmware_release,
};
