// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fixed-point loads and stores, byte-reversed, multiple and quadword forms, cache instructions and
 * barriers (Power ISA Book I, 3.3.2 - 3.3.7; Book II, 4.3 and 4.6). String forms: string.c.
 *
 * Any alignment is served, except that lq and stq demand 16 bytes. In little-endian mode the
 * multiple and string forms take the alignment interrupt.
 */
#include "frontend/frontend.h"

/* Address of a D form without update: the displacement stays in the op where it cannot wrap. */
struct ea {
	ir_ref base;
	s32 disp;
};

static struct ea ea_disp(struct tr_ctx *c, s32 disp)
{
	if (tr_is64(c) && f_ra(c->w))
		return (struct ea){tr_gpr(c, f_ra(c->w)), disp};
	return (struct ea){tr_ea_disp(c, f_ra(c->w), disp), 0};
}

static ir_ref ea_index(struct tr_ctx *c)
{
	return tr_ea_index(c, f_ra(c->w), f_rb(c->w));
}

static void load(struct tr_ctx *c, u32 mem, s32 disp)
{
	struct ea ea = ea_disp(c, disp);

	tr_set_gpr(c, f_rt(c->w), ir_load(c->r, IR_I, mem, ea.base, ea.disp));
}

static void load_at(struct tr_ctx *c, u32 mem, ir_ref ea)
{
	tr_set_gpr(c, f_rt(c->w), ir_load(c->r, IR_I, mem, ea, 0));
}

/* RA = 0 and RA = RT are invalid. */
static void load_update(struct tr_ctx *c, u32 mem, ir_ref ea)
{
	unsigned ra = f_ra(c->w);

	if (!ra || ra == f_rt(c->w)) {
		tr_illegal(c);
		return;
	}
	load_at(c, mem, ea);
	tr_set_gpr(c, ra, ea);
}

static void store(struct tr_ctx *c, u32 mem, s32 disp)
{
	struct ea ea = ea_disp(c, disp);

	ir_store(c->r, IR_I, mem, ea.base, ea.disp, tr_gpr(c, f_rs(c->w)));
}

static void store_at(struct tr_ctx *c, u32 mem, ir_ref ea)
{
	ir_store(c->r, IR_I, mem, ea, 0, tr_gpr(c, f_rs(c->w)));
}

static void store_update(struct tr_ctx *c, u32 mem, ir_ref ea)
{
	if (!f_ra(c->w)) {
		tr_illegal(c);
		return;
	}
	store_at(c, mem, ea);
	tr_set_gpr(c, f_ra(c->w), ea);
}

/* One line per instruction: log2 of the size, more enum ir_mem bits, displacement. */
#define LOAD_D(name, size, bits, disp)                                                             \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		load(c, tr_mem(c, size) | (bits), disp(c->w));                                     \
	}
#define LOAD_DU(name, size, bits, disp)                                                            \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		load_update(c, tr_mem(c, size) | (bits), tr_ea_disp(c, f_ra(c->w), disp(c->w)));   \
	}
#define LOAD_X(name, size, bits)                                                                   \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		load_at(c, tr_mem(c, size) | (bits), ea_index(c));                                 \
	}
#define LOAD_UX(name, size, bits)                                                                  \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		load_update(c, tr_mem(c, size) | (bits), ea_index(c));                             \
	}
#define LOAD_REV(name, size)                                                                       \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		load_at(c, tr_mem_rev(c, size), ea_index(c));                                      \
	}
#define STORE_D(name, size, disp)                                                                  \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		store(c, tr_mem(c, size), disp(c->w));                                             \
	}
#define STORE_DU(name, size, disp)                                                                 \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		store_update(c, tr_mem(c, size), tr_ea_disp(c, f_ra(c->w), disp(c->w)));           \
	}
#define STORE_X(name, size)                                                                        \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		store_at(c, tr_mem(c, size), ea_index(c));                                         \
	}
#define STORE_UX(name, size)                                                                       \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		store_update(c, tr_mem(c, size), ea_index(c));                                     \
	}
#define STORE_REV(name, size)                                                                      \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		store_at(c, tr_mem_rev(c, size), ea_index(c));                                     \
	}

/* clang-format off */
LOAD_D(lbz, 0, 0, f_d)
LOAD_DU(lbzu, 0, 0, f_d)
LOAD_X(lbzx, 0, 0)
LOAD_UX(lbzux, 0, 0)
LOAD_D(lhz, 1, 0, f_d)
LOAD_DU(lhzu, 1, 0, f_d)
LOAD_X(lhzx, 1, 0)
LOAD_UX(lhzux, 1, 0)
LOAD_D(lha, 1, IR_MEM_SIGN, f_d)
LOAD_DU(lhau, 1, IR_MEM_SIGN, f_d)
LOAD_X(lhax, 1, IR_MEM_SIGN)
LOAD_UX(lhaux, 1, IR_MEM_SIGN)
LOAD_D(lwz, 2, 0, f_d)
LOAD_DU(lwzu, 2, 0, f_d)
LOAD_X(lwzx, 2, 0)
LOAD_UX(lwzux, 2, 0)
LOAD_D(lwa, 2, IR_MEM_SIGN, f_ds)
LOAD_X(lwax, 2, IR_MEM_SIGN)
LOAD_UX(lwaux, 2, IR_MEM_SIGN)
LOAD_D(ld, 3, 0, f_ds)
LOAD_DU(ldu, 3, 0, f_ds)
LOAD_X(ldx, 3, 0)
LOAD_UX(ldux, 3, 0)
LOAD_REV(lhbrx, 1)
LOAD_REV(lwbrx, 2)
LOAD_REV(ldbrx, 3)

STORE_D(stb, 0, f_d)
STORE_DU(stbu, 0, f_d)
STORE_X(stbx, 0)
STORE_UX(stbux, 0)
STORE_D(sth, 1, f_d)
STORE_DU(sthu, 1, f_d)
STORE_X(sthx, 1)
STORE_UX(sthux, 1)
STORE_D(stw, 2, f_d)
STORE_DU(stwu, 2, f_d)
STORE_X(stwx, 2)
STORE_UX(stwux, 2)
STORE_D(std, 3, f_ds)
STORE_DU(stdu, 3, f_ds)
STORE_X(stdx, 3)
STORE_UX(stdux, 3)
STORE_REV(sthbrx, 1)
STORE_REV(stwbrx, 2)
STORE_REV(stdbrx, 3)

/* Caching-inhibited accesses of the hypervisor: storage attributes are the slots' own. */
LOAD_X(lbzcix, 0, 0)
LOAD_X(lhzcix, 1, 0)
LOAD_X(lwzcix, 2, 0)
LOAD_X(ldcix, 3, 0)
STORE_X(stbcix, 0)
STORE_X(sthcix, 1)
STORE_X(stwcix, 2)
STORE_X(stdcix, 3)
/* clang-format on */

/* --- multiple --- */
void tr_align_le(struct tr_ctx *c, ir_ref ea)
{
	ir_put(c->r, IR_I, SLOT(event.ea), ea);
	ir_put(c->r, IR_I, SLOT(event.dsisr), tr_const(c, 0));
	tr_raise(c, CPU_EXC_ALIGN, c->w);
}

void tr_lmw(struct tr_ctx *c)
{
	ir_ref ea = tr_ea_disp(c, f_ra(c->w), f_d(c->w)), v[32];
	unsigned rt = f_rt(c->w);

	if (c->mode & MODE_LE) {
		tr_align_le(c, ea);
		return;
	}
	/* All loads before all writes: a fault in the middle changes nothing, RA included. */
	for (unsigned n = rt; n < 32; n++)
		v[n] = ir_load(c->r, IR_I, tr_mem(c, 2), tr_ea_add(c, ea, 4 * (n - rt)), 0);
	for (unsigned n = rt; n < 32; n++)
		tr_set_gpr(c, n, v[n]);
}

void tr_stmw(struct tr_ctx *c)
{
	ir_ref ea = tr_ea_disp(c, f_ra(c->w), f_d(c->w));
	unsigned rs = f_rs(c->w);

	if (c->mode & MODE_LE) {
		tr_align_le(c, ea);
		return;
	}
	for (unsigned n = rs; n < 32; n++)
		ir_store(c->r, IR_I, tr_mem(c, 2), tr_ea_add(c, ea, 4 * (n - rs)), 0, tr_gpr(c, n));
}

/* --- quadword: RTp's even register is the more significant half in either byte order --- */

/* Before ISA 2.07 these were privileged and big-endian only. False: the region has ended. */
static bool quad_allowed(struct tr_ctx *c, bool valid, ir_ref ea)
{
	bool old = c->model->isa < ISA_2_07;

	if (old && (c->mode & MODE_PR))
		tr_raise(c, CPU_EXC_PROGRAM, CPU_PROG_PRIV);
	else if (!valid)
		tr_illegal(c);
	else if (old && (c->mode & MODE_LE))
		tr_align_le(c, ea);
	return !c->ended;
}

void tr_lq(struct tr_ctx *c)
{
	unsigned rt = f_rt(c->w);
	ir_ref ea = tr_ea_disp(c, f_ra(c->w), f_dq(c->w)), v;

	if (!quad_allowed(c, !(rt & 1) && rt != f_ra(c->w), ea))
		return;
	v = ir_load(c->r, IR_Q, tr_mem(c, 4) | IR_MEM_ALIGN, ea, 0);
	tr_set_gpr(c, rt, ir_op1(c->r, IR_QHI, v));
	tr_set_gpr(c, rt + 1, ir_op1(c->r, IR_QLO, v));
}

void tr_stq(struct tr_ctx *c)
{
	unsigned rs = f_rs(c->w);
	ir_ref ea = tr_ea_disp(c, f_ra(c->w), f_ds(c->w)), v;

	if (!quad_allowed(c, !(rs & 1), ea))
		return;
	v = ir_op2(c->r, IR_QMAKE, tr_gpr(c, rs), tr_gpr(c, rs + 1));
	ir_store(c->r, IR_Q, tr_mem(c, 4) | IR_MEM_ALIGN, ea, 0, v);
}

/* --- caches --- */
void tr_dcbz(struct tr_ctx *c)
{
	ir_dcbz(c->r, ea_index(c), c->model->dcbz_block);
}

/* Data caches are coherent here: what is left is that these count as loads when translated. */
static void touch(struct tr_ctx *c)
{
	ir_load(c->r, IR_I, 0, ea_index(c), 0);
}

void tr_dcbst(struct tr_ctx *c)
{
	touch(c);
}

void tr_dcbf(struct tr_ctx *c)
{
	touch(c);
}

void tr_dcbi(struct tr_ctx *c)
{
	touch(c);
}

/* Book3S: stores invalidate translated code themselves. BookE: the guest has to name the range. */
void tr_icbi(struct tr_ctx *c)
{
	ir_ref ea = ea_index(c);

	ir_load(c->r, IR_I, 0, ea, 0);
	if (c->model->families & FAM_BOOKE)
		ir_call(c->r, IR_V, HELPER_icbi, ea, 0, 0, 0);
}

/* Hints: prefetches, and dcba whose block this processor never allocates. */
#define HINT(name)                                                                                 \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
	}

/* clang-format off */
HINT(dcbt)
HINT(dcbtst)
HINT(dcba)
HINT(icbt)
/* clang-format on */

/* External control: EAR[E] is never set (Book II of PowerPC 1.x). */
static void external_control(struct tr_ctx *c)
{
	ir_put(c->r, IR_I, SLOT(event.ea), ea_index(c));
	ir_put(c->r, IR_I, SLOT(event.dsisr), tr_const(c, 1u << 20));
	tr_raise(c, CPU_EXC_DSI, 0);
}

void tr_eciwx(struct tr_ctx *c)
{
	external_control(c);
}

void tr_ecowx(struct tr_ctx *c)
{
	external_control(c);
}

/* --- barriers --- */
void tr_sync(struct tr_ctx *c)
{
	ir_fence(c->r, f_l_sync(c->w) == 1 ? IR_FENCE_LWSYNC : IR_FENCE_SYNC);
}

void tr_msync(struct tr_ctx *c)
{
	ir_fence(c->r, IR_FENCE_SYNC);
}

void tr_eieio(struct tr_ctx *c)
{
	ir_fence(c->r, IR_FENCE_EIEIO);
}

void tr_mbar(struct tr_ctx *c)
{
	/* MO = 0 orders all storage, MO = 1 is eieio. */
	ir_fence(c->r, f_mo(c->w) == 1 ? IR_FENCE_EIEIO : IR_FENCE_SYNC);
}

/* What comes next may have been rewritten: the region ends. */
void tr_isync(struct tr_ctx *c)
{
	ir_fence(c->r, IR_FENCE_ISYNC);
	tr_goto(c, c->next_pc, IR_HINT_NONE);
}
