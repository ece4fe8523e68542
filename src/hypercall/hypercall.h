/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PAPR hypercalls and RTAS calls that belong to no device, no interrupt controller and not to the
 * engine. LoPAPR 1.1: chapter 7 (RTAS), 14 (hypervisor calls). Bad arguments get the return code
 * that PAPR names; guest addresses go through vm/memory.h.
 */
#ifndef HYPERCALL_HYPERCALL_H
#define HYPERCALL_HYPERCALL_H

#include "vm/vm.h"

struct papr_config {
	bool radix; /* at first; papr_set_radix() */
	u64 ram_size;
	u32 max_cpus;
	u8 uuid[16];
	/* Where display-character goes; NULL: nowhere. */
	void (*display)(void *opaque, u8 c);
	void *display_opaque;
	/* The guest's byte order changed (H_SET_MODE): devices whose pixels have one follow it.
	 * NULL: there are none. */
	void (*set_byte_order)(void *opaque, bool little);
	void *byte_order_opaque;
	const struct irq_line *epow; /* the interrupt of environmental and power warnings */
	const struct irq_line *hotplug;
};

struct papr;

/* Register everything; owned by the caller. NULL: no memory. */
struct papr *papr_create(struct vm *vm, const struct papr_config *config);
void papr_destroy(struct papr *p);
/* The MMU that the guest uses from now on; no processor but the caller's runs. Under the machine's
 * lock. */
void papr_set_radix(struct papr *p, bool radix);
/* Ask the guest to shut down and power off. Under the machine's lock. */
void papr_powerdown(struct papr *p);
/* Tell the guest that something was plugged into a connector, or is to leave it. Likewise. */
void papr_hotplug(struct papr *p, u32 drc_index, bool add);

/* Shared by this folder's files. */
enum { PAPR_HOTPLUG_MAX = 32, PAPR_HOTPLUG_ADD = 1 };

struct papr_state {
	s64 rtc_offset;	  /* seconds that the guest's clock is ahead of the host's */
	u64 proc_table;	  /* of H_REGISTER_PROC_TBL: address | size, 0 = none */
	u64 mmu_flags;	  /* enum engine_v3_mmu */
	u64 os_term_seen; /* a panic message was printed */
	u64 epow_pending; /* a shutdown request that the guest has not fetched … */
	s64 epow_time;	  /* … made then, by the guest's clock */
	/* Events of connectors that the guest has not fetched, oldest first: index, and in the
	 * upper half PAPR_HOTPLUG_ADD. */
	u64 hotplug_count;
	u64 hotplug[PAPR_HOTPLUG_MAX];
	u64 lpcr; /* bits that H_SET_MODE set, also for processors yet to be started */
};

struct papr {
	struct vm *vm;
	struct papr_config config;
	struct papr_state state;
};

/* Bits of LPCR that H_SET_MODE governs, to what the state says (Power ISA 3.0B Book III 2.2). */
#define LPCR_AIL_MASK  PPC_BITMASK(39, 40)
#define LPCR_AIL_SHIFT 23
#define LPCR_ILE       PPC_BIT(38)
int papr_configure_lpcr(struct papr *p);

void papr_register_memory_calls(struct papr *p);
void papr_register_mode_calls(struct papr *p);
void papr_register_rtas(struct papr *p);
void papr_register_rtas_system(struct papr *p);
void papr_register_rtas_events(struct papr *p);

struct papr_date {
	s64 year;
	u32 month, day, hour, minute, second;
};
/* The guest's clock, in seconds since 1970; a date of it. */
s64 papr_time(struct papr *p);
void papr_date(s64 t, struct papr_date *d);

/* H_RTAS: perform the call whose argument block is at gpa. */
s64 rtas_call(struct vcpu *vcpu, u64 gpa);

#endif
