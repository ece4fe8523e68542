/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serial lines over virtio (virtio 1.2, 5.3, "console device"): one adapter with up to 31 ports,
 * each a device of its own on the adapter's bus, whose other end is a character back end.
 */
#ifndef DEVICE_VIRTIO_SERIAL_H
#define DEVICE_VIRTIO_SERIAL_H

#include "vm/device.h"

extern const struct device_class virtio_serial_pci_class, virtio_serial_device_class,
	virtconsole_class, virtserialport_class;

#endif
