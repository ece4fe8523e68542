// SPDX-License-Identifier: GPL-2.0-or-later
/* SCSI: buses, requests, and the commands that need no medium. SPC-4; see scsi.h. */
#include "device/scsi.h"

#include <errno.h>

#include "base/assert.h"
#include "base/endian.h"
#include "base/log.h"
#include "base/string.h"
#include "device/block_size.h"
#include "vm/vm.h"

void scsi_bus_init(struct scsi_bus *bus, struct vm *vm, const char *name, u32 channels, u32 targets,
		   u32 luns)
{
	*bus = (struct scsi_bus){.vm = vm, .channels = channels, .targets = targets, .luns = luns};
	device_bus_add(vm, BUS_SCSI, name, bus);
}

struct scsi_device *scsi_find(const struct scsi_bus *bus, u32 channel, u32 target, u32 lun)
{
	for (u32 i = 0; i < bus->count; i++) {
		struct scsi_device *d = bus->devices[i];

		if (d->channel == channel && d->target == target && d->lun == lun)
			return d;
	}
	return NULL;
}

struct scsi_device *scsi_find_target(const struct scsi_bus *bus, u32 channel, u32 target)
{
	for (u32 i = 0; i < bus->count; i++)
		if (bus->devices[i]->channel == channel && bus->devices[i]->target == target)
			return bus->devices[i];
	return NULL;
}

void scsi_bus_drain(struct scsi_bus *bus)
{
	for (u32 i = 0; i < bus->count; i++)
		block_drain(bus->devices[i]->block);
}

void scsi_bus_settle(struct scsi_bus *bus)
{
	for (u32 i = 0; i < bus->count; i++)
		block_settle(bus->devices[i]->block);
}

/* --- ends --- */
static void end(struct scsi_request *r)
{
	os_free(r->own);
	os_free(r->data);
	r->own = NULL;
	r->data = NULL;
	r->done(r);
}

void scsi_good(struct scsi_request *r)
{
	r->status = SCSI_GOOD;
	end(r);
}

static void put_sense(struct scsi_request *r, u32 sense)
{
	memset(r->sense, 0, sizeof(r->sense));
	r->sense[0] = 0x70; /* current, fixed format */
	r->sense[2] = (u8)(sense >> 16);
	r->sense[7] = SCSI_SENSE_BYTES - 8;
	r->sense[12] = (u8)(sense >> 8);
	r->sense[13] = (u8)sense;
}

void scsi_fail(struct scsi_request *r, u32 sense)
{
	put_sense(r, sense);
	r->sense_len = SCSI_SENSE_BYTES;
	r->status = SCSI_CHECK_CONDITION;
	end(r);
}

void scsi_answer(struct scsi_request *r, const void *data, u32 len, u32 limit)
{
	const u8 *p = data;
	u64 left = len < limit ? len : limit;

	left = left < r->room ? left : r->room;
	if (left && !r->to_guest) {
		scsi_fail(r, SENSE_DATA_PHASE);
		return;
	}
	r->moved = left;
	for (int i = 0; i < r->niov && left; i++) {
		u64 n = r->iov[i].iov_len < left ? r->iov[i].iov_len : left;

		memcpy(r->iov[i].iov_base, p, n);
		p += n;
		left -= n;
	}
	scsi_good(r);
}

u32 scsi_take(const struct scsi_request *r, void *data, u32 len)
{
	u8 *p = data;
	u32 left = len;

	if (r->to_guest)
		return 0;
	for (int i = 0; i < r->niov && left; i++) {
		u32 n = r->iov[i].iov_len < left ? (u32)r->iov[i].iov_len : left;

		memcpy(p, r->iov[i].iov_base, n);
		p += n;
		left -= n;
	}
	return len - left;
}

/* --- commands --- */
enum {
	TEST_UNIT_READY = 0x00,
	REQUEST_SENSE = 0x03,
	INQUIRY = 0x12,
	RESERVE_6 = 0x16,
	RELEASE_6 = 0x17,
	START_STOP_UNIT = 0x1b,
	PREVENT_ALLOW = 0x1e,
	GET_CONFIGURATION = 0x46,
	GET_EVENT_STATUS = 0x4a,
	RESERVE_10 = 0x56,
	RELEASE_10 = 0x57,
	REPORT_LUNS = 0xa0,
};

bool scsi_medium_gone(struct scsi_device *d)
{
	bool gone;

	os_mutex_lock(&d->lock);
	gone = d->state.ejected || (d->cd && !d->blocks);
	os_mutex_unlock(&d->lock);
	return gone;
}

static void report_luns(struct scsi_device *d, struct scsi_request *r)
{
	u8 out[8 + 8 * SCSI_MAX_DEVICES] = {0};
	u32 n = 0;

	for (u32 lun = 0; lun < d->bus->luns && n < SCSI_MAX_DEVICES; lun++) {
		if (!scsi_find(d->bus, d->channel, d->target, lun))
			continue;
		if (lun < 256)
			out[8 + 8 * n + 1] = (u8)lun; /* peripheral addressing */
		else
			st_be16(out + 8 + 8 * n, (u16)(0x4000 | lun));
		n++;
	}
	st_be32(out, 8 * n);
	scsi_answer(r, out, 8 + 8 * n, ld_be32(r->cdb + 6));
}

/* Its sense; 0: there is none. After power-on there is nothing that the guest knew before. */
static u32 take_attention(struct scsi_device *d)
{
	static const u32 senses[] = {SENSE_POWER_ON, SENSE_MEDIUM_CHANGED, SENSE_CAPACITY_CHANGED,
				     SENSE_LUNS_CHANGED};
	u32 was, first;

	os_mutex_lock(&d->lock);
	was = d->state.attention;
	first = was & -was;
	d->state.attention = first == SCSI_ATTENTION_POWER_ON ? 0 : was & ~first;
	os_mutex_unlock(&d->lock);
	return was ? senses[__builtin_ctz(was)] : 0;
}

void scsi_attention(struct scsi_device *d, enum scsi_attention what)
{
	os_mutex_lock(&d->lock);
	d->state.attention |= what;
	os_mutex_unlock(&d->lock);
}

static void request_sense(struct scsi_device *d, struct scsi_request *r)
{
	u8 out[SCSI_SENSE_BYTES];
	u32 sense = take_attention(d);

	if (!sense && scsi_medium_gone(d))
		sense = SENSE_NOT_READY_NO_MEDIUM;
	put_sense(r, sense);
	memcpy(out, r->sense, sizeof(out));
	scsi_answer(r, out, sizeof(out), r->cdb[4]);
}

/* LoEj and Start: what a drive with a tray does. */
static void start_stop(struct scsi_device *d, struct scsi_request *r)
{
	bool load_eject = r->cdb[4] & 2, start = r->cdb[4] & 1, refused = false;

	os_mutex_lock(&d->lock);
	if (d->cd && load_eject) {
		refused = !start && d->state.locked;
		if (!refused && d->state.ejected == start) {
			d->state.ejected = !start;
			d->state.media_event |= SCSI_MEDIA_CHANGED;
		}
	}
	os_mutex_unlock(&d->lock);
	if (refused)
		scsi_fail(r, SENSE_REMOVAL_PREVENTED);
	else
		scsi_good(r);
}

static void prevent_allow(struct scsi_device *d, struct scsi_request *r)
{
	os_mutex_lock(&d->lock);
	d->state.locked = r->cdb[4] & 1;
	os_mutex_unlock(&d->lock);
	scsi_good(r);
}

static bool common_command(struct scsi_device *d, struct scsi_request *r)
{
	switch (r->cdb[0]) {
	case TEST_UNIT_READY:
		if (scsi_medium_gone(d))
			scsi_fail(r, SENSE_NOT_READY_NO_MEDIUM);
		else
			scsi_good(r);
		return true;
	case REQUEST_SENSE:
		request_sense(d, r);
		return true;
	case REPORT_LUNS:
		report_luns(d, r);
		return true;
	case START_STOP_UNIT:
		start_stop(d, r);
		return true;
	case PREVENT_ALLOW:
		prevent_allow(d, r);
		return true;
	case RESERVE_6: /* there is one initiator */
	case RESERVE_10:
	case RELEASE_6:
	case RELEASE_10:
		scsi_good(r);
		return true;
	default:
		return false;
	}
}

/* MMC-5, 4.1.6: asking a drive for its events is none of those that an attention stops. */
static bool needs_no_attention(u8 opcode)
{
	return opcode == INQUIRY || opcode == REPORT_LUNS || opcode == REQUEST_SENSE ||
	       opcode == GET_CONFIGURATION || opcode == GET_EVENT_STATUS;
}

/* No logical unit: INQUIRY says so in its first byte (SPC-4, 6.4.2): none is possible, or, behind a
 * target that has others, none is connected, so that drivers ask for the others. */
static void submit_nowhere(struct scsi_request *r, bool possible)
{
	u8 out[36] = {possible ? 0x3f : 0x7f, 0, 5, 2, 36 - 5};

	if (r->cdb[0] == INQUIRY && !(r->cdb[1] & 1))
		scsi_answer(r, out, sizeof(out), ld_be16(r->cdb + 3));
	else
		scsi_fail(r, SENSE_NO_LUN);
}

static void begin(struct scsi_device *dev, struct scsi_request *r)
{
	r->dev = dev;
	r->status = SCSI_GOOD;
	r->sense_len = 0;
	r->moved = 0;
	r->own = NULL;
	r->data = NULL;
}

void scsi_submit_at(const struct scsi_bus *bus, u32 channel, u32 target, u32 lun,
		    struct scsi_request *r)
{
	struct scsi_device *dev = scsi_find(bus, channel, target, lun), *other;

	other = dev ? NULL : scsi_find_target(bus, channel, target);
	if (!other) {
		scsi_submit(dev, r);
		return;
	}
	begin(NULL, r);
	if (r->cdb[0] == REPORT_LUNS)
		report_luns(other, r);
	else
		submit_nowhere(r, !lun);
}

void scsi_submit(struct scsi_device *dev, struct scsi_request *r)
{
	u32 sense;

	begin(dev, r);
	if (!dev) {
		submit_nowhere(r, false);
		return;
	}
	sense = needs_no_attention(r->cdb[0]) ? 0 : take_attention(dev);
	if (sense) {
		scsi_fail(r, sense);
		return;
	}
	if (common_command(dev, r) || scsi_inquiry_command(dev, r) || scsi_mode_command(dev, r))
		return;
	if (dev->cd && scsi_cd_command(dev, r))
		return;
	if (scsi_medium_gone(dev)) {
		scsi_fail(r, SENSE_NOT_READY_NO_MEDIUM);
		return;
	}
	if (!scsi_block_command(dev, r)) {
		log_printf(LOG_UNIMP, "scsi: no command 0x%x\n", r->cdb[0]);
		scsi_fail(r, SENSE_INVALID_OPCODE);
	}
}

/* --- devices --- */
static const struct state_field scsi_fields[] = {
	STATE_FIELD(struct scsi_state, attention, STATE_U32),
	STATE_FIELD(struct scsi_state, locked, STATE_U32),
	STATE_FIELD(struct scsi_state, ejected, STATE_U32),
	STATE_FIELD(struct scsi_state, media_event, STATE_U32),
	STATE_FIELD(struct scsi_state, write_cache, STATE_U32),
	STATE_FIELD(struct scsi_state, pad, STATE_DERIVED),
};

static int scsi_post_load(void *obj, struct error *e)
{
	struct scsi_device *d = container_of(obj, struct scsi_device, state);

	if (d->state.attention > SCSI_ATTENTIONS ||
	    d->state.media_event > (SCSI_MEDIA_CHANGED | SCSI_MEDIA_EJECT_ASKED))
		return error_set(e, -EINVAL, "saved state of a SCSI device is damaged");
	if (!d->cd)
		block_set_write_cache(d->block, d->state.write_cache);
	return 0;
}

static const struct state_table hd_table = {
	.name = "scsi-hd",
	.size = sizeof(struct scsi_state),
	.nr_fields = ARRAY_SIZE(scsi_fields),
	.fields = scsi_fields,
	.post_load = scsi_post_load,
};
static const struct state_table cd_table = {
	.name = "scsi-cd",
	.size = sizeof(struct scsi_state),
	.nr_fields = ARRAY_SIZE(scsi_fields),
	.fields = scsi_fields,
	.post_load = scsi_post_load,
};

static int place(struct scsi_device *d, struct error *e)
{
	struct scsi_bus *bus = d->bus;

	if (bus->count == SCSI_MAX_DEVICES)
		return error_set(e, -ENOSPC, "%s: the bus is full", d->dev.cls->name);
	for (u32 t = 0; d->target == ~0u && t < bus->targets; t++)
		if (!scsi_find(bus, d->channel, t, d->lun))
			d->target = t;
	if (d->channel >= bus->channels || d->target >= bus->targets || d->lun >= bus->luns)
		return error_set(e, -EINVAL,
				 "%s: the bus has %u channels of %u targets of %u units",
				 d->dev.cls->name, bus->channels, bus->targets, bus->luns);
	if (scsi_find(bus, d->channel, d->target, d->lun))
		return error_set(e, -EBUSY, "%s: there is one at channel %u, scsi-id %u, lun %u",
				 d->dev.cls->name, d->channel, d->target, d->lun);
	bus->devices[bus->count++] = d;
	return 0;
}

static void measure(struct scsi_device *d)
{
	d->info = block_info(d->block);
	d->blocks = d->info->size / d->block_size;
}

static bool cached(const struct scsi_device *d)
{
	return d->write_cache == DEVICE_AUTO ? d->info->write_cache : d->write_cache;
}

static void reset_state(struct scsi_device *d)
{
	d->state =
		(struct scsi_state){.attention = SCSI_ATTENTION_POWER_ON, .write_cache = cached(d)};
	block_set_write_cache(d->block, cached(d));
}

/* A unit has come or goes: the others of its target say so, and the adapter, if it can. */
static void tell(struct scsi_device *d, enum scsi_change what)
{
	struct scsi_bus *bus = d->bus;

	for (u32 i = 0; i < bus->count; i++) {
		struct scsi_device *other = bus->devices[i];

		if (other != d && other->channel == d->channel && other->target == d->target)
			scsi_attention(other, SCSI_ATTENTION_LUNS);
	}
	if (bus->changed)
		bus->changed(bus, d, what, SENSE_LUNS_CHANGED);
}

/* Of a disk: those of the image unless properties say else. */
static int check_sizes(struct scsi_device *d, struct error *e)
{
	int err;

	if (!d->logical_size)
		d->logical_size = 512;
	err = block_size_check(block_info(d->block), &d->logical_size, &d->physical_size, 2 << 20,
			       "2 MiB", e);
	if (!err && d->rotation_rate > 0xffff)
		err = error_set(e, -EINVAL, "rotation_rate is at most 65535");
	if (err)
		error_prefix(e, "%s", d->dev.cls->name);
	return err;
}

static int realize(struct scsi_device *d, u32 block_size, struct error *e)
{
	int err;

	if (!d->block)
		return error_set(e, -EINVAL, "%s: drive= is missing", d->dev.cls->name);
	err = block_set_on_error(d->block, d->on_read_error, d->on_write_error, e);
	if (!err && !block_size)
		err = check_sizes(d, e);
	if (!err)
		err = place(d, e);
	if (err)
		return err;
	os_mutex_init(&d->lock);
	block_set_saved(d->block, d->bus->saves_held);
	d->block_size = block_size ? block_size : (u32)d->logical_size;
	measure(d);
	reset_state(d);
	tell(d, SCSI_CAME);
	return 0;
}

static int hd_realize(struct device *dev, struct error *e)
{
	struct scsi_device *d = container_of(dev, struct scsi_device, dev);

	return realize(d, 0, e);
}

static int cd_realize(struct device *dev, struct error *e)
{
	struct scsi_device *d = container_of(dev, struct scsi_device, dev);

	d->cd = true;
	return realize(d, 2048, e);
}

static void scsi_unrealize(struct device *dev)
{
	struct scsi_device *d = container_of(dev, struct scsi_device, dev);
	struct scsi_bus *bus = d->bus;
	u32 kept = 0;

	block_drain(d->block);
	/* the adapter, which goes later, drains its bus once more */
	for (u32 i = 0; i < bus->count; i++)
		if (bus->devices[i] != d)
			bus->devices[kept++] = bus->devices[i];
	bus->count = kept;
	tell(d, SCSI_GOES);
	os_mutex_destroy(&d->lock);
}

static void scsi_reset(struct device *dev)
{
	struct scsi_device *d = container_of(dev, struct scsi_device, dev);

	reset_state(d);
}

/* --- from outside --- */
struct scsi_device *scsi_of_block(struct vm *vm, const struct block *b)
{
	for (u32 i = 0; i < vm->nr_devices; i++) {
		struct device *dev = vm->devices[i];
		struct scsi_device *d = container_of(dev, struct scsi_device, dev);

		if (dev->cls->bus_type == BUS_SCSI && dev->realized && d->block == b)
			return d;
	}
	return NULL;
}

void scsi_medium_changed(struct scsi_device *d)
{
	measure(d);
	d->state.media_event = SCSI_MEDIA_CHANGED;
	d->state.ejected = !d->blocks;
	if (d->blocks)
		scsi_attention(d, SCSI_ATTENTION_MEDIUM);
	if (d->bus->changed)
		d->bus->changed(d->bus, d, SCSI_CHANGED, SENSE_MEDIUM_CHANGED);
}

bool scsi_open_tray(struct scsi_device *d, bool force)
{
	if (d->state.ejected)
		return true;
	if (d->state.locked && !force) {
		d->state.media_event |= SCSI_MEDIA_EJECT_ASKED;
		return false;
	}
	d->state.ejected = 1;
	d->state.media_event = SCSI_MEDIA_CHANGED;
	return true;
}

static void scsi_resized(struct device *dev)
{
	struct scsi_device *d = container_of(dev, struct scsi_device, dev);

	measure(d);
	scsi_attention(d, SCSI_ATTENTION_CAPACITY);
	if (d->bus->changed)
		d->bus->changed(d->bus, d, SCSI_CHANGED, SENSE_CAPACITY_CHANGED);
}

static int scsi_boot_path(const struct device *dev, char *path, size_t size)
{
	const struct scsi_device *d = container_of(dev, struct scsi_device, dev);

	return d->bus->boot_path ? d->bus->boot_path(d, path, size) : -ENODEV;
}

#define OFFSET(field) offsetof(struct scsi_device, field)
#define SCSI_PROPS(name)                                                                           \
	{"bus", "the host adapter's bus", PROP_POINTER, OFFSET(bus), NULL},                        \
		{"drive", "the image", PROP_DRIVE, OFFSET(block), NULL},                           \
		{"channel", "address on the bus", PROP_U32, OFFSET(channel), "0"},                 \
		{"scsi-id", "address on the bus; the next free one if not given", PROP_U32,        \
		 OFFSET(target), "4294967295"},                                                    \
		{"lun", "logical unit of that target", PROP_U32, OFFSET(lun), "0"},                \
		{"serial", "serial number that the guest sees", PROP_STRING, OFFSET(serial),       \
		 NULL},                                                                            \
		{"rerror", "what a failed read does: report, ignore, stop", PROP_STRING,           \
		 OFFSET(on_read_error), NULL},                                                     \
		{"werror", "what a failed write does: report, ignore, enospc, stop", PROP_STRING,  \
		 OFFSET(on_write_error), NULL},                                                    \
		{"vendor", "8 characters", PROP_STRING, OFFSET(vendor), "PVSR"},                   \
		{"product", "16 characters", PROP_STRING, OFFSET(product), name},                  \
		{"ver", "4 characters", PROP_STRING, OFFSET(version), "1.0"},                      \
		{"removable", "the guest is told so (on|off)", PROP_BOOL, OFFSET(removable),       \
		 "off"},                                                                           \
		{"device_id", "what it is called in page 0x83; default: serial or id",             \
		 PROP_STRING, OFFSET(device_id), NULL},                                            \
		{"wwn", "world-wide name", PROP_U64, OFFSET(wwn), "0"},                            \
	{                                                                                          \
		"write-cache",                                                                     \
			"volatile write cache; auto: as the drive's cache=", PROP_ON_OFF_AUTO,     \
			OFFSET(write_cache), "auto"                                                \
	}
#define SCSI_PROPS_END                                                                             \
	{                                                                                          \
		NULL, NULL, 0, 0, NULL                                                             \
	}

static const struct device_prop hd_props[] = {
	SCSI_PROPS("HARDDISK"),
	{"logical_block_size", "smallest transfer", PROP_SIZE, OFFSET(logical_size), "0"},
	{"physical_block_size", "what the medium writes at once, 0: the image's", PROP_SIZE,
	 OFFSET(physical_size), "0"},
	{"rotation_rate", "turns per minute, 1: it does not turn", PROP_U32, OFFSET(rotation_rate),
	 "1"},
	SCSI_PROPS_END,
};
static const struct device_prop cd_props[] = {SCSI_PROPS("CD-ROM"), SCSI_PROPS_END};

const struct device_class scsi_hd_class = {
	.name = "scsi-hd",
	.help = "SCSI disk",
	.bus_type = BUS_SCSI,
	.size = sizeof(struct scsi_device),
	.props = hd_props,
	.realize = hd_realize,
	.unrealize = scsi_unrealize,
	.reset = scsi_reset,
	.dt = device_no_dt,
	.boot_path = scsi_boot_path,
	.resized = scsi_resized,
	.state = &hd_table,
	.state_offset = OFFSET(state),
};

const struct device_class scsi_cd_class = {
	.name = "scsi-cd",
	.help = "SCSI CD-ROM drive",
	.bus_type = BUS_SCSI,
	.size = sizeof(struct scsi_device),
	.props = cd_props,
	.realize = cd_realize,
	.unrealize = scsi_unrealize,
	.reset = scsi_reset,
	.dt = device_no_dt,
	.boot_path = scsi_boot_path,
	.resized = scsi_resized,
	.state = &cd_table,
	.state_offset = OFFSET(state),
};
