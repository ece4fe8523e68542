// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests that make, move and remove names; locks. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host/fsdev_private.h"

enum { UNLINK_DIR = 0x200, LOCK_SUCCESS = 0, UNLOCKED = 2, MODE_BITS = 07777 };

/* What was made under that name is given its owner and mode, and told; undone if that fails. */
static int finish(struct fsdev *f, const struct p9_fid *dir, const char *name, u32 mode, u32 gid,
		  u64 rdev, struct p9_out *out)
{
	int fd = p9_lookup(dir->node, name), err;
	struct stat st;

	if (fd < 0)
		return fd;
	err = p9_adopt(f, fd, mode, dir->uid, gid, rdev);
	if (!err)
		err = p9_stat(f, fd, &st);
	if (!err)
		p9_put_qid(f, out, &st);
	else
		unlinkat(dir->node->fd, name, S_ISDIR(mode) ? AT_REMOVEDIR : 0);
	close(fd);
	return err;
}

/* A file of the host that stands for what it is not. */
static int stand_in(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ssize_t n;
	int err;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	err = n == (ssize_t)strlen(text) ? 0 : n < 0 ? -errno : -ENOSPC;
	close(fd);
	if (err)
		unlinkat(dir, name, 0);
	return err;
}

int p9_symlink(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *dir = p9_get_fid(f, in);
	char name[P9_NAME], target[PATH_MAX];
	int err;
	u32 gid;

	p9_get_name(in, name);
	p9_get_string(in, target, sizeof(target));
	gid = (u32)p9_get(in, 4);
	if (in->bad)
		return -EINVAL;
	if (f->readonly)
		return -EROFS;
	if (f->security == FSDEV_MAPPED)
		err = stand_in(dir->node->fd, name, target);
	else
		err = symlinkat(target, dir->node->fd, name) ? -errno : 0;
	return err ? err : finish(f, dir, name, S_IFLNK | 0777, gid, 0, out);
}

int p9_readlink(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *fid = p9_get_fid(f, in);
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;
	int err;

	if (in->bad)
		return -EBADF;
	err = p9_stat(f, fid->node->fd, &st);
	if (err || !S_ISLNK(st.st_mode))
		return err ? err : -EINVAL;
	n = readlinkat(fid->node->fd, "", target, sizeof(target) - 1);
	/* the host has it as a file whose attributes say that it is none */
	if (n < 0 && f->security == FSDEV_MAPPED && !fstat(fid->node->fd, &st) &&
	    S_ISREG(st.st_mode)) {
		int fd = open(p9_link(fid->node->fd).path, O_RDONLY | O_CLOEXEC);

		n = fd < 0 ? -1 : read(fd, target, sizeof(target) - 1);
		if (fd >= 0)
			close(fd);
	}
	if (n < 0)
		return -errno;
	target[n] = 0;
	p9_put_string(out, target);
	return 0;
}

int p9_mknod(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *dir = p9_get_fid(f, in);
	u32 mode, major, minor, gid;
	char name[P9_NAME];
	u64 rdev;
	int err;

	p9_get_name(in, name);
	mode = (u32)p9_get(in, 4);
	major = (u32)p9_get(in, 4);
	minor = (u32)p9_get(in, 4);
	gid = (u32)p9_get(in, 4);
	if (in->bad || S_ISLNK(mode) || S_ISDIR(mode))
		return -EINVAL;
	if (f->readonly)
		return -EROFS;
	rdev = makedev(major, minor);
	/* devices of the host are not for guests to make */
	if (f->security == FSDEV_MAPPED)
		err = stand_in(dir->node->fd, name, "");
	else if (S_ISCHR(mode) || S_ISBLK(mode))
		err = -EPERM;
	else
		err = mknodat(dir->node->fd, name, mode & (S_IFMT | MODE_BITS), 0) ? -errno : 0;
	return err ? err : finish(f, dir, name, mode & (S_IFMT | MODE_BITS), gid, rdev, out);
}

int p9_mkdir(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *dir = p9_get_fid(f, in);
	char name[P9_NAME];
	u32 mode, gid;

	p9_get_name(in, name);
	mode = (u32)p9_get(in, 4) & MODE_BITS;
	gid = (u32)p9_get(in, 4);
	if (in->bad)
		return -EINVAL;
	if (f->readonly)
		return -EROFS;
	if (mkdirat(dir->node->fd, name, 0700))
		return -errno;
	return finish(f, dir, name, S_IFDIR | mode, gid, 0, out);
}

int p9_hardlink(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *dir = p9_get_fid(f, in), *fid = p9_get_fid(f, in);
	char name[P9_NAME];

	p9_get_name(in, name);
	if (in->bad)
		return -EINVAL;
	if (f->readonly)
		return -EROFS;
	return linkat(AT_FDCWD, p9_link(fid->node->fd).path, dir->node->fd, name, AT_SYMLINK_FOLLOW)
		       ? -errno
		       : 0;
}

int p9_renameat(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *from = p9_get_fid(f, in), *to;
	char old[P9_NAME], new[P9_NAME];

	p9_get_name(in, old);
	to = p9_get_fid(f, in);
	p9_get_name(in, new);
	if (in->bad)
		return -EINVAL;
	if (f->readonly)
		return -EROFS;
	return renameat(from->node->fd, old, to->node->fd, new) ? -errno : 0;
}

int p9_unlinkat(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *dir = p9_get_fid(f, in);
	char name[P9_NAME];
	u32 flags;

	p9_get_name(in, name);
	flags = (u32)p9_get(in, 4);
	if (in->bad)
		return -EINVAL;
	if (f->readonly)
		return -EROFS;
	return unlinkat(dir->node->fd, name, flags & UNLINK_DIR ? AT_REMOVEDIR : 0) ? -errno : 0;
}

/* The guest's kernel keeps its processes apart; there is nobody else to keep out. */
int p9_lock(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	p9_get_fid(f, in);
	p9_put(out, LOCK_SUCCESS, 1);
	return in->bad ? -EBADF : 0;
}

int p9_getlock(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	u64 start, length, process;
	char client[P9_NAME];

	p9_get_fid(f, in);
	p9_get(in, 1);
	start = p9_get(in, 8);
	length = p9_get(in, 8);
	process = p9_get(in, 4);
	p9_get_string(in, client, sizeof(client));
	p9_put(out, UNLOCKED, 1);
	p9_put(out, start, 8);
	p9_put(out, length, 8);
	p9_put(out, process, 4);
	p9_put_string(out, client);
	return in->bad ? -EBADF : 0;
}
