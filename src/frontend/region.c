// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Translation of a planned region. A block to which one edge leads, by falling through, is part of
 * its predecessor's IR block: a trace with side exits is one block for the optimiser. Blocks that
 * a backward edge leads to poll at their label (op.def R9); the number of completed instructions
 * is accounted before each edge that leads to a label (R8).
 *
 * The order's first block is the entry. Whatever the plan said, an edge is only made inside the
 * region when its target can still have a label, or has one (and polls, if that is behind us).
 */
#include "frontend/region.h"

#include "base/string.h"

static struct region_block *block_for(struct tr_region *g, u64 pc)
{
	s32 n = -1;

	if (pc >= g->page && pc - g->page < 4 * REGION_WORDS)
		n = g->block_at[(pc - g->page) / 4];
	return n < 0 || !g->block[n].placed ? NULL : &g->block[n];
}

/* Can an edge lead from here to b? */
static bool reachable(const struct region_block *b)
{
	return !b->emitted || (b->labelled && b->header);
}

static u32 label_of(struct tr_region *g, struct region_block *b)
{
	if (!b->has_label) {
		b->has_label = true;
		b->label = ir_new_label(g->c->r);
	}
	return b->label;
}

static void account(struct tr_region *g)
{
	ir_account(g->c->r, g->done);
	g->done = 0;
}

void region_goto(struct tr_region *g, u64 pc)
{
	struct region_block *b = block_for(g, pc);

	g->c->ended = true;
	if (!b || !reachable(b)) {
		ir_goto(g->c->r, pc, g->done, IR_HINT_NONE);
	} else if (b == region_next(g)) {
		g->open = true;
	} else {
		account(g);
		ir_jmp(g->c->r, label_of(g, b));
	}
}

void region_goto_if(struct tr_region *g, ir_ref cond, u64 pc, enum ir_hint hint)
{
	struct region_block *b = hint == IR_HINT_NONE ? block_for(g, pc) : NULL;

	if (!b || !reachable(b)) {
		ir_goto_if(g->c->r, cond, pc, g->done, hint);
	} else {
		account(g);
		ir_br_if(g->c->r, cond, label_of(g, b));
	}
}

void region_branch(struct tr_region *g, ir_ref cond, u64 pc, u64 next_pc, enum ir_hint hint)
{
	struct region_block *b = block_for(g, pc);

	if (hint == IR_HINT_CALL) {
		region_goto_if(g, cond, pc, hint);
		return;
	}
	if (b && b == region_next(g) && pc != next_pc) {
		cond = ir_op2i(g->c->r, IR_EQ, cond, 0);
		region_goto_if(g, cond, next_pc, IR_HINT_NONE);
		region_goto(g, pc);
	} else {
		region_goto_if(g, cond, pc, hint);
		region_goto(g, next_pc);
	}
}

bool region_goto_ind_if(struct tr_region *g, ir_ref cond, u32 slot, enum ir_hint hint)
{
	struct region_exit *x = &g->exit[g->nr_exits];

	if (g->nr_exits == REGION_EXITS)
		return false;
	g->nr_exits++;
	*x = (struct region_exit){.slot = slot, .pc = g->c->pc, .hint = hint};
	x->label = ir_new_label(g->c->r);
	account(g);
	ir_br_if(g->c->r, cond, x->label);
	return true;
}

static bool fetch(struct tr_region *g, u64 pc, u32 *word)
{
	return g->q->fetch(g->q->opaque, pc, word);
}

/* Begin at a LABEL; false when nothing leads to the block. */
static bool enter_block(struct tr_region *g, struct region_block *b)
{
	struct ir_region *r = g->c->r;
	u64 pc = g->page + 4 * (u64)b->first;

	b->emitted = true;
	if (!b->needs_label && !b->has_label)
		return g->open;
	if (!g->open && !b->has_label)
		return false;
	if (g->open) {
		account(g);
		ir_jmp(r, label_of(g, b));
	}
	ir_label(r, label_of(g, b));
	b->labelled = true;
	g->done = 0;
	r->cur = (struct ir_exit){.pc = pc};
	if (b->header)
		ir_poll(r);
	return true;
}

static void add_piece(struct tr_region *g, u64 ea, u32 len)
{
	struct tr_extent *e = g->q->extent;

	if (!len)
		return;
	if (e->nr_pieces && e->piece[e->nr_pieces - 1].ea + e->piece[e->nr_pieces - 1].len == ea) {
		e->piece[e->nr_pieces - 1].len += len;
		return;
	}
	e->piece[e->nr_pieces].ea = ea;
	e->piece[e->nr_pieces++].len = len;
}

static void translate_block(struct tr_region *g, struct region_block *b)
{
	struct tr_ctx *c = g->c;
	struct ir_region *r = c->r;
	u64 start = g->page + 4 * (u64)b->first;
	u32 n, word;

	c->pc = start;
	c->ended = false;
	g->open = false;
	for (n = 0; n < b->words && !c->ended; n++) {
		if (!tr_has_room(r) || !fetch(g, c->pc, &word))
			break;
		r->cur = (struct ir_exit){.pc = c->pc, .icount = g->done++};
		tr_one(c, word);
		r->guest_insns++;
		c->pc = c->next_pc;
	}
	add_piece(g, start, 4 * n);
	if (c->ended)
		return;
	r->cur = (struct ir_exit){.pc = c->pc, .icount = g->done};
	if (n < b->words)
		ir_goto(r, c->pc, g->done, IR_HINT_NONE);
	else
		region_goto(g, c->pc);
}

/* What was branched to and has no place: it stands behind all others. */
static void place_rest(struct tr_region *g)
{
	struct ir_region *r = g->c->r;
	u32 n;

	for (n = 0; n < g->nr_blocks; n++) {
		struct region_block *b = &g->block[g->order[n]];

		if (!b->has_label || b->labelled)
			continue;
		ir_label(r, b->label);
		ir_goto(r, g->page + 4 * (u64)b->first, 0, IR_HINT_NONE);
	}
	for (n = 0; n < g->nr_exits; n++) {
		const struct region_exit *x = &g->exit[n];
		u64 mask = tr_is64(g->c) ? ~3ull : 0xfffffffcull;

		ir_label(r, x->label);
		r->cur = (struct ir_exit){.pc = x->pc};
		ir_goto_ind(r, ir_op2i(r, IR_AND, ir_get(r, IR_I, x->slot), mask), 0, x->hint);
	}
}

u32 frontend_translate_region(struct tr_ctx *c, u64 pc, const struct tr_region_request *q)
{
	struct tr_region g;
	u32 word;

	ir_begin(c->r);
	q->extent->nr_pieces = 0;
	g.c = c;
	g.q = q;
	g.page = pc & ~(u64)(4 * REGION_WORDS - 1);
	g.nr_blocks = g.nr_exits = g.done = 0;
	if (!q->fetch(q->opaque, pc, &word))
		return 0;
	region_plan(&g, pc);
	/* the first word is one that a shared region leaves to others */
	if (!g.nr_blocks)
		return 0;
	c->region = &g;
	c->r->cur = (struct ir_exit){.pc = pc};
	/* A header at the entry polls itself. */
	if (!g.block[0].header)
		ir_poll(c->r);
	g.open = true;
	for (g.at = 0; g.at < g.nr_blocks; g.at++) {
		struct region_block *b = &g.block[g.order[g.at]];

		if (enter_block(&g, b))
			translate_block(&g, b);
		else
			g.open = false;
	}
	place_rest(&g);
	c->region = NULL;
	return c->r->guest_insns;
}
