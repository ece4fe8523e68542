// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What supervisor instructions raise and what registers keep, where qemu 7.2 departs from the Power
 * ISA: the cases of test/diff/supervisor-exceptions.txt, worked by hand from 3.0B Book III (2.07B
 * Book III-S where it says power8).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "isa/mode.h"
#include "isa/msr.h"
#include "isa/sprbits.h"
#include "machine.h"

#define X(op, t, a, b, xo) ((u32)(op) << 26 | (t) << 21 | (a) << 16 | (b) << 11 | (xo) << 1)
#define D(op, t, a, d)	   ((u32)(op) << 26 | (t) << 21 | (a) << 16 | (d))
#define MFSPR(t, n)	   X(31, t, (n)&31, (n) >> 5, 339)
#define MTSPR(n, t)	   X(31, t, (n)&31, (n) >> 5, 467)
#define TRAP		   0x7fe00008u

/* FSCR does not bind the supervisor. */
#define SUP                                                                                        \
	(MODE_SF | MODE_FAC_TAR | MODE_FAC_SCV | MODE_FAC_DSCR | MODE_FAC_EBB |                    \
	 MODE_FAC_PMU_READ | MODE_FAC_PMU_WRITE)
#define USER (MODE_SF | MODE_PR | MODE_IR | MODE_DR)

/* The instruction does nothing but let the next one come. */
#define GOES_ON CPU_EXC_PROGRAM, CPU_PROG_TRAP
#define ILLEGAL CPU_EXC_HEMU_ASSIST, ANY
#define PRIV	CPU_EXC_PROGRAM, CPU_PROG_PRIV
#define FAC(ic) CPU_EXC_FAC_UNAVAIL, ic
#define ANY	~0ull

struct raise_case {
	const char *model;
	u32 mode, word, code;
	u64 info;
};

static void set_msr(struct machine *m, u32 mode)
{
	m->s->msr = MSR_SF | (mode & MODE_PR ? MSR_PR : 0);
	m->s->spr[SPR_UAMOR] = ~0ull;
	m->s->spr[SPR_AMOR] = ~0ull;
}

static void check(const struct raise_case *cases, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct raise_case *c = &cases[i];
		struct machine *m = machine_create(c->model);
		const u32 words[] = {c->word, TRAP};
		bool on = c->code == CPU_EXC_PROGRAM && c->info == CPU_PROG_TRAP;

		set_msr(m, c->mode);
		m->s->gpr[4] = MEM;
		m->s->gpr[6] = MEM + 1;
		machine_run(m, c->mode, PC, words, 2);
		if (m->code != c->code || (c->info != ANY && m->info != c->info) ||
		    m->pc != PC + (on ? 4 : 0))
			fail_msg("case %u (%08x): code %u info %llx pc %llx", i, c->word, m->code,
				 (unsigned long long)m->info, (unsigned long long)m->pc);
		machine_destroy(m);
	}
}

#define CHECK(cases) check(cases, ARRAY_SIZE(cases))

/* 4.4.4, mtspr and mfspr: spr0 is the bit of weight 16 of the number. */
static void undefined_spr(void **state)
{
	static const struct raise_case cases[] = {
		{"power9", USER, MFSPR(3, 2), ILLEGAL},	 {"power9", USER, MTSPR(2, 3), ILLEGAL},
		{"power9", USER, MFSPR(3, 40), ILLEGAL}, {"power9", USER, MTSPR(268, 3), ILLEGAL},
		{"power9", USER, MFSPR(3, 20), PRIV},	 {"power9", USER, MTSPR(20, 3), PRIV},
		{"power9", USER, MTSPR(287, 3), PRIV},	 {"power9", SUP, MFSPR(3, 2), GOES_ON},
		{"power9", SUP, MTSPR(2, 3), GOES_ON},	 {"power9", SUP, MFSPR(3, 20), GOES_ON},
		{"power9", SUP, MFSPR(3, 0), ILLEGAL},	 {"power9", SUP, MFSPR(3, 4), ILLEGAL},
		{"power9", SUP, MFSPR(3, 5), ILLEGAL},	 {"power9", SUP, MFSPR(3, 6), ILLEGAL},
		{"power9", SUP, MTSPR(0, 3), ILLEGAL},	 {"power9", USER, MTSPR(0, 3), ILLEGAL},
		{"power8", USER, MFSPR(3, 2), ILLEGAL},	 {"power8", SUP, MFSPR(3, 4), ILLEGAL},
	};

	CHECK(cases);
}

/* Registers that only the hypervisor may write, that nobody may write, or that are not there. */
static void spr_rights(void **state)
{
	static const struct raise_case cases[] = {
		/* Hypervisor resources: DPDES, SPURR, PURR, VTB, IC for writing, LPCR, TBL, HEIR.
		 */
		{"power9", SUP, MTSPR(176, 3), PRIV},
		{"power9", SUP, MTSPR(308, 3), PRIV},
		{"power9", SUP, MTSPR(309, 3), PRIV},
		{"power9", SUP, MTSPR(849, 3), PRIV},
		{"power9", SUP, MTSPR(848, 3), PRIV},
		{"power9", SUP, MTSPR(318, 3), PRIV},
		{"power9", SUP, MFSPR(3, 318), PRIV},
		{"power9", SUP, MTSPR(284, 3), PRIV},
		{"power9", SUP, MTSPR(285, 3), PRIV},
		{"power9", SUP, MFSPR(3, 339), PRIV},
		{"power9", SUP, MFSPR(3, 855), PRIV},
		{"power8", SUP, MTSPR(308, 3), PRIV},
		{"power9", SUP, MFSPR(3, 1008), PRIV},
		{"power9", SUP, MFSPR(3, 1012), PRIV},
		/* Read-only for all: CTRL, USPRG3, TB, TBU, PVR, TIR, PIR. */
		{"power9", SUP, MTSPR(136, 3), GOES_ON},
		{"power9", SUP, MTSPR(259, 3), GOES_ON},
		{"power9", SUP, MTSPR(268, 3), GOES_ON},
		{"power9", SUP, MTSPR(269, 3), GOES_ON},
		{"power9", SUP, MTSPR(287, 3), GOES_ON},
		{"power9", SUP, MTSPR(446, 3), GOES_ON},
		{"power9", SUP, MTSPR(1023, 3), GOES_ON},
		/* Write-only: TBL, TBU, CTRL. */
		{"power9", SUP, MFSPR(3, 284), GOES_ON},
		{"power9", SUP, MFSPR(3, 285), GOES_ON},
		{"power9", SUP, MFSPR(3, 152), GOES_ON},
		{"power9", USER, MFSPR(3, 284), PRIV},
		/* PURR and SPURR are privileged. */
		{"power9", USER, MFSPR(3, 308), PRIV},
		{"power9", USER, MFSPR(3, 309), PRIV},
		/* Not in the ISA: EAR, MMCRC; gone in 3.0: CSIGR to TCSCR, SPMC1, SPMC2, MMCRS. */
		{"power9", SUP, MFSPR(3, 282), GOES_ON},
		{"power9", SUP, MFSPR(3, 851), GOES_ON},
		{"power9", SUP, MTSPR(316, 3), GOES_ON},
		{"power9", SUP, MFSPR(3, 888), GOES_ON},
		{"power9", SUP, MFSPR(3, 892), GOES_ON},
		{"power9", SUP, MFSPR(3, 894), GOES_ON},
	};

	CHECK(cases);
}

/* mtspr, then mfspr: what a register keeps. */
struct width_case {
	const char *model;
	u32 mode, number;
	u64 before; /* written by the supervisor first */
	u64 value, read;
};

static void check_width(const struct width_case *cases, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct width_case *c = &cases[i];
		struct machine *m = machine_create(c->model);
		const u32 first[] = {MTSPR(c->number, 4), TRAP};
		const u32 then[] = {MTSPR(c->number, 4), TRAP};
		const u32 read[] = {MFSPR(5, c->number), TRAP};

		set_msr(m, SUP);
		m->s->gpr[4] = c->before;
		machine_run(m, SUP, PC, first, 2);
		set_msr(m, c->mode);
		m->s->gpr[4] = c->value;
		machine_run(m, c->mode, PC + 0x100, then, 2);
		machine_run(m, c->mode, PC + 0x200, read, 2);
		if (m->s->gpr[5] != c->read)
			fail_msg("case %u (SPR %u): %llx", i, c->number,
				 (unsigned long long)m->s->gpr[5]);
		machine_destroy(m);
	}
}

#define OPEN	(USER | MODE_FAC_PMU_READ | MODE_FAC_PMU_WRITE | MODE_FAC_EBB | MODE_FAC_DSCR)
#define PATTERN 0x0123456789abcdefull

static void spr_width(void **state)
{
	static const struct width_case cases[] = {
		{"power9", SUP, 18, 0, PATTERN, 0x89abcdef},
		{"power9", SUP, 48, 0, PATTERN, 0x89abcdef},
		{"power9", SUP, 256, 0, PATTERN, 0x89abcdef},
		{"power9", USER, 256, 0, PATTERN, 0x89abcdef},
		{"power9", SUP, 787, 0, PATTERN, 0x89abcdef},
		{"power9", OPEN, 771, 0, PATTERN, 0x89abcdef},
		{"power9", SUP, 792, 0, PATTERN, 0x89abcdef},
		{"power9", SUP, 795, 0, PATTERN, 0x89abcdef},
		{"power8", SUP, 795, 0, PATTERN, 0x89abcdef},
		/* DSCR by its problem state number. */
		{"power9", SUP, 3, 0, PATTERN, PATTERN},
		{"power9", OPEN, 3, 0, PATTERN, PATTERN},
		/* PPR32 is PPR's upper word. */
		{"power9", SUP, 898, 0, PATTERN, 0x89abcdef},
		{"power8", USER, 898, 0, PATTERN, 0x89abcdef},
		/* PSSCR's privileged image: PLS, TR, MTL, RL. */
		{"power9", SUP, 823, 0, ~0ull, 0xf0000000000003ff},
		/* AMR by its problem state number: UAMOR does not bind the supervisor. */
		{"power9", SUP, 13, 0, PATTERN, PATTERN},
	};

	check_width(cases, ARRAY_SIZE(cases));
}

/* 9.4.4 and 9.4.6: problem state sees FC, PMAE and PMAO of MMCR0, FCnP0 of MMCR2, all of MMCRA. */
static void spr_pmu(void **state)
{
	static const struct width_case cases[] = {
		{"power9", OPEN, 769, 0, ~0ull, 0x4020100804020000},
		{"power9", OPEN, 769, ~0ull, 0, 0},
		{"power9", SUP, 769, 0, ~0ull, ~0ull},
		{"power9", OPEN, 770, 0, PATTERN, PATTERN},
		{"power9", OPEN, 779, 0, 0xffffffff, 0x84000080},
	};
	static const struct raise_case denied[] = {
		/* PMCC = 0: reading is allowed, writing is not. */
		{"power9", USER | MODE_FAC_PMU_READ, MTSPR(771, 3), ILLEGAL},
		{"power9", USER | MODE_FAC_PMU_READ, MTSPR(779, 3), ILLEGAL},
		{"power9", USER | MODE_FAC_PMU_READ, MFSPR(3, 771), GOES_ON},
	};

	check_width(cases, ARRAY_SIZE(cases));
	CHECK(denied);
}

/* Book II chapter 7, BESCR: 800 and 801 set bits, 802 and 803 clear them, all read BESCR. */
static void spr_bescr(void **state)
{
	static const struct width_case cases[] = {
		{"power9", SUP, 800, 0x0000000100000000, 1, 0x0000000100000001},
		{"power9", SUP, 801, 0, 1, 1},
		{"power9", SUP, 806, 0, PATTERN, PATTERN},
		{"power9", OPEN, 800, 1, 0x0000000100000000, 0x0000000100000001},
	};
	struct machine *m = machine_create("power9");
	const u32 words[] = {MTSPR(806, 4), MTSPR(802, 5), MFSPR(6, 806), MTSPR(803, 5),
			     MFSPR(7, 806), MFSPR(8, 802), MFSPR(9, 803), TRAP};

	check_width(cases, ARRAY_SIZE(cases));
	set_msr(m, SUP);
	m->s->gpr[4] = 0x0000000300000007;
	m->s->gpr[5] = 2;
	machine_run(m, SUP, PC, words, ARRAY_SIZE(words));
	assert_int_equal(m->s->gpr[6], 0x0000000300000005);
	assert_int_equal(m->s->gpr[7], 0x0000000100000005);
	assert_int_equal(m->s->gpr[8], 0x0000000100000005);
	assert_int_equal(m->s->gpr[9], 1);
	machine_destroy(m);
}

/* CTRL: only RUN can be written; it shows in TS as well. */
static void spr_ctrl(void **state)
{
	struct machine *m = machine_create("power9");
	const u32 words[] = {MTSPR(152, 4), MFSPR(5, 136), TRAP};

	set_msr(m, SUP);
	m->s->gpr[4] = ~0ull;
	machine_run(m, SUP, PC, words, 3);
	assert_int_equal(m->s->gpr[5], 0x8001);
	m->s->gpr[4] = ~1ull;
	machine_run(m, SUP, PC, words, 3);
	assert_int_equal(m->s->gpr[5], 0);
	machine_destroy(m);
}

/* 6.5.15: SRR1[33] of all, [35] of loads, [36] of stores. */
static void trace_bits(void **state)
{
	static const struct {
		u32 mode, word;
		u64 info;
	} cases[] = {
		{MODE_SE, 0x60000000, 0x40000000},		/* nop */
		{MODE_SE, D(32, 3, 4, 0), 0x50000000},		/* lwz */
		{MODE_SE, D(36, 3, 4, 0), 0x48000000},		/* stw */
		{MODE_SE, X(31, 3, 0, 4, 20), 0x50000000},	/* lwarx */
		{MODE_SE, X(31, 3, 0, 4, 150) | 1, 0x48000000}, /* stwcx. */
		{MODE_SE, X(31, 0, 0, 4, 1014), 0x48000000},	/* dcbz */
		{MODE_SE, X(31, 0, 0, 4, 982), 0x50000000},	/* icbi */
		{MODE_SE, X(31, 0, 0, 4, 54), 0x50000000},	/* dcbst */
		{MODE_SE, X(31, 0, 0, 4, 246), 0x48000000},	/* dcbtst */
		{MODE_SE, 0x48000008, 0x40000000},		/* b */
		{MODE_BE, 0x48000008, 0x40000000},		/* b */
		{MODE_BE, 0x41820008, 0x40000000},		/* beq, not taken */
		{MODE_SE, X(31, 4, 1, 0, 178), 0x40000000},	/* mtmsrd 4,1 */
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine *m = machine_create("power9");
		const u32 words[] = {cases[i].word, 0x60000000, 0x60000000, TRAP};

		set_msr(m, SUP);
		m->s->gpr[4] = MEM;
		machine_run(m, SUP | cases[i].mode, PC, words, 4);
		assert_int_equal(m->code, CPU_EXC_TRACE);
		assert_int_equal(m->info, cases[i].info);
		machine_destroy(m);
	}
}

/* FSCR's facilities, and those that go by MSR bits. */
static void facilities(void **state)
{
	static const struct raise_case cases[] = {
		{"power9", USER, X(19, 20, 0, 0, 560), FAC(IC_TAR)}, /* bctar */
		{"power8", USER, X(19, 20, 0, 0, 560), FAC(IC_TAR)},
		{"power9", USER, X(19, 0, 0, 0, 146), FAC(IC_EBB)}, /* rfebb */
		{"power9", USER, MFSPR(3, 3), FAC(IC_DSCR)},
		{"power9", USER, MTSPR(3, 4), FAC(IC_DSCR)},
		{"power8", USER, MFSPR(3, 3), FAC(IC_DSCR)},
		/* lxsd reaches VSR 32 to 63: MSR[VEC] decides, not MSR[VSX]. */
		{"power9", SUP | MODE_FP | MODE_VSX, D(57, 1, 4, 2), CPU_EXC_VEC_UNAVAIL, ANY},
		{"power9", SUP | MODE_VEC, D(57, 1, 4, 2), GOES_ON},
		{"power9", SUP | MODE_FP, D(57, 1, 4, 2), CPU_EXC_VEC_UNAVAIL, ANY},
		/* No branch history buffer: it reads as 0. */
		{"power9", SUP, X(31, 3, 0, 0, 302), GOES_ON},
		{"power9", SUP, X(31, 0, 0, 0, 430), GOES_ON},
		{"power8", SUP, X(31, 3, 0, 0, 302), GOES_ON},
	};

	CHECK(cases);
}

/* Not in Book3S-64: dcbi, and the segment registers of the bridge. */
static void not_server(void **state)
{
	static const struct raise_case cases[] = {
		{"power9", SUP, X(31, 0, 0, 4, 470), CPU_EXC_PROGRAM, CPU_PROG_ILL},
		{"power8", USER, X(31, 0, 0, 4, 470), CPU_EXC_PROGRAM, CPU_PROG_ILL},
		{"power9", SUP, X(31, 3, 0, 0, 595), CPU_EXC_PROGRAM, CPU_PROG_ILL},
		{"power8", SUP, X(31, 3, 0, 0, 210), CPU_EXC_PROGRAM, CPU_PROG_ILL},
	};

	CHECK(cases);
}

#define TLB(xo, prs, r) (X(31, 3, 0, 4, xo) | (prs) << 17 | (r) << 16)

/* Partition-scoped invalidation, and without LPCR[GTSE] any on other processors, is the
 * hypervisor's. */
static void shoot_down(void **state)
{
	static const struct raise_case cases[] = {
		{"power9", SUP | MODE_GTSE, TLB(306, 0, 1), PRIV},
		{"power9", SUP | MODE_GTSE, TLB(274, 0, 1), PRIV},
		{"power9", SUP, TLB(306, 1, 1), PRIV},
		{"power9", SUP, TLB(306, 0, 0), PRIV},
		{"power9", SUP, X(31, 3, 0, 4, 466), PRIV}, /* slbieg */
		{"power9", SUP, X(31, 0, 0, 0, 338), PRIV}, /* slbsync */
		{"power9", SUP, X(31, 0, 0, 0, 566), PRIV}, /* tlbsync */
		{"power9", SUP | MODE_GTSE, X(31, 0, 0, 0, 338), GOES_ON},
	};

	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undefined_spr), cmocka_unit_test(spr_rights),
		cmocka_unit_test(spr_width),	 cmocka_unit_test(spr_pmu),
		cmocka_unit_test(spr_bescr),	 cmocka_unit_test(spr_ctrl),
		cmocka_unit_test(trace_bits),	 cmocka_unit_test(facilities),
		cmocka_unit_test(not_server),	 cmocka_unit_test(shoot_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
