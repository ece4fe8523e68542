// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Regions of several blocks: random code with branches of every kind, run as a region until it
 * stops and then one instruction at a time for as many instructions as the region counted. Then
 * the shapes that the former knows: loops, loops in loops, entries in the middle, cold code, the
 * end of the page, bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"

enum { CODE = 0x3000, LEN = 64, MODE = MODE_SF | MODE_HV, FIRST = CODE };

#define XO(xo, rt, ra, rb, rc) (31u << 26 | (rt) << 21 | (ra) << 16 | (rb) << 11 | (xo) << 1 | (rc))
#define DFORM(op, rt, ra, imm) ((u32)(op) << 26 | (rt) << 21 | (ra) << 16 | ((imm)&0xffff))
#define ADDI(rt, ra, imm)      DFORM(14, rt, ra, imm)
#define B(off)		       (18u << 26 | ((u32)(off)&0x3fffffc))
#define BC(bo, bi, off)	       (16u << 26 | (bo) << 21 | (bi) << 16 | ((u32)(off)&0xfffc))
#define BCLR(bo, bi)	       (19u << 26 | (bo) << 21 | (bi) << 16 | 16u << 1)
#define BCCTR(bo, bi)	       (19u << 26 | (bo) << 21 | (bi) << 16 | 528u << 1)
#define CMPD(crf, ra, rb)      XO(0, (crf) << 2 | 1, ra, rb, 0)
#define CMPWI(crf, ra, imm)    DFORM(11, (crf) << 2, ra, imm)
#define TRAP		       XO(4, 31, 0, 0, 0)

static u64 seed;

static u32 rnd(u32 n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(seed >> 33) % n;
}

/* --- random code --- */
static u32 reg(void)
{
	return 3 + rnd(6);
}

static u32 random_branch(u32 at)
{
	s32 off = 4 * ((s32)rnd(LEN + 6) - (s32)at - 3);
	static const u8 bo[] = {12, 4, 16, 18, 20, 8, 0, 10, 2};
	u32 lk = !rnd(16);

	switch (rnd(12)) {
	case 0:
	case 1:
		return B(off) | lk;
	case 2:
		return BCLR(rnd(2) ? 12 : bo[rnd(9)], rnd(12)) | lk;
	case 3:
		return BCCTR(rnd(2) ? 12 : 4, rnd(12)) | lk;
	default:
		return BC(rnd(3) ? 12 - 8 * rnd(2) : bo[rnd(9)], rnd(12), off) | lk;
	}
}

static u32 random_insn(void)
{
	static const u16 xo[] = {266, 40, 28, 444, 316, 235, 10, 8, 138, 136, 104, 202, 27, 539};

	switch (rnd(10)) {
	case 0:
		return ADDI(reg(), reg(), rnd(64));
	case 1:
		return CMPD(rnd(3), reg(), reg());
	case 2:
		return CMPWI(rnd(3), reg(), rnd(16));
	case 3:
		return DFORM(28, reg(), reg(), 0xf0f); /* andi. */
	case 4:					       /* ld, std, lwz, stw in the window or not */
		return rnd(2) ? DFORM(58, reg(), 1, 8 * rnd(8)) : DFORM(62, reg(), 1, 8 * rnd(8));
	case 5:
		return rnd(8) ? DFORM(36, reg(), 1, 4 * rnd(16)) : DFORM(32, reg(), reg(), 0);
	case 6:
		return 21u << 26 | reg() << 21 | reg() << 16 | rnd(32) << 11 | rnd(32) << 6 |
		       rnd(32) << 1 | rnd(2); /* rlwinm */
	case 7:				      /* crxor and the like */
		return 19u << 26 | rnd(12) << 21 | rnd(12) << 16 | rnd(12) << 11 | 193u << 1;
	default: {
		u32 k = rnd(ARRAY_SIZE(xo));

		return XO(xo[k], reg(), reg(), reg(), rnd(3) == 0);
	}
	}
}

static void random_state(struct machine *m)
{
	u32 k;

	machine_reset(m);
	for (k = 0; k < 32; k++)
		m->s->gpr[k] = rnd(3) ? rnd(64) : (u64)rnd(~0u) << rnd(33);
	m->s->gpr[1] = MEM + 64;
	for (k = 0; k < 8; k++)
		m->s->cr[k] = 1u << rnd(4);
	m->s->ctr = rnd(3) ? rnd(9) : CODE + 4 * rnd(LEN);
	m->s->lr = CODE + 4 * rnd(LEN + 8);
	m->s->so = rnd(4) == 0;
	m->s->pc = CODE + 4 * rnd(LEN);
}

static u32 some_cold(void *opaque, u64 ea)
{
	return (u32)(ea >> 2) * 2654435761u >> 30;
}

static void assert_same(const struct machine *a, const struct machine *b, u64 n)
{
	if (memcmp(a->s->gpr, b->s->gpr, sizeof(a->s->gpr)) ||
	    memcmp(a->s->cr, b->s->cr, sizeof(a->s->cr)) || a->s->lr != b->s->lr ||
	    a->s->ctr != b->s->ctr || a->s->ca != b->s->ca || a->s->so != b->s->so ||
	    a->s->ov != b->s->ov || memcmp(a->mem, b->mem, MEM_SIZE) || a->s->pc != b->s->pc)
		fail_msg("program %llu: differs at %llx / %llx after %llu", (unsigned long long)n,
			 (unsigned long long)a->s->pc, (unsigned long long)b->s->pc,
			 (unsigned long long)a->executed);
}

/* As many instructions as the region said, one by one. */
static void follow(struct machine *m, const u32 *words, u64 count)
{
	while (count--) {
		u64 pc = m->s->pc;

		assert_true(pc >= CODE && pc < CODE + 4 * LEN);
		machine_run(m, MODE, pc, &words[(pc - CODE) / 4], 1);
		m->s->pc = m->pc;
		assert_true(m->stop != BACKEND_STOP_LEAVE);
	}
}

static void test_random(void **state)
{
	struct machine *a = machine_create("power9"), *b = machine_create("power9");
	static const u32 passes[] = {IR_PASS_ALL, 0, IR_PASS_ALL, IR_PASS_ALL & ~IR_PASS_DEAD_PUT,
				     IR_PASS_ALL & ~IR_PASS_DEFER};
	u32 words[LEN], k, turn;
	u64 n, total = 0, save;

	for (n = 0; n < 400; n++) {
		seed = n * 77777;
		for (k = 0; k < LEN; k++)
			words[k] = rnd(4) ? random_insn() : random_branch(k);
		words[LEN - 1] = B(-4 * (LEN - 1));
		a->passes = passes[n % ARRAY_SIZE(passes)];
		for (turn = 0; turn < 4; turn++) {
			save = ++seed;
			random_state(a);
			seed = save;
			random_state(b);
			for (k = 0; k < 8; k++) {
				u64 pc = a->s->pc;

				if (pc < CODE || pc >= CODE + 4 * LEN)
					break;
				machine_run_region(a, MODE, pc, CODE, words, LEN, 20 + rnd(60),
						   rnd(2) ? some_cold : NULL, 200);
				a->s->pc = a->pc;
				follow(b, words, a->executed);
				total += a->executed;
				if (a->stop == BACKEND_STOP_LEAVE) {
					machine_run(b, MODE, b->s->pc,
						    &words[(b->s->pc - CODE) / 4], 1);
					assert_int_equal(b->code, a->code);
					assert_same(a, b, n);
					break;
				}
				assert_same(a, b, n);
			}
		}
	}
	print_message("%llu instructions\n", (unsigned long long)total);
	machine_destroy(a);
	machine_destroy(b);
}

/* --- shapes --- */
static u32 count_op(const struct machine *m, u8 op)
{
	u32 n, count = 0;

	for (n = 1; n < m->region.count; n++)
		count += m->region.insn[n].op == op;
	return count;
}

/* Build without running further than the first poll. */
static void build(struct machine *m, u64 pc, u64 base, const u32 *words, u32 count, u32 max,
		  tr_heat_fn *heat)
{
	machine_reset(m);
	m->passes = 0;
	m->s->wanted = 1;
	machine_run_region(m, MODE, pc, base, words, count, max, heat, 1 << 20);
}

static void test_loop(void **state)
{
	struct machine *m = machine_create("power9");
	static const u32 words[] = {
		ADDI(3, 3, 1), /* entry and head */
		BC(16, 0, -4), /* bdnz */
		TRAP,
	};

	build(m, CODE, CODE, words, 3, 100, NULL);
	assert_int_equal(m->stop, BACKEND_STOP_POLL);
	assert_int_equal(m->pc, CODE);
	assert_int_equal(count_op(m, IR_POLL), 1);
	assert_int_equal(count_op(m, IR_LABEL), 1);
	assert_int_equal(count_op(m, IR_BR_IF), 1);
	assert_int_equal(count_op(m, IR_GOTO) + count_op(m, IR_GOTO_IF), 0);
	machine_reset(m);
	m->s->ctr = 1000;
	machine_run_region(m, MODE, CODE, CODE, words, 3, 100, NULL, 1 << 20);
	assert_int_equal(m->stop, BACKEND_STOP_LEAVE);
	assert_int_equal(m->s->gpr[3], 1000);
	assert_int_equal(m->executed, 2000);
	assert_int_equal(m->pc, CODE + 8);
	machine_destroy(m);
}

static void test_nested_loops(void **state)
{
	struct machine *m = machine_create("power9");
	static const u32 words[] = {
		ADDI(4, 0, 10), ADDI(5, 0, 10),		       /* outer */
		ADDI(3, 3, 1),				       /* inner */
		ADDI(5, 5, -1), CMPWI(0, 5, 0), BC(4, 2, -12), /* bne inner */
		ADDI(4, 4, -1), CMPWI(1, 4, 0), BC(4, 6, -28), /* bne cr1, outer */
		TRAP,
	};

	build(m, CODE, CODE, words, ARRAY_SIZE(words), 100, NULL);
	assert_int_equal(count_op(m, IR_POLL), 3); /* entry and both heads */
	assert_int_equal(count_op(m, IR_LABEL), 2);
	machine_reset(m);
	machine_run_region(m, MODE, CODE, CODE, words, ARRAY_SIZE(words), 100, NULL, 1 << 20);
	assert_int_equal(m->s->gpr[3], 100);
	assert_int_equal(m->executed, 1 + 10 * (1 + 10 * 4 + 3));
	machine_destroy(m);
}

/* A loop with two entries. */
static void test_irreducible(void **state)
{
	struct machine *m = machine_create("power9");
	static const u32 words[] = {
		CMPWI(0, 3, 0), BC(12, 2, 12), /* beq second */
		ADDI(4, 4, 1),		       /* first */
		ADDI(6, 6, 1),	ADDI(5, 5, 1), /* second */
		BC(16, 0, -12),		       /* bdnz first */
		TRAP,
	};

	for (u32 k = 0; k < 2; k++) {
		machine_reset(m);
		m->passes = IR_PASS_ALL;
		m->s->gpr[3] = k;
		m->s->ctr = 5;
		machine_run_region(m, MODE, CODE, CODE, words, ARRAY_SIZE(words), 100, NULL,
				   1 << 20);
		assert_int_equal(m->s->gpr[4], 4 + k);
		assert_int_equal(m->s->gpr[5], 5);
		assert_int_equal(m->executed, 2 + 2 * (4 + k) + 2 * 5);
		assert_int_equal(m->pc, CODE + 24);
	}
	machine_destroy(m);
}

static u32 cold_behind_8(void *opaque, u64 ea)
{
	return ea == CODE + 8 ? 0 : 5;
}

/* A trace through branches that are not taken is one block; cold code is left out. */
static void test_side_exits(void **state)
{
	struct machine *m = machine_create("power9");
	static const u32 words[] = {
		CMPWI(0, 3, 0), BC(12, 2, 12), /* beq +12, out of the words */
		ADDI(4, 4, 1),	CMPWI(0, 4, 0), BC(12, 2, 0x2000), BCLR(12, 2), BCLR(20, 0),
	};

	build(m, CODE, CODE, words, 4, 100, NULL);
	assert_int_equal(count_op(m, IR_LABEL), 0);
	assert_int_equal(count_op(m, IR_GOTO_IF), 1); /* no words there */
	build(m, CODE, CODE, words, ARRAY_SIZE(words), 100, cold_behind_8);
	assert_int_equal(m->extent.nr_pieces, 2);
	assert_int_equal(m->extent.piece[0].len, 8);
	assert_int_equal(count_op(m, IR_GOTO_IF), 2); /* to the cold block; out of the page */
	build(m, CODE + 8, CODE, words, ARRAY_SIZE(words), 100, NULL);
	assert_int_equal(count_op(m, IR_GOTO_IF), 1);
	assert_int_equal(count_op(m, IR_GOTO_IND), 2); /* beqlr stands behind the rest */
	machine_destroy(m);
}

/* Regions end with their page and at the bound of instructions. */
static void test_bounds(void **state)
{
	struct machine *m = machine_create("power9");
	u32 words[1100], k;

	for (k = 0; k < ARRAY_SIZE(words); k++)
		words[k] = ADDI(3, 3, 1);
	build(m, 0x4ff0, 0x4000, words, ARRAY_SIZE(words), 100, NULL);
	assert_int_equal(m->region.guest_insns, 4);
	assert_int_equal(m->extent.piece[0].len, 16);
	build(m, 0x4000, 0x4000, words, ARRAY_SIZE(words), 37, NULL);
	assert_int_equal(m->region.guest_insns, 37);
	machine_reset(m);
	machine_run_region(m, MODE, 0x4000, 0x4000, words, ARRAY_SIZE(words), 37, NULL, 1000);
	assert_int_equal(m->pc, 0x4000 + 4 * 37);
	assert_int_equal(m->executed, 37);
	/* More blocks than a region takes. */
	for (k = 0; k < 1000; k += 2) {
		words[k] = CMPWI(0, 3, k);
		words[k + 1] = BC(12, 2, 4 * (s32)(1000 - k));
	}
	build(m, 0x4000, 0x4000, words, ARRAY_SIZE(words), 1000, NULL);
	assert_true(m->extent.nr_pieces <= TR_MAX_PIECES);
	assert_true(m->region.guest_insns > 80);
	machine_destroy(m);
}

/* Any words at all, up to the full size: verified, optimised, compiled, run until the first poll.
 */
static void test_any_words(void **state)
{
	struct machine *m = machine_create("power9");
	static u32 words[1024];
	u32 turn, k;

	for (turn = 0; turn < 60; turn++) {
		seed = 1 + turn;
		for (k = 0; k < 1024; k++) {
			words[k] = rnd(~0u);
			if (rnd(4)) /* the larger opcodes have most rows */
				words[k] = (words[k] & 0x3ffffff) | (rnd(2) ? 31u : rnd(64)) << 26;
			if (!rnd(8))
				words[k] = BC(rnd(32), rnd(32), 4 * ((s32)rnd(200) - 100));
		}
		for (k = 0; k < 12; k++) {
			machine_reset(m);
			m->passes = rnd(4) ? IR_PASS_ALL : 0;
			m->s->wanted = 1;
			machine_run_region(m, MODE | MODE_FP | MODE_VEC | MODE_VSX,
					   0x4000 + 4 * rnd(1024), 0x4000, words, 1024, 400, NULL,
					   1 << 20);
		}
	}
	machine_destroy(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),	     cmocka_unit_test(test_loop),
		cmocka_unit_test(test_nested_loops), cmocka_unit_test(test_irreducible),
		cmocka_unit_test(test_any_words),    cmocka_unit_test(test_side_exits),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
