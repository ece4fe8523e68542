// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Translators of VMX and VSX instructions, run on the interpreter without and with the optimiser:
 * loads and stores in both byte orders, moves between register files, CR6, VSCR, operand fields.
 * Expected values are hand-worked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../backend.h"
#include "base/bits.h"
#include "cpu/cpu.h"
#include "cpu/mem.h"
#include "frontend/frontend.h"
#include "isa/decode.h"
#include "translator/internal.h"

enum { CODE = 0x10000, DATA = 0x2000, PAGE = 4096 };

/* General registers of the tests: address, index or value, target */
enum { RA = 5, RB = 6, RT = 7 };

static struct {
	void *block;
	struct cpu_state *s;
	struct backend *backend;
	struct backend_cpu cpu;
	struct tlb_fast tlb[1 << TLB_BITS];
	struct jump_cache jump_cache[1 << JUMP_CACHE_BITS];
	struct insn_decoder decoder;
	struct ir_env env;
	struct ir_region region;
	u8 memory[PAGE] __attribute__((aligned(4096)));
	bool fault; /* cpu_mem accesses fail */
} m;

static bool mem_read(struct cpu_state *s, u64 ea, void *buf, u32 len)
{
	assert_true(ea >= DATA && ea + len <= DATA + PAGE);
	if (m.fault) {
		cpu_raise(s, CPU_EXC_DSI, 0);
		return false;
	}
	memcpy(buf, m.memory + (ea - DATA), len);
	return true;
}

static bool mem_write(struct cpu_state *s, u64 ea, const void *buf, u32 len)
{
	assert_true(ea >= DATA && ea + len <= DATA + PAGE);
	if (m.fault) {
		cpu_raise(s, CPU_EXC_DSI, 0);
		return false;
	}
	memcpy(m.memory + (ea - DATA), buf, len);
	return true;
}

/* Behind the fast path, which leaves some alignments aside */
static u32 slow_load(struct backend_cpu *cpu, u64 ea, u32 mem, u128 *value)
{
	u32 size = 1u << (mem & IR_MEM_SIZE);
	u8 buf[16];

	(void)cpu;
	assert_true(mem_read(m.s, ea, buf, size));
	*value = 0;
	for (u32 i = 0; i < size; i++)
		*value |= (u128)buf[i] << 8 * (mem & IR_MEM_BE ? size - 1 - i : i);
	if (mem & IR_MEM_SIGN)
		*value = (u64)bits_sext((u64)*value, 8 * size);
	return 0;
}

static u32 slow_store(struct backend_cpu *cpu, u64 ea, u32 mem, u128 value)
{
	u32 size = 1u << (mem & IR_MEM_SIZE);
	u8 buf[16];

	(void)cpu;
	for (u32 i = 0; i < size; i++)
		buf[i] = (u8)(value >> 8 * (mem & IR_MEM_BE ? size - 1 - i : i));
	assert_true(mem_write(m.s, ea, buf, size));
	return 0;
}

static const struct backend_mem_ops slow_ops = {.load = slow_load, .store = slow_store};

static const struct cpu_mem_ops mem_ops = {mem_read, mem_write};

static int setup(void **state)
{
	const struct cpu_model *model = cpu_model_find("power9");
	struct insn_set set = {model->families, model->isa, model->facilities};
	struct backend_config config;
	size_t size = test_backend()->frame_size + sizeof(struct cpu_state);

	(void)state;
	helper_env_init(&m.env);
	helper_config_init(&config, &m.env);
	if (!insn_decoder_init(&m.decoder, &set) || test_backend()->create(&config, &m.backend))
		return -1;
	m.block = aligned_alloc(64, (size + 63) & ~(size_t)63);
	m.s = (struct cpu_state *)((u8 *)m.block + test_backend()->frame_size);
	for (unsigned i = 0; i < ARRAY_SIZE(m.tlb); i++)
		m.tlb[i].read_tag = m.tlb[i].write_tag = TLB_NO_TAG;
	*tlb_fast_at(m.tlb, TLB_PAGE_BITS, DATA) =
		(struct tlb_fast){DATA, DATA, (uintptr_t)m.memory - DATA, 0};
	for (unsigned i = 0; i < ARRAY_SIZE(m.jump_cache); i++)
		m.jump_cache[i].key = ~0ull;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_backend()->destroy(m.backend);
	free(m.block);
	return 0;
}

static bool fetch(void *opaque, u64 ea, u32 *word)
{
	*word = *(const u32 *)opaque;
	return ea == CODE;
}

/* Run one instruction; returns the code it left with */
static u32 run_once(u32 word, u32 mode, u32 passes)
{
	struct tr_ctx c = {.r = &m.region,
			   .model = cpu_model_find("power9"),
			   .lazy_fp = test_backend()->lazy_fp};
	struct backend_code *code;
	enum backend_stop stop;
	char msg[128];

	c.decoder = &m.decoder;
	c.mode = mode;
	assert_int_equal(frontend_translate(&c, CODE, 1, fetch, &word), 4);
	if (ir_verify(&m.region, &m.env, msg, sizeof(msg)))
		fail_msg("%08x: %s", word, msg);
	ir_optimise(&m.region, &m.env, passes);
	assert_int_equal(test_backend()->compile(m.backend, &m.region,
						 &(struct backend_unit){.pc = CODE, .tier = 1},
						 &code),
			 0);
	m.cpu = (struct backend_cpu){
		.state = (u8 *)m.s,
		.tlb = m.tlb,
		.tlb_bits = TLB_PAGE_BITS,
		.tlb_mask = TLB_PAGE_MASK,
		.tlb_as1 = m.tlb,
		.jump_cache = m.jump_cache,
		.poll = &m.s->wanted,
		.budget = 1000,
		.mem = &slow_ops,
	};
	stop = test_backend()->run(m.backend, &m.cpu, code->entry);
	test_backend()->discard(m.backend, code);
	if (stop == BACKEND_STOP_LEAVE)
		return m.cpu.exit_code;
	assert_int_equal(stop, BACKEND_STOP_LINK);
	assert_int_equal(m.cpu.pc, CODE + 4);
	return 0;
}

struct q {
	u64 hi, lo;
};

static void set_vsr(unsigned n, struct q v)
{
	VD(&m.s->vsr[n], 0) = v.hi;
	VD(&m.s->vsr[n], 1) = v.lo;
}

static void check_vsr(u32 word, unsigned n, struct q want)
{
	if (VD(&m.s->vsr[n], 0) != want.hi || VD(&m.s->vsr[n], 1) != want.lo)
		fail_msg("%08x: vs%u %016llx %016llx, want %016llx %016llx", word, n,
			 (unsigned long long)VD(&m.s->vsr[n], 0),
			 (unsigned long long)VD(&m.s->vsr[n], 1), (unsigned long long)want.hi,
			 (unsigned long long)want.lo);
}

static void reset(void)
{
	memset(m.s, 0, sizeof(*m.s));
	m.s->mem_ops = &mem_ops;
	m.fault = false;
}

enum { ALL_ON = MODE_SF | MODE_PR | MODE_FP | MODE_VEC | MODE_VSX };

#define Q(hi, lo)                                                                                  \
	{                                                                                          \
		0x##hi##ull, 0x##lo##ull                                                           \
	}
#define REGS(t, a, b)	    ((u32)(t) << 21 | (u32)(a) << 16 | (u32)(b) << 11)
#define XF(xo, t, a, b)	    (31u << 26 | REGS(t, a, b) | (u32)(xo) << 1)
#define VXF(xo, t, a, b)    (4u << 26 | REGS(t, a, b) | (u32)(xo))
#define VAF(xo, t, a, b, c) (VXF(xo, t, a, b) | (u32)(c) << 6)
#define XX2F(xo, t, a, b)   (60u << 26 | REGS(t, a, b) | (u32)(xo) << 2 | 3)
#define XX3F(xo, t, a, b)   (60u << 26 | REGS(t, a, b) | (u32)(xo) << 3 | 7)

/* --- memory --- */
struct mem_case {
	u32 word;
	unsigned ea; /* RA, from DATA */
	u64 rb;
	struct q be,
		le; /* the register after a load; memory at ea & ~15, as a number, after a store */
};

/* The target is vr2, which holds this; memory byte i is 80 + i before loads, FF before stores */
static const struct q before = Q(0001020304050607, 08090a0b0c0d0e0f);

static void check_loads(const struct mem_case *t, unsigned n)
{
	for (unsigned i = 0; i < 4 * n; i++, t += !(i & 3)) {
		bool le = i & 1;

		reset();
		set_vsr(34, before);
		for (unsigned k = 0; k < 128; k++)
			m.memory[k] = 0x80 + k;
		m.s->gpr[RA] = DATA + t->ea;
		m.s->gpr[RB] = t->rb;
		assert_int_equal(run_once(t->word, ALL_ON | (le ? MODE_LE : 0),
					  i & 2 ? test_backend()->passes : 0),
				 0);
		check_vsr(t->word, 34, le ? t->le : t->be);
	}
}

static void check_stores(const struct mem_case *t, unsigned n)
{
	for (unsigned i = 0; i < 4 * n; i++, t += !(i & 3)) {
		bool le = i & 1;
		struct q want = le ? t->le : t->be;
		u8 *at = m.memory + (t->ea & ~15u);
		u8 bytes[16];

		reset();
		set_vsr(34, before);
		memset(m.memory, 0xff, 128);
		m.s->gpr[RA] = DATA + t->ea;
		m.s->gpr[RB] = t->rb;
		assert_int_equal(run_once(t->word, ALL_ON | (le ? MODE_LE : 0),
					  i & 2 ? test_backend()->passes : 0),
				 0);
		for (unsigned k = 0; k < 16; k++)
			bytes[k] = (k < 8 ? want.hi : want.lo) >> (56 - 8 * (k & 7));
		if (memcmp(at, bytes, 16))
			fail_msg("%08x (%s): memory differs", t->word, le ? "LE" : "BE");
	}
}

#define LEN(n) ((u64)(n) << 56 | 0x123456)

/* clang-format off */
static const struct mem_case loads[] = {
	/* VMX: the address is truncated */
	{XF(103, 2, 0, RA), 0x13, 0, Q(9091929394959697, 98999a9b9c9d9e9f), Q(9f9e9d9c9b9a9998, 9796959493929190)}, /* lvx */
	{XF(359, 2, RA, RB), 0x13, 0x10, Q(a0a1a2a3a4a5a6a7, a8a9aaabacadaeaf), Q(afaeadacabaaa9a8, a7a6a5a4a3a2a1a0)}, /* lvxl */
	{XF(7, 2, 0, RA), 0x13, 0, Q(0001029304050607, 08090a0b0c0d0e0f), Q(0001020304050607, 08090a0b930d0e0f)}, /* lvebx */
	{XF(39, 2, 0, RA), 0x13, 0, Q(0001929304050607, 08090a0b0c0d0e0f), Q(0001020304050607, 08090a0b93920e0f)}, /* lvehx */
	{XF(71, 2, 0, RA), 0x17, 0, Q(0001020394959697, 08090a0b0c0d0e0f), Q(0001020304050607, 979695940c0d0e0f)}, /* lvewx */
	{XF(6, 2, 0, RA), 0x13, 0, Q(030405060708090a, 0b0c0d0e0f101112), Q(030405060708090a, 0b0c0d0e0f101112)}, /* lvsl */
	{XF(38, 2, 0, RA), 0x13, 0, Q(0d0e0f1011121314, 15161718191a1b1c), Q(0d0e0f1011121314, 15161718191a1b1c)}, /* lvsr */
	/* VSX: any alignment */
	{XF(844, 2, 0, RA) | 1, 3, 0, Q(838485868788898a, 8b8c8d8e8f909192), Q(8a89888786858483, 9291908f8e8d8c8b)}, /* lxvd2x */
	{XF(780, 2, 0, RA) | 1, 3, 0, Q(838485868788898a, 8b8c8d8e8f909192), Q(868584838a898887, 8e8d8c8b9291908f)}, /* lxvw4x */
	{XF(812, 2, 0, RA) | 1, 3, 0, Q(838485868788898a, 8b8c8d8e8f909192), Q(8483868588878a89, 8c8b8e8d908f9291)}, /* lxvh8x */
	{XF(876, 2, 0, RA) | 1, 3, 0, Q(838485868788898a, 8b8c8d8e8f909192), Q(838485868788898a, 8b8c8d8e8f909192)}, /* lxvb16x */
	{XF(268, 2, 0, RA) | 1, 3, 0, Q(838485868788898a, 8b8c8d8e8f909192), Q(9291908f8e8d8c8b, 8a89888786858483)}, /* lxvx */
	{XF(268, 2, RA, RB) | 1, 3, 0x10, Q(939495969798999a, 9b9c9d9e9fa0a1a2), Q(a2a1a09f9e9d9c9b, 9a99989796959493)}, /* lxvx */
	{61u << 26 | REGS(2, RA, 0) | 16 | 8 | 1, 3, 0, Q(939495969798999a, 9b9c9d9e9fa0a1a2), Q(a2a1a09f9e9d9c9b, 9a99989796959493)}, /* lxv 16(RA) */
	{XF(332, 2, 0, RA) | 1, 3, 0, Q(838485868788898a, 838485868788898a), Q(8a89888786858483, 8a89888786858483)}, /* lxvdsx */
	{XF(364, 2, 0, RA) | 1, 3, 0, Q(8384858683848586, 8384858683848586), Q(8685848386858483, 8685848386858483)}, /* lxvwsx */
	{XF(588, 2, 0, RA) | 1, 3, 0, Q(838485868788898a, 08090a0b0c0d0e0f), Q(8a89888786858483, 08090a0b0c0d0e0f)}, /* lxsdx */
	{XF(76, 2, 0, RA) | 1, 3, 0, Q(ffffffff83848586, 08090a0b0c0d0e0f), Q(ffffffff86858483, 08090a0b0c0d0e0f)}, /* lxsiwax */
	{XF(12, 2, 0, RA) | 1, 3, 0, Q(83848586, 08090a0b0c0d0e0f), Q(86858483, 08090a0b0c0d0e0f)}, /* lxsiwzx */
	{XF(813, 2, 0, RA) | 1, 3, 0, Q(8384, 08090a0b0c0d0e0f), Q(8483, 08090a0b0c0d0e0f)}, /* lxsihzx */
	{XF(781, 2, 0, RA) | 1, 3, 0, Q(83, 08090a0b0c0d0e0f), Q(83, 08090a0b0c0d0e0f)}, /* lxsibzx */
	/* single C0C1C2C3 (LE: C3C2C1C0): exponent + 896, fraction << 29 */
	{XF(524, 2, 0, RA) | 1, 0x40, 0, Q(c018385860000000, 08090a0b0c0d0e0f), Q(c078583800000000, 08090a0b0c0d0e0f)}, /* lxsspx */
	{57u << 26 | REGS(2, RA, 0) | 8 | 3, 0x38, 0, Q(c018385860000000, 0), Q(c078583800000000, 0)}, /* lxssp 8(RA) */
	{57u << 26 | REGS(2, RA, 0) | 8 | 2, 3, 0, Q(8b8c8d8e8f909192, 0), Q(9291908f8e8d8c8b, 0)}, /* lxsd 8(RA) */
	{XF(269, 2, RA, RB) | 1, 3, LEN(5), Q(8384858687000000, 0), Q(0, 8786858483)}, /* lxvl */
	{XF(269, 2, RA, RB) | 1, 3, LEN(0), Q(0, 0), Q(0, 0)},
	{XF(269, 2, RA, RB) | 1, 3, LEN(255), Q(838485868788898a, 8b8c8d8e8f909192), Q(9291908f8e8d8c8b, 8a89888786858483)},
	{XF(301, 2, RA, RB) | 1, 3, LEN(9), Q(838485868788898a, 8b00000000000000), Q(838485868788898a, 8b00000000000000)}, /* lxvll */
};

static const struct mem_case stores[] = {
	{XF(231, 2, 0, RA), 0x13, 0, Q(0001020304050607, 08090a0b0c0d0e0f), Q(0f0e0d0c0b0a0908, 0706050403020100)}, /* stvx */
	{XF(487, 2, 0, RA), 0x13, 0, Q(0001020304050607, 08090a0b0c0d0e0f), Q(0f0e0d0c0b0a0908, 0706050403020100)}, /* stvxl */
	{XF(135, 2, 0, RA), 0x13, 0, Q(ffffff03ffffffff, ffffffffffffffff), Q(ffffff0cffffffff, ffffffffffffffff)}, /* stvebx */
	{XF(167, 2, 0, RA), 0x13, 0, Q(ffff0203ffffffff, ffffffffffffffff), Q(ffff0d0cffffffff, ffffffffffffffff)}, /* stvehx */
	{XF(199, 2, 0, RA), 0x17, 0, Q(ffffffff04050607, ffffffffffffffff), Q(ffffffff0b0a0908, ffffffffffffffff)}, /* stvewx */
	{XF(972, 2, 0, RA) | 1, 0x10, 0, Q(0001020304050607, 08090a0b0c0d0e0f), Q(0706050403020100, 0f0e0d0c0b0a0908)}, /* stxvd2x */
	{XF(908, 2, 0, RA) | 1, 0x10, 0, Q(0001020304050607, 08090a0b0c0d0e0f), Q(0302010007060504, 0b0a09080f0e0d0c)}, /* stxvw4x */
	{XF(940, 2, 0, RA) | 1, 0x10, 0, Q(0001020304050607, 08090a0b0c0d0e0f), Q(0100030205040706, 09080b0a0d0c0f0e)}, /* stxvh8x */
	{XF(1004, 2, 0, RA) | 1, 0x10, 0, Q(0001020304050607, 08090a0b0c0d0e0f), Q(0001020304050607, 08090a0b0c0d0e0f)}, /* stxvb16x */
	{XF(396, 2, 0, RA) | 1, 0x11, 0, Q(ff00010203040506, 0708090a0b0c0d0e), Q(ff0f0e0d0c0b0a09, 0807060504030201)}, /* stxvx */
	{61u << 26 | REGS(2, RA, 0) | 0xfff0 | 8 | 5, 0x20, 0, Q(ffffffffffffffff, ffffffffffffffff), Q(ffffffffffffffff, ffffffffffffffff)}, /* stxv -16(RA) */
	{61u << 26 | REGS(2, RA, 0) | 8 | 5, 0x20, 0, Q(0001020304050607, 08090a0b0c0d0e0f), Q(0f0e0d0c0b0a0908, 0706050403020100)}, /* stxv 0(RA) */
	{XF(716, 2, 0, RA) | 1, 0x11, 0, Q(ff00010203040506, 07ffffffffffffff), Q(ff07060504030201, 00ffffffffffffff)}, /* stxsdx */
	{XF(140, 2, 0, RA) | 1, 0x11, 0, Q(ff04050607ffffff, ffffffffffffffff), Q(ff07060504ffffff, ffffffffffffffff)}, /* stxsiwx */
	{XF(941, 2, 0, RA) | 1, 0x11, 0, Q(ff0607ffffffffff, ffffffffffffffff), Q(ff0706ffffffffff, ffffffffffffffff)}, /* stxsihx */
	{XF(909, 2, 0, RA) | 1, 0x11, 0, Q(ff07ffffffffffff, ffffffffffffffff), Q(ff07ffffffffffff, ffffffffffffffff)}, /* stxsibx */
	{61u << 26 | REGS(2, RA, 0) | 8 | 2, 0x10, 0, Q(ffffffffffffffff, 0001020304050607), Q(ffffffffffffffff, 0706050403020100)}, /* stxsd 8(RA) */
	{XF(397, 2, RA, RB) | 1, 0x12, LEN(3), Q(ffff000102ffffff, ffffffffffffffff), Q(ffff0f0e0dffffff, ffffffffffffffff)}, /* stxvl */
	{XF(397, 2, RA, RB) | 1, 0x12, LEN(0), Q(ffffffffffffffff, ffffffffffffffff), Q(ffffffffffffffff, ffffffffffffffff)},
	{XF(429, 2, RA, RB) | 1, 0x12, LEN(3), Q(ffff000102ffffff, ffffffffffffffff), Q(ffff000102ffffff, ffffffffffffffff)}, /* stxvll */
};
/* clang-format on */

static void test_loads(void **state)
{
	(void)state;
	check_loads(loads, ARRAY_SIZE(loads));
}

static void test_stores(void **state)
{
	(void)state;
	check_stores(stores, ARRAY_SIZE(stores));
}

static void test_store_single(void **state)
{
	const u32 words[] = {XF(652, 2, 0, RA) | 1, 61u << 26 | REGS(2, RA, 0) | 3};

	(void)state;
	for (unsigned i = 0; i < 2; i++) { /* stxsspx, stxssp */
		reset();
		set_vsr(34, (struct q)Q(c018385860000000, 0));
		m.s->gpr[RA] = DATA;
		assert_int_equal(run_once(words[i], ALL_ON, 0), 0);
		assert_memory_equal(m.memory, "\xc0\xc1\xc2\xc3", 4);
	}
}

/* A fault in the middle leaves with the event's code, the target as it was */
static void test_length_faults(void **state)
{
	(void)state;
	reset();
	set_vsr(34, before);
	m.fault = true;
	m.s->gpr[RA] = DATA;
	m.s->gpr[RB] = LEN(4);
	assert_int_equal(run_once(XF(269, 2, RA, RB) | 1, ALL_ON, 0), CPU_EXC_DSI);
	assert_int_equal(m.cpu.pc, CODE);
	check_vsr(0, 34, before);
	m.s->event.code = 0;
	assert_int_equal(run_once(XF(397, 2, RA, RB) | 1, ALL_ON, 0), CPU_EXC_DSI);
	/* no byte, no access */
	m.s->event.code = 0;
	m.s->gpr[RB] = LEN(0);
	assert_int_equal(run_once(XF(397, 2, RA, RB) | 1, ALL_ON, 0), 0);
}

static void test_32bit_address(void **state)
{
	(void)state;
	reset();
	memset(m.memory, 0x55, 16);
	m.s->gpr[RA] = 0xfffffffffffff000ull;
	m.s->gpr[RB] = 0x1000 + DATA;
	assert_int_equal(run_once(XF(103, 2, RA, RB), ALL_ON & ~MODE_SF, 0), 0);
	check_vsr(0, 34, (struct q)Q(5555555555555555, 5555555555555555));
}

/* --- registers --- */

/* vr1, vr2, vr3 before; vr0 and CR6 afterwards */
struct reg_case {
	u32 word;
	struct q a, b, c;
	struct q want;
	unsigned cr;
};

enum { CR = 1 << 10, CR_OLD = 5 };

/* clang-format off */
#define A Q(0123456789abcdef, 0011223344556677)
#define B Q(ffffffff00000000, f0f0f0f0f0f0f0f0)
#define C Q(00000000ffffffff, ff00ff00ff00ff00)
static const struct reg_case reg_cases[] = {
	{VXF(1028, 0, 1, 2), A, B, C, Q(0123456700000000, 0010203040506070), CR_OLD}, /* vand */
	{VXF(1092, 0, 1, 2), A, B, C, Q(0000000089abcdef, 0001020304050607), CR_OLD}, /* vandc */
	{VXF(1156, 0, 1, 2), A, B, C, Q(ffffffff89abcdef, f0f1f2f3f4f5f6f7), CR_OLD}, /* vor */
	{VXF(1156, 0, 1, 1), A, B, C, A, CR_OLD}, /* vor, as a move */
	{VXF(1220, 0, 1, 2), A, B, C, Q(fedcba9889abcdef, f0e1d2c3b4a59687), CR_OLD}, /* vxor */
	{VXF(1220, 0, 1, 1), A, B, C, Q(0, 0), CR_OLD},
	{VXF(1284, 0, 1, 2), A, B, C, Q(0000000076543210, 0f0e0d0c0b0a0908), CR_OLD}, /* vnor */
	{VXF(1412, 0, 1, 2), A, B, C, Q(fedcba98ffffffff, ffefdfcfbfaf9f8f), CR_OLD}, /* vnand */
	{VXF(1668, 0, 1, 2), A, B, C, Q(0123456776543210, 0f1e2d3c4b5a6978), CR_OLD}, /* veqv */
	{VXF(1348, 0, 1, 2), A, B, C, Q(01234567ffffffff, 0f1f2f3f4f5f6f7f), CR_OLD}, /* vorc */
	{VAF(42, 0, 1, 2, 3), A, B, C, Q(0123456700000000, f011f033f055f077), CR_OLD}, /* vsel */
	{VAF(43, 0, 1, 2, 3), A, B, Q(0f1f101102030405, 0), Q(77f0ffff456789ab, 0101010101010101), CR_OLD}, /* vperm */
	{VAF(44, 0, 1, 2, 5), A, B, C, Q(abcdef0011223344, 556677ffffffff00), CR_OLD}, /* vsldoi 5 */
	{VXF(524, 0, 9, 1), A, B, C, Q(1111111111111111, 1111111111111111), CR_OLD}, /* vspltb 9 */
	{VXF(652, 0, 3, 1), A, B, C, Q(4455667744556677, 4455667744556677), CR_OLD}, /* vspltw 3 */
	{VXF(780, 0, 0x1e, 0), A, B, C, Q(fefefefefefefefe, fefefefefefefefe), CR_OLD}, /* vspltisb -2 */
	{VXF(844, 0, 0x10, 0), A, B, C, Q(fff0fff0fff0fff0, fff0fff0fff0fff0), CR_OLD}, /* vspltish -16 */
	{VXF(908, 0, 15, 0), A, B, C, Q(0000000f0000000f, 0000000f0000000f), CR_OLD}, /* vspltisw 15 */
	{VXF(525, 0, 15, 1), A, B, C, Q(77, 0), CR_OLD}, /* vextractub 15 */
	{VXF(653, 0, 6, 1), A, B, C, Q(cdef0011, 0), CR_OLD}, /* vextractuw 6 */
	{VXF(717, 0, 8, 1), A, B, C, Q(0011223344556677, 0), CR_OLD}, /* vextractd 8 */
	{VXF(781, 0, 15, 1), A, B, C, Q(0, ef), CR_OLD}, /* vinsertb 15 */
	{VXF(909, 0, 10, 1), A, B, C, Q(0, 000089abcdef0000), CR_OLD}, /* vinsertw 10 */
	{VXF(1480, 0, 1, 0), Q(0, 53), B, C, Q(6363636363636363, 63636363636363ed), CR_OLD}, /* vsbox */
	{VXF(1666, 0, 1, 0x8000 >> 11 | 6), Q(0000000100000001, 0), B, C, Q(4008040004200080, 0), CR_OLD}, /* vshasigmaw 1, 6 */
	{VXF(133, 0, 1, 2), A, Q(0000070000000700, 0), C, Q(0100000089000000, 0), CR_OLD}, /* vrlwmi, from VRT = 0 */
	/* compares; with the record bit CR6 says all (8) or none (2) */
	{VXF(6, 0, 1, 2) | CR, A, A, C, Q(ffffffffffffffff, ffffffffffffffff), 8}, /* vcmpequb. */
	{VXF(6, 0, 1, 2), A, A, C, Q(ffffffffffffffff, ffffffffffffffff), CR_OLD},
	{VXF(6, 0, 1, 2) | CR, A, Q(0123456789abcd00, 0), C, Q(ffffffffffffff00, ff00000000000000), 0},
	{VXF(6, 0, 1, 2) | CR, A, Q(1111111111111111, 1122334455667788), C, Q(0, 0), 2},
	{VXF(199, 0, 1, 2) | CR, A, Q(0123456789abcdef, 0), C, Q(ffffffffffffffff, 0), 0}, /* vcmpequd. */
	{VXF(966, 0, 1, 2) | CR, Q(3f8000003f800000, 3f80000080000000), Q(4000000040000000, 400000003f800000), C, Q(0, 0), 2}, /* vcmpbfp. */
	{VXF(966, 0, 1, 2) | CR, Q(3f8000003f800000, 3f80000080000000), Q(4000000040000000, 400000007fc00000), C, Q(0, c0000000), 0},
	{VXF(1 | 1 << 10, 0, 1, 2), Q(0, 12c), Q(0, 99d), C, Q(0, 87d), 8}, /* bcdadd. */
	{VXF(65 | 1 << 10 | 1 << 9, 0, 1, 2), Q(0, 12c), Q(0, 99d), C, Q(0, 111f), 4}, /* bcdsub. PS=1 */
	/* vmaddfp VRT,VRA,VRC,VRB: 3 * 5 + 2 */
	{VAF(46, 0, 1, 2, 3), Q(4040000000000000, 0), Q(4000000000000000, 0), Q(40a0000000000000, 0), Q(4188000000000000, 0), CR_OLD},
	/* VSX */
	{XX3F(130, 0, 1, 2), A, B, C, Q(0123456700000000, 0010203040506070), CR_OLD}, /* xxland */
	{XX3F(170, 0, 1, 2), A, B, C, Q(01234567ffffffff, 0f1f2f3f4f5f6f7f), CR_OLD}, /* xxlorc */
	{XX3F(154, 0, 1, 1), A, B, C, Q(0, 0), CR_OLD}, /* xxlxor */
	{XX3F(146, 0, 1, 1), A, B, C, A, CR_OLD}, /* xxlor */
	{XX3F(10, 0, 1, 2), A, B, C, Q(0123456789abcdef, ffffffff00000000), CR_OLD}, /* xxpermdi 0 */
	{XX3F(10 + 32, 0, 1, 2), A, B, C, Q(0123456789abcdef, f0f0f0f0f0f0f0f0), CR_OLD}, /* 1 */
	{XX3F(10 + 64, 0, 1, 2), A, B, C, Q(0011223344556677, ffffffff00000000), CR_OLD}, /* 2 */
	{XX3F(10 + 96, 0, 1, 2), A, B, C, Q(0011223344556677, f0f0f0f0f0f0f0f0), CR_OLD}, /* 3 */
	{XX3F(2 + 32, 0, 1, 2), A, B, C, Q(89abcdef00112233, 44556677ffffffff), CR_OLD}, /* xxsldwi 1 */
	{XX3F(18, 0, 1, 2), A, B, C, Q(01234567ffffffff, 89abcdef00000000), CR_OLD}, /* xxmrghw */
	{XX3F(50, 0, 1, 2), A, B, C, Q(00112233f0f0f0f0, 44556677f0f0f0f0), CR_OLD}, /* xxmrglw */
	{60u << 26 | REGS(0, 1, 2) | 3u << 6 | 3u << 4 | 15, A, B, C, Q(0123456700000000, f011f033f055f077), CR_OLD}, /* xxsel */
	{XX2F(164, 0, 1, 1), A, B, C, Q(89abcdef89abcdef, 89abcdef89abcdef), CR_OLD}, /* xxspltw 1 */
	{60u << 26 | 0x2d0 | 0xa5u << 11 | 1, A, B, C, Q(a5a5a5a5a5a5a5a5, a5a5a5a5a5a5a5a5), CR_OLD}, /* xxspltib */
	{XX2F(475, 0, 7, 1), A, B, C, Q(23016745ab89efcd, 1100332255447766), CR_OLD}, /* xxbrh */
	{XX2F(475, 0, 15, 1), A, B, C, Q(67452301efcdab89, 3322110077665544), CR_OLD}, /* xxbrw */
	{XX2F(475, 0, 23, 1), A, B, C, Q(efcdab8967452301, 7766554433221100), CR_OLD}, /* xxbrd */
	{XX2F(475, 0, 31, 1), A, B, C, Q(7766554433221100, efcdab8967452301), CR_OLD}, /* xxbrq */
	{XX2F(165, 0, 6, 1), A, B, C, Q(cdef0011, 0), CR_OLD}, /* xxextractuw 6 */
	{XX2F(181, 0, 6, 1), A, B, C, Q(00000000000089ab, cdef000000000000), CR_OLD}, /* xxinsertw 6 */
	/* bytes of XA || XT, XT = 0 */
	{XX3F(26, 0, 1, 2), A, Q(0f1f101102030405, 0), C, Q(77000000456789ab, 0101010101010101), CR_OLD}, /* xxperm */
	{XX3F(58, 0, 1, 2), A, Q(1f10000f02030405, 1f1f1f1f1f1f1f1f), C, Q(0177000000000000, 0101010101010101), CR_OLD}, /* xxpermr */
};
/* clang-format on */

static void test_registers(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2 * ARRAY_SIZE(reg_cases); i++) {
		const struct reg_case *t = &reg_cases[i / 2];

		reset();
		m.s->cr[6] = CR_OLD;
		set_vsr(33, t->a);
		set_vsr(34, t->b);
		set_vsr(35, t->c);
		assert_int_equal(run_once(t->word, ALL_ON, i & 1 ? test_backend()->passes : 0), 0);
		check_vsr(t->word, 32, t->want);
		if (m.s->cr[6] != t->cr)
			fail_msg("%08x: CR6 %u", t->word, (unsigned)m.s->cr[6]);
	}
}

/* Between general and vector registers: vs3, which has no VMX name */
static void test_moves(void **state)
{
	static const struct {
		u32 word;
		struct q before, after;
		u64 ra, rb, after_rt;
	} t[] = {
		{XF(51, 3, RT, 0), A, A, 0, 0, 0x0123456789abcdefull},	/* mfvsrd */
		{XF(307, 3, RT, 0), A, A, 0, 0, 0x0011223344556677ull}, /* mfvsrld */
		{XF(115, 3, RT, 0), A, A, 0, 0, 0x89abcdefull},		/* mfvsrwz */
		{XF(179, 3, RA, 0), A, Q(8000000180000002, 0011223344556677), 0x8000000180000002ull,
		 0, 0}, /* mtvsrd */
		{XF(211, 3, RA, 0), A, Q(ffffffff80000002, 0011223344556677), 0x8000000180000002ull,
		 0, 0}, /* mtvsrwa */
		{XF(243, 3, RA, 0), A, Q(80000002, 0011223344556677), 0x8000000180000002ull, 0,
		 0},					   /* mtvsrwz */
		{XF(435, 3, RA, RB), A, Q(5, 6), 5, 6, 0}, /* mtvsrdd */
		{XF(435, 3, 0, RB), A, Q(0, 6), 5, 6, 0},
		{XF(403, 3, RA, 0), A, Q(8000000280000002, 8000000280000002), 0x8000000180000002ull,
		 0, 0}, /* mtvsrws */
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(t); i++) {
		reset();
		m.s->gpr[0] = 0x1234;
		m.s->gpr[RA] = t[i].ra;
		m.s->gpr[RB] = t[i].rb;
		set_vsr(3, t[i].before);
		assert_int_equal(run_once(t[i].word, ALL_ON, test_backend()->passes), 0);
		check_vsr(t[i].word, 3, t[i].after);
		assert_int_equal(m.s->gpr[RT], t[i].after_rt);
	}
}

static void test_general_targets(void **state)
{
	(void)state;
	reset();
	set_vsr(34, (struct q)A);
	m.s->gpr[RA] = 0xfff3;
	assert_int_equal(run_once(VXF(1677, RT, RA, 2), ALL_ON, 0), 0); /* vextuwlx */
	assert_int_equal(m.s->gpr[RT], 0x6789abcd);
	assert_int_equal(run_once(VXF(1933, RT, RA, 2), ALL_ON, 0), 0); /* vextuwrx */
	assert_int_equal(m.s->gpr[RT], 0x11223344);
	assert_int_equal(run_once(VXF(1538, RT, 0, 2), ALL_ON, 0), 0); /* vclzlsbb */
	assert_int_equal(m.s->gpr[RT], 0);
	assert_int_equal(run_once(VXF(1538, RT, 1, 2), ALL_ON, 0), 0); /* vctzlsbb */
	assert_int_equal(m.s->gpr[RT], 0);
}

static void test_vscr(void **state)
{
	(void)state;
	reset();
	set_vsr(34, (struct q)Q(ffffffffffffffff, ffffffff00010001));
	assert_int_equal(run_once(VXF(1604, 0, 0, 2), ALL_ON, 0), 0); /* mtvscr */
	assert_int_equal(m.s->vscr_nj, 1);
	assert_int_equal(m.s->vscr_sat, 1);
	m.s->vscr_sat = 0;
	set_vsr(33, (struct q)Q(ff, 0));
	assert_int_equal(run_once(VXF(512, 0, 1, 1), ALL_ON, 0), 0); /* vaddubs saturates */
	assert_int_equal(m.s->vscr_sat, 1);
	assert_int_equal(run_once(VXF(1540, 0, 0, 0), ALL_ON, 0), 0); /* mfvscr */
	check_vsr(0, 32, (struct q)Q(0, 10001));
	/* NJ reaches the arithmetic: a denormal and 0 */
	set_vsr(33, (struct q)Q(1, 0));
	set_vsr(34, (struct q)Q(0, 0));
	assert_int_equal(run_once(VXF(10, 0, 1, 2), ALL_ON, 0), 0); /* vaddfp */
	check_vsr(0, 32, (struct q)Q(0, 0));
	m.s->vscr_nj = 0;
	assert_int_equal(run_once(VXF(10, 0, 1, 2), ALL_ON, 0), 0);
	check_vsr(0, 32, (struct q)Q(1, 0));
}

static void test_unavailable(void **state)
{
	(void)state;
	reset();
	assert_int_equal(run_once(VXF(0, 0, 1, 2), ALL_ON & ~MODE_VEC, 0), CPU_EXC_VEC_UNAVAIL);
	assert_int_equal(run_once(XX3F(130, 0, 1, 2), ALL_ON & ~MODE_VSX, 0), CPU_EXC_VSX_UNAVAIL);
	/* lxvx, lxsibzx: by the register's half; lxsdx: not */
	assert_int_equal(run_once(XF(781, 2, 0, RA) | 1, ALL_ON & ~MODE_VEC, 0),
			 CPU_EXC_VEC_UNAVAIL);
	assert_int_equal(run_once(XF(588, 2, 0, RA) | 1, ALL_ON & ~MODE_VSX, 0),
			 CPU_EXC_VSX_UNAVAIL);
	assert_int_equal(run_once(XF(268, 2, 0, RA) | 1, ALL_ON & ~MODE_VEC, 0),
			 CPU_EXC_VEC_UNAVAIL);
	assert_int_equal(run_once(XF(268, 2, 0, RA), ALL_ON & ~MODE_VSX, 0), CPU_EXC_VSX_UNAVAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loads),	      cmocka_unit_test(test_stores),
		cmocka_unit_test(test_store_single),  cmocka_unit_test(test_length_faults),
		cmocka_unit_test(test_32bit_address), cmocka_unit_test(test_registers),
		cmocka_unit_test(test_moves),	      cmocka_unit_test(test_general_targets),
		cmocka_unit_test(test_vscr),	      cmocka_unit_test(test_unavailable),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
