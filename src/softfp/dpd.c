// SPDX-License-Identifier: GPL-2.0-or-later
/* Densely packed decimal: the tables of Power ISA Book I, appendix B, by bits. Digits are small
 * (0..7, three bits) or large (8 and 9, one bit). */
#include "softfp/dpd.h"

u32 dpd_to_bcd(u32 dpd)
{
	u32 p = dpd >> 9 & 1, q = dpd >> 8 & 1, r = dpd >> 7 & 1, s = dpd >> 6 & 1;
	u32 t = dpd >> 5 & 1, u = dpd >> 4 & 1, v = dpd >> 3 & 1, w = dpd >> 2 & 1;
	u32 x = dpd >> 1 & 1, y = dpd & 1;
	u32 pqr = p << 2 | q << 1 | r, stu = s << 2 | t << 1 | u, wxy = w << 2 | x << 1 | y;

	if (!v)
		return pqr << 8 | stu << 4 | wxy;
	switch (w << 1 | x) {
	case 0:
		return pqr << 8 | stu << 4 | 8 | y;
	case 1:
		return pqr << 8 | (8 | u) << 4 | s << 2 | t << 1 | y;
	case 2:
		return (8 | r) << 8 | stu << 4 | p << 2 | q << 1 | y;
	}
	switch (s << 1 | t) {
	case 0:
		return (8 | r) << 8 | (8 | u) << 4 | p << 2 | q << 1 | y;
	case 1:
		return (8 | r) << 8 | (p << 2 | q << 1 | u) << 4 | 8 | y;
	case 2:
		return pqr << 8 | (8 | u) << 4 | 8 | y;
	default:
		return (8 | r) << 8 | (8 | u) << 4 | 8 | y;
	}
}

/* Three digits to ten bits; each digit is small (0..7) or large (8, 9). Digits above 9 follow the
 * same equations on their bits. */
u32 dpd_from_bcd(u32 bcd)
{
	u32 a = bcd >> 11 & 1, e = bcd >> 7 & 1, i = bcd >> 3 & 1;
	u32 bc = bcd >> 9 & 3, d = bcd >> 8 & 1, fg = bcd >> 5 & 3, h = bcd >> 4 & 1;
	u32 jk = bcd >> 1 & 3, m = bcd & 1;
	u32 low = d << 7 | h << 4 | m;

	switch (a << 2 | e << 1 | i) {
	case 0:
		return low | bc << 8 | fg << 5 | jk << 1;
	case 1:
		return low | bc << 8 | fg << 5 | 1 << 3;
	case 2:
		return low | bc << 8 | jk << 5 | 1 << 3 | 1 << 1;
	case 3:
		return low | bc << 8 | 2 << 5 | 1 << 3 | 3 << 1;
	case 4:
		return low | jk << 8 | fg << 5 | 1 << 3 | 2 << 1;
	case 5:
		return low | fg << 8 | 1 << 5 | 1 << 3 | 3 << 1;
	case 6:
		return low | jk << 8 | 1 << 3 | 3 << 1;
	default:
		return low | 3 << 5 | 1 << 3 | 3 << 1;
	}
}
