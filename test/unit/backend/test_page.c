// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accesses of one basic block that share a probe of the TLB: random loads and stores about a few
 * bases near the ends of pages, some of which are not in the TLB. Callbacks and a helper move
 * guest memory to another place in the host and change the TLB, so that a remembered address would
 * be seen.
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

enum {
	PAGE = 1 << TLB_PAGE_BITS,
	PAGES = 4,
	STATE = 4096,
	EVENT = 2048,
	BASES = 4,
	OPS = 40,
	RESULTS = 1024, /* slot */
	VALUE = 512,	/* slot of what is stored */
	BEHIND = 2064,
};

struct op {
	u8 kind; /* 0 load, 1 store, 2 helper, 3 vector load with its halves swapped */
	u8 base, mem;
	s32 disp;
	u64 value;
};

static struct {
	struct backend *b;
	struct backend_cpu cpu;
	struct tlb_fast tlb[1 << TLB_BITS];
	struct jump_cache jumps[1 << JUMP_CACHE_BITS];
	_Atomic u32 poll;
	u8 *frame, *state;
	u8 place[2][PAGES * PAGE] __attribute__((aligned(4096)));
	u8 want[PAGES * PAGE];
	u32 now; /* place of guest memory */
	struct ir_region region;
	struct op op[OPS];
	u64 base[BASES], seed;
	u32 slow;
} e;

static u64 rnd(void)
{
	return random_next(&e.seed) >> 8;
}

/* Guest page k is at (k + 1) * PAGE. */
static void fill_tlb(void)
{
	for (u32 k = 0; k < PAGES; k++) {
		u64 ea = (u64)(k + 1) * PAGE;
		struct tlb_fast *t = tlb_fast_at(e.tlb, TLB_PAGE_BITS, ea);

		t->read_tag = rnd() % 4 ? ea : TLB_NO_TAG;
		t->write_tag = rnd() % 4 ? ea : TLB_NO_TAG;
		t->addend = (uintptr_t)e.place[e.now] - PAGE;
	}
}

static void move(void)
{
	u32 to = e.now ^ 1;

	memcpy(e.place[to], e.place[e.now], sizeof(e.want));
	memset(e.place[e.now], 0x5a, sizeof(e.want));
	e.now = to;
	fill_tlb();
}

static void helper_move(void *state)
{
	(void)state;
	move();
}

static const struct ir_helper helpers[] = {
	{"move", "VE", IR_FX_WRITE | IR_FX_MEM, (void (*)(void))helper_move},
};
static const struct ir_env env = {.helpers = helpers, .nr_helpers = 1, .state_size = STATE};

static u128 access_bytes(u8 *p, u32 mem, u128 v, bool store)
{
	u32 size = 1u << (mem & IR_MEM_SIZE);
	u128 r = 0;

	for (u32 k = 0; k < size; k++) {
		u32 at = mem & IR_MEM_BE ? size - 1 - k : k;

		if (store)
			p[at] = (u8)(v >> 8 * k);
		else
			r |= (u128)p[at] << 8 * k;
	}
	if ((mem & IR_MEM_SIGN) && size < 8)
		r = (u64)((s64)((u64)r << (64 - 8 * size)) >> (64 - 8 * size));
	return r;
}

static u32 cb_load(struct backend_cpu *cpu, u64 ea, u32 mem, u128 *value)
{
	(void)cpu;
	e.slow++;
	*value = access_bytes(e.place[e.now] + (ea - PAGE), mem, 0, false);
	if (rnd() % 2)
		move();
	return 0;
}

static u32 cb_store(struct backend_cpu *cpu, u64 ea, u32 mem, u128 value)
{
	(void)cpu;
	e.slow++;
	access_bytes(e.place[e.now] + (ea - PAGE), mem, value, true);
	if (rnd() % 2)
		move();
	return 0;
}

static const struct backend_mem_ops mem_ops = {.load = cb_load, .store = cb_store};

static void random_ops(void)
{
	for (u32 k = 0; k < BASES; k++)
		e.base[k] = (rnd() % (PAGES - 1) + 2) * PAGE - rnd() % (rnd() % 2 ? 64 : 1024);
	for (u32 k = 0; k < OPS; k++) {
		struct op *o = &e.op[k];

		o->kind = rnd() % 40 == 0 ? 2 : rnd() % 3 == 0;
		if (!o->kind && rnd() % 3 == 0)
			o->kind = 3;
		o->base = (u8)(rnd() % (rnd() % 2 ? 1 : BASES));
		o->mem = (u8)(rnd() % 4 | (rnd() % 4 ? 0 : IR_MEM_BE));
		if (!o->kind && rnd() % 4 == 0)
			o->mem |= IR_MEM_SIGN;
		if (o->kind == 3)
			o->mem = (u8)(4 | (o->mem & IR_MEM_BE));
		o->disp = (s32)(rnd() % (rnd() % 8 ? 64 : 512)) - (rnd() % 2 ? 32 : 0);
		o->value = rnd() << 8 ^ rnd();
	}
}

/* Sometimes the value as it was is wanted too. */
static void load_swapped(struct ir_region *r, const struct op *o, ir_ref base, u32 slot)
{
	ir_ref v = ir_load(r, IR_Q, o->mem, base, o->disp);

	ir_put(r, IR_Q, slot, ir_op2(r, IR_QLH, v, v));
	if (o->value % 4 == 0)
		ir_put(r, IR_Q, BEHIND, v);
}

static void build(void)
{
	struct ir_region *r = &e.region;
	ir_ref base[BASES];

	ir_begin(r);
	r->cur.pc = 0x1000;
	for (u32 k = 0; k < BASES; k++) {
		base[k] = ir_get(r, IR_I, 8 * k);
		if (rnd() % 2)
			base[k] = ir_op2(r, IR_ADD, base[k], ir_get(r, IR_I, 8 * (BASES + k)));
	}
	for (u32 k = 0; k < OPS; k++) {
		const struct op *o = &e.op[k];

		if (o->kind == 2)
			ir_call(r, IR_V, 0, 0, 0, 0, 0);
		else if (o->kind == 3)
			load_swapped(r, o, base[o->base], RESULTS + 16 * k);
		else if (o->kind)
			ir_store(r, IR_I, o->mem, base[o->base], o->disp,
				 rnd() % 2 ? ir_const(r, o->value)
					   : ir_get(r, IR_I, VALUE + 8 * k));
		else
			ir_put(r, IR_I, RESULTS + 16 * k,
			       ir_load(r, IR_I, o->mem, base[o->base], o->disp));
	}
	ir_leave(r, 1, 0, 0x2000, 1);
}

/* What the operations do, one by one */
static void expect(u128 *results)
{
	for (u32 k = 0; k < OPS; k++) {
		const struct op *o = &e.op[k];
		u8 *p = e.want + e.base[o->base] + (s64)o->disp - PAGE;

		if (o->kind != 2)
			results[k] = access_bytes(p, o->mem, o->value, o->kind == 1);
		if (o->kind == 3)
			results[k] = results[k] << 64 | results[k] >> 64;
	}
}

static void run_once(struct backend_code *code)
{
	u128 results[OPS] = {0}, got;
	u64 zero = 0;

	for (u32 k = 0; k < sizeof(e.want); k++)
		e.place[e.now][k] = e.want[k] = (u8)rnd();
	fill_tlb();
	memset(e.state, 0, STATE);
	for (u32 k = 0; k < BASES; k++) {
		memcpy(e.state + 8 * k, &e.base[k], 8);
		memcpy(e.state + 8 * (BASES + k), &zero, 8);
	}
	for (u32 k = 0; k < OPS; k++)
		memcpy(e.state + VALUE + 8 * k, &e.op[k].value, 8);
	expect(results);
	assert_int_equal(test_backend()->run(e.b, &e.cpu, code->entry), BACKEND_STOP_LEAVE);
	assert_memory_equal(e.place[e.now], e.want, sizeof(e.want));
	for (u32 k = 0; k < OPS; k++) {
		memcpy(&got, e.state + RESULTS + 16 * k, 16);
		if (e.op[k].kind == 3)
			assert_true(got == results[k]);
		else if (!e.op[k].kind)
			assert_true((u64)got == (u64)results[k]);
	}
}

static void test_pages(void **state)
{
	(void)state;
	for (u32 k = 0; k < 1500; k++) {
		struct backend_code *code;
		char msg[200] = "";

		random_ops();
		build();
		if (k % 2)
			ir_optimise(&e.region, &env, test_backend()->passes);
		assert_int_equal(ir_verify(&e.region, &env, msg, sizeof(msg)), 0);
		assert_int_equal(
			test_backend()->compile(
				e.b, &e.region,
				&(struct backend_unit){.pc = 0x1000, .tier = 1 + k / 2 % 2}, &code),
			0);
		for (u32 n = 0; n < 6; n++)
			run_once(code);
		test_backend()->discard(e.b, code);
	}
	assert_true(e.slow > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pages)};
	struct backend_config config = {.env = &env, .event_slot = EVENT};
	const struct backend_ops *ops = test_backend();
	size_t frame = (ops->frame_size + 63) & ~63ull;
	int failed;

	if (ops->create(&config, &e.b))
		return 1;
	e.seed = 88172645463325252ull;
	e.frame = aligned_alloc(64, frame + STATE);
	e.state = e.frame + frame;
	for (u32 k = 0; k < 1 << TLB_BITS; k++)
		e.tlb[k].read_tag = e.tlb[k].write_tag = TLB_NO_TAG;
	e.cpu = (struct backend_cpu){
		.state = e.state,
		.tlb = e.tlb,
		.tlb_bits = TLB_PAGE_BITS,
		.tlb_mask = TLB_PAGE_MASK,
		.jump_cache = e.jumps,
		.code_key = 1,
		.poll = &e.poll,
		.budget = 1 << 30,
		.mem = &mem_ops,
	};
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	ops->destroy(e.b);
	free(e.frame);
	return failed;
}
