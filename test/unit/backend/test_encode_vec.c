// SPDX-License-Identifier: GPL-2.0-or-later
/* Control flow, labels and vector instructions of the encoder. */
#include "encode.h"

static void test_misc(void **state)
{
	static const struct {
		enum xop0 op;
		const char *text;
	} op0[] = {{X0_MFENCE, "mfence"}, {X0_LFENCE, "lfence"}, {X0_PAUSE, "pause"},
		   {X0_RDTSC, "rdtsc"},	  {X0_LAHF, "lahf"},	 {X0_SAHF, "sahf"},
		   {X0_CDQ, "cdq"},	  {X0_CQO, "cqo"},	 {X0_CDQE, "cdqe"},
		   {X0_STC, "stc"},	  {X0_CLC, "clc"},	 {X0_CMC, "cmc"},
		   {X0_INT3, "int3"},	  {X0_UD2, "ud2"},	 {X0_VZEROUPPER, "vzeroupper"}};

	(void)state;
	begin();
	EACH(i, op0)
	{
		text("%s", op0[i].text);
		x_op0(&x, op0[i].op);
	}
	for (unsigned r = 0; r < 16; r++) {
		text("push %s", r64[r]);
		x_push_r(&x, r);
		text("pop %s", r64[r]);
		x_pop_r(&x, r);
		text("jmp %s", r64[r]);
		x_jmp_r(&x, r);
		text("call %s", r64[r]);
		x_call_r(&x, r);
	}
	text("ret");
	x_ret(&x);
	text("push 100");
	x_push_i(&x, 100);
	text("push -1000");
	x_push_i(&x, -1000);
	EACH(i, mems)
	{
		const char *m = mems[i].text;

		text("push qword ptr %s", m);
		x_push_m(&x, mems[i].m);
		text("pop qword ptr %s", m);
		x_pop_m(&x, mems[i].m);
		text("jmp qword ptr %s", m);
		x_jmp_m(&x, mems[i].m);
		text("call qword ptr %s", m);
		x_call_m(&x, mems[i].m);
		text("prefetcht0 %s", m);
		x_prefetch(&x, mems[i].m);
		for (int vex = 0; vex < 2; vex++) {
			x.vex = vex;
			text("%sstmxcsr %s", vex ? "v" : "", m);
			x_stmxcsr(&x, mems[i].m);
			text("%sldmxcsr %s", vex ? "v" : "", m);
			x_ldmxcsr(&x, mems[i].m);
		}
	}
	for (u32 n = 1; n < 20; n++) {
		text(".nops %u, 9", n);
		x_nop(&x, n);
	}
	end();
}

/* Labels before and behind, short and long; alignment. */
static void test_label(void **state)
{
	(void)state;
	begin();
	for (unsigned l = 1; l < 8; l++)
		assert_int_equal(x_label(&x), l);
	text("jmp start");
	x_jmp(&x, 0);
	text("jz start");
	x_jcc(&x, XC_E, 0);
	text("call start");
	x_call(&x, 0);
	text("{disp32} jmp l1");
	x_jmp(&x, 1);
	text("{disp32} jc l1");
	x_jcc(&x, XC_C, 1);
	text("call l1");
	x_call(&x, 1);
	text("jmp l2");
	x_jmp_short(&x, 2);
	text("jg l2");
	x_jcc_short(&x, XC_G, 2);
	text("lea rax,[rip+l1-4]");
	x_lea(&x, X_64, X_RAX, xm_label(1, -4));
	text("add dword ptr [rip+l2],1000");
	x_alu_mi(&x, XA_ADD, X_32, xm_label(2, 0), 1000);
	text("l2: .skip 200, 0x90");
	x_bind(&x, 2);
	for (int i = 0; i < 200; i++)
		x_byte(&x, 0x90);
	text("l1: jmp l2");
	x_bind(&x, 1);
	x_jmp(&x, 2);
	text("jnp l2");
	x_jcc(&x, XC_NP, 2);
	text(".long 0x12345678");
	x_long(&x, 0x12345678);
	text(".quad 0x123456789abcdef0");
	x_quad(&x, 0x123456789abcdef0);
	end();
}

static void test_patchable(void **state)
{
	(void)state;
	for (u32 n = 0; n < 16; n++) {
		u32 l, at;
		s32 rel;

		begin();
		l = x_label(&x);
		x_nop(&x, n / 2);
		at = n % 2 ? x_call_patchable(&x, l) : x_jmp_patchable(&x, l);
		assert_int_equal(at & 3, 0);
		assert_int_equal(code[at - 1], n % 2 ? 0xe8 : 0xe9);
		x_align(&x, 16);
		assert_int_equal(x_here(&x) & 15, 0);
		x_bind(&x, l);
		assert_true(x_finish(&x));
		memcpy(&rel, code + at, 4);
		assert_int_equal(rel, x_here(&x) - at - 4);
	}
}

static void test_reloc(void **state)
{
	(void)state;
	begin();
	x_call_to(&x, 0x1000);
	x_jmp_to(&x, 0x2000);
	x_jcc_to(&x, XC_NE, 0x3000);
	x_mov_rm(&x, X_64, X_RAX, xm_target(0x4000));
	x_alu_mi(&x, XA_CMP, X_32, xm_target(0x5000), 1000);
	x_alu_mi(&x, XA_CMP, X_32, xm_target(0x6000), 1);
	assert_true(x_finish(&x));
	assert_int_equal(x.nr_relocs, 6);
	for (u32 i = 0; i < 6; i++)
		assert_int_equal(relocs[i].target, (i + 1) * 0x1000);
	assert_int_equal(relocs[0].at, 1);
	assert_int_equal(relocs[1].at, 6);
	assert_int_equal(relocs[2].at, 12);
	assert_int_equal(relocs[3].at, 19);
	assert_int_equal(relocs[3].after, 0);
	assert_int_equal(relocs[4].at, 25);
	assert_int_equal(relocs[4].after, 4);
	assert_int_equal(relocs[5].after, 1);
}

/* Full tables make the output void and write nothing out of bounds. */
static void test_overflow(void **state)
{
	u8 small[80];
	u32 label;

	(void)state;
	begin();
	label = x_label(&x);
	x_jcc_short(&x, XC_E, label);
	x_nop(&x, 200);
	x_bind(&x, label);
	assert_false(x_finish(&x));
	begin();
	label = x_label(&x);
	x_jmp(&x, label);
	assert_false(x_finish(&x));
	memset(small, 0xaa, sizeof(small));
	x.max_labels = 2;
	x_init(&x, small, 64);
	x_label(&x);
	x_label(&x);
	assert_false(x.overflow);
	x_label(&x);
	assert_true(x.overflow);
	x_init(&x, small, 64);
	for (int i = 0; i < 1000; i++)
		x_alu_mi(&x, XA_ADD, X_64, xm_index(X_R8, X_R9, 2, 100000), 100000);
	assert_true(x.overflow);
	for (size_t i = 64; i < sizeof(small); i++)
		assert_int_equal(small[i], 0xaa);
}

struct vop {
	enum xvop op;
	const char *name, *form;
};

static const struct vop vops[] = {
#define XVOP(name, gas, pp, map, op, bits, form) {XV_##name, gas, #form},
#include "backend/x86_64/vop.def"
#undef XVOP
};

static const unsigned xmms[] = {0, 3, 7, 8, 13, 15};

static bool has(const struct vop *v, char c)
{
	return strchr(v->form + 1, c) != NULL;
}

/* Operand r of a vector instruction: a general register where the form says so. */
static const char *operand(const struct vop *v, bool general, unsigned r)
{
	static char names[4][16];
	static unsigned turn;

	if (general && v->op & XV_W)
		return r64[r];
	if (general)
		return r32[r];
	turn = (turn + 1) % 4;
	snprintf(names[turn], sizeof(names[0]), "xmm%u", r);
	return names[turn];
}

static const char *imm_text(const struct vop *v)
{
	return has(v, 'I') ? ",0x35" : "";
}

static void a_form_r(const struct vop *v, unsigned d, unsigned a, unsigned b)
{
	const char *tb = operand(v, has(v, 'G'), b), *imm = imm_text(v);
	unsigned v1 = a, v2 = b;

	if (x.vex && v->op & XV_COMMUTES && b & 8 && !(a & 8) && (v->op >> 10 & 3) == 1) {
		v1 = b;
		v2 = a;
		tb = operand(v, false, v2);
	}
	if (x.vex)
		text("{load} v%s xmm%u,xmm%u,%s%s", v->name, d, v1, tb, imm);
	else
		text("%s xmm%u,%s%s", v->name, d, tb, imm);
	if (has(v, 'I'))
		xv_rrri(&x, v->op, d, a, b, 0x35);
	else
		xv_rrr(&x, v->op, d, a, b);
}

static void a_form_m(const struct vop *v, unsigned d, unsigned a, size_t i)
{
	if (x.vex)
		text("v%s xmm%u,xmm%u,%s%s", v->name, d, a, mems[i].text, imm_text(v));
	else
		text("%s xmm%u,%s%s", v->name, d, mems[i].text, imm_text(v));
	if (has(v, 'I'))
		xv_rrmi(&x, v->op, d, a, mems[i].m, 0x35);
	else
		xv_rrm(&x, v->op, d, a, mems[i].m);
}

static void u_form(const struct vop *v, unsigned d, unsigned b, size_t i)
{
	const char *td = operand(v, has(v, 'D'), d), *p = x.vex ? "v" : "";

	if (!has(v, 'M')) {
		/* as would take the store form for a shorter prefix */
		text("{load} %s%s %s,%s%s", p, v->name, td, operand(v, has(v, 'G'), b),
		     imm_text(v));
		if (has(v, 'I'))
			xv_rri(&x, v->op, d, b, 0x35);
		else
			xv_rr(&x, v->op, d, b);
	}
	if (!has(v, 'R')) {
		text("%s%s %s,%s%s", p, v->name, td, mems[i].text, imm_text(v));
		if (has(v, 'I'))
			xv_rmi(&x, v->op, d, mems[i].m, 0x35);
		else
			xv_rm(&x, v->op, d, mems[i].m);
	}
}

static void s_form(const struct vop *v, unsigned d, unsigned b, size_t i)
{
	const char *p = x.vex ? "v" : "";

	if (!has(v, 'M')) {
		text("%s%s %s,xmm%u%s", p, v->name, operand(v, has(v, 'G'), d), b, imm_text(v));
		if (has(v, 'I'))
			xv_rri_st(&x, v->op, d, b, 0x35);
		else
			xv_rr_st(&x, v->op, d, b);
	}
	if (!has(v, 'R')) {
		text("%s%s %s,xmm%u%s", p, v->name, mems[i].text, b, imm_text(v));
		if (has(v, 'I'))
			xv_mri(&x, v->op, mems[i].m, b, 0x35);
		else
			xv_mr(&x, v->op, mems[i].m, b);
	}
}

static void one_vop(const struct vop *v, unsigned d, unsigned b, size_t turn)
{
	switch (v->form[0]) {
	case 'A':
		for (size_t k = 0; k < (x.vex ? ARRAY_SIZE(xmms) : 1); k++) {
			unsigned a = x.vex ? xmms[k] : d;

			if (!has(v, 'M'))
				a_form_r(v, d, a, b);
			if (!has(v, 'R'))
				a_form_m(v, d, a, turn % MEMS);
		}
		break;
	case 'U':
		u_form(v, d, b, turn % MEMS);
		break;
	case 'S':
		s_form(v, d, b, turn % MEMS);
		break;
	case 'X':
		if (x.vex)
			text("v%s xmm%u,xmm%u,5", v->name, d, b);
		else if (d == b)
			text("%s xmm%u,5", v->name, d);
		else
			break;
		xv_shift_rri(&x, v->op, d, b, 5);
		break;
	default:
		fail();
	}
}

static void test_vector(void **state)
{
	size_t turn = 0;

	for (int vex = 0; vex < 2; vex++) {
		begin();
		x.vex = vex;
		EACH(i, vops)
		{
			if (vops[i].op & XV_VEX_ONLY && !vex)
				continue;
			EACH(j, xmms)
			EACH(k, xmms)
			one_vop(&vops[i], xmms[j], xmms[k], turn++);
		}
		end();
	}
	(void)state;
}

/* Three operands out of two, moves, blends. */
static void test_vector_more(void **state)
{
	(void)state;
	begin();
	text("movaps xmm1,xmm2");
	text("psubb xmm1,xmm3");
	xv_rrr(&x, XV_PSUBB, 1, 2, 3);
	text("psubb xmm1,xmm3");
	xv_rrr(&x, XV_PSUBB, 1, 1, 3);
	text("movaps xmm15,xmm3");
	text("movaps xmm3,xmm2");
	text("psubb xmm3,xmm15");
	xv_rrr(&x, XV_PSUBB, 3, 2, 3);
	text("paddb xmm3,xmm2");
	xv_rrr(&x, XV_PADDB, 3, 2, 3);
	text("movaps xmm9,xmm2");
	text("paddb xmm9,xmmword ptr [rax]");
	xv_rrm(&x, XV_PADDB, 9, 2, xm(X_RAX, 0));
	text("movaps xmm9,xmm12");
	text("palignr xmm9,xmm1,4");
	xv_rrri(&x, XV_PALIGNR, 9, 12, 1, 4);
	text("movaps xmm1,xmm12");
	text("palignr xmm1,xmmword ptr [rax],4");
	xv_rrmi(&x, XV_PALIGNR, 1, 12, xm(X_RAX, 0), 4);
	text("movaps xmm3,xmm12");
	text("pinsrd xmm3,ebx,1");
	xv_rrri(&x, XV_PINSRD, 3, 12, X_RBX, 1);
	text("movaps xmm5,xmm4");
	text("psllw xmm5,9");
	xv_shift_rri(&x, XV_PSLLW_I, 5, 4, 9);
	text("pblendvb xmm9,xmm8,xmm0");
	xv_pblendvb_xmm0(&x, 9, 8);
	xv_mov(&x, 5, 5);
	text("pxor xmm9,xmm9");
	xv_zero(&x, 9);
	text("pcmpeqd xmm9,xmm9");
	xv_ones(&x, 9);
	for (unsigned d = 0; d < 16; d += 3) {
		for (unsigned s = 0; s < 16; s += 5) {
			text("vdivsd xmm%u,xmm%u,xmm%u,{rz-sae}", d, 15 - d, s);
			xv_rrr_rz(&x, XV_DIVSD, d, 15 - d, s);
			text("vcvttsd2si %s,xmm%u,{sae}", r64[d], s);
			xv_rr_sae(&x, XV_CVTTSD2SI, d, s);
		}
	}
	x.vex = true;
	for (unsigned d = 0; d < 16; d += 5) {
		for (unsigned s = 0; s < 16; s += 3) {
			if (d != s)
				text("vmovaps xmm%u,xmm%u", d, s);
			xv_mov(&x, d, s);
			for (unsigned m = 0; m < 16; m += 7) {
				text("vpblendvb xmm%u,xmm%u,xmm%u,xmm%u", d, s, 15 - s, m);
				xv_pblendvb(&x, d, s, 15 - s, m);
			}
		}
		text("vpxor xmm%u,xmm%u,xmm%u", d, d & 8 ? 0 : d, d & 8 ? 0 : d);
		xv_zero(&x, d);
		text("vpcmpeqd xmm%u,xmm%u,xmm%u", d, d, d);
		xv_ones(&x, d);
	}
	end();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_misc),	    cmocka_unit_test(test_label),
		cmocka_unit_test(test_patchable),   cmocka_unit_test(test_reloc),
		cmocka_unit_test(test_overflow),    cmocka_unit_test(test_vector),
		cmocka_unit_test(test_vector_more),
	};

	return encode_main(argc, argv, tests, ARRAY_SIZE(tests));
}
