// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A USB disk or CD-ROM drive: Mass Storage Class, Bulk-Only Transport 1.0, over a target of scsi.h.
 *
 * A command block comes at endpoint 2, data at 1 or 2, a status at 1. Where one transfer carries
 * all data of a READ or WRITE, the disk works on the guest's memory; all other data goes through a
 * buffer, so that a command of the wrong direction touches nothing of the guest's.
 */
#include <errno.h>
#include <string.h>

#include "base/endian.h"
#include "base/log.h"
#include "bus/pci.h"
#include "device/scsi.h"
#include "device/usb.h"
#include "vm/vm.h"

enum {
	IN = 1,
	OUT = 2,

	COMMAND_BYTES = 31,
	STATUS_BYTES = 13,
	COMMAND_SIGNATURE = 0x43425355,
	STATUS_SIGNATURE = 0x53425355,
	TO_HOST = 0x80,

	STATUS_GOOD = 0,
	STATUS_FAILED = 1,
	STATUS_PHASE_ERROR = 2,

	REQUEST_RESET = 0xff,
	REQUEST_MAX_LUN = 0xfe,

	BUFFER_BYTES = 256 << 10,
};

enum phase { COMMAND, DATA_OUT, DATA_IN, STATUS, LOST, PHASES };

struct storage_state {
	struct usb_device_state usb;
	u32 phase, tag;
	u32 total; /* bytes of data that the host announced */
	u32 at;	   /* how many of them went by */
	u32 ready; /* bytes of the answer in the buffer */
	u32 moved; /* what the target used or made */
	u32 status;
	u32 submitted; /* the target has had the command */
	u8 lun, cdb_len;
	u8 cdb[16];
	u8 pad[6];
	u8 buffer[BUFFER_BYTES];
};

struct usb_storage {
	struct usb_device usb;
	struct block *block; /* property */
	bool removable;
	struct scsi_bus scsi;
	struct scsi_request request;
	struct iovec buffer_iov;
	struct iovec *cut; /* a shortened vector */
	int cut_room;
	bool busy;		    /* the target works */
	struct usb_packet *waiting; /* for it */
	struct usb_event finished;
	struct storage_state state;
};

static struct usb_storage *of(struct usb_device *d)
{
	return container_of(d, struct usb_storage, usb);
}

/* --- saved state --- */
static const struct state_field buffer_fields[] = {
	STATE_FIELD(struct storage_state, buffer, STATE_BYTES),
};

static bool buffer_needed(const void *obj)
{
	const struct storage_state *s = obj;

	return s->phase == DATA_OUT || s->phase == DATA_IN;
}

static const struct state_table buffer_table = {
	.name = "usb-storage/buffer",
	.size = sizeof(struct storage_state),
	.nr_fields = ARRAY_SIZE(buffer_fields),
	.fields = buffer_fields,
	.needed = buffer_needed,
};

static const struct state_table *const subsections[] = {&buffer_table, NULL};

static const struct state_field storage_fields[] = {
	STATE_STRUCT(struct storage_state, usb, &usb_device_state_table),
	STATE_FIELD(struct storage_state, phase, STATE_U32),
	STATE_FIELD(struct storage_state, tag, STATE_U32),
	STATE_FIELD(struct storage_state, total, STATE_U32),
	STATE_FIELD(struct storage_state, at, STATE_U32),
	STATE_FIELD(struct storage_state, ready, STATE_U32),
	STATE_FIELD(struct storage_state, moved, STATE_U32),
	STATE_FIELD(struct storage_state, status, STATE_U32),
	STATE_FIELD(struct storage_state, submitted, STATE_U32),
	STATE_FIELD(struct storage_state, lun, STATE_U8),
	STATE_FIELD(struct storage_state, cdb_len, STATE_U8),
	STATE_FIELD(struct storage_state, cdb, STATE_BYTES),
	STATE_FIELD(struct storage_state, pad, STATE_DERIVED),
};

static int storage_post_load(void *obj, struct error *e)
{
	struct storage_state *s = obj;

	if (s->phase >= PHASES || s->at > s->total || s->ready > BUFFER_BYTES ||
	    s->status > STATUS_PHASE_ERROR || s->submitted > 1 || s->cdb_len > sizeof(s->cdb) ||
	    (s->phase == DATA_OUT && s->at > BUFFER_BYTES))
		return error_set(e, -EINVAL, "saved state of usb-storage is damaged");
	return 0;
}

static const struct state_table storage_table = {
	.name = "usb-storage",
	.size = sizeof(struct storage_state),
	.nr_fields = ARRAY_SIZE(storage_fields),
	.fields = storage_fields,
	.subsections = subsections,
	.post_load = storage_post_load,
};

/* --- descriptors --- */
#define INTERFACE		  9, USB_DT_INTERFACE, 0, 0, 2, 8, 6, 0x50, 0
#define CONFIG			  9, USB_DT_CONFIG, 0, 0, 1, 1, 0, 0xc0, 0
#define BULK(endpoint, low, high) 7, USB_DT_ENDPOINT, endpoint, 2, low, high, 0
/* Up to 16 packets in a burst (3.2, 9.6.7) */
#define COMPANION 6, USB_DT_COMPANION, 15, 0, 0, 0

static const u8 full_config[] = {CONFIG, INTERFACE, BULK(0x80 | IN, 64, 0), BULK(OUT, 64, 0)};
static const u8 high_config[] = {CONFIG, INTERFACE, BULK(0x80 | IN, 0, 2), BULK(OUT, 0, 2)};
static const u8 super_config[] = {CONFIG,    INTERFACE,	      BULK(0x80 | IN, 0, 4),
				  COMPANION, BULK(OUT, 0, 4), COMPANION};

static const struct usb_description storage_description = {
	.vendor = 0x46f4,
	.product = 1,
	.release = 0x0100,
	.manufacturer = "Powervisor",
	.name = "USB storage",
	.speeds = 1 << USB_FULL | 1 << USB_HIGH | 1 << USB_SUPER,
	.config =
		{
			[USB_FULL] = {full_config, sizeof(full_config)},
			[USB_HIGH] = {high_config, sizeof(high_config)},
			[USB_SUPER] = {super_config, sizeof(super_config)},
		},
};

/* --- the target --- */
static void enter(struct usb_storage *s, enum phase phase)
{
	s->state.phase = phase;
	usb_wakeup(&s->usb, USB_PID_IN, IN);
	usb_wakeup(&s->usb, USB_PID_OUT, OUT);
}

static void request_done(struct scsi_request *r)
{
	struct usb_storage *s = r->opaque;

	usb_post(s->usb.bus, &s->finished);
}

static void submit(struct usb_storage *s, const struct iovec *iov, int niov, u64 room)
{
	struct storage_state *t = &s->state;

	s->request = (struct scsi_request){.iov = iov,
					   .niov = niov,
					   .room = room,
					   .to_guest = t->phase == DATA_IN,
					   .done = request_done,
					   .opaque = s};
	memcpy(s->request.cdb, t->cdb, t->cdb_len);
	t->submitted = 1;
	s->busy = true;
	scsi_submit(scsi_find(&s->scsi, 0, 0, t->lun), &s->request);
}

static void submit_buffer(struct usb_storage *s, u32 len)
{
	s->buffer_iov = (struct iovec){s->state.buffer, len};
	submit(s, &s->buffer_iov, len ? 1 : 0, len);
}

static bool moves_blocks(const struct storage_state *t, bool to_host)
{
	static const u8 ops[2][4] = {{0x0a, 0x2a, 0xaa, 0x8a}, {0x08, 0x28, 0xa8, 0x88}};

	return t->cdb_len && memchr(ops[to_host], t->cdb[0], 4);
}

/* The packet's first `total` bytes and no more. */
static bool submit_packet(struct usb_storage *s, const struct usb_packet *p)
{
	u64 left = s->state.total;
	int n = 0;

	if (p->niov > s->cut_room) {
		os_free(s->cut);
		s->cut = os_alloc((size_t)p->niov * sizeof(*s->cut));
		s->cut_room = s->cut ? p->niov : 0;
		if (!s->cut)
			return false;
	}
	for (; left && n < p->niov; n++) {
		s->cut[n] = p->iov[n];
		if (s->cut[n].iov_len > left)
			s->cut[n].iov_len = left;
		left -= s->cut[n].iov_len;
	}
	submit(s, s->cut, n, s->state.total);
	return true;
}

/* --- phases --- */
static void fail(struct usb_storage *s, u32 status)
{
	s->state.status = status;
	s->state.submitted = 1;
}

static enum usb_status lose(struct usb_storage *s)
{
	s->state.phase = LOST;
	s->usb.state->halted_in |= 1 << IN;
	s->usb.state->halted_out |= 1 << OUT;
	return USB_STALL;
}

static enum usb_status take_command(struct usb_storage *s, struct usb_packet *p)
{
	struct storage_state *t = &s->state;
	u8 c[COMMAND_BYTES];

	if (p->len != sizeof(c) || iov_to_buf(p->iov, p->niov, 0, c, sizeof(c)) != sizeof(c) ||
	    ld_le32(c) != COMMAND_SIGNATURE || !c[14] || c[14] > sizeof(t->cdb) || c[13] > 15)
		return lose(s);
	p->actual = p->len;
	t->tag = ld_le32(c + 4);
	t->total = ld_le32(c + 8);
	t->at = t->ready = t->moved = 0;
	t->status = STATUS_GOOD;
	t->submitted = 0;
	t->lun = c[13];
	t->cdb_len = c[14];
	memset(t->cdb, 0, sizeof(t->cdb));
	memcpy(t->cdb, c + 15, t->cdb_len);
	if (t->total) {
		enter(s, c[12] & TO_HOST ? DATA_IN : DATA_OUT);
	} else {
		enter(s, STATUS);
		submit(s, NULL, 0, 0);
	}
	return USB_OK;
}

static enum usb_status wait_for_target(struct usb_storage *s, struct usb_packet *p)
{
	/* a controller has one packet of an endpoint under way; a second one waits its turn */
	if (s->waiting)
		return USB_NAK;
	s->waiting = p;
	return USB_ASYNC;
}

static enum usb_status take_data(struct usb_storage *s, struct usb_packet *p)
{
	struct storage_state *t = &s->state;
	u32 n = p->len < t->total - t->at ? (u32)p->len : t->total - t->at;

	if (s->busy)
		return USB_NAK;
	p->actual = p->len;
	if (!t->submitted && !t->at && n == t->total && moves_blocks(t, false) &&
	    submit_packet(s, p)) {
		t->at = n;
		return wait_for_target(s, p);
	}
	if (t->total > BUFFER_BYTES)
		fail(s, STATUS_PHASE_ERROR);
	else
		iov_to_buf(p->iov, p->niov, 0, t->buffer + t->at, n);
	t->at += n;
	if (t->at < t->total)
		return USB_OK;
	if (t->submitted) {
		enter(s, STATUS);
		return USB_OK;
	}
	submit_buffer(s, t->total);
	return wait_for_target(s, p);
}

/* From the buffer; a short packet ends the phase (6.7.2, case 5). */
static void give_data(struct usb_storage *s, struct usb_packet *p)
{
	struct storage_state *t = &s->state;
	u32 left = t->ready > t->at ? t->ready - t->at : 0;

	p->actual =
		iov_from_buf(p->iov, p->niov, 0, t->buffer + t->at, p->len < left ? p->len : left);
	t->at += (u32)p->actual;
	if (p->actual < p->len || t->at == t->total)
		enter(s, STATUS);
}

static enum usb_status make_data(struct usb_storage *s, struct usb_packet *p)
{
	struct storage_state *t = &s->state;

	if (s->busy)
		return USB_NAK;
	if (!t->submitted && p->len == t->total && moves_blocks(t, true) && submit_packet(s, p))
		return wait_for_target(s, p);
	if (!t->submitted && t->total > BUFFER_BYTES && moves_blocks(t, true))
		fail(s, STATUS_PHASE_ERROR);
	if (!t->submitted) {
		submit_buffer(s, t->total < BUFFER_BYTES ? t->total : BUFFER_BYTES);
		return wait_for_target(s, p);
	}
	give_data(s, p);
	return USB_OK;
}

static void give_status(struct usb_storage *s, struct usb_packet *p)
{
	struct storage_state *t = &s->state;
	u8 c[STATUS_BYTES];

	st_le32(c, STATUS_SIGNATURE);
	st_le32(c + 4, t->tag);
	st_le32(c + 8, t->total - t->moved);
	c[12] = (u8)t->status;
	p->actual = iov_from_buf(p->iov, p->niov, 0, c, sizeof(c));
	enter(s, COMMAND);
}

static enum usb_status make_status(struct usb_storage *s, struct usb_packet *p)
{
	if (p->len < STATUS_BYTES)
		return lose(s);
	if (s->busy)
		return wait_for_target(s, p);
	give_status(s, p);
	return USB_OK;
}

/* On the bus's thread. */
static void request_finished(struct usb_event *e)
{
	struct usb_storage *s = container_of(e, struct usb_storage, finished);
	struct storage_state *t = &s->state;
	struct usb_packet *p = s->waiting;
	bool direct = s->request.iov == s->cut && s->request.niov;

	s->busy = false;
	s->waiting = NULL;
	t->status = s->request.status == SCSI_GOOD ? STATUS_GOOD : STATUS_FAILED;
	t->moved = s->request.moved < t->total ? (u32)s->request.moved : t->total;
	t->ready = direct ? 0 : t->moved;
	/* what the host sent went by whatever the target made of it */
	if (t->phase == DATA_IN && direct)
		t->at = t->moved;
	if (!p) {
		enter(s, t->phase);
		return;
	}
	if (t->phase == STATUS) {
		give_status(s, p);
	} else if (t->phase == DATA_OUT) {
		enter(s, STATUS);
	} else if (direct) {
		p->actual = t->moved;
		enter(s, STATUS);
	} else {
		give_data(s, p);
	}
	usb_complete(p, USB_OK);
}

static enum usb_status storage_data(struct usb_device *d, struct usb_packet *p)
{
	struct usb_storage *s = of(d);

	if (p->pid == USB_PID_OUT && p->endpoint == OUT) {
		switch (s->state.phase) {
		case COMMAND:
			return take_command(s, p);
		case DATA_OUT:
			return take_data(s, p);
		case STATUS:
			return USB_NAK;
		}
	} else if (p->pid == USB_PID_IN && p->endpoint == IN) {
		switch (s->state.phase) {
		case COMMAND:
		case DATA_OUT:
			return USB_NAK;
		case DATA_IN:
			return make_data(s, p);
		case STATUS:
			return make_status(s, p);
		}
	}
	return USB_STALL;
}

static void storage_quiesce(struct usb_device *d)
{
	if (d->bus->pausing)
		scsi_bus_settle(&of(d)->scsi);
	else
		scsi_bus_drain(&of(d)->scsi);
}

static void restart(struct usb_storage *s)
{
	s->state.phase = COMMAND;
	s->state.total = s->state.at = s->state.ready = s->state.moved = 0;
	s->state.submitted = s->state.status = 0;
}

/* Bulk-Only Mass Storage Reset leaves halts and toggles as they are (3.1). */
static int storage_control(struct usb_device *d, const struct usb_request *r, u8 *data)
{
	struct usb_storage *s = of(d);

	switch (r->type << 8 | r->request) {
	case (USB_CLASS | USB_INTERFACE) << 8 | REQUEST_RESET:
		storage_quiesce(d);
		usb_bus_handle_posted(d->bus);
		restart(s);
		enter(s, COMMAND);
		return 0;
	case (USB_TO_HOST | USB_CLASS | USB_INTERFACE) << 8 | REQUEST_MAX_LUN:
		data[0] = 0;
		for (u32 i = 0; i < s->scsi.count; i++)
			if (s->scsi.devices[i]->lun > data[0])
				data[0] = (u8)s->scsi.devices[i]->lun;
		return 1;
	default:
		return -1;
	}
}

static void storage_bus_reset(struct usb_device *d)
{
	restart(of(d));
}

static const struct usb_ops storage_ops = {
	.reset = storage_bus_reset,
	.control = storage_control,
	.data = storage_data,
	.quiesce = storage_quiesce,
};

/* --- life --- */
static struct usb_storage *of_device(struct device *dev)
{
	return container_of(dev, struct usb_storage, usb.dev);
}

static int add_target(struct usb_storage *s, struct error *e)
{
	struct vm *vm = s->usb.dev.vm;
	struct device *target;

	s->scsi = (struct scsi_bus){.vm = vm, .channels = 1, .targets = 1, .luns = 1};
	if (vm->nr_devices == VM_MAX_DEVICES)
		return error_set(e, -ENOSPC, "usb-storage: there are too many devices");
	target = device_new(vm, block_info(s->block)->cdrom ? &scsi_cd_class : &scsi_hd_class);
	if (!target)
		return error_set(e, -ENOMEM, "out of memory");
	device_set_pointer(target, "bus", &s->scsi);
	device_set_pointer(target, "drive", s->block);
	if (s->usb.serial && device_set(target, "serial", s->usb.serial, e))
		return -EINVAL;
	if (s->removable && device_set(target, "removable", "on", e))
		return -EINVAL;
	return device_realize(target, e);
}

static int storage_realize(struct device *dev, struct error *e)
{
	struct usb_storage *s = of_device(dev);
	int err;

	if (!s->block)
		return error_set(e, -EINVAL, "usb-storage: drive= is missing");
	s->finished.handle = request_finished;
	err = add_target(s, e);
	/* the class wants 12 characters at least (4.1.1) */
	if (!s->usb.serial)
		s->usb.serial = "000000000001";
	return err ? err
		   : usb_attach(&s->usb, &storage_ops, &storage_description, &s->state.usb, e);
}

static void storage_unrealize(struct device *dev)
{
	struct usb_storage *s = of_device(dev);

	usb_detach(&s->usb);
	os_free(s->cut);
}

static void storage_reset(struct device *dev)
{
	struct usb_storage *s = of_device(dev);

	os_mutex_lock(&s->usb.bus->work);
	usb_reset_device(&s->usb);
	os_mutex_unlock(&s->usb.bus->work);
}

/* Behind hubs: hub@1/storage@2. */
static int storage_boot_path(const struct device *dev, char *path, size_t size)
{
	const struct usb_storage *s = container_of(dev, struct usb_storage, usb.dev);
	int err = pci_boot_path(s->usb.bus->controller, path, size);
	size_t at = err ? size : strlen(path);
	const char *port = s->usb.port->path, *dot;
	u32 first = 0;

	for (const char *c = port; *c >= '0' && *c <= '9'; c++)
		first = first * 10 + (u32)(*c - '0');
	for (; at < size && (dot = strchr(port, '.')); port = dot + 1)
		at += log_format(path + at, size - at, "/hub@%.*s", (int)(dot - port), port);
	if (at < size)
		at += log_format(path + at, size - at, "/storage@%s/disk@%llX", port,
				 (unsigned long long)scsi_firmware_unit(first, 0));
	return at < size ? 0 : err ? err : -ENAMETOOLONG;
}

#define OFFSET(field) offsetof(struct usb_storage, field)
static const struct device_prop storage_props[] = {
	{"drive", "the image", PROP_DRIVE, OFFSET(block), NULL},
	{"serial", "serial number that the guest sees", PROP_STRING, OFFSET(usb.serial), NULL},
	{"removable", "the guest is told so (on|off)", PROP_BOOL, OFFSET(removable), "off"},
	USB_DEVICE_PROPS(struct usb_storage, usb),
	{NULL, NULL, 0, 0, NULL},
};

const struct device_class usb_storage_class = {
	.name = "usb-storage",
	.help = "USB disk or, where the drive is media=cdrom, CD-ROM drive",
	.bus_type = BUS_USB,
	.size = sizeof(struct usb_storage),
	.props = storage_props,
	.realize = storage_realize,
	.unrealize = storage_unrealize,
	.reset = storage_reset,
	.dt = device_no_dt,
	.boot_path = storage_boot_path,
	.state = &storage_table,
	.state_offset = offsetof(struct usb_storage, state),
};
