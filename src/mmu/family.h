/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between mmu.c and the families: one table of operations each, and what they share. */
#ifndef MMU_FAMILY_H
#define MMU_FAMILY_H

#include "base/endian.h"
#include "isa/event.h"
#include "isa/sprbits.h"
#include "isa/state.h"
#include "mmu/mmu.h"

struct mmu_ops {
	/* r is zeroed; fill it or return the fault through mmu_fault(). */
	u32 (*translate)(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access,
			 struct mmu_result *r);
	bool (*context)(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access,
			u64 *context);
	u64 (*keys)(struct cpu_state *s, const struct mmu_env *env, u32 access);
};

extern const struct mmu_ops book3s_64_mmu_radix_ops;
extern const struct mmu_ops book3s_64_mmu_hash_ops;
extern const struct mmu_ops tlb_4xx_ops;
extern const struct mmu_ops tlb_e500_ops;

static inline u64 be64(u64 v)
{
	return HOST_BIG_ENDIAN ? v : bswap64(v);
}

static inline u64 mmu_load_be(const u64 *p)
{
	return be64(__atomic_load_n(p, __ATOMIC_ACQUIRE));
}

/* Replace the big-endian doubleword old by new; false: it is no longer old. */
static inline bool mmu_cas_be(u64 *p, u64 old, u64 new)
{
	u64 expected = be64(old);

	return __atomic_compare_exchange_n(p, &expected, be64(new), false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

/* A storage interrupt: bits go to DSISR, or to SRR1 for a fetch. ISSTORE is added for stores. */
static inline u32 mmu_storage_fault(struct mmu_result *r, u32 access, u32 bits)
{
	if ((access & MMU_KIND) == MMU_FETCH) {
		r->code = CPU_EXC_ISI;
		r->info = bits;
	} else {
		r->code = CPU_EXC_DSI;
		r->dsisr = bits | ((access & MMU_KIND) == MMU_STORE ? DSISR_ISSTORE : 0);
	}
	return r->code;
}

static inline u32 mmu_segment_fault(struct mmu_result *r, u32 access)
{
	r->code = (access & MMU_KIND) == MMU_FETCH ? CPU_EXC_ISEG : CPU_EXC_DSEG;
	return r->code;
}

static inline u8 mmu_needed_prot(u32 access)
{
	switch (access & MMU_KIND) {
	case MMU_STORE:
		return MMU_W;
	case MMU_FETCH:
		return MMU_X;
	default:
		return MMU_R;
	}
}

/* Real mode of a guest: one linear range from 0 on; the page size is the largest that fits. */
u32 mmu_real_mode(u64 ra, u64 limit, u32 access, struct mmu_result *r);

#endif
