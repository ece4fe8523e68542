// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory for generated code: pieces never overlap, keep what was written, and join when freed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/x86_64/core.h"

enum { SIZE = 1 << 20, PIECES = 2000, ROUNDS = 200000 };

struct piece {
	u32 at, units;
	u8 fill;
};

static u8 *bytes_of(struct code_memory *c, const struct piece *p)
{
	return c->map.rw + (size_t)p->at * CODE_UNIT;
}

static void check(struct code_memory *c, const struct piece *p)
{
	const u8 *b = bytes_of(c, p);
	size_t k;

	for (k = 0; k < (size_t)p->units * CODE_UNIT; k++)
		assert_int_equal(b[k], p->fill);
}

static u32 draw(u32 *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Mostly small pieces, now and then one of some KiB. */
static size_t draw_size(u32 *seed)
{
	return draw(seed) % (draw(seed) % 16 ? 600 : 20000) + 1;
}

static void test_random(void **state)
{
	struct piece *piece = calloc(PIECES, sizeof(*piece));
	u32 seed = 1, n, k, used = 0, refused = 0;
	struct code_memory c = {0};
	size_t most = SIZE - CODE_UNIT;

	assert_int_equal(code_init(&c, SIZE), 0);
	for (n = 0; n < ROUNDS; n++) {
		struct piece *p = &piece[draw(&seed) % PIECES];

		if (p->at) {
			check(&c, p);
			code_free(&c, p->at, p->units);
			used -= p->units;
			p->at = 0;
		} else {
			size_t size = draw_size(&seed);

			p->at = code_alloc(&c, size, &p->units);
			p->fill = (u8)n;
			if (!p->at) {
				refused++;
				continue;
			}
			assert_true((size_t)p->units * CODE_UNIT >= size);
			used += p->units;
			memset(bytes_of(&c, p), p->fill, (size_t)p->units * CODE_UNIT);
		}
		assert_int_equal(c.used, used);
	}
	assert_true(refused > 100);
	assert_true(used > most / CODE_UNIT / 2);
	for (k = 0; k < PIECES; k++) {
		if (!piece[k].at)
			continue;
		check(&c, &piece[k]);
		code_free(&c, piece[k].at, piece[k].units);
	}
	/* Nothing is left in splinters. */
	while (most > CODE_UNIT && !code_alloc(&c, most, &k))
		most -= CODE_UNIT;
	assert_true(most > SIZE - 21000);
	code_destroy(&c);
	free(piece);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
