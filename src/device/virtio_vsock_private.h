/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the socket device (virtio_vsock.c) and its connections (virtio_vsock_conn.c). */
#ifndef DEVICE_VIRTIO_VSOCK_PRIVATE_H
#define DEVICE_VIRTIO_VSOCK_PRIVATE_H

#include "device/virtio_plug.h"
#include "device/virtio_vsock.h"
#include "host/vsock.h"

enum {
	VSOCK_HEADER = 44,
	VSOCK_CID_HOST = 2,
	VSOCK_CONNS = VSOCK_STREAMS_MAX,
	VSOCK_BUFFER = 256 << 10,    /* what a guest may have under way on one connection */
	VSOCK_PACKET_MAX = 64 << 10, /* of bytes, to the guest */
	VSOCK_REPLIES = 128,
	VSOCK_BUCKETS = 256,

	VSOCK_RX = 0,
	VSOCK_TX = 1,
	VSOCK_EVENT = 2,

	VSOCK_TYPE_STREAM = 1,

	VSOCK_OP_REQUEST = 1,
	VSOCK_OP_RESPONSE = 2,
	VSOCK_OP_RST = 3,
	VSOCK_OP_SHUTDOWN = 4,
	VSOCK_OP_RW = 5,
	VSOCK_OP_CREDIT_UPDATE = 6,
	VSOCK_OP_CREDIT_REQUEST = 7,

	/* who says it */
	VSOCK_SHUT_RECEIVE = 1,
	VSOCK_SHUT_SEND = 2,
	VSOCK_SHUT_BOTH = 3,
};

struct vsock_packet {
	u64 src_cid, dst_cid;
	u32 src_port, dst_port, len;
	u16 type, op;
	u32 flags, buf_alloc, fwd_cnt;
};

/* A reset for what is no connection. */
struct vsock_reply {
	u64 cid; /* that the guest spoke to */
	u32 guest_port, host_port;
	u16 type;
};

enum vsock_conn_state {
	VSOCK_FREE,
	VSOCK_ASKED_HOST,  /* the guest waits for a program to be reached */
	VSOCK_ASKED_GUEST, /* a program waits for the guest's answer */
	VSOCK_CONNECTED_BOTH,
	VSOCK_OVER, /* has no stream any more; waits for the guest's RST, or to send one */
};

struct vsock_conn {
	struct vsock_conn *hash_next, *turn_next;
	bool in_turn;
	u8 state; /* enum vsock_conn_state */
	struct vsock_stream *stream;
	u32 guest_port, host_port;
	u32 news; /* bits of VSOCK_OP_* that the guest is due */
	u8 host_shut, guest_shut;
	bool readable;	   /* the stream may have something */
	bool asked_credit; /* the guest was asked */
	/* what the guest gives; what it was sent, sent, and was told to have been taken: modulo
	 * 2^32 */
	u32 buf_alloc, fwd_cnt;
	u32 sent, received, told;
};

struct virtio_vsock_state {
	struct virtio_state virtio;
	u32 loaded; /* connections are gone, and the driver does not know */
	u32 pad;
};

/* All but the hub is under v.work. */
struct virtio_vsock {
	struct virtio_plug p;
	struct virtio_device v;
	u64 guest_cid;
	const char *path;
	struct vsock_hub *hub;
	bool active;	/* the driver is there */
	bool starved;	/* of receive buffers: the driver is asked to notify */
	bool held_up;	/* packets wait for room in replies[] */
	bool reset_due; /* the driver is to be told that connections are gone */
	u32 next_port;
	struct virtqueue_element rx, tx;
	/* connections that have something for the guest, in turn */
	struct vsock_conn *turn_first, *turn_last;
	struct vsock_conn *buckets[VSOCK_BUCKETS];
	struct vsock_conn conns[VSOCK_CONNS];
	u32 reply_head, nr_replies;
	struct vsock_reply replies[VSOCK_REPLIES];
	struct virtio_vsock_state state;
};

/* --- virtio_vsock_conn.c --- */
/* A packet whose bytes are in d->tx; its len is right. */
void vsock_take_packet(struct virtio_vsock *d, const struct vsock_packet *p);
/* What happened on the host. */
void vsock_take_events(struct virtio_vsock *d);
/* Is there something for the guest? */
bool vsock_has_packet(struct virtio_vsock *d);
/* Into d->rx, which has room for more than a header; returns bytes written, 0: there was nothing.
 */
u64 vsock_give_packet(struct virtio_vsock *d);
/* All connections end, and the guest is not told. */
void vsock_drop_all(struct virtio_vsock *d);

#endif
