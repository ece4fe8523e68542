/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_SPAPR_VLAN_H
#define DEVICE_SPAPR_VLAN_H

#include "vm/device.h"

/* Properties: bus (struct vio_bus *), netdev (struct net_backend *), mac, reg. */
extern const struct device_class spapr_vlan_class;

#endif
