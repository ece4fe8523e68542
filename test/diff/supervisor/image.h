/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The supervisor test's image: what its files share. Runs big-endian, in real mode, HV = 0. */
#ifndef SUPERVISOR_IMAGE_H
#define SUPERVISOR_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

struct regs {
	u64 gpr[32];
	u64 cr, lr, ctr, xer, pc, msr, dar, dsisr;
	u64 hmsr; /* MSR in the handler */
	u64 vec;  /* address of the vector taken; bit 0: entered little-endian */
};

/* MSR */
#define M_SF	  (1ull << 63)
#define M_HV	  (1ull << 60)
#define M_VEC	  (1ull << 25)
#define M_VSX	  (1ull << 23)
#define M_EE	  0x8000ull
#define M_PR	  0x4000ull
#define M_FP	  0x2000ull
#define M_ME	  0x1000ull
#define M_FE0	  0x800ull
#define M_SE	  0x400ull
#define M_BE	  0x200ull
#define M_FE1	  0x100ull
#define M_IR	  0x20ull
#define M_DR	  0x10ull
#define M_RI	  2ull
#define M_LE	  1ull
#define M_TM_BITS (7ull << 32)

#define REAL (M_SF | M_ME)
#define VIRT (REAL | M_IR | M_DR)
#define USER (VIRT | M_EE | M_PR)

/* Instructions, with their usual operand order. */
#define X(op, t, a, b, xo) ((u32)(op) << 26 | (t) << 21 | (a) << 16 | (b) << 11 | (xo) << 1)
#define D(op, t, a, d)	   ((u32)(op) << 26 | (t) << 21 | (a) << 16 | ((d)&0xffff))
#define MFSPR(t, n)	   X(31, t, (n)&31, (n) >> 5, 339)
#define MTSPR(n, t)	   X(31, t, (n)&31, (n) >> 5, 467)
#define NOP		   0x60000000
#define TRAP		   0x7fe00008
#define RFID		   X(19, 0, 0, 0, 18)
#define MFMSR(t)	   X(31, t, 0, 0, 83)
#define MTMSRD(s, l)	   X(31, s, l, 0, 178)
#define MTMSR(s, l)	   X(31, s, l, 0, 146)
#define ISYNC		   X(19, 0, 0, 0, 150)
#define MFCR(t)		   X(31, t, 0, 0, 19)
#define SC(lev)		   (0x44000002 | (lev) << 5)
#define SCV(lev)	   (0x44000001 | (lev) << 5)

#define mfspr(n)                                                                                   \
	({                                                                                         \
		u64 v_;                                                                            \
		asm volatile("mfspr %0, %1" : "=r"(v_) : "i"(n) : "memory");                       \
		v_;                                                                                \
	})
#define mtspr(n, v) asm volatile("mtspr %0, %1" : : "i"(n), "r"((u64)(v)) : "memory")

enum { SPR_DEC = 22, SPR_PIDR = 48, SPR_FSCR = 153, SPR_PVR = 287, SPR_MMCR0 = 795 };

void run(const struct regs *in);
u64 hcall(u64 nr, u64 *args);

/* console.c */
void console_init(const void *fdt);
void say(const char *format, ...); /* %s, %d, %x (u64 hexadecimal), %c */
void power_off(void);
u64 call(u64 nr, u64 a, u64 b, u64 c, u64 d); /* a hypercall, its return code */
u32 fdt_cell(const void *fdt, const char *name, unsigned index, u32 otherwise);
extern bool power9, radix;
extern unsigned hpt_shift;

/* probe.c: one piece of code run to its first interrupt */
extern struct regs in;	/* what it starts with */
extern struct regs out; /* what the interrupt found */
void probe_init(void);
void begin(u64 msr); /* a new piece of code; registers get known values */
void emit(u32 insn);
void go(void);			 /* appends a trap and runs */
bool ended(void);		 /* in the appended trap */
void show(const char *key, ...); /* say(key), then everything the interrupt delivered */
void show_short(void);		 /* vector and SRR0, SRR1 */
u64 value_of(unsigned gpr);

/* paging.c */
void paging_init(void);
/* Maps 4 KiB at ea to the page with index, in the MMU under test. how: see enum map. */
enum map {
	MAP_NONE,
	MAP_RW,	    /* both states */
	MAP_RO,	    /* both states read */
	MAP_KERNEL, /* supervisor only */
	MAP_NOEXEC,
	MAP_GUARDED, /* no fetch, caching inhibited */
	MAP_NO_R,    /* reference bit clear (radix) */
	MAP_NO_C,    /* change bit clear, writable (radix) */
	MAP_KEY,     /* hash: key 5 */
	MAP_KERNEL_RO,
	MAP_COUNT
};
#define MAP_EA(how) (0x10000000ull + (u64)(how)*0x10000)
void segments_init(void);

void test_spr(void);
void test_msr(void);
void test_interrupts(void);
void test_external(void);
void test_facilities(void);
void test_alignment(void);
void test_trace(void);
void test_storage(void);
void test_slb(void);
void test_hpt(void);
void test_radix(void);
void test_tlbie(void);
void test_location(void);
void test_hcalls(void);

#endif
