// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Floating-point instructions while some FPSCR enable is set: a call by number to the helper that
 * a region without enables would call directly. A dispatcher, so that a helper's own id promises
 * back ends that no exception is enabled.
 */
#include "isa/helper.h"

/* Rows that can suppress a result, by result and operand letters; all others expand to nothing. */
#define FPX_FEF(n)                                                                                 \
	case HELPER_##n:                                                                           \
		return helper_##n(s, a);
#define FPX_FEFF(n)                                                                                \
	case HELPER_##n:                                                                           \
		return helper_##n(s, a, b);
#define FPX_FEFFF(n)                                                                               \
	case HELPER_##n:                                                                           \
		return helper_##n(s, a, b, c);
#define FPX_IEFF(n)
#define FPX_IEF(n)
#define FPX_FFF(n)
#define FPX_IFF(n)
#define FPX_IEII(n)
#define FPX_IEI(n)

#define HELPER0(n, fx, R)
#define HELPER1(n, fx, R, A)
#define HELPER2(n, fx, R, A, B)	      FPX_##R##A##B(n)
#define HELPER3(n, fx, R, A, B, C)    FPX_##R##A##B##C(n)
#define HELPER4(n, fx, R, A, B, C, D) FPX_##R##A##B##C##D(n)
#define HELPER5(n, fx, R, A, B, C, D, F)

u64 helper_fpx(struct cpu_state *s, u64 id, u64 a, u64 b, u64 c)
{
	s->fp_suppressed = 0;
	switch (id) {
#include "isa/helper_float.def"
	default:
		return a;
	}
}
#include "isa/helper_undef.h"
