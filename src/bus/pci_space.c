// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who decodes which address: derived from BARs, command registers and bridge windows whenever one
 * of them changes, looked up without a lock. A BAR belongs to one function and so to one endpoint,
 * whatever its alignment.
 */
#include "base/assert.h"
#include "base/endian.h"
#include "base/log.h"
#include "base/string.h"
#include "bus/pci_host.h"
#include "vm/vm.h"

#define NOT_SET (~0ull)

/* --- where things are --- */
static u32 bar_offset(const struct pci_device *d, u32 bar)
{
	if (bar != PCI_ROM_BAR)
		return PCI_BAR0 + 4 * bar;
	return d->secondary ? PCI_BRIDGE_ROM_ADDRESS : PCI_ROM_ADDRESS;
}

u64 pci_bar_address(const struct pci_device *d, u32 bar)
{
	const struct pci_bar *b = &d->bars[bar];
	const u8 *c = d->config + bar_offset(d, bar);
	u64 addr = ld_le32(c);

	if (b->flags & PCI_BAR_MEM64)
		addr |= (u64)ld_le32(c + 4) << 32;
	return addr & ~(b->size - 1);
}

void pci_bar_set_address(struct pci_device *d, u32 bar, u64 addr)
{
	pci_config_write(d, bar_offset(d, bar), 4,
			 (u32)addr | (bar == PCI_ROM_BAR ? d->config[PCI_ROM_ADDRESS] & 1 : 0));
	if (d->bars[bar].flags & PCI_BAR_MEM64)
		pci_config_write(d, bar_offset(d, bar) + 4, 4, (u32)(addr >> 32));
}

/* The window of a bridge as [base, limit]; base > limit: closed. */
static bool in_memory_window(const u8 *c, u64 start, u64 last)
{
	u64 base = (u64)(ld_le16(c + PCI_MEMORY_BASE) & 0xfff0) << 16;
	u64 limit = (u64)(ld_le16(c + PCI_MEMORY_LIMIT) & 0xfff0) << 16 | 0xfffff;

	return start >= base && last <= limit;
}

static bool in_prefetch_window(const u8 *c, u64 start, u64 last)
{
	u64 base = (u64)(ld_le16(c + PCI_PREF_BASE) & 0xfff0) << 16 |
		   (u64)ld_le32(c + PCI_PREF_BASE_UPPER) << 32;
	u64 limit = (u64)(ld_le16(c + PCI_PREF_LIMIT) & 0xfff0) << 16 | 0xfffff |
		    (u64)ld_le32(c + PCI_PREF_LIMIT_UPPER) << 32;

	return start >= base && last <= limit;
}

static bool in_io_window(const u8 *c, u64 start, u64 last)
{
	u64 base = (u64)(c[PCI_IO_BASE] & 0xf0) << 8 | (u64)ld_le16(c + PCI_IO_BASE_UPPER) << 16;
	u64 limit = (u64)(c[PCI_IO_LIMIT] & 0xf0) << 8 | 0xfff |
		    (u64)ld_le16(c + PCI_IO_LIMIT_UPPER) << 16;

	return start >= base && last <= limit;
}

static bool forwarded(const struct pci_bus *b, enum pci_space_kind kind, u64 start, u64 last)
{
	for (; b->bridge; b = b->bridge->bus) {
		const u8 *c = b->bridge->config;

		if (kind == PCI_SPACE_IO) {
			if (!(c[PCI_COMMAND] & PCI_COMMAND_IO) || !in_io_window(c, start, last))
				return false;
		} else if (!(c[PCI_COMMAND] & PCI_COMMAND_MEMORY) ||
			   (!in_memory_window(c, start, last) &&
			    !in_prefetch_window(c, start, last))) {
			return false;
		}
	}
	return true;
}

bool pci_bar_decoded(const struct pci_device *d, u32 bar)
{
	const struct pci_bar *b = &d->bars[bar];
	bool io = b->flags & PCI_BAR_IO;
	u64 start;

	if (!b->size || !(d->config[PCI_COMMAND] & (io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)))
		return false;
	if (bar == PCI_ROM_BAR && !(d->config[bar_offset(d, bar)] & PCI_ROM_ENABLE))
		return false;
	start = pci_bar_address(d, bar);
	/* 0 is where unset ones stand, and the top is where they are while being sized. */
	if (!start || start + (b->size - 1) < start)
		return false;
	return forwarded(d->bus, io ? PCI_SPACE_IO : PCI_SPACE_MEM, start, start + (b->size - 1));
}

/* --- the tables --- */
struct building {
	u32 count[PCI_SPACES];
	struct pci_range ranges[PCI_SPACES][PCI_MAX_RANGES];
};

static void insert(struct building *to, enum pci_space_kind kind, struct pci_range r)
{
	struct pci_range *t = to->ranges[kind];
	u32 n = to->count[kind], i = n;

	while (i && t[i - 1].start > r.start)
		i--;
	if (n == PCI_MAX_RANGES || (i && t[i - 1].last >= r.start) ||
	    (i < n && t[i].start <= r.last)) {
		log_printf(LOG_GUEST, "pci: %s at 0x%llx lies over another range\n",
			   r.bar->device->dev.cls->name, (unsigned long long)r.start);
		return;
	}
	memmove(t + i + 1, t + i, (n - i) * sizeof(*t));
	t[i] = r;
	to->count[kind] = n + 1;
}

static void collect(struct pci_device *d, void *opaque)
{
	for (u32 i = 0; i < PCI_BARS; i++) {
		struct pci_bar *b = &d->bars[i];
		u64 start;

		if (!pci_bar_decoded(d, i))
			continue;
		start = pci_bar_address(d, i);
		insert(opaque, b->flags & PCI_BAR_IO ? PCI_SPACE_IO : PCI_SPACE_MEM,
		       (struct pci_range){start, start + (b->size - 1), b});
	}
	if (d->bus->bridge || !(d->config[PCI_COMMAND] & PCI_COMMAND_IO))
		return;
	for (u32 i = 0; i < PCI_FIXED_RANGES; i++) {
		struct pci_fixed *f = &d->fixed[i];

		if (f->bar.size)
			insert(opaque, PCI_SPACE_IO,
			       (struct pci_range){f->at, f->at + (f->bar.size - 1), &f->bar});
	}
}

static void publish(struct pci_space *s, const struct pci_range *ranges, u32 count)
{
	if (count == s->count && !memcmp(s->ranges, ranges, count * sizeof(*ranges)))
		return;
	__atomic_store_n(&s->sequence, s->sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&s->count, count, __ATOMIC_RELAXED);
	for (u32 i = 0; i < count; i++) {
		__atomic_store_n(&s->ranges[i].start, ranges[i].start, __ATOMIC_RELAXED);
		__atomic_store_n(&s->ranges[i].last, ranges[i].last, __ATOMIC_RELAXED);
		__atomic_store_n(&s->ranges[i].bar, ranges[i].bar, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&s->sequence, s->sequence + 1, __ATOMIC_RELEASE);
}

void pci_update_spaces(struct pci_host *h)
{
	struct building *to = os_alloc(sizeof(*to));

	/* Without memory for the list nothing decodes until the next change. */
	if (to)
		pci_for_each(h, collect, to);
	for (u32 i = 0; i < PCI_SPACES; i++)
		publish(&h->spaces[i], to ? to->ranges[i] : NULL, to ? to->count[i] : 0);
	os_free(to);
	pci_place_rams(h);
}

static struct pci_bar *search(const struct pci_space *s, u64 addr, u64 *offset)
{
	u32 low = 0, high = __atomic_load_n(&s->count, __ATOMIC_RELAXED);

	while (low < high) {
		u32 mid = (low + high) / 2;
		u64 start = __atomic_load_n(&s->ranges[mid].start, __ATOMIC_RELAXED);

		if (addr < start) {
			high = mid;
		} else if (addr > __atomic_load_n(&s->ranges[mid].last, __ATOMIC_RELAXED)) {
			low = mid + 1;
		} else {
			*offset = addr - start;
			return __atomic_load_n(&s->ranges[mid].bar, __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

static struct pci_bar *lookup(const struct pci_space *s, u64 addr, u64 *offset)
{
	for (;;) {
		u32 before = __atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE);
		struct pci_bar *b = search(s, addr, offset);

		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(before & 1) && __atomic_load_n(&s->sequence, __ATOMIC_RELAXED) == before)
			return b;
		os_cpu_relax();
	}
}

struct pci_device *pci_owner(struct pci_host *h, enum pci_space_kind kind, u64 addr)
{
	u64 offset;
	struct pci_bar *b = lookup(&h->spaces[kind], addr, &offset);

	return b ? b->device : NULL;
}

/* --- accesses --- */
static u64 ones(u32 size)
{
	return ~0ull >> (64 - 8 * size);
}

static u64 swap(u64 v, u32 size)
{
	return bswap64(v) >> (64 - 8 * size);
}

static const struct pci_region *region_at(const struct pci_bar *b, u64 offset, u32 size)
{
	for (u32 i = 0; i < b->nr_regions; i++) {
		const struct pci_region *r = &b->regions[i];

		if (offset >= r->offset && offset - r->offset < r->size)
			return size <= r->size - (offset - r->offset) ? r : NULL;
	}
	return NULL;
}

static u64 read_sized(const struct pci_region *r, u32 vcpu, u64 offset, u32 size)
{
	const struct mmio_ops *ops = r->ops;
	u32 step = size > ops->max_size ? ops->max_size : size;
	u64 v = 0;

	if (size < ops->min_size) {
		u64 base = offset & ~(u64)(ops->min_size - 1);

		if (base + ops->min_size > r->size)
			return ones(size);
		v = ops->read(r->opaque, vcpu, base, ops->min_size);
		if (!(ops->flags & MMIO_LITTLE))
			v = swap(v, ops->min_size);
		return v >> 8 * (offset - base) & ones(size);
	}
	for (u32 i = 0; i < size; i += step) {
		u64 part = ops->read(r->opaque, vcpu, offset + i, step);

		v |= (ops->flags & MMIO_LITTLE ? part & ones(step) : swap(part, step)) << 8 * i;
	}
	return v;
}

static void write_sized(const struct pci_region *r, u32 vcpu, u64 offset, u32 size, u64 value)
{
	const struct mmio_ops *ops = r->ops;
	u32 step = size > ops->max_size ? ops->max_size : size;

	if (size < ops->min_size) {
		log_printf(LOG_GUEST, "pci: a store of %u bytes where %u are the least\n", size,
			   ops->min_size);
		return;
	}
	for (u32 i = 0; i < size; i += step) {
		u64 part = value >> 8 * i & ones(step);

		ops->write(r->opaque, vcpu, offset + i, step,
			   ops->flags & MMIO_LITTLE ? part : swap(part, step));
	}
}

/* The region that takes an access; NULL: none, or its endpoint is stopped. */
static const struct pci_region *target(struct pci_host *h, enum pci_space_kind kind, u64 addr,
				       u32 size, bool write, u64 *offset)
{
	struct pci_bar *b = lookup(&h->spaces[kind], addr, offset);
	const struct pci_region *r;
	struct pe *pe;
	u32 inject;

	if (!b)
		return NULL;
	pe = b->device->pe;
	inject = kind == PCI_SPACE_IO ? (write ? PE_INJECT_STORE_IO : PE_INJECT_LOAD_IO)
				      : (write ? PE_INJECT_STORE_MEM : PE_INJECT_LOAD_MEM);
	if (pe_frozen(pe, PE_FROZEN_MMIO) || pe_injected(pe, inject, pci_rid(b->device), addr))
		return NULL;
	r = region_at(b, *offset, size);
	if (r)
		*offset -= r->offset;
	return r;
}

u64 pci_read(struct pci_host *h, enum pci_space_kind kind, u32 vcpu, u64 addr, u32 size)
{
	u64 offset, v;
	const struct pci_region *r = target(h, kind, addr, size, false, &offset);
	bool lock = r && !(r->ops->flags & MMIO_NO_LOCK);

	if (!r)
		return ones(size);
	if (lock)
		vm_lock(h->vm);
	v = read_sized(r, vcpu, offset, size);
	if (lock)
		vm_unlock(h->vm);
	return v;
}

void pci_write(struct pci_host *h, enum pci_space_kind kind, u32 vcpu, u64 addr, u32 size,
	       u64 value)
{
	u64 offset;
	const struct pci_region *r = target(h, kind, addr, size, true, &offset);
	bool lock = r && !(r->ops->flags & MMIO_NO_LOCK);

	if (!r)
		return;
	if (lock)
		vm_lock(h->vm);
	write_sized(r, vcpu, offset, size, value);
	if (lock)
		vm_unlock(h->vm);
}
