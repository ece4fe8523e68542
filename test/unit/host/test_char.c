// SPDX-License-Identifier: GPL-2.0-or-later
/* What character back ends take when the other end is slow, and from several threads. */
#include "host/char.h"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/os.h"

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

/* --- processors write while the main loop connects, reads and hangs up --- */
enum { WRITERS = 4, PEERS = 20, LETTERS = 26 };

struct line {
	struct chardev *c;
	_Atomic bool stop;
	_Atomic u32 taken, room;
	u32 received, opened, closed, writable; /* the main loop's */
};

static size_t line_room(void *opaque)
{
	struct line *l = opaque;

	return l->room++ % 3 ? 16 : 0;
}

static void line_receive(void *opaque, const u8 *buf, size_t len)
{
	struct line *l = opaque;

	l->received += (u32)len;
}

static void line_opened(void *opaque)
{
	((struct line *)opaque)->opened++;
}

static void line_closed(void *opaque)
{
	((struct line *)opaque)->closed++;
}

static void line_writable(void *opaque)
{
	((struct line *)opaque)->writable++;
}

static const struct char_events line_events = {line_room, line_receive, line_opened, line_closed,
					       line_writable};

/* What a virtual processor does with a serial line. */
static void write_main(void *opaque)
{
	struct line *l = opaque;
	u8 buf[100];

	for (u32 i = 0; !l->stop; i++) {
		memset(buf, 'a' + (int)(i % LETTERS), sizeof(buf));
		l->taken += (u32)chardev_write(l->c, buf, 1 + i % sizeof(buf));
		chardev_accept(l->c);
		if (i % 64 == 0)
			os_thread_yield();
	}
}

static int connect_to(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	g_strlcpy(a.sun_path, path, sizeof(a.sun_path));
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static void turn(u32 times)
{
	while (times--)
		g_main_context_iteration(NULL, false);
}

static void test_threads(void **state)
{
	char *folder = g_dir_make_tmp("pv-char-XXXXXX", NULL),
	     *path = g_build_filename(folder, "socket", NULL),
	     *spec = g_strconcat("unix:", path, ",server=on,wait=off", NULL);
	struct os_thread threads[WRITERS];
	struct line l = {0};
	struct error e = {0};
	u8 buf[256];

	assert_int_equal(chardev_open(spec, "test", NULL, &l.c, &e), 0);
	for (u32 i = 0; i < WRITERS; i++)
		assert_int_equal(os_thread_create(&threads[i], "writer", write_main, &l), 0);
	for (u32 peer = 1; peer <= PEERS; peer++) {
		size_t got = 0;
		int fd;

		chardev_attach(l.c, &line_events, &l);
		fd = connect_to(path);
		for (u32 i = 0; i < 10000 && (got < 2000 || l.received < peer * 8); i++) {
			ssize_t n = read(fd, buf, sizeof(buf));

			for (ssize_t k = 0; k < n; k++)
				assert_in_range(buf[k], 'a', 'z');
			got += n > 0 ? (size_t)n : 0;
			if (i == 10)
				assert_int_equal(write(fd, "12345678", 8), 8);
			turn(4);
			if (i > 100)
				g_usleep(100);
		}
		assert_true(got >= 2000);
		assert_int_equal(l.opened, peer);
		assert_int_equal(l.received, peer * 8);
		close(fd);
		for (u32 i = 0; i < 10000 && l.closed < peer; i++) {
			turn(4);
			g_usleep(100);
		}
		assert_int_equal(l.closed, peer);
		/* without a device, and with one again */
		chardev_attach(l.c, NULL, NULL);
		turn(10);
	}
	l.stop = true;
	for (u32 i = 0; i < WRITERS; i++)
		os_thread_join(&threads[i]);
	chardev_close(l.c);
	turn(100);
	g_rmdir(folder);
	g_free(spec);
	g_free(path);
	g_free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_pipe),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
