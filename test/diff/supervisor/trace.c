// SPDX-License-Identifier: GPL-2.0-or-later
/* Single-step and branch trace: which instructions are followed by a trace interrupt, and what it
 * delivers. Power ISA 3.0B Book III 6.5.15. */
#include "image.h"

struct trace_case {
	const char *name;
	u32 insn;
};

static const struct trace_case cases[] = {
	{"nop", NOP},
	{"add", X(31, 3, 4, 5, 266)},
	{"b", 0x48000008},
	{"bl", 0x48000009},
	{"bc-taken", 0x42800008},
	{"bc-not", 0x40820008 | 0x01000000},
	{"beq-not", 0x41820008},
	{"blr", 0x4e800020},
	{"bctr", 0x4e800420},
	{"bctrl", 0x4e800421},
	{"bdnz", 0x42000008},
	{"lwz", D(32, 3, 4, 0)},
	{"std", D(62, 3, 4, 0)},
	{"dcbz", X(31, 0, 0, 4, 1014)},
	{"icbi", X(31, 0, 0, 4, 982)},
	{"dcbst", X(31, 0, 0, 4, 54)},
	{"isync", X(19, 0, 0, 0, 150)},
	{"sync", X(31, 0, 0, 0, 598)},
	{"crand", X(19, 0, 0, 0, 257)},
	{"mtcr", X(31, 3, 31, 30, 144)},
	{"mfmsr", MFMSR(3)},
	{"mtmsrd1", MTMSRD(4, 1)},
	{"mtspr", MTSPR(272, 3)},
	{"mtlr", MTSPR(8, 3)},
	{"sc0", SC(0)},
	{"scv0", SCV(0)},
	{"illegal", 0},
	{"tw-not", X(31, 4, 4, 5, 4)},
	{"lwarx", X(31, 3, 0, 4, 20)},
	{"stwcx", X(31, 3, 0, 4, 150) | 1},
	{"lmw", D(46, 30, 4, 0)},
	{"lwz-fault", D(32, 3, 7, 0)},
	{"lwzx-misaligned", X(31, 3, 0, 6, 20)},
	{"fadd", X(63, 1, 2, 3, 21)},
	{"mtdec", MTSPR(22, 8)},
};

void test_trace(void)
{
	static const u64 bits[] = {M_SE, M_BE, M_SE | M_BE};
	static const u64 states[] = {REAL, VIRT, USER, USER | M_LE};
	static const char *const names[] = {"real", "virt", "user", "userle"};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned b = 0; b < 3; b++) {
			for (unsigned s = 0; s < 4; s++) {
				begin(states[s] | bits[b]);
				in.gpr[4] = DATA;
				in.gpr[5] = DATA;
				in.gpr[6] = DATA + 2;
				in.gpr[7] = 0x30000000; /* maps nowhere */
				in.gpr[8] = 0x7fffffff;
				/* Real mode of radix and of hash do not agree about it. */
				if (states[s] == REAL && cases[i].name[3] == '-')
					in.gpr[7] = DATA;
				emit(cases[i].insn);
				emit(NOP);
				emit(NOP);
				go();
				show("trace %s se=%d be=%d %s", cases[i].name, !!(bits[b] & M_SE),
				     !!(bits[b] & M_BE), names[s]);
			}
		}
	}
}
