/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio over MMIO (virtio 1.2, 4.2). A machine has slots, devices of class virtio-mmio at fixed
 * addresses; each is a bus virtio-mmio-bus.N that one virtio-*-device is plugged into.
 */
#ifndef DEVICE_VIRTIO_MMIO_H
#define DEVICE_VIRTIO_MMIO_H

#include "device/virtio.h"

enum { VIRTIO_MMIO_BYTES = 0x200 };

struct virtio_mmio;

/* At the start of the instance of a device that is plugged into a slot. */
struct virtio_mmio_plug {
	struct device dev;
	struct virtio_mmio *bus;
	struct virtio_device *v;
	struct virtio_props props;
};

#define VIRTIO_MMIO_PROPS(type, field)                                                             \
	{"bus", "slot", PROP_POINTER, offsetof(type, field.bus), NULL},                            \
		VIRTIO_PROPS(type, field.props)

/* As those of virtio_plug.h. */
int virtio_mmio_realize(struct virtio_mmio_plug *p, struct virtio_device *v,
			struct virtio_init *init, struct error *e);
void virtio_mmio_unrealize(struct virtio_mmio_plug *p);

/* A slot; the machine sets base and irq. */
extern const struct device_class virtio_mmio_class;

#endif
