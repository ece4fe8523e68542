// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hashed page table through its hypercalls, with what they return and what H_READ finds
 * afterwards; reference and change bits of accesses; page sizes, also mixed ones, and segments of
 * 1 TiB. LoPAPR 14.5.4.1; Power ISA 2.07B Book III-S 5.7.
 */
#include "image.h"

enum {
	H_REMOVE = 0x04,
	H_ENTER = 0x08,
	H_READ = 0x0c,
	H_CLEAR_MOD = 0x10,
	H_CLEAR_REF = 0x14,
	H_PROTECT = 0x18,
	H_BULK_REMOVE = 0x124,
};

#define F_EXACT	  (1ull << 39)
#define F_READ4	  (1ull << 37)
#define F_AVPN	  (1ull << 31)
#define F_ANDCOND (1ull << 30)

#define VSID 0x300ull
/* Bits of the first doubleword that are the software's: qemu keeps a mark there. */
#define SOFTWARE 0x78ull
#define EA	 0x50000000ull
#define SLB_V	 (1ull << 27)
#define HV(off)	 ((VSID << 28 | (off)) >> 23 << 7 | 1)

static u64 args[9];

static u64 hpt(u64 nr, u64 a, u64 b, u64 c, u64 d)
{
	for (unsigned i = 4; i < 9; i++)
		args[i] = 0;
	args[0] = a;
	args[1] = b;
	args[2] = c;
	args[3] = d;
	return hcall(nr, args);
}

static u64 group_of(u64 hash)
{
	return (hash & ((1ull << (hpt_shift - 7)) - 1)) << 3;
}

/* All of an entry but the bits that are the hypervisor's. */
static void show_entry(const char *what, unsigned n, u64 ptex)
{
	u64 r = hpt(H_READ, 0, ptex, 0, 0);

	say("hpt %s entry=%d | r=%x v=%x pte=%x\n", what, n, r, args[0] & ~SOFTWARE, args[1]);
}

static void calls(void)
{
	u64 at = group_of(VSID ^ 0x20);
	u64 v = HV(0x20000), pa = PAGES + 0x10000;
	u64 r;

	r = hpt(H_ENTER, F_EXACT, at + 3, v, pa | 0x12);
	say("hpt enter-exact | r=%x index=%x\n", r, args[0] - at);
	r = hpt(H_ENTER, F_EXACT, at + 3, v, pa | 0x12);
	say("hpt enter-again | r=%x\n", r);
	show_entry("exact", 3, at + 3);
	for (unsigned i = 0; i < 8; i++) {
		r = hpt(H_ENTER, 0, at + 5, HV(0x20000 + (i << 23)), pa | 0x13 | i << 9);
		say("hpt fill n=%d | r=%x index=%x\n", i, r, r ? 0 : args[0] - at);
	}
	for (unsigned i = 0; i < 8; i++)
		show_entry("filled", i, at + i);
	r = hpt(H_READ, F_READ4, at + 2, 0, 0);
	say("hpt read4 | r=%x a=%x b=%x c=%x d=%x e=%x f=%x g=%x h=%x\n", r, args[0] & ~SOFTWARE,
	    args[1], args[2] & ~SOFTWARE, args[3], args[4] & ~SOFTWARE, args[5],
	    args[6] & ~SOFTWARE, args[7]);

	r = hpt(H_PROTECT, F_AVPN | 3, at, HV(0x7f800000) & ~0x7full, 0);
	say("hpt protect-other | r=%x\n", r);
	for (unsigned i = 0; i < 8; i++) {
		static const u64 flags[] = {0, 1, 2, 3, 4, 1ull << 63, 0xe00, 0x3000000000000000};

		r = hpt(H_PROTECT, flags[i], at + i, 0, 0);
		say("hpt protect n=%d | r=%x\n", i, r);
		show_entry("protected", i, at + i);
	}
	r = hpt(H_REMOVE, F_AVPN, at + 3, HV(0x40000000) & ~0x7full, 0);
	say("hpt remove-other | r=%x\n", r);
	r = hpt(H_REMOVE, F_AVPN, at + 3, v & ~0x7full, 0);
	say("hpt remove | r=%x v=%x pte=%x\n", r, args[0] & ~SOFTWARE, args[1]);
	r = hpt(H_REMOVE, 0, at + 3, 0, 0);
	say("hpt remove-again | r=%x\n", r);
	r = hpt(H_REMOVE, F_ANDCOND, at + 4, 1, 0);
	say("hpt remove-andcond1 | r=%x\n", r);
	r = hpt(H_REMOVE, F_ANDCOND, at + 4, 0x7f80, 0);
	say("hpt remove-andcond0 | r=%x\n", r);
	/* One that is there, one that is not, one with another AVPN, the end. */
	args[4] = 0;
	for (unsigned i = 0; i < 9; i++)
		args[i] = 0;
	args[0] = 0x4000000000000000 | (at + 5);
	args[2] = 0x4000000000000000 | (at + 3);
	args[4] = 0x4200000000000000 | (at + 6);
	args[5] = 0x1234567890000000;
	args[6] = 0xc000000000000000;
	r = hcall(H_BULK_REMOVE, args);
	say("hpt bulk | r=%x a=%x b=%x c=%x d=%x\n", r, args[0] - at, args[2] - at, args[4] - at,
	    args[6]);
	args[0] = 0x1000000000000000 | (at + 5);
	r = hcall(H_BULK_REMOVE, args);
	say("hpt bulk-bad | r=%x a=%x\n", r, args[0] - at);
	for (unsigned i = 0; i < 8; i++)
		hpt(H_REMOVE, 0, at + i, 0, 0);
}

static void access(const char *when, const char *what, u64 ea, u32 insn, u64 state)
{
	begin(state);
	in.gpr[4] = ea;
	in.gpr[6] = 0x1111;
	emit(insn);
	go();
	show("hpt %s %s r6=%x", when, what, value_of(6));
}

#define LD  D(58, 6, 4, 0)
#define STD D(62, 6, 4, 0)

static void reference_and_change(void)
{
	u64 at = group_of(VSID ^ 0x30);
	u64 r = hpt(H_ENTER, 0, at, HV(0x30000), (PAGES + 0x10000) | 0x12);

	say("hpt rc | r=%x\n", r);
	asm volatile("slbmte %0, %1; isync" : : "r"(VSID << 12 | 0xc00), "r"(EA | SLB_V | 4));
	show_entry("rc-before", 0, at);
	access("access", "rc-load", EA + 0x30008, LD, USER);
	show_entry("rc-load", 0, at);
	access("access", "rc-store", EA + 0x30010, STD, USER);
	show_entry("rc-store", 0, at);
	r = hpt(H_CLEAR_MOD, 0, at, 0, 0);
	say("hpt clear-mod | r=%x pte=%x\n", r, args[0]);
	show_entry("rc-clear-mod", 0, at);
	r = hpt(H_CLEAR_REF, 0, at, 0, 0);
	say("hpt clear-ref | r=%x pte=%x\n", r, args[0]);
	show_entry("rc-clear-ref", 0, at);
	access("access", "rc-again", EA + 0x30010, STD, USER);
	show_entry("rc-again", 0, at);
	r = hpt(H_CLEAR_REF, 0, at + 1, 0, 0);
	say("hpt clear-ref-none | r=%x\n", r);
	r = hpt(H_REMOVE, 0, at, 0, 0);
	say("hpt rc-remove | r=%x\n", r);
	access("access", "rc-gone", EA + 0x30010, LD, USER);
}

/* base: log2 of the segment's page; slb: L and LP; large, lp: of the entry; off: in the segment */
static void page(const char *what, unsigned base, u64 slb, u64 large, u64 lp, u64 pa, u64 off,
		 bool tera)
{
	u64 ea = tera ? 0x20000000000ull : EA;
	u64 b = tera ? 1ull << 62 : 0;
	u64 page_off = off >> base << base;
	u64 hash = tera ? VSID ^ VSID << 25 ^ page_off >> base : VSID ^ page_off >> base;
	u64 va = tera ? VSID << 40 | page_off : VSID << 28 | page_off;
	u64 v = b | va >> 23 << 7 | large | 1;
	u64 at = group_of(hash);
	u64 r = hpt(H_ENTER, 0, at, v, pa | lp << 12 | 0x12);

	say("hpt size %s | r=%x\n", what, r);
	asm volatile("slbie %0; slbmte %1, %2; isync"
		     :
		     : "r"(ea | b >> 37), "r"(b | VSID << (tera ? 24 : 12) | slb | 0xc00),
		       "r"(ea | SLB_V | 4)
		     : "memory");
	if (!r) {
		u64 index = args[0];

		access("access", what, ea + off + 8, LD, USER);
		show_entry(what, 0, index);
		r = hpt(H_REMOVE, 0, index, 0, 0);
		say("hpt size-remove %s | r=%x v=%x pte=%x\n", what, r, args[0] & ~SOFTWARE,
		    args[1]);
		access("removed", what, ea + off + 8, LD, USER);
	}
	asm volatile("slbie %0; isync" : : "r"(ea | b >> 37) : "memory");
}

void test_hpt(void)
{
	u64 p = PAGES + 0x20000;

	segments_init();
	calls();
	reference_and_change();
	asm volatile("slbie %0; isync" : : "r"(EA) : "memory");
	page("4k", 12, 0, 0, 0, p, 0x41000, false);
	page("64k", 16, 0x110, 4, 1, p, 0x50000, false);
	page("64k-middle", 16, 0x110, 4, 1, p - 0x20000, 0x55008, false);
	page("16m", 24, 0x100, 4, 0, 0, 0x1920000, false);
	page("4k-64k", 12, 0, 4, 7, p, 0x60000, false);
	page("4k-16m", 12, 0, 4, 0x38, 0, 0x2920000, false);
	page("64k-16m", 16, 0x110, 4, 8, 0, 0x3920000, false);
	page("4k-1t", 12, 0, 0, 0, p, 0x8765432000, true);
	page("64k-1t", 16, 0x110, 4, 1, p, 0x8765430000, true);
	page("16m-1t", 24, 0x100, 4, 0, 0, 0x8765920000, true);
	page("wrong-lp", 16, 0x110, 4, 2, p, 0x50000, false);
	page("wrong-l", 16, 0x110, 0, 0, p, 0x50000, false);
	page("wrong-base", 12, 0, 4, 1, p, 0x60000, false);
	segments_init();
}
