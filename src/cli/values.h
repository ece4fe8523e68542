/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What options take after their names. Functions return 0; 1 when `help` was asked for and printed;
 * -errno with e set, whose text begins with the option.
 */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include "cli/options.h"

int value_memory(struct cli_options *o, const char *arg, struct error *e);
int value_smp(struct cli_options *o, const char *arg, struct error *e);
int value_machine(struct cli_options *o, const char *arg, struct error *e);
int value_cpu(struct cli_options *o, const char *arg, struct error *e);
int value_name(struct cli_options *o, const char *arg, struct error *e);
int value_boot(struct cli_options *o, const char *arg, struct error *e);
int value_engine(struct cli_options *o, const char *arg, struct error *e);
int value_log(struct cli_options *o, const char *arg, struct error *e);
int value_uuid(struct cli_options *o, const char *arg, struct error *e);
int value_drive(struct cli_options *o, const char *arg, struct error *e);
int value_blockdev(struct cli_options *o, const char *arg, struct error *e);
/* -hda ... -hdd (number), -cdrom */
int value_disk(struct cli_options *o, u32 number, const char *file, struct error *e);
int value_cdrom(struct cli_options *o, const char *file, struct error *e);
int value_device(struct cli_options *o, const char *arg, struct error *e);
int value_vnc(struct cli_options *o, const char *arg, struct error *e);
int value_display(struct cli_options *o, const char *arg, struct error *e);
int value_object(struct cli_options *o, const char *arg, struct error *e);
int value_vga(struct cli_options *o, const char *arg, struct error *e);
int value_usbdevice(struct cli_options *o, const char *arg, struct error *e);
/* The controller of -usb, before all other devices. */
int usb_finish(struct cli_options *o, struct error *e);
int value_global(struct cli_options *o, const char *arg, struct error *e);
int value_netdev(struct cli_options *o, const char *arg, struct error *e);
int value_fsdev(struct cli_options *o, const char *arg, struct error *e);
int value_virtfs(struct cli_options *o, const char *arg, struct error *e);
int value_nic(struct cli_options *o, const char *arg, struct error *e);
int value_chardev(struct cli_options *o, const char *arg, struct error *e);

/* A number with a suffix, of units where it has none. */
int cli_size(const char *text, u64 unit, u64 *bytes);
/* -m, in bytes, by whatever option. */
int values_set_memory(struct cli_options *o, u64 bytes, struct error *e);
int value_accel(struct cli_options *o, const char *arg, struct error *e);
int value_rtc(struct cli_options *o, const char *arg, struct error *e);
int value_overcommit(struct cli_options *o, const char *arg, struct error *e);
int value_sandbox(struct cli_options *o, const char *arg, struct error *e);
int value_msg(struct cli_options *o, const char *arg, struct error *e);
int value_audiodev(struct cli_options *o, const char *arg, struct error *e);
bool cli_has_audio(const struct cli_options *o, const char *id);
int value_mon(struct cli_options *o, const char *arg, struct error *e);
/* -machine: a key that is no board's own; 1: it is the board's. */
int value_machine_key(struct cli_options *o, const char *key, const char *value, struct error *e);

/* -drive and -blockdev: a new drive without anything; one by its name, or NULL. */
struct cli_drive *drives_new(struct cli_options *o);
struct cli_drive *drives_find(struct cli_options *o, const char *id);
int drives_blockdev_key(struct cli_drive *d, const char *key, const char *value, struct error *e);
/* Another file in an old drive; NULL: none. Formats as -drive has them, NULL: raw, and not said so.
 */
void drives_set_file(struct cli_drive *d, const char *file, const char *format);
/* One limit by its -drive key; 1: it is none. */
int drives_set_limit(struct block_limits *l, const char *key, const char *value, struct error *e);
int drives_check_limits(const struct block_limits *l, struct error *e);
/* Names are unique. */
int drives_check_id(struct cli_options *o, struct cli_drive *d, struct error *e);
/* What file= and format= of -drive mean, once all is known. */
int images_finish(struct cli_options *o, struct cli_drive *d, struct error *e);
/* Back ends that come and go while the vm runs: as the options, and opened. Those of a device that
 * has them stay. */
int backends_add_drive(struct cli_options *o, const char *arg, struct error *e);
int backends_open_drive(struct cli_options *o, struct cli_drive *d, struct error *e);
int backends_remove_drive(struct cli_options *o, const char *id, struct error *e);
int backends_add_netdev(struct cli_options *o, const char *arg, struct error *e);
int backends_remove_netdev(struct cli_options *o, const char *id, struct error *e);
/* -object throttle-group, behind its type; what a drive's group is, before it is opened. */
struct list;
int value_throttle_group(struct cli_options *o, struct list *list, struct error *e);
int groups_join(struct cli_options *o, struct cli_drive *d, struct error *e);
void groups_close(struct cli_options *o);
/* Of -object; NULL: there is none. Devices may share them. */
struct cli_object *objects_find(struct cli_options *o, const char *id);
void *objects_claim(struct cli_options *o, u32 prop, const char *id, struct error *e);
const char *objects_name(const struct cli_options *o, const void *claimed);
/* Once all options are there: the machine's memory. */
int objects_finish(struct cli_options *o, struct error *e);
void objects_close(struct cli_options *o);
/* What -fsdev and -virtfs describe. */
int fsdevs_open(struct cli_options *o, struct error *e);
struct fsdev *fsdevs_claim(struct cli_options *o, const char *id, const char *user,
			   struct error *e);
void fsdevs_release(struct cli_options *o, const struct fsdev *fs);
void fsdevs_close(struct cli_options *o);

/* Once all options are there: devices of drives that name an interface. */
int drives_finish(struct cli_options *o, struct error *e);
/* One more device; its settings may be added to. NULL with e set: there is no such class. */
struct machine_device *devices_new(struct cli_options *o, const char *name, struct error *e);
/* -device's argument, for a device that is none of the options'. */
int devices_parse(struct cli_options *o, const char *arg, struct machine_device *d,
		  struct error *e);
int devices_setting(struct machine_device *d, const char *key, const char *value, struct error *e);

#endif
