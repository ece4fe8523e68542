/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that a machine is saved to and loaded from; grows. Whoever made it frees data. */
#ifndef TEST_BUFFER_H
#define TEST_BUFFER_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/types.h"

struct buffer {
	u8 *data;
	size_t len, size, pos;
};

static inline int buf_write(void *opaque, const void *p, size_t n)
{
	struct buffer *b = opaque;

	while (b->len + n > b->size) {
		b->size = b->size ? 2 * b->size : 1 << 16;
		b->data = realloc(b->data, b->size);
	}
	memcpy(b->data + b->len, p, n);
	b->len += n;
	return 0;
}

static inline int buf_read(void *opaque, void *p, size_t n)
{
	struct buffer *b = opaque;

	if (n > b->len - b->pos)
		return -EIO;
	memcpy(p, b->data + b->pos, n);
	b->pos += n;
	return 0;
}

#endif
