// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Disks (virtio 1.2, 5.2) over host/block.h. The device's thread takes requests out of the rings
 * and hands them to the back end in batches; the back end's threads complete them.
 */
#include "device/virtio_blk.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "device/block_size.h"
#include "device/virtio_plug.h"
#include "host/block.h"
#include "vm/vm.h"

#define F_SIZE_MAX     (1ull << 1)
#define F_SEG_MAX      (1ull << 2)
#define F_GEOMETRY     (1ull << 4)
#define F_RO	       (1ull << 5)
#define F_BLK_SIZE     (1ull << 6)
#define F_FLUSH	       (1ull << 9)
#define F_TOPOLOGY     (1ull << 10)
#define F_CONFIG_WCE   (1ull << 11)
#define F_MQ	       (1ull << 12)
#define F_DISCARD      (1ull << 13)
#define F_WRITE_ZEROES (1ull << 14)

enum {
	T_IN = 0,
	T_OUT = 1,
	T_FLUSH = 4,
	T_GET_ID = 8,
	T_DISCARD = 11,
	T_WRITE_ZEROES = 13,
	/* Above the type, of drivers older than virtio 1.0: do not reorder. SLOF sets it always. */
	T_BARRIER_BIT = 31,

	S_OK = 0,
	S_IOERR = 1,
	S_UNSUPP = 2,

	SECTOR = 512,
	HEADER = 16,
	ID_BYTES = 20,
	RANGE_BYTES = 16, /* of discard and write zeroes */
	UNMAP = 1,
	CONFIG_BYTES = 60,
	CONFIG_WCE = 32,
	BATCH = 32,
	DEFAULT_QUEUES = 0xffff, /* one per processor */
};

struct virtio_blk_state {
	struct virtio_state virtio;
	u32 write_cache;
	u32 pad;
};

struct virtio_blk;

struct blk_request {
	struct virtqueue_element el;
	struct block_request block;
	struct virtio_blk *disk;
	struct blk_request *next;     /* in the free list */
	struct blk_request *next_all; /* in that of all there are */
	bool held;		      /* popped and not finished */
	u8 cut[16];		      /* what the header takes of each of the first pieces */
	int nr_cut;
	u32 queue;
	u64 written; /* without the status */
	u8 *status;
};

struct virtio_blk {
	struct virtio_device v;
	struct block *block;
	const struct block_info *info;
	const char *serial, *on_read_error, *on_write_error;
	u32 num_queues, queue_size;
	u64 logical_size, physical_size, min_io, opt_io, discard_granularity;
	u32 max_discard, max_write_zeroes;
	bool config_wce, discard, write_zeroes, request_merging, scsi;
	u32 write_cache; /* enum device_auto */
	void *iothread;
	struct virtio_blk_state state;
	struct os_mutex free_lock;
	struct blk_request *free, *all;
	/* Requests are completed in batches: one interrupt is due when the last batch has ended. */
	_Atomic u32 batches;
	_Atomic bool pushed[VIRTIO_MAX_QUEUES];
};

struct virtio_blk_device {
	struct virtio_plug p;
	struct virtio_blk blk;
};

static struct virtio_blk *of(struct virtio_device *v)
{
	return container_of(v, struct virtio_blk, v);
}

/* --- requests --- */
static struct blk_request *get_request(struct virtio_blk *b)
{
	struct blk_request *r;

	os_mutex_lock(&b->free_lock);
	r = b->free;
	if (r)
		b->free = r->next;
	os_mutex_unlock(&b->free_lock);
	if (r)
		return r;
	r = os_alloc(sizeof(*r));
	if (!r)
		return NULL;
	r->disk = b;
	os_mutex_lock(&b->free_lock);
	r->next_all = b->all;
	b->all = r;
	os_mutex_unlock(&b->free_lock);
	return r;
}

static void put_request(struct blk_request *r)
{
	struct virtio_blk *b = r->disk;

	os_mutex_lock(&b->free_lock);
	r->held = false;
	r->next = b->free;
	b->free = r;
	os_mutex_unlock(&b->free_lock);
}

static void interrupt_pushed(struct virtio_blk *b)
{
	for (u32 i = 0; i < b->num_queues; i++)
		if (b->pushed[i] && atomic_exchange(&b->pushed[i], false))
			virtio_notify_pushed(&b->v, i);
}

static void blk_batch(void *opaque, bool begins)
{
	struct virtio_blk *b = opaque;

	if (begins)
		atomic_fetch_add(&b->batches, 1);
	else if (atomic_fetch_sub(&b->batches, 1) == 1)
		interrupt_pushed(b);
}

static void finish(struct blk_request *r, u8 status)
{
	struct virtio_blk *b = r->disk;
	struct dma_view *view = b->v.queues[r->queue].ring.view;
	u32 queue;

	if (!b->v.dropping) {
		*r->status = status;
		dma_unmap(view, r->status, 1, true);
	}
	queue = r->queue;
	virtio_push(&b->v, queue, &r->el, r->written + 1);
	put_request(r);
	/* whoever ends the last batch looks at `pushed` after it left */
	b->pushed[queue] = true;
	if (!b->batches)
		interrupt_pushed(b);
}

static void block_done(struct block_request *br, int err)
{
	struct blk_request *r = br->opaque;

	if (err && br->op == BLOCK_READ)
		r->written = 0;
	finish(r, err == -EOPNOTSUPP ? S_UNSUPP : err ? S_IOERR : S_OK);
}

static bool in_range(const struct virtio_blk *b, u64 sector, u64 len)
{
	u64 mask = b->logical_size - 1, sectors = b->info->size / SECTOR;

	return sector <= sectors && len / SECTOR <= sectors - sector && !(len & mask) &&
	       !(sector * SECTOR & mask);
}

/* Discard and write zeroes have one range; S_OK: r->block is filled. */
static u8 prepare_range(struct virtio_blk *b, struct blk_request *r, u32 type)
{
	u32 limit = type == T_DISCARD ? b->max_discard : b->max_write_zeroes, sectors, flags;
	u8 raw[RANGE_BYTES];
	u64 sector;

	if (!virtio_has(&b->v, type == T_DISCARD ? F_DISCARD : F_WRITE_ZEROES))
		return S_UNSUPP;
	if (r->el.out_len != RANGE_BYTES ||
	    iov_to_buf(r->el.out, r->el.nout, 0, raw, RANGE_BYTES) != RANGE_BYTES)
		return S_IOERR;
	sector = virtio_ld64(&b->v, raw);
	sectors = virtio_ld32(&b->v, raw + 8);
	flags = virtio_ld32(&b->v, raw + 12);
	if (flags & ~(type == T_DISCARD ? 0u : (u32)UNMAP))
		return S_UNSUPP;
	if (sectors > limit || !in_range(b, sector, (u64)sectors * SECTOR))
		return S_IOERR;
	r->block.op = type == T_DISCARD ? BLOCK_DISCARD : BLOCK_WRITE_ZEROES;
	r->block.flags = flags & UNMAP ? BLOCK_UNMAP : 0;
	r->block.offset = sector * SECTOR;
	r->block.len = (u64)sectors * SECTOR;
	return S_OK;
}

static u8 prepare_transfer(struct virtio_blk *b, struct blk_request *r, bool write, u64 sector)
{
	u64 len = write ? r->el.out_len : r->el.in_len;

	if (!in_range(b, sector, len))
		return S_IOERR;
	r->block.op = write ? BLOCK_WRITE : BLOCK_READ;
	r->block.offset = sector * SECTOR;
	r->block.len = len;
	r->block.iov = write ? r->el.out : r->el.in;
	r->block.niov = write ? r->el.nout : r->el.nin;
	r->written = write ? 0 : len;
	return S_OK;
}

static u8 get_id(struct virtio_blk *b, struct blk_request *r)
{
	char id[ID_BYTES] = "";
	size_t n = b->serial ? strlen(b->serial) : 0;

	memcpy(id, b->serial ? b->serial : "", n < ID_BYTES ? n : ID_BYTES);
	r->written = iov_from_buf(r->el.in, r->el.nin, 0, id, ID_BYTES);
	return S_OK;
}

/* The header goes off the front, the status off the end. False: there is no place for either. */
static bool split_request(struct blk_request *r, u8 *header)
{
	struct virtqueue_element *el = &r->el;
	struct iovec *last;
	u64 skip = HEADER;

	if (el->out_len < HEADER || !el->in_len ||
	    iov_to_buf(el->out, el->nout, 0, header, HEADER) != HEADER)
		return false;
	r->nr_cut = 0;
	for (int i = 0; i < el->nout && skip; i++) {
		u64 n = el->out[i].iov_len < skip ? el->out[i].iov_len : skip;

		el->out[i].iov_base = (u8 *)el->out[i].iov_base + n;
		el->out[i].iov_len -= n;
		skip -= n;
		r->cut[r->nr_cut++] = (u8)n;
	}
	el->out_len -= HEADER;
	last = &el->in[el->nin - 1];
	last->iov_len--;
	r->status = (u8 *)last->iov_base + last->iov_len;
	el->in_len--;
	return true;
}

/* The opposite. */
static void join_request(struct blk_request *r)
{
	struct virtqueue_element *el = &r->el;

	for (int i = 0; i < r->nr_cut; i++) {
		el->out[i].iov_base = (u8 *)el->out[i].iov_base - r->cut[i];
		el->out[i].iov_len += r->cut[i];
	}
	el->out_len += HEADER;
	el->in[el->nin - 1].iov_len++;
	el->in_len++;
}

/* True: r->block is to be submitted; else r is done. */
static bool start(struct virtio_blk *b, struct blk_request *r, const u8 *header)
{
	/* F_BARRIER is never offered, so a barrier asks for nothing */
	u32 type = virtio_ld32(&b->v, header) & ~(1u << T_BARRIER_BIT);
	u64 sector = virtio_ld64(&b->v, header + 8);
	u8 status = S_OK;

	r->written = 0;
	r->block = (struct block_request){.done = block_done, .opaque = r};
	switch (type) {
	case T_IN:
	case T_OUT:
		status = prepare_transfer(b, r, type == T_OUT, sector);
		break;
	case T_FLUSH:
		r->block.op = BLOCK_FLUSH;
		break;
	case T_DISCARD:
	case T_WRITE_ZEROES:
		status = prepare_range(b, r, type);
		break;
	case T_GET_ID:
		finish(r, get_id(b, r));
		return false;
	default:
		status = S_UNSUPP;
	}
	if (status == S_OK)
		return true;
	r->written = 0;
	finish(r, status);
	return false;
}

/* A batch of what waits; true: there may be more. */
static bool take_batch(struct virtio_blk *b, u32 queue)
{
	struct block_request *list[BATCH];
	u8 header[HEADER];
	u32 n = 0, taken = 0;

	while (taken < BATCH) {
		struct blk_request *r = get_request(b);
		int got = r ? virtio_pop(&b->v, queue, &r->el) : 0;

		if (got <= 0) {
			if (r)
				put_request(r);
			break;
		}
		taken++;
		r->held = true;
		r->queue = queue;
		if (!split_request(r, header)) {
			virtio_broken(&b->v, "a request has no header or no place for its status");
			b->v.queues[queue].ring.is_broken = true;
			put_request(r);
			break;
		}
		if (start(b, r, header))
			list[n++] = &r->block;
	}
	if (n)
		block_submit_batch(b->block, list, n);
	return taken == BATCH;
}

static void blk_handle(struct virtio_device *v, u32 queue)
{
	struct virtio_blk *b = of(v);

	virtio_want_notify(v, queue, false);
	while (take_batch(b, queue))
		;
	virtio_want_notify(v, queue, true);
}

/* --- configuration space --- */
static void blk_config_read(struct virtio_device *v)
{
	struct virtio_blk *b = of(v);
	u64 cylinders = b->info->size / SECTOR / (16 * 63);
	u8 *c = v->config;
	u32 exponent = 0;

	while (b->logical_size << exponent < b->physical_size)
		exponent++;
	memset(c, 0, CONFIG_BYTES);
	virtio_st64(v, c, b->info->size / SECTOR);
	virtio_st32(v, c + 12, b->queue_size > 2 ? b->queue_size - 2 : 1); /* segments */
	virtio_st16(v, c + 16, cylinders > 16383 ? 16383 : (u16)cylinders);
	c[18] = 16;
	c[19] = 63;
	virtio_st32(v, c + 20, (u32)b->logical_size);
	c[24] = (u8)exponent;
	virtio_st16(v, c + 26, (u16)(b->min_io / b->logical_size));
	virtio_st32(v, c + 28, (u32)(b->opt_io / b->logical_size));
	c[CONFIG_WCE] = (u8)b->state.write_cache;
	virtio_st16(v, c + 34, (u16)b->num_queues);
	virtio_st32(v, c + 36, b->max_discard);
	virtio_st32(v, c + 40, 1);
	virtio_st32(v, c + 44, (u32)(b->discard_granularity / SECTOR));
	virtio_st32(v, c + 48, b->max_write_zeroes);
	virtio_st32(v, c + 52, 1);
	c[56] = 1; /* zeroes may become holes */
}

static void blk_config_written(struct virtio_device *v, u32 offset, u32 len)
{
	struct virtio_blk *b = of(v);

	if (offset > CONFIG_WCE || offset + len <= CONFIG_WCE || !virtio_has(v, F_CONFIG_WCE))
		return;
	b->state.write_cache = v->config[CONFIG_WCE] & 1;
	block_set_write_cache(b->block, b->state.write_cache);
}

/* A driver that knows of no flush has to find its writes durable (5.2.6.2). */
static void blk_negotiated(struct virtio_device *v)
{
	struct virtio_blk *b = of(v);

	if (!virtio_has(v, F_FLUSH))
		b->state.write_cache = 0;
	block_set_write_cache(b->block, b->state.write_cache);
}

static void blk_quiesce(struct virtio_device *v)
{
	if (v->pausing)
		block_settle(of(v)->block);
	else
		block_drain(of(v)->block);
}

/* What the back end keeps while the machine stands still. */
static u32 blk_held(struct virtio_device *v, virtio_each_fn *each, void *opaque)
{
	u8 header[HEADER];
	u32 n = 0;

	for (struct blk_request *r = of(v)->all; r; r = r->next_all) {
		if (!r->held)
			continue;
		n++;
		if (!each)
			continue;
		join_request(r);
		each(opaque, r->queue, &r->el);
		split_request(r, header);
	}
	return n;
}

static void blk_reset(struct virtio_device *v)
{
	struct virtio_blk *b = of(v);

	b->state.write_cache = b->write_cache != DEVICE_OFF;
	block_set_write_cache(b->block, b->state.write_cache);
}

static const struct virtio_ops blk_ops = {
	.id = VIRTIO_ID_BLOCK,
	.class_code = 0x010000,
	.handle = blk_handle,
	.config_read = blk_config_read,
	.config_written = blk_config_written,
	.quiesce = blk_quiesce,
	.reset = blk_reset,
	.negotiated = blk_negotiated,
	.held = blk_held,
};

/* --- building --- */
static int check_props(struct virtio_blk *b, struct vm *vm, struct error *e)
{
	int err;

	if (!b->block)
		return error_set(e, -EINVAL, "a disk needs drive=");
	if (b->scsi)
		return error_set(e, -ENOTSUP, "scsi=on is not possible");
	err = block_set_on_error(b->block, b->on_read_error, b->on_write_error, e);
	if (err)
		return err;
	b->info = block_info(b->block);
	err = block_size_check(b->info, &b->logical_size, &b->physical_size, 2 << 20, "2M", e);
	if (err)
		return err;
	if (b->num_queues == DEFAULT_QUEUES)
		b->num_queues = vm->nr_vcpus;
	if (!b->num_queues || b->num_queues > VIRTIO_MAX_QUEUES)
		return error_set(e, -EINVAL, "num-queues is 1 to %d", VIRTIO_MAX_QUEUES);
	if (b->queue_size < 4 || b->queue_size > VIRTQUEUE_MAX_SIZE ||
	    b->queue_size & (b->queue_size - 1))
		return error_set(e, -EINVAL, "queue-size is a power of two from 4 to %d",
				 VIRTQUEUE_MAX_SIZE);
	if (b->discard_granularity == 0xffffffff)
		b->discard_granularity = b->logical_size;
	if (b->write_cache == DEVICE_AUTO)
		b->write_cache = b->info->write_cache ? DEVICE_ON : DEVICE_OFF;
	return 0;
}

static u64 blk_features(const struct virtio_blk *b)
{
	u64 f = F_SEG_MAX | F_GEOMETRY | F_BLK_SIZE | F_FLUSH | F_TOPOLOGY;

	f |= b->info->read_only ? F_RO : 0;
	f |= b->config_wce ? F_CONFIG_WCE : 0;
	f |= b->num_queues > 1 ? F_MQ : 0;
	f |= b->discard && b->info->discard && !b->info->read_only ? F_DISCARD : 0;
	f |= b->write_zeroes && !b->info->read_only ? F_WRITE_ZEROES : 0;
	return f;
}

static int blk_init(struct virtio_blk *b, struct vm *vm, struct virtio_init *init, struct error *e)
{
	int err = check_props(b, vm, e);

	if (err)
		return err;
	os_mutex_init(&b->free_lock);
	block_set_batch(b->block, blk_batch, b);
	block_set_saved(b->block, true);
	b->state.write_cache = b->write_cache != DEVICE_OFF;
	*init = (struct virtio_init){
		.ops = &blk_ops,
		.state = &b->state.virtio,
		.features = blk_features(b),
		.nr_queues = b->num_queues,
		.queue_size = b->queue_size,
		.config_len = CONFIG_BYTES,
	};
	return 0;
}

/* Nothing is under way. */
static void blk_free(struct virtio_blk *b)
{
	block_set_batch(b->block, NULL, NULL);
	while (b->free) {
		struct blk_request *r = b->free;

		b->free = r->next;
		virtqueue_element_free(&r->el);
		os_free(r);
	}
	os_mutex_destroy(&b->free_lock);
}

static int blk_post_load(void *obj, struct error *e)
{
	struct virtio_blk_state *s = obj;
	struct virtio_blk *b = container_of(s, struct virtio_blk, state);

	if (s->write_cache > 1)
		return error_set(e, -EINVAL, "saved state of a disk is damaged");
	block_set_write_cache(b->block, s->write_cache);
	return 0;
}

static const struct state_field blk_fields[] = {
	STATE_STRUCT(struct virtio_blk_state, virtio, &virtio_state_table),
	STATE_FIELD(struct virtio_blk_state, write_cache, STATE_U32),
	STATE_FIELD(struct virtio_blk_state, pad, STATE_U32),
};

static const struct state_table blk_table = {
	.name = "virtio-blk",
	.size = sizeof(struct virtio_blk_state),
	.nr_fields = ARRAY_SIZE(blk_fields),
	.fields = blk_fields,
	.post_load = blk_post_load,
};

#define BLK_PROPS(type, field)                                                                     \
	{"drive", "the disk's image", PROP_DRIVE, offsetof(type, field.block), NULL},              \
		{"serial", "its serial number", PROP_STRING, offsetof(type, field.serial), NULL},  \
		{"rerror", "what a failed read does: report, ignore, stop", PROP_STRING,           \
		 offsetof(type, field.on_read_error), NULL},                                       \
		{"werror", "what a failed write does: report, ignore, enospc, stop", PROP_STRING,  \
		 offsetof(type, field.on_write_error), NULL},                                      \
		{"num-queues", "queues, 65535: as many as processors", PROP_U32,                   \
		 offsetof(type, field.num_queues), "65535"},                                       \
		{"queue-size", "places of a queue", PROP_U32, offsetof(type, field.queue_size),    \
		 "256"},                                                                           \
		{"logical_block_size", "smallest transfer, 0: the image's", PROP_SIZE,             \
		 offsetof(type, field.logical_size), "0"},                                         \
		{"physical_block_size", "what the medium writes at once, 0: the image's",          \
		 PROP_SIZE, offsetof(type, field.physical_size), "0"},                             \
		{"min_io_size", "smallest good transfer", PROP_SIZE, offsetof(type, field.min_io), \
		 "0"},                                                                             \
		{"opt_io_size", "best transfer", PROP_SIZE, offsetof(type, field.opt_io), "0"},    \
		{"discard_granularity", "what discards are aligned to", PROP_SIZE,                 \
		 offsetof(type, field.discard_granularity), "4294967295"},                         \
		{"max-discard-sectors", "of one discard", PROP_U32,                                \
		 offsetof(type, field.max_discard), "4194303"},                                    \
		{"max-write-zeroes-sectors", "of one write of zeroes", PROP_U32,                   \
		 offsetof(type, field.max_write_zeroes), "4194303"},                               \
		{"config-wce", "the driver can turn the write cache off", PROP_BOOL,               \
		 offsetof(type, field.config_wce), "on"},                                          \
		{"discard", "offer discards, where -drive discard=unmap", PROP_BOOL,               \
		 offsetof(type, field.discard), "on"},                                             \
		{"iothread", "accepted: a thread is its own already", PROP_IOTHREAD,               \
		 offsetof(type, field.iothread), NULL},                                            \
		{"request-merging", "accepted: none are merged", PROP_BOOL,                        \
		 offsetof(type, field.request_merging), "on"},                                     \
		{"scsi", "off: commands of SCSI are not passed on", PROP_BOOL,                     \
		 offsetof(type, field.scsi), "off"},                                               \
		{"write-zeroes", "offer writes of zeroes", PROP_BOOL,                              \
		 offsetof(type, field.write_zeroes), "on"},                                        \
	{                                                                                          \
		"write-cache",                                                                     \
			"volatile write cache; auto: as the drive's cache=", PROP_ON_OFF_AUTO,     \
			offsetof(type, field.write_cache), "auto"                                  \
	}

/* --- building --- */
static struct virtio_blk_device *of_device(struct device *dev)
{
	return container_of(dev, struct virtio_blk_device, p.dev);
}

static int blk_realize(struct device *dev, struct error *e)
{
	struct virtio_blk_device *d = of_device(dev);
	struct virtio_init init;
	int err = blk_init(&d->blk, dev->vm, &init, e);

	if (err) {
		error_prefix(e, "%s", dev->cls->name);
		return err;
	}
	err = virtio_plug_realize(&d->p, &d->blk.v, &init, e);
	if (err)
		blk_free(&d->blk);
	return err;
}

static void blk_unrealize(struct device *dev)
{
	struct virtio_blk_device *d = of_device(dev);

	virtio_plug_unrealize(&d->p);
	blk_free(&d->blk);
}

static void blk_resized(struct device *dev)
{
	struct virtio_blk_device *d = container_of(dev, struct virtio_blk_device, p.dev);

	if (d->blk.v.s->status & VIRTIO_STATUS_DRIVER_OK)
		virtio_config_changed(&d->blk.v);
}

static void blk_save_held(struct device *dev, u32 instance, struct state_writer *w)
{
	virtio_save_held(&of_device(dev)->blk.v, "virtio-blk-requests", instance, w);
}

static int blk_load_held(struct device *dev, struct state_reader *r, struct error *e)
{
	return virtio_load_held(&of_device(dev)->blk.v, r, e);
}

static const struct device_section blk_section = {"virtio-blk-requests", blk_save_held,
						  blk_load_held};

static const struct device_prop blk_pci_props[] = {
	BLK_PROPS(struct virtio_blk_device, blk),
	VIRTIO_PCI_PROPS(struct virtio_blk_device, p.pci),
	{NULL, NULL, 0, 0, NULL},
};

static const struct device_prop blk_mmio_props[] = {
	BLK_PROPS(struct virtio_blk_device, blk),
	VIRTIO_MMIO_PROPS(struct virtio_blk_device, p.mmio),
	{NULL, NULL, 0, 0, NULL},
};

#define BLK_CLASS                                                                                  \
	.help = "disk", .size = sizeof(struct virtio_blk_device), .realize = blk_realize,          \
	.unrealize = blk_unrealize, .reset = virtio_plug_reset, .dt = device_no_dt,                \
	.resized = blk_resized, .state = &blk_table,                                               \
	.state_offset = offsetof(struct virtio_blk_device, blk.state), .section = &blk_section

const struct device_class virtio_blk_pci_class = {
	BLK_CLASS,
	.name = "virtio-blk-pci",
	.bus_type = BUS_PCI,
	.props = blk_pci_props,
	.boot_path = pci_boot_path,
};

const struct device_class virtio_blk_device_class = {
	BLK_CLASS,
	.name = "virtio-blk-device",
	.bus_type = BUS_VIRTIO_MMIO,
	.props = blk_mmio_props,
	.cold_only = true,
};
