// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which blocks a region has, and their order. Code is followed from the entry along direct branches
 * that stay in the page and are not cold; calls and branches to registers end a path. The order
 * grows along the likelier way of each branch, so that this way falls through, and comes back to
 * what was left out last: a loop stays together.
 */
#include "base/string.h"
#include "frontend/region.h"
#include "isa/decode.h"

enum { BO_IGNORE_CR = 16, BO_IGNORE_CTR = 4 };

enum flow { FLOW_NEXT, FLOW_JUMP, FLOW_COND, FLOW_END, FLOW_OUT };

/* How control goes on behind a word. */
struct branch {
	u8 flow;
	bool near; /* the target is in the page */
	u16 target;
};

struct plan {
	struct tr_region *g;
	bool seen[REGION_WORDS], leader[REGION_WORDS], last[REGION_WORDS];
	struct branch branch[REGION_WORDS];
	u16 queue[REGION_BLOCKS]; /* leaders to follow */
	u32 head, tail;
	u32 insns;
};

static u64 address(const struct tr_region *g, u32 word)
{
	return g->page + 4 * (u64)word;
}

static u32 heat(const struct tr_region *g, u32 word)
{
	return g->q->heat ? g->q->heat(g->q->opaque, address(g, word)) : 1;
}

static bool always(u32 w)
{
	return (f_bo(w) & (BO_IGNORE_CR | BO_IGNORE_CTR)) == (BO_IGNORE_CR | BO_IGNORE_CTR);
}

static void set_target(const struct tr_region *g, struct branch *b, u64 target)
{
	target = tr_addr(g->c, target);
	b->near = target >= g->page && target - g->page < 4 * REGION_WORDS;
	if (b->near)
		b->target = (u16)((target - g->page) / 4);
}

static struct branch classify(const struct tr_region *g, u32 word, u32 w)
{
	struct branch b = {.flow = FLOW_NEXT};
	u64 base = f_aa(w) ? 0 : address(g, word);
	struct insn insn;

	if (!insn_decode(g->c->decoder, w, &insn)) {
		b.flow = FLOW_END;
		return b;
	}
	if (g->c->no_float && tr_is_float(insn.row)) {
		b.flow = FLOW_OUT;
		return b;
	}
	switch (insn.id) {
	case INSN_b:
		b.flow = f_lk(w) ? FLOW_END : FLOW_JUMP;
		set_target(g, &b, base + (u64)(s64)f_li(w));
		return b;
	case INSN_bc:
		set_target(g, &b, base + (u64)(s64)f_bd(w));
		if (always(w))
			b.flow = f_lk(w) ? FLOW_END : FLOW_JUMP;
		else
			b.flow = f_lk(w) ? FLOW_NEXT : FLOW_COND;
		return b;
	case INSN_bclr:
	case INSN_bcctr:
	case INSN_bctar:
		b.flow = always(w) || f_lk(w) ? FLOW_END : FLOW_NEXT;
		return b;
	default:
		if (insn.row->flags & (IF_BRANCH | IF_CSI))
			b.flow = FLOW_END;
		return b;
	}
}

static void add_leader(struct plan *p, u32 word, bool even_cold)
{
	if (word >= REGION_WORDS || p->leader[word] || p->tail == REGION_BLOCKS)
		return;
	if (!even_cold && !heat(p->g, word))
		return;
	p->leader[word] = true;
	p->queue[p->tail++] = (u16)word;
}

/* Follow straight-line code from a leader. */
static void follow(struct plan *p, u32 word)
{
	const struct tr_region_request *q = p->g->q;
	u32 w;

	for (; word < REGION_WORDS && !p->seen[word]; word++) {
		struct branch *b = &p->branch[word];

		if (p->insns == q->max_insns || !q->fetch(q->opaque, address(p->g, word), &w))
			return;
		*b = classify(p->g, word, w);
		if (b->flow == FLOW_OUT)
			return;
		p->insns++;
		p->seen[word] = true;
		p->last[word] = b->flow != FLOW_NEXT;
		if (b->flow == FLOW_JUMP || b->flow == FLOW_COND) {
			if (b->near)
				add_leader(p, b->target, b->flow == FLOW_JUMP);
			if (b->flow == FLOW_COND)
				add_leader(p, word + 1, false);
		}
		if (p->last[word])
			return;
	}
}

static void make_blocks(struct plan *p)
{
	struct tr_region *g = p->g;
	u32 k, w;

	for (k = 0; k < p->tail; k++) {
		struct region_block *b = &g->block[g->nr_blocks];

		w = p->queue[k];
		if (!p->seen[w])
			continue;
		*b = (struct region_block){.first = (u16)w};
		g->block_at[w] = (s8)g->nr_blocks++;
		do {
			b->words++;
			w++;
		} while (!p->last[w - 1] && w < REGION_WORDS && p->seen[w] && !p->leader[w]);
	}
}

static s32 block_of(const struct tr_region *g, u32 word)
{
	return word < REGION_WORDS ? g->block_at[word] : -1;
}

/* The blocks behind b, the likelier one first; -1: none. */
static void successors(const struct plan *p, const struct region_block *b, s32 to[2])
{
	const struct tr_region *g = p->g;
	u32 end = b->first + b->words;
	const struct branch *br = &p->branch[end - 1];
	s32 target = br->near ? block_of(g, br->target) : -1;

	to[0] = to[1] = -1;
	switch (br->flow) {
	case FLOW_NEXT:
		to[0] = block_of(g, end);
		break;
	case FLOW_JUMP:
		to[0] = target;
		break;
	case FLOW_COND: {
		u32 taken = br->near ? heat(g, br->target) : 0;
		u32 other = end < REGION_WORDS ? heat(g, end) : 0;
		/* Without a profile: backward branches are taken, others are not. */
		bool likely = taken == other ? br->target < end : taken > other;

		to[0] = likely ? target : block_of(g, end);
		to[1] = likely ? block_of(g, end) : target;
		break;
	}
	default:
		break;
	}
}

static void place_all(struct plan *p)
{
	struct tr_region *g = p->g;
	u8 stack[2 * REGION_BLOCKS + 1];
	u32 depth = 0, n = 0;
	s32 at, to[2];

	stack[depth++] = 0;
	while (depth) {
		for (at = stack[--depth]; at >= 0 && !g->block[at].placed;) {
			struct region_block *b = &g->block[at];

			b->placed = true;
			b->order = (u16)n;
			g->order[n++] = (u8)at;
			successors(p, b, to);
			if (to[0] < 0 || g->block[to[0]].placed) {
				at = to[1];
				continue;
			}
			if (to[1] >= 0)
				stack[depth++] = (u8)to[1];
			at = to[0];
		}
	}
	g->nr_blocks = n;
}

static void mark_edges(struct plan *p)
{
	struct tr_region *g = p->g;
	u8 in[REGION_BLOCKS] = {1}; /* the region's entry */
	s32 to[2];
	u32 n, k;

	for (n = 0; n < g->nr_blocks; n++) {
		successors(p, &g->block[g->order[n]], to);
		for (k = 0; k < 2; k++) {
			struct region_block *b;

			if (to[k] < 0)
				continue;
			b = &g->block[to[k]];
			if (b->order != n + 1 || in[to[k]])
				b->needs_label = true;
			if (b->order <= n)
				b->header = true;
			in[to[k]] = 1;
		}
	}
}

void region_plan(struct tr_region *g, u64 entry)
{
	struct plan p;

	memset(&p, 0, sizeof(p));
	p.g = g;
	memset(g->block_at, -1, sizeof(g->block_at));
	add_leader(&p, (u32)((entry - g->page) / 4), true);
	while (p.head < p.tail)
		follow(&p, p.queue[p.head++]);
	make_blocks(&p);
	if (!g->nr_blocks)
		return;
	place_all(&p);
	mark_edges(&p);
}
