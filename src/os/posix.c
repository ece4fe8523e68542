/* SPDX-License-Identifier: GPL-2.0-or-later */
/* os.h over POSIX: heap, threads, locks, clock, timers. */
#include "os/os.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static_assert(sizeof(pthread_mutex_t) <= sizeof(struct os_mutex), "os_mutex too small");
static_assert(sizeof(pthread_cond_t) <= sizeof(struct os_cond), "os_cond too small");

void *os_alloc(size_t size)
{
	return calloc(1, size ? size : 1);
}

void os_free(void *p)
{
	free(p);
}

void *os_alloc_aligned(size_t size, size_t align)
{
	void *p;

	if (align < sizeof(void *))
		align = sizeof(void *);
	if (posix_memalign(&p, align, size ? size : 1))
		return NULL;
	memset(p, 0, size);
	return p;
}

size_t os_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Threads. */
struct thread_start {
	os_thread_fn *fn;
	void *opaque;
};

struct thread_data {
	pthread_t handle;
};
static_assert(sizeof(struct thread_data) <= sizeof(struct os_thread), "os_thread too small");

static void *thread_main(void *arg)
{
	struct thread_start start = *(struct thread_start *)arg;

	free(arg);
	start.fn(start.opaque);
	return NULL;
}

static void name_thread(pthread_t thread, const char *name)
{
	char shortened[16];

	strncpy(shortened, name, sizeof(shortened) - 1);
	shortened[sizeof(shortened) - 1] = 0;
	pthread_setname_np(thread, shortened);
}

int os_thread_create(struct os_thread *t, const char *name, os_thread_fn *fn, void *opaque)
{
	struct thread_data *d = (struct thread_data *)t;
	struct thread_start *start = malloc(sizeof(*start));
	int err;

	if (!start)
		return -ENOMEM;
	start->fn = fn;
	start->opaque = opaque;
	err = pthread_create(&d->handle, NULL, thread_main, start);
	if (err) {
		free(start);
		return -err;
	}
	name_thread(d->handle, name);
	return 0;
}

void os_thread_set_name(const char *name)
{
	name_thread(pthread_self(), name);
}

void os_thread_join(struct os_thread *t)
{
	pthread_join(((struct thread_data *)t)->handle, NULL);
}

u64 os_thread_self(void)
{
	return (u64)(uintptr_t)pthread_self();
}

void os_thread_yield(void)
{
	sched_yield();
}

unsigned os_cpu_count(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned)n : 1;
}

/* Locks. */
static pthread_mutex_t *mutex(struct os_mutex *m)
{
	return (pthread_mutex_t *)m;
}

static pthread_cond_t *cond(struct os_cond *c)
{
	return (pthread_cond_t *)c;
}

void os_mutex_init(struct os_mutex *m)
{
	pthread_mutex_init(mutex(m), NULL);
}

void os_mutex_destroy(struct os_mutex *m)
{
	pthread_mutex_destroy(mutex(m));
}

void os_mutex_lock(struct os_mutex *m)
{
	pthread_mutex_lock(mutex(m));
}

bool os_mutex_trylock(struct os_mutex *m)
{
	return !pthread_mutex_trylock(mutex(m));
}

void os_mutex_unlock(struct os_mutex *m)
{
	pthread_mutex_unlock(mutex(m));
}

void os_cond_init(struct os_cond *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond(c), &attr);
	pthread_condattr_destroy(&attr);
}

void os_cond_destroy(struct os_cond *c)
{
	pthread_cond_destroy(cond(c));
}

void os_cond_wait(struct os_cond *c, struct os_mutex *m)
{
	pthread_cond_wait(cond(c), mutex(m));
}

bool os_cond_wait_until(struct os_cond *c, struct os_mutex *m, u64 deadline)
{
	struct timespec ts = {
		.tv_sec = (time_t)(deadline / 1000000000),
		.tv_nsec = (long)(deadline % 1000000000),
	};

	if (deadline == OS_FOREVER) {
		os_cond_wait(c, m);
		return true;
	}
	return pthread_cond_timedwait(cond(c), mutex(m), &ts) != ETIMEDOUT;
}

void os_cond_signal(struct os_cond *c)
{
	pthread_cond_signal(cond(c));
}

void os_cond_broadcast(struct os_cond *c)
{
	pthread_cond_broadcast(cond(c));
}

/* Clock. */
static u64 clock_read(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
}

u64 os_clock_ns(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

u64 os_clock_real_ns(void)
{
	return clock_read(CLOCK_REALTIME);
}

/* Timers: a list sorted by deadline and one thread. A VM has a handful of timers. */
struct os_timers {
	struct os_mutex lock;
	struct os_cond changed; /* the list's head or stop changed */
	struct os_cond done;	/* a callback returned */
	struct os_timer head;	/* sentinel of the ring */
	struct os_timer *running;
	struct os_thread thread;
	u64 thread_id;
	bool stop;
};

static void timer_unlink(struct os_timer *t)
{
	t->prev->next = t->next;
	t->next->prev = t->prev;
	t->next = t->prev = t;
	t->armed = false;
}

static void timers_main(void *opaque)
{
	struct os_timers *s = opaque;

	os_mutex_lock(&s->lock);
	s->thread_id = os_thread_self();
	while (!s->stop) {
		struct os_timer *t = s->head.next;

		if (t == &s->head) {
			os_cond_wait(&s->changed, &s->lock);
			continue;
		}
		if (os_clock_ns() < t->deadline) {
			os_cond_wait_until(&s->changed, &s->lock, t->deadline);
			continue;
		}
		timer_unlink(t);
		s->running = t;
		os_mutex_unlock(&s->lock);
		t->fn(t);
		os_mutex_lock(&s->lock);
		s->running = NULL;
		os_cond_broadcast(&s->done);
	}
	os_mutex_unlock(&s->lock);
}

struct os_timers *os_timers_create(void)
{
	struct os_timers *s = os_alloc(sizeof(*s));

	if (!s)
		return NULL;
	os_mutex_init(&s->lock);
	os_cond_init(&s->changed);
	os_cond_init(&s->done);
	s->head.next = s->head.prev = &s->head;
	if (os_thread_create(&s->thread, "timers", timers_main, s)) {
		os_free(s);
		return NULL;
	}
	return s;
}

void os_timers_destroy(struct os_timers *s)
{
	if (!s)
		return;
	os_mutex_lock(&s->lock);
	s->stop = true;
	os_cond_signal(&s->changed);
	os_mutex_unlock(&s->lock);
	os_thread_join(&s->thread);
	os_cond_destroy(&s->changed);
	os_cond_destroy(&s->done);
	os_mutex_destroy(&s->lock);
	os_free(s);
}

void os_timer_init(struct os_timer *t, struct os_timers *s, os_timer_fn *fn)
{
	*t = (struct os_timer){.service = s, .fn = fn, .next = t, .prev = t};
}

void os_timer_arm(struct os_timer *t, u64 deadline)
{
	struct os_timers *s = t->service;
	struct os_timer *at;

	os_mutex_lock(&s->lock);
	if (t->armed)
		timer_unlink(t);
	t->deadline = deadline;
	for (at = s->head.next; at != &s->head && at->deadline <= deadline; at = at->next)
		;
	t->next = at;
	t->prev = at->prev;
	at->prev->next = t;
	at->prev = t;
	t->armed = true;
	if (s->head.next == t)
		os_cond_signal(&s->changed);
	os_mutex_unlock(&s->lock);
}

void os_timer_cancel(struct os_timer *t)
{
	struct os_timers *s = t->service;

	os_mutex_lock(&s->lock);
	if (t->armed)
		timer_unlink(t);
	while (s->running == t && s->thread_id != os_thread_self())
		os_cond_wait(&s->done, &s->lock);
	os_mutex_unlock(&s->lock);
}
