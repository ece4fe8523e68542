// SPDX-License-Identifier: GPL-2.0-or-later
/* Raw images through io_uring: any thread submits under a lock, one thread completes. Discards and
 * zeroes go to the pool. */
#include <errno.h>
#include <liburing.h>
#include <stdatomic.h>
#include <string.h>

#include "host/block_raw.h"
#include "os/os.h"

enum { ENTRIES = 256, BATCH = 32 };

struct block_uring {
	struct block_raw *raw;
	struct io_uring ring;
	struct os_mutex lock; /* over the submission side */
	struct os_thread thread;
};

/* Under the lock. */
static struct io_uring_sqe *get_sqe(struct block_uring *u)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

	while (!sqe) {
		io_uring_submit(&u->ring);
		sqe = io_uring_get_sqe(&u->ring);
		if (!sqe)
			os_thread_yield();
	}
	return sqe;
}

static void prepare(struct block_uring *u, struct block_request *r)
{
	struct io_uring_sqe *sqe = get_sqe(u);
	const struct iovec *iov;
	int niov;

	if (r->op == BLOCK_FLUSH) {
		io_uring_prep_fsync(sqe, u->raw->fd, IORING_FSYNC_DATASYNC);
	} else {
		int fd = block_raw_fd(u->raw, r);

		iov = block_raw_iov(r, &niov);
		if (r->op == BLOCK_READ)
			io_uring_prep_readv(sqe, fd, iov, (unsigned)niov, r->offset + r->progress);
		else
			io_uring_prep_writev2(sqe, fd, iov, (unsigned)niov, r->offset + r->progress,
					      r->flags & BLOCK_FUA ? RWF_DSYNC : 0);
	}
	io_uring_sqe_set_data(sqe, r);
	atomic_store_explicit(&r->handed, true, memory_order_release);
}

/* Under the lock. The kernel takes all of them; when it is out of memory for a moment, later. */
static void flush_ring(struct block_uring *u)
{
	while (io_uring_sq_ready(&u->ring) && io_uring_submit(&u->ring) < 0)
		os_thread_yield();
}

void block_uring_submit(struct block *b, struct block_request **r, u32 count)
{
	struct block_uring *u = container_of(b, struct block_raw, b)->uring;

	if (u->raw->direct_fd < 0)
		count = block_raw_cached(u->raw, r, count);
	if (!count)
		return;
	os_mutex_lock(&u->lock);
	for (u32 i = 0; i < count; i++)
		if (r[i]->op == BLOCK_DISCARD || r[i]->op == BLOCK_WRITE_ZEROES)
			block_raw_pool(u->raw, r[i]);
		else
			prepare(u, r[i]);
	flush_ring(u);
	os_mutex_unlock(&u->lock);
}

/* Returns false when the thread shall end. */
static bool complete(struct block_uring *u, struct block_request *r, s32 result)
{
	if (!r)
		return false;
	/* what the kernel ordered, in C's terms */
	atomic_load_explicit(&r->handed, memory_order_acquire);
	if (!block_raw_progress(r, result))
		block_uring_submit(&u->raw->b, &r, 1);
	return true;
}

static void uring_main(void *opaque)
{
	struct block_uring *u = opaque;
	struct io_uring_cqe *cqe[BATCH];
	bool go_on = true;

	while (go_on) {
		struct {
			struct block_request *r;
			s32 result;
		} done[BATCH];
		unsigned n;

		if (io_uring_wait_cqe(&u->ring, cqe))
			continue;
		n = io_uring_peek_batch_cqe(&u->ring, cqe, BATCH);
		for (unsigned i = 0; i < n; i++) {
			done[i].r = io_uring_cqe_get_data(cqe[i]);
			done[i].result = cqe[i]->res;
		}
		io_uring_cq_advance(&u->ring, n);
		if (n > 1)
			block_batch(&u->raw->b, true);
		for (unsigned i = 0; i < n; i++)
			go_on &= complete(u, done[i].r, done[i].result);
		if (n > 1)
			block_batch(&u->raw->b, false);
	}
}

int block_uring_start(struct block_raw *raw)
{
	struct block_uring *u = g_new0(struct block_uring, 1);
	int err = io_uring_queue_init(ENTRIES, &u->ring, 0);

	if (err) {
		g_free(u);
		return err;
	}
	os_mutex_init(&u->lock);
	u->raw = raw;
	raw->uring = u;
	err = os_thread_create(&u->thread, "disk", uring_main, u);
	if (err) {
		raw->uring = NULL;
		io_uring_queue_exit(&u->ring);
		g_free(u);
	}
	return err;
}

void block_uring_stop(struct block_raw *raw)
{
	struct block_uring *u = raw->uring;
	struct io_uring_sqe *sqe;

	os_mutex_lock(&u->lock);
	sqe = get_sqe(u);
	io_uring_prep_nop(sqe);
	io_uring_sqe_set_data(sqe, NULL);
	flush_ring(u);
	os_mutex_unlock(&u->lock);
	os_thread_join(&u->thread);
	io_uring_queue_exit(&u->ring);
	os_mutex_destroy(&u->lock);
	g_free(u);
	raw->uring = NULL;
}
