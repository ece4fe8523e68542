/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images for guest memory: ELF files, raw files. What is in a file is hostile: every offset, size
 * and address is checked against the file and against the guest's memory before it is used.
 */
#ifndef MACHINE_LOADER_H
#define MACHINE_LOADER_H

#include "base/error.h"
#include "base/types.h"

struct vm;

/*
 * What is to be loaded: an open file, read anew whenever the machine is reset, or (data) bytes in
 * memory. size 0: none. A file that became shorter meanwhile is an error of who reads it.
 */
struct image {
	const char *path;
	u8 *data;
	u64 size;
	int fd;
};
int image_open(struct image *img, const char *path, u64 max_size, struct error *e);
void image_close(struct image *img);
/* The caller keeps [offset, offset + len) within size. */
int image_read(const struct image *img, u64 offset, void *to, u64 len);
/* -EFAULT: not all of it is RAM. */
int image_place(const struct image *img, u64 offset, struct vm *vm, u64 gpa, u64 len);

struct elf_info {
	bool is64, little_endian;
	u64 entry;     /* guest real address */
	u64 low, high; /* loaded: [low, high), bss included */
};

/* What an ELF image may be. */
struct elf_rules {
	bool want64;
	u64 address_mask; /* of p_vaddr and e_entry: real address = masked + offset */
	u64 load_offset;
	u64 limit; /* real addresses stay below */
};

/* Check everything without touching the guest. */
int elf_check(const struct image *img, const struct elf_rules *rules, struct elf_info *info,
	      struct error *e);
/* Load what elf_check() accepted. */
int elf_load(struct vm *vm, const struct image *img, const struct elf_rules *rules,
	     struct error *e);
bool elf_is(const struct image *img);

#endif
