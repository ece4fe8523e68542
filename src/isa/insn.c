/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction table and questions about its rows (Power ISA 2.07B and 3.0B, Book I 1.6 for the
 * forms). No state, no locks.
 */
#include "isa/insn.h"

/* clang-format off */
/* Bit n of a word in the ISA's numbering, and the mask of first..last. */
#define BIT(n)           (1u << (31 - (n)))
#define BITS(first, last) ((0xffffffffu >> (first)) & (0xffffffffu << (31 - (last))))

/* Value v in the field that ends at bit last. */
#define AT(v, last)      ((u32)(v) << (31 - (last)))
#define PAT(m, bits)     .match = (m), .mask = (bits)
#define OPCD             BITS(0, 5)
#define EO               BITS(11, 15)

#define PAT_RAW(m, bits)    PAT(m, bits)
#define PAT_D(op)           PAT(AT(op, 5), OPCD)
#define PAT_DS(op, xo)      PAT(AT(op, 5) | AT(xo, 31), OPCD | BITS(30, 31))
#define PAT_DQ(op, xo)      PAT(AT(op, 5) | AT(xo, 31), OPCD | BITS(29, 31))
#define PAT_DX(op, xo)      PAT(AT(op, 5) | AT(xo, 30), OPCD | BITS(26, 30))
#define PAT_SC(op)          PAT(AT(op, 5) | BIT(30), OPCD | BIT(30))
#define PAT_SCV(op)         PAT(AT(op, 5) | BIT(31), OPCD | BITS(30, 31))
#define PAT_X(op, xo)       PAT(AT(op, 5) | AT(xo, 30), OPCD | BITS(21, 30))
#define PAT_XRC(op, xo)     PAT(AT(op, 5) | AT(xo, 30) | BIT(31), OPCD | BITS(21, 31))
#define PAT_XE(op, eo, xo)  PAT(AT(op, 5) | AT(eo, 15) | AT(xo, 30), OPCD | EO | BITS(21, 30))
#define PAT_XO(op, xo)      PAT(AT(op, 5) | AT(xo, 30), OPCD | BITS(22, 30))
#define PAT_XS(op, xo)      PAT(AT(op, 5) | AT(xo, 29), OPCD | BITS(21, 29))
#define PAT_A(op, xo)       PAT(AT(op, 5) | AT(xo, 30), OPCD | BITS(26, 30))
#define PAT_Z22(op, xo)     PAT(AT(op, 5) | AT(xo, 30), OPCD | BITS(22, 30))
#define PAT_Z23(op, xo)     PAT(AT(op, 5) | AT(xo, 30), OPCD | BITS(23, 30))
#define PAT_MD(op, xo)      PAT(AT(op, 5) | AT(xo, 29), OPCD | BITS(27, 29))
#define PAT_MDS(op, xo)     PAT(AT(op, 5) | AT(xo, 30), OPCD | BITS(27, 30))
#define PAT_VA(op, xo)      PAT(AT(op, 5) | AT(xo, 31), OPCD | BITS(26, 31))
#define PAT_VC(op, xo)      PAT(AT(op, 5) | AT(xo, 31), OPCD | BITS(22, 31))
#define PAT_VX(op, xo)      PAT(AT(op, 5) | AT(xo, 31), OPCD | BITS(21, 31))
#define PAT_VXE(op, eo, xo) PAT(AT(op, 5) | AT(eo, 15) | AT(xo, 31), OPCD | EO | BITS(21, 31))
#define PAT_BCD(op, xo)     PAT(AT(op, 5) | BIT(21) | AT(xo, 31), OPCD | BIT(21) | BITS(23, 31))
#define PAT_BCDE(op, eo, xo)                                                                       \
	PAT(AT(op, 5) | AT(eo, 15) | BIT(21) | AT(xo, 31), OPCD | EO | BIT(21) | BITS(23, 31))
#define PAT_XX2(op, xo)      PAT(AT(op, 5) | AT(xo, 29), OPCD | BITS(21, 29))
#define PAT_XX2E(op, eo, xo) PAT(AT(op, 5) | AT(eo, 15) | AT(xo, 29), OPCD | EO | BITS(21, 29))
#define PAT_XX3(op, xo)      PAT(AT(op, 5) | AT(xo, 28), OPCD | BITS(21, 28))
#define PAT_XX3R(op, xo)     PAT(AT(op, 5) | AT(xo, 28), OPCD | BITS(22, 28))
#define PAT_XX3D(op, xo)     PAT(AT(op, 5) | AT(xo, 28), OPCD | BIT(21) | BITS(24, 28))
#define PAT_XX4(op, xo)      PAT(AT(op, 5) | AT(xo, 27), OPCD | BITS(26, 27))

/* (RT, RA) -> OPND_RT, OPND_RA; OPS_PICK picks by their number. */
#define OPS_1(a)                          OPND_##a
#define OPS_2(a, b)                       OPND_##a, OPND_##b
#define OPS_3(a, b, c)                    OPND_##a, OPND_##b, OPND_##c
#define OPS_4(a, b, c, d)                 OPND_##a, OPND_##b, OPND_##c, OPND_##d
#define OPS_5(a, b, c, d, e)              OPND_##a, OPND_##b, OPND_##c, OPND_##d, OPND_##e
#define OPS_0()                           OPND_NONE
#define OPS_PICK(a, b, c, d, e, n, ...)   n
#define OPS(...)                                                                                   \
	OPS_PICK(__VA_ARGS__ __VA_OPT__(, ) OPS_5, OPS_4, OPS_3, OPS_2, OPS_1, OPS_0)(__VA_ARGS__)

const struct insn_row insn_rows[INSN_COUNT] = {
#define INSN(name_, mnemonic_, pattern_, operands_, privilege_, facility_, families_, level_, flags_)    \
	[INSN_##name_] = {                                                                         \
		.name = #name_,                                                                    \
		.mnemonic = mnemonic_,                                                             \
		PAT_##pattern_,                                                                    \
		.operand = {OPS operands_},                                                        \
		.privilege = PRIV_##privilege_,                                                    \
		.facility = FAC_##facility_,                                                       \
		.families = FAM_##families_,                                                       \
		.level = ISA_##level_,                                                             \
		.flags = flags_,                                                                   \
	},
#include "isa/insn.def"
};

#define SEG(first_, last_) {first_, last_},

const struct insn_opnd insn_opnds[OPND_COUNT] = {
#define OPND(name_, kind_, access_, scale_, segments_)                                             \
	[OPND_##name_] = {                                                                         \
		.name = #name_,                                                                    \
		.kind = OPND_KIND_##kind_,                                                         \
		.access = OPND_ACCESS_##access_,                                                   \
		.scale = scale_,                                                                   \
		.segment = {segments_},                                                            \
	},
#include "isa/opnd.def"
};
/* clang-format on */

bool insn_set_has(const struct insn_set *set, const struct insn_row *row)
{
	if (!(row->families & set->families))
		return false;
	/* The other families stopped at their own points of the ISA: membership alone tells. */
	if ((set->families & FAM_S64) && row->level > set->isa_level)
		return false;
	if ((row->flags & IF_REMOVED_3_0) && set->isa_level >= ISA_3_0)
		return false;
	return row->facility == FAC_NONE || (set->facilities >> row->facility & 1);
}

bool insn_rows_conflict(const struct insn_row *a, const struct insn_row *b)
{
	if ((a->match ^ b->match) & a->mask & b->mask)
		return false;
	if ((a->flags & IF_FALLBACK) && (a->mask & ~b->mask) == 0 && a->mask != b->mask)
		return false;
	if ((b->flags & IF_FALLBACK) && (b->mask & ~a->mask) == 0 && a->mask != b->mask)
		return false;
	return true;
}

bool insn_set_conflict(const struct insn_set *set, enum insn_id *a, enum insn_id *b)
{
	for (unsigned i = 0; i < INSN_COUNT; i++) {
		if (!insn_set_has(set, &insn_rows[i]))
			continue;
		for (unsigned j = i + 1; j < INSN_COUNT; j++) {
			if (!insn_set_has(set, &insn_rows[j]))
				continue;
			if (!insn_rows_conflict(&insn_rows[i], &insn_rows[j]))
				continue;
			*a = i;
			*b = j;
			return true;
		}
	}
	return false;
}

static bool is_memory(const struct insn_opnd *opnd)
{
	return opnd->kind == OPND_KIND_MEM || opnd->kind == OPND_KIND_MEM0;
}

/* Bits 0..0 would be an opcode bit, so they mark an unused segment. */
static bool segment_used(const struct insn_segment *s)
{
	return s->last != 0;
}

u32 insn_opnd_bits(const struct insn_opnd *opnd)
{
	u32 bits = is_memory(opnd) ? BITS(11, 15) : 0;

	for (unsigned i = 0; i < INSN_MAX_SEGMENTS; i++) {
		const struct insn_segment *s = &opnd->segment[i];

		if (segment_used(s))
			bits |= BITS(s->first, s->last);
	}
	return bits;
}

s64 insn_opnd_value(const struct insn_opnd *opnd, u64 word)
{
	u64 v = 0;
	unsigned width = 0;

	for (unsigned i = 0; i < INSN_MAX_SEGMENTS && segment_used(&opnd->segment[i]); i++) {
		const struct insn_segment *s = &opnd->segment[i];
		unsigned n = s->last - s->first + 1u;

		v = v << n | ((word >> (31 - s->last)) & ((1ull << n) - 1));
		width += n;
	}
	switch (opnd->kind) {
	case OPND_KIND_SIMM:
	case OPND_KIND_TARGET:
	case OPND_KIND_MEM:
	case OPND_KIND_MEM0:
		v = (u64)((s64)(v << (64 - width)) >> (64 - width));
		break;
	case OPND_KIND_NB:
		v = v ? v : 32;
		break;
	}
	return (s64)(v << opnd->scale);
}

/* Bits that suffix flags occupy. */
static u32 suffix_bits(u32 flags)
{
	u32 bits = 0;

	if (flags & (IF_RC | IF_RO | IF_EX | IF_LK))
		bits |= BIT(31);
	if (flags & IF_AA)
		bits |= BIT(30);
	if (flags & (IF_OE | IF_VCRC))
		bits |= BIT(21);
	return bits;
}

u32 insn_row_reserved(const struct insn_row *row)
{
	u32 used = (u32)row->mask | suffix_bits(row->flags);

	for (unsigned i = 0; i < INSN_MAX_OPERANDS && row->operand[i]; i++)
		used |= insn_opnd_bits(&insn_opnds[row->operand[i]]);
	return ~used;
}

bool insn_is_strict(const struct insn *insn)
{
	const struct insn_row *row = insn->row;

	if (insn->word & insn_row_reserved(row))
		return false;
	for (unsigned i = 0; i < INSN_MAX_OPERANDS && row->operand[i]; i++) {
		const struct insn_opnd *opnd = &insn_opnds[row->operand[i]];
		bool pair = opnd->kind == OPND_KIND_GPR2 || opnd->kind == OPND_KIND_FPR2;

		if (pair && (insn_opnd_value(opnd, insn->word) & 1))
			return false;
	}
	return true;
}
