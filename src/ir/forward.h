/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by forward.c, which walks a region and writes it anew, and simplify*.c, which know what
 * a pure op may be replaced by. */
#ifndef IR_FORWARD_H
#define IR_FORWARD_H

#include "ir/ir.h"

enum { FORWARD_TRACKED = 1024, FORWARD_HASH = 256 }; /* 8-byte slots below 8 KiB; buckets */

struct forward {
	struct ir_region *r; /* being written */
	const struct ir_env *env;
	u32 passes;
	u32 block_start;
	struct ir_insn old[IR_MAX_INSNS];
	ir_ref alias[IR_MAX_INSNS];   /* old value → new one */
	u64 maybe[IR_MAX_INSNS];      /* bits that may be 1 in a new value */
	ir_ref slot[FORWARD_TRACKED]; /* value that a cell, or a vector from there on, holds */
	ir_ref hash[FORWARD_HASH];
};

/* Append an instruction; the value when there is one. */
ir_ref forward_emit(struct forward *f, const struct ir_insn *i);
/* The value of a pure op, simplified; an equal one of this block is used again. */
ir_ref forward_op(struct forward *f, enum ir_opcode op, ir_ref a, ir_ref b, ir_ref c);
ir_ref forward_const(struct forward *f, u64 v);
/* The value of a pure instruction as it stands */
ir_ref forward_number(struct forward *f, const struct ir_insn *i);

/* simplify.c: the value that op(a, b, c) is, if it is simpler than that; else 0. */
ir_ref simplify_op(struct forward *f, enum ir_opcode op, ir_ref a, ir_ref b, ir_ref c);
/* simplify_vec.c, the same: of QHH to QLL, QMAKE, and QLO or QHI */
ir_ref simplify_dwords(struct forward *f, enum ir_opcode op, ir_ref a, ir_ref b);
ir_ref simplify_make(struct forward *f, ir_ref a, ir_ref b);
ir_ref simplify_dword(struct forward *f, ir_ref a, bool low);
/* Something that is 0 exactly when cond is. */
ir_ref simplify_condition(struct forward *f, ir_ref cond);
/* The bits that a SEXT or ZEXT looks at; 0: op is neither. */
static inline u64 simplify_width(u8 op)
{
	switch (op) {
	case IR_ZEXT8:
	case IR_SEXT8:
		return 0xff;
	case IR_ZEXT16:
	case IR_SEXT16:
		return 0xffff;
	case IR_ZEXT32:
	case IR_SEXT32:
		return 0xffffffff;
	default:
		return 0;
	}
}

/* simplify_bits.c: bits that may be 1 in the value of i, whose operands are known. */
u64 simplify_maybe(const struct forward *f, const struct ir_insn *i);
/* v is the sign extension of its low word. */
bool simplify_is_sext32(const struct forward *f, ir_ref v);

#endif
