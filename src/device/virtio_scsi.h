/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_VIRTIO_SCSI_H
#define DEVICE_VIRTIO_SCSI_H

#include "vm/device.h"

extern const struct device_class virtio_scsi_pci_class, virtio_scsi_device_class;

#endif
