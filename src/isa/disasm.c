/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disassembler: walks the operands of a row. The suffixes of a mnemonic come in the order in
 * which the ISA writes them (addo., bcla). An undecoded word prints as ".long".
 */
#include "isa/disasm.h"

#include "base/log.h"
#include "isa/fields.h"

/* Text so far; len counts what did not fit too. */
struct text {
	char *buf;
	size_t size, len;
};

static void put(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *fmt, ...)
{
	size_t room = t->len < t->size ? t->size - t->len : 0;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = log_vformat(room ? t->buf + t->len : NULL, room, fmt, ap);
	va_end(ap);
	t->len += n > 0 ? (size_t)n : 0;
}

static void put_mnemonic(struct text *t, const struct insn *insn)
{
	u32 w = (u32)insn->word, flags = insn->row->flags;

	put(t, "%s", insn->row->mnemonic);
	if ((flags & IF_OE) && f_oe(w))
		put(t, "o");
	if ((flags & IF_RO) && f_rc(w))
		put(t, "o");
	if ((flags & IF_EX) && f_rc(w))
		put(t, "x");
	if ((flags & IF_LK) && f_lk(w))
		put(t, "l");
	if ((flags & IF_AA) && f_aa(w))
		put(t, "a");
	if (((flags & IF_RC) && f_rc(w)) || ((flags & IF_VCRC) && f_vc_rc(w)))
		put(t, ".");
}

static void put_crb(struct text *t, unsigned bit)
{
	static const char *const name[4] = {"lt", "gt", "eq", "so"};

	if (bit >= 4)
		put(t, "4*cr%u+", bit / 4);
	put(t, "%s", name[bit % 4]);
}

static void put_opnd(struct text *t, const struct insn *insn, const struct insn_opnd *opnd, u64 pc)
{
	s64 v = insn_opnd_value(opnd, insn->word);
	u32 ra = f_ra((u32)insn->word);

	switch ((enum insn_opnd_kind)opnd->kind) {
	case OPND_KIND_GPR0:
		put(t, v ? "r%u" : "%u", (unsigned)v);
		break;
	case OPND_KIND_GPR:
	case OPND_KIND_GPR2:
		put(t, "r%u", (unsigned)v);
		break;
	case OPND_KIND_MEM0:
		put(t, ra ? "%d(r%u)" : "%d(%u)", (int)v, ra);
		break;
	case OPND_KIND_MEM:
		put(t, "%d(r%u)", (int)v, ra);
		break;
	case OPND_KIND_FPR:
	case OPND_KIND_FPR2:
		put(t, "f%u", (unsigned)v);
		break;
	case OPND_KIND_VR:
		put(t, "v%u", (unsigned)v);
		break;
	case OPND_KIND_VSR:
		put(t, "vs%u", (unsigned)v);
		break;
	case OPND_KIND_CRF:
		put(t, "cr%u", (unsigned)v);
		break;
	case OPND_KIND_CRB:
		put_crb(t, (unsigned)v);
		break;
	case OPND_KIND_TARGET:
		v = f_aa((u32)insn->word) ? v : (s64)(pc + (u64)v);
		put(t, "0x%llx", (unsigned long long)v);
		break;
	case OPND_KIND_SIMM:
	case OPND_KIND_UIMM:
	case OPND_KIND_NB:
		put(t, "%d", (int)v);
		break;
	}
}

static size_t finish(const struct text *t)
{
	if (t->size)
		t->buf[t->len < t->size ? t->len : t->size - 1] = '\0';
	return t->len;
}

size_t insn_mnemonic(const struct insn *insn, char *buf, size_t size)
{
	struct text t = {buf, size, 0};

	if (insn->row)
		put_mnemonic(&t, insn);
	else
		put(&t, ".long");
	return finish(&t);
}

size_t insn_disasm(const struct insn *insn, u64 pc, char *buf, size_t size)
{
	struct text t = {buf, size, 0};

	if (!insn->row) {
		put(&t, ".long   0x%x", (unsigned)insn->word);
		return finish(&t);
	}
	put_mnemonic(&t, insn);
	if (insn->row->operand[0])
		put(&t, "%*s", t.len < 8 ? (int)(8 - t.len) : 1, "");
	for (unsigned i = 0; i < INSN_MAX_OPERANDS && insn->row->operand[i]; i++) {
		if (i)
			put(&t, ",");
		put_opnd(&t, insn, &insn_opnds[insn->row->operand[i]], pc);
	}
	return finish(&t);
}
