/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Architected behaviour of one processor beyond single instructions. */
#ifndef CPU_CPU_H
#define CPU_CPU_H

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

#endif
