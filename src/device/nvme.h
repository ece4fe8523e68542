/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An NVM Express controller (NVM Express base specification 1.4; "4.6" and the like are its
 * sections) with one namespace, a disk of host/block.h. Private to nvme*.c.
 *
 * The controller's thread takes commands out of submission queues under `work`, which also guards
 * registers and the making and deleting of queues. Completions are posted by the back end's threads
 * as well, under the lock of their queue, which is taken with or without `work` and never the other
 * way round. A command is not taken before its completion has a place, so none ever waits.
 */
#ifndef DEVICE_NVME_H
#define DEVICE_NVME_H

#include "bus/pci.h"
#include "host/block.h"
#include "os/os.h"

enum {
	NVME_MAX_QUEUES = 65, /* with the admin queue, 0 */
	NVME_MAX_ENTRIES = 2048,
	NVME_COMMAND_BYTES = 64,
	NVME_COMPLETION_BYTES = 16,
	NVME_IDENTIFY_BYTES = 4096,
	NVME_MAX_EVENTS = 4, /* asynchronous event requests that wait */
	NVME_MAX_RANGES = 256,
	NVME_MDTS = 7,			       /* 2^7 pages of 4 KiB in one transfer */
	NVME_MAX_PAGES = (1 << NVME_MDTS) + 1, /* that such a transfer touches */
	NVME_NAMESPACE = 1,
	NVME_ALL_NAMESPACES = -1,
};

/* Status field of a completion (4.6.1): type << 8 | code. */
enum nvme_status {
	NVME_OK = 0,
	NVME_INVALID_OPCODE = 0x01,
	NVME_INVALID_FIELD = 0x02,
	NVME_TRANSFER_ERROR = 0x04,
	NVME_INTERNAL_ERROR = 0x06,
	NVME_ABORTED = 0x07,
	NVME_INVALID_NAMESPACE = 0x0b,
	NVME_INVALID_PRP = 0x13,
	NVME_LBA_RANGE = 0x80,
	NVME_BAD_COMPLETION_QUEUE = 0x100,
	NVME_BAD_QUEUE_ID = 0x101,
	NVME_BAD_QUEUE_SIZE = 0x102,
	NVME_TOO_MANY_EVENTS = 0x105,
	NVME_BAD_VECTOR = 0x108,
	NVME_BAD_LOG_PAGE = 0x109,
	NVME_BAD_DELETION = 0x10c,
	NVME_FEATURE_NOT_SAVEABLE = 0x10d,
	NVME_READ_ONLY = 0x182,
	NVME_WRITE_FAULT = 0x280,
	NVME_READ_ERROR = 0x281,
	NVME_DO_NOT_RETRY = 1 << 14,
	NVME_LATER = 1 << 16, /* ours: it is completed by somebody else */
};

enum nvme_feature {
	NVME_FEATURE_ARBITRATION = 0x01,
	NVME_FEATURE_POWER = 0x02,
	NVME_FEATURE_TEMPERATURE = 0x04,
	NVME_FEATURE_ERROR_RECOVERY = 0x05,
	NVME_FEATURE_WRITE_CACHE = 0x06,
	NVME_FEATURE_QUEUES = 0x07,
	NVME_FEATURE_COALESCING = 0x08,
	NVME_FEATURE_VECTOR = 0x09,
	NVME_FEATURE_ATOMICITY = 0x0a,
	NVME_FEATURE_EVENTS = 0x0b,
	NVME_FEATURES = 0x0c,
};

/* Saved. */
struct nvme_queue_state {
	u64 base;
	u32 size;	     /* entries; 0: there is none */
	u32 head, tail;	     /* ours, and what the guest said last (atomic) */
	u32 completion;	     /* submission: where completions go */
	u32 vector, phase;   /* completion */
	u32 interrupts, pad; /* completion: enabled */
};

struct nvme_state {
	u32 config, status;			/* CC, CSTS (3.1.5, 3.1.6) */
	u32 admin_sizes, masked;		/* AQA; INTMS of the pin */
	u64 admin_submission, admin_completion; /* ASQ, ACQ */
	u32 features[NVME_FEATURES];		/* by enum nvme_feature */
	u32 nr_events, events[NVME_MAX_EVENTS]; /* identifiers of commands that wait for an event */
	u32 pad;
	u64 sectors_read, sectors_written, reads, writes;
	struct nvme_queue_state submission[NVME_MAX_QUEUES], completion[NVME_MAX_QUEUES];
};

struct nvme;

/* What stands in a submission queue (4.2), in the host's order. */
struct nvme_command {
	u8 opcode, flags;
	u16 id, queue, completion; /* queue: where it stood; completion: that queue's */
	u32 nsid;
	u64 prp[2];
	u32 dw10, dw11, dw12, dw13, dw14, dw15;
};

struct nvme_request {
	struct block_request block;
	struct nvme *nvme;
	struct nvme_request *next; /* in the free list */
	u16 id, queue, completion;
	int niov;
	struct iovec iov[NVME_MAX_PAGES];
	/* Dataset management: one range after the other. */
	u32 nr_ranges, range;
	u8 ranges[NVME_MAX_RANGES * 16];
};

struct nvme_completion_queue {
	struct os_mutex lock;
	u32 taken;    /* places of commands under way */
	bool starved; /* commands wait for a place (atomic) */
};

struct nvme {
	struct pci_device pci;
	struct block *block;
	const struct block_info *info;
	const char *serial;
	u64 logical_size, physical_size;
	u32 block_shift, max_pairs, nr_vectors;
	struct nvme_state state;
	struct os_mutex work;
	struct os_wake wake;
	struct os_thread thread;
	bool stop, gone, running; /* stop, gone: atomic; gone: nobody is told of anything */
	u32 kicked[(NVME_MAX_QUEUES + 31) / 32]; /* submission queues with something new; atomic */
	struct nvme_completion_queue completion[NVME_MAX_QUEUES];
	struct os_mutex pin_lock;
	struct os_mutex free_lock;
	struct nvme_request *free;
};

/* Fields that other threads look at without a lock. */
#define NVME_GET(field)	       __atomic_load_n(&(field), __ATOMIC_RELAXED)
#define NVME_SET(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELAXED)

extern const struct device_class nvme_class;

/* A command is done; any thread, without work or with it. */
void nvme_complete(struct nvme *n, u16 queue, u16 completion, u16 id, u32 status, u32 result);
/* The guest's memory cannot be reached where the controller must: it stops (CSTS.CFS). */
void nvme_fail(struct nvme *n, const char *why);
/* A place for one completion of the queue, that nvme_complete() uses up and nvme_release() gives
 * back; false: later, when the guest has read some. */
bool nvme_reserve(struct nvme *n, u32 completion);
void nvme_release(struct nvme *n, u32 completion);
void nvme_kick(struct nvme *n, u32 queue);
void nvme_kick_all(struct nvme *n);
/* Who waited for a place in the queue goes on. */
void nvme_place_is_free(struct nvme *n, struct nvme_completion_queue *q);
/* Without messages: the pin is up while a completion queue has something. */
void nvme_update_pin(struct nvme *n);
/* Pages of len bytes that PRP entries name (4.3), NVME_MAX_PAGES at most. */
u32 nvme_map(struct nvme *n, const u64 prp[2], u64 len, bool to_guest, struct iovec *iov,
	     int *niov);
/* Data of an admin command, at most a page of 4 KiB. */
u32 nvme_to_guest(struct nvme *n, const struct nvme_command *c, const void *buf, u64 len);
u32 nvme_from_guest(struct nvme *n, const struct nvme_command *c, void *buf, u64 len);

/* An enum nvme_status; *result is dword 0 of the completion. */
u32 nvme_admin(struct nvme *n, const struct nvme_command *c, u32 *result);
void nvme_default_features(struct nvme *n);
/* NVME_LATER: *submit, if not NULL, is to be submitted. */
u32 nvme_io(struct nvme *n, const struct nvme_command *c, struct block_request **submit);
void nvme_free_requests(struct nvme *n);

/* What the thread does when it was woken; under work. */
void nvme_work(struct nvme *n);

/* Queues; under work. */
u32 nvme_make_submission(struct nvme *n, u32 id, u64 base, u32 size, u32 completion);
u32 nvme_make_completion(struct nvme *n, u32 id, u64 base, u32 size, bool interrupts, u32 vector);
/* Returns when no command of it is under way. */
void nvme_delete_submission(struct nvme *n, u32 id);
void nvme_delete_completion(struct nvme *n, u32 id);

#endif
