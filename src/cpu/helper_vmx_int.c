// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMX integer add, subtract, average, absolute difference, minimum, maximum, compare, negate and
 * sign extension (Power ISA Book I, 6.9.1 to 6.9.3).
 */
#include "cpu/helper_vmx.h"

/* Modulo sums and carries */
VX2(vaddubm, b, 16, x + y)
VX2(vadduhm, h, 8, x + y)
VX2(vadduwm, w, 4, x + y)
VX2(vaddudm, d, 2, x + y)
VX2(vsububm, b, 16, x - y)
VX2(vsubuhm, h, 8, x - y)
VX2(vsubuwm, w, 4, x - y)
VX2(vsubudm, d, 2, x - y)
VX2(vaddcuw, w, 4, x + y < x)
VX2(vsubcuw, w, 4, x >= y)

/* Saturating */
VX2S(vaddubs, b, 16, 0, UINT8_MAX, x + y)
VX2S(vadduhs, h, 8, 0, UINT16_MAX, x + y)
VX2S(vadduws, w, 4, 0, UINT32_MAX, x + y)
VX2S(vaddsbs, sb, 16, INT8_MIN, INT8_MAX, x + y)
VX2S(vaddshs, sh, 8, INT16_MIN, INT16_MAX, x + y)
VX2S(vaddsws, sw, 4, INT32_MIN, INT32_MAX, x + y)
VX2S(vsububs, b, 16, 0, UINT8_MAX, x - y)
VX2S(vsubuhs, h, 8, 0, UINT16_MAX, x - y)
VX2S(vsubuws, w, 4, 0, UINT32_MAX, x - y)
VX2S(vsubsbs, sb, 16, INT8_MIN, INT8_MAX, x - y)
VX2S(vsubshs, sh, 8, INT16_MIN, INT16_MAX, x - y)
VX2S(vsubsws, sw, 4, INT32_MIN, INT32_MAX, x - y)

/* Averages round up */
VX2(vavgub, b, 16, (x + y + 1) >> 1)
VX2(vavguh, h, 8, (x + y + 1) >> 1)
VX2(vavguw, w, 4, ((u64)x + y + 1) >> 1)
VX2(vavgsb, sb, 16, (x + y + 1) >> 1)
VX2(vavgsh, sh, 8, (x + y + 1) >> 1)
VX2(vavgsw, sw, 4, ((s64)x + y + 1) >> 1)

VX2(vabsdub, b, 16, x > y ? x - y : y - x)
VX2(vabsduh, h, 8, x > y ? x - y : y - x)
VX2(vabsduw, w, 4, x > y ? x - y : y - x)

VX2(vmaxub, b, 16, x > y ? x : y)
VX2(vmaxuh, h, 8, x > y ? x : y)
VX2(vmaxuw, w, 4, x > y ? x : y)
VX2(vmaxud, d, 2, x > y ? x : y)
VX2(vmaxsb, sb, 16, x > y ? x : y)
VX2(vmaxsh, sh, 8, x > y ? x : y)
VX2(vmaxsw, sw, 4, x > y ? x : y)
VX2(vmaxsd, sd, 2, x > y ? x : y)
VX2(vminub, b, 16, x < y ? x : y)
VX2(vminuh, h, 8, x < y ? x : y)
VX2(vminuw, w, 4, x < y ? x : y)
VX2(vminud, d, 2, x < y ? x : y)
VX2(vminsb, sb, 16, x < y ? x : y)
VX2(vminsh, sh, 8, x < y ? x : y)
VX2(vminsw, sw, 4, x < y ? x : y)
VX2(vminsd, sd, 2, x < y ? x : y)

/* Compares give all ones or zero; the record form looks at the result (frontend/vmx_cmp.c) */
VX2(vcmpequb, b, 16, x == y ? -1 : 0)
VX2(vcmpequh, h, 8, x == y ? -1 : 0)
VX2(vcmpequw, w, 4, x == y ? -1 : 0)
VX2(vcmpequd, d, 2, x == y ? -1 : 0)
VX2(vcmpgtub, b, 16, x > y ? -1 : 0)
VX2(vcmpgtuh, h, 8, x > y ? -1 : 0)
VX2(vcmpgtuw, w, 4, x > y ? -1 : 0)
VX2(vcmpgtud, d, 2, x > y ? -1 : 0)
VX2(vcmpgtsb, sb, 16, x > y ? -1 : 0)
VX2(vcmpgtsh, sh, 8, x > y ? -1 : 0)
VX2(vcmpgtsw, sw, 4, x > y ? -1 : 0)
VX2(vcmpgtsd, sd, 2, x > y ? -1 : 0)
VX2(vcmpneb, b, 16, x != y ? -1 : 0)
VX2(vcmpneh, h, 8, x != y ? -1 : 0)
VX2(vcmpnew, w, 4, x != y ? -1 : 0)
VX2(vcmpnezb, b, 16, x != y || !x || !y ? -1 : 0)
VX2(vcmpnezh, h, 8, x != y || !x || !y ? -1 : 0)
VX2(vcmpnezw, w, 4, x != y || !x || !y ? -1 : 0)

VX1(vnegw, w, 4, -x)
VX1(vnegd, d, 2, -x)
VX1(vextsb2w, w, 4, (s8)x)
VX1(vextsh2w, w, 4, (s16)x)
VX1(vextsb2d, d, 2, (s8)x)
VX1(vextsh2d, d, 2, (s16)x)
VX1(vextsw2d, d, 2, (s32)x)
