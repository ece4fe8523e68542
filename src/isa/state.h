/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register file of one PowerPC processor, for every family. Scalars that translated code
 * touches are 64-bit slots of their own, whatever their architected width; CR fields, XER's bits
 * and the like stand apart so that the IR can name them.
 *
 * Only architected state stands here, with what an interrupted access needs to be resumed; host
 * private state (software TLB, code cache) belongs to translator/.
 *
 * SPRs without a field of their own live in spr[], indexed by enum spr_id (spr.def).
 */
#ifndef ISA_STATE_H
#define ISA_STATE_H

#include <stdatomic.h>

#include "base/endian.h"
#include "base/types.h"
#include "isa/spr.h"

/* A 128-bit register as the host's integer; element 0 of the Power ISA is the most significant.
 * The accessors give elements their Power ISA numbers. */
union vreg {
	u128 q;
	u64 d[2];
	u32 w[4];
	u16 h[8];
	u8 b[16];
	s64 sd[2];
	s32 sw[4];
	s16 sh[8];
	s8 sb[16];
} __attribute__((aligned(16)));

#define VREG_X(i, n) (HOST_BIG_ENDIAN ? (i) : (n)-1 - (i))
#define VD(v, i)     ((v)->d[VREG_X(i, 2)])
#define VW(v, i)     ((v)->w[VREG_X(i, 4)])
#define VH(v, i)     ((v)->h[VREG_X(i, 8)])
#define VB(v, i)     ((v)->b[VREG_X(i, 16)])
#define VSD(v, i)    ((v)->sd[VREG_X(i, 2)])
#define VSW(v, i)    ((v)->sw[VREG_X(i, 4)])
#define VSH(v, i)    ((v)->sh[VREG_X(i, 8)])
#define VSB(v, i)    ((v)->sb[VREG_X(i, 16)])

struct cpu_model;
struct cpu_ops;

enum { SLB_MAX = 64, TLB4XX_MAX = 64, TLBE500_MAX = 576 };

struct slb_entry {
	u64 esid; /* RB image of slbmte: ESID || V at SLB_ESID_V */
	u64 vsid; /* RS image of slbmte: B, VSID, Ks Kp N L C LP */
};

/* A software-loaded TLB entry as the guest wrote it; 440: words 0..2 and the PID (TID);
 * e500: MAS1, MAS2, MAS3, MAS7 (and MAS8). */
struct soft_tlb_entry {
	u32 word[4];
	u32 pid;
	u32 valid;
};

/* Why execution stopped, or what a helper raised; see cpu_raise(). */
struct cpu_event {
	u32 code; /* enum cpu_exit, 0 = none */
	u32 pad;
	u64 info; /* code's own: SRR1 bits, trap kind, … */
	u64 ea;	  /* data or instruction address (DAR) */
	u64 dsisr;
};

struct cpu_mem_ops;

struct cpu_state {
	/* Anything but 0 makes POLL leave; set by any thread. */
	_Atomic u32 wanted;
	u32 cpu_index;

	u64 gpr[32];
	u64 cr[8]; /* each 0..15: LT 8, GT 4, EQ 2, SO 1 */
	u64 lr, ctr, tar;
	u64 so, ov, ca, ov32, ca32; /* XER, each 0 or 1 */
	u64 xer_rest;		    /* XER's other bits: string count, compare byte */
	u64 pc;			    /* address of the current or next instruction */
	u64 msr;
	u64 fpscr;	   /* the full architected image, FEX and VX kept current */
	u64 fp_suppressed; /* transient: an enabled exception drops the last FP result */
	/* Transient: what the fpscr still lacks of the last instructions' FR, FI, FPRF (cpu/fp.h);
	 * fp_lazy 0 = nothing, so between any two runs of a back end. */
	u64 fp_lazy;
	u64 fp_lazy_arg[3], fp_lazy_int, fp_lazy_cmp[2];
	u64 vscr_sat, vscr_nj; /* each 0 or 1 */
	u64 vrsave;
	u64 spefscr;
	union vreg vsr[64]; /* FPR n is doubleword 0 of VSR n; VR n is VSR 32+n */
	union vreg spe_acc; /* SPE accumulator; GPRs hold 64 bits on SPE cores */

	struct cpu_event event;

	u64 cr_from[8]; /* transient: where translated code has the CR fields from (ir/defer.c) */

	/* Asynchronous conditions, by enum cpu_irq bit; set by any thread, then `wanted`. */
	_Atomic u64 irq_pending;

	u64 spr[SPR_ID_COUNT];
	struct slb_entry slb[SLB_MAX];
	u64 sr[16]; /* 32-bit segment registers */
	struct soft_tlb_entry tlb[TLBE500_MAX];

	u64 icount; /* guest instructions completed */

	/* Time (cpu/time.h): offsets of the counters against the VM's clock, and deadlines as time
	 * base values. */
	u64 tb_offset, vtb_offset, purr_offset, spurr_offset;
	u64 dec_expires, hdec_expires;
	u64 fit_expires, wdt_expires; /* BookE */

	/* Host wiring: set by the vCPU's owner, kept by cpu_reset(), never saved. */
	const struct cpu_model *model;
	const struct cpu_ops *ops; /* cpu/ops.h */
	void *ops_opaque;
	const struct cpu_mem_ops *mem_ops; /* cpu/mem.h */
};

#define SLOT(field)  ((u32)offsetof(struct cpu_state, field))
#define SLOT_GPR(n)  ((u32)(offsetof(struct cpu_state, gpr) + 8 * (n)))
#define SLOT_CR(n)   ((u32)(offsetof(struct cpu_state, cr) + 8 * (n)))
#define SLOT_SPR(id) ((u32)(offsetof(struct cpu_state, spr) + 8 * (id)))
#define SLOT_VSR(n)  ((u32)(offsetof(struct cpu_state, vsr) + 16 * (n)))
#define SLOT_VR(n)   SLOT_VSR(32 + (n))
/* Doubleword i (0 = most significant) of VSR n; FPR n is doubleword 0. */
#define SLOT_VSRD(n, i) ((u32)(SLOT_VSR(n) + 8 * VREG_X(i, 2)))
#define SLOT_FPR(n)	SLOT_VSRD(n, 0)

#endif
