/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Densely packed decimal: three digits in ten bits (Power ISA Book I, appendix B). */
#ifndef SOFTFP_DPD_H
#define SOFTFP_DPD_H

#include "base/types.h"

/* Ten bits to three BCD digits; all 1024 codes have a meaning. */
u32 dpd_to_bcd(u32 dpd);
/* Three BCD digits to ten bits, the canonical code. Nibbles above 9 follow the same equations. */
u32 dpd_from_bcd(u32 bcd);

#endif
