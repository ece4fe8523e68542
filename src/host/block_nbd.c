// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Disks behind the network block device protocol, by libnbd: remote ones, and images in formats
 * that a server of our own reads (block_server.c).
 *
 * One thread owns the connection. Whoever submits puts requests into a list and wakes it. When the
 * server is gone, requests fail with -EIO, at once or, with reconnect-delay=, after so many seconds
 * if it does not come back; the thread goes on trying for ever. What was under way begins again:
 * writes may be done twice, which changes nothing, since nobody was told that they are done.
 */
#include <errno.h>
#include <libnbd.h>
#include <poll.h>
#include <string.h>

#include "base/log.h"
#include "host/block_nbd.h"
#include "os/os.h"

enum {
	LARGEST = 32 << 20, /* of a transfer, where the server does not say */
	BOUNCE = 4 << 20,
	LARGEST_RANGE = 1 << 30, /* of a trim or zeroes */
	RETRY_MS = 500,
};

struct block_nbd {
	struct block b;
	struct nbd_handle *h; /* the thread's, after opening */
	struct block_server *server;
	struct os_thread thread;
	struct os_notifier wake;
	struct os_mutex lock;
	struct block_request *first, **last; /* under lock: submitted, not seen by the thread */
	bool stop;			     /* under lock */
	struct block_request *done;	     /* the thread's: answered, to be gone on with */
	struct block_request *waiting;	     /* the thread's: for the server, the last one first */
	char *uri;			     /* NULL: the server does not come back */
	u64 delay, lost_at, retry;	     /* ms; retry: when to connect, 0: not to */
	bool connecting;
	u64 largest;
	bool can_trim, can_zero, can_fua, can_flush, lost;
};

/* What of a request is under way. */
struct part {
	struct block_nbd *n;
	struct block_request *r;
	u64 len;
	int err;
	bool bounced, flushing;
	u8 data[];
};

static struct block_nbd *of(struct block *b)
{
	return container_of(b, struct block_nbd, b);
}

/* --- parts: in libnbd's callback nothing of libnbd may be called --- */
static int answered(void *opaque, int *error)
{
	struct part *p = opaque;
	struct block_nbd *n = p->n;

	p->err = *error;
	p->r->next = n->done;
	n->done = p->r;
	return 1;
}

static bool moves_data(const struct block_nbd *n, const struct block_request *r)
{
	return r->op == BLOCK_READ || r->op == BLOCK_WRITE ||
	       (r->op == BLOCK_WRITE_ZEROES && !n->can_zero);
}

static struct part *new_part(struct block_nbd *n, struct block_request *r)
{
	bool data = moves_data(n, r),
	     bounced = data && (r->op == BLOCK_WRITE_ZEROES || r->niov != 1);
	u64 limit = !data ? LARGEST_RANGE : bounced ? MIN(n->largest, BOUNCE) : n->largest;
	u64 len = r->op == BLOCK_FLUSH ? 0 : MIN(r->len - r->progress, limit);
	struct part *p = g_malloc(sizeof(*p) + (bounced ? len : 0));

	*p = (struct part){.n = n, .r = r, .len = len, .bounced = bounced};
	if (bounced && r->op == BLOCK_WRITE)
		iov_to_buf(r->iov, r->niov, r->progress, p->data, len);
	else if (bounced && r->op == BLOCK_WRITE_ZEROES)
		memset(p->data, 0, len);
	return p;
}

/* Returns what libnbd does: -1 and its error. */
static s64 send_part(struct block_nbd *n, struct part *p)
{
	struct block_request *r = p->r;
	nbd_completion_callback cb = {.callback = answered, .user_data = p};
	u8 *data = p->bounced	      ? p->data
		   : moves_data(n, r) ? (u8 *)r->iov[0].iov_base + r->progress
				      : NULL;
	u64 at = r->offset + r->progress;
	u32 fua = r->flags & BLOCK_FUA && n->can_fua ? LIBNBD_CMD_FLAG_FUA : 0;

	if (r->op == BLOCK_FLUSH || p->flushing)
		return nbd_aio_flush(n->h, cb, 0);
	if (r->op == BLOCK_READ)
		return nbd_aio_pread(n->h, data, p->len, at, cb, 0);
	if (moves_data(n, r))
		return nbd_aio_pwrite(n->h, data, p->len, at, cb, fua);
	if (r->op == BLOCK_WRITE_ZEROES)
		return nbd_aio_zero(n->h, p->len, at, cb,
				    fua | (r->flags & BLOCK_UNMAP ? 0 : LIBNBD_CMD_FLAG_NO_HOLE));
	return nbd_aio_trim(n->h, p->len, at, cb, 0);
}

static int error_now(void)
{
	int err = nbd_get_errno();

	return err == EINVAL || err == ENOSPC || err == EPERM || err == EOPNOTSUPP ? -err : -EIO;
}

static void finish(struct block_request *r, int err)
{
	g_free(r->scratch);
	r->scratch = NULL;
	block_complete(r, err);
}

static u64 now_ms(void)
{
	return os_clock_ns() / 1000000;
}

/* Whether there is a server; the first to find that there is none says so. */
static bool is_lost(struct block_nbd *n)
{
	if (n->lost || !(nbd_aio_is_dead(n->h) || nbd_aio_is_closed(n->h)))
		return n->lost;
	n->lost = true;
	n->lost_at = now_ms();
	n->retry = n->uri ? n->lost_at : 0;
	log_warn("%s: the connection to the disk's server is lost%s%s", n->b.name,
		 n->server ? ": " : "", n->server ? block_server_said(n->server) : "");
	return true;
}

/* Until the server is back, or has been gone for too long. */
static void wait_for_server(struct block_nbd *n, struct block_request *r)
{
	if (!n->uri || now_ms() >= n->lost_at + n->delay) {
		finish(r, -EIO);
		return;
	}
	g_free(r->scratch);
	r->scratch = NULL;
	r->progress = 0;
	r->next = n->waiting;
	n->waiting = r;
}

static void send_request(struct block_nbd *n, struct block_request *r, bool flushing)
{
	struct part *p = new_part(n, r);

	p->flushing = flushing;
	r->scratch = p;
	if (send_part(n, p) >= 0)
		return;
	if (is_lost(n))
		wait_for_server(n, r);
	else
		finish(r, error_now());
}

static void start(struct block_nbd *n, struct block_request *r)
{
	if (n->lost)
		wait_for_server(n, r);
	else if ((r->op == BLOCK_FLUSH && !n->can_flush) ||
		 (r->op == BLOCK_DISCARD && !n->can_trim))
		finish(r, 0);
	else
		send_request(n, r, false);
}

/* The server's answer to a part: that was it, or the next one. */
static void go_on(struct block_nbd *n, struct block_request *r)
{
	struct part *p = r->scratch;
	bool flushing = p->flushing;

	if (p->err && is_lost(n)) {
		wait_for_server(n, r);
		return;
	}
	if (p->err) {
		finish(r, p->err == ENOSPC || p->err == EINVAL || p->err == EPERM ? -p->err : -EIO);
		return;
	}
	if (r->op == BLOCK_READ && p->bounced)
		iov_from_buf(r->iov, r->niov, r->progress, p->data, p->len);
	r->progress += p->len;
	if (r->op == BLOCK_FLUSH || flushing) {
		finish(r, 0);
		return;
	}
	if (r->progress == r->len && !(r->flags & BLOCK_FUA && !n->can_fua && n->can_flush)) {
		finish(r, 0);
		return;
	}
	g_free(p);
	r->scratch = NULL;
	send_request(n, r, r->progress == r->len);
}

static void go_on_all(struct block_nbd *n)
{
	while (n->done) {
		struct block_request *r = n->done;

		n->done = r->next;
		go_on(n, r);
	}
}

/* --- a server that comes back --- */
static void start_waiting(struct block_nbd *n)
{
	struct block_request *list = NULL, *r, *next;

	for (r = n->waiting; r; r = next) {
		next = r->next;
		r->next = list;
		list = r;
	}
	n->waiting = NULL;
	for (r = list; r; r = next) {
		next = r->next;
		start(n, r);
	}
}

static void connect_again(struct block_nbd *n)
{
	n->retry = now_ms() + RETRY_MS;
	nbd_close(n->h);
	n->h = nbd_create();
	n->connecting = n->h && !nbd_aio_connect_uri(n->h, n->uri);
}

/* Whether it is the same disk, as far as can be told. */
static bool is_same(struct block_nbd *n)
{
	s64 size = nbd_get_size(n->h);

	return size >= 0 && (u64)size >= n->b.info.size &&
	       (n->b.info.read_only || nbd_is_read_only(n->h) <= 0);
}

static void look_for_server(struct block_nbd *n)
{
	if (n->connecting && (nbd_aio_is_dead(n->h) || nbd_aio_is_closed(n->h))) {
		n->connecting = false;
	} else if (n->connecting && nbd_aio_is_ready(n->h)) {
		n->connecting = false;
		if (is_same(n)) {
			n->lost = false;
			n->retry = 0;
			n->can_trim = nbd_can_trim(n->h) > 0;
			n->can_zero = nbd_can_zero(n->h) > 0;
			n->can_fua = nbd_can_fua(n->h) > 0;
			n->can_flush = nbd_can_flush(n->h) > 0;
			log_warn("%s: the disk's server is back", n->b.name);
		}
	} else if (!n->connecting && now_ms() >= n->retry) {
		connect_again(n);
	}
	if (!n->lost || now_ms() >= n->lost_at + n->delay)
		start_waiting(n);
}

/* --- the thread --- */
/* False: to end. */
static bool take_submitted(struct block_nbd *n)
{
	struct block_request *r, *next;
	bool stop;

	os_notifier_clear(&n->wake);
	os_mutex_lock(&n->lock);
	r = n->first;
	n->first = NULL;
	n->last = &n->first;
	stop = n->stop;
	os_mutex_unlock(&n->lock);
	for (; r; r = next) {
		next = r->next;
		start(n, r);
	}
	return !stop;
}

/* What of the connection is due: reading, writing. */
static void notify(struct block_nbd *n, const struct pollfd *p, unsigned dir)
{
	if (p->revents & POLLOUT && dir & LIBNBD_AIO_DIRECTION_WRITE)
		nbd_aio_notify_write(n->h);
	else if (p->revents)
		nbd_aio_notify_read(n->h);
}

static void nbd_main(void *opaque)
{
	struct block_nbd *n = opaque;
	bool run = true;

	while (run) {
		bool live = !n->lost || n->connecting;
		unsigned dir = live ? nbd_aio_get_direction(n->h) : 0;
		struct pollfd p[2] = {
			{.fd = n->wake.fd, .events = POLLIN},
			{.fd = live ? nbd_aio_get_fd(n->h) : -1, .events = 0},
		};

		if (dir & LIBNBD_AIO_DIRECTION_READ)
			p[1].events |= POLLIN;
		if (dir & LIBNBD_AIO_DIRECTION_WRITE)
			p[1].events |= POLLOUT;
		if (poll(p, 2, n->lost && n->uri ? RETRY_MS / 5 : -1) < 0)
			continue;
		if (live)
			notify(n, &p[1], dir);
		is_lost(n);
		go_on_all(n);
		if (p[0].revents)
			run = take_submitted(n);
		go_on_all(n);
		if (n->lost && n->uri)
			look_for_server(n);
	}
}

static void nbd_submit(struct block *b, struct block_request **r, u32 count)
{
	struct block_nbd *n = of(b);

	os_mutex_lock(&n->lock);
	for (u32 i = 0; i < count; i++) {
		r[i]->next = NULL;
		*n->last = r[i];
		n->last = &r[i]->next;
	}
	os_mutex_unlock(&n->lock);
	os_notifier_signal(&n->wake);
}

static void free_nbd(struct block_nbd *n)
{
	if (n->h)
		nbd_close(n->h);
	block_server_stop(n->server);
	g_free(n->uri);
	os_mutex_destroy(&n->lock);
}

static void nbd_end(struct block *b)
{
	struct block_nbd *n = of(b);

	os_mutex_lock(&n->lock);
	n->stop = true;
	os_mutex_unlock(&n->lock);
	os_notifier_signal(&n->wake);
	os_thread_join(&n->thread);
	os_notifier_destroy(&n->wake);
	if (!n->lost)
		nbd_shutdown(n->h, 0);
	free_nbd(n);
}

static const struct block_ops nbd_ops = {nbd_submit, nbd_end, NULL};

/* --- opening --- */
static int connect_to(struct block_nbd *n, const struct block_options *o, struct error *e)
{
	int fd, err;

	if (o->uri) {
		if (nbd_connect_uri(n->h, o->uri))
			return error_set(e, -EIO, "cannot open %s: %s", o->uri, nbd_get_error());
		return 0;
	}
	err = block_server_start(o, &n->server, &fd, e);
	if (err)
		return err;
	if (!nbd_set_export_name(n->h, BLOCK_SERVER_EXPORT) && !nbd_connect_socket(n->h, fd))
		return 0;
	return error_set(e, -EIO, "%s: %s", n->b.name, block_server_said(n->server));
}

static int learn(struct block_nbd *n, const struct block_options *o, struct error *e)
{
	struct block_info *info = &n->b.info;
	s64 size = nbd_get_size(n->h), largest = nbd_get_block_size(n->h, LIBNBD_SIZE_MAXIMUM);

	if (size < 0)
		return error_set(e, -EIO, "%s: no size: %s", n->b.name, nbd_get_error());
	info->size = (u64)size & ~511ull;
	info->read_only = o->read_only || nbd_is_read_only(n->h) > 0;
	if (info->read_only && !o->read_only && !o->auto_read_only)
		return error_set(e, -EACCES, "%s: the server lets nobody write", n->b.name);
	info->logical_size = info->physical_size = 512;
	info->write_zeroes = true;
	info->discard = o->discard;
	n->largest = largest >= 1 << 16 && largest < LARGEST ? (u64)largest & ~511ull : LARGEST;
	n->can_trim = nbd_can_trim(n->h) > 0;
	n->can_zero = nbd_can_zero(n->h) > 0;
	n->can_fua = nbd_can_fua(n->h) > 0;
	n->can_flush = nbd_can_flush(n->h) > 0;
	return 0;
}

int block_nbd_open(const struct block_options *o, struct block **out, struct error *e)
{
	struct block_nbd *n = g_new0(struct block_nbd, 1);
	int err = 0;

	block_init(&n->b, &nbd_ops, o->name ? o->name : o->uri ? o->uri : o->node);
	os_mutex_init(&n->lock);
	n->last = &n->first;
	n->uri = g_strdup(o->uri);
	n->delay = o->reconnect_delay * 1000ull;
	n->h = nbd_create();
	if (!n->h)
		err = error_set(e, -ENOMEM, "%s: %s", n->b.name, nbd_get_error());
	if (!err)
		err = connect_to(n, o, e);
	if (!err)
		err = learn(n, o, e);
	if (!err && os_notifier_init(&n->wake))
		err = error_set(e, -EMFILE, "%s: no more files", n->b.name);
	if (!err && os_thread_create(&n->thread, "nbd", nbd_main, n)) {
		os_notifier_destroy(&n->wake);
		err = error_set(e, -EAGAIN, "%s: no thread", n->b.name);
	}
	if (err) {
		free_nbd(n);
		block_fini(&n->b);
		return err;
	}
	*out = &n->b;
	return 0;
}
