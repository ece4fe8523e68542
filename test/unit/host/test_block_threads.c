// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * host/block.h under several submitting threads at a time, as virtual processors are: what is
 * written is what is read, whatever is drained, limited, failed and tried again, or lost and found
 * meanwhile. Made for ThreadSanitizer.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"
#include "blocks.h"
#include "host/block_private.h"

enum { WORKERS = 4, JOBS = 8, PIECE = 4096, REGION = JOBS * PIECE, SIZE = WORKERS * REGION };

struct worker;

/* Writes its piece, reads it back, perhaps flushes, and is free again. */
struct job {
	struct worker *w;
	struct block_request r;
	struct iovec iov;
	u8 *data;
	u8 fill;
	bool flush, busy; /* busy: under the worker's lock */
};

struct worker {
	struct os_thread thread;
	struct block *b;
	struct job jobs[JOBS];
	u8 *data;
	u32 id, rounds;
	struct os_mutex lock;
	struct os_cond changed;
	u32 busy;		  /* under lock */
	bool pause, stands, done; /* under lock; done: submits nothing more */
};

static _Atomic u32 wrong, errors;

static int setup(void **state)
{
	int fd = mkstemp(path);

	if (fd < 0 || ftruncate(fd, SIZE))
		return -1;
	return close(fd);
}

static void finished(struct job *j)
{
	struct worker *w = j->w;

	os_mutex_lock(&w->lock);
	j->busy = false;
	w->busy--;
	os_cond_broadcast(&w->changed);
	os_mutex_unlock(&w->lock);
}

static void step_done(struct block_request *r, int err)
{
	struct job *j = r->opaque;

	if (err) {
		atomic_fetch_add(&errors, 1);
		finished(j);
	} else if (r->op == BLOCK_WRITE) {
		memset(j->data, 0, PIECE);
		r->op = BLOCK_READ;
		block_submit(j->w->b, r);
	} else if (r->op == BLOCK_READ) {
		for (u32 i = 0; i < PIECE; i++)
			if (j->data[i] != (u8)(j->fill + i / 512)) {
				atomic_fetch_add(&wrong, 1);
				break;
			}
		if (!j->flush) {
			finished(j);
			return;
		}
		r->op = BLOCK_FLUSH;
		block_submit(j->w->b, r);
	} else {
		finished(j);
	}
}

/* A free job begins, under the lock. */
static struct block_request *begin(struct worker *w, struct job *j, u32 round)
{
	u32 n = (u32)(j - w->jobs);

	j->busy = true;
	w->busy++;
	j->fill = (u8)(round * 13 + n * 7 + w->id);
	j->flush = round % 8 == n;
	for (u32 i = 0; i < PIECE; i++)
		j->data[i] = (u8)(j->fill + i / 512);
	j->iov = (struct iovec){j->data, PIECE};
	j->r = (struct block_request){
		.op = BLOCK_WRITE,
		.flags = round % 16 == n || w->rounds == 1 ? BLOCK_FUA : 0,
		.offset = w->id * REGION + n * PIECE,
		.len = PIECE,
		.iov = &j->iov,
		.niov = 1,
		.done = step_done,
		.opaque = j,
	};
	return &j->r;
}

static void worker_main(void *opaque)
{
	struct worker *w = opaque;

	for (u32 round = 0; round < w->rounds; round++) {
		struct block_request *list[JOBS];
		u32 n = 0;

		os_mutex_lock(&w->lock);
		while (w->busy == JOBS || w->pause) {
			w->stands = w->pause;
			os_cond_broadcast(&w->changed);
			os_cond_wait(&w->changed, &w->lock);
		}
		w->stands = false;
		for (u32 i = 0; i < JOBS; i++)
			if (!w->jobs[i].busy)
				list[n++] = begin(w, &w->jobs[i], round);
		os_mutex_unlock(&w->lock);
		block_submit_batch(w->b, list, n);
	}
	os_mutex_lock(&w->lock);
	w->stands = w->done = true;
	os_cond_broadcast(&w->changed);
	os_mutex_unlock(&w->lock);
}

static struct worker *start(struct block *b, u32 rounds)
{
	struct worker *w = calloc(WORKERS, sizeof(*w));

	wrong = errors = 0;
	for (u32 i = 0; i < WORKERS; i++) {
		w[i].b = b;
		w[i].id = i;
		w[i].rounds = rounds;
		w[i].data = os_alloc_aligned(REGION, 4096);
		for (u32 k = 0; k < JOBS; k++) {
			w[i].jobs[k].w = &w[i];
			w[i].jobs[k].data = w[i].data + k * PIECE;
		}
		os_mutex_init(&w[i].lock);
		os_cond_init(&w[i].changed);
		assert_int_equal(os_thread_create(&w[i].thread, "worker", worker_main, &w[i]), 0);
	}
	return w;
}

/* None submits any more, but for what is under way. */
static void pause_all(struct worker *w, bool on)
{
	for (u32 i = 0; i < WORKERS; i++) {
		os_mutex_lock(&w[i].lock);
		w[i].pause = on;
		os_cond_broadcast(&w[i].changed);
		while (on && !w[i].stands)
			os_cond_wait(&w[i].changed, &w[i].lock);
		os_mutex_unlock(&w[i].lock);
	}
}

static u32 busy(struct worker *w)
{
	u32 n = 0;

	for (u32 i = 0; i < WORKERS; i++) {
		os_mutex_lock(&w[i].lock);
		n += w[i].busy;
		os_mutex_unlock(&w[i].lock);
	}
	return n;
}

static void finish(struct worker *w)
{
	for (u32 i = 0; i < WORKERS; i++)
		os_thread_join(&w[i].thread);
	block_drain(w->b);
	assert_int_equal(busy(w), 0);
	assert_int_equal(wrong, 0);
	for (u32 i = 0; i < WORKERS; i++) {
		os_mutex_destroy(&w[i].lock);
		os_cond_destroy(&w[i].changed);
		os_free(w[i].data);
	}
	free(w);
}

/* Everything that any thread may ask, while they work; and drains between. */
static void work(struct block *b, u32 rounds)
{
	struct worker *w = start(b, rounds);

	for (u32 i = 0; i < 5; i++) {
		block_set_write_cache(b, i & 1);
		assert_false(block_waits(b));
		block_retry(b);
		usleep(2000);
		pause_all(w, true);
		if (i & 1)
			block_drain(b);
		else
			block_settle(b);
		assert_int_equal(busy(w), 0);
		pause_all(w, false);
	}
	finish(w);
	assert_int_equal(errors, 0);
}

static void test_modes(void **state)
{
	static const char log[] = "/var/tmp/pvblock-threads-log";
	static const struct block_options modes[] = {
		{.aio = BLOCK_AIO_IO_URING},
		{.aio = BLOCK_AIO_THREADS},
		{.aio = BLOCK_AIO_IO_URING, .direct = true},
		{.aio = BLOCK_AIO_THREADS, .direct = true, .write_through = true},
		{.aio = BLOCK_AIO_IO_URING, .detect_zeroes = BLOCK_DETECT_UNMAP, .discard = true},
		{.aio = BLOCK_AIO_IO_URING, .snapshot = true},
		{.aio = BLOCK_AIO_IO_URING, .volatile_log = log},
		{.limits.rates[BLOCK_IOPS_TOTAL] = {.rate = 20000}},
		{.limits.rates[BLOCK_BPS_WRITE] = {.rate = 8 << 20},
		 .limits.rates[BLOCK_IOPS_READ] = {.rate = 2000, .max = 4000}},
	};

	for (u32 i = 0; i < ARRAY_SIZE(modes); i++) {
		struct block *b = open_with(modes[i]);

		work(b, 60);
		block_close(b);
	}
	unlink(log);
}

/* The kernel gives up requests of a thread that ends: they are done all the same. */
static void test_thread_ends(void **state)
{
	struct block *b = open_with((struct block_options){.aio = BLOCK_AIO_IO_URING});

	for (u32 i = 0; i < 20; i++) {
		struct worker *w = start(b, 1);

		finish(w);
		assert_int_equal(errors, 0);
	}
	block_close(b);
}

static void test_server(void **state)
{
	char node[300];
	const char *nodes[] = {node};
	struct block *b;

	snprintf(node, sizeof(node), "driver=raw,node-name=x,file.driver=file,file.filename=%s",
		 path);
	b = open_with((struct block_options){.node = "x", .nodes = nodes, .nr_nodes = 1});
	work(b, 60);
	block_close(b);
}

/* --- a server that comes and goes --- */
static void test_reconnect(void **state)
{
	struct worker *w;
	struct block *b;
	struct nbd s;

	nbd_serve(&s);
	b = open_with((struct block_options){.uri = s.uri, .reconnect_delay = 100});
	w = start(b, 300);
	for (u32 i = 0; i < 3; i++) {
		g_usleep(30000);
		nbd_end(&s);
		nbd_serve(&s);
	}
	finish(w);
	assert_int_equal(errors, 0);
	block_close(b);
	nbd_end(&s);
}

/* --- a disk that fails now and then, and a machine that stops and goes on --- */
struct flaky {
	struct block b;
	struct block_pool *pool;
	struct block *below;
	_Atomic u32 count;
	_Atomic u32 period; /* every so many requests fail, 0: none */
};

static void flaky_perform(void *opaque, struct block_request *r)
{
	struct flaky *f = opaque;
	u32 period = f->period;
	bool fails = period && atomic_fetch_add(&f->count, 1) % period == 0;
	int err = fails ? -ENOSPC : 0;

	if (!fails)
		err = block_rw_sync(f->below, r->op, r->offset,
				    r->op == BLOCK_FLUSH ? NULL : r->iov->iov_base, r->len);
	block_complete(r, err);
}

static void flaky_submit(struct block *b, struct block_request **r, u32 count)
{
	for (u32 i = 0; i < count; i++)
		block_pool_push(container_of(b, struct flaky, b)->pool, r[i]);
}

static void flaky_close(struct block *b)
{
	struct flaky *f = container_of(b, struct flaky, b);

	block_pool_free(f->pool);
	block_close(f->below);
}

static const struct block_ops flaky_ops = {flaky_submit, flaky_close, NULL};

static struct flaky *open_flaky(const char *policy, u32 period)
{
	struct flaky *f = g_new0(struct flaky, 1);
	struct error e;

	block_init(&f->b, &flaky_ops, "flaky");
	f->b.info.size = SIZE;
	f->b.write_cache = true;
	f->below = open_with((struct block_options){0});
	f->pool = block_pool_new(3, flaky_perform, f);
	f->period = period;
	assert_non_null(f->pool);
	assert_int_equal(block_set_on_error(&f->b, policy, policy, &e), 0);
	return f;
}

/* All but the requests under way are through. */
static bool all_done(struct worker *w)
{
	bool all = true;

	for (u32 i = 0; i < WORKERS; i++) {
		os_mutex_lock(&w[i].lock);
		all &= w[i].done;
		os_mutex_unlock(&w[i].lock);
	}
	return all;
}

static void end_flaky(struct flaky *f, struct worker *w)
{
	f->period = 0;
	block_settle(&f->b);
	block_retry(&f->b);
	finish(w);
}

static struct os_wake machine;

static void stop(void *opaque)
{
	os_wake_signal(opaque);
}

/* Each failure stops the machine; it goes on while others submit, complete and fail. */
static void test_stop_and_go(void **state)
{
	struct flaky *f = open_flaky("stop", 17);
	struct worker *w;
	u32 stops = 0;

	os_wake_init(&machine);
	block_set_stop(&f->b, stop, &machine);
	w = start(&f->b, 100);
	while (!all_done(w)) {
		if (!os_wake_wait(&machine, os_clock_ns() + 10000000))
			continue;
		stops++;
		block_settle(&f->b);
		block_retry(&f->b);
	}
	assert_true(stops > 0);
	end_flaky(f, w);
	assert_int_equal(errors, 0);
	block_close(&f->b);
}

/* The same, drained when it has stopped: what waits is reported, once each. */
static void test_stop_and_drain(void **state)
{
	struct flaky *f = open_flaky("stop", 5);
	struct worker *w;

	os_wake_init(&machine);
	block_set_stop(&f->b, stop, &machine);
	w = start(&f->b, 40);
	for (u32 i = 0; i < 20; i++) {
		os_wake_wait(&machine, os_clock_ns() + 100000000);
		pause_all(w, true);
		block_drain(&f->b);
		assert_false(block_waits(&f->b));
		assert_int_equal(busy(w), 0);
		pause_all(w, false);
	}
	while (!all_done(w)) {
		usleep(1000);
		block_retry(&f->b);
	}
	end_flaky(f, w);
	assert_true(errors > 0);
	block_close(&f->b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),	    cmocka_unit_test(test_thread_ends),
		cmocka_unit_test(test_server),	    cmocka_unit_test(test_reconnect),
		cmocka_unit_test(test_stop_and_go), cmocka_unit_test(test_stop_and_drain),
	};

	log_set(0, NULL, NULL);
	return cmocka_run_group_tests(tests, setup, teardown);
}
