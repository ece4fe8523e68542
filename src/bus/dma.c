// SPDX-License-Identifier: GPL-2.0-or-later
/* Transfers through a view; see dma.h. RAM stays where it is as long as the vm lives, so host
 * addresses need no reference. */
#include "bus/dma.h"

#include <errno.h>

#include "base/endian.h"
#include "base/string.h"
#include "vm/vm.h"

static int real_translate(struct dma_view *v, u64 addr, bool write, u64 *gpa, u64 *len)
{
	*gpa = addr;
	return vm_mem_ptr(v->vm, addr, 1) ? 0 : -EFAULT;
}

static const struct dma_ops real_ops = {real_translate};

void dma_view_init_real(struct dma_view *v, struct vm *vm)
{
	*v = (struct dma_view){vm, &real_ops};
}

/* The host address of a translated range, *len cut at the end of its slot. */
static u8 *host_range(struct vm *vm, u64 gpa, u64 *len)
{
	const struct vm_memory *m = &vm->memory;

	for (u32 i = 0; i < m->nr_slots; i++) {
		const struct engine_slot *s = &m->slots[i].slot;
		u64 offset = gpa - s->gpa;

		if (gpa < s->gpa || offset >= s->size)
			continue;
		if (*len > s->size - offset)
			*len = s->size - offset;
		return (u8 *)s->host + offset;
	}
	return NULL;
}

static u8 *piece(struct dma_view *v, u64 addr, u64 *len, bool write, u64 *gpa)
{
	if (!*len || v->ops->translate(v, addr, write, gpa, len))
		return NULL;
	return host_range(v->vm, *gpa, len);
}

int dma_read(struct dma_view *v, u64 addr, void *buf, u64 len)
{
	for (u8 *to = buf; len;) {
		u64 n = len, gpa;
		const u8 *from = piece(v, addr, &n, false, &gpa);

		if (!from)
			return -EFAULT;
		memcpy(to, from, n);
		to += n;
		addr += n;
		len -= n;
	}
	return 0;
}

int dma_write(struct dma_view *v, u64 addr, const void *buf, u64 len)
{
	for (const u8 *from = buf; len;) {
		u64 n = len, gpa;
		u8 *to = piece(v, addr, &n, true, &gpa);

		if (!to)
			return -EFAULT;
		memcpy(to, from, n);
		vm_mem_written(v->vm, gpa, n);
		from += n;
		addr += n;
		len -= n;
	}
	return 0;
}

int dma_fill(struct dma_view *v, u64 addr, u8 byte, u64 len)
{
	while (len) {
		u64 n = len, gpa;
		u8 *to = piece(v, addr, &n, true, &gpa);

		if (!to)
			return -EFAULT;
		memset(to, byte, n);
		vm_mem_written(v->vm, gpa, n);
		addr += n;
		len -= n;
	}
	return 0;
}

void *dma_map(struct dma_view *v, u64 addr, u64 *len, bool write)
{
	u64 want = *len, gpa;
	u8 *p = piece(v, addr, len, write, &gpa);

	/* Neighbours on the bus are often neighbours in memory too. Asking for one that faults
	 * would be a fault, so the caller's length bounds the walk. */
	while (p && *len < want) {
		u64 n = want - *len, next;
		const u8 *q = piece(v, addr + *len, &n, write, &next);

		if (!q)
			return NULL;
		if (q != p + *len)
			break;
		*len += n;
	}
	return p;
}

void dma_unmap(struct dma_view *v, void *p, u64 len, bool written)
{
	u64 gpa;

	if (written && len && vm_mem_gpa(v->vm, p, &gpa))
		vm_mem_written(v->vm, gpa, len);
}

#define ACCESS(bits, order)                                                                        \
	int dma_ld##bits##_##order(struct dma_view *v, u64 addr, u##bits *value)                   \
	{                                                                                          \
		u64 n = sizeof(u##bits), gpa;                                                      \
		u##bits raw, *p;                                                                   \
                                                                                                   \
		if (addr % sizeof(raw)) {                                                          \
			if (dma_read(v, addr, &raw, sizeof(raw)))                                  \
				return -EFAULT;                                                    \
		} else {                                                                           \
			p = (u##bits *)piece(v, addr, &n, false, &gpa);                            \
			if (!p || n < sizeof(raw))                                                 \
				return -EFAULT;                                                    \
			raw = __atomic_load_n(p, __ATOMIC_RELAXED);                                \
		}                                                                                  \
		*value = ld_##order##bits(&raw);                                                   \
		return 0;                                                                          \
	}                                                                                          \
                                                                                                   \
	int dma_st##bits##_##order(struct dma_view *v, u64 addr, u##bits value)                    \
	{                                                                                          \
		u64 n = sizeof(u##bits), gpa;                                                      \
		u##bits raw, *p;                                                                   \
                                                                                                   \
		st_##order##bits(&raw, value);                                                     \
		if (addr % sizeof(raw))                                                            \
			return dma_write(v, addr, &raw, sizeof(raw));                              \
		p = (u##bits *)piece(v, addr, &n, true, &gpa);                                     \
		if (!p || n < sizeof(raw))                                                         \
			return -EFAULT;                                                            \
		__atomic_store_n(p, raw, __ATOMIC_RELAXED);                                        \
		vm_mem_written(v->vm, gpa, sizeof(raw));                                           \
		return 0;                                                                          \
	}

ACCESS(16, le)
ACCESS(16, be)
ACCESS(32, le)
ACCESS(32, be)
ACCESS(64, le)
ACCESS(64, be)
