// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The interpreter against a plain evaluator of the IR: random regions over few, overlapping slots,
 * so that naming slots and computing into them is wrong whenever an order is. Regions are compared
 * at every way out, after each set of passes. Then hand-built regions for what leaves and links.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend.h"
#include "ir/ir.h"

enum {
	STATE = 256, /* bytes of slots; the event word stands behind them */
	EVENT = STATE,
	ROUNDS = STATE - 8, /* slot of a loop's counter */
	MEMORY = 1 << 13,
	H_READ = 0,
	H_WRITE,
	H_PURE,
	H_LEAVE,
	H_VEC,
	H_COUNT
};

static u64 help_read(u8 *s)
{
	u64 sum = 0, k;

	for (k = 0; k < STATE / 8; k++)
		sum = sum * 31 + ((u64 *)s)[k];
	return sum;
}

static void help_write(u8 *s, u64 a)
{
	((u64 *)s)[a % 8] = a * 7;
}

static u64 help_pure(u64 a, u64 b)
{
	return a * 3 ^ b;
}

static u64 help_leave(u8 *s, u64 a)
{
	*(u32 *)(s + EVENT) = a % 5 ? 0 : 77;
	return a + 1;
}

static void help_vec(u128 *r, const u128 *a, const u128 *b)
{
	*r = *a - *b;
}

#define FN(f) ((void (*)(void))(f))
static const struct ir_helper helpers[H_COUNT] = {
	[H_READ] = {"read", "IE", IR_FX_READ, FN(help_read)},
	[H_WRITE] = {"write", "VEI", IR_FX_READ | IR_FX_WRITE, FN(help_write)},
	[H_PURE] = {"pure", "III", IR_FX_PURE, FN(help_pure)},
	[H_LEAVE] = {"leave", "IEI", IR_FX_LEAVE, FN(help_leave)},
	[H_VEC] = {"vec", "QQQ", IR_FX_PURE, FN(help_vec)},
};
static const struct ir_env env = {.helpers = helpers, .nr_helpers = H_COUNT, .state_size = STATE};

/* --- the evaluator --- */
struct machine {
	u8 *state;
	u8 memory[MEMORY];
	u32 code;
	u64 pc, icount, accounted;
};

static u32 mem_access(u8 *memory, u64 ea, u32 mem, u128 *value, bool store)
{
	u32 size = 1u << (mem & IR_MEM_SIZE), k;
	u8 *p = memory + ea % (MEMORY - 16);
	u128 v = 0;

	/* Some addresses fault. */
	if (ea % 11 == 0)
		return 99;
	for (k = 0; k < size; k++) {
		u32 at = mem & IR_MEM_BE ? size - 1 - k : k;

		if (store)
			p[at] = (u8)(*value >> 8 * k);
		else
			v |= (u128)p[at] << 8 * k;
	}
	if (!store) {
		if ((mem & IR_MEM_SIGN) && size < 8)
			v = (u64)((s64)((u64)v << (64 - 8 * size)) >> (64 - 8 * size));
		*value = v;
	}
	return 0;
}

static bool leave(struct machine *m, const struct ir_region *r, const struct ir_insn *i,
		  const u128 *v, u32 code)
{
	const struct ir_exit *x = &r->exit[i->exit];
	u32 k;

	for (k = 0; k < x->pending; k++) {
		const struct ir_pending *p = &r->pending[x->first_pending + k];

		memcpy(m->state + p->slot, &v[p->value], ir_type_size((enum ir_type)p->type));
	}
	m->code = code;
	m->pc = x->pc;
	m->icount = m->accounted + x->icount;
	return false;
}

static u64 half(u128 v, bool high)
{
	return (u64)(high ? v >> 64 : v);
}

static u32 find_label(const struct ir_region *r, u64 label)
{
	u32 n = 1;

	while (r->insn[n].op != IR_LABEL || r->insn[n].imm != label)
		n++;
	return n;
}

/* False: left. *n is the next instruction. */
static bool step(struct machine *m, const struct ir_region *r, u32 *n, u128 *v)
{
	const struct ir_insn *i = &r->insn[*n];
	u128 *d = &v[*n];
	u32 code;
	u64 x = 0;

	(*n)++;
	switch (i->op) {
	case IR_CONST:
		*d = i->imm;
		return true;
	case IR_GET:
		*d = 0;
		memcpy(d, m->state + i->imm, ir_type_size((enum ir_type)i->type));
		return true;
	case IR_PUT:
		memcpy(m->state + i->imm, &v[i->a], ir_type_size((enum ir_type)i->type));
		return true;
	case IR_QMAKE:
		*d = v[i->a] << 64 | (u64)v[i->b];
		return true;
	case IR_QHI:
	case IR_QLO:
		*d = half(v[i->a], i->op == IR_QHI);
		return true;
	case IR_QHH:
	case IR_QHL:
	case IR_QLH:
	case IR_QLL:
		x = half(v[i->b], i->op == IR_QHH || i->op == IR_QLH);
		*d = (u128)half(v[i->a], i->op == IR_QHH || i->op == IR_QHL) << 64 | x;
		return true;
	case IR_QXOR:
		*d = v[i->a] ^ v[i->b];
		return true;
	case IR_QANDC:
		*d = v[i->a] & ~v[i->b];
		return true;
	case IR_LD:
	case IR_ST:
		if (i->op == IR_ST)
			*d = v[i->b];
		code = mem_access(m->memory, (u64)v[i->a] + i->imm, i->sub, d, i->op == IR_ST);
		return code ? leave(m, r, i, v, code) : true;
	case IR_CALL:
		switch (i->imm) {
		case H_READ:
			*d = help_read(m->state);
			break;
		case H_WRITE:
			help_write(m->state, (u64)v[i->a]);
			break;
		case H_PURE:
			*d = help_pure((u64)v[i->a], (u64)v[i->b]);
			break;
		case H_VEC:
			*d = v[i->a] - v[i->b];
			break;
		default:
			*d = help_leave(m->state, (u64)v[i->a]);
			if (*(u32 *)(m->state + EVENT))
				return leave(m, r, i, v, 77);
		}
		return true;
	case IR_ACCOUNT:
		m->accounted += i->imm;
		return true;
	case IR_POLL:
		return true;
	case IR_GOTO_IF:
		return (u64)v[i->a] ? leave(m, r, i, v, 0) : true;
	case IR_LEAVE_IF:
		return (u64)v[i->a] ? leave(m, r, i, v, r->exit[i->exit].code) : true;
	case IR_GOTO:
		return leave(m, r, i, v, 0);
	case IR_LEAVE:
		return leave(m, r, i, v, r->exit[i->exit].code);
	case IR_LABEL:
		return true;
	case IR_BR_IF:
		if ((u64)v[i->a])
			*n = find_label(r, i->imm);
		return true;
	case IR_JMP:
		*n = find_label(r, i->imm);
		return true;
	case IR_BR:
		*n = find_label(r, (u64)v[i->a] ? i->imm : i->imm2);
		return true;
	default:
		assert_true(ir_eval((enum ir_opcode)i->op, (u64)v[i->a], (u64)v[i->b], (u64)v[i->c],
				    &x));
		*d = x;
		return true;
	}
}

static void evaluate(struct machine *m, const struct ir_region *r)
{
	static u128 v[IR_MAX_INSNS];
	u32 n = 1;

	m->accounted = 0;
	while (step(m, r, &n, v))
		;
}

/* --- the interpreter's memory --- */
static u32 cb_load(struct backend_cpu *cpu, u64 ea, u32 mem, u128 *value)
{
	return mem_access(((struct machine *)cpu->opaque)->memory, ea, mem, value, false);
}

static u32 cb_store(struct backend_cpu *cpu, u64 ea, u32 mem, u128 value)
{
	return mem_access(((struct machine *)cpu->opaque)->memory, ea, mem, &value, true);
}

static void cb_fence(struct backend_cpu *cpu, enum ir_fence kind)
{
}

static const struct backend_mem_ops mem_ops = {
	.load = cb_load, .store = cb_store, .fence = cb_fence};

struct bench {
	struct backend *b;
	struct backend_cpu cpu;
	struct machine m;
	struct tlb_fast tlb[1 << TLB_BITS];
	struct jump_cache jumps[1 << JUMP_CACHE_BITS];
	_Atomic u32 poll;
	u8 *frame;
};

static struct bench *new_bench(void)
{
	struct bench *t = calloc(1, sizeof(*t));
	struct backend_config config = {
		.env = &env, .event_slot = EVENT, .count = true, .host_level = test_host_level()};
	u32 k;

	assert_int_equal(test_backend()->create(&config, &t->b), 0);
	t->frame = aligned_alloc(64, (test_backend()->frame_size + STATE + 64 + 63) & ~63ull);
	t->m.state = t->frame + test_backend()->frame_size;
	for (k = 0; k < 1 << TLB_BITS; k++)
		t->tlb[k].read_tag = t->tlb[k].write_tag = TLB_NO_TAG;
	t->cpu = (struct backend_cpu){
		.state = t->m.state,
		.tlb = t->tlb,
		.tlb_bits = TLB_PAGE_BITS,
		.tlb_mask = TLB_PAGE_MASK,
		.jump_cache = t->jumps,
		.code_key = 1,
		.poll = &t->poll,
		.budget = 1 << 30,
		.mem = &mem_ops,
		.opaque = &t->m,
	};
	return t;
}

static void free_bench(struct bench *t)
{
	test_backend()->destroy(t->b);
	free(t->frame);
	free(t);
}

/* --- random regions --- */
static u64 random_word(u64 *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return *seed >> 17;
}

#define RND(n) ((u32)(random_word(seed) % (n)))

struct values {
	ir_ref i[64], q[64];
	u32 ni, nq;
};

static ir_ref some_i(struct ir_region *r, struct values *v, u64 *seed)
{
	return v->ni && RND(4) ? v->i[RND(v->ni)] : ir_get(r, IR_I, 8 * RND(12));
}

static ir_ref some_q(struct ir_region *r, struct values *v, u64 *seed)
{
	return v->nq && RND(4) ? v->q[RND(v->nq)] : ir_get(r, IR_Q, 16 * RND(6));
}

static void add_i(struct values *v, ir_ref ref)
{
	if (v->ni < ARRAY_SIZE(v->i))
		v->i[v->ni++] = ref;
}

static void add_q(struct values *v, ir_ref ref)
{
	if (v->nq < ARRAY_SIZE(v->q))
		v->q[v->nq++] = ref;
}

/* What the fold pass has rules for. */
static void algebra(struct ir_region *r, struct values *v, ir_ref a, ir_ref b, u64 *seed)
{
	static const u64 mask[] = {0xff, 0xffff, 0xffffffff, ~0xffull, 15,     8,	   4,
				   2,	 6,	 10,	     12,       0x7fff, 1ull << 63, 31,
				   63,	 127,	 0,	     1,	       ~0ull,  ~0ull << 32};
	static const u8 narrow[] = {IR_SEXT8, IR_SEXT16, IR_SEXT32, IR_ZEXT8, IR_ZEXT16, IR_ZEXT32};
	static const u8 shift[] = {IR_SHL, IR_SHR, IR_SAR, IR_ROTL, IR_ROTL32};
	static const u8 two[] = {IR_ADD, IR_SUB, IR_MUL, IR_AND, IR_OR, IR_XOR};
	static const u8 cmp[] = {IR_EQ, IR_NE, IR_LTS, IR_LTU, IR_LES, IR_LEU, IR_CMPS, IR_CMPU};
	ir_ref c = ir_const(r, mask[RND(ARRAY_SIZE(mask))]), d = some_i(r, v, seed);

	switch (RND(9)) {
	case 0: /* a branch's test of a compare */
		a = ir_op2(r, cmp[RND(ARRAY_SIZE(cmp))], a, RND(2) ? b : c);
		b = ir_op2i(r, IR_AND, RND(2) ? ir_op2i(r, IR_OR, a, RND(2)) : a, 1u << RND(4));
		a = ir_op2i(r, RND(2) ? IR_EQ : IR_NE, b, RND(2) ? 0 : RND(3));
		break;
	case 1:
		a = ir_op1(r, narrow[RND(6)], ir_op1(r, narrow[RND(6)], a));
		break;
	case 2:
		a = ir_op2(r, two[RND(6)], ir_op1(r, narrow[RND(6)], a), b);
		a = ir_op1(r, narrow[RND(6)], a);
		break;
	case 3:
		a = ir_op2(r, shift[RND(5)], RND(2) ? ir_op1(r, narrow[RND(6)], a) : a,
			   RND(2) ? ir_op2(r, IR_AND, b, c) : ir_const(r, RND(130)));
		break;
	case 4:
		a = ir_op2(r, IR_AND, ir_op2(r, shift[RND(5)], a, ir_const(r, RND(64))), c);
		break;
	case 5:
		a = ir_op3(r, IR_CARRY, RND(2) ? ir_op1(r, IR_NOT, a) : a, b, ir_const(r, RND(2)));
		break;
	case 6:
		a = ir_op2(r, cmp[RND(6)], a, b);
		a = ir_op3(r, IR_SELECT, RND(2) ? ir_op2i(r, IR_XOR, a, 1) : a,
			   RND(2) ? d : ir_const(r, RND(2)), RND(2) ? b : ir_const(r, RND(2)));
		break;
	case 7:
		a = ir_op2(r, two[RND(6)], RND(2) ? ir_op1(r, IR_NEG, a) : ir_op1(r, IR_NOT, a),
			   RND(2) ? c : ir_op1(r, IR_NEG, b));
		break;
	default:
		a = ir_op2(r, two[RND(6)], ir_op2(r, two[RND(6)], a, c), ir_const(r, RND(9)));
		break;
	}
	add_i(v, a);
}

static void random_op(struct ir_region *r, struct values *v, u64 *seed)
{
	static const u8 bin[] = {IR_ADD,  IR_SUB,  IR_MUL,  IR_AND,    IR_OR,	 IR_XOR,
				 IR_ANDC, IR_SHL,  IR_SHR,  IR_SAR,    IR_EQ,	 IR_NE,
				 IR_LTS,  IR_LTU,  IR_LES,  IR_LEU,    IR_CMPS,	 IR_CMPU,
				 IR_DIVS, IR_MODU, IR_ROTL, IR_ROTL32, IR_MULHS, IR_MULHU};
	static const u8 un[] = {IR_NOT,	   IR_NEG, IR_SEXT8, IR_SEXT16, IR_SEXT32,  IR_ZEXT8,
				IR_ZEXT32, IR_CLZ, IR_CTZ,   IR_POPCNT, IR_BSWAP32, IR_BSWAP64};
	static const u8 quad[] = {IR_QXOR, IR_QANDC, IR_QHH, IR_QHL, IR_QLH, IR_QLL};
	ir_ref a = some_i(r, v, seed), b = some_i(r, v, seed);

	r->cur.pc += 4;
	r->cur.icount++;
	switch (RND(20)) {
	case 18:
	case 19:
		algebra(r, v, a, b, seed);
		break;
	case 17: /* out of the page, so that the way out is a lookup */
		ir_goto_if(r,
			   ir_op2i(r, RND(2) ? IR_EQ : IR_LTS, ir_op2i(r, IR_AND, a, 63), RND(7)),
			   0x8000 + 4 * RND(100), r->cur.icount + RND(3), IR_HINT_NONE);
		add_i(v, b);
		break;
	case 16: { /* as a guest's compare builds it */
		bool is_signed = RND(2);
		enum ir_opcode narrow = is_signed ? IR_SEXT32 : IR_ZEXT32;
		u64 c = random_word(seed) >> (RND(2) ? 47 - RND(16) : 32);

		if (RND(2)) {
			a = ir_op1(r, narrow, a);
			b = RND(2) ? ir_op1(r, narrow, b) : ir_const(r, c & 0x7fffffff);
		} else if (RND(2)) {
			b = ir_const(r, (u64)(s64)(s16)c);
		}
		a = ir_op2(r, is_signed ? IR_CMPS : IR_CMPU, a, b);
		ir_put(r, IR_I, 8 * RND(12), ir_op2(r, IR_OR, a, some_i(r, v, seed)));
		break;
	}
	case 0:
		add_i(v, ir_const(r, random_word(seed) >> RND(47)));
		break;
	case 1:
	case 2:
		add_i(v, ir_op2(r, bin[RND(ARRAY_SIZE(bin))], a, b));
		break;
	case 3:
		add_i(v, ir_op2i(r, bin[RND(ARRAY_SIZE(bin))], a, random_word(seed) >> RND(47)));
		break;
	case 4:
		add_i(v, ir_op1(r, un[RND(ARRAY_SIZE(un))], a));
		break;
	case 5:
	case 6:
	case 7:
		ir_put(r, IR_I, 8 * RND(12), a);
		break;
	case 8:
		ir_put(r, IR_Q, 16 * RND(6), some_q(r, v, seed));
		break;
	case 9:
		add_q(v, ir_op2(r, IR_QMAKE, a, b));
		add_i(v, ir_op1(r, RND(2) ? IR_QHI : IR_QLO, some_q(r, v, seed)));
		break;
	case 10:
		add_q(v, ir_op2(r, quad[RND(6)], some_q(r, v, seed), some_q(r, v, seed)));
		break;
	case 11:
		add_i(v, ir_load(r, IR_I,
				 RND(4) | (RND(2) ? IR_MEM_BE : 0) | (RND(2) ? IR_MEM_SIGN : 0), a,
				 (s32)RND(64)));
		break;
	case 12:
		ir_store(r, IR_I, RND(4) | (RND(2) ? IR_MEM_BE : 0), a, (s32)RND(64), b);
		break;
	case 13:
		add_i(v, ir_call(r, IR_I, H_READ + (RND(2) ? H_LEAVE : H_READ), 0, 0, 0, 0));
		r->insn[r->count - 1].a = r->insn[r->count - 1].imm == H_LEAVE ? a : 0;
		break;
	case 14:
		if (RND(2))
			ir_call(r, IR_V, H_WRITE, a, 0, 0, 0);
		else
			add_i(v, ir_call(r, IR_I, H_PURE, a, b, 0, 0));
		add_q(v, ir_call(r, IR_Q, H_VEC, some_q(r, v, seed), some_q(r, v, seed), 0, 0));
		break;
	case 15:
		ir_leave_if(r, ir_op2i(r, IR_EQ, ir_op2i(r, IR_AND, a, 63), 5), 7 + RND(5), 0);
		add_i(v, ir_op3(r, IR_SELECT, a, b, some_i(r, v, seed)));
		break;
	}
}

/* A counter that nothing else touches lets a cycle go round a few times. */
static ir_ref go_round(struct ir_region *r)
{
	ir_ref left = ir_op2i(r, IR_SUB, ir_get(r, IR_I, ROUNDS), 1);

	ir_put(r, IR_I, ROUNDS, left);
	return ir_op2(r, IR_LTS, ir_const(r, 0), left);
}

/* A diamond or two: blocks that branch forward; some in a loop. */
static void random_region(struct ir_region *r, u64 *seed)
{
	u32 blocks = 1 + RND(3), labels[8], k, n, loop = 0;
	bool loops = RND(2);

	ir_begin(r);
	r->cur.pc = 0x1000;
	for (k = 0; k < 2 * blocks; k++)
		labels[k] = ir_new_label(r);
	if (loops) {
		loop = ir_new_label(r);
		ir_jmp(r, loop);
		ir_label(r, loop);
		ir_poll(r);
	}
	for (k = 0; k < blocks; k++) {
		struct values v = {.ni = 0};

		for (n = 4 + RND(24); n; n--) {
			random_op(r, &v, seed);
			if (!RND(8)) {
				ir_account(r, r->cur.icount);
				ir_br_if(r, ir_op2i(r, IR_AND, some_i(r, &v, seed), 8),
					 labels[2 * k + RND(2)]);
			}
		}
		ir_account(r, r->cur.icount);
		ir_br(r, ir_op2i(r, IR_NE, ir_op2i(r, IR_AND, some_i(r, &v, seed), 4), 0),
		      labels[2 * k], labels[2 * k + 1]);
		ir_label(r, labels[2 * k]);
		v = (struct values){.ni = 0};
		random_op(r, &v, seed);
		ir_account(r, r->cur.icount);
		ir_jmp(r, labels[2 * k + 1]);
		ir_label(r, labels[2 * k + 1]);
	}
	if (loops) {
		u32 end = ir_new_label(r);

		ir_br(r, go_round(r), loop, end);
		ir_label(r, end);
	}
	ir_leave(r, 3, 0, r->cur.pc + 4, r->cur.icount + 1);
}

static void fill(struct machine *m, u64 seed)
{
	u32 k;

	for (k = 0; k < STATE / 8; k++)
		((u64 *)m->state)[k] = random_word(&seed) >> (seed % 60);
	*(u64 *)(m->state + ROUNDS) = 1 + seed % 4;
	memset(m->state + STATE, 0, 16);
	for (k = 0; k < MEMORY; k++)
		m->memory[k] = (u8)random_word(&seed);
}

static void compare_once(struct bench *t, const struct ir_region *r, struct machine *ref, u64 seed)
{
	struct backend_code *code;

	fill(&t->m, seed);
	fill(ref, seed);
	evaluate(ref, r);
	assert_int_equal(test_backend()->compile(
				 t->b, r, &(struct backend_unit){.pc = 0x1000, .tier = 1}, &code),
			 0);
	t->cpu.budget = 1 << 30;
	t->cpu.exit_code = 0;
	assert_int_equal(test_backend()->run(t->b, &t->cpu, code->entry),
			 ref->code ? BACKEND_STOP_LEAVE : BACKEND_STOP_LOOKUP);
	if (memcmp(ref->state, t->m.state, STATE) || memcmp(ref->memory, t->m.memory, MEMORY) ||
	    ref->code != t->cpu.exit_code || ref->pc != t->cpu.pc ||
	    ref->icount != (1u << 30) - (u64)t->cpu.budget)
		fail_msg("seed %llu: code %u/%u pc %llx/%llx", (unsigned long long)seed, ref->code,
			 t->cpu.exit_code, (unsigned long long)ref->pc,
			 (unsigned long long)t->cpu.pc);
	test_backend()->discard(t->b, code);
}

static void test_random(void **state)
{
	static const u32 passes[] = {0, IR_PASS_ALL & ~IR_PASS_DEAD_PUT, IR_PASS_ALL};
	struct ir_region *r = malloc(sizeof(*r));
	struct bench *t = new_bench();
	struct machine *ref = calloc(1, sizeof(*ref));
	u64 n, seed;
	u32 k;

	ref->state = calloc(1, STATE + 64);
	for (n = 0; n < 4000; n++) {
		seed = n;
		random_region(r, &seed);
		assert_false(r->overflow);
		for (k = 0; k < ARRAY_SIZE(passes); k++) {
			if (passes[k])
				ir_optimise(r, &env, passes[k]);
			compare_once(t, r, ref, n);
		}
	}
	free(ref->state);
	free(ref);
	free_bench(t);
	free(r);
}

/* A GOTO stops until it is linked, then follows the link; unlinked, it stops again. */
static void test_links(void **state)
{
	struct ir_region *r = malloc(sizeof(*r));
	struct bench *t = new_bench();
	struct backend_code *a, *b;

	ir_begin(r);
	r->cur.pc = 0x1000;
	ir_put(r, IR_I, 0, ir_op2i(r, IR_ADD, ir_get(r, IR_I, 0), 1));
	ir_goto(r, 0x1010, 1, IR_HINT_NONE);
	assert_int_equal(test_backend()->compile(
				 t->b, r, &(struct backend_unit){.pc = 0x1000, .tier = 1}, &a),
			 0);
	ir_begin(r);
	r->cur.pc = 0x1010;
	ir_put(r, IR_I, 0, ir_op2i(r, IR_ADD, ir_get(r, IR_I, 0), 100));
	ir_goto(r, 0x2000, 1, IR_HINT_NONE);
	assert_int_equal(test_backend()->compile(
				 t->b, r, &(struct backend_unit){.pc = 0x1010, .tier = 1}, &b),
			 0);
	memset(t->m.state, 0, STATE);

	assert_int_equal(a->nr_links, 1);
	assert_int_equal(b->nr_links, 0); /* leaves the page */
	assert_int_equal(test_backend()->run(t->b, &t->cpu, a->entry), BACKEND_STOP_LINK);
	assert_ptr_equal(t->cpu.stop_link, a->links);
	assert_int_equal(t->cpu.pc, 0x1010);
	test_backend()->link(t->b, a->links, b->entry);
	assert_int_equal(test_backend()->run(t->b, &t->cpu, a->entry), BACKEND_STOP_LOOKUP);
	assert_int_equal(t->cpu.pc, 0x2000);
	assert_int_equal(*(u64 *)t->m.state, 102);
	/* The jump cache leads on, under its key only. */
	t->jumps[jump_cache_index(0x2000)] =
		(struct jump_cache){.pc = 0x2000, .key = 1, .entry = a->entry};
	t->cpu.budget = 3;
	assert_int_equal(test_backend()->run(t->b, &t->cpu, a->entry), BACKEND_STOP_BUDGET);
	t->cpu.code_key = 2;
	t->cpu.budget = 100;
	assert_int_equal(test_backend()->run(t->b, &t->cpu, a->entry), BACKEND_STOP_LOOKUP);
	test_backend()->link(t->b, a->links, NULL);
	assert_int_equal(test_backend()->run(t->b, &t->cpu, a->entry), BACKEND_STOP_LINK);
	test_backend()->discard(t->b, a);
	test_backend()->discard(t->b, b);
	free_bench(t);
	free(r);
}

static void test_poll(void **state)
{
	struct ir_region *r = malloc(sizeof(*r));
	struct bench *t = new_bench();
	struct backend_code *code;

	ir_begin(r);
	r->cur.pc = 0x1000;
	ir_put(r, IR_I, 0, ir_const(r, 1));
	ir_poll(r);
	ir_leave(r, 5, 6, 0x1004, 1);
	assert_int_equal(test_backend()->compile(
				 t->b, r, &(struct backend_unit){.pc = 0x1000, .tier = 1}, &code),
			 0);
	t->poll = 1;
	assert_int_equal(test_backend()->run(t->b, &t->cpu, code->entry), BACKEND_STOP_POLL);
	assert_int_equal(t->cpu.pc, 0x1000);
	t->poll = 0;
	assert_int_equal(test_backend()->run(t->b, &t->cpu, code->entry), BACKEND_STOP_LEAVE);
	assert_int_equal(t->cpu.exit_code, 5);
	assert_int_equal(t->cpu.exit_info, 6);
	test_backend()->discard(t->b, code);
	free_bench(t);
	free(r);
}

/* Stops once, when the counter reaches 0, having done nothing; counts once an entry. */
static void test_hot(void **state)
{
	struct ir_region *r = malloc(sizeof(*r));
	struct bench *t = new_bench();
	_Atomic s32 hot = 3;
	const struct backend_unit unit = {.pc = 0x1000, .hot = &hot, .tier = 1};
	struct backend_code *code;
	u32 k;

	ir_begin(r);
	r->cur.pc = 0x1000;
	ir_put(r, IR_I, 0, ir_op2i(r, IR_ADD, ir_get(r, IR_I, 0), 1));
	ir_leave(r, 5, 6, 0x1004, 1);
	assert_int_equal(test_backend()->compile(t->b, r, &unit, &code), 0);
	memset(t->m.state, 0, STATE);
	for (k = 1; k < 6; k++) {
		t->cpu.pc = 0;
		assert_int_equal(test_backend()->run(t->b, &t->cpu, code->entry),
				 k == 3 ? BACKEND_STOP_HOT : BACKEND_STOP_LEAVE);
		assert_int_equal(t->cpu.pc, k == 3 ? 0x1000 : 0x1004);
		assert_int_equal(*(u64 *)t->m.state, k < 3 ? k : k - 1);
	}
	test_backend()->discard(t->b, code);
	free_bench(t);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_poll),
		cmocka_unit_test(test_hot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
