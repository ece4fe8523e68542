/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lowering's shared state: interp_place.c decides where values live and what is fused,
 * interp_lower.c emits cells, interp_branch.c those of branches and ways out. */
#ifndef BACKEND_INTERP_LOWER_H
#define BACKEND_INTERP_LOWER_H

#include "backend/interp.h"
#include "base/string.h"

enum {
	WINDOW = 96,	 /* instructions looked through before giving up on naming a slot */
	CELLS = 1 << 13, /* 8-byte units of guest state that can be named (64 KiB) */
	NOWHERE = INT16_MIN,
	MARGIN = 16, /* more words than any IR instruction becomes */
};

struct lower {
	struct backend *b;
	const struct ir_region *r;
	const struct backend_unit *unit;
	struct interp_code *code;
	u32 nr_words, nr_links;
	bool full;
	s16 place[IR_MAX_INSNS];
	u16 last[IR_MAX_INSNS]; /* last user */
	u16 uses[IR_MAX_INSNS];
	u16 put[IR_MAX_INSNS]; /* first PUT of the value */
	bool fused[IR_MAX_INSNS];
	u16 busy[CELLS]; /* some value lives in the slot up to this instruction */
	s16 free_temp[INTERP_TEMPS], free_qtemp[INTERP_QTEMPS];
	u32 nr_free, nr_qfree;
	u32 label_at[IR_MAX_LABELS];
	union iword words[INTERP_WORDS];
	u32 branch_at[IR_MAX_INSNS]; /* cells whose rel[] still hold labels */
	u32 nr_branches;
	struct side_exit { /* GOTO_IFs, whose way out stands behind the region */
		u16 insn;
		u32 branch_at;
	} side[IR_MAX_EXITS];
	u32 nr_sides;
	/* Temporaries by the instruction that frees them: lists through next_dying. */
	u16 dying[IR_MAX_INSNS], next_dying[IR_MAX_INSNS];
};

/* A guest's compare: CMPS or CMPU, maybe of words. */
struct compare {
	ir_ref a, b;
	bool is_signed, word;
};

static inline const struct ir_insn *lower_def(const struct lower *l, ir_ref v)
{
	return &l->r->insn[v];
}

static inline u32 lower_size_of(const struct ir_insn *i)
{
	return ir_type_size((enum ir_type)i->type);
}

/* A cell behind what there is. */
static inline union iword *lower_emit(struct lower *l, enum interp_op op, u32 words)
{
	union iword *w = &l->words[l->nr_words];

	memset(w, 0, words * sizeof(*w));
	w->h = l->b->labels[op];
	l->nr_words += words;
	return w;
}

static inline const struct interp_exit *lower_exit_of(const struct lower *l, u32 n)
{
	return &l->code->exits[l->r->insn[n].exit];
}

bool lower_may_leave(const struct lower *l, const struct ir_insn *i);
void lower_scan_uses(struct lower *l);
bool lower_small_const(const struct lower *l, ir_ref v);
int lower_branch_cell(u8 op);
bool lower_is_zero_test(const struct lower *l, const struct ir_insn *i);
void lower_fuse_branches(struct lower *l);
bool lower_is_compare(const struct lower *l, ir_ref v, struct compare *c);
void lower_fuse_compares(struct lower *l);
s16 lower_new_temp(struct lower *l, bool q);
void lower_free_temp(struct lower *l, s16 place);
void lower_give_temp(struct lower *l, u32 v);
void lower_bury(struct lower *l, u32 n);
bool lower_slot_fits(u64 slot, u32 len);
bool lower_place_get(struct lower *l, u32 n);
void lower_place_result(struct lower *l, u32 n);
bool lower_has_value(const struct ir_insn *i);
bool lower_is_q(const struct ir_insn *i);

/* Where v is; a constant is made now if it was not yet. */
s16 lower_operand(struct lower *l, ir_ref v);

/* What is pending at an instruction that may leave, from where it is just now. */
void lower_make_exit(struct lower *l, u32 n);
void lower_record(struct lower *l, u32 n);
void lower_poll(struct lower *l, u32 n);
void lower_br_if(struct lower *l, u32 n);
void lower_goto_if(struct lower *l, u32 n);
void lower_leave_if(struct lower *l, u32 n);
void lower_terminator(struct lower *l, u32 n);

/* The ways out of GOTO_IFs, behind the region; 0 or -E2BIG. */
int lower_sides(struct lower *l);

/* Labels become distances. */
void lower_resolve(struct lower *l);

#endif
