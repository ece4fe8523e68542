/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio devices (virtio 1.2, chapter 2), whatever the transport: status, features, queues, and the
 * thread that works on them. A device type fills struct virtio_ops; a transport (virtio_pci.c,
 * virtio_mmio.c) fills struct virtio_transport_ops and turns register accesses into calls.
 *
 * Locks. v->lock is over registers: status, features, queue set-up; it is taken without the
 * machine's lock or under it. v->work is over what works on queues: the device's thread holds it
 * while it runs ops->handle(), and whoever stops the device takes it after v->lock. A queue's lock
 * is over its ring; inside it are v->isr_lock, over the ISR and the line that follows it, the back
 * end's locks and the interrupt controller's.
 * Completions of the host's side come on any thread and take the queue's lock only.
 */
#ifndef DEVICE_VIRTIO_H
#define DEVICE_VIRTIO_H

#include "device/virtqueue.h"
#include "os/os.h"
#include "vm/device.h"

enum {
	VIRTIO_MAX_QUEUES = 64,
	VIRTIO_CONFIG_BYTES = 128,

	VIRTIO_ID_NET = 1,
	VIRTIO_ID_BLOCK = 2,
	VIRTIO_ID_CONSOLE = 3,
	VIRTIO_ID_RNG = 4,
	VIRTIO_ID_BALLOON = 5,
	VIRTIO_ID_SCSI = 8,
	VIRTIO_ID_9P = 9,
	VIRTIO_ID_VSOCK = 19,

	VIRTIO_STATUS_ACKNOWLEDGE = 1,
	VIRTIO_STATUS_DRIVER = 2,
	VIRTIO_STATUS_DRIVER_OK = 4,
	VIRTIO_STATUS_FEATURES_OK = 8,
	VIRTIO_STATUS_NEEDS_RESET = 64,
	VIRTIO_STATUS_FAILED = 128,

	VIRTIO_ISR_QUEUE = 1,
	VIRTIO_ISR_CONFIG = 2,

	/* parts of a queue */
	VIRTIO_DESC = 0,
	VIRTIO_DRIVER_AREA,
	VIRTIO_DEVICE_AREA,
};

#define VIRTIO_F_NOTIFY_ON_EMPTY (1ull << 24)
#define VIRTIO_F_ANY_LAYOUT	 (1ull << 27)
#define VIRTIO_F_INDIRECT_DESC	 (1ull << 28)
#define VIRTIO_F_EVENT_IDX	 (1ull << 29)
#define VIRTIO_F_VERSION_1	 (1ull << 32)
#define VIRTIO_F_ACCESS_PLATFORM (1ull << 33)
#define VIRTIO_F_RING_PACKED	 (1ull << 34)
#define VIRTIO_F_RING_RESET	 (1ull << 40)

struct virtio_device;

/* NULL: only count. */
typedef void virtio_each_fn(void *opaque, u32 queue, const struct virtqueue_element *el);

struct virtio_ops {
	u32 id;
	u32 class_code; /* on PCI */
	/* Work on a queue that the driver notified; on the device's thread. */
	void (*handle)(struct virtio_device *v, u32 queue);
	/* Fill config[] for the driver's byte order; under v->lock. */
	void (*config_read)(struct virtio_device *v);
	/* config[] was written there. */
	void (*config_written)(struct virtio_device *v, u32 offset, u32 len);
	/* Nothing of the device may touch memory afterwards, until the next handle(); elements
	 * that wait for the host's side go back by virtqueue_unpop(). While `pausing`, a disk's
	 * requests that wait for the machine to go on stay. */
	void (*quiesce)(struct virtio_device *v);
	/* After quiesce(): what the type keeps is as after power-on. */
	void (*reset)(struct virtio_device *v);
	/* The driver's features are agreed on. */
	void (*negotiated)(struct virtio_device *v);
	/* How many elements the type holds after quiesce() while `pausing`, and each of them, as it
	 * was popped, for each(). NULL: none ever. */
	u32 (*held)(struct virtio_device *v, virtio_each_fn *each, void *opaque);
};

struct virtio_transport_ops {
	void (*interrupt)(struct virtio_device *v, u16 vector, u8 isr);
	/* The level of the device's line, if it has one; under v->isr_lock. */
	void (*line)(struct virtio_device *v, bool level);
	/* Which view a driver with these features uses. */
	struct dma_view *(*view)(struct virtio_device *v, bool platform);
	/* May the device work now (it is not frozen)? */
	bool (*alive)(struct virtio_device *v);
};

/* Saved. */
struct virtio_state {
	u64 features; /* the driver's */
	u32 device_feature_sel, driver_feature_sel;
	u16 queue_sel, config_vector;
	u8 status, isr, generation, big_endian;
	struct virtqueue_state queues[VIRTIO_MAX_QUEUES];
};

struct virtio_queue {
	struct virtqueue ring;
	struct os_mutex lock;
	_Atomic bool kicked;
	u32 size; /* after reset */
};

struct virtio_kept;

struct virtio_device {
	struct vm *vm;
	const char *name;
	const struct virtio_ops *ops;
	const struct virtio_transport_ops *transport;
	void *transport_data;
	struct virtio_state *s;
	u64 host_features;
	u32 nr_queues, config_len;
	u8 config[VIRTIO_CONFIG_BYTES];
	struct virtio_queue queues[VIRTIO_MAX_QUEUES];
	struct os_mutex lock, work, isr_lock;
	struct os_thread thread;
	struct os_wake wake;
	_Atomic bool stop, running;
	u64 due; /* the device's thread: when handle() is called for all queues; OS_FOREVER */
	bool started;
	struct virtio_kept *kept; /* under work: loaded with the machine, to be popped first */
	_Atomic bool dropping;	  /* what is done now is not the driver's any more */
	bool pausing;		  /* under work: quiesce() is for a machine that stops */
};

/* Properties that all transports have. */
struct virtio_props {
	bool indirect, event_idx, packed, iommu_platform, notify_on_empty, any_layout, queue_reset;
};
#define VIRTIO_PROPS(type, field)                                                                  \
	{"indirect_desc", "indirect descriptors", PROP_BOOL, offsetof(type, field.indirect),       \
	 "on"},                                                                                    \
		{"event_idx", "suppression of notifications by index", PROP_BOOL,                  \
		 offsetof(type, field.event_idx), "on"},                                           \
		{"packed", "packed rings", PROP_BOOL, offsetof(type, field.packed), "off"},        \
		{"iommu_platform", "addresses go through the platform's DMA windows", PROP_BOOL,   \
		 offsetof(type, field.iommu_platform), "off"},                                     \
		{"notify_on_empty", "legacy drivers: interrupt when a queue is empty", PROP_BOOL,  \
		 offsetof(type, field.notify_on_empty), "on"},                                     \
		{"any_layout", "legacy drivers: pieces of any size", PROP_BOOL,                    \
		 offsetof(type, field.any_layout), "on"},                                          \
	{                                                                                          \
		"queue_reset", "queues can be reset alone", PROP_BOOL,                             \
			offsetof(type, field.queue_reset), "on"                                    \
	}

/* --- for transports --- */
struct virtio_init {
	struct vm *vm;
	const char *name;
	const struct virtio_ops *ops;
	const struct virtio_transport_ops *transport;
	void *transport_data;
	const struct virtio_props *props;
	struct virtio_state *state;
	u64 features; /* of the type */
	u32 nr_queues, queue_size, config_len;
	bool modern_only; /* there is no legacy interface */
	u32 vectors;	  /* that it is content with; 0: one per queue and one more */
};
int virtio_init(struct virtio_device *v, const struct virtio_init *init, struct error *e);
void virtio_destroy(struct virtio_device *v);
/* The driver hears of nothing any more, while parts of the device still end. */
void virtio_leave(struct virtio_device *v);
/* Of the whole device; without v->lock. */
void virtio_reset(struct virtio_device *v);
/* These are called with v->lock held. */
void virtio_set_status(struct virtio_device *v, u8 status);
u64 virtio_offered(const struct virtio_device *v, bool legacy);
void virtio_set_features(struct virtio_device *v, u64 features);
void virtio_set_byte_order(struct virtio_device *v, bool big_endian);
void virtio_enable_queue(struct virtio_device *v, u32 queue);
void virtio_reset_queue(struct virtio_device *v, u32 queue);
u64 virtio_config_load(struct virtio_device *v, u32 offset, u32 size);
void virtio_config_store(struct virtio_device *v, u32 offset, u32 size, u64 value);
/* Through the windows of 32 features that the driver selected. */
u32 virtio_features_load(const struct virtio_device *v, bool legacy);
void virtio_features_store(struct virtio_device *v, bool legacy, u32 value);
/* The queue that the driver selected; NULL: there is none. These do nothing to a queue that is not
 * there, or runs, or to values that cannot be. */
struct virtqueue_state *virtio_selected(struct virtio_device *v);
void virtio_queue_set_size(struct virtio_device *v, u32 size);
void virtio_queue_set_address(struct virtio_device *v, u32 part, bool high, u32 value);
void virtio_queue_enable(struct virtio_device *v);
/* Legacy drivers: the parts stand one after the other, the device's aligned (a power of two); 0
 * stops the queue. */
void virtio_queue_place(struct virtio_device *v, u64 addr, u64 align);
/* The byte order of a legacy driver is that of the processor that drives it. */
bool virtio_big_endian(const struct virtio_device *v, u32 vcpu);
/* Set and clear bits of the ISR; what it was. Any thread, with v->lock or without. */
u8 virtio_isr(struct virtio_device *v, u8 set, u8 clear);
/* The driver notified, or there is work for another reason: the device's thread calls handle(). Any
 * thread. */
void virtio_kick(struct virtio_device *v, u32 queue);
/* After alive() became false: wait until the device's thread and whoever holds a queue's
 * lock have noticed. Without these locks. */
void virtio_settle(struct virtio_device *v);
/* After alive() became true: what was notified meanwhile is due. */
void virtio_resume(struct virtio_device *v);

/* --- for device types --- */
static inline bool virtio_has(const struct virtio_device *v, u64 feature)
{
	return v->s->features & feature;
}
/* The queue's lock is held: an interrupt, if the driver wants one. */
void virtio_notify(struct virtio_device *v, u32 queue);
/* Push one element, and later interrupt for all that were pushed; both take the queue's lock. A
 * driver that resets the device hears of nothing. */
void virtio_push(struct virtio_device *v, u32 queue, struct virtqueue_element *el, u64 written);
void virtio_notify_pushed(struct virtio_device *v, u32 queue);
/* Push one element and interrupt; takes the queue's lock. */
void virtio_complete(struct virtio_device *v, u32 queue, struct virtqueue_element *el, u64 written);
int virtio_pop(struct virtio_device *v, u32 queue, struct virtqueue_element *el);
/* The last one popped, which waits for the host's side, goes back. */
void virtio_unpop(struct virtio_device *v, u32 queue, struct virtqueue_element *el);
void virtio_want_notify(struct virtio_device *v, u32 queue, bool on);
/* What the type holds, as a section of no fixed size (struct device_section); none if it holds
 * nothing. */
void virtio_save_held(struct virtio_device *v, const char *section, u32 instance,
		      struct state_writer *w);
int virtio_load_held(struct virtio_device *v, struct state_reader *r, struct error *e);
/* config[] changed on its own. Any thread, no lock of the device held. */
void virtio_config_changed(struct virtio_device *v);
/* The driver did what leaves no way on. Any thread. */
void virtio_broken(struct virtio_device *v, const char *why);
/* Values in the driver's byte order: the guest's for legacy drivers, else little-endian. */
void virtio_st16(const struct virtio_device *v, void *p, u16 value);
void virtio_st32(const struct virtio_device *v, void *p, u32 value);
void virtio_st64(const struct virtio_device *v, void *p, u64 value);
u16 virtio_ld16(const struct virtio_device *v, const void *p);
u32 virtio_ld32(const struct virtio_device *v, const void *p);
u64 virtio_ld64(const struct virtio_device *v, const void *p);

extern const struct state_table virtio_state_table;

#endif
