// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Encoder for x86-64: prefixes and operands, labels and relocations, control flow.
 * Room is checked once an instruction.
 */
#include "backend/x86_64/encode_core.h"

#include "base/assert.h"
#include "base/string.h"

void x_init(struct xcode *x, void *buffer, size_t size)
{
	pv_assert(size >= 2 * X_ROOM);
	x->start = x->p = buffer;
	x->end = x->start + size;
	x->overflow = false;
	x->nr_labels = x->nr_fixes = x->nr_relocs = 0;
}

static void add_fix(struct xcode *x, u32 at, u32 label, s32 add, bool wide)
{
	if (x->nr_fixes == x->max_fixes) {
		x->overflow = true;
		return;
	}
	x->fixes[x->nr_fixes++] = (struct xfix){at, label, add, wide};
}

static void add_reloc(struct xcode *x, u32 at, u32 after, u64 target)
{
	if (x->nr_relocs == x->max_relocs) {
		x->overflow = true;
		return;
	}
	x->relocs[x->nr_relocs++] = (struct xreloc){at, after, target};
}

/* Prefixes and opcode; bit 3 of the registers goes to REX. */
static void opcode(struct xcode *x, u32 op, unsigned reg, unsigned index, unsigned base, bool rex)
{
	static const u8 prefix[4] = {0, 0x66, 0xf3, 0xf2};
	unsigned pp = op >> 8 & 3, map = op >> 10 & 3;
	u8 byte = 0x40 | (op & OP_W ? 8 : 0) | (reg & 8) >> 1 | (index & 8) >> 2 | (base & 8) >> 3;

	x_room(x);
	if (pp)
		*x->p++ = prefix[pp];
	if (byte != 0x40 || rex)
		*x->p++ = byte;
	if (map) {
		*x->p++ = 0x0f;
		if (map > 1)
			*x->p++ = map == 2 ? 0x38 : 0x3a;
	}
	*x->p++ = (u8)op;
}

static void mod_rm(struct xcode *x, unsigned mod, unsigned reg, unsigned rm)
{
	*x->p++ = (u8)(mod << 6 | (reg & 7) << 3 | (rm & 7));
}

static void mod_mem(struct xcode *x, unsigned reg, const struct xmem *m, unsigned after)
{
	unsigned mod;

	if (m->base >= X_RIP) {
		mod_rm(x, 0, reg, 5);
		if (m->base == X_RIP)
			add_fix(x, x_here(x), m->label, m->disp - (s32)after, true);
		else
			add_reloc(x, x_here(x), after, m->target);
		x_imm(x, 0, 4);
		return;
	}
	if (m->base == X_NONE) {
		mod_rm(x, 0, reg, 4);
		mod_rm(x, m->index == X_NONE ? 0 : m->scale, m->index == X_NONE ? X_RSP : m->index,
		       5);
		x_imm(x, (u32)m->disp, 4);
		return;
	}
	if (!m->disp && (m->base & 7) != X_RBP)
		mod = 0;
	else
		mod = m->disp == (s8)m->disp ? 1 : 2;
	if (m->index == X_NONE && (m->base & 7) != X_RSP) {
		mod_rm(x, mod, reg, m->base);
	} else {
		mod_rm(x, mod, reg, 4);
		mod_rm(x, m->index == X_NONE ? 0 : m->scale, m->index == X_NONE ? X_RSP : m->index,
		       m->base);
	}
	if (mod)
		x_imm(x, (u32)m->disp, mod == 1 ? 1 : 4);
}

/* The register numbers that prefixes extend. */
static unsigned ext_base(const struct xmem *m)
{
	return m->base >= X_NONE ? 0 : m->base;
}

static unsigned ext_index(const struct xmem *m)
{
	return m->index >= X_NONE ? 0 : m->index;
}

void x_enc_r(struct xcode *x, u32 op, unsigned reg, unsigned rm)
{
	opcode(x, op, reg, 0, rm,
	       ((op & OP_BYTE_REG) && reg >= X_RSP) || ((op & OP_BYTE_RM) && rm >= X_RSP));
	mod_rm(x, 3, reg, rm);
}

void x_enc_m(struct xcode *x, u32 op, unsigned reg, const struct xmem *m, unsigned after)
{
	opcode(x, op, reg, ext_index(m), ext_base(m), (op & OP_BYTE_REG) && reg >= X_RSP);
	mod_mem(x, reg, m, after);
}

static void vex(struct xcode *x, u32 op, unsigned reg, unsigned v, unsigned index, unsigned base)
{
	unsigned map = op >> 10 & 3;
	u8 last = (u8)((~v & 15) << 3 | (op >> 8 & 3));

	x_room(x);
	if (map == 1 && !(op & OP_W) && !(index & 8) && !(base & 8)) {
		*x->p++ = 0xc5;
		*x->p++ = last | (reg & 8 ? 0 : 0x80);
	} else {
		*x->p++ = 0xc4;
		*x->p++ = (u8)((reg & 8 ? 0 : 0x80) | (index & 8 ? 0 : 0x40) |
			       (base & 8 ? 0 : 0x20) | map);
		*x->p++ = last | (op & OP_W ? 0x80 : 0);
	}
	*x->p++ = (u8)op;
}

void x_vex_r(struct xcode *x, u32 op, unsigned reg, unsigned v, unsigned rm)
{
	vex(x, op, reg, v, 0, rm);
	mod_rm(x, 3, reg, rm);
}

void x_evex_r(struct xcode *x, u32 op, unsigned reg, unsigned v, unsigned rm, u8 bits)
{
	x_room(x);
	*x->p++ = 0x62;
	*x->p++ = (u8)((reg & 8 ? 0 : 0x80) | 0x40 | (rm & 8 ? 0 : 0x20) | 0x10 | (op >> 10 & 3));
	*x->p++ = (u8)(0x84 | (~v & 15) << 3 | (op >> 8 & 3));
	*x->p++ = bits | 0x08;
	*x->p++ = (u8)op;
	mod_rm(x, 3, reg, rm);
}

void x_vex_m(struct xcode *x, u32 op, unsigned reg, unsigned v, const struct xmem *m,
	     unsigned after)
{
	vex(x, op, reg, v, ext_index(m), ext_base(m));
	mod_mem(x, reg, m, after);
}

/* Labels */

u32 x_label(struct xcode *x)
{
	if (x->nr_labels == x->max_labels) {
		x->overflow = true;
		return 0;
	}
	x->label_at[x->nr_labels] = X_UNBOUND;
	return x->nr_labels++;
}

void x_bind(struct xcode *x, u32 label)
{
	x->label_at[label] = x_here(x);
}

bool x_finish(struct xcode *x)
{
	if (x->overflow)
		return false;
	for (u32 i = 0; i < x->nr_fixes; i++) {
		const struct xfix *f = &x->fixes[i];
		u32 to = x->label_at[f->label];
		s32 rel = (s32)(to + (u32)f->add - (f->at + (f->wide ? 4 : 1)));

		if (to == X_UNBOUND)
			return false;
		if (f->wide) {
			memcpy(x->start + f->at, &rel, 4);
		} else {
			if (rel != (s8)rel)
				return false;
			x->start[f->at] = (u8)rel;
		}
	}
	return true;
}

/* A relative jump; short_op 0: there is no short form. */
static void jump(struct xcode *x, u8 short_op, u32 long_op, u32 label)
{
	u32 to = x->label_at[label];

	x_room(x);
	if (short_op && to != X_UNBOUND && (s32)(to - x_here(x) - 2) >= -128) {
		*x->p++ = short_op;
		*x->p++ = (u8)(to - x_here(x) - 1);
		return;
	}
	if (long_op & OP_0F)
		*x->p++ = 0x0f;
	*x->p++ = (u8)long_op;
	add_fix(x, x_here(x), label, 0, true);
	x_imm(x, 0, 4);
}

void x_jmp(struct xcode *x, u32 label)
{
	jump(x, 0xeb, 0xe9, label);
}

void x_jcc(struct xcode *x, enum xcc cc, u32 label)
{
	jump(x, 0x70 | cc, OP_0F | 0x80 | cc, label);
}

void x_call(struct xcode *x, u32 label)
{
	jump(x, 0, 0xe8, label);
}

static void jump_short(struct xcode *x, u8 op, u32 label)
{
	x_room(x);
	*x->p++ = op;
	add_fix(x, x_here(x), label, 0, false);
	x_imm(x, 0, 1);
}

void x_jmp_short(struct xcode *x, u32 label)
{
	jump_short(x, 0xeb, label);
}

void x_jcc_short(struct xcode *x, enum xcc cc, u32 label)
{
	jump_short(x, 0x70 | cc, label);
}

static void jump_to(struct xcode *x, u32 op, u64 target)
{
	x_room(x);
	if (op & OP_0F)
		*x->p++ = 0x0f;
	*x->p++ = (u8)op;
	add_reloc(x, x_here(x), 0, target);
	x_imm(x, 0, 4);
}

void x_jmp_to(struct xcode *x, u64 target)
{
	jump_to(x, 0xe9, target);
}

void x_jcc_to(struct xcode *x, enum xcc cc, u64 target)
{
	jump_to(x, OP_0F | 0x80 | cc, target);
}

void x_call_to(struct xcode *x, u64 target)
{
	jump_to(x, 0xe8, target);
}

static u32 patchable(struct xcode *x, u8 op, u32 label)
{
	u32 at;

	x_nop(x, (3 - x_here(x)) & 3);
	x_room(x);
	*x->p++ = op;
	at = x_here(x);
	add_fix(x, at, label, 0, true);
	x_imm(x, 0, 4);
	return at;
}

u32 x_jmp_patchable(struct xcode *x, u32 label)
{
	return patchable(x, 0xe9, label);
}

u32 x_call_patchable(struct xcode *x, u32 label)
{
	return patchable(x, 0xe8, label);
}

void x_jmp_r(struct xcode *x, unsigned r)
{
	x_enc_r(x, 0xff, 4, r);
}

void x_jmp_m(struct xcode *x, struct xmem m)
{
	x_enc_m(x, 0xff, 4, &m, 0);
}

void x_call_r(struct xcode *x, unsigned r)
{
	x_enc_r(x, 0xff, 2, r);
}

void x_call_m(struct xcode *x, struct xmem m)
{
	x_enc_m(x, 0xff, 2, &m, 0);
}

void x_ret(struct xcode *x)
{
	x_byte(x, 0xc3);
}

/* The forms that the manuals of Intel and AMD recommend. */
void x_nop(struct xcode *x, u32 bytes)
{
	static const u8 nop[9][9] = {
		{0x90},
		{0x66, 0x90},
		{0x0f, 0x1f, 0x00},
		{0x0f, 0x1f, 0x40, 0x00},
		{0x0f, 0x1f, 0x44, 0x00, 0x00},
		{0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
		{0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
		{0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
		{0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
	};

	while (bytes) {
		u32 n = bytes < 9 ? bytes : 9;

		x_room(x);
		memcpy(x->p, nop[n - 1], n);
		x->p += n;
		bytes -= n;
	}
}

void x_align(struct xcode *x, u32 to)
{
	x_nop(x, -x_here(x) & (to - 1));
}

void x_long(struct xcode *x, u32 v)
{
	x_room(x);
	x_imm(x, v, 4);
}

void x_quad(struct xcode *x, u64 v)
{
	x_room(x);
	x_imm(x, v, 8);
}

void x_op0(struct xcode *x, enum xop0 op)
{
	x_room(x);
	for (u32 v = op; v; v >>= 8)
		*x->p++ = (u8)v;
}
