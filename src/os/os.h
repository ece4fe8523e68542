/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host gives: memory, threads, locks, 16-byte atomics, clock, timers, wake-up and memory
 * for generated code. posix.c and linux.c implement this over Linux, bare.c over a table of hooks
 * for hosts that have no operating system.
 *
 * Objects are opaque storage that the caller embeds; zero bytes are never a valid object, call the
 * init function. Nothing here may be called from a signal handler except os_wake_signal().
 */
#ifndef OS_OS_H
#define OS_OS_H

#include <stdatomic.h>

#include "base/types.h"

/* --- memory: all of it zeroed; NULL when there is none --- */
void *os_alloc(size_t size);
void os_free(void *p);
/* Once, before there are threads: objects that many threads allocate stand in one heap that grows
 * in large steps. */
void os_heap_init(void);
/* What an object of os_alloc() takes, about. */
static inline size_t os_alloc_bytes(size_t size)
{
	size_t n = (size + sizeof(void *) + 15) & ~(size_t)15;

	return n < 32 ? 32 : n;
}
/* align: a power of two. Freed with os_free(). */
void *os_alloc_aligned(size_t size, size_t align);
size_t os_page_size(void);

/* Large, sparsely used arrays: no memory is used before it is touched. */
void *os_reserve(size_t size);
void os_unreserve(void *p, size_t size);

/* Guest RAM */
struct os_ram {
	void *base;
	size_t size;
};
int os_ram_map(struct os_ram *ram, size_t size, const char *name);
void os_ram_unmap(struct os_ram *ram);
/* The pages that lie wholly inside read as zero afterwards and use no memory. */
int os_ram_discard(struct os_ram *ram, size_t offset, size_t len);

/* Generated code: written through rw, run through rx (never both by one mapping). */
struct os_code {
	u8 *rw, *rx;
	size_t size;
	int fd;
};
int os_code_map(struct os_code *code, size_t size);
void os_code_unmap(struct os_code *code);
/* Make code written through rw fit to run; p is an rx address. */
void os_code_sync(const void *p, size_t len);

/* --- threads and locks --- */
struct os_thread {
	u64 opaque[4];
};
typedef void os_thread_fn(void *opaque);
int os_thread_create(struct os_thread *t, const char *name, os_thread_fn *fn, void *opaque);
void os_thread_join(struct os_thread *t);
/* A number that no other running thread has, never 0. */
/* Of the calling thread; that of the main thread is what ps calls the process. */
void os_thread_set_name(const char *name);
u64 os_thread_self(void);
void os_thread_yield(void);
/* The caller's work is less urgent than that of other threads. */
void os_thread_lower(void);
/* Between two looks at something that another thread changes. */
void os_cpu_relax(void);
unsigned os_cpu_count(void);

struct os_mutex {
	u64 opaque[8];
};
void os_mutex_init(struct os_mutex *m);
void os_mutex_destroy(struct os_mutex *m);
void os_mutex_lock(struct os_mutex *m);
bool os_mutex_trylock(struct os_mutex *m);
void os_mutex_unlock(struct os_mutex *m);

struct os_cond {
	u64 opaque[8];
};
void os_cond_init(struct os_cond *c);
void os_cond_destroy(struct os_cond *c);
void os_cond_wait(struct os_cond *c, struct os_mutex *m);
/* deadline on os_clock_ns(); false when it passed. */
bool os_cond_wait_until(struct os_cond *c, struct os_mutex *m, u64 deadline);
void os_cond_signal(struct os_cond *c);
void os_cond_broadcast(struct os_cond *c);

/* A latch that any thread (or signal handler) sets and one thread waits for. */
struct os_wake {
	_Atomic u32 state;
	u32 pad;
};
void os_wake_init(struct os_wake *w);
void os_wake_signal(struct os_wake *w);
/* Wait until set or until deadline (os_clock_ns(); OS_FOREVER), then clear; true if it was set. */
bool os_wake_wait(struct os_wake *w, u64 deadline);
#define OS_FOREVER (~0ull)

/* The same as a file descriptor, for poll loops. */
struct os_notifier {
	int fd, write_fd;
};
int os_notifier_init(struct os_notifier *n);
void os_notifier_destroy(struct os_notifier *n);
void os_notifier_signal(struct os_notifier *n);
/* Clears; true if it was signalled. */
bool os_notifier_clear(struct os_notifier *n);

/* --- 16-byte atomics; p is aligned to 16. All sequentially consistent. --- */
u128 os_load16(const void *p);
void os_store16(void *p, u128 v);
/* On failure *expected becomes what was found. */
bool os_cmpxchg16(void *p, u128 *expected, u128 desired);

/* --- clock --- */
u64 os_clock_ns(void);	    /* monotonic */
u64 os_clock_real_ns(void); /* since 1970, UTC */
/* Frequency of a counter that runs evenly and alike on all processors; 0: there is none. */
u64 os_tsc_hz(void);
u64 os_tsc_read(void);
void os_random(void *p, size_t len);

/* --- timers: one service thread calls fn when a deadline passes; fn must be short and may arm or
 * cancel timers, also its own. --- */
struct os_timers;
struct os_timer;
typedef void os_timer_fn(struct os_timer *t);
struct os_timer {
	struct os_timers *service;
	struct os_timer *next, *prev;
	os_timer_fn *fn;
	u64 deadline;
	bool armed;
};
struct os_timers *os_timers_create(void);
void os_timers_destroy(struct os_timers *s);
void os_timer_init(struct os_timer *t, struct os_timers *s, os_timer_fn *fn);
void os_timer_arm(struct os_timer *t, u64 deadline);
/* On return fn is not running (unless it is the caller) and will not run. */
void os_timer_cancel(struct os_timer *t);

#endif
