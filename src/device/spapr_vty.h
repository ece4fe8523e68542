/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_SPAPR_VTY_H
#define DEVICE_SPAPR_VTY_H

#include "vm/device.h"

/* Properties: bus (struct vio_bus *), chardev (struct chardev *), reg. */
extern const struct device_class spapr_vty_class;

/* Put one character out, as the RTAS call display-character does; dev is an spapr_vty. */
void spapr_vty_display(void *dev, u8 c);

#endif
