// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decimal floating-point instructions (Power ISA Book I, 5.6) on unpacked numbers. One row of
 * result_ops or test_ops each.
 *
 * Where qemu departs from the ISA we follow the ISA (docs/qemu-departures.md): FR and FI, FX only
 * when a bit becomes set, enabled exceptions, denbcd with an invalid digit or sign.
 */
#include "cpu/fp.h"
#include "isa/dfp.h"
#include "isa/helper.h"
#include "softfp/decimal.h"

struct dfp_ctx {
	struct dec_env env; /* the operands' format */
	struct dec_num a, b, r;
	u128 raw_a, raw_b, raw; /* bits; raw is the result */
	u32 imm;
	u64 sets; /* of FR FI FPRF */
};

static void pack(struct dfp_ctx *x)
{
	x->raw = dec_pack(&x->r, x->env.fmt);
}

static void invalid(struct dfp_ctx *x, u32 flag)
{
	x->env.st.flags |= flag;
	dec_default_nan(&x->r);
}

static void status_of_result(struct dfp_ctx *x)
{
	x->env.st.flags = (x->env.st.flags & ~(u32)SF_FPRF) | dec_fprf(&x->r, x->env.fmt);
}

/* --- arithmetic --- */
static void add(struct dfp_ctx *x)
{
	dec_add(&x->r, &x->a, &x->b, &x->env);
	dec_round(&x->r, &x->env);
	pack(x);
}

static void sub(struct dfp_ctx *x)
{
	dec_sub(&x->r, &x->a, &x->b, &x->env);
	dec_round(&x->r, &x->env);
	pack(x);
}

static void mul(struct dfp_ctx *x)
{
	dec_mul(&x->r, &x->a, &x->b, &x->env);
	dec_round(&x->r, &x->env);
	pack(x);
}

static void divide(struct dfp_ctx *x)
{
	dec_div(&x->r, &x->a, &x->b, &x->env);
	dec_round(&x->r, &x->env);
	pack(x);
}

/* --- quantum adjustment --- */

/* RMC, with R in front of it; 3 without R is FPSCR[DRN]. */
static void immediate_rounding(struct dfp_ctx *x, u32 r_rmc)
{
	static const u8 mode[8] = {
		DEC_NEAREST_EVEN, DEC_TOWARD_ZERO, DEC_NEAREST_AWAY, 0,
		DEC_UPWARD,	  DEC_DOWNWARD,	   DEC_AWAY,	     DEC_NEAREST_ZERO};

	if (r_rmc != 3)
		x->env.rn = mode[r_rmc];
}

static void quantize_to(struct dfp_ctx *x, const struct dec_num *reference)
{
	immediate_rounding(x, x->imm & 3);
	if (dec_nan_operands(&x->r, reference, &x->b, &x->env)) {
		/* done */
	} else if (reference->cls == DEC_INF || x->b.cls == DEC_INF) {
		x->r = x->b;
		if (reference->cls != x->b.cls)
			invalid(x, SF_VXCVI);
	} else {
		x->r = x->b;
		dec_quantize(&x->r, reference->exp, &x->env);
	}
	status_of_result(x);
	pack(x);
}

static void quai(struct dfp_ctx *x)
{
	s32 te = (s32)(x->imm >> 2 & 31);

	dec_set_zero(&x->a, false, te > 15 ? te - 32 : te);
	quantize_to(x, &x->a);
}

static void qua(struct dfp_ctx *x)
{
	quantize_to(x, &x->a);
}

/* Round to the number of significant digits in the low bits of FRA. */
static void rrnd(struct dfp_ctx *x)
{
	u32 digits = (u32)x->raw_a & 63;
	bool up;

	immediate_rounding(x, x->imm & 3);
	if (!dec_nan_operands(&x->r, &x->b, NULL, &x->env))
		x->r = x->b;
	if (x->r.cls == DEC_FINITE && digits && x->r.len > digits) {
		bool inexact = dec_drop(&x->r, x->r.len - digits, x->env.rn, &up);

		if (x->r.len > digits) { /* 99..9 became 10..0 */
			dec_drop(&x->r, 1, DEC_TOWARD_ZERO, &(bool){false});
		}
		if (x->r.exp > x->env.fmt->emax)
			invalid(x, SF_VXCVI);
		else if (inexact)
			x->env.st.flags |= SF_XX | SF_FI | (up ? SF_FR : 0);
	}
	status_of_result(x);
	pack(x);
}

static void round_to_integer(struct dfp_ctx *x)
{
	immediate_rounding(x, x->imm & 7);
	if (!dec_nan_operands(&x->r, &x->b, NULL, &x->env)) {
		x->r = x->b;
		if (x->r.cls == DEC_FINITE && x->r.exp < 0)
			dec_quantize(&x->r, 0, &x->env);
	}
	status_of_result(x);
	pack(x);
}

static void rintx(struct dfp_ctx *x)
{
	round_to_integer(x);
}

static void rintn(struct dfp_ctx *x)
{
	round_to_integer(x);
	x->env.st.flags &= ~(u32)(SF_XX | SF_FI | SF_FR);
}

/* --- conversions --- */

/* Signalling NaNs stay what they are between long and short: like loads and stores. */
static void ctdp(struct dfp_ctx *x)
{
	dec_unpack(&x->r, &dec_short, (u32)x->raw_b);
	status_of_result(x);
	pack(x);
}

static void rsp(struct dfp_ctx *x)
{
	x->r = x->b;
	x->env.fmt = &dec_short;
	dec_round(&x->r, &x->env);
	pack(x);
}

static void ctqpq(struct dfp_ctx *x)
{
	struct dec_num b;

	dec_unpack(&b, &dec_long, (u64)x->raw_b);
	if (!dec_nan_operands(&x->r, &b, NULL, &x->env))
		x->r = b;
	status_of_result(x);
	pack(x);
}

/* The result fills the even register, the odd one becomes 0. */
static void rdpq(struct dfp_ctx *x)
{
	if (!dec_nan_operands(&x->r, &x->b, NULL, &x->env))
		x->r = x->b;
	x->env.fmt = &dec_long;
	dec_round(&x->r, &x->env);
	pack(x);
	x->raw <<= 64;
}

static void cffix(struct dfp_ctx *x)
{
	dec_from_s64(&x->r, (s64)x->raw_b);
	dec_round(&x->r, &x->env);
	pack(x);
}

static void ctfix(struct dfp_ctx *x)
{
	s64 v = 0;

	x->sets = FP_SETS_FR_FI;
	if (dec_is_nan(&x->b)) {
		v = INT64_MIN;
		x->env.st.flags |= SF_VXCVI | (x->b.cls == DEC_SNAN ? SF_VXSNAN : 0);
	} else {
		bool fits = false;

		x->r = x->b;
		/* More than 19 digits before the point cannot fit, and need not be written out. */
		if (x->r.cls == DEC_FINITE && (!x->r.len || dec_adjusted(&x->r) < 19)) {
			if (x->r.exp > 0)
				dec_append_zeros(&x->r, (u32)x->r.exp);
			else
				dec_quantize(&x->r, 0, &x->env);
			fits = dec_to_s64(&x->r, &v);
		}
		if (!fits) {
			v = x->b.sign ? INT64_MIN : INT64_MAX;
			x->env.st.flags = SF_VXCVI;
		}
	}
	x->raw = (u64)v;
}

/* --- formats --- */
static u32 bcd_digits(const struct dfp_ctx *x)
{
	return x->env.fmt == &dec_quad ? 32 : 16;
}

/* SP: 0 and 1 unsigned, 2 signed with C for plus, 3 with F. */
static void dedpd(struct dfp_ctx *x)
{
	x->sets = 0;
	for (u32 i = 0; i < bcd_digits(x) && i < x->b.len; i++)
		x->raw |= (u128)x->b.digit[i] << (4 * i);
	if (x->imm & 2) {
		u32 plus = x->imm & 1 ? 0xf : 0xc;

		x->raw = x->raw << 4 | (x->b.sign ? 0xd : plus);
		if (bcd_digits(x) == 16)
			x->raw = (u64)x->raw;
	}
}

static void enbcd(struct dfp_ctx *x)
{
	u32 first = x->imm & 1, sign = first ? (u32)x->raw_b & 15 : 0xc;
	bool bad = sign < 10;

	dec_set_zero(&x->r, sign == 0xd || sign == 0xb, 0);
	for (u32 i = first; i < bcd_digits(x); i++) {
		u8 digit = (x->raw_b >> (4 * i)) & 15;

		bad |= digit > 9;
		x->r.digit[i - first] = digit;
	}
	x->r.len = bcd_digits(x) - first;
	dec_truncate(&x->r, x->r.len);
	if (bad)
		invalid(x, SF_VXCVI);
	status_of_result(x);
	pack(x);
}

static void xex(struct dfp_ctx *x)
{
	s64 v;

	if (x->b.cls == DEC_FINITE)
		v = x->b.exp + x->env.fmt->bias;
	else if (x->b.cls == DEC_INF)
		v = -1;
	else
		v = x->b.cls == DEC_QNAN ? -2 : -3;
	x->raw = (u64)v;
	x->sets = 0;
}

/* Sign and trailing significand of the bits of a number with another combination and exponent. */
static u128 with_class(struct dfp_ctx *x, u128 bits, enum dec_class cls)
{
	const struct dec_fmt *f = x->env.fmt;
	struct dec_num n = {.cls = (u8)cls};
	u32 t = 10 * f->declets, sign = t + f->cont_bits + 5;

	return dec_pack(&n, f) | (bits & (((u128)1 << t) - 1)) | (bits & ((u128)1 << sign));
}

static void iex(struct dfp_ctx *x)
{
	s64 exp = (s64)x->raw_a;

	x->sets = 0;
	if (exp >= 0 && exp <= x->env.fmt->emax + x->env.fmt->bias) {
		x->r = x->b;
		x->r.cls = DEC_FINITE;
		x->r.exp = (s32)exp - x->env.fmt->bias;
		pack(x);
	} else if (exp == -1) {
		x->raw = with_class(x, x->raw_b, DEC_INF);
	} else {
		x->raw = with_class(x, x->raw_b, exp == -3 ? DEC_SNAN : DEC_QNAN);
	}
}

/* The significand moves, the exponent stays; a NaN's payload has a digit less. */
static void shift_significand(struct dfp_ctx *x, bool left)
{
	u32 digits = x->env.fmt->digits;

	x->sets = 0;
	x->r = x->a;
	if (x->r.cls != DEC_FINITE && x->imm > digits) {
		x->raw = x->raw_a >> (10 * x->env.fmt->declets) << (10 * x->env.fmt->declets);
		return;
	}
	if (left && x->imm <= digits) {
		dec_append_zeros(&x->r, x->imm);
		dec_truncate(&x->r, x->a.cls == DEC_FINITE ? digits : digits - 1);
	} else {
		dec_drop(&x->r, left ? digits : x->imm, DEC_TOWARD_ZERO, &(bool){false});
	}
	x->r.exp = x->a.exp;
	pack(x);
}

static void scli(struct dfp_ctx *x)
{
	shift_significand(x, true);
}

static void scri(struct dfp_ctx *x)
{
	shift_significand(x, false);
}

/* --- comparisons and tests: a CR field --- */
static u64 compare(struct dfp_ctx *x, bool ordered)
{
	bool nan = dec_is_nan(&x->a) || dec_is_nan(&x->b);
	bool snan = x->a.cls == DEC_SNAN || x->b.cls == DEC_SNAN;

	if (snan)
		x->env.st.flags |= SF_VXSNAN;
	if (ordered && nan && !(snan && (x->env.st.enables & SF_VE)))
		x->env.st.flags |= SF_VXVC;
	return dec_compare(&x->a, &x->b);
}

static u64 cmpu(struct dfp_ctx *x)
{
	return compare(x, false);
}

static u64 cmpo(struct dfp_ctx *x)
{
	return compare(x, true);
}

/* Test data class and group: sign in LT, match in EQ. */
static u64 matched(const struct dfp_ctx *x, u32 class_bit)
{
	return (x->a.sign ? 8 : 0) | (x->imm & class_bit ? 2 : 0);
}

static u64 tstdc(struct dfp_ctx *x)
{
	static const u8 special[] = {[DEC_INF] = 4, [DEC_QNAN] = 2, [DEC_SNAN] = 1};

	if (x->a.cls != DEC_FINITE)
		return matched(x, special[x->a.cls]);
	if (!x->a.len)
		return matched(x, 0x20);
	return matched(x, dec_is_subnormal(&x->a, x->env.fmt) ? 0x10 : 8);
}

static u64 tstdg(struct dfp_ctx *x)
{
	const struct dec_fmt *f = x->env.fmt;
	bool extreme = x->a.exp == f->emax || x->a.exp == -f->bias;

	if (x->a.cls != DEC_FINITE)
		return matched(x, 1);
	if (!x->a.len)
		return matched(x, extreme ? 0x10 : 0x20);
	if (extreme || dec_is_subnormal(&x->a, f))
		return matched(x, 8);
	return matched(x, x->a.len == f->digits ? 2 : 4);
}

static unsigned exponent_kind(const struct dec_num *n)
{
	return n->cls == DEC_SNAN ? DEC_QNAN : n->cls;
}

static u64 tstex(struct dfp_ctx *x)
{
	if (x->a.cls != DEC_FINITE || x->b.cls != DEC_FINITE)
		return exponent_kind(&x->a) == exponent_kind(&x->b) ? SF_EQ : SF_UNORD;
	if (x->a.exp == x->b.exp)
		return SF_EQ;
	return x->a.exp < x->b.exp ? SF_LT : SF_GT;
}

/* Compare a wanted number of significant digits with B's. */
static u64 significance(const struct dfp_ctx *x, u32 digits)
{
	if (x->b.cls != DEC_FINITE)
		return SF_UNORD;
	if (!digits || digits > x->b.len)
		return SF_GT;
	return digits < x->b.len ? SF_LT : SF_EQ;
}

static u64 tstsf(struct dfp_ctx *x)
{
	return significance(x, (u32)x->raw_a & 63);
}

static u64 tstsfi(struct dfp_ctx *x)
{
	return significance(x, x->imm & 63);
}

/* --- dispatch --- */
typedef void result_fn(struct dfp_ctx *x);
typedef u64 test_fn(struct dfp_ctx *x);

static result_fn *const result_ops[DFP_RESULTS] = {
	[DFP_ADD] = add,     [DFP_SUB] = sub,	  [DFP_MUL] = mul,     [DFP_DIV] = divide,
	[DFP_QUAI] = quai,   [DFP_QUA] = qua,	  [DFP_RRND] = rrnd,   [DFP_RINTX] = rintx,
	[DFP_RINTN] = rintn, [DFP_CTDP] = ctdp,	  [DFP_CTQPQ] = ctqpq, [DFP_RSP] = rsp,
	[DFP_RDPQ] = rdpq,   [DFP_CFFIX] = cffix, [DFP_CTFIX] = ctfix, [DFP_DEDPD] = dedpd,
	[DFP_ENBCD] = enbcd, [DFP_XEX] = xex,	  [DFP_IEX] = iex,     [DFP_SCLI] = scli,
	[DFP_SCRI] = scri,
};

static test_fn *const test_ops[DFP_OPS] = {
	[DFP_CMPU] = cmpu,   [DFP_CMPO] = cmpo,	  [DFP_TSTDC] = tstdc,	 [DFP_TSTDG] = tstdg,
	[DFP_TSTEX] = tstex, [DFP_TSTSF] = tstsf, [DFP_TSTSFI] = tstsfi,
};

static void begin(struct dfp_ctx *x, const struct cpu_state *s, const union vreg *a,
		  const union vreg *b, u64 control)
{
	const struct dec_fmt *f = control & DFP_QUAD ? &dec_quad : &dec_long;

	x->env.fmt = f;
	x->env.rn = (enum dec_rounding)((s->fpscr & FPSCR_DRN) >> 32);
	x->env.st = fp_status(s);
	x->raw_a = a->q;
	x->raw_b = b->q;
	x->raw = 0;
	x->imm = (control >> DFP_IMM_SHIFT) & DFP_IMM;
	x->sets = FP_SETS_ALL;
	dec_unpack(&x->a, f, f == &dec_quad ? a->q : (u64)a->q);
	dec_unpack(&x->b, f, f == &dec_quad ? b->q : (u64)b->q);
}

void helper_dfp(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		u64 control)
{
	struct dfp_ctx x;

	begin(&x, s, a, b, control);
	result_ops[control & DFP_OP](&x);
	fp_done(s, &x.env.st, x.sets);
	r->q = x.raw;
}

u64 helper_dfp_test(struct cpu_state *s, const union vreg *a, const union vreg *b, u64 control)
{
	struct dfp_ctx x;
	u64 field;

	begin(&x, s, a, b, control);
	field = test_ops[control & DFP_OP](&x);
	s->fpscr = (s->fpscr & ~FPSCR_FPCC) | field << FPSCR_FPCC_SHIFT;
	fp_done(s, &x.env.st, 0);
	return field;
}
