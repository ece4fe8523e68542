// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Floating-point loads and stores: Power ISA Book I, 4.6.2 - 4.6.4. Singles change format without
 * arithmetic: no exception, signalling NaNs stay.
 */
#include "frontend/frontend.h"

static ir_ref ea_d(struct tr_ctx *c)
{
	return tr_ea_disp(c, f_ra(c->w), f_d(c->w));
}

static ir_ref ea_ds(struct tr_ctx *c)
{
	return tr_ea_disp(c, f_ra(c->w), f_ds(c->w));
}

static ir_ref ea_x(struct tr_ctx *c)
{
	return tr_ea_index(c, f_ra(c->w), f_rb(c->w));
}

static void load_double(struct tr_ctx *c, ir_ref ea)
{
	tr_set_fpr(c, f_frt(c->w), ir_load(c->r, IR_F, tr_mem(c, 3), ea, 0));
}

static void load_single(struct tr_ctx *c, ir_ref ea)
{
	ir_ref v = ir_load(c->r, IR_I, tr_mem(c, 2), ea, 0);

	tr_set_fpr(c, f_frt(c->w), ir_call(c->r, IR_F, HELPER_fp_load_single, v, 0, 0, 0));
}

static void store_double(struct tr_ctx *c, ir_ref ea)
{
	ir_store(c->r, IR_F, tr_mem(c, 3), ea, 0, tr_fpr(c, f_frs(c->w)));
}

static void store_single(struct tr_ctx *c, ir_ref ea)
{
	ir_ref v = ir_call(c->r, IR_I, HELPER_fp_store_single, tr_fpr(c, f_frs(c->w)), 0, 0, 0);

	ir_store(c->r, IR_I, tr_mem(c, 2), ea, 0, v);
}

/* D-form, with update, indexed, indexed with update */
#define FOUR_FORMS(name, access)                                                                   \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		access(c, ea_d(c));                                                                \
	}                                                                                          \
	void tr_##name##u(struct tr_ctx *c)                                                        \
	{                                                                                          \
		ir_ref ea = ea_d(c);                                                               \
                                                                                                   \
		access(c, ea);                                                                     \
		tr_set_gpr(c, f_ra(c->w), ea);                                                     \
	}                                                                                          \
	void tr_##name##x(struct tr_ctx *c)                                                        \
	{                                                                                          \
		access(c, ea_x(c));                                                                \
	}                                                                                          \
	void tr_##name##ux(struct tr_ctx *c)                                                       \
	{                                                                                          \
		ir_ref ea = ea_x(c);                                                               \
                                                                                                   \
		access(c, ea);                                                                     \
		tr_set_gpr(c, f_ra(c->w), ea);                                                     \
	}

FOUR_FORMS(lfd, load_double)
FOUR_FORMS(lfs, load_single)
FOUR_FORMS(stfd, store_double)
FOUR_FORMS(stfs, store_single)

static void load_word(struct tr_ctx *c, u32 sign)
{
	ir_ref v = ir_load(c->r, IR_I, tr_mem(c, 2) | sign, ea_x(c), 0);

	tr_set_fpr(c, f_frt(c->w), ir_op1(c->r, IR_I2F, v));
}

void tr_lfiwax(struct tr_ctx *c)
{
	load_word(c, IR_MEM_SIGN);
}

void tr_lfiwzx(struct tr_ctx *c)
{
	load_word(c, 0);
}

void tr_stfiwx(struct tr_ctx *c)
{
	ir_ref v = ir_op1(c->r, IR_F2I, tr_fpr(c, f_frs(c->w)));

	ir_store(c->r, IR_I, tr_mem(c, 2), ea_x(c), 0, v);
}

/* The pair is one 16-byte datum, its even register the high half: in little-endian mode the odd
 * register belongs to the lower address. An odd FRTp is an invalid form: the bit is ignored. */
static unsigned pair_register(const struct tr_ctx *c, unsigned n)
{
	return (f_frt(c->w) & ~1u) + (c->mode & MODE_LE ? 1 - n : n);
}

static void load_pair(struct tr_ctx *c, ir_ref ea)
{
	ir_ref first = ir_load(c->r, IR_F, tr_mem(c, 3), ea, 0);
	ir_ref second = ir_load(c->r, IR_F, tr_mem(c, 3), tr_ea_add(c, ea, 8), 0);

	tr_set_fpr(c, pair_register(c, 0), first);
	tr_set_fpr(c, pair_register(c, 1), second);
}

static void store_pair(struct tr_ctx *c, ir_ref ea)
{
	ir_store(c->r, IR_F, tr_mem(c, 3), ea, 0, tr_fpr(c, pair_register(c, 0)));
	ir_store(c->r, IR_F, tr_mem(c, 3), tr_ea_add(c, ea, 8), 0, tr_fpr(c, pair_register(c, 1)));
}

void tr_lfdp(struct tr_ctx *c)
{
	load_pair(c, ea_ds(c));
}

void tr_lfdpx(struct tr_ctx *c)
{
	load_pair(c, ea_x(c));
}

void tr_stfdp(struct tr_ctx *c)
{
	store_pair(c, ea_ds(c));
}

void tr_stfdpx(struct tr_ctx *c)
{
	store_pair(c, ea_x(c));
}
