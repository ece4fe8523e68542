/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the x86-64 back end.
 *
 * Registers in generated code: rbp = guest state + JIT_BIAS; r15 = struct backend_cpu; r14 = its
 * tlb; rsp is the C frame's. The frame (JIT_FRAME bytes before the state) holds spill slots and
 * the area that thunks save all registers to. All other integer registers and xmm0..13 are
 * allocated; xmm14, xmm15 and what jit_tmp_*() hand out are the emitters' scratch.
 *
 * A Q value in an xmm stands in host order: the low 64 bits are doubleword 1. An F value is the low
 * 64 bits of an xmm, the upper half is undefined.
 *
 * Emitters work in this order: all jit_use_*(), jit_tmp_*() and jit_def_*() of their instruction
 * first, then code, in which jit_cold() may be called where a jump to cold code stands: what a cold
 * path sees is the state of the allocation at that call.
 *
 * Threads: a struct jit belongs to one compile(); all that it shares is in struct backend.
 */
#ifndef BACKEND_X86_64_JIT_H
#define BACKEND_X86_64_JIT_H

#include "backend/backend.h"
#include "backend/x86_64/encode.h"
#include "os/os.h"

enum jit_host {
	HOST_SSE3 = 1 << 0,
	HOST_SSSE3 = 1 << 1,
	HOST_SSE41 = 1 << 2,
	HOST_SSE42 = 1 << 3,
	HOST_POPCNT = 1 << 4,
	HOST_CX16 = 1 << 5,
	HOST_AVX = 1 << 6,
	HOST_AVX2 = 1 << 7,
	HOST_FMA = 1 << 8,
	HOST_BMI1 = 1 << 9,
	HOST_BMI2 = 1 << 10,
	HOST_LZCNT = 1 << 11,
	HOST_MOVBE = 1 << 12,
	HOST_PCLMUL = 1 << 13,
	HOST_AES = 1 << 14,
	HOST_F16C = 1 << 15,
	HOST_AVX512F = 1 << 16,
	HOST_FAST_DIV =
		1 << 17, /* a 64-bit division of small numbers costs what a short one does */
};

enum {
	JIT_BIAS = 128,	  /* rbp - state: slots below 256 have short displacements */
	JIT_NR_REGS = 32, /* 0..15 integer, 16 + n = xmm n */
	JIT_XMM = 16,
	JIT_SPILLS = 1024, /* of 8 bytes; a Q value takes an aligned pair */
	/* Offsets from the guest state. */
	JIT_SAVE_XMM = -16 * 16,
	JIT_SAVE_GPR = JIT_SAVE_XMM - 16 * 8,
	JIT_FP = JIT_SAVE_GPR - 256, /* 256 bytes for fp.c: lazy record, MXCSR images, scratch */
	JIT_SPILL = JIT_FP - 8 * JIT_SPILLS,
	JIT_MAX_NODES = 64,
	JIT_COLD_CELLS = JIT_SPILL - 4 * 8 * JIT_MAX_NODES, /* cold_value.c */
	JIT_FRAME = -JIT_COLD_CELLS,
	JIT_CELLS = 1024, /* 8-byte slots of the guest state that code may name */
	JIT_MAX_COLD = 2048,
	JIT_MAX_POOL = 256,
};

enum jit_reg_name {
	JIT_STATE = 5, /* rbp */
	JIT_TLB = 14,
	JIT_CPU = 15,
};

struct jit_alloc;
struct jit_cold;

/* Where a value is. */
enum jit_place_kind {
	PLACE_REG,   /* index: 0..15 integer, 16.. xmm */
	PLACE_FRAME, /* index: offset from the state, of a slot or a spill */
	PLACE_CONST, /* imm */
	PLACE_NODE,  /* index: node of the record */
};

struct jit_place {
	u8 kind; /* enum jit_place_kind */
	u8 type; /* enum ir_type */
	u16 pad;
	s32 index;
	u64 imm;
};

/* One compile(). */
struct jit {
	struct xcode *x;
	u32 host; /* enum jit_host */
	struct backend *b;
	const struct ir_region *r;
	const struct ir_env *env;
	const struct backend_unit *unit;
	struct jit_alloc *a; /* regalloc.c, exit.c */
	u64 fp[16];	     /* fp.c's own, zero at the region's begin */
};
typedef void jit_cold_fn(struct jit *j, struct jit_cold *c);
typedef bool jit_emit_fn(struct jit *j, const struct ir_insn *i, ir_ref n);

/* A path that is emitted behind the hot code. */
struct jit_cold {
	jit_cold_fn *fn;
	u32 at;	  /* label: jump here */
	u32 back; /* label: x_bind() it behind the hot code to come back to */
	ir_ref n;
	s16 result;		/* register of n (16 + xmm), or -1 */
	u32 record;		/* exit record of n, if it has one; see core.h */
	u64 v[8];		/* of the owner */
	struct jit_place op[4]; /* of n's operands */
};

/* Emitters for CALLs, found by the helper's name. False: nothing was emitted, make a real call. */
struct jit_inline {
	const char *name;
	jit_emit_fn *emit;
	u32 needs; /* enum jit_host bits */
};
extern const struct jit_inline jit_inline_fp[], jit_inline_vec[]; /* name NULL ends */

/* --- operands and results: see the order above. Numbers are hardware numbers (xmm: 0..15). --- */
int jit_use_int(struct jit *j, ir_ref v); /* read only; stays until the end of the instruction */
int jit_use_f(struct jit *j, ir_ref v);
int jit_use_q(struct jit *j, ir_ref v);
/* v is in memory only (slot or spill): *m names it. A Q place is aligned to 16. */
bool jit_use_mem(struct jit *j, ir_ref v, struct xmem *m);
bool jit_is_const(struct jit *j, ir_ref v, u64 *value);
/* Result of n; may be the register of an operand that dies here: read those first. */
int jit_def_int(struct jit *j, ir_ref n);
int jit_def_f(struct jit *j, ir_ref n);
int jit_def_q(struct jit *j, ir_ref n);
/* Distinct from all operands. */
int jit_def_fresh_int(struct jit *j, ir_ref n);
int jit_def_fresh_f(struct jit *j, ir_ref n);
int jit_def_fresh_q(struct jit *j, ir_ref n);
/* Already holds a copy of operand a; class by n's type. Distinct from the other operands: call it
 * after their jit_use_*(). */
int jit_def_over(struct jit *j, ir_ref n, ir_ref a);
int jit_tmp_int(struct jit *j);
int jit_tmp_xmm(struct jit *j);
/* A 16-byte constant of the region's pool. */
void jit_const_q(struct jit *j, u64 hi, u64 lo, struct xmem *m);
/* d = the CR nibble of a compare whose flags are set; they stay. */
void jit_cr_nibble(struct jit *j, unsigned d, enum xcc less);
/* The bytes of a guest slot; of the frame (offset from the state, as JIT_FP + n). */
struct xmem jit_slot(u32 slot);
struct xmem jit_frame(s32 offset);

/* --- cold paths --- */
struct jit_cold *jit_cold(struct jit *j, jit_cold_fn *fn);
/* One that knows neither operands nor a record. */
struct jit_cold *jit_cold_bare(struct jit *j, jit_cold_fn *fn);
/* Cold code that makes the CALL n of c on the operands in their places at jit_cold(), puts the
 * result into the register of n and goes back. Every register but that is kept. */
void jit_cold_call(struct jit *j, struct jit_cold *c);
/* The usual: jump there, make the call, come back. */
struct jit_cold *jit_cold_call_path(struct jit *j);

/* --- vectors of constants (vec.c); QHH, QHL, QLH, QLL (vec_permute.c) --- */
/* False: QMAKE n is not constant. */
bool jit_vec_constant(struct jit *j, ir_ref n);
void jit_vec_dwords(struct jit *j, const struct ir_insn *i, ir_ref n);

/* --- memory, for emitters of vector and float loads and stores: LD and ST of any type --- */
void jit_load(struct jit *j, const struct ir_insn *i, ir_ref n);
/* The load n has swapped the doublewords already for QLH, its only user. */
bool jit_load_swaps(struct jit *j, ir_ref n);
void jit_store(struct jit *j, const struct ir_insn *i, ir_ref n);

/* --- hooks of fp.c; called by the core --- */
/* Is it an emitter of scalar or VSX floating point? */
bool jit_fp_owns(const struct jit_inline *in);
/* Must calls of a helper with these effects go through the thunk that jit_fp_make_call() makes?
 * Its argument is the helper's address in rax. */
bool jit_fp_collects(const struct backend *b, u32 effects);
void jit_fp_make_call(struct xcode *x, const struct backend *b);
/* Around run(). */
void jit_fp_enter(struct backend *b, struct backend_cpu *cpu);
void jit_fp_leave(struct backend *b, struct backend_cpu *cpu);

#endif
