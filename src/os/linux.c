/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os.h over Linux: RAM and code as anonymous mappings, futex latches, eventfd, 16-byte atomics,
 * TSC. */
#include "os/os.h"

#include <errno.h>
#include <linux/futex.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

void *os_reserve(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void os_heap_init(void)
{
	/* A heap of each thread's own would grow by a system call per page. */
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_TOP_PAD, 1 << 20);
}

void os_unreserve(void *p, size_t size)
{
	if (p)
		munmap(p, size);
}

/*
 * Private and anonymous: only such memory has huge pages where nobody configured them for shared
 * memory too. It begins at one, and pages without access on both sides keep the mapping one of its
 * own, so that what looks at the process from outside finds it by its size.
 */
enum { RAM_ALIGN = 2 << 20 };

int os_ram_map(struct os_ram *ram, size_t size, const char *name)
{
	size_t page = os_page_size(), all = size + RAM_ALIGN + 2 * page;
	u8 *p, *base;

	(void)name;
	if (all < size)
		return -ENOMEM;
	size = (size + page - 1) & -page;
	p = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	base = (u8 *)(((uintptr_t)p + page + RAM_ALIGN - 1) & -(uintptr_t)RAM_ALIGN);
	if (mprotect(base, size, PROT_READ | PROT_WRITE)) {
		int err = -errno;

		munmap(p, all);
		return err;
	}
	/* The unused ends go, all but one page. */
	if (base - page > p)
		munmap(p, (size_t)(base - page - p));
	if (base + size + page < p + all)
		munmap(base + size + page, (size_t)(p + all - (base + size + page)));
	/* Fewer faults, fewer host TLB misses; a refusal costs speed only. */
	madvise(base, size, MADV_HUGEPAGE);
	*ram = (struct os_ram){.base = base, .size = size};
	return 0;
}

void os_ram_unmap(struct os_ram *ram)
{
	size_t page = os_page_size();

	if (!ram->base)
		return;
	munmap((u8 *)ram->base - page, ram->size + 2 * page);
	*ram = (struct os_ram){.size = 0};
}

int os_ram_discard(struct os_ram *ram, size_t offset, size_t len)
{
	size_t page = os_page_size(), end = offset + len, first;

	if (offset > ram->size || len > ram->size - offset)
		return -EINVAL;
	first = (offset + page - 1) & -page;
	end &= -page;
	if (first >= end)
		return 0;
	return madvise((u8 *)ram->base + first, end - first, MADV_DONTNEED) ? -errno : 0;
}

/* Anonymous memory, mapped twice: perf looks names up in its map for no other kind. */
int os_code_map(struct os_code *code, size_t size)
{
	void *rw, *rx;

	rw = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
		  -1, 0);
	if (rw == MAP_FAILED)
		return -errno;
	rx = mremap(rw, 0, size, MREMAP_MAYMOVE);
	if (rx == MAP_FAILED || mprotect(rx, size, PROT_READ | PROT_EXEC)) {
		int err = -errno;

		if (rx != MAP_FAILED)
			munmap(rx, size);
		munmap(rw, size);
		return err;
	}
	*code = (struct os_code){.rw = rw, .rx = rx, .size = size, .fd = -1};
	return 0;
}

void os_code_unmap(struct os_code *code)
{
	if (!code->rw)
		return;
	munmap(code->rw, code->size);
	munmap(code->rx, code->size);
	*code = (struct os_code){.fd = -1};
}

void os_code_sync(const void *p, size_t len)
{
	__builtin___clear_cache((char *)p, (char *)p + len);
}

/* Latches. state: 0 clear, 1 set, 2 somebody waits. */
static long futex(_Atomic u32 *word, int op, u32 value, const struct timespec *timeout)
{
	return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, timeout, NULL,
		       FUTEX_BITSET_MATCH_ANY);
}

void os_wake_init(struct os_wake *w)
{
	atomic_init(&w->state, 0);
}

void os_wake_signal(struct os_wake *w)
{
	if (atomic_exchange(&w->state, 1) == 2)
		futex(&w->state, FUTEX_WAKE, 1, NULL);
}

bool os_wake_wait(struct os_wake *w, u64 deadline)
{
	struct timespec ts = {
		.tv_sec = (time_t)(deadline / 1000000000),
		.tv_nsec = (long)(deadline % 1000000000),
	};

	for (;;) {
		u32 state = 1;

		if (atomic_compare_exchange_strong(&w->state, &state, 0))
			return true;
		if (deadline != OS_FOREVER && os_clock_ns() >= deadline) {
			/* A signal that came just now still counts. */
			return atomic_exchange(&w->state, 0) == 1;
		}
		state = 0;
		if (!atomic_compare_exchange_strong(&w->state, &state, 2) && state != 2)
			continue;
		futex(&w->state, FUTEX_WAIT_BITSET, 2, deadline == OS_FOREVER ? NULL : &ts);
	}
}

int os_notifier_init(struct os_notifier *n)
{
	n->fd = n->write_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return n->fd < 0 ? -errno : 0;
}

void os_notifier_destroy(struct os_notifier *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = n->write_fd = -1;
}

void os_notifier_signal(struct os_notifier *n)
{
	u64 one = 1;
	ssize_t r;

	do
		r = write(n->write_fd, &one, sizeof(one));
	while (r < 0 && errno == EINTR);
}

bool os_notifier_clear(struct os_notifier *n)
{
	u64 count;
	ssize_t r;

	do
		r = read(n->fd, &count, sizeof(count));
	while (r < 0 && errno == EINTR);
	return r == sizeof(count);
}

void os_random(void *p, size_t len)
{
	u8 *at = p;

	while (len) {
		ssize_t r = getrandom(at, len, 0);

		if (r > 0) {
			at += r;
			len -= (size_t)r;
		} else if (errno != EINTR) {
			abort();
		}
	}
}

/* 16-byte atomics. Where the host has none, one of a few locks by address stands in: all 16-byte
 * accesses agree on it, smaller accesses to the same bytes do not, which is the best such hosts
 * can do. */
static _Atomic u32 atomic16_locks[64];

static _Atomic u32 *atomic16_lock(const void *p)
{
	_Atomic u32 *l = &atomic16_locks[((uintptr_t)p >> 4) % ARRAY_SIZE(atomic16_locks)];

	while (atomic_exchange_explicit(l, 1, memory_order_acquire))
		;
	return l;
}

static bool cmpxchg16_locked(void *p, u128 *expected, u128 desired)
{
	_Atomic u32 *l = atomic16_lock(p);
	bool same = *(u128 *)p == *expected;

	if (same)
		*(u128 *)p = desired;
	else
		*expected = *(u128 *)p;
	atomic_store_explicit(l, 0, memory_order_release);
	return same;
}

#if defined(__x86_64__)
bool os_cmpxchg16(void *p, u128 *expected, u128 desired)
{
	u64 lo = (u64)*expected, hi = (u64)(*expected >> 64);
	bool ok;

	/* clang 14 does not know "cmpxchg16b"; every processor with SSSE3 has it */
	if (unlikely(!__builtin_cpu_supports("ssse3")))
		return cmpxchg16_locked(p, expected, desired);
	__asm__ volatile("lock cmpxchg16b %1"
			 : "=@ccz"(ok), "+m"(*(u128 *)p), "+a"(lo), "+d"(hi)
			 : "b"((u64)desired), "c"((u64)(desired >> 64))
			 : "memory");
	*expected = (u128)hi << 64 | lo;
	return ok;
}

u64 os_tsc_read(void)
{
	return __builtin_ia32_rdtsc();
}

void os_cpu_relax(void)
{
	__builtin_ia32_pause();
}

static bool tsc_invariant(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1u << 8));
}
#elif defined(__SIZEOF_INT128__) && defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_16)
bool os_cmpxchg16(void *p, u128 *expected, u128 desired)
{
	u128 found = __sync_val_compare_and_swap((u128 *)p, *expected, desired);
	bool same = found == *expected;

	*expected = found;
	return same;
}
#else
bool os_cmpxchg16(void *p, u128 *expected, u128 desired)
{
	return cmpxchg16_locked(p, expected, desired);
}
#endif

#if !defined(__x86_64__)
u64 os_tsc_read(void)
{
	return 0;
}

void os_cpu_relax(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

static bool tsc_invariant(void)
{
	return false;
}
#endif

u128 os_load16(const void *p)
{
	u128 v = 0;

	os_cmpxchg16((void *)p, &v, v);
	return v;
}

void os_store16(void *p, u128 v)
{
	u128 old = 0;

	while (!os_cmpxchg16(p, &old, v))
		;
}

u64 os_tsc_hz(void)
{
	u64 t0, t1, c0, c1;

	if (!tsc_invariant())
		return 0;
	t0 = os_clock_ns();
	c0 = os_tsc_read();
	do
		t1 = os_clock_ns();
	while (t1 - t0 < 10000000);
	c1 = os_tsc_read();
	return (u64)((u128)(c1 - c0) * 1000000000 / (t1 - t0));
}

/* Niceness is a thread's own on Linux. */
void os_thread_lower(void)
{
	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10);
}
