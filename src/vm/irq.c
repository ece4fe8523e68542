// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/irq.h"

#include <errno.h>

#include "vm/vm.h"

static int none_claim(struct irqchip *chip, u32 irq, bool level_sensitive)
{
	return 0;
}

static void none_set_irq(struct irqchip *chip, u32 irq, bool level)
{
}

static int none_connect(struct irqchip *chip, struct vcpu *vcpu, struct error *e)
{
	return 0;
}

static void none_reset(struct irqchip *chip)
{
}

static int none_dt(struct irqchip *chip, void *fdt, u32 *phandle)
{
	*phandle = 0;
	return 0;
}

static u32 none_acknowledge(struct irqchip *chip, struct vcpu *vcpu)
{
	return 0;
}

static int none_save(struct irqchip *chip, struct state_writer *w)
{
	return 0;
}

static int none_load(struct irqchip *chip, const struct state_head *h, struct state_reader *r,
		     struct error *e)
{
	return -ENOENT;
}

static void none_destroy(struct irqchip *chip)
{
}

const struct irqchip_ops irqchip_none = {
	.name = "none",
	.claim = none_claim,
	.set_irq = none_set_irq,
	.connect = none_connect,
	.reset = none_reset,
	.dt = none_dt,
	.acknowledge = none_acknowledge,
	.save = none_save,
	.load = none_load,
	.destroy = none_destroy,
};

void irq_set_chip(struct vm *vm, const struct irqchip_ops *ops, struct irqchip *chip)
{
	vm->irqchip_ops = ops;
	vm->irqchip = chip;
}

int irq_line_init(struct irq_line *line, struct vm *vm, u32 irq, bool level_sensitive,
		  struct error *e)
{
	int err = vm->irqchip_ops->claim(vm->irqchip, irq, level_sensitive);

	*line = (struct irq_line){vm, irq};
	return err ? error_set(e, err, "interrupt 0x%x is not to be had", irq) : 0;
}

void irq_set(const struct irq_line *line, bool level)
{
	struct vm *vm = line->vm;
	const struct input_source *in = vm->input;

	if (in->interrupt && !in->interrupt(in->opaque, ~0u, line->irq, level))
		return;
	vm->irqchip_ops->set_irq(vm->irqchip, line->irq, level);
}
