// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines, echo and commands of the monitor; keys of viewers' symbols. */
#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "control/monitor.h"
#include "host/vnc.h"

static char said[65536], args_seen[MONITOR_LINE_MAX];
static u32 runs;

static void put(void *opaque, const char *text, size_t len)
{
	size_t n = strlen(said);

	assert_true(n + len < sizeof(said));
	memcpy(said + n, text, len);
	said[n + len] = 0;
}

static void run(struct monitor *m, void *opaque, const char *args)
{
	assert_ptr_equal(opaque, &runs);
	runs++;
	strcpy(args_seen, args);
	monitor_print(m, "one\ntwo %d\n", 2);
}

static const struct monitor_command commands[] = {
	{"dump", "FILE", "writes", run},
	{"bare", "", "takes nothing", run},
	{"info all of", "WHAT", "a name of words", run},
	{"info", "WHAT", "the first of these", run},
	{"limits", "A_LONG_WORD ANOTHER_LONG_WORD A_THIRD_LONG_WORD THE_LAST_WORD", "long", run},
};

static struct monitor *make(void)
{
	static const struct monitor_table table = {commands, ARRAY_SIZE(commands), &runs};
	const struct monitor_config c = {.nr_tables = 1, .tables = &table, .write = put};

	said[0] = args_seen[0] = 0;
	runs = 0;
	return monitor_create(&c);
}

static void type(struct monitor *m, const char *text)
{
	monitor_receive(m, (const u8 *)text, strlen(text));
}

static void test_lines(void **state)
{
	struct monitor *m = make();

	monitor_greet(m);
	assert_non_null(strstr(said, "(qemu) "));
	said[0] = 0;
	type(m, "dump  a b \r\n");
	assert_string_equal(args_seen, "a b");
	assert_string_equal(said, "dump  a b \r\none\r\ntwo 2\r\n(qemu) ");
	assert_int_equal(runs, 1);
	/* corrected: backspace, a whole line, a terminal's cursor keys */
	type(m, "dumx\bp f\177g\nzzz\025bare\033[A\033OB\n");
	assert_string_equal(args_seen, "");
	assert_int_equal(runs, 3);
	said[0] = 0;
	type(m, "bare x\nfoo\n\nhelp\n");
	assert_int_equal(runs, 3);
	assert_non_null(strstr(said, "takes nothing\r\n"));
	assert_non_null(strstr(said, "unknown command: 'foo'\r\n(qemu) \r\n(qemu) help"));
	assert_non_null(strstr(said, "dump FILE"));
	/* names of words; what only begins like one is another */
	type(m, "info  x y\n");
	assert_string_equal(args_seen, "x y");
	type(m, "info all of  them\n");
	assert_string_equal(args_seen, "them");
	type(m, "info all office\n");
	assert_string_equal(args_seen, "all office");
	assert_int_equal(runs, 6);
	said[0] = 0;
	monitor_print_names(m, "info");
	assert_string_equal(said, "info all of\r\n");
	monitor_destroy(m);
}

static void test_help(void **state)
{
	struct monitor *m = make();

	type(m, "help\n");
	assert_non_null(strstr(said, "bare "));
	assert_non_null(strstr(said, "A_THIRD_LONG_WORD THE_LAST_WORD long\r\n"));
	said[0] = 0;
	type(m, "help info\n");
	assert_non_null(strstr(said, "info WHAT"));
	assert_non_null(strstr(said, "info all of WHAT"));
	assert_null(strstr(said, "bare"));
	said[0] = 0;
	type(m, "help inf\n");
	assert_non_null(strstr(said, "unknown command: 'inf'\r\n(qemu) "));
	monitor_destroy(m);
}

static void test_long(void **state)
{
	struct monitor *m = make();
	char text[3 * MONITOR_LINE_MAX];

	memset(text, 'x', sizeof(text));
	memcpy(text, "dump ", 5);
	text[sizeof(text) - 1] = 0;
	type(m, text);
	type(m, "\n");
	assert_int_equal(runs, 1);
	assert_int_equal(strlen(args_seen), MONITOR_LINE_MAX - 1 - 5);
	for (u32 i = 0; i < 2 * MONITOR_LINE_MAX; i++)
		type(m, "\b");
	for (u32 i = 1; i < 256; i++)
		monitor_receive(m, &(u8){(u8)i}, 1);
	monitor_destroy(m);
}

static void test_keys(void **state)
{
	assert_int_equal(vnc_key('a'), KEY_A);
	assert_int_equal(vnc_key('A'), KEY_A);
	assert_int_equal(vnc_key('!'), KEY_1);
	assert_int_equal(vnc_key(0xff0d), KEY_ENTER);
	assert_int_equal(vnc_key(0xffbe), KEY_F1);
	assert_int_equal(vnc_key(0xffe1), KEY_LEFTSHIFT);
	assert_int_equal(vnc_key(0x20ac), 0);
	assert_int_equal(vnc_key(0xffffffff), 0);
	assert_int_equal(vnc_key(0), 0);
	for (u32 c = ' '; c < 127; c++)
		assert_int_not_equal(vnc_key(c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines),
					   cmocka_unit_test(test_help), cmocka_unit_test(test_long),
					   cmocka_unit_test(test_keys)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
