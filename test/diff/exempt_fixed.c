// SPDX-License-Identifier: GPL-2.0-or-later
/* Fixed point and storage: the X entries of docs/qemu-departures.md. */
#include <signal.h>
#include <string.h>

#include "base/types.h"
#include "exempt.h"
#include "isa/fields.h"

#define XER_OV_OV32 0x40080000ull
#define XER_SO	    0x80000000ull

/* The quotient of 2^64 RA / RB is between 2^63 and 2^64 in magnitude: qemu 7.2 sees no overflow. */
static void divide_extended(const struct diff_view *v, struct diff_result *m)
{
	u32 w = (u32)v->insn->word;
	s64 a, b;
	u64 ua, ub;

	if (!diff_is(v, "divde"))
		return;
	a = (s64)v->before->state.gpr[f_ra(w)];
	b = (s64)v->before->state.gpr[f_rb(w)];
	ua = a < 0 ? -(u64)a : (u64)a;
	ub = b < 0 ? -(u64)b : (u64)b;
	if (ua >= ub || ua < ub / 2)
		return;
	m->state.gpr[f_rt(w)] = v->theirs->state.gpr[f_rt(w)];
	if (f_rc(w)) /* LT, GT, EQ follow RT */
		diff_take(&m->state.cr, v->theirs->state.cr, 0xe0000000);
	if (f_oe(w) && !(v->theirs->state.xer & XER_OV_OV32)) {
		diff_take(&m->state.xer, 0, XER_OV_OV32);
		diff_take(&m->state.xer, v->before->state.xer, XER_SO);
		if (f_rc(w))
			diff_take(&m->state.cr, v->before->state.xer >> 3, 0x10000000);
	}
}

static u64 word_at(const struct diff_result *r, u64 ea, unsigned size, bool big)
{
	u64 v = 0;
	unsigned n;

	for (n = 0; n < size; n++)
		v |= (u64)r->mem[(ea - DIFF_WINDOW + n) % DIFF_MEM] << 8 * (big ? size - 1 - n : n);
	return v;
}

static void take_memory(const struct diff_view *v, struct diff_result *m, u64 ea, unsigned size)
{
	unsigned n;

	for (n = 0; n < size; n++)
		m->mem[(ea - DIFF_WINDOW + n) % DIFF_MEM] =
			v->theirs->mem[(ea - DIFF_WINDOW + n) % DIFF_MEM];
}

static u64 base(const struct diff_view *v)
{
	return v->before->state.gpr[f_ra((u32)v->insn->word)];
}

/* Signed maximum and minimum of words: qemu compares them as unsigned. */
static void atomic_signed(const struct diff_view *v, struct diff_result *m)
{
	u32 w = (u32)v->insn->word, fc = f_fc(w), memory, operand, expect;
	bool load = diff_is(v, "lwat");

	if ((!load && !diff_is(v, "stwat")) || (fc != 5 && fc != 7))
		return;
	memory = (u32)word_at(v->before, base(v), 4, v->big);
	operand = (u32)v->before->state.gpr[(f_rt(w) + load) & 31];
	expect = (memory > operand) == (fc == 5) ? memory : operand;
	if (!((memory ^ operand) >> 31) || word_at(v->theirs, base(v), 4, v->big) != expect)
		return;
	take_memory(v, m, base(v), 4);
}

/* Bounded increment, increment equal, bounded decrement with the bound reached: RT is 2^31 or 2^63;
 * qemu has 2^31 sign extended for all. */
static void atomic_bound(const struct diff_view *v, struct diff_result *m)
{
	u32 w = (u32)v->insn->word, rt = f_rt(w);
	u64 reached = diff_is(v, "lwat") ? 1ull << 31 : 1ull << 63;

	if ((!diff_is(v, "lwat") && !diff_is(v, "ldat")) || f_fc(w) < 24)
		return;
	if (v->ours->state.gpr[rt] == reached && v->theirs->state.gpr[rt] == 0xffffffff80000000)
		m->state.gpr[rt] = v->theirs->state.gpr[rt];
}

/* Bounded decrement: the bound is in front of the word; qemu takes the one behind. */
static void atomic_decrement(const struct diff_view *v, struct diff_result *m)
{
	u32 w = (u32)v->insn->word, rt = f_rt(w);
	unsigned size = diff_is(v, "lwat") ? 4 : 8;
	u64 ea = base(v), memory, bound;

	if ((!diff_is(v, "lwat") && !diff_is(v, "ldat")) || f_fc(w) != 28)
		return;
	memory = word_at(v->before, ea, size, v->big);
	bound = word_at(v->before, ea + size, size, v->big);
	if (memory == bound) {
		if (v->theirs->state.gpr[rt] != 0xffffffff80000000 ||
		    word_at(v->theirs, ea, size, v->big) != memory)
			return;
	} else if (word_at(v->theirs, ea, size, v->big) !=
		   ((memory - 1) & (size == 4 ? 0xffffffff : ~0ull))) {
		return;
	}
	take_memory(v, m, ea, size);
	m->state.gpr[rt] = v->theirs->state.gpr[rt];
	/* the word in front is in another block: we interrupt */
	m->state.signal = v->theirs->state.signal;
	m->state.pc = v->theirs->state.pc;
}

/* Increment bounded or equal, whose second word is in another block of 32 bytes: we interrupt. */
static void atomic_block(const struct diff_view *v, struct diff_result *m)
{
	u32 w = (u32)v->insn->word, fc = f_fc(w), rt = f_rt(w);
	unsigned size = diff_is(v, "lwat") ? 4 : 8;
	u64 ea = base(v), memory, bound, expect = 0xffffffff80000000;

	if ((!diff_is(v, "lwat") && !diff_is(v, "ldat")) || (fc != 24 && fc != 25) ||
	    !((ea ^ (ea + size)) & ~31ull) || v->ours->state.signal != SIGBUS ||
	    v->theirs->state.signal || memcmp(v->ours->mem, v->before->mem, sizeof(v->ours->mem)))
		return;
	memory = word_at(v->before, ea, size, v->big);
	bound = word_at(v->before, ea + size, size, v->big);
	if ((memory == bound) == (fc == 25)) {
		expect = memory;
		memory = (memory + 1) & (size == 4 ? 0xffffffff : ~0ull);
	}
	if (v->theirs->state.gpr[rt] != expect || word_at(v->theirs, ea, size, v->big) != memory)
		return;
	take_memory(v, m, ea, size);
	m->state.gpr[rt] = expect;
	m->state.signal = 0;
	m->state.pc = v->theirs->state.pc;
}

/* lbarx .. lqarx, stbcx. .. stqcx. */
static unsigned reservation_size(const struct insn_row *row)
{
	static const char letter[] = "bhwdq";
	const char *p = strchr(letter, row->flags & IF_LOAD ? row->name[1] : row->name[2]);

	return p ? 1u << (p - letter) : 0;
}

/* stcx. of another size than the reservation's may fail, ours does; qemu looks at the address. */
static void other_size(const struct diff_view *v, struct diff_result *m)
{
	const struct insn_row *row = v->insn->row;
	u32 w = (u32)v->insn->word;

	if (!(row->flags & IF_RESERVATION) || !(row->flags & IF_STORE) || !v->reserved ||
	    reservation_size(v->reserved) == reservation_size(row))
		return;
	take_memory(v, m, base(v) + v->before->state.gpr[f_rb(w)], reservation_size(row));
	diff_take(&m->state.cr, v->theirs->state.cr, 0x20000000);
}

/* stqcx. compares the doublewords crosswise: it fails when they differ. */
static void crosswise(const struct diff_view *v, struct diff_result *m)
{
	u64 ea = base(v) + v->before->state.gpr[f_rb((u32)v->insn->word)];

	if (!diff_is(v, "stqcx_") || v->theirs->state.cr & 0x20000000 ||
	    word_at(v->before, ea, 8, false) == word_at(v->before, ea + 8, 8, false))
		return;
	take_memory(v, m, ea, 16);
	diff_take(&m->state.cr, 0, 0x20000000);
}

/* Behind an atomic memory operation our reservation is gone, which is built from one of its own;
 * qemu's is not. */
static void reservation_kept(const struct diff_view *v, struct diff_result *m)
{
	const struct insn_row *row = v->insn->row;
	u32 w = (u32)v->insn->word, size = reservation_size(row);
	u64 ea = base(v) + v->before->state.gpr[f_rb(w)], mask;

	if (!(row->flags & IF_RESERVATION) || !(row->flags & IF_STORE) || !v->reserved ||
	    !v->atomic_since || size > 8 || v->ours->state.cr & 0x20000000)
		return;
	mask = size == 8 ? ~0ull : (1ull << 8 * size) - 1;
	if (!(v->theirs->state.cr & 0x20000000) ||
	    word_at(v->theirs, ea, size, v->big) != (v->before->state.gpr[f_rt(w)] & mask))
		return;
	take_memory(v, m, ea, size);
	diff_take(&m->state.cr, 0x20000000, 0x20000000);
}

/* Misaligned: qemu loads and stores quadwords all the same; its stcx. fails. */
static void misaligned(const struct diff_view *v, struct diff_result *m)
{
	const struct insn_row *row = v->insn->row;
	u32 w = (u32)v->insn->word, rt = f_rt(w), high = v->big ? 0 : 8;
	struct diff_result c = *m;
	u64 ea;

	if (v->ours->state.signal != SIGBUS || v->theirs->state.signal ||
	    memcmp(v->ours->mem, v->before->mem, sizeof(v->ours->mem)))
		return;
	if (diff_is(v, "lq")) {
		ea = base(v) + (u64)(s64)((s32)(w << 16) >> 16 & ~15);
		c.state.gpr[rt] = word_at(v->before, ea + high, 8, v->big);
		c.state.gpr[rt + 1] = word_at(v->before, ea + 8 - high, 8, v->big);
	} else if (diff_is(v, "stq")) {
		ea = base(v) + (u64)(s64)((s32)(w << 16) >> 16 & ~3);
		if (word_at(v->theirs, ea + high, 8, v->big) != v->before->state.gpr[rt] ||
		    word_at(v->theirs, ea + 8 - high, 8, v->big) != v->before->state.gpr[rt + 1])
			return;
		take_memory(v, &c, ea, 16);
	} else if ((row->flags & IF_RESERVATION) && (row->flags & IF_STORE)) {
		ea = base(v) + v->before->state.gpr[f_rb(w)];
		if (!(ea & (reservation_size(row) - 1)))
			return;
		diff_take(&c.state.cr, v->before->state.xer >> 3 & 0x10000000, 0xf0000000);
	} else {
		return;
	}
	c.state.signal = 0;
	c.state.pc = v->theirs->state.pc;
	*m = c;
}

/* dcbf with a reserved L acts as L = 0; qemu: illegal. */
static void cache_hint(const struct diff_view *v, struct diff_result *m)
{
	u32 l = f_l_dcbf((u32)v->insn->word);

	if (!diff_is(v, "dcbf") || l < 2 || v->theirs->state.signal != SIGILL)
		return;
	m->state.signal = SIGILL;
	m->state.pc = DIFF_CODE + 4ull * v->index;
}

/* VRSAVE has 32 bits; qemu keeps 64. */
static void vrsave(const struct diff_view *v, struct diff_result *m)
{
	u32 w = (u32)v->insn->word;

	if (diff_is(v, "mfspr") && (w >> 11 & 0x3ff) == 8) /* 256, its halves exchanged */
		diff_take(&m->state.gpr[f_rt(w)], v->theirs->state.gpr[f_rt(w)],
			  0xffffffff00000000);
}

const struct diff_exemption diff_exempt_fixed[] = {
	{"X1", "divde: quotient from 2^63 to 2^64", divide_extended, false},
	{"X2", "lwat, stwat: signed maximum and minimum", atomic_signed, false},
	{"X3", "lwat, ldat: bound reached", atomic_bound, false},
	{"X4", "lwat, ldat: bounded decrement", atomic_decrement, false},
	{"X12", "lwat, ldat: words in two blocks", atomic_block, false},
	{"X6", "stcx. of another size than the reservation's", other_size, false},
	{"X9", "stqcx.: doublewords that differ", crosswise, false},
	{"X10", "mfspr of VRSAVE", vrsave, false},
	{"X11", "stcx. behind an atomic memory operation", reservation_kept, false},
	{"X5", "misaligned lq, stq, stcx.", misaligned, false},
	{"X7", "dcbf: reserved L", cache_hint, false},
	{0},
};
