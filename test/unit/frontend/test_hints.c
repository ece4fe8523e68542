// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows that no oracle can be asked about: hints that do nothing, what a guest may not execute, what
 * there is no unit for. By hand from Power ISA 2.07B and 3.0B. test/diff/covered.txt has the list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "isa/mode.h"
#include "isa/msr.h"
#include "machine.h"

#define X(op, t, a, b, xo) ((u32)(op) << 26 | (t) << 21 | (a) << 16 | (b) << 11 | (xo) << 1)
#define TRAP		   0x7fe00008u
#define SUP		   MODE_SF
#define USER		   (MODE_SF | MODE_PR | MODE_IR | MODE_DR)

/* The instruction does nothing but let the next one come. */
#define GOES_ON	 CPU_EXC_PROGRAM, CPU_PROG_TRAP
#define PRIV	 CPU_EXC_PROGRAM, CPU_PROG_PRIV
#define NEEDS_TM CPU_EXC_FAC_UNAVAIL, 5

static const struct {
	const char *row, *model;
	u32 mode, word, code;
	u64 info;
} cases[] = {
	/* Data stream and prefetch hints (Book II 4.3.2). */
	{"dst", "power8", USER, X(31, 0, 4, 5, 342), GOES_ON},
	{"dstt", "power9", USER, X(31, 16, 4, 5, 342), GOES_ON},
	{"dstst", "power9", USER, X(31, 0, 4, 5, 374), GOES_ON},
	{"dststt", "power8", USER, X(31, 16, 4, 5, 374), GOES_ON},
	{"dss", "power9", USER, X(31, 1, 0, 0, 822), GOES_ON},
	{"dssall", "power9", USER, X(31, 16, 0, 0, 822), GOES_ON},
	{"icbt", "power8", USER, X(31, 0, 0, 4, 22), GOES_ON},
	{"icbt", "power9", USER, X(31, 2, 0, 4, 22), GOES_ON},
	{"mtsle", "power9", SUP, X(31, 1, 0, 0, 147), GOES_ON},
	{"mtsle", "power9", USER, X(31, 1, 0, 0, 147), PRIV},
	/* Hypervisor privileged (Book III 4.4.1, 11.3). */
	{"lbzcix", "power9", SUP, X(31, 3, 0, 4, 853), PRIV},
	{"lhzcix", "power9", SUP, X(31, 3, 0, 4, 821), PRIV},
	{"lwzcix", "power8", SUP, X(31, 3, 0, 4, 789), PRIV},
	{"ldcix", "power8", SUP, X(31, 3, 0, 4, 885), PRIV},
	{"stbcix", "power9", SUP, X(31, 3, 0, 4, 981), PRIV},
	{"sthcix", "power9", SUP, X(31, 3, 0, 4, 949), PRIV},
	{"stwcix", "power8", SUP, X(31, 3, 0, 4, 917), PRIV},
	{"stdcix", "power8", USER, X(31, 3, 0, 4, 1013), PRIV},
	{"stop", "power9", SUP, 0x4c0002e4, PRIV},
	{"tlbie_v2", "power8", SUP, X(31, 0, 0, 4, 306), PRIV},
	{"tlbiel_v2", "power8", USER, X(31, 0, 0, 4, 274), PRIV},
	{"msgsync", "power9", SUP, X(31, 0, 0, 0, 886), PRIV},
	/* MSR[TM] = 0 (2.07B Book III-S 6.5.26). */
	{"tbegin_", "power8", USER, X(31, 0, 0, 0, 654) | 1, NEEDS_TM},
	{"tend_", "power8", USER, X(31, 0, 0, 0, 686) | 1, NEEDS_TM},
	{"tcheck", "power8", USER, X(31, 0, 0, 0, 718), NEEDS_TM},
	{"tsr_", "power8", SUP, X(31, 0, 0, 0, 750) | 1, NEEDS_TM},
	{"tabortwc_", "power8", USER, X(31, 4, 4, 5, 782) | 1, NEEDS_TM},
	{"tabortdc_", "power9", USER, X(31, 4, 4, 5, 814) | 1, NEEDS_TM},
	{"tabortwci_", "power8", USER, X(31, 4, 4, 5, 846) | 1, NEEDS_TM},
	{"tabortdci_", "power9", USER, X(31, 4, 4, 5, 878) | 1, NEEDS_TM},
	{"tabort_", "power9", USER, X(31, 0, 4, 0, 910) | 1, NEEDS_TM},
	{"treclaim_", "power8", SUP, X(31, 0, 4, 0, 942) | 1, NEEDS_TM},
	{"trechkpt_", "power9", SUP, X(31, 0, 0, 0, 1006) | 1, NEEDS_TM},
};

static void outcomes(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine *m = machine_create(cases[i].model);
		const u32 words[] = {cases[i].word, TRAP};
		bool on = cases[i].code == CPU_EXC_PROGRAM && cases[i].info == CPU_PROG_TRAP;
		struct cpu_state before;

		m->s->msr = MSR_SF | (cases[i].mode & MODE_PR ? MSR_PR : 0);
		m->s->gpr[4] = MEM;
		before = *m->s;
		machine_run(m, cases[i].mode, PC, words, 2);
		if (m->code != cases[i].code || m->info != cases[i].info ||
		    m->pc != PC + (on ? 4 : 0))
			fail_msg("%s (%08x): code %u info %llx pc %llx", cases[i].row,
				 cases[i].word, m->code, (unsigned long long)m->info,
				 (unsigned long long)m->pc);
		assert_memory_equal(m->s->gpr, before.gpr, sizeof(before.gpr));
		machine_destroy(m);
	}
}

/* No coprocessor takes the request: CR0 = 0, 0, 0, SO (2.07B Book II 5, icswx). */
static void no_coprocessor(void **state)
{
	struct machine *m = machine_create("power8");
	const u32 words[] = {X(31, 3, 0, 4, 406) | 1, X(31, 6, 0, 0, 19), TRAP}; /* icswx., mfcr */

	m->s->msr = MSR_SF;
	machine_run(m, SUP, PC, words, 3);
	assert_int_equal(m->code, CPU_EXC_PROGRAM);
	assert_int_equal(m->s->gpr[6] >> 29, 0);
	machine_destroy(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes),
		cmocka_unit_test(no_coprocessor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
