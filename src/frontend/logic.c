// SPDX-License-Identifier: GPL-2.0-or-later
/* Fixed-point logical, rotate and shift instructions (Power ISA Book I, 3.3.13 and 3.3.14). */
#include "base/bits.h"
#include "frontend/frontend.h"

static ir_ref rs(struct tr_ctx *c)
{
	return tr_gpr(c, f_rs(c->w));
}

static ir_ref rb(struct tr_ctx *c)
{
	return tr_gpr(c, f_rb(c->w));
}

/* The result of an X or M form goes to RA. */
static void set_ra(struct tr_ctx *c, ir_ref v)
{
	tr_set_gpr(c, f_ra(c->w), v);
	if (f_rc(c->w))
		tr_record_cr0(c, v);
}

/* --- immediate forms: only the record forms of AND exist --- */
static void and_imm(struct tr_ctx *c, u64 imm)
{
	ir_ref v = ir_op2i(c->r, IR_AND, rs(c), imm);

	tr_set_gpr(c, f_ra(c->w), v);
	tr_record_cr0(c, v);
}

void tr_andi_(struct tr_ctx *c)
{
	and_imm(c, f_ui(c->w));
}

void tr_andis_(struct tr_ctx *c)
{
	and_imm(c, (u64)f_ui(c->w) << 16);
}

void tr_ori(struct tr_ctx *c)
{
	/* ori x,x,0 is the architected no-op. */
	if (f_ra(c->w) == f_rs(c->w) && !f_ui(c->w))
		return;
	tr_set_gpr(c, f_ra(c->w), ir_op2i(c->r, IR_OR, rs(c), f_ui(c->w)));
}

void tr_oris(struct tr_ctx *c)
{
	tr_set_gpr(c, f_ra(c->w), ir_op2i(c->r, IR_OR, rs(c), (u64)f_ui(c->w) << 16));
}

void tr_xori(struct tr_ctx *c)
{
	tr_set_gpr(c, f_ra(c->w), ir_op2i(c->r, IR_XOR, rs(c), f_ui(c->w)));
}

void tr_xoris(struct tr_ctx *c)
{
	tr_set_gpr(c, f_ra(c->w), ir_op2i(c->r, IR_XOR, rs(c), (u64)f_ui(c->w) << 16));
}

/* --- register forms --- */
static ir_ref negated(struct tr_ctx *c, ir_ref v)
{
	return ir_op1(c->r, IR_NOT, v);
}

void tr_and(struct tr_ctx *c)
{
	set_ra(c, ir_op2(c->r, IR_AND, rs(c), rb(c)));
}

void tr_or(struct tr_ctx *c)
{
	/* mr, and the priority hints or x,x,x. */
	if (f_rs(c->w) == f_rb(c->w)) {
		if (f_ra(c->w) != f_rs(c->w) || f_rc(c->w))
			set_ra(c, rs(c));
		return;
	}
	set_ra(c, ir_op2(c->r, IR_OR, rs(c), rb(c)));
}

void tr_xor(struct tr_ctx *c)
{
	if (f_rs(c->w) == f_rb(c->w))
		set_ra(c, tr_const(c, 0));
	else
		set_ra(c, ir_op2(c->r, IR_XOR, rs(c), rb(c)));
}

void tr_nand(struct tr_ctx *c)
{
	set_ra(c, negated(c, ir_op2(c->r, IR_AND, rs(c), rb(c))));
}

void tr_nor(struct tr_ctx *c)
{
	set_ra(c, negated(c, ir_op2(c->r, IR_OR, rs(c), rb(c))));
}

void tr_eqv(struct tr_ctx *c)
{
	set_ra(c, negated(c, ir_op2(c->r, IR_XOR, rs(c), rb(c))));
}

void tr_andc(struct tr_ctx *c)
{
	set_ra(c, ir_op2(c->r, IR_ANDC, rs(c), rb(c)));
}

void tr_orc(struct tr_ctx *c)
{
	set_ra(c, ir_op2(c->r, IR_OR, rs(c), negated(c, rb(c))));
}

void tr_extsb(struct tr_ctx *c)
{
	set_ra(c, ir_op1(c->r, IR_SEXT8, rs(c)));
}

void tr_extsh(struct tr_ctx *c)
{
	set_ra(c, ir_op1(c->r, IR_SEXT16, rs(c)));
}

void tr_extsw(struct tr_ctx *c)
{
	set_ra(c, ir_op1(c->r, IR_SEXT32, rs(c)));
}

/* --- counting --- */
void tr_cntlzw(struct tr_ctx *c)
{
	set_ra(c, ir_op2i(c->r, IR_SUB, ir_op1(c->r, IR_CLZ, ir_op1(c->r, IR_ZEXT32, rs(c))), 32));
}

void tr_cntlzd(struct tr_ctx *c)
{
	set_ra(c, ir_op1(c->r, IR_CLZ, rs(c)));
}

void tr_cnttzw(struct tr_ctx *c)
{
	/* A bit behind the word stops the count at 32. */
	set_ra(c, ir_op1(c->r, IR_CTZ, ir_op2i(c->r, IR_OR, rs(c), 1ull << 32)));
}

void tr_cnttzd(struct tr_ctx *c)
{
	set_ra(c, ir_op1(c->r, IR_CTZ, rs(c)));
}

/* Both words of v through op, side by side. */
static ir_ref by_word(struct tr_ctx *c, enum ir_opcode op, ir_ref v)
{
	ir_ref lo = ir_op1(c->r, op, ir_op1(c->r, IR_ZEXT32, v));
	ir_ref hi = ir_op1(c->r, op, ir_op2i(c->r, IR_SHR, v, 32));

	return ir_op2(c->r, IR_OR, lo, ir_op2i(c->r, IR_SHL, hi, 32));
}

void tr_popcntb(struct tr_ctx *c)
{
	const u64 m1 = 0x5555555555555555ull, m2 = 0x3333333333333333ull,
		  m4 = 0x0f0f0f0f0f0f0f0full;
	ir_ref v = rs(c);

	v = ir_op2(c->r, IR_SUB, v, ir_op2i(c->r, IR_AND, ir_op2i(c->r, IR_SHR, v, 1), m1));
	v = ir_op2(c->r, IR_ADD, ir_op2i(c->r, IR_AND, v, m2),
		   ir_op2i(c->r, IR_AND, ir_op2i(c->r, IR_SHR, v, 2), m2));
	v = ir_op2(c->r, IR_ADD, v, ir_op2i(c->r, IR_SHR, v, 4));
	tr_set_gpr(c, f_ra(c->w), ir_op2i(c->r, IR_AND, v, m4));
}

void tr_popcntw(struct tr_ctx *c)
{
	tr_set_gpr(c, f_ra(c->w), by_word(c, IR_POPCNT, rs(c)));
}

void tr_popcntd(struct tr_ctx *c)
{
	tr_set_gpr(c, f_ra(c->w), ir_op1(c->r, IR_POPCNT, rs(c)));
}

void tr_prtyw(struct tr_ctx *c)
{
	ir_ref v = ir_op2i(c->r, IR_AND, rs(c), 0x0101010101010101ull);

	v = by_word(c, IR_POPCNT, v);
	tr_set_gpr(c, f_ra(c->w), ir_op2i(c->r, IR_AND, v, 0x100000001ull));
}

void tr_prtyd(struct tr_ctx *c)
{
	ir_ref v = ir_op2i(c->r, IR_AND, rs(c), 0x0101010101010101ull);

	tr_set_gpr(c, f_ra(c->w), ir_op2i(c->r, IR_AND, ir_op1(c->r, IR_POPCNT, v), 1));
}

/* Bit 7 of each byte of the result: that byte of x is 0. The other bits are 0. */
static ir_ref zero_bytes(struct tr_ctx *c, ir_ref x)
{
	const u64 low7 = 0x7f7f7f7f7f7f7f7full;
	/* No carry crosses a byte. */
	ir_ref t = ir_op2i(c->r, IR_ADD, ir_op2i(c->r, IR_AND, x, low7), low7);

	return negated(c, ir_op2i(c->r, IR_OR, ir_op2(c->r, IR_OR, t, x), low7));
}

void tr_cmpb(struct tr_ctx *c)
{
	ir_ref t = zero_bytes(c, ir_op2(c->r, IR_XOR, rs(c), rb(c)));

	tr_set_gpr(c, f_ra(c->w), ir_op2i(c->r, IR_MUL, ir_op2i(c->r, IR_SHR, t, 7), 255));
}

/* 440: place of the leftmost zero byte of the words RS and RB, to RA and the string count. */
void tr_dlmzb(struct tr_ctx *c)
{
	ir_ref v = ir_op2(c->r, IR_OR, ir_op2i(c->r, IR_SHL, rs(c), 32),
			  ir_op1(c->r, IR_ZEXT32, rb(c)));
	ir_ref t = zero_bytes(c, v);
	ir_ref place = ir_op2i(c->r, IR_ADD, ir_op2i(c->r, IR_SHR, ir_op1(c->r, IR_CLZ, t), 3), 1);
	ir_ref rest = ir_op2i(c->r, IR_AND, ir_get(c->r, IR_I, SLOT(xer_rest)), ~127ull);

	place = ir_op3(c->r, IR_SELECT, t, place, tr_const(c, 8));
	ir_put(c->r, IR_I, SLOT(xer_rest), ir_op2(c->r, IR_OR, rest, place));
	tr_set_gpr(c, f_ra(c->w), place);
	if (f_rc(c->w)) {
		/* LT: in RB, GT: in RS, EQ: nowhere */
		ir_ref low = ir_op3(c->r, IR_SELECT, t, tr_const(c, 8), tr_const(c, 2));
		ir_ref field =
			ir_op3(c->r, IR_SELECT, ir_op2i(c->r, IR_SHR, t, 32), tr_const(c, 4), low);

		ir_put(c->r, IR_I, SLOT_CR(0),
		       ir_op2(c->r, IR_OR, field, ir_get(c->r, IR_I, SLOT(so))));
	}
}

void tr_bpermd(struct tr_ctx *c)
{
	tr_set_gpr(c, f_ra(c->w), ir_call(c->r, IR_I, HELPER_bpermd, rs(c), rb(c), 0, 0));
}

/* --- rotates of words --- */

/* The word of v rotated left by n (an IR value) in the low half; in both when the mask wraps. */
static ir_ref rot32(struct tr_ctx *c, ir_ref v, ir_ref n, bool both)
{
	u64 k;
	ir_ref t;

	if (ir_is_const(c->r, n, &k) && !k)
		t = both ? ir_op1(c->r, IR_ZEXT32, v) : v;
	else
		t = ir_op2(c->r, IR_ROTL32, v, n);
	if (both)
		t = ir_op2(c->r, IR_OR, t, ir_op2i(c->r, IR_SHL, t, 32));
	return t;
}

static u64 mask32(u32 w)
{
	return bits_ppc_mask(f_mb(w) + 32, f_me(w) + 32);
}

static void rotate_and_mask32(struct tr_ctx *c, ir_ref n)
{
	bool wraps = f_mb(c->w) > f_me(c->w);

	set_ra(c, ir_op2i(c->r, IR_AND, rot32(c, rs(c), n, wraps), mask32(c->w)));
}

void tr_rlwinm(struct tr_ctx *c)
{
	unsigned sh = f_sh(c->w), mb = f_mb(c->w), me = f_me(c->w);

	if (!sh && !mb && me == 31)
		set_ra(c, ir_op1(c->r, IR_ZEXT32, rs(c)));
	else if (sh && mb == 32 - sh && me == 31) /* srwi */
		set_ra(c, ir_op2i(c->r, IR_SHR, ir_op1(c->r, IR_ZEXT32, rs(c)), 32 - sh));
	else if (!mb && me == 31)
		set_ra(c, ir_op2i(c->r, IR_ROTL32, rs(c), sh));
	else
		rotate_and_mask32(c, tr_const(c, sh));
}

void tr_rlwnm(struct tr_ctx *c)
{
	if (!f_mb(c->w) && f_me(c->w) == 31)
		set_ra(c, ir_op2(c->r, IR_ROTL32, rs(c), rb(c)));
	else
		rotate_and_mask32(c, rb(c));
}

void tr_rlwimi(struct tr_ctx *c)
{
	u64 m = mask32(c->w);
	ir_ref old = tr_gpr(c, f_ra(c->w));
	ir_ref v = rot32(c, rs(c), tr_const(c, f_sh(c->w)), f_mb(c->w) > f_me(c->w));

	set_ra(c, ir_op2(c->r, IR_OR, ir_op2i(c->r, IR_AND, v, m), ir_op2i(c->r, IR_AND, old, ~m)));
}

/* --- rotates of doublewords --- */
static ir_ref rot64(struct tr_ctx *c, unsigned sh)
{
	return sh ? ir_op2i(c->r, IR_ROTL, rs(c), sh) : rs(c);
}

void tr_rldicl(struct tr_ctx *c)
{
	unsigned sh = f_sh6(c->w), mb = f_mb6(c->w);

	if (sh && mb >= 64 - sh) {
		/* srdi, extrdi: what the rotation brings round is all that the mask keeps. */
		ir_ref v = ir_op2i(c->r, IR_SHR, rs(c), 64 - sh);

		if (mb > 64 - sh)
			v = ir_op2i(c->r, IR_AND, v, bits_ppc_mask(mb, 63));
		set_ra(c, v);
	} else if (mb == 32) {
		set_ra(c, ir_op1(c->r, IR_ZEXT32, rot64(c, sh)));
	} else if (!mb) {
		set_ra(c, rot64(c, sh));
	} else {
		set_ra(c, ir_op2i(c->r, IR_AND, rot64(c, sh), bits_ppc_mask(mb, 63)));
	}
}

void tr_rldicr(struct tr_ctx *c)
{
	unsigned sh = f_sh6(c->w), me = f_me6(c->w);

	if (me == 63 - sh) /* sldi */
		set_ra(c, ir_op2i(c->r, IR_SHL, rs(c), sh));
	else
		set_ra(c, ir_op2i(c->r, IR_AND, rot64(c, sh), bits_ppc_mask(0, me)));
}

void tr_rldic(struct tr_ctx *c)
{
	unsigned sh = f_sh6(c->w), mb = f_mb6(c->w);

	if (mb <= 63 - sh)
		set_ra(c, ir_op2i(c->r, IR_AND, ir_op2i(c->r, IR_SHL, rs(c), sh),
				  bits_ppc_mask(mb, 63 - sh)));
	else
		set_ra(c, ir_op2i(c->r, IR_AND, rot64(c, sh), bits_ppc_mask(mb, 63 - sh)));
}

void tr_rldimi(struct tr_ctx *c)
{
	unsigned sh = f_sh6(c->w);
	u64 m = bits_ppc_mask(f_mb6(c->w), 63 - sh);
	ir_ref old = tr_gpr(c, f_ra(c->w));

	set_ra(c, ir_op2(c->r, IR_OR, ir_op2i(c->r, IR_AND, rot64(c, sh), m),
			 ir_op2i(c->r, IR_AND, old, ~m)));
}

void tr_rldcl(struct tr_ctx *c)
{
	set_ra(c, ir_op2i(c->r, IR_AND, ir_op2(c->r, IR_ROTL, rs(c), rb(c)),
			  bits_ppc_mask(f_mb6(c->w), 63)));
}

void tr_rldcr(struct tr_ctx *c)
{
	set_ra(c, ir_op2i(c->r, IR_AND, ir_op2(c->r, IR_ROTL, rs(c), rb(c)),
			  bits_ppc_mask(0, f_me6(c->w))));
}

/* --- shifts --- */
void tr_slw(struct tr_ctx *c)
{
	ir_ref n = ir_op2i(c->r, IR_AND, rb(c), 63);

	set_ra(c, ir_op1(c->r, IR_ZEXT32, ir_op2(c->r, IR_SHL, rs(c), n)));
}

void tr_srw(struct tr_ctx *c)
{
	ir_ref n = ir_op2i(c->r, IR_AND, rb(c), 63);

	set_ra(c, ir_op2(c->r, IR_SHR, ir_op1(c->r, IR_ZEXT32, rs(c)), n));
}

void tr_sld(struct tr_ctx *c)
{
	set_ra(c, ir_op2(c->r, IR_SHL, rs(c), rb(c)));
}

void tr_srd(struct tr_ctx *c)
{
	set_ra(c, ir_op2(c->r, IR_SHR, rs(c), rb(c)));
}

static void put_ca(struct tr_ctx *c, ir_ref ca)
{
	ir_put(c->r, IR_I, SLOT(ca), ca);
	if (c->model->isa >= ISA_3_0)
		ir_put(c->r, IR_I, SLOT(ca32), ca);
}

/* Algebraic shift of v by n bits; CA: a negative value lost ones. */
static void shift_right_algebraic(struct tr_ctx *c, ir_ref v, ir_ref n)
{
	ir_ref res = ir_op2(c->r, IR_SAR, v, n);
	ir_ref lost = ir_op2(c->r, IR_NE, ir_op2(c->r, IR_SHL, res, n), v);

	put_ca(c, ir_op2(c->r, IR_AND, lost, ir_op2i(c->r, IR_SHR, v, 63)));
	set_ra(c, res);
}

void tr_sraw(struct tr_ctx *c)
{
	shift_right_algebraic(c, ir_op1(c->r, IR_SEXT32, rs(c)), ir_op2i(c->r, IR_AND, rb(c), 63));
}

void tr_srad(struct tr_ctx *c)
{
	shift_right_algebraic(c, rs(c), rb(c));
}

static void shift_right_immediate(struct tr_ctx *c, ir_ref v, unsigned sh)
{
	const u64 sign = 1ull << 63;
	ir_ref lost = ir_op2i(c->r, IR_AND, v, sign | ((1ull << sh) - 1));

	/* The sign and some bit below it: unsigned greater than the sign alone. */
	put_ca(c, sh ? ir_op2(c->r, IR_LTU, tr_const(c, sign), lost) : tr_const(c, 0));
	set_ra(c, sh ? ir_op2i(c->r, IR_SAR, v, sh) : v);
}

void tr_srawi(struct tr_ctx *c)
{
	shift_right_immediate(c, ir_op1(c->r, IR_SEXT32, rs(c)), f_sh(c->w));
}

void tr_sradi(struct tr_ctx *c)
{
	shift_right_immediate(c, rs(c), f_sh6(c->w));
}

void tr_extswsli(struct tr_ctx *c)
{
	set_ra(c, ir_op2i(c->r, IR_SHL, ir_op1(c->r, IR_SEXT32, rs(c)), f_sh6(c->w)));
}
