// SPDX-License-Identifier: GPL-2.0-or-later
/* Negated multiply-adds of quads as qemu 7.2 computes them: negated before they are rounded, and
 * xsnmsubqpo in the mode of FPSCR[RN] instead of to odd. */
#include <mpfr.h>

#include "exact.h"
#include "isa/fields.h"
#include "isa/fpscr.h"

enum { PREC = 113, BIAS = 16383, WRAP = 24576, EXP_MAX = 0x7fff };

static bool set_quad(mpfr_t x, const u64 d[2])
{
	const long exp = (long)(d[0] >> 48 & EXP_MAX);

	if (exp == EXP_MAX)
		return false;
	mpfr_set_ui(x, (d[0] & 0xffffffffffff) | (exp ? 1ull << 48 : 0), MPFR_RNDN);
	mpfr_mul_2ui(x, x, 64, MPFR_RNDN);
	mpfr_add_ui(x, x, d[1], MPFR_RNDN);
	mpfr_mul_2si(x, x, (exp ? exp : 1) - BIAS - (PREC - 1), MPFR_RNDN);
	if (d[0] >> 63)
		mpfr_neg(x, x, MPFR_RNDN);
	return true;
}

/* x's significand, shifted right by down, and the biased exponent. */
static void pack(const mpfr_t x, long exp, long down, u64 out[2])
{
	mpz_t z, high;

	mpz_inits(z, high, NULL);
	mpfr_get_z_2exp(z, x);
	mpz_abs(z, z);
	mpz_fdiv_q_2exp(z, z, (mp_bitcnt_t)down);
	mpz_fdiv_q_2exp(high, z, 64);
	out[0] = (u64)mpfr_signbit(x) << 63 | (u64)(exp & EXP_MAX) << 48 |
		 (mpz_get_ui(high) & 0xffffffffffff);
	out[1] = mpz_get_ui(z);
	mpz_clears(z, high, NULL);
}

/* x was rounded to PREC bits with ternary value t. */
static void fit(mpfr_t x, int t, mpfr_rnd_t rnd, u64 enabled, struct exact *e)
{
	const mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
	long exp = mpfr_get_exp(x) - 1 + BIAS;
	const bool sign = mpfr_signbit(x), up = t && (t > 0) != sign, /* away from 0 */
		tiny = exp <= 0 || (exp == 1 && mpfr_min_prec(x) == 1 && up);

	if (tiny && enabled & FPSCR_UE) {
		e->raised |= FPSCR_UX;
		e->scaled = true;
		pack(x, exp + WRAP, 0, e->target);
	} else if (tiny) {
		mpfr_set_emin(2 - BIAS - (PREC - 1));
		mpfr_set_emax(BIAS + 1);
		t = mpfr_subnormalize(x, mpfr_check_range(x, t, rnd), rnd);
		mpfr_set_emin(emin);
		mpfr_set_emax(emax);
		e->raised |= t ? FPSCR_UX : 0;
		exp = mpfr_zero_p(x) ? 0 : mpfr_get_exp(x) - 1 + BIAS;
		if (mpfr_zero_p(x))
			e->target[0] = (u64)sign << 63;
		else
			pack(x, exp > 0 ? exp : 0, exp > 0 ? 0 : 1 - exp, e->target);
	} else if (exp >= EXP_MAX && enabled & FPSCR_OE) {
		e->raised |= FPSCR_OX;
		e->scaled = true;
		pack(x, exp - WRAP, 0, e->target);
	} else if (exp >= EXP_MAX) {
		const bool away = rnd == MPFR_RNDN || rnd == (sign ? MPFR_RNDD : MPFR_RNDU);

		e->raised |= FPSCR_OX | FPSCR_XX;
		e->target[0] = (u64)sign << 63 | 0x7fff000000000000;
		if (!away) {
			e->target[0]--;
			e->target[1] = ~0ull;
		}
	} else {
		pack(x, exp, 0, e->target);
	}
	e->raised |= t ? FPSCR_XX : 0;
}

static u64 class_of(const u64 q[2])
{
	static const u8 code[][2] = {{0x04, 0x08}, {0x02, 0x12}, {0x14, 0x18}, {0x05, 0x09}};
	const bool frac = q[0] & 0xffffffffffff || q[1];
	const u64 exp = q[0] >> 48 & EXP_MAX;
	const u32 k = exp == EXP_MAX ? 3 : exp ? 0 : frac ? 2 : 1;

	return (u64)code[k][q[0] >> 63] << FPSCR_FPRF_SHIFT;
}

bool exact_qemu_quad(const struct diff_view *v, struct exact *e)
{
	static const mpfr_rnd_t modes[] = {MPFR_RNDN, MPFR_RNDZ, MPFR_RNDU, MPFR_RNDD};
	const mpfr_rnd_t rnd = modes[v->before->state.fpscr & 3];
	const bool sub = diff_is(v, "xsnmsubqp");
	const u64(*vsr)[2] = v->before->state.vsr;
	const u32 w = (u32)v->insn->word;
	mpfr_t a, b, c, x;
	bool ok;
	int t;

	if (!sub && (!diff_is(v, "xsnmaddqp") || f_rc(w)))
		return false;
	*e = (struct exact){.raised = 0};
	mpfr_inits2(PREC, a, b, c, x, (mpfr_ptr)0);
	ok = set_quad(a, vsr[32 + f_vra(w)]) && set_quad(b, vsr[32 + f_vrb(w)]) &&
	     set_quad(c, vsr[32 + f_vrt(w)]);
	if (ok) {
		if (sub)
			mpfr_neg(c, c, MPFR_RNDN);
		t = mpfr_fma(x, a, b, c, rnd);
		if (mpfr_zero_p(x)) { /* exact, and signed before it is negated */
			e->target[0] = mpfr_signbit(x) ? 0 : 1ull << 63;
		} else {
			mpfr_neg(a, a, MPFR_RNDN);
			mpfr_neg(c, c, MPFR_RNDN);
			t = mpfr_fma(x, a, b, c, rnd);
			fit(x, t, rnd, v->before->state.fpscr, e);
		}
		e->fprf = class_of(e->target);
	}
	mpfr_clears(a, b, c, x, (mpfr_ptr)0);
	return ok;
}
