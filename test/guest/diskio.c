// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transfers to a disk, past the page cache, several at a time.
 *   diskio speed DEVICE seq|rand read|write BYTES DEPTH SECONDS   prints MB/s and operations/s
 *   diskio verify DEVICE BYTES DEPTH SECONDS SEED                 writes, reads, compares; at the
 * end reads all of it once more A block says which it is, when it was written, and has a pattern
 * that follows from these.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MAX_DEPTH = 128, MAX_BLOCKS = 65536 };

struct slot {
	struct iocb cb;
	uint64_t block, version;
	int write;
	uint8_t *data;
};

static int fd;
static aio_context_t context;
static struct slot slots[MAX_DEPTH];
static unsigned depth, in_flight;
static uint64_t bytes, blocks, state = 88172645463325252ull;

/* of verify: what was acknowledged, and what may be there besides after an error */
static uint64_t versions[MAX_BLOCKS], doubtful[MAX_BLOCKS];
static uint8_t busy[MAX_BLOCKS];
static unsigned long done, failed, wrong;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
	printf("diskio: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t pick(uint64_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % limit;
}

static void open_disk(const char *name, int flags)
{
	uint64_t size = 0;

	fd = open(name, flags | O_DIRECT);
	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size))
		fail(name);
	blocks = size / bytes;
	if (!blocks || depth < 1 || depth > MAX_DEPTH || bytes % 512)
		fail("arguments");
	if (syscall(SYS_io_setup, MAX_DEPTH, &context))
		fail("io_setup");
	for (unsigned i = 0; i < depth; i++)
		if (posix_memalign((void **)&slots[i].data, 65536, bytes))
			fail("memory");
}

static void start(struct slot *s, uint64_t block, int write)
{
	struct iocb *list = &s->cb;

	s->block = block;
	s->write = write;
	s->cb = (struct iocb){
		.aio_data = (uintptr_t)s,
		.aio_lio_opcode = write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
		.aio_fildes = (uint32_t)fd,
		.aio_buf = (uintptr_t)s->data,
		.aio_nbytes = bytes,
		.aio_offset = (int64_t)(block * bytes),
	};
	if (syscall(SYS_io_submit, context, 1, &list) != 1)
		fail("io_submit");
	in_flight++;
}

/* Wait for at least one; each is handed to got(). */
static void reap(void (*got)(struct slot *s, int64_t result))
{
	struct io_event events[MAX_DEPTH];
	long n = syscall(SYS_io_getevents, context, 1, MAX_DEPTH, events, NULL);

	if (n < 0 && errno != EINTR)
		fail("io_getevents");
	for (long i = 0; i < n; i++) {
		in_flight--;
		got((struct slot *)(uintptr_t)events[i].data, events[i].res);
	}
}

/* --- speed --- */
static int speed_random, speed_write, speed_stop;
static uint64_t speed_next;

static void speed_one(struct slot *s)
{
	start(s, speed_random ? pick(blocks) : speed_next++ % blocks, speed_write);
}

static void speed_got(struct slot *s, int64_t result)
{
	if (result != (int64_t)bytes) {
		printf("diskio: a transfer gave %lld\n", (long long)result);
		exit(1);
	}
	done++;
	if (!speed_stop)
		speed_one(s);
}

static int speed(char **argv)
{
	double begin, end = atof(argv[7]);

	speed_random = !strcmp(argv[3], "rand");
	speed_write = !strcmp(argv[4], "write");
	bytes = strtoull(argv[5], NULL, 0);
	depth = (unsigned)atoi(argv[6]);
	open_disk(argv[2], speed_write ? O_RDWR : O_RDONLY);
	for (unsigned i = 0; i < depth; i++)
		memset(slots[i].data, (int)i + 1, bytes);
	begin = now();
	for (unsigned i = 0; i < depth; i++)
		speed_one(&slots[i]);
	while (now() < begin + end)
		reap(speed_got);
	speed_stop = 1;
	end = now() - begin;
	printf("diskio: %s %s %llu %u: %.2f MB/s %.1f per second\n", argv[3], argv[4],
	       (unsigned long long)bytes, depth, (double)done * (double)bytes / end / 1e6,
	       (double)done / end);
	while (in_flight)
		reap(speed_got);
	return 0;
}

/* --- verify --- */
static uint64_t word(uint64_t block, uint64_t version, uint64_t i)
{
	return i == 0	? block
	       : i == 1 ? version
			: (block * 0x9e3779b97f4a7c15 + version * 0xd6e8feb86659fd93) ^ (i * 10007);
}

static void fill(struct slot *s, uint64_t version)
{
	uint64_t *p = (uint64_t *)s->data;

	for (uint64_t i = 0; i < bytes / 8; i++)
		p[i] = word(s->block, version, i);
}

static int is(const struct slot *s, uint64_t version)
{
	const uint64_t *p = (const uint64_t *)s->data;

	for (uint64_t i = 0; i < bytes / 8; i++)
		if (p[i] != word(s->block, version, i))
			return 0;
	return 1;
}

static void verify_got(struct slot *s, int64_t result)
{
	uint64_t b = s->block;

	busy[b] = 0;
	done++;
	if (result != (int64_t)bytes) {
		failed++;
		if (s->write)
			doubtful[b] = s->version;
	} else if (s->write) {
		versions[b] = s->version;
		doubtful[b] = 0;
	} else if (!is(s, versions[b]) && !(doubtful[b] && is(s, doubtful[b]))) {
		if (wrong++ < 5)
			printf("diskio: block %llu is not of version %llu\n", (unsigned long long)b,
			       (unsigned long long)versions[b]);
	}
	s->cb.aio_data = 0;
}

static void verify_start(struct slot *s, uint64_t b, int write)
{
	static uint64_t version;

	busy[b] = 1;
	s->block = b;
	if (write) {
		s->version = ++version;
		fill(s, version);
	} else {
		memset(s->data, 0x5a, bytes);
	}
	start(s, b, write);
}

static void sweep(int write)
{
	uint64_t next = 0;

	while (next < blocks || in_flight) {
		for (unsigned i = 0; i < depth && next < blocks; i++)
			if (!slots[i].cb.aio_data)
				verify_start(&slots[i], next++, write);
		reap(verify_got);
	}
}

static int verify(char **argv)
{
	double end = atof(argv[5]);

	bytes = strtoull(argv[3], NULL, 0);
	depth = (unsigned)atoi(argv[4]);
	state += strtoull(argv[6], NULL, 0) * 1000003;
	open_disk(argv[2], O_RDWR);
	if (blocks > MAX_BLOCKS)
		blocks = MAX_BLOCKS;
	sweep(1);
	for (end += now(); now() < end;) {
		for (unsigned i = 0; i < depth; i++) {
			uint64_t b = pick(blocks);

			if (!slots[i].cb.aio_data && !busy[b])
				verify_start(&slots[i], b, pick(2) != 0);
		}
		if (in_flight)
			reap(verify_got);
	}
	while (in_flight)
		reap(verify_got);
	sweep(0);
	printf("diskio: verify %s: %lu transfers, %lu failed, %lu wrong\n", argv[2], done, failed,
	       wrong);
	return wrong || failed;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 8 && !strcmp(argv[1], "speed"))
		return speed(argv);
	if (argc == 7 && !strcmp(argv[1], "verify"))
		return verify(argv);
	puts("usage: diskio speed DEVICE seq|rand read|write BYTES DEPTH SECONDS\n"
	     "       diskio verify DEVICE BYTES DEPTH SECONDS SEED");
	return 1;
}
