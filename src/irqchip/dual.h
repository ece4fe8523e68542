/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XICS and XIVE side by side: the guest says at ibm,client-architecture-support which one it uses
 * (LoPAPR B.6.2.3, option vector 5 byte 23). */
#ifndef IRQCHIP_DUAL_H
#define IRQCHIP_DUAL_H

#include "vm/irq.h"

struct vm;
struct irqchip_dual;

/* Builds both controllers, as their own constructors do, and makes the pair the vm's. XICS is the
 * one that is used. */
int irqchip_dual_create(struct vm *vm, u32 servers, u32 irqs, struct irqchip_dual **out,
			struct error *e);
/* Which one takes interrupts and stands in the tree. While one vCPU runs at most; under the
 * machine's lock. Level-sensitive lines keep the level that devices drive. */
void irqchip_dual_select(struct irqchip_dual *d, bool xive);

#endif
