/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 440 and e500v2 run a supervisor program: TLB misses that their handlers repair, a system call, an
 * illegal instruction, and a store to a page that is no memory, which stops the run.
 */
#include "harness.h"

/* At the vectors 0x2100 (system call) and 0x2200 (program) of both. */
static void common_handlers(struct harness *h)
{
	POKE(h, 0x2100, 0x38a0004d,		 /* li 5,77 */
	     0x4c000064);			 /* rfi */
	POKE(h, 0x2200, 0x7cde0aa6,		 /* mfesr 6 */
	     0x7d3a02a6, 0x39290004, 0x7d3a03a6, /* SRR0 += 4 */
	     0x4c000064);
}

static void check(struct harness *h, u32 pvr)
{
	struct cpu_state *s = h->s[0];

	st_be32((u8 *)h->ram.base + 0x8008, 0x12345678);
	assert_int_equal(translator_run(h->cpu[0]), TRANSLATOR_STOP_MMIO);
	assert_int_equal(s->gpr[4], 0x12345678);
	assert_int_equal(s->gpr[5], 77);
	assert_int_equal(s->gpr[6], 0x08000000); /* ESR[PIL] */
	assert_int_equal(s->gpr[7], pvr);
	assert_int_equal(s->gpr[8], 0); /* MSR */
	/* the second miss was the store's */
	assert_int_equal(s->gpr[20], 0x50000000);
	assert_int_equal(s->gpr[21], 0x00800000); /* ESR[ST] */
	harness_end(h);
}

static void test_440(void **state)
{
	struct harness h;

	harness_begin_model(&h, 1, (struct translator_config){0}, "440ep");
	common_handlers(&h);
	POKE(&h, 0x1000, 0x3c200000, 0x7c3f0ba6, /* IVPR = 0 */
	     0x38202000, 0x7c3d63a6,		 /* IVOR13 = 0x2000 */
	     0x38202100, 0x7c3863a6,		 /* IVOR8 */
	     0x38202200, 0x7c3663a6,		 /* IVOR6 */
	     0x3c604000, 0x80830008,		 /* lwz 4,8(0x40000000) */
	     0x44000002, 0x00000000,		 /* sc; illegal */
	     0x7cff42a6, 0x7d0000a6,		 /* mfpvr 7; mfmsr 8 */
	     0x3c605000, 0x90830000,		 /* stw 4,0(0x50000000) */
	     0x48000000);
	POKE(&h, 0x2000, 0x7e9d0aa6, 0x7ebe0aa6,  /* mfdear 20; mfesr 21 */
	     0x56960026, 0x62d60210, 0x76971000,  /* word 0: page | V | 4K */
	     0x3b000000, 0x7f12eba6, 0x7ec207a4,  /* MMUCR = 0; tlbwe 22,2,0 */
	     0x4182000c, 0x3f201000, 0x4800000c,  /* 0x50000000 -> 0x10000000 */
	     0x3b208000, 0x5739043e, 0x7f220fa4,  /* else 0x8000; tlbwe 25,2,1 */
	     0x3b400107, 0x7f4217a4, 0x4c000064); /* tlbwe 26,2,2; rfi */
	h.s[0]->gpr[2] = 1;
	/* 1M at 0, supervisor */
	h.s[0]->tlb[63] = (struct soft_tlb_entry){.word = {0x250, 0, 0x107}, .valid = 1};
	check(&h, 0x422218d3);
}

static void test_e500(void **state)
{
	struct harness h;

	harness_begin_model(&h, 1, (struct translator_config){0}, "e500v2");
	common_handlers(&h);
	POKE(&h, 0x1000, 0x3c200000, 0x7c3f0ba6, 0x38202000, 0x7c3d63a6, 0x38202100, 0x7c3863a6,
	     0x38202200, 0x7c3663a6, 0x38200100, 0x7c349ba6, /* MAS4 = 4K */
	     0x3c604000, 0x80830008, 0x44000002, 0x00000000, 0x7cff42a6, 0x7d0000a6, 0x3c605000,
	     0x90830000, 0x48000000);
	POKE(&h, 0x2000, 0x7e9d0aa6, 0x7ebe0aa6,	     /* mfdear 20; mfesr 21 */
	     0x7ed19aa6, 0x7ef29aa6,			     /* MAS1, MAS2 as the miss left them */
	     0x76981000, 0x4182000c, 0x3f201000, 0x4800000c, /* as above */
	     0x3b208000, 0x5739043e, 0x63390015, 0x7f339ba6, /* MAS3 = page | SX SW SR */
	     0x7c0007a4, 0x4c000064);			     /* tlbwe; rfi */
	/* 1M at 0 in TLB1, supervisor */
	h.s[0]->tlb[512] = (struct soft_tlb_entry){.word = {0xc0000500, 0, 0x15}, .valid = 1};
	check(&h, 0x80210022);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_440),
		cmocka_unit_test(test_e500),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
