// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Radix translation while its tables change: tlbie of a page, of a process and of the walk cache;
 * other processes; entries that are wrong. Power ISA 3.0B Book III 5.7.10 and 5.9.3.3.
 */
#include "image.h"

#define VALID (1ull << 63)
#define LEAF  (1ull << 62)
#define RWX   (0x180 | 7)

#define LEVEL1 ((u64 *)TABLES)
#define LEVEL2 ((u64 *)(TABLES + 0x10000))
#define LEVEL3 ((u64 *)(TABLES + 0x11000))
#define LEVEL4 ((u64 *)(TABLES + 0x12000))
#define SPARE  ((u64 *)(TABLES + 0x13000))
#define PRTB   ((u64 *)(TABLES + 0x20000))

#define LD  D(58, 6, 4, 0)
#define STD D(62, 6, 4, 0)

#define TLBIE(ric)                                                                                 \
	static void tlbie##ric(u64 rb, u64 rs)                                                     \
	{                                                                                          \
		asm volatile(".machine push; .machine power9; ptesync; tlbie %0, %1, " #ric        \
			     ", 1, 1; eieio; tlbsync; ptesync; .machine pop"                       \
			     :                                                                     \
			     : "r"(rb), "r"(rs)                                                    \
			     : "memory");                                                          \
	}

TLBIE(0)
TLBIE(1)
TLBIE(2)

static void access(const char *what, u64 ea, u32 insn)
{
	begin(USER);
	in.gpr[4] = ea;
	in.gpr[6] = 0x1111;
	emit(insn);
	go();
	show("radix %s r6=%x", what, value_of(6));
}

static void pages(void)
{
	u64 ea = MAP_EA(MAP_RW), at = ea >> 12 & 511, old = LEVEL4[at];

	access("before", ea + 8, LD);
	LEVEL4[at] = VALID | LEAF | (PAGES + MAP_RO * 0x10000) | RWX;
	tlbie0(ea, 1ull << 32);
	access("other-page", ea + 8, LD);
	LEVEL4[at] = 0;
	tlbie2(1 << 10, 1ull << 32);
	access("no-page", ea + 8, LD);
	/* An invalid entry need not be invalidated when it becomes valid. */
	LEVEL4[at] = old;
	access("again", ea + 8, LD);
	for (u64 eaa = 0; eaa < 16; eaa++) {
		LEVEL4[at] = (old & ~15ull) | eaa;
		tlbie0(ea, 1ull << 32);
		say("radix eaa=%d", (unsigned)eaa);
		for (unsigned s = 0; s < 2; s++) {
			begin(s ? USER : VIRT);
			in.gpr[4] = ea;
			emit(LD);
			emit(STD);
			go();
			say("%s", s ? "" : " |");
			say(s ? " uvec=%x usrr0=%x udsisr=%x" : " vvec=%x vsrr0=%x vdsisr=%x",
			    out.vec, out.pc, out.dsisr);
			begin(s ? USER : VIRT);
			in.pc = ea;
			*(u32 *)(PAGES + MAP_RW * 0x10000) = TRAP;
			go();
			say(s ? " ufetch=%x usrr1=%x" : " vfetch=%x vsrr1=%x", out.vec, out.msr);
		}
		say("\n");
	}
	LEVEL4[at] = old;
	tlbie0(ea, 1ull << 32);
	/* Reference and change bits. */
	for (unsigned rc = 0; rc < 4; rc++) {
		LEVEL4[at] = (old & ~0x180ull) | (rc & 2 ? 0x100 : 0) | (rc & 1 ? 0x80 : 0);
		tlbie0(ea, 1ull << 32);
		access(rc & 2 ? "rc-load-r" : "rc-load", ea, LD);
		say("radix rc=%d load | pte=%x\n", rc, LEVEL4[at]);
		access(rc & 2 ? "rc-store-r" : "rc-store", ea, STD);
		say("radix rc=%d store | pte=%x\n", rc, LEVEL4[at]);
	}
	LEVEL4[at] = old;
	tlbie0(ea, 1ull << 32);
}

static void directories(void)
{
	u64 ea = MAP_EA(MAP_RW), at = ea >> 21 & 511, old = LEVEL3[at];

	for (unsigned i = 0; i < 512; i++)
		SPARE[i] = VALID | LEAF | (PAGES + MAP_KEY * 0x10000) | RWX;
	LEVEL3[at] = VALID | (u64)SPARE | 9;
	tlbie2(1 << 10, 1ull << 32);
	access("other-directory", ea + 8, LD);
	LEVEL3[at] = VALID | (u64)LEVEL4 | 9;
	tlbie1(1 << 10, 1ull << 32);
	tlbie0(ea, 1ull << 32);
	access("directory-back", ea + 8, LD);
	/* A leaf one and two levels higher. */
	LEVEL3[at] = VALID | LEAF | 0x800000 | RWX;
	tlbie2(1 << 10, 1ull << 32);
	access("leaf-2m", ea + 0x100008, LD);
	/* Sizes that are none. */
	for (unsigned nls = 0; nls < 32; nls += 3) {
		if (nls == 9)
			continue;
		LEVEL3[at] = VALID | (u64)LEVEL4 | nls;
		tlbie2(1 << 10, 1ull << 32);
		say("radix nls=%d ", nls);
		access("wrong", ea + 8, LD);
	}
	LEVEL3[at] = old;
	tlbie2(1 << 10, 1ull << 32);
	access("end", ea + 8, LD);
}

static void processes(void)
{
	static const struct {
		const char *name;
		u32 pid;
		u64 entry;
	} cases[] = {
		{"none", 2, 0},
		{"same", 3, 2ull << 61 | TABLES | 5 << 5 | 13},
		{"rts", 4, TABLES | 13},
		{"size", 5, 2ull << 61 | TABLES | 5 << 5 | 12},
		{"size0", 6, 2ull << 61 | TABLES | 5 << 5},
		{"beyond", 300, 2ull << 61 | TABLES | 5 << 5 | 13},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PRTB[2 * cases[i].pid] = cases[i].entry;
		tlbie2(2 << 10, 0);
		mtspr(SPR_PIDR, cases[i].pid);
		say("radix process ");
		access(cases[i].name, MAP_EA(MAP_RW) + 8, LD);
		mtspr(SPR_PIDR, 1);
	}
}

void test_radix(void)
{
	pages();
	directories();
	processes();
}
