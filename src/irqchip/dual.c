// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See dual.h. Both controllers exist all the time, with the same source numbers. Messages go to the
 * one in use, levels to both, so that switching loses no level; one that is not used has all its
 * sources masked and drives no processor, unless a guest talks to it all the same.
 */
#include "irqchip/dual.h"

#include <errno.h>
#include <stdatomic.h>

#include "irqchip/common.h"
#include "irqchip/xics.h"
#include "irqchip/xive.h"
#include "os/os.h"
#include "vm/vm.h"

enum { DUAL_XICS, DUAL_XIVE, DUAL_COUNT };

struct member {
	const struct irqchip_ops *ops;
	struct irqchip *chip;
};

struct irqchip_dual {
	struct member member[DUAL_COUNT];
	atomic_uint used;
	u32 irqs;
	u8 *level_sensitive; /* by source number from XIVE_IRQ_BASE on */
};

static struct irqchip_dual *dual_of(struct irqchip *chip)
{
	return (struct irqchip_dual *)chip;
}

static struct member *used(struct irqchip *chip)
{
	struct irqchip_dual *d = dual_of(chip);

	return &d->member[atomic_load(&d->used)];
}

static int dual_claim(struct irqchip *chip, u32 irq, bool level_sensitive)
{
	struct irqchip_dual *d = dual_of(chip);
	int err = 0;

	if (irq < XIVE_IRQ_BASE || irq - XIVE_IRQ_BASE >= d->irqs)
		return -EINVAL;
	for (u32 i = 0; i < DUAL_COUNT && !err; i++)
		err = d->member[i].ops->claim(d->member[i].chip, irq, level_sensitive);
	if (!err)
		d->level_sensitive[irq - XIVE_IRQ_BASE] = level_sensitive;
	return err;
}

static void dual_set_irq(struct irqchip *chip, u32 irq, bool level)
{
	struct irqchip_dual *d = dual_of(chip);
	struct member *m = used(chip);

	if (irq >= XIVE_IRQ_BASE && irq - XIVE_IRQ_BASE < d->irqs &&
	    d->level_sensitive[irq - XIVE_IRQ_BASE]) {
		for (u32 i = 0; i < DUAL_COUNT; i++)
			d->member[i].ops->set_irq(d->member[i].chip, irq, level);
	} else {
		m->ops->set_irq(m->chip, irq, level);
	}
}

static int dual_connect(struct irqchip *chip, struct vcpu *vcpu, struct error *e)
{
	struct irqchip_dual *d = dual_of(chip);
	int err = 0;

	for (u32 i = 0; i < DUAL_COUNT && !err; i++)
		err = d->member[i].ops->connect(d->member[i].chip, vcpu, e);
	return err;
}

static void dual_reset(struct irqchip *chip)
{
	struct irqchip_dual *d = dual_of(chip);

	for (u32 i = 0; i < DUAL_COUNT; i++)
		d->member[i].ops->reset(d->member[i].chip);
}

static int dual_dt(struct irqchip *chip, void *fdt, u32 *phandle)
{
	return used(chip)->ops->dt(used(chip)->chip, fdt, phandle);
}

static u32 dual_acknowledge(struct irqchip *chip, struct vcpu *vcpu)
{
	return used(chip)->ops->acknowledge(used(chip)->chip, vcpu);
}

static int dual_save(struct irqchip *chip, struct state_writer *w)
{
	struct irqchip_dual *d = dual_of(chip);
	int err = 0;

	for (u32 i = 0; i < DUAL_COUNT && !err; i++)
		err = d->member[i].ops->save(d->member[i].chip, w);
	return err;
}

static int dual_load(struct irqchip *chip, const struct state_head *h, struct state_reader *r,
		     struct error *e)
{
	struct irqchip_dual *d = dual_of(chip);
	int err = -ENOENT;

	for (u32 i = 0; i < DUAL_COUNT && err == -ENOENT; i++)
		err = d->member[i].ops->load(d->member[i].chip, h, r, e);
	return err;
}

static void dual_destroy(struct irqchip *chip)
{
	struct irqchip_dual *d = dual_of(chip);

	for (u32 i = 0; i < DUAL_COUNT; i++)
		if (d->member[i].ops)
			d->member[i].ops->destroy(d->member[i].chip);
	os_free(d->level_sensitive);
	os_free(d);
}

static const struct irqchip_ops dual_ops = {
	.name = "dual",
	.claim = dual_claim,
	.set_irq = dual_set_irq,
	.connect = dual_connect,
	.reset = dual_reset,
	.dt = dual_dt,
	.acknowledge = dual_acknowledge,
	.save = dual_save,
	.load = dual_load,
	.destroy = dual_destroy,
};

void irqchip_dual_select(struct irqchip_dual *d, bool xive)
{
	atomic_store(&d->used, xive ? DUAL_XIVE : DUAL_XICS);
}

int irqchip_dual_create(struct vm *vm, u32 servers, u32 irqs, struct irqchip_dual **out,
			struct error *e)
{
	struct irqchip_dual *d = os_alloc(sizeof(*d));
	int err;

	if (d)
		d->level_sensitive = os_alloc(irqs);
	if (!d || !d->level_sensitive) {
		os_free(d);
		return irqchip_no_memory(e);
	}
	d->irqs = irqs;
	err = irqchip_xics_create(vm, servers, irqs, e);
	if (!err) {
		d->member[DUAL_XICS] = (struct member){vm->irqchip_ops, vm->irqchip};
		err = irqchip_xive_create(vm, servers, irqs, e);
	}
	if (!err)
		d->member[DUAL_XIVE] = (struct member){vm->irqchip_ops, vm->irqchip};
	if (err) {
		dual_destroy((struct irqchip *)d);
		irq_set_chip(vm, &irqchip_none, NULL);
		return err;
	}
	irq_set_chip(vm, &dual_ops, (struct irqchip *)d);
	*out = d;
	return 0;
}
