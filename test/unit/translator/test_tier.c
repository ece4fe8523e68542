// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Code that becomes hot while it changes: by itself, by another processor, from outside. Counters
 * start at 5, so that the thread of tier 2 is busy all the time.
 */
#include "harness.h"

static const struct translator_config eager = {.tier2_after = 5};
/* When code is replaced depends on nothing but what ran. */
static const struct translator_config exact = {.tier2_after = 5, .tier2_inline = true};

static void expect_hcall(struct harness *h, u32 cpu)
{
	enum translator_stop stop = translator_run(h->cpu[cpu]);

	assert_int_equal(stop, TRANSLATOR_STOP_HCALL);
}

struct wanted {
	const char *name;
	u64 value;
};

static void take(void *opaque, const char *name, u64 value)
{
	struct wanted *w = opaque;

	if (!strcmp(name, w->name))
		w->value = value;
}

static u64 stat(struct harness *h, const char *name)
{
	struct wanted w = {.name = name};

	translator_stats(h->t, NULL, take, &w);
	return w.value;
}

/* A loop that counts r3 up by what stands in its second block. */
static void begin_loop(struct harness *h, struct translator_config config)
{
	harness_begin(h, 1, config);
	POKE(h, 0x1000, NOP, CMPWI(4, 1), BNE(12), ADDI(5, 5, 1), NOP, /* second: */ ADDI(3, 3, 1),
	     ADDI(6, 6, 1), BDNZ(-24), SC1);
}

static void run_loop(struct harness *h, u32 turns)
{
	h->s[0]->pc = 0x1000;
	h->s[0]->ctr = turns;
	h->s[0]->gpr[3] = 0;
	expect_hcall(h, 0);
}

/* The loop is one region. */
static void make_hot(struct harness *h)
{
	u64 before = stat(h, "tier2.regions");

	run_loop(h, 100);
	assert_int_equal(h->s[0]->gpr[3], 100);
	assert_true(stat(h, "tier2.regions") > before);
}

static void test_written_from_outside(void **state)
{
	static const u32 two[] = {ADDI(3, 3, 2)}, one[] = {ADDI(3, 3, 1)};
	struct harness h;
	u32 turn;

	begin_loop(&h, exact);
	for (turn = 0; turn < 20; turn++) {
		make_hot(&h);
		poke(&h, 0x1014, two, 1);
		run_loop(&h, 100);
		assert_int_equal(h.s[0]->gpr[3], 200);
		poke(&h, 0x1014, one, 1);
	}
	harness_end(&h);
}

/* Instructions are counted alike in both tiers, and in loops. */
static void test_count(void **state)
{
	struct harness h;
	u64 before;

	begin_loop(&h, exact);
	make_hot(&h);
	before = h.s[0]->icount;
	run_loop(&h, 1000);
	assert_int_equal(h.s[0]->icount - before, 1000 * 5 + 2);
	harness_end(&h);
}

/* The thread, which shares the host with whatever runs there, gets to it. */
static void test_thread(void **state)
{
	u64 end = os_clock_ns() + 300000000000ull;
	struct os_wake never;
	struct harness h;

	os_wake_init(&never);
	begin_loop(&h, eager);
	while (!stat(&h, "tier2.regions") && os_clock_ns() < end) {
		run_loop(&h, 100);
		assert_int_equal(h.s[0]->gpr[3], 100);
		os_wake_wait(&never, os_clock_ns() + 200000);
	}
	assert_true(stat(&h, "tier2.regions"));
	harness_end(&h);
}

/* CPU 1 loops through a routine that CPU 0 rewrites; a change is seen before the next one. */
static void write_thread(void *opaque)
{
	expect_hcall(opaque, 0);
}

static void call_thread(void *opaque)
{
	struct harness *h = opaque;
	enum translator_stop stop;

	do
		stop = translator_run(h->cpu[1]);
	while (stop == TRANSLATOR_STOP_KICK);
	assert_int_equal(stop, TRANSLATOR_STOP_HCALL);
}

struct kicker {
	struct harness *h;
	atomic_bool stop;
};

static void kick_thread(void *opaque)
{
	struct kicker *kicker = opaque;
	u32 k;

	while (!atomic_load(&kicker->stop)) {
		translator_kick(kicker->h->cpu[1]);
		for (k = 0; k < 200; k++)
			os_cpu_relax();
	}
}

/* kicked: the reader passes safe points all the time, also while its code is being retired. */
static void written_by_another(bool kicked)
{
	enum { TURNS = 500 };
	struct os_thread thread[2], kicks;
	struct harness h;
	struct kicker kicker = {.h = &h};
	u32 k;

	harness_begin(&h, 2, eager);
	/* Writer: patch, fence, then wait until the reader says the number. */
	POKE(&h, 0x1000, NOP, ADDI(10, 10, 1), ADD(11, 20, 10), STW(11, 0, 6), SYNC, ICBI(0, 6),
	     SYNC, ISYNC, /* wait: */ LWZ(12, 0, 8), (31u << 26 | 12 << 16 | 10 << 11), BNE(-8),
	     BDNZ(-40), SC1);
	/* Reader: li r3,n in a loop of two blocks, r3 stored; until n is TURNS. */
	POKE(&h, 0x4000, NOP, ADDI(3, 0, 0), ISYNC, STW(3, 0, 8), CMPWI(3, TURNS), BNE(-16), SC1);
	h.s[1]->pc = 0x4000;
	for (k = 0; k < 2; k++) {
		h.s[k]->gpr[6] = 0x4004;
		h.s[k]->gpr[8] = 0x5100;
		h.s[k]->gpr[20] = ADDI(3, 0, 0);
	}
	h.s[0]->ctr = TURNS;
	assert_int_equal(os_thread_create(&thread[0], "writer", write_thread, &h), 0);
	assert_int_equal(os_thread_create(&thread[1], "reader", call_thread, &h), 0);
	if (kicked)
		assert_int_equal(os_thread_create(&kicks, "kicker", kick_thread, &kicker), 0);
	for (k = 0; k < 2; k++)
		os_thread_join(&thread[k]);
	atomic_store(&kicker.stop, true);
	if (kicked)
		os_thread_join(&kicks);
	assert_int_equal(h.s[1]->gpr[3], TURNS);
	harness_end(&h);
}

static void test_written_by_another(void **state)
{
	written_by_another(false);
}

static void test_written_while_kicked(void **state)
{
	written_by_another(true);
}

/* A side exit that owes many registers, each the old value of its neighbour: more than the host has
 * registers, and none of them stored yet. up: rN = old r(N+1), else r(N-1); ring: all around. */
static void side_exit(u32 n, bool up, bool ring)
{
	u32 w[128], k = 0, branch, i;
	struct harness h;

	harness_begin(&h, 1, eager);
	w[k++] = ADDIS(31, 0, 8); /* turns */
	/* loop: */
	w[k++] = ADDI(31, 31, -1);
	w[k++] = CMPWI(31, 0);
	w[k++] = ORI(29, up ? 0 : n, 0);
	for (i = 0; i < n; i++)
		w[k++] = up ? ORI(i, i + 1, 0) : ORI(n - i, n - i - 1, 0);
	if (ring)
		w[k++] = ORI(up ? n : 0, 29, 0);
	branch = k++;
	for (i = 0; i <= n; i++)
		w[k++] = ADDI(i, 30, i);
	w[k] = B(4 - 4 * (s32)k);
	k++;
	w[branch] = 16u << 26 | 12 << 21 | 2 << 16 | 4 * (k - branch); /* beq */
	w[k++] = SC1;
	poke(&h, 0x1000, w, k);
	h.s[0]->gpr[30] = 0x7000;
	expect_hcall(&h, 0);
	for (i = 0; i <= n; i++) {
		u32 from = up ? (i < n ? i + 1 : ring ? 0 : n) : i ? i - 1 : ring ? n : 0;

		assert_int_equal(h.s[0]->gpr[i], 0x7000 + from);
	}
	harness_end(&h);
}

static void test_side_exits(void **state)
{
	for (u32 n = 3; n <= 28; n += 5) {
		side_exit(n, false, false);
		side_exit(n, true, false);
		side_exit(n, false, true);
		side_exit(n, true, true);
	}
}

/* A back end whose thread of tier 2 gets no time. */
static const struct backend_ops *real;
static u64 vcpu_thread;
static _Atomic bool let_go;

static int compile_unless_thread(struct backend *b, const struct ir_region *r,
				 const struct backend_unit *unit, struct backend_code **code)
{
	struct os_wake never;

	os_wake_init(&never);
	while (unit->tier == 2 && os_thread_self() != vcpu_thread && !atomic_load(&let_go))
		os_wake_wait(&never, os_clock_ns() + 1000000);
	return real->compile(b, r, unit, code);
}

static void test_helps_the_thread(void **state)
{
	struct backend_ops starved = *test_backend();
	struct translator_config config = {.tier2_after = 5, .backend = &starved};
	u64 end = os_clock_ns() + 60000000000ull;
	struct harness h;

	real = test_backend();
	vcpu_thread = os_thread_self();
	atomic_store(&let_go, false);
	starved.compile = compile_unless_thread;
	harness_begin(&h, 1, config);
	POKE(&h, 0x1000, NOP, CMPWI(4, 1), BNE(12), ADDI(5, 5, 1), NOP, ADDI(3, 3, 1),
	     ADDI(6, 6, 1), BDNZ(-24), SC1);
	while (!stat(&h, "tier2.regions") && os_clock_ns() < end) {
		run_loop(&h, 20000);
		assert_int_equal(h.s[0]->gpr[3], 20000);
	}
	assert_true(stat(&h, "tier2.regions") && stat(&h, "tier2.helped"));
	run_loop(&h, 1000);
	assert_int_equal(h.s[0]->gpr[3], 1000);
	atomic_store(&let_go, true);
	harness_end(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_helps_the_thread),
		cmocka_unit_test(test_written_from_outside),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_thread),
		cmocka_unit_test(test_written_by_another),
		cmocka_unit_test(test_written_while_kicked),
		cmocka_unit_test(test_side_exits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
