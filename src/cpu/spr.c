/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Special purpose registers whose reading or writing is more than moving a value: enum spr_access.
 * Plain ones never come here from translated code.
 */
#include "cpu/spr.h"

#include <errno.h>

#include "cpu/cpu.h"
#include "cpu/time.h"
#include "isa/msr.h"
#include "isa/sprbits.h"

static u64 *slot(struct cpu_state *s, const struct spr_row *row)
{
	return (u64 *)((u8 *)s + spr_slot(row));
}

static void flush(struct cpu_state *s, enum cpu_flush_kind kind)
{
	const struct cpu_flush f = {.kind = kind, .local = true};

	if (s->ops && s->ops->flush)
		s->ops->flush(s, &f);
}

/* Bits of MMCR0 that problem state sees: FC, PMAE, PMAO. */
#define UMMCR0_MASK 0x84000080ull
/* And of MMCR2: freeze counter n in problem state. */
#define UMMCR2_MASK 0x4020100804020000ull

u64 cpu_spr_read(struct cpu_state *s, const struct spr_row *row)
{
	u64 v = *slot(s, row);

	switch (row->rd) {
	case SPR_ACC_XER:
		return cpu_get_xer(s);
	case SPR_ACC_DEC:
		return cpu_dec(s);
	case SPR_ACC_HDEC:
		return cpu_hdec(s);
	case SPR_ACC_TB:
		return s->model->is64 ? cpu_timebase(s) : (u32)cpu_timebase(s);
	case SPR_ACC_TBU:
		return cpu_timebase(s) >> 32;
	case SPR_ACC_VTB:
		return cpu_vtb(s);
	case SPR_ACC_PURR:
		return cpu_purr(s);
	case SPR_ACC_SPURR:
		return cpu_spurr(s);
	case SPR_ACC_IC:
		return v + s->icount;
	case SPR_ACC_TSR:
		cpu_timer_expire(s);
		return s->spr[SPR_TSR];
	case SPR_ACC_HIGH:
		return v >> 32;
	case SPR_ACC_DPDES:
		return atomic_load(&s->irq_pending) >> CPU_IRQ_DOORBELL & 1;
	case SPR_ACC_UMMCR0:
		return s->msr & MSR_PR ? v & UMMCR0_MASK : v;
	case SPR_ACC_UMMCR2:
		return s->msr & MSR_PR ? v & UMMCR2_MASK : v;
	case SPR_ACC_EXT:
		if (s->ops && s->ops->spr_read)
			s->ops->spr_read(s, row->number, &v);
		return v;
	default:
		return v;
	}
}

/* Registers of the protection keys: only bits that the next higher state released change. */
static void write_key_register(struct cpu_state *s, u64 *reg, u64 v, u64 mask)
{
	u64 new = (*reg & ~mask) | (v & mask);
	u64 changed = new ^ *reg;

	*reg = new;
	/* Radix translation looks at key 0 only. */
	if (s->spr[SPR_LPCR] & LPCR_HR)
		changed &= PPC_BITMASK(0, 1);
	if (changed)
		flush(s, CPU_FLUSH_KEYS);
}

static u64 key_mask(const struct cpu_state *s)
{
	return s->msr & MSR_HV ? ~0ull : s->spr[SPR_AMOR];
}

static bool write_keys(struct cpu_state *s, const struct spr_row *row, u64 v)
{
	switch (row->wr) {
	case SPR_ACC_UAMR:
		write_key_register(s, &s->spr[SPR_AMR], v,
				   s->msr & MSR_PR ? s->spr[SPR_UAMOR] : key_mask(s));
		return true;
	case SPR_ACC_AMR:
	case SPR_ACC_IAMR:
		write_key_register(s, slot(s, row), v, key_mask(s));
		return true;
	case SPR_ACC_UAMOR:
		s->spr[SPR_UAMOR] = v & key_mask(s);
		return true;
	default:
		return false;
	}
}

static bool write_time(struct cpu_state *s, const struct spr_row *row, u64 v)
{
	u64 tb = cpu_timebase(s);

	switch (row->wr) {
	case SPR_ACC_DEC:
		cpu_set_dec(s, v);
		return true;
	case SPR_ACC_HDEC:
		cpu_set_hdec(s, v);
		return true;
	case SPR_ACC_TBL:
		cpu_set_timebase(s, (tb & ~0xffffffffull) | v);
		return true;
	case SPR_ACC_TBU:
		cpu_set_timebase(s, (u32)tb | v << 32);
		return true;
	case SPR_ACC_TBU40:
		cpu_set_timebase(s, (tb & 0xffffff) | v);
		return true;
	case SPR_ACC_VTB:
		cpu_set_vtb(s, v);
		return true;
	case SPR_ACC_PURR:
		cpu_set_purr(s, v);
		return true;
	case SPR_ACC_SPURR:
		cpu_set_spurr(s, v);
		return true;
	case SPR_ACC_TSR:
		cpu_timer_expire(s);
		s->spr[SPR_TSR] &= ~v;
		cpu_booke_timer_update(s);
		return true;
	case SPR_ACC_TCR:
		cpu_timer_expire(s);
		/* Once set, the watchdog's reset control stays until reset. */
		s->spr[SPR_TCR] = v | (s->spr[SPR_TCR] & TCR_WRC);
		cpu_booke_timer_update(s);
		return true;
	default:
		return false;
	}
}

/* Bits of the register change by the value's ones, or only its upper half does. */
static bool write_partly(struct cpu_state *s, const struct spr_row *row, u64 v)
{
	u64 *reg = slot(s, row);

	switch (row->wr) {
	case SPR_ACC_OR:
		*reg |= v;
		return true;
	case SPR_ACC_ORHIGH:
		*reg |= v << 32;
		return true;
	case SPR_ACC_ANDC:
	case SPR_ACC_CLEAR:
		*reg &= ~v;
		return true;
	case SPR_ACC_ANDCHIGH:
		*reg &= ~(v << 32);
		return true;
	case SPR_ACC_HMER:
		*reg &= v;
		return true;
	case SPR_ACC_HIGH:
		*reg = (u32)*reg | v << 32;
		return true;
	case SPR_ACC_CTRL:
		/* RUN, and its copy among the thread states */
		*reg = (v & 1) << 15 | (v & 1);
		return true;
	case SPR_ACC_UMMCR2:
		if (s->msr & MSR_PR)
			v = (*reg & ~UMMCR2_MASK) | (v & UMMCR2_MASK);
		*reg = v;
		return true;
	case SPR_ACC_UMMCR0_R:
		if (s->msr & MSR_PR)
			v = (*reg & ~UMMCR0_MASK) | (v & UMMCR0_MASK);
		*reg = v;
		return true;
	default:
		return false;
	}
}

void cpu_spr_write(struct cpu_state *s, const struct spr_row *row, u64 v)
{
	v &= spr_mask(row, s->model);
	if (write_keys(s, row, v) || write_time(s, row, v) || write_partly(s, row, v))
		return;
	switch (row->wr) {
	case SPR_ACC_XER:
		cpu_set_xer(s, v);
		return;
	case SPR_ACC_DPDES:
		cpu_post_irq(s, CPU_IRQ_DOORBELL, v & 1);
		return;
	case SPR_ACC_IC:
		*slot(s, row) = v - s->icount;
		return;
	case SPR_ACC_EXT:
		if (s->ops && s->ops->spr_write)
			s->ops->spr_write(s, row->number, v);
		return;
	case SPR_ACC_PIDR_R:
	case SPR_ACC_PID_R:
		*slot(s, row) = v;
		flush(s, CPU_FLUSH_CONTEXT);
		return;
	case SPR_ACC_FLUSH_R:
	case SPR_ACC_LPCR_R:
		*slot(s, row) = v;
		flush(s, CPU_FLUSH_REGISTERS);
		return;
	case SPR_ACC_DBCR0_R:
		*slot(s, row) = v;
		if (v & DBCR0_RST)
			cpu_raise(s, CPU_EXIT_RESET, v >> 28 & 3);
		return;
	default:
		*slot(s, row) = v;
		return;
	}
}

int cpu_get_spr(struct cpu_state *s, u32 sprn, u64 *value)
{
	const struct spr_row *row = spr_find(s->model, sprn);

	if (!row || row->rd == SPR_ACC_NONE)
		return -ENOENT;
	*value = cpu_spr_read(s, row);
	return 0;
}

int cpu_set_spr(struct cpu_state *s, u32 sprn, u64 value)
{
	const struct spr_row *row = spr_find(s->model, sprn);

	if (!row)
		return -ENOENT;
	/* Write-one-to-clear and read-only registers take the value as it is. */
	if (row->wr == SPR_ACC_NONE || row->wr == SPR_ACC_CLEAR || row->wr == SPR_ACC_TSR) {
		*slot(s, row) = value & spr_mask(row, s->model);
		return 0;
	}
	cpu_spr_write(s, row, value);
	return 0;
}
