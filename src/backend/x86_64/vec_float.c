// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMX single precision as host code. It rounds to nearest, flushes denormals under VSCR.NJ and
 * leaves no trace in the FPSCR, so it runs under an MXCSR of its own, which is loaded before a run
 * of such instructions and put back behind it. Nothing in a run may leave the code; what cold code
 * calls in between is integer code.
 *
 * The helper decides where the host is different: NaNs; a result of the smallest normal magnitude,
 * which may count as denormal here (tininess before rounding); a denormal maximum or minimum.
 */
#include "backend/x86_64/core.h"
#include "backend/x86_64/vec.h"

/* Predicates of cmpps */
enum { EQ = 0, LT = 1, LE = 2, UNORD = 3, NLE = 6 };

/* jit.fp[]: the MXCSR of VMX is loaded; the guest's stands in the frame */
enum { LOADED = 0, SAVED = JIT_FP };

/* The word of the VSCR with NJ, behind that with SAT */
enum { NJ = 8 };

static jit_emit_fn *const emitters[] = {
	jit_vec_vaddfp, jit_vec_vsubfp,	  jit_vec_vmaddfp,  jit_vec_vnmsubfp, jit_vec_vmaxfp,
	jit_vec_vminfp, jit_vec_vcmpeqfp, jit_vec_vcmpgefp, jit_vec_vcmpgtfp, jit_vec_vcmpbfp,
	jit_vec_vrfin,	jit_vec_vrfiz,	  jit_vec_vrfip,    jit_vec_vrfim,    jit_vec_vrefp,
	jit_vec_vctsxs, jit_vec_vctuxs,	  jit_vec_vcfsx,    jit_vec_vcfux,    jit_vec_vrsqrtefp,
};

/* A CALL that one of the emitters here will do */
static bool is_float(const struct jit *j, const struct ir_insn *i)
{
	const struct jit_inline *in = j->b->inlines[i->imm];
	u64 scale;

	for (u32 k = 0; in && k < ARRAY_SIZE(emitters); k++)
		if (in->emit == emitters[k])
			return !i->b || j->r->insn[i->b].type == IR_Q ||
			       ir_is_const(j->r, i->b, &scale);
	return false;
}

/* Does a run that instruction n is in go on behind it? */
static bool goes_on(const struct jit *j, ir_ref n)
{
	for (u32 k = n + 1u; k < j->r->count; k++) {
		const struct ir_insn *i = &j->r->insn[k];

		if (i->op == IR_CALL) {
			if (is_float(j, i))
				return true;
			/* pure ones of fp.c have the guest's MXCSR too */
			if (jit_fp_owns(j->b->inlines[i->imm]) ||
			    (ir_call_effects(i, j->env) & ~(u32)IR_FX_VSAT))
				return false;
		} else if (i->op == IR_PUT && i->imm == j->env->vsat_slot + NJ) {
			return false;
		} else if (i->op != IR_GET && i->op != IR_PUT && i->op != IR_CONST &&
			   ir_op_info[i->op].side_effect) {
			return false;
		}
	}
	return false;
}

/* Registers of an instruction. MXCSR's images, without and with flushing, are chosen by VSCR.NJ,
 * which stands behind SAT. */
struct op {
	unsigned a, b, c, d, t;
	int gpr, image;
};

static struct op operands(struct jit *j, const struct ir_insn *i, ir_ref n, unsigned vectors)
{
	struct op o = {.a = (unsigned)jit_use_q(j, i->a)};

	if (vectors > 1)
		o.b = (unsigned)jit_use_q(j, i->b);
	if (vectors > 2)
		o.c = (unsigned)jit_use_q(j, i->c);
	o.gpr = jit_tmp_int(j);
	o.image = jit_tmp_int(j);
	o.t = (unsigned)jit_tmp_xmm(j);
	o.d = (unsigned)jit_def_fresh_q(j, n);
	return o;
}

static void begin(struct jit *j, const struct op *o)
{
	struct xcode *x = j->x;

	if (j->fp[LOADED])
		return;
	x_stmxcsr(x, jit_frame(SAVED));
	x_mov_rm(x, X_32, (unsigned)o->gpr, jit_slot(j->env->vsat_slot + NJ));
	x_lea(x, X_64, (unsigned)o->image, vec_const(j, 0, 0x00001f80 | 0x9fc0ull << 32));
	x_ldmxcsr(x, xm_index((unsigned)o->image, (unsigned)o->gpr, 2, 0));
	j->fp[LOADED] = 1;
}

static void end(struct jit *j, ir_ref n)
{
	if (goes_on(j, n))
		return;
	x_ldmxcsr(j->x, jit_frame(SAVED));
	j->fp[LOADED] = 0;
}

/* To the helper if any element of VT is not 0: all ones */
static void helper_if(struct jit *j, const struct op *o)
{
	struct jit_cold *c;

	xv_rr(j->x, XV_MOVMSKPS, (unsigned)o->gpr, VT);
	x_test_rr(j->x, X_32, (unsigned)o->gpr, (unsigned)o->gpr);
	c = jit_cold_call_path(j);
	x_jcc(j->x, XC_NE, c->at);
	x_bind(j->x, c->back);
}

static void check_nan(struct jit *j, const struct op *o)
{
	xv_rrri(j->x, XV_CMPPS, VT, o->d, o->d, UNORD);
	helper_if(j, o);
}

/* NaNs, and results of the smallest normal magnitude */
static void check_range(struct jit *j, const struct op *o)
{
	xv_rrm(j->x, XV_PAND, o->t, o->d, vec_w(j, 0x7fffffff));
	xv_rrm(j->x, XV_PCMPEQD, o->t, o->t, vec_w(j, 0x00800000));
	xv_rrri(j->x, XV_CMPPS, VT, o->d, o->d, UNORD);
	xv_rrr(j->x, XV_POR, VT, VT, o->t);
	helper_if(j, o);
}

static bool sum(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op)
{
	struct op o = operands(j, i, n, 2);

	begin(j, &o);
	xv_rrr(j->x, op, o.d, o.a, o.b);
	check_nan(j, &o);
	end(j, n);
	return true;
}

EMIT(vaddfp)
{
	return sum(j, i, n, XV_ADDPS);
}

EMIT(vsubfp)
{
	return sum(j, i, n, XV_SUBPS);
}

/* a * c and b */
EMIT(vmaddfp)
{
	struct op o = operands(j, i, n, 3);

	begin(j, &o);
	xv_mov(j->x, o.d, o.a);
	xv_rrr(j->x, XV_FMADD213PS, o.d, o.c, o.b);
	check_range(j, &o);
	end(j, n);
	return true;
}

/* Negated behind the rounding: an exact zero becomes -0. */
EMIT(vnmsubfp)
{
	struct op o = operands(j, i, n, 3);

	begin(j, &o);
	xv_mov(j->x, o.d, o.a);
	xv_rrr(j->x, XV_FMSUB213PS, o.d, o.c, o.b);
	xv_rrm(j->x, XV_PXOR, o.d, o.d, vec_w(j, 0x80000000));
	check_range(j, &o);
	end(j, n);
	return true;
}

/* The host gives the second operand for two zeros: +0 is the larger one, -0 the smaller. */
static bool extreme(struct jit *j, const struct ir_insn *i, ir_ref n, enum xvop op, enum xvop zeros)
{
	struct op o = operands(j, i, n, 2);
	struct xcode *x = j->x;

	begin(j, &o);
	xv_rrr(x, op, o.t, o.b, o.a);
	xv_rrr(x, op, o.d, o.a, o.b);
	xv_rrr(x, zeros, o.d, o.d, o.t);
	/* denormal: 0 < 2 * |d| < 2^24 as an integer, less 1 and with the sign flipped */
	xv_shift_rri(x, XV_PSLLD_I, o.t, o.d, 1);
	xv_rrm(x, XV_PADDD, o.t, o.t, vec_w(j, 0x7fffffff));
	xv_rm(x, XV_MOVDQA, VT, vec_w(j, 0x80ffffff));
	xv_rrr(x, XV_PCMPGTD, VT, VT, o.t);
	xv_rrri(x, XV_CMPPS, o.t, o.a, o.b, UNORD);
	xv_rrr(x, XV_POR, VT, VT, o.t);
	helper_if(j, &o);
	end(j, n);
	return true;
}

EMIT(vmaxfp)
{
	return extreme(j, i, n, XV_MAXPS, XV_PAND);
}

EMIT(vminfp)
{
	return extreme(j, i, n, XV_MINPS, XV_POR);
}

static bool compare(struct jit *j, const struct ir_insn *i, ir_ref n, unsigned predicate,
		    bool exchange)
{
	struct op o = operands(j, i, n, 2);

	begin(j, &o);
	xv_rrri(j->x, XV_CMPPS, o.d, exchange ? o.b : o.a, exchange ? o.a : o.b, (u8)predicate);
	end(j, n);
	return true;
}

EMIT(vcmpeqfp)
{
	return compare(j, i, n, EQ, false);
}

EMIT(vcmpgefp)
{
	return compare(j, i, n, LE, true);
}

EMIT(vcmpgtfp)
{
	return compare(j, i, n, LT, true);
}

/* Not a <= b: the first bit; not -b <= a: the second */
EMIT(vcmpbfp)
{
	struct op o = operands(j, i, n, 2);
	struct xcode *x = j->x;

	begin(j, &o);
	xv_rrm(x, XV_PXOR, o.t, o.b, vec_w(j, 0x80000000));
	xv_rrri(x, XV_CMPPS, o.t, o.t, o.a, NLE);
	xv_rrri(x, XV_CMPPS, o.d, o.a, o.b, NLE);
	xv_rrm(x, XV_PAND, o.t, o.t, vec_w(j, 0x40000000));
	xv_rrm(x, XV_PAND, o.d, o.d, vec_w(j, 0x80000000));
	xv_rrr(x, XV_POR, o.d, o.d, o.t);
	end(j, n);
	return true;
}

static bool integral(struct jit *j, const struct ir_insn *i, ir_ref n, unsigned mode)
{
	struct op o = operands(j, i, n, 1);

	begin(j, &o);
	xv_rri(j->x, XV_ROUNDPS, o.d, o.a, (u8)mode);
	check_nan(j, &o);
	end(j, n);
	return true;
}

EMIT(vrfin)
{
	return integral(j, i, n, 0);
}

EMIT(vrfim)
{
	return integral(j, i, n, 1);
}

EMIT(vrfip)
{
	return integral(j, i, n, 2);
}

EMIT(vrfiz)
{
	return integral(j, i, n, 3);
}

/* The estimates are exact: 1 / x, and 1 / the rounded root of x */
static bool estimate(struct jit *j, const struct ir_insn *i, ir_ref n, bool root)
{
	struct op o = operands(j, i, n, 1);
	unsigned by = o.a;

	begin(j, &o);
	if (root) {
		xv_rr(j->x, XV_SQRTPS, o.t, o.a);
		by = o.t;
	}
	xv_rm(j->x, XV_MOVAPS, o.d, vec_w(j, 0x3f800000));
	xv_rrr(j->x, XV_DIVPS, o.d, o.d, by);
	check_range(j, &o);
	end(j, n);
	return true;
}

EMIT(vrefp)
{
	return estimate(j, i, n, false);
}

EMIT(vrsqrtefp)
{
	return estimate(j, i, n, true);
}

/* x times 2^scale as an integer: the helper saturates, and deals with all negative values if the
 * result has no sign */
static bool to_words(struct jit *j, const struct ir_insn *i, ir_ref n, bool sign)
{
	struct op o;
	u64 scale;
	struct xcode *x = j->x;

	if (!jit_is_const(j, i->b, &scale))
		return false;
	o = operands(j, i, n, 1);
	begin(j, &o);
	xv_rrm(x, XV_MULPS, VT, o.a, vec_w(j, (127 + (u32)(scale & 31)) << 23));
	xv_rr(x, XV_CVTTPS2DQ, o.d, VT);
	if (sign) {
		xv_rrm(x, XV_PCMPEQD, VT, o.d, vec_w(j, 0x80000000));
	} else {
		/* -0 and fractions are not the helper's, but seldom */
		xv_rrr(x, XV_POR, VT, VT, o.d);
	}
	helper_if(j, &o);
	end(j, n);
	return true;
}

EMIT(vctsxs)
{
	return to_words(j, i, n, true);
}

EMIT(vctuxs)
{
	return to_words(j, i, n, false);
}

/* Integers divided by 2^scale, which is exact */
static bool from_words(struct jit *j, const struct ir_insn *i, ir_ref n, bool sign)
{
	struct op o;
	u64 scale;

	if (!jit_is_const(j, i->b, &scale))
		return false;
	scale &= 31;
	o = operands(j, i, n, 1);
	begin(j, &o);
	xv_rr(j->x, XV_CVTDQ2PS, o.d, o.a);
	if (scale)
		xv_rrm(j->x, XV_MULPS, o.d, o.d, vec_w(j, (127 - (u32)scale) << 23));
	if (!sign) {
		xv_mov(j->x, VT, o.a);
		helper_if(j, &o);
	}
	end(j, n);
	return true;
}

EMIT(vcfsx)
{
	return from_words(j, i, n, true);
}

EMIT(vcfux)
{
	return from_words(j, i, n, false);
}
