/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hash table hypercalls of two processors and the walks of a third at the same time. Every page
 * maps to a real address that follows from its virtual one, so that a walk that mixed two entries'
 * doublewords shows; at the end R and C, entries and removals have to add up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/cpu.h"
#include "isa/papr.h"
#include "mmu/hpt.h"
#include "os/os.h"
#include "pv/hpt.h"

enum { HPT_SHIFT = 18, ROUNDS = 500000 };

/* Segment of 256M at 0x10000000. */
#define VSID_WORD (0x123456ull << 12)

static u64 table[(1 << HPT_SHIFT) / 8];

static void *map(void *opaque, u64 ra, u64 len)
{
	return table;
}

static const struct mmu_mem_ops mem_ops = {.map = map};
static const struct mmu_env env = {
	.mem = {&mem_ops, NULL}, .hpt = table, .hpt_shift = HPT_SHIFT, .rma_size = ~0ull};
static const struct pv_hpt hpt = {.env = &env};
static struct cpu_state cpu[3];
static _Atomic u32 done;
static u64 entered[2], removed[2], hits;

static u64 page_offset(unsigned page)
{
	return (u64)page << 23;
}

static u64 real_of(u64 offset)
{
	return 0x100000000ull + (offset & ~0xfffull);
}

static s64 hcall(struct cpu_state *s, u64 nr, u64 a, u64 b, u64 c, u64 d)
{
	s->gpr[3] = nr;
	s->gpr[4] = a;
	s->gpr[5] = b;
	s->gpr[6] = c;
	s->gpr[7] = d;
	pv_hpt_hcall(&hpt, s);
	return (s64)s->gpr[3];
}

static u64 random_of(u64 *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return *seed >> 33;
}

/* Pages 8M apart differ above the bits that pick the group: all 32 fight for eight entries. */
static void writer(void *opaque)
{
	unsigned me = (unsigned)(uintptr_t)opaque;
	struct cpu_state *s = &cpu[me];
	u64 seed = me + 1;

	for (unsigned i = 0; i < ROUNDS; i++) {
		u64 offset = page_offset((unsigned)random_of(&seed) % 32);
		u64 group = hpt_hash(VSID_WORD, offset, 12) & 0x7ff;
		u64 v = VSID_WORD | (offset >> 16 & HPTE_V_AVPN) | HPTE_V_VALID;
		u64 ptex;

		if (hcall(s, H_ENTER, 0, group * 8, v, real_of(offset) | HPTE_R_M) == H_SUCCESS)
			entered[me]++;
		ptex = group * 8 + (random_of(&seed) & 7);
		hcall(s, H_PROTECT, 0, ptex, 0, 0);
		if (hcall(s, H_REMOVE, 0, ptex, 0, 0) == H_SUCCESS)
			removed[me]++;
	}
	atomic_fetch_add(&done, 1);
}

static void walker(void *opaque)
{
	struct cpu_state *s = &cpu[2];
	u64 seed = 99;

	while (atomic_load(&done) < 2) {
		u64 offset = page_offset((unsigned)random_of(&seed) % 32) | 0x123;
		u32 access = MMU_RELOC | (random_of(&seed) & 1 ? MMU_STORE : MMU_LOAD);
		struct mmu_result r;

		if (mmu_translate(s, &env, 0x10000000 | offset, access, &r))
			continue;
		assert_int_equal(r.ra, real_of(offset) | 0x123);
		hits++;
	}
}

static void contention(void **state)
{
	struct os_thread t[3];
	u64 valid = 0;

	for (unsigned i = 0; i < 3; i++)
		cpu_reset(&cpu[i], cpu_model_find("power8"));
	cpu[2].slb[0] = (struct slb_entry){0x10000000 | SLB_ESID_V, VSID_WORD};
	assert_int_equal(os_thread_create(&t[0], "w0", writer, (void *)0), 0);
	assert_int_equal(os_thread_create(&t[1], "w1", writer, (void *)1), 0);
	assert_int_equal(os_thread_create(&t[2], "walk", walker, NULL), 0);
	for (unsigned i = 0; i < 3; i++)
		os_thread_join(&t[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(table); i += 2)
		valid += table[i] != 0;
	assert_int_equal(entered[0] + entered[1], removed[0] + removed[1] + valid);
	assert_true(entered[0] && entered[1] && hits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(contention)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
