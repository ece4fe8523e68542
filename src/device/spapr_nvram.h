/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_SPAPR_NVRAM_H
#define DEVICE_SPAPR_NVRAM_H

#include "vm/device.h"

/* Properties: bus (struct vio_bus *), unit. */
extern const struct device_class spapr_nvram_class;

#endif
