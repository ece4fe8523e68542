/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hub from inside, for vsock.c and for tests that are its thread. */
#ifndef HOST_VSOCK_PRIVATE_H
#define HOST_VSOCK_PRIVATE_H

#include <glib.h>

#include "host/net_address.h"
#include "host/vsock.h"
#include "os/os.h"

enum vsock_stream_state {
	VSOCK_HANDSHAKE,  /* the program has not said what it wants */
	VSOCK_CONNECTING, /* who listens has no room for one more yet */
	VSOCK_OPEN,
};

struct vsock_stream {
	struct vsock_hub *h;
	int fd;
	u32 port;
	void *owner;   /* the caller's */
	char line[20]; /* of the handshake; the thread's */
	u32 line_len;
	/* under the hub's lock */
	u8 state;     /* enum vsock_stream_state */
	bool ended;   /* the caller has let go */
	bool deaf;    /* the program reads no more */
	bool shut;    /* the guest writes no more: after what waits */
	bool pending; /* on the list of those with events */
	u32 events;
	u64 deadline; /* to connect */
	GByteArray *out;
	u32 out_head;
	GList in_all, in_ready;
};

struct vsock_hub {
	char *path;
	struct net_address address;
	vsock_ready_fn *ready;
	void *opaque;
	int listener, epoll;
	/* the thread's */
	bool listening;
	bool starved; /* of descriptors */
	bool closing;
	struct os_notifier wake;
	struct os_thread thread;
	bool started;
	_Atomic bool stop;
	struct os_mutex lock; /* over what follows */
	bool accepting;
	u32 connecting;
	GQueue all, events;
};

/* --- vsock_stream.c; all but vsock_tell() under the lock --- */
/* True: vsock_tell() is due. */
bool vsock_post(struct vsock_stream *s, u32 events);
void vsock_tell(struct vsock_hub *h, bool due);
void vsock_drop_out(struct vsock_stream *s);
/* The program reads no more; what vsock_post() returns. */
bool vsock_deafen(struct vsock_stream *s);
/* As much of what waits as the socket takes; likewise. */
bool vsock_write_out(struct vsock_stream *s);
void vsock_end_locked(struct vsock_stream *s);

/* --- vsock.c --- */
/* One turn of the hub's thread; ms to wait, -1: until there is something. */
void vsock_turn(struct vsock_hub *h, int ms);
/* There is no thread any more; on return it is not running. */
void vsock_stop(struct vsock_hub *h);

#endif
