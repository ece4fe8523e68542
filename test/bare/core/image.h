/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bare-metal program that tests what an embedded core adds to the user's instructions: its TLB,
 * its interrupts and its timers. main.c has what 440 and e500 share, core_*.c the rest, start.S
 * the vectors and the instructions that are meant to fail.
 */
#ifndef IMAGE_H
#define IMAGE_H

typedef unsigned int u32;
typedef unsigned char u8;

/* Numbers of IVORs. */
enum {
	V_CRITICAL,
	V_MCHECK,
	V_DSI,
	V_ISI,
	V_EXTERNAL,
	V_ALIGN,
	V_PROGRAM,
	V_FP,
	V_SC,
	V_AP,
	V_DEC,
	V_FIT,
	V_WATCHDOG,
	V_DTLB,
	V_ITLB,
	V_DEBUG,
	VECTORS,
};

enum {
	SRR0 = 26,
	SRR1 = 27,
	PID = 48,
	DECAR = 54,
	CSRR0 = 58,
	CSRR1 = 59,
	DEAR = 61,
	ESR = 62,
	IVPR = 63,
	SPRG0 = 272,
	DBCR0 = 308,
	TSR = 336,
	TCR = 340,
	IVOR0 = 400,
	MCSRR0 = 570,
	MCSR = 572,
};

enum {
	MSR_CE = 0x20000,
	MSR_EE = 0x8000,
	MSR_PR = 0x4000,
	MSR_ME = 0x1000,
	MSR_IS = 0x20,
	MSR_DS = 0x10,
};

enum { ESR_PIL = 0x08000000, ESR_PPR = 0x04000000, ESR_PTR = 0x02000000, ESR_ST = 0x00800000 };

#define mfspr(n)                                                                                   \
	({                                                                                         \
		u32 v_;                                                                            \
		asm volatile("mfspr %0, %1" : "=r"(v_) : "i"(n) : "memory");                       \
		v_;                                                                                \
	})
#define mtspr(n, v) asm volatile("mtspr %0, %1; isync" ::"i"(n), "r"((u32)(v)) : "memory")

/* Page sizes are 1K times 4 to this power, on both cores. */
enum { PAGE_4K = 1, PAGE_16K, PAGE_64K, PAGE_1M = 5, PAGE_256M = 9 };
/* Rights as the 440 numbers them, and attributes. */
enum { SR = 1, SW = 2, SX = 4, UR = 8, UW = 16, UX = 32, ALL = 63, REVERSED = 64, DEVICE = 128 };

struct mapping {
	u32 ea, ra, size, rights, tid, ts;
};

/* --- core_440.c, core_e500.c --- */
extern const char core_name[];
extern const u32 core_uart, core_fit_period, core_watchdog_period;
/* Entries that are written by number: 0 to 7 stay free for the tests. */
enum { ENTRY_RAM = 15, ENTRY_UART = 14, ENTRY_OTHER_SPACE = 13, ENTRIES = 16 };
void tlb_write(u32 entry, const struct mapping *m);
void tlb_clear(u32 entry);
/* Drop all of address space 0. */
void tlb_clear_space0(void);
/* In a miss handler: map the page of ea to ra for the current process. */
void tlb_serve(u32 ea, u32 ra, u32 rights);
/* Undo what tlb_serve() did. */
void tlb_unserve(u32 ea);
/* Entry that translates ea for this process, or -1. */
int tlb_search(u32 ea, u32 pid);
void core_miss_state(void);
void core_tests(void);

/* --- main.c --- */
struct seen {
	u32 vector, srr0, srr1, esr, dear, msr, extra[3];
};
extern struct seen seen;
extern u32 traps;
void print(const char *s);
void expect(const char *what, u32 is, u32 should);
/* The last interrupt. */
void expect_trap(const char *what, u32 vector, const void *srr0, u32 esr);
void say(const char *what);
u32 scratch(u32 page);

/* --- start.S --- */
struct frame {
	u32 r0, r[10], cr, lr, ctr, xer;
};
u32 get_msr(void);
void set_msr(u32 msr);
u32 run_user(const void *f, u32 a, u32 b);
extern u8 vectors[], user_exit_sc[], user_back[];
enum { USER_EXIT = 0x7e57 };
u32 do_lwz(u32 ea), do_lbz(u32 ea), do_lwarx(u32 ea), do_lmw(u32 ea), do_call(u32 ea);
void do_stw(u32 ea, u32 v), do_stwcx(u32 ea, u32 v), do_dcbz(u32 ea), do_illegal(void);
void do_trap(void), do_mfmsr(void), do_mtspr(void), do_rfi(void), do_tlb(void), do_sc(void);
void do_lfd(u32 ea);
extern const u32 code_7[2], code_9[2];
void flush_code(u32 ea);

#endif
