/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A PCI function for tests: registers in memory and IO space, MSI-X and MSI. */
#ifndef TEST_TESTDEV_H
#define TEST_TESTDEV_H

#include "bus/pci.h"

struct testdev_state {
	u64 regs[8];
};

struct testdev {
	struct pci_device pci;
	struct testdev_state state;
	u32 resets, config_writes;
};

static u64 testdev_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	struct testdev *t = opaque;
	u64 v = 0;

	__builtin_memcpy(&v, (u8 *)t->state.regs + offset % sizeof(t->state.regs), size);
	return v;
}

static void testdev_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct testdev *t = opaque;

	__builtin_memcpy((u8 *)t->state.regs + offset % sizeof(t->state.regs), &value, size);
}

/* Little-endian registers of 1 to 8 bytes, of exactly 4, big-endian ones. */
static const struct mmio_ops testdev_any = {1, 8, MMIO_LITTLE, testdev_read, testdev_write};
static const struct mmio_ops testdev_words = {4, 4, MMIO_LITTLE | MMIO_NO_LOCK, testdev_read,
					      testdev_write};
static const struct mmio_ops testdev_big = {1, 8, 0, testdev_read, testdev_write};

static void testdev_written(struct pci_device *d, u32 offset, u32 len)
{
	container_of(d, struct testdev, pci)->config_writes++;
}

static const struct pci_ops testdev_ops = {.config_written = testdev_written};

static int testdev_realize(struct device *dev, struct error *e)
{
	struct testdev *t = container_of(dev, struct testdev, pci.dev);
	struct pci_device *d = &t->pci;

	pci_set_ids(d, &(struct pci_ids){.vendor = 0x1af4,
					 .device = 0x10f0,
					 .subsystem_vendor = 0x1af4,
					 .subsystem = 7,
					 .class_code = 0xff0000,
					 .revision = 3});
	d->ops = &testdev_ops;
	pci_add_bar(d, 0, 4096, PCI_BAR_MEM, &testdev_any, t);
	pci_add_bar(d, 1, 64, PCI_BAR_IO, &testdev_any, t);
	pci_add_bar(d, 2, 16384, PCI_BAR_MEM64 | PCI_BAR_PREFETCH, NULL, NULL);
	pci_add_region(d, 2, 0, 64, &testdev_words, t);
	pci_add_region(d, 2, 64, 64, &testdev_big, t);
	pci_add_msix(d, 2, 0x1000, 5);
	pci_add_msi(d, 4);
	return pci_attach(d, e);
}

static void testdev_unrealize(struct device *dev)
{
	pci_detach(&container_of(dev, struct testdev, pci.dev)->pci);
}

static void testdev_reset(struct device *dev)
{
	struct testdev *t = container_of(dev, struct testdev, pci.dev);

	t->resets++;
	__builtin_memset(&t->state, 0, sizeof(t->state));
}

static const struct state_field testdev_fields[] = {
	STATE_ARRAY(struct testdev_state, regs, STATE_U64),
};

/* As a device with rings does: what it is loaded with has it look at memory. */
static int testdev_post_load(void *obj, struct error *e)
{
	struct testdev *t = container_of(obj, struct testdev, state);
	u32 v;

	if (t->state.regs[7])
		dma_ld32_le(&t->pci.dma, t->state.regs[7], &v);
	return 0;
}

static const struct state_table testdev_table = {
	.name = "testdev",
	.size = sizeof(struct testdev_state),
	.nr_fields = ARRAY_SIZE(testdev_fields),
	.fields = testdev_fields,
	.post_load = testdev_post_load,
};

static const struct device_prop testdev_props[] = {
	PCI_DEVICE_PROPS(struct testdev, pci),
	{NULL, NULL, 0, 0, NULL},
};

static const struct device_class testdev_class = {
	.name = "testdev",
	.help = "for tests",
	.size = sizeof(struct testdev),
	.props = testdev_props,
	.realize = testdev_realize,
	.unrealize = testdev_unrealize,
	.reset = testdev_reset,
	.dt = device_no_dt,
	.state = &testdev_table,
	.state_offset = offsetof(struct testdev, state),
};

static inline struct testdev *testdev_add(struct vm *vm, const char *addr, struct error *e)
{
	struct device *dev = device_new(vm, &testdev_class);

	if (addr && device_set(dev, "addr", addr, e))
		return NULL;
	return device_realize(dev, e) ? NULL : container_of(dev, struct testdev, pci.dev);
}

#endif
