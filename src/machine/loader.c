// SPDX-License-Identifier: GPL-2.0-or-later
/* See loader.h. ELF as in the System V ABI, chapters 4 and 5; only what loading needs. */
#include "machine/loader.h"

#include <errno.h>
#include <string.h>

#include "base/endian.h"
#include "host/file.h"
#include "vm/vm.h"

enum {
	ELF_CLASS32 = 1,
	ELF_CLASS64 = 2,
	ELF_LSB = 1,
	ELF_MSB = 2,
	ELF_EXEC = 2,
	ELF_DYN = 3,
	ELF_PPC = 20,
	ELF_PPC64 = 21,
	ELF_LOAD = 1,
	ELF_MAX_SEGMENTS = 64,
};

int image_read(struct image *img, const char *path, u64 max_size, struct error *e)
{
	*img = (struct image){.path = path};
	return file_read(path, max_size, &img->data, &img->size, e);
}

void image_free(struct image *img)
{
	os_free(img->data);
	img->data = NULL;
}

bool elf_is(const struct image *img)
{
	return img->size >= 4 && !memcmp(img->data, "\177ELF", 4);
}

/* A field of the file, in its class and byte order; the caller checked the bounds. */
struct elf {
	const struct image *img;
	bool is64, le;
};

static u64 field(const struct elf *f, u64 offset, u32 size)
{
	const u8 *p = f->img->data + offset;

	switch (size) {
	case 2:
		return f->le ? ld_le16(p) : ld_be16(p);
	case 4:
		return f->le ? ld_le32(p) : ld_be32(p);
	default:
		return f->le ? ld_le64(p) : ld_be64(p);
	}
}

struct segment {
	u64 type, offset, addr, filesz, memsz;
};

static void read_segment(const struct elf *f, u64 at, struct segment *s)
{
	if (f->is64)
		*s = (struct segment){field(f, at, 4), field(f, at + 8, 8), field(f, at + 16, 8),
				      field(f, at + 32, 8), field(f, at + 40, 8)};
	else
		*s = (struct segment){field(f, at, 4), field(f, at + 4, 4), field(f, at + 8, 4),
				      field(f, at + 16, 4), field(f, at + 20, 4)};
}

static int bad(const struct image *img, struct error *e, const char *why)
{
	return error_set(e, -ENOEXEC, "%s: %s", img->path, why);
}

static int check_header(struct elf *f, const struct elf_rules *rules, u64 *phoff, u64 *phnum,
			u64 *entry, struct error *e)
{
	const struct image *img = f->img;
	u64 ehsize, phsize, type, machine;

	if (!elf_is(img))
		return bad(img, e, "not an ELF file");
	if (img->size < 52)
		return bad(img, e, "truncated ELF file");
	f->is64 = img->data[4] == ELF_CLASS64;
	f->le = img->data[5] == ELF_LSB;
	ehsize = f->is64 ? 64 : 52;
	if ((img->data[4] != ELF_CLASS32 && !f->is64) || (img->data[5] != ELF_MSB && !f->le))
		return bad(img, e, "damaged ELF file");
	if (img->size < ehsize)
		return bad(img, e, "truncated ELF file");
	type = field(f, 16, 2);
	machine = field(f, 18, 2);
	if (machine != (f->is64 ? ELF_PPC64 : ELF_PPC))
		return bad(img, e, "not for PowerPC");
	if (f->is64 != rules->want64)
		return bad(img, e,
			   rules->want64 ? "a 32-bit image, the machine has a 64-bit processor"
					 : "a 64-bit image, the machine has a 32-bit processor");
	if (type != ELF_EXEC && type != ELF_DYN)
		return bad(img, e, "not an executable");
	*entry = f->is64 ? field(f, 24, 8) : field(f, 24, 4);
	*phoff = f->is64 ? field(f, 32, 8) : field(f, 28, 4);
	phsize = field(f, f->is64 ? 54 : 42, 2);
	*phnum = field(f, f->is64 ? 56 : 44, 2);
	if (!*phnum || *phnum > ELF_MAX_SEGMENTS || phsize != (f->is64 ? 56 : 32))
		return bad(img, e, "damaged ELF file");
	if (*phoff > img->size || *phnum * phsize > img->size - *phoff)
		return bad(img, e, "truncated ELF file");
	return 0;
}

static int check_segment(const struct elf *f, const struct elf_rules *rules,
			 const struct segment *s, u64 *real, struct error *e)
{
	const struct image *img = f->img;

	if (s->filesz > s->memsz)
		return bad(img, e, "damaged ELF file");
	if (s->offset > img->size || s->filesz > img->size - s->offset)
		return bad(img, e, "truncated ELF file");
	if (__builtin_add_overflow(s->addr & rules->address_mask, rules->load_offset, real) ||
	    *real > rules->limit || s->memsz > rules->limit - *real)
		return bad(img, e, "does not fit into the guest's memory");
	return 0;
}

/* vm NULL: check only. */
static int walk(struct vm *vm, const struct image *img, const struct elf_rules *rules,
		struct elf_info *info, struct error *e)
{
	struct elf f = {.img = img};
	u64 phoff = 0, phnum = 0, entry = 0, real = 0;
	struct segment s;
	int err = check_header(&f, rules, &phoff, &phnum, &entry, e);

	if (err)
		return err;
	*info = (struct elf_info){.is64 = f.is64, .little_endian = f.le, .low = ~0ull};
	for (u64 i = 0; i < phnum; i++) {
		read_segment(&f, phoff + i * (f.is64 ? 56 : 32), &s);
		if (s.type != ELF_LOAD || !s.memsz)
			continue;
		err = check_segment(&f, rules, &s, &real, e);
		if (err)
			return err;
		if (vm && (vm_mem_write(vm, real, img->data + s.offset, s.filesz) ||
			   vm_mem_fill(vm, real + s.filesz, 0, s.memsz - s.filesz)))
			return bad(img, e, "does not fit into the guest's memory");
		info->low = real < info->low ? real : info->low;
		info->high = real + s.memsz > info->high ? real + s.memsz : info->high;
	}
	info->entry = (entry & rules->address_mask) + rules->load_offset;
	if (info->low >= info->high)
		return bad(img, e, "nothing to load");
	if (info->entry < info->low || info->entry >= info->high)
		return bad(img, e, "the entry point lies outside of the image");
	return 0;
}

int elf_check(const struct image *img, const struct elf_rules *rules, struct elf_info *info,
	      struct error *e)
{
	return walk(NULL, img, rules, info, e);
}

int elf_load(struct vm *vm, const struct image *img, const struct elf_rules *rules, struct error *e)
{
	struct elf_info info;

	return walk(vm, img, rules, &info, e);
}
