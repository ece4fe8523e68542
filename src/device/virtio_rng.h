/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_VIRTIO_RNG_H
#define DEVICE_VIRTIO_RNG_H

#include "vm/device.h"

extern const struct device_class virtio_rng_pci_class, virtio_rng_device_class;

#endif
