/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AMR takes effect at once on translations that were used before, and gives them back. */
#include "harness.h"

enum { PROC_TABLE = 0x10000, ROOT = 0x20000, LEVEL2 = 0x40000 };

static void put(struct harness *h, u64 ra, u64 v)
{
	st_be64((u8 *)h->ram.base + ra, v);
}

/* One 1G page at 0 that belongs to problem state, for processes 0 and 1. */
static void one_page(struct harness *h)
{
	struct mmu_env *env = translator_mmu_env(h->t);

	env->radix = true;
	env->proc_table = PROC_TABLE;
	env->proc_table_shift = 12;
	put(h, PROC_TABLE, 0x40000000000000a0ull | ROOT | 13);
	put(h, PROC_TABLE + 16, 0x40000000000000a0ull | ROOT | 13);
	put(h, ROOT, 0x8000000000000000ull | LEVEL2 | 9);
	put(h, LEVEL2, 0xc000000000000000ull | 0x187);
}

static void amr(void **state)
{
	struct harness h;
	struct cpu_state *s;

	harness_begin(&h, 1, (struct translator_config){0});
	one_page(&h);
	s = h.s[0];
	s->spr[SPR_PIDR] = 1;
	s->msr |= MSR_IR | MSR_DR;
	s->pc = 0xc000000000001000ull;
	put(&h, 0x3000, 0x1122334455667788ull);
	POKE(&h, 0x1000, 0x80803000,		 /* lwz 4,0x3000(0) */
	     0x3ca04000, 0x78a507c6, 0x7cbd03a6, /* AMR = 1 << 62: key 0 may not be read */
	     0x80c03000);			 /* lwz 6,0x3000(0) */
	POKE(&h, 0x300, 0x38a00000, 0x7cbd03a6,	 /* data storage: AMR = 0 */
	     0x4c000024);			 /* rfid */
	POKE(&h, 0x1014, 0x44000022);		 /* sc 1 */
	assert_int_equal(translator_run(h.cpu[0]), TRANSLATOR_STOP_HCALL);
	assert_int_equal(s->gpr[4], 0x11223344);
	assert_int_equal(s->gpr[6], 0x11223344);
	assert_int_equal(s->spr[SPR_DAR], 0x3000);
	assert_int_equal(s->spr[SPR_DSISR], 0x08000000);
	assert_int_equal(s->spr[SPR_SRR0], 0xc000000000001010ull);
	harness_end(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(amr)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
