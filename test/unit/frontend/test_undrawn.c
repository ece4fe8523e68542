// SPDX-License-Identifier: GPL-2.0-or-later
/* Instructions that the random sequences of test/diff cannot have (its covered.txt): transactional
 * memory, hints that qemu does not know, the hypervisor's. Worked by hand from Power ISA 3.0B. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "isa/mode.h"
#include "isa/msr.h"
#include "isa/sprbits.h"
#include "machine.h"

#define X(t, a, b, xo) (31u << 26 | (t) << 21 | (a) << 16 | (b) << 11 | (xo) << 1)
#define TRAP	       0x7fe00008u

#define SUP  MODE_SF
#define USER (MODE_SF | MODE_PR | MODE_IR | MODE_DR)

/* The instruction does nothing but let the next one come. */
#define GOES_ON CPU_EXC_PROGRAM, CPU_PROG_TRAP
#define PRIV	CPU_EXC_PROGRAM, CPU_PROG_PRIV

struct undrawn {
	const char *name, *model;
	u32 mode, word, code;
	u64 info;
};

static void check(const struct undrawn *cases, unsigned n)
{
	unsigned i, k;

	for (i = 0; i < n; i++) {
		const struct undrawn *c = &cases[i];
		struct machine *m = machine_create(c->model);
		const u32 words[] = {c->word, TRAP};
		u64 pc = PC + (c->code == CPU_EXC_PROGRAM && c->info == CPU_PROG_TRAP ? 4 : 0);
		u64 gpr[32];

		m->s->msr = MSR_SF | (c->mode & MODE_PR ? MSR_PR : 0);
		m->s->gpr[4] = MEM;
		memcpy(gpr, m->s->gpr, sizeof(gpr));
		machine_run(m, c->mode, PC, words, 2);
		if (m->code != c->code || m->info != c->info || m->pc != pc)
			fail_msg("%s: code %u info %llx pc %llx", c->name, m->code,
				 (unsigned long long)m->info, (unsigned long long)m->pc);
		for (k = 0; k < 32; k++)
			assert_int_equal(m->s->gpr[k], gpr[k]);
		machine_destroy(m);
	}
}

#define CHECK(cases) check(cases, ARRAY_SIZE(cases))

/* Book II 5.3.1: MSR[TM] is 0, facility unavailable with IC = 5. */
static void transactions(void **state)
{
#define TM(name, mode, t, a, xo)                                                                   \
	{name, "power8", mode, X(t, a, 0, xo) | 1, CPU_EXC_FAC_UNAVAIL, IC_TM},                    \
	{                                                                                          \
		name, "power9", mode, X(t, a, 0, xo) | 1, CPU_EXC_FAC_UNAVAIL, IC_TM               \
	}
	static const struct undrawn cases[] = {
		TM("tbegin_", USER, 0, 0, 654),
		TM("tend_", USER, 0, 0, 686),
		TM("tsr_", USER, 1, 0, 750),
		TM("tabortwc_", USER, 4, 4, 782),
		TM("tabortdc_", USER, 4, 4, 814),
		TM("tabortwci_", USER, 4, 4, 846),
		TM("tabortdci_", USER, 4, 4, 878),
		TM("tabort_", USER, 0, 4, 910),
		TM("treclaim_", SUP, 0, 4, 942),
		TM("trechkpt_", SUP, 0, 0, 1006),
		{"tcheck", "power8", USER, X(0, 0, 0, 718), CPU_EXC_FAC_UNAVAIL, IC_TM},
		{"tcheck", "power9", USER, X(0, 0, 0, 718), CPU_EXC_FAC_UNAVAIL, IC_TM},
		{"treclaim_", "power9", USER, X(0, 4, 0, 942) | 1, PRIV},
		{"trechkpt_", "power9", USER, X(0, 0, 0, 1006) | 1, PRIV},
	};

	CHECK(cases);
}

/* Book II 4.3: hints, whatever their addresses are. */
static void hints(void **state)
{
	static const struct undrawn cases[] = {
		{"icbt", "power8", USER, X(0, 4, 3, 22), GOES_ON},
		{"icbt", "power9", USER, X(2, 4, 3, 22), GOES_ON},
		{"dstt", "power8", USER, X(16, 4, 3, 342), GOES_ON},
		{"dstt", "power9", USER, X(17, 4, 3, 342), GOES_ON},
		{"dststt", "power8", USER, X(16, 4, 3, 374), GOES_ON},
		{"dststt", "power9", USER, X(19, 4, 3, 374), GOES_ON},
		{"mtsle", "power8", SUP, X(1, 0, 0, 147), GOES_ON},
		{"mtsle", "power8", USER, X(1, 0, 0, 147), PRIV},
		/* no coprocessor takes the block: CR0 only */
		{"icswx", "power8", USER, X(3, 4, 5, 406) | 1, GOES_ON},
	};

	CHECK(cases);
}

/* Book III: privileged, and the hypervisor's in privileged state. */
static void hypervisor(void **state)
{
#define HV(name, xo)                                                                               \
	{name, "power8", USER, X(3, 4, 5, xo), PRIV}, {name, "power8", SUP, X(3, 4, 5, xo), PRIV}, \
		{name, "power9", USER, X(3, 4, 5, xo), PRIV},                                      \
	{                                                                                          \
		name, "power9", SUP, X(3, 4, 5, xo), PRIV                                          \
	}
	static const struct undrawn cases[] = {
		HV("lbzcix", 853),
		HV("lhzcix", 821),
		HV("lwzcix", 789),
		HV("ldcix", 885),
		HV("stbcix", 981),
		HV("sthcix", 949),
		HV("stwcix", 917),
		HV("stdcix", 1013),
		{"stop", "power9", USER, 0x4c0002e4, PRIV},
		{"stop", "power9", SUP, 0x4c0002e4, PRIV},
		{"msgsync", "power9", USER, X(0, 0, 0, 886), PRIV},
		{"msgsync", "power9", SUP, X(0, 0, 0, 886), PRIV},
		{"tlbie_v2", "power8", USER, X(0, 0, 4, 306), PRIV},
		{"tlbie_v2", "power8", SUP, X(0, 0, 4, 306), PRIV},
		{"tlbiel_v2", "power8", USER, X(0, 0, 4, 274), PRIV},
	};

	CHECK(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transactions),
		cmocka_unit_test(hints),
		cmocka_unit_test(hypervisor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
