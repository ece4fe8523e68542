// SPDX-License-Identifier: GPL-2.0-or-later
/* -drive, -blockdev and their short forms: qemu's keys become struct block_options, and interfaces
 * devices. */
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "cli/list.h"
#include "cli/values.h"

static const char *const interfaces[] = {
	[DRIVE_NONE] = "none",
	[DRIVE_VIRTIO] = "virtio",
	[DRIVE_SCSI] = "scsi",
	[DRIVE_PFLASH] = "pflash",
};

struct cli_drive *drives_new(struct cli_options *o)
{
	struct cli_drive *d;

	o->drives = g_renew(struct cli_drive, o->drives, o->nr_drives + 1);
	d = &o->drives[o->nr_drives++];
	*d = (struct cli_drive){.index = -1};
	return d;
}

struct cli_drive *drives_find(struct cli_options *o, const char *id)
{
	for (u32 i = 0; i < o->nr_drives; i++)
		if (o->drives[i].id && !strcmp(o->drives[i].id, id))
			return &o->drives[i];
	return NULL;
}

/* --- what values mean; false: nothing --- */
static bool set_interface(struct cli_drive *d, const char *v)
{
	for (u32 i = DRIVE_NONE; i < ARRAY_SIZE(interfaces); i++)
		if (!strcmp(v, interfaces[i])) {
			d->interface = i;
			return true;
		}
	return false;
}

static bool set_cache(struct cli_drive *d, const char *v)
{
	static const struct {
		const char *name;
		bool direct, write_through, no_flush;
	} modes[] = {
		{"none", true, false, false},	      {"writeback", false, false, false},
		{"writethrough", false, true, false}, {"directsync", true, true, false},
		{"unsafe", false, false, true},
	};

	for (u32 i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(v, modes[i].name)) {
			d->options.direct = modes[i].direct;
			d->options.write_through = modes[i].write_through;
			d->options.no_flush = modes[i].no_flush;
			return true;
		}
	return false;
}

/* native is what the kernel does asynchronously: io_uring. */
static bool set_aio(struct cli_drive *d, const char *v)
{
	d->options.aio = !strcmp(v, "threads") ? BLOCK_AIO_THREADS : BLOCK_AIO_IO_URING;
	return !strcmp(v, "threads") || !strcmp(v, "io_uring") || !strcmp(v, "native");
}

static bool set_discard(struct cli_drive *d, const char *v)
{
	d->options.discard = !strcmp(v, "unmap") || !strcmp(v, "on");
	return d->options.discard || !strcmp(v, "ignore") || !strcmp(v, "off");
}

static bool set_detect(struct cli_drive *d, const char *v)
{
	d->options.detect_zeroes = !strcmp(v, "unmap") ? BLOCK_DETECT_UNMAP
				   : !strcmp(v, "on")  ? BLOCK_DETECT_ON
						       : BLOCK_DETECT_OFF;
	return d->options.detect_zeroes || !strcmp(v, "off");
}

static bool set_media(struct cli_drive *d, const char *v)
{
	d->cd = !strcmp(v, "cdrom");
	return d->cd || !strcmp(v, "disk");
}

static bool set_index(struct cli_drive *d, const char *v)
{
	char *end;
	long n = strtol(v, &end, 10);

	d->index = (s32)n;
	return *v && !*end && n >= 0 && n < 256;
}

static bool set_reconnect_delay(struct cli_drive *d, const char *v)
{
	char *end;
	unsigned long n = strtoul(v, &end, 10);

	d->options.reconnect_delay = (u32)n;
	return *v >= '0' && *v <= '9' && !*end && n < 1 << 20;
}

static bool set_locking(struct cli_drive *d, const char *v)
{
	d->options.no_lock = !strcmp(v, "off");
	return d->options.no_lock || !strcmp(v, "on") || !strcmp(v, "auto");
}

static bool set_format(struct cli_drive *d, const char *v)
{
	d->format = v;
	return *v;
}

static bool set_file(struct cli_drive *d, const char *v)
{
	d->options.filename = v;
	return *v;
}

static bool set_id(struct cli_drive *d, const char *v)
{
	d->id = v;
	return *v;
}

static bool set_group(struct cli_drive *d, const char *v)
{
	d->group = v;
	return *v;
}

static bool set_serial(struct cli_drive *d, const char *v)
{
	d->serial = v;
	return true;
}

static bool set_volatile_log(struct cli_drive *d, const char *v)
{
	d->options.volatile_log = v;
	return *v;
}

#define BOOL_KEY(function, field)                                                                  \
	static bool function(struct cli_drive *d, const char *v)                                   \
	{                                                                                          \
		return cli_bool(v, &d->options.field);                                             \
	}
BOOL_KEY(set_read_only, read_only)
BOOL_KEY(set_auto_read_only, auto_read_only)
BOOL_KEY(set_direct, direct)
BOOL_KEY(set_no_flush, no_flush)
BOOL_KEY(set_snapshot, snapshot)
BOOL_KEY(set_share, shared)

static bool set_writeback(struct cli_drive *d, const char *v)
{
	bool on, ok = cli_bool(v, &on);

	d->options.write_through = !on;
	return ok;
}

static bool set_read_error(struct cli_drive *d, const char *v)
{
	return block_on_error_of(v, true, &d->options.on_read_error);
}

static bool set_write_error(struct cli_drive *d, const char *v)
{
	return block_on_error_of(v, false, &d->options.on_write_error);
}

/* --- limits: throttling.iops-total and the like, also by their older names --- */
static const struct {
	const char *name, *old_name;
} limits[BLOCK_LIMITS] = {
	[BLOCK_IOPS_TOTAL] = {"iops-total", "iops"},
	[BLOCK_IOPS_READ] = {"iops-read", "iops_rd"},
	[BLOCK_IOPS_WRITE] = {"iops-write", "iops_wr"},
	[BLOCK_BPS_TOTAL] = {"bps-total", "bps"},
	[BLOCK_BPS_READ] = {"bps-read", "bps_rd"},
	[BLOCK_BPS_WRITE] = {"bps-write", "bps_wr"},
};

/* What stands behind a limit's name in key, or NULL. */
static const char *limit_of(const char *key, struct block_limits *l, struct block_rate **rate)
{
	bool is_new = g_str_has_prefix(key, "throttling.");

	key += is_new ? strlen("throttling.") : 0;
	for (u32 i = 0; i < BLOCK_LIMITS; i++) {
		const char *name = is_new ? limits[i].name : limits[i].old_name;
		size_t n = strlen(name);

		if (strncmp(key, name, n))
			continue;
		*rate = &l->rates[i];
		if (!key[n] || !strcmp(key + n, is_new ? "-max" : "_max") ||
		    !strcmp(key + n, is_new ? "-max-length" : "_max_length"))
			return key + n;
	}
	return NULL;
}

/* 1: it is none of these. */
int drives_set_limit(struct block_limits *l, const char *key, const char *value, struct error *e)
{
	bool is_size = !strcmp(key, "throttling.iops-size") || !strcmp(key, "iops_size");
	struct block_rate *rate = NULL;
	const char *rest = is_size ? "" : limit_of(key, l, &rate);
	char *end;
	u64 n;

	if (!rest)
		return 1;
	n = value ? strtoull(value, &end, 10) : 0;
	if (!value || *value < '0' || *value > '9' || *end || n > 1000000000000000ull ||
	    (strlen(rest) > 4 && n > 3600))
		return error_set(e, -EINVAL, "%s cannot be '%s'", key, value ? value : "");
	if (is_size)
		l->iops_size = n;
	else if (!*rest)
		rate->rate = n;
	else if (strlen(rest) == 4)
		rate->max = n;
	else
		rate->max_length = (u32)n;
	return 0;
}

int drives_check_limits(const struct block_limits *l, struct error *e)
{
	for (u32 i = 0; i < BLOCK_LIMITS; i++) {
		const struct block_rate *r = &l->rates[i];

		if (i % 3 && r->rate && l->rates[i / 3 * 3].rate)
			return error_set(e, -EINVAL, "%s and %s cannot both be limited",
					 limits[i].name, limits[i / 3 * 3].name);
		if (!r->rate && r->max)
			return error_set(e, -EINVAL, "%s-max needs %s", limits[i].name,
					 limits[i].name);
		if (r->max && r->max < r->rate)
			return error_set(e, -EINVAL, "%s-max is less than %s", limits[i].name,
					 limits[i].name);
		if (r->max_length > 1 && !r->max)
			return error_set(e, -EINVAL, "%s-max-length needs %s-max", limits[i].name,
					 limits[i].name);
	}
	return 0;
}

struct key {
	const char *name;
	bool (*set)(struct cli_drive *d, const char *value);
};

static const struct key drive_keys[] = {
	{"file", set_file},
	{"if", set_interface},
	{"format", set_format},
	{"driver", set_format},
	{"id", set_id},
	{"node-name", set_id},
	{"media", set_media},
	{"index", set_index},
	{"unit", set_index},
	{"serial", set_serial},
	{"readonly", set_read_only},
	{"read-only", set_read_only},
	{"snapshot", set_snapshot},
	{"cache", set_cache},
	{"cache.direct", set_direct},
	{"cache.writeback", set_writeback},
	{"cache.no-flush", set_no_flush},
	{"aio", set_aio},
	{"discard", set_discard},
	{"detect-zeroes", set_detect},
	{"x-volatile-log", set_volatile_log},
	{"rerror", set_read_error},
	{"werror", set_write_error},
	{"locking", set_locking},
	{"reconnect-delay", set_reconnect_delay},
	{"filename", set_file},
	{"auto-read-only", set_auto_read_only},
	{"throttling.group", set_group},
	{NULL, NULL},
};

static const struct key blockdev_keys[] = {
	{"filename", set_file},
	{"node-name", set_id},
	{"read-only", set_read_only},
	{"auto-read-only", set_auto_read_only},
	{"cache.direct", set_direct},
	{"cache.no-flush", set_no_flush},
	{"aio", set_aio},
	{"discard", set_discard},
	{"detect-zeroes", set_detect},
	{"x-volatile-log", set_volatile_log},
	{"locking", set_locking},
	{"reconnect-delay", set_reconnect_delay},
	{"force-share", set_share},
	{NULL, NULL},
};

static int set_key(const struct key *keys, struct cli_drive *d, const char *key, const char *value,
		   struct error *e)
{
	while (keys->name && strcmp(keys->name, key))
		keys++;
	if (!keys->name)
		return error_set(e, -EINVAL, "there is no '%s'", key);
	if (!value)
		return error_set(e, -EINVAL, "'%s' has no value", key);
	return keys->set(d, value) ? 0 : error_set(e, -EINVAL, "%s cannot be '%s'", key, value);
}

int drives_blockdev_key(struct cli_drive *d, const char *key, const char *value, struct error *e)
{
	return set_key(blockdev_keys, d, key, value, e);
}

int drives_check_id(struct cli_options *o, struct cli_drive *d, struct error *e)
{
	if (!d->id)
		return 0;
	if (cli_check_id(d->id, e))
		return -EINVAL;
	return drives_find(o, d->id) != d
		       ? error_set(e, -EEXIST, "there are two drives '%s'", d->id)
		       : 0;
}

int value_drive(struct cli_options *o, const char *arg, struct error *e)
{
	struct list l = list_of(o, arg, NULL);
	struct cli_drive *d = drives_new(o);
	int err = 0;

	while (!err && list_next(&l)) {
		err = drives_set_limit(&d->options.limits, l.key, l.value, e);
		if (err > 0)
			err = set_key(drive_keys, d,
				      g_str_has_prefix(l.key, "file.") ? l.key + 5 : l.key, l.value,
				      e);
	}
	if (!err)
		err = drives_check_limits(&d->options.limits, e);
	d->options.check_format = !d->format;
	/* A drive without a file is one without a medium. */
	if (!err && !d->options.filename && !d->cd)
		err = error_set(e, -EINVAL, "file= is missing");
	if (!err)
		err = drives_check_id(o, d, e);
	if (err)
		error_prefix(e, "-drive");
	d->options.read_only |= d->cd;
	return err;
}

void drives_set_file(struct cli_drive *d, const char *file, const char *format)
{
	d->options.filename = file;
	d->options.uri = d->options.node = NULL;
	d->options.nodes = NULL;
	d->options.nr_nodes = 0;
	d->options.check_format = !format;
	d->format = format;
	d->nodes = NULL;
	d->nr_nodes = 0;
	d->served = false;
}

int value_disk(struct cli_options *o, u32 number, const char *file, struct error *e)
{
	struct cli_drive *d = drives_new(o);

	d->options.filename = file;
	d->options.check_format = true;
	d->index = (s32)number;
	return 0;
}

int value_cdrom(struct cli_options *o, const char *file, struct error *e)
{
	struct cli_drive *d = drives_new(o);

	d->options.filename = file;
	d->options.read_only = true;
	d->cd = true;
	d->index = 2;
	return 0;
}

/* --- devices of drives --- */

/* Numbers of an interface's drives are unique; those without one get the next free. */
static int give_index(struct cli_options *o, struct cli_drive *d, struct error *e)
{
	bool given = d->index >= 0;
	s32 wanted = given ? d->index : 0;

	for (u32 i = 0; i < o->nr_drives; i++) {
		struct cli_drive *other = &o->drives[i];

		if (other == d || other->interface != d->interface || other->index != wanted)
			continue;
		if (given)
			return error_set(e, -EEXIST, "there are two drives with if=%s,index=%d",
					 interfaces[d->interface], wanted);
		wanted++;
		i = ~0u;
	}
	d->index = wanted;
	return 0;
}

static void give_id(struct cli_options *o, struct cli_drive *d)
{
	const char *kind = d->interface != DRIVE_SCSI ? "" : d->cd ? "-cd" : "-hd";

	if (!d->id)
		d->id = cli_own(o, g_strdup_printf("%s%s%s%d", interfaces[d->interface],
						   *kind ? "0" : "", kind, d->index));
}

static int add_device(struct cli_options *o, struct cli_drive *d, const char *cls, struct error *e)
{
	struct machine_device *m = devices_new(o, cls, e);
	int err = m ? devices_setting(m, "drive", d->id, e) : -EINVAL;

	if (!err && d->serial)
		err = devices_setting(m, "serial", d->serial, e);
	if (!err && d->interface == DRIVE_SCSI)
		err = devices_setting(m, "scsi-id", cli_own(o, g_strdup_printf("%d", d->index)), e);
	return err;
}

static int add_scsi(struct cli_options *o, struct cli_drive *d, bool *have_bus, struct error *e)
{
	if (!*have_bus && !devices_new(o, "spapr-vscsi", e))
		return -EINVAL;
	*have_bus = true;
	return add_device(o, d, d->cd ? "scsi-cd" : "scsi-hd", e);
}

static void add_nvram(struct cli_options *o, struct cli_drive *d)
{
	o->globals = g_renew(struct device_global, o->globals, o->nr_globals + 1);
	o->globals[o->nr_globals++] = (struct device_global){"spapr-nvram", "drive", d->id};
}

int drives_finish(struct cli_options *o, struct error *e)
{
	bool have_scsi = false;
	int err = 0;

	for (u32 i = 0; i < o->nr_drives && !err; i++) {
		struct cli_drive *d = &o->drives[i];

		d->options.snapshot |= o->snapshot && !d->cd;
		d->options.cdrom = d->cd;
		err = images_finish(o, d, e);
		if (err)
			break;
		if (d->interface == DRIVE_DEFAULT &&
		    (!o->machine->default_drive || !set_interface(d, o->machine->default_drive)))
			err = error_set(e, -EINVAL,
					"machine %s: a disk needs if=none and a -device",
					o->machine->name);
	}
	for (u32 i = 0; i < o->nr_drives && !err; i++)
		if (o->drives[i].index >= 0 && o->drives[i].interface != DRIVE_NONE)
			err = give_index(o, &o->drives[i], e);
	for (u32 i = 0; i < o->nr_drives && !err; i++) {
		struct cli_drive *d = &o->drives[i];

		if (d->index < 0)
			err = give_index(o, d, e);
		if (err)
			break;
		give_id(o, d);
		if (d->interface == DRIVE_VIRTIO)
			err = add_device(o, d, "virtio-blk-pci", e);
		else if (d->interface == DRIVE_SCSI)
			err = add_scsi(o, d, &have_scsi, e);
		else if (d->interface == DRIVE_PFLASH)
			add_nvram(o, d);
	}
	return err;
}
