// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Divisions: random ones, several in a basic block, on operands at the edges, against ir_eval().
 * Whatever divides, the floating-point status must not notice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend.h"
#include "../random.h"

enum { STATE = 4096, EVENT = 2048, OPERANDS = 4, MAX_DIVISIONS = 5, RESULTS = 512 };

/* What becomes of an operand before the division. */
enum form { PLAIN, SIGNED_WORD, UNSIGNED_WORD, NONZERO, NONZERO_WORD, CONSTANT, FORMS };

struct division {
	u8 op, form[2], from[2]; /* operand, or OPERANDS + an earlier result */
	u64 constant;
};

static struct {
	struct backend *b;
	struct backend_cpu cpu;
	struct tlb_fast tlb[1 << TLB_BITS];
	struct jump_cache jumps[1 << JUMP_CACHE_BITS];
	_Atomic u32 poll;
	u8 *frame, *state;
	struct ir_region region;
	struct division div[MAX_DIVISIONS];
	u32 count;
	u64 seed;
	u32 collected;
} e;

static u64 rnd(void)
{
	return random_next(&e.seed) >> 8;
}

static u64 number(void)
{
	static const u64 edge[] = {0,
				   1,
				   2,
				   ~0ull,
				   ~1ull,
				   1ull << 63,
				   (1ull << 63) - 1,
				   0x80000000,
				   0x7fffffff,
				   0xffffffff,
				   0xfffffffe,
				   1ull << 32,
				   0xffffffff80000000,
				   0xffffffff00000000,
				   (1ull << 53) + 1};

	if (rnd() % 2)
		return edge[rnd() % ARRAY_SIZE(edge)];
	return (rnd() << 32 ^ rnd()) >> rnd() % 64;
}

static void random_block(void)
{
	static const u8 op[] = {IR_DIVS, IR_DIVU, IR_MODS, IR_MODU};
	bool words = rnd() % 2;

	e.count = 1 + (u32)(rnd() % MAX_DIVISIONS);
	for (u32 k = 0; k < e.count; k++) {
		struct division *d = &e.div[k];

		*d = (struct division){.op = op[rnd() % 4], .constant = number()};
		for (u32 m = 0; m < 2; m++) {
			d->form[m] = (u8)(rnd() % FORMS);
			if (words && rnd() % 4)
				d->form[m] = d->op == IR_DIVS || d->op == IR_MODS ? SIGNED_WORD
					     : rnd() % 2			  ? UNSIGNED_WORD
										  : NONZERO_WORD;
			d->from[m] = (u8)(rnd() % OPERANDS);
			if (k && rnd() % 4 == 0)
				d->from[m] = (u8)(OPERANDS + rnd() % k);
		}
		if (d->form[0] == CONSTANT && d->form[1] == CONSTANT)
			d->form[0] = PLAIN;
	}
}

static ir_ref prepared(struct ir_region *r, const struct division *d, u32 m, ir_ref v)
{
	switch (d->form[m]) {
	case SIGNED_WORD:
		return ir_op1(r, IR_SEXT32, v);
	case UNSIGNED_WORD:
		return ir_op1(r, IR_ZEXT32, v);
	case NONZERO:
		return ir_op2i(r, IR_OR, v, 3);
	case NONZERO_WORD:
		return ir_op1(r, IR_ZEXT32, ir_op2i(r, IR_OR, v, 1));
	case CONSTANT:
		return ir_const(r, d->constant);
	default:
		return v;
	}
}

static u64 prepare(const struct division *d, u32 m, u64 v)
{
	switch (d->form[m]) {
	case SIGNED_WORD:
		return (u64)(s64)(s32)v;
	case UNSIGNED_WORD:
		return (u32)v;
	case NONZERO:
		return v | 3;
	case NONZERO_WORD:
		return (u32)(v | 1);
	case CONSTANT:
		return d->constant;
	default:
		return v;
	}
}

static void build(void)
{
	struct ir_region *r = &e.region;
	ir_ref v[OPERANDS + MAX_DIVISIONS];

	ir_begin(r);
	r->cur.pc = 0x1000;
	for (u32 k = 0; k < OPERANDS; k++)
		v[k] = ir_get(r, IR_I, 8 * k);
	for (u32 k = 0; k < e.count; k++) {
		const struct division *d = &e.div[k];
		ir_ref a = prepared(r, d, 0, v[d->from[0]]), b = prepared(r, d, 1, v[d->from[1]]);

		v[OPERANDS + k] = ir_op2(r, (enum ir_opcode)d->op, a, b);
		ir_put(r, IR_I, RESULTS + 8 * k, v[OPERANDS + k]);
	}
	/* the operands are wanted behind the divisions */
	for (u32 k = 0; k < OPERANDS; k++)
		ir_put(r, IR_I, RESULTS + 8 * (MAX_DIVISIONS + k), v[k]);
	ir_leave(r, 1, 0, 0x2000, 1);
}

static void run_once(struct backend_code *code)
{
	u64 v[OPERANDS + MAX_DIVISIONS], got;

	memset(e.state, 0, STATE);
	for (u32 k = 0; k < OPERANDS; k++) {
		v[k] = number();
		memcpy(e.state + 8 * k, &v[k], 8);
	}
	assert_int_equal(test_backend()->run(e.b, &e.cpu, code->entry), BACKEND_STOP_LEAVE);
	for (u32 k = 0; k < e.count; k++) {
		const struct division *d = &e.div[k];
		u64 a = prepare(d, 0, v[d->from[0]]), b = prepare(d, 1, v[d->from[1]]);

		assert_true(ir_eval((enum ir_opcode)d->op, a, b, 0, &v[OPERANDS + k]));
		memcpy(&got, e.state + RESULTS + 8 * k, 8);
		assert_int_equal(got, v[OPERANDS + k]);
	}
	for (u32 k = 0; k < OPERANDS; k++) {
		memcpy(&got, e.state + RESULTS + 8 * (MAX_DIVISIONS + k), 8);
		assert_int_equal(got, v[k]);
	}
}

static void test_divisions(void **state)
{
	static const struct ir_env env = {.state_size = STATE};

	(void)state;
	for (u32 k = 0; k < 3000; k++) {
		struct backend_code *code;
		char msg[200] = "";

		random_block();
		build();
		if (k % 4)
			ir_optimise(&e.region, &env, test_backend()->passes);
		assert_int_equal(ir_verify(&e.region, &env, msg, sizeof(msg)), 0);
		assert_int_equal(test_backend()->compile(
					 e.b, &e.region,
					 &(struct backend_unit){.pc = 0x1000, .tier = 1 + k % 2},
					 &code),
				 0);
		for (u32 n = 0; n < 50; n++)
			run_once(code);
		test_backend()->discard(e.b, code);
	}
	assert_int_equal(e.collected, 0);
}

static enum backend_fp_rounding rounding(const void *state)
{
	(void)state;
	return BACKEND_FP_UP;
}

static void collect(void *state, u32 flags)
{
	(void)state;
	e.collected |= flags;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_divisions)};
	static const struct ir_env env = {.state_size = STATE};
	const struct backend_ops *ops = test_backend();
	struct backend_config config = {.env = &env,
					.event_slot = EVENT,
					.fp_rounding = rounding,
					.fp_collect = collect,
					.host_level = test_host_level()};
	size_t frame = (ops->frame_size + 63) & ~63ull;
	int failed;

	if (ops->create(&config, &e.b))
		return 1;
	e.seed = 88172645463325252ull;
	e.frame = aligned_alloc(64, frame + STATE);
	e.state = e.frame + frame;
	memset(e.frame, 0, frame + STATE);
	e.cpu = (struct backend_cpu){
		.state = e.state,
		.tlb = e.tlb,
		.tlb_bits = TLB_PAGE_BITS,
		.tlb_mask = TLB_PAGE_MASK,
		.jump_cache = e.jumps,
		.code_key = 1,
		.poll = &e.poll,
		.budget = 1 << 30,
	};
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	ops->destroy(e.b);
	free(e.frame);
	return failed;
}
