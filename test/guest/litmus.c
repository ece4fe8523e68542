// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory ordering and atomicity as Power ISA Book II 1.7 demands, from inside a guest with at least
 * two CPUs.
 *
 * Each litmus test runs many instances, a cache line per variable; its threads meet at a barrier
 * before each batch and then walk through the batch at their own pace.  Counted are outcomes that
 * the barriers forbid.  Prints ok/not ok.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH	    512
#define LINE	    128
#define MAX_THREADS 4

struct instance {
	uint64_t x __attribute__((aligned(LINE)));
	uint64_t y __attribute__((aligned(LINE)));
	uint64_t r[4] __attribute__((aligned(LINE)));
};

struct litmus {
	const char *name;
	unsigned threads;
	void (*step[MAX_THREADS])(struct instance *i);
	bool (*forbidden)(const struct instance *i);
};

static struct instance batch[BATCH];
static pthread_barrier_t barrier;
static unsigned rounds = 40;
static int failures;

static inline void store(uint64_t *p, uint64_t v)
{
	__asm__ volatile("std %1,0(%0)" : : "b"(p), "r"(v) : "memory");
}

static inline uint64_t load(const uint64_t *p)
{
	uint64_t v;

	__asm__ volatile("ld %0,0(%1)" : "=r"(v) : "b"(p) : "memory");
	return v;
}

#define SYNC()	 __asm__ volatile("sync" ::: "memory")
#define LWSYNC() __asm__ volatile("lwsync" ::: "memory")

/* an address that depends on v, so that the load behind it is ordered after v's */
static inline const uint64_t *behind(const uint64_t *p, uint64_t v)
{
	uint64_t zero;

	__asm__ volatile("xor %0,%1,%1" : "=r"(zero) : "r"(v));
	return (const uint64_t *)((const char *)p + zero);
}

/* SB: each thread stores, then loads what the other stores */
static void sb0(struct instance *i)
{
	store(&i->x, 1);
	SYNC();
	i->r[0] = load(&i->y);
}
static void sb1(struct instance *i)
{
	store(&i->y, 1);
	SYNC();
	i->r[1] = load(&i->x);
}
static bool sb_forbidden(const struct instance *i)
{
	return !i->r[0] && !i->r[1];
}

/* MP: message and flag */
static void mp0(struct instance *i)
{
	store(&i->x, 1);
	LWSYNC();
	store(&i->y, 1);
}
static void mp1(struct instance *i)
{
	i->r[0] = load(&i->y);
	LWSYNC();
	i->r[1] = load(&i->x);
}
static void mp1_addr(struct instance *i)
{
	uint64_t flag = load(&i->y);

	i->r[0] = flag;
	i->r[1] = load(behind(&i->x, flag));
}
static bool mp_forbidden(const struct instance *i)
{
	return i->r[0] && !i->r[1];
}

/* LB: each thread loads, then stores what the other loads */
static void lb0(struct instance *i)
{
	i->r[0] = load(&i->x);
	LWSYNC();
	store(&i->y, 1);
}
static void lb1(struct instance *i)
{
	i->r[1] = load(&i->y);
	LWSYNC();
	store(&i->x, 1);
}
static bool lb_forbidden(const struct instance *i)
{
	return i->r[0] && i->r[1];
}

/* 2+2W: two stores each, in opposite order; neither first one may be the last of both */
static void ww0(struct instance *i)
{
	store(&i->x, 1);
	LWSYNC();
	store(&i->y, 2);
}
static void ww1(struct instance *i)
{
	store(&i->y, 1);
	LWSYNC();
	store(&i->x, 2);
}
static bool ww_forbidden(const struct instance *i)
{
	return i->x == 1 && i->y == 1;
}

/* IRIW: two readers must agree on the order of two independent stores */
static void iriw_x(struct instance *i)
{
	store(&i->x, 1);
}
static void iriw_y(struct instance *i)
{
	store(&i->y, 1);
}
static void iriw_r0(struct instance *i)
{
	i->r[0] = load(&i->x);
	SYNC();
	i->r[1] = load(&i->y);
}
static void iriw_r1(struct instance *i)
{
	i->r[2] = load(&i->y);
	SYNC();
	i->r[3] = load(&i->x);
}
static bool iriw_forbidden(const struct instance *i)
{
	return i->r[0] && !i->r[1] && i->r[2] && !i->r[3];
}

/* CoRR: loads of one variable do not go back in time, without any barrier */
static void corr0(struct instance *i)
{
	store(&i->x, 1);
	store(&i->x, 2);
}
static void corr1(struct instance *i)
{
	i->r[0] = load(&i->x);
	i->r[1] = load(&i->x);
}
static bool corr_forbidden(const struct instance *i)
{
	return i->r[0] > i->r[1];
}

static const struct litmus tests[] = {
	{"SB+syncs", 2, {sb0, sb1}, sb_forbidden},
	{"MP+lwsyncs", 2, {mp0, mp1}, mp_forbidden},
	{"MP+lwsync+addr", 2, {mp0, mp1_addr}, mp_forbidden},
	{"LB+lwsyncs", 2, {lb0, lb1}, lb_forbidden},
	{"2+2W+lwsyncs", 2, {ww0, ww1}, ww_forbidden},
	{"IRIW+syncs", 4, {iriw_x, iriw_y, iriw_r0, iriw_r1}, iriw_forbidden},
	{"CoRR", 2, {corr0, corr1}, corr_forbidden},
};

struct worker {
	pthread_t thread;
	const struct litmus *test;
	unsigned index;
	unsigned long forbidden;
};

static void pin(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	pin(w->index);
	for (unsigned n = 0; n < rounds; n++) {
		if (!w->index)
			memset(batch, 0, sizeof(batch));
		pthread_barrier_wait(&barrier);
		/* every round starts with another skew between the threads */
		for (volatile unsigned d = (n * 7 + w->index * 13) % 50; d; d--)
			;
		for (unsigned i = 0; i < BATCH; i++)
			w->test->step[w->index](&batch[i]);
		pthread_barrier_wait(&barrier);
		if (!w->index) {
			for (unsigned i = 0; i < BATCH; i++)
				w->forbidden += w->test->forbidden(&batch[i]);
		}
	}
	return NULL;
}

static void report(const char *name, unsigned long bad)
{
	if (bad)
		printf("not ok - %s: %lu outcomes that must not be\n", name, bad);
	else
		printf("ok - %s\n", name);
	fflush(stdout);
	failures += bad != 0;
}

static void run_litmus(const struct litmus *test)
{
	struct worker w[MAX_THREADS] = {0};

	pthread_barrier_init(&barrier, NULL, test->threads);
	for (unsigned i = 0; i < test->threads; i++) {
		w[i].test = test;
		w[i].index = i;
		if (pthread_create(&w[i].thread, NULL, work, &w[i]))
			exit(1);
	}
	for (unsigned i = 0; i < test->threads; i++)
		pthread_join(w[i].thread, NULL);
	pthread_barrier_destroy(&barrier);
	report(test->name, w[0].forbidden);
}

/* --- atomicity --- */
static struct {
	uint8_t byte __attribute__((aligned(LINE)));
	uint16_t half;
	uint32_t word;
	uint64_t dword;
	__uint128_t quad __attribute__((aligned(LINE)));
	volatile bool stop;
} shared;

#define RESERVE_ADD(type, larx, stcx)                                                              \
	static void add_##larx(type *p)                                                            \
	{                                                                                          \
		uint64_t t;                                                                        \
		__asm__ volatile("1: " #larx " %0,0,%1\n addi %0,%0,1\n " #stcx                    \
				 " %0,0,%1\n bne- 1b"                                              \
				 : "=&b"(t)                                                        \
				 : "r"(p)                                                          \
				 : "cr0", "memory");                                               \
	}
RESERVE_ADD(uint8_t, lbarx, stbcx.)
RESERVE_ADD(uint16_t, lharx, sthcx.)
RESERVE_ADD(uint32_t, lwarx, stwcx.)
RESERVE_ADD(uint64_t, ldarx, stdcx.)

/* adds one to both halves: a torn quadword would set them apart for good */
static void add_lqarx(__uint128_t *p)
{
	__asm__ volatile("1: lqarx 8,0,%0\n addi 8,8,1\n addi 9,9,1\n stqcx. 8,0,%0\n bne- 1b"
			 :
			 : "r"(p)
			 : "r8", "r9", "cr0", "memory");
}

#define ADDS 20000u

static void *count_all(void *arg)
{
	pin((uintptr_t)arg);
	for (unsigned n = 0; n < ADDS; n++) {
		add_lbarx(&shared.byte);
		add_lharx(&shared.half);
		add_lwarx(&shared.word);
		add_ldarx(&shared.dword);
	}
	return NULL;
}

static void *count_quads(void *arg)
{
	pin((uintptr_t)arg);
	for (unsigned n = 0; n < ADDS; n++)
		add_lqarx(&shared.quad);
	return NULL;
}

static void in_threads(unsigned threads, void *(*fn)(void *))
{
	pthread_t t[MAX_THREADS];

	for (uintptr_t i = 0; i < threads; i++)
		pthread_create(&t[i], NULL, fn, (void *)i);
	for (unsigned i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
}

static void run_reservations(unsigned threads)
{
	uint64_t total = (uint64_t)threads * ADDS;

	in_threads(threads, count_all);
	report("lbarx/stbcx. loses nothing", shared.byte != (uint8_t)total);
	report("lharx/sthcx. loses nothing", shared.half != (uint16_t)total);
	report("lwarx/stwcx. loses nothing", shared.word != (uint32_t)total);
	report("ldarx/stdcx. loses nothing", shared.dword != total);
}

static void *write_quads(void *arg)
{
	pin((uintptr_t)arg);
	while (!shared.stop)
		__asm__ volatile("li 8,0\n li 9,0\n stq 8,0(%0)\n li 8,-1\n li 9,-1\n stq 8,0(%0)"
				 :
				 : "b"(&shared.quad)
				 : "r8", "r9", "memory");
	return NULL;
}

static void run_quads(unsigned threads)
{
	uint64_t total = (uint64_t)threads * ADDS;

	in_threads(threads, count_quads);
	report("lqarx/stqcx. loses nothing", shared.quad != ((__uint128_t)total << 64 | total));
}

static void run_quad_tearing(void)
{
	unsigned long torn = 0;
	pthread_t t;

	shared.quad = 0;
	pthread_create(&t, NULL, write_quads, (void *)1);
	pin(0);
	for (unsigned n = 0; n < ADDS; n++) {
		uint64_t high, low;

		__asm__ volatile("lq 8,0(%2)\n mr %0,8\n mr %1,9"
				 : "=r"(high), "=r"(low)
				 : "b"(&shared.quad)
				 : "r8", "r9", "memory");
		torn += high != low;
	}
	shared.stop = true;
	pthread_join(t, NULL);
	report("lq and stq are not torn", torn);
}

/* litmus [ROUNDS [noquads]]: qemu 7.2 aborts on quadwords shared by vCPUs */
int main(int argc, char **argv)
{
	if (argc > 1)
		rounds = atoi(argv[1]);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		run_litmus(&tests[i]);
	run_reservations(2);
	if (argc <= 2) {
		run_quads(2);
		run_quad_tearing();
	}
	printf("litmus: %d failed\n", failures);
	return failures != 0;
}
