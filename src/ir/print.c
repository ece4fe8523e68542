// SPDX-License-Identifier: GPL-2.0-or-later
/* The printer of -d ir: one line an instruction. */
#include "base/log.h"
#include "ir/ir.h"

struct line {
	char text[256];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = log_vformat(l->text + l->len, sizeof(l->text) - l->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->len += (size_t)n;
	if (l->len >= sizeof(l->text))
		l->len = sizeof(l->text) - 1;
}

static void put_slot(struct line *l, u32 slot, enum ir_type type, ir_slot_name_fn *slot_name)
{
	const char *name = slot_name ? slot_name(slot, type) : NULL;

	if (name)
		put(l, " %s", name);
	else
		put(l, " [%u]", slot);
}

static void put_operands(struct line *l, const struct ir_insn *i)
{
	const ir_ref arg[4] = {i->a, i->b, i->c, i->d};
	int n;

	for (n = 0; n < 4; n++)
		if (arg[n])
			put(l, "%s %%%u", n ? "," : "", arg[n]);
}

static void put_immediate(struct line *l, const struct ir_insn *i, const struct ir_env *env,
			  ir_slot_name_fn *slot_name)
{
	switch (i->op) {
	case IR_CONST:
		put(l, " 0x%llx", (unsigned long long)i->imm);
		break;
	case IR_GET:
	case IR_PUT:
		put_slot(l, (u32)i->imm, (enum ir_type)i->type, slot_name);
		break;
	case IR_LD:
	case IR_ST:
		put(l, " +%lld", (long long)i->imm);
		/* fall through */
	case IR_LARX:
	case IR_STCX:
		put(l, " size %u%s%s", 1u << (i->sub & IR_MEM_SIZE),
		    i->sub & IR_MEM_SIGN ? "s" : "", i->sub & IR_MEM_BE ? " be" : " le");
		break;
	case IR_DIVS:
	case IR_DIVU:
	case IR_MODS:
	case IR_MODU:
		put(l, "%s%s", i->sub & IR_DIV_WORDS ? " words" : "",
		    i->sub & IR_DIV_NONZERO ? " nonzero" : "");
		break;
	case IR_CALL:
		put(l, " @%s", env && i->imm < env->nr_helpers ? env->helpers[i->imm].name : "?");
		break;
	case IR_ACCOUNT:
		put(l, " %u", (u32)i->imm);
		break;
	case IR_LABEL:
	case IR_JMP:
	case IR_BR_IF:
		put(l, " L%u", (u32)i->imm);
		break;
	case IR_BR:
		put(l, " L%u : L%u", (u32)i->imm, i->imm2);
		break;
	default:
		break;
	}
}

static void put_exit(struct line *l, const struct ir_region *r, const struct ir_insn *i,
		     ir_slot_name_fn *slot_name)
{
	const struct ir_exit *x = &r->exit[i->exit];
	u32 n;

	put(l, "  {pc %llx n %u", (unsigned long long)x->pc, x->icount);
	if (x->code)
		put(l, " code %u info %llx", x->code, (unsigned long long)x->info);
	for (n = 0; n < x->pending; n++) {
		const struct ir_pending *p = &r->pending[x->first_pending + n];

		put_slot(l, p->slot, (enum ir_type)p->type, slot_name);
		put(l, "=%%%u", p->value);
	}
	put(l, "}");
}

void ir_print(const struct ir_region *r, const struct ir_env *env, ir_slot_name_fn *slot_name,
	      ir_print_sink_fn *sink, void *opaque)
{
	static const char type_letter[] = "vifq";
	u32 n;

	for (n = 1; n < r->count; n++) {
		const struct ir_insn *i = &r->insn[n];
		struct line l = {.len = 0};

		if (ir_op_info[i->op].result != 'V' && i->type != IR_V)
			put(&l, "%5u.%c = ", n, type_letter[i->type & 3]);
		else
			put(&l, "          ");
		put(&l, "%s%s", i->cold ? "cold " : "", ir_op_info[i->op].name);
		put_operands(&l, i);
		put_immediate(&l, i, env, slot_name);
		if (i->exit)
			put_exit(&l, r, i, slot_name);
		sink(opaque, l.text);
	}
}
