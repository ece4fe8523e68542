/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Field extractors on a 32-bit instruction word, named as the Power ISA (Book I, 1.6) names the
 * fields. Bits are numbered from the most significant. A field name that the ISA uses at several
 * places carries the form or width as a suffix.
 */
#ifndef ISA_FIELDS_H
#define ISA_FIELDS_H

#include "base/types.h"

/* Bits first..last (first <= last <= 31) of w, unsigned. */
static inline u32 insn_bits(u32 w, unsigned first, unsigned last)
{
	return (w >> (31 - last)) & (0xffffffffu >> (31 - (last - first)));
}

/* The same, sign extended. */
static inline s32 insn_sbits(u32 w, unsigned first, unsigned last)
{
	return (s32)(w << first) >> (31 - (last - first));
}

/* Opcodes. */
static inline u32 f_op(u32 w)
{
	return insn_bits(w, 0, 5);
}

static inline u32 f_xo10(u32 w)
{
	return insn_bits(w, 21, 30);
}

static inline u32 f_xo9(u32 w)
{
	return insn_bits(w, 22, 30);
}

static inline u32 f_xo5(u32 w)
{
	return insn_bits(w, 26, 30);
}

/* Registers: 5-bit fields. */
static inline u32 f_rt(u32 w)
{
	return insn_bits(w, 6, 10);
}

static inline u32 f_rs(u32 w)
{
	return insn_bits(w, 6, 10);
}

static inline u32 f_ra(u32 w)
{
	return insn_bits(w, 11, 15);
}

static inline u32 f_rb(u32 w)
{
	return insn_bits(w, 16, 20);
}

static inline u32 f_rc5(u32 w)
{
	return insn_bits(w, 21, 25);
}

static inline u32 f_frt(u32 w)
{
	return insn_bits(w, 6, 10);
}

static inline u32 f_frs(u32 w)
{
	return insn_bits(w, 6, 10);
}

static inline u32 f_fra(u32 w)
{
	return insn_bits(w, 11, 15);
}

static inline u32 f_frb(u32 w)
{
	return insn_bits(w, 16, 20);
}

static inline u32 f_frc(u32 w)
{
	return insn_bits(w, 21, 25);
}

static inline u32 f_vrt(u32 w)
{
	return insn_bits(w, 6, 10);
}

static inline u32 f_vrs(u32 w)
{
	return insn_bits(w, 6, 10);
}

static inline u32 f_vra(u32 w)
{
	return insn_bits(w, 11, 15);
}

static inline u32 f_vrb(u32 w)
{
	return insn_bits(w, 16, 20);
}

static inline u32 f_vrc(u32 w)
{
	return insn_bits(w, 21, 25);
}

/* Suffix bits: record, overflow, link, absolute; Rc of VC- and XX3-form compares. */
static inline u32 f_rc(u32 w)
{
	return insn_bits(w, 31, 31);
}

static inline u32 f_oe(u32 w)
{
	return insn_bits(w, 21, 21);
}

static inline u32 f_lk(u32 w)
{
	return insn_bits(w, 31, 31);
}

static inline u32 f_aa(u32 w)
{
	return insn_bits(w, 30, 30);
}

static inline u32 f_vc_rc(u32 w)
{
	return insn_bits(w, 21, 21);
}

static inline u32 f_xx3_rc(u32 w)
{
	return insn_bits(w, 21, 21);
}

/* Branches and condition register. */
static inline u32 f_bo(u32 w)
{
	return insn_bits(w, 6, 10);
}

static inline u32 f_bi(u32 w)
{
	return insn_bits(w, 11, 15);
}

static inline u32 f_bh(u32 w)
{
	return insn_bits(w, 19, 20);
}

static inline u32 f_bt(u32 w)
{
	return insn_bits(w, 6, 10);
}

static inline u32 f_ba(u32 w)
{
	return insn_bits(w, 11, 15);
}

static inline u32 f_bb(u32 w)
{
	return insn_bits(w, 16, 20);
}

static inline u32 f_bf(u32 w)
{
	return insn_bits(w, 6, 8);
}

static inline u32 f_bfa(u32 w)
{
	return insn_bits(w, 11, 13);
}

static inline u32 f_bc(u32 w)
{
	return insn_bits(w, 21, 25);
}

static inline u32 f_crbit(u32 w)
{
	return insn_bits(w, 21, 25);
}

static inline u32 f_fxm(u32 w)
{
	return insn_bits(w, 12, 19);
}

static inline u32 f_lev(u32 w)
{
	return insn_bits(w, 20, 26);
}

static inline u32 f_s(u32 w)
{
	return insn_bits(w, 20, 20);
}

static inline u32 f_to(u32 w)
{
	return insn_bits(w, 6, 10);
}

static inline u32 f_l(u32 w)
{
	return insn_bits(w, 10, 10);
}

/* Immediates. */
static inline s32 f_d(u32 w)
{
	return insn_sbits(w, 16, 31);
}

static inline s32 f_si(u32 w)
{
	return insn_sbits(w, 16, 31);
}

static inline u32 f_ui(u32 w)
{
	return insn_bits(w, 16, 31);
}

static inline u32 f_nb(u32 w)
{
	return insn_bits(w, 16, 20);
}

static inline u32 f_sh(u32 w)
{
	return insn_bits(w, 16, 20);
}

static inline u32 f_mb(u32 w)
{
	return insn_bits(w, 21, 25);
}

static inline u32 f_me(u32 w)
{
	return insn_bits(w, 26, 30);
}

static inline u32 f_cy(u32 w)
{
	return insn_bits(w, 21, 22);
}

/* L and similar selectors, by instruction. */
static inline u32 f_l_sync(u32 w)
{
	return insn_bits(w, 9, 10);
}

static inline u32 f_e_sync(u32 w)
{
	return insn_bits(w, 12, 15);
}

static inline u32 f_l_dcbf(u32 w)
{
	return insn_bits(w, 9, 10);
}

static inline u32 f_wc(u32 w)
{
	return insn_bits(w, 9, 10);
}

static inline u32 f_th(u32 w)
{
	return insn_bits(w, 6, 10);
}

static inline u32 f_ct(u32 w)
{
	return insn_bits(w, 7, 10);
}

static inline u32 f_l_darn(u32 w)
{
	return insn_bits(w, 14, 15);
}

static inline u32 f_l_mtmsr(u32 w)
{
	return insn_bits(w, 15, 15);
}

static inline u32 f_l_rfebb(u32 w)
{
	return insn_bits(w, 20, 20);
}

static inline u32 f_l_tm(u32 w)
{
	return insn_bits(w, 10, 10);
}

static inline u32 f_a_tend(u32 w)
{
	return insn_bits(w, 6, 6);
}

static inline u32 f_r_tbegin(u32 w)
{
	return insn_bits(w, 10, 10);
}

static inline u32 f_eh(u32 w)
{
	return insn_bits(w, 31, 31);
}

static inline u32 f_l_setb(u32 w)
{
	return insn_bits(w, 10, 10);
}

static inline u32 f_bhrbe(u32 w)
{
	return insn_bits(w, 11, 20);
}

static inline u32 f_l_slbmte(u32 w)
{
	return insn_bits(w, 15, 15);
}

static inline u32 f_ih(u32 w)
{
	return insn_bits(w, 8, 10);
}

static inline u32 f_ric(u32 w)
{
	return insn_bits(w, 12, 13);
}

static inline u32 f_prs(u32 w)
{
	return insn_bits(w, 14, 14);
}

static inline u32 f_r(u32 w)
{
	return insn_bits(w, 15, 15);
}

static inline u32 f_l_tlbie(u32 w)
{
	return insn_bits(w, 10, 10);
}

static inline u32 f_l_copy(u32 w)
{
	return insn_bits(w, 10, 10);
}

static inline u32 f_fc(u32 w)
{
	return insn_bits(w, 16, 20);
}

static inline u32 f_sr(u32 w)
{
	return insn_bits(w, 12, 15);
}

static inline u32 f_mo(u32 w)
{
	return insn_bits(w, 6, 10);
}

static inline u32 f_e_wrtee(u32 w)
{
	return insn_bits(w, 16, 16);
}

static inline u32 f_ws(u32 w)
{
	return insn_bits(w, 16, 20);
}

static inline u32 f_t_tlb(u32 w)
{
	return insn_bits(w, 9, 10);
}

static inline u32 f_l_tlbiel_e(u32 w)
{
	return insn_bits(w, 10, 10);
}

/* Floating point and decimal. */
static inline u32 f_flm(u32 w)
{
	return insn_bits(w, 7, 14);
}

static inline u32 f_l_mtfsf(u32 w)
{
	return insn_bits(w, 6, 6);
}

static inline u32 f_w_mtfsf(u32 w)
{
	return insn_bits(w, 15, 15);
}

static inline u32 f_u_mtfsfi(u32 w)
{
	return insn_bits(w, 16, 19);
}

static inline u32 f_fps_bt(u32 w)
{
	return insn_bits(w, 6, 10);
}

static inline u32 f_r_z23(u32 w)
{
	return insn_bits(w, 15, 15);
}

static inline u32 f_rmc(u32 w)
{
	return insn_bits(w, 21, 22);
}

static inline s32 f_te(u32 w)
{
	return insn_sbits(w, 11, 15);
}

static inline u32 f_sp(u32 w)
{
	return insn_bits(w, 11, 12);
}

static inline u32 f_s_denbcd(u32 w)
{
	return insn_bits(w, 11, 11);
}

static inline u32 f_sh_dfp(u32 w)
{
	return insn_bits(w, 16, 21);
}

static inline u32 f_dcm(u32 w)
{
	return insn_bits(w, 16, 21);
}

static inline u32 f_dgm(u32 w)
{
	return insn_bits(w, 16, 21);
}

static inline u32 f_eo(u32 w)
{
	return insn_bits(w, 11, 15);
}

static inline u32 f_drm(u32 w)
{
	return insn_bits(w, 18, 20);
}

static inline u32 f_rm(u32 w)
{
	return insn_bits(w, 19, 20);
}

static inline u32 f_uim_dtst(u32 w)
{
	return insn_bits(w, 10, 15);
}

/* VMX. */
static inline u32 f_shb(u32 w)
{
	return insn_bits(w, 22, 25);
}

static inline u32 f_uim5(u32 w)
{
	return insn_bits(w, 11, 15);
}

static inline u32 f_uim4(u32 w)
{
	return insn_bits(w, 12, 15);
}

static inline u32 f_uim3(u32 w)
{
	return insn_bits(w, 13, 15);
}

static inline u32 f_uim2(u32 w)
{
	return insn_bits(w, 14, 15);
}

static inline s32 f_sim(u32 w)
{
	return insn_sbits(w, 11, 15);
}

static inline u32 f_st(u32 w)
{
	return insn_bits(w, 16, 16);
}

static inline u32 f_six(u32 w)
{
	return insn_bits(w, 17, 20);
}

static inline u32 f_ps(u32 w)
{
	return insn_bits(w, 22, 22);
}

/* VSX. */
static inline u32 f_dm(u32 w)
{
	return insn_bits(w, 22, 23);
}

static inline u32 f_shw(u32 w)
{
	return insn_bits(w, 22, 23);
}

static inline u32 f_uim_splat(u32 w)
{
	return insn_bits(w, 14, 15);
}

static inline u32 f_imm8(u32 w)
{
	return insn_bits(w, 13, 20);
}

static inline u32 f_dcmx_sp(u32 w)
{
	return insn_bits(w, 9, 15);
}

static inline u32 f_uim4_xx2(u32 w)
{
	return insn_bits(w, 12, 15);
}

/* Displacements with their low zero bits restored. */
static inline s32 f_ds(u32 w)
{
	return insn_sbits(w, 16, 29) * 4;
}

static inline s32 f_dq(u32 w)
{
	return insn_sbits(w, 16, 27) * 16;
}

static inline s32 f_li(u32 w)
{
	return insn_sbits(w, 6, 29) * 4;
}

static inline s32 f_bd(u32 w)
{
	return insn_sbits(w, 16, 29) * 4;
}

/* DX-form (addpcis): d0 || d1 || d2. */
static inline s32 f_dx(u32 w)
{
	return insn_sbits(w, 16, 25) * 64 + (s32)(insn_bits(w, 11, 15) * 2 + insn_bits(w, 31, 31));
}

/* Fields the encoding splits. */
static inline u32 f_spr(u32 w)
{
	return insn_bits(w, 16, 20) << 5 | insn_bits(w, 11, 15);
}

static inline u32 f_tbr(u32 w)
{
	return f_spr(w);
}

static inline u32 f_dcrn(u32 w)
{
	return f_spr(w);
}

static inline u32 f_pmrn(u32 w)
{
	return f_spr(w);
}

static inline u32 f_sh6(u32 w)
{
	return insn_bits(w, 30, 30) << 5 | insn_bits(w, 16, 20);
}

static inline u32 f_mb6(u32 w)
{
	return insn_bits(w, 26, 26) << 5 | insn_bits(w, 21, 25);
}

static inline u32 f_me6(u32 w)
{
	return f_mb6(w);
}

static inline u32 f_xt(u32 w)
{
	return insn_bits(w, 31, 31) << 5 | insn_bits(w, 6, 10);
}

static inline u32 f_xs(u32 w)
{
	return f_xt(w);
}

static inline u32 f_xa(u32 w)
{
	return insn_bits(w, 29, 29) << 5 | insn_bits(w, 11, 15);
}

static inline u32 f_xb(u32 w)
{
	return insn_bits(w, 30, 30) << 5 | insn_bits(w, 16, 20);
}

static inline u32 f_xc(u32 w)
{
	return insn_bits(w, 28, 28) << 5 | insn_bits(w, 21, 25);
}

static inline u32 f_xt_dq(u32 w)
{
	return insn_bits(w, 28, 28) << 5 | insn_bits(w, 6, 10);
}

static inline u32 f_xs_dq(u32 w)
{
	return f_xt_dq(w);
}

/* DCMX of xvtstdcsp/dp: dc || dm || dx. */
static inline u32 f_dcmx(u32 w)
{
	return insn_bits(w, 25, 25) << 6 | insn_bits(w, 29, 29) << 5 | insn_bits(w, 11, 15);
}

#endif
