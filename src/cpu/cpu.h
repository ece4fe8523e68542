/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Architected behaviour of one processor beyond single instructions: reset, interrupts, machine
 * state register, mode word, special purpose registers. Everything runs on the vCPU's thread
 * except cpu_post_irq(). */
#ifndef CPU_CPU_H
#define CPU_CPU_H

#include "cpu/ops.h"
#include "isa/event.h"
#include "isa/model.h"
#include "isa/state.h"

/* A helper's way to stop: note the event; the back end then leaves through the op's exit record,
 * whose pc becomes cpu_state.pc, before the instruction has any further effect. */
static inline void cpu_raise(struct cpu_state *s, u32 code, u64 info)
{
	s->event.code = code;
	s->event.info = info;
}

/* Power-on state: all architected fields; model, ops and cpu_index are kept. */
void cpu_reset(struct cpu_state *s, const struct cpu_model *model);

/* The mode word of the current state; enum cpu_mode bits. */
u32 cpu_mode(const struct cpu_state *s);

/* Store to the MSR what mtmsr, rfid, the debugger … may; clears what the model has not, never
 * changes HV, TM, TS of a guest without hypervisor state, and EE, IR, DR follow PR (ISA 2.07
 * rfid). Sets `wanted` when a pending interrupt became enabled. */
void cpu_set_msr(struct cpu_state *s, u64 msr);

/* XER as one register. */
u64 cpu_get_xer(const struct cpu_state *s);
void cpu_set_xer(struct cpu_state *s, u64 xer);
/* CR as one register. */
u32 cpu_get_cr(const struct cpu_state *s);
void cpu_set_cr(struct cpu_state *s, u32 cr);

/* Turn the CPU_EXC_* event in s->event (pc: s->pc) into an interrupt: save registers, MSR, pc.
 * Clears s->event and the code's pending state. False: the event is no interrupt. */
bool cpu_deliver(struct cpu_state *s);
/* Take the enabled asynchronous interrupt of highest priority, if any; true when one was. */
bool cpu_take_irq(struct cpu_state *s);
/* Would cpu_take_irq() take one? */
bool cpu_irq_ready(const struct cpu_state *s);
/* May a stopped processor (CPU_EXIT_IDLE with MSR[EE] clear too, H_CEDE) go on? */
bool cpu_wakes(const struct cpu_state *s);
/* Raise or lower an asynchronous condition; any thread. The caller wakes a halted vCPU. */
void cpu_post_irq(struct cpu_state *s, enum cpu_irq irq, bool level);

/* MSR, SRR and vector work that hypercalls and machines share: LPCR fields of H_SET_MODE. */
void cpu_set_ile(struct cpu_state *s, bool little_endian);
void cpu_set_ail(struct cpu_state *s, unsigned ail);
/* System reset interrupt (ibm,nmi-interlock's H_SIGNAL_SYS_RESET) goes by CPU_IRQ_SRESET. */

/* SPRs by number, as the debugger and one_reg see them: no privilege, no side effect checks.
 * -ENOENT: the model has none with that number. */
int cpu_get_spr(struct cpu_state *s, u32 sprn, u64 *value);
int cpu_set_spr(struct cpu_state *s, u32 sprn, u64 value);

#endif
