// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fixed point, branches and memory where the differential tests cannot look: 32-bit mode, models
 * of older levels, interrupts, single step, and what qemu gets wrong. Expected values are worked
 * by hand from the Power ISA, words come from the forms of Book I, 1.6.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"

static struct machine *p8, *p9, *ppc440;

#define OP(op)		   ((u32)(op) << 26)
#define R3(t, a, b)	   ((u32)(t) << 21 | (u32)(a) << 16 | (u32)(b) << 11)
#define X(op, t, a, b, xo) (OP(op) | R3(t, a, b) | (u32)(xo) << 1)
#define D(op, t, a, d)	   (OP(op) | R3(t, a, 0) | ((u32)(d)&0xffff))
#define OE		   (1u << 10)
#define RC		   1u
#define ADD(t, a, b)	   X(31, t, a, b, 266)
#define ADDC(t, a, b)	   X(31, t, a, b, 10)
#define SUBFC(t, a, b)	   X(31, t, a, b, 8)
#define DIVDE(t, a, b)	   X(31, t, a, b, 425)
#define BC(bo, bi, d)	   (OP(16) | (u32)(bo) << 21 | (u32)(bi) << 16 | ((u32)(d)&0xfffc))
#define B(d)		   (OP(18) | ((u32)(d)&0x3fffffc))
#define BLR		   0x4e800020u
#define BCCTR(bo, bi)	   (OP(19) | (u32)(bo) << 21 | (u32)(bi) << 16 | 528u << 1)
#define SC(lev)		   (OP(17) | (u32)(lev) << 5 | 2)
#define LMW(t, a, d)	   D(46, t, a, d)
#define LSWI(t, a, n)	   X(31, t, a, n, 597)
#define LSWX(t, a, b)	   X(31, t, a, b, 533)
#define STSWX(s, a, b)	   X(31, s, a, b, 661)
#define LQ(t, a, d)	   D(56, t, a, d)
#define STQ(s, a, d)	   (D(62, s, a, d) | 2)
#define LWARX(t, a, b)	   X(31, t, a, b, 20)
#define STWCX(s, a, b)	   (X(31, s, a, b, 150) | RC)
#define LWAT(t, a, fc)	   X(31, t, a, fc, 582)
#define LDAT(t, a, fc)	   X(31, t, a, fc, 614)
#define ADDI(t, a, d)	   D(14, t, a, d)
#define MTMSRD(s)	   X(31, s, 0, 0, 178)
#define FADD(t, a, b)	   (OP(63) | R3(t, a, b) | 21u << 1)
#define TBEGIN		   (OP(31) | 654u << 1 | RC)
#define SCV(lev)	   (OP(17) | (u32)(lev) << 5 | 1)
#define DLMZB(a, s, b)	   (X(31, s, a, b, 78) | RC)
#define TWI(to, a, si)	   D(3, to, a, si)

static int setup(void **state)
{
	p8 = machine_create("power8");
	p9 = machine_create("power9");
	ppc440 = machine_create("440ep");
	return 0;
}

static int teardown(void **state)
{
	machine_destroy(p8);
	machine_destroy(p9);
	machine_destroy(ppc440);
	return 0;
}

static void one(struct machine *m, u32 mode, u32 word)
{
	machine_run(m, mode, PC, &word, 1);
}

static void fresh(struct machine *m, u64 r4, u64 r5)
{
	machine_reset(m);
	m->s->gpr[4] = r4;
	m->s->gpr[5] = r5;
}

/* CA, OV and CR0 are those of the low word, the result has 64 bits (3.3.9). */
static void test_narrow_arithmetic(void **state)
{
	fresh(p9, 0xffffffff, 1);
	one(p9, 0, ADDC(3, 4, 5) | RC | OE);
	assert_int_equal(p9->s->gpr[3], 0x100000000);
	assert_int_equal(p9->s->ca, 1);
	assert_int_equal(p9->s->ca32, 1);
	assert_int_equal(p9->s->ov, 0);
	assert_int_equal(p9->s->cr[0], 2);

	fresh(p9, 0x7fffffff, 1);
	one(p9, 0, ADD(3, 4, 5) | RC | OE);
	assert_int_equal(p9->s->ov, 1);
	assert_int_equal(p9->s->ov32, 1);
	assert_int_equal(p9->s->so, 1);
	assert_int_equal(p9->s->cr[0], 9);

	fresh(p9, 0x7fffffff, 1);
	one(p9, MODE_SF, ADD(3, 4, 5) | RC | OE);
	assert_int_equal(p9->s->ov, 0);
	assert_int_equal(p9->s->ov32, 1);
	assert_int_equal(p9->s->cr[0], 4);
}

/* OV32 and CA32 came with ISA 3.0. */
static void test_word_flags_by_level(void **state)
{
	fresh(p8, 0xffffffff, 1);
	one(p8, MODE_SF, ADDC(3, 4, 5));
	assert_int_equal(p8->s->ca32, 0);
	fresh(p9, 0xffffffff, 1);
	one(p9, MODE_SF, ADDC(3, 4, 5));
	assert_int_equal(p9->s->ca32, 1);
	assert_int_equal(p9->s->ca, 0);
	/* b - a without a borrow in the low word */
	fresh(p9, 0x100000001, 1);
	one(p9, MODE_SF, SUBFC(3, 4, 5));
	assert_int_equal(p9->s->ca, 0);
	assert_int_equal(p9->s->ca32, 1);
}

/* 2^63 <= quotient < 2^64 does not fit (3.3.9.1); qemu 7.2 says it does. */
static void test_divide_extended_overflow(void **state)
{
	fresh(p9, 0x20020300, 0x2002046c);
	one(p9, MODE_SF, DIVDE(3, 4, 5) | OE);
	assert_int_equal(p9->s->ov, 1);
	assert_int_equal(p9->s->gpr[3], 0);
	/* -1 * 2^64 / 2 = -2^63 does */
	fresh(p9, ~0ull, 2);
	one(p9, MODE_SF, DIVDE(3, 4, 5) | OE);
	assert_int_equal(p9->s->ov, 0);
	assert_int_equal(p9->s->gpr[3], 1ull << 63);
}

static void test_narrow_branches(void **state)
{
	/* bdnz: all of CTR counts down, its low word decides */
	machine_reset(p9);
	p9->s->ctr = 0x100000001;
	one(p9, 0, BC(16, 0, 64));
	assert_int_equal(p9->s->ctr, 0x100000000);
	assert_int_equal(p9->pc, PC + 4);
	p9->s->ctr = 0x100000001;
	one(p9, MODE_SF, BC(16, 0, 64));
	assert_int_equal(p9->pc, PC + 64);
	/* addresses wrap at 4 GiB */
	machine_run(p9, 0, 0xfffffffc, &(u32){B(8) | 1}, 1);
	assert_int_equal(p9->pc, 4);
	assert_int_equal(p9->s->lr, 0);
}

/* An invalid form that 64-bit servers execute: tests CTR, then decrements it when taken. */
static void test_bcctr_decrementing(void **state)
{
	machine_reset(p9);
	p9->s->ctr = 0x2000;
	one(p9, MODE_SF, BCCTR(2, 0)); /* branch if CTR = 0 */
	assert_int_equal(p9->pc, PC + 4);
	assert_int_equal(p9->s->ctr, 0x2000);
	one(ppc440, 0, BCCTR(2, 0));
	assert_int_equal(ppc440->code, CPU_EXC_PROGRAM);
	assert_int_equal(ppc440->info, CPU_PROG_ILL);
}

static void test_system_calls(void **state)
{
	machine_reset(p9);
	one(p9, MODE_SF | MODE_PR, SC(0));
	assert_int_equal(p9->code, CPU_EXC_SC);
	assert_int_equal(p9->pc, PC + 4);
	one(p9, MODE_SF, SC(1));
	assert_int_equal(p9->code, CPU_EXIT_HCALL);
	assert_int_equal(p9->pc, PC + 4);
	one(p9, MODE_SF | MODE_PR, SC(1));
	assert_int_equal(p9->code, 0);
	assert_int_equal((s64)p9->s->gpr[3], -3);
	one(p9, MODE_SF | MODE_PR | MODE_FAC_SCV, SCV(0));
	assert_int_equal(p9->code, CPU_EXC_SCV);
}

static void test_privilege_and_facilities(void **state)
{
	machine_reset(p9);
	one(p9, MODE_SF | MODE_PR, MTMSRD(4));
	assert_int_equal(p9->code, CPU_EXC_PROGRAM);
	assert_int_equal(p9->info, CPU_PROG_PRIV);
	assert_int_equal(p9->pc, PC);
	one(p9, MODE_SF, X(19, 0, 0, 0, 274)); /* hrfid */
	assert_int_equal(p9->info, CPU_PROG_PRIV);
	one(p9, MODE_SF, FADD(1, 2, 3));
	assert_int_equal(p9->code, CPU_EXC_FP_UNAVAIL);
	one(p9, MODE_SF, TBEGIN);
	assert_int_equal(p9->code, CPU_EXC_FAC_UNAVAIL);
	assert_int_equal(p9->info, 5);
	one(p9, MODE_SF, SCV(0));
	assert_int_equal(p9->code, CPU_EXC_FAC_UNAVAIL);
	assert_int_equal(p9->info, 12);
	one(p9, MODE_SF, 0);
	assert_int_equal(p9->code, CPU_EXC_PROGRAM);
	assert_int_equal(p9->info, CPU_PROG_ILL);
	/* mtvsrd: VSX for the lower half, VEC for the upper one */
	one(p9, MODE_SF | MODE_VEC, X(31, 0, 4, 0, 179));
	assert_int_equal(p9->code, CPU_EXC_FP_UNAVAIL);
	one(p9, MODE_SF | MODE_VEC, X(31, 0, 4, 0, 179) | 1);
	assert_int_equal(p9->code, 0);
}

static void test_traces(void **state)
{
	const u32 two[] = {ADDI(3, 0, 1), ADDI(3, 0, 2)};

	machine_reset(p9);
	machine_run(p9, MODE_SF | MODE_SE, PC, two, 2);
	assert_int_equal(p9->code, CPU_EXC_TRACE);
	assert_int_equal(p9->pc, PC + 4);
	assert_int_equal(p9->s->gpr[3], 1);
	one(p9, MODE_SF | MODE_BE, B(0x40));
	assert_int_equal(p9->code, CPU_EXC_TRACE);
	assert_int_equal(p9->pc, PC + 0x40);
	p9->s->lr = 0x12345;
	one(p9, MODE_SF | MODE_SE, BLR);
	assert_int_equal(p9->code, CPU_EXC_TRACE);
	assert_true(p9->info & CPU_TRACE_PC_IN_EA);
	assert_int_equal(p9->s->event.ea, 0x12344);
	one(p9, MODE_SF | MODE_BE, ADDI(3, 0, 5));
	assert_int_equal(p9->code, 0);
}

/* A region ends in front of the page's end and of what cannot be fetched. */
static void test_region_ends(void **state)
{
	const u32 three[] = {ADDI(3, 0, 1), ADDI(4, 0, 2), ADDI(5, 0, 3)};

	machine_reset(p9);
	machine_run(p9, MODE_SF, 0x1ff8, three, 3);
	assert_int_equal(p9->bytes, 8);
	assert_int_equal(p9->pc, 0x2000);
	assert_int_equal(p9->s->gpr[4], 2);
	assert_int_equal(p9->s->gpr[5], 0);
}

static void test_multiple_and_string(void **state)
{
	machine_reset(p9);
	p9->s->gpr[6] = MEM + MEM_SIZE - 4; /* the second word is not there */
	one(p9, MODE_SF, LMW(29, 6, 0));
	assert_int_equal(p9->code, CPU_EXC_DSI);
	assert_int_equal(p9->s->gpr[29], 0);
	one(p9, MODE_SF | MODE_LE, LMW(29, 6, 8));
	assert_int_equal(p9->code, CPU_EXC_ALIGN);
	assert_int_equal(p9->s->event.ea, MEM + MEM_SIZE + 4);

	p9->s->gpr[6] = MEM;
	one(p9, MODE_SF, LSWI(31, 6, 7)); /* wraps to r0; the rest of it is 0 */
	assert_int_equal(p9->s->gpr[31], 0x01020304);
	assert_int_equal(p9->s->gpr[0], 0x05060700);
	one(p9, MODE_SF, LSWI(5, 6, 7)); /* would load its own base */
	assert_int_equal(p9->info, CPU_PROG_ILL);
	p9->s->xer_rest = 5;
	p9->s->gpr[7] = 0;
	one(p9, MODE_SF, LSWX(6, 0, 7)); /* r7 is loaded, and is RB */
	assert_int_equal(p9->info, CPU_PROG_ILL);
	p9->s->gpr[8] = MEM + 16;
	p9->s->gpr[10] = 0xaabbccdd;
	p9->s->gpr[11] = 0xee000000;
	one(p9, MODE_SF, STSWX(10, 0, 8));
	assert_memory_equal(p9->mem + 16, "\xaa\xbb\xcc\xdd\xee\x16", 6);
}

static void test_quadword(void **state)
{
	machine_reset(p9);
	p9->s->gpr[6] = MEM;
	one(p9, MODE_SF, LQ(4, 6, 16));
	assert_int_equal(p9->s->gpr[4], 0x1112131415161718);
	assert_int_equal(p9->s->gpr[5], 0x191a1b1c1d1e1f20);
	one(p9, MODE_SF | MODE_LE, LQ(4, 6, 16));
	assert_int_equal(p9->s->gpr[4], 0x201f1e1d1c1b1a19);
	assert_int_equal(p9->s->gpr[5], 0x1817161514131211);
	one(p9, MODE_SF | MODE_LE, STQ(4, 6, 32));
	assert_memory_equal(p9->mem + 32, p9->mem + 16, 16);
	p9->s->gpr[6] = MEM + 8;
	one(p9, MODE_SF, LQ(4, 6, 0));
	assert_int_equal(p9->code, CPU_EXC_ALIGN);
	one(p9, MODE_SF, LQ(6, 6, 0));
	assert_int_equal(p9->info, CPU_PROG_ILL);
}

static void test_reservation(void **state)
{
	const u32 pair[] = {LWARX(3, 0, 6), STWCX(4, 0, 6), STWCX(4, 0, 6)};

	machine_reset(p9);
	p9->s->gpr[6] = MEM;
	p9->s->gpr[4] = 0x99;
	p9->s->so = 1;
	machine_run(p9, MODE_SF, PC, pair, 2);
	assert_int_equal(p9->s->gpr[3], 0x01020304);
	assert_int_equal(p9->s->cr[0], 3);
	assert_memory_equal(p9->mem, "\0\0\0\x99", 4);
	machine_run(p9, MODE_SF, PC, pair + 2, 1);
	assert_int_equal(p9->s->cr[0], 1);
}

/* Signed maximum of words, and the value of a bound that was reached (Book II, 4.5); qemu 7.2
 * compares without signs and extends the sign. */
static void test_atomic_memory(void **state)
{
	machine_reset(p9);
	p9->s->gpr[6] = MEM;
	p9->s->gpr[4] = 5;
	p9->mem[0] = 0x80;
	one(p9, MODE_SF, LWAT(3, 6, 5));
	assert_int_equal(p9->s->gpr[3], 0x80020304);
	assert_memory_equal(p9->mem, "\0\0\0\5", 4);
	one(p9, MODE_SF, LWAT(3, 6, 25)); /* increment if equal: it is not */
	assert_int_equal(p9->s->gpr[3], 0x80000000);
	one(p9, MODE_SF, LDAT(3, 6, 25));
	assert_int_equal(p9->s->gpr[3], 1ull << 63);
	memcpy(p9->mem + 4, "\0\0\0\6", 4);
	one(p9, MODE_SF, LWAT(3, 6, 24)); /* increment unless at the bound */
	assert_int_equal(p9->s->gpr[3], 5);
	assert_memory_equal(p9->mem, "\0\0\0\6", 4);
	one(p9, MODE_SF, LWAT(3, 6, 9));
	assert_int_equal(p9->code, CPU_EXC_DSI);
	assert_int_equal(p9->s->event.dsisr, 4);
	p9->s->gpr[6] = MEM + 28; /* its neighbour is in the next block */
	one(p9, MODE_SF, LWAT(3, 6, 24));
	assert_int_equal(p9->code, CPU_EXC_ALIGN);
}

static void test_traps(void **state)
{
	fresh(p9, 0xffffffff80000000, 0);
	one(p9, MODE_SF, TWI(16, 4, 0)); /* less, signed words */
	assert_int_equal(p9->code, CPU_EXC_PROGRAM);
	assert_int_equal(p9->info, CPU_PROG_TRAP);
	assert_int_equal(p9->pc, PC);
	one(p9, MODE_SF, TWI(2, 4, 0)); /* less, unsigned */
	assert_int_equal(p9->code, 0);
	one(p9, MODE_SF, TWI(31, 0, 0));
	assert_int_equal(p9->info, CPU_PROG_TRAP);
}

/* 440 user's manual, dlmzb: the third byte of RB is the seventh of both. */
static void test_dlmzb(void **state)
{
	fresh(ppc440, 0x41424344, 0x45460048);
	one(ppc440, 0, DLMZB(3, 4, 5));
	assert_int_equal((u32)ppc440->s->gpr[3], 7);
	assert_int_equal(ppc440->s->xer_rest & 127, 7);
	assert_int_equal(ppc440->s->cr[0], 8);
	fresh(ppc440, 0x41424344, 0x45464748);
	one(ppc440, 0, DLMZB(3, 4, 5));
	assert_int_equal((u32)ppc440->s->gpr[3], 8);
	assert_int_equal(ppc440->s->cr[0], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_narrow_arithmetic),
		cmocka_unit_test(test_word_flags_by_level),
		cmocka_unit_test(test_divide_extended_overflow),
		cmocka_unit_test(test_narrow_branches),
		cmocka_unit_test(test_bcctr_decrementing),
		cmocka_unit_test(test_system_calls),
		cmocka_unit_test(test_privilege_and_facilities),
		cmocka_unit_test(test_traces),
		cmocka_unit_test(test_region_ends),
		cmocka_unit_test(test_multiple_and_string),
		cmocka_unit_test(test_quadword),
		cmocka_unit_test(test_reservation),
		cmocka_unit_test(test_atomic_memory),
		cmocka_unit_test(test_traps),
		cmocka_unit_test(test_dlmzb),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
