/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the kinds of networks. */
#ifndef HOST_NET_PRIVATE_H
#define HOST_NET_PRIVATE_H

#include <glib.h>

#include "host/net.h"

/* Bytes of frames that wait for a receiver. */
enum { NET_HELD_MAX = 1 << 20 };

struct net_ops {
	/* Sets n->impl and starts what calls net_deliver(). */
	int (*open)(struct net_backend *n, const struct net_options *o, struct error *e);
	void (*close)(struct net_backend *n);
	void (*send)(struct net_backend *n, const struct iovec *iov, int niov);
	/* Nothing waits any more. */
	void (*resume)(struct net_backend *n);
};

struct net_backend {
	const struct net_ops *ops;
	char *name;
	void *impl;
	GRecMutex lock; /* over what follows; a network may answer inside send */
	net_receive_fn *receive;
	void *opaque;
	GQueue held; /* GBytes */
	size_t held_bytes;
	bool full; /* frames wait */
};

/* To the receiver, or to what waits for it. False: it waits; no more should come until resume(),
 * and what comes beyond NET_HELD_MAX is lost. */
bool net_deliver(struct net_backend *n, const u8 *frame, size_t len);

extern const struct net_ops net_user_ops, net_tap_ops;

#endif
