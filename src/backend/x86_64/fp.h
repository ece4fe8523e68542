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
	FP_EQ_OR_UNORD = 8, /* VEX only */
};

/* Elements */
enum fp_lane { FP_D, FP_S, FP_LANES };

jit_emit_fn jitfp_fadd, jitfp_fsub, jitfp_fmul, jitfp_fdiv, jitfp_fsqrt;
jit_emit_fn jitfp_fadds, jitfp_fsubs, jitfp_fmuls, jitfp_fdivs, jitfp_fsqrts;
jit_emit_fn jitfp_fmadd, jitfp_fmsub, jitfp_fnmadd, jitfp_fnmsub;
jit_emit_fn jitfp_fmadds, jitfp_fmsubs, jitfp_fnmadds, jitfp_fnmsubs;

jit_emit_fn jitfp_frsp, jitfp_frin, jitfp_friz, jitfp_frip, jitfp_frim, jitfp_xsrdpic;
jit_emit_fn jitfp_fctiw, jitfp_fctiwz, jitfp_fctiwu, jitfp_fctiwuz, jitfp_fctid, jitfp_fctidz,
	jitfp_fctidu, jitfp_fctiduz;
jit_emit_fn jitfp_fcfid, jitfp_fcfidu, jitfp_fcfids, jitfp_fcfidus;
jit_emit_fn jitfp_fneg, jitfp_fabs, jitfp_fnabs, jitfp_fcpsgn, jitfp_fsel;
jit_emit_fn jitfp_load_single, jitfp_store_single, jitfp_compare;
jit_emit_fn jitfp_xsmax, jitfp_xsmin, jitfp_xsmaxc, jitfp_xsminc, jitfp_xscmpeq, jitfp_xscmpge,
	jitfp_xscmpgt;

jit_emit_fn jitfp_xvadddp, jitfp_xvsubdp, jitfp_xvmuldp, jitfp_xvdivdp, jitfp_xvsqrtdp;
jit_emit_fn jitfp_xvaddsp, jitfp_xvsubsp, jitfp_xvmulsp, jitfp_xvdivsp, jitfp_xvsqrtsp;
jit_emit_fn jitfp_xvmadddp, jitfp_xvmsubdp, jitfp_xvnmadddp, jitfp_xvnmsubdp;
jit_emit_fn jitfp_xvmaddsp, jitfp_xvmsubsp, jitfp_xvnmaddsp, jitfp_xvnmsubsp;
jit_emit_fn jitfp_xvmaxdp, jitfp_xvmindp, jitfp_xvmaxsp, jitfp_xvminsp;
jit_emit_fn jitfp_xvcmpeqdp, jitfp_xvcmpgedp, jitfp_xvcmpgtdp, jitfp_xvcmpeqsp, jitfp_xvcmpgesp,
	jitfp_xvcmpgtsp;
jit_emit_fn jitfp_xvrdpic, jitfp_xvrdpim, jitfp_xvrdpip, jitfp_xvrdpiz;
jit_emit_fn jitfp_xvrspic, jitfp_xvrspim, jitfp_xvrspip, jitfp_xvrspiz;
jit_emit_fn jitfp_xvcvspdp, jitfp_xvcvdpsp, jitfp_xvcvsxwsp, jitfp_xvcvsxwdp, jitfp_xvcvspsxws,
	jitfp_xvcvdpsxws;
jit_emit_fn jitfp_xvcvsxddp, jitfp_xvcvdpsxds;
jit_emit_fn jitfp_xvcvuxwsp, jitfp_xvcvuxwdp, jitfp_xvcvuxddp, jitfp_xvcvspuxws, jitfp_xvcvdpuxws;
jit_emit_fn jitfp_xvrdpi, jitfp_xvrspi, jitfp_xscvspdp, jitfp_xscvdpsp;

/* Whether v is a value of single precision: a call that rounds to it or loads it. */
bool jitfp_is_single(const struct jit *j, ir_ref v);
/* Constants: all but the sign bits; the sign bits; the smallest normal number. */
struct xmem jitfp_abs(struct jit *j, enum fp_lane l);
struct xmem jitfp_sign(struct jit *j, enum fp_lane l);
struct xmem jitfp_min_normal(struct jit *j, enum fp_lane l);
struct xmem jitfp_const(struct jit *j, u64 v);
/* To cold when x, a double in format or of the precision of l, is a NaN or the smallest normal
 * number. Uses FP_S0. */
void jitfp_check_result(struct jit *j, enum fp_lane l, unsigned x, u32 label);
/* The same, and when it is smaller. */
void jitfp_check_range(struct jit *j, enum fp_lane l, unsigned x, u32 label);
/* To cold when x is a NaN. */
void jitfp_check_nan(struct jit *j, unsigned x, u32 label);
/* In cold code: to label when the double x is 0 (not: a NaN). Uses FP_S1. */
void jitfp_jump_zero(struct jit *j, unsigned x, u32 label);
/* To label when any element of x has bits set. tmp: of the integers. */
void jitfp_jump_mask(struct jit *j, enum fp_lane l, unsigned x, int tmp, u32 label);

#endif
