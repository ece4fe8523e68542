/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Networks: where a network card's Ethernet frames go on the host. Knows no device.
 *
 * net_send() comes from any thread, one at a time for one queue of a network. receive() comes on a
 * thread of the network, inside net_send() or inside net_ready(), one at a time for one queue.
 */
#ifndef HOST_NET_H
#define HOST_NET_H

#include "base/error.h"
#include "host/iov.h"

enum {
	NET_FRAME_MAX = 65536 + 18,
	NET_MAX_FORWARDS = 32,
	NET_MAX_SEARCHES = 16,
	NET_MAX_QUEUES = 16,
};

struct chardev;
struct net_backend;

enum net_kind { NET_USER, NET_TAP, NET_STREAM, NET_DGRAM, NET_VDE };

struct net_options {
	u8 kind; /* enum net_kind */
	/* user: a router, name server and DHCP server inside the process */
	bool no_ipv4, no_ipv6;
	const char *network; /* ADDRESS[/BITS or /MASK]; NULL: 10.0.2.0/24 */
	/* addresses of the router, of the name server, of the first that is given away; NULL: the
	 * network's .2, .3 and .15 */
	const char *host, *dns, *dhcp_start;
	const char *network6;	  /* ADDRESS[/BITS]; NULL: fec0::/64 */
	const char *host6, *dns6; /* NULL: ::2 and ::3 */
	const char *domain; /* that the guest is given, and where to look for names; NULL = none */
	u32 nr_searches;
	const char *searches[NET_MAX_SEARCHES];
	const char *tftp_server; /* name that the guest is given; NULL = none */
	const char *hostname;	 /* that the guest is given; NULL = none */
	const char *tftp, *bootfile;
	bool restricted; /* the guest reaches nothing but forwarded connections */
	u32 nr_forwards;
	const char *forwards[NET_MAX_FORWARDS]; /* [tcp|udp]:[ADDR]:PORT-[ADDR]:PORT */
	u32 nr_guest_forwards;
	/* [tcp]:ADDR:PORT-cmd:COMMAND or -unix:PATH: what the guest connects to there; with
	 * -chardev:... it is the one here */
	const char *guest_forwards[NET_MAX_FORWARDS];
	struct chardev *guest_chardevs[NET_MAX_FORWARDS];
	/* tap: an interface of the host's; by number of an open descriptor where fd is no -1, or
	 * of several, one for each queue */
	const char *ifname;
	int fd; /* stream, dgram: a connected socket's */
	u32 nr_fds;
	int fds[NET_MAX_QUEUES];
	u32 queues; /* 0 is 1 */
	/* stream: listen on local (server) or connect to remote, again after so many seconds if the
	 * connection is lost (0: not); dgram: from local to remote, which may be a group. HOST:PORT
	 * or unix:PATH */
	bool server;
	const char *local, *remote;
	u32 reconnect;
	/* vde: the switch's folder or a URL of libvdeplug's (NULL: its default), a port of it (0:
	 * any), and whose the socket is that the switch sends to, by which mode */
	const char *sock, *group;
	u32 port, mode;
};

/* What is left to do for a frame; as virtio has it (virtio 1.2, 5.1.6), in host byte order. All
 * zeroes: nothing. */
struct net_offload {
	u8 flags, gso;
	u16 header_len; /* of a frame that is several: bytes that all have */
	u16 gso_size;	/* and the bytes behind them that one has */
	u16 csum_start, csum_offset;
};
enum {
	NET_NEEDS_CSUM = 1, /* the sum from csum_start on, where the addresses' sum stands */
	NET_CSUM_VALID = 2, /* is right, nobody has to look */
	NET_GSO_TCP4 = 1,
	NET_GSO_TCP6 = 4,
	NET_GSO_ECN = 0x80,
};

/* What a receiver takes undone. */
enum { NET_TAKES_CSUM = 1, NET_TAKES_TCP4 = 2, NET_TAKES_TCP6 = 4, NET_TAKES_ECN = 8 };

/* A frame on one of the network's queues, of which most have only the first. False: there is no
 * room now. The network keeps the frame, and some more, until net_ready(). */
typedef bool net_receive_fn(void *opaque, u32 queue, const struct net_offload *o, const u8 *frame,
			    size_t len);

int net_open(const struct net_options *o, const char *name, struct net_backend **n,
	     struct error *e);
void net_close(struct net_backend *n);
u32 net_queues(const struct net_backend *n);
/* Who gets frames; NULL: nobody. On return the old receiver is not running. It takes nothing undone
 * until net_take(). */
void net_attach(struct net_backend *n, net_receive_fn *receive, void *opaque);
/* Without a lock that receive() takes. */
void net_take(struct net_backend *n, u32 takes);
/* A frame, whatever is left to do for it. */
void net_send(struct net_backend *n, u32 queue, const struct net_offload *o,
	      const struct iovec *iov, int niov);
/* The cable is pulled out, or put in again: while it is out, frames of both directions are lost.
 * The device hears of a change on the caller's thread; NULL: it does not want to. */
void net_set_link(struct net_backend *n, bool up);
bool net_link(const struct net_backend *n);
void net_on_link(struct net_backend *n, void (*changed)(void *opaque, bool up), void *opaque);
/* Forwarded connections of a user network, in -netdev's words; one is known by its host's side. */
int net_add_forward(struct net_backend *n, const char *rule, struct error *e);
int net_remove_forward(struct net_backend *n, const char *rule, struct error *e);
/* That was all for now. */
void net_flush(struct net_backend *n);
/* A queue has room again. Without a lock that receive() takes. */
void net_ready(struct net_backend *n, u32 queue);

/* --- net_offload.c --- */
/* Whole frames, one after the other, of one for which things are left to do. The frame is changed.
 */
typedef void net_emit_fn(void *opaque, const u8 *frame, size_t len);
void net_finish(const struct net_offload *o, u8 *frame, size_t len, net_emit_fn *emit,
		void *opaque);

#endif
