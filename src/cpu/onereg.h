/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of a cpu_state by one_reg id; what lies outside it (VPA, presentation controllers) is
 * the engine's to answer first. The vCPU is outside run(). */
#ifndef CPU_ONEREG_H
#define CPU_ONEREG_H

#include "isa/onereg.h"
#include "isa/state.h"

/* value: a u32, u64 or u128, as the id's size says. -ENOENT: no such register on this model. */
int cpu_get_reg(const struct cpu_state *s, u64 id, void *value);
int cpu_set_reg(struct cpu_state *s, u64 id, const void *value);

#endif
