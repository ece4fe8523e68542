// SPDX-License-Identifier: GPL-2.0-or-later
/* SLB management and tlbie: what each form does, with good and bad operands, in both states. The
 * processor runs in real mode meanwhile; paging.c's segments come back at the end. */
#include "image.h"

#define SLBMTE(s, b)  X(31, s, 0, b, 402)
#define SLBMFEE(t, b) X(31, t, 0, b, 915)
#define SLBMFEV(t, b) X(31, t, 0, b, 851)
#define SLBFEE(t, b)  (X(31, t, 0, b, 979) | 1)
#define SLBIE(b)      X(31, 0, 0, b, 434)
#define SLBIA(ih)     X(31, ih, 0, 0, 498)
#define SLBIEG(s, b)  X(31, s, 0, b, 466)
#define SLBSYNC	      X(31, 0, 0, 0, 338)
#define TLBSYNC	      X(31, 0, 0, 0, 566)
#define V	      (1ull << 27)

static void dump(const char *what)
{
	for (u64 i = 0; i < 34; i++) {
		begin(REAL);
		in.gpr[4] = i;
		emit(SLBMFEE(5, 4));
		emit(SLBMFEV(6, 4));
		go();
		if (!ended())
			show("slb %s entry=%d", what, (unsigned)i);
		else if (value_of(5) | value_of(6))
			say("slb %s entry=%d | e=%x v=%x\n", what, (unsigned)i, value_of(5),
			    value_of(6));
	}
}

static void one(const char *what, unsigned n, u32 insn, u64 rs, u64 rb)
{
	begin(REAL);
	in.gpr[3] = rs;
	in.gpr[4] = rb;
	in.cr = 0xffffffff;
	emit(insn);
	go();
	show("%s case=%d cr=%x r3=%x", what, n, out.cr, value_of(3));
}

static void fill(void)
{
	asm volatile("slbia" : : : "memory");
	for (u64 i = 1; i < 8; i++)
		asm volatile("slbmte %0, %1"
			     :
			     : "r"((0x1000 + i) << 12 | (i & 1 ? 0x80 : 0)), "r"(i << 28 | V | i));
}

static void written(void)
{
	static const struct {
		u64 rs, rb;
	} cases[] = {
		{~0ull, ~0ull},
		{0, 0},
		{0, V},
		{~0ull, 0xfffffffff0000000 | V | 3},
		{0x0fffffffffffffff, 0xfffffffff0000000 | V | 3},
		{0x3ffffffffffff000, 0x10000000 | V | 5},
		{0x4000000000001fff, 0x0000010000000000 | V | 6},
		{0x4000000001001500, 0x0000010010000000 | V | 6},
		{0xc000000000001000, 0x20000000 | V | 7},
		{0x0000000000001f70, 0x20000000 | V | 7},
		{0x0000000000001110, 0x20000000 | V | 7},
		{0x0000000000001120, 0x20000000 | V | 7},
		{0x0000000000001130, 0x20000000 | V | 7},
		{0x0000000000001100, 0x20000000 | V | 31},
		{0x0000000000001100, 0x20000000 | V | 32},
		{0x0000000000001100, 0x20000000 | V | 0x1ff},
		{0x0000000000001000, 0x20000000 | V | 0x207},
		{0x0000000000001000, 0x20000000 | 7},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[] = "written-a";

		asm volatile("slbia" : : : "memory");
		asm volatile("slbmte %0, %1" : : "r"(0ull), "r"(0ull));
		one("slbmte", i, SLBMTE(3, 4), cases[i].rs, cases[i].rb);
		name[8] = (char)('a' + i);
		dump(name);
	}
}

static void read_back(void)
{
	static const u64 indexes[] = {0, 1, 31, 32, 63, 64, 0xfff, 0x1001, ~0ull};

	fill();
	for (unsigned i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
		one("slbmfee", i, SLBMFEE(3, 4), 0x77, indexes[i]);
		one("slbmfev", i, SLBMFEV(3, 4), 0x77, indexes[i]);
	}
	one("slbmfee-l", 0, SLBMFEE(3, 4) | 1 << 16, 0x77, 2);
}

static void found(void)
{
	static const u64 eas[] = {0x10000000, 0x1fffffff,	  0x20000000,  0x0,
				  0x90000000, 0x4000000010000000, 0x1010000000};

	fill();
	for (unsigned i = 0; i < sizeof(eas) / sizeof(eas[0]); i++) {
		one("slbfee", i, SLBFEE(3, 4), 0x77, eas[i]);
		begin(REAL);
		in.xer = 0x80000000; /* SO goes to CR0 */
		in.gpr[4] = eas[i];
		emit(SLBFEE(3, 4));
		go();
		show("slbfee-so case=%d cr=%x", i, out.cr);
	}
}

static void invalidated(void)
{
	static const u64 operands[] = {
		0x10000000,	    0x10000000 | V,	  0x20000000,
		0x1fffffff,	    0x90000000,		  0x30000000 | 1ull << 27,
		0x4000000010000000, 0x10000000 | 1 << 25, 0x30000000 | 1 << 25,
	};

	for (unsigned i = 0; i < sizeof(operands) / sizeof(operands[0]); i++) {
		char name[] = "slbie-a";

		fill();
		one("slbie", i, SLBIE(4), 0, operands[i]);
		name[6] = (char)('a' + i);
		dump(name);
	}
	for (unsigned ih = 0; ih < 8; ih++) {
		char name[] = "slbia-a";

		fill();
		asm volatile("slbmte %0, %1" : : "r"(0x2000ull << 12 | 0x80), "r"(9ull << 28 | V));
		one("slbia", ih, SLBIA(ih), 0, 0);
		name[6] = (char)('a' + ih);
		dump(name);
	}
	fill();
	one("slbieg", 0, SLBIEG(3, 4), mfspr(SPR_PIDR) << 32, 0x10000000);
	dump("slbieg");
	one("slbsync", 0, SLBSYNC, 0, 0);
}

/* Entries decide about the next access, without any barrier but rfid. */
static void used(void)
{
	segments_init();
	begin(USER);
	in.gpr[4] = 0x20500000;
	emit(D(32, 6, 4, 0));
	go();
	show("segment before");
	asm volatile("slbmte %0, %1" : : "r"(0x100ull << 12 | 0x500), "r"(0x20000000 | V | 9));
	begin(USER);
	in.gpr[4] = 0x20500000;
	emit(D(32, 6, 4, 0));
	go();
	show("segment with");
	asm volatile("slbie %0" : : "r"(0x20000000ull));
	begin(USER);
	in.gpr[4] = 0x20500000;
	emit(D(32, 6, 4, 0));
	go();
	show("segment after");
	/* No execution in the segment. */
	asm volatile("slbmte %0, %1" : : "r"(0x100ull << 12 | 0x700), "r"(0x20000000 | V | 9));
	begin(USER);
	emit(NOP);
	in.pc = 0x20400000;
	go();
	show("segment noexec");
	/* Key of the state: PP 0 with Ks. */
	asm volatile("slbie %0" : : "r"(MAP_EA(0)));
	asm volatile("slbmte %0, %1" : : "r"(0x200ull << 12 | 0x800), "r"(MAP_EA(0) | V | 3));
	for (unsigned kind = MAP_RW; kind < MAP_COUNT; kind++) {
		for (unsigned user = 0; user < 2; user++) {
			begin(user ? USER : VIRT);
			in.gpr[4] = MAP_EA(kind);
			emit(D(32, 6, 4, 0));
			emit(D(36, 6, 4, 0));
			go();
			show("segment ks kind=%d user=%d", kind, user);
		}
	}
	segments_init();
}

void test_slb(void)
{
	written();
	read_back();
	found();
	invalidated();
	if (!radix)
		used();
}

/* tlbie RB,RS,RIC,PRS,R; tlbiel the same */
#define TLB(xo, ric, prs, r) (X(31, 3, 0, 4, xo) | (ric) << 18 | (prs) << 17 | (r) << 16)

void test_tlbie(void)
{
	static const struct {
		const char *name;
		u32 xo;
	} forms[] = {{"tlbie", 306}, {"tlbiel", 274}};

	for (unsigned f = 0; f < 2; f++) {
		for (unsigned bits = 0; bits < 16; bits++) {
			for (unsigned is = 0; is < 4; is++) {
				for (unsigned user = 0; user < 2; user++) {
					begin(user ? USER : REAL);
					in.gpr[3] = 1ull << 32;
					in.gpr[4] = (is ? 0 : 0x10000000ull) | is << 10;
					emit(TLB(forms[f].xo, bits >> 2, bits >> 1 & 1, bits & 1));
					go();
					show("%s ric=%d prs=%d r=%d is=%d user=%d", forms[f].name,
					     bits >> 2, bits >> 1 & 1, bits & 1, is, user);
				}
			}
		}
	}
	one("tlbsync", 0, TLBSYNC, 0, 0);
}
