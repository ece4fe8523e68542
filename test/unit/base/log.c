// SPDX-License-Identifier: GPL-2.0-or-later
/* The formatter against the C library's, and the sink. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/log.h"

#define SAME(...)                                                                                  \
	do {                                                                                       \
		char ours[128], theirs[128];                                                       \
		int a = log_format(ours, sizeof(ours), __VA_ARGS__);                               \
		int b = snprintf(theirs, sizeof(theirs), __VA_ARGS__);                             \
		assert_int_equal(a, b);                                                            \
		assert_string_equal(ours, theirs);                                                 \
	} while (0)

static void test_formats(void **state)
{
	SAME("plain %% text");
	SAME("%d %i %u", -5, 2147483647, 4000000000u);
	SAME("%5d|%-5d|%05d|%+d|% d", 42, 42, -42, 42, 42);
	SAME("%x %X %#x %#X %#x", 0xbeefu, 0xbeefu, 0xbeefu, 0xbeefu, 0u);
	SAME("%016llx %lx %hhx %hx", 0x123456789abcdefull, 0xfffful, (u8)0x12, (u16)0x1234);
	SAME("%lld %ld %hhd %zu", (long long)INT64_MIN, -1l, (s8)-1, (size_t)77);
	SAME("%s|%10s|%-10s|%.2s|%*s|%.*s", "abc", "abc", "abc", "abc", 6, "abc", 1, "abc");
	SAME("%c%c %p", 'a', 'b', (void *)0x1234);
	SAME("%.3d %8.3d %.0d", 5, 5, 0);
	SAME("%*d|%-*d", -6, 1, 6, 1);
}

static void test_truncation(void **state)
{
	char buf[5];

	assert_int_equal(log_format(buf, sizeof(buf), "%s", "abcdefgh"), 8);
	assert_string_equal(buf, "abcd");
	assert_int_equal(log_format(NULL, 0, "%d", 1234), 4);
}

static void keep(void *opaque, const char *text, size_t len)
{
	strncat(opaque, text, len);
}

static void test_sink(void **state)
{
	char got[1200] = "", longest[700];

	log_printf(LOG_INT, "lost");
	log_set(LOG_INT, keep, got);
	log_printf(LOG_MMU, "not enabled");
	log_printf(LOG_INT | LOG_MMU, "v=%d\n", 3);
	log_warn("odd %s", "thing");
	assert_string_equal(got, "v=3\npowervisor: odd thing\n");
	got[0] = 0;
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = 0;
	log_warn("%s", longest);
	assert_int_equal(got[strlen(got) - 1], '\n');
	log_set(0, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_sink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
