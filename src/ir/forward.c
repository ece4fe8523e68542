// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One forward walk that does IR_PASS_FORWARD (a GET behind a PUT or GET of the same slot becomes
 * that value) and IR_PASS_FOLD (constants, identities, known bits, common subexpressions,
 * displacements: simplify.c). It writes the region anew, since what replaces an instruction may
 * need others before it. Knowledge never crosses a label (R1). What lost its users stays behind
 * for ir_pass_dead().
 */
#include "ir/forward.h"

#include "base/endian.h"
#include "base/string.h"

static void forget_range(struct forward *f, u32 slot, u32 len)
{
	u32 n = slot / 8, last = (slot + len + 7) / 8;
	ir_ref before = n && n <= FORWARD_TRACKED ? f->slot[n - 1] : 0;

	/* A vector that starts one cell earlier overlaps the first one. */
	if (before && (n - 1) * 8 + ir_type_size((enum ir_type)f->r->insn[before].type) > slot)
		f->slot[n - 1] = 0;
	for (; n < last && n < FORWARD_TRACKED; n++)
		f->slot[n] = 0;
}

static void forget_all(struct forward *f)
{
	memset(f->slot, 0, sizeof(f->slot));
}

static void start_block(struct forward *f)
{
	f->block_start = f->r->count;
	forget_all(f);
	memset(f->hash, 0, sizeof(f->hash));
}

static void learn(struct forward *f, u32 slot, ir_ref v)
{
	if (slot / 8 < FORWARD_TRACKED)
		f->slot[slot / 8] = v;
}

ir_ref forward_emit(struct forward *f, const struct ir_insn *i)
{
	struct ir_region *r = f->r;
	ir_ref n;

	if (r->count == IR_MAX_INSNS) {
		r->overflow = true;
		r->count--;
	}
	n = (ir_ref)r->count++;
	r->insn[n] = *i;
	f->maybe[n] = simplify_maybe(f, i);
	return n;
}

static bool same(const struct ir_insn *x, const struct ir_insn *y)
{
	return x->op == y->op && x->type == y->type && x->a == y->a && x->b == y->b &&
	       x->c == y->c && x->d == y->d && x->imm == y->imm;
}

static ir_ref *bucket_of(struct forward *f, const struct ir_insn *i)
{
	u64 h = i->op + 31 * i->a + 61 * i->b + 127 * i->c + i->imm * 0x9e3779b97f4a7c15ull;

	return &f->hash[(h ^ h >> 32) % FORWARD_HASH];
}

/* The value of this block that is the same, or 0 */
static ir_ref find(const struct forward *f, ir_ref *bucket, const struct ir_insn *i)
{
	if (*bucket >= f->block_start && *bucket && same(&f->r->insn[*bucket], i))
		return *bucket;
	return 0;
}

/* Emit a pure instruction unless its value is there. */
ir_ref forward_number(struct forward *f, const struct ir_insn *i)
{
	ir_ref *bucket = bucket_of(f, i), v = find(f, bucket, i);

	return v ? v : (*bucket = forward_emit(f, i));
}

static ir_ref find_sum(struct forward *f, ir_ref a, ir_ref b)
{
	struct ir_insn i = {.op = IR_ADD, .type = IR_I, .a = a, .b = b};
	ir_ref v = find(f, bucket_of(f, &i), &i);

	if (v)
		return v;
	i.a = b;
	i.b = a;
	return find(f, bucket_of(f, &i), &i);
}

ir_ref forward_const(struct forward *f, u64 v)
{
	return forward_number(f, &(struct ir_insn){.op = IR_CONST, .type = IR_I, .imm = v});
}

static u8 result_type(enum ir_opcode op)
{
	switch (ir_op_info[op].result) {
	case 'F':
		return IR_F;
	case 'Q':
		return IR_Q;
	default:
		return IR_I;
	}
}

/* No: only if the bits below mask of v are certainly not all 0. */
static bool may_be_zero(const struct forward *f, ir_ref v, u64 mask)
{
	const struct ir_insn *i = &f->r->insn[v];
	u64 k;

	switch (i->op) {
	case IR_CONST:
		return !(i->imm & mask);
	case IR_OR:
		return !ir_is_const(f->r, i->b, &k) || !(k & mask);
	case IR_ZEXT32:
	case IR_SEXT32:
		return may_be_zero(f, i->a, mask & 0xffffffff);
	default:
		return true;
	}
}

/* enum ir_div */
static u8 about_division(const struct forward *f, enum ir_opcode op, ir_ref a, ir_ref b)
{
	u8 sub = may_be_zero(f, b, ~0ull) ? 0 : IR_DIV_NONZERO;
	bool words;

	if (op == IR_DIVU || op == IR_MODU)
		words = (f->maybe[a] | f->maybe[b]) <= 0xffffffff;
	else if (op == IR_DIVS || op == IR_MODS)
		words = simplify_is_sext32(f, a) && simplify_is_sext32(f, b);
	else
		return 0;
	return words ? sub | IR_DIV_WORDS : sub;
}

ir_ref forward_op(struct forward *f, enum ir_opcode op, ir_ref a, ir_ref b, ir_ref c)
{
	struct ir_insn i = {.op = (u8)op, .type = result_type(op)};
	ir_ref v;
	u64 k;

	if (ir_op_info[op].commutative && ir_is_const(f->r, a, &k)) {
		v = a;
		a = b;
		b = v;
	}
	v = simplify_op(f, op, a, b, c);
	if (v)
		return v;
	i.a = a;
	i.b = b;
	i.c = c;
	i.sub = about_division(f, op, a, b);
	return forward_number(f, &i);
}

/* The vector that an integer slot is a doubleword of, if its value is known */
static ir_ref vector_at(const struct forward *f, u32 slot)
{
	ir_ref v = slot / 8 < FORWARD_TRACKED ? f->slot[slot / 8] : 0;

	return v && f->r->insn[v].type == IR_Q ? v : 0;
}

static ir_ref forward_dword(struct forward *f, u32 slot)
{
	ir_ref v = vector_at(f, slot);

	if (v)
		return forward_op(f, HOST_BIG_ENDIAN ? IR_QHI : IR_QLO, v, 0, 0);
	v = slot >= 8 ? vector_at(f, slot - 8) : 0;
	return v ? forward_op(f, HOST_BIG_ENDIAN ? IR_QLO : IR_QHI, v, 0, 0) : 0;
}

static ir_ref change_type(struct forward *f, ir_ref v, u8 type)
{
	u8 have = f->r->insn[v].op == IR_STCX ? IR_I : f->r->insn[v].type;

	return have == type ? v : forward_op(f, type == IR_F ? IR_I2F : IR_F2I, v, 0, 0);
}

/* A vector whose doublewords were written apart, or one of a known vector */
static ir_ref forward_part(struct forward *f, const struct ir_insn *i)
{
	u32 n = (u32)i->imm / 8;
	ir_ref v, w;

	if (i->type != IR_Q) {
		v = forward_dword(f, (u32)i->imm);
		return v ? change_type(f, v, i->type) : 0;
	}
	if (n + 1 >= FORWARD_TRACKED)
		return 0;
	v = f->slot[n];
	w = f->slot[n + 1];
	if (!v || !w || f->r->insn[v].type == IR_Q || f->r->insn[w].type == IR_Q)
		return 0;
	v = change_type(f, v, IR_I);
	w = change_type(f, w, IR_I);
	return HOST_BIG_ENDIAN ? forward_op(f, IR_QMAKE, v, w, 0)
			       : forward_op(f, IR_QMAKE, w, v, 0);
}

static ir_ref forward_get(struct forward *f, const struct ir_insn *i)
{
	u32 slot = (u32)i->imm;
	ir_ref v = slot / 8 < FORWARD_TRACKED ? f->slot[slot / 8] : 0, n;
	u8 have = v ? f->r->insn[v].type : IR_V;

	if (f->r->insn[v].op == IR_STCX)
		have = IR_I;
	if (v && have == i->type)
		return v;
	if (v && have != IR_Q && i->type != IR_Q)
		return forward_op(f, i->type == IR_F ? IR_I2F : IR_F2I, v, 0, 0);
	if (f->passes & IR_PASS_FOLD) {
		n = forward_part(f, i);
		if (n)
			return n;
	}
	n = forward_emit(f, i);
	if (!v || have != IR_Q) {
		forget_range(f, slot, ir_type_size((enum ir_type)i->type));
		learn(f, slot, n);
	}
	return n;
}

static void call_effects(struct forward *f, const struct ir_insn *i)
{
	u32 fx = ir_call_effects(i, f->env);

	if (fx & IR_FX_WRITE)
		forget_all(f);
	if (fx & IR_FX_FP)
		forget_range(f, f->env->fp_slot, f->env->fp_len);
	if (ir_fx_lazy(fx))
		forget_range(f, f->env->lazy_slot, f->env->lazy_len);
	if (fx & IR_FX_VSAT)
		forget_range(f, f->env->vsat_slot, f->env->vsat_len);
}

static ir_ref visit_call(struct forward *f, const struct ir_insn *i)
{
	call_effects(f, i);
	if ((f->passes & IR_PASS_FOLD) && ir_call_effects(i, f->env) == IR_FX_PURE) {
		const struct ir_insn *in = &f->r->insn[i->a];

		if (f->env->single_store && i->imm == f->env->single_store && in->op == IR_CALL &&
		    in->imm == f->env->single_load)
			return forward_op(f, IR_ZEXT32, in->a, 0, 0);
		return forward_number(f, i);
	}
	return forward_emit(f, i);
}

static void visit_put(struct forward *f, const struct ir_insn *i)
{
	forget_range(f, (u32)i->imm, ir_type_size((enum ir_type)i->type));
	if (f->r->insn[i->a].type == i->type)
		learn(f, (u32)i->imm, i->a);
	forward_emit(f, i);
}

/* The address is a + b, where b = c + constant, and there is a + c: the same base for both. */
static bool share_sum(struct forward *f, struct ir_insn *i, ir_ref a, ir_ref b)
{
	const struct ir_insn *sum = &f->r->insn[b];
	ir_ref v;
	u64 k;

	if (sum->op != IR_ADD || !ir_is_const(f->r, sum->b, &k) ||
	    (u64)(s64)(s32)(i->imm + k) != i->imm + k)
		return false;
	v = find_sum(f, a, sum->a);
	if (!v)
		return false;
	i->a = v;
	i->imm += k;
	return true;
}

/* The address's constant part goes into the displacement. */
static void fold_displacement(struct forward *f, struct ir_insn *i)
{
	const struct ir_insn *a = &f->r->insn[i->a];
	u64 k;

	if (a->op == IR_ADD && ir_is_const(f->r, a->b, &k) &&
	    (u64)(s64)(s32)(i->imm + k) == i->imm + k) {
		i->imm += k;
		i->a = a->a;
	} else if (a->op == IR_ADD && !share_sum(f, i, a->a, a->b)) {
		share_sum(f, i, a->b, a->a);
	}
}

/* An op that acts on a condition. False: nothing behind it in this block is reached. */
static bool visit_conditional(struct forward *f, struct ir_insn *i)
{
	u64 k;

	i->a = simplify_condition(f, i->a);
	if (!ir_is_const(f->r, i->a, &k)) {
		forward_emit(f, i);
		return true;
	}
	if (i->op == IR_BR) {
		i->op = IR_JMP;
		i->imm = k ? i->imm : i->imm2;
	} else if (!k) {
		return true;
	} else if (i->op == IR_BR_IF) {
		i->op = IR_JMP;
	} else {
		i->op = i->op == IR_GOTO_IF ? IR_GOTO : IR_LEAVE;
	}
	i->a = 0;
	i->imm2 = 0;
	forward_emit(f, i);
	return false;
}

/* False: the rest of the block is not reached. */
static bool visit(struct forward *f, ir_ref n, struct ir_insn *i)
{
	bool fold = f->passes & IR_PASS_FOLD;

	i->a = f->alias[i->a];
	i->b = f->alias[i->b];
	i->c = f->alias[i->c];
	i->d = f->alias[i->d];
	switch (i->op) {
	case IR_GET:
		f->alias[n] = f->passes & IR_PASS_FORWARD ? forward_get(f, i) : forward_emit(f, i);
		return true;
	case IR_PUT:
		visit_put(f, i);
		return true;
	case IR_LABEL:
		start_block(f);
		forward_emit(f, i);
		return true;
	case IR_CALL:
		f->alias[n] = visit_call(f, i);
		return true;
	case IR_BR:
	case IR_BR_IF:
	case IR_GOTO_IF:
	case IR_LEAVE_IF:
		if (fold)
			return visit_conditional(f, i);
		break;
	case IR_LD:
	case IR_ST:
		if (fold)
			fold_displacement(f, i);
		break;
	case IR_CONST:
		f->alias[n] = fold ? forward_number(f, i) : forward_emit(f, i);
		return true;
	default:
		if (!fold || ir_op_info[i->op].side_effect)
			break;
		f->alias[n] = forward_op(f, (enum ir_opcode)i->op, i->a, i->b, i->c);
		return true;
	}
	f->alias[n] = forward_emit(f, i);
	return true;
}

static void rename_pending(struct forward *f, const struct ir_insn *i)
{
	const struct ir_exit *x = &f->r->exit[i->exit];
	u32 k;

	for (k = 0; i->exit && k < x->pending; k++) {
		struct ir_pending *p = &f->r->pending[x->first_pending + k];

		p->value = f->alias[p->value];
	}
}

void ir_pass_forward(struct ir_region *r, const struct ir_env *env, u32 passes)
{
	struct forward f;
	u32 n, count = r->count;
	bool reached = true;

	f.r = r;
	f.env = env;
	f.passes = passes;
	memcpy(f.old, r->insn, count * sizeof(r->insn[0]));
	r->count = 1;
	f.alias[0] = 0;
	f.maybe[0] = 0;
	start_block(&f);
	for (n = 1; n < count; n++) {
		reached = reached || f.old[n].op == IR_LABEL;
		if (!reached)
			continue;
		rename_pending(&f, &f.old[n]);
		reached = visit(&f, (ir_ref)n, &f.old[n]);
	}
}
