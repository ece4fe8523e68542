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

int image_open(struct image *img, const char *path, u64 max_size, struct error *e)
{
	*img = (struct image){.path = path};
	return file_open(path, max_size, &img->fd, &img->size, e);
}

void image_close(struct image *img)
{
	if (img->size && !img->data)
		file_close(img->fd);
	img->size = 0;
}

int image_read(const struct image *img, u64 offset, void *to, u64 len)
{
	if (!img->data)
		return file_read(img->fd, offset, to, len);
	memcpy(to, img->data + offset, len);
	return 0;
}

int image_place(const struct image *img, u64 offset, struct vm *vm, u64 gpa, u64 len)
{
	u8 part[4096];
	int err = 0;

	/* No copy between, where it is one piece of RAM. */
	if (vm_mem_ptr(vm, gpa, len)) {
		err = image_read(img, offset, vm_mem_ptr(vm, gpa, len), len);
		vm_mem_written(vm, gpa, len);
		return err;
	}
	while (len && !err) {
		u64 n = len < sizeof(part) ? len : sizeof(part);

		err = image_read(img, offset, part, n);
		if (!err)
			err = vm_mem_write(vm, gpa, part, n);
		offset += n;
		gpa += n;
		len -= n;
	}
	return err;
}

enum { ELF_HEADER32 = 52, ELF_HEADER64 = 64, SEGMENT32 = 32, SEGMENT64 = 56 };

/* The parts of a file that describe it, with its class and byte order. */
struct elf {
	const struct image *img;
	bool is64, le;
	u8 header[ELF_HEADER64];
	u8 segments[ELF_MAX_SEGMENTS * SEGMENT64];
};

static u64 field(const struct elf *f, const u8 *p, u32 size)
{
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

static struct segment segment_of(const struct elf *f, u64 n)
{
	const u8 *p = f->segments + n * (f->is64 ? SEGMENT64 : SEGMENT32);

	if (f->is64)
		return (struct segment){field(f, p, 4), field(f, p + 8, 8), field(f, p + 16, 8),
					field(f, p + 32, 8), field(f, p + 40, 8)};
	return (struct segment){field(f, p, 4), field(f, p + 4, 4), field(f, p + 8, 4),
				field(f, p + 16, 4), field(f, p + 20, 4)};
}

static int cannot_read(const struct image *img, struct error *e)
{
	return error_set(e, -EIO, "cannot read %s", img->path);
}

static int bad(const struct image *img, struct error *e, const char *why)
{
	return error_set(e, -ENOEXEC, "%s: %s", img->path, why);
}

bool elf_is(const struct image *img)
{
	char magic[4];

	return img->size >= 4 && !image_read(img, 0, magic, 4) && !memcmp(magic, "\177ELF", 4);
}

/* The header's first bytes say how long it is. */
static int read_header(struct elf *f, struct error *e)
{
	const struct image *img = f->img;
	const u8 *h = f->header;
	u64 size;

	if (!elf_is(img))
		return bad(img, e, "not an ELF file");
	if (img->size < ELF_HEADER32)
		return bad(img, e, "truncated ELF file");
	if (image_read(img, 0, f->header, ELF_HEADER32))
		return cannot_read(img, e);
	f->is64 = h[4] == ELF_CLASS64;
	f->le = h[5] == ELF_LSB;
	if ((h[4] != ELF_CLASS32 && !f->is64) || (h[5] != ELF_MSB && !f->le))
		return bad(img, e, "damaged ELF file");
	size = f->is64 ? ELF_HEADER64 : ELF_HEADER32;
	if (img->size < size)
		return bad(img, e, "truncated ELF file");
	return image_read(img, 0, f->header, size) ? cannot_read(img, e) : 0;
}

static int check_header(struct elf *f, const struct elf_rules *rules, u64 *phnum, u64 *entry,
			struct error *e)
{
	const struct image *img = f->img;
	const u8 *h = f->header;
	u64 phoff, phsize, type, machine;
	int err = read_header(f, e);

	if (err)
		return err;
	type = field(f, h + 16, 2);
	machine = field(f, h + 18, 2);
	if (machine != (f->is64 ? ELF_PPC64 : ELF_PPC))
		return bad(img, e, "not for PowerPC");
	if (f->is64 != rules->want64)
		return bad(img, e,
			   rules->want64 ? "a 32-bit image, the machine has a 64-bit processor"
					 : "a 64-bit image, the machine has a 32-bit processor");
	if (type != ELF_EXEC && type != ELF_DYN)
		return bad(img, e, "not an executable");
	*entry = field(f, h + 24, f->is64 ? 8 : 4);
	phoff = f->is64 ? field(f, h + 32, 8) : field(f, h + 28, 4);
	phsize = field(f, h + (f->is64 ? 54 : 42), 2);
	*phnum = field(f, h + (f->is64 ? 56 : 44), 2);
	if (!*phnum || *phnum > ELF_MAX_SEGMENTS || phsize != (f->is64 ? SEGMENT64 : SEGMENT32))
		return bad(img, e, "damaged ELF file");
	if (phoff > img->size || *phnum * phsize > img->size - phoff)
		return bad(img, e, "truncated ELF file");
	return image_read(img, phoff, f->segments, *phnum * phsize) ? cannot_read(img, e) : 0;
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

static int place_segment(struct vm *vm, const struct image *img, const struct segment *s, u64 real,
			 struct error *e)
{
	int err = image_place(img, s->offset, vm, real, s->filesz);

	if (err == -EIO)
		return cannot_read(img, e);
	if (err || vm_mem_fill(vm, real + s->filesz, 0, s->memsz - s->filesz))
		return bad(img, e, "does not fit into the guest's memory");
	return 0;
}

/* vm NULL: check only. */
static int walk(struct vm *vm, const struct image *img, const struct elf_rules *rules,
		struct elf_info *info, struct error *e)
{
	struct elf f = {.img = img};
	u64 phnum = 0, entry = 0, real = 0;
	int err = check_header(&f, rules, &phnum, &entry, e);

	if (err)
		return err;
	*info = (struct elf_info){.is64 = f.is64, .little_endian = f.le, .low = ~0ull};
	for (u64 i = 0; i < phnum; i++) {
		struct segment s = segment_of(&f, i);

		if (s.type != ELF_LOAD || !s.memsz)
			continue;
		err = check_segment(&f, rules, &s, &real, e);
		if (err)
			return err;
		err = vm ? place_segment(vm, img, &s, real, e) : 0;
		if (err)
			return err;
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
