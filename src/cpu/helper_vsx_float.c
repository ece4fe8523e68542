// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VSX vector floating point: Power ISA Book I 7.6.3. Elements are independent; their exceptions
 * accumulate, and the status fields FR, FI and FPRF are not touched (7.4).
 */
#include "cpu/fp.h"
#include "isa/helper.h"

static inline unsigned lanes(const struct sf_fmt *f)
{
	return f == &sf_f64 ? 2 : 4;
}

static inline u64 lane(const struct sf_fmt *f, const union vreg *v, unsigned i)
{
	return f == &sf_f64 ? VD(v, i) : VW(v, i);
}

static inline struct sf_num num(const struct sf_fmt *f, const union vreg *v, unsigned i)
{
	return sf_unpack(f, lane(f, v, i));
}

static inline void set_lane(const struct sf_fmt *f, union vreg *t, unsigned i, u64 v)
{
	if (f == &sf_f64)
		VD(t, i) = v;
	else
		VW(t, i) = (u32)v;
}

/* Results are collected apart: t may be one of the operands. */
static void finish(struct cpu_state *s, const struct sf_status *st, union vreg *t, union vreg r)
{
	fp_done_vector(s, st);
	*t = r;
}

typedef u64 binary_fn(u64 a, u64 b, const struct sf_fmt *f, struct sf_status *st);

static inline u64 as_double(const struct sf_fmt *f, u64 v)
{
	return f == &sf_f64 ? v : sf_load_single((u32)v);
}

/* Singles too are computed as doubles, and rounded once, to singles. */
static inline void binary(struct cpu_state *s, union vreg *t, const union vreg *a,
			  const union vreg *b, const struct sf_fmt *f, binary_fn *op)
{
	struct sf_status st = fp_status(s);
	union vreg r;
	unsigned i;

	for (i = 0; i < lanes(f); i++) {
		u64 v = op(as_double(f, lane(f, a, i)), as_double(f, lane(f, b, i)), f, &st);

		set_lane(f, &r, i, f == &sf_f64 ? v : sf_store_single(v));
	}
	finish(s, &st, t, r);
}

static void mul_add(struct cpu_state *s, union vreg *t, const union vreg *a, const union vreg *c,
		    const union vreg *b, const struct sf_fmt *f, unsigned variant)
{
	struct sf_status st = fp_status(s);
	union vreg r;
	unsigned i;

	for (i = 0; i < lanes(f); i++) {
		u64 v = sf_fma_double(as_double(f, lane(f, a, i)), as_double(f, lane(f, b, i)),
				      as_double(f, lane(f, c, i)), variant, f, &st);

		set_lane(f, &r, i, f == &sf_f64 ? v : sf_store_single(v));
	}
	finish(s, &st, t, r);
}

typedef struct sf_num unary_fn(struct sf_num b, const struct sf_fmt *f, struct sf_status *st);

static void unary(struct cpu_state *s, union vreg *t, const union vreg *b, const struct sf_fmt *f,
		  unary_fn *op, struct sf_status st)
{
	union vreg r;
	unsigned i;

	for (i = 0; i < lanes(f); i++) {
		struct sf_num n = op(num(f, b, i), f, &st);

		set_lane(f, &r, i, (u64)sf_pack(f, &n));
	}
	finish(s, &st, t, r);
}

static struct sf_num op_sqrt(struct sf_num b, const struct sf_fmt *f, struct sf_status *st)
{
	return sf_round(sf_sqrt(b, st), f, st);
}

static struct sf_num op_re(struct sf_num b, const struct sf_fmt *f, struct sf_status *st)
{
	return fp_estimate_re(b, f, st);
}

static struct sf_num op_rsqrte(struct sf_num b, const struct sf_fmt *f, struct sf_status *st)
{
	return fp_estimate_rsqrte(b, f, f, st);
}

static struct sf_num op_rint(struct sf_num b, const struct sf_fmt *f, struct sf_status *st)
{
	u32 xx = st->flags & SF_XX;
	struct sf_num r = sf_rint(b, st);

	st->flags = (st->flags & ~(u32)SF_XX) | xx;
	return r;
}

static struct sf_num op_rint_exact(struct sf_num b, const struct sf_fmt *f, struct sf_status *st)
{
	return sf_rint(b, st);
}

static void max_min(struct cpu_state *s, union vreg *t, const union vreg *a, const union vreg *b,
		    const struct sf_fmt *f, enum sf_order better)
{
	struct sf_status st = fp_status(s);
	union vreg r;
	unsigned i;

	for (i = 0; i < lanes(f); i++)
		set_lane(f, &r, i, (u64)fp_max_min(f, lane(f, a, i), lane(f, b, i), better, &st));
	finish(s, &st, t, r);
}

static void compare(struct cpu_state *s, union vreg *t, const union vreg *a, const union vreg *b,
		    const struct sf_fmt *f, unsigned orders, bool ordered)
{
	struct sf_status st = fp_status(s);
	union vreg r;
	unsigned i;

	for (i = 0; i < lanes(f); i++) {
		struct sf_num x = num(f, a, i), y = num(f, b, i);

		set_lane(f, &r, i, sf_compare(&x, &y, ordered, &st) & orders ? ~0ull : 0);
	}
	finish(s, &st, t, r);
}

#define BINARY(name, f, op)                                                                        \
	void helper_##name(union vreg *t, struct cpu_state *s, const union vreg *a,                \
			   const union vreg *b)                                                    \
	{                                                                                          \
		binary(s, t, a, b, &f, op);                                                        \
	}
#define MUL_ADD(name, f, variant)                                                                  \
	void helper_##name(union vreg *t, struct cpu_state *s, const union vreg *a,                \
			   const union vreg *c, const union vreg *b)                               \
	{                                                                                          \
		mul_add(s, t, a, c, b, &f, variant);                                               \
	}
#define UNARY(name, f, op, st)                                                                     \
	void helper_##name(union vreg *t, struct cpu_state *s, const union vreg *b)                \
	{                                                                                          \
		unary(s, t, b, &f, op, st);                                                        \
	}
#define MAX_MIN(name, f, better)                                                                   \
	void helper_##name(union vreg *t, struct cpu_state *s, const union vreg *a,                \
			   const union vreg *b)                                                    \
	{                                                                                          \
		max_min(s, t, a, b, &f, better);                                                   \
	}
#define COMPARE(name, f, orders, ordered)                                                          \
	void helper_##name(union vreg *t, struct cpu_state *s, const union vreg *a,                \
			   const union vreg *b)                                                    \
	{                                                                                          \
		compare(s, t, a, b, &f, orders, ordered);                                          \
	}

#define BOTH(p, f)                                                                                 \
	BINARY(xvadd##p, f, sf_add_double)                                                         \
	BINARY(xvsub##p, f, sf_sub_double)                                                         \
	BINARY(xvmul##p, f, sf_mul_double)                                                         \
	BINARY(xvdiv##p, f, sf_div_double)                                                         \
	MUL_ADD(xvmadd##p, f, 0)                                                                   \
	MUL_ADD(xvmsub##p, f, SF_FMA_SUB)                                                          \
	MUL_ADD(xvnmadd##p, f, SF_FMA_NEG)                                                         \
	MUL_ADD(xvnmsub##p, f, SF_FMA_NEG | SF_FMA_SUB)                                            \
	UNARY(xvsqrt##p, f, op_sqrt, fp_status(s))                                                 \
	UNARY(xvre##p, f, op_re, fp_status(s))                                                     \
	UNARY(xvrsqrte##p, f, op_rsqrte, fp_status(s))                                             \
	UNARY(xvr##p##i, f, op_rint, fp_status_rn(s, SF_RN_AWAY))                                  \
	UNARY(xvr##p##ic, f, op_rint_exact, fp_status(s))                                          \
	UNARY(xvr##p##im, f, op_rint, fp_status_rn(s, SF_RN_DOWN))                                 \
	UNARY(xvr##p##ip, f, op_rint, fp_status_rn(s, SF_RN_UP))                                   \
	UNARY(xvr##p##iz, f, op_rint, fp_status_rn(s, SF_RN_ZERO))                                 \
	MAX_MIN(xvmax##p, f, SF_GT)                                                                \
	MAX_MIN(xvmin##p, f, SF_LT)                                                                \
	COMPARE(xvcmpeq##p, f, SF_EQ, false)                                                       \
	COMPARE(xvcmpge##p, f, SF_GT | SF_EQ, true)                                                \
	COMPARE(xvcmpgt##p, f, SF_GT, true)
BOTH(dp, sf_f64)
BOTH(sp, sf_f32)

/* Tests: a field of the CR is the OR over the elements. */

static u64 test_div(const union vreg *a, const union vreg *b, const struct sf_fmt *f)
{
	u64 r = 0;
	unsigned i;

	for (i = 0; i < lanes(f); i++) {
		struct sf_num x = num(f, a, i), y = num(f, b, i);

		r |= fp_test_div(&x, &y, f);
	}
	return r;
}

static u64 test_sqrt(const union vreg *b, const struct sf_fmt *f)
{
	u64 r = 0;
	unsigned i;

	for (i = 0; i < lanes(f); i++) {
		struct sf_num y = num(f, b, i);

		r |= fp_test_sqrt(&y, f);
	}
	return r;
}

static void test_class(union vreg *t, const union vreg *b, const struct sf_fmt *f, u64 dcmx)
{
	union vreg r;
	unsigned i;

	for (i = 0; i < lanes(f); i++) {
		struct sf_num n = num(f, b, i);

		set_lane(f, &r, i, fp_class_match(&n, f, dcmx) ? ~0ull : 0);
	}
	*t = r;
}

#define TESTS(p, f)                                                                                \
	u64 helper_xvtdiv##p(const union vreg *a, const union vreg *b)                             \
	{                                                                                          \
		return test_div(a, b, &f);                                                         \
	}                                                                                          \
	u64 helper_xvtsqrt##p(const union vreg *b)                                                 \
	{                                                                                          \
		return test_sqrt(b, &f);                                                           \
	}                                                                                          \
	void helper_xvtstdc##p(union vreg *t, const union vreg *b, u64 dcmx)                       \
	{                                                                                          \
		test_class(t, b, &f, dcmx);                                                        \
	}
TESTS(dp, sf_f64)
TESTS(sp, sf_f32)

/* Exponents and significands of singles; doubles are the front end's. */

void helper_xvxexpsp(union vreg *t, const union vreg *b)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		VW(t, i) = VW(b, i) >> 23 & 0xff;
}

void helper_xvxsigsp(union vreg *t, const union vreg *b)
{
	unsigned i;

	for (i = 0; i < 4; i++) {
		u32 v = VW(b, i), exp = v >> 23 & 0xff;

		VW(t, i) = (v & 0x7fffff) | (u32)(exp && exp != 0xff) << 23;
	}
}

void helper_xviexpsp(union vreg *t, const union vreg *a, const union vreg *b)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		VW(t, i) = (VW(a, i) & 0x807fffff) | (VW(b, i) & 0xff) << 23;
}
