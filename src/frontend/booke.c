// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Instructions of BookE and its implementations: Power ISA 2.07B Book III-E, PPC440 and e500 core
 * manuals. Those that change translation end the region, as on Book3S.
 */
#include "frontend/frontend.h"
#include "isa/msr.h"

static void resync(struct tr_ctx *c)
{
	tr_leave_after(c, CPU_EXIT_RESYNC, 0);
}

/* --- returns and MSR[EE] --- */
static void return_by(struct tr_ctx *c, u32 helper)
{
	ir_call(c->r, IR_V, helper, 0, 0, 0, 0);
	ir_leave(c->r, CPU_EXIT_RESYNC, CPU_TRACE_PC_IN_EA, c->pc, c->r->cur.icount + 1);
	c->ended = true;
}

void tr_rfci(struct tr_ctx *c)
{
	return_by(c, HELPER_rfci);
}

void tr_rfdi(struct tr_ctx *c)
{
	return_by(c, HELPER_rfdi);
}

void tr_rfmci(struct tr_ctx *c)
{
	return_by(c, HELPER_rfmci);
}

/* Without the embedded hypervisor's state GSRRs do not exist. */
void tr_rfgi(struct tr_ctx *c)
{
	tr_illegal(c);
}

static void write_ee(struct tr_ctx *c, ir_ref v)
{
	ir_call(c->r, IR_V, HELPER_wrtee, v, 0, 0, 0);
	tr_goto(c, c->next_pc, IR_HINT_NONE);
}

void tr_wrtee(struct tr_ctx *c)
{
	write_ee(c, tr_gpr(c, f_rs(c->w)));
}

void tr_wrteei(struct tr_ctx *c)
{
	write_ee(c, tr_const(c, insn_bits(c->w, 16, 16) ? MSR_EE : 0));
}

void tr_wait_booke(struct tr_ctx *c)
{
	if (!f_wc(c->w))
		tr_leave_after(c, CPU_EXIT_IDLE, 0);
}

/* --- 440 TLB --- */
void tr_tlbwe_4xx(struct tr_ctx *c)
{
	ir_call(c->r, IR_V, HELPER_tlbwe_4xx, tr_gpr(c, f_rs(c->w)), tr_gpr(c, f_ra(c->w)),
		tr_const(c, f_ws(c->w)), 0);
	resync(c);
}

void tr_tlbre_4xx(struct tr_ctx *c)
{
	ir_ref v = ir_call(c->r, IR_I, HELPER_tlbre_4xx, tr_gpr(c, f_ra(c->w)),
			   tr_const(c, f_ws(c->w)), 0, 0);

	tr_set_gpr(c, f_rt(c->w), v);
}

void tr_tlbsx_4xx(struct tr_ctx *c)
{
	ir_ref ea = tr_ea_index(c, f_ra(c->w), f_rb(c->w));
	ir_ref v = ir_call(c->r, IR_I, HELPER_tlbsx_4xx, ea, 0, 0, 0);
	ir_ref found = ir_op2i(c->r, IR_SHR, v, 32);

	/* A miss leaves RT alone. */
	if (f_rc(c->w)) {
		ir_ref cr = ir_op2i(c->r, IR_SHL, found, 1);

		cr = ir_op2(c->r, IR_OR, cr, ir_get(c->r, IR_I, SLOT(so)));
		ir_put(c->r, IR_I, SLOT_CR(0), cr);
	}
	v = ir_op3(c->r, IR_SELECT, found, ir_op1(c->r, IR_ZEXT32, v), tr_gpr(c, f_rt(c->w)));
	tr_set_gpr(c, f_rt(c->w), v);
}

/* --- e500 TLB --- */
void tr_tlbwe(struct tr_ctx *c)
{
	ir_call(c->r, IR_V, HELPER_tlbwe, 0, 0, 0, 0);
	resync(c);
}

void tr_tlbre(struct tr_ctx *c)
{
	ir_call(c->r, IR_V, HELPER_tlbre, 0, 0, 0, 0);
}

void tr_tlbsx(struct tr_ctx *c)
{
	ir_call(c->r, IR_V, HELPER_tlbsx, tr_ea_index(c, f_ra(c->w), f_rb(c->w)), 0, 0, 0);
}

void tr_tlbivax(struct tr_ctx *c)
{
	ir_call(c->r, IR_V, HELPER_tlbivax, tr_ea_index(c, f_ra(c->w), f_rb(c->w)), 0, 0, 0);
	resync(c);
}

void tr_tlbilx(struct tr_ctx *c)
{
	ir_call(c->r, IR_V, HELPER_tlbilx, tr_const(c, f_t_tlb(c->w)),
		tr_ea_index(c, f_ra(c->w), f_rb(c->w)), 0, 0);
	resync(c);
}

/* --- DCRs --- */
static void read_dcr(struct tr_ctx *c, ir_ref dcrn)
{
	tr_set_gpr(c, f_rt(c->w), ir_call(c->r, IR_I, HELPER_mfdcr, dcrn, 0, 0, 0));
}

static void write_dcr(struct tr_ctx *c, ir_ref dcrn)
{
	ir_call(c->r, IR_V, HELPER_mtdcr, dcrn, tr_gpr(c, f_rs(c->w)), 0, 0);
}

void tr_mfdcr(struct tr_ctx *c)
{
	read_dcr(c, tr_const(c, f_dcrn(c->w)));
}

void tr_mtdcr(struct tr_ctx *c)
{
	write_dcr(c, tr_const(c, f_dcrn(c->w)));
}

void tr_mfdcrx(struct tr_ctx *c)
{
	read_dcr(c, tr_gpr(c, f_ra(c->w)));
}

void tr_mtdcrx(struct tr_ctx *c)
{
	write_dcr(c, tr_gpr(c, f_ra(c->w)));
}

void tr_mfdcrux(struct tr_ctx *c)
{
	read_dcr(c, tr_gpr(c, f_ra(c->w)));
}

void tr_mtdcrux(struct tr_ctx *c)
{
	write_dcr(c, tr_gpr(c, f_ra(c->w)));
}

/* --- caches --- */

/* The whole instruction cache is meant, whatever the operands are. */
void tr_iccci(struct tr_ctx *c)
{
	ir_call(c->r, IR_V, HELPER_iccci, 0, 0, 0, 0);
}

/* The data cache is always coherent with memory here. */
void tr_dccci(struct tr_ctx *c)
{
}

/* Cache contents are not modelled: no line is ever valid. */
void tr_icread(struct tr_ctx *c)
{
	ir_put(c->r, IR_I, SLOT_SPR(SPR_ICDBDR), tr_const(c, 0));
}

void tr_dcread(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), tr_const(c, 0));
}

/* Locking: always succeeds and has no effect. In problem state MSR[UCLE] has to allow it. */
static void cache_lock(struct tr_ctx *c, u64 esr)
{
	ir_ref ea = tr_ea_index(c, f_ra(c->w), f_rb(c->w));

	if (!(c->mode & MODE_PR) || (c->mode & MODE_UCLE))
		return;
	ir_put(c->r, IR_I, SLOT(event.ea), ea);
	ir_put(c->r, IR_I, SLOT(event.dsisr), tr_const(c, esr));
	tr_raise(c, CPU_EXC_DSI, 0);
}

#define LOCK_INSN(name, esr)                                                                       \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		cache_lock(c, esr);                                                                \
	}

/* clang-format off */
LOCK_INSN(icbtls, 0x00100000)
LOCK_INSN(icblc, 0x00100000)
LOCK_INSN(dcbtls, 0x00200000)
LOCK_INSN(dcbtstls, 0x00200000)
LOCK_INSN(dcblc, 0x00200000)
/* clang-format on */

/* --- performance monitor: counters that never count; reads give 0 --- */
static bool pmr_ok(struct tr_ctx *c)
{
	/* Numbers with bit 5 set are the supervisor's. */
	if (!(c->mode & MODE_PR) || !(f_pmrn(c->w) & 0x10))
		return true;
	tr_raise(c, CPU_EXC_PROGRAM, CPU_PROG_PRIV);
	return false;
}

void tr_mfpmr(struct tr_ctx *c)
{
	if (pmr_ok(c))
		tr_set_gpr(c, f_rt(c->w), tr_const(c, 0));
}

void tr_mtpmr(struct tr_ctx *c)
{
	pmr_ok(c);
}

/* A call to the embedded hypervisor: there is none. */
void tr_ehpriv(struct tr_ctx *c)
{
	tr_illegal(c);
}
