/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a guest is entered. A boot method places images in memory, adds what the tree must say about
 * them, and names the boot processor's first registers. Machines offer the methods that they have.
 */
#ifndef MACHINE_BOOT_H
#define MACHINE_BOOT_H

#include "machine/loader.h"

struct vm;
struct machine_config;

/* What was placed where; reloaded at every reset from the images kept here. */
struct boot {
	struct image kernel, initrd, bios;
	struct elf_rules rules;
	struct elf_info elf;
	u64 initrd_start, fdt_addr;
	u64 entry;	     /* where the boot processor starts, r3 = fdt_addr */
	u32 starts;	     /* how often images were placed */
	char bios_path[128]; /* of the firmware that was looked for */
};

struct boot_method {
	const char *name;
	/* Read and check the images and decide on places: [0, limit) is memory, from `reserved` on
	 * it is taken. */
	int (*prepare)(struct boot *b, const struct machine_config *config, u64 limit, u64 reserved,
		       u32 fdt_size, struct error *e);
	/* Put the images into memory. */
	int (*place)(struct boot *b, struct vm *vm, struct error *e);
	/* /chosen and the reservation map; 0 or a libfdt error. */
	int (*fix_tree)(struct boot *b, const struct machine_config *config, void *fdt);
	void (*release)(struct boot *b);
};

/* What firmware tries, in this order (/chosen/qemu,boot-list): paths of the devices that have a
 * bootindex; nothing where there are none. 0 or a libfdt error. */
int boot_list_dt(struct vm *vm, bool strict, void *fdt);

/* Entry by flattened tree: r3 = tree, r5 = 0 (ePAPR 1.1, 5.4; Linux Documentation/devicetree/
 * booting). */
extern const struct boot_method boot_fdt;
/* Entry through firmware (-bios, SLOF by default): the raw image stands at 0 and is entered at
 * 0x100, r3 = tree; a kernel beside it stands at 4 MiB and /chosen says so. */
extern const struct boot_method boot_firmware;

/* Entry through a client interface, without firmware. */
extern const struct boot_method boot_client;

enum { BOOT_KERNEL_OFFSET = 4 << 20 };

#endif
