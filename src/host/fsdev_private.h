/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the parts of the folder server: messages, files that the guest knows. */
#ifndef HOST_FSDEV_PRIVATE_H
#define HOST_FSDEV_PRIVATE_H

#include <dirent.h>
#include <glib.h>
#include <sys/stat.h>

#include "host/fsdev.h"

enum { P9_MAX_FIDS = 1 << 16, P9_NAME = 256, P9_QID_BYTES = 13 };

/* A place in the folder, by a descriptor that only names it (O_PATH). */
struct p9_node {
	int fd; /* -1: it was gone when the machine was loaded */
	u32 refs;
	struct p9_node *parent; /* NULL: the folder itself, or not known */
};

/* The value of an extended attribute, or the list of their names. */
struct p9_xattr {
	struct fsdev *owner;
	char name[P9_NAME]; /* the guest's; "": the list */
	bool writing;
	u32 flags; /* writing: of setxattr(2) */
	u32 size;
	u32 done; /* writing: bytes that came */
	u8 value[];
};

struct p9_fid {
	u32 nr, uid;
	struct p9_node *node;
	int fd; /* -1: not open */
	u32 flags;
	DIR *dir;		/* has fd, when it is one */
	struct p9_xattr *xattr; /* NULL: the fid is of a file; else it is not open */
};

struct fsdev {
	char *path;
	enum fsdev_security security;
	bool readonly;
	u32 msize; /* 0: no version was agreed on */
	struct p9_node *root;
	dev_t root_dev;
	GHashTable *fids;
	u64 xattr_bytes; /* that fids hold */
	u8 *request, *reply;
};

/* A message that is read; what is not there reads as zeroes and sets bad. */
struct p9_in {
	const u8 *p;
	size_t left;
	bool bad;
};

/* A message that is written; what does not fit sets full. */
struct p9_out {
	u8 *p;
	size_t len, room;
	bool full;
};

u64 p9_get(struct p9_in *in, u32 bytes);
/* A string of at most size - 1 bytes without a zero byte. */
void p9_get_string(struct p9_in *in, char *s, size_t size);
/* A string that names something in a folder. */
void p9_get_name(struct p9_in *in, char s[P9_NAME]);
void p9_put(struct p9_out *out, u64 value, u32 bytes);
void p9_put_string(struct p9_out *out, const char *s);
void p9_put_qid(struct fsdev *f, struct p9_out *out, const struct stat *st);

struct p9_fid *p9_fid_find(struct fsdev *f, u32 nr);
/* The fid that the message names, or bad; of a file only, or of either kind. */
struct p9_fid *p9_get_fid(struct fsdev *f, struct p9_in *in);
struct p9_fid *p9_get_any_fid(struct fsdev *f, struct p9_in *in);
int p9_fid_new(struct fsdev *f, u32 nr, u32 uid, struct p9_node *node, struct p9_fid **fid);
void p9_fid_close(struct p9_fid *fid);
struct p9_node *p9_node_new(int fd, struct p9_node *parent);
struct p9_node *p9_node_get(struct p9_node *n);
void p9_node_put(struct p9_node *n);
/* A name in a folder: a descriptor, or -errno. */
int p9_lookup(const struct p9_node *n, const char *name);

/* As the guest sees it. */
int p9_stat(const struct fsdev *f, int fd, struct stat *st);
enum { P9_MAP_MODE = 1, P9_MAP_UID = 2, P9_MAP_GID = 4, P9_MAP_RDEV = 8 };
int p9_map_set(int fd, u32 which, const struct stat *st);
/* "/proc/self/fd/N" */
struct p9_link {
	char path[32];
};
struct p9_link p9_link(int fd);
/* Open what a node names; flags are those of open(2). */
int p9_reopen(const struct fsdev *f, int fd, int flags);
int p9_set_open(struct p9_fid *fid, int fd, u32 flags);
/* Owner and mode of something that was just made. */
int p9_adopt(const struct fsdev *f, int fd, u32 mode, u32 uid, u32 gid, u64 rdev);

/* NULL: it is too large, or the guest has too much of them. */
struct p9_xattr *p9_xattr_new(struct fsdev *f, const char *name, u64 size);
void p9_xattr_free(struct p9_xattr *x);
int p9_xattr_read(const struct p9_xattr *x, u64 offset, u64 count, struct p9_out *out);
int p9_xattr_write(struct p9_xattr *x, u64 offset, const u8 *p, u64 count, struct p9_out *out);
/* The fid goes: what was written takes effect. */
int p9_xattr_commit(struct fsdev *f, const struct p9_fid *fid);

/* Requests: 0 or -errno. */
typedef int p9_op(struct fsdev *f, struct p9_in *in, struct p9_out *out);
p9_op p9_statfs, p9_lopen, p9_lcreate, p9_getattr, p9_setattr, p9_readdir, p9_fsync, p9_read,
	p9_write;
p9_op p9_symlink, p9_mknod, p9_readlink, p9_hardlink, p9_mkdir, p9_renameat, p9_unlinkat, p9_lock,
	p9_getlock, p9_xattrwalk, p9_xattrcreate;

#endif
