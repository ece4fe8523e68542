// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The FPSCR: how instructions leave their status in it, and the instructions that move it.
 * Power ISA Book I 4.2.2, 4.4, 4.6.10, 7.4.
 *
 * Invariant: cpu_state.fpscr always holds the full architected image; FEX and VX are current.
 */
#include "cpu/cpu.h"
#include "cpu/fp.h"
#include "isa/helper.h"

void fp_add_exceptions(struct cpu_state *s, u64 fpscr, u64 exc)
{
	if (exc) {
		if (exc & ~fpscr)
			fpscr |= FPSCR_FX;
		fpscr = fpscr_summarise(fpscr | exc);
	}
	s->fpscr = fpscr;
}

void fp_done(struct cpu_state *s, const struct sf_status *st, u64 sets)
{
	u64 fpscr = s->fpscr, exc = st->flags & FPSCR_EXCEPTIONS;
	bool suppressed = false;

	if (unlikely(fpscr & FPSCR_ENABLES)) {
		suppressed = ((fpscr & FPSCR_VE) && (exc & FPSCR_VX_ALL)) ||
			     ((fpscr & FPSCR_ZE) && (exc & FPSCR_ZX));
		s->fp_suppressed = suppressed;
	}
	if (suppressed)
		fpscr &= ~(sets & FP_SETS_FR_FI);
	else
		fpscr = (fpscr & ~sets) | (st->flags & sets);
	fp_add_exceptions(s, fpscr, exc);
}

void fp_done_vector(struct cpu_state *s, const struct sf_status *st)
{
	u64 exc = st->flags & FPSCR_EXCEPTIONS, summary = exc;

	if (unlikely(s->fpscr & FPSCR_ENABLES)) {
		if (exc & FPSCR_VX_ALL)
			summary |= FPSCR_VX;
		s->fp_suppressed = ((summary >> 22) & s->fpscr & FPSCR_ENABLES) != 0;
	}
	fp_add_exceptions(s, s->fpscr, exc);
}

void helper_fp_check(struct cpu_state *s)
{
	if (s->fpscr & FPSCR_FEX)
		cpu_raise(s, CPU_EXC_PROGRAM, CPU_PROG_FP);
}

u64 helper_fp_keep(struct cpu_state *s, u64 new, u64 old)
{
	return s->fp_suppressed ? old : new;
}

void helper_fp_keep_q(union vreg *t, struct cpu_state *s, const union vreg *new,
		      const union vreg *old)
{
	*t = s->fp_suppressed ? *old : *new;
}

/* Returns whether the mode word changes. */
static u64 set_fpscr(struct cpu_state *s, u64 v)
{
	u64 old = s->fpscr;

	s->fpscr = fpscr_summarise(v);
	return !(old & FPSCR_ENABLES) != !(v & FPSCR_ENABLES);
}

u64 helper_mtfsf(struct cpu_state *s, u64 mask, u64 v)
{
	mask &= FPSCR_WRITABLE;
	return set_fpscr(s, (s->fpscr & ~mask) | (v & mask));
}

u64 helper_mtfsb0(struct cpu_state *s, u64 bit)
{
	return set_fpscr(s, s->fpscr & ~(PPC_BIT(32 + bit) & FPSCR_WRITABLE));
}

u64 helper_mtfsb1(struct cpu_state *s, u64 bit)
{
	u64 new = PPC_BIT(32 + bit) & FPSCR_WRITABLE;

	if (new &FPSCR_EXCEPTIONS & ~s->fpscr)
		new |= FPSCR_FX;
	return set_fpscr(s, s->fpscr | new);
}

u64 helper_mcrfs(struct cpu_state *s, u64 field)
{
	unsigned shift = 4 * (7 - (unsigned)field);
	u64 v = (s->fpscr >> shift) & 15;

	set_fpscr(s, s->fpscr & ~((15ull << shift) & (FPSCR_EXCEPTIONS | FPSCR_FX)));
	return v;
}
