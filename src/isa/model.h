/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPU models: one row of model.def each. What differs between families is data here, so that
 * decoder, front end, interrupts and device tree never test a name. */
#ifndef ISA_MODEL_H
#define ISA_MODEL_H

#include "isa/insn.h" /* families, levels, facilities */

enum mmu_kind { MMU_HASH64, MMU_RADIX_OR_HASH64, MMU_HASH32, MMU_4XX, MMU_E500 };

struct cpu_model {
	const char *name;
	u32 pvr;
	u32 families;	/* exactly one of enum insn_family */
	u32 isa;	/* enum insn_isa_level */
	u64 facilities; /* bit n: enum insn_facility n */
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
