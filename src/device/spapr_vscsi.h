/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_SPAPR_VSCSI_H
#define DEVICE_SPAPR_VSCSI_H

#include "vm/device.h"

/* Properties: bus (struct vio_bus *), reg. Has a SCSI bus. */
extern const struct device_class spapr_vscsi_class;

#endif
