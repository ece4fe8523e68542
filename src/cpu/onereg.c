// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu/onereg.h"

#include <errno.h>

#include "base/string.h"
#include "isa/model.h"

enum { SPR_NUMBERS = 1024 };

/* XER: SO OV CA, OV32 CA32 (ISA 3.0), and what has no field of its own. */
enum { XER_SO = 31, XER_OV = 30, XER_CA = 29, XER_OV32 = 19, XER_CA32 = 18 };

static u64 get_xer(const struct cpu_state *s)
{
	return s->so << XER_SO | s->ov << XER_OV | s->ca << XER_CA | s->ov32 << XER_OV32 |
	       s->ca32 << XER_CA32 | s->xer_rest;
}

static void set_xer(struct cpu_state *s, u64 v)
{
	s->so = v >> XER_SO & 1;
	s->ov = v >> XER_OV & 1;
	s->ca = v >> XER_CA & 1;
	s->ov32 = v >> XER_OV32 & 1;
	s->ca32 = v >> XER_CA32 & 1;
	s->xer_rest = v & ~(7ull << XER_CA | 3ull << XER_CA32);
}

static u64 get_cr(const struct cpu_state *s)
{
	u64 v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 4 | (s->cr[i] & 15);
	return v;
}

static void set_cr(struct cpu_state *s, u64 v)
{
	for (int i = 0; i < 8; i++)
		s->cr[i] = v >> (28 - 4 * i) & 15;
}

static u128 tlb_words(const struct soft_tlb_entry *t)
{
	return (u128)t->word[0] << 96 | (u128)t->word[1] << 64 | (u128)t->word[2] << 32 |
	       t->word[3];
}

static u128 read_row(const struct cpu_state *s, const struct onereg_row *r, u32 element)
{
	const u8 *p = (const u8 *)s + r->offset + (size_t)element * r->stride;
	const union vreg *v = (const union vreg *)p;
	const struct soft_tlb_entry *t = (const struct soft_tlb_entry *)p;

	switch (r->kind) {
	case ONEREG_QUAD:
		return (u128)VD(v, 0) << 64 | VD(v, 1);
	case ONEREG_VSRLOW:
		return (u128)VD(v, 1) << 64;
	case ONEREG_CR:
		return get_cr(s);
	case ONEREG_XER:
		return get_xer(s);
	case ONEREG_VSCR:
		return s->vscr_nj << 16 | s->vscr_sat;
	case ONEREG_TLB:
		return tlb_words(t);
	case ONEREG_TLBID:
		return (u64)t->pid << 32 | t->valid;
	default:
		return *(const u64 *)p;
	}
}

static void write_row(struct cpu_state *s, const struct onereg_row *r, u32 element, u128 value)
{
	u8 *p = (u8 *)s + r->offset + (size_t)element * r->stride;
	union vreg *v = (union vreg *)p;
	struct soft_tlb_entry *t = (struct soft_tlb_entry *)p;

	switch (r->kind) {
	case ONEREG_QUAD:
		VD(v, 0) = (u64)(value >> 64);
		VD(v, 1) = (u64)value;
		break;
	case ONEREG_VSRLOW:
		VD(v, 1) = (u64)(value >> 64);
		break;
	case ONEREG_CR:
		set_cr(s, (u64)value);
		break;
	case ONEREG_XER:
		set_xer(s, (u64)value);
		break;
	case ONEREG_VSCR:
		s->vscr_nj = (u64)value >> 16 & 1;
		s->vscr_sat = (u64)value & 1;
		break;
	case ONEREG_TLB:
		for (int i = 0; i < 4; i++)
			t->word[i] = (u32)(value >> (96 - 32 * i));
		break;
	case ONEREG_TLBID:
		t->pid = (u32)((u64)value >> 32);
		t->valid = (u32)value;
		break;
	default:
		*(u64 *)p = (u64)value;
	}
}

static bool is_spr_id(u64 id)
{
	return id - ONEREG_SPR(0) < SPR_NUMBERS;
}

/* Where an SPR that is nobody's alias is stored; NULL: the model has no such SPR. */
static u64 *spr_storage(const struct cpu_state *s, u64 id)
{
	const struct spr_row *row = spr_find(s->model, (unsigned)(id - ONEREG_SPR(0)));

	return row ? (u64 *)((uintptr_t)s + spr_slot(row)) : NULL;
}

int cpu_get_reg(const struct cpu_state *s, u64 id, void *value)
{
	u32 element;
	const struct onereg_row *r = onereg_find(id, &element);
	const u64 *spr = is_spr_id(id) ? spr_storage(s, id) : NULL;
	u128 v;

	if (spr)
		v = *spr;
	else if (r && (r->families & s->model->families))
		v = read_row(s, r, element);
	else
		return -ENOENT;
	if (ONEREG_BYTES(id) == 4)
		*(u32 *)value = (u32)v;
	else if (ONEREG_BYTES(id) == 8)
		*(u64 *)value = (u64)v;
	else
		memcpy(value, &v, sizeof(v));
	return 0;
}

int cpu_set_reg(struct cpu_state *s, u64 id, const void *value)
{
	u32 element;
	const struct onereg_row *r = onereg_find(id, &element);
	u64 *spr = is_spr_id(id) ? spr_storage(s, id) : NULL;
	u128 v = 0;

	if (!spr && !(r && (r->families & s->model->families)))
		return -ENOENT;
	if (ONEREG_BYTES(id) == 4)
		v = *(const u32 *)value;
	else if (ONEREG_BYTES(id) == 8)
		v = *(const u64 *)value;
	else
		memcpy(&v, value, sizeof(v));
	if (spr)
		*spr = (u64)v;
	else
		write_row(s, r, element, v);
	/* The mode word, timers and pending interrupts are looked at anew. */
	s->wanted = 1;
	return 0;
}
