// SPDX-License-Identifier: GPL-2.0-or-later
/* H_SET_MODE: where interrupts arrive and in which byte order, and the hypercalls' return codes for
 * bad arguments. */
#include "image.h"

enum { H_REMOVE = 0x04, H_PROTECT = 0x18, H_SET_MODE = 0x31c, MODE_AIL = 3, MODE_LE = 4 };

static void interrupts(const char *mode)
{
	static const struct {
		const char *name;
		u32 insn;
	} insns[] = {
		{"trap", TRAP},
		{"sc", SC(0)},
		{"scv", SCV(5)},
		{"fp", D(50, 1, 4, 0)},
		{"load", D(32, 3, 7, 0)},
		{"illegal", 0},
		{"vsx", X(31, 1, 0, 4, 844)},
		{"align", X(31, 6, 0, 6, 20)},
	};
	static const u64 states[] = {REAL, VIRT,	REAL | M_IR,	    REAL | M_DR,
				     USER, USER | M_LE, VIRT | M_RI | M_FE0};
	static const char *const names[] = {"real", "virt", "ir", "dr", "user", "userle", "more"};

	for (unsigned i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
		for (unsigned s = 0; s < sizeof(states) / sizeof(states[0]); s++) {
			begin(states[s]);
			in.gpr[4] = DATA;
			in.gpr[6] = DATA + 1;
			in.gpr[7] = states[s] & M_DR ? 0x30000000 : DATA;
			emit(insns[i].insn);
			go();
			show("location %s %s %s", mode, insns[i].name, names[s]);
		}
	}
	begin(VIRT | M_EE);
	in.gpr[4] = ~0ull;
	emit(MTSPR(SPR_DEC, 4));
	emit(0x48000000); /* b . */
	go();
	show("location %s decrementer", mode);
}

static u64 set(u64 resource, u64 flags)
{
	return call(H_SET_MODE, flags, resource, 0, 0);
}

void test_location(void)
{
	static const char *const modes[] = {"ail0",    "ail1",	  "ail2",    "ail3",
					    "ail0-le", "ail1-le", "ail2-le", "ail3-le"};

	mtspr(SPR_FSCR, 1 << 12);
	for (unsigned i = 0; i < 8; i++) {
		u64 r = set(MODE_AIL, i & 3), l = set(MODE_LE, i >> 2);

		say("set-mode ail=%d le=%d | ail=%x le=%x\n", i & 3, i >> 2, r, l);
		/* AIL 2 went away with POWER9's ISA. */
		if (!r && (i & 3) != 2)
			interrupts(modes[i]);
	}
	set(MODE_AIL, 0);
	set(MODE_LE, 0);
	mtspr(SPR_FSCR, 0);
}

struct bad_call {
	const char *name;
	u16 nr;
	u64 args[4];
};

static const struct bad_call bad[] = {
	{"none", 2, {0}},
	{"odd", 0x31d, {0}},
	{"high", 0xfffc, {0}},
	{"set-mode resource", H_SET_MODE, {0, 9, 0, 0}},
	{"set-mode resource0", H_SET_MODE, {0, 0, 0, 0}},
	{"set-mode le value1", H_SET_MODE, {1, 4, 1, 0}},
	{"set-mode le value2", H_SET_MODE, {1, 4, 0, 1}},
	{"set-mode le flags", H_SET_MODE, {2, 4, 0, 0}},
	{"set-mode ail value1", H_SET_MODE, {3, 3, 1, 0}},
	{"set-mode ail value2", H_SET_MODE, {3, 3, 0, 1}},
	{"set-mode ail flags", H_SET_MODE, {4, 3, 0, 0}},
	{"set-mode ail one", H_SET_MODE, {1, 3, 0, 0}},
	{"enter index", 0x08, {0, ~0ull, 1, 0}},
	{"enter page", 0x08, {0, 0, 1, 0xf000000000000000}},
	{"enter encoding", 0x08, {0, 0, 5, 0x5012}},
	{"enter wimg", 0x08, {0, 0, 1, 0x500000 | 0x2a}},
	{"remove index", 0x04, {0, ~0ull, 0, 0}},
	{"remove empty", 0x04, {0, 7, 0, 0}},
	{"read index", 0x0c, {0, ~0ull, 0, 0}},
	{"protect index", 0x18, {0, ~0ull, 0, 0}},
	{"protect empty", 0x18, {0, 7, 0, 0}},
	{"remove avpn", 0x04, {1ull << 31, 7, 0x80, 0}},
	{"remove andcond", 0x04, {1ull << 30, 7, 1, 0}},
	{"vpa subfunction", 0xdc, {0, 0, 0, 0}},
	{"vpa cpu", 0xdc, {1ull << 45, 77, 0x500000, 0}},
	{"vpa alignment", 0xdc, {1ull << 45, 0, 0x500008, 0}},
	{"vpa slb first", 0xdc, {3ull << 45, 0, 0x500000, 0}},
	{"vpa dtl first", 0xdc, {2ull << 45, 0, 0x500000, 0}},
	{"prod cpu", 0xe8, {77, 0, 0, 0}},
	{"prod self", 0xe8, {0, 0, 0, 0}},
	{"confer cpu", 0xe4, {77, 0, 0, 0}},
	{"get-term bad", 0x54, {0x12345, 0, 0, 0}},
	{"put-term bad", 0x58, {0x12345, 1, 0, 0}},
	{"put-term length", 0x58, {0x71000000, 17, 0, 0}},
	{"logical-load size", 0x3c, {3, 0x500000, 0, 0}},
	{"logical-load", 0x3c, {4, 0x500000, 0, 0}},
	{"logical-store size", 0x40, {16, 0x500000, 0, 0}},
	{"logical-icbi", 0x4c, {0x500000, 0, 0, 0}},
	{"page-init flags", 0x2c, {1, 0x500000, 0x501000, 0}},
	{"page-init align", 0x2c, {1 << 15, 0x500001, 0, 0}},
	{"page-init range", 0x2c, {1 << 15, 0x0fffffffffff000, 0, 0}},
	{"page-init zero", 0x2c, {1 << 15, 0x500000, 0, 0}},
	{"page-init copy", 0x2c, {1 << 14, 0x500000, 0x501000, 0}},
	{"page-init source", 0x2c, {1 << 14, 0x500000, 0x0fffffffffff000, 0}},
	{"proc-tbl flags", 0x37c, {0x20, 0, 0, 0}},
	{"proc-tbl align", 0x37c, {0x1d, 0x100, 0, 0}},
	{"proc-tbl page", 0x37c, {0x1d, 0x620000, 1, 0}},
	{"proc-tbl size", 0x37c, {0x1d, 0x620000, 0, 25}},
	{"sprg0", 0x24, {0x1234, 0, 0, 0}},
	{"set-dabr", 0x28, {0, 0, 0, 0}},
	{"set-xdabr none", 0x134, {0, 0, 0, 0}},
	{"set-xdabr hyp", 0x134, {0, 4, 0, 0}},
	{"rtas token", 0xf000, {0x500000, 0, 0, 0}},
	{"sys-reset", 0x380, {99, 0, 0, 0}},
	{"home-node flags", 0x2ec, {0, 0, 0, 0}},
	{"home-node cpu", 0x2ec, {1, 77, 0, 0}},
	{"xirr-x", 0x2fc, {0, 0, 0, 0}},
	{"ipi cpu", 0x6c, {77, 0, 0, 0}},
	{"ipoll cpu", 0x70, {77, 0, 0, 0}},
};

void test_hcalls(void)
{
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct bad_call *b = &bad[i];

		/* qemu 7.2 ends when there is no hashed page table. */
		if (radix && b->nr >= H_REMOVE && b->nr <= H_PROTECT)
			continue;
		say("hcall %s | r=%x\n", b->name,
		    call(b->nr, b->args[0], b->args[1], b->args[2], b->args[3]));
	}
	say("hcall sprg0 value | sprg0=%x\n", mfspr(272));
}
