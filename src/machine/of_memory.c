// SPDX-License-Identifier: GPL-2.0-or-later
/* claim and release of the client interface (IEEE 1275-1994, 6.3.2.6): a sorted list of ranges that
 * are taken. */
#include "machine/of_client.h"

static bool overlaps(const struct of_client_state *s, u64 from, u64 to, u32 *at)
{
	u32 i = 0;

	while (i < s->nr_claims && s->claims[2 * i + 1] <= from)
		i++;
	*at = i;
	return i < s->nr_claims && s->claims[2 * i] < to;
}

static void drop(struct of_client_state *s, u32 at)
{
	for (u32 i = 2 * at; i + 2 < 2 * s->nr_claims; i++)
		s->claims[i] = s->claims[i + 2];
	s->nr_claims--;
}

/* Neighbours that touch become one. */
static bool insert(struct of_client_state *s, u32 at, u64 from, u64 to)
{
	bool before = at && s->claims[2 * at - 1] == from;
	bool behind = at < s->nr_claims && s->claims[2 * at] == to;

	if (before) {
		s->claims[2 * at - 1] = behind ? s->claims[2 * at + 1] : to;
		if (behind)
			drop(s, at);
		return true;
	}
	if (behind) {
		s->claims[2 * at] = from;
		return true;
	}
	if (s->nr_claims == OF_MAX_CLAIMS)
		return false;
	for (u32 i = 2 * s->nr_claims++; i > 2 * at; i--)
		s->claims[i + 1] = s->claims[i - 1];
	s->claims[2 * at] = from;
	s->claims[2 * at + 1] = to;
	return true;
}

/* The lowest place of that alignment. */
static bool search(const struct of_client *c, u64 size, u64 align, u64 *addr)
{
	u64 from = 0;
	u32 at;

	while (from + size <= c->memory_top) {
		if (!overlaps(&c->state, from, from + size, &at)) {
			*addr = from;
			return true;
		}
		from = (c->state.claims[2 * at + 1] + align - 1) & ~(align - 1);
	}
	return false;
}

u32 of_claim(struct of_client *c, u64 addr, u64 size, u64 align)
{
	u32 at;

	if (!size || size > c->memory_top || (align & (align - 1)))
		return OF_ERROR;
	if (align && !search(c, size, align, &addr))
		return OF_ERROR;
	if (addr > c->memory_top - size || overlaps(&c->state, addr, addr + size, &at) ||
	    !insert(&c->state, at, addr, addr + size))
		return OF_ERROR;
	return (u32)addr;
}

/* One range that was claimed, or a part of it. */
bool of_release(struct of_client *c, u64 addr, u64 size)
{
	struct of_client_state *s = &c->state;
	u64 from, to, end = addr + size;
	u32 at;

	if (!size || !overlaps(s, addr, end, &at))
		return false;
	from = s->claims[2 * at];
	to = s->claims[2 * at + 1];
	if (addr < from || end > to || (from < addr && end < to && s->nr_claims == OF_MAX_CLAIMS))
		return false;
	drop(s, at);
	if (end < to)
		insert(s, at, end, to);
	if (from < addr)
		insert(s, at, from, addr);
	return true;
}

bool of_claims_valid(const struct of_client_state *s)
{
	u64 last = 0;

	if (s->nr_claims > OF_MAX_CLAIMS)
		return false;
	for (u32 i = 0; i < 2 * s->nr_claims; i++) {
		if (s->claims[i] < last || (i & 1 && s->claims[i] == last))
			return false;
		last = s->claims[i];
	}
	return true;
}
