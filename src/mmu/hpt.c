/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page size encodings and hash function of the hashed page table, see hpt.h. */
#include "mmu/hpt.h"

#include "base/types.h"
#include "mmu/mmu.h"

/* What POWER7 to POWER9 implement: size of the segment's base page with L || LP of the SLB entry,
 * size of the page with LP of the table's entry; L of the entry is 1 but for 4K. */
static const struct {
	u8 base, page;
	u16 slb_llp;
	u8 lp;
} encodings[] = {
	{12, 12, 0, 0},
	{12, 16, 0, 0x07},
	{12, 24, 0, 0x38},
	{16, 16, SLB_VSID_L | 0x10, 0x01},
	{16, 24, SLB_VSID_L | 0x10, 0x08},
	{24, 24, SLB_VSID_L, 0x00},
	{34, 34, SLB_VSID_L | 0x20, 0x03},
};

unsigned hpt_segment_shift(u64 slb_vsid)
{
	for (unsigned i = 0; i < ARRAY_SIZE(encodings); i++)
		if (encodings[i].slb_llp == (slb_vsid & (SLB_VSID_L | SLB_VSID_LP)))
			return encodings[i].base;
	return 0;
}

/* LP are the low bits of the page number that the page's size leaves unused, at most eight. */
static bool lp_matches(u64 r, unsigned page_shift, u8 lp)
{
	u64 mask = ((1ull << page_shift) - 1) & HPTE_R_RPN & 0xff000;

	return (r & mask) == (u64)lp << 12;
}

unsigned hpt_page_shift(unsigned base_shift, u64 v, u64 r)
{
	if (!(v & HPTE_V_LARGE))
		return base_shift == 12 ? 12 : 0;
	for (unsigned i = 0; i < ARRAY_SIZE(encodings); i++)
		if (encodings[i].base == base_shift && encodings[i].page != 12 &&
		    lp_matches(r, encodings[i].page, encodings[i].lp))
			return encodings[i].page;
	return 0;
}

bool hpt_entry_shifts(u64 v, u64 r, unsigned *base_shift, unsigned *page_shift)
{
	if (!(v & HPTE_V_LARGE)) {
		*base_shift = *page_shift = 12;
		return true;
	}
	/* The table is in order of rising size, and encodings of one size differ. */
	for (unsigned i = 0; i < ARRAY_SIZE(encodings); i++) {
		if (encodings[i].page != 12 && lp_matches(r, encodings[i].page, encodings[i].lp)) {
			*base_shift = encodings[i].base;
			*page_shift = encodings[i].page;
			return true;
		}
	}
	return false;
}

u64 hpt_hash(u64 slb_vsid, u64 offset, unsigned base_shift)
{
	u64 vsid;

	if (slb_vsid & HPTE_V_1T) {
		vsid = (slb_vsid & ~HPTE_V_B) >> 24;
		return vsid ^ vsid << 25 ^ offset >> base_shift;
	}
	vsid = (slb_vsid & ~HPTE_V_B) >> 12;
	return vsid ^ offset >> base_shift;
}

u64 hpt_entry_offset(u64 v, unsigned base_shift, u64 index, unsigned hpt_shift)
{
	u64 seg = (1ull << hpt_seg_shift(v)) - 1;
	u64 offset = (v & HPTE_V_AVPN) << 16 & seg;
	u64 hash = index / HPTES_PER_GROUP;
	u64 vsid = (v & ~HPTE_V_B) >> (hpt_seg_shift(v) == 40 ? 24 : 12);

	/* The entry holds the address from bit 23 up; those below follow from the group. */
	if (base_shift >= 23)
		return offset & ~((1ull << base_shift) - 1);
	if (v & HPTE_V_SECOND)
		hash = ~hash;
	offset &= ~((1ull << 23) - 1);
	return offset | (((hash ^ vsid) << base_shift) & ((1ull << 23) - 1));
}
