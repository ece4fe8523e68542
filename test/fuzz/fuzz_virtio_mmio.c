// SPDX-License-Identifier: GPL-2.0-or-later
/* Loads and stores of a guest to slots of virtio-mmio, modern and legacy, of every width and at
 * every place, with rings of its making in memory; and queues worked on in between. */
#include "../unit/device/fakenet.h"
#include "../unit/device/mmio_board.h"
#include "device/virtio_balloon.h"
#include "device/virtio_net.h"
#include "device/virtio_plug.h"
#include "device/virtio_rng.h"
#include "fuzz.h"

enum { BOARDS = 2, DEVICES = 3, RINGS = 0x10000 };

struct rig {
	struct vm *vm;
	struct virtio_device *v[DEVICES];
};

static void build(struct rig *r, struct fakenet *net, bool legacy)
{
	struct device *d[DEVICES];

	fakenet_init(net);
	r->vm = mmio_board(legacy);
	d[0] = mmio_plug(r->vm, &virtio_net_device_class, "netdev", NULL, &net->n);
	d[1] = mmio_plug(r->vm, &virtio_rng_device_class, "packed", "on", NULL);
	d[2] = mmio_plug(r->vm, &virtio_balloon_device_class, "free-page-reporting", "on", NULL);
	for (u32 i = 0; i < DEVICES; i++)
		r->v[i] = container_of(d[i], struct virtio_plug, dev)->mmio.v;
	devices_reset(r->vm);
}

static void guest_access(struct rig *r, struct fuzz_input *in, u32 kind)
{
	struct vm_exit x = {.reason = VM_EXIT_MMIO};
	u32 where = (u32)fuzz_value(in, 2);

	x.mmio.addr = MMIO_BOARD_SLOTS + (where & 3) * VIRTIO_MMIO_BYTES + (where >> 2) % 0x204;
	x.mmio.len = kind & 0x30 ? 4 : 1u << (kind >> 1 & 3);
	if (kind & 0x20)
		x.mmio.addr &= ~3ull;
	x.mmio.write = kind & 1;
	for (u32 i = 0; i < x.mmio.len && x.mmio.write; i++)
		x.mmio.data[i] = (u8)fuzz_value(in, 1);
	mmio_dispatch(r->vm, 0, &x);
}

/* As drivers put things: a value of the device's order in a ring. */
static void poke(struct rig *r, struct fuzz_input *in)
{
	u32 at = (u32)fuzz_value(in, 2) % RINGS, n = (u32)fuzz_value(in, 1) & 15;
	u8 data[16];

	for (u32 i = 0; i < n; i++)
		data[i] = (u8)fuzz_value(in, 1);
	vm_mem_write(r->vm, RINGS + at, data, n);
}

/* A queue that works, which random stores would seldom make. */
static void prepare(struct virtio_device *v, u32 queue, u32 what)
{
	struct virtqueue_state *q = &v->s->queues[queue % v->nr_queues];

	os_mutex_lock(&v->lock);
	virtio_set_status(v, what & 1 ? 0 : v->s->status);
	virtio_set_features(v, v->host_features);
	virtio_set_status(v, 15);
	if (!q->enabled) {
		q->size = 8;
		q->desc = RINGS;
		q->driver = RINGS + 0x100;
		q->device = RINGS + 0x200;
		virtio_enable_queue(v, queue % v->nr_queues);
	}
	os_mutex_unlock(&v->lock);
}

static void handle(struct virtio_device *v, u32 queue)
{
	os_mutex_lock(&v->work);
	if (v->s->status & VIRTIO_STATUS_DRIVER_OK)
		v->ops->handle(v, queue % v->nr_queues);
	os_mutex_unlock(&v->work);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct rig rigs[BOARDS];
	static struct fakenet nets[BOARDS];
	struct fuzz_input in = {data, size};
	struct rig *r;

	if (!rigs[0].vm) {
		build(&rigs[0], &nets[0], false);
		build(&rigs[1], &nets[1], true);
	}
	r = &rigs[fuzz_value(&in, 1) & 1];
	devices_reset(r->vm);
	vm_mem_fill(r->vm, RINGS, 0, RINGS);
	while (in.size) {
		u32 what = (u32)fuzz_value(&in, 1);
		struct virtio_device *v = r->v[what % DEVICES];

		if (what & 0x80)
			guest_access(r, &in, what);
		else if (what & 0x40)
			poke(r, &in);
		else if (what & 0x20)
			prepare(v, (u32)fuzz_value(&in, 1), what >> 4);
		else
			handle(v, (u32)fuzz_value(&in, 1));
	}
	return 0;
}
