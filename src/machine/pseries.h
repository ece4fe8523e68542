/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pseries machine's files share this; see pseries.c. */
#ifndef MACHINE_PSERIES_H
#define MACHINE_PSERIES_H

#include "bus/spapr_pci.h"
#include "bus/vio.h"
#include "hypercall/hypercall.h"
#include "machine/boot.h"
#include "machine/machine.h"
#include "machine/of_client.h"

struct irqchip_dual;
struct of_client;

/* How the guest is entered. */
enum pseries_start {
	PSERIES_START_FDT,	/* by flattened tree; nothing is negotiated */
	PSERIES_START_CLIENT,	/* the machine itself serves the client interface */
	PSERIES_START_FIRMWARE, /* firmware starts the guest */
};

/* Architecture levels as the logical processor versions that the tree names. */
enum { PSERIES_LEVEL_2_07 = 0x0f000004, PSERIES_LEVEL_3_00 = 0x0f000005 };

/* What guest and machine agreed on; see pseries_cas.c. */
struct pseries_agreed {
	u32 done; /* the tree says it */
	u32 radix, xive;
	u32 level;
	u32 form1; /* the guest knows form 1 affinity */
};

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
/* Bits of an effective address that make the real one. */
#define PSERIES_REAL_MASK 0x0fffffffffffffffull

struct pseries {
	struct machine_config config;
	struct vm *vm;
	enum pseries_start start;
	/* What the machine offers. */
	bool can_radix, can_hash, can_xive, can_xics;
	u32 top_level;
	struct pseries_agreed agreed;
	struct irqchip_dual *dual; /* NULL: there is one interrupt controller */
	u32 hpt_order;
	struct tce_registry tce;
	struct spapr_pci pci;
	bool firmware; /* runs in the guest and places PCI functions itself */
	struct vio_bus vio;
	struct papr *papr;
	struct device *vty; /* the console; NULL: none */
	char console[32];   /* its node */
	struct of_client_ops client_ops;
	const struct boot_method *boot_method;
	struct of_client *client; /* NULL: there is none */
	struct boot boot;
	u64 rtas_base;
	struct irq_line epow, hotplug;
};

/* Build the flattened tree in buf; its size is fdt_totalsize(). */
/* Is there a screen? */
bool pseries_has_graphics(const struct pseries *p);
int pseries_build_fdt(struct pseries *p, void *buf, u32 size, struct error *e);

/* ibm,client-architecture-support with the vectors at a guest real address; a PAPR return code. */
s64 pseries_cas(struct pseries *p, struct vcpu *vcpu, u64 vectors);
/* As nothing was negotiated yet; 0 or -errno of the engine. */
int pseries_cas_reset(struct pseries *p);
/* Code that makes one hypercall with r3 as its argument. */
void pseries_place_stub(struct pseries *p, u64 gpa, u32 hcall);
int pseries_client_create(struct pseries *p, struct error *e);
int pseries_client_reset(struct pseries *p, struct error *e);
/* Registers of the boot processor. */
void pseries_client_setup(struct pseries *p, struct vcpu *v);
/* State, and the hypercalls of firmware. */
void pseries_cas_register_state(struct pseries *p);
void pseries_cas_register(struct pseries *p);

#endif
