// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * USB keyboard, mouse and tablet (Device Class Definition for HID 1.11). What the user does comes
 * from host/input.h, waits in a queue and goes to the host one report for each thing that happened.
 * Movements that nobody has fetched yet are added up. An idle rate is kept and not obeyed: reports
 * come when something changes.
 */
#include <errno.h>
#include <string.h>

#include "base/endian.h"
#include "device/usb.h"
#include "host/input.h"
#include "vm/vm.h"

enum {
	ENDPOINT = 1,
	QUEUE = 64,
	KEYS = 6, /* of a report */
	MODIFIERS = 0xe0,
	ROLL_OVER = 1,
	WHEEL_MAX = 127,

	GET_REPORT = 1,
	GET_IDLE = 2,
	GET_PROTOCOL = 3,
	SET_REPORT = 9,
	SET_IDLE = 10,
	SET_PROTOCOL = 11,
	PROTOCOL_REPORT = 1,
};

enum hid_kind { KEYBOARD, MOUSE, TABLET };

/* Saved. A key: code in x, whether it is down in buttons. */
struct hid_event {
	u32 x, y, buttons, wheel; /* two's complement */
};

struct hid_state {
	struct usb_device_state usb;
	u32 protocol, idle, leds;
	u32 first, count; /* of the queue */
	u32 modifiers, nr_keys;
	struct hid_event now; /* what was reported last; a distance: 0 */
	struct hid_event queue[QUEUE];
	u8 keys[16]; /* that are down, the last one last */
};

struct usb_hid {
	struct usb_device usb;
	enum hid_kind kind;
	struct input_sink sink;
	const u8 *report;
	u32 report_len;
	bool active; /* the driver asks for reports */
	struct hid_state state;
};

static struct usb_hid *of(struct usb_device *d)
{
	return container_of(d, struct usb_hid, usb);
}

/* --- saved state --- */
static const struct state_field event_fields[] = {
	STATE_FIELD(struct hid_event, x, STATE_U32),
	STATE_FIELD(struct hid_event, y, STATE_U32),
	STATE_FIELD(struct hid_event, buttons, STATE_U32),
	STATE_FIELD(struct hid_event, wheel, STATE_U32),
};

static const struct state_table event_table = {
	.name = "usb-hid/event",
	.size = sizeof(struct hid_event),
	.nr_fields = ARRAY_SIZE(event_fields),
	.fields = event_fields,
};

static const struct state_field hid_fields[] = {
	STATE_STRUCT(struct hid_state, usb, &usb_device_state_table),
	STATE_FIELD(struct hid_state, protocol, STATE_U32),
	STATE_FIELD(struct hid_state, idle, STATE_U32),
	STATE_FIELD(struct hid_state, leds, STATE_U32),
	STATE_FIELD(struct hid_state, first, STATE_U32),
	STATE_FIELD(struct hid_state, count, STATE_U32),
	STATE_FIELD(struct hid_state, modifiers, STATE_U32),
	STATE_FIELD(struct hid_state, nr_keys, STATE_U32),
	STATE_STRUCT(struct hid_state, now, &event_table),
	STATE_STRUCT_ARRAY(struct hid_state, queue, &event_table),
	STATE_FIELD(struct hid_state, keys, STATE_BYTES),
};

static int hid_post_load(void *obj, struct error *e)
{
	const struct hid_state *s = obj;

	if (s->first >= QUEUE || s->count > QUEUE || s->nr_keys > sizeof(s->keys))
		return error_set(e, -EINVAL, "saved state of a USB input device is damaged");
	return 0;
}

#define HID_TABLE(variable, text)                                                                  \
	static const struct state_table variable = {                                               \
		.name = (text),                                                                    \
		.size = sizeof(struct hid_state),                                                  \
		.nr_fields = ARRAY_SIZE(hid_fields),                                               \
		.fields = hid_fields,                                                              \
		.post_load = hid_post_load,                                                        \
	}
HID_TABLE(kbd_table, "usb-kbd");
HID_TABLE(mouse_table, "usb-mouse");
HID_TABLE(tablet_table, "usb-tablet");

/* --- descriptors --- */
/* clang-format off */
static const u8 kbd_report[] = {
	0x05, 0x01, 0x09, 0x06, 0xa1, 0x01,		/* a keyboard */
	0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7,		/* bits of its modifiers */
	0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02,
	0x95, 0x01, 0x75, 0x08, 0x81, 0x01,		/* a byte of nothing */
	0x95, 0x05, 0x75, 0x01, 0x05, 0x08, 0x19, 0x01, 0x29, 0x05, 0x91, 0x02,	/* lamps */
	0x95, 0x01, 0x75, 0x03, 0x91, 0x01,
	0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x26, 0xff, 0x00,	/* six keys */
	0x05, 0x07, 0x19, 0x00, 0x2a, 0xff, 0x00, 0x81, 0x00,
	0xc0,
};

#define BUTTONS								\
	0x05, 0x01, 0x09, 0x02, 0xa1, 0x01, 0x09, 0x01, 0xa1, 0x00,	\
	0x05, 0x09, 0x19, 0x01, 0x29, 0x05, 0x15, 0x00, 0x25, 0x01,	\
	0x95, 0x05, 0x75, 0x01, 0x81, 0x02, 0x95, 0x01, 0x75, 0x03, 0x81, 0x01

static const u8 mouse_report[] = {
	BUTTONS,
	0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x09, 0x38,	/* two distances, a wheel */
	0x15, 0x81, 0x25, 0x7f, 0x75, 0x08, 0x95, 0x03, 0x81, 0x06,
	0xc0, 0xc0,
};

static const u8 tablet_report[] = {
	BUTTONS,
	0x05, 0x01, 0x09, 0x30, 0x09, 0x31,		/* a place */
	0x15, 0x00, 0x26, 0xff, 0x7f, 0x35, 0x00, 0x46, 0xff, 0x7f,
	0x75, 0x10, 0x95, 0x02, 0x81, 0x02,
	0x09, 0x38, 0x15, 0x81, 0x25, 0x7f, 0x35, 0x00, 0x45, 0x00,	/* a wheel */
	0x75, 0x08, 0x95, 0x01, 0x81, 0x06,
	0xc0, 0xc0,
};

/* One configuration, interface, class descriptor, interrupt endpoint. Intervals: milliseconds at
 * full speed, 125 us * 2^(n - 1) at high speed. */
#define CONFIG(subclass, protocol, report, packet, interval) {			\
	9, USB_DT_CONFIG, 0, 0, 1, 1, 0, 0xa0, 50,				\
	9, USB_DT_INTERFACE, 0, 0, 1, 3, subclass, protocol, 0,			\
	9, USB_DT_HID, 0x11, 0x01, 0, 1, USB_DT_REPORT, sizeof(report), 0,	\
	7, USB_DT_ENDPOINT, 0x80 | ENDPOINT, 3, packet, 0, interval }

static const u8 kbd_full[] = CONFIG(1, 1, kbd_report, 8, 10);
static const u8 kbd_high[] = CONFIG(1, 1, kbd_report, 8, 7);
static const u8 mouse_full[] = CONFIG(1, 2, mouse_report, 4, 10);
static const u8 mouse_high[] = CONFIG(1, 2, mouse_report, 4, 7);
static const u8 tablet_full[] = CONFIG(0, 0, tablet_report, 8, 10);
static const u8 tablet_high[] = CONFIG(0, 0, tablet_report, 8, 4);

#define DESCRIPTION(text, full, high) {						\
	.vendor = 0x0627, .product = 1, .release = 0x0100,			\
	.manufacturer = "Powervisor", .name = (text),				\
	.speeds = 1 << USB_FULL | 1 << USB_HIGH,				\
	.config = {[USB_FULL] = {full, sizeof(full)}, [USB_HIGH] = {high, sizeof(high)}} }

static const struct usb_description kbd_description = DESCRIPTION("USB keyboard", kbd_full, kbd_high);
static const struct usb_description mouse_description = DESCRIPTION("USB mouse", mouse_full, mouse_high);
static const struct usb_description tablet_description = DESCRIPTION("USB tablet", tablet_full, tablet_high);

/* Usages of the keyboard page by Linux's key codes. */
static const u8 usages[] = {
	0,    0x29, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25,	/* 0: nothing, escape, 1 ... */
	0x26, 0x27, 0x2d, 0x2e, 0x2a, 0x2b, 0x14, 0x1a, 0x08, 0x15,	/* 10 */
	0x17, 0x1c, 0x18, 0x0c, 0x12, 0x13, 0x2f, 0x30, 0x28, 0xe0,	/* 20 */
	0x04, 0x16, 0x07, 0x09, 0x0a, 0x0b, 0x0d, 0x0e, 0x0f, 0x33,	/* 30: a, s, d ... */
	0x34, 0x35, 0xe1, 0x31, 0x1d, 0x1b, 0x06, 0x19, 0x05, 0x11,	/* 40 */
	0x10, 0x36, 0x37, 0x38, 0xe5, 0x55, 0xe2, 0x2c, 0x39, 0x3a,	/* 50 */
	0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x40, 0x41, 0x42, 0x43, 0x53,	/* 60: F2 ... F10, num lock */
	0x47, 0x5f, 0x60, 0x61, 0x56, 0x5c, 0x5d, 0x5e, 0x57, 0x59,	/* 70: the keypad */
	0x5a, 0x5b, 0x62, 0x63, 0,    0,    0x64, 0x44, 0x45, 0x87,	/* 80 */
	0,    0,    0x8a, 0x88, 0x8b, 0,    0x58, 0xe4, 0x54, 0x46,	/* 90 */
	0xe6, 0,    0x4a, 0x52, 0x4b, 0x50, 0x4f, 0x4d, 0x51, 0x4e,	/* 100: right alt, home, up ... */
	0x49, 0x4c, 0,    0x7f, 0x81, 0x80, 0x66, 0x67, 0,    0x48,	/* 110 */
	0,    0x85, 0x90, 0x91, 0x89, 0xe3, 0xe7, 0x65, 0x78, 0x79,	/* 120 */
	0x76, 0x7a, 0,    0x7c, 0,    0x7d, 0x7e, 0x7b, 0x75, 0,	/* 130 */
	[183] = 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, /* F13 ... */
};
/* clang-format on */

/* --- the user --- */
static struct hid_event *queued(struct hid_state *s, u32 i)
{
	return &s->queue[(s->first + i) % QUEUE];
}

static void push(struct usb_hid *h, const struct hid_event *e)
{
	*queued(&h->state, h->state.count++) = *e;
	usb_wakeup(&h->usb, USB_PID_IN, ENDPOINT);
}

static void hid_key(void *opaque, u16 code, bool down)
{
	struct usb_hid *h = opaque;
	u8 usage = code < sizeof(usages) ? usages[code] : 0;

	os_mutex_lock(&h->usb.bus->work);
	if (usage && h->usb.bus->running && h->state.count < QUEUE)
		push(h, &(struct hid_event){.x = usage, .buttons = down});
	os_mutex_unlock(&h->usb.bus->work);
}

/* Two movements with the same buttons are one, and so is everything when the queue is full. */
static void hid_pointer(void *opaque, s32 x, s32 y, u32 buttons, s32 wheel)
{
	struct usb_hid *h = opaque;
	struct hid_state *s = &h->state;
	struct hid_event e = {(u32)x, (u32)y, buttons & 31, (u32)wheel}, *last;

	os_mutex_lock(&h->usb.bus->work);
	last = s->count ? queued(s, s->count - 1) : NULL;
	if (last && (last->buttons == e.buttons || s->count == QUEUE)) {
		last->x = h->kind == MOUSE ? last->x + e.x : e.x;
		last->y = h->kind == MOUSE ? last->y + e.y : e.y;
		last->wheel += e.wheel;
		last->buttons = e.buttons;
	} else if (h->usb.bus->running) {
		push(h, &e);
	}
	os_mutex_unlock(&h->usb.bus->work);
}

/* --- reports --- */
static u32 clamp(u32 *left)
{
	s32 v = (s32)*left, n = v < -WHEEL_MAX ? -WHEEL_MAX : v > WHEEL_MAX ? WHEEL_MAX : v;

	*left -= (u32)n;
	return (u32)n;
}

static void press(struct hid_state *s, u8 usage, bool down)
{
	u32 kept = 0;

	if (usage >= MODIFIERS) {
		u32 bit = 1u << (usage & 7);

		s->modifiers = down ? s->modifiers | bit : s->modifiers & ~bit;
		return;
	}
	for (u32 i = 0; i < s->nr_keys; i++)
		if (s->keys[i] != usage)
			s->keys[kept++] = s->keys[i];
	s->nr_keys = kept;
	if (down && kept < sizeof(s->keys))
		s->keys[s->nr_keys++] = usage;
}

/* The next thing that happened becomes `now`. */
static void take(struct usb_hid *h)
{
	struct hid_state *s = &h->state;
	struct hid_event *e = queued(s, 0);
	bool done = true;

	if (h->kind == KEYBOARD) {
		press(s, (u8)e->x, e->buttons);
	} else if (h->kind == TABLET) {
		s->now = *e;
		s->now.wheel = clamp(&e->wheel);
		done = !e->wheel;
	} else {
		s->now.buttons = e->buttons;
		s->now.x = clamp(&e->x);
		s->now.y = clamp(&e->y);
		s->now.wheel = clamp(&e->wheel);
		done = !e->x && !e->y && !e->wheel;
	}
	if (done) {
		s->first = (s->first + 1) % QUEUE;
		s->count--;
	}
}

static u32 put_report(struct usb_hid *h, u8 out[8])
{
	struct hid_state *s = &h->state;

	memset(out, 0, 8);
	if (h->kind == KEYBOARD) {
		out[0] = (u8)s->modifiers;
		if (s->nr_keys > KEYS)
			memset(out + 2, ROLL_OVER, KEYS);
		else
			memcpy(out + 2, s->keys, s->nr_keys);
		return 8;
	}
	out[0] = (u8)s->now.buttons;
	if (h->kind == TABLET) {
		st_le16(out + 1, (u16)s->now.x);
		st_le16(out + 3, (u16)s->now.y);
		out[5] = (u8)s->now.wheel;
		return 6;
	}
	out[1] = (u8)s->now.x;
	out[2] = (u8)s->now.y;
	out[3] = (u8)s->now.wheel;
	return 4;
}

static enum usb_status hid_data(struct usb_device *d, struct usb_packet *p)
{
	struct usb_hid *h = of(d);
	u8 report[8];

	if (p->pid != USB_PID_IN || p->endpoint != ENDPOINT)
		return USB_STALL;
	if (!h->active)
		input_activate(d->dev.vm->backends ? d->dev.vm->backends->input : NULL, &h->sink);
	h->active = true;
	if (!h->state.count)
		return USB_NAK;
	take(h);
	p->actual = iov_from_buf(p->iov, p->niov, 0, report, put_report(h, report));
	return USB_OK;
}

/* --- requests (7.2) --- */
static int get_class_descriptor(struct usb_hid *h, const struct usb_request *r, u8 *data)
{
	const u8 *config = h->usb.description->config[h->usb.speed].bytes;

	if (r->value >> 8 == USB_DT_REPORT) {
		memcpy(data, h->report, h->report_len);
		return (int)h->report_len;
	}
	if (r->value >> 8 != USB_DT_HID)
		return -1;
	memcpy(data, config + 18, 9);
	return 9;
}

static int hid_control(struct usb_device *d, const struct usb_request *r, u8 *data)
{
	enum { GET = USB_TO_HOST | USB_CLASS | USB_INTERFACE, SET = USB_CLASS | USB_INTERFACE };
	struct usb_hid *h = of(d);
	struct hid_state *s = &h->state;

	switch (r->type << 8 | r->request) {
	case (USB_TO_HOST | USB_INTERFACE) << 8 | USB_GET_DESCRIPTOR:
		return get_class_descriptor(h, r, data);
	case GET << 8 | GET_REPORT:
		return (int)put_report(h, data);
	case GET << 8 | GET_IDLE:
		data[0] = (u8)s->idle;
		return 1;
	case GET << 8 | GET_PROTOCOL:
		data[0] = (u8)s->protocol;
		return 1;
	case SET << 8 | SET_REPORT:
		if (h->kind == KEYBOARD && r->length)
			s->leds = data[0];
		return h->kind == KEYBOARD ? 0 : -1;
	case SET << 8 | SET_IDLE:
		s->idle = r->value >> 8;
		return 0;
	case SET << 8 | SET_PROTOCOL:
		s->protocol = r->value & 1;
		return 0;
	default:
		return -1;
	}
}

static void hid_bus_reset(struct usb_device *d)
{
	struct usb_hid *h = of(d);
	struct hid_state *s = &h->state;

	h->active = false;
	s->protocol = PROTOCOL_REPORT;
	s->idle = s->leds = s->first = s->count = s->modifiers = s->nr_keys = 0;
	memset(&s->now, 0, sizeof(s->now));
}

static const struct usb_ops hid_ops = {
	.reset = hid_bus_reset,
	.control = hid_control,
	.data = hid_data,
};

/* --- life --- */
static struct usb_hid *of_device(struct device *dev)
{
	return container_of(dev, struct usb_hid, usb.dev);
}

static struct input_hub *hub(const struct usb_hid *h)
{
	const struct device_backends *b = h->usb.dev.vm->backends;

	return b ? b->input : NULL;
}

static int realize(struct usb_hid *h, enum hid_kind kind, const struct usb_description *t,
		   struct error *e)
{
	static const u32 kinds[] = {INPUT_KEYS, INPUT_RELATIVE, INPUT_ABSOLUTE};
	int err;

	h->kind = kind;
	h->sink = (struct input_sink){kinds[kind], hid_key, hid_pointer, h, 0};
	err = usb_attach(&h->usb, &hid_ops, t, &h->state.usb, e);
	if (!err && input_add(hub(h), &h->sink)) {
		usb_detach(&h->usb);
		err = error_set(e, -ENOSPC, "%s: there are too many", h->usb.dev.cls->name);
	}
	return err;
}

static int kbd_realize(struct device *dev, struct error *e)
{
	struct usb_hid *h = of_device(dev);

	h->report = kbd_report;
	h->report_len = sizeof(kbd_report);
	return realize(h, KEYBOARD, &kbd_description, e);
}

static int mouse_realize(struct device *dev, struct error *e)
{
	struct usb_hid *h = of_device(dev);

	h->report = mouse_report;
	h->report_len = sizeof(mouse_report);
	return realize(h, MOUSE, &mouse_description, e);
}

static int tablet_realize(struct device *dev, struct error *e)
{
	struct usb_hid *h = of_device(dev);

	h->report = tablet_report;
	h->report_len = sizeof(tablet_report);
	return realize(h, TABLET, &tablet_description, e);
}

static void hid_unrealize(struct device *dev)
{
	struct usb_hid *h = of_device(dev);

	input_remove(hub(h), &h->sink);
	usb_detach(&h->usb);
}

static void hid_reset(struct device *dev)
{
	struct usb_hid *h = of_device(dev);

	os_mutex_lock(&h->usb.bus->work);
	usb_reset_device(&h->usb);
	os_mutex_unlock(&h->usb.bus->work);
}

static const struct device_prop props[] = {
	{"serial", "serial number that the guest sees", PROP_STRING,
	 offsetof(struct usb_hid, usb.serial), NULL},
	USB_DEVICE_PROPS(struct usb_hid, usb),
	{NULL, NULL, 0, 0, NULL},
};

#define HID_CLASS(variable, text, what, realizes, table)                                           \
	const struct device_class variable = {                                                     \
		.name = (text),                                                                    \
		.help = (what),                                                                    \
		.bus_type = BUS_USB,                                                               \
		.size = sizeof(struct usb_hid),                                                    \
		.props = props,                                                                    \
		.realize = (realizes),                                                             \
		.unrealize = hid_unrealize,                                                        \
		.reset = hid_reset,                                                                \
		.dt = device_no_dt,                                                                \
		.state = &(table),                                                                 \
		.state_offset = offsetof(struct usb_hid, state),                                   \
	}
HID_CLASS(usb_kbd_class, "usb-kbd", "USB keyboard", kbd_realize, kbd_table);
HID_CLASS(usb_mouse_class, "usb-mouse", "USB mouse", mouse_realize, mouse_table);
HID_CLASS(usb_tablet_class, "usb-tablet", "USB pointer with absolute positions", tablet_realize,
	  tablet_table);
