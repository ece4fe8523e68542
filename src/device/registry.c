// SPDX-License-Identifier: GPL-2.0-or-later
#include "device/registry.h"

#include <string.h>

#include "bus/spapr_pci.h"
#include "device/e1000.h"
#include "device/nvme.h"
#include "device/pci_bridge.h"
#include "device/scsi.h"
#include "device/spapr_nvram.h"
#include "device/spapr_vlan.h"
#include "device/spapr_vscsi.h"
#include "device/spapr_vty.h"
#include "device/usb.h"
#include "device/vga.h"
#include "device/virtio_9p.h"
#include "device/virtio_balloon.h"
#include "device/virtio_blk.h"
#include "device/virtio_net.h"
#include "device/virtio_rng.h"
#include "device/virtio_scsi.h"
#include "device/virtio_serial.h"
#include "device/virtio_vsock.h"

/* clang-format off */
static const struct device_class *const classes[] = {
	&e1000_class,
	&nvme_class,
	&pci_bridge_class,
	&pcie_root_port_class,
	&scsi_cd_class,
	&scsi_hd_class,
	&spapr_phb_class,
	&spapr_nvram_class,
	&spapr_vlan_class,
	&spapr_vscsi_class,
	&spapr_vty_class,
	&usb_nec_xhci_class, &usb_ohci_class, &usb_xhci_class,
	&usb_hub_class, &usb_kbd_class, &usb_mouse_class, &usb_storage_class, &usb_tablet_class,
	&secondary_vga_class, &vga_class,
	&virtio_9p_pci_class, &virtio_9p_device_class,
	&virtio_balloon_pci_class, &virtio_balloon_device_class,
	&virtio_blk_pci_class, &virtio_blk_device_class,
	&virtio_net_pci_class, &virtio_net_device_class,
	&virtio_rng_pci_class, &virtio_rng_device_class,
	&virtio_scsi_pci_class, &virtio_scsi_device_class,
	&virtio_serial_pci_class, &virtio_serial_device_class,
	&virtio_vsock_pci_class, &vhost_vsock_pci_class, &virtio_vsock_device_class,
	&virtconsole_class,
	&virtserialport_class,
};
/* clang-format on */

const struct device_class *device_class_at(u32 i)
{
	return i < ARRAY_SIZE(classes) ? classes[i] : NULL;
}

const struct device_class *device_class_find(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(classes); i++)
		if (!strcmp(classes[i]->name, name))
			return classes[i];
	return NULL;
}
