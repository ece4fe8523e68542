/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of a device that the guest sees at an address that it chooses, a framebuffer: RAM to the
 * vCPUs where it is mapped, without an exit, and its pages that were written are known. No other
 * device's DMA reaches it. It is saved with the vm.
 *
 * Windows are made and destroyed under the machine's lock; the rest comes from any thread.
 */
#ifndef VM_WINDOW_H
#define VM_WINDOW_H

#include "base/error.h"
#include "os/os.h"
#include "vm/engine.h"

struct vm;

enum { VM_MAX_WINDOWS = 16 };
#define VM_WINDOW_NOWHERE (~0ull)

struct vm_window {
	const char *name;
	u64 size;
	u32 id; /* of its slot */
	struct os_ram ram;
	struct os_mutex lock; /* over what follows */
	u64 gpa;	      /* or VM_WINDOW_NOWHERE */
	bool all_dirty;
	u64 *bitmap; /* scratch and dirty pages that the engine does not know of */
	u64 *more;
};

/* size: a multiple of 64 KiB. */
int vm_window_init(struct vm *vm, struct vm_window *w, const char *name, u64 size, struct error *e);
void vm_window_destroy(struct vm *vm, struct vm_window *w);
/* Put it there or nowhere; where there is memory already, it is nowhere. */
void vm_window_map(struct vm *vm, struct vm_window *w, u64 gpa);
/* Somebody other than a vCPU's own instructions wrote to it. */
void vm_window_written(struct vm *vm, struct vm_window *w, u64 offset, u64 len);
/* All of it reads as zero. */
void vm_window_clear(struct vm *vm, struct vm_window *w);

static inline u64 vm_window_words(const struct vm_window *w)
{
	return (w->size / ENGINE_DIRTY_PAGE + 63) / 64;
}

/* Pages that were written since the last call: vm_window_words() words, bit 0 of word 0 first. What
 * is read afterwards is at least as new as that. False: there are none. */
bool vm_window_dirty(struct vm *vm, struct vm_window *w, u64 *bitmap);

#endif
