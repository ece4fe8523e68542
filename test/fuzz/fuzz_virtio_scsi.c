// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The virtio SCSI adapter as a driver reaches it: commands in all directions for a disk, a CD-ROM
 * drive and nobody, task management, events; rings split and packed, with and without tables of
 * their own, and rings full of anything. The disk answers later, on another thread, well or not;
 * meanwhile the driver resets the device or a queue, and the machine pauses.
 */
#include <errno.h>

#include "../unit/device/vdriver.h"
#include "device/scsi.h"
#include "device/virtio_scsi.h"
#include "fuzz.h"
#include "host/block_private.h"

enum {
	IMAGE = 1 << 18,
	QUEUES = 4,
	RING = 16, /* places */
	PIECES = 4,
	HEAD = 51,
	CDB_AT = 19,
	TABLES = 0x200000,
	DATA = 0x300000,
	DATA_BYTES = 0x8000,
	ANSWER_AFTER = 200000, /* ns, who is not told to */
};

/* A disk that answers when it is told to, or a little later. */
struct disk {
	struct block b;
	struct os_thread thread;
	struct os_mutex lock;
	struct os_cond changed;
	struct block_request *first, **last;
	u32 allowed;
	int err; /* of the next ones */
	u8 data[IMAGE];
};

/* A ring as its driver sees it. */
struct ring {
	u16 next; /* split: elements; packed: the place */
	bool wrap;
};

static struct vdriver driver;
static struct disk disks[2];
static struct ring rings[QUEUES];
static bool packed;

static void answer(struct disk *d, struct block_request *r, int err)
{
	if (r->op == BLOCK_READ)
		iov_from_buf(r->iov, r->niov, 0, d->data + r->offset, r->len);
	else if (r->op == BLOCK_WRITE)
		iov_to_buf(r->iov, r->niov, 0, d->data + r->offset, r->len);
	block_complete(r, err);
}

static void disk_main(void *opaque)
{
	struct disk *d = opaque;

	os_mutex_lock(&d->lock);
	for (;;) {
		struct block_request *r;
		int err;

		while (!d->first)
			os_cond_wait(&d->changed, &d->lock);
		if (!d->allowed)
			os_cond_wait_until(&d->changed, &d->lock, os_clock_ns() + ANSWER_AFTER);
		d->allowed -= d->allowed ? 1 : 0;
		err = d->err;
		r = d->first;
		d->first = r->next;
		if (!d->first)
			d->last = &d->first;
		os_mutex_unlock(&d->lock);
		answer(d, r, err);
		os_mutex_lock(&d->lock);
	}
}

static void disk_submit(struct block *b, struct block_request **r, u32 count)
{
	struct disk *d = container_of(b, struct disk, b);

	os_mutex_lock(&d->lock);
	for (u32 i = 0; i < count; i++) {
		r[i]->next = NULL;
		*d->last = r[i];
		d->last = &r[i]->next;
	}
	os_cond_signal(&d->changed);
	os_mutex_unlock(&d->lock);
}

static void disk_close(struct block *b)
{
}

static const struct block_ops disk_ops = {disk_submit, disk_close, NULL};

static void stop(void *opaque)
{
}

static void tell(struct disk *d, u32 allowed, int err)
{
	os_mutex_lock(&d->lock);
	d->allowed += allowed;
	d->err = err;
	os_cond_signal(&d->changed);
	os_mutex_unlock(&d->lock);
}

static struct block *make_disk(struct disk *d, bool cdrom)
{
	block_init(&d->b, &disk_ops, "disk");
	d->b.info.size = IMAGE;
	d->b.info.logical_size = d->b.info.physical_size = 512;
	d->b.info.write_cache = d->b.info.discard = d->b.info.write_zeroes = !cdrom;
	d->b.info.read_only = d->b.info.cdrom = cdrom;
	d->b.write_cache = true;
	d->last = &d->first;
	block_set_stop(&d->b, stop, NULL);
	os_mutex_init(&d->lock);
	os_cond_init(&d->changed);
	if (os_thread_create(&d->thread, "disk", disk_main, d))
		abort();
	return &d->b;
}

static struct device *add(struct vm *vm, const struct device_class *cls, struct block *b)
{
	struct device *d = device_new(vm, cls);
	struct error e = {""};

	if (b) {
		device_set_pointer(d, "bus", device_bus_find(vm, BUS_SCSI, NULL)->bus);
		device_set_pointer(d, "drive", b);
	} else if (device_set(d, "packed", "on", &e) || device_set(d, "num_queues", "2", &e)) {
		abort();
	}
	if (device_realize(d, &e)) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	return d;
}

static struct vm *rig(void)
{
	struct vm *vm = fuzz_board();

	vd_init(&driver, add(vm, &virtio_scsi_pci_class, NULL));
	add(vm, &scsi_hd_class, make_disk(&disks[0], false));
	add(vm, &scsi_cd_class, make_disk(&disks[1], true));
	vm_resume(vm);
	return vm;
}

static void reset(void)
{
	os_mutex_lock(&driver.v->lock);
	virtio_set_status(driver.v, 0);
	os_mutex_unlock(&driver.v->lock);
}

static void enable(u32 queue)
{
	struct virtqueue_state *q = &driver.v->s->queues[queue];

	vm_mem_fill(driver.vm, vd_ring(queue), 0, VD_RING_BYTES);
	q->size = RING;
	q->desc = vd_ring(queue);
	q->driver = q->desc + 0x1000;
	q->device = q->desc + 0x2000;
	rings[queue] = (struct ring){0, true};
	virtio_enable_queue(driver.v, queue);
}

static void start(u64 features)
{
	struct virtio_device *v = driver.v;

	packed = features & VIRTIO_F_RING_PACKED;
	os_mutex_lock(&v->lock);
	virtio_set_status(v, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	virtio_set_features(v, features | VIRTIO_F_VERSION_1);
	virtio_set_status(v, v->s->status | VIRTIO_STATUS_FEATURES_OK);
	for (u32 i = 0; i < QUEUES; i++)
		enable(i);
	virtio_set_status(v, v->s->status | VIRTIO_STATUS_DRIVER_OK);
	os_mutex_unlock(&v->lock);
}

/* --- elements --- */
struct piece {
	u64 at;
	u32 len;
	bool in;
};

static void put_desc(u64 at, const struct piece *p, u16 flags, u16 next)
{
	vd_put(driver.vm, at, p->at, 8);
	vd_put(driver.vm, at + 8, p->len, 4);
	vd_put(driver.vm, at + 12, packed ? next : flags, 2);
	vd_put(driver.vm, at + 14, packed ? flags : next, 2);
}

static void publish_split(u32 queue, const struct piece *p, u32 n, u64 table)
{
	struct ring *r = &rings[queue];
	u32 head = r->next * PIECES % RING;
	u64 base = table ? table : vd_ring(queue) + 16 * head;

	for (u32 i = 0; i < n; i++)
		put_desc(base + 16 * i, &p[i],
			 (u16)((p[i].in ? VD_WRITE : 0) | (i + 1 < n ? VD_NEXT : 0)),
			 (u16)((table ? 0 : head) + i + 1));
	if (table)
		put_desc(vd_ring(queue) + 16 * head, &(struct piece){table, 16 * n, false}, 4, 0);
	vd_put(driver.vm, vd_ring(queue) + 0x1000 + 4 + 2 * (r->next % RING), head, 2);
	vd_put(driver.vm, vd_ring(queue) + 0x1000 + 2, ++r->next, 2);
}

static void publish_packed(u32 queue, const struct piece *p, u32 n, u64 table)
{
	struct ring *r = &rings[queue];
	struct piece whole = {table, 16 * n, false};

	for (u32 i = 0; i < n && table; i++)
		put_desc(table + 16 * i, &p[i], p[i].in ? VD_WRITE : 0, 0);
	if (table) {
		p = &whole;
		n = 1;
	}
	for (u32 i = 0; i < n; i++) {
		u16 flags = (u16)(r->wrap ? 1 << 7 : 1 << 15);

		flags |= (u16)((p[i].in ? VD_WRITE : 0) | (i + 1 < n ? VD_NEXT : 0) |
			       (table ? 4 : 0));
		put_desc(vd_ring(queue) + 16 * r->next, &p[i], flags, r->next);
		r->next = (r->next + 1u) % RING;
		r->wrap ^= !r->next;
	}
}

/* Buffers of out and in bytes, each in one piece or two. */
static void publish(u32 queue, u32 out, u32 in, u8 shape)
{
	u64 at = DATA + (u64)((queue * RING + rings[queue].next) % 64) * DATA_BYTES;
	u64 table = shape & 1 ? TABLES + (u64)(queue * RING + rings[queue].next) * 64 : 0;
	struct piece p[PIECES];
	u32 n = 0;

	for (u32 way = 0; way < 2; way++) {
		u32 len = way ? in : out,
		    cut = shape >> 3 < len && shape & 2 << way ? shape >> 3 : 0;

		if (cut)
			p[n++] = (struct piece){at, cut, way};
		if (len > cut)
			p[n++] = (struct piece){at + cut, len - cut, way};
		at += DATA_BYTES / 2;
	}
	if (!n)
		return;
	if (packed)
		publish_packed(queue, p, n, table);
	else
		publish_split(queue, p, n, table);
}

static void fill(u32 queue, const u8 *data, u32 len)
{
	u64 at = DATA + (u64)((queue * RING + rings[queue].next) % 64) * DATA_BYTES;

	vm_mem_write(driver.vm, at, data, len);
}

static void handle(u32 queue)
{
	os_mutex_lock(&driver.v->work);
	driver.v->ops->handle(driver.v, queue);
	os_mutex_unlock(&driver.v->work);
}

static void command(struct fuzz_input *in)
{
	static const u8 usual[] = {0x00, 0x03, 0x12, 0x1a, 0x1e, 0x25, 0x28, 0x2a,
				   0x35, 0x41, 0x42, 0x43, 0x46, 0x4a, 0x51, 0x55,
				   0x5a, 0x88, 0x8a, 0x9e, 0xa0, 0xbe};
	u8 raw[HEAD + 64] = {0}, kind = (u8)fuzz_value(in, 1), shape = (u8)fuzz_value(in, 1), n;
	u32 queue = 2 + (kind & 1), out = HEAD, room = 108;

	raw[0] = kind & 0xe0 ? 1 : (u8)fuzz_value(in, 1);
	raw[1] = kind >> 1 & 1;
	raw[2] = 0x40;
	if (!(kind & 0x1c)) {
		raw[1] = (u8)fuzz_value(in, 1);
		raw[3] = (u8)fuzz_value(in, 1);
	}
	n = (u8)fuzz_value(in, 1);
	raw[CDB_AT] = n & 0x80 ? n : usual[n % sizeof(usual)];
	for (u32 i = 1; i < 16; i++)
		raw[CDB_AT + i] = (u8)(kind & 0x80 && i < 4 ? 0 : fuzz_value(in, 1));
	n = (u8)fuzz_value(in, 1);
	for (u32 i = 0; i < (n & 31); i++)
		raw[HEAD + i] = (u8)fuzz_value(in, 1);
	if (n & 32)
		out += (u32)fuzz_value(in, 2) % (DATA_BYTES / 2 - HEAD);
	if (n & 64)
		room += (u32)fuzz_value(in, 2) % (DATA_BYTES / 2 - 108);
	if ((n & 0xe0) == 0x80) {
		out = (u32)fuzz_value(in, 1);
		room = (u32)fuzz_value(in, 1);
	}
	fill(queue, raw, sizeof(raw));
	publish(queue, out, room, shape);
	handle(queue);
}

static void control(struct fuzz_input *in)
{
	u8 raw[24] = {0}, n = (u8)fuzz_value(in, 1);

	raw[0] = n & 3;
	raw[4] = (u8)fuzz_value(in, 1);
	raw[8] = 1;
	raw[9] = n >> 2 & 1;
	raw[16] = (u8)fuzz_value(in, 1);
	fill(0, raw, sizeof(raw));
	publish(0, n & 8 ? (u32)fuzz_value(in, 1) : 24, n & 16 ? (u32)fuzz_value(in, 1) : 5,
		n >> 5);
	handle(0);
}

static void configure(struct fuzz_input *in)
{
	u32 offset = (u32)fuzz_value(in, 1) & 63;

	os_mutex_lock(&driver.v->lock);
	virtio_config_store(driver.v, offset, 4, fuzz_value(in, 4));
	virtio_config_load(driver.v, offset, 4);
	os_mutex_unlock(&driver.v->lock);
}

/* Anything into a ring, and look at it. */
static void scribble(struct fuzz_input *in)
{
	u32 queue = (u32)fuzz_value(in, 1) % QUEUES;
	u64 at = vd_ring(queue) + (fuzz_value(in, 1) & 3) * 0x1000 + fuzz_value(in, 1);

	vd_put(driver.vm, at, fuzz_value(in, 8), 8);
	handle(queue);
}

static void pause_and_go_on(struct vm *vm)
{
	vm_pause(vm);
	vm_resume(vm);
	for (u32 i = 0; i < 2; i++)
		block_retry(&disks[i].b);
}

static void reset_queue(u32 queue)
{
	os_mutex_lock(&driver.v->lock);
	virtio_reset_queue(driver.v, queue);
	enable(queue);
	os_mutex_unlock(&driver.v->lock);
}

static void disk_event(struct fuzz_input *in)
{
	static const int errors[] = {0, 0, -EIO, -ENOSPC};
	u32 n = (u32)fuzz_value(in, 1);

	tell(&disks[n & 1], n >> 4, errors[n >> 2 & 3]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const u64 ring_features =
		VIRTIO_F_RING_PACKED | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX;
	struct fuzz_input in = {data, size};
	static struct vm *vm;
	u64 features;

	if (!vm)
		vm = rig();
	features = (fuzz_value(&in, 1) << 28 | fuzz_value(&in, 1) << 34) & ring_features;
	start(features);
	while (in.size) {
		switch (fuzz_value(&in, 1) & 15) {
		case 0:
			control(&in);
			break;
		case 1:
			publish(1, 0, (u32)fuzz_value(&in, 1) & 31, 0);
			handle(1);
			break;
		case 2:
			disk_event(&in);
			break;
		case 3:
			scribble(&in);
			break;
		case 4:
			configure(&in);
			break;
		case 5:
			reset();
			start(features);
			break;
		case 6:
			reset_queue((u32)fuzz_value(&in, 1) % QUEUES);
			break;
		case 7:
			pause_and_go_on(vm);
			break;
		default:
			command(&in);
		}
	}
	for (u32 i = 0; i < 2; i++)
		tell(&disks[i], 0, 0);
	reset();
	return 0;
}
