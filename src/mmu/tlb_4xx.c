/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The unified 64-entry TLB of the 440 (PPC440 core user's manual, chapter 5). An entry keeps the
 * three words of tlbwe as written, and TID. No hardware walk: a miss is an interrupt.
 */
#include "mmu/family.h"
#include "mmu/tlb.h"

#include "cpu/ops.h"
#include "isa/model.h"

#define W0_EPN	  0xfffffc00u
#define W0_V	  0x00000200u
#define W0_TS	  0x00000100u
#define W0_SIZE	  0x000000f0u
#define W1_RPN	  0xfffffc00u
#define W1_ERPN	  0x0000000fu
#define W2_I	  0x00000400u
#define W2_G	  0x00000100u
#define W2_E	  0x00000080u
#define W2_UX	  0x00000020u
#define W2_UW	  0x00000010u
#define W2_UR	  0x00000008u
#define MMUCR_STS 0x00010000u

/* 1K times a power of four; the missing codes (64M and others) behave as their number says. */
static unsigned entry_shift(const struct soft_tlb_entry *e)
{
	return 10 + 2 * ((e->word[0] & W0_SIZE) >> 4);
}

static bool hits(const struct soft_tlb_entry *e, u32 ea, u32 pid, bool as)
{
	u64 mask = ~0ull << entry_shift(e);

	return (e->word[0] & W0_V) && !(e->word[0] & W0_TS) == !as && (!e->pid || e->pid == pid) &&
	       !((e->word[0] ^ ea) & W0_EPN & (u32)mask);
}

static int find(const struct cpu_state *s, u32 ea, u32 pid, bool as)
{
	for (int i = 0; i < TLB4XX_MAX; i++)
		if (hits(&s->tlb[i], ea, pid, as))
			return i;
	return -1;
}

static void flush_entry(struct cpu_state *s, const struct soft_tlb_entry *e)
{
	struct cpu_flush f = {
		.kind = CPU_FLUSH_EA,
		.local = true,
		.shift = (u8)entry_shift(e),
		.addr = e->word[0] & W0_EPN & ~0ull << entry_shift(e),
	};

	if ((e->word[0] & W0_V) && s->ops && s->ops->flush)
		s->ops->flush(s, &f);
}

void tlb_4xx_write(struct cpu_state *s, u32 entry, u32 ws, u32 value)
{
	struct soft_tlb_entry *e = &s->tlb[entry % TLB4XX_MAX];

	if (ws > 2)
		return;
	flush_entry(s, e);
	e->word[ws] = value;
	if (ws == 0)
		e->pid = s->spr[SPR_MMUCR] & 0xff;
	e->valid = !!(e->word[0] & W0_V);
	flush_entry(s, e);
}

u32 tlb_4xx_read(struct cpu_state *s, u32 entry, u32 ws)
{
	const struct soft_tlb_entry *e = &s->tlb[entry % TLB4XX_MAX];

	if (ws > 2)
		return 0;
	if (ws == 0)
		s->spr[SPR_MMUCR] = (s->spr[SPR_MMUCR] & ~0xffull) | e->pid;
	return e->word[ws];
}

int tlb_4xx_search(const struct cpu_state *s, u64 ea)
{
	return find(s, (u32)ea, s->spr[SPR_MMUCR] & 0xff, s->spr[SPR_MMUCR] & MMUCR_STS);
}

static u32 translate(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access,
		     struct mmu_result *r)
{
	const struct soft_tlb_entry *e;
	int i = find(s, (u32)ea, (u32)s->spr[SPR_PID], access & MMU_RELOC);
	u32 store = (access & MMU_KIND) == MMU_STORE ? ESR_ST : 0;
	u64 offset_mask;
	u32 bits;

	if (i < 0) {
		r->code = (access & MMU_KIND) == MMU_FETCH ? CPU_EXC_ITLB : CPU_EXC_DTLB;
		r->dsisr = store;
		return r->code;
	}
	e = &s->tlb[i];
	/* The user's rights stand three bits above the supervisor's. */
	bits = access & MMU_PR ? e->word[2] >> 3 : e->word[2];
	r->prot = (bits & 1 ? MMU_R : 0) | (bits & 2 ? MMU_W : 0) | (bits & 4 ? MMU_X : 0);
	if (!(r->prot & mmu_needed_prot(access))) {
		r->code = (access & MMU_KIND) == MMU_FETCH ? CPU_EXC_ISI : CPU_EXC_DSI;
		r->dsisr = store;
		return r->code;
	}
	offset_mask = (1ull << entry_shift(e)) - 1;
	r->ra = (((u64)(e->word[1] & W1_ERPN) << 32 | (e->word[1] & W1_RPN)) & ~offset_mask) |
		(ea & offset_mask);
	r->page_shift = (u8)entry_shift(e);
	r->attr = (e->word[2] & W2_I ? MMU_INHIBITED : 0) | (e->word[2] & W2_G ? MMU_GUARDED : 0) |
		  (e->word[2] & W2_E ? MMU_LE : 0);
	r->context = s->spr[SPR_PID] << 1 | !!(access & MMU_RELOC);
	return 0;
}

static bool context(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access, u64 *tag)
{
	*tag = s->spr[SPR_PID] << 1 | !!(access & MMU_RELOC);
	return true;
}

static u64 keys(struct cpu_state *s, const struct mmu_env *env, u32 access)
{
	return 0;
}

const struct mmu_ops tlb_4xx_ops = {
	.translate = translate,
	.context = context,
	.keys = keys,
};
