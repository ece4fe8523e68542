/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network whose other end is the test: what a card sends is kept, frames are put in by hand. */
#ifndef TEST_FAKENET_H
#define TEST_FAKENET_H

#include <string.h>

#include "host/net_private.h"

struct fakenet {
	struct net_backend n;
	u32 sent, resumed;
	u8 last[NET_FRAME_MAX];
	u64 last_len;
};

static inline void fakenet_send(struct net_backend *n, const struct iovec *iov, int niov)
{
	struct fakenet *f = (struct fakenet *)n;

	f->last_len = iov_to_buf(iov, niov, 0, f->last, sizeof(f->last));
	f->sent++;
}

static inline void fakenet_resume(struct net_backend *n)
{
	((struct fakenet *)n)->resumed++;
}

static inline void fakenet_init(struct fakenet *f)
{
	static const struct net_ops ops = {.send = fakenet_send, .resume = fakenet_resume};

	memset(f, 0, sizeof(*f));
	f->n.ops = &ops;
	g_rec_mutex_init(&f->n.lock);
	g_queue_init(&f->n.held);
}

static inline void fakenet_destroy(struct fakenet *f)
{
	net_attach(&f->n, NULL, NULL);
	g_rec_mutex_clear(&f->n.lock);
}

#endif
