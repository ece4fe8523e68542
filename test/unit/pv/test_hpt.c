/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hash table hypercalls: arguments, results and return codes of LoPAPR 14.5.4.1. The page used is
 * that of test/unit/mmu/test_hash.c: VSID 0x123456, offset 0x2345678, group 0x713. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/endian.h"
#include "cpu/cpu.h"
#include "isa/papr.h"
#include "mmu/hpt.h"
#include "pv/hpt.h"

enum { RAM_SIZE = 64 << 20, HPT_SHIFT = 18, GROUP = 0x713 };

#define V    (0x123456ull << 12 | 0x200 | 1)
#define AVPN (0x123456ull << 12 | 0x200)
#define RPTE (0x777000ull | 0x10)

static u64 table[(1 << HPT_SHIFT) / 8];
static struct cpu_flush last_flush;
static unsigned flushes, syncs;

static void *map(void *opaque, u64 ra, u64 len)
{
	return ra <= RAM_SIZE && len <= RAM_SIZE - ra ? table : NULL;
}

static void on_flush(struct cpu_state *s, const struct cpu_flush *f)
{
	last_flush = *f;
	flushes++;
}

static void on_sync(struct cpu_state *s)
{
	syncs++;
}

static const struct mmu_mem_ops mem_ops = {.map = map};
static const struct cpu_ops ops = {.flush = on_flush, .flush_sync = on_sync};
static const struct mmu_env env = {.mem = {&mem_ops, NULL}, .hpt = table, .hpt_shift = HPT_SHIFT};
static const struct pv_hpt hpt = {.env = &env};
static struct cpu_state s;

static s64 hcall(u64 nr, u64 a, u64 b, u64 c, u64 d)
{
	s.ops = &ops;
	s.gpr[3] = nr;
	s.gpr[4] = a;
	s.gpr[5] = b;
	s.gpr[6] = c;
	s.gpr[7] = d;
	assert_int_equal(pv_hpt_hcall(&hpt, &s), PV_DONE);
	return (s64)s.gpr[3];
}

static int clear(void **state)
{
	memset(table, 0, sizeof(table));
	flushes = syncs = 0;
	return 0;
}

static u64 v_of(u64 ptex)
{
	return ld_be64(&table[2 * ptex]);
}

static void enter_fills_a_group(void **state)
{
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(hcall(H_ENTER, 0, GROUP * 8 + 3, V | 0x60, RPTE), H_SUCCESS);
		assert_int_equal(s.gpr[4], GROUP * 8 + i);
		assert_int_equal(v_of(GROUP * 8 + i), V);
		assert_int_equal(ld_be64(&table[2 * (GROUP * 8 + i) + 1]), RPTE);
	}
	assert_int_equal(hcall(H_ENTER, 0, GROUP * 8, V, RPTE), H_PTEG_FULL);
}

static void enter_exactly(void **state)
{
	assert_int_equal(hcall(H_ENTER, PPC_BIT(24), GROUP * 8 + 5, V, RPTE), H_SUCCESS);
	assert_int_equal(s.gpr[4], GROUP * 8 + 5);
	assert_int_equal(hcall(H_ENTER, PPC_BIT(24), GROUP * 8 + 5, V, RPTE), H_PTEG_FULL);
}

static void enter_checks(void **state)
{
	u64 entries = (1 << HPT_SHIFT) / 16;

	assert_int_equal(hcall(H_ENTER, 0, entries, V, RPTE), H_PARAMETER);
	assert_int_equal(hcall(H_ENTER, 0, ~0ull, V, RPTE), H_PARAMETER);
	/* a real address that is not there; memory mapped caching inhibited */
	assert_int_equal(hcall(H_ENTER, 0, 0, V, RAM_SIZE | 0x10), H_PARAMETER);
	assert_int_equal(hcall(H_ENTER, 0, 0, V, 0x777000 | 0x28), H_PARAMETER);
	/* a page size that does not exist */
	assert_int_equal(hcall(H_ENTER, 0, 0, V | 4, 0x772000 | 0x10), H_PARAMETER);
}

static void remove_returns_entry(void **state)
{
	hcall(H_ENTER, PPC_BIT(24), GROUP * 8, V, RPTE);
	/* a walker sets R meanwhile */
	st_be64(&table[2 * GROUP * 8 + 1], RPTE | 0x100);
	assert_int_equal(hcall(H_REMOVE, PPC_BIT(32), GROUP * 8, AVPN ^ 0x1000, 0), H_NOT_FOUND);
	assert_int_equal(hcall(H_REMOVE, PPC_BIT(33), GROUP * 8, 0x200, 0), H_NOT_FOUND);
	assert_int_equal(hcall(H_REMOVE, PPC_BIT(32), GROUP * 8, AVPN, 0), H_SUCCESS);
	assert_int_equal(s.gpr[4], V);
	assert_int_equal(s.gpr[5], RPTE | 0x100);
	assert_int_equal(v_of(GROUP * 8), 0);
	assert_int_equal(flushes, 1);
	assert_int_equal(syncs, 1);
	assert_int_equal(last_flush.kind, CPU_FLUSH_VPN);
	assert_false(last_flush.local);
	assert_int_equal(last_flush.shift, 12);
	assert_int_equal(last_flush.seg_shift, 28);
	assert_int_equal(last_flush.id, 0x123456ull << 12);
	assert_int_equal(last_flush.addr, 0x2345000);
	assert_int_equal(hcall(H_REMOVE, 0, GROUP * 8, 0, 0), H_NOT_FOUND);
	assert_int_equal(hcall(H_REMOVE, 0, 1 << 20, 0, 0), H_PARAMETER);
}

static void protect(void **state)
{
	hcall(H_ENTER, PPC_BIT(24), GROUP * 8, V, RPTE | 0x180);
	/* PP0 is bit 8 of the flags, the key's high bits are 12 and 13 */
	assert_int_equal(
		hcall(H_PROTECT, PPC_BIT(32) | 0x100 | 0x2000 | 0xa00 | 4 | 2, GROUP * 8, AVPN, 0),
		H_SUCCESS);
	assert_int_equal(ld_be64(&table[2 * GROUP * 8 + 1]),
			 0xa000000000000000ull | RPTE | 0x180 | 0xa00 | 4 | 2);
	assert_int_equal(v_of(GROUP * 8), V);
	assert_int_equal(flushes, 1);
	assert_int_equal(hcall(H_PROTECT, PPC_BIT(32), GROUP * 8, AVPN ^ 0x80, 0), H_NOT_FOUND);
}

static void read_and_clear(void **state)
{
	hcall(H_ENTER, PPC_BIT(24), GROUP * 8 + 1, V, RPTE | 0x180);
	assert_int_equal(hcall(H_READ, 0, GROUP * 8 + 1, 0, 0), H_SUCCESS);
	assert_int_equal(s.gpr[4], V);
	assert_int_equal(s.gpr[5], RPTE | 0x180);
	assert_int_equal(hcall(H_READ, PPC_BIT(26), GROUP * 8 + 3, 0, 0), H_SUCCESS);
	assert_int_equal(s.gpr[4], 0);
	assert_int_equal(s.gpr[6], V);
	assert_int_equal(s.gpr[7], RPTE | 0x180);
	assert_int_equal(hcall(H_CLEAR_REF, 0, GROUP * 8 + 1, 0, 0), H_SUCCESS);
	assert_int_equal(s.gpr[4], RPTE | 0x180);
	assert_int_equal(hcall(H_CLEAR_MOD, 0, GROUP * 8 + 1, 0, 0), H_SUCCESS);
	assert_int_equal(s.gpr[4], RPTE | 0x080);
	assert_int_equal(ld_be64(&table[2 * (GROUP * 8 + 1) + 1]), RPTE);
	assert_int_equal(hcall(H_CLEAR_MOD, 0, GROUP * 8 + 2, 0, 0), H_NOT_FOUND);
}

static void bulk_remove(void **state)
{
	hcall(H_ENTER, PPC_BIT(24), GROUP * 8, V, RPTE | 0x180);
	s.gpr[8] = 0xc000000000000000ull;
	assert_int_equal(hcall(H_BULK_REMOVE, 0x4200000000000000ull | GROUP * 8, AVPN,
			       0x4000000000000000ull | (GROUP * 8 + 1), 0),
			 H_SUCCESS);
	/* response, success, R and C in bits 4 and 5; response, not found */
	assert_int_equal(s.gpr[4], 0x8e00000000000000ull | GROUP * 8);
	assert_int_equal(s.gpr[6], 0x9000000000000000ull | (GROUP * 8 + 1));
	assert_int_equal(s.gpr[8], 0xc000000000000000ull);
	assert_int_equal(v_of(GROUP * 8), 0);
	assert_int_equal(hcall(H_BULK_REMOVE, 0x4000000000000000ull | 1 << 20, 0, 0, 0),
			 H_PARAMETER);
	assert_int_equal(s.gpr[4], 0xa000000000000000ull | 1 << 20);
}

static void others_are_not_ours(void **state)
{
	s.gpr[3] = H_CEDE;
	assert_int_equal(pv_hpt_hcall(&hpt, &s), PV_NOT_MINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(enter_fills_a_group, clear),
		cmocka_unit_test_setup(enter_exactly, clear),
		cmocka_unit_test_setup(enter_checks, clear),
		cmocka_unit_test_setup(remove_returns_entry, clear),
		cmocka_unit_test_setup(protect, clear),
		cmocka_unit_test_setup(read_and_clear, clear),
		cmocka_unit_test_setup(bulk_remove, clear),
		cmocka_unit_test_setup(others_are_not_ours, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
