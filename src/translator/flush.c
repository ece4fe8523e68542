// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dropping translations: what tlbie and its family ask for, on this CPU at once and on others
 * through their queues. A CPU answers at its polls and fences; one that is not running answers
 * before it runs again, so nobody waits for it. Nobody stops the world.
 */
#include "base/log.h"
#include "base/string.h"
#include "translator/internal.h"

static void drop_data_page(struct tlb_view *view, u64 page)
{
	u32 at = (page >> TLB_PAGE_BITS) & ((1 << TLB_BITS) - 1);

	if (view->slow[at].read_tag == page || view->slow[at].write_tag == page) {
		view->slow[at].read_tag = view->slow[at].write_tag = TLB_NO_TAG;
		view->fast[at].read_tag = view->fast[at].write_tag = TLB_NO_TAG;
	}
}

void tlb_clear_view(struct tlb_view *view)
{
	u32 k;

	if (!view->used)
		return;
	for (k = 0; k < 1 << TLB_BITS; k++) {
		view->fast[k].read_tag = view->fast[k].write_tag = TLB_NO_TAG;
		view->slow[k].read_tag = view->slow[k].write_tag = TLB_NO_TAG;
	}
	view->used = false;
}

void tlb_clear_fetch(struct fetch_entry *f)
{
	u32 k;

	for (k = 0; k < 1 << FETCH_BITS; k++)
		f[k].tag = TLB_NO_TAG;
}

/* A new serial, given by tlb_select(), makes every entry of the jump cache for this context void.
 */
void tlb_clear_context(struct translator_cpu *cpu, struct context *c)
{
	u32 v;

	for (v = 0; v < VIEWS; v++) {
		if (c->view[v])
			tlb_clear_view(c->view[v]);
		if (c->fetch[v])
			tlb_clear_fetch(c->fetch[v]);
		c->serial[v] = 0;
	}
	cpu->stale = true;
	cpu->be.code_key = NO_CODE_KEY;
}

/* Jump cache entries of a page, whatever their key. */
static void drop_jumps(struct translator_cpu *cpu, u64 page)
{
	struct jump_cache *j = &cpu->jump_cache[jump_cache_index(page) & ~63u];
	u32 k;

	for (k = 0; k < 64; k++)
		if ((j[k].pc & TLB_PAGE_MASK) == page)
			j[k].key = 0;
}

static void drop_page(struct translator_cpu *cpu, struct context *c, u64 ea, u32 shift)
{
	u64 page = ea & TLB_PAGE_MASK, end;
	u32 v;

	if (shift > TLB_PAGE_BITS + 6) {
		tlb_clear_context(cpu, c);
		return;
	}
	page &= shift < TLB_PAGE_BITS ? TLB_PAGE_MASK : ~0ull << shift;
	end = page + (1ull << (shift < TLB_PAGE_BITS ? TLB_PAGE_BITS : shift));
	for (; page != end; page += 1 << TLB_PAGE_BITS) {
		for (v = 0; v < VIEWS; v++) {
			struct fetch_entry *f = c->fetch[v];

			if (c->view[v])
				drop_data_page(c->view[v], page);
			if (!f)
				continue;
			f += (page >> TLB_PAGE_BITS) & ((1 << FETCH_BITS) - 1);
			if (f->tag == page)
				f->tag = TLB_NO_TAG;
		}
		drop_jumps(cpu, page);
	}
}

/* All entries whose effective address differs from ea in no bit of mask. */
static void drop_matching(struct translator_cpu *cpu, struct context *c, u64 ea, u64 mask)
{
	u32 v, k;

	for (v = 0; v < VIEWS; v++) {
		struct tlb_view *view = c->view[v];

		for (k = 0; view && view->used && k < 1 << TLB_BITS; k++) {
			struct tlb_slow *s = &view->slow[k];
			u64 tag = s->read_tag == TLB_NO_TAG ? s->write_tag : s->read_tag;

			if (tag == TLB_NO_TAG || ((tag ^ ea) & mask))
				continue;
			s->read_tag = s->write_tag = TLB_NO_TAG;
			view->fast[k].read_tag = view->fast[k].write_tag = TLB_NO_TAG;
		}
		for (k = 0; c->fetch[v] && k < 1 << FETCH_BITS; k++)
			if (c->fetch[v][k].tag != TLB_NO_TAG && !((c->fetch[v][k].tag ^ ea) & mask))
				c->fetch[v][k].tag = TLB_NO_TAG;
		c->serial[v] = 0;
	}
	cpu->stale = true;
	cpu->be.code_key = NO_CODE_KEY;
}

/* On radix every context also holds the kernel's pages, which are process 0's. */
static void apply_guest(struct translator_cpu *cpu, const struct cpu_flush *f)
{
	u64 segment = ~0ull << (f->seg_shift ? f->seg_shift : 28);
	u32 k;

	if (log_on(LOG_MMU))
		log_printf(LOG_MMU, "cpu %u: flush kind %u id %llx address %016llx shift %u\n",
			   cpu->index, f->kind, (unsigned long long)f->id,
			   (unsigned long long)f->addr, f->shift);
	tlb_second_flush(cpu, f);
	if (f->kind == CPU_FLUSH_CONTEXT || f->kind == CPU_FLUSH_KEYS) {
		/* Accesses later in this region already go there. */
		if (cpu->current)
			tlb_reselect(cpu);
		cpu->stale = true;
		return;
	}
	for (k = 0; k < CONTEXTS; k++) {
		struct context *c = &cpu->context[k];
		bool of_process = !f->id || c->tag == f->id;

		if (!c->valid)
			continue;
		switch (f->kind) {
		case CPU_FLUSH_ALL:
		case CPU_FLUSH_SEGMENTS:
			tlb_clear_context(cpu, c);
			cpu->stats.flush_all++;
			break;
		case CPU_FLUSH_PID:
			if (of_process)
				tlb_clear_context(cpu, c);
			cpu->stats.flush_context++;
			break;
		case CPU_FLUSH_PID_PAGE:
			if (of_process)
				drop_page(cpu, c, f->addr, f->shift);
			cpu->stats.flush_page++;
			break;
		case CPU_FLUSH_EA:
			drop_page(cpu, c, f->addr, f->shift);
			cpu->stats.flush_page++;
			break;
		case CPU_FLUSH_VPN: {
			/* Which segments have the VSID is not kept: every address with the same
			 * offset in its segment may be meant. */
			u64 mask = ~segment &
				   (f->shift < TLB_PAGE_BITS ? TLB_PAGE_MASK : ~0ull << f->shift);

			drop_matching(cpu, c, f->addr, mask);
			cpu->stats.flush_page++;
			break;
		}
		case CPU_FLUSH_SEGMENT:
			drop_matching(cpu, c, f->addr, segment);
			cpu->stats.flush_context++;
			break;
		case CPU_FLUSH_CONTEXT:
		case CPU_FLUSH_KEYS:
		case CPU_FLUSH_PWC:
			break;
		}
	}
}

/* The page at ra gained code: no store to it may be fast. It may have been written since it was
 * read for translation, so what was translated is compared again. */
static void apply_writable(struct translator_cpu *cpu, u64 ra)
{
	tlb_drop_writable(cpu, ra);
	os_mutex_lock(&cpu->t->cache.lock);
	cache_verify_page(cpu->t, ra);
	os_mutex_unlock(&cpu->t->cache.lock);
}

void tlb_drop_writable(struct translator_cpu *cpu, u64 ra)
{
	u32 c, v, k;

	ra &= TLB_PAGE_MASK;
	for (c = 0; c < CONTEXTS; c++) {
		for (v = 0; v < VIEWS; v++) {
			struct tlb_view *view = cpu->context[c].view[v];

			for (k = 0; view && view->used && k < 1 << TLB_BITS; k++)
				if (view->fast[k].write_tag != TLB_NO_TAG && view->slow[k].ra == ra)
					view->fast[k].write_tag = TLB_NO_TAG;
		}
	}
}

void tlb_apply(struct translator_cpu *cpu, const struct flush_request *f)
{
	u32 k;

	switch (f->kind) {
	case FLUSH_GUEST:
		apply_guest(cpu, &f->guest);
		break;
	case FLUSH_EVERYTHING:
		tlb_second_clear(cpu);
		for (k = 0; k < CONTEXTS; k++)
			tlb_clear_context(cpu, &cpu->context[k]);
		cpu->stats.flush_all++;
		break;
	case FLUSH_WRITABLE_PAGE:
		apply_writable(cpu, f->ra);
		break;
	}
}

/* A CPU that is not running stores nothing, so nothing needs comparing when it comes back: it only
 * gives up its right to fast stores. An idle CPU's queue would overflow with such requests. */
void tlb_request(struct translator_cpu *to, const struct flush_request *f)
{
	os_mutex_lock(&to->queue_lock);
	atomic_fetch_add(&to->asked, 1);
	if (f->kind == FLUSH_WRITABLE_PAGE && !atomic_load(&to->running))
		to->drop_writable = true;
	else if (to->queued < QUEUE)
		to->queue[to->queued++] = *f;
	else if (f->kind == FLUSH_WRITABLE_PAGE)
		to->queue_overflow = to->lost_writable = true;
	else
		to->queue_overflow = true;
	os_mutex_unlock(&to->queue_lock);
	atomic_store(&to->s->wanted, 1);
}

static void drop_all_writable(struct translator_cpu *cpu)
{
	u32 c, v, k;

	for (c = 0; c < CONTEXTS; c++) {
		for (v = 0; v < VIEWS; v++) {
			struct tlb_view *view = cpu->context[c].view[v];

			for (k = 0; view && view->used && k < 1 << TLB_BITS; k++)
				view->fast[k].write_tag = TLB_NO_TAG;
		}
	}
}

void tlb_process_queue(struct translator_cpu *cpu)
{
	struct flush_request taken[QUEUE];
	bool overflow, lost_writable, drop_writable;
	u32 k, count;
	u64 asked;

	if (atomic_load(&cpu->asked) == atomic_load(&cpu->answered))
		return;
	os_mutex_lock(&cpu->queue_lock);
	count = cpu->queued;
	memcpy(taken, cpu->queue, count * sizeof(taken[0]));
	overflow = cpu->queue_overflow;
	lost_writable = cpu->lost_writable;
	drop_writable = cpu->drop_writable;
	cpu->queued = 0;
	cpu->queue_overflow = cpu->lost_writable = cpu->drop_writable = false;
	asked = atomic_load(&cpu->asked);
	os_mutex_unlock(&cpu->queue_lock);
	if (overflow)
		tlb_apply(cpu, &(struct flush_request){.kind = FLUSH_EVERYTHING});
	for (k = 0; k < count; k++)
		if (!overflow || taken[k].kind == FLUSH_WRITABLE_PAGE)
			tlb_apply(cpu, &taken[k]);
	if (drop_writable)
		drop_all_writable(cpu);
	if (lost_writable) {
		/* Pages that gained code, nobody knows which: compare all code. */
		os_mutex_lock(&cpu->t->cache.lock);
		cache_verify_all(cpu->t);
		os_mutex_unlock(&cpu->t->cache.lock);
	}
	atomic_store(&cpu->answered, asked);
}

void tlb_wait(struct translator *t, struct translator_cpu *self)
{
	u32 k;

	for (k = 0; k < t->nr_cpus; k++) {
		struct translator_cpu *other = t->cpu[k];
		u64 asked;

		if (!other || other == self)
			continue;
		asked = atomic_load(&other->asked);
		while (atomic_load(&other->answered) < asked && atomic_load(&other->running)) {
			/* Two CPUs may wait for each other. */
			if (self)
				tlb_process_queue(self);
			os_thread_yield();
		}
	}
}
