// SPDX-License-Identifier: GPL-2.0-or-later
/* ELF images, good and hostile. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "board.h"
#include "machine/loader.h"

static const struct elf_rules rules = {true, 0x0fffffffffffffffull, 0, 1 << 20};

static int check(u8 *f, size_t size, struct elf_info *info, struct error *e)
{
	struct image img = {.path = "image", .data = f, .size = size};

	return elf_check(&img, &rules, info, e);
}

static void test_good(void **state)
{
	struct elf_info info;
	struct error e;
	u8 f[0x200];

	for (int little = 0; little < 2; little++) {
		size_t size = board_elf(f, little);

		assert_int_equal(check(f, size, &info, &e), 0);
		assert_int_equal(info.entry, 0x1000);
		assert_int_equal(info.low, 0x1000);
		assert_int_equal(info.high, 0x3000);
		assert_int_equal(info.little_endian, little);
		st_le16(f + 16, 3);
	}
}

static void test_every_truncation_is_refused(void **state)
{
	struct elf_info info;
	struct error e;
	u8 f[0x200];
	size_t size = board_elf(f, true);

	for (size_t n = 0; n < size; n++) {
		u8 *cut = malloc(n ? n : 1);

		memcpy(cut, f, n);
		assert_int_equal(check(cut, n, &info, &e), -ENOEXEC);
		free(cut);
	}
}

struct change {
	u32 at, size;
	u64 value;
	const char *why;
};

static void test_damage(void **state)
{
	static const struct change changes[] = {
		{18, 2, 62, "image: not for PowerPC"},
		{4, 1, 1, "image: not for PowerPC"},
		{4, 1, 7, "image: damaged ELF file"},
		{16, 2, 1, "image: not an executable"},
		{32, 8, ~0ull, "image: truncated ELF file"},
		{32, 8, 0x10f, "image: truncated ELF file"},
		{56, 2, 0, "image: damaged ELF file"},
		{56, 2, 0xffff, "image: damaged ELF file"},
		{54, 2, 57, "image: damaged ELF file"},
		{72, 8, ~0ull, "image: truncated ELF file"},
		{96, 8, ~0ull, "image: damaged ELF file"},
		{96, 8, 17, "image: truncated ELF file"},
		{104, 8, ~0ull, "image: does not fit into the guest's memory"},
		{104, 8, 1 << 20, "image: does not fit into the guest's memory"},
		{80, 8, 0x0ffffffffffff000ull, "image: does not fit into the guest's memory"},
		{64, 4, 2, "image: nothing to load"},
		{24, 8, 0x3000, "image: the entry point lies outside of the image"},
		{24, 8, 0xfff, "image: the entry point lies outside of the image"},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(changes); i++) {
		const struct change *c = &changes[i];
		struct elf_info info;
		struct error e;
		u8 f[0x200];
		size_t size = board_elf(f, true);

		for (u32 b = 0; b < c->size; b++)
			f[c->at + b] = (u8)(c->value >> 8 * b);
		assert_int_equal(check(f, size, &info, &e), -ENOEXEC);
		assert_string_equal(e.text, c->why);
	}
}

/* Whatever one byte is: no crash, no access outside (the sanitizers look). */
static void test_every_byte(void **state)
{
	struct elf_info info;
	struct error e;
	u8 f[0x200];
	size_t size = board_elf(f, true);

	for (size_t at = 0; at < 0x78; at++)
		for (int v = 0; v < 256; v++) {
			u8 *copy = malloc(size);

			memcpy(copy, f, size);
			copy[at] = (u8)v;
			check(copy, size, &info, &e);
			free(copy);
		}
}

static void test_file(void **state)
{
	char path[] = "/tmp/test_loader.XXXXXX";
	int fd = mkstemp(path);
	struct elf_info info;
	struct image img;
	struct error e;
	u8 f[0x200], back[16];
	size_t size = board_elf(f, true);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, f, size), size);
	assert_int_equal(image_open(&img, path, size - 1, &e), -EFBIG);
	assert_int_equal(image_open(&img, path, size, &e), 0);
	unlink(path);
	assert_int_equal(img.size, size);
	assert_int_equal(elf_check(&img, &rules, &info, &e), 0);
	assert_int_equal(info.entry, 0x1000);
	assert_int_equal(image_read(&img, size - 16, back, 16), 0);
	assert_memory_equal(back, f + size - 16, 16);
	/* It shrinks while the machine runs. */
	assert_int_equal(ftruncate(fd, (off_t)size - 1), 0);
	assert_int_equal(image_read(&img, size - 16, back, 16), -EIO);
	assert_int_equal(ftruncate(fd, 60), 0);
	assert_int_equal(elf_check(&img, &rules, &info, &e), -EIO);
	image_close(&img);
	assert_int_equal(image_open(&img, path, size, &e), -ENOENT);
	assert_int_equal(img.size, 0);
	image_close(&img);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),   cmocka_unit_test(test_every_truncation_is_refused),
		cmocka_unit_test(test_damage), cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
