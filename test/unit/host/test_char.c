// SPDX-License-Identifier: GPL-2.0-or-later
/* What character back ends take when the other end is slow. */
#include "host/char.h"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROUNDS = 40000 };

static size_t read_all(int fd, u8 *to, size_t max)
{
	size_t got = 0;
	ssize_t n;

	while (got < max && (n = read(fd, to + got, max - got)) > 0)
		got += (size_t)n;
	return got;
}

/* A pipe that is full takes nothing and loses nothing: standard output's reader may be slow. */
static void test_full_pipe(void **state)
{
	char *folder = g_dir_make_tmp("pv-char-XXXXXX", NULL);
	char *path = g_build_filename(folder, "fifo", NULL),
	     *spec = g_strconcat("file:", path, NULL);
	u8 *sent = g_malloc0(ROUNDS * 16), *got = g_malloc0(ROUNDS * 16);
	size_t nr_sent = 0, nr_got = 0, refused = 0;
	struct error e = {0};
	struct chardev *c;
	int fd;

	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	assert_int_equal(chardev_open(spec, "test", NULL, &c, &e), 0);
	for (u32 i = 0; i < ROUNDS; i++) {
		size_t n, len = 1 + i % 16;

		for (size_t k = 0; k < len; k++)
			sent[nr_sent + k] = (u8)(i * 7 + k);
		n = chardev_write(c, sent + nr_sent, len);
		assert_true(n <= len);
		nr_sent += n;
		if (n < len) {
			refused++;
			nr_got += read_all(fd, got + nr_got, ROUNDS * 16 - nr_got);
		}
	}
	nr_got += read_all(fd, got + nr_got, ROUNDS * 16 - nr_got);
	assert_true(refused > 0);
	assert_int_equal(nr_got, nr_sent);
	assert_memory_equal(got, sent, nr_sent);
	chardev_close(c);
	close(fd);
	g_unlink(path);
	g_rmdir(folder);
	g_free(spec);
	g_free(path);
	g_free(folder);
	g_free(sent);
	g_free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
