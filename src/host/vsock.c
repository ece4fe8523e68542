// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See vsock.h. Descriptors are watched for changes (EPOLLET): a change becomes an event that the
 * caller fetches, and the caller reads until there is nothing. Whoever writes gives the socket what
 * it takes at once; the hub's thread writes the rest. How much waits is the caller's to limit, by
 * the credit that it gives the guest.
 *
 * Streams are freed on the hub's thread only, when no event for them can be under way.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/file.h"
#include "host/vsock_private.h"

enum {
	EVENTS = 64,
	RETRY_MS = 20,	 /* until something is tried again that cannot be waited for */
	CONNECT_S = 2,	 /* as long as Linux's guests wait for an answer */
	CLOSE_S = 2,	 /* for programs that are slow to take the last bytes */
	PORT_DIGITS = 11 /* with what stands before them */
};

#define STREAM(link) ((struct vsock_stream *)((GList *)(link))->data)

/* --- streams --- */
/* Under the lock; NULL: there are enough. */
static struct vsock_stream *new_stream(struct vsock_hub *h, int fd, u8 state)
{
	struct vsock_stream *s;

	if (h->all.length >= VSOCK_STREAMS_MAX)
		return NULL;
	s = g_new0(struct vsock_stream, 1);
	s->h = h;
	s->fd = fd;
	s->state = state;
	s->in_all.data = s->in_ready.data = s;
	g_queue_push_tail_link(&h->all, &s->in_all);
	return s;
}

static void watch(struct vsock_stream *s)
{
	struct epoll_event ev = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.ptr = s}};

	epoll_ctl(s->h->epoll, EPOLL_CTL_ADD, s->fd, &ev);
}

/* --- to programs that listen --- */
/* 0, -EAGAIN: there is no room in the listener's queue, -errno. */
static int reach(const struct vsock_hub *h, u32 port, int fd)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	snprintf(to.sun_path, sizeof(to.sun_path), "%s_%u", h->path, port);
	return connect(fd, (void *)&to, sizeof(to)) ? -errno : 0;
}

struct vsock_stream *vsock_connect(struct vsock_hub *h, u32 port, void *owner)
{
	int fd = net_address_socket(&h->address, SOCK_STREAM), err;
	struct vsock_stream *s = NULL;

	if (fd < 0)
		return NULL;
	err = reach(h, port, fd);
	os_mutex_lock(&h->lock);
	if (!err || err == -EAGAIN)
		s = new_stream(h, fd, err ? VSOCK_CONNECTING : VSOCK_OPEN);
	if (s) {
		s->port = port;
		s->owner = owner;
		s->deadline = os_clock_ns() + CONNECT_S * 1000000000ull;
		h->connecting += s->state == VSOCK_CONNECTING;
		if (!err)
			vsock_post(s, VSOCK_CONNECTED);
	}
	os_mutex_unlock(&h->lock);
	if (!s) {
		close(fd);
	} else if (err) {
		os_notifier_signal(&h->wake);
	} else {
		watch(s);
		h->ready(h->opaque);
	}
	return s;
}

static bool try_again(struct vsock_hub *h)
{
	bool due = false;

	os_mutex_lock(&h->lock);
	for (GList *l = h->all.head; h->connecting && l; l = l->next) {
		struct vsock_stream *s = STREAM(l);
		int err;

		if (s->state != VSOCK_CONNECTING || s->ended)
			continue;
		err = reach(h, s->port, s->fd);
		if (err == -EAGAIN && os_clock_ns() < s->deadline)
			continue;
		s->state = VSOCK_OPEN;
		h->connecting--;
		due |= vsock_post(s, err ? VSOCK_REFUSED : VSOCK_CONNECTED);
		if (!err)
			watch(s);
	}
	os_mutex_unlock(&h->lock);
	return due;
}

/* --- from programs --- */
static bool parse_line(struct vsock_stream *s)
{
	static const char command[] = "CONNECT ";
	const char *digits = s->line + sizeof(command) - 1;
	char *end;
	guint64 port;

	if (g_ascii_strncasecmp(s->line, command, sizeof(command) - 1) || !g_ascii_isdigit(*digits))
		return false;
	port = g_ascii_strtoull(digits, &end, 10);
	s->port = (u32)port;
	return !*end && port <= 0xffffffff;
}

/* Nothing behind the line is taken: it is the guest's. */
static bool read_line(struct vsock_stream *s)
{
	struct vsock_hub *h = s->h;
	bool due = false;
	ssize_t n;
	char c;

	do {
		n = recv(s->fd, &c, 1, MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n == 1 && c != '\n')
			s->line[s->line_len++] = c;
	} while ((n == 1 && c != '\n' && s->line_len < sizeof(s->line) - 1) ||
		 (n < 0 && errno == EINTR));
	os_mutex_lock(&h->lock);
	if (n == 1 && c == '\n' && h->accepting && parse_line(s)) {
		s->state = VSOCK_OPEN;
		due = vsock_post(s, VSOCK_NEW);
	} else {
		vsock_end_locked(s);
	}
	os_mutex_unlock(&h->lock);
	return due;
}

static void listen_to(struct vsock_hub *h, bool on)
{
	struct epoll_event ev = {EPOLLIN, {.ptr = h}};

	if (h->listening != on)
		epoll_ctl(h->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, h->listener, &ev);
	h->listening = on;
}

/* False: no more now. */
static bool accept_program(struct vsock_hub *h)
{
	struct vsock_stream *s = NULL;
	bool room;
	int fd = -1;

	os_mutex_lock(&h->lock);
	room = h->all.length < VSOCK_STREAMS_MAX;
	if (room)
		fd = accept4(h->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	h->starved = room && fd < 0 && (errno == EMFILE || errno == ENFILE);
	if (fd >= 0)
		s = new_stream(h, fd, VSOCK_HANDSHAKE);
	os_mutex_unlock(&h->lock);
	if (!room || h->starved)
		listen_to(h, false);
	if (s)
		watch(s);
	return s;
}

/* --- the thread --- */
static bool look(struct vsock_stream *s, u32 events)
{
	struct vsock_hub *h = s->h;
	bool due = false, handshake;

	os_mutex_lock(&h->lock);
	handshake = s->state == VSOCK_HANDSHAKE;
	if (!handshake) {
		if (events & EPOLLOUT)
			due |= vsock_write_out(s);
		if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
			due |= vsock_post(s, VSOCK_READABLE);
		if (events & (EPOLLHUP | EPOLLERR) && !s->deaf)
			due |= vsock_deafen(s);
	}
	handshake &= !s->ended;
	os_mutex_unlock(&h->lock);
	return handshake ? read_line(s) : due;
}

/* Under the lock, on the thread. */
static void free_stream(struct vsock_stream *s)
{
	struct vsock_hub *h = s->h;

	h->connecting -= s->state == VSOCK_CONNECTING;
	g_queue_unlink(&h->all, &s->in_all);
	vsock_drop_out(s);
	close(s->fd);
	g_free(s);
}

/* Those that have ended, and `all`: the others too. */
static void bury(struct vsock_hub *h, bool all)
{
	os_mutex_lock(&h->lock);
	for (GList *l = h->all.head, *next; l; l = next) {
		struct vsock_stream *s = STREAM(l);

		next = l->next;
		if (all && !s->ended)
			vsock_end_locked(s);
		if (all || (s->ended && !s->out))
			free_stream(s);
	}
	if (!h->closing && !h->starved && h->all.length < VSOCK_STREAMS_MAX)
		listen_to(h, true);
	os_mutex_unlock(&h->lock);
}

void vsock_turn(struct vsock_hub *h, int ms)
{
	struct epoll_event ev[EVENTS];
	bool due = false;
	int n;

	os_mutex_lock(&h->lock);
	if (h->connecting || h->starved)
		ms = ms >= 0 && ms < RETRY_MS ? ms : RETRY_MS;
	os_mutex_unlock(&h->lock);
	n = epoll_wait(h->epoll, ev, EVENTS, ms);
	h->starved = false;
	for (int i = 0; i < n; i++) {
		if (ev[i].data.ptr == &h->wake)
			os_notifier_clear(&h->wake);
		else if (ev[i].data.ptr == h)
			while (accept_program(h))
				;
		else
			due |= look(ev[i].data.ptr, ev[i].events);
	}
	due |= try_again(h);
	bury(h, false);
	vsock_tell(h, due);
}

static bool all_gone(struct vsock_hub *h)
{
	bool gone;

	os_mutex_lock(&h->lock);
	gone = !h->all.length;
	os_mutex_unlock(&h->lock);
	return gone;
}

static void hub_main(void *opaque)
{
	struct vsock_hub *h = opaque;

	while (!h->stop)
		vsock_turn(h, -1);
}

/* --- life --- */
static int bind_path(struct vsock_hub *h, struct error *e)
{
	int fd = net_address_socket(&h->address, SOCK_STREAM), err;

	/* who answers there is another guest's */
	err = fd < 0 ? errno : connect(fd, (void *)&h->address.addr, h->address.len) ? errno : 0;
	if (fd >= 0)
		close(fd);
	if (!err || err == EAGAIN)
		return error_set(e, -EADDRINUSE, "socket %s is in use", h->path);
	h->listener = net_address_socket(&h->address, SOCK_STREAM);
	if (h->listener < 0)
		return error_set(e, -errno, "socket %s: %s", h->path, strerror(errno));
	err = net_address_bind(h->listener, &h->address);
	if (!err && listen(h->listener, SOMAXCONN))
		err = -errno;
	return err ? error_set(e, err, "socket %s: %s", h->path, strerror(-err)) : 0;
}

static int start(struct vsock_hub *h, struct error *e)
{
	struct epoll_event ev = {EPOLLIN, {.ptr = &h->wake}};

	if (os_notifier_init(&h->wake))
		return error_set(e, -EMFILE, "out of file descriptors");
	h->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (h->epoll >= 0)
		listen_to(h, true);
	if (h->epoll < 0 || epoll_ctl(h->epoll, EPOLL_CTL_ADD, h->wake.fd, &ev) ||
	    os_thread_create(&h->thread, "vsock", hub_main, h)) {
		if (h->epoll >= 0)
			close(h->epoll);
		os_notifier_destroy(&h->wake);
		return error_set(e, -EAGAIN, "no thread for socket %s", h->path);
	}
	h->started = true;
	return 0;
}

static void free_hub(struct vsock_hub *h)
{
	if (h->listener >= 0) {
		close(h->listener);
		net_address_forget(&h->address);
	}
	os_mutex_destroy(&h->lock);
	g_free(h->path);
	g_free(h);
}

int vsock_open(const char *path, vsock_ready_fn *ready, void *opaque, struct vsock_hub **out,
	       struct error *e)
{
	struct sockaddr_un un;
	struct vsock_hub *h;
	char *text;
	int err;

	if (!*path || strlen(path) + PORT_DIGITS >= sizeof(un.sun_path))
		return error_set(e, -EINVAL, "'%s' is empty or too long for a socket's name", path);
	file_limit_raise();
	h = g_new0(struct vsock_hub, 1);
	h->path = g_strdup(path);
	h->ready = ready;
	h->opaque = opaque;
	h->listener = -1;
	os_mutex_init(&h->lock);
	text = g_strdup_printf("unix:%s", path);
	err = net_address_parse(text, SOCK_STREAM, true, &h->address, e);
	g_free(text);
	if (!err)
		err = bind_path(h, e);
	if (!err)
		err = start(h, e);
	if (err) {
		free_hub(h);
		return err;
	}
	*out = h;
	return 0;
}

void vsock_stop(struct vsock_hub *h)
{
	if (!h->started)
		return;
	h->stop = true;
	os_notifier_signal(&h->wake);
	os_thread_join(&h->thread);
	h->started = false;
}

void vsock_close(struct vsock_hub *h)
{
	u64 until = os_clock_ns() + CLOSE_S * 1000000000ull;

	vsock_stop(h);
	h->closing = true;
	listen_to(h, false);
	os_mutex_lock(&h->lock);
	h->accepting = false;
	for (GList *l = h->all.head; l; l = l->next)
		vsock_end_locked(STREAM(l));
	os_mutex_unlock(&h->lock);
	bury(h, false);
	while (!all_gone(h) && os_clock_ns() < until)
		vsock_turn(h, RETRY_MS);
	bury(h, true);
	close(h->epoll);
	os_notifier_destroy(&h->wake);
	free_hub(h);
}
