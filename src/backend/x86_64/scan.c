// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the allocation must know before code is made: how often and where each value is used, what
 * its user makes (V_FUSED: compares of branches, address sums, …), and where real calls stand.
 */
#include "backend/x86_64/core.h"
#include "base/string.h"

static u32 add_fused(const struct jit *j, const struct ir_insn *i, ir_ref *out, u32 count);

static inline u32 add_operand(const struct jit *j, ir_ref v, ir_ref *out, u32 count)
{
	if (!v)
		return count;
	if (jit_fused(j, v))
		return add_fused(j, &j->r->insn[v], out, count);
	if (count < JIT_MAX_OPERANDS)
		out[count++] = v;
	return count;
}

static u32 add_fused(const struct jit *j, const struct ir_insn *i, ir_ref *out, u32 count)
{
	count = add_operand(j, i->a, out, count);
	count = add_operand(j, i->b, out, count);
	return add_operand(j, i->c, out, count);
}

u32 scan_operands(const struct jit *j, ir_ref n, ir_ref out[JIT_MAX_OPERANDS])
{
	const struct ir_insn *i = &j->r->insn[n];
	u32 count = add_operand(j, i->a, out, 0);

	/* Most have two at most. */
	count = add_operand(j, i->b, out, count);
	if (!(i->c | i->d))
		return count;
	count = add_operand(j, i->c, out, count);
	return add_operand(j, i->d, out, count);
}

/* A value that a record names must be somewhere: it is never fused. */
enum { MANY = 0x8000 };

static void count_uses(struct jit *j)
{
	const struct ir_region *r = j->r;
	struct jit_value *v = j->a->v;
	u32 n, k;

	for (n = 1; n < r->count; n++) {
		const struct ir_insn *i = &r->insn[n];
		u16 many = v[n].flags & V_COLD ? MANY : 0, one = !many;

		v[i->a].count = (u16)((v[i->a].count + one) | many);
		v[i->b].count = (u16)((v[i->b].count + one) | many);
		if (i->c | i->d) {
			v[i->c].count = (u16)((v[i->c].count + one) | many);
			v[i->d].count = (u16)((v[i->d].count + one) | many);
		}
		if (!i->exit || !scan_may_leave(j, i))
			continue;
		for (k = 0; k < r->exit[i->exit].pending; k++)
			v[r->pending[r->exit[i->exit].first_pending + k].value].count = MANY;
	}
}

static bool once(const struct jit *j, ir_ref v)
{
	return j->a->v[v].count == 1;
}

static void fuse(struct jit *j, ir_ref v)
{
	j->a->v[v].flags |= V_FUSED;
}

static bool is_compare(u8 op)
{
	return op >= IR_EQ && op <= IR_LEU;
}

/* A condition's compare, and the AND that it tests for zero. */
static void fuse_condition(struct jit *j, ir_ref v)
{
	const struct ir_insn *i = &j->r->insn[v];
	u64 c;

	if (!once(j, v) || !is_compare(i->op))
		return;
	fuse(j, v);
	if ((i->op == IR_EQ || i->op == IR_NE) && ir_is_const(j->r, i->b, &c) && !c &&
	    j->r->insn[i->a].op == IR_AND && once(j, i->a))
		fuse(j, i->a);
}

/* base + index of an address */
static void fuse_address(struct jit *j, ir_ref v)
{
	const struct ir_insn *i = &j->r->insn[v];
	u64 c;

	if (once(j, v) && i->op == IR_ADD && (!ir_is_const(j->r, i->b, &c) || (s32)c == (s64)c))
		fuse(j, v);
}

static void fuse_all(struct jit *j)
{
	u32 n;

	for (n = 1; n < j->r->count; n++) {
		const struct ir_insn *i = &j->r->insn[n];

		switch (i->op) {
		case IR_BR:
		case IR_LEAVE_IF:
		case IR_GOTO_IF:
		case IR_BR_IF:
		case IR_SELECT:
			fuse_condition(j, i->a);
			break;
		case IR_LD:
		case IR_ST:
			fuse_address(j, i->a);
			break;
		default:
			break;
		}
	}
}

static void add_use(struct jit *j, ir_ref v, u32 at)
{
	struct jit_alloc *a = j->a;
	struct jit_value *p = &a->v[v];

	if (!p->last)
		p->last = (u16)at;
	if (p->uses && a->use[p->uses].at == at)
		return;
	if (a->nr_use == JIT_MAX_USES) {
		a->failed = true;
		return;
	}
	a->use[a->nr_use] = (struct jit_use){.at = (u16)at, .next = p->uses};
	p->uses = (u16)a->nr_use++;
}

/* PUTs that could be made where their value is: nothing between that leaves, or reads the slot. */
struct puts {
	u16 get[JIT_CELLS]; /* the next GET of a pinned cell */
	u16 barrier;	    /* the next instruction that may leave, or where paths part */
};

static void note_put(struct jit *j, struct puts *p, u32 n)
{
	const struct ir_insn *i = &j->r->insn[n];
	struct jit_alloc *a = j->a;
	u16 m;

	m = a->put_at[n];
	if (m) {
		u16 get = p->get[j->r->insn[m].imm / 8];

		if ((p->barrier && p->barrier < m) || (get && get < m) || i->op == IR_GET ||
		    i->op == IR_CONST || jit_fused(j, (ir_ref)n) ||
		    jit_type(j, (ir_ref)n) != (enum ir_type)pin_at(a, (u32)j->r->insn[m].imm)->type)
			a->put_at[n] = 0;
	}
	if (i->op == IR_PUT && pin_at(a, (u32)i->imm)) {
		a->put_at[i->a] = (u16)n;
		/* an earlier PUT of the slot is no use of this value */
		p->get[i->imm / 8] = (u16)n;
	} else if (i->op == IR_GET && pin_at(a, (u32)i->imm)) {
		p->get[i->imm / 8] = (u16)n;
	} else if (i->op == IR_LABEL || i->op == IR_CALL || i->op == IR_BR_IF ||
		   ir_op_info[i->op].exits || ir_op_info[i->op].terminator) {
		p->barrier = (u16)n;
	}
}

static void scan_backward(struct jit *j)
{
	const struct ir_region *r = j->r;
	struct jit_alloc *a = j->a;
	struct puts puts;
	u32 n, k, count;
	u16 call = 0;

	if (a->nr_pin)
		memset(&puts, 0, sizeof(puts));

	for (n = r->count - 1; n; n--) {
		const struct ir_insn *i = &r->insn[n];
		ir_ref operand[JIT_MAX_OPERANDS];

		if (i->op == IR_LABEL)
			call = 0;
		a->next_call[n] = call;
		if (a->nr_pin)
			note_put(j, &puts, n);
		else
			a->put_at[n] = 0;
		if (scan_is_real_call(j, i))
			call = (u16)n;
		if (jit_fused(j, (ir_ref)n))
			continue;
		if (i->exit && scan_may_leave(j, i)) {
			for (k = 0; k < r->exit[i->exit].pending; k++) {
				const struct ir_pending *p =
					&r->pending[r->exit[i->exit].first_pending + k];
				ir_ref leaf[JIT_MAX_LEAVES];
				u32 m = cold_leaves(j, p->value, leaf, 0);

				while (m--)
					if (!a->v[leaf[m]].last)
						a->v[leaf[m]].last = (u16)n;
			}
		}
		/* A value without users makes no use either. */
		if (!a->v[n].last && !ir_op_info[i->op].side_effect)
			continue;
		count = scan_operands(j, (ir_ref)n, operand);
		for (k = 0; k < count; k++)
			add_use(j, operand[k], n);
	}
}

void scan_region(struct jit *j)
{
	struct jit_alloc *a = j->a;
	u32 n;

	if (a->nr_pin)
		memset(a->put_at, 0, j->r->count * sizeof(a->put_at[0]));
	a->nr_use = 1;
	for (n = 0; n < j->r->count; n++)
		a->v[n] = (struct jit_value){
			.reg = JIT_NO_REG,
			.flags = j->r->insn[n].op == IR_CONST ? V_CONST : 0,
		};
	cold_find(j);
	count_uses(j);
	fuse_all(j);
	divide_share(j);
	scan_backward(j);
}
