/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The XIVE interrupt controller of a pseries machine: its core is pv/xive.h. */
#ifndef IRQCHIP_XIVE_H
#define IRQCHIP_XIVE_H

#include "vm/irq.h"

struct vm;

enum { XIVE_IRQ_BASE = 0x1000 }; /* first source for devices; below are the IPIs */

/* Builds the controller, registers its hypercalls, maps its pages and makes it the vm's. servers:
 * interrupt servers 0..servers-1, one per possible vCPU. irqs: sources from XIVE_IRQ_BASE on. */
int irqchip_xive_create(struct vm *vm, u32 servers, u32 irqs, struct error *e);

#endif
