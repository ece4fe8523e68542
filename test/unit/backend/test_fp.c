// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Floating point of a back end, with the lazy status, against the interpreter without: results, CR
 * and the whole FPSCR of single instructions and of sequences, on operands at the edges and at
 * random, in all rounding modes. PV_FP_ROUNDS multiplies the rounds, PV_HOST limits the features of
 * the host that are used.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend.h"
#include "../random.h"
#include "frontend/frontend.h"
#include "isa/decode.h"
#include "cpu/fp.h"
#include "isa/fpscr.h"
#include "translator/internal.h"

enum { PC = 0x1000, MAX_WORDS = 12 };

/* T = 1 (or 33), A = 2, B = 3, C = 4 */
static const struct {
	u32 word;
	const char *name;
} rows[] = {
	{0xfc22182a, "fadd 1,2,3"},
	{0xfc221828, "fsub 1,2,3"},
	{0xfc220132, "fmul 1,2,4"},
	{0xfc221824, "fdiv 1,2,3"},
	{0xfc20182c, "fsqrt 1,3"},
	{0xec22182a, "fadds 1,2,3"},
	{0xec221828, "fsubs 1,2,3"},
	{0xec220132, "fmuls 1,2,4"},
	{0xec221824, "fdivs 1,2,3"},
	{0xec20182c, "fsqrts 1,3"},
	{0xfc22193a, "fmadd 1,2,4,3"},
	{0xfc221938, "fmsub 1,2,4,3"},
	{0xfc22193e, "fnmadd 1,2,4,3"},
	{0xfc22193c, "fnmsub 1,2,4,3"},
	{0xec22193a, "fmadds 1,2,4,3"},
	{0xec221938, "fmsubs 1,2,4,3"},
	{0xec22193e, "fnmadds 1,2,4,3"},
	{0xec22193c, "fnmsubs 1,2,4,3"},
	{0xfc201830, "fre 1,3"},
	{0xec201830, "fres 1,3"},
	{0xfc201834, "frsqrte 1,3"},
	{0xec201834, "frsqrtes 1,3"},
	{0xfc201818, "frsp 1,3"},
	{0xfc201b10, "frin 1,3"},
	{0xfc201b50, "friz 1,3"},
	{0xfc201b90, "frip 1,3"},
	{0xfc201bd0, "frim 1,3"},
	{0xfc20181c, "fctiw 1,3"},
	{0xfc20181e, "fctiwz 1,3"},
	{0xfc20191c, "fctiwu 1,3"},
	{0xfc20191e, "fctiwuz 1,3"},
	{0xfc201e5c, "fctid 1,3"},
	{0xfc201e5e, "fctidz 1,3"},
	{0xfc201f5c, "fctidu 1,3"},
	{0xfc201f5e, "fctiduz 1,3"},
	{0xfc201e9c, "fcfid 1,3"},
	{0xfc201f9c, "fcfidu 1,3"},
	{0xec201e9c, "fcfids 1,3"},
	{0xec201f9c, "fcfidus 1,3"},
	{0xfe821800, "fcmpu 5,2,3"},
	{0xff021840, "fcmpo 6,2,3"},
	{0xfc22192e, "fsel 1,2,4,3"},
	{0xfc201a10, "fabs 1,3"},
	{0xfc201850, "fneg 1,3"},
	{0xfc201910, "fnabs 1,3"},
	{0xfc221810, "fcpsgn 1,2,3"},
	{0xfc201890, "fmr 1,3"},
	{0xf0221d00, "xsmaxdp 1,2,3"},
	{0xf0221d40, "xsmindp 1,2,3"},
	{0xf0221c00, "xsmaxcdp 1,2,3"},
	{0xf0221c40, "xsmincdp 1,2,3"},
	{0xf0221c80, "xsmaxjdp 1,2,3"},
	{0xf0221cc0, "xsminjdp 1,2,3"},
	{0xf0221818, "xscmpeqdp 1,2,3"},
	{0xf0221898, "xscmpgedp 1,2,3"},
	{0xf0221858, "xscmpgtdp 1,2,3"},
	{0xf0201c24, "xscvdpsp 1,3"},
	{0xf0201d24, "xscvspdp 1,3"},
	{0xf0201c2c, "xscvdpspn 1,3"},
	{0xf0201d2c, "xscvspdpn 1,3"},
	{0xf02019ac, "xsrdpic 1,3"},
	{0xf0221907, "xsadddp 33,34,35"},
	{0xf022190f, "xsmaddadp 33,34,35"},
	{0xf022184f, "xsmaddmsp 33,34,35"},
	{0xf102191e, "xscmpudp 2,34,35"},
	{0xf18219de, "xscmpexpdp 3,34,35"},
	{0xf2551daa, "xststdcdp 4,35,0x55"},
	{0xf0221b00, "xvadddp 1,2,3"},
	{0xf0221a00, "xvaddsp 1,2,3"},
	{0xf0221b40, "xvsubdp 1,2,3"},
	{0xf0221a40, "xvsubsp 1,2,3"},
	{0xf0221b80, "xvmuldp 1,2,3"},
	{0xf0221a80, "xvmulsp 1,2,3"},
	{0xf0221bc0, "xvdivdp 1,2,3"},
	{0xf0221ac0, "xvdivsp 1,2,3"},
	{0xf0201b2c, "xvsqrtdp 1,3"},
	{0xf0201a2c, "xvsqrtsp 1,3"},
	{0xf0221b09, "xvmaddadp 33,2,3"},
	{0xf0221a09, "xvmaddasp 33,2,3"},
	{0xf0221b89, "xvmsubadp 33,2,3"},
	{0xf0221a89, "xvmsubasp 33,2,3"},
	{0xf0221f09, "xvnmaddadp 33,2,3"},
	{0xf0221e09, "xvnmaddasp 33,2,3"},
	{0xf0221fc9, "xvnmsubmdp 33,2,3"},
	{0xf0221ec9, "xvnmsubmsp 33,2,3"},
	{0xf0221f00, "xvmaxdp 1,2,3"},
	{0xf0221e00, "xvmaxsp 1,2,3"},
	{0xf0221f40, "xvmindp 1,2,3"},
	{0xf0221e40, "xvminsp 1,2,3"},
	{0xf0221f18, "xvcmpeqdp. 1,2,3"},
	{0xf0221e18, "xvcmpeqsp. 1,2,3"},
	{0xf0221f98, "xvcmpgedp. 1,2,3"},
	{0xf0221e98, "xvcmpgesp. 1,2,3"},
	{0xf0221f58, "xvcmpgtdp. 1,2,3"},
	{0xf0221e58, "xvcmpgtsp. 1,2,3"},
	{0xf0201b24, "xvrdpi 1,3"},
	{0xf0201bac, "xvrdpic 1,3"},
	{0xf0201be4, "xvrdpim 1,3"},
	{0xf0201ba4, "xvrdpip 1,3"},
	{0xf0201b64, "xvrdpiz 1,3"},
	{0xf0201a24, "xvrspi 1,3"},
	{0xf0201aac, "xvrspic 1,3"},
	{0xf0201ae4, "xvrspim 1,3"},
	{0xf0201aa4, "xvrspip 1,3"},
	{0xf0201a64, "xvrspiz 1,3"},
	{0xf0201e24, "xvcvdpsp 1,3"},
	{0xf0201f24, "xvcvspdp 1,3"},
	{0xf0201f60, "xvcvdpsxds 1,3"},
	{0xf0201b60, "xvcvdpsxws 1,3"},
	{0xf0201f20, "xvcvdpuxds 1,3"},
	{0xf0201b20, "xvcvdpuxws 1,3"},
	{0xf0201e60, "xvcvspsxds 1,3"},
	{0xf0201a60, "xvcvspsxws 1,3"},
	{0xf0201e20, "xvcvspuxds 1,3"},
	{0xf0201a20, "xvcvspuxws 1,3"},
	{0xf0201fe0, "xvcvsxddp 1,3"},
	{0xf0201ee0, "xvcvsxdsp 1,3"},
	{0xf0201be0, "xvcvsxwdp 1,3"},
	{0xf0201ae0, "xvcvsxwsp 1,3"},
	{0xf0201fa0, "xvcvuxddp 1,3"},
	{0xf0201ea0, "xvcvuxdsp 1,3"},
	{0xf0201ba0, "xvcvuxwdp 1,3"},
	{0xf0201aa0, "xvcvuxwsp 1,3"},
	{0xf0201b68, "xvredp 1,3"},
	{0xf0201a28, "xvrsqrtesp 1,3"},
	{0xfd20048e, "mffs 9"},
	{0xff80010c, "mtfsfi 7,0"},
	{0xff80110c, "mtfsfi 7,1"},
	{0xff80210c, "mtfsfi 7,2"},
	{0xff80310c, "mtfsfi 7,3"},
	{0xfc00008c, "mtfsb0 0"},
	{0xfcc0008c, "mtfsb0 6"},
	{0xfd80004c, "mtfsb1 12"},
	{0xfc8c0080, "mcrfs 1,3"},
	{0xff900080, "mcrfs 7,4"},
	{0xfc22182b, "fadd. 1,2,3"},
	{0xfc201e5f, "fctidz. 1,3"},
	{0xfc201891, "fmr. 1,3"},
	{0xfd57148e, "mffscrni 10,2"},
	{0x1022180a, "vaddfp 1,2,3"},
	{0x1022192e, "vmaddfp 1,2,4,3"},
	{0x10221c0a, "vmaxfp 1,2,3"},
	{0x10221ec6, "vcmpgtfp. 1,2,3"},
	{0x10221bca, "vctsxs 1,3,2"},
	{0x1022184a, "vsubfp 1,2,3"},
};

/* Rows up to this one are tried one by one. */
#define SINGLES (ARRAY_SIZE(rows) - 20)

static const u64 edges[] = {
	0,
	1,
	0x000fffffffffffff,
	0x0010000000000000,
	0x0010000000000001,
	0x0020000000000000,
	/* about single's smallest and largest, ties between singles */
	0x36a0000000000000,
	0x3690000000000000,
	0x36a8000000000000,
	0x380fffffe0000000,
	0x3810000000000000,
	0x380fffffffffffff,
	0x3810000020000000,
	0x3ff0000010000000,
	0x3ff0000030000000,
	0x3ff0000010000001,
	0x3ff000000fffffff,
	0x47efffffe0000000,
	0x47effffff0000000,
	0x47efffffefffffff,
	0x47f0000000000000,
	/* about 1, integers */
	0x3fdfffffffffffff,
	0x3fe0000000000000,
	0x3fe0000000000001,
	0x3fefffffffffffff,
	0x3ff0000000000000,
	0x3ff0000000000001,
	0x3ff8000000000000,
	0x4000000000000000,
	0x4004000000000000,
	0x4330000000000000,
	0x4330000000000001,
	0x432fffffffffffff,
	0x41dfffffffc00000,
	0x41dfffffffe00000,
	0x41e0000000000000,
	0x41e0000000100000,
	0x41efffffffe00000,
	0x41effffffff00000,
	0x41f0000000000000,
	0x43dfffffffffffff,
	0x43e0000000000000,
	0x43efffffffffffff,
	0x43f0000000000000,
	0x7fe0000000000000,
	0x7fefffffffffffff,
	0x7ff0000000000000,
	0x7ff0000000000001,
	0x7ff0000020000000,
	0x7ff4000000000000,
	0x7ff8000000000000,
	0x7ff8000010000000,
	0x7fffffffffffffff,
	0x00000000ffffffff,
	0x7f8000007f800001,
	0x3f8000003f800000,
	0x0080000000800001,
	0x007fffff00000001,
	0x4f0000004effffff,
};

struct side {
	const struct backend_ops *ops;
	struct backend_config config;
	struct backend *backend;
	struct cpu_state *s;
	u8 *memory;
	bool lazy;
};

static struct {
	struct insn_decoder decoder;
	struct ir_env env;
	struct ir_region region;
	struct jump_cache jumps[1 << JUMP_CACHE_BITS];
	struct tlb_fast tlb[1 << TLB_BITS];
	struct side side[2]; /* the reference, the tested one */
	u32 word[MAX_WORDS], count;
	u64 seed;
} e;

static u64 rnd(void)
{
	return random_next(&e.seed);
}

static bool fetch(void *opaque, u64 ea, u32 *word)
{
	*word = e.word[(ea - PC) / 4 % e.count];
	return true;
}

static void open_side(struct side *x, const struct backend_ops *ops, bool lazy)
{
	size_t frame = (ops->frame_size + 63) & ~63ull;

	x->ops = ops;
	x->lazy = lazy;
	helper_config_init(&x->config, &e.env);
	if (getenv("PV_HOST"))
		x->config.host_level = (u32)atoi(getenv("PV_HOST"));
	assert_int_equal(ops->create(&x->config, &x->backend), 0);
	x->memory = aligned_alloc(64, frame + ((sizeof(*x->s) + 63) & ~63ull));
	x->s = (struct cpu_state *)(x->memory + frame);
	memset(x->s, 0, sizeof(*x->s));
}

static int setup(void **state)
{
	const struct cpu_model *model = cpu_model_find("power9");
	struct insn_set set = {model->families, model->isa, model->facilities};

	e.seed = 88172645463325252ull;
	assert_true(insn_decoder_init(&e.decoder, &set));
	helper_env_init(&e.env);
	open_side(&e.side[0], backend_find("interp"), false);
	open_side(&e.side[1], test_backend(), true);
	return 0;
}

static int teardown(void **state)
{
	for (u32 k = 0; k < 2; k++) {
		e.side[k].ops->destroy(e.side[k].backend);
		free(e.side[k].memory);
	}
	return 0;
}

static struct backend_code *compile(struct side *x)
{
	struct tr_ctx t = {.r = &e.region,
			   .model = cpu_model_find("power9"),
			   .decoder = &e.decoder,
			   .mode = MODE_SF | MODE_FP | MODE_VEC | MODE_VSX,
			   .lazy_fp = x->lazy};
	struct backend_code *code;
	char msg[200] = "";

	frontend_translate(&t, PC, e.count, fetch, NULL);
	assert_int_equal(ir_verify(&e.region, &e.env, msg, sizeof(msg)), 0);
	ir_optimise(&e.region, &e.env, IR_PASS_ALL);
	assert_int_equal(x->ops->compile(x->backend, &e.region,
					 &(struct backend_unit){.pc = PC, .tier = 1}, &code),
			 0);
	return code;
}

static void run(struct side *x, struct backend_code *code)
{
	struct backend_cpu cpu = {.state = (u8 *)x->s,
				  .tlb = e.tlb,
				  .tlb_bits = TLB_PAGE_BITS,
				  .tlb_mask = TLB_PAGE_MASK,
				  .tlb_as1 = e.tlb,
				  .jump_cache = e.jumps,
				  .code_key = 1,
				  .poll = &x->s->wanted,
				  .budget = 100};

	assert_int_equal(x->ops->run(x->backend, &cpu, code->entry), BACKEND_STOP_LINK);
	if (x->lazy && !x->ops->lazy_fp)
		x->config.fp_collect(x->s, 0);
	assert_int_equal(x->s->fp_lazy, 0);
}

static const char *name_of(u32 word)
{
	for (u32 k = 0; k < ARRAY_SIZE(rows); k++)
		if (rows[k].word == word ||
		    (rows[k].word ^ word) << 6 >> 27 << 21 == (rows[k].word ^ word))
			return rows[k].name;
	return "?";
}

static void explain(const struct cpu_state *before)
{
	const struct cpu_state *a = e.side[0].s, *b = e.side[1].s;

	for (u32 k = 0; k < e.count; k++)
		print_message("%08x %s\n", e.word[k], name_of(e.word[k]));
	print_message("fpscr %llx: %llx, not %llx\n", (unsigned long long)before->fpscr,
		      (unsigned long long)a->fpscr, (unsigned long long)b->fpscr);
	for (u32 k = 0; k < 64; k++)
		if (k % 32 < 5 || a->vsr[k].q != b->vsr[k].q)
			print_message("vsr%u %016llx%016llx: %016llx%016llx, not %016llx%016llx\n",
				      k, (unsigned long long)VD(&before->vsr[k], 0),
				      (unsigned long long)VD(&before->vsr[k], 1),
				      (unsigned long long)VD(&a->vsr[k], 0),
				      (unsigned long long)VD(&a->vsr[k], 1),
				      (unsigned long long)VD(&b->vsr[k], 0),
				      (unsigned long long)VD(&b->vsr[k], 1));
	for (u32 k = 0; k < 8; k++)
		if (a->cr[k] != b->cr[k])
			print_message("cr%u %llu, not %llu\n", k, (unsigned long long)a->cr[k],
				      (unsigned long long)b->cr[k]);
}

/* The same on both sides, from the state of the reference. */
static void both(struct backend_code *code[2])
{
	struct cpu_state *a = e.side[0].s, *b = e.side[1].s;
	static struct cpu_state before;

	before = *a;
	*b = *a;
	run(&e.side[0], code[0]);
	run(&e.side[1], code[1]);
	if (memcmp(a->vsr, b->vsr, sizeof(a->vsr)) || memcmp(a->cr, b->cr, sizeof(a->cr)) ||
	    memcmp(a->gpr, b->gpr, sizeof(a->gpr)) || a->fpscr != b->fpscr) {
		explain(&before);
		fail();
	}
}

static void compile_both(struct backend_code *code[2])
{
	for (u32 k = 0; k < 2; k++)
		code[k] = compile(&e.side[k]);
}

static void discard_both(struct backend_code *code[2])
{
	for (u32 k = 0; k < 2; k++)
		e.side[k].ops->discard(e.side[k].backend, code[k]);
}

static u64 edge(void)
{
	return edges[rnd() % ARRAY_SIZE(edges)] ^ (rnd() & 1ull << 63);
}

static u64 single_bits(u64 v)
{
	u32 w = (u32)v;

	/* exponents near each other */
	if (v >> 60 & 1)
		w = (w & 0x81ffffff) | 0x3e000000;
	return sf_load_single(w);
}

static u64 operand(void)
{
	u64 v = rnd();

	switch (rnd() % 8) {
	case 0:
	case 1:
		return edge();
	case 2:
		return single_bits(v);
	case 3:
		return single_bits(v | 1ull << 60);
	case 4: /* few bits */
		return (v & 0xc1ff000000000000) | 0x3e00000000000000;
	case 5: /* two singles */
		return (v & 0x81ffffff81ffffff) | 0x3e0000003e000000;
	case 6: /* near 1 */
		return (v & 0x803fffffffffffff) | 0x3fc0000000000000;
	default:
		return v;
	}
}

static void random_state(struct cpu_state *s)
{
	u64 status = rnd() & rnd() & (FPSCR_EXCEPTIONS | FPSCR_FX | FPSCR_FPRF | FP_SETS_FR_FI);

	for (u32 k = 0; k < 64; k++) {
		VD(&s->vsr[k], 0) = k % 32 < 5 ? operand() : 0;
		VD(&s->vsr[k], 1) = k % 32 < 5 ? operand() : 0;
	}
	if (rnd() % 2)
		status &= ~FPSCR_XX;
	s->fpscr = fpscr_summarise(status | (rnd() % 4));
	s->vscr_nj = rnd() % 2;
}

static u32 rounds(u32 n)
{
	const char *factor = getenv("PV_FP_ROUNDS");

	return n * (factor ? (u32)atoi(factor) : 1);
}

/* Each with all pairs of edges, and at random */
static void test_single(void **state)
{
	struct backend_code *code[2];
	struct cpu_state *s = e.side[0].s;

	for (u32 k = 0; k < SINGLES; k++) {
		e.word[0] = rows[k].word;
		e.count = 1;
		compile_both(code);
		for (u32 i = 0; i < ARRAY_SIZE(edges); i++) {
			for (u32 l = 0; l < ARRAY_SIZE(edges); l++) {
				random_state(s);
				for (u32 v = 0; v < 64; v += 32) {
					VD(&s->vsr[v + 2], 0) = edges[i];
					VD(&s->vsr[v + 3], 0) = edges[l] ^ (rnd() & 1ull << 63);
					VD(&s->vsr[v + 4], 0) = edges[l] ^ (rnd() & 1ull << 63);
				}
				both(code);
			}
		}
		for (u32 i = 0; i < rounds(2000); i++) {
			random_state(s);
			both(code);
		}
		discard_both(code);
	}
}

/* What a back end knows of an operand from where it comes must be so: the first instruction makes
 * register 2, the second uses it. */
static void test_known_operands(void **state)
{
	static const u32 first[] = {
		0xfc401210, /* fabs 2,2 */
		0xfc401050, /* fneg 2,2 */
		0xfc401018, /* frsp 2,2 */
		0xec42202a, /* fadds 2,2,4 */
		0xfc401090, /* fmr 2,2 */
	};
	static const u32 second[] = {
		0xec22182a, /* fadds 1,2,3 */
		0xec221828, /* fsubs 1,2,3 */
		0xec2200f2, /* fmuls 1,2,3 */
		0xec221824, /* fdivs 1,2,3 */
		0xec20102c, /* fsqrts 1,2 */
		0xec2220fa, /* fmadds 1,2,3,4 */
	};
	struct backend_code *code[2];
	struct cpu_state *s = e.side[0].s;

	for (u32 k = 0; k < ARRAY_SIZE(first) * ARRAY_SIZE(second); k++) {
		e.word[0] = first[k % ARRAY_SIZE(first)];
		e.word[1] = second[k / ARRAY_SIZE(first)];
		e.count = 2;
		compile_both(code);
		for (u32 i = 0; i < ARRAY_SIZE(edges) * ARRAY_SIZE(edges); i++) {
			random_state(s);
			VD(&s->vsr[2], 0) = edges[i % ARRAY_SIZE(edges)];
			VD(&s->vsr[3], 0) = edges[i / ARRAY_SIZE(edges)];
			VD(&s->vsr[4], 0) = edge();
			both(code);
		}
		discard_both(code);
	}
}

/* VMX has rounding and denormals of its own; what stands between its instructions has not. */
static void test_between_vmx(void **state)
{
	static const u32 between[] = {
		0xf0201d2c, /* xscvspdpn 1,3 */
		0xfc22192e, /* fsel 1,2,4,3 */
		0xfc22182a, /* fadd 1,2,3 */
		0xf0221b40, /* xvmuldp 1,2,3 */
	};
	struct backend_code *code[2];

	e.word[0] = e.word[2] = 0x1022180a; /* vaddfp 1,2,3 */
	e.count = 3;
	for (u32 k = 0; k < ARRAY_SIZE(between); k++) {
		e.word[1] = between[k];
		compile_both(code);
		for (u32 i = 0; i < rounds(2000); i++) {
			random_state(e.side[0].s);
			VD(&e.side[0].s->vsr[3], 0) = edge();
			both(code);
		}
		discard_both(code);
	}
}

/* VSCR.NJ changes between instructions that it decides about. */
static void test_denormals(void **state)
{
	static const u32 words[] = {
		0x1022180a, /* vaddfp 1,2,3 */
		0x10002644, /* mtvscr 4 */
		0x10a2180a, /* vaddfp 5,2,3 */
	};
	struct cpu_state *s = e.side[0].s;
	struct backend_code *code[2];

	memcpy(e.word, words, sizeof(words));
	e.count = ARRAY_SIZE(words);
	compile_both(code);
	for (u32 k = 0; k < 4; k++) {
		random_state(s);
		memset(&s->vsr[34], 0, sizeof(s->vsr[34]));
		VD(&s->vsr[35], 0) = VD(&s->vsr[35], 1) = 0x0000000100400000;
		VD(&s->vsr[36], 1) = (k & 1) << 16;
		s->vscr_nj = k >> 1;
		both(code);
		assert_int_equal(VD(&s->vsr[37], 0), k & 1 ? 0 : 0x0000000100400000);
	}
	discard_both(code);
}

static void test_sequences(void **state)
{
	struct backend_code *code[2];
	u32 k, i;

	/* who does not collect the status before the FPSCR changes must not be lazy */
	e.side[1].lazy = e.side[1].ops->lazy_fp;
	for (k = 0; k < rounds(1500); k++) {
		e.count = 2 + (u32)(rnd() % (MAX_WORDS - 1));
		for (i = 0; i < e.count; i++) {
			e.word[i] = rows[rnd() % ARRAY_SIZE(rows)].word;
			/* results feed what follows */
			if ((e.word[i] >> 21 & 31) == 1 && rnd() % 2)
				e.word[i] ^= (u32)(rnd() % 2 ? 3 : 2) << 21;
		}
		compile_both(code);
		for (i = 0; i < 40; i++) {
			random_state(e.side[0].s);
			both(code);
		}
		discard_both(code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single),	    cmocka_unit_test(test_known_operands),
		cmocka_unit_test(test_between_vmx), cmocka_unit_test(test_denormals),
		cmocka_unit_test(test_sequences),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
