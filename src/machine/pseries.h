/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pseries machine's files share this; see pseries.c. */
#ifndef MACHINE_PSERIES_H
#define MACHINE_PSERIES_H

#include "bus/spapr_pci.h"
#include "bus/vio.h"
#include "hypercall/hypercall.h"
#include "machine/boot.h"
#include "machine/machine.h"

enum pseries_ic { PSERIES_XICS, PSERIES_XIVE };

enum {
	PSERIES_TB_HZ = 512000000,
	PSERIES_CPU_HZ = 1000000000,
	PSERIES_MAX_THREADS = 8, /* of a core: what POWER8 and POWER9 partitions have */
	PSERIES_IRQ_EPOW = 0x1000,
	PSERIES_IRQ_HOTPLUG = 0x1001,
	PSERIES_IRQ_LSI = 0x1200, /* four of each PCI host bridge */
	PSERIES_IRQ_MSI = 0x1300,
	PSERIES_IRQS = 0x1000, /* sources from 0x1000 on */
	PSERIES_RTAS_SIZE = 4096,
	PSERIES_FDT_MAX = 1 << 20,
};

struct pseries {
	struct machine_config config;
	struct vm *vm;
	enum pseries_ic ic;
	bool radix;
	u32 hpt_order;
	struct tce_registry tce;
	struct spapr_pci pci;
	bool firmware; /* runs in the guest and places PCI functions itself */
	struct vio_bus vio;
	struct papr *papr;
	struct device *vty; /* the console; NULL: none */
	const struct boot_method *boot_method;
	struct boot boot;
	u64 rtas_base;
	struct irq_line epow, hotplug;
};

/* Build the flattened tree in buf; its size is fdt_totalsize(). */
int pseries_build_fdt(struct pseries *p, void *buf, u32 size, struct error *e);

#endif
