/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Helpers: C functions that translated code calls. Each is one row of a helper_*.def file, which
 * yields its number (HELPER_name), its prototype (helper_name) and its row in the table that
 * translator/ hands to the IR.
 *
 *   HELPERn(name, effects, R, A1 .. An)    result R is V, I or F
 *   HELPERQn(name, effects, A1 .. An)      result is a vector, written through the first argument
 *
 * Letters as in ir/op.def, E (first only) is the guest state. Effects are IR_FX_*.
 */
#ifndef ISA_HELPER_H
#define ISA_HELPER_H

#include "isa/state.h"

#define HELPER_TYPE_V void
#define HELPER_TYPE_I u64
#define HELPER_TYPE_F u64
#define HELPER_TYPE_Q const union vreg *
#define HELPER_TYPE_E struct cpu_state *
#define HT(x)	      HELPER_TYPE_##x

#define HELPER0(n, fx, R)		 HT(R) helper_##n(void);
#define HELPER1(n, fx, R, A)		 HT(R) helper_##n(HT(A));
#define HELPER2(n, fx, R, A, B)		 HT(R) helper_##n(HT(A), HT(B));
#define HELPER3(n, fx, R, A, B, C)	 HT(R) helper_##n(HT(A), HT(B), HT(C));
#define HELPER4(n, fx, R, A, B, C, D)	 HT(R) helper_##n(HT(A), HT(B), HT(C), HT(D));
#define HELPER5(n, fx, R, A, B, C, D, F) HT(R) helper_##n(HT(A), HT(B), HT(C), HT(D), HT(F));
#define HELPERQ0(n, fx)			 void helper_##n(union vreg *);
#define HELPERQ1(n, fx, A)		 void helper_##n(union vreg *, HT(A));
#define HELPERQ2(n, fx, A, B)		 void helper_##n(union vreg *, HT(A), HT(B));
#define HELPERQ3(n, fx, A, B, C)	 void helper_##n(union vreg *, HT(A), HT(B), HT(C));
#define HELPERQ4(n, fx, A, B, C, D)	 void helper_##n(union vreg *, HT(A), HT(B), HT(C), HT(D));
#define HELPERQ5(n, fx, A, B, C, D, F)                                                             \
	void helper_##n(union vreg *, HT(A), HT(B), HT(C), HT(D), HT(F));
#include "isa/helper.def"
#include "isa/helper_undef.h"

enum helper_id {
#define HELPER0(n, fx, R)		 HELPER_##n,
#define HELPER1(n, fx, R, A)		 HELPER_##n,
#define HELPER2(n, fx, R, A, B)		 HELPER_##n,
#define HELPER3(n, fx, R, A, B, C)	 HELPER_##n,
#define HELPER4(n, fx, R, A, B, C, D)	 HELPER_##n,
#define HELPER5(n, fx, R, A, B, C, D, F) HELPER_##n,
#define HELPERQ0(n, fx)			 HELPER_##n,
#define HELPERQ1(n, fx, A)		 HELPER_##n,
#define HELPERQ2(n, fx, A, B)		 HELPER_##n,
#define HELPERQ3(n, fx, A, B, C)	 HELPER_##n,
#define HELPERQ4(n, fx, A, B, C, D)	 HELPER_##n,
#define HELPERQ5(n, fx, A, B, C, D, F)	 HELPER_##n,
#include "isa/helper.def"
#include "isa/helper_undef.h"
	HELPER_COUNT
};

#endif
