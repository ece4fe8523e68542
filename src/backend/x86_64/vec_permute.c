// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Vector helpers as host code: pack, unpack, merge, splat, select, permute.
 */
#include "backend/x86_64/vec.h"

/* Packs: the host's lower half comes from the second operand. */

EMIT(vpkudum)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_q(j, n);

	xv_rrri(j->x, XV_SHUFPS, d, b, a, 0x88);
	return true;
}

static bool pack_modulo(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op,
			struct xmem mask)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_fresh_q(j, n);

	xv_rrm(j->x, XV_PAND, VT, a, mask);
	xv_rrm(j->x, XV_PAND, d, b, mask);
	xv_rrr(j->x, op, d, d, VT);
	return true;
}

EMIT(vpkuhum)
{
	return pack_modulo(j, i, n, XV_PACKUSWB, vec_h(j, 0xff));
}

EMIT(vpkuwum)
{
	return pack_modulo(j, i, n, XV_PACKUSDW, vec_w(j, 0xffff));
}

/* Saturating: some element has one of the bits `beyond` (after adding `offset`, which makes a
 * signed range begin at 0). `limit` is for unsigned sources, which the host takes as signed. */
struct pack {
	enum xvop op, add, min;
	struct xmem beyond, offset, limit;
};

static bool pack_saturate(struct jit *j, const struct ir_insn *i, ir_ref n, const struct pack *p)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), t = jit_tmp_xmm(j);
	int gpr = jit_tmp_int(j), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;

	if (p->add) {
		xv_rrm(x, p->add, VT, a, p->offset);
		xv_rrm(x, p->add, t, b, p->offset);
		xv_rrr(x, XV_POR, t, t, VT);
	} else {
		xv_rrr(x, XV_POR, t, a, b);
	}
	xv_rrm(x, XV_PAND, t, t, p->beyond);
	if (p->min) {
		xv_rrm(x, p->min, d, b, p->limit);
		xv_rrm(x, p->min, VT, a, p->limit);
		xv_rrr(x, p->op, d, d, VT);
	} else {
		xv_rrr(x, p->op, d, b, a);
	}
	vec_sat_if(j, t, gpr);
	return true;
}

EMIT(vpkshss)
{
	struct pack p = {.op = XV_PACKSSWB, .add = XV_PADDW};

	p.offset = vec_h(j, 0x80);
	p.beyond = vec_h(j, 0xff00);
	return pack_saturate(j, i, n, &p);
}

EMIT(vpkswss)
{
	struct pack p = {.op = XV_PACKSSDW, .add = XV_PADDD};

	p.offset = vec_w(j, 0x8000);
	p.beyond = vec_w(j, 0xffff0000);
	return pack_saturate(j, i, n, &p);
}

EMIT(vpkshus)
{
	struct pack p = {.op = XV_PACKUSWB};

	p.beyond = vec_h(j, 0xff00);
	return pack_saturate(j, i, n, &p);
}

EMIT(vpkswus)
{
	struct pack p = {.op = XV_PACKUSDW};

	p.beyond = vec_w(j, 0xffff0000);
	return pack_saturate(j, i, n, &p);
}

EMIT(vpkuhus)
{
	struct pack p = {.op = XV_PACKUSWB, .min = XV_PMINUW};

	p.beyond = vec_h(j, 0xff00);
	p.limit = vec_h(j, 0xff);
	return pack_saturate(j, i, n, &p);
}

EMIT(vpkuwus)
{
	struct pack p = {.op = XV_PACKUSDW, .min = XV_PMINUD};

	p.beyond = vec_w(j, 0xffff0000);
	p.limit = vec_w(j, 0xffff);
	return pack_saturate(j, i, n, &p);
}

/* Unpacks: each element twice, then the sign is shifted in. */
static bool unpack(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op, enum xvop shift,
		   unsigned bits)
{
	int a = jit_use_q(j, i->a), d = jit_def_q(j, n);

	xv_rrr(j->x, op, d, a, a);
	xv_shift_rri(j->x, shift, d, d, bits);
	return true;
}

EMIT(vupkhsb)
{
	return unpack(j, i, n, XV_PUNPCKHBW, XV_PSRAW_I, 8);
}

EMIT(vupklsb)
{
	return unpack(j, i, n, XV_PUNPCKLBW, XV_PSRAW_I, 8);
}

EMIT(vupkhsh)
{
	return unpack(j, i, n, XV_PUNPCKHWD, XV_PSRAD_I, 16);
}

EMIT(vupklsh)
{
	return unpack(j, i, n, XV_PUNPCKLWD, XV_PSRAD_I, 16);
}

static bool unpack_words(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op)
{
	int a = jit_use_q(j, i->a), d = jit_def_fresh_q(j, n);

	xv_shift_rri(j->x, XV_PSRAD_I, VT, a, 31);
	xv_rrr(j->x, op, d, a, VT);
	return true;
}

EMIT(vupkhsw)
{
	return unpack_words(j, i, n, XV_PUNPCKHDQ);
}

EMIT(vupklsw)
{
	return unpack_words(j, i, n, XV_PUNPCKLDQ);
}

/* Merges: b's element is the lower one of a pair */
#define MERGE(name, op)                                                                            \
	EMIT(name)                                                                                 \
	{                                                                                          \
		return vec_two(j, n, i->b, i->a, op);                                              \
	}

MERGE(vmrghb, XV_PUNPCKHBW)
MERGE(vmrghh, XV_PUNPCKHWD)
MERGE(vmrghw, XV_PUNPCKHDQ)
MERGE(vmrglb, XV_PUNPCKLBW)
MERGE(vmrglh, XV_PUNPCKLWD)
MERGE(vmrglw, XV_PUNPCKLDQ)

EMIT(vmrgew)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_fresh_q(j, n);

	xv_shift_rri(j->x, XV_PSRLQ_I, d, b, 32);
	xv_rrri(j->x, XV_PBLENDW, d, d, a, 0xcc);
	return true;
}

EMIT(vmrgow)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_fresh_q(j, n);

	xv_shift_rri(j->x, XV_PSLLQ_I, d, a, 32);
	xv_rrri(j->x, XV_PBLENDW, d, d, b, 0x33);
	return true;
}

/* Splats */

EMIT(vspltw)
{
	u64 at;
	int b, d;

	if (!jit_is_const(j, i->b, &at))
		return false;
	b = jit_use_q(j, i->a);
	d = jit_def_q(j, n);
	xv_rri(j->x, XV_PSHUFD, d, b, (u8)((3 - (at & 3)) * 0x55));
	return true;
}

/* Half-word h of s, in the host's count, to all of d */
static void splat_half(struct xcode *x, unsigned d, unsigned s, unsigned h)
{
	if (h < 4) {
		xv_rri(x, XV_PSHUFLW, d, s, (u8)(h * 0x55));
		xv_rri(x, XV_PSHUFD, d, d, 0);
	} else {
		xv_rri(x, XV_PSHUFHW, d, s, (u8)((h - 4) * 0x55));
		xv_rri(x, XV_PSHUFD, d, d, 0xaa);
	}
}

EMIT(vsplth)
{
	u64 at;
	int a, d;

	if (!jit_is_const(j, i->b, &at))
		return false;
	a = jit_use_q(j, i->a);
	d = jit_def_q(j, n);
	splat_half(j->x, d, a, 7 - (at & 7));
	return true;
}

EMIT(vspltb)
{
	u64 at;
	int a, d;

	if (!jit_is_const(j, i->b, &at))
		return false;
	at = 15 - (at & 15);
	a = jit_use_q(j, i->a);
	d = jit_def_q(j, n);
	if (vec_has(j, HOST_SSSE3)) {
		xv_rrm(j->x, XV_PSHUFB, d, a, vec_b(j, (u8)at));
	} else if (at < 8) {
		xv_rrr(j->x, XV_PUNPCKLBW, d, a, a);
		splat_half(j->x, d, d, (unsigned)at);
	} else {
		xv_rrr(j->x, XV_PUNPCKHBW, d, a, a);
		splat_half(j->x, d, d, (unsigned)at - 8);
	}
	return true;
}

/* The result of a compare: each byte is all ones or 0. */
static bool is_compare(struct jit *j, ir_ref v)
{
	const struct ir_insn *i = &j->r->insn[v];
	const char *name;

	if (i->op != IR_CALL)
		return false;
	name = j->env->helpers[i->imm].name;
	name += *name == 'x';
	return name[0] == 'v' && name[1] == 'c' && name[2] == 'm' && name[3] == 'p' &&
	       i->type == IR_Q && name[4] != 'b';
}

EMIT(vsel)
{
	int a, b, c, d;
	struct xcode *x = j->x;

	a = jit_use_q(j, i->a);
	b = jit_use_q(j, i->b);
	c = jit_use_q(j, i->c);
	if (x->vex && is_compare(j, i->c)) {
		d = jit_def_q(j, n);
		xv_pblendvb(x, d, a, b, c);
		return true;
	}
	d = jit_def_fresh_q(j, n);
	xv_rrr(x, XV_PAND, VT, b, c);
	xv_rrr(x, XV_PANDN, d, c, a);
	xv_rrr(x, XV_POR, d, d, VT);
	return true;
}

/*
 * Permutes. Byte n (0..31) of a || b is the host's byte 31 - n of the 32 bytes b, a: ~n, whose
 * bits 0..3 are the index and whose bit 4 chooses a.
 */

/* The control is a constant, reversed (vpermr) or not: pool indexes for both operands */
static bool permute_const(struct jit *j, const struct ir_insn *i, ir_ref n, bool reversed, u64 hi,
			  u64 lo)
{
	u64 c[2] = {lo, hi}, from_a[2] = {0, 0}, from_b[2] = {0, 0};
	unsigned of_a = 0;
	int a, b, d;

	for (unsigned k = 0; k < 16; k++) {
		unsigned byte = c[k / 8] >> (8 * (k & 7)) & 31, shift = 8 * (k & 7);
		unsigned host = reversed ? byte : 31 - byte;

		of_a += host >= 16;
		from_a[k / 8] |= (host >= 16 ? host - 16ull : 0x80ull) << shift;
		from_b[k / 8] |= (host < 16 ? (u64)host : 0x80ull) << shift;
	}
	a = jit_use_q(j, of_a ? i->a : i->b);
	if (!of_a || of_a == 16) {
		d = jit_def_q(j, n);
		xv_rrm(j->x, XV_PSHUFB, d, a,
		       of_a ? vec_const(j, from_a[1], from_a[0])
			    : vec_const(j, from_b[1], from_b[0]));
		return true;
	}
	b = jit_use_q(j, i->b);
	d = jit_def_q(j, n);
	xv_rrm(j->x, XV_PSHUFB, VT, a, vec_const(j, from_a[1], from_a[0]));
	xv_rrm(j->x, XV_PSHUFB, d, b, vec_const(j, from_b[1], from_b[0]));
	xv_rrr(j->x, XV_POR, d, d, VT);
	return true;
}

static bool permute(struct jit *j, const struct ir_insn *i, ir_ref n, bool reversed)
{
	struct xcode *x = j->x;
	struct xmem low = vec_b(j, 15);
	u64 hi, lo;
	int a, b, c, t, d;

	if (vec_is_const(j, i->c, &hi, &lo))
		return permute_const(j, i, n, reversed, hi, lo);
	a = jit_use_q(j, i->a);
	b = jit_use_q(j, i->b);
	c = jit_use_q(j, i->c);
	t = jit_tmp_xmm(j);
	d = jit_def_fresh_q(j, n);
	xv_rrm(x, reversed ? XV_PAND : XV_PANDN, VT, c, low);
	if (a == b) {
		xv_rrr(x, XV_PSHUFB, d, a, VT);
		return true;
	}
	if (x->vex) {
		/* bit 4 of the control to bit 7, which is what a blend looks at */
		xv_shift_rri(x, XV_PSLLW_I, t, c, 3);
		xv_rrr(x, XV_PSHUFB, d, a, VT);
		xv_rrr(x, XV_PSHUFB, VT, b, VT);
		if (reversed)
			xv_pblendvb(x, d, VT, d, t);
		else
			xv_pblendvb(x, d, d, VT, t);
		return true;
	}
	/* ones where the byte is b's (a's when reversed) */
	xv_rm(x, XV_MOVDQA, t, vec_b(j, 16));
	xv_rrr(x, XV_PAND, t, t, c);
	xv_rrm(x, XV_PCMPEQB, t, t, vec_b(j, 16));
	xv_mov(x, d, reversed ? b : a);
	xv_rrr(x, XV_PSHUFB, d, d, VT);
	xv_mov(x, 15, reversed ? a : b);
	xv_rrr(x, XV_PSHUFB, 15, 15, VT);
	xv_rrr(x, XV_PAND, 15, 15, t);
	xv_rrr(x, XV_PANDN, t, t, d);
	xv_rrr(x, XV_POR, t, t, 15);
	xv_mov(x, d, t);
	return true;
}

EMIT(vperm)
{
	return permute(j, i, n, false);
}

EMIT(vpermr)
{
	return permute(j, i, n, true);
}

/* The upper four bits of c's bytes index a, the lower ones b */
EMIT(vpermxor)
{
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), c = jit_use_q(j, i->c);
	int t = jit_tmp_xmm(j), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;
	struct xmem low = vec_b(j, 15);

	xv_shift_rri(x, XV_PSRLW_I, VT, c, 4);
	xv_rrm(x, XV_PANDN, VT, VT, low);
	xv_rrr(x, XV_PSHUFB, d, a, VT);
	xv_rrm(x, XV_PANDN, VT, c, low);
	xv_rrr(x, XV_PSHUFB, t, b, VT);
	xv_rrr(x, XV_PXOR, d, d, t);
	return true;
}

/* ea & 15 in all bytes, added to or subtracted from a row of numbers */
static bool control(struct jit *j, const struct ir_insn *i, ir_ref n, bool left)
{
	int ea = jit_use_int(j, i->a), gpr = jit_tmp_int(j), d = jit_def_fresh_q(j, n);
	struct xcode *x = j->x;

	x_mov_rr(x, X_32, gpr, ea);
	x_alu_ri(x, XA_AND, X_32, gpr, 15);
	xv_rr(x, XV_MOVD_G, VT, gpr);
	xv_zero(x, d);
	xv_rrr(x, XV_PSHUFB, VT, VT, d);
	if (left) {
		xv_rrm(x, XV_PADDB, d, VT,
		       vec_const(j, 0x0001020304050607ull, 0x08090a0b0c0d0e0full));
	} else {
		xv_rm(x, XV_MOVDQA, d, vec_const(j, 0x1011121314151617ull, 0x18191a1b1c1d1e1full));
		xv_rrr(x, XV_PSUBB, d, d, VT);
	}
	return true;
}

EMIT(lvsl)
{
	return control(j, i, n, true);
}

EMIT(lvsr)
{
	return control(j, i, n, false);
}

/* Bytes within elements the other way round */
static bool shuffle(struct jit *j, const struct ir_insn *i, ir_ref n, u64 hi, u64 lo)
{
	int a = jit_use_q(j, i->a), d = jit_def_q(j, n);

	xv_rrm(j->x, XV_PSHUFB, d, a, vec_const(j, hi, lo));
	return true;
}

EMIT(xxbrh)
{
	return shuffle(j, i, n, 0x0e0f0c0d0a0b0809ull, 0x0607040502030001ull);
}

EMIT(xxbrw)
{
	return shuffle(j, i, n, 0x0c0d0e0f08090a0bull, 0x0405060700010203ull);
}

EMIT(xxbrd)
{
	return shuffle(j, i, n, 0x08090a0b0c0d0e0full, 0x0001020304050607ull);
}

EMIT(xxbrq)
{
	return shuffle(j, i, n, 0x0001020304050607ull, 0x08090a0b0c0d0e0full);
}

EMIT(vsx_reverse_h)
{
	int a = jit_use_q(j, i->a), d = jit_def_q(j, n);

	xv_rri(j->x, XV_PSHUFLW, d, a, 0x1b);
	xv_rri(j->x, XV_PSHUFHW, d, d, 0x1b);
	xv_rri(j->x, XV_PSHUFD, d, d, 0x4e);
	return true;
}

EMIT(vsx_reverse_w)
{
	int a = jit_use_q(j, i->a), d = jit_def_q(j, n);

	xv_rri(j->x, XV_PSHUFD, d, a, 0x1b);
	return true;
}

/* QHH to QLL: the lower result from b, the upper one from a */
void jit_vec_dwords(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	bool low_a = i->op == IR_QLH || i->op == IR_QLL, low_b = i->op == IR_QHL || i->op == IR_QLL;
	int a = jit_use_q(j, i->a), b = jit_use_q(j, i->b), d = jit_def_q(j, n);
	struct xcode *x = j->x;

	if (a == b && ((!low_a && low_b) || (low_a && !low_b && jit_load_swaps(j, i->a))))
		xv_mov(x, d, a);
	else if (a == b)
		xv_rri(x, XV_PSHUFD, d, a, (low_a ? 0x40 : 0xe0) | (low_b ? 0x04 : 0x0e));
	else if (low_a == low_b)
		xv_rrr(x, low_a ? XV_PUNPCKLQDQ : XV_PUNPCKHQDQ, d, b, a);
	else
		xv_rrri(x, XV_SHUFPD, d, b, a, (low_b ? 0 : 1) | (low_a ? 0 : 2));
}

/* CR6 of a compare whose result is a: 8 all true, 2 none */
EMIT(vcmp_cr6)
{
	int a = jit_use_q(j, i->a), t = jit_tmp_int(j), d = jit_def_fresh_int(j, n);
	struct xcode *x = j->x;

	xv_rr(x, XV_PMOVMSKB, d, a);
	x_lea(x, X_32, t, xm(d, 1));	 /* 0x10000 if all */
	x_alu_ri(x, XA_SUB, X_32, d, 1); /* negative if none */
	x_shift_ri(x, XS_SHR, X_32, t, 16);
	x_shift_ri(x, XS_SHR, X_32, d, 31);
	x_lea(x, X_32, d, xm_index(d, t, 2, 0));
	x_alu_rr(x, XA_ADD, X_32, d, d);
	return true;
}
