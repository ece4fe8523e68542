// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decimal floating point (Power ISA Book I, chapter 5). Everything is computed by two helpers; here
 * stand the operands: which registers, long or extended. An odd register of an extended operand is
 * an invalid form.
 */
#include "frontend/float.h"
#include "isa/dfp.h"

enum kind {
	NONE,
	LONG,
	QUAD,
};

static bool valid(enum kind kind, unsigned n)
{
	return kind != QUAD || !(n & 1);
}

static ir_ref fpr_bits(struct tr_ctx *c, unsigned n)
{
	return ir_get(c->r, IR_I, SLOT_FPR(n));
}

static ir_ref operand(struct tr_ctx *c, enum kind kind, unsigned n)
{
	ir_ref high = kind == QUAD ? fpr_bits(c, n) : tr_const(c, 0);
	ir_ref low = kind == NONE ? tr_const(c, 0) : fpr_bits(c, kind == QUAD ? n + 1 : n);

	return ir_op2(c->r, IR_QMAKE, high, low);
}

static ir_ref control(struct tr_ctx *c, enum dfp_op op, bool quad, u32 imm)
{
	return tr_const(c, op | imm << DFP_IMM_SHIFT | (quad ? DFP_QUAD : 0));
}

/* A result that an enabled exception suppresses leaves the register as it was. */
static void put_fpr(struct tr_ctx *c, unsigned n, ir_ref v)
{
	if (c->mode & MODE_FPX)
		v = ir_op3(c->r, IR_SELECT, ir_get(c->r, IR_I, SLOT(fp_suppressed)), fpr_bits(c, n),
			   v);
	tr_fp_put(c, n, ir_op1(c->r, IR_I2F, v));
}

struct form {
	enum kind t, a, b;
	bool quad;     /* the helper's format */
	bool no_fpscr; /* causes no exception */
};

static void result(struct tr_ctx *c, enum dfp_op op, const struct form *f, u32 imm)
{
	unsigned t = f_frt(c->w);
	ir_ref a, b, v;

	if (!valid(f->t, t) || !valid(f->a, f_fra(c->w)) || !valid(f->b, f_frb(c->w))) {
		tr_illegal(c);
		return;
	}
	a = operand(c, f->a, f_fra(c->w));
	b = operand(c, f->b, f_frb(c->w));
	v = ir_call(c->r, IR_Q, HELPER_dfp, a, b, control(c, op, f->quad, imm), 0);
	if (f->t == QUAD) {
		ir_ref low = ir_op1(c->r, IR_QLO, v);

		put_fpr(c, t, ir_op1(c->r, IR_QHI, v));
		put_fpr(c, t + 1, low);
	} else {
		put_fpr(c, t, ir_op1(c->r, IR_QLO, v));
	}
	if (f_rc(c->w))
		tr_record_cr1(c);
	if (!f->no_fpscr)
		tr_fp_check(c);
}

static void test(struct tr_ctx *c, enum dfp_op op, enum kind ka, enum kind kb, bool quad, u32 imm)
{
	ir_ref a, b;

	if (!valid(ka, f_fra(c->w)) || !valid(kb, f_frb(c->w))) {
		tr_illegal(c);
		return;
	}
	a = operand(c, ka, f_fra(c->w));
	b = operand(c, kb, f_frb(c->w));
	ir_put(c->r, IR_I, SLOT_CR(f_bf(c->w)),
	       ir_call(c->r, IR_I, HELPER_dfp_test, a, b, control(c, op, quad, imm), 0));
	if (op == DFP_CMPU || op == DFP_CMPO)
		tr_fp_check(c);
}

static u32 te_rmc(u32 w)
{
	return f_rmc(w) | ((u32)f_te(w) & 31) << 2;
}

static u32 r_rmc(u32 w)
{
	return f_rmc(w) | f_r_z23(w) << 2;
}

static u32 no_imm(u32 w)
{
	return 0;
}

/* Instruction, operation, kinds of target, A and B, format, no exceptions, immediate. */
#define RESULT(name, op, kt, ka, kb, quad, quiet, imm)                                             \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		static const struct form f = {kt, ka, kb, quad, quiet};                            \
                                                                                                   \
		result(c, DFP_##op, &f, imm(c->w));                                                \
	}
#define TEST(name, op, ka, kb, quad, imm)                                                          \
	void tr_##name(struct tr_ctx *c)                                                           \
	{                                                                                          \
		test(c, DFP_##op, ka, kb, quad, imm(c->w));                                        \
	}

/* clang-format off */
RESULT(dadd,    ADD,   LONG, LONG, LONG, false, false, no_imm)
RESULT(daddq,   ADD,   QUAD, QUAD, QUAD, true,  false, no_imm)
RESULT(dsub,    SUB,   LONG, LONG, LONG, false, false, no_imm)
RESULT(dsubq,   SUB,   QUAD, QUAD, QUAD, true,  false, no_imm)
RESULT(dmul,    MUL,   LONG, LONG, LONG, false, false, no_imm)
RESULT(dmulq,   MUL,   QUAD, QUAD, QUAD, true,  false, no_imm)
RESULT(ddiv,    DIV,   LONG, LONG, LONG, false, false, no_imm)
RESULT(ddivq,   DIV,   QUAD, QUAD, QUAD, true,  false, no_imm)
RESULT(dquai,   QUAI,  LONG, NONE, LONG, false, false, te_rmc)
RESULT(dquaiq,  QUAI,  QUAD, NONE, QUAD, true,  false, te_rmc)
RESULT(dqua,    QUA,   LONG, LONG, LONG, false, false, f_rmc)
RESULT(dquaq,   QUA,   QUAD, QUAD, QUAD, true,  false, f_rmc)
RESULT(drrnd,   RRND,  LONG, LONG, LONG, false, false, f_rmc)
RESULT(drrndq,  RRND,  QUAD, LONG, QUAD, true,  false, f_rmc)
RESULT(drintx,  RINTX, LONG, NONE, LONG, false, false, r_rmc)
RESULT(drintxq, RINTX, QUAD, NONE, QUAD, true,  false, r_rmc)
RESULT(drintn,  RINTN, LONG, NONE, LONG, false, false, r_rmc)
RESULT(drintnq, RINTN, QUAD, NONE, QUAD, true,  false, r_rmc)
RESULT(dctdp,   CTDP,  LONG, NONE, LONG, false, false, no_imm)
RESULT(dctqpq,  CTQPQ, QUAD, NONE, LONG, true,  false, no_imm)
RESULT(drsp,    RSP,   LONG, NONE, LONG, false, false, no_imm)
RESULT(drdpq,   RDPQ,  QUAD, NONE, QUAD, true,  false, no_imm)
RESULT(dcffix,  CFFIX, LONG, NONE, LONG, false, false, no_imm)
RESULT(dcffixq, CFFIX, QUAD, NONE, LONG, true,  false, no_imm)
RESULT(dctfix,  CTFIX, LONG, NONE, LONG, false, false, no_imm)
RESULT(dctfixq, CTFIX, LONG, NONE, QUAD, true,  false, no_imm)
RESULT(ddedpd,  DEDPD, LONG, NONE, LONG, false, true,  f_sp)
RESULT(ddedpdq, DEDPD, QUAD, NONE, QUAD, true,  true,  f_sp)
RESULT(denbcd,  ENBCD, LONG, NONE, LONG, false, false, f_s_denbcd)
RESULT(denbcdq, ENBCD, QUAD, NONE, QUAD, true,  false, f_s_denbcd)
RESULT(dxex,    XEX,   LONG, NONE, LONG, false, true,  no_imm)
RESULT(dxexq,   XEX,   LONG, NONE, QUAD, true,  true,  no_imm)
RESULT(diex,    IEX,   LONG, LONG, LONG, false, true,  no_imm)
RESULT(diexq,   IEX,   QUAD, LONG, QUAD, true,  true,  no_imm)
RESULT(dscli,   SCLI,  LONG, LONG, NONE, false, true,  f_sh_dfp)
RESULT(dscliq,  SCLI,  QUAD, QUAD, NONE, true,  true,  f_sh_dfp)
RESULT(dscri,   SCRI,  LONG, LONG, NONE, false, true,  f_sh_dfp)
RESULT(dscriq,  SCRI,  QUAD, QUAD, NONE, true,  true,  f_sh_dfp)

TEST(dcmpu,     CMPU,   LONG, LONG, false, no_imm)
TEST(dcmpuq,    CMPU,   QUAD, QUAD, true,  no_imm)
TEST(dcmpo,     CMPO,   LONG, LONG, false, no_imm)
TEST(dcmpoq,    CMPO,   QUAD, QUAD, true,  no_imm)
TEST(dtstdc,    TSTDC,  LONG, NONE, false, f_dcm)
TEST(dtstdcq,   TSTDC,  QUAD, NONE, true,  f_dcm)
TEST(dtstdg,    TSTDG,  LONG, NONE, false, f_dgm)
TEST(dtstdgq,   TSTDG,  QUAD, NONE, true,  f_dgm)
TEST(dtstex,    TSTEX,  LONG, LONG, false, no_imm)
TEST(dtstexq,   TSTEX,  QUAD, QUAD, true,  no_imm)
TEST(dtstsf,    TSTSF,  LONG, LONG, false, no_imm)
TEST(dtstsfq,   TSTSF,  LONG, QUAD, true,  no_imm)
TEST(dtstsfi,   TSTSFI, NONE, LONG, false, f_uim_dtst)
TEST(dtstsfiq,  TSTSFI, NONE, QUAD, true,  f_uim_dtst)
/* clang-format on */
