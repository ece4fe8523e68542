/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A little guest memory and one processor, for tests of translation. */
#ifndef TEST_MMU_COMMON_H
#define TEST_MMU_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/endian.h"
#include "cpu/cpu.h"
#include "isa/event.h"
#include "isa/model.h"
#include "mmu/mmu.h"

enum { RAM_SIZE = 16 << 20, HPT_SHIFT = 18 };

struct world {
	u8 *ram;
	struct cpu_state s;
	struct mmu_env env;
	u64 written; /* address of the last write the accessor was told of */
	struct cpu_flush flush;
	unsigned flushes, syncs;
};

static void *world_map(void *opaque, u64 ra, u64 len)
{
	struct world *w = opaque;

	return ra <= RAM_SIZE && len <= RAM_SIZE - ra ? w->ram + ra : NULL;
}

static void world_written(void *opaque, u64 ra, u64 len)
{
	struct world *w = opaque;

	w->written = ra;
}

static void world_flush(struct cpu_state *s, const struct cpu_flush *f)
{
	struct world *w = s->ops_opaque;

	w->flush = *f;
	w->flushes++;
}

static void world_sync(struct cpu_state *s)
{
	((struct world *)s->ops_opaque)->syncs++;
}

static inline struct world *world_new(const char *model)
{
	static const struct mmu_mem_ops mem_ops = {.map = world_map, .written = world_written};
	static const struct cpu_ops ops = {.flush = world_flush, .flush_sync = world_sync};
	struct world *w = aligned_alloc(64, (sizeof(*w) + 63) & ~63ul);

	memset(w, 0, sizeof(*w));
	w->ram = calloc(1, RAM_SIZE);
	w->s.ops = &ops;
	w->s.ops_opaque = w;
	cpu_reset(&w->s, cpu_model_find(model));
	w->env.mem = (struct mmu_mem){&mem_ops, w};
	w->env.rma_size = RAM_SIZE;
	return w;
}

static inline void world_free(struct world *w)
{
	free(w->env.hpt);
	free(w->ram);
	free(w);
}

static inline void put(struct world *w, u64 ra, u64 value)
{
	st_be64(w->ram + ra, value);
}

static inline u64 get(struct world *w, u64 ra)
{
	return ld_be64(w->ram + ra);
}

static inline u32 go(struct world *w, u64 ea, u32 access, struct mmu_result *r)
{
	return mmu_translate(&w->s, &w->env, ea, access | MMU_RELOC, r);
}

#endif
