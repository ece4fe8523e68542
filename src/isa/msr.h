/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MSR bits of Book3S (Power ISA 3.0B Book III 3.2.1) and BookE (2.07B Book III-E 4.2.1). */
#ifndef ISA_MSR_H
#define ISA_MSR_H

#include "base/bits.h"

#define MSR_SF	PPC_BIT(0)
#define MSR_HV	PPC_BIT(3)
#define MSR_TS	PPC_BITMASK(29, 30)
#define MSR_TM	PPC_BIT(31)
#define MSR_VEC PPC_BIT(38)
#define MSR_VSX PPC_BIT(40)
#define MSR_POW PPC_BIT(45)
#define MSR_ILE PPC_BIT(47) /* Book3S 32-bit */
#define MSR_EE	PPC_BIT(48)
#define MSR_PR	PPC_BIT(49)
#define MSR_FP	PPC_BIT(50)
#define MSR_ME	PPC_BIT(51)
#define MSR_FE0 PPC_BIT(52)
#define MSR_SE	PPC_BIT(53)
#define MSR_BE	PPC_BIT(54)
#define MSR_FE1 PPC_BIT(55)
#define MSR_IP	PPC_BIT(57) /* Book3S 32-bit */
#define MSR_IR	PPC_BIT(58)
#define MSR_DR	PPC_BIT(59)
#define MSR_PMM PPC_BIT(61)
#define MSR_RI	PPC_BIT(62)
#define MSR_LE	PPC_BIT(63)

/* BookE */
#define MSR_CM	 PPC_BIT(32)
#define MSR_GS	 PPC_BIT(35)
#define MSR_UCLE PPC_BIT(37)
#define MSR_SPE	 PPC_BIT(38)
#define MSR_WE	 PPC_BIT(45)
#define MSR_CE	 PPC_BIT(46)
#define MSR_DWE	 PPC_BIT(53) /* 440: DWE; e500: UBLE */
#define MSR_DE	 PPC_BIT(54)
#define MSR_IS	 PPC_BIT(58)
#define MSR_DS	 PPC_BIT(59)

#endif
