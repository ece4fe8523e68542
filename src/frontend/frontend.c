// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The dispatcher: fetches and decodes the instructions of a region, emits what all of them share
 * (privilege and facility checks, single step) and calls the row's translator.
 *
 * A region begins with a poll and lies in one 4K page. It ends at an instruction that leaves, in
 * front of the page's end, after max_insns, or when the next instruction might not fit in.
 */
#include "base/log.h"
#include "frontend/frontend.h"
#include "isa/decode.h"

/* Generous bounds of what one instruction appends (lmw, lswx: about 200 ops, 40 exits). */
enum { RESERVE_INSNS = 700, RESERVE_EXITS = 140, RESERVE_LABELS = 16, PAGE = 4096 };

/* IC of the facility unavailable interrupts: the facility's bit number in FSCR. */
enum {
	IC_BHRB = 4,
	IC_TM = 5,
	IC_EBB = 7,
	IC_TAR = 8,
	IC_SCV = 12,
};

/* A row without a translator does not link. */
static tr_fn *const translators[INSN_COUNT] = {
#define INSN(name, ...) [INSN_##name] = tr_##name,
#include "isa/insn.def"
};

/* --- checks from the row's columns: true when the instruction may go on --- */
static bool check_privilege(struct tr_ctx *c)
{
	u8 privilege = c->insn.row->privilege;

	if (privilege == PRIV_USER || !(c->mode & MODE_PR)) {
		if (privilege != PRIV_HYPER || (c->mode & MODE_HV))
			return true;
	}
	tr_raise(c, CPU_EXC_PROGRAM, CPU_PROG_PRIV);
	return false;
}

/* Some VSR of the instruction is below 32, where the FPRs are. */
static bool uses_low_vsr(const struct tr_ctx *c)
{
	for (unsigned i = 0; i < INSN_MAX_OPERANDS && c->insn.row->operand[i]; i++) {
		const struct insn_opnd *opnd = &insn_opnds[c->insn.row->operand[i]];

		if (opnd->kind == OPND_KIND_VSR && insn_opnd_value(opnd, c->insn.word) < 32)
			return true;
	}
	return false;
}

static bool need(struct tr_ctx *c, u32 mode_bit, enum cpu_exit code, u64 info)
{
	if (mode_bit & MODE_FLOAT)
		c->float_seen = true;
	if (c->mode & mode_bit)
		return true;
	tr_raise(c, code, info);
	return false;
}

bool tr_is_float(const struct insn_row *row)
{
	switch (row->facility) {
	case FAC_FP:
	case FAC_DFP:
	case FAC_VEC:
	case FAC_VSX:
	case FAC_FP_VEC:
	case FAC_VSX_VEC:
	case FAC_SPE:
		return true;
	default:
		return false;
	}
}

static bool check_facility(struct tr_ctx *c)
{
	switch (c->insn.row->facility) {
	case FAC_FP:
	case FAC_DFP:
		return need(c, MODE_FP, CPU_EXC_FP_UNAVAIL, 0);
	case FAC_VEC:
		return need(c, MODE_VEC, CPU_EXC_VEC_UNAVAIL, 0);
	case FAC_VSX:
		return need(c, MODE_VSX, CPU_EXC_VSX_UNAVAIL, 0);
	case FAC_FP_VEC:
		if (uses_low_vsr(c))
			return need(c, MODE_FP, CPU_EXC_FP_UNAVAIL, 0);
		return need(c, MODE_VEC, CPU_EXC_VEC_UNAVAIL, 0);
	case FAC_VSX_VEC:
		if (uses_low_vsr(c))
			return need(c, MODE_VSX, CPU_EXC_VSX_UNAVAIL, 0);
		return need(c, MODE_VEC, CPU_EXC_VEC_UNAVAIL, 0);
	case FAC_SPE:
		return need(c, MODE_VEC, CPU_EXC_SPE_UNAVAIL, 0);
	case FAC_TM:
		return need(c, MODE_FAC_TM, CPU_EXC_FAC_UNAVAIL, IC_TM);
	case FAC_TAR:
		return need(c, MODE_FAC_TAR, CPU_EXC_FAC_UNAVAIL, IC_TAR);
	case FAC_EBB:
		return need(c, MODE_FAC_EBB, CPU_EXC_FAC_UNAVAIL, IC_EBB);
	case FAC_SCV:
		return need(c, MODE_FAC_SCV, CPU_EXC_FAC_UNAVAIL, IC_SCV);
	case FAC_BHRB:
		/* MMCR0[PMCC] governs it, and only in problem state. */
		if (!(c->mode & MODE_PR))
			return true;
		return need(c, MODE_FAC_PMU_READ, CPU_EXC_FAC_UNAVAIL, IC_BHRB);
	default:
		return true;
	}
}

static void translate_insn(struct tr_ctx *c)
{
	if (check_privilege(c) && check_facility(c))
		translators[c->insn.id](c);
}

bool tr_has_room(const struct ir_region *r)
{
	return r->count + RESERVE_INSNS < IR_MAX_INSNS && r->exits + RESERVE_EXITS < IR_MAX_EXITS &&
	       r->labels + RESERVE_LABELS < IR_MAX_LABELS;
}

void tr_one(struct tr_ctx *c, u32 word)
{
	c->w = word;
	c->next_pc = tr_addr(c, c->pc + 4);
	if (insn_decode(c->decoder, word, &c->insn)) {
		translate_insn(c);
	} else {
		log_printf(LOG_GUEST, "illegal instruction %08x at %llx\n", word,
			   (unsigned long long)c->pc);
		tr_illegal(c);
	}
}

/* Go on at c->pc, in front of the instruction that stands there. */
static void end_before(struct tr_ctx *c, u32 done)
{
	ir_goto(c->r, c->pc, done, IR_HINT_NONE);
	c->ended = true;
}

u32 frontend_translate(struct tr_ctx *c, u64 pc, u32 max_insns, tr_fetch_fn *fetch, void *opaque)
{
	struct ir_region *r = c->r;
	u64 page = pc & ~(u64)(PAGE - 1);
	u32 bytes = 0;

	ir_begin(r);
	c->ended = c->float_seen = false;
	c->pc = pc;
	if ((c->mode & MODE_SE) || c->no_chain || !max_insns)
		max_insns = 1;

	while (!c->ended) {
		u32 word = 0;

		if (bytes && ((c->pc & ~(u64)(PAGE - 1)) != page || r->guest_insns == max_insns ||
			      !tr_has_room(r) || !fetch(opaque, c->pc, &word))) {
			end_before(c, r->guest_insns);
			break;
		}
		if (!bytes && !fetch(opaque, c->pc, &word))
			return 0;
		r->cur = (struct ir_exit){.pc = c->pc, .icount = r->guest_insns};
		if (!bytes)
			ir_poll(r);
		tr_one(c, word);
		r->guest_insns++;
		bytes += 4;
		if (!c->ended && (c->mode & MODE_SE))
			tr_goto(c, c->next_pc, IR_HINT_NONE);
		else if (!c->ended)
			tr_completed(c, c->next_pc);
		c->pc = c->next_pc;
	}
	return bytes;
}
