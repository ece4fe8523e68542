/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts, MSR, mode word and time. Expected values are from Power ISA 3.0B Book III figures 65
 * (MSR setting) and 66 (vectors), 2.07B Book III-E chapter 7, and were seen on qemu's pseries.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/cpu.h"
#include "cpu/time.h"
#include "isa/helper.h"
#include "isa/mode.h"
#include "isa/msr.h"
#include "isa/sprbits.h"

static struct cpu_state s;
static u64 now;
static unsigned armed;
static u64 pace; /* ticks that pass at each look at the clock */

static u64 clock_of(struct cpu_state *c)
{
	return now += pace;
}

static void timer_changed(struct cpu_state *c)
{
	armed++;
}

static const struct cpu_ops ops = {.clock = clock_of, .timer_changed = timer_changed};

static void start(const char *model)
{
	now = 1000;
	armed = 0;
	pace = 0;
	s.ops = &ops;
	cpu_reset(&s, cpu_model_find(model));
}

/* Problem state of a 64-bit little-endian kernel with relocated interrupts. */
static void user(void)
{
	start("power9");
	cpu_set_ile(&s, true);
	cpu_set_ail(&s, 3);
	s.msr = MSR_SF | MSR_EE | MSR_PR | MSR_FP | MSR_ME | MSR_IR | MSR_DR | MSR_RI | MSR_LE;
	s.pc = 0x10001234;
}

#define KERNEL (MSR_SF | MSR_ME | MSR_IR | MSR_DR | MSR_LE)

static void raise(u32 code, u64 info)
{
	s.event = (struct cpu_event){.code = code, .info = info, .ea = 0xabcd, .dsisr = 0x42000000};
	assert_true(cpu_deliver(&s));
	assert_int_equal(s.event.code, 0);
}

static void synchronous(void **state)
{
	static const struct {
		u32 code;
		u64 info, vector, cause;
	} cases[] = {
		{CPU_EXC_DSI, 0, 0x300, 0},
		{CPU_EXC_DSEG, 0, 0x380, 0},
		{CPU_EXC_ISI, 0x40000000, 0x400, 0x40000000},
		{CPU_EXC_ISEG, 0, 0x480, 0},
		{CPU_EXC_ALIGN, 0, 0x600, 0},
		{CPU_EXC_PROGRAM, CPU_PROG_TRAP, 0x700, 0x20000},
		{CPU_EXC_FP_UNAVAIL, 0, 0x800, 0},
		{CPU_EXC_SC, 0, 0xc00, 0},
		{CPU_EXC_TRACE, 0x40000000, 0xd00, 0x40000000},
		{CPU_EXC_VEC_UNAVAIL, 0, 0xf20, 0},
		{CPU_EXC_VSX_UNAVAIL, 0, 0xf40, 0},
		{CPU_EXC_FAC_UNAVAIL, 5, 0xf60, 0},
		{CPU_EXC_HEMU_ASSIST, 0x7c0000a6, 0x700, 0x80000},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 msr;

		user();
		msr = s.msr;
		raise(cases[i].code, cases[i].info);
		assert_int_equal(s.pc, 0xc000000000004000ull + cases[i].vector);
		assert_int_equal(s.msr, KERNEL);
		assert_int_equal(s.spr[SPR_SRR0], 0x10001234);
		assert_int_equal(s.spr[SPR_SRR1], msr | cases[i].cause);
	}
	user();
	raise(CPU_EXC_DSI, 0);
	assert_int_equal(s.spr[SPR_DAR], 0xabcd);
	assert_int_equal(s.spr[SPR_DSISR], 0x42000000);
	user();
	raise(CPU_EXC_FAC_UNAVAIL, IC_TAR);
	assert_int_equal(s.spr[SPR_FSCR] >> 56, 8);
}

static void relocation(void **state)
{
	user();
	cpu_set_ail(&s, 2);
	raise(CPU_EXC_SC, 0);
	assert_int_equal(s.pc, 0x18c00);
	user();
	s.msr &= ~(MSR_DR | MSR_PR);
	raise(CPU_EXC_SC, 0);
	assert_int_equal(s.pc, 0xc00);
	assert_int_equal(s.msr, MSR_SF | MSR_ME | MSR_LE);
	user();
	cpu_set_ile(&s, false);
	cpu_set_ail(&s, 0);
	raise(CPU_EXC_SC, 0);
	assert_int_equal(s.pc, 0xc00);
	assert_int_equal(s.msr, MSR_SF | MSR_ME);
	/* machine checks are never relocated */
	user();
	raise(CPU_EXC_MCHECK, 0x200000);
	assert_int_equal(s.pc, 0x200);
	assert_int_equal(s.msr, MSR_SF | MSR_ME | MSR_LE);
	assert_int_equal(s.spr[SPR_DAR], 0xabcd);
	/* in hypervisor state they switch themselves off; the next is a checkstop */
	user();
	s.msr |= MSR_HV;
	raise(CPU_EXC_MCHECK, 0x200000);
	assert_int_equal(s.msr, MSR_SF | MSR_HV | MSR_LE);
	s.event.code = CPU_EXC_MCHECK;
	assert_false(cpu_deliver(&s));
	assert_int_equal(s.event.code, CPU_EXIT_RESET);
}

static void system_call_vectored(void **state)
{
	u64 msr;

	user();
	msr = s.msr;
	raise(CPU_EXC_SCV, 1);
	assert_int_equal(s.pc, 0xc000000000003020ull);
	assert_int_equal(s.lr, 0x10001234);
	assert_int_equal(s.ctr, msr);
	assert_int_equal(s.msr, KERNEL | MSR_EE | MSR_RI);
	helper_rfscv(&s);
	assert_int_equal(s.msr, msr);
	assert_int_equal(s.event.ea, 0x10001234);
}

static void asynchronous(void **state)
{
	user();
	assert_false(cpu_irq_ready(&s));
	cpu_post_irq(&s, CPU_IRQ_DECREMENTER, true);
	cpu_post_irq(&s, CPU_IRQ_EXTERNAL, true);
	assert_int_equal(s.wanted, 1);
	assert_true(cpu_take_irq(&s));
	assert_int_equal(s.pc, 0xc000000000004500ull);
	assert_int_equal(s.msr, KERNEL);
	/* levels stay, but MSR[EE] is off now */
	assert_false(cpu_take_irq(&s));
	assert_true(cpu_wakes(&s));
	cpu_post_irq(&s, CPU_IRQ_EXTERNAL, false);
	s.wanted = 0;
	helper_mtmsr_ee(&s, MSR_EE | MSR_RI);
	assert_int_equal(s.wanted, 1);
	assert_true(cpu_take_irq(&s));
	assert_int_equal(s.pc, 0xc000000000004900ull);
	/* system reset needs no MSR[EE] and happens once */
	cpu_post_irq(&s, CPU_IRQ_SRESET, true);
	assert_true(cpu_take_irq(&s));
	assert_int_equal(s.pc, 0x100);
	assert_false(cpu_take_irq(&s));
}

static void rfid_filters_msr(void **state)
{
	start("power8");
	s.msr = MSR_SF | MSR_ME;
	s.spr[SPR_SRR0] = 0x4003;
	s.spr[SPR_SRR1] = MSR_SF | MSR_HV | MSR_TM | MSR_TS | MSR_PR;
	helper_rfid(&s);
	/* never TM or HV; ME is the hypervisor's; PR implies EE, IR, DR */
	assert_int_equal(s.msr, MSR_SF | MSR_ME | MSR_PR | MSR_EE | MSR_IR | MSR_DR);
	assert_int_equal(s.event.ea, 0x4000);
	start("power8");
	s.spr[SPR_SRR0] = 0x123456789000;
	s.spr[SPR_SRR1] = 0;
	helper_rfid(&s);
	assert_int_equal(s.event.ea, 0x56789000);
}

static void mode_word(void **state)
{
	user();
	s.spr[SPR_FSCR] = FSCR_FAC(IC_TAR) | FSCR_FAC(IC_SCV);
	assert_int_equal(cpu_mode(&s), MODE_SF | MODE_LE | MODE_PR | MODE_IR | MODE_DR | MODE_FP |
					       MODE_FAC_TAR | MODE_FAC_SCV | MODE_FAC_PMU_READ |
					       MODE_FAC_MSGP | MODE_FAC_LM);
	s.spr[SPR_MMCR0] = 1 << 18;
	assert_int_equal(cpu_mode(&s) & (MODE_FAC_PMU_READ | MODE_FAC_PMU_WRITE), 0);
	s.spr[SPR_MMCR0] = 2 << 18;
	assert_int_equal(cpu_mode(&s) & (MODE_FAC_PMU_READ | MODE_FAC_PMU_WRITE),
			 MODE_FAC_PMU_READ | MODE_FAC_PMU_WRITE);
	s.msr &= ~MSR_PR;
	assert_int_equal(cpu_mode(&s) & (MODE_FAC_DSCR | MODE_FAC_EBB | MODE_FAC_TAR),
			 MODE_FAC_DSCR | MODE_FAC_EBB | MODE_FAC_TAR);
	s.fpscr = 0x80;
	s.spr[SPR_LPCR] |= LPCR_GTSE;
	assert_int_equal(cpu_mode(&s) & (MODE_FPX | MODE_GTSE), MODE_FPX | MODE_GTSE);
}

static void decrementer(void **state)
{
	start("power8");
	cpu_set_dec(&s, 100);
	assert_int_equal(armed, 1);
	assert_int_equal(cpu_dec(&s), 100);
	assert_int_equal(cpu_next_deadline(&s), 1101);
	now = 1100;
	cpu_timer_expire(&s);
	assert_int_equal(cpu_dec(&s), 0);
	assert_false(cpu_wakes(&s));
	now = 1101;
	cpu_timer_expire(&s);
	assert_true(cpu_wakes(&s));
	/* 32 bits, zero-extended */
	assert_int_equal(cpu_dec(&s), 0xffffffff);
	assert_int_equal(cpu_next_deadline(&s), ~0ull);
	cpu_set_dec(&s, 0x7fffffff);
	assert_false(cpu_wakes(&s));
	cpu_set_dec(&s, 0xfffffff0);
	assert_true(cpu_wakes(&s));
	/* the large decrementer has 56 bits, sign-extended */
	start("power9");
	cpu_set_dec(&s, 0x7fffffffffffffull);
	assert_int_equal(cpu_dec(&s), 0x7fffffffffffffull);
	cpu_set_dec(&s, 0x80000000000000ull);
	assert_int_equal(cpu_dec(&s), 0xff80000000000000ull);
	assert_true(cpu_wakes(&s));
}

/* Whenever the clock passes the decrementer's end: the interrupt is there or the deadline is. */
static void decrementer_is_never_missed(void **state)
{
	u64 dec;

	for (dec = 1; dec < 12; dec++) {
		u64 deadline;

		start("power9");
		cpu_set_dec(&s, dec);
		pace = 1;
		deadline = cpu_timer_update(&s);
		assert_true((atomic_load(&s.irq_pending) >> CPU_IRQ_DECREMENTER & 1) ||
			    deadline == s.dec_expires + 1);
	}
	for (dec = 1; dec < 12; dec++) {
		u64 deadline;

		start("e500v2");
		s.spr[SPR_TCR] = TCR_DIE;
		cpu_set_dec(&s, dec);
		pace = 1;
		deadline = cpu_timer_update(&s);
		assert_true((atomic_load(&s.irq_pending) >> CPU_IRQ_DECREMENTER & 1) ||
			    deadline == s.dec_expires);
	}
}

static void other_clocks(void **state)
{
	u64 v;

	start("power9");
	cpu_set_dec(&s, 5000);
	cpu_set_timebase(&s, 0x123456789abc);
	assert_int_equal(cpu_timebase(&s), 0x123456789abc);
	assert_int_equal(cpu_dec(&s), 5000);
	cpu_set_vtb(&s, 7);
	now += 10;
	assert_int_equal(cpu_vtb(&s), 17);
	assert_int_equal(cpu_get_spr(&s, 268, &v), 0);
	assert_int_equal(v, 0x123456789ac6);
	assert_int_equal(cpu_get_spr(&s, 269, &v), 0);
	assert_int_equal(v, 0x1234);
	assert_int_equal(cpu_get_spr(&s, 1000, &v), -ENOENT);
}

static void spr_masks(void **state)
{
	u64 v;

	start("power8");
	cpu_set_spr(&s, 18, ~0ull);
	cpu_get_spr(&s, 18, &v);
	assert_int_equal(v, 0xffffffff);
	/* XER of power8 has no OV32 and CA32 */
	cpu_set_spr(&s, 1, ~0ull);
	cpu_get_spr(&s, 1, &v);
	assert_int_equal(v, 0xfff3ffff);
	start("power9");
	cpu_set_spr(&s, 1, ~0ull);
	cpu_get_spr(&s, 1, &v);
	assert_int_equal(v, 0xffffffff);
	/* problem state changes the bits of AMR that UAMOR names */
	s.spr[SPR_UAMOR] = 0xf0;
	s.msr |= MSR_PR;
	helper_mtspr(&s, SPR_UAMR, ~0ull);
	assert_int_equal(s.spr[SPR_AMR], 0xf0);
	/* BESCRS sets, BESCRRU clears in the upper half */
	helper_mtspr(&s, SPR_BESCRS, 0x8000000000000001ull);
	helper_mtspr(&s, SPR_BESCRRU, 0x80000000);
	assert_int_equal(s.spr[SPR_BESCR], 1);
}

static void booke_interrupts(void **state)
{
	start("440ep");
	s.spr[SPR_IVPR] = 0xc0000000;
	s.spr[SPR_IVOR8] = 0x340;
	s.spr[SPR_IVOR13] = 0x120;
	s.spr[SPR_IVOR6] = 0x500;
	s.spr[SPR_IVOR0] = 0x10;
	s.msr = MSR_CE | MSR_EE | MSR_PR | MSR_ME | MSR_DE | MSR_IS | MSR_DS;
	s.pc = 0x1000;
	raise(CPU_EXC_SC, 0);
	assert_int_equal(s.pc, 0xc0000340);
	assert_int_equal(s.msr, MSR_CE | MSR_ME | MSR_DE);
	assert_int_equal(s.spr[SPR_SRR1],
			 MSR_CE | MSR_EE | MSR_PR | MSR_ME | MSR_DE | MSR_IS | MSR_DS);
	raise(CPU_EXC_PROGRAM, CPU_PROG_PRIV);
	assert_int_equal(s.spr[SPR_ESR], 0x04000000);
	s.event = (struct cpu_event){.code = CPU_EXC_DTLB, .ea = 0x5000, .dsisr = ESR_ST};
	assert_true(cpu_deliver(&s));
	assert_int_equal(s.pc, 0xc0000120);
	assert_int_equal(s.spr[SPR_DEAR], 0x5000);
	assert_int_equal(s.spr[SPR_ESR], 0x00800000);
	/* a critical interrupt while base interrupts are off */
	cpu_post_irq(&s, CPU_IRQ_EXTERNAL, true);
	cpu_post_irq(&s, CPU_IRQ_CRITICAL, true);
	assert_true(cpu_take_irq(&s));
	assert_int_equal(s.pc, 0xc0000010);
	assert_int_equal(s.msr, MSR_ME);
	assert_int_equal(s.spr[SPR_CSRR0], 0xc0000120);
	helper_rfci(&s);
	assert_int_equal(s.msr, MSR_CE | MSR_ME | MSR_DE);
	assert_int_equal(s.event.ea, 0xc0000120);
}

static void booke_timers(void **state)
{
	start("440ep");
	cpu_set_spr(&s, 340, TCR_DIE | TCR_ARE | TCR_FIE); /* FIT every 2^13 */
	cpu_set_spr(&s, 54, 50);
	cpu_set_dec(&s, 100);
	assert_int_equal(cpu_next_deadline(&s), 1100);
	now = 1120;
	cpu_timer_expire(&s);
	assert_int_equal(s.spr[SPR_TSR], TSR_DIS);
	assert_int_equal(cpu_dec(&s), 30);
	assert_true(cpu_wakes(&s));
	helper_mtspr(&s, SPR_TSR, TSR_DIS);
	assert_int_equal(s.spr[SPR_TSR], 0);
	assert_false(cpu_wakes(&s));
	now = 4096;
	cpu_timer_expire(&s);
	assert_int_equal(s.spr[SPR_TSR], TSR_DIS | TSR_FIS);
}

/* Timers that interrupt nobody arm nothing, but TSR and DEC say what has passed when they are read.
 */
static void booke_timers_polled(void **state)
{
	u64 v;

	start("440ep");
	helper_mtspr(&s, SPR_TCR, 0); /* watchdog: 2^21 clocks, FIT: 2^13 */
	cpu_set_dec(&s, 100);
	assert_int_equal(cpu_next_deadline(&s), ~0ull);
	assert_int_equal(helper_mfspr(&s, SPR_TSR), 0);
	assert_int_equal(cpu_dec(&s), 100);
	now = 1100;
	assert_int_equal(helper_mfspr(&s, SPR_TSR), TSR_DIS);
	assert_int_equal(cpu_dec(&s), 0);
	now = 4096;
	/* what passed before is not lost by clearing something else */
	helper_mtspr(&s, SPR_TSR, TSR_DIS);
	assert_int_equal(helper_mfspr(&s, SPR_TSR), TSR_FIS);
	/* two periods of the watchdog at once; reading by number is the same */
	now = 3 << 20;
	assert_int_equal(cpu_get_spr(&s, 336, &v), 0);
	assert_int_equal(v, TSR_ENW | TSR_WIS | TSR_FIS);
	/* what pends interrupts as soon as it is enabled */
	assert_false(cpu_wakes(&s));
	helper_mtspr(&s, SPR_TCR, TCR_WIE);
	assert_true(cpu_wakes(&s));
	/* nothing has happened since the reset */
	start("e500v2");
	assert_int_equal(helper_mfspr(&s, SPR_TSR), 0);
}

/* ESR[ST] tells a store; no bit of Book3S's DSISR gets into ESR. */
static void booke_alignment(void **state)
{
	start("440ep");
	s.event = (struct cpu_event){.code = CPU_EXC_ALIGN, .ea = 0x5001, .dsisr = DSISR_ISSTORE};
	assert_true(cpu_deliver(&s));
	assert_int_equal(s.spr[SPR_DEAR], 0x5001);
	assert_int_equal(s.spr[SPR_ESR], 0x00800000);
	s.event = (struct cpu_event){.code = CPU_EXC_ALIGN, .ea = 0x5002};
	assert_true(cpu_deliver(&s));
	assert_int_equal(s.spr[SPR_DEAR], 0x5002);
	assert_int_equal(s.spr[SPR_ESR], 0);
}

/* What Linux's reg_booke.h calls MCSR_BUS_*AERR, MCSR_IB, MCSR_DRB, MCSR_DWB. */
static void booke_machine_checks(void **state)
{
	static const struct {
		const char *model;
		u64 info, dsisr;
		u32 mcsr;
	} cases[] = {
		{"e500v2", PPC_BIT(42), 0, 0x40},
		{"e500v2", PPC_BIT(42), DSISR_ISSTORE, 0x20},
		{"e500v2", PPC_BIT(45), 0, 0x80},
		{"440ep", PPC_BIT(42), 0, 0xa0000000},
		{"440ep", PPC_BIT(42), DSISR_ISSTORE, 0x90000000},
		{"440ep", PPC_BIT(45), 0, 0},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		start(cases[i].model);
		s.msr = MSR_ME | MSR_CE;
		s.pc = 0x1000;
		s.event = (struct cpu_event){.code = CPU_EXC_MCHECK,
					     .info = cases[i].info,
					     .ea = 0x5000,
					     .dsisr = cases[i].dsisr};
		assert_true(cpu_deliver(&s));
		assert_int_equal(s.spr[SPR_MCSR], cases[i].mcsr);
		assert_int_equal(s.spr[SPR_MCAR], 0x5000);
		assert_int_equal(s.spr[SPR_MCSRR0], 0x1000);
		assert_int_equal(s.msr, 0);
		/* Linux's machine_check_4xx() and its critical exception entry */
		if (s.model->families & FAM_440) {
			assert_int_equal(s.spr[SPR_CSRR0], 0x1000);
			assert_int_equal(s.spr[SPR_CSRR1], MSR_ME | MSR_CE);
			assert_int_equal(s.spr[SPR_ESR], cases[i].mcsr ? 0 : 0x80000000);
		} else {
			assert_int_equal(s.spr[SPR_CSRR0], 0);
		}
	}
}

/* 2.07B Book III-S 6.5.8: DSISR[12:13] = instruction[30:31] of the DS-form, [15:16] = [29:30],
 * [17] = [25], [18:21] = [21:24] of the X-form or [17] = [5], [18:21] = [1:4], then RT and RA. 3.0
 * has nothing there. */
static void alignment_dsisr(void **state)
{
	static const struct {
		u32 word, dsisr;
	} cases[] = {
		{0x7cc02028, 0x000000c0}, /* lwarx r6,0,r4: XO 0000010100 */
		{0x7cc020a8, 0x000004c0}, /* ldarx r6,0,r4: XO 0001010100 */
		{0x7cc020e8, 0x000044c0}, /* lharx r6,0,r4: XO 0001110100 */
		{0x7cc0212d, 0x000108c0}, /* stwcx. r6,0,r4: XO 0010010110 */
		{0xbb440000, 0x00001f44}, /* lmw r26,0(r4): primary 101110 */
		{0xf8c40002, 0x00083cc4}, /* stq r6,0(r4): primary 111110, 10 */
	};

	start("power8");
	s.msr = MSR_SF | MSR_ME;
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		s.spr[SPR_DSISR] = 0x15151510;
		raise(CPU_EXC_ALIGN, cases[i].word);
		assert_int_equal(s.spr[SPR_DSISR], cases[i].dsisr);
		assert_int_equal(s.spr[SPR_DAR], 0xabcd);
	}
	start("power9");
	raise(CPU_EXC_ALIGN, 0x7cc02028);
	assert_int_equal(s.spr[SPR_DSISR], 0);
}

/* 6.5.9: FE0 or FE1 becoming 1 while FPSCR[FEX] is 1 interrupts before the next instruction,
 * SRR1[43] and [47]. */
static void late_fp_exception(void **state)
{
	start("power9");
	s.msr = MSR_SF | MSR_ME | MSR_FP;
	s.fpscr = 0x61000080; /* FEX, VX, VXSNAN, VE */
	s.pc = 0x4000;
	cpu_set_msr(&s, s.msr | MSR_RI);
	assert_false(cpu_take_irq(&s));
	cpu_set_msr(&s, s.msr | MSR_FE1);
	assert_true(cpu_take_irq(&s));
	assert_int_equal(s.pc, 0x700);
	assert_int_equal(s.spr[SPR_SRR0], 0x4000);
	assert_int_equal(s.spr[SPR_SRR1], MSR_SF | MSR_ME | MSR_FP | MSR_RI | MSR_FE1 | 0x110000);
	assert_int_equal(s.msr, MSR_SF | MSR_ME);
	/* Another interrupt comes first: it waits for the return. */
	cpu_set_msr(&s, s.msr | MSR_FE0);
	raise(CPU_EXC_SC, 0);
	assert_false(cpu_wakes(&s));
	cpu_set_msr(&s, s.msr | MSR_FE0);
	assert_true(cpu_take_irq(&s));
	/* Nothing enabled stands. */
	start("power9");
	s.fpscr = 0x21000000;
	cpu_set_msr(&s, s.msr | MSR_FE0 | MSR_FE1);
	assert_false(cpu_take_irq(&s));
}

/* PPC440x5 manual 6.5.7: the same on the 440 with its FPU, ESR[PIE]. */
static void late_fp_exception_440(void **state)
{
	start("440ep");
	s.msr = MSR_CE | MSR_ME | MSR_FP;
	s.fpscr = 0x61000080;
	s.pc = 0x4000;
	s.spr[SPR_IVPR] = 0x10000;
	s.spr[SPR_IVOR6] = 0x60;
	cpu_set_msr(&s, s.msr | MSR_EE);
	assert_false(cpu_take_irq(&s));
	cpu_set_msr(&s, s.msr | MSR_FE0);
	assert_true(cpu_take_irq(&s));
	assert_int_equal(s.pc, 0x10060);
	assert_int_equal(s.spr[SPR_SRR0], 0x4000);
	assert_int_equal(s.spr[SPR_SRR1], MSR_CE | MSR_ME | MSR_FP | MSR_EE | MSR_FE0);
	assert_int_equal(s.spr[SPR_ESR], 0x10000);
	assert_int_equal(s.msr, MSR_CE | MSR_ME);
	assert_false(cpu_take_irq(&s));
	/* the e500v2 has no FPU: nothing there can ask for it */
	start("e500v2");
	s.fpscr = 0x61000080;
	cpu_set_msr(&s, s.msr | MSR_FE0 | MSR_FE1);
	assert_false(cpu_take_irq(&s));
}

/* Book II 3.1: PRI (bits 11:13) is medium, 0b100. */
static void initial_ppr(void **state)
{
	start("power9");
	assert_int_equal(s.spr[SPR_PPR], 0x0010000000000000);
	start("power8");
	assert_int_equal(s.spr[SPR_PPR], 0x0010000000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(synchronous),
		cmocka_unit_test(relocation),
		cmocka_unit_test(system_call_vectored),
		cmocka_unit_test(asynchronous),
		cmocka_unit_test(rfid_filters_msr),
		cmocka_unit_test(alignment_dsisr),
		cmocka_unit_test(initial_ppr),
		cmocka_unit_test(late_fp_exception),
		cmocka_unit_test(late_fp_exception_440),
		cmocka_unit_test(mode_word),
		cmocka_unit_test(decrementer),
		cmocka_unit_test(decrementer_is_never_missed),
		cmocka_unit_test(other_clocks),
		cmocka_unit_test(spr_masks),
		cmocka_unit_test(booke_interrupts),
		cmocka_unit_test(booke_timers),
		cmocka_unit_test(booke_timers_polled),
		cmocka_unit_test(booke_alignment),
		cmocka_unit_test(booke_machine_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
