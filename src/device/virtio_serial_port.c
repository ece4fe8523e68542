// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ports of a virtio serial adapter. What comes from the host stands in a small buffer until the
 * guest has room for it, so that the back end's events never touch a ring; nothing is taken while
 * the guest does not have the port open. What the back end does not take of the guest's bytes stays
 * in the ring, and the guest sees a slow line.
 */
#include "base/log.h"
#include "device/virtio_serial_private.h"
#include "vm/vm.h"

/* --- to the guest --- */
static size_t port_room(void *opaque)
{
	struct serial_port *port = opaque;
	size_t n;

	os_mutex_lock(&port->lock);
	n = port->state.guest_open ? SERIAL_BUFFER - port->state.count : 0;
	port->stalled = !n;
	os_mutex_unlock(&port->lock);
	return n;
}

static void port_receive(void *opaque, const u8 *buf, size_t len)
{
	struct serial_port *port = opaque;
	struct serial_port_state *s = &port->state;

	os_mutex_lock(&port->lock);
	for (size_t i = 0; i < len && s->count < SERIAL_BUFFER; i++)
		s->buffer[(s->head + s->count++) % SERIAL_BUFFER] = buf[i];
	os_mutex_unlock(&port->lock);
	virtio_kick(&port->serial->v, serial_queue(port->nr));
}

static u64 take_out(struct serial_port_state *s, const struct virtqueue_element *el)
{
	u64 done = 0;

	while (s->count && done < el->in_len) {
		u32 n = SERIAL_BUFFER - s->head;

		n = n < s->count ? n : s->count;
		n = (u32)iov_from_buf(el->in, el->nin, done, s->buffer + s->head, n);
		s->head = (s->head + n) % SERIAL_BUFFER;
		s->count -= n;
		done += n;
	}
	return done;
}

void serial_port_fill(struct serial_port *port)
{
	struct virtio_device *v = &port->serial->v;
	struct virtqueue_element *el = &port->serial->el;
	u32 queue = serial_queue(port->nr);
	bool accept;

	os_mutex_lock(&port->lock);
	virtio_want_notify(v, queue, false);
	while (port->state.count && virtio_pop(v, queue, el) > 0)
		virtio_complete(v, queue, el, take_out(&port->state, el));
	/* Buffers alone are no work: the driver tells of new ones only when they are waited for. */
	if (port->state.count)
		virtio_want_notify(v, queue, true);
	accept = port->stalled && port->state.guest_open && port->state.count < SERIAL_BUFFER;
	os_mutex_unlock(&port->lock);
	if (accept && port->chardev)
		chardev_accept(port->chardev);
}

/* --- from the guest --- */

/* Returns bytes taken. Without a back end, or with nobody at its end, they go nowhere. */
static u64 send(struct serial_port *port, const struct virtqueue_element *el, u64 skip)
{
	u64 done = 0;

	for (int i = 0; i < el->nout; i++) {
		const struct iovec *p = &el->out[i];
		u64 from = skip < p->iov_len ? skip : p->iov_len, n = p->iov_len - from, taken = n;

		skip -= from;
		if (n && port->chardev)
			taken = chardev_write(port->chardev, (u8 *)p->iov_base + from, n);
		done += taken;
		if (taken < n)
			break;
	}
	return done;
}

void serial_port_drain(struct serial_port *port, struct virtqueue_element *el)
{
	struct virtio_device *v = &port->serial->v;
	struct virtio_queue *q = &v->queues[serial_queue(port->nr) + 1];
	u32 queue = q->ring.index;

	virtio_want_notify(v, queue, false);
	while (virtio_pop(v, queue, el) > 0) {
		u64 sent = port->state.sent < el->out_len ? port->state.sent : el->out_len;

		sent += send(port, el, sent);
		if (sent < el->out_len) {
			/* The back end says when there is room; the ring keeps the rest. */
			port->state.sent = (u32)sent;
			os_mutex_lock(&q->lock);
			virtqueue_unpop(&q->ring, el);
			os_mutex_unlock(&q->lock);
			return;
		}
		port->state.sent = 0;
		virtio_complete(v, queue, el, 0);
	}
	virtio_want_notify(v, queue, true);
}

static void port_writable(void *opaque)
{
	struct serial_port *port = opaque;

	virtio_kick(&port->serial->v, serial_queue(port->nr) + 1);
}

void serial_port_emergency(struct serial_port *port, u8 byte)
{
	if (port->chardev)
		chardev_write(port->chardev, &byte, 1);
}

/* --- who is there --- */
void serial_port_guest_open(struct serial_port *port, bool open)
{
	os_mutex_lock(&port->lock);
	port->state.guest_open = open;
	if (!open)
		port->state.count = 0;
	os_mutex_unlock(&port->lock);
	virtio_kick(&port->serial->v, serial_queue(port->nr));
}

static void set_open(struct serial_port *port, bool open)
{
	os_mutex_lock(&port->lock);
	port->open = open;
	os_mutex_unlock(&port->lock);
	/* a console is open whoever looks at it */
	if (!port->console)
		serial_tell(port->serial, port->nr, SERIAL_TELL_OPEN);
}

static void port_opened(void *opaque)
{
	set_open(opaque, true);
}

static void port_closed(void *opaque)
{
	set_open(opaque, false);
	/* what waited for room goes nowhere */
	port_writable(opaque);
}

static const struct char_events port_events = {
	.room = port_room,
	.receive = port_receive,
	.opened = port_opened,
	.closed = port_closed,
	.writable = port_writable,
};

/* --- building --- */
static struct serial_port *of_device(struct device *dev)
{
	return container_of(dev, struct serial_port, dev);
}

static int port_realize(struct device *dev, struct error *e)
{
	struct serial_port *port = of_device(dev);
	int err;

	os_mutex_init(&port->lock);
	port->open = port->console;
	err = serial_plug(port->serial, port, e);
	if (!err && port->chardev)
		chardev_attach(port->chardev, &port_events, port);
	return err;
}

static int console_realize(struct device *dev, struct error *e)
{
	of_device(dev)->console = true;
	return port_realize(dev, e);
}

static void port_unrealize(struct device *dev)
{
	struct serial_port *port = of_device(dev);

	if (port->chardev)
		chardev_attach(port->chardev, NULL, NULL);
	serial_unplug(port);
	os_mutex_destroy(&port->lock);
}

static void port_reset(struct device *dev)
{
	/* The adapter's reset does it; it comes when the driver asks for one, too. */
}

static int port_post_load(void *obj, struct error *e)
{
	const struct serial_port_state *s = obj;

	if (s->head >= SERIAL_BUFFER || s->count > SERIAL_BUFFER || s->guest_open > 1)
		return error_set(e, -22, "saved state of a serial port is damaged");
	return 0;
}

static const struct state_field port_fields[] = {
	STATE_ARRAY(struct serial_port_state, buffer, STATE_U8),
	STATE_FIELD(struct serial_port_state, head, STATE_U32),
	STATE_FIELD(struct serial_port_state, count, STATE_U32),
	STATE_FIELD(struct serial_port_state, sent, STATE_U32),
	STATE_FIELD(struct serial_port_state, guest_open, STATE_U8),
	STATE_ARRAY(struct serial_port_state, pad, STATE_U8),
};

static const struct state_table console_table = {
	.name = "virtconsole",
	.size = sizeof(struct serial_port_state),
	.nr_fields = ARRAY_SIZE(port_fields),
	.fields = port_fields,
	.post_load = port_post_load,
};

static const struct state_table port_table = {
	.name = "virtserialport",
	.size = sizeof(struct serial_port_state),
	.nr_fields = ARRAY_SIZE(port_fields),
	.fields = port_fields,
	.post_load = port_post_load,
};

static const struct device_prop port_props[] = {
	{"bus", "the adapter", PROP_POINTER, offsetof(struct serial_port, serial), NULL},
	{"chardev", "where it ends on the host", PROP_CHARDEV,
	 offsetof(struct serial_port, chardev), NULL},
	{"name", "what the guest calls it: /dev/virtio-ports/NAME", PROP_STRING,
	 offsetof(struct serial_port, name), NULL},
	{"nr", "its number, 4294967295: the first free one", PROP_U32,
	 offsetof(struct serial_port, nr), "4294967295"},
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class virtconsole_class = {
	.name = "virtconsole",
	.help = "terminal of the guest over virtio, /dev/hvcN",
	.bus_type = BUS_VIRTIO_SERIAL,
	.size = sizeof(struct serial_port),
	.props = port_props,
	.realize = console_realize,
	.unrealize = port_unrealize,
	.reset = port_reset,
	.dt = device_no_dt,
	.state = &console_table,
	.state_offset = offsetof(struct serial_port, state),
};

const struct device_class virtserialport_class = {
	.name = "virtserialport",
	.help = "serial line between programs of guest and host",
	.bus_type = BUS_VIRTIO_SERIAL,
	.size = sizeof(struct serial_port),
	.props = port_props,
	.realize = port_realize,
	.unrealize = port_unrealize,
	.reset = port_reset,
	.dt = device_no_dt,
	.state = &port_table,
	.state_offset = offsetof(struct serial_port, state),
};
