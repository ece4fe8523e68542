/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why an engine's run() returned: KVM's exits (Linux Documentation/virt/kvm/api.rst, struct
 * kvm_run), in host byte order. The caller answers in the same struct and hands it to the next
 * run(), which first completes the instruction: MMIO and DCR reads, hypercalls, EPR. */
#ifndef VM_EXIT_H
#define VM_EXIT_H

#include "base/types.h"

enum vm_exit_reason {
	VM_EXIT_NONE,	      /* nothing to complete: what the first run() is given */
	VM_EXIT_INTR,	      /* kicked */
	VM_EXIT_MMIO,	      /* an access that no memory slot covers */
	VM_EXIT_PAPR_HCALL,   /* a hypercall that the engine does not serve itself */
	VM_EXIT_EPR,	      /* an external interrupt is taken in EPR mode: say which */
	VM_EXIT_DCR,	      /* 4xx device control register */
	VM_EXIT_SYSTEM_EVENT, /* the processor asked for a reset or stopped for good */
	VM_EXIT_DEBUG,	      /* a breakpoint, watchpoint or single step of the debugger */
	VM_EXIT_WATCHDOG,     /* BookE: the watchdog timer's final expiry */
	VM_EXIT_ERROR,	      /* the engine cannot go on */
	VM_EXIT_COUNT
};

enum vm_system_event { VM_SYSTEM_RESET, VM_SYSTEM_SHUTDOWN, VM_SYSTEM_CRASH };

struct vm_exit {
	u32 reason; /* enum vm_exit_reason */
	union {
		struct {
			u64 addr;    /* guest real address */
			u8 data[16]; /* data[0] is the byte at addr, whatever the guest's order */
			u32 len;     /* 1, 2, 4, 8 or 16 */
			bool write;
			bool failed; /* answer: no device there; the engine raises what the
				      * processor would (Book3S: machine check) */
		} mmio;
		struct {
			u64 nr;
			u64 ret;     /* answer: r3 */
			u64 args[9]; /* r4..r12; answer: written back to them */
		} hcall;
		struct {
			u32 number;
			u32 data;
			bool write;
		} dcr;
		struct {
			u32 epr;
		} epr;
		struct {
			u32 type; /* enum vm_system_event */
			u64 info;
		} system_event;
		struct {
			u64 address;
			u32 status; /* enum engine_debug_status */
		} debug;
		struct {
			u64 pc;
			char text[96];
		} error;
	};
};

#endif
