// SPDX-License-Identifier: GPL-2.0-or-later
/* Streams of a hub (vsock.c): reading, writing, events, the end. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/iov.h"
#include "host/vsock_private.h"

enum { PIECES = 64 /* of a list, in one system call */ };

/* --- streams --- */
/* Under the lock. True: ready() is due. */
bool vsock_post(struct vsock_stream *s, u32 events)
{
	s->events |= events;
	if (s->ended || s->pending)
		return false;
	s->pending = true;
	g_queue_push_tail_link(&s->h->events, &s->in_ready);
	return true;
}

void vsock_tell(struct vsock_hub *h, bool due)
{
	if (due)
		h->ready(h->opaque);
}

static u32 waiting(const struct vsock_stream *s)
{
	return s->out ? s->out->len - s->out_head : 0;
}

/* Under the lock, like all that change what waits. */
void vsock_drop_out(struct vsock_stream *s)
{
	if (s->out)
		g_byte_array_free(s->out, TRUE);
	s->out = NULL;
	s->out_head = 0;
}

bool vsock_deafen(struct vsock_stream *s)
{
	s->deaf = true;
	vsock_drop_out(s);
	return vsock_post(s, VSOCK_DEAF | VSOCK_WRITTEN);
}

bool vsock_write_out(struct vsock_stream *s)
{
	u32 before = waiting(s);

	while (waiting(s)) {
		ssize_t n = send(s->fd, s->out->data + s->out_head, waiting(s),
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return vsock_deafen(s);
		if (n < 0)
			break;
		s->out_head += (u32)n;
	}
	if (s->out && !waiting(s)) {
		vsock_drop_out(s);
		if (s->shut)
			shutdown(s->fd, SHUT_WR);
	}
	return waiting(s) < before ? vsock_post(s, VSOCK_WRITTEN) : false;
}

/* --- the caller's --- */
struct vsock_stream *vsock_next(struct vsock_hub *h, u32 *events)
{
	struct vsock_stream *s = NULL;
	GList *link;

	os_mutex_lock(&h->lock);
	link = g_queue_pop_head_link(&h->events);
	if (link) {
		s = link->data;
		*events = s->events;
		s->events = 0;
		s->pending = false;
	}
	os_mutex_unlock(&h->lock);
	return s;
}

void *vsock_owner(const struct vsock_stream *s)
{
	return s->owner;
}

void vsock_own(struct vsock_stream *s, void *owner)
{
	s->owner = owner;
}

u32 vsock_port(const struct vsock_stream *s)
{
	return s->port;
}

/* A socket that is new takes that much. */
void vsock_welcome(struct vsock_stream *s, u32 host_port)
{
	char line[20];
	int n = snprintf(line, sizeof(line), "OK %u\n", host_port);

	if (send(s->fd, line, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) < n) {
		bool due;

		os_mutex_lock(&s->h->lock);
		due = vsock_deafen(s);
		os_mutex_unlock(&s->h->lock);
		vsock_tell(s->h, due);
	}
}

ssize_t vsock_read(struct vsock_stream *s, const struct iovec *iov, int niov, u64 skip, u64 len)
{
	struct iovec to[PIECES];
	int count = iov_slice(iov, niov, skip, len, to, PIECES);

	for (;;) {
		ssize_t n = readv(s->fd, to, count);

		if (n >= 0)
			return n;
		if (errno == EAGAIN)
			return -EAGAIN;
		if (errno != EINTR)
			return 0;
	}
}

static void append(struct vsock_stream *s, const struct iovec *iov, int niov, u64 skip, u64 len)
{
	guint at;

	if (!s->out)
		s->out = g_byte_array_new();
	if (s->out_head) {
		g_byte_array_remove_range(s->out, 0, s->out_head);
		s->out_head = 0;
	}
	at = s->out->len;
	g_byte_array_set_size(s->out, at + (guint)len);
	iov_to_buf(iov, niov, skip, s->out->data + at, len);
}

void vsock_write(struct vsock_stream *s, const struct iovec *iov, int niov, u64 skip, u64 len)
{
	struct iovec from[PIECES];
	struct msghdr m = {.msg_iov = from};
	bool due = false;

	os_mutex_lock(&s->h->lock);
	while (len && !s->deaf && !s->out) {
		ssize_t n;

		m.msg_iovlen = (size_t)iov_slice(iov, niov, skip, len, from, PIECES);
		n = sendmsg(s->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			due = vsock_deafen(s);
			break;
		}
		skip += (u64)n;
		len -= (u64)n;
	}
	if (len && !s->deaf)
		append(s, iov, niov, skip, len);
	os_mutex_unlock(&s->h->lock);
	vsock_tell(s->h, due);
}

u32 vsock_waiting(struct vsock_stream *s)
{
	u32 n;

	os_mutex_lock(&s->h->lock);
	n = waiting(s);
	os_mutex_unlock(&s->h->lock);
	return n;
}

void vsock_shut(struct vsock_stream *s, bool read, bool write)
{
	if (read)
		shutdown(s->fd, SHUT_RD);
	if (!write)
		return;
	os_mutex_lock(&s->h->lock);
	s->shut = true;
	if (!s->out)
		shutdown(s->fd, SHUT_WR);
	os_mutex_unlock(&s->h->lock);
}

/* Under the lock. */
void vsock_end_locked(struct vsock_stream *s)
{
	s->ended = true;
	if (s->pending)
		g_queue_unlink(&s->h->events, &s->in_ready);
	s->pending = false;
}

void vsock_end(struct vsock_stream *s)
{
	struct vsock_hub *h = s->h;

	os_mutex_lock(&h->lock);
	vsock_end_locked(s);
	os_mutex_unlock(&h->lock);
	os_notifier_signal(&h->wake);
}

void vsock_accept(struct vsock_hub *h, bool on)
{
	os_mutex_lock(&h->lock);
	h->accepting = on;
	os_mutex_unlock(&h->lock);
}
