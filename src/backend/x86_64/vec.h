/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the emitters of vector helpers share. Element 0 of the Power ISA is the host's highest: of a
 * pair of elements the even one is the host's odd one, and "first" or "high" halves are the host's
 * upper ones.
 *
 * An emitter is jit_vec_<helper>, named in vec_op.def. xmm14 is a temporary of these emitters,
 * xmm15 of the encoder (legacy forms).
 */
#ifndef BACKEND_X86_64_VEC_H
#define BACKEND_X86_64_VEC_H

#include "backend/x86_64/jit.h"

#define VEC(name, needs) jit_emit_fn jit_vec_##name;
#include "backend/x86_64/vec_op.def"
#undef VEC

#define EMIT(name) bool jit_vec_##name(struct jit *j, const struct ir_insn *i, ir_ref n)

enum { VT = 14 };

/* Pool constants: all bytes, half-words, words, doublewords the same */
static inline struct xmem vec_const(struct jit *j, u64 hi, u64 lo)
{
	struct xmem m;

	jit_const_q(j, hi, lo, &m);
	return m;
}

static inline struct xmem vec_d(struct jit *j, u64 v)
{
	return vec_const(j, v, v);
}

static inline struct xmem vec_w(struct jit *j, u32 v)
{
	return vec_d(j, v * 0x0000000100000001ull);
}

static inline struct xmem vec_h(struct jit *j, u16 v)
{
	return vec_d(j, v * 0x0001000100010001ull);
}

static inline struct xmem vec_b(struct jit *j, u8 v)
{
	return vec_d(j, v * 0x0101010101010101ull);
}

/* The value of a vector that is made of constants. */
bool vec_is_const(struct jit *j, ir_ref v, u64 *hi, u64 *lo);
/* n = a op b */
bool vec_two(struct jit *j, ir_ref n, ir_ref a, ir_ref b, enum xvop op);
/* n = ~d where d is the result's register, through VT */
void vec_invert(struct jit *j, unsigned d);
/* VSCR.SAT is set unless all bits of xmm t are 0: cold code, or (differ) unless t equals u. Uses a
 * GPR that the caller took by jit_tmp_int(), and t. */
void vec_sat_if(struct jit *j, unsigned t, int gpr);
void vec_sat_if_differ(struct jit *j, unsigned t, unsigned u, int gpr);

static inline bool vec_has(const struct jit *j, u32 features)
{
	return (j->host & features) == features;
}

#endif
