/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hypercalls that are answered here never reach the dispatcher of vm/, which logs the others. */
#ifndef PV_LOG_H
#define PV_LOG_H

#include "base/log.h"
#include "isa/state.h"

/* args: r4 to r7 as they came; r3 holds the answer. */
static inline void pv_log_hcall(const struct cpu_state *s, const char *name, const u64 args[4])
{
	log_printf(LOG_HCALL, "hcall: cpu %u %s(0x%llx, 0x%llx, 0x%llx, 0x%llx) = %lld\n",
		   s->cpu_index, name, (unsigned long long)args[0], (unsigned long long)args[1],
		   (unsigned long long)args[2], (unsigned long long)args[3], (long long)s->gpr[3]);
}

#endif
