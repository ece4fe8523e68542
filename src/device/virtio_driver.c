// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What drivers do by registers, whatever the layout that a transport gives them. All but
 * virtio_isr() run with v->lock held; values are the guest's.
 */
#include "device/virtio.h"

#include "isa/msr.h"
#include "isa/onereg.h"
#include "vm/vm.h"

static void set_half(u64 *field, u32 value, bool high)
{
	*field =
		high ? (*field & 0xffffffff) | (u64)value << 32 : (*field & ~0xffffffffull) | value;
}

u32 virtio_features_load(const struct virtio_device *v, bool legacy)
{
	u32 sel = v->s->device_feature_sel;

	return sel > 1 ? 0 : (u32)(virtio_offered(v, legacy) >> 32 * sel);
}

void virtio_features_store(struct virtio_device *v, bool legacy, u32 value)
{
	u64 features = v->s->features;

	if (v->s->driver_feature_sel > 1)
		return;
	set_half(&features, value, v->s->driver_feature_sel);
	virtio_set_features(v, features & virtio_offered(v, legacy));
}

struct virtqueue_state *virtio_selected(struct virtio_device *v)
{
	return v->s->queue_sel < v->nr_queues ? &v->s->queues[v->s->queue_sel] : NULL;
}

/* A queue that runs stays as it is. */
static struct virtqueue_state *selected_at_rest(struct virtio_device *v)
{
	struct virtqueue_state *q = virtio_selected(v);

	return q && !q->enabled ? q : NULL;
}

void virtio_queue_set_size(struct virtio_device *v, u32 size)
{
	struct virtqueue_state *q = selected_at_rest(v);

	if (q && size <= v->queues[v->s->queue_sel].ring.max_size)
		q->size = size;
}

void virtio_queue_set_address(struct virtio_device *v, u32 part, bool high, u32 value)
{
	struct virtqueue_state *q = selected_at_rest(v);

	if (q)
		set_half(part == VIRTIO_DESC	      ? &q->desc
			 : part == VIRTIO_DRIVER_AREA ? &q->driver
						      : &q->device,
			 value, high);
}

void virtio_queue_enable(struct virtio_device *v)
{
	if (selected_at_rest(v))
		virtio_enable_queue(v, v->s->queue_sel);
}

void virtio_queue_place(struct virtio_device *v, u64 addr, u64 align)
{
	struct virtqueue_state *q = virtio_selected(v);

	if (!q)
		return;
	if (q->enabled) {
		u32 size = q->size;
		u16 vector = q->vector;

		virtio_reset_queue(v, v->s->queue_sel);
		q->size = size;
		q->vector = vector;
	}
	q->desc = addr;
	q->driver = q->desc + 16 * q->size;
	q->device = (q->driver + 6 + 2 * q->size + align - 1) & ~(align - 1);
	if (addr)
		virtio_enable_queue(v, v->s->queue_sel);
}

bool virtio_big_endian(const struct virtio_device *v, u32 vcpu)
{
	return vcpu < v->vm->nr_vcpus && !(vcpu_get(&v->vm->vcpus[vcpu], ONEREG_MSR) & MSR_LE);
}

u8 virtio_isr(struct virtio_device *v, u8 set, u8 clear)
{
	u8 was;

	os_mutex_lock(&v->isr_lock);
	was = v->s->isr;
	v->s->isr = (u8)((was | set) & ~clear);
	v->transport->line(v, v->s->isr != 0);
	os_mutex_unlock(&v->isr_lock);
	return was;
}
