/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices that -device makes. */
#ifndef DEVICE_REGISTRY_H
#define DEVICE_REGISTRY_H

#include "vm/device.h"

const struct device_class *device_class_find(const char *name); /* NULL: there is none */
const struct device_class *device_class_at(u32 i);		/* NULL past the end */

#endif
