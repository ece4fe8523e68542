/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helpers of system instructions: SPRs, MSR, returns from interrupts, doorbells, DCRs. */
#include "cpu/cpu.h"
#include "cpu/spr.h"
#include "cpu/time.h"
#include "isa/helper.h"
#include "isa/msr.h"
#include "isa/sprbits.h"

u64 helper_mfspr(struct cpu_state *s, u64 id)
{
	return cpu_spr_read(s, spr_row((unsigned)id));
}

void helper_mtspr(struct cpu_state *s, u64 id, u64 value)
{
	cpu_spr_write(s, spr_row((unsigned)id), value);
}

u64 helper_timebase(struct cpu_state *s)
{
	return cpu_timebase(s);
}

/* --- MSR --- */
void helper_mtmsr(struct cpu_state *s, u64 msr)
{
	cpu_set_msr(s, msr);
}

void helper_mtmsr_ee(struct cpu_state *s, u64 value)
{
	const u64 mask = MSR_EE | MSR_RI;

	s->msr = (s->msr & ~mask) | (value & mask);
	if (atomic_load_explicit(&s->irq_pending, memory_order_relaxed) && cpu_irq_ready(s))
		atomic_store(&s->wanted, 1);
}

void helper_wrtee(struct cpu_state *s, u64 value)
{
	s->msr = (s->msr & ~MSR_EE) | (value & MSR_EE);
	if (atomic_load_explicit(&s->irq_pending, memory_order_relaxed) && cpu_irq_ready(s))
		atomic_store(&s->wanted, 1);
}

/* --- returns --- */
static void return_to(struct cpu_state *s, u64 pc, u64 msr)
{
	cpu_set_msr(s, msr);
	pc &= ~3ull;
	if (!(s->msr & (s->model->families & FAM_BOOKE ? MSR_CM : MSR_SF)))
		pc = (u32)pc;
	s->event.ea = pc;
}

/* Bits of the MSR that come from SRR1; the others are reserved in SRR1 or never change. ME is a
 * hypervisor resource. */
static u64 book3s_return_msr(const struct cpu_state *s, u64 srr1)
{
	u64 keep = s->msr & MSR_HV ? 0 : MSR_ME;

	return (s->msr & keep) | (srr1 & ~keep);
}

void helper_rfid(struct cpu_state *s)
{
	return_to(s, s->spr[SPR_SRR0], book3s_return_msr(s, s->spr[SPR_SRR1]));
}

void helper_hrfid(struct cpu_state *s)
{
	return_to(s, s->spr[SPR_HSRR0], s->spr[SPR_HSRR1]);
}

void helper_rfscv(struct cpu_state *s)
{
	return_to(s, s->lr, book3s_return_msr(s, s->ctr));
}

void helper_rfi(struct cpu_state *s)
{
	return_to(s, s->spr[SPR_SRR0], s->spr[SPR_SRR1]);
}

void helper_rfci(struct cpu_state *s)
{
	return_to(s, s->spr[SPR_CSRR0], s->spr[SPR_CSRR1]);
}

void helper_rfdi(struct cpu_state *s)
{
	return_to(s, s->spr[SPR_DSRR0], s->spr[SPR_DSRR1]);
}

void helper_rfmci(struct cpu_state *s)
{
	return_to(s, s->spr[SPR_MCSRR0], s->spr[SPR_MCSRR1]);
}

/* --- doorbells --- */

/* Book3S: RB[32:36] is the type, 5 the only one; msgsndp names a thread of its own core. */
static bool is_doorbell(u64 rb)
{
	return bits_get(rb, 27, 5) == 5;
}

void helper_msgsnd(struct cpu_state *s, u64 kind, u64 rb)
{
	if (kind == CPU_DOORBELL_PRIV && is_doorbell(rb) && (rb & 0x7f) == s->spr[SPR_TIR])
		cpu_post_irq(s, CPU_IRQ_DOORBELL, true);
	else if ((kind == CPU_DOORBELL_BOOKE || is_doorbell(rb)) && s->ops && s->ops->doorbell)
		s->ops->doorbell(s, (enum cpu_doorbell)kind, rb);
}

void helper_msgclr(struct cpu_state *s, u64 kind, u64 rb)
{
	switch (kind) {
	case CPU_DOORBELL_PRIV:
		if (is_doorbell(rb))
			cpu_post_irq(s, CPU_IRQ_DOORBELL, false);
		break;
	case CPU_DOORBELL_HV:
		if (is_doorbell(rb))
			cpu_post_irq(s, CPU_IRQ_HDOORBELL, false);
		break;
	default: /* BookE: type 0 normal, 1 critical */
		cpu_post_irq(s, bits_get(rb, 27, 5) ? CPU_IRQ_CRIT_DOORBELL : CPU_IRQ_DOORBELL,
			     false);
		break;
	}
}

/* --- DCR bus: nobody there is a machine's bug or a driver's probe, and reads as zero --- */
u64 helper_mfdcr(struct cpu_state *s, u64 dcrn)
{
	u64 v = 0;

	if (s->ops && s->ops->dcr_read)
		s->ops->dcr_read(s, (u32)dcrn & 0x3ff, &v);
	return (u32)v;
}

void helper_mtdcr(struct cpu_state *s, u64 dcrn, u64 value)
{
	if (s->ops && s->ops->dcr_write)
		s->ops->dcr_write(s, (u32)dcrn & 0x3ff, (u32)value);
}

void helper_iccci(struct cpu_state *s)
{
	if (s->ops && s->ops->icache_flush)
		s->ops->icache_flush(s, 0, ~0ull);
}
