/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PowerPC front end: guest instructions → IR. Each instruction's meaning is written once, as
 * tr_<row>() in the file of its group; the table over insn.def is in frontend.c.
 *
 * A translator function may assume that the row matched, that privilege and facility were checked
 * (the dispatcher emits those exits from the row's columns), and that c->r->cur holds this
 * instruction's exit record (pc = its address). It emits every E op before the first PUT (R4).
 */
#ifndef FRONTEND_FRONTEND_H
#define FRONTEND_FRONTEND_H

#include "base/types.h"
#include "ir/ir.h"
#include "isa/event.h"
#include "isa/fields.h"
#include "isa/helper.h"
#include "isa/insn.h"
#include "isa/mode.h"
#include "isa/model.h"
#include "isa/state.h"

struct insn_decoder;
struct tr_region;

struct tr_ctx {
	struct ir_region *r;
	const struct cpu_model *model;
	const struct insn_decoder *decoder;
	u32 mode;		  /* enum cpu_mode bits */
	u64 pc;			  /* of this instruction */
	u64 next_pc;		  /* of the one behind it, truncated to 32 bits unless MODE_SF */
	struct insn insn;	  /* this instruction */
	u32 w;			  /* its (first) word */
	bool float_seen;	  /* an instruction looked at MODE_FLOAT */
	bool no_float;		  /* regions of several blocks: end in front of what would */
	bool ended;		  /* a terminator was emitted: the region is complete */
	bool no_chain;		  /* debug mode: no region longer than one instruction */
	struct tr_region *region; /* a region of several blocks is being built */
	bool lazy_fp;		  /* the back end adds to the FP status out of sight: use fp_lazy */
};

typedef void tr_fn(struct tr_ctx *c);

/* The translators of all rows. */
#define INSN(name, ...) tr_fn tr_##name;
#include "isa/insn.def"

/* Reads one instruction word (already in host order) at effective address ea of the page that the
 * region starts in; false when it cannot be read there. */
typedef bool tr_fetch_fn(void *opaque, u64 ea, u32 *word);

/* Does an instruction look at MODE_FLOAT? */
bool tr_is_float(const struct insn_row *row);

/* Build the region that starts at pc into c->r. c->model, decoder, mode, r and pc are set by the
 * caller. Stops after max_insns, at a terminator or at the end of the 4K page. Returns the number
 * of guest bytes translated (0: the first word cannot be fetched). */
u32 frontend_translate(struct tr_ctx *c, u64 pc, u32 max_insns, tr_fetch_fn *fetch, void *opaque);

/* How often the block at ea was executed, more or less; 0: it is not worth translating. */
typedef u32 tr_heat_fn(void *opaque, u64 ea);

enum { TR_MAX_PIECES = 64 };

/* The code that a region was made of, all in one 4K page. */
struct tr_extent {
	u32 nr_pieces;
	struct {
		u64 ea;
		u32 len;
	} piece[TR_MAX_PIECES];
};

struct tr_region_request {
	tr_fetch_fn *fetch;
	tr_heat_fn *heat; /* NULL: nothing is cold */
	void *opaque;
	u32 max_insns;
	struct tr_extent *extent; /* answer */
};

/* The same for a region of several basic blocks, in c->r: what direct branches reach from pc inside
 * its 4K page. Not for modes of MODE_TRACED. Returns the number of instructions, 0 for none. */
u32 frontend_translate_region(struct tr_ctx *c, u64 pc, const struct tr_region_request *q);

/* --- for the tr_* files --- */
/* Translate the instruction whose word is given at c->pc; r->cur is set. */
void tr_one(struct tr_ctx *c, u32 word);
/* For one more instruction, whatever it is. */
bool tr_has_room(const struct ir_region *r);
static inline bool tr_is64(const struct tr_ctx *c)
{
	return c->mode & MODE_SF;
}
static inline ir_ref tr_const(struct tr_ctx *c, u64 v)
{
	return ir_const(c->r, v);
}
static inline ir_ref tr_gpr(struct tr_ctx *c, unsigned n)
{
	return ir_get(c->r, IR_I, SLOT_GPR(n));
}
/* (RA|0) */
static inline ir_ref tr_gpr0(struct tr_ctx *c, unsigned n)
{
	return n ? tr_gpr(c, n) : ir_const(c->r, 0);
}
static inline void tr_set_gpr(struct tr_ctx *c, unsigned n, ir_ref v)
{
	ir_put(c->r, IR_I, SLOT_GPR(n), v);
}
static inline ir_ref tr_fpr(struct tr_ctx *c, unsigned n)
{
	return ir_get(c->r, IR_F, SLOT_FPR(n));
}
/* Writing an FPR leaves doubleword 1 of its VSR undefined (Power ISA 7.2.1.1); we keep it, as
 * POWER8 and POWER9 and qemu do for … see float.c, which owns the decision. */
void tr_set_fpr(struct tr_ctx *c, unsigned n, ir_ref v);
/* "get": tr_vsr is the translator of vsr. */
static inline ir_ref tr_get_vsr(struct tr_ctx *c, unsigned n)
{
	return ir_get(c->r, IR_Q, SLOT_VSR(n));
}
static inline void tr_set_vsr(struct tr_ctx *c, unsigned n, ir_ref v)
{
	ir_put(c->r, IR_Q, SLOT_VSR(n), v);
}
static inline ir_ref tr_get_vr(struct tr_ctx *c, unsigned n)
{
	return tr_get_vsr(c, 32 + n);
}
static inline void tr_set_vr(struct tr_ctx *c, unsigned n, ir_ref v)
{
	tr_set_vsr(c, 32 + n, v);
}

/* Effective address of D/DS/DQ forms and X forms, truncated to 32 bits unless MODE_SF. */
ir_ref tr_ea_disp(struct tr_ctx *c, unsigned ra, s64 disp);
ir_ref tr_ea_index(struct tr_ctx *c, unsigned ra, unsigned rb);
/* ea + n, truncated as above. */
ir_ref tr_ea_add(struct tr_ctx *c, ir_ref ea, s64 n);
/* enum ir_mem bits of an access of 1 << log2_size bytes in the current byte order. */
u32 tr_mem(const struct tr_ctx *c, unsigned log2_size);
/* The same with byte order reversed (lwbrx …). */
u32 tr_mem_rev(const struct tr_ctx *c, unsigned log2_size);
/* CR0 of a record form from the result (compared with 0 in the current width), and CR1. */
void tr_record_cr0(struct tr_ctx *c, ir_ref result);
void tr_record_cr1(struct tr_ctx *c);
/* The FPSCR. */
ir_ref tr_fpscr(struct tr_ctx *c);
/* ea in the current width. */
u64 tr_addr(const struct tr_ctx *c, u64 ea);
/* End the region with a synchronous interrupt at this instruction. */
void tr_raise(struct tr_ctx *c, enum cpu_exit code, u64 info);
/* End the region with code, going on behind this instruction. */
void tr_leave_after(struct tr_ctx *c, enum cpu_exit code, u64 info);
/* Program interrupt, illegal instruction. */
void tr_illegal(struct tr_ctx *c);
/* Alignment interrupt of an access that little-endian mode does not have (lmw, lswi …). */
void tr_align_le(struct tr_ctx *c, ir_ref ea);
/* This instruction is complete and the next stands at pc: where CIABR asks for it, interrupt. */
void tr_completed(struct tr_ctx *c, u64 pc);
/* End the region, this instruction being complete, and go on at pc. All branches and whatever else
 * ends a region without leaving translated code use these: they know single step. */
void tr_goto(struct tr_ctx *c, u64 pc, enum ir_hint hint);
void tr_goto_ind(struct tr_ctx *c, ir_ref pc, enum ir_hint hint);
/* The same when cond holds; else the instruction goes on. */
void tr_goto_if(struct tr_ctx *c, ir_ref cond, u64 pc, enum ir_hint hint);

/* Every row's translator. */
#define INSN(name, ...) tr_fn tr_##name;
#include "isa/insn.def"

#endif
