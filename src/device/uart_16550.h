/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_UART_16550_H
#define DEVICE_UART_16550_H

#include "vm/device.h"

/* Properties: chardev (struct chardev *), base (address of its 8 registers), irq. */
extern const struct device_class uart_16550_class;

#endif
