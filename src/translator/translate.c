// SPDX-License-Identifier: GPL-2.0-or-later
/* Guest code → region: fetch, front end, passes, back end, cache. */
#include <errno.h>

#include "base/endian.h"
#include "base/log.h"
#include "base/string.h"
#include "isa/disasm.h"
#include "isa/mode.h"
#include "translator/internal.h"

enum { DEFAULT_MAX_INSNS = 96, ROOM_TRIES = 1000, ROOM_TURNS = 10000, FEW_TRIES = 8 };

/* Where a region is being fetched from. Each word is read once: what is translated is what is
 * compared with memory later. */
struct fetch {
	const u8 *host; /* of pc */
	u64 pc, end;	/* effective addresses that host covers */
	u32 *word;	/* read so far, as they stand in memory */
	u32 count;
	bool little_endian;
};

static u32 raw_word(const u8 *host, u32 k)
{
	return __atomic_load_n((const u32 *)host + k, __ATOMIC_RELAXED);
}

static bool fetch_word(void *opaque, u64 ea, u32 *word)
{
	struct fetch *f = opaque;
	u32 k;

	if (ea < f->pc || ea + 4 > f->end)
		return false;
	for (k = (u32)(ea - f->pc) / 4; f->count <= k; f->count++)
		f->word[f->count] = raw_word(f->host, f->count);
	*word = f->little_endian == !HOST_BIG_ENDIAN ? f->word[k] : bswap32(f->word[k]);
	return true;
}

static void log_line(void *opaque, const char *line)
{
	(void)opaque;
	log_printf(LOG_IR, "%s\n", line);
}

static void log_ir(struct translator *t, const struct ir_region *ir, const char *when)
{
	if (!log_on(LOG_IR))
		return;
	log_printf(LOG_IR, "IR %s:\n", when);
	ir_print(ir, &t->ir_env, NULL, log_line, NULL);
}

static void check(struct translator *t, const struct ir_region *ir, u64 pc, const char *which)
{
	char msg[128];

	if (t->config.verify && ir_verify(ir, &t->ir_env, msg, sizeof(msg)))
		log_warn("bad %sIR at %llx: %s", which, (unsigned long long)pc, msg);
}

struct tr_ctx translate_context(struct translator *t, struct ir_region *ir, u32 mode)
{
	return (struct tr_ctx){
		.r = ir,
		.model = t->model,
		.decoder = &t->decoder,
		.mode = mode & ~(MODE_SINGLE | MODE_FETCH | MODE_TLB_LARGE | MODE_SHARED),
		.no_float = mode & MODE_SHARED,
		.no_chain = mode & MODE_SINGLE,
		.lazy_fp = t->config.backend->lazy_fp,
	};
}

struct backend_unit translate_unit(u32 mode, u64 ea, u32 tier)
{
	return (struct backend_unit){
		.pc = ea,
		.single = mode & MODE_SINGLE,
		.tier = tier,
		.sites = true,
		.tlb_bits = mode & MODE_TLB_LARGE ? LARGE_BITS : TLB_PAGE_BITS,
		.page_bits = mode & MODE_FETCH_LARGE ? LARGE_BITS : TLB_PAGE_BITS,
	};
}

void translate_optimise(struct translator *t, struct ir_region *ir, u64 pc)
{
	log_ir(t, ir, "as built");
	check(t, ir, pc, "");
	ir_optimise(ir, &t->ir_env, t->config.backend->passes & ~t->config.passes);
	log_ir(t, ir, "optimised");
	if (!ir->overflow)
		check(t, ir, pc, "optimised ");
}

static void log_guest(struct translator_cpu *cpu, struct fetch *f, u32 len)
{
	char text[DISASM_MAX];
	struct insn insn;
	u32 word, at;

	log_printf(LOG_IN_ASM, "IN: %016llx mode %x\n", (unsigned long long)f->pc, cpu->mode);
	for (at = 0; at < len; at += 4) {
		if (!fetch_word(f, f->pc + at, &word))
			return;
		text[0] = 0;
		if (insn_decode(&cpu->decoder, word, &insn))
			insn_disasm(&insn, f->pc + at, text, sizeof(text));
		log_printf(LOG_IN_ASM, "%016llx: %08x  %s\n", (unsigned long long)(f->pc + at),
			   word, text);
	}
}

/* Stores to the page must come to us from now on. Our own stores at once; a store of another CPU
 * before it answers is found by comparing when it does. */
static void guard_page(struct translator_cpu *cpu, u64 ra)
{
	struct flush_request f = {.kind = FLUSH_WRITABLE_PAGE, .ra = ra & TLB_PAGE_MASK};
	struct translator *t = cpu->t;
	u32 k;

	if (!cache_begin(t, ra))
		return;
	tlb_drop_writable(cpu, ra);
	for (k = 0; k < t->nr_cpus; k++)
		if (t->cpu[k] && t->cpu[k] != cpu)
			tlb_request(t->cpu[k], &f);
}

/* *mode becomes that of the region. */
static u32 build(struct translator_cpu *cpu, struct fetch *f, u32 *mode, u32 max_insns)
{
	struct translator *t = cpu->t;
	struct tr_ctx c = translate_context(t, cpu->ir, *mode);
	u32 len;

	ir_begin(cpu->ir);
	len = frontend_translate(&c, f->pc, max_insns, fetch_word, f);
	if (!len || cpu->ir->overflow)
		return 0;
	if (log_on(LOG_IN_ASM))
		log_guest(cpu, f, len);
	translate_optimise(t, cpu->ir, f->pc);
	if (cpu->ir->overflow)
		return 0;
	if (!c.float_seen)
		*mode = shared_mode(*mode);
	return len;
}

/* Without any lock. *err: -ENOSPC when the back end has no room for the code. */
static struct region *make(struct translator_cpu *cpu, struct fetch *f, u32 mode, u64 ra,
			   bool count, int *err)
{
	struct translator *t = cpu->t;
	u32 max = mode & MODE_SINGLE	? 1
		  : t->config.max_insns ? t->config.max_insns
					: DEFAULT_MAX_INSNS;
	struct region *r = NULL;
	struct backend_unit unit = translate_unit(mode, f->pc, 1);
	struct backend_code *code;
	u32 len, key = mode, k;

	*err = -ENOMEM;
	for (;; max /= 2) {
		if (!max)
			return NULL;
		key = mode;
		len = build(cpu, f, &key, max);
		if (!len)
			continue;
		r = cache_new_region(len, 0);
		if (!r)
			return NULL;
		unit.hot = count ? &r->hot : NULL;
		*err = t->config.backend->compile(t->backend, cpu->ir, &unit, &code);
		if (!*err)
			break;
		os_free(r);
		if (*err != -E2BIG)
			return NULL;
	}
	r->ra = ra;
	r->ea = f->pc;
	r->mode = key;
	r->tier = 1;
	r->code = code;
	atomic_init(&r->hot, (s32)t->config.tier2_after);
	r->seen = (s32)t->config.tier2_after;
	memcpy(region_copy(r), f->word, len);
	for (k = 0; k < r->code->nr_links; k++)
		r->code->links[k].owner = r;
	return r;
}

u32 translate_peek(struct translator_cpu *cpu, u64 pc)
{
	const struct translator_host *h = cpu->t->config.host;
	struct cpu_event event = cpu->s->event;
	u32 raw;
	struct fetch f = {
		.pc = pc, .end = pc + 4, .word = &raw, .little_endian = cpu->mode & MODE_LE};
	struct translator_ram ram;
	const struct fetch_entry *page = tlb_fetch(cpu, pc);
	u32 word = 0;

	if (page && h->ram(h->opaque, page->ra + (pc - page->tag), &ram) && ram.len >= 4) {
		f.little_endian |= !!(page->mode & MODE_FETCH_LE);
		f.host = ram.host;
		fetch_word(&f, pc, &word);
	}
	cpu->s->event = event;
	return word;
}

/* Wait until all CPUs have left what was retired so far. This CPU runs nothing; it passes safe
 * points here. */
static void wait_for_cpus(struct translator_cpu *cpu)
{
	struct translator *t = cpu->t;
	u64 now = atomic_load(&t->cache.epoch);
	bool done = false;
	u32 turns;

	cpu->be.stop_link = NULL;
	for (turns = 0; !done && turns < ROOM_TURNS; turns++) {
		atomic_store(&cpu->epoch, 0);
		tlb_check_epoch(cpu);
		atomic_store(&cpu->epoch, cpu->epoch_seen);
		tlb_process_queue(cpu);
		os_mutex_lock(&t->cache.lock);
		done = cache_reap(t, now, ~0u);
		os_mutex_unlock(&t->cache.lock);
		if (!done)
			os_thread_yield();
	}
}

/* The back end's memory is used up, although the cache is within its bound: what was evicted is
 * still waiting for CPUs, or the holes are too small. Evict, or drop everything. True: there was
 * nothing to drop. */
static bool make_room(struct translator *t, bool everything)
{
	bool empty;

	os_mutex_lock(&t->cache.lock);
	empty = !t->cache.nr_regions && !t->cache.retired;
	if (everything)
		cache_flush(t);
	else
		cache_evict(t);
	os_mutex_unlock(&t->cache.lock);
	return empty;
}

/* Under cache.lock: do the bytes that were translated still stand in memory? */
static bool unchanged(struct translator *t, const struct region *r)
{
	const u8 *copy = region_copy(r);
	struct translator_ram ram;
	u32 k;

	if (!t->config.host->ram(t->config.host->opaque, r->ra, &ram) || ram.len < r->len)
		return false;
	for (k = 0; k < r->len / 4; k++) {
		u32 word;

		memcpy(&word, copy + 4 * k, 4);
		if (raw_word(ram.host, k) != word)
			return false;
	}
	return true;
}

/* r was made without the lock: another CPU may have made the same, or have changed the code. */
static struct region *publish(struct translator_cpu *cpu, struct region *r, u32 mode, u64 start,
			      bool *again, int *err)
{
	struct translator *t = cpu->t;
	struct region *other;

	os_mutex_lock(&t->cache.lock);
	cache_tidy(t);
	other = cache_lookup(&t->cache, r->ra, r->ea, mode);
	if (!other) {
		/* Before the bytes are read: what is stored later must be noticed. */
		guard_page(cpu, r->ra);
		*again = !unchanged(t, r);
		if (!*again)
			*err = cache_insert(t, r);
		cache_end(t, r->ra);
	}
	t->insns += r->len / 4;
	t->ns += os_clock_ns() - start;
	if (other || *again || *err) {
		t->config.backend->discard(t->backend, r->code);
		os_free(r);
		r = other;
	}
	os_mutex_unlock(&t->cache.lock);
	return r;
}

static struct region *at_once(struct translator_cpu *cpu, u64 pc, u32 mode, u64 ra)
{
	struct translator *t = cpu->t;
	struct region *r;

	os_mutex_lock(&t->cache.lock);
	cache_tidy(t);
	r = cache_lookup(&t->cache, ra, pc, mode);
	if (!r) {
		guard_page(cpu, ra);
		r = tier_at_once(t, pc, mode, ra);
		cache_end(t, ra);
	}
	os_mutex_unlock(&t->cache.lock);
	return r;
}

/* NULL without an event: no room. *err: -ENOSPC when it is the back end that has none, -EAGAIN when
 * CPUs must leave what was retired first. */
static struct region *try_region(struct translator_cpu *cpu, u64 pc, u32 mode, u64 ra, u32 shift,
				 int *err)
{
	struct translator *t = cpu->t;
	struct translator_ram ram;
	struct fetch f = {.pc = pc, .little_endian = mode & (MODE_LE | MODE_FETCH_LE)};
	struct region *r = cache_lookup(&t->cache, ra, pc, mode);
	/* A region stands in one real page of 4K, the unit of invalidation. */
	u64 size = 1ull << (shift < TLB_PAGE_BITS ? shift : TLB_PAGE_BITS);
	u64 left = size - (pc & (size - 1)), start;
	bool again = true, count = tier_possible(t, mode, shift);

	if (r) {
		if (r->tier == 2 && !atomic_load_explicit(&r->used, memory_order_relaxed))
			atomic_store_explicit(&r->used, true, memory_order_relaxed);
		return r;
	}
	start = os_clock_ns();
	if (count && t->config.tier2_after == 1)
		r = at_once(cpu, pc, mode, ra);
	while (!r && again) {
		again = false;
		if (!t->config.host->ram(t->config.host->opaque, ra, &ram) || ram.len < left) {
			/* Fetching from nowhere: a machine check on the bus. */
			cpu->s->event = (struct cpu_event){
				.code = CPU_EXC_MCHECK,
				.info = cpu->model->isa >= ISA_3_0 ? PPC_BIT(36) : PPC_BIT(45),
				.ea = pc,
			};
			return NULL;
		}
		f.host = ram.host;
		f.end = pc + left;
		f.word = cpu->fetched;
		f.count = 0;
		r = make(cpu, &f, mode, ra, count, err);
		if (r) {
			r->small = shift < TLB_PAGE_BITS;
			r = publish(cpu, r, mode, start, &again, err);
		}
		if (!r && !again && *err != -ENOSPC && *err != -EAGAIN)
			cpu->s->event = (struct cpu_event){.code = CPU_EXIT_RESET, .ea = pc};
	}
	return r;
}

struct region *translate_region(struct translator_cpu *cpu, u64 pc, u32 mode, u64 ra, u32 shift)
{
	bool hopeless = false;
	int err = 0;
	struct region *r = try_region(cpu, pc, mode, ra, shift, &err);
	u32 tries, full = 0;

	/* Others may take the room that was made. */
	for (tries = 0; !r && !cpu->s->event.code && tries < ROOM_TRIES && !hopeless; tries++) {
		if (err == -ENOSPC)
			hopeless = make_room(cpu->t, full++ > 0) && full > FEW_TRIES;
		wait_for_cpus(cpu);
		r = try_region(cpu, pc, mode, ra, shift, &err);
	}
	if (!r && !cpu->s->event.code)
		cpu->s->event = (struct cpu_event){.code = CPU_EXIT_RESET, .ea = pc};
	return r;
}
