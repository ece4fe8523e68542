/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the core's files share: the state of the register allocation, exit records, the layout of
 * a finished region, and the thunks.
 *
 * A finished region is one piece of code memory: the address of its struct jit_code, hot code, cold
 * code with packed descriptions of exits and slow paths (record.c), 16-byte constants. It is made
 * in a scratch buffer and copied: only rel32 fields that point to thunks and to tables of the back
 * end need its address (struct jit_reloc).
 */
#ifndef BACKEND_X86_64_CORE_H
#define BACKEND_X86_64_CORE_H

#include "backend/x86_64/jit.h"

#define JIT_INT_MASK	 0x00003fcfu /* all but rsp, rbp, r14, r15 */
#define JIT_XMM_MASK	 0x3fff0000u /* xmm0..13 */
#define JIT_CALLEE_SAVED ((1u << X_RBX) | (1u << 12) | (1u << 13))

enum { JIT_NO_REG = -1, JIT_NEVER = 0xffff };

/* One entry of an exit record. */
struct jit_pending {
	u32 slot;
	u32 pad;
	struct jit_place from;
};

/* A cold value of a record: op over places, which may be nodes before it. */
struct jit_node {
	u8 op;
	struct jit_place arg[3];
};

/* Why and where to leave. While the region is made; code memory has it packed. */
struct jit_record {
	u64 pc, info;
	u32 code;
	u32 icount;
	u16 stop;  /* enum backend_stop */
	u16 event; /* code is the slot that holds it */
	u32 count;
	u32 nodes; /* offset of the nodes from the record; count behind it */
	u32 nr_nodes;
	struct jit_pending pending[];
};

static inline const struct jit_node *jit_nodes(const struct jit_record *rec)
{
	return (const struct jit_node *)((const u8 *)rec + rec->nodes);
}

/* What is called finds the begin of the region (pack_origin()) and more behind the call. */
enum jit_thunk {
	THUNK_ENTER,
	THUNK_STOP,    /* jumped to; eax: enum backend_stop, state is stored */
	THUNK_STOP_AT, /* called, state is stored: u8 enum backend_stop, signed pc from the region's
			*/
	THUNK_LINK,    /* called, state is stored: number of the link */
	THUNK_LEAVE,   /* called: a record */
	THUNK_SLOW, /* called: enum slow_bits, u8 enum ir_mem, u8 registers (address, result << 4),
		     * what the bits say, number: where to go on, a record if it may leave */
	THUNK_COLD, /* called: number of the helper, u8 result's register + 1 and COLD_LEAVES,
		     * places of the arguments, number: where to go on, a record if it leaves */
	THUNK_COUNT
};

enum { COLD_LEAVES = 1 << 7 };

/* Of THUNK_SLOW: the op in the lowest bits, the type of the value above. */
enum slow_bits {
	SLOW_LD,
	SLOW_ST, /* the value's place */
	SLOW_LARX,
	SLOW_STCX, /* the value's place */
	SLOW_DCBZ, /* number: the block's size */
	SLOW_FENCE,
	SLOW_OP = 7,
	SLOW_TYPE = 3 << 3,
	SLOW_SWAP = 1 << 5, /* the halves of the result */
	/* Number: integer registers that become 0. Number: 1 + the one among them that the access
	 * goes by, or 0. If it is not 0, number: where in the page's range the access lies; number:
	 * the range's bytes (page.c). */
	SLOW_CLEAR = 1 << 6,
	SLOW_RESULT = 1 << 7,
};

struct jit_use {
	u16 at, next;
};

enum jit_value_flags {
	V_SLOT = 1 << 0, /* .slot holds it */
	V_CONST = 1 << 1,
	V_FUSED = 1 << 2,  /* made by its user */
	V_OWED = 1 << 3,   /* pending in the record of the instruction at hand */
	V_COLD = 1 << 4,   /* made where a record leaves; V_FUSED too */
	V_FP_DIV = 1 << 5, /* a division for the floating-point divider */
};

struct jit_value {
	u16 uses; /* head of the list in a->use */
	u16 last; /* last use of any kind; 0 = none */
	s8 reg;
	u8 flags;
	u16 count; /* uses as an operand */
	s32 spill; /* offset from the state; 0 = none */
	u32 slot;
};

enum {
	JIT_MAX_USES = 8 * IR_MAX_INSNS,
	JIT_MAX_LABELS = 16384,
	JIT_MAX_FIXES = 32768,
	JIT_MAX_RELOCS = 8192,
	JIT_MAX_LINKS = 1024,
	JIT_MAX_OPERANDS = 12,
	JIT_MAX_LEAVES = 24,
	JIT_MAX_PINS = 16,
	JIT_CODE_SCRATCH = 1 << 20,
	JIT_DATA_SCRATCH = 1 << 19,
};

/* A range of guest addresses [base + lo, base + hi) that was found in the TLB; see page.c. */
struct jit_page {
	bool store;
	ir_ref base;
	u16 slot;
	s32 lo, hi;
};
enum { JIT_PAGES = 4 };

struct jit_alloc {
	ir_ref n;      /* instruction being emitted */
	u32 free;      /* registers without an owner */
	u32 pinned;    /* of this instruction */
	u32 may_evict; /* registers that are not pinned all over the region */
	ir_ref owner[JIT_NR_REGS];
	bool failed;

	/* Values whose slot holds them. */
	u32 nr_backed;
	ir_ref backed[512];

	u32 spill_next; /* 8-byte units from JIT_SPILL */
	u32 nr_spill8, nr_spill16;
	s32 spill8[JIT_SPILLS], spill16[JIT_SPILLS / 2];

	/* Slots that live in registers all over the region (pin.c). */
	u32 nr_pin;
	struct jit_pin {
		u32 slot;
		u8 type; /* enum ir_type */
		u8 reg;
		bool dirty; /* written somewhere */
	} pin[JIT_MAX_PINS];
	s8 pin_of_cell[JIT_CELLS]; /* index, or -1 */
	bool no_pins;		   /* they left too few registers */
	/* By value: the PUT that may take it straight into its pinned slot, or 0. */
	u16 put_at[IR_MAX_INSNS];

	u32 nr_use;
	struct jit_value v[IR_MAX_INSNS];
	u16 next_call[IR_MAX_INSNS];
	struct jit_use use[JIT_MAX_USES];

	struct jit_page page[JIT_PAGES];
	u32 open_pages; /* bit k: page[k] is one */

	/* cold.c, exit.c */
	u32 nr_cold, nr_links, nr_pool;
	struct jit_cold cold[JIT_MAX_COLD];
	struct jit_link_site {
		u64 pc;
		u32 at, stub; /* offset of the rel32 field; label */
	} link[JIT_MAX_LINKS];
	struct {
		u64 hi, lo;
		u32 label;
	} pool[JIT_MAX_POOL];
	u32 label[IR_MAX_LABELS];
	u32 hot_size;
	u32 code_size; /* without constants */
	u32 data_size; /* records; 0 names none */
	u8 data[JIT_DATA_SCRATCH] __attribute__((aligned(16)));

	struct xcode x;
	u32 label_at[JIT_MAX_LABELS];
	struct xfix fixes[JIT_MAX_FIXES];
	struct xreloc relocs[JIT_MAX_RELOCS];
	u8 code[JIT_CODE_SCRATCH] __attribute__((aligned(64)));
};

struct jit_code {
	struct backend_code base;
	u64 pc;	       /* of the entry */
	u32 at, units; /* in code memory, of CODE_UNIT bytes */
	struct backend_link links[];
};

enum { JIT_HEADER = sizeof(struct jit_code *), JIT_MAX_PENDING = 256 };

enum { CODE_UNIT = 32, CODE_CLASSES = 96 };

/* Memory for code (code.c). */
struct code_memory {
	struct os_code map;
	struct os_mutex lock;
	u32 next, end; /* never used yet: [next, end) units */
	u32 used;
	u64 *edges;		     /* bit by unit: the first or the last one of a free piece */
	u32 free_list[CODE_CLASSES]; /* first free piece of a size class; 0 = none */
};

struct backend {
	struct backend_config config;
	u32 host;
	struct code_memory code;
	struct os_mutex pool_lock;
	struct jit_scratch *pool;
	u64 thunk[THUNK_COUNT];		   /* addresses to run at */
	u64 helper_table;		   /* address: pointers to helpers, by number */
	const struct jit_inline **inlines; /* by helper; NULL = call */
};

/* A struct jit with all it needs, kept between compiles. */
struct jit_scratch {
	struct jit_scratch *next;
	struct jit jit;
	struct jit_alloc alloc;
};

/* host.c: enum jit_host */
u32 host_detect(u32 level);

/* code.c */
int code_init(struct code_memory *c, size_t size);
void code_destroy(struct code_memory *c);
/* How many units it has goes to *units. Returns the first unit, 0 when full. */
u32 code_alloc(struct code_memory *c, size_t bytes, u32 *units);
void code_free(struct code_memory *c, u32 at, u32 units);

/* thunk.c: made once, at the begin of code memory */
int thunk_make(struct backend *b);

/* leave.c: what thunks call */
u64 leave_at(const u8 *at, struct backend_cpu *cpu, struct backend *b);
u64 leave_by_link(const u8 *at, struct backend_cpu *cpu, struct backend *b);
u64 leave_by_record(const u8 *at, struct backend_cpu *cpu, struct backend *b);
const void *leave_slow(const u8 *at, struct backend_cpu *cpu, struct backend *b);
const void *leave_cold(const u8 *at, struct backend_cpu *cpu, struct backend *b);

/* record.c: what stands behind calls of thunks */
void pack_origin(struct xcode *x);
void pack_number(struct xcode *x, u64 v);
void pack_signed(struct xcode *x, s64 v);
void pack_place(struct xcode *x, const struct jit_place *p);
/* Where c goes on. */
void pack_back(struct jit *j, const struct jit_cold *c);
void pack_record(struct jit *j, const struct jit_record *rec);
struct unpack {
	const u8 *p, *begin; /* of the region's code */
	struct jit_code *code;
	u64 pc; /* of the region */
};
struct record_head {
	u64 pc, info;
	u32 code, icount, stop;
	bool event, has_nodes, has_pending;
};
void unpack_begin(struct unpack *u, const u8 *at);
u64 unpack_number(struct unpack *u);
s64 unpack_signed(struct unpack *u);
struct jit_place unpack_place(struct unpack *u);
struct record_head unpack_record(struct unpack *u);
/* The slot */
u32 unpack_pending(struct unpack *u, struct jit_place *from);

/* scan.c */
static inline bool scan_may_leave(const struct jit *j, const struct ir_insn *i)
{
	if (i->op == IR_CALL)
		return (ir_call_effects(i, j->env) & IR_FX_LEAVE) != 0;
	return ir_op_info[i->op].exits;
}
static inline bool scan_is_real_call(const struct jit *j, const struct ir_insn *i)
{
	return i->op == IR_CALL && !j->b->inlines[i->imm];
}
/* Operands of n and of what is fused into it. */
u32 scan_operands(const struct jit *j, ir_ref n, ir_ref out[JIT_MAX_OPERANDS]);
void scan_region(struct jit *j);
static inline bool jit_fused(const struct jit *j, ir_ref v)
{
	return j->a->v[v].flags & V_FUSED;
}

/* Of the value n: the type of STCX is that of what it stores. */
static inline enum ir_type jit_type(const struct jit *j, ir_ref n)
{
	const struct ir_insn *i = &j->r->insn[n];

	/* a name of page.c */
	if (n >= j->r->count)
		return IR_I;
	return i->op == IR_STCX ? IR_I : (enum ir_type)i->type;
}

/* page.c */
void page_begin(struct jit *j); /* of a block */
/* Does an access before n's know where n goes? The register that holds the host address, and what
 * to add to it; -1. The register is 0 if nothing is known after all. */
int page_find(struct jit *j, const struct ir_insn *i, struct jit_page *page, s32 *disp);
/* Others come after n that can share a probe of page's range; page_own(): the register. */
bool page_open(struct jit *j, const struct ir_insn *i, ir_ref n, struct jit_page *page);
void page_own(struct jit *j, const struct jit_page *page, unsigned reg);
void page_done(struct jit *j);	   /* an instruction is done */
void page_forget(struct jit *j);   /* the TLB may have changed */
u32 page_registers(struct jit *j); /* that slow paths must clear */

/* pin.c */
void pin_choose(struct jit *j);
/* Of a cell-sized or vector slot that begins there; NULL: it lives in memory. */
static inline const struct jit_pin *pin_at(const struct jit_alloc *a, u32 slot)
{
	if (!a->nr_pin || slot / 8 >= JIT_CELLS || a->pin_of_cell[slot / 8] < 0)
		return NULL;
	return &a->pin[a->pin_of_cell[slot / 8]];
}
static inline bool pin_is(const struct jit_alloc *a, int reg)
{
	return reg >= 0 && !(a->may_evict >> reg & 1);
}
/* Registers to and from slots: those of mask; only what was written. */
void pin_load(struct jit *j, u32 mask);
void pin_store(struct jit *j, u32 mask);

/* regalloc.c */
/* Would jit_def_over() have to copy a? */
bool jit_over_copies(struct jit *j, ir_ref n, ir_ref a);
void jit_get(struct jit *j, ir_ref n, u32 slot);
int jit_load_value(struct jit *j, ir_ref v);
int jit_use(struct jit *j, ir_ref v); /* any class; 0..31 */
s32 jit_spill_of(struct jit *j, ir_ref v);
void jit_free_spill(struct jit *j, ir_ref v);
void jit_slot_changes(struct jit *j, u32 slot, u32 len);
void jit_back_by_slot(struct jit *j, ir_ref v, u32 slot);
bool jit_use_mem_once(struct jit *j, ir_ref v, struct xmem *m);
void jit_take_reg(struct jit *j, int reg);
void jit_def_at(struct jit *j, ir_ref n, int reg);
void jit_clobber(struct jit *j, u32 mask);
void jit_end_insn(struct jit *j, const ir_ref *operands, u32 count);
void jit_begin_block(struct jit *j);
struct jit_place jit_place_of(struct jit *j, ir_ref v);
static inline bool jit_dies(const struct jit *j, ir_ref v)
{
	return j->a->v[v].last <= j->a->n;
}

/* emit.c: moves; registers 0..31 */
void emit_move(struct jit *j, int to, int from, enum ir_type type);
void emit_const(struct jit *j, int reg, u64 v);
void emit_load_frame(struct jit *j, int reg, s32 offset, enum ir_type type);
void emit_store_frame(struct jit *j, s32 offset, int reg, enum ir_type type);
void emit_call_thunk(struct jit *j, enum jit_thunk t);

/* cold_value.c */
void cold_find(struct jit *j);
/* What must be somewhere when a record names v: v itself or what its expression reads. */
u32 cold_leaves(const struct jit *j, ir_ref v, ir_ref *out, u32 count);
struct jit_place cold_place(struct jit *j, ir_ref v, struct jit_node *node, u32 *nr);
void cold_copy(struct jit *j, const struct jit_node *node, u32 count);
void cold_evaluate(struct jit *j, const struct jit_node *node, u32 count);
s32 cold_result(s32 node);

/* exit.c */
static inline const struct jit_record *exit_at(const struct jit *j, u32 at)
{
	return (const struct jit_record *)&j->a->data[at];
}
/* A call of the thunk, where its description begins. */
void exit_describe(struct jit *j, enum jit_thunk t);
u32 exit_record(struct jit *j, ir_ref n, enum backend_stop stop, bool event);
/* A label to jump to in order to leave by the record of n. */
u32 exit_label(struct jit *j, ir_ref n, enum backend_stop stop, bool event);
void exit_poll(struct jit *j, const struct ir_insn *i, ir_ref n);
void exit_leave(struct jit *j, const struct ir_insn *i, ir_ref n);
void exit_goto(struct jit *j, const struct ir_insn *i, ir_ref n);
void exit_goto_if(struct jit *j, const struct ir_insn *i, ir_ref n);
void exit_branch_if(struct jit *j, const struct ir_insn *i);
void exit_account(struct jit *j, const struct ir_insn *i);
void exit_count_hot(struct jit *j);
void exit_goto_ind(struct jit *j, const struct ir_insn *i, ir_ref n);
void exit_debug_record(struct jit *j, const struct ir_insn *i, ir_ref n);

/* select_*.c, call.c, memory.c */
void select_compare(struct jit *j, const struct ir_insn *i, ir_ref n);
void select_int(struct jit *j, const struct ir_insn *i, ir_ref n);
/* select_div.c */
void select_divide(struct jit *j, const struct ir_insn *i, ir_ref n);
/* Mark the divisions that the host's floating-point divider is to do. */
void divide_share(struct jit *j);
/* at_exit: to memory, wherever the slot lives. */
void select_store_slot(struct jit *j, u32 slot, enum ir_type type, ir_ref v, bool at_exit);
void select_put(struct jit *j, const struct ir_insn *i, ir_ref n);
void select_vector(struct jit *j, const struct ir_insn *i, ir_ref n);
/* Emit the condition v (fused or not): flags are set, the result says when it holds. All
 * allocation for it must have been done by cond_prepare(). */
struct jit_cond {
	ir_ref v, a, b;
	bool test; /* test a, b instead of cmp */
	bool swapped;
	enum xcc cc;
	int ra, rb;
	bool has_imm, mem_a, mem_b;
	s32 imm;
	struct xmem m;
	enum xsize size;
};
void cond_prepare(struct jit *j, ir_ref v, struct jit_cond *c);
enum xcc cond_emit(struct jit *j, const struct jit_cond *c);
/* What the CALL changes of the guest state, through cold code too, lives there no more. */
void call_state_changes(struct jit *j, const struct ir_insn *i);
bool emit_call(struct jit *j, const struct ir_insn *i, ir_ref n);
void memory_op(struct jit *j, const struct ir_insn *i, ir_ref n);

/* memory_value.c. m: the host's memory; tmp, xtmp: scratch registers; v: -1 = the immediate. */
/* The 16 bytes in the opposite order. */
void mem_reverse(struct jit *j, unsigned d, unsigned from);
void mem_load_value(struct jit *j, const struct ir_insn *i, ir_ref n, unsigned tmp, struct xmem m);
void mem_store_value(struct jit *j, const struct ir_insn *i, int v, unsigned tmp, unsigned xtmp,
		     struct xmem m);
/* A constant that a store takes as an immediate. */
bool mem_stores_immediate(struct jit *j, const struct ir_insn *i);

/* Code of the region into j->x; false: too large. */
bool jit_generate(struct jit *j);

#endif
