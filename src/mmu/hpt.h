/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hashed page table: entry format and page size encodings (Power ISA 2.07B Book III-S 5.7.7), for
 * the walker and for pv/hpt.c. The table holds big-endian doublewords in ISA 2.07's layout on every
 * model: a guest of a hypervisor sees it through hypercalls only, which keep that layout.
 *
 * Writers: an entry is changed by who set HPTE_V_LOCK in its first doubleword; a new entry's
 * second doubleword is stored before its first, a removed one's first is cleared before its
 * second. Readers take no lock: they read first, second and again first, and compare. R and C are
 * set by compare-and-exchange on the second doubleword.
 */
#ifndef MMU_HPT_H
#define MMU_HPT_H

#include "base/bits.h"

#define HPTE_V_B      PPC_BITMASK(0, 1)
#define HPTE_V_1T     PPC_BIT(1)
#define HPTE_V_AVPN   0x3fffffffffffff80ull
#define HPTE_V_SW     0x78ull
#define HPTE_V_LOCK   0x40ull /* one of the software bits; guests never see it set */
#define HPTE_V_BOLT   0x10ull
#define HPTE_V_LARGE  0x04ull
#define HPTE_V_SECOND 0x02ull
#define HPTE_V_VALID  0x01ull

#define HPTE_R_PP0    PPC_BIT(0)
#define HPTE_R_TS     PPC_BIT(1)
#define HPTE_R_KEY_HI PPC_BITMASK(2, 3)
#define HPTE_R_RPN    0x0ffffffffffff000ull
#define HPTE_R_KEY_LO 0xe00ull
#define HPTE_R_R      0x100ull
#define HPTE_R_C      0x080ull
#define HPTE_R_W      0x040ull
#define HPTE_R_I      0x020ull
#define HPTE_R_M      0x010ull
#define HPTE_R_G      0x008ull
#define HPTE_R_WIMG   0x078ull
#define HPTE_R_N      0x004ull
#define HPTE_R_PP     0x003ull

enum {
	HPTES_PER_GROUP = 8,
	HPTE_BYTES = 16,
	HPTEG_BYTES = 128,
	HPT_MIN_SHIFT = 18,
	HPT_MAX_SHIFT = 46
};

/* log2 of the base page size of a segment, 0 = no such encoding. */
unsigned hpt_segment_shift(u64 slb_vsid);
/* log2 of an entry's page size in a segment of base_shift, 0 = no such encoding. */
unsigned hpt_page_shift(unsigned base_shift, u64 v, u64 r);
/* The same for an entry alone: base and actual size by its L and LP, false = no such encoding. */
bool hpt_entry_shifts(u64 v, u64 r, unsigned *base_shift, unsigned *page_shift);
/* Hash of offset in a segment with that VSID word (B and VSID at their places). */
u64 hpt_hash(u64 slb_vsid, u64 offset, unsigned base_shift);
/* Offset in its segment of the page of entry number index, of a table of 1 << hpt_shift bytes. */
u64 hpt_entry_offset(u64 v, unsigned base_shift, u64 index, unsigned hpt_shift);

/* log2 of the size, and offset in, the segment that a VSID word or an entry's v belongs to. */
static inline unsigned hpt_seg_shift(u64 v)
{
	return v & HPTE_V_1T ? 40 : 28;
}

/* B and VSID of an entry's v, at the places of an SLB's VSID word. */
static inline u64 hpt_vsid_word(u64 v)
{
	return v & (v & HPTE_V_1T ? ~0xffffffull : ~0xfffull);
}

#endif
