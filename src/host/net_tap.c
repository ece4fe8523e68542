// SPDX-License-Identifier: GPL-2.0-or-later
/* An interface of the host's (tap): the kernel takes and gives Ethernet frames. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host/net_private.h"
#include "os/os.h"

struct tap {
	int fd;
	struct os_notifier wake; /* stop is set, or the receiver has room again */
	_Atomic bool stop;
	struct os_thread thread;
	struct net_backend *n;
	u8 frame[NET_FRAME_MAX];
};

static void tap_main(void *opaque)
{
	struct tap *t = opaque;
	bool room = true;

	while (!t->stop) {
		struct pollfd p[2] = {{t->wake.fd, POLLIN, 0}, {t->fd, POLLIN, 0}};
		ssize_t len;

		/* what there is no room for waits in the kernel's queue */
		if (poll(p, room ? 2 : 1, -1) < 0 && errno != EINTR)
			return;
		if (p[0].revents) {
			os_notifier_clear(&t->wake);
			room = true;
		}
		while (room && (len = read(t->fd, t->frame, sizeof(t->frame))) > 0)
			room = net_deliver(t->n, t->frame, (size_t)len);
	}
}

static int open_interface(struct tap *t, const struct net_options *o, struct error *e)
{
	struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI};

	t->fd = o->fd;
	if (t->fd < 0) {
		t->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
		if (t->fd < 0)
			return error_set(e, -errno, "cannot open /dev/net/tun: %s",
					 strerror(errno));
		if (o->ifname)
			strncpy(r.ifr_name, o->ifname, IFNAMSIZ - 1);
		if (ioctl(t->fd, TUNSETIFF, &r)) {
			int err = error_set(e, -errno, "no tap interface %s: %s",
					    o->ifname ? o->ifname : "", strerror(errno));

			close(t->fd);
			return err;
		}
	}
	fcntl(t->fd, F_SETFL, fcntl(t->fd, F_GETFL) | O_NONBLOCK);
	return 0;
}

static int tap_open(struct net_backend *n, const struct net_options *o, struct error *e)
{
	struct tap *t = g_new0(struct tap, 1);
	int err = open_interface(t, o, e);

	if (err) {
		g_free(t);
		return err;
	}
	t->n = n;
	n->impl = t;
	if (os_notifier_init(&t->wake) || os_thread_create(&t->thread, "tap", tap_main, t)) {
		close(t->fd);
		g_free(t);
		return error_set(e, -EAGAIN, "no thread for a tap interface");
	}
	return 0;
}

static void tap_close(struct net_backend *n)
{
	struct tap *t = n->impl;

	t->stop = true;
	os_notifier_signal(&t->wake);
	os_thread_join(&t->thread);
	os_notifier_destroy(&t->wake);
	close(t->fd);
	g_free(t);
}

/* What the kernel does not take at once is lost, as on a wire. */
static void tap_send(struct net_backend *n, const struct iovec *iov, int niov)
{
	struct tap *t = n->impl;

	if (writev(t->fd, iov, niov) < 0)
		return;
}

static void tap_resume(struct net_backend *n)
{
	struct tap *t = n->impl;

	os_notifier_signal(&t->wake);
}

const struct net_ops net_tap_ops = {tap_open, tap_close, tap_send, tap_resume};
