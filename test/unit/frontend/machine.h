/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A processor without translation for front end tests: a few words at a given address through
 * frontend_translate(), the verifier, the optimiser and the interpreter. Memory is 4 KiB at MEM. */
#ifndef TEST_FRONTEND_MACHINE_H
#define TEST_FRONTEND_MACHINE_H

#include "backend/backend.h"
#include "cpu/mem.h"
#include "frontend/frontend.h"
#include "isa/decode.h"

enum { PC = 0x1000, MEM = 0x8000, MEM_SIZE = 4096 };

struct machine {
	const struct cpu_model *model;
	struct insn_decoder decoder;
	struct ir_env env;
	struct backend *backend;
	struct ir_region region;
	struct jump_cache jumps[1 << JUMP_CACHE_BITS];
	struct tlb_fast tlb[1 << TLB_BITS];
	void *frame;
	struct cpu_state *s;
	const u32 *words;
	u32 nr_words;
	u64 base; /* address of words[0] */
	u8 mem[MEM_SIZE];
	u64 reserved; /* address */
	u32 passes;   /* enum ir_pass */
	/* of the last run */
	enum backend_stop stop;
	u32 code, bytes;
	u64 info, pc, executed;
	struct tr_extent extent;
};

struct machine *machine_create(const char *model);
void machine_destroy(struct machine *m);
/* Registers, and memory with a pattern. */
void machine_reset(struct machine *m);
/* Translate and run the words once from pc; m->stop, code, info, pc and state say what came of it.
 */
void machine_run(struct machine *m, u32 mode, u64 pc, const u32 *words, u32 count);

/* The same as one region of several blocks that begins at pc, where words[0] stands at base. Stops
 * when at least budget instructions were executed. heat: frontend.h. */
void machine_run_region(struct machine *m, u32 mode, u64 pc, u64 base, const u32 *words, u32 count,
			u32 max_insns, tr_heat_fn *heat, s64 budget);

#endif
