// SPDX-License-Identifier: GPL-2.0-or-later
/* Extended attributes of a folder for a guest, by messages: set, read, listed and removed in each
 * security model, what the host sees of them, sizes and names that cannot be, values half written,
 * how much a guest can make us hold, save and load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <cmocka.h>

#include "p9_session.h"

enum { ROOT, FILE_FID, MAX_VALUE = 65536 };

static char top[64], folder[80], file[96], secret[80];
static bool has_xattrs;
static struct p9_client c;

static int setup(void **state)
{
	int fd;

	strcpy(top, "/tmp/pv9paXXXXXX");
	if (!mkdtemp(top))
		return -1;
	snprintf(folder, sizeof(folder), "%s/share", top);
	snprintf(file, sizeof(file), "%s/file", folder);
	snprintf(secret, sizeof(secret), "%s/secret", top);
	if (mkdir(folder, 0700) || close(open(secret, O_CREAT | O_WRONLY, 0600)))
		return -1;
	fd = open(file, O_CREAT | O_WRONLY, 0600);
	has_xattrs = !fsetxattr(fd, "user.test", "x", 1, 0);
	close(fd);
	if (has_xattrs)
		removexattr(file, "user.test");
	return 0;
}

static int teardown(void **state)
{
	unlink(file);
	unlink(secret);
	rmdir(folder);
	rmdir(top);
	return 0;
}

static void start(enum fsdev_security security, bool readonly)
{
	if (!has_xattrs)
		skip();
	c_start(&c, folder, security, readonly);
	assert_int_equal(c_walk(&c, ROOT, FILE_FID, "file", NULL), 0);
}

static int walk(u32 fid, u32 to, const char *name)
{
	c_begin(&c, 30);
	c_put(&c, fid, 4);
	c_put(&c, to, 4);
	c_text(&c, name);
	return c_call(&c);
}

static int create(u32 fid, const char *name, u64 size, u32 flags)
{
	c_begin(&c, 32);
	c_put(&c, fid, 4);
	c_text(&c, name);
	c_put(&c, size, 8);
	c_put(&c, flags, 4);
	return c_call(&c);
}

/* As Linux does it: a fid of its own, which ends it. */
static int set(const char *name, const char *value, u32 flags)
{
	int err;

	assert_int_equal(c_walk(&c, FILE_FID, 9, NULL, NULL), 0);
	err = create(9, name, strlen(value), flags);
	if (!err && value[0])
		err = c_write(&c, 9, 0, value, (u32)strlen(value));
	if (err) {
		c_clunk(&c, 9);
		return err;
	}
	return c_clunk(&c, 9);
}

/* The value, or the list of names with blanks for zeroes, in c.in + c.at; or an error. */
static int value_of(const char *name, const char *want)
{
	int err = walk(FILE_FID, 8, name);
	u32 size = (u32)c_get(&c, 8);

	if (err)
		return err;
	assert_int_equal(size, strlen(want));
	assert_int_equal(c_read(&c, 8, 0, 4096), size);
	for (size_t i = c.at; i < c.len; i++)
		c.in[i] = c.in[i] ? c.in[i] : ' ';
	assert_memory_equal(c.in + c.at, want, size);
	assert_int_equal(c_read(&c, 8, size, 10), 0);
	assert_int_equal(c_read(&c, 8, ~0ull, 10), 0);
	assert_int_equal(c_clunk(&c, 8), 0);
	return 0;
}

static void test_values(void **state)
{
	static const enum fsdev_security models[] = {FSDEV_NONE, FSDEV_PASSTHROUGH, FSDEV_MAPPED};
	char host[16];

	for (u32 i = 0; i < ARRAY_SIZE(models); i++) {
		start(models[i], false);
		assert_int_equal(value_of("", ""), 0);
		assert_int_equal(value_of("user.a", ""), -ENODATA);
		assert_int_equal(set("user.a", "one", 0), 0);
		assert_int_equal(getxattr(file, "user.a", host, sizeof(host)), 3);
		assert_memory_equal(host, "one", 3);
		assert_int_equal(value_of("user.a", "one"), 0);
		assert_int_equal(value_of("", "user.a "), 0);
		assert_int_equal(set("user.a", "two!", XATTR_CREATE), -EEXIST);
		assert_int_equal(set("user.b", "two!", XATTR_REPLACE), -ENODATA);
		assert_int_equal(set("user.a", "two!", XATTR_REPLACE), 0);
		assert_int_equal(value_of("user.a", "two!"), 0);
		/* nothing is a value, too; to replace by nothing is to remove */
		assert_int_equal(set("user.e", "", XATTR_CREATE), 0);
		assert_int_equal(value_of("user.e", ""), 0);
		assert_int_equal(set("user.e", "", XATTR_REPLACE), 0);
		assert_int_equal(value_of("user.e", ""), -ENODATA);
		assert_int_equal(set("user.e", "", XATTR_REPLACE), -ENODATA);
		assert_int_equal(set("user.a", "", XATTR_REPLACE), 0);
		assert_int_equal(value_of("", ""), 0);
		fsdev_close(c.f);
	}
}

static void test_names(void **state)
{
	char longest[256];

	start(FSDEV_NONE, false);
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "user.", 5);
	longest[255] = 0;
	assert_int_equal(set(longest, "x", 0), 0);
	assert_int_equal(value_of(longest, "x"), 0);
	assert_int_equal(set(longest, "", XATTR_REPLACE), 0);
	assert_int_equal(set("security.capability", "x", 0), -EOPNOTSUPP);
	assert_int_equal(set("trusted.x", "x", 0), -EOPNOTSUPP);
	assert_int_equal(set("system.posix_acl_access", "x", 0), -EOPNOTSUPP);
	assert_int_equal(set("user.", "x", 0), -EOPNOTSUPP);
	assert_int_equal(set("", "x", 0), -EOPNOTSUPP);
	assert_int_equal(value_of("security.capability", ""), -EOPNOTSUPP);
	fsdev_close(c.f);

	/* what the mapping keeps there is not the guest's */
	start(FSDEV_MAPPED, false);
	assert_int_equal(setxattr(file, "user.virtfs.uid", "\1\0\0\0", 4, 0), 0);
	assert_int_equal(value_of("user.virtfs.uid", ""), -ENODATA);
	assert_int_equal(set("user.virtfs.uid", "abcd", 0), -EACCES);
	assert_int_equal(set("user.virtfs.uid", "", XATTR_REPLACE), -EACCES);
	assert_int_equal(set("user.z", "z", 0), 0);
	assert_int_equal(value_of("", "user.z "), 0);
	assert_int_equal(set("system.posix_acl_access", "acl", 0), 0);
	assert_int_equal(getxattr(file, "user.virtfs.system.posix_acl_access", NULL, 0), 3);
	assert_int_equal(value_of("system.posix_acl_access", "acl"), 0);
	assert_int_equal(set("user.z", "", XATTR_REPLACE), 0);
	assert_int_equal(value_of("", "system.posix_acl_access "), 0);
	assert_int_equal(set("system.posix_acl_access", "", XATTR_REPLACE), 0);
	assert_int_equal(removexattr(file, "user.virtfs.uid"), 0);
	fsdev_close(c.f);
}

static void test_sizes(void **state)
{
	char part[4000] = {0};
	u32 fids = 0;

	start(FSDEV_NONE, false);
	c_walk(&c, FILE_FID, 2, NULL, NULL);
	assert_int_equal(create(2, "user.a", MAX_VALUE + 1, 0), -E2BIG);
	assert_int_equal(create(2, "user.a", ~0ull, 0), -E2BIG);
	assert_int_equal(create(2, "user.a", 10, 4), -EINVAL);
	assert_int_equal(create(2, "user.a", 10, 0), 0);
	assert_int_equal(c_write(&c, 2, 1, "x", 1), -EINVAL);
	assert_int_equal(c_write(&c, 2, ~0ull, "x", 1), -EINVAL);
	assert_int_equal(c_write(&c, 2, 0, "12345", 5), 0);
	assert_int_equal(c_write(&c, 2, 5, "123456", 6), -ENOSPC);
	assert_int_equal(c_write(&c, 2, 3, "abc", 3), 0);
	assert_int_equal(c_read(&c, 2, 0, 10), -EBADF);
	/* half a value is none */
	assert_int_equal(c_clunk(&c, 2), -EINVAL);
	assert_int_equal(c_clunk(&c, 2), -EBADF);
	assert_int_equal(value_of("user.a", ""), -ENODATA);

	/* a fid of a value is nothing else, and not a folder's */
	assert_int_equal(set("user.a", "one", 0), 0);
	assert_int_equal(walk(FILE_FID, 2, "user.a"), 0);
	assert_int_equal(walk(FILE_FID, 2, "user.a"), -EINVAL);
	assert_int_equal(c_write(&c, 2, 0, "x", 1), -EBADF);
	assert_int_not_equal(c_open(&c, 2, O_RDWR), 0);
	assert_int_not_equal(c_walk(&c, 2, 3, NULL, NULL), 0);
	assert_int_not_equal(create(2, "user.b", 1, 0), 0);
	assert_int_not_equal(walk(2, 3, "user.a"), 0);
	assert_int_equal(c_clunk(&c, 2), 0);
	c_walk(&c, FILE_FID, 2, NULL, NULL);
	assert_int_equal(c_open(&c, 2, O_RDWR), 0);
	assert_int_equal(create(2, "user.b", 1, 0), -EINVAL);
	assert_int_equal(set("user.a", "", XATTR_REPLACE), 0);

	/* what a guest can make us hold has an end, and letting go helps */
	for (;; fids++) {
		assert_int_equal(c_walk(&c, FILE_FID, 100 + fids, NULL, NULL), 0);
		if (create(100 + fids, "user.a", MAX_VALUE, 0))
			break;
	}
	assert_in_range(fids, 16, 1024);
	assert_int_equal(c_write(&c, 100, 0, part, sizeof(part)), 0);
	assert_int_equal(c_clunk(&c, 100), -EINVAL);
	assert_int_equal(create(100 + fids, "user.a", MAX_VALUE, 0), 0);
	fsdev_close(c.f);
}

/* A link's attributes are the link's, and it can have none: not those of what it names. */
static void test_no_way_out(void **state)
{
	char link[96];

	start(FSDEV_NONE, false);
	snprintf(link, sizeof(link), "%s/out", folder);
	assert_int_equal(symlink("../secret", link), 0);
	assert_int_equal(setxattr(secret, "user.s", "s", 1, 0), 0);
	assert_int_equal(c_clunk(&c, FILE_FID), 0);
	assert_int_equal(c_walk(&c, ROOT, FILE_FID, "out", NULL), 0);
	assert_int_not_equal(set("user.x", "x", 0), 0);
	assert_int_not_equal(set("user.s", "", XATTR_REPLACE), 0);
	assert_int_not_equal(value_of("user.s", "s"), 0);
	assert_int_equal(value_of("", ""), 0);
	assert_int_equal(listxattr(secret, NULL, 0), sizeof("user.s"));
	fsdev_close(c.f);
	unlink(link);
}

static void test_readonly(void **state)
{
	start(FSDEV_NONE, true);
	assert_int_equal(set("user.a", "x", 0), -EROFS);
	assert_int_equal(setxattr(file, "user.r", "r", 1, 0), 0);
	assert_int_equal(value_of("user.r", "r"), 0);
	assert_int_equal(removexattr(file, "user.r"), 0);
	fsdev_close(c.f);
}

static void test_save(void **state)
{
	struct buffer b = {0};

	start(FSDEV_NONE, false);
	assert_int_equal(set("user.old", "value", 0), 0);
	assert_int_equal(walk(FILE_FID, 2, "user.old"), 0);
	c_walk(&c, FILE_FID, 3, NULL, NULL);
	assert_int_equal(create(3, "user.new", 6, 0), 0);
	assert_int_equal(c_write(&c, 3, 0, "abc", 3), 0);
	c_save(&c, &b);
	assert_int_equal(removexattr(file, "user.old"), 0);
	c_load(&c, &b, folder);
	assert_int_equal(c_read(&c, 2, 0, 10), 5);
	assert_memory_equal(c.in + c.at, "value", 5);
	assert_int_equal(c_write(&c, 3, 3, "def", 3), 0);
	assert_int_equal(c_clunk(&c, 3), 0);
	assert_int_equal(value_of("user.new", "abcdef"), 0);
	assert_int_equal(set("user.new", "", XATTR_REPLACE), 0);
	c_load_cut(&c, &b, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	   cmocka_unit_test(test_names),
		cmocka_unit_test(test_sizes),	   cmocka_unit_test(test_readonly),
		cmocka_unit_test(test_no_way_out), cmocka_unit_test(test_save),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
