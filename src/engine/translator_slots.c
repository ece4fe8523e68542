// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/translator_slots.h"

#include <errno.h>

#include "base/string.h"

struct slot {
	struct engine_slot slot;
	_Atomic u64 *dirty; /* NULL: not logged; shared with older tables */
	u64 words;
};

struct slot_table {
	struct slot_table *older;
	u32 count;
	struct slot slot[ENGINE_MAX_SLOTS]; /* those in use */
};

int slots_init(struct slots *s)
{
	struct slot_table *t = os_alloc(sizeof(*t));

	if (!t)
		return -ENOMEM;
	os_mutex_init(&s->lock);
	atomic_init(&s->table, t);
	return 0;
}

/* A bitmap belongs to the oldest table that has it. */
static bool had_bitmap(const struct slot_table *t, const _Atomic u64 *dirty)
{
	u32 k;

	for (; t; t = t->older)
		for (k = 0; k < t->count; k++)
			if (t->slot[k].dirty == dirty)
				return true;
	return false;
}

void slots_destroy(struct slots *s)
{
	struct slot_table *t = atomic_load(&s->table), *older;
	u32 k;

	if (!t)
		return;
	for (; t; t = older) {
		older = t->older;
		for (k = 0; k < t->count; k++)
			if (t->slot[k].dirty && !had_bitmap(older, t->slot[k].dirty))
				os_free((void *)t->slot[k].dirty);
		os_free(t);
	}
	os_mutex_destroy(&s->lock);
}

static bool overlaps(const struct engine_slot *a, const struct engine_slot *b)
{
	return a->gpa < b->gpa + b->size && b->gpa < a->gpa + a->size;
}

static int check(const struct slot_table *t, const struct engine_slot *slot)
{
	u64 align = ENGINE_SLOT_ALIGN - 1;
	u32 k;

	if (slot->id >= ENGINE_MAX_SLOTS || slot->gpa + slot->size < slot->gpa)
		return -EINVAL;
	if (slot->size && ((slot->gpa | slot->size) & align))
		return -EINVAL;
	for (k = 0; k < t->count; k++)
		if (slot->size && t->slot[k].slot.id != slot->id &&
		    overlaps(&t->slot[k].slot, slot))
			return -EEXIST;
	return 0;
}

int slots_set(struct slots *s, const struct engine_slot *slot)
{
	struct slot_table *now = atomic_load(&s->table), *t;
	struct slot *to = NULL;
	u32 k;
	int ret = check(now, slot);

	if (ret)
		return ret;
	t = os_alloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	for (k = 0; k < now->count; k++) {
		if (now->slot[k].slot.id == slot->id && !slot->size)
			continue;
		t->slot[t->count] = now->slot[k];
		if (now->slot[k].slot.id == slot->id)
			to = &t->slot[t->count];
		t->count++;
	}
	if (slot->size && !to)
		to = &t->slot[t->count++];
	if (to) {
		if (to->slot.size != slot->size)
			to->dirty = NULL;
		to->slot = *slot;
		to->words = (slot->size / ENGINE_DIRTY_PAGE + 63) / 64;
		if (!(slot->flags & ENGINE_SLOT_LOG_DIRTY)) {
			to->dirty = NULL;
		} else if (!to->dirty) {
			to->dirty = os_alloc(to->words * sizeof(u64));
			if (!to->dirty) {
				os_free(t);
				return -ENOMEM;
			}
		}
	}
	os_mutex_lock(&s->lock);
	t->older = now;
	atomic_store(&s->table, t);
	os_mutex_unlock(&s->lock);
	return 0;
}

static struct slot *find(struct slots *s, u64 ra)
{
	struct slot_table *t = atomic_load_explicit(&s->table, memory_order_acquire);
	u32 k;

	for (k = 0; k < t->count; k++)
		if (ra - t->slot[k].slot.gpa < t->slot[k].slot.size)
			return &t->slot[k];
	return NULL;
}

bool slots_ram(struct slots *s, u64 ra, struct translator_ram *ram)
{
	const struct slot *slot = find(s, ra);

	if (!slot)
		return false;
	ram->host = (u8 *)slot->slot.host + (ra - slot->slot.gpa);
	ram->len = slot->slot.size - (ra - slot->slot.gpa);
	ram->writable = !(slot->slot.flags & ENGINE_SLOT_READONLY);
	return true;
}

void slots_dirty(struct slots *s, u64 ra, u64 len)
{
	struct slot *slot = find(s, ra);
	u64 page, last;

	if (!slot || !slot->dirty || !len)
		return;
	last = ra - slot->slot.gpa + len - 1;
	if (last >= slot->slot.size)
		last = slot->slot.size - 1;
	last /= ENGINE_DIRTY_PAGE;
	for (page = (ra - slot->slot.gpa) / ENGINE_DIRTY_PAGE; page <= last; page++) {
		_Atomic u64 *word = &slot->dirty[page / 64];

		if (!(atomic_load_explicit(word, memory_order_relaxed) >> page % 64 & 1))
			atomic_fetch_or(word, 1ull << page % 64);
	}
}

int slots_dirty_log(struct slots *s, u32 id, u64 *bitmap, bool clear)
{
	struct slot_table *t = atomic_load(&s->table);
	u32 k;
	u64 w;

	for (k = 0; k < t->count; k++) {
		struct slot *slot = &t->slot[k];

		if (slot->slot.id != id)
			continue;
		if (!slot->dirty)
			return -ENOENT;
		for (w = 0; w < slot->words; w++)
			bitmap[w] = clear ? atomic_exchange(&slot->dirty[w], 0)
					  : atomic_load(&slot->dirty[w]);
		return 0;
	}
	return -ENOENT;
}

u64 slots_hash(struct slots *s, slots_hash_fn *fn)
{
	struct slot_table *t = atomic_load(&s->table);
	u64 hash = 0;
	u32 k;

	for (k = 0; k < t->count; k++)
		hash = fn(hash, t->slot[k].slot.host, t->slot[k].slot.size / 8);
	return hash;
}
