/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The intermediate representation: what front ends build, passes improve and back ends run.
 *
 * A region is a list of instructions in basic blocks; an instruction's number is its value
 * (ir_ref). Guest state is named by slots: byte offsets into the guest's register file, which is
 * all that the IR knows of the guest. Helpers are named by index into a table that the front end's
 * owner supplies (struct ir_helper). op.def states the requirements R1..R9.
 *
 * Exit records make exceptions precise without write-back: an op that can leave carries the guest
 * pc, the number of guest instructions completed since the region's entry or the last ACCOUNT, a
 * code that says why, and a list of (slot, value) pairs which are still to be stored ("pending").
 * Builders emit PUTs and empty lists; the optimiser may delete a PUT that a later one overwrites
 * and add the value to the records between the two.
 */
#ifndef IR_IR_H
#define IR_IR_H

#include "base/types.h"

typedef u16 ir_ref; /* 0 = none; instruction 0 is never used */

enum ir_opcode {
#define IR_OP(name, text, r, a, b, c, d, flags) IR_##name,
#include "ir/op.def"
#undef IR_OP
	IR_OP_COUNT
};

enum ir_type { IR_V, IR_I, IR_F, IR_Q };

/* .sub of LD, ST, LARX, STCX */
enum ir_mem {
	IR_MEM_SIZE = 7,       /* log2 of the size in bytes, 0..4 */
	IR_MEM_SIGN = 1 << 3,  /* LD: sign extend to 64 bits, else zero extend */
	IR_MEM_BE = 1 << 4,    /* the access is big-endian, whatever the host is */
	IR_MEM_ALIGN = 1 << 5, /* an address that is no multiple of the size: alignment exit */
	IR_MEM_AS1 = 1 << 6,   /* the alternative view (BookE external PID, quiescent forms) */
};

enum ir_fence { IR_FENCE_SYNC, IR_FENCE_LWSYNC, IR_FENCE_EIEIO, IR_FENCE_ISYNC };

/* .sub of JMP and BR_IF: bit n is set when the slot ir_env.defer_slot + 8 * n need not be right at
 * the label. .sub of GOTO, GOTO_IF and GOTO_IND: hints for return-address prediction */
enum ir_hint { IR_HINT_NONE, IR_HINT_CALL, IR_HINT_RET };

/* .sub of DIVS, DIVU, MODS and MODU: what IR_PASS_FOLD found out. Words: both operands are sign
 * (DIVS, MODS) or zero extended ones. */
enum ir_div { IR_DIV_WORDS = 1, IR_DIV_NONZERO = 2 };

struct ir_insn {
	u8 op;	 /* enum ir_opcode */
	u8 type; /* enum ir_type of the result, or of the value for PUT and ST */
	u8 sub;
	/* Of a pure op that is no GET: only exit records need the value, or cold values do. It may
	 * be computed where one is left through; its operands must last until then. */
	u8 cold;
	ir_ref a, b, c, d;
	u16 exit; /* index of the exit record; 0 = none */
	u16 pad;
	u32 imm2; /* BR: the label when a is 0 */
	u64 imm;
};

struct ir_pending {
	u32 slot;
	u8 type;
	ir_ref value;
};

struct ir_exit {
	u64 pc;	    /* guest address to resume at */
	u64 info;   /* handed out with code (trap bits, instruction word, …) */
	u32 code;   /* 0 = none; else the front end's reason, enum cpu_exit for PowerPC */
	u32 icount; /* guest instructions completed since the region's entry or the last ACCOUNT */
	u16 first_pending;
	u16 pending;
	/* The instruction at pc has had effects: only a reason may leave here, never a debug mode
	 * that would execute it again. */
	bool spent;
};

/* Effects of a helper. */
enum ir_effect {
	IR_FX_PURE = 0,	      /* depends on its arguments only */
	IR_FX_READ = 1 << 0,  /* reads guest state slots */
	IR_FX_WRITE = 1 << 1, /* writes guest state slots */
	IR_FX_FP = 1 << 2,    /* reads and writes only the FP status slots */
	IR_FX_MEM = 1 << 3,   /* accesses guest memory */
	IR_FX_LEAVE = 1 << 4, /* may ask to leave through the exit record */
	IR_FX_VSAT = 1 << 5,  /* reads VSCR, may set VSCR.SAT, and nothing else */
	/* With IR_FX_FP: reads the control bits and adds to the status. A back end may do that in
	 * the host's own status; it brings both together before any other IR_FX_FP. What the last
	 * such instruction would set the front end may keep in the lazy slots, which the others
	 * read and write too. */
	IR_FX_ADD = 1 << 6,
	IR_FX_FPA = IR_FX_FP | IR_FX_ADD,
};

/* sig: result letter, then one letter an argument: V I F Q as in op.def; a leading 'E' among the
 * arguments stands for the guest state pointer, which no operand of CALL names.
 * C types: I = u64 by value, F = u64 bits by value, Q = const union vreg *, E = struct cpu_state *.
 * A Q result is written through a first parameter union vreg *. At most four operands. */
struct ir_helper {
	const char *name;
	const char *sig;
	u32 effects;
	void (*fn)(void);
};

enum { IR_MAX_INSNS = 4096, IR_MAX_EXITS = 1024, IR_MAX_PENDING = 8192, IR_MAX_LABELS = 256 };

struct ir_region {
	u32 count; /* instructions used, including the unused number 0 */
	u32 exits; /* exit records used, including the unused number 0 */
	u32 pendings;
	u32 labels;
	u32 guest_insns;    /* instructions translated */
	bool overflow;	    /* a table was full: the builder's output is void */
	struct ir_exit cur; /* what the next E op's record will say */
	struct ir_insn insn[IR_MAX_INSNS];
	struct ir_exit exit[IR_MAX_EXITS];
	struct ir_pending pending[IR_MAX_PENDING];
};

/* Builder. All of these append to the region and return the new value's reference; on overflow
 * they set r->overflow and return a harmless reference. Trivial cases are folded (constants, x+0).
 */
void ir_begin(struct ir_region *r);
ir_ref ir_const(struct ir_region *r, u64 v);
ir_ref ir_get(struct ir_region *r, enum ir_type type, u32 slot);
void ir_put(struct ir_region *r, enum ir_type type, u32 slot, ir_ref v);
ir_ref ir_op1(struct ir_region *r, enum ir_opcode op, ir_ref a);
ir_ref ir_op2(struct ir_region *r, enum ir_opcode op, ir_ref a, ir_ref b);
ir_ref ir_op2i(struct ir_region *r, enum ir_opcode op, ir_ref a, u64 b);
ir_ref ir_op3(struct ir_region *r, enum ir_opcode op, ir_ref a, ir_ref b, ir_ref c);
/* type: of the loaded value. mem: enum ir_mem bits. disp: added to ea. */
ir_ref ir_load(struct ir_region *r, enum ir_type type, u32 mem, ir_ref ea, s32 disp);
void ir_store(struct ir_region *r, enum ir_type type, u32 mem, ir_ref ea, s32 disp, ir_ref v);
ir_ref ir_larx(struct ir_region *r, enum ir_type type, u32 mem, ir_ref ea);
ir_ref ir_stcx(struct ir_region *r, enum ir_type type, u32 mem, ir_ref ea, ir_ref v);
void ir_dcbz(struct ir_region *r, ir_ref ea, u32 block);
void ir_fence(struct ir_region *r, enum ir_fence kind);
/* type = IR_V for a helper without a result. Unused arguments are 0. */
ir_ref ir_call(struct ir_region *r, enum ir_type type, u32 helper, ir_ref a, ir_ref b, ir_ref c,
	       ir_ref d);
u32 ir_new_label(struct ir_region *r);
void ir_label(struct ir_region *r, u32 label);
void ir_jmp(struct ir_region *r, u32 label);
void ir_br(struct ir_region *r, ir_ref cond, u32 if_true, u32 if_false);
/* Branches when cond is not 0; the basic block goes on. */
void ir_br_if(struct ir_region *r, ir_ref cond, u32 label);
void ir_poll(struct ir_region *r);
void ir_leave_if(struct ir_region *r, ir_ref cond, u32 code, u64 info);
/* pc: address that the guest goes on at (often not the instruction's own). icount: instructions
 * completed then, normally r->cur.icount or one more. */
void ir_leave(struct ir_region *r, u32 code, u64 info, u64 pc, u32 icount);
void ir_goto(struct ir_region *r, u64 pc, u32 icount, enum ir_hint hint);
/* A side exit: goes on at pc when cond is not 0, else behind it in the same basic block. */
void ir_goto_if(struct ir_region *r, ir_ref cond, u64 pc, u32 icount, enum ir_hint hint);
/* Account the n instructions completed since entry or the last ACCOUNT, and begin r->cur at 0. */
void ir_account(struct ir_region *r, u32 n);
void ir_goto_ind(struct ir_region *r, ir_ref pc, u32 icount, enum ir_hint hint);
/* Where the GOTO or GOTO_IND just made, a call, will return to: .imm, a hint as well. */
void ir_returns_to(struct ir_region *r, u64 pc);

/* The constant value of v, if it is one. */
static inline bool ir_is_const(const struct ir_region *r, ir_ref v, u64 *value)
{
	if (r->insn[v].op != IR_CONST || !v)
		return false;
	*value = r->insn[v].imm;
	return true;
}

/* Static facts about ops. */
struct ir_op_info {
	const char *name;
	char result, arg[4];
	bool side_effect, memory, exits, terminator, commutative;
};
extern const struct ir_op_info ir_op_info[IR_OP_COUNT];

/* Integer slots [slot, slot + len) never hold a bit outside of mask. */
struct ir_narrow_slots {
	u32 slot, len;
	u64 mask;
};

/* What the passes and the verifier must know of the guest: its helpers, and which slots the effects
 * IR_FX_FP and IR_FX_VSAT cover (byte ranges). */
struct ir_env {
	const struct ir_helper *helpers;
	u32 nr_helpers;
	u32 fp_slot, fp_len;
	u32 lazy_slot, lazy_len; /* see IR_FX_ADD */
	/* Pure helpers, F of I and I of F: the second undoes the first, but that the upper word
	 * becomes 0. 0: none. */
	u32 single_load, single_store;
	u32 vsat_slot, vsat_len;
	u32 state_size; /* every slot must lie below */
	/* nr_defer (at most 8) integer slots that IR_PASS_DEFER looks at, and as many that nobody
	 * else uses. */
	u32 defer_slot, defer_flag, nr_defer;
	const struct ir_narrow_slots *narrow;
	u32 nr_narrow;
};

/* Check R1..R5; returns 0, or -EINVAL with one line in msg. */
int ir_verify(const struct ir_region *r, const struct ir_env *env, char *msg, size_t msg_size);

/* Names of slots for the printer; may return NULL. */
typedef const char *ir_slot_name_fn(u32 slot, enum ir_type type);
typedef void ir_print_sink_fn(void *opaque, const char *line);
void ir_print(const struct ir_region *r, const struct ir_env *env, ir_slot_name_fn *slot_name,
	      ir_print_sink_fn *sink, void *opaque);

/* Passes; a set bit runs the pass. */
enum ir_pass {
	IR_PASS_FORWARD = 1 << 0,  /* GET after PUT or GET of the same slot becomes its value */
	IR_PASS_FOLD = 1 << 1,	   /* constants, identities, common subexpressions */
	IR_PASS_DEAD_PUT = 1 << 2, /* overwritten PUTs move into exit records */
	IR_PASS_DEAD = 1 << 3,	   /* values nobody uses; marks cold ones */
	IR_PASS_DEFER = 1 << 4,	   /* overwritten PUTs do not count for edges either */
	IR_PASS_ALL = (1 << 5) - 1,
};
void ir_optimise(struct ir_region *r, const struct ir_env *env, u32 passes);

/* The passes one by one, and what they share. */
void ir_pass_forward(struct ir_region *r, const struct ir_env *env, u32 passes);
void ir_pass_defer(struct ir_region *r, const struct ir_env *env);
void ir_pass_dead_put(struct ir_region *r, const struct ir_env *env);
void ir_pass_dead(struct ir_region *r, const struct ir_env *env);
/* The value of a pure integer op on constants; false for ops that are not foldable. */
bool ir_eval(enum ir_opcode op, u64 a, u64 b, u64 c, u64 *result);
/* Bytes of a slot of that type. */
static inline u32 ir_type_size(enum ir_type type)
{
	return type == IR_Q ? 16 : 8;
}
/* Effects of a CALL (enum ir_effect). */
static inline u32 ir_call_effects(const struct ir_insn *i, const struct ir_env *env)
{
	return env->helpers[i->imm].effects;
}
/* Whether an instruction may be dropped when nobody uses its value. */
static inline bool ir_removable(const struct ir_insn *i, const struct ir_env *env)
{
	if (i->op == IR_CALL)
		return ir_call_effects(i, env) == IR_FX_PURE ||
		       ir_call_effects(i, env) == IR_FX_READ;
	return !ir_op_info[i->op].side_effect;
}
/* Whether effects cover the lazy slots. */
static inline bool ir_fx_lazy(u32 fx)
{
	return (fx & IR_FX_FPA) == IR_FX_FP;
}

#endif
