// SPDX-License-Identifier: GPL-2.0-or-later
/* XICS against sequences worked out by hand from LoPAPR's rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pv/xics.h"

enum { A = XICS_IRQ_BASE, B = XICS_IRQ_BASE + 1, LSI = XICS_IRQ_BASE + 2 };

static bool line[2];

static void set_line(void *opaque, u32 server, bool level)
{
	(void)opaque;
	line[server] = level;
}

static int setup(void **state)
{
	struct xics *x = xics_create(2, 4, set_line, NULL);

	xics_set_lsi(x, LSI, true);
	xics_cppr(x, 0, 0xff);
	xics_cppr(x, 1, 0xff);
	xics_set_xive(x, A, 0, 5);
	xics_set_xive(x, B, 0, 4);
	xics_set_xive(x, LSI, 0, 5);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	xics_destroy(*state);
	return 0;
}

static void test_accept_and_end(void **state)
{
	struct xics *x = *state;

	xics_set_irq(x, A, true);
	assert_true(line[0]);
	assert_int_equal(xics_xirr(x, 0), 0xff000000u | A);
	assert_false(line[0]);
	assert_int_equal(xics_xirr(x, 0), 0x05000000u);
	assert_int_equal(xics_eoi(x, 0, 0xff000000u | A), 0);
	assert_false(line[0]);
	assert_int_equal(xics_eoi(x, 0, 0xff000000u | 0x9999), -22);
}

static void test_more_favoured_displaces(void **state)
{
	struct xics *x = *state;

	xics_set_irq(x, A, true);
	xics_set_irq(x, B, true);
	assert_int_equal(xics_xirr(x, 0), 0xff000000u | B);
	/* A waits: not favoured enough while B is served */
	assert_false(line[0]);
	xics_eoi(x, 0, 0xff000000u | B);
	assert_true(line[0]);
	assert_int_equal(xics_xirr(x, 0), 0xff000000u | A);
}

static void test_ipi(void **state)
{
	struct xics *x = *state;
	u32 xirr;
	u8 mfrr;

	assert_int_equal(xics_ipi(x, 7, 4), -22);
	assert_int_equal(xics_ipi(x, 1, 4), 0);
	assert_true(line[1]);
	assert_false(line[0]);
	assert_int_equal(xics_ipoll(x, 1, &xirr, &mfrr), 0);
	assert_int_equal(xirr, 0xff000000u | XICS_IPI);
	assert_int_equal(mfrr, 4);
	assert_int_equal(xics_xirr(x, 1), 0xff000000u | XICS_IPI);
	xics_ipi(x, 1, 0xff);
	xics_eoi(x, 1, 0xff000000u | XICS_IPI);
	assert_false(line[1]);
	/* not withdrawn before the EOI: it comes again */
	xics_ipi(x, 1, 4);
	xics_xirr(x, 1);
	xics_eoi(x, 1, 0xff000000u | XICS_IPI);
	assert_true(line[1]);
}

static void test_level_source(void **state)
{
	struct xics *x = *state;

	xics_set_irq(x, LSI, true);
	assert_int_equal(xics_xirr(x, 0), 0xff000000u | LSI);
	xics_set_irq(x, LSI, true);
	assert_false(line[0]);
	xics_eoi(x, 0, 0xff000000u | LSI); /* still asserted */
	assert_true(line[0]);
	xics_xirr(x, 0);
	xics_set_irq(x, LSI, false);
	xics_eoi(x, 0, 0xff000000u | LSI);
	assert_false(line[0]);
}

static void test_mask(void **state)
{
	struct xics *x = *state;
	u32 server;
	u8 priority;

	xics_int_off(x, A);
	xics_int_off(x, A);
	xics_set_irq(x, A, true);
	assert_false(line[0]);
	xics_int_on(x, A);
	assert_true(line[0]);
	xics_get_xive(x, A, &server, &priority);
	assert_int_equal(priority, 5);
	assert_int_equal(xics_set_xive(x, A, 2, 5), -22);
	assert_int_equal(xics_set_xive(x, 5, 0, 5), -22);
}

static void test_cppr_rejects(void **state)
{
	struct xics *x = *state;

	xics_set_irq(x, A, true);
	xics_cppr(x, 0, 5);
	assert_false(line[0]);
	xics_cppr(x, 0, 6);
	assert_true(line[0]);
}

static void test_retarget_while_waiting(void **state)
{
	struct xics *x = *state;

	xics_cppr(x, 0, 0);
	xics_set_irq(x, A, true);
	assert_false(line[0]);
	xics_set_xive(x, A, 1, 5);
	assert_true(line[1]);
}

static void test_state_round_trip(void **state)
{
	struct xics *x = *state, *y = xics_create(2, 4, set_line, NULL);
	u32 n;

	xics_set_irq(x, A, true);
	xics_set_irq(x, B, true);
	xics_xirr(x, 0);
	xics_set_irq(x, LSI, true);
	xics_ipi(x, 1, 3);
	for (n = 0; n < 4; n++)
		assert_int_equal(xics_set_source(y, A + n, xics_get_source(x, A + n)), 0);
	for (n = 0; n < 2; n++)
		assert_int_equal(xics_set_icp(y, n, xics_get_icp(x, n)), 0);
	assert_true(line[1]);
	xics_eoi(y, 0, 0xff000000u | B);
	assert_true(line[0]);
	assert_int_equal(xics_xirr(y, 0) & 0xffffff, A);
	xics_eoi(y, 0, 0xff000000u | A);
	assert_int_equal(xics_xirr(y, 0) & 0xffffff, LSI);
	assert_int_equal(xics_xirr(y, 1) & 0xffffff, XICS_IPI);
	assert_int_equal(xics_set_source(y, A, 17), -22);
	assert_int_equal(xics_set_icp(y, 0, 0x99ull << 32), -22);
	xics_destroy(y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_accept_and_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more_favoured_displaces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ipi, setup, teardown),
		cmocka_unit_test_setup_teardown(test_level_source, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mask, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cppr_rejects, setup, teardown),
		cmocka_unit_test_setup_teardown(test_retarget_while_waiting, setup, teardown),
		cmocka_unit_test_setup_teardown(test_state_round_trip, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
