/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Networks: where a network card's Ethernet frames go on the host. Knows no device.
 *
 * net_send() comes from any thread, one at a time for one network. receive() comes on a thread of
 * the network, inside net_send() or inside net_ready(), one at a time.
 */
#ifndef HOST_NET_H
#define HOST_NET_H

#include "base/error.h"
#include "host/iov.h"

enum { NET_FRAME_MAX = 65536 + 18, NET_MAX_FORWARDS = 32 };

struct net_backend;

enum net_kind { NET_USER, NET_TAP };

struct net_options {
	u8 kind; /* enum net_kind */
	/* user: a router, name server and DHCP server inside the process */
	const char *network;  /* ADDRESS/BITS; NULL: 10.0.2.0/24 */
	const char *hostname; /* that the guest is given; NULL = none */
	const char *tftp, *bootfile;
	bool restricted; /* the guest reaches nothing but forwarded connections */
	u32 nr_forwards;
	const char *forwards[NET_MAX_FORWARDS]; /* [tcp|udp]:[ADDR]:PORT-[ADDR]:PORT */
	/* tap: an interface of the host's; by number of an open descriptor where fd is no -1 */
	const char *ifname;
	int fd;
};

/* False: there is no room now. The network keeps the frame, and some more, until net_ready(). */
typedef bool net_receive_fn(void *opaque, const u8 *frame, size_t len);

int net_open(const struct net_options *o, const char *name, struct net_backend **n,
	     struct error *e);
void net_close(struct net_backend *n);
/* Who gets frames; NULL: nobody. On return the old receiver is not running. */
void net_attach(struct net_backend *n, net_receive_fn *receive, void *opaque);
void net_send(struct net_backend *n, const struct iovec *iov, int niov);
/* There is room again. Without a lock that receive() takes. */
void net_ready(struct net_backend *n);

#endif
