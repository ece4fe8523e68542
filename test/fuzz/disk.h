/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk of zeroes for targets with one; its file goes with the process. */
#ifndef TEST_FUZZ_DISK_H
#define TEST_FUZZ_DISK_H

#include "fuzz.h"
#include "host/block.h"

/* o without filename; size: at most 1 MiB. */
static inline struct block *fuzz_disk(struct block_options o, u32 size)
{
	static u8 zero[1 << 20];
	struct block *b;
	struct error e;
	char path[64];

	board_file(path, zero, size);
	o.filename = path;
	if (block_open(&o, &b, &e))
		abort();
	unlink(path);
	return b;
}

#endif
