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
	g_queue_init(&n->held);
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

static void forget_held(struct net_backend *n)
{
	g_queue_clear_full(&n->held, (GDestroyNotify)g_bytes_unref);
	n->held_bytes = 0;
	n->full = false;
}

void net_close(struct net_backend *n)
{
	if (!n)
		return;
	n->ops->close(n);
	forget_held(n);
	g_rec_mutex_clear(&n->lock);
	g_free(n->name);
	g_free(n);
}

void net_attach(struct net_backend *n, net_receive_fn *receive, void *opaque)
{
	g_rec_mutex_lock(&n->lock);
	n->receive = receive;
	n->opaque = opaque;
	forget_held(n);
	g_rec_mutex_unlock(&n->lock);
	n->ops->resume(n);
}

/* What waits goes first. */
static void deliver_held(struct net_backend *n)
{
	while (!g_queue_is_empty(&n->held)) {
		GBytes *b = g_queue_peek_head(&n->held);
		gsize len;
		const u8 *frame = g_bytes_get_data(b, &len);

		if (n->receive && !n->receive(n->opaque, frame, len))
			return;
		n->held_bytes -= len;
		g_bytes_unref(g_queue_pop_head(&n->held));
	}
	n->full = false;
}

bool net_deliver(struct net_backend *n, const u8 *frame, size_t len)
{
	bool held;

	g_rec_mutex_lock(&n->lock);
	deliver_held(n);
	if (!n->full && n->receive && !n->receive(n->opaque, frame, len))
		n->full = true;
	held = n->full;
	if (held && n->held_bytes + len <= NET_HELD_MAX) {
		g_queue_push_tail(&n->held, g_bytes_new(frame, len));
		n->held_bytes += len;
	}
	g_rec_mutex_unlock(&n->lock);
	return !held;
}

void net_ready(struct net_backend *n)
{
	bool was_full;

	/* under the lock, or the receiver's word of no room could come to be known only afterwards
	 */
	g_rec_mutex_lock(&n->lock);
	was_full = n->full;
	deliver_held(n);
	was_full = was_full && !n->full;
	g_rec_mutex_unlock(&n->lock);
	if (was_full)
		n->ops->resume(n);
}

void net_send(struct net_backend *n, const struct iovec *iov, int niov)
{
	n->ops->send(n, iov, niov);
}
