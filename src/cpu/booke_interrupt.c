/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts of BookE cores: Power ISA 2.07B Book III-E chapter 7, the 440 and e500 manuals. The
 * vector is IVPR || IVORn; three classes of save registers.
 */
#include "cpu/interrupt.h"

#include "base/log.h"
#include "isa/msr.h"
#include "isa/sprbits.h"

enum booke_class { BASE, CRITICAL, MCHECK };

static const struct {
	u16 srr0, srr1;
	u64 kept; /* MSR bits that stay */
} classes[] = {
	[BASE] = {SPR_SRR0, SPR_SRR1, MSR_CE | MSR_ME | MSR_DE | MSR_GS | MSR_CM},
	[CRITICAL] = {SPR_CSRR0, SPR_CSRR1, MSR_ME | MSR_CM},
	[MCHECK] = {SPR_MCSRR0, SPR_MCSRR1, MSR_CM},
};

struct booke_vector {
	u16 ivor; /* enum spr_id; 0 = none */
	u8 class;
	u8 edge;
};

/* SPR_XER (0) never is a vector, so that 0 can mean none. */
static const struct booke_vector sync_vectors[CPU_EXC_LAST] = {
	[CPU_EXC_PROGRAM] = {SPR_IVOR6, BASE, 0},
	[CPU_EXC_SC] = {SPR_IVOR8, BASE, 0},
	[CPU_EXC_DSI] = {SPR_IVOR2, BASE, 0},
	[CPU_EXC_ISI] = {SPR_IVOR3, BASE, 0},
	[CPU_EXC_ALIGN] = {SPR_IVOR5, BASE, 0},
	[CPU_EXC_FP_UNAVAIL] = {SPR_IVOR7, BASE, 0},
	[CPU_EXC_AP_UNAVAIL] = {SPR_IVOR9, BASE, 0},
	[CPU_EXC_SPE_UNAVAIL] = {SPR_IVOR32, BASE, 0},
	[CPU_EXC_VEC_UNAVAIL] = {SPR_IVOR32, BASE, 0},
	[CPU_EXC_SPE_FP_DATA] = {SPR_IVOR33, BASE, 0},
	[CPU_EXC_SPE_FP_ROUND] = {SPR_IVOR34, BASE, 0},
	[CPU_EXC_MCHECK] = {SPR_IVOR1, MCHECK, 0},
	[CPU_EXC_HEMU_ASSIST] = {SPR_IVOR6, BASE, 0},
	[CPU_EXC_DTLB] = {SPR_IVOR13, BASE, 0},
	[CPU_EXC_ITLB] = {SPR_IVOR14, BASE, 0},
	[CPU_EXC_DEBUG] = {SPR_IVOR15, CRITICAL, 0},
	[CPU_EXC_TRACE] = {SPR_IVOR15, CRITICAL, 0},
};

static const struct booke_vector async_vectors[] = {
	[CPU_IRQ_EXTERNAL] = {SPR_IVOR4, BASE, 0},
	[CPU_IRQ_DECREMENTER] = {SPR_IVOR10, BASE, 0},
	[CPU_IRQ_DOORBELL] = {SPR_IVOR36, BASE, 1},
	[CPU_IRQ_PERFMON] = {SPR_IVOR35, BASE, 1},
	[CPU_IRQ_MCHECK] = {SPR_IVOR1, MCHECK, 1},
	[CPU_IRQ_CRITICAL] = {SPR_IVOR0, CRITICAL, 0},
	[CPU_IRQ_CRIT_DOORBELL] = {SPR_IVOR37, CRITICAL, 1},
	[CPU_IRQ_FIT] = {SPR_IVOR11, BASE, 0},
	[CPU_IRQ_WATCHDOG] = {SPR_IVOR12, CRITICAL, 0},
	[CPU_IRQ_DEBUG] = {SPR_IVOR15, CRITICAL, 1},
	[CPU_IRQ_FP] = {SPR_IVOR6, BASE, 1},
};

static const u8 priority[] = {
	CPU_IRQ_MCHECK,	  CPU_IRQ_FP,	    CPU_IRQ_DEBUG,
	CPU_IRQ_CRITICAL, CPU_IRQ_WATCHDOG, CPU_IRQ_CRIT_DOORBELL,
	CPU_IRQ_EXTERNAL, CPU_IRQ_FIT,	    CPU_IRQ_DECREMENTER,
	CPU_IRQ_DOORBELL, CPU_IRQ_PERFMON,
};

static void save(struct cpu_state *s, enum booke_class class)
{
	s->spr[classes[class].srr0] = s->pc;
	s->spr[classes[class].srr1] = s->msr;
}

/* The core of the 440EP is older than machine check registers of their own (Linux calls those that
 * have them 440A): its handler looks at CSRR0 and CSRR1 and returns by rfci. MCSRR0 and MCSRR1 get
 * the same, for images made for later ones. */
static void enter(struct cpu_state *s, const struct booke_vector *v)
{
	u64 pc = (s->spr[SPR_IVPR] & ~0xffffull) | (s->spr[v->ivor] & 0xfff0);

	save(s, v->class);
	if (v->class == MCHECK && s->model->families & FAM_440)
		save(s, CRITICAL);
	log_printf(LOG_INT, "cpu %u: interrupt %s at %08llx msr %08llx -> %08llx\n", s->cpu_index,
		   spr_row(v->ivor)->name, (unsigned long long)s->pc, (unsigned long long)s->msr,
		   (unsigned long long)pc);
	s->msr &= classes[v->class].kept;
	cpu_forget_late_fp(s);
	s->pc = pc;
}

static u64 program_esr(u64 info)
{
	u64 esr = 0;

	esr |= info & CPU_PROG_ILL ? ESR_PIL : 0;
	esr |= info & CPU_PROG_PRIV ? ESR_PPR : 0;
	esr |= info & CPU_PROG_TRAP ? ESR_PTR : 0;
	esr |= info & CPU_PROG_FP ? ESR_FP : 0;
	return esr;
}

/* A bus error; event.info is SRR1 of Book3S, where bit 42 tells data from instructions. */
static u32 mcsr_of(const struct cpu_state *s)
{
	static const u32 e500[] = {MCSR_BUS_IAERR, MCSR_BUS_RAERR, MCSR_BUS_WAERR};
	static const u32 ppc440[] = {0, MCSR_MCS | MCSR_DRB, MCSR_MCS | MCSR_DWB};
	unsigned kind = !(s->event.info & PPC_BIT(42))	    ? 0
			: !(s->event.dsisr & DSISR_ISSTORE) ? 1
							    : 2;

	return s->model->families & FAM_E500 ? e500[kind] : ppc440[kind];
}

static void set_syndrome(struct cpu_state *s)
{
	const struct cpu_event *e = &s->event;

	switch (e->code) {
	case CPU_EXC_PROGRAM:
		s->spr[SPR_ESR] = program_esr(e->info);
		break;
	case CPU_EXC_HEMU_ASSIST: /* Book3S's name for an illegal instruction */
		s->spr[SPR_ESR] = ESR_PIL;
		break;
	case CPU_EXC_ALIGN:
		s->spr[SPR_DEAR] = e->ea;
		s->spr[SPR_ESR] = e->dsisr & DSISR_ISSTORE ? ESR_ST : 0;
		break;
	case CPU_EXC_DSI:
	case CPU_EXC_DTLB:
		s->spr[SPR_DEAR] = e->ea;
		s->spr[SPR_ESR] = (u32)e->dsisr;
		break;
	case CPU_EXC_ISI:
		s->spr[SPR_ESR] = (u32)e->info;
		break;
	case CPU_EXC_MCHECK:
		s->spr[SPR_MCSR] |= mcsr_of(s);
		/* PPC440x5 manual 6.5.2: what a fetch meets is synchronous, and ESR's. */
		if (s->model->families & FAM_440 && !mcsr_of(s))
			s->spr[SPR_ESR] = ESR_MCI;
		s->spr[SPR_MCAR] = (u32)e->ea;
		break;
	case CPU_EXC_SPE_UNAVAIL:
	case CPU_EXC_VEC_UNAVAIL:
	case CPU_EXC_SPE_FP_DATA:
	case CPU_EXC_SPE_FP_ROUND:
		s->spr[SPR_ESR] = ESR_SPV;
		break;
	case CPU_EXC_TRACE:
		if (e->info & CPU_TRACE_PC_IN_EA)
			s->pc = e->ea;
		s->spr[SPR_DBSR] |= DBCR0_ICMP;
		break;
	case CPU_EXC_DEBUG:
		s->spr[SPR_DBSR] |= (u32)e->info;
		break;
	default:
		break;
	}
}

static bool deliver(struct cpu_state *s)
{
	if (s->event.code >= CPU_EXC_LAST || !sync_vectors[s->event.code].ivor)
		return false;
	if (s->event.code == CPU_EXC_MCHECK && !(s->msr & MSR_ME)) {
		s->event.code = CPU_EXIT_RESET; /* checkstop */
		return false;
	}
	set_syndrome(s);
	enter(s, &sync_vectors[s->event.code]);
	return true;
}

static bool enabled(const struct cpu_state *s, enum cpu_irq irq)
{
	switch (irq) {
	case CPU_IRQ_FP:
		return true;
	case CPU_IRQ_MCHECK:
		return s->msr & MSR_ME;
	case CPU_IRQ_DEBUG:
		return s->msr & MSR_DE;
	case CPU_IRQ_CRITICAL:
	case CPU_IRQ_WATCHDOG:
	case CPU_IRQ_CRIT_DOORBELL:
		return s->msr & MSR_CE;
	default:
		return s->msr & MSR_EE;
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
	if (async_vectors[irq].edge)
		cpu_post_irq(s, irq, false);
	/* Not the instruction that caused it, but the one behind that which set FE0 or FE1. */
	if (irq == CPU_IRQ_FP)
		s->spr[SPR_ESR] = ESR_PIE;
	enter(s, &async_vectors[irq]);
}

const struct cpu_interrupt_ops booke_interrupt_ops = {
	.deliver = deliver,
	.select = select_irq,
	.take = take,
};
