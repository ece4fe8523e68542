// SPDX-License-Identifier: GPL-2.0-or-later
/* Encoder for x86-64: integer instructions. */
#include "backend/x86_64/encode_core.h"

#include "base/assert.h"

/* The two forms of an opcode: `op` with byte operands, op + 1 with larger ones. */
static u32 sized(u32 op, enum xsize s, u32 byte_flags)
{
	static const u32 more[4] = {0, OP_66 | 1, 1, OP_W | 1};

	return (op + more[s]) | (s == X_8 ? byte_flags : 0);
}

/* An opcode without byte form. */
static u32 wide(u32 op, enum xsize s)
{
	static const u32 more[4] = {0, OP_66, 0, OP_W};

	pv_assert(s != X_8);
	return op | more[s];
}

static unsigned imm_bytes(enum xsize s)
{
	return s == X_64 ? 4 : 1 << s;
}

static bool fits8(s32 v)
{
	return v == (s8)v;
}

/* Arithmetic and logic */

void x_alu_rr(struct xcode *x, enum xalu op, enum xsize s, unsigned d, unsigned r)
{
	x_enc_r(x, sized((u32)op << 3, s, OP_BYTE_REG | OP_BYTE_RM), r, d);
}

void x_alu_rm(struct xcode *x, enum xalu op, enum xsize s, unsigned d, struct xmem m)
{
	x_enc_m(x, sized((u32)op << 3 | 2, s, OP_BYTE_REG), d, &m, 0);
}

void x_alu_mr(struct xcode *x, enum xalu op, enum xsize s, struct xmem m, unsigned r)
{
	x_enc_m(x, sized((u32)op << 3, s, OP_BYTE_REG), r, &m, 0);
}

/* An opcode with an immediate of the accumulator, which has no ModRM byte. */
static void accumulator(struct xcode *x, u32 op, enum xsize s, s32 imm)
{
	x_room(x);
	if (s == X_16)
		*x->p++ = 0x66;
	if (s == X_64)
		*x->p++ = 0x48;
	*x->p++ = (u8)(op + (s != X_8));
	x_imm(x, (u32)imm, imm_bytes(s));
}

void x_alu_ri(struct xcode *x, enum xalu op, enum xsize s, unsigned d, s32 imm)
{
	/* result and flags are the same, the prefix is saved */
	if (op == XA_AND && s == X_64 && imm >= 0)
		s = X_32;
	if (s != X_8 && fits8(imm)) {
		x_enc_r(x, wide(0x83, s), op, d);
		x_imm(x, (u32)imm, 1);
	} else if (d == X_RAX) {
		accumulator(x, (u32)op << 3 | 4, s, imm);
	} else {
		x_enc_r(x, sized(0x80, s, OP_BYTE_RM), op, d);
		x_imm(x, (u32)imm, imm_bytes(s));
	}
}

void x_alu_mi(struct xcode *x, enum xalu op, enum xsize s, struct xmem m, s32 imm)
{
	unsigned n = s == X_8 || fits8(imm) ? 1 : imm_bytes(s);

	x_enc_m(x, s != X_8 && n == 1 ? wide(0x83, s) : sized(0x80, s, 0), op, &m, n);
	x_imm(x, (u32)imm, n);
}

void x_test_rr(struct xcode *x, enum xsize s, unsigned a, unsigned b)
{
	x_enc_r(x, sized(0x84, s, OP_BYTE_REG | OP_BYTE_RM), b, a);
}

void x_test_ri(struct xcode *x, enum xsize s, unsigned a, s32 imm)
{
	/* the sign of the result is 0 in any of these sizes */
	if (imm >= 0)
		s = imm < 0x80 ? X_8 : s == X_64 ? X_32 : s;
	if (a == X_RAX) {
		accumulator(x, 0xa8, s, imm);
	} else {
		x_enc_r(x, sized(0xf6, s, OP_BYTE_RM), 0, a);
		x_imm(x, (u32)imm, imm_bytes(s));
	}
}

void x_test_mr(struct xcode *x, enum xsize s, struct xmem m, unsigned r)
{
	x_enc_m(x, sized(0x84, s, OP_BYTE_REG), r, &m, 0);
}

void x_test_mi(struct xcode *x, enum xsize s, struct xmem m, s32 imm)
{
	x_enc_m(x, sized(0xf6, s, 0), 0, &m, imm_bytes(s));
	x_imm(x, (u32)imm, imm_bytes(s));
}

/* Moves */

void x_mov_rr(struct xcode *x, enum xsize s, unsigned d, unsigned r)
{
	x_enc_r(x, wide(0x89, s), r, d);
}

void x_mov_ri(struct xcode *x, unsigned d, u64 imm)
{
	bool small = imm <= UINT32_MAX;

	if (!small && (s64)imm == (s32)imm) {
		x_enc_r(x, OP_W | 0xc7, 0, d);
		x_imm(x, imm, 4);
		return;
	}
	x_room(x);
	if (!small || d & 8)
		*x->p++ = (u8)(0x40 | (small ? 0 : 8) | d >> 3);
	*x->p++ = (u8)(0xb8 | (d & 7));
	x_imm(x, imm, small ? 4 : 8);
}

void x_zero(struct xcode *x, unsigned d)
{
	x_enc_r(x, 0x31, d, d);
}

void x_mov_rm(struct xcode *x, enum xsize s, unsigned d, struct xmem m)
{
	x_enc_m(x, wide(0x8b, s), d, &m, 0);
}

void x_mov_mr(struct xcode *x, enum xsize s, struct xmem m, unsigned r)
{
	x_enc_m(x, sized(0x88, s, OP_BYTE_REG), r, &m, 0);
}

void x_mov_mi(struct xcode *x, enum xsize s, struct xmem m, s32 imm)
{
	x_enc_m(x, sized(0xc6, s, 0), 0, &m, imm_bytes(s));
	x_imm(x, (u32)imm, imm_bytes(s));
}

static u32 extend_op(enum xsize from, bool sign, enum xsize to)
{
	u32 w = to == X_64 ? OP_W : 0;

	if (from == X_32)
		return sign && w ? OP_W | 0x63 : 0x8b;
	return OP_0F | w | (sign ? 0xbe : 0xb6) | (from == X_16) | (from == X_8 ? OP_BYTE_RM : 0);
}

void x_movzx_rr(struct xcode *x, enum xsize from, unsigned d, unsigned r)
{
	if (from == X_32)
		x_mov_rr(x, X_32, d, r);
	else
		x_enc_r(x, extend_op(from, false, X_32), d, r);
}

void x_movzx_rm(struct xcode *x, enum xsize from, unsigned d, struct xmem m)
{
	x_enc_m(x, extend_op(from, false, X_32), d, &m, 0);
}

void x_movsx_rr(struct xcode *x, enum xsize from, enum xsize to, unsigned d, unsigned r)
{
	if (from == to)
		x_mov_rr(x, to, d, r);
	else
		x_enc_r(x, extend_op(from, true, to), d, r);
}

void x_movsx_rm(struct xcode *x, enum xsize from, enum xsize to, unsigned d, struct xmem m)
{
	x_enc_m(x, extend_op(from, true, to), d, &m, 0);
}

void x_movbe_rm(struct xcode *x, enum xsize s, unsigned d, struct xmem m)
{
	x_enc_m(x, wide(OP_38 | 0xf0, s), d, &m, 0);
}

void x_movbe_mr(struct xcode *x, enum xsize s, struct xmem m, unsigned r)
{
	x_enc_m(x, wide(OP_38 | 0xf1, s), r, &m, 0);
}

void x_bswap(struct xcode *x, enum xsize s, unsigned d)
{
	x_room(x);
	if (s == X_64 || d & 8)
		*x->p++ = (u8)(0x40 | (s == X_64 ? 8 : 0) | d >> 3);
	*x->p++ = 0x0f;
	*x->p++ = (u8)(0xc8 | (d & 7));
}

void x_lea(struct xcode *x, enum xsize s, unsigned d, struct xmem m)
{
	x_enc_m(x, wide(0x8d, s), d, &m, 0);
}

/* Shifts */

void x_shift_ri(struct xcode *x, enum xshift op, enum xsize s, unsigned d, unsigned n)
{
	x_enc_r(x, sized(n == 1 ? 0xd0 : 0xc0, s, OP_BYTE_RM), op, d);
	if (n != 1)
		x_imm(x, n, 1);
}

void x_shift_mi(struct xcode *x, enum xshift op, enum xsize s, struct xmem m, unsigned n)
{
	x_enc_m(x, sized(n == 1 ? 0xd0 : 0xc0, s, 0), op, &m, n != 1);
	if (n != 1)
		x_imm(x, n, 1);
}

void x_shift_rcl(struct xcode *x, enum xshift op, enum xsize s, unsigned d)
{
	x_enc_r(x, sized(0xd2, s, OP_BYTE_RM), op, d);
}

void x_shld_rri(struct xcode *x, enum xsize s, unsigned d, unsigned r, unsigned n)
{
	x_enc_r(x, wide(OP_0F | 0xa4, s), r, d);
	x_imm(x, n, 1);
}

void x_shrd_rri(struct xcode *x, enum xsize s, unsigned d, unsigned r, unsigned n)
{
	x_enc_r(x, wide(OP_0F | 0xac, s), r, d);
	x_imm(x, n, 1);
}

/* BMI: VEX.W is the size */
static u32 bmi(u32 op, enum xsize s)
{
	return op | (s == X_64 ? OP_W : 0);
}

void x_shx_rrr(struct xcode *x, enum xshx op, enum xsize s, unsigned d, unsigned r, unsigned count)
{
	x_vex_r(x, bmi(OP_38 | (u32)op << 8 | 0xf7, s), d, count, r);
}

void x_shx_rmr(struct xcode *x, enum xshx op, enum xsize s, unsigned d, struct xmem m,
	       unsigned count)
{
	x_vex_m(x, bmi(OP_38 | (u32)op << 8 | 0xf7, s), d, count, &m, 0);
}

void x_rorx_rri(struct xcode *x, enum xsize s, unsigned d, unsigned r, unsigned n)
{
	x_vex_r(x, bmi(OP_3A | OP_F2 | 0xf0, s), d, 0, r);
	x_imm(x, n, 1);
}

void x_andn_rrr(struct xcode *x, enum xsize s, unsigned d, unsigned not_a, unsigned b)
{
	x_vex_r(x, bmi(OP_38 | 0xf2, s), d, not_a, b);
}

void x_mulx_rrr(struct xcode *x, enum xsize s, unsigned hi, unsigned lo, unsigned r)
{
	x_vex_r(x, bmi(OP_38 | OP_F2 | 0xf6, s), hi, lo, r);
}

void x_pdep_rrr(struct xcode *x, enum xsize s, unsigned d, unsigned r, unsigned mask)
{
	x_vex_r(x, bmi(OP_38 | OP_F2 | 0xf5, s), d, r, mask);
}

void x_pext_rrr(struct xcode *x, enum xsize s, unsigned d, unsigned r, unsigned mask)
{
	x_vex_r(x, bmi(OP_38 | OP_F3 | 0xf5, s), d, r, mask);
}

void x_bls_rr(struct xcode *x, enum xbls op, enum xsize s, unsigned d, unsigned r)
{
	x_vex_r(x, bmi(OP_38 | 0xf3, s), op, d, r);
}

/* Counting bits, multiplication and division */

static const u32 count_op[] = {
	[XN_POPCNT] = OP_F3 | OP_0F | 0xb8,
	[XN_LZCNT] = OP_F3 | OP_0F | 0xbd,
	[XN_TZCNT] = OP_F3 | OP_0F | 0xbc,
	[XN_BSF] = OP_0F | 0xbc,
	[XN_BSR] = OP_0F | 0xbd,
};

void x_count_rr(struct xcode *x, enum xcount op, enum xsize s, unsigned d, unsigned r)
{
	x_enc_r(x, bmi(count_op[op], s), d, r);
}

void x_count_rm(struct xcode *x, enum xcount op, enum xsize s, unsigned d, struct xmem m)
{
	x_enc_m(x, bmi(count_op[op], s), d, &m, 0);
}

void x_group3_r(struct xcode *x, enum xgroup3 op, enum xsize s, unsigned r)
{
	x_enc_r(x, sized(0xf6, s, OP_BYTE_RM), op, r);
}

void x_group3_m(struct xcode *x, enum xgroup3 op, enum xsize s, struct xmem m)
{
	x_enc_m(x, sized(0xf6, s, 0), op, &m, 0);
}

void x_imul_rr(struct xcode *x, enum xsize s, unsigned d, unsigned r)
{
	x_enc_r(x, wide(OP_0F | 0xaf, s), d, r);
}

void x_imul_rm(struct xcode *x, enum xsize s, unsigned d, struct xmem m)
{
	x_enc_m(x, wide(OP_0F | 0xaf, s), d, &m, 0);
}

void x_imul_rri(struct xcode *x, enum xsize s, unsigned d, unsigned r, s32 imm)
{
	x_enc_r(x, wide(fits8(imm) ? 0x6b : 0x69, s), d, r);
	x_imm(x, (u32)imm, fits8(imm) ? 1 : imm_bytes(s));
}

/* Conditions and bits */

void x_setcc(struct xcode *x, enum xcc cc, unsigned d)
{
	x_enc_r(x, OP_0F | OP_BYTE_RM | 0x90 | cc, 0, d);
}

void x_setcc_m(struct xcode *x, enum xcc cc, struct xmem m)
{
	x_enc_m(x, OP_0F | 0x90 | cc, 0, &m, 0);
}

void x_cmov_rr(struct xcode *x, enum xcc cc, enum xsize s, unsigned d, unsigned r)
{
	x_enc_r(x, wide(OP_0F | 0x40 | cc, s), d, r);
}

void x_cmov_rm(struct xcode *x, enum xcc cc, enum xsize s, unsigned d, struct xmem m)
{
	x_enc_m(x, wide(OP_0F | 0x40 | cc, s), d, &m, 0);
}

void x_bt_rr(struct xcode *x, enum xbt op, enum xsize s, unsigned a, unsigned bit)
{
	x_enc_r(x, wide(OP_0F | 0xa3 | (u32)op << 3, s), bit, a);
}

void x_bt_ri(struct xcode *x, enum xbt op, enum xsize s, unsigned a, unsigned bit)
{
	x_enc_r(x, wide(OP_0F | 0xba, s), 4 + op, a);
	x_imm(x, bit, 1);
}

void x_bt_mi(struct xcode *x, enum xbt op, enum xsize s, struct xmem m, unsigned bit)
{
	x_enc_m(x, wide(OP_0F | 0xba, s), 4 + op, &m, 1);
	x_imm(x, bit, 1);
}

/* Exchanges */

void x_xchg_rr(struct xcode *x, enum xsize s, unsigned a, unsigned b)
{
	x_enc_r(x, sized(0x86, s, OP_BYTE_REG | OP_BYTE_RM), b, a);
}

void x_xchg_mr(struct xcode *x, enum xsize s, struct xmem m, unsigned r)
{
	x_enc_m(x, sized(0x86, s, OP_BYTE_REG), r, &m, 0);
}

static void lock(struct xcode *x)
{
	x_room(x);
	*x->p++ = 0xf0;
}

void x_lock_cmpxchg(struct xcode *x, enum xsize s, struct xmem m, unsigned r)
{
	lock(x);
	x_enc_m(x, sized(OP_0F | 0xb0, s, OP_BYTE_REG), r, &m, 0);
}

void x_lock_cmpxchg8b(struct xcode *x, struct xmem m)
{
	lock(x);
	x_enc_m(x, OP_0F | 0xc7, 1, &m, 0);
}

void x_lock_cmpxchg16b(struct xcode *x, struct xmem m)
{
	lock(x);
	x_enc_m(x, OP_0F | OP_W | 0xc7, 1, &m, 0);
}

void x_lock_xadd(struct xcode *x, enum xsize s, struct xmem m, unsigned r)
{
	lock(x);
	x_enc_m(x, sized(OP_0F | 0xc0, s, OP_BYTE_REG), r, &m, 0);
}

void x_lock_alu_mr(struct xcode *x, enum xalu op, enum xsize s, struct xmem m, unsigned r)
{
	lock(x);
	x_alu_mr(x, op, s, m, r);
}

void x_lock_alu_mi(struct xcode *x, enum xalu op, enum xsize s, struct xmem m, s32 imm)
{
	lock(x);
	x_alu_mi(x, op, s, m, imm);
}

/* Stack and control registers */

static void stack(struct xcode *x, u8 op, unsigned r)
{
	x_room(x);
	if (r & 8)
		*x->p++ = 0x41;
	*x->p++ = (u8)(op | (r & 7));
}

void x_push_r(struct xcode *x, unsigned r)
{
	stack(x, 0x50, r);
}

void x_pop_r(struct xcode *x, unsigned r)
{
	stack(x, 0x58, r);
}

void x_push_i(struct xcode *x, s32 imm)
{
	x_room(x);
	*x->p++ = fits8(imm) ? 0x6a : 0x68;
	x_imm(x, (u32)imm, fits8(imm) ? 1 : 4);
}

void x_push_m(struct xcode *x, struct xmem m)
{
	x_enc_m(x, 0xff, 6, &m, 0);
}

void x_pop_m(struct xcode *x, struct xmem m)
{
	x_enc_m(x, 0x8f, 0, &m, 0);
}

static void mxcsr(struct xcode *x, unsigned digit, const struct xmem *m)
{
	if (x->vex)
		x_vex_m(x, OP_0F | 0xae, digit, 0, m, 0);
	else
		x_enc_m(x, OP_0F | 0xae, digit, m, 0);
}

void x_stmxcsr(struct xcode *x, struct xmem m)
{
	mxcsr(x, 3, &m);
}

void x_ldmxcsr(struct xcode *x, struct xmem m)
{
	mxcsr(x, 2, &m);
}

void x_prefetch(struct xcode *x, struct xmem m)
{
	x_enc_m(x, OP_0F | 0x18, 1, &m, 0);
}
