/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What memory.c and reserve.c share: address, probe of the first-level TLB, the way to the
 * callbacks. */
#ifndef BACKEND_X86_64_MEMORY_H
#define BACKEND_X86_64_MEMORY_H

#include "backend/x86_64/core.h"

/* What an access works with: registers, all of this instruction. */
struct mem_access {
	unsigned ea, t1, t2;
	bool own_ea; /* ea is a temporary */
};

/* Registers of base and index. */
struct xmem mem_address(struct jit *j, const struct ir_insn *i);
/* off: the address wanted is that much beyond m. */
struct mem_access mem_prepare(struct jit *j, const struct xmem *m, s32 off);
/* Probe for size bytes; behind it t2 + ea is the host address. */
void mem_probe(struct jit *j, const struct mem_access *s, u32 size, bool aligned, bool write,
	       struct jit_cold *c);
/* Of the current instruction, whose address stands in ea. */
struct jit_cold *mem_slow_path(struct jit *j, unsigned ea);

/* reserve.c */
bool reserve_is_inline(const struct jit *j, const struct ir_insn *i);
void reserve_op(struct jit *j, const struct ir_insn *i, ir_ref n);

#endif
