// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Says what every step saw, marks what is not as Power ISA 2.07B Book III-E and the cores' manuals
 * have it, ends with ALL OK or with FAILED, and resets the core.
 */
#include "image.h"

struct seen seen;
u32 traps;

/* Turns of a loop that waits: some seconds. */
enum { PATIENCE = 1000000000 };

static u32 failures;
static u32 serve_ra, serve_rights; /* what the next TLB miss maps, if any */
static u8 pages[4][4096] __attribute__((aligned(65536)));

/* --- output --- */
static void put(char c)
{
	volatile u8 *uart = (volatile u8 *)core_uart;

	while (!(uart[5] & 0x20))
		;
	uart[0] = (u8)c;
}

void print(const char *s)
{
	for (; *s; s++)
		put(*s);
}

static void print_hex(u32 v)
{
	for (int i = 28; i >= 0; i -= 4)
		put("0123456789abcdef"[v >> i & 15]);
}

void say(const char *what)
{
	print(what);
	print("\n");
}

void expect(const char *what, u32 is, u32 should)
{
	print(what);
	print(": ");
	print_hex(is);
	if (is != should) {
		print(" BAD, should be ");
		print_hex(should);
		failures++;
	}
	print("\n");
}

u32 scratch(u32 page)
{
	return (u32)pages[page];
}

static const u32 msr_now = MSR_ME;

void expect_trap(const char *what, u32 vector, const void *srr0, u32 esr)
{
	say(what);
	expect("  interrupts", traps, 1);
	expect("  vector", seen.vector, vector);
	expect("  srr0", seen.srr0, (u32)srr0);
	expect("  srr1", seen.srr1 & ~(u32)MSR_PR, msr_now);
	expect("  esr", seen.esr, esr);
	expect("  msr", seen.msr, msr_now);
	traps = 0;
}

static void expect_none(const char *what)
{
	expect(what, traps, 0);
	traps = 0;
}

/* --- interrupts --- */
static void ack_timer(u32 vector)
{
	static const u32 tsr[] = {0x08000000, 0x04000000, 0x40000000};

	mtspr(TSR, tsr[vector - V_DEC]);
}

/* Called by the vectors: sees, then repairs, ends a run in problem state, or skips. */
void trap(u32 vector, struct frame *f)
{
	u32 next = mfspr(SRR0) + 4;

	if (vector == V_SC && f->r0 == USER_EXIT && mfspr(SRR0) == (u32)user_back) {
		mtspr(SRR1, mfspr(SRR1) & ~(u32)MSR_PR);
		return;
	}
	traps++;
	seen.vector = vector;
	seen.srr0 = mfspr(SRR0);
	seen.srr1 = mfspr(SRR1);
	seen.esr = mfspr(ESR);
	seen.dear = mfspr(DEAR);
	seen.msr = get_msr();
	switch (vector) {
	case V_DEC:
	case V_FIT:
		ack_timer(vector);
		return;
	case V_WATCHDOG:
		seen.srr0 = mfspr(CSRR0);
		seen.srr1 = mfspr(CSRR1);
		ack_timer(vector);
		return;
	case V_MCHECK:
		seen.esr = mfspr(MCSR);
		mtspr(MCSR, seen.esr);
		mtspr(MCSRR0, mfspr(MCSRR0) + 4);
		return;
	case V_DTLB:
	case V_ITLB:
		core_miss_state();
		if (serve_rights) {
			tlb_serve(vector == V_DTLB ? seen.dear : seen.srr0, serve_ra, serve_rights);
			serve_rights = 0;
			return;
		}
		break;
	case V_SC: /* SRR0 is the next one already */
		return;
	}
	/* There is nothing at the target of a call that cannot be fetched. */
	mtspr(SRR0, vector == V_ISI || vector == V_ITLB ? f->lr : next);
}

/* --- tests --- */
static void setup_vectors(void)
{
	u32 at = (u32)vectors & 0xffff;

	mtspr(IVPR, vectors);
#define IVOR(n) mtspr(IVOR0 + (n), at + 32 * (n))
	IVOR(0);
	IVOR(1);
	IVOR(2);
	IVOR(3);
	IVOR(4);
	IVOR(5);
	IVOR(6);
	IVOR(7);
	IVOR(8);
	IVOR(10);
	IVOR(11);
	IVOR(12);
	IVOR(13);
	IVOR(14);
	IVOR(15);
}

/* Runs in the other address space while the entries of this one are replaced. */
static void setup_tlb(void)
{
	struct mapping ram = {0, 0, PAGE_256M, ALL, 0, 1};
	const struct mapping uart = {
		core_uart & ~0xfffu, core_uart & ~0xfffu, PAGE_4K, SR | SW | DEVICE, 0, 0};

	mtspr(PID, 0);
	tlb_write(ENTRY_OTHER_SPACE, &ram);
	set_msr(MSR_IS | MSR_DS);
	tlb_clear_space0();
	ram.ts = 0;
	tlb_write(ENTRY_RAM, &ram);
	tlb_write(ENTRY_UART, &uart);
	set_msr(0);
	tlb_clear(ENTRY_OTHER_SPACE);
	set_msr(msr_now);
}

static void test_synchronous(void)
{
	do_sc();
	expect_trap("system call", V_SC, (u8 *)do_sc + 4, seen.esr);
	run_user(do_sc, 0, 0);
	expect_trap("system call of a user", V_SC, (u8 *)do_sc + 4, seen.esr);
	expect("  srr1[pr]", seen.srr1 & MSR_PR, MSR_PR);
	do_illegal();
	expect_trap("illegal", V_PROGRAM, (void *)do_illegal, ESR_PIL);
	do_trap();
	expect_trap("trap", V_PROGRAM, (void *)do_trap, ESR_PTR);
	run_user(do_illegal, 0, 0);
	expect_trap("illegal of a user", V_PROGRAM, (void *)do_illegal, ESR_PIL);
	run_user(do_mfmsr, 0, 0);
	expect_trap("mfmsr of a user", V_PROGRAM, (void *)do_mfmsr, ESR_PPR);
	mtspr(SPRG0, 0x1234);
	run_user(do_mtspr, 0, 0);
	expect_trap("mtspr of a user", V_PROGRAM, (void *)do_mtspr, ESR_PPR);
	expect("  sprg0", mfspr(SPRG0), 0x1234);
	run_user(do_rfi, 0, 0);
	expect_trap("rfi of a user", V_PROGRAM, (void *)do_rfi, ESR_PPR);
	run_user(do_tlb, 0, 0);
	expect_trap("tlbsync of a user", V_PROGRAM, (void *)do_tlb, ESR_PPR);
}

/* CE lives through an interrupt of the base class. */
static void test_critical_enable(void)
{
	set_msr(msr_now | MSR_CE);
	do_sc();
	set_msr(msr_now);
	expect("msr[ce] of a base interrupt", seen.msr & MSR_CE, MSR_CE);
	traps = 0;
}

static void test_misses(void)
{
	volatile u32 *page = (volatile u32 *)scratch(1);

	page[1] = 0xcafe0001;
	serve_ra = (u32)page;
	serve_rights = SR | SW;
	expect("load through a served page", do_lwz(0x40000004), 0xcafe0001);
	expect_trap("data tlb miss, load", V_DTLB, (void *)do_lwz, 0);
	expect("  dear", seen.dear, 0x40000004);
	do_stw(0x40000008, 0xcafe0002);
	expect_none("store to the same page");
	expect("  memory", page[2], 0xcafe0002);
	tlb_unserve(0x40000000);
	serve_rights = SR | SW;
	do_stw(0x4000000c, 0xcafe0003);
	expect_trap("data tlb miss, store", V_DTLB, (void *)do_stw, ESR_ST);
	expect("  dear", seen.dear, 0x4000000c);
	expect("  memory", page[3], 0xcafe0003);
	tlb_unserve(0x40000000);
	run_user(do_lwz, 0x40000004, 0);
	expect_trap("data tlb miss of a user", V_DTLB, (void *)do_lwz, 0);

	page[0] = code_7[0];
	page[1] = code_7[1];
	flush_code((u32)page);
	serve_ra = (u32)page;
	serve_rights = SX;
	expect("code of a served page", do_call(0x50000000), 7);
	expect_trap("instruction tlb miss", V_ITLB, (void *)0x50000000, seen.esr);
	expect("  dear stays", seen.dear, 0x40000004);
	page[0] = code_9[0];
	flush_code((u32)page);
	expect("code after icbi", do_call(0x50000000), 9);
	expect_none("changed code");
	tlb_unserve(0x50000000);
	do_call(0x50000000);
	expect_trap("instruction tlb miss again", V_ITLB, (void *)0x50000000, seen.esr);
}

static void test_protection(void)
{
	struct mapping m = {0x41000000, scratch(2), PAGE_4K, SR | UR, 0, 0};
	volatile u32 *page = (volatile u32 *)scratch(2);

	page[0] = 0x600df00d;
	tlb_write(0, &m);
	expect("read-only page", do_lwz(0x41000000), 0x600df00d);
	do_stw(0x41000000, 1);
	expect_trap("store to a read-only page", V_DSI, (void *)do_stw, ESR_ST);
	expect("  dear", seen.dear, 0x41000000);
	expect("  memory", page[0], 0x600df00d);
	run_user(do_stw, 0x41000004, 1);
	expect_trap("the same of a user", V_DSI, (void *)do_stw, ESR_ST);
	do_call(0x41000000);
	expect_trap("fetch from a page without x", V_ISI, (void *)0x41000000, 0);

	m.rights = UW | SX;
	tlb_write(0, &m);
	do_lbz(0x41000003);
	expect_trap("load from a page without r", V_DSI, (void *)do_lbz, 0);
	expect("  dear", seen.dear, 0x41000003);
	do_stw(0x41000000, 1);
	expect_trap("store to the user's page", V_DSI, (void *)do_stw, ESR_ST);
	run_user(do_stw, 0x41000008, 0x5ca1ab1e);
	expect_none("store of the user");
	expect("  memory", page[2], 0x5ca1ab1e);

	m.rights = SR | SW | SX;
	tlb_write(0, &m);
	run_user(do_lwz, 0x41000000, 0);
	expect_trap("load from the supervisor's page", V_DSI, (void *)do_lwz, 0);
	run_user((void *)0x41000000, 0, 0);
	expect_trap("fetch from the supervisor's page", V_ISI, (void *)0x41000000, 0);
	tlb_clear(0);
}

/* Processes, sizes, remapping, address spaces, byte order. */
static void test_entries(void)
{
	struct mapping m = {0x42000000, scratch(0), PAGE_4K, SR | SW, 5, 0};
	volatile u32 *page = (volatile u32 *)scratch(0);

	for (u32 i = 0; i < 4; i++)
		((volatile u32 *)scratch(i))[0] = 0x11111111 * (i + 1);
	tlb_write(1, &m);
	m.ra = scratch(1);
	m.tid = 6;
	tlb_write(2, &m);
	mtspr(PID, 5);
	expect("process 5", do_lwz(0x42000000), 0x11111111);
	mtspr(PID, 6);
	expect("process 6", do_lwz(0x42000000), 0x22222222);
	mtspr(PID, 7);
	do_lwz(0x42000000);
	expect_trap("process 7", V_DTLB, (void *)do_lwz, 0);
	mtspr(PID, 5);
	expect("process 5 again", do_lwz(0x42000000), 0x11111111);
	m.ra = scratch(3);
	m.tid = 5;
	tlb_write(1, &m);
	expect("mapped anew", do_lwz(0x42000000), 0x44444444);
	tlb_clear(1);
	do_lwz(0x42000000);
	expect_trap("unmapped", V_DTLB, (void *)do_lwz, 0);
	mtspr(PID, 0);
	tlb_clear(2);

	m = (struct mapping){0x43000000, scratch(0), PAGE_16K, SR | SW, 0, 0};
	tlb_write(1, &m);
	expect("16K", do_lwz(0x43003000), 0x44444444);
	m.size = PAGE_64K;
	tlb_write(1, &m);
	expect("64K", do_lwz(0x43002000), 0x33333333);
	do_stw(0x43001ffc, 0x0badcafe);
	expect("64K, stored", ((volatile u32 *)scratch(1))[1023], 0x0badcafe);
	do_lwz(0x43010000);
	expect_trap("beyond 64K", V_DTLB, (void *)do_lwz, 0);

	page[0] = 0x01020304;
	m.size = PAGE_4K;
	m.rights |= REVERSED;
	tlb_write(1, &m);
	expect("little-endian page", do_lwz(0x43000000), 0x04030201);
	expect("its bytes", do_lbz(0x43000000), 1);
	tlb_clear(1);

	m = (struct mapping){0x44000000, scratch(0), PAGE_4K, SR, 0, 0};
	tlb_write(1, &m);
	m.ra = scratch(1);
	m.ts = 1;
	tlb_write(2, &m);
	expect("space 0", do_lwz(0x44000000), 0x01020304);
	/* DS alone: instructions still come from space 0; the stack has to be in both. */
	m = (struct mapping){0, 0, PAGE_256M, ALL, 0, 1};
	tlb_write(3, &m);
	set_msr(msr_now | MSR_DS);
	u32 other = do_lwz(0x44000000);

	set_msr(msr_now);
	expect("space 1", other, 0x22222222);
	tlb_clear(1);
	tlb_clear(2);
	tlb_clear(3);
}

static void test_alignment(void)
{
	struct mapping m = {0x45000000, scratch(0), PAGE_16K, ALL, 0, 0};
	u32 at = scratch(0);

	tlb_write(1, &m);
	do_stw(0x45000ffe, 0xaabbccdd);
	expect("unaligned across pages", do_lwz(at + 0xffe), 0xaabbccdd);
	expect_none("unaligned load and store");
	do_lwarx(at + 2);
	expect_trap("unaligned lwarx", V_ALIGN, (void *)do_lwarx, 0);
	expect("  dear", seen.dear, at + 2);
	do_lwarx(at);
	do_stwcx(at + 1, 0);
	expect_trap("unaligned stwcx.", V_ALIGN, (void *)do_stwcx, ESR_ST);
	expect("  dear", seen.dear, at + 1);
	tlb_clear(1);
}

/* Waits with MSR[EE] (and what else is said) for n interrupts. */
static void wait_for(u32 n)
{
	set_msr(msr_now | MSR_EE);
	for (u32 i = 0; *(volatile u32 *)&traps < n && i < PATIENCE; i++)
		;
	set_msr(msr_now);
}

static void expect_timer(const char *what, u32 n, u32 vector)
{
	say(what);
	expect("  came", traps >= n, 1);
	expect("  vector", seen.vector, vector);
	expect("  srr1", seen.srr1, msr_now | MSR_EE);
	traps = 0;
}

static void set_dec(u32 v)
{
	asm volatile("mtdec %0" ::"r"(v));
}

static u32 get_dec(void)
{
	u32 v;

	asm volatile("mfdec %0" : "=r"(v));
	return v;
}

static void test_timers(void)
{
	mtspr(TCR, 0);
	mtspr(TSR, ~0u);
	set_dec(2000);
	for (u32 i = 0; !(mfspr(TSR) & 0x08000000) && i < PATIENCE; i++)
		;
	expect("tsr[dis]", mfspr(TSR) & 0x08000000, 0x08000000);
	expect("dec stays 0", get_dec(), 0);
	expect_none("without tcr[die]");
	mtspr(TCR, 0x04000000);
	expect_none("without msr[ee]");
	wait_for(1);
	expect_timer("decrementer, pending", 1, V_DEC);
	expect("  tsr[dis]", mfspr(TSR) & 0x08000000, 0);
	set_dec(20000);
	wait_for(1);
	expect_timer("decrementer", 1, V_DEC);
	mtspr(DECAR, 50000);
	mtspr(TCR, 0x04400000);
	set_dec(50000);
	wait_for(3);
	expect_timer("decrementer, reloaded", 3, V_DEC);
	mtspr(TCR, 0);
	set_dec(0);
	mtspr(TSR, ~0u);

	mtspr(TCR, 0x00800000 | core_fit_period);
	wait_for(2);
	expect_timer("fixed interval", 2, V_FIT);

	/* The first period arms it, the second interrupts; it is critical and leaves SRR0 alone. */
	mtspr(TCR, 0x08000000 | core_watchdog_period);
	mtspr(TSR, ~0u);
	set_msr(msr_now | MSR_CE);
	mtspr(SRR0, 0x5a5a5a58);
	for (u32 i = 0; !*(volatile u32 *)&traps && i < PATIENCE; i++)
		;
	expect("srr0 after the watchdog", mfspr(SRR0), 0x5a5a5a58);
	set_msr(msr_now);
	say("watchdog");
	expect("  interrupts", traps != 0, 1);
	expect("  vector", seen.vector, V_WATCHDOG);
	expect("  csrr1", seen.srr1, msr_now | MSR_CE);
	expect("  msr", seen.msr, MSR_ME);
	/* The handler took back WIS alone. */
	expect("  tsr[enw]", mfspr(TSR) & 0x80000000, 0x80000000);
	mtspr(TCR, 0);
	mtspr(TSR, ~0u);
	traps = 0;
}

void main(void)
{
	setup_tlb();
	setup_vectors();
	print("bare metal on ");
	say(core_name);
	test_synchronous();
	test_critical_enable();
	test_misses();
	test_protection();
	test_entries();
	test_alignment();
	core_tests();
	test_timers();
	say(failures ? "FAILED" : "ALL OK");
	mtspr(DBCR0, 0x30000000);
}
