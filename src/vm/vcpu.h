/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCPU threads; private to vm/. */
#ifndef VM_VCPU_H
#define VM_VCPU_H

#include "vm/vm.h"

int vcpu_create(struct vm *vm, u32 index);
void vcpu_destroy(struct vcpu *v);
void vcpu_reset(struct vcpu *v);

#endif
