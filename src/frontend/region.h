/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Regions of several basic blocks. region_plan.c finds the blocks that direct branches reach inside
 * the page of the entry and puts them in order; region.c translates them in that order.
 *
 * The plan is a guess: an instruction may turn out to end the region. Then blocks behind it are
 * left out, or become a GOTO when something branches to them.
 */
#ifndef FRONTEND_REGION_H
#define FRONTEND_REGION_H

#include "frontend/frontend.h"

enum {
	REGION_BLOCKS = 64,
	REGION_WORDS = 1024, /* of a page */
	REGION_EXITS = 32,   /* conditional branches to registers */
};

struct region_block {
	u16 first, words; /* in the page */
	u16 order;
	u32 label;
	bool placed;	  /* in the order */
	bool needs_label; /* some edge to it is no fall-through */
	bool header;	  /* the target of a backward edge: polls */
	bool has_label;	  /* .label is valid */
	bool emitted;	  /* its place has been passed */
	bool labelled;	  /* a LABEL stands there */
};

/* The way out of a conditional branch to a register, which stands behind all blocks. */
struct region_exit {
	u32 label;
	u32 slot;
	u64 pc;
	enum ir_hint hint;
};

struct tr_region {
	struct tr_ctx *c;
	const struct tr_region_request *q;
	u64 page; /* effective address */
	/* the plan */
	u32 nr_blocks;
	struct region_block block[REGION_BLOCKS];
	u8 order[REGION_BLOCKS];
	s8 block_at[REGION_WORDS]; /* of its first word; -1: none starts there */
	/* translation */
	u32 at;	   /* place in the order */
	u32 done;  /* instructions completed since the last ACCOUNT */
	bool open; /* the last block falls through to the next in the order */
	u32 nr_exits;
	struct region_exit exit[REGION_EXITS];
};

/* region_plan.c */
void region_plan(struct tr_region *g, u64 entry);

static inline struct region_block *region_next(struct tr_region *g)
{
	return g->at + 1 < g->nr_blocks ? &g->block[g->order[g->at + 1]] : NULL;
}

/* region.c, for the ways to end an instruction (common.c, branch.c); pc is truncated already. */
void region_goto(struct tr_region *g, u64 pc);
void region_goto_if(struct tr_region *g, ir_ref cond, u64 pc, enum ir_hint hint);
/* A conditional branch that goes to either; what comes next in the order falls through. The block
 * goes on behind a call. */
void region_branch(struct tr_region *g, ir_ref cond, u64 pc, u64 next_pc, enum ir_hint hint);
/* Leave to the address in slot when cond holds. False: not possible here. */
bool region_goto_ind_if(struct tr_region *g, ir_ref cond, u32 slot, enum ir_hint hint);

#endif
