/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments and the hashed page table: Power ISA 2.07B Book III-S 5.7 (3.0B Book III 5.7.6-5.7.9).
 * hpt.h states how readers and writers of the table agree.
 */
#include "mmu/family.h"
#include "mmu/hpt.h"

#include "isa/model.h"

#define REAL_MODE_EA 0x0fffffffffffffffull

static const struct slb_entry *slb_lookup(const struct cpu_state *s, u64 ea)
{
	for (unsigned i = 0; i < s->model->slb_entries; i++) {
		const struct slb_entry *e = &s->slb[i];
		unsigned shift = e->vsid & SLB_VSID_1T ? 40 : 28;

		if ((e->esid & SLB_ESID_V) && !((e->esid ^ ea) >> shift))
			return e;
	}
	return NULL;
}

struct hpte {
	u64 v, r;
	u64 *at;
	unsigned shift;
};

/* One stable pair of an entry, if v is what is wanted. */
static bool read_entry(u64 *at, u64 want, struct hpte *e)
{
	u64 again;

	e->at = at;
	e->v = mmu_load_be(at);
	do {
		if ((e->v ^ want) & (HPTE_V_B | HPTE_V_AVPN | HPTE_V_SECOND | HPTE_V_VALID))
			return false;
		e->r = mmu_load_be(at + 1);
		again = e->v;
		e->v = mmu_load_be(at);
	} while ((again ^ e->v) & ~HPTE_V_SW);
	return true;
}

static bool search_group(const struct mmu_env *env, u64 hash, u64 want, unsigned base_shift,
			 struct hpte *e)
{
	u64 groups = (1ull << env->hpt_shift) / HPTEG_BYTES;
	u64 *at = env->hpt + (hash & (groups - 1)) * (HPTEG_BYTES / 8);

	for (unsigned i = 0; i < HPTES_PER_GROUP; i++, at += 2) {
		if (!read_entry(at, want, e))
			continue;
		e->shift = hpt_page_shift(base_shift, e->v, e->r);
		if (e->shift)
			return true;
	}
	return false;
}

static bool search(const struct mmu_env *env, u64 vsid_word, u64 ea, unsigned base_shift,
		   struct hpte *e)
{
	u64 offset = ea & ((1ull << (vsid_word & SLB_VSID_1T ? 40 : 28)) - 1);
	u64 page = offset & ~((1ull << base_shift) - 1);
	u64 want = hpt_vsid_word(vsid_word) | (page >> 16 & HPTE_V_AVPN) | HPTE_V_VALID;
	u64 hash = hpt_hash(hpt_vsid_word(vsid_word), offset, base_shift);

	return search_group(env, hash, want, base_shift, e) ||
	       search_group(env, ~hash, want | HPTE_V_SECOND, base_shift, e);
}

/* Rights by the key bit of the segment and PP of the page (5.7.9.2). */
static u8 page_rights(bool key, u64 r)
{
	switch ((r & HPTE_R_PP) | (r & HPTE_R_PP0 ? 4 : 0)) {
	case 0:
		return key ? 0 : MMU_R | MMU_W | MMU_X;
	case 1:
		return key ? MMU_R | MMU_X : MMU_R | MMU_W | MMU_X;
	case 2:
		return MMU_R | MMU_W | MMU_X;
	case 3:
		return MMU_R | MMU_X;
	case 6:
		return key ? 0 : MMU_R | MMU_X;
	default:
		return 0;
	}
}

/* Virtual page class keys (5.7.9.1): what AMR and IAMR leave. */
static u8 key_rights(const struct cpu_state *s, u64 r)
{
	unsigned key = (unsigned)(r >> 57 & 0x18) | (unsigned)(r >> 9 & 7);
	u64 amr = s->spr[SPR_AMR] >> 2 * (31 - key) & 3;
	u64 iamr = s->spr[SPR_IAMR] >> 2 * (31 - key) & 3;
	u8 prot = MMU_R | MMU_W | MMU_X;

	prot &= amr & 2 ? (u8)~MMU_W : 0xff;
	prot &= amr & 1 ? (u8)~MMU_R : 0xff;
	prot &= iamr & 1 ? (u8)~MMU_X : 0xff;
	return prot;
}

static u32 check(u8 pp, u8 key, bool no_exec, u32 access, struct mmu_result *r)
{
	u8 need = mmu_needed_prot(access);
	u32 bits = 0;

	if (need == MMU_X && no_exec)
		return mmu_storage_fault(r, access, SRR1_NOEXEC);
	bits |= need & ~pp ? DSISR_PROTFAULT : 0;
	bits |= need & ~key ? DSISR_KEYFAULT : 0;
	return bits ? mmu_storage_fault(r, access, bits) : 0;
}

static bool set_rc(struct hpte *e, u32 access)
{
	u64 new = e->r | HPTE_R_R | ((access & MMU_KIND) == MMU_STORE ? HPTE_R_C : 0);

	if (new == e->r || (access & MMU_QUIET))
		return true;
	if (!mmu_cas_be(e->at + 1, e->r, new))
		return false;
	e->r = new;
	return true;
}

static u8 attributes(u64 r)
{
	u8 a = 0;

	if ((r & HPTE_R_WIMG) == (HPTE_R_W | HPTE_R_I | HPTE_R_M))
		return MMU_SAO;
	a |= r & HPTE_R_I ? MMU_INHIBITED : 0;
	a |= r & HPTE_R_G ? MMU_GUARDED : 0;
	return a;
}

static u32 translate_segment(struct cpu_state *s, const struct mmu_env *env, u64 vsid_word, u64 ea,
			     u32 access, struct mmu_result *r)
{
	unsigned base_shift = hpt_segment_shift(vsid_word);
	bool key = vsid_word & (access & MMU_PR ? SLB_VSID_KP : SLB_VSID_KS);
	bool fetch = (access & MMU_KIND) == MMU_FETCH;
	struct hpte e;
	u64 mask;
	u8 pp, keys;

	if (fetch && (vsid_word & SLB_VSID_N))
		return mmu_storage_fault(r, access, SRR1_NOEXEC);
	do {
		if (!base_shift || !env->hpt || !search(env, vsid_word, ea, base_shift, &e))
			return mmu_storage_fault(r, access, DSISR_NOHPTE);
		pp = page_rights(key, e.r);
		keys = key_rights(s, e.r);
		if (check(pp, keys, e.r & (HPTE_R_N | HPTE_R_G), access, r))
			return r->code;
	} while (!set_rc(&e, access));

	mask = (1ull << e.shift) - 1;
	r->ra = (e.r & HPTE_R_RPN & ~mask) | (ea & mask);
	r->page_shift = (u8)e.shift;
	r->seg_shift = vsid_word & SLB_VSID_1T ? 40 : 28;
	r->attr = attributes(e.r);
	r->prot = pp & keys;
	if (e.r & (HPTE_R_N | HPTE_R_G) || (vsid_word & SLB_VSID_N))
		r->prot &= (u8)~MMU_X;
	if (!(e.r & HPTE_R_C))
		r->prot &= (u8)~MMU_W;
	r->context = vsid_word & SLB_VSID_TAG;
	return 0;
}

static u32 translate(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access,
		     struct mmu_result *r)
{
	const struct slb_entry *e;

	if (!(access & MMU_RELOC)) {
		if (env->vrma_slb_vsid)
			return translate_segment(s, env, env->vrma_slb_vsid, ea & REAL_MODE_EA,
						 access & ~(u32)MMU_PR, r);
		r->context = ~0ull;
		return mmu_real_mode(ea & REAL_MODE_EA, env->rma_size, access, r);
	}
	e = slb_lookup(s, ea);
	if (!e)
		return mmu_segment_fault(r, access);
	return translate_segment(s, env, e->vsid, ea, access, r);
}

static bool context(struct cpu_state *s, const struct mmu_env *env, u64 ea, u32 access, u64 *tag)
{
	const struct slb_entry *e;

	if (!(access & MMU_RELOC)) {
		*tag = env->vrma_slb_vsid ? env->vrma_slb_vsid & SLB_VSID_TAG : ~0ull;
		return true;
	}
	e = slb_lookup(s, ea);
	if (e)
		*tag = e->vsid & SLB_VSID_TAG;
	return e != NULL;
}

static u64 keys(struct cpu_state *s, const struct mmu_env *env, u32 access)
{
	return s->spr[(access & MMU_KIND) == MMU_FETCH ? SPR_IAMR : SPR_AMR];
}

const struct mmu_ops book3s_64_mmu_hash_ops = {
	.translate = translate,
	.context = context,
	.keys = keys,
};
