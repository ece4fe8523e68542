/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time base, decrementers, VTB, PURR and SPURR (Power ISA Book III chapter 7), and the BookE
 * timers (2.07B Book III-E chapter 9; the periods of 440 and e500 from their manuals).
 *
 * A decrementer is kept as the time base value at which it reads 0. On Book3S its interrupt is a
 * level: it exists as long as the register is negative. On BookE reaching 0 sets TSR[DIS], which
 * stays until software clears it. Events that interrupt nobody arm no host timer: they enter TSR
 * when somebody looks at it.
 */
#include "cpu/time.h"

#include "cpu/cpu.h"
#include "isa/msr.h"
#include "isa/sprbits.h"

static bool is_booke(const struct cpu_state *s)
{
	return s->model->families & FAM_BOOKE;
}

u64 cpu_timebase(const struct cpu_state *s)
{
	u64 clock = s->ops && s->ops->clock ? s->ops->clock((struct cpu_state *)s) : 0;

	return clock + s->tb_offset;
}

static void timers_changed(struct cpu_state *s)
{
	cpu_timer_expire(s);
	if (s->ops && s->ops->timer_changed)
		s->ops->timer_changed(s);
}

void cpu_set_timebase(struct cpu_state *s, u64 tb)
{
	u64 delta = tb - cpu_timebase(s);

	/* The decrementers do not notice. */
	s->tb_offset += delta;
	s->dec_expires += delta;
	s->hdec_expires += delta;
	timers_changed(s);
}

static unsigned dec_width(const struct cpu_state *s)
{
	bool large = s->model->dec_bits > 32 && (s->spr[SPR_LPCR] & LPCR_LD);

	return large ? s->model->dec_bits : 32;
}

static u64 dec_read(const struct cpu_state *s, u64 expires)
{
	u64 v = expires - cpu_timebase(s);
	unsigned width = dec_width(s);

	return width == 32 ? (u32)v : (u64)bits_sext(v, width);
}

u64 cpu_dec(const struct cpu_state *s)
{
	u64 tb = cpu_timebase(s);

	/* BookE stops at 0, unless it reloads, which cpu_timer_expire() does. More than 32 bits
	 * mean that it has stopped. */
	if (is_booke(s))
		return (s->dec_expires - tb) >> 32 ? 0 : s->dec_expires - tb;
	return dec_read(s, s->dec_expires);
}

void cpu_set_dec(struct cpu_state *s, u64 value)
{
	u64 tb = cpu_timebase(s);

	if (is_booke(s))
		s->dec_expires = (u32)value ? tb + (u32)value : ~0ull >> 1;
	else
		s->dec_expires = tb + (u64)bits_sext(value, dec_width(s));
	timers_changed(s);
}

u64 cpu_hdec(const struct cpu_state *s)
{
	return dec_read(s, s->hdec_expires);
}

void cpu_set_hdec(struct cpu_state *s, u64 value)
{
	s->hdec_expires = cpu_timebase(s) + (u64)bits_sext(value, dec_width(s));
	timers_changed(s);
}

u64 cpu_vtb(const struct cpu_state *s)
{
	return cpu_timebase(s) - s->tb_offset + s->vtb_offset;
}

u64 cpu_purr(const struct cpu_state *s)
{
	return cpu_timebase(s) - s->tb_offset + s->purr_offset;
}

u64 cpu_spurr(const struct cpu_state *s)
{
	return cpu_timebase(s) - s->tb_offset + s->spurr_offset;
}

void cpu_set_vtb(struct cpu_state *s, u64 value)
{
	s->vtb_offset += value - cpu_vtb(s);
}

void cpu_set_purr(struct cpu_state *s, u64 value)
{
	s->purr_offset += value - cpu_purr(s);
}

void cpu_set_spurr(struct cpu_state *s, u64 value)
{
	s->spurr_offset += value - cpu_spurr(s);
}

/* Bit of the time base (0 = least significant) whose rise is the event; the e500's extension
 * fields select any of the 64, the 440 one of four. */
static unsigned booke_period_bit(const struct cpu_state *s, bool watchdog)
{
	u64 tcr = s->spr[SPR_TCR];
	unsigned sel = (unsigned)(watchdog ? tcr >> 30 : tcr >> 24) & 3;
	unsigned ext = (unsigned)(watchdog ? tcr >> 17 : tcr >> 13) & 15;

	if (s->model->families & FAM_440)
		return (watchdog ? 20 : 12) + 4 * sel;
	return 63 - (ext << 2 | sel);
}

/* First rise of the bit after tb. */
static u64 next_rise(u64 tb, unsigned bit)
{
	u64 half = 1ull << bit;
	u64 t = (tb & ~(2 * half - 1)) + half;

	return t > tb ? t : t + 2 * half;
}

static void post(struct cpu_state *s, enum cpu_irq irq, bool level)
{
	u64 old = atomic_load_explicit(&s->irq_pending, memory_order_relaxed);

	if (level != (bool)(old >> irq & 1))
		cpu_post_irq(s, irq, level);
}

static void booke_dec_expire(struct cpu_state *s, u64 tb)
{
	u64 reload = (u32)s->spr[SPR_DECAR];

	if ((s64)(tb - s->dec_expires) < 0)
		return;
	s->spr[SPR_TSR] |= TSR_DIS;
	if ((s->spr[SPR_TCR] & TCR_ARE) && reload)
		s->dec_expires += ((tb - s->dec_expires) / reload + 1) * reload;
	else
		s->dec_expires = ~0ull >> 1;
}

static void booke_wdt_expire(struct cpu_state *s, u64 tb)
{
	u64 *tsr = &s->spr[SPR_TSR];
	u64 period = 2ull << booke_period_bit(s, true);

	if ((s64)(tb - s->wdt_expires) < 0)
		return;
	/* Nobody may have looked for more than one period. */
	if (!(*tsr & TSR_ENW)) {
		*tsr |= TSR_ENW;
		s->wdt_expires += period;
	}
	if (!(*tsr & TSR_WIS) && (s64)(tb - s->wdt_expires) >= 0) {
		*tsr |= TSR_WIS;
		s->wdt_expires += period;
	}
	if ((s64)(tb - s->wdt_expires) < 0)
		return;
	s->wdt_expires = next_rise(tb, booke_period_bit(s, true));
	if (s->spr[SPR_TCR] & TCR_WRC) {
		*tsr |= s->spr[SPR_TCR] & TCR_WRC;
		cpu_raise(s, CPU_EXIT_RESET, bits_get(s->spr[SPR_TCR], 28, 2));
		atomic_store(&s->wanted, 1);
	}
}

void cpu_booke_timer_update(struct cpu_state *s)
{
	u64 tb = cpu_timebase(s);

	s->fit_expires = next_rise(tb, booke_period_bit(s, false));
	s->wdt_expires = next_rise(tb, booke_period_bit(s, true));
	timers_changed(s);
}

static void booke_expire(struct cpu_state *s, u64 tb)
{
	u64 tcr = s->spr[SPR_TCR];
	u64 tsr;

	booke_dec_expire(s, tb);
	booke_wdt_expire(s, tb);
	if ((s64)(tb - s->fit_expires) >= 0) {
		s->spr[SPR_TSR] |= TSR_FIS;
		s->fit_expires = next_rise(tb, booke_period_bit(s, false));
	}
	tsr = s->spr[SPR_TSR];
	post(s, CPU_IRQ_DECREMENTER, (tsr & TSR_DIS) && (tcr & TCR_DIE));
	post(s, CPU_IRQ_FIT, (tsr & TSR_FIS) && (tcr & TCR_FIE));
	post(s, CPU_IRQ_WATCHDOG, (tsr & TSR_WIS) && (tcr & TCR_WIE));
}

static void expire(struct cpu_state *s, u64 tb)
{
	if (is_booke(s)) {
		booke_expire(s, tb);
		return;
	}
	post(s, CPU_IRQ_DECREMENTER, (s64)(s->dec_expires - tb) < 0);
	if (s->msr & MSR_HV || s->hdec_expires != ~0ull >> 1)
		post(s, CPU_IRQ_HDECREMENTER, (s64)(s->hdec_expires - tb) < 0);
}

void cpu_timer_expire(struct cpu_state *s)
{
	expire(s, cpu_timebase(s));
}

/* Deadlines beyond this are "never": an hour and more at any frequency, so no harm is done. */
static u64 earlier(u64 a, u64 b, u64 tb)
{
	if ((s64)(b - tb) < 0 || b - tb > ~0ull >> 2)
		return a;
	return a - tb < b - tb ? a : b;
}

static u64 next_deadline(const struct cpu_state *s, u64 tb)
{
	u64 next = tb - 1; /* the farthest there is */
	u64 tcr = s->spr[SPR_TCR];

	if (is_booke(s)) {
		if (tcr & (TCR_DIE | TCR_ARE))
			next = earlier(next, s->dec_expires, tb);
		if ((tcr & TCR_FIE) && !(s->spr[SPR_TSR] & TSR_FIS))
			next = earlier(next, s->fit_expires, tb);
		if (tcr & (TCR_WIE | TCR_WRC))
			next = earlier(next, s->wdt_expires, tb);
	} else {
		if ((s64)(s->dec_expires - tb) >= 0)
			next = earlier(next, s->dec_expires + 1, tb);
		if ((s64)(s->hdec_expires - tb) >= 0)
			next = earlier(next, s->hdec_expires + 1, tb);
	}
	return next == tb - 1 ? ~0ull : next;
}

u64 cpu_next_deadline(const struct cpu_state *s)
{
	return next_deadline(s, cpu_timebase(s));
}

u64 cpu_timer_update(struct cpu_state *s)
{
	u64 tb = cpu_timebase(s);

	expire(s, tb);
	return next_deadline(s, tb);
}
