/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of special purpose registers that more than one file needs. Book3S: Power ISA 3.0B Book
 * III; BookE: 2.07B Book III-E and the cores' manuals. */
#ifndef ISA_SPRBITS_H
#define ISA_SPRBITS_H

#include "base/bits.h"

/* LPCR */
#define LPCR_VC	       PPC_BITMASK(0, 4)
#define LPCR_VPM1      PPC_BIT(1)
#define LPCR_ILE       PPC_BIT(38)
#define LPCR_AIL       PPC_BITMASK(39, 40)
#define LPCR_AIL_SHIFT 23
#define LPCR_UPRT      PPC_BIT(41)
#define LPCR_EVIRT     PPC_BIT(42)
#define LPCR_HR	       PPC_BIT(43)
#define LPCR_LD	       PPC_BIT(46)
#define LPCR_GTSE      PPC_BIT(53)
#define LPCR_TC	       PPC_BIT(54)

/* FSCR, HFSCR: bit 63 - IC for each facility */
#define FSCR_IC_SHIFT 56
enum {
	IC_FP,
	IC_VEC_VSX,
	IC_DSCR,
	IC_PMU,
	IC_BHRB,
	IC_TM,
	IC_EBB = 7,
	IC_TAR,
	IC_MSGP = 10,
	IC_SCV = 12,
};
#define FSCR_FAC(ic) (1ull << (ic))

#define MMCR0_FC	 PPC_BIT(32)
#define MMCR0_PMCC_SHIFT 18

#define BESCR_GE PPC_BIT(0)

/* DSISR of a data storage interrupt, SRR1 of an instruction storage interrupt */
#define DSISR_NOHPTE	0x40000000
#define DSISR_PROTFAULT 0x08000000
#define DSISR_BADACCESS 0x04000000
#define DSISR_ISSTORE	0x02000000
#define DSISR_DAWR	0x00400000
#define DSISR_KEYFAULT	0x00200000
#define DSISR_BADCONFIG 0x00080000
#define DSISR_RCFAULT	0x00040000
#define SRR1_NOEXEC	0x10000000 /* no-execute or guarded */

/* ESR */
#define ESR_MCI 0x80000000
#define ESR_PIL 0x08000000
#define ESR_PPR 0x04000000
#define ESR_PTR 0x02000000
#define ESR_FP	0x01000000
#define ESR_ST	0x00800000
#define ESR_DLK 0x00200000
#define ESR_ILK 0x00100000
#define ESR_BO	0x00020000
#define ESR_PIE 0x00010000
#define ESR_SPV 0x00000080

/* MCSR of the e500 (bus address errors: instruction, read, write) and of the 440 */
#define MCSR_BUS_IAERR 0x00000080
#define MCSR_BUS_RAERR 0x00000040
#define MCSR_BUS_WAERR 0x00000020
#define MCSR_MCS       0x80000000
#define MCSR_IB	       0x40000000
#define MCSR_DRB       0x20000000
#define MCSR_DWB       0x10000000

/* TSR, TCR */
#define TSR_ENW 0x80000000
#define TSR_WIS 0x40000000
#define TSR_WRS 0x30000000
#define TSR_DIS 0x08000000
#define TSR_FIS 0x04000000
#define TCR_WRC 0x30000000
#define TCR_WIE 0x08000000
#define TCR_DIE 0x04000000
#define TCR_FIE 0x00800000
#define TCR_ARE 0x00400000

/* DBCR0, DBSR */
#define DBCR0_IDM  0x40000000
#define DBCR0_RST  0x30000000
#define DBCR0_ICMP 0x08000000
#define DBCR0_BRT  0x04000000
#define DBCR0_TRAP 0x01000000

#endif
