/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of translator/. Locks: cache.lock guards everything of struct code_cache, but that regions
 * are found and the line map is read without it, and the back end's link and discard;
 * cpu.queue_lock guards that CPU's queue of flushes. Order: cache.lock before any queue_lock; no
 * callback of the host is called under cache.lock but ram().
 */
#ifndef TRANSLATOR_INTERNAL_H
#define TRANSLATOR_INTERNAL_H

#include "backend/backend.h"
#include "cpu/cpu.h"
#include "cpu/time.h"
#include "cpu/watch.h"
#include "frontend/frontend.h"
#include "isa/decode.h"
#include "isa/mode.h"
#include "mmu/mmu.h"
#include "os/os.h"
#include "translator/translator.h"

enum {
	PAGE_BUCKETS = 1 << 13,
	CODE_LINE_BITS = 8, /* granule of invalidation */
	MAX_CPUS = 256,
	DATA_VIEWS = 24, /* first-level arrays that are kept, by what they are for */
	FETCH_VIEWS = 24,
	VIEW_KIND_BITS = 4, /* PR | DR << 1 | HV << 2 | 32-bit << 3 */
	VIEW_SLOTS = 64,
	HALF_ENTRIES = 128, /* that a view remembers of each half of the address space */
	LARGE_BITS = 16,    /* the granule of guests whose pages are that large */
	JUMP_STEP = 509,
	JUMP_ENTRIES = (1 << JUMP_CACHE_BITS) + 8 * JUMP_STEP,
	LINE_MAP_BITS = 28, /* real pages that the map of code lines covers */
	FETCH_BITS = 8,
	QUEUE = 64,
	MMIO_STEPS = 64, /* accesses of one instruction */
};

/* Key bit of regions of one instruction, beside enum cpu_mode. */
#define MODE_SINGLE (1u << 31)
/* Of a page whose instructions are little-endian (BookE). */
#define MODE_FETCH_LE (1u << 30)
/* The first-level arrays have a granule of LARGE_BITS. */
#define MODE_TLB_LARGE (1u << 29)
/* The page that the code stands in has LARGE_BITS or more. */
#define MODE_FETCH_LARGE (1u << 28)
#define MODE_FETCH	 (MODE_FETCH_LE | MODE_FETCH_LARGE)
/* Key of privileged code that looks at no bit of MODE_FLOAT, all of which are 0: a kernel runs with
 * and without a process's registers, and what a translation depends on is the same. */
#define MODE_SHARED (1u << 27)
static inline u32 shared_mode(u32 mode)
{
	return mode & (MODE_PR | MODE_SINGLE | MODE_TRACED) ? mode
							    : (mode & ~MODE_FLOAT) | MODE_SHARED;
}
/* A code_key that no jump cache entry has. */
#define NO_CODE_KEY (~0ull)

/* Of a region's page: bytes that were translated. */
struct region_piece {
	u16 at, len;
};

/* There are very many: every byte counts. */
struct region {
	struct region *_Atomic next; /* of the same bucket; stays when the region is retired */
	u64 ra, ea;
	u32 mode, len;
	struct backend_code *code;
	struct backend_link *incoming; /* links that go here */
	struct region *page_next;      /* of the same real page; of those retired */
	struct region **page_prev;
	union {
		struct {
			struct region *newer, *older; /* by age, for eviction */
		};
		u64 retired_at; /* epoch */
	};
	_Atomic s32 hot; /* counts executions down; struct backend_unit */
	u16 lines;	 /* bitmap of CODE_LINE_BITS lines of its page */
	u16 nr_pieces;
	u8 tier;
	bool valid : 1;
	bool small : 1; /* of a page below 4K: another one may begin in the same 4K, so no links */
	_Atomic u8 queued; /* for tier 2, and when: tier_hot() */
	_Atomic bool used; /* tier 2: looked up since eviction came by last */
	s32 seen;	   /* tier 1: hot, when eviction came by last */
	/* The guest's bytes that were translated: those of ra and len, or, of a region of several
	 * blocks, those of the pieces, which stand before them. */
	struct region_piece piece[];
};

static inline u8 *region_copy(const struct region *r)
{
	return (u8 *)&r->piece[r->nr_pieces];
}

/* What the region, and its code, take. */
static inline size_t region_bytes(const struct region *r)
{
	return os_alloc_bytes(sizeof(*r) + r->nr_pieces * sizeof(r->piece[0]) + r->len) +
	       r->code->size;
}

/* A real 4K page that has translated code. */
struct code_page {
	struct code_page *next;
	u64 page; /* ra >> 12 */
	u32 lines;
	struct region *regions;
};

struct code_cache {
	struct os_mutex lock;
	struct region *_Atomic *bucket;
	u32 bucket_bits;
	struct code_page *pages[PAGE_BUCKETS];
	struct region *retired, **retired_end; /* in the order of their epochs */
	struct region *oldest, *newest;
	/* By real page: its lines that have code, or are being translated. Read without the lock:
	 * see cache_stored(). NULL: nothing is known, ask under the lock. */
	_Atomic u16 *line_map;
	/* What all takes, and the most it was: tables, regions, their code. Those of regions that
	 * are retired but not yet freed are counted apart. */
	size_t bytes, table_bytes, page_bytes, code_bytes, retired_bytes, most_bytes, limit;
	_Atomic u64 epoch;
	u32 spared_after; /* executions that keep a region of tier 1 */
	u64 nr_regions, translated, invalidated, evicted, evictions, flushes;
};

struct translator {
	struct translator_config config;
	_Atomic u32 tlb_bits; /* granule that every CPU shall have; only ever becomes smaller */
	_Atomic u32 small_pages;
	struct mmu_env env;
	struct backend *backend;
	struct ir_env ir_env;
	struct ir_region *ir; /* scratch of tier_at_once(), under cache.lock */
	struct code_cache cache;
	struct translator_cpu *cpu[MAX_CPUS];
	u32 nr_cpus, host_cpus;
	struct os_timers *timers;
	struct tier *tier;	       /* NULL: there is only tier 1 */
	const struct cpu_model *model; /* of all CPUs */
	struct insn_decoder decoder;
	struct {
		u64 regions, insns, ns, discarded;
		_Atomic u64 helped;
	} tier2;       /* under cache.lock */
	u64 insns, ns; /* of tier 1: instructions translated, time it took */
};

/* Beside a tlb_fast: what the slow path knows of the granule. */
struct tlb_slow {
	u64 read_tag, write_tag;
	u64 ra;	  /* of the granule */
	u8 *host; /* NULL: MMIO */
	u32 attr;
	bool watched; /* its entries stay slow */
};

/* What an array's entries hold for. */
struct view_id {
	u64 tag;  /* process, where it matters: see tlb.c */
	u64 keys; /* mmu_keys() */
	u32 kind; /* PR | DR << 1 | HV << 2 | 32-bit << 3 */
};

struct tlb_view {
	struct tlb_site site[TLB_SITES];
	struct tlb_fast fast[1 << TLB_BITS];
	struct tlb_slow slow[1 << TLB_BITS];
	struct view_id id;
	u64 used; /* for replacement; 0: holds nothing */
	/* Where the entries of the lower and the upper half of the address space are, and some that
	 * have become void; more than HALF_ENTRIES: too many to know. */
	u32 count[2];
	u16 at[2][HALF_ENTRIES];
};

struct fetch_entry {
	u64 tag; /* page address, or TLB_NO_TAG */
	u64 ra;	 /* of tag */
	u64 attr;
	u32 shift; /* of what the entry covers: the granule, or the page when it is smaller */
	u32 mode;  /* MODE_FETCH_LE, MODE_FETCH_LARGE */
};

struct fetch_view {
	struct fetch_entry entry[1 << FETCH_BITS];
	struct view_id id;
	u64 used;
	u32 serial;  /* of code_key */
	bool verify; /* translations may have changed: compare before it is used again */
	/* Where entries were replaced: jump cache entries may be of any page that stands there. */
	u64 lost[(1 << FETCH_BITS) / 64];
	bool any_lost;
	bool low, high;
};

enum flush_kind { FLUSH_GUEST, FLUSH_EVERYTHING, FLUSH_WRITABLE_PAGE };
struct flush_request {
	enum flush_kind kind;
	struct cpu_flush guest;
	u64 ra;
};

struct mmio_step {
	struct translator_mmio access;
};

struct cpu_stats {
	u64 lookups, jump_fills, links, unlinked, slow_loads, slow_stores, code_stores;
	u64 refills, fetch_refills, small_pages, second_hits, second_clears, walks;
	u64 selects, view_misses, view_drops, verifies, verify_drops;
	u64 flush[CPU_FLUSH_KINDS], everything, dropped, jump_drops, jump_scans;
	u64 alone; /* instructions translated and run by themselves, for their MMIO */
	u64 mmio, interrupts, hcalls, idles, idle_polls, polls;
	u64 exits[CPU_EXIT_CODES];
};

struct translator_cpu {
	struct backend_cpu be;
	struct cpu_state *s;
	void *frame; /* allocation that s stands in */
	struct translator *t;
	u32 index;
	const struct cpu_model *model;
	struct insn_decoder decoder;
	struct jump_cache *jump_cache;
	struct ir_region *ir; /* scratch */
	u32 fetched[1 << (TLB_PAGE_BITS - 2)];

	u32 mode;
	struct fetch_entry odd_fetch; /* of a page too small for the array */
	struct tlb_second *second;
	struct tlb_view *data[DATA_VIEWS];
	struct fetch_view *fetch[FETCH_VIEWS];
	struct tlb_view *data_now;
	struct fetch_view *fetch_now;
	/* The views of the current context by data_slot(); bit set: it need not be looked up. */
	struct tlb_view *data_of[VIEW_SLOTS];
	struct fetch_view *fetch_of[VIEW_SLOTS];
	u64 data_known, fetch_known;
	u64 process;	 /* whose pages the lower half of a radix kernel's views holds */
	u32 data_access; /* enum mmu_access bits of data accesses */
	u64 watch_key;	 /* cpu_watch_key() that the views were filled under */
	u64 view_clock;
	u32 next_serial;
	bool stale;		/* mode or context must be computed anew */
	bool registers_changed; /* from outside: all translations too */

	/* MMIO of the instruction under way: steps [0, mmio_done) have their data, the next one is
	 * pending when mmio_wait. */
	struct mmio_step step[MMIO_STEPS];
	u32 mmio_done, mmio_at;
	bool mmio_wait, single;
	bool single_step;
	bool counted; /* stopped for stop_at */
	u64 stop_info;

	/* Flushes asked for by others. */
	struct os_mutex queue_lock;
	struct flush_request queue[QUEUE];
	u32 queued;
	bool queue_overflow, lost_writable, drop_writable;
	_Atomic u64 asked, answered;
	_Atomic u32 running; /* inside run(): answers at polls, else before it goes on */
	_Atomic u32 asleep;  /* waits for an interrupt: others may answer for it */
	_Atomic u32 kicked;
	_Atomic u64 epoch; /* safe point passed last; ~0 while not running */
	u64 epoch_seen;	   /* jump cache is good for */

	struct os_timer timer;
	u64 armed; /* host time the timer will fire at, ~0 = not armed */
	_Atomic u32 timer_fired;
	struct os_wake wake;
	u64 idle_poll_ns;     /* to look for a wake-up before sleeping */
	_Atomic u64 woken_at; /* host time at which somebody ended the last sleep; 0: nobody did */

	u64 executed; /* guest instructions, before the current budget */
	s64 budget_given;
	struct cpu_stats stats;
};

/* helper_table.c */
extern const struct ir_helper helper_table[];
void helper_env_init(struct ir_env *env);
/* All that says how a back end meets this guest. */
void helper_config_init(struct backend_config *config, const struct ir_env *env);

/* cache.c; all under cache.lock, but what says otherwise */
struct region *cache_new_region(u32 len, u32 nr_pieces); /* any thread */
int cache_init(struct code_cache *c, size_t limit);
void cache_destroy(struct translator *t);
/* Any thread; what it returns may be retired at once but is not freed before the caller's CPU
 * passes a safe point. */
struct region *cache_find(struct code_cache *c, u64 ra, u64 ea, u32 mode);
/* The region that code of this mode may run. */
struct region *cache_lookup(struct code_cache *c, u64 ra, u64 ea, u32 mode);
struct code_page *cache_page(struct code_cache *c, u64 ra);
/* Between the two the bytes of ra's page may be read for translation: whoever stores there takes
 * the lock behind us. True: the page had no code, its fast stores must be stopped. */
bool cache_begin(struct translator *t, u64 ra);
void cache_end(struct translator *t, u64 ra);
/* -EAGAIN: the bound would be exceeded before CPUs have left what was retired. */
int cache_insert(struct translator *t, struct region *r);
/* Links to old go to r, which was inserted under the same key; old is retired. */
void cache_replace(struct translator *t, struct region *old, struct region *r);
void cache_link(struct translator *t, struct backend_link *link, struct region *to);
void cache_invalidate_range(struct translator *t, u64 ra, u64 len);
/* Does [ra, ra + len), which does not cross LARGE_BITS, touch pages with code? Any thread. */
bool cache_has_code(struct code_cache *c, u64 ra, u64 len);
/* [ra, ra + len) of one page was just stored. Takes the lock if there is code. Any thread. */
bool cache_stored(struct translator *t, u64 ra, u64 len);
/* Drop the regions of the page whose bytes are no longer those translated. */
void cache_verify_page(struct translator *t, u64 ra);
void cache_verify_all(struct translator *t);
void cache_flush(struct translator *t);
/* Forget the pages that have no region. */
void cache_free_pages(struct code_cache *c);
u32 cache_bucket(const struct code_cache *c, u64 ra, u64 ea, u32 mode);

/* evict.c; all under cache.lock */
void cache_unhook_link(struct backend_link *l);
/* Nobody finds it any more; the CPUs are to be called after one or several. */
void cache_retire(struct translator *t, struct region *r);
/* Every CPU must pass a safe point before code goes away; and soon, since it may be inside. */
void cache_call_cpus(struct translator *t);
/* Drop the oldest regions until there is room again. */
void cache_evict(struct translator *t);
/* Free what no CPU can be inside any more, but at most so many regions. False: there is still
 * something that was retired before that epoch. */
bool cache_reap(struct translator *t, u64 before, u32 most);
/* For whoever is going to insert: free a few regions, evict if the cache is full. */
void cache_tidy(struct translator *t);

/* translate.c: the region for ra/ea/mode, found or made; NULL: event raised in cpu */
/* The instruction at pc, 0 when there is none to be read. */
u32 translate_peek(struct translator_cpu *cpu, u64 pc);
struct region *translate_region(struct translator_cpu *cpu, u64 pc, u32 mode, u64 ra, u32 shift);

/* What all translation has in common. */
struct tr_ctx translate_context(struct translator *t, struct ir_region *ir, u32 mode);
struct backend_unit translate_unit(u32 mode, u64 ea, u32 tier);
void translate_optimise(struct translator *t, struct ir_region *ir, u64 pc);

/* tier.c */
struct tier;
int tier_init(struct translator *t);
void tier_destroy(struct translator *t);
bool tier_possible(const struct translator *t, u32 mode, u32 shift);
/* The counter of r, which the calling CPU has just found, reached 0. */
void tier_hot(struct translator *t, struct region *r);
/* Under cache.lock: tier 2 without tier 1; NULL: not possible. */
struct region *tier_at_once(struct translator *t, u64 ea, u32 mode, u64 ra);

/* tlb.c */
int tlb_init(struct translator_cpu *cpu);
void tlb_destroy(struct translator_cpu *cpu);
/* At a safe point: mode, views and code_key of the current state. */
void tlb_select(struct translator_cpu *cpu);
/* What is fetched must be looked up anew, at the next poll. */
void tlb_leave_fetch_view(struct translator_cpu *cpu);
/* Process or protection keys changed under a running region, whose mode stays until it ends. */
void tlb_context_changed(struct translator_cpu *cpu);
void tlb_keys_changed(struct translator_cpu *cpu);
void tlb_set_granule(struct translator_cpu *cpu, u32 bits);
/* At a safe point: nobody's code that went away is entered from here on. */
void tlb_check_epoch(struct translator_cpu *cpu);
/* Enum mmu_access bits of accesses through a view of that kind. */
u32 tlb_access(u32 kind);
/* Where the jump cache of a mode begins: the facilities that it has tell apart what a kernel does
 * with and without a process's registers, at the same addresses. */
static inline u32 jump_base(u32 mode)
{
	return (mode / MODE_FP & 7) * JUMP_STEP;
}

static inline bool tlb_is_low(u64 ea)
{
	return !(ea >> 63);
}

static inline bool tlb_holds(const struct tlb_view *view)
{
	return view->count[0] || view->count[1];
}

/* tlb_second.c */
int tlb_second_init(struct translator_cpu *cpu);
void tlb_second_destroy(struct translator_cpu *cpu);
bool tlb_second_find(struct translator_cpu *cpu, u64 ea, u32 access, struct mmu_result *r);
void tlb_second_add(struct translator_cpu *cpu, u64 ea, u32 access, const struct mmu_result *r);
/* False: it was empty. */
bool tlb_second_clear(struct translator_cpu *cpu);
void tlb_second_flush(struct translator_cpu *cpu, const struct cpu_flush *f);

/* flush.c */
/* Before the entry of that read tag goes. */
void tlb_void_sites(struct tlb_view *view, u64 tag);
void tlb_apply(struct translator_cpu *cpu, const struct flush_request *f);
void tlb_clear_data(struct translator_cpu *cpu, struct tlb_view *view);
/* A new serial, given by tlb_select(), makes its entries of the jump cache void. */
void tlb_clear_fetch(struct translator_cpu *cpu, struct fetch_view *view);
/* Drop entries of the lower half. */
void tlb_drop_low(struct translator_cpu *cpu, struct tlb_view *view);
/* Compare the entries of a view that was marked with what the tables say now. */
void tlb_verify_fetch(struct translator_cpu *cpu, struct fetch_view *view);
void tlb_drop_writable(struct translator_cpu *cpu, u64 ra);
void tlb_request(struct translator_cpu *to, const struct flush_request *f);
void tlb_process_queue(struct translator_cpu *cpu);
/* Until every other CPU answered what it was asked so far. */
void tlb_wait(struct translator *t, struct translator_cpu *self);

/* tlb_fill.c */
/* NULL: event raised */
const struct fetch_entry *tlb_fetch(struct translator_cpu *cpu, u64 pc);
struct data_page {
	u64 ra;	  /* of the access itself */
	u8 *host; /* NULL: MMIO */
	u32 attr;
	bool code; /* may have translated code: tell the cache of stores */
};
/* Translate a data access that stays in one 4K page; 0 or the event's code. */
u32 tlb_data(struct translator_cpu *cpu, u64 ea, u32 access, struct data_page *page);

/* memory.c, atomic.c */
extern const struct backend_mem_ops memory_ops;
u32 memory_larx(struct backend_cpu *cpu, u64 ea, u32 mem, u128 *value);
u32 memory_stcx(struct backend_cpu *cpu, u64 ea, u32 mem, u128 value, u64 *stored);
bool memory_read(struct cpu_state *s, u64 ea, void *buf, u32 len);
bool memory_write(struct cpu_state *s, u64 ea, const void *buf, u32 len);
/* A device control register, as MMIO; the event is raised when it must leave. */
bool memory_dcr(struct translator_cpu *cpu, u32 dcrn, u64 *value, bool write);
u32 memory_raise(struct translator_cpu *cpu, u32 code, u64 ea, u64 dsisr);
u32 memory_watch(struct translator_cpu *cpu, u64 ea, u32 size, bool store);
/* Bytes at page->host were stored. */
void memory_stored(struct translator_cpu *cpu, const struct data_page *page, u32 len);

/* ops.c */
void ops_init(struct translator_cpu *cpu);
void ops_arm_timer(struct translator_cpu *cpu);
/* Host time of the next deadline, or OS_FOREVER. */
u64 ops_next_deadline(struct translator_cpu *cpu);
u64 ops_executed(const struct translator_cpu *cpu);

static inline struct translator_cpu *cpu_of(struct backend_cpu *be)
{
	return be->opaque;
}

static inline struct translator_cpu *cpu_of_state(struct cpu_state *s)
{
	return s->ops_opaque;
}

#endif
