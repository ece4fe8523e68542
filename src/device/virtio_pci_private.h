/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the interfaces of virtio over PCI, modern and legacy. */
#ifndef DEVICE_VIRTIO_PCI_PRIVATE_H
#define DEVICE_VIRTIO_PCI_PRIVATE_H

#include "device/virtio_pci.h"

enum { VIRTIO_PCI_FLAGS = MMIO_LITTLE | MMIO_NO_LOCK };

/* A vector that the function has, or none. */
u16 virtio_pci_check_vector(const struct virtio_pci *p, u64 value);
/* The range of the legacy registers; the device's configuration space is known. */
void virtio_pci_add_legacy(struct virtio_pci *p);

#endif
