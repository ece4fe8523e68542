// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An interface of the host's (tap): the kernel takes and gives Ethernet frames, with what is left
 * to do for them in front (IFF_VNET_HDR), on one queue or several (IFF_MULTI_QUEUE), each with a
 * descriptor and a thread that reads as long as there is something.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/endian.h"
#include "host/net_private.h"
#include "os/os.h"

enum { HEADER = 10 }; /* struct virtio_net_hdr, in host byte order */

struct tap_queue {
	struct tap *tap;
	u32 index;
	int fd;
	struct os_notifier wake; /* stop is set, or the receiver has room again */
	struct os_thread thread;
	u8 frame[HEADER + NET_FRAME_MAX];
};

struct tap {
	struct net_backend *n;
	_Atomic bool stop;
	bool header;
	u32 nr_queues; /* that are open */
	struct tap_queue *queues[NET_MAX_QUEUES];
};

static void get_header(struct net_offload *o, const u8 *h)
{
	o->flags = h[0];
	o->gso = h[1];
	memcpy(&o->header_len, h + 2, 8);
}

static void put_header(u8 *h, const struct net_offload *o)
{
	h[0] = o->flags;
	h[1] = o->gso;
	memcpy(h + 2, &o->header_len, 8);
}

static bool deliver(struct tap_queue *q, size_t len)
{
	struct net_offload o = {0};
	u32 head = q->tap->header ? HEADER : 0;

	if (len <= head)
		return true;
	if (head)
		get_header(&o, q->frame);
	return net_deliver(q->tap->n, q->index, &o, q->frame + head, len - head);
}

static void tap_main(void *opaque)
{
	struct tap_queue *q = opaque;
	bool room = true;

	while (!q->tap->stop) {
		struct pollfd p[2] = {{q->wake.fd, POLLIN, 0}, {q->fd, POLLIN, 0}};
		ssize_t len;

		/* what there is no room for waits in the kernel's queue */
		if (poll(p, room ? 2 : 1, -1) < 0 && errno != EINTR)
			return;
		if (p[0].revents) {
			os_notifier_clear(&q->wake);
			room = true;
		}
		while (room && (len = read(q->fd, q->frame, sizeof(q->frame))) > 0)
			room = deliver(q, (size_t)len);
	}
}

static int open_interface(struct tap_queue *q, const struct net_options *o, struct error *e)
{
	struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	struct tap *t = q->tap;
	int err;

	q->fd = o->fd;
	if (q->fd >= 0) {
		if (ioctl(q->fd, TUNGETIFF, &r))
			return error_set(e, -errno, "descriptor %d is no tap interface", q->fd);
		t->header = r.ifr_flags & IFF_VNET_HDR;
	} else {
		q->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
		if (q->fd < 0)
			return error_set(e, -errno, "cannot open /dev/net/tun: %s",
					 strerror(errno));
		if (o->ifname)
			g_strlcpy(r.ifr_name, o->ifname, IFNAMSIZ);
		if (o->queues > 1)
			r.ifr_flags |= IFF_MULTI_QUEUE;
		if (ioctl(q->fd, TUNSETIFF, &r)) {
			err = error_set(e, -errno, "no tap interface %s: %s",
					o->ifname ? o->ifname : "", strerror(errno));
			close(q->fd);
			return err;
		}
		t->header = true;
	}
	fcntl(q->fd, F_SETFL, fcntl(q->fd, F_GETFL) | O_NONBLOCK);
	return 0;
}

static int add_queue(struct tap *t, const struct net_options *o, struct error *e)
{
	struct tap_queue *q = g_new0(struct tap_queue, 1);
	int err;

	q->tap = t;
	q->index = t->nr_queues;
	err = open_interface(q, o, e);
	if (err) {
		g_free(q);
		return err;
	}
	if (os_notifier_init(&q->wake) || os_thread_create(&q->thread, "tap", tap_main, q)) {
		close(q->fd);
		g_free(q);
		return error_set(e, -EAGAIN, "no thread for a tap interface");
	}
	t->queues[t->nr_queues++] = q;
	return 0;
}

static void tap_close(struct net_backend *n)
{
	struct tap *t = n->impl;

	t->stop = true;
	for (u32 i = 0; i < t->nr_queues; i++) {
		struct tap_queue *q = t->queues[i];

		os_notifier_signal(&q->wake);
		os_thread_join(&q->thread);
		os_notifier_destroy(&q->wake);
		close(q->fd);
		g_free(q);
	}
	g_free(t);
}

static int tap_open(struct net_backend *n, const struct net_options *o, struct error *e)
{
	struct tap *t = g_new0(struct tap, 1);
	struct net_options one = *o;
	char ifname[IFNAMSIZ];
	struct ifreq r = {0};
	u32 queues = o->queues ? o->queues : 1;
	int err = 0;

	t->n = n;
	n->impl = t;
	n->nr_queues = queues;
	while (t->nr_queues < queues && !err) {
		if (o->nr_fds)
			one.fd = o->fds[t->nr_queues];
		err = add_queue(t, &one, e);
		/* further queues are those of the same interface, also where the kernel named it */
		if (!err && !ioctl(t->queues[0]->fd, TUNGETIFF, &r)) {
			g_strlcpy(ifname, r.ifr_name, sizeof(ifname));
			one.ifname = ifname;
		}
	}
	if (err)
		tap_close(n);
	return err;
}

/* What the kernel does not take at once is lost, as on a wire. */
static void write_frame(struct tap_queue *q, const struct iovec *iov, int niov)
{
	if (writev(q->fd, iov, niov) < 0)
		return;
}

static void emit(void *opaque, const u8 *frame, size_t len)
{
	struct iovec iov = {(void *)frame, len};

	write_frame(opaque, &iov, 1);
}

/* An interface that takes whole frames only, or a frame in very many pieces. */
static void send_copy(struct tap_queue *q, const struct net_offload *o, const struct iovec *iov,
		      int niov)
{
	u8 *frame = g_malloc(HEADER + NET_FRAME_MAX);
	u64 len = iov_to_buf(iov, niov, 0, frame + HEADER, NET_FRAME_MAX);
	struct iovec whole = {frame, HEADER + len};

	if (q->tap->header) {
		put_header(frame, o);
		write_frame(q, &whole, 1);
	} else {
		net_finish(o, frame + HEADER, len, emit, q);
	}
	g_free(frame);
}

static void tap_send(struct net_backend *n, u32 queue, const struct net_offload *o,
		     const struct iovec *iov, int niov)
{
	struct tap *t = n->impl;
	struct tap_queue *q = t->queues[queue];
	struct iovec with[64];
	u8 header[HEADER];

	if (niov >= (int)ARRAY_SIZE(with) || (!t->header && (o->flags || o->gso))) {
		send_copy(q, o, iov, niov);
		return;
	}
	if (!t->header) {
		write_frame(q, iov, niov);
		return;
	}
	put_header(header, o);
	with[0] = (struct iovec){header, HEADER};
	memcpy(with + 1, iov, (size_t)niov * sizeof(*iov));
	write_frame(q, with, niov + 1);
}

static void tap_flush(struct net_backend *n)
{
}

static void tap_resume(struct net_backend *n, u32 queue)
{
	struct tap *t = n->impl;

	os_notifier_signal(&t->queues[queue]->wake);
}

/* What the kernel may leave undone in frames for us. */
static void tap_take(struct net_backend *n)
{
	struct tap *t = n->impl;
	u32 takes = n->takes, flags = 0;

	if (takes & NET_TAKES_CSUM) {
		flags = TUN_F_CSUM | (takes & NET_TAKES_TCP4 ? TUN_F_TSO4 : 0) |
			(takes & NET_TAKES_TCP6 ? TUN_F_TSO6 : 0);
		if (flags != TUN_F_CSUM && takes & NET_TAKES_ECN)
			flags |= TUN_F_TSO_ECN;
	}
	for (u32 i = 0; i < t->nr_queues && t->header; i++)
		if (ioctl(t->queues[i]->fd, TUNSETOFFLOAD, (unsigned long)flags))
			return;
}

const struct net_ops net_tap_ops = {tap_open,	tap_close, tap_send, tap_flush,
				    tap_resume, tap_take,  NULL};
