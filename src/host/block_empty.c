// SPDX-License-Identifier: GPL-2.0-or-later
/* A drive without a medium: a disk of no bytes, which is never asked for one. */
#include <errno.h>

#include "host/block_private.h"

static void empty_submit(struct block *b, struct block_request **r, u32 count)
{
	for (u32 i = 0; i < count; i++)
		block_complete(r[i], r[i]->op == BLOCK_FLUSH ? 0 : -ENOMEDIUM);
}

static void empty_close(struct block *b)
{
}

static const struct block_ops ops = {empty_submit, empty_close, NULL};

int block_empty_open(const struct block_options *o, struct block **out)
{
	struct block *b = g_new0(struct block, 1);

	block_init(b, &ops, o->name ? o->name : "empty");
	b->info.read_only = true;
	b->info.logical_size = b->info.physical_size = 512;
	*out = b;
	return 0;
}
