// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests that a saved machine had not answered, since its disk waited for the machine to go on:
 * they are saved with the device, and popped again, before all others, when the loaded machine
 * goes on. Doing one twice changes nothing, since nobody was told that it is done. A reset forgets
 * them.
 *
 * The section: for each, its queue + 1 and the element (virtqueue_state.c); then a 0.
 */
#include <errno.h>

#include "device/virtio.h"
#include "device/virtio_held.h"
#include "vm/vm.h"

struct virtio_kept {
	struct virtio_kept *next;
	u32 queue;
	struct virtqueue_element el;
};

struct saving {
	struct vm *vm;
	struct state_writer *w;
};

static void save_one(void *opaque, u32 queue, const struct virtqueue_element *el)
{
	struct saving *s = opaque;

	state_write_u64(s->w, queue + 1);
	virtqueue_save_element(s->vm, el, s->w);
}

void virtio_save_held(struct virtio_device *v, const char *section, u32 instance,
		      struct state_writer *w)
{
	struct saving s = {v->vm, w};

	os_mutex_lock(&v->work);
	if (v->kept || v->ops->held(v, NULL, NULL)) {
		state_save_raw(w, section, instance);
		v->ops->held(v, save_one, &s);
		for (struct virtio_kept *k = v->kept; k; k = k->next)
			save_one(&s, k->queue, &k->el);
		state_write_u64(w, 0);
	}
	os_mutex_unlock(&v->work);
}

static int load_one(struct virtio_device *v, u64 queue, struct virtio_kept **end,
		    struct state_reader *r, struct error *e)
{
	struct virtio_kept *k;

	if (queue >= v->nr_queues)
		return error_set(e, -EINVAL, "saved requests of a device are damaged");
	k = os_alloc(sizeof(*k));
	if (!k)
		return error_set(e, -ENOMEM, "no memory for saved requests");
	k->queue = (u32)queue;
	*end = k;
	return virtqueue_load_element(v->vm, &k->el, r, e);
}

int virtio_load_held(struct virtio_device *v, struct state_reader *r, struct error *e)
{
	struct virtio_kept **end;
	u32 count = 0;
	u64 queue;
	int err = 0;

	os_mutex_lock(&v->work);
	virtio_forget_kept(v, VIRTIO_MAX_QUEUES);
	end = &v->kept;
	while (!err) {
		if (state_read_u64(r, &queue))
			err = error_set(e, -EIO, "the saved state is truncated or damaged");
		else if (!queue)
			break;
		else if (count++ == VIRTQUEUE_MAX_SIZE * v->nr_queues)
			err = error_set(e, -EINVAL, "saved requests of a device are damaged");
		else
			err = load_one(v, queue - 1, end, r, e);
		if (*end)
			end = &(*end)->next;
	}
	if (err)
		virtio_forget_kept(v, VIRTIO_MAX_QUEUES);
	os_mutex_unlock(&v->work);
	return err;
}

static void forget(struct virtio_kept **at)
{
	struct virtio_kept *k = *at;

	*at = k->next;
	virtqueue_element_free(&k->el);
	os_free(k);
}

void virtio_forget_kept(struct virtio_device *v, u32 queue)
{
	struct virtio_kept **at = &v->kept;

	while (*at)
		if (queue == VIRTIO_MAX_QUEUES || (*at)->queue == queue)
			forget(at);
		else
			at = &(*at)->next;
}

bool virtio_pop_kept(struct virtio_device *v, u32 queue, struct virtqueue_element *el)
{
	struct virtio_kept **at = &v->kept;

	while (*at) {
		bool taken;

		if ((*at)->queue != queue) {
			at = &(*at)->next;
			continue;
		}
		/* what the driver could not have offered is dropped */
		taken = virtqueue_take_up(&v->queues[queue].ring, &(*at)->el);
		if (taken) {
			virtqueue_element_free(el);
			*el = (*at)->el;
			(*at)->el = (struct virtqueue_element){0};
		}
		forget(at);
		if (taken)
			return true;
	}
	return false;
}
