/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs guest processors by translation: the one place that joins frontend, backend, cpu and mmu.
 *
 * Threads: a translator_cpu belongs to one thread while translator_run() is inside it. What other
 * threads may call at any time is marked "any thread".
 */
#ifndef TRANSLATOR_TRANSLATOR_H
#define TRANSLATOR_TRANSLATOR_H

#include "base/types.h"
#include "isa/event.h"
#include "isa/state.h"
#include "mmu/mmu.h"
#include "translator/host.h"

struct backend_ops;
struct code_log;
struct cpu_model;
struct translator;
struct translator_cpu;

struct translator_config {
	const struct translator_host *host; /* outlives the translator */
	const struct backend_ops *backend;
	size_t cache_bytes;    /* bound of the code cache; 0 = default */
	u32 passes;	       /* enum ir_pass to switch off */
	u32 max_insns;	       /* of a region; 0 = default */
	bool leave_at_records; /* debug: leave at every exit record now and then */
	bool verify;	       /* check every region's IR */
	bool tier2_off;
	bool tier2_inline;		 /* for tests: by who finds code hot, without the thread */
	bool count;			 /* count instructions, also without the last two */
	bool stats;			 /* count TLB hits and calls of helpers */
	const struct code_log *code_log; /* NULL: nobody asks; outlives the translator */
	u32 host_level;			 /* of the host's instruction set, at most; 0 = all */
	u32 tier2_after;  /* executions that make a region hot; 0 = default; 1 = at once */
	u64 icount_insns; /* instructions per tick of the time base; 0 = time is the host's */
	u64 stop_at;	  /* icount: stop soon after that many instructions; 0 = never */
};

enum translator_stop {
	TRANSLATOR_STOP_KICK,
	TRANSLATOR_STOP_MMIO,  /* translator_mmio(): complete it, run again */
	TRANSLATOR_STOP_HCALL, /* r3.. hold the call; set r3, run again */
	TRANSLATOR_STOP_DCR,   /* the same, of a device control register */
	TRANSLATOR_STOP_DEBUG, /* single step or breakpoint */
	TRANSLATOR_STOP_RESET, /* info says which */
	TRANSLATOR_STOP_COUNT, /* stop_at was reached; only once */
	TRANSLATOR_STOP_ERROR, /* event in state that nothing handles */
};

struct translator_mmio {
	u64 ra;
	u8 data[16]; /* data[0] is the byte at ra */
	u32 len;
	bool write;
	bool dcr;    /* a device control register: ra is its number, data big-endian */
	bool failed; /* answer: nobody is there */
};

int translator_create(const struct translator_config *config, struct translator **t);
/* After all its CPUs. */
void translator_destroy(struct translator *t);

int translator_cpu_create(struct translator *t, u32 index, const struct cpu_model *model,
			  struct translator_cpu **cpu);
void translator_cpu_destroy(struct translator_cpu *cpu);
struct cpu_state *translator_cpu_state(struct translator_cpu *cpu);
struct translator_cpu *translator_cpu_at(struct translator *t, u32 index);

enum translator_stop translator_run(struct translator_cpu *cpu);
/* The access that TRANSLATOR_STOP_MMIO is about; valid until the next run. */
struct translator_mmio *translator_mmio(struct translator_cpu *cpu);
u64 translator_stop_info(const struct translator_cpu *cpu);
/* Forget MMIO under way, as reset does. */
void translator_cpu_cancel(struct translator_cpu *cpu);
/* Registers were written from outside: drop what was derived from them. */
void translator_registers_changed(struct translator_cpu *cpu);
void translator_single_step(struct translator_cpu *cpu, bool on);

/* Make translator_run() stop soon, or at once when it is called next. Any thread. */
void translator_kick(struct translator_cpu *cpu);
/* Change an asynchronous condition and wake the processor. Any thread. */
void translator_set_irq(struct translator_cpu *cpu, enum cpu_irq irq, bool level);
/* Something that cpu_wakes() looks at changed. Any thread. */
void translator_wake(struct translator_cpu *cpu);

/* [ra, ra + len) was written from outside. Any thread. */
void translator_memory_written(struct translator *t, u64 ra, u64 len);
/* Memory appeared, went, or its dirty log was cleared: all cached translations and, with
 * code true, all translated code are void when this returns. Any thread but from a callback. */
void translator_flush(struct translator *t, bool code);
/* Translations became void, as by a tlbie of cpu (NULL: of nobody); waits for all processors. */
void translator_flush_guest(struct translator *t, struct translator_cpu *cpu,
			    const struct cpu_flush *f);
/* The partition's translation parameters; change them before CPUs run or flush behind it. */
struct mmu_env *translator_mmu_env(struct translator *t);

/* Translate for a debugger: no state changes. False: not mapped. */
bool translator_debug_translate(struct translator_cpu *cpu, u64 ea, u64 *ra);

typedef void translator_stat_fn(void *opaque, const char *name, u64 value);
void translator_stats(struct translator *t, struct translator_cpu *cpu, translator_stat_fn *fn,
		      void *opaque);

#endif
