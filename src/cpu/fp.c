// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations that scalar and vector floating-point helpers share. */
#include "cpu/fp.h"

static struct sf_num reciprocal(struct sf_num b, const struct sf_fmt *f, struct sf_status *st)
{
	u32 keep = SF_VX_ALL | SF_ZX | SF_OX | SF_UX | SF_FPRF;

	if (!sf_is_nan(&b))
		b = sf_div(sf_from_u64(1), b, st);
	b = sf_round(b, f, st);
	st->flags &= keep;
	return b;
}

struct sf_num fp_estimate_re(struct sf_num b, const struct sf_fmt *f, struct sf_status *st)
{
	return reciprocal(sf_quiet(b, st), f, st);
}

struct sf_num fp_estimate_rsqrte(struct sf_num b, const struct sf_fmt *root, const struct sf_fmt *f,
				 struct sf_status *st)
{
	struct sf_status tmp = {.rn = st->rn};

	b = sf_sqrt(b, st);
	if (b.cls == SF_FINITE)
		b = sf_round(b, root, &tmp);
	return reciprocal(b, f, st);
}

u64 fp_compare_done(struct cpu_state *s, enum sf_order order, const struct sf_status *st)
{
	/* FPCC is set even when the exception is enabled: there is no result to suppress. */
	s->fpscr = (s->fpscr & ~FPSCR_FPCC) | (u64)order << FPSCR_FPCC_SHIFT;
	fp_done(s, st, 0);
	return order;
}

u64 fp_compare(struct cpu_state *s, const struct sf_num *a, const struct sf_num *b, bool ordered)
{
	struct sf_status st = fp_status(s);

	return fp_compare_done(s, sf_compare(a, b, ordered, &st), &st);
}

/* A CR field: FL says that estimates are good to 2^-14. */
static u64 test_result(bool fg, bool fe)
{
	return 8 | (fg ? 4 : 0) | (fe ? 2 : 0);
}

static bool special(const struct sf_num *n)
{
	return n->cls == SF_INF || sf_is_nan(n);
}

/* The exponent field less its bias: that of a denormal is one below the smallest normal's. */
static s32 field_exp(const struct sf_num *n, const struct sf_fmt *f)
{
	return n->cls == SF_ZERO || n->exp < 1 - f->bias ? -f->bias : n->exp;
}

u64 fp_test_div(const struct sf_num *a, const struct sf_num *b, const struct sf_fmt *f)
{
	s32 ea = field_exp(a, f), eb = field_exp(b, f), emin = 1 - f->bias;
	bool fe = special(a) || special(b) || b->cls == SF_ZERO || eb <= emin || eb >= f->bias - 2;
	bool fg = a->cls == SF_INF || b->cls == SF_INF || b->cls == SF_ZERO ||
		  (b->cls == SF_FINITE && eb < emin);

	if (a->cls == SF_FINITE)
		fe |= ea - eb >= f->bias || ea - eb <= emin + 1 || ea <= emin + (s32)f->frac_bits;
	return test_result(fg, fe);
}

u64 fp_test_sqrt(const struct sf_num *b, const struct sf_fmt *f)
{
	s32 eb = field_exp(b, f), emin = 1 - f->bias;
	bool fe = special(b) || b->cls == SF_ZERO || b->sign || eb <= emin + (s32)f->frac_bits;
	bool fg = b->cls == SF_INF || b->cls == SF_ZERO || (b->cls == SF_FINITE && eb < emin);

	return test_result(fg, fe);
}

u128 fp_max_min(const struct sf_fmt *f, u128 a, u128 b, enum sf_order better, struct sf_status *st)
{
	struct sf_num x = sf_unpack(f, a), y = sf_unpack(f, b), r;
	enum sf_order order = sf_compare(&x, &y, false, st);

	if (order == SF_UNORD) {
		/* The number, if the other is a quiet NaN; else the first NaN, quiet. */
		if (x.cls == SF_QNAN && !sf_is_nan(&y))
			return b;
		if (y.cls == SF_QNAN && !sf_is_nan(&x))
			return a;
		r = sf_quiet(sf_is_nan(&x) ? x : y, st);
		return sf_pack(f, &r);
	}
	if (order == SF_EQ)
		return x.sign == (better == SF_LT) ? a : b;
	return order == better ? a : b;
}

bool fp_class_match(const struct sf_num *n, const struct sf_fmt *f, u64 dcmx)
{
	switch (n->cls) {
	case SF_ZERO:
		return dcmx & (n->sign ? 0x04 : 0x08);
	case SF_INF:
		return dcmx & (n->sign ? 0x10 : 0x20);
	case SF_FINITE:
		return n->exp < 1 - f->bias && (dcmx & (n->sign ? 0x01 : 0x02));
	default:
		return dcmx & 0x40;
	}
}
