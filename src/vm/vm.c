// SPDX-License-Identifier: GPL-2.0-or-later
/* Making, resetting and stopping a vm; see vm.h. */
#include "vm/vm.h"

#include <errno.h>

#include "base/assert.h"
#include "base/log.h"
#include "isa/model.h"
#include "vm/vcpu.h"

static bool is_io(void *opaque, u64 gpa, u64 len)
{
	return mmio_overlaps(opaque, gpa, len);
}

int vm_create(const struct vm_config *config, struct vm **out, struct error *e)
{
	struct engine_vm_config ec;
	struct vm *vm;
	int err;

	if (!config->nr_vcpus || config->nr_vcpus > VM_MAX_VCPUS)
		return error_set(e, -EINVAL, "%u processors: 1 to %u are possible",
				 config->nr_vcpus, VM_MAX_VCPUS);
	vm = os_alloc(sizeof(*vm));
	if (!vm)
		return error_set(e, -ENOMEM, "out of memory");
	vm->name = config->name;
	vm->ops = config->engine;
	vm->model = config->model;
	vm->tb_hz = config->tb_hz;
	vm->backends = config->backends;
	vm->paused = true;
	os_mutex_init(&vm->lock);
	os_mutex_init(&vm->run_lock);
	os_cond_init(&vm->parked_cond);
	vm_clock_init(&vm->clock, config->icount);
	vm->input = config->input ? config->input : &vm->clock.host;
	irq_set_chip(vm, &irqchip_none, NULL);

	ec = (struct engine_vm_config){
		.input = vm->input,
		.tb_hz = config->tb_hz,
		.max_vcpus = config->nr_vcpus,
		.threads = config->threads ? config->threads : 1,
		.papr = config->papr,
		.icount = config->icount,
		.stats = config->stats,
		.code_log = config->code_log,
		.is_io = is_io,
		.is_io_opaque = vm,
		.options = config->engine_options,
	};
	err = vm->ops->vm_create(&ec, &vm->engine);
	if (err) {
		if (err == -EINVAL && config->engine_options)
			error_set(e, err, "engine %s cannot understand its options '%s'",
				  vm->ops->name, config->engine_options);
		else
			error_set(e, err, "engine %s cannot make a virtual machine", vm->ops->name);
		os_free(vm);
		return err;
	}
	for (u32 i = 0; i < config->nr_vcpus && !err; i++)
		err = vcpu_create(vm, i);
	if (err) {
		error_set(e, err, "engine %s cannot make processor %u (%s)", vm->ops->name,
			  vm->nr_vcpus, vm->model->name);
		vm_destroy(vm);
		return err;
	}
	*out = vm;
	return 0;
}

void vm_destroy(struct vm *vm)
{
	if (!vm)
		return;
	vm_pause(vm);
	/* a device that goes may interrupt: a USB port tells that it is empty */
	devices_destroy(vm);
	for (u32 i = 0; i < vm->nr_vcpus; i++)
		vcpu_destroy(&vm->vcpus[i]);
	vm->irqchip_ops->destroy(vm->irqchip);
	vm_memory_destroy(vm);
	vm->ops->vm_destroy(vm->engine);
	os_cond_destroy(&vm->parked_cond);
	os_mutex_destroy(&vm->run_lock);
	os_mutex_destroy(&vm->lock);
	os_free(vm);
}

void vm_add_state(struct vm *vm, const struct state_table *table, u32 instance, void *obj,
		  void (*reset)(void *obj))
{
	pv_assert(vm->nr_states < VM_MAX_STATES);
	pv_assert(state_table_check(table) == ~0u);
	vm->states[vm->nr_states++] = (struct vm_state){table, instance, obj, reset, false};
}

void vm_add_early_state(struct vm *vm, const struct state_table *table, u32 instance, void *obj,
			void (*reset)(void *obj))
{
	vm_add_state(vm, table, instance, obj, reset);
	vm->states[vm->nr_states - 1].early = true;
}

void vm_remove_state(struct vm *vm, const void *obj)
{
	for (u32 i = 0; i < vm->nr_states; i++) {
		if (vm->states[i].obj != obj)
			continue;
		vm->nr_states--;
		/* the others keep their order: states are loaded in it */
		for (; i < vm->nr_states; i++)
			vm->states[i] = vm->states[i + 1];
		return;
	}
}

void vm_add_section(struct vm *vm, const struct vm_section *section, void *opaque)
{
	pv_assert(vm->nr_sections < VM_MAX_SECTIONS);
	vm->sections[vm->nr_sections].section = section;
	vm->sections[vm->nr_sections++].opaque = opaque;
}

void vm_listen(struct vm *vm, void (*run)(void *opaque, bool running), void *opaque)
{
	pv_assert(vm->nr_listeners < VM_MAX_LISTENERS);
	vm->listeners[vm->nr_listeners++] = (struct vm_listener){run, opaque};
}

void vm_unlisten(struct vm *vm, void *opaque)
{
	u32 n = 0;

	for (u32 i = 0; i < vm->nr_listeners; i++)
		if (vm->listeners[i].opaque != opaque)
			vm->listeners[n++] = vm->listeners[i];
	vm->nr_listeners = n;
}

static void tell_listeners(struct vm *vm, bool running)
{
	for (u32 i = 0; i < vm->nr_listeners; i++)
		vm->listeners[i].run(vm->listeners[i].opaque, running);
}

void vm_pause(struct vm *vm)
{
	os_mutex_lock(&vm->run_lock);
	vm->paused = true;
	for (u32 i = 0; i < vm->nr_vcpus; i++)
		vm->ops->kick(vm->vcpus[i].engine);
	for (u32 i = 0; i < vm->nr_vcpus; i++)
		while (!vm->vcpus[i].parked)
			os_cond_wait(&vm->parked_cond, &vm->run_lock);
	os_mutex_unlock(&vm->run_lock);
	tell_listeners(vm, false);
	vm_clock_stop(&vm->clock);
}

void vm_resume(struct vm *vm)
{
	vm_clock_start(&vm->clock);
	tell_listeners(vm, true);
	os_mutex_lock(&vm->run_lock);
	vm->paused = false;
	vm->stopped_by = VM_REQUEST_NONE;
	for (u32 i = 0; i < vm->nr_vcpus; i++)
		os_cond_broadcast(&vm->vcpus[i].cond);
	os_mutex_unlock(&vm->run_lock);
}

int vm_reset(struct vm *vm, struct error *e)
{
	int err;

	pv_assert(vm->paused);
	vm_lock(vm);
	/* A guest that begins anew needs no time to let go. */
	devices_reap(vm, true);
	for (u32 i = 0; i < vm->nr_vcpus; i++)
		vcpu_reset(&vm->vcpus[i]);
	for (u32 i = 0; i < vm->nr_states; i++)
		if (vm->states[i].reset)
			vm->states[i].reset(vm->states[i].obj);
	devices_reset(vm);
	vm->irqchip_ops->reset(vm->irqchip);
	err = vm->machine_reset(vm->machine, e);
	vm_unlock(vm);
	return err;
}

void vm_ask(struct vm *vm, enum vm_request request)
{
	bool first;

	os_mutex_lock(&vm->run_lock);
	first = vm->request == VM_REQUEST_NONE;
	if (first)
		vm->request = request;
	for (u32 i = 0; i < vm->nr_vcpus; i++)
		vm->ops->kick(vm->vcpus[i].engine);
	os_mutex_unlock(&vm->run_lock);
	if (first && vm->notify)
		vm->notify(vm->notify_opaque);
}

int vm_powerdown(struct vm *vm)
{
	if (!vm->machine_powerdown)
		return -ENOTSUP;
	vm_lock(vm);
	vm->machine_powerdown(vm->machine);
	vm_unlock(vm);
	return 0;
}

enum vm_request vm_take_request(struct vm *vm)
{
	enum vm_request r;

	os_mutex_lock(&vm->run_lock);
	r = vm->request;
	os_mutex_unlock(&vm->run_lock);
	if (r == VM_REQUEST_NONE)
		return r;
	vm_pause(vm);
	os_mutex_lock(&vm->run_lock);
	vm->request = VM_REQUEST_NONE;
	vm->stopped_by = r;
	os_mutex_unlock(&vm->run_lock);
	return r;
}
