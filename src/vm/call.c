// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/call.h"

#include "base/assert.h"
#include "base/log.h"
#include "base/string.h"
#include "isa/papr.h"
#include "vm/vm.h"

static struct hcall *hcall_slot(struct hcall_table *t, u64 nr)
{
	if (nr < 4 * HCALL_PAPR_COUNT)
		return nr & 3 ? NULL : &t->papr[nr / 4];
	if (nr >= HCALL_PRIVATE_BASE && nr - HCALL_PRIVATE_BASE < HCALL_PRIVATE_COUNT)
		return &t->priv[nr - HCALL_PRIVATE_BASE];
	return NULL;
}

void hcall_register(struct vm *vm, u64 nr, const char *name, hcall_fn *fn, void *opaque, u32 flags)
{
	struct hcall *h = hcall_slot(&vm->hcalls, nr);

	pv_assert(h && !h->fn);
	*h = (struct hcall){name, fn, opaque, flags};
}

const struct hcall *hcall_find(const struct vm *vm, u64 nr)
{
	const struct hcall *h = hcall_slot((struct hcall_table *)&vm->hcalls, nr);

	return h && h->fn ? h : NULL;
}

s64 hcall_dispatch(struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct vm *vm = vcpu->vm;
	const struct hcall *h = hcall_find(vm, nr);
	u64 in[4] = {args[0], args[1], args[2], args[3]};
	s64 ret;

	if (!h) {
		log_printf(LOG_HCALL | LOG_UNIMP, "hcall: cpu %u calls unknown 0x%llx\n",
			   vcpu->index, (unsigned long long)nr);
		return H_FUNCTION;
	}
	if (!(h->flags & CALL_NO_LOCK))
		vm_lock(vm);
	ret = h->fn(h->opaque, vcpu, nr, args);
	if (!(h->flags & CALL_NO_LOCK))
		vm_unlock(vm);
	log_printf(LOG_HCALL, "hcall: cpu %u %s(0x%llx, 0x%llx, 0x%llx, 0x%llx) = %lld\n",
		   vcpu->index, h->name, (unsigned long long)in[0], (unsigned long long)in[1],
		   (unsigned long long)in[2], (unsigned long long)in[3], (long long)ret);
	return ret;
}

u32 rtas_register(struct vm *vm, const char *name, u32 min_args, u32 min_rets, rtas_fn *fn,
		  void *opaque)
{
	struct rtas_table *t = &vm->rtas;

	pv_assert(t->count < RTAS_MAX_CALLS);
	for (u32 i = 0; i < t->count; i++)
		pv_assert(strcmp(t->calls[i].name, name));
	t->calls[t->count] = (struct rtas_call){name, fn, opaque, min_args, min_rets};
	return RTAS_TOKEN_BASE + t->count++;
}

const struct rtas_call *rtas_find(const struct vm *vm, u32 token)
{
	if (token < RTAS_TOKEN_BASE || token - RTAS_TOKEN_BASE >= vm->rtas.count)
		return NULL;
	return &vm->rtas.calls[token - RTAS_TOKEN_BASE];
}
