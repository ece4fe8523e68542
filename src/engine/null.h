/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine that runs nothing: vCPUs keep their registers and are always idle, so that devices
 * and hypercalls can be driven without a guest. */
#ifndef ENGINE_NULL_H
#define ENGINE_NULL_H

#include "vm/engine.h"

extern const struct engine_ops engine_null;

/* For tests: the next run() of the vCPU exits like this; -EBUSY while one waits. The answer is
 * handed to done(), on the vCPU's thread. */
typedef void null_exit_done_fn(void *opaque, const struct vm_exit *exit);
int null_inject(struct engine_vcpu *vcpu, const struct vm_exit *exit, null_exit_done_fn *done,
		void *opaque);
/* The level of a pin. */
bool null_line(struct engine_vcpu *vcpu, enum engine_line line);

#endif
