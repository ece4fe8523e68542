// SPDX-License-Identifier: GPL-2.0-or-later
/* Weak stand-ins that let the tree link until cpu/ and mmu/ are complete; goes with the last. */
#include "cpu/time.h"
#include "translator/internal.h"

#define WEAK __attribute__((weak))

WEAK void cpu_timer_expire(struct cpu_state *s)
{
}
WEAK u64 cpu_next_deadline(const struct cpu_state *s)
{
	return ~0ull;
}
WEAK u64 cpu_timebase(const struct cpu_state *s)
{
	return 0;
}
WEAK bool cpu_deliver(struct cpu_state *s)
{
	return false;
}
WEAK u32 cpu_mode(const struct cpu_state *s)
{
	return MODE_SF;
}
WEAK void cpu_post_irq(struct cpu_state *s, enum cpu_irq irq, bool level)
{
}
WEAK void cpu_reset(struct cpu_state *s, const struct cpu_model *model)
{
}
WEAK bool cpu_take_irq(struct cpu_state *s)
{
	return false;
}
WEAK bool cpu_irq_ready(const struct cpu_state *s)
{
	return false;
}
WEAK bool cpu_wakes(const struct cpu_state *s)
{
	return false;
}
WEAK u32 mmu_translate(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access,
		       struct mmu_result *r)
{
	*r = (struct mmu_result){.ra = ea, .page_shift = 12, .prot = 7};
	return 0;
}
WEAK bool mmu_context(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access,
		      u64 *context)
{
	*context = 0;
	return true;
}
