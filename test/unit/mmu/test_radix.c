/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Radix translation over tables worked out by hand from Power ISA 3.0B Book III 5.7.10. The tree
 * has Linux's shape: 52 bits, 13-9-9-9 for 4K pages, 13-9-9-5 for 64K.
 *
 * EA 0x12345678: level 1 index 0 (bits 51..39), level 2 index 0, level 3 index 0x091 (bits 29..21),
 * level 4 index 0x145 (bits 20..12); for 64K pages index 0x14 (bits 20..16) of 32.
 */
#include "common.h"

#include "isa/helper.h"

enum { PROC_TABLE = 0x10000, ROOT = 0x100000, L2 = 0x20000, L3 = 0x21000, L4 = 0x22000 };

#define V	0x8000000000000000ull
#define LEAF	0x4000000000000000ull
#define RTS52	0x40000000000000a0ull /* RTS = 21: 21 + 31 bits */
#define EAA_RWX 7ull
#define PRIV	8ull
#define R	0x100ull
#define C	0x080ull
#define EA	0x12345678ull
#define PTE_AT	(L4 + 8 * 0x145)

static struct world *tree(u64 pte)
{
	struct world *w = world_new("power9");

	w->env.radix = true;
	w->env.proc_table = PROC_TABLE;
	w->env.proc_table_shift = 12;
	w->s.spr[SPR_PIDR] = 5;
	put(w, PROC_TABLE + 16 * 5, RTS52 | ROOT | 13);
	put(w, ROOT, V | L2 | 9);
	put(w, L2, V | L3 | 9);
	put(w, L3 + 8 * 0x91, V | L4 | 9);
	put(w, PTE_AT, pte);
	return w;
}

static void maps_4k(void **state)
{
	struct world *w = tree(V | LEAF | 0x777000 | R | C | EAA_RWX);
	struct mmu_result r;

	assert_int_equal(go(w, EA, MMU_LOAD | MMU_PR, &r), 0);
	assert_int_equal(r.ra, 0x777678);
	assert_int_equal(r.page_shift, 12);
	assert_int_equal(r.prot, MMU_R | MMU_W | MMU_X);
	assert_int_equal(r.attr, 0);
	assert_int_equal(r.context, 5);
	world_free(w);
}

static void maps_large(void **state)
{
	struct world *w = tree(0);
	struct mmu_result r;

	/* 64K: a last level of 32 entries at 0x23000 */
	put(w, L3 + 8 * 0x91, V | 0x23000 | 5);
	put(w, 0x23000 + 8 * 0x14, V | LEAF | 0x550000 | R | C | EAA_RWX);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	assert_int_equal(r.ra, 0x555678);
	assert_int_equal(r.page_shift, 16);
	/* 2M: bits below 21 of EA are 0x145678 */
	put(w, L3 + 8 * 0x91, V | LEAF | 0x600000 | R | C | EAA_RWX);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	assert_int_equal(r.ra, 0x745678);
	assert_int_equal(r.page_shift, 21);
	/* 1G */
	put(w, L2, V | LEAF | 0x40000000 | R | C | EAA_RWX);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	assert_int_equal(r.ra, 0x52345678);
	assert_int_equal(r.page_shift, 30);
	world_free(w);
}

/* 5.7.10: a geometry that POWER9 does not have is a fault of its own, DSISR[44]. */
static void geometries(void **state)
{
	static const u8 sizes[] = {0, 4, 6, 8, 10, 12, 13, 21, 31};
	static const u64 roots[] = {
		0x20ull | 13,		    /* RTS = 1: 32 bits */
		0x60000000000000a0ull | 13, /* 60 bits */
		RTS52 | 12,
		RTS52 | 14,
		RTS52 | 9,
		RTS52,
	};
	struct mmu_result r;

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct world *w = tree(0);

		put(w, L3 + 8 * 0x91, V | L4 | sizes[i]);
		assert_int_equal(go(w, EA, MMU_LOAD, &r), CPU_EXC_DSI);
		assert_int_equal(r.dsisr, 0x00080000);
		world_free(w);
		w = tree(0);
		put(w, L2, V | L3 | 5); /* only of the last level */
		assert_int_equal(go(w, EA, MMU_FETCH, &r), CPU_EXC_ISI);
		assert_int_equal(r.info, 0x00080000);
		world_free(w);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(roots); i++) {
		struct world *w = tree(0);

		put(w, PROC_TABLE + 16 * 5, roots[i] | ROOT);
		assert_int_equal(go(w, EA, MMU_LOAD, &r), CPU_EXC_DSI);
		assert_int_equal(r.dsisr, 0x00080000);
		world_free(w);
	}
}

static void sets_r_and_c(void **state)
{
	struct world *w = tree(V | LEAF | 0x777000 | EAA_RWX);
	struct mmu_result r;

	assert_int_equal(go(w, EA, MMU_LOAD | MMU_QUIET, &r), 0);
	assert_int_equal(get(w, PTE_AT) & (R | C), 0);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	assert_int_equal(get(w, PTE_AT) & (R | C), R);
	assert_int_equal(r.prot & MMU_W, 0);
	assert_int_equal(w->written, PTE_AT);
	assert_int_equal(go(w, EA, MMU_STORE, &r), 0);
	assert_int_equal(get(w, PTE_AT) & (R | C), R | C);
	assert_int_equal(r.prot & MMU_W, MMU_W);
	world_free(w);
}

static void faults(void **state)
{
	struct world *w = tree(0);
	struct mmu_result r;

	assert_int_equal(go(w, EA, MMU_LOAD, &r), CPU_EXC_DSI);
	assert_int_equal(r.dsisr, 0x40000000);
	assert_int_equal(go(w, EA, MMU_STORE, &r), CPU_EXC_DSI);
	assert_int_equal(r.dsisr, 0x42000000);
	assert_int_equal(go(w, EA, MMU_FETCH, &r), CPU_EXC_ISI);
	assert_int_equal(r.info, 0x40000000);
	/* read only */
	put(w, PTE_AT, V | LEAF | 0x777000 | R | C | 4);
	assert_int_equal(go(w, EA, MMU_STORE, &r), CPU_EXC_DSI);
	assert_int_equal(r.dsisr, 0x0a000000);
	assert_int_equal(go(w, EA, MMU_FETCH, &r), CPU_EXC_ISI);
	assert_int_equal(r.info, 0x10000000);
	/* privileged */
	put(w, PTE_AT, V | LEAF | 0x777000 | R | C | PRIV | EAA_RWX);
	assert_int_equal(go(w, EA, MMU_LOAD | MMU_PR, &r), CPU_EXC_DSI);
	assert_int_equal(r.dsisr, 0x08000000);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	/* non-idempotent storage is not executable */
	put(w, PTE_AT, V | LEAF | 0x777000 | R | C | 0x20 | EAA_RWX);
	assert_int_equal(go(w, EA, MMU_FETCH, &r), CPU_EXC_ISI);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	assert_int_equal(r.attr, MMU_INHIBITED | MMU_GUARDED);
	/* table outside memory, and a table that leads to itself */
	put(w, L3 + 8 * 0x91, V | 0x7f000000 | 9);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), CPU_EXC_DSI);
	put(w, L3 + 8 * 0x91, V | L3 | 9);
	put(w, L3 + 8 * 0x145, V | L3 | 9);
	assert_int_equal(go(w, EA, MMU_LOAD, &r), CPU_EXC_DSI);
	assert_int_equal(r.dsisr, 0x00080000);
	world_free(w);
}

static void quadrants(void **state)
{
	struct world *w = tree(V | LEAF | 0x777000 | R | C | PRIV | EAA_RWX);
	struct mmu_result r;
	u64 tag;

	/* process 0 gets the same tree: quadrant 3 uses it whatever PIDR is */
	put(w, PROC_TABLE, RTS52 | ROOT | 13);
	assert_int_equal(go(w, 0xc000000000000000ull | EA, MMU_LOAD, &r), 0);
	assert_int_equal(r.ra, 0x777678);
	assert_int_equal(r.context, 0);
	assert_true(mmu_context(&w->s, &w->env, 0xc000000000000000ull, MMU_RELOC, &tag));
	assert_int_equal(tag, 0);
	assert_true(mmu_context(&w->s, &w->env, 0, MMU_RELOC, &tag));
	assert_int_equal(tag, 5);
	assert_int_equal(go(w, 0x4000000000000000ull, MMU_LOAD, &r), CPU_EXC_DSEG);
	assert_int_equal(go(w, 0x8000000000000000ull, MMU_FETCH, &r), CPU_EXC_ISEG);
	/* bit 52 is beyond what RTS gives */
	assert_int_equal(go(w, 0x0010000000000000ull, MMU_LOAD, &r), CPU_EXC_DSEG);
	/* a process beyond the table */
	w->s.spr[SPR_PIDR] = 256;
	assert_int_equal(go(w, EA, MMU_LOAD, &r), CPU_EXC_DSI);
	world_free(w);
}

static void key_zero(void **state)
{
	struct world *w = tree(V | LEAF | 0x777000 | R | C | EAA_RWX);
	struct mmu_result r;

	/* AMR's first two bits: no store, no load by the supervisor to a user's page */
	w->s.spr[SPR_AMR] = 1ull << 63;
	assert_int_equal(go(w, EA, MMU_LOAD, &r), 0);
	assert_int_equal(go(w, EA, MMU_STORE, &r), CPU_EXC_DSI);
	assert_int_equal(go(w, EA, MMU_STORE | MMU_PR, &r), 0);
	assert_int_equal(mmu_keys(&w->s, &w->env, MMU_LOAD | MMU_RELOC), 2);
	assert_int_equal(mmu_keys(&w->s, &w->env, MMU_LOAD | MMU_RELOC | MMU_PR), 0);
	w->s.spr[SPR_AMR] = 1ull << 62;
	assert_int_equal(go(w, EA, MMU_LOAD, &r), CPU_EXC_DSI);
	w->s.spr[SPR_IAMR] = 1ull << 62;
	assert_int_equal(go(w, EA, MMU_FETCH, &r), CPU_EXC_ISI);
	assert_int_equal(go(w, EA, MMU_FETCH | MMU_PR, &r), 0);
	world_free(w);
}

/* tlbie and tlbiel: RB = EPN, IS (bits 52:53), AP (56:58); RS = PID in the upper word. */
static void tlbie(void **state)
{
	const u32 tlbie = 0x7c000264 | 1 << 17 | 1 << 16, tlbiel = 0x7c000224 | 1 << 17 | 1 << 16;
	struct world *w = tree(0);

	helper_tlbie(&w->s, 0x12345000 | 5 << 5, 7ull << 32, tlbie);
	assert_int_equal(w->flush.kind, CPU_FLUSH_PID_PAGE);
	assert_int_equal(w->flush.addr, 0x12340000);
	assert_int_equal(w->flush.shift, 16);
	assert_int_equal(w->flush.id, 7);
	assert_false(w->flush.local);
	/* one process, set 0 for all sets; RIC = 1 is the walk cache */
	helper_tlbie(&w->s, 1 << 10, 7ull << 32, tlbiel);
	assert_int_equal(w->flush.kind, CPU_FLUSH_PID);
	assert_true(w->flush.local);
	assert_int_equal(w->flushes, 2);
	helper_tlbie(&w->s, 1 << 10 | 5 << 12, 7ull << 32, tlbiel);
	assert_int_equal(w->flushes, 2);
	helper_tlbie(&w->s, 1 << 10, 7ull << 32, tlbie | 1 << 18);
	assert_int_equal(w->flush.kind, CPU_FLUSH_PWC);
	helper_tlbie(&w->s, 3 << 10, 0, tlbie);
	assert_int_equal(w->flush.kind, CPU_FLUSH_ALL);
	world_free(w);
}

static void real_mode(void **state)
{
	struct world *w = tree(0);
	struct mmu_result r;

	assert_int_equal(mmu_translate(&w->s, &w->env, 0xc000000000001234ull, MMU_STORE, &r), 0);
	assert_int_equal(r.ra, 0x1234);
	assert_int_equal(r.attr, MMU_REAL);
	assert_int_equal(r.page_shift, 24);
	assert_int_equal(mmu_translate(&w->s, &w->env, RAM_SIZE, MMU_LOAD, &r), CPU_EXC_DSI);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_4k),	cmocka_unit_test(maps_large),
		cmocka_unit_test(faults),	cmocka_unit_test(geometries),
		cmocka_unit_test(sets_r_and_c), cmocka_unit_test(quadrants),
		cmocka_unit_test(key_zero),	cmocka_unit_test(real_mode),
		cmocka_unit_test(tlbie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
