// SPDX-License-Identifier: GPL-2.0-or-later
/* The verifier: requirements R1..R3 and R5 of op.def, operand types and helper signatures. R4 and
 * R6 are about meaning; the differential tests that leave at every record prove those. */
#include <errno.h>

#include "base/log.h"
#include "base/string.h"
#include "ir/ir.h"

struct verify {
	const struct ir_region *r;
	const struct ir_env *env;
	char *msg;
	size_t msg_size;
	u32 block_start; /* first instruction of the basic block */
	bool open;	 /* the block has no terminator yet */
	u8 label_seen[IR_MAX_LABELS];
};

__attribute__((format(printf, 3, 4))) static int bad(struct verify *v, u32 n, const char *fmt, ...)
{
	va_list ap;
	int len =
		log_format(v->msg, v->msg_size, "%%%u %s: ", n, ir_op_info[v->r->insn[n].op].name);

	if (len < 0 || (size_t)len >= v->msg_size)
		return -EINVAL;
	va_start(ap, fmt);
	log_vformat(v->msg + len, v->msg_size - (size_t)len, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static char letter(u8 type)
{
	return "VIFQ"[type & 3];
}

/* STCX has its operand's type in .type; its value is always an integer. */
static char value_letter(const struct ir_insn *i)
{
	char result = ir_op_info[i->op].result;

	return result == 'X' ? letter(i->type) : result;
}

static int check_operand(struct verify *v, u32 n, ir_ref ref, char want)
{
	const struct ir_insn *def;

	if (want == 'V')
		return ref ? bad(v, n, "operand where none belongs") : 0;
	if (!ref)
		return bad(v, n, "operand missing");
	if (ref >= n || ref < v->block_start)
		return bad(v, n, "%%%u is not of this basic block (R1)", ref);
	def = &v->r->insn[ref];
	if (value_letter(def) == 'V')
		return bad(v, n, "%%%u has no value", ref);
	if (want != 'X' && value_letter(def) != want)
		return bad(v, n, "%%%u is %c, not %c", ref, value_letter(def), want);
	return 0;
}

static int check_call(struct verify *v, u32 n, const struct ir_insn *i)
{
	const ir_ref arg[4] = {i->a, i->b, i->c, i->d};
	const char *sig;
	int k, ret;

	if (i->imm >= v->env->nr_helpers)
		return bad(v, n, "no helper %u", (u32)i->imm);
	sig = v->env->helpers[i->imm].sig;
	if (letter(i->type) != sig[0])
		return bad(v, n, "%s returns %c", v->env->helpers[i->imm].name, sig[0]);
	sig++;
	if (*sig == 'E')
		sig++;
	for (k = 0; k < 4; k++) {
		ret = check_operand(v, n, arg[k], *sig ? *sig : 'V');
		if (ret)
			return ret;
		if (*sig)
			sig++;
	}
	return *sig ? bad(v, n, "more than four operands") : 0;
}

static int check_slot(struct verify *v, u32 n, const struct ir_insn *i)
{
	u32 size = ir_type_size((enum ir_type)i->type);

	if (i->type == IR_V || i->imm % size || i->imm + size > v->env->state_size)
		return bad(v, n, "bad slot %u (R5)", (u32)i->imm);
	return 0;
}

static int check_label(struct verify *v, u32 n, u64 label, bool define)
{
	if (label >= v->r->labels)
		return bad(v, n, "no label %u", (u32)label);
	if (define && v->label_seen[label]++)
		return bad(v, n, "label %u twice", (u32)label);
	return 0;
}

static int check_exit(struct verify *v, u32 n, const struct ir_insn *i)
{
	const struct ir_exit *x = &v->r->exit[i->exit];
	u32 k;
	int ret;

	if (!i->exit || i->exit >= v->r->exits)
		return bad(v, n, "no exit record (R3)");
	if (x->first_pending + x->pending > v->r->pendings)
		return bad(v, n, "pending list out of range");
	for (k = 0; k < x->pending; k++) {
		const struct ir_pending *p = &v->r->pending[x->first_pending + k];

		ret = check_operand(v, n, p->value, letter(p->type));
		if (ret)
			return ret;
	}
	return 0;
}

static int check_insn(struct verify *v, u32 n, const struct ir_insn *i)
{
	const struct ir_op_info *info = &ir_op_info[i->op];
	const ir_ref arg[4] = {i->a, i->b, i->c, i->d};
	int k, ret = 0;

	if (i->op == IR_CALL)
		ret = check_call(v, n, i);
	else
		for (k = 0; k < 4 && !ret; k++)
			ret = check_operand(v, n, arg[k],
					    info->arg[k] == 'X' ? letter(i->type) : info->arg[k]);
	if (!ret && (info->exits || i->op == IR_CALL))
		ret = check_exit(v, n, i);
	if (!ret && (i->op == IR_GET || i->op == IR_PUT))
		ret = check_slot(v, n, i);
	if (!ret && (i->op == IR_JMP || i->op == IR_BR || i->op == IR_BR_IF))
		ret = check_label(v, n, i->imm, false);
	if (!ret && i->op == IR_BR)
		ret = check_label(v, n, i->imm2, false);
	return ret;
}

int ir_verify(const struct ir_region *r, const struct ir_env *env, char *msg, size_t msg_size)
{
	struct verify v = {.r = r,
			   .env = env,
			   .msg = msg,
			   .msg_size = msg_size,
			   .block_start = 1,
			   .open = true};
	u32 n;
	int ret;

	memset(v.label_seen, 0, sizeof(v.label_seen));
	if (r->overflow || r->count < 2)
		return bad(&v, 0, "empty or overflown region");
	for (n = 1; n < r->count; n++) {
		const struct ir_insn *i = &r->insn[n];

		if (i->op >= IR_OP_COUNT)
			return bad(&v, 0, "unknown op %u", i->op);
		if (i->op == IR_LABEL) {
			ret = check_label(&v, n, i->imm, true);
			if (ret)
				return ret;
			if (v.open)
				return bad(&v, n, "falls into a label (R2)");
			v.block_start = n + 1;
			v.open = true;
			continue;
		}
		if (!v.open)
			return bad(&v, n, "behind a terminator (R2)");
		ret = check_insn(&v, n, i);
		if (ret)
			return ret;
		v.open = !ir_op_info[i->op].terminator;
	}
	if (v.open)
		return bad(&v, r->count - 1, "last block has no terminator (R2)");
	for (n = 0; n < r->labels; n++)
		if (!v.label_seen[n])
			return bad(&v, r->count - 1, "label %u never placed", n);
	return 0;
}
