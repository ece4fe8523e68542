// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Boot by flattened tree. With a firmware image (-bios) that one stands at 0 and is entered at
 * 0x100, and a kernel beside it stands at 4 MiB; without, the kernel stands where its addresses,
 * masked to real, say, and is entered there.
 */
#include <errno.h>
#include <libfdt.h>

#include "isa/model.h"
#include "machine/boot.h"
#include "machine/machine.h"

enum { BIOS_ENTRY = 0x100, INITRD_ALIGN = 1 << 16 };

static u64 align_up(u64 v, u64 a)
{
	return (v + a - 1) & ~(a - 1);
}

static int prepare_bios(struct boot *b, const struct machine_config *config, u64 limit,
			struct error *e)
{
	const char *path = config->bios;
	bool beside = config->kernel && limit > BOOT_KERNEL_OFFSET;
	int err = image_open(&b->bios, path, beside ? BOOT_KERNEL_OFFSET : limit, e);

	if (!err && b->bios.size <= BIOS_ENTRY)
		err = error_set(e, -ENOEXEC, "%s: too short for an entry point at 0x%x", path,
				BIOS_ENTRY);
	b->entry = BIOS_ENTRY;
	return err;
}

static int prepare_kernel(struct boot *b, const struct machine_config *config, u64 limit,
			  struct error *e)
{
	int err = image_open(&b->kernel, config->kernel, 1ull << 32, e);

	if (err)
		return err;
	b->rules.load_offset = config->bios ? BOOT_KERNEL_OFFSET : 0;
	b->rules.limit = limit;
	err = elf_check(&b->kernel, &b->rules, &b->elf, e);
	if (!err && !config->bios)
		b->entry = b->elf.entry;
	return err;
}

static int fdt_prepare(struct boot *b, const struct machine_config *config, u64 limit, u64 reserved,
		       u32 fdt_size, struct error *e)
{
	u64 top = (reserved - fdt_size) & ~0xffffull;
	int err = 0;

	b->rules.want64 = config->model->is64;
	b->rules.address_mask = config->model->is64 ? 0x0fffffffffffffffull : 0x0fffffff;
	if (reserved > limit || reserved < fdt_size + (1u << 20))
		return error_set(e, -ENOMEM, "too little memory: %llu MiB",
				 (unsigned long long)(limit >> 20));
	b->fdt_addr = top;
	if (config->bios)
		err = prepare_bios(b, config, top, e);
	if (!err && config->kernel)
		err = prepare_kernel(b, config, top, e);
	if (err || !config->initrd)
		return err;
	b->initrd_start = align_up(b->elf.high, INITRD_ALIGN);
	err = image_open(&b->initrd, config->initrd, top - b->initrd_start, e);
	if (err == -EFBIG && b->initrd_start > top)
		error_set(e, err, "%s does not fit into the guest's memory", config->initrd);
	return err;
}

static int place_raw(const struct image *img, struct vm *vm, u64 gpa, struct error *e)
{
	int err = img->size ? image_place(img, 0, vm, gpa, img->size) : 0;

	if (err == -EIO)
		return error_set(e, err, "cannot read %s", img->path);
	return err ? error_set(e, err, "%s does not fit into the guest's memory", img->path) : 0;
}

static int fdt_place(struct boot *b, struct vm *vm, struct error *e)
{
	int err = place_raw(&b->bios, vm, 0, e);

	if (!err && b->kernel.size)
		err = elf_load(vm, &b->kernel, &b->rules, e);
	return err ? err : place_raw(&b->initrd, vm, b->initrd_start, e);
}

static int fdt_fix_tree(struct boot *b, const struct machine_config *config, void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen"), err;
	u64 end = b->initrd_start + b->initrd.size;

	err = fdt_setprop_string(fdt, chosen, "bootargs", config->append ? config->append : "");
	if (!b->initrd.size || err)
		return err;
	err = fdt_setprop_u64(fdt, chosen, "linux,initrd-start", b->initrd_start);
	if (!err)
		err = fdt_setprop_u64(fdt, chosen, "linux,initrd-end", end);
	if (!err)
		err = fdt_add_mem_rsv(fdt, b->initrd_start, align_up(end, 4096) - b->initrd_start);
	return err;
}

static void fdt_release(struct boot *b)
{
	image_close(&b->bios);
	image_close(&b->kernel);
	image_close(&b->initrd);
}

const struct boot_method boot_fdt = {
	.name = "fdt",
	.prepare = fdt_prepare,
	.place = fdt_place,
	.fix_tree = fdt_fix_tree,
	.release = fdt_release,
};
