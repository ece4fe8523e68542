/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of network cards that were given none. */
#ifndef DEVICE_MAC_H
#define DEVICE_MAC_H

#include "vm/device.h"

/* If mac, which is dev's property, is all zeroes: the first of 52:54:00:12:34:56 and what follows
 * (qemu's range and order) that no other card of the machine has. -ENOSPC: there is none. */
int mac_default(const struct device *dev, u8 mac[6], struct error *e);

#endif
