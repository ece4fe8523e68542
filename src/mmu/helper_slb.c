/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SLB and TLB management instructions: Power ISA 3.0B Book III 5.9.3 (2.07B Book III-S 5.9.3). */
#include "cpu/cpu.h"
#include "isa/fields.h"
#include "isa/helper.h"
#include "isa/model.h"
#include "mmu/hpt.h"
#include "mmu/mmu.h"

#define RB_INDEX 0xfffull

static void flush(struct cpu_state *s, const struct cpu_flush *f)
{
	if (s->ops && s->ops->flush)
		s->ops->flush(s, f);
}

static void flush_segment(struct cpu_state *s, const struct slb_entry *e)
{
	u8 shift = e->vsid & SLB_VSID_1T ? 40 : 28;
	const struct cpu_flush f = {
		.kind = CPU_FLUSH_SEGMENT,
		.local = true,
		.seg_shift = shift,
		.addr = e->esid & ~0ull << shift,
	};

	flush(s, &f);
}

static void flush_segments(struct cpu_state *s)
{
	const struct cpu_flush f = {.kind = CPU_FLUSH_SEGMENTS, .local = true};

	flush(s, &f);
}

/* An index or page size that the processor does not have is boundedly undefined; we trap. */
void helper_slbmte(struct cpu_state *s, u64 rb, u64 rs)
{
	struct slb_entry *e;

	if ((rb & RB_INDEX) >= s->model->slb_entries || (rs & PPC_BIT(0)) ||
	    !hpt_segment_shift(rs)) {
		cpu_raise(s, CPU_EXC_PROGRAM, CPU_PROG_ILL);
		return;
	}
	e = &s->slb[rb & RB_INDEX];
	if (e->esid & SLB_ESID_V)
		flush_segment(s, e);
	/* Nothing is known of the new segment: no entry had it, or slbie went before. */
	e->esid = rb & ~RB_INDEX;
	e->vsid = rs;
}

static struct slb_entry *lookup(struct cpu_state *s, u64 ea)
{
	for (unsigned i = 0; i < s->model->slb_entries; i++) {
		struct slb_entry *e = &s->slb[i];

		if ((e->esid & SLB_ESID_V) &&
		    !((e->esid ^ ea) >> (e->vsid & SLB_VSID_1T ? 40 : 28)))
			return e;
	}
	return NULL;
}

void helper_slbie(struct cpu_state *s, u64 rb)
{
	struct slb_entry *e = lookup(s, rb);

	if (e) {
		flush_segment(s, e);
		e->esid &= ~SLB_ESID_V;
	}
}

/* IH: 3 entries with Class 1, 4 all, 7 none; else all but entry 0. Before ISA 3.0 it only hints
 * at what else may be kept. */
void helper_slbia(struct cpu_state *s, u64 ih)
{
	bool v3 = s->model->isa >= ISA_3_0;

	for (unsigned i = 0; i < s->model->slb_entries && !(v3 && ih == 7); i++) {
		struct slb_entry *e = &s->slb[i];

		if (v3 && ih == 3 ? !(e->vsid & SLB_VSID_C) : !i && !(v3 && ih == 4))
			continue;
		e->esid &= ~SLB_ESID_V;
	}
	flush_segments(s);
}

static const struct slb_entry *entry(struct cpu_state *s, u64 rb)
{
	if ((rb & RB_INDEX) < s->model->slb_entries)
		return &s->slb[rb & RB_INDEX];
	cpu_raise(s, CPU_EXC_PROGRAM, CPU_PROG_ILL);
	return &s->slb[0];
}

u64 helper_slbmfee(struct cpu_state *s, u64 rb)
{
	return entry(s, rb)->esid;
}

u64 helper_slbmfev(struct cpu_state *s, u64 rb)
{
	return entry(s, rb)->vsid;
}

/* CR0 tells whether there was one. */
u64 helper_slbfee(struct cpu_state *s, u64 rb)
{
	const struct slb_entry *e = lookup(s, rb);

	s->cr[0] = (e ? 2 : 0) | s->so;
	return e ? e->vsid : 0;
}

/* --- segment registers of 32-bit cores --- */
u64 helper_mfsr(struct cpu_state *s, u64 n)
{
	return s->sr[n & 15];
}

void helper_mtsr(struct cpu_state *s, u64 n, u64 value)
{
	s->sr[n & 15] = (u32)value;
	flush_segments(s);
}

/* --- tlbie, tlbiel --- */
enum { RIC_TLB, RIC_PWC, RIC_ALL, RIC_GROUP };
enum { IS_PAGE, IS_PID };

static u8 radix_page_shift(u64 rb)
{
	switch (bits_get(rb, 5, 3)) { /* AP */
	case 1:
		return 21;
	case 2:
		return 30;
	case 5:
		return 16;
	default:
		return 12;
	}
}

static void flush_radix(struct cpu_state *s, u64 rb, u64 rs, u32 ric, bool local)
{
	u8 shift = radix_page_shift(rb);
	struct cpu_flush f = {.kind = CPU_FLUSH_ALL, .local = local, .id = rs >> 32};

	if (ric == RIC_PWC) {
		f.kind = CPU_FLUSH_PWC;
	} else if (bits_get(rb, 10, 2) == IS_PAGE) {
		f.kind = CPU_FLUSH_PID_PAGE;
		f.shift = ric == RIC_GROUP ? 16 : shift;
		f.addr = rb & ~0xfffull & ~0ull << f.shift;
	} else if (bits_get(rb, 10, 2) == IS_PID) {
		f.kind = CPU_FLUSH_PID;
	}
	flush(s, &f);
}

/* tlbiel of more than a page names one set of the TLB at a time, and software has to go through all
 * of them. Ours has no sets: number 0 stands for the whole. */
static bool other_set(u64 rb)
{
	return bits_get(rb, 10, 2) != IS_PAGE && bits_get(rb, 12, 12);
}

/* A hash guest of ours manages its table by hypercalls and hardly comes here: everything goes. */
void helper_tlbie(struct cpu_state *s, u64 rb, u64 rs, u64 word)
{
	u32 w = (u32)word;
	bool local = f_xo10(w) == 274;
	bool v3 = s->model->isa >= ISA_3_0;

	if (local && other_set(rb))
		return;
	if (v3 && f_r(w) && f_prs(w)) {
		flush_radix(s, rb, rs, f_ric(w), local);
	} else {
		const struct cpu_flush f = {.kind = CPU_FLUSH_ALL, .local = local};

		flush(s, &f);
	}
}

void helper_tlbsync(struct cpu_state *s)
{
	if (s->ops && s->ops->flush_sync)
		s->ops->flush_sync(s);
}
