/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client of host/fsdev.h: builds a message, has it served, reads the answer. */
#ifndef TEST_P9_H
#define TEST_P9_H

#include <string.h>

#include "base/endian.h"
#include "host/fsdev.h"

struct p9_client {
	struct fsdev *f;
	u8 out[8192], in[8192];
	size_t n, at; /* of out; of in */
	u64 len;      /* of the answer */
};

static inline void c_begin(struct p9_client *c, u8 kind)
{
	c->n = 7;
	c->out[4] = kind;
	st_le16(c->out + 5, 0x1234);
}

static inline void c_put(struct p9_client *c, u64 v, u32 bytes)
{
	for (u32 i = 0; i < bytes; i++)
		c->out[c->n++] = (u8)(v >> 8 * i);
}

static inline void c_text(struct p9_client *c, const char *s)
{
	c_put(c, strlen(s), 2);
	memcpy(c->out + c->n, s, strlen(s));
	c->n += strlen(s);
}

static inline u64 c_get(struct p9_client *c, u32 bytes)
{
	u64 v = 0;

	for (u32 i = 0; i < bytes && c->at < c->len; i++)
		v |= (u64)c->in[c->at++] << 8 * i;
	return v;
}

/* 0, or the error that the answer says, negative. */
static inline int c_call(struct p9_client *c)
{
	struct iovec out[2] = {{c->out, 5}, {c->out + 5, c->n - 5}};
	struct iovec in[2] = {{c->in, 9}, {c->in + 9, sizeof(c->in) - 9}};

	st_le32(c->out, (u32)c->n);
	c->len = fsdev_serve(c->f, out, 2, in, 2);
	c->at = 7;
	if (c->len < 7 || ld_le32(c->in) != c->len || ld_le16(c->in + 5) != 0x1234)
		return -9999;
	if (c->in[4] == 7)
		return -(int)c_get(c, 4);
	return c->in[4] == c->out[4] + 1 ? 0 : -9998;
}

static inline int c_version(struct p9_client *c)
{
	c_begin(c, 100);
	c_put(c, 8192, 4);
	c_text(c, "9P2000.L");
	return c_call(c);
}

static inline int c_attach(struct p9_client *c, u32 fid)
{
	c_begin(c, 104);
	c_put(c, fid, 4);
	c_put(c, ~0u, 4);
	c_text(c, "root");
	c_text(c, "");
	c_put(c, 0, 4);
	return c_call(c);
}

/* NULL: no name, the same place again. */
static inline int c_walk(struct p9_client *c, u32 fid, u32 to, const char *a, const char *b)
{
	c_begin(c, 110);
	c_put(c, fid, 4);
	c_put(c, to, 4);
	c_put(c, (a != NULL) + (b != NULL), 2);
	if (a)
		c_text(c, a);
	if (b)
		c_text(c, b);
	return c_call(c);
}

static inline int c_open(struct p9_client *c, u32 fid, u32 flags)
{
	c_begin(c, 12);
	c_put(c, fid, 4);
	c_put(c, flags, 4);
	return c_call(c);
}

/* How many bytes came, at c->in + c->at; or an error. */
static inline int c_read(struct p9_client *c, u32 fid, u64 offset, u32 count)
{
	int err;

	c_begin(c, 116);
	c_put(c, fid, 4);
	c_put(c, offset, 8);
	c_put(c, count, 4);
	err = c_call(c);
	return err ? err : (int)c_get(c, 4);
}

static inline int c_write(struct p9_client *c, u32 fid, u64 offset, const void *data, u32 len)
{
	c_begin(c, 118);
	c_put(c, fid, 4);
	c_put(c, offset, 8);
	c_put(c, len, 4);
	memcpy(c->out + c->n, data, len);
	c->n += len;
	return c_call(c);
}

static inline int c_clunk(struct p9_client *c, u32 fid)
{
	c_begin(c, 120);
	c_put(c, fid, 4);
	return c_call(c);
}

#endif
