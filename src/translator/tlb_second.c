// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The second level of a CPU's software TLB: translations by the guest's page in its real size, so
 * that a page of 64K or 2M refills the first level 4K at a time without a walk.
 *
 * An entry is tagged by what the MMU says tells address spaces apart (mmu_result.context): the
 * process, 0 for a radix kernel's quadrant, or a hash segment's VSID. So it outlives process
 * switches and slbie, which only drops the way from an effective address to a VSID; the MMU's
 * mmu_context() finds that way anew on every lookup.
 */
#include <errno.h>

#include "base/string.h"
#include "translator/internal.h"

enum { SECOND_BITS = 11 };

struct second_entry {
	u64 page;    /* effective address; hash: offset in the segment */
	u64 context; /* as of mmu_context() */
	u64 keys;
	u64 ra;
	u32 generation; /* 0: never valid */
	u16 access;	/* privilege, relocation and kind */
	u8 shift, seg_shift, prot, attr;
};

struct tlb_second {
	u32 generation;
	u64 shifts; /* bit n: some entry may have pages of 1 << n */
	struct second_entry entry[1 << SECOND_BITS];
};

int tlb_second_init(struct translator_cpu *cpu)
{
	cpu->second = os_alloc(sizeof(*cpu->second));
	if (!cpu->second)
		return -ENOMEM;
	cpu->second->generation = 1;
	return 0;
}

void tlb_second_destroy(struct translator_cpu *cpu)
{
	os_free(cpu->second);
}

/* Loads and stores share entries; fetches have their own permission. */
static u16 access_class(u32 access)
{
	u32 kind = (access & MMU_KIND) == MMU_FETCH ? MMU_FETCH : MMU_LOAD;

	return (u16)((access & ~(u32)MMU_KIND) | kind);
}

static u32 slot_of(u64 page, u32 shift, u64 context, u32 access)
{
	u64 h = (page >> shift) * 0x9e3779b97f4a7c15ull ^ context * 0xc2b2ae3d27d4eb4full ^
		(u64)access * 0x165667b19e3779f9ull ^ (u64)shift << 58;

	return (u32)(h >> 32) & ((1 << SECOND_BITS) - 1);
}

/* Hash pages are found by their place in the segment, whatever the segment's address. */
static u64 page_of(u64 ea, u32 shift, u32 seg_shift)
{
	u64 page = ea & (~0ull << shift);

	return seg_shift ? page & ~(~0ull << seg_shift) : page;
}

static u64 keys_of(const struct translator_cpu *cpu, u32 access)
{
	return (access & MMU_KIND) == MMU_FETCH ? cpu->current->fetch_keys : cpu->current->keys;
}

bool tlb_second_find(struct translator_cpu *cpu, u64 ea, u32 access, struct mmu_result *r)
{
	static const u8 prot_of[] = {[MMU_LOAD] = MMU_R, [MMU_STORE] = MMU_W, [MMU_FETCH] = MMU_X};
	struct tlb_second *t = cpu->second;
	u64 shifts, context, keys = keys_of(cpu, access);
	u16 class = access_class(access);

	if (!t->shifts || !mmu_context(cpu->s, &cpu->t->env, ea, access, &context))
		return false;
	for (shifts = t->shifts; shifts; shifts &= shifts - 1) {
		u32 shift = (u32)__builtin_ctzll(shifts), seg;

		/* Radix has no segments, hash has two sizes of them. */
		for (seg = 0; seg <= 40; seg = seg ? seg + 12 : 28) {
			u64 page = page_of(ea, shift, seg);
			struct second_entry *e = &t->entry[slot_of(page, shift, context, class)];

			if (e->page == page && e->context == context && e->access == class &&
			    e->shift == shift && e->seg_shift == seg && e->keys == keys &&
			    e->generation == t->generation &&
			    (e->prot & prot_of[access & MMU_KIND])) {
				*r = (struct mmu_result){
					.ra = e->ra | (ea & ~(~0ull << shift)),
					.page_shift = e->shift,
					.seg_shift = e->seg_shift,
					.prot = e->prot,
					.attr = e->attr,
					.context = context,
				};
				return true;
			}
			if (cpu->t->env.radix)
				break;
		}
	}
	return false;
}

void tlb_second_add(struct translator_cpu *cpu, u64 ea, u32 access, const struct mmu_result *r)
{
	struct tlb_second *t = cpu->second;
	u16 class = access_class(access);
	u64 page = page_of(ea, r->page_shift, r->seg_shift);

	if (r->page_shift < TLB_PAGE_BITS || !(access & MMU_RELOC))
		return;
	t->shifts |= 1ull << r->page_shift;
	t->entry[slot_of(page, r->page_shift, r->context, class)] = (struct second_entry){
		.page = page,
		.context = r->context,
		.keys = keys_of(cpu, access),
		.ra = r->ra & (~0ull << r->page_shift),
		.generation = t->generation,
		.access = class,
		.shift = r->page_shift,
		.seg_shift = r->seg_shift,
		.prot = r->prot,
		.attr = r->attr,
	};
}

void tlb_second_clear(struct translator_cpu *cpu)
{
	struct tlb_second *t = cpu->second;

	t->shifts = 0;
	if (!++t->generation) {
		memset(t->entry, 0, sizeof(t->entry));
		t->generation = 1;
	}
}

/* Entries with a field equal to what the flush names; a flush of pages drops what overlaps. */
void tlb_second_flush(struct translator_cpu *cpu, const struct cpu_flush *f)
{
	struct tlb_second *t = cpu->second;
	bool booke = cpu->model->families & FAM_BOOKE;
	u32 k;

	switch (f->kind) {
	case CPU_FLUSH_ALL:
		tlb_second_clear(cpu);
		return;
	case CPU_FLUSH_SEGMENT:
	case CPU_FLUSH_SEGMENTS:
	case CPU_FLUSH_CONTEXT:
	case CPU_FLUSH_KEYS:
	case CPU_FLUSH_PWC:
		return;
	default:
		break;
	}
	for (k = 0; k < ARRAY_SIZE(t->entry); k++) {
		struct second_entry *e = &t->entry[k];
		u32 shift = e->shift > f->shift ? e->shift : f->shift;
		u64 context = booke ? e->context >> 1 : e->context;
		bool same_page = !((e->page ^ f->addr) >> shift), drop;

		if (e->generation != t->generation)
			continue;
		if (f->kind == CPU_FLUSH_PID)
			drop = context == f->id;
		else if (f->kind == CPU_FLUSH_PID_PAGE)
			drop = context == f->id && same_page;
		else /* VPN: also other segments' pages at that offset */
			drop = same_page;
		if (drop)
			e->generation = 0;
	}
}
