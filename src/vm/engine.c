// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/engine.h"

#include <errno.h>

static int no_create(struct engine_vm *vm, enum engine_device_type type, struct engine_device **dev)
{
	return -ENODEV;
}

static void no_destroy(struct engine_device *dev)
{
}

static int no_attr(struct engine_device *dev, bool set, u32 group, u64 attr, void *data)
{
	return -ENODEV;
}

static int no_connect(struct engine_device *dev, struct engine_vcpu *vcpu, u32 server)
{
	return -ENODEV;
}

static int no_map(struct engine_device *dev, u64 offset, u64 gpa, u64 size)
{
	return -ENODEV;
}

static int no_set_irq(struct engine_vm *vm, u32 irq, bool level)
{
	return -ENODEV;
}

const struct engine_irqchip_ops engine_no_irqchip = {
	.create = no_create,
	.destroy = no_destroy,
	.attr = no_attr,
	.connect = no_connect,
	.map = no_map,
	.set_irq = no_set_irq,
};
