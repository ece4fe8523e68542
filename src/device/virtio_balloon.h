/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_VIRTIO_BALLOON_H
#define DEVICE_VIRTIO_BALLOON_H

#include "vm/device.h"

extern const struct device_class virtio_balloon_pci_class, virtio_balloon_device_class;

#endif
