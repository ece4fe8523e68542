// SPDX-License-Identifier: GPL-2.0-or-later
/* Running guest words: chaining, MMIO, code that changes, two processors. `sc 1` ends a test. */
#include "harness.h"

static void expect_hcall(struct harness *h, u32 cpu)
{
	enum translator_stop stop = translator_run(h->cpu[cpu]);

	if (stop != TRANSLATOR_STOP_HCALL)
		fail_msg("stop %u at %llx event %u ea %llx", stop,
			 (unsigned long long)h->s[cpu]->pc, h->s[cpu]->event.code,
			 (unsigned long long)h->s[cpu]->event.ea);
}

static void test_loop(void **state)
{
	static const struct translator_config configs[] = {
		{.max_insns = 0}, {.max_insns = 1}, {.passes = ~0u}, {.leave_at_records = true}};
	struct harness h;
	u32 k;

	for (k = 0; k < ARRAY_SIZE(configs); k++) {
		harness_begin(&h, 1, configs[k]);
		POKE(&h, 0x1000, ADDI(3, 0, 1000), NOP, ADDI(4, 0, 0), ADDI(4, 4, 3), ADD(5, 4, 5),
		     BDNZ(-8), SC1);
		h.s[0]->ctr = 1000;
		expect_hcall(&h, 0);
		assert_int_equal(h.s[0]->gpr[4], 3000);
		assert_int_equal(h.s[0]->gpr[5], 3ull * 1000 * 1001 / 2);
		assert_int_equal(h.s[0]->pc, 0x101c);
		assert_int_equal(h.s[0]->icount, 3 + 3000 + 1);
		harness_end(&h);
	}
}

/* Calls to another page and back, loads and stores of every size class. */
static void test_calls_and_memory(void **state)
{
	struct harness h;

	harness_begin(&h, 1, (struct translator_config){0});
	POKE(&h, 0x1000, ADDI(3, 0, 100), NOP, ADDI(6, 0, 0x3000), BL(0x2000 - 0x100c), BDNZ(-4),
	     LWZ(7, 4, 6), LHZ(8, 6, 6), LD(9, 0x1fffc - 0x20000 + 0x1000, 6), SC1);
	POKE(&h, 0x2000, LD(4, 0, 6), ADDI(4, 4, 1), STD(4, 0, 6), STW(4, 0xffe, 6), BLR);
	h.s[0]->ctr = 100;
	expect_hcall(&h, 0);
	assert_int_equal(h.s[0]->gpr[4], 100);
	assert_int_equal(h.s[0]->gpr[7], 100);
	assert_int_equal(h.s[0]->gpr[8], 100);
	/* The word at 0x3ffe crosses into the next page. */
	assert_int_equal(ld_be32((u8 *)h.ram.base + 0x3ffe), 100);
	harness_end(&h);
}

static void test_mmio(void **state)
{
	struct harness h;
	struct translator_mmio *m;
	u32 k;

	harness_begin(&h, 1, (struct translator_config){0});
	POKE(&h, 0x1000, ADDIS(6, 0, MMIO_BASE >> 16), ADDI(5, 0, 0x1234), STW(5, 8, 6),
	     LWZ(7, 12, 6), ADDI(7, 7, 1), LMW(29, 16, 6), SC1);
	assert_int_equal(translator_run(h.cpu[0]), TRANSLATOR_STOP_MMIO);
	m = translator_mmio(h.cpu[0]);
	assert_true(m->write && m->len == 4 && m->ra == MMIO_BASE + 8);
	assert_int_equal(ld_be32(m->data), 0x1234);
	assert_int_equal(translator_run(h.cpu[0]), TRANSLATOR_STOP_MMIO);
	m = translator_mmio(h.cpu[0]);
	assert_true(!m->write && m->len == 4 && m->ra == MMIO_BASE + 12);
	st_be32(m->data, 41);
	/* Three accesses of one instruction. */
	for (k = 0; k < 3; k++) {
		assert_int_equal(translator_run(h.cpu[0]), TRANSLATOR_STOP_MMIO);
		m = translator_mmio(h.cpu[0]);
		assert_true(!m->write && m->ra == MMIO_BASE + 16 + 4 * k);
		st_be32(m->data, 100 + k);
	}
	expect_hcall(&h, 0);
	assert_int_equal(h.s[0]->gpr[7], 42);
	for (k = 0; k < 3; k++)
		assert_int_equal(h.s[0]->gpr[29 + k], 100 + k);
	harness_end(&h);
}

/* Nobody answers at a real address: machine check, at the instruction. */
static void test_absent(void **state)
{
	struct harness h;

	harness_begin(&h, 1, (struct translator_config){0});
	POKE(&h, 0x200, SC1);
	h.s[0]->msr |= MSR_ME;
	POKE(&h, 0x1000, ADDIS(6, 0, MMIO_BASE >> 16), LWZ(7, 12, 6), SC1);
	assert_int_equal(translator_run(h.cpu[0]), TRANSLATOR_STOP_MMIO);
	translator_mmio(h.cpu[0])->failed = true;
	expect_hcall(&h, 0);
	assert_int_equal(h.s[0]->pc, 0x204);
	assert_int_equal(h.s[0]->spr[SPR_SRR0], 0x1004);
	assert_true(h.s[0]->spr[SPR_SRR1] & PPC_BIT(42));
	assert_int_equal(h.s[0]->spr[SPR_DAR], MMIO_BASE + 12);
	assert_int_equal(h.s[0]->spr[SPR_DSISR], 0x40);
	harness_end(&h);
}

/* A 440: instructions of a little-endian page, 32-bit addresses, device control registers. */
static void test_440_details(void **state)
{
	static const u32 code[] = {MFDCR(3, 0x85), ADDI(3, 3, 1),	MTDCR(0x86, 3),
				   LWZ(4, 0, 5),   ADDIS(6, 0, 0x7fff), ADDIS(6, 6, 0x7fff),
				   ADD(6, 6, 6),   STW(4, 0x3100, 6)};
	struct translator_mmio *m;
	struct harness h;
	u32 k;

	harness_begin_model(&h, 1, (struct translator_config){0}, "440ep");
	/* 4K little-endian page at 0x1000; 256K of big-endian space at 0xfffc0000, from 0 on. */
	h.s[0]->tlb[0] = (struct soft_tlb_entry){.word = {0x1210, 0x1000, 0x87}, .valid = 1};
	h.s[0]->tlb[1] = (struct soft_tlb_entry){.word = {0xfffc0240, 0, 0x7}, .valid = 1};
	for (k = 0; k < ARRAY_SIZE(code); k++)
		st_le32((u8 *)h.ram.base + 0x1000 + 4 * k, code[k]);
	st_be32((u8 *)h.ram.base + 0x3000, 0x12345678);
	h.s[0]->gpr[5] = 0xfffc3000;
	assert_int_equal(translator_run(h.cpu[0]), TRANSLATOR_STOP_DCR);
	m = translator_mmio(h.cpu[0]);
	assert_true(m->dcr && !m->write && m->ra == 0x85);
	st_be32(m->data, 41);
	assert_int_equal(translator_run(h.cpu[0]), TRANSLATOR_STOP_DCR);
	m = translator_mmio(h.cpu[0]);
	assert_true(m->dcr && m->write && m->ra == 0x86);
	assert_int_equal(ld_be32(m->data), 42);
	/* 2 * 0xfffe0000 wraps to 0xfffc0000; step to behind the store. */
	translator_single_step(h.cpu[0], true);
	while (h.s[0]->pc < 0x1020)
		assert_int_equal(translator_run(h.cpu[0]), TRANSLATOR_STOP_DEBUG);
	assert_int_equal(h.s[0]->gpr[4], 0x12345678);
	assert_int_equal(ld_be32((u8 *)h.ram.base + 0x3100), 0x12345678);
	harness_end(&h);
}

/* The guest overwrites a routine that it called before; then a device does. */
static void test_code_changes(void **state)
{
	static const u32 by_device[] = {ADDI(3, 0, 3), BLR};
	struct harness h;

	harness_begin(&h, 1, (struct translator_config){0});
	POKE(&h, 0x1000, BL(0x1000), ADDI(10, 3, 0), LWZ(4, 0, 5), STW(4, 0, 6), SYNC, ICBI(0, 6),
	     SYNC, ISYNC, BL(0x1000 - 0x20), ADDI(11, 3, 0), SC1, BL(0x1000 - 0x2c), SC1);
	POKE(&h, 0x2000, ADDI(3, 0, 1), BLR);
	POKE(&h, 0x3000, ADDI(3, 0, 2));
	h.s[0]->gpr[5] = 0x3000;
	h.s[0]->gpr[6] = 0x2000;
	expect_hcall(&h, 0);
	assert_int_equal(h.s[0]->gpr[10], 1);
	assert_int_equal(h.s[0]->gpr[11], 2);
	poke(&h, 0x2000, by_device, 2);
	expect_hcall(&h, 0);
	assert_int_equal(h.s[0]->gpr[3], 3);
	harness_end(&h);
}

struct thread_arg {
	struct harness *h;
	u32 cpu;
};

static void run_thread(void *opaque)
{
	struct thread_arg *a = opaque;

	expect_hcall(a->h, a->cpu);
}

static void run_both(struct harness *h)
{
	struct thread_arg arg[2] = {{h, 0}, {h, 1}};
	struct os_thread thread[2];
	u32 k;

	for (k = 0; k < 2; k++)
		assert_int_equal(os_thread_create(&thread[k], "vcpu", run_thread, &arg[k]), 0);
	for (k = 0; k < 2; k++)
		os_thread_join(&thread[k]);
}

static void test_atomics(void **state)
{
	enum { TURNS = 20000 };
	struct harness h;

	harness_begin(&h, 2, (struct translator_config){0});
	POKE(&h, 0x1000, NOP, LWARX(4, 0, 6), ADDI(4, 4, 1), STWCX(4, 0, 6), BNE(-12), BDNZ(-16),
	     SC1);
	h.s[0]->ctr = h.s[1]->ctr = TURNS;
	h.s[0]->gpr[6] = h.s[1]->gpr[6] = 0x3000;
	run_both(&h);
	assert_int_equal(ld_be32((u8 *)h.ram.base + 0x3000), 2 * TURNS);
	harness_end(&h);
}

/* Speed is printed, not judged: a shared machine has no say in correctness. */
/* wait: until there is an interrupt, which need not be taken; with another WC nothing (Book
 * II 4.6.4). */
#define WAIT(wc) (31u << 26 | (wc) << 21 | 30 << 1)

struct waiting {
	struct translator_cpu *cpu;
	_Atomic bool over;
};

static void wait_thread(void *opaque)
{
	struct waiting *w = opaque;

	assert_int_equal(translator_run(w->cpu), TRANSLATOR_STOP_HCALL);
	atomic_store(&w->over, true);
}

static void test_wait(void **state)
{
	struct waiting w = {.over = false};
	struct os_thread thread;
	struct os_wake never;
	struct harness h;

	harness_begin(&h, 1, (struct translator_config){0});
	POKE(&h, 0x1000, NOP, WAIT(1), ADDI(3, 3, 1), WAIT(0), ADDI(3, 3, 2), SC1);
	w.cpu = h.cpu[0];
	os_wake_init(&never);
	assert_int_equal(os_thread_create(&thread, "vcpu", wait_thread, &w), 0);
	os_wake_wait(&never, os_clock_ns() + 20000000);
	assert_false(atomic_load(&w.over));
	translator_set_irq(h.cpu[0], CPU_IRQ_EXTERNAL, true);
	os_thread_join(&thread);
	assert_int_equal(h.s[0]->gpr[3], 3);
	assert_int_equal(h.s[0]->pc, 0x1018);
	harness_end(&h);
}

static void test_speed(void **state)
{
	struct harness h;
	u64 t0, insns;

	harness_begin(&h, 1, (struct translator_config){0});
	POKE(&h, 0x1000, ADDIS(3, 0, 40), NOP, ADDI(6, 0, 0x3000), LWZ(4, 0, 6), ADDI(4, 4, 3),
	     ADD(5, 4, 5), STW(4, 0, 6), CMPWI(4, 0), BNE(8), ADDI(7, 7, 1), BDNZ(-28), SC1);
	h.s[0]->ctr = 40 << 16;
	t0 = os_clock_ns();
	expect_hcall(&h, 0);
	insns = h.s[0]->icount;
	print_message("%llu instructions, %llu MIPS\n", (unsigned long long)insns,
		      (unsigned long long)(insns * 1000 / (os_clock_ns() - t0)));
	harness_end(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loop),	    cmocka_unit_test(test_calls_and_memory),
		cmocka_unit_test(test_mmio),	    cmocka_unit_test(test_absent),
		cmocka_unit_test(test_440_details), cmocka_unit_test(test_code_changes),
		cmocka_unit_test(test_atomics),	    cmocka_unit_test(test_wait),
		cmocka_unit_test(test_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
