// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

int file_open(const char *path, u64 max_size, int *fd, u64 *size, struct error *e)
{
	struct stat st;
	int err = 0;

	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return error_set(e, -errno, "cannot open %s: %s", path, strerror(errno));
	if (fstat(*fd, &st) || !S_ISREG(st.st_mode))
		err = error_set(e, -EINVAL, "%s is no regular file", path);
	else if (!st.st_size)
		err = error_set(e, -EINVAL, "%s is empty", path);
	else if ((u64)st.st_size > max_size)
		err = error_set(e, -EFBIG, "%s does not fit into the guest's memory", path);
	if (err) {
		file_close(*fd);
		*fd = -1;
		return err;
	}
	*size = (u64)st.st_size;
	return 0;
}

int file_read(int fd, u64 offset, void *data, u64 len)
{
	u64 done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (u8 *)data + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		done += (u64)n;
	}
	return 0;
}

bool file_readable(const char *path)
{
	return !access(path, R_OK);
}

void file_close(int fd)
{
	close(fd);
}

void file_limit_raise(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}
