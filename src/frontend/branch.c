// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Branches and system calls (Power ISA Book I, 2.4 and 2.6). A branch ends its region; both ways
 * of a conditional one are GOTOs that the back end can chain.
 *
 * Departure: sc 1 in problem state of a guest without hypervisor state answers H_PRIVILEGE at
 * once, as PAPR asks of a hypercall that the operating system did not make.
 */
#include "frontend/frontend.h"
#include "frontend/region.h"

enum {
	BO_IGNORE_CR = 16,
	BO_CR_TRUE = 8,
	BO_IGNORE_CTR = 4,
	BO_CTR_ZERO = 2,
};

#define H_PRIVILEGE (-3)

static void set_lr(struct tr_ctx *c)
{
	if (f_lk(c->w))
		ir_put(c->r, IR_I, SLOT(lr), tr_const(c, c->next_pc));
}

/* 1 when CTR's part of BO holds for this value; only the low word counts in 32-bit mode. */
static ir_ref ctr_holds(struct tr_ctx *c, ir_ref ctr)
{
	if (!tr_is64(c))
		ctr = ir_op1(c->r, IR_ZEXT32, ctr);
	return ir_op2(c->r, f_bo(c->w) & BO_CTR_ZERO ? IR_EQ : IR_NE, ctr, tr_const(c, 0));
}

static ir_ref cr_holds(struct tr_ctx *c)
{
	unsigned bi = f_bi(c->w);
	ir_ref cr = ir_get(c->r, IR_I, SLOT_CR(bi / 4));
	ir_ref bit = ir_op2i(c->r, IR_AND, cr, 8 >> (bi & 3));

	return ir_op2(c->r, f_bo(c->w) & BO_CR_TRUE ? IR_NE : IR_EQ, bit, tr_const(c, 0));
}

/* What decides a branch with these BO and BI; CTR is decremented unless ctr_after is set, which
 * makes the decision on the old value and leaves the decrement to the taken path. 0: always. */
static ir_ref condition(struct tr_ctx *c, bool ctr_after)
{
	u32 bo = f_bo(c->w);
	ir_ref cond = 0;

	if (!(bo & BO_IGNORE_CR))
		cond = cr_holds(c);
	if (!(bo & BO_IGNORE_CTR)) {
		ir_ref ctr = ir_get(c->r, IR_I, SLOT(ctr)), holds;

		if (!ctr_after) {
			ctr = ir_op2i(c->r, IR_SUB, ctr, 1);
			ir_put(c->r, IR_I, SLOT(ctr), ctr);
		}
		holds = ctr_holds(c, ctr);
		cond = cond ? ir_op2(c->r, IR_AND, cond, holds) : holds;
	}
	return cond;
}

static enum ir_hint call_hint(const struct tr_ctx *c)
{
	return f_lk(c->w) ? IR_HINT_CALL : IR_HINT_NONE;
}

void tr_b(struct tr_ctx *c)
{
	set_lr(c);
	tr_goto(c, (f_aa(c->w) ? 0 : c->pc) + (u64)(s64)f_li(c->w), call_hint(c));
}

void tr_bc(struct tr_ctx *c)
{
	u64 target = (f_aa(c->w) ? 0 : c->pc) + (u64)(s64)f_bd(c->w);
	ir_ref cond = condition(c, false);

	set_lr(c);
	if (!cond) {
		/* bcl 20,31,.+4 asks for its own address: nobody returns there */
		tr_goto(c, target, target == c->next_pc ? IR_HINT_NONE : call_hint(c));
		return;
	}
	if (c->region) {
		region_branch(c->region, cond, tr_addr(c, target), c->next_pc, call_hint(c));
		return;
	}
	tr_goto_if(c, cond, target, call_hint(c));
	tr_goto(c, c->next_pc, IR_HINT_NONE);
}

static void branch_to_register(struct tr_ctx *c, u32 slot, bool ctr_after, enum ir_hint hint)
{
	ir_ref cond = condition(c, ctr_after), target;

	/* In a region the code behind goes on, and the way out reads the target for itself. */
	if (c->region && cond && !ctr_after && !f_lk(c->w) &&
	    region_goto_ind_if(c->region, cond, slot, hint))
		return;
	target = ir_get(c->r, IR_I, slot);
	set_lr(c);
	if (cond) {
		tr_goto_if(c, ir_op2i(c->r, IR_EQ, cond, 0), c->next_pc, IR_HINT_NONE);
		if (ctr_after)
			ir_put(c->r, IR_I, SLOT(ctr),
			       ir_op2i(c->r, IR_SUB, ir_get(c->r, IR_I, SLOT(ctr)), 1));
	}
	tr_goto_ind(c, target, hint);
}

void tr_bclr(struct tr_ctx *c)
{
	enum ir_hint hint = call_hint(c);

	if (!f_lk(c->w) && !f_bh(c->w))
		hint = IR_HINT_RET;
	branch_to_register(c, SLOT(lr), false, hint);
}

/* With a decrementing BO the form is invalid. 64-bit servers test CTR before they decrement it and
 * Linux relies on that doing no harm (count cache flush): so do we. */
void tr_bcctr(struct tr_ctx *c)
{
	bool decrements = !(f_bo(c->w) & BO_IGNORE_CTR);

	if (decrements && !(c->model->families & FAM_BOOK3S64)) {
		tr_illegal(c);
		return;
	}
	branch_to_register(c, SLOT(ctr), decrements, call_hint(c));
}

void tr_bctar(struct tr_ctx *c)
{
	branch_to_register(c, SLOT(tar), false, call_hint(c));
}

/* --- system calls --- */
void tr_sc(struct tr_ctx *c)
{
	u32 lev = f_lev(c->w);
	bool hcall = lev == 1 && (c->model->families & FAM_BOOK3S64) && !(c->mode & MODE_HV);

	if (!hcall) {
		tr_leave_after(c, CPU_EXC_SC, lev);
	} else if (c->mode & MODE_PR) {
		tr_set_gpr(c, 3, tr_const(c, (u64)(s64)H_PRIVILEGE));
		tr_goto(c, c->next_pc, IR_HINT_NONE);
	} else {
		tr_leave_after(c, CPU_EXIT_HCALL, lev);
	}
}

void tr_scv(struct tr_ctx *c)
{
	tr_leave_after(c, CPU_EXC_SCV, f_lev(c->w));
}
