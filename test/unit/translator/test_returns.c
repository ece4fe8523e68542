// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls and returns that do not pair, or too many of them: whatever a back end remembers of calls
 * is a guess.
 */
#include "harness.h"

#define MFLR(rt)	   (31u << 26 | (rt) << 21 | 8 << 16 | 339 << 1)
#define MTLR(rs)	   (31u << 26 | (rs) << 21 | 8 << 16 | 467 << 1)
#define MTCTR(rs)	   (31u << 26 | (rs) << 21 | 9 << 16 | 467 << 1)
#define MR(ra, rs)	   (31u << 26 | (rs) << 21 | (ra) << 16 | (rs) << 11 | 444 << 1)
#define STDU(rs, d, ra)	   (STD(rs, d, ra) | 1)
#define ADDIC_(rt, ra, si) (13u << 26 | (rt) << 21 | (ra) << 16 | ((si)&0xffff)) /* addic. */
#define BCTRL		   0x4e800421u
#define BGETPC		   0x429f0005u /* bcl 20,31,.+4 */

static const struct translator_config hot = {.tier2_after = 5, .tier2_inline = true};

static void go(struct harness *h, u64 ctr)
{
	struct cpu_state *s = h->s[0];

	s->pc = 0x1000;
	s->ctr = ctr;
	memset(&s->gpr[3], 0, 8 * 8);
	s->gpr[1] = 0xf0000;
	assert_int_equal(translator_run(h->cpu[0]), TRANSLATOR_STOP_HCALL);
}

/* Deeper than any table. */
static void test_deep(void **state)
{
	enum { DEPTH = 5000 };
	struct harness h;

	harness_begin(&h, 1, hot);
	POKE(&h, 0x1000, MR(3, 20), BL(0xffc), SC1);
	POKE(&h, 0x2000, MFLR(0), STD(0, 16, 1), STDU(1, -32, 1), ADDIC_(3, 3, -1), BEQ(8), BL(-20),
	     ADDI(4, 4, 1), ADDI(1, 1, 32), LD(0, 16, 1), MTLR(0), BLR);
	h.s[0]->gpr[20] = DEPTH;
	for (u32 k = 0; k < 10; k++) {
		go(&h, 0);
		assert_int_equal(h.s[0]->gpr[4], DEPTH);
		assert_int_equal(h.s[0]->gpr[1], 0xf0000);
	}
	harness_end(&h);
}

/* To the instruction after the one behind the call; through a register too. */
static void test_elsewhere(void **state)
{
	struct harness h;

	harness_begin(&h, 1, hot);
	POKE(&h, 0x1000, ADDI(0, 0, 0x2000), BL(0xffc), ADDI(3, 3, 1), ADDI(4, 4, 1), BDNZ(-12),
	     MTCTR(0), BCTRL, ADDI(3, 3, 1), SC1);
	POKE(&h, 0x2000, MFLR(12), ADDI(12, 12, 4), MTLR(12), ADDI(5, 5, 1), BLR);
	for (u32 k = 0; k < 20; k++) {
		go(&h, 100);
		assert_int_equal(h.s[0]->gpr[3], 0);
		assert_int_equal(h.s[0]->gpr[4], 100);
		assert_int_equal(h.s[0]->gpr[5], 101);
	}
	harness_end(&h);
}

/* Out of two calls at once, more often than any table has entries. */
static void test_longjmp(void **state)
{
	enum { TURNS = 5000 };
	struct harness h;

	harness_begin(&h, 1, hot);
	POKE(&h, 0x1000, BL(0x1000), ADDI(4, 4, 1), BDNZ(-8), SC1);
	POKE(&h, 0x2000, MFLR(21), BL(16), ADDI(3, 3, 1), MTLR(21), BLR, /* inner: */ MTLR(21),
	     ADDI(5, 5, 1), BLR);
	go(&h, TURNS);
	assert_int_equal(h.s[0]->gpr[3], 0);
	assert_int_equal(h.s[0]->gpr[4], TURNS);
	assert_int_equal(h.s[0]->gpr[5], TURNS);
	harness_end(&h);
}

/* Two that go on where the other one stopped. */
static void test_coroutines(void **state)
{
	struct harness h;

	harness_begin(&h, 1, hot);
	POKE(&h, 0x1000, ADDI(22, 0, 0x3000), ADDI(3, 3, 1), BL(0xff8), BDNZ(-8), SC1);
	POKE(&h, 0x2000, MFLR(0), MTLR(22), MR(22, 0), BLR);
	POKE(&h, 0x3000, ADDI(4, 4, 1), BL(-0x1004), B(-8));
	go(&h, 1000);
	assert_int_equal(h.s[0]->gpr[3], 1000);
	assert_int_equal(h.s[0]->gpr[4], 1000);
	harness_end(&h);
}

/* The callee rewrites what stands behind its call. */
static void test_rewritten(void **state)
{
	struct harness h;

	harness_begin(&h, 1, hot);
	POKE(&h, 0x1000, BL(0x1000), ADDI(3, 3, 0), BDNZ(-8), SC1);
	POKE(&h, 0x2000, ADDI(10, 10, 1), ADD(11, 20, 10), STW(11, 0, 6), SYNC, ICBI(0, 6), SYNC,
	     ISYNC, BLR);
	h.s[0]->gpr[20] = ADDI(3, 3, 0);
	for (u32 k = 0; k < 5; k++) {
		struct cpu_state *s = h.s[0];

		s->pc = 0x1000;
		s->ctr = 100;
		s->gpr[3] = s->gpr[10] = 0;
		s->gpr[6] = 0x1004;
		assert_int_equal(translator_run(h.cpu[0]), TRANSLATOR_STOP_HCALL);
		assert_int_equal(s->gpr[3], 100 * 101 / 2);
	}
	harness_end(&h);
}

/* "Where am I?" is no call. */
static void test_own_address(void **state)
{
	struct harness h;

	harness_begin(&h, 1, hot);
	POKE(&h, 0x1000, BL(0x1000), ADDI(4, 4, 1), BDNZ(-8), SC1);
	POKE(&h, 0x2000, MFLR(0), BGETPC, MFLR(5), MTLR(0), ADDI(3, 3, 1), BLR);
	go(&h, 5000);
	assert_int_equal(h.s[0]->gpr[3], 5000);
	assert_int_equal(h.s[0]->gpr[4], 5000);
	assert_int_equal(h.s[0]->gpr[5], 0x2008);
	harness_end(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deep),	  cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_longjmp),	  cmocka_unit_test(test_coroutines),
		cmocka_unit_test(test_rewritten), cmocka_unit_test(test_own_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
