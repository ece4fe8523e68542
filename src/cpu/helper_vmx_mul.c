// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMX integer multiply, multiply-add, multiply-sum and sum across (Power ISA Book I, 6.9.1.3 to
 * 6.9.1.5), and the quadword sums (6.9.1.1, 6.9.1.2).
 */
#include "cpu/helper_vmx.h"

/* Products of the even (odd = 0) or odd (1) elements, src wide, as elements twice as wide */
#define VMUL(name, dst, n, src, type, odd)                                                         \
	void helper_##name(union vreg *r, const union vreg *a, const union vreg *b)                \
	{                                                                                          \
		union vreg t;                                                                      \
                                                                                                   \
		for (int i = 0; i < (n); i++)                                                      \
			dst(&t, i) = (type)src(a, 2 * i + (odd)) * src(b, 2 * i + (odd));          \
		*r = t;                                                                            \
	}

VMUL(vmuleub, VH, 8, VB, u32, 0)
VMUL(vmuleuh, VW, 4, VH, u32, 0)
VMUL(vmuleuw, VD, 2, VW, u64, 0)
VMUL(vmulesb, VSH, 8, VSB, s32, 0)
VMUL(vmulesh, VSW, 4, VSH, s32, 0)
VMUL(vmulesw, VSD, 2, VSW, s64, 0)
VMUL(vmuloub, VH, 8, VB, u32, 1)
VMUL(vmulouh, VW, 4, VH, u32, 1)
VMUL(vmulouw, VD, 2, VW, u64, 1)
VMUL(vmulosb, VSH, 8, VSB, s32, 1)
VMUL(vmulosh, VSW, 4, VSH, s32, 1)
VMUL(vmulosw, VSD, 2, VSW, s64, 1)

VX2(vmuluwm, w, 4, x *y)

void helper_vmladduhm(union vreg *r, const union vreg *a, const union vreg *b, const union vreg *c)
{
	union vreg t;

	for (int i = 0; i < 8; i++)
		t.h[i] = (u32)a->h[i] * b->h[i] + c->h[i];
	*r = t;
}

static void mul_high_add(union vreg *r, struct cpu_state *s, const union vreg *a,
			 const union vreg *b, const union vreg *c, s32 round)
{
	union vreg t;
	u64 sat = 0;

	for (int i = 0; i < 8; i++) {
		s32 prod = (s32)a->sh[i] * b->sh[i] + round;

		t.sh[i] = vmx_clamp((prod >> 15) + c->sh[i], INT16_MIN, INT16_MAX, &sat);
	}
	*r = t;
	if (sat)
		s->vscr_sat = 1;
}

void helper_vmhaddshs(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		      const union vreg *c)
{
	mul_high_add(r, s, a, b, c, 0);
}

void helper_vmhraddshs(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		       const union vreg *c)
{
	mul_high_add(r, s, a, b, c, 0x4000);
}

/* Each word: sum of the n products of its elements, plus c's word, modulo 2^32 */
#define VMSUM(name, n, fa, fb, type)                                                               \
	void helper_##name(union vreg *r, const union vreg *a, const union vreg *b,                \
			   const union vreg *c)                                                    \
	{                                                                                          \
		union vreg t;                                                                      \
                                                                                                   \
		for (int i = 0; i < 4; i++) {                                                      \
			u32 sum = c->w[i];                                                         \
                                                                                                   \
			for (int j = (n)*i; j < (n) * (i + 1); j++)                                \
				sum += (type)a->fa[j] * b->fb[j];                                  \
			t.w[i] = sum;                                                              \
		}                                                                                  \
		*r = t;                                                                            \
	}

VMSUM(vmsumubm, 4, b, b, u32)
VMSUM(vmsummbm, 4, sb, b, s32)
VMSUM(vmsumuhm, 2, h, h, u32)
VMSUM(vmsumshm, 2, sh, sh, s32)

void helper_vmsumuhs(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		     const union vreg *c)
{
	union vreg t;
	u64 sat = 0;

	for (int i = 0; i < 4; i++) {
		s64 sum = (s64)c->w[i] + (u64)a->h[2 * i] * b->h[2 * i] +
			  (u64)a->h[2 * i + 1] * b->h[2 * i + 1];

		t.w[i] = vmx_clamp(sum, 0, UINT32_MAX, &sat);
	}
	*r = t;
	if (sat)
		s->vscr_sat = 1;
}

void helper_vmsumshs(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b,
		     const union vreg *c)
{
	union vreg t;
	u64 sat = 0;

	for (int i = 0; i < 4; i++) {
		s64 sum = (s64)c->sw[i] + (s64)a->sh[2 * i] * b->sh[2 * i] +
			  (s64)a->sh[2 * i + 1] * b->sh[2 * i + 1];

		t.sw[i] = vmx_clamp(sum, INT32_MIN, INT32_MAX, &sat);
	}
	*r = t;
	if (sat)
		s->vscr_sat = 1;
}

void helper_vmsumudm(union vreg *r, const union vreg *a, const union vreg *b, const union vreg *c)
{
	r->q = (u128)a->d[0] * b->d[0] + (u128)a->d[1] * b->d[1] + c->q;
}

void helper_vsumsws(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b)
{
	s64 sum = VSW(b, 3);
	u64 sat = 0;

	for (int i = 0; i < 4; i++)
		sum += a->sw[i];
	r->q = (u32)vmx_clamp(sum, INT32_MIN, INT32_MAX, &sat);
	if (sat)
		s->vscr_sat = 1;
}

void helper_vsum2sws(union vreg *r, struct cpu_state *s, const union vreg *a, const union vreg *b)
{
	union vreg t;
	u64 sat = 0;

	for (int i = 0; i < 2; i++) {
		s64 sum = (s64)VSW(a, 2 * i) + VSW(a, 2 * i + 1) + VSW(b, 2 * i + 1);

		VD(&t, i) = (u32)vmx_clamp(sum, INT32_MIN, INT32_MAX, &sat);
	}
	*r = t;
	if (sat)
		s->vscr_sat = 1;
}

/* Each word: sum of its n elements, plus b's word, clamped */
#define VSUM4(name, n, fa, fw, lo, hi)                                                             \
	void helper_##name(union vreg *r, struct cpu_state *s, const union vreg *a,                \
			   const union vreg *b)                                                    \
	{                                                                                          \
		union vreg t;                                                                      \
		u64 sat = 0;                                                                       \
                                                                                                   \
		for (int i = 0; i < 4; i++) {                                                      \
			s64 sum = b->fw[i];                                                        \
                                                                                                   \
			for (int j = (n)*i; j < (n) * (i + 1); j++)                                \
				sum += a->fa[j];                                                   \
			t.fw[i] = vmx_clamp(sum, (lo), (hi), &sat);                                \
		}                                                                                  \
		*r = t;                                                                            \
		if (sat)                                                                           \
			s->vscr_sat = 1;                                                           \
	}

VSUM4(vsum4ubs, 4, b, w, 0, UINT32_MAX)
VSUM4(vsum4sbs, 4, sb, sw, INT32_MIN, INT32_MAX)
VSUM4(vsum4shs, 2, sh, sw, INT32_MIN, INT32_MAX)

/* Quadword sums; the extended ones take the carry in from c's last bit */
static u128 quad_carry(u128 a, u128 b, unsigned carry)
{
	u128 sum = a + b;

	return sum < a || (carry && sum == ~(u128)0);
}

void helper_vadduqm(union vreg *r, const union vreg *a, const union vreg *b)
{
	r->q = a->q + b->q;
}

void helper_vaddcuq(union vreg *r, const union vreg *a, const union vreg *b)
{
	r->q = quad_carry(a->q, b->q, 0);
}

void helper_vaddeuqm(union vreg *r, const union vreg *a, const union vreg *b, const union vreg *c)
{
	r->q = a->q + b->q + (c->q & 1);
}

void helper_vaddecuq(union vreg *r, const union vreg *a, const union vreg *b, const union vreg *c)
{
	r->q = quad_carry(a->q, b->q, c->q & 1);
}

void helper_vsubuqm(union vreg *r, const union vreg *a, const union vreg *b)
{
	r->q = a->q - b->q;
}

void helper_vsubcuq(union vreg *r, const union vreg *a, const union vreg *b)
{
	r->q = quad_carry(a->q, ~b->q, 1);
}

void helper_vsubeuqm(union vreg *r, const union vreg *a, const union vreg *b, const union vreg *c)
{
	r->q = a->q + ~b->q + (c->q & 1);
}

void helper_vsubecuq(union vreg *r, const union vreg *a, const union vreg *b, const union vreg *c)
{
	r->q = quad_carry(a->q, ~b->q, c->q & 1);
}
