// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/net.h"

#include "host/net_private.h"

int net_open(const struct net_options *o, const char *name, struct net_backend **out,
	     struct error *e)
{
	struct net_backend *n = g_new0(struct net_backend, 1);
	int err;

	n->ops = o->kind == NET_TAP ? &net_tap_ops : &net_user_ops;
	n->name = g_strdup(name);
	g_rec_mutex_init(&n->lock);
	err = n->ops->open(n, o, e);
	if (err) {
		g_rec_mutex_clear(&n->lock);
		g_free(n->name);
		g_free(n);
		return err;
	}
	*out = n;
	return 0;
}

void net_close(struct net_backend *n)
{
	if (!n)
		return;
	n->ops->close(n);
	g_rec_mutex_clear(&n->lock);
	g_free(n->name);
	g_free(n);
}

void net_attach(struct net_backend *n, net_receive_fn *receive, void *opaque)
{
	g_rec_mutex_lock(&n->lock);
	n->receive = receive;
	n->opaque = opaque;
	g_rec_mutex_unlock(&n->lock);
}

void net_deliver(struct net_backend *n, const u8 *frame, size_t len)
{
	g_rec_mutex_lock(&n->lock);
	if (n->receive)
		n->receive(n->opaque, frame, len);
	g_rec_mutex_unlock(&n->lock);
}

void net_send(struct net_backend *n, const struct iovec *iov, int niov)
{
	n->ops->send(n, iov, niov);
}
