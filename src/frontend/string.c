// SPDX-License-Identifier: GPL-2.0-or-later
/* Load and store string (Power ISA Book I, 3.3.7). A load of constant length is loads of words and
 * of what is left, before any register changes; else helpers move all bytes or none. Invalid when a
 * register that is loaded also forms the address. Little-endian mode: alignment interrupt. */
#include "base/bits.h"
#include "frontend/frontend.h"

static ir_ref ea_immediate(struct tr_ctx *c)
{
	return tr_ea_disp(c, f_ra(c->w), 0);
}

static ir_ref ea_index(struct tr_ctx *c)
{
	return tr_ea_index(c, f_ra(c->w), f_rb(c->w));
}

static unsigned byte_count(u32 w)
{
	return f_nb(w) ? f_nb(w) : 32;
}

static ir_ref xer_count(struct tr_ctx *c)
{
	return ir_op2i(c->r, IR_AND, ir_get(c->r, IR_I, SLOT(xer_rest)), 127);
}

/* The last one to three bytes, as the most significant ones of a word. */
static ir_ref load_tail(struct tr_ctx *c, ir_ref ea, unsigned at, unsigned count)
{
	ir_ref v = 0;
	unsigned k;

	for (k = 0; k < count; k++) {
		ir_ref b = ir_load(c->r, IR_I, tr_mem(c, 0), tr_ea_add(c, ea, at + k), 0);

		b = ir_op2i(c->r, IR_SHL, b, 24 - 8 * k);
		v = k ? ir_op2(c->r, IR_OR, v, b) : b;
	}
	return v;
}

static void load_string(struct tr_ctx *c, unsigned count)
{
	ir_ref ea = ea_immediate(c), v[8];
	unsigned words = count / 4, k;

	for (k = 0; k < words; k++)
		v[k] = ir_load(c->r, IR_I, tr_mem(c, 2), tr_ea_add(c, ea, 4 * k), 0);
	if (count % 4)
		v[words++] = load_tail(c, ea, count & ~3u, count % 4);
	for (k = 0; k < words; k++)
		tr_set_gpr(c, (f_rt(c->w) + k) & 31, v[k]);
}

void tr_lswi(struct tr_ctx *c)
{
	unsigned count = byte_count(c->w);
	unsigned past = (f_ra(c->w) - f_rt(c->w)) & 31; /* registers from RT on up to RA */

	if (c->mode & MODE_LE)
		tr_align_le(c, ea_immediate(c));
	else if (past < (count + 3) / 4)
		tr_illegal(c);
	else
		load_string(c, count);
}

void tr_lswx(struct tr_ctx *c)
{
	ir_ref invalid, count;
	unsigned past = (f_rb(c->w) - f_rt(c->w)) & 31;

	if (c->mode & MODE_LE) {
		tr_align_le(c, ea_index(c));
		return;
	}
	if (f_ra(c->w) && ((f_ra(c->w) - f_rt(c->w)) & 31) < past)
		past = (f_ra(c->w) - f_rt(c->w)) & 31;
	/* The register `past` behind RT is loaded when there are more than 4 * past bytes. */
	count = xer_count(c);
	invalid = ir_op2(c->r, IR_LTU, tr_const(c, 4 * past), count);
	ir_leave_if(c->r, invalid, CPU_EXC_PROGRAM, CPU_PROG_ILL);
	ir_call(c->r, IR_V, HELPER_load_string, ea_index(c), count, tr_const(c, f_rt(c->w)), 0);
}

static void store_string(struct tr_ctx *c, ir_ref ea, ir_ref count)
{
	if (c->mode & MODE_LE)
		tr_align_le(c, ea);
	else
		ir_call(c->r, IR_V, HELPER_store_string, ea, count, tr_const(c, f_rs(c->w)), 0);
}

void tr_stswi(struct tr_ctx *c)
{
	store_string(c, ea_immediate(c), tr_const(c, byte_count(c->w)));
}

void tr_stswx(struct tr_ctx *c)
{
	store_string(c, ea_index(c), xer_count(c));
}
