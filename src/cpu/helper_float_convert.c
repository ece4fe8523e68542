// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scalar rounding and conversions on doubles: Power ISA Book I 4.6.7, 4.6.8; the format changes of
 * single loads and stores 4.6.2, 4.6.3.
 */
#include "cpu/fp.h"
#include "isa/helper.h"

u64 helper_fp_load_single(u64 v)
{
	return sf_load_single((u32)v);
}

u64 helper_fp_store_single(u64 v)
{
	return sf_store_single(v);
}

u64 helper_frsp(struct cpu_state *s, u64 b)
{
	struct sf_status st = fp_status(s);
	u64 r = sf_double_to_single(b, &st);

	fp_done(s, &st, FP_SETS_ALL);
	return r;
}

/* fri*: XX stays as it is, FR and FI are cleared. */
static u64 round_integral(struct cpu_state *s, u64 b, enum sf_rounding rn)
{
	struct sf_status st = fp_status_rn(s, rn);
	struct sf_num r = sf_rint(sf_unpack(&sf_f64, b), &st);

	st.flags = (st.flags & SF_VXSNAN) | sf_fprf(&r, &sf_f64);
	fp_done(s, &st, FP_SETS_ALL);
	return (u64)sf_pack(&sf_f64, &r);
}

#define ROUND_INTEGRAL(name, rn)                                                                   \
	u64 helper_##name(struct cpu_state *s, u64 b)                                              \
	{                                                                                          \
		return round_integral(s, b, rn);                                                   \
	}
ROUND_INTEGRAL(frin, SF_RN_AWAY)
ROUND_INTEGRAL(friz, SF_RN_ZERO)
ROUND_INTEGRAL(frip, SF_RN_UP)
ROUND_INTEGRAL(frim, SF_RN_DOWN)

/* FPRF is undefined after these; it stays. So is the high word of a word result: sign or zero
 * extended, as sf_to_int() leaves it. */
static u64 to_int(struct cpu_state *s, u64 b, unsigned bits, bool is_signed, struct sf_status st)
{
	u64 r = sf_double_to_int(b, bits, is_signed, &st);

	fp_done(s, &st, FP_SETS_FR_FI);
	return r;
}

#define TO_INT(name, bits, is_signed)                                                              \
	u64 helper_##name(struct cpu_state *s, u64 b)                                              \
	{                                                                                          \
		return to_int(s, b, bits, is_signed, fp_status(s));                                \
	}                                                                                          \
	u64 helper_##name##z(struct cpu_state *s, u64 b)                                           \
	{                                                                                          \
		return to_int(s, b, bits, is_signed, fp_status_rn(s, SF_RN_ZERO));                 \
	}
TO_INT(fctiw, 32, true)
TO_INT(fctiwu, 32, false)
TO_INT(fctid, 64, true)
TO_INT(fctidu, 64, false)

static u64 from_signed(struct cpu_state *s, u64 b, const struct sf_fmt *f)
{
	struct sf_status st = fp_status(s);
	u64 r = sf_double_from_s64((s64)b, f, &st);

	fp_done(s, &st, FP_SETS_ALL);
	return r;
}

static u64 from_unsigned(struct cpu_state *s, u64 b, const struct sf_fmt *f)
{
	struct sf_status st = fp_status(s);
	struct sf_num r = sf_round(sf_from_u64(b), f, &st);

	fp_done(s, &st, FP_SETS_ALL);
	return (u64)sf_pack(&sf_f64, &r);
}

u64 helper_fcfid(struct cpu_state *s, u64 b)
{
	return from_signed(s, b, &sf_f64);
}

u64 helper_fcfidu(struct cpu_state *s, u64 b)
{
	return from_unsigned(s, b, &sf_f64);
}

u64 helper_fcfids(struct cpu_state *s, u64 b)
{
	return from_signed(s, b, &sf_f32);
}

u64 helper_fcfidus(struct cpu_state *s, u64 b)
{
	return from_unsigned(s, b, &sf_f32);
}
