// SPDX-License-Identifier: GPL-2.0-or-later
/* XIVE driven the way Linux's xive/spapr backend does, with expectations worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pv/xive.h"

enum { QPAGE = 0x20000, MGMT = 1 << XIVE_PAGE_SHIFT };
enum { ACK_OS = XIVE_TIMA_OS + 0x810, CPPR = XIVE_TIMA_OS + 0x11 };
enum { LOAD_EOI = 0x000, GET = 0x800, SET_00 = 0xc00, SET_01 = 0xd00, SET_10 = 0xe00 };

static bool line[2];
static u32 memory[1 << 16]; /* as big-endian words in host order */

static void set_line(void *opaque, u32 server, bool level)
{
	(void)opaque;
	line[server] = level;
}

static bool is_memory(void *opaque, u64 gpa, u64 len)
{
	(void)opaque;
	return gpa < sizeof(memory) && len <= sizeof(memory) - gpa;
}

static bool store_be32(void *opaque, u64 gpa, u32 value)
{
	if (!is_memory(opaque, gpa, 4))
		return false;
	memory[gpa / 4] = value;
	return true;
}

static u64 mgmt(struct xive *x, u32 lisn, u32 op)
{
	return xive_esb_load(x, (u64)lisn * XIVE_ESB_STRIDE + MGMT + op);
}

static int setup(void **state)
{
	const struct xive_host host = {
		.set_line = set_line, .store_be32 = store_be32, .is_memory = is_memory};
	struct xive *x = xive_create(2, 8, &host);
	u32 bad;

	memset(memory, 0, sizeof(memory));
	xive_claim(x, 0, false);
	xive_claim(x, 1, true);
	xive_claim(x, 2, false);
	assert_int_equal(xive_set_queue(x, 0, 6, QPAGE, 12, true, &bad), 0);
	assert_int_equal(xive_set_source(x, 0, 0, 6, 0x123, true), 0);
	assert_int_equal(xive_set_source(x, 1, 0, 6, 0x456, true), 0);
	mgmt(x, 0, SET_00);
	mgmt(x, 1, SET_00);
	xive_tima_store(x, 0, CPPR, 1, 0xff);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	xive_destroy(*state);
	return 0;
}

static void test_message(void **state)
{
	struct xive *x = *state;

	xive_set_irq(x, 0, true);
	assert_true(line[0]);
	assert_int_equal(memory[QPAGE / 4], 0x80000123u);
	assert_int_equal(mgmt(x, 0, GET), 2);
	assert_int_equal(xive_tima_load(x, 0, ACK_OS, 2), 0x8006);
	assert_false(line[0]);
	/* again before the EOI: only noted */
	xive_set_irq(x, 0, true);
	assert_int_equal(memory[QPAGE / 4 + 1], 0);
	assert_int_equal(mgmt(x, 0, LOAD_EOI), 1);
	assert_int_equal(memory[QPAGE / 4 + 1], 0x80000123u);
	assert_false(line[0]); /* CPPR is 6: not more favoured */
	xive_tima_store(x, 0, CPPR, 1, 0xff);
	assert_true(line[0]);
	xive_tima_load(x, 0, ACK_OS, 2);
	assert_int_equal(mgmt(x, 0, LOAD_EOI), 0);
	xive_tima_store(x, 0, CPPR, 1, 0xff);
	assert_false(line[0]);
	assert_int_equal(xive_tima_load(x, 0, ACK_OS, 2), 0x00ff);
}

static void test_level(void **state)
{
	struct xive *x = *state;

	xive_set_irq(x, 1, true);
	assert_int_equal(memory[QPAGE / 4], 0x80000456u);
	xive_tima_load(x, 0, ACK_OS, 2);
	mgmt(x, 1, LOAD_EOI);
	assert_int_equal(memory[QPAGE / 4 + 1], 0x80000456u);
	xive_set_irq(x, 1, false);
	mgmt(x, 1, LOAD_EOI);
	assert_int_equal(memory[QPAGE / 4 + 2], 0);
	/* masked, asserted, unmasked */
	assert_int_equal(mgmt(x, 1, SET_01), 0);
	xive_set_irq(x, 1, true);
	assert_int_equal(memory[QPAGE / 4 + 2], 0);
	assert_int_equal(mgmt(x, 1, SET_00), 1);
	assert_int_equal(memory[QPAGE / 4 + 2], 0x80000456u);
}

static void test_queue_wraps(void **state)
{
	struct xive *x = *state;
	u32 n;

	for (n = 0; n < 1025; n++) {
		xive_set_irq(x, 0, true);
		mgmt(x, 0, LOAD_EOI);
	}
	assert_int_equal(memory[QPAGE / 4 + 1023], 0x80000123u);
	assert_int_equal(memory[QPAGE / 4], 0x00000123u);
	assert_int_equal(memory[QPAGE / 4 + 1], 0x80000123u);
}

static void test_trigger_page_is_ipi(void **state)
{
	struct xive *x = *state;

	xive_esb_store(x, 0, 0);
	assert_true(line[0]);
	xive_esb_store(x, 5ull * XIVE_ESB_STRIDE, 0);	   /* unclaimed */
	xive_esb_store(x, 0xffffull * XIVE_ESB_STRIDE, 0); /* absent */
	assert_int_equal(xive_esb_load(x, 0xffffull * XIVE_ESB_STRIDE + MGMT), ~0ull);
}

static void test_bad_parameters(void **state)
{
	struct xive *x = *state;
	u32 bad;

	assert_int_equal(xive_set_queue(x, 2, 6, QPAGE, 12, true, &bad), -22);
	assert_int_equal(bad, 1);
	assert_int_equal(xive_set_queue(x, 0, 8, QPAGE, 12, true, &bad), -22);
	assert_int_equal(bad, 2);
	assert_int_equal(xive_set_queue(x, 0, 6, QPAGE + 4, 12, true, &bad), -22);
	assert_int_equal(bad, 3);
	assert_int_equal(xive_set_queue(x, 0, 6, 1ull << 40, 12, true, &bad), -22);
	assert_int_equal(bad, 3);
	assert_int_equal(xive_set_queue(x, 0, 6, QPAGE, 13, true, &bad), -22);
	assert_int_equal(bad, 4);
	assert_int_equal(xive_set_source(x, 5, 0, 6, 0, true), -22);
	assert_int_equal(xive_set_source(x, 0, 9, 6, 0, true), -22);
	assert_int_equal(xive_set_source(x, 0, 0, 8, 0, true), -22);
	assert_int_equal(xive_set_source(x, 0, 9, XIVE_MASKED, 0, true), 0);
	xive_set_irq(x, 0, true);
	assert_false(line[0]);
}

static void test_unmapped_tima(void **state)
{
	struct xive *x = *state;

	assert_int_equal(xive_tima_load(x, 0, 0, 1), 0xff);
	assert_int_equal(xive_tima_load(x, 9, ACK_OS, 2), 0xffff);
	xive_tima_store(x, 9, CPPR, 1, 0);
	assert_int_equal(xive_tima_load(x, 0, XIVE_TIMA_OS + 0x18, 4), 0x80000000u);
}

static void test_state_round_trip(void **state)
{
	const struct xive_host host = {
		.set_line = set_line, .store_be32 = store_be32, .is_memory = is_memory};
	struct xive *x = *state, *y = xive_create(2, 8, &host);
	struct xive_source_state s;
	struct xive_queue_state q;
	u32 n;

	xive_set_irq(x, 0, true);
	xive_set_irq(x, 0, true);
	for (n = 0; n < 8; n++) {
		assert_int_equal(xive_get_source_state(x, n, &s), 0);
		assert_int_equal(xive_set_source_state(y, &s), 0);
	}
	for (n = 0; n < 2 * XIVE_PRIORITIES; n++) {
		assert_int_equal(xive_get_queue_state(x, n / 8, n % 8, &q), 0);
		assert_int_equal(xive_set_queue_state(y, &q), 0);
	}
	line[0] = false;
	assert_int_equal(xive_set_context(y, 0, xive_get_context(x, 0)), 0);
	assert_true(line[0]);
	assert_int_equal(xive_tima_load(y, 0, ACK_OS, 2), 0x8006);
	assert_int_equal(mgmt(y, 0, LOAD_EOI), 1);
	assert_int_equal(memory[QPAGE / 4 + 1], 0x80000123u);
	q.index = 1 << 30;
	q.shift = 12;
	assert_int_equal(xive_set_queue_state(y, &q), -22);
	xive_destroy(y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_message, setup, teardown),
		cmocka_unit_test_setup_teardown(test_level, setup, teardown),
		cmocka_unit_test_setup_teardown(test_queue_wraps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trigger_page_is_ipi, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_parameters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unmapped_tima, setup, teardown),
		cmocka_unit_test_setup_teardown(test_state_round_trip, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
