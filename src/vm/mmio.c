// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/mmio.h"

#include "base/assert.h"
#include "base/endian.h"
#include "base/log.h"
#include "vm/vm.h"

void mmio_add(struct vm *vm, const struct mmio_region *r)
{
	struct mmio_table *t = &vm->mmio;
	u32 i = t->count;

	pv_assert(t->count < MMIO_MAX_REGIONS && r->size && r->base + (r->size - 1) >= r->base);
	while (i && t->regions[i - 1].base > r->base) {
		t->regions[i] = t->regions[i - 1];
		i--;
	}
	pv_assert(!i || t->regions[i - 1].base + (t->regions[i - 1].size - 1) < r->base);
	pv_assert(i == t->count || r->base + (r->size - 1) < t->regions[i + 1].base);
	t->regions[i] = *r;
	t->count++;
}

static const struct mmio_region *find(const struct mmio_table *t, u64 addr, u32 len)
{
	u32 low = 0, high = t->count;

	while (low < high) {
		u32 mid = (low + high) / 2;
		const struct mmio_region *r = &t->regions[mid];

		if (addr < r->base)
			high = mid;
		else if (addr - r->base >= r->size)
			low = mid + 1;
		else
			return len <= r->size - (addr - r->base) ? r : NULL;
	}
	return NULL;
}

bool mmio_overlaps(const struct vm *vm, u64 addr, u64 len)
{
	const struct mmio_table *t = &vm->mmio;

	for (u32 i = 0; i < t->count; i++) {
		const struct mmio_region *r = &t->regions[i];

		if (addr < r->base ? r->base - addr < len : addr - r->base < r->size)
			return true;
	}
	return false;
}

static u64 get_value(const u8 *p, u32 len, bool little)
{
	u64 v = 0;

	for (u32 i = 0; i < len; i++)
		v |= (u64)p[i] << 8 * (little ? i : len - 1 - i);
	return v;
}

static void put_value(u8 *p, u32 len, bool little, u64 v)
{
	for (u32 i = 0; i < len; i++)
		p[i] = (u8)(v >> 8 * (little ? i : len - 1 - i));
}

void mmio_dispatch(struct vm *vm, u32 vcpu, struct vm_exit *exit)
{
	const struct mmio_region *r = find(&vm->mmio, exit->mmio.addr, exit->mmio.len);
	u32 len = exit->mmio.len;
	bool little, lock;
	u64 offset;

	if (!r || len < r->ops->min_size || len > r->ops->max_size) {
		log_printf(LOG_GUEST, "mmio: no device takes %s of %u bytes at 0x%llx\n",
			   exit->mmio.write ? "store" : "load", len,
			   (unsigned long long)exit->mmio.addr);
		exit->mmio.failed = true;
		return;
	}
	exit->mmio.failed = false;
	little = r->ops->flags & MMIO_LITTLE;
	lock = !(r->ops->flags & MMIO_NO_LOCK);
	offset = exit->mmio.addr - r->base;
	if (lock)
		vm_lock(vm);
	if (exit->mmio.write)
		r->ops->write(r->opaque, vcpu, offset, len,
			      get_value(exit->mmio.data, len, little));
	else
		put_value(exit->mmio.data, len, little, r->ops->read(r->opaque, vcpu, offset, len));
	if (lock)
		vm_unlock(vm);
}
