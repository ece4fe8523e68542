// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Helpers of VMX and VSX instructions against hand-worked results and published vectors (FIPS 197,
 * FIPS 180-4). Every case also runs with the result in place of each operand. Cases marked "not as
 * qemu" pin the Power ISA where qemu 7.2 departs from it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/types.h"
#include "isa/helper.h"

struct q {
	u64 hi, lo;
};

enum { NO_CR = 16 };

struct vmx_case {
	const char *name;
	void (*fn)(void);
	const char *sig; /* arguments behind the result: E state, Q the next of op[], I of imm[] */
	struct q op[3];
	u64 imm[3];
	struct q want;
	u32 sat; /* VSCR.SAT afterwards */
	u32 cr;	 /* CR6, or NO_CR */
	u32 nj;
};

static struct cpu_state state;

static union vreg vreg(struct q v)
{
	union vreg r;

	VD(&r, 0) = v.hi;
	VD(&r, 1) = v.lo;
	return r;
}

typedef void call_fn(union vreg *r, u64 a, u64 b, u64 c, u64 d);

/* alias: the operand whose place the result takes, or -1 */
static void check_case(const struct vmx_case *t, int alias)
{
	union vreg op[3], out, *r = alias < 0 ? &out : &op[alias];
	union vreg want = vreg(t->want);
	u64 arg[4] = {0};
	unsigned n = 0, q = 0, imm = 0;

	memset(&state, 0, sizeof(state));
	state.vscr_nj = t->nj;
	state.cr[6] = NO_CR;
	for (unsigned i = 0; i < 3; i++)
		op[i] = vreg(t->op[i]);
	for (const char *p = t->sig; *p; p++) {
		if (*p == 'E')
			arg[n++] = (u64)(uintptr_t)&state;
		else if (*p == 'Q')
			arg[n++] = (u64)(uintptr_t)&op[q++];
		else
			arg[n++] = t->imm[imm++];
	}
	((call_fn *)t->fn)(r, arg[0], arg[1], arg[2], arg[3]);
	if (memcmp(r, &want, sizeof(want)))
		fail_msg("%s (alias %d): %016llx %016llx, want %016llx %016llx", t->name, alias,
			 (unsigned long long)VD(r, 0), (unsigned long long)VD(r, 1),
			 (unsigned long long)t->want.hi, (unsigned long long)t->want.lo);
	if (state.vscr_sat != t->sat || state.cr[6] != t->cr)
		fail_msg("%s: SAT %u CR6 %u", t->name, (unsigned)state.vscr_sat,
			 (unsigned)state.cr[6]);
}

static void check_cases(const struct vmx_case *t, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		check_case(&t[i], -1);
		for (int alias = 0; strchr(t[i].sig, 'Q') && alias < 3; alias++)
			check_case(&t[i], alias);
	}
}

#define FN(n) #n, (void (*)(void))helper_##n
#define Q(hi, lo)                                                                                  \
	{                                                                                          \
		0x##hi##ull, 0x##lo##ull                                                           \
	}
/* clang-format off */
#define T1(n, a, r)          {FN(n), "Q", {a}, {0}, r, 0, NO_CR, 0}
#define T2(n, a, b, r)       {FN(n), "QQ", {a, b}, {0}, r, 0, NO_CR, 0}
#define T3(n, a, b, c, r)    {FN(n), "QQQ", {a, b, c}, {0}, r, 0, NO_CR, 0}
#define TI(n, sig, a, b, i, j, k, r) {FN(n), sig, {a, b}, {i, j, k}, r, 0, NO_CR, 0}
/* with state: saturation */
#define S2(n, a, b, r, sat)      {FN(n), "EQQ", {a, b}, {0}, r, sat, NO_CR, 0}
#define S3(n, a, b, c, r, sat)   {FN(n), "EQQQ", {a, b, c}, {0}, r, sat, NO_CR, 0}
/* floating point */
#define F1(n, nj, a, r)          {FN(n), "EQ", {a}, {0}, r, 0, NO_CR, nj}
#define F2(n, nj, a, b, r)       {FN(n), "EQQ", {a, b}, {0}, r, 0, NO_CR, nj}
#define F3(n, a, b, c, r)        {FN(n), "EQQQ", {a, b, c}, {0}, r, 0, NO_CR, 0}
/* decimal */
#define D2P(n, a, b, ps, r, cr)  {FN(n), "EQQI", {a, b}, {ps}, r, 0, cr, 0}
#define D2(n, a, b, r, cr)       {FN(n), "EQQ", {a, b}, {0}, r, 0, cr, 0}
#define D1P(n, a, ps, r, cr)     {FN(n), "EQI", {a}, {ps}, r, 0, cr, 0}
#define D1(n, a, r, cr)          {FN(n), "EQ", {a}, {0}, r, 0, cr, 0}

#define ZERO Q(0, 0)
#define ONES Q(ffffffffffffffff, ffffffffffffffff)
#define SEQ  Q(0001020304050607, 08090a0b0c0d0e0f)
#define SEQ2 Q(1011121314151617, 18191a1b1c1d1e1f)

static const struct vmx_case integer_cases[] = {
	T2(vaddubm, Q(00ff7f8001020304, 0506070809ff0b0c), Q(0101010101010101, 01010101010101ff), Q(0100808102030405, 060708090a000c0b)),
	T2(vadduhm, Q(ffff00017fff8000, 0), Q(0001000100018000, 0), Q(0000000280000000, 0)),
	T2(vadduwm, Q(ffffffff7fffffff, 1), Q(0000000100000001, ffffffff), Q(0000000080000000, 0)),
	T2(vaddudm, Q(ffffffffffffffff, 1), Q(2, 3), Q(1, 4)),
	T2(vsububm, Q(0001800000000000, 0), Q(0102010000000000, 0), Q(ffff7f0000000000, 0)),
	T2(vsubuwm, Q(0000000080000000, 0), Q(0000000100000001, 0), Q(ffffffff7fffffff, 0)),
	T2(vaddcuw, Q(ffffffff7fffffff, ffffffff00000000), Q(0000000180000000, ffffffff00000000), Q(0000000100000000, 0000000100000000)),
	T2(vsubcuw, Q(0000000100000000, 0000000500000005), Q(0000000100000001, 0000000400000006), Q(0000000100000000, 0000000100000000)),
	S2(vaddubs, Q(f001000000000000, 0), Q(1002000000000000, 0), Q(ff03000000000000, 0), 1),
	S2(vaddubs, Q(ef01000000000000, 0), Q(1002000000000000, 0), Q(ff03000000000000, 0), 0),
	S2(vaddsbs, Q(7f80100000000000, 0), Q(01fff00000000000, 0), Q(7f80000000000000, 0), 1),
	S2(vaddshs, Q(7fff800000010000, 0), Q(0001ffff00010000, 0), Q(7fff800000020000, 0), 1),
	S2(vaddsws, Q(7fffffff80000000, 0), Q(00000001ffffffff, 0), Q(7fffffff80000000, 0), 1),
	S2(vadduws, Q(ffffffff00000001, 0), Q(0000000100000001, 0), Q(ffffffff00000002, 0), 1),
	S2(vsububs, Q(0005000000000000, 0), Q(0104000000000000, 0), Q(0001000000000000, 0), 1),
	S2(vsubshs, Q(8000000500000000, 0), Q(0001000400000000, 0), Q(8000000100000000, 0), 1),
	S2(vsubsws, Q(8000000000000005, 0), Q(0000000100000004, 0), Q(8000000000000001, 0), 1),
	T2(vavgub, Q(ff00010300000000, 0), Q(ff01020400000000, 0), Q(ff01020400000000, 0)),
	T2(vavgsb, Q(80ff7f0000000000, 0), Q(80007fff00000000, 0), Q(80007f0000000000, 0)),
	T2(vavguw, Q(ffffffff00000000, 0), Q(fffffffe00000001, 0), Q(ffffffff00000001, 0)),
	T2(vavgsw, Q(8000000000000000, 0), Q(80000001ffffffff, 0), Q(8000000100000000, 0)),
	T2(vabsdub, Q(00ff050000000000, 0), Q(ff00080000000000, 0), Q(ffff030000000000, 0)),
	T2(vabsduw, Q(0000000000000009, 0), Q(ffffffff00000004, 0), Q(ffffffff00000005, 0)),
	T2(vmaxub, Q(80017f0000000000, 0), Q(7f027f0000000000, 0), Q(80027f0000000000, 0)),
	T2(vmaxsb, Q(80017f0000000000, 0), Q(7f027f0000000000, 0), Q(7f027f0000000000, 0)),
	T2(vminsd, Q(8000000000000000, 5), Q(7fffffffffffffff, 6), Q(8000000000000000, 5)),
	T2(vminud, Q(8000000000000000, 5), Q(7fffffffffffffff, 6), Q(7fffffffffffffff, 5)),
	T2(vcmpequb, SEQ, Q(0000020004000600, 0809000000000000), Q(ff00ff00ff00ff00, ffff000000000000)),
	T2(vcmpgtsh, Q(80007fff00000001, 0), Q(7fff800000000000, 0), Q(0000ffff0000ffff, 0)),
	T2(vcmpgtuh, Q(80007fff00000001, 0), Q(7fff800000000000, 0), Q(ffff00000000ffff, 0)),
	T2(vcmpgtsd, Q(8000000000000000, 1), Q(0, 0), Q(0, ffffffffffffffff)),
	T2(vcmpneb, SEQ, SEQ, ZERO),
	T2(vcmpnezb, Q(0001020000000000, 0101010101010101), Q(0001030400000000, 0101010101010101), Q(ff00ffffffffffff, 0)),
	T1(vnegw, Q(0000000180000000, 0), Q(ffffffff80000000, 0)),
	T1(vnegd, Q(1, 8000000000000000), Q(ffffffffffffffff, 8000000000000000)),
	T1(vextsb2w, Q(12345680ffffff7f, 0), Q(ffffff800000007f, 0)),
	T1(vextsh2d, Q(1234567812348000, 7fff), Q(ffffffffffff8000, 7fff)),
	T1(vextsw2d, Q(80000000, ffffffff7fffffff), Q(ffffffff80000000, 7fffffff)),
};

static const struct vmx_case multiply_cases[] = {
	T2(vmuleub, Q(ff02030000000000, 0), Q(ff0a0b0000000000, 0), Q(fe01002100000000, 0)),
	T2(vmuloub, Q(02ff000300000000, 0), Q(0aff000b00000000, 0), Q(fe01002100000000, 0)),
	T2(vmulesb, Q(8000ff0000000000, 0), Q(8000020000000000, 0), Q(4000fffe00000000, 0)),
	T2(vmulosh, Q(00008000, 0), Q(00008000, 0), Q(40000000, 0)),
	T2(vmuleuw, Q(ffffffff00000000, 0000000200000000), Q(ffffffff00000000, 0000000300000000), Q(fffffffe00000001, 6)),
	T2(vmulosw, Q(00000000ffffffff, 2), Q(0000000000000005, 3), Q(fffffffffffffffb, 6)),
	T2(vmuluwm, Q(0001000000000003, 0), Q(0001000100000005, 0), Q(000100000000000f, 0)),
	T3(vmladduhm, Q(0003ffff00000000, 0), Q(0004ffff00000000, 0), Q(0005000100000000, 0), Q(0011000200000000, 0)),
	S3(vmhaddshs, Q(8000400000000000, 0), Q(8000000300000000, 0), Q(0000000100000000, 0), Q(7fff000200000000, 0), 1),
	S3(vmhraddshs, Q(4000000000000000, 0), Q(0003000000000000, 0), Q(0001000000000000, 0), Q(0003000000000000, 0), 0),
	T3(vmsumubm, Q(ff02030400000000, 0), Q(ff01010100000000, 0), Q(0000000100000000, 0), Q(0000fe0b00000000, 0)),
	T3(vmsummbm, Q(ff02030400000000, 0), Q(ff01010100000000, 0), Q(0000000100000000, 0), Q(ffffff0b00000000, 0)),
	T3(vmsumshm, Q(8000000200000000, 0), Q(8000ffff00000000, 0), Q(0000000300000000, 0), Q(4000000100000000, 0)),
	S3(vmsumshs, Q(8000800000000000, 0), Q(8000800000000000, 0), Q(ffffffff00000000, 0), Q(7fffffff00000000, 0), 0),
	S3(vmsumshs, Q(8000800000000000, 0), Q(8000800000000000, 0), Q(0000000000000000, 0), Q(7fffffff00000000, 0), 1),
	S3(vmsumuhs, Q(ffffffff00000000, 0), Q(ffffffff00000000, 0), Q(0000000000000000, 0), Q(ffffffff00000000, 0), 1),
	T3(vmsumudm, Q(ffffffffffffffff, 2), Q(ffffffffffffffff, 3), Q(1, 0), Q(ffffffffffffffff, 7)),
	S2(vsumsws, Q(0000000100000002, 00000003fffffffe), Q(1111111111111111, 1111111100000005), Q(0, 9), 0),
	S2(vsumsws, Q(7fffffff00000000, 0), Q(0, 1), Q(0, 7fffffff), 1),
	S2(vsum2sws, Q(0000000100000002, 8000000080000000), Q(3, 0), Q(6, 80000000), 1),
	S2(vsum4ubs, Q(ffffffff01020304, 0), Q(fffffffe00000005, 0), Q(ffffffff0000000f, 0), 1),
	S2(vsum4sbs, Q(ffffffff01020304, 0), Q(0000000a00000005, 0), Q(000000060000000f, 0), 0),
	S2(vsum4shs, Q(8000800000010002, 0), Q(8000000000000005, 0), Q(8000000000000008, 0), 1),
	T2(vadduqm, Q(1, ffffffffffffffff), Q(0, 1), Q(2, 0)),
	T2(vaddcuq, ONES, Q(0, 1), Q(0, 1)),
	T3(vaddeuqm, ONES, ZERO, Q(0, 3), ZERO),
	T3(vaddecuq, ONES, ZERO, Q(0, 1), Q(0, 1)),
	T3(vaddecuq, ONES, ZERO, Q(0, 2), ZERO),
	T2(vsubuqm, ZERO, Q(0, 1), ONES),
	T2(vsubcuq, Q(0, 5), Q(0, 5), Q(0, 1)),
	T2(vsubcuq, Q(0, 5), Q(0, 6), ZERO),
	T3(vsubeuqm, Q(0, 5), Q(0, 3), ZERO, Q(0, 1)),
	T3(vsubecuq, Q(0, 5), Q(0, 5), ZERO, ZERO),
	T1(vmul10uq, Q(1, 1999999999999999), Q(a, fffffffffffffffa)),
	T1(vmul10cuq, ONES, Q(0, 9)),
	T2(vmul10euq, Q(0, 1999999999999999), Q(0, f7), Q(1, 1)),
	T2(vmul10ecuq, ONES, Q(0, 9), Q(0, 9)),
};

static const struct vmx_case shift_cases[] = {
	T2(vslb, Q(8101ff0100000000, 0), Q(0107080900000000, 0), Q(0280ff0200000000, 0)),
	T2(vsrah, Q(8000800000000000, 0), Q(000f001100000000, 0), Q(ffffc00000000000, 0)),
	T2(vsrw, Q(8000000080000000, 0), Q(0000001f00000021, 0), Q(0000000140000000, 0)),
	T2(vsrad, Q(8000000000000000, 4000000000000000), Q(3f, 3e), Q(ffffffffffffffff, 1)),
	T2(vrlb, Q(8112000000000000, 0), Q(01fc000000000000, 0), Q(0321000000000000, 0)),
	T2(vrlw, Q(8000000112345678, 0), Q(0000002100000008, 0), Q(0000000334567812, 0)),
	T2(vrld, Q(8000000000000001, 1), Q(1, 7f), Q(3, 8000000000000000)),
	/* rotate by 8, keep bits 8..15 of each word; then wrapping, bits 28..3 */
	T2(vrlwnm, Q(1234567812345678, 0), Q(00080f08001c0308, 0), Q(0056000030000002, 0)),
	T3(vrlwmi, Q(1234567812345678, 0), Q(00080f08001c0308, 0), Q(aaaaaaaaaaaaaaaa, 0), Q(aa56aaaa3aaaaaa2, 0)),
	T2(vrldnm, Q(1234567812345678, ffffffffffffffff), Q(0000000000080f08, 003f3f00), Q(0056000000000000, 1)),
	/* not as qemu, which clears what is outside the mask */
	T3(vrldmi, Q(1234567812345678, ffffffffffffffff), Q(0000000000080f08, 003f3f00), Q(aaaaaaaaaaaaaaaa, 0), Q(aa56aaaaaaaaaaaa, 1)),
	T2(vsl, Q(8000000000000001, 8000000000000001), Q(0303030303030303, 0303030303030303), Q(000000000000000c, 0000000000000008)),
	T2(vsr, Q(8000000000000001, 8000000000000001), Q(0101010101010101, 0101010101010101), Q(4000000000000000, c000000000000000)),
	T2(vslo, SEQ, Q(0, 1f), Q(030405060708090a, 0b0c0d0e0f000000)),
	T2(vsro, SEQ, Q(0, 18), Q(0000000001020304, 05060708090a0b0c)),
	T2(vslv, Q(8180000000000000, 00000000000000ff), Q(0102000000000000, 0000000000000007), Q(0300000000000000, 0000000000000080)),
	T2(vsrv, Q(0180000000000000, 0), Q(0101000000000000, 0), Q(00c0000000000000, 0)),
	TI(vsldoi, "QQI", SEQ, SEQ2, 3, 0, 0, Q(030405060708090a, 0b0c0d0e0f101112)),
	TI(vsldoi, "QQI", SEQ, SEQ2, 0, 0, 0, SEQ),
};

static const struct vmx_case permute_cases[] = {
	T2(vpkuhum, Q(0102030405060708, 090a0b0c0d0e0f10), SEQ2, Q(020406080a0c0e10, 11131517191b1d1f)),
	T2(vpkudum, Q(0123456789abcdef, fedcba9876543210), Q(1, 2), Q(89abcdef76543210, 0000000100000002)),
	T2(vpkpx, Q(01f80808ff000000, 00f8f8f800000000), ZERO, Q(fc2180007fff0000, 0)),
	S2(vpkuhus, Q(00ff010000010002, 0), ZERO, Q(ffff010200000000, 0), 1),
	S2(vpkudus, Q(00000000ffffffff, 0000000100000000), ZERO, Q(ffffffffffffffff, 0), 1),
	S2(vpkshss, Q(007f0080ff80ff7f, 0), ZERO, Q(7f7f808000000000, 0), 1),
	S2(vpkshus, Q(00ff0100ffff0001, 0), ZERO, Q(ffff000100000000, 0), 1),
	S2(vpkswss, Q(00007fffffff8000, 0), ZERO, Q(7fff800000000000, 0), 0),
	S2(vpkswus, Q(0000ffff00010000, ffffffff00000001), ZERO, Q(ffffffff00000001, 0), 1),
	S2(vpksdss, Q(000000007fffffff, ffffffff7fffffff), ZERO, Q(7fffffff80000000, 0), 1),
	S2(vpksdus, Q(00000000ffffffff, ffffffffffffffff), ZERO, Q(ffffffff00000000, 0), 1),
	T1(vupkhsb, Q(807f00ff01020304, 0), Q(ff80007f0000ffff, 0001000200030004)),
	T1(vupklsh, Q(0, 80007fff0001ffff), Q(ffff800000007fff, 00000001ffffffff)),
	T1(vupkhsw, Q(800000007fffffff, 0), Q(ffffffff80000000, 7fffffff)),
	T1(vupkhpx, Q(fc217fff00000000, 0), Q(ff1f0101001f1f1f, 0)),
	T2(vmrghb, SEQ, SEQ2, Q(0010011102120313, 0414051506160717)),
	T2(vmrglb, SEQ, SEQ2, Q(081809190a1a0b1b, 0c1c0d1d0e1e0f1f)),
	T2(vmrghw, SEQ, SEQ2, Q(0001020310111213, 0405060714151617)),
	T2(vmrglh, SEQ, SEQ2, Q(080918190a0b1a1b, 0c0d1c1d0e0f1e1f)),
	T2(vmrgew, SEQ, SEQ2, Q(0001020310111213, 08090a0b18191a1b)),
	T2(vmrgow, SEQ, SEQ2, Q(0405060714151617, 0c0d0e0f1c1d1e1f)),
	TI(vspltb, "QI", SEQ, ZERO, 5, 0, 0, Q(0505050505050505, 0505050505050505)),
	TI(vsplth, "QI", SEQ, ZERO, 7, 0, 0, Q(0e0f0e0f0e0f0e0f, 0e0f0e0f0e0f0e0f)),
	TI(vspltw, "QI", SEQ, ZERO, 1, 0, 0, Q(0405060704050607, 0405060704050607)),
	T3(vperm, SEQ, SEQ2, Q(001f0210e0ff0f01, 0000000000000000), Q(001f0210001f0f01, 0)),
	T3(vpermr, SEQ, SEQ2, Q(001f0210e0ff0f01, 1f1f1f1f1f1f1f1f), Q(1f001d0f1f00101e, 0)),
	T3(vpermxor, SEQ, SEQ2, Q(00f0f10f00000000, 0), Q(101f1e1f10101010, 1010101010101010)),
	TI(lvsl, "I", ZERO, ZERO, 0x1003, 0, 0, Q(030405060708090a, 0b0c0d0e0f101112)),
	TI(lvsr, "I", ZERO, ZERO, 0x1003, 0, 0, Q(0d0e0f1011121314, 15161718191a1b1c)),
	TI(vmx_insert, "QIII", SEQ, ZERO, 0xaabbccdd, 6, 4, Q(000102030405aabb, ccdd0a0b0c0d0e0f)),
	TI(vmx_insert, "QIII", SEQ, ZERO, 0xaabbccdd, 14, 4, Q(0001020304050607, 08090a0b0c0daabb)),
	T1(xxbrh, SEQ, Q(0100030205040706, 09080b0a0d0c0f0e)),
	T1(xxbrw, SEQ, Q(0302010007060504, 0b0a09080f0e0d0c)),
	T1(vsx_reverse_h, SEQ, Q(0e0f0c0d0a0b0809, 0607040502030001)),
};

static const struct vmx_case bit_cases[] = {
	T1(vclzb, Q(00018040ff000000, 0), Q(0807000100080808, 0808080808080808)),
	T1(vclzw, Q(0000000000000001, 0), Q(000000200000001f, 0000002000000020)),
	T1(vctzh, Q(0000800000010100, 0), Q(0010000f00000008, 0010001000100010)),
	T1(vctzd, Q(0, 8000000000000000), Q(40, 3f)),
	T1(vpopcntb, Q(ff01000300000000, 0), Q(0801000200000000, 0)),
	T1(vpopcntd, ONES, Q(40, 40)),
	T1(vprtybw, Q(0101010001000000, 0), Q(0000000100000001, 0)),
	T1(vprtybd, Q(0100000000000001, 0100000000000000), Q(0, 1)),
	T1(vprtybq, Q(0100000000000001, 0100000000000000), Q(0, 1)),
	T1(vgbbd, Q(4000000000000000, 00000000000000ff), Q(0080000000000000, 0101010101010101)),
	T2(vbpermq, Q(8000000000000000, 1), Q(0080ff01027f8080, 8080808080808000), Q(8401, 0)),
	T2(vbpermd, Q(8000000000000000, 1), Q(0040ff0102034040, 3f40404040404000), Q(80, 80)),
	T2(vpmsumb, Q(ffff030000000000, 0), Q(ff00030000000000, 0), Q(5555000500000000, 0)),
	T2(vpmsumh, Q(8000000300000000, 0), Q(8000000300000000, 0), Q(4000000500000000, 0)),
	T2(vpmsumw, Q(8000000000000003, 0), Q(8000000000000003, 0), Q(4000000000000005, 0)),
	T2(vpmsumd, Q(8000000000000000, 3), Q(8000000000000000, 3), Q(4000000000000000, 5)),
};

static const struct vmx_case crypto_cases[] = {
	/* FIPS 197, appendix B, rounds 1 and 10; appendix C.1, inverse cipher */
	T2(vcipher, Q(193de3bea0f4e22b, 9ac68d2ae9f84808), Q(a0fafe1788542cb1, 23a339392a6c7605), Q(a49c7ff2689f352b, 6b5bea43026a5049)),
	T2(vcipherlast, Q(eb40f21e592e3884, 8ba113e71bc342d2), Q(d014f9a8c9ee2589, e13f0cc8b6630ca6), Q(3925841d02dc09fb, dc118597196a0b32)),
	T2(vncipher, Q(7ad5fda789ef4e27, 2bca100b3d9ff59f), Q(549932d1f0855768, 1093ed9cbe2c974e), Q(54d990a16ba09ab5, 96bbf40ea111702f)),
	T2(vncipherlast, Q(7ad5fda789ef4e27, 2bca100b3d9ff59f), ZERO, Q(bd6e7c3df2b5779e, 0b61216e8b10b689)),
	T1(vsbox, Q(193de3bea0f4e22b, 9ac68d2ae9f84808), Q(d42711aee0bf98f1, b8b45de51e415230)),
	/* FIPS 180-4, 4.1.2 and 4.1.3, of 1: sigma0, sigma1, Sigma0, Sigma1 */
	TI(vshasigmaw, "QII", Q(0000000100000001, 0000000100000001), ZERO, 0, 6, 0, Q(020040000000a000, 0000a00002004000)),
	TI(vshasigmaw, "QII", Q(0000000100000001, 0000000100000001), ZERO, 1, 6, 0, Q(4008040004200080, 0420008040080400)),
	TI(vshasigmad, "QII", Q(1, 1), ZERO, 0, 2, 0, Q(8100000000000000, 0000200000000008)),
	TI(vshasigmad, "QII", Q(1, 1), ZERO, 1, 2, 0, Q(0000001042000000, 0004400000800000)),
};

static const struct vmx_case decimal_cases[] = {
	/* 12 + 99 = 111; 12 - 99 = -87; in the other sign code */
	D2P(bcdadd, Q(0, 12c), Q(0, 99f), 0, Q(0, 111c), 4),
	D2P(bcdadd, Q(0, 12a), Q(0, 99b), 1, Q(0, 87d), 8),
	D2P(bcdsub, Q(0, 12c), Q(0, 12e), 1, Q(0, f), 2),
	D2P(bcdsub, Q(0, 12d), Q(0, 99c), 0, Q(0, 111d), 8),
	/* the largest + 1 overflows; the flags tell of the unbounded sum (not as qemu) */
	D2P(bcdadd, Q(9999999999999999, 999999999999999c), Q(0, 1c), 0, Q(0, c), 5),
	/* -0 + -0 is +0 (not as qemu) */
	D2P(bcdadd, Q(0, d), Q(0, d), 0, Q(0, c), 2),
	/* invalid operands */
	D2P(bcdadd, Q(0, 10), Q(0, 1c), 0, Q(0, 2c), 1),
	/* also with the target in place of VRB (not as qemu) */
	D2(bcdcpsgn, Q(0, 5c), Q(0, 9b), Q(0, 5b), 8),
	D1P(bcdsetsgn, Q(0, 5b), 1, Q(0, 5d), 8),
	D1P(bcdsetsgn, Q(0, 5a), 1, Q(0, 5f), 4),
	/* the flags of shifts are the source's (not as qemu) */
	D2P(bcds, Q(2, 0), Q(0, 123c), 0, Q(0, 12300c), 4),
	D2P(bcds, Q(fd, 0), Q(0, 123d), 0, Q(0, d), 8),
	D2P(bcds, Q(1f, 0), Q(0, 123c), 1, Q(0, f), 5),
	D2P(bcdsr, Q(ff, 0), Q(0, 125c), 0, Q(0, 13c), 4),
	D2P(bcdsr, Q(ff, 0), Q(0, 995c), 0, Q(0, 100c), 4),
	/* more than 31 digits to the right rounds as 31 do */
	D2P(bcdsr, Q(80, 0), Q(5000000000000000, c), 0, Q(0, 1c), 4),
	D2(bcdus, Q(1, 0), Q(1000000000000000, 2), Q(0, 20), 5),
	D2(bcdus, Q(e0, 0), Q(1, 2), ZERO, 4),
	D2P(bcdtrunc, Q(2, 0), Q(0, 123c), 0, Q(0, 23c), 5),
	/* lengths are unsigned half-words (not as qemu) */
	D2P(bcdtrunc, Q(ffff, 0), Q(1234567890123456, 789012345678901d), 0, Q(1234567890123456, 789012345678901d), 8),
	D2(bcdutrunc, Q(2, 0), Q(0, 123), Q(0, 23), 5),
	D2(bcdutrunc, Q(20, 0), Q(9, 123), Q(9, 123), 4),
	D1P(bcdcfn, Q(0031003200330034, 003500360037002d), 0, Q(0, 1234567d), 8),
	D1P(bcdcfn, Q(0031003200330034, 003500360037002e), 0, Q(0, 1234567c), 1),
	D1(bcdctn, Q(0, 1234567d), Q(0031003200330034, 003500360037002d), 8),
	D1(bcdctn, Q(0, 91234567c), Q(0031003200330034, 003500360037002b), 5),
	D1P(bcdcfz, Q(3132333435363738, 3930313233343576), 0, Q(1, 234567890123456d), 8),
	D1P(bcdcfz, Q(f1f2f3f4f5f6f7f8, f9f0f1f2f3f4f5c6), 1, Q(1, 234567890123456c), 4),
	D1P(bcdctz, Q(1, 234567890123456d), 0, Q(3132333435363738, 3930313233343576), 8),
	D1P(bcdctz, Q(1, 234567890123456c), 1, Q(f1f2f3f4f5f6f7f8, f9f0f1f2f3f4f5c6), 4),
	D1P(bcdcfsq, Q(0, 499602d2), 1, Q(0, 1234567890f), 4),
	D1P(bcdcfsq, Q(ffffffffffffffff, ffffffffffffff85), 0, Q(0, 123d), 8),
	/* 10^31 - 1 */
	D1P(bcdcfsq, Q(7e37be2022, c0914b267fffffff), 0, Q(9999999999999999, 999999999999999c), 4),
	D1P(bcdcfsq, Q(7e37be2022, c0914b2680000000), 0, Q(0, c), 5),
	D1(bcdctsq, Q(9999999999999999, 999999999999999c), Q(7e37be2022, c0914b267fffffff), 4),
	/* also in place (not as qemu) */
	D1(bcdctsq, Q(0, 123d), Q(ffffffffffffffff, ffffffffffffff85), 8),
};

static const struct vmx_case float_cases[] = {
	/* 1 + 2, inf - inf, SNaN + QNaN, max + max */
	F2(vaddfp, 0, Q(3f8000007f800000, 7f8123457f7fffff), Q(40000000ff800000, ffc000007f7fffff), Q(404000007fc00000, 7fc123457f800000)),
	/* ties to even: 2^24 + 1, 2^24 + 3 */
	F2(vaddfp, 0, Q(4b8000004b800000, 0), Q(3f80000040400000, 0), Q(4b8000004b800002, 0)),
	/* denormals, kept and flushed; the smallest normal minus the smallest denormal */
	F2(vsubfp, 0, Q(0000000200800000, 8000000100000000), Q(0000000100000001, 0000000080000000), Q(00000001007fffff, 8000000100000000)),
	F2(vsubfp, 1, Q(0000000200800001, 8000000100000000), Q(0000000100800000, 0000000080000000), Q(0000000000000000, 8000000000000000)),
	F2(vmaxfp, 0, Q(8000000000000000, 3f80000040000000), Q(0000000080000000, bf8000007f800001), Q(0000000000000000, 3f8000007fc00001)),
	F2(vminfp, 0, Q(8000000000000000, 3f800000ff800000), Q(0000000080000000, bf8000003f800000), Q(8000000080000000, bf800000ff800000)),
	/* VRA * VRC + VRB = 3 * 5 + 2; fused: (1 + 2^-23)^2 - (1 + 2^-22) = 2^-46 */
	F3(vmaddfp, Q(404000003f800001, 0), Q(40000000bf800002, 0), Q(40a000003f800001, 0), Q(4188000028800000, 0)),
	F3(vnmsubfp, Q(404000003f800000, 0), Q(400000003f800000, 0), Q(40a000003f800000, 0), Q(c150000080000000, 8000000080000000)),
	F2(vcmpeqfp, 0, Q(800000007fc00000, 3f80000000000001), Q(000000007fc00000, 3f80000000000000), Q(ffffffff00000000, ffffffff00000000)),
	F2(vcmpeqfp, 1, Q(800000007fc00000, 3f80000000000001), Q(000000007fc00000, 3f80000000000000), Q(ffffffff00000000, ffffffffffffffff)),
	F2(vcmpgefp, 0, Q(3f800000bf800000, 7fc0000080000000), Q(3f8000003f800000, 0), Q(ffffffff00000000, 00000000ffffffff)),
	F2(vcmpgtfp, 0, Q(3f8000003f800000, 7fc0000080000000), Q(3f800000bf800000, 0), Q(00000000ffffffff, 0)),
	F2(vcmpbfp, 0, Q(3f800000c0400000, 404000007fc00000), Q(4000000040000000, 4000000040000000), Q(0000000040000000, 80000000c0000000)),
	F1(vrfin, 0, Q(3f0000003fc00000, bf0000007f800001), Q(0000000040000000, 800000007fc00001)),
	F1(vrfiz, 0, Q(3ff00000bff00000, 0), Q(3f800000bf800000, 0)),
	F1(vrfip, 0, Q(0000000180000001, 0), Q(3f80000080000000, 0)),
	F1(vrfip, 1, Q(0000000180000001, 0), Q(0000000080000000, 0)),
	F1(vrfim, 0, Q(3ff00000bff00000, 0), Q(3f800000c0000000, 0)),
	F1(vrefp, 0, Q(40800000ff800000, 00000000c0000000), Q(3e80000080000000, 7f800000bf000000)),
	F1(vrsqrtefp, 0, Q(408000007f800000, 80000000bf800000), Q(3f00000000000000, ff8000007fc00000)),
	/* 2^10, 2^0.5, 2^-1.5, 2^-149; out of range, where qemu's polynomial is not */
	F1(vexptefp, 0, Q(412000003f000000, bfc00000c3150000), Q(448000003fb504f3, 3eb504f300000001)),
	F1(vexptefp, 1, Q(43fa0000c3fa0000, c3150000ff800000), Q(7f80000000000000, 0)),
	/* log 8, 0.5, 3, the smallest denormal; 0, -1, inf, 1 */
	F1(vlogefp, 0, Q(410000003f000000, 4040000000000001), Q(40400000bf800000, 3fcae00dc3150000)),
	F1(vlogefp, 0, Q(00000000bf800000, 7f8000003f800000), Q(ff8000007fc00000, 7f80000000000000)),
	{FN(vctsxs), "EQI", {Q(3fc00000bfc00000, 7fc000003f800000)}, {1}, Q(00000003fffffffd, 2), 0, NO_CR, 0},
	{FN(vctsxs), "EQI", {Q(4f000000cf000000, ff80000000000000)}, {0}, Q(7fffffff80000000, 8000000000000000), 1, NO_CR, 0},
	{FN(vctuxs), "EQI", {Q(4f000000bf000000, 7fc0000000000000)}, {0}, Q(8000000000000000, 0), 0, NO_CR, 0},
	{FN(vctuxs), "EQI", {Q(4f800000bf800000, 0)}, {0}, Q(ffffffff00000000, 0), 1, NO_CR, 0},
	TI(vcfsx, "QI", Q(00000003fffffffd, 80000000), ZERO, 1, 0, 0, Q(3fc00000bfc00000, 00000000ce800000)),
	TI(vcfux, "QI", Q(00000003fffffffd, 80000000), ZERO, 0, 0, 0, Q(404000004f800000, 000000004f000000)),
};
/* clang-format on */

#define TABLE_TEST(group)                                                                          \
	static void test_##group(void **s)                                                         \
	{                                                                                          \
		(void)s;                                                                           \
		check_cases(group##_cases, ARRAY_SIZE(group##_cases));                             \
	}

TABLE_TEST(integer)
TABLE_TEST(multiply)
TABLE_TEST(shift)
TABLE_TEST(permute)
TABLE_TEST(bit)
TABLE_TEST(crypto)
TABLE_TEST(decimal)
TABLE_TEST(float)

/* Results in a general register */
static void test_scalar_results(void **s)
{
	const union vreg seq = vreg((struct q)SEQ);
	const union vreg none = vreg((struct q)Q(0, 0200));

	(void)s;
	assert_int_equal(helper_vmx_extract(&seq, 3, 1), 0x03);
	assert_int_equal(helper_vmx_extract(&seq, 3, 2), 0x0304);
	assert_int_equal(helper_vmx_extract(&seq, 8, 8), 0x08090a0b0c0d0e0full);
	assert_int_equal(helper_vmx_extract_right(&seq, 0, 2), 0x0e0f);
	assert_int_equal(helper_vmx_extract_right(&seq, 12, 4), 0x00010203);
	assert_int_equal(helper_vclzlsbb(&seq), 1);
	assert_int_equal(helper_vctzlsbb(&seq), 0);
	assert_int_equal(helper_vclzlsbb(&none), 16);
	assert_int_equal(helper_vctzlsbb(&none), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integer),
		cmocka_unit_test(test_multiply),
		cmocka_unit_test(test_shift),
		cmocka_unit_test(test_permute),
		cmocka_unit_test(test_bit),
		cmocka_unit_test(test_crypto),
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_float),
		cmocka_unit_test(test_scalar_results),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
