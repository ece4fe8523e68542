// SPDX-License-Identifier: GPL-2.0-or-later
/* Integer arithmetic and logic. Two-operand host forms work on a copy of the first operand, which
 * costs nothing when that dies here; constants and values in memory become operands. */
#include "backend/x86_64/core.h"

static bool fits(u64 v)
{
	return (u64)(s64)(s32)v == v;
}

static bool small(struct jit *j, ir_ref v, s32 *imm)
{
	u64 k;

	if (!jit_is_const(j, v, &k) || !fits(k))
		return false;
	*imm = (s32)k;
	return true;
}

/* --- stores to slots --- */
static void put_pinned(struct jit *j, const struct jit_pin *pin, ir_ref v)
{
	const struct jit_value *p = &j->a->v[v];
	int reg;

	if ((p->flags & V_SLOT) && p->slot == pin->slot)
		return; /* was made there */
	if (p->reg < 0 && (p->flags & V_CONST)) {
		jit_slot_changes(j, pin->slot, 8);
		emit_const(j, pin->reg, j->r->insn[v].imm);
		return;
	}
	reg = jit_use(j, v);
	jit_slot_changes(j, pin->slot, ir_type_size((enum ir_type)pin->type));
	emit_move(j, pin->reg, reg, jit_type(j, v));
	if (!(p->flags & V_CONST))
		jit_back_by_slot(j, v, pin->slot);
}

void select_store_slot(struct jit *j, u32 slot, enum ir_type type, ir_ref v, bool at_exit)
{
	const struct jit_pin *pin = at_exit ? NULL : pin_at(j->a, slot);
	s32 imm;
	int reg;

	if (pin) {
		put_pinned(j, pin, v);
		return;
	}
	if (type == IR_I && small(j, v, &imm) && j->a->v[v].reg < 0) {
		jit_slot_changes(j, slot, 8);
		x_mov_mi(j->x, X_64, jit_slot(slot), imm);
		return;
	}
	reg = jit_use(j, v);
	jit_slot_changes(j, slot, ir_type_size(type));
	emit_store_frame(j, (s32)slot, reg, jit_type(j, v));
	if (!(j->a->v[v].flags & V_CONST))
		jit_back_by_slot(j, v, slot);
}

void select_put(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	select_store_slot(j, (u32)i->imm, (enum ir_type)i->type, i->a, false);
}

/* --- add, subtract, logic --- */
static void alu_general(struct jit *j, const struct ir_insn *i, ir_ref n, enum xalu op, ir_ref a,
			ir_ref b)
{
	struct xmem m;
	unsigned d;
	int rb;

	if (a != b && jit_use_mem_once(j, b, &m)) {
		d = (unsigned)jit_def_over(j, n, a);
		x_alu_rm(j->x, op, X_64, d, m);
		return;
	}
	rb = jit_use_int(j, b);
	d = (unsigned)jit_def_over(j, n, a);
	x_alu_rr(j->x, op, X_64, d, (unsigned)rb);
}

/* For commutative ops: rather change the operand that dies. */
static bool better_swapped(struct jit *j, ir_ref n, ir_ref a, ir_ref b)
{
	return jit_over_copies(j, n, a) && !jit_over_copies(j, n, b);
}

static void commutative(struct jit *j, const struct ir_insn *i, ir_ref n, enum xalu op)
{
	if (better_swapped(j, n, i->a, i->b))
		alu_general(j, i, n, op, i->b, i->a);
	else
		alu_general(j, i, n, op, i->a, i->b);
}

static void add_imm(struct jit *j, ir_ref n, ir_ref a, s32 imm)
{
	unsigned ra;

	if (!jit_over_copies(j, n, a)) {
		x_alu_ri(j->x, XA_ADD, X_64, (unsigned)jit_def_over(j, n, a), imm);
		return;
	}
	ra = (unsigned)jit_use_int(j, a);
	x_lea(j->x, X_64, (unsigned)jit_def_int(j, n), xm(ra, imm));
}

static void add(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned ra, rb;
	s32 imm;

	if (small(j, i->b, &imm)) {
		add_imm(j, n, i->a, imm);
	} else if (!jit_over_copies(j, n, i->a) || !jit_over_copies(j, n, i->b)) {
		commutative(j, i, n, XA_ADD);
	} else {
		ra = (unsigned)jit_use_int(j, i->a);
		rb = (unsigned)jit_use_int(j, i->b);
		x_lea(j->x, X_64, (unsigned)jit_def_int(j, n), xm_index(ra, rb, 0, 0));
	}
}

static void sub(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	s32 imm;
	u64 k;

	if (small(j, i->b, &imm) && imm != INT32_MIN) {
		add_imm(j, n, i->a, -imm);
	} else if (jit_is_const(j, i->a, &k) && !k) {
		x_group3_r(j->x, XG_NEG, X_64, (unsigned)jit_def_over(j, n, i->b));
	} else {
		alu_general(j, i, n, XA_SUB, i->a, i->b);
	}
}

static void and_imm(struct jit *j, ir_ref n, ir_ref a, u64 k)
{
	struct xmem m;
	bool mem;

	if (k == 0xff || k == 0xffff || k == 0xffffffff) {
		enum xsize s = k == 0xff ? X_8 : k == 0xffff ? X_16 : X_32;

		mem = jit_use_mem_once(j, a, &m);
		if (mem) {
			unsigned d = (unsigned)jit_def_int(j, n);

			if (s == X_32)
				x_mov_rm(j->x, X_32, d, m);
			else
				x_movzx_rm(j->x, s, d, m);
		} else {
			unsigned ra = (unsigned)jit_use_int(j, a);
			unsigned d = (unsigned)jit_def_int(j, n);

			if (s == X_32)
				x_mov_rr(j->x, X_32, d, ra);
			else
				x_movzx_rr(j->x, s, d, ra);
		}
		return;
	}
	if (k <= 0xffffffff)
		x_alu_ri(j->x, XA_AND, X_32, (unsigned)jit_def_over(j, n, a), (s32)k);
	else
		x_alu_ri(j->x, XA_AND, X_64, (unsigned)jit_def_over(j, n, a), (s32)k);
}

static void logic(struct jit *j, const struct ir_insn *i, ir_ref n, enum xalu op)
{
	s32 imm;
	u64 k;

	if (op == XA_AND && jit_is_const(j, i->b, &k) && (fits(k) || k <= 0xffffffff))
		and_imm(j, n, i->a, k);
	else if (small(j, i->b, &imm))
		x_alu_ri(j->x, op, X_64, (unsigned)jit_def_over(j, n, i->a), imm);
	else
		commutative(j, i, n, op);
}

static void andc(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned a, b, d, t;
	u64 k;

	if (jit_is_const(j, i->b, &k) && (fits(~k) || ~k <= 0xffffffff)) {
		and_imm(j, n, i->a, ~k);
		return;
	}
	if (j->host & HOST_BMI1) {
		a = (unsigned)jit_use_int(j, i->a);
		b = (unsigned)jit_use_int(j, i->b);
		x_andn_rrr(j->x, X_64, (unsigned)jit_def_int(j, n), b, a);
		return;
	}
	b = (unsigned)jit_use_int(j, i->b);
	t = (unsigned)jit_tmp_int(j);
	d = (unsigned)jit_def_over(j, n, i->a);
	x_mov_rr(j->x, X_64, t, b);
	x_group3_r(j->x, XG_NOT, X_64, t);
	x_alu_rr(j->x, XA_AND, X_64, d, t);
}

/* --- multiply --- */
static void mul(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned ra, rb;
	struct xmem m;
	s32 imm;

	if (small(j, i->b, &imm)) {
		ra = (unsigned)jit_use_int(j, i->a);
		x_imul_rri(j->x, X_64, (unsigned)jit_def_int(j, n), ra, imm);
		return;
	}
	if (i->a != i->b && jit_use_mem_once(j, i->b, &m)) {
		x_imul_rm(j->x, X_64, (unsigned)jit_def_over(j, n, i->a), m);
		return;
	}
	rb = (unsigned)jit_use_int(j, i->b);
	x_imul_rr(j->x, X_64, (unsigned)jit_def_over(j, n, i->a), rb);
}

static void mul_high(struct jit *j, const struct ir_insn *i, ir_ref n, enum xgroup3 op)
{
	unsigned ra, rb;

	jit_take_reg(j, X_RAX);
	jit_take_reg(j, X_RDX);
	ra = (unsigned)jit_use_int(j, i->a);
	rb = (unsigned)jit_use_int(j, i->b);
	x_mov_rr(j->x, X_64, X_RAX, ra);
	x_group3_r(j->x, op, X_64, rb);
	jit_def_at(j, n, X_RDX);
}

/* --- shifts --- */
/* No bit of v at or above 1 << bits? */
static bool below(struct jit *j, ir_ref v, unsigned bits)
{
	const struct ir_insn *i = &j->r->insn[v];
	u64 k;

	switch (i->op) {
	case IR_CONST:
		return !(i->imm >> bits);
	case IR_AND:
		return jit_is_const(j, i->b, &k) && !(k >> bits);
	case IR_SUB: /* 32 - (x & 31) and the like are not worth the trouble */
	default:
		return i->op >= IR_EQ && i->op <= IR_LEU;
	}
}

static void shift_const(struct jit *j, const struct ir_insn *i, ir_ref n, enum xshift op, u64 k)
{
	k &= 127;
	if (k >= 64 && op != XS_SAR) {
		x_mov_ri(j->x, (unsigned)jit_def_int(j, n), 0);
		return;
	}
	if (k >= 64)
		k = 63;
	if (op == XS_SHL && k && k <= 3 && jit_over_copies(j, n, i->a)) {
		unsigned a = (unsigned)jit_use_int(j, i->a);

		x_lea(j->x, X_64, (unsigned)jit_def_int(j, n), xm_index(X_NONE, a, (unsigned)k, 0));
		return;
	}
	{
		unsigned d = (unsigned)jit_def_over(j, n, i->a);

		if (k)
			x_shift_ri(j->x, op, X_64, d, (unsigned)k);
	}
}

/* The result is d; amounts of 64 and more. */
static void shift_long(struct jit *j, enum xshift op, unsigned d, unsigned amount, unsigned tmp)
{
	struct xcode *x = j->x;

	if (op == XS_SAR) {
		/* twice by 63: d holds a >> (amount & 63) already */
		x_mov_rr(x, X_64, tmp, d);
		x_shift_ri(x, XS_SAR, X_64, tmp, 63);
	} else {
		x_zero(x, tmp);
	}
	x_test_ri(x, X_32, amount, 64);
	x_cmov_rr(x, XC_NE, X_64, d, tmp);
}

static void shift(struct jit *j, const struct ir_insn *i, ir_ref n, enum xshift op)
{
	static const u8 shx[8] = {[XS_SHL] = XS_SHLX, [XS_SHR] = XS_SHRX, [XS_SAR] = XS_SARX};
	bool is_short = below(j, i->b, 6);
	unsigned a, b, d, t = 0;
	u64 k;

	if (jit_is_const(j, i->b, &k)) {
		shift_const(j, i, n, op, k);
		return;
	}
	if (j->host & HOST_BMI2) {
		a = (unsigned)jit_use_int(j, i->a);
		b = (unsigned)jit_use_int(j, i->b);
		if (!is_short)
			t = (unsigned)jit_tmp_int(j);
		d = (unsigned)(is_short ? jit_def_int(j, n) : jit_def_fresh_int(j, n));
		x_shx_rrr(j->x, (enum xshx)shx[op], X_64, d, a, b);
	} else {
		jit_take_reg(j, X_RCX);
		b = (unsigned)jit_use_int(j, i->b);
		if (!is_short)
			t = (unsigned)jit_tmp_int(j);
		d = (unsigned)jit_def_over(j, n, i->a);
		x_mov_rr(j->x, X_32, X_RCX, b);
		x_shift_rcl(j->x, op, X_64, d);
		b = X_RCX;
	}
	if (!is_short)
		shift_long(j, op, d, b, t);
}

static void rotate(struct jit *j, const struct ir_insn *i, ir_ref n, enum xsize size)
{
	unsigned a, b, d;
	u64 k;

	if (jit_is_const(j, i->b, &k)) {
		k &= size == X_32 ? 31 : 63;
		if ((j->host & HOST_BMI2) && k && jit_over_copies(j, n, i->a)) {
			a = (unsigned)jit_use_int(j, i->a);
			x_rorx_rri(j->x, size, (unsigned)jit_def_int(j, n), a,
				   (unsigned)((size == X_32 ? 32 : 64) - k));
			return;
		}
		d = (unsigned)jit_def_over(j, n, i->a);
		if (k)
			x_shift_ri(j->x, XS_ROL, size, d, (unsigned)k);
		else if (size == X_32)
			x_mov_rr(j->x, X_32, d, d);
		return;
	}
	jit_take_reg(j, X_RCX);
	b = (unsigned)jit_use_int(j, i->b);
	d = (unsigned)jit_def_over(j, n, i->a);
	x_mov_rr(j->x, X_32, X_RCX, b);
	x_shift_rcl(j->x, XS_ROL, size, d);
	/* a count of 0 need not clear the upper half */
	if (size == X_32)
		x_mov_rr(j->x, X_32, d, d);
}

/* --- one operand --- */
static void extend(struct jit *j, const struct ir_insn *i, ir_ref n, enum xsize from, bool sign)
{
	struct xcode *x = j->x;
	struct xmem m;
	unsigned a, d;

	if (jit_use_mem_once(j, i->a, &m)) {
		d = (unsigned)jit_def_int(j, n);
		if (sign)
			x_movsx_rm(x, from, X_64, d, m);
		else if (from == X_32)
			x_mov_rm(x, X_32, d, m);
		else
			x_movzx_rm(x, from, d, m);
		return;
	}
	a = (unsigned)jit_use_int(j, i->a);
	d = (unsigned)jit_def_int(j, n);
	if (sign)
		x_movsx_rr(x, from, X_64, d, a);
	else if (from == X_32)
		x_mov_rr(x, X_32, d, a);
	else
		x_movzx_rr(x, from, d, a);
}

/* 64 for 0 */
static void count_zeros(struct jit *j, const struct ir_insn *i, ir_ref n, bool leading)
{
	unsigned a = (unsigned)jit_use_int(j, i->a), t, d;

	if (j->host & (leading ? HOST_LZCNT : HOST_BMI1)) {
		x_count_rr(j->x, leading ? XN_LZCNT : XN_TZCNT, X_64, (unsigned)jit_def_int(j, n),
			   a);
		return;
	}
	t = (unsigned)jit_tmp_int(j);
	d = (unsigned)jit_def_fresh_int(j, n);
	x_mov_ri(j->x, t, leading ? 127 : 64);
	x_count_rr(j->x, leading ? XN_BSR : XN_BSF, X_64, d, a);
	x_cmov_rr(j->x, XC_E, X_64, d, t);
	if (leading)
		x_alu_ri(j->x, XA_XOR, X_32, d, 63);
}

/* d = d - ((d >> 1) & 5…), pairs, nibbles, then a multiplication adds the bytes */
static void popcnt(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct xcode *x = j->x;
	unsigned a, d, t, m;

	if (j->host & HOST_POPCNT) {
		a = (unsigned)jit_use_int(j, i->a);
		x_count_rr(x, XN_POPCNT, X_64, (unsigned)jit_def_int(j, n), a);
		return;
	}
	t = (unsigned)jit_tmp_int(j);
	m = (unsigned)jit_tmp_int(j);
	d = (unsigned)jit_def_over(j, n, i->a);
	x_mov_rr(x, X_64, t, d);
	x_shift_ri(x, XS_SHR, X_64, t, 1);
	x_mov_ri(x, m, 0x5555555555555555ull);
	x_alu_rr(x, XA_AND, X_64, t, m);
	x_alu_rr(x, XA_SUB, X_64, d, t);
	x_mov_ri(x, m, 0x3333333333333333ull);
	x_mov_rr(x, X_64, t, d);
	x_alu_rr(x, XA_AND, X_64, d, m);
	x_shift_ri(x, XS_SHR, X_64, t, 2);
	x_alu_rr(x, XA_AND, X_64, t, m);
	x_alu_rr(x, XA_ADD, X_64, d, t);
	x_mov_rr(x, X_64, t, d);
	x_shift_ri(x, XS_SHR, X_64, t, 4);
	x_alu_rr(x, XA_ADD, X_64, d, t);
	x_mov_ri(x, m, 0x0f0f0f0f0f0f0f0full);
	x_alu_rr(x, XA_AND, X_64, d, m);
	x_mov_ri(x, m, 0x0101010101010101ull);
	x_imul_rr(x, X_64, d, m);
	x_shift_ri(x, XS_SHR, X_64, d, 56);
}

static void swap(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	unsigned d = (unsigned)jit_def_over(j, n, i->a);

	x_bswap(j->x, i->op == IR_BSWAP64 ? X_64 : X_32, d);
	if (i->op == IR_BSWAP16)
		x_shift_ri(j->x, XS_SHR, X_32, d, 16);
}

/* --- carry out of a + b + c --- */
static void carry(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	struct xcode *x = j->x;
	unsigned a, b = 0, c = 0, d, t;
	bool has_imm;
	s32 imm = 0;
	u64 k;

	a = (unsigned)jit_use_int(j, i->a);
	has_imm = small(j, i->b, &imm);
	if (!has_imm)
		b = (unsigned)jit_use_int(j, i->b);
	if (!jit_is_const(j, i->c, &k)) {
		k = 2;
		c = (unsigned)jit_use_int(j, i->c);
	}
	t = (unsigned)jit_tmp_int(j);
	d = (unsigned)jit_def_int(j, n);
	if (k == 2) {
		x_mov_rr(x, X_64, t, c);
		x_alu_ri(x, XA_ADD, X_32, t, -1); /* CF = c */
	} else if (k) {
		x_op0(x, X0_STC);
	}
	x_mov_rr(x, X_64, t, a);
	if (has_imm)
		x_alu_ri(x, k ? XA_ADC : XA_ADD, X_64, t, imm);
	else
		x_alu_rr(x, k ? XA_ADC : XA_ADD, X_64, t, b);
	x_setcc(x, XC_C, d);
	x_movzx_rr(x, X_8, d, d);
}

void select_int(struct jit *j, const struct ir_insn *i, ir_ref n)
{
	switch (i->op) {
	case IR_ADD:
		add(j, i, n);
		break;
	case IR_SUB:
		sub(j, i, n);
		break;
	case IR_MUL:
		mul(j, i, n);
		break;
	case IR_MULHS:
		mul_high(j, i, n, XG_IMUL);
		break;
	case IR_MULHU:
		mul_high(j, i, n, XG_MUL);
		break;
	case IR_DIVS:
	case IR_DIVU:
	case IR_MODS:
	case IR_MODU:
		select_divide(j, i, n);
		break;
	case IR_AND:
		logic(j, i, n, XA_AND);
		break;
	case IR_OR:
		logic(j, i, n, XA_OR);
		break;
	case IR_XOR:
		logic(j, i, n, XA_XOR);
		break;
	case IR_ANDC:
		andc(j, i, n);
		break;
	case IR_NOT:
		x_group3_r(j->x, XG_NOT, X_64, (unsigned)jit_def_over(j, n, i->a));
		break;
	case IR_NEG:
		x_group3_r(j->x, XG_NEG, X_64, (unsigned)jit_def_over(j, n, i->a));
		break;
	case IR_SHL:
		shift(j, i, n, XS_SHL);
		break;
	case IR_SHR:
		shift(j, i, n, XS_SHR);
		break;
	case IR_SAR:
		shift(j, i, n, XS_SAR);
		break;
	case IR_ROTL:
		rotate(j, i, n, X_64);
		break;
	case IR_ROTL32:
		rotate(j, i, n, X_32);
		break;
	case IR_SEXT8:
	case IR_SEXT16:
	case IR_SEXT32:
		extend(j, i, n, (enum xsize)(i->op - IR_SEXT8), true);
		break;
	case IR_ZEXT8:
	case IR_ZEXT16:
	case IR_ZEXT32:
		extend(j, i, n, (enum xsize)(i->op - IR_ZEXT8), false);
		break;
	case IR_CLZ:
		count_zeros(j, i, n, true);
		break;
	case IR_CTZ:
		count_zeros(j, i, n, false);
		break;
	case IR_POPCNT:
		popcnt(j, i, n);
		break;
	case IR_BSWAP16:
	case IR_BSWAP32:
	case IR_BSWAP64:
		swap(j, i, n);
		break;
	case IR_CARRY:
		carry(j, i, n);
		break;
	default:
		select_compare(j, i, n);
		break;
	}
}
