/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why translated code stops: the codes of IR exit records and of cpu_raise(). cpu/ turns the
 * CPU_EXC_* ones into interrupts of the family; the vCPU loop handles the rest. */
#ifndef ISA_EVENT_H
#define ISA_EVENT_H

enum cpu_exit {
	CPU_EXIT_NONE,

	/* Synchronous interrupts. SRR0 is the exit record's pc. */
	CPU_EXC_PROGRAM, /* info: SRR1 (BookE: ESR) cause, CPU_PROG_* */
	CPU_EXC_SC,	 /* info: LEV; pc is the next instruction */
	CPU_EXC_SCV,	 /* info: LEV; pc is the next instruction */
	CPU_EXC_DSI,	 /* event.ea, event.dsisr */
	CPU_EXC_DSEG,	 /* event.ea */
	CPU_EXC_ISI,	 /* info: SRR1 bits; event.ea */
	CPU_EXC_ISEG,	 /* event.ea */
	CPU_EXC_ALIGN,	 /* event.ea; info: instruction word */
	CPU_EXC_FP_UNAVAIL,
	CPU_EXC_VEC_UNAVAIL,
	CPU_EXC_VSX_UNAVAIL,
	CPU_EXC_FAC_UNAVAIL,  /* info: IC */
	CPU_EXC_HFAC_UNAVAIL, /* info: IC */
	CPU_EXC_SPE_UNAVAIL,
	CPU_EXC_AP_UNAVAIL,
	CPU_EXC_TRACE,	     /* pc is the next instruction; info: SRR1 bits, CPU_TRACE_* */
	CPU_EXC_MCHECK,	     /* event.ea, event.dsisr; info: SRR1 bits */
	CPU_EXC_HEMU_ASSIST, /* info: instruction word */
	CPU_EXC_HDSI,	     /* event.ea, event.dsisr */
	CPU_EXC_HISI,
	CPU_EXC_DTLB,  /* BookE data TLB miss: event.ea, event.dsisr = ESR */
	CPU_EXC_ITLB,  /* BookE instruction TLB miss: event.ea */
	CPU_EXC_DEBUG, /* BookE debug: info = DBSR bits */
	CPU_EXC_FP_ASSIST,
	CPU_EXC_SPE_FP_DATA,
	CPU_EXC_SPE_FP_ROUND,
	CPU_EXC_LAST,

	/* Not interrupts. */
	CPU_EXIT_RESYNC = 64, /* machine state changed: look the next region up anew */
	CPU_EXIT_HCALL, /* sc 1 of a guest whose hypervisor we are; pc is the next instruction */
	CPU_EXIT_MMIO,	/* the access at pc needs the vm; described beside the vCPU */
	CPU_EXIT_IDLE,	/* stopped until an interrupt (MSR[WE], nap, stop, wait, H_CEDE) */
	CPU_EXIT_DEBUG_STOP, /* a breakpoint or single step of the debugger */
	CPU_EXIT_RESET,	     /* BookE DBCR0[RST], checkstop-like events; info says which */
	CPU_EXIT_WANTED,     /* poll found vCPU wanted */
	CPU_EXIT_CODES,
};

/* info of CPU_EXC_PROGRAM: SRR1's cause bits of Book3S (BookE maps them to ESR). */
enum {
	CPU_PROG_FP = 1 << 20,	 /* enabled floating-point exception */
	CPU_PROG_ILL = 1 << 19,	 /* illegal instruction */
	CPU_PROG_PRIV = 1 << 18, /* privileged instruction in problem state */
	CPU_PROG_TRAP = 1 << 17,
};

/* info of CPU_EXC_TRACE beside SRR1 bits: the next instruction's address is in event.ea. */
#define CPU_TRACE_PC_IN_EA (1ull << 63)

/* Bits of cpu_state.irq_pending: asynchronous conditions, in no order of priority. */
enum cpu_irq {
	CPU_IRQ_EXTERNAL,
	CPU_IRQ_DECREMENTER,
	CPU_IRQ_HDECREMENTER,
	CPU_IRQ_DOORBELL,
	CPU_IRQ_HDOORBELL,
	CPU_IRQ_PERFMON,
	CPU_IRQ_MCHECK,
	CPU_IRQ_SRESET,
	CPU_IRQ_CRITICAL,
	CPU_IRQ_CRIT_DOORBELL,
	CPU_IRQ_FIT,
	CPU_IRQ_WATCHDOG,
	CPU_IRQ_DEBUG,
	CPU_IRQ_FP,   /* an enabled floating-point exception met FE0 or FE1 becoming 1 */
	CPU_IRQ_PROD, /* not an interrupt: H_PROD's wake-up */
};

/* Which of the three msgsnd families. */
enum cpu_doorbell { CPU_DOORBELL_PRIV, CPU_DOORBELL_HV, CPU_DOORBELL_BOOKE };

#endif
