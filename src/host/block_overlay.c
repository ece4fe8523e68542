// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * -snapshot: writes go to a temporary file without a name, in clusters; what was not written is
 * read from the image below, which stays as it is. Requests are done one after the other on one
 * thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/block_private.h"

enum { CLUSTER = 1 << 16 };

struct overlay {
	struct block b;
	struct block *below;
	int fd;
	u8 *own; /* a bit per cluster that stands in fd */
	u8 *bounce;
	struct block_pool *thread; /* of one: also the only one that touches `own` */
};

static bool is_own(const struct overlay *o, u64 cluster)
{
	return o->own[cluster / 8] >> cluster % 8 & 1;
}

static int file_rw(int fd, bool write, void *buf, u64 len, u64 at)
{
	while (len) {
		ssize_t n =
			write ? pwrite(fd, buf, len, (off_t)at) : pread(fd, buf, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n && write)
			return -ENOSPC;
		if (!n) {
			memset(buf, 0, len);
			break;
		}
		buf = (u8 *)buf + n;
		len -= (u64)n;
		at += (u64)n;
	}
	return 0;
}

static int read_part(struct overlay *o, u64 cluster, u64 at, void *buf, u64 len)
{
	return is_own(o, cluster) ? file_rw(o->fd, false, buf, len, at)
				  : block_rw_sync(o->below, BLOCK_READ, at, buf, len);
}

/* [at, at + len) of one cluster; what of it is not written comes from below first. */
static int write_part(struct overlay *o, u64 cluster, u64 at, u64 len)
{
	u64 start = cluster * CLUSTER, end = MIN(start + CLUSTER, o->b.info.size);
	int err = 0;
	u8 *copy;

	if (is_own(o, cluster) || (at == start && at + len == end))
		return file_rw(o->fd, true, o->bounce, len, at);
	copy = g_malloc(CLUSTER);
	err = block_rw_sync(o->below, BLOCK_READ, start, copy, end - start);
	memcpy(copy + (at - start), o->bounce, len);
	if (!err)
		err = file_rw(o->fd, true, copy, end - start, start);
	g_free(copy);
	return err;
}

static int perform(struct overlay *o, struct block_request *r)
{
	int err = 0;

	if (r->op == BLOCK_FLUSH || r->op == BLOCK_DISCARD)
		return 0;
	for (u64 done = 0; done < r->len && !err;) {
		u64 at = r->offset + done, cluster = at / CLUSTER;
		u64 len = MIN(r->len - done, CLUSTER - at % CLUSTER);

		if (r->op == BLOCK_READ) {
			err = read_part(o, cluster, at, o->bounce, len);
			iov_from_buf(r->iov, r->niov, done, o->bounce, len);
		} else {
			if (r->op == BLOCK_WRITE)
				iov_to_buf(r->iov, r->niov, done, o->bounce, len);
			else
				memset(o->bounce, 0, len);
			err = write_part(o, cluster, at, len);
			if (!err)
				o->own[cluster / 8] |= (u8)(1 << cluster % 8);
		}
		done += len;
	}
	return err;
}

static void thread_perform(void *opaque, struct block_request *r)
{
	block_complete(r, perform(opaque, r));
}

static void overlay_submit(struct block *b, struct block_request **r, u32 count)
{
	struct overlay *o = container_of(b, struct overlay, b);

	for (u32 i = 0; i < count; i++)
		block_pool_push(o->thread, r[i]);
}

static void overlay_close(struct block *b)
{
	struct overlay *o = container_of(b, struct overlay, b);

	block_pool_free(o->thread);
	close(o->fd);
	g_free(o->own);
	g_free(o->bounce);
	block_close(o->below);
}

static const struct block_ops overlay_ops = {overlay_submit, overlay_close, NULL};

int block_overlay_open(struct block *below, struct block **out, struct error *e)
{
	const char *folder = getenv("TMPDIR");
	struct overlay *o;
	int fd;

	folder = folder ? folder : "/var/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		int err = error_set(e, -errno, "no temporary file for a snapshot in %s: %s", folder,
				    strerror(errno));

		block_close(below);
		return err;
	}
	o = g_new0(struct overlay, 1);
	block_init(&o->b, &overlay_ops, below->name);
	o->b.info = below->info;
	o->b.info.read_only = false;
	o->below = below;
	o->fd = fd;
	o->own = g_malloc0(below->info.size / CLUSTER / 8 + 1);
	o->bounce = g_malloc(CLUSTER);
	o->thread = block_pool_new(1, thread_perform, o);
	if (!o->thread) {
		int err = error_set(e, -EAGAIN, "%s: no thread", o->b.name);

		overlay_close(&o->b);
		block_fini(&o->b);
		return err;
	}
	*out = &o->b;
	return 0;
}
