// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Translation for the probes. Everything below 16 MiB is mapped one to one, and once more at
 * 0xc000000000000000, for both states; one 4 KiB page per kind of protection stands at
 * MAP_EA(kind). Radix: Power ISA 3.0B Book III 5.7.10; hash: 5.7.8 and H_ENTER.
 */
#include "image.h"

enum { H_ENTER = 0x08, H_REGISTER_PROC_TBL = 0x37c };

#define ROOT	  (u64 *)(TABLES)
#define LEVEL2	  (u64 *)(TABLES + 0x10000)
#define LEVEL3	  (u64 *)(TABLES + 0x11000)
#define LEVEL4	  (u64 *)(TABLES + 0x12000)
#define PROCESSES (u64 *)(TABLES + 0x20000)
#define VALID	  (1ull << 63)
#define LEAF	  (1ull << 62)
#define RC	  0x180
#define NEXT9	  9

/* Radix PTE: R C, attributes, and EAA (privileged, read, write, execute). */
static const u16 radix_bits[MAP_COUNT] = {
	[MAP_RW] = RC | 7,	[MAP_RO] = RC | 5,	   [MAP_KERNEL] = RC | 15,
	[MAP_NOEXEC] = RC | 6,	[MAP_GUARDED] = RC | 0x26, [MAP_NO_R] = 0x80 | 7,
	[MAP_NO_C] = 0x100 | 7, [MAP_KEY] = RC | 7,	   [MAP_KERNEL_RO] = RC | 13,
};

/* Second doubleword of an HPTE: PP, N, WIMG, key. */
static const u64 hash_bits[MAP_COUNT] = {
	[MAP_RW] = 0x12,	 [MAP_RO] = 0x13,	   [MAP_KERNEL] = 0x10,
	[MAP_NOEXEC] = 0x12 | 4, [MAP_GUARDED] = 0x2a,	   [MAP_NO_R] = 0x12,
	[MAP_NO_C] = 0x11,	 [MAP_KEY] = 0x12 | 0xa00, [MAP_KERNEL_RO] = 0x10 | 1ull << 63 | 2,
};

static void radix_init(void)
{
	u64 *root = ROOT, *l2 = LEVEL2, *l3 = LEVEL3, *l4 = LEVEL4, *prtb = PROCESSES;

	for (u64 *p = root; p < prtb + 512; p++)
		*p = 0;
	root[0] = VALID | (u64)l2 | NEXT9;
	l2[0] = VALID | (u64)l3 | NEXT9;
	for (u64 i = 0; i < 8; i++)
		l3[i] = VALID | LEAF | i << 21 | RC | 7;
	l3[MAP_EA(0) >> 21] = VALID | (u64)l4 | NEXT9;
	for (u64 i = 1; i < MAP_COUNT; i++)
		l4[MAP_EA(i) >> 12 & 511] = VALID | LEAF | (PAGES + i * 0x10000) | radix_bits[i];
	for (unsigned pid = 0; pid < 2; pid++)
		prtb[2 * pid] = 2ull << 61 | (u64)root | 5 << 5 | 13;
	say("proc_tbl r=%x\n", call(H_REGISTER_PROC_TBL, 0x1d, (u64)prtb, 0, 0));
	mtspr(SPR_PIDR, 1);
}

/* offset: of the page in its segment of 256 MiB; shift: of the base page size */
static u64 enter(u64 vsid, u64 offset, unsigned shift, u64 r)
{
	u64 hash = vsid ^ offset >> shift;
	u64 group = hash & ((1ull << (hpt_shift - 7)) - 1);
	u64 v = (vsid << 28 | offset) >> 23 << 7 | 1;

	return call(H_ENTER, 0, group << 3, shift > 12 ? v | 4 : v, r);
}

#define VSID_LARGE 0x100
#define VSID_SMALL 0x200

void segments_init(void)
{
	u64 kp = 0x400, large = 0x100, valid = 1 << 27;

	asm volatile("slbia; isync" : : : "memory");
	asm volatile("slbmte %0, %1" : : "r"((u64)VSID_LARGE << 12 | kp | large), "r"(valid | 1));
	asm volatile("slbmte %0, %1"
		     :
		     : "r"((u64)VSID_LARGE << 12 | kp | large),
		       "r"(0xc000000000000000 | valid | 2));
	asm volatile("slbmte %0, %1; isync"
		     :
		     : "r"((u64)VSID_SMALL << 12 | kp), "r"(MAP_EA(0) | valid | 3)
		     : "memory");
}

static void hash_init(void)
{
	if (power9)
		say("proc_tbl r=%x\n", call(H_REGISTER_PROC_TBL, 0x18, 0, 0, 0));
	say("enter large r=%x\n", enter(VSID_LARGE, 0, 24, 0x12));
	for (u64 i = 1; i < MAP_COUNT; i++)
		say("enter kind=%d r=%x\n", (unsigned)i,
		    enter(VSID_SMALL, MAP_EA(i) & 0xfffffff, 12,
			  (PAGES + i * 0x10000) | hash_bits[i]));
	segments_init();
}

void paging_init(void)
{
	for (u64 i = 1; i < MAP_COUNT; i++)
		for (u64 *p = (u64 *)(PAGES + i * 0x10000), k = 0; k < 512; k++)
			p[k] = i << 48 | k;
	if (radix)
		radix_init();
	else
		hash_init();
}
