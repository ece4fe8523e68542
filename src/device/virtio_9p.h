/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_VIRTIO_9P_H
#define DEVICE_VIRTIO_9P_H

#include "vm/device.h"

extern const struct device_class virtio_9p_pci_class, virtio_9p_device_class;

#endif
