// SPDX-License-Identifier: GPL-2.0-or-later
/* H_PAGE_INIT, H_LOGICAL_CI_LOAD and its kin (LoPAPR 14.5.4.2, 14.5.4.4): memory by real address.
 * H_LOGICAL_MEMOP moves blocks for firmware, device memory too. */
#include "base/endian.h"
#include "base/string.h"
#include "hypercall/hypercall.h"
#include "isa/papr.h"

enum {
	PAGE_INIT_COPY = 1 << 14,
	PAGE_INIT_ZERO = 1 << 15,
	PAGE_INIT_SYNC = 1 << 22,
	PAGE_INIT_INVALIDATE = 1 << 23,
	PAGE_BYTES = 4096,
};

static s64 h_page_init(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	struct vm *vm = vcpu->vm;
	u64 flags = args[0], to = args[1], from = args[2];
	u64 hints = PAGE_INIT_SYNC | PAGE_INIT_INVALIDATE; /* the accessor does both anyway */
	void *source;

	if (flags & ~(u64)(PAGE_INIT_COPY | PAGE_INIT_ZERO | hints))
		return H_PARAMETER;
	if ((to & (PAGE_BYTES - 1)) || !vm_mem_ptr(vm, to, PAGE_BYTES))
		return H_PARAMETER;
	if (flags & PAGE_INIT_COPY) {
		source = vm_mem_ptr(vm, from, PAGE_BYTES);
		if ((from & (PAGE_BYTES - 1)) || !source)
			return H_PARAMETER;
		memmove(vm_mem_ptr(vm, to, PAGE_BYTES), source, PAGE_BYTES);
	} else if (flags & PAGE_INIT_ZERO) {
		memset(vm_mem_ptr(vm, to, PAGE_BYTES), 0, PAGE_BYTES);
	}
	vm_mem_written(vm, to, PAGE_BYTES);
	return H_SUCCESS;
}

static bool access_size(u64 size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static u64 from_bytes(const u8 *p, u32 len)
{
	u64 v = 0;

	for (u32 i = 0; i < len; i++)
		v = v << 8 | p[i];
	return v;
}

static s64 logical_access(struct vcpu *vcpu, u64 size, u64 addr, bool write, u64 *value)
{
	struct vm *vm = vcpu->vm;
	struct vm_exit x = {.reason = VM_EXIT_MMIO};
	u8 *ram;

	if (!access_size(size) || (addr & (size - 1)))
		return H_PARAMETER;
	x.mmio.addr = addr;
	x.mmio.len = (u32)size;
	x.mmio.write = write;
	for (u32 i = 0; i < size; i++)
		x.mmio.data[i] = (u8)(*value >> 8 * (size - 1 - i));
	ram = vm_mem_ptr(vm, addr, size);
	if (ram && write)
		vm_mem_write(vm, addr, x.mmio.data, size);
	else if (ram)
		memcpy(x.mmio.data, ram, size);
	else
		mmio_dispatch(vm, vcpu->index, &x);
	if (!ram && x.mmio.failed)
		return H_PARAMETER;
	*value = from_bytes(x.mmio.data, x.mmio.len);
	return H_SUCCESS;
}

static s64 h_logical_load(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u64 value = 0;
	s64 ret = logical_access(vcpu, args[0], args[1], false, &value);

	if (ret == H_SUCCESS)
		args[0] = value;
	return ret;
}

static s64 h_logical_store(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u64 value = args[2];

	return logical_access(vcpu, args[0], args[1], true, &value);
}

/* Elements outside memory are accessed one by one: as many as a large screen has, 8 bytes each. */
enum { MEMOP_COPY, MEMOP_INVERT, MEMOP_MAX_BYTES = 64 << 20, MEMOP_MAX_ACCESSES = 4 << 20 };

/* args: to, from, log2 of an element's size, number of elements, operation. Overlapping blocks are
 * moved as memmove() does it. */
static s64 h_logical_memop(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	u64 to = args[0], from = args[1], shift = args[2], count = args[3], op = args[4];
	u64 size = 1ull << (shift & 3), bytes = count << (shift & 3), at = 0, value;
	bool down = to > from && to - from < bytes;
	u8 *d, *s;

	if (op > MEMOP_INVERT || shift > 3 || count > (u64)MEMOP_MAX_BYTES >> shift)
		return H_PARAMETER;
	if (((to | from) & (size - 1)) || !count)
		return count ? H_PARAMETER : H_SUCCESS;
	d = vm_mem_ptr(vcpu->vm, to, bytes);
	s = vm_mem_ptr(vcpu->vm, from, bytes);
	if (d && s) {
		memmove(d, s, bytes);
		for (u64 i = 0; i < bytes && op == MEMOP_INVERT; i++)
			d[i] = (u8)~d[i];
		vm_mem_written(vcpu->vm, to, bytes);
		return H_SUCCESS;
	}
	if (count > MEMOP_MAX_ACCESSES)
		return H_PARAMETER;
	for (u64 i = 0; i < count; i++) {
		at = (down ? count - 1 - i : i) * size;
		value = 0;
		if (logical_access(vcpu, size, from + at, false, &value) != H_SUCCESS)
			return H_PARAMETER;
		value = op == MEMOP_INVERT ? ~value : value;
		if (logical_access(vcpu, size, to + at, true, &value) != H_SUCCESS)
			return H_PARAMETER;
	}
	return H_SUCCESS;
}

/* The caches that these would write back or invalidate are the host's, which are coherent. */
static s64 h_nothing(void *opaque, struct vcpu *vcpu, u64 nr, u64 *args)
{
	return H_SUCCESS;
}

void papr_register_memory_calls(struct papr *p)
{
	struct vm *vm = p->vm;

	hcall_register(vm, H_PAGE_INIT, "H_PAGE_INIT", h_page_init, p, CALL_NO_LOCK);
	hcall_register(vm, H_LOGICAL_CI_LOAD, "H_LOGICAL_CI_LOAD", h_logical_load, p, CALL_NO_LOCK);
	hcall_register(vm, H_LOGICAL_CI_STORE, "H_LOGICAL_CI_STORE", h_logical_store, p,
		       CALL_NO_LOCK);
	hcall_register(vm, H_LOGICAL_CACHE_LOAD, "H_LOGICAL_CACHE_LOAD", h_logical_load, p,
		       CALL_NO_LOCK);
	hcall_register(vm, H_LOGICAL_CACHE_STORE, "H_LOGICAL_CACHE_STORE", h_logical_store, p,
		       CALL_NO_LOCK);
	hcall_register(vm, H_LOGICAL_MEMOP, "H_LOGICAL_MEMOP", h_logical_memop, p, CALL_NO_LOCK);
	hcall_register(vm, H_LOGICAL_ICBI, "H_LOGICAL_ICBI", h_nothing, p, CALL_NO_LOCK);
	hcall_register(vm, H_LOGICAL_DCBF, "H_LOGICAL_DCBF", h_nothing, p, CALL_NO_LOCK);
}
