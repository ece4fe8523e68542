/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a processor asks of its surroundings: the clock, other processors, the software TLB. The
 * owner of the vCPU (translator/, a test) fills the table and points cpu_state.ops at it; all
 * callbacks get the state and find their own data through cpu_state.ops_opaque. They run on the
 * vCPU's thread. A NULL ops pointer means: time stands still, nobody else is there.
 */
#ifndef CPU_OPS_H
#define CPU_OPS_H

#include "base/types.h"
#include "isa/event.h"

struct cpu_state;

/* Which translations a guest declared void. */
enum cpu_flush_kind {
	CPU_FLUSH_ALL,	     /* all that is translated, of all processes; not real mode */
	CPU_FLUSH_REGISTERS, /* LPCR, PTCR …: what all translation depends on, real mode's too */
	CPU_FLUSH_PID,	     /* radix, BookE: all pages of process .id */
	CPU_FLUSH_PID_PAGE,  /* radix: page .addr (EA) of 1 << .shift bytes of process .id */
	CPU_FLUSH_VPN,	   /* hash: page of 1 << .shift bytes at offset .addr of its segment; .id: B
			      and VSID as in an SLB's VSID word, .seg_shift = 28 or 40 */
	CPU_FLUSH_SEGMENT, /* hash: EA→VSID entry of segment .addr (slbie): EA, .seg_shift */
	CPU_FLUSH_SEGMENTS, /* hash: what the SLB no longer maps; .addr: highest address lost */
	CPU_FLUSH_CONTEXT,  /* PIDR, LPIDR, SLB reload …: the current context changed; nothing is
			       void, but cached "current" pointers are */
	CPU_FLUSH_KEYS,	    /* AMR or IAMR changed: mmu_keys() may give another value; frequent */
	CPU_FLUSH_PWC,	    /* radix page walk cache only: nothing to do without one */
	CPU_FLUSH_EA,	    /* BookE: page .addr (EA) of 1 << .shift bytes, any process */
	CPU_FLUSH_KINDS,
};

struct cpu_flush {
	enum cpu_flush_kind kind;
	bool local; /* tlbiel, slb*: this processor only */
	u8 shift, seg_shift;
	u64 id;
	u64 addr;
};

struct cpu_ops {
	/* The VM's clock in ticks of the time base; never runs backwards. */
	u64 (*clock)(struct cpu_state *s);
	/* cpu_next_deadline() changed. */
	void (*timer_changed)(struct cpu_state *s);
	/* Translations became void. With !local every processor is meant; a remote one may act
	 * later, but before flush_sync() returns. */
	void (*flush)(struct cpu_state *s, const struct cpu_flush *f);
	/* tlbsync, ptesync after tlbie: wait until all processors acknowledged earlier flushes. */
	void (*flush_sync)(struct cpu_state *s);
	/* msgsnd, msgsndp, BookE msgsnd: operand as the instruction gives it. */
	void (*doorbell)(struct cpu_state *s, enum cpu_doorbell kind, u64 operand);
	/* dcbi, icbi, iccci, dccci on BookE; code in [ea, ea + len) may have changed. */
	void (*icache_flush)(struct cpu_state *s, u64 ea, u64 len);
	/* BookE DCR bus; false when nobody answers. */
	bool (*dcr_read)(struct cpu_state *s, u32 dcrn, u64 *value);
	bool (*dcr_write)(struct cpu_state *s, u32 dcrn, u64 value);
	/* SPRs that exist outside the core (PIR of the chip, EPR of the interrupt controller);
	 * false: the core's own storage answers. */
	bool (*spr_read)(struct cpu_state *s, u32 sprn, u64 *value);
	bool (*spr_write)(struct cpu_state *s, u32 sprn, u64 value);
	/* darn: 64 random bits. NULL: the host's. */
	u64 (*random)(struct cpu_state *s);
};

#endif
