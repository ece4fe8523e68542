// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VSX vector conversions: Power ISA Book I 7.6.3. Where elements differ in size the narrow ones
 * are those at the left of each wide one; what stands right of them in a result is undefined
 * before ISA 3.1, which puts a copy there, as POWER9 does.
 */
#include "cpu/fp.h"
#include "isa/helper.h"

static void finish(struct cpu_state *s, const struct sf_status *st, union vreg *t, union vreg r)
{
	fp_done_vector(s, st);
	*t = r;
}

static u64 round_to(struct sf_num n, const struct sf_fmt *f, struct sf_status *st)
{
	struct sf_num r = sf_round(n, f, st);

	return (u64)sf_pack(f, &r);
}

static u64 twice(u64 v)
{
	return (u32)v | v << 32;
}

void helper_xvcvdpsp(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	struct sf_status st = fp_status(s);
	union vreg r;
	unsigned i;

	for (i = 0; i < 2; i++) {
		struct sf_num n = sf_quiet(sf_unpack(&sf_f64, VD(b, i)), &st);

		VD(&r, i) = twice(round_to(n, &sf_f32, &st));
	}
	finish(s, &st, t, r);
}

void helper_xvcvspdp(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	struct sf_status st = fp_status(s);
	union vreg r;
	unsigned i;

	for (i = 0; i < 2; i++) {
		struct sf_num n = sf_quiet(sf_unpack(&sf_f32, VW(b, 2 * i)), &st);

		VD(&r, i) = round_to(n, &sf_f64, &st);
	}
	finish(s, &st, t, r);
}

void helper_xvcvhpsp(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	struct sf_status st = fp_status(s);
	union vreg r;
	unsigned i;

	for (i = 0; i < 4; i++) {
		struct sf_num n = sf_quiet(sf_unpack(&sf_f16, VH(b, 2 * i + 1)), &st);

		VW(&r, i) = (u32)round_to(n, &sf_f32, &st);
	}
	finish(s, &st, t, r);
}

void helper_xvcvsphp(union vreg *t, struct cpu_state *s, const union vreg *b)
{
	struct sf_status st = fp_status(s);
	union vreg r;
	unsigned i;

	for (i = 0; i < 4; i++) {
		struct sf_num n = sf_quiet(sf_unpack(&sf_f32, VW(b, i)), &st);

		VW(&r, i) = (u32)round_to(n, &sf_f16, &st);
	}
	finish(s, &st, t, r);
}

/* from: sf_f64 or sf_f32; bits: 64 or 32 */
static void to_int(struct cpu_state *s, union vreg *t, const union vreg *b,
		   const struct sf_fmt *from, unsigned bits, bool is_signed)
{
	struct sf_status st = fp_status_rn(s, SF_RN_ZERO);
	bool wide = from == &sf_f64 || bits == 64;
	union vreg r;
	unsigned i;

	for (i = 0; i < (wide ? 2 : 4); i++) {
		u64 src = from == &sf_f64 ? VD(b, i) : VW(b, wide ? 2 * i : i);
		u64 v = sf_to_int(sf_unpack(from, src), bits, is_signed, &st);

		if (!wide)
			VW(&r, i) = (u32)v;
		else
			VD(&r, i) = bits == 64 ? v : twice(v);
	}
	finish(s, &st, t, r);
}

static void from_int(struct cpu_state *s, union vreg *t, const union vreg *b, unsigned bits,
		     bool is_signed, const struct sf_fmt *to)
{
	struct sf_status st = fp_status(s);
	bool wide = to == &sf_f64 || bits == 64;
	union vreg r;
	unsigned i;

	for (i = 0; i < (wide ? 2 : 4); i++) {
		u64 src = bits == 64 ? VD(b, i) : VW(b, wide ? 2 * i : i), v;

		if (bits == 32 && is_signed)
			src = (u64)(s32)src;
		v = round_to(is_signed ? sf_from_s64((s64)src) : sf_from_u64(src), to, &st);
		if (!wide)
			VW(&r, i) = (u32)v;
		else
			VD(&r, i) = to == &sf_f64 ? v : twice(v);
	}
	finish(s, &st, t, r);
}

#define TO_INT(name, from, bits, is_signed)                                                        \
	void helper_##name(union vreg *t, struct cpu_state *s, const union vreg *b)                \
	{                                                                                          \
		to_int(s, t, b, &from, bits, is_signed);                                           \
	}
TO_INT(xvcvdpsxds, sf_f64, 64, true)
TO_INT(xvcvdpsxws, sf_f64, 32, true)
TO_INT(xvcvdpuxds, sf_f64, 64, false)
TO_INT(xvcvdpuxws, sf_f64, 32, false)
TO_INT(xvcvspsxds, sf_f32, 64, true)
TO_INT(xvcvspsxws, sf_f32, 32, true)
TO_INT(xvcvspuxds, sf_f32, 64, false)
TO_INT(xvcvspuxws, sf_f32, 32, false)

#define FROM_INT(name, bits, is_signed, to)                                                        \
	void helper_##name(union vreg *t, struct cpu_state *s, const union vreg *b)                \
	{                                                                                          \
		from_int(s, t, b, bits, is_signed, &to);                                           \
	}
FROM_INT(xvcvsxddp, 64, true, sf_f64)
FROM_INT(xvcvsxdsp, 64, true, sf_f32)
FROM_INT(xvcvsxwdp, 32, true, sf_f64)
FROM_INT(xvcvsxwsp, 32, true, sf_f32)
FROM_INT(xvcvuxddp, 64, false, sf_f64)
FROM_INT(xvcvuxdsp, 64, false, sf_f32)
FROM_INT(xvcvuxwdp, 32, false, sf_f64)
FROM_INT(xvcvuxwsp, 32, false, sf_f32)
