// SPDX-License-Identifier: GPL-2.0-or-later
/* Who gets keys and pointer events. */
#include "host/input.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct heard {
	u32 keys, pointers, code, buttons;
	s32 x, y, wheel;
	bool down;
};

static void heard_key(void *opaque, u16 code, bool down)
{
	struct heard *h = opaque;

	h->keys++;
	h->code = code;
	h->down = down;
}

static void heard_pointer(void *opaque, s32 x, s32 y, u32 buttons, s32 wheel)
{
	struct heard *h = opaque;

	h->pointers++;
	h->x = x;
	h->y = y;
	h->buttons = buttons;
	h->wheel = wheel;
}

static struct input_sink sink(u32 kinds, struct heard *h)
{
	return (struct input_sink){kinds, heard_key, heard_pointer, h, 7};
}

static void test_routing(void **state)
{
	struct heard a = {0}, b = {0}, m = {0};
	struct input_sink keys_a = sink(INPUT_KEYS, &a), keys_b = sink(INPUT_KEYS, &b);
	struct input_sink mouse = sink(INPUT_RELATIVE, &m);
	struct input_hub *h = input_create();

	input_key(h, 30, true); /* nobody is there */
	assert_int_equal(input_add(h, &keys_a), 0);
	assert_int_equal(input_add(h, &keys_b), 0);
	assert_int_equal(input_add(h, &mouse), 0);
	input_key(h, 30, true);
	assert_int_equal(a.code, 30);
	assert_true(a.down);
	input_activate(h, &keys_b);
	input_key(h, 31, false);
	assert_int_equal(b.code, 31);
	assert_false(b.down);
	assert_int_equal(a.keys, 1);
	input_activate(h, &keys_a);
	input_remove(h, &keys_a);
	input_key(h, 32, true);
	assert_int_equal(b.code, 32);

	assert_false(input_takes(h, INPUT_ABSOLUTE));
	assert_true(input_takes(h, INPUT_RELATIVE));
	input_pointer_abs(h, 1, 2, 0, 0);
	assert_int_equal(m.pointers, 0);
	input_pointer_rel(h, -5, 6, INPUT_RIGHT, -1);
	assert_int_equal(m.x, -5);
	assert_int_equal(m.y, 6);
	assert_int_equal(m.buttons, INPUT_RIGHT);
	assert_int_equal(m.wheel, -1);
	input_remove(h, &keys_b);
	input_remove(h, &mouse);
	input_destroy(h);
}

static void test_limits(void **state)
{
	struct input_sink s[INPUT_MAX_SINKS + 1];
	struct input_hub *h = input_create();
	struct heard t = {0};

	for (u32 i = 0; i <= INPUT_MAX_SINKS; i++) {
		s[i] = sink(INPUT_ABSOLUTE, &t);
		assert_int_equal(input_add(h, &s[i]), i < INPUT_MAX_SINKS ? 0 : -ENOSPC);
	}
	input_pointer_abs(h, 0x8000, ~0u, 0, 0);
	assert_int_equal(t.x, INPUT_ABS_MAX);
	assert_int_equal(t.y, INPUT_ABS_MAX);
	for (u32 i = 0; i <= INPUT_MAX_SINKS; i++)
		input_remove(h, &s[i]);
	input_destroy(h);
	/* a machine without a display */
	assert_int_equal(input_add(NULL, &s[0]), 0);
	input_activate(NULL, &s[0]);
	input_remove(NULL, &s[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routing),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
