// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest has open, saved by its place in the folder. A file that was renamed meanwhile is
 * saved under its new name; one that was removed, or that is not there when the machine is loaded,
 * is stale then.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/fsdev_private.h"

enum { IS_OPEN = 1, IS_XATTR = 2 };
#define NOWHERE "\n" /* no name in a folder that we save */

static void place_of(int fd, char path[PATH_MAX])
{
	ssize_t n = fd < 0 ? -1 : readlink(p9_link(fd).path, path, PATH_MAX - 1);

	path[n < 0 ? 0 : n] = 0;
}

/* The path below the folder; "" is the folder. */
static const char *relative(const char *root, const char *path)
{
	size_t n = strlen(root);

	if (n == 1) /* "/" */
		n = 0;
	if (!path[0] || strncmp(path, root, n) || (path[n] && path[n] != '/'))
		return NOWHERE;
	return path[n] ? path + n + 1 : "";
}

static void save_xattr(struct state_writer *w, const struct p9_xattr *x)
{
	state_write_u64(w, x->writing);
	state_write_u64(w, x->flags);
	state_write_u64(w, x->size);
	state_write_u64(w, x->done);
	state_write_u64(w, strlen(x->name));
	state_write(w, x->name, strlen(x->name));
	state_write(w, x->value, x->size);
}

void fsdev_save(struct fsdev *f, struct state_writer *w)
{
	char root[PATH_MAX], path[PATH_MAX];
	GHashTableIter i;
	gpointer value;

	place_of(f->root->fd, root);
	state_write_u64(w, f->msize);
	state_write_u64(w, g_hash_table_size(f->fids));
	g_hash_table_iter_init(&i, f->fids);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		const struct p9_fid *fid = value;
		const char *rel;

		place_of(fid->node->fd, path);
		rel = relative(root, path);
		state_write_u64(w, fid->nr);
		state_write_u64(w, fid->uid);
		state_write_u64(w, fid->xattr ? IS_XATTR : fid->fd >= 0 ? IS_OPEN : 0);
		state_write_u64(w, fid->flags);
		state_write_u64(w, strlen(rel));
		state_write(w, rel, strlen(rel));
		if (fid->xattr)
			save_xattr(w, fid->xattr);
	}
}

/* Names are the stream's, so nothing may lead outside here either. */
static int find(const struct fsdev *f, const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, f->root->fd, path[0] ? path : ".", &how, sizeof(how));
}

static int load_xattr(struct fsdev *f, struct state_reader *r, struct p9_fid *fid)
{
	char name[P9_NAME];
	struct p9_xattr *x;
	u64 v[5];

	for (u32 i = 0; i < ARRAY_SIZE(v); i++)
		if (state_read_u64(r, &v[i]))
			return -EIO;
	if (v[0] > 1 || v[1] > 0xffffffff || v[3] > v[2] || v[4] >= sizeof(name) ||
	    r->read(r->opaque, name, v[4]))
		return -EINVAL;
	name[v[4]] = 0;
	x = p9_xattr_new(f, name, v[2]);
	if (!x)
		return -EINVAL;
	fid->xattr = x;
	x->writing = v[0] && !f->readonly;
	x->flags = (u32)v[1];
	x->done = (u32)v[3];
	return r->read(r->opaque, x->value, x->size);
}

static int load_fid(struct fsdev *f, struct state_reader *r, struct error *e)
{
	u64 v[5];
	char path[PATH_MAX];
	struct p9_fid *fid;
	int err;

	for (u32 i = 0; i < ARRAY_SIZE(v); i++)
		if (state_read_u64(r, &v[i]))
			return error_set(e, -EIO, "the saved state ends early");
	if (v[0] > 0xffffffff || v[1] > 0xffffffff || v[2] > IS_XATTR || v[4] >= sizeof(path) ||
	    r->read(r->opaque, path, v[4]))
		return error_set(e, -EINVAL, "saved state of a folder is damaged");
	path[v[4]] = 0;
	err = p9_fid_new(f, (u32)v[0], (u32)v[1], p9_node_new(find(f, path), NULL), &fid);
	if (err)
		return error_set(e, -EINVAL, "saved state of a folder is damaged");
	if (v[2] == IS_XATTR)
		return load_xattr(f, r, fid)
			       ? error_set(e, -EINVAL, "saved state of a folder is damaged")
			       : 0;
	if (v[2] && fid->node->fd >= 0 && !(f->readonly && (v[3] & O_ACCMODE) != O_RDONLY))
		p9_set_open(fid, p9_reopen(f, fid->node->fd, (int)(v[3] & O_ACCMODE)), (u32)v[3]);
	return 0;
}

int fsdev_load(struct fsdev *f, struct state_reader *r, struct error *e)
{
	u64 msize, count;
	int err = 0;

	fsdev_reset(f);
	if (state_read_u64(r, &msize) || state_read_u64(r, &count))
		return error_set(e, -EIO, "the saved state ends early");
	if (msize > FSDEV_MAX_MESSAGE || (msize && msize < FSDEV_MIN_MESSAGE) ||
	    count > P9_MAX_FIDS)
		return error_set(e, -EINVAL, "saved state of a folder is damaged");
	f->msize = (u32)msize;
	for (u64 i = 0; i < count && !err; i++)
		err = load_fid(f, r, e);
	return err;
}
