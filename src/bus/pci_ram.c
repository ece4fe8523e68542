// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ranges that are memory (framebuffers). vCPUs reach them without an exit, so nobody looks at the
 * endpoint then: the memory is taken away while the endpoint is stopped or an error is armed for
 * its accesses, and handlers here serve what comes meanwhile, and what is no access of a vCPU's
 * own.
 */
#include "base/assert.h"
#include "base/endian.h"
#include "bus/pci_host.h"
#include "vm/vm.h"

static u64 ram_read(void *opaque, u32 vcpu, u64 offset, u32 size)
{
	const struct pci_bar *b = opaque;
	const u8 *p = (const u8 *)b->ram->ram.base + offset;
	u64 v = 0;

	for (u32 i = 0; i < size; i++)
		v |= (u64)__atomic_load_n(p + i, __ATOMIC_RELAXED) << 8 * i;
	return v;
}

static void ram_write(void *opaque, u32 vcpu, u64 offset, u32 size, u64 value)
{
	struct pci_bar *b = opaque;
	u8 *p = (u8 *)b->ram->ram.base + offset;

	for (u32 i = 0; i < size; i++)
		__atomic_store_n(p + i, (u8)(value >> 8 * i), __ATOMIC_RELAXED);
	vm_window_written(b->device->dev.vm, b->ram, offset, size);
}

static const struct mmio_ops ram_ops = {1, 8, MMIO_LITTLE | MMIO_NO_LOCK, ram_read, ram_write};

void pci_add_ram(struct pci_device *d, u32 bar, u32 flags, struct vm_window *w)
{
	struct pci_bar *b = &d->bars[bar];

	pci_add_bar(d, bar, w->size, flags | PCI_BAR_PREFETCH, &ram_ops, b);
	b->ram = w;
	b->ram_at = VM_WINDOW_NOWHERE;
}

/* May an access be the error that somebody waits for? */
static bool armed(const struct pe *pe)
{
	for (; pe; pe = pe->parent) {
		u32 kind = __atomic_load_n(&pe->state.inject, __ATOMIC_ACQUIRE);

		if (kind == PE_INJECT_LOAD_MEM || kind == PE_INJECT_STORE_MEM)
			return true;
	}
	return false;
}

/* Under ram_lock. */
static void update(struct pci_host *h, struct pci_bar *b)
{
	const struct pe *pe = b->device->pe;
	u64 gpa = VM_WINDOW_NOWHERE;

	if (b->ram_at != VM_WINDOW_NOWHERE && !pe_frozen(pe, PE_FROZEN_MMIO) && !armed(pe))
		gpa = h->ops->memory_address(h, b->ram_at, b->size);
	vm_window_map(h->vm, b->ram, gpa);
}

void pci_update_rams(struct pci_host *h)
{
	os_mutex_lock(&h->ram_lock);
	for (u32 i = 0; i < h->nr_rams; i++)
		update(h, h->rams[i]);
	os_mutex_unlock(&h->ram_lock);
}

/* Whoever has it, the ranges say so: one of two that overlap is not there. */
static u64 placed_at(const struct pci_host *h, const struct pci_bar *b)
{
	const struct pci_space *s = &h->spaces[PCI_SPACE_MEM];

	for (u32 i = 0; i < s->count; i++)
		if (s->ranges[i].bar == b)
			return s->ranges[i].start;
	return VM_WINDOW_NOWHERE;
}

void pci_place_rams(struct pci_host *h)
{
	os_mutex_lock(&h->ram_lock);
	for (u32 i = 0; i < h->nr_rams; i++) {
		h->rams[i]->ram_at = placed_at(h, h->rams[i]);
		update(h, h->rams[i]);
	}
	os_mutex_unlock(&h->ram_lock);
}

void pci_attach_rams(struct pci_device *d)
{
	struct pci_host *h = d->host;

	os_mutex_lock(&h->ram_lock);
	for (u32 i = 0; i < PCI_BARS; i++) {
		if (!d->bars[i].ram)
			continue;
		pv_assert(h->nr_rams < ARRAY_SIZE(h->rams));
		h->rams[h->nr_rams++] = &d->bars[i];
	}
	os_mutex_unlock(&h->ram_lock);
}

void pci_detach_rams(struct pci_device *d)
{
	struct pci_host *h = d->host;
	u32 kept = 0;

	os_mutex_lock(&h->ram_lock);
	for (u32 i = 0; i < h->nr_rams; i++) {
		if (h->rams[i]->device == d)
			vm_window_map(h->vm, h->rams[i]->ram, VM_WINDOW_NOWHERE);
		else
			h->rams[kept++] = h->rams[i];
	}
	h->nr_rams = kept;
	os_mutex_unlock(&h->ram_lock);
}
