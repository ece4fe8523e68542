#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A hook of Debian's initramfs-tools, with MODULES=list: drivers of all disks that a pseries guest may have.  With
# MODULES=most the initramfs has ten times the size, and firmware reads all of it at every start.
[ "$1" != prereqs ] || exit 0
. /usr/share/initramfs-tools/hook-functions
manual_add_modules ext4 crc32c_generic virtio_pci virtio_blk virtio_scsi ibmvscsi nvme sd_mod sr_mod \
	xhci_pci ohci_pci ehci_pci usb_storage uas
