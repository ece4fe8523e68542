// SPDX-License-Identifier: GPL-2.0-or-later
/* VMX: the V entries of docs/qemu-departures.md. */
#include "base/types.h"
#include "exempt.h"
#include "isa/fields.h"

static const uint64_t *vr(const struct diff_result *r, u32 n)
{
	return r->state.vsr[32 + n];
}

static void take_target(const struct diff_view *v, struct diff_result *m)
{
	memcpy(m->state.vsr[32 + f_vrt((u32)v->insn->word)],
	       vr(v->theirs, f_vrt((u32)v->insn->word)), 16);
}

/* qemu clears what the mask leaves of VRT. */
static void rotate_insert(const struct diff_view *v, struct diff_result *m)
{
	u32 w = (u32)v->insn->word, n;
	u64 a, b, mask, shift;

	if (!diff_is(v, "vrldmi"))
		return;
	for (n = 0; n < 2; n++) {
		a = vr(v->before, f_vra(w))[n];
		b = vr(v->before, f_vrb(w))[n];
		shift = b & 63;
		mask = (~0ull >> (b >> 16 & 63)) & (~0ull << (63 - (b >> 8 & 63)));
		if ((b >> 16 & 63) > (b >> 8 & 63))
			mask = (~0ull >> (b >> 16 & 63)) | (~0ull << (63 - (b >> 8 & 63)));
		a = shift ? a << shift | a >> (64 - shift) : a;
		if (vr(v->theirs, f_vrt(w))[n] == (a & mask))
			m->state.vsr[32 + f_vrt(w)][n] = a & mask;
	}
}

static float as_float(u32 bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

/* qemu adds up the first 16 terms of the exponential series: far from 0 that is not 2^x, and what
 * remains of cancelling terms may be negative. */
static bool series_gives(u32 x, u32 theirs)
{
	double y = as_float(x) * 0.6931471805599453, term = 1, sum = 1, magnitude = 1, r;
	u32 n;

	for (n = 1; n < 16; n++) {
		term *= y / n;
		sum += term;
		magnitude += term < 0 ? -term : term;
	}
	if ((x >> 23 & 0xff) == 0xff || (theirs & 0x7fffffff) > 0x7f800000)
		return false;
	if (magnitude > 1e36) /* single-precision terms may be infinite */
		return true;
	r = as_float(theirs) - sum;
	return (r < 0 ? -r : r) <= magnitude * 1e-5;
}

static void exponential(const struct diff_view *v, struct diff_result *m)
{
	const u32 w = (u32)v->insn->word;
	u32 n, x, theirs;
	unsigned shift;

	if (!diff_is(v, "vexptefp"))
		return;
	for (n = 0; n < 4; n++) {
		shift = n & 1 ? 0 : 32;
		x = (u32)(vr(v->before, f_vrb(w))[n / 2] >> shift);
		theirs = (u32)(vr(v->theirs, f_vrt(w))[n / 2] >> shift);
		if (series_gives(x, theirs))
			diff_take(&m->state.vsr[32 + f_vrt(w)][n / 2],
				  vr(v->theirs, f_vrt(w))[n / 2], 0xffffffffull << shift);
	}
}

/* Digit n from the right. */
static u32 nibble(const u64 d[2], u32 n)
{
	return (u32)(d[n < 16] >> 4 * (n & 15)) & 15;
}

static bool valid_packed(const u64 d[2])
{
	u32 n;

	for (n = 1; n < 32; n++)
		if (nibble(d, n) > 9)
			return false;
	return nibble(d, 0) > 9;
}

static bool valid_unsigned(const u64 d[2])
{
	u32 n;

	for (n = 0; n < 32; n++)
		if (nibble(d, n) > 9)
			return false;
	return true;
}

static bool valid_national(const u64 d[2])
{
	u32 n, h;

	for (n = 1; n < 8; n++) {
		h = (u32)(d[n < 4] >> 16 * (n & 3)) & 0xffff;
		if (h < 0x30 || h > 0x39)
			return false;
	}
	return (d[1] & 0xffff) == 0x2b || (d[1] & 0xffff) == 0x2d;
}

static bool valid_zoned(const u64 d[2], bool ebcdic)
{
	u32 n, zone = ebcdic ? 15 : 3;

	for (n = 0; n < 16; n++)
		if (nibble(d, 2 * n) > 9 || (n && nibble(d, 2 * n + 1) != zone))
			return false;
	return !ebcdic || nibble(d, 1) > 9;
}

/* A source of a decimal instruction is invalid: VRT is undefined, CR6 is 0b0001. */
static bool invalid_decimal(const struct diff_view *v)
{
	u32 w = (u32)v->insn->word;
	const u64 *a = vr(v->before, f_vra(w)), *b = vr(v->before, f_vrb(w));

	if (diff_starts(v, "bcdadd") || diff_starts(v, "bcdsub") || diff_starts(v, "bcdcpsgn"))
		return !valid_packed(a) || !valid_packed(b);
	if (diff_starts(v, "bcdus") || diff_starts(v, "bcdutrunc"))
		return !valid_unsigned(b);
	if (diff_starts(v, "bcdcfn"))
		return !valid_national(b);
	if (diff_starts(v, "bcdcfz"))
		return !valid_zoned(b, w >> 9 & 1);
	return !diff_starts(v, "bcdcfsq") && !valid_packed(b);
}

/* The only bits besides VRT that decimal instructions write. */
static u32 cr6(const struct diff_result *r)
{
	return (u32)(r->state.cr >> 4) & 15;
}

enum { LT = 8, GT = 4, EQ = 2, SO = 1 };

/* What VRT is then, is undefined (6.17), what CR6 is, is not. */
static void decimal_source(const struct diff_view *v, struct diff_result *m)
{
	if (diff_starts(v, "bcd") && invalid_decimal(v) && cr6(v->ours) == SO)
		take_target(v, m);
}

static void accept_cr6(const struct diff_view *v, struct diff_result *m, u32 theirs)
{
	if (cr6(v->theirs) == theirs)
		diff_take(&m->state.cr, v->theirs->state.cr, 0xf0);
}

static bool zero_digits(const u64 d[2])
{
	return !d[0] && !(d[1] >> 4);
}

/* |s| > 10^31 - 1: the result is undefined. */
static void decimal_overflow(const struct diff_view *v, struct diff_result *m)
{
	const u64 *b = vr(v->before, f_vrb((u32)v->insn->word));
	u128 n = (u128)b[0] << 64 | b[1];

	if (!diff_starts(v, "bcdcfsq"))
		return;
	if (b[0] >> 63)
		n = -n;
	if (n >= (u128)10000000000000000 * 1000000000000000 && (cr6(v->ours) & SO))
		take_target(v, m);
}

/* LT, GT and EQ compare the source with 0; qemu compares what is left of it, and has LT for bcdus.
 * of something. */
static void decimal_moved(const struct diff_view *v, struct diff_result *m)
{
	static const char *const names[] = {"bcds_",	 "bcdsr_",     "bcdus_",
					    "bcdtrunc_", "bcdutrunc_", NULL};
	u32 n, so = cr6(v->ours) & SO;

	for (n = 0; names[n] && !diff_is(v, names[n]); n++)
		;
	if (!names[n] || invalid_decimal(v) || !(cr6(v->ours) & (LT | GT)))
		return;
	/* the last digit of unsigned ones is taken for a sign */
	if (zero_digits(vr(v->ours, f_vrt((u32)v->insn->word))))
		accept_cr6(v, m, EQ | so);
	else if (diff_is(v, "bcdus_"))
		accept_cr6(v, m, LT | so);
}

/* A sum of 0 is neither less nor greater; qemu keeps the sign. */
static void decimal_zero_sum(const struct diff_view *v, struct diff_result *m)
{
	if ((!diff_is(v, "bcdadd_") && !diff_is(v, "bcdsub_")) || invalid_decimal(v) ||
	    !(cr6(v->ours) & EQ))
		return;
	accept_cr6(v, m, cr6(v->ours) | GT);
	accept_cr6(v, m, cr6(v->ours) | LT);
	if (zero_digits(vr(v->theirs, f_vrt((u32)v->insn->word))))
		take_target(v, m);
}

/* An invalid source makes CR6 0b0001. qemu: 0 when the signs of the operands differ; bcdctn.,
 * bcdctz. and bcdsetsgn. look at the sign all the same. */
static void decimal_invalid(const struct diff_view *v, struct diff_result *m)
{
	u32 n;

	if (!diff_starts(v, "bcd") || !invalid_decimal(v))
		return;
	if (diff_is(v, "bcdadd_") || diff_is(v, "bcdsub_"))
		accept_cr6(v, m, EQ);
	if (diff_is(v, "bcdsetsgn_"))
		for (n = EQ; n <= LT; n <<= 1)
			accept_cr6(v, m, n);
	if (diff_is(v, "bcdctn_") || diff_is(v, "bcdctz_"))
		for (n = EQ; n <= LT; n <<= 1)
			accept_cr6(v, m, n | SO);
}

/* qemu overwrites VRB before it has read all of it. */
static void decimal_overlap(const struct diff_view *v, struct diff_result *m)
{
	u32 w = (u32)v->insn->word, n;
	bool copy = diff_is(v, "bcdcpsgn_");

	if ((!copy && !diff_is(v, "bcdctsq_")) || f_vrt(w) != f_vrb(w))
		return;
	if (copy && memcmp(vr(v->theirs, f_vrt(w)), vr(v->before, f_vra(w)), 16))
		return;
	if (copy)
		take_target(v, m);
	for (n = EQ; n <= LT; n <<= 1)
		accept_cr6(v, m, n);
}

/* A carry out of the low doubleword is lost when a digit is added. */
static void decimal_carry(const struct diff_view *v, struct diff_result *m)
{
	u32 w = (u32)v->insn->word, n;
	const u64 *b = vr(v->before, f_vrb(w)), *t = vr(v->theirs, f_vrt(w));
	u128 value = 0;

	if (!diff_is(v, "bcdctsq_") || invalid_decimal(v))
		return;
	for (n = 31; n; n--) {
		value *= 10;
		value = (value >> 64 << 64) | (u64)(value + nibble(b, n));
	}
	if (nibble(b, 0) == 11 || nibble(b, 0) == 13)
		value = -value;
	if (t[0] == (u64)(value >> 64) && t[1] == (u64)value)
		take_target(v, m);
}

/* bcdtrunc. to 65535 digits: qemu adds 1 in 16 bits and truncates to 15. */
static void decimal_length(const struct diff_view *v, struct diff_result *m)
{
	u32 w = (u32)v->insn->word;

	if (!diff_is(v, "bcdtrunc_") || invalid_decimal(v) ||
	    (vr(v->before, f_vra(w))[0] & 0xffff) != 0xffff)
		return;
	m->state.vsr[32 + f_vrt(w)][0] = 0;
	if (vr(v->ours, f_vrt(w))[0])
		accept_cr6(v, m, cr6(v->ours) | SO);
}

/* bcdus. of 0 by 32 digits or more: nothing but zeros go. */
static void decimal_far(const struct diff_view *v, struct diff_result *m)
{
	u32 w = (u32)v->insn->word;
	s8 count = (s8)vr(v->before, f_vra(w))[0];

	if (diff_is(v, "bcdus_") && count >= 32 && cr6(v->ours) == EQ)
		accept_cr6(v, m, EQ | SO);
}

/* Reserved bits of VSCR, which read as what was written. */
static void status(const struct diff_view *v, struct diff_result *m)
{
	if (diff_is(v, "mfvscr"))
		diff_take(&m->state.vsr[32 + f_vrt((u32)v->insn->word)][1],
			  vr(v->theirs, f_vrt((u32)v->insn->word))[1], 0xfffefffe);
}

const struct diff_exemption diff_exempt_vector[] = {
	{"V1", "vrldmi", rotate_insert, false},
	{"V2", "vexptefp: an estimate; large operands", exponential, false},
	{"U1", "decimal: an invalid source leaves VRT undefined", decimal_source, false},
	{"U2", "bcdcfsq.: more than 31 digits", decimal_overflow, false},
	{"V3", "bcds., bcdsr., bcdus., bcd[u]trunc.: CR6 is that of the source", decimal_moved,
	 false},
	{"V4", "bcdadd., bcdsub.: CR6 of a sum of 0", decimal_zero_sum, false},
	{"V5", "decimal: CR6 of an invalid source", decimal_invalid, false},
	{"V6", "bcdcpsgn., bcdctsq.: VRT is VRB", decimal_overlap, false},
	{"V7", "bcdctsq.: carry into the high doubleword", decimal_carry, false},
	{"V8", "bcdtrunc. to 65535 digits", decimal_length, false},
	{"V9", "bcdus. of 0 by 32 digits and more", decimal_far, false},
	{"V10", "mfvscr: reserved bits", status, false},
	{0},
};
