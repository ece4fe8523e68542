// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scalar and VSX floating point in SSE and AVX: the table of emitters, and the status.
 *
 * MXCSR has the guest's rounding mode and accumulates exceptions while translated code runs; all
 * of them are masked. Nothing that runs under it computes with floats but these emitters (and the
 * vector ones, under an image of their own): helpers are integer code.
 *
 * What must hold of every op here, so that four flags of MXCSR can be added to the status later:
 *
 * - PE, OE, UE, ZE are set only if the guest's instruction reports them, whether or not its result
 *   goes by the cold path, which executes the helper on top. IE and DE mean nothing: every invalid
 *   operation has a NaN, or the integer indefinite, as its result, which is cold.
 * - The host finds tininess after rounding, the guest before it: they differ only where the result
 *   is the smallest normal number, so that is cold. (What is smaller as a result was tiny in both
 *   ways, and inexact in the same cases.) Sums need no such check: tiny ones are exact.
 * - A single-precision result is the double one rounded again. If the first rounding was inexact
 *   the guest's single one is (what fits in a single fits in a double). The second must not see a
 *   tie, or an overflow, that the first made. Products, quotients and roots of operands with the
 *   precision of singles, whatever their exponents, cannot make one, not even between denormal
 *   singles: they are as far as 2^-48 from it. Nor can sums, but for tiny results of operands
 *   outside of single's range. Fused multiply-add can: results exactly between two singles are
 *   sorted out before the second rounding. Small results of these two are cold.
 * - Conversions to integers set PE only in range; unsigned ones check the range before.
 *
 * FR, FI and FPRF are the front end's business (lazy slots, see IR_FX_ADD).
 */
#include "backend/x86_64/fp.h"
#include "base/string.h"

/* clang-format off */
#define SAME(name)             { #name, jitfp_##name, 0 },
#define NEEDS(name, fn, host)  { #name, jitfp_##fn, host },
/* clang-format on */

const struct jit_inline jit_inline_fp[] = {
	/* clang-format off */
	SAME(fadd) SAME(fsub) SAME(fmul) SAME(fdiv) SAME(fsqrt)
	SAME(fadds) SAME(fsubs) SAME(fmuls) SAME(fdivs) SAME(fsqrts)
	NEEDS(fmadd, fmadd, HOST_FMA)
	NEEDS(fmsub, fmsub, HOST_FMA)
	NEEDS(fnmadd, fnmadd, HOST_FMA)
	NEEDS(fnmsub, fnmsub, HOST_FMA)
	NEEDS(fmadds, fmadds, HOST_FMA)
	NEEDS(fmsubs, fmsubs, HOST_FMA)
	NEEDS(fnmadds, fnmadds, HOST_FMA)
	NEEDS(fnmsubs, fnmsubs, HOST_FMA)
	SAME(frsp)
	NEEDS(frin, frin, HOST_SSE41)
	NEEDS(friz, friz, HOST_SSE41)
	NEEDS(frip, frip, HOST_SSE41)
	NEEDS(frim, frim, HOST_SSE41)
	NEEDS(xsrdpic, xsrdpic, HOST_SSE41)
	SAME(fctiw) SAME(fctiwz) SAME(fctiwu) SAME(fctiwuz)
	SAME(fctid) SAME(fctidz) SAME(fctidu) SAME(fctiduz)
	SAME(fcfid) SAME(fcfidu) SAME(fcfids) SAME(fcfidus)
	SAME(fneg) SAME(fabs) SAME(fnabs) SAME(fcpsgn) SAME(fsel)
	{"fp_load_single", jitfp_load_single, 0},
	{"fp_store_single", jitfp_store_single, 0},
	NEEDS(fcmpu, compare, 0)
	NEEDS(fcmpo, compare, 0)
	NEEDS(xsmaxdp, xsmax, 0)
	NEEDS(xsmindp, xsmin, 0)
	NEEDS(xsmaxjdp, xsmax, 0)
	NEEDS(xsminjdp, xsmin, 0)
	NEEDS(xsmaxcdp, xsmaxc, 0)
	NEEDS(xsmincdp, xsminc, 0)
	NEEDS(xscmpeqdp, xscmpeq, 0)
	NEEDS(xscmpgedp, xscmpge, 0)
	NEEDS(xscmpgtdp, xscmpgt, 0)
	SAME(xvadddp) SAME(xvsubdp) SAME(xvmuldp) SAME(xvdivdp) SAME(xvsqrtdp)
	SAME(xvaddsp) SAME(xvsubsp) SAME(xvmulsp) SAME(xvdivsp) SAME(xvsqrtsp)
	NEEDS(xvmadddp, xvmadddp, HOST_FMA)
	NEEDS(xvmsubdp, xvmsubdp, HOST_FMA)
	NEEDS(xvnmadddp, xvnmadddp, HOST_FMA)
	NEEDS(xvnmsubdp, xvnmsubdp, HOST_FMA)
	NEEDS(xvmaddsp, xvmaddsp, HOST_FMA)
	NEEDS(xvmsubsp, xvmsubsp, HOST_FMA)
	NEEDS(xvnmaddsp, xvnmaddsp, HOST_FMA)
	NEEDS(xvnmsubsp, xvnmsubsp, HOST_FMA)
	SAME(xvmaxdp) SAME(xvmindp) SAME(xvmaxsp) SAME(xvminsp)
	SAME(xvcmpeqdp) SAME(xvcmpgedp) SAME(xvcmpgtdp)
	SAME(xvcmpeqsp) SAME(xvcmpgesp) SAME(xvcmpgtsp)
	NEEDS(xvrdpic, xvrdpic, HOST_SSE41)
	NEEDS(xvrdpim, xvrdpim, HOST_SSE41)
	NEEDS(xvrdpip, xvrdpip, HOST_SSE41)
	NEEDS(xvrdpiz, xvrdpiz, HOST_SSE41)
	NEEDS(xvrspic, xvrspic, HOST_SSE41)
	NEEDS(xvrspim, xvrspim, HOST_SSE41)
	NEEDS(xvrspip, xvrspip, HOST_SSE41)
	NEEDS(xvrspiz, xvrspiz, HOST_SSE41)
	SAME(xvcvspdp) SAME(xvcvdpsp) SAME(xvcvsxwsp) SAME(xvcvsxwdp)
	SAME(xvcvspsxws) SAME(xvcvdpsxws) SAME(xvcvsxddp) SAME(xvcvdpsxds)
	SAME(xvcvuxwsp) SAME(xvcvuxwdp) SAME(xvcvuxddp) SAME(xvcvspuxws) SAME(xvcvdpuxws)
	NEEDS(xvrdpi, xvrdpi, HOST_SSE41)
	NEEDS(xvrspi, xvrspi, HOST_SSE41)
	SAME(xscvspdp) SAME(xscvdpsp)
	{NULL, NULL, 0},
	/* clang-format on */
};

bool jit_fp_owns(const struct jit_inline *in)
{
	return in >= jit_inline_fp && in < jit_inline_fp + ARRAY_SIZE(jit_inline_fp);
}

bool jitfp_is_single(const struct jit *j, ir_ref v)
{
	static const char *const singles[] = {
		"fp_load_single", "frsp",   "fadds",   "fsubs",	 "fmuls",
		"fdivs",	  "fsqrts", "fmadds",  "fmsubs", "fnmadds",
		"fnmsubs",	  "fcfids", "fcfidus", "fres",	 "frsqrtes",
	};
	const struct ir_insn *i = &j->r->insn[v];
	const char *name;
	u32 k;

	if (i->op != IR_CALL || i->type != IR_F)
		return false;
	name = j->env->helpers[i->imm].name;
	if (!strcmp(name, "fneg") || !strcmp(name, "fabs") || !strcmp(name, "fnabs"))
		return jitfp_is_single(j, i->a);
	for (k = 0; k < ARRAY_SIZE(singles); k++)
		if (!strcmp(name, singles[k]))
			return true;
	return false;
}

static struct xmem both(struct jit *j, enum fp_lane l, u64 d, u32 s)
{
	u64 v = l == FP_D ? d : (u64)s << 32 | s;
	struct xmem m;

	jit_const_q(j, v, v, &m);
	return m;
}

struct xmem jitfp_abs(struct jit *j, enum fp_lane l)
{
	return both(j, l, ~(1ull << 63), 0x7fffffff);
}

struct xmem jitfp_sign(struct jit *j, enum fp_lane l)
{
	return both(j, l, 1ull << 63, 0x80000000);
}

struct xmem jitfp_min_normal(struct jit *j, enum fp_lane l)
{
	return both(j, l, 1ull << 52, 1 << 23);
}

struct xmem jitfp_const(struct jit *j, u64 v)
{
	return both(j, FP_D, v, 0);
}

static void compare_smallest(struct jit *j, enum fp_lane l, unsigned x)
{
	/* the smallest normal single as a double */
	const u64 min = l == FP_D ? 1ull << 52 : (1023ull - 126) << 52;

	xv_rrm(j->x, XV_ANDPD, FP_S0, x, jitfp_abs(j, FP_D));
	xv_rm(j->x, XV_UCOMISD, FP_S0, jitfp_const(j, min));
}

void jitfp_check_result(struct jit *j, enum fp_lane l, unsigned x, u32 label)
{
	compare_smallest(j, l, x);
	/* NaNs too */
	x_jcc(j->x, XC_E, label);
}

void jitfp_check_range(struct jit *j, enum fp_lane l, unsigned x, u32 label)
{
	compare_smallest(j, l, x);
	x_jcc(j->x, XC_BE, label);
}

void jitfp_check_nan(struct jit *j, unsigned x, u32 label)
{
	xv_rr(j->x, XV_UCOMISD, x, x);
	x_jcc(j->x, XC_P, label);
}

void jitfp_jump_zero(struct jit *j, unsigned x, u32 label)
{
	u32 nan = x_label(j->x);

	xv_zero(j->x, FP_S1);
	xv_rr(j->x, XV_UCOMISD, x, FP_S1);
	x_jcc_short(j->x, XC_P, nan);
	x_jcc(j->x, XC_E, label);
	x_bind(j->x, nan);
}

void jitfp_jump_mask(struct jit *j, enum fp_lane l, unsigned x, int tmp, u32 label)
{
	if (j->host & HOST_SSE41) {
		xv_rr(j->x, XV_PTEST, x, x);
	} else {
		xv_rr(j->x, l == FP_D ? XV_MOVMSKPD : XV_MOVMSKPS, (unsigned)tmp, x);
		x_test_rr(j->x, X_32, (unsigned)tmp, (unsigned)tmp);
	}
	x_jcc(j->x, XC_NE, label);
}
