// SPDX-License-Identifier: GPL-2.0-or-later
/* host/block.h over real files and servers: every mode moves the same bytes; errors, locks,
 * snapshots. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "blocks.h"
#include "os/os.h"

enum { SIZE = 1 << 20 };

static u8 byte_at(u64 i)
{
	return (u8)(i * 31 + (i >> 9) + 1);
}

static int setup(void **state)
{
	int fd = mkstemp(path);
	u8 *data = malloc(SIZE);

	for (u64 i = 0; i < SIZE; i++)
		data[i] = byte_at(i);
	if (fd < 0 || write(fd, data, SIZE) != SIZE)
		return -1;
	free(data);
	return close(fd);
}

static int refused(struct block_options o, struct error *e)
{
	struct block *b = NULL;
	int err;

	if (!o.filename)
		o.filename = path;
	err = block_open(&o, &b, e);
	assert_true(err < 0);
	assert_true(strlen(e->text) > 10 && !strchr(e->text, '\n'));
	return err;
}

static const struct block_options modes[] = {
	{.aio = BLOCK_AIO_IO_URING},
	{.aio = BLOCK_AIO_THREADS},
	{.aio = BLOCK_AIO_IO_URING, .direct = true},
	{.aio = BLOCK_AIO_THREADS, .direct = true, .write_through = true},
	{.aio = BLOCK_AIO_IO_URING, .write_through = true, .discard = true},
	{.aio = BLOCK_AIO_IO_URING,
	 .no_flush = true,
	 .detect_zeroes = BLOCK_DETECT_UNMAP,
	 .discard = true},
	{.aio = BLOCK_AIO_IO_URING, .snapshot = true},
};

static void check_bytes(const u8 *p, u64 at, u64 len)
{
	for (u64 i = 0; i < len; i++)
		if (p[i] != byte_at(at + i))
			fail_msg("byte %llu is wrong", (unsigned long long)(at + i));
}

/* What was there is there again at the end. */
static void move_bytes(struct block *b, u64 slip)
{
	static u8 buf[65536] __attribute__((aligned(4096)));

	assert_int_equal(block_info(b)->size, SIZE);
	for (u64 at = 512; at < SIZE / 2; at = at * 3 + 512) {
		u64 len = 512 * (1 + at / 512 % 100);

		assert_int_equal(block_rw_sync(b, BLOCK_READ, at, buf + slip, len), 0);
		check_bytes(buf + slip, at, len);
		memset(buf + slip, 0, len);
		assert_int_equal(block_rw_sync(b, BLOCK_WRITE, at, buf + slip, len), 0);
		memset(buf, 0x55, sizeof(buf));
		assert_int_equal(block_rw_sync(b, BLOCK_READ, at, buf, len), 0);
		for (u64 i = 0; i < len; i++)
			assert_int_equal(buf[i], 0);
		for (u64 i = 0; i < len; i++)
			buf[i] = byte_at(at + i);
		assert_int_equal(block_rw_sync(b, BLOCK_WRITE, at, buf, len), 0);
	}
	assert_int_equal(block_rw_sync(b, BLOCK_FLUSH, 0, NULL, 0), 0);
}

static void test_modes(void **state)
{
	for (u32 m = 0; m < ARRAY_SIZE(modes); m++) {
		struct block *b = open_with(modes[m]);

		move_bytes(b, m & 1);
		block_close(b);
	}
}

static _Atomic u32 finished;

static void count(struct block_request *r, int err)
{
	assert_int_equal(err, 0);
	assert_int_equal(r->op, BLOCK_READ);
	atomic_fetch_add(&finished, 1);
}

static _Atomic u32 begun, ended;

static void batch(void *opaque, bool begins)
{
	assert_ptr_equal(opaque, &begun);
	atomic_fetch_add(begins ? &begun : &ended, 1);
}

/* More requests than the ring has places, each of several vectors. */
static void test_many(void **state)
{
	enum { N = 1000, PART = 256 };

	for (u32 m = 0; m < 2; m++) {
		struct block *b = open_with(modes[m]);
		struct block_request *r = calloc(N, sizeof(*r)), *list[N];
		struct iovec(*iov)[2] = calloc(N, sizeof(*iov));
		u8 *data = malloc(N * PART * 2);

		finished = begun = ended = 0;
		block_set_batch(b, batch, &begun);
		for (u32 i = 0; i < N; i++) {
			iov[i][0] = (struct iovec){data + i * PART * 2, PART};
			iov[i][1] = (struct iovec){data + i * PART * 2 + PART, PART};
			r[i] = (struct block_request){.op = BLOCK_READ,
						      .offset = i * PART * 2,
						      .len = PART * 2,
						      .iov = iov[i],
						      .niov = 2,
						      .done = count};
			list[i] = &r[i];
		}
		block_submit_batch(b, list, N);
		block_drain(b);
		assert_int_equal(finished, N);
		/* whoever saw the disk idle is not called any more */
		assert_int_equal(begun, ended);
		check_bytes(data, 0, N * PART * 2);
		block_close(b);
		free(r);
		free(iov);
		free(data);
	}
}

static int one(struct block *b, struct block_request *r)
{
	return block_rw_sync(b, r->op, r->offset, r->iov ? r->iov->iov_base : NULL, r->len);
}

static void test_errors(void **state)
{
	struct block *b = open_with((struct block_options){.read_only = true});
	struct error e;
	u8 buf[1024] = {1};

	assert_true(block_info(b)->read_only);
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE, 0, buf, 512), -EROFS);
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE_ZEROES, 0, NULL, 512), -EROFS);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, SIZE - 512, buf, 1024), -EINVAL);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, ~0ull - 511, buf, 1024), -EINVAL);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 0, buf, ~0ull), -EINVAL);
	assert_int_equal(one(b, &(struct block_request){.op = BLOCK_FLUSH}), 0);
	block_close(b);
	assert_int_equal(refused((struct block_options){.filename = "/nowhere/at/all"}, &e),
			 -ENOENT);
	assert_int_equal(refused((struct block_options){.filename = "/tmp", .read_only = true}, &e),
			 -EINVAL);
	assert_int_equal(refused((struct block_options){.filename = "/dev/null"}, &e), -EINVAL);
}

/* The last sector of a file that ends inside it. */
static void test_odd_size(void **state)
{
	struct block *b;
	u8 buf[512];

	assert_int_equal(truncate(path, SIZE + 100), 0);
	b = open_with((struct block_options){0});
	assert_int_equal(block_info(b)->size, SIZE + 512);
	memset(buf, 1, sizeof(buf));
	assert_int_equal(block_rw_sync(b, BLOCK_READ, SIZE, buf, 512), 0);
	for (u32 i = 0; i < 512; i++)
		assert_int_equal(buf[i], 0);
	block_close(b);
	assert_int_equal(truncate(path, SIZE), 0);
}

static void test_locks(void **state)
{
	struct block *b = open_with((struct block_options){0}), *second;
	struct error e;

	assert_int_equal(refused((struct block_options){0}, &e), -EBUSY);
	assert_non_null(strstr(e.text, "in use"));
	assert_int_equal(refused((struct block_options){.read_only = true}, &e), -EBUSY);
	block_close(open_with((struct block_options){.no_lock = true}));
	block_close(b);
	b = open_with((struct block_options){.read_only = true});
	second = open_with((struct block_options){.snapshot = true}); /* reads only */
	assert_int_equal(refused((struct block_options){0}, &e), -EBUSY);
	block_close(second);
	block_close(b);
	b = open_with((struct block_options){.shared = true});
	block_close(open_with((struct block_options){.shared = true}));
	block_close(b);
}

static void test_discard(void **state)
{
	static u8 buf[65536];
	struct stat before, after;

	for (u32 m = 0; m < 2; m++) {
		struct block *b = open_with((struct block_options){.discard = true, .aio = m});

		stat(path, &before);
		assert_int_equal(block_rw_sync(b, BLOCK_DISCARD, SIZE / 2, NULL, 65536), 0);
		stat(path, &after);
		assert_true(after.st_blocks < before.st_blocks);
		assert_int_equal(block_rw_sync(b, BLOCK_WRITE_ZEROES, SIZE / 2, NULL, 65536), 0);
		assert_int_equal(block_rw_sync(b, BLOCK_READ, SIZE / 2, buf, 65536), 0);
		for (u32 i = 0; i < 65536; i++)
			assert_int_equal(buf[i], 0);
		for (u32 i = 0; i < 65536; i++)
			buf[i] = byte_at(SIZE / 2 + i);
		assert_int_equal(block_rw_sync(b, BLOCK_WRITE, SIZE / 2, buf, 65536), 0);
		assert_int_equal(block_rw_sync(b, BLOCK_FLUSH, 0, NULL, 0), 0);
		block_close(b);
	}
}

/* What a snapshot took is gone with it; the part of a cluster that was not written shows through.
 */
static void test_snapshot(void **state)
{
	struct block *b = open_with((struct block_options){.snapshot = true});
	static u8 buf[65536 * 3];

	memset(buf, 0xee, sizeof(buf));
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE, 65536 - 512, buf, 1024), 0);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 0, buf, sizeof(buf)), 0);
	check_bytes(buf, 0, 65536 - 512);
	assert_int_equal(buf[65536 - 512], 0xee);
	assert_int_equal(buf[65536 + 511], 0xee);
	check_bytes(buf + 65536 + 512, 65536 + 512, sizeof(buf) - 65536 - 512);
	block_close(b);
	b = open_with((struct block_options){.read_only = true});
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 0, buf, sizeof(buf)), 0);
	check_bytes(buf, 0, sizeof(buf));
	block_close(b);
}

/* --- limits --- */
static u64 run_limited(struct block_limits l, u32 n, u64 len, enum block_op op, bool drain)
{
	struct block *b = open_with((struct block_options){.limits = l});
	struct block_request r[64], *list[64];
	static u8 data[65536];
	struct iovec iov = {data, len};
	u64 start = os_clock_ns();

	finished = 0;
	for (u32 i = 0; i < n; i++) {
		r[i] = (struct block_request){
			.op = op, .len = len, .iov = &iov, .niov = 1, .done = count};
		list[i] = &r[i];
	}
	block_submit_batch(b, list, n);
	while (!drain && finished < n)
		os_thread_yield();
	block_drain(b);
	assert_int_equal(finished, n);
	block_close(b);
	return (os_clock_ns() - start) / 1000000;
}

#define LIMIT(which, ...) ((struct block_limits){.rates[which] = {.rate = __VA_ARGS__}})

static void test_limits(void **state)
{
	/* a tenth of a second's worth passes at once */
	assert_in_range(run_limited(LIMIT(BLOCK_IOPS_TOTAL, 100), 40, 512, BLOCK_READ, false), 270,
			5000);
	assert_in_range(run_limited(LIMIT(BLOCK_BPS_READ, 1 << 20), 8, 65536, BLOCK_READ, false),
			250, 5000);
	/* twenty-five that count as two each, after a burst of twenty of them */
	assert_in_range(run_limited((struct block_limits){.rates[BLOCK_IOPS_READ] = {100, 40, 0},
							  .iops_size = 4096},
				    45, 8192, BLOCK_READ, false),
			450, 5000);
	/* not concerned */
	assert_in_range(run_limited(LIMIT(BLOCK_BPS_WRITE, 1), 40, 65536, BLOCK_READ, false), 0,
			2000);
	/* who waits for a disk to be idle does not wait for its limits */
	assert_in_range(run_limited(LIMIT(BLOCK_IOPS_TOTAL, 1), 40, 512, BLOCK_READ, true), 0,
			5000);
}

/* --- a cache that forgets --- */
static u8 on_disk(u64 at)
{
	int fd = open(path, O_RDONLY);
	u8 byte;

	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	close(fd);
	return byte;
}

static void test_volatile(void **state)
{
	static const char log[] = "/var/tmp/pvblock-log";
	struct block *b = open_with((struct block_options){.volatile_log = log});
	u8 buf[8192], old[8192], seen[8192];
	struct stat st;

	move_bytes(b, 0);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 512, old, sizeof(old)), 0);
	memset(buf, 0x77, sizeof(buf));
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE, 512, buf, sizeof(buf)), 0);
	assert_int_equal(on_disk(512), old[0]);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 512, seen, sizeof(seen)), 0);
	assert_memory_equal(seen, buf, sizeof(buf));
	assert_int_equal(block_rw_sync(b, BLOCK_FLUSH, 0, NULL, 0), 0);
	assert_int_equal(on_disk(512 + sizeof(buf) - 1), 0x77);
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE_ZEROES, 512, NULL, 512), 0);
	assert_int_equal(on_disk(512), 0x77);
	/* without a cache, writes are durable when they are done */
	block_set_write_cache(b, false);
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE, 512, old, sizeof(old)), 0);
	assert_int_equal(on_disk(512), old[0]);
	block_close(b);
	assert_int_equal(stat(log, &st), 0);
	assert_true(st.st_size > (off_t)sizeof(buf) * 2);
	unlink(log);
}

/* --- behind a server --- */
static struct block *open_served(bool read_only)
{
	char node[300];
	const char *nodes[] = {node};

	snprintf(node, sizeof(node),
		 "{\"driver\":\"raw\",\"node-name\":\"x\",\"file\":{\"driver\":\"file\","
		 "\"filename\":\"%s\"}}",
		 path);
	return open_with((struct block_options){.node = "x",
						.nodes = nodes,
						.nr_nodes = 1,
						.read_only = read_only,
						.discard = true});
}

static pid_t server(void)
{
	char name[64];
	int pid = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/self/task/%d/children", getpid());
	f = fopen(name, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	fclose(f);
	return pid;
}

static void test_server(void **state)
{
	struct iovec iov[3];
	u8 *data = malloc(SIZE);
	struct block *b = open_served(false);
	struct block_request r = {.op = BLOCK_READ,
				  .len = SIZE / 2,
				  .offset = 512,
				  .iov = iov,
				  .niov = 3,
				  .done = count},
			     *list = &r;

	move_bytes(b, 0);
	finished = 0;
	iov[0] = (struct iovec){data, 512};
	iov[1] = (struct iovec){data + 512, 65536};
	iov[2] = (struct iovec){data + 512 + 65536, SIZE / 2 - 512 - 65536};
	block_submit_batch(b, &list, 1);
	block_drain(b);
	assert_int_equal(finished, 1);
	check_bytes(data, 512, SIZE / 2);
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE_ZEROES, 4096, NULL, 8192), 0);
	assert_int_equal(block_rw_sync(b, BLOCK_DISCARD, 65536, NULL, 65536), 0);
	block_set_write_cache(b, false);
	for (u64 i = 0; i < 65536 * 2; i++)
		data[i] = byte_at(i);
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE, 0, data, 65536 * 2), 0);
	block_close(b);
	b = open_served(true);
	assert_true(block_info(b)->read_only);
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE, 0, data, 512), -EROFS);
	block_close(b);
	free(data);
}

/* Whoever waits for a server that is gone gets an error. */
static void test_lost_server(void **state)
{
	struct block *b = open_served(false);
	struct error e;
	u8 buf[512];
	pid_t pid = server();

	kill(pid, SIGSTOP);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, SIZE, buf, 512), -EINVAL);
	kill(pid, SIGKILL);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 0, buf, 512), -EIO);
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE, 0, buf, 512), -EIO);
	assert_int_equal(block_rw_sync(b, BLOCK_FLUSH, 0, NULL, 0), -EIO);
	assert_int_equal(block_set_on_error(b, NULL, "ignore", NULL), 0);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 0, buf, 512), -EIO);
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE, 0, buf, 512), 0);
	assert_int_equal(block_set_on_error(b, "ignore", "report", NULL), 0);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 0, buf, 512), 0);
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE, 0, buf, 512), -EIO);
	assert_int_equal(block_set_on_error(b, "enospc", NULL, &e), -EINVAL);
	block_close(b);
}

/* --- a server that comes back --- */
static _Atomic u32 failed;

static void count_write(struct block_request *r, int err)
{
	atomic_fetch_add(&failed, err ? 1 : 0);
	atomic_fetch_add(&finished, 1);
}

static void write_round(struct block *b, u8 round)
{
	enum { PIECE = 4096, PIECES = 64 };
	static struct block_request r[PIECES];
	static u8 data[PIECES][PIECE];
	static struct iovec iov[PIECES];

	finished = 0;
	for (u32 i = 0; i < PIECES; i++) {
		memset(data[i], (int)(round + i), PIECE);
		iov[i] = (struct iovec){data[i], PIECE};
		r[i] = (struct block_request){.op = BLOCK_WRITE,
					      .offset = i * PIECE,
					      .len = PIECE,
					      .iov = &iov[i],
					      .niov = 1,
					      .done = count_write};
		block_submit(b, &r[i]);
	}
}

static void check_round(struct block *b, u8 round)
{
	static u8 data[64 * 4096];

	block_drain(b);
	assert_int_equal(finished, 64);
	assert_int_equal(failed, 0);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 0, data, sizeof(data)), 0);
	for (u32 i = 0; i < sizeof(data); i++)
		assert_int_equal(data[i], (u8)(round + i / 4096));
}

/* Nothing is lost while it is away, and after too long there are errors, until it is back. */
static void test_reconnect(void **state)
{
	struct block *b;
	struct nbd s;
	u8 buf[512];
	int err;

	nbd_serve(&s);
	b = open_with((struct block_options){.uri = s.uri, .reconnect_delay = 100});
	for (u8 round = 1; round < 5; round++) {
		/* it stands still, so that all are under way when it dies */
		kill(s.pid, SIGSTOP);
		write_round(b, round);
		g_usleep(20000);
		nbd_end(&s);
		if (round & 1)
			g_usleep(700000);
		nbd_serve(&s);
		check_round(b, round);
	}
	block_close(b);
	b = open_with((struct block_options){.uri = s.uri, .reconnect_delay = 1});
	nbd_end(&s);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 0, buf, 512), -EIO);
	nbd_serve(&s);
	for (u32 i = 0; i < 600 && (err = block_rw_sync(b, BLOCK_READ, 0, buf, 512)); i++)
		g_usleep(100000);
	assert_int_equal(err, 0);
	block_close(b);
	nbd_end(&s);
}

static void test_no_server(void **state)
{
	const char *nodes[] = {"driver=qcow2,node-name=x,file.driver=file,file.filename=/nowhere"};
	const char *longer[] = {"{\"driver\": \"file\", \"node-name\": \"x\", \"filename\": "
				"\"/nowhere/a-name-as-long-as-those-that-people-have\", "
				"\"cache\": {\"direct\": false, \"no-flush\": false}, "
				"\"read-only\": false, \"auto-read-only\": false}"};
	struct error e;

	/* our own argument, which it repeats, is not what the user is told */
	assert_int_equal(refused((struct block_options){.filename = "",
							.node = "x",
							.nodes = longer,
							.nr_nodes = 1},
				 &e),
			 -EIO);
	assert_non_null(strstr(e.text, "Could not open '/nowhere/a-name-as-long"));
	assert_null(strstr(e.text, "blockdev"));
	assert_null(strstr(e.text, "cache"));
	assert_int_equal(refused((struct block_options){.filename = "",
							.node = "x",
							.nodes = nodes,
							.nr_nodes = 1},
				 &e),
			 -EIO);
	assert_non_null(strstr(e.text, "/nowhere"));
	assert_int_equal(
		refused((struct block_options){.filename = "",
					       .uri = "nbd+unix:///?socket=/nowhere/at/all"},
			&e),
		-EIO);
	assert_non_null(strstr(e.text, "/nowhere"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),	  cmocka_unit_test(test_many),
		cmocka_unit_test(test_errors),	  cmocka_unit_test(test_odd_size),
		cmocka_unit_test(test_locks),	  cmocka_unit_test(test_discard),
		cmocka_unit_test(test_snapshot),  cmocka_unit_test(test_volatile),
		cmocka_unit_test(test_server),	  cmocka_unit_test(test_lost_server),
		cmocka_unit_test(test_no_server), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_reconnect),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
