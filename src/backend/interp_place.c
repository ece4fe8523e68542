// SPDX-License-Identifier: GPL-2.0-or-later
/* Who uses a value until when, what is fused with its user, and where values live (the rules are
 * at the head of interp_lower.c). */
#include "backend/interp_lower.h"
#include "base/string.h"
#include "os/os.h"

struct lower *interp_lower_create(void)
{
	return os_alloc(sizeof(struct lower));
}

void interp_code_free(struct interp_code *code)
{
	if (!code)
		return;
	os_free(code->exits);
	os_free(code->pendings);
	os_free(code->words);
	os_free(code->base.links);
	os_free(code);
}

bool lower_has_value(const struct ir_insn *i)
{
	char result = ir_op_info[i->op].result;

	return result == 'X' ? i->type != IR_V : result != 'V';
}

bool lower_is_q(const struct ir_insn *i)
{
	char result = ir_op_info[i->op].result;

	return result == 'Q' || (result == 'X' && i->type == IR_Q);
}

static u32 effects(const struct lower *l, const struct ir_insn *i)
{
	return ir_call_effects(i, l->b->config.env);
}

bool lower_may_leave(const struct lower *l, const struct ir_insn *i)
{
	return i->op == IR_CALL ? (effects(l, i) & IR_FX_LEAVE) != 0 : ir_op_info[i->op].exits;
}

static bool overlap(u64 a, u32 alen, u64 b, u32 blen)
{
	return a < b + blen && b < a + alen;
}

/* What i does to the bytes [slot, slot + len) of the guest state. */
static bool reads_slot(const struct lower *l, const struct ir_insn *i, u64 slot, u32 len)
{
	const struct ir_env *env = l->b->config.env;
	u32 fx;

	if (i->op == IR_GET)
		return overlap(i->imm, lower_size_of(i), slot, len);
	if (i->op != IR_CALL)
		return false;
	fx = effects(l, i);
	return (fx & (IR_FX_READ | IR_FX_WRITE)) ||
	       ((fx & IR_FX_FP) && overlap(env->fp_slot, env->fp_len, slot, len)) ||
	       (ir_fx_lazy(fx) && overlap(env->lazy_slot, env->lazy_len, slot, len)) ||
	       ((fx & IR_FX_VSAT) && overlap(env->vsat_slot, env->vsat_len, slot, len));
}

static bool writes_slot(const struct lower *l, const struct ir_insn *i, u64 slot, u32 len)
{
	if (i->op == IR_PUT)
		return overlap(i->imm, lower_size_of(i), slot, len);
	return i->op == IR_CALL && (effects(l, i) & ~(u32)IR_FX_READ) &&
	       reads_slot(l, i, slot, len);
}

/* --- who uses what --- */
static void use(struct lower *l, ir_ref v, u32 user)
{
	if (!v)
		return;
	l->last[v] = (u16)user;
	l->uses[v]++;
}

static void extend(struct lower *l, ir_ref v, u32 user)
{
	if (v && l->last[v] < user)
		l->last[v] = (u16)user;
}

void lower_scan_uses(struct lower *l)
{
	const struct ir_region *r = l->r;
	u32 n, k;

	memset(l->last, 0, sizeof(l->last));
	memset(l->uses, 0, sizeof(l->uses));
	memset(l->put, 0, sizeof(l->put));
	memset(l->fused, 0, sizeof(l->fused));
	for (n = 1; n < r->count; n++) {
		const struct ir_insn *i = &r->insn[n];

		use(l, i->a, n);
		use(l, i->b, n);
		use(l, i->c, n);
		use(l, i->d, n);
		if (i->op == IR_PUT && !l->put[i->a])
			l->put[i->a] = (u16)n;
		if (!i->exit || !lower_may_leave(l, i))
			continue;
		for (k = 0; k < r->exit[i->exit].pending; k++)
			use(l, r->pending[r->exit[i->exit].first_pending + k].value, n);
	}
}

bool lower_small_const(const struct lower *l, ir_ref v)
{
	u64 c;

	return ir_is_const(l->r, v, &c) && (u64)(s64)(s32)c == c;
}

int lower_branch_cell(u8 op)
{
	switch (op) {
	case IR_EQ:
		return ICELL_BR_EQ;
	case IR_NE:
		return ICELL_BR_NE;
	case IR_LTS:
		return ICELL_BR_LTS;
	case IR_LTU:
		return ICELL_BR_LTU;
	case IR_LES:
		return ICELL_BR_LES;
	case IR_LEU:
		return ICELL_BR_LEU;
	case IR_AND:
		return ICELL_BR_AND;
	default:
		return -1;
	}
}

/* A test of (x & y) against zero. */
bool lower_is_zero_test(const struct lower *l, const struct ir_insn *i)
{
	u64 c;

	return (i->op == IR_EQ || i->op == IR_NE) && ir_is_const(l->r, i->b, &c) && !c &&
	       lower_def(l, i->a)->op == IR_AND && l->uses[i->a] == 1;
}

void lower_fuse_branches(struct lower *l)
{
	u32 n;

	for (n = 1; n < l->r->count; n++) {
		const struct ir_insn *i = &l->r->insn[n], *c;

		if ((i->op != IR_BR && i->op != IR_BR_IF && i->op != IR_GOTO_IF) ||
		    l->uses[i->a] != 1)
			continue;
		c = lower_def(l, i->a);
		if (lower_branch_cell(c->op) < 0)
			continue;
		l->fused[i->a] = true;
		if (lower_is_zero_test(l, c)) {
			l->fused[c->a] = true;
			c = lower_def(l, c->a);
		}
		extend(l, c->a, n);
		extend(l, c->b, n);
	}
}

/* --- CMPS or CMPU, maybe of words, with a value ORed in --- */

/* Both operands are narrowed to words for this compare only; a constant is narrow already. */
static bool narrowed(const struct lower *l, ir_ref v, u8 op)
{
	const struct ir_insn *i = lower_def(l, v);
	u64 c;

	if (ir_is_const(l->r, v, &c))
		return op == IR_SEXT32 ? (u64)(s64)(s32)c == c : (u32)c == c;
	return i->op == op && l->uses[v] == 1;
}

static ir_ref narrowed_from(const struct lower *l, ir_ref v)
{
	return lower_def(l, v)->op == IR_CONST ? v : lower_def(l, v)->a;
}

bool lower_is_compare(const struct lower *l, ir_ref v, struct compare *c)
{
	const struct ir_insn *i = lower_def(l, v);
	u8 narrow;

	if ((i->op != IR_CMPS && i->op != IR_CMPU) || l->uses[v] != 1)
		return false;
	narrow = i->op == IR_CMPS ? IR_SEXT32 : IR_ZEXT32;
	*c = (struct compare){.a = i->a, .b = i->b, .is_signed = i->op == IR_CMPS};
	if (lower_def(l, i->a)->op == narrow && narrowed(l, i->a, narrow) &&
	    narrowed(l, i->b, narrow)) {
		c->word = true;
		c->a = narrowed_from(l, i->a);
		c->b = narrowed_from(l, i->b);
	}
	return true;
}

void lower_fuse_compares(struct lower *l)
{
	struct compare c;
	u32 n;

	for (n = 1; n < l->r->count; n++) {
		const struct ir_insn *i = &l->r->insn[n];

		if (i->op != IR_OR || !lower_is_compare(l, i->a, &c))
			continue;
		l->fused[i->a] = true;
		if (c.word) {
			l->fused[lower_def(l, i->a)->a] = true;
			if (lower_def(l, lower_def(l, i->a)->b)->op != IR_CONST)
				l->fused[lower_def(l, i->a)->b] = true;
		}
		extend(l, c.a, n);
		extend(l, c.b, n);
	}
}

/* --- places --- */
s16 lower_new_temp(struct lower *l, bool q)
{
	if (q ? !l->nr_qfree : !l->nr_free) {
		l->full = true;
		return -2;
	}
	return q ? l->free_qtemp[--l->nr_qfree] : l->free_temp[--l->nr_free];
}

void lower_free_temp(struct lower *l, s16 place)
{
	if (place < -INTERP_TEMPS)
		l->free_qtemp[l->nr_qfree++] = place;
	else
		l->free_temp[l->nr_free++] = place;
}

void lower_give_temp(struct lower *l, u32 v)
{
	u16 until = l->last[v] ? l->last[v] : (u16)v;

	l->place[v] = lower_new_temp(l, lower_is_q(&l->r->insn[v]));
	l->next_dying[v] = l->dying[until];
	l->dying[until] = (u16)v;
}

/* Values whose last user was n are gone. */
void lower_bury(struct lower *l, u32 n)
{
	u16 v;

	for (v = l->dying[n]; v; v = l->next_dying[v])
		lower_free_temp(l, l->place[v]);
	l->dying[n] = 0;
}

static void occupy(struct lower *l, u64 slot, u32 len, u16 until)
{
	u32 k;

	for (k = (u32)slot / 8; k < (slot + len) / 8; k++)
		if (l->busy[k] < until)
			l->busy[k] = until;
}

static u16 busy_until(const struct lower *l, u64 slot, u32 len)
{
	u16 until = 0;
	u32 k;

	for (k = (u32)slot / 8; k < (slot + len) / 8; k++)
		if (l->busy[k] > until)
			until = l->busy[k];
	return until;
}

bool lower_slot_fits(u64 slot, u32 len)
{
	return !(slot % 8) && slot + len <= 8 * CELLS;
}

/* Nothing after `from` and up to `until` writes the slot. */
static bool slot_stays(const struct lower *l, u64 slot, u32 len, u32 from, u32 until)
{
	u32 n;

	if (until > from + WINDOW)
		return false;
	for (n = from + 1; n <= until; n++)
		if (writes_slot(l, &l->r->insn[n], slot, len))
			return false;
	return true;
}

bool lower_place_get(struct lower *l, u32 n)
{
	const struct ir_insn *i = &l->r->insn[n];
	u32 len = lower_size_of(i);

	if (!lower_slot_fits(i->imm, len) || !slot_stays(l, i->imm, len, n, l->last[n]))
		return false;
	l->place[n] = (s16)(i->imm / 8);
	occupy(l, i->imm, len, l->last[n]);
	return true;
}

/* May the value n be computed straight into the slot of its first PUT? */
static bool place_put(struct lower *l, u32 n)
{
	const struct ir_insn *i = &l->r->insn[n], *p = &l->r->insn[l->put[n]];
	u32 k, len, busy;

	if (!l->put[n] || l->put[n] > n + WINDOW)
		return false;
	len = lower_size_of(p);
	if (!lower_slot_fits(p->imm, len) || len != (lower_is_q(i) ? 16u : 8u))
		return false;
	busy = busy_until(l, p->imm, len);
	/* A helper writes its vector result before it read everything. */
	if (i->op == IR_CALL && lower_is_q(i)) {
		if (effects(l, i) & ~(u32)(IR_FX_FPA | IR_FX_VSAT) || busy >= n)
			return false;
	}
	if (busy > n)
		return false;
	for (k = n + 1; k < l->put[n]; k++) {
		const struct ir_insn *o = &l->r->insn[k];

		if (lower_may_leave(l, o) || o->op == IR_BR_IF || reads_slot(l, o, p->imm, len) ||
		    writes_slot(l, o, p->imm, len))
			return false;
	}
	if (!slot_stays(l, p->imm, len, l->put[n], l->last[n]))
		return false;
	l->place[n] = (s16)(p->imm / 8);
	occupy(l, p->imm, len, l->last[n]);
	return true;
}

void lower_place_result(struct lower *l, u32 n)
{
	if (!place_put(l, n))
		lower_give_temp(l, n);
}
