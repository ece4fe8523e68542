// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VSX scalar and vector floating point: Power ISA Book I, 7.6.3. Most scalars are classic
 * instructions on doubleword 0 and share their helpers; doubleword 1 of the result is undefined
 * up to ISA 3.0: 0, as in float.c. How enabled exceptions suppress results is told there too.
 */
#include "frontend/float.h"

ir_ref tr_fp_call_q(struct tr_ctx *c, enum helper_id id, unsigned target, ir_ref a, ir_ref b,
		    ir_ref d)
{
	ir_ref v;

	if (!(c->mode & MODE_FPX))
		return ir_call(c->r, IR_Q, id, a, b, d, 0);
	v = ir_call(c->r, IR_Q, HELPER_fpxq, tr_const(c, id), a, b ? b : a, d ? d : a);
	return ir_call(c->r, IR_Q, HELPER_fp_keep_q, v, tr_get_vsr(c, target), 0, 0);
}

/* Doubleword 0 of VSR n */
static ir_ref scalar(struct tr_ctx *c, unsigned n)
{
	return ir_get(c->r, IR_F, SLOT_VSRD(n, 0));
}

static ir_ref scalar_bits(struct tr_ctx *c, unsigned n)
{
	return ir_get(c->r, IR_I, SLOT_VSRD(n, 0));
}

static void set_scalar_bits(struct tr_ctx *c, unsigned n, ir_ref v)
{
	ir_put(c->r, IR_I, SLOT_VSRD(n, 0), v);
	ir_put(c->r, IR_I, SLOT_VSRD(n, 1), tr_const(c, 0));
}

static void set_cr(struct tr_ctx *c, ir_ref v)
{
	ir_put(c->r, IR_I, SLOT_CR(f_bf(c->w)), v);
}

/* Scalar arithmetic: row, helper */

static void scalar_op(struct tr_ctx *c, enum helper_id id, ir_ref a, ir_ref b, ir_ref d)
{
	unsigned t = f_xt(c->w);

	tr_fp_put(c, t, tr_fp_call(c, id, t, a, b, d));
	tr_fp_check(c);
}

#define XS_B(name, helper)                                                                         \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		scalar_op(c, HELPER_##helper, scalar(c, f_xb(c->w)), 0, 0);                        \
	}
#define XS_AB(name, helper)                                                                        \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		scalar_op(c, HELPER_##helper, scalar(c, f_xa(c->w)), scalar(c, f_xb(c->w)), 0);    \
	}
/* a: XA * XB + XT; m: XA * XT + XB */
#define XS_MADD(name, p, helper)                                                                   \
	void tr_##name##a##p(struct tr_ctx *c)                                                     \
	{                                                                                          \
		scalar_op(c, HELPER_##helper, scalar(c, f_xa(c->w)), scalar(c, f_xb(c->w)),        \
			  scalar(c, f_xt(c->w)));                                                  \
	}                                                                                          \
	void tr_##name##m##p(struct tr_ctx *c)                                                     \
	{                                                                                          \
		scalar_op(c, HELPER_##helper, scalar(c, f_xa(c->w)), scalar(c, f_xt(c->w)),        \
			  scalar(c, f_xb(c->w)));                                                  \
	}

XS_AB(xsadddp, fadd)
XS_AB(xsaddsp, fadds)
XS_AB(xssubdp, fsub)
XS_AB(xssubsp, fsubs)
XS_AB(xsmuldp, fmul)
XS_AB(xsmulsp, fmuls)
XS_AB(xsdivdp, fdiv)
XS_AB(xsdivsp, fdivs)
XS_B(xssqrtdp, fsqrt)
XS_B(xssqrtsp, fsqrts)
XS_B(xsredp, fre)
XS_B(xsresp, fres)
XS_B(xsrsqrtedp, frsqrte)
XS_B(xsrsqrtesp, frsqrtes)
XS_MADD(xsmadd, dp, fmadd)
XS_MADD(xsmadd, sp, fmadds)
XS_MADD(xsmsub, dp, fmsub)
XS_MADD(xsmsub, sp, fmsubs)
XS_MADD(xsnmadd, dp, fnmadd)
XS_MADD(xsnmadd, sp, fnmadds)
XS_MADD(xsnmsub, dp, fnmsub)
XS_MADD(xsnmsub, sp, fnmsubs)
XS_AB(xsmaxdp, xsmaxdp)
XS_AB(xsmindp, xsmindp)
XS_AB(xsmaxcdp, xsmaxcdp)
XS_AB(xsmincdp, xsmincdp)
XS_AB(xsmaxjdp, xsmaxjdp)
XS_AB(xsminjdp, xsminjdp)
XS_AB(xscmpeqdp, xscmpeqdp)
XS_AB(xscmpgedp, xscmpgedp)
XS_AB(xscmpgtdp, xscmpgtdp)
XS_B(xscvdpsp, xscvdpsp)
XS_B(xscvspdp, xscvspdp)
XS_B(xscvdpsxds, fctidz)
XS_B(xscvdpsxws, fctiwz)
XS_B(xscvdpuxds, fctiduz)
XS_B(xscvdpuxws, fctiwuz)
XS_B(xscvsxddp, fcfid)
XS_B(xscvsxdsp, fcfids)
XS_B(xscvuxddp, fcfidu)
XS_B(xscvuxdsp, fcfidus)
XS_B(xsrdpi, frin)
XS_B(xsrdpic, xsrdpic)
XS_B(xsrdpim, frim)
XS_B(xsrdpip, frip)
XS_B(xsrdpiz, friz)
XS_B(xsrsp, frsp)
XS_B(xscvhpdp, xscvhpdp)
XS_B(xscvdphp, xscvdphp)

/* Without exceptions: as stxsspx and lxsspx convert. The copy in word 1 is as in xscvdpsp. */
void tr_xscvdpspn(struct tr_ctx *c)
{
	ir_ref v = ir_call(c->r, IR_I, HELPER_fp_store_single, scalar(c, f_xb(c->w)), 0, 0, 0);

	set_scalar_bits(c, f_xt(c->w), ir_op2(c->r, IR_OR, v, ir_op2i(c->r, IR_SHL, v, 32)));
}

void tr_xscvspdpn(struct tr_ctx *c)
{
	ir_ref v = ir_op2i(c->r, IR_SHR, scalar_bits(c, f_xb(c->w)), 32);

	v = ir_call(c->r, IR_F, HELPER_fp_load_single, v, 0, 0, 0);
	ir_put(c->r, IR_F, SLOT_VSRD(f_xt(c->w), 0), v);
	ir_put(c->r, IR_I, SLOT_VSRD(f_xt(c->w), 1), tr_const(c, 0));
}

/* Compares and tests with a CR field */

static void compare(struct tr_ctx *c, enum helper_id id)
{
	ir_ref a = scalar(c, f_xa(c->w)), b = scalar(c, f_xb(c->w));

	set_cr(c, ir_call(c->r, IR_I, id, a, b, 0, 0));
	if (id != HELPER_xscmpexpdp)
		tr_fp_lazy_compare(c, id, a, b);
	tr_fp_check(c);
}

#define XS_CMP(name, helper)                                                                       \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		compare(c, HELPER_##helper);                                                       \
	}
XS_CMP(xscmpodp, fcmpo)
XS_CMP(xscmpudp, fcmpu)
XS_CMP(xscmpexpdp, xscmpexpdp)

void tr_xstdivdp(struct tr_ctx *c)
{
	set_cr(c, ir_call(c->r, IR_I, HELPER_ftdiv, scalar(c, f_xa(c->w)), scalar(c, f_xb(c->w)), 0,
			  0));
}

void tr_xstsqrtdp(struct tr_ctx *c)
{
	set_cr(c, ir_call(c->r, IR_I, HELPER_ftsqrt, scalar(c, f_xb(c->w)), 0, 0, 0));
}

void tr_xststdcdp(struct tr_ctx *c)
{
	set_cr(c, ir_call(c->r, IR_I, HELPER_xststdcdp, scalar(c, f_xb(c->w)),
			  tr_const(c, f_dcmx_sp(c->w)), 0, 0));
}

void tr_xststdcsp(struct tr_ctx *c)
{
	set_cr(c, ir_call(c->r, IR_I, HELPER_xststdcsp, scalar(c, f_xb(c->w)),
			  tr_const(c, f_dcmx_sp(c->w)), 0, 0));
}

/* Signs */

static const u64 sign = 1ull << 63;

static void set_scalar(struct tr_ctx *c, unsigned n, ir_ref v)
{
	ir_put(c->r, IR_F, SLOT_VSRD(n, 0), v);
	ir_put(c->r, IR_I, SLOT_VSRD(n, 1), tr_const(c, 0));
}

#define XS_SIGN(name, helper)                                                                      \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		ir_ref b = scalar(c, f_xb(c->w));                                                  \
                                                                                                   \
		set_scalar(c, f_xt(c->w), ir_call(c->r, IR_F, HELPER_##helper, b, 0, 0, 0));       \
	}
XS_SIGN(xsabsdp, fabs)
XS_SIGN(xsnabsdp, fnabs)
XS_SIGN(xsnegdp, fneg)

void tr_xscpsgndp(struct tr_ctx *c)
{
	ir_ref a = scalar(c, f_xa(c->w)), b = scalar(c, f_xb(c->w));

	set_scalar(c, f_xt(c->w), ir_call(c->r, IR_F, HELPER_fcpsgn, a, b, 0, 0));
}

static ir_ref splat(struct tr_ctx *c, u64 v)
{
	return ir_op2(c->r, IR_QMAKE, tr_const(c, v), tr_const(c, v));
}

static const u64 signs32 = 0x8000000080000000;

#define XV_SIGN(name, op, mask)                                                                    \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		tr_set_vsr(c, f_xt(c->w),                                                          \
			   ir_op2(c->r, op, tr_get_vsr(c, f_xb(c->w)), splat(c, mask)));           \
	}
XV_SIGN(xvabsdp, IR_QANDC, sign)
XV_SIGN(xvabssp, IR_QANDC, signs32)
XV_SIGN(xvnabsdp, IR_QOR, sign)
XV_SIGN(xvnabssp, IR_QOR, signs32)
XV_SIGN(xvnegdp, IR_QXOR, sign)
XV_SIGN(xvnegsp, IR_QXOR, signs32)

static void copy_signs(struct tr_ctx *c, u64 mask)
{
	ir_ref m = splat(c, mask);
	ir_ref a = ir_op2(c->r, IR_QAND, tr_get_vsr(c, f_xa(c->w)), m);
	ir_ref b = ir_op2(c->r, IR_QANDC, tr_get_vsr(c, f_xb(c->w)), m);

	tr_set_vsr(c, f_xt(c->w), ir_op2(c->r, IR_QOR, a, b));
}

void tr_xvcpsgndp(struct tr_ctx *c)
{
	copy_signs(c, sign);
}

void tr_xvcpsgnsp(struct tr_ctx *c)
{
	copy_signs(c, signs32);
}

/* Vector arithmetic */

static void vector_op(struct tr_ctx *c, enum helper_id id, ir_ref a, ir_ref b, ir_ref d)
{
	unsigned t = f_xt(c->w);

	tr_set_vsr(c, t, tr_fp_call_q(c, id, t, a, b, d));
	tr_fp_check(c);
}

#define XV_B(name)                                                                                 \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		vector_op(c, HELPER_##name, tr_get_vsr(c, f_xb(c->w)), 0, 0);                      \
	}
#define XV_AB(name)                                                                                \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		vector_op(c, HELPER_##name, tr_get_vsr(c, f_xa(c->w)), tr_get_vsr(c, f_xb(c->w)),  \
			  0);                                                                      \
	}
#define XV_MADD(name, p)                                                                           \
	void tr_##name##a##p(struct tr_ctx *c)                                                     \
	{                                                                                          \
		vector_op(c, HELPER_##name##p, tr_get_vsr(c, f_xa(c->w)),                          \
			  tr_get_vsr(c, f_xb(c->w)), tr_get_vsr(c, f_xt(c->w)));                   \
	}                                                                                          \
	void tr_##name##m##p(struct tr_ctx *c)                                                     \
	{                                                                                          \
		vector_op(c, HELPER_##name##p, tr_get_vsr(c, f_xa(c->w)),                          \
			  tr_get_vsr(c, f_xt(c->w)), tr_get_vsr(c, f_xb(c->w)));                   \
	}
#define XV_BOTH(p)                                                                                 \
	XV_AB(xvadd##p)                                                                            \
	XV_AB(xvsub##p)                                                                            \
	XV_AB(xvmul##p)                                                                            \
	XV_AB(xvdiv##p)                                                                            \
	XV_AB(xvmax##p)                                                                            \
	XV_AB(xvmin##p)                                                                            \
	XV_B(xvsqrt##p)                                                                            \
	XV_B(xvre##p)                                                                              \
	XV_B(xvrsqrte##p)                                                                          \
	XV_B(xvr##p##i)                                                                            \
	XV_B(xvr##p##ic)                                                                           \
	XV_B(xvr##p##im)                                                                           \
	XV_B(xvr##p##ip)                                                                           \
	XV_B(xvr##p##iz)                                                                           \
	XV_MADD(xvmadd, p)                                                                         \
	XV_MADD(xvmsub, p)                                                                         \
	XV_MADD(xvnmadd, p)                                                                        \
	XV_MADD(xvnmsub, p)
XV_BOTH(dp)
XV_BOTH(sp)
XV_B(xvcvdpsp)
XV_B(xvcvspdp)
XV_B(xvcvdpsxds)
XV_B(xvcvdpsxws)
XV_B(xvcvdpuxds)
XV_B(xvcvdpuxws)
XV_B(xvcvspsxds)
XV_B(xvcvspsxws)
XV_B(xvcvspuxds)
XV_B(xvcvspuxws)
XV_B(xvcvsxddp)
XV_B(xvcvsxdsp)
XV_B(xvcvsxwdp)
XV_B(xvcvsxwsp)
XV_B(xvcvuxddp)
XV_B(xvcvuxdsp)
XV_B(xvcvuxwdp)
XV_B(xvcvuxwsp)
XV_B(xvcvhpsp)
XV_B(xvcvsphp)

/* Masks, and for the record form CR6: all elements, no element. With a suppressed result CR6 is
 * undefined. */
static void vector_compare(struct tr_ctx *c, enum helper_id id)
{
	unsigned t = f_xt(c->w);
	ir_ref a = tr_get_vsr(c, f_xa(c->w)), v, hi, lo, all, none;

	v = tr_fp_call_q(c, id, t, a, tr_get_vsr(c, f_xb(c->w)), 0);
	tr_set_vsr(c, t, v);
	if (f_xx3_rc(c->w)) {
		hi = ir_op1(c->r, IR_QHI, v);
		lo = ir_op1(c->r, IR_QLO, v);
		all = ir_op2(c->r, IR_EQ, ir_op2(c->r, IR_AND, hi, lo), tr_const(c, ~0ull));
		none = ir_op2(c->r, IR_EQ, ir_op2(c->r, IR_OR, hi, lo), tr_const(c, 0));
		ir_put(c->r, IR_I, SLOT_CR(6),
		       ir_op2(c->r, IR_OR, ir_op2i(c->r, IR_SHL, all, 3),
			      ir_op2i(c->r, IR_SHL, none, 1)));
	}
	tr_fp_check(c);
}

#define XV_CMP(name)                                                                               \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		vector_compare(c, HELPER_##name);                                                  \
	}
XV_CMP(xvcmpeqdp)
XV_CMP(xvcmpeqsp)
XV_CMP(xvcmpgedp)
XV_CMP(xvcmpgesp)
XV_CMP(xvcmpgtdp)
XV_CMP(xvcmpgtsp)

/* Tests */

#define XV_TDIV(name)                                                                              \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		set_cr(c, ir_call(c->r, IR_I, HELPER_##name, tr_get_vsr(c, f_xa(c->w)),            \
				  tr_get_vsr(c, f_xb(c->w)), 0, 0));                               \
	}
XV_TDIV(xvtdivdp)
XV_TDIV(xvtdivsp)

#define XV_TSQRT(name)                                                                             \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		set_cr(c, ir_call(c->r, IR_I, HELPER_##name, tr_get_vsr(c, f_xb(c->w)), 0, 0, 0)); \
	}
XV_TSQRT(xvtsqrtdp)
XV_TSQRT(xvtsqrtsp)

#define XV_TSTDC(name)                                                                             \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		tr_set_vsr(c, f_xt(c->w),                                                          \
			   ir_call(c->r, IR_Q, HELPER_##name, tr_get_vsr(c, f_xb(c->w)),           \
				   tr_const(c, f_dcmx(c->w)), 0, 0));                              \
	}
XV_TSTDC(xvtstdcdp)
XV_TSTDC(xvtstdcsp)

/* Exponents and significands: on bits */

static const u64 frac64 = (1ull << 52) - 1;

static ir_ref exponent64(struct tr_ctx *c, ir_ref v)
{
	return ir_op2i(c->r, IR_AND, ir_op2i(c->r, IR_SHR, v, 52), 0x7ff);
}

/* The fraction, with the implicit bit of a normal number: exponent 1..0x7fe. */
static ir_ref significand64(struct tr_ctx *c, ir_ref v)
{
	ir_ref below = ir_op2i(c->r, IR_SUB, exponent64(c, v), 1);
	ir_ref normal = ir_op2(c->r, IR_LTU, below, tr_const(c, 0x7fe));

	return ir_op2(c->r, IR_OR, ir_op2i(c->r, IR_AND, v, frac64),
		      ir_op2i(c->r, IR_SHL, normal, 52));
}

/* Sign and fraction of a, exponent from the low bits of b */
static ir_ref insert64(struct tr_ctx *c, ir_ref a, ir_ref b)
{
	ir_ref exp = ir_op2i(c->r, IR_SHL, ir_op2i(c->r, IR_AND, b, 0x7ff), 52);

	return ir_op2(c->r, IR_OR, ir_op2i(c->r, IR_AND, a, sign | frac64), exp);
}

void tr_xsxexpdp(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), exponent64(c, scalar_bits(c, f_xb(c->w))));
}

void tr_xsxsigdp(struct tr_ctx *c)
{
	tr_set_gpr(c, f_rt(c->w), significand64(c, scalar_bits(c, f_xb(c->w))));
}

void tr_xsiexpdp(struct tr_ctx *c)
{
	set_scalar_bits(c, f_xt(c->w), insert64(c, tr_gpr(c, f_ra(c->w)), tr_gpr(c, f_rb(c->w))));
}

typedef ir_ref dword_fn(struct tr_ctx *c, ir_ref v);

static void each_dword(struct tr_ctx *c, dword_fn *fn)
{
	ir_ref b = tr_get_vsr(c, f_xb(c->w));
	ir_ref hi = fn(c, ir_op1(c->r, IR_QHI, b));
	ir_ref lo = fn(c, ir_op1(c->r, IR_QLO, b));

	tr_set_vsr(c, f_xt(c->w), ir_op2(c->r, IR_QMAKE, hi, lo));
}

void tr_xvxexpdp(struct tr_ctx *c)
{
	each_dword(c, exponent64);
}

void tr_xvxsigdp(struct tr_ctx *c)
{
	each_dword(c, significand64);
}

void tr_xviexpdp(struct tr_ctx *c)
{
	ir_ref a = tr_get_vsr(c, f_xa(c->w)), b = tr_get_vsr(c, f_xb(c->w)), hi, lo;

	hi = insert64(c, ir_op1(c->r, IR_QHI, a), ir_op1(c->r, IR_QHI, b));
	lo = insert64(c, ir_op1(c->r, IR_QLO, a), ir_op1(c->r, IR_QLO, b));
	tr_set_vsr(c, f_xt(c->w), ir_op2(c->r, IR_QMAKE, hi, lo));
}

void tr_xvxexpsp(struct tr_ctx *c)
{
	tr_set_vsr(c, f_xt(c->w),
		   ir_call(c->r, IR_Q, HELPER_xvxexpsp, tr_get_vsr(c, f_xb(c->w)), 0, 0, 0));
}

void tr_xvxsigsp(struct tr_ctx *c)
{
	tr_set_vsr(c, f_xt(c->w),
		   ir_call(c->r, IR_Q, HELPER_xvxsigsp, tr_get_vsr(c, f_xb(c->w)), 0, 0, 0));
}

void tr_xviexpsp(struct tr_ctx *c)
{
	ir_ref a = tr_get_vsr(c, f_xa(c->w));

	tr_set_vsr(c, f_xt(c->w),
		   ir_call(c->r, IR_Q, HELPER_xviexpsp, a, tr_get_vsr(c, f_xb(c->w)), 0, 0));
}
