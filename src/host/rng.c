// SPDX-License-Identifier: GPL-2.0-or-later
/* See rng.h. */
#include "host/rng.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rng {
	int fd; /* -1: builtin */
};

int rng_open(const char *filename, struct rng **out, struct error *e)
{
	struct stat st;
	int fd = -1;

	if (filename) {
		/* a source that has to collect first must not hold up a device's thread */
		fd = open(filename, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			return error_set(e, -errno, "cannot open %s: %s", filename,
					 strerror(errno));
		if (fstat(fd, &st) || S_ISDIR(st.st_mode)) {
			close(fd);
			return error_set(e, -EISDIR, "%s is a folder", filename);
		}
	}
	*out = g_new0(struct rng, 1);
	(*out)->fd = fd;
	return 0;
}

void rng_close(struct rng *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	g_free(r);
}

bool rng_is_builtin(const struct rng *r)
{
	return r->fd < 0;
}

size_t rng_read(struct rng *r, void *buf, size_t len)
{
	size_t done = 0;
	ssize_t n;

	do {
		n = read(r->fd, (u8 *)buf + done, len - done);
		if (n > 0)
			done += (size_t)n;
	} while (done < len && (n > 0 || (n < 0 && errno == EINTR)));
	return done;
}
