// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Code that is rewritten while it runs, in Linux's user space: by another thread and by another
 * process through a second mapping, by the code itself, by mprotect() in turns, and by a page of
 * another address that takes its place. `rewrite [ROUNDS]`; prints ok/not ok.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE   65536
#define ADDI   0x38630000u /* addi r3,r3,0 */
#define BLR    0x4e800020u
#define NUMBER 0x7fff

/* In a page that processes share. */
struct shared {
	volatile uint32_t turn __attribute__((aligned(128)));
	volatile uint32_t answer __attribute__((aligned(128)));
	volatile uint32_t wrong __attribute__((aligned(128)));
};

static struct shared *shared;
static uint32_t *writable, *executable; /* two mappings of the same page */
static uint32_t rounds = 20000;
static int failures;

static void report(const char *name, unsigned long bad)
{
	failures += bad != 0;
	printf("%s - %s", bad ? "not ok" : "ok", name);
	if (bad)
		printf(": %lu times", bad);
	printf("\n");
}

/* Book II 1.8: what was written, by any address, is what is fetched behind this. */
static void publish(const uint32_t *p)
{
	__asm__ volatile("dcbst 0,%0\n sync\n icbi 0,%0\n sync\n isync" : : "r"(p) : "memory");
}

static uint32_t call(const uint32_t *code)
{
	register uint64_t r3 __asm__("r3") = 0;

	__asm__ volatile("mtctr %1\n bctrl" : "+r"(r3) : "b"(code) : "ctr", "lr", "memory");
	return (uint32_t)r3;
}

static void wait_for(volatile uint32_t *p, uint32_t n)
{
	unsigned spins = 0;

	while (*p != n)
		if (++spins > 2000)
			sched_yield();
	__asm__ volatile("isync" ::: "memory");
}

static void *reader(void *arg)
{
	for (uint32_t n = 1; n <= rounds; n++) {
		wait_for(&shared->turn, n);
		shared->wrong += call(executable) != (n & NUMBER);
		__asm__ volatile("lwsync" ::: "memory");
		shared->answer = n;
	}
	return arg;
}

static void writer(void)
{
	for (uint32_t n = 1; n <= rounds; n++) {
		writable[0] = ADDI | (n & NUMBER);
		publish(writable);
		shared->turn = n;
		wait_for(&shared->answer, n);
	}
}

static void begin(void)
{
	memset(shared, 0, sizeof(*shared));
	writable[0] = ADDI;
	writable[1] = BLR;
	publish(writable);
}

static void threads(void)
{
	pthread_t t;

	begin();
	pthread_create(&t, NULL, reader, NULL);
	writer();
	pthread_join(t, NULL);
	report("written by another thread", shared->wrong);
}

static void processes(void)
{
	pid_t child;

	begin();
	child = fork();
	if (!child) {
		reader(NULL);
		_exit(0);
	}
	writer();
	waitpid(child, NULL, 0);
	report("written by another process", shared->wrong);
}

static void itself(void)
{
	unsigned long wrong = 0;

	begin();
	for (uint32_t n = 1; n <= rounds; n++) {
		writable[0] = ADDI | (n & NUMBER);
		publish(writable);
		wrong += call(executable) != (n & NUMBER);
	}
	report("written by itself", wrong);
}

/* One mapping, writable or executable, never both. */
static void protection(void)
{
	uint32_t *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long wrong = 0;

	p[1] = BLR;
	for (uint32_t n = 1; n <= rounds / 10; n++) {
		mprotect(p, PAGE, PROT_READ | PROT_WRITE);
		p[0] = ADDI | (n & NUMBER);
		publish(p);
		mprotect(p, PAGE, PROT_READ | PROT_EXEC);
		wrong += call(p) != (n & NUMBER);
	}
	munmap(p, PAGE);
	report("written between changes of its protection", wrong);
}

/* Each round a new page stands at the address, with other code; old pages come back as new ones. */
static void pages(void)
{
	uint32_t *at = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *p;
	unsigned long wrong = 0;

	for (uint32_t n = 1; n <= rounds / 10; n++) {
		p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		p[0] = ADDI | (n & NUMBER);
		p[1] = BLR;
		publish(p);
		wrong += mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at) != at;
		wrong += call(at) != (n & NUMBER);
	}
	munmap(at, PAGE);
	report("another page at its address", wrong);
}

int main(int argc, char **argv)
{
	int fd = memfd_create("code", 0);

	if (argc > 1)
		rounds = (uint32_t)atoi(argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || ftruncate(fd, PAGE) || shared == MAP_FAILED)
		return 2;
	writable = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	executable = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	if (writable == MAP_FAILED || executable == MAP_FAILED)
		return 2;
	threads();
	processes();
	itself();
	protection();
	pages();
	printf("rewrite: %d failed\n", failures);
	return failures != 0;
}
