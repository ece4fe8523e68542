// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Network cards (virtio 1.2, 5.1) over host/net.h: one pair of queues, receive buffers that merge,
 * and a control queue for the receive filter and the address. No offloads: frames are whole.
 *
 * The device's thread sends and answers commands; frames arrive on the network's thread, which puts
 * them into buffers under the receive queue's lock, or has them wait where the driver has none.
 */
#include "device/virtio_net.h"

#include <string.h>

#include "device/virtio_pci.h"
#include "host/net.h"
#include "vm/vm.h"

#define F_MAC	    (1ull << 5)
#define F_MRG_RXBUF (1ull << 15)
#define F_STATUS    (1ull << 16)
#define F_CTRL_VQ   (1ull << 17)
#define F_CTRL_RX   (1ull << 18)
#define F_CTRL_MAC  (1ull << 23)

enum {
	RX = 0,
	TX = 1,
	CTRL = 2,
	QUEUES = 3,
	MAX_QUEUE_SIZE = 1024,

	HEADER_LEGACY = 10,
	HEADER = 12, /* with the number of buffers */
	CONFIG_BYTES = 8,
	LINK_UP = 1,

	CLASS_RX = 0,
	CLASS_MAC = 1,
	RX_PROMISC = 0,
	RX_ALLMULTI = 1,
	RX_NOBCAST = 5,
	MAC_TABLE = 0,
	MAC_ADDRESS = 1,
	OK = 0,
	ERR = 1,

	RX_BUFFERS = 64, /* that one frame may take */
};

struct virtio_net_state {
	struct virtio_state virtio;
	u8 mac[6];
	u8 promiscuous, pad;
};

struct virtio_net_pci {
	struct virtio_pci p;
	struct virtio_device v;
	struct net_backend *net;
	u8 mac[6];
	u32 rx_size, tx_size;
	struct virtqueue_element tx_el, ctrl_el;
	struct virtqueue_element rx_el[RX_BUFFERS];
	bool receiving; /* under the receive queue's lock */
	struct virtio_net_state state;
};

static struct virtio_net_pci *of(struct virtio_device *v)
{
	return container_of(v, struct virtio_net_pci, v);
}

static u32 header_size(const struct virtio_device *v)
{
	return virtio_has(v, VIRTIO_F_VERSION_1) || virtio_has(v, F_MRG_RXBUF) ? HEADER
									       : HEADER_LEGACY;
}

/* --- to the guest --- */

/* Is the frame for this card? */
static bool wanted(const struct virtio_net_pci *d, const u8 *frame, size_t len)
{
	if (len < 14)
		return false;
	/* groups and broadcasts always: the driver looks at them itself */
	return d->state.promiscuous || frame[0] & 1 || !memcmp(frame, d->state.mac, 6);
}

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

/* With the queue's lock held. False: there are too few buffers now. */
static bool receive_frame(struct virtio_net_pci *d, const u8 *frame, size_t len)
{
	struct virtqueue *q = &d->v.queues[RX].ring;
	u32 head = header_size(&d->v), n = 0;
	bool merge = virtio_has(&d->v, F_MRG_RXBUF);
	u8 header[HEADER] = {0};
	u64 written[RX_BUFFERS];
	size_t left = len;

	while (left || !n) {
		struct virtqueue_element *el = &d->rx_el[n];

		if (n == RX_BUFFERS || virtqueue_pop(q, el) <= 0 || (!n && el->in_len < head) ||
		    (n && !el->in_len)) {
			while (n--)
				virtqueue_unpop(q, &d->rx_el[n]);
			return false;
		}
		written[n] = fill(el, n ? 0 : head, &frame, &left);
		n++;
		if (!merge)
			break;
	}
	virtio_st16(&d->v, header + 10, (u16)n);
	iov_from_buf(d->rx_el[0].in, d->rx_el[0].nin, 0, header, head);
	for (u32 i = 0; i < n; i++)
		virtqueue_push(q, &d->rx_el[i], written[i]);
	virtio_notify(&d->v, RX);
	return true;
}

/* On the network's thread. */
static bool on_frame(void *opaque, const u8 *frame, size_t len)
{
	struct virtio_net_pci *d = opaque;
	struct virtio_queue *q = &d->v.queues[RX];

	bool taken = true;

	os_mutex_lock(&q->lock);
	if (d->v.s->status & VIRTIO_STATUS_DRIVER_OK && wanted(d, frame, len))
		taken = d->receiving && d->v.transport->alive(&d->v) &&
			receive_frame(d, frame, len);
	os_mutex_unlock(&q->lock);
	return taken;
}

static void set_receiving(struct virtio_net_pci *d, bool on)
{
	os_mutex_lock(&d->v.queues[RX].lock);
	d->receiving = on;
	os_mutex_unlock(&d->v.queues[RX].lock);
}

/* There are buffers. */
static void receive(struct virtio_net_pci *d)
{
	set_receiving(d, true);
	if (d->net)
		net_ready(d->net);
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

static void send_frames(struct virtio_net_pci *d)
{
	struct virtqueue_element *el = &d->tx_el;
	u32 head = header_size(&d->v);

	virtio_want_notify(&d->v, TX, false);
	while (virtio_pop(&d->v, TX, el) > 0) {
		if (el->out_len > head && el->out_len - head < NET_FRAME_MAX && d->net) {
			cut_front(el, head);
			net_send(d->net, el->out, el->nout);
		}
		virtio_complete(&d->v, TX, el, 0);
	}
	virtio_want_notify(&d->v, TX, true);
}

static u8 command(struct virtio_net_pci *d, const struct virtqueue_element *el)
{
	u8 c[8];
	u64 n = iov_to_buf(el->out, el->nout, 0, c, sizeof(c));

	if (n < 2)
		return ERR;
	if (c[0] == CLASS_RX && c[1] <= RX_NOBCAST && n >= 3) {
		if (c[1] == RX_PROMISC)
			d->state.promiscuous = c[2] & 1;
		return OK;
	}
	if (c[0] == CLASS_MAC && c[1] == MAC_ADDRESS && n == 8) {
		memcpy(d->state.mac, c + 2, 6);
		return OK;
	}
	/* A table of addresses: more than one unicast address means all frames. */
	if (c[0] == CLASS_MAC && c[1] == MAC_TABLE && n >= 6) {
		d->state.promiscuous |= virtio_ld32(&d->v, c + 2) != 0;
		return OK;
	}
	return ERR;
}

static void answer_commands(struct virtio_net_pci *d)
{
	struct virtqueue_element *el = &d->ctrl_el;

	virtio_want_notify(&d->v, CTRL, false);
	while (virtio_pop(&d->v, CTRL, el) > 0) {
		u8 status = command(d, el);

		virtio_complete(&d->v, CTRL, el, iov_from_buf(el->in, el->nin, 0, &status, 1));
	}
	virtio_want_notify(&d->v, CTRL, true);
}

static void net_handle(struct virtio_device *v, u32 queue)
{
	if (queue == TX)
		send_frames(of(v));
	else if (queue == CTRL)
		answer_commands(of(v));
	else
		receive(of(v));
}

/* --- configuration space --- */
static void net_config_read(struct virtio_device *v)
{
	memcpy(v->config, of(v)->state.mac, 6);
	virtio_st16(v, v->config + 6, LINK_UP);
}

/* Legacy drivers set the address here. */
static void net_config_written(struct virtio_device *v, u32 offset, u32 len)
{
	if (!virtio_has(v, VIRTIO_F_VERSION_1) && offset < 6)
		memcpy(of(v)->state.mac, v->config, 6);
}

static void net_quiesce(struct virtio_device *v)
{
	set_receiving(of(v), false);
}

static void net_reset_type(struct virtio_device *v)
{
	struct virtio_net_pci *d = of(v);

	memcpy(d->state.mac, d->mac, 6);
	d->state.promiscuous = 0;
}

static void net_negotiated(struct virtio_device *v)
{
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
static struct virtio_net_pci *of_device(struct device *dev)
{
	return container_of(dev, struct virtio_net_pci, p.pci.dev);
}

static bool is_queue_size(u32 size)
{
	return size >= 64 && size <= MAX_QUEUE_SIZE && !(size & (size - 1));
}

/* qemu's range, and its order. */
static void default_mac(struct virtio_net_pci *d)
{
	static const u8 first[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

	for (u32 i = 0; i < 6; i++)
		if (d->mac[i])
			return;
	memcpy(d->mac, first, 6);
	d->mac[5] = (u8)(d->mac[5] + d->p.pci.dev.instance);
}

static int net_realize(struct device *dev, struct error *e)
{
	struct virtio_net_pci *d = of_device(dev);
	struct virtio_init init = {
		.ops = &net_ops,
		.state = &d->state.virtio,
		.features = F_MAC | F_MRG_RXBUF | F_STATUS | F_CTRL_VQ | F_CTRL_RX | F_CTRL_MAC,
		.nr_queues = QUEUES,
		.queue_size = d->rx_size,
		.config_len = CONFIG_BYTES,
	};
	int err;

	if (!is_queue_size(d->rx_size) || !is_queue_size(d->tx_size))
		return error_set(e, -22, "%s: queue sizes are powers of two from 64 to %d",
				 dev->cls->name, MAX_QUEUE_SIZE);
	default_mac(d);
	memcpy(d->state.mac, d->mac, 6);
	err = virtio_pci_realize(&d->p, &d->v, &init, e);
	if (!err && d->net)
		net_attach(d->net, on_frame, d);
	return err;
}

static void net_unrealize(struct device *dev)
{
	struct virtio_net_pci *d = of_device(dev);

	if (d->net)
		net_attach(d->net, NULL, NULL);
	virtio_pci_unrealize(&d->p);
	virtqueue_element_free(&d->tx_el);
	virtqueue_element_free(&d->ctrl_el);
	for (u32 i = 0; i < RX_BUFFERS; i++)
		virtqueue_element_free(&d->rx_el[i]);
}

static void net_reset(struct device *dev)
{
	virtio_pci_reset(&of_device(dev)->p);
}

static const struct state_field net_fields[] = {
	STATE_STRUCT(struct virtio_net_state, virtio, &virtio_state_table),
	STATE_ARRAY(struct virtio_net_state, mac, STATE_U8),
	STATE_FIELD(struct virtio_net_state, promiscuous, STATE_U8),
	STATE_FIELD(struct virtio_net_state, pad, STATE_U8),
};

static const struct state_table net_table = {
	.name = "virtio-net",
	.size = sizeof(struct virtio_net_state),
	.nr_fields = ARRAY_SIZE(net_fields),
	.fields = net_fields,
};

static const struct device_prop net_props[] = {
	{"netdev", "the network it is on", PROP_NETDEV, offsetof(struct virtio_net_pci, net), NULL},
	{"mac", "its address", PROP_MAC, offsetof(struct virtio_net_pci, mac), NULL},
	{"rx_queue_size", "places of the receive queue", PROP_U32,
	 offsetof(struct virtio_net_pci, rx_size), "256"},
	{"tx_queue_size", "places of the send queue", PROP_U32,
	 offsetof(struct virtio_net_pci, tx_size), "256"},
	VIRTIO_PCI_PROPS(struct virtio_net_pci, p),
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class virtio_net_pci_class = {
	.name = "virtio-net-pci",
	.help = "network card",
	.bus_type = BUS_PCI,
	.size = sizeof(struct virtio_net_pci),
	.props = net_props,
	.realize = net_realize,
	.unrealize = net_unrealize,
	.reset = net_reset,
	.dt = device_no_dt,
	.boot_path = pci_boot_path,
	.state = &net_table,
	.state_offset = offsetof(struct virtio_net_pci, state),
};
