/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address translation of every family with one result type. mmu_translate() picks the model's MMU
 * by its kind; each MMU fills one struct mmu_ops.
 *
 * Page tables are read through struct mmu_mem, which maps a guest real address to host memory: the
 * memory slots for a pseries guest, a partition-scoped walk for a nested one. Entries are read and
 * updated with 64-bit atomics, so walkers need no lock against each other or against the guest.
 */
#ifndef MMU_MMU_H
#define MMU_MMU_H

#include "base/bits.h"

struct cpu_state;

enum mmu_access {
	MMU_LOAD = 0,
	MMU_STORE = 1,
	MMU_FETCH = 2,
	MMU_KIND = 3,
	MMU_PR = 1 << 2,    /* problem state */
	MMU_RELOC = 1 << 3, /* MSR[IR] or MSR[DR]; BookE: address space 1 */
	MMU_HV = 1 << 4,
	MMU_32 = 1 << 5,     /* not MSR[SF]: the caller truncated the address already */
	MMU_QUIET = 1 << 6,  /* debugger: neither R nor C nor any other state changes */
	MMU_LARX = 1 << 7,   /* a reservation: must be storage that allows it */
	MMU_EXTPID = 1 << 8, /* BookE external PID access: EPLC or EPSC, by MMU_STORE */
};

enum mmu_prot { MMU_R = 1, MMU_W = 2, MMU_X = 4 };

enum mmu_attr {
	MMU_GUARDED = 1,   /* G */
	MMU_INHIBITED = 2, /* I: caching inhibited */
	MMU_LE = 4,	   /* BookE E: the page's byte order is little-endian */
	MMU_REAL = 8,	   /* no translation took place */
	MMU_SAO = 16,	   /* strong access order */
};

struct mmu_result {
	u64 ra;	       /* real address of ea itself */
	u8 page_shift; /* 10..40: the translation holds for the page of that size around ea */
	u8 seg_shift;  /* hash: 28 or 40, else 0 */
	u8 prot; /* enum mmu_prot for the request's privilege and kind, keys applied: R and W of
		  * a load or store, X of a fetch. W only once the entry's changed bit is
		  * set, so that the first store comes here again. */
	u8 attr; /* enum mmu_attr */
	/* What tags it. Hash: the SLB's VSID word under SLB_VSID_TAG; radix: PID; BookE: PID << 1
	 * | address space; ~0 in real mode. */
	u64 context;
	/* A fault: what to put into cpu_state.event (ea is the request's). */
	u32 code; /* enum cpu_exit; 0 = translated */
	u64 info;
	u64 dsisr;
};

/* SLB's VSID word (RS of slbmte). */
#define SLB_VSID_B   PPC_BITMASK(0, 1)
#define SLB_VSID_1T  PPC_BIT(1)
#define SLB_VSID_KS  0x800ull
#define SLB_VSID_KP  0x400ull
#define SLB_VSID_N   0x200ull
#define SLB_VSID_L   0x100ull
#define SLB_VSID_C   0x080ull
#define SLB_VSID_LP  0x030ull
#define SLB_VSID_TAG (~0xfffull | SLB_VSID_KS | SLB_VSID_KP | SLB_VSID_N | SLB_VSID_L | SLB_VSID_LP)
/* SLB's ESID word (RB of slbmte). */
#define SLB_ESID_V PPC_BIT(36)

struct mmu_mem_ops {
	/* Host address of the 8-aligned [ra, ra + len) or NULL when no memory is there. */
	void *(*map)(void *opaque, u64 ra, u64 len);
	/* [ra, ra + len) was just written. */
	void (*written)(void *opaque, u64 ra, u64 len);
};

struct mmu_mem {
	const struct mmu_mem_ops *ops;
	void *opaque;
};

/* What is common to a partition, beside the processors' own registers. Changed only while no vCPU
 * of the VM runs translated code, or with a flush of everything behind it. */
struct mmu_env {
	struct mmu_mem mem;  /* radix trees and process table, by guest real address */
	bool radix;	     /* Book3S-64: host radix, else hash */
	u64 proc_table;	     /* radix: real address of the process table */
	u8 proc_table_shift; /* log2 of its size */
	u64 *hpt;	     /* hash: the table itself, big-endian doublewords, in host memory */
	u8 hpt_shift;	     /* log2 of its size, 18..46 */
	/* Real mode of a guest (MSR[HV] = 0): offset into real memory from 0 to rma_size. VRMA
	 * (vrma_vsid != 0): through the hash table with that segment's entry. */
	u64 rma_size;
	u64 vrma_slb_vsid; /* SLB VSID word of the VRMA segment, 0 = no VRMA */
};

/* Returns 0 and fills r, or r->code (an enum cpu_exit other than 0). */
u32 mmu_translate(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access,
		  struct mmu_result *r);

/* The tag of the current context for addresses like ea: see mmu_result.context. False when no
 * translation exists at all (hash: segment miss). */
bool mmu_context(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access, u64 *context);

/* Protection state outside the page tables that prot depends on, for an access of this kind (AMR
 * for loads and stores, IAMR for fetches): translations cached under one value are good again when
 * it returns. */
u64 mmu_keys(struct cpu_state *s, const struct mmu_env *env, u32 access);

#endif
