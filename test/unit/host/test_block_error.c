// SPDX-License-Identifier: GPL-2.0-or-later
/* What becomes of transfers that fail (block_error.c), over a disk that fails when it is told to.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/log.h"
#include "host/block_private.h"
#include "os/os.h"

enum { COUNT = 8 };

struct fake {
	struct block b;
	int err; /* of every transfer; 0: none fails */
	u32 submitted;
	u8 last_op;
};

/* What done() has heard. */
struct heard {
	u32 count;
	int last;
	struct block *again; /* another request is submitted from done(), once */
	struct block_request next;
};

static struct fake *fake;
static u32 stops;

static void fake_submit(struct block *b, struct block_request **r, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		fake->submitted++;
		fake->last_op = r[i]->op;
		block_complete(r[i], fake->err);
	}
}

static void fake_close(struct block *b)
{
}

static const struct block_ops fake_ops = {fake_submit, fake_close, NULL};

static void stop(void *opaque)
{
	stops++;
}

static struct block *make(const char *on_read, const char *on_write)
{
	struct error e;

	fake = g_new0(struct fake, 1);
	block_init(&fake->b, &fake_ops, "fake");
	fake->b.info.size = 1 << 20;
	fake->b.info.discard = true;
	fake->b.write_cache = true;
	block_set_stop(&fake->b, stop, NULL);
	assert_int_equal(block_set_on_error(&fake->b, on_read, on_write, &e), 0);
	stops = 0;
	return &fake->b;
}

static void done(struct block_request *r, int err)
{
	struct heard *h = r->opaque;
	struct block *again = h->again;

	h->count++;
	h->last = err;
	h->again = NULL;
	if (again)
		block_submit(again, &h->next);
}

static struct block_request request(enum block_op op, struct heard *h)
{
	return (struct block_request){
		.op = (u8)op,
		.offset = 512,
		.len = op == BLOCK_FLUSH ? 0 : 512,
		.done = done,
		.opaque = h,
	};
}

/* The error as the caller hears it; 1: it waits, and was good when tried again. */
static int outcome(const char *on_read, const char *on_write, enum block_op op, int err)
{
	struct block *b = make(on_read, on_write);
	struct heard h = {0};
	struct block_request r = request(op, &h);
	int result;

	fake->err = err;
	block_submit(b, &r);
	assert_int_equal(block_waits(b), !h.count);
	assert_int_equal(stops, !h.count);
	result = h.count ? h.last : 1;
	fake->err = 0;
	if (!h.count) {
		block_settle(b);
		assert_int_equal(h.count, 0);
		block_retry(b);
		assert_int_equal(h.last, 0);
		assert_int_equal(fake->last_op, op);
	}
	assert_int_equal(h.count, 1);
	block_close(b);
	return result;
}

static void test_policies(void **state)
{
	static const struct {
		const char *on_read, *on_write;
		enum block_op op;
		int err, result;
	} cases[] = {
		{NULL, NULL, BLOCK_WRITE, -ENOSPC, 1},
		{NULL, NULL, BLOCK_WRITE, -EDQUOT, 1},
		{NULL, NULL, BLOCK_WRITE, -EIO, -EIO},
		{NULL, NULL, BLOCK_WRITE_ZEROES, -ENOSPC, 1},
		{NULL, NULL, BLOCK_FLUSH, -ENOSPC, 1},
		{NULL, NULL, BLOCK_READ, -ENOSPC, -ENOSPC},
		{NULL, NULL, BLOCK_READ, -EIO, -EIO},
		{"stop", "report", BLOCK_READ, -EIO, 1},
		{"stop", "report", BLOCK_WRITE, -ENOSPC, -ENOSPC},
		{"auto", "stop", BLOCK_WRITE, -EIO, 1},
		{"auto", "stop", BLOCK_FLUSH, -EIO, 1},
		{"auto", "stop", BLOCK_DISCARD, -EIO, 1},
		{"auto", "stop", BLOCK_DISCARD, -EOPNOTSUPP, -EOPNOTSUPP},
		{"auto", "stop", BLOCK_READ, -EIO, -EIO},
		{"ignore", "enospc", BLOCK_READ, -EIO, 0},
		{"ignore", "enospc", BLOCK_WRITE, -EIO, -EIO},
		{"ignore", "ignore", BLOCK_WRITE, -ENOSPC, 0},
		{"ignore", "ignore", BLOCK_WRITE, -EROFS, -EROFS},
	};
	u8 value;

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++)
		if (outcome(cases[i].on_read, cases[i].on_write, cases[i].op, cases[i].err) !=
		    cases[i].result)
			fail_msg("case %u", i);
	assert_false(block_on_error_of("enospc", true, &value));
	assert_false(block_on_error_of("Stop", false, &value));
}

/* Several wait, in the order in which they came; trying again may fail again. */
static void test_many(void **state)
{
	struct block *b = make(NULL, "stop");
	struct block_request r[COUNT];
	struct heard h = {0};

	fake->err = -ENOSPC;
	for (u32 i = 0; i < COUNT; i++) {
		r[i] = request(BLOCK_WRITE, &h);
		block_submit(b, &r[i]);
	}
	assert_int_equal(stops, COUNT);
	block_retry(b);
	block_retry(b);
	assert_int_equal(fake->submitted, 3 * COUNT);
	assert_int_equal(h.count, 0);
	for (struct block_request *p = b->failed, *at = r; p; p = p->next)
		assert_ptr_equal(p, at++);
	fake->err = 0;
	block_retry(b);
	assert_int_equal(h.count, COUNT);
	assert_int_equal(h.last, 0);
	assert_false(block_waits(b));
	block_close(b);
}

/* A reset takes what waits back as failed, and what its owner submits then, too. */
static void test_drain(void **state)
{
	struct block *b = make(NULL, "stop");
	struct heard h = {.again = b};
	struct block_request r = request(BLOCK_WRITE, &h);

	h.next = request(BLOCK_FLUSH, &h);
	fake->err = -EIO;
	block_submit(b, &r);
	block_drain(b);
	assert_int_equal(h.count, 2);
	assert_int_equal(h.last, -EIO);
	assert_false(block_waits(b));
	block_retry(b);
	assert_int_equal(fake->submitted, 2);
	block_close(b);
}

/* Zeroes that were found are looked for again, since what the guest wrote is its own. */
static void test_detected_zeroes(void **state)
{
	static u8 data[512];
	struct block *b = make(NULL, "stop");
	struct iovec iov = {data, sizeof(data)};
	struct heard h = {0};
	struct block_request r = request(BLOCK_WRITE, &h);

	b->detect_zeroes = BLOCK_DETECT_UNMAP;
	r.iov = &iov;
	r.niov = 1;
	fake->err = -ENOSPC;
	block_submit(b, &r);
	assert_int_equal(fake->last_op, BLOCK_WRITE_ZEROES);
	data[7] = 1;
	fake->err = 0;
	block_retry(b);
	assert_int_equal(fake->last_op, BLOCK_WRITE);
	assert_int_equal(h.count, 1);
	block_close(b);
}

/* Whoever waits himself is told; without anybody who stops the machine everyone is. */
static void test_nobody_waits(void **state)
{
	struct block *b = make("stop", "stop");
	struct heard h = {0};
	struct block_request r = request(BLOCK_WRITE, &h);
	u8 data[512] = {1};

	fake->err = -ENOSPC;
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE, 0, data, sizeof(data)), -ENOSPC);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 0, data, sizeof(data)), -ENOSPC);
	assert_int_equal(stops, 0);
	block_set_stop(b, NULL, NULL);
	block_submit(b, &r);
	assert_int_equal(h.last, -ENOSPC);
	block_close(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies),     cmocka_unit_test(test_many),
		cmocka_unit_test(test_drain),	     cmocka_unit_test(test_detected_zeroes),
		cmocka_unit_test(test_nobody_waits),
	};

	log_set(0, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
