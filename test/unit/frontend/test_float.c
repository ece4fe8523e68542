// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Floating-point exceptions, hand-worked from the Power ISA (Book I 4.4, 7.4): one instruction on
 * the interpreter with a given FPSCR, with exceptions disabled, enabled, and enabled and taken.
 *
 * Registers as the words below name them: T = 1, A = 2, B = 3, C = 4; the operands stand in the
 * FPRs, in both doublewords for vectors, and in the VRs of those numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend.h"
#include "frontend/frontend.h"
#include "isa/decode.h"
#include "isa/fpscr.h"
#include "translator/internal.h"

enum { PC = 0x1000, RC = 1 };

/* A-form and X-form words */
#define A_FORM(op, xo) ((op) << 26 | 1u << 21 | 2u << 16 | 3u << 11 | 4u << 6 | (xo) << 1)
#define X_FORM(op, xo) ((op) << 26 | 1u << 21 | 2u << 16 | 3u << 11 | (xo) << 1)
#define XX3_FORM(xo)   (60u << 26 | 1u << 21 | 2u << 16 | 3u << 11 | (xo) << 3)
#define FADD	       A_FORM(63u, 21u)
#define FSUB	       A_FORM(63u, 20u)
#define FMUL	       A_FORM(63u, 25u)
#define FMULS	       A_FORM(59u, 25u)
#define FDIV	       A_FORM(63u, 18u)
#define FSQRT	       A_FORM(63u, 22u)
#define FRSQRTE	       A_FORM(63u, 26u)
#define FRE	       A_FORM(63u, 24u)
#define FMADD	       A_FORM(63u, 29u)
#define FNMSUB	       A_FORM(63u, 30u)
#define FRSP	       X_FORM(63u, 12u)
#define FCTIW	       X_FORM(63u, 14u)
#define FCTIDUZ	       X_FORM(63u, 943u)
#define FRIN	       X_FORM(63u, 392u)
#define FCMPU	       (63u << 26 | 5u << 23 | 2u << 16 | 3u << 11)
#define FCMPO	       (FCMPU | 32u << 1)
#define MTFSF(flm)     (63u << 26 | (u32)(flm) << 17 | 3u << 11 | 711u << 1)
#define MTFSFI(bf, u)  (63u << 26 | (u32)(bf) << 23 | (u32)(u) << 12 | 134u << 1)
#define MTFSB0(bt)     (63u << 26 | (u32)(bt) << 21 | 70u << 1)
#define MTFSB1(bt)     (63u << 26 | (u32)(bt) << 21 | 38u << 1)
#define MCRFS(bf, bfa) (63u << 26 | (u32)(bf) << 23 | (u32)(bfa) << 18 | 64u << 1)
#define MFFSCE	       (63u << 26 | 1u << 21 | 1u << 16 | 583u << 1)
#define MFFSCRNI(rm)   (63u << 26 | 1u << 21 | 23u << 16 | (u32)(rm) << 11 | 583u << 1)
#define XSADDDP	       XX3_FORM(32u)
#define XVADDDP	       XX3_FORM(96u)
#define XVDIVDP	       XX3_FORM(120u)
#define XVCMPGTDP_RC   (XX3_FORM(107u) | 1u << 10)
#define XSMULQP	       (63u << 26 | 1u << 21 | 2u << 16 | 3u << 11 | 36u << 1)

#define XSRQPI(r, rmc)                                                                             \
	(63u << 26 | 1u << 21 | (u32)(r) << 16 | 3u << 11 | (u32)(rmc) << 9 | 5u << 1)

#define SNAN	0x7ff4000000000001ull
#define SNAN_Q	0x7ffc000000000001ull
#define QNAN_A	0xfff8000000000aaaull
#define QNAN_B	0x7ff8000000000bbbull
#define QNAN_C	0x7ff8000000000cccull
#define DEFAULT 0x7ff8000000000000ull
#define INF	0x7ff0000000000000ull
#define ONE	0x3ff0000000000000ull
#define TWO	0x4000000000000000ull
#define HALF	0x3fe0000000000000ull
#define TINY	0x3c30000000000000ull /* 2^-60 */
#define MAX	0x7fefffffffffffffull
#define MIN	0x0010000000000000ull /* smallest normal */
#define SIGN	0x8000000000000000ull
#define OLD	0x123456789abcdef0ull
#define OLD_LOW 0x0fedcba987654321ull

#define PRF(c)	    ((u64)(c) << FPSCR_FPRF_SHIFT)
#define NORMAL	    PRF(0x04)
#define NEG	    PRF(0x08)
#define PRF_NAN	    PRF(0x11)
#define PRF_INF	    PRF(0x05)
#define PRF_OLD	    PRF(0x12)
#define INVALID(vx) ((vx) | FPSCR_VX | FPSCR_FX)

static struct {
	struct insn_decoder decoder;
	struct ir_env env;
	struct backend *backend;
	struct ir_region region;
	struct jump_cache jumps[1 << JUMP_CACHE_BITS];
	struct tlb_fast tlb[1 << TLB_BITS];
	struct cpu_state *s;
	u8 *memory;
	u32 word, exit_code;
	u64 exit_info, pc;
} e;

static bool fetch(void *opaque, u64 ea, u32 *word)
{
	*word = e.word;
	return true;
}

static int setup(void **state)
{
	const struct cpu_model *model = cpu_model_find("power9");
	struct insn_set set = {model->families, model->isa, model->facilities};
	struct backend_config config;
	size_t frame = (test_backend()->frame_size + 63) & ~63ull;

	assert_true(insn_decoder_init(&e.decoder, &set));
	helper_env_init(&e.env);
	helper_config_init(&config, &e.env);
	assert_int_equal(test_backend()->create(&config, &e.backend), 0);
	e.memory = aligned_alloc(64, frame + ((sizeof(*e.s) + 63) & ~63ull));
	e.s = (struct cpu_state *)(e.memory + frame);
	return 0;
}

static int teardown(void **state)
{
	test_backend()->destroy(e.backend);
	free(e.memory);
	return 0;
}

/* mode: of FE alone; FPX follows from fpscr, as the vCPU keeps it. */
static void run(u32 word, u32 mode, u64 fpscr, u64 a, u64 b, u64 c)
{
	struct tr_ctx t = {.r = &e.region,
			   .model = cpu_model_find("power9"),
			   .decoder = &e.decoder,
			   .mode = MODE_SF | MODE_FP | MODE_VEC | MODE_VSX | mode,
			   .lazy_fp = test_backend()->lazy_fp};
	struct backend_cpu cpu = {.state = (u8 *)e.s,
				  .tlb = e.tlb,
				  .tlb_bits = TLB_PAGE_BITS,
				  .tlb_mask = TLB_PAGE_MASK,
				  .tlb_as1 = e.tlb,
				  .jump_cache = e.jumps,
				  .code_key = 1,
				  .poll = &e.s->wanted,
				  .budget = 100};
	const u64 v[4] = {0, a, b, c};
	struct backend_code *code;
	char msg[200] = "";
	int i;

	memset(e.s, 0, sizeof(*e.s));
	e.s->fpscr = fpscr_summarise(fpscr);
	if (fpscr & FPSCR_ENABLES)
		t.mode |= MODE_FPX;
	for (i = 1; i < 4; i++)
		VD(&e.s->vsr[1 + i], 0) = VD(&e.s->vsr[1 + i], 1) = v[i];
	VD(&e.s->vsr[1], 0) = OLD;
	VD(&e.s->vsr[1], 1) = OLD_LOW;
	for (i = 1; i < 5; i++)
		e.s->vsr[32 + i] = e.s->vsr[i];
	e.word = word;
	frontend_translate(&t, PC, 1, fetch, NULL);
	assert_int_equal(ir_verify(&e.region, &e.env, msg, sizeof(msg)), 0);
	ir_optimise(&e.region, &e.env, IR_PASS_ALL);
	assert_int_equal(test_backend()->compile(e.backend, &e.region,
						 &(struct backend_unit){.pc = PC, .tier = 1},
						 &code),
			 0);
	test_backend()->run(e.backend, &cpu, code->entry);
	test_backend()->discard(e.backend, code);
	e.exit_code = cpu.exit_code ? cpu.exit_code : e.s->event.code;
	e.exit_info = cpu.exit_info;
	e.pc = cpu.pc;
}

#define EXPECT(result, status)                                                                     \
	do {                                                                                       \
		assert_int_equal(VD(&e.s->vsr[1], 0), result);                                     \
		assert_int_equal(e.s->fpscr, status);                                              \
	} while (0)

static void expect_fp_interrupt(void)
{
	assert_int_equal(e.exit_code, CPU_EXC_PROGRAM);
	assert_int_equal(e.s->event.info, CPU_PROG_FP);
	assert_int_equal(e.pc, PC);
}

static void test_inexact(void **state)
{
	run(FADD, 0, 0, ONE, TINY, 0);
	EXPECT(ONE, FPSCR_FX | FPSCR_XX | FPSCR_FI | NORMAL);
	/* upwards: FR; XX stays set, so FX does not change */
	run(FADD, 0, 2 | FPSCR_XX, ONE, TINY, 0);
	EXPECT(ONE + 1, FPSCR_XX | FPSCR_FR | FPSCR_FI | NORMAL | 2);
	/* exact: FR, FI are cleared */
	run(FADD, 0, FPSCR_XX | FPSCR_FR | FPSCR_FI, ONE, ONE, 0);
	EXPECT(TWO, FPSCR_XX | NORMAL);
	/* enabled: the result is delivered */
	run(FADD, 0, FPSCR_XE, ONE, TINY, 0);
	EXPECT(ONE, FPSCR_FX | FPSCR_FEX | FPSCR_XX | FPSCR_FI | NORMAL | FPSCR_XE);
	assert_int_equal(e.exit_code, 0);
	run(FADD | RC, MODE_FE, FPSCR_XE, ONE, TINY, 0);
	EXPECT(ONE, FPSCR_FX | FPSCR_FEX | FPSCR_XX | FPSCR_FI | NORMAL | FPSCR_XE);
	assert_int_equal(e.s->cr[1], 12);
	expect_fp_interrupt();
	/* an enable without its exception */
	run(FADD, MODE_FE, FPSCR_VE, ONE, TINY, 0);
	EXPECT(ONE, FPSCR_FX | FPSCR_XX | FPSCR_FI | NORMAL | FPSCR_VE);
	assert_int_equal(e.exit_code, 0);
	assert_int_equal(VD(&e.s->vsr[1], 1), 0);
}

static void test_invalid(void **state)
{
	static const struct {
		u32 word;
		u64 a, b, c, result, vx;
	} t[] = {
		{FADD, SNAN, ONE, 0, SNAN_Q, FPSCR_VXSNAN},
		{FADD, QNAN_A, SNAN, 0, QNAN_A, FPSCR_VXSNAN},
		{FADD, ONE, SNAN | SIGN, 0, SNAN_Q | SIGN, FPSCR_VXSNAN},
		{FADD, INF, INF | SIGN, 0, DEFAULT, FPSCR_VXISI},
		{FSUB, INF, INF, 0, DEFAULT, FPSCR_VXISI},
		{FMUL, INF, 0, 0, DEFAULT, FPSCR_VXIMZ},
		{FMUL, SIGN, 0, INF, DEFAULT, FPSCR_VXIMZ},
		{FDIV, INF, INF | SIGN, 0, DEFAULT, FPSCR_VXIDI},
		{FDIV, SIGN, 0, 0, DEFAULT, FPSCR_VXZDZ},
		{FSQRT, 0, ONE | SIGN, 0, DEFAULT, FPSCR_VXSQRT},
		{FSQRT, 0, INF | SIGN, 0, DEFAULT, FPSCR_VXSQRT},
		{FRSQRTE, 0, ONE | SIGN, 0, DEFAULT, FPSCR_VXSQRT},
		{FMADD, INF, ONE, 0, DEFAULT, FPSCR_VXIMZ},
		{FMADD, INF, QNAN_B, 0, QNAN_B, FPSCR_VXIMZ},
		{FMADD, INF, SNAN, 0, SNAN_Q, FPSCR_VXIMZ | FPSCR_VXSNAN},
		{FMADD, INF, INF | SIGN, ONE, DEFAULT, FPSCR_VXISI},
		{FNMSUB, INF, INF, ONE, DEFAULT, FPSCR_VXISI},
		{FRSP, 0, 0x7ff4000010000000, 0, 0x7ffc000000000000, FPSCR_VXSNAN},
		{FRIN, 0, SNAN, 0, SNAN_Q, FPSCR_VXSNAN},
		{XSADDDP, INF, INF | SIGN, 0, DEFAULT, FPSCR_VXISI},
	};
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		u64 prf = PRF_NAN;

		run(t[i].word, 0, FPSCR_FR | FPSCR_FI | PRF_OLD, t[i].a, t[i].b, t[i].c);
		EXPECT(t[i].result, INVALID(t[i].vx) | prf);
		assert_int_equal(VD(&e.s->vsr[1], 1), 0);
		/* enabled: target and FPRF stay, FR and FI are cleared */
		run(t[i].word, MODE_FE, FPSCR_FR | FPSCR_FI | PRF_OLD | FPSCR_VE, t[i].a, t[i].b,
		    t[i].c);
		EXPECT(OLD, INVALID(t[i].vx) | PRF_OLD | FPSCR_FEX | FPSCR_VE);
		assert_int_equal(VD(&e.s->vsr[1], 1), OLD_LOW);
		expect_fp_interrupt();
		/* not taken: the same result */
		run(t[i].word, 0, FPSCR_VE, t[i].a, t[i].b, t[i].c);
		assert_int_equal(VD(&e.s->vsr[1], 0), OLD);
		assert_int_equal(e.exit_code, 0);
	}
}

static void test_nan_priority(void **state)
{
	/* A, then B, then C; a fused negation leaves NaNs alone */
	run(FMADD, 0, 0, QNAN_A, QNAN_B, QNAN_C);
	EXPECT(QNAN_A, PRF_NAN);
	run(FMADD, 0, 0, ONE, QNAN_B, QNAN_C);
	EXPECT(QNAN_B, PRF_NAN);
	run(FNMSUB, 0, 0, ONE, ONE, QNAN_C);
	EXPECT(QNAN_C, PRF_NAN);
	run(FADD, 0, 0, QNAN_A, QNAN_B, 0);
	EXPECT(QNAN_A, PRF_NAN);
}

static void test_conversion_invalid(void **state)
{
	/* FPRF is undefined and stays */
	run(FCTIW, 0, PRF_OLD | FPSCR_FI, 0, 0x41e0000000000000, 0); /* 2^31 */
	assert_int_equal((u32)VD(&e.s->vsr[1], 0), 0x7fffffff);
	assert_int_equal(e.s->fpscr, INVALID(FPSCR_VXCVI) | PRF_OLD);
	run(FCTIW, 0, PRF_OLD, 0, SNAN, 0);
	assert_int_equal((u32)VD(&e.s->vsr[1], 0), 0x80000000);
	assert_int_equal(e.s->fpscr, INVALID(FPSCR_VXCVI | FPSCR_VXSNAN) | PRF_OLD);
	run(FCTIW, 0, FPSCR_VE | PRF_OLD, 0, INF, 0);
	EXPECT(OLD, INVALID(FPSCR_VXCVI) | PRF_OLD | FPSCR_FEX | FPSCR_VE);
	/* -1/2 rounds to 0: in range and inexact */
	run(FCTIDUZ, 0, PRF_OLD, 0, HALF | SIGN, 0);
	EXPECT(0, FPSCR_FX | FPSCR_XX | FPSCR_FI | PRF_OLD);
	run(FCTIDUZ, 0, PRF_OLD, 0, ONE | SIGN, 0);
	EXPECT(0, INVALID(FPSCR_VXCVI) | PRF_OLD);
}

static void test_zero_divide(void **state)
{
	run(FDIV, 0, FPSCR_FR | FPSCR_FI, ONE, SIGN, 0);
	EXPECT(INF | SIGN, FPSCR_FX | FPSCR_ZX | PRF(0x09));
	run(FDIV, MODE_FE, FPSCR_ZE | PRF_OLD, ONE, 0, 0);
	EXPECT(OLD, FPSCR_FX | FPSCR_FEX | FPSCR_ZX | FPSCR_ZE | PRF_OLD);
	expect_fp_interrupt();
	run(FRE, 0, 0, 0, SIGN, 0);
	EXPECT(INF | SIGN, FPSCR_FX | FPSCR_ZX | PRF(0x09));
	run(FRSQRTE, 0, 0, 0, 0, 0);
	EXPECT(INF, FPSCR_FX | FPSCR_ZX | PRF_INF);
}

static void test_overflow(void **state)
{
	/* FMUL takes FRC. Exact but for the range: 2 * MAX */
	run(FMUL, 0, 0, MAX, 0, TWO);
	EXPECT(INF, FPSCR_FX | FPSCR_OX | FPSCR_XX | FPSCR_FI | FPSCR_FR | PRF_INF);
	run(FMUL, 0, 1, MAX, 0, TWO);
	EXPECT(MAX, FPSCR_FX | FPSCR_OX | FPSCR_XX | FPSCR_FI | NORMAL | 1);
	/* enabled: the exponent less 1536, and no XX as nothing is lost */
	run(FMUL, MODE_FE, FPSCR_OE, MAX, 0, TWO);
	EXPECT(MAX - (1535ull << 52), FPSCR_FX | FPSCR_FEX | FPSCR_OX | NORMAL | FPSCR_OE);
	expect_fp_interrupt();
	/* single: less 192; 2^127 * 2 */
	run(FMULS, 0, FPSCR_OE, 0x47e0000000000000, 0, TWO);
	EXPECT(0x47e0000000000000 - (191ull << 52),
	       FPSCR_FX | FPSCR_FEX | FPSCR_OX | NORMAL | FPSCR_OE);
	/* rounding alone overflows */
	run(FADD, 0, 0, MAX, 0x7c90000000000000, 0); /* half a unit of MAX */
	EXPECT(INF, FPSCR_FX | FPSCR_OX | FPSCR_XX | FPSCR_FI | FPSCR_FR | PRF_INF);
}

static void test_underflow(void **state)
{
	/* tiny and exact: no exception unless enabled */
	run(FMUL, 0, 0, MIN, 0, HALF);
	EXPECT(MIN / 2, PRF(0x14));
	run(FMUL, MODE_FE, FPSCR_UE, MIN, 0, HALF);
	EXPECT(MIN + (1535ull << 52), FPSCR_FX | FPSCR_FEX | FPSCR_UX | NORMAL | FPSCR_UE);
	expect_fp_interrupt();
	/* tiny before rounding, the smallest normal after: UX. (1 - 2^-53) * MIN */
	run(FMUL, 0, 0, MIN, 0, 0x3fefffffffffffff);
	EXPECT(MIN, FPSCR_FX | FPSCR_UX | FPSCR_XX | FPSCR_FI | FPSCR_FR | NORMAL);
	run(FMUL, 0, 1, MIN, 0, 0x3fefffffffffffff);
	EXPECT(MIN - 1, FPSCR_FX | FPSCR_UX | FPSCR_XX | FPSCR_FI | PRF(0x14) | 1);
	/* to nothing */
	run(FMUL, 0, 0, MIN | SIGN, 0, MIN);
	EXPECT(SIGN, FPSCR_FX | FPSCR_UX | FPSCR_XX | FPSCR_FI | PRF(0x12));
	/* singles: a denormal's class is the single's; enabled, the exponent plus 192 */
	run(FRSP, 0, 0, 0, 0x3800000000000000, 0); /* 2^-127 */
	EXPECT(0x3800000000000000, PRF(0x14));
	run(FRSP, 0, FPSCR_UE, 0, 0x3800000000000000, 0);
	EXPECT(0x3800000000000000 + (192ull << 52),
	       FPSCR_FX | FPSCR_FEX | FPSCR_UX | NORMAL | FPSCR_UE);
}

static void test_negated_rounding(void **state)
{
	/* -(1 * 1 - -2^-60): rounded up first, then negated */
	run(FNMSUB, 0, 2, ONE, TINY | SIGN, ONE);
	EXPECT((ONE + 1) | SIGN, FPSCR_FX | FPSCR_XX | FPSCR_FI | FPSCR_FR | NEG | 2);
}

static void test_zero_signs(void **state)
{
	run(FADD, 0, 0, ONE, ONE | SIGN, 0);
	EXPECT(0, PRF(0x02));
	run(FADD, 0, 3, ONE, ONE | SIGN, 0);
	EXPECT(SIGN, PRF(0x12) | 3);
	run(FADD, 0, 0, SIGN, SIGN, 0);
	EXPECT(SIGN, PRF(0x12));
	run(FSQRT, 0, 0, 0, SIGN, 0);
	EXPECT(SIGN, PRF(0x12));
	run(FRIN, 0, FPSCR_XX | FPSCR_FI, 0, HALF | SIGN, 0);
	EXPECT(ONE | SIGN, NEG | FPSCR_XX);
}

static void test_compare(void **state)
{
	const u64 before = FPSCR_FI | FPSCR_FR | FPSCR_C;

	run(FCMPU, 0, before, ONE, TWO, 0);
	assert_int_equal(e.s->cr[5], 8);
	assert_int_equal(e.s->fpscr, before | PRF(8));
	run(FCMPU, 0, before, ONE, QNAN_B, 0);
	assert_int_equal(e.s->cr[5], 1);
	assert_int_equal(e.s->fpscr, before | PRF(1));
	run(FCMPU, 0, before, SNAN, ONE, 0);
	assert_int_equal(e.s->fpscr, before | PRF(1) | INVALID(FPSCR_VXSNAN));
	run(FCMPO, 0, 0, ONE, QNAN_B, 0);
	assert_int_equal(e.s->fpscr, PRF(1) | INVALID(FPSCR_VXVC));
	run(FCMPO, 0, 0, ONE, SNAN, 0);
	assert_int_equal(e.s->fpscr, PRF(1) | INVALID(FPSCR_VXVC | FPSCR_VXSNAN));
	/* VE: an SNaN hides VXVC; CR and FPCC are set all the same */
	run(FCMPO, MODE_FE, FPSCR_VE, ONE, SNAN, 0);
	assert_int_equal(e.s->fpscr, PRF(1) | INVALID(FPSCR_VXSNAN) | FPSCR_VE | FPSCR_FEX);
	assert_int_equal(e.s->cr[5], 1);
	expect_fp_interrupt();
}

/* Vectors keep FR FI FPRF; any enabled exception of any element keeps the whole target. */
static void test_vector(void **state)
{
	const u64 status = FPSCR_FR | FPSCR_FI | PRF_OLD;

	run(XVADDDP, 0, status, ONE, TINY, 0);
	EXPECT(ONE, status | FPSCR_XX | FPSCR_FX);
	assert_int_equal(VD(&e.s->vsr[1], 1), ONE);
	run(XVADDDP, MODE_FE, status | FPSCR_XE, ONE, TINY, 0);
	EXPECT(OLD, status | FPSCR_XX | FPSCR_FX | FPSCR_FEX | FPSCR_XE);
	assert_int_equal(VD(&e.s->vsr[1], 1), OLD_LOW);
	expect_fp_interrupt();
	run(XVDIVDP, 0, status | FPSCR_ZE, ONE, 0, 0);
	EXPECT(OLD, status | FPSCR_ZX | FPSCR_FX | FPSCR_FEX | FPSCR_ZE);
	run(XVDIVDP, 0, status | FPSCR_VE, ONE, 0, 0);
	EXPECT(INF, status | FPSCR_ZX | FPSCR_FX | FPSCR_VE);
	run(XVCMPGTDP_RC, 0, status, TWO, ONE, 0);
	EXPECT(~0ull, status);
	assert_int_equal(e.s->cr[6], 8);
	run(XVCMPGTDP_RC, 0, status, ONE, QNAN_B, 0);
	EXPECT(0ull, status | INVALID(FPSCR_VXVC));
	assert_int_equal(e.s->cr[6], 2);
}

static void test_quad(void **state)
{
	/* the same doubleword twice makes a fraction that is long */
	const u64 x = 0x3fff000000000001ull;

	run(XSMULQP, 0, 0, x, x, 0);
	assert_true(e.s->fpscr == (FPSCR_FX | FPSCR_XX | FPSCR_FI | NORMAL) ||
		    e.s->fpscr == (FPSCR_FX | FPSCR_XX | FPSCR_FI | FPSCR_FR | NORMAL));
	run(XSMULQP | RC, 0, 0, x, x, 0); /* round to odd */
	assert_int_equal(VD(&e.s->vsr[33], 1) & 1, 1);
	/* an SNaN, enabled: kept */
	run(XSMULQP, 0, FPSCR_VE, 0x7fff000000000001, x, 0);
	assert_int_equal(VD(&e.s->vsr[33], 0), OLD);
	assert_int_equal(VD(&e.s->vsr[33], 1), OLD_LOW);
}

/* Rounding modes of the instruction's own, also by the dispatcher of enabled exceptions. */
static void test_quad_round(void **state)
{
	const u64 enables[] = {0, FPSCR_VE | FPSCR_OE};
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(enables); i++) {
		/* 2.5 and little more: away, zero, up, down, and RN = up */
		const u64 x = 0x4000400000000000;

		run(XSRQPI(0, 0), 0, enables[i], 0, x, 0);
		assert_int_equal(VD(&e.s->vsr[33], 0), 0x4000800000000000);
		assert_int_equal(e.s->fpscr, NORMAL | enables[i]);
		run(XSRQPI(1, 1), 0, enables[i], 0, x, 0);
		assert_int_equal(VD(&e.s->vsr[33], 0), 0x4000000000000000);
		run(XSRQPI(1, 2) | RC, 0, enables[i], 0, x, 0);
		assert_int_equal(VD(&e.s->vsr[33], 0), 0x4000800000000000);
		assert_int_equal(e.s->fpscr,
				 NORMAL | enables[i] | FPSCR_FX | FPSCR_XX | FPSCR_FI | FPSCR_FR);
		run(XSRQPI(1, 3), 0, enables[i], 0, x, 0);
		assert_int_equal(VD(&e.s->vsr[33], 0), 0x4000000000000000);
		run(XSRQPI(0, 3), 0, enables[i] | 2, 0, x, 0);
		assert_int_equal(VD(&e.s->vsr[33], 0), 0x4000800000000000);
	}
}

static void test_fpscr_moves(void **state)
{
	/* FEX and VX follow; only the fields of FLM change */
	run(MTFSF(0x80), 0, FPSCR_XX, 0, 0xffffffffull, 0);
	assert_int_equal(e.s->fpscr, FPSCR_FX | FPSCR_OX | FPSCR_XX);
	run(MTFSF(0x02), 0, FPSCR_XX, 0, 0xffffffffull, 0); /* VE OE UE ZE */
	assert_int_equal(e.s->fpscr, FPSCR_XX | PPC_BITMASK(56, 59));
	assert_int_equal(e.exit_code, CPU_EXIT_RESYNC);
	assert_int_equal(e.pc, PC + 4);
	/* enabling what is pending raises the interrupt at once */
	run(MTFSF(0x01), MODE_FE, FPSCR_XX, 0, 8, 0);
	assert_int_equal(e.s->fpscr, FPSCR_XX | FPSCR_XE | FPSCR_FEX);
	expect_fp_interrupt();
	run(MTFSFI(7, 2), 0, 0, 0, 0, 0);
	assert_int_equal(e.s->fpscr, 2);
	assert_int_equal(e.exit_code, 0);
	/* mtfsb1 of an exception sets FX, of FEX and VX does nothing */
	run(MTFSB1(7) | RC, 0, 0, 0, 0, 0);
	assert_int_equal(e.s->fpscr, INVALID(FPSCR_VXSNAN));
	assert_int_equal(e.s->cr[1], 10);
	run(MTFSB1(1), 0, 0, 0, 0, 0);
	assert_int_equal(e.s->fpscr, 0);
	run(MTFSB0(7), 0, INVALID(FPSCR_VXSNAN), 0, 0, 0);
	assert_int_equal(e.s->fpscr, FPSCR_FX);
	/* mcrfs clears the exceptions it copies */
	run(MCRFS(3, 1), 0, INVALID(FPSCR_VXSNAN) | FPSCR_XX, 0, 0, 0);
	assert_int_equal(e.s->cr[3], 3);
	assert_int_equal(e.s->fpscr, FPSCR_FX);
	run(MCRFS(3, 0), 0, INVALID(FPSCR_VXSNAN) | FPSCR_OX, 0, 0, 0);
	assert_int_equal(e.s->cr[3], 11);
	assert_int_equal(e.s->fpscr, FPSCR_VX | FPSCR_VXSNAN);
	/* ISA 3.0's light forms */
	run(MFFSCE, 0, FPSCR_XE | FPSCR_XX | 3, 0, 0, 0);
	EXPECT(FPSCR_FEX | FPSCR_XE | FPSCR_XX | 3, FPSCR_XX | 3);
	assert_int_equal(e.exit_code, CPU_EXIT_RESYNC);
	run(MFFSCRNI(1), 0, FPSCR_XX | FPSCR_FI | 2, 0, 0, 0);
	EXPECT(2, FPSCR_XX | FPSCR_FI | 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inexact),	     cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_nan_priority), cmocka_unit_test(test_conversion_invalid),
		cmocka_unit_test(test_zero_divide),  cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_underflow),    cmocka_unit_test(test_negated_rounding),
		cmocka_unit_test(test_zero_signs),   cmocka_unit_test(test_compare),
		cmocka_unit_test(test_vector),	     cmocka_unit_test(test_quad),
		cmocka_unit_test(test_quad_round),   cmocka_unit_test(test_fpscr_moves),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
