// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fixed-point arithmetic (Power ISA Book I, 3.3.9, 3.3.15).
 *
 * A mode without MODE_SF takes CA, OV and CR0 from bit 32 while results keep all 64 bits. OV32 and
 * CA32 exist from ISA 3.0 on; older models keep them 0. What the ISA leaves undefined (quotients
 * of impossible divisions, high words of word results) is what qemu gives: docs/qemu-departures.md.
 */
#include "base/bits.h"
#include "frontend/frontend.h"

static bool has_32(const struct tr_ctx *c)
{
	return c->model->isa >= ISA_3_0;
}

static ir_ref bit(struct tr_ctx *c, ir_ref v, unsigned lsb)
{
	return ir_op2i(c->r, IR_AND, ir_op2i(c->r, IR_SHR, v, lsb), 1);
}

/* The result of an XO form goes to RT. */
static void set_rt(struct tr_ctx *c, ir_ref v)
{
	tr_set_gpr(c, f_rt(c->w), v);
	if (f_rc(c->w))
		tr_record_cr0(c, v);
}

static void put_ov(struct tr_ctx *c, ir_ref ov, ir_ref ov32)
{
	ir_ref so = ir_get(c->r, IR_I, SLOT(so));

	ir_put(c->r, IR_I, SLOT(ov), ov);
	if (has_32(c))
		ir_put(c->r, IR_I, SLOT(ov32), ov32);
	ir_put(c->r, IR_I, SLOT(so), ir_op2(c->r, IR_OR, so, ov));
}

/* OV of the sum of a and b and perhaps a carry: both differ from it in the sign. */
static void put_ov_of_sum(struct tr_ctx *c, ir_ref a, ir_ref b, ir_ref sum)
{
	ir_ref v = ir_op2(c->r, IR_AND, ir_op2(c->r, IR_XOR, a, sum), ir_op2(c->r, IR_XOR, b, sum));

	put_ov(c, tr_is64(c) ? ir_op2i(c->r, IR_SHR, v, 63) : bit(c, v, 31),
	       has_32(c) ? bit(c, v, 31) : 0);
}

/* CA of the same; carry is the one out of bit 0 (only wanted in 64-bit mode). */
static void put_ca_of_sum(struct tr_ctx *c, ir_ref a, ir_ref b, ir_ref sum, ir_ref carry)
{
	ir_ref ca32 = 0;

	if (has_32(c) || !tr_is64(c))
		ca32 = bit(c, ir_op2(c->r, IR_XOR, ir_op2(c->r, IR_XOR, a, b), sum), 32);
	ir_put(c->r, IR_I, SLOT(ca), tr_is64(c) ? carry : ca32);
	if (has_32(c))
		ir_put(c->r, IR_I, SLOT(ca32), ca32);
}

/* --- addition: RT = a + b --- */
static void add(struct tr_ctx *c, ir_ref a, ir_ref b, bool set_ca, bool oe)
{
	ir_ref sum = ir_op2(c->r, IR_ADD, a, b);

	if (set_ca)
		put_ca_of_sum(c, a, b, sum, tr_is64(c) ? ir_op2(c->r, IR_LTU, sum, a) : 0);
	if (oe)
		put_ov_of_sum(c, a, b, sum);
	tr_set_gpr(c, f_rt(c->w), sum);
}

/* --- subtraction: RT = b - a --- */
static void subtract(struct tr_ctx *c, ir_ref a, ir_ref b, bool set_ca, bool oe)
{
	ir_ref diff = ir_op2(c->r, IR_SUB, b, a);
	ir_ref na = set_ca || oe ? ir_op1(c->r, IR_NOT, a) : 0;

	if (set_ca)
		put_ca_of_sum(c, na, b, diff, tr_is64(c) ? ir_op2(c->r, IR_LEU, a, b) : 0);
	if (oe)
		put_ov_of_sum(c, na, b, diff);
	tr_set_gpr(c, f_rt(c->w), diff);
}

/* --- extended forms: RT = a + b + CA --- */
static void add_extended(struct tr_ctx *c, ir_ref a, ir_ref b)
{
	ir_ref ca = ir_get(c->r, IR_I, SLOT(ca));
	ir_ref sum = ir_op2(c->r, IR_ADD, ir_op2(c->r, IR_ADD, a, b), ca);

	put_ca_of_sum(c, a, b, sum, tr_is64(c) ? ir_op3(c->r, IR_CARRY, a, b, ca) : 0);
	if (f_oe(c->w))
		put_ov_of_sum(c, a, b, sum);
	set_rt(c, sum);
}

static ir_ref ra(struct tr_ctx *c)
{
	return tr_gpr(c, f_ra(c->w));
}

static ir_ref rb(struct tr_ctx *c)
{
	return tr_gpr(c, f_rb(c->w));
}

static ir_ref not_ra(struct tr_ctx *c)
{
	return ir_op1(c->r, IR_NOT, ra(c));
}

static void record_rt(struct tr_ctx *c)
{
	if (f_rc(c->w))
		tr_record_cr0(c, tr_gpr(c, f_rt(c->w)));
}

void tr_addi(struct tr_ctx *c)
{
	add(c, tr_gpr0(c, f_ra(c->w)), tr_const(c, (u64)(s64)f_si(c->w)), false, false);
}

void tr_addis(struct tr_ctx *c)
{
	s64 imm = (s64)f_si(c->w) * 65536;

	add(c, tr_gpr0(c, f_ra(c->w)), tr_const(c, (u64)imm), false, false);
}

void tr_addpcis(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), tr_const(c, c->next_pc + (u64)((s64)f_dx(c->w) * 65536)));
}

void tr_addic(struct tr_ctx *c)
{
	add(c, ra(c), tr_const(c, (u64)(s64)f_si(c->w)), true, false);
}

void tr_addic_(struct tr_ctx *c)
{
	tr_addic(c);
	tr_record_cr0(c, tr_gpr(c, f_rt(c->w)));
}

void tr_subfic(struct tr_ctx *c)
{
	subtract(c, ra(c), tr_const(c, (u64)(s64)f_si(c->w)), true, false);
}

void tr_add(struct tr_ctx *c)
{
	add(c, ra(c), rb(c), false, f_oe(c->w));
	record_rt(c);
}

void tr_addc(struct tr_ctx *c)
{
	add(c, ra(c), rb(c), true, f_oe(c->w));
	record_rt(c);
}

void tr_subf(struct tr_ctx *c)
{
	subtract(c, ra(c), rb(c), false, f_oe(c->w));
	record_rt(c);
}

void tr_subfc(struct tr_ctx *c)
{
	subtract(c, ra(c), rb(c), true, f_oe(c->w));
	record_rt(c);
}

void tr_neg(struct tr_ctx *c)
{
	subtract(c, ra(c), tr_const(c, 0), false, f_oe(c->w));
	record_rt(c);
}

void tr_adde(struct tr_ctx *c)
{
	add_extended(c, ra(c), rb(c));
}

void tr_addme(struct tr_ctx *c)
{
	add_extended(c, ra(c), tr_const(c, ~0ull));
}

void tr_addze(struct tr_ctx *c)
{
	add_extended(c, ra(c), tr_const(c, 0));
}

void tr_subfe(struct tr_ctx *c)
{
	add_extended(c, not_ra(c), rb(c));
}

void tr_subfme(struct tr_ctx *c)
{
	add_extended(c, not_ra(c), tr_const(c, ~0ull));
}

void tr_subfze(struct tr_ctx *c)
{
	add_extended(c, not_ra(c), tr_const(c, 0));
}

/* OV takes CA's part; SO stays (ISA 3.0). Only CY = 0 is defined. */
void tr_addex(struct tr_ctx *c)
{
	ir_ref a = ra(c), b = rb(c), ov = ir_get(c->r, IR_I, SLOT(ov));
	ir_ref sum = ir_op2(c->r, IR_ADD, ir_op2(c->r, IR_ADD, a, b), ov);
	ir_ref c32 = bit(c, ir_op2(c->r, IR_XOR, ir_op2(c->r, IR_XOR, a, b), sum), 32);

	if (f_cy(c->w)) {
		tr_illegal(c);
		return;
	}
	ir_put(c->r, IR_I, SLOT(ov), tr_is64(c) ? ir_op3(c->r, IR_CARRY, a, b, ov) : c32);
	ir_put(c->r, IR_I, SLOT(ov32), c32);
	tr_set_gpr(c, f_rt(c->w), sum);
}

/* --- multiplication --- */
static ir_ref word_product(struct tr_ctx *c, enum ir_opcode extend)
{
	return ir_op2(c->r, IR_MUL, ir_op1(c->r, extend, ra(c)), ir_op1(c->r, extend, rb(c)));
}

void tr_mulli(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), ir_op2i(c->r, IR_MUL, ra(c), (u64)(s64)f_si(c->w)));
}

void tr_mullw(struct tr_ctx *c)
{
	ir_ref v = word_product(c, IR_SEXT32);

	if (f_oe(c->w)) {
		ir_ref ov = ir_op2(c->r, IR_NE, v, ir_op1(c->r, IR_SEXT32, v));

		put_ov(c, ov, ov);
	}
	set_rt(c, v);
}

void tr_mulld(struct tr_ctx *c)
{
	ir_ref a = ra(c), b = rb(c), v = ir_op2(c->r, IR_MUL, a, b);

	if (f_oe(c->w)) {
		ir_ref ov = ir_op2(c->r, IR_NE, ir_op2(c->r, IR_MULHS, a, b),
				   ir_op2i(c->r, IR_SAR, v, 63));

		put_ov(c, ov, ov);
	}
	set_rt(c, v);
}

void tr_mulhw(struct tr_ctx *c)
{
	set_rt(c, ir_op2i(c->r, IR_SHR, word_product(c, IR_SEXT32), 32));
}

void tr_mulhwu(struct tr_ctx *c)
{
	set_rt(c, ir_op2i(c->r, IR_SHR, word_product(c, IR_ZEXT32), 32));
}

void tr_mulhd(struct tr_ctx *c)
{
	set_rt(c, ir_op2(c->r, IR_MULHS, ra(c), rb(c)));
}

void tr_mulhdu(struct tr_ctx *c)
{
	set_rt(c, ir_op2(c->r, IR_MULHU, ra(c), rb(c)));
}

void tr_maddld(struct tr_ctx *c)
{
	ir_ref p = ir_op2(c->r, IR_MUL, ra(c), rb(c));

	tr_set_gpr(c, f_rt(c->w), ir_op2(c->r, IR_ADD, p, tr_gpr(c, f_rc5(c->w))));
}

/* High doubleword of a * b + c: ext is c's own high doubleword. */
static void madd_high(struct tr_ctx *c, enum ir_opcode mulh, bool is_signed)
{
	ir_ref a = ra(c), b = rb(c), addend = tr_gpr(c, f_rc5(c->w));
	ir_ref lo = ir_op2(c->r, IR_MUL, a, b), hi = ir_op2(c->r, mulh, a, b);
	ir_ref carry = ir_op3(c->r, IR_CARRY, lo, addend, tr_const(c, 0));

	if (is_signed)
		hi = ir_op2(c->r, IR_ADD, hi, ir_op2i(c->r, IR_SAR, addend, 63));
	tr_set_gpr(c, f_rt(c->w), ir_op2(c->r, IR_ADD, hi, carry));
}

void tr_maddhd(struct tr_ctx *c)
{
	madd_high(c, IR_MULHS, true);
}

void tr_maddhdu(struct tr_ctx *c)
{
	madd_high(c, IR_MULHU, false);
}

/* --- division: as qemu has it, a divisor of 0 counts as 1 --- */

/* OV of a signed division: x/0 and most negative / -1. */
static ir_ref div_ov(struct tr_ctx *c, ir_ref a, ir_ref b, u64 min)
{
	ir_ref zero = ir_op2(c->r, IR_EQ, b, tr_const(c, 0));
	ir_ref edge = ir_op2(c->r, IR_AND, ir_op2(c->r, IR_EQ, a, tr_const(c, min)),
			     ir_op2(c->r, IR_EQ, b, tr_const(c, ~0ull)));

	return ir_op2(c->r, IR_OR, zero, edge);
}

void tr_divw(struct tr_ctx *c)
{
	ir_ref a = ir_op1(c->r, IR_SEXT32, ra(c)), b = ir_op1(c->r, IR_SEXT32, rb(c));
	ir_ref q = ir_op2(c->r, IR_DIVS, a, b);

	if (f_oe(c->w)) {
		ir_ref ov = div_ov(c, a, b, (u64)INT32_MIN);

		put_ov(c, ov, ov);
	}
	set_rt(c, ir_op1(c->r, IR_ZEXT32, q));
}

void tr_divwu(struct tr_ctx *c)
{
	ir_ref a = ir_op1(c->r, IR_ZEXT32, ra(c)), b = ir_op1(c->r, IR_ZEXT32, rb(c));
	ir_ref q = ir_op2(c->r, IR_DIVU, a, b);

	if (f_oe(c->w)) {
		ir_ref ov = ir_op2(c->r, IR_EQ, b, tr_const(c, 0));

		put_ov(c, ov, ov);
	}
	set_rt(c, q);
}

void tr_divd(struct tr_ctx *c)
{
	ir_ref a = ra(c), b = rb(c), q = ir_op2(c->r, IR_DIVS, a, b);

	if (f_oe(c->w)) {
		ir_ref ov = div_ov(c, a, b, 1ull << 63);

		put_ov(c, ov, ov);
	}
	set_rt(c, q);
}

void tr_divdu(struct tr_ctx *c)
{
	ir_ref a = ra(c), b = rb(c), q = ir_op2(c->r, IR_DIVU, a, b);

	if (f_oe(c->w)) {
		ir_ref ov = ir_op2(c->r, IR_EQ, b, tr_const(c, 0));

		put_ov(c, ov, ov);
	}
	set_rt(c, q);
}

/* Extended division: rare, so a helper each for the quotient and for OV. */
static void div_extended(struct tr_ctx *c, enum helper_id quotient, enum helper_id overflow)
{
	ir_ref a = ra(c), b = rb(c), q = ir_call(c->r, IR_I, quotient, a, b, 0, 0);

	if (f_oe(c->w)) {
		ir_ref ov = ir_call(c->r, IR_I, overflow, a, b, 0, 0);

		put_ov(c, ov, ov);
	}
	set_rt(c, q);
}

void tr_divwe(struct tr_ctx *c)
{
	div_extended(c, HELPER_divwe, HELPER_divwe_ov);
}

void tr_divweu(struct tr_ctx *c)
{
	div_extended(c, HELPER_divweu, HELPER_divweu_ov);
}

void tr_divde(struct tr_ctx *c)
{
	div_extended(c, HELPER_divde, HELPER_divde_ov);
}

void tr_divdeu(struct tr_ctx *c)
{
	div_extended(c, HELPER_divdeu, HELPER_divdeu_ov);
}

void tr_modsw(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w),
		   ir_op2(c->r, IR_MODS, ir_op1(c->r, IR_SEXT32, ra(c)),
			  ir_op1(c->r, IR_SEXT32, rb(c))));
}

void tr_moduw(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w),
		   ir_op2(c->r, IR_MODU, ir_op1(c->r, IR_ZEXT32, ra(c)),
			  ir_op1(c->r, IR_ZEXT32, rb(c))));
}

void tr_modsd(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), ir_op2(c->r, IR_MODS, ra(c), rb(c)));
}

void tr_modud(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), ir_op2(c->r, IR_MODU, ra(c), rb(c)));
}

/* --- BCD assist, random number --- */
void tr_addg6s(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), ir_call(c->r, IR_I, HELPER_addg6s, ra(c), rb(c), 0, 0));
}

void tr_cdtbcd(struct tr_ctx *c)
{
	tr_set_gpr(c, f_ra(c->w),
		   ir_call(c->r, IR_I, HELPER_cdtbcd, tr_gpr(c, f_rs(c->w)), 0, 0, 0));
}

void tr_cbcdtd(struct tr_ctx *c)
{
	tr_set_gpr(c, f_ra(c->w),
		   ir_call(c->r, IR_I, HELPER_cbcdtd, tr_gpr(c, f_rs(c->w)), 0, 0, 0));
}

void tr_darn(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w),
		   ir_call(c->r, IR_I, HELPER_darn, tr_const(c, f_l_darn(c->w)), 0, 0, 0));
}
