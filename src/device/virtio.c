// SPDX-License-Identifier: GPL-2.0-or-later
/* See virtio.h. */
#include "device/virtio.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/assert.h"
#include "base/endian.h"
#include "base/log.h"
#include "device/virtio_held.h"
#include "vm/vm.h"

static int virtio_post_load(void *obj, struct error *e)
{
	struct virtio_state *s = obj;

	for (u32 i = 0; i < VIRTIO_MAX_QUEUES; i++) {
		struct virtqueue_state *q = &s->queues[i];

		if (q->size > VIRTQUEUE_MAX_SIZE || q->enabled > 1 || q->avail_wrap > 1 ||
		    q->used_wrap > 1 || q->signalled_valid > 1 || (q->enabled && !q->size))
			return error_set(e, -EINVAL, "saved state of a virtio queue is damaged");
		if (s->features & VIRTIO_F_RING_PACKED && q->enabled &&
		    (q->avail >= q->size || q->used >= q->size))
			return error_set(e, -EINVAL, "saved state of a virtio queue is damaged");
		if (q->enabled && !(s->features & VIRTIO_F_RING_PACKED) && q->size & (q->size - 1))
			return error_set(e, -EINVAL, "saved state of a virtio queue is damaged");
	}
	if (s->big_endian > 1)
		return error_set(e, -EINVAL, "saved state of a virtio device is damaged");
	return 0;
}

static const struct state_field state_fields[] = {
	STATE_FIELD(struct virtio_state, features, STATE_U64),
	STATE_FIELD(struct virtio_state, device_feature_sel, STATE_U32),
	STATE_FIELD(struct virtio_state, driver_feature_sel, STATE_U32),
	STATE_FIELD(struct virtio_state, queue_sel, STATE_U16),
	STATE_FIELD(struct virtio_state, config_vector, STATE_U16),
	STATE_FIELD(struct virtio_state, status, STATE_U8),
	STATE_FIELD(struct virtio_state, isr, STATE_U8),
	STATE_FIELD(struct virtio_state, generation, STATE_U8),
	STATE_FIELD(struct virtio_state, big_endian, STATE_U8),
	STATE_STRUCT_ARRAY(struct virtio_state, queues, &virtqueue_state_table),
};

const struct state_table virtio_state_table = {
	.name = "virtio",
	.size = sizeof(struct virtio_state),
	.nr_fields = ARRAY_SIZE(state_fields),
	.fields = state_fields,
	.post_load = virtio_post_load,
};

#define ACCESSORS(bits)                                                                            \
	void virtio_st##bits(const struct virtio_device *v, void *p, u##bits value)                \
	{                                                                                          \
		if (v->s->big_endian)                                                              \
			st_be##bits(p, value);                                                     \
		else                                                                               \
			st_le##bits(p, value);                                                     \
	}                                                                                          \
	u##bits virtio_ld##bits(const struct virtio_device *v, const void *p)                      \
	{                                                                                          \
		return v->s->big_endian ? ld_be##bits(p) : ld_le##bits(p);                         \
	}
ACCESSORS(16)
ACCESSORS(32)
ACCESSORS(64)

/* --- the device's thread --- */
static void handle_kicked(struct virtio_device *v)
{
	bool again = true;

	while (again && v->running && v->transport->alive(v)) {
		again = false;
		for (u32 i = 0; i < v->nr_queues; i++) {
			if (!atomic_exchange(&v->queues[i].kicked, false))
				continue;
			again = true;
			if (v->s->status & VIRTIO_STATUS_DRIVER_OK)
				v->ops->handle(v, i);
		}
	}
}

static void virtio_main(void *opaque)
{
	struct virtio_device *v = opaque;

	while (!v->stop) {
		bool kicked = os_wake_wait(&v->wake, v->due);

		os_mutex_lock(&v->work);
		if (!kicked) {
			v->due = OS_FOREVER;
			for (u32 i = 0; i < v->nr_queues; i++)
				v->queues[i].kicked = true;
		}
		handle_kicked(v);
		os_mutex_unlock(&v->work);
	}
}

void virtio_kick(struct virtio_device *v, u32 queue)
{
	if (queue >= v->nr_queues)
		return;
	v->queues[queue].kicked = true;
	os_wake_signal(&v->wake);
}

void virtio_settle(struct virtio_device *v)
{
	os_mutex_lock(&v->work);
	os_mutex_unlock(&v->work);
	for (u32 i = 0; i < v->nr_queues; i++) {
		os_mutex_lock(&v->queues[i].lock);
		os_mutex_unlock(&v->queues[i].lock);
	}
}

void virtio_resume(struct virtio_device *v)
{
	os_wake_signal(&v->wake);
}

/* What follows from features and status, also after they were loaded. */
static void apply(struct virtio_device *v)
{
	struct dma_view *view = v->transport->view(v, virtio_has(v, VIRTIO_F_ACCESS_PLATFORM));

	if (virtio_has(v, VIRTIO_F_VERSION_1))
		v->s->big_endian = 0;
	for (u32 i = 0; i < v->nr_queues; i++) {
		struct virtqueue *r = &v->queues[i].ring;

		r->view = view;
		r->packed = virtio_has(v, VIRTIO_F_RING_PACKED);
		r->event_idx = virtio_has(v, VIRTIO_F_EVENT_IDX);
		r->indirect = virtio_has(v, VIRTIO_F_INDIRECT_DESC);
		r->big_endian = v->s->big_endian;
		r->seen = r->s->avail;
	}
}

static void virtio_run(void *opaque, bool running)
{
	struct virtio_device *v = opaque;

	os_mutex_lock(&v->work);
	v->running = running;
	if (!running) {
		v->pausing = true;
		v->ops->quiesce(v);
		v->pausing = false;
	} else {
		apply(v);
		for (u32 i = 0; i < v->nr_queues; i++)
			virtio_kick(v, i);
	}
	os_mutex_unlock(&v->work);
}

/* --- status --- */
void virtio_broken(struct virtio_device *v, const char *why)
{
	log_printf(LOG_GUEST, "%s: %s\n", v->name, why);
	__atomic_fetch_or(&v->s->status, VIRTIO_STATUS_NEEDS_RESET, __ATOMIC_SEQ_CST);
	if (v->s->status & VIRTIO_STATUS_DRIVER_OK)
		virtio_config_changed(v);
}

static void queue_broken(struct virtqueue *q, const char *why)
{
	virtio_broken(q->opaque, why);
}

/* What is under way is done or not, but the driver's memory stays as it is. */
static void quiesce_for_good(struct virtio_device *v)
{
	v->dropping = true;
	v->ops->quiesce(v);
	v->dropping = false;
	virtio_forget_kept(v, VIRTIO_MAX_QUEUES);
}

static void reset_locked(struct virtio_device *v)
{
	os_mutex_lock(&v->work);
	quiesce_for_good(v);
	v->s->features = 0;
	v->s->device_feature_sel = v->s->driver_feature_sel = 0;
	v->s->queue_sel = 0;
	v->s->config_vector = VIRTQUEUE_NO_VECTOR;
	v->s->status = 0;
	v->s->big_endian = 0;
	for (u32 i = 0; i < v->nr_queues; i++) {
		struct virtio_queue *q = &v->queues[i];

		os_mutex_lock(&q->lock);
		virtqueue_reset(&q->ring, q->size);
		q->kicked = false;
		os_mutex_unlock(&q->lock);
	}
	v->ops->reset(v);
	apply(v);
	os_mutex_unlock(&v->work);
	virtio_isr(v, 0, 0xff);
}

void virtio_reset(struct virtio_device *v)
{
	os_mutex_lock(&v->lock);
	reset_locked(v);
	os_mutex_unlock(&v->lock);
}

u64 virtio_offered(const struct virtio_device *v, bool legacy)
{
	const u64 legacy_bits = VIRTIO_F_NOTIFY_ON_EMPTY | VIRTIO_F_ANY_LAYOUT;

	return legacy ? v->host_features & 0xffffffff : v->host_features & ~legacy_bits;
}

void virtio_set_features(struct virtio_device *v, u64 features)
{
	if (v->s->status & (VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK))
		return;
	v->s->features = features & v->host_features;
	apply(v);
}

void virtio_set_byte_order(struct virtio_device *v, bool big_endian)
{
	v->s->big_endian = big_endian;
	apply(v);
}

void virtio_set_status(struct virtio_device *v, u8 status)
{
	u8 old = v->s->status, keep = old & VIRTIO_STATUS_NEEDS_RESET;

	if (!status) {
		reset_locked(v);
		return;
	}
	if (status & ~old & VIRTIO_STATUS_FEATURES_OK) {
		bool modern = virtio_has(v, VIRTIO_F_VERSION_1);
		bool platform = v->host_features & VIRTIO_F_ACCESS_PLATFORM;

		/* a driver that ignores where its addresses go would be lost (2.1) */
		if (!modern || (platform && !virtio_has(v, VIRTIO_F_ACCESS_PLATFORM)))
			status &= (u8)~VIRTIO_STATUS_FEATURES_OK;
		else
			v->ops->negotiated(v);
	}
	if (status & ~old & VIRTIO_STATUS_DRIVER_OK && !virtio_has(v, VIRTIO_F_VERSION_1))
		v->ops->negotiated(v);
	__atomic_store_n(&v->s->status, status | keep, __ATOMIC_SEQ_CST);
	if (status & ~old & VIRTIO_STATUS_DRIVER_OK)
		for (u32 i = 0; i < v->nr_queues; i++)
			virtio_kick(v, i);
}

void virtio_enable_queue(struct virtio_device *v, u32 queue)
{
	struct virtio_queue *q = &v->queues[queue];
	struct virtqueue_state *s = q->ring.s;
	bool packed = virtio_has(v, VIRTIO_F_RING_PACKED);

	os_mutex_lock(&q->lock);
	if (s->size && (packed || !(s->size & (s->size - 1))))
		s->enabled = 1;
	os_mutex_unlock(&q->lock);
}

void virtio_reset_queue(struct virtio_device *v, u32 queue)
{
	struct virtio_queue *q = &v->queues[queue];

	os_mutex_lock(&v->work);
	v->ops->quiesce(v);
	virtio_forget_kept(v, queue);
	os_mutex_lock(&q->lock);
	virtqueue_reset(&q->ring, q->size);
	q->kicked = false;
	os_mutex_unlock(&q->lock);
	os_mutex_unlock(&v->work);
}

/* --- configuration space --- */
u64 virtio_config_load(struct virtio_device *v, u32 offset, u32 size)
{
	u64 value = 0;

	v->ops->config_read(v);
	for (u32 i = 0; i < size; i++)
		if (offset + i < v->config_len)
			value |= (u64)v->config[offset + i] << 8 * i;
	return value;
}

void virtio_config_store(struct virtio_device *v, u32 offset, u32 size, u64 value)
{
	for (u32 i = 0; i < size; i++)
		if (offset + i < v->config_len)
			v->config[offset + i] = (u8)(value >> 8 * i);
	v->ops->config_written(v, offset, size);
}

void virtio_config_changed(struct virtio_device *v)
{
	__atomic_fetch_add(&v->s->generation, 1, __ATOMIC_SEQ_CST);
	v->transport->interrupt(v, v->s->config_vector, VIRTIO_ISR_CONFIG);
}

/* --- queues --- */
void virtio_notify(struct virtio_device *v, u32 queue)
{
	struct virtqueue *r = &v->queues[queue].ring;

	if (virtqueue_should_interrupt(r))
		v->transport->interrupt(v, r->s->vector, VIRTIO_ISR_QUEUE);
}

void virtio_complete(struct virtio_device *v, u32 queue, struct virtqueue_element *el, u64 written)
{
	struct virtio_queue *q = &v->queues[queue];

	if (v->dropping)
		return;
	os_mutex_lock(&q->lock);
	virtqueue_push(&q->ring, el, written);
	virtio_notify(v, queue);
	os_mutex_unlock(&q->lock);
}

void virtio_push(struct virtio_device *v, u32 queue, struct virtqueue_element *el, u64 written)
{
	struct virtio_queue *q = &v->queues[queue];

	if (v->dropping)
		return;
	os_mutex_lock(&q->lock);
	virtqueue_push(&q->ring, el, written);
	os_mutex_unlock(&q->lock);
}

void virtio_notify_pushed(struct virtio_device *v, u32 queue)
{
	struct virtio_queue *q = &v->queues[queue];

	if (v->dropping)
		return;
	os_mutex_lock(&q->lock);
	virtio_notify(v, queue);
	os_mutex_unlock(&q->lock);
}

int virtio_pop(struct virtio_device *v, u32 queue, struct virtqueue_element *el)
{
	struct virtio_queue *q = &v->queues[queue];
	int err;

	os_mutex_lock(&q->lock);
	if (v->kept && virtio_pop_kept(v, queue, el))
		err = 1;
	else
		err = virtqueue_pop(&q->ring, el);
	os_mutex_unlock(&q->lock);
	return err;
}

void virtio_unpop(struct virtio_device *v, u32 queue, struct virtqueue_element *el)
{
	struct virtio_queue *q = &v->queues[queue];

	os_mutex_lock(&q->lock);
	virtqueue_unpop(&q->ring, el);
	os_mutex_unlock(&q->lock);
}

void virtio_want_notify(struct virtio_device *v, u32 queue, bool on)
{
	struct virtio_queue *q = &v->queues[queue];

	os_mutex_lock(&q->lock);
	virtqueue_want_notify(&q->ring, on);
	if (on && virtqueue_ready(&q->ring))
		virtio_kick(v, queue);
	os_mutex_unlock(&q->lock);
}

/* --- life --- */
static u64 transport_features(const struct virtio_props *p)
{
	u64 f = VIRTIO_F_VERSION_1;

	f |= p->indirect ? VIRTIO_F_INDIRECT_DESC : 0;
	f |= p->event_idx ? VIRTIO_F_EVENT_IDX : 0;
	f |= p->packed ? VIRTIO_F_RING_PACKED : 0;
	f |= p->iommu_platform ? VIRTIO_F_ACCESS_PLATFORM : 0;
	f |= p->notify_on_empty ? VIRTIO_F_NOTIFY_ON_EMPTY : 0;
	f |= p->any_layout ? VIRTIO_F_ANY_LAYOUT : 0;
	f |= p->queue_reset ? VIRTIO_F_RING_RESET : 0;
	return f;
}

int virtio_init(struct virtio_device *v, const struct virtio_init *init, struct error *e)
{
	pv_assert(init->nr_queues <= VIRTIO_MAX_QUEUES && init->config_len <= VIRTIO_CONFIG_BYTES);
	v->vm = init->vm;
	v->name = init->name;
	v->ops = init->ops;
	v->transport = init->transport;
	v->transport_data = init->transport_data;
	v->s = init->state;
	v->host_features = init->features | transport_features(init->props);
	v->nr_queues = init->nr_queues;
	v->config_len = init->config_len;
	v->due = OS_FOREVER;
	os_mutex_init(&v->lock);
	os_mutex_init(&v->work);
	os_mutex_init(&v->isr_lock);
	os_wake_init(&v->wake);
	for (u32 i = 0; i < VIRTIO_MAX_QUEUES; i++) {
		struct virtio_queue *q = &v->queues[i];

		q->size = i < init->nr_queues ? init->queue_size : 0;
		os_mutex_init(&q->lock);
		q->ring.s = &v->s->queues[i];
		q->ring.index = i;
		q->ring.max_size = q->size;
		q->ring.broken = queue_broken;
		q->ring.opaque = v;
		virtqueue_reset(&q->ring, q->size);
	}
	v->s->config_vector = VIRTQUEUE_NO_VECTOR;
	if (os_thread_create(&v->thread, v->name, virtio_main, v))
		return error_set(e, -EAGAIN, "%s: no thread", v->name);
	v->started = true;
	vm_listen(v->vm, virtio_run, v);
	return 0;
}

void virtio_leave(struct virtio_device *v)
{
	os_mutex_lock(&v->work);
	v->running = false;
	quiesce_for_good(v);
	v->s->status = 0;
	os_mutex_unlock(&v->work);
}

void virtio_destroy(struct virtio_device *v)
{
	if (!v->started)
		return;
	vm_unlisten(v->vm, v);
	os_mutex_lock(&v->work);
	v->running = false;
	quiesce_for_good(v);
	os_mutex_unlock(&v->work);
	v->stop = true;
	os_wake_signal(&v->wake);
	os_thread_join(&v->thread);
	v->started = false;
	for (u32 i = 0; i < VIRTIO_MAX_QUEUES; i++)
		os_mutex_destroy(&v->queues[i].lock);
	os_mutex_destroy(&v->isr_lock);
	os_mutex_destroy(&v->work);
	os_mutex_destroy(&v->lock);
}
