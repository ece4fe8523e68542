/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the kinds of networks. */
#ifndef HOST_NET_PRIVATE_H
#define HOST_NET_PRIVATE_H

#include <glib.h>

#include "host/net.h"

struct net_ops {
	/* Sets n->impl and starts what calls net_deliver(). */
	int (*open)(struct net_backend *n, const struct net_options *o, struct error *e);
	void (*close)(struct net_backend *n);
	void (*send)(struct net_backend *n, const struct iovec *iov, int niov);
};

struct net_backend {
	const struct net_ops *ops;
	char *name;
	void *impl;
	GRecMutex lock; /* over the receiver; a network may answer inside send */
	net_receive_fn *receive;
	void *opaque;
};

void net_deliver(struct net_backend *n, const u8 *frame, size_t len);

extern const struct net_ops net_user_ops, net_tap_ops;

#endif
