// SPDX-License-Identifier: GPL-2.0-or-later
/* A USB 1.1 hub (USB 2.0, chapter 11) of eight ports, which always have power. */
#include <errno.h>
#include <string.h>

#include "base/endian.h"
#include "device/usb.h"
#include "vm/vm.h"

enum {
	PORTS = 8,
	ENDPOINT = 1,
	DESCRIPTOR_BYTES = 11,

	CONNECTED = 1 << 0,
	ENABLED = 1 << 1,
	SUSPENDED = 1 << 2,
	RESET = 1 << 4,
	POWER = 1 << 8,
	LOW_SPEED = 1 << 9,

	FEATURE_ENABLE = 1,
	FEATURE_SUSPEND = 2,
	FEATURE_RESET = 4,
	FEATURE_POWER = 8,
	FEATURE_CHANGES = 16, /* the first of five */

	OF_HUB = USB_CLASS,
	OF_PORT = USB_CLASS | 3, /* "other" */
};

struct hub_state {
	struct usb_device_state usb;
	u32 status[PORTS], changes[PORTS];
};

struct usb_hub {
	struct usb_device usb;
	u32 nr_ports; /* 0: they are not there yet */
	struct usb_port ports[PORTS];
	struct hub_state state;
};

static struct usb_hub *of(struct usb_device *d)
{
	return container_of(d, struct usb_hub, usb);
}

/* --- saved state --- */
static const struct state_field hub_fields[] = {
	STATE_STRUCT(struct hub_state, usb, &usb_device_state_table),
	STATE_ARRAY(struct hub_state, status, STATE_U32),
	STATE_ARRAY(struct hub_state, changes, STATE_U32),
};

static int hub_post_load(void *obj, struct error *e)
{
	struct usb_hub *h = container_of(obj, struct usb_hub, state);

	for (u32 i = 0; i < PORTS; i++)
		h->ports[i].enabled = h->state.status[i] & ENABLED;
	return 0;
}

static const struct state_table hub_table = {
	.name = "usb-hub",
	.size = sizeof(struct hub_state),
	.nr_fields = ARRAY_SIZE(hub_fields),
	.fields = hub_fields,
	.post_load = hub_post_load,
};

/* clang-format off */
static const u8 hub_config[] = {
	9, USB_DT_CONFIG, 0, 0, 1, 1, 0, 0xe0, 0,
	9, USB_DT_INTERFACE, 0, 0, 1, 9, 0, 0, 0,
	7, USB_DT_ENDPOINT, 0x80 | ENDPOINT, 3, 2, 0, 255,
};
/* clang-format on */

static const struct usb_description hub_description = {
	.vendor = 0x0409,
	.product = 0x55aa,
	.release = 0x0101,
	.device_class = 9,
	.manufacturer = "Powervisor",
	.name = "USB hub",
	.speeds = 1 << USB_FULL,
	.config = {[USB_FULL] = {hub_config, sizeof(hub_config)}},
};

/* --- ports --- */
static struct usb_port *hub_port(struct usb_device *d, u32 number)
{
	struct usb_hub *h = of(d);

	return number < h->nr_ports ? &h->ports[number] : NULL;
}

static void set_changed(struct usb_hub *h, u32 i, u32 bits)
{
	h->state.changes[i] |= bits;
	usb_wakeup(&h->usb, USB_PID_IN, ENDPOINT);
}

static void connect(struct usb_hub *h, u32 i)
{
	const struct usb_device *d = h->ports[i].device;

	h->ports[i].enabled = false;
	h->state.status[i] = POWER | (d ? CONNECTED | (d->speed == USB_LOW ? LOW_SPEED : 0) : 0);
}

static void hub_port_changed(struct usb_device *d, struct usb_port *p)
{
	connect(of(d), p->index);
	set_changed(of(d), p->index, CONNECTED);
}

static void reset_port(struct usb_hub *h, u32 i)
{
	struct usb_device *d = h->ports[i].device;

	if (!d)
		return;
	usb_reset_device(d);
	h->ports[i].enabled = true;
	h->state.status[i] = (h->state.status[i] | ENABLED) & ~(u32)SUSPENDED;
	set_changed(h, i, RESET);
}

static int set_port_feature(struct usb_hub *h, u32 i, u32 feature)
{
	switch (feature) {
	case FEATURE_RESET:
		reset_port(h, i);
		return 0;
	case FEATURE_SUSPEND:
		if (h->state.status[i] & ENABLED)
			h->state.status[i] |= SUSPENDED;
		return 0;
	case FEATURE_POWER:
		return 0;
	default:
		return -1;
	}
}

static int clear_port_feature(struct usb_hub *h, u32 i, u32 feature)
{
	switch (feature) {
	case FEATURE_ENABLE:
		h->state.status[i] &= ~(u32)(ENABLED | SUSPENDED);
		h->ports[i].enabled = false;
		return 0;
	case FEATURE_SUSPEND:
		if (h->state.status[i] & SUSPENDED)
			set_changed(h, i, SUSPENDED);
		h->state.status[i] &= ~(u32)SUSPENDED;
		return 0;
	case FEATURE_POWER:
		return 0;
	default:
		if (feature < FEATURE_CHANGES || feature > FEATURE_CHANGES + 4)
			return -1;
		h->state.changes[i] &= ~(1u << (feature - FEATURE_CHANGES));
		return 0;
	}
}

/* --- requests (11.24) --- */
static int put_descriptor(u8 *data)
{
	static const u8 descriptor[DESCRIPTOR_BYTES] = {
		DESCRIPTOR_BYTES, USB_DT_HUB, PORTS, 0x0a, 0, 1, 0, 0, 0, 0xff, 0xff};

	memcpy(data, descriptor, sizeof(descriptor));
	return sizeof(descriptor);
}

static int hub_control(struct usb_device *d, const struct usb_request *r, u8 *data)
{
	struct usb_hub *h = of(d);
	u32 i = (r->index & 0xff) - 1u;

	if ((r->type & 0x7f) == OF_PORT && i >= PORTS)
		return -1;
	switch (r->type << 8 | r->request) {
	case (USB_TO_HOST | OF_HUB) << 8 | USB_GET_DESCRIPTOR:
		return r->value >> 8 == USB_DT_HUB ? put_descriptor(data) : -1;
	case (USB_TO_HOST | OF_HUB) << 8 | USB_GET_STATUS:
		memset(data, 0, 4);
		return 4;
	case (USB_TO_HOST | OF_PORT) << 8 | USB_GET_STATUS:
		st_le16(data, (u16)h->state.status[i]);
		st_le16(data + 2, (u16)h->state.changes[i]);
		return 4;
	case OF_HUB << 8 | USB_SET_FEATURE:
	case OF_HUB << 8 | USB_CLEAR_FEATURE:
		return r->value > 1 ? -1 : 0;
	case OF_PORT << 8 | USB_SET_FEATURE:
		return set_port_feature(h, i, r->value);
	case OF_PORT << 8 | USB_CLEAR_FEATURE:
		return clear_port_feature(h, i, r->value);
	default:
		return -1;
	}
}

/* A bit for each port where something changed; bit 0 is the hub's own. */
static enum usb_status hub_data(struct usb_device *d, struct usb_packet *p)
{
	struct usb_hub *h = of(d);
	u32 bits = 0;
	u8 raw[2];

	if (p->pid != USB_PID_IN || p->endpoint != ENDPOINT)
		return USB_STALL;
	for (u32 i = 0; i < PORTS; i++)
		bits |= h->state.changes[i] ? 2u << i : 0;
	if (!bits)
		return USB_NAK;
	st_le16(raw, (u16)bits);
	p->actual = iov_from_buf(p->iov, p->niov, 0, raw, sizeof(raw));
	return USB_OK;
}

static void hub_bus_reset(struct usb_device *d)
{
	struct usb_hub *h = of(d);

	for (u32 i = 0; i < PORTS; i++) {
		connect(h, i);
		h->state.changes[i] = h->ports[i].device ? CONNECTED : 0;
	}
}

static const struct usb_ops hub_ops = {
	.reset = hub_bus_reset,
	.control = hub_control,
	.data = hub_data,
	.port = hub_port,
	.port_changed = hub_port_changed,
};

/* --- life --- */
static struct usb_hub *of_device(struct device *dev)
{
	return container_of(dev, struct usb_hub, usb.dev);
}

static int hub_realize(struct device *dev, struct error *e)
{
	struct usb_hub *h = of_device(dev);
	int err = usb_attach(&h->usb, &hub_ops, &hub_description, &h->state.usb, e);

	if (err)
		return err;
	if (h->usb.port->depth + 1 >= USB_MAX_DEPTH) {
		usb_detach(&h->usb);
		return error_set(e, -EINVAL, "usb-hub: %d hubs stand one behind the other",
				 USB_MAX_DEPTH);
	}
	os_mutex_lock(&h->usb.bus->work);
	usb_hub_ports_init(&h->usb, h->ports, PORTS, 1 << USB_LOW | 1 << USB_FULL);
	h->nr_ports = PORTS;
	os_mutex_unlock(&h->usb.bus->work);
	return 0;
}

/* What is plugged into it goes with it. */
static void hub_unrealize(struct device *dev)
{
	struct usb_hub *h = of_device(dev);

	for (u32 i = 0; i < PORTS; i++)
		if (h->ports[i].device)
			device_remove(&h->ports[i].device->dev);
	usb_detach(&h->usb);
}

static void hub_reset(struct device *dev)
{
	struct usb_hub *h = of_device(dev);

	os_mutex_lock(&h->usb.bus->work);
	usb_reset_device(&h->usb);
	os_mutex_unlock(&h->usb.bus->work);
}

static const struct device_prop props[] = {
	{"serial", "serial number that the guest sees", PROP_STRING,
	 offsetof(struct usb_hub, usb.serial), NULL},
	USB_DEVICE_PROPS(struct usb_hub, usb),
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class usb_hub_class = {
	.name = "usb-hub",
	.help = "USB 1.1 hub of eight ports",
	.bus_type = BUS_USB,
	.size = sizeof(struct usb_hub),
	.props = props,
	.realize = hub_realize,
	.unrealize = hub_unrealize,
	.reset = hub_reset,
	.dt = device_no_dt,
	.state = &hub_table,
	.state_offset = offsetof(struct usb_hub, state),
};
