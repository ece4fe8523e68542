/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a back end is: it compiles an IR region and runs it on a struct backend_cpu. It knows
 * nothing of the guest: state is byte offsets, helpers are indexes, memory is a first-level TLB
 * with callbacks behind it.
 *
 * Going on. A region goes on through GOTO or GOTO_IF (constant address) or GOTO_IND. A GOTO[_IF]
 * that stays in the guest
 * page has a link: run() stops with BACKEND_STOP_LINK, its user finds the target and calls link(),
 * which patches the code atomically while other vCPUs run it. A GOTO that leaves the page and a
 * GOTO_IND ask the vCPU's jump cache, whose entries hold only under the current code_key; its user
 * fills the cache when run() stops with BACKEND_STOP_LOOKUP and drops entries when translations
 * of addresses change.
 *
 * Leaving. Every other stop is through an exit record: the record's pending values are stored to
 * their slots, pc is the record's, exit_code and exit_info say why. Memory callbacks and helpers
 * with IR_FX_LEAVE leave by a code that is not 0.
 *
 * Getting hot. A region compiled with a counter decrements it at its entry (not at labels inside)
 * and stops with BACKEND_STOP_HOT, having done nothing, exactly when that gives 0; on other values,
 * negative ones too, it goes on. The decrement need not be atomic: lost counts do no harm.
 *
 * Threads: link() and discard() are called under one lock of the caller; compile() by any number
 * of threads at the same time and at the same time as all else, so its scratch is per call; run()
 * by any number of vCPUs. discard() only when no vCPU can be inside the code.
 */
#ifndef BACKEND_BACKEND_H
#define BACKEND_BACKEND_H

#include <stdatomic.h>

#include "base/codelog.h"
#include "base/types.h"
#include "ir/ir.h"

enum {
	TLB_PAGE_BITS = 12,
	TLB_BITS = 10, /* entries of a first-level array: 1 << TLB_BITS */
	JUMP_CACHE_BITS = 14,
};
#define TLB_PAGE_MASK (~(u64)((1 << TLB_PAGE_BITS) - 1))
/* A tag that no address has: tags are page addresses, and what is compared with them may have the
 * low four bits too, where they must be 0 for the access to be aligned. */
#define TLB_NO_TAG 0x100ull

/* A granule of 1 << tlb_bits bytes in ordinary memory. An access of n bytes at ea is fast when the
 * granule address of its last byte equals the tag of the entry that ea selects. tlb_bits is the
 * vCPU's; code is compiled for one value (backend_unit) and only ever run while that holds. */
struct tlb_fast {
	u64 read_tag, write_tag;
	uintptr_t addend; /* host address = ea + addend */
	u64 pad;
};

/* TLB_SITES of these stand before each array of code compiled with backend_unit.sites: what single
 * loads of code used last, so that an address need not be known to find its addend. The back end
 * fills one from an entry of the array that hits for reading; whoever drops that entry or puts
 * another in its place voids them too. */
struct tlb_site {
	u64 tag; /* granule, or TLB_NO_TAG */
	uintptr_t addend;
};
enum { TLB_SITES = 64 };

static inline struct tlb_fast *tlb_fast_at(struct tlb_fast *tlb, u32 tlb_bits, u64 ea)
{
	return &tlb[(ea >> tlb_bits) & ((1 << TLB_BITS) - 1)];
}

struct jump_cache {
	u64 pc, key;
	const void *entry;
	u64 pad;
};

static inline u32 jump_cache_index(u64 pc)
{
	return (u32)((pc ^ pc >> 13) >> 2) & ((1 << JUMP_CACHE_BITS) - 1);
}

enum backend_stop {
	BACKEND_STOP_LEAVE,  /* through a record, or a helper's or memory callback's code */
	BACKEND_STOP_POLL,   /* *poll was not 0 */
	BACKEND_STOP_LINK,   /* stop_link may be linked to the region at pc */
	BACKEND_STOP_LOOKUP, /* the jump cache has nothing for pc */
	BACKEND_STOP_BUDGET, /* budget below 0 at a POLL or where code goes on */
	BACKEND_STOP_RECORD, /* debug: a record was left through for no reason */
	BACKEND_STOP_HOT,    /* the counter of the region at pc reached 0 */
};

struct backend_cpu;
struct backend_link;

/* Behind the fast path. ea includes the displacement; mem is enum ir_mem. A result other than 0
 * makes the op leave with that code. Values are those of the IR op, integers in the low half. */
struct backend_mem_ops {
	u32 (*load)(struct backend_cpu *cpu, u64 ea, u32 mem, u128 *value);
	u32 (*store)(struct backend_cpu *cpu, u64 ea, u32 mem, u128 value);
	u32 (*larx)(struct backend_cpu *cpu, u64 ea, u32 mem, u128 *value);
	u32 (*stcx)(struct backend_cpu *cpu, u64 ea, u32 mem, u128 value, u64 *stored);
	u32 (*dcbz)(struct backend_cpu *cpu, u64 ea, u32 block);
	void (*fence)(struct backend_cpu *cpu, enum ir_fence kind);
};

/* What one vCPU's code runs on. Memory callbacks and helpers may change tlb, tlb_as1 and code_key:
 * what a back end keeps of them in host registers it loads again behind each. */
struct backend_cpu {
	u8 *state; /* guest state; frame_size bytes stand before it */
	struct tlb_fast *tlb, *tlb_as1;
	u64 tlb_mask; /* ~0 << tlb_bits */
	u32 tlb_bits;
	/* The reservation. LARX: aligned and a read hit (else the callback): load size bytes from
	 * the host address, note address, size and the bytes as loaded, before any swap. STCX:
	 * aligned and a write hit (else the callback): unless res_host and res_size are this host
	 * address and size, fail; else compare and exchange (a full barrier) res_value with the
	 * swapped operand. Both ways res_host becomes 0. No other thread looks at these. */
	u32 res_size;
	uintptr_t res_host; /* 0: there is none */
	u128 res_value;
	struct jump_cache *jump_cache;
	u64 code_key;
	_Atomic u32 *poll;
	s64 budget;	  /* guest instructions until BACKEND_STOP_BUDGET; see backend_config */
	u32 record_count; /* debug: leave at the n-th record from now; 0 = never */
	u32 exit_code;
	u64 pc;		 /* where to go on, after any stop */
	void *ret_limit; /* these three are the back end's, while it runs */
	u32 cr_const[2];
	void *ret_base;
	u64 exit_info;
	struct backend_link *stop_link;
	const struct backend_mem_ops *mem;
	void *opaque; /* of mem's implementer */
	/* With backend_config.stats: first-level hits, and helper calls by index. */
	u64 tlb_hits;
	u64 *helper_calls;
};

/* A GOTO that can be patched. from/next/target/prev are for the user of the back end. */
struct backend_link {
	u64 pc;
	void *slot; /* the back end's */
	void *owner;
	struct backend_link *next;
	struct backend_link **prev;
};

struct backend_code {
	const void *entry;
	size_t size; /* of everything, for the cache's bound */
	u32 nr_links;
	struct backend_link *links;
};

enum backend_fp_rounding {
	BACKEND_FP_NEAREST,
	BACKEND_FP_ZERO,
	BACKEND_FP_UP,
	BACKEND_FP_DOWN,
};

enum backend_fp_flag {
	BACKEND_FP_DIVIDE = 1 << 0, /* of a finite number by zero */
	BACKEND_FP_OVERFLOW = 1 << 1,
	BACKEND_FP_UNDERFLOW = 1 << 2, /* tiny before rounding, and inexact */
	BACKEND_FP_INEXACT = 1 << 3,
};

struct backend_config {
	const struct ir_env *env;
	u32 event_slot; /* u32: not 0 after a helper that wants to leave */
	bool leave_at_records;
	/* For back ends that add to the FP status out of sight (IR_FX_ADD), on the guest state.
	 * The first: how a binary operation rounds now. The second: the status gets these flags
	 * (enum backend_fp_flag) and whatever the lazy slots say. */
	enum backend_fp_rounding (*fp_rounding)(const void *state);
	void (*fp_collect)(void *state, u32 flags);
	/* Guest instructions are counted: records' icount and ACCOUNT are taken off the budget.
	 * Otherwise a back end may leave the budget alone and never stops for it. */
	bool count;
	/* backend_cpu.poll is this slot of the guest state. */
	bool poll_in_state;
	u32 poll_slot;
	size_t code_bytes; /* of memory for code; 0 = default */
	u32 host_level;	   /* of the host's instruction set, at most: x86-64-v1, 2, 3; 0 = all */
	const struct code_log *code_log; /* NULL: nobody asks */
	/* Count into backend_cpu.tlb_hits and helper_calls; costs nothing when it is off. */
	bool stats;
};

/* What compile() is told beside the region. */
struct backend_unit {
	u64 pc; /* of the region's entry */
	/* Granule of the first-level arrays that the code will run on. 0 = TLB_PAGE_BITS */
	u32 tlb_bits;
	/* The guest page that the region stands in has 1 << page_bits bytes, or more: a GOTO that
	 * stays inside has a link. 0 = TLB_PAGE_BITS */
	u32 page_bits;
	/* Execution counter, which lives as long as the code; NULL: none. */
	_Atomic s32 *hot;
	/* One instruction: every GOTO stops with BACKEND_STOP_BUDGET, whether anyone counts or not.
	 */
	bool single;
	u32 tier;   /* 1: compile fast; 2: the code is hot, compile well */
	bool sites; /* the arrays have struct tlb_site before them */
};

struct backend;

struct backend_ops {
	const char *name;
	u32 passes; /* enum ir_pass: what to run before compile() */
	size_t frame_size;
	bool interprets; /* runs nothing on the host itself; for statistics */
	bool lazy_fp;	 /* uses config's fp_*(): the front end is to use the lazy slots */
	int (*create)(const struct backend_config *config, struct backend **b);
	void (*destroy)(struct backend *b);
	/* -E2BIG: too large for this back end, translate less. */
	int (*compile)(struct backend *b, const struct ir_region *r,
		       const struct backend_unit *unit, struct backend_code **code);
	void (*discard)(struct backend *b, struct backend_code *code);
	/* entry NULL: unlink. */
	void (*link)(struct backend *b, struct backend_link *link, const void *entry);
	enum backend_stop (*run)(struct backend *b, struct backend_cpu *cpu, const void *entry);
	/* On the vCPU's thread between two run()s: code went away or will. Entries that the back
	 * end remembers for this vCPU, outside of links and jump cache, are void. */
	void (*forget)(struct backend *b, struct backend_cpu *cpu);
};

extern const struct backend_ops backend_interp, backend_x86_64;

/* One file per kind of host; the default stands first. */
extern const struct backend_ops *const backend_list[];
extern const u32 backend_count;
/* Those of this build, by index and by name; NULL: there is none. */
const struct backend_ops *backend_at(u32 i);
const struct backend_ops *backend_find(const char *name);

static inline u32 backend_tlb_bits(const struct backend_unit *u)
{
	return u->tlb_bits ? u->tlb_bits : TLB_PAGE_BITS;
}

/* Does a GOTO to `to` stay in the page? */
static inline bool backend_same_page(const struct backend_unit *u, u64 to)
{
	return !((u->pc ^ to) >> (u->page_bits ? u->page_bits : TLB_PAGE_BITS));
}

#endif
