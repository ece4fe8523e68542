/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data address watchpoint: DAWR0 and DAWRX0 (Power ISA 2.07B Book III-S 8.5.2; 3.0B Book III 9.4).
 * A match is a data storage interrupt with DSISR_DAWR before the access. */
#ifndef CPU_WATCH_H
#define CPU_WATCH_H

#include "base/types.h"

struct cpu_state;

/* 0 while nothing is watched; another value whenever what is watched changes. */
u64 cpu_watch_key(const struct cpu_state *s);
/* Does an access to [ea, ea + len) match in the current state? */
bool cpu_watch_match(const struct cpu_state *s, u64 ea, u64 len, bool store);
/* May any access to the 1 << shift bytes around ea match, in any state? */
bool cpu_watch_page(const struct cpu_state *s, u64 ea, unsigned shift);

#endif
