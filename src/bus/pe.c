// SPDX-License-Identifier: GPL-2.0-or-later
/* See pe.h. */
#include "bus/pe.h"

#include <errno.h>

#include "base/log.h"
#include "vm/vm.h"

static const struct state_field fields[] = {
	STATE_FIELD(struct pe_state, frozen, STATE_U32),
	STATE_FIELD(struct pe_state, enabled, STATE_U32),
	STATE_FIELD(struct pe_state, reset, STATE_U32),
	STATE_FIELD(struct pe_state, own_dma, STATE_U32),
	STATE_FIELD(struct pe_state, error, STATE_U32),
	STATE_FIELD(struct pe_state, error_rid, STATE_U32),
	STATE_FIELD(struct pe_state, error_addr, STATE_U64),
	STATE_FIELD(struct pe_state, freezes, STATE_U64),
	STATE_FIELD(struct pe_state, inject, STATE_U32),
	STATE_FIELD(struct pe_state, pad, STATE_U32),
	STATE_FIELD(struct pe_state, inject_addr, STATE_U64),
	STATE_FIELD(struct pe_state, inject_mask, STATE_U64),
};

static int post_load(void *obj, struct error *e)
{
	struct pe *pe = container_of(obj, struct pe, state);
	struct pe_state *s = obj;

	if (s->frozen & ~(u32)PE_FROZEN || s->enabled > 1 || s->reset > PE_RESET_FUNDAMENTAL ||
	    s->error >= PE_ERROR_COUNT || s->inject >= PE_INJECT_COUNT || s->own_dma > 1)
		return error_set(e, -EINVAL, "the saved state of a PCI endpoint is damaged");
	if (pe->notify)
		pe->notify(pe);
	return 0;
}

const struct state_table pe_state_table = {
	.name = "pci-endpoint",
	.size = sizeof(struct pe_state),
	.nr_fields = ARRAY_SIZE(fields),
	.fields = fields,
	.post_load = post_load,
};

static const char *const errors[PE_ERROR_COUNT] = {
	[PE_ERROR_NONE] = "nothing",
	[PE_ERROR_DMA_READ] = "a DMA read of an address it may not read",
	[PE_ERROR_DMA_WRITE] = "a DMA write of an address it may not write",
	[PE_ERROR_MSI] = "a message that is not its own",
	[PE_ERROR_INJECTED] = "an injected error",
	[PE_ERROR_DEVICE] = "an error that the device reports",
};

void pe_freeze(struct pe *pe, enum pe_error error, u32 rid, u64 addr)
{
	u32 before = __atomic_fetch_or(&pe->state.frozen, PE_FROZEN, __ATOMIC_ACQ_REL);

	/* The first error is the one to report. */
	if (before == PE_FROZEN)
		return;
	pe->state.error = error;
	pe->state.error_rid = rid;
	pe->state.error_addr = addr;
	pe->state.freezes++;
	log_printf(LOG_GUEST, "pci: endpoint 0x%x stopped: %02x:%02x.%u did %s (0x%llx)\n",
		   pe->number, rid >> 8, rid >> 3 & 31, rid & 7, errors[error],
		   (unsigned long long)addr);
	if (pe->notify)
		pe->notify(pe);
}

const char *const pe_inject_names[PE_INJECT_COUNT] = {
	[PE_INJECT_NONE] = "freeze",
	[PE_INJECT_LOAD_MEM] = "load-mem",
	[PE_INJECT_STORE_MEM] = "store-mem",
	[PE_INJECT_LOAD_IO] = "load-io",
	[PE_INJECT_STORE_IO] = "store-io",
	[PE_INJECT_LOAD_CONFIG] = "load-config",
	[PE_INJECT_STORE_CONFIG] = "store-config",
	[PE_INJECT_DMA_READ] = "dma-read",
	[PE_INJECT_DMA_WRITE] = "dma-write",
};

void pe_arm(struct pe *pe, enum pe_inject kind, u64 addr, u64 mask)
{
	pe->state.inject_addr = addr;
	pe->state.inject_mask = mask;
	__atomic_store_n(&pe->state.inject, kind, __ATOMIC_RELEASE);
	if (pe->notify)
		pe->notify(pe);
}

static bool trigger(struct pe *pe, enum pe_inject kind, u32 rid, u64 addr)
{
	u32 armed = kind;

	if (likely(__atomic_load_n(&pe->state.inject, __ATOMIC_RELAXED) != kind))
		return false;
	if ((addr ^ pe->state.inject_addr) & pe->state.inject_mask)
		return false;
	if (!__atomic_compare_exchange_n(&pe->state.inject, &armed, PE_INJECT_NONE, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	pe_freeze(pe, PE_ERROR_INJECTED, rid, addr);
	return true;
}

bool pe_injected(struct pe *pe, enum pe_inject kind, u32 rid, u64 addr)
{
	for (; pe; pe = pe->parent)
		if (trigger(pe, kind, rid, addr))
			return true;
	return false;
}

int pe_translate(struct pe *pe, u32 rid, u64 addr, bool write, u64 *gpa, u64 *len)
{
	const struct tce_table *first = &pe->windows[0];

	if (pe_frozen(pe, PE_FROZEN_DMA))
		return -EFAULT;
	if (pe_injected(pe, write ? PE_INJECT_DMA_WRITE : PE_INJECT_DMA_READ, rid, addr))
		return -EFAULT;
	if (pe->shared && !__atomic_load_n(&pe->state.own_dma, __ATOMIC_RELAXED))
		first = pe->shared;
	if (!tce_translate(first, addr, write, gpa, len) && vm_mem_ptr(pe->vm, *gpa, 1))
		return 0;
	for (u32 i = 1; i < PE_WINDOWS; i++)
		if (!tce_translate(&pe->windows[i], addr, write, gpa, len) &&
		    vm_mem_ptr(pe->vm, *gpa, 1))
			return 0;
	pe_freeze(pe, write ? PE_ERROR_DMA_WRITE : PE_ERROR_DMA_READ, rid, addr);
	return -EFAULT;
}
