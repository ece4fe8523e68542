/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCSI targets over host/block.h: disks (SBC-3) and CD-ROM drives (MMC-5), for every host adapter:
 * spapr-vscsi, virtio-scsi, USB storage. An adapter has a bus, decodes addresses, maps the guest's
 * buffers and submits requests; targets answer.
 *
 * Any thread may submit, with or without the machine's lock. done() comes inside scsi_submit() or
 * on a thread of the block layer, without any lock of a target; it must not wait for the machine's
 * lock. What the guest hands over in command blocks and parameter lists is hostile.
 */
#ifndef DEVICE_SCSI_H
#define DEVICE_SCSI_H

#include "host/block.h"
#include "os/os.h"
#include "vm/device.h"

struct vm;
struct scsi_device;

enum { SCSI_MAX_DEVICES = 64, SCSI_CDB_BYTES = 32, SCSI_SENSE_BYTES = 18 };

enum scsi_status {
	SCSI_GOOD = 0x00,
	SCSI_CHECK_CONDITION = 0x02,
	SCSI_BUSY = 0x08,
	SCSI_TASK_SET_FULL = 0x28,
};

/* What an adapter may tell its guest: a unit has come, is going, or is not what it was (`sense`).
 */
enum scsi_change { SCSI_CAME, SCSI_GOES, SCSI_CHANGED };

/* Of a host adapter; addresses are below the maxima. */
struct scsi_bus {
	struct vm *vm;
	u32 channels, targets, luns;
	/* boot_path() of what is on the bus, set by the adapter; NULL: nothing boots from it. */
	int (*boot_path)(const struct scsi_device *d, char *path, size_t size);
	/* Set by an adapter that has a way to tell; under the machine's lock, while nothing is
	 * under way. */
	void (*changed)(struct scsi_bus *bus, const struct scsi_device *d, enum scsi_change what,
			u32 sense);
	bool saves_held; /* the adapter saves requests that are under way */
	u32 count;
	struct scsi_device *devices[SCSI_MAX_DEVICES];
};

/* Logical units as virtio and USB name them to firmware: 01, target, 14 bits of unit. */
static inline u64 scsi_firmware_unit(u32 target, u32 lun)
{
	return (1ull << 24 | target << 16 | (lun < 256 ? 0 : 0x4000) | lun) << 32;
}

struct scsi_request {
	/* The adapter's, unchanged until done(). */
	u8 cdb[SCSI_CDB_BYTES];
	const struct iovec *iov; /* host addresses of the data buffer, in or out */
	int niov;
	u64 room;      /* bytes in iov */
	bool to_guest; /* the buffer is for data in: it may be written, and is not read */
	void (*done)(struct scsi_request *r);
	void *opaque;
	/* The answer. */
	u8 status; /* enum scsi_status */
	u8 sense_len;
	u8 sense[SCSI_SENSE_BYTES]; /* fixed format */
	u64 moved;		    /* bytes of the buffer that were used */
	/* The target's. */
	struct scsi_device *dev;
	struct block_request block;
	struct iovec *own; /* a shortened or made-up vector */
	u8 *data;
	u64 at, left; /* of what is done in steps */
	u32 next;
	/* Submits one, which is 0, or says that all are done (1) or that it cannot (-errno). */
	int (*step)(struct scsi_request *r);
	_Atomic u32 open; /* of a step: its submission and its end */
	int err;	  /* its, before it leaves `open` */
};

/* -device names the bus `name`. */
void scsi_bus_init(struct scsi_bus *bus, struct vm *vm, const char *name, u32 channels, u32 targets,
		   u32 luns);
struct scsi_device *scsi_find(const struct scsi_bus *bus, u32 channel, u32 target, u32 lun);
/* Any unit of a target. */
struct scsi_device *scsi_find_target(const struct scsi_bus *bus, u32 channel, u32 target);
/* A unit may not exist: its target says so, or which ones do (SPC-4, 5.8 and 6.33). */
void scsi_submit_at(const struct scsi_bus *bus, u32 channel, u32 target, u32 lun,
		    struct scsi_request *r);
/* dev: NULL = the target has no such logical unit, or does not exist. */
void scsi_submit(struct scsi_device *dev, struct scsi_request *r);
/* Returns when nothing is under way; nobody submits meanwhile. */
void scsi_bus_drain(struct scsi_bus *bus);
/* As block_settle(). */
void scsi_bus_settle(struct scsi_bus *bus);

extern const struct device_class scsi_hd_class, scsi_cd_class;

/* --- from outside: under the machine's lock, while the machine is paused --- */
/* The unit that has these blocks; NULL: none. */
struct scsi_device *scsi_of_block(struct vm *vm, const struct block *b);
/* What is in the drive was exchanged for what d->block has now, of no bytes: for nothing. */
void scsi_medium_changed(struct scsi_device *d);
/* The drive's button was pressed. False: the guest prevents it, and was told, unless by force. */
bool scsi_open_tray(struct scsi_device *d, bool force);

/* --- shared by the files of the targets --- */
struct scsi_state {
	u32 attention;	 /* enum scsi_attention: to be reported, the lowest one first */
	u32 locked;	 /* medium removal is prevented */
	u32 ejected;	 /* the tray is open */
	u32 media_event; /* enum scsi_media_event: to be fetched by GET EVENT STATUS NOTIFICATION */
	u32 write_cache;
	u32 pad;
};

struct scsi_device {
	struct device dev;
	struct scsi_bus *bus;
	struct block *block;
	const struct block_info *info;
	bool cd, removable;
	u32 channel, target, lun;
	u32 block_size; /* bytes */
	u64 blocks;
	const char *on_read_error, *on_write_error;
	const char *serial, *vendor, *product, *version;
	const char *device_id; /* what page 0x83 calls it; NULL: by serial or id */
	u64 wwn;
	u64 logical_size, physical_size; /* 0: the image's */
	u32 rotation_rate, write_cache;	 /* the latter enum device_auto */
	struct os_mutex lock;		 /* a leaf: state */
	struct scsi_state state;
};

enum scsi_media_event { SCSI_MEDIA_CHANGED = 1 << 0, SCSI_MEDIA_EJECT_ASKED = 1 << 1 };

enum scsi_attention {
	SCSI_ATTENTION_POWER_ON = 1 << 0,
	SCSI_ATTENTION_MEDIUM = 1 << 1,
	SCSI_ATTENTION_CAPACITY = 1 << 2,
	SCSI_ATTENTION_LUNS = 1 << 3,
	SCSI_ATTENTIONS = (1 << 4) - 1,
};

/* Sense: key << 16 | additional code << 8 | qualifier. */
enum scsi_sense {
	SENSE_NOT_READY_NO_MEDIUM = 0x023a00,
	SENSE_READ_ERROR = 0x031100,
	SENSE_WRITE_ERROR = 0x030c00,
	SENSE_INTERNAL_FAILURE = 0x044400,
	SENSE_INVALID_OPCODE = 0x052000,
	SENSE_LBA_OUT_OF_RANGE = 0x052100,
	SENSE_INVALID_FIELD = 0x052400,
	SENSE_NO_LUN = 0x052500,
	SENSE_INVALID_PARAMETER = 0x052600,
	SENSE_REMOVAL_PREVENTED = 0x055302,
	SENSE_MEDIUM_CHANGED = 0x062800,
	SENSE_POWER_ON = 0x062900,
	SENSE_CAPACITY_CHANGED = 0x062a09,
	SENSE_LUNS_CHANGED = 0x063f0e,
	SENSE_WRITE_PROTECTED = 0x072700,
	SENSE_NO_SPACE = 0x072707,
	SENSE_DATA_PHASE = 0x0b4b00,
};

/* Ends of requests. */
void scsi_good(struct scsi_request *r);
void scsi_fail(struct scsi_request *r, u32 sense);
/* `len` bytes of data of which the guest asked for `limit`. */
void scsi_answer(struct scsi_request *r, const void *data, u32 len, u32 limit);
/* Up to `len` bytes of the data-out buffer; how many there were. */
u32 scsi_take(const struct scsi_request *r, void *data, u32 len);

void scsi_attention(struct scsi_device *d, enum scsi_attention what);
/* No medium is in the drive, or its tray is open. */
bool scsi_medium_gone(struct scsi_device *d);

/* Each file's commands; false: not one of them. */
bool scsi_inquiry_command(struct scsi_device *d, struct scsi_request *r);
bool scsi_mode_command(struct scsi_device *d, struct scsi_request *r);
bool scsi_block_command(struct scsi_device *d, struct scsi_request *r);
bool scsi_cd_command(struct scsi_device *d, struct scsi_request *r);

#endif
