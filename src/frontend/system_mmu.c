// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SLB, TLB and segment register instructions of Book3S (Power ISA 3.0B Book III 5.9.3).
 *
 * They do not end the region: fetching may go on by the old translation until the next context
 * synchronising instruction, which ends one; the translator has `wanted` set when it must be looked
 * up anew. Data accesses see a change at once.
 */
#include "frontend/frontend.h"

static ir_ref rb(struct tr_ctx *c)
{
	return tr_gpr(c, f_rb(c->w));
}

void tr_slbmte(struct tr_ctx *c)
{
	ir_call(c->r, IR_V, HELPER_slbmte, rb(c), tr_gpr(c, f_rs(c->w)), 0, 0);
}

void tr_slbie(struct tr_ctx *c)
{
	ir_call(c->r, IR_V, HELPER_slbie, rb(c), 0, 0, 0);
}

void tr_slbia(struct tr_ctx *c)
{
	ir_call(c->r, IR_V, HELPER_slbia, tr_const(c, f_ih(c->w)), 0, 0, 0);
}

void tr_slbmfee(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), ir_call(c->r, IR_I, HELPER_slbmfee, rb(c), 0, 0, 0));
}

void tr_slbmfev(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), ir_call(c->r, IR_I, HELPER_slbmfev, rb(c), 0, 0, 0));
}

void tr_slbfee_(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), ir_call(c->r, IR_I, HELPER_slbfee, rb(c), 0, 0, 0));
}

/* Without LPCR[GTSE] the guest's supervisor may not invalidate on other processors. */
static bool may_shoot_down(struct tr_ctx *c, bool process_scoped)
{
	if ((c->mode & MODE_HV) || ((c->mode & MODE_GTSE) && process_scoped))
		return true;
	tr_raise(c, CPU_EXC_PROGRAM, CPU_PROG_PRIV);
	return false;
}

/* Entries that hardware loaded from a segment table: there are none, LPCR[UPRT] being 0 with
 * hash translation. */
void tr_slbieg(struct tr_ctx *c)
{
	may_shoot_down(c, true);
}

void tr_slbsync(struct tr_ctx *c)
{
	may_shoot_down(c, true);
}

static void tlbie(struct tr_ctx *c)
{
	ir_call(c->r, IR_V, HELPER_tlbie, rb(c), tr_gpr(c, f_rs(c->w)), tr_const(c, c->w), 0);
}

void tr_tlbie(struct tr_ctx *c)
{
	if (may_shoot_down(c, f_prs(c->w) || !f_r(c->w)))
		tlbie(c);
}

/* Of radix translations only the process-scoped ones are the supervisor's. */
void tr_tlbiel(struct tr_ctx *c)
{
	if (!(c->mode & MODE_HV) && f_r(c->w) && !f_prs(c->w))
		tr_raise(c, CPU_EXC_PROGRAM, CPU_PROG_PRIV);
	else
		tlbie(c);
}

void tr_tlbie_v2(struct tr_ctx *c)
{
	tlbie(c);
}

void tr_tlbiel_v2(struct tr_ctx *c)
{
	tlbie(c);
}

void tr_tlbsync(struct tr_ctx *c)
{
	if ((c->model->families & FAM_BOOK3S64) && !may_shoot_down(c, true))
		return;
	ir_call(c->r, IR_V, HELPER_tlbsync, 0, 0, 0, 0);
}

/* --- 32-bit Book3S --- */
static ir_ref segment_slot(struct tr_ctx *c)
{
	return ir_op2i(c->r, IR_AND, ir_op2i(c->r, IR_SHR, rb(c), 28), 15);
}

void tr_mfsr(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), ir_get(c->r, IR_I, SLOT(sr) + 8 * f_sr(c->w)));
}

void tr_mtsr(struct tr_ctx *c)
{
	ir_call(c->r, IR_V, HELPER_mtsr, tr_const(c, f_sr(c->w)), tr_gpr(c, f_rs(c->w)), 0, 0);
}

void tr_mfsrin(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), ir_call(c->r, IR_I, HELPER_mfsr, segment_slot(c), 0, 0, 0));
}

void tr_mtsrin(struct tr_ctx *c)
{
	ir_call(c->r, IR_V, HELPER_mtsr, segment_slot(c), tr_gpr(c, f_rs(c->w)), 0, 0);
}

void tr_tlbie_32(struct tr_ctx *c)
{
	tlbie(c);
}

/* Only the 603 loads its TLB by software. */
void tr_tlbld(struct tr_ctx *c)
{
	tr_illegal(c);
}

void tr_tlbli(struct tr_ctx *c)
{
	tr_illegal(c);
}
