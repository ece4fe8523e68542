// SPDX-License-Identifier: GPL-2.0-or-later
/* Bits of values that are known to be 0. */
#include "base/bits.h"
#include "ir/forward.h"

/* All bits up to the highest one of v. */
static u64 smear(u64 v)
{
	return v ? ~0ull >> __builtin_clzll(v) : 0;
}

static u64 slot_maybe(const struct forward *f, u64 slot)
{
	u32 k;

	for (k = 0; k < f->env->nr_narrow; k++) {
		const struct ir_narrow_slots *n = &f->env->narrow[k];

		if (slot >= n->slot && slot < n->slot + n->len)
			return n->mask;
	}
	return ~0ull;
}

static u64 shifted_maybe(const struct ir_insn *i, u64 a, u64 n)
{
	u64 v = ~0ull;

	switch (i->op) {
	case IR_ROTL:
		return bits_rotl64(a, (unsigned)n & 63);
	case IR_ROTL32:
		return bits_rotl32((u32)a, (unsigned)n & 31);
	case IR_SAR:
		if (a >> 63)
			return ~0ull;
		/* fall through */
	default:
		ir_eval((enum ir_opcode)i->op, a, n, 0, &v);
		return v;
	}
}

u64 simplify_maybe(const struct forward *f, const struct ir_insn *i)
{
	u64 a = f->maybe[i->a], b = f->maybe[i->b], n, m;

	switch (i->op) {
	case IR_CONST:
		return i->imm;
	case IR_GET:
		return i->type == IR_I ? slot_maybe(f, i->imm) : ~0ull;
	case IR_AND:
		return a & b;
	case IR_OR:
	case IR_XOR:
		return a | b;
	case IR_ANDC:
		return ir_is_const(f->r, i->b, &n) ? a & ~n : a;
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROTL:
	case IR_ROTL32:
		if (ir_is_const(f->r, i->b, &n))
			return shifted_maybe(i, a, n);
		if (i->op == IR_SHR)
			return smear(a);
		return i->op == IR_ROTL32 ? 0xffffffff : ~0ull;
	case IR_ADD:
		m = smear(a | b);
		return m << 1 | m;
	case IR_DIVU:
		return smear(a);
	case IR_MODU:
		return smear(a) & (b ? smear(b) : 0);
	case IR_ZEXT8:
	case IR_ZEXT16:
	case IR_ZEXT32:
		return a & simplify_width(i->op);
	case IR_SEXT8:
	case IR_SEXT16:
	case IR_SEXT32:
		m = simplify_width(i->op);
		return a & (m ^ m >> 1) ? ~0ull : a & m;
	case IR_CLZ:
	case IR_CTZ:
	case IR_POPCNT:
		return 127;
	case IR_BSWAP16:
		return 0xffff;
	case IR_BSWAP32:
		return 0xffffffff;
	case IR_CMPS:
	case IR_CMPU:
		return 14;
	case IR_SELECT:
		return b | f->maybe[i->c];
	case IR_EQ:
	case IR_NE:
	case IR_LTS:
	case IR_LTU:
	case IR_LES:
	case IR_LEU:
	case IR_CARRY:
	case IR_STCX:
		return 1;
	case IR_LD:
	case IR_LARX:
		if (i->type != IR_I || (i->sub & IR_MEM_SIGN) || (i->sub & IR_MEM_SIZE) > 2)
			return ~0ull;
		return (1ull << (8 << (i->sub & IR_MEM_SIZE))) - 1;
	default:
		return ~0ull;
	}
}

bool simplify_is_sext32(const struct forward *f, ir_ref v)
{
	const struct ir_insn *i = &f->r->insn[v];

	if (f->maybe[v] <= 0x7fffffff)
		return true;
	switch (i->op) {
	case IR_CONST:
		return (u64)(s64)(s32)i->imm == i->imm;
	case IR_SEXT8:
	case IR_SEXT16:
	case IR_SEXT32:
		return true;
	case IR_LD:
		return i->type == IR_I && (i->sub & IR_MEM_SIGN) && (i->sub & IR_MEM_SIZE) <= 2;
	default:
		return false;
	}
}
