// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Operands that must be aligned, and dcbz where storage is caching inhibited: the alignment
 * interrupt of 3.0B Book III 6.5.8, in places where qemu 7.2 has none.
 */
#include "harness.h"

#define X31(t, a, b, xo)  (31u << 26 | (t) << 21 | (a) << 16 | (b) << 11 | (xo) << 1)
#define D_OP(op, t, a, d) ((u32)(op) << 26 | (t) << 21 | (a) << 16 | (d))

struct align_case {
	const char *name;
	u32 word;
	u64 ea;
	u64 msr;
};

static const struct align_case cases[] = {
	{"sthcx.", X31(2, 0, 6, 726) | 1, 0x3001, 0},  {"stwcx.", X31(2, 0, 6, 150) | 1, 0x3002, 0},
	{"stdcx.", X31(2, 0, 6, 214) | 1, 0x3004, 0},  {"stqcx.", X31(2, 0, 6, 182) | 1, 0x3008, 0},
	{"lwarx", X31(2, 0, 6, 20), 0x3002, 0},	       {"lqarx", X31(2, 0, 6, 276), 0x3008, 0},
	{"lharx", X31(2, 0, 6, 116), 0x3001, 0},       {"ldarx", X31(2, 0, 6, 84), 0x3004, 0},
	{"lwat", X31(2, 6, 0, 582), 0x3002, 0},	       {"ldat", X31(2, 6, 0, 614), 0x3004, 0},
	{"stwat", X31(2, 6, 0, 710), 0x3002, 0},       {"stdat", X31(2, 6, 0, 742), 0x3004, 0},
	{"lq", D_OP(56, 2, 6, 0), 0x3008, 0},	       {"stq", D_OP(62, 2, 6, 2), 0x3008, 0},
	{"dcbz", X31(0, 0, 6, 1014), MMIO_BASE, 0},    {"lmw", D_OP(46, 30, 6, 0), 0x3000, MSR_LE},
	{"stmw", D_OP(47, 30, 6, 0), 0x3000, MSR_LE},  {"lswi", X31(28, 6, 8, 597), 0x3000, MSR_LE},
	{"stswi", X31(28, 6, 8, 725), 0x3000, MSR_LE}, {"lswx", X31(28, 0, 6, 533), 0x3000, MSR_LE},
	{"stswx", X31(28, 0, 6, 661), 0x3000, MSR_LE},
};

static void alignment(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct align_case *c = &cases[i];
		u32 word = c->msr & MSR_LE ? bswap32(c->word) : c->word;
		struct harness h;

		harness_begin(&h, 1, (struct translator_config){0});
		POKE(&h, 0x600, SC1);
		poke(&h, 0x1000, &word, 1);
		h.s[0]->pc = 0x1000;
		h.s[0]->msr |= c->msr;
		h.s[0]->gpr[6] = c->ea;
		h.s[0]->xer_rest = 8;
		assert_int_equal(translator_run(h.cpu[0]), TRANSLATOR_STOP_HCALL);
		if (h.s[0]->pc != 0x604 || h.s[0]->spr[SPR_SRR0] != 0x1000 ||
		    h.s[0]->spr[SPR_DAR] != c->ea)
			fail_msg("%s: pc %llx srr0 %llx dar %llx", c->name,
				 (unsigned long long)h.s[0]->pc,
				 (unsigned long long)h.s[0]->spr[SPR_SRR0],
				 (unsigned long long)h.s[0]->spr[SPR_DAR]);
		harness_end(&h);
	}
}

/* A store of several elements into a page that is there and one that is not: DAR is the first byte
 * of the latter (6.5.3). Whether elements before it are stored is free (Book III 6.6). */
static void page_crossing(void **state)
{
	const u32 stores[] = {D_OP(47, 30, 6, 0), X31(28, 6, 20, 725)}; /* stmw, stswi */

	for (u32 i = 0; i < ARRAY_SIZE(stores); i++) {
		struct harness h;

		harness_begin(&h, 1, (struct translator_config){0});
		translator_mmu_env(h.t)->rma_size = 0x4000;
		POKE(&h, 0x300, SC1);
		poke(&h, 0x1000, &stores[i], 1);
		h.s[0]->pc = 0x1000;
		h.s[0]->gpr[6] = 0x3ffc;
		h.s[0]->gpr[28] = h.s[0]->gpr[30] = 0x12345678;
		assert_int_equal(translator_run(h.cpu[0]), TRANSLATOR_STOP_HCALL);
		assert_int_equal(h.s[0]->pc, 0x304);
		assert_int_equal(h.s[0]->spr[SPR_SRR0], 0x1000);
		assert_int_equal(h.s[0]->spr[SPR_DAR], 0x4000);
		assert_int_equal(h.s[0]->spr[SPR_DSISR] & 0x02000000, 0x02000000);
		/* Elements are whole. */
		assert_true(ld_be32((u8 *)h.ram.base + 0x3ffc) == 0x12345678 ||
			    ld_be32((u8 *)h.ram.base + 0x3ffc) == 0);
		harness_end(&h);
	}
}

/* Book II 4.6.2 and Book III 6.5.3 let a conditional store without a reservation interrupt as if it
 * were to store; ours asks first, as POWER8 and POWER9 do. */
static void without_reservation(void **state)
{
	const u32 stwcx = X31(2, 0, 6, 150) | 1;
	struct harness h;

	harness_begin(&h, 1, (struct translator_config){0});
	POKE(&h, 0x200, SC1);
	POKE(&h, 0x300, SC1);
	poke(&h, 0x1000, &stwcx, 1);
	h.s[0]->pc = 0x1000;
	h.s[0]->msr |= MSR_ME;
	h.s[0]->gpr[6] = 2ull << 32; /* beyond the real mode area */
	assert_int_equal(translator_run(h.cpu[0]), TRANSLATOR_STOP_HCALL);
	assert_true(h.s[0]->pc == 0x204 || h.s[0]->pc == 0x304);
	assert_int_equal(h.s[0]->spr[SPR_SRR0], 0x1000);
	assert_int_equal(h.s[0]->spr[SPR_DAR], 2ull << 32);
	harness_end(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alignment),
		cmocka_unit_test(without_reservation),
		cmocka_unit_test(page_crossing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
