// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/translator_slots.h"

#include <errno.h>

#include "base/string.h"

struct slot {
	u64 gpa, size; /* size 0: there is none */
	u8 *host;
	u64 readonly;
	_Atomic u64 *dirty; /* NULL: not logged */
};

/* A slot's bitmap stays when the slot goes: who marks takes no lock. */
struct bitmap {
	struct bitmap *older;
	u64 words;
	_Atomic u64 bits[];
};

struct slot_table {
	u32 sequence; /* odd: being changed */
	u32 limit;    /* ids that were used are below; never shrinks */
	struct slot slot[ENGINE_MAX_SLOTS];
	struct bitmap *bitmap[ENGINE_MAX_SLOTS];
};

int slots_init(struct slots *s)
{
	s->table = os_alloc(sizeof(*s->table));
	if (!s->table)
		return -ENOMEM;
	os_mutex_init(&s->lock);
	return 0;
}

void slots_destroy(struct slots *s)
{
	struct bitmap *b, *older;

	if (!s->table)
		return;
	for (u32 k = 0; k < ENGINE_MAX_SLOTS; k++)
		for (b = s->table->bitmap[k]; b; b = older) {
			older = b->older;
			os_free(b);
		}
	os_free(s->table);
	os_mutex_destroy(&s->lock);
}

static bool overlaps(const struct slot *a, const struct engine_slot *b)
{
	return a->size && a->gpa < b->gpa + b->size && b->gpa < a->gpa + a->size;
}

static int check(const struct slot_table *t, const struct engine_slot *slot)
{
	u64 align = ENGINE_SLOT_ALIGN - 1;

	if (slot->id >= ENGINE_MAX_SLOTS || slot->gpa + slot->size < slot->gpa)
		return -EINVAL;
	if (slot->size && ((slot->gpa | slot->size) & align))
		return -EINVAL;
	for (u32 k = 0; k < ENGINE_MAX_SLOTS; k++)
		if (slot->size && k != slot->id && overlaps(&t->slot[k], slot))
			return -EEXIST;
	return 0;
}

/* A bitmap for the slot, its bits clear unless the slot was logged at that size already. */
static struct bitmap *need_bitmap(struct slot_table *t, const struct engine_slot *slot)
{
	u64 words = (slot->size / ENGINE_DIRTY_PAGE + 63) / 64;
	struct bitmap *b = t->bitmap[slot->id];

	if (!b || b->words != words) {
		b = os_alloc(sizeof(*b) + words * sizeof(b->bits[0]));
		if (!b)
			return NULL;
		b->words = words;
		b->older = t->bitmap[slot->id];
		t->bitmap[slot->id] = b;
	} else if (!t->slot[slot->id].dirty) {
		for (u64 w = 0; w < words; w++)
			atomic_store(&b->bits[w], 0);
	}
	return b;
}

static void publish(struct slot_table *t, u32 id, const struct slot *to)
{
	struct slot *slot = &t->slot[id];

	__atomic_store_n(&t->sequence, t->sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&slot->gpa, to->gpa, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->size, to->size, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->host, to->host, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->readonly, to->readonly, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->dirty, to->dirty, __ATOMIC_RELAXED);
	if (t->limit <= id)
		__atomic_store_n(&t->limit, id + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&t->sequence, t->sequence + 1, __ATOMIC_RELEASE);
}

int slots_set(struct slots *s, const struct engine_slot *slot)
{
	struct slot to = {slot->gpa, slot->size, slot->host, slot->flags & ENGINE_SLOT_READONLY,
			  NULL};
	struct slot_table *t = s->table;
	struct bitmap *b;
	int ret;

	os_mutex_lock(&s->lock);
	ret = check(t, slot);
	if (!ret && slot->size && slot->flags & ENGINE_SLOT_LOG_DIRTY) {
		b = need_bitmap(t, slot);
		if (b)
			to.dirty = b->bits;
		else
			ret = -ENOMEM;
	}
	if (!ret)
		publish(t, slot->id, &to);
	os_mutex_unlock(&s->lock);
	return ret;
}

/* As it is now, without a lock. */
static void copy(struct slot_table *t, u32 id, struct slot *to)
{
	struct slot *slot = &t->slot[id];

	to->gpa = __atomic_load_n(&slot->gpa, __ATOMIC_RELAXED);
	to->size = __atomic_load_n(&slot->size, __ATOMIC_RELAXED);
	to->host = __atomic_load_n(&slot->host, __ATOMIC_RELAXED);
	to->readonly = __atomic_load_n(&slot->readonly, __ATOMIC_RELAXED);
	to->dirty = __atomic_load_n(&slot->dirty, __ATOMIC_RELAXED);
}

static bool find(struct slots *s, u64 ra, struct slot *to)
{
	struct slot_table *t = s->table;

	for (;;) {
		u32 before = __atomic_load_n(&t->sequence, __ATOMIC_ACQUIRE), k = 0;
		u32 limit = __atomic_load_n(&t->limit, __ATOMIC_RELAXED);

		for (; k < limit; k++)
			if (ra - __atomic_load_n(&t->slot[k].gpa, __ATOMIC_RELAXED) <
			    __atomic_load_n(&t->slot[k].size, __ATOMIC_RELAXED))
				break;
		if (k < limit)
			copy(t, k, to);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(before & 1) && __atomic_load_n(&t->sequence, __ATOMIC_RELAXED) == before)
			return k < limit;
		os_cpu_relax();
	}
}

bool slots_ram(struct slots *s, u64 ra, struct translator_ram *ram)
{
	struct slot slot;

	if (!find(s, ra, &slot))
		return false;
	ram->host = slot.host + (ra - slot.gpa);
	ram->len = slot.size - (ra - slot.gpa);
	ram->writable = !slot.readonly;
	return true;
}

void slots_dirty(struct slots *s, u64 ra, u64 len)
{
	struct slot slot;
	u64 page, last;

	if (!len || !find(s, ra, &slot) || !slot.dirty)
		return;
	last = ra - slot.gpa + len - 1;
	if (last >= slot.size)
		last = slot.size - 1;
	last /= ENGINE_DIRTY_PAGE;
	for (page = (ra - slot.gpa) / ENGINE_DIRTY_PAGE; page <= last; page++) {
		_Atomic u64 *word = &slot.dirty[page / 64];

		if (!(atomic_load_explicit(word, memory_order_relaxed) >> page % 64 & 1))
			atomic_fetch_or(word, 1ull << page % 64);
	}
}

int slots_dirty_log(struct slots *s, u32 id, u64 *bitmap, bool clear)
{
	struct slot_table *t = s->table;
	int ret = -ENOENT;

	if (id >= ENGINE_MAX_SLOTS)
		return ret;
	os_mutex_lock(&s->lock);
	if (t->slot[id].size && t->slot[id].dirty) {
		_Atomic u64 *dirty = t->slot[id].dirty;

		for (u64 w = 0; w < t->bitmap[id]->words; w++)
			bitmap[w] = clear ? atomic_exchange(&dirty[w], 0) : atomic_load(&dirty[w]);
		ret = 0;
	}
	os_mutex_unlock(&s->lock);
	return ret;
}

u64 slots_hash(struct slots *s, slots_hash_fn *fn)
{
	struct slot_table *t = s->table;
	u64 hash = 0;

	os_mutex_lock(&s->lock);
	for (u32 k = 0; k < ENGINE_MAX_SLOTS; k++)
		if (t->slot[k].size)
			hash = fn(hash, (const u64 *)t->slot[k].host, t->slot[k].size / 8);
	os_mutex_unlock(&s->lock);
	return hash;
}
