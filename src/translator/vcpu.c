// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loop of one CPU: look the region up, run it, see why it stopped.
 *
 * A safe point is the loop's head: no region is being run, pending flushes are answered and the
 * epoch is published. `wanted` is cleared there before its reasons are looked at, so whoever sets
 * a reason first and `wanted` second is heard.
 */
#include "base/log.h"
#include "isa/mode.h"
#include "translator/internal.h"

enum { IDLE_POLL_MAX_NS = 50000, IDLE_POLL_STEP_NS = 10000, IDLE_GAP_NS = 5000 };

/* What the loop does next. */
enum next { NEXT_GO, NEXT_STOP };

static enum next stop_for(enum translator_stop *why, enum translator_stop reason)
{
	*why = reason;
	return NEXT_STOP;
}

/* --- budget: counts guest instructions down --- */
static void give_budget(struct translator_cpu *cpu)
{
	u64 per_tick = cpu->t->config.icount_insns, stop_at = cpu->t->config.stop_at;
	s64 n = INT64_MAX / 2;

	cpu->executed = ops_executed(cpu);
	if (cpu->single) {
		n = 0;
	} else if (per_tick) {
		u64 deadline = cpu_next_deadline(cpu->s), now = cpu_timebase(cpu->s);
		u64 ticks = deadline > now ? deadline - now : 0;

		if (ticks > 1 << 20)
			ticks = 1 << 20;
		n = (s64)(ticks * per_tick);
		if (cpu->executed < stop_at && stop_at - cpu->executed < (u64)n)
			n = (s64)(stop_at - cpu->executed);
	}
	cpu->budget_given = cpu->be.budget = n;
}

/* --- safe point --- */
static void pass_safe_point(struct translator_cpu *cpu)
{
	/* 0 keeps everything alive until the epoch that we saw is known. */
	atomic_store(&cpu->epoch, 0);
	tlb_check_epoch(cpu);
	atomic_store(&cpu->epoch, cpu->epoch_seen);
}

static void look_around(struct translator_cpu *cpu)
{
	atomic_store(&cpu->s->wanted, 0);
	tlb_process_queue(cpu);
	if (atomic_exchange(&cpu->timer_fired, 0))
		cpu->armed = ~0ull;
	ops_arm_timer(cpu); /* which lets expire what has */
	if (unlikely(atomic_load(&cpu->t->tlb_bits) != cpu->be.tlb_bits))
		tlb_set_granule(cpu, atomic_load(&cpu->t->tlb_bits));
	if (cpu_irq_ready(cpu->s) && cpu_take_irq(cpu->s)) {
		cpu->stats.interrupts++;
		log_printf(LOG_INT, "cpu %u: interrupt, now at %llx\n", cpu->index,
			   (unsigned long long)cpu->s->pc);
		cpu->stale = true;
	}
	pass_safe_point(cpu);
}

/* --- regions --- */
static struct region *find_region(struct translator_cpu *cpu, u32 mode)
{
	const struct fetch_entry *f;
	u64 pc = cpu->s->pc;

	cpu->stats.lookups++;
	f = tlb_fetch(cpu, pc);
	if (!f)
		return NULL;
	return translate_region(cpu, pc, mode | f->mode, f->ra + (pc - f->tag), f->shift);
}

static const void *find_entry(struct translator_cpu *cpu, u32 mode)
{
	const struct region *r = find_region(cpu, mode);

	return r ? r->code->entry : NULL;
}

/* Who retires a region counts the epoch up and then looks into all jump caches: either he sees what
 * we put there, or we see the new epoch. */
static void jump_fill(struct translator_cpu *cpu, struct jump_cache *j, const void *entry,
		      u64 epoch)
{
	__atomic_store_n(&j->pc, cpu->s->pc, __ATOMIC_RELAXED);
	j->entry = entry;
	__atomic_store_n(&j->key, cpu->be.code_key, __ATOMIC_SEQ_CST);
	if (atomic_load(&cpu->t->cache.epoch) != epoch)
		__atomic_store_n(&j->key, 0, __ATOMIC_RELAXED);
	cpu->stats.jump_fills++;
}

static const void *next_entry(struct translator_cpu *cpu)
{
	struct jump_cache *j = &cpu->be.jump_cache[jump_cache_index(cpu->s->pc)];
	const void *entry;
	u64 epoch;

	if (cpu->single)
		return find_entry(cpu, cpu->mode | MODE_SINGLE);
	if (j->pc == cpu->s->pc && __atomic_load_n(&j->key, __ATOMIC_RELAXED) == cpu->be.code_key)
		return j->entry;
	epoch = atomic_load(&cpu->t->cache.epoch);
	entry = find_entry(cpu, cpu->mode);
	if (entry && cpu->be.code_key != NO_CODE_KEY)
		jump_fill(cpu, j, entry, epoch);
	return entry;
}

/* Link the GOTO that stopped to its target, if nothing changed meanwhile. */
static void link_stop(struct translator_cpu *cpu, struct backend_link *link)
{
	struct translator *t = cpu->t;
	struct region *from, *to;
	u64 ra, page;
	u32 mode;

	os_mutex_lock(&t->cache.lock);
	/* We are past the region but not past a safe point: link is not freed yet. */
	from = link->owner;
	mode = cpu->mode | (from->mode & MODE_FETCH);
	if (from->valid && !from->small &&
	    (from->mode == mode || from->mode == shared_mode(mode))) {
		page = ~0ull << (from->mode & MODE_FETCH_LARGE ? LARGE_BITS : TLB_PAGE_BITS);
		ra = (from->ra & page) | (link->pc & ~page);
		to = cache_lookup(&t->cache, ra, link->pc, mode);
		/* Code that all modes share goes on in code of one of them by itself only. */
		if (to && (from->mode & MODE_SHARED) && !(to->mode & MODE_SHARED))
			cpu->stats.unlinked++;
		else if (to)
			cache_link(t, link, to);
	}
	os_mutex_unlock(&t->cache.lock);
}

/* --- events --- */
/* Sleeping and being woken takes the host tens of microseconds. Where wake-ups come sooner than
 * that a processor looks for a while first; how long is learnt from the last sleeps. A gap in the
 * clock says that somebody else wants the host's processor. */
static bool look_for_wake(struct translator_cpu *cpu)
{
	u64 begin, now, last, limit = cpu->idle_poll_ns;

	if (!limit || cpu->t->nr_cpus > cpu->t->host_cpus)
		return false;
	begin = last = os_clock_ns();
	for (;;) {
		u32 k;

		for (k = 0; k < 16; k++) {
			if (atomic_load(&cpu->kicked) || cpu_wakes(cpu->s))
				return true;
			os_cpu_relax();
		}
		now = os_clock_ns();
		if (now - last > IDLE_GAP_NS)
			cpu->idle_poll_ns = 0;
		if (now - last > IDLE_GAP_NS || now - begin > limit ||
		    atomic_load(&cpu->asked) != atomic_load(&cpu->answered))
			return false;
		last = now;
	}
}

static void learn_idle(struct translator_cpu *cpu, u64 slept)
{
	if (slept > IDLE_POLL_MAX_NS)
		cpu->idle_poll_ns /= 2;
	else if (cpu->idle_poll_ns < IDLE_POLL_MAX_NS)
		cpu->idle_poll_ns += IDLE_POLL_STEP_NS;
}

static void sleep_until(struct translator_cpu *cpu, u64 host_time)
{
	u64 begin = os_clock_ns(), end;

	atomic_store(&cpu->woken_at, 0);
	atomic_store(&cpu->epoch, ~0ull);
	atomic_store(&cpu->running, 0);
	atomic_store(&cpu->asleep, 1);
	os_wake_wait(&cpu->wake, host_time);
	atomic_store(&cpu->asleep, 0);
	atomic_store(&cpu->epoch, 0);
	atomic_store(&cpu->running, 1);
	/* How long the host took to wake us is not to be learnt. */
	end = atomic_load(&cpu->woken_at);
	learn_idle(cpu, (end ? end : os_clock_ns()) - begin);
}

static void wait_for_interrupt(struct translator_cpu *cpu)
{
	const struct translator_host *h = cpu->t->config.host;
	u64 until;

	cpu->stats.idles++;
	h->idle(h->opaque, cpu->index, cpu->s, true);
	while (!atomic_load(&cpu->kicked)) {
		cpu_timer_expire(cpu->s);
		if (cpu_wakes(cpu->s))
			break;
		if (cpu->t->config.icount_insns) {
			/* Idle time passes at once. */
			u64 deadline = cpu_next_deadline(cpu->s), now = cpu_timebase(cpu->s);

			if (deadline != ~0ull) {
				if (deadline > now)
					cpu->executed +=
						(deadline - now) * cpu->t->config.icount_insns;
				continue;
			}
		}
		if (look_for_wake(cpu)) {
			cpu->stats.idle_polls++;
			continue;
		}
		/* No timer is needed: the wait ends by itself. */
		until = ops_next_deadline(cpu);
		if (!cpu_wakes(cpu->s))
			sleep_until(cpu, until);
		if (atomic_exchange(&cpu->timer_fired, 0))
			cpu->armed = ~0ull;
	}
	h->idle(h->opaque, cpu->index, cpu->s, false);
	atomic_store(&cpu->s->wanted, 1);
}

static enum next handle_hcall(struct translator_cpu *cpu, enum translator_stop *why)
{
	const struct translator_host *h = cpu->t->config.host;

	cpu->stats.hcalls++;
	cpu->stale = true;
	switch (h->hcall(h->opaque, cpu->index, cpu->s)) {
	case TRANSLATOR_HCALL_DONE:
		return NEXT_GO;
	case TRANSLATOR_HCALL_IDLE:
		wait_for_interrupt(cpu);
		return NEXT_GO;
	case TRANSLATOR_HCALL_EXIT:
		break;
	}
	return stop_for(why, TRANSLATOR_STOP_HCALL);
}

static enum next handle_event(struct translator_cpu *cpu, enum translator_stop *why)
{
	struct cpu_state *s = cpu->s;
	u32 code = s->event.code;

	if (code && code < CPU_EXC_LAST) {
		cpu->stats.interrupts++;
		log_printf(LOG_INT, "cpu %u: exception %u at %llx ea %llx info %llx dsisr %llx\n",
			   cpu->index, code, (unsigned long long)s->pc,
			   (unsigned long long)s->event.ea, (unsigned long long)s->event.info,
			   (unsigned long long)s->event.dsisr);
		cpu->stale = true;
		/* DSISR describes the instruction: an access that found out does not know it. */
		if (code == CPU_EXC_ALIGN && !s->event.info)
			s->event.info = translate_peek(cpu, s->pc);
		if (cpu_deliver(s)) {
			s->event.code = 0;
			return NEXT_GO;
		}
		/* A checkstop is a reset; anything else nobody handles. */
		if (s->event.code != CPU_EXIT_RESET)
			return stop_for(why, TRANSLATOR_STOP_ERROR);
		code = CPU_EXIT_RESET;
	}
	cpu->stop_info = s->event.info;
	s->event.code = 0;
	cpu->stale = true;
	switch (code) {
	case CPU_EXIT_RESYNC:
		/* Returns from interrupts: an exit record's pc is a constant. */
		if (cpu->stop_info & CPU_TRACE_PC_IN_EA)
			s->pc = s->event.ea;
		return NEXT_GO;
	case CPU_EXIT_NONE:
	case CPU_EXIT_WANTED:
		return NEXT_GO;
	case CPU_EXIT_HCALL:
		return handle_hcall(cpu, why);
	case CPU_EXIT_MMIO:
		return stop_for(why, cpu->step[cpu->mmio_done].access.dcr ? TRANSLATOR_STOP_DCR
									  : TRANSLATOR_STOP_MMIO);
	case CPU_EXIT_IDLE:
		wait_for_interrupt(cpu);
		return NEXT_GO;
	case CPU_EXIT_DEBUG_STOP:
		return stop_for(why, TRANSLATOR_STOP_DEBUG);
	case CPU_EXIT_RESET:
		return stop_for(why, TRANSLATOR_STOP_RESET);
	default:
		return stop_for(why, TRANSLATOR_STOP_ERROR);
	}
}

/* An instruction that ran alone is complete. */
static enum next finish_single(struct translator_cpu *cpu, enum translator_stop *why)
{
	cpu->mmio_done = 0;
	cpu->stats.alone++;
	if (!cpu->single_step)
		return NEXT_GO;
	return stop_for(why, TRANSLATOR_STOP_DEBUG);
}

static enum next handle_stop(struct translator_cpu *cpu, enum backend_stop stop,
			     enum translator_stop *why)
{
	struct cpu_state *s = cpu->s;
	enum next next = NEXT_GO;

	s->pc = cpu->be.pc;
	switch (stop) {
	case BACKEND_STOP_LEAVE:
		if (!s->event.code) {
			s->event.code = cpu->be.exit_code;
			s->event.info = cpu->be.exit_info;
		}
		cpu->stats.exits[s->event.code % CPU_EXIT_CODES]++;
		next = handle_event(cpu, why);
		break;
	case BACKEND_STOP_LINK:
		cpu->stats.links++;
		if (!cpu->single && next_entry(cpu) && cpu->be.stop_link)
			link_stop(cpu, cpu->be.stop_link);
		else if (s->event.code)
			next = handle_event(cpu, why);
		break;
	case BACKEND_STOP_POLL:
		cpu->stats.polls++;
		break;
	case BACKEND_STOP_HOT: {
		struct region *r = find_region(cpu, cpu->mode);

		if (r)
			tier_hot(cpu->t, r);
		else
			next = handle_event(cpu, why);
		break;
	}
	default:
		break;
	}
	if (next == NEXT_GO && cpu->single && stop != BACKEND_STOP_POLL)
		next = finish_single(cpu, why);
	return next;
}

static void begin_run(struct translator_cpu *cpu)
{
	atomic_store(&cpu->running, 1);
	/* The rest of an access does not look around, but runs code like any other. */
	pass_safe_point(cpu);
	cpu->stale = true;
	atomic_store(&cpu->s->wanted, 1);
	if (cpu->registers_changed) {
		cpu->registers_changed = false;
		cpu->be.res_host = 0;
		tlb_apply(cpu, &(struct flush_request){.kind = FLUSH_EVERYTHING});
	}
	/* The completed access is the last step; the instruction runs again, alone. */
	if (cpu->mmio_wait) {
		cpu->mmio_wait = false;
		cpu->mmio_done++;
	}
}

enum translator_stop translator_run(struct translator_cpu *cpu)
{
	struct translator *t = cpu->t;
	enum translator_stop why = TRANSLATOR_STOP_ERROR;
	enum next next = NEXT_GO;
	u32 turn = 0, wanted = 0;

	begin_run(cpu);
	while (next == NEXT_GO) {
		const void *entry;

		cpu->single = cpu->mmio_done || cpu->single_step;
		/* An instruction under way is not interrupted: its accesses happened. */
		if (cpu->mmio_done) {
			wanted |= atomic_exchange(&cpu->s->wanted, 0);
		} else {
			if (wanted)
				atomic_store(&cpu->s->wanted, 1);
			wanted = 0;

			if (atomic_load(&cpu->s->wanted))
				look_around(cpu);
			if (cpu->s->event.code) {
				/* The watchdog's last expiry. */
				next = handle_event(cpu, &why);
				continue;
			}
			if (atomic_exchange(&cpu->kicked, 0)) {
				why = TRANSLATOR_STOP_KICK;
				break;
			}
		}
		if (t->config.stop_at && !cpu->counted && ops_executed(cpu) >= t->config.stop_at) {
			cpu->counted = true;
			why = TRANSLATOR_STOP_COUNT;
			break;
		}
		if (cpu->stale)
			tlb_select(cpu);
		cpu->mmio_at = 0;
		entry = next_entry(cpu);
		if (!entry) {
			next = handle_event(cpu, &why);
			continue;
		}
		give_budget(cpu);
		cpu->be.record_count = t->config.leave_at_records ? 1 + turn++ % 13 : 0;
		if (log_on(LOG_EXEC))
			log_printf(LOG_EXEC, "cpu %u: %016llx\n", cpu->index,
				   (unsigned long long)cpu->s->pc);
		next = handle_stop(cpu, t->config.backend->run(t->backend, &cpu->be, entry), &why);
		if (t->config.icount_insns && cpu->be.budget <= 0)
			atomic_store(&cpu->s->wanted, 1);
	}
	if (wanted)
		atomic_store(&cpu->s->wanted, 1);
	cpu->s->icount = ops_executed(cpu);
	atomic_store(&cpu->epoch, ~0ull);
	atomic_store(&cpu->running, 0);
	return why;
}
