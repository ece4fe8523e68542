// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What thunks find behind their call, packed: most of it is never read, and there is more of it
 * than of hot code otherwise. Numbers are in groups of seven bits, the lowest group first; bit 7
 * says that more follow.
 *
 * A description begins with its distance from the begin of the region's piece of code memory,
 * where the address of the region's struct jit_code stands. A record:
 *
 *   u8       enum record_bits, enum backend_stop
 *   signed   pc, from the region's
 *   number   instructions completed
 *   number   information (R_INFO), code or the slot of the event (R_CODE)
 *   number   nodes (R_NODES); each: u8 op, three places
 *   number   pending values (R_PENDING); each: slot (halves see pack_slot()), place
 *
 * A place is a byte - kind, type, four bits more - and for what does not fit a signed number.
 */
#include "backend/x86_64/core.h"

#include "base/assert.h"
#include "base/string.h"

enum record_bits {
	R_STOP = 7,
	R_EVENT = 1 << 3,
	R_INFO = 1 << 4,
	R_CODE = 1 << 5,
	R_NODES = 1 << 6,
	R_PENDING = 1 << 7,
};

enum { MORE = 15 }; /* a place's four bits: a number follows */

static u64 zigzag(s64 v)
{
	return (u64)v << 1 ^ (u64)(v >> 63);
}

void pack_number(struct xcode *x, u64 v)
{
	for (; v >= 0x80; v >>= 7)
		x_byte(x, (u8)(v | 0x80));
	x_byte(x, (u8)v);
}

void pack_signed(struct xcode *x, s64 v)
{
	pack_number(x, zigzag(v));
}

void pack_origin(struct xcode *x)
{
	pack_number(x, x_here(x));
}

void pack_place(struct xcode *x, const struct jit_place *p)
{
	u32 head = p->kind | (u32)p->type << 2, low = MORE;
	s64 v = 0;

	switch (p->kind) {
	case PLACE_REG:
		pv_assert((p->index >= JIT_XMM) == (p->type >= IR_F));
		low = (u32)p->index & 15;
		break;
	case PLACE_FRAME:
		v = p->index;
		if (v >= 0 && v < 8 * MORE && !(v & 7))
			low = (u32)v / 8;
		break;
	case PLACE_CONST:
		v = (s64)p->imm;
		if (p->imm < MORE)
			low = (u32)p->imm;
		break;
	default:
		v = p->index;
		if (v < MORE)
			low = (u32)v;
		break;
	}
	x_byte(x, (u8)(head | low << 4));
	if (p->kind != PLACE_REG && low == MORE)
		pack_signed(x, v);
}

void pack_back(struct jit *j, const struct jit_cold *c)
{
	u32 at = j->x->label_at[c->back];

	pv_assert(at != X_UNBOUND || j->x->overflow);
	pack_number(j->x, at);
}

/* Most slots are whole cells. */
static void pack_slot(struct xcode *x, u32 slot)
{
	pack_number(x, slot & 7 ? slot << 1 | 1 : slot >> 2);
}

static u32 unpack_slot(struct unpack *u)
{
	u32 v = (u32)unpack_number(u);

	return v & 1 ? v >> 1 : v << 2;
}

void pack_record(struct jit *j, const struct jit_record *rec)
{
	const struct jit_node *node = jit_nodes(rec);
	struct xcode *x = j->x;
	u32 k, m;

	x_byte(x, (u8)(rec->stop | (rec->event ? R_EVENT : 0) | (rec->info ? R_INFO : 0) |
		       (rec->code ? R_CODE : 0) | (rec->nr_nodes ? R_NODES : 0) |
		       (rec->count ? R_PENDING : 0)));
	pack_signed(x, (s64)(rec->pc - j->unit->pc));
	pack_number(x, rec->icount);
	if (rec->info)
		pack_number(x, rec->info);
	if (rec->code)
		pack_number(x, rec->code);
	if (rec->nr_nodes)
		pack_number(x, rec->nr_nodes);
	for (k = 0; k < rec->nr_nodes; k++) {
		x_byte(x, node[k].op);
		for (m = 0; m < ARRAY_SIZE(node[k].arg); m++)
			pack_place(x, &node[k].arg[m]);
	}
	if (rec->count)
		pack_number(x, rec->count);
	for (k = 0; k < rec->count; k++) {
		pack_slot(x, rec->pending[k].slot);
		pack_place(x, &rec->pending[k].from);
	}
}

/* --- reading --- */
u64 unpack_number(struct unpack *u)
{
	u32 shift = 0;
	u64 v = 0;

	for (; *u->p & 0x80; shift += 7)
		v |= (u64)(*u->p++ & 0x7f) << shift;
	return v | (u64)*u->p++ << shift;
}

s64 unpack_signed(struct unpack *u)
{
	u64 v = unpack_number(u);

	return (s64)(v >> 1 ^ -(v & 1));
}

void unpack_begin(struct unpack *u, const u8 *at)
{
	*u = (struct unpack){.p = at};
	u->begin = at - unpack_number(u);
	memcpy(&u->code, u->begin, sizeof(u->code));
	u->pc = __atomic_load_n(&u->code->pc, __ATOMIC_ACQUIRE);
}

struct jit_place unpack_place(struct unpack *u)
{
	u8 head = *u->p++;
	u32 low = head >> 4;
	struct jit_place p = {.kind = head & 3, .type = head >> 2 & 3};
	s64 v = low;

	if (p.kind == PLACE_REG) {
		p.index = (s32)(low + (p.type >= IR_F ? JIT_XMM : 0));
		return p;
	}
	if (low == MORE)
		v = unpack_signed(u);
	else if (p.kind == PLACE_FRAME)
		v = 8 * low;
	if (p.kind == PLACE_CONST)
		p.imm = (u64)v;
	else
		p.index = (s32)v;
	return p;
}

struct record_head unpack_record(struct unpack *u)
{
	u8 bits = *u->p++;
	struct record_head h = {.stop = bits & R_STOP, .event = bits & R_EVENT};

	h.pc = u->pc + (u64)unpack_signed(u);
	h.icount = (u32)unpack_number(u);
	h.info = bits & R_INFO ? unpack_number(u) : 0;
	h.code = bits & R_CODE ? (u32)unpack_number(u) : 0;
	h.has_nodes = bits & R_NODES;
	h.has_pending = bits & R_PENDING;
	return h;
}

u32 unpack_pending(struct unpack *u, struct jit_place *from)
{
	u32 slot = unpack_slot(u);

	*from = unpack_place(u);
	return slot;
}
