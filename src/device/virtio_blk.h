/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_VIRTIO_BLK_H
#define DEVICE_VIRTIO_BLK_H

#include "vm/device.h"

extern const struct device_class virtio_blk_pci_class, virtio_blk_device_class;

#endif
