/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtio over PCI (virtio 1.2, 4.1): what every virtio-*-pci device is built on. */
#ifndef DEVICE_VIRTIO_PCI_H
#define DEVICE_VIRTIO_PCI_H

#include "bus/pci.h"
#include "device/virtio.h"

/* At the start of a device's instance. */
struct virtio_pci {
	struct pci_device pci;
	struct virtio_device *v;
	struct virtio_props props;
	u32 disable_legacy; /* enum device_auto */
	bool disable_modern, page_per_vq, legacy, modern;
	bool ats, ioeventfd;
	u32 vectors;
	u32 access_cap;	      /* of the access by configuration space */
	_Atomic bool pausing; /* while the guest writes the command register */
};

#define VIRTIO_PCI_PROPS(type, field)                                                              \
	PCI_DEVICE_PROPS(type, field.pci), VIRTIO_PROPS(type, field.props),                        \
		{"disable-legacy", "no interface for drivers from before virtio 1.0",              \
		 PROP_ON_OFF_AUTO, offsetof(type, field.disable_legacy), "auto"},                  \
		{"disable-modern", "no interface for drivers of virtio 1.0", PROP_BOOL,            \
		 offsetof(type, field.disable_modern), "off"},                                     \
		{"ats", "behind a port: the capability of address translation services",           \
		 PROP_BOOL, offsetof(type, field.ats), "off"},                                     \
		{"ioeventfd", "accepted: doorbells always go to the device's thread", PROP_BOOL,   \
		 offsetof(type, field.ioeventfd), "on"},                                           \
		{"page-per-vq", "a page per queue's doorbell", PROP_BOOL,                          \
		 offsetof(type, field.page_per_vq), "off"},                                        \
	{                                                                                          \
		"vectors", "MSI-X vectors, 4294967295: one per queue and one more", PROP_U32,      \
			offsetof(type, field.vectors), "4294967295"                                \
	}

/* As those of virtio_plug.h. */
int virtio_pci_realize(struct virtio_pci *p, struct virtio_device *v, struct virtio_init *init,
		       struct error *e);
void virtio_pci_unrealize(struct virtio_pci *p);

#endif
