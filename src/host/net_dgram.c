// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A network over datagrams, a frame in each (-netdev dgram, -netdev socket with udp= or mcast=): to
 * one peer, or to a group whose members all receive what one sends. Frames to a group go from a
 * socket of their own, so that what comes back of them is known and left out.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/net_address.h"
#include "host/net_private.h"
#include "os/os.h"

enum { SHORTEST = 14 }; /* of a frame: its addresses and type */

struct dgram {
	struct net_backend *n;
	int fd, out; /* the same where there is no group */
	bool group;
	struct net_address local, remote, own; /* own: where frames to the group come from */
	struct os_notifier wake;
	struct os_thread thread;
	_Atomic bool stop;
	struct os_mutex lock; /* over frame */
	u8 frame[NET_FRAME_MAX];
	u8 in[NET_FRAME_MAX]; /* the thread's */
};

/* --- the thread --- */
static bool is_own(const struct dgram *d, const struct sockaddr_storage *from)
{
	const struct sockaddr_in *a = (const void *)from, *b = (const void *)&d->own.addr;

	return d->group && a->sin_family == AF_INET && a->sin_port == b->sin_port &&
	       a->sin_addr.s_addr == b->sin_addr.s_addr;
}

/* False: there is no room for more. */
static bool read_frame(struct dgram *d, bool *again)
{
	static const struct net_offload none;
	struct sockaddr_storage from = {0};
	struct iovec iov = {d->in, sizeof(d->in)};
	struct msghdr m = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n = recvmsg(d->fd, &m, MSG_DONTWAIT);

	/* a peer that is not there yet is no error */
	*again = n >= 0 || errno == EINTR || errno == ECONNREFUSED;
	if (n < SHORTEST || m.msg_flags & MSG_TRUNC || is_own(d, &from))
		return true;
	return net_deliver(d->n, 0, &none, d->in, (size_t)n);
}

static void dgram_main(void *opaque)
{
	struct dgram *d = opaque;
	bool room = true;

	while (!d->stop) {
		struct pollfd p[2] = {{d->wake.fd, POLLIN, 0}, {d->fd, POLLIN, 0}};
		bool again = true;

		/* what there is no room for waits in the socket */
		if (poll(p, room ? 2 : 1, -1) < 0)
			continue;
		if (p[0].revents) {
			os_notifier_clear(&d->wake);
			room = true;
		}
		while (room && again && !d->stop)
			room = read_frame(d, &again);
	}
}

/* --- sending --- */
/* What the host does not take is lost, as on a wire. */
static void emit(void *opaque, const u8 *frame, size_t len)
{
	struct dgram *d = opaque;

	if (sendto(d->out, frame, len, MSG_DONTWAIT | MSG_NOSIGNAL, (void *)&d->remote.addr,
		   d->remote.len) < 0)
		return;
}

static void dgram_send(struct net_backend *n, u32 queue, const struct net_offload *o,
		       const struct iovec *iov, int niov)
{
	struct dgram *d = n->impl;
	u64 len;

	os_mutex_lock(&d->lock);
	len = iov_to_buf(iov, niov, 0, d->frame, sizeof(d->frame));
	if (d->remote.len)
		net_finish(o, d->frame, len, emit, d);
	os_mutex_unlock(&d->lock);
}

/* --- life --- */
static int join_group(struct dgram *d, const struct net_options *o, struct error *e)
{
	struct sockaddr_in *group = (void *)&d->remote.addr, *local = (void *)&d->local.addr,
			   *own = (void *)&d->own.addr;
	struct ip_mreq m = {.imr_multiaddr = group->sin_addr};
	u8 on = 1;

	if (d->local.len) {
		if (local->sin_family != AF_INET)
			return error_set(e, -EINVAL, "'%s' is no address of a group", o->local);
		m.imr_interface = local->sin_addr;
	}
	if (net_address_bind(d->fd, &d->remote) ||
	    setsockopt(d->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)))
		return error_set(e, -errno, "cannot join %s: %s", o->remote, strerror(errno));
	d->out = net_address_socket(&d->remote, SOCK_DGRAM);
	if (d->out < 0)
		return error_set(e, -errno, "no socket: %s", strerror(errno));
	setsockopt(d->out, IPPROTO_IP, IP_MULTICAST_LOOP, &on, sizeof(on));
	if (m.imr_interface.s_addr)
		setsockopt(d->out, IPPROTO_IP, IP_MULTICAST_IF, &m.imr_interface,
			   sizeof(m.imr_interface));
	/* which says what its datagrams come from */
	if (connect(d->out, (void *)group, d->remote.len))
		return error_set(e, -errno, "no way to %s: %s", o->remote, strerror(errno));
	d->own.len = sizeof(*own);
	getsockname(d->out, (void *)own, &d->own.len);
	d->group = true;
	return 0;
}

static int start(struct dgram *d, const struct net_options *o, struct error *e)
{
	int err = 0;

	if (o->fd >= 0) {
		d->fd = d->out = o->fd;
		/* a connected one; its peer is no other's */
		d->remote.len = sizeof(d->remote.addr);
		return getpeername(o->fd, (void *)&d->remote.addr, &d->remote.len)
			       ? error_set(e, -errno, "descriptor %d is no connected socket", o->fd)
			       : 0;
	}
	if (o->remote)
		err = net_address_parse(o->remote, SOCK_DGRAM, false, &d->remote, e);
	if (!err && o->local)
		err = net_address_parse(o->local, SOCK_DGRAM, true, &d->local, e);
	if (err)
		return err;
	d->fd = net_address_socket(o->remote ? &d->remote : &d->local, SOCK_DGRAM);
	if (d->fd < 0)
		return error_set(e, -errno, "no socket: %s", strerror(errno));
	d->out = d->fd;
	if (net_address_is_multicast(&d->remote))
		return join_group(d, o, e);
	err = net_address_bind(d->fd, &d->local);
	return err ? error_set(e, err, "%s: %s", o->local, strerror(-err)) : 0;
}

static void free_dgram(struct dgram *d)
{
	if (d->out >= 0 && d->out != d->fd)
		close(d->out);
	if (d->fd >= 0)
		close(d->fd);
	if (d->local.len && !d->group)
		net_address_forget(&d->local);
	os_mutex_destroy(&d->lock);
	g_free(d);
}

static int dgram_open(struct net_backend *n, const struct net_options *o, struct error *e)
{
	struct dgram *d = g_new0(struct dgram, 1);
	int err;

	n->impl = d;
	d->n = n;
	d->fd = d->out = -1;
	os_mutex_init(&d->lock);
	err = start(d, o, e);
	if (!err && os_notifier_init(&d->wake))
		err = error_set(e, -EMFILE, "out of file descriptors");
	if (!err && os_thread_create(&d->thread, "net", dgram_main, d)) {
		os_notifier_destroy(&d->wake);
		err = error_set(e, -EAGAIN, "no thread for a network");
	}
	if (err)
		free_dgram(d);
	return err;
}

static void dgram_close(struct net_backend *n)
{
	struct dgram *d = n->impl;

	d->stop = true;
	os_notifier_signal(&d->wake);
	os_thread_join(&d->thread);
	os_notifier_destroy(&d->wake);
	free_dgram(d);
}

static void dgram_flush(struct net_backend *n)
{
}

static void dgram_resume(struct net_backend *n, u32 queue)
{
	struct dgram *d = n->impl;

	os_notifier_signal(&d->wake);
}

/* Frames come whole. */
static void dgram_take(struct net_backend *n)
{
}

const struct net_ops net_dgram_ops = {dgram_open,   dgram_close, dgram_send, dgram_flush,
				      dgram_resume, dgram_take,	 NULL};
