// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/net.h"

#include <errno.h>
#include <string.h>

#include "host/net_private.h"

struct held_frame {
	struct net_offload o;
	size_t len;
	u8 data[];
};

void net_init(struct net_backend *n, const char *name)
{
	memset(n, 0, sizeof(*n));
	n->name = g_strdup(name);
	n->nr_queues = 1;
	for (u32 i = 0; i < NET_MAX_QUEUES; i++) {
		g_rec_mutex_init(&n->queues[i].lock);
		g_queue_init(&n->queues[i].held);
	}
}

static void forget_held(struct net_queue *q)
{
	g_queue_clear_full(&q->held, g_free);
	q->held_bytes = 0;
	q->full = false;
}

void net_destroy(struct net_backend *n)
{
	for (u32 i = 0; i < NET_MAX_QUEUES; i++) {
		forget_held(&n->queues[i]);
		g_rec_mutex_clear(&n->queues[i].lock);
	}
	g_free(n->name);
}

int net_open(const struct net_options *o, const char *name, struct net_backend **out,
	     struct error *e)
{
	static const struct net_ops *const kinds[] = {
		[NET_USER] = &net_user_ops,	[NET_TAP] = &net_tap_ops,
		[NET_STREAM] = &net_stream_ops, [NET_DGRAM] = &net_dgram_ops,
		[NET_VDE] = &net_vde_ops,
	};
	struct net_backend *n = g_new0(struct net_backend, 1);
	int err;

	net_init(n, name);
	n->ops = kinds[o->kind];
	err = n->ops->open(n, o, e);
	if (err) {
		net_destroy(n);
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
	net_destroy(n);
	g_free(n);
}

u32 net_queues(const struct net_backend *n)
{
	return n->nr_queues;
}

static void lock_all(struct net_backend *n)
{
	for (u32 i = 0; i < NET_MAX_QUEUES; i++)
		g_rec_mutex_lock(&n->queues[i].lock);
}

static void unlock_all(struct net_backend *n)
{
	for (u32 i = NET_MAX_QUEUES; i--;)
		g_rec_mutex_unlock(&n->queues[i].lock);
}

void net_attach(struct net_backend *n, net_receive_fn *receive, void *opaque)
{
	lock_all(n);
	n->receive = receive;
	n->opaque = opaque;
	n->takes = 0;
	for (u32 i = 0; i < n->nr_queues; i++)
		forget_held(&n->queues[i]);
	unlock_all(n);
	n->ops->take(n);
	for (u32 i = 0; i < n->nr_queues; i++)
		n->ops->resume(n, i);
}

void net_take(struct net_backend *n, u32 takes)
{
	if (n->takes == takes)
		return;
	n->takes = takes;
	n->ops->take(n);
}

struct delivery {
	struct net_backend *n;
	u32 queue;
	bool taken;
};

static void deliver_whole(void *opaque, const u8 *frame, size_t len)
{
	static const struct net_offload none;
	struct delivery *d = opaque;

	d->taken = d->n->receive(d->n->opaque, d->queue, &none, frame, len);
}

/* A receiver that has come to take less gets whole frames; those that it has no room for are lost:
 * a change of mind is rare. */
static bool receive(struct net_backend *n, u32 queue, const struct net_offload *o, const u8 *frame,
		    size_t len)
{
	u32 kind = o->gso & ~NET_GSO_ECN;
	u32 needs = (o->flags & NET_NEEDS_CSUM ? NET_TAKES_CSUM : 0) |
		    (kind == NET_GSO_TCP4 ? NET_TAKES_TCP4 : 0) |
		    (kind == NET_GSO_TCP6 ? NET_TAKES_TCP6 : 0) |
		    (o->gso & NET_GSO_ECN ? NET_TAKES_ECN : 0);
	struct delivery d = {n, queue, true};
	struct net_offload without;
	u8 *copy;

	if (!(needs & ~n->takes)) {
		without = *o;
		without.flags &= n->takes & NET_TAKES_CSUM ? 0xff : 0;
		return n->receive(n->opaque, queue, &without, frame, len);
	}
	copy = g_memdup2(frame, len);
	net_finish(o, copy, len, deliver_whole, &d);
	g_free(copy);
	return d.taken || kind;
}

/* What waits goes first. */
static void deliver_held(struct net_backend *n, u32 queue)
{
	struct net_queue *q = &n->queues[queue];
	struct held_frame *f;

	while ((f = g_queue_peek_head(&q->held))) {
		if (n->receive && !receive(n, queue, &f->o, f->data, f->len))
			return;
		q->held_bytes -= f->len;
		g_free(g_queue_pop_head(&q->held));
	}
	q->full = false;
}

static void hold(struct net_queue *q, const struct net_offload *o, const u8 *frame, size_t len)
{
	struct held_frame *f;

	if (q->held_bytes + len > NET_HELD_MAX)
		return;
	f = g_malloc(sizeof(*f) + len);
	f->o = *o;
	f->len = len;
	memcpy(f->data, frame, len);
	g_queue_push_tail(&q->held, f);
	q->held_bytes += len;
}

bool net_deliver(struct net_backend *n, u32 queue, const struct net_offload *o, const u8 *frame,
		 size_t len)
{
	struct net_queue *q = &n->queues[queue];
	bool held;

	if (n->unplugged)
		return true;
	g_rec_mutex_lock(&q->lock);
	deliver_held(n, queue);
	if (!q->full && n->receive && !receive(n, queue, o, frame, len))
		q->full = true;
	held = q->full;
	if (held)
		hold(q, o, frame, len);
	g_rec_mutex_unlock(&q->lock);
	return !held;
}

void net_ready(struct net_backend *n, u32 queue)
{
	struct net_queue *q = &n->queues[queue];
	bool was_full;

	if (queue >= n->nr_queues)
		return;
	/* under the lock, or the receiver's word of no room could come to be known only afterwards
	 */
	g_rec_mutex_lock(&q->lock);
	was_full = q->full;
	deliver_held(n, queue);
	was_full = was_full && !q->full;
	g_rec_mutex_unlock(&q->lock);
	if (was_full)
		n->ops->resume(n, queue);
}

void net_send(struct net_backend *n, u32 queue, const struct net_offload *o,
	      const struct iovec *iov, int niov)
{
	if (!n->unplugged)
		n->ops->send(n, queue < n->nr_queues ? queue : 0, o, iov, niov);
}

void net_set_link(struct net_backend *n, bool up)
{
	if (n->unplugged == !up)
		return;
	n->unplugged = !up;
	if (n->on_link)
		n->on_link(n->on_link_opaque, up);
}

bool net_link(const struct net_backend *n)
{
	return !n->unplugged;
}

void net_on_link(struct net_backend *n, void (*changed)(void *opaque, bool up), void *opaque)
{
	n->on_link = changed;
	n->on_link_opaque = opaque;
}

static int forward(struct net_backend *n, const char *rule, bool add, struct error *e)
{
	return n->ops->forward ? n->ops->forward(n, rule, add, e)
			       : error_set(e, -ENOTSUP, "%s is no user network", n->name);
}

int net_add_forward(struct net_backend *n, const char *rule, struct error *e)
{
	return forward(n, rule, true, e);
}

int net_remove_forward(struct net_backend *n, const char *rule, struct error *e)
{
	return forward(n, rule, false, e);
}

void net_flush(struct net_backend *n)
{
	n->ops->flush(n);
}
