/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Picks the MMU of the model. */
#include "mmu/mmu.h"

#include "base/string.h"
#include "isa/model.h"
#include "mmu/family.h"

static const struct mmu_ops *ops_of(const struct cpu_state *s, const struct mmu_env *env)
{
	switch (s->model->mmu) {
	case MMU_4XX:
		return &tlb_4xx_ops;
	case MMU_E500:
		return &tlb_e500_ops;
	default:
		return env->radix ? &book3s_64_mmu_radix_ops : &book3s_64_mmu_hash_ops;
	}
}

u32 mmu_translate(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access,
		  struct mmu_result *r)
{
	memset(r, 0, sizeof(*r));
	return ops_of(s, env)->translate(s, env, ea, access, r);
}

bool mmu_context(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access, u64 *context)
{
	return ops_of(s, env)->context(s, env, ea, access, context);
}

u64 mmu_keys(struct cpu_state *s, const struct mmu_env *env, u32 access)
{
	return ops_of(s, env)->keys(s, env, access);
}

u32 mmu_real_mode(u64 ra, u64 limit, u32 access, struct mmu_result *r)
{
	unsigned shift = 40;

	if (ra >= limit)
		return mmu_storage_fault(r, access, DSISR_PROTFAULT);
	while (shift > 12 && ((ra | ((1ull << shift) - 1)) >= limit))
		shift--;
	r->ra = ra;
	r->page_shift = (u8)shift;
	r->prot = MMU_R | MMU_W | MMU_X;
	r->attr = MMU_REAL;
	return 0;
}
