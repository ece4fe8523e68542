// SPDX-License-Identifier: GPL-2.0-or-later
/* Quad precision (binary128 in VRs): Power ISA 3.0B Book I 7.6.3. */
#include "cpu/fp.h"
#include "isa/helper.h"

static struct sf_status quad_status(const struct cpu_state *s, bool odd)
{
	struct sf_status st = fp_status(s);

	st.quad = true;
	if (odd)
		st.rn = SF_RN_ODD;
	return st;
}

static struct sf_num num(const union vreg *v)
{
	return sf_unpack(&sf_f128, v->q);
}

static void finish(struct cpu_state *s, union vreg *t, struct sf_num r, struct sf_status *st)
{
	fp_done(s, st, FP_SETS_ALL);
	t->q = sf_pack(&sf_f128, &r);
}

typedef struct sf_num binary_fn(struct sf_num a, struct sf_num b, struct sf_status *st);

static void binary(struct cpu_state *s, union vreg *t, const union vreg *a, const union vreg *b,
		   bool odd, binary_fn *op)
{
	struct sf_status st = quad_status(s, odd);

	finish(s, t, sf_round(op(num(a), num(b), &st), &sf_f128, &st), &st);
}

#define BINARY_ONE(name, op, odd)                                                                  \
	void helper_##name(union vreg *t, struct cpu_state *s, const union vreg *a,                \
			   const union vreg *b)                                                    \
	{                                                                                          \
		binary(s, t, a, b, odd, op);                                                       \
	}
#define BINARY(name, op)                                                                           \
	BINARY_ONE(name, op, false)                                                                \
	BINARY_ONE(name##o, op, true)
BINARY(xsaddqp, sf_add)
BINARY(xssubqp, sf_sub)
BINARY(xsmulqp, sf_mul)
BINARY(xsdivqp, sf_div)

static void mul_add(struct cpu_state *s, union vreg *t, const union vreg *a, const union vreg *c,
		    const union vreg *b, bool odd, unsigned variant)
{
	struct sf_status st = quad_status(s, odd);
	struct sf_num r = sf_round(sf_fma(num(a), num(b), num(c), variant, &st), &sf_f128, &st);

	if (variant & SF_FMA_NEG)
		r = sf_fma_negate(r, &st);
	finish(s, t, r, &st);
}

#define MUL_ADD_ONE(name, variant, odd)                                                            \
	void helper_##name(union vreg *t, struct cpu_state *s, const union vreg *a,                \
			   const union vreg *c, const union vreg *b)                               \
	{                                                                                          \
		mul_add(s, t, a, c, b, odd, variant);                                              \
	}
#define MUL_ADD(name, variant)                                                                     \
	MUL_ADD_ONE(name, variant, false)                                                          \
	MUL_ADD_ONE(name##o, variant, true)
MUL_ADD(xsmaddqp, 0)
MUL_ADD(xsmsubqp, SF_FMA_SUB)
MUL_ADD(xsnmaddqp, SF_FMA_NEG)
MUL_ADD(xsnmsubqp, SF_FMA_SUB | SF_FMA_NEG)

static void square_root(struct cpu_state *s, union vreg *t, const union vreg *b, bool odd)
{
	struct sf_status st = quad_status(s, odd);

	finish(s, t, sf_round(sf_sqrt(num(b), &st), &sf_f128, &st), &st);
}

void helper_xssqrtqp(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	square_root(s, t, b, false);
}

void helper_xssqrtqpo(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	square_root(s, t, b, true);
}

/* Results of 64 bits stand in doubleword 0; doubleword 1 is 0. */
static void set_dword(union vreg *t, u64 v)
{
	VD(t, 0) = v;
	VD(t, 1) = 0;
}

static void to_double(struct cpu_state *s, union vreg *t, const union vreg *b, bool odd)
{
	struct sf_status st = quad_status(s, odd);
	struct sf_num r = sf_round(sf_quiet(num(b), &st), &sf_f64, &st);

	fp_done(s, &st, FP_SETS_ALL);
	set_dword(t, (u64)sf_pack(&sf_f64, &r));
}

void helper_xscvqpdp(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	to_double(s, t, b, false);
}

void helper_xscvqpdpo(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	to_double(s, t, b, true);
}

void helper_xscvdpqp(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	struct sf_status st = quad_status(s, false);
	struct sf_num n = sf_quiet(sf_unpack(&sf_f64, VD(b, 0)), &st);

	finish(s, t, sf_round(n, &sf_f128, &st), &st);
}

/* FPRF is undefined after these; it stays. */
static void to_int(struct cpu_state *s, union vreg *t, const union vreg *b, unsigned bits,
		   bool is_signed)
{
	struct sf_status st = fp_status_rn(s, SF_RN_ZERO);
	u64 r = sf_to_int(num(b), bits, is_signed, &st);

	fp_done(s, &st, FP_SETS_FR_FI);
	set_dword(t, r);
}

void helper_xscvqpsdz(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	to_int(s, t, b, 64, true);
}

void helper_xscvqpswz(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	to_int(s, t, b, 32, true);
}

void helper_xscvqpudz(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	to_int(s, t, b, 64, false);
}

void helper_xscvqpuwz(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	to_int(s, t, b, 32, false);
}

void helper_xscvsdqp(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	struct sf_status st = quad_status(s, false);

	finish(s, t, sf_round(sf_from_s64(VSD(b, 0)), &sf_f128, &st), &st);
}

void helper_xscvudqp(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	struct sf_status st = quad_status(s, false);

	finish(s, t, sf_round(sf_from_u64(VD(b, 0)), &sf_f128, &st), &st);
}

/* The rounding mode that R and RMC name. R = 0 with RMC 1, 2 is reserved: like the FPSCR's. */
static enum sf_rounding mode_of(const struct cpu_state *s, u64 control)
{
	static const enum sf_rounding named[] = {SF_RN_NEAREST, SF_RN_ZERO, SF_RN_UP, SF_RN_DOWN};

	if (control & 4)
		return named[control & 3];
	return control & 3 ? (enum sf_rounding)(s->fpscr & FPSCR_RN) : SF_RN_AWAY;
}

void helper_xsrqpi(union vreg *t, struct cpu_state *s, u64 control, const union vreg *b)
{
	struct sf_status st = quad_status(s, false);
	struct sf_num r;

	st.rn = mode_of(s, control);
	r = sf_rint(num(b), &st);
	if (!(control & 8)) /* EX: report inexactness */
		st.flags &= ~(u32)(SF_XX | SF_FR | SF_FI);
	st.flags |= sf_fprf(&r, &sf_f128);
	finish(s, t, r, &st);
}

/* To a precision of 64 bits. */
void helper_xsrqpxp(union vreg *t, struct cpu_state *s, u64 control, const union vreg *b)
{
	struct sf_status st = quad_status(s, false);
	struct sf_num r;

	st.rn = mode_of(s, control);
	r = sf_round(sf_quiet(num(b), &st), &sf_f80, &st);
	finish(s, t, r, &st);
}

static u64 compare(struct cpu_state *s, const union vreg *a, const union vreg *b, bool ordered)
{
	struct sf_num x = num(a), y = num(b);

	return fp_compare(s, &x, &y, ordered);
}

u64 helper_xscmpoqp(struct cpu_state *s, const union vreg *a, const union vreg *b)
{
	return compare(s, a, b, true);
}

u64 helper_xscmpuqp(struct cpu_state *s, const union vreg *a, const union vreg *b)
{
	return compare(s, a, b, false);
}
