/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts of one family; cpu.h's cpu_deliver() and its relatives pick the table by model. */
#ifndef CPU_INTERRUPT_H
#define CPU_INTERRUPT_H

#include "cpu/cpu.h"

struct cpu_interrupt_ops {
	/* s->event becomes an interrupt; false: it is none. */
	bool (*deliver)(struct cpu_state *s);
	/* The pending asynchronous interrupt to take now, enum cpu_irq, or -1. */
	int (*select)(const struct cpu_state *s);
	void (*take)(struct cpu_state *s, enum cpu_irq irq);
};

/* At the entry of an interrupt, which clears FE0 and FE1: a late floating-point interrupt comes
 * again when they return. */
void cpu_forget_late_fp(struct cpu_state *s);

extern const struct cpu_interrupt_ops book3s_64_interrupt_ops;
extern const struct cpu_interrupt_ops booke_interrupt_ops;

#endif
