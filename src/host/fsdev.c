// SPDX-License-Identifier: GPL-2.0-or-later
/* See fsdev.h: messages, fids, walking. The protocol is 9P2000.L. */
#include "host/fsdev.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/endian.h"
#include "host/file.h"
#include "host/fsdev_private.h"

enum {
	HEAD = 7, /* size, kind, tag */
	RLERROR = 7,
	TVERSION = 100,
	NO_FID = ~0u,
	MAX_WALK = 16,

	QID_DIR = 0x80,
	QID_SYMLINK = 0x02,
};

/* --- messages --- */
u64 p9_get(struct p9_in *in, u32 bytes)
{
	u64 v = 0;

	if (in->left < bytes) {
		in->bad = true;
		in->left = 0;
		return 0;
	}
	for (u32 i = 0; i < bytes; i++)
		v |= (u64)in->p[i] << 8 * i;
	in->p += bytes;
	in->left -= bytes;
	return v;
}

void p9_get_string(struct p9_in *in, char *s, size_t size)
{
	size_t n = p9_get(in, 2);

	s[0] = 0;
	if (n > in->left || n >= size || memchr(in->p, 0, n)) {
		in->bad = true;
		return;
	}
	memcpy(s, in->p, n);
	s[n] = 0;
	in->p += n;
	in->left -= n;
}

void p9_get_name(struct p9_in *in, char s[P9_NAME])
{
	p9_get_string(in, s, P9_NAME);
	if (!s[0] || strchr(s, '/') || !strcmp(s, ".") || !strcmp(s, ".."))
		in->bad = true;
}

void p9_put(struct p9_out *out, u64 value, u32 bytes)
{
	if (out->room - out->len < bytes) {
		out->full = true;
		return;
	}
	for (u32 i = 0; i < bytes; i++)
		out->p[out->len++] = (u8)(value >> 8 * i);
}

void p9_put_string(struct p9_out *out, const char *s)
{
	size_t n = strlen(s);

	p9_put(out, n, 2);
	if (out->room - out->len < n) {
		out->full = true;
		return;
	}
	memcpy(out->p + out->len, s, n);
	out->len += n;
}

/* Numbers of another file system below the folder must not look like those of the folder's own. */
void p9_put_qid(struct fsdev *f, struct p9_out *out, const struct stat *st)
{
	u64 other = st->st_dev == f->root_dev ? 0 : (u64)st->st_dev * 0x9e3779b97f4a7c15ull;

	p9_put(out, S_ISDIR(st->st_mode) ? QID_DIR : S_ISLNK(st->st_mode) ? QID_SYMLINK : 0, 1);
	p9_put(out, (u64)st->st_mtim.tv_sec ^ (u64)st->st_size << 8, 4);
	p9_put(out, (u64)st->st_ino ^ other, 8);
}

/* --- nodes and fids --- */
struct p9_node *p9_node_new(int fd, struct p9_node *parent)
{
	struct p9_node *n = g_new0(struct p9_node, 1);

	*n = (struct p9_node){fd, 1, parent ? p9_node_get(parent) : NULL};
	return n;
}

struct p9_node *p9_node_get(struct p9_node *n)
{
	n->refs++;
	return n;
}

void p9_node_put(struct p9_node *n)
{
	while (n && !--n->refs) {
		struct p9_node *parent = n->parent;

		if (n->fd >= 0)
			close(n->fd);
		g_free(n);
		n = parent;
	}
}

struct p9_fid *p9_fid_find(struct fsdev *f, u32 nr)
{
	return g_hash_table_lookup(f->fids, GUINT_TO_POINTER(nr));
}

struct p9_fid *p9_get_any_fid(struct fsdev *f, struct p9_in *in)
{
	struct p9_fid *fid = p9_fid_find(f, (u32)p9_get(in, 4));

	if (!fid)
		in->bad = true;
	return fid;
}

struct p9_fid *p9_get_fid(struct fsdev *f, struct p9_in *in)
{
	struct p9_fid *fid = p9_get_any_fid(f, in);

	if (fid && fid->xattr)
		in->bad = true;
	return fid;
}

void p9_fid_close(struct p9_fid *fid)
{
	if (fid->dir)
		closedir(fid->dir);
	else if (fid->fd >= 0)
		close(fid->fd);
	fid->dir = NULL;
	fid->fd = -1;
}

static void fid_free(void *p)
{
	struct p9_fid *fid = p;

	p9_fid_close(fid);
	p9_xattr_free(fid->xattr);
	p9_node_put(fid->node);
	g_free(fid);
}

/* Takes over the reference to the node, also when it fails. */
int p9_fid_new(struct fsdev *f, u32 nr, u32 uid, struct p9_node *node, struct p9_fid **out)
{
	struct p9_fid *fid;

	if (nr == NO_FID || p9_fid_find(f, nr) || g_hash_table_size(f->fids) >= P9_MAX_FIDS) {
		p9_node_put(node);
		return nr == NO_FID || p9_fid_find(f, nr) ? -EINVAL : -ENFILE;
	}
	fid = g_new0(struct p9_fid, 1);
	*fid = (struct p9_fid){.nr = nr, .uid = uid, .node = node, .fd = -1};
	g_hash_table_insert(f->fids, GUINT_TO_POINTER(nr), fid);
	if (out)
		*out = fid;
	return 0;
}

int p9_lookup(const struct p9_node *n, const char *name)
{
	int fd = openat(n->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* --- requests about fids --- */
static int version(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	u32 msize = (u32)p9_get(in, 4);
	char name[32];

	p9_get_string(in, name, sizeof(name));
	if (in->bad || msize < FSDEV_MIN_MESSAGE)
		return -EMSGSIZE;
	fsdev_reset(f);
	msize = msize < FSDEV_MAX_MESSAGE ? msize : FSDEV_MAX_MESSAGE;
	p9_put(out, msize, 4);
	if (strcmp(name, "9P2000.L")) {
		p9_put_string(out, "unknown");
		return 0;
	}
	f->msize = msize;
	p9_put_string(out, "9P2000.L");
	return 0;
}

static int attach(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	u32 nr = (u32)p9_get(in, 4), afid = (u32)p9_get(in, 4), uid;
	char name[P9_NAME];
	struct stat st;
	int err;

	p9_get_string(in, name, sizeof(name)); /* user, folder: there is one */
	p9_get_string(in, name, sizeof(name));
	uid = (u32)p9_get(in, 4);
	if (in->bad || afid != NO_FID)
		return -EINVAL;
	err = p9_stat(f, f->root->fd, &st);
	if (!err)
		err = p9_fid_new(f, nr, uid == ~0u ? 0 : uid, p9_node_get(f->root), NULL);
	if (!err)
		p9_put_qid(f, out, &st);
	return err;
}

static int step(struct fsdev *f, struct p9_node **at, const char *name, struct stat *st)
{
	struct p9_node *n = *at, *next;
	int fd, err;

	if (!strcmp(name, "..")) {
		if (n != f->root && !n->parent)
			return -ENOENT;
		next = p9_node_get(n == f->root ? n : n->parent);
	} else {
		fd = p9_lookup(n, name);
		if (fd < 0)
			return fd;
		next = p9_node_new(fd, n);
	}
	err = p9_stat(f, next->fd, st);
	if (err) {
		p9_node_put(next);
		return err;
	}
	p9_node_put(n);
	*at = next;
	return 0;
}

/* All names or none: what was found before the first that is not there is told, no more. */
static int walk(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(f, in);
	u32 nr = (u32)p9_get(in, 4), count = (u32)p9_get(in, 2), uid, done = 0;
	struct p9_node *n;
	char name[P9_NAME];
	size_t at = out->len;
	struct stat st;
	int err = 0;

	if (in->bad || count > MAX_WALK || fid->fd >= 0 || (nr != fid->nr && p9_fid_find(f, nr)))
		return -EINVAL;
	p9_put(out, 0, 2);
	n = p9_node_get(fid->node);
	uid = fid->uid;
	for (; done < count && !err; done += !err) {
		p9_get_string(in, name, sizeof(name));
		if (in->bad || !name[0] || strchr(name, '/') || !strcmp(name, "."))
			err = -ENOENT;
		if (!err)
			err = step(f, &n, name, &st);
		if (!err)
			p9_put_qid(f, out, &st);
	}
	if (err) {
		p9_node_put(n);
		if (!done)
			return err;
	} else if (nr == fid->nr) {
		p9_node_put(fid->node);
		fid->node = n;
	} else {
		err = p9_fid_new(f, nr, uid, n, NULL);
		if (err)
			return err;
	}
	st_le16(out->p + at, (u16)done);
	return 0;
}

/* The fid goes whatever happens. */
static int drop(struct fsdev *f, struct p9_in *in, bool commit)
{
	const struct p9_fid *fid = p9_get_any_fid(f, in);
	int err;

	if (in->bad)
		return -EBADF;
	err = commit ? p9_xattr_commit(f, fid) : -EOPNOTSUPP;
	g_hash_table_remove(f->fids, GUINT_TO_POINTER(fid->nr));
	return err;
}

static int clunk(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	return drop(f, in, true);
}

/* Linux has unlinkat and renameat, and takes that for an answer. */
static int remove_fid(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	return drop(f, in, false);
}

/* Every request was answered before the next one is looked at. */
static int flush(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	p9_get(in, 2);
	return 0;
}

/* By the request's kind; the answer's is one more. */
static p9_op *const ops[] = {
	[8] = p9_statfs,     [12] = p9_lopen,	    [14] = p9_lcreate,	  [16] = p9_symlink,
	[18] = p9_mknod,     [22] = p9_readlink,    [24] = p9_getattr,	  [26] = p9_setattr,
	[30] = p9_xattrwalk, [32] = p9_xattrcreate, [40] = p9_readdir,	  [50] = p9_fsync,
	[52] = p9_lock,	     [54] = p9_getlock,	    [70] = p9_hardlink,	  [72] = p9_mkdir,
	[74] = p9_renameat,  [76] = p9_unlinkat,    [TVERSION] = version, [104] = attach,
	[108] = flush,	     [110] = walk,	    [116] = p9_read,	  [118] = p9_write,
	[120] = clunk,	     [122] = remove_fid,
};

static int request(struct fsdev *f, u32 kind, struct p9_in *in, struct p9_out *out)
{
	p9_op *op = kind < ARRAY_SIZE(ops) ? ops[kind] : NULL;
	int err;

	if (!op)
		return -EOPNOTSUPP;
	if (!f->msize && kind != TVERSION)
		return -EPROTO;
	err = op(f, in, out);
	if (in->bad && !err)
		err = -EINVAL;
	return out->full && !err ? -EMSGSIZE : err;
}

u64 fsdev_serve(struct fsdev *f, const struct iovec *out, int nout, const struct iovec *in, int nin)
{
	u32 most = f->msize ? f->msize : FSDEV_MAX_MESSAGE, size;
	u64 n = iov_to_buf(out, nout, 0, f->request, most), room = 0;
	struct p9_in req;
	struct p9_out rep;
	int err;

	for (int i = 0; i < nin; i++)
		room += in[i].iov_len;
	if (n < HEAD || room < HEAD + 4)
		return 0;
	size = ld_le32(f->request);
	req = (struct p9_in){f->request + HEAD, size - HEAD, false};
	rep = (struct p9_out){f->reply, HEAD, room < most ? room : most, false};
	err = size < HEAD || size > n ? -EMSGSIZE : request(f, f->request[4], &req, &rep);
	f->reply[4] = (u8)(f->request[4] + 1);
	if (err) {
		rep.len = HEAD;
		f->reply[4] = RLERROR;
		p9_put(&rep, (u64)-err, 4);
	}
	st_le32(f->reply, (u32)rep.len);
	memcpy(f->reply + 5, f->request + 5, 2);
	return iov_from_buf(in, nin, 0, f->reply, rep.len);
}

/* --- life --- */
void fsdev_reset(struct fsdev *f)
{
	g_hash_table_remove_all(f->fids);
	f->msize = 0;
}

int fsdev_open(const struct fsdev_options *o, struct fsdev **out, struct error *e)
{
	int fd = open(o->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct fsdev *f;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		return error_set(e, err, "cannot open folder %s: %s", o->path, strerror(-err));
	}
	/* what a guest knows of costs a descriptor each */
	file_limit_raise();
	f = g_new0(struct fsdev, 1);
	f->path = g_strdup(o->path);
	f->security = o->security;
	f->readonly = o->readonly;
	f->root = p9_node_new(fd, NULL);
	f->root_dev = st.st_dev;
	f->fids = g_hash_table_new_full(NULL, NULL, NULL, fid_free);
	f->request = g_malloc(FSDEV_MAX_MESSAGE);
	f->reply = g_malloc(FSDEV_MAX_MESSAGE);
	*out = f;
	return 0;
}

void fsdev_close(struct fsdev *f)
{
	if (!f)
		return;
	g_hash_table_destroy(f->fids);
	p9_node_put(f->root);
	g_free(f->request);
	g_free(f->reply);
	g_free(f->path);
	g_free(f);
}
