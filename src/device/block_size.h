/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block sizes that a disk shows its guest. */
#ifndef DEVICE_BLOCK_SIZE_H
#define DEVICE_BLOCK_SIZE_H

#include "host/block.h"

/* Properties logical_block_size and physical_block_size, in bytes: 0 becomes the image's. -EINVAL:
 * no powers of two from 512 to max, which messages call max_name, or the latter is smaller. */
int block_size_check(const struct block_info *info, u64 *logical, u64 *physical, u64 max,
		     const char *max_name, struct error *e);

#endif
