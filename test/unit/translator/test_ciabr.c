/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completed instruction address breakpoint: Power ISA 2.07B Book III-S 8.4. */
#include "harness.h"

#define TRACE_CIABR (PPC_BIT(33) | PPC_BIT(43))

enum { PROBLEM = 1, KERNEL = 2, HYPERVISOR = 3, LOOPS = 3 };

static struct harness h;

static int begin(void **state)
{
	harness_begin_model(&h, 1, (struct translator_config){0}, "power9");
	POKE(&h, 0x1000, ADDI(3, 0, LOOPS), 0x7c6903a6, /* mtctr 3 */
	     ADDI(4, 0, 0),				/* 1008 */
	     ADDI(4, 4, 1),				/* 100c */
	     LWZ(5, 0x3000, 0),				/* 1010 */
	     BDNZ(-8),					/* 1014 */
	     BL(12),					/* 1018 */
	     SC1,					/* 101c */
	     NOP, BLR);					/* 1020, 1024 */
	POKE(&h, 0xd00, SC1);
	return 0;
}

static int end(void **state)
{
	harness_end(&h);
	return 0;
}

/* Runs the program from pc on; where it stopped: 0x101c is its end, 0xd00 the interrupt. */
static u64 run(u64 pc, u64 ciabr)
{
	struct cpu_state *s = h.s[0];

	s->pc = pc;
	s->spr[SPR_CIABR] = ciabr;
	translator_registers_changed(h.cpu[0]);
	assert_int_equal(translator_run(h.cpu[0]), TRANSLATOR_STOP_HCALL);
	return s->pc - 4;
}

static void expect(u64 pc, u64 ciabr, u64 next)
{
	struct cpu_state *s = h.s[0];
	assert_int_equal(run(pc, ciabr), 0xd00);
	assert_int_equal(s->spr[SPR_SRR0], next);
	assert_true((s->spr[SPR_SRR1] & (PPC_BITMASK(33, 36) | PPC_BITMASK(42, 47))) ==
		    TRACE_CIABR);
	s->msr = MSR_SF;
}

static void plain(void **state)
{
	/* without first: code without the check is in the cache */
	assert_int_equal(run(0x1000, 0), 0x101c);
	assert_int_equal(h.s[0]->gpr[4], LOOPS);
	expect(0x1000, 0x1008 | KERNEL, 0x100c);
	assert_int_equal(h.s[0]->gpr[4], 0);
	expect(0x1000, 0x1010 | KERNEL, 0x1014);
	assert_int_equal(h.s[0]->gpr[4], 1);
	/* the same code, another address */
	expect(0x1000, 0x100c | KERNEL, 0x1010);
	assert_int_equal(h.s[0]->gpr[4], 1);
	/* and going on behind it, round once more */
	expect(0x1010, 0x100c | KERNEL, 0x1010);
	assert_int_equal(h.s[0]->gpr[4], 2);
	assert_int_equal(run(0x1000, 0), 0x101c);
}

static void branches(void **state)
{
	/* taken, not taken, with link, indirect */
	expect(0x1000, 0x1014 | KERNEL, 0x100c);
	assert_int_equal(h.s[0]->ctr, LOOPS - 1);
	h.s[0]->ctr = 1;
	expect(0x1014, 0x1014 | KERNEL, 0x1018);
	assert_int_equal(h.s[0]->ctr, 0);
	expect(0x1000, 0x1018 | KERNEL, 0x1024);
	assert_int_equal(h.s[0]->lr, 0x101c);
	expect(0x1000, 0x1024 | KERNEL, 0x101c);
}

static void privilege(void **state)
{
	assert_int_equal(run(0x1000, 0x1008 | PROBLEM), 0x101c);
	assert_int_equal(run(0x1000, 0x1008 | HYPERVISOR), 0x101c);
	assert_int_equal(run(0x1000, 0x1008), 0x101c);
}

/* Both at once say what each does. */
static void with_single_step(void **state)
{
	struct cpu_state *s = h.s[0];

	s->msr = MSR_SF | MSR_SE;
	assert_int_equal(run(0x1010, 0x1010 | KERNEL), 0xd00);
	assert_int_equal(s->spr[SPR_SRR0], 0x1014);
	assert_true((s->spr[SPR_SRR1] & (PPC_BITMASK(33, 36) | PPC_BITMASK(42, 47))) ==
		    (TRACE_CIABR | PPC_BIT(35)));
	s->msr = MSR_SF | MSR_SE;
	assert_int_equal(run(0x1008, 0x1010 | KERNEL), 0xd00);
	assert_int_equal(s->spr[SPR_SRR0], 0x100c);
	assert_false(s->spr[SPR_SRR1] & PPC_BIT(43));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plain, begin, end),
		cmocka_unit_test_setup_teardown(branches, begin, end),
		cmocka_unit_test_setup_teardown(privilege, begin, end),
		cmocka_unit_test_setup_teardown(with_single_step, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
