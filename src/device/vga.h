/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_VGA_H
#define DEVICE_VGA_H

#include "vm/device.h"

extern const struct device_class vga_class, secondary_vga_class;

/* How pixels stand in memory until the guest says it itself; for devices of these classes. */
void vga_set_byte_order(struct device *dev, bool little);

#endif
