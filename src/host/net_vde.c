// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A network at a switch of VDE, or at whatever else libvdeplug knows by a URL (-netdev vde). Frames
 * come and go whole. The library's connection is used by two threads: one receives here, and who
 * sends does it under a lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <libvdeplug.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "host/net_private.h"
#include "os/os.h"

struct vde {
	struct net_backend *n;
	VDECONN *conn;
	struct os_notifier wake;
	struct os_thread thread;
	_Atomic bool stop;
	struct os_mutex lock; /* over frame */
	u8 frame[NET_FRAME_MAX];
	u8 in[VDE_ETHBUFSIZE]; /* the thread's */
};

/* --- the thread --- */
/* False: there is no room for more. */
static bool read_frames(struct vde *v)
{
	static const struct net_offload none;
	ssize_t n;

	while (!v->stop && (n = vde_recv(v->conn, v->in, sizeof(v->in), 0)) > 0)
		/* a byte alone says that there was no frame */
		if (n > 1 && !net_deliver(v->n, 0, &none, v->in, (size_t)n))
			return false;
	return true;
}

static void vde_main(void *opaque)
{
	struct vde *v = opaque;
	int data = vde_datafd(v->conn), control = vde_ctlfd(v->conn);
	bool room = true;

	while (!v->stop) {
		/* what there is no room for waits in the socket */
		struct pollfd p[3] = {{v->wake.fd, POLLIN, 0},
				      {control, POLLIN, 0},
				      {room ? data : -1, POLLIN, 0}};

		if (poll(p, ARRAY_SIZE(p), -1) < 0)
			continue;
		if (p[0].revents) {
			os_notifier_clear(&v->wake);
			room = true;
		}
		/* it is silent until the switch goes away */
		if (p[1].revents) {
			log_printf(LOG_GUEST, "%s: the switch is gone\n", v->n->name);
			control = data = -1;
		}
		if (p[2].revents & (POLLERR | POLLHUP))
			data = -1;
		if (room && data >= 0)
			room = read_frames(v);
	}
}

/* --- sending --- */
/* What the switch does not take is lost, as on a wire. */
static void emit(void *opaque, const u8 *frame, size_t len)
{
	struct vde *v = opaque;

	if (vde_send(v->conn, frame, len, 0) < 0)
		return;
}

static void vde_net_send(struct net_backend *n, u32 queue, const struct net_offload *o,
			 const struct iovec *iov, int niov)
{
	struct vde *v = n->impl;
	u64 len;

	os_mutex_lock(&v->lock);
	len = iov_to_buf(iov, niov, 0, v->frame, sizeof(v->frame));
	net_finish(o, v->frame, len, emit, v);
	os_mutex_unlock(&v->lock);
}

/* --- life --- */
static int connect_switch(struct vde *v, const struct net_options *o, struct error *e)
{
	struct vde_open_args args = {
		.port = (int)o->port,
		.group = (char *)o->group,
		.mode = o->mode,
	};
	int fd;

	/* what sock= leaves out is the library's default */
	errno = 0;
	v->conn = vde_open((char *)(o->sock ? o->sock : ""), (char *)"powervisor", &args);
	if (!v->conn)
		return error_set(e, errno ? -errno : -EIO, "no switch at '%s': %s",
				 o->sock ? o->sock : "", strerror(errno));
	/* nobody waits for a switch that stands still */
	fd = vde_datafd(v->conn);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return 0;
}

static void free_vde(struct vde *v)
{
	if (v->conn)
		vde_close(v->conn);
	os_mutex_destroy(&v->lock);
	g_free(v);
}

static int vde_net_open(struct net_backend *n, const struct net_options *o, struct error *e)
{
	struct vde *v = g_new0(struct vde, 1);
	int err;

	n->impl = v;
	v->n = n;
	os_mutex_init(&v->lock);
	err = connect_switch(v, o, e);
	if (!err && os_notifier_init(&v->wake))
		err = error_set(e, -EMFILE, "out of file descriptors");
	if (!err && os_thread_create(&v->thread, "net", vde_main, v)) {
		os_notifier_destroy(&v->wake);
		err = error_set(e, -EAGAIN, "no thread for a network");
	}
	if (err)
		free_vde(v);
	return err;
}

static void vde_net_close(struct net_backend *n)
{
	struct vde *v = n->impl;

	v->stop = true;
	os_notifier_signal(&v->wake);
	os_thread_join(&v->thread);
	os_notifier_destroy(&v->wake);
	free_vde(v);
}

static void vde_net_flush(struct net_backend *n)
{
}

static void vde_net_resume(struct net_backend *n, u32 queue)
{
	struct vde *v = n->impl;

	os_notifier_signal(&v->wake);
}

/* Frames come whole. */
static void vde_net_take(struct net_backend *n)
{
}

const struct net_ops net_vde_ops = {vde_net_open,   vde_net_close, vde_net_send, vde_net_flush,
				    vde_net_resume, vde_net_take,  NULL};
