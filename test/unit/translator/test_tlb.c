/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The software TLB's granule, processes and flushes; data beside code; a full code cache;
 * reservations. */
#include <errno.h>

#include "harness.h"

#include "isa/sprbits.h"

#define MFCR(rt)	  (31u << 26 | (rt) << 21 | 19 << 1)
#define MTCTR(rs)	  (31u << 26 | (rs) << 21 | 9 << 16 | 467 << 1)
#define BCTRL		  0x4e800421u
#define MTPID(rs)	  (31u << 26 | (rs) << 21 | 16 << 16 | 1 << 11 | 467 << 1)
#define STDCX(rs, ra, rb) (31u << 26 | (rs) << 21 | (ra) << 16 | (rb) << 11 | 214 << 1 | 1)

enum {
	PROC_TABLE = 0x10000,
	TABLES = 0x20000, /* of process n: three pages of 4K at TABLES + n * 0x4000 */
	ROOTS = 0x80000,
	EA = 0x60000,
	KERNEL_TABLE = 0x30000,
};
#define LEAF	0xc000000000000187ull
#define UPPER	0x8000000000000000ull
#define PROCESS 0x40000000000000a0ull
#define KERNEL	0xc000000000000000ull

static void put(struct harness *h, u64 ra, u64 v)
{
	st_be64((u8 *)h->ram.base + ra, v);
}

static u64 leaves_of(u32 process)
{
	return TABLES + process * 0x4000 + 0x2000;
}

/* An empty tree down to the pages, of 64K (5 bits) or 4K (9 bits). */
static void make_process(struct harness *h, u32 process, u32 bits)
{
	u64 tables = TABLES + process * 0x4000, root = ROOTS + process * 0x10000;

	put(h, PROC_TABLE + 16 * process, PROCESS | root | 13);
	put(h, root, UPPER | tables | 9);
	put(h, tables, UPPER | (tables + 0x1000) | 9);
	put(h, tables + 0x1000, UPPER | leaves_of(process) | bits);
}

static void map(struct harness *h, u32 process, u32 shift, u64 ea, u64 ra)
{
	put(h, leaves_of(process) + 8 * (ea >> shift), LEAF | ra);
}

/* Process 0, which has the kernel's quadrant: one page of 1G. */
static void begin(struct harness *h, struct translator_config config)
{
	struct mmu_env *env;

	harness_begin(h, 1, config);
	env = translator_mmu_env(h->t);
	env->radix = true;
	env->proc_table = PROC_TABLE;
	env->proc_table_shift = 12;
	put(h, PROC_TABLE, PROCESS | ROOTS | 13);
	put(h, ROOTS, UPPER | KERNEL_TABLE | 9);
	put(h, KERNEL_TABLE, LEAF);
	h->s[0]->msr |= MSR_IR | MSR_DR;
	h->s[0]->pc = KERNEL | 0x1000;
}

static void expect_sc(struct harness *h, u32 cpu)
{
	assert_int_equal(translator_run(h->cpu[cpu]), TRANSLATOR_STOP_HCALL);
}

struct wanted_stat {
	const char *name;
	u64 value;
};

static void take_stat(void *opaque, const char *name, u64 value)
{
	struct wanted_stat *w = opaque;

	if (!strcmp(name, w->name))
		w->value = value;
}

static u64 stat(struct harness *h, struct translator_cpu *cpu, const char *name)
{
	struct wanted_stat w = {name, 0};

	translator_stats(h->t, cpu, take_stat, &w);
	return w.value;
}

static u32 word_at(struct harness *h, u64 ra)
{
	return ld_be32((u8 *)h->ram.base + ra);
}

/* A kernel that changes the process sees each one's page at the same address. */
static void test_processes(void **state)
{
	struct harness h;
	u32 k;

	begin(&h, (struct translator_config){0});
	for (k = 1; k <= 2; k++)
		make_process(&h, k, 5);
	map(&h, 1, 16, EA, 0x60000);
	map(&h, 2, 16, EA, 0x70000);
	st_be32((u8 *)h.ram.base + 0x60010, 100);
	st_be32((u8 *)h.ram.base + 0x70010, 200);
	POKE(&h, 0x1000, MTPID(20), ISYNC, LWZ(3, 0x10, 6), ADDI(3, 3, 1), STW(3, 0x10, 6),
	     MTPID(21), ISYNC, LWZ(4, 0x10, 6), ADDI(4, 4, 2), STW(4, 0x10, 6), BDNZ(-40), SC1);
	h.s[0]->gpr[6] = EA;
	h.s[0]->gpr[20] = 1;
	h.s[0]->gpr[21] = 2;
	h.s[0]->ctr = 50;
	expect_sc(&h, 0);
	assert_int_equal(word_at(&h, 0x60010), 150);
	assert_int_equal(word_at(&h, 0x70010), 300);
	harness_end(&h);
}

static void flush(struct harness *h, enum cpu_flush_kind kind, u64 addr)
{
	const struct cpu_flush f = {.kind = kind, .id = 1, .addr = addr, .shift = 16};

	translator_flush_guest(h->t, h->cpu[0], &f);
}

/* Data and code are found anew behind a flush of the page and of the process, and what did not
 * change is found again. */
static void test_flushes(void **state)
{
	static const enum cpu_flush_kind kinds[] = {CPU_FLUSH_PID_PAGE, CPU_FLUSH_PID,
						    CPU_FLUSH_ALL};
	struct harness h;
	u32 k;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		begin(&h, (struct translator_config){0});
		make_process(&h, 1, 5);
		map(&h, 1, 16, EA, 0x60000);
		POKE(&h, 0x60000, ADDI(3, 3, 1), BLR);
		POKE(&h, 0x70000, ADDI(3, 3, 100), BLR);
		POKE(&h, 0x1000, NOP, MTCTR(6), BCTRL, MTCTR(6), BCTRL, LWZ(4, 0, 6), SC1, B(-28));
		h.s[0]->spr[SPR_PIDR] = 1;
		translator_registers_changed(h.cpu[0]);
		h.s[0]->gpr[6] = EA;
		expect_sc(&h, 0);
		assert_int_equal(h.s[0]->gpr[3], 2);
		assert_int_equal(h.s[0]->gpr[4], ADDI(3, 3, 1));
		flush(&h, kinds[k], EA);
		expect_sc(&h, 0);
		assert_int_equal(h.s[0]->gpr[3], 4);
		map(&h, 1, 16, EA, 0x70000);
		flush(&h, kinds[k], EA);
		expect_sc(&h, 0);
		assert_int_equal(h.s[0]->gpr[3], 204);
		assert_int_equal(h.s[0]->gpr[4], ADDI(3, 3, 100));
		harness_end(&h);
	}
}

/* A loop's load goes where the page went, until that changes; also when the page's entry had to
 * give way to another one (kernel addresses of the same index) in between. */
static void test_loads_of_loops(void **state)
{
	struct harness h;
	u32 evict;

	for (evict = 0; evict < 2; evict++) {
		begin(&h, (struct translator_config){0});
		make_process(&h, 1, 5);
		map(&h, 1, 16, EA, 0x60000);
		st_be32((u8 *)h.ram.base + 0x60000, 100);
		st_be32((u8 *)h.ram.base + 0x70000, 200);
		POKE(&h, 0x1000, LWZ(4, 0, 6), BDNZ(-4), SC1, LWZ(5, 0, 7), SC1, B(-20));
		h.s[0]->spr[SPR_PIDR] = 1;
		translator_registers_changed(h.cpu[0]);
		h.s[0]->gpr[6] = EA;
		h.s[0]->gpr[7] = KERNEL | (evict ? 0x60000 : 0x50000);
		h.s[0]->ctr = 5000;
		expect_sc(&h, 0);
		assert_int_equal(h.s[0]->gpr[4], 100);
		expect_sc(&h, 0);
		map(&h, 1, 16, EA, 0x70000);
		flush(&h, CPU_FLUSH_PID_PAGE, EA);
		h.s[0]->ctr = 5000;
		expect_sc(&h, 0);
		assert_int_equal(h.s[0]->gpr[4], 200);
		harness_end(&h);
	}
}

/* Pages of 4K have no entries at first; a guest that uses many of them gets the small granule. */
static void test_small_pages(void **state)
{
	struct harness h;

	begin(&h, (struct translator_config){0});
	make_process(&h, 1, 9);
	map(&h, 1, 12, EA, 0x70000);
	map(&h, 1, 12, EA + 0x1000, 0x60000);
	POKE(&h, 0x1000, LWZ(3, 0x10, 6), ADDI(3, 3, 1), STW(3, 0x10, 6), LWZ(4, 0x1010, 6),
	     ADDI(4, 4, 2), STW(4, 0x1010, 6), LD(5, 0xffc, 6), BDNZ(-28), SC1);
	h.s[0]->spr[SPR_PIDR] = 1;
	translator_registers_changed(h.cpu[0]);
	h.s[0]->gpr[6] = EA;
	st_be32((u8 *)h.ram.base + 0x70ffc, 0x11223344);
	st_be32((u8 *)h.ram.base + 0x60000, 0x55667788);
	h.s[0]->ctr = 3000;
	assert_int_equal(stat(&h, NULL, "tlb.granule_bits"), 16);
	expect_sc(&h, 0);
	assert_int_equal(stat(&h, NULL, "tlb.granule_bits"), 12);
	assert_int_equal(word_at(&h, 0x70010), 3000);
	assert_int_equal(word_at(&h, 0x60010), 6000);
	assert_int_equal(h.s[0]->gpr[5], 0x1122334455667788ull);
	/* Little more than the limit had no entries. */
	assert_true(stat(&h, h.cpu[0], "tlb.small_pages") < 3000);
	harness_end(&h);
}

/* Stores beside code in its page, in its granule and in others; only those to its line count. */
static void test_data_beside_code(void **state)
{
	struct harness h;

	harness_begin(&h, 1, (struct translator_config){0});
	/* r6: beside in the page, r7: in the granule, r8: elsewhere, r9: the routine */
	POKE(&h, 0x1000, STW(10, 0, 6), STW(10, 0, 7), STW(10, 0, 8), ADDI(11, 11, 1),
	     STW(11, 0, 9), SYNC, ICBI(0, 9), SYNC, ISYNC, BL(0x2000 - 0x1024), ADD(12, 12, 3),
	     ADDI(10, 10, 1), BDNZ(-48), SC1);
	POKE(&h, 0x2000, ADDI(3, 0, 0), BLR);
	h.s[0]->gpr[6] = 0x2f00;
	h.s[0]->gpr[7] = 0x9000;
	h.s[0]->gpr[8] = 0x30000;
	h.s[0]->gpr[9] = 0x2000;
	h.s[0]->gpr[11] = ADDI(3, 0, 0);
	h.s[0]->ctr = 100;
	expect_sc(&h, 0);
	assert_int_equal(h.s[0]->gpr[12], 5050);
	assert_int_equal(word_at(&h, 0x2f00), 99);
	assert_int_equal(word_at(&h, 0x9000), 99);
	assert_int_equal(word_at(&h, 0x30000), 99);
	assert_int_equal(stat(&h, h.cpu[0], "code_stores"), 99);
	harness_end(&h);
}

static void run_thread(void *opaque)
{
	assert_int_equal(translator_run(opaque), TRANSLATOR_STOP_HCALL);
}

/* Two processors run many routines in turns. */
static void run_routines(struct harness *h)
{
	enum { ROUTINES = 200, TURNS = 20 };
	struct os_thread thread[2];
	u32 k;

	for (k = 0; k < ROUTINES; k++) {
		const u32 routine[] = {ADDI(3, 3, 1), BLR};
		const u32 call[] = {BL(0x10000 + 0x1000 * k - (0x1000 + 4 * k))};

		poke(h, 0x10000 + 0x1000 * k, routine, 2);
		poke(h, 0x1000 + 4 * k, call, 1);
	}
	{
		const u32 end[] = {BDNZ(-4 * ROUTINES), SC1};

		poke(h, 0x1000 + 4 * ROUTINES, end, 2);
	}
	for (k = 0; k < 2; k++) {
		h->s[k]->ctr = TURNS;
		assert_int_equal(os_thread_create(&thread[k], "vcpu", run_thread, h->cpu[k]), 0);
	}
	for (k = 0; k < 2; k++) {
		os_thread_join(&thread[k]);
		assert_int_equal(h->s[k]->gpr[3], ROUTINES * TURNS);
	}
}

/* Far more code than the cache holds. */
static void test_eviction(void **state)
{
	const u32 limit = 128 << 10;
	struct harness h;

	harness_begin(&h, 2, (struct translator_config){.cache_bytes = limit});
	run_routines(&h);
	assert_true(stat(&h, NULL, "code.evictions") > 10);
	assert_true(stat(&h, NULL, "code.bytes.most") <= limit);
	assert_int_equal(stat(&h, NULL, "code.bytes"),
			 stat(&h, NULL, "code.bytes.code") + stat(&h, NULL, "code.bytes.regions") +
				 stat(&h, NULL, "code.bytes.tables"));
	harness_end(&h);
}

enum { LOOPS = 640, OFTEN = 8 };
static u32 often_compiled;

static u64 loop_at(u32 k)
{
	return 0x10000 + 0x100 * k;
}

static int compile_counted(struct backend *b, const struct ir_region *r,
			   const struct backend_unit *unit, struct backend_code **code)
{
	u32 k;

	for (k = 0; k < OFTEN; k++)
		often_compiled += unit->pc == loop_at(LOOPS + k);
	return test_backend()->compile(b, r, unit, code);
}

static void run_loop(struct harness *h, u32 k, u32 times)
{
	h->s[0]->gpr[3] = 0;
	h->s[0]->ctr = times;
	h->s[0]->pc = loop_at(k);
	assert_int_equal(translator_run(h->cpu[0]), TRANSLATOR_STOP_HCALL);
	assert_int_equal(h->s[0]->gpr[3], times);
}

/* Loops that run often stay in a small cache beside far more code that runs once. */
static void test_second_chance(void **state)
{
	struct backend_ops ops = *test_backend();
	struct translator_config config = {
		.backend = &ops, .cache_bytes = 128 << 10, .tier2_after = 1 << 20};
	struct harness h;
	u32 k;

	ops.compile = compile_counted;
	often_compiled = 0;
	harness_begin(&h, 1, config);
	for (k = 0; k < LOOPS + OFTEN; k++) {
		const u32 loop[] = {ADDI(3, 3, 1), BDNZ(-4), SC1};

		poke(&h, loop_at(k), loop, 3);
	}
	for (k = 0; k < 10 * LOOPS; k++) {
		run_loop(&h, k % LOOPS, 1);
		run_loop(&h, LOOPS + k % OFTEN, 100);
	}
	assert_true(stat(&h, NULL, "code.evictions") > 10);
	assert_true(stat(&h, NULL, "code.translated") > 10 * LOOPS);
	assert_in_range(often_compiled, OFTEN, 2 * OFTEN);
	harness_end(&h);
}

/* A back end that has room for so many regions, whatever the cache thinks. */
static _Atomic s32 room;

static int compile_in_room(struct backend *b, const struct ir_region *r,
			   const struct backend_unit *unit, struct backend_code **code)
{
	int ret = -ENOSPC;

	if (atomic_fetch_sub(&room, 1) > 0)
		ret = test_backend()->compile(b, r, unit, code);
	if (ret)
		atomic_fetch_add(&room, 1);
	return ret;
}

static void discard_in_room(struct backend *b, struct backend_code *code)
{
	test_backend()->discard(b, code);
	atomic_fetch_add(&room, 1);
}

static void test_no_room(void **state)
{
	struct backend_ops ops = *test_backend();
	struct harness h;

	ops.compile = compile_in_room;
	ops.discard = discard_in_room;
	atomic_store(&room, 8);
	harness_begin(&h, 2, (struct translator_config){.backend = &ops});
	run_routines(&h);
	assert_true(stat(&h, NULL, "code.evictions") > 10);
	harness_end(&h);
	assert_int_equal(atomic_load(&room), 8);
	/* none at all: the processor stops, the host does not hang */
	atomic_store(&room, 0);
	harness_begin(&h, 1, (struct translator_config){.backend = &ops});
	POKE(&h, 0x1000, ADDI(3, 3, 1), SC1);
	assert_int_equal(translator_run(h.cpu[0]), TRANSLATOR_STOP_RESET);
	harness_end(&h);
}

/* Only a store to the same address and of the same size succeeds, and only once. */
static void test_reservations(void **state)
{
	enum { EQ = 2 };
	struct harness h;
	u32 k;

	harness_begin(&h, 1, (struct translator_config){0});
	/* The first turn by the callbacks, the second one by the first-level TLB. */
	POKE(&h, 0x1000, NOP, LWARX(4, 0, 6), STWCX(5, 0, 7), MFCR(10), STWCX(5, 0, 6), MFCR(11),
	     LWARX(4, 0, 6), STWCX(5, 0, 6), MFCR(12), STWCX(5, 0, 6), MFCR(13), LWARX(4, 0, 6),
	     STDCX(5, 0, 6), MFCR(14), LWARX(4, 0, 6), STW(8, 0, 6), STWCX(5, 0, 6), MFCR(15),
	     BDNZ(-68), SC1);
	h.s[0]->gpr[5] = 5;
	h.s[0]->gpr[6] = 0x3000;
	h.s[0]->gpr[7] = 0x3004;
	h.s[0]->gpr[8] = 8;
	h.s[0]->ctr = 2;
	expect_sc(&h, 0);
	for (k = 10; k <= 15; k++)
		assert_int_equal(h.s[0]->gpr[k] >> 28 & EQ, k == 12 ? EQ : 0);
	assert_int_equal(word_at(&h, 0x3000), 8);
	assert_int_equal(word_at(&h, 0x3004), 0);
	harness_end(&h);
}

/* The same of quadwords, among registers that a loop keeps. */
#define LQARX(rt, ra, rb) (LWARX(rt, ra, rb) + ((276 - 20) << 1))
#define STQCX(rs, ra, rb) (STWCX(rs, ra, rb) + ((182 - 150) << 1))

static void test_quad_reservations(void **state)
{
	enum { EQ = 2, TURNS = 100 };
	struct harness h;
	u32 k;

	harness_begin(&h, 1, (struct translator_config){0});
	POKE(&h, 0x1000, NOP, ADDI(24, 24, 1), ADDI(25, 25, 2), ADDI(26, 26, 3), ADDI(27, 27, 4),
	     ADDI(28, 28, 5), ADDI(29, 29, 6), ADDI(30, 30, 7), ADDI(31, 31, 8),
	     /* elsewhere, and then there is none */ LQARX(20, 0, 6), STQCX(22, 0, 7), MFCR(10),
	     STQCX(22, 0, 6), MFCR(11), LQARX(20, 0, 6), ADDI(20, 20, 1), ADDI(21, 21, 3),
	     STQCX(20, 0, 6), MFCR(12), STQCX(22, 0, 6), MFCR(13),
	     /* of another size */ LQARX(16, 0, 6), STDCX(5, 0, 6), MFCR(14),
	     /* changed, in either half */ LQARX(16, 0, 6), STD(8, 8, 6), STQCX(22, 0, 6), MFCR(15),
	     STD(21, 8, 6), LQARX(16, 0, 6), STW(8, 0, 6), STQCX(22, 0, 6), MFCR(9), STD(20, 0, 6),
	     BDNZ(-136), SC1);
	h.s[0]->gpr[6] = 0x3000;
	h.s[0]->gpr[7] = 0x3010;
	h.s[0]->gpr[8] = 0x7777;
	h.s[0]->ctr = TURNS;
	expect_sc(&h, 0);
	for (k = 9; k <= 15; k++)
		assert_int_equal(h.s[0]->gpr[k] >> 28 & EQ, k == 12 ? EQ : 0);
	assert_int_equal(h.s[0]->gpr[20], TURNS);
	assert_int_equal(h.s[0]->gpr[21], 3 * TURNS);
	assert_int_equal(word_at(&h, 0x3004), TURNS);
	assert_int_equal(word_at(&h, 0x300c), 3 * TURNS);
	assert_int_equal(word_at(&h, 0x3014), 0);
	for (k = 24; k <= 31; k++)
		assert_int_equal(h.s[0]->gpr[k], (k - 23) * TURNS);
	harness_end(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_processes),	 cmocka_unit_test(test_flushes),
		cmocka_unit_test(test_loads_of_loops),	 cmocka_unit_test(test_small_pages),
		cmocka_unit_test(test_data_beside_code), cmocka_unit_test(test_eviction),
		cmocka_unit_test(test_second_chance),	 cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_reservations),	 cmocka_unit_test(test_quad_reservations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
