/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and writing special purpose registers with all their side effects. */
#ifndef CPU_SPR_H
#define CPU_SPR_H

#include "isa/spr.h"

struct cpu_state;

/* Rights were checked; row has an accessor for the direction. */
u64 cpu_spr_read(struct cpu_state *s, const struct spr_row *row);
void cpu_spr_write(struct cpu_state *s, const struct spr_row *row, u64 value);

#endif
