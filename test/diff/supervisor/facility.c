// SPDX-License-Identifier: GPL-2.0-or-later
/* Floating point, vector, VSX, decimal and the FSCR facilities unavailable: one instruction of each
 * kind with each set of MSR bits. Alignment: misaligned operands of all instructions that care. */
#include "image.h"

struct insn_case {
	const char *name;
	u32 insn;
};

static const struct insn_case floats[] = {
	{"fadd", X(63, 1, 2, 3, 21)},
	{"lfd", D(50, 1, 4, 0)},
	{"stfd", D(54, 1, 4, 0)},
	{"mffs", X(63, 1, 0, 0, 583)},
	{"fcmpu", X(63, 0, 1, 2, 0)},
	{"dadd", X(59, 1, 2, 3, 2)},
	{"mtfsb1", X(63, 24, 0, 0, 38)},
	{"lfdp", D(57, 2, 4, 0)},
	{"vaddubm", X(4, 1, 2, 3, 0)},
	{"lvx", X(31, 1, 0, 4, 103)},
	{"mfvscr", 4u << 26 | 1 << 21 | 1540},
	{"vperm", 4u << 26 | 1 << 21 | 2 << 16 | 3 << 11 | 4 << 6 | 43},
	{"xxlxor", 60u << 26 | 1 << 21 | 1 << 16 | 1 << 11 | 154 << 3},
	{"xxlxor-high", 60u << 26 | 1 << 21 | 1 << 16 | 1 << 11 | 154 << 3 | 7},
	{"lxvd2x", X(31, 1, 0, 4, 844)},
	{"lxvd2x-high", X(31, 1, 0, 4, 844) | 1},
	{"mfvsrd", X(31, 1, 5, 0, 51)},
	{"mfvsrd-high", X(31, 1, 5, 0, 51) | 1},
	{"mtvsrd", X(31, 1, 5, 0, 179)},
	{"lxvx", X(31, 1, 0, 4, 268)},
	{"lxvx-high", X(31, 1, 0, 4, 268) | 1},
	{"lxsd", D(57, 1, 4, 2)},
	{"xsaddqp", X(63, 1, 2, 3, 4)},
	{"mtvsrdd", X(31, 1, 5, 6, 435)},
	{"mfvsrld", X(31, 1, 5, 0, 307)},
	{"xxsel", 60u << 26 | 1 << 21 | 3 << 4},
	{"bcdadd", 4u << 26 | 1 << 21 | 2 << 16 | 3 << 11 | 1 << 10 | 1},
};

static void test_float_bits(void)
{
	static const u64 bits[] = {0,
				   M_FP,
				   M_VEC,
				   M_VSX,
				   M_FP | M_VEC,
				   M_FP | M_VSX,
				   M_VEC | M_VSX,
				   M_FP | M_VEC | M_VSX};

	for (unsigned i = 0; i < sizeof(floats) / sizeof(floats[0]); i++) {
		for (unsigned b = 0; b < 8; b++) {
			begin((b & 1 ? USER : REAL) | bits[b]);
			in.gpr[4] = DATA;
			emit(floats[i].insn);
			go();
			show("unavailable %s fp=%d vec=%d vsx=%d", floats[i].name,
			     !!(bits[b] & M_FP), !!(bits[b] & M_VEC), !!(bits[b] & M_VSX));
		}
	}
}

static const struct insn_case guarded[] = {
	{"mfdscr", MFSPR(3, 3)},
	{"mtdscr", MTSPR(3, 4)},
	{"mftar", MFSPR(3, 815)},
	{"bctar", X(19, 20, 0, 0, 560)},
	{"mfebbhr", MFSPR(3, 804)},
	{"mfbescr", MFSPR(3, 806)},
	{"rfebb", X(19, 0, 0, 0, 146)},
	{"mfpmc1", MFSPR(3, 771)},
	{"mtpmc1", MTSPR(771, 4)},
	{"mfmmcr0", MFSPR(3, 779)},
	{"mtmmcr0", MTSPR(779, 4)},
	{"mfmmcr2", MFSPR(3, 769)},
	{"mfsier", MFSPR(3, 768)},
	{"mftfhar", MFSPR(3, 128)},
	{"mftexasr", MFSPR(3, 130)},
	{"tbegin", X(31, 0, 0, 0, 654) | 1},
	{"tend", X(31, 0, 0, 0, 686) | 1},
	{"tabort", X(31, 0, 4, 0, 910) | 1},
	{"treclaim", X(31, 0, 4, 0, 942) | 1},
	{"trechkpt", X(31, 0, 0, 0, 1006) | 1},
	{"tcheck", X(31, 0, 0, 0, 718)},
	{"mfbhrbe", X(31, 3, 0, 0, 302)},
	{"clrbhrb", X(31, 0, 0, 0, 430)},
	{"msgsndp", X(31, 0, 0, 4, 142)},
	{"copy", X(31, 1, 0, 4, 774)},
	{"paste", X(31, 1, 0, 4, 902) | 1},
	{"cpabort", X(31, 0, 0, 0, 838)},
	{"mftb", X(31, 3, 12, 8, 371)},
	{"darn", X(31, 3, 1, 0, 755)},
	{"mfppr", MFSPR(3, 896)},
};

static bool starts(const char *name, const char *with)
{
	for (; *with; name++, with++)
		if (*name != *with)
			return false;
	return true;
}

static void test_fscr(void)
{
	for (unsigned i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++) {
		for (unsigned mode = 0; mode < 6; mode++) {
			bool open = mode & 1;
			u64 state = mode < 2 ? REAL : USER;

			/* rfebb with nothing to return from would set BESCR[GE]. */
			if (open && state == USER && starts(guarded[i].name, "rfebb"))
				continue;
			mtspr(SPR_FSCR, open ? ~0ull >> 8 : 0);
			mtspr(SPR_MMCR0, 0x80000000 | (mode >= 4 ? 0x80000 : 0));
			begin(state);
			in.gpr[4] = DATA;
			emit(guarded[i].insn);
			go();
			show("facility %s %s fscr=%d pmcc=%d new=%x", guarded[i].name,
			     state == USER ? "user" : "real", open, mode >= 4 ? 2 : 0,
			     mfspr(SPR_FSCR));
		}
	}
	mtspr(SPR_FSCR, 0);
	mtspr(SPR_MMCR0, 0x80000000);
}

void test_facilities(void)
{
	test_float_bits();
	test_fscr();
}

static const struct insn_case aligned[] = {
	{"lharx", X(31, 6, 0, 4, 116)},
	{"lwarx", X(31, 6, 0, 4, 20)},
	{"ldarx", X(31, 6, 0, 4, 84)},
	{"lqarx", X(31, 6, 0, 4, 276)},
	{"sthcx", X(31, 6, 0, 4, 726) | 1},
	{"stwcx", X(31, 6, 0, 4, 150) | 1},
	{"stdcx", X(31, 6, 0, 4, 214) | 1},
	{"stqcx", X(31, 6, 0, 4, 182) | 1},
	{"lq", D(56, 6, 4, 0)},
	{"stq", D(62, 6, 4, 2)},
	{"lmw", D(46, 26, 4, 0)},
	{"stmw", D(47, 26, 4, 0)},
	{"lswi", X(31, 26, 4, 8, 597)},
	{"stswi", X(31, 26, 4, 8, 725)},
	{"lswx", X(31, 26, 0, 4, 533)},
	{"stswx", X(31, 26, 0, 4, 661)},
	{"lwz", D(32, 6, 4, 0)},
	{"ld", D(58, 6, 4, 0)},
	{"std", D(62, 6, 4, 0)},
	{"stw", D(36, 6, 4, 0)},
	{"lwbrx", X(31, 6, 0, 4, 534)},
	{"lfd", D(50, 1, 4, 0)},
	{"lfdp", D(57, 2, 4, 0)},
	{"stfdp", D(61, 2, 4, 0)},
	{"lvx", X(31, 1, 0, 4, 103)},
	{"lvehx", X(31, 1, 0, 4, 39)},
	{"lxvd2x", X(31, 1, 0, 4, 844)},
	{"lxvw4x", X(31, 1, 0, 4, 780)},
	{"stxvd2x", X(31, 1, 0, 4, 972)},
	{"dcbz", X(31, 0, 0, 4, 1014)},
	{"lwat", X(31, 6, 4, 0, 582)},
	{"ldat", X(31, 6, 4, 0, 614)},
	{"stwat", X(31, 6, 4, 0, 710)},
	{"copy", X(31, 1, 0, 4, 774)},
};

void test_alignment(void)
{
	static const u16 offsets[] = {1, 2, 4, 8, 12, 0xffe, 0xfff};
	static const u64 states[] = {REAL, USER, USER | M_LE};
	static const char *const names[] = {"real", "user", "userle"};

	for (unsigned i = 0; i < sizeof(aligned) / sizeof(aligned[0]); i++) {
		for (unsigned s = 0; s < 3; s++) {
			for (unsigned o = 0; o < sizeof(offsets) / sizeof(offsets[0]); o++) {
				begin(states[s] | M_FP | M_VEC | M_VSX);
				for (u64 p = DATA; p < DATA + 0x80; p += 8)
					*(u64 *)p = *(u64 *)(p + 0xfc0) = p << 32 | ~p >> 32;
				in.gpr[4] = DATA + offsets[o];
				in.xer = 8;
				emit(aligned[i].insn);
				go();
				show("align %s %s off=%d r6=%x r26=%x", aligned[i].name, names[s],
				     offsets[o], value_of(6), value_of(26));
			}
		}
	}
}
