// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMX loads and stores (Power ISA Book I, 6.7). Addresses are truncated to a multiple of the
 * operand's size; there is no alignment interrupt.
 *
 * A quadword loaded or stored in the current byte order is the register's image: byte 0 is at the
 * low address in big-endian mode, byte 15 in little-endian mode.
 */
#include "frontend/vmx.h"

static ir_ref aligned_ea(struct tr_ctx *c, unsigned size)
{
	ir_ref ea = tr_ea_index(c, f_ra(c->w), f_rb(c->w));

	return size == 1 ? ea : ir_op2i(c->r, IR_AND, ea, -(u64)size);
}

/* The register byte where the element at ea starts */
static ir_ref element(struct tr_ctx *c, ir_ref ea, unsigned size)
{
	ir_ref at = ir_op2i(c->r, IR_AND, ea, 16 - size);

	return c->mode & MODE_LE ? ir_op2i(c->r, IR_XOR, at, 16 - size) : at;
}

/* Bytes of VRT other than the element's become undefined: they stay as they are here. */
static void load_element(struct tr_ctx *c, unsigned log2_size)
{
	unsigned size = 1u << log2_size;
	ir_ref ea = aligned_ea(c, size);
	ir_ref v = ir_load(c->r, IR_I, tr_mem(c, log2_size), ea, 0);
	ir_ref old = tr_get_vr(c, f_vrt(c->w));

	v = ir_call(c->r, IR_Q, HELPER_vmx_insert, old, v, element(c, ea, size), tr_const(c, size));
	tr_set_vr(c, f_vrt(c->w), v);
}

static void store_element(struct tr_ctx *c, unsigned log2_size)
{
	unsigned size = 1u << log2_size;
	ir_ref ea = aligned_ea(c, size);
	ir_ref v = ir_call(c->r, IR_I, HELPER_vmx_extract, tr_get_vr(c, f_vrs(c->w)),
			   element(c, ea, size), tr_const(c, size), 0);

	ir_store(c->r, IR_I, tr_mem(c, log2_size), ea, 0, v);
}

void tr_lvebx(struct tr_ctx *c)
{
	load_element(c, 0);
}

void tr_lvehx(struct tr_ctx *c)
{
	load_element(c, 1);
}

void tr_lvewx(struct tr_ctx *c)
{
	load_element(c, 2);
}

void tr_stvebx(struct tr_ctx *c)
{
	store_element(c, 0);
}

void tr_stvehx(struct tr_ctx *c)
{
	store_element(c, 1);
}

void tr_stvewx(struct tr_ctx *c)
{
	store_element(c, 2);
}

void tr_lvx(struct tr_ctx *c)
{
	ir_ref ea = aligned_ea(c, 16);

	tr_set_vr(c, f_vrt(c->w), ir_load(c->r, IR_Q, tr_mem(c, 4), ea, 0));
}

void tr_stvx(struct tr_ctx *c)
{
	ir_ref ea = aligned_ea(c, 16);

	ir_store(c->r, IR_Q, tr_mem(c, 4), ea, 0, tr_get_vr(c, f_vrs(c->w)));
}

/* "Least recently used" is a hint */
void tr_lvxl(struct tr_ctx *c)
{
	tr_lvx(c);
}

void tr_stvxl(struct tr_ctx *c)
{
	tr_stvx(c);
}

static void permute_control(struct tr_ctx *c, enum helper_id helper)
{
	ir_ref ea = tr_ea_index(c, f_ra(c->w), f_rb(c->w));

	tr_set_vr(c, f_vrt(c->w), ir_call(c->r, IR_Q, helper, ea, 0, 0, 0));
}

void tr_lvsl(struct tr_ctx *c)
{
	permute_control(c, HELPER_lvsl);
}

void tr_lvsr(struct tr_ctx *c)
{
	permute_control(c, HELPER_lvsr);
}
