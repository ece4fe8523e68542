// SPDX-License-Identifier: GPL-2.0-or-later
/* Control transfers and what every USB device answers to them (USB 2.0, chapter 9; 3.2, 9.4). */
#include <string.h>

#include "base/endian.h"
#include "device/usb.h"

enum {
	STAGE_NONE,
	STAGE_IN,     /* data to the host, then a status packet from it */
	STAGE_OUT,    /* data from the host */
	STAGE_STATUS, /* of a transfer to the device: the request is done there */
	STAGES,

	FEATURE_HALT = 0,
	FEATURE_REMOTE_WAKEUP = 1,
	FEATURE_FUNCTION_SUSPEND = 0,
	FEATURE_U1 = 48,
	FEATURE_U2 = 49,

	DEVICE_BYTES = 18,
	QUALIFIER_BYTES = 10,
	STATUS_SELF_POWERED = 1,
	STATUS_REMOTE_WAKEUP = 2,
	SERIAL_STRING = 3,
};

static int usb_post_load(void *obj, struct error *e)
{
	struct usb_device_state *s = obj;

	if (s->stage >= STAGES || s->len > USB_CONTROL_MAX || s->at > s->len || s->address > 127 ||
	    s->configuration > 1)
		return error_set(e, -22, "saved state of a USB device is damaged");
	return 0;
}

static const struct state_field fields[] = {
	STATE_FIELD(struct usb_device_state, address, STATE_U32),
	STATE_FIELD(struct usb_device_state, configuration, STATE_U32),
	STATE_FIELD(struct usb_device_state, remote_wakeup, STATE_U32),
	STATE_FIELD(struct usb_device_state, isoch_delay, STATE_U32),
	STATE_FIELD(struct usb_device_state, halted_in, STATE_U32),
	STATE_FIELD(struct usb_device_state, halted_out, STATE_U32),
	STATE_FIELD(struct usb_device_state, stage, STATE_U32),
	STATE_FIELD(struct usb_device_state, at, STATE_U32),
	STATE_FIELD(struct usb_device_state, len, STATE_U32),
	STATE_FIELD(struct usb_device_state, setup, STATE_BYTES),
	STATE_FIELD(struct usb_device_state, data, STATE_BYTES),
};

const struct state_table usb_device_state_table = {
	.name = "usb-device",
	.size = sizeof(struct usb_device_state),
	.nr_fields = ARRAY_SIZE(fields),
	.fields = fields,
	.post_load = usb_post_load,
};

/* --- descriptors (9.6) --- */
static int put_device(const struct usb_device *d, u8 *out)
{
	static const u16 versions[USB_SPEEDS] = {0x0110, 0x0110, 0x0200, 0x0300};
	static const u8 packet0[USB_SPEEDS] = {8, 64, 64, 9};
	const struct usb_description *t = d->description;

	memset(out, 0, DEVICE_BYTES);
	out[0] = DEVICE_BYTES;
	out[1] = USB_DT_DEVICE;
	st_le16(out + 2, versions[d->speed]);
	out[4] = t->device_class;
	out[6] = t->device_protocol;
	out[7] = packet0[d->speed];
	st_le16(out + 8, t->vendor);
	st_le16(out + 10, t->product);
	st_le16(out + 12, t->release);
	out[14] = 1;
	out[15] = 2;
	out[16] = d->serial ? SERIAL_STRING : 0;
	out[17] = 1;
	return DEVICE_BYTES;
}

/* At the other of the two speeds that a high-speed device has. */
static int put_qualifier(const struct usb_device *d, u8 *out)
{
	u32 other = d->speed == USB_HIGH ? USB_FULL : USB_HIGH;

	if (d->speed > USB_HIGH || !(d->description->speeds >> other & 1))
		return -1;
	memset(out, 0, QUALIFIER_BYTES);
	out[0] = QUALIFIER_BYTES;
	out[1] = USB_DT_QUALIFIER;
	st_le16(out + 2, 0x0200);
	out[4] = d->description->device_class;
	out[6] = d->description->device_protocol;
	out[7] = 64;
	out[8] = 1;
	return QUALIFIER_BYTES;
}

static int put_config(const struct usb_device *d, u32 speed, u8 type, u8 *out)
{
	const u8 *bytes = d->description->config[speed].bytes;
	u32 len = d->description->config[speed].len;

	if (!bytes || len > USB_CONTROL_MAX)
		return -1;
	memcpy(out, bytes, len);
	out[1] = type;
	st_le16(out + 2, (u16)len);
	return (int)len;
}

static int put_string(const struct usb_device *d, u32 index, u8 *out)
{
	const char *strings[] = {NULL, d->description->manufacturer, d->description->name,
				 d->serial};
	u32 n = 0;

	if (!index) {
		static const u8 languages[] = {4, USB_DT_STRING, 0x09, 0x04};

		memcpy(out, languages, sizeof(languages));
		return sizeof(languages);
	}
	if (index >= ARRAY_SIZE(strings) || !strings[index])
		return -1;
	for (const char *s = strings[index]; s[n] && n < 126; n++)
		st_le16(out + 2 + 2 * n, (u8)s[n]);
	out[0] = (u8)(2 + 2 * n);
	out[1] = USB_DT_STRING;
	return (int)(2 + 2 * n);
}

/* Capabilities: link power management of USB 2.0, and what SuperSpeed devices must say. */
static int put_bos(const struct usb_device *d, u8 *out)
{
	static const u8 bos[] = {
		5, USB_DT_BOS, 22,   0, 2, 7,	 USB_DT_CAPABILITY,
		2, 0,	       0,    0, 0, 10,	 USB_DT_CAPABILITY,
		3, 0,	       0x0e, 0, 1, 0x0a, 0,
		0,
	};

	if (d->speed != USB_SUPER)
		return -1;
	memcpy(out, bos, sizeof(bos));
	return sizeof(bos);
}

static int get_descriptor(struct usb_device *d, const struct usb_request *r, u8 *out)
{
	u8 index = (u8)r->value;
	u32 other = d->speed == USB_HIGH ? USB_FULL : USB_HIGH;

	switch (r->value >> 8) {
	case USB_DT_DEVICE:
		return index ? -1 : put_device(d, out);
	case USB_DT_CONFIG:
		return index ? -1 : put_config(d, d->speed, USB_DT_CONFIG, out);
	case USB_DT_OTHER_SPEED:
		return index || d->speed > USB_HIGH ? -1
						    : put_config(d, other, USB_DT_OTHER_SPEED, out);
	case USB_DT_QUALIFIER:
		return put_qualifier(d, out);
	case USB_DT_STRING:
		return put_string(d, index, out);
	case USB_DT_BOS:
		return put_bos(d, out);
	default:
		return -1;
	}
}

/* --- requests (9.4) --- */
static u32 *halted(struct usb_device *d, u16 endpoint)
{
	return endpoint & 0x80 ? &d->state->halted_in : &d->state->halted_out;
}

static int get_status(struct usb_device *d, const struct usb_request *r, u8 *out)
{
	u32 bits = 0;

	switch (r->type & 31) {
	case 0:
		bits = STATUS_SELF_POWERED | (d->state->remote_wakeup ? STATUS_REMOTE_WAKEUP : 0);
		break;
	case USB_ENDPOINT:
		bits = *halted(d, r->index) >> (r->index & 15) & 1;
		break;
	}
	st_le16(out, (u16)bits);
	return 2;
}

static int set_feature(struct usb_device *d, const struct usb_request *r, bool on)
{
	u32 *h = halted(d, r->index), bit = 1u << (r->index & 15);
	bool super = d->speed == USB_SUPER;

	switch ((r->type & 31) << 8 | (r->value & 0xff)) {
	case FEATURE_REMOTE_WAKEUP:
		d->state->remote_wakeup = on;
		return 0;
	case FEATURE_U1:
	case FEATURE_U2:
	case USB_INTERFACE << 8 | FEATURE_FUNCTION_SUSPEND:
		return super ? 0 : -1;
	case USB_ENDPOINT << 8 | FEATURE_HALT:
		*h = on ? *h | bit : *h & ~bit;
		return 0;
	default:
		return -1;
	}
}

static int set_configuration(struct usb_device *d, const struct usb_request *r)
{
	if (r->value > 1)
		return -1;
	d->state->configuration = r->value;
	d->state->halted_in = d->state->halted_out = 0;
	return 0;
}

static int set_address(struct usb_device *d, const struct usb_request *r)
{
	if (r->value > 127)
		return -1;
	d->state->address = r->value;
	return 0;
}

/* -2: not one of them. */
static int standard(struct usb_device *d, const struct usb_request *r, u8 *data)
{
	switch (r->type << 8 | r->request) {
	case USB_TO_HOST << 8 | USB_GET_DESCRIPTOR:
		return get_descriptor(d, r, data);
	case USB_TO_HOST << 8 | USB_GET_STATUS:
	case (USB_TO_HOST | USB_INTERFACE) << 8 | USB_GET_STATUS:
	case (USB_TO_HOST | USB_ENDPOINT) << 8 | USB_GET_STATUS:
		return get_status(d, r, data);
	case USB_SET_FEATURE:
	case USB_INTERFACE << 8 | USB_SET_FEATURE:
	case USB_ENDPOINT << 8 | USB_SET_FEATURE:
		return set_feature(d, r, true);
	case USB_CLEAR_FEATURE:
	case USB_INTERFACE << 8 | USB_CLEAR_FEATURE:
	case USB_ENDPOINT << 8 | USB_CLEAR_FEATURE:
		return set_feature(d, r, false);
	case USB_SET_ADDRESS:
		return set_address(d, r);
	case USB_TO_HOST << 8 | USB_GET_CONFIGURATION:
		data[0] = (u8)d->state->configuration;
		return 1;
	case USB_SET_CONFIGURATION:
		return set_configuration(d, r);
	case (USB_TO_HOST | USB_INTERFACE) << 8 | USB_GET_INTERFACE:
		data[0] = 0;
		return r->index ? -1 : 1;
	case USB_INTERFACE << 8 | USB_SET_INTERFACE:
		return r->index || r->value ? -1 : 0;
	case USB_SET_SEL:
		return d->speed == USB_SUPER ? 0 : -1;
	case USB_SET_ISOCH_DELAY:
		d->state->isoch_delay = r->value;
		return d->speed == USB_SUPER ? 0 : -1;
	default:
		return -2;
	}
}

static struct usb_request parse(const u8 *p)
{
	return (struct usb_request){p[0], p[1], ld_le16(p + 2), ld_le16(p + 4), ld_le16(p + 6)};
}

int usb_control(struct usb_device *d, const u8 setup[8], u8 *data)
{
	struct usb_request r = parse(setup);
	int n;

	if (!(r.type & USB_TO_HOST) && r.length > USB_CONTROL_MAX)
		return -1;
	n = standard(d, &r, data);
	if (n == -2)
		n = d->ops->control(d, &r, data);
	if (n < 0)
		return -1;
	if (!(r.type & USB_TO_HOST))
		return 0;
	return n < r.length ? n : r.length;
}

/* --- transfers in stages (8.5.3) --- */
static enum usb_status begin(struct usb_device_state *s, struct usb_device *d,
			     const struct usb_packet *p)
{
	struct usb_request r;
	int n;

	s->stage = STAGE_NONE;
	if (iov_to_buf(p->iov, p->niov, 0, s->setup, sizeof(s->setup)) != sizeof(s->setup))
		return USB_STALL;
	r = parse(s->setup);
	s->at = 0;
	if (r.type & USB_TO_HOST) {
		n = usb_control(d, s->setup, s->data);
		if (n < 0) {
			/* the setup packet itself is always taken */
			s->stage = STAGE_NONE;
			return USB_OK;
		}
		s->len = (u32)n;
		s->stage = STAGE_IN;
		return USB_OK;
	}
	if (r.length > USB_CONTROL_MAX)
		return USB_OK;
	s->len = r.length;
	s->stage = s->len ? STAGE_OUT : STAGE_STATUS;
	return USB_OK;
}

static u32 part(const struct usb_device_state *s, const struct usb_packet *p)
{
	return p->len < s->len - s->at ? (u32)p->len : s->len - s->at;
}

enum usb_status usb_stage(struct usb_device *d, struct usb_packet *p)
{
	struct usb_device_state *s = d->state;
	u32 n;

	p->actual = 0;
	if (p->pid == USB_PID_SETUP) {
		p->actual = p->len;
		return begin(s, d, p);
	}
	if (s->stage == STAGE_IN && p->pid == USB_PID_IN) {
		n = part(s, p);
		p->actual = iov_from_buf(p->iov, p->niov, 0, s->data + s->at, n);
		s->at += n;
		return USB_OK;
	}
	if (s->stage == STAGE_IN) {
		s->stage = STAGE_NONE;
		return USB_OK;
	}
	if (s->stage == STAGE_OUT && p->pid == USB_PID_OUT) {
		n = part(s, p);
		p->actual = iov_to_buf(p->iov, p->niov, 0, s->data + s->at, n);
		s->at += n;
		if (s->at == s->len)
			s->stage = STAGE_STATUS;
		return p->actual == p->len ? USB_OK : USB_STALL;
	}
	if (s->stage == STAGE_STATUS && p->pid == USB_PID_IN) {
		s->stage = STAGE_NONE;
		return usb_control(d, s->setup, s->data) < 0 ? USB_STALL : USB_OK;
	}
	s->stage = STAGE_NONE;
	return USB_STALL;
}

/* --- any endpoint --- */
enum usb_status usb_submit(struct usb_device *d, struct usb_packet *p)
{
	u32 halts = p->pid == USB_PID_IN ? d->state->halted_in : d->state->halted_out;
	enum usb_status status;

	p->actual = 0;
	if (!p->endpoint)
		status = usb_stage(d, p);
	else if (halts >> p->endpoint & 1)
		status = USB_STALL;
	else
		status = d->ops->data(d, p);
	if (status == USB_NAK && p->pid == USB_PID_IN)
		d->asleep_in |= 1u << p->endpoint;
	else if (status == USB_NAK)
		d->asleep_out |= 1u << p->endpoint;
	p->status = (u8)status;
	return status;
}

void usb_reset_device(struct usb_device *d)
{
	if (d->ops->quiesce)
		d->ops->quiesce(d);
	usb_bus_handle_posted(d->bus);
	memset(d->state, 0, sizeof(*d->state));
	d->ops->reset(d);
}
