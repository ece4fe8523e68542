// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * softfp/ against MPFR: results, FR, FI, XX, OX and UX of every operation, in every format and
 * rounding mode that MPFR has, on random operands that crowd the corners.
 *
 * MPFR rounds once to a precision with an unbounded exponent; mpfr_subnormalize() then gives IEEE
 * denormals without double rounding. Tininess before rounding: the result truncated with an
 * unbounded exponent lies below the smallest normal number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <mpfr.h>

#include "../random.h"
#include "softfp/softfp.h"

static u64 rng = 0x9e3779b97f4a7c15;

static u64 rnd(void)
{
	return random_next(&rng);
}

static u128 rnd128(void)
{
	u128 hi = rnd();

	return hi << 64 | rnd();
}

static const mpfr_rnd_t mpfr_mode[] = {
	[SF_RN_NEAREST] = MPFR_RNDN,
	[SF_RN_ZERO] = MPFR_RNDZ,
	[SF_RN_UP] = MPFR_RNDU,
	[SF_RN_DOWN] = MPFR_RNDD,
};

/* Finite operands: exponents near both ends, near 1 and near each other; sparse fractions. */
static u128 operand(const struct sf_fmt *f)
{
	u128 frac = rnd128() & (((u128)1 << f->frac_bits) - 1), sign = rnd() & 1;
	u32 max = 2 * (u32)f->bias + 1, exp;

	switch (rnd() % 6) {
	case 0:
		exp = (u32)(rnd() % 4);
		break;
	case 1:
		exp = max - 1 - (u32)(rnd() % 4);
		break;
	case 2:
		exp = (u32)f->bias / 2 + (u32)(rnd() % 8);
		break;
	case 3:
		exp = (u32)(rnd() % max);
		break;
	default:
		exp = (u32)f->bias - 8 + (u32)(rnd() % 16);
	}
	switch (rnd() % 6) {
	case 0:
		frac = 0;
		break;
	case 1:
		frac = ((u128)1 << f->frac_bits) - 1 - (rnd() & 3);
		break;
	case 2:
		frac &= ~(u128)0 << (rnd() % f->frac_bits);
		break;
	case 3:
		frac >>= rnd() % f->frac_bits;
		break;
	default:
		break;
	}
	return (sign * (max + 1) | exp) << f->frac_bits | frac;
}

static void to_mpfr(mpfr_t x, const struct sf_num *n)
{
	mpfr_t low;

	assert_true(n->cls == SF_FINITE || n->cls == SF_ZERO);
	if (n->cls == SF_ZERO) {
		mpfr_set_zero(x, n->sign ? -1 : 1);
		return;
	}
	mpfr_init2(low, 128);
	mpfr_set_uj(x, (u64)(n->frac >> 64), MPFR_RNDN);
	mpfr_mul_2ui(x, x, 64, MPFR_RNDN);
	mpfr_set_uj(low, (u64)n->frac, MPFR_RNDN);
	mpfr_add(x, x, low, MPFR_RNDN);
	mpfr_mul_2si(x, x, n->exp - 127, MPFR_RNDN);
	if (n->sign)
		mpfr_neg(x, x, MPFR_RNDN);
	mpfr_clear(low);
}

enum op { ADD, SUB, MUL, DIV, SQRT, FMA, FMS, ROUND, OPS };

static int apply(mpfr_t r, enum op op, mpfr_t a, mpfr_t b, mpfr_t c, mpfr_rnd_t mode)
{
	switch (op) {
	case ADD:
		return mpfr_add(r, a, b, mode);
	case SUB:
		return mpfr_sub(r, a, b, mode);
	case MUL:
		return mpfr_mul(r, a, b, mode);
	case DIV:
		return mpfr_div(r, a, b, mode);
	case SQRT:
		return mpfr_sqrt(r, a, mode);
	case FMA:
		return mpfr_fma(r, a, c, b, mode);
	case FMS:
		return mpfr_fms(r, a, c, b, mode);
	default:
		return mpfr_set(r, a, mode);
	}
}

static struct sf_num ours(enum op op, struct sf_num a, struct sf_num b, struct sf_num c,
			  struct sf_status *st)
{
	switch (op) {
	case ADD:
		return sf_add(a, b, st);
	case SUB:
		return sf_sub(a, b, st);
	case MUL:
		return sf_mul(a, b, st);
	case DIV:
		return sf_div(a, b, st);
	case SQRT:
		return sf_sqrt(a, st);
	case FMA:
		return sf_fma(a, b, c, 0, st);
	case FMS:
		return sf_fma(a, b, c, SF_FMA_SUB, st);
	default:
		return a;
	}
}

static void one(enum op op, const struct sf_fmt *from, const struct sf_fmt *to, enum sf_rounding rn)
{
	u128 bits[3] = {operand(from), operand(from), operand(from)};
	struct sf_num n[3], got, packed;
	struct sf_status st = {.rn = rn, .quad = to->frac_bits > 60};
	mpfr_t x[3], want, exact, have;
	mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
	u32 flags = 0;
	bool tiny;
	int i, t;

	if (op == SQRT)
		bits[0] &= ~((u128)(2 * (u32)from->bias + 2) << from->frac_bits);
	for (i = 0; i < 3; i++) {
		n[i] = sf_unpack(from, bits[i]);
		mpfr_init2(x[i], 128);
		to_mpfr(x[i], &n[i]);
	}
	mpfr_inits2((mpfr_prec_t)to->frac_bits + 1, want, exact, (mpfr_ptr)0);
	mpfr_init2(have, 128);

	apply(exact, op, x[0], x[1], x[2], MPFR_RNDZ);
	if (mpfr_nan_p(exact) || mpfr_inf_p(exact))
		goto out; /* 0 / 0, x / 0: the flag tests' business */
	tiny = !mpfr_zero_p(exact) && mpfr_get_exp(exact) - 1 < 1 - to->bias;

	/* MPFR's exponents are one higher: its significands are of [1/2, 1). */
	t = apply(want, op, x[0], x[1], x[2], mpfr_mode[rn]);
	mpfr_set_emin(1 - to->bias - (s32)to->frac_bits + 1);
	mpfr_set_emax(to->bias + 1);
	mpfr_clear_flags();
	t = mpfr_check_range(want, t, mpfr_mode[rn]);
	t = mpfr_subnormalize(want, t, mpfr_mode[rn]);
	if (mpfr_overflow_p())
		flags |= SF_OX;
	mpfr_set_emin(emin);
	mpfr_set_emax(emax);
	if (t) {
		flags |= SF_XX | SF_FI | (tiny ? SF_UX : 0);
		if ((t > 0) == !mpfr_signbit(want))
			flags |= SF_FR;
	}

	if (from == &sf_f64 && (to == &sf_f64 || to == &sf_f32) && (rnd() & 1) && op != SQRT &&
	    (op != ROUND || to == &sf_f32)) {
		static u64 (*const fn[])(u64, u64, const struct sf_fmt *, struct sf_status *) = {
			sf_add_double, sf_sub_double, sf_mul_double, sf_div_double};
		u64 a = (u64)bits[0], b = (u64)bits[1], c = (u64)bits[2];

		if (op == ROUND)
			a = sf_double_to_single(a, &st);
		else if (op == FMA || op == FMS)
			a = sf_fma_double(a, b, c, op == FMS ? SF_FMA_SUB : 0, to, &st);
		else
			a = fn[op](a, b, to, &st);
		got = sf_unpack(&sf_f64, a);
	} else {
		got = sf_round(ours(op, n[0], n[1], n[2], &st), to, &st);
	}
	packed = sf_unpack(to, sf_pack(to, &got));
	assert_int_equal(packed.cls, got.cls);
	if (mpfr_inf_p(want)) {
		assert_int_equal(got.cls, SF_INF);
	} else {
		to_mpfr(have, &packed);
		if (!mpfr_equal_p(have, want)) {
			mpfr_printf("op %d to %d rn %d: %Ra %Ra %Ra: have %Ra want %Ra\n", op,
				    to->frac_bits, rn, x[0], x[1], x[2], have, want);
			fail();
		}
	}
	assert_int_equal(got.sign, mpfr_signbit(want) != 0);
	if ((st.flags & ~(u32)SF_FPRF) != flags) {
		mpfr_printf("op %d to %d rn %d: %Ra %Ra %Ra: flags %x want %x\n", op, to->frac_bits,
			    rn, x[0], x[1], x[2], st.flags, flags);
		fail();
	}
	assert_int_equal(st.flags & SF_FPRF, sf_fprf(&packed, to));
out:
	mpfr_clears(x[0], x[1], x[2], want, exact, have, (mpfr_ptr)0);
}

static void test_arithmetic(void **state)
{
	static const struct {
		const struct sf_fmt *from, *to;
	} pair[] = {{&sf_f32, &sf_f32},	  {&sf_f64, &sf_f64}, {&sf_f64, &sf_f32},
		    {&sf_f128, &sf_f128}, {&sf_f64, &sf_f16}, {&sf_f128, &sf_f64},
		    {&sf_f32, &sf_f16},	  {&sf_f128, &sf_f32}};
	unsigned i, op, rn, n;

	for (i = 0; i < ARRAY_SIZE(pair); i++)
		for (op = 0; op < OPS; op++)
			for (rn = SF_RN_NEAREST; rn <= SF_RN_DOWN; rn++)
				for (n = 0; n < 1500; n++)
					one(op, pair[i].from, pair[i].to, rn);
}

/* Round to odd: truncate, and set the last bit if anything was cut off. */
static void test_round_to_odd(void **state)
{
	unsigned i;

	for (i = 0; i < 20000; i++) {
		struct sf_status z = {.rn = SF_RN_ZERO, .quad = true},
				 o = {.rn = SF_RN_ODD, .quad = true};
		struct sf_num a = sf_unpack(&sf_f128, operand(&sf_f128));
		struct sf_num b = sf_unpack(&sf_f128, operand(&sf_f128));
		struct sf_num x = sf_round(sf_mul(a, b, &z), &sf_f128, &z);
		struct sf_num y = sf_round(sf_mul(a, b, &o), &sf_f128, &o);
		u128 vx = sf_pack(&sf_f128, &x), vy = sf_pack(&sf_f128, &y);

		assert_true(vy == (vx | ((z.flags & SF_FI) != 0)));
		assert_int_equal(z.flags & ~(u32)(SF_FR | SF_FPRF),
				 o.flags & ~(u32)(SF_FR | SF_FPRF));
	}
}

static void test_integers(void **state)
{
	static const mpfr_rnd_t modes[] = {MPFR_RNDN, MPFR_RNDZ, MPFR_RNDU, MPFR_RNDD};
	static const struct sf_fmt *const fmts[] = {&sf_f32, &sf_f64, &sf_f128};
	mpfr_t x, y, z;
	unsigned i, k, rn;

	mpfr_inits2(128, x, y, z, (mpfr_ptr)0);
	for (i = 0; i < 30000; i++) {
		const struct sf_fmt *f = fmts[i % 3];
		u32 exp = (u32)f->bias - 4 + (u32)(rnd() % 75);
		u128 bits = ((u128)(exp | (rnd() & 1) * (2 * (u32)f->bias + 2)) << f->frac_bits) |
			    (operand(f) & (((u128)1 << f->frac_bits) - 1));
		struct sf_num n = sf_unpack(f, bits), r;

		to_mpfr(x, &n);
		for (rn = SF_RN_NEAREST; rn <= SF_RN_AWAY; rn++) {
			struct sf_status st = {.rn = rn};
			u32 want = 0;
			u64 v;

			if (rn == SF_RN_AWAY)
				mpfr_round(y, x);
			else
				mpfr_rint(y, x, modes[rn]);
			if (!mpfr_equal_p(x, y))
				want = SF_FI | SF_XX | (mpfr_cmpabs(y, x) > 0 ? SF_FR : 0);
			r = sf_rint(n, &st);
			to_mpfr(z, &r);
			assert_true(mpfr_equal_p(y, z));
			assert_int_equal(r.sign, n.sign);
			assert_int_equal(st.flags, want);

			for (k = 0; k < 4; k++) {
				bool is_signed = k & 1, fits;
				unsigned width = k & 2 ? 64 : 32;

				st.flags = 0;
				v = f == &sf_f64
					    ? sf_double_to_int((u64)bits, width, is_signed, &st)
					    : sf_to_int(n, width, is_signed, &st);
				if (width == 64)
					fits = is_signed ? mpfr_fits_intmax_p(y, MPFR_RNDZ)
							 : mpfr_fits_uintmax_p(y, MPFR_RNDZ);
				else
					fits = is_signed ? mpfr_fits_sint_p(y, MPFR_RNDZ)
							 : mpfr_fits_uint_p(y, MPFR_RNDZ);
				if (!fits) {
					assert_int_equal(st.flags, SF_VXCVI);
				} else {
					assert_int_equal(st.flags, want);
					assert_true(v == (is_signed ? (u64)mpfr_get_sj(y, MPFR_RNDZ)
								    : mpfr_get_uj(y, MPFR_RNDZ)));
				}
			}
		}
	}
	mpfr_clears(x, y, z, (mpfr_ptr)0);
}

static void test_from_integers(void **state)
{
	const struct sf_fmt *const fmts[] = {&sf_f64, &sf_f32};
	mpfr_t x, y;
	unsigned i, rn;

	mpfr_init2(y, 64);
	for (i = 0; i < 20000; i++) {
		const struct sf_fmt *f = fmts[i & 1];
		s64 v = (s64)rnd() >> (rnd() & 63);

		mpfr_init2(x, (mpfr_prec_t)f->frac_bits + 1);
		for (rn = SF_RN_NEAREST; rn <= SF_RN_DOWN; rn++) {
			struct sf_status st = {.rn = rn}, st2 = {.rn = rn};
			u64 r = sf_double_from_s64(v, f, &st);
			struct sf_num n = sf_unpack(&sf_f64, r);
			struct sf_num m = sf_round(sf_from_s64(v), f, &st2);
			int t = mpfr_set_sj(x, v, mpfr_mode[rn]);

			to_mpfr(y, &n);
			assert_true(mpfr_equal_p(x, y));
			assert_int_equal(!!(st.flags & SF_FI), t != 0);
			assert_int_equal(!!(st.flags & SF_FR), t && (t > 0) == (v > 0));
			assert_int_equal(st.flags, st2.flags);
			assert_true(r == (u64)sf_pack(&sf_f64, &m));
		}
		mpfr_clear(x);
	}
	mpfr_clear(y);
}

static void test_order(void **state)
{
	mpfr_t x, y;
	unsigned i;

	mpfr_inits2(128, x, y, (mpfr_ptr)0);
	for (i = 0; i < 30000; i++) {
		u128 p = operand(&sf_f64),
		     q = i & 1 ? operand(&sf_f64) : p ^ (u128)(rnd() & 1) << 63;
		struct sf_num a = sf_unpack(&sf_f64, p), b = sf_unpack(&sf_f64, q);
		int c;

		to_mpfr(x, &a);
		to_mpfr(y, &b);
		c = mpfr_cmp(x, y);
		assert_int_equal(sf_order(&a, &b), c < 0 ? SF_LT : c > 0 ? SF_GT : SF_EQ);
		assert_int_equal(sf_compare_double((u64)p, (u64)q, false, NULL), sf_order(&a, &b));
	}
	mpfr_clears(x, y, (mpfr_ptr)0);
}

static void test_single_formats(void **state)
{
	u32 i;

	for (i = 0; i < 2000000; i++) {
		u32 v = i < 100 ? i : (u32)rnd();
		u64 d = sf_load_single(v);
		struct sf_num n = sf_unpack(&sf_f32, v);

		assert_true(d == (u64)sf_pack(&sf_f64, &n));
		assert_int_equal(sf_store_single(d), v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),    cmocka_unit_test(test_round_to_odd),
		cmocka_unit_test(test_from_integers), cmocka_unit_test(test_integers),
		cmocka_unit_test(test_order),	      cmocka_unit_test(test_single_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
