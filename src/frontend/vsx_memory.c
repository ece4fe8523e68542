// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VSX loads and stores (Power ISA Book I, 7.6.3), which accept any alignment.
 *
 * A quadword loaded in the current byte order is the register's image of lxvx: element 0 comes from
 * the low address in big-endian mode and from the high one in little-endian mode. Instructions that
 * count elements from the low address in both modes reorder it in little-endian mode.
 *
 * Scalar loads leave doubleword 1 undefined: it stays as it was, as in qemu, but for lxsd and
 * lxssp, which clear it there.
 */
#include "frontend/frontend.h"

static ir_ref swap_dwords(struct tr_ctx *c, ir_ref q)
{
	return ir_op2(c->r, IR_QLH, q, q);
}

static ir_ref swap_words(struct tr_ctx *c, ir_ref q)
{
	return ir_call(c->r, IR_Q, HELPER_vsx_reverse_w, q, 0, 0, 0);
}

static ir_ref swap_halves(struct tr_ctx *c, ir_ref q)
{
	return ir_call(c->r, IR_Q, HELPER_vsx_reverse_h, q, 0, 0, 0);
}

typedef ir_ref reorder_fn(struct tr_ctx *c, ir_ref q);

/* reorder: what little-endian mode needs, its own inverse */
static void load_vector(struct tr_ctx *c, reorder_fn *reorder)
{
	ir_ref ea = tr_ea_index(c, f_ra(c->w), f_rb(c->w));
	ir_ref q = ir_load(c->r, IR_Q, tr_mem(c, 4), ea, 0);

	tr_set_vsr(c, f_xt(c->w), c->mode & MODE_LE ? reorder(c, q) : q);
}

static void store_vector(struct tr_ctx *c, reorder_fn *reorder)
{
	ir_ref ea = tr_ea_index(c, f_ra(c->w), f_rb(c->w));
	ir_ref q = tr_get_vsr(c, f_xs(c->w));

	ir_store(c->r, IR_Q, tr_mem(c, 4), ea, 0, c->mode & MODE_LE ? reorder(c, q) : q);
}

void tr_lxvd2x(struct tr_ctx *c)
{
	load_vector(c, swap_dwords);
}

void tr_stxvd2x(struct tr_ctx *c)
{
	store_vector(c, swap_dwords);
}

void tr_lxvw4x(struct tr_ctx *c)
{
	load_vector(c, swap_words);
}

void tr_stxvw4x(struct tr_ctx *c)
{
	store_vector(c, swap_words);
}

void tr_lxvh8x(struct tr_ctx *c)
{
	load_vector(c, swap_halves);
}

void tr_stxvh8x(struct tr_ctx *c)
{
	store_vector(c, swap_halves);
}

/* Bytes have no byte order */
void tr_lxvb16x(struct tr_ctx *c)
{
	ir_ref ea = tr_ea_index(c, f_ra(c->w), f_rb(c->w));

	tr_set_vsr(c, f_xt(c->w), ir_load(c->r, IR_Q, 4 | IR_MEM_BE, ea, 0));
}

void tr_stxvb16x(struct tr_ctx *c)
{
	ir_ref ea = tr_ea_index(c, f_ra(c->w), f_rb(c->w));

	ir_store(c->r, IR_Q, 4 | IR_MEM_BE, ea, 0, tr_get_vsr(c, f_xs(c->w)));
}

void tr_lxvx(struct tr_ctx *c)
{
	ir_ref ea = tr_ea_index(c, f_ra(c->w), f_rb(c->w));

	tr_set_vsr(c, f_xt(c->w), ir_load(c->r, IR_Q, tr_mem(c, 4), ea, 0));
}

void tr_stxvx(struct tr_ctx *c)
{
	ir_ref ea = tr_ea_index(c, f_ra(c->w), f_rb(c->w));

	ir_store(c->r, IR_Q, tr_mem(c, 4), ea, 0, tr_get_vsr(c, f_xs(c->w)));
}

void tr_lxv(struct tr_ctx *c)
{
	ir_ref ea = tr_ea_disp(c, f_ra(c->w), f_dq(c->w));

	tr_set_vsr(c, f_xt_dq(c->w), ir_load(c->r, IR_Q, tr_mem(c, 4), ea, 0));
}

void tr_stxv(struct tr_ctx *c)
{
	ir_ref ea = tr_ea_disp(c, f_ra(c->w), f_dq(c->w));

	ir_store(c->r, IR_Q, tr_mem(c, 4), ea, 0, tr_get_vsr(c, f_xs_dq(c->w)));
}

void tr_lxvdsx(struct tr_ctx *c)
{
	ir_ref v = ir_load(c->r, IR_I, tr_mem(c, 3), tr_ea_index(c, f_ra(c->w), f_rb(c->w)), 0);

	tr_set_vsr(c, f_xt(c->w), ir_op2(c->r, IR_QMAKE, v, v));
}

void tr_lxvwsx(struct tr_ctx *c)
{
	ir_ref v = ir_load(c->r, IR_I, tr_mem(c, 2), tr_ea_index(c, f_ra(c->w), f_rb(c->w)), 0);

	v = ir_op2(c->r, IR_OR, ir_op2i(c->r, IR_SHL, v, 32), v);
	tr_set_vsr(c, f_xt(c->w), ir_op2(c->r, IR_QMAKE, v, v));
}

/* Loads of as many bytes as RB's first byte says */
static void load_length(struct tr_ctx *c, enum helper_id helper)
{
	ir_ref ea = tr_ea_disp(c, f_ra(c->w), 0);
	ir_ref len = tr_gpr(c, f_rb(c->w));

	tr_set_vsr(c, f_xt(c->w), ir_call(c->r, IR_Q, helper, ea, len, 0, 0));
}

static void store_length(struct tr_ctx *c, enum helper_id helper)
{
	ir_ref ea = tr_ea_disp(c, f_ra(c->w), 0);
	ir_ref len = tr_gpr(c, f_rb(c->w));

	ir_call(c->r, IR_V, helper, ea, len, tr_get_vsr(c, f_xs(c->w)), 0);
}

void tr_lxvl(struct tr_ctx *c)
{
	load_length(c, c->mode & MODE_LE ? HELPER_lxvl_le : HELPER_lxvl_be);
}

void tr_lxvll(struct tr_ctx *c)
{
	load_length(c, HELPER_lxvl_be);
}

void tr_stxvl(struct tr_ctx *c)
{
	store_length(c, c->mode & MODE_LE ? HELPER_stxvl_le : HELPER_stxvl_be);
}

void tr_stxvll(struct tr_ctx *c)
{
	store_length(c, HELPER_stxvl_be);
}

/* Scalars: doubleword 0 of XT from an X-form load */
static void load_scalar(struct tr_ctx *c, u32 mem)
{
	ir_ref v = ir_load(c->r, IR_I, mem, tr_ea_index(c, f_ra(c->w), f_rb(c->w)), 0);

	ir_put(c->r, IR_I, SLOT_VSRD(f_xt(c->w), 0), v);
}

/* The low bytes of XS's doubleword 0 */
static void store_scalar(struct tr_ctx *c, u32 mem)
{
	ir_ref ea = tr_ea_index(c, f_ra(c->w), f_rb(c->w));

	ir_store(c->r, IR_I, mem, ea, 0, ir_get(c->r, IR_I, SLOT_VSRD(f_xs(c->w), 0)));
}

void tr_lxsdx(struct tr_ctx *c)
{
	load_scalar(c, tr_mem(c, 3));
}

void tr_lxsiwax(struct tr_ctx *c)
{
	load_scalar(c, tr_mem(c, 2) | IR_MEM_SIGN);
}

void tr_lxsiwzx(struct tr_ctx *c)
{
	load_scalar(c, tr_mem(c, 2));
}

void tr_lxsihzx(struct tr_ctx *c)
{
	load_scalar(c, tr_mem(c, 1));
}

void tr_lxsibzx(struct tr_ctx *c)
{
	load_scalar(c, tr_mem(c, 0));
}

void tr_stxsdx(struct tr_ctx *c)
{
	store_scalar(c, tr_mem(c, 3));
}

void tr_stxsiwx(struct tr_ctx *c)
{
	store_scalar(c, tr_mem(c, 2));
}

void tr_stxsihx(struct tr_ctx *c)
{
	store_scalar(c, tr_mem(c, 1));
}

void tr_stxsibx(struct tr_ctx *c)
{
	store_scalar(c, tr_mem(c, 0));
}

/* DS-form: the register is a VR */
void tr_lxsd(struct tr_ctx *c)
{
	ir_ref v = ir_load(c->r, IR_I, tr_mem(c, 3), tr_ea_disp(c, f_ra(c->w), f_ds(c->w)), 0);

	tr_set_vr(c, f_vrt(c->w), ir_op2(c->r, IR_QMAKE, v, tr_const(c, 0)));
}

void tr_stxsd(struct tr_ctx *c)
{
	ir_ref ea = tr_ea_disp(c, f_ra(c->w), f_ds(c->w));

	ir_store(c->r, IR_I, tr_mem(c, 3), ea, 0,
		 ir_get(c->r, IR_I, SLOT_VSRD(32 + f_vrs(c->w), 0)));
}

/* Single format in memory, double in the register; no exceptions, no rounding */
static ir_ref load_single(struct tr_ctx *c, ir_ref ea)
{
	ir_ref v = ir_load(c->r, IR_I, tr_mem(c, 2), ea, 0);

	return ir_call(c->r, IR_F, HELPER_fp_load_single, v, 0, 0, 0);
}

static void store_single(struct tr_ctx *c, ir_ref ea, unsigned n)
{
	ir_ref v = ir_get(c->r, IR_F, SLOT_VSRD(n, 0));

	v = ir_call(c->r, IR_I, HELPER_fp_store_single, v, 0, 0, 0);
	ir_store(c->r, IR_I, tr_mem(c, 2), ea, 0, v);
}

void tr_lxsspx(struct tr_ctx *c)
{
	ir_ref v = load_single(c, tr_ea_index(c, f_ra(c->w), f_rb(c->w)));

	ir_put(c->r, IR_F, SLOT_VSRD(f_xt(c->w), 0), v);
}

void tr_lxssp(struct tr_ctx *c)
{
	ir_ref v = load_single(c, tr_ea_disp(c, f_ra(c->w), f_ds(c->w)));

	tr_set_vr(c, f_vrt(c->w), ir_op2(c->r, IR_QMAKE, ir_op1(c->r, IR_F2I, v), tr_const(c, 0)));
}

void tr_stxsspx(struct tr_ctx *c)
{
	store_single(c, tr_ea_index(c, f_ra(c->w), f_rb(c->w)), f_xs(c->w));
}

void tr_stxssp(struct tr_ctx *c)
{
	store_single(c, tr_ea_disp(c, f_ra(c->w), f_ds(c->w)), 32 + f_vrs(c->w));
}
