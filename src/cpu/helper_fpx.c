// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Floating-point instructions while some FPSCR enable is set: a call by number to the helper that
 * a region without enables would call directly. A dispatcher, so that a helper's own id promises
 * back ends that no exception is enabled.
 *
 * Rows are sorted by their letters (result, operands); those that cannot suppress a result, and
 * fpx and fpxq themselves, expand to nothing.
 */
#include "isa/helper.h"

/* clang-format off */
#define FPX_IEFF(n)
#define FPX_FF(n)
#define FPX_FFFF(n)
#define FPX_IEF(n)
#define FPX_IEFI(n)
#define FPX_FFF(n)
#define FPX_IFF(n)
#define FPX_IF(n)
#define FPX_FI(n)
#define FPX_IEII(n)
#define FPX_IEI(n)
#define FPX_VE(n)
#define FPX_IE(n)
#define FPX_IQQ(n)
#define FPX_IQ(n)
#define FPX_IEQQ(n)
#define FPX_IEQI(n)
#define FPX_QQ(n)
#define FPX_QQQ(n)
#define FPX_QQI(n)
#define FPX_FEIFFF(n)
#define FPX_QEIQQQ(n)

#define HELPER1(n, fx, R, A)             FPX_##R##A(n)
#define HELPER2(n, fx, R, A, B)          FPX_##R##A##B(n)
#define HELPER3(n, fx, R, A, B, C)       FPX_##R##A##B##C(n)
#define HELPER4(n, fx, R, A, B, C, D)    FPX_##R##A##B##C##D(n)
#define HELPER5(n, fx, R, A, B, C, D, F) FPX_##R##A##B##C##D##F(n)
#define HELPERQ1(n, fx, A)               FPX_Q##A(n)
#define HELPERQ2(n, fx, A, B)            FPX_Q##A##B(n)
#define HELPERQ3(n, fx, A, B, C)         FPX_Q##A##B##C(n)
#define HELPERQ4(n, fx, A, B, C, D)      FPX_Q##A##B##C##D(n)
#define HELPERQ5(n, fx, A, B, C, D, F)   FPX_Q##A##B##C##D##F(n)

#define FPX_FEF(n)   case HELPER_##n: return helper_##n(s, a);
#define FPX_FEFF(n)  case HELPER_##n: return helper_##n(s, a, b);
#define FPX_FEFFF(n) case HELPER_##n: return helper_##n(s, a, b, c);
#define FPX_QEQ(n)
#define FPX_QEQQ(n)
#define FPX_QEQQQ(n)
#define FPX_QEIQ(n)

u64 helper_fpx(struct cpu_state *s, u64 id, u64 a, u64 b, u64 c)
{
	s->fp_suppressed = 0;
	switch (id) {
#include "isa/helper_float.def"
#include "isa/helper_vsxfp.def"
	default:
		return a;
	}
}

#undef FPX_FEF
#undef FPX_FEFF
#undef FPX_FEFFF
#undef FPX_QEQ
#undef FPX_QEQQ
#undef FPX_QEQQQ
#undef FPX_QEIQ
#define FPX_FEF(n)
#define FPX_FEFF(n)
#define FPX_FEFFF(n)
#define FPX_QEQ(n)   case HELPER_##n: helper_##n(t, s, a); break;
#define FPX_QEQQ(n)  case HELPER_##n: helper_##n(t, s, a, b); break;
#define FPX_QEQQQ(n) case HELPER_##n: helper_##n(t, s, a, b, c); break;
#define FPX_QEIQ(n)  case HELPER_##n: helper_##n(t, s, id >> 32, a); break;

void helper_fpxq(union vreg *t, struct cpu_state *s, u64 id, const union vreg *a,
		 const union vreg *b, const union vreg *c)
{
	s->fp_suppressed = 0;
	switch ((u32)id) {
#include "isa/helper_float.def"
#include "isa/helper_vsxfp.def"
	default:
		*t = *a;
	}
}
#include "isa/helper_undef.h"
