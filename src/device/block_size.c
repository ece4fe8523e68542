// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/block_size.h"

#include <errno.h>

static bool is_block_size(u64 size, u64 max)
{
	return size >= 512 && size <= max && !(size & (size - 1));
}

int block_size_check(const struct block_info *info, u64 *logical, u64 *physical, u64 max,
		     const char *max_name, struct error *e)
{
	if (!*logical)
		*logical = info->logical_size;
	if (!*physical)
		*physical = info->physical_size > *logical ? info->physical_size : *logical;
	if (is_block_size(*logical, max) && is_block_size(*physical, max) && *physical >= *logical)
		return 0;
	return error_set(e, -EINVAL,
			 "logical_block_size and physical_block_size are powers of two from "
			 "512 to %s, the latter not smaller",
			 max_name);
}
