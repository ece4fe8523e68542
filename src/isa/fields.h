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

#define FIELD(name, first, last)                                                                   \
	static inline u32 f_##name(u32 w)                                                          \
	{                                                                                          \
		return insn_bits(w, first, last);                                                  \
	}
#define SFIELD(name, first, last)                                                                  \
	static inline s32 f_##name(u32 w)                                                          \
	{                                                                                          \
		return insn_sbits(w, first, last);                                                 \
	}

/* clang-format off */
/* Opcodes. */
FIELD(op, 0, 5)
FIELD(xo10, 21, 30)
FIELD(xo9, 22, 30)
FIELD(xo5, 26, 30)

/* Registers: 5-bit fields. */
FIELD(rt, 6, 10)
FIELD(rs, 6, 10)
FIELD(ra, 11, 15)
FIELD(rb, 16, 20)
FIELD(rc5, 21, 25)
FIELD(frt, 6, 10)
FIELD(frs, 6, 10)
FIELD(fra, 11, 15)
FIELD(frb, 16, 20)
FIELD(frc, 21, 25)
FIELD(vrt, 6, 10)
FIELD(vrs, 6, 10)
FIELD(vra, 11, 15)
FIELD(vrb, 16, 20)
FIELD(vrc, 21, 25)

/* Suffix bits: record, overflow, link, absolute; Rc of VC- and XX3-form compares. */
FIELD(rc, 31, 31)
FIELD(oe, 21, 21)
FIELD(lk, 31, 31)
FIELD(aa, 30, 30)
FIELD(vc_rc, 21, 21)
FIELD(xx3_rc, 21, 21)

/* Branches and condition register. */
FIELD(bo, 6, 10)
FIELD(bi, 11, 15)
FIELD(bh, 19, 20)
FIELD(bt, 6, 10)
FIELD(ba, 11, 15)
FIELD(bb, 16, 20)
FIELD(bf, 6, 8)
FIELD(bfa, 11, 13)
FIELD(bc, 21, 25)
FIELD(crbit, 21, 25)
FIELD(fxm, 12, 19)
FIELD(lev, 20, 26)
FIELD(s, 20, 20)
FIELD(to, 6, 10)
FIELD(l, 10, 10)

/* Immediates. */
SFIELD(d, 16, 31)
SFIELD(si, 16, 31)
FIELD(ui, 16, 31)
FIELD(nb, 16, 20)
FIELD(sh, 16, 20)
FIELD(mb, 21, 25)
FIELD(me, 26, 30)
FIELD(cy, 21, 22)

/* L and similar selectors, by instruction. */
FIELD(l_sync, 9, 10)
FIELD(e_sync, 12, 15)
FIELD(l_dcbf, 9, 10)
FIELD(wc, 9, 10)
FIELD(th, 6, 10)
FIELD(ct, 7, 10)
FIELD(l_darn, 14, 15)
FIELD(l_mtmsr, 15, 15)
FIELD(l_rfebb, 20, 20)
FIELD(l_tm, 10, 10)
FIELD(a_tend, 6, 6)
FIELD(r_tbegin, 10, 10)
FIELD(eh, 31, 31)
FIELD(l_setb, 10, 10)
FIELD(bhrbe, 11, 20)
FIELD(l_slbmte, 15, 15)
FIELD(ih, 8, 10)
FIELD(ric, 12, 13)
FIELD(prs, 14, 14)
FIELD(r, 15, 15)
FIELD(l_tlbie, 10, 10)
FIELD(l_copy, 10, 10)
FIELD(fc, 16, 20)
FIELD(sr, 12, 15)
FIELD(mo, 6, 10)
FIELD(e_wrtee, 16, 16)
FIELD(ws, 16, 20)
FIELD(t_tlb, 9, 10)
FIELD(l_tlbiel_e, 10, 10)

/* Floating point and decimal. */
FIELD(flm, 7, 14)
FIELD(l_mtfsf, 6, 6)
FIELD(w_mtfsf, 15, 15)
FIELD(u_mtfsfi, 16, 19)
FIELD(fps_bt, 6, 10)
FIELD(r_z23, 15, 15)
FIELD(rmc, 21, 22)
SFIELD(te, 11, 15)
FIELD(sp, 11, 12)
FIELD(s_denbcd, 11, 11)
FIELD(sh_dfp, 16, 21)
FIELD(dcm, 16, 21)
FIELD(dgm, 16, 21)
FIELD(eo, 11, 15)
FIELD(drm, 18, 20)
FIELD(rm, 19, 20)
FIELD(uim_dtst, 10, 15)

/* VMX. */
FIELD(shb, 22, 25)
FIELD(uim5, 11, 15)
FIELD(uim4, 12, 15)
FIELD(uim3, 13, 15)
FIELD(uim2, 14, 15)
SFIELD(sim, 11, 15)
FIELD(st, 16, 16)
FIELD(six, 17, 20)
FIELD(ps, 22, 22)

/* VSX. */
FIELD(dm, 22, 23)
FIELD(shw, 22, 23)
FIELD(uim_splat, 14, 15)
FIELD(imm8, 13, 20)
FIELD(dcmx_sp, 9, 15)
FIELD(uim4_xx2, 12, 15)

#undef FIELD
#undef SFIELD
/* clang-format on */

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
