/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HOST_FILE_H
#define HOST_FILE_H

#include "base/error.h"
#include "base/types.h"

/* A whole regular file, of 1 to max_size bytes; data is freed with os_free(). */
int file_read(const char *path, u64 max_size, u8 **data, u64 *size, struct error *e);

#endif
