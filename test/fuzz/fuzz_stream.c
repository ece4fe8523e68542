// SPDX-License-Identifier: GPL-2.0-or-later
/* What the peer of -netdev stream sends: lengths and frames in pieces of any size, to a receiver
 * that has room or not. */
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "fuzz.h"
#include "host/net.h"

struct receiver {
	struct net_backend *n;
	u32 refuse; /* every so manieth frame; not each: it would be kept for ever */
	u32 count;
};

static bool on_frame(void *opaque, u32 queue, const struct net_offload *o, const u8 *frame,
		     size_t len)
{
	struct receiver *r = opaque;
	volatile u8 sum = 0;

	if (len < 14 || len > NET_FRAME_MAX)
		abort();
	/* all of it has to be there */
	for (size_t i = 0; i < len; i += 61)
		sum = (u8)(sum + frame[i]);
	return !r->refuse || ++r->count % r->refuse;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = {data, size};
	struct net_options o = {.kind = NET_STREAM};
	struct receiver r = {.refuse = (u32)fuzz_value(&in, 1) & 7};
	struct error e;
	int fds[2];
	u8 c;

	if (r.refuse == 1)
		r.refuse = 8;
	log_set(0, NULL, NULL);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		abort();
	o.fd = fds[0];
	if (net_open(&o, "fuzz", &r.n, &e))
		abort();
	net_attach(r.n, on_frame, &r);
	while (in.size) {
		size_t len = fuzz_value(&in, 1);

		if (!len || len > in.size)
			len = in.size;
		if (send(fds[1], in.data, len, MSG_NOSIGNAL) < 0)
			break;
		in.data += len;
		in.size -= len;
		net_ready(r.n, 0);
	}
	shutdown(fds[1], SHUT_WR);
	/* until it has read all, or hung up; one that refused needs to hear of room */
	while (recv(fds[1], &c, 1, MSG_DONTWAIT) < 0) {
		net_ready(r.n, 0);
		sched_yield();
	}
	net_attach(r.n, NULL, NULL);
	net_close(r.n);
	close(fds[1]);
	return 0;
}
