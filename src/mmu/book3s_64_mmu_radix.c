/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Radix tree translation, process-scoped: Power ISA 3.0B Book III 5.7.10. The process table and
 * the trees are guest memory; a partition-scoped stage, when there is one, is inside mmu_mem.
 *
 * Reference and change bits are set by compare-and-exchange on the entry that was checked; when
 * the guest changed it meanwhile the walk starts over.
 */
#include "mmu/family.h"

#include "isa/msr.h"

#define EA_QUADRANT_SHIFT 62
#define EA_OFFSET	  (~0ull >> 2)

#define TABLE_BASE 0x0fffffffffffff00ull
#define TABLE_SIZE 0x1full

#define PTE_V	  PPC_BIT(0)
#define PTE_LEAF  PPC_BIT(1)
#define PTE_RPN	  0x01fffffffffff000ull
#define PTE_R	  0x100ull
#define PTE_C	  0x080ull
#define PTE_ATT	  0x030ull
#define PTE_PRIV  0x008ull
#define PTE_EAA_R 4
#define PTE_EAA_W 2
#define PTE_EAA_X 1

enum { ATT_NORMAL = 0x00, ATT_SAO = 0x10, ATT_NON_IDEMPOTENT = 0x20, ATT_TOLERANT = 0x30 };

/* More levels than the widest address has bits for, so that a loop in a table ends. */
enum { MAX_LEVELS = 8 };

struct walk {
	u64 *entry;
	u64 ra; /* of entry */
	u64 pte;
	unsigned shift;
};

static u64 *map(const struct mmu_env *env, u64 ra, u64 len)
{
	return env->mem.ops->map(env->mem.opaque, ra, len);
}

/* Quadrant 0 is the process in PIDR, quadrant 3 process 0 (the kernel); 1 and 2 have no meaning
 * without hypervisor state. */
static bool context(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access, u64 *pid)
{
	if (!(access & MMU_RELOC)) {
		*pid = ~0ull;
		return true;
	}
	switch (ea >> EA_QUADRANT_SHIFT) {
	case 0:
		*pid = s->spr[SPR_PIDR];
		return true;
	case 3:
		*pid = 0;
		return true;
	default:
		return false;
	}
}

/* The one geometry of POWER9: 52 bits of address, 13 of them at the root, then 9, 9, and 9 or 5
 * by the size of the pages. Any other is an unsupported configuration (5.7.10). */
static bool supported(unsigned level, unsigned bits, unsigned size)
{
	if (!level)
		return bits == 52 && size == 13;
	return bits > 12 && (size == 9 || (size == 5 && bits == 21));
}

/* Returns 0 with the leaf in w, or the fault. */
static u32 walk(const struct mmu_env *env, u64 ea, u64 pid, u32 access, struct walk *w,
		struct mmu_result *r)
{
	u64 *prte = NULL;
	u64 dw, base, index;
	unsigned bits, size;

	if (pid >= 1ull << (env->proc_table_shift - 4))
		return mmu_storage_fault(r, access, DSISR_NOHPTE);
	prte = map(env, env->proc_table + 16 * pid, 16);
	if (!prte)
		return mmu_storage_fault(r, access, DSISR_NOHPTE);
	dw = mmu_load_be(prte);
	bits = (unsigned)((dw >> 61 & 3) << 3 | (dw >> 5 & 7)) + 31;
	size = (unsigned)(dw & TABLE_SIZE);
	base = dw & TABLE_BASE;
	ea &= EA_OFFSET;
	if (bits < 62 && ea >> bits)
		return mmu_segment_fault(r, access);

	for (unsigned level = 0; level < MAX_LEVELS; level++) {
		if (!supported(level, bits, size))
			return mmu_storage_fault(r, access, DSISR_BADCONFIG);
		bits -= size;
		index = ea >> bits & ((1ull << size) - 1);
		w->ra = (base & ~((8ull << size) - 1)) + 8 * index;
		w->entry = map(env, w->ra, 8);
		if (!w->entry)
			return mmu_storage_fault(r, access, DSISR_NOHPTE);
		w->pte = mmu_load_be(w->entry);
		if (!(w->pte & PTE_V))
			return mmu_storage_fault(r, access, DSISR_NOHPTE);
		if (w->pte & PTE_LEAF) {
			if (bits != 12 && bits != 16 && bits != 21 && bits != 30)
				return mmu_storage_fault(r, access, DSISR_BADCONFIG);
			w->shift = bits;
			return 0;
		}
		size = (unsigned)(w->pte & TABLE_SIZE);
		base = w->pte & TABLE_BASE;
	}
	return mmu_storage_fault(r, access, DSISR_BADCONFIG);
}

/* Rights by the entry's authority; key 0 of AMR and IAMR covers what a privileged access does to
 * a page of problem state (5.7.13.2). */
static u8 rights(const struct cpu_state *s, u64 pte, u32 access)
{
	u8 prot = 0;

	if ((pte & PTE_PRIV) && (access & MMU_PR))
		return 0;
	prot |= pte & PTE_EAA_R ? MMU_R : 0;
	prot |= pte & PTE_EAA_W ? MMU_W | MMU_R : 0;
	prot |= pte & PTE_EAA_X ? MMU_X : 0;
	if (!(pte & PTE_PRIV) && !(access & MMU_PR)) {
		prot &= s->spr[SPR_AMR] >> 63 & 1 ? (u8)~MMU_W : 0xff;
		prot &= s->spr[SPR_AMR] >> 62 & 1 ? (u8)~MMU_R : 0xff;
		prot &= s->spr[SPR_IAMR] >> 62 & 1 ? (u8)~MMU_X : 0xff;
	}
	return prot;
}

/* 0 = done, 1 = the entry changed: walk again. */
static int set_rc(const struct mmu_env *env, struct walk *w, u32 access)
{
	u64 new = w->pte | PTE_R | ((access & MMU_KIND) == MMU_STORE ? PTE_C : 0);

	if (new == w->pte || (access & MMU_QUIET))
		return 0;
	if (!mmu_cas_be(w->entry, w->pte, new))
		return 1;
	w->pte = new;
	if (env->mem.ops->written)
		env->mem.ops->written(env->mem.opaque, w->ra, 8);
	return 0;
}

static u8 attributes(u64 pte)
{
	switch (pte & PTE_ATT) {
	case ATT_SAO:
		return MMU_SAO;
	case ATT_NON_IDEMPOTENT:
		return MMU_INHIBITED | MMU_GUARDED;
	case ATT_TOLERANT:
		return MMU_INHIBITED;
	default:
		return 0;
	}
}

static u32 translate(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access,
		     struct mmu_result *r)
{
	bool fetch = (access & MMU_KIND) == MMU_FETCH;
	struct walk w = {0};
	u64 pid, mask;
	u8 prot;

	if (!(access & MMU_RELOC)) {
		r->context = ~0ull;
		return mmu_real_mode(ea & 0x0fffffffffffffffull, env->rma_size, access, r);
	}
	if (!context(s, env, ea, access, &pid))
		return mmu_segment_fault(r, access);
	do {
		if (walk(env, ea, pid, access, &w, r))
			return r->code;
		prot = rights(s, w.pte, access);
		if (fetch && (w.pte & PTE_ATT) == ATT_NON_IDEMPOTENT)
			return mmu_storage_fault(r, access, SRR1_NOEXEC);
		if (!(prot & mmu_needed_prot(access)))
			return mmu_storage_fault(r, access, fetch ? SRR1_NOEXEC : DSISR_PROTFAULT);
	} while (set_rc(env, &w, access));

	mask = (1ull << w.shift) - 1;
	r->ra = (w.pte & PTE_RPN & ~mask) | (ea & mask);
	r->page_shift = (u8)w.shift;
	r->attr = attributes(w.pte);
	r->prot = w.pte & PTE_C ? prot : prot & (u8)~MMU_W;
	r->context = pid;
	return 0;
}

static u64 keys(struct cpu_state *s, const struct mmu_env *env, u32 access)
{
	if ((access & MMU_PR) || !(access & MMU_RELOC))
		return 0;
	if ((access & MMU_KIND) == MMU_FETCH)
		return s->spr[SPR_IAMR] >> 62 & 1;
	return s->spr[SPR_AMR] >> 62;
}

const struct mmu_ops book3s_64_mmu_radix_ops = {
	.translate = translate,
	.context = context,
	.keys = keys,
};
