/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI-to-PCI bridges: pci-bridge, and pcie-root-port with one slot behind it. A bridge's id is the
 * name of the bus behind it. */
#ifndef DEVICE_PCI_BRIDGE_H
#define DEVICE_PCI_BRIDGE_H

#include "vm/device.h"

extern const struct device_class pci_bridge_class, pcie_root_port_class;

#endif
