// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One forward walk that does IR_PASS_FORWARD (a GET behind a PUT or GET of the same slot becomes
 * that value) and IR_PASS_FOLD (constants, identities, common subexpressions). Knowledge never
 * crosses a label (R1). Replaced instructions stay behind as dead values for ir_pass_dead().
 */
#include "base/string.h"
#include "ir/ir.h"

enum { TRACKED = 1024, HASH = 256 }; /* 8-byte slots below 8 KiB; buckets of known values */

struct forward {
	struct ir_region *r;
	const struct ir_env *env;
	u32 passes;
	u32 block_start;
	ir_ref alias[IR_MAX_INSNS]; /* what to use in place of a value */
	ir_ref slot[TRACKED]; /* value that an 8-byte cell, or a vector from there on, holds */
	ir_ref hash[HASH];
};

static void forget_range(struct forward *f, u32 slot, u32 len)
{
	u32 first = slot / 8, last = (slot + len + 7) / 8, n;

	/* A vector that starts one cell earlier overlaps the first one. */
	if (first)
		first--;
	for (n = first; n < last && n < TRACKED; n++) {
		ir_ref v = f->slot[n];

		if (v && (n * 8 + ir_type_size((enum ir_type)f->r->insn[v].type) > slot))
			f->slot[n] = 0;
	}
}

static void forget_all(struct forward *f)
{
	memset(f->slot, 0, sizeof(f->slot));
}

static void start_block(struct forward *f, u32 n)
{
	f->block_start = n;
	forget_all(f);
	memset(f->hash, 0, sizeof(f->hash));
}

static void learn(struct forward *f, u32 slot, ir_ref v)
{
	if (slot / 8 < TRACKED)
		f->slot[slot / 8] = v;
}

static void forward_get(struct forward *f, ir_ref n, struct ir_insn *i)
{
	u32 slot = (u32)i->imm;
	ir_ref v = slot / 8 < TRACKED ? f->slot[slot / 8] : 0;
	u8 have = v ? f->r->insn[v].type : IR_V;

	if (f->r->insn[v].op == IR_STCX)
		have = IR_I;
	if (v && have == i->type) {
		f->alias[n] = v;
		return;
	}
	if (v && have != IR_Q && i->type != IR_Q) {
		*i = (struct ir_insn){
			.op = i->type == IR_F ? IR_I2F : IR_F2I, .type = i->type, .a = v};
		return;
	}
	if (!v || have != IR_Q) {
		forget_range(f, slot, ir_type_size((enum ir_type)i->type));
		learn(f, slot, n);
	}
}

static bool pure(const struct forward *f, const struct ir_insn *i)
{
	if (i->op == IR_CALL)
		return ir_call_effects(i, f->env) == IR_FX_PURE;
	return i->op != IR_GET && !ir_op_info[i->op].side_effect;
}

static bool same(const struct ir_insn *x, const struct ir_insn *y)
{
	return x->op == y->op && x->type == y->type && x->a == y->a && x->b == y->b &&
	       x->c == y->c && x->d == y->d && x->imm == y->imm;
}

static void number_value(struct forward *f, ir_ref n, const struct ir_insn *i)
{
	u64 h = i->op + 31 * i->a + 61 * i->b + 127 * i->c + i->imm * 0x9e3779b97f4a7c15ull;
	ir_ref *bucket = &f->hash[(h ^ h >> 32) % HASH];

	if (*bucket >= f->block_start && *bucket && same(&f->r->insn[*bucket], i))
		f->alias[n] = *bucket;
	else
		*bucket = n;
}

/* x op 0 and the like, where the operand has only now become a constant. */
static ir_ref identity(const struct ir_insn *i, u64 b)
{
	switch (i->op) {
	case IR_ADD:
	case IR_SUB:
	case IR_OR:
	case IR_XOR:
	case IR_ANDC:
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROTL:
		return b ? 0 : i->a;
	case IR_AND:
		return b == ~0ull ? i->a : 0;
	default:
		return 0;
	}
}

static void fold(struct forward *f, ir_ref n, struct ir_insn *i)
{
	u64 a = 0, b = 0, c = 0, v;
	bool ka = !i->a || ir_is_const(f->r, i->a, &a);
	bool kb = !i->b || ir_is_const(f->r, i->b, &b);
	bool kc = !i->c || ir_is_const(f->r, i->c, &c);
	ir_ref t;

	if (i->op == IR_CALL || i->op == IR_GET)
		return;
	if (ka && kb && kc && i->a && ir_eval((enum ir_opcode)i->op, a, b, c, &v)) {
		*i = (struct ir_insn){.op = IR_CONST, .type = IR_I, .imm = v};
		return;
	}
	if (i->op == IR_SELECT && ka) {
		f->alias[n] = a ? i->b : i->c;
		return;
	}
	if (ka && !kb && ir_op_info[i->op].commutative && !i->c) {
		t = i->a;
		i->a = i->b;
		i->b = t;
		b = a;
		kb = true;
	}
	if (kb && i->b)
		f->alias[n] = identity(i, b);
}

static void call_effects(struct forward *f, const struct ir_insn *i)
{
	u32 fx = ir_call_effects(i, f->env);

	if (fx & IR_FX_WRITE)
		forget_all(f);
	if (fx & IR_FX_FP)
		forget_range(f, f->env->fp_slot, f->env->fp_len);
	if (fx & IR_FX_VSAT)
		forget_range(f, f->env->vsat_slot, f->env->vsat_len);
}

static void visit(struct forward *f, ir_ref n, struct ir_insn *i)
{
	u32 slot = (u32)i->imm;

	i->a = f->alias[i->a];
	i->b = f->alias[i->b];
	i->c = f->alias[i->c];
	i->d = f->alias[i->d];
	switch (i->op) {
	case IR_GET:
		if (f->passes & IR_PASS_FORWARD)
			forward_get(f, n, i);
		return;
	case IR_PUT:
		forget_range(f, slot, ir_type_size((enum ir_type)i->type));
		if (f->r->insn[i->a].type == i->type)
			learn(f, slot, i->a);
		return;
	case IR_LABEL:
		start_block(f, n);
		return;
	case IR_CALL:
		call_effects(f, i);
		break;
	default:
		break;
	}
	if ((f->passes & IR_PASS_FOLD) && pure(f, i)) {
		fold(f, n, i);
		if (f->alias[n] == 0)
			f->alias[n] = n;
		if (f->alias[n] == n)
			number_value(f, n, i);
	}
}

void ir_pass_forward(struct ir_region *r, const struct ir_env *env, u32 passes)
{
	struct forward f;
	u32 n, k;

	f.r = r;
	f.env = env;
	f.passes = passes;
	f.alias[0] = 0;
	start_block(&f, 1);
	for (n = 1; n < r->count; n++) {
		f.alias[n] = (ir_ref)n;
		visit(&f, (ir_ref)n, &r->insn[n]);
	}
	for (k = 0; k < r->pendings; k++)
		r->pending[k].value = f.alias[r->pending[k].value];
}
