/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions of software-loaded TLBs; the TLBs are in tlb_4xx.c and tlb_e500.c. */
#include "isa/helper.h"
#include "mmu/tlb.h"

void helper_tlbwe_4xx(struct cpu_state *s, u64 value, u64 entry, u64 ws)
{
	tlb_4xx_write(s, (u32)entry, (u32)ws, (u32)value);
}

u64 helper_tlbre_4xx(struct cpu_state *s, u64 entry, u64 ws)
{
	return tlb_4xx_read(s, (u32)entry, (u32)ws);
}

/* Bit 32: found, as the record form shows in CR0. */
u64 helper_tlbsx_4xx(struct cpu_state *s, u64 ea)
{
	int i = tlb_4xx_search(s, ea);

	return i < 0 ? 0 : 1ull << 32 | (u64)i;
}

void helper_tlbwe(struct cpu_state *s)
{
	tlb_e500_write(s);
}

void helper_tlbre(struct cpu_state *s)
{
	tlb_e500_read(s);
}

void helper_tlbsx(struct cpu_state *s, u64 ea)
{
	tlb_e500_search(s, ea);
}

void helper_tlbivax(struct cpu_state *s, u64 ea)
{
	tlb_e500_invalidate(s, ea);
}

void helper_tlbilx(struct cpu_state *s, u64 t, u64 ea)
{
	tlb_e500_invalidate_local(s, (u32)t, ea);
}

void helper_mmucsr0(struct cpu_state *s, u64 value)
{
	tlb_e500_flash(s, value);
}
