// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Images whose bytes are the disk's: regular files and block devices, through io_uring or a pool of
 * threads.
 *
 * Past the page cache (direct) memory, offset and length have to be aligned; what is not goes
 * through a second descriptor with the cache, which the kernel keeps coherent with the first.
 *
 * A file shorter than its last sector reads as zeroes behind its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "host/block_raw.h"
#include "os/os.h"

enum {
	SECTOR = 512,
	POOL_THREADS = 16,
	ZEROES = 1 << 20,
	MAX_IOV = 1024,
	SHORT = 1 << 17,      /* what is copied in the calling thread */
	LONG_WRITE = 2000000, /* ns, and a time for each byte */
	BYTES_PER_NS = 1,
	WRITES_WAIT = 100000000,
};

int block_raw_fd(struct block_raw *raw, const struct block_request *r)
{
	u64 bits = (r->offset + r->progress) | (r->len - r->progress);

	if (raw->direct_fd < 0)
		return raw->fd;
	for (int i = 0; i < r->niov; i++)
		bits |= (uintptr_t)r->iov[i].iov_base | r->iov[i].iov_len;
	return bits & (raw->align - 1) ? raw->fd : raw->direct_fd;
}

const struct iovec *block_raw_iov(struct block_request *r, int *niov)
{
	*niov = r->niov;
	if (r->progress) {
		if (!r->scratch)
			r->scratch = g_new(struct iovec, r->niov);
		*niov = iov_cut(r->iov, r->niov, r->progress, r->scratch);
	}
	if (*niov > MAX_IOV)
		*niov = MAX_IOV;
	return r->progress ? r->scratch : r->iov;
}

bool block_raw_progress(struct block_request *r, s64 result)
{
	int err = 0;

	/* io_uring gives up requests of a thread that ends */
	if (result == -EINTR || result == -EAGAIN || result == -ECANCELED)
		return false;
	if (result < 0) {
		err = (int)result;
	} else if (r->op == BLOCK_READ || r->op == BLOCK_WRITE) {
		r->progress += (u64)result;
		if (result && r->progress < r->len)
			return false;
		if (r->progress < r->len && r->op == BLOCK_READ)
			iov_from_buf(r->iov, r->niov, r->progress, NULL, r->len - r->progress);
		else if (r->progress < r->len)
			err = -ENOSPC;
	}
	g_free(r->scratch);
	r->scratch = NULL;
	block_complete(r, err);
	return true;
}

/* --- in the calling thread: everything, and what io_uring does not do --- */
static int write_zeroes(struct block_raw *raw, u64 offset, u64 len)
{
	u8 *zeroes = g_malloc0(MIN(len, ZEROES));
	int err = 0;

	while (len && !err) {
		ssize_t n = pwrite(raw->fd, zeroes, MIN(len, ZEROES), (off_t)offset);

		if (n > 0) {
			offset += (u64)n;
			len -= (u64)n;
		} else if (n == 0 || errno != EINTR) {
			err = n ? -errno : -ENOSPC;
		}
	}
	g_free(zeroes);
	return err;
}

static int punch(struct block_raw *raw, u64 offset, u64 len)
{
	u64 range[2] = {offset, len};

	if (raw->is_device)
		return ioctl(raw->fd, BLKDISCARD, range) ? -errno : 0;
	return fallocate(raw->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
			 (off_t)len)
		       ? -errno
		       : 0;
}

/* What the host cannot do is no failure: a discard is a hint. */
static int discard(struct block_raw *raw, struct block_request *r)
{
	int err = punch(raw, r->offset, r->len);

	return err == -EOPNOTSUPP || err == -ENOSYS || err == -ENODEV || err == -EINVAL ? 0 : err;
}

static int zero(struct block_raw *raw, struct block_request *r)
{
	u64 range[2] = {r->offset, r->len};
	int err = -EOPNOTSUPP;

	if (raw->is_device)
		err = ioctl(raw->fd, BLKZEROOUT, range) ? -errno : 0;
	else if (r->flags & BLOCK_UNMAP)
		err = punch(raw, r->offset, r->len);
	if (err && !raw->is_device)
		err = fallocate(raw->fd, FALLOC_FL_ZERO_RANGE, (off_t)r->offset, (off_t)r->len)
			      ? -errno
			      : 0;
	if (err == -ENOSPC || err == -EIO)
		return err;
	if (err)
		err = write_zeroes(raw, r->offset, r->len);
	return !err && r->flags & BLOCK_FUA && fdatasync(raw->fd) ? -errno : err;
}

static ssize_t transfer(struct block_raw *raw, struct block_request *r)
{
	int niov, fd = block_raw_fd(raw, r);
	const struct iovec *iov = block_raw_iov(r, &niov);
	off_t at = (off_t)(r->offset + r->progress);
	ssize_t n = r->op == BLOCK_READ
			    ? preadv2(fd, iov, niov, at, 0)
			    : pwritev2(fd, iov, niov, at, r->flags & BLOCK_FUA ? RWF_DSYNC : 0);

	return n < 0 ? -errno : n;
}

/* --- with the page cache: a copy is shorter than the way to a thread that does it --- */
static bool read_cached(struct block_raw *raw, struct block_request *r)
{
	int niov;
	const struct iovec *iov = block_raw_iov(r, &niov);
	ssize_t n;

	if (raw->no_nowait || r->len > SHORT)
		return false;
	n = preadv2(raw->fd, iov, niov, (off_t)(r->offset + r->progress), RWF_NOWAIT);
	if (n < 0 && errno == EOPNOTSUPP)
		raw->no_nowait = true;
	return n > 0 && block_raw_progress(r, n);
}

/* A write waits when there is too much for the disk to write: then others do it for a while. */
static bool write_cached(struct block_raw *raw, struct block_request *r)
{
	int niov;
	const struct iovec *iov = block_raw_iov(r, &niov);
	u64 start = os_clock_ns(), end;
	ssize_t n;

	if (r->flags & BLOCK_FUA || r->len > SHORT || start < raw->writes_wait)
		return false;
	n = pwritev(raw->fd, iov, niov, (off_t)(r->offset + r->progress));
	end = os_clock_ns();
	if (end - start > LONG_WRITE + r->len / BYTES_PER_NS)
		raw->writes_wait = end + WRITES_WAIT;
	return n > 0 && block_raw_progress(r, n);
}

u32 block_raw_cached(struct block_raw *raw, struct block_request **r, u32 count)
{
	u32 left = 0;

	block_batch(&raw->b, true);
	for (u32 i = 0; i < count; i++) {
		bool done = r[i]->op == BLOCK_READ    ? read_cached(raw, r[i])
			    : r[i]->op == BLOCK_WRITE ? write_cached(raw, r[i])
						      : false;

		if (!done)
			r[left++] = r[i];
	}
	block_batch(&raw->b, false);
	return left;
}

static s64 perform(struct block_raw *raw, struct block_request *r)
{
	switch (r->op) {
	case BLOCK_FLUSH:
		return fdatasync(raw->fd) ? -errno : 0;
	case BLOCK_DISCARD:
		return discard(raw, r);
	case BLOCK_WRITE_ZEROES:
		return zero(raw, r);
	default:
		return transfer(raw, r);
	}
}

static void pool_perform(void *opaque, struct block_request *r)
{
	while (!block_raw_progress(r, perform(opaque, r)))
		;
}

void block_raw_pool(struct block_raw *raw, struct block_request *r)
{
	block_pool_push(raw->pool, r);
}

static void pool_submit(struct block *b, struct block_request **r, u32 count)
{
	for (u32 i = 0; i < count; i++)
		block_raw_pool(container_of(b, struct block_raw, b), r[i]);
}

static void pool_close(struct block *b)
{
	struct block_raw *raw = container_of(b, struct block_raw, b);

	block_pool_free(raw->pool);
	if (raw->direct_fd >= 0)
		close(raw->direct_fd);
	close(raw->fd);
}

/* A device has the size it has: what it grew by can be used. */
static int raw_resize(struct block *b, u64 bytes)
{
	struct block_raw *raw = container_of(b, struct block_raw, b);
	u64 size;

	if (!raw->is_device)
		return ftruncate(raw->fd, (off_t)bytes) ? -errno : 0;
	if (ioctl(raw->fd, BLKGETSIZE64, &size))
		return -errno;
	return bytes <= size ? 0 : -ENOSPC;
}

static const struct block_ops pool_ops = {pool_submit, pool_close, raw_resize};

static void uring_close(struct block *b)
{
	block_uring_stop(container_of(b, struct block_raw, b));
	pool_close(b);
}

static const struct block_ops uring_ops = {block_uring_submit, uring_close, raw_resize};

/* --- opening --- */

/* qemu's scheme, so that each sees what the other does: byte 100 + n says "I use permission n",
 * byte 200 + n "nobody else may". */
enum {
	LOCK_USES = 100,
	LOCK_DENIES = 200,
	PERM_READ = 1 << 0,
	PERM_WRITE = 1 << 1,
	PERM_RESIZE = 1 << 3,
	PERM_COUNT = 4,
};

static bool lock_bytes(int fd, int base, u32 set, short type, int command)
{
	for (int i = 0; i < PERM_COUNT; i++) {
		struct flock l = {
			.l_type = type, .l_whence = SEEK_SET, .l_start = base + i, .l_len = 1};

		if (!(set >> i & 1))
			continue;
		/* What cannot be locked at all is not (some network file systems). */
		if (fcntl(fd, command, &l))
			return command != F_OFD_SETLK || (errno != EAGAIN && errno != EACCES);
		if (command == F_OFD_GETLK && l.l_type != F_UNLCK)
			return false;
	}
	return true;
}

static int lock_image(const struct block_raw *raw, const struct block_options *o, struct error *e)
{
	u32 uses = PERM_READ | (raw->b.info.read_only ? 0 : PERM_WRITE);
	u32 denies = o->shared ? 0 : PERM_RESIZE | PERM_WRITE;

	if (o->no_lock)
		return 0;
	if (lock_bytes(raw->fd, LOCK_USES, uses, F_RDLCK, F_OFD_SETLK) &&
	    lock_bytes(raw->fd, LOCK_DENIES, denies, F_RDLCK, F_OFD_SETLK) &&
	    lock_bytes(raw->fd, LOCK_DENIES, uses, F_WRLCK, F_OFD_GETLK) &&
	    lock_bytes(raw->fd, LOCK_USES, denies, F_WRLCK, F_OFD_GETLK))
		return 0;
	return error_set(e, -EBUSY, "%s is in use by another process", o->filename);
}

static int open_file(struct block_raw *raw, const struct block_options *o, struct error *e)
{
	int mode = o->read_only ? O_RDONLY : O_RDWR;

	raw->fd = open(o->filename, mode | O_CLOEXEC | O_NONBLOCK);
	if (raw->fd < 0 && o->auto_read_only && mode == O_RDWR &&
	    (errno == EACCES || errno == EROFS || errno == EPERM)) {
		mode = O_RDONLY;
		raw->fd = open(o->filename, mode | O_CLOEXEC | O_NONBLOCK);
	}
	if (raw->fd < 0)
		return error_set(e, -errno, "cannot open %s: %s", o->filename, strerror(errno));
	raw->b.info.read_only = mode == O_RDONLY;
	if (!o->direct)
		return 0;
	raw->direct_fd = open(o->filename, mode | O_CLOEXEC | O_NONBLOCK | O_DIRECT);
	if (raw->direct_fd < 0)
		return error_set(e, -errno, "%s: the host's cache cannot be bypassed: %s",
				 o->filename, strerror(errno));
	return 0;
}

/* What direct transfers have to be aligned to: the smallest one that works. */
static void probe_alignment(struct block_raw *raw)
{
	void *buf;

	raw->align = 4096;
	if (posix_memalign(&buf, 4096, 8192))
		return;
	if (pread(raw->direct_fd, (u8 *)buf + SECTOR, SECTOR, 0) >= 0)
		raw->align = SECTOR;
	free(buf);
}

static int measure(struct block_raw *raw, const char *name, struct error *e)
{
	struct block_info *info = &raw->b.info;
	struct stat st;
	int logical = SECTOR;
	unsigned physical = SECTOR;

	if (fstat(raw->fd, &st))
		return error_set(e, -errno, "%s: %s", name, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_set(e, -EINVAL, "%s is no file and no block device", name);
	raw->is_device = S_ISBLK(st.st_mode);
	info->size = (u64)st.st_size;
	if (raw->is_device) {
		if (ioctl(raw->fd, BLKGETSIZE64, &info->size))
			return error_set(e, -errno, "%s: no size: %s", name, strerror(errno));
		ioctl(raw->fd, BLKSSZGET, &logical);
		ioctl(raw->fd, BLKPBSZGET, &physical);
	}
	info->size = (info->size + SECTOR - 1) & ~(u64)(SECTOR - 1);
	info->logical_size = (u32)logical;
	info->physical_size = physical;
	info->write_zeroes = true;
	if (raw->direct_fd >= 0)
		probe_alignment(raw);
	return 0;
}

/* A guest that wrote another format's header to a raw disk must not make us read that format, so
 * formats are never guessed; what was forgotten is said. */
static int check_format(const struct block_raw *raw, const struct block_options *o, struct error *e)
{
	static const struct {
		const char *magic, *format;
	} formats[] = {
		{"QFI\xfb", "qcow2"},	  {"KDMV", "vmdk"},
		{"COWD", "vmdk"},	  {"conectix", "vpc"},
		{"vhdxfile", "vhdx"},	  {"QED", "qed"},
		{"<<< ", "vdi"},	  {"WithoutFreeSpace", "parallels"},
		{"LUKS\xba\xbe", "luks"},
	};
	char head[SECTOR] = "";

	if (!o->check_format || pread(raw->fd, head, sizeof(head), 0) <= 0)
		return 0;
	for (u32 i = 0; i < ARRAY_SIZE(formats); i++)
		if (!memcmp(head, formats[i].magic, strlen(formats[i].magic)))
			return error_set(e, -EINVAL,
					 "%s looks like %s: say format=%s, or format=raw",
					 o->filename, formats[i].format, formats[i].format);
	return 0;
}

int block_raw_open(const struct block_options *o, struct block **out, struct error *e)
{
	struct block_raw *raw = g_new0(struct block_raw, 1);
	int err;

	block_init(&raw->b, &pool_ops, o->name ? o->name : o->filename);
	raw->fd = raw->direct_fd = -1;
	err = open_file(raw, o, e);
	if (!err)
		err = measure(raw, o->filename, e);
	if (!err)
		err = check_format(raw, o, e);
	if (!err)
		err = lock_image(raw, o, e);
	if (!err) {
		raw->pool = block_pool_new(POOL_THREADS, pool_perform, raw);
		if (!raw->pool)
			err = error_set(e, -EAGAIN, "%s: no thread", o->filename);
	}
	if (err) {
		if (raw->direct_fd >= 0)
			close(raw->direct_fd);
		if (raw->fd >= 0)
			close(raw->fd);
		block_fini(&raw->b);
		return err;
	}
	raw->b.info.discard = o->discard;
	if (o->aio == BLOCK_AIO_IO_URING && !block_uring_start(raw))
		raw->b.ops = &uring_ops;
	*out = &raw->b;
	return 0;
}
