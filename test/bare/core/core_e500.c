// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The e500v2: TLB0 with 4-way sets of 4K pages, TLB1 with 16 entries of any size, written by MAS
 * registers (e500 core family reference manual, 12).
 */
#include "image.h"

const char core_name[] = "e500v2";
const u32 core_uart = 0xe0004500;
/* Bit 2^13 of the time base, 2^21: the low two bits of the number, counted from the left, stand
 * in FP and WP, the rest in the extensions. */
const u32 core_fit_period = (50 & 3) << 24 | (50 >> 2) << 13;
const u32 core_watchdog_period = (u32)(42 & 3) << 30 | (42 >> 2) << 17;

enum { MAS0 = 624, MAS1, MAS2, MAS3, MAS4, MAS6 = 630, MAS7 = 944, MMUCSR0 = 1012 };
enum { TLB1 = 0x10000000, IPROT = 0x40000000 };
#define VALID 0x80000000u

static void select(u32 entry)
{
	mtspr(MAS0, TLB1 | entry << 16);
}

static void tlbwe(void)
{
	asm volatile("isync; tlbwe; isync; msync" ::: "memory");
}

static u32 mas3_of(u32 ra, u32 rights)
{
	u32 v = ra;

	for (u32 i = 0; i < 3; i++) /* R W X: the supervisor's and the user's side by side */
		v |= (rights >> i & 1) << 2 * i | (rights >> (i + 3) & 1) << (2 * i + 1);
	return v;
}

static void write_protected(u32 entry, const struct mapping *m, u32 protected)
{
	select(entry);
	mtspr(MAS1, VALID | protected | m->tid << 16 | (m->ts ? 0x1000 : 0) | m->size << 8);
	mtspr(MAS2, m->ea | (m->rights & REVERSED ? 1 : 0) | (m->rights & DEVICE ? 0xa : 0));
	mtspr(MAS3, mas3_of(m->ra, m->rights));
	mtspr(MAS7, 0);
	tlbwe();
}

void tlb_write(u32 entry, const struct mapping *m)
{
	write_protected(entry, m, IPROT);
}

void tlb_clear(u32 entry)
{
	select(entry);
	mtspr(MAS1, 0);
	mtspr(MAS2, 0);
	mtspr(MAS3, 0);
	tlbwe();
}

void tlb_clear_space0(void)
{
	for (u32 i = 0; i < ENTRIES; i++) {
		select(i);
		asm volatile("tlbre" ::: "memory");
		if (!(mfspr(MAS1) & 0x1000))
			tlb_clear(i);
	}
	mtspr(MMUCSR0, 4);
	mtspr(MAS4, 0x100); /* defaults: TLB0, 4K */
}

/* The miss has left all but the real page and the rights. */
void tlb_serve(u32 ea, u32 ra, u32 rights)
{
	mtspr(MAS3, mas3_of(ra, rights));
	mtspr(MAS7, 0);
	tlbwe();
}

void tlb_unserve(u32 ea)
{
	asm volatile("tlbivax 0, %0; msync; isync" ::"r"(ea & ~0xfffu) : "memory");
}

int tlb_search(u32 ea, u32 pid)
{
	mtspr(MAS6, pid << 16);
	asm volatile("tlbsx 0, %0" ::"r"(ea) : "memory");
	return mfspr(MAS1) & VALID ? (int)(mfspr(MAS0) >> 16 & 15) : -1;
}

void core_miss_state(void)
{
	seen.extra[0] = mfspr(MAS1);
	seen.extra[1] = mfspr(MAS2);
	seen.extra[2] = mfspr(MAS6);
}

static void test_words(void)
{
	const struct mapping m = {0x60004000, scratch(0), PAGE_16K, SR | UW | DEVICE, 0x5a, 0};

	tlb_write(3, &m);
	mtspr(MAS1, 0);
	mtspr(MAS2, 0);
	mtspr(MAS3, 0);
	select(3);
	asm volatile("tlbre" ::: "memory");
	expect("tlbre mas1", mfspr(MAS1), 0xc05a0200);
	expect("tlbre mas2", mfspr(MAS2), 0x6000400a);
	expect("tlbre mas3", mfspr(MAS3), scratch(0) | 9);
	expect("tlbsx hit", (u32)tlb_search(0x60007ffc, 0x5a), 3);
	expect("tlbsx tlb1", mfspr(MAS0) & TLB1, TLB1);
	expect("tlbsx mas2", mfspr(MAS2), 0x6000400a);
	expect("tlbsx other process", (u32)tlb_search(0x60007ffc, 0x5b), (u32)-1);
	expect("tlbsx miss mas1", mfspr(MAS1), 0x005b0100);
	expect("tlbsx beyond", (u32)tlb_search(0x60008000, 0x5a), (u32)-1);
	tlb_clear(3);
	expect("tlbsx cleared", (u32)tlb_search(0x60007ffc, 0x5a), (u32)-1);
}

/* What a miss prepares for its handler. */
static void test_miss_state(void)
{
	mtspr(PID, 0x21);
	mtspr(MAS4, 0x100 | 0x4); /* M by default */
	do_lwz(0x61234568);
	expect_trap("miss", V_DTLB, (void *)do_lwz, 0);
	expect("miss mas1", seen.extra[0], 0x80210100);
	expect("miss mas2", seen.extra[1], 0x61234004);
	expect("miss mas6", seen.extra[2], 0x00210000);
	mtspr(MAS4, 0x100);
	mtspr(PID, 0);
}

/* Invalidation of all TLB1 spares what IPROT protects; of all TLB0 spares TLB1. */
static void test_invalidation(void)
{
	struct mapping m = {0x62000000, scratch(0), PAGE_4K, SR, 0, 0};

	write_protected(1, &m, IPROT);
	m.ea = 0x62001000;
	write_protected(2, &m, 0);
	mtspr(MMUCSR0, 4);
	expect("tlb0 flash", (u32)tlb_search(0x62001000, 0), 2);
	asm volatile("tlbivax 0, %0; msync; isync" ::"r"(0xc) : "memory");
	expect("iprot", (u32)tlb_search(0x62000000, 0), 1);
	expect("no iprot", (u32)tlb_search(0x62001000, 0), (u32)-1);
	tlb_clear(1);
}

/* Memory that is not there; where MCSRR0 points is not architected. */
static void test_bus_errors(void)
{
	const struct mapping m = {0x63000000, 0x3f000000, PAGE_4K, SR | SW, 0, 0};

	tlb_write(1, &m);
	traps = 0;
	do_lwz(0x63000010);
	say("bus error of a load");
	expect("  interrupts", traps, 1);
	expect("  vector", seen.vector, V_MCHECK);
	expect("  msr", seen.msr, 0);
	expect("  mcsr", seen.esr, 0x40);
	traps = 0;
	do_stw(0x63000010, 0);
	say("bus error of a store");
	expect("  interrupts", traps, 1);
	expect("  mcsr", seen.esr, 0x20);
	expect("  mcsr cleared", mfspr(MCSR), 0);
	traps = 0;
	tlb_clear(1);
}

void core_tests(void)
{
	test_words();
	test_bus_errors();
	test_miss_state();
	test_invalidation();
	do_lfd(scratch(0));
	expect_trap("no floating point", V_PROGRAM, (void *)do_lfd, ESR_PIL);
}
