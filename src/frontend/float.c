// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Floating-point arithmetic, moves and the FPSCR: Power ISA Book I, 4.6.5 - 4.6.10.
 *
 * FPRs and VSX: writing an FPR leaves doubleword 1 of its VSR undefined up to ISA 3.0 (7.2.1.1).
 * We clear it, as ISA 3.1 defines, and as POWER9 and qemu do.
 *
 * Enabled exceptions: regions are keyed by MODE_FPX, set while any enable of the FPSCR is. Without
 * it a helper is called by its own number, and no exception can follow. With it calls go through
 * the dispatcher fpx, a suppressed result is replaced by the target's old contents, and with
 * MODE_FE the exception is taken at the end of the same instruction: precise mode, whichever of
 * FE0, FE1 are set.
 */
#include "base/bits.h"
#include "frontend/float.h"
#include "isa/fpscr.h"

void tr_set_fpr(struct tr_ctx *c, unsigned n, ir_ref v)
{
	ir_put(c->r, IR_F, SLOT_FPR(n), v);
	ir_put(c->r, IR_I, SLOT_VSRD(n, 1), tr_const(c, 0));
}

/*
 * fp_lazy: what a call of helper id will have set when the status is collected. A PUT that a later
 * one overwrites costs nothing, so each instruction just says it.
 */

static void put_lazy(struct tr_ctx *c, u32 slot, ir_ref v)
{
	if (v)
		ir_put(c->r, IR_F, slot, v);
}

/* Besides what is recorded already in the fields below shift */
static void put_lazy_id(struct tr_ctx *c, enum helper_id id, unsigned shift)
{
	ir_ref v = ir_op2i(c->r, IR_ANDC, ir_get(c->r, IR_I, SLOT(fp_lazy)), FP_LAZY_ID << shift);

	ir_put(c->r, IR_I, SLOT(fp_lazy), ir_op2i(c->r, IR_OR, v, (u64)id << shift));
}

void tr_fp_lazy_compare(struct tr_ctx *c, enum helper_id id, ir_ref a, ir_ref b)
{
	if (!c->lazy_fp)
		return;
	put_lazy_id(c, id, FP_LAZY_CMP_SHIFT);
	put_lazy(c, SLOT(fp_lazy_cmp[0]), a);
	put_lazy(c, SLOT(fp_lazy_cmp[1]), b);
}

static void lazy(struct tr_ctx *c, enum helper_id id, ir_ref a, ir_ref b, ir_ref d)
{
	if (!c->lazy_fp)
		return;
	switch (id) {
	case HELPER_xsmaxdp:
	case HELPER_xsmindp:
	case HELPER_xsmaxcdp:
	case HELPER_xsmincdp:
	case HELPER_xsmaxjdp:
	case HELPER_xsminjdp:
	case HELPER_xscmpeqdp:
	case HELPER_xscmpgedp:
	case HELPER_xscmpgtdp:
		/* sticky bits only */
		break;
	case HELPER_fctiw:
	case HELPER_fctiwz:
	case HELPER_fctiwu:
	case HELPER_fctiwuz:
	case HELPER_fctid:
	case HELPER_fctidz:
	case HELPER_fctidu:
	case HELPER_fctiduz:
		put_lazy_id(c, id, FP_LAZY_INT_SHIFT);
		put_lazy(c, SLOT(fp_lazy_int), a);
		break;
	default:
		ir_put(c->r, IR_I, SLOT(fp_lazy), tr_const(c, id));
		put_lazy(c, SLOT(fp_lazy_arg[0]), a);
		put_lazy(c, SLOT(fp_lazy_arg[1]), b);
		put_lazy(c, SLOT(fp_lazy_arg[2]), d);
		break;
	}
}

ir_ref tr_fp_call(struct tr_ctx *c, enum helper_id id, unsigned target, ir_ref a, ir_ref b,
		  ir_ref d)
{
	ir_ref v;

	if (!(c->mode & MODE_FPX)) {
		v = ir_call(c->r, IR_F, id, a, b, d, 0);
		lazy(c, id, a, b, d);
		return v;
	}
	v = ir_call(c->r, IR_F, HELPER_fpx, tr_const(c, id), a, b ? b : a, d ? d : a);
	return ir_call(c->r, IR_F, HELPER_fp_keep, v, ir_get(c->r, IR_F, SLOT_VSRD(target, 0)), 0,
		       0);
}

void tr_fp_put(struct tr_ctx *c, unsigned n, ir_ref v)
{
	ir_ref low = tr_const(c, 0);

	if (c->mode & MODE_FPX)
		low = ir_op3(c->r, IR_SELECT, ir_get(c->r, IR_I, SLOT(fp_suppressed)),
			     ir_get(c->r, IR_I, SLOT_VSRD(n, 1)), low);
	ir_put(c->r, IR_F, SLOT_VSRD(n, 0), v);
	ir_put(c->r, IR_I, SLOT_VSRD(n, 1), low);
}

void tr_fp_check(struct tr_ctx *c)
{
	if (!(c->mode & MODE_FPX) || !(c->mode & MODE_FE))
		return;
	c->r->cur.spent = true;
	ir_call(c->r, IR_V, HELPER_fp_check, 0, 0, 0, 0);
}

/* FRT <- v, no exceptions */
static void move_result(struct tr_ctx *c, ir_ref v)
{
	tr_set_fpr(c, f_frt(c->w), v);
	if (f_rc(c->w))
		tr_record_cr1(c);
}

/* FRT <- helper(a, b, d) */
static void arith(struct tr_ctx *c, enum helper_id id, ir_ref a, ir_ref b, ir_ref d)
{
	tr_fp_put(c, f_frt(c->w), tr_fp_call(c, id, f_frt(c->w), a, b, d));
	if (f_rc(c->w))
		tr_record_cr1(c);
	tr_fp_check(c);
}

#define ARITH_B(name)                                                                              \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		arith(c, HELPER_##name, tr_fpr(c, f_frb(c->w)), 0, 0);                             \
	}
#define ARITH_AB(name)                                                                             \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		arith(c, HELPER_##name, tr_fpr(c, f_fra(c->w)), tr_fpr(c, f_frb(c->w)), 0);        \
	}
#define ARITH_AC(name)                                                                             \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		arith(c, HELPER_##name, tr_fpr(c, f_fra(c->w)), tr_fpr(c, f_frc(c->w)), 0);        \
	}
#define ARITH_ACB(name)                                                                            \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		arith(c, HELPER_##name, tr_fpr(c, f_fra(c->w)), tr_fpr(c, f_frc(c->w)),            \
		      tr_fpr(c, f_frb(c->w)));                                                     \
	}

ARITH_AB(fadd)
ARITH_AB(fadds)
ARITH_AB(fsub)
ARITH_AB(fsubs)
ARITH_AC(fmul)
ARITH_AC(fmuls)
ARITH_AB(fdiv)
ARITH_AB(fdivs)
ARITH_B(fsqrt)
ARITH_B(fsqrts)
ARITH_B(fre)
ARITH_B(fres)
ARITH_B(frsqrte)
ARITH_B(frsqrtes)
ARITH_ACB(fmadd)
ARITH_ACB(fmadds)
ARITH_ACB(fmsub)
ARITH_ACB(fmsubs)
ARITH_ACB(fnmadd)
ARITH_ACB(fnmadds)
ARITH_ACB(fnmsub)
ARITH_ACB(fnmsubs)
ARITH_B(frsp)
ARITH_B(fctiw)
ARITH_B(fctiwz)
ARITH_B(fctiwu)
ARITH_B(fctiwuz)
ARITH_B(fctid)
ARITH_B(fctidz)
ARITH_B(fctidu)
ARITH_B(fctiduz)
ARITH_B(fcfid)
ARITH_B(fcfidu)
ARITH_B(fcfids)
ARITH_B(fcfidus)
ARITH_B(frin)
ARITH_B(friz)
ARITH_B(frip)
ARITH_B(frim)

/* Moves: on bits. */

static ir_ref fpr_bits(struct tr_ctx *c, unsigned n)
{
	return ir_op1(c->r, IR_F2I, tr_fpr(c, n));
}

void tr_fmr(struct tr_ctx *c)
{
	move_result(c, tr_fpr(c, f_frb(c->w)));
}

/* FRT <- helper(FRB) */
static void move_sign(struct tr_ctx *c, enum helper_id id)
{
	move_result(c, ir_call(c->r, IR_F, id, tr_fpr(c, f_frb(c->w)), 0, 0, 0));
}

void tr_fneg(struct tr_ctx *c)
{
	move_sign(c, HELPER_fneg);
}

void tr_fabs(struct tr_ctx *c)
{
	move_sign(c, HELPER_fabs);
}

void tr_fnabs(struct tr_ctx *c)
{
	move_sign(c, HELPER_fnabs);
}

void tr_fcpsgn(struct tr_ctx *c)
{
	ir_ref a = tr_fpr(c, f_fra(c->w));

	move_result(c, ir_call(c->r, IR_F, HELPER_fcpsgn, a, tr_fpr(c, f_frb(c->w)), 0, 0));
}

/* fmrgew, fmrgow have no record form. */
void tr_fmrgew(struct tr_ctx *c)
{
	ir_ref a = ir_op2i(c->r, IR_AND, fpr_bits(c, f_fra(c->w)), ~0ull << 32);
	ir_ref b = ir_op2i(c->r, IR_SHR, fpr_bits(c, f_frb(c->w)), 32);

	tr_set_fpr(c, f_frt(c->w), ir_op1(c->r, IR_I2F, ir_op2(c->r, IR_OR, a, b)));
}

void tr_fmrgow(struct tr_ctx *c)
{
	ir_ref a = ir_op2i(c->r, IR_SHL, fpr_bits(c, f_fra(c->w)), 32);
	ir_ref b = ir_op1(c->r, IR_ZEXT32, fpr_bits(c, f_frb(c->w)));

	tr_set_fpr(c, f_frt(c->w), ir_op1(c->r, IR_I2F, ir_op2(c->r, IR_OR, a, b)));
}

void tr_fsel(struct tr_ctx *c)
{
	ir_ref a = tr_fpr(c, f_fra(c->w)), d = tr_fpr(c, f_frc(c->w));

	move_result(c, ir_call(c->r, IR_F, HELPER_fsel, a, d, tr_fpr(c, f_frb(c->w)), 0));
}

/* Compares and tests */

static void compare(struct tr_ctx *c, enum helper_id id)
{
	ir_ref a = tr_fpr(c, f_fra(c->w)), b = tr_fpr(c, f_frb(c->w));

	ir_put(c->r, IR_I, SLOT_CR(f_bf(c->w)), ir_call(c->r, IR_I, id, a, b, 0, 0));
	tr_fp_lazy_compare(c, id, a, b);
	tr_fp_check(c);
}

void tr_fcmpu(struct tr_ctx *c)
{
	compare(c, HELPER_fcmpu);
}

void tr_fcmpo(struct tr_ctx *c)
{
	compare(c, HELPER_fcmpo);
}

void tr_ftdiv(struct tr_ctx *c)
{
	ir_ref a = tr_fpr(c, f_fra(c->w));

	ir_put(c->r, IR_I, SLOT_CR(f_bf(c->w)),
	       ir_call(c->r, IR_I, HELPER_ftdiv, a, tr_fpr(c, f_frb(c->w)), 0, 0));
}

void tr_ftsqrt(struct tr_ctx *c)
{
	ir_put(c->r, IR_I, SLOT_CR(f_bf(c->w)),
	       ir_call(c->r, IR_I, HELPER_ftsqrt, tr_fpr(c, f_frb(c->w)), 0, 0, 0));
}

/* The FPSCR */

/* FRT <- the bits of mask of the FPSCR; no record form but mffs itself. */
static void read_fpscr(struct tr_ctx *c, u64 mask)
{
	ir_ref v = ir_op2i(c->r, IR_AND, tr_fpscr(c), mask);

	tr_set_fpr(c, f_frt(c->w), ir_op1(c->r, IR_I2F, v));
}

/* After the FPSCR was written by instruction: take an exception that became enabled; look the
 * next region up anew if the mode word changed, which mode_changed says (0: it cannot). */
static void fpscr_written(struct tr_ctx *c, bool may_raise, ir_ref mode_changed)
{
	struct ir_exit here = c->r->cur;

	if (may_raise && (c->mode & MODE_FE)) {
		c->r->cur.spent = true;
		ir_call(c->r, IR_V, HELPER_fp_check, 0, 0, 0, 0);
		c->r->cur.spent = false;
	}
	if (!mode_changed || (c->mode & MODE_SE))
		return;
	c->r->cur.pc = c->next_pc;
	c->r->cur.icount++;
	ir_leave_if(c->r, mode_changed, CPU_EXIT_RESYNC, 0);
	c->r->cur = here;
}

/* FPSCR bits of mask <- v */
static ir_ref write_fpscr(struct tr_ctx *c, u64 mask, ir_ref v)
{
	ir_ref changed = ir_call(c->r, IR_I, HELPER_mtfsf, tr_const(c, mask), v, 0, 0);

	return mask & FPSCR_ENABLES ? changed : 0;
}

void tr_mffs(struct tr_ctx *c)
{
	move_result(c, ir_op1(c->r, IR_I2F, tr_fpscr(c)));
}

void tr_mffsl(struct tr_ctx *c)
{
	read_fpscr(c, FPSCR_DRN | PPC_BITMASK(45, 51) | PPC_BITMASK(56, 63));
}

void tr_mffsce(struct tr_ctx *c)
{
	read_fpscr(c, ~0ull);
	fpscr_written(c, false, write_fpscr(c, FPSCR_ENABLES, tr_const(c, 0)));
}

/* FRT <- the control bits; then the bits of mask <- v */
static void swap_control(struct tr_ctx *c, u64 mask, ir_ref v)
{
	read_fpscr(c, FPSCR_DRN | PPC_BITMASK(56, 63));
	write_fpscr(c, mask, v);
}

/* The operand is read before FRT, which may be the same register, is written. */
void tr_mffscdrn(struct tr_ctx *c)
{
	swap_control(c, FPSCR_DRN, fpr_bits(c, f_frb(c->w)));
}

void tr_mffscdrni(struct tr_ctx *c)
{
	swap_control(c, FPSCR_DRN, tr_const(c, (u64)f_drm(c->w) << 32));
}

void tr_mffscrn(struct tr_ctx *c)
{
	swap_control(c, FPSCR_RN, fpr_bits(c, f_frb(c->w)));
}

void tr_mffscrni(struct tr_ctx *c)
{
	swap_control(c, FPSCR_RN, tr_const(c, f_rm(c->w)));
}

void tr_mcrfs(struct tr_ctx *c)
{
	ir_put(c->r, IR_I, SLOT_CR(f_bf(c->w)),
	       ir_call(c->r, IR_I, HELPER_mcrfs, tr_const(c, f_bfa(c->w)), 0, 0, 0));
}

static void record_written(struct tr_ctx *c, ir_ref mode_changed)
{
	if (f_rc(c->w))
		tr_record_cr1(c);
	fpscr_written(c, true, mode_changed);
}

/* L and W of mtfsf[i] came with DFP; before, the FPSCR has 32 bits and they are reserved. */
static bool high_word(const struct tr_ctx *c)
{
	return c->model->isa >= ISA_2_05 && f_w_mtfsf(c->w);
}

/* Field numbers count 4-bit groups of the 64-bit register; W = 0 means the low word. */
void tr_mtfsfi(struct tr_ctx *c)
{
	unsigned field = f_bf(c->w) + (high_word(c) ? 0 : 8), shift = 4 * (15 - field);

	record_written(c,
		       write_fpscr(c, 15ull << shift, tr_const(c, (u64)f_u_mtfsfi(c->w) << shift)));
}

void tr_mtfsf(struct tr_ctx *c)
{
	u64 mask = 0;
	unsigned i;

	for (i = 0; i < 8; i++)
		if (f_flm(c->w) & (0x80u >> i))
			mask |= 15ull << (28 - 4 * i);
	if (high_word(c))
		mask <<= 32;
	if (c->model->isa >= ISA_2_05 && f_l_mtfsf(c->w))
		mask = ~0ull;
	record_written(c, write_fpscr(c, mask, fpr_bits(c, f_frb(c->w))));
}

static void write_bit(struct tr_ctx *c, enum helper_id id)
{
	unsigned bit = f_fps_bt(c->w);
	ir_ref changed = ir_call(c->r, IR_I, id, tr_const(c, bit), 0, 0, 0);

	record_written(c, PPC_BIT(32 + bit) & FPSCR_ENABLES ? changed : 0);
}

void tr_mtfsb0(struct tr_ctx *c)
{
	write_bit(c, HELPER_mtfsb0);
}

void tr_mtfsb1(struct tr_ctx *c)
{
	write_bit(c, HELPER_mtfsb1);
}
