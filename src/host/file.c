// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"

static int read_all(int fd, u8 *data, u64 size)
{
	u64 done = 0;

	while (done < size) {
		ssize_t n = read(fd, data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		done += (u64)n;
	}
	return 0;
}

int file_read(const char *path, u64 max_size, u8 **data, u64 *size, struct error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int err = 0;

	*data = NULL;
	if (fd < 0)
		return error_set(e, -errno, "cannot open %s: %s", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		err = error_set(e, -EINVAL, "%s is no regular file", path);
	else if (!st.st_size)
		err = error_set(e, -EINVAL, "%s is empty", path);
	else if ((u64)st.st_size > max_size)
		err = error_set(e, -EFBIG, "%s does not fit into the guest's memory", path);
	if (!err) {
		*size = (u64)st.st_size;
		*data = os_alloc(*size);
		if (!*data || read_all(fd, *data, *size)) {
			err = error_set(e, -EIO, "cannot read %s", path);
			os_free(*data);
			*data = NULL;
		}
	}
	close(fd);
	return err;
}
