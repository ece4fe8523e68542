// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory for generated code: pieces of 64-byte units from one mapping, by size class (eight classes
 * between powers of two). A freed piece waits for the next of its class, or of a smaller one when
 * nothing else is left. Locked inside.
 */
#include <errno.h>

#include "backend/x86_64/core.h"

enum { STEPS = 8 };

/* Class k holds pieces of class_units(k): 1..8, then eight steps to each doubling. */
static u32 class_units(u32 k)
{
	return k < STEPS ? k + 1 : (STEPS + k % STEPS + 1) << (k / STEPS - 1);
}

static u32 class_of(u32 units)
{
	u32 k = 0;

	while (class_units(k) < units)
		k++;
	return k;
}

int code_init(struct code_memory *c, size_t size)
{
	int ret = os_code_map(&c->map, size);

	if (ret)
		return ret;
	os_mutex_init(&c->lock);
	c->next = 1;
	c->end = (u32)(size / CODE_UNIT);
	return 0;
}

void code_destroy(struct code_memory *c)
{
	os_mutex_destroy(&c->lock);
	os_code_unmap(&c->map);
}

u32 code_alloc(struct code_memory *c, size_t bytes, u32 *units)
{
	u32 k = class_of((u32)((bytes + CODE_UNIT - 1) / CODE_UNIT)), at = 0;

	os_mutex_lock(&c->lock);
	/* Nothing new left: a larger piece that was freed will do. */
	if (c->end - c->next < class_units(k))
		while (k < CODE_CLASSES - 1 && !c->free_list[k])
			k++;
	*units = class_units(k);
	if (c->free_list[k]) {
		at = c->free_list[k];
		c->free_list[k] = *(u32 *)(c->map.rw + (size_t)at * CODE_UNIT);
	} else if (c->end - c->next >= *units) {
		at = c->next;
		c->next += *units;
	}
	if (at)
		c->live++;
	os_mutex_unlock(&c->lock);
	return at;
}

void code_free(struct code_memory *c, u32 at, u32 units)
{
	u32 k = class_of(units);

	os_mutex_lock(&c->lock);
	*(u32 *)(c->map.rw + (size_t)at * CODE_UNIT) = c->free_list[k];
	c->free_list[k] = at;
	c->live--;
	os_mutex_unlock(&c->lock);
}
