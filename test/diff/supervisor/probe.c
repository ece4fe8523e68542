// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes: a few instructions run with a given register set until the first interrupt, which may be
 * the trap appended to them. Every vector of the architecture, real and relocated, big- and
 * little-endian, leads to the one handler that saves all registers and returns here.
 */
#include "image.h"

extern u32 handler[], handler_end[];

struct regs in, out;
static u32 *next;

static u64 vectors[512];
static unsigned nr_vectors;

static const u16 offsets[] = {
	0x200, 0x300, 0x380, 0x400, 0x480, 0x500, 0x600, 0x700, 0x800, 0x900, 0x980, 0xa00, 0xb00,
	0xc00, 0xd00, 0xe00, 0xe20, 0xe40, 0xe60, 0xe80, 0xea0, 0xf00, 0xf20, 0xf40, 0xf60, 0xf80,
};

static void code_written(u64 from, u64 to)
{
	for (u64 p = from & ~63ull; p < to; p += 64)
		asm volatile("dcbst 0, %0; sync; icbi 0, %0" : : "r"(p) : "memory");
	asm volatile("sync; isync" : : : "memory");
}

/* A branch at from to the place to. */
static u32 branch(u64 from, u64 to)
{
	return 0x48000000 | (u32)((to - from) & 0x3fffffc);
}

/* The vector's words: tdi 0,0,72 does nothing in big-endian and is b .+8 in little-endian. */
static void add_vector(u64 ea)
{
	u64 place = ea & 0xfffffff;
	u32 *v = (u32 *)place;
	unsigned n = nr_vectors++;

	vectors[n] = ea;
	v[0] = 0x08000048;
	v[1] = branch(place + 4, STUBS_BE + 12 * n);
	v[2] = __builtin_bswap32(branch(place + 8, STUBS_LE + 12 * n));
}

static void add_stubs(u64 base, bool swap)
{
	u32 *p = (u32 *)base;
	u32 *common = p + 3 * nr_vectors;

	for (unsigned n = 0; n < nr_vectors; n++, p += 3) {
		p[0] = MTSPR(272, 1);
		p[1] = D(14, 1, 0, n);
		p[2] = branch((u64)&p[2], (u64)common);
	}
	for (u32 *h = handler; h < handler_end; h++)
		*p++ = *h;
	for (u32 *q = (u32 *)base; swap && q < p; q++)
		*q = __builtin_bswap32(*q);
}

void probe_init(void)
{
	for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		add_vector(offsets[i]);
		add_vector(0x18000 + offsets[i]);
		add_vector(0xc000000000004000 + offsets[i]);
	}
	for (unsigned lev = 0; lev < 128; lev++) {
		add_vector(0x17000 + 32 * lev);
		add_vector(0xc000000000003000 + 32 * lev);
	}
	add_stubs(STUBS_BE, false);
	add_stubs(STUBS_LE, true);
	code_written(0x200, SAVED);
	code_written(0x17000, 0x19000);
}

void emit(u32 insn)
{
	*next++ = in.msr & M_LE ? __builtin_bswap32(insn) : insn;
}

void begin(u64 msr)
{
	for (unsigned i = 0; i < 32; i++)
		in.gpr[i] = 0x0123000000000000 | i << 8 | i;
	in.cr = 0;
	in.lr = CODE + 0x800;
	in.ctr = CODE + 0x900;
	in.xer = 0;
	in.pc = CODE;
	in.msr = msr;
	in.dar = 0xdadadadadadadad0;
	in.dsisr = 0x15151510;
	next = (u32 *)(CODE + 0x800);
	emit(TRAP);
	next = (u32 *)(CODE + 0x900);
	emit(TRAP);
	code_written(CODE + 0x800, CODE + 0x940);
	next = (u32 *)CODE;
}

void go(void)
{
	u64 *from = (u64 *)SAVED, *to = (u64 *)&out;
	bool swap;

	emit(TRAP);
	code_written(CODE, (u64)next);
	mtspr(SPR_DEC, 0x7fffffff);
	run(&in);
	swap = from[R_VEC / 8] > 0xffff;
	for (unsigned i = 0; i < R_SIZE / 8; i++)
		to[i] = swap ? __builtin_bswap64(from[i]) : from[i];
	out.vec = vectors[out.vec] | swap;
}

bool ended(void)
{
	return (out.vec & 0xfffe) == 0x700 && (out.msr & 0x20000) && out.pc == (u64)(next - 1);
}

void show_short(void)
{
	say("!%x:%x:%x", out.vec, out.pc, out.msr);
}

u64 value_of(unsigned gpr)
{
	return out.gpr[gpr];
}
