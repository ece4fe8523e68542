/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Error numbers for builds without a C library: those of Linux, which KVM's interface speaks. */
#ifndef BARE_ERRNO_H
#define BARE_ERRNO_H

#define EPERM	   1
#define ENOENT	   2
#define EINTR	   4
#define EIO	   5
#define ENXIO	   6
#define E2BIG	   7
#define EBADF	   9
#define EAGAIN	   11
#define ENOMEM	   12
#define EACCES	   13
#define EFAULT	   14
#define EBUSY	   16
#define EEXIST	   17
#define ENODEV	   19
#define EINVAL	   22
#define ENOSPC	   28
#define EROFS	   30
#define EDOM	   33
#define ERANGE	   34
#define ENOSYS	   38
#define ENODATA	   61
#define EPROTO	   71
#define EBADMSG	   74
#define EOVERFLOW  75
#define EOPNOTSUPP 95
#define ENOTSUP	   EOPNOTSUPP
#define ETIMEDOUT  110
#define EALREADY   114

#endif
