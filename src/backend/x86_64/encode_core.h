/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the encoder's two files share: prefixes, ModRM and SIB bytes, VEX.
 *
 * An opcode is packed as in enum xvop, with two more bits: an operand of the instruction is a byte
 * register, so that spl, bpl, sil and dil need a REX prefix.
 */
#ifndef BACKEND_X86_64_ENCODE_CORE_H
#define BACKEND_X86_64_ENCODE_CORE_H

#include "backend/x86_64/encode.h"
#include "base/string.h"

enum {
	OP_66 = 1 << 8,
	OP_F3 = 2 << 8,
	OP_F2 = 3 << 8,
	OP_0F = 1 << 10,
	OP_38 = 2 << 10,
	OP_3A = 3 << 10,
	OP_W = XV_W,
	OP_BYTE_REG = 1 << 19,
	OP_BYTE_RM = 1 << 20,
};

/* The low bytes of v. There is room for all of them. */
static inline void x_imm(struct xcode *x, u64 v, unsigned bytes)
{
	memcpy(x->p, &v, sizeof(v));
	x->p += bytes;
}
/* op reg, rm */
void x_enc_r(struct xcode *x, u32 op, unsigned reg, unsigned rm);
/* The memory operand is followed by `after` bytes of immediates. */
void x_enc_m(struct xcode *x, u32 op, unsigned reg, const struct xmem *m, unsigned after);
void x_vex_r(struct xcode *x, u32 op, unsigned reg, unsigned v, unsigned rm);
/* bits: EVEX's third byte but for the registers' bits; W is set */
void x_evex_r(struct xcode *x, u32 op, unsigned reg, unsigned v, unsigned rm, u8 bits);
void x_vex_m(struct xcode *x, u32 op, unsigned reg, unsigned v, const struct xmem *m,
	     unsigned after);

#endif
