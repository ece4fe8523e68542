// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/memory.h"

#include <errno.h>

#include "base/endian.h"
#include "base/string.h"
#include "vm/vm.h"

static struct ram_slot *slot_at(struct vm *vm, u64 gpa, u64 len)
{
	struct vm_memory *m = &vm->memory;

	for (u32 i = 0; i < m->nr_slots; i++) {
		const struct engine_slot *s = &m->slots[i].slot;

		if (gpa >= s->gpa && gpa - s->gpa < s->size && len <= s->size - (gpa - s->gpa))
			return &m->slots[i];
	}
	return NULL;
}

int vm_ram_add(struct vm *vm, const char *name, u64 gpa, u64 size, struct error *e)
{
	struct vm_memory *m = &vm->memory;
	struct ram_slot *s;
	int err;

	if (m->nr_slots == VM_RAM_SLOTS || !size || ((gpa | size) & (ENGINE_SLOT_ALIGN - 1)) ||
	    gpa + size < gpa)
		return error_set(e, -EINVAL, "no place for %s of %llu bytes", name,
				 (unsigned long long)size);
	s = &m->slots[m->nr_slots];
	err = os_ram_map(&s->ram, size, name);
	if (err)
		return error_set(e, err, "cannot allocate %llu MiB of guest memory",
				 (unsigned long long)(size >> 20));
	s->name = name;
	s->slot = (struct engine_slot){
		.id = m->nr_slots, .gpa = gpa, .size = size, .host = s->ram.base};
	err = vm->ops->set_slot(vm->engine, &s->slot);
	if (err) {
		os_ram_unmap(&s->ram);
		return error_set(e, err, "the engine refuses %s", name);
	}
	m->nr_slots++;
	return 0;
}

void vm_memory_destroy(struct vm *vm)
{
	struct vm_memory *m = &vm->memory;

	while (m->nr_slots) {
		struct ram_slot *s = &m->slots[--m->nr_slots];

		s->slot.size = 0;
		vm->ops->set_slot(vm->engine, &s->slot);
		os_ram_unmap(&s->ram);
	}
}

void *vm_mem_ptr(struct vm *vm, u64 gpa, u64 len)
{
	struct ram_slot *s = slot_at(vm, gpa, len);

	return s ? (u8 *)s->ram.base + (gpa - s->slot.gpa) : NULL;
}

void vm_mem_written(struct vm *vm, u64 gpa, u64 len)
{
	vm->ops->memory_written(vm->engine, gpa, len);
}

/* Transfers that span slots are rare (firmware images); RAM is usually one slot. */
static bool all_ram(struct vm *vm, u64 gpa, u64 len)
{
	while (len) {
		struct ram_slot *s = slot_at(vm, gpa, 1);
		u64 n;

		if (!s)
			return false;
		n = s->slot.size - (gpa - s->slot.gpa);
		n = n < len ? n : len;
		gpa += n;
		len -= n;
		if (len && !gpa)
			return false;
	}
	return true;
}

enum transfer { XFER_READ, XFER_WRITE, XFER_FILL };

static int transfer(struct vm *vm, u64 gpa, u8 *buf, u64 len, enum transfer kind, u8 byte)
{
	if (!all_ram(vm, gpa, len))
		return -EFAULT;
	while (len) {
		struct ram_slot *s = slot_at(vm, gpa, 1);
		u64 offset = gpa - s->slot.gpa, n = s->slot.size - offset;
		u8 *p = (u8 *)s->ram.base + offset;

		n = n < len ? n : len;
		if (kind == XFER_READ)
			memcpy(buf, p, n);
		else if (kind == XFER_WRITE)
			memcpy(p, buf, n);
		else
			memset(p, byte, n);
		if (kind != XFER_READ)
			vm_mem_written(vm, gpa, n);
		if (buf)
			buf += n;
		gpa += n;
		len -= n;
	}
	return 0;
}

int vm_mem_read(struct vm *vm, u64 gpa, void *buf, u64 len)
{
	return transfer(vm, gpa, buf, len, XFER_READ, 0);
}

int vm_mem_write(struct vm *vm, u64 gpa, const void *buf, u64 len)
{
	return transfer(vm, gpa, (u8 *)(uintptr_t)buf, len, XFER_WRITE, 0);
}

int vm_mem_fill(struct vm *vm, u64 gpa, u8 byte, u64 len)
{
	return transfer(vm, gpa, NULL, len, XFER_FILL, byte);
}

int vm_mem_clear(struct vm *vm)
{
	for (u32 i = 0; i < vm->memory.nr_slots; i++) {
		struct ram_slot *s = &vm->memory.slots[i];
		int err = os_ram_discard(&s->ram, 0, s->slot.size);

		if (err)
			return err;
		vm->ops->memory_written(vm->engine, s->slot.gpa, s->slot.size);
	}
	return 0;
}

int vm_mem_discard(struct vm *vm, u64 gpa, u64 len)
{
	if (!all_ram(vm, gpa, len))
		return -EFAULT;
	while (len) {
		struct ram_slot *s = slot_at(vm, gpa, 1);
		u64 offset = gpa - s->slot.gpa, n = s->slot.size - offset;
		int err;

		n = n < len ? n : len;
		err = os_ram_discard(&s->ram, offset, n);
		if (err)
			return err;
		vm_mem_written(vm, gpa, n);
		gpa += n;
		len -= n;
	}
	return 0;
}

bool vm_mem_gpa(struct vm *vm, const void *p, u64 *gpa)
{
	for (u32 i = 0; i < vm->memory.nr_slots; i++) {
		const struct engine_slot *s = &vm->memory.slots[i].slot;
		u64 offset = (u64)((uintptr_t)p - (uintptr_t)s->host);

		if (offset < s->size) {
			*gpa = s->gpa + offset;
			return true;
		}
	}
	return false;
}

#define ACCESS(bits)                                                                               \
	static u##bits *aligned##bits(struct vm *vm, u64 gpa)                                      \
	{                                                                                          \
		return gpa & (sizeof(u##bits) - 1) ? NULL : vm_mem_ptr(vm, gpa, sizeof(u##bits));  \
	}                                                                                          \
                                                                                                   \
	int vm_mem_ld##bits(struct vm *vm, u64 gpa, u##bits *value)                                \
	{                                                                                          \
		u##bits *p = aligned##bits(vm, gpa), v;                                            \
                                                                                                   \
		if (!p)                                                                            \
			return -EFAULT;                                                            \
		v = __atomic_load_n(p, __ATOMIC_RELAXED);                                          \
		*value = ld_be##bits(&v);                                                          \
		return 0;                                                                          \
	}                                                                                          \
                                                                                                   \
	int vm_mem_st##bits(struct vm *vm, u64 gpa, u##bits value)                                 \
	{                                                                                          \
		u##bits *p = aligned##bits(vm, gpa), v;                                            \
                                                                                                   \
		if (!p)                                                                            \
			return -EFAULT;                                                            \
		st_be##bits(&v, value);                                                            \
		__atomic_store_n(p, v, __ATOMIC_RELAXED);                                          \
		vm_mem_written(vm, gpa, sizeof(v));                                                \
		return 0;                                                                          \
	}

ACCESS(32)
ACCESS(64)
