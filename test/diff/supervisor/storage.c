// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Data and instruction storage interrupts, segment interrupts, and the pages that cause them:
 * loads, stores, fetches and cache instructions, in both states, on every kind of page of
 * paging.c; virtual page class keys on hash; quadrants and the upper address bits on radix.
 */
#include "image.h"

struct access {
	const char *name;
	u32 insn;
};

static const struct access accesses[] = {
	{"lwz", D(32, 6, 4, 0)},	{"stw", D(36, 6, 4, 0)},
	{"lwarx", X(31, 6, 0, 4, 20)},	{"stwcx", X(31, 6, 0, 4, 150) | 1},
	{"dcbz", X(31, 0, 0, 4, 1014)}, {"dcbt", X(31, 0, 0, 4, 278)},
	{"dcbst", X(31, 0, 0, 4, 54)},	{"dcbf", X(31, 0, 0, 4, 86)},
	{"icbi", X(31, 0, 0, 4, 982)},	{"lq", D(56, 6, 4, 0)},
	{"stmw", D(47, 30, 4, 0)},	{"lvx", X(31, 1, 0, 4, 103)},
	{"stfd", D(54, 1, 4, 0)},	{"ldx-last", X(31, 6, 4, 5, 21)},
	{"stdu", D(62, 6, 4, 1)},	{"lbz-last", X(31, 6, 4, 5, 87)},
};

static const char *const kinds[] = {"none",    "rw",   "ro",   "kernel", "noexec",
				    "guarded", "no_r", "no_c", "key",	 "kernel_ro"};

static const u64 states[] = {VIRT, USER, USER | M_LE, USER & ~M_SF};
static const char *const state_names[] = {"virt", "user", "userle", "user32"};

static void data(const char *kind, u64 ea)
{
	for (unsigned i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		for (unsigned s = 0; s < 4; s++) {
			begin(states[s] | M_FP | M_VEC);
			in.gpr[4] = ea;
			in.gpr[5] = 0xffc;
			emit(accesses[i].insn);
			go();
			show("data %s %s %s r4=%x", kind, accesses[i].name, state_names[s],
			     value_of(4));
		}
	}
}

static void fetch(const char *kind, u64 ea, u32 *at)
{
	for (unsigned s = 0; s < 4; s++) {
		begin(states[s]);
		if (at) {
			*at = states[s] & M_LE ? __builtin_bswap32(TRAP) : TRAP;
			asm volatile("dcbst 0, %0; sync; icbi 0, %0; isync" : : "r"(at) : "memory");
		}
		in.pc = ea;
		go();
		show("fetch %s %s", kind, state_names[s]);
		/* By a branch instead of rfid. */
		begin(states[s]);
		in.ctr = ea;
		emit(0x4e800420);
		go();
		show("fetch-bctr %s %s", kind, state_names[s]);
	}
}

/* Nothing else tells qemu 7.2 to look at AMR and IAMR again. */
static void drop_translations(void)
{
	if (!radix)
		segments_init();
	else /* tlbie of the process: RIC = 2, PRS, R, IS = 1 */
		asm volatile(
			".machine push; .machine power9; tlbie %0, %1, 2, 1, 1; ptesync; isync; "
			".machine pop"
			:
			: "r"(1ull << 10), "r"(1ull << 32)
			: "memory");
}

static void keys(void)
{
	static const u8 bits[] = {0, 1, 2, 3};

	for (unsigned b = 0; b < 4; b++) {
		for (unsigned s = 0; s < 2; s++) {
			for (unsigned i = 0; i < 2; i++) {
				mtspr(29, (u64)bits[b] << (62 - 10));
				drop_translations();
				begin(states[s]);
				in.gpr[4] = MAP_EA(MAP_KEY);
				emit(accesses[i].insn);
				go();
				mtspr(29, 0);
				show("key amr=%d %s %s", bits[b], accesses[i].name, state_names[s]);
			}
			drop_translations();
			mtspr(61, (u64)bits[b] << (62 - 10));
			drop_translations();
			begin(states[s]);
			*(u32 *)(PAGES + MAP_KEY * 0x10000) = TRAP;
			in.pc = MAP_EA(MAP_KEY);
			go();
			mtspr(61, 0);
			drop_translations();
			show("key iamr=%d fetch %s", bits[b], state_names[s]);
		}
	}
	/* On radix AMR and IAMR take rights from key 0 (3.0B 5.7.13.2). */
	for (unsigned b = 0; b < 4; b++) {
		mtspr(29, (u64)b << 62);
		drop_translations();
		begin(VIRT);
		in.gpr[4] = MAP_EA(MAP_RW);
		emit(accesses[0].insn);
		emit(accesses[1].insn);
		go();
		mtspr(29, 0);
		drop_translations();
		show("key0 amr=%d", b);
	}
}

static const struct {
	const char *name;
	u64 ea;
} odd[] = {
	{"unmapped", 0x30000000},
	{"segment7", 0x70000000},
	{"high", 0x0010000000000000},
	{"quadrant1", 0x4000000000000000},
	{"quadrant2", 0x8000000000000000},
	{"quadrant3", 0xc000000000500000},
	{"quadrant3-none", 0xc000000030000000},
	{"beyond", 0x0008000000000000},
	{"top", 0xfffffffffffff000},
	{"32bit", 0x0000000100500000},
};

static const struct access wide[] = {
	{"lhz", D(40, 26, 4, 0)},	 {"sth", D(44, 26, 4, 0)},
	{"lwz", D(32, 26, 4, 0)},	 {"stw", D(36, 26, 4, 0)},
	{"ld", D(58, 26, 4, 0)},	 {"std", D(62, 26, 4, 0)},
	{"lwzu", D(33, 26, 4, 0)},	 {"stdu", D(62, 26, 4, 1)},
	{"ldbrx", X(31, 26, 0, 4, 532)}, {"stdbrx", X(31, 26, 0, 4, 660)},
	{"lmw", D(46, 26, 4, 0)},	 {"stmw", D(47, 26, 4, 0)},
	{"lswi", X(31, 26, 4, 20, 597)}, {"stswi", X(31, 26, 4, 20, 725)},
	{"lfd", D(50, 1, 4, 0)},	 {"stfd", D(54, 1, 4, 0)},
	{"lfdp", D(57, 2, 4, 0)},	 {"stfdp", D(61, 2, 4, 0)},
	{"lxvd2x", X(31, 1, 0, 4, 844)}, {"stxvd2x", X(31, 1, 0, 4, 972)},
	{"lxvw4x", X(31, 1, 0, 4, 780)}, {"stxvw4x", X(31, 1, 0, 4, 908)},
	{"lvx", X(31, 1, 0, 4, 103)},	 {"stvx", X(31, 1, 0, 4, 231)},
	{"dcbz", X(31, 0, 0, 4, 1014)},
};

/* Operands that begin in one page and end in the next, of which only one is there. EA and the page
 * before it: MAP_EA(MAP_RW) stands alone. */
static void crossing(void)
{
	static const s64 offsets[] = {0xfff, 0xffe, 0xffc, 0xff9, 0xff4, -1, -2, -4, -12};
	static const u64 modes[] = {USER, USER | M_LE};

	for (unsigned i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		for (unsigned o = 0; o < sizeof(offsets) / sizeof(offsets[0]); o++) {
			for (unsigned m = 0; m < 2; m++) {
				u64 *page = (u64 *)(PAGES + MAP_RW * 0x10000);

				for (unsigned k = 0; k < 512; k++)
					page[k] = 0x5a5a000000000000 | k;
				begin(modes[m] | M_FP | M_VEC | M_VSX);
				in.gpr[4] = MAP_EA(MAP_RW) + offsets[o];
				emit(wide[i].insn);
				go();
				show("cross %s off=%d le=%d r4=%x v1=%x v2=%x", wide[i].name,
				     (unsigned)(offsets[o] & 0xffff), m, value_of(4), page[0],
				     page[511]);
			}
		}
	}
}

/* Not aligned and not mapped: which interrupt comes. */
static void misaligned(void)
{
	static const struct access cases[] = {
		{"lharx", X(31, 6, 0, 4, 116)}, {"lwarx", X(31, 6, 0, 4, 20)},
		{"ldarx", X(31, 6, 0, 4, 84)},	{"lqarx", X(31, 6, 0, 4, 276)},
		{"lmw", D(46, 30, 4, 0)},	{"dcbz", X(31, 0, 0, 4, 1014)},
		{"stmw", D(47, 30, 4, 0)},	{"lfd", D(50, 1, 4, 0)},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned kind = MAP_NONE; kind < MAP_COUNT; kind++) {
			begin(USER | M_FP);
			in.gpr[4] = MAP_EA(kind) + 1;
			emit(cases[i].insn);
			go();
			show("misaligned %s %s", cases[i].name, kinds[kind]);
		}
	}
}

void test_storage(void)
{
	for (unsigned kind = 0; kind < MAP_COUNT; kind++) {
		if (kind == MAP_GUARDED && !radix)
			continue;
		data(kinds[kind], MAP_EA(kind));
		fetch(kinds[kind], MAP_EA(kind),
		      kind ? (u32 *)(PAGES + kind * 0x10000ull) : (u32 *)0);
	}
	crossing();
	misaligned();
	for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		data(odd[i].name, odd[i].ea);
		fetch(odd[i].name, odd[i].ea, (u32 *)0);
	}
	keys();
	/* Real mode: the upper bits do not count. */
	for (unsigned top = 0; top < 16; top++) {
		begin(REAL);
		in.gpr[4] = DATA | (u64)top << 60;
		emit(accesses[0].insn);
		go();
		show("real top=%d", top);
	}
}
