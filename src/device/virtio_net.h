/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_VIRTIO_NET_H
#define DEVICE_VIRTIO_NET_H

#include "vm/device.h"

extern const struct device_class virtio_net_pci_class, virtio_net_device_class;

#endif
