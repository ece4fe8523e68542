/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network whose other end is the test: what a card sends is kept, frames are put in by hand. */
#ifndef TEST_FAKENET_H
#define TEST_FAKENET_H

#include <string.h>

#include "host/net_private.h"

struct fakenet {
	struct net_backend n;
	u32 sent, resumed;
	struct net_offload offload; /* of the last one */
	u8 last[NET_FRAME_MAX];
	u64 last_len;
};

static inline void fakenet_send(struct net_backend *n, u32 queue, const struct net_offload *o,
				const struct iovec *iov, int niov)
{
	struct fakenet *f = (struct fakenet *)n;

	f->last_len = iov_to_buf(iov, niov, 0, f->last, sizeof(f->last));
	f->offload = *o;
	f->sent++;
}

static inline void fakenet_nothing(struct net_backend *n)
{
}

static inline void fakenet_resume(struct net_backend *n, u32 queue)
{
	((struct fakenet *)n)->resumed++;
}

static inline void fakenet_init(struct fakenet *f)
{
	static const struct net_ops ops = {
		.send = fakenet_send,
		.flush = fakenet_nothing,
		.resume = fakenet_resume,
		.take = fakenet_nothing,
	};

	memset(f, 0, sizeof(*f));
	net_init(&f->n, "fake");
	f->n.ops = &ops;
}

static inline void fakenet_destroy(struct fakenet *f)
{
	net_attach(&f->n, NULL, NULL);
	net_destroy(&f->n);
}

/* A frame for which nothing is left to do. */
static inline bool fakenet_put(struct fakenet *f, const u8 *frame, size_t len)
{
	static const struct net_offload none;

	return net_deliver(&f->n, 0, &none, frame, len);
}

#endif
