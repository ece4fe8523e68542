/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the virtual I/O bus. */
#ifndef BUS_VIO_PRIVATE_H
#define BUS_VIO_PRIVATE_H

#include "bus/vio.h"

void vio_register_crq(struct vio_bus *bus);

#endif
