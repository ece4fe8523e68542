// SPDX-License-Identifier: GPL-2.0-or-later
/* What networks do for cards: checksums, frames that become several and one again, frames that
 * wait, receivers that take less than they are given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "host/net_private.h"

enum { HEADERS = 54, MSS = 1460, MAX_FRAMES = 64 };

struct sink {
	struct net_backend n;
	u32 count, refuse, resumed;
	struct net_offload o[MAX_FRAMES];
	size_t len[MAX_FRAMES];
	u8 *frame[MAX_FRAMES];
};

static bool on_frame(void *opaque, u32 queue, const struct net_offload *o, const u8 *frame,
		     size_t len)
{
	struct sink *s = opaque;

	if (s->refuse)
		return false;
	assert_true(s->count < MAX_FRAMES);
	s->o[s->count] = *o;
	s->len[s->count] = len;
	s->frame[s->count++] = g_memdup2(frame, len);
	return true;
}

static void nothing(struct net_backend *n)
{
}

static void resume(struct net_backend *n, u32 queue)
{
	((struct sink *)n)->resumed++;
}

static void forget(struct sink *s)
{
	while (s->count)
		g_free(s->frame[--s->count]);
}

static void setup(struct sink *s, u32 takes)
{
	static const struct net_ops ops = {.flush = nothing, .resume = resume, .take = nothing};

	memset(s, 0, sizeof(*s));
	net_init(&s->n, "test");
	s->n.ops = &ops;
	net_attach(&s->n, on_frame, s);
	net_take(&s->n, takes);
	s->resumed = 0;
}

static void teardown(struct sink *s)
{
	forget(s);
	net_attach(&s->n, NULL, NULL);
	net_destroy(&s->n);
}

/* The plain way, sixteen bits at a time. */
static u16 reference(const u8 *p, size_t len, u32 sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (u32)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

static bool sums_right(const u8 *f, size_t len)
{
	u32 tcp_len = (u32)len - 34, sum = 6 + tcp_len;

	for (u32 i = 26; i < 34; i += 2)
		sum += ld_be16(f + i);
	return !reference(f + 14, 20, 0) && !reference(f + 34, tcp_len, sum);
}

/* A TCP frame with `data` bytes of a stream that begins at 0xfffff000; sums are as a card leaves
 * them to be done. */
static size_t tcp_frame(u8 *f, u32 seq, u32 data, u8 flags)
{
	u32 sum = 6 + 20 + data;

	memset(f, 0, HEADERS);
	memcpy(f, "\x52\x54\0\1\2\3\x52\x54\0\4\5\6\x08\0", 14);
	f[14] = 0x45;
	st_be16(f + 16, (u16)(40 + data));
	st_be16(f + 18, 0x1234);
	f[22] = 64;
	f[23] = 6;
	memcpy(f + 26, "\12\0\2\2\12\0\2\17", 8);
	st_be16(f + 24, reference(f + 14, 20, 0));
	st_be16(f + 34, 5001);
	st_be16(f + 36, 40000);
	st_be32(f + 38, 0xfffff000 + seq);
	st_be32(f + 42, 77);
	f[46] = 0x50;
	f[47] = flags;
	st_be16(f + 48, 8192);
	for (u32 i = 26; i < 34; i += 2)
		sum += ld_be16(f + i);
	st_be16(f + 50, (u16)~reference(NULL, 0, sum));
	for (u32 i = 0; i < data; i++)
		f[HEADERS + i] = (u8)((seq + i) * 31 >> 2);
	return HEADERS + data;
}

static const struct net_offload whole;
static const struct net_offload sum_only = {
	.flags = NET_NEEDS_CSUM, .csum_start = 34, .csum_offset = 16};
static const struct net_offload large = {
	.flags = NET_NEEDS_CSUM,
	.gso = NET_GSO_TCP4,
	.header_len = HEADERS,
	.gso_size = MSS,
	.csum_start = 34,
	.csum_offset = 16,
};

static void test_checksum(void **state)
{
	struct net_offload o = {.flags = NET_NEEDS_CSUM};
	u8 f[4096], *odd = malloc(77);

	for (u32 data = 0; data < 300; data++) {
		size_t len = tcp_frame(f, data, data, 0x10);

		assert_true(net_checksum(&sum_only, f, len));
		assert_true(sums_right(f, len));
	}
	/* all ones: every addition carries; at the end of memory */
	memset(odd, 0xff, 77);
	odd[70] = odd[71] = 0;
	o.csum_start = 1;
	o.csum_offset = 69;
	assert_true(net_checksum(&o, odd, 77));
	/* where there is no frame */
	o.csum_start = 77;
	o.csum_offset = 0;
	assert_false(net_checksum(&o, odd, 77));
	o.csum_start = 70;
	o.csum_offset = 6;
	assert_false(net_checksum(&o, odd, 77));
	o.csum_offset = 0xffff;
	assert_false(net_checksum(&o, odd, 77));
	free(odd);
}

static void test_split(void **state)
{
	u8 *f = malloc(NET_FRAME_MAX), want[HEADERS + MSS];
	struct sink s;
	size_t len;

	setup(&s, 0);
	/* to a receiver that takes nothing undone */
	len = tcp_frame(f, 0, 3 * MSS + 7, 0x10 | 8 | 1);
	assert_true(net_deliver(&s.n, 0, &large, f, len));
	assert_int_equal(s.count, 4);
	for (u32 i = 0; i < 4; i++) {
		size_t n = tcp_frame(want, i * MSS, i < 3 ? MSS : 7, i < 3 ? 0x10 : 0x19);

		assert_int_equal(s.len[i], n);
		assert_true(sums_right(s.frame[i], n));
		assert_int_equal(ld_be16(s.frame[i] + 18), 0x1234 + i);
		assert_int_equal(s.o[i].flags, 0);
		/* but for what sums and numbers differ in */
		memcpy(s.frame[i] + 18, want + 18, 2);
		memcpy(s.frame[i] + 24, want + 24, 2);
		memcpy(s.frame[i] + 50, want + 50, 2);
		assert_memory_equal(s.frame[i], want, n);
	}
	forget(&s);
	/* sums alone */
	len = tcp_frame(f, 0, 100, 0x10);
	net_deliver(&s.n, 0, &sum_only, f, len);
	assert_int_equal(s.count, 1);
	assert_true(sums_right(s.frame[0], len));
	assert_int_equal(s.o[0].flags, 0);
	forget(&s);
	/* to one that takes sums undone, and one that takes everything */
	net_take(&s.n, NET_TAKES_CSUM);
	net_deliver(&s.n, 0, &sum_only, f, len);
	assert_int_equal(s.o[0].flags, NET_NEEDS_CSUM);
	assert_memory_equal(s.frame[0], f, len);
	forget(&s);
	net_take(&s.n, NET_TAKES_CSUM | NET_TAKES_TCP4);
	len = tcp_frame(f, 0, 30000, 0x10);
	net_deliver(&s.n, 0, &large, f, len);
	assert_int_equal(s.count, 1);
	assert_memory_equal(&s.o[0], &large, sizeof(large));
	teardown(&s);
	free(f);
}

static void test_join(void **state)
{
	u8 *f = malloc(NET_FRAME_MAX);
	size_t len = tcp_frame(f, 0, 65535 - 40, 0x10);

	assert_true(net_join(&large, f, len));
	assert_true(sums_right(f, len));
	assert_false(net_join(&large, f, len + 1));
	assert_false(net_join(&large, f, 53));
	f[23] = 17;
	assert_false(net_join(&large, f, len));
	free(f);
}

/* What is put in as pieces comes as one, and is the pieces again when it is split. */
static void test_merge(void **state)
{
	struct net_merge *m = g_new0(struct net_merge, 1);
	u8 f[HEADERS + MSS + 6], *got;
	struct sink s, back;
	size_t len;

	setup(&s, NET_TAKES_CSUM | NET_TAKES_TCP4);
	setup(&back, 0);
	m->n = &s.n;
	for (u32 i = 0; i < 10; i++) {
		len = tcp_frame(f, i * MSS, i < 9 ? MSS : 100, i < 9 ? 0x10 : 0x18);
		net_checksum(&sum_only, f, len);
		net_merge_add(m, f, len);
	}
	assert_int_equal(s.count, 0);
	net_merge_flush(m);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.len[0], HEADERS + 9 * MSS + 100);
	assert_memory_equal(&s.o[0], &large, sizeof(large));
	got = s.frame[0];
	net_deliver(&back.n, 0, &s.o[0], got, s.len[0]);
	assert_int_equal(back.count, 10);
	for (u32 i = 0; i < 10; i++) {
		len = tcp_frame(f, i * MSS, i < 9 ? MSS : 100, i < 9 ? 0x10 : 0x18);
		assert_int_equal(back.len[i], len);
		assert_true(sums_right(back.frame[i], len));
		assert_memory_equal(back.frame[i] + HEADERS, f + HEADERS, len - HEADERS);
		assert_memory_equal(back.frame[i] + 38, f + 38, 12);
	}
	forget(&s);
	/* a gap, another stream, a FIN, a short frame with padding: none of them is appended */
	len = tcp_frame(f, 0, MSS, 0x10);
	net_merge_add(m, f, len);
	len = tcp_frame(f, 2 * MSS, MSS, 0x10);
	net_merge_add(m, f, len);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.o[0].flags, NET_CSUM_VALID);
	assert_int_equal(s.o[0].gso, 0);
	len = tcp_frame(f, 3 * MSS, MSS, 0x10);
	f[35]++;
	net_merge_add(m, f, len);
	assert_int_equal(s.count, 2);
	len = tcp_frame(f, 4 * MSS, MSS, 0x11);
	net_merge_add(m, f, len);
	assert_int_equal(s.count, 4);
	len = tcp_frame(f, 5 * MSS, 1, 0x10);
	net_merge_add(m, f, len + 5);
	assert_int_equal(s.count, 5);
	/* no more than a frame can be */
	forget(&s);
	for (u32 i = 0; i < 50; i++) {
		len = tcp_frame(f, i * MSS, MSS, 0x10);
		net_merge_add(m, f, len);
	}
	net_merge_flush(m);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.len[0] + s.len[1], 2 * HEADERS + 50 * MSS);
	/* nor for a receiver that takes single ones only */
	forget(&s);
	net_take(&s.n, NET_TAKES_CSUM);
	net_merge_add(m, f, len);
	assert_int_equal(s.count, 1);
	teardown(&s);
	teardown(&back);
	g_free(m);
}

static void test_waiting(void **state)
{
	u8 *f = malloc(NET_FRAME_MAX);
	struct sink s;
	size_t len;

	setup(&s, 0);
	s.refuse = 1;
	for (u32 i = 0; i < 3; i++) {
		len = tcp_frame(f, i, 100 + i, 0x10);
		assert_false(net_deliver(&s.n, 0, &sum_only, f, len));
	}
	net_ready(&s.n, 0);
	assert_int_equal(s.resumed, 0);
	s.refuse = 0;
	net_ready(&s.n, 0);
	assert_int_equal(s.resumed, 1);
	assert_int_equal(s.count, 3);
	for (u32 i = 0; i < 3; i++) {
		assert_int_equal(s.len[i], HEADERS + 100 + i);
		assert_true(sums_right(s.frame[i], s.len[i]));
	}
	assert_true(net_deliver(&s.n, 0, &whole, f, len));
	/* a limit; the first ones stay */
	forget(&s);
	s.refuse = 1;
	len = tcp_frame(f, 0, 60000, 0x10);
	for (u32 i = 0; i < 40; i++)
		net_deliver(&s.n, 0, &whole, f, len);
	s.refuse = 0;
	net_ready(&s.n, 0);
	assert_int_equal(s.count, NET_HELD_MAX / len);
	net_ready(&s.n, 7); /* no such queue */
	teardown(&s);
	free(f);
}

/* A port of the host's is there while it is forwarded, and only then. */
static bool can_connect(u16 port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool ok = !connect(fd, (struct sockaddr *)&a, sizeof(a));

	close(fd);
	return ok;
}

static void test_forwards(void **state)
{
	struct net_options o = {.kind = NET_USER, .fd = -1};
	struct net_backend *n;
	struct error e = {""};
	struct sink s;
	char rule[64];
	u16 port = 0;

	setup(&s, 0);
	assert_int_equal(net_add_forward(&s.n, "tcp::1-:2", &e), -ENOTSUP);
	teardown(&s);
	if (net_open(&o, "user", &n, &e))
		fail_msg("%s", e.text);
	for (port = 20000 + (u16)getpid() % 20000; port < 60000; port++) {
		snprintf(rule, sizeof(rule), "tcp:127.0.0.1:%u-:22", port);
		if (!net_add_forward(n, rule, &e))
			break;
	}
	assert_true(can_connect(port));
	assert_int_equal(net_add_forward(n, rule, &e), -EADDRINUSE);
	assert_int_equal(net_add_forward(n, "tcp:nonsense", &e), -EINVAL);
	assert_int_equal(net_remove_forward(n, rule, &e), -EINVAL);
	*strrchr(rule, '-') = 0;
	assert_int_equal(net_remove_forward(n, rule, &e), 0);
	assert_int_equal(net_remove_forward(n, rule, &e), -ENOENT);
	/* the network's thread may still be waiting for it, which keeps it open */
	for (u32 i = 0; i < 10000 && can_connect(port); i++)
		usleep(1000);
	assert_false(can_connect(port));
	net_close(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checksum), cmocka_unit_test(test_split),
		cmocka_unit_test(test_join),	 cmocka_unit_test(test_merge),
		cmocka_unit_test(test_waiting),	 cmocka_unit_test(test_forwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
