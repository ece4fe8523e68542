// SPDX-License-Identifier: GPL-2.0-or-later
/* Every interrupt that needs no translation: system calls, program, unavailable facilities,
 * decrementer; in both states, 32-bit and little-endian mode where it may matter. Not the
 * privileged doorbell: qemu 7.2 ends when one is due. */
#include "image.h"

struct insn_case {
	const char *name;
	u32 insn;
};

#define SLBIE X(31, 0, 0, 5, 434)
#define SLBIA (X(31, 0, 0, 0, 498) | 3 << 21)

static const u64 states[] = {REAL,	   VIRT,	USER,	    REAL & ~M_SF,
			     USER & ~M_SF, USER | M_LE, REAL | M_LE};
static const char *const state_names[] = {"real",   "virt",   "user",  "real32",
					  "user32", "userle", "realle"};

static void each_state(const char *group, const struct insn_case *cases, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		for (unsigned s = 0; s < sizeof(states) / sizeof(states[0]); s++) {
			/* SRR0 is what begin() gave: it would go round for ever. */
			if (cases[i].insn == RFID && !(states[s] & M_PR))
				continue;
			/* When the segment that it runs in goes is left to the processor. */
			if ((cases[i].insn == SLBIE || cases[i].insn == SLBIA) && states[s] == VIRT)
				continue;
			if (!radix)
				segments_init();
			begin(states[s]);
			in.gpr[3] = 0x7ffffffc; /* no hypercall */
			in.gpr[4] = 0x100;
			in.gpr[5] = DATA;
			emit(cases[i].insn);
			go();
			show("%s %s %s r3=%x", group, cases[i].name, state_names[s], value_of(3));
		}
	}
}

static const struct insn_case calls[] = {
	{"sc0", SC(0)},
	{"sc1", SC(1)},
	{"sc2", SC(2)},
	{"sc127", SC(127)},
};

static const struct insn_case vectored[] = {
	{"scv0", SCV(0)},
	{"scv1", SCV(1)},
	{"scv64", SCV(64)},
	{"scv127", SCV(127)},
};

static const struct insn_case illegal[] = {
	{"zero", 0},
	{"opcode1", 1u << 26},
	{"opcode5", 5u << 26},
	{"opcode6", 6u << 26 | 3},
	{"opcode9", 9u << 26},
	{"opcode22", 22u << 26},
	{"ones", ~0u},
	{"x31-1023", X(31, 0, 0, 0, 1023)},
	{"x19-1023", X(19, 0, 0, 0, 1023)},
	{"x63-1023", X(63, 0, 0, 0, 1023)},
	{"attn", X(0, 0, 0, 0, 256)},
	{"tlbia", X(31, 0, 0, 0, 370)},
	{"mfsr", X(31, 3, 0, 0, 595)},
	{"mfspr0", MFSPR(3, 0)},
	{"mfspr4", MFSPR(3, 4)},
	{"mfspr5", MFSPR(3, 5)},
	{"mfspr6", MFSPR(3, 6)},
	{"mtspr0", MTSPR(0, 4)},
};

static const struct insn_case privileged[] = {
	{"mfmsr", MFMSR(3)},
	{"mtmsr", X(31, 4, 0, 0, 146) | 1 << 16},
	{"mtmsrd", MTMSRD(4, 1)},
	{"rfid", RFID},
	{"hrfid", X(19, 0, 0, 0, 274)},
	{"rfscv", X(19, 0, 0, 0, 82)},
	{"doze", X(19, 0, 0, 0, 402)},
	{"nap", X(19, 0, 0, 0, 434)},
	{"sleep", X(19, 0, 0, 0, 466)},
	{"rvwinkle", X(19, 0, 0, 0, 498)},
	{"slbia", SLBIA},
	{"slbie", SLBIE},
	{"slbmfee", X(31, 3, 0, 4, 915)},
	{"slbmfev", X(31, 3, 0, 4, 851)},
	{"tlbsync", X(31, 0, 0, 0, 566)},
	{"dcbi", X(31, 0, 0, 5, 470)},
	{"lbzcix", X(31, 3, 0, 5, 853)},
	{"ldcix", X(31, 3, 0, 5, 885)},
	{"stbcix", X(31, 4, 0, 5, 981)},
	{"stdcix", X(31, 4, 0, 5, 1013)},
	{"msgsnd", X(31, 0, 0, 4, 206)},
	{"msgclr", X(31, 0, 0, 4, 238)},
	{"msgclrp", X(31, 0, 0, 4, 174)},
	{"mtsprsrr0", MTSPR(26, 4)},
	{"mfsprlpcr", MFSPR(3, 318)},
};

static const struct insn_case traps[] = {
	{"trap", TRAP},		 {"twu", X(31, 31, 4, 5, 4)}, {"tweq-not", X(31, 4, 4, 5, 4)},
	{"tdi", D(2, 31, 4, 7)}, {"twi", D(3, 31, 4, 7)},     {"tdlgt", X(31, 1, 5, 4, 68)},
	{"tdi0", D(2, 0, 4, 7)},
};

/* FPSCR is set to all enables, then 0/0 raises the invalid operation. */
static void test_fp_enabled(void)
{
	static const u64 modes[] = {0, M_FE0, M_FE1, M_FE0 | M_FE1};

	for (unsigned m = 0; m < 4; m++) {
		for (unsigned s = 0; s < 3; s++) {
			begin(states[s] | M_FP | modes[m]);
			emit(X(63, 0, 0, 0, 583) & ~(31u << 11)); /* mffs f0 */
			emit(X(63, 6 << 2, 0, 0, 134));		  /* mtfsfi 6,0 */
			emit(X(63, 7 << 2, 0, 0, 134));		  /* mtfsfi 7,0 */
			emit(X(63, 29, 0, 0, 70));		  /* mtfsb0 29 */
			emit(X(63, 24, 0, 0, 38));		  /* mtfsb1 24: VE */
			emit(X(63, 7, 0, 0, 38));		  /* mtfsb1 7: VXSNAN */
			emit(NOP);
			go();
			show("fp-enabled mtfsb1 mode=%d %s", m, state_names[s]);

			/* Bits become enabled while an exception stands: mtmsrd or rfid takes it.
			 */
			begin(states[s] | M_FP);
			in.gpr[4] = states[s] | M_FP | modes[m];
			emit(X(63, 7, 0, 0, 70));
			emit(X(63, 24, 0, 0, 38));
			emit(X(63, 7, 0, 0, 38));
			if (s < 2)
				emit(MTMSRD(4, 0));
			emit(NOP);
			go();
			show("fp-enabled mtmsrd mode=%d %s", m, state_names[s]);
			begin(REAL | M_FP);
			emit(X(63, 7, 0, 0, 70));
			emit(X(63, 24, 0, 0, 70));
			go();
		}
	}
}

static void test_decrementer(void)
{
	/* Pending before it is enabled; the instruction after mtmsrd has not run. */
	begin(REAL);
	in.gpr[4] = ~0ull;
	in.gpr[6] = REAL | M_EE | M_RI;
	emit(MTSPR(SPR_DEC, 4));
	emit(MTMSRD(6, 0));
	emit(D(14, 3, 0, 1));
	go();
	show("decrementer mtmsrd r3=%x", value_of(3));

	begin(REAL | M_EE | M_RI);
	in.gpr[4] = ~0ull;
	emit(MTSPR(SPR_DEC, 4));
	emit(0x48000000); /* b . */
	go();
	show("decrementer running");

	/* It runs out while the processor waits. */
	begin(REAL | M_EE | M_RI);
	in.gpr[4] = 20000;
	emit(MTSPR(SPR_DEC, 4));
	emit(MFSPR(5, SPR_DEC));
	emit(0x48000000);
	go();
	show("decrementer expiring");

	begin(USER);
	emit(MTSPR(SPR_DEC, 4));
	go();
	show("decrementer user");

	begin(REAL | M_EE | M_RI);
	in.gpr[4] = 0x7fffffff;
	emit(MTSPR(SPR_DEC, 4));
	emit(NOP);
	go();
	show("decrementer none");
	/* The sign of 32 bits does not count when it is larger. */
	begin(REAL | M_EE | M_RI);
	in.gpr[4] = 0x80000000;
	emit(MTSPR(SPR_DEC, 4));
	emit(NOP);
	go();
	show("decrementer bit31");
}

enum { H_CPPR = 0x68, H_IPI = 0x6c, H_IPOLL = 0x70, H_XIRR = 0x74, H_EOI = 0x64, H_CEDE = 0xe0 };

/* An interprocessor interrupt to itself through the presentation hypercalls; H_CEDE ended by the
 * decrementer and by the interrupt. */
void test_external(void)
{
	u64 args[9] = {0};
	u64 r;

	say("external xirr-none | r=%x", hcall(H_XIRR, args));
	say(" xirr=%x\n", args[0]);
	say("external cppr | r=%x\n", call(H_CPPR, 0xff, 0, 0, 0));
	say("external ipi | r=%x\n", call(H_IPI, 0, 5, 0, 0));
	args[0] = 0;
	r = hcall(H_IPOLL, args);
	say("external ipoll | r=%x xirr=%x mfrr=%x\n", r, args[0], args[1]);
	for (unsigned ee = 0; ee < 2; ee++) {
		begin(VIRT | M_RI | (ee ? M_EE : 0));
		emit(NOP);
		go();
		show("external ee=%d", ee);
	}
	begin(REAL);
	in.gpr[3] = H_CEDE;
	emit(SC(1));
	go();
	show("external cede r3=%x", value_of(3));
	r = hcall(H_XIRR, args);
	say("external xirr | r=%x xirr=%x\n", r, args[0]);
	begin(REAL | M_EE);
	emit(NOP);
	go();
	show("external accepted");
	say("external ipi-clear | r=%x\n", call(H_IPI, 0, 0xff, 0, 0));
	say("external eoi | r=%x\n", call(H_EOI, args[0], 0, 0, 0));
	r = hcall(H_XIRR, args);
	say("external xirr-after | r=%x xirr=%x\n", r, args[0]);
	say("external eoi-bad | r=%x\n", call(H_EOI, 0xff123456, 0, 0, 0));
	say("external cppr-zero | r=%x\n", call(H_CPPR, 0, 0, 0, 0));

	begin(REAL | M_RI);
	in.gpr[3] = H_CEDE;
	in.gpr[4] = 20000;
	emit(MTSPR(SPR_DEC, 4));
	emit(SC(1));
	emit(NOP);
	go();
	show("cede decrementer r3=%x", value_of(3));
}

void test_interrupts(void)
{
	each_state("call", calls, 4);
	for (unsigned open = 0; open < 2; open++) {
		mtspr(SPR_FSCR, open << 12);
		each_state(open ? "scv-open" : "scv", vectored, 4);
		say("scv fscr | fscr=%x\n", mfspr(SPR_FSCR));
		/* With the bits that scv keeps. */
		begin(REAL | M_RI | M_FP | M_FE0);
		in.cr = 0x12345678;
		emit(SCV(3));
		go();
		show("scv state lr=%x ctr=%x cr=%x", out.lr, out.ctr, out.cr);
		/* rfscv returns to LR with CTR as MSR. */
		begin(REAL);
		in.lr = CODE + 8;
		in.ctr = VIRT | M_RI;
		emit(X(19, 0, 0, 0, 82));
		emit(0);
		go();
		show("scv rfscv");
	}
	mtspr(SPR_FSCR, 0);
	each_state("illegal", illegal, sizeof(illegal) / sizeof(illegal[0]));
	each_state("privileged", privileged, sizeof(privileged) / sizeof(privileged[0]));
	if (!radix)
		segments_init();
	each_state("trap", traps, sizeof(traps) / sizeof(traps[0]));
	test_fp_enabled();
	test_decrementer();
}
