/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls on the hashed page table: LoPAPR 1.1, 14.5.4.1 (H_REMOVE, H_BULK_REMOVE, H_ENTER,
 * H_READ, H_CLEAR_MOD, H_CLEAR_REF, H_PROTECT). What Linux KVM serves in the kernel; an engine
 * calls pv_hpt_hcall() for every sc 1 before it exits.
 *
 * Runs on the vCPU's thread; entries are locked one at a time by HPTE_V_LOCK (mmu/hpt.h), and no
 * lock is held while other processors are waited for.
 */
#ifndef PV_HPT_H
#define PV_HPT_H

#include "mmu/mmu.h"
#include "pv/sched.h"

struct pv_hpt {
	const struct mmu_env *env;
	/* May the guest map [ra, ra + len), which is no memory, caching inhibited (a PCI window)?
	 * NULL: there is no such place. */
	bool (*io)(void *opaque, u64 ra, u64 len);
	void *opaque;
};

/* Serve hypercall s->gpr[3] with arguments from gpr[4] on; sets gpr[3] and results when it was
 * ours. Without a hash table the calls answer H_FUNCTION. */
enum pv_verdict pv_hpt_hcall(const struct pv_hpt *p, struct cpu_state *s);

#endif
