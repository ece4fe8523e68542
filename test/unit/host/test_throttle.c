// SPDX-License-Identifier: GPL-2.0-or-later
/* Limits of rates by a clock of the test's: rates, bursts and their lengths, directions, large
 * requests; and disks that share limits. Expected times are those of qemu's docs/throttle.txt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "host/block_private.h"
#include "host/throttle.h"
#include "os/os.h"

#define SECOND 1000000000ull

/* How many operations of `bytes` begin within so many seconds, from `*now` on, if there are always
 * some. */
static u64 run(struct throttle *t, bool write, u64 bytes, u64 *now, double seconds)
{
	u64 end = *now + (u64)(seconds * 1e9), n = 0;

	while (*now < end) {
		double wait = throttle_wait(t, write, *now);

		if (wait > 0) {
			*now += (u64)(wait * 1e9) + 1;
			continue;
		}
		throttle_account(t, write, bytes);
		n++;
	}
	return n;
}

static void near(u64 got, u64 want, u64 off)
{
	if (got + off < want || got > want + off)
		fail_msg("%llu is not about %llu", (unsigned long long)got,
			 (unsigned long long)want);
}

static void test_rates(void **state)
{
	struct block_limits l = {.rates = {[BLOCK_IOPS_TOTAL] = {.rate = 100}}};
	struct throttle t;
	u64 now = SECOND;

	throttle_init(&t, &l, now);
	/* a tenth of a second's at once, then 100 a second, whatever the direction and the size */
	near(run(&t, false, 1 << 20, &now, 10), 1010, 2);
	near(run(&t, true, 512, &now, 10), 1000, 2);
	/* what was not used for long is no more than that tenth */
	now += 3600 * SECOND;
	near(run(&t, false, 512, &now, 10), 1010, 2);

	l = (struct block_limits){.rates = {[BLOCK_BPS_READ] = {.rate = 1000000}}};
	throttle_init(&t, &l, now);
	near(run(&t, false, 10000, &now, 10), 1010, 2);
	assert_true(throttle_wait(&t, true, now) == 0);
	/* however large one is, it begins, and the next one waits for it */
	now += SECOND;
	assert_true(throttle_wait(&t, false, now) == 0);
	throttle_account(&t, false, 5000000);
	near((u64)(throttle_wait(&t, false, now) * 1000), 4900, 1);
	assert_true(throttle_wait(&t, false, now + 5 * SECOND) == 0);
}

static void test_bursts(void **state)
{
	struct block_limits l = {
		.rates = {[BLOCK_IOPS_WRITE] = {.rate = 100, .max = 1000, .max_length = 5}}};
	struct throttle t;
	u64 now = 0;

	/* 1000 a second until a bucket of 5000 that leaks 100 a second is full */
	throttle_init(&t, &l, now);
	near(run(&t, true, 1, &now, 5), 5100, 20);
	near(run(&t, true, 1, &now, 10), 1400, 120);
	near(run(&t, true, 1, &now, 10), 1000, 2);
	/* one of a second may go as fast as it can */
	l.rates[BLOCK_IOPS_WRITE].max_length = 1;
	throttle_init(&t, &l, now);
	near(run(&t, true, 1, &now, 1), 1100, 2);
	near(run(&t, true, 1, &now, 1), 100, 2);
}

static void test_sizes(void **state)
{
	struct block_limits l = {.rates = {[BLOCK_IOPS_TOTAL] = {.rate = 100}}, .iops_size = 4096};
	struct throttle t;
	u64 now = 0;

	throttle_init(&t, &l, now);
	run(&t, false, 40960, &now, 1);
	near(run(&t, false, 40960, &now, 10), 100, 1);
	near(run(&t, false, 4096, &now, 10), 1000, 12);
	/* a clock that stands still, or seems to go back, gives nothing */
	assert_true(throttle_wait(&t, false, now) >= throttle_wait(&t, false, now - SECOND));
}

/* --- a group: two disks, one limit --- */
static struct block *image(char *path, struct block_throttle *group)
{
	struct block_options o = {.filename = path, .group = group};
	struct error e = {""};
	struct block *b = NULL;
	int fd;

	strcpy(path, "/tmp/pv-throttle-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || ftruncate(fd, 1 << 20) || block_open(&o, &b, &e))
		fail_msg("%s: %s", path, e.text);
	close(fd);
	return b;
}

static void test_group(void **state)
{
	struct block_limits l = {.rates = {[BLOCK_IOPS_TOTAL] = {.rate = 40}}}, none = {0};
	struct block_throttle *group = block_group_new(&l);
	char path[2][32], buf[512];
	struct block *b[2];
	u64 began, took;

	for (u32 i = 0; i < 2; i++)
		b[i] = image(path[i], group);
	block_group_put(group);
	began = os_clock_ns();
	/* 4 at once, then 40 a second of both together */
	for (u32 i = 0; i < 24; i++)
		assert_int_equal(block_rw_sync(b[i % 2], BLOCK_READ, 0, buf, sizeof(buf)), 0);
	took = os_clock_ns() - began;
	assert_true(took > SECOND * 45 / 100);
	/* another limit, or none, counts for both at once */
	block_set_limits(b[0], &none);
	began = os_clock_ns();
	for (u32 i = 0; i < 200; i++)
		assert_int_equal(block_rw_sync(b[i % 2], BLOCK_WRITE, 0, buf, sizeof(buf)), 0);
	assert_true(os_clock_ns() - began < 5 * SECOND);
	/* one that goes takes the limit along only if it is the last */
	block_close(b[0]);
	assert_int_equal(block_rw_sync(b[1], BLOCK_READ, 0, buf, sizeof(buf)), 0);
	block_close(b[1]);
	for (u32 i = 0; i < 2; i++)
		unlink(path[i]);
}

static void no_answer(struct block_request *r, int err)
{
	++*(int *)r->opaque;
}

/* A disk that is closed does not wait for its limit, nor does another of the group gain by it. */
static void test_settle(void **state)
{
	struct block_limits l = {.rates = {[BLOCK_BPS_TOTAL] = {.rate = 1000}}};
	struct block_throttle *group = block_group_new(&l);
	struct block_request r[2][8];
	char path[2][32], buf[4096];
	struct iovec iov = {buf, sizeof(buf)};
	struct block *b[2];
	int done[2] = {0};
	u64 began;

	for (u32 i = 0; i < 2; i++)
		b[i] = image(path[i], group);
	for (u32 n = 0; n < 8; n++)
		for (u32 i = 0; i < 2; i++) {
			r[i][n] = (struct block_request){.op = BLOCK_READ,
							 .len = sizeof(buf),
							 .iov = &iov,
							 .niov = 1,
							 .done = no_answer,
							 .opaque = &done[i]};
			block_submit(b[i], &r[i][n]);
		}
	began = os_clock_ns();
	block_settle(b[0]);
	assert_int_equal(done[0], 8);
	assert_int_equal(__atomic_load_n(&done[1], __ATOMIC_SEQ_CST), 0);
	block_close(b[1]);
	assert_int_equal(done[1], 8);
	assert_true(os_clock_ns() - began < 10 * SECOND);
	block_close(b[0]);
	block_group_put(group);
	for (u32 i = 0; i < 2; i++)
		unlink(path[i]);
}

/* A back end that has finished a request and is not yet back from it. */
struct slow {
	struct block b;
	bool inside;
};

static void slow_submit(struct block *b, struct block_request **r, u32 count)
{
	struct slow *s = container_of(b, struct slow, b);

	__atomic_store_n(&s->inside, true, __ATOMIC_SEQ_CST);
	for (u32 i = 0; i < count; i++)
		block_complete(r[i], 0);
	usleep(100 * 1000);
	__atomic_store_n(&s->inside, false, __ATOMIC_SEQ_CST);
}

/* A disk is idle when the throttle's thread has left it, not before: it may be closed then. */
static void test_idle(void **state)
{
	static const struct block_ops ops = {.submit = slow_submit};
	struct block_limits l = {.rates = {[BLOCK_IOPS_TOTAL] = {.rate = 1}}};
	struct block_throttle *group = block_group_new(&l);
	struct slow *s = g_new0(struct slow, 1);
	struct block_request r[8];
	char buf[512];
	struct iovec iov = {buf, sizeof(buf)};
	int done = 0;

	block_init(&s->b, &ops, "slow");
	s->b.info.size = sizeof(buf);
	s->b.throttle = group;
	for (u32 i = 0; i < 8; i++) {
		r[i] = (struct block_request){.op = BLOCK_READ,
					      .len = sizeof(buf),
					      .iov = &iov,
					      .niov = 1,
					      .done = no_answer,
					      .opaque = &done};
		block_submit(&s->b, &r[i]);
	}
	block_settle(&s->b);
	assert_int_equal(done, 8);
	assert_false(__atomic_load_n(&s->inside, __ATOMIC_SEQ_CST));
	block_group_put(group);
	block_fini(&s->b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),  cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_sizes),  cmocka_unit_test(test_group),
		cmocka_unit_test(test_settle), cmocka_unit_test(test_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
