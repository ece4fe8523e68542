// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Disks behind the network block device protocol, by libnbd: remote ones, and images in formats
 * that a server of our own reads (block_server.c).
 *
 * One thread owns the connection. Whoever submits puts requests into a list and wakes it. When the
 * server is gone, requests fail with -EIO, at once or, with reconnect-delay=, after so many seconds
 * if it does not come back; the thread goes on trying for ever. One that is shut down in an orderly
 * way says so to what is under way. What was under way begins again: writes may be done twice,
 * which changes nothing, since nobody was told that they are done.
 *
 * A server may want larger blocks than sectors. What writes parts of them reads them first, and
 * nothing else is written meanwhile.
 */
#include <errno.h>
#include <libnbd.h>
#include <poll.h>
#include <string.h>

#include "base/log.h"
#include "host/block_nbd.h"
#include "os/os.h"

enum {
	SECTOR = 512,
	LARGEST_BLOCK = 1 << 16, /* that a server may want */
	LARGEST = 32 << 20,	 /* of a transfer, where the server does not say */
	BOUNCE = 4 << 20,
	LARGEST_RANGE = 1 << 30, /* of a trim or zeroes */
	RETRY_MS = 500,
	END_MS = 1000,
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
	u64 largest, smallest; /* of a transfer; smallest: what its place and length are of */
	bool can_trim, can_zero, can_fua, can_flush, lost, told_other;
	bool leaving; /* it does nothing more, and the connection ends soon */
	/* the thread's, where smallest is more than a sector: changes that are under way, whether
	 * one is of parts of blocks, and what begins afterwards */
	u32 changes;
	bool alone;
	struct block_request *held, **last_held;
};

/* What of a request is under way: len bytes, `skip` bytes into the blocks that are transferred. */
struct part {
	struct block_nbd *n;
	struct block_request *r;
	u64 len, skip, whole;
	int err;
	bool bounced, flushing;
	bool filling; /* reads what it does not write of its blocks */
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

static bool changes(const struct block_request *r)
{
	return r->op != BLOCK_READ && r->op != BLOCK_FLUSH;
}

/* Not of whole blocks. */
static bool is_odd(const struct block_nbd *n, const struct block_request *r)
{
	return (r->offset | r->len) & (n->smallest - 1);
}

static bool moves_data(const struct block_nbd *n, const struct block_request *r)
{
	return r->op == BLOCK_READ || r->op == BLOCK_WRITE ||
	       (r->op == BLOCK_WRITE_ZEROES && (!n->can_zero || is_odd(n, r)));
}

/* Where a request ends: a discard is a hint, and of whole blocks. */
static u64 end_of(const struct block_nbd *n, const struct block_request *r)
{
	u64 end = r->offset + r->len;

	return r->op == BLOCK_DISCARD ? end & ~(n->smallest - 1) : end;
}

/* What is written goes into its buffer. */
static void fill_part(struct part *p)
{
	struct block_request *r = p->r;

	if (r->op == BLOCK_WRITE)
		iov_to_buf(r->iov, r->niov, r->progress, p->data + p->skip, p->len);
	else if (r->op == BLOCK_WRITE_ZEROES)
		memset(p->data + p->skip, 0, p->len);
}

static struct part *new_part(struct block_nbd *n, struct block_request *r)
{
	bool data = moves_data(n, r), odd = data && is_odd(n, r),
	     bounced = data && (r->op == BLOCK_WRITE_ZEROES || r->niov != 1 || odd);
	u64 limit = !data ? LARGEST_RANGE : bounced ? MIN(n->largest, BOUNCE) : n->largest;
	u64 at = r->offset + r->progress, skip = odd ? at & (n->smallest - 1) : 0;
	u64 len = r->op == BLOCK_FLUSH ? 0 : MIN(end_of(n, r) - at, limit - skip);
	u64 whole = odd ? (skip + len + n->smallest - 1) & ~(n->smallest - 1) : len;
	struct part *p = g_malloc(sizeof(*p) + (bounced ? whole : 0));

	*p = (struct part){
		.n = n, .r = r, .len = len, .skip = skip, .whole = whole, .bounced = bounced};
	p->filling = changes(r) && len && whole != len;
	if (bounced && !p->filling)
		fill_part(p);
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
	u64 at = r->offset + r->progress - p->skip;
	u32 fua = r->flags & BLOCK_FUA && n->can_fua ? LIBNBD_CMD_FLAG_FUA : 0;

	if (r->op == BLOCK_FLUSH || p->flushing)
		return nbd_aio_flush(n->h, cb, 0);
	if (r->op == BLOCK_READ || p->filling)
		return nbd_aio_pread(n->h, data, p->whole, at, cb, 0);
	if (moves_data(n, r))
		return nbd_aio_pwrite(n->h, data, p->whole, at, cb, fua);
	if (r->op == BLOCK_WRITE_ZEROES)
		return nbd_aio_zero(n->h, p->len, at, cb,
				    fua | (r->flags & BLOCK_UNMAP ? 0 : LIBNBD_CMD_FLAG_NO_HOLE));
	return nbd_aio_trim(n->h, p->len, at, cb, 0);
}

/* --- changes of parts of blocks are alone --- */
/* False: r begins later. What of a request has begun has a part. */
static bool may_change(struct block_nbd *n, const struct block_request *r)
{
	bool odd = r->op != BLOCK_DISCARD && is_odd(n, r);

	if (n->alone || (odd && n->changes))
		return false;
	n->changes++;
	n->alone = odd;
	return true;
}

static void forget_part(struct block_nbd *n, struct block_request *r)
{
	if (r->scratch && n->smallest > SECTOR && changes(r)) {
		n->changes--;
		n->alone = false;
	}
	g_free(r->scratch);
	r->scratch = NULL;
}

static int error_now(void)
{
	int err = nbd_get_errno();

	return err == EINVAL || err == ENOSPC || err == EPERM || err == EOPNOTSUPP ? -err : -EIO;
}

static void finish(struct block_nbd *n, struct block_request *r, int err)
{
	forget_part(n, r);
	block_complete(r, err);
}

static u64 now_ms(void)
{
	return os_clock_ns() / 1000000;
}

static bool is_away(const struct block_nbd *n)
{
	return n->lost || n->leaving;
}

/* A server that is told to end says so to each request that it gets before it does. */
static void leave_server(struct block_nbd *n)
{
	if (is_away(n))
		return;
	n->leaving = true;
	n->lost_at = now_ms();
	if (nbd_aio_disconnect(n->h, 0))
		log_printf(LOG_UNIMP, "nbd: no disconnect: %s\n", nbd_get_error());
}

/* Whether there is no server; the first to find that says so. */
static bool is_lost(struct block_nbd *n)
{
	if (n->lost || !(nbd_aio_is_dead(n->h) || nbd_aio_is_closed(n->h)))
		return is_away(n);
	n->lost = true;
	n->leaving = false;
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
		finish(n, r, -EIO);
		return;
	}
	forget_part(n, r);
	r->progress = 0;
	r->next = n->waiting;
	n->waiting = r;
}

static void send_or_end(struct block_nbd *n, struct block_request *r)
{
	if (send_part(n, r->scratch) >= 0)
		return;
	if (is_lost(n))
		wait_for_server(n, r);
	else
		finish(n, r, error_now());
}

static void send_request(struct block_nbd *n, struct block_request *r, bool flushing)
{
	struct part *p = new_part(n, r);

	p->flushing = flushing;
	r->scratch = p;
	send_or_end(n, r);
}

/* Whether there is nothing to do. */
static bool is_done(struct block_nbd *n, struct block_request *r)
{
	if (r->op == BLOCK_FLUSH)
		return !n->can_flush;
	if (r->op != BLOCK_DISCARD)
		return false;
	r->progress = -r->offset & (n->smallest - 1);
	return !n->can_trim || r->offset + r->progress >= end_of(n, r);
}

static void hold(struct block_nbd *n, struct block_request *r)
{
	r->next = NULL;
	*n->last_held = r;
	n->last_held = &r->next;
}

static void start(struct block_nbd *n, struct block_request *r)
{
	if (is_away(n))
		wait_for_server(n, r);
	else if (is_done(n, r))
		finish(n, r, 0);
	else if (n->smallest > SECTOR && changes(r) && (n->held || !may_change(n, r)))
		hold(n, r);
	else
		send_request(n, r, false);
}

/* In the order in which they came. */
static void start_held(struct block_nbd *n)
{
	while (n->held && (is_away(n) || may_change(n, n->held))) {
		struct block_request *r = n->held;

		n->held = r->next;
		if (!n->held)
			n->last_held = &n->held;
		if (is_away(n))
			wait_for_server(n, r);
		else
			send_request(n, r, false);
	}
}

/* The server's answer to a part: that was it, or the next one. */
static void go_on(struct block_nbd *n, struct block_request *r)
{
	struct part *p = r->scratch;
	bool flushing = p->flushing, all;

	if (p->err == ESHUTDOWN && n->uri)
		leave_server(n);
	if (p->err && is_lost(n)) {
		wait_for_server(n, r);
		return;
	}
	if (p->err) {
		finish(n, r,
		       p->err == ENOSPC || p->err == EINVAL || p->err == EPERM ? -p->err : -EIO);
		return;
	}
	if (p->filling) {
		p->filling = false;
		fill_part(p);
		send_or_end(n, r);
		return;
	}
	if (r->op == BLOCK_READ && p->bounced)
		iov_from_buf(r->iov, r->niov, r->progress, p->data + p->skip, p->len);
	r->progress += p->len;
	all = r->offset + r->progress == end_of(n, r);
	if (r->op == BLOCK_FLUSH || flushing ||
	    (all && !(r->flags & BLOCK_FUA && !n->can_fua && n->can_flush))) {
		finish(n, r, 0);
		return;
	}
	g_free(p);
	r->scratch = NULL;
	send_request(n, r, all);
}

static void go_on_all(struct block_nbd *n)
{
	while (n->done) {
		struct block_request *r = n->done;

		n->done = r->next;
		go_on(n, r);
	}
	start_held(n);
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

/* False: its blocks are none that we know. */
static bool learn_abilities(struct block_nbd *n)
{
	s64 largest = nbd_get_block_size(n->h, LIBNBD_SIZE_MAXIMUM);
	s64 smallest = nbd_get_block_size(n->h, LIBNBD_SIZE_MINIMUM);

	n->smallest = smallest > SECTOR ? (u64)smallest : SECTOR;
	n->largest = largest >= LARGEST_BLOCK && largest < LARGEST ? (u64)largest : LARGEST;
	n->largest &= ~(n->smallest - 1);
	n->can_trim = nbd_can_trim(n->h) > 0;
	n->can_zero = nbd_can_zero(n->h) > 0;
	n->can_fua = nbd_can_fua(n->h) > 0;
	n->can_flush = nbd_can_flush(n->h) > 0;
	return n->smallest <= LARGEST_BLOCK && !(n->smallest & (n->smallest - 1));
}

/* Whether it is the same disk, as far as can be told. */
static bool is_same(struct block_nbd *n)
{
	s64 size = nbd_get_size(n->h);
	bool same = size >= 0 && (u64)size >= n->b.info.size &&
		    (n->b.info.read_only || nbd_is_read_only(n->h) <= 0) && learn_abilities(n);

	if (!same && !n->told_other)
		log_warn("%s: what the server has now is another disk", n->b.name);
	n->told_other = !same;
	return same;
}

static void try_server(struct block_nbd *n)
{
	if (n->connecting && (nbd_aio_is_dead(n->h) || nbd_aio_is_closed(n->h))) {
		n->connecting = false;
	} else if (n->connecting && nbd_aio_is_ready(n->h)) {
		n->connecting = false;
		if (is_same(n)) {
			n->lost = false;
			n->retry = 0;
			log_warn("%s: the disk's server is back", n->b.name);
		}
	} else if (!n->connecting && now_ms() >= n->retry) {
		connect_again(n);
	}
}

static void look_for_server(struct block_nbd *n)
{
	if (n->lost)
		try_server(n);
	if (!is_away(n) || now_ms() >= n->lost_at + n->delay)
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
		if (poll(p, 2, is_away(n) && n->uri ? RETRY_MS / 5 : -1) < 0)
			continue;
		if (live)
			notify(n, &p[1], dir);
		is_lost(n);
		go_on_all(n);
		if (p[0].revents)
			run = take_submitted(n);
		go_on_all(n);
		if (is_away(n) && n->uri)
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
	/* one that does not answer is not waited for */
	if (!is_away(n) && !nbd_aio_disconnect(n->h, 0))
		for (u32 i = 0;
		     i < END_MS / 10 && !nbd_aio_is_dead(n->h) && !nbd_aio_is_closed(n->h); i++)
			if (nbd_poll(n->h, 10) < 0)
				break;
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
	s64 size = nbd_get_size(n->h);

	if (size < 0)
		return error_set(e, -EIO, "%s: no size: %s", n->b.name, nbd_get_error());
	if (!learn_abilities(n))
		return error_set(e, -ENOTSUP, "%s: the server wants blocks of %llu bytes",
				 n->b.name, (unsigned long long)n->smallest);
	info->size = (u64)size & ~(n->smallest - 1);
	info->read_only = o->read_only || nbd_is_read_only(n->h) > 0;
	if (info->read_only && !o->read_only && !o->auto_read_only)
		return error_set(e, -EACCES, "%s: the server lets nobody write", n->b.name);
	info->logical_size = SECTOR;
	info->physical_size = (u32)n->smallest;
	info->write_zeroes = true;
	info->discard = o->discard;
	return 0;
}

int block_nbd_open(const struct block_options *o, struct block **out, struct error *e)
{
	struct block_nbd *n = g_new0(struct block_nbd, 1);
	int err = 0;

	block_init(&n->b, &nbd_ops, o->name ? o->name : o->uri ? o->uri : o->node);
	os_mutex_init(&n->lock);
	n->last = &n->first;
	n->last_held = &n->held;
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
