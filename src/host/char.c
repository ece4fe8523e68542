// SPDX-License-Identifier: GPL-2.0-or-later
/* What all character back ends share: watching the input, flow control, escape keys. */
#include "host/char.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/char_private.h"

enum { ESCAPE_KEY = 1 /* Ctrl-A */, READ_MAX = 512, PIECE = 512 };

static const struct chardev_ops *const all_ops[] = {
	&chardev_mux_ops,  &chardev_stdio_ops, &chardev_pty_ops, &chardev_file_ops,
	&chardev_null_ops, &chardev_unix_ops,  &chardev_tcp_ops,
};

/* What an escape key answers belongs on the terminal where it was typed. */
static void answer(struct chardev *c, const char *text)
{
	chardev_write(c, (const u8 *)text, strlen(text));
}

/* Whoever has the terminal gets what was typed. */
static void deliver(struct chardev *c, const u8 *buf, size_t len)
{
	if (!len)
		return;
	if (c->in_monitor)
		c->escapes.monitor(c->escapes.monitor_opaque, c, buf, len);
	else if (c->events)
		c->events->receive(c->opaque, buf, len);
}

static void switch_to_monitor(struct chardev *c)
{
	if (!c->escapes.monitor) {
		answer(c, "\r\nThere is no monitor.\r\n");
		return;
	}
	c->in_monitor = !c->in_monitor;
	answer(c, "\r\n");
	if (c->in_monitor)
		c->escapes.monitor(c->escapes.monitor_opaque, c, NULL, 0);
}

/* Take escape sequences out of buf; returns the bytes left for the guest. */
static size_t filter_escapes(struct chardev *c, u8 *buf, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (!c->escape_seen && buf[i] == ESCAPE_KEY) {
			c->escape_seen = true;
			continue;
		}
		if (!c->escape_seen) {
			buf[n++] = buf[i];
			continue;
		}
		c->escape_seen = false;
		if (buf[i] == ESCAPE_KEY)
			buf[n++] = ESCAPE_KEY;
		else if (buf[i] == 'x')
			c->escapes.quit(c->escapes.opaque);
		else if (buf[i] == 'h' || buf[i] == '?')
			answer(c, "\r\nCtrl-A h  this help\r\n"
				  "Ctrl-A c  to the monitor and back\r\n"
				  "Ctrl-A x  end powervisor\r\n"
				  "Ctrl-A Ctrl-A  send Ctrl-A\r\n");
		else if (buf[i] == 'c') {
			deliver(c, buf, n);
			n = 0;
			switch_to_monitor(c);
		}
	}
	return n;
}

static gboolean asked(gint fd, GIOCondition condition, gpointer opaque);

static gboolean readable(gint fd, GIOCondition condition, gpointer opaque)
{
	struct chardev *c = opaque;
	size_t room = c->events && !c->in_monitor ? c->events->room(c->opaque) : READ_MAX;
	u8 buf[READ_MAX];
	ssize_t n;

	if (!room) {
		c->in_watch = 0;
		return G_SOURCE_REMOVE;
	}
	n = read(fd, buf, room < sizeof(buf) ? room : sizeof(buf));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n <= 0) {
		c->in_watch = 0;
		c->ops->hangup(c);
		return G_SOURCE_REMOVE;
	}
	if (c->escapes_on)
		n = (ssize_t)filter_escapes(c, buf, (size_t)n);
	deliver(c, buf, (size_t)n);
	return G_SOURCE_CONTINUE;
}

void chardev_watch(struct chardev *c)
{
	if (c->in >= 0 && !c->in_watch)
		c->in_watch = g_unix_fd_add(c->in, G_IO_IN | G_IO_HUP | G_IO_ERR, readable, c);
}

void chardev_unwatch(struct chardev *c)
{
	if (c->in_watch)
		g_source_remove(c->in_watch);
	c->in_watch = 0;
}

/* Who writes then and finds no room asks again. */
static void unwant_room(struct chardev *c)
{
	os_mutex_lock(&c->lock);
	c->out_wanted = false;
	os_mutex_unlock(&c->lock);
}

/* The device is not told of room any more. */
static void unwatch_out(struct chardev *c)
{
	if (c->out_watch)
		g_source_remove(c->out_watch);
	c->out_watch = 0;
	unwant_room(c);
}

int chardev_open(const char *spec, const char *label, const struct char_escapes *escapes,
		 struct chardev **out, struct error *e)
{
	const struct chardev_ops *ops = NULL;
	struct chardev *c;
	int err;

	for (unsigned i = 0; i < ARRAY_SIZE(all_ops) && !ops; i++) {
		size_t n = strlen(all_ops[i]->prefix);

		if (!strncmp(spec, all_ops[i]->prefix, n) &&
		    (all_ops[i]->takes_path ? spec[n] != 0 : spec[n] == 0))
			ops = all_ops[i];
	}
	if (!ops)
		return error_set(e, -EINVAL, "'%s' is no character device", spec);
	c = g_new0(struct chardev, 1);
	c->ops = ops;
	c->label = g_strdup(label);
	c->in = c->out = c->listener = -1;
	os_mutex_init(&c->lock);
	if (escapes)
		c->escapes = *escapes;
	err = os_notifier_init(&c->wake);
	if (err) {
		error_set(e, err, "%s: no more files", spec);
	} else {
		err = ops->open(c, spec + strlen(ops->prefix), e);
		if (err)
			os_notifier_destroy(&c->wake);
	}
	if (err) {
		os_mutex_destroy(&c->lock);
		g_free(c->label);
		g_free(c);
		return err;
	}
	c->wake_watch = g_unix_fd_add(c->wake.fd, G_IO_IN, asked, c);
	chardev_watch(c);
	*out = c;
	return 0;
}

struct chardev *chardev_open_internal(char_write_fn *write, void *opaque)
{
	struct chardev *c = g_new0(struct chardev, 1);

	c->ops = &chardev_null_ops;
	c->in = c->out = c->listener = -1;
	c->write = write;
	c->write_opaque = opaque;
	os_mutex_init(&c->lock);
	return c;
}

size_t chardev_feed(struct chardev *c, const u8 *buf, size_t len)
{
	size_t room = c->events ? c->events->room(c->opaque) : 0;
	size_t n = len < room ? len : room;

	if (n)
		c->events->receive(c->opaque, buf, n);
	return n;
}

void chardev_close(struct chardev *c)
{
	if (!c)
		return;
	chardev_unwatch(c);
	unwatch_out(c);
	if (c->listen_watch)
		g_source_remove(c->listen_watch);
	if (c->wake_watch) {
		g_source_remove(c->wake_watch);
		os_notifier_destroy(&c->wake);
	}
	c->ops->close(c);
	os_mutex_destroy(&c->lock);
	g_free(c->label);
	g_free(c->path);
	g_free(c);
}

void chardev_attach(struct chardev *c, const struct char_events *events, void *opaque)
{
	os_mutex_lock(&c->lock);
	c->opaque = opaque;
	c->events = events;
	os_mutex_unlock(&c->lock);
	if (!events)
		unwatch_out(c);
	else if (events->opened && (c->write || c->out >= 0))
		events->opened(opaque);
}

/* --- room for output --- */
static gboolean has_room(gint fd, GIOCondition condition, gpointer opaque)
{
	struct chardev *c = opaque;

	c->out_watch = 0;
	unwant_room(c);
	if (c->events && c->events->writable)
		c->events->writable(c->opaque);
	return G_SOURCE_REMOVE;
}

static void watch_out(struct chardev *c)
{
	if (c->events && c->out >= 0 && !c->out_watch)
		c->out_watch = g_unix_fd_add(c->out, G_IO_OUT | G_IO_HUP | G_IO_ERR, has_room, c);
}

/* Watches belong to the main loop's thread. */
static gboolean asked(gint fd, GIOCondition condition, gpointer opaque)
{
	struct chardev *c = opaque;
	bool wanted;

	os_notifier_clear(&c->wake);
	if (atomic_exchange(&c->accept_wanted, false))
		chardev_watch(c);
	os_mutex_lock(&c->lock);
	wanted = c->out_wanted;
	os_mutex_unlock(&c->lock);
	if (wanted)
		watch_out(c);
	return G_SOURCE_CONTINUE;
}

/* With c->lock held, on any thread. */
static void want_room(struct chardev *c)
{
	if (!c->events || !c->events->writable || c->out_wanted)
		return;
	c->out_wanted = true;
	os_notifier_signal(&c->wake);
}

/* What is taken at once: neither a pipe nor a terminal that has room for a little blocks for that,
 * a socket is told not to. -errno: nothing. */
static ssize_t write_some(int fd, const u8 *buf, size_t len)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	size_t done = 0;
	ssize_t n = send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0 || errno != ENOTSOCK)
		return n >= 0 ? n : -errno;
	/* no room is no error: the writer comes again */
	n = 0;
	do {
		if (poll(&p, 1, 0) <= 0)
			break;
		n = write(fd, buf + done, len - done < PIECE ? len - done : PIECE);
		if (n > 0)
			done += (size_t)n;
	} while (n > 0 && done < len);
	return done || n >= 0 ? (ssize_t)done : -errno;
}

size_t chardev_write(struct chardev *c, const u8 *buf, size_t len)
{
	ssize_t n = (ssize_t)len;

	if (c->write) {
		c->write(c->write_opaque, buf, len);
		return len;
	}
	os_mutex_lock(&c->lock);
	/* A slow reader must not hold up a processor. */
	if (c->out >= 0)
		n = write_some(c->out, buf, len);
	if (n == -EAGAIN || n == -EINTR)
		n = 0;
	if (n >= 0 && (size_t)n < len)
		want_room(c);
	os_mutex_unlock(&c->lock);
	return n < 0 ? len : (size_t)n;
}

void chardev_accept(struct chardev *c)
{
	if (c->wake_watch && !atomic_exchange(&c->accept_wanted, true))
		os_notifier_signal(&c->wake);
}

void chardev_connect(struct chardev *c, int in, int out)
{
	bool was = c->out >= 0;

	unwatch_out(c);
	os_mutex_lock(&c->lock);
	c->in = in;
	c->out = out;
	os_mutex_unlock(&c->lock);
	if (out >= 0 && c->events && c->events->opened)
		c->events->opened(c->opaque);
	if (out < 0 && was && c->events && c->events->closed)
		c->events->closed(c->opaque);
}
