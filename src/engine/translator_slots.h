/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory slots of the translator engine and their dirty log; see translator.c. Lookups and marks
 * come from any thread without a lock; the rest from any thread, too. */
#ifndef ENGINE_TRANSLATOR_SLOTS_H
#define ENGINE_TRANSLATOR_SLOTS_H

#include <stdatomic.h>

#include "os/os.h"
#include "translator/host.h"
#include "vm/engine.h"

struct slot_table;

struct slots {
	struct os_mutex lock; /* who changes it */
	struct slot_table *table;
};

int slots_init(struct slots *s);
void slots_destroy(struct slots *s);
int slots_set(struct slots *s, const struct engine_slot *slot);
bool slots_ram(struct slots *s, u64 ra, struct translator_ram *ram);
void slots_dirty(struct slots *s, u64 ra, u64 len);
typedef u64 slots_hash_fn(u64 hash, const u64 *words, u64 count);
u64 slots_hash(struct slots *s, slots_hash_fn *fn);
int slots_dirty_log(struct slots *s, u32 id, u64 *bitmap, bool clear);

#endif
