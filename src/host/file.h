/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HOST_FILE_H
#define HOST_FILE_H

#include "base/error.h"
#include "base/types.h"

bool file_readable(const char *path);
/* A regular file of 1 to max_size bytes, for reading. */
int file_open(const char *path, u64 max_size, int *fd, u64 *size, struct error *e);
/* -EIO when it does not have all of [offset, offset + len) any more. */
int file_read(int fd, u64 offset, void *data, u64 len);
void file_close(int fd);
/* The process may have as many descriptors as the host lets it. */
void file_limit_raise(void);

#endif
