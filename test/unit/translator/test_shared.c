// SPDX-License-Identifier: GPL-2.0-or-later
/* Privileged code that looks at no MSR bit of floating point and vectors is translated once for all
 * of them, and still knows when code does. */
#include "harness.h"

#define FADD(t, a, b) (63u << 26 | (t) << 21 | (a) << 16 | (b) << 11 | 21 << 1)
#define MFSRR1(rt)    (31u << 26 | (rt) << 21 | 27 << 16 | 339 << 1)
#define MTSRR1(rs)    (31u << 26 | (rs) << 21 | 27 << 16 | 467 << 1)
#define RFID	      0x4c000024u

struct wanted {
	const char *name;
	u64 value;
};

static void take(void *opaque, const char *name, u64 value)
{
	struct wanted *w = opaque;

	if (!strcmp(name, w->name))
		w->value = value;
}

static u64 translated(struct harness *h)
{
	struct wanted w = {.name = "code.translated"};

	translator_stats(h->t, NULL, take, &w);
	return w.value;
}

/* An integer block, and one that ends in floating point, which the handler makes available. */
static void begin(struct harness *h)
{
	harness_begin(h, 1, (struct translator_config){0});
	POKE(h, 0x1000, ADDI(3, 3, 1), B(0xc));
	POKE(h, 0x1010, ADDI(4, 4, 1), B(0x10));
	POKE(h, 0x1024, NOP, FADD(1, 1, 2), ADDI(5, 5, 1), BDNZ(-0x30), SC1);
	POKE(h, 0x800, ADDI(8, 8, 1), MFSRR1(7), ORI(7, 7, MSR_FP), MTSRR1(7), RFID);
}

static void run(struct harness *h, u64 msr)
{
	h->s[0]->msr = MSR_SF | msr;
	h->s[0]->pc = 0x1000;
	h->s[0]->ctr = 10;
	h->s[0]->gpr[3] = h->s[0]->gpr[4] = h->s[0]->gpr[5] = h->s[0]->gpr[8] = 0;
	translator_registers_changed(h->cpu[0]);
	assert_int_equal(translator_run(h->cpu[0]), TRANSLATOR_STOP_HCALL);
	assert_int_equal(h->s[0]->gpr[4], 10);
	assert_int_equal(h->s[0]->gpr[5], 10);
	assert_true(h->s[0]->msr & MSR_FP);
}

static void test_facility(void **state)
{
	struct harness h;
	u32 round;

	begin(&h);
	for (round = 0; round < 3; round++) {
		run(&h, MSR_FP);
		assert_int_equal(h.s[0]->gpr[3], 10);
		assert_int_equal(h.s[0]->gpr[8], 0);
		run(&h, 0);
		assert_int_equal(h.s[0]->gpr[3], 10);
		assert_int_equal(h.s[0]->gpr[8], 1);
		run(&h, MSR_VEC);
		assert_int_equal(h.s[0]->gpr[3], 10);
		assert_int_equal(h.s[0]->gpr[8], 1);
	}
	harness_end(&h);
}

static void test_once(void **state)
{
	struct harness h;
	u64 before;

	begin(&h);
	POKE(&h, 0x1024, NOP, NOP, ADDI(5, 5, 1), BDNZ(-0x30), SC1);
	run(&h, MSR_FP);
	before = translated(&h);
	h.s[0]->msr = 0;
	run(&h, MSR_FP | MSR_VEC);
	run(&h, MSR_FP | MSR_VSX);
	assert_int_equal(translated(&h), before);
	harness_end(&h);
}

/* Every mode sees that code changed. */
static void test_change(void **state)
{
	static const u64 msr[] = {MSR_FP, 0, MSR_VEC, MSR_VEC | MSR_VSX};
	struct harness h;
	u32 k, by;

	begin(&h);
	for (by = 1; by < 4; by++) {
		u32 word = ADDI(3, 3, by);

		poke(&h, 0x1000, &word, 1);
		for (k = 0; k < ARRAY_SIZE(msr); k++) {
			run(&h, msr[k]);
			assert_int_equal(h.s[0]->gpr[3], 10 * by);
		}
	}
	harness_end(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facility),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
