/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/watch.h"

#include "isa/msr.h"
#include "isa/state.h"

#define DAWRX_PROBLEM 0x01u
#define DAWRX_KERNEL  0x02u
#define DAWRX_HYP     0x04u
#define DAWRX_WTI     0x08u
#define DAWRX_WT      0x10u
#define DAWRX_DR      0x20u
#define DAWRX_DW      0x40u
#define DAWRX_STATES  (DAWRX_PROBLEM | DAWRX_KERNEL | DAWRX_HYP)

/* Doublewords from DAWR0 on: MRD + 1, and none beyond the 512 bytes that DAWR0 lies in. */
static void range(const struct cpu_state *s, u64 *first, u64 *last)
{
	u64 len = (s->spr[SPR_DAWRX0] >> 10 & 63) + 1;

	*first = s->spr[SPR_DAWR0] & ~7ull;
	*last = *first + 8 * len - 1;
	if ((*first ^ *last) & ~0x1ffull)
		*last = *first | 0x1ff;
}

u64 cpu_watch_key(const struct cpu_state *s)
{
	u64 x = s->spr[SPR_DAWRX0];

	if (!(x & (DAWRX_DR | DAWRX_DW)) || !(x & DAWRX_STATES))
		return 0;
	/* MRD and the switches are 16 bits, DAWR0's low three are not used. */
	return (s->spr[SPR_DAWR0] * 0x9e3779b97f4a7c15ull ^ x) | 1;
}

bool cpu_watch_match(const struct cpu_state *s, u64 ea, u64 len, bool store)
{
	u64 x = s->spr[SPR_DAWRX0];
	u64 first, last, state;

	if (!(x & (store ? DAWRX_DW : DAWRX_DR)))
		return false;
	state = s->msr & MSR_PR ? DAWRX_PROBLEM : s->msr & MSR_HV ? DAWRX_HYP : DAWRX_KERNEL;
	if (!(x & state))
		return false;
	if (!(x & DAWRX_WTI) && !(x & DAWRX_WT) != !(s->msr & MSR_DR))
		return false;
	range(s, &first, &last);
	return ea <= last && ea + len - 1 >= first;
}

bool cpu_watch_page(const struct cpu_state *s, u64 ea, unsigned shift)
{
	u64 first, last;

	if (!cpu_watch_key(s))
		return false;
	range(s, &first, &last);
	return ea >> shift == first >> shift || ea >> shift == last >> shift;
}
