// SPDX-License-Identifier: GPL-2.0-or-later
/* The builder's folding, the verifier's requirements, and the passes: on random regions the
 * optimised form must leave the same state as the plain one at every exit record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ir/ir.h"

enum { H_READ, H_WRITE, H_PURE, H_COUNT };

static const struct ir_helper helpers[H_COUNT] = {
	[H_READ] = {"reads", "IE", IR_FX_READ, NULL},
	[H_WRITE] = {"writes", "VE", IR_FX_WRITE, NULL},
	[H_PURE] = {"pure", "II", IR_FX_PURE, NULL},
};
static const struct ir_env env = {.helpers = helpers, .nr_helpers = H_COUNT, .state_size = 256};

static struct ir_region *new_region(void **state)
{
	struct ir_region *r = *state;

	ir_begin(r);
	r->cur.pc = 0x1000;
	return r;
}

static int setup(void **state)
{
	*state = malloc(2 * sizeof(struct ir_region));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void assert_verifies(const struct ir_region *r)
{
	char msg[128] = "";

	if (ir_verify(r, &env, msg, sizeof(msg)))
		fail_msg("%s", msg);
}

static void assert_rejected(const struct ir_region *r, const char *why)
{
	char msg[128] = "";

	assert_int_not_equal(ir_verify(r, &env, msg, sizeof(msg)), 0);
	if (!strstr(msg, why))
		fail_msg("'%s' does not say '%s'", msg, why);
}

static u32 count_op(const struct ir_region *r, enum ir_opcode op)
{
	u32 n, count = 0;

	for (n = 1; n < r->count; n++)
		count += r->insn[n].op == op;
	return count;
}

static void test_fold(void **state)
{
	struct ir_region *r = new_region(state);
	ir_ref x = ir_get(r, IR_I, 8);
	u64 v;

	assert_true(ir_is_const(r, ir_op2i(r, IR_ADD, ir_const(r, 5), 7), &v));
	assert_int_equal(v, 12);
	assert_int_equal(ir_op2i(r, IR_ADD, x, 0), x);
	assert_int_equal(ir_op2(r, IR_OR, ir_const(r, 0), x), x);
	assert_int_equal(r->insn[ir_op2i(r, IR_AND, x, 0xffffffff)].op, IR_ZEXT32);
	assert_true(ir_is_const(r, ir_op2i(r, IR_MUL, x, 0), &v));
	assert_int_equal(v, 0);
	assert_int_equal(ir_op3(r, IR_SELECT, ir_const(r, 0), ir_const(r, 1), x), x);
}

static void test_eval_corners(void **state)
{
	u64 v;

	assert_true(ir_eval(IR_DIVS, 1ull << 63, ~0ull, 0, &v));
	assert_true(v == 1ull << 63);
	assert_true(ir_eval(IR_DIVU, 5, 0, 0, &v));
	assert_int_equal(v, 5);
	assert_true(ir_eval(IR_DIVS, -5ull, 0, 0, &v));
	assert_true(v == -5ull);
	assert_true(ir_eval(IR_MODU, 5, 0, 0, &v));
	assert_int_equal(v, 0);
	assert_true(ir_eval(IR_SHL, 1, 64, 0, &v));
	assert_int_equal(v, 0);
	assert_true(ir_eval(IR_SAR, 1ull << 63, 127, 0, &v));
	assert_true(v == ~0ull);
	assert_true(ir_eval(IR_SHL, 3, 128, 0, &v));
	assert_int_equal(v, 3);
	assert_true(ir_eval(IR_CARRY, ~0ull, 0, 1, &v));
	assert_int_equal(v, 1);
	assert_true(ir_eval(IR_CARRY, ~0ull, ~0ull, 1, &v));
	assert_int_equal(v, 1);
	assert_true(ir_eval(IR_CARRY, 1, 2, 1, &v));
	assert_int_equal(v, 0);
	assert_true(ir_eval(IR_CMPS, ~0ull, 0, 0, &v));
	assert_int_equal(v, 8);
	assert_true(ir_eval(IR_CMPU, ~0ull, 0, 0, &v));
	assert_int_equal(v, 4);
}

static void test_verifier(void **state)
{
	struct ir_region *r = new_region(state);
	ir_ref x;
	u32 l;

	ir_put(r, IR_I, 8, ir_get(r, IR_I, 16));
	assert_rejected(r, "R2");
	ir_goto(r, 0x1004, 1, IR_HINT_NONE);
	assert_verifies(r);
	ir_get(r, IR_I, 8);
	assert_rejected(r, "R2");

	r = new_region(state);
	x = ir_get(r, IR_I, 8);
	l = ir_new_label(r);
	ir_jmp(r, l);
	ir_label(r, l);
	ir_put(r, IR_I, 8, x);
	ir_goto(r, 0x1004, 1, IR_HINT_NONE);
	assert_rejected(r, "R1");

	r = new_region(state);
	ir_put(r, IR_Q, 16, ir_get(r, IR_I, 8));
	ir_goto(r, 0x1004, 1, IR_HINT_NONE);
	assert_rejected(r, "not Q");

	r = new_region(state);
	ir_put(r, IR_I, 256, ir_get(r, IR_I, 8));
	ir_goto(r, 0x1004, 1, IR_HINT_NONE);
	assert_rejected(r, "R5");

	r = new_region(state);
	ir_call(r, IR_I, H_PURE, 0, 0, 0, 0);
	ir_goto(r, 0x1004, 1, IR_HINT_NONE);
	assert_rejected(r, "missing");

	r = new_region(state);
	ir_jmp(r, ir_new_label(r));
	assert_rejected(r, "never placed");

	r = new_region(state);
	ir_load(r, IR_I, 3, ir_get(r, IR_I, 8), 0);
	r->insn[2].exit = 0;
	ir_goto(r, 0x1004, 1, IR_HINT_NONE);
	assert_rejected(r, "R3");
}

static void test_forwarding(void **state)
{
	struct ir_region *r = new_region(state);

	ir_put(r, IR_I, 8, ir_const(r, 3));
	ir_put(r, IR_I, 16, ir_op2i(r, IR_ADD, ir_get(r, IR_I, 8), 4));
	ir_put(r, IR_I, 24, ir_op2i(r, IR_ADD, ir_get(r, IR_I, 16), 4));
	ir_goto(r, 0x100c, 3, IR_HINT_NONE);
	ir_optimise(r, &env, IR_PASS_ALL);
	assert_verifies(r);
	assert_int_equal(count_op(r, IR_GET), 0);
	assert_int_equal(count_op(r, IR_ADD), 0);
	assert_int_equal(count_op(r, IR_PUT), 3);
}

static void test_calls_bar_forwarding(void **state)
{
	struct ir_region *r = new_region(state);

	ir_put(r, IR_I, 8, ir_const(r, 3));
	ir_call(r, IR_V, H_WRITE, 0, 0, 0, 0);
	ir_put(r, IR_I, 16, ir_get(r, IR_I, 8));
	ir_call(r, IR_I, H_READ, 0, 0, 0, 0);
	ir_put(r, IR_I, 16, ir_const(r, 1));
	ir_goto(r, 0x100c, 3, IR_HINT_NONE);
	ir_optimise(r, &env, IR_PASS_ALL);
	assert_verifies(r);
	assert_int_equal(count_op(r, IR_GET), 1);
	/* nobody wants what the reading helper returns: both it and the first PUT go */
	assert_int_equal(count_op(r, IR_PUT), 3);
}

static void test_vector_aliases_halves(void **state)
{
	struct ir_region *r = new_region(state);
	ir_ref q = ir_get(r, IR_Q, 32);

	ir_put(r, IR_Q, 48, q);
	ir_put(r, IR_I, 56, ir_const(r, 9));
	ir_put(r, IR_Q, 64, ir_get(r, IR_Q, 48)); /* must not be forwarded from q */
	ir_put(r, IR_I, 64, ir_const(r, 1));	  /* covers only half of the vector before */
	ir_goto(r, 0x1004, 1, IR_HINT_NONE);
	ir_optimise(r, &env, IR_PASS_ALL);
	assert_verifies(r);
	assert_int_equal(count_op(r, IR_GET), 2);
	assert_int_equal(count_op(r, IR_PUT), 4);
}

/* A vector whose halves were written apart, halves of one that was written as a whole. */
static void test_vector_parts(void **state)
{
	struct ir_region *r = new_region(state);
	ir_ref x = ir_get(r, IR_I, 0), y = ir_get(r, IR_F, 8);

	ir_put(r, IR_I, 32, x);
	ir_put(r, IR_F, 40, y);
	ir_put(r, IR_Q, 64, ir_op1(r, IR_QNOT, ir_get(r, IR_Q, 32)));
	ir_put(r, IR_F, 96, ir_get(r, IR_F, 64));
	ir_put(r, IR_I, 104, ir_get(r, IR_I, 72));
	ir_goto(r, 0, 1, IR_HINT_NONE);
	ir_optimise(r, &env, IR_PASS_FORWARD | IR_PASS_FOLD | IR_PASS_DEAD);
	assert_verifies(r);
	assert_int_equal(count_op(r, IR_GET), 2);
	assert_int_equal(count_op(r, IR_QMAKE), 1);
	assert_int_equal(count_op(r, IR_QHI), 1);
	assert_int_equal(count_op(r, IR_QLO), 1);
}

static void test_dead_put_moves_to_record(void **state)
{
	struct ir_region *r = new_region(state);
	const struct ir_exit *x;
	ir_ref a;
	u32 n;

	a = ir_op2i(r, IR_ADD, ir_get(r, IR_I, 8), 1);
	ir_put(r, IR_I, 16, a);
	r->cur.pc = 0x1004;
	r->cur.icount = 1;
	ir_put(r, IR_I, 24, ir_load(r, IR_I, 3, a, 0));
	ir_put(r, IR_I, 16, ir_const(r, 0));
	ir_goto(r, 0x1008, 2, IR_HINT_NONE);
	ir_optimise(r, &env, IR_PASS_ALL);
	assert_verifies(r);
	assert_int_equal(count_op(r, IR_PUT), 2);
	for (n = 1; r->insn[n].op != IR_LD; n++)
		;
	x = &r->exit[r->insn[n].exit];
	assert_int_equal(x->pending, 1);
	assert_int_equal(r->pending[x->first_pending].slot, 16);
	assert_int_equal(r->insn[r->pending[x->first_pending].value].op, IR_ADD);
}

/* A compare whose nibble only a way out needs, and a branch on the same compare. */
static void test_cold(void **state)
{
	struct ir_region *r = new_region(state);
	ir_ref a = ir_get(r, IR_I, 8), b = ir_get(r, IR_I, 16), cmp;
	u32 n, colds = 0;

	cmp = ir_op2(r, IR_CMPS, a, b);
	ir_put(r, IR_I, 24, cmp);
	ir_goto_if(r, ir_op2i(r, IR_NE, ir_op2i(r, IR_AND, cmp, 8), 0), 0x2000, 1, IR_HINT_NONE);
	ir_put(r, IR_I, 24, ir_op2(r, IR_CMPU, a, b));
	ir_goto(r, 0x1008, 2, IR_HINT_NONE);
	ir_optimise(r, &env, IR_PASS_ALL);
	assert_verifies(r);
	assert_int_equal(count_op(r, IR_PUT), 1);
	assert_int_equal(count_op(r, IR_LTS), 1);
	for (n = 1; n < r->count; n++) {
		colds += r->insn[n].cold;
		assert_int_equal(r->insn[n].cold, r->insn[n].op == IR_CMPS);
	}
	assert_int_equal(colds, 1);
}

/* --- a plain evaluator of straight-line IR, to compare a region with its optimised form --- */
enum { SLOTS = 12 };

struct machine {
	u64 slot[32];
	u64 value[IR_MAX_INSNS];
};

/* Run; returns the exit record left through. Loads give their address back, and the stop-th
 * exit-carrying op leaves. */
static const struct ir_exit *run(const struct ir_region *r, struct machine *m, u32 stop)
{
	const struct ir_exit *x = NULL;
	u32 n, k;

	for (n = 1; n < r->count; n++) {
		const struct ir_insn *i = &r->insn[n];

		if (i->exit && (!stop || ir_op_info[i->op].terminator)) {
			x = &r->exit[i->exit];
			break;
		}
		stop -= i->exit != 0;
		switch (i->op) {
		case IR_CONST:
			m->value[n] = i->imm;
			break;
		case IR_GET:
			m->value[n] = m->slot[i->imm / 8];
			break;
		case IR_PUT:
			m->slot[i->imm / 8] = m->value[i->a];
			break;
		case IR_LD:
			m->value[n] = m->value[i->a] + i->imm;
			break;
		default:
			assert_true(ir_eval((enum ir_opcode)i->op, m->value[i->a], m->value[i->b],
					    m->value[i->c], &m->value[n]));
		}
	}
	for (k = 0; k < x->pending; k++) {
		const struct ir_pending *p = &r->pending[x->first_pending + k];

		m->slot[p->slot / 8] = m->value[p->value];
	}
	return x;
}

static void random_region(struct ir_region *r, unsigned len)
{
	static const enum ir_opcode ops[] = {IR_ADD, IR_SUB, IR_MUL, IR_AND, IR_OR,   IR_XOR,
					     IR_SHL, IR_SHR, IR_SAR, IR_EQ,  IR_CMPS, IR_LTU};
	ir_ref v[64];
	unsigned nr = 0, n;

	v[nr++] = ir_get(r, IR_I, 8);
	for (n = 0; n < len; n++) {
		ir_ref a = v[(unsigned)rand() % nr], b = v[(unsigned)rand() % nr], t = 0;

		r->cur.pc += 4;
		r->cur.icount++;
		switch (rand() % 6) {
		case 0:
			t = ir_get(r, IR_I, 8 * ((unsigned)rand() % SLOTS));
			break;
		case 1:
			t = ir_load(r, IR_I, 3, a, rand() % 64);
			break;
		case 2:
			t = ir_const(r, (u64)(rand() % 5) - 2);
			break;
		case 3:
			ir_put(r, IR_I, 8 * ((unsigned)rand() % SLOTS), a);
			break;
		default:
			t = ir_op2(r, ops[(unsigned)rand() % ARRAY_SIZE(ops)], a, b);
		}
		if (t)
			v[nr < 64 ? nr++ : (unsigned)rand() % 64] = t;
	}
	ir_goto(r, r->cur.pc + 4, r->cur.icount + 1, IR_HINT_NONE);
}

static void test_passes_keep_meaning(void **state)
{
	struct ir_region *plain = *state, *better = plain + 1;
	static struct machine a, b;
	u32 round, stop, k, passes;

	srand(1);
	for (round = 0; round < 3000; round++) {
		ir_begin(plain);
		random_region(plain, 5 + round % 120);
		*better = *plain;
		passes = round % 3 ? IR_PASS_ALL : (u32)rand() & IR_PASS_ALL;
		ir_optimise(better, &env, passes);
		assert_verifies(plain);
		assert_verifies(better);
		for (stop = 0; stop < 40; stop += 1 + stop / 4) {
			const struct ir_exit *x, *y;

			for (k = 0; k < 32; k++)
				a.slot[k] = b.slot[k] = k * 0x1111;
			x = run(plain, &a, stop);
			y = run(better, &b, stop);
			assert_int_equal(x->pc, y->pc);
			assert_int_equal(x->icount, y->icount);
			assert_memory_equal(a.slot, b.slot, sizeof(a.slot));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fold, setup, teardown),
		cmocka_unit_test(test_eval_corners),
		cmocka_unit_test_setup_teardown(test_verifier, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forwarding, setup, teardown),
		cmocka_unit_test_setup_teardown(test_calls_bar_forwarding, setup, teardown),
		cmocka_unit_test_setup_teardown(test_vector_aliases_halves, setup, teardown),
		cmocka_unit_test_setup_teardown(test_vector_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dead_put_moves_to_record, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cold, setup, teardown),
		cmocka_unit_test_setup_teardown(test_passes_keep_meaning, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
