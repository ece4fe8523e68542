/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLB0 (4-way, 4K pages) and TLB1 (fully associative, any size) of the e500v2: PowerPC e500 core
 * family reference manual, chapter 12. An entry keeps MAS1, MAS2, MAS3 and MAS7 as written. A miss
 * leaves in the MAS registers what its handler needs (12.3.3).
 */
#include "mmu/family.h"
#include "mmu/tlb.h"

#include "cpu/ops.h"
#include "isa/model.h"

enum { TLB0_SETS = 128, TLB0_WAYS = 4, TLB0_ENTRIES = TLB0_SETS * TLB0_WAYS, TLB1_ENTRIES = 16 };

#define MAS0_TLBSEL 0x10000000u
#define MAS0_ESEL   0x000f0000u
#define MAS0_NV	    0x00000003u
#define MAS1_V	    0x80000000u
#define MAS1_IPROT  0x40000000u
#define MAS1_TID    0x00ff0000u
#define MAS1_TS	    0x00001000u
#define MAS1_TSIZE  0x00000f00u
#define MAS2_EPN    0xfffff000u
#define MAS2_I	    0x08u
#define MAS2_G	    0x02u
#define MAS2_E	    0x01u
#define MAS3_RPN    0xfffff000u
#define MAS6_SPID   0x00ff0000u
#define MAS6_SAS    0x00000001u

#define TLBIVAX_TLB1 0x8u
#define TLBIVAX_ALL  0x4u

/* 4K in TLB0 whatever TSIZE says; codes below 1 are taken as 4K. */
static unsigned entry_shift(const struct cpu_state *s, const struct soft_tlb_entry *e)
{
	unsigned size = (e->word[0] & MAS1_TSIZE) >> 8;

	if (e < &s->tlb[TLB0_ENTRIES] || size < 1)
		return 12;
	return 10 + 2 * (size > 11 ? 11 : size);
}

static bool hits(const struct cpu_state *s, const struct soft_tlb_entry *e, u32 ea, bool as)
{
	u64 mask = ~0ull << entry_shift(s, e);

	return (e->word[0] & MAS1_V) && !(e->word[0] & MAS1_TS) == !as &&
	       !((e->word[1] ^ ea) & MAS2_EPN & (u32)mask);
}

static bool tid_is(const struct soft_tlb_entry *e, u64 pid)
{
	return !(e->word[0] & MAS1_TID) || (e->word[0] & MAS1_TID) >> 16 == pid;
}

static bool tid_current(const struct cpu_state *s, const struct soft_tlb_entry *e)
{
	return tid_is(e, s->spr[SPR_PID]) || tid_is(e, s->spr[SPR_PID1]) ||
	       tid_is(e, s->spr[SPR_PID2]);
}

static struct soft_tlb_entry *tlb0_set(struct cpu_state *s, u32 ea)
{
	return &s->tlb[(ea >> 12 & (TLB0_SETS - 1)) * TLB0_WAYS];
}

/* Entry that ea hits: with the current PIDs, or (search) with MAS6[SPID] alone. */
static struct soft_tlb_entry *find(struct cpu_state *s, u32 ea, bool as, bool search)
{
	u64 spid = (s->spr[SPR_MAS6] & MAS6_SPID) >> 16;
	struct soft_tlb_entry *e = tlb0_set(s, ea);

	for (unsigned i = 0; i < TLB0_WAYS + TLB1_ENTRIES; i++, e++) {
		if (i == TLB0_WAYS)
			e = &s->tlb[TLB0_ENTRIES];
		if (hits(s, e, ea, as) && (search ? tid_is(e, spid) : tid_current(s, e)))
			return e;
	}
	return NULL;
}

static void flush_entry(struct cpu_state *s, const struct soft_tlb_entry *e, bool local)
{
	struct cpu_flush f = {
		.kind = CPU_FLUSH_EA,
		.local = local,
		.shift = (u8)entry_shift(s, e),
		.addr = e->word[1] & MAS2_EPN & ~0ull << entry_shift(s, e),
	};

	if ((e->word[0] & MAS1_V) && s->ops && s->ops->flush)
		s->ops->flush(s, &f);
}

static struct soft_tlb_entry *selected(struct cpu_state *s)
{
	u32 mas0 = (u32)s->spr[SPR_MAS0];
	u32 esel = (mas0 & MAS0_ESEL) >> 16;

	if (mas0 & MAS0_TLBSEL)
		return &s->tlb[TLB0_ENTRIES + esel % TLB1_ENTRIES];
	return tlb0_set(s, (u32)s->spr[SPR_MAS2]) + esel % TLB0_WAYS;
}

void tlb_e500_write(struct cpu_state *s)
{
	struct soft_tlb_entry *e = selected(s);

	flush_entry(s, e, true);
	e->word[0] = (u32)s->spr[SPR_MAS1];
	e->word[1] = (u32)s->spr[SPR_MAS2];
	e->word[2] = (u32)s->spr[SPR_MAS3];
	e->word[3] = (u32)s->spr[SPR_MAS7];
	/* TLB0 has no protection from invalidation. */
	if (!(s->spr[SPR_MAS0] & MAS0_TLBSEL))
		e->word[0] &= ~MAS1_IPROT;
	e->valid = !!(e->word[0] & MAS1_V);
	flush_entry(s, e, true);
}

static void load_mas(struct cpu_state *s, const struct soft_tlb_entry *e)
{
	s->spr[SPR_MAS1] = e->word[0];
	s->spr[SPR_MAS2] = e->word[1];
	s->spr[SPR_MAS3] = e->word[2];
	s->spr[SPR_MAS7] = e->word[3];
}

void tlb_e500_read(struct cpu_state *s)
{
	load_mas(s, selected(s));
}

/* Defaults of MAS4 for a new translation of ea in address space as (table "MAS updates"). */
static void load_defaults(struct cpu_state *s, u32 ea, bool as, u32 pid, bool valid)
{
	u32 mas4 = (u32)s->spr[SPR_MAS4];
	u32 nv = (u32)s->spr[SPR_MAS0] & MAS0_NV;

	s->spr[SPR_MAS0] =
		(mas4 & MAS0_TLBSEL) | (mas4 & MAS0_TLBSEL ? 0 : nv << 16) | ((nv + 1) & MAS0_NV);
	s->spr[SPR_MAS1] =
		(valid ? MAS1_V : 0) | pid << 16 | (as ? MAS1_TS : 0) | (mas4 & MAS1_TSIZE);
	s->spr[SPR_MAS2] = (ea & MAS2_EPN) | (mas4 & 0x7f);
	s->spr[SPR_MAS3] = 0;
	s->spr[SPR_MAS7] = 0;
}

void tlb_e500_search(struct cpu_state *s, u64 ea)
{
	bool as = s->spr[SPR_MAS6] & MAS6_SAS;
	struct soft_tlb_entry *e = find(s, (u32)ea, as, true);
	u32 nv = (u32)s->spr[SPR_MAS0] & MAS0_NV;
	u32 i;

	if (!e) {
		load_defaults(s, (u32)ea, as, (s->spr[SPR_MAS6] & MAS6_SPID) >> 16, false);
		return;
	}
	i = (u32)(e - s->tlb);
	load_mas(s, e);
	if (i < TLB0_ENTRIES)
		s->spr[SPR_MAS0] = (i % TLB0_WAYS) << 16 | nv;
	else
		s->spr[SPR_MAS0] = MAS0_TLBSEL | (i - TLB0_ENTRIES) << 16 | nv;
}

static void drop(struct cpu_state *s, struct soft_tlb_entry *e, bool local)
{
	if (!(e->word[0] & MAS1_V) || (e->word[0] & MAS1_IPROT))
		return;
	flush_entry(s, e, local);
	e->word[0] &= ~MAS1_V;
	e->valid = 0;
}

void tlb_e500_flash(struct cpu_state *s, u64 mmucsr0)
{
	for (unsigned i = 0; i < TLB0_ENTRIES && (mmucsr0 & 4); i++)
		drop(s, &s->tlb[i], true);
	for (unsigned i = 0; i < TLB1_ENTRIES && (mmucsr0 & 2); i++)
		drop(s, &s->tlb[TLB0_ENTRIES + i], true);
}

void tlb_e500_invalidate(struct cpu_state *s, u64 ea)
{
	struct soft_tlb_entry *e;

	if (ea & TLBIVAX_ALL) {
		tlb_e500_flash(s, ea & TLBIVAX_TLB1 ? 2 : 4);
		return;
	}
	if (ea & TLBIVAX_TLB1) {
		for (e = &s->tlb[TLB0_ENTRIES]; e < &s->tlb[TLB0_ENTRIES + TLB1_ENTRIES]; e++)
			if (hits(s, e, (u32)ea, false) || hits(s, e, (u32)ea, true))
				drop(s, e, false);
		return;
	}
	e = tlb0_set(s, (u32)ea);
	for (unsigned i = 0; i < TLB0_WAYS; i++, e++)
		if (hits(s, e, (u32)ea, false) || hits(s, e, (u32)ea, true))
			drop(s, e, false);
}

void tlb_e500_invalidate_local(struct cpu_state *s, u32 t, u64 ea)
{
	u64 spid = (s->spr[SPR_MAS6] & MAS6_SPID) >> 16;
	bool as = s->spr[SPR_MAS6] & MAS6_SAS;

	for (unsigned i = 0; i < TLB0_ENTRIES + TLB1_ENTRIES; i++) {
		struct soft_tlb_entry *e = &s->tlb[i];
		bool tid = (e->word[0] & MAS1_TID) >> 16 == spid;

		if (t == 0 || (t == 1 && tid) || (t == 3 && tid && hits(s, e, (u32)ea, as)))
			drop(s, e, true);
	}
}

static u32 miss(struct cpu_state *s, u32 ea, u32 access, struct mmu_result *r)
{
	bool as = access & MMU_RELOC;
	u64 pids[] = {s->spr[SPR_PID], s->spr[SPR_PID1], s->spr[SPR_PID2], 0};

	if (!(access & MMU_QUIET)) {
		load_defaults(s, ea, as, (u32)pids[s->spr[SPR_MAS4] >> 16 & 3] & 0xff, true);
		s->spr[SPR_MAS6] = (s->spr[SPR_PID] & 0xff) << 16 | (as ? MAS6_SAS : 0);
	}
	r->code = (access & MMU_KIND) == MMU_FETCH ? CPU_EXC_ITLB : CPU_EXC_DTLB;
	r->dsisr = (access & MMU_KIND) == MMU_STORE ? ESR_ST : 0;
	return r->code;
}

/* All three PIDs make up the current process. */
static u64 tag_of(const struct cpu_state *s, u32 access)
{
	return s->spr[SPR_PID2] << 17 | s->spr[SPR_PID1] << 9 | s->spr[SPR_PID] << 1 |
	       !!(access & MMU_RELOC);
}

static u32 translate(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access,
		     struct mmu_result *r)
{
	const struct soft_tlb_entry *e = find(s, (u32)ea, access & MMU_RELOC, false);
	u64 offset_mask;
	u32 bits;

	if (!e)
		return miss(s, (u32)ea, access, r);
	/* UX SX UW SW UR SR */
	bits = access & MMU_PR ? e->word[2] >> 1 : e->word[2];
	r->prot = (bits & 1 ? MMU_R : 0) | (bits & 4 ? MMU_W : 0) | (bits & 16 ? MMU_X : 0);
	if (!(r->prot & mmu_needed_prot(access))) {
		r->code = (access & MMU_KIND) == MMU_FETCH ? CPU_EXC_ISI : CPU_EXC_DSI;
		r->dsisr = (access & MMU_KIND) == MMU_STORE ? ESR_ST : 0;
		return r->code;
	}
	offset_mask = (1ull << entry_shift(s, e)) - 1;
	r->ra = (((u64)(e->word[3] & 0xf) << 32 | (e->word[2] & MAS3_RPN)) & ~offset_mask) |
		(ea & offset_mask);
	r->page_shift = (u8)entry_shift(s, e);
	r->attr = (e->word[1] & MAS2_I ? MMU_INHIBITED : 0) |
		  (e->word[1] & MAS2_G ? MMU_GUARDED : 0) | (e->word[1] & MAS2_E ? MMU_LE : 0);
	r->context = tag_of(s, access);
	return 0;
}

static bool context(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access, u64 *tag)
{
	*tag = tag_of(s, access);
	return true;
}

static u64 keys(struct cpu_state *s, const struct mmu_env *env, u32 access)
{
	return 0;
}

const struct mmu_ops tlb_e500_ops = {
	.translate = translate,
	.context = context,
	.keys = keys,
};
