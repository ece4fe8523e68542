/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The software-loaded TLBs, driven by what tlbwe writes; values from the PPC440 and e500 manuals.
 */
#include "common.h"

#include "isa/helper.h"
#include "mmu/tlb.h"

/* --- 440 --- */
static void t440_sizes_and_rights(void **state)
{
	struct world *w = world_new("440ep");
	struct mmu_result r;

	/* 16K page at 0x10004000 -> 0x1_20008000, TID 7, space 0, supervisor RWX, user R */
	w->s.spr[SPR_MMUCR] = 7;
	helper_tlbwe_4xx(&w->s, 0x10004000 | 0x200 | 0x20, 5, 0);
	helper_tlbwe_4xx(&w->s, 0x20008000 | 1, 5, 1);
	helper_tlbwe_4xx(&w->s, 0x0000050f, 5, 2); /* I, G, UR, SX, SW, SR */
	w->s.spr[SPR_PID] = 7;
	assert_int_equal(mmu_translate(&w->s, &w->env, 0x10005678, MMU_STORE, &r), 0);
	assert_int_equal(r.ra, 0x120009678ull);
	assert_int_equal(r.page_shift, 14);
	assert_int_equal(r.attr, MMU_INHIBITED | MMU_GUARDED);
	assert_int_equal(mmu_translate(&w->s, &w->env, 0x10005678, MMU_LOAD | MMU_PR, &r), 0);
	assert_int_equal(mmu_translate(&w->s, &w->env, 0x10005678, MMU_STORE | MMU_PR, &r),
			 CPU_EXC_DSI);
	assert_int_equal(r.dsisr, 0x00800000);
	/* other space, other process, next page */
	assert_int_equal(mmu_translate(&w->s, &w->env, 0x10005678, MMU_LOAD | MMU_RELOC, &r),
			 CPU_EXC_DTLB);
	assert_int_equal(mmu_translate(&w->s, &w->env, 0x10008000, MMU_FETCH, &r), CPU_EXC_ITLB);
	w->s.spr[SPR_PID] = 8;
	assert_int_equal(mmu_translate(&w->s, &w->env, 0x10005678, MMU_STORE, &r), CPU_EXC_DTLB);
	assert_int_equal(r.dsisr, 0x00800000);
	/* tlbsx looks for MMUCR's process */
	assert_int_equal(helper_tlbsx_4xx(&w->s, 0x10005678), 0x100000005ull);
	w->s.spr[SPR_MMUCR] = 9;
	assert_int_equal(helper_tlbsx_4xx(&w->s, 0x10005678), 0);
	/* tlbre of word 0 brings TID back */
	assert_int_equal(helper_tlbre_4xx(&w->s, 5, 0), 0x10004220);
	assert_int_equal(w->s.spr[SPR_MMUCR], 7);
	world_free(w);
}

/* --- e500 --- */
static void write_e500(struct world *w, u32 mas0, u32 mas1, u32 mas2, u32 mas3, u32 mas7)
{
	w->s.spr[SPR_MAS0] = mas0;
	w->s.spr[SPR_MAS1] = mas1;
	w->s.spr[SPR_MAS2] = mas2;
	w->s.spr[SPR_MAS3] = mas3;
	w->s.spr[SPR_MAS7] = mas7;
	helper_tlbwe(&w->s);
}

static void e500_translates(void **state)
{
	struct world *w = world_new("e500v2");
	struct mmu_result r;
	u64 tag;

	/* TLB1 entry 3: 16M (TSIZE 7) at 0xc0000000 -> 0, IPROT, supervisor RWX, M */
	write_e500(w, 0x10030000, 0xc0000700, 0xc0000004, 0x15, 0);
	assert_int_equal(mmu_translate(&w->s, &w->env, 0xc0123456, MMU_FETCH, &r), 0);
	assert_int_equal(r.ra, 0x123456);
	assert_int_equal(r.page_shift, 24);
	assert_int_equal(mmu_translate(&w->s, &w->env, 0xc0123456, MMU_LOAD | MMU_PR, &r),
			 CPU_EXC_DSI);
	/* TLB0: 4K at 0x10002000, TID 4, space 1, user RW, real address above 4G */
	write_e500(w, 0x00020000, 0x80041100, 0x10002000, 0x5500000a, 0x3);
	w->s.spr[SPR_PID] = 4;
	assert_int_equal(
		mmu_translate(&w->s, &w->env, 0x10002abc, MMU_STORE | MMU_PR | MMU_RELOC, &r), 0);
	assert_int_equal(r.ra, 0x355000abcull);
	tag = r.context;
	w->s.spr[SPR_PID] = 5;
	w->s.spr[SPR_PID1] = 4;
	assert_int_equal(
		mmu_translate(&w->s, &w->env, 0x10002abc, MMU_STORE | MMU_PR | MMU_RELOC, &r), 0);
	assert_true(r.context != tag);
	world_free(w);
}

static void e500_miss_prepares_mas(void **state)
{
	struct world *w = world_new("e500v2");
	struct mmu_result r;

	w->s.spr[SPR_MAS4] = 0x00000104; /* TLB0, PID0, 4K, M */
	w->s.spr[SPR_PID] = 6;
	assert_int_equal(mmu_translate(&w->s, &w->env, 0x12345678, MMU_STORE | MMU_RELOC, &r),
			 CPU_EXC_DTLB);
	assert_int_equal(r.dsisr, 0x00800000);
	assert_int_equal(w->s.spr[SPR_MAS1], 0x80061100);
	assert_int_equal(w->s.spr[SPR_MAS2], 0x12345004);
	assert_int_equal(w->s.spr[SPR_MAS3], 0);
	assert_int_equal(w->s.spr[SPR_MAS6], 0x00060001);
	w->s.spr[SPR_MAS1] = 0;
	mmu_translate(&w->s, &w->env, 0x12345678, MMU_LOAD | MMU_QUIET, &r);
	assert_int_equal(w->s.spr[SPR_MAS1], 0);
	world_free(w);
}

static void e500_search_and_invalidate(void **state)
{
	struct world *w = world_new("e500v2");
	struct mmu_result r;

	write_e500(w, 0x10030000, 0xc0000700, 0xc0000004, 0x15, 0);
	write_e500(w, 0x00020000, 0x80040100, 0x10002000, 0x5500000f, 0);
	w->s.spr[SPR_MAS6] = 4 << 16;
	helper_tlbsx(&w->s, 0x10002444);
	assert_int_equal(w->s.spr[SPR_MAS0] & 0x1fff0000, 0x00020000);
	assert_int_equal(w->s.spr[SPR_MAS1], 0x80040100);
	assert_int_equal(w->s.spr[SPR_MAS3], 0x5500000f);
	helper_tlbsx(&w->s, 0x20002444);
	assert_int_equal(w->s.spr[SPR_MAS1] & 0x80000000, 0);
	/* one page of TLB0; all of TLB1, where IPROT holds */
	helper_tlbivax(&w->s, 0x10002000);
	assert_int_equal(w->flush.kind, CPU_FLUSH_EA);
	assert_int_equal(w->flush.addr, 0x10002000);
	helper_tlbsx(&w->s, 0x10002444);
	assert_int_equal(w->s.spr[SPR_MAS1] & 0x80000000, 0);
	helper_tlbivax(&w->s, 0xc);
	assert_int_equal(mmu_translate(&w->s, &w->env, 0xc0123456, MMU_LOAD, &r), 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t440_sizes_and_rights),
		cmocka_unit_test(e500_translates),
		cmocka_unit_test(e500_miss_prepares_mas),
		cmocka_unit_test(e500_search_and_invalidate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
