// SPDX-License-Identifier: GPL-2.0-or-later
/* The host's side of sockets: what programs say, bytes both ways, programs that are slow, deaf,
 * gone or too many; the test is the guest. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "host/vsock_private.h"

enum { WAIT_S = 60, BIG = 256 << 10, SHORT_MS = 100 };

static char folder[] = "/tmp/pvvsockXXXXXX";
static char path[64];

struct guest {
	struct vsock_hub *h;
	struct os_mutex lock;
	struct os_cond cond;
	bool ready;
	u32 events; /* of the last stream that next() returned */
};

static void on_ready(void *opaque)
{
	struct guest *g = opaque;

	os_mutex_lock(&g->lock);
	g->ready = true;
	os_cond_signal(&g->cond);
	os_mutex_unlock(&g->lock);
}

static struct guest *start(void)
{
	struct guest *g = g_new0(struct guest, 1);
	struct error e = {""};

	os_mutex_init(&g->lock);
	os_cond_init(&g->cond);
	if (vsock_open(path, on_ready, g, &g->h, &e))
		fail_msg("%s", e.text);
	vsock_accept(g->h, true);
	return g;
}

static void stop(struct guest *g)
{
	vsock_close(g->h);
	os_cond_destroy(&g->cond);
	os_mutex_destroy(&g->lock);
	g_free(g);
}

/* NULL: nothing happens for so long. */
static struct vsock_stream *next_within(struct guest *g, u32 ms)
{
	u64 end = os_clock_ns() + ms * 1000000ull;
	bool in_time = true;

	while (in_time) {
		struct vsock_stream *s = vsock_next(g->h, &g->events);

		if (s)
			return s;
		os_mutex_lock(&g->lock);
		while (!g->ready && in_time)
			in_time = os_cond_wait_until(&g->cond, &g->lock, end);
		g->ready = false;
		os_mutex_unlock(&g->lock);
	}
	return NULL;
}

static struct vsock_stream *next(struct guest *g)
{
	struct vsock_stream *s = next_within(g, WAIT_S * 1000);

	assert_non_null(s);
	return s;
}

/* Until the stream has such an event. */
static void wait_event(struct guest *g, struct vsock_stream *s, u32 event)
{
	do
		assert_ptr_equal(next(g), s);
	while (!(g->events & event));
}

/* --- programs --- */
static struct sockaddr_un name(const char *suffix)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "%s%s", path, suffix);
	return a;
}

static int dial(const char *text)
{
	struct sockaddr_un a = name("");
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (void *)&a, sizeof(a)), 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static int listen_at(const char *suffix, int backlog)
{
	struct sockaddr_un a = name(suffix);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	unlink(a.sun_path);
	assert_int_equal(bind(fd, (void *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void write_bytes(struct vsock_stream *s, const u8 *data, u64 len)
{
	struct iovec iov[2] = {{(void *)data, 5}, {(u8 *)data + 5, len - 5}};

	vsock_write(s, iov, 2, 3, len - 3);
}

static size_t read_all(int fd, u8 *to, size_t size)
{
	size_t got = 0;
	ssize_t n;

	while (got < size && (n = read(fd, to + got, size - got)) > 0)
		got += (size_t)n;
	return got;
}

static void test_lines(void **state)
{
	static const char *const bad[] = {"CONNECT\n",
					  "CONNECT x\n",
					  "CONNECT 5 6\n",
					  "CONNECT -1\n",
					  "\n",
					  "GET / HTTP/1.0\n",
					  "CONNECT 4294967296\n",
					  "CONNECT 00000000000001\n"};
	struct guest *g = start();
	struct vsock_stream *s;
	struct iovec iov;
	char text[32];
	int fd;

	for (u32 i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fd = dial(bad[i]);
		assert_true(read(fd, text, 1) <= 0);
		close(fd);
	}
	assert_null(next_within(g, SHORT_MS));
	/* what stands behind the line is the guest's */
	fd = dial("connect 42949");
	g_usleep(10000);
	assert_int_equal(write(fd, "67295\nfirst", 11), 11);
	s = next(g);
	assert_true(g->events & VSOCK_NEW);
	assert_null(vsock_owner(s));
	assert_int_equal(vsock_port(s), 4294967295u);
	vsock_own(s, g);
	assert_ptr_equal(vsock_owner(s), g);
	vsock_welcome(s, 77);
	assert_int_equal(read(fd, text, sizeof(text)), 6);
	assert_memory_equal(text, "OK 77\n", 6);
	iov = (struct iovec){text, sizeof(text)};
	assert_int_equal(vsock_read(s, &iov, 1, 1, 30), 5);
	assert_memory_equal(text + 1, "first", 5);
	assert_int_equal(vsock_read(s, &iov, 1, 0, 1), -EAGAIN);
	vsock_end(s);
	assert_int_equal(read(fd, text, 1), 0);
	close(fd);
	/* nobody is there to answer */
	vsock_accept(g->h, false);
	fd = dial("CONNECT 1\n");
	assert_true(read(fd, text, 1) <= 0);
	close(fd);
	/* a program that goes before it said anything */
	close(dial("CONN"));
	stop(g);
	assert_int_equal(access(path, F_OK), -1);
}

/* A half at a time, then the program closes. */
static void test_halves(void **state)
{
	struct guest *g = start();
	int fd = dial("CONNECT 1\n");
	struct vsock_stream *s = next(g);
	char c = 0;
	struct iovec iov = {&c, 1};

	vsock_shut(s, false, true);
	assert_int_equal(read(fd, &c, 1), 0);
	assert_int_equal(write(fd, "x", 1), 1);
	wait_event(g, s, VSOCK_READABLE);
	assert_int_equal(vsock_read(s, &iov, 1, 0, 1), 1);
	assert_int_equal(c, 'x');
	shutdown(fd, SHUT_WR);
	wait_event(g, s, VSOCK_READABLE);
	assert_int_equal(vsock_read(s, &iov, 1, 0, 1), 0);
	vsock_end(s);
	close(fd);
	/* the guest reads no more */
	fd = dial("CONNECT 2\n");
	s = next(g);
	vsock_shut(s, true, false);
	assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	close(fd);
	wait_event(g, s, VSOCK_DEAF);
	/* goes nowhere */
	vsock_write(s, &iov, 1, 0, 1);
	assert_int_equal(vsock_waiting(s), 0);
	vsock_end(s);
	stop(g);
}

static void fill(u8 *data)
{
	for (u32 i = 0; i < BIG; i++)
		data[i] = (u8)(i * 7 + i / 256);
}

static void test_slow(void **state)
{
	static u8 data[BIG], got[2 * BIG];
	struct guest *g = start();
	int fd = dial("CONNECT 1\n");
	struct vsock_stream *s = next(g);

	fill(data);
	write_bytes(s, data, BIG);
	write_bytes(s, data, BIG);
	assert_true(vsock_waiting(s) > 0);
	vsock_shut(s, false, true);
	assert_int_equal(read_all(fd, got, sizeof(got)), 2 * (BIG - 3));
	assert_memory_equal(got, data + 3, BIG - 3);
	assert_memory_equal(got + BIG - 3, data + 3, BIG - 3);
	wait_event(g, s, VSOCK_WRITTEN);
	assert_int_equal(vsock_waiting(s), 0);
	vsock_end(s);
	close(fd);
	/* ended, and all of it arrives */
	fd = dial("CONNECT 1\n");
	s = next(g);
	write_bytes(s, data, BIG);
	write_bytes(s, data, BIG);
	vsock_end(s);
	assert_int_equal(read_all(fd, got, sizeof(got)), 2 * (BIG - 3));
	close(fd);
	/* a program that goes meanwhile */
	fd = dial("CONNECT 1\n");
	s = next(g);
	write_bytes(s, data, BIG);
	write_bytes(s, data, BIG);
	close(fd);
	wait_event(g, s, VSOCK_DEAF);
	assert_int_equal(vsock_waiting(s), 0);
	vsock_end(s);
	stop(g);
}

struct reader {
	int fd;
	size_t len;
	u8 got[2 * BIG];
};

static void read_later(void *opaque)
{
	struct reader *r = opaque;

	g_usleep(200000);
	r->len = read_all(r->fd, r->got, sizeof(r->got));
}

/* The machine ends while a program is slow; another never reads. */
static void test_close(void **state)
{
	static u8 data[BIG];
	static struct reader r;
	struct guest *g = start();
	struct os_thread thread;
	struct vsock_stream *s;
	u64 began;
	int fd;

	fill(data);
	r.fd = dial("CONNECT 1\n");
	s = next(g);
	write_bytes(s, data, BIG);
	write_bytes(s, data, BIG);
	assert_int_equal(os_thread_create(&thread, "reader", read_later, &r), 0);
	stop(g);
	os_thread_join(&thread);
	assert_int_equal(r.len, 2 * (BIG - 3));
	close(r.fd);
	g = start();
	fd = dial("CONNECT 1\n");
	s = next(g);
	write_bytes(s, data, BIG);
	write_bytes(s, data, BIG);
	began = os_clock_ns();
	stop(g);
	assert_true(os_clock_ns() - began >= 1900000000ull);
	close(fd);
}

static void test_connect(void **state)
{
	struct guest *g = start();
	int listener = listen_at("_9", 0), fd;
	struct vsock_stream *s, *waiting;
	struct sockaddr_un a = name("_9");
	char c = 0;

	assert_null(vsock_connect(g->h, 8, g));
	s = vsock_connect(g->h, 9, g);
	assert_non_null(s);
	wait_event(g, s, VSOCK_CONNECTED);
	/* there is room for one in the listener's queue */
	waiting = vsock_connect(g->h, 9, g);
	assert_non_null(waiting);
	fd = accept(listener, NULL, NULL);
	wait_event(g, waiting, VSOCK_CONNECTED);
	vsock_write(s, &(struct iovec){(void *)"z", 1}, 1, 0, 1);
	assert_int_equal(read(fd, &c, 1), 1);
	assert_int_equal(c, 'z');
	vsock_end(s);
	close(fd);
	/* it never takes one more; one that nobody wants any more */
	s = vsock_connect(g->h, 9, g);
	vsock_end(vsock_connect(g->h, 9, g));
	assert_non_null(s);
	wait_event(g, s, VSOCK_REFUSED);
	vsock_end(s);
	vsock_end(waiting);
	/* it goes meanwhile */
	s = vsock_connect(g->h, 9, g);
	assert_non_null(s);
	close(listener);
	unlink(a.sun_path);
	wait_event(g, s, VSOCK_REFUSED);
	vsock_end(s);
	stop(g);
}

static void test_many(void **state)
{
	static struct vsock_stream *all[VSOCK_STREAMS_MAX];
	static int fds[VSOCK_STREAMS_MAX + 1];
	struct guest *g = start();
	int listener = listen_at("_9", 4);

	for (u32 i = 0; i < VSOCK_STREAMS_MAX; i++) {
		fds[i] = dial("CONNECT 3\n");
		all[i] = next(g);
	}
	assert_null(vsock_connect(g->h, 9, g));
	fds[VSOCK_STREAMS_MAX] = dial("CONNECT 4\n");
	assert_null(next_within(g, SHORT_MS));
	vsock_end(all[7]);
	all[7] = next(g);
	assert_int_equal(vsock_port(all[7]), 4);
	for (u32 i = 0; i < VSOCK_STREAMS_MAX; i++)
		vsock_end(all[i]);
	for (u32 i = 0; i <= VSOCK_STREAMS_MAX; i++)
		close(fds[i]);
	close(listener);
	stop(g);
}

/* A process without descriptors for a while. */
static void test_starved(void **state)
{
	struct guest *g = start();
	int fds[4096], n = 0, fd;
	struct rlimit limit, few;

	getrlimit(RLIMIT_NOFILE, &limit);
	few = limit;
	few.rlim_cur = 200;
	setrlimit(RLIMIT_NOFILE, &few);
	while (n < 4096 && (fds[n] = dup(0)) >= 0)
		n++;
	assert_true(n > 1);
	close(fds[--n]);
	fd = dial("CONNECT 3\n");
	assert_null(next_within(g, SHORT_MS));
	while (n)
		close(fds[--n]);
	setrlimit(RLIMIT_NOFILE, &limit);
	vsock_end(next(g));
	close(fd);
	stop(g);
}

static void refused(const char *at, const char *why)
{
	struct error e = {""};
	struct vsock_hub *h;

	assert_true(vsock_open(at, on_ready, NULL, &h, &e) < 0);
	if (!strstr(e.text, why))
		fail_msg("%s", e.text);
}

static void test_names(void **state)
{
	struct guest *g = start();
	char text[200];

	refused(path, "is in use");
	stop(g);
	/* what another process left behind goes, what is no socket stays */
	close(listen_at("", 1));
	g = start();
	stop(g);
	fclose(fopen(path, "w"));
	refused(path, "in use");
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	memset(text, 'x', sizeof(text));
	text[100] = 0;
	refused(text, "too long");
	refused("", "is empty");
	refused("/nonexistent/socket", "No such file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	cmocka_unit_test(test_halves),
		cmocka_unit_test(test_slow),	cmocka_unit_test(test_close),
		cmocka_unit_test(test_connect), cmocka_unit_test(test_many),
		cmocka_unit_test(test_starved), cmocka_unit_test(test_names),
	};
	char all[96];
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/v", folder);
	failed = cmocka_run_group_tests_name("host vsock", tests, NULL, NULL);
	snprintf(all, sizeof(all), "%s_9", path);
	unlink(all);
	rmdir(folder);
	return failed;
}
