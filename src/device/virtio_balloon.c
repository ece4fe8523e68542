// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory balloon (virtio 1.2, 5.5): the guest gives pages back when it is asked to (inflate), or of
 * what is free anyway (reporting); the host drops them, and they read as zero when they are used
 * again, without further ado.
 *
 * Pages are named by guest real addresses whatever the platform's windows do, and drivers refuse
 * ACCESS_PLATFORM for that reason: it is not offered. Configuration space is little-endian for
 * legacy drivers, too. `lock` is over the statistics and their buffer; leaf but for the ring's.
 */
#include "device/virtio_balloon.h"

#include <string.h>

#include "base/endian.h"
#include "base/log.h"
#include "device/virtio_plug.h"
#include "vm/balloon.h"
#include "vm/vm.h"

#define F_STATS	      (1ull << 1)
#define F_DEFLATE_OOM (1ull << 2)
#define F_POISON      (1ull << 4)
#define F_REPORTING   (1ull << 5)

enum {
	INFLATE = 0,
	DEFLATE = 1,
	STATS = 2,
	REPORTING = 3,
	QUEUE_SIZE = 128,

	PAGE_SHIFT = 12, /* of page numbers, whatever the guest's pages are */
	BATCH = 256,
	MOST = 1 << 16,	 /* pages in one buffer that are given back; Linux names 256 */
	STAT_BYTES = 10, /* tag and value */

	CONFIG_ACTUAL = 4,
	CONFIG_POISON = 12,
	CONFIG_BYTES = 16,
};

struct virtio_balloon_state {
	struct virtio_state virtio;
	u32 target; /* pages that the guest is to give; atomic */
	u32 actual; /* that it gave, by its own count; atomic */
	u32 poison; /* what free pages have to keep */
	u32 pad;
	u64 stats[BALLOON_STATS];
};

struct virtio_balloon {
	struct virtio_plug p;
	struct virtio_device v;
	bool deflate_on_oom, reporting, page_poison;
	void *iothread;
	struct vm_balloon monitor;
	u64 discarded; /* bytes; atomic */
	struct virtqueue_element el, stats_el;
	bool held; /* the driver's buffer waits until somebody wants to know */
	struct os_mutex lock;
	struct virtio_balloon_state state;
};

static struct virtio_balloon *of(struct virtio_device *v)
{
	return container_of(v, struct virtio_balloon, v);
}

static u64 ram_bytes(const struct vm *vm)
{
	u64 sum = 0;

	for (u32 i = 0; i < vm->memory.nr_slots; i++)
		sum += vm->memory.slots[i].slot.size;
	return sum;
}

/* --- pages that go --- */
static void discard(struct virtio_balloon *b, u64 gpa, u64 len)
{
	if (vm_mem_discard(b->v.vm, gpa, len))
		log_printf(LOG_GUEST, "%s: no memory at %llx\n", b->v.name,
			   (unsigned long long)gpa);
	else
		__atomic_fetch_add(&b->discarded, len, __ATOMIC_RELAXED);
}

/* Neighbours together: a guest's page is several of these. A buffer without bounds would hold up
 * who waits for the device to be idle. */
static void inflate(struct virtio_balloon *b, const struct virtqueue_element *el)
{
	u64 at = 0, first = 0, count = 0, n;
	u8 raw[4 * BATCH];

	while (at < 4 * MOST && (n = iov_to_buf(el->out, el->nout, at, raw, sizeof(raw)) / 4)) {
		for (u64 i = 0; i < n; i++) {
			u64 page = virtio_ld32(&b->v, raw + 4 * i);

			if (count && page == first + count) {
				count++;
				continue;
			}
			if (count)
				discard(b, first << PAGE_SHIFT, count << PAGE_SHIFT);
			first = page;
			count = 1;
		}
		at += 4 * n;
	}
	if (count)
		discard(b, first << PAGE_SHIFT, count << PAGE_SHIFT);
	if (at >= 4 * MOST)
		log_printf(LOG_GUEST, "%s: a buffer of too many pages\n", b->v.name);
}

/* A guest that fills free pages with a pattern would not find it. */
static void report(struct virtio_balloon *b, const struct virtqueue_element *el)
{
	u64 gpa;

	if (virtio_has(&b->v, F_POISON) && __atomic_load_n(&b->state.poison, __ATOMIC_RELAXED))
		return;
	for (int i = 0; i < el->nin; i++)
		if (vm_mem_gpa(b->v.vm, el->in[i].iov_base, &gpa))
			discard(b, gpa, el->in[i].iov_len);
}

static void take_pages(struct virtio_balloon *b, u32 queue)
{
	virtio_want_notify(&b->v, queue, false);
	while (virtio_pop(&b->v, queue, &b->el) > 0) {
		if (queue == INFLATE)
			inflate(b, &b->el);
		else if (queue == REPORTING)
			report(b, &b->el);
		virtio_complete(&b->v, queue, &b->el, 0);
	}
	virtio_want_notify(&b->v, queue, true);
}

/* --- statistics --- */
static void forget_stats(struct virtio_balloon *b)
{
	memset(b->state.stats, 0xff, sizeof(b->state.stats));
}

static void read_stats(struct virtio_balloon *b, const struct virtqueue_element *el)
{
	u8 raw[STAT_BYTES];

	forget_stats(b);
	for (u64 at = 0; at < 64 * STAT_BYTES &&
			 iov_to_buf(el->out, el->nout, at, raw, STAT_BYTES) == STAT_BYTES;
	     at += STAT_BYTES) {
		u16 tag = virtio_ld16(&b->v, raw);

		if (tag < BALLOON_STATS)
			b->state.stats[tag] = virtio_ld64(&b->v, raw + 2);
	}
}

/* The driver has filled its buffer; it gets it back when new numbers are wanted. */
static void take_stats(struct virtio_balloon *b)
{
	os_mutex_lock(&b->lock);
	for (;;) {
		struct virtqueue_element *el = b->held ? &b->el : &b->stats_el;

		if (virtio_pop(&b->v, STATS, el) <= 0)
			break;
		read_stats(b, el);
		/* one buffer is what the driver should have */
		if (b->held)
			virtio_complete(&b->v, STATS, el, 0);
		b->held = true;
	}
	os_mutex_unlock(&b->lock);
	virtio_want_notify(&b->v, STATS, true);
}

static void balloon_handle(struct virtio_device *v, u32 queue)
{
	if (queue == STATS)
		take_stats(of(v));
	else
		take_pages(of(v), queue);
}

/* --- the monitor --- */
static void set_target(void *opaque, u64 bytes)
{
	struct virtio_balloon *b = opaque;
	u64 ram = ram_bytes(b->v.vm), give = bytes < ram ? ram - bytes : 0;

	__atomic_store_n(&b->state.target, (u32)(give >> PAGE_SHIFT), __ATOMIC_SEQ_CST);
	virtio_config_changed(&b->v);
}

static u64 without(u64 ram, const u32 *pages)
{
	u64 bytes = (u64)__atomic_load_n(pages, __ATOMIC_RELAXED) << PAGE_SHIFT;

	return bytes < ram ? ram - bytes : 0;
}

static void query(void *opaque, struct balloon_info *info)
{
	struct virtio_balloon *b = opaque;
	u64 ram = ram_bytes(b->v.vm);

	info->target = without(ram, &b->state.target);
	info->actual = without(ram, &b->state.actual);
	info->discarded = __atomic_load_n(&b->discarded, __ATOMIC_RELAXED);
	os_mutex_lock(&b->lock);
	memcpy(info->stats, b->state.stats, sizeof(info->stats));
	if (b->held)
		virtio_complete(&b->v, STATS, &b->stats_el, 0);
	b->held = false;
	os_mutex_unlock(&b->lock);
}

/* --- configuration space --- */
static void balloon_config_read(struct virtio_device *v)
{
	struct virtio_balloon *b = of(v);

	memset(v->config, 0, CONFIG_BYTES);
	st_le32(v->config, __atomic_load_n(&b->state.target, __ATOMIC_RELAXED));
	st_le32(v->config + CONFIG_ACTUAL, __atomic_load_n(&b->state.actual, __ATOMIC_RELAXED));
	st_le32(v->config + CONFIG_POISON, __atomic_load_n(&b->state.poison, __ATOMIC_RELAXED));
}

static void balloon_config_written(struct virtio_device *v, u32 offset, u32 len)
{
	struct virtio_balloon *b = of(v);

	__atomic_store_n(&b->state.actual, ld_le32(v->config + CONFIG_ACTUAL), __ATOMIC_RELAXED);
	__atomic_store_n(&b->state.poison, ld_le32(v->config + CONFIG_POISON), __ATOMIC_RELAXED);
}

/* --- life --- */
static void balloon_quiesce(struct virtio_device *v)
{
	struct virtio_balloon *b = of(v);

	os_mutex_lock(&b->lock);
	if (b->held) {
		os_mutex_lock(&v->queues[STATS].lock);
		virtqueue_unpop(&v->queues[STATS].ring, &b->stats_el);
		os_mutex_unlock(&v->queues[STATS].lock);
	}
	b->held = false;
	os_mutex_unlock(&b->lock);
}

/* What was asked for stays: a guest that starts again is to give as much. */
static void balloon_reset_type(struct virtio_device *v)
{
	struct virtio_balloon *b = of(v);

	__atomic_store_n(&b->state.actual, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&b->state.poison, 0, __ATOMIC_RELAXED);
	os_mutex_lock(&b->lock);
	forget_stats(b);
	os_mutex_unlock(&b->lock);
}

static void balloon_negotiated(struct virtio_device *v)
{
}

static const struct virtio_ops balloon_ops = {
	.id = VIRTIO_ID_BALLOON,
	.class_code = 0x00ff00,
	.handle = balloon_handle,
	.config_read = balloon_config_read,
	.config_written = balloon_config_written,
	.quiesce = balloon_quiesce,
	.reset = balloon_reset_type,
	.negotiated = balloon_negotiated,
};

/* --- building --- */
static struct virtio_balloon *of_device(struct device *dev)
{
	return container_of(dev, struct virtio_balloon, p.dev);
}

static int balloon_realize(struct device *dev, struct error *e)
{
	struct virtio_balloon *b = of_device(dev);
	struct virtio_init init = {
		.ops = &balloon_ops,
		.state = &b->state.virtio,
		.features = F_STATS | (b->deflate_on_oom ? F_DEFLATE_OOM : 0) |
			    (b->page_poison ? F_POISON : 0) | (b->reporting ? F_REPORTING : 0),
		.nr_queues = b->reporting ? REPORTING + 1 : STATS + 1,
		.queue_size = QUEUE_SIZE,
		.config_len = CONFIG_BYTES,
	};
	int err;

	if (dev->vm->balloon)
		return error_set(e, -16, "%s: there is one already", dev->cls->name);
	os_mutex_init(&b->lock);
	forget_stats(b);
	err = virtio_plug_realize(&b->p, &b->v, &init, e);
	if (err)
		return err;
	b->v.host_features &= ~VIRTIO_F_ACCESS_PLATFORM;
	b->monitor = (struct vm_balloon){set_target, query, b};
	dev->vm->balloon = &b->monitor;
	return 0;
}

static void balloon_unrealize(struct device *dev)
{
	struct virtio_balloon *b = of_device(dev);

	dev->vm->balloon = NULL;
	virtio_plug_unrealize(&b->p);
	virtqueue_element_free(&b->el);
	virtqueue_element_free(&b->stats_el);
	os_mutex_destroy(&b->lock);
}

static const struct state_field balloon_fields[] = {
	STATE_STRUCT(struct virtio_balloon_state, virtio, &virtio_state_table),
	STATE_FIELD(struct virtio_balloon_state, target, STATE_U32),
	STATE_FIELD(struct virtio_balloon_state, actual, STATE_U32),
	STATE_FIELD(struct virtio_balloon_state, poison, STATE_U32),
	STATE_FIELD(struct virtio_balloon_state, pad, STATE_U32),
	STATE_ARRAY(struct virtio_balloon_state, stats, STATE_U64),
};

static const struct state_table balloon_table = {
	.name = "virtio-balloon",
	.size = sizeof(struct virtio_balloon_state),
	.nr_fields = ARRAY_SIZE(balloon_fields),
	.fields = balloon_fields,
};

/* clang-format off */
#define BALLOON_PROPS \
	{"iothread", "accepted: a thread is its own already", PROP_IOTHREAD, \
	 offsetof(struct virtio_balloon, iothread), NULL}, \
	{"deflate-on-oom", "the guest may take pages back when it has none left", PROP_BOOL, \
	 offsetof(struct virtio_balloon, deflate_on_oom), "off"}, \
	{"free-page-reporting", "the guest tells of free pages, which the host drops", PROP_BOOL, \
	 offsetof(struct virtio_balloon, reporting), "off"}, \
	{"page-poison", "the guest says what it fills free pages with", PROP_BOOL, \
	 offsetof(struct virtio_balloon, page_poison), "on"}
/* clang-format on */

static const struct device_prop balloon_pci_props[] = {
	BALLOON_PROPS,
	VIRTIO_PCI_PROPS(struct virtio_balloon, p.pci),
	{NULL, NULL, 0, 0, NULL},
};

static const struct device_prop balloon_mmio_props[] = {
	BALLOON_PROPS,
	VIRTIO_MMIO_PROPS(struct virtio_balloon, p.mmio),
	{NULL, NULL, 0, 0, NULL},
};

#define BALLOON_CLASS                                                                              \
	.help = "memory that the guest gives back; the monitor's command is balloon",              \
	.size = sizeof(struct virtio_balloon), .realize = balloon_realize,                         \
	.unrealize = balloon_unrealize, .reset = virtio_plug_reset, .dt = device_no_dt,            \
	.state = &balloon_table, .state_offset = offsetof(struct virtio_balloon, state)

const struct device_class virtio_balloon_pci_class = {
	BALLOON_CLASS,
	.name = "virtio-balloon-pci",
	.bus_type = BUS_PCI,
	.props = balloon_pci_props,
};

const struct device_class virtio_balloon_device_class = {
	BALLOON_CLASS,
	.name = "virtio-balloon-device",
	.bus_type = BUS_VIRTIO_MMIO,
	.props = balloon_mmio_props,
	.cold_only = true,
};
