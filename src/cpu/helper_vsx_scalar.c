// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VSX scalar instructions that differ from every classic one: minima and maxima, compares with a
 * mask as result, half and single formats, tests of the data class. Power ISA Book I 7.6.3.
 */
#include "cpu/fp.h"
#include "isa/helper.h"

#define MASK(cond) ((cond) ? ~0ull : 0)

u64 helper_xsmaxdp(struct cpu_state *s, u64 a, u64 b)
{
	struct sf_status st = fp_status(s);

	a = (u64)fp_max_min(&sf_f64, a, b, SF_GT, &st);
	fp_done(s, &st, 0);
	return a;
}

u64 helper_xsmindp(struct cpu_state *s, u64 a, u64 b)
{
	struct sf_status st = fp_status(s);

	a = (u64)fp_max_min(&sf_f64, a, b, SF_LT, &st);
	fp_done(s, &st, 0);
	return a;
}

/* Type C, as the C operator: a where it compares better, else b, NaNs as they are. */
static u64 max_min_c(struct cpu_state *s, u64 a, u64 b, enum sf_order better)
{
	struct sf_status st = fp_status(s);
	struct sf_num x = sf_unpack(&sf_f64, a), y = sf_unpack(&sf_f64, b);
	enum sf_order order = sf_compare(&x, &y, false, &st);

	fp_done(s, &st, 0);
	return order == better ? a : b;
}

u64 helper_xsmaxcdp(struct cpu_state *s, u64 a, u64 b)
{
	return max_min_c(s, a, b, SF_GT);
}

u64 helper_xsmincdp(struct cpu_state *s, u64 a, u64 b)
{
	return max_min_c(s, a, b, SF_LT);
}

/* Type J, as in Java: the first NaN, and -0 is less than +0. */
static u64 max_min_j(struct cpu_state *s, u64 a, u64 b, enum sf_order better)
{
	struct sf_status st = fp_status(s);
	struct sf_num x = sf_unpack(&sf_f64, a), y = sf_unpack(&sf_f64, b);
	enum sf_order order = sf_compare(&x, &y, false, &st);

	/* a zero of either sign against one of the other: the sign that is wanted */
	if (order == SF_EQ)
		order = x.sign == (better == SF_LT) ? better : SF_EQ;
	else if (order == SF_UNORD)
		order = sf_is_nan(&x) ? better : SF_EQ;
	fp_done(s, &st, 0);
	return order == better ? a : b;
}

u64 helper_xsmaxjdp(struct cpu_state *s, u64 a, u64 b)
{
	return max_min_j(s, a, b, SF_GT);
}

u64 helper_xsminjdp(struct cpu_state *s, u64 a, u64 b)
{
	return max_min_j(s, a, b, SF_LT);
}

static u64 compare_mask(struct cpu_state *s, u64 a, u64 b, unsigned orders, bool ordered)
{
	struct sf_status st = fp_status(s);
	struct sf_num x = sf_unpack(&sf_f64, a), y = sf_unpack(&sf_f64, b);
	enum sf_order order = sf_compare(&x, &y, ordered, &st);

	fp_done(s, &st, 0);
	return MASK(order & orders);
}

u64 helper_xscmpeqdp(struct cpu_state *s, u64 a, u64 b)
{
	return compare_mask(s, a, b, SF_EQ, false);
}

u64 helper_xscmpgedp(struct cpu_state *s, u64 a, u64 b)
{
	return compare_mask(s, a, b, SF_GT | SF_EQ, true);
}

u64 helper_xscmpgtdp(struct cpu_state *s, u64 a, u64 b)
{
	return compare_mask(s, a, b, SF_GT, true);
}

static u128 convert(struct cpu_state *s, u128 b, const struct sf_fmt *from, const struct sf_fmt *to)
{
	struct sf_status st = fp_status(s);
	struct sf_num r = sf_round(sf_quiet(sf_unpack(from, b), &st), to, &st);

	fp_done(s, &st, FP_SETS_ALL);
	return sf_pack(to, &r);
}

/* The single of word 0; word 1, undefined before ISA 3.1, gets the same. */
u64 helper_xscvdpsp(struct cpu_state *s, u64 b)
{
	u64 r = (u64)convert(s, b, &sf_f64, &sf_f32);

	return r << 32 | r;
}

u64 helper_xscvspdp(struct cpu_state *s, u64 b)
{
	return (u64)convert(s, b >> 32, &sf_f32, &sf_f64);
}

u64 helper_xscvhpdp(struct cpu_state *s, u64 b)
{
	return (u64)convert(s, (u16)b, &sf_f16, &sf_f64);
}

u64 helper_xscvdphp(struct cpu_state *s, u64 b)
{
	return (u64)convert(s, b, &sf_f64, &sf_f16);
}

/* In the current rounding mode, and the only one that reports inexactness. */
u64 helper_xsrdpic(struct cpu_state *s, u64 b)
{
	struct sf_status st = fp_status(s);
	struct sf_num r = sf_rint(sf_unpack(&sf_f64, b), &st);

	st.flags |= sf_fprf(&r, &sf_f64);
	fp_done(s, &st, FP_SETS_ALL);
	return (u64)sf_pack(&sf_f64, &r);
}

/* A CR field that FPCC gets too. */
static u64 set_fpcc(struct cpu_state *s, u64 field)
{
	s->fpscr = (s->fpscr & ~FPSCR_FPCC) | field << FPSCR_FPCC_SHIFT;
	return field;
}

static u64 compare_exponents(struct cpu_state *s, const struct sf_fmt *f, u128 a, u128 b)
{
	u32 max = 2 * (u32)f->bias + 1;
	u32 ea = (u32)(a >> f->frac_bits) & max, eb = (u32)(b >> f->frac_bits) & max;
	struct sf_num x = sf_unpack(f, a), y = sf_unpack(f, b);

	if (sf_is_nan(&x) || sf_is_nan(&y))
		return set_fpcc(s, SF_UNORD);
	return set_fpcc(s, ea < eb ? SF_LT : ea > eb ? SF_GT : SF_EQ);
}

u64 helper_xscmpexpdp(struct cpu_state *s, u64 a, u64 b)
{
	return compare_exponents(s, &sf_f64, a, b);
}

u64 helper_xscmpexpqp(struct cpu_state *s, const union vreg *a, const union vreg *b)
{
	return compare_exponents(s, &sf_f128, a->q, b->q);
}

/* Sign and match of a data class test. */
static u64 test_class(const struct sf_num *n, const struct sf_fmt *f, u64 dcmx)
{
	return (n->sign ? 8 : 0) | (fp_class_match(n, f, dcmx) ? 2 : 0);
}

u64 helper_xststdcdp(struct cpu_state *s, u64 b, u64 dcmx)
{
	struct sf_num n = sf_unpack(&sf_f64, b);

	return set_fpcc(s, test_class(&n, &sf_f64, dcmx));
}

/* The operand is a double; the low bit of the field says that it is no single. */
u64 helper_xststdcsp(struct cpu_state *s, u64 b, u64 dcmx)
{
	struct sf_num n = sf_unpack(&sf_f64, b);

	return set_fpcc(s,
			test_class(&n, &sf_f32, dcmx) | (sf_load_single(sf_store_single(b)) != b));
}

u64 helper_xststdcqp(struct cpu_state *s, const union vreg *b, u64 dcmx)
{
	struct sf_num n = sf_unpack(&sf_f128, b->q);

	return set_fpcc(s, test_class(&n, &sf_f128, dcmx));
}
