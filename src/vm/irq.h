/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt routing: devices own lines, the machine has one interrupt controller that takes them.
 * A controller (irqchip/) fills struct irqchip_ops; whether its core runs inside the engine or
 * above it is its own affair.
 *
 * On pseries a line is a global interrupt source number (ISN, "irq" below), as it stands in the
 * device tree.
 */
#ifndef VM_IRQ_H
#define VM_IRQ_H

#include "base/error.h"
#include "base/savestate.h"
#include "base/types.h"

struct vm;
struct vcpu;
struct irqchip; /* the controller's own; embeds nothing of ours */

struct irqchip_ops {
	const char *name;
	/* A source comes into being; level-sensitive or message/edge. -EBUSY: taken already. */
	int (*claim)(struct irqchip *chip, u32 irq, bool level_sensitive);
	/* The state of a line; for edge sources level = true is the event, false is ignored. Any
	 * thread, any time (takes its own locks). */
	void (*set_irq)(struct irqchip *chip, u32 irq, bool level);
	/* A vCPU exists now; called once each before it runs. */
	int (*connect)(struct irqchip *chip, struct vcpu *vcpu, struct error *e);
	/* As after power-on: lines keep the level that devices drive. */
	void (*reset)(struct irqchip *chip);
	/* Device-tree nodes and properties under the root of fdt; returns the phandle that
	 * interrupt-parent properties name. */
	int (*dt)(struct irqchip *chip, void *fdt, u32 *phandle);
	/* EPR mode (MPIC): which vector is taken. */
	u32 (*acknowledge)(struct irqchip *chip, struct vcpu *vcpu);
	int (*save)(struct irqchip *chip, struct state_writer *w);
	/* A section whose head was read; -ENOENT: not mine. */
	int (*load)(struct irqchip *chip, const struct state_head *h, struct state_reader *r,
		    struct error *e);
	void (*destroy)(struct irqchip *chip);
};

struct irq_line {
	struct vm *vm;
	u32 irq;
};

/* What a machine without an interrupt controller has. */
extern const struct irqchip_ops irqchip_none;

void irq_set_chip(struct vm *vm, const struct irqchip_ops *ops, struct irqchip *chip);
int irq_line_init(struct irq_line *line, struct vm *vm, u32 irq, bool level_sensitive,
		  struct error *e);
void irq_set(const struct irq_line *line, bool level);

#endif
