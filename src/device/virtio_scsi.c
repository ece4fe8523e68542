// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A SCSI host adapter (virtio 1.2, 5.6) over the targets of scsi.h: one channel of 256 targets. The
 * event queue says which units come, go and change; what finds no buffer of the driver's there is
 * counted as missed, and said so when one comes. A task management request waits until what is
 * under way is done, so that nothing of it is left afterwards.
 *
 * Events are sent under v->work, which guards `missed`.
 */
#include "device/virtio_scsi.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "device/scsi.h"
#include "device/virtio_plug.h"
#include "vm/vm.h"

enum {
	CTRL = 0,
	EVENT = 1,
	REQUEST = 2, /* and all that follow */
	DEFAULT_QUEUES = 0xffff,
	MAX_QUEUES = VIRTIO_MAX_QUEUES - REQUEST,

	CDB_BYTES = 32,
	SENSE_BYTES = 96,
	HEAD_BYTES = 19 + CDB_BYTES,
	RESPONSE_BYTES = 12 + SENSE_BYTES,
	CDB_AT = 19,
	CONFIG_BYTES = 36,
	MAX_TARGET = 255,
	MAX_LUN = 16383,

	S_OK = 0,
	S_BAD_TARGET = 3,
	S_FAILURE = 9,
	S_SUCCEEDED = 10,
	S_REJECTED = 11,
	T_TMF = 0,
	T_QUERY = 1,
	T_SUBSCRIBE = 2,

	F_HOTPLUG = 1 << 1,
	F_CHANGE = 1 << 2,
	EVENT_BYTES = 16,
	EVENT_TRANSPORT_RESET = 1,
	EVENT_PARAMETERS = 3,
	RESET_RESCAN = 1,
	RESET_REMOVED = 2,
};
#define EVENTS_MISSED 0x80000000u

struct virtio_scsi_state {
	struct virtio_state virtio;
	u32 missed; /* events */
	u32 pad;
};

struct virtio_scsi;

struct adapter_request {
	struct virtqueue_element el;
	struct scsi_request scsi;
	struct virtio_scsi *adapter;
	struct adapter_request *next;	  /* in the free list */
	struct adapter_request *next_all; /* in that of all there are */
	bool held;			  /* popped and not answered */
	struct iovec *data;		  /* the buffer without head and response */
	int room;
	u32 queue;
	bool to_guest;
};

struct virtio_scsi {
	struct virtio_plug p;
	struct virtio_device v;
	struct scsi_bus bus;
	u32 num_queues, queue_size, max_sectors, cmd_per_lun;
	void *iothread;
	struct virtqueue_element ctrl_el, event_el;
	struct os_mutex free_lock;
	struct adapter_request *free, *all;
	struct virtio_scsi_state state;
};

static struct virtio_scsi *of(struct virtio_device *v)
{
	return container_of(v, struct virtio_scsi, v);
}

static struct adapter_request *get_request(struct virtio_scsi *d)
{
	struct adapter_request *r;

	os_mutex_lock(&d->free_lock);
	r = d->free;
	if (r)
		d->free = r->next;
	os_mutex_unlock(&d->free_lock);
	if (r)
		return r;
	r = os_alloc(sizeof(*r));
	if (!r)
		return NULL;
	r->adapter = d;
	os_mutex_lock(&d->free_lock);
	r->next_all = d->all;
	d->all = r;
	os_mutex_unlock(&d->free_lock);
	return r;
}

static void put_request(struct adapter_request *r)
{
	struct virtio_scsi *d = r->adapter;

	os_mutex_lock(&d->free_lock);
	r->held = false;
	r->next = d->free;
	d->free = r;
	os_mutex_unlock(&d->free_lock);
}

/* --- requests (5.6.6.1) --- */
static void respond(struct adapter_request *r, u8 response)
{
	struct virtio_scsi *d = r->adapter;
	const struct scsi_request *s = &r->scsi;
	u8 raw[RESPONSE_BYTES] = {0};

	if (response == S_OK) {
		virtio_st32(&d->v, raw, s->sense_len);
		virtio_st32(&d->v, raw + 4, (u32)(s->room - s->moved));
		raw[10] = s->status;
		memcpy(raw + 12, s->sense, s->sense_len);
	}
	raw[11] = response;
	if (!d->v.dropping)
		iov_from_buf(r->el.in, r->el.nin, 0, raw, sizeof(raw));
	virtio_complete(&d->v, r->queue, &r->el,
			RESPONSE_BYTES + (response == S_OK && r->to_guest ? s->moved : 0));
	put_request(r);
}

static void scsi_done(struct scsi_request *s)
{
	respond(s->opaque, S_OK);
}

/* False: no memory. */
static bool find_data(struct adapter_request *r)
{
	struct virtqueue_element *el = &r->el;
	const struct iovec *from;
	int n;

	r->to_guest = el->in_len > RESPONSE_BYTES;
	from = r->to_guest ? el->in : el->out;
	n = r->to_guest ? el->nin : el->nout;
	if (n > r->room) {
		os_free(r->data);
		r->data = os_alloc((size_t)n * sizeof(*r->data));
		r->room = r->data ? n : 0;
		if (!r->data)
			return false;
	}
	r->scsi.niov = iov_cut(from, n, r->to_guest ? RESPONSE_BYTES : HEAD_BYTES, r->data);
	r->scsi.iov = r->data;
	r->scsi.to_guest = r->to_guest;
	r->scsi.room = r->to_guest ? el->in_len - RESPONSE_BYTES : el->out_len - HEAD_BYTES;
	return true;
}

/* False: the element is no request. */
static bool start(struct virtio_scsi *d, struct adapter_request *r)
{
	struct virtqueue_element *el = &r->el;
	u8 head[HEAD_BYTES];
	u32 lun;

	if (iov_to_buf(el->out, el->nout, 0, head, sizeof(head)) != sizeof(head) ||
	    el->in_len < RESPONSE_BYTES)
		return false;
	r->scsi = (struct scsi_request){.done = scsi_done, .opaque = r};
	memcpy(r->scsi.cdb, head + CDB_AT, CDB_BYTES);
	/* single level addresses: 1, target, two bytes of logical unit */
	lun = (u32)(head[2] << 8 | head[3]) & MAX_LUN;
	if ((el->in_len > RESPONSE_BYTES && el->out_len > HEAD_BYTES) || !find_data(r))
		respond(r, S_FAILURE);
	else if (head[0] != 1)
		respond(r, S_BAD_TARGET);
	else if (!scsi_find_target(&d->bus, 0, head[1]))
		respond(r, S_BAD_TARGET);
	else
		scsi_submit_at(&d->bus, 0, head[1], lun, &r->scsi);
	return true;
}

static void take_requests(struct virtio_scsi *d, u32 queue)
{
	struct adapter_request *r;

	virtio_want_notify(&d->v, queue, false);
	while ((r = get_request(d))) {
		if (virtio_pop(&d->v, queue, &r->el) <= 0) {
			put_request(r);
			break;
		}
		r->held = true;
		r->queue = queue;
		if (!start(d, r)) {
			virtio_broken(&d->v, "a SCSI request is too short");
			d->v.queues[queue].ring.is_broken = true;
			put_request(r);
			break;
		}
	}
	virtio_want_notify(&d->v, queue, true);
}

/* --- control queue (5.6.6.2) --- */
static u64 control(struct virtio_scsi *d, const struct virtqueue_element *el)
{
	u8 raw[24] = {0}, answer[5] = {0};
	u64 n = iov_to_buf(el->out, el->nout, 0, raw, sizeof(raw));

	if (n < 4)
		return 0;
	switch (virtio_ld32(&d->v, raw)) {
	case T_TMF:
		scsi_bus_drain(&d->bus);
		answer[0] = n == sizeof(raw) ? S_SUCCEEDED : S_REJECTED;
		return iov_from_buf(el->in, el->nin, 0, answer, 1);
	case T_QUERY:
	case T_SUBSCRIBE:
		/* no asynchronous event exists */
		return iov_from_buf(el->in, el->nin, 0, answer, 5);
	default:
		answer[0] = S_REJECTED;
		return iov_from_buf(el->in, el->nin, 0, answer, 1);
	}
}

static void take_control(struct virtio_scsi *d)
{
	struct virtqueue_element *el = &d->ctrl_el;

	virtio_want_notify(&d->v, CTRL, false);
	while (virtio_pop(&d->v, CTRL, el) > 0)
		virtio_complete(&d->v, CTRL, el, control(d, el));
	virtio_want_notify(&d->v, CTRL, true);
}

/* --- event queue (5.6.6.3) --- */

/* Under v->work. False: the driver has no buffer there. */
static bool send_event(struct virtio_scsi *d, u32 event, const struct scsi_device *dev, u32 reason)
{
	struct virtqueue_element *el = &d->event_el;
	u8 raw[EVENT_BYTES] = {0};

	if (virtio_pop(&d->v, EVENT, el) <= 0)
		return false;
	if (el->in_len < EVENT_BYTES) {
		virtio_broken(&d->v, "a buffer for SCSI events is too short");
		return true;
	}
	virtio_st32(&d->v, raw, event | (d->state.missed ? EVENTS_MISSED : 0));
	d->state.missed = 0;
	if (dev) {
		raw[4] = 1;
		raw[5] = (u8)dev->target;
		raw[6] = dev->lun < 256 ? 0 : (u8)(0x40 | dev->lun >> 8);
		raw[7] = (u8)dev->lun;
	}
	virtio_st32(&d->v, raw + 12, reason);
	iov_from_buf(el->in, el->nin, 0, raw, sizeof(raw));
	virtio_complete(&d->v, EVENT, el, sizeof(raw));
	return true;
}

static void adapter_changed(struct scsi_bus *bus, const struct scsi_device *dev,
			    enum scsi_change what, u32 sense)
{
	struct virtio_scsi *d = container_of(bus, struct virtio_scsi, bus);
	bool is_change = what == SCSI_CHANGED;
	u32 reason = what == SCSI_CAME ? RESET_RESCAN : RESET_REMOVED;

	/* code, then qualifier (5.6.6.3.3) */
	if (is_change)
		reason = (sense >> 8 & 0xff) | (sense & 0xff) << 8;
	os_mutex_lock(&d->v.work);
	if (d->v.s->status & VIRTIO_STATUS_DRIVER_OK &&
	    virtio_has(&d->v, is_change ? F_CHANGE : F_HOTPLUG) &&
	    (!d->v.transport->alive(&d->v) ||
	     !send_event(d, is_change ? EVENT_PARAMETERS : EVENT_TRANSPORT_RESET, dev, reason)))
		d->state.missed = 1;
	os_mutex_unlock(&d->v.work);
}

static void adapter_handle(struct virtio_device *v, u32 queue)
{
	if (queue == CTRL)
		take_control(of(v));
	else if (queue != EVENT)
		take_requests(of(v), queue);
	else if (of(v)->state.missed)
		send_event(of(v), 0, NULL, 0);
}

/* --- the rest --- */
static void adapter_config_read(struct virtio_device *v)
{
	struct virtio_scsi *d = of(v);
	u8 *c = v->config;

	memset(c, 0, CONFIG_BYTES);
	virtio_st32(v, c, d->num_queues);
	virtio_st32(v, c + 4, d->queue_size - 2);
	virtio_st32(v, c + 8, d->max_sectors);
	virtio_st32(v, c + 12, d->cmd_per_lun);
	virtio_st32(v, c + 16, 16); /* bytes of an event */
	virtio_st32(v, c + 20, SENSE_BYTES);
	virtio_st32(v, c + 24, CDB_BYTES);
	virtio_st16(v, c + 28, 0);
	virtio_st16(v, c + 30, MAX_TARGET);
	virtio_st32(v, c + 32, MAX_LUN);
}

/* The sizes of sense and command stay what they are. */
static void adapter_config_written(struct virtio_device *v, u32 offset, u32 len)
{
}

static void adapter_quiesce(struct virtio_device *v)
{
	if (v->pausing)
		scsi_bus_settle(&of(v)->bus);
	else
		scsi_bus_drain(&of(v)->bus);
}

/* What the targets' disks keep while the machine stands still. */
static u32 adapter_held(struct virtio_device *v, virtio_each_fn *each, void *opaque)
{
	u32 n = 0;

	for (struct adapter_request *r = of(v)->all; r; r = r->next_all) {
		n += r->held;
		if (r->held && each)
			each(opaque, r->queue, &r->el);
	}
	return n;
}

static void adapter_nothing(struct virtio_device *v)
{
}

static void adapter_forget(struct virtio_device *v)
{
	of(v)->state.missed = of(v)->state.pad = 0;
}

static const struct virtio_ops adapter_ops = {
	.id = VIRTIO_ID_SCSI,
	.class_code = 0x010000,
	.handle = adapter_handle,
	.config_read = adapter_config_read,
	.config_written = adapter_config_written,
	.quiesce = adapter_quiesce,
	.reset = adapter_forget,
	.negotiated = adapter_nothing,
	.held = adapter_held,
};

static struct virtio_scsi *of_device(struct device *dev)
{
	return container_of(dev, struct virtio_scsi, p.dev);
}

static int adapter_boot_path(const struct scsi_device *d, char *path, size_t size)
{
	const struct virtio_scsi *a = container_of(d->bus, struct virtio_scsi, bus);
	int err = pci_boot_path(&a->p.dev, path, size), n;
	size_t at = err ? 0 : strlen(path);

	if (err)
		return err;
	n = log_format(path + at, size - at, "/disk@%llX",
		       (unsigned long long)scsi_firmware_unit(d->target, d->lun));
	return n >= 0 && (size_t)n < size - at ? 0 : -ENAMETOOLONG;
}

static int adapter_realize(struct device *dev, struct error *e)
{
	struct virtio_scsi *d = of_device(dev);
	struct virtio_init init = {.ops = &adapter_ops, .state = &d->state.virtio};
	char name[32];

	if (d->num_queues == DEFAULT_QUEUES)
		d->num_queues = dev->vm->nr_vcpus;
	if (!d->num_queues || d->num_queues > MAX_QUEUES)
		return error_set(e, -EINVAL, "%s: num_queues is 1 to %d", dev->cls->name,
				 MAX_QUEUES);
	if (d->queue_size < 4 || d->queue_size > VIRTQUEUE_MAX_SIZE ||
	    d->queue_size & (d->queue_size - 1))
		return error_set(e, -EINVAL, "%s: virtqueue_size is a power of two from 4 to %d",
				 dev->cls->name, VIRTQUEUE_MAX_SIZE);
	if (dev->id && strlen(dev->id) > 24)
		return error_set(e, -EINVAL, "%s: the name '%s' is too long", dev->cls->name,
				 dev->id);
	init.features = F_HOTPLUG | F_CHANGE;
	init.nr_queues = REQUEST + d->num_queues;
	init.queue_size = d->queue_size;
	init.config_len = CONFIG_BYTES;
	os_mutex_init(&d->free_lock);
	if (dev->id)
		log_format(name, sizeof(name), "%s.0", dev->id);
	else
		log_format(name, sizeof(name), "virtio-scsi.%u", dev->instance);
	scsi_bus_init(&d->bus, dev->vm, name, 1, MAX_TARGET + 1, MAX_LUN + 1);
	d->bus.saves_held = true;
	d->bus.boot_path = dev->cls->bus_type == BUS_PCI ? adapter_boot_path : NULL;
	d->bus.changed = adapter_changed;
	return virtio_plug_realize(&d->p, &d->v, &init, e);
}

/* Its units go next. */
static void adapter_leave(struct device *dev)
{
	virtio_leave(&of_device(dev)->v);
}

static void adapter_unrealize(struct device *dev)
{
	struct virtio_scsi *d = of_device(dev);

	virtio_plug_unrealize(&d->p);
	device_bus_remove(dev->vm, &d->bus);
	virtqueue_element_free(&d->ctrl_el);
	virtqueue_element_free(&d->event_el);
	while (d->free) {
		struct adapter_request *r = d->free;

		d->free = r->next;
		virtqueue_element_free(&r->el);
		os_free(r->data);
		os_free(r);
	}
	os_mutex_destroy(&d->free_lock);
}

static void adapter_save_held(struct device *dev, u32 instance, struct state_writer *w)
{
	virtio_save_held(&of_device(dev)->v, "virtio-scsi-requests", instance, w);
}

static int adapter_load_held(struct device *dev, struct state_reader *r, struct error *e)
{
	return virtio_load_held(&of_device(dev)->v, r, e);
}

static const struct device_section adapter_section = {"virtio-scsi-requests", adapter_save_held,
						      adapter_load_held};

static const struct state_field adapter_fields[] = {
	STATE_STRUCT(struct virtio_scsi_state, virtio, &virtio_state_table),
	STATE_FIELD_(struct virtio_scsi_state, missed, 1, STATE_U32, STATE_DEFAULT, NULL),
	STATE_FIELD(struct virtio_scsi_state, pad, STATE_DERIVED),
};

static const struct state_table adapter_table = {
	.name = "virtio-scsi",
	.size = sizeof(struct virtio_scsi_state),
	.nr_fields = ARRAY_SIZE(adapter_fields),
	.fields = adapter_fields,
};

/* clang-format off */
#define ADAPTER_PROPS \
	{"num_queues", "request queues, 65535: as many as processors", PROP_U32, \
	 offsetof(struct virtio_scsi, num_queues), "65535"}, \
	{"virtqueue_size", "places of a queue", PROP_U32, \
	 offsetof(struct virtio_scsi, queue_size), "256"}, \
	{"max_sectors", "of one request", PROP_U32, offsetof(struct virtio_scsi, max_sectors), \
	 "65535"}, \
	{"cmd_per_lun", "requests under way", PROP_U32, \
	 offsetof(struct virtio_scsi, cmd_per_lun), "128"}, \
	{"iothread", "accepted: a thread is its own already", PROP_IOTHREAD, \
	 offsetof(struct virtio_scsi, iothread), NULL}
/* clang-format on */

static const struct device_prop adapter_pci_props[] = {
	ADAPTER_PROPS,
	VIRTIO_PCI_PROPS(struct virtio_scsi, p.pci),
	{NULL, NULL, 0, 0, NULL},
};

static const struct device_prop adapter_mmio_props[] = {
	ADAPTER_PROPS,
	VIRTIO_MMIO_PROPS(struct virtio_scsi, p.mmio),
	{NULL, NULL, 0, 0, NULL},
};

#define ADAPTER_CLASS                                                                              \
	.help = "SCSI host adapter; its id and .0 name its bus",                                   \
	.size = sizeof(struct virtio_scsi), .realize = adapter_realize,                            \
	.unrealize = adapter_unrealize, .leave = adapter_leave, .reset = virtio_plug_reset,        \
	.dt = device_no_dt, .state = &adapter_table,                                               \
	.state_offset = offsetof(struct virtio_scsi, state), .section = &adapter_section

const struct device_class virtio_scsi_pci_class = {
	ADAPTER_CLASS,
	.name = "virtio-scsi-pci",
	.bus_type = BUS_PCI,
	.props = adapter_pci_props,
};

const struct device_class virtio_scsi_device_class = {
	ADAPTER_CLASS,
	.name = "virtio-scsi-device",
	.bus_type = BUS_VIRTIO_MMIO,
	.props = adapter_mmio_props,
	.cold_only = true,
};
