/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of memory pieces, as system calls take them. */
#ifndef HOST_IOV_H
#define HOST_IOV_H

#include <sys/uio.h>

#include "base/types.h"

/* From a list, or into it, from its byte `skip` on; len bytes or what there is. buf NULL: zeroes.
 */
u64 iov_to_buf(const struct iovec *iov, int niov, u64 skip, void *buf, u64 len);
u64 iov_from_buf(const struct iovec *iov, int niov, u64 skip, const void *buf, u64 len);
/* The list without its first `skip` bytes; to has room for niov. Returns their number. */
int iov_cut(const struct iovec *iov, int niov, u64 skip, struct iovec *to);
/* Likewise len bytes of it, or as many as `room` pieces have. */
int iov_slice(const struct iovec *iov, int niov, u64 skip, u64 len, struct iovec *to, int room);

#endif
