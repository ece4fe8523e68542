/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPU models: one row of model.def each. What differs between families is data here, so that
 * decoder, front end, interrupts and device tree never test a name. */
#ifndef ISA_MODEL_H
#define ISA_MODEL_H

#include "base/types.h"

/* Families, as a set: rows of insn.def and spr.def say in which they exist. */
enum cpu_family {
	FAM_BOOK3S64 = 1 << 0,
	FAM_BOOK3S32 = 1 << 1, /* 603, 604, G3, G4 */
	FAM_440 = 1 << 2,
	FAM_E500V2 = 1 << 3, /* with SPE instead of FPU and AltiVec */
	FAM_E500MC = 1 << 4, /* e500mc, e5500 (64-bit), e6500 (AltiVec) */
	FAM_BOOKE = FAM_440 | FAM_E500V2 | FAM_E500MC,
	FAM_BOOK3S = FAM_BOOK3S64 | FAM_BOOK3S32,
	FAM_ALL = (1 << 5) - 1,
};

/* First level of the architecture that has a row; models are "up to". */
enum isa_level {
	ISA_P1 = 100, /* PowerPC 1.x, POWER heritage */
	ISA_2_00 = 200,
	ISA_2_01 = 201,
	ISA_2_02 = 202,
	ISA_2_03 = 203,
	ISA_2_04 = 204,
	ISA_2_05 = 205,
	ISA_2_06 = 206,
	ISA_2_07 = 207,
	ISA_3_0 = 300,
	ISA_3_1 = 310,
};

/* Facilities: what a model may have, and what an instruction needs (at most one each). */
enum cpu_facility {
	FAC_NONE,
	FAC_FP,
	FAC_VEC, /* VMX */
	FAC_VSX,
	FAC_DFP,  /* decimal floating point, needs MSR[FP] */
	FAC_QUAD, /* quad precision: VSX facility of ISA 3.0, on VRs */
	FAC_SPE,
	FAC_SPE_FP, /* embedded single/double floats of SPE */
	FAC_MAC,    /* 440 multiply-accumulate */
	FAC_TM,
	FAC_TAR,
	FAC_EBB,
	FAC_SCV,
	FAC_DSCR,
	FAC_PMU,
	FAC_LM, /* copy, paste */
	FAC_MSGP,
	FAC_64, /* 64-bit implementations only */
	FAC_ISEL,
	FAC_EXTPID, /* BookE external process ID */
	FAC_COUNT,
};

enum mmu_kind { MMU_HASH64, MMU_RADIX_OR_HASH64, MMU_HASH32, MMU_4XX, MMU_E500 };

struct cpu_model {
	const char *name;
	u32 pvr;
	u32 families;	/* exactly one of enum cpu_family */
	u32 isa;	/* enum isa_level */
	u64 facilities; /* bit n: enum cpu_facility n */
	enum mmu_kind mmu;
	bool is64;
	u32 slb_entries;
	u32 dcache_line, icache_line; /* bytes */
	u32 dcbz_block;		      /* bytes */
	u32 dec_bits;		      /* 32, or the large decrementer's width */
	u64 msr_mask;		      /* bits that exist */
	u64 reset_msr;
};

/* NULL when no model has that name (case-insensitive). */
const struct cpu_model *cpu_model_find(const char *name);
/* The i-th model, NULL past the end. */
const struct cpu_model *cpu_model_at(unsigned i);

#endif
