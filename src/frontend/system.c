// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Supervisor instructions of Book3S: SPRs, MSR, returns from interrupts, SLB and TLB, doorbells,
 * power saving, event-based branches and transactional memory (Power ISA 3.0B Book III chapters
 * 3 to 5 and 11; Book II chapters 5 to 7).
 *
 * Whatever may change the mode word or translation ends the region with CPU_EXIT_RESYNC. A return
 * leaves its target in event.ea and says so by CPU_TRACE_PC_IN_EA.
 */
#include "frontend/frontend.h"
#include "isa/msr.h"
#include "isa/sprbits.h"

static ir_ref call(struct tr_ctx *c, enum ir_type type, u32 helper, ir_ref a, ir_ref b, ir_ref d)
{
	return ir_call(c->r, type, helper, a, b, d, 0);
}

static void resync(struct tr_ctx *c)
{
	tr_leave_after(c, CPU_EXIT_RESYNC, 0);
}

/* --- SPRs --- */
static enum spr_rights rights(const struct tr_ctx *c, const struct spr_row *row)
{
	if (c->mode & MODE_PR)
		return row->user;
	return c->mode & MODE_HV ? row->hyp : row->sup;
}

/* A number that names nothing in this direction and state (Book III 4.4.4, mfspr and mtspr): the
 * privileged half of the numbers is a privilege violation for problem state; hypervisor resources
 * are one for the guest's supervisor; else nothing happens but for a few numbers. */
static void no_spr(struct tr_ctx *c, unsigned number, const struct spr_row *row, bool read)
{
	bool pr = c->mode & MODE_PR;
	bool hyp = row && (row->hyp == SPR_RW || row->hyp == (read ? SPR_RO : SPR_WO));

	if ((number & 0x10) && (pr || hyp)) {
		tr_raise(c, CPU_EXC_PROGRAM, CPU_PROG_PRIV);
		return;
	}
	if (c->model->families & FAM_BOOK3S64) {
		/* 808 to 811 are reserved no-ops. */
		if (!pr && number && !(read && number >= 4 && number <= 6))
			return;
		if (number >= 808 && number <= 811)
			return;
		tr_raise(c, CPU_EXC_HEMU_ASSIST, c->w);
		return;
	}
	tr_illegal(c);
}

static bool need(struct tr_ctx *c, u32 mode_bit, u64 ic)
{
	if (c->mode & mode_bit)
		return true;
	tr_raise(c, CPU_EXC_FAC_UNAVAIL, ic);
	return false;
}

/* MMCR0[PMCC] = 0 lets problem state read but not write: a write is an illegal instruction. */
static bool need_pmu(struct tr_ctx *c, bool read)
{
	if (c->mode & (read ? MODE_FAC_PMU_READ : MODE_FAC_PMU_WRITE))
		return true;
	if (c->mode & MODE_FAC_PMU_READ)
		tr_raise(c, CPU_EXC_HEMU_ASSIST, c->w);
	else
		tr_raise(c, CPU_EXC_FAC_UNAVAIL, IC_PMU);
	return false;
}

static bool facility_ok(struct tr_ctx *c, const struct spr_row *row, bool read)
{
	switch (row->facility) {
	case FAC_DSCR:
		return need(c, MODE_FAC_DSCR, IC_DSCR);
	case FAC_TAR:
		return need(c, MODE_FAC_TAR, IC_TAR);
	case FAC_EBB:
		return need(c, MODE_FAC_EBB, IC_EBB);
	case FAC_TM:
		return need(c, MODE_FAC_TM, IC_TM);
	case FAC_PMU:
		return need_pmu(c, read);
	default:
		return true;
	}
}

/* The row to access, or NULL when the instruction is dealt with. */
static const struct spr_row *accessible(struct tr_ctx *c, unsigned number, bool read)
{
	const struct spr_row *row = spr_find(c->model, number);

	if (!row || !(rights(c, row) & (read ? SPR_RO : SPR_WO))) {
		no_spr(c, number, row, read);
		return NULL;
	}
	return facility_ok(c, row, read) ? row : NULL;
}

static ir_ref shifted(struct tr_ctx *c, u32 slot, unsigned n)
{
	return ir_op2i(c->r, IR_SHL, ir_get(c->r, IR_I, slot), n);
}

static ir_ref read_xer(struct tr_ctx *c)
{
	ir_ref v = ir_get(c->r, IR_I, SLOT(xer_rest));

	v = ir_op2(c->r, IR_OR, v, shifted(c, SLOT(so), 31));
	v = ir_op2(c->r, IR_OR, v, shifted(c, SLOT(ov), 30));
	v = ir_op2(c->r, IR_OR, v, shifted(c, SLOT(ca), 29));
	v = ir_op2(c->r, IR_OR, v, shifted(c, SLOT(ov32), 19));
	return ir_op2(c->r, IR_OR, v, shifted(c, SLOT(ca32), 18));
}

static void put_bit(struct tr_ctx *c, u32 slot, ir_ref v, unsigned n)
{
	v = ir_op2i(c->r, IR_SHR, v, n);
	ir_put(c->r, IR_I, slot, ir_op2i(c->r, IR_AND, v, 1));
}

/* cpu_set_xer() in IR */
static void write_xer(struct tr_ctx *c, ir_ref v)
{
	put_bit(c, SLOT(so), v, 31);
	put_bit(c, SLOT(ov), v, 30);
	put_bit(c, SLOT(ca), v, 29);
	if (c->model->isa >= ISA_3_0) {
		put_bit(c, SLOT(ov32), v, 19);
		put_bit(c, SLOT(ca32), v, 18);
	}
	ir_put(c->r, IR_I, SLOT(xer_rest), ir_op2i(c->r, IR_AND, v, 0x1ff3ffff));
}

static void read_spr(struct tr_ctx *c, unsigned rt, const struct spr_row *row)
{
	ir_ref v;

	switch (row->rd) {
	case SPR_ACC_P:
		v = ir_get(c->r, IR_I, spr_slot(row));
		break;
	case SPR_ACC_XER:
		v = read_xer(c);
		break;
	case SPR_ACC_HIGH:
		v = ir_op2i(c->r, IR_SHR, ir_get(c->r, IR_I, spr_slot(row)), 32);
		break;
	default:
		v = call(c, IR_I, HELPER_mfspr, tr_const(c, row->id), 0, 0);
		break;
	}
	tr_set_gpr(c, rt, v);
}

void tr_mfspr(struct tr_ctx *c)
{
	const struct spr_row *row = accessible(c, f_spr(c->w), true);

	if (row)
		read_spr(c, f_rt(c->w), row);
}

void tr_mtspr(struct tr_ctx *c)
{
	const struct spr_row *row = accessible(c, f_spr(c->w), false);
	ir_ref v;

	if (!row)
		return;
	v = tr_gpr(c, f_rs(c->w));
	switch (row->wr) {
	case SPR_ACC_P:
		v = ir_op2i(c->r, IR_AND, v, spr_mask(row, c->model));
		ir_put(c->r, IR_I, spr_slot(row), v);
		return;
	case SPR_ACC_XER:
		write_xer(c, v);
		return;
	case SPR_ACC_MMUCSR0_R:
		call(c, IR_V, HELPER_mmucsr0, v, 0, 0);
		break;
	default:
		call(c, IR_V, HELPER_mtspr, tr_const(c, row->id), v, 0);
		break;
	}
	if (row->wr >= SPR_ACC_FLUSH_R)
		resync(c);
}

/* mftb is mfspr with the time base's numbers only. */
void tr_mftb(struct tr_ctx *c)
{
	unsigned number = f_tbr(c->w);

	if (number == 268 || number == 269)
		read_spr(c, f_rt(c->w), spr_find(c->model, number));
	else
		tr_illegal(c);
}

/* --- MSR --- */
void tr_mfmsr(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), ir_get(c->r, IR_I, SLOT(msr)));
}

/* BookE: MSR[WE] stops the processor until an interrupt. */
static void set_msr_booke(struct tr_ctx *c, ir_ref v)
{
	u32 stop = ir_new_label(c->r), go = ir_new_label(c->r);

	call(c, IR_V, HELPER_mtmsr, v, 0, 0);
	ir_br(c->r, ir_op2i(c->r, IR_AND, ir_get(c->r, IR_I, SLOT(msr)), MSR_WE), stop, go);
	ir_label(c->r, stop);
	tr_leave_after(c, CPU_EXIT_IDLE, 0);
	ir_label(c->r, go);
	resync(c);
}

static void set_msr_masked(struct tr_ctx *c, u64 mask)
{
	ir_ref old = ir_op2i(c->r, IR_AND, ir_get(c->r, IR_I, SLOT(msr)), ~mask);
	ir_ref new = ir_op2i(c->r, IR_AND, tr_gpr(c, f_rs(c->w)), mask);

	call(c, IR_V, HELPER_mtmsr, ir_op2(c->r, IR_OR, old, new), 0, 0);
	resync(c);
}

/* EE and RI are not part of the mode word: the next region's poll sees a pending interrupt. */
static void set_ee_ri(struct tr_ctx *c)
{
	call(c, IR_V, HELPER_mtmsr_ee, tr_gpr(c, f_rs(c->w)), 0, 0);
	tr_goto(c, c->next_pc, IR_HINT_NONE);
}

void tr_mtmsr(struct tr_ctx *c)
{
	if (c->model->families & FAM_BOOKE)
		set_msr_booke(c, ir_op1(c->r, IR_ZEXT32, tr_gpr(c, f_rs(c->w))));
	else if (c->model->families & FAM_BOOK3S32)
		set_msr_masked(c, 0xffffffff);
	else if (f_l_mtmsr(c->w))
		set_ee_ri(c);
	else
		set_msr_masked(c, 0xffffffff & ~(MSR_ME | MSR_LE));
}

void tr_mtmsrd(struct tr_ctx *c)
{
	if (f_l_mtmsr(c->w))
		set_ee_ri(c);
	else
		set_msr_masked(c, ~(MSR_HV | MSR_TM | MSR_TS | MSR_ME | MSR_LE));
}

/* --- returns --- */
static void return_by(struct tr_ctx *c, u32 helper)
{
	call(c, IR_V, helper, 0, 0, 0);
	ir_leave(c->r, CPU_EXIT_RESYNC, CPU_TRACE_PC_IN_EA, c->pc, c->r->cur.icount + 1);
	c->ended = true;
}

void tr_rfid(struct tr_ctx *c)
{
	return_by(c, HELPER_rfid);
}

void tr_hrfid(struct tr_ctx *c)
{
	return_by(c, HELPER_hrfid);
}

void tr_rfscv(struct tr_ctx *c)
{
	return_by(c, HELPER_rfscv);
}

void tr_rfi(struct tr_ctx *c)
{
	return_by(c, HELPER_rfi);
}

/* Event-based branches themselves never happen: nothing sets BESCR's status bits. */
void tr_rfebb(struct tr_ctx *c)
{
	ir_ref bescr = ir_get(c->r, IR_I, SLOT_SPR(SPR_BESCR));

	if (insn_bits(c->w, 20, 20))
		bescr = ir_op2i(c->r, IR_OR, bescr, BESCR_GE);
	else
		bescr = ir_op2i(c->r, IR_AND, bescr, ~BESCR_GE);
	ir_put(c->r, IR_I, SLOT_SPR(SPR_BESCR), bescr);
	tr_goto_ind(c, ir_get(c->r, IR_I, SLOT_SPR(SPR_EBBRR)), IR_HINT_NONE);
}

/* There is no branch history: it is always empty. */
void tr_clrbhrb(struct tr_ctx *c)
{
}

void tr_mfbhrbe(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), tr_const(c, 0));
}

/* --- power saving --- */
static void idle(struct tr_ctx *c)
{
	tr_leave_after(c, CPU_EXIT_IDLE, 0);
}

void tr_stop(struct tr_ctx *c)
{
	idle(c);
}

void tr_doze(struct tr_ctx *c)
{
	idle(c);
}

void tr_nap(struct tr_ctx *c)
{
	idle(c);
}

void tr_sleep(struct tr_ctx *c)
{
	idle(c);
}

void tr_rvwinkle(struct tr_ctx *c)
{
	idle(c);
}

/* WC = 0 waits for an interrupt; the other codes may end at any time. */
void tr_wait(struct tr_ctx *c)
{
	if (!f_wc(c->w))
		idle(c);
}

/* --- doorbells --- */
static void doorbell(struct tr_ctx *c, u32 helper, enum cpu_doorbell kind)
{
	call(c, IR_V, helper, tr_const(c, kind), tr_gpr(c, f_rb(c->w)), 0);
}

static enum cpu_doorbell msgsnd_kind(const struct tr_ctx *c)
{
	return c->model->families & FAM_BOOKE ? CPU_DOORBELL_BOOKE : CPU_DOORBELL_HV;
}

void tr_msgsnd(struct tr_ctx *c)
{
	doorbell(c, HELPER_msgsnd, msgsnd_kind(c));
}

void tr_msgclr(struct tr_ctx *c)
{
	doorbell(c, HELPER_msgclr, msgsnd_kind(c));
}

static bool msgp_ok(struct tr_ctx *c)
{
	if (c->mode & MODE_FAC_MSGP)
		return true;
	tr_raise(c, CPU_EXC_HFAC_UNAVAIL, IC_MSGP);
	return false;
}

void tr_msgsndp(struct tr_ctx *c)
{
	if (msgp_ok(c))
		doorbell(c, HELPER_msgsnd, CPU_DOORBELL_PRIV);
}

void tr_msgclrp(struct tr_ctx *c)
{
	if (msgp_ok(c))
		doorbell(c, HELPER_msgclr, CPU_DOORBELL_PRIV);
}

void tr_msgsync(struct tr_ctx *c)
{
	ir_fence(c->r, IR_FENCE_SYNC);
}

/* --- what we have no machine for --- */

/* No coprocessor, no secondary memory: the block is rejected, CR0 = 0. */
void tr_icswx(struct tr_ctx *c)
{
	ir_put(c->r, IR_I, SLOT_CR(0), ir_get(c->r, IR_I, SLOT(so)));
}

/* Load-monitored and support-processor hints */
void tr_mtsle(struct tr_ctx *c)
{
}

/* Transactional memory: MSR[TM] can never be set, so the facility check in front of these always
 * raises facility unavailable; the bodies are not reached. */
#define TM_INSN(name)                                                                              \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		tr_illegal(c);                                                                     \
	}

/* clang-format off */
TM_INSN(tbegin_)
TM_INSN(tend_)
TM_INSN(tabort_)
TM_INSN(tabortwc_)
TM_INSN(tabortwci_)
TM_INSN(tabortdc_)
TM_INSN(tabortdci_)
TM_INSN(tsr_)
TM_INSN(tcheck)
TM_INSN(treclaim_)
TM_INSN(trechkpt_)
/* clang-format on */
