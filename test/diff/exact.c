// SPDX-License-Identifier: GPL-2.0-or-later
#include <mpfr.h>
#include <string.h>

#include "exact.h"
#include "isa/fields.h"
#include "isa/fpscr.h"

struct format {
	int prec, bias; /* bits of the significand, with the hidden one */
	int wrap;
};

enum { HALF, SINGLE, DOUBLE };
static const struct format formats[] = {{11, 15, 24}, {24, 127, 192}, {53, 1023, 1536}};

enum op { ADD, SUB, MUL, DIV, SQRT, RE, RSQRTE, MADD, MSUB, NMADD, NMSUB, CONVERT };

/* How the result becomes what is written. */
enum style {
	PLAIN, /* of the format */
	R32,   /* a single in double format, rounded once */
	R2SP,  /* a double, that to single, that to double format */
	TO_SP, /* the last two of those alone: a conversion */
};

struct row {
	enum op op;
	enum style style;
	u32 in, out; /* formats */
	u32 count;   /* elements */
	bool quad, odd;
};

static bool stem_is(const char *name, size_t len, const char *stem)
{
	return strlen(stem) == len && !memcmp(name, stem, len);
}

static bool find_op(const char *stem, size_t len, bool vsx, enum op *op)
{
	static const char *const names[] = {
		[ADD] = "add",	 [SUB] = "sub",	    [MUL] = "mul",	 [DIV] = "div",
		[SQRT] = "sqrt", [RE] = "re",	    [RSQRTE] = "rsqrte", [MADD] = "madd",
		[MSUB] = "msub", [NMADD] = "nmadd", [NMSUB] = "nmsub"};
	u32 n;

	for (n = 0; n < ARRAY_SIZE(names); n++) {
		*op = (enum op)n;
		if (stem_is(stem, len, names[n]) && (n < MADD || !vsx))
			return true;
		/* madda, maddm */
		if (vsx && n >= MADD && len == strlen(names[n]) + 1 &&
		    !memcmp(stem, names[n], len - 1))
			return true;
	}
	return false;
}

static bool find_conversion(const struct diff_view *v, struct row *r)
{
	static const struct {
		const char *name;
		struct row row;
	} rows[] = {
		{"frsp", {CONVERT, TO_SP, DOUBLE, SINGLE, 1, 0, 0}},
		{"xsrsp", {CONVERT, TO_SP, DOUBLE, SINGLE, 1, 0, 0}},
		{"xscvdpsp", {CONVERT, PLAIN, DOUBLE, SINGLE, 1, 0, 0}},
		{"xvcvdpsp", {CONVERT, PLAIN, DOUBLE, SINGLE, 2, 0, 0}},
		{"xscvdphp", {CONVERT, PLAIN, DOUBLE, HALF, 1, 0, 0}},
		{"xvcvsphp", {CONVERT, PLAIN, SINGLE, HALF, 4, 0, 0}},
		{"xscvqpdp", {CONVERT, PLAIN, DOUBLE, DOUBLE, 1, true, false}},
	};
	u32 n;

	for (n = 0; n < ARRAY_SIZE(rows); n++)
		if (diff_is(v, rows[n].name)) {
			*r = rows[n].row;
			r->odd = r->quad && f_rc((u32)v->insn->word);
			return true;
		}
	return false;
}

static bool find_row(const struct diff_view *v, struct row *r)
{
	const char *name = v->insn->row->name;
	size_t len = strlen(name);
	bool vsx = name[0] == 'x', single;

	if (find_conversion(v, r))
		return true;
	*r = (struct row){.in = DOUBLE, .out = DOUBLE, .count = 1};
	if (!vsx) {
		if (name[0] != 'f' || !find_op(name + 1, len - 1, false, &r->op)) {
			if (name[0] != 'f' || name[len - 1] != 's' ||
			    !find_op(name + 1, len - 2, false, &r->op))
				return false;
			r->style = R32;
		}
		return true;
	}
	if (len < 6 || (name[1] != 's' && name[1] != 'v') ||
	    !find_op(name + 2, len - 4, true, &r->op))
		return false;
	single = !strcmp(name + len - 2, "sp");
	if (!single && strcmp(name + len - 2, "dp"))
		return false;
	if (name[1] == 'v') {
		r->in = r->out = single ? SINGLE : DOUBLE;
		r->count = single ? 4 : 2;
	} else if (single) {
		r->style = r->op >= MADD ? R32 : R2SP;
	}
	return true;
}

/* Is it a finite number? Then it is set. */
static bool set_number(mpfr_t x, u64 bits, u32 format)
{
	double d;
	float f;

	if (format == SINGLE) {
		u32 w = (u32)bits;

		memcpy(&f, &w, sizeof(f));
		mpfr_set_flt(x, f, MPFR_RNDN);
	} else {
		memcpy(&d, &bits, sizeof(d));
		mpfr_set_d(x, d, MPFR_RNDN);
	}
	return mpfr_number_p(x);
}

static bool set_quad(mpfr_t x, const u64 d[2])
{
	int exp = (int)(d[0] >> 48 & 0x7fff);
	mpfr_t low;

	if (exp == 0x7fff)
		return false;
	mpfr_init2(low, 64);
	mpfr_set_ui(x, (d[0] & 0xffffffffffff) | (exp ? 1ull << 48 : 0), MPFR_RNDN);
	mpfr_mul_2si(x, x, 64, MPFR_RNDN);
	mpfr_set_ui(low, d[1], MPFR_RNDN);
	mpfr_add(x, x, low, MPFR_RNDN);
	mpfr_mul_2si(x, x, (exp ? exp : 1) - 16383 - 112, MPFR_RNDN);
	if (d[0] >> 63)
		mpfr_neg(x, x, MPFR_RNDN);
	mpfr_clear(low);
	return true;
}

static u64 element(const u64 d[2], u32 format, u32 n)
{
	return format == SINGLE ? (u32)(d[n / 2] >> (n & 1 ? 0 : 32)) : d[n];
}

struct operands {
	mpfr_t a, b, c;	   /* a op b; a * c + b */
	bool root_inexact; /* the quotient by a rounded root says nothing of that */
};

static bool set_operands(const struct diff_view *v, const struct row *r, u32 n, struct operands *o)
{
	const u32 w = (u32)v->insn->word;
	const char *name = v->insn->row->name;
	const u64(*x)[2] = v->before->state.vsr;
	const u64 *a, *b, *c;

	if (r->quad)
		return set_quad(o->b, x[32 + f_vrb(w)]);
	if (name[0] == 'f') {
		a = x[f_fra(w)];
		b = x[f_frb(w)];
		c = x[f_frc(w)];
		if (r->op == MUL)
			b = c;
	} else {
		const bool m = r->op >= MADD && r->op <= NMSUB && name[strlen(name) - 3] == 'm';

		a = x[f_xa(w)];
		b = x[f_xb(w)];
		c = x[f_xt(w)];
		/* the addend is XT, the factor XB; or the other way round */
		if (r->op >= MADD && r->op <= NMSUB && !m) {
			b = x[f_xt(w)];
			c = x[f_xb(w)];
		}
	}
	if (!set_number(o->b, element(b, r->in, n), r->in))
		return false;
	if (r->op < SQRT || (r->op >= MADD && r->op <= NMSUB))
		if (!set_number(o->a, element(a, r->in, n), r->in))
			return false;
	return r->op < MADD || r->op > NMSUB || set_number(o->c, element(c, r->in, n), r->in);
}

/* Rounds to the precision of x, which has no bounds of exponents. */
static int compute(mpfr_t x, const struct row *r, struct operands *o, mpfr_rnd_t rnd, bool negate)
{
	int t = 0;

	switch (r->op) {
	case ADD:
		return mpfr_add(x, o->a, o->b, rnd);
	case SUB:
		return mpfr_sub(x, o->a, o->b, rnd);
	case MUL:
		return mpfr_mul(x, o->a, o->b, rnd);
	case DIV:
		return mpfr_div(x, o->a, o->b, rnd);
	case SQRT:
		return mpfr_sqrt(x, o->b, rnd);
	case RSQRTE: {
		mpfr_t root;

		mpfr_init2(root, formats[r->in].prec);
		o->root_inexact = mpfr_sqrt(root, o->b, rnd);
		t = mpfr_ui_div(x, 1, root, rnd);
		mpfr_clear(root);
		return t;
	}
	case RE:
		return mpfr_ui_div(x, 1, o->b, rnd);
	case CONVERT:
		return mpfr_set(x, o->b, rnd);
	default:
		break;
	}
	if (negate)
		mpfr_neg(o->a, o->a, MPFR_RNDN);
	if ((r->op == MSUB || r->op == NMSUB) != negate)
		mpfr_neg(o->b, o->b, MPFR_RNDN);
	return mpfr_fma(x, o->a, o->c, o->b, rnd);
}

struct rounding {
	mpfr_rnd_t rnd;
	bool odd;
	u64 fpscr; /* OE, UE */
};

/* A number without its sign: significand with the hidden bit, biased exponent without bounds; or
 * as the format has it. */
struct packed {
	u64 significand;
	long exp;
	bool sign, special; /* infinity, or a denormal of exponent 0: nothing to scale or to pack */
};

/* x, rounded to the format's precision with ternary value t, into the format's range. */
static void fit(mpfr_t x, int t, const struct format *f, const struct rounding *r, struct packed *p,
		struct exact *e)
{
	const mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
	bool tiny;
	mpz_t z;

	if (r->odd && t) {
		mpz_init(z);
		mpfr_get_z_2exp(z, x);
		if (mpz_even_p(z))
			mpfr_signbit(x) ? mpfr_nextbelow(x) : mpfr_nextabove(x);
		mpz_clear(z);
	}
	*p = (struct packed){.exp = mpfr_get_exp(x) - 1 + f->bias, .sign = mpfr_signbit(x)};
	tiny = p->exp <= 0 ||
	       (p->exp == 1 && mpfr_min_prec(x) == 1 && t && (t > 0) != (bool)mpfr_signbit(x));
	if (tiny && r->fpscr & FPSCR_UE) {
		p->exp += f->wrap;
		e->raised |= FPSCR_UX;
		e->scaled = true;
	} else if (tiny) {
		mpfr_set_emin(2 - f->bias - (f->prec - 1));
		mpfr_set_emax(f->bias + 1);
		t = mpfr_check_range(x, t, r->rnd);
		t = mpfr_subnormalize(x, t, r->rnd);
		mpfr_set_emin(emin);
		mpfr_set_emax(emax);
		e->raised |= t ? FPSCR_UX : 0;
	} else if (p->exp > 2 * f->bias && r->fpscr & FPSCR_OE) {
		p->exp -= f->wrap;
		e->raised |= FPSCR_OX;
		e->scaled = true;
	} else if (p->exp > 2 * f->bias) {
		const bool away =
			r->rnd == MPFR_RNDN || r->rnd == (p->sign ? MPFR_RNDD : MPFR_RNDU);

		e->raised |= FPSCR_OX | FPSCR_XX;
		p->exp = 2 * f->bias + away;
		p->significand = away ? 1ull << (f->prec - 1) : (1ull << f->prec) - 1;
		p->special = away;
		return;
	}
	e->raised |= t ? FPSCR_XX : 0;
	if (mpfr_zero_p(x)) {
		p->exp = 0;
		p->special = true;
		return;
	}
	mpz_init(z);
	mpfr_get_z_2exp(z, x);
	p->significand = mpz_get_ui(z) & ((1ull << f->prec) - 1);
	mpz_clear(z);
	if (tiny && !(r->fpscr & FPSCR_UE)) {
		p->exp = mpfr_get_exp(x) - 1 + f->bias;
		if (p->exp <= 0) {
			p->significand >>= 1 - p->exp;
			p->exp = 0;
			p->special = true;
		}
	}
}

static u64 pack(const struct packed *p, const struct format *f)
{
	const u64 hidden = 1ull << (f->prec - 1), max = 2 * (u64)f->bias + 1;

	return ((u64)p->sign * (max + 1) | ((u64)p->exp & max)) << (f->prec - 1) |
	       (p->significand & (hidden - 1));
}

/* A single's bits in double format, whatever they are. */
static u64 widen(u32 w)
{
	u64 sign = (u64)(w >> 31) << 63, frac = w & 0x7fffff;
	u32 exp = w >> 23 & 0xff;

	if (exp == 255)
		return sign | 0x7ffull << 52 | frac << 29;
	if (exp)
		return sign | (u64)(exp + 896) << 52 | frac << 29;
	if (!frac)
		return sign;
	for (exp = 897; !(frac >> 23); exp--)
		frac <<= 1;
	return sign | (u64)exp << 52 | (frac & 0x7fffff) << 29;
}

/* A single in double format whose exponent may be scaled; qemu takes exponent 0 for a denormal's,
 * which stands for 1. */
static u64 pack_r32(const struct packed *p)
{
	const u64 exp = (u64)(p->exp ? p->exp : 1) + 896;

	if (p->special)
		return widen((u32)pack(p, &formats[SINGLE]));
	return (u64)p->sign << 63 | (exp & 0x7ff) << 52 | (p->significand & 0x7fffff) << 29;
}

static void init(struct operands *o)
{
	o->root_inexact = false;
	mpfr_inits2(128, o->a, o->b, o->c, (mpfr_ptr)0);
}

static void done(struct operands *o)
{
	mpfr_clears(o->a, o->b, o->c, (mpfr_ptr)0);
}

static mpfr_rnd_t mode(const struct diff_view *v)
{
	static const mpfr_rnd_t rnd[] = {MPFR_RNDN, MPFR_RNDZ, MPFR_RNDU, MPFR_RNDD};

	return rnd[v->before->state.fpscr & 3];
}

/* One element of qemu's; false: no finite number. */
static bool qemu_element(const struct diff_view *v, const struct row *r, u32 n, u64 *bits,
			 struct exact *e, bool *known)
{
	struct rounding how = {r->odd ? MPFR_RNDZ : mode(v), r->odd, v->before->state.fpscr};
	const struct format *f = &formats[r->style == R32 || r->style == TO_SP ? SINGLE : r->out];
	struct operands o;
	struct packed p;
	bool ok;
	mpfr_t x;
	int t;

	init(&o);
	mpfr_init2(x, f->prec);
	ok = set_operands(v, r, n, &o);
	t = ok ? compute(x, r, &o, how.rnd, r->op == NMADD || r->op == NMSUB) : 0;
	ok = ok && mpfr_regular_p(x);
	if (ok) {
		fit(x, t, f, &how, &p, e);
		e->raised |= o.root_inexact ? FPSCR_XX : 0;
		*bits = r->style == R32 ? pack_r32(&p) : pack(&p, f);
		if (r->odd && p.special)
			*known = false;
		if (r->style == TO_SP)
			*bits = widen((u32)*bits);
	}
	if (ok && r->style == R2SP && set_number(o.b, *bits, DOUBLE) && mpfr_regular_p(o.b)) {
		mpfr_set_prec(x, 24);
		t = mpfr_set(x, o.b, how.rnd);
		fit(x, t, &formats[SINGLE], &how, &p, e);
		*bits = widen((u32)pack(&p, &formats[SINGLE]));
	}
	mpfr_clear(x);
	done(&o);
	return ok;
}

static u64 class_of(u64 bits, const struct format *f)
{
	static const u8 code[][2] = {{0x04, 0x08}, {0x02, 0x12}, {0x14, 0x18},
				     {0x05, 0x09}, {0x11, 0x11}, {0, 0}};
	const u64 frac = bits & ((1ull << (f->prec - 1)) - 1), max = 2 * (u64)f->bias + 1;
	const u64 exp = bits >> (f->prec - 1) & max;
	u32 k = 0;

	if (exp == max)
		k = !frac ? 3 : frac >> (f->prec - 2) ? 4 : 5;
	else if (!exp)
		k = frac ? 2 : 1;
	return (u64)code[k][bits / (max + 1) >> (f->prec - 1) & 1] << FPSCR_FPRF_SHIFT;
}

bool exact_qemu(const struct diff_view *v, const u64 plain[2], struct exact *e)
{
	int target = diff_target(v);
	bool known = true;
	struct row r;
	u64 bits;
	u32 n;

	if (target < 0 || !find_row(v, &r))
		return false;
	*e = (struct exact){.target = {plain[0], plain[1]}};
	for (n = 0; n < r.count; n++) {
		if (!qemu_element(v, &r, n, &bits, e, &known)) {
			known = known && r.count > 1;
			continue;
		}
		if (!n)
			e->fprf = class_of(
				bits,
				&formats[r.out == SINGLE && r.style != PLAIN ? DOUBLE : r.out]);
		if (r.style != PLAIN || r.out == DOUBLE)
			e->target[n] = bits;
		else if (r.op == CONVERT && r.out == SINGLE) /* the word twice */
			e->target[n] = bits << 32 | bits;
		else if (r.op == CONVERT && r.in == DOUBLE)
			e->target[n] = bits;
		else
			diff_take(&e->target[n / 2], n & 1 ? bits : bits << 32,
				  n & 1 ? 0xffffffff : 0xffffffff00000000);
	}
	if (e->raised & FPSCR_OX)
		e->raised &= ~FPSCR_UX;
	return known;
}

bool exact_isa(const struct diff_view *v, u64 *value)
{
	struct rounding how = {mode(v), false, v->before->state.fpscr};
	struct operands o;
	struct exact e = {.scaled = false};
	struct packed p;
	struct row r;
	mpfr_t x;
	bool ok;
	int t;

	if (!find_row(v, &r) || r.count != 1 || r.quad || (r.op == CONVERT && r.style == PLAIN))
		return false;
	if (r.style != PLAIN)
		r.out = SINGLE;
	init(&o);
	mpfr_init2(x, formats[r.out].prec);
	ok = set_operands(v, &r, 0, &o);
	t = ok ? compute(x, &r, &o, how.rnd, false) : 0;
	ok = ok && mpfr_regular_p(x);
	if (ok) {
		fit(x, t, &formats[r.out], &how, &p, &e);
		p.sign ^= r.op == NMADD || r.op == NMSUB;
		if (r.out == SINGLE && !p.special) {
			ok = p.exp + 896 > 0 && p.exp + 896 < 2047;
			*value = (u64)p.sign << 63 | (u64)(p.exp + 896) << 52 |
				 (p.significand & 0x7fffff) << 29;
		} else {
			*value = pack(&p, &formats[r.out]);
			if (r.out == SINGLE)
				*value = widen((u32)*value);
		}
	}
	mpfr_clear(x);
	done(&o);
	return ok;
}

u64 exact_scaled_denormal(u64 value, u32 bits)
{
	const struct format *f = &formats[bits == 32 ? SINGLE : DOUBLE];
	const u64 hidden = 1ull << (f->prec - 1);
	struct packed p = {.significand = value & (hidden - 1),
			   .exp = 1 + f->wrap,
			   .sign = value >> (bits - 1) & 1};

	for (; p.significand && !(p.significand & hidden); p.exp--)
		p.significand <<= 1;
	return pack(&p, f);
}
