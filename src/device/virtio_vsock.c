// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sockets between guest and host (virtio 1.2, 5.10): packets in both directions, streams only. The
 * host's side is host/vsock.h; connections are in virtio_vsock_conn.c. Everything happens on the
 * device's thread: the hub's says that there is something to do.
 *
 * What the guest can make grow is bounded: connections by VSOCK_CONNS, what waits for a program by
 * VSOCK_BUFFER per connection, which is the guest's credit; what the guest is due is bits in its
 * connection, but for resets of what is no connection: while there is no room for these the guest's
 * packets wait (5.10.6.2).
 */
#include "device/virtio_vsock.h"

#include <errno.h>
#include <string.h>

#include "base/endian.h"
#include "base/log.h"
#include "device/virtio_vsock_private.h"
#include "vm/vm.h"

#define F_STREAM (1ull << 0)

enum {
	QUEUES = 3,
	QUEUE_SIZE = 256,
	CONFIG_BYTES = 8,
	AT_ONCE = 256,	/* packets in one direction before the other has its turn */
	NOTIFY_AT = 32, /* packets in the guest's hands before it is told */
	EVENT_BYTES = 4,
	EVENT_TRANSPORT_RESET = 0,
	CID_MIN = 3,
	CID_ANY = 0xffffffff,
};

static struct virtio_vsock *of(struct virtio_device *v)
{
	return container_of(v, struct virtio_vsock, v);
}

/* --- to the guest --- */
/* The driver is asked to notify about buffers only while some are wanted. */
static bool next_buffer(struct virtio_vsock *d)
{
	bool found = virtio_pop(&d->v, VSOCK_RX, &d->rx) > 0;

	if (found == d->starved) {
		d->starved = !found;
		/* kicks if one came meanwhile */
		virtio_want_notify(&d->v, VSOCK_RX, d->starved);
	}
	if (found && d->rx.in_len <= VSOCK_HEADER) {
		virtio_broken(&d->v, "a receive buffer has no room for a packet");
		virtio_complete(&d->v, VSOCK_RX, &d->rx, 0);
		return false;
	}
	return found;
}

static void send_packets(struct virtio_vsock *d)
{
	u32 sent = 0;

	while (sent < AT_ONCE && vsock_has_packet(d) && next_buffer(d)) {
		u64 written = vsock_give_packet(d);

		if (!written) {
			virtio_unpop(&d->v, VSOCK_RX, &d->rx);
			continue;
		}
		virtio_push(&d->v, VSOCK_RX, &d->rx, written);
		if (++sent % NOTIFY_AT == 0)
			virtio_notify_pushed(&d->v, VSOCK_RX);
	}
	if (sent % NOTIFY_AT)
		virtio_notify_pushed(&d->v, VSOCK_RX);
	if (sent == AT_ONCE)
		virtio_kick(&d->v, VSOCK_RX);
	if (d->held_up && d->nr_replies < VSOCK_REPLIES) {
		d->held_up = false;
		virtio_kick(&d->v, VSOCK_TX);
	}
}

/* --- from the guest --- */
static void take_packet(struct virtio_vsock *d)
{
	const struct virtqueue_element *el = &d->tx;
	struct vsock_packet p;
	u8 h[VSOCK_HEADER];

	if (iov_to_buf(el->out, el->nout, 0, h, sizeof(h)) < sizeof(h)) {
		log_printf(LOG_GUEST, "%s: a packet is too short for its header\n", d->v.name);
		return;
	}
	p = (struct vsock_packet){
		.src_cid = ld_le64(h),
		.dst_cid = ld_le64(h + 8),
		.src_port = ld_le32(h + 16),
		.dst_port = ld_le32(h + 20),
		.len = ld_le32(h + 24),
		.type = ld_le16(h + 28),
		.op = ld_le16(h + 30),
		.flags = ld_le32(h + 32),
		.buf_alloc = ld_le32(h + 36),
		.fwd_cnt = ld_le32(h + 40),
	};
	if (p.src_cid != d->guest_cid) {
		log_printf(LOG_GUEST, "%s: a packet from another guest\n", d->v.name);
		return;
	}
	if (p.len > el->out_len - VSOCK_HEADER) {
		log_printf(LOG_GUEST, "%s: a packet is shorter than it says\n", d->v.name);
		p.len = 0;
		p.op = 0;
	}
	vsock_take_packet(d, &p);
}

static void take_packets(struct virtio_vsock *d)
{
	u32 taken = 0;

	virtio_want_notify(&d->v, VSOCK_TX, false);
	for (; taken < AT_ONCE; taken++) {
		d->held_up = d->nr_replies == VSOCK_REPLIES;
		if (d->held_up || virtio_pop(&d->v, VSOCK_TX, &d->tx) <= 0)
			break;
		take_packet(d);
		virtio_push(&d->v, VSOCK_TX, &d->tx, 0);
	}
	if (taken)
		virtio_notify_pushed(&d->v, VSOCK_TX);
	if (taken == AT_ONCE)
		virtio_kick(&d->v, VSOCK_TX);
	else if (!d->held_up)
		virtio_want_notify(&d->v, VSOCK_TX, true);
}

/* --- the driver --- */

/* The machine was loaded: connections are gone, whatever the driver thinks (5.10.6.7). */
static void tell_reset(struct virtio_vsock *d)
{
	u8 event[EVENT_BYTES];

	if (d->state.loaded) {
		vsock_drop_all(d);
		d->state.loaded = 0;
		d->reset_due = true;
	}
	if (!d->reset_due)
		return;
	if (virtio_pop(&d->v, VSOCK_EVENT, &d->rx) <= 0) {
		virtio_want_notify(&d->v, VSOCK_EVENT, true);
		return;
	}
	st_le32(event, EVENT_TRANSPORT_RESET);
	virtio_complete(&d->v, VSOCK_EVENT, &d->rx,
			iov_from_buf(d->rx.in, d->rx.nin, 0, event, sizeof(event)));
	d->reset_due = false;
}

static void vsock_handle(struct virtio_device *v, u32 queue)
{
	struct virtio_vsock *d = of(v);

	if (v->s->status & VIRTIO_STATUS_NEEDS_RESET)
		return;
	tell_reset(d);
	if (!d->active) {
		d->active = true;
		vsock_accept(d->hub, true);
		virtio_want_notify(v, VSOCK_RX, false);
	}
	if (queue == VSOCK_TX)
		take_packets(d);
	vsock_take_events(d);
	send_packets(d);
}

static void vsock_ready(void *opaque)
{
	struct virtio_vsock *d = opaque;

	virtio_kick(&d->v, VSOCK_RX);
}

static void vsock_config_read(struct virtio_device *v)
{
	st_le64(v->config, of(v)->guest_cid);
}

static void vsock_config_written(struct virtio_device *v, u32 offset, u32 len)
{
}

static void vsock_nothing(struct virtio_device *v)
{
}

static void vsock_reset_type(struct virtio_device *v)
{
	struct virtio_vsock *d = of(v);

	vsock_accept(d->hub, false);
	vsock_drop_all(d);
	d->active = d->starved = d->reset_due = false;
	d->state.loaded = 0;
}

static const struct virtio_ops vsock_ops = {
	.id = VIRTIO_ID_VSOCK,
	.class_code = 0x078000,
	.handle = vsock_handle,
	.config_read = vsock_config_read,
	.config_written = vsock_config_written,
	/* nothing is in flight but on the device's thread */
	.quiesce = vsock_nothing,
	.reset = vsock_reset_type,
	.negotiated = vsock_nothing,
};

/* --- building --- */
static struct virtio_vsock *of_device(struct device *dev)
{
	return container_of(dev, struct virtio_vsock, p.dev);
}

static int check(const struct virtio_vsock *d, struct error *e)
{
	const char *name = d->p.dev.cls->name;

	if (d->guest_cid < CID_MIN || d->guest_cid >= CID_ANY)
		return error_set(e, -EINVAL, "%s: guest-cid is from %d to %u", name, CID_MIN,
				 CID_ANY - 1);
	if (!d->path || !d->path[0])
		return error_set(e, -EINVAL,
				 "%s: socket=PATH is missing, a UNIX socket in place of the host's "
				 "vhost",
				 name);
	return 0;
}

static int vsock_realize(struct device *dev, struct error *e)
{
	struct virtio_vsock *d = of_device(dev);
	struct virtio_init init = {
		.ops = &vsock_ops,
		.state = &d->state.virtio,
		.features = F_STREAM,
		.nr_queues = QUEUES,
		.queue_size = QUEUE_SIZE,
		.config_len = CONFIG_BYTES,
		.modern_only = true,
	};
	int err = check(d, e);

	if (!err)
		err = vsock_open(d->path, vsock_ready, d, &d->hub, e);
	if (err)
		return err;
	err = virtio_plug_realize(&d->p, &d->v, &init, e);
	if (err)
		vsock_close(d->hub);
	return err;
}

/* The hub may still kick a device whose thread has ended, which does nothing. */
static void vsock_unrealize(struct device *dev)
{
	struct virtio_vsock *d = of_device(dev);

	virtio_plug_unrealize(&d->p);
	vsock_drop_all(d);
	vsock_close(d->hub);
	virtqueue_element_free(&d->rx);
	virtqueue_element_free(&d->tx);
}

static int vsock_post_load(void *obj, struct error *e)
{
	struct virtio_vsock_state *s = obj;

	s->loaded = 1;
	return 0;
}

static const struct state_field vsock_fields[] = {
	STATE_STRUCT(struct virtio_vsock_state, virtio, &virtio_state_table),
	STATE_FIELD(struct virtio_vsock_state, loaded, STATE_U32),
	STATE_FIELD(struct virtio_vsock_state, pad, STATE_U32),
};

static const struct state_table vsock_table = {
	.name = "virtio-vsock",
	.size = sizeof(struct virtio_vsock_state),
	.nr_fields = ARRAY_SIZE(vsock_fields),
	.fields = vsock_fields,
	.post_load = vsock_post_load,
};

/* clang-format off */
#define VSOCK_PROPS \
	{"guest-cid", "the guest's address", PROP_U64, offsetof(struct virtio_vsock, guest_cid), \
	 "3"}, \
	{"socket", "UNIX socket: \"CONNECT PORT\" reaches the guest, the guest reaches PATH_PORT", \
	 PROP_STRING, offsetof(struct virtio_vsock, path), NULL}
/* clang-format on */

static const struct device_prop vsock_pci_props[] = {
	VSOCK_PROPS,
	VIRTIO_PCI_PROPS(struct virtio_vsock, p.pci),
	{NULL, NULL, 0, 0, NULL},
};

static const struct device_prop vsock_mmio_props[] = {
	VSOCK_PROPS,
	VIRTIO_MMIO_PROPS(struct virtio_vsock, p.mmio),
	{NULL, NULL, 0, 0, NULL},
};

#define VSOCK_CLASS                                                                                \
	.size = sizeof(struct virtio_vsock), .realize = vsock_realize,                             \
	.unrealize = vsock_unrealize, .reset = virtio_plug_reset, .dt = device_no_dt,              \
	.state = &vsock_table, .state_offset = offsetof(struct virtio_vsock, state)

const struct device_class virtio_vsock_pci_class = {
	VSOCK_CLASS,
	.name = "virtio-vsock-pci",
	.help = "sockets between guest (AF_VSOCK) and host (UNIX)",
	.bus_type = BUS_PCI,
	.props = vsock_pci_props,
};

const struct device_class vhost_vsock_pci_class = {
	VSOCK_CLASS,	     .name = "vhost-vsock-pci", .help = "another name of virtio-vsock-pci",
	.bus_type = BUS_PCI, .props = vsock_pci_props,
};

const struct device_class virtio_vsock_device_class = {
	VSOCK_CLASS,
	.name = "virtio-vsock-device",
	.help = "sockets between guest (AF_VSOCK) and host (UNIX)",
	.bus_type = BUS_VIRTIO_MMIO,
	.props = vsock_mmio_props,
	.cold_only = true,
};
