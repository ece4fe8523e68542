/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The XICS interrupt controller of a pseries machine: its core is pv/xics.h. */
#ifndef IRQCHIP_XICS_H
#define IRQCHIP_XICS_H

#include "vm/irq.h"

struct vm;

/* Builds the controller, registers its hypercalls and RTAS calls and makes it the vm's. servers:
 * interrupt servers 0..servers-1, one per possible vCPU. irqs: sources from XICS_IRQ_BASE on. */
int irqchip_xics_create(struct vm *vm, u32 servers, u32 irqs, struct error *e);

#endif
