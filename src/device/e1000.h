/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_E1000_H
#define DEVICE_E1000_H

#include "vm/device.h"

extern const struct device_class e1000_class;

#endif
