/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between virtio.c and virtio_held.c; v->work is held. */
#ifndef DEVICE_VIRTIO_HELD_H
#define DEVICE_VIRTIO_HELD_H

#include "device/virtio.h"

/* Of one queue, VIRTIO_MAX_QUEUES: of all. */
void virtio_forget_kept(struct virtio_device *v, u32 queue);
/* The queue's lock is held, too. */
bool virtio_pop_kept(struct virtio_device *v, u32 queue, struct virtqueue_element *el);

#endif
