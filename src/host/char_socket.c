// SPDX-License-Identifier: GPL-2.0-or-later
/* Back ends on sockets, unix: and tcp:, as client or as a server of one peer at a time. */
#include <errno.h>
#include <glib-unix.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/char_private.h"
#include "host/net_address.h"

struct socket_spec {
	char **words;
	const char *address;
	bool server, wait;
};

static bool flag(const char *word, const char *name, bool *value)
{
	size_t n = strlen(name);

	if (strncmp(word, name, n) || (word[n] && word[n] != '='))
		return false;
	*value = !word[n] || !strcmp(word + n, "=on");
	return true;
}

static int parse(const char *arg, struct socket_spec *s, struct error *e)
{
	bool nowait = false;

	*s = (struct socket_spec){.words = g_strsplit(arg, ",", -1), .wait = true};
	s->address = s->words[0];
	for (char **w = s->words + 1; *w; w++) {
		if (flag(*w, "server", &s->server) || flag(*w, "wait", &s->wait))
			continue;
		if (flag(*w, "nowait", &nowait)) {
			s->wait = false;
			continue;
		}
		error_set(e, -EINVAL, "unknown option '%s' of a socket", *w);
		g_strfreev(s->words);
		return -EINVAL;
	}
	return 0;
}

static gboolean incoming(gint fd, GIOCondition condition, gpointer opaque);

static void wait_for_peer(struct chardev *c)
{
	if (!c->listen_watch)
		c->listen_watch = g_unix_fd_add(c->listener, G_IO_IN, incoming, c);
}

static gboolean incoming(gint fd, GIOCondition condition, gpointer opaque)
{
	struct chardev *c = opaque;
	int peer = accept(fd, NULL, NULL);

	if (peer < 0)
		return G_SOURCE_CONTINUE;
	chardev_connect(c, peer, peer);
	c->listen_watch = 0;
	chardev_watch(c);
	return G_SOURCE_REMOVE;
}

static void socket_hangup(struct chardev *c)
{
	int fd = c->in;

	chardev_connect(c, -1, -1);
	close(fd);
	if (c->listener >= 0)
		wait_for_peer(c);
}

static void socket_close(struct chardev *c)
{
	if (c->in >= 0)
		close(c->in);
	if (c->listener >= 0)
		close(c->listener);
	if (c->path)
		unlink(c->path);
}

/* fd is bound or connected; take it over. */
static int take(struct chardev *c, int fd, const struct socket_spec *s)
{
	if (!s->server) {
		c->in = c->out = fd;
		return 0;
	}
	if (listen(fd, 1))
		return -errno;
	c->listener = fd;
	if (!s->wait) {
		wait_for_peer(c);
		return 0;
	}
	fprintf(stderr, "powervisor: waiting for a connection on %s (%s)\n", s->address, c->label);
	c->in = c->out = accept(fd, NULL, NULL);
	return c->in < 0 ? -errno : 0;
}

static int unix_open(struct chardev *c, const char *arg, struct error *e)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct socket_spec s;
	int fd, err = parse(arg, &s, e);

	if (err)
		return err;
	if (strlen(s.address) >= sizeof(a.sun_path)) {
		err = error_set(e, -EINVAL, "the name of socket %s is too long", s.address);
		goto out;
	}
	strcpy(a.sun_path, s.address);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s.server)
		unlink(s.address);
	if (fd < 0 ||
	    (s.server ? bind(fd, (void *)&a, sizeof(a)) : connect(fd, (void *)&a, sizeof(a))))
		err = -errno;
	else
		err = take(c, fd, &s);
	if (err) {
		error_set(e, err, "socket %s: %s", s.address, strerror(-err));
		if (fd >= 0)
			close(fd);
	} else if (s.server) {
		c->path = g_strdup(s.address);
	}
out:
	g_strfreev(s.words);
	return err;
}

static int tcp_connect(struct chardev *c, const struct addrinfo *ai, const struct socket_spec *s)
{
	int on = 1, err = -EADDRNOTAVAIL;

	for (; ai; ai = ai->ai_next) {
		int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, ai->ai_protocol);

		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (s->server ? bind(fd, ai->ai_addr, ai->ai_addrlen)
			      : connect(fd, ai->ai_addr, ai->ai_addrlen))
			err = -errno;
		else
			err = take(c, fd, s);
		if (!err)
			return 0;
		close(fd);
	}
	return err;
}

static int tcp_open(struct chardev *c, const char *arg, struct error *e)
{
	struct addrinfo *list;
	struct socket_spec s;
	char *copy;
	int err = parse(arg, &s, e);

	if (err)
		return err;
	copy = g_strdup(s.address);
	err = net_address_resolve(copy, false, SOCK_STREAM, s.server, &list);
	if (err) {
		error_set(e, err, "'%s' is no address and port", s.address);
	} else {
		err = tcp_connect(c, list, &s);
		if (err)
			error_set(e, err, "socket %s: %s", s.address, strerror(-err));
		freeaddrinfo(list);
	}
	g_free(copy);
	g_strfreev(s.words);
	return err;
}

const struct chardev_ops chardev_unix_ops = {"unix:", true, unix_open, socket_close, socket_hangup};
const struct chardev_ops chardev_tcp_ops = {"tcp:", true, tcp_open, socket_close, socket_hangup};
