// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Load-and-reserve, store-conditional, atomic memory operations, copy and paste (Power ISA Book
 * II, 4.4, 4.5 and 4.6).
 *
 * An atomic memory operation is built from a reservation of its own, which the ISA allows to cost
 * the program its reservation; when another processor interferes the region leaves and runs the
 * instruction again.
 */
#include "frontend/frontend.h"

static ir_ref ea_index(struct tr_ctx *c)
{
	return tr_ea_index(c, f_ra(c->w), f_rb(c->w));
}

static u32 mem_aligned(const struct tr_ctx *c, unsigned log2_size)
{
	return tr_mem(c, log2_size) | (log2_size ? IR_MEM_ALIGN : 0);
}

static void load_reserve(struct tr_ctx *c, unsigned log2_size)
{
	tr_set_gpr(c, f_rt(c->w), ir_larx(c->r, IR_I, mem_aligned(c, log2_size), ea_index(c)));
}

/* CR0 = 0b00 || stored || SO */
static void set_cr0(struct tr_ctx *c, ir_ref stored)
{
	ir_put(c->r, IR_I, SLOT_CR(0),
	       ir_op2(c->r, IR_OR, ir_op2i(c->r, IR_SHL, stored, 1), ir_get(c->r, IR_I, SLOT(so))));
}

static void store_conditional(struct tr_ctx *c, unsigned log2_size)
{
	ir_ref ea = ea_index(c), v = tr_gpr(c, f_rs(c->w));

	set_cr0(c, ir_stcx(c->r, IR_I, mem_aligned(c, log2_size), ea, v));
}

void tr_lbarx(struct tr_ctx *c)
{
	load_reserve(c, 0);
}

void tr_lharx(struct tr_ctx *c)
{
	load_reserve(c, 1);
}

void tr_lwarx(struct tr_ctx *c)
{
	load_reserve(c, 2);
}

void tr_ldarx(struct tr_ctx *c)
{
	load_reserve(c, 3);
}

void tr_lqarx(struct tr_ctx *c)
{
	unsigned rt = f_rt(c->w);
	ir_ref v;

	if ((rt & 1) || rt == f_ra(c->w) || rt == f_rb(c->w)) {
		tr_illegal(c);
		return;
	}
	v = ir_larx(c->r, IR_Q, mem_aligned(c, 4), ea_index(c));
	tr_set_gpr(c, rt, ir_op1(c->r, IR_QHI, v));
	tr_set_gpr(c, rt + 1, ir_op1(c->r, IR_QLO, v));
}

void tr_stbcx_(struct tr_ctx *c)
{
	store_conditional(c, 0);
}

void tr_sthcx_(struct tr_ctx *c)
{
	store_conditional(c, 1);
}

void tr_stwcx_(struct tr_ctx *c)
{
	store_conditional(c, 2);
}

void tr_stdcx_(struct tr_ctx *c)
{
	store_conditional(c, 3);
}

void tr_stqcx_(struct tr_ctx *c)
{
	unsigned rs = f_rs(c->w);
	ir_ref ea, v;

	if (rs & 1) {
		tr_illegal(c);
		return;
	}
	ea = ea_index(c);
	v = ir_op2(c->r, IR_QMAKE, tr_gpr(c, rs), tr_gpr(c, rs + 1));
	set_cr0(c, ir_stcx(c->r, IR_Q, mem_aligned(c, 4), ea, v));
}

/* --- atomic memory operations --- */
enum amo {
	AMO_ADD,
	AMO_XOR,
	AMO_OR,
	AMO_AND,
	AMO_MAXU,
	AMO_MAXS,
	AMO_MINU,
	AMO_MINS,
	AMO_SWAP, /* loads only */
	AMO_CAS_NE = 16,
	AMO_INC_BOUNDED = 24, /* stores: twin */
	AMO_INC_EQUAL = 25,
	AMO_DEC_BOUNDED = 28,
};

enum { DSISR_BAD_AMO = 4 };

struct amo_ctx {
	struct tr_ctx *c;
	unsigned log2_size;
	u32 mem;
	ir_ref ea, old;
};

static ir_ref pick(struct amo_ctx *a, enum ir_opcode less, ir_ref v, bool larger)
{
	struct ir_region *r = a->c->r;
	ir_ref x = a->old, y = v;

	if (a->log2_size == 2) {
		enum ir_opcode extend = less == IR_LTS ? IR_SEXT32 : IR_ZEXT32;

		x = ir_op1(r, extend, x);
		y = ir_op1(r, extend, y);
	}
	return ir_op3(r, IR_SELECT, larger ? ir_op2(r, less, x, y) : ir_op2(r, less, y, x), v,
		      a->old);
}

/* The new value of functions 0..8 with operand v. */
static ir_ref amo_value(struct amo_ctx *a, u32 fc, ir_ref v)
{
	struct ir_region *r = a->c->r;

	switch (fc) {
	case AMO_ADD:
		return ir_op2(r, IR_ADD, a->old, v);
	case AMO_XOR:
		return ir_op2(r, IR_XOR, a->old, v);
	case AMO_OR:
		return ir_op2(r, IR_OR, a->old, v);
	case AMO_AND:
		return ir_op2(r, IR_AND, a->old, v);
	case AMO_MAXU:
		return pick(a, IR_LTU, v, true);
	case AMO_MAXS:
		return pick(a, IR_LTS, v, true);
	case AMO_MINU:
		return pick(a, IR_LTU, v, false);
	case AMO_MINS:
		return pick(a, IR_LTS, v, false);
	default:
		return v;
	}
}

static ir_ref sized(struct amo_ctx *a, ir_ref v)
{
	return a->log2_size == 2 ? ir_op1(a->c->r, IR_ZEXT32, v) : v;
}

/* The doublets of functions 16 and up have to lie in one 32-byte block: else alignment. Which
 * neighbour: +1 the next, -1 the one before. */
static ir_ref amo_neighbour(struct amo_ctx *a, int which)
{
	struct tr_ctx *c = a->c;
	s64 size = 1 << a->log2_size;
	ir_ref at = tr_ea_add(c, a->ea, which * size);
	ir_ref other = ir_op2i(c->r, IR_AND, ir_op2(c->r, IR_XOR, a->ea, at), ~31ull);

	ir_put(c->r, IR_I, SLOT(event.ea), a->ea);
	ir_put(c->r, IR_I, SLOT(event.dsisr), tr_const(c, 0));
	ir_leave_if(c->r, other, CPU_EXC_ALIGN, c->w);
	return ir_load(c->r, IR_I, a->mem, at, 0);
}

static void amo_bad(struct tr_ctx *c, ir_ref ea)
{
	ir_put(c->r, IR_I, SLOT(event.ea), ea);
	ir_put(c->r, IR_I, SLOT(event.dsisr), tr_const(c, DSISR_BAD_AMO));
	tr_raise(c, CPU_EXC_DSI, 0);
}

static struct amo_ctx amo_begin(struct tr_ctx *c, unsigned log2_size)
{
	struct amo_ctx a = {.c = c, .log2_size = log2_size, .mem = mem_aligned(c, log2_size)};

	a.ea = f_ra(c->w) ? tr_ea_disp(c, f_ra(c->w), 0) : tr_const(c, 0);
	return a;
}

static void amo_store(struct amo_ctx *a, ir_ref v)
{
	struct ir_region *r = a->c->r;
	ir_ref stored = ir_stcx(r, IR_I, a->mem, a->ea, v);

	r->cur.spent = true;
	ir_leave_if(r, ir_op2i(r, IR_XOR, stored, 1), CPU_EXIT_RESYNC, 0);
	r->cur.spent = false;
}

/* Increment or decrement unless (equal: only if) the bound is reached; RT tells which. */
static ir_ref amo_bounded(struct amo_ctx *a, ir_ref bound, bool equal, s64 step, ir_ref *result)
{
	struct ir_region *r = a->c->r;
	ir_ref hit = ir_op2(r, equal ? IR_EQ : IR_NE, a->old, bound);
	u64 none = 1ull << ((8 << a->log2_size) - 1);

	*result = ir_op3(r, IR_SELECT, hit, a->old, tr_const(a->c, none));
	return ir_op3(r, IR_SELECT, hit, ir_op2i(r, IR_ADD, a->old, (u64)step), a->old);
}

static void amo_load(struct tr_ctx *c, unsigned log2_size)
{
	struct amo_ctx a = amo_begin(c, log2_size);
	u32 fc = f_fc(c->w);
	unsigned rt = f_rt(c->w);
	ir_ref v = tr_gpr(c, (rt + 1) & 31), bound = 0, result;

	if (fc == AMO_INC_BOUNDED || fc == AMO_INC_EQUAL) {
		bound = amo_neighbour(&a, 1);
	} else if (fc == AMO_DEC_BOUNDED) {
		bound = amo_neighbour(&a, -1);
	} else if (fc > AMO_SWAP && fc != AMO_CAS_NE) {
		amo_bad(c, a.ea);
		return;
	}
	a.old = ir_larx(c->r, IR_I, a.mem, a.ea);
	result = a.old;
	if (fc <= AMO_SWAP)
		v = amo_value(&a, fc, v);
	else if (fc == AMO_CAS_NE)
		v = ir_op3(c->r, IR_SELECT, ir_op2(c->r, IR_NE, a.old, sized(&a, v)),
			   tr_gpr(c, (rt + 2) & 31), a.old);
	else
		v = amo_bounded(&a, bound, fc == AMO_INC_EQUAL, fc == AMO_DEC_BOUNDED ? -1 : 1,
				&result);
	amo_store(&a, v);
	tr_set_gpr(c, rt, result);
}

static void amo_store_only(struct tr_ctx *c, unsigned log2_size)
{
	struct amo_ctx a = amo_begin(c, log2_size);
	u32 fc = f_fc(c->w);
	ir_ref v = tr_gpr(c, f_rs(c->w)), twin, same;

	if (fc < AMO_SWAP) {
		a.old = ir_larx(c->r, IR_I, a.mem, a.ea);
		amo_store(&a, amo_value(&a, fc, v));
	} else if (fc == AMO_INC_BOUNDED) { /* store twin */
		twin = amo_neighbour(&a, 1);
		a.old = ir_larx(c->r, IR_I, a.mem, a.ea);
		same = ir_op2(c->r, IR_EQ, a.old, twin);
		amo_store(&a, ir_op3(c->r, IR_SELECT, same, v, a.old));
		/* The same 32 bytes took the first store: this one cannot fault. */
		ir_store(c->r, IR_I, a.mem, tr_ea_add(c, a.ea, 1 << log2_size), 0,
			 ir_op3(c->r, IR_SELECT, same, v, twin));
	} else {
		amo_bad(c, a.ea);
	}
}

void tr_lwat(struct tr_ctx *c)
{
	amo_load(c, 2);
}

void tr_ldat(struct tr_ctx *c)
{
	amo_load(c, 3);
}

void tr_stwat(struct tr_ctx *c)
{
	amo_store_only(c, 2);
}

void tr_stdat(struct tr_ctx *c)
{
	amo_store_only(c, 3);
}

/* --- copy and paste: no accelerator exists that could be pasted to, so the facility is absent ---
 */
void tr_copy(struct tr_ctx *c)
{
	tr_illegal(c);
}

void tr_paste_(struct tr_ctx *c)
{
	tr_illegal(c);
}

void tr_cpabort(struct tr_ctx *c)
{
}
