// SPDX-License-Identifier: GPL-2.0-or-later
/* Which bits of the MSR rfid, mtmsrd and mtmsr set and clear, from several starting values. The
 * bits of transactional memory are left out: qemu has it, our models do not (tests of their own).
 */
#include "image.h"

static const u64 bases[] = {
	REAL,
	VIRT | M_RI | M_FP | M_VEC | M_VSX | M_EE | M_FE0 | M_FE1,
};

static bool skipped(unsigned bit)
{
	return (1ull << bit & M_TM_BITS) || 1ull << bit == M_HV;
}

static void by_rfid(unsigned base, unsigned bit)
{
	begin(bases[base] ^ 1ull << bit);
	emit(NOP);
	go();
	show("msr rfid base=%d bit=%d", base, bit);
}

/* The instruction is followed by one that tells what became of the MSR. */
static void by_move(const char *name, u32 insn, u64 from, u64 to, unsigned base, unsigned bit)
{
	begin(from);
	in.gpr[4] = to;
	emit(insn);
	emit(MFMSR(5));
	go();
	show("msr %s base=%d bit=%d r5=%x", name, base, bit, value_of(5));
}

void test_msr(void)
{
	for (unsigned base = 0; base < 2; base++) {
		for (unsigned bit = 0; bit < 64; bit++) {
			u64 to = bases[base] ^ 1ull << bit;

			if (skipped(bit))
				continue;
			by_rfid(base, bit);
			by_move("mtmsrd0", MTMSRD(4, 0), bases[base], to, base, bit);
			by_move("mtmsrd1", MTMSRD(4, 1), bases[base], to, base, bit);
			by_move("mtmsr0", MTMSR(4, 0), bases[base], to, base, bit);
			by_move("mtmsr1", MTMSR(4, 1), bases[base], to, base, bit);
		}
		by_move("mtmsrd0-all", MTMSRD(4, 0), bases[base], ~(M_TM_BITS | M_PR | M_SE | M_BE),
			base, 64);
		by_move("mtmsrd0-none", MTMSRD(4, 0), bases[base], 0, base, 64);
		by_move("mtmsr0-none", MTMSR(4, 0), bases[base], 0, base, 64);
		by_move("mtmsr0-pr", MTMSR(4, 0), bases[base], M_PR, base, 64);
	}
}
