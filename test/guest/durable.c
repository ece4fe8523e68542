// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * durable FOLDER DEVICE OFFSET WORKERS OPERATIONS: writes files in every way that a program can
 * make durable, and after each operation that the kernel acknowledged writes what it was to the
 * device, past the file system, at OFFSET + 512 * worker. Whoever sees the order of writes below
 * knows from that what has to be on the disk (test/guest/durable.py).
 *
 * Every sector of a file says which it is, of which file and operation, and has a pattern that
 * follows from these.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECTOR = 512, OVERWRITTEN = 4, OVERWRITTEN_SECTORS = 96, KEPT = 6, MOST_SECTORS = 40 };

enum kind { OVERWRITE = 1, APPEND, REPLACE, CREATE, UNLINK };

struct sector {
	uint32_t magic, file;
	uint64_t version, index, pattern[61];
};

struct marker {
	char magic[8];
	uint32_t worker, kind;
	uint64_t version, file, start, count;
	char pad[SECTOR - 48];
};

struct worker {
	uint32_t number;
	const char *folder;
	uint64_t random, version;
	uint64_t appended, created;
	int device, folder_fd;
	off_t offset;
	struct marker *marker;
	struct sector *buffer;
};

static void fail(const char *what)
{
	printf("durable: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t below(struct worker *w, uint64_t limit)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random % limit;
}

static uint32_t file_id(const struct worker *w, char kind, uint64_t number)
{
	return w->number << 24 | (uint32_t)(kind & 0x7f) << 16 | (uint32_t)number;
}

static const char *path(struct worker *w, char kind, uint64_t number)
{
	static char text[200];

	snprintf(text, sizeof(text), "%s/%u%c%u", w->folder, w->number, kind, (unsigned)number);
	return text;
}

static void fill(struct worker *w, uint32_t file, uint64_t start, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		struct sector *s = &w->buffer[i];

		s->magic = 0x44565030;
		s->file = file;
		s->version = w->version;
		s->index = start + i;
		for (int j = 0; j < 61; j++)
			s->pattern[j] = (file + 1) * 0x9e3779b97f4a7c15 + w->version * 1000003 +
					s->index * 10007;
	}
}

static void store(struct worker *w, int fd, uint64_t start, uint64_t count)
{
	ssize_t n = pwrite(fd, w->buffer, count * SECTOR, (off_t)(start * SECTOR));

	if (n != (ssize_t)(count * SECTOR))
		fail("write");
}

static void sync_folder(struct worker *w)
{
	if (fsync(w->folder_fd))
		fail("fsync of the folder");
}

static int open_at(const char *name, int flags)
{
	int fd = open(name, flags, 0644);

	if (fd < 0)
		fail(name);
	return fd;
}

/* The kernel acknowledged it: say so where nothing delays it. */
static void mark(struct worker *w, enum kind kind, uint32_t file, uint64_t start, uint64_t count)
{
	*w->marker = (struct marker){
		.magic = "PVMARK1",
		.worker = w->number,
		.kind = kind,
		.version = w->version,
		.file = file,
		.start = start,
		.count = count,
	};
	if (pwrite(w->device, w->marker, SECTOR, w->offset) != SECTOR)
		fail("marker");
}

static void overwrite(struct worker *w)
{
	static const int how[] = {0, 0, O_DSYNC, O_SYNC, O_DIRECT, O_DIRECT | O_DSYNC};
	uint64_t number = below(w, OVERWRITTEN), start = below(w, OVERWRITTEN_SECTORS);
	uint64_t count = 1 + below(w, OVERWRITTEN_SECTORS - start);
	uint32_t file = file_id(w, 'o', number);
	int flags = how[below(w, sizeof(how) / sizeof(how[0]))];
	int fd = open_at(path(w, 'o', number), O_RDWR | O_CREAT | flags);
	uint64_t which = below(w, 2);

	fill(w, file, start, count);
	store(w, fd, start, count);
	if (!(flags & (O_DSYNC | O_SYNC)) && (which ? fsync(fd) : fdatasync(fd)))
		fail("fsync");
	close(fd);
	if (w->version < 200)
		sync_folder(w);
	mark(w, OVERWRITE, file, start, count);
}

static void append(struct worker *w)
{
	uint64_t count = 1 + below(w, MOST_SECTORS);
	uint32_t file = file_id(w, 'a', 0);
	int fd = open_at(path(w, 'a', 0), O_RDWR | O_CREAT);

	fill(w, file, w->appended, count);
	store(w, fd, w->appended, count);
	if (fdatasync(fd))
		fail("fdatasync");
	close(fd);
	if (!w->appended)
		sync_folder(w);
	mark(w, APPEND, file, w->appended, count);
	w->appended += count;
}

static void write_file(struct worker *w, const char *name, uint32_t file, uint64_t count)
{
	int fd = open_at(name, O_RDWR | O_CREAT | O_TRUNC);

	fill(w, file, 0, count);
	store(w, fd, 0, count);
	if (fsync(fd))
		fail("fsync");
	close(fd);
}

static void replace(struct worker *w)
{
	uint64_t count = 1 + below(w, MOST_SECTORS);
	uint32_t file = file_id(w, 'r', 0);
	char *from = strdup(path(w, 't', 0));

	write_file(w, from, file, count);
	if (rename(from, path(w, 'r', 0)))
		fail("rename");
	free(from);
	sync_folder(w);
	mark(w, REPLACE, file, 0, count);
}

static void create(struct worker *w)
{
	uint64_t count = 1 + below(w, MOST_SECTORS);
	uint32_t file = file_id(w, 'c', w->created);

	write_file(w, path(w, 'c', w->created), file, count);
	sync_folder(w);
	mark(w, CREATE, file, 0, count);
	if (w->created >= KEPT) {
		w->version++;
		if (unlink(path(w, 'c', w->created - KEPT)))
			fail("unlink");
		sync_folder(w);
		mark(w, UNLINK, file_id(w, 'c', w->created - KEPT), 0, 0);
	}
	w->created++;
}

/* Written, and left to the kernel: what a failure may take. */
static void noise(struct worker *w)
{
	uint64_t count = 1 + below(w, MOST_SECTORS);
	int fd = open_at(path(w, 'n', 0), O_RDWR | O_CREAT);

	fill(w, file_id(w, 'n', 0), 0, count);
	store(w, fd, below(w, 2000), count);
	close(fd);
}

static void work(struct worker *w, uint64_t operations)
{
	static void (*const kinds[])(struct worker * w) = {overwrite, overwrite, append, replace,
							   create};

	w->random = 88172645463325252ull + w->number * 1000003;
	w->folder_fd = open_at(w->folder, O_RDONLY | O_DIRECTORY);
	if (posix_memalign((void **)&w->marker, 4096, 4096) ||
	    posix_memalign((void **)&w->buffer, 4096, OVERWRITTEN_SECTORS * SECTOR))
		fail("memory");
	while (w->version < operations) {
		w->version++;
		kinds[below(w, sizeof(kinds) / sizeof(kinds[0]))](w);
		if (below(w, 3) == 0)
			noise(w);
		if (w->version % 50 < 2) {
			printf("durable: worker %u at %u\n", w->number, (unsigned)w->version);
			fflush(stdout);
		}
	}
}

int main(int argc, char **argv)
{
	int status, bad = 0;

	if (argc != 6) {
		puts("usage: durable FOLDER DEVICE OFFSET WORKERS OPERATIONS");
		return 1;
	}
	for (int i = 0; i < atoi(argv[4]); i++) {
		struct worker w = {
			.number = (uint32_t)i,
			.folder = argv[1],
			.offset = (off_t)strtoull(argv[3], NULL, 0) + i * SECTOR,
		};

		if (fork())
			continue;
		w.device = open_at(argv[2], O_RDWR | O_DIRECT);
		work(&w, strtoull(argv[5], NULL, 0));
		exit(0);
	}
	while (wait(&status) > 0)
		bad |= status;
	puts(bad ? "durable: failed" : "durable: done");
	return bad ? 1 : 0;
}
