/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts of 64-bit Book3S: Power ISA 3.0B Book III chapter 6 (2.07B Book III-S chapter 6).
 *
 * A guest without hypervisor state (MSR[HV] = 0, nothing ever sets it) sees what KVM and PowerVM
 * show it: everything arrives in the guest, hypervisor emulation assistance as an illegal
 * instruction. Interrupts that only hypervisor state can cause (HDSI, HDEC …) use HSRR0/HSRR1.
 */
#include "cpu/interrupt.h"

#include "base/log.h"
#include "isa/msr.h"
#include "isa/sprbits.h"

/* SRR1 (CTR of scv): these bits carry the cause, or 0; the others are the MSR's. */
#define SRR1_CAUSE     (PPC_BITMASK(33, 36) | PPC_BITMASK(42, 47))
#define SRR1_IMPRECISE PPC_BIT(47)

enum vector_flags {
	V_AIL = 1, /* LPCR[AIL] may relocate it */
	V_HV = 2,  /* HSRR0/HSRR1, enters hypervisor state */
};

struct vector {
	u16 offset;
	u16 flags;
};

static const struct vector sync_vectors[CPU_EXC_LAST] = {
	[CPU_EXC_PROGRAM] = {0x700, V_AIL},	[CPU_EXC_SC] = {0xc00, V_AIL},
	[CPU_EXC_DSI] = {0x300, V_AIL},		[CPU_EXC_DSEG] = {0x380, V_AIL},
	[CPU_EXC_ISI] = {0x400, V_AIL},		[CPU_EXC_ISEG] = {0x480, V_AIL},
	[CPU_EXC_ALIGN] = {0x600, V_AIL},	[CPU_EXC_FP_UNAVAIL] = {0x800, V_AIL},
	[CPU_EXC_VEC_UNAVAIL] = {0xf20, V_AIL}, [CPU_EXC_VSX_UNAVAIL] = {0xf40, V_AIL},
	[CPU_EXC_FAC_UNAVAIL] = {0xf60, V_AIL}, [CPU_EXC_HFAC_UNAVAIL] = {0xf80, V_HV},
	[CPU_EXC_TRACE] = {0xd00, V_AIL},	[CPU_EXC_MCHECK] = {0x200, 0},
	[CPU_EXC_HEMU_ASSIST] = {0xe40, V_HV},	[CPU_EXC_HDSI] = {0xe00, V_HV},
	[CPU_EXC_HISI] = {0xe20, V_HV},
};

struct async_vector {
	u16 offset;
	u8 flags;
	u8 edge; /* taking it clears the condition */
};

static const struct async_vector async_vectors[] = {
	[CPU_IRQ_EXTERNAL] = {0x500, V_AIL, 0},	   [CPU_IRQ_DECREMENTER] = {0x900, V_AIL, 0},
	[CPU_IRQ_HDECREMENTER] = {0x980, V_HV, 0}, [CPU_IRQ_DOORBELL] = {0xa00, V_AIL, 1},
	[CPU_IRQ_HDOORBELL] = {0xe80, V_HV, 1},	   [CPU_IRQ_PERFMON] = {0xf00, V_AIL, 1},
	[CPU_IRQ_FP] = {0x700, V_AIL, 1},	   [CPU_IRQ_MCHECK] = {0x200, 0, 1},
	[CPU_IRQ_SRESET] = {0x100, 0, 1},
};

/* Power ISA 6.8.2, highest first. */
static const u8 priority[] = {
	CPU_IRQ_SRESET,	      CPU_IRQ_MCHECK,	CPU_IRQ_FP,
	CPU_IRQ_HDECREMENTER, CPU_IRQ_EXTERNAL, CPU_IRQ_PERFMON,
	CPU_IRQ_DECREMENTER,  CPU_IRQ_DOORBELL, CPU_IRQ_HDOORBELL,
};

/* The MSR an interrupt starts with. kept: bits that stay. */
static u64 entry_msr(const struct cpu_state *s, u64 kept, u64 extra)
{
	u64 m = MSR_SF | (s->msr & (kept | MSR_HV)) | extra;

	return m | (s->spr[SPR_LPCR] & LPCR_ILE ? MSR_LE : 0);
}

/* Relocation of the vector and translation bits by LPCR[AIL]. */
static u64 relocate(const struct cpu_state *s, u64 *msr, u64 offset)
{
	u64 ail = (s->spr[SPR_LPCR] & LPCR_AIL) >> LPCR_AIL_SHIFT;

	if ((s->msr & (MSR_IR | MSR_DR)) != (MSR_IR | MSR_DR) || ail < 2)
		return offset;
	*msr |= MSR_IR | MSR_DR;
	return offset + (ail == 2 ? 0x18000 : 0xc000000000004000);
}

static void enter(struct cpu_state *s, const struct vector *v, u64 kept, u64 cause)
{
	u64 old = s->msr;
	u64 msr = entry_msr(s, kept, v->flags & V_HV ? MSR_HV : 0);
	u64 pc = v->offset;

	s->spr[v->flags & V_HV ? SPR_HSRR0 : SPR_SRR0] = s->pc;
	s->spr[v->flags & V_HV ? SPR_HSRR1 : SPR_SRR1] = (old & ~SRR1_CAUSE) | cause;
	if (v->flags & V_AIL)
		pc = relocate(s, &msr, pc);
	s->msr = msr;
	cpu_forget_late_fp(s);
	log_printf(LOG_INT, "cpu %u: interrupt %04x at %016llx msr %016llx -> %016llx\n",
		   s->cpu_index, v->offset, (unsigned long long)s->pc, (unsigned long long)old,
		   (unsigned long long)pc);
	s->pc = pc;
}

/* A machine check goes to hypervisor state and clears ME. A guest sees what its hypervisor passes
 * on, as KVM does, with ME set: it could not set ME again (rfid, mtmsrd with HV = 0). */
static u64 mcheck_kept(const struct cpu_state *s)
{
	return s->msr & MSR_HV ? 0 : MSR_ME;
}

/* System call vectored saves in LR and CTR, keeps EE and RI, and has its own addresses. */
static void enter_scv(struct cpu_state *s)
{
	u64 old = s->msr;
	u64 msr = entry_msr(s, MSR_ME | MSR_EE | MSR_RI, 0);
	u64 ail = (s->spr[SPR_LPCR] & LPCR_AIL) >> LPCR_AIL_SHIFT;
	u64 pc = 0x17000;

	s->lr = s->pc;
	s->ctr = old & ~SRR1_CAUSE;
	if ((old & (MSR_IR | MSR_DR)) == (MSR_IR | MSR_DR) && ail == 3) {
		msr |= MSR_IR | MSR_DR;
		pc = 0xc000000000003000;
	}
	s->msr = msr;
	cpu_forget_late_fp(s);
	s->pc = pc + 32 * (s->event.info & 0x7f);
}

/* Without hypervisor state the two interrupts meant for it arrive as program interrupts. */
static void reflect(struct cpu_state *s)
{
	struct cpu_event *e = &s->event;

	if (s->msr & MSR_HV || s->model->families != FAM_BOOK3S64)
		return;
	if (e->code == CPU_EXC_HEMU_ASSIST || e->code == CPU_EXC_HFAC_UNAVAIL) {
		e->code = CPU_EXC_PROGRAM;
		e->info = CPU_PROG_ILL;
	}
}

/* The instruction that was not aligned, 2.07B Book III-S 6.5.8; 3.0 leaves DSISR undefined. */
static u32 align_dsisr(u32 w)
{
	u32 primary = w >> 26;
	u32 operands = w >> 16 & 0x3ff; /* RT or RS, RA */

	if (primary == 31)
		return (w >> 1 & 3) << 15 | (w >> 6 & 1) << 14 | (w >> 7 & 15) << 10 | operands;
	/* DS-form: bits 30:31 tell the instructions apart. */
	if (primary == 57 || primary == 58 || primary == 61 || primary == 62)
		operands |= (w & 3) << 18;
	return operands | (primary & 1) << 14 | (primary >> 1 & 15) << 10;
}

static u64 cause_of(struct cpu_state *s)
{
	struct cpu_event *e = &s->event;

	switch (e->code) {
	case CPU_EXC_TRACE:
		if (e->info & CPU_TRACE_PC_IN_EA)
			s->pc = e->ea;
		return e->info & SRR1_CAUSE;
	case CPU_EXC_PROGRAM:
	case CPU_EXC_ISI:
		return e->info & SRR1_CAUSE;
	case CPU_EXC_MCHECK:
		s->spr[SPR_DAR] = e->ea;
		s->spr[SPR_DSISR] = (u32)e->dsisr;
		return e->info & SRR1_CAUSE;
	case CPU_EXC_ALIGN:
		s->spr[SPR_DSISR] = s->model->isa < ISA_3_0 ? align_dsisr((u32)e->info) : 0;
		s->spr[SPR_DAR] = e->ea;
		return 0;
	case CPU_EXC_DSI:
		s->spr[SPR_DSISR] = (u32)e->dsisr;
		s->spr[SPR_DAR] = e->ea;
		return 0;
	case CPU_EXC_DSEG:
		s->spr[SPR_DAR] = e->ea;
		return 0;
	case CPU_EXC_HDSI:
		s->spr[SPR_HDSISR] = (u32)e->dsisr;
		s->spr[SPR_HDAR] = e->ea;
		return 0;
	case CPU_EXC_FAC_UNAVAIL:
		s->spr[SPR_FSCR] = (s->spr[SPR_FSCR] & (~0ull >> 8)) | e->info << FSCR_IC_SHIFT;
		return 0;
	case CPU_EXC_HFAC_UNAVAIL:
		s->spr[SPR_HFSCR] = (s->spr[SPR_HFSCR] & (~0ull >> 8)) | e->info << FSCR_IC_SHIFT;
		return 0;
	case CPU_EXC_HEMU_ASSIST:
		s->spr[SPR_HEIR] = (u32)e->info;
		return 0;
	default:
		return 0;
	}
}

static bool deliver(struct cpu_state *s)
{
	const struct vector *v;
	u64 kept = MSR_ME;

	reflect(s);
	if (s->event.code == CPU_EXC_SCV) {
		enter_scv(s);
		return true;
	}
	if (s->event.code >= CPU_EXC_LAST || !sync_vectors[s->event.code].offset)
		return false;
	v = &sync_vectors[s->event.code];
	if (s->event.code == CPU_EXC_MCHECK) {
		/* A machine check with MSR[ME] = 0 is a checkstop. */
		if (!(s->msr & MSR_ME)) {
			s->event.code = CPU_EXIT_RESET;
			return false;
		}
		kept = mcheck_kept(s);
	}
	if (v->flags & V_HV)
		kept |= MSR_RI; /* HSRRs are in use, SRRs are not */
	enter(s, v, kept, cause_of(s));
	return true;
}

static bool enabled(const struct cpu_state *s, enum cpu_irq irq)
{
	bool hv = s->msr & MSR_HV;
	bool ee = s->msr & MSR_EE;

	switch (irq) {
	case CPU_IRQ_SRESET:
	case CPU_IRQ_FP:
		return true;
	case CPU_IRQ_MCHECK:
		return s->msr & MSR_ME;
	case CPU_IRQ_HDECREMENTER:
	case CPU_IRQ_HDOORBELL:
		return ee || !hv;
	default:
		return ee;
	}
}

static int select_irq(const struct cpu_state *s)
{
	u64 pending = atomic_load_explicit(&s->irq_pending, memory_order_acquire);

	if (!pending)
		return -1;
	for (unsigned i = 0; i < ARRAY_SIZE(priority); i++)
		if ((pending >> priority[i] & 1) && enabled(s, priority[i]))
			return priority[i];
	return -1;
}

static void take(struct cpu_state *s, enum cpu_irq irq)
{
	const struct async_vector *a = &async_vectors[irq];
	const struct vector v = {a->offset, a->flags};
	u64 kept = irq == CPU_IRQ_MCHECK ? mcheck_kept(s) : MSR_ME;

	if (a->edge)
		cpu_post_irq(s, irq, false);
	if (a->flags & V_HV)
		kept |= MSR_RI;
	/* Not the instruction that caused it: SRR1[47]. */
	enter(s, &v, kept, irq == CPU_IRQ_FP ? CPU_PROG_FP | SRR1_IMPRECISE : 0);
}

const struct cpu_interrupt_ops book3s_64_interrupt_ops = {
	.deliver = deliver,
	.select = select_irq,
	.take = take,
};
