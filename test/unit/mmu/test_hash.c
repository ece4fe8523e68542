/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hash translation over a table of 2048 groups worked out by hand from Power ISA 2.07B Book III-S
 * 5.7.
 *
 * Segment of 256M at EA 0x10000000, VSID 0x123456. EA 0x12345678: offset 0x2345678, page 0x2345,
 * hash 0x123456 ^ 0x2345 = 0x121713, group 0x713; secondary ~0x713 & 0x7ff = 0x0ec. AVPN: bits of
 * the offset from 23 up: 0x2000000 >> 16 = 0x200.
 */
#include "common.h"

#include "isa/helper.h"
#include "mmu/hpt.h"

#define EA     0x12345678ull
#define VSID   0x123456ull
#define HPTE_V ((VSID << 12) | 0x200 | 1)
#define RC     0x180ull
#define M      0x010ull

static struct world *segment(u64 slb_flags)
{
	struct world *w = world_new("power8");

	w->env.hpt = calloc(1, 1 << HPT_SHIFT);
	w->env.hpt_shift = HPT_SHIFT;
	helper_slbmte(&w->s, 0x18000000 | 3, VSID << 12 | slb_flags);
	return w;
}

static u64 *slot(struct world *w, unsigned group, unsigned i)
{
	return w->env.hpt + (group * 8 + i) * 2;
}

static void enter(struct world *w, unsigned group, unsigned i, u64 v, u64 r)
{
	st_be64(slot(w, group, i), v);
	st_be64(slot(w, group, i) + 1, r);
}

static void primary_and_secondary(void **state)
{
	struct world *w = segment(0);
	struct mmu_result r;

	assert_int_equal(go(w, EA, MMU_LOAD, &r), CPU_EXC_DSI);
	assert_int_equal(r.dsisr, 0x40000000);
	enter(w, 0x713, 6, HPTE_V, 0x777000 | RC | M);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	assert_int_equal(r.ra, 0x777678);
	assert_int_equal(r.page_shift, 12);
	assert_int_equal(r.seg_shift, 28);
	assert_int_equal(r.prot, MMU_R | MMU_W | MMU_X);
	assert_int_equal(r.context, VSID << 12);
	enter(w, 0x713, 6, 0, 0);
	/* the secondary group holds it only with its bit set */
	enter(w, 0x0ec, 1, HPTE_V, 0x666000 | RC | M);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), CPU_EXC_DSI);
	enter(w, 0x0ec, 1, HPTE_V | 2, 0x666000 | RC | M);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	assert_int_equal(r.ra, 0x666678);
	/* another segment */
	assert_int_equal(go(w, 0x22345678, MMU_LOAD, &r), CPU_EXC_DSEG);
	assert_int_equal(go(w, 0x22345678, MMU_FETCH, &r), CPU_EXC_ISEG);
	world_free(w);
}

static void page_sizes(void **state)
{
	struct world *w = segment(0);
	struct mmu_result r;

	/* 64K page in a 4K segment: LP = 0x07; found under its 4K part's hash */
	enter(w, 0x713, 0, HPTE_V | 4, 0x770000 | 0x7000 | RC | M);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	assert_int_equal(r.page_shift, 16);
	assert_int_equal(r.ra, 0x775678);
	world_free(w);

	/* 64K segment: page 0x234, hash 0x123456 ^ 0x234 = 0x123662, group 0x662; LP 0x01 */
	w = segment(0x110);
	enter(w, 0x662, 0, HPTE_V | 4, 0x770000 | 0x1000 | RC | M);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	assert_int_equal(r.page_shift, 16);
	assert_int_equal(r.ra, 0x775678);
	/* 16M page in it: LP 0x08; offset in the page 0x345678 */
	enter(w, 0x662, 0, HPTE_V | 4, 0x3000000 | 0x8000 | RC | M);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	assert_int_equal(r.page_shift, 24);
	assert_int_equal(r.ra, 0x3345678);
	/* an encoding that a 64K segment has not */
	enter(w, 0x662, 0, HPTE_V | 4, 0x770000 | 0x7000 | RC | M);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), CPU_EXC_DSI);
	world_free(w);

	/* 16M segment: page 2, hash 0x123456 ^ 2 = 0x123454, group 0x454; LP 0 */
	w = segment(0x100);
	enter(w, 0x454, 7, HPTE_V | 4, 0x5000000 | RC | M);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	assert_int_equal(r.page_shift, 24);
	assert_int_equal(r.ra, 0x5345678);
	world_free(w);
}

static void segment_of_1t(void **state)
{
	struct world *w = segment(0);
	struct mmu_result r;

	/* VSID 0x654; EA 0xc000003456789abc: offset 0x3456789abc, page 0x3456789, low bits of the
	 * hash 0x654 ^ 0x789 = 0x1dd; AVPN 0x3456789000 >> 16 without its low 7 bits = 0x345600 */
	helper_slbmte(&w->s, 0xc000000008000000ull | 4, 0x4000000000000000ull | 0x654ull << 24);
	enter(w, 0x1dd, 2, 0x4000000000000000ull | 0x654ull << 24 | 0x345600 | 1,
	      0x777000 | RC | M);
	assert_int_equal(go(w, 0xc000003456789abcull, MMU_LOAD, &r), 0);
	assert_int_equal(r.ra, 0x777abc);
	assert_int_equal(r.seg_shift, 40);
	world_free(w);
}

static void protection(void **state)
{
	/* rights by key and PP, Power ISA 2.07B Book III-S figure 37 */
	static const u8 want[2][8] = {
		{3, 3, 3, 1, 0, 0, 1, 0},
		{0, 1, 3, 1, 0, 0, 0, 0},
	};

	for (unsigned key = 0; key < 2; key++) {
		for (unsigned pp = 0; pp < 8; pp++) {
			struct world *w = segment(key ? SLB_VSID_KP : SLB_VSID_KS);
			struct mmu_result r;

			enter(w, 0x713, 0, HPTE_V,
			      (u64)(pp >> 2) << 63 | 0x777000 | RC | M | (pp & 3));
			assert_int_equal(go(w, EA, MMU_LOAD | MMU_PR, &r),
					 want[key][pp] & 1 ? 0 : CPU_EXC_DSI);
			if (!(want[key][pp] & 1))
				assert_int_equal(r.dsisr, 0x08000000);
			assert_int_equal(go(w, EA, MMU_STORE | MMU_PR, &r),
					 want[key][pp] & 2 ? 0 : CPU_EXC_DSI);
			world_free(w);
		}
	}
}

static void no_execute_and_keys(void **state)
{
	struct world *w = segment(0);
	struct mmu_result r;

	enter(w, 0x713, 0, HPTE_V, 0x777000 | RC | M | 4);
	assert_int_equal(go(w, EA, MMU_FETCH, &r), CPU_EXC_ISI);
	assert_int_equal(r.info, 0x10000000);
	/* key 9: bits 2:3 = 01, bits 52:54 = 001; AMR bits 18:19 */
	enter(w, 0x713, 0, HPTE_V, 0x1000000000000000ull | 0x777000 | 0x200 | RC | M);
	w->s.spr[SPR_AMR] = PPC_BIT(18);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	assert_int_equal(r.prot & (MMU_R | MMU_W), MMU_R);
	assert_int_equal(go(w, EA, MMU_STORE, &r), CPU_EXC_DSI);
	assert_int_equal(r.dsisr, 0x02200000);
	w->s.spr[SPR_AMR] = PPC_BIT(19);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), CPU_EXC_DSI);
	assert_int_equal(r.dsisr, 0x00200000);
	w->s.spr[SPR_IAMR] = PPC_BIT(19);
	assert_int_equal(go(w, EA, MMU_FETCH, &r), CPU_EXC_ISI);
	assert_int_equal(r.info, 0x00200000);
	world_free(w);

	w = segment(SLB_VSID_N);
	enter(w, 0x713, 0, HPTE_V, 0x777000 | RC | M);
	assert_int_equal(go(w, EA, MMU_FETCH, &r), CPU_EXC_ISI);
	assert_int_equal(r.info, 0x10000000);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	world_free(w);
}

static void sets_r_and_c(void **state)
{
	struct world *w = segment(0);
	struct mmu_result r;

	enter(w, 0x713, 0, HPTE_V, 0x777000 | M);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	assert_int_equal(ld_be64(slot(w, 0x713, 0) + 1) & RC, 0x100);
	assert_int_equal(r.prot & MMU_W, 0);
	assert_int_equal(go(w, EA, MMU_STORE, &r), 0);
	assert_int_equal(ld_be64(slot(w, 0x713, 0) + 1) & RC, RC);
	assert_int_equal(r.prot & MMU_W, MMU_W);
	world_free(w);
}

/* The offset that pv/hpt.c flushes has to be the one that was hashed. */
static void offset_from_entry(void **state)
{
	assert_int_equal(hpt_entry_offset(HPTE_V, 12, 0x713 * 8 + 5, HPT_SHIFT), 0x2345000);
	assert_int_equal(hpt_entry_offset(HPTE_V | 2, 12, 0x0ec * 8, HPT_SHIFT), 0x2345000);
	assert_int_equal(hpt_entry_offset(HPTE_V | 4, 16, 0x662 * 8, HPT_SHIFT), 0x2340000);
	assert_int_equal(hpt_entry_offset(HPTE_V | 4, 24, 0x454 * 8, HPT_SHIFT), 0x2000000);
	for (u64 offset = 0; offset < 1ull << 40; offset += 0x123456789000ull >> 9) {
		u64 page = offset & ~0xfffull;
		u64 word = 0x4000000000000000ull | 0xabcdefull << 24;
		u64 v = word | (page >> 16 & HPTE_V_AVPN) | 1;
		u64 index = (hpt_hash(word, offset, 12) & 0x7ff) * 8;

		assert_int_equal(hpt_entry_offset(v, 12, index, HPT_SHIFT), page);
	}
}

static void slb_instructions(void **state)
{
	struct world *w = segment(0x110 | SLB_VSID_C);

	assert_int_equal(helper_slbmfee(&w->s, 3), 0x18000000);
	assert_int_equal(helper_slbmfev(&w->s, 3), VSID << 12 | 0x110 | SLB_VSID_C);
	w->s.so = 1;
	assert_int_equal(helper_slbfee(&w->s, EA), VSID << 12 | 0x110 | SLB_VSID_C);
	assert_int_equal(w->s.cr[0], 3);
	assert_int_equal(helper_slbfee(&w->s, 0x99999999), 0);
	assert_int_equal(w->s.cr[0], 1);
	/* slbia keeps entry 0 */
	helper_slbmte(&w->s, 0xc000000008000000ull | 0, VSID << 12);
	helper_slbia(&w->s, 0);
	assert_int_equal(helper_slbmfee(&w->s, 0), 0xc000000008000000ull);
	assert_int_equal(helper_slbmfee(&w->s, 3) & SLB_ESID_V, 0);
	helper_slbie(&w->s, 0xc000000000000000ull);
	assert_int_equal(helper_slbmfee(&w->s, 0) & SLB_ESID_V, 0);
	/* an entry that the processor has not, a page size that it has not */
	helper_slbmte(&w->s, 0x18000000 | 32, VSID << 12);
	assert_int_equal(w->s.event.code, CPU_EXC_PROGRAM);
	w->s.event.code = 0;
	helper_slbmte(&w->s, 0x18000000 | 1, VSID << 12 | 0x130);
	assert_int_equal(w->s.event.code, CPU_EXC_PROGRAM);
	world_free(w);
}

static void vrma(void **state)
{
	struct world *w = segment(0);
	struct mmu_result r;

	/* a 1T segment with VSID 0x1ffffff and 16M pages: page 1, hash 0x1ffffff ^ 1 ^ … << 25,
	 * group 0x7fe */
	w->env.vrma_slb_vsid = 0x4000000000000000ull | 0x1ffffffull << 24 | 0x100;
	enter(w, 0x7fe, 0, 0x4000000000000000ull | 0x1ffffffull << 24 | 0x100 | 4 | 1,
	      0x1000000 | RC | M);
	assert_int_equal(mmu_translate(&w->s, &w->env, 0x1001234, MMU_LOAD, &r), 0);
	assert_int_equal(r.ra, 0x1001234);
	assert_int_equal(mmu_translate(&w->s, &w->env, 0x2001234, MMU_LOAD, &r), CPU_EXC_DSI);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(primary_and_secondary),
		cmocka_unit_test(page_sizes),
		cmocka_unit_test(segment_of_1t),
		cmocka_unit_test(protection),
		cmocka_unit_test(no_execute_and_keys),
		cmocka_unit_test(sets_r_and_c),
		cmocka_unit_test(offset_from_entry),
		cmocka_unit_test(slb_instructions),
		cmocka_unit_test(vrma),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
