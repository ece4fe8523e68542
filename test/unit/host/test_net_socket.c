// SPDX-License-Identifier: GPL-2.0-or-later
/* Networks over sockets: frames between two of them, and peers that come, go and speak nonsense. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/endian.h"
#include "base/log.h"
#include "host/net_private.h"
#include "os/os.h"

enum { MANY = 2000, WAIT_S = 60, SEEN_MAX = 4096 };

static const struct net_offload none;
static char folder[] = "/tmp/pvnetXXXXXX";

struct sink {
	struct net_backend *n;
	struct os_mutex lock;
	struct os_cond cond;
	bool refuse;
	u32 count;
	size_t last_len;
	u8 last[NET_FRAME_MAX];
	u32 numbers[SEEN_MAX]; /* behind the header of each frame */
};

static bool on_frame(void *opaque, u32 queue, const struct net_offload *o, const u8 *frame,
		     size_t len)
{
	struct sink *s = opaque;
	bool taken;

	os_mutex_lock(&s->lock);
	taken = !s->refuse;
	if (taken) {
		assert_true(s->count < SEEN_MAX && len >= 14 && !o->flags && !o->gso);
		s->numbers[s->count++] = len >= 18 ? ld_be32(frame + 14) : 0;
		s->last_len = len;
		memcpy(s->last, frame, len);
		os_cond_broadcast(&s->cond);
	}
	os_mutex_unlock(&s->lock);
	return taken;
}

static struct sink *open_sink(struct net_options o)
{
	struct sink *s = g_new0(struct sink, 1);
	struct error e = {""};

	if (o.fd <= 0)
		o.fd = -1;
	os_mutex_init(&s->lock);
	os_cond_init(&s->cond);
	if (net_open(&o, "test", &s->n, &e))
		fail_msg("%s", e.text);
	net_attach(s->n, on_frame, s);
	return s;
}

static void close_sink(struct sink *s)
{
	net_attach(s->n, NULL, NULL);
	net_close(s->n);
	os_mutex_destroy(&s->lock);
	os_cond_destroy(&s->cond);
	g_free(s);
}

static void wait_count(struct sink *s, u32 count)
{
	u64 end = os_clock_ns() + WAIT_S * 1000000000ull;

	os_mutex_lock(&s->lock);
	while (s->count < count)
		if (!os_cond_wait_until(&s->cond, &s->lock, end))
			fail_msg("%u frames of %u", s->count, count);
	os_mutex_unlock(&s->lock);
}

/* The longest frame is sent once, and last. */
static void wait_last(struct sink *s, size_t len)
{
	u64 end = os_clock_ns() + WAIT_S * 1000000000ull;

	os_mutex_lock(&s->lock);
	while (s->last_len != len)
		if (!os_cond_wait_until(&s->cond, &s->lock, end))
			fail_msg("the last frame has %zu bytes, not %zu", s->last_len, len);
	os_mutex_unlock(&s->lock);
}

static u32 count_of(struct sink *s)
{
	u32 count;

	os_mutex_lock(&s->lock);
	count = s->count;
	os_mutex_unlock(&s->lock);
	return count;
}

static void send_number(struct sink *s, u32 number, size_t len)
{
	static u8 frame[NET_FRAME_MAX];
	struct iovec iov[2] = {{frame, 14}, {frame + 14, len - 14}};

	memset(frame, (int)number, len);
	st_be32(frame + 14, number);
	net_send(s->n, 0, &none, iov, 2);
	net_flush(s->n);
}

/* Datagrams and peers that are not there yet lose frames: until one comes. */
static void send_until(struct sink *from, struct sink *to, u32 number)
{
	bool there = false;

	for (u32 i = 0; i < WAIT_S * 100 && !there; i++) {
		send_number(from, number, 60);
		g_usleep(10000);
		os_mutex_lock(&to->lock);
		there = to->count && to->numbers[to->count - 1] == number;
		os_mutex_unlock(&to->lock);
	}
	assert_true(there);
}

static const char *address(const char *name)
{
	static char text[4][64];
	static u32 next;
	char *t = text[next++ % 4];

	snprintf(t, sizeof(text[0]), "unix:%s/%s", folder, name);
	return t;
}

static u32 port(void)
{
	return 20000 + (u32)(getpid() * 7 + rand()) % 30000;
}

/* --- streams --- */
static void both_ways(struct sink *a, struct sink *b)
{
	send_until(a, b, 1);
	send_until(b, a, 2);
	send_number(a, 3, NET_FRAME_MAX);
	wait_last(b, NET_FRAME_MAX);
	assert_int_equal(b->last[NET_FRAME_MAX - 1], 3);
}

static void test_stream(void **state)
{
	const char *at = address("s");
	struct sink *a = open_sink(
			    (struct net_options){.kind = NET_STREAM, .server = true, .local = at}),
		    *b = open_sink((struct net_options){.kind = NET_STREAM, .remote = at});

	both_ways(a, b);
	close_sink(b);
	close_sink(a);
	assert_int_equal(access(at + 5, F_OK), -1);
}

static void test_tcp(void **state)
{
	struct error e;
	struct net_backend *n;
	char at[32];
	struct net_options o = {.kind = NET_STREAM, .server = true, .local = at, .fd = -1};
	struct sink *a, *b;

	do
		snprintf(at, sizeof(at), "127.0.0.1:%u", port());
	while (net_open(&o, "test", &n, &e));
	net_close(n);
	a = open_sink(o);
	b = open_sink((struct net_options){.kind = NET_STREAM, .remote = at});
	both_ways(a, b);
	close_sink(a);
	close_sink(b);
}

/* All of what fits arrives in order, while the receiver has no room for a while. */
static void test_order(void **state)
{
	struct sink *a, *b;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	a = open_sink((struct net_options){.kind = NET_STREAM, .fd = fds[0]});
	b = open_sink((struct net_options){.kind = NET_STREAM, .fd = fds[1]});
	os_mutex_lock(&b->lock);
	b->refuse = true;
	os_mutex_unlock(&b->lock);
	for (u32 i = 0; i < MANY; i++)
		send_number(a, i, 60 + i % 400);
	g_usleep(50000);
	os_mutex_lock(&b->lock);
	b->refuse = false;
	os_mutex_unlock(&b->lock);
	net_ready(b->n, 0);
	wait_count(b, MANY);
	for (u32 i = 0; i < MANY; i++)
		assert_int_equal(b->numbers[i], i);
	close_sink(a);
	close_sink(b);
}

/* A server takes the next peer when one has gone; a client with reconnect= comes again. */
static void test_reconnect(void **state)
{
	const char *at = address("r");
	struct net_options server = {.kind = NET_STREAM, .server = true, .local = at, .fd = -1};
	struct sink *a, *b = open_sink((struct net_options){
				.kind = NET_STREAM, .remote = at, .reconnect = 1});

	send_number(b, 9, 60); /* nobody hears it */
	for (u32 round = 0; round < 2; round++) {
		a = open_sink(server);
		send_until(b, a, 10 + round);
		send_until(a, b, 20 + round);
		close_sink(a);
	}
	a = open_sink(server);
	close_sink(b);
	b = open_sink((struct net_options){.kind = NET_STREAM, .remote = at});
	send_until(b, a, 30);
	close_sink(b);
	b = open_sink((struct net_options){.kind = NET_STREAM, .remote = at});
	send_until(b, a, 31);
	close_sink(b);
	close_sink(a);
}

/* Frames in any pieces; too short ones are left out; an impossible length ends the connection. */
static void test_nonsense(void **state)
{
	static const u32 bad[] = {NET_FRAME_MAX + 1, 0x7fffffff, 0x80000000, 0xffffffff};
	u8 raw[4 + 60] = {0, 0, 0, 60}, tiny[4 + 13] = {0, 0, 0, 13}, empty[4] = {0}, head[4], c;
	struct sink *a;
	int fds[2];

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		a = open_sink((struct net_options){.kind = NET_STREAM, .fd = fds[0]});
		for (u32 j = 0; j < sizeof(raw); j++)
			assert_int_equal(write(fds[1], raw + j, 1), 1);
		assert_int_equal(write(fds[1], tiny, sizeof(tiny)), sizeof(tiny));
		assert_int_equal(write(fds[1], empty, sizeof(empty)), sizeof(empty));
		assert_int_equal(write(fds[1], raw, sizeof(raw)), sizeof(raw));
		wait_count(a, 2);
		assert_int_equal(a->last_len, 60);
		st_be32(head, bad[i]);
		assert_int_equal(write(fds[1], head, 4), 4);
		/* the other end is closed */
		assert_int_equal(read(fds[1], &c, 1), 0);
		send_number(a, 1, 60);
		assert_int_equal(a->count, 2);
		close_sink(a);
		close(fds[1]);
	}
}

/* --- datagrams --- */
static void test_dgram(void **state)
{
	const char *left = address("l"), *right = address("m");
	struct sink *a = open_sink((struct net_options){
			    .kind = NET_DGRAM, .local = left, .remote = right}),
		    *b = open_sink((struct net_options){
			    .kind = NET_DGRAM, .local = right, .remote = left});
	u8 small[13] = {0};
	struct sockaddr_storage to = {.ss_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	u32 before;

	send_until(a, b, 1);
	send_until(b, a, 2);
	before = count_of(b);
	strcpy((char *)&to + 2, right + 5);
	assert_int_equal(sendto(fd, small, sizeof(small), 0, (void *)&to,
				(socklen_t)(2 + strlen(right + 5) + 1)),
			 sizeof(small));
	send_until(a, b, 3);
	assert_true(count_of(b) > before);
	wait_last(b, 60);
	close(fd);
	close_sink(a);
	close_sink(b);
}

static void test_udp(void **state)
{
	char left[32], right[32];
	u32 p = port();
	struct sink *a, *b;

	snprintf(left, sizeof(left), "127.0.0.1:%u", p);
	snprintf(right, sizeof(right), "127.0.0.1:%u", p + 1);
	a = open_sink((struct net_options){.kind = NET_DGRAM, .local = left, .remote = right});
	send_number(a, 1, 60); /* nobody is there, which does no harm */
	b = open_sink((struct net_options){.kind = NET_DGRAM, .local = right, .remote = left});
	send_until(a, b, 2);
	send_until(b, a, 3);
	close_sink(a);
	close_sink(b);
}

/* Every member of a group but the sender hears it. */
static void test_group(void **state)
{
	char group[32];
	struct net_options o = {
		.kind = NET_DGRAM, .local = "127.0.0.1:0", .remote = group, .fd = -1};
	struct sink *s[3];

	snprintf(group, sizeof(group), "239.255.7.9:%u", port());
	for (u32 i = 0; i < 3; i++)
		s[i] = open_sink(o);
	send_until(s[0], s[1], 5);
	send_until(s[0], s[2], 6);
	assert_int_equal(s[0]->count, 0);
	send_until(s[1], s[0], 7);
	for (u32 i = 0; i < 3; i++)
		close_sink(s[i]);
}

static void test_refused(void **state)
{
	static const struct net_options wrong[] = {
		{.kind = NET_STREAM, .remote = "unix:/nowhere/at/all", .fd = -1},
		{.kind = NET_STREAM, .remote = "no address", .fd = -1},
		{.kind = NET_STREAM, .server = true, .local = "unix:/nowhere/at/all", .fd = -1},
		{.kind = NET_STREAM, .remote = "unix:", .fd = -1},
		{.kind = NET_DGRAM, .local = "127.0.0.1:1", .remote = "127.0.0.1", .fd = -1},
		{.kind = NET_DGRAM, .local = "192.0.2.1:9", .remote = "127.0.0.1:9", .fd = -1},
		{.kind = NET_DGRAM, .fd = 0x7fff},
	};

	for (u32 i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct net_backend *n;
		struct error e = {""};

		if (!net_open(&wrong[i], "test", &n, &e))
			fail_msg("case %u is taken", i);
		assert_true(strlen(e.text) > 10);
	}
}

static int setup(void **state)
{
	srand((unsigned)getpid());
	return !mkdtemp(folder);
}

static int teardown(void **state)
{
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream),	 cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_order),	 cmocka_unit_test(test_reconnect),
		cmocka_unit_test(test_nonsense), cmocka_unit_test(test_dgram),
		cmocka_unit_test(test_udp),	 cmocka_unit_test(test_group),
		cmocka_unit_test(test_refused),
	};

	log_set(0, NULL, NULL);
	return cmocka_run_group_tests(tests, setup, teardown);
}
