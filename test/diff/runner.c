// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs cases on a PowerPC (qemu-user or a real one): runner CASES RESULTS. Built with Debian's
 * cross compilers, for both byte orders. The code under test stands between a prologue and an
 * epilogue in a writable and executable page; r13 points to the state throughout.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "case.h"

void diff_enter(struct diff_state *s, void *code);
void diff_exit(void);

#define STR2(x) #x
#define STR(x)	STR2(x)

/* Offsets in struct diff_state; asserted in main(). */
#define CR     256
#define XER    264
#define LR     272
#define CTR    280
#define FPSCR  288
#define VSCR   296
#define VRSAVE 304
#define HOSTR1 336
#define TAR    344
#define SPARE  352
#define VSR    368

/* clang-format off */
__asm__(".text\n"
	".machine power8\n"
#if _CALL_ELF == 2
	".globl diff_enter\ndiff_enter:\n"
#else
	".section .opd,\"aw\"\n.align 3\n.globl diff_enter\ndiff_enter:\n"
	".quad .Lenter,.TOC.@tocbase,0\n.text\n.Lenter:\n"
#endif
	"mflr 0\nstd 0,16(1)\nmfcr 0\nstd 0,8(1)\nstdu 1,-512(1)\n"
	".set i,14\n.rept 18\nstd i,(112+8*i)(1)\n.set i,i+1\n.endr\n"
	"std 2,96(1)\nstd 13,104(1)\n"
	"mr 13,3\nmr 12,4\nstd 1," STR(HOSTR1) "(13)\n"
	/* VSCR through v0, FPSCR through f0, then all VSRs */
	"li 0,0\nstd 0," STR(SPARE) "(13)\n"
	"ld 0," STR(VSCR) "(13)\nstd 0,(" STR(SPARE) "+8)(13)\n"
	"li 11," STR(SPARE) "\nlxvd2x 32,13,11\nmtvscr 0\n"
	"lfd 0," STR(FPSCR) "(13)\nmtfsf 0xff,0,1,0\n"
	".set i,0\n.rept 64\nli 11," STR(VSR) "+16*i\nlxvd2x i,13,11\n.set i,i+1\n.endr\n"
	"ld 0," STR(VRSAVE) "(13)\nmtspr 256,0\n"
	"ld 0," STR(TAR) "(13)\nmtspr 815,0\n"
	/* no reservation is left from the case before */
	"addi 11,13," STR(SPARE) "\nldarx 0,0,11\nstdcx. 0,0,11\n"
	"ld 0," STR(XER) "(13)\nmtxer 0\n"
	"ld 0," STR(LR) "(13)\nmtlr 0\nld 0," STR(CR) "(13)\nmtcrf 0xff,0\n"
	"mtctr 12\nld 0,0(13)\n"
	".set i,2\n.rept 10\nld i,(8*i)(13)\n.set i,i+1\n.endr\n"
	".set i,14\n.rept 18\nld i,(8*i)(13)\n.set i,i+1\n.endr\n"
	"bctr\n"
	".globl diff_exit_code\ndiff_exit_code:\n"
	"std 0,0(13)\n"
	".set i,2\n.rept 10\nstd i,(8*i)(13)\n.set i,i+1\n.endr\n"
	".set i,14\n.rept 18\nstd i,(8*i)(13)\n.set i,i+1\n.endr\n"
	"mfcr 0\nstd 0," STR(CR) "(13)\nmfxer 0\nstd 0," STR(XER) "(13)\n"
	"mfspr 0,256\nstd 0," STR(VRSAVE) "(13)\n"
	"mfspr 0,815\nstd 0," STR(TAR) "(13)\n"
	".set i,0\n.rept 64\nli 11," STR(VSR) "+16*i\nstxvd2x i,13,11\n.set i,i+1\n.endr\n"
	"mffs 0\nstfd 0," STR(FPSCR) "(13)\n"
	"mfvscr 0\nli 11," STR(SPARE) "\nstxvd2x 32,13,11\n"
	"ld 0,(" STR(SPARE) "+8)(13)\nstd 0," STR(VSCR) "(13)\n"
	/* in one go: an enable left over with a sticky bit would interrupt here */
	"li 0,0\nstd 0," STR(SPARE) "(13)\nlfd 0," STR(SPARE) "(13)\nmtfsf 0xff,0,1,0\n"
	"ld 1," STR(HOSTR1) "(13)\nld 2,96(1)\n"
	".set i,14\n.rept 18\nld i,(112+8*i)(1)\n.set i,i+1\n.endr\n"
	"ld 13,104(1)\n"
	"addi 1,1,512\nld 0,8(1)\nmtcrf 0xff,0\nld 0,16(1)\nmtlr 0\nblr\n");
/* clang-format on */

extern const char diff_exit_code[];

/* ld rt,d(13), std, mtctr, mflr … of the prologue and epilogue */
#define LD(rt, d)  (0xe8000000u | (rt) << 21 | 13 << 16 | (d))
#define STD(rs, d) (0xf8000000u | (rs) << 21 | 13 << 16 | (d))
enum { MTCTR_12 = 0x7d8903a6, MFCTR_12 = 0x7d8902a6, MFLR_12 = 0x7d8802a6, BCTR = 0x4e800420 };
enum { PROLOGUE_WORDS = 3 };

static uint32_t *epilogue;
static struct diff_state current;
static uint64_t signal_fpscr;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)info;
	current.signal = (uint64_t)sig;
	current.pc = uc->uc_mcontext.gp_regs[PT_NIP];
	/* qemu puts 64 bits here and takes back 32 */
	memcpy(&signal_fpscr, &uc->uc_mcontext.fp_regs[32], sizeof(signal_fpscr));
	uc->uc_mcontext.gp_regs[PT_NIP] = (uint64_t)(uintptr_t)epilogue;
}

static void load_code(const struct diff_case *c)
{
	uint32_t *p = (uint32_t *)(uintptr_t)(DIFF_CODE - 4 * PROLOGUE_WORDS);
	uint32_t n;

	*p++ = LD(12, CTR);
	*p++ = MTCTR_12;
	*p++ = LD(12, 96);
	for (n = 0; n < c->words; n++)
		*p++ = c->code[n];
	epilogue = p;
	*p++ = STD(12, 96);
	*p++ = MFCTR_12;
	*p++ = STD(12, CTR);
	*p++ = MFLR_12;
	*p++ = STD(12, LR);
	*p++ = LD(12, 328);
	*p++ = MTCTR_12;
	*p++ = BCTR;
	__builtin___clear_cache((char *)(uintptr_t)DIFF_CODE - 64, (char *)p);
}

static void run_case(const struct diff_case *c, struct diff_result *r)
{
	uint8_t *mem = (uint8_t *)(uintptr_t)DIFF_WINDOW;

	load_code(c);
	diff_fill(mem, c->mem_seed);
	current = c->state;
	current.signal = 0;
	current.pc = (uint64_t)(uintptr_t)epilogue;
	current.exit_address = (uint64_t)(uintptr_t)diff_exit_code;
	diff_enter(&current, (void *)(uintptr_t)(DIFF_CODE - 4 * PROLOGUE_WORDS));
	r->state = current;
	if (current.signal)
		r->state.fpscr = signal_fpscr;
	memcpy(r->mem, mem, DIFF_MEM);
}

static void map(uintptr_t at, size_t size, int prot)
{
	if (mmap((void *)at, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	    MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static const int signals[] = {SIGILL, SIGTRAP, SIGFPE, SIGSEGV, SIGBUS};
	static char alt[65536];
	static struct diff_case c;
	static struct diff_result r;
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t ss = {.ss_sp = alt, .ss_size = sizeof(alt)};
	FILE *in;
	unsigned n;
	int out;

	_Static_assert(offsetof(struct diff_state, cr) == CR, "CR");
	_Static_assert(offsetof(struct diff_state, vrsave) == VRSAVE, "VRSAVE");
	_Static_assert(offsetof(struct diff_state, exit_address) == 328, "exit");
	_Static_assert(offsetof(struct diff_state, host_r1) == HOSTR1, "r1");
	_Static_assert(offsetof(struct diff_state, vsr) == VSR, "VSR");
	_Static_assert(offsetof(struct diff_state, tar) == TAR, "TAR");
	_Static_assert(offsetof(struct diff_state, spare) == SPARE, "spare");
	in = argc == 3 ? fopen(argv[1], "rb") : NULL;
	out = in ? open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
	if (out < 0) {
		fprintf(stderr, "usage: runner CASES RESULTS\n");
		return 2;
	}
	map(DIFF_MEM_BASE, DIFF_MEM_MAP, PROT_READ | PROT_WRITE);
	map(DIFF_CODE - 65536, 131072, PROT_READ | PROT_WRITE | PROT_EXEC);
	sigaltstack(&ss, NULL);
	for (n = 0; n < sizeof(signals) / sizeof(*signals); n++)
		sigaction(signals[n], &sa, NULL);
	while (fread(&c, sizeof(c), 1, in) == 1) {
		run_case(&c, &r);
		/* at once: should the next one kill the emulator, its number is known */
		if (write(out, &r, sizeof(r)) != sizeof(r))
			return 2;
	}
	return close(out) ? 2 : 0;
}
