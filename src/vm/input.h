/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The doors through which non-determinism enters a VM (DESIGN, "Time and non-determinism"): clock
 * and timers, time base reads, interrupt delivery, host input, random. Each takes its value from
 * the VM's one input_source, so that a recorder or a player can stand there. With no source set
 * the host answers (vm_input_host).
 */
#ifndef VM_INPUT_H
#define VM_INPUT_H

#include "base/types.h"

struct input_source {
	/* Nanoseconds of VM time; monotonic, stops while the VM is paused. */
	u64 (*clock_ns)(void *opaque);
	/* Seconds since 1970, UTC. */
	s64 (*wall_time)(void *opaque);
	void (*random)(void *opaque, void *buf, size_t len);
	/* Bytes that the host has for a character device; called on the main loop's thread with
	 * what arrived, may change it. Returns the number of bytes to deliver now. */
	size_t (*host_input)(void *opaque, u32 device, u8 *buf, size_t len);
	/* An interrupt line is about to change: may delay it by returning false (the source then
	 * delivers it itself later). */
	bool (*interrupt)(void *opaque, u32 vcpu, u32 line, bool level);
	void *opaque;
};

#endif
