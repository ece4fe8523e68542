/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A driver for virtio devices in tests, with split rings: it sets a device up by the transport's
 * calls, offers buffers, and waits for them to come back. */
#ifndef TEST_VDRIVER_H
#define TEST_VDRIVER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../buffer.h"
#include "base/endian.h"
#include "bus/pci_host.h"
#include "device/virtio_pci.h"
#include "vm/savestate.h"
#include "vm/vm.h"

enum {
	VD_RINGS = 0x100000, /* a queue's: descriptors, 0x1000 available, 0x2000 used */
	VD_RING_BYTES = 0x4000,
	VD_DATA = 0x400000,
	VD_SLOT = 0x8000, /* of data: the driver's half, then the device's */
	VD_SIZE = 8,
	VD_NEXT = 1,
	VD_WRITE = 2,
};

struct vdriver {
	struct vm *vm;
	struct virtio_device *v;
	u16 avail[VIRTIO_MAX_QUEUES], used[VIRTIO_MAX_QUEUES];
};

static inline u64 vd_ring(u32 queue)
{
	return VD_RINGS + (u64)queue * VD_RING_BYTES;
}

static inline u64 vd_data(u32 queue, u32 slot)
{
	return VD_DATA + (u64)(queue * VD_SIZE + slot % VD_SIZE) * VD_SLOT;
}

static inline void vd_put(struct vm *vm, u64 at, u64 value, u32 bytes)
{
	u8 raw[8];

	st_le64(raw, value);
	if (vm_mem_write(vm, at, raw, bytes))
		abort();
}

static inline u64 vd_get(struct vm *vm, u64 at, u32 bytes)
{
	u8 raw[8] = {0};

	if (vm_mem_read(vm, at, raw, bytes))
		abort();
	return ld_le64(raw);
}

/* A device that was realized, on PCI: it may master the bus. */
static inline void vd_init(struct vdriver *d, struct device *dev)
{
	struct virtio_pci *p = container_of(dev, struct virtio_pci, pci.dev);

	memset(d, 0, sizeof(*d));
	d->vm = dev->vm;
	d->v = p->v;
	vm_lock(d->vm);
	pci_config_write(&p->pci, PCI_COMMAND, 2, 6);
	vm_unlock(d->vm);
}

/* Reset, agree on features (those of the type; virtio 1.0 is added) and start. */
static inline void vd_start(struct vdriver *d, u64 features)
{
	struct virtio_device *v = d->v;

	memset(d->avail, 0, sizeof(d->avail));
	memset(d->used, 0, sizeof(d->used));
	os_mutex_lock(&v->lock);
	virtio_set_status(v, 0);
	virtio_set_status(v, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	virtio_set_features(v, features | VIRTIO_F_VERSION_1);
	virtio_set_status(v, v->s->status | VIRTIO_STATUS_FEATURES_OK);
	for (u32 i = 0; i < v->nr_queues; i++) {
		struct virtqueue_state *q = &v->s->queues[i];

		vm_mem_fill(d->vm, vd_ring(i), 0, VD_RING_BYTES);
		q->size = VD_SIZE;
		q->desc = vd_ring(i);
		q->driver = q->desc + 0x1000;
		q->device = q->desc + 0x2000;
		virtio_enable_queue(v, i);
	}
	virtio_set_status(v, v->s->status | VIRTIO_STATUS_DRIVER_OK);
	os_mutex_unlock(&v->lock);
}

/* Put `out` bytes and room for `in` into the ring; returns the slot. */
static inline u32 vd_publish(struct vdriver *d, u32 queue, const void *out, u32 out_len, u32 in_len)
{
	u32 slot = d->avail[queue] % VD_SIZE, head = slot;
	u64 at = vd_data(queue, slot), desc = vd_ring(queue) + 16 * head;

	if (out_len)
		vm_mem_write(d->vm, at, out, out_len);
	if (out_len && in_len) {
		/* the second descriptor stands in the table's other half, which no ring names */
		u64 second = vd_ring(queue) + 16 * (VD_SIZE / 2 + head % (VD_SIZE / 2));

		slot = head = slot % (VD_SIZE / 2);
		desc = vd_ring(queue) + 16 * head;
		vd_put(d->vm, second, at + VD_SLOT / 2, 8);
		vd_put(d->vm, second + 8, in_len, 4);
		vd_put(d->vm, second + 12, VD_WRITE, 4);
	}
	vd_put(d->vm, desc, out_len ? at : at + VD_SLOT / 2, 8);
	vd_put(d->vm, desc + 8, out_len ? out_len : in_len, 4);
	vd_put(d->vm, desc + 12, out_len && in_len ? VD_NEXT : out_len ? 0 : VD_WRITE, 2);
	vd_put(d->vm, desc + 14, out_len && in_len ? VD_SIZE / 2 + head : 0, 2);
	vd_put(d->vm, vd_ring(queue) + 0x1000 + 4 + 2 * (d->avail[queue] % VD_SIZE), head, 2);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	slot = d->avail[queue]++;
	vd_put(d->vm, vd_ring(queue) + 0x1000 + 2, d->avail[queue], 2);
	return slot;
}

/* The same, and tell the device. */
static inline u32 vd_offer(struct vdriver *d, u32 queue, const void *out, u32 out_len, u32 in_len)
{
	u32 slot = vd_publish(d, queue, out, out_len, in_len);

	virtio_kick(d->v, queue);
	return slot;
}

/* Has another buffer come back? Waits so many ms. */
static inline bool vd_ready(struct vdriver *d, u32 queue, u32 ms)
{
	u64 end = os_clock_ns() + ms * 1000000ull;

	while ((u16)vd_get(d->vm, vd_ring(queue) + 0x2000 + 2, 2) == d->used[queue]) {
		if (os_clock_ns() > end)
			return false;
		os_thread_yield();
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return true;
}

/* The next buffer that comes back; returns how many bytes the device wrote, ~0: none came. */
static inline u32 vd_take(struct vdriver *d, u32 queue, void *in, u32 size)
{
	u64 entry = vd_ring(queue) + 0x2000 + 4 + 8 * (d->used[queue] % VD_SIZE);
	u32 len;

	if (!vd_ready(d, queue, 20000))
		return ~0u;
	len = (u32)vd_get(d->vm, entry + 4, 4);
	if (in)
		vm_mem_read(d->vm, vd_data(queue, d->used[queue]) + VD_SLOT / 2, in,
			    len < size ? len : size);
	d->used[queue]++;
	return len;
}

/* The machine pauses and is saved. */
static inline void vd_save(struct vdriver *d, struct buffer *b)
{
	struct state_writer w = {buf_write, b, 0};
	struct error e = {""};

	vm_pause(d->vm);
	if (vm_save(d->vm, &w, &e)) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
}

/* d, of a machine just made, goes on as the driver of the one that was saved. */
static inline void vd_load(struct vdriver *d, const struct vdriver *saved, struct buffer *b)
{
	struct state_reader r = {buf_read, b};
	struct error e = {""};

	memcpy(d->avail, saved->avail, sizeof(d->avail));
	memcpy(d->used, saved->used, sizeof(d->used));
	if (vm_load(d->vm, &r, &e)) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	free(b->data);
	vm_resume(d->vm);
}

#endif
