/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reset, MSR, mode word and composed registers.
 *
 * cpu_mode() is the only place that knows how control registers combine into the mode word; who
 * writes one of MSR, FSCR, HFSCR, LPCR, MMCR0, DBCR0 or FPSCR's enables ends the region.
 */
#include "cpu/cpu.h"

#include "base/string.h"
#include "cpu/time.h"
#include "isa/fpscr.h"
#include "isa/mode.h"
#include "isa/msr.h"
#include "isa/sprbits.h"

static void reset_e500(struct cpu_state *s)
{
	/* e500v2: 16 segments of TLB1 with 4K..4G, TLB0 4-way 512 entries; 3 PIDs of 8 bits. */
	s->spr[SPR_TLB0CFG] = 4u << 24 | 1u << 20 | 1u << 16 | 0u << 14 | 512;
	s->spr[SPR_TLB1CFG] = 16u << 24 | 1u << 20 | 11u << 16 | 3u << 14 | 16;
	s->spr[SPR_MMUCFG] = 3u << 11 | 7u << 6 | 1u << 2;
	s->spr[SPR_L1CFG0] = 0x00003820;
	s->spr[SPR_L1CFG1] = 0x00003820;
}

void cpu_reset(struct cpu_state *s, const struct cpu_model *model)
{
	u32 index = s->cpu_index;

	/* The host wiring stands at the end. `wanted`, which stands first, is other threads' too.
	 */
	memset(&s->cpu_index, 0,
	       offsetof(struct cpu_state, model) - offsetof(struct cpu_state, cpu_index));
	atomic_store(&s->wanted, 0);
	s->cpu_index = index;
	s->model = model;
	s->msr = model->reset_msr;
	s->spr[SPR_PVR] = model->pvr;
	s->spr[SPR_PIR] = index;
	s->dec_expires = s->hdec_expires = ~0ull >> 1;
	s->fit_expires = s->wdt_expires = ~0ull >> 1;
	if (model->families & FAM_BOOK3S64) {
		s->spr[SPR_HFSCR] = ~0ull >> 8;
		s->spr[SPR_AMOR] = ~0ull;
		s->spr[SPR_MMCR0] = MMCR0_FC;
		s->spr[SPR_LPCR] = model->dec_bits > 32 ? LPCR_LD : 0;
		s->spr[SPR_PPR] = 4ull << 50; /* priority medium */
	}
	if (model->families & FAM_E500)
		reset_e500(s);
}

static u32 mode_common(const struct cpu_state *s)
{
	u64 msr = s->msr;
	u32 m = 0;

	m |= msr & MSR_PR ? MODE_PR : 0;
	m |= msr & MSR_IR ? MODE_IR : 0; /* the same bits as BookE's IS and DS */
	m |= msr & MSR_DR ? MODE_DR : 0;
	m |= msr & MSR_FP ? MODE_FP : 0;
	m |= msr & MSR_VEC ? MODE_VEC : 0; /* the same bit as MSR[SPE] */
	m |= msr & (MSR_FE0 | MSR_FE1) ? MODE_FE : 0;
	m |= s->fpscr & FPSCR_ENABLES ? MODE_FPX : 0;
	return m;
}

static u32 mode_booke(const struct cpu_state *s)
{
	u32 m = 0;

	m |= s->msr & MSR_CM ? MODE_SF : 0;
	m |= s->msr & MSR_UCLE ? MODE_UCLE : 0;
	if ((s->msr & MSR_DE) && (s->spr[SPR_DBCR0] & DBCR0_IDM)) {
		m |= s->spr[SPR_DBCR0] & DBCR0_ICMP ? MODE_SE : 0;
		m |= s->spr[SPR_DBCR0] & DBCR0_BRT ? MODE_BE : 0;
	}
	return m;
}

/* FSCR rules problem state, HFSCR all but hypervisor state; SCV is FSCR's in any state. */
static u32 mode_facilities(const struct cpu_state *s)
{
	u64 on = ~0ull;
	u32 m = MODE_FAC_LM;

	if (s->msr & MSR_PR)
		on &= s->spr[SPR_FSCR] | FSCR_FAC(IC_MSGP);
	if (!(s->msr & MSR_HV))
		on &= s->spr[SPR_HFSCR];
	m |= on & FSCR_FAC(IC_TAR) ? MODE_FAC_TAR : 0;
	m |= on & FSCR_FAC(IC_DSCR) ? MODE_FAC_DSCR : 0;
	m |= on & FSCR_FAC(IC_EBB) ? MODE_FAC_EBB : 0;
	m |= on & FSCR_FAC(IC_MSGP) ? MODE_FAC_MSGP : 0;
	m |= s->spr[SPR_FSCR] & FSCR_FAC(IC_SCV) ? MODE_FAC_SCV : 0;
	m |= s->msr & MSR_TM ? MODE_FAC_TM : 0;
	return m;
}

/* MMCR0[PMCC]: 0 = problem state reads, 1 = nothing, 2 and 3 = reads and writes. */
static u32 mode_pmu(const struct cpu_state *s)
{
	u64 pmcc = bits_get(s->spr[SPR_MMCR0], MMCR0_PMCC_SHIFT, 2);

	if (!(s->msr & MSR_PR))
		return MODE_FAC_PMU_READ | MODE_FAC_PMU_WRITE;
	return (pmcc != 1 ? MODE_FAC_PMU_READ : 0) | (pmcc >= 2 ? MODE_FAC_PMU_WRITE : 0);
}

/* CIABR[PRIV]: 1 problem state, 2 privileged without hypervisor, 3 hypervisor (2.07B Book III-S
 * 8.4, 3.0B Book III 9.3). */
static u32 mode_ciabr(const struct cpu_state *s)
{
	u64 state = s->msr & MSR_PR ? 1 : s->msr & MSR_HV ? 3 : 2;

	return (s->spr[SPR_CIABR] & 3) == state ? MODE_CIABR : 0;
}

u32 cpu_mode(const struct cpu_state *s)
{
	u32 m = mode_common(s);

	if (s->model->families & FAM_BOOKE)
		return m | mode_booke(s);
	m |= s->msr & MSR_SF ? MODE_SF : 0;
	m |= s->msr & MSR_LE ? MODE_LE : 0;
	m |= s->msr & MSR_HV ? MODE_HV : 0;
	m |= s->msr & MSR_VSX ? MODE_VSX : 0;
	m |= s->msr & MSR_SE ? MODE_SE : 0;
	m |= s->msr & MSR_BE ? MODE_BE : 0;
	m |= s->spr[SPR_LPCR] & LPCR_GTSE ? MODE_GTSE : 0;
	return m | mode_facilities(s) | mode_pmu(s) | mode_ciabr(s);
}

void cpu_set_msr(struct cpu_state *s, u64 msr)
{
	const u64 FE = MSR_FE0 | MSR_FE1;
	u64 mask = s->model->msr_mask;
	bool late_fp;

	if (s->model->families & FAM_BOOK3S64) {
		/* Transactional memory is not implemented; hypervisor state is entered by
		 * interrupts only. */
		mask &= ~(MSR_TM | MSR_TS);
		if (!(s->msr & MSR_HV))
			mask &= ~MSR_HV;
		if (msr & MSR_PR)
			msr |= MSR_EE | MSR_IR | MSR_DR;
	}
	late_fp = !(s->msr & FE) && (msr & mask & FE) && (s->fpscr & FPSCR_FEX);
	s->msr = msr & mask;
	if (late_fp)
		cpu_post_irq(s, CPU_IRQ_FP, true);
	if (atomic_load_explicit(&s->irq_pending, memory_order_relaxed) && cpu_irq_ready(s))
		atomic_store(&s->wanted, 1);
}

u64 cpu_get_xer(const struct cpu_state *s)
{
	return s->xer_rest | s->so << 31 | s->ov << 30 | s->ca << 29 | s->ov32 << 19 |
	       s->ca32 << 18;
}

void cpu_set_xer(struct cpu_state *s, u64 xer)
{
	bool v3 = s->model->isa >= ISA_3_0;

	s->so = xer >> 31 & 1;
	s->ov = xer >> 30 & 1;
	s->ca = xer >> 29 & 1;
	s->ov32 = v3 ? xer >> 19 & 1 : 0;
	s->ca32 = v3 ? xer >> 18 & 1 : 0;
	/* Reserved bits of the low word keep what was written, as they do on qemu's. */
	s->xer_rest = xer & 0x1ff3ffff;
}

u32 cpu_get_cr(const struct cpu_state *s)
{
	u32 cr = 0;

	for (unsigned i = 0; i < 8; i++)
		cr = cr << 4 | (u32)s->cr[i];
	return cr;
}

void cpu_set_cr(struct cpu_state *s, u32 cr)
{
	for (unsigned i = 0; i < 8; i++)
		s->cr[i] = cr >> (28 - 4 * i) & 15;
}

void cpu_post_irq(struct cpu_state *s, enum cpu_irq irq, bool level)
{
	u64 bit = 1ull << irq;

	if (level) {
		atomic_fetch_or(&s->irq_pending, bit);
		atomic_store(&s->wanted, 1);
	} else {
		atomic_fetch_and(&s->irq_pending, ~bit);
	}
}

bool cpu_wakes(const struct cpu_state *s)
{
	return atomic_load(&s->irq_pending) != 0;
}

void cpu_set_ile(struct cpu_state *s, bool little_endian)
{
	s->spr[SPR_LPCR] &= ~LPCR_ILE;
	s->spr[SPR_LPCR] |= little_endian ? LPCR_ILE : 0;
}

void cpu_set_ail(struct cpu_state *s, unsigned ail)
{
	s->spr[SPR_LPCR] &= ~LPCR_AIL;
	s->spr[SPR_LPCR] |= (u64)(ail & 3) << LPCR_AIL_SHIFT;
}
