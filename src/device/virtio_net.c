// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Network cards (virtio 1.2, 5.1) over host/net.h: pairs of queues, receive buffers that merge, and
 * sums and TCP frames of any length left to the other side.
 *
 * The device's thread sends and answers commands; frames arrive on the network's threads, which put
 * them into buffers under the receive queue's lock, or have them wait where the driver has none.
 * While there are buffers the driver does not notify when it adds some.
 */
#include "device/virtio_net.h"

#include <string.h>

#include "device/mac.h"
#include "device/virtio_net_private.h"
#include "vm/vm.h"

enum {
	MAX_QUEUE_SIZE = 1024,
	HEADER_LEGACY = 10,
	HEADER = 12, /* with the number of buffers */
	CONFIG_BYTES = 12,
	CONFIG_SPEED_BYTES = 17,
	DUPLEX_UNKNOWN = 0xff,
	MIN_MTU = 68,
};

static struct virtio_net *of(struct virtio_device *v)
{
	return container_of(v, struct virtio_net, v);
}

static u32 header_size(const struct virtio_device *v)
{
	return virtio_has(v, VIRTIO_F_VERSION_1) || virtio_has(v, NET_F_MRG_RXBUF) ? HEADER
										   : HEADER_LEGACY;
}

/* --- to the guest --- */

/* Fill one buffer; what of the frame is left follows in the next. Returns bytes written. */
static u64 fill(struct virtqueue_element *el, u64 skip, const u8 **frame, size_t *left)
{
	u64 n = el->in_len > skip ? el->in_len - skip : 0;

	n = n < *left ? n : *left;
	iov_from_buf(el->in, el->nin, skip, *frame, n);
	*frame += n;
	*left -= n;
	return n + skip;
}

/* The next buffer. Where there is none the driver is asked to notify, and may have added one
 * meanwhile. */
static bool next_buffer(struct virtio_net_rx *rx, struct virtqueue *q, struct virtqueue_element *el)
{
	if (virtqueue_pop(q, el) > 0)
		return true;
	virtqueue_want_notify(q, true);
	rx->starved = true;
	return virtqueue_pop(q, el) > 0;
}

static void put_header(struct virtio_net *d, u8 *h, const struct net_offload *o, u32 buffers)
{
	h[0] = o->flags;
	h[1] = o->gso;
	virtio_st16(&d->v, h + 2, o->header_len);
	virtio_st16(&d->v, h + 4, o->gso_size);
	virtio_st16(&d->v, h + 6, o->csum_start);
	virtio_st16(&d->v, h + 8, o->csum_offset);
	virtio_st16(&d->v, h + 10, (u16)buffers);
}

/* With the queue's lock held. False: there are too few buffers now. */
static bool receive_frame(struct virtio_net *d, u32 pair, const struct net_offload *o,
			  const u8 *frame, size_t len)
{
	struct virtqueue *q = &d->v.queues[virtio_net_rxq(pair)].ring;
	struct virtio_net_rx *rx = &d->rx[pair];
	u32 head = header_size(&d->v), n = 0;
	bool merge = virtio_has(&d->v, NET_F_MRG_RXBUF);
	u64 written[NET_RX_BUFFERS];
	u8 header[HEADER];
	size_t left = len;

	while (left || !n) {
		struct virtqueue_element *el = &rx->el[n];
		bool found = n < NET_RX_BUFFERS && next_buffer(rx, q, el);

		if (!found || el->in_len < (n ? 1 : head)) {
			for (n += found; n--;)
				virtqueue_unpop(q, &rx->el[n]);
			return false;
		}
		written[n] = fill(el, n ? 0 : head, &frame, &left);
		n++;
		if (!merge)
			break;
	}
	if (rx->starved) {
		rx->starved = false;
		virtqueue_want_notify(q, false);
	}
	put_header(d, header, o, n);
	iov_from_buf(rx->el[0].in, rx->el[0].nin, 0, header, head);
	for (u32 i = 0; i < n; i++)
		virtqueue_push(q, &rx->el[i], written[i]);
	virtio_notify(&d->v, virtio_net_rxq(pair));
	return true;
}

/* On the network's thread. */
static bool on_frame(void *opaque, u32 queue, const struct net_offload *o, const u8 *frame,
		     size_t len)
{
	struct virtio_net *d = opaque;
	u32 pair = queue % (d->state.pairs ? d->state.pairs : 1);
	struct virtio_queue *q = &d->v.queues[virtio_net_rxq(pair)];
	bool taken = true;

	os_mutex_lock(&q->lock);
	if (d->v.s->status & VIRTIO_STATUS_DRIVER_OK && virtio_net_wanted(d, frame, len))
		taken = d->rx[pair].receiving && d->v.transport->alive(&d->v) &&
			receive_frame(d, pair, o, frame, len);
	os_mutex_unlock(&q->lock);
	return taken;
}

static void link_changed(void *opaque, bool up)
{
	struct virtio_net *d = opaque;

	if (d->v.s->status & VIRTIO_STATUS_DRIVER_OK)
		virtio_config_changed(&d->v);
}

static void set_receiving(struct virtio_net *d, u32 pair, bool on)
{
	struct virtio_queue *q = &d->v.queues[virtio_net_rxq(pair)];

	os_mutex_lock(&q->lock);
	d->rx[pair].receiving = on;
	if (on) {
		d->rx[pair].starved = false;
		virtqueue_want_notify(&q->ring, false);
	}
	os_mutex_unlock(&q->lock);
}

/* There are buffers. */
static void receive(struct virtio_net *d, u32 pair)
{
	u32 pairs = d->state.pairs ? d->state.pairs : 1;

	virtio_net_offer(d);
	if (d->state.announce && !d->announced) {
		d->announced = true;
		virtio_config_changed(&d->v);
	}
	set_receiving(d, pair, true);
	for (u32 i = pair; d->net && i < net_queues(d->net); i += pairs)
		net_ready(d->net, i);
}

/* --- from the guest --- */
static void cut_front(struct virtqueue_element *el, u64 skip)
{
	for (int i = 0; i < el->nout && skip; i++) {
		u64 n = el->out[i].iov_len < skip ? el->out[i].iov_len : skip;

		el->out[i].iov_base = (u8 *)el->out[i].iov_base + n;
		el->out[i].iov_len -= n;
		skip -= n;
	}
}

/* Drivers that agreed on nothing leave nothing undone, whatever stands there. */
static struct net_offload get_header(struct virtio_net *d, const struct virtqueue_element *el)
{
	u8 h[HEADER_LEGACY] = {0};

	if (!virtio_has(&d->v, NET_F_CSUM))
		return (struct net_offload){0};
	iov_to_buf(el->out, el->nout, 0, h, sizeof(h));
	return (struct net_offload){
		.flags = h[0] & NET_NEEDS_CSUM,
		.gso = h[1],
		.header_len = virtio_ld16(&d->v, h + 2),
		.gso_size = virtio_ld16(&d->v, h + 4),
		.csum_start = virtio_ld16(&d->v, h + 6),
		.csum_offset = virtio_ld16(&d->v, h + 8),
	};
}

static void send_frames(struct virtio_net *d, u32 pair)
{
	u32 head = header_size(&d->v), queue = virtio_net_txq(pair);
	struct virtqueue_element *el = &d->tx_el;

	virtio_want_notify(&d->v, queue, false);
	while (virtio_pop(&d->v, queue, el) > 0) {
		if (el->out_len > head && el->out_len - head < NET_FRAME_MAX && d->net) {
			struct net_offload o = get_header(d, el);

			cut_front(el, head);
			net_send(d->net, pair, &o, el->out, el->nout);
		}
		virtio_complete(&d->v, queue, el, 0);
	}
	if (d->net)
		net_flush(d->net);
	virtio_want_notify(&d->v, queue, true);
}

static void net_handle(struct virtio_device *v, u32 queue)
{
	struct virtio_net *d = of(v);

	if (queue == virtio_net_ctrlq(d))
		virtio_net_commands(d);
	else if (queue >= 2 * d->pairs)
		return;
	else if (queue & 1)
		send_frames(d, queue / 2);
	else
		receive(d, queue / 2);
}

/* --- configuration space --- */
static bool tells_speed(const struct virtio_net *d)
{
	return d->speed != ~0u || d->duplex;
}

static u8 duplex(const struct virtio_net *d)
{
	return !d->duplex ? DUPLEX_UNKNOWN : !strcmp(d->duplex, "full");
}

static void net_config_read(struct virtio_device *v)
{
	struct virtio_net *d = of(v);

	memcpy(v->config, d->state.mac, 6);
	virtio_st16(v, v->config + 6,
		    (!d->net || net_link(d->net) ? NET_STATUS_LINK_UP : 0) |
			    (d->state.announce ? NET_STATUS_ANNOUNCE : 0));
	virtio_st16(v, v->config + 8, (u16)d->pairs);
	virtio_st16(v, v->config + 10, (u16)d->mtu);
	virtio_st32(v, v->config + 12, d->speed);
	v->config[16] = duplex(d);
}

/* Legacy drivers set the address here. */
static void net_config_written(struct virtio_device *v, u32 offset, u32 len)
{
	if (!virtio_has(v, VIRTIO_F_VERSION_1) && offset < 6)
		memcpy(of(v)->state.mac, v->config, 6);
}

static void net_quiesce(struct virtio_device *v)
{
	struct virtio_net *d = of(v);

	for (u32 i = 0; i < d->pairs; i++)
		set_receiving(d, i, false);
	d->announced = false;
}

static void net_reset_type(struct virtio_device *v)
{
	struct virtio_net *d = of(v);

	virtio_net_reset_filter(d);
}

static void net_negotiated(struct virtio_device *v)
{
	virtio_net_start(of(v));
}

static const struct virtio_ops net_ops = {
	.id = VIRTIO_ID_NET,
	.class_code = 0x020000,
	.handle = net_handle,
	.config_read = net_config_read,
	.config_written = net_config_written,
	.quiesce = net_quiesce,
	.reset = net_reset_type,
	.negotiated = net_negotiated,
};

/* --- building --- */
static struct virtio_net *of_device(struct device *dev)
{
	return container_of(dev, struct virtio_net, p.dev);
}

static bool is_queue_size(u32 size)
{
	return size >= 64 && size <= MAX_QUEUE_SIZE && !(size & (size - 1));
}

/* What stands on something that is switched off goes with it (5.1.3.1). */
static u64 features(const struct virtio_net *d)
{
	u64 f = NET_F_MAC;

	f |= d->mrg_rxbuf ? NET_F_MRG_RXBUF : 0;
	f |= d->status ? NET_F_STATUS : 0;
	f |= d->mtu ? NET_F_MTU : 0;
	f |= tells_speed(d) ? NET_F_SPEED_DUPLEX : 0;
	if (d->csum) {
		f |= NET_F_CSUM;
		f |= d->host_tso4 ? NET_F_HOST_TSO4 : 0;
		f |= d->host_tso6 ? NET_F_HOST_TSO6 : 0;
		f |= d->host_ecn && (d->host_tso4 || d->host_tso6) ? NET_F_HOST_ECN : 0;
	}
	if (d->guest_csum) {
		f |= NET_F_GUEST_CSUM;
		f |= d->guest_tso4 ? NET_F_GUEST_TSO4 : 0;
		f |= d->guest_tso6 ? NET_F_GUEST_TSO6 : 0;
		f |= d->guest_ecn && (d->guest_tso4 || d->guest_tso6) ? NET_F_GUEST_ECN : 0;
	}
	if (d->ctrl_vq) {
		f |= NET_F_CTRL_VQ;
		f |= d->ctrl_rx ? NET_F_CTRL_RX : 0;
		f |= d->ctrl_rx_extra ? NET_F_CTRL_RX_EXTRA : 0;
		f |= d->ctrl_vlan ? NET_F_CTRL_VLAN : 0;
		f |= d->ctrl_mac ? NET_F_CTRL_MAC : 0;
		f |= d->ctrl_offloads ? NET_F_CTRL_GUEST_OFFLOADS : 0;
		f |= d->announce && d->status ? NET_F_GUEST_ANNOUNCE : 0;
		f |= d->pairs > 1 ? NET_F_MQ : 0;
	}
	return f;
}

static int net_realize(struct device *dev, struct error *e)
{
	struct virtio_net *d = of_device(dev);
	struct virtio_init init = {
		.ops = &net_ops,
		.state = &d->state.virtio,
		.queue_size = d->rx_size,
		.config_len = tells_speed(d) ? CONFIG_SPEED_BYTES : CONFIG_BYTES,
	};
	int err;

	if (!is_queue_size(d->rx_size) || !is_queue_size(d->tx_size))
		return error_set(e, -22, "%s: queue sizes are powers of two from 64 to %d",
				 dev->cls->name, MAX_QUEUE_SIZE);
	if (d->mtu && (d->mtu < MIN_MTU || d->mtu > 65535))
		return error_set(e, -22, "%s: host_mtu is from %d to 65535", dev->cls->name,
				 MIN_MTU);
	if (d->duplex && strcmp(d->duplex, "half") && strcmp(d->duplex, "full"))
		return error_set(e, -22, "%s: duplex is half or full", dev->cls->name);
	if (d->speed != ~0u && d->speed >> 31)
		return error_set(e, -22, "%s: speed is below 2^31", dev->cls->name);
	err = mac_default(dev, d->mac, e);
	if (err)
		return err;
	d->pairs = d->mq && d->ctrl_vq && d->net ? net_queues(d->net) : 1;
	init.features = features(d);
	init.nr_queues = 2 * d->pairs + 1;
	virtio_net_reset_filter(d);
	err = virtio_plug_realize(&d->p, &d->v, &init, e);
	if (!err && d->net) {
		net_attach(d->net, on_frame, d);
		net_on_link(d->net, link_changed, d);
	}
	return err;
}

static void net_unrealize(struct device *dev)
{
	struct virtio_net *d = of_device(dev);

	if (d->net) {
		net_on_link(d->net, NULL, NULL);
		net_attach(d->net, NULL, NULL);
	}
	virtio_plug_unrealize(&d->p);
	virtqueue_element_free(&d->tx_el);
	virtqueue_element_free(&d->ctrl_el);
	for (u32 i = 0; i < NET_MAX_PAIRS; i++)
		for (u32 j = 0; j < NET_RX_BUFFERS; j++)
			virtqueue_element_free(&d->rx[i].el[j]);
}

#define SWITCH(name, help, field, initial)                                                         \
	{                                                                                          \
		name, help, PROP_BOOL, offsetof(struct virtio_net, field), initial                 \
	}

/* clang-format off */
#define NET_PROPS \
	{"netdev", "the network it is on", PROP_NETDEV, offsetof(struct virtio_net, net), NULL}, \
	{"mac", "its address", PROP_MAC, offsetof(struct virtio_net, mac), NULL}, \
	{"rx_queue_size", "places of the receive queue", PROP_U32, \
	 offsetof(struct virtio_net, rx_size), "256"}, \
	{"tx_queue_size", "places of the send queue", PROP_U32, \
	 offsetof(struct virtio_net, tx_size), "256"}, \
	{"host_mtu", "longest frame's data, 0: the driver chooses", PROP_U32, \
	 offsetof(struct virtio_net, mtu), "0"}, \
	{"speed", "of the link in Mbit/s, as the guest is told; default: it is not", PROP_U32, \
	 offsetof(struct virtio_net, speed), "4294967295"}, \
	{"duplex", "half or full, likewise", PROP_STRING, offsetof(struct virtio_net, duplex), NULL}, \
	SWITCH("guest_ufo", "accepted: no back end has long frames of UDP", ufo, "on"), \
	SWITCH("host_ufo", "accepted: no back end has long frames of UDP", ufo, "on"), \
	SWITCH("mq", "a pair of queues for each of the network's", mq, "off"), \
	SWITCH("csum", "sent frames without sums", csum, "on"), \
	SWITCH("guest_csum", "received frames without sums", guest_csum, "on"), \
	SWITCH("host_tso4", "long frames sent, IPv4", host_tso4, "on"), \
	SWITCH("host_tso6", "long frames sent, IPv6", host_tso6, "on"), \
	SWITCH("host_ecn", "long frames sent with congestion marks", host_ecn, "on"), \
	SWITCH("guest_tso4", "long frames received, IPv4", guest_tso4, "on"), \
	SWITCH("guest_tso6", "long frames received, IPv6", guest_tso6, "on"), \
	SWITCH("guest_ecn", "long frames received with congestion marks", guest_ecn, "on"), \
	SWITCH("mrg_rxbuf", "a frame in several buffers", mrg_rxbuf, "on"), \
	SWITCH("status", "the link's state can be read", status, "on"), \
	SWITCH("ctrl_vq", "the queue of commands", ctrl_vq, "on"), \
	SWITCH("ctrl_rx", "which frames come", ctrl_rx, "on"), \
	SWITCH("ctrl_rx_extra", "which do not", ctrl_rx_extra, "on"), \
	SWITCH("ctrl_vlan", "of which VLANs", ctrl_vlan, "on"), \
	SWITCH("ctrl_mac_addr", "change of the address", ctrl_mac, "on"), \
	SWITCH("ctrl_guest_offloads", "change of what is left undone", ctrl_offloads, "on"), \
	SWITCH("guest_announce", "say who is here after a migration", announce, "on")
/* clang-format on */

static const struct device_prop net_pci_props[] = {
	NET_PROPS,
	VIRTIO_PCI_PROPS(struct virtio_net, p.pci),
	{NULL, NULL, 0, 0, NULL},
};

static const struct device_prop net_mmio_props[] = {
	NET_PROPS,
	VIRTIO_MMIO_PROPS(struct virtio_net, p.mmio),
	{NULL, NULL, 0, 0, NULL},
};

#define NET_CLASS                                                                                  \
	.help = "network card", .size = sizeof(struct virtio_net), .realize = net_realize,         \
	.unrealize = net_unrealize, .reset = virtio_plug_reset, .dt = device_no_dt,                \
	.state = &virtio_net_table, .state_offset = offsetof(struct virtio_net, state)

const struct device_class virtio_net_pci_class = {
	NET_CLASS,
	.name = "virtio-net-pci",
	.bus_type = BUS_PCI,
	.props = net_pci_props,
	.boot_path = pci_boot_path,
};

const struct device_class virtio_net_device_class = {
	NET_CLASS,
	.name = "virtio-net-device",
	.bus_type = BUS_VIRTIO_MMIO,
	.props = net_mmio_props,
	.cold_only = true,
};
