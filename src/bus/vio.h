/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual I/O bus of PAPR guests (LoPAPR 1.1, 16.2 and 17): devices have a unit address and one
 * interrupt; hypercalls name them by unit address. Some have a DMA window of their own, whose LIOBN
 * is the unit address, and a command/response queue (CRQ, 17.2.3.1): 16-byte entries in guest
 * memory, the first byte says whether one is valid.
 *
 * Everything runs under the machine's lock but vio_crq_post() and DMA, which any thread may do.
 */
#ifndef BUS_VIO_H
#define BUS_VIO_H

#include "bus/dma.h"
#include "bus/tce.h"
#include "vm/device.h"
#include "vm/irq.h"
#include "vm/vm.h"

enum {
	VIO_MAX_DEVICES = 32,
	VIO_UNIT_BASE = 0x71000000, /* of devices that name none */
	VIO_UNIT_END = 0x80000000,
	VIO_IRQ_BASE = 0x1100,
	VIO_WINDOW_SIZE = 0x10000000, /* of DMA, in pages of 4 KiB */
	VIO_CRQ_ENTRY = 16,
};

struct vio_device;

/* What hypercalls a device answers; NULL = not this one. */
struct vio_ops {
	const char *node; /* name in the device tree, without the unit address */
	/* H_GET_TERM_CHAR: up to 16 bytes; H_PUT_TERM_CHAR: a PAPR return code. */
	u32 (*get_chars)(struct vio_device *d, u8 *buf, u32 max);
	s64 (*put_chars)(struct vio_device *d, const u8 *buf, u32 len);
	/* H_SEND_CRQ: an entry whose first byte says valid; a PAPR return code. */
	s64 (*receive)(struct vio_device *d, const u8 *entry);
	/* The queue goes: forget the connection. */
	void (*disconnect)(struct vio_device *d);
};

struct vio_bus {
	struct vm *vm;
	struct tce_registry *tce;
	u32 count;
	struct vio_device *devices[VIO_MAX_DEVICES];
};

/* Part of the saved state of devices that have a window. */
struct vio_state {
	u64 queue, queue_size; /* bus address, bytes; 0 = no queue is registered */
	u32 queue_at;	       /* where the next entry goes */
	u32 bypass;	       /* firmware asked for real addresses */
	u32 signal;	       /* H_VIO_SIGNAL: entries interrupt */
	u32 pad;
};
extern const struct state_table vio_state_table;

/* Embedded at the start of every device on the bus. */
struct vio_device {
	struct device dev;
	struct vio_bus *bus;
	u32 unit;
	const struct vio_ops *ops;
	struct irq_line irq;
	/* Of devices with a window; else vio is NULL. */
	struct dma_view dma;
	struct tce_table tce;
	struct vio_state *vio;
	struct os_mutex queue_lock; /* a leaf: *vio's queue */
};

/* Registers the bus's hypercalls and RTAS calls, and its name for -device. */
void vio_bus_init(struct vio_bus *bus, struct vm *vm, struct tce_registry *tce);
/* At realize: gives the device its unit address (0: the next free one) and interrupt. */
int vio_attach(struct vio_device *d, struct error *e);
/* Behind vio_attach(): a DMA window. */
int vio_add_window(struct vio_device *d, struct vio_state *state, struct error *e);
void vio_remove_window(struct vio_device *d);
/* At reset: no queue, an empty window. */
void vio_reset_window(struct vio_device *d);

/* An entry into the guest's queue; -EBUSY: it is full, -ENOTCONN: there is none, -EFAULT. */
int vio_crq_post(struct vio_device *d, const u8 *entry);

/* The /vdevice node, and one that is empty yet for every device. */
int vio_bus_dt(struct vio_bus *bus, void *fdt);
/* Begin to fill a device's node with its common properties; returns its offset or a negative libfdt
 * error. */
int vio_dt_node(struct vio_device *d, void *fdt, const char *type, const char *compatible);
/* boot_path() of a device class. */
int vio_boot_path(const struct device *dev, char *path, size_t size);
struct vio_device *vio_find_unit(struct vio_bus *bus, u64 unit);

#endif
