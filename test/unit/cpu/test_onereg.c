// SPDX-License-Identifier: GPL-2.0-or-later
/* Every byte of a processor's state is saved by some register, apart from those named here: the
 * proof that a new field of struct cpu_state was not forgotten. And every register keeps what was
 * set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cpu/onereg.h"
#include "isa/model.h"

#define RANGE(first, last)                                                                         \
	{                                                                                          \
		offsetof(struct cpu_state, first),                                                 \
			offsetof(struct cpu_state, last) + sizeof(((struct cpu_state *)0)->last)   \
	}
static const struct {
	size_t from, to;
} not_saved[] = {
	RANGE(wanted, cpu_index),	     /* the host's */
	RANGE(fp_suppressed, fp_suppressed), /* 0 between instructions */
	RANGE(cr_from, cr_from),
	{offsetof(struct cpu_state, fp_lazy), offsetof(struct cpu_state, vsr)}, /* the same */
	RANGE(event, event), /* empty between instructions */
	{offsetof(struct cpu_state, model), sizeof(struct cpu_state)}, /* host wiring */
};

static bool exempt(size_t at)
{
	for (unsigned i = 0; i < ARRAY_SIZE(not_saved); i++)
		if (at >= not_saved[i].from && at < not_saved[i].to)
			return true;
	return false;
}

/* Sum of everything saved. */
static u64 digest(const struct cpu_state *s)
{
	struct onereg_saved reg;
	u64 cursor = 0, h = 0;

	while (onereg_next_saved(s->model, &cursor, &reg)) {
		u64 v[2] = {0};

		assert_int_equal(cpu_get_reg(s, reg.id, v), 0);
		h = (h ^ v[0]) * 0x9e3779b97f4a7c15ull;
		h = (h ^ v[1]) * 0x9e3779b97f4a7c15ull;
	}
	return h;
}

/* Fields whose value is a few bits of a larger slot: low byte only. */
static bool narrow(size_t at)
{
	static const size_t fields[] = {
		offsetof(struct cpu_state, so),	     offsetof(struct cpu_state, ov),
		offsetof(struct cpu_state, ca),	     offsetof(struct cpu_state, ov32),
		offsetof(struct cpu_state, ca32),    offsetof(struct cpu_state, vscr_sat),
		offsetof(struct cpu_state, vscr_nj),
	};

	for (unsigned i = 0; i < ARRAY_SIZE(fields); i++)
		if (at >= fields[i] && at < fields[i] + 8)
			return at != fields[i];
	if (at >= offsetof(struct cpu_state, cr) && at < offsetof(struct cpu_state, lr))
		return (at - offsetof(struct cpu_state, cr)) % 8;
	return at >= offsetof(struct cpu_state, vrsave) + 4 &&
	       at < offsetof(struct cpu_state, vrsave) + 8;
}

/* State that exists in one of the models is enough: the others do not have it. */
static void test_every_byte_is_saved(void **state)
{
	bool *seen = calloc(1, sizeof(struct cpu_state));
	struct cpu_state *s = aligned_alloc(64, (sizeof(*s) + 63) & ~63ul);
	const struct cpu_model *model;

	for (unsigned m = 0; (model = cpu_model_at(m)); m++) {
		u64 clean;

		memset(s, 0, sizeof(*s));
		s->model = model;
		clean = digest(s);
		/* SPRs of other models have no number here: one pass over the slots of this one. */
		for (size_t at = 0; at < offsetof(struct cpu_state, model); at++) {
			if (seen[at] || exempt(at) || narrow(at))
				continue;
			/* The digest is slow: a byte in 8 of the uniform arrays. */
			if (at >= offsetof(struct cpu_state, slb) &&
			    at < offsetof(struct cpu_state, icount) && at % 8)
				continue;
			((u8 *)s)[at] = 1;
			seen[at] = digest(s) != clean;
			((u8 *)s)[at] = 0;
		}
	}
	for (size_t at = 0; at < offsetof(struct cpu_state, spr); at++)
		if (!seen[at] && !exempt(at) && !narrow(at))
			fail_msg("byte %zu of struct cpu_state is not saved", at);
	for (size_t at = offsetof(struct cpu_state, slb); at < offsetof(struct cpu_state, model);
	     at++)
		if (!seen[at] && !exempt(at) &&
		    (at >= offsetof(struct cpu_state, icount) || at % 8 == 0))
			fail_msg("byte %zu of struct cpu_state is not saved", at);
	/* SPR slots: those that a row stores in and that some model has. */
	for (unsigned id = 0; id < SPR_ID_COUNT; id++) {
		const struct spr_row *row = spr_row(id);
		size_t at = offsetof(struct cpu_state, spr) + 8 * id;
		bool exists = false;

		for (unsigned m = 0; (model = cpu_model_at(m)); m++)
			exists |= spr_find(model, row->number) == row;
		if (exists && row->store == id && spr_slot(row) == at && !seen[at])
			fail_msg("SPR %s is not saved", row->name);
	}
	free(s);
	free(seen);
}

static void test_set_then_get(void **state)
{
	const struct cpu_model *model;

	for (unsigned m = 0; (model = cpu_model_at(m)); m++) {
		struct cpu_state *s = aligned_alloc(64, (sizeof(*s) + 63) & ~63ul);
		struct cpu_state *t = aligned_alloc(64, (sizeof(*s) + 63) & ~63ul);
		struct onereg_saved reg;
		u64 cursor = 0;

		memset(s, 0, sizeof(*s));
		for (size_t i = 0; i < offsetof(struct cpu_state, model); i++)
			((u8 *)s)[i] = narrow(i) ? 0 : (u8)(i * 37 + 1);
		s->so &= 1;
		s->ov &= 1;
		s->ca &= 1;
		s->ov32 &= 1;
		s->ca32 &= 1;
		s->vscr_sat &= 1;
		s->vscr_nj &= 1;
		for (int i = 0; i < 8; i++)
			s->cr[i] &= 15;
		s->xer_rest &= 0x7f;
		s->model = model;
		memset(t, 0, sizeof(*t));
		t->model = model;
		while (onereg_next_saved(model, &cursor, &reg)) {
			u64 v[2] = {0};

			assert_int_equal(onereg_saved_id(model, reg.name, reg.element), reg.id);
			assert_int_equal(cpu_get_reg(s, reg.id, v), 0);
			assert_int_equal(cpu_set_reg(t, reg.id, v), 0);
		}
		assert_true(digest(s) == digest(t));
		free(s);
		free(t);
	}
}

static void test_unknown(void **state)
{
	struct cpu_state *s = calloc(1, sizeof(*s) + 64);
	u64 v = 0;

	s->model = cpu_model_find("power9");
	assert_true(cpu_get_reg(s, ONEREG_PPC | ONEREG_SIZE_U64 | 0xfff, &v) < 0);
	assert_true(cpu_set_reg(s, ONEREG_SPR(1000), &v) < 0);
	assert_int_equal(onereg_saved_id(s->model, "tlb", 0), 0);
	assert_int_equal(onereg_saved_id(s->model, "r", 32), 0);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte_is_saved),
		cmocka_unit_test(test_set_then_get),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
