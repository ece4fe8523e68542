// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A network inside the process (libslirp): the guest's connections become sockets of ours. One
 * thread waits for sockets; libslirp runs under one lock, which is recursive since it delivers
 * frames from everywhere. Frames that the guest sends are handled on the sender's thread.
 *
 * A character device that a connection of the guest's goes to (guestfwd) is not waited for: what it
 * does not take at once is kept, and when that is much, the guest's frames with more are lost until
 * it has become less; the guest's TCP sends them again. The order of locks is: ours, the device's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <slirp/libslirp.h>
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "base/log.h"
#include "host/char.h"
#include "host/net_private.h"
#include "host/net_user.h"
#include "os/os.h"

struct user_timer {
	struct user_timer *next;
	SlirpTimerCb fn;
	void *opaque;
	s64 deadline; /* ms; -1: not armed */
};

struct guest_chardev {
	struct user_net *u;
	struct chardev *c;
	struct in_addr addr; /* where the guest connects to */
	int port;
	GByteArray *kept; /* of the guest's, for c */
	bool waits;	  /* c has something and the guest had no room */
};

struct user_net {
	struct net_backend *n;
	Slirp *slirp;
	GRecMutex lock;
	GArray *fds; /* struct pollfd; the first is wake's; the thread's only */
	struct os_notifier wake;
	struct os_thread thread;
	_Atomic bool stop;
	struct user_timer *timers;
	struct net_merge merge; /* what the guest is sent */
	_Atomic bool dirty;	/* something was sent since the thread was woken */
	u32 nr_chardevs;
	struct guest_chardev chardevs[NET_MAX_FORWARDS];
	u8 frame[NET_FRAME_MAX];
};

/* --- what libslirp asks for --- */
static ssize_t on_packet(const void *buf, size_t len, void *opaque)
{
	struct user_net *u = opaque;

	net_merge_add(&u->merge, buf, len);
	return (ssize_t)len;
}

static void on_error(const char *text, void *opaque)
{
	log_printf(LOG_GUEST, "user network: %s\n", text);
}

static s64 on_clock(void *opaque)
{
	return (s64)os_clock_ns();
}

static void *on_timer_new(SlirpTimerCb fn, void *arg, void *opaque)
{
	struct user_net *u = opaque;
	struct user_timer *t = g_new0(struct user_timer, 1);

	*t = (struct user_timer){u->timers, fn, arg, -1};
	u->timers = t;
	return t;
}

static void on_timer_free(void *timer, void *opaque)
{
	struct user_net *u = opaque;

	for (struct user_timer **t = &u->timers; *t; t = &(*t)->next)
		if (*t == timer) {
			*t = (*t)->next;
			g_free(timer);
			return;
		}
}

static void on_timer_mod(void *timer, s64 deadline, void *opaque)
{
	((struct user_timer *)timer)->deadline = deadline;
}

static void on_fd(int fd, void *opaque)
{
}

static void on_notify(void *opaque)
{
	struct user_net *u = opaque;

	os_notifier_signal(&u->wake);
}

static const SlirpCb callbacks = {
	.send_packet = on_packet,
	.guest_error = on_error,
	.clock_get_ns = on_clock,
	.timer_new = on_timer_new,
	.timer_free = on_timer_free,
	.timer_mod = on_timer_mod,
	.register_poll_fd = on_fd,
	.unregister_poll_fd = on_fd,
	.notify = on_notify,
};

/* --- connections to character devices; all but the events with the lock held --- */
enum { KEPT_MUCH = 256 << 10 };

static void write_kept(struct guest_chardev *g)
{
	size_t n = chardev_write(g->c, g->kept->data, g->kept->len);

	if (n)
		g_byte_array_remove_range(g->kept, 0, (guint)n);
}

static ssize_t on_guest_data(const void *buf, size_t len, void *opaque)
{
	struct guest_chardev *g = opaque;
	size_t n = g->kept->len ? 0 : chardev_write(g->c, buf, len);

	if (n < len)
		g_byte_array_append(g->kept, (const u8 *)buf + n, (guint)(len - n));
	return (ssize_t)len;
}

static size_t on_chardev_room(void *opaque)
{
	struct guest_chardev *g = opaque;
	size_t n;

	g_rec_mutex_lock(&g->u->lock);
	n = slirp_socket_can_recv(g->u->slirp, g->addr, g->port);
	g->waits = !n;
	g_rec_mutex_unlock(&g->u->lock);
	return n;
}

static void on_chardev_data(void *opaque, const u8 *buf, size_t len)
{
	struct guest_chardev *g = opaque;

	g_rec_mutex_lock(&g->u->lock);
	/* without a connection of the guest's there is nobody to have it */
	if (slirp_socket_can_recv(g->u->slirp, g->addr, g->port) >= len)
		slirp_socket_recv(g->u->slirp, g->addr, g->port, buf, (int)len);
	net_merge_flush(&g->u->merge);
	g_rec_mutex_unlock(&g->u->lock);
	on_notify(g->u);
}

static void on_chardev_writable(void *opaque)
{
	struct guest_chardev *g = opaque;

	g_rec_mutex_lock(&g->u->lock);
	if (g->kept->len)
		write_kept(g);
	g_rec_mutex_unlock(&g->u->lock);
}

static const struct char_events chardev_events = {
	.room = on_chardev_room,
	.receive = on_chardev_data,
	.writable = on_chardev_writable,
};

/* Those that waited may go on. */
static void wake_chardevs(struct user_net *u)
{
	for (u32 i = 0; i < u->nr_chardevs; i++) {
		struct guest_chardev *g = &u->chardevs[i];

		if (g->waits && slirp_socket_can_recv(u->slirp, g->addr, g->port)) {
			g->waits = false;
			chardev_accept(g->c);
		}
	}
}

/* Is it more data for one that has much to take as it is? */
static bool too_much(const struct user_net *u, const u8 *frame, size_t len)
{
	const u8 *ip = frame + 14, *tcp;
	u32 head;

	if (!u->nr_chardevs || len < 14 + 20 + 20 || ld_be16(frame + 12) != 0x0800 || ip[9] != 6)
		return false;
	head = (ip[0] & 15) * 4u;
	tcp = ip + head;
	if (head < 20 || 14 + head + 20 > len || ld_be16(ip + 2) <= head + (tcp[12] >> 4) * 4u)
		return false;
	for (u32 i = 0; i < u->nr_chardevs; i++) {
		const struct guest_chardev *g = &u->chardevs[i];

		if (g->kept->len > KEPT_MUCH && !memcmp(ip + 16, &g->addr, 4) &&
		    ld_be16(tcp + 2) == g->port)
			return true;
	}
	return false;
}

/* --- the thread --- */
static int add_poll(int fd, int events, void *opaque)
{
	struct user_net *u = opaque;
	GPollFD p = {.fd = fd};

	if (events & SLIRP_POLL_IN)
		p.events |= G_IO_IN;
	if (events & SLIRP_POLL_OUT)
		p.events |= G_IO_OUT;
	if (events & SLIRP_POLL_PRI)
		p.events |= G_IO_PRI;
	p.events |= G_IO_HUP | G_IO_ERR;
	g_array_append_val(u->fds, p);
	return (int)u->fds->len - 1;
}

static int get_events(int index, void *opaque)
{
	struct user_net *u = opaque;
	gushort r = g_array_index(u->fds, GPollFD, index).revents;

	return (r & G_IO_IN ? SLIRP_POLL_IN : 0) | (r & G_IO_OUT ? SLIRP_POLL_OUT : 0) |
	       (r & G_IO_PRI ? SLIRP_POLL_PRI : 0) | (r & G_IO_ERR ? SLIRP_POLL_ERR : 0) |
	       (r & G_IO_HUP ? SLIRP_POLL_HUP : 0);
}

static void run_timers(struct user_net *u)
{
	s64 now = (s64)(os_clock_ns() / 1000000);

	for (struct user_timer *t = u->timers, *next; t; t = next) {
		next = t->next;
		if (t->deadline >= 0 && t->deadline <= now) {
			t->deadline = -1;
			t->fn(t->opaque);
		}
	}
}

static void user_main(void *opaque)
{
	struct user_net *u = opaque;
	GPollFD wake = {.fd = u->wake.fd, .events = G_IO_IN};

	while (!u->stop) {
		u32 timeout = 1000;
		int n;

		g_array_set_size(u->fds, 0);
		g_array_append_val(u->fds, wake);
		g_rec_mutex_lock(&u->lock);
		slirp_pollfds_fill(u->slirp, &timeout, add_poll, u);
		g_rec_mutex_unlock(&u->lock);
		n = g_poll((GPollFD *)u->fds->data, u->fds->len,
			   timeout < 1000 ? (gint)timeout : 1000);
		os_notifier_clear(&u->wake);
		g_rec_mutex_lock(&u->lock);
		slirp_pollfds_poll(u->slirp, n < 0, get_events, u);
		run_timers(u);
		net_merge_flush(&u->merge);
		wake_chardevs(u);
		g_rec_mutex_unlock(&u->lock);
	}
}

/* --- forwarded connections --- */
/* "[ADDR]:PORT"; false: it is none */
static bool parse_end(const char *text, struct in_addr *addr, int *port)
{
	const char *colon = strchr(text, ':');
	char *host, *end;
	unsigned long n;
	bool ok = true;

	if (!colon)
		return false;
	host = g_strndup(text, (gsize)(colon - text));
	if (*host)
		ok = inet_pton(AF_INET, host, addr) == 1;
	g_free(host);
	n = strtoul(colon + 1, &end, 10);
	*port = (int)n;
	return ok && colon[1] && !*end && n < 65536;
}

static int add_forward(struct user_net *u, const char *text, struct error *e)
{
	struct in_addr from = {0}, to = {0};
	bool udp = g_str_has_prefix(text, "udp:");
	const char *rest = strchr(text, ':'), *dash = strchr(text, '-');
	int from_port, to_port;
	char *left;
	bool ok = rest && dash && dash > rest &&
		  (udp || g_str_has_prefix(text, "tcp:") || rest == text);

	if (ok) {
		left = g_strndup(rest + 1, (gsize)(dash - rest - 1));
		ok = parse_end(left, &from, &from_port) && parse_end(dash + 1, &to, &to_port) &&
		     to_port;
		g_free(left);
	}
	if (!ok)
		return error_set(e, -EINVAL,
				 "hostfwd: '%s' is no [tcp|udp]:[ADDR]:PORT-[ADDR]:PORT", text);
	if (slirp_add_hostfwd(u->slirp, udp, from, from_port, to, to_port) < 0)
		return error_set(e, -EADDRINUSE, "hostfwd: port %d cannot be had: %s", from_port,
				 strerror(errno));
	return 0;
}

/* [tcp|udp]:[ADDR]:PORT */
static int remove_forward(struct user_net *u, const char *text, struct error *e)
{
	const char *rest = strchr(text, ':');
	bool udp = g_str_has_prefix(text, "udp:"), ok;
	struct in_addr from = {0};
	int port = 0;

	ok = rest && (udp || g_str_has_prefix(text, "tcp:") || rest == text) &&
	     parse_end(rest + 1, &from, &port);
	if (!ok)
		return error_set(e, -EINVAL, "hostfwd: '%s' is no [tcp|udp]:[ADDR]:PORT", text);
	return slirp_remove_hostfwd(u->slirp, udp, from, port) < 0
		       ? error_set(e, -ENOENT, "host forwarding rule for %s not found", text)
		       : 0;
}

static int add_chardev(struct user_net *u, struct chardev *c, struct in_addr addr, int port)
{
	struct guest_chardev *g = &u->chardevs[u->nr_chardevs];

	*g = (struct guest_chardev){u, c, addr, port, g_byte_array_new(), false};
	u->nr_chardevs++;
	return slirp_add_guestfwd(u->slirp, on_guest_data, g, &addr, port);
}

/* The program, socket or character device at the other end of a connection that the guest makes to
 * that address. */
static int add_guest_forward(struct user_net *u, const char *text, struct chardev *c,
			     struct error *e)
{
	const char *rest = strchr(text, ':'), *dash = rest ? strchr(rest, '-') : NULL;
	struct in_addr to = {0};
	int port = 0, err = -1;
	char *left;
	bool ok = dash && (g_str_has_prefix(text, "tcp:") || rest == text);

	if (ok) {
		left = g_strndup(rest + 1, (gsize)(dash - rest - 1));
		ok = parse_end(left, &to, &port) && to.s_addr && port;
		g_free(left);
	}
	if (ok && g_str_has_prefix(dash + 1, "cmd:") && dash[5])
		err = slirp_add_exec(u->slirp, dash + 5, &to, port);
	else if (ok && g_str_has_prefix(dash + 1, "unix:") && dash[6])
		err = slirp_add_unix(u->slirp, dash + 6, &to, port);
	else if (ok && c && g_str_has_prefix(dash + 1, "chardev:"))
		err = add_chardev(u, c, to, port);
	else
		return error_set(e, -EINVAL,
				 "guestfwd: '%s' is no [tcp]:ADDR:PORT-cmd:COMMAND, -unix:PATH "
				 "or -chardev:ID",
				 text);
	return err < 0 ? error_set(e, -EINVAL, "guestfwd: %s is no free address of the network",
				   text)
		       : 0;
}

static void user_free(struct user_net *u)
{
	for (u32 i = 0; i < u->nr_chardevs; i++)
		chardev_attach(u->chardevs[i].c, NULL, NULL);
	if (u->slirp)
		slirp_cleanup(u->slirp);
	for (u32 i = 0; i < u->nr_chardevs; i++)
		g_byte_array_free(u->chardevs[i].kept, TRUE);
	while (u->timers)
		on_timer_free(u->timers, u);
	if (u->fds)
		g_array_free(u->fds, TRUE);
	g_rec_mutex_clear(&u->lock);
	g_free(u);
}

static int user_open(struct net_backend *n, const struct net_options *o, struct error *e)
{
	struct user_net *u = g_new0(struct user_net, 1);
	const char *searches[NET_MAX_SEARCHES + 1] = {NULL};
	SlirpConfig c;
	int err;

	g_rec_mutex_init(&u->lock);
	u->n = u->merge.n = n;
	n->impl = u;
	err = net_user_config(o, &c, e);
	memcpy(searches, o->searches, o->nr_searches * sizeof(searches[0]));
	c.vdnssearch = o->nr_searches ? searches : NULL;
	if (!err) {
		u->slirp = slirp_new(&c, &callbacks, u);
		if (!u->slirp)
			err = error_set(e, -EINVAL, "the user network cannot be made");
	}
	for (u32 i = 0; i < o->nr_forwards && !err; i++)
		err = add_forward(u, o->forwards[i], e);
	for (u32 i = 0; i < o->nr_guest_forwards && !err; i++)
		err = add_guest_forward(u, o->guest_forwards[i], o->guest_chardevs[i], e);
	if (!err && os_notifier_init(&u->wake))
		err = error_set(e, -EMFILE, "out of file descriptors");
	if (err) {
		user_free(u);
		return err;
	}
	u->fds = g_array_new(FALSE, FALSE, sizeof(GPollFD));
	if (os_thread_create(&u->thread, "net", user_main, u)) {
		os_notifier_destroy(&u->wake);
		user_free(u);
		return error_set(e, -EAGAIN, "no thread for the user network");
	}
	for (u32 i = 0; i < u->nr_chardevs; i++)
		chardev_attach(u->chardevs[i].c, &chardev_events, &u->chardevs[i]);
	return 0;
}

static void user_close(struct net_backend *n)
{
	struct user_net *u = n->impl;

	u->stop = true;
	os_notifier_signal(&u->wake);
	os_thread_join(&u->thread);
	os_notifier_destroy(&u->wake);
	user_free(u);
}

/* libslirp takes a TCP frame of any length, as long as it is one frame. */
static void user_send(struct net_backend *n, u32 queue, const struct net_offload *o,
		      const struct iovec *iov, int niov)
{
	struct user_net *u = n->impl;
	u64 len;

	g_rec_mutex_lock(&u->lock);
	len = iov_to_buf(iov, niov, 0, u->frame, sizeof(u->frame));
	if (too_much(u, u->frame, len)) {
		/* as if the wire had lost it */
	} else if (o->gso ? net_join(o, u->frame, len) : net_checksum(o, u->frame, len)) {
		slirp_input(u->slirp, u->frame, (int)len);
		net_merge_flush(&u->merge);
	}
	g_rec_mutex_unlock(&u->lock);
	u->dirty = true;
}

/* The thread looks at the sockets again. */
static void user_flush(struct net_backend *n)
{
	struct user_net *u = n->impl;

	if (u->dirty) {
		u->dirty = false;
		os_notifier_signal(&u->wake);
	}
}

/* TCP of the network keeps within the guest's window: what comes is soon taken. */
static void user_resume(struct net_backend *n, u32 queue)
{
}

static void user_take(struct net_backend *n)
{
}

static int user_forward(struct net_backend *n, const char *rule, bool add, struct error *e)
{
	struct user_net *u = n->impl;
	int err;

	g_rec_mutex_lock(&u->lock);
	err = add ? add_forward(u, rule, e) : remove_forward(u, rule, e);
	g_rec_mutex_unlock(&u->lock);
	os_notifier_signal(&u->wake);
	return err;
}

const struct net_ops net_user_ops = {user_open,	  user_close, user_send,   user_flush,
				     user_resume, user_take,  user_forward};
