/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory as helpers see it: accesses at effective addresses with the processor's current
 * data translation. The owner of translation fills in the callbacks (cpu_state.mem_ops).
 *
 * Bytes are in guest memory order. An access may cross pages; it has no effect unless all of it is
 * permitted. On a fault the callback raises the event (cpu_raise) and returns false, and the
 * helper returns at once.
 */
#ifndef CPU_MEM_H
#define CPU_MEM_H

#include "isa/state.h"

struct cpu_mem_ops {
	bool (*read)(struct cpu_state *s, u64 ea, void *buf, u32 len);
	bool (*write)(struct cpu_state *s, u64 ea, const void *buf, u32 len);
};

static inline bool cpu_mem_read(struct cpu_state *s, u64 ea, void *buf, u32 len)
{
	return s->mem_ops->read(s, ea, buf, len);
}

static inline bool cpu_mem_write(struct cpu_state *s, u64 ea, const void *buf, u32 len)
{
	return s->mem_ops->write(s, ea, buf, len);
}

#endif
