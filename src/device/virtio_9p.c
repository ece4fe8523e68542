// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A folder of the host (virtio 1.2, 5.9): carries messages between the guest's 9p and host/fsdev.h,
 * on the device's thread. What the guest has open is saved beside the device.
 */
#include "device/virtio_9p.h"

#include <errno.h>
#include <string.h>

#include "device/virtio_plug.h"
#include "host/fsdev.h"
#include "vm/vm.h"

#define F_MOUNT_TAG (1ull << 0)

enum { QUEUE_SIZE = 128, TAG_MAX = 32 };

struct virtio_9p_state {
	struct virtio_state virtio;
};

struct virtio_9p {
	struct virtio_plug p;
	struct virtio_device v;
	struct fsdev *fs;
	const char *tag;
	struct virtqueue_element el;
	struct virtio_9p_state state;
};

static struct virtio_9p *of(struct virtio_device *v)
{
	return container_of(v, struct virtio_9p, v);
}

static void p9_handle(struct virtio_device *v, u32 queue)
{
	struct virtio_9p *d = of(v);
	struct virtqueue_element *el = &d->el;

	virtio_want_notify(v, queue, false);
	while (virtio_pop(v, queue, el) > 0)
		virtio_complete(v, queue, el,
				fsdev_serve(d->fs, el->out, el->nout, el->in, el->nin));
	virtio_want_notify(v, queue, true);
}

static void p9_config_read(struct virtio_device *v)
{
	const char *tag = of(v)->tag;

	virtio_st16(v, v->config, (u16)strlen(tag));
	memcpy(v->config + 2, tag, strlen(tag));
}

static void p9_config_written(struct virtio_device *v, u32 offset, u32 len)
{
}

static void p9_nothing(struct virtio_device *v)
{
}

static void p9_reset_type(struct virtio_device *v)
{
	fsdev_reset(of(v)->fs);
}

static const struct virtio_ops p9_ops = {
	.id = VIRTIO_ID_9P,
	.class_code = 0x000200,
	.handle = p9_handle,
	.config_read = p9_config_read,
	.config_written = p9_config_written,
	.quiesce = p9_nothing,
	.reset = p9_reset_type,
	.negotiated = p9_nothing,
};

static struct virtio_9p *of_device(struct device *dev)
{
	return container_of(dev, struct virtio_9p, p.dev);
}

/* --- what is open --- */
static void p9_save(void *opaque, struct state_writer *w)
{
	struct virtio_9p *d = opaque;

	state_save_raw(w, "virtio-9p-files", d->p.dev.instance);
	fsdev_save(d->fs, w);
}

static int p9_load(void *opaque, const struct state_head *h, struct state_reader *r,
		   struct error *e)
{
	struct virtio_9p *d = opaque;

	return h->instance == d->p.dev.instance ? fsdev_load(d->fs, r, e) : -ENOENT;
}

static const struct vm_section section = {"virtio-9p-files", p9_save, p9_load};

/* --- building --- */
static int p9_realize(struct device *dev, struct error *e)
{
	struct virtio_9p *d = of_device(dev);
	struct virtio_init init = {
		.ops = &p9_ops,
		.state = &d->state.virtio,
		.features = F_MOUNT_TAG,
		.nr_queues = 1,
		.queue_size = QUEUE_SIZE,
	};
	int err;

	if (!d->fs)
		return error_set(e, -EINVAL, "%s: fsdev= is missing", dev->cls->name);
	if (!d->tag || !d->tag[0] || strlen(d->tag) > TAG_MAX)
		return error_set(e, -EINVAL, "%s: mount_tag= has 1 to %d characters",
				 dev->cls->name, TAG_MAX);
	init.config_len = 2 + (u32)strlen(d->tag);
	err = virtio_plug_realize(&d->p, &d->v, &init, e);
	if (!err)
		vm_add_section(dev->vm, &section, d);
	return err;
}

static void p9_unrealize(struct device *dev)
{
	struct virtio_9p *d = of_device(dev);

	virtio_plug_unrealize(&d->p);
	virtqueue_element_free(&d->el);
}

static const struct state_field p9_fields[] = {
	STATE_STRUCT(struct virtio_9p_state, virtio, &virtio_state_table),
};

static const struct state_table p9_table = {
	.name = "virtio-9p",
	.size = sizeof(struct virtio_9p_state),
	.nr_fields = ARRAY_SIZE(p9_fields),
	.fields = p9_fields,
};

/* clang-format off */
#define P9_PROPS \
	{"fsdev", "the folder", PROP_FSDEV, offsetof(struct virtio_9p, fs), NULL}, \
	{"mount_tag", "what the guest calls it: mount -t 9p -o trans=virtio TAG", PROP_STRING, \
	 offsetof(struct virtio_9p, tag), NULL}
/* clang-format on */

static const struct device_prop p9_pci_props[] = {
	P9_PROPS,
	VIRTIO_PCI_PROPS(struct virtio_9p, p.pci),
	{NULL, NULL, 0, 0, NULL},
};

static const struct device_prop p9_mmio_props[] = {
	P9_PROPS,
	VIRTIO_MMIO_PROPS(struct virtio_9p, p.mmio),
	{NULL, NULL, 0, 0, NULL},
};

#define P9_CLASS                                                                                   \
	.help = "folder of the host (-fsdev)", .size = sizeof(struct virtio_9p),                   \
	.realize = p9_realize, .unrealize = p9_unrealize, .reset = virtio_plug_reset,              \
	.dt = device_no_dt, .state = &p9_table, .state_offset = offsetof(struct virtio_9p, state)

const struct device_class virtio_9p_pci_class = {
	P9_CLASS,
	.name = "virtio-9p-pci",
	.bus_type = BUS_PCI,
	.props = p9_pci_props,
};

const struct device_class virtio_9p_device_class = {
	P9_CLASS,
	.name = "virtio-9p-device",
	.bus_type = BUS_VIRTIO_MMIO,
	.props = p9_mmio_props,
	.cold_only = true,
};
