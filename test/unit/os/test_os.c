// SPDX-License-Identifier: GPL-2.0-or-later
/* What the host layer promises: latches lose no signal, timers fire in order and not after they
 * were cancelled, 16-byte exchanges are atomic, code is written by one mapping and run by another.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os/os.h"

enum { TURNS = 5000 };

struct ping {
	struct os_wake to, back;
	_Atomic u32 turns;
};

static void pong(void *opaque)
{
	struct ping *p = opaque;
	u32 k;

	for (k = 0; k < TURNS; k++) {
		os_wake_wait(&p->to, OS_FOREVER);
		atomic_fetch_add(&p->turns, 1);
		os_wake_signal(&p->back);
	}
}

static void test_wake(void **state)
{
	struct os_thread thread;
	struct ping p = {.turns = 0};
	u64 now;
	u32 k;

	os_wake_init(&p.to);
	os_wake_init(&p.back);
	assert_int_equal(os_thread_create(&thread, "pong", pong, &p), 0);
	for (k = 0; k < TURNS; k++) {
		os_wake_signal(&p.to);
		assert_true(os_wake_wait(&p.back, OS_FOREVER));
	}
	os_thread_join(&thread);
	assert_int_equal(p.turns, TURNS);
	now = os_clock_ns();
	assert_false(os_wake_wait(&p.back, now + 2000000));
	assert_true(os_clock_ns() >= now + 2000000);
	os_wake_signal(&p.back);
	assert_true(os_wake_wait(&p.back, 0));
	assert_false(os_wake_wait(&p.back, 0));
}

struct my_timer {
	struct os_timer timer;
	_Atomic u32 *order;
	_Atomic u32 fired;
	struct os_wake *wake;
};

static void fired(struct os_timer *t)
{
	struct my_timer *m = container_of(t, struct my_timer, timer);

	atomic_store(&m->fired, atomic_fetch_add(m->order, 1) + 1);
	if (m->wake)
		os_wake_signal(m->wake);
}

static void test_timers(void **state)
{
	struct os_timers *s = os_timers_create();
	struct os_wake wake;
	_Atomic u32 order = 0;
	struct my_timer t[4];
	u64 now = os_clock_ns();
	u32 k;

	assert_non_null(s);
	os_wake_init(&wake);
	for (k = 0; k < 4; k++) {
		t[k] = (struct my_timer){.order = &order, .wake = k == 0 ? &wake : NULL};
		os_timer_init(&t[k].timer, s, fired);
	}
	/* 0 last; 3 is cancelled, 2 is moved in front of 1. */
	os_timer_arm(&t[0].timer, now + 30000000);
	os_timer_arm(&t[1].timer, now + 20000000);
	os_timer_arm(&t[2].timer, now + 25000000);
	os_timer_arm(&t[3].timer, now + 10000000);
	os_timer_arm(&t[2].timer, now + 15000000);
	os_timer_cancel(&t[3].timer);
	assert_true(os_wake_wait(&wake, OS_FOREVER));
	os_timer_cancel(&t[0].timer);
	assert_int_equal(t[2].fired, 1);
	assert_int_equal(t[1].fired, 2);
	assert_int_equal(t[0].fired, 3);
	assert_int_equal(t[3].fired, 0);
	os_timers_destroy(s);
}

struct pair {
	u128 value __attribute__((aligned(16)));
};

static void add_pair(void *opaque)
{
	struct pair *p = opaque;
	u32 k;

	for (k = 0; k < TURNS; k++) {
		u128 old = os_load16(&p->value);

		/* Both halves count; a torn exchange would tear them apart. */
		while (!os_cmpxchg16(&p->value, &old,
				     (u128)((u64)(old >> 64) + 1) << 64 | ((u64)old + 1)))
			assert_int_equal((u64)old, (u64)(old >> 64));
	}
}

static void test_atomic16(void **state)
{
	struct pair p = {0};
	struct os_thread thread[2];
	u128 expected = 1;
	u32 k;

	assert_false(os_cmpxchg16(&p.value, &expected, 5));
	assert_true(expected == 0);
	for (k = 0; k < 2; k++)
		assert_int_equal(os_thread_create(&thread[k], "pair", add_pair, &p), 0);
	for (k = 0; k < 2; k++)
		os_thread_join(&thread[k]);
	assert_true(os_load16(&p.value) == ((u128)(2 * TURNS) << 64 | 2 * TURNS));
}

static void test_memory(void **state)
{
	struct os_ram ram;
	struct os_code code;
	u8 *p;

	assert_int_equal(os_ram_map(&ram, 1 << 20, "test"), 0);
	p = ram.base;
	p[5000] = 1;
	p[100000] = 2;
	assert_int_equal((uintptr_t)p % (1 << 20), 0);
	assert_int_equal(os_ram_discard(&ram, 0, 65536), 0);
	assert_int_equal(p[5000], 0);
	assert_int_equal(os_ram_discard(&ram, 100000 - 100, 200), 0);
	assert_int_equal(p[100000], 2);
	assert_int_not_equal(os_ram_discard(&ram, 1 << 20, 1), 0);
	os_ram_unmap(&ram);
	assert_int_equal(os_ram_map(&ram, SIZE_MAX - 4096, "test"), -ENOMEM);

	assert_int_equal(os_code_map(&code, 65536), 0);
	code.rw[123] = 77;
	assert_int_equal(code.rx[123], 77);
	os_code_unmap(&code);

	p = os_alloc_aligned(100, 256);
	assert_int_equal((uintptr_t)p % 256, 0);
	assert_int_equal(p[99], 0);
	os_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wake),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_atomic16),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
