// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Extended attributes (9P2000.L: Txattrwalk, Txattrcreate). A value that is read is fetched whole
 * and stands in a fid of its own; one that is written is set when its fid is let go of, all or
 * nothing. No bytes and XATTR_REPLACE mean that the attribute goes: this is what Linux sends for
 * removexattr(2).
 *
 * Guests have user.*; access control lists (system.posix_acl_*) go to the host with passthrough,
 * and into user.virtfs.* with mapped-xattr, whose names of that kind guests do not see. Other
 * names are the host's. What a guest can make us hold is bounded by P9_XATTR_TOTAL.
 */
#include <errno.h>
#include <limits.h>
#include <linux/limits.h>
#include <string.h>
#include <sys/xattr.h>

#include "host/fsdev_private.h"

#define USER   "user."
#define ACL    "system.posix_acl_"
#define MAPPED "user.virtfs."

enum { P9_XATTR_TOTAL = 16 << 20 };

/* The host's name for a guest's, or -errno: there is none. */
static int to_host(const struct fsdev *f, const char *name, char host[P9_NAME])
{
	bool acl = g_str_has_prefix(name, ACL), mapped = f->security == FSDEV_MAPPED;

	if (mapped && g_str_has_prefix(name, MAPPED))
		return -EACCES;
	if (!(g_str_has_prefix(name, USER) && name[strlen(USER)]) &&
	    !(acl && f->security != FSDEV_NONE))
		return -EOPNOTSUPP;
	return g_snprintf(host, P9_NAME, "%s%s", acl && mapped ? MAPPED : "", name) < P9_NAME
		       ? 0
		       : -ERANGE;
}

/* The guest's name for a host's; NULL: it has none. */
static const char *to_guest(const struct fsdev *f, const char *host)
{
	bool mapped = f->security == FSDEV_MAPPED;

	if (mapped && g_str_has_prefix(host, MAPPED ACL))
		return host + strlen(MAPPED);
	if (mapped && g_str_has_prefix(host, MAPPED))
		return NULL;
	if (g_str_has_prefix(host, USER))
		return host;
	return f->security == FSDEV_PASSTHROUGH && g_str_has_prefix(host, ACL) ? host : NULL;
}

struct p9_xattr *p9_xattr_new(struct fsdev *f, const char *name, u64 size)
{
	struct p9_xattr *x;

	if (size > XATTR_SIZE_MAX || f->xattr_bytes + size > P9_XATTR_TOTAL)
		return NULL;
	x = g_malloc0(sizeof(*x) + size);
	x->owner = f;
	x->size = (u32)size;
	g_strlcpy(x->name, name, sizeof(x->name));
	f->xattr_bytes += size;
	return x;
}

void p9_xattr_free(struct p9_xattr *x)
{
	if (!x)
		return;
	x->owner->xattr_bytes -= x->size;
	g_free(x);
}

/* --- reading --- */
static ssize_t list(const struct fsdev *f, const char *path, char *names)
{
	ssize_t n = listxattr(path, names, XATTR_LIST_MAX), kept = 0;

	if (n < 0)
		return -errno;
	for (ssize_t at = 0, next; at < n; at = next) {
		const char *name = to_guest(f, names + at);
		size_t len = name ? strlen(name) + 1 : 0;

		next = at + (ssize_t)strlen(names + at) + 1;
		if (name)
			memmove(names + kept, name, len);
		kept += (ssize_t)len;
	}
	return kept;
}

static ssize_t fetch(const struct fsdev *f, const char *path, const char *name, void *value)
{
	char host[P9_NAME];
	ssize_t n = to_host(f, name, host);

	if (n == -EACCES)
		return -ENODATA;
	if (n)
		return n;
	n = getxattr(path, host, value, XATTR_SIZE_MAX);
	return n < 0 ? -errno : n;
}

int p9_xattrwalk(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	const struct p9_fid *fid = p9_get_fid(f, in);
	u32 nr = (u32)p9_get(in, 4);
	char name[P9_NAME];
	struct p9_fid *new;
	struct p9_xattr *x;
	struct p9_link l;
	u8 *value;
	ssize_t n;
	int err;

	p9_get_string(in, name, sizeof(name));
	if (in->bad)
		return -EINVAL;
	if (fid->node->fd < 0)
		return -ESTALE;
	l = p9_link(fid->node->fd);
	value = g_malloc(MAX(XATTR_SIZE_MAX, XATTR_LIST_MAX));
	n = name[0] ? fetch(f, l.path, name, value) : list(f, l.path, (char *)value);
	x = n < 0 ? NULL : p9_xattr_new(f, name, (u64)n);
	if (x)
		memcpy(x->value, value, (size_t)n);
	g_free(value);
	if (!x)
		return n < 0 ? (int)n : -ENOSPC;
	err = p9_fid_new(f, nr, fid->uid, p9_node_get(fid->node), &new);
	if (err) {
		p9_xattr_free(x);
		return err;
	}
	new->xattr = x;
	p9_put(out, (u64)n, 8);
	return 0;
}

int p9_xattr_read(const struct p9_xattr *x, u64 offset, u64 count, struct p9_out *out)
{
	u64 n = offset < x->size ? x->size - offset : 0;

	if (x->writing)
		return -EBADF;
	n = n < count ? n : count;
	p9_put(out, n, 4);
	if (n)
		memcpy(out->p + out->len, x->value + offset, n);
	out->len += n;
	return 0;
}

/* --- writing --- */
int p9_xattrcreate(struct fsdev *f, struct p9_in *in, struct p9_out *out)
{
	struct p9_fid *fid = p9_get_fid(f, in);
	char name[P9_NAME], host[P9_NAME];
	u64 size;
	u32 flags;
	int err;

	p9_get_string(in, name, sizeof(name));
	size = p9_get(in, 8);
	flags = (u32)p9_get(in, 4);
	if (in->bad || fid->fd >= 0 || flags & ~(u32)(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	if (f->readonly)
		return -EROFS;
	if (size > XATTR_SIZE_MAX)
		return -E2BIG;
	err = to_host(f, name, host);
	if (err)
		return err;
	fid->xattr = p9_xattr_new(f, name, size);
	if (!fid->xattr)
		return -ENOSPC;
	fid->xattr->writing = true;
	fid->xattr->flags = flags;
	return 0;
}

/* Without holes: what is not written yet is not skipped. */
int p9_xattr_write(struct p9_xattr *x, u64 offset, const u8 *p, u64 count, struct p9_out *out)
{
	if (!x->writing)
		return -EBADF;
	if (offset > x->done)
		return -EINVAL;
	if (count > x->size - offset)
		return -ENOSPC;
	memcpy(x->value + offset, p, count);
	x->done = MAX(x->done, (u32)(offset + count));
	p9_put(out, count, 4);
	return 0;
}

int p9_xattr_commit(struct fsdev *f, const struct p9_fid *fid)
{
	const struct p9_xattr *x = fid->xattr;
	char host[P9_NAME];
	struct p9_link l;
	int err;

	if (!x || !x->writing)
		return 0;
	if (fid->node->fd < 0)
		return -ESTALE;
	if (x->done != x->size)
		return -EINVAL;
	err = to_host(f, x->name, host);
	if (err)
		return err;
	l = p9_link(fid->node->fd);
	err = !x->size && x->flags & XATTR_REPLACE
		      ? removexattr(l.path, host)
		      : setxattr(l.path, host, x->value, x->size, (int)x->flags);
	return err ? -errno : 0;
}
