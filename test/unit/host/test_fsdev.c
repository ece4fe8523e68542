// SPDX-License-Identifier: GPL-2.0-or-later
/* A folder for a guest, by messages: files through all requests, what the host sees of them in each
 * security model, every way out of the folder, save and load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "p9_session.h"

static char top[64], share[80];
static struct p9_client c;

static void run(const char *format, const char *a)
{
	char line[512];

	snprintf(line, sizeof(line), format, a);
	assert_int_equal(system(line), 0);
}

static int setup(void **state)
{
	strcpy(top, "/tmp/pv9pXXXXXX");
	if (!mkdtemp(top))
		return -1;
	snprintf(share, sizeof(share), "%s/share", top);
	run("cd %s && mkdir -p share/sub/deep && echo secret > secret && echo inside > "
	    "share/sub/file"
	    " && ln -s ../secret share/out && ln -s .. share/up && mkfifo share/pipe",
	    top);
	return 0;
}

static int teardown(void **state)
{
	run("rm -rf %s", top);
	return 0;
}

static void start(enum fsdev_security security, bool readonly)
{
	c_start(&c, share, security, readonly);
}

static int create(u32 fid, const char *name, u32 flags, u32 mode)
{
	c_begin(&c, 14);
	c_put(&c, fid, 4);
	c_text(&c, name);
	c_put(&c, flags, 4);
	c_put(&c, mode, 4);
	c_put(&c, 0, 4);
	return c_call(&c);
}

static int put(u32 fid, u64 offset, const char *text)
{
	return c_write(&c, fid, offset, text, (u32)strlen(text));
}

static void expect(u32 fid, u64 offset, const char *text)
{
	assert_int_equal(c_read(&c, fid, offset, 1000), strlen(text));
	assert_memory_equal(c.in + c.at, text, strlen(text));
}

static int symlink_to(u32 fid, const char *name, const char *target)
{
	c_begin(&c, 16);
	c_put(&c, fid, 4);
	c_text(&c, name);
	c_text(&c, target);
	c_put(&c, 0, 4);
	return c_call(&c);
}

static int make_folder(u32 fid, const char *name, u32 mode)
{
	c_begin(&c, 72);
	c_put(&c, fid, 4);
	c_text(&c, name);
	c_put(&c, mode, 4);
	c_put(&c, 0, 4);
	return c_call(&c);
}

static int rename_to(u32 from, const char *old, u32 to, const char *new)
{
	c_begin(&c, 74);
	c_put(&c, from, 4);
	c_text(&c, old);
	c_put(&c, to, 4);
	c_text(&c, new);
	return c_call(&c);
}

static int unlink_name(u32 fid, const char *name, u32 flags)
{
	c_begin(&c, 76);
	c_put(&c, fid, 4);
	c_text(&c, name);
	c_put(&c, flags, 4);
	return c_call(&c);
}

static u32 mode_of(u32 fid)
{
	c_begin(&c, 24);
	c_put(&c, fid, 4);
	c_put(&c, ~0ull, 8);
	assert_int_equal(c_call(&c), 0);
	c_get(&c, 8);
	c_get(&c, 8);
	c_get(&c, 5);
	return (u32)c_get(&c, 4);
}

/* The names of a folder, in one string. */
static void list(u32 fid, char *names)
{
	u64 offset = 0, count;

	names[0] = 0;
	do {
		c_begin(&c, 40);
		c_put(&c, fid, 4);
		c_put(&c, offset, 8);
		c_put(&c, 100, 4); /* little at once */
		assert_int_equal(c_call(&c), 0);
		count = c_get(&c, 4);
		while (c.at < c.len) {
			size_t n;

			c_get(&c, 8);
			c_get(&c, 5);
			offset = c_get(&c, 8);
			c_get(&c, 1);
			n = c_get(&c, 2);
			strncat(names, (char *)c.in + c.at, n);
			strcat(names, " ");
			c.at += n;
		}
	} while (count);
}

static void test_files(void **state)
{
	static const enum fsdev_security models[] = {FSDEV_NONE, FSDEV_MAPPED};
	char names[4096], path[128];
	struct stat st;

	for (u32 i = 0; i < ARRAY_SIZE(models); i++) {
		bool mapped = models[i] == FSDEV_MAPPED;

		start(models[i], false);
		assert_int_equal(make_folder(0, "new", 0751), 0);
		assert_int_equal(make_folder(0, "new", 0751), -EEXIST);
		assert_int_equal(c_walk(&c, 0, 1, "new", NULL), 0);
		assert_int_equal(mode_of(1), S_IFDIR | 0751);
		assert_int_equal(c_walk(&c, 1, 2, NULL, NULL), 0);
		if (create(2, "file", O_RDWR, 0640) == -EOPNOTSUPP) {
			/* the host's file system has no attributes */
			assert_true(mapped);
			fsdev_close(c.f);
			run("rm -rf %s/new", share);
			continue;
		}
		assert_int_equal(put(2, 0, "hello"), 0);
		assert_int_equal(put(2, 5, " world"), 0);
		expect(2, 0, "hello world");
		expect(2, 100, "");
		assert_int_equal(mode_of(2), S_IFREG | 0640);
		snprintf(path, sizeof(path), "%s/new/file", share);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, 11);
		assert_int_equal(st.st_mode, S_IFREG | (mapped ? 0600 : 0640));
		assert_int_equal(c_walk(&c, 1, 3, NULL, NULL), 0);
		assert_int_equal(create(3, "file", O_RDWR | O_EXCL, 0640), -EEXIST);
		assert_int_equal(symlink_to(1, "link", "file"), 0);
		assert_int_equal(c_walk(&c, 1, 4, "link", NULL), 0);
		assert_int_equal(mode_of(4) & S_IFMT, S_IFLNK);
		c_begin(&c, 22);
		c_put(&c, 4, 4);
		assert_int_equal(c_call(&c), 0);
		assert_int_equal(c_get(&c, 2), 4);
		assert_memory_equal(c.in + c.at, "file", 4);
		assert_int_equal(c_open(&c, 4, O_RDONLY), -ELOOP);
		assert_int_equal(rename_to(1, "file", 0, "moved"), 0);
		expect(2, 0, "hello world");
		assert_int_equal(c_open(&c, 1, O_RDONLY), 0);
		list(1, names);
		assert_non_null(strstr(names, "link "));
		assert_null(strstr(names, "file"));
		assert_int_equal(unlink_name(0, "moved", 0), 0);
		expect(2, 6, "world");
		assert_int_equal(unlink_name(0, "new", 0x200), -ENOTEMPTY);
		fsdev_close(c.f);
		run("rm -rf %s/new", share);
	}
}

static void test_no_way_out(void **state)
{
	static const char *const bad[] = {"..", ".", "", "a/b", "/etc", "sub/file"};

	start(FSDEV_NONE, false);
	/* a link is not followed, it is only read */
	assert_int_equal(c_walk(&c, 0, 1, "out", NULL), 0);
	assert_int_equal(c_open(&c, 1, O_RDONLY), -ELOOP);
	assert_int_equal(c_walk(&c, 0, 2, "up", "secret"), 0);
	assert_int_equal(c_get(&c, 2), 1); /* the link alone, and no fid */
	assert_int_equal(c_clunk(&c, 2), -EBADF);
	assert_int_equal(c_walk(&c, 0, 3, "..", ".."), 0);
	assert_int_equal(c_walk(&c, 3, 4, "secret", NULL), -ENOENT);
	assert_int_equal(c_walk(&c, 0, 5, "sub", "deep"), 0);
	assert_int_equal(c_walk(&c, 5, 6, "..", ".."), 0);
	assert_int_equal(c_walk(&c, 6, 7, "..", "sub"), 0);
	/* the host moves a folder out: what is above it does not come with it */
	run("cd %s && mv share/sub/deep moved", top);
	assert_int_equal(c_walk(&c, 5, 8, "..", ".."), 0);
	assert_int_equal(c_walk(&c, 8, 11, "secret", NULL), -ENOENT);
	run("cd %s && mv moved share/sub/deep", top);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_not_equal(symlink_to(0, bad[i], "x"), 0);
		assert_int_not_equal(make_folder(0, bad[i], 0700), 0);
		assert_int_not_equal(rename_to(0, "sub", 0, bad[i]), 0);
		assert_int_not_equal(unlink_name(0, bad[i], 0), 0);
		assert_int_equal(c_walk(&c, 0, 9, NULL, NULL), 0);
		assert_int_not_equal(create(9, bad[i], O_RDWR, 0600), 0);
		assert_int_equal(c_clunk(&c, 9), 0);
	}
	/* a name that is a link is not written through */
	assert_int_equal(c_walk(&c, 0, 9, NULL, NULL), 0);
	assert_int_equal(create(9, "out", O_RDWR, 0600), -ELOOP);
	assert_int_equal(c_walk(&c, 0, 10, "pipe", NULL), 0);
	assert_int_equal(c_open(&c, 10, O_RDONLY), -ENXIO);
	fsdev_close(c.f);
}

static void test_readonly(void **state)
{
	start(FSDEV_NONE, true);
	assert_int_equal(make_folder(0, "x", 0700), -EROFS);
	assert_int_equal(unlink_name(0, "sub", 0x200), -EROFS);
	assert_int_equal(c_walk(&c, 0, 1, "sub", "file"), 0);
	assert_int_equal(c_open(&c, 1, O_RDWR), -EROFS);
	assert_int_equal(c_open(&c, 1, O_RDONLY | O_TRUNC), -EROFS);
	assert_int_equal(c_open(&c, 1, O_RDONLY), 0);
	expect(1, 0, "inside\n");
	assert_int_not_equal(put(1, 0, "x"), 0);
	fsdev_close(c.f);
}

static void test_save(void **state)
{
	struct buffer b = {0};

	start(FSDEV_NONE, false);
	assert_int_equal(c_walk(&c, 0, 1, "sub", "file"), 0);
	assert_int_equal(c_open(&c, 1, O_RDONLY), 0);
	assert_int_equal(c_walk(&c, 0, 2, NULL, NULL), 0);
	assert_int_equal(create(2, "goes", O_RDWR, 0600), 0);
	assert_int_equal(unlink_name(0, "goes", 0), 0);
	c_save(&c, &b);
	c_load(&c, &b, share);
	expect(1, 0, "inside\n");
	assert_int_not_equal(put(2, 0, "x"), 0);
	assert_int_equal(c_walk(&c, 0, 3, "sub", "file"), 0);
	c_load_cut(&c, &b, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_no_way_out),
		cmocka_unit_test(test_readonly),
		cmocka_unit_test(test_save),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
