// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The thread of a vCPU: park while it may not run, run the engine, serve what it exits for. A
 * vCPU's registers are the thread's while it runs and anybody's while it is parked.
 */
#include "vm/vcpu.h"

#include <errno.h>

#include "base/log.h"
#include "isa/onereg.h"

static bool may_run(const struct vcpu *v)
{
	return !v->vm->paused && v->vm->request == VM_REQUEST_NONE && v->state != VCPU_STOPPED;
}

static void fail(struct vcpu *v, const char *why)
{
	struct vm *vm = v->vm;

	os_mutex_lock(&vm->run_lock);
	if (vm->request == VM_REQUEST_NONE)
		error_set(&vm->error, -EIO, "processor %u stopped: %s", v->index, why);
	os_mutex_unlock(&vm->run_lock);
	vm_ask(vm, VM_REQUEST_ERROR);
}

static void system_event(struct vcpu *v)
{
	switch (v->exit.system_event.type) {
	case VM_SYSTEM_RESET:
		vm_ask(v->vm, VM_REQUEST_RESET);
		break;
	case VM_SYSTEM_SHUTDOWN:
		vm_ask(v->vm, VM_REQUEST_SHUTDOWN);
		break;
	default:
		vm_ask(v->vm, VM_REQUEST_CRASH);
	}
}

static void serve(struct vcpu *v)
{
	struct vm_exit *x = &v->exit;

	v->exits[x->reason < VM_EXIT_COUNT ? x->reason : VM_EXIT_ERROR]++;
	switch (x->reason) {
	case VM_EXIT_NONE:
	case VM_EXIT_INTR:
		break;
	case VM_EXIT_MMIO:
		mmio_dispatch(v->vm, v->index, x);
		break;
	case VM_EXIT_PAPR_HCALL:
		x->hcall.ret = (u64)hcall_dispatch(v, x->hcall.nr, x->hcall.args);
		break;
	case VM_EXIT_EPR:
		x->epr.epr = v->vm->irqchip_ops->acknowledge(v->vm->irqchip, v);
		break;
	case VM_EXIT_DCR: /* no DCR bus: reads 0 */
		x->dcr.data = 0;
		break;
	case VM_EXIT_SYSTEM_EVENT:
		system_event(v);
		break;
	case VM_EXIT_DEBUG:
		vm_ask(v->vm, VM_REQUEST_DEBUG);
		break;
	case VM_EXIT_WATCHDOG:
		vm_ask(v->vm, VM_REQUEST_RESET);
		break;
	case VM_EXIT_ERROR:
		fail(v, x->error.text);
		break;
	default:
		fail(v, "the engine gave no known reason");
	}
}

static void begin(struct vcpu *v)
{
	struct vm *vm = v->vm;

	vm->ops->vcpu_reset(v->engine);
	v->exit.reason = VM_EXIT_NONE;
	vm->vcpu_setup(vm->machine, v, v->start_pc, v->start_arg);
	v->state = VCPU_RUNNING;
}

static bool needs_answer(const struct vm_exit *x)
{
	return x->reason == VM_EXIT_MMIO || x->reason == VM_EXIT_PAPR_HCALL ||
	       x->reason == VM_EXIT_DCR || x->reason == VM_EXIT_EPR;
}

/* Hand in the answer to the last exit, so that no instruction is half done while we are parked:
 * the registers then are all there is to save. */
static void settle(struct vcpu *v)
{
	struct vm *vm = v->vm;

	while (needs_answer(&v->exit)) {
		vm->ops->kick(v->engine);
		if (vm->ops->run(v->engine, &v->exit)) {
			fail(v, "the engine cannot run it");
			v->exit.reason = VM_EXIT_NONE;
		} else {
			serve(v);
		}
	}
}

static void vcpu_main(void *opaque)
{
	struct vcpu *v = opaque;
	struct vm *vm = v->vm;

	os_mutex_lock(&vm->run_lock);
	while (!v->quit) {
		int err;

		if (!may_run(v) && !v->parked && v->state == VCPU_RUNNING &&
		    needs_answer(&v->exit)) {
			os_mutex_unlock(&vm->run_lock);
			settle(v);
			os_mutex_lock(&vm->run_lock);
			continue;
		}
		if (!may_run(v)) {
			v->parked = true;
			os_cond_broadcast(&vm->parked_cond);
			os_cond_wait(&v->cond, &vm->run_lock);
			continue;
		}
		v->parked = false;
		if (v->state == VCPU_STARTING)
			begin(v);
		os_mutex_unlock(&vm->run_lock);
		err = vm->ops->run(v->engine, &v->exit);
		if (err)
			fail(v, "the engine cannot run it");
		else
			serve(v);
		os_mutex_lock(&vm->run_lock);
	}
	v->parked = true;
	os_mutex_unlock(&vm->run_lock);
}

int vcpu_create(struct vm *vm, u32 index)
{
	struct vcpu *v = &vm->vcpus[index];
	char name[16];
	int err;

	*v = (struct vcpu){.vm = vm, .index = index, .parked = true};
	err = vm->ops->vcpu_create(vm->engine, index, vm->model, &v->engine);
	if (err)
		return err;
	os_cond_init(&v->cond);
	log_format(name, sizeof(name), "vcpu%u", index);
	err = os_thread_create(&v->thread, name, vcpu_main, v);
	if (err) {
		os_cond_destroy(&v->cond);
		vm->ops->vcpu_destroy(v->engine);
		return err;
	}
	vm->nr_vcpus++;
	return 0;
}

void vcpu_destroy(struct vcpu *v)
{
	struct vm *vm = v->vm;

	os_mutex_lock(&vm->run_lock);
	v->quit = true;
	os_cond_broadcast(&v->cond);
	os_mutex_unlock(&vm->run_lock);
	vm->ops->kick(v->engine);
	os_thread_join(&v->thread);
	os_cond_destroy(&v->cond);
	vm->ops->vcpu_destroy(v->engine);
}

void vcpu_reset(struct vcpu *v)
{
	os_mutex_lock(&v->vm->run_lock);
	v->state = VCPU_STOPPED;
	v->exit.reason = VM_EXIT_NONE;
	v->vm->ops->vcpu_reset(v->engine);
	os_mutex_unlock(&v->vm->run_lock);
}

int vcpu_start(struct vcpu *v, u64 pc, u64 arg)
{
	int err = 0;

	os_mutex_lock(&v->vm->run_lock);
	if (v->state != VCPU_STOPPED) {
		err = -EBUSY;
	} else {
		v->start_pc = pc;
		v->start_arg = arg;
		v->state = VCPU_STARTING;
		os_cond_broadcast(&v->cond);
	}
	os_mutex_unlock(&v->vm->run_lock);
	return err;
}

void vcpu_stop_self(struct vcpu *v)
{
	os_mutex_lock(&v->vm->run_lock);
	v->state = VCPU_STOPPED;
	os_mutex_unlock(&v->vm->run_lock);
}

enum vcpu_state vcpu_get_state(struct vcpu *v)
{
	enum vcpu_state s;

	os_mutex_lock(&v->vm->run_lock);
	s = v->state;
	os_mutex_unlock(&v->vm->run_lock);
	return s;
}

u64 vcpu_get(struct vcpu *v, u64 reg)
{
	union {
		u32 w;
		u64 d;
		u64 q[2];
	} value = {.d = 0};

	if (v->vm->ops->get_reg(v->engine, reg, &value))
		return 0;
	return (reg & ONEREG_SIZE_MASK) == ONEREG_SIZE_U32 ? value.w : value.d;
}

void vcpu_set(struct vcpu *v, u64 reg, u64 value)
{
	u32 w = (u32)value;

	if ((reg & ONEREG_SIZE_MASK) == ONEREG_SIZE_U32)
		v->vm->ops->set_reg(v->engine, reg, &w);
	else
		v->vm->ops->set_reg(v->engine, reg, &value);
}
