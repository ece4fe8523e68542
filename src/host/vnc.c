// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The server is libvncserver's, on our thread and our sockets: the library has one port and decides
 * by what a viewer sends first whether it speaks WebSocket.
 *
 * The thread sleeps while there is no viewer. While there is one it looks at the picture thirty
 * times a second, less often when nothing changes.
 */
#include "host/vnc.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <rfb/rfb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/display.h"
#include "host/input.h"
#include "os/os.h"

enum {
	MAX_LISTENERS = 8,
	MIN_WAIT_MS = 33,
	MAX_WAIT_MS = 200,
	CLIENT_WAIT_MS = 5000, /* for a viewer that takes nothing */
	FIRST_WIDTH = 640,
	FIRST_HEIGHT = 480,
};

struct vnc {
	struct display_hub *displays;
	struct input_hub *input;
	rfbScreenInfoPtr screen;
	struct os_thread thread;
	bool running;
	struct os_notifier stop;
	u32 nr_listeners;
	int listeners[MAX_LISTENERS];
	char *path; /* to remove */
	/* what the viewers have been shown */
	u64 shape, serial;
	bool changed;
	int last_x, last_y;
	u32 buttons;
	struct os_mutex lock; /* over the password */
	char password[VNC_PASSWORD_MAX + 1];
	bool has_password;
};

/* --- pictures --- */
static bool resize(struct vnc *v, u32 width, u32 height)
{
	char *old = v->screen->frameBuffer, *fresh = os_alloc((size_t)width * height * sizeof(u32));

	if (!fresh)
		return false;
	if (old)
		rfbNewFramebuffer(v->screen, fresh, (int)width, (int)height, 8, 3, 4);
	else
		v->screen->frameBuffer = fresh;
	/* pixels are numbers of the host's: 0x00RRGGBB */
	v->screen->serverFormat.redShift = 16;
	v->screen->serverFormat.greenShift = 8;
	v->screen->serverFormat.blueShift = 0;
	os_free(old);
	return true;
}

static void take_rows(struct vnc *v, const struct display_frame *f, u32 from, u32 to)
{
	size_t pitch = (size_t)f->width * sizeof(u32);

	memcpy(v->screen->frameBuffer + from * pitch, (const u8 *)f->pixels + from * pitch,
	       (to - from) * pitch);
	rfbMarkRectAsModified(v->screen, 0, (int)from, (int)f->width, (int)to);
	v->changed = true;
}

static void take(void *opaque, const struct display_frame *f)
{
	struct vnc *v = opaque;
	u32 y = 0, from;

	if (f->shape != v->shape) {
		if (!resize(v, f->width, f->height))
			return;
		v->shape = f->shape;
		v->serial = 0;
	}
	while (y < f->height) {
		from = y;
		while (y < f->height && f->serials[y] > v->serial)
			y++;
		if (y > from)
			take_rows(v, f, from, y);
		else
			y++;
	}
	v->serial = f->serial;
}

/* --- keys and pointer --- */
static void on_key(rfbBool down, rfbKeySym symbol, struct _rfbClientRec *cl)
{
	struct vnc *v = cl->screen->screenData;
	u16 key = vnc_key(symbol);

	if (key)
		input_key(v->input, key, down);
}

static u32 buttons_of(int mask)
{
	return (mask & 1 ? INPUT_LEFT : 0) | (mask & 2 ? INPUT_MIDDLE : 0) |
	       (mask & 4 ? INPUT_RIGHT : 0);
}

static void on_pointer(int mask, int x, int y, struct _rfbClientRec *cl)
{
	struct vnc *v = cl->screen->screenData;
	int width = v->screen->width, height = v->screen->height;
	u32 pressed = (u32)mask & ~v->buttons;
	s32 wheel = pressed & 8 ? 1 : pressed & 16 ? -1 : 0;

	x = x < 0 ? 0 : x >= width ? width - 1 : x;
	y = y < 0 ? 0 : y >= height ? height - 1 : y;
	if (input_takes(v->input, INPUT_ABSOLUTE))
		input_pointer_abs(v->input, (u32)((u64)x * INPUT_ABS_MAX / (u32)width),
				  (u32)((u64)y * INPUT_ABS_MAX / (u32)height), buttons_of(mask),
				  wheel);
	else
		input_pointer_rel(v->input, x - v->last_x, y - v->last_y, buttons_of(mask), wheel);
	v->last_x = x;
	v->last_y = y;
	v->buttons = (u32)mask;
	rfbDefaultPtrAddEvent(mask, x, y, cl);
}

/* --- viewers --- */
static rfbBool check_password(rfbClientPtr cl, const char *response, int len)
{
	struct vnc *v = cl->screen->screenData;
	u8 want[CHALLENGESIZE];
	char password[VNC_PASSWORD_MAX + 1];
	bool has;

	os_mutex_lock(&v->lock);
	memcpy(password, v->password, sizeof(password));
	has = v->has_password;
	os_mutex_unlock(&v->lock);
	memcpy(want, cl->authChallenge, CHALLENGESIZE);
	rfbEncryptBytes(want, password);
	return has && len == CHALLENGESIZE && !memcmp(want, response, CHALLENGESIZE);
}

void vnc_set_password(struct vnc *v, const char *password)
{
	os_mutex_lock(&v->lock);
	memset(v->password, 0, sizeof(v->password));
	strncpy(v->password, password, VNC_PASSWORD_MAX);
	v->has_password = true;
	os_mutex_unlock(&v->lock);
}

static u32 nr_clients(const struct vnc *v)
{
	u32 n = 0;

	for (const struct _rfbClientRec *c = v->screen->clientHead; c; c = c->next)
		n++;
	return n;
}

static void accept_client(struct vnc *v, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	/* the library selects */
	if (fd >= FD_SETSIZE || nr_clients(v) >= VNC_MAX_CLIENTS)
		close(fd);
	else
		rfbNewClient(v->screen, fd);
}

/* The library's own wait is for its sockets alone. */
static int wait_for(struct vnc *v, int timeout)
{
	struct pollfd p[1 + MAX_LISTENERS + VNC_MAX_CLIENTS];
	u32 n = 0, i;

	p[n++] = (struct pollfd){.fd = v->stop.fd, .events = POLLIN};
	for (i = 0; i < v->nr_listeners; i++)
		p[n++] = (struct pollfd){.fd = v->listeners[i], .events = POLLIN};
	for (struct _rfbClientRec *c = v->screen->clientHead; c && n < ARRAY_SIZE(p); c = c->next)
		p[n++] = (struct pollfd){.fd = c->sock, .events = POLLIN};
	if (poll(p, n, timeout) < 0)
		return errno == EINTR ? 0 : -errno;
	if (p[0].revents)
		return -ECANCELED;
	for (i = 0; i < v->nr_listeners; i++)
		if (p[1 + i].revents)
			accept_client(v, v->listeners[i]);
	for (i = 1 + v->nr_listeners; i < n; i++)
		if (p[i].revents)
			return 1;
	return 0;
}

static void serve(void *opaque)
{
	struct vnc *v = opaque;
	int timeout = -1, seen;

	for (;;) {
		seen = wait_for(v, timeout);
		if (seen < 0)
			return;
		if (!v->screen->clientHead) {
			timeout = -1;
			continue;
		}
		v->changed = false;
		display_look(v->displays, 0, take, v);
		rfbProcessEvents(v->screen, 0);
		if (seen || v->changed || timeout < 0)
			timeout = MIN_WAIT_MS;
		else
			timeout = timeout * 2 < MAX_WAIT_MS ? timeout * 2 : MAX_WAIT_MS;
	}
}

/* --- sockets --- */
static int listen_on(struct vnc *v, int family, const struct sockaddr *addr, socklen_t len)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, err;

	if (fd < 0)
		return -errno;
	if (family != AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, addr, len) || listen(fd, 4)) {
		err = -errno;
		close(fd);
		return err;
	}
	v->listeners[v->nr_listeners++] = fd;
	return 0;
}

static int listen_port(struct vnc *v, const char *host, u32 port, struct error *e)
{
	const struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list;
	char service[16];
	u32 before = v->nr_listeners;
	int err;

	snprintf(service, sizeof(service), "%u", port);
	err = getaddrinfo(host, service, &hints, &list);
	if (err)
		return error_set(e, -EINVAL, "%s: %s", host ? host : "*", gai_strerror(err));
	for (struct addrinfo *a = list; a && v->nr_listeners < MAX_LISTENERS; a = a->ai_next) {
		err = listen_on(v, a->ai_family, a->ai_addr, a->ai_addrlen);
		if (err == -EADDRINUSE || err == -EACCES)
			break;
	}
	freeaddrinfo(list);
	if (v->nr_listeners > before && err != -EADDRINUSE)
		return 0;
	return error_set(e, err ? err : -EINVAL, "cannot listen on %s port %u: %s",
			 host ? host : "any address", port, strerror(-err));
}

static int listen_path(struct vnc *v, const char *path, struct error *e)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int err;

	if (strlen(path) >= sizeof(a.sun_path))
		return error_set(e, -ENAMETOOLONG, "the path %s is too long", path);
	strcpy(a.sun_path, path);
	err = listen_on(v, AF_UNIX, (const struct sockaddr *)&a, sizeof(a));
	if (err)
		return error_set(e, err, "cannot listen on %s: %s", path, strerror(-err));
	v->path = strdup(path);
	return 0;
}

/* --- building --- */
static int make_screen(struct vnc *v, const struct vnc_options *o, struct error *e)
{
	rfbScreenInfoPtr s;

	rfbLogEnable(0);
	s = rfbGetScreen(NULL, NULL, FIRST_WIDTH, FIRST_HEIGHT, 8, 3, 4);
	if (!s)
		return error_set(e, -ENOMEM, "out of memory");
	v->screen = s;
	s->screenData = v;
	s->desktopName = "Powervisor";
	s->port = s->ipv6port = 0;
	s->autoPort = FALSE;
	s->alwaysShared = TRUE;
	s->deferUpdateTime = 0;
	s->maxClientWait = CLIENT_WAIT_MS;
	s->kbdAddEvent = on_key;
	s->ptrAddEvent = on_pointer;
	if (o->password) {
		s->authPasswdData = v;
		s->passwordCheck = check_password;
	}
	rfbSetCursor(s, NULL);
	if (!resize(v, FIRST_WIDTH, FIRST_HEIGHT))
		return error_set(e, -ENOMEM, "out of memory");
	rfbInitServer(s);
	return 0;
}

int vnc_open(const struct vnc_options *o, struct display_hub *displays, struct input_hub *input,
	     struct vnc **out, struct error *e)
{
	struct vnc *v = os_alloc(sizeof(*v));
	int err;

	if (!v)
		return error_set(e, -ENOMEM, "out of memory");
	v->displays = displays;
	v->input = input;
	os_mutex_init(&v->lock);
	err = os_notifier_init(&v->stop);
	if (err) {
		os_mutex_destroy(&v->lock);
		os_free(v);
		return error_set(e, err, "out of file descriptors");
	}
	err = make_screen(v, o, e);
	if (!err)
		err = o->path ? listen_path(v, o->path, e) : listen_port(v, o->host, o->port, e);
	if (!err && o->websocket)
		err = listen_port(v, o->host, o->websocket, e);
	if (!err) {
		err = os_thread_create(&v->thread, "vnc", serve, v);
		if (err)
			error_set(e, err, "cannot start a thread");
	}
	v->running = !err;
	if (err)
		vnc_close(v);
	else
		*out = v;
	return err;
}

void vnc_close(struct vnc *v)
{
	if (!v)
		return;
	if (v->running) {
		os_notifier_signal(&v->stop);
		os_thread_join(&v->thread);
	}
	for (u32 i = 0; i < v->nr_listeners; i++)
		close(v->listeners[i]);
	if (v->path)
		unlink(v->path);
	free(v->path);
	if (v->screen) {
		rfbShutdownServer(v->screen, TRUE);
		os_free(v->screen->frameBuffer);
		rfbScreenCleanup(v->screen);
	}
	os_notifier_destroy(&v->stop);
	os_mutex_destroy(&v->lock);
	os_free(v);
}
