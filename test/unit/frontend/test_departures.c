// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where qemu 7.2 departs from the Power ISA (docs/qemu-departures.md, by number): our results,
 * worked out by hand. Other test_*.c of this folder, test/unit/cpu/test_vmx.c and the like have the
 * entries that are not here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpu/cpu.h"
#include "isa/fpscr.h"
#include "isa/mode.h"
#include "isa/msr.h"
#include "machine.h"

/* Target 1, operands 2 (A), 3 (B), 4 (C); for VSRs the FPRs. */
#define XF(op, xo)   ((u32)(op) << 26 | 1u << 21 | 2u << 16 | 3u << 11 | (u32)(xo) << 1)
#define XB(op, xo)   ((u32)(op) << 26 | 1u << 21 | 3u << 11 | (u32)(xo) << 1)
#define XX2(xo)	     (60u << 26 | 1u << 21 | 3u << 11 | (u32)(xo) << 2)
#define XX3(xo)	     (60u << 26 | 1u << 21 | 2u << 16 | 3u << 11 | (u32)(xo) << 3)
#define MTFSB1(bit)  (63u << 26 | (u32)(bit) << 21 | 38u << 1)
#define XSTSTDCSP(m) (60u << 26 | (u32)(m) << 16 | 3u << 11 | 298u << 2)
#define DRRND	     (59u << 26 | 1u << 21 | 2u << 16 | 3u << 11 | 35u << 1)
#define DRDPQ	     (63u << 26 | 2u << 21 | 4u << 11 | 770u << 1)

#define ONE	0x3ff0000000000000ull
#define INF	0x7ff0000000000000ull
#define QNAN	0x7ff8000000000001ull
#define SNAN	0x7ff4000000000001ull
#define SIGN	0x8000000000000000ull
#define LEAST	0x36a0000000000000ull /* 2^-149, least of the single denormals */
#define PRF(c)	((u64)(c) << FPSCR_FPRF_SHIFT)
#define NORMAL	PRF(0x04)
#define DENORM	PRF(0x14)
#define PRF_NAN PRF(0x11)
#define PRF_INF PRF(0x05)
#define OLD	0x0123456789abcdefull
#define INVALID (FPSCR_FX | FPSCR_VX)
#define XX_FI	(FPSCR_FX | FPSCR_XX | FPSCR_FI)

struct departure {
	const char *id;
	u32 word;
	u64 fpscr, a, b, result, after;
};

static void check(const struct departure *t, unsigned n)
{
	struct machine *m = machine_create("power9");
	const u32 mode = MODE_SF | MODE_FP | MODE_VEC | MODE_VSX;
	unsigned i, k;

	for (i = 0; i < n; i++) {
		machine_reset(m);
		m->s->msr = MSR_SF | MSR_FP | MSR_VEC | MSR_VSX;
		m->s->fpscr = fpscr_summarise(t[i].fpscr);
		for (k = 0; k < 2; k++) {
			VD(&m->s->vsr[1], k) = OLD;
			VD(&m->s->vsr[2], k) = t[i].a;
			VD(&m->s->vsr[3], k) = t[i].b;
		}
		machine_run(m, mode | (t[i].fpscr & FPSCR_ENABLES ? MODE_FPX : 0), PC, &t[i].word,
			    1);
		if (VD(&m->s->vsr[1], 0) != t[i].result || m->s->fpscr != t[i].after)
			fail_msg("%s, case %u: %016llx, fpscr %016llx", t[i].id, i,
				 (unsigned long long)VD(&m->s->vsr[1], 0),
				 (unsigned long long)m->s->fpscr);
	}
	machine_destroy(m);
}

#define CHECK(cases) check(cases, ARRAY_SIZE(cases))

static void status(void **state)
{
	static const struct departure cases[] = {
		/* 3 as single and double: FI is cleared, FPRF set */
		{"F6 fcfids", XB(59, 846), FPSCR_FI | PRF(0x12), 0, 3, 0x4008000000000000, NORMAL},
		{"F6 fcfidu", XB(63, 974), FPSCR_FI | PRF(0x12), 0, 3, 0x4008000000000000, NORMAL},
		{"F6 fcfidus", XB(59, 974), FPSCR_FI | PRF(0x12), 0, 3, 0x4008000000000000, NORMAL},
		/* 2^-140 + 0, exact; 2^-149 + 2^-180 is inexact and tiny */
		{"F7 fadds", XF(59, 21), 0, 0x3730000000000000, 0, 0x3730000000000000, DENORM},
		{"F7 fadds", XF(59, 21), 0, LEAST, 0x34b0000000000000, LEAST,
		 XX_FI | FPSCR_UX | DENORM},
		/* 1 / -0 and of vectors, which keep FPRF */
		{"F8 xsredp", XX2(90), 0, 0, SIGN, INF | SIGN, FPSCR_FX | FPSCR_ZX | PRF(0x09)},
		{"F8 xsrsqrtedp", XX2(74), 0, 0, 0, INF, FPSCR_FX | FPSCR_ZX | PRF_INF},
		{"F8 xvredp", XX2(218), PRF(0x12), 0, 0, INF, FPSCR_FX | FPSCR_ZX | PRF(0x12)},
		/* OX is bit 35, NI bit 61 */
		{"F11 mtfsb1", MTFSB1(3), 0, 0, 0, OLD, FPSCR_FX | FPSCR_OX},
		{"F11 mtfsb1", MTFSB1(3), FPSCR_OX, 0, 0, OLD, FPSCR_OX},
		{"F11 mtfsb1", MTFSB1(29), 0, 0, 0, OLD, FPSCR_NI},
		/* denormals are DCMX bits 5 and 6, of weight 2 and 1 */
		{"F12 xststdcsp", XSTSTDCSP(0), 0, 0, LEAST, OLD, 0},
		{"F12 xststdcsp", XSTSTDCSP(0x7c), 0, 0, LEAST, OLD, 0},
		{"F12 xststdcsp", XSTSTDCSP(2), 0, 0, LEAST, OLD, PRF(2)},
		/* an SNaN with VE: VXSNAN only, C stays */
		{"F4, F22 fcmpo", XF(63, 32) & ~(1u << 21), FPSCR_VE | FPSCR_C, ONE, SNAN, OLD,
		 INVALID | FPSCR_FEX | FPSCR_VXSNAN | FPSCR_VE | FPSCR_C | PRF(1)},
		{"F22 fcmpo", XF(63, 32) & ~(1u << 21), 0, ONE, SNAN, OLD,
		 INVALID | FPSCR_VXSNAN | FPSCR_VXVC | PRF(1)},
		/* equal exponents, and no exceptions whatever came before */
		{"F23 xscmpexpdp", XX3(59) & ~(1u << 21), FPSCR_UX, ONE, ONE, OLD,
		 FPSCR_UX | PRF(2)},
	};

	CHECK(cases);
}

static void results(void **state)
{
	static const struct departure cases[] = {
		/* a > b ? a : b */
		{"F14 xsmaxcdp", XX3(128), 0, 0, SIGN, SIGN, 0},
		{"F14 xsmincdp", XX3(136), 0, SIGN, 0, 0, 0},
		{"F16 xsmaxjdp", XX3(144), 0, QNAN, SNAN, QNAN, INVALID | FPSCR_VXSNAN},
		{"F16 xsminjdp", XX3(152), 0, QNAN, SNAN, QNAN, INVALID | FPSCR_VXSNAN},
		/* a copy of an operand underflows not */
		{"F17 xvmaxdp", XX3(224), FPSCR_UE, 1, 0, 1, FPSCR_UE},
		{"F17 xvmindp", XX3(232), FPSCR_UE, 1, 2, 1, FPSCR_UE},
		{"F17 xsmaxdp", XX3(160), FPSCR_UE, 1, 0, 1, FPSCR_UE},
		{"F17 xvmaxsp", XX3(192), FPSCR_UE, 0x0000000100000000, 0, 0x0000000100000000,
		 FPSCR_UE},
		/* F21: 2^-100 * 2^-100 as a single is 2^-200 * 2^192; 2^100 * 2^100, 2^200 * 2^-192
		 */
		{"F21 xsmulsp", XX3(16), FPSCR_UE, 0x39b0000000000000, 0x39b0000000000000,
		 0x3f70000000000000, FPSCR_FX | FPSCR_FEX | FPSCR_UX | FPSCR_UE | NORMAL},
		{"F21 xsmulsp", XX3(16), FPSCR_OE, 0x4630000000000000, 0x4630000000000000,
		 0x4070000000000000, FPSCR_FX | FPSCR_FEX | FPSCR_OX | FPSCR_OE | NORMAL},
		{"F21 xsrsp", XX2(281), FPSCR_OE, 0, 0x4c70000000000000, 0x4070000000000000,
		 FPSCR_FX | FPSCR_FEX | FPSCR_OX | FPSCR_OE | NORMAL},
		/* F20: the target of vectors stays */
		{"F20 xvmulsp", XX3(80), FPSCR_UE, 0x0d80000000000000, 0x0d80000000000000, OLD,
		 FPSCR_FX | FPSCR_FEX | FPSCR_UX | FPSCR_UE},
		{"F20 xvadddp", XX3(96), FPSCR_XE, ONE, 1, OLD,
		 FPSCR_FX | FPSCR_FEX | FPSCR_XX | FPSCR_XE},
		/* F5: -(1 + 2^-1074), rounded down to 1 and up to 1 + 2^-52, then negated */
		{"F5 fnmadd", 63u << 26 | 1u << 21 | 2u << 16 | 3u << 11 | 2u << 6 | 31u << 1, 3,
		 ONE, 1, SIGN | ONE, XX_FI | 3 | PRF(0x08)},
		{"F5 fnmadd", 63u << 26 | 1u << 21 | 2u << 16 | 3u << 11 | 2u << 6 | 31u << 1, 2,
		 ONE, 1, SIGN | (ONE + 1), XX_FI | FPSCR_FR | 2 | PRF(0x08)},
		/* 2^-150 and a trifle is above the tie: rounded once */
		{"F24 xsaddsp", XX3(0), 0, 0x3690000000000000, 1, LEAST,
		 XX_FI | FPSCR_UX | FPSCR_FR | DENORM},
		/* 2^53 + 1, a tie: written though XE is set */
		{"F25 fcfid", XB(63, 846), FPSCR_XE, 0, 0x20000000000001, 0x4340000000000000,
		 XX_FI | FPSCR_FEX | FPSCR_XE | NORMAL},
		/* 1 + 2^-60 as a single */
		{"F25 xsrsp", XX2(281), FPSCR_XE, 0, ONE + 1, ONE,
		 XX_FI | FPSCR_FEX | FPSCR_XE | NORMAL},
		/* quieted, and no enabled exception with VE = 0 */
		{"D8 drrnd", DRRND, 0, 0x2238000000000001, 0x7e00000000000001, 0x7c00000000000001,
		 INVALID | FPSCR_VXSNAN | PRF_NAN},
	};

	CHECK(cases);
}

/* Elements are independent; each adds its exceptions. */
static void elements(void **state)
{
	struct machine *m = machine_create("power9");
	const u32 mode = MODE_SF | MODE_FP | MODE_VEC | MODE_VSX;
	const u32 xvdivdp = XX3(120), xvcvdpsxds = XX2(472), drdpq = DRDPQ;
	const u32 xsnmsubqpo = XF(63, 484) | 1;
	const u32 between[] = {0x38840001, XX3(107), 0x38840001};
	const u32 compare_move[] = {XX3(107), XB(63, 72) | 1}; /* xvcmpgtdp, fmr. */

	m->s->msr = MSR_SF | MSR_FP | MSR_VEC | MSR_VSX;
	/* F9: 1 / 0, 0 / 0 */
	VD(&m->s->vsr[2], 0) = ONE;
	machine_run(m, mode, PC, &xvdivdp, 1);
	assert_int_equal(VD(&m->s->vsr[1], 0), INF);
	assert_int_equal(VD(&m->s->vsr[1], 1), 0x7ff8000000000000);
	assert_int_equal(m->s->fpscr, INVALID | FPSCR_ZX | FPSCR_VXZDZ);
	/* F10: a NaN, 1 */
	machine_reset(m);
	VD(&m->s->vsr[3], 0) = QNAN;
	VD(&m->s->vsr[3], 1) = ONE;
	machine_run(m, mode, PC, &xvcvdpsxds, 1);
	assert_int_equal(VD(&m->s->vsr[1], 0), SIGN);
	assert_int_equal(VD(&m->s->vsr[1], 1), 1);
	assert_int_equal(m->s->fpscr, INVALID | FPSCR_VXCVI);
	/* D9: an SNaN without payload */
	machine_reset(m);
	VD(&m->s->vsr[4], 0) = 0x7e00000000000000;
	machine_run(m, mode, PC, &drdpq, 1);
	assert_int_equal(VD(&m->s->vsr[2], 0), 0x7c00000000000000);
	assert_int_equal(m->s->fpscr, INVALID | FPSCR_VXSNAN | PRF_NAN);
	/* F5, rounded to odd: 1 * 0 - 0 is +0 although RN is downward, -0 negated */
	machine_reset(m);
	VD(&m->s->vsr[34], 0) = 0x3fff000000000000;
	m->s->fpscr = 3;
	machine_run(m, mode, PC, &xsnmsubqpo, 1);
	assert_int_equal(VD(&m->s->vsr[33], 0), SIGN);
	assert_int_equal(VD(&m->s->vsr[33], 1), 0);
	assert_int_equal(m->s->fpscr, 3 | PRF(0x12));
	/* F27: addi 4,4,1, the compare of an SNaN under VE, addi 4,4,1 */
	machine_reset(m);
	m->s->msr = MSR_SF | MSR_FP | MSR_VEC | MSR_VSX | MSR_FE0 | MSR_FE1;
	m->s->fpscr = FPSCR_VE;
	m->s->gpr[4] = 7;
	VD(&m->s->vsr[1], 0) = OLD;
	VD(&m->s->vsr[2], 0) = SNAN;
	machine_run(m, mode | MODE_FE | MODE_FPX, PC, between, 3);
	assert_int_equal(m->code, CPU_EXC_PROGRAM);
	assert_int_equal(m->info, CPU_PROG_FP);
	assert_int_equal(m->pc, PC + 4);
	assert_int_equal(m->s->gpr[4], 8);
	assert_int_equal(VD(&m->s->vsr[1], 0), OLD);
	/* F26: the vector compare of an SNaN sets FX and VX, the move behind it shows them */
	machine_reset(m);
	m->s->fpscr = 0;
	VD(&m->s->vsr[2], 0) = SNAN;
	machine_run(m, mode, PC, compare_move, 2);
	assert_int_equal(m->s->fpscr & (FPSCR_FX | FPSCR_VX), FPSCR_FX | FPSCR_VX);
	assert_int_equal(m->s->cr[1], 0xa);
	machine_destroy(m);
}

/* X7: L = 2 and 3 act as other values do. X9: both doublewords of a reservation count. X11. */
static void storage(void **state)
{
	struct machine *m = machine_create("power9");
	const u32 dcbf[] = {31u << 26 | 2u << 21 | 4u << 16 | 86u << 1,
			    31u << 26 | 3u << 21 | 4u << 16 | 86u << 1, 0x7fe00008};
	const u32 atomic[] = {31u << 26 | 9u << 21 | 4u << 11 | 20u << 1,
			      31u << 26 | 6u << 21 | 5u << 16 | 582u << 1,
			      31u << 26 | 8u << 21 | 4u << 11 | 150u << 1 | 1};
	const u32 swap[] = {31u << 26 | 6u << 21 | 4u << 11 | 276u << 1,
			    31u << 26 | 8u << 21 | 4u << 11 | 182u << 1 | 1};

	m->s->msr = MSR_SF | MSR_LE;
	m->s->gpr[4] = MEM;
	machine_run(m, MODE_SF | MODE_LE, PC, dcbf, 3);
	assert_int_equal(m->code, CPU_EXC_PROGRAM);
	assert_int_equal(m->pc, PC + 8);
	m->s->gpr[8] = 0x1111;
	m->s->gpr[9] = 0x2222;
	machine_run(m, MODE_SF | MODE_LE, PC, swap, 2);
	/* the odd register is the lower doubleword */
	assert_int_equal(m->s->gpr[7], 0x0807060504030201);
	assert_int_equal(m->s->gpr[6], 0x100f0e0d0c0b0a09);
	assert_int_equal(cpu_get_cr(m->s) >> 28, 2);
	assert_int_equal(m->mem[0], 0x22);
	assert_int_equal(m->mem[8], 0x11);
	/* X11: lwarx, lwat of another word, which costs the reservation, stwcx. */
	machine_reset(m);
	m->s->msr = MSR_SF | MSR_LE;
	m->s->gpr[4] = MEM;
	m->s->gpr[5] = MEM + 64;
	m->s->gpr[7] = 1;
	m->s->gpr[8] = 0x99;
	machine_run(m, MODE_SF | MODE_LE, PC, atomic, 3);
	assert_int_equal(m->s->gpr[6], 0x44434241);
	assert_int_equal(m->mem[64], 0x42);
	assert_int_equal(cpu_get_cr(m->s) >> 28, 0);
	assert_int_equal(m->mem[0], 1);
	machine_destroy(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status),
		cmocka_unit_test(results),
		cmocka_unit_test(elements),
		cmocka_unit_test(storage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
