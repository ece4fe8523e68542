/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MMIO dispatch. A region declares its access sizes and byte order, so handlers get values and
 * never check either. Regions are added before any vCPU runs and stay sorted by address.
 */
#ifndef VM_MMIO_H
#define VM_MMIO_H

#include "base/types.h"
#include "vm/exit.h"

struct vm;

enum mmio_flag {
	MMIO_LITTLE = 1 << 0,  /* registers are little-endian; else big-endian */
	MMIO_NO_LOCK = 1 << 1, /* handlers run without the machine's lock */
};

struct mmio_ops {
	u32 min_size, max_size; /* 1, 2, 4 or 8 */
	u32 flags;		/* enum mmio_flag */
	/* vcpu: who accesses. */
	u64 (*read)(void *opaque, u32 vcpu, u64 offset, u32 size);
	void (*write)(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value);
};

struct mmio_region {
	const char *name;
	u64 base, size;
	const struct mmio_ops *ops;
	void *opaque;
};

enum { MMIO_MAX_REGIONS = 128 };
struct mmio_table {
	u32 count;
	struct mmio_region regions[MMIO_MAX_REGIONS];
};

/* Overlap asserts. */
void mmio_add(struct vm *vm, const struct mmio_region *r);
/* Does a region take any byte of [addr, addr + len)? */
bool mmio_overlaps(const struct vm *vm, u64 addr, u64 len);
/* Perform exit->mmio; sets .failed when no region takes the access. */
void mmio_dispatch(struct vm *vm, u32 vcpu, struct vm_exit *exit);

#endif
