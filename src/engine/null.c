// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/null.h"

#include <errno.h>

#include "base/string.h"
#include "cpu/onereg.h"
#include "isa/model.h"
#include "os/os.h"

struct engine_vm {
	struct engine_vm_config config;
	struct engine_slot slots[ENGINE_MAX_SLOTS];
	_Atomic u64 written; /* calls of memory_written() */
	struct engine_hpte *htab;
	u64 htab_entries;
};

struct engine_vcpu {
	struct engine_vm *vm;
	struct cpu_state *state;
	struct os_wake wake;
	struct os_mutex lock; /* over what follows */
	bool kicked, waiting, completing;
	struct vm_exit exit;
	null_exit_done_fn *done;
	void *opaque;
	bool lines[ENGINE_LINE_COUNT];
};

static int null_vm_create(const struct engine_vm_config *config, struct engine_vm **out)
{
	struct engine_vm *vm = os_alloc(sizeof(*vm));

	if (!vm)
		return -ENOMEM;
	vm->config = *config;
	*out = vm;
	return 0;
}

static void null_vm_destroy(struct engine_vm *vm)
{
	os_free(vm->htab);
	os_free(vm);
}

static void null_vcpu_reset(struct engine_vcpu *v)
{
	const struct cpu_model *model = v->state->model;
	u32 index = v->state->cpu_index;

	memset(v->state, 0, sizeof(*v->state));
	v->state->model = model;
	v->state->cpu_index = index;
	v->state->msr = model->reset_msr;
	/* What was handed out and not answered is forgotten. */
	os_mutex_lock(&v->lock);
	if (v->completing)
		v->waiting = false;
	v->completing = false;
	os_mutex_unlock(&v->lock);
}

static int null_vcpu_create(struct engine_vm *vm, u32 index, const struct cpu_model *model,
			    struct engine_vcpu **out)
{
	struct engine_vcpu *v = os_alloc(sizeof(*v));

	if (!v)
		return -ENOMEM;
	v->state = os_alloc_aligned(sizeof(*v->state), 64);
	if (!v->state) {
		os_free(v);
		return -ENOMEM;
	}
	v->vm = vm;
	v->state->model = model;
	v->state->cpu_index = index;
	os_wake_init(&v->wake);
	os_mutex_init(&v->lock);
	null_vcpu_reset(v);
	*out = v;
	return 0;
}

static void null_vcpu_destroy(struct engine_vcpu *v)
{
	os_mutex_destroy(&v->lock);
	os_free(v->state);
	os_free(v);
}

static int null_run(struct engine_vcpu *v, struct vm_exit *exit)
{
	os_mutex_lock(&v->lock);
	if (v->completing) {
		v->completing = false;
		v->waiting = false;
		if (v->done)
			v->done(v->opaque, exit);
	}
	while (!v->kicked && !v->waiting) {
		os_mutex_unlock(&v->lock);
		os_wake_wait(&v->wake, OS_FOREVER);
		os_mutex_lock(&v->lock);
	}
	if (v->kicked) {
		v->kicked = false;
		exit->reason = VM_EXIT_INTR;
	} else {
		*exit = v->exit;
		v->completing = true;
	}
	os_mutex_unlock(&v->lock);
	return 0;
}

static void null_kick(struct engine_vcpu *v)
{
	os_mutex_lock(&v->lock);
	v->kicked = true;
	os_mutex_unlock(&v->lock);
	os_wake_signal(&v->wake);
}

int null_inject(struct engine_vcpu *v, const struct vm_exit *exit, null_exit_done_fn *done,
		void *opaque)
{
	int err = -EBUSY;

	os_mutex_lock(&v->lock);
	if (!v->waiting) {
		v->exit = *exit;
		v->done = done;
		v->opaque = opaque;
		v->waiting = true;
		err = 0;
	}
	os_mutex_unlock(&v->lock);
	os_wake_signal(&v->wake);
	return err;
}

bool null_line(struct engine_vcpu *v, enum engine_line line)
{
	bool level;

	os_mutex_lock(&v->lock);
	level = v->lines[line];
	os_mutex_unlock(&v->lock);
	return level;
}

static int null_get_reg(struct engine_vcpu *v, u64 id, void *value)
{
	return cpu_get_reg(v->state, id, value);
}

static int null_set_reg(struct engine_vcpu *v, u64 id, const void *value)
{
	return cpu_set_reg(v->state, id, value);
}

static int null_set_debug(struct engine_vcpu *v, const struct engine_debug *debug)
{
	return -ENOTSUP;
}

static int null_set_slot(struct engine_vm *vm, const struct engine_slot *slot)
{
	if (slot->id >= ENGINE_MAX_SLOTS)
		return -EINVAL;
	vm->slots[slot->id] = *slot;
	return 0;
}

static int null_dirty_log(struct engine_vm *vm, u32 slot, u64 *bitmap, bool clear)
{
	return -ENOTSUP;
}

static void null_memory_written(struct engine_vm *vm, u64 gpa, u64 len)
{
	vm->written++;
}

static void null_set_line(struct engine_vcpu *v, enum engine_line line, bool level)
{
	os_mutex_lock(&v->lock);
	v->lines[line] = level;
	os_mutex_unlock(&v->lock);
}

static int null_configure(struct engine_vm *vm, enum engine_config what, u64 a, u64 b)
{
	return what < ENGINE_CFG_COUNT ? 0 : -EINVAL;
}

static int null_htab_alloc(struct engine_vm *vm, u32 order)
{
	os_free(vm->htab);
	vm->htab = NULL;
	vm->htab_entries = 0;
	if (!order)
		return 0;
	if (order < 18 || order > 46)
		return -EINVAL;
	vm->htab = os_alloc(1ull << order);
	if (!vm->htab)
		return -ENOMEM;
	vm->htab_entries = (1ull << order) / sizeof(struct engine_hpte);
	return 0;
}

static s64 htab_span(struct engine_vm *vm, u64 index, u64 count)
{
	if (index >= vm->htab_entries)
		return 0;
	return (s64)(count < vm->htab_entries - index ? count : vm->htab_entries - index);
}

static s64 null_htab_read(struct engine_vm *vm, u64 index, struct engine_hpte *hpte, u64 count)
{
	s64 n = htab_span(vm, index, count);

	if (n)
		memcpy(hpte, vm->htab + index, (u64)n * sizeof(*hpte));
	return n;
}

static s64 null_htab_write(struct engine_vm *vm, u64 index, const struct engine_hpte *hpte,
			   u64 count)
{
	s64 n = htab_span(vm, index, count);

	if (n)
		memcpy(vm->htab + index, hpte, (u64)n * sizeof(*hpte));
	return n;
}

static void null_stats(struct engine_vm *vm, struct engine_vcpu *vcpu, engine_stat_fn *fn,
		       void *opaque)
{
	if (!vcpu)
		fn(opaque, "memory-written", vm->written);
}

const struct engine_ops engine_null = {
	.name = "null",
	.help = "runs nothing; for tests of devices",
	.vm_create = null_vm_create,
	.vm_destroy = null_vm_destroy,
	.vcpu_create = null_vcpu_create,
	.vcpu_destroy = null_vcpu_destroy,
	.vcpu_reset = null_vcpu_reset,
	.run = null_run,
	.kick = null_kick,
	.get_reg = null_get_reg,
	.set_reg = null_set_reg,
	.set_debug = null_set_debug,
	.set_slot = null_set_slot,
	.dirty_log = null_dirty_log,
	.memory_written = null_memory_written,
	.set_line = null_set_line,
	.irqchip = &engine_no_irqchip,
	.configure = null_configure,
	.htab_alloc = null_htab_alloc,
	.htab_read = null_htab_read,
	.htab_write = null_htab_write,
	.stats = null_stats,
};
