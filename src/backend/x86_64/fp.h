/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Floating-point emitters: what they share. See fp.c for what has to hold.
 *
 * In hot code xmm15 and xmm14 are scratch; a cold path finds them as they were at the jump.
 */
#ifndef BACKEND_X86_64_FP_H
#define BACKEND_X86_64_FP_H

#include "backend/x86_64/jit.h"

enum { FP_S0 = 15, FP_S1 = 14 };

/* Predicates of cmpps and its kin */
enum fp_predicate {
	FP_EQ = 0,
	FP_LT = 1,
	FP_LE = 2,
	FP_UNORD = 3,
	FP_NEQ = 4,
	FP_NLT = 5,
	FP_NLE = 6,
	FP_NGT = 0x1a, /* VEX only, quiet */
};

/* Elements */
enum fp_lane { FP_D, FP_S, FP_LANES };

jit_emit_fn fp_fadd, fp_fsub, fp_fmul, fp_fdiv, fp_fsqrt;
jit_emit_fn fp_fadds, fp_fsubs, fp_fmuls, fp_fdivs, fp_fsqrts;
jit_emit_fn fp_fmadd, fp_fmsub, fp_fnmadd, fp_fnmsub;
jit_emit_fn fp_fmadds, fp_fmsubs, fp_fnmadds, fp_fnmsubs;

jit_emit_fn fp_frsp, fp_frin, fp_friz, fp_frip, fp_frim, fp_xsrdpic;
jit_emit_fn fp_fctiw, fp_fctiwz, fp_fctiwu, fp_fctiwuz, fp_fctid, fp_fctidz, fp_fctidu, fp_fctiduz;
jit_emit_fn fp_fcfid, fp_fcfidu, fp_fcfids, fp_fcfidus;
jit_emit_fn fp_load_single, fp_store_single, fp_compare;
jit_emit_fn fp_xsmax, fp_xsmin, fp_xsmaxc, fp_xsminc, fp_xscmpeq, fp_xscmpge, fp_xscmpgt;

jit_emit_fn fp_xvadddp, fp_xvsubdp, fp_xvmuldp, fp_xvdivdp, fp_xvsqrtdp;
jit_emit_fn fp_xvaddsp, fp_xvsubsp, fp_xvmulsp, fp_xvdivsp, fp_xvsqrtsp;
jit_emit_fn fp_xvmadddp, fp_xvmsubdp, fp_xvnmadddp, fp_xvnmsubdp;
jit_emit_fn fp_xvmaddsp, fp_xvmsubsp, fp_xvnmaddsp, fp_xvnmsubsp;
jit_emit_fn fp_xvmaxdp, fp_xvmindp, fp_xvmaxsp, fp_xvminsp;
jit_emit_fn fp_xvcmpeqdp, fp_xvcmpgedp, fp_xvcmpgtdp, fp_xvcmpeqsp, fp_xvcmpgesp, fp_xvcmpgtsp;
jit_emit_fn fp_xvrdpic, fp_xvrdpim, fp_xvrdpip, fp_xvrdpiz;
jit_emit_fn fp_xvrspic, fp_xvrspim, fp_xvrspip, fp_xvrspiz;
jit_emit_fn fp_xvcvspdp, fp_xvcvdpsp, fp_xvcvsxwsp, fp_xvcvsxwdp, fp_xvcvspsxws, fp_xvcvdpsxws;
jit_emit_fn fp_xvcvsxddp, fp_xvcvdpsxds;

/* Whether v is a value of single precision: a call that rounds to it or loads it. */
bool fp_is_single(const struct jit *j, ir_ref v);
/* Constants: all but the sign bits; the sign bits; the smallest normal number. */
struct xmem fp_abs(struct jit *j, enum fp_lane l);
struct xmem fp_sign(struct jit *j, enum fp_lane l);
struct xmem fp_min_normal(struct jit *j, enum fp_lane l);
struct xmem fp_const(struct jit *j, u64 v);
/* To cold when x, a double in format or precision of l, is a NaN, or no larger than the smallest
 * normal number. Uses FP_S0. */
void fp_check_range(struct jit *j, enum fp_lane l, unsigned x, u32 label);
/* To cold when x is a NaN. */
void fp_check_nan(struct jit *j, unsigned x, u32 label);
/* In cold code: to label when the double x is 0 (not: a NaN). Uses FP_S1. */
void fp_jump_zero(struct jit *j, unsigned x, u32 label);
/* To label when any element of x has bits set. tmp: of the integers. */
void fp_jump_mask(struct jit *j, enum fp_lane l, unsigned x, int tmp, u32 label);

#endif
