/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encoder for x86-64: one function per shape of instruction, opcodes in tables (vop.def for the
 * vector and floating-point ones). Intel SDM volume 2 is the reference; test/unit/backend compares
 * every function with GNU as.
 *
 * Naming: x_* are integer and control instructions, xv_* vector and floating point. Suffixes tell
 * the operands in Intel order: r register, m memory, i immediate. The shortest form is chosen.
 *
 * Code is written to a buffer that may be copied elsewhere afterwards: everything inside it is
 * relative; what names a place outside goes into the relocation list. When a table or the buffer
 * is full, overflow is set and the output is void; nothing is written out of bounds.
 */
#ifndef BACKEND_X86_64_ENCODE_H
#define BACKEND_X86_64_ENCODE_H

#include "base/types.h"

enum xreg {
	X_RAX,
	X_RCX,
	X_RDX,
	X_RBX,
	X_RSP,
	X_RBP,
	X_RSI,
	X_RDI,
	X_R8,
	X_R9,
	X_R10,
	X_R11,
	X_R12,
	X_R13,
	X_R14,
	X_R15,
	/* for xmem only */
	X_NONE = 16, /* no base or no index */
	X_RIP,	     /* base: label + disp */
	X_TARGET,    /* base: the absolute address .target, rip-relative through a relocation */
};

/* xmm registers are plain numbers 0..15. */

/* log2 of the operand size in bytes */
enum xsize { X_8, X_16, X_32, X_64 };

/* condition codes as encoded */
enum xcc {
	XC_O,
	XC_NO,
	XC_B,
	XC_AE,
	XC_E,
	XC_NE,
	XC_BE,
	XC_A,
	XC_S,
	XC_NS,
	XC_P,
	XC_NP,
	XC_L,
	XC_GE,
	XC_LE,
	XC_G,
	XC_C = XC_B,
	XC_NC = XC_AE,
};

static inline enum xcc x_cc_not(enum xcc cc)
{
	return (enum xcc)(cc ^ 1);
}

struct xmem {
	u8 base, index; /* enum xreg; rsp is no index */
	u8 scale;	/* log2, 0..3 */
	s32 disp;
	u32 label;  /* base X_RIP */
	u64 target; /* base X_TARGET */
};

static inline struct xmem xm(unsigned base, s32 disp)
{
	return (struct xmem){.base = base, .index = X_NONE, .disp = disp};
}

static inline struct xmem xm_index(unsigned base, unsigned index, unsigned scale, s32 disp)
{
	return (struct xmem){.base = base, .index = index, .scale = scale, .disp = disp};
}

static inline struct xmem xm_label(u32 label, s32 disp)
{
	return (struct xmem){.base = X_RIP, .index = X_NONE, .disp = disp, .label = label};
}

/* Within 2 GiB of where the code will run. */
static inline struct xmem xm_target(u64 target)
{
	return (struct xmem){.base = X_TARGET, .index = X_NONE, .target = target};
}

/* A relative field whose label may not be bound yet. */
struct xfix {
	u32 at;
	u32 label;
	s32 add;   /* beyond the label, relative to the end of the instruction */
	bool wide; /* 4 bytes, else 1 */
};

/* A rel32 field for an address outside: *(s32 *)(code + at) = target - (code + at + 4 + after) */
struct xreloc {
	u32 at;
	u32 after; /* bytes of the instruction behind the field */
	u64 target;
};

#define X_UNBOUND (~0u)

struct xcode {
	u8 *start, *p, *end;
	bool overflow;
	bool vex; /* xv_*: VEX forms, else legacy SSE */
	u32 nr_labels, max_labels;
	u32 *label_at; /* offset from start, X_UNBOUND */
	u32 nr_fixes, max_fixes;
	struct xfix *fixes;
	u32 nr_relocs, max_relocs;
	struct xreloc *relocs;
};

/* The tables' pointers and maxima are set by the caller before. size >= 64 */
void x_init(struct xcode *x, void *buffer, size_t size);
/* Resolve all fixes; false when overflow, an unbound label or a rel8 out of range made it void. */
bool x_finish(struct xcode *x);
static inline u32 x_here(const struct xcode *x)
{
	return (u32)(x->p - x->start);
}
/* Make room for one instruction with its immediate: when less than the longest one is left, writing
 * starts again at the buffer's start, which is harmless since the output is void then. */
enum { X_ROOM = 32 };
static inline void x_room(struct xcode *x)
{
	if (unlikely(x->end - x->p < X_ROOM)) {
		x->overflow = true;
		x->p = x->start;
	}
}

/* Labels */
u32 x_label(struct xcode *x); /* a new one, unbound */
void x_bind(struct xcode *x, u32 label);
void x_jmp(struct xcode *x, u32 label); /* forward: rel32; backward: the shortest */
void x_jcc(struct xcode *x, enum xcc cc, u32 label);
void x_jmp_short(struct xcode *x, u32 label); /* rel8, the caller knows */
void x_jcc_short(struct xcode *x, enum xcc cc, u32 label);
void x_call(struct xcode *x, u32 label);
/* Places outside */
void x_jmp_to(struct xcode *x, u64 target);
void x_jcc_to(struct xcode *x, enum xcc cc, u64 target);
void x_call_to(struct xcode *x, u64 target);
/* jmp rel32 to label whose field is aligned to 4 relative to start; returns the field's offset. */
u32 x_jmp_patchable(struct xcode *x, u32 label);
u32 x_call_patchable(struct xcode *x, u32 label);
void x_jmp_r(struct xcode *x, unsigned r);
void x_jmp_m(struct xcode *x, struct xmem m);
void x_call_r(struct xcode *x, unsigned r);
void x_call_m(struct xcode *x, struct xmem m);
void x_ret(struct xcode *x);
void x_nop(struct xcode *x, u32 bytes);
void x_align(struct xcode *x, u32 to); /* with nops, relative to start */
/* Data */
static inline void x_byte(struct xcode *x, u8 v)
{
	x_room(x);
	*x->p++ = v;
}
void x_long(struct xcode *x, u32 v);
void x_quad(struct xcode *x, u64 v);

/* add or adc sbb and sub xor cmp; imm sign extended to the size */
enum xalu { XA_ADD, XA_OR, XA_ADC, XA_SBB, XA_AND, XA_SUB, XA_XOR, XA_CMP };
void x_alu_rr(struct xcode *x, enum xalu op, enum xsize s, unsigned d, unsigned r);
void x_alu_ri(struct xcode *x, enum xalu op, enum xsize s, unsigned d, s32 imm);
void x_alu_rm(struct xcode *x, enum xalu op, enum xsize s, unsigned d, struct xmem m);
void x_alu_mr(struct xcode *x, enum xalu op, enum xsize s, struct xmem m, unsigned r);
void x_alu_mi(struct xcode *x, enum xalu op, enum xsize s, struct xmem m, s32 imm);
void x_test_rr(struct xcode *x, enum xsize s, unsigned a, unsigned b);
void x_test_ri(struct xcode *x, enum xsize s, unsigned a, s32 imm);
void x_test_mr(struct xcode *x, enum xsize s, struct xmem m, unsigned r);
void x_test_mi(struct xcode *x, enum xsize s, struct xmem m, s32 imm);

/* s X_32 or X_64 unless said otherwise */
void x_mov_rr(struct xcode *x, enum xsize s, unsigned d, unsigned r);
void x_mov_ri(struct xcode *x, unsigned d, u64 imm); /* 64 bits; leaves the flags alone */
void x_zero(struct xcode *x, unsigned d);	     /* xor: changes the flags */
void x_mov_rm(struct xcode *x, enum xsize s, unsigned d, struct xmem m);
void x_mov_mr(struct xcode *x, enum xsize s, struct xmem m, unsigned r); /* all sizes */
void x_mov_mi(struct xcode *x, enum xsize s, struct xmem m, s32 imm);	 /* all sizes */
/* from X_8, X_16 (or X_32: mov) to 64 bits */
void x_movzx_rr(struct xcode *x, enum xsize from, unsigned d, unsigned r);
void x_movzx_rm(struct xcode *x, enum xsize from, unsigned d, struct xmem m);
/* from X_8, X_16, X_32 to X_32 or X_64 */
void x_movsx_rr(struct xcode *x, enum xsize from, enum xsize to, unsigned d, unsigned r);
void x_movsx_rm(struct xcode *x, enum xsize from, enum xsize to, unsigned d, struct xmem m);
void x_movbe_rm(struct xcode *x, enum xsize s, unsigned d, struct xmem m); /* X_16 too: low half */
void x_movbe_mr(struct xcode *x, enum xsize s, struct xmem m, unsigned r);
void x_bswap(struct xcode *x, enum xsize s, unsigned d);
void x_lea(struct xcode *x, enum xsize s, unsigned d, struct xmem m);

enum xshift { XS_ROL, XS_ROR, XS_RCL, XS_RCR, XS_SHL, XS_SHR, XS_SAR = 7 };
void x_shift_ri(struct xcode *x, enum xshift op, enum xsize s, unsigned d, unsigned n);
void x_shift_rcl(struct xcode *x, enum xshift op, enum xsize s, unsigned d);
void x_shift_mi(struct xcode *x, enum xshift op, enum xsize s, struct xmem m, unsigned n);
void x_shld_rri(struct xcode *x, enum xsize s, unsigned d, unsigned r, unsigned n);
void x_shrd_rri(struct xcode *x, enum xsize s, unsigned d, unsigned r, unsigned n);

/* BMI2 (BMI1: andn, bls*) */
enum xshx { XS_SHLX = 1, XS_SARX = 2, XS_SHRX = 3 };
void x_shx_rrr(struct xcode *x, enum xshx op, enum xsize s, unsigned d, unsigned r, unsigned count);
void x_shx_rmr(struct xcode *x, enum xshx op, enum xsize s, unsigned d, struct xmem m,
	       unsigned count);
void x_rorx_rri(struct xcode *x, enum xsize s, unsigned d, unsigned r, unsigned n);
void x_andn_rrr(struct xcode *x, enum xsize s, unsigned d, unsigned not_a, unsigned b);
void x_mulx_rrr(struct xcode *x, enum xsize s, unsigned hi, unsigned lo, unsigned r); /* by rdx */
void x_pdep_rrr(struct xcode *x, enum xsize s, unsigned d, unsigned r, unsigned mask);
void x_pext_rrr(struct xcode *x, enum xsize s, unsigned d, unsigned r, unsigned mask);
enum xbls { XB_BLSR = 1, XB_BLSMSK, XB_BLSI };
void x_bls_rr(struct xcode *x, enum xbls op, enum xsize s, unsigned d, unsigned r);

enum xcount { XN_POPCNT, XN_LZCNT, XN_TZCNT, XN_BSF, XN_BSR };
void x_count_rr(struct xcode *x, enum xcount op, enum xsize s, unsigned d, unsigned r);
void x_count_rm(struct xcode *x, enum xcount op, enum xsize s, unsigned d, struct xmem m);

/* one operand; mul, imul, div and idiv work on rdx:rax */
enum xgroup3 { XG_NOT = 2, XG_NEG, XG_MUL, XG_IMUL, XG_DIV, XG_IDIV };
void x_group3_r(struct xcode *x, enum xgroup3 op, enum xsize s, unsigned r);
void x_group3_m(struct xcode *x, enum xgroup3 op, enum xsize s, struct xmem m);
void x_imul_rr(struct xcode *x, enum xsize s, unsigned d, unsigned r);
void x_imul_rm(struct xcode *x, enum xsize s, unsigned d, struct xmem m);
void x_imul_rri(struct xcode *x, enum xsize s, unsigned d, unsigned r, s32 imm);

void x_setcc(struct xcode *x, enum xcc cc, unsigned d); /* the low byte only */
void x_setcc_m(struct xcode *x, enum xcc cc, struct xmem m);
void x_cmov_rr(struct xcode *x, enum xcc cc, enum xsize s, unsigned d, unsigned r);
void x_cmov_rm(struct xcode *x, enum xcc cc, enum xsize s, unsigned d, struct xmem m);

enum xbt { XB_BT, XB_BTS, XB_BTR, XB_BTC };
void x_bt_rr(struct xcode *x, enum xbt op, enum xsize s, unsigned a, unsigned bit);
void x_bt_ri(struct xcode *x, enum xbt op, enum xsize s, unsigned a, unsigned bit);
void x_bt_mi(struct xcode *x, enum xbt op, enum xsize s, struct xmem m, unsigned bit);

/* all sizes */
void x_xchg_rr(struct xcode *x, enum xsize s, unsigned a, unsigned b);
void x_xchg_mr(struct xcode *x, enum xsize s, struct xmem m, unsigned r); /* implies lock */
void x_lock_cmpxchg(struct xcode *x, enum xsize s, struct xmem m, unsigned r);
void x_lock_cmpxchg8b(struct xcode *x, struct xmem m);
void x_lock_cmpxchg16b(struct xcode *x, struct xmem m);
void x_lock_xadd(struct xcode *x, enum xsize s, struct xmem m, unsigned r);
void x_lock_alu_mr(struct xcode *x, enum xalu op, enum xsize s, struct xmem m, unsigned r);
void x_lock_alu_mi(struct xcode *x, enum xalu op, enum xsize s, struct xmem m, s32 imm);

void x_push_r(struct xcode *x, unsigned r);
void x_pop_r(struct xcode *x, unsigned r);
void x_push_i(struct xcode *x, s32 imm);
void x_push_m(struct xcode *x, struct xmem m);
void x_pop_m(struct xcode *x, struct xmem m);
void x_stmxcsr(struct xcode *x, struct xmem m); /* VEX form under x->vex */
void x_ldmxcsr(struct xcode *x, struct xmem m);
void x_prefetch(struct xcode *x, struct xmem m); /* t0 */

/* Without operands: opcode bytes from the lowest. */
enum xop0 {
	X0_MFENCE = 0xf0ae0f,
	X0_LFENCE = 0xe8ae0f,
	X0_PAUSE = 0x90f3,
	X0_RDTSC = 0x310f,
	X0_LAHF = 0x9f,
	X0_SAHF = 0x9e,
	X0_CDQ = 0x99,
	X0_CQO = 0x9948,
	X0_CDQE = 0x9848,
	X0_STC = 0xf9,
	X0_CLC = 0xf8,
	X0_CMC = 0xf5,
	X0_INT3 = 0xcc,
	X0_UD2 = 0x0b0f,
	X0_VZEROUPPER = 0x77f8c5,
};
void x_op0(struct xcode *x, enum xop0 op);

/*
 * Vectors and floating point. Bits of an xvop:
 *   0..7 opcode, 8..9 prefix as VEX has it (none 66 F3 F2), 10..11 map (1 0F, 2 0F38, 3 0F3A),
 *   12 W, 13 commutative, 14 VEX only, 15 the second source is a general register,
 *   16..18 /digit of shifts by an immediate
 */
enum { XV_W = 1 << 12, XV_COMMUTES = 1 << 13, XV_VEX_ONLY = 1 << 14, XV_GPR = 1 << 15 };
enum xvop {
#define XVOP(name, gas, pp, map, op, bits, form)                                                   \
	XV_##name = (op) | (pp) << 8 | (map) << 10 | (bits),
#include "backend/x86_64/vop.def"
#undef XVOP
};

/*
 * d = a op b. Without VEX this becomes op d, b after a copy of a to d. d may be b there as well: a
 * commutative op is swapped, any other goes through xmm15 (which then a must not be).
 */
void xv_rrr(struct xcode *x, enum xvop op, unsigned d, unsigned a, unsigned b);
void xv_rrm(struct xcode *x, enum xvop op, unsigned d, unsigned a, struct xmem m);
void xv_rrri(struct xcode *x, enum xvop op, unsigned d, unsigned a, unsigned b, u8 imm);
void xv_rrmi(struct xcode *x, enum xvop op, unsigned d, unsigned a, struct xmem m, u8 imm);
/* d = op b; any of the two may be a general register where the op says so. */
void xv_rr(struct xcode *x, enum xvop op, unsigned d, unsigned b);
void xv_rm(struct xcode *x, enum xvop op, unsigned d, struct xmem m);
void xv_rri(struct xcode *x, enum xvop op, unsigned d, unsigned b, u8 imm);
void xv_rmi(struct xcode *x, enum xvop op, unsigned d, struct xmem m, u8 imm);
/* Store forms ("S"): rm = op r; xv_rr_st when rm is a register (a general one mostly). */
void xv_mr(struct xcode *x, enum xvop op, struct xmem m, unsigned r);
void xv_mri(struct xcode *x, enum xvop op, struct xmem m, unsigned r, u8 imm);
void xv_rr_st(struct xcode *x, enum xvop op, unsigned rm, unsigned r);
void xv_rri_st(struct xcode *x, enum xvop op, unsigned rm, unsigned r, u8 imm);
/* d = a shifted by n (form "X") */
void xv_shift_rri(struct xcode *x, enum xvop op, unsigned d, unsigned a, u8 n);
/* d = the mask's byte has its highest bit set ? b : a. VEX only. */
void xv_pblendvb(struct xcode *x, unsigned d, unsigned a, unsigned b, unsigned mask);
/* The same without VEX, SSE4.1: d = xmm0 ? b : d. */
void xv_pblendvb_xmm0(struct xcode *x, unsigned d, unsigned b);
/* d = s, all 128 bits; nothing when they are the same. */
void xv_mov(struct xcode *x, unsigned d, unsigned s);
/* AVX-512 forms that leave MXCSR alone: no flags, no rounding mode of its. Scalar, W set. */
void xv_rrr_rz(struct xcode *x, enum xvop op, unsigned d, unsigned a, unsigned b); /* to 0 */
void xv_rr_sae(struct xcode *x, enum xvop op, unsigned d, unsigned b);
void xv_zero(struct xcode *x, unsigned d);
void xv_ones(struct xcode *x, unsigned d);

#endif
