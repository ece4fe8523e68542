// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decimal floating point where qemu departs from the Power ISA (docs/qemu-departures.md) or cannot
 * look: enabled exceptions, FR and FI, FX. Encodings are worked by hand from Book I, 5.3 and
 * appendix B: a long 1 is 2238000000000001, exponent 398 in the middle of its field.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "isa/fpscr.h"
#include "machine.h"

static struct machine *m;

#define OP(op)	  ((u32)(op) << 26 | 1u << 21 | 2u << 16 | 3u << 11)
#define DADD	  (OP(59) | 2u << 1)
#define DMUL	  (OP(59) | 34u << 1)
#define DDIV	  (OP(59) | 546u << 1)
#define DCMPO	  (59u << 26 | 2u << 16 | 3u << 11 | 130u << 1)
#define DENBCD	  (59u << 26 | 1u << 21 | 1u << 20 | 3u << 11 | 834u << 1)
#define DRSP	  (OP(59) | 770u << 1)
#define DRDPQ	  (63u << 26 | 2u << 21 | 4u << 11 | 770u << 1)
#define DADDQ_ODD (63u << 26 | 1u << 21 | 2u << 16 | 4u << 11 | 2u << 1)
/* R = 0, RMC = 3: the mode of FPSCR[DRN] */
#define DRINTX (59u << 26 | 1u << 21 | 3u << 11 | 3u << 9 | 99u << 1)

#define D5(a, b, c, d, e)                                                                          \
	((u64)(a) << 40 | (u64)(b) << 30 | (u64)(c) << 20 | (u64)(d) << 10 | (u64)(e))
#define INT(n)	  (0x2238000000000000ull | (n)) /* n < 8, or a declet */
#define TENTHS(n) (0x2234000000000000ull | (n))
#define MAX	  0x77fcff3fcff3fcffull /* 9.99...E384 */
#define TINY	  0x0000000000000001ull /* 1E-398 */
#define INF	  0x7800000000000000ull
#define QNAN	  0x7c00000000000000ull
#define SNAN	  0x7e00000000000005ull
#define OLD	  0x123456789abcdef0ull

#define PRF(c) ((u64)(c) << FPSCR_FPRF_SHIFT)

static int setup(void **state)
{
	m = machine_create("power9");
	return 0;
}

static int teardown(void **state)
{
	machine_destroy(m);
	return 0;
}

/* FRT = 1, FRA = 2, FRB = 3. */
static void run(u32 word, u32 mode, u64 fpscr, u64 a, u64 b)
{
	machine_reset(m);
	m->s->fpscr = fpscr_summarise(fpscr);
	VD(&m->s->vsr[1], 0) = OLD;
	VD(&m->s->vsr[2], 0) = a;
	VD(&m->s->vsr[3], 0) = b;
	if (fpscr & FPSCR_ENABLES)
		mode |= MODE_FPX;
	machine_run(m, MODE_SF | MODE_FP | mode, PC, &word, 1);
}

static void expect(u64 result, u64 fpscr)
{
	assert_int_equal(VD(&m->s->vsr[1], 0), result);
	assert_int_equal(m->s->fpscr, fpscr);
}

static void test_results(void **state)
{
	run(DADD, 0, 0, INT(1), INT(5));
	expect(INT(6), PRF(4));
	/* 1 / 3: rounded down; 2 / 3: up */
	run(DDIV, 0, 0, INT(1), INT(3));
	expect(0x2df8000000000000ull | D5(0x1b3, 0x1b3, 0x1b3, 0x1b3, 0x1b3),
	       PRF(4) | FPSCR_FI | FPSCR_XX | FPSCR_FX);
	run(DDIV, 0, 0, INT(2), INT(3));
	expect(0x39f8000000000000ull | D5(0x366, 0x366, 0x366, 0x366, 0x367),
	       PRF(4) | FPSCR_FI | FPSCR_FR | FPSCR_XX | FPSCR_FX);
	run(DDIV, 0, 0, INT(2), INT(0));
	expect(INF, PRF(5) | FPSCR_ZX | FPSCR_FX);
	run(DADD, 0, 0, INT(1), SNAN);
	expect(SNAN & ~(2ull << 56), PRF(0x11) | FPSCR_VXSNAN | FPSCR_VX | FPSCR_FX);
}

/* FX follows changes only; FR and FI are the last instruction's. */
static void test_sticky(void **state)
{
	run(DDIV, 0, FPSCR_XX, INT(1), INT(3));
	assert_int_equal(m->s->fpscr, PRF(4) | FPSCR_FI | FPSCR_XX);
	run(DADD, 0, FPSCR_XX | FPSCR_FI | FPSCR_FR, INT(1), INT(5));
	assert_int_equal(m->s->fpscr, PRF(4) | FPSCR_XX);
}

/* An enabled overflow delivers the exponent less 576, an enabled underflow 576 more. */
static void test_scaled(void **state)
{
	run(DMUL, 0, FPSCR_OE, MAX, MAX);
	expect(0x7500000000000000ull | D5(0xff, 0xff, 0xff, 0xff, 0xfe),
	       PRF(4) | FPSCR_OX | FPSCR_XX | FPSCR_FI | FPSCR_FX | FPSCR_FEX | FPSCR_OE);
	assert_int_equal(m->code, 0);
	/* 1E-398 * 0.1: exact, yet tiny */
	run(DMUL, MODE_FE, FPSCR_UE, TINY, TENTHS(1));
	/* exponent -399 + 576 + 398 = 575: 10 00111111 */
	expect(0x40fc000000000001ull, PRF(4) | FPSCR_UX | FPSCR_FX | FPSCR_FEX | FPSCR_UE);
	assert_int_equal(m->code, CPU_EXC_PROGRAM);
	assert_int_equal(m->info, CPU_PROG_FP);
	assert_int_equal(m->pc, PC);
	/* disabled: to zero, inexact */
	run(DMUL, 0, 0, TINY, TENTHS(1));
	expect(0, PRF(2) | FPSCR_UX | FPSCR_XX | FPSCR_FI | FPSCR_FX);
}

static void test_suppressed(void **state)
{
	run(DADD, 0, FPSCR_VE | FPSCR_FI | PRF(8), INT(1), SNAN);
	expect(OLD, PRF(8) | FPSCR_VE | FPSCR_VXSNAN | FPSCR_VX | FPSCR_FX | FPSCR_FEX);
	run(DDIV, 0, FPSCR_ZE, INT(1), INT(0));
	expect(OLD, FPSCR_ZE | FPSCR_ZX | FPSCR_FX | FPSCR_FEX);
	/* An ordered comparison adds VXVC to VXSNAN only while VE is 0 (5.6.2). */
	run(DCMPO, 0, FPSCR_VE, INT(1), SNAN);
	assert_false(m->s->fpscr & FPSCR_VXVC);
	assert_int_equal(m->s->cr[0], 1);
	run(DCMPO, 0, 0, INT(1), SNAN);
	assert_true(m->s->fpscr & FPSCR_VXVC);
}

/* 2.5 by the eight modes of FPSCR[DRN] */
static void test_rounding_modes(void **state)
{
	static const u8 result[8] = {2, 2, 3, 2, 3, 2, 3, 2};

	for (u64 drn = 0; drn < 8; drn++) {
		run(DRINTX, 0, drn << 32, 0, TENTHS(0x25));
		assert_int_equal(VD(&m->s->vsr[1], 0), INT(result[drn]));
		assert_int_equal(!!(m->s->fpscr & FPSCR_FR), result[drn] == 3);
	}
	/* prepare for shorter precision: a last digit of 0 or 5 goes up (0.1 and 5.1) */
	run(DRINTX, 0, 7ull << 32, 0, TENTHS(1));
	assert_int_equal(VD(&m->s->vsr[1], 0), INT(1));
	run(DRINTX, 0, 7ull << 32, 0, TENTHS(0x51));
	assert_int_equal(VD(&m->s->vsr[1], 0), INT(6));
}

static void test_formats(void **state)
{
	run(DENBCD, 0, 0, 0, 0x123d);
	expect(INT(0xa3) | 1ull << 63, PRF(8));
	run(DENBCD, 0, 0, 0, 0x1a3c);
	expect(QNAN, PRF(0x11) | FPSCR_VXCVI | FPSCR_VX | FPSCR_FX);
	run(DENBCD, 0, 0, 0, 0x1234);
	expect(QNAN, PRF(0x11) | FPSCR_VXCVI | FPSCR_VX | FPSCR_FX);
	/* a signalling NaN goes to short and stays one: the low six digits of its payload */
	run(DRSP, 0, 0, 0, 0x7e00000000000005ull | D5(0, 0, 1, 0, 0));
	expect(0x7e000005, PRF(1));
	/* the long result of drdpq is in the even register */
	machine_reset(m);
	VD(&m->s->vsr[4], 0) = 0x2208000000000000;
	VD(&m->s->vsr[5], 0) = 1;
	VD(&m->s->vsr[3], 0) = OLD;
	machine_run(m, MODE_SF | MODE_FP, PC, &(u32){DRDPQ}, 1);
	assert_int_equal(VD(&m->s->vsr[2], 0), INT(1));
	assert_int_equal(VD(&m->s->vsr[3], 0), 0);
	/* pairs are even */
	machine_run(m, MODE_SF | MODE_FP, PC, &(u32){DADDQ_ODD}, 1);
	assert_int_equal(m->code, CPU_EXC_PROGRAM);
	assert_int_equal(m->info, CPU_PROG_ILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),	       cmocka_unit_test(test_sticky),
		cmocka_unit_test(test_scaled),	       cmocka_unit_test(test_suppressed),
		cmocka_unit_test(test_rounding_modes), cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
