/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the two files of the XIVE face. */
#ifndef IRQCHIP_XIVE_PRIVATE_H
#define IRQCHIP_XIVE_PRIVATE_H

#include "pv/xive.h"

struct vm;

enum { XIVE_FIRST_RESERVED_PRIORITY = 7 };

struct xive_chip {
	struct vm *vm;
	struct xive *xive;
};

/* Guest real address of an offset into the sources' (queues') ESB pages. */
u64 xive_chip_esb_address(const struct xive_chip *c, u64 offset);
u64 xive_chip_queue_esb_address(const struct xive_chip *c, u64 offset);

/* Register H_INT_*. */
void xive_chip_register(struct vm *vm, struct xive_chip *c);

#endif
