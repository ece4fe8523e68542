/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data address watchpoint: Power ISA 2.07B Book III-S 8.5.2. */
#include "harness.h"

enum { KERNEL = 2, WTI = 8, DR = 0x20, DW = 0x40 };

/* Runs a load of 0x3000, a load of 0x3008, a store to 0x3010; a match ends in the handler. */
static void run(struct harness *h, u64 dawr, u64 dawrx)
{
	struct cpu_state *s;

	harness_begin_model(h, 1, (struct translator_config){0}, "power8");
	s = h->s[0];
	POKE(h, 0x1000, 0x80803000,		  /* lwz 4,0x3000(0) */
	     0x80a03008, 0x90a03010, 0x44000022); /* lwz 5,0x3008(0); stw 5,0x3010(0); sc 1 */
	POKE(h, 0x300, 0x44000022);
	st_be32((u8 *)h->ram.base + 0x3008, 0x1234);
	/* once without, so that fast entries exist */
	assert_int_equal(translator_run(h->cpu[0]), TRANSLATOR_STOP_HCALL);
	assert_int_equal(s->pc, 0x1010);
	st_be32((u8 *)h->ram.base + 0x3010, 0);
	s->pc = 0x1000;
	s->gpr[5] = 0;
	s->spr[SPR_DAWR0] = dawr;
	s->spr[SPR_DAWRX0] = dawrx;
	assert_int_equal(translator_run(h->cpu[0]), TRANSLATOR_STOP_HCALL);
}

static void stores(void **state)
{
	struct harness h;

	run(&h, 0x3010, KERNEL | WTI | DW);
	assert_int_equal(h.s[0]->pc, 0x304);
	assert_int_equal(h.s[0]->spr[SPR_SRR0], 0x1008);
	assert_int_equal(h.s[0]->spr[SPR_DAR], 0x3010);
	assert_int_equal(h.s[0]->spr[SPR_DSISR], 0x02400000);
	assert_int_equal(ld_be32((u8 *)h.ram.base + 0x3010), 0);
	harness_end(&h);
}

static void loads_of_a_range(void **state)
{
	struct harness h;

	/* two doublewords: 0x3008 to 0x3017 */
	run(&h, 0x3008, KERNEL | WTI | DR | 1 << 10);
	assert_int_equal(h.s[0]->pc, 0x304);
	assert_int_equal(h.s[0]->spr[SPR_SRR0], 0x1004);
	assert_int_equal(h.s[0]->spr[SPR_DSISR], 0x00400000);
	assert_int_equal(h.s[0]->gpr[5], 0);
	harness_end(&h);
}

static void no_match(void **state)
{
	struct harness h;

	/* loads only, where there is a store; translated accesses only; problem state only */
	run(&h, 0x3010, KERNEL | WTI | DR);
	assert_int_equal(h.s[0]->pc, 0x1010);
	harness_end(&h);
	run(&h, 0x3010, KERNEL | 0x10 | DW);
	assert_int_equal(h.s[0]->pc, 0x1010);
	harness_end(&h);
	run(&h, 0x3010, 1 | WTI | DW);
	assert_int_equal(h.s[0]->pc, 0x1010);
	harness_end(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stores),
		cmocka_unit_test(loads_of_a_range),
		cmocka_unit_test(no_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
