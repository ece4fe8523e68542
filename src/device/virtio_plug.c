// SPDX-License-Identifier: GPL-2.0-or-later
/* See virtio_plug.h. */
#include "device/virtio_plug.h"

static bool on_pci(const struct virtio_plug *p)
{
	return p->dev.cls->bus_type == BUS_PCI;
}

int virtio_plug_realize(struct virtio_plug *p, struct virtio_device *v, struct virtio_init *init,
			struct error *e)
{
	return on_pci(p) ? virtio_pci_realize(&p->pci, v, init, e)
			 : virtio_mmio_realize(&p->mmio, v, init, e);
}

void virtio_plug_unrealize(struct virtio_plug *p)
{
	if (on_pci(p))
		virtio_pci_unrealize(&p->pci);
	else
		virtio_mmio_unrealize(&p->mmio);
}

void virtio_plug_reset(struct device *dev)
{
	struct virtio_plug *p = container_of(dev, struct virtio_plug, dev);

	virtio_reset(on_pci(p) ? p->pci.v : p->mmio.v);
}
