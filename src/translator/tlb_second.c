// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The second level of a Book3S CPU's software TLB: translations by the guest's page in its real
 * size, so that a page of 2M refills the first level a granule at a time without a walk.
 *
 * An entry is tagged by what the MMU says tells address spaces apart (mmu_result.context): the
 * process, 0 for a radix kernel's quadrant, or a hash segment's VSID. So it outlives process
 * switches and slbie, which only drops the way from an effective address to a VSID; the MMU's
 * mmu_context() finds that way anew on every lookup.
 *
 * Flushes do not search: a page is looked for where its entry would stand, and a process is flushed
 * by giving its number a new generation (numbers share generations, which only loses entries).
 */
#include <errno.h>

#include "base/string.h"
#include "translator/internal.h"

enum {
	SECOND_BITS = 11,
	PROCESS_BITS = 8,
	CLASSES = 1 << 5,
};

struct second_entry {
	u64 page;    /* effective address; hash: offset in the segment */
	u64 context; /* as of mmu_context() */
	u64 keys;
	u64 ra;
	u32 generation; /* of its process; 0: never valid */
	u16 access;	/* access_class() */
	u8 shift, seg_shift, prot, attr;
};

struct tlb_second {
	u32 last;    /* generation given last */
	u64 shifts;  /* bit n: some entry may have pages of 1 << n */
	u32 classes; /* bit n: some entry may have that class */
	u32 generation[1 << PROCESS_BITS];
	struct second_entry entry[1 << SECOND_BITS];
};

int tlb_second_init(struct translator_cpu *cpu)
{
	cpu->second = os_alloc(sizeof(*cpu->second));
	if (!cpu->second)
		return -ENOMEM;
	tlb_second_clear(cpu);
	return 0;
}

void tlb_second_destroy(struct translator_cpu *cpu)
{
	os_free(cpu->second);
}

/* Loads and stores share entries; fetches have their own permission. */
static u16 access_class(u32 access)
{
	u16 class = (access & MMU_KIND) == MMU_FETCH;

	class |= access & MMU_PR ? 2 : 0;
	class |= access & MMU_HV ? 4 : 0;
	class |= access & MMU_32 ? 8 : 0;
	return class | (access & MMU_RELOC ? 16 : 0);
}

/* Of a hash segment only its number counts: a flush knows nothing of the rest. */
static u64 context_number(const struct translator_cpu *cpu, u64 context)
{
	if (cpu->t->env.radix)
		return context;
	return context & (context & SLB_VSID_1T ? ~0xffffffull : ~0xfffull);
}

static u32 slot_of(u64 page, u32 shift, u64 number, u32 class)
{
	u64 h = (page >> shift) * 0x9e3779b97f4a7c15ull ^ number * 0xc2b2ae3d27d4eb4full ^
		(u64) class * 0x165667b19e3779f9ull ^ (u64)shift << 58;

	return (u32)(h >> 32) & ((1 << SECOND_BITS) - 1);
}

/* Only radix flushes by process. */
static u32 *generation_of(struct translator_cpu *cpu, u64 context)
{
	u32 n = cpu->t->env.radix ? (u32)(context ^ context >> PROCESS_BITS) : 0;

	return &cpu->second->generation[n & ((1 << PROCESS_BITS) - 1)];
}

/* Hash pages are found by their place in the segment, whatever the segment's address. */
static u64 page_of(u64 ea, u32 shift, u32 seg_shift)
{
	u64 page = ea & (~0ull << shift);

	return seg_shift ? page & ~(~0ull << seg_shift) : page;
}

static u64 keys_of(const struct translator_cpu *cpu, u32 access)
{
	return mmu_keys(cpu->s, &cpu->t->env, access);
}

bool tlb_second_find(struct translator_cpu *cpu, u64 ea, u32 access, struct mmu_result *r)
{
	static const u8 prot_of[] = {[MMU_LOAD] = MMU_R, [MMU_STORE] = MMU_W, [MMU_FETCH] = MMU_X};
	struct tlb_second *t = cpu->second;
	u64 shifts, context, number, keys = keys_of(cpu, access);
	u16 class = access_class(access);
	u32 generation;

	if (!t->shifts || !mmu_context(cpu->s, &cpu->t->env, ea, access, &context))
		return false;
	number = context_number(cpu, context);
	generation = *generation_of(cpu, context);
	for (shifts = t->shifts; shifts; shifts &= shifts - 1) {
		u32 shift = (u32)__builtin_ctzll(shifts), seg;

		/* Radix has no segments, hash has two sizes of them. */
		for (seg = 0; seg <= 40; seg = seg ? seg + 12 : 28) {
			u64 page = page_of(ea, shift, seg);
			struct second_entry *e = &t->entry[slot_of(page, shift, number, class)];

			if (e->page == page && e->context == context && e->access == class &&
			    e->shift == shift && e->seg_shift == seg && e->keys == keys &&
			    e->generation == generation && (e->prot & prot_of[access & MMU_KIND])) {
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

	t->shifts |= 1ull << r->page_shift;
	t->classes |= 1u << class;
	t->entry[slot_of(page, r->page_shift, context_number(cpu, r->context), class)] =
		(struct second_entry){
			.page = page,
			.context = r->context,
			.keys = keys_of(cpu, access),
			.ra = r->ra & (~0ull << r->page_shift),
			.generation = *generation_of(cpu, r->context),
			.access = class,
			.shift = r->page_shift,
			.seg_shift = r->seg_shift,
			.prot = r->prot,
			.attr = r->attr,
		};
}

bool tlb_second_clear(struct translator_cpu *cpu)
{
	struct tlb_second *t = cpu->second;
	bool held = t->shifts;
	u32 k;

	t->shifts = 0;
	t->classes = 0;
	for (k = 0; k < ARRAY_SIZE(t->generation); k++)
		t->generation[k] = t->last + 1;
	if (!++t->last) {
		memset(t->entry, 0, sizeof(t->entry));
		tlb_second_clear(cpu);
	}
	return held;
}

static void flush_process(struct translator_cpu *cpu, u64 process)
{
	struct tlb_second *t = cpu->second;

	if (++t->last)
		*generation_of(cpu, process) = t->last;
	else
		tlb_second_clear(cpu);
}

/* Entries of the page, or of pages that overlap it. */
static void flush_page(struct translator_cpu *cpu, u64 addr, u32 flush_shift, u64 number)
{
	struct tlb_second *t = cpu->second;
	u64 shifts, classes;

	for (shifts = t->shifts; shifts; shifts &= shifts - 1) {
		u32 shift = (u32)__builtin_ctzll(shifts);
		u64 page = addr & (~0ull << shift), n, count = 1;

		if (shift < flush_shift)
			count = 1ull << (flush_shift - shift);
		for (n = 0; n < count; n++, page += 1ull << shift) {
			for (classes = t->classes; classes; classes &= classes - 1) {
				u32 class = (u32)__builtin_ctzll(classes);
				struct second_entry *e =
					&t->entry[slot_of(page, shift, number, class)];

				if (e->page == page && e->shift == shift)
					e->generation = 0;
			}
		}
	}
}

void tlb_second_flush(struct translator_cpu *cpu, const struct cpu_flush *f)
{
	u32 smallest = cpu->second->shifts ? (u32)__builtin_ctzll(cpu->second->shifts) : 0;

	switch (f->kind) {
	case CPU_FLUSH_PID:
		flush_process(cpu, f->id);
		break;
	case CPU_FLUSH_PID_PAGE:
	case CPU_FLUSH_VPN:
		if (f->shift > smallest + SECOND_BITS)
			cpu->stats.second_clears += tlb_second_clear(cpu);
		else
			flush_page(cpu, f->addr, f->shift, context_number(cpu, f->id));
		break;
	default:
		tlb_second_clear(cpu);
		break;
	}
}
