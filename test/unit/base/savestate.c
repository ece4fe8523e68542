// SPDX-License-Identifier: GPL-2.0-or-later
/* Saved-state streams: round trip, unknown and missing fields, damage, coverage. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/savestate.h"

struct inner {
	u16 a, b;
};

struct outer {
	u64 big;
	u32 word;
	bool flag;
	u8 bytes[3];
	struct inner in[2];
	u64 rare;
};

static const struct state_field inner_fields[] = {
	STATE_FIELD(struct inner, a, STATE_U16),
	STATE_FIELD(struct inner, b, STATE_U16),
};
static const struct state_table inner_table = {
	.name = "inner", .size = sizeof(struct inner), .nr_fields = 2, .fields = inner_fields};

static bool rare_needed(const void *obj)
{
	return ((const struct outer *)obj)->rare != 0;
}

static const struct state_field rare_fields[] = {STATE_FIELD(struct outer, rare, STATE_U64)};
static const struct state_table rare_table = {.name = "rare",
					      .size = sizeof(struct outer),
					      .nr_fields = 1,
					      .fields = rare_fields,
					      .needed = rare_needed};
static const struct state_table *const subs[] = {&rare_table, NULL};

static const struct state_field outer_fields[] = {
	STATE_FIELD(struct outer, big, STATE_U64),
	STATE_FIELD(struct outer, word, STATE_U32),
	STATE_FIELD(struct outer, flag, STATE_BOOL),
	STATE_ARRAY(struct outer, bytes, STATE_U8),
	STATE_STRUCT_ARRAY(struct outer, in, &inner_table),
};
static const struct state_table outer_table = {.name = "outer",
					       .size = sizeof(struct outer),
					       .nr_fields = ARRAY_SIZE(outer_fields),
					       .fields = outer_fields,
					       .subsections = subs};

struct buffer {
	u8 data[1024];
	size_t len, pos;
};

static int buf_write(void *opaque, const void *p, size_t len)
{
	struct buffer *b = opaque;

	assert_true(b->len + len <= sizeof(b->data));
	memcpy(b->data + b->len, p, len);
	b->len += len;
	return 0;
}

static int buf_read(void *opaque, void *p, size_t len)
{
	struct buffer *b = opaque;

	if (len > b->len - b->pos)
		return -EIO;
	memcpy(p, b->data + b->pos, len);
	b->pos += len;
	return 0;
}

static int load(struct buffer *b, const struct state_table *t, void *obj, struct error *e)
{
	struct state_reader r = {buf_read, b};
	struct state_head h;
	int err;

	b->pos = 0;
	err = state_read_head(&r, &h, e);
	return err ? err : state_load(&r, t, obj, e);
}

static const struct outer sample = {0x123456789abcdef0ull, 77, true, {1, 2, 3},
				    {{4, 5}, {6, 7}},	   9};

static void save(struct buffer *b, const struct state_table *t, const struct outer *from)
{
	struct state_writer w = {buf_write, b, 0};
	struct outer copy = *from;

	b->len = 0;
	state_save(&w, t, 3, &copy);
	state_write_end(&w);
	assert_int_equal(w.err, 0);
}

static void test_round_trip(void **state)
{
	struct buffer b;
	struct outer got;
	struct error e;

	save(&b, &outer_table, &sample);
	memset(&got, 0, sizeof(got));
	assert_int_equal(load(&b, &outer_table, &got, &e), 0);
	assert_memory_equal(&got, &sample, sizeof(got));
}

static void test_every_truncation_fails(void **state)
{
	struct buffer b;
	struct outer got;
	struct error e;

	save(&b, &outer_table, &sample);
	for (size_t n = b.len - 1; n--;) { /* the end marker is not read here */
		struct buffer cut = b;

		cut.len = n;
		assert_true(load(&cut, &outer_table, &got, &e) < 0);
	}
}

static void test_unknown_and_missing(void **state)
{
	struct state_table less = outer_table;
	struct state_field soft[ARRAY_SIZE(outer_fields)];
	struct state_table later = outer_table;
	struct buffer b;
	struct outer got = {0};
	struct error e;

	less.fields = outer_fields + 1;
	less.nr_fields--;
	save(&b, &outer_table, &sample);
	assert_int_equal(load(&b, &less, &got, &e), -EINVAL);
	assert_string_equal(e.text, "saved state of outer has an unknown field big");
	save(&b, &less, &sample);
	assert_int_equal(load(&b, &outer_table, &got, &e), -EINVAL);
	assert_string_equal(e.text, "saved state of outer lacks field big");

	memcpy(soft, outer_fields, sizeof(soft));
	soft[0].flags = STATE_SKIPPABLE | STATE_DEFAULT;
	later.fields = soft;
	save(&b, &later, &sample);
	assert_int_equal(load(&b, &less, &got, &e), 0);
	save(&b, &less, &sample);
	got.big = 42;
	assert_int_equal(load(&b, &later, &got, &e), 0);
	assert_int_equal(got.big, 42);
}

static void test_subsection(void **state)
{
	struct outer plain = sample, got;
	struct buffer b;
	struct error e;

	plain.rare = 0;
	save(&b, &outer_table, &plain);
	memset(&got, 0, sizeof(got));
	assert_int_equal(load(&b, &outer_table, &got, &e), 0);
	assert_int_equal(got.rare, 0);
	save(&b, &outer_table, &sample);
	struct state_table without = outer_table;
	without.subsections = NULL;
	assert_int_equal(load(&b, &without, &got, &e), -EINVAL);
}

static void test_coverage(void **state)
{
	struct state_table t = outer_table;

	assert_int_equal(state_table_check(&t), ~0u);
	t.subsections = NULL;
	assert_int_equal(state_table_check(&t), offsetof(struct outer, rare));
	t.subsections = subs;
	t.nr_fields--;
	assert_int_equal(state_table_check(&t), offsetof(struct outer, in));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_truncation_fails),
		cmocka_unit_test(test_unknown_and_missing),
		cmocka_unit_test(test_subsection),
		cmocka_unit_test(test_coverage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
