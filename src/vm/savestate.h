/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole vm as a stream of saved-state sections (base/savestate.h): clock, RAM, hash table,
 * hypercall state, devices, interrupt controller, processors. Both functions want a paused vm;
 * vm_load() one that was made with the same configuration and never ran. After a failed load the
 * vm is good for nothing but vm_destroy().
 */
#ifndef VM_SAVESTATE_H
#define VM_SAVESTATE_H

#include "base/savestate.h"

struct vm;

int vm_save(struct vm *vm, struct state_writer *w, struct error *e);
int vm_load(struct vm *vm, struct state_reader *r, struct error *e);

#endif
