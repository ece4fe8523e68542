/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --stats: the counters of a vm, its vCPUs and their exits. */
#ifndef CONTROL_STATS_H
#define CONTROL_STATS_H

#include <stdio.h>

struct vm;

/* One line a counter, "NAME VALUE", with "cpuN." before a vCPU's. The vm is paused. */
void stats_print(struct vm *vm, FILE *out);

#endif
