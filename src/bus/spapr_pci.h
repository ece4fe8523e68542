/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI of a PAPR platform (LoPAPR 1.1, chapters 4, 7.3.4, 7.3.10.5, 7.3.11, 14.7): host bridges,
 * whose functions the guest reaches by RTAS calls that name a bridge (BUID) and a function (RID),
 * with an endpoint per slot.
 *
 * Everything but interrupts and address look-up runs under the machine's lock.
 */
#ifndef BUS_SPAPR_PCI_H
#define BUS_SPAPR_PCI_H

#include "bus/pci_host.h"

enum {
	SPAPR_PCI_MSI_MAX = 0xd00, /* of all host bridges */
	SPAPR_PCI_SLOTS = 32,
};

/* The machine's. */
struct spapr_pci_config {
	struct tce_registry *tce;
	u32 lsi_base;		 /* four interrupts for each host bridge from here */
	u32 msi_base, msi_count; /* messages: at most SPAPR_PCI_MSI_MAX */
	const bool *firmware;	 /* places functions in the guest itself; looked at when reset */
	u64 ram_size;
	/* Tell the guest of a connector: something was plugged in, something is to go. NULL: nobody
	 * does. */
	void (*event)(void *opaque, u32 drc_index, bool add);
	void *event_opaque;
};

struct spapr_phb;

/* Saved. */
struct spapr_pci_state {
	u32 errinjct_token; /* 0: not open */
	u32 errinjct_count;
};

struct spapr_pci {
	struct pci_system system;
	struct vm *vm;
	struct spapr_pci_config config;
	struct spapr_pci_state state;
	/* Messages: which endpoint one belongs to (atomic pointers, NULL = free), which ones the
	 * interrupt controller has given us. */
	struct pe *msi_owner[SPAPR_PCI_MSI_MAX];
	bool msi_claimed[SPAPR_PCI_MSI_MAX];
};

/* A property of /rtas: names with their tokens. */
struct spapr_errinjct {
	const char *name;
	u32 token;
};
enum { SPAPR_ERRINJCT_TOKENS = 2 };
extern const struct spapr_errinjct spapr_errinjct_tokens[SPAPR_ERRINJCT_TOKENS];

/* Registers the RTAS calls; host bridges come as devices. */
void spapr_pci_init(struct spapr_pci *s, struct vm *vm, const struct spapr_pci_config *config);

extern const struct device_class spapr_phb_class;

/* Of a connector, one per slot. */
enum spapr_drc_flag {
	DRC_UNISOLATED = 1 << 0,
	DRC_CONFIGURED = 1 << 1,
	DRC_UNPLUGGING = 1 << 2, /* the guest was asked to let go */
};

struct spapr_phb_state {
	u32 index; /* must agree */
	u32 pad;
	u8 connectors[PCI_MAX_BUSES * SPAPR_PCI_SLOTS]; /* enum spapr_drc_flag */
};

struct spapr_phb {
	struct device dev;
	struct spapr_phb_state state;
	u32 index;
	struct spapr_pci *pci;
	u64 buid;
	/* Properties: what of its windows there is, the default DMA window of its endpoints, where
	 * dynamic ones begin if they are allowed, and a bit for each page size they may have. */
	u64 io_size, mem32_size, mem64_size;
	u64 dma_start, dma_size, ddw_start, page_sizes;
	bool ddw;
	struct pci_host host;
	struct tce_table dma; /* what endpoints use until they have used their own window */
	struct irq_line lsi[4];
	struct pe *pes[PCI_MAX_BUSES][SPAPR_PCI_SLOTS];
	bool started; /* it has been reset: what comes now was plugged in */
	/* How far ibm,configure-connector has come; NULL = it has not begun. */
	void *connector_tree;
	u32 connector_index;
	int connector_at, connector_depth;
};

/* Addresses: where a host bridge's windows are for the guest (qemu's), and how large at most. */
#define SPAPR_PCI_BASE	     (1ull << 45)
#define SPAPR_PCI_IO_SIZE    (1ull << 16)
#define SPAPR_PCI_MEM32_BASE 0x80000000ull /* on the bus */
#define SPAPR_PCI_MEM32_SIZE 0x80000000ull
#define SPAPR_PCI_MEM64_SIZE (1ull << 40)
#define SPAPR_PCI_BUID	     0x800000020000000ull
/* Messages are stores to this bus address; their data is the interrupt's number. */
#define SPAPR_PCI_MSI_ADDR 0x40000000000ull
/* Where dynamic DMA windows may begin: behind all default ones. */
#define SPAPR_PCI_DMA_END (1ull << 32)
enum { SPAPR_PCI_PAGE_SIZES = 1 << 12 | 1 << 16 | 1 << 21 | 1 << 24 };

/* --- shared by the files of this bus --- */
struct spapr_phb *spapr_phb_find(struct spapr_pci *s, u64 buid);
/* The function that an RTAS call's configuration address names; NULL. */
struct pci_device *spapr_pci_device(struct spapr_pci *s, u32 config_addr, u64 buid);
/* The endpoint of that number, or of that function; NULL. */
struct pe *spapr_pci_pe(struct spapr_pci *s, u32 addr, u64 buid);
u32 spapr_pci_liobn(const struct spapr_phb *phb, u32 bus, u32 slot, u32 window);
/* As after power-on: default window, running. */
void spapr_pe_reset_windows(struct pe *pe);
void spapr_pe_reset(struct pe *pe);
/* For each function of the endpoint and of those behind it, parents first. */
typedef void spapr_pe_fn(struct pci_device *d, void *opaque);
void spapr_pe_for_each(struct pe *pe, spapr_pe_fn *fn, void *opaque);

/* --- messages --- */
/* First of n messages of an endpoint, in a row that begins at a multiple of n rounded up to a power
 * of two; 0: there are none. */
u32 spapr_msi_alloc(struct spapr_pci *s, struct pe *pe, u32 n);
void spapr_msi_free(struct spapr_pci *s, u32 first, u32 n);
/* Claim what a loaded function had. */
int spapr_msi_restore(struct spapr_pci *s, struct pci_device *d, struct error *e);
void spapr_msi_release(struct spapr_pci *s, struct pci_device *d);
void spapr_msi_send(struct spapr_pci *s, struct pci_device *d, u64 addr, u32 data);

void spapr_pci_register_config(struct spapr_pci *s);
void spapr_pci_register_msi(struct spapr_pci *s);
void spapr_pci_register_ddw(struct spapr_pci *s);
void spapr_pci_register_eeh(struct spapr_pci *s);
void spapr_pci_register_errinjct(struct spapr_pci *s);

/* --- connectors --- */
void spapr_pci_register_drc(struct spapr_pci *s);
u32 spapr_drc_index(const struct spapr_phb *phb, u32 bus, u32 slot);
/* May the function be put there while the guest runs? */
int spapr_drc_check(const struct spapr_phb *phb, const struct pci_device *d, struct error *e);
void spapr_drc_plugged(struct spapr_phb *phb, struct pci_device *d);
/* The connectors' state was loaded. */
void spapr_drc_loaded(struct spapr_phb *phb);
int spapr_drc_request_unplug(struct spapr_phb *phb, struct pci_device *d, struct error *e);
/* The connectors of a bus, in the node that it is behind; 0 or a libfdt error. */
int spapr_drc_dt(struct spapr_phb *phb, const struct pci_bus *bus, void *fdt, int node);
/* The nodes of a slot's functions, below the root of fdt. */
int spapr_pci_slot_dt(struct spapr_phb *phb, struct pci_bus *bus, u32 slot, void *fdt);

/* Give all functions addresses, as firmware would. */
void spapr_pci_assign(struct spapr_phb *phb);
/* Give all buses numbers, for firmware that does the rest. */
void spapr_pci_enumerate(struct spapr_phb *phb);
/* Nodes of a host bridge and what is behind it; 0 or -EINVAL. */
int spapr_pci_dt(struct spapr_phb *phb, void *fdt);

#endif
