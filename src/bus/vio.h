/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtual I/O bus of PAPR guests: devices have a unit address and one interrupt; hypercalls
 * name them by unit address. LoPAPR 1.1, 16.2 and 17. Everything runs under the machine's lock. */
#ifndef BUS_VIO_H
#define BUS_VIO_H

#include "vm/device.h"
#include "vm/irq.h"
#include "vm/vm.h"

enum { VIO_MAX_DEVICES = 32, VIO_UNIT_BASE = 0x71000000, VIO_IRQ_BASE = 0x1100 };

struct vio_device;

/* What hypercalls a device answers; NULL = not this one. */
struct vio_ops {
	/* H_GET_TERM_CHAR: up to 16 bytes; H_PUT_TERM_CHAR: a PAPR return code. */
	u32 (*get_chars)(struct vio_device *d, u8 *buf, u32 max);
	s64 (*put_chars)(struct vio_device *d, const u8 *buf, u32 len);
};

struct vio_bus {
	struct vm *vm;
	u32 count;
	struct vio_device *devices[VIO_MAX_DEVICES];
};

/* Embedded at the start of every device on the bus. */
struct vio_device {
	struct device dev;
	struct vio_bus *bus;
	u32 unit;
	const struct vio_ops *ops;
	struct irq_line irq;
};

/* Registers the bus's hypercalls. */
void vio_bus_init(struct vio_bus *bus, struct vm *vm);
/* At realize: gives the device its unit address (0: the next free one) and interrupt. */
int vio_attach(struct vio_device *d, struct error *e);
/* The /vdevice node, to be made before the devices' nodes. */
int vio_bus_dt(struct vio_bus *bus, void *fdt);
/* Begin a device's node "name@unit" with its common properties; returns its offset or a negative
 * libfdt error. */
int vio_dt_node(struct vio_device *d, void *fdt, const char *name, const char *type,
		const char *compatible);

#endif
