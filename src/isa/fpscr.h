/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FPSCR (Power ISA 3.0B Book I 4.2.2). */
#ifndef ISA_FPSCR_H
#define ISA_FPSCR_H

#include "base/bits.h"

#define FPSCR_DRN    PPC_BITMASK(29, 31)
#define FPSCR_FX     PPC_BIT(32)
#define FPSCR_FEX    PPC_BIT(33)
#define FPSCR_VX     PPC_BIT(34)
#define FPSCR_OX     PPC_BIT(35)
#define FPSCR_UX     PPC_BIT(36)
#define FPSCR_ZX     PPC_BIT(37)
#define FPSCR_XX     PPC_BIT(38)
#define FPSCR_VXSNAN PPC_BIT(39)
#define FPSCR_VXISI  PPC_BIT(40)
#define FPSCR_VXIDI  PPC_BIT(41)
#define FPSCR_VXZDZ  PPC_BIT(42)
#define FPSCR_VXIMZ  PPC_BIT(43)
#define FPSCR_VXVC   PPC_BIT(44)
#define FPSCR_FR     PPC_BIT(45)
#define FPSCR_FI     PPC_BIT(46)
#define FPSCR_FPRF   PPC_BITMASK(47, 51)
#define FPSCR_C	     PPC_BIT(47)
#define FPSCR_FPCC   PPC_BITMASK(48, 51)
#define FPSCR_VXSOFT PPC_BIT(53)
#define FPSCR_VXSQRT PPC_BIT(54)
#define FPSCR_VXCVI  PPC_BIT(55)
#define FPSCR_VE     PPC_BIT(56)
#define FPSCR_OE     PPC_BIT(57)
#define FPSCR_UE     PPC_BIT(58)
#define FPSCR_ZE     PPC_BIT(59)
#define FPSCR_XE     PPC_BIT(60)
#define FPSCR_NI     PPC_BIT(61)
#define FPSCR_RN     PPC_BITMASK(62, 63)

#define FPSCR_FPCC_SHIFT 12
#define FPSCR_FPRF_SHIFT 12

/* What FPSCR[VX] summarises. */
#define FPSCR_VX_ALL (PPC_BITMASK(39, 44) | FPSCR_VXSOFT | FPSCR_VXSQRT | FPSCR_VXCVI)
/* Bits whose change from 0 to 1 sets FX. */
#define FPSCR_EXCEPTIONS (FPSCR_OX | FPSCR_UX | FPSCR_ZX | FPSCR_XX | FPSCR_VX_ALL)
#define FPSCR_ENABLES	 PPC_BITMASK(56, 60)
/* What mtfsf can write: all but the summaries FEX and VX and what does not exist. */
#define FPSCR_WRITABLE (FPSCR_DRN | FPSCR_FX | PPC_BITMASK(35, 51) | PPC_BITMASK(53, 63))

/*
 * cpu_state.fp_lazy: helpers whose FPSCR fields are still to be set, by number (0: none), with
 * their operands in fp_lazy_arg, fp_lazy_int, fp_lazy_cmp. The first sets FR, FI and FPRF; after
 * it the second set FR and FI (conversions to integers), the third FPCC (fcmpu, fcmpo). Sticky
 * bits are not lost meanwhile: the back end has them. fp_collect() brings all into the FPSCR.
 */
enum { FP_LAZY_INT_SHIFT = 16, FP_LAZY_CMP_SHIFT = 32 };
#define FP_LAZY_ID 0xffffull

/* The image with its summaries VX and FEX computed anew. */
static inline u64 fpscr_summarise(u64 v)
{
	u64 enabled = v & FPSCR_ENABLES;

	v &= ~(FPSCR_VX | FPSCR_FEX);
	if (v & FPSCR_VX_ALL)
		v |= FPSCR_VX;
	/* VX OX UX ZX XX stand in the order of their enables, 22 bits higher. */
	if ((v >> 22) & enabled)
		v |= FPSCR_FEX;
	return v;
}

#endif
