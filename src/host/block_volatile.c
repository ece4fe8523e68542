// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A test facility (x-volatile-log=): a disk whose write cache forgets. Writes stay in memory until
 * a flush or FUA, so that an end of the process is a power failure; and a log says what was asked
 * for and what was acknowledged, from which a test makes the images that a failure at any point may
 * leave (test/guest/durable.py).
 *
 * The log's records are struct record, little-endian, a WRITE's followed by its data; a request's
 * ACK has the request's id and stands in the log before the guest can see that it is done. Requests
 * are done one after the other on one thread, in the log's order.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/endian.h"
#include "host/block_private.h"

enum {
	PAGE = 4096,
	SECTOR = 512,
	CHUNK = 1 << 20,
	RECORD_BYTES = 32,
	MAGIC = 0x4c4f5650, /* "PVOL" */
	KIND_ACK = 16,	    /* others are enum block_op */
};

/* What of a page is not below yet. */
struct page {
	u64 index; /* the key */
	u8 valid;  /* a bit per sector */
	u8 data[PAGE];
};

struct volatile_disk {
	struct block b;
	struct block *below;
	int log;
	struct os_mutex order; /* the log and the thread's queue agree */
	u64 last_id;
	GTree *pages;
	u8 *bounce;
	struct block_pool *thread; /* of one: also the only one that touches pages and bounce */
};

/* --- the log --- */
static int write_all(int fd, const void *buf, u64 len)
{
	while (len) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			buf = (const u8 *)buf + n;
			len -= (u64)n;
		}
	}
	return 0;
}

/* Under v->order. */
static int log_record(struct volatile_disk *v, u8 kind, const struct block_request *r)
{
	u8 raw[RECORD_BYTES] = {0};
	int err;

	st_le32(raw, MAGIC);
	raw[4] = kind;
	raw[5] = r->flags;
	st_le64(raw + 8, r->progress);
	st_le64(raw + 16, r->offset);
	st_le64(raw + 24, r->len);
	err = write_all(v->log, raw, sizeof(raw));
	for (int i = 0; i < r->niov && kind == BLOCK_WRITE && !err; i++)
		err = write_all(v->log, r->iov[i].iov_base, r->iov[i].iov_len);
	return err;
}

/* --- the cache --- */
static gint compare(gconstpointer a, gconstpointer b, gpointer unused)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static struct page *page_at(struct volatile_disk *v, u64 index)
{
	struct page *p = g_tree_lookup(v->pages, &index);

	if (!p) {
		p = g_new0(struct page, 1);
		p->index = index;
		g_tree_insert(v->pages, &p->index, p);
	}
	return p;
}

/* [at, at + len) as the guest shall see it: bounce has what is below. */
static void overlay(struct volatile_disk *v, u64 at, u64 len)
{
	for (u64 s = at; s < at + len; s += SECTOR) {
		u64 index = s / PAGE;
		struct page *p = g_tree_lookup(v->pages, &index);

		if (p && p->valid >> s % PAGE / SECTOR & 1)
			memcpy(v->bounce + (s - at), p->data + s % PAGE, SECTOR);
	}
}

static void keep(struct volatile_disk *v, u64 at, u64 len)
{
	for (u64 s = at; s < at + len; s += SECTOR) {
		struct page *p = page_at(v, s / PAGE);

		memcpy(p->data + s % PAGE, v->bounce + (s - at), SECTOR);
		p->valid |= (u8)(1 << s % PAGE / SECTOR);
	}
}

struct write_back {
	struct volatile_disk *v;
	u64 start, len; /* collected in bounce, not written yet */
	int err;
};

static void write_run(struct write_back *w)
{
	if (w->len && !w->err)
		w->err = block_rw_sync(w->v->below, BLOCK_WRITE, w->start, w->v->bounce, w->len);
	w->len = 0;
}

static gboolean write_page(gpointer key, gpointer value, gpointer opaque)
{
	struct write_back *w = opaque;
	struct page *p = value;

	for (u32 i = 0; i < PAGE / SECTOR; i++) {
		u64 at = p->index * PAGE + i * SECTOR;

		if (!(p->valid >> i & 1))
			continue;
		if (w->len == CHUNK || at != w->start + w->len)
			write_run(w);
		if (!w->len)
			w->start = at;
		memcpy(w->v->bounce + w->len, p->data + i * SECTOR, SECTOR);
		w->len += SECTOR;
	}
	return false;
}

static int flush(struct volatile_disk *v)
{
	struct write_back w = {.v = v};

	g_tree_foreach(v->pages, write_page, &w);
	write_run(&w);
	if (!w.err)
		g_tree_remove_all(v->pages);
	return w.err ? w.err : block_rw_sync(v->below, BLOCK_FLUSH, 0, NULL, 0);
}

/* --- requests --- */
static int transfer(struct volatile_disk *v, struct block_request *r)
{
	int err = 0;

	for (u64 done = 0; done < r->len && !err;) {
		u64 at = r->offset + done, len = MIN(r->len - done, CHUNK);

		if (r->op == BLOCK_READ) {
			err = block_rw_sync(v->below, BLOCK_READ, at, v->bounce, len);
			overlay(v, at, len);
			iov_from_buf(r->iov, r->niov, done, v->bounce, len);
		} else {
			if (r->op == BLOCK_WRITE)
				iov_to_buf(r->iov, r->niov, done, v->bounce, len);
			else
				memset(v->bounce, 0, len);
			keep(v, at, len);
		}
		done += len;
	}
	return err;
}

static int perform(struct volatile_disk *v, struct block_request *r)
{
	int err = 0;

	if (r->op != BLOCK_FLUSH && r->op != BLOCK_DISCARD)
		err = transfer(v, r);
	if (!err && (r->op == BLOCK_FLUSH || r->flags & BLOCK_FUA))
		err = flush(v);
	return err;
}

static void thread_perform(void *opaque, struct block_request *r)
{
	struct volatile_disk *v = opaque;
	int err = perform(v, r), log_err = 0;

	if (!err && r->op != BLOCK_READ) {
		os_mutex_lock(&v->order);
		log_err = log_record(v, KIND_ACK, r);
		os_mutex_unlock(&v->order);
	}
	block_complete(r, err ? err : log_err);
}

static void volatile_submit(struct block *b, struct block_request **r, u32 count)
{
	struct volatile_disk *v = container_of(b, struct volatile_disk, b);

	for (u32 i = 0; i < count; i++) {
		int err = 0;

		os_mutex_lock(&v->order);
		r[i]->progress = ++v->last_id;
		if (r[i]->op != BLOCK_READ)
			err = log_record(v, r[i]->op, r[i]);
		if (!err)
			block_pool_push(v->thread, r[i]);
		os_mutex_unlock(&v->order);
		if (err)
			block_complete(r[i], err);
	}
}

/* An orderly end loses nothing. */
static void volatile_close(struct block *b)
{
	struct volatile_disk *v = container_of(b, struct volatile_disk, b);

	block_pool_free(v->thread);
	flush(v);
	g_tree_destroy(v->pages);
	g_free(v->bounce);
	os_mutex_destroy(&v->order);
	close(v->log);
	block_close(v->below);
}

static const struct block_ops volatile_ops = {volatile_submit, volatile_close, NULL};

int block_volatile_open(struct block *below, const char *log, struct block **out, struct error *e)
{
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	struct volatile_disk *v;

	if (fd < 0) {
		int err = error_set(e, -errno, "cannot open %s: %s", log, strerror(errno));

		block_close(below);
		return err;
	}
	v = g_new0(struct volatile_disk, 1);
	block_init(&v->b, &volatile_ops, below->name);
	v->b.info = below->info;
	/* a write below that waited for the medium would only be slow */
	block_set_write_cache(below, true);
	v->below = below;
	v->log = fd;
	os_mutex_init(&v->order);
	v->pages = g_tree_new_full(compare, NULL, NULL, g_free);
	v->bounce = g_malloc(CHUNK);
	v->thread = block_pool_new(1, thread_perform, v);
	if (!v->thread) {
		int err = error_set(e, -EAGAIN, "%s: no thread", v->b.name);

		volatile_close(&v->b);
		block_fini(&v->b);
		return err;
	}
	*out = &v->b;
	return 0;
}
