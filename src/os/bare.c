/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * os.h for one processor without an operating system: what base, isa, softfp, ir, cpu, mmu, pv and
 * vm need. Threads, RAM files and generated code do not exist here; timers are run by whoever
 * idles. Not part of the hosted library: the freestanding check and bare/ build it.
 */
#include "os/bare.h"

#include "os/os.h"

void *os_alloc(size_t size)
{
	return os_bare_ops.alloc(size, 16);
}

void os_free(void *p)
{
	if (p)
		os_bare_ops.free(p);
}

void *os_alloc_aligned(size_t size, size_t align)
{
	return os_bare_ops.alloc(size, align);
}

size_t os_page_size(void)
{
	return 4096;
}

void *os_reserve(size_t size)
{
	return os_bare_ops.alloc(size, 4096);
}

void os_unreserve(void *p, size_t size)
{
	(void)size;
	os_free(p);
}

void os_cpu_relax(void)
{
}

u64 os_thread_self(void)
{
	return 1;
}

void os_thread_lower(void)
{
}
void os_thread_yield(void)
{
}

unsigned os_cpu_count(void)
{
	return 1;
}

void os_mutex_init(struct os_mutex *m)
{
	m->opaque[0] = 0;
}

void os_mutex_destroy(struct os_mutex *m)
{
	(void)m;
}

void os_mutex_lock(struct os_mutex *m)
{
	m->opaque[0]++;
}

bool os_mutex_trylock(struct os_mutex *m)
{
	if (m->opaque[0])
		return false;
	m->opaque[0]++;
	return true;
}

void os_mutex_unlock(struct os_mutex *m)
{
	m->opaque[0]--;
}

void os_cond_init(struct os_cond *c)
{
	c->opaque[0] = 0;
}

void os_cond_destroy(struct os_cond *c)
{
	(void)c;
}

/* Conditions may wake for no reason: every waiter looks again. */
void os_cond_wait(struct os_cond *c, struct os_mutex *m)
{
	os_cond_wait_until(c, m, OS_FOREVER);
}

bool os_cond_wait_until(struct os_cond *c, struct os_mutex *m, u64 deadline)
{
	(void)c;
	os_mutex_unlock(m);
	os_bare_ops.idle(deadline);
	os_mutex_lock(m);
	return os_bare_ops.clock_ns() < deadline;
}

void os_cond_signal(struct os_cond *c)
{
	(void)c;
}

void os_cond_broadcast(struct os_cond *c)
{
	(void)c;
}

void os_wake_init(struct os_wake *w)
{
	atomic_init(&w->state, 0);
}

void os_wake_signal(struct os_wake *w)
{
	atomic_store(&w->state, 1);
}

bool os_wake_wait(struct os_wake *w, u64 deadline)
{
	while (!atomic_exchange(&w->state, 0)) {
		if (os_bare_ops.clock_ns() >= deadline)
			return false;
		os_bare_ops.idle(deadline);
	}
	return true;
}

u128 os_load16(const void *p)
{
	return *(const u128 *)p;
}

void os_store16(void *p, u128 v)
{
	*(u128 *)p = v;
}

bool os_cmpxchg16(void *p, u128 *expected, u128 desired)
{
	u128 *at = p;

	if (*at != *expected) {
		*expected = *at;
		return false;
	}
	*at = desired;
	return true;
}

u64 os_clock_ns(void)
{
	return os_bare_ops.clock_ns();
}

u64 os_clock_real_ns(void)
{
	return os_bare_ops.clock_real_ns();
}

u64 os_tsc_hz(void)
{
	return 0;
}

u64 os_tsc_read(void)
{
	return 0;
}

void os_random(void *p, size_t len)
{
	os_bare_ops.random(p, len);
}
