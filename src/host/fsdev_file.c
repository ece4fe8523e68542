// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests about what a fid names: opening, reading, writing, attributes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/endian.h"
#include "host/fsdev_private.h"

enum {
	SET_MODE = 1 << 0,
	SET_UID = 1 << 1,
	SET_GID = 1 << 2,
	SET_SIZE = 1 << 3,
	SET_ATIME = 1 << 4,
	SET_MTIME = 1 << 5,
	SET_ATIME_TO = 1 << 7,
	SET_MTIME_TO = 1 << 8,

	GOT_BASIC = 0x7ff,
	READ_HEAD = 11, /* of a message with data */
	MODE_BITS = 07777,
};

/* --- attributes as the guest sees them --- */
struct p9_link p9_link(int fd)
{
	struct p9_link l;

	snprintf(l.path, sizeof(l.path), "/proc/self/fd/%d", fd);
	return l;
}

static bool map_get(const char *path, const char *name, void *value, size_t size)
{
	return getxattr(path, name, value, size) == (ssize_t)size;
}

int p9_stat(const struct fsdev *f, int fd, struct stat *st)
{
	struct p9_link l = p9_link(fd);
	u8 raw[8];

	if (fd < 0 || fstatat(fd, "", st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return fd < 0 ? -ESTALE : -errno;
	if (f->security != FSDEV_MAPPED)
		return 0;
	if (map_get(l.path, "user.virtfs.uid", raw, 4))
		st->st_uid = ld_le32(raw);
	if (map_get(l.path, "user.virtfs.gid", raw, 4))
		st->st_gid = ld_le32(raw);
	if (map_get(l.path, "user.virtfs.mode", raw, 4))
		st->st_mode = ld_le32(raw);
	if (map_get(l.path, "user.virtfs.rdev", raw, 8))
		st->st_rdev = ld_le64(raw);
	return 0;
}

int p9_map_set(int fd, u32 which, const struct stat *st)
{
	struct p9_link l = p9_link(fd);
	u8 raw[8];
	int err = 0;

	st_le32(raw, st->st_mode);
	if (which & P9_MAP_MODE)
		err = setxattr(l.path, "user.virtfs.mode", raw, 4, 0);
	st_le32(raw, st->st_uid);
	if (!err && which & P9_MAP_UID)
		err = setxattr(l.path, "user.virtfs.uid", raw, 4, 0);
	st_le32(raw, st->st_gid);
	if (!err && which & P9_MAP_GID)
		err = setxattr(l.path, "user.virtfs.gid", raw, 4, 0);
	st_le64(raw, st->st_rdev);
	if (!err && which & P9_MAP_RDEV)
		err = setxattr(l.path, "user.virtfs.rdev", raw, 8, 0);
	return err ? -errno : 0;
}

int p9_adopt(const struct fsdev *f, int fd, u32 mode, u32 uid, u32 gid, u64 rdev)
{
	struct stat st = {.st_mode = mode, .st_uid = uid, .st_gid = gid, .st_rdev = rdev};

	if (f->security == FSDEV_MAPPED)
		return p9_map_set(
			fd, P9_MAP_MODE | P9_MAP_UID | P9_MAP_GID | (rdev ? P9_MAP_RDEV : 0), &st);
	if (fchownat(fd, "", uid, gid, AT_EMPTY_PATH) && f->security == FSDEV_PASSTHROUGH)
		return -errno;
	/* not the umask of this program; a symbolic link has no mode */
	if (!S_ISLNK(mode) && chmod(p9_link(fd).path, mode & MODE_BITS))
		return -errno;
	return 0;
}

static void put_time(struct p9_out *out, const struct timespec *t)
{
	p9_put(out, (u64)t->tv_sec, 8);
	p9_put(out, (u64)t->tv_nsec, 8);
}

int p9_getattr(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *fid = p9_get_fid(f, in);
	struct stat st;
	int err;

	p9_get(in, 8);
	if (in->bad)
		return -EBADF;
	err = p9_stat(f, fid->node->fd, &st);
	if (err)
		return err;
	p9_put(out, GOT_BASIC, 8);
	p9_put_qid(f, out, &st);
	p9_put(out, st.st_mode, 4);
	p9_put(out, st.st_uid, 4);
	p9_put(out, st.st_gid, 4);
	p9_put(out, st.st_nlink, 8);
	p9_put(out, st.st_rdev, 8);
	p9_put(out, (u64)st.st_size, 8);
	p9_put(out, (u64)st.st_blksize, 8);
	p9_put(out, (u64)st.st_blocks, 8);
	put_time(out, &st.st_atim);
	put_time(out, &st.st_mtim);
	put_time(out, &st.st_ctim);
	for (u32 i = 0; i < 4; i++) /* birth, generation, version: not known */
		p9_put(out, 0, 8);
	return 0;
}

static int set_owner(const struct fsdev *f, int fd, u32 valid, u32 uid, u32 gid)
{
	struct stat st = {.st_uid = uid, .st_gid = gid};
	u32 which = (valid & SET_UID ? P9_MAP_UID : 0) | (valid & SET_GID ? P9_MAP_GID : 0);

	if (f->security == FSDEV_MAPPED)
		return p9_map_set(fd, which, &st);
	if (fchownat(fd, "", valid & SET_UID ? uid : ~0u, valid & SET_GID ? gid : ~0u,
		     AT_EMPTY_PATH) &&
	    f->security == FSDEV_PASSTHROUGH)
		return -errno;
	return 0;
}

static int set_mode(const struct fsdev *f, int fd, u32 mode)
{
	struct stat st;
	int err = p9_stat(f, fd, &st);

	if (err || S_ISLNK(st.st_mode))
		return err ? err : -EOPNOTSUPP;
	st.st_mode = (st.st_mode & S_IFMT) | (mode & MODE_BITS);
	if (f->security == FSDEV_MAPPED)
		return p9_map_set(fd, P9_MAP_MODE, &st);
	return chmod(p9_link(fd).path, mode & MODE_BITS) ? -errno : 0;
}

static int set_times(int fd, u32 valid, struct timespec times[2])
{
	if (!(valid & SET_ATIME))
		times[0].tv_nsec = UTIME_OMIT;
	else if (!(valid & SET_ATIME_TO))
		times[0].tv_nsec = UTIME_NOW;
	if (!(valid & SET_MTIME))
		times[1].tv_nsec = UTIME_OMIT;
	else if (!(valid & SET_MTIME_TO))
		times[1].tv_nsec = UTIME_NOW;
	return utimensat(fd, "", times, AT_EMPTY_PATH) ? -errno : 0;
}

static int set_size(const struct fsdev *f, const struct p9_fid *fid, u64 size)
{
	int fd = p9_reopen(f, fid->node->fd, O_WRONLY), err;

	if (fd < 0)
		return fd;
	err = ftruncate(fd, (off_t)size) ? -errno : 0;
	close(fd);
	return err;
}

int p9_setattr(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *fid = p9_get_fid(f, in);
	u32 valid = (u32)p9_get(in, 4), mode = (u32)p9_get(in, 4);
	u32 uid = (u32)p9_get(in, 4), gid = (u32)p9_get(in, 4);
	u64 size = p9_get(in, 8);
	struct timespec times[2];
	int err = 0, fd;

	for (u32 i = 0; i < 2; i++) {
		times[i].tv_sec = (time_t)p9_get(in, 8);
		times[i].tv_nsec = (long)p9_get(in, 8);
	}
	if (in->bad)
		return -EBADF;
	if (f->readonly)
		return -EROFS;
	fd = fid->node->fd;
	if (valid & (SET_UID | SET_GID))
		err = set_owner(f, fd, valid, uid, gid);
	if (!err && valid & SET_MODE)
		err = set_mode(f, fd, mode);
	if (!err && valid & SET_SIZE)
		err = set_size(f, fid, size);
	if (!err && valid & (SET_ATIME | SET_MTIME))
		err = set_times(fd, valid, times);
	return err;
}

int p9_statfs(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *fid = p9_get_fid(f, in);
	struct statfs s;
	u32 id[2];

	if (in->bad)
		return -EBADF;
	if (fstatfs(fid->node->fd, &s))
		return -errno;
	memcpy(id, &s.f_fsid, sizeof(id));
	p9_put(out, (u64)s.f_type, 4);
	p9_put(out, (u64)s.f_bsize, 4);
	p9_put(out, s.f_blocks, 8);
	p9_put(out, s.f_bfree, 8);
	p9_put(out, s.f_bavail, 8);
	p9_put(out, s.f_files, 8);
	p9_put(out, s.f_ffree, 8);
	p9_put(out, id[0] | (u64)id[1] << 32, 8);
	p9_put(out, (u64)s.f_namelen, 4);
	return 0;
}

/* --- opening --- */

/* Only files and folders: a pipe would block, a device is not the guest's. */
int p9_reopen(const struct fsdev *f, int fd, int flags)
{
	struct stat st;
	int err = p9_stat(f, fd, &st);

	if (err)
		return err;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return S_ISLNK(st.st_mode) ? -ELOOP : -ENXIO;
	/* what the host has it as, too */
	if (fstatat(fd, "", &st, AT_EMPTY_PATH) || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return -ENXIO;
	fd = open(p9_link(fd).path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int p9_set_open(struct p9_fid *fid, int fd, u32 flags)
{
	struct stat st;

	if (fd < 0)
		return fd;
	if (!fstat(fd, &st) && S_ISDIR(st.st_mode)) {
		fid->dir = fdopendir(fd);
		if (!fid->dir) {
			close(fd);
			return -ENOMEM;
		}
	}
	fid->fd = fd;
	fid->flags = flags;
	return 0;
}

/* Linux's numbers, which are those of most hosts; offsets come with each write. */
static int open_flags(u32 flags)
{
	return (int)(flags & (O_ACCMODE | O_TRUNC | O_DSYNC | O_SYNC | O_DIRECTORY));
}

static bool writes(u32 flags)
{
	return (flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC;
}

static u32 io_unit(const struct fsdev *f)
{
	return f->msize - 24;
}

int p9_lopen(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(f, in);
	u32 flags = (u32)p9_get(in, 4);
	struct stat st;
	int err;

	if (in->bad || fid->fd >= 0)
		return -EBADF;
	if (f->readonly && writes(flags))
		return -EROFS;
	err = p9_stat(f, fid->node->fd, &st);
	if (!err)
		err = p9_set_open(fid, p9_reopen(f, fid->node->fd, open_flags(flags)), flags);
	if (err)
		return err;
	p9_put_qid(f, out, &st);
	p9_put(out, io_unit(f), 4);
	return 0;
}

/* A new file of that name in a folder, open; *made: it was not there. */
static int create(const struct fsdev *f, const struct p9_node *n, const char *name, u32 flags,
		  bool *made)
{
	/* a host's file is its owner's when the guest's mode stands elsewhere */
	int fd = openat(n->fd, name, open_flags(flags) | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600),
	    place;

	*made = fd >= 0;
	if (fd >= 0 || errno != EEXIST || flags & O_EXCL)
		return fd >= 0 ? fd : -errno;
	place = p9_lookup(n, name);
	if (place < 0)
		return place;
	fd = p9_reopen(f, place, open_flags(flags));
	close(place);
	return fd;
}

int p9_lcreate(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(f, in);
	u32 flags, mode, gid;
	char name[P9_NAME];
	struct stat st;
	int fd, err = 0, place;
	bool made;

	p9_get_name(in, name);
	flags = (u32)p9_get(in, 4);
	mode = (u32)p9_get(in, 4) & MODE_BITS;
	gid = (u32)p9_get(in, 4);
	if (in->bad || fid->fd >= 0)
		return -EINVAL;
	if (f->readonly)
		return -EROFS;
	fd = create(f, fid->node, name, flags, &made);
	if (fd < 0)
		return fd;
	if (made)
		err = p9_adopt(f, fd, S_IFREG | mode, fid->uid, gid, 0);
	place = err ? err : p9_lookup(fid->node, name);
	if (place >= 0)
		err = p9_stat(f, place, &st);
	if (place < 0 || err) {
		if (place >= 0)
			close(place);
		close(fd);
		return err ? err : place;
	}
	p9_put_qid(f, out, &st);
	p9_put(out, io_unit(f), 4);
	{
		struct p9_node *n = p9_node_new(place, fid->node);

		p9_node_put(fid->node);
		fid->node = n;
	}
	return p9_set_open(fid, fd, flags);
}

/* --- contents --- */
int p9_read(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *fid = p9_get_any_fid(f, in);
	u64 offset = p9_get(in, 8), count = p9_get(in, 4), room = out->room - READ_HEAD;
	ssize_t n;

	if (!in->bad && fid->xattr)
		return p9_xattr_read(fid->xattr, offset, count < room ? count : room, out);
	if (in->bad || fid->fd < 0 || fid->dir)
		return -EBADF;
	n = pread(fid->fd, out->p + READ_HEAD, count < room ? count : room, (off_t)offset);
	if (n < 0)
		return -errno;
	p9_put(out, (u64)n, 4);
	out->len += (size_t)n;
	return 0;
}

int p9_write(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *fid = p9_get_any_fid(f, in);
	u64 offset = p9_get(in, 8), count = p9_get(in, 4);
	ssize_t n;

	if (!in->bad && fid->xattr && count <= in->left)
		return p9_xattr_write(fid->xattr, offset, in->p, count, out);
	if (in->bad || fid->fd < 0 || fid->dir || count > in->left)
		return -EBADF;
	n = pwrite(fid->fd, in->p, count, (off_t)offset);
	if (n < 0)
		return -errno;
	p9_put(out, (u64)n, 4);
	return 0;
}

static void put_entry(struct fsdev *f, struct p9_out *out, const struct dirent *d)
{
	bool mapped = f->security == FSDEV_MAPPED;
	struct stat st = {
		.st_dev = f->root_dev,
		.st_ino = d->d_ino,
		.st_mode = DTTOIF(d->d_type),
	};

	p9_put_qid(f, out, &st);
	p9_put(out, (u64)d->d_off, 8);
	p9_put(out, mapped ? DT_UNKNOWN : d->d_type, 1);
	p9_put_string(out, d->d_name);
}

int p9_readdir(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *fid = p9_get_fid(f, in);
	u64 offset = p9_get(in, 8), count = p9_get(in, 4), room = out->room - READ_HEAD;
	struct p9_out entries = {out->p + READ_HEAD, 0, count < room ? count : room, false};
	const struct dirent *d;

	if (in->bad || !fid->dir)
		return -EBADF;
	if (offset)
		seekdir(fid->dir, (long)offset);
	else
		rewinddir(fid->dir);
	while ((d = readdir(fid->dir))) {
		size_t before = entries.len;

		put_entry(f, &entries, d);
		if (entries.full) {
			entries.len = before;
			break;
		}
	}
	if (entries.full && !entries.len)
		return -EINVAL;
	p9_put(out, entries.len, 4);
	out->len += entries.len;
	return 0;
}

int p9_fsync(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *fid = p9_get_fid(f, in);
	u32 data = (u32)p9_get(in, 4);

	if (in->bad || fid->fd < 0)
		return -EBADF;
	return (data ? fdatasync(fid->fd) : fsync(fid->fd)) ? -errno : 0;
}
