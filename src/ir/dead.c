// SPDX-License-Identifier: GPL-2.0-or-later
/* Removing what nobody needs: PUTs that a later one overwrites (their values move into the exit
 * records between the two), and values without a user. */
#include "base/string.h"
#include "ir/ir.h"

enum {
	TRACKED = 1024,	  /* 8-byte cells below 8 KiB */
	MAX_RECORDS = 24, /* exit records that one removed PUT may burden */
};

struct dead_put {
	struct ir_region *r;
	const struct ir_env *env;
	/* The next PUT that writes the whole cell before anything reads it; 0 = none. */
	ir_ref next[TRACKED];
	bool clear; /* all of next is 0 */
	u8 drop[IR_MAX_INSNS];
};

/* May the op leave through its record? */
static bool leaves(const struct ir_insn *i, const struct ir_env *env)
{
	return i->exit && (i->op != IR_CALL || (ir_call_effects(i, env) & IR_FX_LEAVE));
}

static void forget_all(struct dead_put *d)
{
	if (!d->clear)
		memset(d->next, 0, sizeof(d->next));
	d->clear = true;
}

static void cells_of(u64 slot, u32 len, u32 *first, u32 *last)
{
	*first = (u32)slot / 8;
	*last = ((u32)slot + len + 7) / 8;
	if (*last > TRACKED)
		*last = TRACKED;
	if (*first > TRACKED)
		*first = TRACKED;
}

static void read_range(struct dead_put *d, u64 slot, u32 len)
{
	u32 first, last;

	for (cells_of(slot, len, &first, &last); first < last; first++)
		d->next[first] = 0;
}

/* Exit records strictly between two instructions, or more than the limit. */
static u32 records_between(const struct dead_put *d, ir_ref from, ir_ref to)
{
	u32 n, count = 0;

	for (n = from + 1u; n < to && count <= MAX_RECORDS; n++)
		count += leaves(&d->r->insn[n], d->env);
	return count;
}

/* The PUT that makes n superfluous: one that covers it exactly. */
static ir_ref overwriter(const struct dead_put *d, ir_ref n)
{
	const struct ir_insn *i = &d->r->insn[n];
	u32 first, last;
	ir_ref by;

	cells_of(i->imm, ir_type_size((enum ir_type)i->type), &first, &last);
	if (first == last || last * 8 < i->imm + ir_type_size((enum ir_type)i->type))
		return 0;
	by = d->next[first];
	if (!by)
		return 0;
	/* An edge that defers the slot is as good as an overwriting. */
	if (d->r->insn[by].op == IR_JMP)
		return by;
	if (d->r->insn[by].imm != i->imm ||
	    ir_type_size((enum ir_type)d->r->insn[by].type) != ir_type_size((enum ir_type)i->type))
		return 0;
	for (; first < last; first++)
		if (d->next[first] != by)
			return 0;
	return by;
}

/* Behind an edge every slot is needed but those that it defers. */
static void pass_edge(struct dead_put *d, const struct ir_insn *i, ir_ref n)
{
	u32 first = d->env->defer_slot / 8, k;
	ir_ref keep[8];

	for (k = 0; k < d->env->nr_defer; k++) {
		keep[k] = i->op == IR_JMP ? n : d->next[first + k];
		if (!(i->sub >> k & 1))
			keep[k] = 0;
	}
	forget_all(d);
	for (k = 0; k < d->env->nr_defer; k++)
		d->next[first + k] = keep[k];
	d->clear = !d->env->nr_defer;
}

/* False: nothing to drop. */
static bool scan_backward(struct dead_put *d)
{
	u32 n, first, last, fx;
	bool any = false;

	d->clear = false;
	forget_all(d);
	for (n = d->r->count - 1; n; n--) {
		const struct ir_insn *i = &d->r->insn[n];
		ir_ref by;

		switch (i->op) {
		case IR_GET:
			read_range(d, i->imm, ir_type_size((enum ir_type)i->type));
			break;
		case IR_PUT:
			by = overwriter(d, (ir_ref)n);
			if (by && records_between(d, (ir_ref)n, by) <= MAX_RECORDS) {
				d->drop[n] = 1;
				any = true;
				break; /* cells still name the PUT that stays */
			}
			cells_of(i->imm, ir_type_size((enum ir_type)i->type), &first, &last);
			for (; first < last; first++)
				d->next[first] = (ir_ref)n;
			d->clear = false;
			break;
		case IR_CALL:
			fx = ir_call_effects(i, d->env);
			if (fx & (IR_FX_READ | IR_FX_WRITE))
				forget_all(d);
			if (fx & IR_FX_FP)
				read_range(d, d->env->fp_slot, d->env->fp_len);
			if (ir_fx_lazy(fx))
				read_range(d, d->env->lazy_slot, d->env->lazy_len);
			if (fx & IR_FX_VSAT)
				read_range(d, d->env->vsat_slot, d->env->vsat_len);
			break;
		case IR_BR_IF:
		case IR_JMP:
			pass_edge(d, i, (ir_ref)n);
			break;
		default:
			if (i->op == IR_LABEL || ir_op_info[i->op].terminator)
				forget_all(d);
			break;
		}
	}
	return any;
}

/* Values of dropped PUTs that are still owed to the state at one point of the walk. */
struct owed {
	u32 count;
	struct ir_pending item[64];
};

/* A PUT settles what was owed to its bytes. */
static void settle(struct owed *o, u64 slot, u32 len)
{
	u32 k, kept = 0;

	for (k = 0; k < o->count; k++) {
		const struct ir_pending *p = &o->item[k];
		bool overlap = p->slot < slot + len &&
			       slot < p->slot + ir_type_size((enum ir_type)p->type);

		if (!overlap)
			o->item[kept++] = *p;
	}
	o->count = kept;
}

static void write_records(struct dead_put *d)
{
	struct ir_region *r = d->r;
	struct owed o;
	u32 n;

	o.count = 0;
	for (n = 1; n < r->count; n++) {
		struct ir_insn *i = &r->insn[n];
		u32 len = ir_type_size((enum ir_type)i->type);

		if (i->op == IR_LABEL)
			o.count = 0;
		if (i->op == IR_PUT) {
			settle(&o, i->imm, len);
			if (!d->drop[n])
				continue;
			if (o.count == ARRAY_SIZE(o.item) ||
			    r->pendings + 8 * ARRAY_SIZE(o.item) > IR_MAX_PENDING) {
				d->drop[n] = 0;
				continue;
			}
			o.item[o.count++] = (struct ir_pending){
				.slot = (u32)i->imm, .type = i->type, .value = i->a};
			continue;
		}
		if (leaves(i, d->env) && o.count && !r->exit[i->exit].pending &&
		    r->pendings + o.count <= IR_MAX_PENDING) {
			r->exit[i->exit].first_pending = (u16)r->pendings;
			r->exit[i->exit].pending = (u16)o.count;
			memcpy(&r->pending[r->pendings], o.item, o.count * sizeof(o.item[0]));
			r->pendings += o.count;
		}
	}
}

void ir_pass_dead_put(struct ir_region *r, const struct ir_env *env)
{
	struct dead_put d;
	u32 n;

	/* Records that already owe something belong to an earlier run of this pass. */
	if (r->pendings)
		return;
	d.r = r;
	d.env = env;
	memset(d.drop, 0, r->count);
	if (!scan_backward(&d))
		return;
	write_records(&d);
	/* A value that nobody uses is for the next pass to remove. */
	for (n = 1; n < r->count; n++)
		if (d.drop[n])
			r->insn[n] = (struct ir_insn){.op = IR_CONST, .type = IR_I};
}

enum { USED = 1, HOT = 2 };

static bool can_be_cold(const struct ir_insn *i)
{
	return !ir_op_info[i->op].side_effect && i->op != IR_GET;
}

static void mark_used(const struct ir_region *r, const struct ir_env *env, u8 *used)
{
	u32 n, k;

	for (n = r->count - 1; n; n--) {
		const struct ir_insn *i = &r->insn[n];
		u8 how;

		if (!used[n] && ir_removable(i, env))
			continue;
		if (!can_be_cold(i))
			used[n] |= USED | HOT;
		how = used[n];
		used[i->a] |= how;
		used[i->b] |= how;
		used[i->c] |= how;
		used[i->d] |= how;
		for (k = 0; leaves(i, env) && k < r->exit[i->exit].pending; k++)
			used[r->pending[r->exit[i->exit].first_pending + k].value] |=
				ir_op_info[i->op].terminator ? USED | HOT : USED;
	}
}

void ir_pass_dead(struct ir_region *r, const struct ir_env *env)
{
	u8 used[IR_MAX_INSNS];
	ir_ref map[IR_MAX_INSNS];
	u32 n, kept = 1;

	memset(used, 0, r->count);
	mark_used(r, env, used);
	map[0] = 0;
	for (n = 1; n < r->count; n++) {
		struct ir_insn *i = &r->insn[kept];

		map[n] = 0;
		if (!used[n])
			continue;
		if (kept != n)
			*i = r->insn[n];
		i->a = map[i->a];
		i->b = map[i->b];
		i->c = map[i->c];
		i->d = map[i->d];
		i->cold = !(used[n] & HOT);
		map[n] = (ir_ref)kept++;
	}
	for (n = 0; n < r->pendings; n++)
		r->pending[n].value = map[r->pending[n].value];
	r->count = kept;
}

void ir_optimise(struct ir_region *r, const struct ir_env *env, u32 passes)
{
	if (r->overflow)
		return;
	if (passes & (IR_PASS_FORWARD | IR_PASS_FOLD))
		ir_pass_forward(r, env, passes);
	if (passes & IR_PASS_DEFER)
		ir_pass_defer(r, env);
	if (r->overflow)
		return;
	if (passes & IR_PASS_DEAD_PUT)
		ir_pass_dead_put(r, env);
	if (passes & IR_PASS_DEAD)
		ir_pass_dead(r, env);
}
