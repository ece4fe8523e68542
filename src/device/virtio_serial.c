// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The serial adapter of virtio (virtio 1.2, 5.3): queues 0 and 1 are port 0's, 2 and 3 control,
 * then two for every further port. Control messages to the driver are not queued: what a port still
 * has to be told is a set of flags, so nothing that guest or host do makes it grow; a port that
 * opens and closes while the driver has no buffer is told how it is then.
 */
#include "device/virtio_serial_private.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "vm/vm.h"

#define F_MULTIPORT   (1ull << 1)
#define F_EMERG_WRITE (1ull << 2)

enum {
	CONTROL_IN = 2,
	CONTROL_OUT = 3,
	QUEUE_SIZE = 128,
	MESSAGE_BYTES = 8,
	NAME_MAX = 128,

	CONFIG_BYTES = 12,
	CONFIG_MAX_PORTS = 4,
	CONFIG_EMERGENCY = 8,

	DEVICE_READY = 0,
	DEVICE_ADD = 1,
	DEVICE_REMOVE = 2,
	PORT_READY = 3,
	CONSOLE_PORT = 4,
	PORT_OPEN = 6,
	PORT_NAME = 7,

};

static struct virtio_serial *of(struct virtio_device *v)
{
	return container_of(v, struct virtio_serial, v);
}

bool serial_multiport(const struct virtio_serial *s)
{
	return virtio_has(&s->v, F_MULTIPORT);
}

void serial_tell(struct virtio_serial *s, u32 nr, u32 news)
{
	__atomic_fetch_or(&s->state.news[nr], news, __ATOMIC_SEQ_CST);
	if (s->max_ports > 1)
		virtio_kick(&s->v, CONTROL_IN);
}

/* --- control, to the driver --- */
static bool say(struct virtio_serial *s, u32 nr, u16 event, u16 value, const char *text)
{
	u8 message[MESSAGE_BYTES + NAME_MAX];
	size_t n = text ? strlen(text) : 0;

	if (virtio_pop(&s->v, CONTROL_IN, &s->el) <= 0)
		return false;
	n = n < NAME_MAX ? n : NAME_MAX;
	virtio_st32(&s->v, message, nr);
	virtio_st16(&s->v, message + 4, event);
	virtio_st16(&s->v, message + 6, value);
	if (n)
		memcpy(message + MESSAGE_BYTES, text, n);
	virtio_complete(&s->v, CONTROL_IN, &s->el,
			iov_from_buf(s->el.in, s->el.nin, 0, message, MESSAGE_BYTES + n));
	return true;
}

static bool is_open(struct serial_port *port)
{
	bool open;

	os_mutex_lock(&port->lock);
	open = port->open;
	os_mutex_unlock(&port->lock);
	return open;
}

static bool say_one(struct virtio_serial *s, u32 nr, u32 news)
{
	struct serial_port *port = s->ports[nr];

	if (news == SERIAL_TELL_REMOVE)
		return say(s, nr, DEVICE_REMOVE, 1, NULL);
	if (!port)
		return true;
	switch (news) {
	case SERIAL_TELL_ADD:
		return say(s, nr, DEVICE_ADD, 1, NULL);
	case SERIAL_TELL_CONSOLE:
		return say(s, nr, CONSOLE_PORT, 1, NULL);
	case SERIAL_TELL_NAME:
		return say(s, nr, PORT_NAME, 1, port->name);
	default:
		return say(s, nr, PORT_OPEN, is_open(port), NULL);
	}
}

/* A port's news in their order: gone before new, new before the rest. */
static void tell(struct virtio_serial *s)
{
	static const u32 order[] = {SERIAL_TELL_REMOVE, SERIAL_TELL_ADD, SERIAL_TELL_CONSOLE,
				    SERIAL_TELL_NAME, SERIAL_TELL_OPEN};

	if (!s->state.ready)
		return;
	virtio_want_notify(&s->v, CONTROL_IN, false);
	for (u32 nr = 0; nr < s->max_ports; nr++)
		for (u32 i = 0; i < ARRAY_SIZE(order); i++) {
			u32 *news = &s->state.news[nr];

			/* off first: what changes while it is told is told again */
			if (!(__atomic_fetch_and(news, ~order[i], __ATOMIC_SEQ_CST) & order[i]) ||
			    say_one(s, nr, order[i]))
				continue;
			__atomic_fetch_or(news, order[i], __ATOMIC_SEQ_CST);
			virtio_want_notify(&s->v, CONTROL_IN, true);
			return;
		}
}

/* --- control, from the driver --- */
static void device_ready(struct virtio_serial *s, bool ok)
{
	s->state.ready = ok;
	for (u32 nr = 0; nr < s->max_ports; nr++)
		__atomic_store_n(&s->state.news[nr], s->ports[nr] ? SERIAL_TELL_ADD : 0,
				 __ATOMIC_SEQ_CST);
	virtio_kick(&s->v, CONTROL_IN);
}

static void port_ready(struct virtio_serial *s, struct serial_port *port)
{
	serial_tell(s, port->nr,
		    (port->console ? SERIAL_TELL_CONSOLE : 0) |
			    (port->name ? SERIAL_TELL_NAME : 0) |
			    (is_open(port) ? SERIAL_TELL_OPEN : 0));
}

static void control(struct virtio_serial *s, const struct virtqueue_element *el)
{
	struct serial_port *port;
	u8 m[MESSAGE_BYTES];
	u16 event, value;
	u32 nr;

	if (iov_to_buf(el->out, el->nout, 0, m, sizeof(m)) < sizeof(m))
		return;
	nr = virtio_ld32(&s->v, m);
	event = virtio_ld16(&s->v, m + 4);
	value = virtio_ld16(&s->v, m + 6);
	if (event == DEVICE_READY) {
		device_ready(s, value == 1);
		return;
	}
	port = nr < s->max_ports ? s->ports[nr] : NULL;
	if (!port) {
		log_printf(LOG_GUEST, "%s: there is no port %u\n", s->v.name, nr);
		return;
	}
	if (event == PORT_READY && value == 1)
		port_ready(s, port);
	else if (event == PORT_OPEN)
		serial_port_guest_open(port, value);
}

static void take_control(struct virtio_serial *s)
{
	virtio_want_notify(&s->v, CONTROL_OUT, false);
	while (virtio_pop(&s->v, CONTROL_OUT, &s->el) > 0) {
		control(s, &s->el);
		virtio_complete(&s->v, CONTROL_OUT, &s->el, 0);
	}
	virtio_want_notify(&s->v, CONTROL_OUT, true);
}

/* What a driver sends to a port that is none goes nowhere. */
static void swallow(struct virtio_serial *s, u32 queue)
{
	while (virtio_pop(&s->v, queue, &s->el) > 0)
		virtio_complete(&s->v, queue, &s->el, 0);
}

static void serial_handle(struct virtio_device *v, u32 queue)
{
	struct virtio_serial *s = of(v);
	struct serial_port *port = s->ports[queue < CONTROL_IN ? 0 : (queue - CONTROL_IN) / 2];

	if (queue == CONTROL_IN)
		tell(s);
	else if (queue == CONTROL_OUT)
		take_control(s);
	else if (port && queue & 1)
		serial_port_drain(port, &s->el);
	else if (port)
		serial_port_fill(port);
	else if (queue & 1)
		swallow(s, queue);
}

/* --- configuration space --- */
static void serial_config_read(struct virtio_device *v)
{
	memset(v->config, 0, CONFIG_BYTES);
	virtio_st32(v, v->config + CONFIG_MAX_PORTS, of(v)->max_ports);
}

static void serial_config_written(struct virtio_device *v, u32 offset, u32 len)
{
	struct virtio_serial *s = of(v);

	if (!s->emergency_write || offset > CONFIG_EMERGENCY || offset + len <= CONFIG_EMERGENCY)
		return;
	for (u32 nr = 0; nr < s->max_ports; nr++)
		if (s->ports[nr] && s->ports[nr]->console) {
			serial_port_emergency(s->ports[nr],
					      (u8)virtio_ld32(v, v->config + CONFIG_EMERGENCY));
			return;
		}
}

/* --- life --- */
static void serial_quiesce(struct virtio_device *v)
{
}

static void serial_reset_type(struct virtio_device *v)
{
	struct virtio_serial *s = of(v);

	s->state.ready = 0;
	memset(s->state.news, 0, sizeof(s->state.news));
	for (u32 nr = 0; nr < s->max_ports; nr++)
		if (s->ports[nr]) {
			serial_port_guest_open(s->ports[nr], false);
			s->ports[nr]->state.sent = 0;
		}
}

/* Without control messages the one port is there and open. */
static void serial_negotiated(struct virtio_device *v)
{
	struct virtio_serial *s = of(v);

	if (!serial_multiport(s) && s->ports[0])
		serial_port_guest_open(s->ports[0], true);
}

static const struct virtio_ops serial_ops = {
	.id = VIRTIO_ID_CONSOLE,
	.class_code = 0x078000,
	.handle = serial_handle,
	.config_read = serial_config_read,
	.config_written = serial_config_written,
	.quiesce = serial_quiesce,
	.reset = serial_reset_type,
	.negotiated = serial_negotiated,
};

/* --- ports --- */
int serial_plug(struct virtio_serial *s, struct serial_port *port, struct error *e)
{
	const char *name = port->dev.cls->name;
	u32 nr = port->nr;

	/* the first one is a console, since drivers without control messages know no other */
	if (nr == SERIAL_NO_PORT)
		for (nr = port->console ? 0 : 1; nr < s->max_ports && s->ports[nr]; nr++)
			;
	if (nr >= s->max_ports)
		return error_set(e, -EINVAL, "%s: the adapter has %u ports", name, s->max_ports);
	if (!nr && !port->console)
		return error_set(e, -EINVAL, "%s: port 0 is for a virtconsole", name);
	if (s->ports[nr])
		return error_set(e, -EBUSY, "%s: port %u is there already", name, nr);
	for (u32 i = 0; port->name && i < s->max_ports; i++)
		if (s->ports[i] && s->ports[i]->name && !strcmp(s->ports[i]->name, port->name))
			return error_set(e, -EEXIST, "%s: there are two ports '%s'", name,
					 port->name);
	port->nr = nr;
	os_mutex_lock(&s->v.work);
	s->ports[nr] = port;
	os_mutex_unlock(&s->v.work);
	if (s->state.ready)
		serial_tell(s, nr, SERIAL_TELL_ADD);
	return 0;
}

void serial_unplug(struct serial_port *port)
{
	struct virtio_serial *s = port->serial;

	os_mutex_lock(&s->v.work);
	s->ports[port->nr] = NULL;
	os_mutex_unlock(&s->v.work);
	if (s->state.ready)
		serial_tell(s, port->nr, SERIAL_TELL_REMOVE);
}

/* --- building --- */
static struct virtio_serial *of_device(struct device *dev)
{
	return container_of(dev, struct virtio_serial, p.dev);
}

static int serial_realize(struct device *dev, struct error *e)
{
	struct virtio_serial *s = of_device(dev);
	struct virtio_init init = {
		.ops = &serial_ops,
		.state = &s->state.virtio,
		.features = (s->max_ports > 1 ? F_MULTIPORT : 0) |
			    (s->emergency_write ? F_EMERG_WRITE : 0),
		.nr_queues = s->max_ports > 1 ? 2 * s->max_ports + 2 : 2,
		.queue_size = QUEUE_SIZE,
		.config_len = CONFIG_BYTES,
	};
	char name[32];
	int err;

	if (!s->max_ports || s->max_ports > SERIAL_MAX_PORTS)
		return error_set(e, -EINVAL, "%s: max_ports is 1 to %d", dev->cls->name,
				 SERIAL_MAX_PORTS);
	if (dev->id && strlen(dev->id) > 24)
		return error_set(e, -EINVAL, "%s: the name '%s' is too long", dev->cls->name,
				 dev->id);
	/* one interrupt per port, or drivers would ask for more than a machine likes to give */
	init.vectors = s->max_ports + 1;
	if (dev->id)
		log_format(name, sizeof(name), "%s.0", dev->id);
	else
		log_format(name, sizeof(name), "virtio-serial-bus.%u", dev->instance);
	err = virtio_plug_realize(&s->p, &s->v, &init, e);
	if (!err)
		device_bus_add(dev->vm, BUS_VIRTIO_SERIAL, name, s);
	return err;
}

static void serial_unrealize(struct device *dev)
{
	struct virtio_serial *s = of_device(dev);

	device_bus_remove(dev->vm, s);
	virtio_plug_unrealize(&s->p);
	virtqueue_element_free(&s->el);
}

/* Who is at the host's end now may be another than at that time. */
static int serial_post_load(void *obj, struct error *e)
{
	struct virtio_serial_state *s = obj;

	if (s->ready > 1)
		return error_set(e, -EINVAL, "saved state of a serial adapter is damaged");
	for (u32 i = 0; i < SERIAL_MAX_PORTS && s->ready; i++)
		s->news[i] |= SERIAL_TELL_OPEN;
	return 0;
}

static const struct state_field serial_fields[] = {
	STATE_STRUCT(struct virtio_serial_state, virtio, &virtio_state_table),
	STATE_ARRAY(struct virtio_serial_state, news, STATE_U32),
	STATE_FIELD(struct virtio_serial_state, ready, STATE_U32),
};

static const struct state_table serial_table = {
	.name = "virtio-serial",
	.size = sizeof(struct virtio_serial_state),
	.nr_fields = ARRAY_SIZE(serial_fields),
	.fields = serial_fields,
	.post_load = serial_post_load,
};

/* clang-format off */
#define SERIAL_PROPS \
	{"max_ports", "how many ports it may have", PROP_U32, \
	 offsetof(struct virtio_serial, max_ports), "31"}, \
	{"emergency-write", "drivers may write a byte before queues are there", PROP_BOOL, \
	 offsetof(struct virtio_serial, emergency_write), "on"}
/* clang-format on */

static const struct device_prop serial_pci_props[] = {
	SERIAL_PROPS,
	VIRTIO_PCI_PROPS(struct virtio_serial, p.pci),
	{NULL, NULL, 0, 0, NULL},
};

static const struct device_prop serial_mmio_props[] = {
	SERIAL_PROPS,
	VIRTIO_MMIO_PROPS(struct virtio_serial, p.mmio),
	{NULL, NULL, 0, 0, NULL},
};

#define SERIAL_CLASS                                                                               \
	.help = "adapter for virtconsole and virtserialport; its id and .0 name its bus",          \
	.size = sizeof(struct virtio_serial), .realize = serial_realize,                           \
	.unrealize = serial_unrealize, .reset = virtio_plug_reset, .dt = device_no_dt,             \
	.state = &serial_table, .state_offset = offsetof(struct virtio_serial, state)

const struct device_class virtio_serial_pci_class = {
	SERIAL_CLASS,
	.name = "virtio-serial-pci",
	.bus_type = BUS_PCI,
	.props = serial_pci_props,
};

const struct device_class virtio_serial_device_class = {
	SERIAL_CLASS,
	.name = "virtio-serial-device",
	.bus_type = BUS_VIRTIO_MMIO,
	.props = serial_mmio_props,
	.cold_only = true,
};
