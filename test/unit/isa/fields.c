/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Field extractors: positions worked out by hand from the forms of Power ISA 3.0B, Book I 1.6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "isa/fields.h"

static void test_positions(void **state)
{
	(void)state;
	/* add. r1,r2,r3: 31 | 00001 | 00010 | 00011 | 0 | 100001010 | 1 */
	assert_int_equal(f_op(0x7c221a15), 31);
	assert_int_equal(f_rt(0x7c221a15), 1);
	assert_int_equal(f_ra(0x7c221a15), 2);
	assert_int_equal(f_rb(0x7c221a15), 3);
	assert_int_equal(f_rc(0x7c221a15), 1);
	assert_int_equal(f_oe(0x7c221a15), 0);
	assert_int_equal(f_oe(0x7c221e15), 1);
	assert_int_equal(f_xo9(0x7c221e15), 266);
	/* rlwinm r3,r4,5,6,7 */
	assert_int_equal(f_sh(0x5483298e), 5);
	assert_int_equal(f_mb(0x5483298e), 6);
	assert_int_equal(f_me(0x5483298e), 7);
	/* crand 4*cr7+so,4*cr1+lt,eq */
	assert_int_equal(f_bt(0x4fe41202), 31);
	assert_int_equal(f_ba(0x4fe41202), 4);
	assert_int_equal(f_bb(0x4fe41202), 2);
	/* mtcrf 0x81,r0; mtfsf 0x81,f0 */
	assert_int_equal(f_fxm(0x7c081120), 0x81);
	assert_int_equal(f_flm(0xfd02058e), 0x81);
}

static void test_signed(void **state)
{
	(void)state;
	assert_int_equal(f_d(0x38608000), -32768);
	assert_int_equal(f_d(0x38607fff), 32767);
	assert_int_equal(f_ui(0x6000ffff), 0xffff);
	/* DS and DQ: the low bits are opcode, not displacement. */
	assert_int_equal(f_ds(0xe864fffe), -4);
	assert_int_equal(f_dq(0xf464fffd), -16);
	assert_int_equal(f_dq(0xf4640015), 16);
	/* b .-4, b .+0x1fffffc, b .-0x2000000 */
	assert_int_equal(f_li(0x4bfffffc), -4);
	assert_int_equal(f_li(0x49fffffc), 0x1fffffc);
	assert_int_equal(f_li(0x4a000001), -0x2000000);
	assert_int_equal(f_bd(0x4082fffc), -4);
	assert_int_equal(f_bd(0x40827ffc), 0x7ffc);
	/* addpcis r3,D: d0 = bits 16-25, d1 = 11-15, d2 = 31 */
	assert_int_equal(f_dx(0x4c7fffc5), -1);
	assert_int_equal(f_dx(0x4c610004), 2);
	assert_int_equal(f_dx(0x4c600005), 1);
	assert_int_equal(f_dx(0x4c600044), 64);
	assert_int_equal(f_dx(0x4c608004), -32768);
	assert_int_equal(f_sim(0x107f030c), -1);
	assert_int_equal(f_te(0xec700086), -16);
}

static void test_split(void **state)
{
	(void)state;
	/* mflr r3: SPR 8; mfspr r3,1023; mfspr r3,0x3e0 (high half only) */
	assert_int_equal(f_spr(0x7c6802a6), 8);
	assert_int_equal(f_spr(0x7c7ffaa6), 1023);
	assert_int_equal(f_spr(0x7c60faa6), 0x3e0);
	/* rldicl r3,r4,33,34: sh = 1||00001 split, mb = 00010 with its high bit last */
	assert_int_equal(f_sh6(0x788308a2), 33);
	assert_int_equal(f_mb6(0x788308a2), 34);
	/* xxsel vs33,vs34,vs35,vs36 */
	assert_int_equal(f_xt(0xf022193f), 33);
	assert_int_equal(f_xa(0xf022193f), 34);
	assert_int_equal(f_xb(0xf022193f), 35);
	assert_int_equal(f_xc(0xf022193f), 36);
	/* lxv vs35,16(r4): TX is bit 28 */
	assert_int_equal(f_xt_dq(0xf4640019), 35);
	/* xvtstdcdp vs1,vs2,DCMX: dc = bit 25, dm = bit 29, dx = 11-15 */
	assert_int_equal(f_dcmx(0xf03f17a8), 0x1f);
	assert_int_equal(f_dcmx(0xf02017e8), 0x40);
	assert_int_equal(f_dcmx(0xf02017ac), 0x20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
