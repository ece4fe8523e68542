// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * host/block.h over servers that fail, are slow, want other blocks than we do, and die under load:
 * nbdkit with its filters. Whatever becomes of a server, each request ends, once; what was told to
 * be written is there; and the user is told in one line.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"
#include "host/block_private.h"

enum { JOBS = 24, PIECE = 8192, SECTOR = 512, SIZE = 4 << 20, BLOCK = 4096 };

/* --- servers --- */
static char folder[] = "/tmp/pvfaultsXXXXXX", image[64], address[64], uri[128], trigger[64];

static int setup(void **state)
{
	int fd;

	if (!mkdtemp(folder))
		return -1;
	snprintf(image, sizeof(image), "%s/image", folder);
	snprintf(address, sizeof(address), "%s/socket", folder);
	snprintf(trigger, sizeof(trigger), "%s/trigger", folder);
	snprintf(uri, sizeof(uri), "nbd+unix:///?socket=%s", address);
	fd = open(image, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || ftruncate(fd, SIZE))
		return -1;
	return close(fd);
}

static int teardown(void **state)
{
	unlink(trigger);
	unlink(address);
	unlink(image);
	return rmdir(folder);
}

/* words: what follows nbdkit's own options, parted by blanks. */
static GPid serve(const char *words)
{
	char *line =
		g_strdup_printf("nbdkit --exit-with-parent -f -U %s --filter=%s", address, words);
	gchar **argv = g_strsplit(line, " ", -1);
	GError *e = NULL;
	GPid pid = 0;

	unlink(address);
	if (!g_spawn_async(NULL, argv, NULL,
			   G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
				   G_SPAWN_STDERR_TO_DEV_NULL,
			   NULL, NULL, &pid, &e))
		fail_msg("%s", e->message);
	for (u32 i = 0; i < 6000 && access(address, F_OK); i++)
		g_usleep(5000);
	g_strfreev(argv);
	g_free(line);
	return pid;
}

static void end_server(GPid pid, int signal)
{
	kill(pid, signal);
	waitpid(pid, NULL, 0);
	unlink(address);
}

static void set_trigger(bool on)
{
	if (on)
		close(open(trigger, O_WRONLY | O_CREAT, 0600));
	else
		unlink(trigger);
}

/* --- disks --- */
static _Atomic u32 lines, stops;

static void count_line(void *opaque, const char *text, size_t len)
{
	lines++;
}

static void stop(void *opaque)
{
	stops++;
}

static struct block *open_disk(const char *policy, u32 delay)
{
	struct block_options o = {.uri = uri, .reconnect_delay = delay, .discard = true};
	struct error e = {""};
	struct block *b;

	for (u32 i = 0; block_open(&o, &b, &e); i++) {
		if (i == 1000)
			fail_msg("%s", e.text);
		g_usleep(5000);
	}
	lines = stops = 0;
	block_set_stop(b, stop, NULL);
	assert_int_equal(block_set_on_error(b, policy, policy, &e), 0);
	return b;
}

/* --- load: each job writes its piece, then reads it, round after round --- */
struct job {
	struct load *load;
	struct block_request r;
	struct iovec iov[2];
	u8 data[PIECE];
	u32 rounds;
	u8 fill;
	_Atomic bool under_way;
};

struct load {
	struct block *b;
	struct job jobs[JOBS];
	u32 rounds;
	bool dropped; /* reads that were not done are told to be good */
	_Atomic u32 good, failed, wrong, twice, busy;
	_Atomic int last;
};

static void submit_job(struct job *j, u8 op)
{
	u64 half = PIECE / 4;

	j->iov[0] = (struct iovec){j->data, half};
	j->iov[1] = (struct iovec){j->data + half, PIECE - half};
	if (op == BLOCK_WRITE)
		j->fill++;
	memset(j->data, op == BLOCK_WRITE ? j->fill : 0, PIECE);
	j->r.op = op;
	j->under_way = true;
	block_submit(j->load->b, &j->r);
}

static void job_done(struct block_request *r, int err)
{
	struct job *j = r->opaque;
	struct load *l = j->load;

	l->twice += !atomic_exchange(&j->under_way, false);
	if (err)
		l->last = err;
	*(err ? &l->failed : &l->good) += 1;
	if (!err && r->op == BLOCK_READ && !l->dropped)
		for (u32 i = 0; i < PIECE; i++)
			if (j->data[i] != j->fill) {
				l->wrong++;
				break;
			}
	if (!err && r->op == BLOCK_WRITE)
		submit_job(j, BLOCK_READ);
	else if (++j->rounds < l->rounds)
		submit_job(j, BLOCK_WRITE);
	else
		l->busy--;
}

static void count_done(struct block_request *r, int err)
{
	struct job *j = r->opaque;

	*(err ? &j->load->failed : &j->load->good) += 1;
}

static struct load *begin(struct block *b, u32 rounds)
{
	struct load *l = g_new0(struct load, 1);

	l->b = b;
	l->rounds = rounds;
	l->busy = JOBS;
	for (u32 i = 0; i < JOBS; i++) {
		struct job *j = &l->jobs[i];

		j->load = l;
		j->r = (struct block_request){.offset = (u64)i * PIECE,
					      .len = PIECE,
					      .iov = j->iov,
					      .niov = 2,
					      .done = job_done,
					      .opaque = j};
		submit_job(j, BLOCK_WRITE);
	}
	return l;
}

/* All but what waits for the machine to go on has ended. */
static void finish(struct load *l)
{
	block_drain(l->b);
	assert_int_equal(l->busy, 0);
	assert_int_equal(l->wrong, 0);
	assert_int_equal(l->twice, 0);
}

static void wait_for_stop(struct block *b)
{
	for (u32 i = 0; i < 6000 && !stops; i++)
		g_usleep(5000);
	assert_true(stops);
	block_settle(b);
	assert_true(block_waits(b));
}

/* --- errors --- */
static GPid serve_errors(const char *what)
{
	char *words = g_strdup_printf("error memory %d %s error-file=%s", SIZE, what, trigger);
	GPid pid = serve(words);

	g_free(words);
	return pid;
}

static void test_reported(void **state)
{
	static const struct {
		const char *policy, *name;
		int err;
	} cases[] = {
		{"report", "EIO", -EIO},
		{"report", "ENOSPC", -ENOSPC},
		{"report", "ENOMEM", -EIO},
		{"ignore", "EIO", 0},
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		char *words = g_strdup_printf("error=%s error-rate=30%%", cases[i].name);
		GPid pid = serve_errors(words);
		struct block *b = open_disk(cases[i].policy, 0);
		struct load *l;

		set_trigger(true);
		l = begin(b, 20);
		l->dropped = !cases[i].err;
		finish(l);
		assert_int_equal(l->last, cases[i].err);
		assert_int_equal(l->failed > 0, cases[i].err != 0);
		set_trigger(false);
		g_free(l);
		/* and it works again */
		l = begin(b, 2);
		finish(l);
		assert_int_equal(l->failed, 0);
		assert_int_equal(lines, 0);
		g_free(l);
		block_close(b);
		end_server(pid, SIGKILL);
		g_free(words);
	}
}

/* Nobody hears of an error, whatever there was, but the user, in a line for each stop. */
static void test_stopped(void **state)
{
	static const char *const cases[][2] = {
		{"stop", "error=EIO error-rate=40%"},
		{"stop", "error-pread=ENOMEM error-pread-rate=50%"},
		{"auto", "error-pwrite=ENOSPC error-pwrite-rate=50%"},
	};

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		GPid pid = serve_errors(cases[i][1]);
		struct block *b = open_disk(cases[i][0], 0);
		struct load *l;
		u32 said = 0;

		set_trigger(true);
		l = begin(b, 3);
		for (u32 n = 0; n < 10; n++, said++) {
			if (!l->busy)
				break;
			wait_for_stop(b);
			stops = 0;
			block_retry(b);
			block_settle(b);
			if (!block_waits(b))
				break;
		}
		assert_true(said > 0);
		assert_true(lines <= said + 1);
		set_trigger(false);
		block_settle(b);
		while (block_waits(b)) {
			block_retry(b);
			block_settle(b);
		}
		finish(l);
		assert_int_equal(l->failed, 0);
		assert_int_equal(l->good, JOBS * 3 * 2);
		g_free(l);
		block_close(b);
		end_server(pid, SIGKILL);
	}
}

/* --- slow ones --- */
static void test_slow(void **state)
{
	char *words = g_strdup_printf("delay memory %d rdelay=100ms wdelay=100ms", SIZE);
	GPid pid = serve(words);
	struct block *b = open_disk("report", 0);
	struct load *l = begin(b, 2);
	u64 start = os_clock_ns();

	finish(l);
	/* which are done beside each other, by 16 threads there */
	assert_true(os_clock_ns() - start < (u64)JOBS * 4 * 100000000 / 2);
	assert_int_equal(l->failed, 0);
	g_free(l);
	/* one that is killed meanwhile */
	l = begin(b, 3);
	g_usleep(20000);
	end_server(pid, SIGKILL);
	finish(l);
	assert_int_equal(l->last, -EIO);
	assert_int_equal(l->good, 0);
	assert_int_equal(lines, 1);
	g_free(l);
	block_close(b);
	g_free(words);
}

/* --- what a server can do --- */
static void test_abilities(void **state)
{
	static const char *const filters[] = {
		"fua %s",
		"fua %s fuamode=emulate",
		"fua %s fuamode=native",
		"fua %s fuamode=force",
		"nocache %s cachemode=none",
		"nozero %s",
	};
	u8 data[BLOCK];

	for (u32 i = 0; i < ARRAY_SIZE(filters); i++) {
		char *plugin = g_strdup_printf("memory %d", SIZE),
		     *words = g_strdup_printf(filters[i], plugin);
		GPid pid = serve(words);
		struct block *b = open_disk("report", 0);
		struct load *l;

		for (u32 cached = 0; cached < 2; cached++) {
			block_set_write_cache(b, cached);
			l = begin(b, 3);
			finish(l);
			assert_int_equal(l->failed, 0);
			g_free(l);
			assert_int_equal(block_rw_sync(b, BLOCK_FLUSH, 0, NULL, 0), 0);
			assert_int_equal(block_rw_sync(b, BLOCK_WRITE_ZEROES, 1024, NULL, 2048), 0);
			assert_int_equal(block_rw_sync(b, BLOCK_READ, 0, data, BLOCK), 0);
			for (u32 k = 0; k < BLOCK; k++)
				assert_int_equal(data[k], k < 1024 || k >= 3072 ? 3 : 0);
		}
		block_close(b);
		end_server(pid, SIGKILL);
		g_free(words);
		g_free(plugin);
	}
}

/* --- other blocks than a disk's sectors --- */

/* Sectors next to each other, at a time: each is a part of a block of the server's. */
static void test_blocks(void **state)
{
	enum { SECTORS = 64 };
	char *words = g_strdup_printf("blocksize-policy --filter=delay memory %d wdelay=2ms "
				      "blocksize-minimum=4096 blocksize-preferred=65536 "
				      "blocksize-maximum=128K blocksize-error-policy=error",
				      SIZE);
	static struct block_request r[SECTORS];
	static struct iovec iov[SECTORS];
	static u8 data[SECTORS][SECTOR], big[1 << 20], back[1 << 20];
	GPid pid = serve(words);
	struct block *b = open_disk("report", 0);
	struct job done = {.load = g_new0(struct load, 1)};
	struct load *l;

	l = begin(b, 3);
	finish(l);
	assert_int_equal(l->failed, 0);
	g_free(l);
	/* longer than the server's longest, and at odd places */
	for (u32 i = 0; i < sizeof(big); i++)
		big[i] = (u8)(i / SECTOR + i + 1);
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE, 512, big, sizeof(big)), 0);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 512, back, sizeof(back)), 0);
	assert_memory_equal(big, back, sizeof(big));
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 512 * 12, back, 1536), 0);
	assert_memory_equal(big + 512 * 11, back, 1536);
	for (u32 i = 0; i < SECTORS; i++) {
		memset(data[i], 0x30 + (int)i, SECTOR);
		iov[i] = (struct iovec){data[i], SECTOR};
		r[i] = (struct block_request){.op = BLOCK_WRITE,
					      .flags = i % 5 ? 0 : BLOCK_FUA,
					      .offset = (i + 5) * SECTOR,
					      .len = SECTOR,
					      .iov = &iov[i],
					      .niov = 1,
					      .done = count_done,
					      .opaque = &done};
		block_submit(b, &r[i]);
	}
	block_drain(b);
	assert_int_equal(done.load->good, SECTORS);
	assert_int_equal(done.load->failed, 0);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 512, back, sizeof(back)), 0);
	memcpy(big + 4 * SECTOR, data, sizeof(data));
	assert_memory_equal(big, back, sizeof(big));
	/* zeroes are exact, a discard is of whole blocks at most */
	assert_int_equal(block_rw_sync(b, BLOCK_WRITE_ZEROES, 1536, NULL, 10240), 0);
	assert_int_equal(block_rw_sync(b, BLOCK_DISCARD, 65536 - 512, NULL, 4096), 0);
	assert_int_equal(block_rw_sync(b, BLOCK_DISCARD, 65536 * 2 - 512, NULL, 512 * 10), 0);
	memset(big + 1024, 0, 10240);
	memset(big + 65536 * 2 - 512, 0, 4096);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 512, back, sizeof(back)), 0);
	assert_memory_equal(big, back, sizeof(big));
	assert_int_equal(lines, 0);
	g_free(done.load);
	block_close(b);
	end_server(pid, SIGKILL);
	g_free(words);
}

/* --- servers that die, and come back --- */
static GPid serve_file(void)
{
	char *words = g_strdup_printf("delay file %s wdelay=20ms rdelay=5ms", image);
	GPid pid = serve(words);

	g_free(words);
	return pid;
}

/* The machine stands still until it is back, and `cont` is all that there is to do. */
static void test_killed_and_stopped(void **state)
{
	GPid pid = serve_file();
	struct block *b = open_disk("stop", 0);
	struct load *l = begin(b, 10);

	for (u32 n = 0; n < 2; n++) {
		g_usleep(50000);
		end_server(pid, SIGKILL);
		wait_for_stop(b);
		/* going on too early is no harm */
		block_retry(b);
		block_settle(b);
		assert_true(block_waits(b));
		pid = serve_file();
		for (u32 i = 0; i < 3000 && block_waits(b); i++) {
			g_usleep(10000);
			block_retry(b);
			if (l->busy)
				break;
		}
	}
	for (u32 i = 0; i < 3000 && l->busy; i++) {
		block_retry(b);
		g_usleep(10000);
	}
	finish(l);
	assert_int_equal(l->failed, 0);
	g_free(l);
	block_close(b);
	end_server(pid, SIGKILL);
}

/* With time to come back in, nobody notices, however it ended. */
static void test_restarted(void **state)
{
	GPid pid = serve_file();
	struct block *b = open_disk("report", 100);
	struct load *l = begin(b, 30);

	for (u32 n = 0; n < 4; n++) {
		g_usleep(100000);
		end_server(pid, n & 1 ? SIGKILL : SIGTERM);
		pid = serve_file();
	}
	finish(l);
	assert_int_equal(l->failed, 0);
	assert_true(lines <= 8);
	g_free(l);
	block_close(b);
	end_server(pid, SIGKILL);
}

/* One that neither ends nor answers holds nobody up who wants to end himself; and one that is
 * another disk when it comes back is none. */
static void test_stuck(void **state)
{
	GPid pid = serve_file(), other;
	struct block *b = open_disk("report", 0);
	u64 start = os_clock_ns();
	u8 data[SECTOR];
	char *words;

	kill(pid, SIGSTOP);
	block_close(b);
	assert_true(os_clock_ns() - start < 15000000000ull);
	kill(pid, SIGCONT);
	b = open_disk("report", 0);
	end_server(pid, SIGKILL);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 0, data, SECTOR), -EIO);
	words = g_strdup_printf("nozero memory %d", SIZE / 2);
	other = serve(words);
	for (u32 i = 0; i < 2000 && lines < 2; i++)
		g_usleep(10000);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 0, data, SECTOR), -EIO);
	g_usleep(700000);
	assert_int_equal(lines, 2);
	end_server(other, SIGKILL);
	pid = serve_file();
	for (u32 i = 0; i < 2000 && lines < 3; i++)
		g_usleep(10000);
	assert_int_equal(block_rw_sync(b, BLOCK_READ, 0, data, SECTOR), 0);
	block_close(b);
	end_server(pid, SIGKILL);
	g_free(words);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reported),  cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_slow),	  cmocka_unit_test(test_abilities),
		cmocka_unit_test(test_blocks),	  cmocka_unit_test(test_killed_and_stopped),
		cmocka_unit_test(test_restarted), cmocka_unit_test(test_stuck),
	};

	log_set(0, count_line, NULL);
	return cmocka_run_group_tests(tests, setup, teardown);
}
