// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Code that is rewritten while it runs. Two processors: one writes an instruction and signals, the
 * other runs it and answers, again and again. One processor: a loop that writes its own next
 * instruction. With PV_FULL=1 a million rounds of each form, else fewer; what was done when the
 * time is over is enough, but for the forms that the rest are variants of. PV_ROUNDS says another
 * number and knows no time, PV_STATS=1 prints counters. How long a round takes is printed, not
 * judged.
 */
#include "harness.h"

/* A million rounds are for the build that is measured. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SLOW 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SLOW 1
#endif
#endif
#ifndef SLOW
#define SLOW 0
#endif

enum {
	WRITER = 0x1000,
	READER = 0x4000,
	FEW = SLOW ? 1000 : 20000,
	MANY = SLOW ? 20000 : 1000000,
	AT_ONCE = SLOW ? 100 : 1000,
};

static const struct translator_config usual;
static const struct translator_config eager = {.tier2_after = 5};
static const struct translator_config exact = {.tier2_after = 5, .tier2_inline = true};
static const struct translator_config blocks = {.tier2_off = true};
static const struct translator_config records = {.leave_at_records = true};

struct limit {
	u32 rounds;
	u64 end;
};

static struct limit limit(bool variant)
{
	const char *rounds = getenv("PV_ROUNDS"), *said = getenv("PV_FULL");
	bool full = said && atoi(said);
	u64 seconds = rounds || (full && !variant) ? 36000 : full ? 20 : variant ? 3 : 10;

	return (struct limit){.rounds = rounds ? (u32)atoi(rounds)
					: full ? MANY
					       : FEW,
			      .end = os_clock_ns() + seconds * 1000000000};
}

static void run_thread(void *opaque)
{
	enum translator_stop stop = translator_run(opaque);

	assert_int_equal(stop, TRANSLATOR_STOP_HCALL);
}

static void print_stat(void *opaque, const char *name, u64 value)
{
	const u32 *count = opaque;

	if (value)
		print_message("%-32s %12llu %10.3f a round\n", name, (unsigned long long)value,
			      (double)value / *count);
}

static void report(struct harness *h, const char *form, u32 count, u64 start)
{
	print_message("%s: %u rounds, %.2f us each\n", form, count,
		      (double)(os_clock_ns() - start) / 1e3 / count);
	if (!getenv("PV_STATS"))
		return;
	translator_stats(h->t, NULL, print_stat, &count);
	for (u32 k = 0; k < 2; k++)
		if (h->cpu[k])
			translator_stats(h->t, h->cpu[k], print_stat, &count);
}

/* count rounds; both processors go on where they stopped. */
static void play_some(struct harness *h, u32 count)
{
	static const u64 entry[2] = {WRITER, READER};
	struct os_thread thread[2];
	u32 k;

	for (k = 0; k < 2; k++) {
		h->s[k]->pc = entry[k];
		h->s[k]->ctr = count;
		assert_int_equal(os_thread_create(&thread[k], "vcpu", run_thread, h->cpu[k]), 0);
	}
	for (k = 0; k < 2; k++)
		os_thread_join(&thread[k]);
}

/* r6: the instruction, r7: flag, r8: answer, CTR: rounds. The writer puts the round's number into
 * "addi r3,r3,0", r20; the reader compares what it adds with the number that it counts itself, so
 * one execution of an older instruction is enough: r14 counts them. */
static void play(struct harness *h, const char *form, struct limit l, u32 at, u32 flag)
{
	u64 start = os_clock_ns();
	u32 done, k;

	POKE(h, WRITER, NOP, ADDI(10, 10, 1), ANDI(11, 10, 0x7fff), ADD(11, 20, 11), STW(11, 0, 6),
	     SYNC, ICBI(0, 6), SYNC, STW(10, 0, 7), /* wait: */ LWZ(12, 0, 8), CMPW(12, 10),
	     BNE(-8), BDNZ(-44), SC1);
	for (k = 0; k < 2; k++) {
		h->s[k]->gpr[6] = at;
		h->s[k]->gpr[7] = flag;
		h->s[k]->gpr[8] = flag + 0x100;
		h->s[k]->gpr[20] = ADDI(3, 3, 0);
	}
	for (done = 0; done < l.rounds && os_clock_ns() < l.end; done += AT_ONCE) {
		play_some(h, AT_ONCE);
		assert_int_equal(h->s[1]->gpr[14], 0);
		assert_int_equal(h->s[1]->gpr[10], done + AT_ONCE);
		assert_int_equal(ld_be32((u8 *)h->ram.base + flag + 0x100), done + AT_ONCE);
	}
	report(h, form, done, start);
}

/* The instruction is a routine in a page of its own. */
static void routine(struct translator_config config, const char *form, bool variant)
{
	struct harness h;

	harness_begin(&h, 2, config);
	POKE(&h, READER, NOP, ADDI(10, 10, 1), /* wait: */ LWZ(12, 0, 7), CMPW(12, 10), BNE(-8),
	     ISYNC, ADDI(3, 0, 0), BL(0x2000 - READER - 0x1c), ANDI(13, 10, 0x7fff), CMPW(3, 13),
	     BEQ(8), ADDI(14, 14, 1), STW(10, 0, 8), BDNZ(-48), SC1);
	POKE(&h, 0x2000, ADDI(3, 3, 0), BLR);
	play(&h, form, limit(variant), 0x2000, 0x5000);
	harness_end(&h);
}

static void test_routine(void **state)
{
	routine(usual, "routine", false);
}

static void test_routine_blocks(void **state)
{
	routine(blocks, "routine, tier 1 only", true);
}

static void test_routine_records(void **state)
{
	routine(records, "routine, leaving at records", true);
}

/* The instruction stands in the reader's loop. */
static void in_loop(struct translator_config config, const char *form, bool variant, u32 flag)
{
	struct harness h;

	harness_begin(&h, 2, config);
	POKE(&h, READER, NOP, ADDI(10, 10, 1), /* wait: */ LWZ(12, 0, 7), CMPW(12, 10), BNE(-8),
	     ADDI(3, 0, 0), ISYNC, /* written: */ ADDI(3, 3, 0), ANDI(13, 10, 0x7fff), CMPW(3, 13),
	     BEQ(8), ADDI(14, 14, 1), STW(10, 0, 8), BDNZ(-48), SC1);
	play(&h, form, limit(variant), READER + 0x1c, flag);
	harness_end(&h);
}

static void test_in_loop(void **state)
{
	in_loop(usual, "in a loop", false, 0x5000);
}

static void test_in_hot_loop(void **state)
{
	in_loop(eager, "in a loop, hot at once", true, 0x5000);
}

/* All words that are written stand in one page, in lines of their own. */
static void test_one_page(void **state)
{
	in_loop(usual, "in one page", true, READER + 0x800);
}

/* Every turn writes the next instruction but few. */
static void patch_itself(struct translator_config config, const char *form)
{
	struct limit l = limit(true);
	u64 start = os_clock_ns();
	u32 done;
	struct harness h;

	harness_begin(&h, 1, config);
	POKE(&h, 0x1000, NOP, ADDI(10, 10, 1), ANDI(11, 10, 0x7fff), ADD(12, 20, 11), STW(12, 0, 6),
	     SYNC, ICBI(0, 6), SYNC, ISYNC, ADDI(3, 0, 0), /* patched: */ ADDI(3, 3, 0),
	     CMPW(3, 11), BEQ(8), ADDI(14, 14, 1), BDNZ(-52), SC1);
	h.s[0]->gpr[6] = 0x1028;
	h.s[0]->gpr[20] = ADDI(3, 3, 0);
	for (done = 0; done < l.rounds && os_clock_ns() < l.end; done += AT_ONCE) {
		h.s[0]->pc = 0x1000;
		h.s[0]->ctr = AT_ONCE;
		run_thread(h.cpu[0]);
		assert_int_equal(h.s[0]->gpr[14], 0);
		assert_int_equal(h.s[0]->gpr[10], done + AT_ONCE);
	}
	report(&h, form, done, start);
	harness_end(&h);
}

static void test_patches_itself(void **state)
{
	patch_itself(usual, "patches itself");
}

static void test_patches_itself_hot(void **state)
{
	patch_itself(eager, "patches itself, hot at once");
}

static void test_patches_itself_exact(void **state)
{
	patch_itself(exact, "patches itself, hot at once, by itself");
}

static void take_invalidated(void *opaque, const char *name, u64 value)
{
	if (!strcmp(name, "code.invalidated"))
		*(u64 *)opaque = value;
}

static void expect_invalidated(struct harness *h, u64 ra, u32 word, u64 more)
{
	u64 before = 0, after = 0;

	translator_stats(h->t, NULL, take_invalidated, &before);
	poke(h, ra, &word, 1);
	translator_stats(h->t, NULL, take_invalidated, &after);
	assert_int_equal(after - before, more);
	h->s[0]->pc = 0x1000;
	run_thread(h->cpu[0]);
}

/* Four blocks in a line: who writes an instruction drops what contains it, who writes beside them
 * all of the line. */
static void test_neighbours(void **state)
{
	struct harness h;

	harness_begin(&h, 1, blocks);
	POKE(&h, 0x1000, B(0x10));
	POKE(&h, 0x1010, ADDI(3, 0, 1), B(0xc));
	POKE(&h, 0x1020, ADDI(4, 0, 1), B(0xdc));
	POKE(&h, 0x1100, SC1);
	run_thread(h.cpu[0]);
	expect_invalidated(&h, 0x1010, ADDI(3, 0, 2), 1);
	assert_int_equal(h.s[0]->gpr[3], 2);
	expect_invalidated(&h, 0x1018, 0, 3);
	expect_invalidated(&h, 0x1020, ADDI(4, 0, 2), 1);
	assert_int_equal(h.s[0]->gpr[4], 2);
	expect_invalidated(&h, 0x1200, 0, 0);
	harness_end(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_routine),
		cmocka_unit_test(test_routine_blocks),
		cmocka_unit_test(test_routine_records),
		cmocka_unit_test(test_in_loop),
		cmocka_unit_test(test_in_hot_loop),
		cmocka_unit_test(test_one_page),
		cmocka_unit_test(test_patches_itself),
		cmocka_unit_test(test_patches_itself_hot),
		cmocka_unit_test(test_patches_itself_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
