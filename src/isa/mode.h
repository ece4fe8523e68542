/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mode word: all state that decides what a translated instruction means (DESIGN, "What keys
 * translated code"). Two regions with the same address and mode word are interchangeable. */
#ifndef ISA_MODE_H
#define ISA_MODE_H

#include "base/types.h"

enum cpu_mode {
	MODE_SF = 1 << 0,  /* 64-bit addresses and results (BookE: CM) */
	MODE_LE = 1 << 1,  /* little-endian data and instructions (BookE: of the page) */
	MODE_PR = 1 << 2,  /* problem state */
	MODE_HV = 1 << 3,  /* hypervisor state (never on pseries guests) */
	MODE_IR = 1 << 4,  /* instruction relocation (BookE: IS) */
	MODE_DR = 1 << 5,  /* data relocation (BookE: DS) */
	MODE_FP = 1 << 6,  /* MSR[FP] */
	MODE_VEC = 1 << 7, /* MSR[VEC], BookE: MSR[SPE] */
	MODE_VSX = 1 << 8,
	MODE_FE = 1 << 9,   /* MSR[FE0] or MSR[FE1]: enabled FP exceptions are taken */
	MODE_SE = 1 << 10,  /* single-step trace (also the debugger's) */
	MODE_BE = 1 << 11,  /* branch trace */
	MODE_FPX = 1 << 12, /* some FPSCR enable (VE OE UE ZE XE) is set */
	/* Facilities that FSCR/HFSCR make available in this state. */
	MODE_FAC_TAR = 1 << 13,
	MODE_FAC_SCV = 1 << 14,
	MODE_FAC_DSCR = 1 << 15,
	MODE_FAC_EBB = 1 << 16,
	MODE_FAC_PMU_READ = 1 << 17, /* MMCR0[PMCC] lets problem state read */
	MODE_FAC_PMU_WRITE = 1 << 18,
	MODE_FAC_TM = 1 << 19, /* MSR[TM]; always 0 with the models of today */
	MODE_FAC_MSGP = 1 << 20,
	MODE_FAC_LM = 1 << 21, /* copy/paste, load monitored */
	MODE_UCLE = 1 << 22,   /* BookE: user cache locking */
	MODE_GTSE = 1 << 23,   /* LPCR[GTSE]: the guest may tlbie */
	MODE_TB_OFF = 1 << 24, /* problem state may not read the time base */
	MODE_CIABR = 1 << 25,  /* CIABR may match in this state */
	/* What only instructions of the facilities FP, VEC and VSX (BookE: SPE) look at */
	MODE_FLOAT = MODE_FP | MODE_VEC | MODE_VSX | MODE_FE | MODE_FPX,
	/* Each completed instruction may interrupt: regions of several blocks know nothing of that.
	 */
	MODE_TRACED = MODE_SE | MODE_BE | MODE_CIABR,
};

#endif
