/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a virtio device is plugged in: each type is a class on PCI and one for slots of virtio-mmio,
 * which share the instance and all but the transport. */
#ifndef DEVICE_VIRTIO_PLUG_H
#define DEVICE_VIRTIO_PLUG_H

#include "device/virtio_mmio.h"
#include "device/virtio_pci.h"

/* At the start of a device's instance. */
struct virtio_plug {
	union {
		struct device dev;
		struct virtio_pci pci;
		struct virtio_mmio_plug mmio;
	};
};

/* init->vm, name, props and the transport are filled in here. */
int virtio_plug_realize(struct virtio_plug *p, struct virtio_device *v, struct virtio_init *init,
			struct error *e);
void virtio_plug_unrealize(struct virtio_plug *p);
/* Of every class. */
void virtio_plug_reset(struct device *dev);

#endif
