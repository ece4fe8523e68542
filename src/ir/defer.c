// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deferred slots across labels (IR_PASS_DEFER). A CR field that a compare sets at the end of a loop
 * is mostly overwritten in the next turn before anything but exit records reads it. Values do not
 * live across labels, but what the compare read often stands in slots: then the label's block can
 * compute the field again, for its records only.
 *
 * A slot is deferred at a label when, behind it, the slot is put before any GET, helper or branch
 * inside the region sees it, and some edge to the label brings it as an expression over other
 * slots (a "recipe"). Each such edge writes the number of its recipe, 0 for the slot itself, to a
 * flag; the label's block selects by that flag and PUTs the result. Edges note in .sub which slots
 * are deferred where they lead. All of that is right by itself; IR_PASS_DEAD_PUT then finds that
 * the PUTs on both sides of the edge are overwritten, and what remains is cold. Where a path from a
 * compare over such an edge goes on to something that needs the slot, compare and PUT are repeated
 * there: the first ones become cold. No common subexpressions after this pass.
 */
#include "base/string.h"
#include "ir/ir.h"

enum {
	SLOTS = 8,	/* bits of .sub */
	RECIPES = 3,	/* of one slot at one label */
	POOL = 192,	/* of all */
	NODES = 6,	/* of a recipe */
	MAX_EXITS = 16, /* records that a recipe may burden */
	CELLS = 1024,
};

/* A node is a constant, a slot, or an op over nodes before it. */
struct recipe {
	u8 count;
	struct {
		u8 op;	 /* IR_CONST, IR_GET: imm */
		u8 a, b; /* nodes + 1 */
		u64 imm;
	} node[NODES];
};

struct defer {
	struct ir_region *r;
	const struct ir_env *env;
	u32 old_count;
	struct ir_insn old[IR_MAX_INSNS];
	ir_ref alias[IR_MAX_INSNS];
	u8 eligible[IR_MAX_LABELS];
	u8 real[IR_MAX_LABELS]; /* some edge brings the slot itself */
	u8 nr[IR_MAX_LABELS][SLOTS];
	u8 recipe_of[IR_MAX_LABELS][SLOTS][RECIPES];
	u8 edge[IR_MAX_INSNS][SLOTS]; /* 0 real, else 1 + number at the label */
	struct recipe pool[POOL];
	u32 nr_pool;
	/* in one block */
	ir_ref cell[CELLS]; /* value that a slot holds; when writing, that a recipe read */
	ir_ref put[SLOTS];  /* of a deferrable slot */
	u8 passed;	    /* slots whose put an edge has passed that defers them */
};

static s32 deferrable(const struct defer *d, u64 slot)
{
	u64 n = (slot - d->env->defer_slot) / 8;

	return slot >= d->env->defer_slot && n < d->env->nr_defer ? (s32)n : -1;
}

static u32 slot_of(const struct defer *d, u32 s)
{
	return d->env->defer_slot + 8 * s;
}

static bool touches_state(const struct defer *d, const struct ir_insn *i)
{
	return i->op == IR_CALL && (ir_call_effects(i, d->env) & (IR_FX_READ | IR_FX_WRITE));
}

/* --- where slots may be deferred --- */
static u8 find_eligible(const struct defer *d, u32 n)
{
	u8 undecided = (u8)((1u << d->env->nr_defer) - 1), eligible = 0;
	u32 exits = 0;
	s32 s;

	for (; n < d->old_count && undecided; n++) {
		const struct ir_insn *i = &d->old[n];

		exits += i->exit != 0;
		if (exits > MAX_EXITS || touches_state(d, i))
			return eligible;
		switch (i->op) {
		case IR_GET:
			s = deferrable(d, i->imm);
			if (s >= 0)
				undecided &= (u8) ~(1u << s);
			break;
		case IR_PUT:
			s = deferrable(d, i->imm);
			if (s >= 0) {
				eligible |= undecided & 1u << s;
				undecided &= (u8) ~(1u << s);
			}
			break;
		case IR_BR_IF:
		case IR_BR:
		case IR_JMP:
		case IR_GOTO:
		case IR_GOTO_IND:
		case IR_LEAVE:
			return eligible;
		default:
			break;
		}
	}
	return eligible;
}

/* --- recipes --- */
static bool simple(u8 op)
{
	switch (op) {
	case IR_CMPS:
	case IR_CMPU:
	case IR_OR:
	case IR_AND:
	case IR_SEXT8:
	case IR_SEXT16:
	case IR_SEXT32:
	case IR_ZEXT8:
	case IR_ZEXT16:
	case IR_ZEXT32:
		return true;
	default:
		return false;
	}
}

/* The node for v, 1 and up; 0: there is none. */
static u8 add_node(const struct defer *d, struct recipe *p, ir_ref v)
{
	const struct ir_insn *i = &d->old[v];
	u8 a = 0, b = 0;
	u64 imm = 0;
	u32 c;

	if (i->op == IR_CONST) {
		imm = i->imm;
	} else {
		for (c = 0; c < CELLS && (d->cell[c] != v || deferrable(d, 8 * c) >= 0); c++)
			;
		if (c < CELLS)
			imm = 8 * c;
		else if (!simple(i->op))
			return 0;
		else {
			a = add_node(d, p, i->a);
			b = i->b ? add_node(d, p, i->b) : 0;
			if (!a || (i->b && !b))
				return 0;
		}
	}
	if (p->count == NODES)
		return 0;
	p->node[p->count].op = a ? i->op : i->op == IR_CONST ? IR_CONST : IR_GET;
	p->node[p->count].a = a;
	p->node[p->count].b = b;
	p->node[p->count].imm = imm;
	return ++p->count;
}

/* Number of the value's recipe at a label, 1 and up; 0: it cannot have one. */
static u8 find_recipe(struct defer *d, u64 label, u32 s, ir_ref v)
{
	struct recipe p;
	u32 k;

	memset(&p, 0, sizeof(p));
	if (!add_node(d, &p, v))
		return 0;
	for (k = 0; k < d->nr[label][s]; k++)
		if (!memcmp(&d->pool[d->recipe_of[label][s][k]], &p, sizeof(p)))
			return (u8)(k + 1);
	if (k == RECIPES || d->nr_pool == POOL)
		return 0;
	d->pool[d->nr_pool] = p;
	d->recipe_of[label][s][k] = (u8)d->nr_pool++;
	return ++d->nr[label][s];
}

static void visit_edge(struct defer *d, u32 n)
{
	u64 label = d->old[n].imm;
	u32 s;

	for (s = 0; s < d->env->nr_defer; s++) {
		u8 k = 0;

		if (!(d->eligible[label] >> s & 1))
			continue;
		if (!d->put[s])
			d->real[label] |= (u8)(1u << s);
		else if (!(k = find_recipe(d, label, s, d->put[s])))
			d->eligible[label] &= (u8) ~(1u << s);
		d->edge[n][s] = k;
	}
}

static void start_block(struct defer *d)
{
	memset(d->cell, 0, sizeof(d->cell));
	memset(d->put, 0, sizeof(d->put));
	d->passed = 0;
}

static void forget(struct defer *d, u64 slot, u32 len)
{
	u64 c = slot / 8, end = (slot + len + 7) / 8;

	for (; c < end && c < CELLS; c++)
		d->cell[c] = 0;
}

static void find_recipes(struct defer *d)
{
	u32 n, len;
	s32 s;

	start_block(d);
	for (n = 1; n < d->old_count; n++) {
		const struct ir_insn *i = &d->old[n];

		switch (i->op) {
		case IR_LABEL:
			start_block(d);
			break;
		case IR_GET:
			if (i->type == IR_I && i->imm / 8 < CELLS)
				d->cell[i->imm / 8] = (ir_ref)n;
			break;
		case IR_PUT:
			len = ir_type_size((enum ir_type)i->type);
			forget(d, i->imm, len);
			if (i->type == IR_I && i->imm / 8 < CELLS)
				d->cell[i->imm / 8] = i->a;
			s = deferrable(d, i->imm);
			if (s >= 0)
				d->put[s] = i->a;
			break;
		case IR_CALL:
			if (ir_call_effects(i, d->env) & ~(u32)(IR_FX_MEM | IR_FX_LEAVE))
				memset(d->cell, 0, sizeof(d->cell));
			if (touches_state(d, i))
				memset(d->put, 0, sizeof(d->put));
			break;
		case IR_BR_IF:
		case IR_JMP:
			visit_edge(d, n);
			break;
		case IR_BR:
			d->eligible[i->imm] = d->eligible[i->imm2] = 0;
			break;
		default:
			break;
		}
	}
}

/* --- writing --- */
static ir_ref emit(struct defer *d, const struct ir_insn *i)
{
	struct ir_region *r = d->r;

	if (r->count == IR_MAX_INSNS) {
		r->overflow = true;
		r->count--;
	}
	r->insn[r->count] = *i;
	return (ir_ref)r->count++;
}

static ir_ref emit_op(struct defer *d, u8 op, u64 imm, ir_ref a, ir_ref b, ir_ref c)
{
	return emit(d,
		    &(struct ir_insn){.op = op, .type = IR_I, .imm = imm, .a = a, .b = b, .c = c});
}

static void emit_put(struct defer *d, u32 slot, ir_ref v)
{
	emit_op(d, IR_PUT, slot, v, 0, 0);
}

static ir_ref emit_recipe(struct defer *d, const struct recipe *p)
{
	ir_ref node[NODES + 1] = {0};
	u32 k;

	for (k = 0; k < p->count; k++) {
		ir_ref *cell = p->node[k].op == IR_GET ? &d->cell[p->node[k].imm / 8] : NULL;

		if (cell && *cell) {
			node[k + 1] = *cell;
			continue;
		}
		node[k + 1] = emit_op(d, p->node[k].op, p->node[k].imm, node[p->node[k].a],
				      node[p->node[k].b], 0);
		if (cell)
			*cell = node[k + 1];
	}
	return node[p->count];
}

static bool needs_flag(const struct defer *d, u64 label, u32 s)
{
	return d->nr[label][s] + (d->real[label] >> s & 1) > 1;
}

static void begin_label(struct defer *d, u64 label)
{
	ir_ref v, flag = 0;
	u32 s, k;

	for (s = 0; s < d->env->nr_defer; s++) {
		const u8 *recipe = d->recipe_of[label][s];

		if (!(d->eligible[label] >> s & 1))
			continue;
		k = d->nr[label][s];
		if (needs_flag(d, label, s))
			flag = emit_op(d, IR_GET, d->env->defer_flag + 8 * s, 0, 0, 0);
		if (d->real[label] >> s & 1)
			v = emit_op(d, IR_GET, slot_of(d, s), 0, 0, 0);
		else
			v = emit_recipe(d, &d->pool[recipe[--k]]);
		while (k--) {
			ir_ref is =
				emit_op(d, IR_EQ, 0, flag, emit_op(d, IR_CONST, k + 1, 0, 0, 0), 0);

			v = emit_op(d, IR_SELECT, 0, is, emit_recipe(d, &d->pool[recipe[k]]), v);
		}
		emit_put(d, slot_of(d, s), v);
		d->put[s] = v;
		d->passed |= (u8)(1u << s);
	}
}

/* v computed anew, from what branches and others need anyway. */
static ir_ref copy_value(struct defer *d, ir_ref v)
{
	struct ir_insn i = d->r->insn[v];

	if (i.op != IR_CMPS && i.op != IR_CMPU && i.op != IR_OR)
		return v;
	i.a = copy_value(d, i.a);
	i.b = i.b ? copy_value(d, i.b) : 0;
	return emit(d, &i);
}

/* Something needs these slots now. */
static void settle(struct defer *d, u8 slots)
{
	u32 s;

	for (s = 0; s < d->env->nr_defer; s++)
		if ((d->passed & slots) >> s & 1)
			emit_put(d, slot_of(d, s), copy_value(d, d->put[s]));
	d->passed &= (u8)~slots;
}

static void leave_by_edge(struct defer *d, u32 n, struct ir_insn *i)
{
	u32 s;

	i->sub = d->eligible[i->imm];
	settle(d, (u8)~i->sub);
	for (s = 0; s < d->env->nr_defer; s++) {
		if (!(i->sub >> s & 1))
			continue;
		if (needs_flag(d, i->imm, s))
			emit_put(d, d->env->defer_flag + 8 * s,
				 emit_op(d, IR_CONST, d->edge[n][s], 0, 0, 0));
		if (d->put[s])
			d->passed |= (u8)(1u << s);
	}
}

/* A GET of what a recipe has just read is the same value. */
static bool is_known(struct defer *d, u32 n, const struct ir_insn *i)
{
	if (i->op == IR_PUT)
		forget(d, i->imm, ir_type_size((enum ir_type)i->type));
	else if (i->op == IR_CALL)
		memset(d->cell, 0, sizeof(d->cell));
	if (i->op != IR_GET || i->type != IR_I || i->imm / 8 >= CELLS || !d->cell[i->imm / 8])
		return false;
	d->alias[n] = d->cell[i->imm / 8];
	return true;
}

static void write(struct defer *d)
{
	u32 n;
	s32 s;

	start_block(d);
	d->r->count = 1;
	d->alias[0] = 0;
	for (n = 1; n < d->old_count; n++) {
		struct ir_insn i = d->old[n];

		i.a = d->alias[i.a];
		i.b = d->alias[i.b];
		i.c = d->alias[i.c];
		i.d = d->alias[i.d];
		if (is_known(d, n, &i))
			continue;
		if (i.op == IR_BR_IF || i.op == IR_JMP)
			leave_by_edge(d, n, &i);
		else if (ir_op_info[i.op].terminator || touches_state(d, &i))
			settle(d, 0xff);
		d->alias[n] = emit(d, &i);
		s = i.op == IR_PUT ? deferrable(d, i.imm) : -1;
		if (s >= 0) {
			d->put[s] = i.a;
			d->passed &= (u8) ~(1u << s);
		} else if (i.op == IR_LABEL) {
			start_block(d);
			begin_label(d, i.imm);
		} else if (touches_state(d, &i)) {
			memset(d->put, 0, sizeof(d->put));
		}
	}
}

/* Slots that no edge brings as a recipe stay as they are. */
static bool keep_useful(struct defer *d)
{
	bool any = false;
	u32 label, s;

	for (label = 0; label < d->r->labels; label++) {
		for (s = 0; s < d->env->nr_defer; s++)
			if (!d->nr[label][s])
				d->eligible[label] &= (u8) ~(1u << s);
		any |= d->eligible[label] != 0;
	}
	return any;
}

void ir_pass_defer(struct ir_region *r, const struct ir_env *env)
{
	struct defer d;
	u32 n;

	if (!r->labels || !env->nr_defer || r->pendings)
		return;
	d.r = r;
	d.env = env;
	d.old_count = r->count;
	d.nr_pool = 0;
	memcpy(d.old, r->insn, r->count * sizeof(r->insn[0]));
	memset(d.eligible, 0, sizeof(d.eligible));
	memset(d.real, 0, sizeof(d.real));
	memset(d.nr, 0, sizeof(d.nr));
	for (n = 1; n < r->count; n++)
		if (r->insn[n].op == IR_LABEL)
			d.eligible[r->insn[n].imm] = find_eligible(&d, n + 1);
	find_recipes(&d);
	if (keep_useful(&d))
		write(&d);
}
