// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A network over one stream (-netdev stream, -netdev socket with listen= or connect=): before each
 * frame stands its length, 32 bits, big-endian, as qemu has it. One peer at a time.
 *
 * One thread listens, connects and reads. Whoever sends writes what the socket takes at once; the
 * thread writes what is left of a frame, and what was sent meanwhile. Beyond OUT_MAX frames are
 * lost, as on a wire. What a peer says is checked: a length that no frame has ends the connection.
 */
#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/endian.h"
#include "base/log.h"
#include "host/net_address.h"
#include "host/net_private.h"
#include "os/os.h"

enum {
	LENGTH = 4,
	SHORTEST = 14, /* of a frame: its addresses and type */
	IN_MAX = LENGTH + NET_FRAME_MAX,
	OUT_MAX = 1 << 20,
};

struct stream {
	struct net_backend *n;
	bool server;
	struct net_address address;
	u32 reconnect; /* seconds; 0: a connection that is lost stays so */
	struct os_notifier wake;
	struct os_thread thread;
	_Atomic bool stop, room;
	/* the thread's */
	int listener;
	int connecting; /* -1, or a socket whose peer has not answered */
	u64 retry;	/* when, by os_clock_ns(); 0: not */
	size_t in_len;
	u8 in[IN_MAX];
	struct os_mutex lock; /* over what follows; only the thread changes fd */
	int fd;		      /* -1: there is no peer */
	GByteArray *out;
	u8 frame[LENGTH + NET_FRAME_MAX];
};

/* --- the peer --- */
static void peer_comes(struct stream *s, int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	s->in_len = 0;
	os_mutex_lock(&s->lock);
	s->fd = fd;
	g_byte_array_set_size(s->out, 0);
	os_mutex_unlock(&s->lock);
}

static void peer_goes(struct stream *s, const char *why)
{
	int fd = s->fd;

	os_mutex_lock(&s->lock);
	s->fd = -1;
	g_byte_array_set_size(s->out, 0);
	os_mutex_unlock(&s->lock);
	close(fd);
	if (!s->server && s->reconnect)
		s->retry = os_clock_ns() + s->reconnect * 1000000000ull;
	log_warn("network %s: %s", s->n->name, why);
}

/* --- reading --- */
/* Whole frames of in[]; false: the peer speaks nonsense. */
static bool deliver_all(struct stream *s)
{
	static const struct net_offload none;
	size_t at = 0;

	while (s->room && s->in_len - at >= LENGTH) {
		u32 len = ld_be32(s->in + at);

		if (len > NET_FRAME_MAX)
			return false;
		if (s->in_len - at - LENGTH < len)
			break;
		/* `room` may come back while this waits */
		if (len >= SHORTEST) {
			s->room = false;
			if (net_deliver(s->n, 0, &none, s->in + at + LENGTH, len))
				s->room = true;
		}
		at += LENGTH + len;
	}
	memmove(s->in, s->in + at, s->in_len - at);
	s->in_len -= at;
	return true;
}

static void read_peer(struct stream *s)
{
	ssize_t n = read(s->fd, s->in + s->in_len, sizeof(s->in) - s->in_len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		peer_goes(s, "the other end has gone");
		return;
	}
	s->in_len += (size_t)n;
	if (!deliver_all(s))
		peer_goes(s, "the other end sent a frame of impossible length; disconnected");
}

/* --- writing --- */
/* Under the lock: as much of `out` as the socket takes. Errors show when the thread reads. */
static void write_out(struct stream *s)
{
	while (s->out->len) {
		ssize_t n = send(s->fd, s->out->data, s->out->len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n <= 0)
			return;
		g_byte_array_remove_range(s->out, 0, (guint)n);
	}
}

/* Under the lock. */
static void emit(void *opaque, const u8 *frame, size_t len)
{
	struct stream *s = opaque;
	bool idle = !s->out->len;
	u8 head[LENGTH];

	if (s->fd < 0 || s->out->len + LENGTH + len > OUT_MAX)
		return;
	st_be32(head, (u32)len);
	g_byte_array_append(s->out, head, LENGTH);
	g_byte_array_append(s->out, frame, (guint)len);
	if (!idle)
		return;
	write_out(s);
	if (s->out->len)
		os_notifier_signal(&s->wake);
}

static void stream_send(struct net_backend *n, u32 queue, const struct net_offload *o,
			const struct iovec *iov, int niov)
{
	struct stream *s = n->impl;
	u64 len;

	os_mutex_lock(&s->lock);
	if (s->fd >= 0) {
		len = iov_to_buf(iov, niov, 0, s->frame, NET_FRAME_MAX);
		net_finish(o, s->frame, len, emit, s);
	}
	os_mutex_unlock(&s->lock);
}

/* --- connecting --- */
static void try_connect(struct stream *s)
{
	int fd = net_address_socket(&s->address, SOCK_STREAM);

	s->retry = os_clock_ns() + s->reconnect * 1000000000ull;
	if (fd < 0)
		return;
	if (!connect(fd, (void *)&s->address.addr, s->address.len)) {
		s->retry = 0;
		peer_comes(s, fd);
	} else if (errno == EINPROGRESS) {
		s->retry = 0;
		s->connecting = fd;
	} else {
		close(fd);
	}
}

static void end_connect(struct stream *s)
{
	int fd = s->connecting, err = 0;
	socklen_t len = sizeof(err);

	s->connecting = -1;
	if (!getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) && !err) {
		peer_comes(s, fd);
		return;
	}
	close(fd);
	s->retry = os_clock_ns() + s->reconnect * 1000000000ull;
}

static void accept_peer(struct stream *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		peer_comes(s, fd);
}

/* --- the thread --- */
static int timeout_of(const struct stream *s)
{
	u64 now = os_clock_ns();

	if (!s->retry)
		return -1;
	return s->retry <= now ? 0 : (int)((s->retry - now) / 1000000) + 1;
}

static bool has_out(struct stream *s)
{
	bool has;

	os_mutex_lock(&s->lock);
	has = s->out->len;
	os_mutex_unlock(&s->lock);
	return has;
}

static void look_at_peer(struct stream *s, short events)
{
	if (events & POLLOUT) {
		os_mutex_lock(&s->lock);
		write_out(s);
		os_mutex_unlock(&s->lock);
	}
	if (events & (POLLIN | POLLHUP | POLLERR))
		read_peer(s);
}

static void stream_main(void *opaque)
{
	struct stream *s = opaque;

	while (!s->stop) {
		struct pollfd p[2] = {{s->wake.fd, POLLIN, 0}, {-1, 0, 0}};

		if (s->fd >= 0) {
			/* without room what comes waits in the socket */
			p[1].events = (short)((s->room ? POLLIN : 0) | (has_out(s) ? POLLOUT : 0));
			p[1].fd = p[1].events ? s->fd : -1;
		} else if (s->connecting >= 0) {
			p[1] = (struct pollfd){s->connecting, POLLOUT, 0};
		} else if (s->listener >= 0) {
			p[1] = (struct pollfd){s->listener, POLLIN, 0};
		}
		if (poll(p, 2, timeout_of(s)) < 0)
			continue;
		if (p[0].revents)
			os_notifier_clear(&s->wake);
		if (s->fd >= 0 && s->room && !deliver_all(s))
			peer_goes(s,
				  "the other end sent a frame of impossible length; disconnected");
		else if (p[1].revents && s->fd >= 0)
			look_at_peer(s, p[1].revents);
		else if (p[1].revents && s->connecting >= 0)
			end_connect(s);
		else if (p[1].revents && s->listener >= 0)
			accept_peer(s);
		else if (s->retry && os_clock_ns() >= s->retry)
			try_connect(s);
	}
}

/* --- life --- */
static int start(struct stream *s, const struct net_options *o, struct error *e)
{
	const char *text = o->server ? o->local : o->remote;
	int err, fd;

	if (o->fd >= 0) {
		s->fd = o->fd;
		return g_unix_set_fd_nonblocking(o->fd, TRUE, NULL)
			       ? 0
			       : error_set(e, -EBADF, "descriptor %d cannot be used", o->fd);
	}
	err = net_address_parse(text, SOCK_STREAM, o->server, &s->address, e);
	if (err)
		return err;
	fd = net_address_socket(&s->address, SOCK_STREAM);
	if (fd < 0)
		return error_set(e, -errno, "%s: %s", text, strerror(errno));
	if (o->server) {
		s->listener = fd;
		err = net_address_bind(fd, &s->address);
		if (!err && listen(fd, 1))
			err = -errno;
	} else if (!connect(fd, (void *)&s->address.addr, s->address.len)) {
		peer_comes(s, fd);
	} else if (errno == EINPROGRESS) {
		s->connecting = fd;
	} else {
		err = o->reconnect ? 0 : -errno;
		s->retry = 1;
		close(fd);
	}
	return err ? error_set(e, err, "%s: %s", text, strerror(-err)) : 0;
}

static void free_stream(struct stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->connecting >= 0)
		close(s->connecting);
	if (s->listener >= 0) {
		close(s->listener);
		net_address_forget(&s->address);
	}
	g_byte_array_free(s->out, TRUE);
	os_mutex_destroy(&s->lock);
	g_free(s);
}

static int stream_open(struct net_backend *n, const struct net_options *o, struct error *e)
{
	struct stream *s = g_new0(struct stream, 1);
	int err;

	n->impl = s;
	s->n = n;
	s->server = o->server;
	s->reconnect = o->reconnect;
	s->listener = s->connecting = s->fd = -1;
	s->room = true;
	s->out = g_byte_array_new();
	os_mutex_init(&s->lock);
	err = start(s, o, e);
	if (!err && os_notifier_init(&s->wake))
		err = error_set(e, -EMFILE, "out of file descriptors");
	if (!err && os_thread_create(&s->thread, "net", stream_main, s)) {
		os_notifier_destroy(&s->wake);
		err = error_set(e, -EAGAIN, "no thread for a network");
	}
	if (err)
		free_stream(s);
	return err;
}

static void stream_close(struct net_backend *n)
{
	struct stream *s = n->impl;

	s->stop = true;
	os_notifier_signal(&s->wake);
	os_thread_join(&s->thread);
	os_notifier_destroy(&s->wake);
	free_stream(s);
}

static void stream_flush(struct net_backend *n)
{
}

static void stream_resume(struct net_backend *n, u32 queue)
{
	struct stream *s = n->impl;

	s->room = true;
	os_notifier_signal(&s->wake);
}

/* Frames come whole. */
static void stream_take(struct net_backend *n)
{
}

const struct net_ops net_stream_ops = {stream_open,   stream_close, stream_send, stream_flush,
				       stream_resume, stream_take,  NULL};
