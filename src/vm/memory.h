/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory: RAM slots, and the one accessor for everything that touches them from outside a
 * vCPU. It checks bounds (addresses and lengths are hostile), and tells the engine of writes, which
 * marks pages dirty and drops translations.
 *
 * Slots are added before any vCPU runs; lookups need no lock afterwards.
 */
#ifndef VM_MEMORY_H
#define VM_MEMORY_H

#include "base/error.h"
#include "os/os.h"
#include "vm/engine.h"

struct vm;

struct ram_slot {
	const char *name;
	struct engine_slot slot;
	struct os_ram ram;
};

enum { VM_RAM_SLOTS = 16 }; /* those behind are windows (vm/window.h) */

struct vm_memory {
	u32 nr_slots;
	struct ram_slot slots[VM_RAM_SLOTS];
};

int vm_ram_add(struct vm *vm, const char *name, u64 gpa, u64 size, struct error *e);
void vm_memory_destroy(struct vm *vm);

/* 0, or -EFAULT when any byte of [gpa, gpa+len) is no RAM (nothing is transferred then). */
int vm_mem_read(struct vm *vm, u64 gpa, void *buf, u64 len);
int vm_mem_write(struct vm *vm, u64 gpa, const void *buf, u64 len);
int vm_mem_fill(struct vm *vm, u64 gpa, u8 byte, u64 len);
/* All RAM reads as zero afterwards and uses no host memory (a reset machine's). */
int vm_mem_clear(struct vm *vm);
/* The same for a part: of the host's pages that lie wholly inside. -EFAULT as above. */
int vm_mem_discard(struct vm *vm, u64 gpa, u64 len);
/* The guest address of host memory of a slot; false: it is in none. */
bool vm_mem_gpa(struct vm *vm, const void *p, u64 *gpa);
/* Host address of [gpa, gpa+len) within one slot, or NULL. Who writes through it calls
 * vm_mem_written() afterwards. */
void *vm_mem_ptr(struct vm *vm, u64 gpa, u64 len);
void vm_mem_written(struct vm *vm, u64 gpa, u64 len);

/* Single aligned accesses, atomic towards running vCPUs; big-endian values. */
int vm_mem_ld32(struct vm *vm, u64 gpa, u32 *value);
int vm_mem_st32(struct vm *vm, u64 gpa, u32 value);
int vm_mem_ld64(struct vm *vm, u64 gpa, u64 *value);
int vm_mem_st64(struct vm *vm, u64 gpa, u64 value);

#endif
