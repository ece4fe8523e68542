/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the translator asks of its surroundings (an engine, a test). All callbacks may come from
 * any vCPU's thread at the same time; `cpu` is the index given to translator_cpu_create(). */
#ifndef TRANSLATOR_HOST_H
#define TRANSLATOR_HOST_H

#include "base/types.h"
#include "cpu/ops.h"

struct cpu_state;

/* Ordinary memory that covers a real address. */
struct translator_ram {
	u8 *host; /* of the address asked for */
	u64 len;  /* bytes from there on */
	bool writable;
};

enum translator_hcall {
	TRANSLATOR_HCALL_EXIT, /* not served here: stop with TRANSLATOR_STOP_HCALL */
	TRANSLATOR_HCALL_DONE, /* served, r3 and on are set */
	TRANSLATOR_HCALL_IDLE, /* served; then sleep until an interrupt is pending (H_CEDE) */
};

struct translator_host {
	/* False: no memory there, the access is MMIO. */
	bool (*ram)(void *opaque, u64 ra, struct translator_ram *ram);
	/* [ra, ra + len) of one slot is about to be written by fast stores, or was written. */
	void (*dirty)(void *opaque, u64 ra, u64 len);
	/* MMIO that needs nobody outside (interrupt controller pages); false: stop. data[0] is the
	 * byte at ra. */
	bool (*mmio)(void *opaque, u32 cpu, u64 ra, u8 *data, u32 len, bool write);
	/* The VM's clock, in ticks of the time base. */
	u64 (*clock)(void *opaque);
	/* Host time (os_clock_ns) at which that clock reaches ticks, about. */
	u64 (*clock_to_host)(void *opaque, u64 ticks);
	void (*random)(void *opaque, void *buf, size_t len);
	/* sc 1 of a PAPR guest. */
	enum translator_hcall (*hcall)(void *opaque, u32 cpu, struct cpu_state *s);
	/* The processor goes to sleep, or runs again. */
	void (*idle)(void *opaque, u32 cpu, struct cpu_state *s, bool asleep);
	void (*doorbell)(void *opaque, u32 cpu, enum cpu_doorbell kind, u64 operand);
	/* As in cpu_ops. */
	bool (*dcr)(void *opaque, u32 cpu, u32 dcrn, u64 *value, bool write);
	bool (*spr)(void *opaque, u32 cpu, u32 sprn, u64 *value, bool write);
	void *opaque;
};

#endif
