// SPDX-License-Identifier: GPL-2.0-or-later
/* The 440: 64 entries of three words, TID and search space in MMUCR (PPC440 user's manual, 5). */
#include "image.h"

const char core_name[] = "440";
const u32 core_uart = 0xef600300;
const u32 core_fit_period = 0, core_watchdog_period = 0; /* 2^13, 2^21 clocks */

enum { MMUCR = 946, VALID = 0x200, SPACE1 = 0x100, FIRST_SERVED = 32, NR = 64 };

static u32 next_served;

static u32 read_word(u32 entry, u32 ws)
{
	u32 v;

	if (ws == 0)
		asm volatile("tlbre %0, %1, 0" : "=r"(v) : "r"(entry) : "memory");
	else if (ws == 1)
		asm volatile("tlbre %0, %1, 1" : "=r"(v) : "r"(entry) : "memory");
	else
		asm volatile("tlbre %0, %1, 2" : "=r"(v) : "r"(entry) : "memory");
	return v;
}

void tlb_write(u32 entry, const struct mapping *m)
{
	u32 word0 = m->ea | VALID | (m->ts ? SPACE1 : 0) | m->size << 4;
	u32 word2 = m->rights & ALL;

	word2 |= m->rights & REVERSED ? 0x80 : 0;
	word2 |= m->rights & DEVICE ? 0x500 : 0;
	mtspr(MMUCR, m->tid);
	/* Valid last: until then it translates nothing. */
	asm volatile("tlbwe %0, %1, 1" ::"r"(m->ra), "r"(entry) : "memory");
	asm volatile("tlbwe %0, %1, 2" ::"r"(word2), "r"(entry) : "memory");
	asm volatile("tlbwe %0, %1, 0; isync" ::"r"(word0), "r"(entry) : "memory");
}

void tlb_clear(u32 entry)
{
	asm volatile("tlbwe %0, %1, 0; isync" ::"r"(0), "r"(entry) : "memory");
}

void tlb_clear_space0(void)
{
	for (u32 i = 0; i < NR; i++)
		if (!(read_word(i, 0) & SPACE1))
			tlb_clear(i);
}

void tlb_serve(u32 ea, u32 ra, u32 rights)
{
	const struct mapping m = {ea & ~0xfffu, ra, PAGE_4K, rights, mfspr(PID), 0};

	tlb_write(FIRST_SERVED + next_served++ % 16, &m);
}

int tlb_search(u32 ea, u32 pid)
{
	u32 entry, cr;

	mtspr(MMUCR, pid);
	asm volatile("tlbsx. %0, 0, %2; mfcr %1" : "=&r"(entry), "=r"(cr) : "r"(ea) : "cr0");
	return cr & 0x20000000 ? (int)entry : -1;
}

void tlb_unserve(u32 ea)
{
	int entry = tlb_search(ea, mfspr(PID));

	if (entry >= 0)
		tlb_clear((u32)entry);
}

void core_miss_state(void)
{
}

/* What tlbwe put in, tlbre gives back; the TID passes through MMUCR. */
static void test_words(void)
{
	const struct mapping m = {0x60004000, scratch(0), PAGE_16K, SR | UW | DEVICE, 0x5a, 0};

	tlb_write(3, &m);
	mtspr(MMUCR, 0);
	expect("tlbre word 0", read_word(3, 0), 0x60004220);
	expect("tlbre mmucr", mfspr(MMUCR) & 0xff, 0x5a);
	expect("tlbre word 1", read_word(3, 1), scratch(0));
	expect("tlbre word 2", read_word(3, 2), 0x511);
	expect("tlbsx hit", (u32)tlb_search(0x60007ffc, 0x5a), 3);
	expect("tlbsx other process", (u32)tlb_search(0x60007ffc, 0x5b), (u32)-1);
	expect("tlbsx beyond", (u32)tlb_search(0x60008000, 0x5a), (u32)-1);
	tlb_clear(3);
	expect("tlbsx cleared", (u32)tlb_search(0x60007ffc, 0x5a), (u32)-1);
}

void core_tests(void)
{
	test_words();
	mtspr(ESR, 0x1000000);
	do_lfd(scratch(0));
	/* ESR stays. */
	expect_trap("floating point off", V_FP, (void *)do_lfd, 0x1000000);
}
