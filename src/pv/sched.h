/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls by which a guest's processors give up their time and find each other: H_CEDE, H_PROD,
 * H_CONFER, and H_REGISTER_VPA with the virtual processor area, dispatch trace log and SLB shadow
 * (LoPAPR 1.1, 14.11.1 and 14.11.3). What Linux KVM serves in the kernel; an engine calls
 * pv_sched_hcall() for every sc 1 before it exits.
 *
 * A processor's number in hypercalls is its vCPU index. pv_sched_hcall(), pv_sched_idle() and
 * pv_sched_dispatch() run on the vCPU's thread; one lock guards the registrations.
 */
#ifndef PV_SCHED_H
#define PV_SCHED_H

#include "isa/state.h"
#include "mmu/mmu.h"
#include "os/os.h"

enum pv_verdict {
	PV_NOT_MINE, /* exit with VM_EXIT_PAPR_HCALL */
	PV_DONE,     /* r3 is set */
	PV_IDLE, /* r3 is set (and MSR[EE], which changes the mode); now sleep until cpu_wakes() */
};

struct pv_sched_host {
	/* Post CPU_IRQ_PROD to a vCPU and wake it. Any thread. */
	void (*prod)(void *opaque, u32 cpu);
	void (*yield)(void *opaque);
	/* Time base of the vCPU, for the dispatch trace log. */
	u64 (*timebase)(void *opaque, u32 cpu);
	struct mmu_mem mem;
	void *opaque;
};

struct pv_area {
	u64 gpa, len; /* gpa 0: not registered */
};

struct pv_sched_cpu {
	struct pv_area vpa, slb_shadow, dtl;
	u64 dtl_index;
	bool idle;
};

struct pv_sched {
	struct os_mutex lock;
	struct pv_sched_host host;
	u32 nr_cpus;
	struct pv_sched_cpu *cpu;
};

int pv_sched_init(struct pv_sched *p, u32 nr_cpus, const struct pv_sched_host *host);
void pv_sched_destroy(struct pv_sched *p);
void pv_sched_reset(struct pv_sched *p);

/* Serve hypercall s->gpr[3] with arguments from gpr[4] on; sets gpr[3] when it was ours. */
enum pv_verdict pv_sched_hcall(struct pv_sched *p, struct cpu_state *s);
/* The vCPU goes to sleep; it runs again (no-op unless it slept). */
void pv_sched_idle(struct pv_sched *p, struct cpu_state *s);
void pv_sched_dispatch(struct pv_sched *p, struct cpu_state *s);

/* ONEREG_VPA_ADDR, _SLB, _DTL; -ENOENT: not ours, -EINVAL: no guest memory. */
int pv_sched_get_reg(struct pv_sched *p, u32 cpu, u64 id, void *value);
int pv_sched_set_reg(struct pv_sched *p, u32 cpu, u64 id, const void *value);

#endif
