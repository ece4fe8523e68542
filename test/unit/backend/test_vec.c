// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Vector helpers that the x86-64 back end emits as host code, against the helpers themselves: every
 * row of vec_op.def on operands at the edges and at random, with operands in registers, in memory,
 * constant, equal or living on, at every level of the host's instruction set. PV_VEC_ROUNDS
 * multiplies the rounds; a name as the first argument picks one row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "backend/backend.h"
#include "translator/internal.h"

static const char *const rows[] = {
#define VEC(name, needs) #name,
#include "backend/x86_64/vec_op.def"
#undef VEC
};

enum { RESULT = 40, COPY = 41, SUM = 50, VARIANTS = 40, RUNS = 24 };

static struct {
	struct ir_env env;
	struct ir_region region;
	struct jump_cache jumps[1 << JUMP_CACHE_BITS];
	struct tlb_fast tlb[1 << TLB_BITS];
	struct backend *backend;
	struct cpu_state *s;
	u8 *memory;
	u64 seed;
	u32 rounds;
	const char *only;
	bool floats;
} e;

static u64 rnd(void)
{
	return random_next(&e.seed);
}

/* Elements at the edges of some size, splats, small numbers, floats, noise */
static union vreg random_vector(void)
{
	static const u64 edge[] = {0,	       1,      0x7f,	0x80,	    0xff,
				   0x7fff,     0x8000, 0xffff,	0x7fffffff, 0x80000000,
				   0xffffffff, 0x100,  0x10000, 2,	    3,
				   5,	       8,      16,	31,	    63};
	static const u32 single[] = {0x3f800000, 0xbf800000, 0x00000001, 0x807fffff, 0x00800000,
				     0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0x4f000000,
				     0xcf000001, 0x4effffff, 0x3f000000, 0x3fc00000, 0xc0200000,
				     0x7f7fffff, 0x00000000, 0x80000000, 0x34000000, 0x5f000000};
	unsigned size = 8u << rnd() % 4, kind = rnd() % 6;
	union vreg v;

	if (e.floats && rnd() % 8)
		kind = 4 + rnd() % 3;

	v.d[0] = rnd();
	v.d[1] = rnd();
	for (unsigned i = 0; i < 128 / size; i++) {
		u64 x = edge[rnd() % ARRAY_SIZE(edge)];

		if (kind == 0)
			x = -x;
		else if (kind == 1 && i)
			x = v.b[0];
		else if (kind == 2)
			x &= rnd();
		else if (kind > 3)
			continue;
		memcpy(&v.b[i * size / 8], &x, size / 8);
	}
	for (unsigned i = 0; i < 4 && kind == 4; i++)
		v.w[i] = single[rnd() % ARRAY_SIZE(single)] + (rnd() % 3 == 0);
	/* near 1, or with products near the smallest normal number */
	for (unsigned i = 0; i < 4 && kind == 6; i++)
		v.w[i] = (v.w[i] & 0x81ffffff & -(1u << rnd() % 24)) |
			 (rnd() % 2 ? 0x3e800000 : 0x1f000000);
	return v;
}

struct operands {
	union vreg q[4];
	u64 i[4];
};

#define FN(type, ...) ((type(*)(__VA_ARGS__))h->fn)
#define Q	      const union vreg *
#define E	      struct cpu_state *

/* The helper itself; its operands in the order of CALL's */
static bool reference(const struct ir_helper *h, E s, const struct operands *o, union vreg *r,
		      u64 *x)
{
	const char *sig = h->sig;
	Q a = &o->q[0];
	Q b = &o->q[1];
	Q c = &o->q[2];

	if (!strcmp(sig, "QQ"))
		FN(void, union vreg *, Q)(r, a);
	else if (!strcmp(sig, "QI"))
		FN(void, union vreg *, u64)(r, o->i[0]);
	else if (!strcmp(sig, "QQQ"))
		FN(void, union vreg *, Q, Q)(r, a, b);
	else if (!strcmp(sig, "QQI"))
		FN(void, union vreg *, Q, u64)(r, a, o->i[1]);
	else if (!strcmp(sig, "QQQQ"))
		FN(void, union vreg *, Q, Q, Q)(r, a, b, c);
	else if (!strcmp(sig, "QQQI"))
		FN(void, union vreg *, Q, Q, u64)(r, a, b, o->i[2]);
	else if (!strcmp(sig, "QQII"))
		FN(void, union vreg *, Q, u64, u64)(r, a, o->i[1], o->i[2]);
	else if (!strcmp(sig, "QQIII"))
		FN(void, union vreg *, Q, u64, u64, u64)(r, a, o->i[1], o->i[2], o->i[3]);
	else if (!strcmp(sig, "QEQ"))
		FN(void, union vreg *, E, Q)(r, s, a);
	else if (!strcmp(sig, "QEQI"))
		FN(void, union vreg *, E, Q, u64)(r, s, a, o->i[1]);
	else if (!strcmp(sig, "QEQQ"))
		FN(void, union vreg *, E, Q, Q)(r, s, a, b);
	else if (!strcmp(sig, "QEQQQ"))
		FN(void, union vreg *, E, Q, Q, Q)(r, s, a, b, c);
	else if (!strcmp(sig, "IQ"))
		*x = FN(u64, Q)(a);
	else if (!strcmp(sig, "IQII"))
		*x = FN(u64, Q, u64, u64)(a, o->i[1], o->i[2]);
	else
		return false;
	return true;
}

static u32 find_helper(const char *name)
{
	for (u32 k = 0; k < e.env.nr_helpers; k++)
		if (!strcmp(helper_table[k].name, name))
			return k;
	print_error("no helper %s\n", name);
	fail();
	return 0;
}

/* Which operands of a region are constant, and so cannot change from run to run */
struct variant {
	bool constant[4];
	bool same;    /* the second operand is the first */
	u32 element;  /* 1, 2: the position is that of an element */
	bool sum;     /* vaddfp of the result with itself follows */
	bool compare; /* the third operand is the result of comparing it with 0 (vsel) */
	struct operands value;
};

static ir_ref vector_operand(struct variant *v, u32 k)
{
	struct ir_region *r = &e.region;
	ir_ref ref;

	if (v->constant[k])
		return ir_op2(r, IR_QMAKE, ir_const(r, VD(&v->value.q[k], 0)),
			      ir_const(r, VD(&v->value.q[k], 1)));
	ref = ir_get(r, IR_Q, SLOT_VR(k));
	/* computed, so that it is in a register; VR 31 is zero */
	if (rnd() % 2)
		ref = ir_op2(r, IR_QXOR, ref, ir_get(r, IR_Q, SLOT_VR(31)));
	if (rnd() % 3 == 0)
		ir_put(r, IR_Q, SLOT_VSR(COPY + k), ref);
	return ref;
}

/* sizes are constants, as the front end has them */
static bool must_be_constant(const char *name, u32 k)
{
	return !strncmp(name, "vmx_", 4) && k == (strcmp(name, "vmx_insert") ? 2 : 3);
}

static ir_ref integer_operand(struct variant *v, const char *name, u32 k)
{
	struct ir_region *r = &e.region;
	ir_ref ref = ir_get(r, IR_I, SLOT_GPR(k));
	u64 size = v->value.i[strcmp(name, "vmx_insert") ? 2 : 3];

	/* an element's position, as of an address */
	if (!strncmp(name, "vmx_", 4) && k == (strcmp(name, "vmx_insert") ? 1 : 2) && v->element) {
		ref = ir_op2i(r, IR_AND, ref, 16 - size);
		if (v->element > 1)
			ref = ir_op2i(r, IR_XOR, ref, 16 - size);
	}
	return ref;
}

static void build(const struct ir_helper *h, u32 helper, struct variant *v)
{
	struct ir_region *r = &e.region;
	const char *sig = h->sig + 1 + (h->sig[1] == 'E');
	ir_ref op[4] = {0}, mask, result;

	ir_begin(r);
	r->cur.pc = 0x1000;
	for (u32 k = 0; sig[k]; k++) {
		if (sig[k] == 'Q' && k == 1 && v->same)
			op[k] = op[0];
		else if (sig[k] == 'Q')
			op[k] = vector_operand(v, k);
		else if (v->constant[k])
			op[k] = ir_const(r, v->value.i[k]);
		else
			op[k] = integer_operand(v, h->name, k);
	}
	mask = op[2];
	if (v->compare)
		mask = ir_call(r, IR_Q, find_helper("vcmpequb"), mask, ir_get(r, IR_Q, SLOT_VR(31)),
			       0, 0);
	result = ir_call(r, h->sig[0] == 'Q' ? IR_Q : IR_I, helper, op[0], op[1], mask, op[3]);
	if (h->sig[0] == 'Q')
		ir_put(r, IR_Q, SLOT_VSR(RESULT), result);
	else
		ir_put(r, IR_I, SLOT_GPR(10), result);
	if (v->sum)
		ir_put(r, IR_Q, SLOT_VSR(SUM),
		       ir_call(r, IR_Q, find_helper("vaddfp"), result, result, 0, 0));
	for (u32 k = 0; sig[k]; k++)
		if (sig[k] == 'Q' && rnd() % 2)
			ir_put(r, IR_Q, SLOT_VSR(COPY + k), op[k]);
	ir_leave(r, 1, 0, 0x2000, 1);
	ir_optimise(r, &e.env, IR_PASS_DEAD_PUT | IR_PASS_DEAD | IR_PASS_FORWARD);
}

/* Everything a row may ask for as an integer: element numbers, sizes, addresses */
static u64 random_integer(const char *name, u32 k)
{
	bool sized = !strncmp(name, "vmx_", 4);

	if (sized && k == (strcmp(name, "vmx_insert") ? 2 : 3))
		return 1ull << rnd() % 4;
	if (sized && k == (strcmp(name, "vmx_insert") ? 1 : 2))
		return rnd() % 16;
	return rnd() % 3 ? rnd() % 32 : rnd();
}

static void random_variant(const char *name, const char *sig, struct variant *v)
{
	u32 turn = rnd() % 4;

	memset(v, 0, sizeof(*v));
	v->same = rnd() % 6 == 0;
	v->element = rnd() % 3;
	v->sum = e.floats && rnd() % 2;
	v->compare = !strcmp(name, "vsel") && rnd() % 2;
	for (u32 k = 0; k < 4; k++) {
		v->value.q[k] = random_vector();
		v->value.i[k] = random_integer(name, k);
	}
	for (u32 k = 0; sig[k]; k++)
		v->constant[k] = sig[k] == 'I' ? turn || must_be_constant(name, k)
					       : turn < 2 && rnd() % 3 == 0;
	if (v->same)
		v->value.q[1] = v->value.q[0];
	v->constant[1] &= !(v->same && sig[1] == 'Q');
	/* a shift by the same amount everywhere */
	if (rnd() % 2) {
		u64 x = rnd() % 64 * 0x0101010101010101ull;

		for (u32 k = 1; k < 3; k++)
			if (v->constant[k])
				v->value.q[k].d[0] = v->value.q[k].d[1] = x;
	}
}

static void complain(const char *name, u32 level, const struct variant *v, const struct operands *o,
		     const union vreg *want, u64 want_x)
{
	print_error("%s, host level %u%s\n", name, level, v->same ? ", same operands" : "");
	for (u32 k = 0; k < 4; k++)
		print_error("  %u: %016llx%016llx or %llx%s\n", k,
			    (unsigned long long)VD(&o->q[k], 0),
			    (unsigned long long)VD(&o->q[k], 1), (unsigned long long)o->i[k],
			    v->constant[k] ? " (constant)" : "");
	print_error("  want %016llx%016llx %llx\n", (unsigned long long)VD(want, 0),
		    (unsigned long long)VD(want, 1), (unsigned long long)want_x);
	print_error("  got  %016llx%016llx %llx, sat %llu\n",
		    (unsigned long long)VD(&e.s->vsr[RESULT], 0),
		    (unsigned long long)VD(&e.s->vsr[RESULT], 1), (unsigned long long)e.s->gpr[10],
		    (unsigned long long)e.s->vscr_sat);
	fail();
}

static void run_once(const struct ir_helper *h, const char *name, u32 level, struct variant *v,
		     struct backend_code *code)
{
	static struct cpu_state before;
	struct cpu_state *s = e.s;
	struct operands o;
	union vreg want = {.q = 0};
	u64 want_x = 0;
	struct backend_cpu cpu = {.state = (u8 *)s,
				  .tlb = e.tlb,
				  .tlb_bits = TLB_PAGE_BITS,
				  .tlb_mask = TLB_PAGE_MASK,
				  .tlb_as1 = e.tlb,
				  .jump_cache = e.jumps,
				  .code_key = 1,
				  .poll = &s->wanted,
				  .budget = 100};

	for (u32 k = 0; k < 4; k++) {
		o.q[k] = v->constant[k] ? v->value.q[k] : random_vector();
		o.i[k] = v->constant[k] ? v->value.i[k] : random_integer(name, k);
	}
	if (v->same)
		o.q[1] = o.q[0];
	for (u32 k = 0; k < 4; k++) {
		s->vsr[32 + k] = o.q[k];
		s->vsr[COPY + k] = o.q[k];
		s->gpr[k] = o.i[k];
	}
	s->vsr[63].q = 0;
	s->vsr[RESULT].q = 0;
	s->gpr[10] = 0;
	s->vscr_sat = rnd() % 4 == 0;
	s->vscr_nj = rnd() % 2;
	before = *s;
	if (v->element && !strncmp(name, "vmx_", 4)) {
		u32 k = strcmp(name, "vmx_insert") ? 1 : 2;

		if (!v->constant[k]) {
			o.i[k] &= 16 - o.i[k + 1];
			o.i[k] ^= v->element > 1 ? 16 - o.i[k + 1] : 0;
		}
	}
	if (v->compare)
		for (u32 k = 0; k < 16; k++)
			o.q[2].b[k] = o.q[2].b[k] ? 0 : 0xff;
	assert_true(reference(h, &before, &o, &want, &want_x));
	if (v->sum)
		helper_vaddfp(&before.vsr[SUM], &before, &want, &want);
	assert_int_equal(backend_x86_64.run(e.backend, &cpu, code->entry), BACKEND_STOP_LEAVE);
	if (s->vsr[RESULT].q != want.q || s->gpr[10] != want_x || s->vscr_sat != before.vscr_sat ||
	    memcmp(&s->vsr[COPY], &before.vsr[COPY], 64) || s->vsr[SUM].q != before.vsr[SUM].q)
		complain(name, level, v, &o, &want, want_x);
}

static void test_row(const char *name, u32 level)
{
	u32 helper = find_helper(name);
	const struct ir_helper *h = &helper_table[helper];
	const char *sig = h->sig + 1 + (h->sig[1] == 'E');

	e.floats = strstr(name, "fp") || !strncmp(name, "vrf", 3) ||
		   (!strncmp(name, "vct", 3) && name[3] != 'z');
	for (u32 k = 0; k < VARIANTS * e.rounds; k++) {
		struct backend_code *code;
		struct variant v;
		char msg[200] = "";

		random_variant(name, sig, &v);
		build(h, helper, &v);
		if (ir_verify(&e.region, &e.env, msg, sizeof(msg))) {
			print_error("%s: %s\n", name, msg);
			fail();
		}
		assert_int_equal(backend_x86_64.compile(
					 e.backend, &e.region,
					 &(struct backend_unit){.pc = 0x1000, .tier = 1}, &code),
				 0);
		for (u32 n = 0; n < RUNS; n++)
			run_once(h, name, level, &v, code);
		backend_x86_64.discard(e.backend, code);
	}
}

static void test_level(u32 level)
{
	struct backend_config config;

	helper_config_init(&config, &e.env);
	config.host_level = level;
	assert_int_equal(backend_x86_64.create(&config, &e.backend), 0);
	for (u32 k = 0; k < ARRAY_SIZE(rows); k++)
		if (!e.only || !strcmp(e.only, rows[k]))
			test_row(rows[k], level);
	backend_x86_64.destroy(e.backend);
}

static void test_v1(void **state)
{
	test_level(1);
}

static void test_v2(void **state)
{
	test_level(2);
}

static void test_v3(void **state)
{
	test_level(3);
}

static void test_host(void **state)
{
	test_level(0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v1),
		cmocka_unit_test(test_v2),
		cmocka_unit_test(test_v3),
		cmocka_unit_test(test_host),
	};
	size_t frame = (backend_x86_64.frame_size + 63) & ~63ull;
	int failed;

	e.seed = 88172645463325252ull;
	e.rounds = getenv("PV_VEC_ROUNDS") ? (u32)atoi(getenv("PV_VEC_ROUNDS")) : 1;
	e.only = argc > 1 ? argv[1] : NULL;
	helper_env_init(&e.env);
	for (u32 k = 0; k < 1 << TLB_BITS; k++)
		e.tlb[k].read_tag = e.tlb[k].write_tag = TLB_NO_TAG;
	e.memory = aligned_alloc(64, frame + ((sizeof(*e.s) + 63) & ~63ull));
	e.s = (struct cpu_state *)(e.memory + frame);
	memset(e.s, 0, sizeof(*e.s));
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(e.memory);
	return failed;
}
