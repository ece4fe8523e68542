// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMX permute and format (Power ISA Book I, 6.8), bit and cryptography instructions (6.9.6, 6.11 to
 * 6.16), VSCR moves (6.18) and the data stream touches of 32-bit processors.
 */
#include "frontend/vmx.h"

TR_VX2(vpkuhum)
TR_VX2(vpkuwum)
TR_VX2(vpkudum)
TR_VX2(vpkpx)
TR_VX2(vpkuhus)
TR_VX2(vpkuwus)
TR_VX2(vpkudus)
TR_VX2(vpkshss)
TR_VX2(vpkshus)
TR_VX2(vpkswss)
TR_VX2(vpkswus)
TR_VX2(vpksdss)
TR_VX2(vpksdus)
TR_VX2(vmrghb)
TR_VX2(vmrghh)
TR_VX2(vmrghw)
TR_VX2(vmrglb)
TR_VX2(vmrglh)
TR_VX2(vmrglw)
TR_VX2(vmrgew)
TR_VX2(vmrgow)

TR_VX1(vupkhsb)
TR_VX1(vupklsb)
TR_VX1(vupkhsh)
TR_VX1(vupklsh)
TR_VX1(vupkhsw)
TR_VX1(vupklsw)
TR_VX1(vupkhpx)
TR_VX1(vupklpx)

TR_VX3(vsel)
TR_VX3(vperm)
TR_VX3(vpermr)
TR_VX3(vpermxor)

TR_VX1(vclzb)
TR_VX1(vclzh)
TR_VX1(vclzw)
TR_VX1(vclzd)
TR_VX1(vctzb)
TR_VX1(vctzh)
TR_VX1(vctzw)
TR_VX1(vctzd)
TR_VX1(vpopcntb)
TR_VX1(vpopcnth)
TR_VX1(vpopcntw)
TR_VX1(vpopcntd)
TR_VX1(vprtybw)
TR_VX1(vprtybd)
TR_VX1(vprtybq)
TR_VX1(vgbbd)

TR_VX2(vbpermq)
TR_VX2(vbpermd)
TR_VX2(vpmsumb)
TR_VX2(vpmsumh)
TR_VX2(vpmsumw)
TR_VX2(vpmsumd)
TR_VX2(vcipher)
TR_VX2(vcipherlast)
TR_VX2(vncipher)
TR_VX2(vncipherlast)

void tr_vsbox(struct tr_ctx *c)
{
	ir_ref a = tr_get_vr(c, f_vra(c->w));

	tr_set_vr(c, f_vrt(c->w), ir_call(c->r, IR_Q, HELPER_vsbox, a, 0, 0, 0));
}

static void sigma(struct tr_ctx *c, enum helper_id helper)
{
	ir_ref a = tr_get_vr(c, f_vra(c->w));
	ir_ref st = tr_const(c, f_st(c->w));
	ir_ref six = tr_const(c, f_six(c->w));

	tr_set_vr(c, f_vrt(c->w), ir_call(c->r, IR_Q, helper, a, st, six, 0));
}

void tr_vshasigmaw(struct tr_ctx *c)
{
	sigma(c, HELPER_vshasigmaw);
}

void tr_vshasigmad(struct tr_ctx *c)
{
	sigma(c, HELPER_vshasigmad);
}

static void count_bytes(struct tr_ctx *c, enum helper_id helper)
{
	ir_ref b = tr_get_vr(c, f_vrb(c->w));

	tr_set_gpr(c, f_rt(c->w), ir_call(c->r, IR_I, helper, b, 0, 0, 0));
}

void tr_vclzlsbb(struct tr_ctx *c)
{
	count_bytes(c, HELPER_vclzlsbb);
}

void tr_vctzlsbb(struct tr_ctx *c)
{
	count_bytes(c, HELPER_vctzlsbb);
}

void tr_vsldoi(struct tr_ctx *c)
{
	ir_ref a = tr_get_vr(c, f_vra(c->w));
	ir_ref b = tr_get_vr(c, f_vrb(c->w));
	ir_ref n = tr_const(c, f_shb(c->w));

	tr_set_vr(c, f_vrt(c->w), ir_call(c->r, IR_Q, HELPER_vsldoi, a, b, n, 0));
}

static void splat(struct tr_ctx *c, enum helper_id helper, unsigned n)
{
	ir_ref b = tr_get_vr(c, f_vrb(c->w));

	tr_set_vr(c, f_vrt(c->w), ir_call(c->r, IR_Q, helper, b, tr_const(c, n), 0, 0));
}

void tr_vspltb(struct tr_ctx *c)
{
	splat(c, HELPER_vspltb, f_uim4(c->w));
}

void tr_vsplth(struct tr_ctx *c)
{
	splat(c, HELPER_vsplth, f_uim3(c->w));
}

void tr_vspltw(struct tr_ctx *c)
{
	splat(c, HELPER_vspltw, f_uim2(c->w));
}

static void splat_const(struct tr_ctx *c, u64 dword)
{
	ir_ref v = tr_const(c, dword);

	tr_set_vr(c, f_vrt(c->w), ir_op2(c->r, IR_QMAKE, v, v));
}

void tr_vspltisb(struct tr_ctx *c)
{
	splat_const(c, (u8)f_sim(c->w) * 0x0101010101010101ull);
}

void tr_vspltish(struct tr_ctx *c)
{
	splat_const(c, (u16)f_sim(c->w) * 0x0001000100010001ull);
}

void tr_vspltisw(struct tr_ctx *c)
{
	splat_const(c, (u32)f_sim(c->w) * 0x0000000100000001ull);
}

/* size bytes of VRB as doubleword 0. A UIM with which they would reach behind the register makes
 * the result undefined, and means 0 here as it does for qemu. */
static void extract(struct tr_ctx *c, unsigned size)
{
	unsigned uim = f_uim4(c->w);
	ir_ref b = tr_get_vr(c, f_vrb(c->w));
	ir_ref at = tr_const(c, uim <= 16 - size ? uim : 0);
	ir_ref v = ir_call(c->r, IR_I, HELPER_vmx_extract, b, at, tr_const(c, size), 0);

	tr_set_vr(c, f_vrt(c->w), ir_op2(c->r, IR_QMAKE, v, tr_const(c, 0)));
}

void tr_vextractub(struct tr_ctx *c)
{
	extract(c, 1);
}

void tr_vextractuh(struct tr_ctx *c)
{
	extract(c, 2);
}

void tr_vextractuw(struct tr_ctx *c)
{
	extract(c, 4);
}

void tr_vextractd(struct tr_ctx *c)
{
	extract(c, 8);
}

/* The low size bytes of VRB's doubleword 0 into VRT at byte UIM; nothing happens where they would
 * reach behind the register, which makes the result undefined */
static void insert(struct tr_ctx *c, unsigned size)
{
	ir_ref t = tr_get_vr(c, f_vrt(c->w));
	ir_ref v = ir_op1(c->r, IR_QHI, tr_get_vr(c, f_vrb(c->w)));
	ir_ref at = tr_const(c, f_uim4(c->w));

	if (f_uim4(c->w) > 16 - size)
		return;
	t = ir_call(c->r, IR_Q, HELPER_vmx_insert, t, v, at, tr_const(c, size));
	tr_set_vr(c, f_vrt(c->w), t);
}

void tr_vinsertb(struct tr_ctx *c)
{
	insert(c, 1);
}

void tr_vinserth(struct tr_ctx *c)
{
	insert(c, 2);
}

void tr_vinsertw(struct tr_ctx *c)
{
	insert(c, 4);
}

void tr_vinsertd(struct tr_ctx *c)
{
	insert(c, 8);
}

/* RT <- size bytes of VRB from the byte that RA's last four bits number, from either end */
static void extract_to_gpr(struct tr_ctx *c, enum helper_id helper, unsigned size)
{
	ir_ref at = ir_op2i(c->r, IR_AND, tr_gpr(c, f_ra(c->w)), 15);
	ir_ref b = tr_get_vr(c, f_vrb(c->w));

	tr_set_gpr(c, f_rt(c->w), ir_call(c->r, IR_I, helper, b, at, tr_const(c, size), 0));
}

void tr_vextublx(struct tr_ctx *c)
{
	extract_to_gpr(c, HELPER_vmx_extract, 1);
}

void tr_vextuhlx(struct tr_ctx *c)
{
	extract_to_gpr(c, HELPER_vmx_extract, 2);
}

void tr_vextuwlx(struct tr_ctx *c)
{
	extract_to_gpr(c, HELPER_vmx_extract, 4);
}

void tr_vextubrx(struct tr_ctx *c)
{
	extract_to_gpr(c, HELPER_vmx_extract_right, 1);
}

void tr_vextuhrx(struct tr_ctx *c)
{
	extract_to_gpr(c, HELPER_vmx_extract_right, 2);
}

void tr_vextuwrx(struct tr_ctx *c)
{
	extract_to_gpr(c, HELPER_vmx_extract_right, 4);
}

/* VSCR is word 3 of the register: NJ is its bit 15, SAT its bit 31 */
void tr_mtvscr(struct tr_ctx *c)
{
	ir_ref v = ir_op1(c->r, IR_QLO, tr_get_vr(c, f_vrb(c->w)));

	ir_put(c->r, IR_I, SLOT(vscr_sat), ir_op2i(c->r, IR_AND, v, 1));
	v = ir_op2i(c->r, IR_SHR, v, 16);
	ir_put(c->r, IR_I, SLOT(vscr_nj), ir_op2i(c->r, IR_AND, v, 1));
}

void tr_mfvscr(struct tr_ctx *c)
{
	ir_ref nj = ir_get(c->r, IR_I, SLOT(vscr_nj));
	ir_ref sat = ir_get(c->r, IR_I, SLOT(vscr_sat));
	ir_ref v = ir_op2(c->r, IR_OR, ir_op2i(c->r, IR_SHL, nj, 16), sat);

	tr_set_vr(c, f_vrt(c->w), ir_op2(c->r, IR_QMAKE, tr_const(c, 0), v));
}

/* Data stream touches are hints */
#define TR_HINT(name)                                                                              \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		(void)c;                                                                           \
	}

TR_HINT(dst)
TR_HINT(dstt)
TR_HINT(dstst)
TR_HINT(dststt)
TR_HINT(dss)
TR_HINT(dssall)
