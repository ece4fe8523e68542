/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shapes shared by the helpers of vector instructions.
 *
 * Every helper may be called with its result aliasing any operand, so each computes into a local
 * first. The VX macros define one helper that treats all elements alike: field is the member of
 * union vreg, n its length. Elements are visited in the host's order, which is immaterial there;
 * where the element number matters use VB, VH, VW, VD of state.h.
 */
#ifndef CPU_HELPER_VMX_H
#define CPU_HELPER_VMX_H

#include "isa/helper.h"

/* t[i] = expr of x = a[i] */
#define VX1(name, field, n, expr)                                                                  \
	void helper_##name(union vreg *r, const union vreg *a)                                     \
	{                                                                                          \
		union vreg t;                                                                      \
                                                                                                   \
		for (int i = 0; i < (n); i++) {                                                    \
			__auto_type x = a->field[i];                                               \
			t.field[i] = (expr);                                                       \
		}                                                                                  \
		*r = t;                                                                            \
	}

/* t[i] = expr of x = a[i], y = b[i] */
#define VX2(name, field, n, expr)                                                                  \
	void helper_##name(union vreg *r, const union vreg *a, const union vreg *b)                \
	{                                                                                          \
		union vreg t;                                                                      \
                                                                                                   \
		for (int i = 0; i < (n); i++) {                                                    \
			__auto_type x = a->field[i];                                               \
			__auto_type y = b->field[i];                                               \
			t.field[i] = (expr);                                                       \
		}                                                                                  \
		*r = t;                                                                            \
	}

/* v clamped to lo..hi; *sat is set when that changed it. */
static inline s64 vmx_clamp(s64 v, s64 lo, s64 hi, u64 *sat)
{
	if (v < lo) {
		*sat = 1;
		return lo;
	}
	if (v > hi) {
		*sat = 1;
		return hi;
	}
	return v;
}

/* t[i] = expr of x = a[i], y = b[i], clamped to the element's range lo..hi (VSCR.SAT) */
#define VX2S(name, field, n, lo, hi, expr)                                                         \
	void helper_##name(union vreg *r, struct cpu_state *s, const union vreg *a,                \
			   const union vreg *b)                                                    \
	{                                                                                          \
		union vreg t;                                                                      \
		u64 sat = 0;                                                                       \
                                                                                                   \
		for (int i = 0; i < (n); i++) {                                                    \
			s64 x = a->field[i];                                                       \
			s64 y = b->field[i];                                                       \
			t.field[i] = vmx_clamp((expr), (lo), (hi), &sat);                          \
		}                                                                                  \
		*r = t;                                                                            \
		if (sat)                                                                           \
			s->vscr_sat = 1;                                                           \
	}

#endif
