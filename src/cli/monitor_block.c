// SPDX-License-Identifier: GPL-2.0-or-later
/* Disks and what is in their drives: eject, change, other sizes and limits. The commands have
 * QEMU's names and arguments, info block its layout. */
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "cli/hotplug.h"
#include "cli/list.h"
#include "cli/values.h"
#include "device/scsi.h"
#include "vm/vm.h"

enum { MAX_WORDS = 8, LIMITS = 6 };

/* A drive by its name or that of the device that has it; NULL: there is none. */
static struct cli_drive *find(struct hotplug *h, const char *name)
{
	struct cli_drive *d = drives_find(h->o, name);
	struct device *dev = device_find(h->vm, name);
	const void *block = dev ? device_backend(dev, PROP_DRIVE) : NULL;

	if (d && d->block)
		return d;
	for (u32 i = 0; i < h->o->nr_drives && block; i++)
		if (h->o->drives[i].block == block)
			return &h->o->drives[i];
	return NULL;
}

/* --- commands of one drive --- */
struct words {
	gchar **list;
	char *word[MAX_WORDS]; /* the drive's name, and what follows; of list */
	u32 n;
	bool force;
};

static void split(struct words *w, const char *args)
{
	*w = (struct words){.list = g_strsplit_set(args, " ", -1)};
	for (u32 i = 0; w->list[i]; i++) {
		if (!strcmp(w->list[i], "-f"))
			w->force = true;
		else if (*w->list[i] && w->n < MAX_WORDS)
			w->word[w->n++] = w->list[i];
	}
}

/* What a command does to a drive; the vm is paused. */
typedef int drive_verb(struct hotplug *h, struct cli_drive *d, const struct words *w,
		       struct error *e);

/* fits: whether the words are what the command takes. */
static void perform(struct monitor *m, struct hotplug *h, const char *args,
		    bool (*fits)(const struct words *w), const char *usage, drive_verb *verb)
{
	struct cli_drive *d;
	struct words w;
	struct error e;
	bool running;
	int err;

	split(&w, args);
	if (!fits(&w)) {
		monitor_print(m, "%s\n", usage);
	} else {
		running = hotplug_hold(h->vm);
		d = find(h, w.word[0]);
		err = d ? verb(h, d, &w, &e)
			: error_set(&e, -ENOENT, "Device '%s' not found", w.word[0]);
		hotplug_let_go(h->vm, running);
		if (err)
			monitor_print(m, "Error: %s\n", e.text);
	}
	g_strfreev(w.list);
}

/* --- what is in a drive --- */
static void put_medium(struct hotplug *h, struct cli_drive *d, struct block *b)
{
	struct block *old = d->block;
	struct scsi_device *cd;

	block_drain(old);
	devices_swap_backend(h->vm, old, b);
	d->block = b;
	cd = scsi_of_block(h->vm, b);
	if (cd)
		scsi_medium_changed(cd);
	block_close(old);
}

static int open_tray(struct hotplug *h, struct cli_drive *d, bool force, struct error *e)
{
	struct scsi_device *cd = scsi_of_block(h->vm, d->block);

	if (!d->cd)
		return error_set(e, -EINVAL, "Device '%s' is not removable", d->id);
	if (!cd || scsi_open_tray(cd, force))
		return 0;
	return error_set(e, -EBUSY,
			 "Device '%s' is locked and force was not specified, wait for tray to open "
			 "and try again",
			 d->id);
}

static int remove_medium(struct hotplug *h, struct cli_drive *d, const struct words *w,
			 struct error *e)
{
	struct cli_drive empty = *d;
	int err = open_tray(h, d, w->force, e);

	drives_set_file(&empty, NULL, "raw");
	if (!err)
		err = backends_open_drive(h->o, &empty, e);
	if (err)
		return err;
	g_free(d->nodes);
	drives_set_file(d, NULL, "raw");
	put_medium(h, d, empty.block);
	return 0;
}

static bool eject_fits(const struct words *w)
{
	return w->n == 1;
}

static void eject(struct monitor *m, void *opaque, const char *args)
{
	perform(m, opaque, args, eject_fits, "eject [-f] DEVICE", remove_medium);
}

static int change_medium(struct hotplug *h, struct cli_drive *d, const struct words *w,
			 struct error *e)
{
	struct cli_drive next = *d;
	int err;

	drives_set_file(&next, cli_own(h->o, g_strdup(w->word[1])),
			w->n > 2 ? cli_own(h->o, g_strdup(w->word[2])) : NULL);
	err = images_finish(h->o, &next, e);
	if (!err)
		err = backends_open_drive(h->o, &next, e);
	if (err)
		return err;
	err = open_tray(h, d, w->force, e);
	if (err) {
		block_close(next.block);
		return err;
	}
	g_free(d->nodes);
	d->options = next.options;
	d->nodes = next.nodes;
	d->nr_nodes = next.nr_nodes;
	d->format = next.format;
	put_medium(h, d, next.block);
	return 0;
}

static bool change_fits(const struct words *w)
{
	return w->n == 2 || w->n == 3 ||
	       (w->n == 4 && (!strcmp(w->word[3], "retain") || !strcmp(w->word[3], "read-only")));
}

static void change(struct monitor *m, void *opaque, const char *args)
{
	perform(m, opaque, args, change_fits, "change DEVICE [-f] FILE [FORMAT [read-only]]",
		change_medium);
}

/* --- sizes and limits --- */

/* A number is of MiB, unless a suffix follows. */
static bool parse_size(const char *text, u64 *bytes)
{
	static const char suffixes[] = "bkmgtpe";
	const char *suffix;
	char *end;

	*bytes = g_ascii_strtoull(text, &end, 10);
	suffix = *end ? strchr(suffixes, g_ascii_tolower(*end)) : suffixes + 2;
	return g_ascii_isdigit(*text) && suffix && (!*end || !end[1]) &&
	       !__builtin_mul_overflow(*bytes, 1ull << 10 * (suffix - suffixes), bytes);
}

static bool resize_fits(const struct words *w)
{
	u64 bytes;

	return w->n == 2 && parse_size(w->word[1], &bytes);
}

static int resize(struct hotplug *h, struct cli_drive *d, const struct words *w, struct error *e)
{
	u64 bytes;
	int err;

	parse_size(w->word[1], &bytes);
	err = block_resize(d->block, bytes, e);
	if (!err)
		devices_resized(h->vm, d->block);
	return err;
}

static void block_resize_command(struct monitor *m, void *opaque, const char *args)
{
	perform(m, opaque, args, resize_fits, "block_resize DEVICE SIZE: of MiB, or with a suffix",
		resize);
}

static int set_limits(struct hotplug *h, struct cli_drive *d, const struct words *w,
		      struct error *e)
{
	static const u8 order[LIMITS] = {BLOCK_BPS_TOTAL,  BLOCK_BPS_READ,  BLOCK_BPS_WRITE,
					 BLOCK_IOPS_TOTAL, BLOCK_IOPS_READ, BLOCK_IOPS_WRITE};
	struct block_limits l = {0};
	char *end;
	int err;

	for (u32 i = 0; i < LIMITS; i++) {
		l.rates[order[i]].rate = g_ascii_strtoull(w->word[i + 1], &end, 10);
		if (!g_ascii_isdigit(*w->word[i + 1]) || *end)
			return error_set(e, -EINVAL, "'%s' is no number", w->word[i + 1]);
	}
	err = drives_check_limits(&l, e);
	if (!err) {
		d->options.limits = l;
		block_set_limits(d->block, &l);
	}
	return err;
}

static bool limits_fit(const struct words *w)
{
	return w->n == 1 + LIMITS;
}

static void set_io_throttle(struct monitor *m, void *opaque, const char *args)
{
	perform(m, opaque, args, limits_fit,
		"block_set_io_throttle DEVICE BPS BPS_RD BPS_WR IOPS IOPS_RD IOPS_WR", set_limits);
}

/* --- info block --- */
static void print_limits(struct monitor *m, const struct block_limits *l, const char *group)
{
	static const char *const names[BLOCK_LIMITS] = {
		[BLOCK_IOPS_TOTAL] = "iops",	[BLOCK_IOPS_READ] = "iops_rd",
		[BLOCK_IOPS_WRITE] = "iops_wr", [BLOCK_BPS_TOTAL] = "bps",
		[BLOCK_BPS_READ] = "bps_rd",	[BLOCK_BPS_WRITE] = "bps_wr",
	};
	bool any = false;

	for (u32 i = 0; i < BLOCK_LIMITS; i++)
		any |= l->rates[i].rate != 0;
	if (!any && !group)
		return;
	monitor_print(m, "    I/O throttling:  ");
	for (u32 i = 0; i < BLOCK_LIMITS; i++)
		monitor_print(m, " %s=%llu", names[i], (unsigned long long)l->rates[i].rate);
	monitor_print(m, "%s%s\n", group ? " group=" : "", group ? group : "");
}

static void print_drive(struct monitor *m, struct vm *vm, const struct cli_drive *d)
{
	const struct block_info *i = block_info(d->block);
	const struct block_options *o = &d->options;
	struct scsi_device *cd = d->cd ? scsi_of_block(vm, d->block) : NULL;

	if (o->filename)
		monitor_print(m, "%s: %s (%s%s)\n", d->id, o->filename,
			      d->format ? d->format : "raw", i->read_only ? ", read-only" : "");
	else
		monitor_print(m, "%s: %s\n", d->id, i->size ? "" : "[not inserted]");
	if (d->user)
		monitor_print(m, "    Attached to:      %s\n", d->user);
	if (cd)
		monitor_print(m, "    Removable device: %slocked, tray %s\n",
			      cd->state.locked ? "" : "not ",
			      cd->state.ejected ? "open" : "closed");
	if (!i->size)
		return;
	monitor_print(m, "    Cache mode:       %s%s%s\n",
		      o->write_through ? "writethrough" : "writeback", o->direct ? ", direct" : "",
		      o->no_flush ? ", ignore flushes" : "");
	if (o->detect_zeroes)
		monitor_print(m, "    Detect zeroes:    %s\n",
			      o->detect_zeroes == BLOCK_DETECT_UNMAP ? "unmap" : "on");
	print_limits(m, &o->limits, d->group);
	monitor_print(m, "    Size:             %llu bytes\n", (unsigned long long)i->size);
}

static void info_block(struct monitor *m, void *opaque, const char *args)
{
	struct hotplug *h = opaque;
	bool first = true;

	vm_lock(h->vm);
	for (u32 i = 0; i < h->o->nr_drives; i++) {
		const struct cli_drive *d = &h->o->drives[i];

		if (!d->block || (*args && strcmp(args, d->id)))
			continue;
		monitor_print(m, first ? "" : "\n");
		print_drive(m, h->vm, d);
		first = false;
	}
	vm_unlock(h->vm);
}

const struct monitor_command block_commands[] = {
	{"block_resize", "DEVICE SIZE", "another size of a disk: of MiB, or with a suffix",
	 block_resize_command},
	{"block_set_io_throttle", "DEVICE BPS BPS_RD BPS_WR IOPS IOPS_RD IOPS_WR",
	 "other limits; 0: none", set_io_throttle},
	{"change", "DEVICE [-f] FILE [FORMAT]", "another disc in a CD-ROM drive", change},
	{"eject", "[-f] DEVICE",
	 "the disc of a CD-ROM drive out; -f: whether the guest likes it or not", eject},
	{"info block", "[DEVICE]", "disk images", info_block},
};
const u32 block_nr_commands = ARRAY_SIZE(block_commands);
