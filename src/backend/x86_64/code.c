// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory for generated code: pieces of whole units from one mapping. Free neighbours are joined, so
 * that after everything was freed the largest piece fits again. A free piece says in its first and
 * in its last unit how large it is, and both units are marked in a map: whoever frees a piece sees
 * there whether its neighbours are free. Free pieces stand in lists by size, eight classes between
 * powers of two; what was never used is taken last. Locked inside.
 */
#include <errno.h>

#include "backend/x86_64/core.h"
#include "base/assert.h"

enum { STEPS = 8, TRIES = 16 };

/* At the begin of a free piece; its size stands at the end too. */
struct free_piece {
	u32 units, next, prev;
};

_Static_assert(sizeof(struct free_piece) + sizeof(u32) <= CODE_UNIT, "a free unit has both ends");

/* Class k holds pieces of at least class_units(k), and less than that of the next. */
static u32 class_units(u32 k)
{
	return k < STEPS ? k + 1 : (STEPS + k % STEPS + 1) << (k / STEPS - 1);
}

static u32 class_below(u32 units)
{
	u32 k = 0;

	while (k + 1 < CODE_CLASSES && class_units(k + 1) <= units)
		k++;
	return k;
}

static struct free_piece *piece_at(struct code_memory *c, u32 at)
{
	return (struct free_piece *)(c->map.rw + (size_t)at * CODE_UNIT);
}

static u32 *size_at_end(struct code_memory *c, u32 end)
{
	return (u32 *)(c->map.rw + (size_t)end * CODE_UNIT) - 1;
}

static bool is_edge(const struct code_memory *c, u32 unit)
{
	return c->edges[unit / 64] >> unit % 64 & 1;
}

static void set_edges(struct code_memory *c, u32 at, u32 units, bool on)
{
	const u32 unit[2] = {at, at + units - 1};
	u32 k;

	for (k = 0; k < 2; k++) {
		u64 bit = 1ull << unit[k] % 64;

		c->edges[unit[k] / 64] = (c->edges[unit[k] / 64] & ~bit) | (on ? bit : 0);
	}
}

static void insert(struct code_memory *c, u32 at, u32 units)
{
	struct free_piece *p = piece_at(c, at);
	u32 k = class_below(units);

	*p = (struct free_piece){.units = units, .next = c->free_list[k]};
	if (p->next)
		piece_at(c, p->next)->prev = at;
	c->free_list[k] = at;
	*size_at_end(c, at + units) = units;
	set_edges(c, at, units, true);
}

static u32 remove(struct code_memory *c, u32 at)
{
	struct free_piece *p = piece_at(c, at);

	if (p->next)
		piece_at(c, p->next)->prev = p->prev;
	if (p->prev)
		piece_at(c, p->prev)->next = p->next;
	else
		c->free_list[class_below(p->units)] = p->next;
	set_edges(c, at, p->units, false);
	return p->units;
}

static size_t edge_bytes(size_t size)
{
	return size / CODE_UNIT / 8 + 8;
}

int code_init(struct code_memory *c, size_t size)
{
	int ret = os_code_map(&c->map, size);

	if (ret)
		return ret;
	c->edges = os_reserve(edge_bytes(size));
	if (!c->edges) {
		os_code_unmap(&c->map);
		return -ENOMEM;
	}
	os_mutex_init(&c->lock);
	c->next = 1;
	c->end = (u32)(size / CODE_UNIT);
	return 0;
}

void code_destroy(struct code_memory *c)
{
	os_mutex_destroy(&c->lock);
	os_unreserve(c->edges, edge_bytes(c->map.size));
	os_code_unmap(&c->map);
}

/* A free piece of at least that many units; 0: there is none. */
static u32 find(struct code_memory *c, u32 units)
{
	u32 k = class_below(units), above = k + 1, tries = 0, at;

	for (at = c->free_list[k]; at; at = piece_at(c, at)->next) {
		if (piece_at(c, at)->units >= units)
			return at;
		/* Any of the next class fits. */
		for (; ++tries > TRIES && above < CODE_CLASSES; above++)
			if (c->free_list[above])
				return c->free_list[above];
	}
	for (; above < CODE_CLASSES; above++)
		if (c->free_list[above])
			return c->free_list[above];
	return 0;
}

u32 code_alloc(struct code_memory *c, size_t bytes, u32 *units)
{
	u32 n = (u32)((bytes + CODE_UNIT - 1) / CODE_UNIT), at;

	*units = n;
	os_mutex_lock(&c->lock);
	at = find(c, n);
	if (at) {
		u32 found = remove(c, at);

		if (found > n)
			insert(c, at + n, found - n);
	} else if (c->end - c->next >= n) {
		at = c->next;
		c->next += n;
	}
	if (at)
		c->used += n;
	os_mutex_unlock(&c->lock);
	return at;
}

void code_free(struct code_memory *c, u32 at, u32 units)
{
	os_mutex_lock(&c->lock);
	c->used -= units;
	if (is_edge(c, at + units))
		units += remove(c, at + units);
	if (is_edge(c, at - 1)) {
		u32 before = *size_at_end(c, at);

		at -= before;
		units += remove(c, at);
	}
	insert(c, at, units);
	os_mutex_unlock(&c->lock);
}
