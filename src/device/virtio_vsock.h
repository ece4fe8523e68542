/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_VIRTIO_VSOCK_H
#define DEVICE_VIRTIO_VSOCK_H

#include "vm/device.h"

extern const struct device_class virtio_vsock_pci_class, vhost_vsock_pci_class,
	virtio_vsock_device_class;

#endif
