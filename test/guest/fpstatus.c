// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Floating-point results and the FPSCR under preemption and signals: threads, more than there are
 * CPUs, whose digests must be those that the same work has alone. Signal handlers change rounding
 * mode and status meanwhile; the kernel saves and restores both. The digest of all is printed:
 * the portable interpreter's is what every other engine must have (what the ISA leaves undefined is
 * in it, so qemu's is another).
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define THREADS 6

static unsigned rounds = 20000;
static volatile unsigned signals;

struct work {
	uint64_t seed, digest;
};

static uint64_t bits(double d)
{
	uint64_t u;

	memcpy(&u, &d, 8);
	return u;
}

static double number(uint64_t u)
{
	double d;

	memcpy(&d, &u, 8);
	return d;
}

static uint64_t status(void)
{
	double d;

	__asm__ volatile("mffs %0" : "=d"(d));
	return bits(d);
}

static uint64_t next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s * 0x2545f4914f6cdd1dull;
}

/* Anything; a single; a denormal or the like; an integer; a number near 1 */
static double operand(uint64_t *s)
{
	uint64_t v = next(s);

	switch (v >> 61) {
	case 0:
		return number(next(s));
	case 1:
		return (float)((int)(v & 0xffff) - 32768) * 0.25f;
	case 2:
		return number((v & 0x800fffffffffffff) | 1ull << 52);
	case 3:
		return (double)(long)(v & 0xffff);
	default:
		return number((next(s) & 0x803fffffffffffff) | 0x3fc0000000000000);
	}
}

static void set_rounding(uint64_t rn)
{
	switch (rn & 3) {
	case 0:
		__asm__ volatile("mtfsfi 7, 0");
		break;
	case 1:
		__asm__ volatile("mtfsfi 7, 1");
		break;
	case 2:
		__asm__ volatile("mtfsfi 7, 2");
		break;
	default:
		__asm__ volatile("mtfsfi 7, 3");
	}
}

static void mix(uint64_t *digest, uint64_t v)
{
	*digest = *digest * 31 + v;
}

static void *run(void *p)
{
	struct work *w = p;
	uint64_t s = w->seed, d = 0;
	unsigned i;

	__asm__ volatile("mtfsf 255, %0" : : "d"(0.0));
	for (i = 0; i < rounds; i++) {
		double a = operand(&s), b = operand(&s), c = operand(&s), r, t;

		set_rounding(next(&s));
		if (!(i & 7))
			__asm__ volatile("mtfsb0 6\n mtfsb0 3\n mtfsb0 4\n mtfsb0 0");
		__asm__ volatile("fadd %0, %2, %3\n fmadd %1, %0, %3, %4\n fcmpu 0, %0, %1"
				 : "=&d"(r), "=&d"(t)
				 : "d"(a), "d"(b), "d"(c)
				 : "cr0");
		mix(&d, bits(r));
		mix(&d, bits(t));
		mix(&d, status());
		__asm__ volatile("fmuls %0, %2, %3\n fdiv %1, %2, %4\n frsp %0, %1\n fctidz %1, %1"
				 : "=&d"(r), "=&d"(t)
				 : "d"(a), "d"(b), "d"(c));
		mix(&d, bits(r));
		mix(&d, bits(t));
		if (!(i & 3))
			mix(&d, status());
		__asm__ volatile("xvmaddadp %x0, %x1, %x2\n xvaddsp %x1, %x1, %x2"
				 : "+wa"(r), "+wa"(t)
				 : "wa"(a));
		mix(&d, bits(r));
		mix(&d, bits(t));
		if (!(i & 1023))
			sched_yield();
	}
	mix(&d, status());
	w->digest = d;
	return NULL;
}

static void disturb(int number)
{
	volatile double large = 1e300, three = 3, r;

	(void)number;
	__asm__ volatile("mtfsfi 7, 1");
	r = large * large;
	r = 1 / three;
	(void)r;
	signals++;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = disturb, .sa_flags = SA_RESTART};
	struct itimerval often = {{0, 700}, {0, 700}};
	struct work alone[THREADS], w[THREADS];
	pthread_t thread[THREADS];
	uint64_t all = 0;
	unsigned k, failed = 0;

	if (argc > 1)
		rounds = (unsigned)atoi(argv[1]);
	for (k = 0; k < THREADS; k++) {
		w[k].seed = alone[k].seed = (k + 1) * 0x9e3779b97f4a7c15ull + 1;
		run(&alone[k]);
	}
	set_rounding(0);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (k = 0; k < THREADS; k++)
		if (pthread_create(&thread[k], NULL, run, &w[k]))
			return 1;
	for (k = 0; k < THREADS; k++) {
		pthread_join(thread[k], NULL);
		failed += w[k].digest != alone[k].digest;
		all = all * 1000003 + w[k].digest;
	}
	if (!signals)
		failed++;
	printf("fpstatus: %u failed, digest %016llx\n", failed, (unsigned long long)all);
	return failed != 0;
}
