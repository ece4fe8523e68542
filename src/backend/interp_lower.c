// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IR → cells. A value's place is decided so that GETs and PUTs mostly vanish:
 *
 *  - a GET names its slot as the place when nothing writes the slot before the value's last use;
 *  - a value that is PUT is computed into the slot when nothing between its definition and the PUT
 *    can leave, or reads or writes the slot, or still needs the slot's old value;
 *  - constants are immediates where a cell has room for one;
 *  - all else lives in temporaries, which are reused after a value's last use.
 *
 * Compares feed their branch directly when the branch is their only user. A CR field's compare,
 * its narrowing to a word and the OR of XER[SO] are one cell. The POLL that a region begins with
 * is left to the jump that leads there.
 */
#include <errno.h>

#include "backend/interp_lower.h"
#include "base/endian.h"
#include "base/string.h"
#include "os/os.h"

static void emit_const(struct lower *l, s16 place, u64 v)
{
	union iword *w;

	if ((u64)(s64)(s32)v == v) {
		w = lower_emit(l, ICELL_CONST, 2);
		w[1].imm = (s32)v;
	} else {
		w = lower_emit(l, ICELL_CONST64, 3);
		w[2].u = v;
	}
	w[1].d = place;
}

s16 lower_operand(struct lower *l, ir_ref v)
{
	if (l->place[v] == NOWHERE) {
		lower_give_temp(l, v);
		emit_const(l, l->place[v], lower_def(l, v)->imm);
	}
	return l->place[v];
}

static void lower_bin(struct lower *l, u32 n, enum interp_op op)
{
	const struct ir_insn *i = &l->r->insn[n];
	union iword *w;
	s16 a, b = 0;
	u64 c = 0;

	a = lower_operand(l, i->a);
	if (lower_small_const(l, i->b)) {
		ir_is_const(l->r, i->b, &c);
		op++;
	} else {
		b = lower_operand(l, i->b);
	}
	lower_place_result(l, n);
	w = lower_emit(l, op, 2);
	w[1].d = l->place[n];
	w[1].a = a;
	if (b || !lower_small_const(l, i->b))
		w[1].o[2] = b;
	else
		w[1].imm = (s32)c;
}

static void lower_compare(struct lower *l, u32 n)
{
	const struct ir_insn *i = &l->r->insn[n];
	enum interp_op op;
	struct compare c;
	union iword *w;
	s16 a, b = 0, so;
	u64 imm = 0;
	bool short_imm;

	lower_is_compare(l, i->a, &c);
	if (c.word)
		op = c.is_signed ? ICELL_CMPSW_OR : ICELL_CMPUW_OR;
	else
		op = c.is_signed ? ICELL_CMPS_OR : ICELL_CMPU_OR;
	short_imm = ir_is_const(l->r, c.b, &imm) && (u64)(s64)(s16)imm == imm;
	a = lower_operand(l, c.a);
	so = lower_operand(l, i->b);
	if (!short_imm)
		b = lower_operand(l, c.b);
	lower_place_result(l, n);
	w = lower_emit(l, (enum interp_op)(op + short_imm), 2);
	w[1].d = l->place[n];
	w[1].a = a;
	w[1].o[2] = short_imm ? so : b;
	w[1].o[3] = short_imm ? (s16)imm : so;
}

static void lower_op(struct lower *l, u32 n, enum interp_op op)
{
	const struct ir_insn *i = &l->r->insn[n];
	s16 a = i->a ? lower_operand(l, i->a) : 0;
	s16 b = i->b ? lower_operand(l, i->b) : 0;
	s16 c = i->c ? lower_operand(l, i->c) : 0;
	union iword *w;

	lower_place_result(l, n);
	w = lower_emit(l, op, 2);
	w[1].d = l->place[n];
	w[1].a = a;
	w[1].o[2] = b;
	w[1].o[3] = c;
}

static void lower_put(struct lower *l, u32 n)
{
	const struct ir_insn *i = &l->r->insn[n];
	s16 slot = (s16)(i->imm / 8), from;
	union iword *w;

	if (!lower_slot_fits(i->imm, lower_size_of(i))) {
		l->full = true;
		return;
	}
	if (l->place[i->a] == NOWHERE) {
		emit_const(l, slot, lower_def(l, i->a)->imm);
		return;
	}
	from = lower_operand(l, i->a);
	if (from == slot)
		return;
	w = lower_emit(l, i->type == IR_Q ? ICELL_MOVQ : ICELL_MOV, 2);
	w[1].d = slot;
	w[1].a = from;
}

static void lower_get(struct lower *l, u32 n)
{
	const struct ir_insn *i = &l->r->insn[n];
	union iword *w;

	if (!l->uses[n] || lower_place_get(l, n))
		return;
	if (!lower_slot_fits(i->imm, lower_size_of(i))) {
		l->full = true;
		return;
	}
	lower_give_temp(l, n);
	w = lower_emit(l, i->type == IR_Q ? ICELL_MOVQ : ICELL_MOV, 2);
	w[1].d = l->place[n];
	w[1].a = (s16)(i->imm / 8);
}

static enum interp_op load_cell(u32 mem, bool reversed)
{
	static const u16 cells[4][4] = {
		/* unsigned, signed, and the same reversed */
		{ICELL_LD_U8, ICELL_LD_S8, ICELL_LD_U8, ICELL_LD_S8},
		{ICELL_LD_U16, ICELL_LD_S16, ICELL_LD_U16R, ICELL_LD_S16R},
		{ICELL_LD_U32, ICELL_LD_S32, ICELL_LD_U32R, ICELL_LD_S32R},
		{ICELL_LD_U64, ICELL_LD_U64, ICELL_LD_U64R, ICELL_LD_U64R},
	};

	if ((mem & (IR_MEM_ALIGN | IR_MEM_AS1)) || (mem & IR_MEM_SIZE) > 3)
		return ICELL_LD;
	return cells[mem & IR_MEM_SIZE][(reversed ? 2 : 0) + !!(mem & IR_MEM_SIGN)];
}

static enum interp_op store_cell(u32 mem, bool reversed)
{
	static const u16 cells[4][2] = {
		{ICELL_ST_U8, ICELL_ST_U8},
		{ICELL_ST_U16, ICELL_ST_U16R},
		{ICELL_ST_U32, ICELL_ST_U32R},
		{ICELL_ST_U64, ICELL_ST_U64R},
	};

	if ((mem & (IR_MEM_ALIGN | IR_MEM_AS1)) || (mem & IR_MEM_SIZE) > 3)
		return ICELL_ST;
	return cells[mem & IR_MEM_SIZE][reversed];
}

static void lower_memory(struct lower *l, u32 n)
{
	const struct ir_insn *i = &l->r->insn[n];
	bool reversed = !!(i->sub & IR_MEM_BE) != HOST_BIG_ENDIAN;
	s16 a = lower_operand(l, i->a), b = i->b ? lower_operand(l, i->b) : 0;
	bool q = i->type == IR_Q;
	union iword *w;

	if (lower_has_value(i))
		lower_place_result(l, n);
	lower_make_exit(l, n);
	switch (i->op) {
	case IR_LD:
		w = lower_emit(l, q ? ICELL_LD : load_cell(i->sub, reversed), 4);
		w[1].imm = (s32)i->imm;
		break;
	case IR_ST:
		w = lower_emit(l, q ? ICELL_ST : store_cell(i->sub, reversed), 4);
		w[1].imm = (s32)i->imm;
		break;
	case IR_LARX:
		w = lower_emit(l, ICELL_LARX, 4);
		break;
	case IR_STCX:
		w = lower_emit(l, ICELL_STCX, 4);
		w[1].o[2] = b;
		break;
	default:
		w = lower_emit(l, ICELL_DCBZ, 4);
		break;
	}
	w[1].d = lower_has_value(i) ? l->place[n] : b;
	w[1].a = a;
	w[2].p = lower_exit_of(l, n);
	w[3].w[0] = i->op == IR_DCBZ ? (u32)i->imm : i->sub;
	w[3].w[1] = q ? INTERP_MEM_Q : 0;
}

static void lower_call(struct lower *l, u32 n)
{
	const struct ir_insn *i = &l->r->insn[n];
	const struct ir_helper *h = &l->b->config.env->helpers[i->imm];
	const ir_ref arg[4] = {i->a, i->b, i->c, i->d};
	s16 place[6] = {0};
	u32 nr = 0, by_address = 0, k = 0;
	const char *sig = h->sig + 1;
	union iword *w;
	bool q = h->sig[0] == 'Q';

	if (q)
		by_address |= 1u << nr++;
	if (*sig == 'E') {
		by_address |= 1u << nr++; /* place 0 is the state */
		sig++;
	}
	for (; *sig && k < ARRAY_SIZE(arg); sig++, k++) {
		place[nr] = lower_operand(l, arg[k]);
		by_address |= (u32)(*sig == 'Q') << nr++;
	}
	if (h->sig[0] != 'V')
		lower_place_result(l, n);
	if (q)
		place[0] = l->place[n];
	lower_make_exit(l, n);
	if (l->b->config.stats)
		lower_emit(l, ICELL_COUNT_CALL, 2)[1].imm = (s32)i->imm;
	w = lower_emit(l, ICELL_CALL0 + nr, 6);
	w[1].d = h->sig[0] == 'V' ? 0 : l->place[n];
	w[1].o[1] = (s16)by_address;
	w[1].o[2] = (s16)((h->sig[0] != 'V' && !q) | (lower_may_leave(l, i) ? 2 : 0));
	w[2].p = (const void *)h->fn;
	w[3].p = lower_exit_of(l, n);
	memcpy(&w[4], place, sizeof(place));
}

/* Ops that are one cell; BIN marks those with an immediate form. */
enum { BIN = 0x8000 };
static const u16 cell_of[IR_OP_COUNT] = {
	[IR_ADD] = ICELL_ADD | BIN,	[IR_SUB] = ICELL_SUB | BIN,
	[IR_MUL] = ICELL_MUL | BIN,	[IR_MULHS] = ICELL_MULHS | BIN,
	[IR_MULHU] = ICELL_MULHU | BIN, [IR_DIVS] = ICELL_DIVS | BIN,
	[IR_DIVU] = ICELL_DIVU | BIN,	[IR_MODS] = ICELL_MODS | BIN,
	[IR_MODU] = ICELL_MODU | BIN,	[IR_AND] = ICELL_AND | BIN,
	[IR_OR] = ICELL_OR | BIN,	[IR_XOR] = ICELL_XOR | BIN,
	[IR_ANDC] = ICELL_ANDC | BIN,	[IR_SHL] = ICELL_SHL | BIN,
	[IR_SHR] = ICELL_SHR | BIN,	[IR_SAR] = ICELL_SAR | BIN,
	[IR_ROTL] = ICELL_ROTL | BIN,	[IR_ROTL32] = ICELL_ROTL32 | BIN,
	[IR_EQ] = ICELL_EQ | BIN,	[IR_NE] = ICELL_NE | BIN,
	[IR_LTS] = ICELL_LTS | BIN,	[IR_LTU] = ICELL_LTU | BIN,
	[IR_LES] = ICELL_LES | BIN,	[IR_LEU] = ICELL_LEU | BIN,
	[IR_CMPS] = ICELL_CMPS | BIN,	[IR_CMPU] = ICELL_CMPU | BIN,
	[IR_NOT] = ICELL_NOT,		[IR_NEG] = ICELL_NEG,
	[IR_SEXT8] = ICELL_SEXT8,	[IR_SEXT16] = ICELL_SEXT16,
	[IR_SEXT32] = ICELL_SEXT32,	[IR_ZEXT8] = ICELL_ZEXT8,
	[IR_ZEXT16] = ICELL_ZEXT16,	[IR_ZEXT32] = ICELL_ZEXT32,
	[IR_CLZ] = ICELL_CLZ,		[IR_CTZ] = ICELL_CTZ,
	[IR_POPCNT] = ICELL_POPCNT,	[IR_BSWAP16] = ICELL_BSWAP16,
	[IR_BSWAP32] = ICELL_BSWAP32,	[IR_BSWAP64] = ICELL_BSWAP64,
	[IR_F2I] = ICELL_MOV,		[IR_I2F] = ICELL_MOV,
	[IR_SELECT] = ICELL_SELECT,	[IR_CARRY] = ICELL_CARRY,
	[IR_QMAKE] = ICELL_QMAKE,	[IR_QHI] = ICELL_QHI,
	[IR_QHH] = ICELL_QHH,		[IR_QHL] = ICELL_QHL,
	[IR_QLH] = ICELL_QLH,		[IR_QLL] = ICELL_QLL,
	[IR_QLO] = ICELL_QLO,		[IR_QAND] = ICELL_QAND,
	[IR_QOR] = ICELL_QOR,		[IR_QXOR] = ICELL_QXOR,
	[IR_QANDC] = ICELL_QANDC,	[IR_QNOT] = ICELL_QNOT,
};

static void lower_insn(struct lower *l, u32 n)
{
	const struct ir_insn *i = &l->r->insn[n];
	u16 cell = cell_of[i->op];

	lower_record(l, n);
	switch (i->op) {
	case IR_CONST:
		return;
	case IR_GET:
		lower_get(l, n);
		return;
	case IR_PUT:
		lower_put(l, n);
		return;
	case IR_LABEL:
		l->label_at[i->imm] = l->nr_words;
		return;
	case IR_LD:
	case IR_ST:
	case IR_LARX:
	case IR_STCX:
	case IR_DCBZ:
		lower_memory(l, n);
		return;
	case IR_FENCE:
		lower_emit(l, ICELL_FENCE, 2)[1].imm = i->sub;
		return;
	case IR_CALL:
		lower_call(l, n);
		return;
	case IR_POLL:
		lower_poll(l, n);
		return;
	case IR_BR_IF:
		lower_br_if(l, n);
		return;
	case IR_ACCOUNT:
		lower_emit(l, ICELL_ACCOUNT, 2)[1].imm = (s32)i->imm;
		return;
	case IR_GOTO_IF:
		lower_goto_if(l, n);
		return;
	case IR_LEAVE_IF:
		lower_leave_if(l, n);
		return;
	default:
		break;
	}
	if (ir_op_info[i->op].terminator)
		lower_terminator(l, n);
	else if (l->fused[n] || !l->uses[n])
		return;
	else if (i->op == IR_OR && l->fused[i->a])
		lower_compare(l, n);
	else if (cell & BIN)
		lower_bin(l, n, cell & ~BIN);
	else
		lower_op(l, n, cell);
}

static void begin(struct lower *l)
{
	u32 k;

	l->nr_words = l->nr_links = l->nr_branches = l->nr_sides = 0;
	l->full = false;
	memset(l->busy, 0, sizeof(l->busy));
	memset(l->dying, 0, sizeof(l->dying));
	for (k = 0; k < l->r->count; k++)
		l->place[k] = NOWHERE;
	/* Taken from the end: the first temporaries are those nearest to the state. */
	for (k = 0; k < INTERP_TEMPS; k++)
		l->free_temp[k] = (s16)(-INTERP_TEMPS + (s32)k);
	for (k = 0; k < INTERP_QTEMPS; k++)
		l->free_qtemp[k] = (s16)(-INTERP_TEMPS - 2 * INTERP_QTEMPS + 2 * (s32)k);
	l->nr_free = INTERP_TEMPS;
	l->nr_qfree = INTERP_QTEMPS;
}

/* Word numbers become addresses. */
static int finish(struct lower *l)
{
	struct interp_code *code = l->code;
	u32 k;

	lower_resolve(l);
	code->words = os_alloc(l->nr_words * sizeof(union iword));
	if (!code->words)
		return -ENOMEM;
	memcpy(code->words, l->words, l->nr_words * sizeof(union iword));
	for (k = 0; k < l->nr_links; k++) {
		struct backend_link *link = &code->base.links[k];
		union iword *slot = &code->words[(uintptr_t)link->slot / sizeof(union iword)];

		link->slot = slot;
		atomic_init(&slot->target, slot + 1);
	}
	code->base.nr_links = l->nr_links;
	code->base.entry = code->words;
	code->base.size = sizeof(*code) + l->nr_words * sizeof(union iword) +
			  l->r->exits * sizeof(struct interp_exit) +
			  l->r->pendings * sizeof(struct interp_pending) +
			  l->nr_links * sizeof(struct backend_link);
	return 0;
}

static int lower_all(struct lower *l)
{
	const struct ir_region *r = l->r;
	union iword *w;
	u32 n;

	if (l->unit->hot) {
		w = lower_emit(l, ICELL_HOT, 3);
		w[1].p = l->unit->hot;
		w[2].u = l->unit->pc;
	}
	for (n = 1; n < r->count; n++) {
		if (l->nr_words + 4 * MARGIN > INTERP_WORDS)
			return -E2BIG;
		lower_insn(l, n);
		lower_bury(l, n);
		if (l->full)
			return -E2BIG;
	}
	return lower_sides(l);
}

int interp_lower(struct backend *b, struct lower *l, const struct ir_region *r,
		 const struct backend_unit *unit, struct interp_code **out)
{
	u32 n, gotos = 0;
	int ret = -ENOMEM;

	l->b = b;
	l->r = r;
	l->unit = unit;
	for (n = 1; n < r->count; n++)
		gotos += r->insn[n].op == IR_GOTO || r->insn[n].op == IR_GOTO_IF;
	l->code = os_alloc(sizeof(*l->code));
	if (!l->code)
		return -ENOMEM;
	l->code->exits = os_alloc(r->exits * sizeof(struct interp_exit));
	l->code->pendings = os_alloc(r->pendings * sizeof(struct interp_pending));
	l->code->base.links = os_alloc(gotos * sizeof(struct backend_link));
	if (!l->code->exits || !l->code->pendings || !l->code->base.links)
		goto fail;
	begin(l);
	lower_scan_uses(l);
	lower_fuse_compares(l);
	lower_fuse_branches(l);
	ret = lower_all(l);
	if (!ret)
		ret = finish(l);
	if (ret)
		goto fail;
	*out = l->code;
	return 0;
fail:
	interp_code_free(l->code);
	return ret;
}
