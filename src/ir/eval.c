// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts about ops, and the meaning of the pure integer ones on constants: op.def in C. */
#include "base/bits.h"
#include "base/endian.h"
#include "ir/ir.h"

enum { S = 1, M = 2, E = 4, T = 8, C = 16 };

const struct ir_op_info ir_op_info[IR_OP_COUNT] = {
#define IR_OP(NAME, text, r, a1, a2, a3, a4, fl)                                                   \
	[IR_##NAME] = {                                                                            \
		.name = text,                                                                      \
		.result = #r[0],                                                                   \
		.arg = {#a1[0], #a2[0], #a3[0], #a4[0]},                                           \
		.side_effect = (fl)&S,                                                             \
		.memory = (fl)&M,                                                                  \
		.exits = (fl)&E,                                                                   \
		.terminator = (fl)&T,                                                              \
		.commutative = (fl)&C,                                                             \
	},
#include "ir/op.def"
#undef IR_OP
};

static u64 shift(enum ir_opcode op, u64 a, u64 b)
{
	b &= 127;
	switch (op) {
	case IR_SHL:
		return b > 63 ? 0 : a << b;
	case IR_SHR:
		return b > 63 ? 0 : a >> b;
	default:
		return (u64)((s64)a >> (b > 63 ? 63 : b));
	}
}

static u64 divide(enum ir_opcode op, u64 a, u64 b)
{
	bool overflow = a == 1ull << 63 && b == ~0ull;

	if (!b)
		b = 1;
	switch (op) {
	case IR_DIVS:
		return overflow ? a : (u64)((s64)a / (s64)b);
	case IR_DIVU:
		return a / b;
	case IR_MODS:
		return overflow ? 0 : (u64)((s64)a % (s64)b);
	default:
		return a % b;
	}
}

static bool eval_binary(enum ir_opcode op, u64 a, u64 b, u64 *result)
{
	u64 v;

	switch (op) {
	case IR_ADD:
		v = a + b;
		break;
	case IR_SUB:
		v = a - b;
		break;
	case IR_MUL:
		v = a * b;
		break;
	case IR_MULHS:
		v = (u64)(((s128)(s64)a * (s64)b) >> 64);
		break;
	case IR_MULHU:
		v = (u64)(((u128)a * b) >> 64);
		break;
	case IR_DIVS:
	case IR_DIVU:
	case IR_MODS:
	case IR_MODU:
		v = divide(op, a, b);
		break;
	case IR_AND:
		v = a & b;
		break;
	case IR_OR:
		v = a | b;
		break;
	case IR_XOR:
		v = a ^ b;
		break;
	case IR_ANDC:
		v = a & ~b;
		break;
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
		v = shift(op, a, b);
		break;
	case IR_ROTL:
		v = bits_rotl64(a, (unsigned)b);
		break;
	case IR_ROTL32:
		v = bits_rotl32((u32)a, (unsigned)b);
		break;
	case IR_EQ:
		v = a == b;
		break;
	case IR_NE:
		v = a != b;
		break;
	case IR_LTS:
		v = (s64)a < (s64)b;
		break;
	case IR_LTU:
		v = a < b;
		break;
	case IR_LES:
		v = (s64)a <= (s64)b;
		break;
	case IR_LEU:
		v = a <= b;
		break;
	case IR_CMPS:
		v = (s64)a < (s64)b ? 8 : (s64)a > (s64)b ? 4 : 2;
		break;
	case IR_CMPU:
		v = a < b ? 8 : a > b ? 4 : 2;
		break;
	default:
		return false;
	}
	*result = v;
	return true;
}

static bool eval_unary(enum ir_opcode op, u64 a, u64 *result)
{
	u64 v;

	switch (op) {
	case IR_NOT:
		v = ~a;
		break;
	case IR_NEG:
		v = -a;
		break;
	case IR_SEXT8:
		v = (u64)(s64)(s8)a;
		break;
	case IR_SEXT16:
		v = (u64)(s64)(s16)a;
		break;
	case IR_SEXT32:
		v = (u64)(s64)(s32)a;
		break;
	case IR_ZEXT8:
		v = (u8)a;
		break;
	case IR_ZEXT16:
		v = (u16)a;
		break;
	case IR_ZEXT32:
		v = (u32)a;
		break;
	case IR_CLZ:
		v = a ? (u64)__builtin_clzll(a) : 64;
		break;
	case IR_CTZ:
		v = a ? (u64)__builtin_ctzll(a) : 64;
		break;
	case IR_POPCNT:
		v = 0;
		for (; a; a &= a - 1)
			v++;
		break;
	case IR_BSWAP16:
		v = bswap16((u16)a);
		break;
	case IR_BSWAP32:
		v = bswap32((u32)a);
		break;
	case IR_BSWAP64:
		v = bswap64(a);
		break;
	default:
		return false;
	}
	*result = v;
	return true;
}

bool ir_eval(enum ir_opcode op, u64 a, u64 b, u64 c, u64 *result)
{
	u64 sum;

	if (op == IR_SELECT) {
		*result = a ? b : c;
		return true;
	}
	if (op == IR_CARRY) {
		sum = a + b;
		*result = sum < a || sum + c < sum;
		return true;
	}
	return eval_binary(op, a, b, result) || eval_unary(op, a, result);
}
