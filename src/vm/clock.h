/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VM's one clock: nanoseconds that stop while the VM is paused, and the input_source that the
 * host answers. Started and stopped only while no vCPU runs. */
#ifndef VM_CLOCK_H
#define VM_CLOCK_H

#include "vm/input.h"

struct vm_clock {
	bool running;
	u64 base; /* running: host time of VM time 0; else VM time itself */
	struct input_source host;
	u64 seed; /* of the fixed random numbers */
};

/* fixed: wall time and random numbers are the same in every run (icount). */
void vm_clock_init(struct vm_clock *c, bool fixed);
u64 vm_clock_ns(const struct vm_clock *c);
void vm_clock_start(struct vm_clock *c);
void vm_clock_stop(struct vm_clock *c);
/* Only while stopped: what a restored VM goes on from. */
void vm_clock_set(struct vm_clock *c, u64 ns);

#endif
