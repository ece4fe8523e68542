/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parsed command line. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "host/block.h"
#include "host/fsdev.h"
#include "host/net.h"
#include "host/vnc.h"
#include "machine/machine.h"

enum { CLI_MAX_SERIALS = MACHINE_MAX_SERIALS, CLI_MAX_MONITORS = 4, CLI_MAX_AUDIO = 4 };

/* What -drive and -blockdev describe. */
enum drive_interface { DRIVE_DEFAULT, DRIVE_NONE, DRIVE_VIRTIO, DRIVE_SCSI, DRIVE_PFLASH };

struct cli_drive {
	const char *id; /* or node name */
	const char *serial;
	const char *group;  /* throttling.group; NULL: none */
	const char *format; /* of -drive; NULL: raw, and not said so */
	/* -blockdev: what qemu-storage-daemon is told of this node and those below it */
	u32 nr_nodes;
	const char **nodes;
	bool served; /* ... and it has to be */
	struct block_options options;
	enum drive_interface interface;
	s32 index; /* -1: the next free one */
	bool cd;
	bool below;   /* another node stands on it: not opened by itself */
	bool is_node; /* of -blockdev: stays when its device goes */
	bool freed;   /* its device has gone */
	struct block *block;
	const char *user; /* NULL: no device has it */
};

struct cli_chardev {
	const char *id, *spec;
	struct chardev *chardev;
	const char *user;
};

/* In qemu's words, before it is one. */
struct cli_address {
	const char *type, *host, *port, *path, *fd;
};

struct cli_netdev {
	const char *id;
	bool is_socket; /* -netdev socket, which says less */
	u8 ipv4, ipv6;	/* enum device_auto */
	struct cli_address local, remote;
	struct net_options options;
	struct net_backend *net;
	const char *user;
};

struct cli_fsdev {
	const char *id;
	struct fsdev_options options;
	bool secured; /* a security model was chosen */
	struct fsdev *fs;
	const char *user;
};

/* Limits that drives share. */
struct cli_group {
	const char *id;
	struct block_limits limits;
	struct block_throttle *group; /* once a drive has it */
};

/* Of -object, but for throttle-groups. */
enum object_type {
	OBJECT_SECRET,
	OBJECT_RNG_RANDOM,
	OBJECT_RNG_BUILTIN,
	OBJECT_MEMORY,
	OBJECT_IOTHREAD
};

struct cli_object {
	const char *id;
	enum object_type type;
	const char *file;
	const char *data; /* a secret; else NULL */
	struct rng *rng;  /* NULL: it is none */
	u64 size;	  /* of memory */
};

struct cli_options {
	const struct machine_class *machine;
	struct machine_config config; /* serials are opened later */
	u32 nr_serials;
	const char *serials[CLI_MAX_SERIALS];
	u32 nr_monitors;
	const char *monitors[CLI_MAX_MONITORS];
	bool nographic, no_defaults, no_reboot, no_shutdown, stopped;
	bool usb, vga;
	const char *memory_backend; /* -machine memory-backend=; NULL: none */
	bool has_memory;	    /* -m */
	u32 nr_audio;
	const char *audio[CLI_MAX_AUDIO]; /* -audiodev's ids */
	u32 log_mask;
	const char *log_file;
	const char *save_file, *load_file; /* NULL = none */
	bool stats;
	bool snapshot;
	bool perf_map;
	const char *process_name; /* NULL = as it was started */
	u32 nr_drives, nr_chardevs, nr_netdevs, nr_devices, nr_globals;
	struct cli_drive *drives;
	struct cli_chardev *chardevs;
	struct cli_netdev *netdevs;
	u32 nr_fsdevs;
	struct cli_fsdev *fsdevs;
	struct machine_device *devices;
	struct device_global *globals;
	bool has_vnc;
	struct vnc_options vnc;
	const char *vnc_audio;	/* its -audiodev; NULL = none */
	const char *vnc_secret; /* the password's name; NULL = none */
	struct vnc *vnc_server;
	u32 nr_groups;
	struct cli_group *groups;
	u32 nr_objects;
	struct cli_object *objects;
	struct device_backends backends;
	struct vm *vm; /* after cli_watch_backends() */
	void *owned;   /* what options point into: a GSList of strings */
};

/* Open what -drive, -blockdev, -chardev and -netdev describe; before the machine is made. */
struct char_escapes;
int cli_open_backends(struct cli_options *o, const struct char_escapes *escapes, struct error *e);
/* Disks may stop the machine from now on, and try again when it goes on; NULL: no more. */
void cli_watch_backends(struct cli_options *o, struct vm *vm);
/* The name of a drive with requests that wait for that; NULL: there is none. */
const char *cli_waiting_drive(const struct cli_options *o);
/* That of -chardev, for one user only; NULL with e set. */
struct chardev *cli_chardev(struct cli_options *o, const char *id, const char *user,
			    struct error *e);
/* Devices have gone, not one that could not be made: their drives go, too. */
void cli_close_freed(struct cli_options *o);
/* After the machine is gone; also after a failure. */
void cli_close_backends(struct cli_options *o);

/* What -vnc says; after the back ends. Both are theirs to call. */
int cli_open_display(struct cli_options *o, struct error *e);
void cli_close_display(struct cli_options *o);

/* Frees what the options point into. */
void cli_free(struct cli_options *o);

/* 0; 1: something was printed and that was all that was asked for; -errno with e set. Strings stay
 * those of argv or are owned; call cli_free() whatever the result. */
int cli_parse(struct cli_options *o, int argc, char **argv, struct error *e);

#endif
