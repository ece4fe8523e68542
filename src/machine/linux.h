/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machine knows about Linux: how little memory cannot do. */
#ifndef MACHINE_LINUX_H
#define MACHINE_LINUX_H

#include "machine/boot.h"

/* Refuse memory in which this kernel dies before it could say why. Images other than Linux pass.
 * Everything of `ram` from the tree on is taken. */
int linux_check_memory(const struct boot *b, u64 ram, bool radix, struct error *e);

#endif
