/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time base, decrementers and the other counters of one processor. Nothing ticks: every register
 * is a function of the VM's clock (cpu_ops.clock) and of one number kept in cpu_state. The owner
 * of the vCPU arms a host timer for cpu_next_deadline() and calls cpu_timer_expire() then.
 */
#ifndef CPU_TIME_H
#define CPU_TIME_H

#include "base/types.h"

struct cpu_state;

/* TB = clock + tb_offset. */
u64 cpu_timebase(const struct cpu_state *s);
void cpu_set_timebase(struct cpu_state *s, u64 tb);

/* As mfspr reads it: 32 bits zero-extended, or LPCR[LD]'s width sign-extended. */
u64 cpu_dec(const struct cpu_state *s);
void cpu_set_dec(struct cpu_state *s, u64 value);
u64 cpu_hdec(const struct cpu_state *s);
void cpu_set_hdec(struct cpu_state *s, u64 value);

u64 cpu_vtb(const struct cpu_state *s);
u64 cpu_purr(const struct cpu_state *s);
u64 cpu_spurr(const struct cpu_state *s);
void cpu_set_vtb(struct cpu_state *s, u64 value);
void cpu_set_purr(struct cpu_state *s, u64 value);
void cpu_set_spurr(struct cpu_state *s, u64 value);

/* BookE: TSR or TCR was written. */
void cpu_booke_timer_update(struct cpu_state *s);

/* Time base value at which cpu_timer_expire() has something to do; ~0 = never. */
u64 cpu_next_deadline(const struct cpu_state *s);
/* Both at one time: what passes between two looks at the clock would be neither expired nor still
 * to come. */
u64 cpu_timer_update(struct cpu_state *s);
/* Sets or clears the timers' bits in irq_pending (BookE: TSR) by the clock; sets `wanted` when a
 * bit became set. Cheap; also called before an idle processor is put to sleep. */
void cpu_timer_expire(struct cpu_state *s);

#endif
