// SPDX-License-Identifier: GPL-2.0-or-later
/* The guest's side: runs each case of standard input in a stub that it writes to memory, and puts
 * the results on standard output. Compiled for ppc64le, run by qemu-ppc64le. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "record.h"

static int read_all(void *p, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = read(0, (char *)p + done, n - done);

		if (got <= 0)
			return 0;
		done += (size_t)got;
	}
	return 1;
}

/* Loads the registers, jumps into the instruction's stub, stores the registers. */
static void run(void (*stub)(void), const struct fp_case *c, struct fp_result *r)
{
	register const struct fp_case *pc __asm__("r14") = c;
	register struct fp_result *pr __asm__("r15") = r;
	register void (*ps)(void) __asm__("r16") = stub;

	__asm__ volatile("addi 3, 14, 8\n\t"
			 "lfd 0, 0(3)\n\t"
			 "mtfsf 255, 0, 1, 0\n\t"
			 "addi 3, 14, 16\n\t"
			 "lxvd2x 1, 0, 3\n\t"
			 "addi 3, 14, 32\n\t"
			 "lxvd2x 2, 0, 3\n\t"
			 "addi 3, 14, 48\n\t"
			 "lxvd2x 3, 0, 3\n\t"
			 "addi 3, 14, 64\n\t"
			 "lxvd2x 4, 0, 3\n\t"
			 "xxlor 33, 1, 1\n\t"
			 "xxlor 34, 2, 2\n\t"
			 "xxlor 35, 3, 3\n\t"
			 "xxlor 36, 4, 4\n\t"
			 "ld 5, 80(14)\n\t"
			 "ld 6, 88(14)\n\t"
			 "ld 7, 96(14)\n\t"
			 "li 0, 0\n\t"
			 "mtcr 0\n\t"
			 "mtctr 16\n\t"
			 "bctrl\n\t"
			 "mfcr 0\n\t"
			 "std 0, 8(15)\n\t"
			 "std 5, 16(15)\n\t"
			 "addi 3, 15, 24\n\t"
			 "stxvd2x 1, 0, 3\n\t"
			 "addi 3, 15, 40\n\t"
			 "stxvd2x 33, 0, 3\n\t"
			 "mffs 0\n\t"
			 "stfd 0, 0(15)\n\t"
			 "li 0, 0\n\t"
			 "std 0, 56(15)\n\t"
			 "lfd 0, 56(15)\n\t"
			 "mtfsf 255, 0, 1, 0\n\t"
			 :
			 : "r"(pc), "r"(pr), "r"(ps)
			 : "r0", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12",
			   "lr", "ctr", "cr0", "cr1", "cr2", "cr3", "cr4", "cr5", "cr6", "cr7",
			   "memory", "fr0", "fr1", "fr2", "fr3", "fr4", "v1", "v2", "v3", "v4");
}

static volatile uint64_t trapped;

/* An enabled exception: go on behind the instruction. */
static void on_fpe(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	trapped++;
	uc->uc_mcontext.gp_regs[32] += 4; /* NIP */
}

int main(void)
{
	struct sigaction fpe = {.sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO};
	uint32_t *code = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE | PROT_EXEC,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct fp_case c;
	struct fp_result r;
	uint32_t *at = code;
	uint32_t last = 0;
	struct {
		uint32_t word;
		uint32_t *stub;
	} known[8192];
	unsigned n = 0, i;

	sigaction(SIGFPE, &fpe, NULL);
	while (read_all(&c, sizeof(c))) {
		for (i = n; i > 0 && known[i - 1].word != c.word; i--)
			;
		if (!i) {
			if (n == 8192)
				return 1;
			known[n].word = c.word;
			known[n].stub = at;
			at[0] = c.word;
			at[1] = 0x4e800020; /* blr */
			__builtin___clear_cache((char *)at, (char *)(at + 2));
			at += 2;
			i = ++n;
		}
		memset(&r, 0, sizeof(r));
		trapped = 0;
		run((void (*)(void))known[i - 1].stub, &c, &r);
		r.trapped = trapped;
		last = (uint32_t)write(1, &r, sizeof(r));
		if (last != sizeof(r))
			return 1;
	}
	return 0;
}
