// SPDX-License-Identifier: GPL-2.0-or-later
/* What all disks share: range checks, cache modes, zero detection, counting of requests. */
#include "host/block.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "host/block_private.h"

void block_init(struct block *b, const struct block_ops *ops, const char *name)
{
	b->ops = ops;
	b->name = g_strdup(name);
	os_mutex_init(&b->lock);
	os_cond_init(&b->idle);
	b->failed_end = &b->failed;
}

void block_fini(struct block *b)
{
	os_cond_destroy(&b->idle);
	os_mutex_destroy(&b->lock);
	g_free(b->name);
	g_free(b);
}

int block_open(const struct block_options *o, struct block **out, struct error *e)
{
	struct block_options raw = *o;
	struct block *b;
	int err;

	if (o->snapshot)
		raw.read_only = true;
	if (!o->filename && !o->uri && !o->node)
		err = block_empty_open(&raw, &b);
	else
		err = o->uri || o->node ? block_nbd_open(&raw, &b, e) : block_raw_open(&raw, &b, e);
	if (!err && o->snapshot)
		err = block_overlay_open(b, &b, e);
	if (!err && o->volatile_log)
		err = block_volatile_open(b, o->volatile_log, &b, e);
	if (err)
		return err;
	b->no_flush = o->no_flush;
	b->detect_zeroes = o->detect_zeroes;
	b->on_read_error = b->drive_on_read = o->on_read_error;
	b->on_write_error = b->drive_on_write = o->on_write_error;
	if (o->group)
		b->throttle = block_group_get(o->group);
	else if (block_limited(&o->limits))
		b->throttle = block_group_new(&o->limits);
	b->write_cache = !o->write_through;
	b->info.write_cache = !o->write_through;
	b->info.cdrom = o->cdrom;
	*out = b;
	return 0;
}

void block_close(struct block *b)
{
	if (!b)
		return;
	block_drain(b);
	block_group_put(b->throttle);
	b->ops->close(b);
	block_fini(b);
}

const struct block_info *block_info(const struct block *b)
{
	return &b->info;
}

int block_resize(struct block *b, u64 bytes, struct error *e)
{
	int err;

	if (!bytes || bytes % 512)
		return error_set(e, -EINVAL, "a disk's size is a number of sectors of 512 bytes");
	if (!b->ops->resize || b->info.read_only)
		return error_set(e, -ENOTSUP, "%s cannot be resized", b->name);
	block_settle(b);
	err = b->ops->resize(b, bytes);
	if (err)
		return error_set(e, err, "%s: %s", b->name, strerror(-err));
	b->info.size = bytes;
	return 0;
}

void block_set_limits(struct block *b, const struct block_limits *l)
{
	if (b->throttle)
		block_group_set(b->throttle, l);
	else if (block_limited(l))
		b->throttle = block_group_new(l);
}

void block_set_batch(struct block *b, void (*batch)(void *opaque, bool begins), void *opaque)
{
	b->batch_opaque = opaque;
	b->batch = batch;
}

void block_set_write_cache(struct block *b, bool on)
{
	b->write_cache = on;
}

/* Under the lock, since b is gone when block_drain() has seen 0. */
void block_leave(struct block *b)
{
	os_mutex_lock(&b->lock);
	if (atomic_fetch_sub(&b->in_flight, 1) == 1)
		os_cond_broadcast(&b->idle);
	os_mutex_unlock(&b->lock);
}

void block_complete(struct block_request *r, int err)
{
	struct block *b = r->block;

	if (err)
		err = block_failed(r, err);
	if (err <= 0) {
		r->op = r->user_op;
		r->done(r, err);
		/* r is gone */
	}
	block_leave(b);
}

void block_batch(struct block *b, bool begins)
{
	if (!b->batch)
		return;
	if (begins)
		atomic_fetch_add(&b->in_flight, 1);
	b->batch(b->batch_opaque, begins);
	if (!begins)
		block_leave(b);
}

void block_settle(struct block *b)
{
	if (b->throttle)
		block_throttle_open(b->throttle, b, true);
	os_mutex_lock(&b->lock);
	while (atomic_load(&b->in_flight))
		os_cond_wait(&b->idle, &b->lock);
	os_mutex_unlock(&b->lock);
	if (b->throttle)
		block_throttle_open(b->throttle, b, false);
}

static bool all_zero(const struct block_request *r)
{
	for (int i = 0; i < r->niov; i++) {
		const u8 *p = r->iov[i].iov_base;
		size_t n = r->iov[i].iov_len;

		if (n && (p[0] || memcmp(p, p + 1, n - 1)))
			return false;
	}
	return true;
}

/* What is wrong with r, or 0. */
static int check(const struct block *b, const struct block_request *r)
{
	if (r->op == BLOCK_FLUSH)
		return 0;
	if (r->offset > b->info.size || r->len > b->info.size - r->offset)
		return -EINVAL;
	return r->op != BLOCK_READ && b->info.read_only ? -EROFS : 0;
}

/* False: r needs no work. */
static bool adapt(struct block *b, struct block_request *r)
{
	if (r->op == BLOCK_FLUSH)
		return !b->no_flush && !b->info.read_only;
	if (!r->len)
		return false;
	if (r->op == BLOCK_READ)
		return true;
	if (r->op == BLOCK_DISCARD)
		return b->info.discard;
	if (r->op == BLOCK_WRITE && b->detect_zeroes != BLOCK_DETECT_OFF && all_zero(r)) {
		r->op = BLOCK_WRITE_ZEROES;
		if (b->detect_zeroes == BLOCK_DETECT_UNMAP && b->info.discard)
			r->flags |= BLOCK_UNMAP;
	}
	if (r->op == BLOCK_WRITE_ZEROES && !b->info.discard)
		r->flags &= (u8)~BLOCK_UNMAP;
	if (!b->write_cache)
		r->flags |= BLOCK_FUA;
	if (b->no_flush)
		r->flags &= (u8)~BLOCK_FUA;
	return true;
}

void block_submit_counted(struct block *b, struct block_request **r, u32 count)
{
	u32 n = 0;

	for (u32 i = 0; i < count; i++) {
		int err;

		r[i]->block = b;
		r[i]->user_op = r[i]->op;
		r[i]->progress = 0;
		r[i]->scratch = NULL;
		err = check(b, r[i]);
		if (err || !adapt(b, r[i]))
			block_complete(r[i], err);
		else
			r[n++] = r[i];
	}
	if (n && b->throttle)
		block_throttle_submit(b->throttle, b, r, n);
	else if (n)
		b->ops->submit(b, r, n);
}

void block_submit_batch(struct block *b, struct block_request **r, u32 count)
{
	atomic_fetch_add(&b->in_flight, count);
	block_submit_counted(b, r, count);
}

void block_submit(struct block *b, struct block_request *r)
{
	block_submit_batch(b, &r, 1);
}

struct sync {
	struct os_mutex lock;
	struct os_cond cond;
	bool done;
	int err;
};

static void sync_done(struct block_request *r, int err)
{
	struct sync *s = r->opaque;

	os_mutex_lock(&s->lock);
	s->err = err;
	s->done = true;
	os_cond_signal(&s->cond);
	os_mutex_unlock(&s->lock);
}

int block_rw_sync(struct block *b, enum block_op op, u64 offset, void *buf, u64 len)
{
	struct iovec iov = {buf, len};
	struct sync s = {0};
	struct block_request r = {
		.op = (u8)op,
		.offset = offset,
		.len = len,
		.iov = &iov,
		.niov = 1,
		.done = sync_done,
		.opaque = &s,
		.no_wait = true,
	};

	os_mutex_init(&s.lock);
	os_cond_init(&s.cond);
	block_submit(b, &r);
	os_mutex_lock(&s.lock);
	while (!s.done)
		os_cond_wait(&s.cond, &s.lock);
	os_mutex_unlock(&s.lock);
	os_mutex_destroy(&s.lock);
	os_cond_destroy(&s.cond);
	return s.err;
}
