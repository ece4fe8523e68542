/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Partitionable endpoints (IODA; LoPAPR 1.1, 4.1 and 14.7): the unit of isolation behind a PCI host
 * bridge. What belongs together - the functions of a slot with their configuration space, the
 * ranges that they decode, their DMA windows and their MSIs - is one endpoint, and whatever goes
 * wrong in it freezes it alone: its MMIO reads are all ones and its stores go nowhere, its DMA and
 * its interrupts stop, until the guest has recovered it.
 *
 * What is behind a bridge has endpoints of its own, whose way leads through the bridge's: while
 * that one is frozen or reset, they are too. Each has its own bits all the same, so that an error
 * behind a bridge stops nobody else there.
 *
 * The frozen bits are atomic and looked at by any thread; the rest changes under the machine's
 * lock.
 */
#ifndef BUS_PE_H
#define BUS_PE_H

#include "bus/tce.h"

struct vm;

enum pe_frozen {
	PE_FROZEN_MMIO = 1 << 0,
	PE_FROZEN_DMA = 1 << 1, /* and MSIs */
	PE_FROZEN = PE_FROZEN_MMIO | PE_FROZEN_DMA,
};

/* Why an endpoint froze last. */
enum pe_error {
	PE_ERROR_NONE,
	PE_ERROR_DMA_READ, /* no window or entry allows it */
	PE_ERROR_DMA_WRITE,
	PE_ERROR_MSI,	   /* a message that is none of the endpoint's */
	PE_ERROR_INJECTED, /* by ibm,errinjct or from the host's side */
	PE_ERROR_DEVICE,   /* the device says so */
	PE_ERROR_COUNT
};

/* What ibm,set-slot-reset did last. */
enum pe_reset { PE_RESET_NONE, PE_RESET_HOT, PE_RESET_FUNDAMENTAL };

enum { PE_WINDOWS = 2 };

/* Saved. */
struct pe_state {
	u32 frozen;    /* enum pe_frozen, atomic */
	u32 enabled;   /* the guest recovers errors: ibm,set-eeh-option */
	u32 reset;     /* enum pe_reset: asserted now */
	u32 own_dma;   /* the first window is its own and no longer the host bridge's */
	u32 error;     /* enum pe_error: the last one */
	u32 error_rid; /* who was at fault */
	u64 error_addr;
	u64 freezes; /* how often */
	u32 inject;  /* enum pe_inject: armed by ibm,errinjct, atomic */
	u32 pad;
	u64 inject_addr, inject_mask;
};

/* An armed error: the first access that matches triggers it. */
enum pe_inject {
	PE_INJECT_NONE,
	PE_INJECT_LOAD_MEM,
	PE_INJECT_STORE_MEM,
	PE_INJECT_LOAD_IO,
	PE_INJECT_STORE_IO,
	PE_INJECT_LOAD_CONFIG,
	PE_INJECT_STORE_CONFIG,
	PE_INJECT_DMA_READ,
	PE_INJECT_DMA_WRITE,
	PE_INJECT_COUNT
};

/* As a person writes them; the first one is "freeze", without an access. */
extern const char *const pe_inject_names[PE_INJECT_COUNT];

struct pe {
	struct vm *vm;
	u32 number;	   /* the configuration address that RTAS calls name it by; never 0 */
	u32 users;	   /* functions */
	struct pe *parent; /* of the bridge that it is behind; NULL: none */
	struct tce_table windows[PE_WINDOWS]; /* the default 32-bit one, the dynamic one */
	struct tce_table *shared;	      /* the host bridge's, until own_dma; NULL = none */
	struct pe_state state;
	/* It froze, thawed or an error was armed; any thread. NULL = nobody asks. */
	void (*notify)(struct pe *pe);
	void *opaque; /* the host bridge's */
};

/* Stops everything of the endpoint. Any thread. */
void pe_freeze(struct pe *pe, enum pe_error error, u32 rid, u64 addr);
/* As struct dma_ops's translate(), for the function rid of the endpoint; freezes on a fault. */
int pe_translate(struct pe *pe, u32 rid, u64 addr, bool write, u64 *gpa, u64 *len);
/* The next access of that kind whose address agrees with addr in mask's bits is an error. */
void pe_arm(struct pe *pe, enum pe_inject kind, u64 addr, u64 mask);
/* Is an error armed for this access, here or on the way? Then it has happened now. */
bool pe_injected(struct pe *pe, enum pe_inject kind, u32 rid, u64 addr);

/* Is it stopped, itself or on the way? */
static inline bool pe_frozen(const struct pe *pe, u32 bits)
{
	for (; pe; pe = pe->parent)
		if (__atomic_load_n(&pe->state.frozen, __ATOMIC_ACQUIRE) & bits)
			return true;
	return false;
}

/* Is pe the endpoint `of`, or behind it? */
static inline bool pe_is_behind(const struct pe *pe, const struct pe *of)
{
	while (pe && pe != of)
		pe = pe->parent;
	return pe;
}

extern const struct state_table pe_state_table;

#endif
