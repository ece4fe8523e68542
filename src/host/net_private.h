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
	void (*send)(struct net_backend *n, u32 queue, const struct net_offload *o,
		     const struct iovec *iov, int niov);
	void (*flush)(struct net_backend *n);
	/* Nothing waits for the queue any more. */
	void (*resume)(struct net_backend *n, u32 queue);
	/* n->takes changed. */
	void (*take)(struct net_backend *n);
	/* One more forwarded connection, or one less. NULL: there are none. */
	int (*forward)(struct net_backend *n, const char *rule, bool add, struct error *e);
};

struct net_queue {
	GRecMutex lock; /* over what follows; a network may answer inside send */
	GQueue held;	/* struct held_frame */
	size_t held_bytes;
	bool full; /* frames wait */
};

struct net_backend {
	const struct net_ops *ops;
	char *name;
	void *impl;
	/* under all queues' locks */
	net_receive_fn *receive;
	void *opaque;
	_Atomic u32 takes;
	_Atomic bool unplugged; /* there is no cable */
	void (*on_link)(void *opaque, bool up);
	void *on_link_opaque;
	u32 nr_queues;
	struct net_queue queues[NET_MAX_QUEUES];
};

/* All but ops and impl. */
void net_init(struct net_backend *n, const char *name);
void net_destroy(struct net_backend *n);

/* To the receiver, or to what waits for it. False: it waits; no more should come until resume(),
 * and what comes beyond NET_HELD_MAX is lost. */
bool net_deliver(struct net_backend *n, u32 queue, const struct net_offload *o, const u8 *frame,
		 size_t len);

/* --- net_offload.c --- */
/* Put in the checksum that o wants. False: it is not within the frame. */
bool net_checksum(const struct net_offload *o, u8 *frame, size_t len);
/* A TCP frame of any length that is to be several: its length and sums as those of one frame.
 * False: it is no such frame. */
bool net_join(const struct net_offload *o, u8 *frame, size_t len);
/* Frames of one TCP stream that follow each other become one. */
struct net_merge {
	struct net_backend *n;
	u32 count;
	u16 size; /* bytes that each but the last carries */
	bool closed;
	size_t len;
	u8 frame[NET_FRAME_MAX];
};
/* A whole frame with right sums. */
void net_merge_add(struct net_merge *m, const u8 *frame, size_t len);
void net_merge_flush(struct net_merge *m);

extern const struct net_ops net_user_ops, net_tap_ops, net_stream_ops, net_dgram_ops, net_vde_ops;

#endif
