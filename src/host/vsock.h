/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's side of a guest's AF_VSOCK sockets, on UNIX sockets, as Firecracker and
 * cloud-hypervisor have it: a program that connects to PATH and says "CONNECT PORT\n" is connected
 * with who listens on that port in the guest, and told "OK NUMBER\n" when it is; what a guest
 * connects to on port PORT is who listens on PATH_PORT. Knows no device.
 *
 * A hub has one thread; it accepts, and it writes what a program was too slow to take. All calls
 * but ready() come from one other thread, or one at a time.
 */
#ifndef HOST_VSOCK_H
#define HOST_VSOCK_H

#include <sys/uio.h>

#include "base/error.h"
#include "base/types.h"

/* Of a hub, at a time. */
enum { VSOCK_STREAMS_MAX = 512 };

struct vsock_hub;
struct vsock_stream;

enum vsock_event {
	VSOCK_NEW = 1 << 0,	  /* a program asks for the guest's port; has no owner */
	VSOCK_CONNECTED = 1 << 1, /* what vsock_connect() began */
	VSOCK_REFUSED = 1 << 2,
	VSOCK_READABLE = 1 << 3, /* comes once, until vsock_read() had found nothing */
	VSOCK_WRITTEN = 1 << 4,	 /* less waits than before */
	VSOCK_DEAF = 1 << 5,	 /* the program reads no more; what is written goes nowhere */
};

/* ready(): there is something for vsock_next(); any thread, without a lock. */
typedef void vsock_ready_fn(void *opaque);
int vsock_open(const char *path, vsock_ready_fn *ready, void *opaque, struct vsock_hub **h,
	       struct error *e);
/* Programs get what was written for them if they take it within two seconds. */
void vsock_close(struct vsock_hub *h);
/* Is there a guest that listens? Until then, who asks for it is disconnected. */
void vsock_accept(struct vsock_hub *h, bool on);

/* NULL: there is nothing more. */
struct vsock_stream *vsock_next(struct vsock_hub *h, u32 *events);
void *vsock_owner(const struct vsock_stream *s);
/* Takes one that is new. */
void vsock_own(struct vsock_stream *s, void *owner);
u32 vsock_port(const struct vsock_stream *s);
/* The guest has said yes: as this port of the host's. */
void vsock_welcome(struct vsock_stream *s, u32 host_port);
/* To who listens on the host's port. NULL: nobody does, or there are too many streams. */
struct vsock_stream *vsock_connect(struct vsock_hub *h, u32 port, void *owner);

/* Into a list from its byte `skip` on, up to len bytes: how many, 0 at the end, -EAGAIN. */
ssize_t vsock_read(struct vsock_stream *s, const struct iovec *iov, int niov, u64 skip, u64 len);
/* len bytes of a list from its byte `skip` on. What the program does not take waits. */
void vsock_write(struct vsock_stream *s, const struct iovec *iov, int niov, u64 skip, u64 len);
u32 vsock_waiting(struct vsock_stream *s);
/* The guest reads no more; it writes no more. */
void vsock_shut(struct vsock_stream *s, bool read, bool write);
/* Nothing more of it is wanted: it ends when what waits is written. s is gone for the caller. */
void vsock_end(struct vsock_stream *s);

#endif
